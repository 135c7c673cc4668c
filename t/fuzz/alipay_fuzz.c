/*
 * alipay_fuzz.c - what comes over Alipay's wire, and what may be pasted for
 * a key.
 *
 * The first byte of an input chooses: an answer (R), one that is signed on
 * the spot so that what lies behind the signature is reached (S), an
 * encrypted one (E), a notification (N), a signed one (F), a key (K), a
 * certificate (C), content (A), the gateway's complaint (D).  Whatever it
 * is, an answer without a good signature gives no node, and one that is not
 * signed is never DONE.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "alipay.h"

#define METHOD  "alipay.trade.query"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static alipay_keys_t  *app, *gateway;


static void
must(int held)
{
    if (!held) {
        abort();
    }
}


static char *
pem_of(EVP_PKEY *key, int private)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    char  *data, *text;
    long   len;

    must(private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
                                            NULL)
         : PEM_write_bio_PUBKEY(bio, key));
    len = BIO_get_mem_data(bio, &data);
    text = strndup(data, (size_t) len);
    BIO_free(bio);

    return text;
}


static alipay_keys_t *
load(EVP_PKEY *own, EVP_PKEY *peer)
{
    char             *own_text = pem_of(own, 1), *peer_text = pem_of(peer, 0);
    alipay_keys_t    *keys;
    alipay_config_t   config = {
        .app_id = "2021000000000001", .own_key = own_text,
        .peer_key = peer_text, .content_key = "QUJDREVGR0hJSktMTU5PUA=="
    };

    keys = alipay_keys_load(&config, NULL);
    must(keys != NULL);
    free(own_text);
    free(peer_text);

    return keys;
}


static void
prepare(void)
{
    EVP_PKEY  *one, *other;

    if (app != NULL) {
        return;
    }

    one = EVP_RSA_gen(2048);
    other = EVP_RSA_gen(2048);
    app = load(one, other);
    gateway = load(other, one);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
}


/* ---- answers ----------------------------------------------------------- */

static void
try_answer(const char *body, size_t len)
{
    alipay_response_t   response;
    alipay_expected_t   expected = { .method = METHOD, .http_status = 200 };

    alipay_response_read(app, &expected, body, len, &response);
    must(response.signature == ALIPAY_SIGNATURE_GOOD
         || (response.node == NULL && response.outcome != ALIPAY_DONE));
    must(response.outcome != ALIPAY_DONE || response.node != NULL);
    must(strlen(response.why) < sizeof(response.why));
    must(strchr(response.why, '\n') == NULL);
    (void) alipay_response_number(&response, "n");
    (void) alipay_response_flag(&response, "f");
    alipay_response_free(&response);
}


static void
try_signed_answer(const char *node, size_t len, unsigned flags)
{
    alipay_text_t  body = { .data = NULL };

    if (alipay_gateway_answer(gateway, METHOD, node, len, flags, &body)
        == 0)
    {
        try_answer(body.data, body.len);
    }

    alipay_text_free(&body);
}


/* ---- notifications ----------------------------------------------------- */

static void
try_notify(const char *body, size_t len, int may_be_good)
{
    alipay_notify_t  notify;

    if (alipay_notify_read(app, 0, body, len, &notify) == 0) {
        must(may_be_good);
        must(strcmp(alipay_parameters_get(&notify.parameters, "app_id"),
                    "2021000000000001") == 0);

    } else {
        must(notify.parameters.count == 0);
        must(notify.why[0] != '\0' && strchr(notify.why, '\n') == NULL);
    }

    alipay_notify_free(&notify);
}


static void
try_form(const char *form, size_t len)
{
    alipay_text_t        body = { .data = NULL };
    alipay_parameters_t  parameters = { .items = NULL };

    if (alipay_form_parse(form, len, &parameters, NULL) == 0
        && alipay_gateway_notify(gateway, &parameters, &body) == 0)
    {
        try_notify(body.data, body.len, 1);
    }

    alipay_parameters_free(&parameters);
    alipay_text_free(&body);
}


/* ---- what is pasted ---------------------------------------------------- */

static void
try_key(const char *text)
{
    alipay_failure_t  failure;
    alipay_config_t   config = {
        .app_id = "1", .own_key = text, .peer_key = text
    };

    /* a key is not its own counterpart */
    must(alipay_keys_load(&config, &failure) == NULL);
    must(failure.text[0] != '\0');
}


static void
try_cert(const char *text)
{
    char           serial[ALIPAY_SERIAL_TEXT];
    alipay_text_t  roots = { .data = NULL };

    if (alipay_cert_serial(text, serial, NULL) == 0) {
        must(strlen(serial) == 32);
    }

    (void) alipay_root_serial(text, &roots, NULL);
    alipay_text_free(&roots);
}


static void
try_content(const char *text, size_t len)
{
    alipay_text_t  open = { .data = NULL }, sealed = { .data = NULL };

    (void) alipay_content_decrypt(app, text, len, &open);
    alipay_text_free(&open);
    must(alipay_content_encrypt(app, text, len, &sealed) == 0);
    must(alipay_content_decrypt(gateway, sealed.data, sealed.len, &open)
         == 0);
    must(open.len == len && (len == 0 || memcmp(open.data, text, len) == 0));
    alipay_text_free(&open);
    alipay_text_free(&sealed);
}


static void
try_complaint(const char *text)
{
    char              why[ALIPAY_WHY];
    alipay_sent_t     sent;
    alipay_request_t  request = {
        .method = METHOD, .business = "{}", .business_len = 2, .now = 1
    };

    must(alipay_request_build(app, &request, &sent, NULL) == 0);
    must(alipay_request_diagnose(app, &sent, text, why) < sizeof(why));
    alipay_sent_free(&sent);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    *text;
    size_t   len;

    if (size == 0) {
        return 0;
    }

    prepare();
    len = size - 1;
    text = strndup((const char *) data + 1, len);

    switch (data[0]) {
    case 'R':
        try_answer((const char *) data + 1, len);
        break;
    case 'S':
        try_signed_answer((const char *) data + 1, len, 0);
        break;
    case 'E':
        try_signed_answer((const char *) data + 1, len,
                          ALIPAY_ANSWER_ENCRYPTED);
        break;
    case 'N':
        try_notify((const char *) data + 1, len, 0);
        break;
    case 'F':
        try_form((const char *) data + 1, len);
        break;
    case 'K':
        try_key(text);
        break;
    case 'C':
        try_cert(text);
        break;
    case 'A':
        try_content((const char *) data + 1, len);
        break;
    case 'D':
        try_complaint(text);
        break;
    default:
        break;
    }

    free(text);

    return 0;
}
