/*
 * pages.c - pages that were made, for two seconds: in the last hour everybody
 * looks for the same positions.
 *
 * A place for each name's digest, and no more: a page takes the place of
 * another.  When a page is too old, the first who asks makes it anew, and
 * until then the others get the old one.
 */

#include <stdlib.h>

#include "exam.h"

#define PLACES   1024                   /* a power of two */
#define LARGEST  (128 * 1024)           /* bytes of a page that is kept */
#define MEMORY   (8 * 1024 * 1024)      /* of all */

typedef struct {
    char          *name;
    size_t         name_len;
    char          *body;
    size_t         len;
    civic_msec_t   until;
} page_t;

struct exam_pages_s {
    page_t   pages[PLACES];
    size_t   memory;
    size_t   next;                      /* whose turn it is to go */
};


exam_pages_t *
exam_pages_create(void)
{
    return calloc(1, sizeof(exam_pages_t));
}


static void
forget(exam_pages_t *pages, page_t *page)
{
    pages->memory -= page->name_len + page->len;
    free(page->name);
    free(page->body);
    memset(page, 0, sizeof(*page));
}


void
exam_pages_destroy(exam_pages_t *pages)
{
    size_t  i;

    for (i = 0; pages != NULL && i < PLACES; i++) {
        forget(pages, &pages->pages[i]);
    }

    free(pages);
}


/* FNV-1a. */
static page_t *
place_of(civic_request_t *r, civic_str_t name)
{
    size_t         i;
    uint64_t       hash = UINT64_C(0xcbf29ce484222325);
    exam_pages_t  *pages = ((exam_worker_t *) civic_state(r))->pages;

    for (i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char) name.data[i])
               * UINT64_C(0x100000001b3);
    }

    return &pages->pages[(hash ^ hash >> 32) & (PLACES - 1)];
}


int
exam_page_find(civic_request_t *r, civic_str_t name, civic_str_t *body)
{
    char          *copy;
    page_t        *page = place_of(r, name);
    civic_msec_t   now = civic_now(r);

    if (page->name == NULL
        || !civic_str_eq((civic_str_t) { page->name, page->name_len }, name))
    {
        return 0;
    }

    /* a clock that was put back makes no page live longer */
    if (now >= page->until || page->until - now > EXAM_PAGE) {
        page->until = now + EXAM_PAGE;
        return 0;
    }

    copy = civic_alloc(r, page->len);
    memcpy(copy, page->body, page->len);
    *body = (civic_str_t) { copy, page->len };
    civic_count(r, EXAM_PAGES_SERVED, 1);

    return 1;
}


void
exam_page_keep(civic_request_t *r, civic_str_t name, civic_str_t body)
{
    page_t         fresh = { .name_len = name.len, .len = body.len };
    page_t        *page = place_of(r, name);
    exam_pages_t  *pages = ((exam_worker_t *) civic_state(r))->pages;

    civic_count(r, EXAM_PAGES_MADE, 1);
    forget(pages, page);

    if (body.len > LARGEST) {
        return;
    }

    while (pages->memory + name.len + body.len > MEMORY) {
        forget(pages, &pages->pages[pages->next++ & (PLACES - 1)]);
    }

    fresh.name = malloc(name.len + 1);
    fresh.body = malloc(body.len + 1);

    if (fresh.name == NULL || fresh.body == NULL) {
        free(fresh.name);
        free(fresh.body);
        return;
    }

    memcpy(fresh.name, name.data, name.len);
    memcpy(fresh.body, body.data, body.len);
    fresh.until = civic_now(r) + EXAM_PAGE;
    pages->memory += name.len + body.len;
    *page = fresh;
}
