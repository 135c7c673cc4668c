/*
 * totp.c - see totp.h.
 */

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "totp.h"

#define COUNTER_BYTES  8
#define DIGITS_MAX     8
#define GROUP          5                    /* bits of a base32 character */
#define PADDED         8                    /* characters of a padded block */
#define PADDING_MAX    6

static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";


/* ---- codes ------------------------------------------------------------- */

static const EVP_MD *
digest_of(civic_totp_hash_t hash)
{
    switch (hash) {
    case CIVIC_TOTP_SHA256:
        return EVP_sha256();
    case CIVIC_TOTP_SHA512:
        return EVP_sha512();
    case CIVIC_TOTP_SHA1:
        break;
    }

    return EVP_sha1();
}


int64_t
civic_hotp(civic_totp_hash_t hash, const void *secret, size_t len,
    uint64_t counter, unsigned digits)
{
    unsigned       i, at, made;
    uint32_t       code, modulus = 1;
    unsigned char  text[COUNTER_BYTES], digest[EVP_MAX_MD_SIZE];

    if (len == 0 || len > CIVIC_TOTP_SECRETS || digits < 6
        || digits > DIGITS_MAX)
    {
        return -1;
    }

    for (i = 0; i < COUNTER_BYTES; i++) {
        text[i] = (unsigned char) (counter >> (8 * (COUNTER_BYTES - 1 - i)));
    }

    if (HMAC(digest_of(hash), secret, (int) len, text, sizeof(text), digest,
             &made) == NULL)
    {
        return -1;
    }

    /* RFC 4226 section 5.3: dynamic truncation */
    at = digest[made - 1] & 0x0f;
    code = (uint32_t) (digest[at] & 0x7f) << 24
           | (uint32_t) digest[at + 1] << 16
           | (uint32_t) digest[at + 2] << 8
           | digest[at + 3];
    OPENSSL_cleanse(digest, sizeof(digest));

    for (i = 0; i < digits; i++) {
        modulus *= 10;
    }

    return code % modulus;
}


static int
code_at(const void *secret, size_t len, int64_t step,
    char out[CIVIC_TOTP_DIGITS + 1])
{
    unsigned  i;
    int64_t   code;

    code = step < 0 ? -1 : civic_hotp(CIVIC_TOTP_SHA1, secret, len,
                                      (uint64_t) step, CIVIC_TOTP_DIGITS);
    if (code < 0) {
        return -1;
    }

    for (i = CIVIC_TOTP_DIGITS; i > 0; i--) {
        out[i - 1] = (char) ('0' + code % 10);
        code /= 10;
    }

    out[CIVIC_TOTP_DIGITS] = '\0';

    return 0;
}


int
civic_totp_code(const void *secret, size_t len, int64_t now,
    char out[CIVIC_TOTP_DIGITS + 1])
{
    return now < 0 ? -1 : code_at(secret, len, now / CIVIC_TOTP_STEP, out);
}


int64_t
civic_totp_match(const void *secret, size_t len, const char *code,
    size_t code_len, int64_t now, unsigned before, unsigned after)
{
    char      right[CIVIC_TOTP_DIGITS + 1];
    int64_t   step, first, last, found = -1;

    if (code_len != CIVIC_TOTP_DIGITS || now < 0
        || before > CIVIC_TOTP_WINDOW || after > CIVIC_TOTP_WINDOW)
    {
        return -1;
    }

    first = now / CIVIC_TOTP_STEP - before;
    last = now / CIVIC_TOTP_STEP + after;

    /* all of them, whichever is right */
    for (step = first; step <= last; step++) {
        if (code_at(secret, len, step, right) == 0
            && CRYPTO_memcmp(right, code, CIVIC_TOTP_DIGITS) == 0)
        {
            found = step;
        }
    }

    OPENSSL_cleanse(right, sizeof(right));

    return found;
}


/* ---- base32 ------------------------------------------------------------ */

size_t
civic_base32_encode(const void *bytes, size_t len, char *out)
{
    size_t                i, used = 0;
    unsigned              bits = 0;
    uint32_t              held = 0;
    const unsigned char  *p = bytes;

    for (i = 0; i < len; i++) {
        held = (held << 8 | p[i]) & 0xfff;
        bits += 8;

        while (bits >= GROUP) {
            bits -= GROUP;
            out[used++] = alphabet[(held >> bits) & 0x1f];
        }
    }

    if (bits > 0) {
        out[used++] = alphabet[(held << (GROUP - bits)) & 0x1f];
    }

    out[used] = '\0';

    return used;
}


static int
value_of(char c)
{
    if (c >= 'a' && c <= 'z') {
        return c - 'a';
    }

    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}


/* Whether so many characters, padded or not, are whole bytes with nothing
   in the bits that are left over. */
static int
ends_well(size_t count, size_t padding, unsigned bits, uint32_t held)
{
    if (padding > PADDING_MAX || bits >= GROUP
        || (held & ((1u << bits) - 1)) != 0)
    {
        return 0;
    }

    return padding == 0 || (count + padding) % PADDED == 0;
}


int64_t
civic_base32_decode(const char *text, size_t len, void *out)
{
    int             value;
    size_t          i, used = 0, count = 0, padding = 0;
    unsigned        bits = 0;
    uint32_t        held = 0;
    unsigned char  *p = out;

    for (i = 0; i < len; i++) {
        if (text[i] == ' ') {
            continue;
        }

        if (text[i] == '=') {
            padding++;
            continue;
        }

        value = value_of(text[i]);

        if (value < 0 || padding > 0) {
            return -1;
        }

        count++;
        held = (held << GROUP | (uint32_t) value) & 0xfff;
        bits += GROUP;

        if (bits >= 8) {
            bits -= 8;
            p[used++] = (unsigned char) (held >> bits);
        }
    }

    return ends_well(count, padding, bits, held) ? (int64_t) used : -1;
}


/* ---- otpauth ----------------------------------------------------------- */

/* What RFC 3986 leaves as it is. */
static int
is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}


/* Percent-encodes text; returns where it ended, NULL if there was no room. */
static char *
put_encoded(char *out, const char *end, const char *text)
{
    for ( /* void */ ; *text != '\0'; text++) {
        if (end - out < 4) {
            return NULL;
        }

        if (is_unreserved(*text)) {
            *out++ = *text;

        } else {
            out += sprintf(out, "%%%02X", (unsigned char) *text);
        }
    }

    return out;
}


int
civic_totp_uri(const char *issuer, const char *name, const void *secret,
    size_t len, char *out, size_t size)
{
    int    rest;
    char  *p = out, *maker, *end = out + size;
    char   base32[CIVIC_BASE32_ROOM(CIVIC_TOTP_SECRETS)];
    char   again[512];

    if (len > CIVIC_TOTP_SECRETS || size < sizeof("otpauth://totp/")) {
        return -1;
    }

    civic_base32_encode(secret, len, base32);
    p += sprintf(p, "otpauth://totp/");
    p = put_encoded(p, end, issuer);

    if (p == NULL || p == end) {
        return -1;
    }

    *p++ = ':';
    p = put_encoded(p, end, name);
    maker = put_encoded(again, again + sizeof(again) - 1, issuer);

    if (p == NULL || maker == NULL) {
        return -1;
    }

    *maker = '\0';
    rest = snprintf(p, (size_t) (end - p), "?secret=%s&issuer=%s"
                    "&algorithm=SHA1&digits=%d&period=%d", base32, again,
                    CIVIC_TOTP_DIGITS, CIVIC_TOTP_STEP);
    OPENSSL_cleanse(base32, sizeof(base32));

    return rest < 0 || rest >= end - p ? -1 : (int) (p - out) + rest;
}
