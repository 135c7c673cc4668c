/*
 * oidc_fixture.h - a provider for the tests of oidc.h: keys, a JWKS and
 * tokens, made with OpenSSL alone, so that cjose is not judged by itself.
 */

#ifndef OIDC_FIXTURE_H
#define OIDC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base64.h"
#include "oidc.h"

#define ISSUER   "https://card.example.cn/oidc"
#define CLIENT   "civic"
#define NONCE    "n-0S6_WzA2Mj"
#define SUBJECT  "c2ViamVjdA"
#define NOW      1800000000

#define TEXT     65536
#define JWK      4096


static inline civic_oidc_client_t
usual_client(void)
{
    civic_oidc_client_t  client = {
        .issuer = ISSUER,
        .client_id = CLIENT,
        .redirect_uri = "https://civic.example.cn/login/card?back=1",
        .scope = "openid profile",
        .client_secret = "secret: 100% & more",
        .leeway = 60,
    };

    return client;
}


/* A number of a key as base64url. */
static inline char *
number_of(EVP_PKEY *pkey, const char *name, size_t room, char *out)
{
    BIGNUM        *number = NULL;
    unsigned char  bytes[1024];

    assert_true(EVP_PKEY_get_bn_param(pkey, name, &number));
    room = room ? room : (size_t) BN_num_bytes(number);
    assert_int_equal(BN_bn2binpad(number, bytes, (int) room), (int) room);
    civic_base64_encode_url(bytes, room, out);
    BN_free(number);

    return out;
}


/* Its public half as a JWK; more is further members, with a comma. */
static inline char *
jwk_of(EVP_PKEY *pkey, const char *more, char out[JWK])
{
    char  a[1024], b[1024];

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        snprintf(out, JWK, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}",
                 number_of(pkey, OSSL_PKEY_PARAM_RSA_N, 0, a),
                 number_of(pkey, OSSL_PKEY_PARAM_RSA_E, 0, b), more);

    } else {
        snprintf(out, JWK, "{\"kty\":\"EC\",\"crv\":\"P-256\","
                 "\"x\":\"%s\",\"y\":\"%s\"%s}",
                 number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X, 32, a),
                 number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, 32, b), more);
    }

    return out;
}


/* DER's two numbers as 64 bytes. */
static inline size_t
raw_ecdsa(unsigned char *signature, size_t len)
{
    ECDSA_SIG            *pair;
    const unsigned char  *in = signature;

    pair = d2i_ECDSA_SIG(NULL, &in, (long) len);
    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);

    return 64;
}


static inline size_t
sign_bytes(EVP_PKEY *pkey, int pss, const char *text,
    unsigned char signature[1024])
{
    size_t         len = 1024;
    EVP_MD_CTX    *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX  *options;

    assert_int_equal(EVP_DigestSignInit(context, &options, EVP_sha256(), NULL,
                                        pkey), 1);
    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    }

    assert_int_equal(EVP_DigestSign(context, signature, &len,
                                    (const unsigned char *) text,
                                    strlen(text)), 1);
    EVP_MD_CTX_free(context);

    return EVP_PKEY_is_a(pkey, "RSA") ? len : raw_ecdsa(signature, len);
}


/* "<header>.<claims>": what is signed. */
static inline char *
signing_input(const char *header, const char *claims, char out[TEXT])
{
    size_t  used;

    used = civic_base64_encode_url(header, strlen(header), out);
    out[used++] = '.';
    civic_base64_encode_url(claims, strlen(claims), out + used);

    return out;
}


static inline char *
make_token(EVP_PKEY *pkey, const char *header, const char *claims,
    char out[TEXT])
{
    size_t         len;
    unsigned char  signature[1024];

    signing_input(header, claims, out);
    len = sign_bytes(pkey, strstr(header, "PS256") != NULL, out, signature);
    strcat(out, ".");
    civic_base64_encode_url(signature, len, out + strlen(out));

    return out;
}

#endif
