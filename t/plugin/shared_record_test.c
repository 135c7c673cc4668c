/*
 * shared_record_test.c - plugins/shared/record.h and words.h, over the fake
 * host's own sealing and random bytes: what is written can be read, and what
 * is damaged, or somebody else's, is refused.
 */

#include "world.h"


static int
setup(void **state)
{
    (void) state;
    h = start_fixture("shared_record");

    return h != NULL ? 0 : -1;
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);

    return 0;
}


static fake_reply_t *
ask(const char *what, const char *body, const char *header)
{
    char           path[64];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/shared-record/%s", what);
    rep = fake_request(h, CIVIC_POST, path,
                       &(fake_request_t) { .body = body,
                                           .headers = { header } });
    assert_int_equal(rep->status, 200);

    return rep;
}


static int
is_true(const fake_reply_t *rep, const char *name)
{
    json_t  *value = json_object_get(rep->json, name);

    assert_true(json_is_boolean(value));

    return json_is_true(value);
}


static int64_t
number_of(const fake_reply_t *rep, const char *name)
{
    json_t  *value = json_object_get(rep->json, name);

    assert_true(json_is_integer(value));

    return json_integer_value(value);
}


/* ---- words ------------------------------------------------------------- */

static void
are_words(const char *text, int count, const char *expected)
{
    char           body[128], *found;
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"text\":\"%s\",\"count\":%d}", text,
             count);
    rep = ask("words", body, NULL);

    assert_int_equal(is_true(rep, "damaged"), expected == NULL);

    if (expected != NULL) {
        found = json_dumps(json_object_get(rep->json, "words"), JSON_COMPACT);
        assert_string_equal(found, expected);
        free(found);
    }
}


static void
test_words(void **state)
{
    (void) state;

    are_words("open 3 1700000000000", 3, "[\"open\",\"3\",\"1700000000000\"]");
    are_words("open", 1, "[\"open\"]");

    /* fewer, more */
    are_words("open 3", 3, NULL);
    are_words("open 3 17 x", 3, NULL);
    are_words("open 3", 1, NULL);
    are_words("", 1, NULL);

    /* empty ones, at each place */
    are_words(" open 3", 3, NULL);
    are_words("open  3", 3, NULL);
    are_words("open 3 ", 3, NULL);
    are_words("open 3 ", 2, NULL);
    are_words(" ", 2, NULL);

    /* a NUL, at each place */
    are_words("op~n 3", 2, NULL);
    are_words("open 3~", 2, NULL);
    are_words("~", 1, NULL);
}


static void
is_word(const char *text, int n, const char *expected)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"text\":\"%s\",\"count\":%d}", text, n);
    assert_string_equal(fake_text(ask("word", body, NULL), "word"), expected);
}


static void
test_word(void **state)
{
    (void) state;

    is_word("5 17 x", 0, "5");
    is_word("5 17 x", 1, "17");
    is_word("5 17 x", 2, "x");
    is_word("5 17 x", 3, "");
    is_word("5 17 x", 8, "");
    is_word("5  x", 1, "");
    is_word("5  x", 2, "x");
    is_word("5 ", 1, "");
    is_word("", 0, "");
    is_word("", 1, "");
}


static void
test_copy(void **state)
{
    fake_reply_t  *rep = ask("copy", "{}", NULL);

    (void) state;

    assert_string_equal(fake_text(rep, "copy"), "before");
    assert_string_equal(fake_text(rep, "none"), "");
}


/* ---- identifiers ------------------------------------------------------- */

static void
test_new_ids(void **state)
{
    char           id[64];
    fake_reply_t  *rep = ask("ids", "{}", NULL);

    (void) state;

    snprintf(id, sizeof(id), "%s", fake_text(rep, "id"));

    assert_int_equal(strlen(id), 22);
    assert_int_equal(strlen(fake_text(rep, "hex_id")), 32);
    assert_true(is_true(rep, "new_is_id"));
    assert_string_equal(fake_text(rep, "of"), "-_8KAAAAAAAAAAAAAAAAAA");
    assert_string_equal(fake_text(rep, "hex"), "fbff0a");

    assert_string_not_equal(fake_text(ask("ids", "{}", NULL), "id"), id);
}


static void
may_be(const char *text, int id, int hex_id)
{
    char           body[128];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"text\":\"%s\"}", text);
    rep = ask("ids", body, NULL);

    assert_int_equal(is_true(rep, "is_id"), id);
    assert_int_equal(is_true(rep, "is_hex_id"), hex_id);
}


static void
test_is_id(void **state)
{
    (void) state;

    may_be("-_8KAAAAAAzzAAAAAAAA09", 1, 0);
    may_be("-_8KAAAAAAzzAAAAAAAA0", 0, 0);
    may_be("-_8KAAAAAAzzAAAAAAAA099", 0, 0);
    may_be("-_8KAAAAAA:zAAAAAAAA09", 0, 0);
    may_be("-_8KAAAAAA}zAAAAAAAA09", 0, 0);
    may_be("-_8KAAAAAA+/AAAAAAAA09", 0, 0);
    may_be("-_8KAAAAAA~zAAAAAAAA09", 0, 0);
    may_be("", 0, 0);

    may_be("0123456789abcdef0123456789abcdef", 0, 1);
    may_be("0123456789abcdef0123456789abcdeF", 0, 0);
    may_be("0123456789abcdef0123456789abcdeg", 0, 0);
    may_be("0123456789abcdef0123456789abcde~", 0, 0);
    may_be("0123456789abcdef0123456789abcde", 0, 0);
}


/* ---- sealed records ---------------------------------------------------- */

static void
test_round(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = ask("sealed", "{\"pid\":\"p\",\"id\":\"i\",\"title\":\"标题\","
                        "\"score\":9007199254740993,\"urgent\":true}", NULL);

    assert_false(is_true(rep, "refused"));
    assert_string_equal(fake_text(rep, "title"), "标题");
    assert_string_equal(fake_text(rep, "note"), "");
    assert_int_equal(number_of(rep, "score"), 9007199254740993);
    assert_true(is_true(rep, "urgent"));
    assert_int_equal(number_of(rep, "kept"), 42);
}


/* What was stored before there was a table, in whatever order. */
static void
test_older(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = ask("sealed", "{\"pid\":\"p\",\"id\":\"i\",\"context\":\"p:i\","
                        "\"plain\":\"{\\\"urgent\\\":true, "
                        "\\\"title\\\":\\\"t\\\",\\\"kept\\\":7,"
                        "\\\"note\\\":\\\"\\\"}\"}", NULL);

    assert_false(is_true(rep, "refused"));
    assert_string_equal(fake_text(rep, "title"), "t");
    assert_string_equal(fake_text(rep, "note"), "");
    assert_int_equal(number_of(rep, "score"), 0);
    assert_true(is_true(rep, "urgent"));
    assert_int_equal(number_of(rep, "kept"), 42);

    /* of another type is absent */
    rep = ask("sealed", "{\"pid\":\"p\",\"id\":\"i\",\"context\":\"p:i\","
                        "\"plain\":\"{\\\"title\\\":5,\\\"urgent\\\":1,"
                        "\\\"score\\\":\\\"9\\\"}\"}", NULL);

    assert_false(is_true(rep, "refused"));
    assert_string_equal(fake_text(rep, "title"), "");
    assert_int_equal(number_of(rep, "score"), 0);
    assert_false(is_true(rep, "urgent"));
}


static void
is_refused(const char *body)
{
    unsigned  before = fake_log_count(h, "a record of \"tickets\" cannot be "
                                         "read");

    assert_true(is_true(ask("sealed", body, NULL), "refused"));
    assert_int_equal(fake_log_count(h, "a record of \"tickets\" cannot be "
                                       "read"), before + 1);
}


static void
test_refused(void **state)
{
    (void) state;

    /* another's, by id and by person */
    is_refused("{\"pid\":\"p\",\"id\":\"i\",\"as\":\"j\"}");
    is_refused("{\"pid\":\"p\",\"id\":\"i\",\"context\":\"q:i\","
               "\"plain\":\"{}\"}");

    /* no object */
    is_refused("{\"pid\":\"p\",\"id\":\"i\",\"context\":\"p:i\","
               "\"plain\":\"[]\"}");
    is_refused("{\"pid\":\"p\",\"id\":\"i\",\"context\":\"p:i\","
               "\"plain\":\"{\\\"title\\\":\"}");
}


static void
test_json(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = ask("json", "{\"title\":\"t\",\"score\":3}", NULL);

    assert_string_equal(fake_text(rep, "text"),
                        "{\"score\":3,\"title\":\"t\",\"urgent\":false}");
    assert_true(is_true(rep, "null_fails"));
    assert_true(is_true(rep, "bytes_fail"));
}


static void
test_language(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = ask("language", "{}", NULL);
    assert_string_equal(fake_text(rep, "language"), "zh");
    assert_false(is_true(rep, "english"));

    rep = ask("language", "{}", "Accept-Language: en-GB, zh;q=0.5");
    assert_string_equal(fake_text(rep, "language"), "en");
    assert_true(is_true(rep, "english"));

    rep = ask("language", "{}", "Accept-Language: fr");
    assert_string_equal(fake_text(rep, "language"), "zh");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_words, reset),
        cmocka_unit_test_setup(test_word, reset),
        cmocka_unit_test_setup(test_copy, reset),
        cmocka_unit_test_setup(test_new_ids, reset),
        cmocka_unit_test_setup(test_is_id, reset),
        cmocka_unit_test_setup(test_round, reset),
        cmocka_unit_test_setup(test_older, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_json, reset),
        cmocka_unit_test_setup(test_language, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
