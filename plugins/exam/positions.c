/*
 * positions.c - GET /exam/exams/{exam_id}/positions: a page of those that are
 * looked for, with how many have applied; and one position.
 *
 * What everybody looks for is made once in two seconds.  A search that takes
 * long goes on on a thread.
 */

#include <stdio.h>

#include "exam.h"
#include "values.h"

#define INLINE   4000                   /* positions looked at on the loop:
                                           a fifth of a millisecond */
#define NUMBER   32                     /* bytes of a count and its name */
#define NO_COUNT  (-1)

typedef struct {
    civic_str_t           exam_id;
    civic_str_t           q;
    civic_str_t           unit;
    civic_str_t           after;
    size_t                limit;
    exam_t               *exam;
    civic_exam_search_t  *search;
    uint32_t              found[EXAM_MOST + 1];
    size_t                count;
    int                   more;
    int64_t               applicants[EXAM_MOST];
    int                   counted;      /* as it stands, or nobody counts */
} search_t;


/* ---- how many have applied --------------------------------------------- */

static json_t *
codes_of(const search_t *s)
{
    size_t   i;
    json_t  *codes = json_array();

    for (i = 0; i < s->count; i++) {
        (void) json_array_append_new(codes,
            json_string(civic_exam_index_code(s->exam->index, s->found[i])));
    }

    return codes;
}


/* A page without counts is better than none; who is switched off answers for
   the request, as the host says. */
static civic_result_t
count(civic_request_t *r, search_t *s)
{
    size_t           i;
    json_t          *out, *number, *counts;
    civic_result_t   rc;

    for (i = 0; i < s->count; i++) {
        s->applicants[i] = NO_COUNT;
    }

    s->counted = 1;

    if (s->count == 0) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "review.counts",
                    json_pack("{s:s%, s:o}", "exam_id", s->exam_id.data,
                              s->exam_id.len, "codes", codes_of(s)), &out);

    if (rc != CIVIC_OK) {
        s->counted = rc == CIVIC_NOT_FOUND;
        return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
    }

    counts = json_object_get(out, "counts");

    for (i = 0; i < s->count && json_array_size(counts) == s->count; i++) {
        number = json_array_get(counts, i);
        s->applicants[i] = json_is_integer(number)
                           && json_integer_value(number) >= 0
                           ? json_integer_value(number) : NO_COUNT;
    }

    return CIVIC_OK;
}


/* ---- looking ----------------------------------------------------------- */

static void
go_on(void *data)
{
    search_t  *s = data;

    while (s->count <= s->limit && !s->search->done) {
        s->count += civic_exam_search_next(s->search, s->found + s->count,
                                           s->limit + 1 - s->count, INLINE);
    }
}


/* One more than the page has, to know whether there are more. */
static civic_result_t
look(civic_request_t *r, search_t *s)
{
    civic_result_t  rc = CIVIC_OK;

    s->count = civic_exam_search_next(s->search, s->found, s->limit + 1,
                                      INLINE);

    if (s->count <= s->limit && !s->search->done) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, go_on, s);
    }

    s->more = s->count > s->limit;
    s->count -= (size_t) s->more;

    return rc;
}


/* ---- the page ---------------------------------------------------------- */

/* A position as it is kept, with its count before the last brace. */
static char *
put_position(char *p, const search_t *s, size_t i)
{
    size_t       len;
    const char  *text;

    text = civic_exam_index_text(s->exam->index, s->found[i], &len);
    memcpy(p, text, len);
    p += len;

    if (s->applicants[i] != NO_COUNT) {
        p--;
        p += snprintf(p, NUMBER, ",\"applicants\":%lld}",
                      (long long) s->applicants[i]);
    }

    return p;
}


static civic_str_t
body_of(civic_request_t *r, const search_t *s)
{
    char         *body, *p;
    size_t        i, len = 512;
    size_t        one;

    for (i = 0; i < s->count; i++) {
        (void) civic_exam_index_text(s->exam->index, s->found[i], &one);
        len += one + NUMBER + 1;
    }

    body = civic_alloc(r, len);
    p = body + snprintf(body, len, "{\"exam_id\":\"%.*s\",\"revision\":%lld,"
                        "\"total\":%zu,\"positions\":[",
                        (int) s->exam_id.len, s->exam_id.data,
                        (long long) s->exam->revision,
                        civic_exam_index_count(s->exam->index));

    for (i = 0; i < s->count; i++) {
        if (i > 0) {
            *p++ = ',';
        }

        p = put_position(p, s, i);
    }

    *p++ = ']';

    if (s->more) {
        p += snprintf(p, 64, ",\"after\":\"%s\"",
                      civic_exam_index_code(s->exam->index,
                                            s->found[s->count - 1]));
    }

    *p++ = '}';

    return (civic_str_t) { body, (size_t) (p - body) };
}


static civic_result_t
make_page(civic_request_t *r, search_t *s, civic_str_t name)
{
    civic_str_t     body;
    civic_result_t  rc;

    rc = look(r, s);

    if (rc == CIVIC_OK) {
        rc = count(r, s);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    body = body_of(r, s);

    if (s->counted) {
        exam_page_keep(r, name, body);
    }

    return civic_reply_bytes(r, 200, EXAM_JSON, body);
}


static civic_result_t
not_a_query(civic_request_t *r)
{
    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields", .nerrors = 1,
        .errors = &(civic_field_error_t) { "?q", "exam_query", NULL } });
}


static civic_result_t
search(civic_request_t *r, search_t *s)
{
    civic_str_t  body, name;

    s->search = civic_alloc(r, sizeof(civic_exam_search_t));

    if (civic_exam_search_begin(s->search, s->exam->index, s->q.data,
                                s->q.len, s->unit.data, s->unit.len,
                                s->after.data, s->after.len) != 0)
    {
        return not_a_query(r);
    }

    /* no text of a query has a line break: it is for a name's parts */
    name = civic_print(r, "%.*s\n%lld\n%zu\n%.*s\n%.*s\n%.*s",
                       (int) s->exam_id.len, s->exam_id.data,
                       (long long) s->exam->revision, s->limit,
                       (int) s->after.len, s->after.data,
                       (int) s->search->unit_len, s->search->unit,
                       (int) s->search->words_len, s->search->words);

    if (exam_page_find(r, name, &body)) {
        return civic_reply_bytes(r, 200, EXAM_JSON, body);
    }

    return make_page(r, s, name);
}


static civic_result_t
hold(civic_request_t *r, search_t *s)
{
    civic_result_t  rc;

    memset(s, 0, sizeof(*s));
    s->exam_id = civic_path(r, "exam_id");
    rc = exam_hold(r, s->exam_id, &s->exam);

    if (rc == CIVIC_NOT_FOUND) {
        rc = civic_problem(r, "exam_not_found");
    }

    return rc;
}


civic_result_t
exam_positions_route(civic_request_t *r)
{
    json_t          *limit, *query = civic_query(r);
    search_t        *s = civic_alloc(r, sizeof(search_t));
    civic_result_t   rc;

    rc = hold(r, s);
    if (rc != CIVIC_OK || s->exam == NULL) {
        return rc;
    }

    limit = json_object_get(query, "limit");
    s->limit = limit == NULL ? EXAM_USUAL
                             : (size_t) json_integer_value(limit);
    s->q = shared_json_str(query, "q");
    s->unit = shared_json_str(query, "unit");
    s->after = shared_json_str(query, "after");

    rc = search(r, s);
    exam_release(r, s->exam);

    return rc;
}


/* ---- one --------------------------------------------------------------- */

static civic_result_t
show_one(civic_request_t *r, search_t *s, civic_str_t code)
{
    char            *end, *p;
    size_t           len;
    int64_t          at;
    civic_str_t      name, body;
    civic_result_t   rc;

    at = civic_exam_index_find(s->exam->index, code.data, code.len);

    if (at < 0) {
        return civic_problem(r, "position_not_found");
    }

    name = civic_print(r, "%.*s\n%lld\n%.*s", (int) s->exam_id.len,
                       s->exam_id.data, (long long) s->exam->revision,
                       (int) code.len, code.data);

    if (exam_page_find(r, name, &body)) {
        return civic_reply_bytes(r, 200, EXAM_JSON, body);
    }

    s->found[0] = (uint32_t) at;
    s->count = 1;

    rc = count(r, s);
    if (rc != CIVIC_OK) {
        return rc;
    }

    (void) civic_exam_index_text(s->exam->index, s->found[0], &len);
    p = civic_alloc(r, len + NUMBER);
    end = put_position(p, s, 0);
    body = (civic_str_t) { p, (size_t) (end - p) };

    if (s->counted) {
        exam_page_keep(r, name, body);
    }

    return civic_reply_bytes(r, 200, EXAM_JSON, body);
}


civic_result_t
exam_position_route(civic_request_t *r)
{
    search_t        *s = civic_alloc(r, sizeof(search_t));
    civic_result_t   rc;

    rc = hold(r, s);
    if (rc != CIVIC_OK || s->exam == NULL) {
        return rc;
    }

    rc = show_one(r, s, civic_path(r, "code"));
    exam_release(r, s->exam);

    return rc;
}
