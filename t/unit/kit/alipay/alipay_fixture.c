/*
 * alipay_fixture.c - see alipay_fixture.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "alipay_fixture.h"
#include "base64.h"
#include "vectors.h"

#define KEPT       1024
#define ORGANISED  "Test Org"

static EVP_PKEY       *keys_made[TEST_KEYS];
static char           *kept[KEPT];
static size_t          nkept;
static alipay_keys_t  *loaded[KEPT];
static size_t          nloaded;
static json_t         *all_vectors;


static char *
keep(char *text)
{
    assert_non_null(text);
    assert_true(nkept < KEPT);
    kept[nkept++] = text;

    return text;
}


void
test_alipay_end(void)
{
    size_t  i;

    for (i = 0; i < nkept; i++) {
        free(kept[i]);
    }

    for (i = 0; i < nloaded; i++) {
        alipay_keys_free(loaded[i]);
    }

    for (i = 0; i < TEST_KEYS; i++) {
        EVP_PKEY_free(keys_made[i]);
        keys_made[i] = NULL;
    }

    json_decref(all_vectors);
    all_vectors = NULL;
    nkept = nloaded = 0;
}


/* ---- keys -------------------------------------------------------------- */

EVP_PKEY *
test_key(test_key_t key)
{
    if (keys_made[key] == NULL) {
        keys_made[key] = EVP_RSA_gen(2048);
        assert_non_null(keys_made[key]);
    }

    return keys_made[key];
}


static int
der_of(EVP_PKEY *key, test_shape_t shape, unsigned char **der)
{
    int                   len;
    PKCS8_PRIV_KEY_INFO  *info;

    switch (shape) {
    case TEST_PKCS1:
        return i2d_PrivateKey(key, der);
    case TEST_SPKI:
        return i2d_PUBKEY(key, der);
    case TEST_PKCS1_PUBLIC:
        return i2d_PublicKey(key, der);
    default:
        break;
    }

    info = EVP_PKEY2PKCS8(key);
    len = i2d_PKCS8_PRIV_KEY_INFO(info, der);
    PKCS8_PRIV_KEY_INFO_free(info);

    return len;
}


const char *
test_bare(EVP_PKEY *key, test_shape_t shape)
{
    int             len;
    char           *text;
    unsigned char  *der = NULL;

    len = der_of(key, shape, &der);
    assert_true(len > 0);
    text = keep(malloc(CIVIC_BASE64_ROOM((size_t) len)));
    civic_base64_encode(der, (size_t) len, text);
    OPENSSL_free(der);

    return text;
}


const char *
test_pem(EVP_PKEY *key, test_shape_t shape)
{
    static const char *const  labels[] = {
        "PRIVATE KEY", "RSA PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY"
    };

    char        *text, *p;
    size_t       size;
    const char  *bare = test_bare(key, shape);

    size = strlen(bare) * 2 + 128;
    text = keep(malloc(size));
    p = text + sprintf(text, "-----BEGIN %s-----\n", labels[shape]);

    for ( /* void */ ; *bare != '\0'; bare += strnlen(bare, 64)) {
        p += sprintf(p, "%.64s\n", bare);
    }

    sprintf(p, "-----END %s-----\n", labels[shape]);

    return text;
}


/* ---- certificates ------------------------------------------------------ */

static void
set_name(X509_NAME *name, const char *cn)
{
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC,
                               (const unsigned char *) "CN", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                               (const unsigned char *) ORGANISED, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *) cn, -1, -1, 0);
}


static void
set_authority(X509 *x)
{
    X509V3_CTX       ctx;
    X509_EXTENSION  *extension;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints,
                                    "critical,CA:TRUE");
    assert_non_null(extension);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
}


const char *
test_cert(const test_cert_t *cert)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    char  *data, *text;
    long   len;
    X509  *x = X509_new();

    assert_true(bio != NULL && x != NULL);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), cert->serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x), cert->ends);
    set_name(X509_get_subject_name(x), cert->subject);
    set_name(X509_get_issuer_name(x), cert->issuer);
    X509_set_pubkey(x, cert->key);

    if (cert->authority) {
        set_authority(x);
    }

    assert_true(X509_sign(x, cert->issuer_key,
                          cert->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
    assert_true(PEM_write_bio_X509(bio, x));
    len = BIO_get_mem_data(bio, &data);
    text = keep(malloc((size_t) len + 1));
    memcpy(text, data, (size_t) len);
    text[len] = '\0';
    BIO_free(bio);
    X509_free(x);

    return text;
}


const char *
test_join(const char *one, const char *other)
{
    char  *text = keep(malloc(strlen(one) + strlen(other) + 1));

    strcpy(text, one);
    strcat(text, other);

    return text;
}


/* ---- vectors ----------------------------------------------------------- */

const char *
test_alipay_file(const char *name)
{
    char         path[512], *text;
    FILE        *file;
    size_t       len;
    const char  *dir = getenv("CIVIC_VECTORS");

    snprintf(path, sizeof(path), "%s/alipay/%s",
             dir == NULL ? "t/vectors" : dir, name);
    file = fopen(path, "r");
    assert_non_null(file);
    text = keep(malloc(65536));
    len = fread(text, 1, 65535, file);
    text[len] = '\0';
    fclose(file);

    return text;
}


json_t *
test_alipay_vectors(void)
{
    if (all_vectors == NULL) {
        all_vectors = test_vectors("alipay/vectors.json");
    }

    return json_object_get(all_vectors, "vectors");
}


json_t *
test_alipay_vector(const char *name)
{
    size_t   i;
    json_t  *vector;

    json_array_foreach(test_alipay_vectors(), i, vector) {
        if (strcmp(test_text(vector, "name"), name) == 0) {
            return vector;
        }
    }

    fail_msg("there is no vector %s", name);

    return NULL;
}


const char *
test_text(const json_t *vector, const char *name)
{
    const char  *text = json_string_value(json_object_get(vector, name));

    assert_non_null(text);

    return text;
}


/* ---- loaded keys ------------------------------------------------------- */

alipay_keys_t *
test_load(const alipay_config_t *config)
{
    alipay_keys_t     *keys;
    alipay_failure_t   failure;

    keys = alipay_keys_load(config, &failure);

    if (keys == NULL) {
        fail_msg("%s", failure.text);
    }

    assert_true(nloaded < KEPT);
    loaded[nloaded++] = keys;

    return keys;
}


alipay_keys_t *
test_app_keys(const char *peer_file)
{
    alipay_config_t  config = {
        .app_id = TEST_APP_ID, .content_key = TEST_CONTENT_KEY,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8)
    };

    config.peer_key = peer_file != NULL ? test_alipay_file(peer_file)
                      : test_bare(test_key(TEST_ALIPAY), TEST_SPKI);

    return test_load(&config);
}


alipay_keys_t *
test_gateway_keys(void)
{
    alipay_config_t  config = {
        .app_id = TEST_APP_ID, .content_key = TEST_CONTENT_KEY,
        .own_key = test_bare(test_key(TEST_ALIPAY), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_APP), TEST_SPKI)
    };

    return test_load(&config);
}


/* One root for both sides; its key is nobody else's business, so Alipay's
   does for it. */
static const char *
leaf(test_key_t key, const char *subject, long serial)
{
    test_cert_t  cert = {
        .key = test_key(key), .issuer_key = test_key(TEST_ALIPAY),
        .subject = subject, .issuer = "Test Root", .serial = serial,
        .ends = 86400
    };

    return test_cert(&cert);
}


static const char *
root(void)
{
    test_cert_t  cert = {
        .key = test_key(TEST_ALIPAY), .issuer_key = test_key(TEST_ALIPAY),
        .subject = "Test Root", .issuer = "Test Root", .serial = 1,
        .authority = 1, .ends = 864000
    };

    return test_cert(&cert);
}


const char *
test_next_cert(void)
{
    return leaf(TEST_OTHER, "Alipay, the next", 12);
}


static alipay_keys_t *
cert_keys(test_key_t own, const char *own_cert, const char *peer_cert)
{
    alipay_config_t  config = {
        .app_id = TEST_APP_ID, .content_key = TEST_CONTENT_KEY,
        .own_key = test_pem(test_key(own), TEST_PKCS1),
        .own_cert = own_cert, .peer_cert = peer_cert, .roots = root()
    };

    return test_load(&config);
}


alipay_keys_t *
test_app_cert_keys(void)
{
    return cert_keys(TEST_APP, leaf(TEST_APP, "App", 10),
                     leaf(TEST_ALIPAY, "Alipay", 11));
}


alipay_keys_t *
test_gateway_cert_keys(void)
{
    return cert_keys(TEST_ALIPAY, leaf(TEST_ALIPAY, "Alipay", 11),
                     leaf(TEST_APP, "App", 10));
}


alipay_keys_t *
test_next_gateway_cert_keys(void)
{
    return cert_keys(TEST_OTHER, test_next_cert(), leaf(TEST_APP, "App", 10));
}
