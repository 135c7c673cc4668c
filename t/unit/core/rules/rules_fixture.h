/*
 * rules_fixture.h - rule files written by a test: loads a text as "t.lua".
 */

#ifndef RULES_FIXTURE_H
#define RULES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules.h"

static char             folder[] = "/tmp/civic-rules-XXXXXX";
static char             path[64];
static civic_failure_t  failure;


static inline int
make_folder(void **state)
{
    (void) state;

    if (mkdtemp(folder) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/t.lua", folder);

    return 0;
}

static inline int
remove_folder(void **state)
{
    (void) state;

    unlink(path);

    return rmdir(folder);
}

static inline civic_rules_t *
load_bytes(const char *text, size_t len)
{
    FILE  *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    failure.text[0] = '\0';

    return civic_rules_load(path, NULL, 0, &failure);
}

static inline civic_rules_t *
load(const char *text)
{
    return load_bytes(text, strlen(text));
}

static inline civic_rules_t *
loaded(const char *text)
{
    civic_rules_t  *rules = load(text);

    if (rules == NULL) {
        fail_msg("%s", failure.text);
    }

    return rules;
}

static inline void
says(const char *why)
{
    if (strstr(failure.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, why);
    }
}

/* The file is refused with such a text. */
static inline void
load_fails(const char *text, const char *why)
{
    assert_null(load(text));
    says(why);
}

/* A file whose function f has this body; in is its input. */
static inline civic_rules_t *
loaded_body(const char *body)
{
    static char  text[65536];

    snprintf(text, sizeof(text), "local rules = {}\n"
             "function rules.f(input)\n%s\nend\n"
             "function rules.fine() return { fine = true } end\n"
             "return rules\n", body);

    return loaded(text);
}

static inline void
still_works(civic_rules_t *rules)
{
    json_t  *out;

    if (civic_rules_call(rules, "fine", NULL, &out, &failure) != 0) {
        fail_msg("does not work any more: %s", failure.text);
    }

    assert_true(json_is_true(json_object_get(out, "fine")));
    json_decref(out);
}

static inline json_t *
read_input(const char *input)
{
    return input == NULL ? NULL : json_loads(input, JSON_ALLOW_NUL, NULL);
}

/* What f answers, as compact JSON with sorted keys, is this. */
static inline void
answers(const char *body, const char *input, const char *expected)
{
    char           *text;
    json_t         *in = read_input(input);
    json_t         *out;
    civic_rules_t  *rules = loaded_body(body);

    if (civic_rules_call(rules, "f", in, &out, &failure) != 0) {
        fail_msg("%s: %s", body, failure.text);
    }

    text = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, expected);

    free(text);
    json_decref(out);
    json_decref(in);
    civic_rules_free(rules);
}

/* f fails so, three times alike, and another function still works. */
static inline void
fails_with(const char *body, const char *input, const char *why)
{
    int             i;
    json_t         *in = read_input(input);
    json_t         *out;
    civic_rules_t  *rules = loaded_body(body);

    for (i = 0; i < 3; i++) {
        if (civic_rules_call(rules, "f", in, &out, &failure) == 0) {
            fail_msg("did not fail: %s", body);
        }

        assert_null(out);
        says(why);
        says("t.lua:");
        still_works(rules);
    }

    json_decref(in);
    civic_rules_free(rules);
}

/* Milliseconds of this thread. */
static inline double
cpu_ms(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

#endif
