/*
 * ngx_http_civic_outbox.h - what the files about outboxes share.
 */

#ifndef NGX_HTTP_CIVIC_OUTBOX_H
#define NGX_HTTP_CIVIC_OUTBOX_H

#include "ngx_http_civic.h"
#include "outbox.h"

/* Asked about at once: a node takes a tenth of a ms for them. */
#define NGX_HTTP_CIVIC_OUTBOX_MANY  256

/* ngx_http_civic_outbox_filled.c: on the fiber.  Adds to filled those of the
   numbers (at most MANY) whose outbox of that name is not known to be empty.
   The arena is for what is asked and answered. */
civic_result_t ngx_http_civic_outbox_filled(ngx_http_civic_request_t *cr,
    civic_arena_t *arena, const char *name, const unsigned *numbers,
    size_t count, civic_outbox_notes_t *filled);

#endif /* NGX_HTTP_CIVIC_OUTBOX_H */
