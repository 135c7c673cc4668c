/*
 * exam.h - what the files of the plugin "exam" share.
 *
 * Each worker keeps the exams that it uses: facts, and an index to search the
 * positions, made on a work thread.  Whoever uses one holds it, so that a
 * newer revision changes nothing under a request's feet.
 */

#ifndef EXAM_H
#define EXAM_H

#include "civic_plugin.h"
#include "exam_index.h"

#define EXAM_LIST        "civic:{exams}"
#define EXAM_CHANGED     "changed"      /* the outbox, and its job */
#define EXAM_SHARDS      4

#define EXAM_LOOK        1000           /* ms between two looks at Redis */
#define EXAM_PAGE        2000           /* ms that a page is served */
#define EXAM_MOST        50             /* positions of a page */
#define EXAM_USUAL       20
#define EXAM_LISTED      32             /* exams of a page: what is made of
                                           them takes half a turn */

enum {
    EXAM_LOADED,
    EXAM_UNREADABLE,
    EXAM_PAGES_MADE,
    EXAM_PAGES_SERVED,
    EXAM_TOLD,
    EXAM_SET_ASIDE
};

/* An exam in one revision.  Held by the store and by requests. */
typedef struct {
    civic_exam_index_t  *index;
    char                *shown;         /* JSON members of its page */
    size_t               shown_len;
    int64_t              revision;
    unsigned             holders;
} exam_t;

typedef struct exam_store_s  exam_store_t;
typedef struct exam_pages_s  exam_pages_t;

/* What the list of exams says of one. */
typedef struct {
    civic_str_t           id;
    civic_msec_t          until;        /* the latest end of a window, by which
                                           the list is ordered; 0: damaged */
    json_t               *entry;        /* exam_id, title, revision, windows: a
                                           new reference; NULL: damaged */
    civic_exam_window_t   windows[CIVIC_EXAM_WINDOWS];
} exam_listed_t;

/* Some of the list, in its order. */
typedef struct {
    civic_msec_t    now;                /* business time that it is of */
    exam_listed_t  *exams;
    size_t          count;
    civic_str_t     after;              /* where the next begin; empty: these
                                           are the last */
} exam_list_t;

typedef struct {
    exam_store_t  *store;
    exam_pages_t  *pages;
    uint64_t       mended;              /* how far the order was, by HSCAN */
} exam_worker_t;


/* ---- keys (keys.c) ----------------------------------------------------- */

/* "civic:{exam:<id>}:<name>" */
civic_str_t exam_key(civic_request_t *r, civic_str_t id, const char *name);
civic_str_t exam_positions_key(civic_request_t *r, civic_str_t id,
    int64_t revision);


/* ---- what a worker keeps (store.c, load.c) ----------------------------- */

exam_store_t *exam_store_create(void);
void exam_store_destroy(exam_store_t *store);

/* The newest revision, as it was known within the last second; loads it, or
   waits for who loads it.  CIVIC_NOT_FOUND: there is no such exam.  What was
   held is given back by exam_release() in every case. */
civic_result_t exam_hold(civic_request_t *r, civic_str_t id, exam_t **exam);
void exam_release(civic_request_t *r, exam_t *exam);

/* Reads a revision from Redis and makes it ready.  *revision is what was
   found; 0: there is no exam.  CIVIC_INVALID: it cannot be read, and the log
   says why. */
civic_result_t exam_load(civic_request_t *r, civic_str_t id, exam_t **exam,
    int64_t *revision);
civic_result_t exam_revision(civic_request_t *r, civic_str_t id,
    int64_t *revision);
void exam_destroy(exam_t *exam);


/* ---- pages that were made (pages.c) ------------------------------------ */

exam_pages_t *exam_pages_create(void);
void exam_pages_destroy(exam_pages_t *pages);

/* A page of this name; 0 if there is none, or it is too old: the caller makes
   it, and who asks meanwhile gets the old one.  A copy in the request's
   memory. */
int exam_page_find(civic_request_t *r, civic_str_t name, civic_str_t *body);
void exam_page_keep(civic_request_t *r, civic_str_t name, civic_str_t body);

#define EXAM_JSON  "application/json"


/* ---- states in words (states.c) ---------------------------------------- */

typedef struct {
    const char  *code;
    const char  *zh;
    const char  *en;
} exam_state_t;

const exam_state_t *exam_state(const civic_exam_window_t *windows,
    civic_msec_t now);

/* The codes that exam_state() may give, NULL-terminated. */
extern const char *const  exam_states[];
extern const char *const  exam_window_states[];

/* {"registration": {from, until, state}, ...}; a new reference. */
json_t *exam_windows(json_t *windows, const civic_exam_window_t *spans,
    civic_msec_t now);

/* From the texts of a file; 0, or -1. */
int exam_spans(json_t *windows, civic_exam_window_t *spans);


/* ---- all exams (order.c) ------------------------------------------------ */

/* The list, from a place on; empty: from the first.  At first those that are
   not over, what ends first at the top; then those that are, the last one
   first. */
civic_result_t exam_list_read(civic_request_t *r, civic_str_t after,
    size_t limit, exam_list_t *list);

/* Enters a revision into the list, if it is newer. */
civic_result_t exam_order_enter(civic_request_t *r, civic_str_t id,
    int64_t revision, civic_str_t listing);

/* Of all exams, however many, those from a cursor of HSCAN on: {exams:
   [{exam_id, until}], cursor}. */
civic_result_t exam_part(civic_request_t *r, civic_str_t cursor,
    json_t **out);


/* ---- the rest ---------------------------------------------------------- */

civic_result_t exam_list_route(civic_request_t *r);
civic_result_t exam_show_route(civic_request_t *r);
civic_result_t exam_positions_route(civic_request_t *r);
civic_result_t exam_position_route(civic_request_t *r);

civic_result_t exam_call_facts(civic_request_t *r, json_t *in, json_t **out);
civic_result_t exam_call_position(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t exam_call_list(civic_request_t *r, json_t *in, json_t **out);
civic_result_t exam_call_part(civic_request_t *r, json_t *in, json_t **out);

civic_result_t exam_changed_run(civic_request_t *r, const civic_job_t *job);

#endif
