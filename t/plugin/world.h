/*
 * world.h - what most tests of plugins begin with: cmocka, and one fake host
 * for all tests of a file.  The file's own setup() starts it.
 */

#ifndef WORLD_H
#define WORLD_H

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

#define UNUSED  __attribute__((unused))

static fake_host_t  *h;


/* With a plugin of these tests' own, and its rules and scripts. */
UNUSED static fake_host_t *
start_fixture(const char *name)
{
    char  path[128];

    (void) snprintf(path, sizeof(path), "t/plugin/fixtures/%s.so", name);

    return fake_host_start(&(fake_host_config_t) {
        .plugin = built(path),
        .rules_dir = "t/plugin/fixtures/rules",
        .scripts_dir = "t/plugin/fixtures/redis",
    });
}


static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}

#endif
