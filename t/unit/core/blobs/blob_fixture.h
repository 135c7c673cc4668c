/*
 * blob_fixture.h - a folder of blobs for each test, made before it and
 * removed after it.
 */

#ifndef BLOB_FIXTURE_H
#define BLOB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob.h"

static char  folder[64];


static int
setup(void **state)
{
    (void) state;

    snprintf(folder, sizeof(folder), "/tmp/civic-blob-test.XXXXXX");

    return mkdtemp(folder) == NULL ? -1 : civic_blob_folder_make(folder);
}


static void
shell(const char *fmt, ...)
{
    char     command[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(command, sizeof(command), fmt, args);
    va_end(args);

    assert_int_equal(system(command), 0);
}


static int
teardown(void **state)
{
    (void) state;

    shell("rm -rf %s", folder);

    return 0;
}


static unsigned __attribute__((unused))
files_below(const char *path)
{
    char      command[256];
    FILE     *pipe;
    unsigned  count = 0;

    snprintf(command, sizeof(command), "find %s/%s -type f | wc -l", folder,
             path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);

    return count;
}


#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
