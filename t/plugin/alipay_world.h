/*
 * alipay_world.h - what the tests of the plugin "alipay" stand on: its files,
 * a gateway that signs by the kit and answers through the fake host's
 * upstream, and the fixture that calls it.
 */

#ifndef ALIPAY_WORLD_H
#define ALIPAY_WORLD_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "sandbox_world.h"

#define QUERY     "alipay.user.certify.open.query"
#define DOWNLOAD  "alipay.open.app.alipaycert.download"
#define UPSTREAM  "https://openapi.alipay.com/gateway.do"

static alipay_keys_t  *gateway;         /* the other side: signs answers */


/* ---- the plugin -------------------------------------------------------- */

/* Options beside those of key mode; a later one stands for an earlier one,
   and "name=" for none. */
static fake_host_t *
start_alipay(const char *const *more, int sandbox, civic_failure_t *failure)
{
    size_t              i, len, count;
    const char         *word;
    fake_host_config_t  config = {
        .plugin = built("plugins/alipay.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .options = {
            "app_id=" APP,
            file_option("private_key", "app_private.pem"),
            file_option("public_key", "gateway_public.pem"),
            file_option("content_key", "content.key")
        },
        .sandbox = sandbox, .failure = failure,
    };

    for ( /* void */ ; more != NULL && *more != NULL; more++) {
        len = strcspn(*more, "=") + 1;

        for (count = 0; config.options[count] != NULL; count++) {
            if (strncmp(config.options[count], *more, len) == 0) {
                break;
            }
        }

        config.options[count] = *more;
    }

    /* without those that are empty */
    for (i = count = 0; (word = config.options[i]) != NULL; i++) {
        config.options[i] = NULL;

        if (word[strlen(word) - 1] != '=') {
            config.options[count++] = word;
        }
    }

    return fake_host_start(&config);
}


static char *
text_of(const char *name)
{
    char    *text = calloc(1, 16384);
    FILE    *in = fopen(file(name), "r");

    assert_non_null(in);
    assert_true(fread(text, 1, 16383, in) > 0);
    fclose(in);

    return text;
}


static alipay_keys_t *
gateway_keys(const char *own, const char *cert, const char *peer_cert)
{
    char              *key = text_of(own), *peer = text_of("app.pem");
    char              *own_cert = cert == NULL ? NULL : text_of(cert);
    char              *app_cert = cert == NULL ? NULL : text_of(peer_cert);
    char              *roots = cert == NULL ? NULL : text_of("root.crt");
    alipay_keys_t     *keys;
    alipay_failure_t   failure = { "" };

    keys = alipay_keys_load(&(alipay_config_t) {
        .app_id = APP, .own_key = key, .peer_key = cert == NULL ? peer : NULL,
        .own_cert = own_cert, .peer_cert = app_cert, .roots = roots,
        .content_key = CONTENT_KEY
    }, &failure);

    if (keys == NULL) {
        fail_msg("%s", failure.text);
    }

    free(key);
    free(peer);
    free(own_cert);
    free(app_cert);
    free(roots);

    return keys;
}


/* ---- certificates ------------------------------------------------------ */

static EVP_PKEY *
key_in(const char *name)
{
    FILE      *in = fopen(file(name), "r");
    EVP_PKEY  *key = PEM_read_PrivateKey(in, NULL, NULL, NULL);

    assert_non_null(key);
    fclose(in);

    return key;
}


/* name.crt of the key of that file, signed by another's key; the names of
   subject and issuer tell them apart. */
UNUSED static void
make_certificate(const char *name, const char *key_file,
    const char *issuer_key, const char *issuer, long number, long days)
{
    FILE            *out;
    char             path[64];
    X509            *cert = X509_new();
    EVP_PKEY        *key = key_in(key_file), *signer = key_in(issuer_key);
    X509_NAME       *who = X509_NAME_new();
    X509_EXTENSION  *may;

    snprintf(path, sizeof(path), "%s.crt", name);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), number);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), days * 86400 - 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(who, "CN", MBSTRING_UTF8,
                               (const unsigned char *) issuer, -1, -1, 0);
    X509_set_issuer_name(cert, who);
    X509_NAME_free(who);
    who = X509_NAME_new();
    X509_NAME_add_entry_by_txt(who, "CN", MBSTRING_UTF8,
                               (const unsigned char *) name, -1, -1, 0);
    X509_set_subject_name(cert, who);
    X509_NAME_free(who);
    may = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
                              strcmp(name, issuer) == 0 ? "CA:TRUE"
                                                        : "CA:FALSE");
    X509_add_ext(cert, may, -1);
    X509_EXTENSION_free(may);
    assert_true(X509_sign(cert, signer, EVP_sha256()) > 0);

    out = fopen(file(path), "w");
    assert_non_null(out);
    PEM_write_X509(out, cert);
    fclose(out);
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(signer);
}


/* ---- calls ------------------------------------------------------------- */

static fake_reply_t  *rep;              /* of the call before */

/* What came out; NULL if the call gave no more than a result. */
UNUSED static json_t *
ask_with(const char *name, const char *in, const fake_request_t *more)
{
    char            path[64];
    fake_request_t  request = more == NULL ? (fake_request_t) { .body = in }
                                           : *more;

    request.body = in;
    snprintf(path, sizeof(path), "/asker/calls/%s", name);
    rep = fake_request(h, CIVIC_POST, path, &request);

    return rep->json == NULL ? NULL : json_object_get(rep->json, "out");
}


static json_t *
ask(const char *in)
{
    return ask_with("alipay.call", in, NULL);
}


UNUSED static int
result_of(const char *name, const char *in)
{
    (void) ask_with(name, in, NULL);

    return (int) json_integer_value(json_object_get(rep->json, "result"));
}


static const char *
text_member(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "-" : text;
}


/* "outcome advice code" */
static const char *
said_in(const json_t *out)
{
    static char  text[128];

    snprintf(text, sizeof(text), "%s %s %s", text_member(out, "outcome"),
             text_member(out, "advice"), text_member(out, "code"));

    return text;
}


#define said(in, expected)                                                    \
    assert_string_equal(said_in(ask(in)), expected)

/* What the gateway answers from now on; once: one time. */
UNUSED static void
will_answer(const char *method, const char *node, unsigned flags, int once)
{
    static alipay_text_t  texts[16];
    static unsigned       turn;

    alipay_text_t  *text = &texts[turn++ % 16];

    alipay_text_free(text);
    assert_int_equal(alipay_gateway_answer(gateway, method, node,
                                           strlen(node), flags, text), 0);
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay", .body = text->data,
                            .len = text->len, .once = once });
}


UNUSED static size_t
sent_count(void)
{
    size_t  n = 0;

    while (fake_http_seen(h, n) != NULL) {
        n++;
    }

    return n;
}

#endif
