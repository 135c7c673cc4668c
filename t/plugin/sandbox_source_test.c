/*
 * sandbox_source_test.c - a photo against the authority's, as the sandbox'
 * gateway answers it: multipart, whatever the order of its parts.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "sandbox_world.h"

#define CERTIFY  "datadigital.fincloud.generalsaas.face.source.certify"
#define ZHANG    "630105199003079996"
#define PICTURE  "\xff\xd8\xff\xe0 a photo"

static const alipay_file_t  file_part = {
    "file_content", "photo.jpg", "image/jpeg"
};

static const char  *bytes;              /* of the file; NULL: none is sent */


/* bytes in the middle; the file first if it says so. */
static void
certify(const char *name, const char *number, int file_first)
{
    char               path[2048], body[8192], *fields;
    fake_reply_t      *rep;
    alipay_sent_t      sent;
    alipay_extra_t     extras[] = {
        { "outer_biz_no", "order1" }, { "cert_type", "IDENTITY_CARD" },
        { "cert_name", name }, { "cert_no", number }
    };
    alipay_failure_t   failure = { "" };
    alipay_expected_t  expected = { .method = CERTIFY };

    assert_int_equal(alipay_request_build(app, &(alipay_request_t) {
                         .method = CERTIFY, .now = NOON / 1000,
                         .extras = extras, .nextras = 4,
                         .file = &file_part }, &sent, &failure), 0);

    snprintf(path, sizeof(path), GATEWAY "?%s", sent.query.data);
    fields = strstr(sent.body.data, "filename");

    while (strncmp(fields, "--", 2) != 0) {
        fields--;
    }

    if (file_first) {
        snprintf(body, sizeof(body), "%s%s\r\n%.*s%.*s--\r\n", fields, bytes,
                 (int) (fields - sent.body.data), sent.body.data,
                 (int) strcspn(sent.body.data, "\r"), sent.body.data);

    } else {
        snprintf(body, sizeof(body), "%.*s%s%s",
                 bytes == NULL ? (int) (fields - sent.body.data - 2)
                               : (int) sent.body.len, sent.body.data,
                 bytes == NULL ? "" : bytes, sent.tail.data);
    }

    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = body, .content_type = sent.type });
    alipay_sent_free(&sent);

    expected.http_status = rep->status;
    alipay_response_free(&last);
    alipay_response_read(app, &expected, rep->body, rep->len, &last);
}


static void
says(const char *number, const char *rest)
{
    char           body[256];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"id_number\":\"%s\",%s}", number, rest);
    rep = post_json("/sandbox/alipay/source-photos", body);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
}


static void
answers(const char *passed, const char *score, const char *reason)
{
    if (last.outcome != ALIPAY_DONE) {
        fail_msg("%s %s %s", last.code, last.sub_code, last.why);
    }

    assert_int_equal(strlen(text_in("certify_no")), 32);
    assert_string_equal(text_in("passed"), passed);
    assert_string_equal(text_in("score"), score);
    assert_string_equal(text_in("mismatch_reason"), reason);
}


static void
test_by_what_was_said(void **state)
{
    int  first;

    (void) state;
    bytes = PICTURE;

    for (first = 0; first < 2; first++) {
        certify("张<伟>", ZHANG, first);
        answers("T", "96", "");
    }

    says(ZHANG, "\"says\":\"different\"");
    certify("张<伟>", ZHANG, 0);
    answers("F", "21", "FACE_NOT_MATCH");

    says(ZHANG, "\"says\":\"same\",\"score\":\"71.5\"");
    certify("张<伟>", ZHANG, 0);
    answers("T", "71.5", "");

    /* whatever was said */
    certify("李晓红", ZHANG, 0);
    answers("F", "0", "NAME_NUMBER_MISMATCH");

    /* nobody of the sandbox */
    certify("某人", "110101199003074610", 0);
    answers("T", "96", "");
}


static void
refuses(const char *name, const char *number)
{
    certify(name, number, 0);
    assert_int_equal(last.outcome, ALIPAY_REFUSED);
    assert_string_equal(last.code, "40002");
    assert_string_equal(last.sub_code, "isv.invalid-parameter");
}


static void
test_what_is_missing(void **state)
{
    (void) state;

    bytes = PICTURE;
    refuses("", ZHANG);
    refuses("张<伟>", "");
    bytes = "GIF89a";
    refuses("张<伟>", ZHANG);
    bytes = NULL;
    refuses("张<伟>", ZHANG);
}


static void
test_faults(void **state)
{
    (void) state;
    bytes = PICTURE;

    plan(CERTIFY, "\"fault\":\"code_20000\"");
    certify("张<伟>", ZHANG, 0);
    assert_int_equal(last.outcome, ALIPAY_UNKNOWN);
    certify("张<伟>", ZHANG, 0);
    assert_int_equal(last.outcome, ALIPAY_DONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_by_what_was_said, reset),
        cmocka_unit_test_setup(test_what_is_missing, reset),
        cmocka_unit_test_setup(test_faults, reset),
    };

    return cmocka_run_group_tests_name("sandbox: source", tests, setup,
                                       teardown);
}
