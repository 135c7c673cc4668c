/*
 * built.h - where the tests find what was built.
 */

#ifndef BUILT_H
#define BUILT_H

#include <stdio.h>
#include <stdlib.h>

/* A path below the build folder ("plugins/hello.so"), in one of a few
   buffers that take turns; CIVIC_BUILD names the folder, if not "build". */
static inline const char *
built(const char *name)
{
    static char      paths[8][512];
    static unsigned  turn;

    char        *path = paths[turn++ % 8];
    const char  *build = getenv("CIVIC_BUILD");

    snprintf(path, sizeof(paths[0]), "%s/%s", build != NULL ? build : "build",
             name);

    return path;
}

#endif
