/*
 * oidc_token_test.c - id_tokens: those that are good, and every way that one
 * can be wrong, each signed well so that nothing else is.
 */

#include <openssl/err.h>
#include <openssl/hmac.h>

#include "oidc_fixture.h"

#define BASE                                                                  \
    "\"iss\":\"" ISSUER "\",\"sub\":\"" SUBJECT "\",\"nonce\":\"" NONCE "\""
#define TIMES  ",\"iat\":1799999990,\"exp\":1800000300"
#define AUD    ",\"aud\":\"" CLIENT "\""
#define GOOD   "{" BASE AUD TIMES "}"

#define HEADER(alg, kid)  "{\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"

/* SHA-256's left half of the access token, RFC 7515's way of writing it. */
#define ACCESS_TOKEN  "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
#define AT_HASH       "77QmUPtjPfzWtF2AnpK9RQ"

static EVP_PKEY           *rsa, *other_rsa, *ec;
static civic_oidc_keys_t  *keys;


/* ---- what they share ---------------------------------------------------- */

static civic_oidc_keys_t *
read_keys(const char *text)
{
    civic_oidc_keys_t  *set;

    assert_int_equal(civic_oidc_keys_read(text, strlen(text), &set),
                     CIVIC_OIDC_OK);

    return set;
}


static int
make_keys(void **state)
{
    char  set[3 * JWK], a[JWK], b[JWK];

    (void) state;

    rsa = EVP_RSA_gen(2048);
    other_rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");

    snprintf(set, sizeof(set), "{\"keys\":[%s,%s]}",
             jwk_of(rsa, ",\"kid\":\"r1\",\"use\":\"sig\"", a),
             jwk_of(ec, ",\"kid\":\"e1\",\"alg\":\"ES256\"", b));
    keys = read_keys(set);
    assert_int_equal(civic_oidc_keys_count(keys), 2);

    return 0;
}


static int
free_keys(void **state)
{
    (void) state;

    civic_oidc_keys_free(keys);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other_rsa);
    EVP_PKEY_free(ec);

    return 0;
}


static civic_oidc_status_t
check_with(const civic_oidc_client_t *client, const civic_oidc_keys_t *set,
    const char *token, size_t len)
{
    json_t                *claims;
    civic_oidc_status_t    status;
    civic_oidc_expected_t  expected = {
        .nonce = NONCE, .access_token = ACCESS_TOKEN, .now = NOW
    };

    status = civic_oidc_id_token(client, set, token, len, &expected, &claims);
    assert_int_equal(claims != NULL, status == CIVIC_OIDC_OK);
    json_decref(claims);

    /* OpenSSL's errors of this thread are nginx's TLS's */
    assert_int_equal(ERR_peek_error(), 0);

    return status;
}


static civic_oidc_status_t
check_token(const char *token)
{
    civic_oidc_client_t  client = usual_client();

    return check_with(&client, keys, token, strlen(token));
}


static civic_oidc_status_t
check_signed(EVP_PKEY *pkey, const char *header, const char *claims)
{
    static char  token[TEXT];

    return check_token(make_token(pkey, header, claims, token));
}


static civic_oidc_status_t
check_claims(const char *claims)
{
    return check_signed(ec, HEADER("ES256", "e1"), claims);
}


static civic_oidc_status_t
check_header(const char *header)
{
    return check_signed(ec, header, GOOD);
}


/* ---- good ones ---------------------------------------------------------- */

static void
test_three_algorithms(void **state)
{
    (void) state;

    assert_int_equal(check_signed(rsa, HEADER("RS256", "r1"), GOOD),
                     CIVIC_OIDC_OK);
    assert_int_equal(check_signed(rsa, HEADER("PS256", "r1"), GOOD),
                     CIVIC_OIDC_OK);
    assert_int_equal(check_signed(ec, HEADER("ES256", "e1"), GOOD),
                     CIVIC_OIDC_OK);
}


static void
test_claims_come_out(void **state)
{
    char                   token[TEXT];
    json_t                *claims;
    civic_oidc_client_t    client = usual_client();
    civic_oidc_expected_t  expected = { .nonce = NONCE, .now = NOW };

    (void) state;

    make_token(ec, HEADER("ES256", "e1"),
               "{" BASE AUD TIMES ",\"x\":{\"y\":\"张三\"}}", token);
    assert_int_equal(civic_oidc_id_token(&client, keys, token, strlen(token),
                                         &expected, &claims), CIVIC_OIDC_OK);
    assert_string_equal(civic_oidc_claim(claims, "sub"), SUBJECT);
    assert_string_equal(civic_oidc_claim(claims, "/x/y"), "张三");
    json_decref(claims);
}


static void
test_good_forms(void **state)
{
    size_t  i;

    static const char *const  headers[] = {
        "{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"kid\":\"e1\",\"typ\":\"jwt\"}",
        "{\"alg\":\"ES256\"}",
        /* keys that a header brings along are not looked at */
        "{\"alg\":\"ES256\",\"kid\":\"e1\",\"jku\":\"https://evil.example\"}",
    };
    static const char *const  claims[] = {
        "{" BASE TIMES ",\"aud\":[\"" CLIENT "\"]}",
        "{" BASE TIMES ",\"aud\":[\"" CLIENT "\"],\"azp\":\"" CLIENT "\"}",
        "{" BASE AUD ",\"iat\":1799999990.5,\"exp\":1800000300.25}",
        "{" BASE AUD TIMES ",\"nbf\":1800000000}",
        "{" BASE AUD TIMES ",\"at_hash\":\"" AT_HASH "\"}",
        /* the clocks differ by the leeway of 60 s at most */
        "{" BASE AUD ",\"iat\":1800000060,\"exp\":1800000300}",
        "{" BASE AUD ",\"iat\":1799999900,\"exp\":1799999941}",
        "{" BASE AUD TIMES ",\"nbf\":1800000060}",
    };

    (void) state;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_int_equal(check_header(headers[i]), CIVIC_OIDC_OK);
    }

    for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        assert_int_equal(check_claims(claims[i]), CIVIC_OIDC_OK);
    }
}


/* RFC 7515, appendices A.2 and A.3: keys and tokens.  They are no id_tokens:
   that the audience is missed shows that the signature is right. */
static void
test_rfc_7515(void **state)
{
    size_t                i;
    char                  token[2048];
    civic_oidc_keys_t    *set;
    civic_oidc_client_t   client = usual_client();

    static const struct {
        const char  *set;
        const char  *token;
    } rows[] = {
        { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4"
          "fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
          "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg"
          "0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
          "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF"
          "8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\","
          "\"e\":\"AQAB\"}]}",
          "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsD"
          "QogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdg"
          "tv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF"
          "5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZL"
          "grnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383Lc"
          "OLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9Q"
          "OYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77"
          "Rw" },
        { "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}",
          "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsD"
          "QogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38"
          "VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-K"
          "g6NU1Q" },
    };

    (void) state;

    client.issuer = "joe";

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set = read_keys(rows[i].set);
        strcpy(token, rows[i].token);

        assert_int_equal(check_with(&client, set, token, strlen(token)),
                         CIVIC_OIDC_AUDIENCE);

        /* the same with one letter of the claims changed */
        token[40] ^= 1;
        assert_int_equal(check_with(&client, set, token, strlen(token)),
                         CIVIC_OIDC_KEY_UNKNOWN);
        civic_oidc_keys_free(set);
    }
}


/* ---- signatures --------------------------------------------------------- */

static void
test_wrong_keys(void **state)
{
    (void) state;

    assert_int_equal(check_signed(other_rsa, HEADER("RS256", "r1"), GOOD),
                     CIVIC_OIDC_SIGNATURE);
    assert_int_equal(check_signed(other_rsa, HEADER("PS256", "r1"), GOOD),
                     CIVIC_OIDC_SIGNATURE);
    assert_int_equal(check_signed(other_rsa, "{\"alg\":\"RS256\"}", GOOD),
                     CIVIC_OIDC_KEY_UNKNOWN);
    assert_int_equal(check_signed(rsa, HEADER("RS256", "r2"), GOOD),
                     CIVIC_OIDC_KEY_UNKNOWN);
}


/* The provider signs with a new key: unknown until its set is read again. */
static void
test_rotation(void **state)
{
    char                  set_text[3 * JWK], token[TEXT], a[JWK];
    civic_oidc_keys_t    *set;
    civic_oidc_client_t   client = usual_client();

    (void) state;

    make_token(other_rsa, HEADER("RS256", "r2"), GOOD, token);
    assert_int_equal(check_token(token), CIVIC_OIDC_KEY_UNKNOWN);

    snprintf(set_text, sizeof(set_text), "{\"keys\":[%s]}",
             jwk_of(other_rsa, ",\"kid\":\"r2\"", a));
    set = read_keys(set_text);

    assert_int_equal(check_with(&client, set, token, strlen(token)),
                     CIVIC_OIDC_OK);
    civic_oidc_keys_free(set);
}


/* Two keys of one name, as some providers have while they rotate. */
static void
test_two_keys_of_one_name(void **state)
{
    char                  set_text[3 * JWK], token[TEXT], a[JWK], b[JWK];
    civic_oidc_keys_t    *set;
    civic_oidc_client_t   client = usual_client();

    (void) state;

    snprintf(set_text, sizeof(set_text), "{\"keys\":[%s,%s]}",
             jwk_of(other_rsa, ",\"kid\":\"r1\"", a),
             jwk_of(rsa, ",\"kid\":\"r1\"", b));
    set = read_keys(set_text);
    make_token(rsa, HEADER("RS256", "r1"), GOOD, token);

    assert_int_equal(check_with(&client, set, token, strlen(token)),
                     CIVIC_OIDC_OK);
    civic_oidc_keys_free(set);
}


/* HS256 with the public key's text as the secret; none; and one key under
   another's algorithm. */
static void
test_algorithm_confusion(void **state)
{
    char           token[TEXT], public_key[JWK];
    unsigned       len;
    unsigned char  mac[EVP_MAX_MD_SIZE];

    static const char *const  nones[] = { "none", "None", "NONE", "nOnE" };
    size_t                    i;

    (void) state;

    jwk_of(rsa, "", public_key);
    signing_input(HEADER("HS256", "r1"), GOOD, token);
    HMAC(EVP_sha256(), public_key, (int) strlen(public_key),
         (unsigned char *) token, strlen(token), mac, &len);
    strcat(token, ".");
    civic_base64_encode_url(mac, len, token + strlen(token));
    assert_int_equal(check_token(token), CIVIC_OIDC_ALGORITHM);

    for (i = 0; i < sizeof(nones) / sizeof(nones[0]); i++) {
        char  header[64];

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", nones[i]);
        strcat(signing_input(header, GOOD, token), ".");
        assert_int_equal(check_token(token), CIVIC_OIDC_FORM);
        strcat(token, "AAAA");
        assert_int_equal(check_token(token), CIVIC_OIDC_ALGORITHM);
    }

    assert_int_equal(check_signed(ec, HEADER("ES256", "r1"), GOOD),
                     CIVIC_OIDC_ALGORITHM);
    assert_int_equal(check_signed(rsa, HEADER("RS256", "e1"), GOOD),
                     CIVIC_OIDC_ALGORITHM);
    assert_int_equal(check_signed(rsa, HEADER("RS512", "r1"), GOOD),
                     CIVIC_OIDC_ALGORITHM);
}


static void
test_only_algorithms_of_the_client(void **state)
{
    char                 token[TEXT];
    civic_oidc_client_t  client = usual_client();

    (void) state;

    make_token(ec, HEADER("ES256", "e1"), GOOD, token);
    client.algorithms = CIVIC_OIDC_RS256 | CIVIC_OIDC_PS256;
    assert_int_equal(check_with(&client, keys, token, strlen(token)),
                     CIVIC_OIDC_ALGORITHM);
    client.algorithms = CIVIC_OIDC_ES256;
    assert_int_equal(check_with(&client, keys, token, strlen(token)),
                     CIVIC_OIDC_OK);
}


/* No byte of a token may be another one. */
static void
test_every_changed_byte(void **state)
{
    int     alg;
    char    token[TEXT];
    size_t  i, len;

    (void) state;

    for (alg = 0; alg < 3; alg++) {
        make_token(alg == 2 ? ec : rsa,
                   alg == 0 ? HEADER("RS256", "r1")
                   : alg == 1 ? HEADER("PS256", "r1")
                   : HEADER("ES256", "e1"), GOOD, token);
        len = strlen(token);

        for (i = 0; i < len; i++) {
            char  kept = token[i];

            token[i] = kept == 'A' ? 'B' : 'A';
            assert_int_not_equal(check_token(token), CIVIC_OIDC_OK);
            token[i] = kept;
        }

        assert_int_equal(check_token(token), CIVIC_OIDC_OK);
    }
}


/* A signature of another length, of which each half is a number, too. */
static void
test_ecdsa_of_another_length(void **state)
{
    char           token[TEXT];
    size_t         used;
    unsigned char  raw[1024], wide[66];

    (void) state;

    signing_input(HEADER("ES256", "e1"), GOOD, token);
    sign_bytes(ec, 0, token, raw);
    used = strlen(token);
    token[used++] = '.';

    civic_base64_encode_url(raw, 64, token + used);
    assert_int_equal(check_token(token), CIVIC_OIDC_OK);

    wide[0] = wide[33] = 0;
    memcpy(wide + 1, raw, 32);
    memcpy(wide + 34, raw + 32, 32);
    civic_base64_encode_url(wide, 66, token + used);
    assert_int_equal(check_token(token), CIVIC_OIDC_SIGNATURE);

    memset(raw, 0, 64);
    civic_base64_encode_url(raw, 64, token + used);
    assert_int_equal(check_token(token), CIVIC_OIDC_SIGNATURE);
}


/* ---- the form ----------------------------------------------------------- */

static void
test_forms(void **state)
{
    size_t               i;
    char                 token[TEXT];
    char                *big;
    civic_oidc_client_t  client = usual_client();

    static const char *const  tokens[] = {
        "", ".", "..", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d",
        "a.b.c.d.e", "....", "eyJ9.e30.====", "e30.e30.AAA A",
        "e30=.e30.AAAA", "e30\n.e30.AAAA", "e31.e30.AAAA", "e30.e30.AAAB=",
    };

    (void) state;

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        assert_int_equal(check_token(tokens[i]), CIVIC_OIDC_FORM);
    }

    /* the parts behind the last dot count, however much there is */
    make_token(ec, HEADER("ES256", "e1"), GOOD, token);
    assert_int_equal(check_with(&client, keys, token, strlen(token) + 1),
                     CIVIC_OIDC_FORM);
    strcat(token, ".");
    assert_int_equal(check_token(token), CIVIC_OIDC_FORM);

    /* each of these bits is free in base64url's last character */
    make_token(rsa, HEADER("RS256", "r1"), GOOD, token);
    token[strlen(token) - 1] ^= 1;
    assert_int_equal(check_token(token), CIVIC_OIDC_FORM);

    big = malloc(CIVIC_OIDC_TOKEN + 2);
    assert_non_null(big);
    memset(big, 'A', CIVIC_OIDC_TOKEN + 1);
    big[CIVIC_OIDC_TOKEN + 1] = '\0';
    assert_int_equal(check_token(big), CIVIC_OIDC_TOO_LONG);
    memset(big, '.', CIVIC_OIDC_TOKEN);
    assert_int_equal(check_with(&client, keys, big, CIVIC_OIDC_TOKEN),
                     CIVIC_OIDC_FORM);
    free(big);
}


static void
test_headers(void **state)
{
    size_t  i;

    static const struct {
        const char           *header;
        civic_oidc_status_t   status;
    } rows[] = {
        { "{\"alg\":\"none\",\"alg\":\"ES256\"}", CIVIC_OIDC_JSON },
        { "{\"alg\":\"ES256\",\"alg\":\"none\"}", CIVIC_OIDC_JSON },
        { "{\"alg\":\"ES256\",\"\\u0061lg\":\"ES256\"}", CIVIC_OIDC_JSON },
        { "[\"ES256\"]", CIVIC_OIDC_JSON },
        { "{\"alg\":\"ES256\"} {}", CIVIC_OIDC_JSON },
        { "{\"alg\":\"ES256\",\"a\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}",
          CIVIC_OIDC_JSON },
        { "{}", CIVIC_OIDC_ALGORITHM },
        { "{\"alg\":256}", CIVIC_OIDC_ALGORITHM },
        { "{\"alg\":[\"ES256\"]}", CIVIC_OIDC_ALGORITHM },
        { "{\"alg\":\"es256\"}", CIVIC_OIDC_ALGORITHM },
        { "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"crit\":[]}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
          CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"typ\":7}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"kid\":1}", CIVIC_OIDC_HEADER },
        { "{\"alg\":\"ES256\",\"kid\":\"\"}", CIVIC_OIDC_HEADER },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(check_header(rows[i].header), rows[i].status);
    }
}


/* ---- the claims --------------------------------------------------------- */

static void
test_claims(void **state)
{
    size_t  i;

    static const struct {
        const char           *claims;
        civic_oidc_status_t   status;
    } rows[] = {
        { "[]", CIVIC_OIDC_JSON },
        { "{" BASE AUD TIMES ",\"sub\":\"another\"}", CIVIC_OIDC_JSON },
        { "{" BASE AUD TIMES ",\"a\":{\"b\":1,\"b\":2}}", CIVIC_OIDC_JSON },
        { "{" BASE AUD TIMES ",\"a\":\"\xff\"}", CIVIC_OIDC_JSON },
        { "{" BASE AUD TIMES ",\"a\":\"\\u0000\"}", CIVIC_OIDC_JSON },

        { "{}", CIVIC_OIDC_ISSUER },
        { "{\"iss\":\"" ISSUER "/\"}", CIVIC_OIDC_ISSUER },
        { "{\"iss\":[\"" ISSUER "\"]}", CIVIC_OIDC_ISSUER },

        { "{" BASE TIMES "}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":\"civic2\"}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":[]}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":[\"x\"]}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":{\"civic\":1}}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":[\"civic\",7]}", CIVIC_OIDC_AUDIENCE },
        { "{" BASE TIMES ",\"aud\":[\"civic\",\"x\"],\"azp\":\"civic\"}",
          CIVIC_OIDC_AUDIENCE },
        { "{" BASE AUD TIMES ",\"azp\":\"x\"}", CIVIC_OIDC_AUTHORIZED_PARTY },
        { "{" BASE AUD TIMES ",\"azp\":null}", CIVIC_OIDC_AUTHORIZED_PARTY },
        { "{" BASE TIMES ",\"aud\":[\"civic\",\"civic\"]}",
          CIVIC_OIDC_AUTHORIZED_PARTY },

        { "{" BASE AUD ",\"iat\":1799999990}", CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"exp\":1800000300}", CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"iat\":\"1799999990\",\"exp\":1800000300}",
          CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"iat\":1799999990,\"exp\":253402300800}",
          CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"iat\":1799999990,\"exp\":1e300}",
          CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"iat\":-1,\"exp\":1800000300}", CIVIC_OIDC_MEMBER },
        { "{" BASE AUD TIMES ",\"nbf\":\"now\"}", CIVIC_OIDC_MEMBER },
        { "{" BASE AUD ",\"iat\":1799999000,\"exp\":1799999940}",
          CIVIC_OIDC_EXPIRED },
        { "{" BASE AUD TIMES ",\"nbf\":1800000061}", CIVIC_OIDC_NOT_YET },
        { "{" BASE AUD ",\"iat\":1800000061,\"exp\":1800000300}",
          CIVIC_OIDC_NOT_YET },
        { "{" BASE AUD ",\"iat\":1799996339,\"exp\":1800000300}",
          CIVIC_OIDC_TOO_OLD },

        { "{\"iss\":\"" ISSUER "\",\"sub\":\"s\"" AUD TIMES "}",
          CIVIC_OIDC_NONCE },
        { "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"nonce\":\"\"" AUD TIMES
          "}", CIVIC_OIDC_NONCE },
        { "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"nonce\":\"n-0S6_WzA2Mk\""
          AUD TIMES "}", CIVIC_OIDC_NONCE },
        { "{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"nonce\":\"" NONCE "x\""
          AUD TIMES "}", CIVIC_OIDC_NONCE },

        { "{" BASE AUD TIMES ",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RA\"}",
          CIVIC_OIDC_ACCESS_TOKEN },
        { "{" BASE AUD TIMES ",\"at_hash\":null}", CIVIC_OIDC_ACCESS_TOKEN },

        { "{\"iss\":\"" ISSUER "\",\"nonce\":\"" NONCE "\"" AUD TIMES "}",
          CIVIC_OIDC_MEMBER },
        { "{\"iss\":\"" ISSUER "\",\"nonce\":\"" NONCE "\",\"sub\":\"张\""
          AUD TIMES "}", CIVIC_OIDC_MEMBER },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (check_claims(rows[i].claims) != rows[i].status) {
            fail_msg("%s: %s", rows[i].claims,
                     civic_oidc_text(check_claims(rows[i].claims)));
        }
    }
}


/* Others may be in the audience if they are trusted, and azp says that the
   token is meant for us. */
static void
test_several_audiences(void **state)
{
    char                 token[TEXT];
    const char          *trusted[] = { "partner", NULL };
    civic_oidc_client_t  client = usual_client();

    (void) state;

    client.audiences = trusted;

    make_token(ec, HEADER("ES256", "e1"), "{" BASE TIMES ",\"aud\":"
               "[\"civic\",\"partner\"],\"azp\":\"civic\"}", token);
    assert_int_equal(check_with(&client, keys, token, strlen(token)),
                     CIVIC_OIDC_OK);

    make_token(ec, HEADER("ES256", "e1"), "{" BASE TIMES ",\"aud\":"
               "[\"civic\",\"partner\"]}", token);
    assert_int_equal(check_with(&client, keys, token, strlen(token)),
                     CIVIC_OIDC_AUTHORIZED_PARTY);

    make_token(ec, HEADER("ES256", "e1"), "{" BASE TIMES ",\"aud\":"
               "[\"partner\"],\"azp\":\"civic\"}", token);
    assert_int_equal(check_with(&client, keys, token, strlen(token)),
                     CIVIC_OIDC_AUDIENCE);
}


static void
test_max_age(void **state)
{
    size_t                 i;
    char                   token[TEXT];
    json_t                *claims;
    civic_oidc_client_t    client = usual_client();
    civic_oidc_expected_t  expected = {
        .nonce = NONCE, .now = NOW, .max_age = 300
    };
    static const struct {
        const char           *claims;
        civic_oidc_status_t   status;
    } rows[] = {
        { "{" BASE AUD TIMES ",\"auth_time\":1799999640}", CIVIC_OIDC_OK },
        { "{" BASE AUD TIMES ",\"auth_time\":1799999639}",
          CIVIC_OIDC_TOO_OLD },
        { GOOD, CIVIC_OIDC_MEMBER },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_token(ec, HEADER("ES256", "e1"), rows[i].claims, token);
        assert_int_equal(civic_oidc_id_token(&client, keys, token,
                                             strlen(token), &expected,
                                             &claims), rows[i].status);
        json_decref(claims);
    }
}


/* A login that has no nonce matches nothing. */
static void
test_nonce_is_demanded(void **state)
{
    char                   token[TEXT];
    json_t                *claims;
    civic_oidc_client_t    client = usual_client();
    civic_oidc_expected_t  expected = { .nonce = NULL, .now = NOW };

    (void) state;

    make_token(ec, HEADER("ES256", "e1"), GOOD, token);
    assert_int_equal(civic_oidc_id_token(&client, keys, token, strlen(token),
                                         &expected, &claims),
                     CIVIC_OIDC_NONCE);
    expected.nonce = "";
    make_token(ec, HEADER("ES256", "e1"), "{\"iss\":\"" ISSUER "\","
               "\"sub\":\"s\",\"nonce\":\"\"" AUD TIMES "}", token);
    assert_int_equal(civic_oidc_id_token(&client, keys, token, strlen(token),
                                         &expected, &claims),
                     CIVIC_OIDC_NONCE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_three_algorithms),
        cmocka_unit_test(test_claims_come_out),
        cmocka_unit_test(test_good_forms),
        cmocka_unit_test(test_rfc_7515),
        cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_two_keys_of_one_name),
        cmocka_unit_test(test_algorithm_confusion),
        cmocka_unit_test(test_only_algorithms_of_the_client),
        cmocka_unit_test(test_every_changed_byte),
        cmocka_unit_test(test_ecdsa_of_another_length),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_several_audiences),
        cmocka_unit_test(test_max_age),
        cmocka_unit_test(test_nonce_is_demanded),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
