/*
 * totp.h - one-time codes: HOTP (RFC 4226), TOTP (RFC 6238), and the base32
 * (RFC 4648) in which authenticators are told their secret.
 *
 * Civic uses SHA-1, six digits and 30 s: what every authenticator has.
 * Nothing here remembers which codes were used.  Pure functions, for any
 * thread; the answer takes the same time whichever code was right.
 */

#ifndef CIVIC_KIT_TOTP_H
#define CIVIC_KIT_TOTP_H

#include <stddef.h>
#include <stdint.h>

#define CIVIC_TOTP_STEP      30             /* s */
#define CIVIC_TOTP_DIGITS    6
#define CIVIC_TOTP_SECRET    20             /* bytes: RFC 4226 section 4, R6 */
#define CIVIC_TOTP_SECRETS   64             /* bytes at most */
#define CIVIC_TOTP_WINDOW    10             /* steps at most, either way */

typedef enum {
    CIVIC_TOTP_SHA1 = 0,
    CIVIC_TOTP_SHA256,
    CIVIC_TOTP_SHA512
} civic_totp_hash_t;

/* The code of a counter, as a number below 10^digits (6 to 8); -1 for a
   secret that is empty or too long. */
int64_t civic_hotp(civic_totp_hash_t hash, const void *secret, size_t len,
    uint64_t counter, unsigned digits);

/* The code of now (s since 1970), with its zeros; 0, or -1. */
int civic_totp_code(const void *secret, size_t len, int64_t now,
    char out[CIVIC_TOTP_DIGITS + 1]);

/*
 * The time step that a code is of, among those from `before` steps ago to
 * `after` steps ahead; -1 if it is none of them.  Of two equal codes it is
 * the later step.
 */
int64_t civic_totp_match(const void *secret, size_t len, const char *code,
    size_t code_len, int64_t now, unsigned before, unsigned after);

/* Room for the base32 text of len bytes, with NUL. */
#define CIVIC_BASE32_ROOM(len)  (((len) * 8 + 4) / 5 + 1)

/* Without padding, NUL-terminated.  Returns the length. */
size_t civic_base32_encode(const void *bytes, size_t len, char *out);

/*
 * With or without padding, in any case; spaces between are passed over, for
 * people copy secrets in groups.  out has room for len * 5 / 8 bytes.  The
 * length, or -1.
 */
int64_t civic_base32_decode(const char *text, size_t len, void *out);

/*
 * "otpauth://totp/<issuer>:<name>?secret=...": what an authenticator reads
 * from a QR picture.  out is NUL-terminated; the length, or -1 if size is
 * too little.
 */
int civic_totp_uri(const char *issuer, const char *name, const void *secret,
    size_t len, char *out, size_t size);

#endif
