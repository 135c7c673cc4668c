/*
 * sandbox_world.h - what the tests of the plugin "sandbox" stand on: it, its
 * files, and an app that is its client: the kit's functions with the keys
 * the other way round.
 */

#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "alipay.h"
#include "built.h"
#include "fake_host.h"

#define NOON         1773028800000LL    /* 2026-03-09T12:00:00+08:00 */
#define APP          "2021000000000001"
#define CONTENT_KEY  "QUJDREVGR0hJSktMTU5PUA=="
#define FORM         "application/x-www-form-urlencoded"
#define GATEWAY      "/sandbox/alipay/gateway.do"
#define SITE         "http://card.example"
#define ISSUER       SITE "/sandbox/card"
#define SECRET       "a+secret"
#define CALLBACK     "http://civic.example/login/card?x=1"

#define UNUSED  __attribute__((unused))

static fake_host_t    *h;
static char            folder[64];
static alipay_keys_t  *app;             /* as the client has them */
static alipay_keys_t  *stranger;        /* the same, with a key of its own */


/* ---- files ------------------------------------------------------------- */

/* A file's path, in one of a few buffers that take turns. */
UNUSED static const char *
file(const char *name)
{
    static char      paths[8][128];
    static unsigned  turn;

    char  *path = paths[turn++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);

    return path;
}


UNUSED static void
put_file(const char *name, const char *text)
{
    FILE  *out = fopen(file(name), "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    fclose(out);
}


/* An option that names a file. */
UNUSED static const char *
file_option(const char *option, const char *name)
{
    static char      texts[64][160];
    static unsigned  turn;

    char  *text = texts[turn++ % 64];

    snprintf(text, sizeof(texts[0]), "%s=%s", option, file(name));

    return text;
}


static char *
pem_of(EVP_PKEY *key, int secret)
{
    BIO   *bio = BIO_new(BIO_s_mem());
    char  *bytes, *text;
    long   len;

    if (secret) {
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    } else {
        PEM_write_bio_PUBKEY(bio, key);
    }

    len = BIO_get_mem_data(bio, &bytes);
    text = strndup(bytes, (size_t) len);
    BIO_free(bio);

    return text;
}


static alipay_keys_t *
client_keys(EVP_PKEY *own, EVP_PKEY *gateway)
{
    char              *secret = pem_of(own, 1), *public = pem_of(gateway, 0);
    alipay_keys_t     *keys;
    alipay_failure_t   failure = { "" };

    keys = alipay_keys_load(&(alipay_config_t) {
        .app_id = APP, .own_key = secret, .peer_key = public,
        .content_key = CONTENT_KEY
    }, &failure);

    if (keys == NULL) {
        fail_msg("%s", failure.text);
    }

    free(secret);
    free(public);

    return keys;
}


#define PEOPLE                                                                \
    "[{\"user\":\"zhang\",\"user_id\":\"2088000000000001\","                  \
    "\"open_id\":\"open-zhang\",\"name\":\"张<伟>\","                           \
    "\"id_number\":\"630105199003079996\",\"card_password\":\"123456\"},"     \
    "{\"user\":\"li\",\"user_id\":\"2088000000000002\","                      \
    "\"open_id\":\"open-li\",\"name\":\"李晓红\","                            \
    "\"id_number\":\"63280119850601000X\",\"card_password\":\"654321\"}]"

UNUSED static void
make_files(void)
{
    char      *text;
    EVP_PKEY  *own = EVP_RSA_gen(2048), *gateway = EVP_RSA_gen(2048);
    EVP_PKEY  *other = EVP_RSA_gen(2048);

    strcpy(folder, "/tmp/civic-sandbox.XXXXXX");
    assert_non_null(mkdtemp(folder));

    text = pem_of(own, 0);
    put_file("app.pem", text);
    free(text);
    text = pem_of(gateway, 1);
    put_file("gateway.pem", text);
    free(text);
    text = pem_of(own, 1);
    put_file("app_private.pem", text);
    free(text);
    text = pem_of(gateway, 0);
    put_file("gateway_public.pem", text);
    free(text);
    put_file("content.key", CONTENT_KEY "\n");
    put_file("people.json", PEOPLE);
    put_file("register.json", "[{\"name\":\"刘桂兰\","
             "\"id_number\":\"610102195905200002\"},"
             "{\"name\":\"阿依古丽·买买提\","
             "\"id_number\":\"65310119951101000X\"}]");
    put_file("face.jpg", "a face");

    app = client_keys(own, gateway);
    stranger = client_keys(other, gateway);

    EVP_PKEY_free(own);
    EVP_PKEY_free(gateway);
    EVP_PKEY_free(other);
}


static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    return remove(path);
}


/* replacement: an option that stands for another, or one more; or NULL. */
UNUSED static fake_host_t *
start_with(const char *replacement, int sandbox, civic_failure_t *failure)
{
    size_t              i, len;
    fake_host_config_t  config = {
        .plugin = built("plugins/sandbox.so"),
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .options = {
            "app_id=" APP,
            file_option("app_public_key", "app.pem"),
            file_option("gateway_private_key", "gateway.pem"),
            file_option("people", "people.json"),
            file_option("register", "register.json"),
            file_option("content_key", "content.key"),
            file_option("face_picture", "face.jpg"),
            "card_issuer=" ISSUER, "card_client_secret=" SECRET,
            "card_redirect_uri=" CALLBACK
        },
        .sandbox = sandbox, .failure = failure,
    };

    if (replacement != NULL) {
        len = strcspn(replacement, "=") + 1;

        for (i = 0; config.options[i] != NULL; i++) {
            if (strncmp(config.options[i], replacement, len) == 0) {
                break;
            }
        }

        config.options[i] = replacement;
    }

    return fake_host_start(&config);
}


UNUSED static int
setup(void **state)
{
    (void) state;
    make_files();
    h = start_with(NULL, 1, NULL);

    return h == NULL ? -1 : 0;
}


UNUSED static int
teardown_files(void **state)
{
    (void) state;
    alipay_keys_free(app);
    alipay_keys_free(stranger);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    return 0;
}


UNUSED static int
teardown(void **state)
{
    fake_host_stop(h);

    return teardown_files(state);
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);

    return 0;
}


/* ---- calls ------------------------------------------------------------- */

typedef struct {
    const char            *method;
    const char            *business;
    const alipay_extra_t  *extras;
    size_t                 nextras;
    const char            *auth_token;
    int                    encrypt;
    const alipay_keys_t   *keys;        /* NULL: app */
} call_t;

static alipay_response_t  last;         /* of the call before */
static int                last_status;


/* Sends it as the kit writes it, and reads the answer as the kit does. */
UNUSED static const alipay_response_t *
call(const call_t *what)
{
    char                  path[2048];
    fake_reply_t         *rep;
    alipay_sent_t         sent = { .query = { .data = NULL } };
    alipay_failure_t      failure = { "" };
    alipay_expected_t     expected;
    const alipay_keys_t  *keys = what->keys == NULL ? app : what->keys;

    if (alipay_request_build(keys, &(alipay_request_t) {
            .method = what->method, .now = NOON / 1000,
            .business = what->business,
            .business_len = what->business == NULL ? 0
                            : strlen(what->business),
            .extras = what->extras, .nextras = what->nextras,
            .auth_token = what->auth_token,
            .encrypt = what->encrypt != 0 }, &sent, &failure) != 0)
    {
        fail_msg("%s", failure.text);
    }

    snprintf(path, sizeof(path), GATEWAY "?%s", sent.query.data);
    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = sent.body.data, .content_type = FORM });
    alipay_sent_free(&sent);

    expected = (alipay_expected_t) {
        .method = what->method, .http_status = rep->status,
        .success_member = strstr(what->method, "oauth.token") != NULL
                          ? "access_token" : NULL
    };
    alipay_response_free(&last);
    alipay_response_read(keys, &expected, rep->body, rep->len, &last);
    last_status = rep->status;

    if (rep->result != CIVIC_OK) {
        fail_msg("%s: %d %s", what->method, rep->result, rep->body);
    }

    return &last;
}


UNUSED static const char *
text_in(const char *name)
{
    const char  *text = alipay_response_text(&last, name);

    return text == NULL ? "" : text;
}


#define refused(what, expected_code, expected_sub_code)                       \
    do {                                                                      \
        call(what);                                                           \
        assert_int_equal(last.outcome, ALIPAY_REFUSED);                       \
        assert_string_equal(last.code, expected_code);                        \
        assert_string_equal(last.sub_code, expected_sub_code);                \
    } while (0)

#define done(what)                                                            \
    do {                                                                      \
        call(what);                                                           \
        if (last.outcome != ALIPAY_DONE) {                                    \
            fail_msg("%s %s %s", last.code, last.sub_code, last.why);         \
        }                                                                     \
    } while (0)

UNUSED static fake_reply_t *
post_json(const char *path, const char *body)
{
    return fake_request(h, CIVIC_POST, path,
                        &(fake_request_t) { .body = body });
}


UNUSED static fake_reply_t *
post_form(const char *path, const char *body)
{
    return fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                            .body = body, .content_type = FORM });
}


UNUSED static void
plan(const char *method, const char *rest)
{
    char           body[256];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"method\":\"%s\",%s}", method, rest);
    rep = post_json("/sandbox/alipay/faults", body);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    assert_null(rep->undocumented);
}

#endif
