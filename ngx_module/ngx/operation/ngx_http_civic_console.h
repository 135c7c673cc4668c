/*
 * ngx_http_civic_console.h - pages for operators, written part by part.
 *
 *   ngx_http_civic_console.c          which pages there are, and a page's life
 *   ngx_http_civic_console_status.c   status
 *   ngx_http_civic_console_metrics.c  metrics
 */

#ifndef NGX_HTTP_CIVIC_CONSOLE_H
#define NGX_HTTP_CIVIC_CONSOLE_H

#include "ngx_http_civic.h"
#include "ngx_http_civic_large.h"

#define NGX_HTTP_CIVIC_PART_DONE  ((ngx_uint_t) -1)

typedef struct ngx_http_civic_page_s  ngx_http_civic_page_t;
typedef struct ngx_http_civic_page_def_s  ngx_http_civic_page_def_t;

/* Writes a part from this item on, as much as a turn of the loop may take.
   The item to go on with, or PART_DONE. */
typedef ngx_uint_t (*ngx_http_civic_part_pt)(ngx_http_civic_page_t *page,
    ngx_uint_t item);

struct ngx_http_civic_page_s {
    const ngx_http_civic_page_def_t  *def;
    ngx_http_request_t               *http;
    civic_arena_t                    *arena;    /* nginx's pool destroys it */
    ngx_http_civic_large_t           *large;

    const ngx_http_civic_part_pt     *part;     /* the next of the list */
    ngx_uint_t                        item;
    ngx_event_t                       event;    /* goes on in the next turn */

    /* what it is: one of the two */
    civic_writer_t                    json;
    civic_metrics_t                   metrics;
};

/* Ended by NULL. */
extern const ngx_http_civic_part_pt  ngx_http_civic_status_parts[];
extern const ngx_http_civic_part_pt  ngx_http_civic_metrics_parts[];

/* ngx_http_civic_jobs_status.c: parts, too. */
ngx_uint_t ngx_http_civic_jobs_write(civic_writer_t *w, ngx_uint_t item);
ngx_uint_t ngx_http_civic_jobs_metrics(civic_metrics_t *m, ngx_uint_t item);

#endif /* NGX_HTTP_CIVIC_CONSOLE_H */
