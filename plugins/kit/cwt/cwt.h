/*
 * cwt.h - a statement that is believed without a network: a CBOR Web Token
 * (RFC 8392) in a COSE_Sign1 (RFC 9052) by ES256 (RFC 9053), written as
 * base45 for a QR code, as paper codes are.
 *
 * Who verifies has the public keys and a clock, and nothing else.  What was
 * withdrawn since is another list's to say: a token has an id for it.  What
 * a token says is readable for everybody who finds it: put nothing in that
 * is not printed beside it.
 *
 * A token here has exactly what civic_cwt_t has.  More, twice, or of another
 * type is refused, so that two readers never see two tokens in one.  OpenSSL
 * signs.
 *
 * Functions for any thread; a key is only read after it was made.
 */

#ifndef CIVIC_KIT_CWT_H
#define CIVIC_KIT_CWT_H

#include <stddef.h>
#include <stdint.h>

#define CIVIC_CWT_ID       16           /* bytes of a token's id: claim cti */
#define CIVIC_CWT_KEY_ID   8            /* of a key's, see below */
#define CIVIC_CWT_SIZE     512          /* of a signed token, at most */
#define CIVIC_CWT_TEXT     80           /* of one text, at most, in UTF-8 */
#define CIVIC_CWT_TEXTS    8
#define CIVIC_CWT_WHY      160

/* Before the base45 of a token in a QR code, so that a scan of something else
   is told apart. */
#define CIVIC_CWT_PREFIX   "CIVIC1:"

/* Room for a token as text, with prefix and NUL. */
#define CIVIC_CWT_ROOM                                                        \
    (sizeof(CIVIC_CWT_PREFIX) + CIVIC_CWT_SIZE / 2 * 3 + 3)

/* Labels of a profile's own texts: RFC 8392 leaves those below to whoever
   uses a token in private. */
#define CIVIC_CWT_PRIVATE  (-65537)

typedef enum {
    CIVIC_CWT_OK = 0,
    CIVIC_CWT_NO_MEMORY,
    CIVIC_CWT_TOO_LONG,                 /* what is to be signed */
    CIVIC_CWT_OTHER,                    /* no prefix: a scan of something
                                           else */
    CIVIC_CWT_MALFORMED,                /* cut, changed, or none of ours */
    CIVIC_CWT_ALGORITHM,                /* another than ES256 */
    CIVIC_CWT_KEY_UNKNOWN,              /* no key with that id */
    CIVIC_CWT_FORGED,                   /* the signature does not hold */
    CIVIC_CWT_EARLY,                    /* issued in the future */
    CIVIC_CWT_EXPIRED
} civic_cwt_status_t;

typedef struct {
    int64_t  label;                     /* CIVIC_CWT_PRIVATE or below */
    size_t   len;
    char     data[CIVIC_CWT_TEXT];      /* UTF-8, not NUL-terminated */
} civic_cwt_text_t;

typedef struct {
    size_t            issuer_len;
    char              issuer[CIVIC_CWT_TEXT];   /* claim iss */
    int64_t           issued_at;                /* iat, s */
    int64_t           expires_at;               /* exp, s: not valid any more
                                                   from then on */
    unsigned char     id[CIVIC_CWT_ID];         /* cti */
    size_t            ntexts;
    civic_cwt_text_t  texts[CIVIC_CWT_TEXTS];   /* of different labels */
} civic_cwt_t;

typedef struct civic_cwt_key_s  civic_cwt_key_t;

/*
 * A P-256 key from PEM, private or public; a private one signs and verifies.
 * NULL with a reason in why.  Its id is the begin of SHA-256 of its public
 * half (SubjectPublicKeyInfo, DER), so that both halves have the same one.
 */
civic_cwt_key_t *civic_cwt_key_read(const char *pem, size_t len,
    char why[CIVIC_CWT_WHY]);
void civic_cwt_key_free(civic_cwt_key_t *key);

int civic_cwt_key_signs(const civic_cwt_key_t *key);
const unsigned char *civic_cwt_key_id(const civic_cwt_key_t *key);

/* The public half as PEM, for whoever verifies without us; NUL-terminated.
   0, or -1: OpenSSL failed. */
#define CIVIC_CWT_PUBLIC   256

int civic_cwt_key_public(const civic_cwt_key_t *key,
    char out[CIVIC_CWT_PUBLIC]);

/* Adds a text; -1 if it is too long, or there are as many as there may be. */
int civic_cwt_add(civic_cwt_t *token, int64_t label, const char *text,
    size_t len);

/* The text of a label, or NULL. */
const civic_cwt_text_t *civic_cwt_find(const civic_cwt_t *token,
    int64_t label);

/* Signs; *len: bytes of out.  MALFORMED: the token is none that a reader
   would take, such as one that ends before it begins. */
civic_cwt_status_t civic_cwt_sign(const civic_cwt_key_t *key,
    const civic_cwt_t *token, unsigned char out[CIVIC_CWT_SIZE],
    size_t *len);

/* The same as the text of a QR code, NUL-terminated. */
civic_cwt_status_t civic_cwt_sign_text(const civic_cwt_key_t *key,
    const civic_cwt_t *token, char out[CIVIC_CWT_ROOM]);

/*
 * Verifies by the key that the token names, at a time in s.  leeway: s by
 * which the issuer's clock may be ahead; none is granted at the end.  *token
 * is set with OK, EARLY and EXPIRED; with others nothing in it may be used.
 */
civic_cwt_status_t civic_cwt_verify(const civic_cwt_key_t *const *keys,
    size_t nkeys, const void *bytes, size_t len, int64_t now, int64_t leeway,
    civic_cwt_t *token);

civic_cwt_status_t civic_cwt_verify_text(const civic_cwt_key_t *const *keys,
    size_t nkeys, const char *text, size_t len, int64_t now, int64_t leeway,
    civic_cwt_t *token);

/* "ok", "no_memory", "too_long", "other", "malformed", "algorithm",
   "key_unknown", "forged", "early", "expired". */
const char *civic_cwt_status_name(civic_cwt_status_t status);

#endif
