/*
 * alipay_multipart_test.c - a call with a file, read back as a gateway reads
 * it; parts in other orders; and forms that are none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"
#include "alipay_private.h"

#define NOON    1714536000              /* 2024-05-01 12:00:00 in GMT+8 */
#define METHOD  "datadigital.fincloud.generalsaas.face.source.certify"

/* with what a boundary begins with, and a NUL */
static const char  picture[] = "\xff\xd8\xff\xe0\r\n--x\0\r\n--\r\n\xff\xd9";

static const alipay_extra_t  extras[] = {
    { "outer_biz_no", "order1" }, { "cert_type", "IDENTITY_CARD" },
    { "cert_name", "张三" }, { "cert_no", "110101199003074610" },
    { "phone", "" }
};

static const alipay_file_t  file = {
    "file_content", "photo.jpg", "image/jpeg"
};


static alipay_request_t
certify(void)
{
    return (alipay_request_t) {
        .method = METHOD, .now = NOON, .extras = extras,
        .nextras = sizeof(extras) / sizeof(extras[0]), .file = &file
    };
}


/* The three pieces as they arrive; for free(). */
static char *
joined(const alipay_sent_t *sent, size_t *len)
{
    char  *body;

    *len = sent->body.len + sizeof(picture) - 1 + sent->tail.len;
    body = malloc(*len);
    assert_non_null(body);

    memcpy(body, sent->body.data, sent->body.len);
    memcpy(body + sent->body.len, picture, sizeof(picture) - 1);
    memcpy(body + sent->body.len + sizeof(picture) - 1, sent->tail.data,
           sent->tail.len);

    return body;
}


static void
there_and_back(void **state)
{
    char                 *body;
    size_t                len;
    alipay_part_t         part;
    alipay_sent_t         sent;
    alipay_request_t      request = certify();
    alipay_failure_t      failure = { "" };
    alipay_parameters_t   parameters;

    (void) state;
    assert_int_equal(alipay_request_build(test_app_keys(NULL), &request,
                                          &sent, &failure), 0);
    assert_non_null(strstr(sent.query.data, "sign="));
    assert_null(strstr(sent.query.data, "cert_no"));
    assert_null(strstr(sent.query.data, "order1"));

    body = joined(&sent, &len);
    assert_int_equal(alipay_gateway_read_parts(test_gateway_keys(),
                         sent.query.data, sent.query.len, sent.type, body,
                         len, &parameters, &part, &failure),
                     ALIPAY_SIGNATURE_GOOD);

    assert_string_equal(alipay_parameters_get(&parameters, "cert_name"),
                        "张三");
    assert_null(alipay_parameters_get(&parameters, "phone"));
    assert_null(alipay_parameters_get(&parameters, "file_content"));
    assert_string_equal(part.name, "file_content");
    assert_int_equal(part.len, sizeof(picture) - 1);
    assert_memory_equal(part.data, picture, part.len);
    alipay_parameters_free(&parameters);

    /* a field that somebody changes on the way is seen, the file is not */
    body[strstr(body, "110101") - body] = '2';
    assert_int_equal(alipay_gateway_read_parts(test_gateway_keys(),
                         sent.query.data, sent.query.len, sent.type, body,
                         len, &parameters, &part, &failure),
                     ALIPAY_SIGNATURE_WRONG);
    alipay_parameters_free(&parameters);

    free(body);
    alipay_sent_free(&sent);
    alipay_sent_free(&sent);
}


static void
boundaries_differ(void **state)
{
    alipay_sent_t     one, other;
    alipay_request_t  request = certify();
    alipay_failure_t  failure;

    (void) state;
    assert_int_equal(alipay_request_build(test_app_keys(NULL), &request, &one,
                                          &failure), 0);
    assert_int_equal(alipay_request_build(test_app_keys(NULL), &request,
                                          &other, &failure), 0);
    assert_string_not_equal(one.type, other.type);
    alipay_sent_free(&one);
    alipay_sent_free(&other);
}


static void
refused_files(void **state)
{
    size_t            i;
    alipay_sent_t     sent;
    alipay_request_t  request = certify();
    alipay_failure_t  failure;

    const alipay_file_t  files[] = {
        { "cert_no", "photo.jpg", "image/jpeg" },
        { "", "photo.jpg", "image/jpeg" },
        { "file_content", "a\"b.jpg", "image/jpeg" },
        { "file_content", "photo.jpg", "image/jpeg\r\nX: y" },
        { "file_content", NULL, "image/jpeg" },
    };

    (void) state;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        request.file = &files[i];
        assert_int_equal(alipay_request_build(test_app_keys(NULL), &request,
                                              &sent, &failure), -1);
        assert_null(sent.body.data);
    }
}


/* ---- the reader -------------------------------------------------------- */

#define TYPE  "multipart/form-data; charset=utf-8; boundary=\"b\""
#define NAME(n)  "Content-Disposition: form-data; name=\"" n "\""
#define FILE_PART  "--b\r\nX-Other: 1\r\n" NAME("f")                          \
                   "; filename=\"\"\r\nContent-Type: image/jpeg\r\n\r\n"     \
                   "JPEG\r\n"

static int
parsed(const char *type, const char *body, alipay_parameters_t *parameters,
    alipay_part_t *part)
{
    alipay_failure_t  failure;

    memset(parameters, 0, sizeof(*parameters));

    return alipay_multipart_parse(type, body, strlen(body), parameters, part,
                                  &failure);
}


static void
any_order(void **state)
{
    size_t                i;
    alipay_part_t         part;
    alipay_parameters_t   parameters;

    const char *const  bodies[] = {
        FILE_PART "--b\r\n" NAME("a") "\r\n\r\n1\r\n--b--\r\n",
        "--b\r\n" NAME("a") "\r\n\r\n1\r\n" FILE_PART "--b--",
        "--b\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n" FILE_PART
        "--b--\r\n epilogue",
    };

    (void) state;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(parsed(TYPE, bodies[i], &parameters, &part), 0);
        assert_string_equal(alipay_parameters_get(&parameters, "a"), "1");
        assert_string_equal(part.name, "f");
        assert_int_equal(part.len, 4);
        assert_memory_equal(part.data, "JPEG", 4);
        alipay_parameters_free(&parameters);
    }
}


static void
no_forms(void **state)
{
    size_t                i;
    alipay_part_t         part;
    alipay_parameters_t   parameters;

    const struct {
        const char  *type;
        const char  *body;
    } cases[] = {
        { "multipart/form-data", "--b--" },
        { "multipart/form-data; boundary=", "--b--" },
        { "multipart/form-data; boundary=\"b", "--b--" },
        { TYPE, "" },
        { TYPE, "--" },
        { TYPE, "--b" },
        { TYPE, "--b\r\n\r\n1\r\n--b--" },
        { TYPE, "--b\r\n" NAME("a") "\r\n\r\n1" },
        { TYPE, "--b\r\n" NAME("a") "\r\n\r\n1\r\n--b" },
        { TYPE, "--b\r\nX: 1\r\n\r\n1\r\n--b--" },
        { TYPE, "--b\r\n" NAME("a b") "\r\n\r\n1\r\n--b--" },
        { TYPE, "--b\r\n" NAME("a") "\r\n\r\n1\r\n--b\r\n" NAME("a")
          "\r\n\r\n2\r\n--b--" },
        { TYPE, FILE_PART FILE_PART "--b--" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (parsed(cases[i].type, cases[i].body, &parameters, &part) != -1) {
            fail_msg("taken: %s", cases[i].body);
        }

        alipay_parameters_free(&parameters);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(boundaries_differ),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(any_order),
        cmocka_unit_test(no_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
