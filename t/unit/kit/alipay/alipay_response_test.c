/*
 * alipay_response_test.c - answers that are good, refused, in doubt or
 * nobody's; every byte of one changed; and why, in words.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"

#define METHOD     "alipay.trade.query"
#define NODE       "alipay_trade_query_response"
#define SUCCESS    "{\"code\":\"10000\",\"msg\":\"Success\",\"name\":\"张三\"}"

static const alipay_expected_t  query = {
    .method = METHOD, .http_status = 200
};


static const char *
answer(alipay_keys_t *gateway, const char *node, unsigned flags)
{
    const char     *text;
    alipay_text_t   out = { .data = NULL };

    assert_int_equal(alipay_gateway_answer(gateway, METHOD, node,
                                           strlen(node), flags, &out), 0);
    text = test_join(out.data, "");
    alipay_text_free(&out);

    return text;
}


/* Reads, checks the outcome and what is said, and what must never be. */
static void
expect(alipay_keys_t *app, const alipay_expected_t *expected,
    const char *body, alipay_outcome_t outcome, alipay_signature_t signature,
    const char *words)
{
    alipay_response_t  response;

    alipay_response_read(app, expected, body, strlen(body), &response);

    if (response.outcome != outcome || response.signature != signature
        || strstr(response.why, words) == NULL)
    {
        fail_msg("%s, %s: \"%s\" for %.200s",
                 alipay_outcome_name(response.outcome),
                 alipay_signature_name(response.signature), response.why,
                 body);
    }

    assert_int_equal(response.node == NULL,
                     signature != ALIPAY_SIGNATURE_GOOD
                     || strstr(words, "well signed, but") != NULL);
    assert_null(strstr(response.why, "张"));
    assert_null(strchr(response.why, '\n'));
    alipay_response_free(&response);
    alipay_response_free(&response);
    assert_int_equal(response.outcome, ALIPAY_UNKNOWN);
}


static void
expect_both(const char *node, unsigned flags, alipay_outcome_t outcome,
    const char *words)
{
    expect(test_app_keys(NULL), &query,
           answer(test_gateway_keys(), node, flags), outcome,
           flags & ALIPAY_ANSWER_UNSIGNED ? ALIPAY_SIGNATURE_MISSING
           : ALIPAY_SIGNATURE_GOOD, words);
    expect(test_app_cert_keys(), &query,
           answer(test_gateway_cert_keys(), node, flags), outcome,
           flags & ALIPAY_ANSWER_UNSIGNED ? ALIPAY_SIGNATURE_MISSING
           : ALIPAY_SIGNATURE_GOOD, words);
}


/* ---- outcomes ---------------------------------------------------------- */

static void
outcomes(void **state)
{
    (void) state;
    expect_both(SUCCESS, 0, ALIPAY_DONE, "");
    expect_both(SUCCESS, ALIPAY_ANSWER_ENCRYPTED, ALIPAY_DONE, "");
    expect_both("{\"code\":10000}", 0, ALIPAY_DONE, "");
    expect_both("{\"code\":true}", 0, ALIPAY_UNKNOWN, "code \"\"");
    expect_both("{\"code\":\"20000\",\"sub_code\":\"isp.unknow-error\"}", 0,
                ALIPAY_UNKNOWN, "unknown, code \"20000\", sub_code "
                "\"isp.unknow-error\"");
    expect_both("{\"code\":\"40004\",\"sub_code\":\"ACQ.X\","
                "\"sub_msg\":\"张三\"}", 0, ALIPAY_REFUSED,
                "refused, code \"40004\", sub_code \"ACQ.X\"");
    expect_both("{\"code\":\"40004\",\"sub_code\":\"ACQ.SYSTEM_ERROR\"}", 0,
                ALIPAY_UNKNOWN, "unknown, code");
    expect_both("{}", 0, ALIPAY_UNKNOWN, "code \"\"");
    expect_both("{\"code\":\"4\\n0\"}", 0, ALIPAY_UNKNOWN, "code \"\"");

    /* nothing but a method's own node is a success */
    expect_both(SUCCESS, ALIPAY_ANSWER_ERROR, ALIPAY_UNKNOWN,
                "code 10000 in an error_response");
    expect_both("{\"code\":\"40002\",\"sub_code\":\"isv.code-invalid\"}",
                ALIPAY_ANSWER_ERROR, ALIPAY_REFUSED, "refused, code");

    /* well signed, but not to be read */
    expect_both("{\"code\":\"10000\",\"code\":\"40004\"}", 0, ALIPAY_UNKNOWN,
                "well signed, but no JSON object");
    expect_both("{\"code\":\"10000\",\"x\":\"\\u0000\"}", 0, ALIPAY_UNKNOWN,
                "well signed, but no JSON object");
    expect_both("{\"code\":\"10000\",\"x\":\"\xff\"}", 0, ALIPAY_UNKNOWN,
                "well signed, but no JSON object");
    expect_both("[1]", ALIPAY_ANSWER_ENCRYPTED, ALIPAY_UNKNOWN,
                "well signed, but the content key does not open it");
}


static void
not_signed(void **state)
{
    (void) state;
    expect_both(SUCCESS, ALIPAY_ANSWER_UNSIGNED, ALIPAY_NOT_OURS,
                "not signed: not_ours");
    expect_both("{\"access_token\":\"x\"}", ALIPAY_ANSWER_UNSIGNED,
                ALIPAY_NOT_OURS, "not signed: not_ours");
    expect_both("{\"code\":\"40002\",\"sub_code\":\"isv.invalid-app-id\"}",
                ALIPAY_ANSWER_UNSIGNED, ALIPAY_REFUSED,
                "not signed: refused, code \"40002\"");
    expect_both("{\"code\":\"40002\",\"sub_code\":\"isv.invalid-app-id\"}",
                ALIPAY_ANSWER_UNSIGNED | ALIPAY_ANSWER_ERROR, ALIPAY_REFUSED,
                "not signed: refused, code \"40002\"");
    expect_both("{\"code\":\"40004\",\"sub_code\":\"ACQ.TRADE_NOT_EXIST\"}",
                ALIPAY_ANSWER_UNSIGNED, ALIPAY_UNKNOWN,
                "not signed: unknown");
    expect_both(SUCCESS, ALIPAY_ANSWER_UNSIGNED | ALIPAY_ANSWER_ENCRYPTED,
                ALIPAY_NOT_OURS, "not signed: not_ours");

    expect(test_app_keys(NULL), &query, "{\"" NODE "\":" SUCCESS
           ",\"sign\":\"\"}", ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_MISSING,
           "not signed");
    expect(test_app_keys(NULL), &query, "{\"" NODE "\":" SUCCESS
           ",\"sign\":7}", ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_MISSING,
           "not signed");
}


static void
without_a_code(void **state)
{
    alipay_expected_t  token = {
        .method = METHOD, .success_member = "access_token",
        .http_status = 200
    };
    alipay_keys_t     *app = test_app_keys(NULL);
    alipay_keys_t     *gateway = test_gateway_keys();

    (void) state;
    expect(app, &token, answer(gateway, "{\"access_token\":\"x\"}", 0),
           ALIPAY_DONE, ALIPAY_SIGNATURE_GOOD, "");
    expect(app, &query, answer(gateway, "{\"access_token\":\"x\"}", 0),
           ALIPAY_UNKNOWN, ALIPAY_SIGNATURE_GOOD, "unknown");
    expect(app, &token, answer(gateway, "{\"access_token\":null}", 0),
           ALIPAY_UNKNOWN, ALIPAY_SIGNATURE_GOOD, "unknown");
    expect(app, &token, answer(gateway, "{\"code\":\"10000\"}", 0),
           ALIPAY_UNKNOWN, ALIPAY_SIGNATURE_GOOD,
           "code 10000 without what a success has");
    expect(app, &token, answer(gateway, "{\"code\":\"40002\",\"sub_code\":"
                               "\"isv.code-invalid\",\"access_token\":\"x\"}",
                               0),
           ALIPAY_REFUSED, ALIPAY_SIGNATURE_GOOD, "isv.code-invalid");
}


static void
no_answer(void **state)
{
    size_t              i;
    const char         *pages[] = {
        "<html>502</html>", "[]", "{", "{}", "{\"a\":1}", "\"x\"", "null",
        "{\"" NODE "\":", "{\"" NODE "\":}", "{\"" NODE "\":1}",
        "{\"" NODE "\":[]}", "{\"error_response\":\"x\"}",
        "{\"" NODE "\":{}} x", "{\"" NODE "\":{},}", "{\"" NODE "\":{]}}",
        "{\"" NODE "\":{]}", "{\"" NODE "\":{\"a\":[}}",
        "{\"" NODE "\":{},\"" NODE "\":{}}",
        "{\"" NODE "\":{},\"error_response\":{}}",
        "{\"" NODE "\":{},\"x\":\"" NODE "\"}",
        "{\"\\u0061lipay_trade_query_response\":{}}",
        "{\"other_response\":{\"" NODE "\":{\"code\":\"40002\"}}}",
        "{\"" NODE "\":{\"a\":\"\n\"}}", "{\"" NODE "\":{\"a\":\"\\",
    };
    alipay_keys_t      *app = test_app_keys(NULL);
    alipay_response_t   response;
    alipay_expected_t   expected = query;

    (void) state;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        expected.http_status = 200;
        expect(app, &expected, pages[i], ALIPAY_NOT_OURS,
               ALIPAY_SIGNATURE_UNREADABLE, "(HTTP status 200)");
        expected.http_status = 502;
        expect(app, &expected, pages[i], ALIPAY_UNKNOWN,
               ALIPAY_SIGNATURE_UNREADABLE, "(HTTP status 502)");
    }

    expected.http_status = 0;
    expect(app, &expected, SUCCESS, ALIPAY_UNKNOWN,
           ALIPAY_SIGNATURE_UNREADABLE, "none came");
    expect(app, &query, "", ALIPAY_UNKNOWN, ALIPAY_SIGNATURE_UNREADABLE,
           "none came");
    alipay_response_read(app, &query, NULL, 0, &response);
    assert_int_equal(response.outcome, ALIPAY_UNKNOWN);
    assert_int_equal(response.advice, ALIPAY_ADVICE_ASK);
    alipay_response_free(&response);

    /* an error of the status does not make a signed answer less true */
    expected.http_status = 500;
    expect(app, &expected, answer(test_gateway_keys(), SUCCESS, 0),
           ALIPAY_DONE, ALIPAY_SIGNATURE_GOOD, "");
}


/* ---- tampering --------------------------------------------------------- */

/* Whether a body is still DONE though it says something else. */
static void
not_done(alipay_keys_t *app, const char *body, size_t len, size_t at,
    json_t *truth)
{
    alipay_response_t  response;

    alipay_response_read(app, &query, body, len, &response);

    if (response.outcome == ALIPAY_DONE
        && !json_equal(response.node, truth))
    {
        fail_msg("byte %zu was changed: %s", at, body);
    }

    assert_true(response.signature == ALIPAY_SIGNATURE_GOOD
                || response.node == NULL);
    alipay_response_free(&response);
}


/* Every byte, but of the base64 in the sign one in five. */
static size_t
next_byte(const char *body, size_t at)
{
    return body + at < strstr(body, "\"sign\":\"") + 10
           || body[at + 1] == '"' || body[at + 1] == '}'
           || strlen(body + at) < 8 ? 1 : 5;
}


/* Each byte to each of some classes, left out, and doubled. */
static void
tamper(alipay_keys_t *app, const char *body, unsigned *accepted)
{
    static const char  classes[] = "{}[]\",:\\/0 aT\x01\x7f\xff\xe5+=%&\n";

    char               *copy;
    size_t              len = strlen(body), at, i;
    json_t             *truth = json_loads(SUCCESS, 0, NULL);
    alipay_response_t   response;

    copy = malloc(len + 2);

    for (at = 0; at < len; at += next_byte(body, at)) {
        memcpy(copy, body, len + 1);

        for (i = 0; i < sizeof(classes); i++) {
            copy[at] = classes[i];
            not_done(app, copy, len, at, truth);
        }

        copy[at] = (char) (body[at] ^ 0x20);
        not_done(app, copy, len, at, truth);

        alipay_response_read(app, &query, copy, len, &response);
        *accepted += response.outcome == ALIPAY_DONE;
        alipay_response_free(&response);

        memmove(copy + at, body + at + 1, len - at);
        not_done(app, copy, len - 1, at, truth);
        memcpy(copy, body, at + 1);
        memcpy(copy + at + 1, body + at, len - at + 1);
        not_done(app, copy, len + 1, at, truth);
        not_done(app, body, at, at, truth);
    }

    free(copy);
    json_decref(truth);
}


static void
every_byte(void **state)
{
    unsigned  accepted = 0;

    (void) state;
    tamper(test_app_keys(NULL), answer(test_gateway_keys(), SUCCESS, 0),
           &accepted);
    assert_int_equal(accepted, 0);

    tamper(test_app_keys(NULL), answer(test_gateway_keys(), SUCCESS,
                                       ALIPAY_ANSWER_ENCRYPTED), &accepted);
    assert_int_equal(accepted, 0);

    /* alipay_cert_sn is not signed: its name may become another one's, and
       then any certificate that we trust may have signed */
    tamper(test_app_cert_keys(), answer(test_gateway_cert_keys(), SUCCESS, 0),
           &accepted);
    assert_int_equal(accepted, strlen("alipay_cert_sn"));
}


/* The pieces of two good answers, put together anew. */
static void
puzzles(void **state)
{
    char            body[4096];
    const char     *good = answer(test_gateway_keys(), SUCCESS, 0);
    const char     *refusal, *sign = strstr(good, ",\"sign\"");
    alipay_keys_t  *app = test_app_keys(NULL);

    (void) state;
    refusal = "{\"code\":\"40004\",\"sub_code\":\"ACQ.X\"}";

    snprintf(body, sizeof(body), "{\"" NODE "\":%s%s", refusal, sign);
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_WRONG,
           "over another text");
    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"" NODE "\":%s%s",
             refusal, SUCCESS, sign);
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE,
           "stands twice");
    snprintf(body, sizeof(body), "{\"x\":{\"" NODE "\":%s}%s", SUCCESS, sign);
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE,
           "no node of this method");
    snprintf(body, sizeof(body), "{\"" NODE "\":%s%.*s,\"sign\":\"\"}",
             SUCCESS, (int) strlen(sign) - 1, sign);
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE,
           "stands twice");

    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"\\u0073ign\":\"x\"%s",
             SUCCESS, sign);
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE,
           "spelled with an escape");

    /* the answer to another method */
    expect(app, &(alipay_expected_t) { .method = "alipay.trade.refund",
                                       .http_status = 200 },
           good, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE,
           "alipay's answer to alipay.trade.refund: it has no node");

    /* white space around is not signed, inside it is */
    snprintf(body, sizeof(body), " {\n\"" NODE "\" :\t%s %s\r\n", SUCCESS,
             sign);
    expect(app, &query, body, ALIPAY_DONE, ALIPAY_SIGNATURE_GOOD, "");
}


/* ---- why --------------------------------------------------------------- */

/* Signs one text and sends another one. */
static const char *
exchanged(alipay_keys_t *gateway, const char *said, const char *sent)
{
    char            body[4096];
    alipay_text_t   sign = { .data = NULL };

    assert_int_equal(alipay_sign(gateway, said, strlen(said), &sign), 0);
    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"sign\":\"%s\"}", sent,
             sign.data);
    alipay_text_free(&sign);

    return test_join(body, "");
}


static void
wrong(alipay_keys_t *app, const char *body, const char *words)
{
    expect(app, &query, body, ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_WRONG,
           words);
}


static void
slashes(void **state)
{
    alipay_keys_t      *app = test_app_keys(NULL), *strict;
    alipay_keys_t      *gateway = test_gateway_keys();
    alipay_config_t     config = {
        .app_id = TEST_APP_ID, .dialect = { .strict_slashes = 1 },
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };
    const char         *body;
    alipay_response_t   response;

    (void) state;
    body = exchanged(gateway, "{\"code\":\"10000\",\"u\":\"a/b\\\\/c\"}",
                     "{\"code\":\"10000\",\"u\":\"a\\/b\\\\\\/c\"}");
    alipay_response_read(app, &query, body, strlen(body), &response);
    assert_int_equal(response.outcome, ALIPAY_DONE);
    assert_string_equal(alipay_response_text(&response, "u"), "a/b\\/c");
    alipay_response_free(&response);

    /* what was verified is read, not what was sent */
    body = exchanged(gateway, "{\"code\":\"10000\",\"u\":\"\\/\"}",
                     "{\"code\":\"10000\",\"u\":\"\\\\/\"}");
    alipay_response_read(app, &query, body, strlen(body), &response);
    assert_int_equal(response.outcome, ALIPAY_DONE);
    assert_string_equal(alipay_response_text(&response, "u"), "/");
    alipay_response_free(&response);

    strict = test_load(&config);
    wrong(strict, body, "it WOULD verify with \\/ as /");
    wrong(app, exchanged(gateway, "{\"u\":\"a\\/b\"}", "{\"u\":\"a/b\"}"),
          "it WOULD verify with / as \\/");
}


static void
whose_key(void **state)
{
    alipay_keys_t    *app = test_app_keys(NULL);
    alipay_keys_t    *gateway = test_gateway_keys(), *stranger;
    alipay_config_t   config = {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_OTHER), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };

    (void) state;
    stranger = test_load(&config);
    wrong(app, answer(stranger, SUCCESS, 0), "not made by the key that we "
          "have of the counterpart, sha256:");
    wrong(app, answer(app, SUCCESS, 0), "made by our OWN key sha256:");
    wrong(app, exchanged(gateway, SUCCESS, "{\"code\":\"10000\"}"),
          "key mode, sign_type RSA2, signed are the 16 bytes of the node, "
          "UTF-8: yes; made with sign_type RSA2 by the counterpart's key");
    wrong(app, exchanged(gateway, SUCCESS, "{\"code\":\"\xff\"}"),
          "UTF-8: NO");
    wrong(app, exchanged(gateway, "AAAA", "\"AAAA\""),
          "it WOULD verify without the quotes of the content");
}


static void
malformed_signs(void **state)
{
    size_t          i;
    alipay_keys_t  *app = test_app_keys(NULL);
    const char     *bodies[] = {
        "{\"" NODE "\":" SUCCESS ",\"sign\":\"x\"}",
        "{\"" NODE "\":" SUCCESS ",\"sign\":\"AAAA\"}",
        "{\"" NODE "\":" SUCCESS ",\"sign\":\"\\u0000\"}",
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        expect(app, &query, bodies[i], ALIPAY_NOT_OURS,
               ALIPAY_SIGNATURE_MALFORMED, "of RSA2 it has 344");
    }
}


/* SHA-1 is told from RSA2, and believed by nobody. */
static void
sha1(void **state)
{
    char             body[4096];
    size_t           len = 256;
    EVP_MD_CTX      *ctx = EVP_MD_CTX_new();
    unsigned char    sign[256];
    alipay_text_t    text = { .data = NULL };
    alipay_config_t  config = {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };

    (void) state;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha1(), NULL,
                                        test_key(TEST_ALIPAY)), 1);
    assert_int_equal(EVP_DigestSign(ctx, sign, &len,
                                    (const unsigned char *) SUCCESS,
                                    strlen(SUCCESS)), 1);
    EVP_MD_CTX_free(ctx);
    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"sign\":\"", SUCCESS);
    EVP_EncodeBlock((unsigned char *) body + strlen(body), sign, 256);
    strcat(body, "\"}");
    wrong(test_load(&config), body, "made with sign_type RSA by the "
          "counterpart's key");
    wrong(test_load(&config), body, "it WOULD verify as it is with sign_type "
          "RSA (SHA-1): set RSA2 in the console");
    alipay_text_free(&text);
}


static void
certificates(void **state)
{
    char                body[4096], serial[ALIPAY_SERIAL_TEXT];
    const char         *good, *next;
    alipay_keys_t      *app = test_app_cert_keys();
    alipay_failure_t    failure;
    alipay_response_t   response;

    (void) state;
    good = answer(test_gateway_cert_keys(), SUCCESS, 0);
    next = answer(test_next_gateway_cert_keys(), SUCCESS, 0);

    alipay_response_read(app, &query, next, strlen(next), &response);
    assert_int_equal(response.signature, ALIPAY_SIGNATURE_CERT_UNKNOWN);
    assert_int_equal(response.outcome, ALIPAY_NOT_OURS);
    assert_int_equal(response.advice, ALIPAY_ADVICE_CERTIFICATE);
    assert_int_equal(alipay_cert_serial(test_next_cert(), serial, &failure),
                     0);
    assert_string_equal(response.cert_serial, serial);
    assert_non_null(strstr(response.why, serial));
    assert_non_null(strstr(response.why, "download it"));
    assert_null(response.node);
    alipay_response_free(&response);

    /* a serial is only a choice among what is trusted */
    snprintf(body, sizeof(body), "{\"" NODE "\":%s%s", SUCCESS,
             strstr(good, ",\"sign\""));
    expect(app, &query, body, ALIPAY_DONE, ALIPAY_SIGNATURE_GOOD, "");
    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"alipay_cert_sn\":\"a\\n"
             "\"%s", SUCCESS, strstr(good, ",\"sign\""));
    expect(app, &query, body, ALIPAY_NOT_OURS,
           ALIPAY_SIGNATURE_CERT_UNKNOWN, "names certificate \"\"");
    alipay_response_read(app, &query, body, strlen(body), &response);
    assert_int_equal(response.advice, ALIPAY_ADVICE_REPAIR);
    alipay_response_free(&response);
    snprintf(body, sizeof(body), "{\"" NODE "\":%s,\"alipay_cert_sn\":7%s",
             SUCCESS, strstr(good, ",\"sign\""));
    expect(app, &query, body, ALIPAY_NOT_OURS,
           ALIPAY_SIGNATURE_CERT_UNKNOWN, "");
}


/* ---- bounds and members ------------------------------------------------ */

static const char *
nested(int depth, char open, char close)
{
    char    *p, text[512];
    int      i;

    p = text + sprintf(text, "{\"code\":\"10000\",\"x\":");

    for (i = 1; i < depth; i++) {
        p += open == '{' && i + 1 < depth ? sprintf(p, "{\"a\":")
             : sprintf(p, "%c", open);
    }

    for (i = 1; i < depth; i++) {
        *p++ = close;
    }

    strcpy(p, "}");

    return test_join(text, "");
}


static void
bounds(void **state)
{
    char               *big;
    alipay_response_t   response;

    (void) state;
    expect_both(nested(ALIPAY_DEPTH, '[', ']'), 0, ALIPAY_DONE, "");
    expect_both(nested(ALIPAY_DEPTH, '{', '}'), 0, ALIPAY_DONE, "");
    expect(test_app_keys(NULL), &query,
           answer(test_gateway_keys(), nested(ALIPAY_DEPTH + 1, '[', ']'), 0),
           ALIPAY_NOT_OURS, ALIPAY_SIGNATURE_UNREADABLE, "no JSON object");
    expect_both(nested(ALIPAY_DEPTH + 1, '{', '}'), ALIPAY_ANSWER_ENCRYPTED,
                ALIPAY_UNKNOWN, "well signed, but");

    big = calloc(1, ALIPAY_RESPONSE_MAX + 2);
    memset(big, ' ', ALIPAY_RESPONSE_MAX + 1);
    alipay_response_read(test_app_keys(NULL), &query, big,
                         ALIPAY_RESPONSE_MAX + 1, &response);
    assert_non_null(strstr(response.why, "it is too long"));
    alipay_response_free(&response);
    memset(big, '[', ALIPAY_RESPONSE_MAX);
    memcpy(big, "{\"" NODE "\":", sizeof("{\"" NODE "\":") - 1);
    alipay_response_read(test_app_keys(NULL), &query, big,
                         ALIPAY_RESPONSE_MAX, &response);
    assert_int_equal(response.outcome, ALIPAY_NOT_OURS);
    alipay_response_free(&response);
    free(big);

    expect(test_app_keys(NULL), &query, "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,"
           "\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,"
           "\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}", ALIPAY_NOT_OURS,
           ALIPAY_SIGNATURE_UNREADABLE, "too many members");
}


static void
members(void **state)
{
    const char         *body;
    alipay_response_t   response;

    (void) state;
    body = answer(test_gateway_keys(), "{\"code\":\"10000\",\"t\":\"x\","
                  "\"n\":3600,\"s\":\"3600\",\"neg\":-1,\"neg2\":\"-1\","
                  "\"e\":\"\",\"long\":\"1234567890123456789\",\"p\":\"T\","
                  "\"q\":[\"T\"],\"r\":\"F\",\"u\":[\"T\",\"T\"],"
                  "\"v\":\"true\",\"w\":true}", 0);
    alipay_response_read(test_app_keys(NULL), &query, body, strlen(body),
                         &response);
    assert_string_equal(alipay_response_text(&response, "t"), "x");
    assert_null(alipay_response_text(&response, "n"));
    assert_null(alipay_response_text(&response, "none"));
    assert_int_equal(alipay_response_number(&response, "n"), 3600);
    assert_int_equal(alipay_response_number(&response, "s"), 3600);
    assert_int_equal(alipay_response_number(&response, "neg"), -1);
    assert_int_equal(alipay_response_number(&response, "neg2"), -1);
    assert_int_equal(alipay_response_number(&response, "e"), -1);
    assert_int_equal(alipay_response_number(&response, "long"), -1);
    assert_int_equal(alipay_response_number(&response, "none"), -1);
    assert_int_equal(alipay_response_flag(&response, "p"), 1);
    assert_int_equal(alipay_response_flag(&response, "q"), 1);
    assert_int_equal(alipay_response_flag(&response, "r"), 0);
    assert_int_equal(alipay_response_flag(&response, "u"), -1);
    assert_int_equal(alipay_response_flag(&response, "v"), -1);
    assert_int_equal(alipay_response_flag(&response, "w"), -1);
    assert_int_equal(alipay_response_flag(&response, "none"), -1);
    alipay_response_free(&response);

    /* of nothing there is nothing to be read */
    assert_null(alipay_response_text(&response, "t"));
    assert_int_equal(alipay_response_number(&response, "n"), -1);
    assert_int_equal(alipay_response_flag(&response, "p"), -1);
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(outcomes),
        cmocka_unit_test(not_signed),
        cmocka_unit_test(without_a_code),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(puzzles),
        cmocka_unit_test(slashes),
        cmocka_unit_test(whose_key),
        cmocka_unit_test(malformed_signs),
        cmocka_unit_test(sha1),
        cmocka_unit_test(certificates),
        cmocka_unit_test(bounds),
        cmocka_unit_test(members),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
