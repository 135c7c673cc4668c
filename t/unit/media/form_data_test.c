/*
 * form_data_test.c - bodies of multipart/form-data, and those that are none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "form_data.h"

#define TYPE  "multipart/form-data; boundary=b"
#define HEAD  "Content-Disposition: form-data; name=\"a\"\r\n"
#define PART  "--b\r\n" HEAD "\r\nbytes\r\n"

typedef struct {
    const char  *type;
    const char  *body;
    int          count;
} case_t;


/* In memory of its own size, so that a byte too far is found. */
static int
parse(const char *type, const char *body, size_t len, multipart_t parts[2])
{
    int       count;
    uint8_t  *copy = malloc(len + (len == 0));

    assert_non_null(copy);
    memcpy(copy, body, len);
    count = multipart_parse(type, copy, len, parts, 2);
    free(copy);

    return count;
}


static void
bodies(void **state)
{
    size_t               i;
    multipart_t          parts[2];
    static const case_t  cases[] = {
        { TYPE, PART "--b--", 1 },
        { TYPE, PART "--b--\r\n", 1 },
        { TYPE, PART PART "--b--\r\n", 2 },
        { "Multipart/Form-Data;boundary=\"b\"", PART "--b--", 1 },
        { TYPE, "--b\r\n" HEAD "Content-Type: image/jpeg\r\n\r\n\r\n--b--",
          1 },

        { TYPE, PART PART PART "--b--", -1 },
        { TYPE, PART "--b", -1 },
        { TYPE, PART "--b-", -1 },
        { TYPE, PART "--b--x", -1 },
        { TYPE, "x" PART "--b--", -1 },
        { TYPE, "\r\n" PART "--b--", -1 },
        { TYPE, "--b\r\n\r\nno name\r\n--b--", -1 },
        { TYPE, "--b\r\n" HEAD HEAD "\r\nx\r\n--b--", -1 },
        { TYPE, "--b\r\n" HEAD "Content-Type: image/png\r\n\r\nx\r\n--b--",
          1 },
        { TYPE, "--b\r\n" HEAD "Content-Type: application/json\r\n\r\nx\r\n"
          "--b--", 1 },
        { TYPE, "--b\r\n" HEAD "Content-Type: image/gif\r\n\r\nx\r\n--b--",
          -1 },
        { TYPE, "--b\r\n" HEAD "Content-Type: image/pngs\r\n\r\nx\r\n--b--",
          -1 },
        { TYPE, "--b\r\n" HEAD "Content-Transfer-Encoding: base64\r\n\r\nx"
          "\r\n--b--", -1 },
        { TYPE, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx"
          "\r\n--b--", -1 },
        { TYPE, "--b\r\n" HEAD "\r\nx--b--", -1 },
        { TYPE, "", -1 },
        { "multipart/form-data", PART "--b--", -1 },
        { "multipart/form-data; boundary=", PART "--b--", -1 },
        { "multipart/form-data; boundary=b; x=y", PART "--b--", -1 },
        { "multipart/mixed; boundary=b", PART "--b--", -1 },
        { "multipart/form-data; boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", PART "--b--", -1 },
        { NULL, PART "--b--", -1 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (parse(cases[i].type, cases[i].body, strlen(cases[i].body), parts)
            != cases[i].count)
        {
            fail_msg("case %zu", i);
        }
    }
}


static void
content(void **state)
{
    multipart_t        parts[2];
    static const char  body[] = "--b\r\n" HEAD "\r\n\r\n--x\0--b\r\n--b--";

    (void) state;

    assert_int_equal(multipart_parse(TYPE, (const uint8_t *) body,
                                     sizeof(body) - 1, parts, 2), 1);
    assert_int_equal(parts[0].type, MULTIPART_UNTYPED);
    assert_int_equal(parts[0].name_len, 1);
    assert_memory_equal(parts[0].name, "a", 1);
    assert_int_equal(parts[0].len, 9);
    assert_memory_equal(parts[0].data, "\r\n--x\0--b", 9);
}


/* No begin of a body is one. */
static void
cut(void **state)
{
    size_t             len;
    multipart_t        parts[2];
    static const char  body[] = PART PART "--b--";

    (void) state;

    for (len = 0; len < sizeof(body) - 1; len++) {
        assert_int_equal(parse(TYPE, body, len, parts), -1);
    }
}


/* A head without an end is not looked through for ever. */
static void
long_head(void **state)
{
    size_t       len = sizeof("--b\r\n" HEAD) - 1;
    char         body[4096];
    multipart_t  parts[2];

    (void) state;

    memset(body, 'x', sizeof(body));
    memcpy(body, "--b\r\n" HEAD, len);
    memcpy(body + sizeof(body) - 11, "\r\n\r\n\r\n--b--", 11);

    assert_int_equal(parse(TYPE, body, sizeof(body), parts), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(content),
        cmocka_unit_test(cut),
        cmocka_unit_test(long_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
