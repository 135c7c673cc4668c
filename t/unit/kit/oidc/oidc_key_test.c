/*
 * oidc_key_test.c - a provider's set of keys: which of them are keys for us;
 * and our own, which sign.
 */

#include <openssl/err.h>

#include "oidc_fixture.h"

#define RSA_N                                                                 \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7a" \
    "PFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArw" \
    "l93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0z" \
    "gdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2Nc" \
    "Rwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define EC_X  "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define EC_Y  "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"

#define RSA_KEY  "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\""
#define EC_KEY_  "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X            \
                 "\",\"y\":\"" EC_Y "\""


/* How many keys a set has for us; 0 if none. */
static size_t
count_in(const char *list)
{
    char                  text[16384];
    size_t                count;
    civic_oidc_keys_t    *keys;
    civic_oidc_status_t   status;

    snprintf(text, sizeof(text), "{\"keys\":[%s]}", list);
    status = civic_oidc_keys_read(text, strlen(text), &keys);
    assert_int_equal(ERR_peek_error(), 0);

    if (status == CIVIC_OIDC_NO_KEY) {
        assert_null(keys);
        return 0;
    }

    assert_int_equal(status, CIVIC_OIDC_OK);
    count = civic_oidc_keys_count(keys);
    assert_true(count > 0);
    civic_oidc_keys_free(keys);

    return count;
}


/* RFC 7517, appendix A.1: a key for encryption, and one for signatures. */
static void
test_rfc_7517(void **state)
{
    (void) state;

    assert_int_equal(count_in("{" EC_KEY_ ",\"use\":\"enc\",\"kid\":\"1\"},"
                              "{" RSA_KEY ",\"alg\":\"RS256\","
                              "\"kid\":\"2011-04-29\"}"), 1);
}


static void
test_which_are_keys(void **state)
{
    size_t  i;

    static const struct {
        const char  *jwk;
        size_t       count;
    } rows[] = {
        { "{" RSA_KEY "}", 1 },
        { "{" EC_KEY_ "}", 1 },
        { "{" RSA_KEY ",\"use\":\"sig\",\"alg\":\"PS256\"}", 1 },
        { "{" EC_KEY_ ",\"key_ops\":[\"verify\"]}", 1 },
        { "{" RSA_KEY ",\"x5c\":[\"anything\"],\"x5t\":\"y\"}", 1 },

        { "", 0 },
        { "7", 0 },
        { "{}", 0 },
        { "{" RSA_KEY ",\"use\":\"enc\"}", 0 },
        { "{" RSA_KEY ",\"use\":1}", 0 },
        { "{" RSA_KEY ",\"alg\":\"RS512\"}", 0 },
        { "{" RSA_KEY ",\"alg\":\"ES256\"}", 0 },
        { "{" RSA_KEY ",\"alg\":\"RSA-OAEP\"}", 0 },
        { "{" EC_KEY_ ",\"alg\":\"RS256\"}", 0 },
        { "{" EC_KEY_ ",\"alg\":[\"ES256\"]}", 0 },
        { "{" EC_KEY_ ",\"key_ops\":[\"deriveKey\"]}", 0 },
        { "{" EC_KEY_ ",\"key_ops\":\"verify\"}", 0 },
        { "{" RSA_KEY ",\"kid\":5}", 0 },

        /* shared secrets, and other kinds */
        { "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}", 0 },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyW\"}",
          0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
          "\"}", 0 },
        { "{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
          "\"}", 0 },

        /* a private key that somebody has published */
        { "{" EC_KEY_ ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\""
          "}", 0 },

        /* not on the curve; not a coordinate */
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_Y "\",\"y\":\"" EC_X
          "\"}", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"" EC_Y "\"}",
          0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" EC_Y "\"}", 0 },

        /* exponents that sign everything, or nothing */
        { "{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RSA_N "\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"AAE\",\"n\":\"" RSA_N "\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"Ag\",\"n\":\"" RSA_N "\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"AQABAQABAQAB\",\"n\":\"" RSA_N "\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AAAA" RSA_N "\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"++++\"}", 0 },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (count_in(rows[i].jwk) != rows[i].count) {
            fail_msg("%s", rows[i].jwk);
        }
    }
}


static void
test_sizes_of_rsa(void **state)
{
    char       jwk[JWK];
    size_t     i;
    EVP_PKEY  *pkey;

    static const struct {
        unsigned  bits;
        size_t    count;
    } rows[] = { { 1024, 0 }, { 2047, 0 }, { 2048, 1 }, { 3072, 1 } };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pkey = EVP_RSA_gen(rows[i].bits);
        assert_int_equal(count_in(jwk_of(pkey, "", jwk)), rows[i].count);
        EVP_PKEY_free(pkey);
    }

    /* of 8192 bits, which need not be a key to be too long */
    snprintf(jwk, sizeof(jwk), "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s%s"
             "%s%s\"}", RSA_N, RSA_N, RSA_N, RSA_N);
    assert_int_equal(count_in(jwk), 0);
}


/* A good key on a curve that is not ours. */
static void
test_other_curve(void **state)
{
    char       a[JWK], b[JWK], jwk[3 * JWK];
    EVP_PKEY  *pkey = EVP_EC_gen("P-384");

    (void) state;

    snprintf(jwk, sizeof(jwk), "{\"kty\":\"EC\",\"crv\":\"P-384\","
             "\"x\":\"%s\",\"y\":\"%s\"}",
             number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X, 48, a),
             number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, 48, b));
    assert_int_equal(count_in(jwk), 0);
    EVP_PKEY_free(pkey);
}


/* Only so many are looked at, those that are none for us among them. */
static void
test_long_sets(void **state)
{
    char    list[16384];
    size_t  i, used = 0;

    (void) state;

    for (i = 0; i < CIVIC_OIDC_KEYS + 5; i++) {
        used += (size_t) sprintf(list + used, "%s{" EC_KEY_ "}",
                                 i == 0 ? "" : ",");
    }

    assert_int_equal(count_in(list), CIVIC_OIDC_KEYS);

    for (used = 0, i = 0; i < CIVIC_OIDC_KEYS - 1; i++) {
        used += (size_t) sprintf(list + used, "{\"kty\":\"oct\"},");
    }

    strcpy(list + used, "{" EC_KEY_ "}");
    assert_int_equal(count_in(list), 1);

    memmove(list + sizeof("{\"kty\":\"oct\"},") - 1, list, strlen(list) + 1);
    memcpy(list, "{\"kty\":\"oct\"},", sizeof("{\"kty\":\"oct\"},") - 1);
    assert_int_equal(count_in(list), 0);
}


static void
test_documents(void **state)
{
    size_t               i;
    char                *text;
    civic_oidc_keys_t   *keys;

    static const struct {
        const char           *text;
        civic_oidc_status_t   status;
    } rows[] = {
        { "", CIVIC_OIDC_JSON },
        { "[]", CIVIC_OIDC_JSON },
        { "{\"keys\":[],\"keys\":[]}", CIVIC_OIDC_JSON },
        { "{\"keys\":[{" EC_KEY_ ",\"kty\":\"EC\"}]}", CIVIC_OIDC_JSON },
        { "{}", CIVIC_OIDC_MEMBER },
        { "{\"keys\":{}}", CIVIC_OIDC_MEMBER },
        { "{\"keys\":[]}", CIVIC_OIDC_NO_KEY },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_oidc_keys_read(rows[i].text,
                                              strlen(rows[i].text), &keys),
                         rows[i].status);
        assert_null(keys);
    }

    text = calloc(1, CIVIC_OIDC_DOCUMENT + 1);
    assert_non_null(text);
    assert_int_equal(civic_oidc_keys_read(text, CIVIC_OIDC_DOCUMENT + 1,
                                          &keys), CIVIC_OIDC_TOO_LONG);
    free(text);
    civic_oidc_keys_free(NULL);
}


/* ---- our own ------------------------------------------------------------ */

/* That a token is of this key, by the half of it that is published. */
static void
assert_signature(const civic_oidc_key_t *key, const char *jws)
{
    char                    set[JWK];
    char                   *text = civic_oidc_key_public(key);
    json_t                 *claims;
    civic_oidc_keys_t      *keys;
    civic_oidc_client_t     client = usual_client();
    civic_oidc_expected_t   expected = { .nonce = NONCE, .now = NOW };

    assert_non_null(text);
    assert_null(strstr(text, "\"d\""));
    snprintf(set, sizeof(set), "{\"keys\":[%s]}", text);
    free(text);

    assert_int_equal(civic_oidc_keys_read(set, strlen(set), &keys),
                     CIVIC_OIDC_OK);
    assert_int_equal(civic_oidc_id_token(&client, keys, jws, strlen(jws),
                                         &expected, &claims), CIVIC_OIDC_OK);
    json_decref(claims);
    civic_oidc_keys_free(keys);
}


#define CLAIMS                                                                \
    "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"aud\":\"" CLIENT "\","           \
    "\"nonce\":\"" NONCE "\",\"iat\":1800000000,\"exp\":1800000300}"

static void
test_made_keys_sign(void **state)
{
    char              *jws, *text;
    unsigned           algorithm;
    civic_oidc_key_t  *key, *again;

    (void) state;

    for (algorithm = 1; algorithm & CIVIC_OIDC_ALL; algorithm <<= 1) {
        key = civic_oidc_key_make(algorithm, "2026-11");
        assert_non_null(key);
        assert_int_equal(civic_oidc_key_algorithm(key), algorithm);

        jws = civic_oidc_sign(key, CLAIMS, strlen(CLAIMS));
        assert_non_null(jws);
        assert_signature(key, jws);
        free(jws);

        /* written down and read again, it is the same key */
        text = civic_oidc_key_private(key);
        again = civic_oidc_key_read(text, strlen(text));
        assert_non_null(again);
        assert_int_equal(civic_oidc_key_algorithm(again), algorithm);
        jws = civic_oidc_sign(again, CLAIMS, strlen(CLAIMS));
        assert_signature(key, jws);

        free(jws);
        free(text);
        civic_oidc_key_free(again);
        civic_oidc_key_free(key);
    }

    civic_oidc_key_free(NULL);
}


/* RFC 7515, appendix A.2, without the numbers that only speed it up. */
static void
test_rfc_7515_key_signs(void **state)
{
    char             *jws;
    civic_oidc_key_t *key;

    static const char  jwk[] =
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p"
        "4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
        "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
        "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
        "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
        "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"d\":\"Eq5xpGnNCivDflJ"
        "sRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7"
        "YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfF"
        "NS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBju"
        "dU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIu"
        "hLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ\"}";

    (void) state;

    key = civic_oidc_key_read(jwk, strlen(jwk));
    assert_non_null(key);
    assert_int_equal(civic_oidc_key_algorithm(key), CIVIC_OIDC_RS256);

    jws = civic_oidc_sign(key, CLAIMS, strlen(CLAIMS));
    assert_non_null(jws);
    assert_signature(key, jws);
    free(jws);
    civic_oidc_key_free(key);
}


static void
test_what_is_no_private_key(void **state)
{
    size_t  i;

    static const char *const  texts[] = {
        "", "{}", "{" EC_KEY_ "}", "{" RSA_KEY "}",
        "{\"kty\":\"oct\",\"k\":\"AyM1\",\"d\":\"x\"}",
        "{" EC_KEY_ ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\","
        "\"use\":\"enc\"}",
        "{" EC_KEY_ ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\","
        "\"key_ops\":[\"verify\"]}",
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_null(civic_oidc_key_read(texts[i], strlen(texts[i])));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rfc_7517),
        cmocka_unit_test(test_which_are_keys),
        cmocka_unit_test(test_sizes_of_rsa),
        cmocka_unit_test(test_other_curve),
        cmocka_unit_test(test_long_sets),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_made_keys_sign),
        cmocka_unit_test(test_rfc_7515_key_signs),
        cmocka_unit_test(test_what_is_no_private_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
