/*
 * alipay_keys_test.c - every shape of a key text loads, every usual mistake
 * is refused in words, and a downloaded certificate is believed only when
 * the roots vouch for it.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "alipay_fixture.h"
#include "base64.h"

static alipay_config_t
good(void)
{
    return (alipay_config_t) {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };
}


static void
refused(const alipay_config_t *config, const char *words)
{
    alipay_failure_t  failure;

    assert_null(alipay_keys_load(config, &failure));

    if (strstr(failure.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, words);
    }
}


/* ---- shapes ------------------------------------------------------------ */

static void
works(const alipay_config_t *config)
{
    alipay_keys_t  *keys = test_load(config);
    alipay_text_t   sign = { .data = NULL };

    assert_int_equal(alipay_sign(keys, "text", 4, &sign), 0);
    assert_int_equal(sign.len, 344);
    assert_int_equal(alipay_verify(test_gateway_keys(), "text", 4, sign.data,
                                   sign.len, NULL), ALIPAY_SIGNATURE_GOOD);
    alipay_text_free(&sign);
}


/* "-----BEGIN X-----MII...-----END X-----" */
static const char *
in_one_line(const char *pem)
{
    char    *text = strdup(pem), *p, *out = text;
    const char  *joined;

    for (p = text; *p != '\0'; p++) {
        if (*p != '\n') {
            *out++ = *p;
        }
    }

    *out = '\0';
    joined = test_join(text, "");
    free(text);

    return joined;
}


static void
every_shape(void **state)
{
    int              shape;
    const char      *pem;
    alipay_config_t  config = good();

    (void) state;

    for (shape = TEST_PKCS8; shape <= TEST_PKCS1; shape++) {
        pem = test_pem(test_key(TEST_APP), (test_shape_t) shape);
        config.own_key = pem;
        works(&config);
        config.own_key = in_one_line(pem);
        works(&config);
        config.own_key = test_join("\xef\xbb\xbf", pem);
        works(&config);
        config.own_key = test_join(" \r\n", test_bare(test_key(TEST_APP),
                                                      (test_shape_t) shape));
        works(&config);
    }

    config = good();

    for (shape = TEST_SPKI; shape <= TEST_PKCS1_PUBLIC; shape++) {
        config.peer_key = test_pem(test_key(TEST_ALIPAY),
                                   (test_shape_t) shape);
        works(&config);
        config.peer_key = test_join(test_bare(test_key(TEST_ALIPAY),
                                              (test_shape_t) shape), "\r\n");
        works(&config);
    }
}


/* ---- mistakes ---------------------------------------------------------- */

static void
wrong_private(void **state)
{
    char             cut[4096];
    EVP_PKEY        *small = EVP_RSA_gen(1024), *ec = EVP_EC_gen("P-256");
    alipay_config_t  config = good();

    (void) state;
    config.own_key = NULL;
    refused(&config, "there is no private key");
    config.own_key = "";
    refused(&config, "private key: is neither PEM nor base64");
    config.own_key = "not a key!";
    refused(&config, "private key: is neither PEM nor base64");
    config.own_key = "AAAA";
    refused(&config, "private key: is no private key in PKCS#1 or PKCS#8");
    config.own_key = test_pem(test_key(TEST_APP), TEST_SPKI);
    refused(&config, "private key: is a public key, a private one belongs");
    config.own_key = test_alipay_file("app_cert.crt");
    refused(&config, "private key: is a certificate, not a key");
    config.own_key = "-----BEGIN CERTIFICATE REQUEST-----";
    refused(&config, "is a certificate request");
    config.own_key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                     "-----END ENCRYPTED PRIVATE KEY-----\n";
    refused(&config, "private key: is protected by a password");
    config.own_key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"
                     "\n-----END RSA PRIVATE KEY-----\n";
    refused(&config, "private key: is protected by a password");

    config.own_key = test_bare(small, TEST_PKCS8);
    refused(&config, "has 1024 bits, RSA2 takes 2048");
    config.own_key = test_bare(ec, TEST_PKCS8);
    refused(&config, "private key: is no RSA key");

    snprintf(cut, sizeof(cut), "%.200s", test_pem(test_key(TEST_APP),
                                                  TEST_PKCS8));
    config.own_key = cut;
    refused(&config, "private key: its PEM armour is cut off");
    snprintf(cut, sizeof(cut), "%.200s", test_bare(test_key(TEST_APP),
                                                   TEST_PKCS8));
    config.own_key = cut;
    refused(&config, "private key: is no private key");
    snprintf(cut, sizeof(cut), "%sAAAA", test_bare(test_key(TEST_OTHER),
                                                   TEST_PKCS1));
    config.own_key = cut;
    refused(&config, "private key: is n");

    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);
}


/* A private key's DER with one thing wrong: e another, or a byte too many. */
static void
wrong_der(void **state)
{
    int              len;
    char             text[4096];
    unsigned char   *der = NULL, *p;
    alipay_config_t  config = good();

    (void) state;
    len = i2d_PrivateKey(test_key(TEST_APP), &der);
    assert_in_range(len, 1000, 2000);
    p = malloc((size_t) len + 1);
    memcpy(p, der, (size_t) len);
    p[len] = 0;
    civic_base64_encode(p, (size_t) len, text);
    config.own_key = text;
    works(&config);
    civic_base64_encode(p, (size_t) len + 1, text);
    refused(&config, "private key: is no private key in PKCS#1 or PKCS#8");

    ((unsigned char *) memmem(p, (size_t) len, "\x02\x03\x01\x00\x01", 5))[4]
        = 3;
    civic_base64_encode(p, (size_t) len, text);
    refused(&config, "private key: is damaged, what it signs does not "
            "verify");
    free(p);
    OPENSSL_free(der);

    config = good();
    assert_null(strchr(config.peer_key, '='));
    snprintf(text, sizeof(text), "%sAAAA", config.peer_key);
    config.peer_key = text;
    refused(&config, "public key: is no public key");
}


/* A signature has one spelling. */
static void
spare_bits(void **state)
{
    alipay_keys_t  *app = test_app_keys(NULL), *gateway = test_gateway_keys();
    alipay_text_t   sign = { .data = NULL };

    (void) state;
    assert_int_equal(alipay_sign(gateway, "x", 1, &sign), 0);
    assert_int_equal(alipay_verify(app, "x", 1, sign.data, sign.len, NULL),
                     ALIPAY_SIGNATURE_GOOD);
    assert_int_equal(alipay_verify(app, "y", 1, sign.data, sign.len, NULL),
                     ALIPAY_SIGNATURE_WRONG);
    assert_int_equal(alipay_verify(app, "x", 1, sign.data, 0, NULL),
                     ALIPAY_SIGNATURE_MISSING);

    /* A, Q, g or w: the next letter has the same two first bits */
    assert_string_equal(sign.data + 342, "==");
    sign.data[341]++;
    assert_int_equal(alipay_verify(app, "x", 1, sign.data, sign.len, NULL),
                     ALIPAY_SIGNATURE_MALFORMED);
    alipay_text_free(&sign);
}


/* The failure never repeats a key. */
static void
failures_are_silent(void **state)
{
    char              text[4096];
    alipay_config_t   config = good();
    alipay_failure_t  failure;

    (void) state;
    snprintf(text, sizeof(text), "%s!", config.own_key);
    config.own_key = text;
    assert_null(alipay_keys_load(&config, &failure));
    snprintf(text, 21, "%s", good().own_key + 100);
    assert_null(strstr(failure.text, text));
}


static void
wrong_public(void **state)
{
    alipay_config_t  config = good();

    (void) state;
    config.peer_key = NULL;
    refused(&config, "there is neither Alipay's public key nor certificates");
    config.peer_key = test_bare(test_key(TEST_ALIPAY), TEST_PKCS8);
    refused(&config, "public key: is a private key, a public one belongs");
    config.peer_key = test_pem(test_key(TEST_APP), TEST_SPKI);
    refused(&config, "public key: is the one of our own private key; "
            "Alipay's public key belongs here");
    config.peer_key = test_alipay_file("alipay_public_cert.crt");
    refused(&config, "public key: is a certificate, not a key");
    config.peer_key = "MIIB";
    refused(&config, "public key: is no public key");
}


static void
wrong_rest(void **state)
{
    size_t           i;
    const char      *codes[ALIPAY_SUB_CODES + 2], *broken[] = { "a b", NULL };
    alipay_config_t  config = good();

    (void) state;
    config.app_id = NULL;
    refused(&config, "there is no app_id");
    config.app_id = "2021\n0001";
    refused(&config, "app_id: not 1 to 32");
    config.app_id = "202100000000000120210000000000012";
    refused(&config, "app_id: not 1 to 32");

    config = good();
    config.content_key = "QUJD";
    refused(&config, "content key: not the base64 of 16, 24 or 32 bytes");
    config.content_key = "*";
    refused(&config, "content key");
    config.content_key = TEST_CONTENT_KEY "\n";
    assert_true(alipay_keys_encrypts(test_load(&config)));
    assert_false(alipay_keys_encrypts(test_load(&(alipay_config_t) {
        .app_id = config.app_id, .own_key = config.own_key,
        .peer_key = config.peer_key })));

    for (i = 0; i <= ALIPAY_SUB_CODES; i++) {
        codes[i] = "ACQ.X";
    }

    codes[i] = NULL;
    config.dialect.unknown_sub_codes = codes;
    refused(&config, "more than 16 sub_codes");
    config.dialect.unknown_sub_codes = broken;
    refused(&config, "sub_code 1 is none");
}


/* ---- certificate mode -------------------------------------------------- */

static void
wrong_certificates(void **state)
{
    test_cert_t      ec_root = {
        .key = EVP_EC_gen("P-256"), .subject = "EC", .issuer = "EC",
        .serial = 1, .authority = 1, .ends = 3600
    };
    test_cert_t      own = {
        .key = test_key(TEST_APP), .issuer_key = test_key(TEST_OTHER),
        .subject = "App", .issuer = "Root", .serial = 7, .ends = 3600
    };
    alipay_config_t  config = good();

    (void) state;
    config.own_cert = test_cert(&own);
    refused(&config, "certificate mode takes three files");
    config.peer_cert = test_alipay_file("alipay_public_cert.crt");
    config.roots = test_alipay_file("alipay_root_bundle.crt");
    refused(&config, "a public key and certificates: one or the other");

    config.peer_key = NULL;
    config.own_cert = test_alipay_file("app_cert.crt");
    refused(&config, "own certificate: is not of our private key");
    config.own_cert = test_pem(test_key(TEST_APP), TEST_SPKI);
    refused(&config, "own certificate: there is no certificate in it, but a "
            "key");
    config.own_cert = test_cert(&own);
    config.peer_cert = config.own_cert;
    refused(&config, "Alipay's certificate: is the one of our own");
    config.peer_cert = "rubbish";
    refused(&config, "Alipay's certificate: there is no certificate in it");
    config.peer_cert = test_alipay_file("alipay_public_cert.crt");
    config.roots = "";
    refused(&config, "root certificates: there is no certificate in it");

    ec_root.issuer_key = ec_root.key;
    config.roots = test_cert(&ec_root);
    refused(&config, "root certificates: none of them has an RSA signature");
    EVP_PKEY_free(ec_root.key);
}


static void
described(void **state)
{
    char             line[1024], cut[16];
    size_t           len;
    const char      *bare = test_bare(test_key(TEST_APP), TEST_SPKI);
    alipay_keys_t   *keys = test_app_keys(NULL);

    (void) state;
    len = alipay_keys_describe(keys, line, sizeof(line));
    assert_int_equal(len, strlen(line));
    assert_non_null(strstr(line, "key mode, app_id " TEST_APP_ID));
    assert_non_null(strstr(line, "content key"));

    /* the characters that tell keys apart in the console */
    snprintf(cut, sizeof(cut), "%.8s", bare + strlen(bare) - 14);
    assert_non_null(strstr(line, cut));
    assert_int_equal(alipay_keys_describe(keys, cut, sizeof(cut)), 15);
    assert_true(alipay_keys_expire_at(keys) == INT64_MAX);
    assert_string_equal(alipay_keys_own_serial(keys), "");

    keys = test_app_cert_keys();
    alipay_keys_describe(keys, line, sizeof(line));
    assert_non_null(strstr(line, "certificate mode"));
    assert_non_null(strstr(line, alipay_keys_own_serial(keys)));
    assert_non_null(strstr(line, alipay_keys_root_serial(keys)));
    assert_in_range(alipay_keys_expire_at(keys), time(NULL) + 80000,
                    time(NULL) + 90000);
}


/* ---- downloaded certificates ------------------------------------------- */

static const char *
download(const char *pem)
{
    char        *base64 = malloc(CIVIC_BASE64_ROOM(strlen(pem)));
    const char  *body;

    civic_base64_encode(pem, strlen(pem), base64);
    body = test_join("{\"alipay_open_app_alipaycert_download_response\":"
                     "{\"code\":\"10000\",\"alipay_cert_content\":\"",
                     base64);
    free(base64);

    return test_join(body, "\"}}");
}


static void
not_added(alipay_keys_t *keys, const char *body, const char *serial,
    int64_t now, const char *words)
{
    alipay_failure_t  failure;

    assert_int_equal(alipay_keys_add_certificate(keys, body, strlen(body),
                                                 serial, now, &failure), -1);

    if (strstr(failure.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, words);
    }
}


static const char *
impostor(void)
{
    test_cert_t  cert = {
        .key = test_key(TEST_OTHER), .issuer_key = test_key(TEST_OTHER),
        .subject = "Alipay, the next", .issuer = "Test Root", .serial = 12,
        .ends = 86400
    };

    return test_cert(&cert);
}


static void
downloads(void **state)
{
    char               serial[ALIPAY_SERIAL_TEXT];
    int64_t            now = time(NULL);
    const char        *body, *next = test_next_cert();
    alipay_keys_t     *keys = test_app_cert_keys();
    alipay_text_t      sign = { .data = NULL };
    alipay_failure_t   failure;

    (void) state;
    assert_int_equal(alipay_cert_serial(next, serial, &failure), 0);
    assert_int_equal(alipay_sign(test_next_gateway_cert_keys(), "x", 1,
                                 &sign), 0);
    assert_int_equal(alipay_verify(keys, "x", 1, sign.data, sign.len, serial),
                     ALIPAY_SIGNATURE_CERT_UNKNOWN);
    assert_int_equal(alipay_verify(keys, "x", 1, sign.data, sign.len, NULL),
                     ALIPAY_SIGNATURE_WRONG);

    body = download(next);
    not_added(test_app_keys(NULL), body, serial, now,
              "not in certificate mode");
    not_added(keys, "{}", serial, now, "holds no certificate");
    not_added(keys, "", serial, now, "holds no certificate");
    not_added(keys, "{\"alipay_open_app_alipaycert_download_response\":7}",
              serial, now, "holds no certificate");
    not_added(keys, download("rubbish"), serial, now, "no certificate in it");
    not_added(keys, body, "00000000000000000000000000000000", now,
              "another certificate came");
    not_added(keys, body, serial, now + 10 * 86400, "does not chain");
    not_added(keys, body, serial, now - 86400, "does not chain");

    /* same names, same number, hence the same serial: signed by nobody */
    not_added(keys, download(impostor()), serial, now, "does not chain");
    not_added(keys, download(test_alipay_file("alipay_public_cert.crt")),
              "5adb080d10bb8f5578c1cb4c834967a8", now, "does not chain");

    assert_int_equal(alipay_keys_add_certificate(keys, body, strlen(body),
                                                 serial, now, &failure), 0);
    assert_int_equal(alipay_verify(keys, "x", 1, sign.data, sign.len, serial),
                     ALIPAY_SIGNATURE_GOOD);
    assert_int_equal(alipay_verify(keys, "x", 1, sign.data, sign.len, NULL),
                     ALIPAY_SIGNATURE_GOOD);
    assert_int_equal(alipay_keys_add_certificate(keys, body, strlen(body),
                                                 serial, now, &failure), 0);
    alipay_text_free(&sign);
}


/* A copy gets the certificate, the original stays as it was; each can be
   freed before the other. */
static void
copied(void **state)
{
    char               serial[ALIPAY_SERIAL_TEXT];
    const char        *next = test_next_cert(), *body = download(next);
    alipay_keys_t     *keys = test_app_cert_keys(), *copy, *second;
    alipay_text_t      sign = { .data = NULL }, own = { .data = NULL };
    alipay_text_t      again = { .data = NULL };
    alipay_failure_t   failure;

    (void) state;
    assert_int_equal(alipay_cert_serial(next, serial, &failure), 0);
    assert_int_equal(alipay_sign(test_next_gateway_cert_keys(), "x", 1,
                                 &sign), 0);

    copy = alipay_keys_copy(keys);
    assert_non_null(copy);
    assert_int_equal(alipay_keys_add_certificate(copy, body, strlen(body),
                                                 serial, time(NULL),
                                                 &failure), 0);
    assert_int_equal(alipay_verify(keys, "x", 1, sign.data, sign.len, serial),
                     ALIPAY_SIGNATURE_CERT_UNKNOWN);
    assert_int_equal(alipay_verify(copy, "x", 1, sign.data, sign.len, serial),
                     ALIPAY_SIGNATURE_GOOD);

    second = alipay_keys_copy(copy);
    alipay_keys_free(copy);
    assert_int_equal(alipay_verify(second, "x", 1, sign.data, sign.len,
                                   serial), ALIPAY_SIGNATURE_GOOD);
    assert_int_equal(alipay_sign(second, "x", 1, &again), 0);
    alipay_keys_free(second);

    assert_int_equal(alipay_sign(keys, "x", 1, &own), 0);
    assert_string_equal(own.data, again.data);
    alipay_text_free(&sign);
    alipay_text_free(&own);
    alipay_text_free(&again);
}


/* What a dialect names is a copy's own. */
static void
copied_dialect(void **state)
{
    char               code[] = "ACQ.STRANGE";
    const char        *codes[] = { code, NULL };
    alipay_keys_t     *keys, *copy;
    alipay_failure_t   failure;
    alipay_text_t      out = { .data = NULL };
    alipay_response_t  response;
    alipay_expected_t  expected = { .method = "a.b", .http_status = 200 };

    static const char  node[] = "{\"code\":\"40004\","
                                "\"sub_code\":\"ACQ.STRANGE\"}";

    (void) state;
    keys = alipay_keys_load(&(alipay_config_t) {
        .app_id = TEST_APP_ID,
        .own_key = test_pem(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_pem(test_key(TEST_ALIPAY), TEST_SPKI),
        .dialect = { .unknown_sub_codes = codes } }, &failure);
    assert_non_null(keys);
    copy = alipay_keys_copy(keys);
    alipay_keys_free(keys);

    assert_int_equal(alipay_gateway_answer(test_gateway_keys(), "a.b", node,
                                           sizeof(node) - 1, 0, &out), 0);
    alipay_response_read(copy, &expected, out.data, out.len, &response);
    assert_int_equal(response.outcome, ALIPAY_UNKNOWN);
    alipay_response_free(&response);
    alipay_text_free(&out);
    alipay_keys_free(copy);
}


static void
no_more_than_room(void **state)
{
    int                i;
    char               serial[ALIPAY_SERIAL_TEXT];
    const char        *pem, *body;
    test_cert_t        cert = {
        .key = test_key(TEST_OTHER), .issuer_key = test_key(TEST_ALIPAY),
        .subject = "Alipay", .issuer = "Test Root", .ends = 86400
    };
    alipay_keys_t     *keys = test_app_cert_keys();
    alipay_failure_t   failure;

    (void) state;

    for (i = 1; i <= ALIPAY_CERTIFICATES; i++) {
        cert.serial = 1000 + i;
        pem = test_cert(&cert);
        body = download(pem);
        assert_int_equal(alipay_cert_serial(pem, serial, &failure), 0);
        assert_int_equal(alipay_keys_add_certificate(keys, body, strlen(body),
                                                     serial, time(NULL),
                                                     &failure),
                         i < ALIPAY_CERTIFICATES ? 0 : -1);
    }

    assert_non_null(strstr(failure.text, "8 certificates are loaded"));
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_shape),
        cmocka_unit_test(wrong_private),
        cmocka_unit_test(wrong_der),
        cmocka_unit_test(spare_bits),
        cmocka_unit_test(failures_are_silent),
        cmocka_unit_test(wrong_public),
        cmocka_unit_test(wrong_rest),
        cmocka_unit_test(wrong_certificates),
        cmocka_unit_test(described),
        cmocka_unit_test(downloads),
        cmocka_unit_test(copied),
        cmocka_unit_test(copied_dialect),
        cmocka_unit_test(no_more_than_room),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
