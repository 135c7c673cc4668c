/*
 * routes.h - the interface of docs/media-engine.md: a request, an answer.
 *
 * Knows no socket.  One thread; nothing is kept between calls.
 */

#ifndef MEDIA_ROUTES_H
#define MEDIA_ROUTES_H

#include "jpeg_read.h"
#include "request.h"

/* The most bytes of a body that may be worth reading; 0: none. */
size_t routes_body(const char *method, const char *path,
    const jpeg_limits_t *limits);

/* The path as a log line may have it: ours, or "-". */
const char *routes_name(const char *path);

/* Who has the answer frees it with answer_free(). */
void routes_answer(const request_t *request, const jpeg_limits_t *limits,
    answer_t *answer);

#endif
