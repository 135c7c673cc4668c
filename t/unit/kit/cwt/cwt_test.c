/*
 * cwt_test.c - a signed token: there and back, against another library, and
 * that no byte of it can be changed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cwt.h"

#define ISSUED   1700000000
#define EXPIRES  (ISSUED + 168 * 3600)
#define KIND     CIVIC_CWT_PRIVATE
#define NAME     (CIVIC_CWT_PRIVATE - 1)

/* Signed by pycose 1.1.0, with cbor2: iss "civic.example", iat, exp, cti 00
   to 0f, -65537 "family", -65538 "王*英". */
static const char  others_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqnJq/BEw03uaYy4K1eZlxp6SjFG1\n"
    "eDRT3fv8Ne3QhiNSCUWKD47iGY+dGU7ZeiX3b5XIF6QWaPfCUWmOL3i9iw==\n"
    "-----END PUBLIC KEY-----\n";

static const char  others_token[] =
    "d2844da201260448657a3a9c07c34430a05847a6016d63697669632e6578616d"
    "706c65041a655d2b80061a6553f1000750000102030405060708090a0b0c0d0e"
    "0f3a000100006666616d696c793a0001000167e78e8b2ae88bb15840b42e7c2e"
    "294694e17dcff37d2b85c20e964f761e563f01dd99badfd06f6ac51f4c886e0a"
    "3cb2d479e629671313b9637fc0657070871b99873775551ba9fc4e71";

static civic_cwt_key_t  *key;           /* signs */
static civic_cwt_key_t  *public;        /* its other half */
static civic_cwt_key_t  *stranger;


/* ---- tools -------------------------------------------------------------- */

static char *
pem_of(EVP_PKEY *pkey, int private)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    char  *text, *at;
    long   len;

    assert_int_equal(private ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL,
                                                        0, NULL, NULL)
                             : PEM_write_bio_PUBKEY(bio, pkey), 1);

    len = BIO_get_mem_data(bio, &at);
    text = calloc(1, (size_t) len + 1);
    memcpy(text, at, (size_t) len);
    BIO_free(bio);

    return text;
}


static civic_cwt_key_t *
read_key(EVP_PKEY *pkey, int private)
{
    char             *pem = pem_of(pkey, private);
    char              why[CIVIC_CWT_WHY] = "";
    civic_cwt_key_t  *made;

    made = civic_cwt_key_read(pem, strlen(pem), why);
    free(pem);
    assert_string_equal(why, "");
    assert_non_null(made);
    assert_int_equal(civic_cwt_key_signs(made), private);

    return made;
}


static int
setup(void **state)
{
    EVP_PKEY  *pkey = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");

    (void) state;
    key = read_key(pkey, 1);
    public = read_key(pkey, 0);
    stranger = read_key(other, 0);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    civic_cwt_key_free(key);
    civic_cwt_key_free(public);
    civic_cwt_key_free(stranger);

    return 0;
}


static civic_cwt_t
token_of(const char *name)
{
    civic_cwt_t  token = { .issuer = "civic.example", .issuer_len = 13,
                           .issued_at = ISSUED, .expires_at = EXPIRES };

    memset(token.id, 0x5a, sizeof(token.id));
    assert_int_equal(civic_cwt_add(&token, NAME, name, strlen(name)), 0);
    assert_int_equal(civic_cwt_add(&token, KIND, "family", 6), 0);

    return token;
}


static civic_cwt_status_t
verify(const void *bytes, size_t len, int64_t now, civic_cwt_t *token)
{
    const civic_cwt_key_t  *keys[] = { stranger, public };

    return civic_cwt_verify(keys, 2, bytes, len, now, 60, token);
}


static void
has_text(const civic_cwt_t *token, int64_t label, const char *expected)
{
    const civic_cwt_text_t  *text = civic_cwt_find(token, label);

    assert_non_null(text);
    assert_int_equal(text->len, strlen(expected));
    assert_memory_equal(text->data, expected, text->len);
}


/* ---- tests -------------------------------------------------------------- */

static void
test_there_and_back(void **state)
{
    size_t         len, again;
    civic_cwt_t    token = token_of("王*英"), out;
    unsigned char  bytes[CIVIC_CWT_SIZE];

    (void) state;

    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len), CIVIC_CWT_OK);
    assert_int_equal(verify(bytes, len, ISSUED, &out), CIVIC_CWT_OK);
    assert_int_equal(out.issued_at, ISSUED);
    assert_int_equal(out.expires_at, EXPIRES);
    assert_int_equal(out.issuer_len, 13);
    assert_memory_equal(out.issuer, "civic.example", 13);
    assert_memory_equal(out.id, token.id, CIVIC_CWT_ID);
    assert_int_equal(out.ntexts, 2);
    has_text(&out, KIND, "family");
    has_text(&out, NAME, "王*英");
    assert_null(civic_cwt_find(&out, NAME - 1));

    /* all but the signature is the same bytes again */
    assert_int_equal(civic_cwt_sign(key, &out, bytes, &again), CIVIC_CWT_OK);
    assert_int_equal(again, len);
}


static void
test_times(void **state)
{
    size_t         len;
    civic_cwt_t    token = token_of("a"), out;
    unsigned char  bytes[CIVIC_CWT_SIZE];

    (void) state;
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len), CIVIC_CWT_OK);
    assert_int_equal(verify(bytes, len, ISSUED - 61, &out), CIVIC_CWT_EARLY);
    assert_int_equal(verify(bytes, len, ISSUED - 60, &out), CIVIC_CWT_OK);
    assert_int_equal(verify(bytes, len, EXPIRES - 1, &out), CIVIC_CWT_OK);
    assert_int_equal(verify(bytes, len, EXPIRES, &out), CIVIC_CWT_EXPIRED);
    assert_int_equal(out.expires_at, EXPIRES);
}


/* Bytes that another library signed, with a key of its own. */
static void
test_anothers(void **state)
{
    char                    why[CIVIC_CWT_WHY];
    size_t                  i, len = (sizeof(others_token) - 1) / 2;
    unsigned                byte;
    civic_cwt_t             out;
    unsigned char           bytes[CIVIC_CWT_SIZE];
    civic_cwt_key_t        *other;
    const civic_cwt_key_t  *keys[1];

    (void) state;
    other = civic_cwt_key_read(others_key, sizeof(others_key) - 1, why);
    assert_non_null(other);
    assert_false(civic_cwt_key_signs(other));
    keys[0] = other;

    for (i = 0; i < len; i++) {
        assert_int_equal(sscanf(others_token + 2 * i, "%2x", &byte), 1);
        bytes[i] = (unsigned char) byte;
    }

    assert_int_equal(civic_cwt_verify(keys, 1, bytes, len, ISSUED, 0, &out),
                     CIVIC_CWT_OK);
    assert_int_equal(out.expires_at, ISSUED + 604800);
    assert_int_equal(out.id[15], 15);
    has_text(&out, KIND, "family");
    has_text(&out, NAME, "王*英");

    assert_int_equal(verify(bytes, len, ISSUED, &out), CIVIC_CWT_KEY_UNKNOWN);
    civic_cwt_key_free(other);
}


/* No bit of a token can be turned, and no byte be missing or more. */
static void
test_tampered(void **state)
{
    size_t         i, len;
    civic_cwt_t    token = token_of("李**"), out;
    unsigned       bit, whole = 0;
    unsigned char  bytes[CIVIC_CWT_SIZE + 1];

    (void) state;
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len), CIVIC_CWT_OK);
    bytes[len] = 0;

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char) (1u << bit);
            assert_int_not_equal(verify(bytes, len, ISSUED, &out),
                                 CIVIC_CWT_OK);
            whole += verify(bytes, len, ISSUED, &out) == CIVIC_CWT_FORGED;
            bytes[i] ^= (unsigned char) (1u << bit);
        }

        assert_int_equal(verify(bytes, i, ISSUED, &out),
                         CIVIC_CWT_MALFORMED);
    }

    assert_true(whole > 8 * 64);            /* the signature's bits, at least */
    assert_int_equal(verify(bytes, len + 1, ISSUED, &out),
                     CIVIC_CWT_MALFORMED);
    assert_int_equal(verify(bytes, len, ISSUED, &out), CIVIC_CWT_OK);
}


static void
test_rubbish(void **state)
{
    size_t         i, len;
    unsigned       round;
    civic_cwt_t    token = token_of("x"), out;
    unsigned char  bytes[CIVIC_CWT_SIZE], rubbish[CIVIC_CWT_SIZE];

    (void) state;
    srand(8392);
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len), CIVIC_CWT_OK);

    for (round = 0; round < 20000; round++) {
        memcpy(rubbish, bytes, sizeof(rubbish));

        for (i = 0; i < 1 + (size_t) rand() % 6; i++) {
            rubbish[(size_t) rand() % len] = (unsigned char) rand();
        }

        if (memcmp(rubbish, bytes, len) != 0) {
            assert_int_not_equal(verify(rubbish, len, ISSUED, &out),
                                 CIVIC_CWT_OK);
        }
    }

    /* arrays in arrays, and tags in tags */
    memset(rubbish, 0x81, sizeof(rubbish));
    assert_int_equal(verify(rubbish, sizeof(rubbish), ISSUED, &out),
                     CIVIC_CWT_MALFORMED);
    memset(rubbish, 0xd2, sizeof(rubbish));
    assert_int_equal(verify(rubbish, sizeof(rubbish), ISSUED, &out),
                     CIVIC_CWT_MALFORMED);
    assert_int_equal(verify("", 0, ISSUED, &out), CIVIC_CWT_MALFORMED);
}


/* What a reader would refuse is not signed. */
static void
test_not_signed(void **state)
{
    int            i;
    char           long_text[CIVIC_CWT_TEXT + 1];
    size_t         len;
    civic_cwt_t    token;
    unsigned char  bytes[CIVIC_CWT_SIZE];

    (void) state;
    memset(long_text, 'x', sizeof(long_text));

    token = token_of("a");
    token.expires_at = ISSUED;
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len),
                     CIVIC_CWT_MALFORMED);

    token = token_of("a");
    assert_int_equal(civic_cwt_add(&token, NAME, "b", 1), 0);
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len),
                     CIVIC_CWT_MALFORMED);

    token = token_of("a");
    assert_int_equal(civic_cwt_add(&token, 8, "b", 1), 0);
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len),
                     CIVIC_CWT_MALFORMED);

    token = token_of("a");
    assert_int_equal(civic_cwt_add(&token, NAME - 1, long_text,
                                   sizeof(long_text)), -1);

    for (i = 0; i < 6; i++) {
        assert_int_equal(civic_cwt_add(&token, NAME - 1 - i, long_text,
                                       CIVIC_CWT_TEXT), 0);
    }

    assert_int_equal(civic_cwt_add(&token, NAME - 9, "b", 1), -1);
    assert_int_equal(civic_cwt_sign(key, &token, bytes, &len),
                     CIVIC_CWT_TOO_LONG);
}


static void
test_text(void **state)
{
    char                    text[CIVIC_CWT_ROOM];
    size_t                  i, len;
    civic_cwt_t             token = token_of("王*英"), out;
    const civic_cwt_key_t  *keys[] = { public };

    (void) state;
    assert_int_equal(civic_cwt_sign_text(key, &token, text), CIVIC_CWT_OK);
    len = strlen(text);
    assert_int_equal(civic_cwt_verify_text(keys, 1, text, len, ISSUED, 0,
                                           &out), CIVIC_CWT_OK);

    /* all of it is what a QR code packs as alphanumeric */
    for (i = 0; i < len; i++) {
        assert_non_null(strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ "
                               "$%*+-./:", text[i]));
    }

    assert_int_equal(civic_cwt_verify_text(keys, 1, "https://example.org/",
                                           20, ISSUED, 0, &out),
                     CIVIC_CWT_OTHER);
    assert_int_equal(civic_cwt_verify_text(keys, 1, text, 5, ISSUED, 0, &out),
                     CIVIC_CWT_OTHER);
    assert_int_equal(civic_cwt_verify_text(keys, 1, text, len - 1, ISSUED, 0,
                                           &out), CIVIC_CWT_MALFORMED);
    text[10] = 'a';
    assert_int_equal(civic_cwt_verify_text(keys, 1, text, len, ISSUED, 0,
                                           &out), CIVIC_CWT_MALFORMED);
    assert_string_equal(civic_cwt_status_name(CIVIC_CWT_EXPIRED), "expired");
}


static void
test_keys(void **state)
{
    char       *pem, why[CIVIC_CWT_WHY];
    EVP_PKEY   *rsa = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-384");

    (void) state;
    assert_memory_equal(civic_cwt_key_id(key), civic_cwt_key_id(public),
                        CIVIC_CWT_KEY_ID);
    assert_memory_not_equal(civic_cwt_key_id(key), civic_cwt_key_id(stranger),
                            CIVIC_CWT_KEY_ID);

    assert_null(civic_cwt_key_read("rubbish", 7, why));
    assert_string_equal(why, "no key in PEM without a password");

    pem = pem_of(rsa, 0);
    assert_null(civic_cwt_key_read(pem, strlen(pem), why));
    assert_non_null(strstr(why, "P-256"));
    free(pem);

    pem = pem_of(curve, 1);
    assert_null(civic_cwt_key_read(pem, strlen(pem), why));
    assert_non_null(strstr(why, "P-256"));
    free(pem);

    EVP_PKEY_free(rsa);
    EVP_PKEY_free(curve);
}


/* What others verify with is the other half, and nothing private. */
static void
test_public(void **state)
{
    char              why[CIVIC_CWT_WHY], pem[CIVIC_CWT_PUBLIC];
    civic_cwt_key_t  *read;

    (void) state;
    assert_int_equal(civic_cwt_key_public(key, pem), 0);
    read = civic_cwt_key_read(pem, strlen(pem), why);
    assert_non_null(read);
    assert_int_equal(civic_cwt_key_signs(read), 0);
    assert_memory_equal(civic_cwt_key_id(read), civic_cwt_key_id(public),
                        CIVIC_CWT_KEY_ID);
    civic_cwt_key_free(read);

    read = civic_cwt_key_read(others_key, sizeof(others_key) - 1, why);
    assert_int_equal(civic_cwt_key_public(read, pem), 0);
    assert_string_equal(pem, others_key);
    civic_cwt_key_free(read);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_anothers),
        cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_not_signed),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_public),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
