/*
 * print.h - POST /v1/documents: a form with a drawing list and the pictures
 * that it names; see docs/media-engine.md.
 */

#ifndef MEDIA_PRINT_H
#define MEDIA_PRINT_H

#include "jpeg_read.h"
#include "request.h"

/* The most bytes of a body. */
size_t print_body(const jpeg_limits_t *limits);

extern const char *const  print_query[];

void print_answer(const request_t *request, const jpeg_limits_t *limits,
    answer_t *answer);

#endif
