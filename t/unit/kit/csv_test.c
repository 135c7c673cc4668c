/*
 * csv_test.c - lines of comma-separated values: whole, odd and broken ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "csv.h"

#define FIELDS  4

static char         text[4096];
static civic_csv_t  csv;


static void
begin(const char *s, size_t len)
{
    assert_true(len < sizeof(text));
    memcpy(text, s, len);
    civic_csv_begin(&csv, text, len);
}

#define BEGIN(literal)  begin(literal, sizeof(literal) - 1)


/* The next line as "[a][b]", or its status. */
static const char *
next(void)
{
    static char         row[4096];
    size_t              i, count;
    civic_csv_field_t   fields[FIELDS];
    civic_csv_status_t  status = civic_csv_next(&csv, fields, FIELDS, &count);

    static const char *const  names[] = { "", "end", "quotes", "many",
                                          "bytes" };

    if (status != CIVIC_CSV_ROW) {
        return names[status];
    }

    row[0] = '\0';

    for (i = 0; i < count; i++) {
        snprintf(row + strlen(row), sizeof(row) - strlen(row), "[%.*s]",
                 (int) fields[i].len, fields[i].s);
    }

    return row;
}


static void
whole(void **state)
{
    (void) state;

    BEGIN("\xef\xbb\xbf" "管号,结果\r\nA1,阴性\r\n\r\nA2 , x\nA3,");
    assert_string_equal(next(), "[管号][结果]");
    assert_int_equal(csv.line, 1);
    assert_string_equal(next(), "[A1][阴性]");
    assert_string_equal(next(), "[A2 ][ x]");
    assert_int_equal(csv.line, 4);
    assert_string_equal(next(), "[A3][]");
    assert_string_equal(next(), "end");
    assert_string_equal(next(), "end");

    BEGIN("");
    assert_string_equal(next(), "end");
    BEGIN("\xef\xbb\xbf");
    assert_string_equal(next(), "end");
    BEGIN("\xef\xbb");
    assert_string_equal(next(), "bytes");
    BEGIN("\n\r\n\n");
    assert_string_equal(next(), "end");
}


static void
quoted(void **state)
{
    (void) state;

    BEGIN("\"a,b\",\"\",\"c\"\"d\"\"\"\n\"\"\"\"\n\"x\"");
    assert_string_equal(next(), "[a,b][][c\"d\"]");
    assert_string_equal(next(), "[\"]");
    assert_string_equal(next(), "[x]");
    assert_string_equal(next(), "end");
}


/* Each spoils its own line alone. */
static void
broken(void **state)
{
    (void) state;

    BEGIN("\"open,1\na,b\"c\n\"a\"b,c\n\"a\" ,c\na,b,c,d,e\na,\x01\n"
          "\xff,b\n\"a\r\nok,1\n\"");
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "many");
    assert_string_equal(next(), "bytes");
    assert_string_equal(next(), "bytes");
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "[ok][1]");
    assert_int_equal(csv.line, 9);
    assert_string_equal(next(), "quotes");
    assert_string_equal(next(), "end");

    BEGIN("a\rb,c\nd\0e\n,,,\n,,,,");
    assert_string_equal(next(), "bytes");
    assert_string_equal(next(), "bytes");
    assert_string_equal(next(), "[][][][]");
    assert_string_equal(next(), "many");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(quoted),
        cmocka_unit_test(broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
