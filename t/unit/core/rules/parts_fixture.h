/*
 * parts_fixture.h - rule files with parts beside them, in a folder of a
 * test's own: t.lua, t/..., lib/...
 */

#ifndef PARTS_FIXTURE_H
#define PARTS_FIXTURE_H

#include "rules_fixture.h"

static inline const char *
place(const char *name)
{
    static char  full[256];

    snprintf(full, sizeof(full), "%s/%s", folder, name);

    return full;
}

static inline void
put(const char *name, const char *text)
{
    FILE  *file;

    mkdir(place("lib"), 0755);
    mkdir(place("t"), 0755);

    file = fopen(place(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline int
remove_tree(void **state)
{
    char  command[128];

    (void) state;

    snprintf(command, sizeof(command), "rm -rf %s", folder);

    return system(command) == 0 ? 0 : -1;
}

/* What f answers, as compact JSON with sorted keys. */
static inline void
f_answers(civic_rules_t *rules, const char *expected)
{
    char    *text;
    json_t  *out;

    if (civic_rules_call(rules, "f", NULL, &out, &failure) != 0) {
        fail_msg("%s", failure.text);
    }

    text = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
    free(text);
    json_decref(out);
}

#endif
