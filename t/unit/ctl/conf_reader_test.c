/*
 * conf_reader_test.c - nginx's configuration is read as nginx reads it.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_reader.h"

static char  dir[] = "/tmp/civic-conf-XXXXXX";
static char  path[64];


static void
write_file(const char *name, const char *text)
{
    char   full[128];
    FILE  *file;

    (void) snprintf(full, sizeof(full), "%s/%s", dir, name);
    file = fopen(full, "w");
    assert_non_null(file);
    assert_int_not_equal(fputs(text, file), EOF);
    assert_int_equal(fclose(file), 0);
}


static ctl_conf_t *
read_text(const char *text)
{
    ctl_conf_t       *conf;
    civic_failure_t   failure;

    write_file("nginx.conf", text);
    conf = ctl_conf_read(path, &failure);

    if (conf == NULL) {
        fail_msg("refused: %s", failure.text);
    }

    return conf;
}


static void
refused(const char *text, const char *why)
{
    civic_failure_t  failure;

    write_file("nginx.conf", text);
    assert_null(ctl_conf_read(path, &failure));

    if (strstr(failure.text, why) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", failure.text, why);
    }
}


static int
set_up(void **state)
{
    char  full[64];

    (void) state;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    (void) snprintf(path, sizeof(path), "%s/nginx.conf", dir);
    (void) snprintf(full, sizeof(full), "%s/more", dir);

    return mkdir(full, 0700);
}


static int
tear_down(void **state)
{
    size_t  i;
    char    full[128];
    static const char *const  names[] = {
        "nginx.conf", "a.conf", "circle.conf", "more/1.conf", "more/2.conf",
        "more"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) snprintf(full, sizeof(full), "%s/%s", dir, names[i]);
        (void) remove(full);
    }

    return rmdir(dir);
}


static void
test_words(void **state)
{
    ctl_conf_t             *conf;
    const ctl_directive_t  *d;

    (void) state;

    conf = read_text("# civic_plugin no.so;\n"
                     "user www-data;\n"
                     "http{civic_plugin a.so x=1 'y=two words' \"z=\\\"q\\\"\";"
                     "}\n"
                     "log_format f '$a # no comment; {no block}'\n"
                     "  \"second\";\n"
                     "set $x ${host}y; # a comment; }\n"
                     "a b\\;\n;regex ~ \\.php\\n$;\n");

    assert_string_equal(ctl_conf_word(conf, "user", NULL), "www-data");

    d = ctl_conf_next(conf, "civic_plugin", NULL);
    assert_non_null(d);
    assert_int_equal(d->count, 4);
    assert_int_equal(d->line, 3);
    assert_int_equal(d->depth, 1);
    assert_string_equal(d->words[2], "y=two words");
    assert_string_equal(d->words[3], "z=\"q\"");
    assert_string_equal(ctl_directive_value(d, "x", NULL), "1");
    assert_string_equal(ctl_directive_value(d, "y", NULL), "two words");
    assert_string_equal(ctl_directive_value(d, "no", "fallback"), "fallback");
    assert_null(ctl_conf_next(conf, "civic_plugin", d));

    d = ctl_conf_next(conf, "log_format", NULL);
    assert_int_equal(d->count, 3);
    assert_string_equal(d->words[1], "$a # no comment; {no block}");

    assert_string_equal(ctl_conf_next(conf, "set", NULL)->words[1],
                        "${host}y");
    assert_string_equal(ctl_conf_word(conf, "a", NULL), "b\\;");
    assert_string_equal(ctl_conf_next(conf, "regex", NULL)->words[1],
                        "\\.php\n$");
    assert_string_equal(ctl_conf_word(conf, "absent", "fallback"), "fallback");
    assert_string_equal(ctl_conf_folder(conf), dir);
    ctl_conf_free(conf);
    ctl_conf_free(NULL);
}


static void
test_blocks(void **state)
{
    ctl_conf_t             *conf;
    const ctl_directive_t  *d;

    (void) state;

    conf = read_text("http { server { location / { civic on; } } }\n"
                     "civic off;");
    d = ctl_conf_next(conf, "civic", NULL);
    assert_int_equal(d->depth, 3);
    assert_string_equal(d->words[0], "on");
    d = ctl_conf_next(conf, "civic", d);
    assert_int_equal(d->depth, 0);
    assert_string_equal(d->words[0], "off");
    ctl_conf_free(conf);
}


/* The text of Lua is not nginx's: its words must not be taken for ours. */
static void
test_lua_blocks_are_skipped(void **state)
{
    ctl_conf_t             *conf;
    const ctl_directive_t  *d;

    (void) state;

    conf = read_text("content_by_lua_block {\n"
                     "  -- it's a } comment\n"
                     "  local t = { a = '}', b = \"\\\"}\" }\n"
                     "  civic_plugin(no.so);\n"
                     "}\n"
                     "civic_plugin yes.so;\n");
    d = ctl_conf_next(conf, "civic_plugin", NULL);
    assert_non_null(d);
    assert_string_equal(d->words[0], "yes.so");
    assert_int_equal(d->line, 6);
    assert_null(ctl_conf_next(conf, "civic_plugin", d));
    ctl_conf_free(conf);
}


static void
test_includes(void **state)
{
    ctl_conf_t             *conf;
    const ctl_directive_t  *d;

    (void) state;

    write_file("a.conf", "civic_rules rules;\n");
    write_file("more/1.conf", "\ncivic_plugin one.so;\n");
    write_file("more/2.conf", "civic_plugin two.so;\n");
    conf = read_text("http {\n include a.conf;\n include more/*.conf;\n"
                     " include none/*.conf;\n}\n");

    assert_string_equal(ctl_conf_word(conf, "civic_rules", NULL), "rules");
    d = ctl_conf_next(conf, "civic_plugin", NULL);
    assert_string_equal(d->words[0], "one.so");
    assert_non_null(strstr(d->file, "/more/1.conf"));
    assert_int_equal(d->line, 2);
    assert_int_equal(d->depth, 1);
    d = ctl_conf_next(conf, "civic_plugin", d);
    assert_string_equal(d->words[0], "two.so");
    ctl_conf_free(conf);

    refused("include missing.conf;", "missing.conf: cannot be read");
    write_file("circle.conf", "include circle.conf;\n");
    refused("include circle.conf;", "circle.conf:1: over 16 includes");
    write_file("a.conf", "broken {\n");
    refused("user x;\ninclude a.conf;", "a.conf:2: the file ends within a "
            "block");
}


static void
test_broken_files(void **state)
{
    char    many[3000];
    size_t  i;

    (void) state;

    refused("user x", "nginx.conf:1: the file ends within \"user\"");
    refused("\n\nuser 'x;\n", "a quote is not closed");
    refused("http {\n\n", "nginx.conf:3: the file ends within a block");
    refused("http { } }", "unexpected \"}\"");
    refused("http { user x }", "unexpected \"}\"");
    refused(";", "unexpected \";\"");
    refused("{ }", "unexpected \"{\"");
    refused("a_by_lua_block { x = '}' ", "a block of Lua is not closed");

    for (i = 0; i < sizeof(many) - 2; i += 2) {
        many[i] = 'x';
        many[i + 1] = ' ';
    }

    many[i] = '\0';
    refused(many, "over 256 words");
}


static void
test_no_file(void **state)
{
    civic_failure_t  failure;

    (void) state;

    assert_null(ctl_conf_read("/nowhere/nginx.conf", &failure));
    assert_non_null(strstr(failure.text, "/nowhere/nginx.conf: cannot be"));
    assert_null(ctl_conf_read(dir, &failure));
    assert_non_null(strstr(failure.text, "is no regular file"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_lua_blocks_are_skipped),
        cmocka_unit_test(test_includes),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
