/*
 * exam_test.c - an exam's file: the shipped example is good; each fault is
 * told by its pointer, all at once; what strangers could send is refused
 * without harm; what was packed comes back.
 */

#define _GNU_SOURCE                     /* asprintf() */

#include <stdint.h>

#include "exam_fixture.h"

static civic_exam_faults_t  faults;


/* ---- helpers ----------------------------------------------------------- */

static const char *
fault_at(const char *pointer)
{
    size_t  i;

    for (i = 0; i < faults.count && i < CIVIC_EXAM_FAULTS; i++) {
        if (strcmp(faults.list[i].pointer, pointer) == 0) {
            return faults.list[i].code;
        }
    }

    return "";
}


static void
judge(json_t *tree)
{
    civic_exam_t  exam;

    if (civic_exam_take(tree, &exam, &faults) == 0) {
        civic_exam_done(&exam);
    }
}


/* The member at a pointer's end is replaced (NULL: taken away). */
static void
change(json_t *tree, const char *pointer, json_t *value)
{
    char         name[128];
    size_t       len;
    json_t      *at = tree, *next;
    const char  *p = pointer + 1, *slash;

    for ( ;; ) {
        slash = strchr(p, '/');
        len = slash == NULL ? strlen(p) : (size_t) (slash - p);
        memcpy(name, p, len);
        name[len] = '\0';

        if (slash == NULL) {
            break;
        }

        next = json_is_array(at)
               ? json_array_get(at, (size_t) atoi(name))
               : json_object_get(at, name);
        if (next == NULL) {
            fail_msg("no %s in the example", pointer);
        }

        at = next;
        p = slash + 1;
    }

    if (value == NULL) {
        assert_int_equal(json_object_del(at, name), 0);

    } else if (json_is_array(at)) {
        assert_int_equal(json_array_set_new(at, (size_t) atoi(name), value),
                         0);

    } else {
        assert_int_equal(json_object_set_new(at, name, value), 0);
    }
}


/* One change, and the one fault that it makes. */
static void
one(const char *pointer, const char *value, const char *at, const char *code)
{
    json_t  *tree = example(), *new = NULL;

    if (value != NULL) {
        new = json_loads(value, JSON_DECODE_ANY, NULL);
        assert_non_null(new);
    }

    change(tree, pointer, new);
    judge(tree);

    if (strcmp(fault_at(at), code) != 0 || faults.count != 1) {
        fail_msg("%s = %s: %zu faults, the first at %s: %s, expected %s at %s",
                 pointer, value, faults.count, faults.list[0].pointer,
                 faults.count == 0 ? "-" : faults.list[0].code, code, at);
    }

    assert_true(faults.list[0].zh[0] != '\0' && faults.list[0].en[0] != '\0');
}


/* ---- tests ------------------------------------------------------------- */

static void
example_is_good(void **state)
{
    json_t        *tree = example();
    char          *text = json_dumps(tree, 0);
    civic_exam_t   exam;

    (void) state;
    json_decref(tree);

    assert_int_equal(civic_exam_read(text, strlen(text), &exam, &faults), 0);
    assert_string_equal(exam.id, "demo-2026");
    assert_int_equal(exam.windows[CIVIC_EXAM_REGISTRATION].from,
                     1767229200000);
    assert_int_equal(json_array_size(exam.positions), 30);
    assert_null(json_object_get(exam.facts, "positions"));
    civic_exam_done(&exam);

    /* with the mark that editors of Windows write */
    text = realloc(text, strlen(text) + 4);
    memmove(text + 3, text, strlen(text) + 1);
    memcpy(text, "\xef\xbb\xbf", 3);
    assert_int_equal(civic_exam_read(text, strlen(text), &exam, &faults), 0);
    civic_exam_done(&exam);
    free(text);
}


static void
each_fault(void **state)
{
    (void) state;

    one("/exam_id", "\"Has-Capitals\"", "/exam_id", "bad_id");
    one("/exam_id", "\"-x\"", "/exam_id", "bad_id");
    one("/exam_id", NULL, "/exam_id", "required");
    one("/tittle", "{}", "/tittle", "unknown_member");
    one("/title", "\"x\"", "/title", "expected_object");
    one("/title/zh", "\"  \"", "/title/zh", "empty");
    one("/title/zh", "\"a\\u0007b\"", "/title/zh", "bad_text");
    one("/title/fr", "\"x\"", "/title/fr", "unknown_member");
    one("/windows/review", NULL, "/windows/review", "required");
    one("/windows/review/from", "\"2026-02-30T09:00:00+08:00\"",
        "/windows/review/from", "bad_instant");
    one("/windows/review/from", "\"2026-03-01 09:00\"",
        "/windows/review/from", "bad_instant");
    one("/windows/payment/until", "\"2030-01-01T09:00:00+08:00\"",
        "/windows/payment/until", "out_of_order");
    one("/windows/review/from", "\"2025-12-31T09:00:00+08:00\"",
        "/windows/review/from", "out_of_order");
    one("/windows/printing/from", "\"2050-03-19T08:30:00+08:00\"",
        "/windows/printing/until", "backwards");
    one("/fee/fen", "-1", "/fee/fen", "out_of_range");
    one("/fee/fen", "\"100\"", "/fee/fen", "expected_integer");
    one("/photo_profile", "\"../x\"", "/photo_profile", "bad_name");
    one("/form", "[]", "/form", "empty");
}


static void
each_fault_of_a_form(void **state)
{
    json_t  *tree;

    (void) state;

    one("/form/0/name", "\"Phone\"", "/form/0/name", "bad_name");
    one("/form/0/type", "\"telephone\"", "/form/0/type", "bad_type");
    one("/form/0/required", "\"yes\"", "/form/0/required",
        "expected_boolean");
    one("/form/0/pattern", "\"x\"", "/form/0/pattern", "not_for_type");
    one("/form/0/min", "1", "/form/0/min", "not_for_type");
    one("/form/1/name", "\"phone\"", "/form/1/name", "duplicate");
    one("/form/2/options/1/value", "\"xining\"", "/form/2/options/1/value",
        "duplicate");
    one("/form/5/options", "[]", "/form/5/options", "empty");
    one("/form/5/when/field", "\"nothing\"", "/form/5/when/field",
        "unknown_field");
    one("/form/5/when/field", "\"driving\"", "/form/5/when/field",
        "later_field");
    one("/form/5/when/in/0", "\"bachelors\"", "/form/5/when/in/0",
        "unknown_option");
    one("/form/6/max", "1", "/form/6/max", "backwards");
    one("/form/7/min", "\"1970-13-01\"", "/form/7/min", "bad_date");
    one("/form/11/pattern", "\"(\"", "/form/11/pattern", "bad_pattern");
    one("/form/11/example", "\"D1\"", "/form/11/example", "bad_example");
    one("/form/11/example", "\"\"", "/form/11/example", "empty");
    one("/form/6/example", "\"x\"", "/form/6/example", "bad_example");
    one("/form/7/example", "\"2019-6-30\"", "/form/7/example",
        "bad_example");
    one("/form/7/example", "\"1969-12-31\"", "/form/7/example",
        "bad_example");
    one("/form/8/example", "51", "/form/8/example", "expected_string");
    one("/form/8/example", "\"51\"", "/form/8/example", "bad_example");
    one("/form/0/example", "\"110\"", "/form/0/example", "bad_example");
    one("/form/2/example", "\"xining\"", "/form/2/example",
        "not_for_type");
    one("/form/10/example", "\"yes\"", "/form/10/example", "not_for_type");
    one("/form/11/when/in/0", "\"true\"", "/form/11/when/in/0",
        "expected_boolean");

    tree = example();
    change(tree, "/form/5/when",
           json_pack("{s:s, s:[s]}", "field", "phone", "in", "1"));
    judge(tree);
    assert_string_equal(fault_at("/form/5/when/in"), "not_for_type");
}


static void
each_fault_of_a_position(void **state)
{
    (void) state;

    one("/positions", "[]", "/positions", "empty");
    one("/positions", "{}", "/positions", "expected_array");
    one("/positions/3", "7", "/positions/3", "expected_object");
    one("/positions/0/code", "\"63 01\"", "/positions/0/code", "bad_code");
    one("/positions/1/code", "\"6301001\"", "/positions/1/code",
        "duplicate");
    one("/positions/0/places", "0", "/positions/0/places", "out_of_range");
    one("/positions/0/unit", NULL, "/positions/0/unit", "required");
    one("/positions/0/conditions/1/field", "\"educatoin\"",
        "/positions/0/conditions/1/field", "unknown_field");
    one("/positions/0/conditions/1/field", NULL,
        "/positions/0/conditions/1/field", "required");
    one("/positions/0/conditions/1/in/0", "\"phd\"",
        "/positions/0/conditions/1/in/0", "unknown_option");
    one("/positions/0/conditions/1/in", NULL,
        "/positions/0/conditions/1/field", "no_test");
    one("/positions/0/conditions/0/born_until", "\"2007\"",
        "/positions/0/conditions/0/born_until", "bad_date");
    one("/positions/0/conditions/0/born_from", "\"2009-01-01\"",
        "/positions/0/conditions/0/born_until", "backwards");
    one("/positions/0/conditions/1/min", "1",
        "/positions/0/conditions/1/field", "not_for_type");
}


static void
each_fault_of_the_rest(void **state)
{
    (void) state;

    one("/subjects/0/code", "\"2\"", "/subjects/1/code", "duplicate");
    one("/subjects/0/until", "\"2050-03-19T08:00:00+08:00\"",
        "/subjects/0/until", "backwards");
    one("/subjects/2/positions/0", "\"999\"", "/subjects/2/positions/0",
        "unknown_position");
    one("/subjects/2/positions/0", "7", "/subjects/2/positions/0",
        "expected_string");
    one("/sites/0/code", "\"1\"", "/sites/0/code", "bad_site");
    one("/sites/1/code", "\"01\"", "/sites/1/code", "duplicate");
    one("/sites/0/rooms/0/code", "\"01\"", "/sites/0/rooms/0/code",
        "bad_room");
    one("/sites/0/rooms/1/code", "\"001\"", "/sites/0/rooms/1/code",
        "duplicate");
    one("/sites/0/rooms/0/seats", "100", "/sites/0/rooms/0/seats",
        "out_of_range");
    one("/ticket/number_prefix", "\"63a\"", "/ticket/number_prefix",
        "bad_prefix");
    one("/ticket/instructions/0", "\"x\"", "/ticket/instructions/0",
        "expected_object");
}


/* Everything that is wrong, in one go. */
static void
all_at_once(void **state)
{
    json_t  *tree = example();

    (void) state;

    change(tree, "/exam_id", json_string("NO"));
    change(tree, "/form/0/type", json_string("fax"));
    change(tree, "/positions/5/places", json_string("two"));
    change(tree, "/sites/1/rooms/2/seats", NULL);
    change(tree, "/windows/payment/from", json_string("tomorrow"));
    judge(tree);

    assert_int_equal(faults.count, 5);
    assert_string_equal(fault_at("/exam_id"), "bad_id");
    assert_string_equal(fault_at("/form/0/type"), "bad_type");
    assert_string_equal(fault_at("/positions/5/places"), "expected_integer");
    assert_string_equal(fault_at("/sites/1/rooms/2/seats"), "required");
    assert_string_equal(fault_at("/windows/payment/from"), "bad_instant");
}


/* Nothing to be paid: no window for it is needed, nor a title. */
static void
free_of_charge(void **state)
{
    json_t  *tree = example();

    (void) state;

    change(tree, "/fee", json_pack("{s:i}", "fen", 0));
    change(tree, "/windows/payment", NULL);
    judge(tree);
    assert_int_equal(faults.count, 0);

    tree = example();
    change(tree, "/windows/payment", NULL);
    judge(tree);
    assert_string_equal(fault_at("/windows/payment"), "required");
}


static void
refused(const char *text, size_t len, const char *code)
{
    civic_exam_t  exam;

    assert_int_equal(civic_exam_read(text, len, &exam, &faults), -1);
    assert_true(faults.count > 0);
    assert_string_equal(faults.list[0].code, code);
}


static void
hostile_files(void **state)
{
    int      i;
    char    *deep = malloc(2000001), *all, *name;
    size_t   at, len;
    json_t  *tree = example();
    civic_exam_t  exam;

    (void) state;

    refused("", 0, "not_json");
    refused("null", 4, "not_json");
    refused("[]", 2, "expected_object");
    refused("{\"a\":1,\"a\":2}", 13, "not_json");
    refused("{\"exam_id\":\"a\\u0000b\"}", 22, "not_json");
    refused("{\"exam_id\":\"\xff\"}", 15, "not_json");

    memset(deep, '[', 2000000);
    refused(deep, 2000000, "not_json");

    for (i = 0; i < 1000000; i++) {
        memcpy(deep + 2 * i, "{}", 2);
    }
    refused(deep, 2000000, "not_json");

    /* more faults than are kept, and names longer than a pointer */
    for (i = 0; i < 500; i++) {
        assert_true(asprintf(&name, "~/%0200d", i) > 0);
        change(tree, "/fee/x", json_true());
        json_object_set_new(tree, name, json_true());
        free(name);
    }

    all = json_dumps(tree, JSON_COMPACT);
    refused(all, strlen(all), "unknown_member");
    assert_int_equal(faults.count, 501);
    free(all);
    json_decref(tree);

    /* cut off anywhere, and with each byte turned over: no harm */
    tree = example();
    all = json_dumps(tree, JSON_COMPACT);
    json_decref(tree);
    len = strlen(all);

    for (at = 0; at < len; at += 97) {
        memcpy(deep, all, len);
        assert_int_equal(civic_exam_read(deep, at, &exam, &faults), -1);
        deep[at] = (char) (deep[at] ^ (1 << (at % 8)));
        if (civic_exam_read(deep, len, &exam, &faults) == 0) {
            civic_exam_done(&exam);
        }
    }

    free(all);
    free(deep);
}


/* ---- as it is kept ----------------------------------------------------- */

static json_t *
many_positions(size_t count)
{
    char     code[24];
    size_t   i;
    json_t  *tree = example(), *positions = json_array();

    for (i = count; i > 0; i--) {
        (void) snprintf(code, sizeof(code), "P%05zu", i);
        (void) json_array_append_new(positions,
            json_pack("{s:s, s:{s:s}, s:{s:s}, s:i}", "code", code, "name",
                      "zh", "职位", "unit", "zh", "单位", "places", 1));
    }

    json_object_set_new(tree, "positions", positions);
    json_array_clear(json_object_get(tree, "subjects"));
    json_array_append_new(json_object_get(tree, "subjects"),
        json_pack("{s:s, s:{s:s}, s:s, s:s}", "code", "1", "name", "zh",
                  "科目", "from", "2050-03-19T09:00:00+08:00", "until",
                  "2050-03-19T11:00:00+08:00"));

    return tree;
}


static void
kept_and_restored(void **state)
{
    json_t                    *tree, *file = many_positions(1000);
    civic_exam_t               exam, again;
    static civic_exam_kept_t   kept;

    (void) state;

    assert_int_equal(civic_exam_take(file, &exam, &faults), 0);
    assert_int_equal(civic_exam_pack(&exam, &kept, &faults), 0);
    assert_int_equal(kept.positions, 1000);
    assert_int_equal(kept.chunks, 4);

    tree = civic_exam_restore(kept.facts.bytes, kept.facts.len, kept.chunk,
                              kept.chunks);
    assert_non_null(tree);
    assert_int_equal(civic_exam_take(tree, &again, &faults), 0);
    assert_true(json_equal(exam.facts, again.facts));
    assert_true(json_equal(exam.positions, again.positions));
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(again.positions, 0), "code")), "P00001");

    /* damaged: told, not believed */
    kept.chunk[1].bytes[20] ^= 0x40;
    tree = civic_exam_restore(kept.facts.bytes, kept.facts.len, kept.chunk,
                              kept.chunks);
    json_decref(tree);
    assert_null(civic_exam_unpack(kept.chunk[0].bytes,
                                  kept.chunk[0].len / 2));
    assert_null(civic_exam_unpack("", 0));

    civic_exam_done(&exam);
    civic_exam_done(&again);
    civic_exam_kept_done(&kept);
}


static void
too_many_positions(void **state)
{
    (void) state;

    judge(many_positions(CIVIC_EXAM_POSITIONS));
    assert_int_equal(faults.count, 0);
    judge(many_positions(CIVIC_EXAM_POSITIONS + 1));
    assert_string_equal(fault_at("/positions"), "too_many");
}


/* ---- a table ----------------------------------------------------------- */

static int
table(const char *csv, json_t **tree)
{
    *tree = example();

    return civic_exam_table(*tree, csv, strlen(csv), &faults);
}


static void
positions_of_a_table(void **state)
{
    json_t        *tree, *one;
    civic_exam_t   exam;

    (void) state;

    assert_int_equal(table("\xef\xbb\xbf" "code,name,unit,places,note\r\n"
        "6301002,岗位一,\"省, \"\"图\"\"书馆\",3,\"两行\n说明\"\r\n"
        "\r\n"
        "A-1,岗位二,单位,1,\n"
        "A-2,岗位三,单位,12", &tree), 0);
    json_object_del(json_array_get(json_object_get(tree, "subjects"), 2),
                    "positions");
    assert_int_equal(civic_exam_take(tree, &exam, &faults), 0);
    assert_int_equal(json_array_size(exam.positions), 3);

    one = json_array_get(exam.positions, 0);
    assert_string_equal(json_string_value(json_object_get(
        json_object_get(one, "unit"), "zh")), "省, \"图\"书馆");
    assert_string_equal(json_string_value(json_object_get(
        json_object_get(one, "note"), "zh")), "两行\n说明");
    assert_int_equal(json_integer_value(json_object_get(one, "places")), 3);
    assert_true(json_array_size(json_object_get(one, "conditions")) > 1);

    one = json_array_get(exam.positions, 2);
    assert_string_equal(json_string_value(json_object_get(one, "code")),
                        "A-2");
    assert_null(json_object_get(one, "conditions"));
    civic_exam_done(&exam);
}


static void
bad_tables(void **state)
{
    size_t       i;
    json_t      *tree;
    const char  *headers[] = { "", "\n", "code;name;unit;places;note\n",
                               "code,name,unit,places\n1,a,b,1\n",
                               "code,name,unit,places,notes,more\n",
                               "code,name,unit,place,note\n", "\"", "\"\"\"" };

    (void) state;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_int_equal(table(headers[i], &tree), -1);
        assert_string_equal(faults.list[0].code, "bad_header");
        json_decref(tree);
    }

    assert_int_equal(table("code,name,unit,places,note\n1,a\n"
                           "2,a,b,1,c,d\n\"3\n\",\xff,b,1\n4,a,b,1\n",
                           &tree), -1);
    assert_int_equal(faults.count, 3);
    assert_string_equal(faults.list[0].detail, "line 2, 2 cells");
    assert_string_equal(faults.list[1].detail, "line 3, 6 cells");
    assert_string_equal(faults.list[2].detail, "line 4, 4 cells");
    json_decref(tree);

    /* what is no number is the check's to tell */
    assert_int_equal(table("code,name,unit,places,note\n1,a,b,two,\n",
                           &tree), 0);
    judge(tree);
    assert_string_equal(fault_at("/positions/0/places"), "expected_integer");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(example_is_good),
        cmocka_unit_test(each_fault),
        cmocka_unit_test(each_fault_of_a_form),
        cmocka_unit_test(each_fault_of_a_position),
        cmocka_unit_test(each_fault_of_the_rest),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(free_of_charge),
        cmocka_unit_test(hostile_files),
        cmocka_unit_test(kept_and_restored),
        cmocka_unit_test(too_many_positions),
        cmocka_unit_test(positions_of_a_table),
        cmocka_unit_test(bad_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
