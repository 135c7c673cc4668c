/*
 * exam_world.h - what the tests of the plugin "exam" stand on: it, and a
 * plugin that asks its calls.
 */

#ifndef EXAM_WORLD_H
#define EXAM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "checked.h"
#include "fake_host.h"

static fake_host_t  *h;


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


static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
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
