/*
 * list.c - all exams: what is kept of the list, GET /exam/exams, and an
 * exam's own page, GET /exam/exams/{exam_id}.
 *
 * The list is a hash that a load writes beside the exam and the job mends; it
 * is read once a second and looked through again only if it changed.
 */

#include <stdlib.h>

#include "exam.h"
#include "values.h"

#define MOST  200                       /* exams that are listed */
#define PART  "32"                      /* exams of a part of all, about: what
                                           is read of them takes a turn */


void
exam_list_clear(exam_list_t *list)
{
    json_decref(list->exams);
    free(list->all);
    list->exams = NULL;
    list->all = NULL;
    list->count = 0;
}


/* ---- from Redis -------------------------------------------------------- */

static uint64_t
digest_of(const civic_value_t *value)
{
    size_t       i, j;
    uint64_t     hash = UINT64_C(0xcbf29ce484222325);
    civic_str_t  item;

    for (i = 0; i < value->count; i++) {
        item = shared_item(value, i);

        for (j = 0; j < item.len; j++) {
            hash = (hash ^ (unsigned char) item.data[j])
                   * UINT64_C(0x100000001b3);
        }

        hash = (hash ^ 0x1ff) * UINT64_C(0x100000001b3);
    }

    return hash;
}


/* "<revision> <listing>"; a broken one is left out. */
static int
take_entry(civic_str_t id, civic_str_t text, exam_listed_t *listed)
{
    json_t      *entry, *own;
    int64_t      revision;
    const char  *space = memchr(text.data, ' ', text.len);

    if (space == NULL) {
        return -1;
    }

    revision = shared_number((civic_str_t) {
                                 text.data, (size_t) (space - text.data) }, 0);
    entry = json_loadb(space + 1,
                       text.len - (size_t) (space + 1 - text.data), 0, NULL);
    own = json_object_get(entry, "exam_id");

    if (revision == 0 || !json_is_string(own)
        || !civic_str_eq(civic_cstr(json_string_value(own)), id)
        || !json_is_object(json_object_get(entry, "title"))
        || exam_spans(json_object_get(entry, "windows"), listed->windows)
           != 0)
    {
        json_decref(entry);
        return -1;
    }

    (void) json_object_set_new(entry, "revision", json_integer(revision));
    listed->entry = entry;

    return 0;
}


/* What begins later stands first. */
static int
compare(const void *a, const void *b)
{
    int64_t  one, two;

    one = ((const exam_listed_t *) a)->windows[CIVIC_EXAM_REGISTRATION].from;
    two = ((const exam_listed_t *) b)->windows[CIVIC_EXAM_REGISTRATION].from;

    if (one != two) {
        return one > two ? -1 : 1;
    }

    return strcmp(json_string_value(json_object_get(
                      ((const exam_listed_t *) a)->entry, "exam_id")),
                  json_string_value(json_object_get(
                      ((const exam_listed_t *) b)->entry, "exam_id")));
}


static civic_result_t
take_list(civic_request_t *r, const civic_value_t *value, exam_list_t *list)
{
    size_t          i, n = 0;
    json_t         *exams = json_array();
    exam_listed_t  *all = calloc(value->count / 2 + 1, sizeof(exam_listed_t));

    if (all == NULL || exams == NULL) {
        free(all);
        json_decref(exams);
        return CIVIC_ERROR;
    }

    for (i = 0; i + 1 < value->count && n < MOST; i += 2) {
        if (take_entry(shared_item(value, i), shared_item(value, i + 1),
                       &all[n]) == 0)
        {
            n++;
            continue;
        }

        civic_log(r, CIVIC_LOG_ERROR, "\"%.*s\" in " EXAM_LIST " is no entry "
                  "of an exam", (int) shared_item(value, i).len,
                  shared_item(value, i).data);
    }

    qsort(all, n, sizeof(exam_listed_t), compare);

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(exams, all[i].entry);
    }

    exam_list_clear(list);
    list->exams = exams;
    list->all = all;
    list->count = n;

    return CIVIC_OK;
}


civic_result_t
exam_list(civic_request_t *r, exam_list_t **out)
{
    uint64_t              digest;
    exam_list_t          *list = &((exam_worker_t *) civic_state(r))->list;
    civic_msec_t          now = civic_now(r), age = now - list->looked_at;
    civic_result_t        rc;
    const civic_value_t  *value;

    *out = list;

    if (list->exams != NULL && age >= 0 && age < EXAM_LOOK) {
        return CIVIC_OK;
    }

    list->looked_at = now;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"),
                                   CIVIC_STR(EXAM_LIST)), &value);
    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_ARRAY) {
        return rc != CIVIC_ABORTED && list->exams != NULL ? CIVIC_OK : rc;
    }

    digest = digest_of(value);

    if (list->exams != NULL && list->digest == digest) {
        return CIVIC_OK;
    }

    list->digest = digest;

    return take_list(r, value, list);
}


/* ---- all of them, in parts --------------------------------------------- */

/* {exam_id, until}: the latest end of a window, 0 if it cannot be read. */
static json_t *
part_entry(civic_str_t id, civic_str_t text)
{
    size_t         i;
    civic_msec_t   until = 0;
    exam_listed_t  listed;

    if (take_entry(id, text, &listed) == 0) {
        json_decref(listed.entry);

        for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
            if (listed.windows[i].until > until) {
                until = listed.windows[i].until;
            }
        }
    }

    return json_pack("{s:s%, s:I}", "exam_id", id.data, id.len, "until",
                     (json_int_t) until);
}


civic_result_t
exam_part(civic_request_t *r, civic_str_t cursor, json_t **out)
{
    size_t                i;
    json_t               *exams;
    civic_str_t           next;
    civic_result_t        rc;
    const civic_value_t  *value, *pairs;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"), CIVIC_STR(EXAM_LIST),
                                   cursor, CIVIC_STR("COUNT"),
                                   CIVIC_STR(PART)), &value);

    if (rc != CIVIC_OK || value->count != 2
        || value->items[1].type != CIVIC_VALUE_ARRAY)
    {
        return rc != CIVIC_OK ? rc : CIVIC_ERROR;
    }

    next = shared_item(value, 0);
    pairs = &value->items[1];
    exams = json_array();

    for (i = 0; i + 1 < pairs->count; i += 2) {
        (void) json_array_append_new(exams,
                                     part_entry(shared_item(pairs, i),
                                                shared_item(pairs, i + 1)));
    }

    *out = json_pack("{s:o, s:s%}", "exams", exams, "cursor", next.data,
                     next.len);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- routes ------------------------------------------------------------ */

civic_result_t
exam_reply_tree(civic_request_t *r, json_t *tree)
{
    char         *text = tree == NULL ? NULL : json_dumps(tree, JSON_COMPACT);
    civic_str_t   body;

    json_decref(tree);

    if (text == NULL) {
        return CIVIC_ERROR;
    }

    body = civic_print(r, "%s", text);
    free(text);

    return civic_reply_bytes(r, 200, EXAM_JSON, body);
}


static void
set_state(json_t *object, const civic_exam_window_t *windows,
    civic_msec_t now)
{
    const exam_state_t  *state = exam_state(windows, now);

    (void) json_object_set_new(object, "state", json_string(state->code));
    (void) json_object_set_new(object, "state_text",
                               json_pack("{s:s, s:s}", "zh", state->zh, "en",
                                         state->en));
}


civic_result_t
exam_list_route(civic_request_t *r)
{
    size_t           i;
    json_t          *exams, *shown;
    exam_list_t     *list;
    civic_msec_t     now = civic_business_now(r);
    civic_result_t   rc;

    rc = exam_list(r, &list);
    if (rc != CIVIC_OK) {
        return rc;
    }

    exams = json_array();

    for (i = 0; i < list->count; i++) {
        shown = json_copy(list->all[i].entry);
        (void) json_object_set_new(shown, "windows",
            exam_windows(json_object_get(list->all[i].entry, "windows"),
                         list->all[i].windows, now));
        set_state(shown, list->all[i].windows, now);
        (void) json_array_append_new(exams, shown);
    }

    return exam_reply_tree(r, json_pack("{s:o}", "exams", exams));
}


/* What moves with the clock, and then what was made when it was loaded. */
static civic_str_t
page_of(civic_request_t *r, const exam_t *exam, civic_msec_t now)
{
    char                *head;
    json_t              *tree;
    civic_str_t          body;
    const civic_exam_t  *facts = civic_exam_index_exam(exam->index);

    tree = json_pack("{s:s, s:I, s:o}", "exam_id", facts->id, "revision",
                     (json_int_t) exam->revision, "windows",
                     exam_windows(json_object_get(facts->facts, "windows"),
                                  facts->windows, now));
    set_state(tree, facts->windows, now);
    head = json_dumps(tree, JSON_COMPACT);
    json_decref(tree);

    body = head == NULL ? (civic_str_t) { NULL, 0 }
         : civic_print(r, "%.*s,%s", (int) strlen(head) - 1, head,
                       exam->shown + 1);
    free(head);

    return body;
}


civic_result_t
exam_show_route(civic_request_t *r)
{
    exam_t          *exam;
    civic_str_t      body;
    civic_result_t   rc;

    rc = exam_hold(r, civic_path(r, "exam_id"), &exam);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND ? civic_problem(r, "exam_not_found")
                                     : rc;
    }

    body = page_of(r, exam, civic_business_now(r));
    exam_release(r, exam);

    return body.data == NULL ? CIVIC_ERROR
                             : civic_reply_bytes(r, 200, EXAM_JSON, body);
}
