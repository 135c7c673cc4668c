/*
 * exam_world.h - what the tests of the plugin "exam" stand on: it, and a
 * plugin that asks its calls.
 */

#ifndef EXAM_WORLD_H
#define EXAM_WORLD_H

#include "world.h"


static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/exam.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis", .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


/* What a call of the plugin answers; takes over the reference to in. */
static json_t *
answer_of(const char *name, json_t *in)
{
    json_t  *answer = asked(h, "exam", name, in);

    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     CIVIC_OK);

    return json_object_get(answer, "out");
}

#endif
