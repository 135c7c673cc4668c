/*
 * rules_require_test.c - rules_require.c and rules_source.c: parts of a rule
 * file, where they may be, what is told when one is broken, and that a change
 * of one is seen.
 */

#include "parts_fixture.h"

#define DOUBLE                                                                \
    "local double = { by = 2 }\n"                                             \
    "function double.of(n) return n * double.by end\n"                        \
    "return double\n"

#define USES_DOUBLE                                                           \
    "local double = require 'lib/double'\n"                                   \
    "local rules = {}\n"                                                      \
    "function rules.f() return { n = double.of(21) } end\n"                   \
    "return rules\n"


static void
takes_parts(void **state)
{
    civic_rules_t  *rules;

    (void) state;

    put("lib/double.lua", DOUBLE);
    rules = loaded(USES_DOUBLE);
    f_answers(rules, "{\"n\":42}");
    civic_rules_free(rules);

    put("t/words.lua", "local double = require 'lib/double'\n"
                       "return { four = double.of(2) }\n");
    rules = loaded("local words = require \"t/words\"\n"
                   "local again = require('t/words')\n"
                   "local double = require 'lib/double'\n"
                   "local rules = {}\n"
                   "function rules.f()\n"
                   "  return { four = words.four, same = words == again,\n"
                   "           by = double.by, kind = type(double) }\n"
                   "end\n"
                   "return rules\n");
    f_answers(rules, "{\"by\":2,\"four\":4,\"kind\":\"table\","
                     "\"same\":true}");
    civic_rules_free(rules);
}

/* Neither the file that asks, nor its functions, nor the part's. */
static void
parts_are_read_only(void **state)
{
    (void) state;

    put("lib/double.lua", DOUBLE);
    load_fails("local double = require 'lib/double'\n"
               "double.by = 3\nreturn {}\n", "t.lua:2: this table is read");

    put("lib/count.lua", "local seen = {}\n"
                         "return { one = function() seen.n = 1 end }\n");
    load_fails("local count = require 'lib/count'\n"
               "count.one()\nreturn {}\n",
               "lib/count.lua:2: this table is read-only");

    put("lib/count.lua", "local n = 0\n"
                         "return { one = function() n = n + 1 end }\n");
    load_fails("local count = require 'lib/count'\n"
               "local rules = {}\n"
               "function rules.f() count.one() return {} end\n"
               "rules.examples = { { call = 'f', output = {} } }\n"
               "return rules\n",
               "lib/count.lua:2: the local \"n\" changed");
}

static void
required_fails(const char *name, const char *why)
{
    char  text[256];

    snprintf(text, sizeof(text), "\nlocal x = require %s\nreturn {}\n", name);
    load_fails(text, why);
    says("t.lua:2:");
}

static void
keeps_within_its_folders(void **state)
{
    (void) state;

    put("lib/fine.lua", "return {}\n");
    put("secret.lua", "return {}\n");

    required_fails("'lib/fine.lua'", "require takes \"lib/...\" or \"t/...\"");
    required_fails("'secret'", "require takes");
    required_fails("'../lib/fine'", "found \"../lib/fine\"");
    required_fails("'lib/../secret'", "require takes");
    required_fails("'/etc/passwd'", "require takes");
    required_fails("'lib//fine'", "require takes");
    required_fails("'lib/'", "require takes");
    required_fails("'/fine'", "require takes");
    required_fails("''", "require takes");
    required_fails("'lib/Fine'", "require takes");
    required_fails("'lib/fine\\0'", "require takes");
    required_fails("'other/fine'", "require takes");
    required_fails("'tt/fine'", "require takes");
    required_fails("'lib/' .. string.rep('a', 60)", "require takes");
    required_fails("(5)", "require takes");
    required_fails("{}", "bad argument");
    required_fails("'lib/nothing'",
                   "cannot open \"lib/nothing.lua\": No such file");
}

static void
follows_no_link(void **state)
{
    (void) state;

    put("secret.lua", "return {}\n");
    put("lib/fine.lua", "return {}\n");

    assert_int_equal(symlink("../secret.lua", place("lib/link.lua")), 0);
    required_fails("'lib/link'", "or a link");

    remove_tree(NULL);
    assert_int_equal(mkdir(folder, 0700), 0);
    put("lib/fine.lua", "return {}\n");
    assert_int_equal(rmdir(place("t")), 0);
    assert_int_equal(symlink("lib", place("t")), 0);
    required_fails("'t/fine'", "or a link");
    assert_int_equal(unlink(place("t")), 0);

    assert_int_equal(mkdir(place("lib/folder.lua"), 0755), 0);
    required_fails("'lib/folder'", "not a regular file");
    assert_int_equal(mkfifo(place("lib/pipe.lua"), 0644), 0);
    required_fails("'lib/pipe'", "not a regular file");
}

/* lib/ knows nobody's parts. */
static void
library_asks_library(void **state)
{
    (void) state;

    put("t/own.lua", "return {}\n");
    put("lib/curious.lua", "return { own = require 't/own' }\n");
    load_fails("local x = require 'lib/curious' return x\n",
               "lib/curious.lua:1: require takes \"lib/...\" or \"lib/...\"");
}

/* With its place first. */
static void
part_fails(const char *text, const char *why)
{
    put("lib/broken.lua", text);
    load_fails("\nreturn { x = require 'lib/broken' }\n", why);
    assert_ptr_equal(strstr(failure.text, why), failure.text);
}

static void
names_the_part(void **state)
{
    json_t         *out;
    civic_rules_t  *rules;

    (void) state;

    part_fails("local x = {}\n\nfunction x.(\n", "lib/broken.lua:3:");
    part_fails("\nlocal x = nil\nreturn { y = x.y }\n", "lib/broken.lua:3:");
    part_fails("\nerror 'sad'\n", "lib/broken.lua:2: sad");
    part_fails("\nwhile true do end\n", "lib/broken.lua:2: took too m");
    part_fails("return 5\n", "lib/broken.lua:1: must return a table");
    part_fails("return { [1] = 1LL }\n", "lib/broken.lua:1: has a number");
    part_fails("return { examples = { error } }\n",
               "lib/broken.lua: \"examples\" has a function");
    part_fails("x = 1\nreturn {}\n",
               "lib/broken.lua:1: assignment to the global \"x\"");
    part_fails("\nrequire 'lib/nobody'\nreturn {}\n",
               "lib/broken.lua:2: cannot open \"lib/nobody.lua\": No such");

    put("lib/late.lua", "local late = {}\n"
                        "function late.sad()\n  error 'so sad'\nend\n"
                        "function late.loop()\n  while true do end\nend\n"
                        "return late\n");
    rules = loaded("local late = require 'lib/late'\n"
                   "return { f = function() late.sad() end,\n"
                   "         g = function() late.loop() end,\n"
                   "         fine = function() return { fine = true } end }\n");
    assert_int_equal(civic_rules_call(rules, "f", NULL, &out, &failure), -1);
    assert_string_equal(failure.text, "lib/late.lua:3: so sad");
    assert_int_equal(civic_rules_call(rules, "g", NULL, &out, &failure), -1);
    says("lib/late.lua:6: took too m");
    still_works(rules);
    civic_rules_free(rules);
}

/* A file cannot go on without a part that it asked for. */
static void
cannot_be_caught(void **state)
{
    (void) state;

    put("lib/broken.lua", "error 'sad'\n");
    load_fails("pcall(require, 'lib/broken')\nreturn {}\n",
               "lib/broken.lua:1: was not taken");
    load_fails("pcall(require, 'lib/nobody')\nreturn {}\n",
               "lib/nobody.lua:1: was not taken");
}

static void
refuses_circles(void **state)
{
    (void) state;

    put("lib/a.lua", "local b = require 'lib/b'\nreturn { b = b }\n");
    put("lib/b.lua", "\nlocal c = require 'lib/c'\nreturn { c = c }\n");
    put("lib/c.lua", "\n\nlocal a = require 'lib/a'\nreturn { a = a }\n");
    load_fails("return { a = require 'lib/a' }\n",
               "lib/c.lua:3: require goes in a circle: lib/a.lua -> "
               "lib/b.lua -> lib/c.lua -> lib/a.lua");

    put("lib/a.lua", "return { a = require 'lib/a' }\n");
    load_fails("return { a = require 'lib/a' }\n",
               "lib/a.lua:1: require goes in a circle: lib/a.lua -> "
               "lib/a.lua");
}

static void
bounds_files(void **state)
{
    int    i;
    char   name[32], text[128];
    char  *large = malloc(CIVIC_RULES_MAX_FILE + 64);

    (void) state;

    /* Each asks for the next: as many as may be, then one more. */
    for (i = 1; i <= CIVIC_RULES_MAX_FILES; i++) {
        snprintf(name, sizeof(name), "lib/p%d.lua", i);
        snprintf(text, sizeof(text), i == CIVIC_RULES_MAX_FILES
                 ? "return {}\n" : "return { x = require 'lib/p%d' }\n",
                 i + 1);
        put(name, text);
    }

    civic_rules_free(loaded("return { x = require 'lib/p2' }\n"));
    load_fails("return { x = require 'lib/p1' }\n",
               "\"lib/p16.lua\" would be one file more than 16");

    memset(large, '-', CIVIC_RULES_MAX_FILE + 63);
    memcpy(large, "return {} ", 10);
    large[CIVIC_RULES_MAX_FILE + 63] = '\0';
    put("lib/large.lua", large);
    required_fails("'lib/large'", "has more than 262144 bytes");
    large[CIVIC_RULES_MAX_FILE] = '\0';
    put("lib/large.lua", large);
    civic_rules_free(loaded("return { x = require 'lib/large' }\n"));
    free(large);
}

static void
reads_nothing_when_asked(void **state)
{
    json_t         *out;
    civic_rules_t  *rules;

    (void) state;

    put("lib/double.lua", DOUBLE);
    rules = loaded("local double = require 'lib/double'\n"
                   "local rules = { double = double }\n"
                   "function rules.f()\n"
                   "  return { d = require 'lib/double' }\nend\n"
                   "return rules\n");
    assert_int_equal(civic_rules_call(rules, "f", NULL, &out, &failure), -1);
    says("t.lua:4: require stands at the top of a file");
    civic_rules_free(rules);
}

static void
tries_examples_of_parts(void **state)
{
    civic_rules_t  *rules;

    (void) state;

    put("lib/sum.lua",
        "local sum = {}\n"
        "function sum.of(a, b)\n  return a + b\nend\n"
        "function sum.first(list) return list.a end\n"
        "sum.examples = {\n"
        "  { call = 'of', input = { 2, 3 }, output = 5 },\n"
        "  { call = 'first', input = { a = 'x' }, output = 'x' },\n"
        "  { call = 'first', input = { { a = { 1 } } }, output = { 1 } },\n"
        "}\n"
        "return sum\n");
    rules = loaded("local sum = require 'lib/sum'\n"
                   "local rules = {}\n"
                   "function rules.f() return { n = sum.of(1, 1) } end\n"
                   "rules.examples = { { call = 'f', output = { n = 2 } } }\n"
                   "return rules\n");
    assert_int_equal(civic_rules_examples(rules), 4);
    f_answers(rules, "{\"n\":2}");
    civic_rules_free(rules);

    put("lib/sum.lua",
        "local sum = {}\n"
        "function sum.of(a, b)\n  return a + b\nend\n"
        "sum.examples = {\n"
        "  { call = 'of', input = { 2, 3 }, output = 5 },\n"
        "  { call = 'of', input = { 2, 3 }, output = 6 },\n"
        "}\n"
        "return sum\n");
    load_fails("return { x = require 'lib/sum' }\n",
               "lib/sum.lua:2: example 2 of 2, for \"of\": expected 6, got 5");

    put("lib/sum.lua", "return { examples = { { call = 'of' } } }\n");
    load_fails("return { x = require 'lib/sum' }\n",
               "lib/sum.lua:1: example 1: must have \"call\"");
    put("lib/sum.lua", "return { examples = 5 }\n");
    load_fails("return { x = require 'lib/sum' }\n",
               "lib/sum.lua:1: \"examples\" must be a list");
}

static void
digests_all(void **state)
{
    char            first[16];
    civic_rules_t  *rules;

    (void) state;

    put("lib/double.lua", DOUBLE);
    rules = loaded(USES_DOUBLE);
    snprintf(first, sizeof(first), "%s", civic_rules_revision(rules));
    civic_rules_free(rules);

    put("lib/double.lua", "-- the same in other words\n" DOUBLE);
    rules = loaded(USES_DOUBLE);
    assert_string_not_equal(civic_rules_revision(rules), first);
    civic_rules_free(rules);

    put("lib/double.lua", DOUBLE);
    rules = loaded(USES_DOUBLE);
    assert_string_equal(civic_rules_revision(rules), first);
    civic_rules_free(rules);
}

static void
sees_changes(void **state)
{
    char                 double_lua[256];
    civic_rules_t       *rules;
    civic_rules_seen_t   seen;

    (void) state;

    put("lib/double.lua", DOUBLE);
    put("t.lua", USES_DOUBLE);
    rules = civic_rules_load_seen(path, NULL, 0, &seen, &failure);
    assert_non_null(rules);
    civic_rules_free(rules);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.files[1].name, "lib/double.lua");
    assert_false(civic_rules_changed(path, &seen));

    put("lib/new.lua", DOUBLE);
    assert_false(civic_rules_changed(path, &seen));
    snprintf(double_lua, sizeof(double_lua), "%s", place("lib/double.lua"));
    assert_int_equal(rename(place("lib/new.lua"), double_lua), 0);
    assert_true(civic_rules_changed(path, &seen));
}

/* What was looked at in vain is looked at again. */
static void
sees_repairs(void **state)
{
    civic_rules_seen_t  seen;

    (void) state;

    put("t.lua", USES_DOUBLE);
    unlink(place("lib/double.lua"));
    assert_null(civic_rules_load_seen(path, NULL, 0, &seen, &failure));
    assert_false(civic_rules_changed(path, &seen));
    put("lib/double.lua", "return nonsense(\n");
    assert_true(civic_rules_changed(path, &seen));

    assert_null(civic_rules_load_seen(path, NULL, 0, &seen, &failure));
    assert_false(civic_rules_changed(path, &seen));
    unlink(place("lib/double.lua"));
    put("lib/double.lua", DOUBLE);
    assert_true(civic_rules_changed(path, &seen));

    unlink(path);
    assert_null(civic_rules_load_seen(path, NULL, 0, &seen, &failure));
    assert_false(civic_rules_changed(path, &seen));
    put("t.lua", USES_DOUBLE);
    assert_true(civic_rules_changed(path, &seen));
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_parts),
        cmocka_unit_test(parts_are_read_only),
        cmocka_unit_test(keeps_within_its_folders),
        cmocka_unit_test(follows_no_link),
        cmocka_unit_test(library_asks_library),
        cmocka_unit_test(names_the_part),
        cmocka_unit_test(cannot_be_caught),
        cmocka_unit_test(refuses_circles),
        cmocka_unit_test(bounds_files),
        cmocka_unit_test(reads_nothing_when_asked),
        cmocka_unit_test(tries_examples_of_parts),
        cmocka_unit_test(digests_all),
        cmocka_unit_test(sees_changes),
        cmocka_unit_test(sees_repairs)
    };

    return cmocka_run_group_tests(tests, make_folder, remove_tree);
}
