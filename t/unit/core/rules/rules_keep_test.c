/*
 * rules_keep_test.c - rules_keep.c: what was kept is what was loaded, its
 * parts included, wherever they have gone; and nothing else is taken for it.
 */

#include <fcntl.h>

#include "parts_fixture.h"

#define TEXT                                                                  \
    "local words = require 't/words'\n"                                       \
    "local double = require 'lib/double'\n"                                   \
    "local rules = {}\n"                                                      \
    "function rules.f()\n"                                                    \
    "  return { n = double.of(21), word = words.one }\n"                      \
    "end\n"                                                                   \
    "return rules\n"

#define ANSWER  "{\"n\":42,\"word\":\"\xe4\xb8\x80\"}"

static char  kept[80], part[80];


static void
put_all(void)
{
    put("t.lua", TEXT);
    put("t/words.lua", "return { one = '\xe4\xb8\x80' }\n");
    put("lib/double.lua", "local d = {}\n"
                          "function d.of(n) return 2 * n end\n"
                          "d.examples = {\n"
                          "  { call = 'of', input = { 1 }, output = 2 } }\n"
                          "return d\n");
    snprintf(kept, sizeof(kept), "%s/kept", folder);
    snprintf(part, sizeof(part), "%s/kept.part", folder);
}

/* The revision of what was kept. */
static const char *
keep(void)
{
    static char     revision[16];
    civic_rules_t  *rules;

    put_all();
    rules = civic_rules_load(path, NULL, 0, &failure);
    if (rules == NULL || civic_rules_keep(rules, kept, part, &failure) != 0) {
        fail_msg("%s", failure.text);
    }

    snprintf(revision, sizeof(revision), "%s", civic_rules_revision(rules));
    civic_rules_free(rules);

    return revision;
}

static void
keeps_it_whole(void **state)
{
    struct stat     st;
    const char     *revision;
    civic_rules_t  *rules;
    mode_t          mask = umask(077);

    (void) state;

    revision = keep();
    umask(mask);
    assert_int_equal(stat(kept, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(access(part, F_OK), -1);

    put("t.lua", "return nonsense(\n");
    unlink(place("lib/double.lua"));
    put("t/words.lua", "return { one = 'other' }\n");

    rules = civic_rules_load_kept(kept, (const char *[]) { "f" }, 1,
                                  &failure);
    if (rules == NULL) {
        fail_msg("%s", failure.text);
    }

    f_answers(rules, ANSWER);
    assert_string_equal(civic_rules_revision(rules), revision);
    assert_int_equal(civic_rules_examples(rules), 1);

    /* And what was loaded from there can be kept. */
    assert_int_equal(civic_rules_keep(rules, kept, part, &failure), 0);
    civic_rules_free(rules);
    rules = civic_rules_load_kept(kept, NULL, 0, &failure);
    assert_non_null(rules);
    civic_rules_free(rules);

    assert_null(civic_rules_load_kept(kept, (const char *[]) { "g" }, 1,
                                      &failure));
    says("has no function \"g\"");
}

/* A link in its way is not written through, nor followed. */
static void
follows_no_link(void **state)
{
    char  line[32] = "";
    int   fd;

    (void) state;

    put_all();
    put("victim", "precious");
    assert_int_equal(symlink("victim", part), 0);
    keep();
    fd = open(place("victim"), O_RDONLY);
    assert_int_equal(read(fd, line, sizeof(line)), 8);
    close(fd);
    assert_string_equal(line, "precious");

    assert_int_equal(symlink("kept", place("link")), 0);
    assert_null(civic_rules_load_kept(place("link"), NULL, 0, &failure));
    says("cannot open");
    assert_null(civic_rules_load_kept(place("nothing"), NULL, 0, &failure));
    says("No such file");
}

static void
says_when_it_cannot(void **state)
{
    civic_rules_t  *rules;

    (void) state;

    put_all();
    rules = civic_rules_load(path, NULL, 0, &failure);
    assert_int_equal(civic_rules_keep(rules, "/nowhere/kept",
                                      "/nowhere/part", &failure), -1);
    says("No such file");
    assert_int_equal(mkdir(place("taken"), 0755), 0);
    assert_int_equal(civic_rules_keep(rules, place("taken"), part, &failure),
                     -1);
    assert_int_equal(access(part, F_OK), -1);
    civic_rules_free(rules);
}

static char *
read_kept(size_t *len)
{
    char  *text = calloc(1, 65536);
    FILE  *file = fopen(kept, "r");

    assert_non_null(file);
    *len = fread(text, 1, 65536, file);
    fclose(file);

    return text;
}

static void
write_kept(const char *text, size_t len)
{
    FILE  *file = fopen(kept, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

/* Cut off anywhere, and each byte changed: never taken.  But for how the rule
   file is called, which decides nothing. */
static void
refuses_what_is_damaged(void **state)
{
    char           *text, *name;
    size_t          i, len;
    civic_rules_t  *rules;

    (void) state;

    keep();
    text = read_kept(&len);

    for (i = 0; i < len; i++) {
        write_kept(text, i);
        assert_null(civic_rules_load_kept(kept, NULL, 0, &failure));
        assert_string_not_equal(failure.text, "");
    }

    name = strstr(text, "t.lua");

    for (i = 0; i < len; i++) {
        if (text + i >= name && text + i < name + strlen("t.lua")) {
            continue;
        }

        text[i] ^= 1;
        write_kept(text, len);
        rules = civic_rules_load_kept(kept, NULL, 0, &failure);
        if (rules != NULL) {
            fail_msg("byte %zu of %zu does not count", i, len);
        }

        text[i] ^= 1;
    }

    text[len] = '\n';
    write_kept(text, len + 1);
    assert_null(civic_rules_load_kept(kept, NULL, 0, &failure));
    says("damaged");

    write_kept(text, len);
    rules = civic_rules_load_kept(kept, NULL, 0, &failure);
    assert_non_null(rules);
    civic_rules_free(rules);
    free(text);
}

static void
kept_fails(const char *text, const char *why)
{
    write_kept(text, strlen(text));
    assert_null(civic_rules_load_kept(kept, NULL, 0, &failure));
    says(why);
}

static void
reads_nothing_else(void **state)
{
    (void) state;

    put_all();
    kept_fails("civic-rules 1 000000000000 1\n"
               "t.lua 35\nreturn { x = require 'lib/double' }\n",
               "\"lib/double.lua\" was not kept");
    kept_fails("civic-rules 1 000000000000 2\nt.lua 9\nreturn {}\n"
               "lib/x.lua 9\nreturn {}\n", "lib/x.lua:1: was not taken");
    kept_fails("civic-rules 1 000000000000 1\nt.lua 9\nreturn {}\n",
               "not what was kept");
    kept_fails("civic-rules 1 000000000000 0\n", "damaged");
    kept_fails("civic-rules 1 000000000000 17\n", "damaged");
    kept_fails("civic-rules 1 000000000000 1\nt.lua -1\nreturn {}\n",
               "damaged");
    kept_fails("civic-rules 1 000000000000 2\nt.lua 9\nreturn {}\n"
               "../x.lua 9\nreturn {}\n", "damaged");
    kept_fails("civic-rules 1 000000000000 3\nt.lua 9\nreturn {}\n"
               "lib/x.lua 9\nreturn {}\nlib/x.lua 9\nreturn {}\n", "damaged");
    kept_fails("local rules = {}\nreturn rules\n", "damaged");
    kept_fails("", "damaged");
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(keeps_it_whole),
        cmocka_unit_test(follows_no_link),
        cmocka_unit_test(says_when_it_cannot),
        cmocka_unit_test(refuses_what_is_damaged),
        cmocka_unit_test(reads_nothing_else)
    };

    return cmocka_run_group_tests(tests, make_folder, remove_tree);
}
