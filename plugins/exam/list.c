/*
 * list.c - the exams, for whoever looks: GET /exam/exams, a page of them in
 * their order; an exam's own page, GET /exam/exams/{exam_id}; and the call
 * "exam.list".
 *
 * A page is made once in two seconds (pages.c), for the first hour of a
 * registration brings everybody here.
 */

#include <stdlib.h>

#include "exam.h"
#include "values.h"


static size_t
limit_of(json_t *object, size_t usual)
{
    return (size_t) shared_rule_number(object, "limit", (int64_t) usual, 1,
                                       EXAM_LISTED);
}


/* Members "exams" and, if there is more, "after"; takes the array over. */
static json_t *
list_tree(const exam_list_t *list, json_t *exams)
{
    json_t  *tree = json_pack("{s:o}", "exams", exams);

    if (tree != NULL && list->after.len > 0) {
        (void) json_object_set_new(tree, "after",
                                   json_stringn(list->after.data,
                                                list->after.len));
    }

    return tree;
}


/* ---- the call ---------------------------------------------------------- */

/* Instants as numbers, as exam.facts has them. */
static void
add_instants(json_t *windows, const civic_exam_window_t *spans)
{
    int      i;
    json_t  *window;

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = json_object_get(windows, civic_exam_window_name(i));

        if (window != NULL) {
            (void) json_object_set_new(window, "from_ms",
                                       json_integer(spans[i].from));
            (void) json_object_set_new(window, "until_ms",
                                       json_integer(spans[i].until));
        }
    }
}


civic_result_t
exam_call_list(civic_request_t *r, json_t *in, json_t **out)
{
    size_t           i;
    json_t          *exams;
    exam_list_t      list;
    civic_result_t   rc;

    rc = exam_list_read(r, shared_json_str(in, "after"),
                        limit_of(in, EXAM_LISTED), &list);
    if (rc != CIVIC_OK) {
        return rc;
    }

    exams = json_array();

    for (i = 0; i < list.count; i++) {
        if (list.exams[i].entry == NULL) {
            continue;
        }

        add_instants(json_object_get(list.exams[i].entry, "windows"),
                     list.exams[i].windows);
        (void) json_object_set_new(list.exams[i].entry, "until",
                                   json_integer(list.exams[i].until));
        (void) json_array_append_new(exams, list.exams[i].entry);
    }

    *out = list_tree(&list, exams);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- the list ---------------------------------------------------------- */

/* A tree as text in the request's memory; takes over the reference. */
static civic_result_t
print_tree(civic_request_t *r, json_t *tree, civic_str_t *text)
{
    char  *dumped = tree == NULL ? NULL : json_dumps(tree, JSON_COMPACT);

    json_decref(tree);

    if (dumped == NULL) {
        return CIVIC_ERROR;
    }

    *text = civic_print(r, "%s", dumped);
    free(dumped);

    return CIVIC_OK;
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


static civic_result_t
make_list(civic_request_t *r, civic_str_t after, size_t limit,
    civic_str_t *body)
{
    size_t           i;
    json_t          *exams, *entry;
    exam_list_t      list;
    civic_result_t   rc;

    rc = exam_list_read(r, after, limit, &list);
    if (rc != CIVIC_OK) {
        return rc;
    }

    exams = json_array();

    for (i = 0; i < list.count; i++) {
        entry = list.exams[i].entry;

        if (entry != NULL) {
            (void) json_object_set_new(entry, "windows",
                exam_windows(json_object_get(entry, "windows"),
                             list.exams[i].windows, list.now));
            set_state(entry, list.exams[i].windows, list.now);
            (void) json_array_append_new(exams, entry);
        }
    }

    return print_tree(r, list_tree(&list, exams), body);
}


/* Who asks at another time (Civic-Now) gets another page. */
civic_result_t
exam_list_route(civic_request_t *r)
{
    json_t          *query = civic_query(r);
    size_t           limit = limit_of(query, EXAM_USUAL);
    civic_str_t      name, body, after = shared_json_str(query, "after");
    civic_result_t   rc = CIVIC_OK;

    name = civic_print(r, "\nexams\n%lld\n%zu\n%.*s",
                       (long long) (civic_business_now(r) - civic_now(r)),
                       limit, (int) after.len, after.data);

    if (!exam_page_find(r, name, &body)) {
        rc = make_list(r, after, limit, &body);

        if (rc == CIVIC_OK) {
            exam_page_keep(r, name, body);
        }
    }

    return rc != CIVIC_OK ? rc : civic_reply_bytes(r, 200, EXAM_JSON, body);
}


/* ---- one --------------------------------------------------------------- */

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
