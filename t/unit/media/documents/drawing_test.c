/*
 * drawing_test.c - drawing lists that are read, and what is told of those
 * that are none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drawing.h"

#define PAGE(items)  "{\"pages\":[{\"width\":210,\"height\":297,\"items\":["  \
                     items "]}]}"
#define TEXT         "\"type\":\"text\",\"x\":1,\"y\":2.5,\"width\":30,"      \
                     "\"size\":12,\"text\":\"王\""

static const drawing_picture_t  pictures[] = {
    { .name = "photo", .name_len = 5 }, { .name = "code", .name_len = 4 }
};


static drawing_status_t
read_list(const char *json, drawing_t *drawing)
{
    size_t             len = strlen(json);
    char              *copy = malloc(len + (len == 0));
    drawing_status_t   status;

    assert_non_null(copy);
    memcpy(copy, json, len);
    status = drawing_read(copy, len, pictures, 2, drawing);
    free(copy);

    return status;
}


static void
read_whole(void **state)
{
    char       pointer[DRAWING_POINTER];
    drawing_t  drawing;

    (void) state;

    assert_int_equal(read_list(
        "{\"title\":\"t\",\"language\":\"en\",\"created\":"
        "\"2026-11-22T08:00:00Z\",\"pages\":[{\"width\":100,\"height\":50},"
        "{\"width\":210,\"height\":297,\"items\":[{" TEXT "},"
        "{\"type\":\"picture\",\"x\":0,\"y\":0,\"width\":5,\"height\":5,"
        "\"part\":\"code\"},{\"type\":\"rect\",\"x\":-1,\"y\":0,\"width\":5,"
        "\"height\":5,\"fill\":\"#0A0b0c\"},{\"type\":\"line\",\"x1\":1,"
        "\"y1\":2,\"x2\":3,\"y2\":4}]}]}", &drawing), DRAWING_OK);
    assert_null(drawing.faults);
    assert_string_equal(drawing.title, "t");
    assert_string_equal(drawing.language, "en");
    assert_string_equal(drawing.created, "2026-11-22T08:00:00Z");
    assert_int_equal(drawing.page_count, 2);
    assert_int_equal(drawing.item_count, 4);
    assert_int_equal(drawing.pages[0].count, 0);
    assert_int_equal(drawing.pages[1].first, 0);
    assert_int_equal(drawing.pages[1].count, 4);
    assert_int_equal(drawing.items[0].type, ITEM_TEXT);
    assert_true(drawing.items[0].is.text.y == 2.5);
    assert_true(drawing.items[0].is.text.line_height == 1.4);
    assert_true(drawing.items[0].is.text.wrap);
    assert_string_equal(drawing.items[0].is.text.text, "王");
    assert_int_equal(drawing.items[1].is.picture.picture, 1);
    assert_int_equal(drawing.items[2].is.rect.fill, 0x0a0b0c);
    assert_true(drawing.items[2].is.rect.x == -1);
    assert_true(drawing.items[3].is.line.y2 == 4);
    item_pointer(&drawing.items[3], pointer);
    assert_string_equal(pointer, "/pages/1/items/3");
    drawing_free(&drawing);
    drawing_free(&drawing);
}


static void
not_json(void **state)
{
    size_t              i;
    drawing_t           drawing;
    static const char  *cases[] = {
        "", "null", "[]", "{", "{}x", "{\"title\":\"\\ud800\"}",
        "{\"title\":\"\xff\"}", "{\"title\":\"a\",\"title\":\"b\"}"
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_list(cases[i], &drawing), DRAWING_NOT_JSON);
        drawing_free(&drawing);
    }
}


/* The first fault of each. */
static void
faulty(void **state)
{
    size_t     i;
    json_t    *fault;
    drawing_t  drawing;

    static const struct {
        const char  *json;
        const char  *at;
        const char  *code;
    } cases[] = {
        { "{}", "/pages", "required" },
        { "{\"pages\":{}}", "/pages", "type" },
        { "{\"pages\":[1]}", "/pages/0", "type" },
        { "{\"pages\":[{\"width\":1,\"height\":20}]}", "/pages/0/width",
          "range" },
        { "{\"pages\":[{\"height\":20}]}", "/pages/0/width", "required" },
        { "{\"Titel\":1,\"pages\":[]}", "", "unknown" },
        { "{\"language\":\"z h\",\"pages\":[{\"width\":20,\"height\":20}]}",
          "/language", "choice" },
        { "{\"created\":\"2026-11-22T08:00:00+0800\",\"pages\":"
          "[{\"width\":20,\"height\":20}]}", "/created", "instant" },
        { PAGE("{" TEXT ",\"wrap\":0}"), "/pages/0/items/0/wrap", "type" },
        { PAGE("{" TEXT ",\"colour\":\"#12345\"}"),
          "/pages/0/items/0/colour", "colour" },
        { PAGE("{" TEXT ",\"colour\":\"#12345g\"}"),
          "/pages/0/items/0/colour", "colour" },
        { PAGE("{" TEXT ",\"align\":\"LEFT\"}"), "/pages/0/items/0/align",
          "choice" },
        { PAGE("{" TEXT ",\"lines\":0}"), "/pages/0/items/0/lines", "range" },
        { PAGE("{" TEXT "},{\"type\":\"texts\"}"), "/pages/0/items/1/type",
          "choice" },
        { PAGE("{\"type\":\"picture\",\"x\":0,\"y\":0,\"width\":5,"
               "\"height\":5,\"part\":\"phot\"}"), "/pages/0/items/0/part",
          "no_part" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (read_list(cases[i].json, &drawing) != DRAWING_FAULTY) {
            fail_msg("case %zu", i);
        }

        fault = json_array_get(drawing.faults, 0);
        assert_string_equal(json_string_value(json_object_get(fault, "at")),
                            cases[i].at);
        assert_string_equal(json_string_value(json_object_get(fault, "code")),
                            cases[i].code);
        drawing_free(&drawing);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(read_whole),
        cmocka_unit_test(not_json),
        cmocka_unit_test(faulty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
