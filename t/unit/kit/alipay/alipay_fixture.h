/*
 * alipay_fixture.h - two keys, certificates, and the vectors, for the tests
 * of plugins/kit/alipay*.
 *
 * Keys are made once in a run: no private key stands in the tree.  The app
 * is the one of t/vectors/alipay.
 */

#ifndef CIVIC_TEST_ALIPAY_FIXTURE_H
#define CIVIC_TEST_ALIPAY_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "alipay.h"

#define TEST_APP_ID  "2021000000000001"

/* "ABCDEFGHIJKLMNOP", as in the vectors. */
#define TEST_CONTENT_KEY  "QUJDREVGR0hJSktMTU5PUA=="

/* The keys of this run, by name: TEST_APP, TEST_ALIPAY, TEST_OTHER. */
typedef enum { TEST_APP, TEST_ALIPAY, TEST_OTHER, TEST_KEYS } test_key_t;

EVP_PKEY *test_key(test_key_t key);

/* The shapes of key texts; bare ones are base64 in one line. */
typedef enum {
    TEST_PKCS8, TEST_PKCS1, TEST_SPKI, TEST_PKCS1_PUBLIC, TEST_SHAPES
} test_shape_t;

/* Valid until the end of the run. */
const char *test_pem(EVP_PKEY *key, test_shape_t shape);
const char *test_bare(EVP_PKEY *key, test_shape_t shape);

/* A certificate's PEM. */
typedef struct {
    EVP_PKEY    *key;
    EVP_PKEY    *issuer_key;
    const char  *subject;               /* CN */
    const char  *issuer;                /* CN */
    long         serial;
    int          authority;
    long         ends;                  /* s from now */
    int          sha1;
} test_cert_t;

const char *test_cert(const test_cert_t *cert);

/* Joined, until the end of the run. */
const char *test_join(const char *one, const char *other);

/* A file of t/vectors/alipay, and the vector of a name in vectors.json. */
const char *test_alipay_file(const char *name);
json_t *test_alipay_vectors(void);
json_t *test_alipay_vector(const char *name);
const char *test_text(const json_t *vector, const char *name);

/* Keys, which the end of the run frees.  peer_file NULL: TEST_ALIPAY's. */
alipay_keys_t *test_app_keys(const char *peer_file);
alipay_keys_t *test_gateway_keys(void);

/* The same in certificate mode, over roots of this run's. */
alipay_keys_t *test_app_cert_keys(void);
alipay_keys_t *test_gateway_cert_keys(void);

/* Another certificate of Alipay's, by the same root; its key is TEST_OTHER. */
const char *test_next_cert(void);
alipay_keys_t *test_next_gateway_cert_keys(void);

alipay_keys_t *test_load(const alipay_config_t *config);

void test_alipay_end(void);

#endif
