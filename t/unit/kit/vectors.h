/*
 * vectors.h - opens a file of t/vectors for a test.
 *
 * Tests run from the top of the tree; CIVIC_VECTORS names another place.
 */

#ifndef CIVIC_TEST_VECTORS_H
#define CIVIC_TEST_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

static inline json_t *
test_vectors(const char *name)
{
    char          path[512];
    json_t       *json;
    const char   *dir = getenv("CIVIC_VECTORS");
    json_error_t  error;

    snprintf(path, sizeof(path), "%s/%s", dir == NULL ? "t/vectors" : dir,
             name);

    json = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (json == NULL) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        exit(1);
    }

    return json;
}

#endif
