/*
 * walk.c - all exams, however many, for jobs that must leave none out.  A run
 * looks at so many parts and the next goes on: how far a walk has come stands
 * in Redis.
 */

#include "ticket.h"
#include "values.h"
#include "words.h"


/* ---- some exams -------------------------------------------------------- */

/* From a cursor on; it is moved on, "0" after the last. */
static civic_result_t
read_part(civic_request_t *r, civic_str_t *cursor, ticket_listed_t **exams,
    size_t *count)
{
    size_t           i;
    json_t          *out, *list, *one;
    civic_str_t      id;
    civic_result_t   rc;

    *count = 0;
    rc = civic_call(r, "exam.part", json_pack("{s:s%}", "cursor",
                                              cursor->data, cursor->len),
                    &out);
    if (rc != CIVIC_OK) {
        *cursor = CIVIC_STR("0");
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    list = json_object_get(out, "exams");
    *cursor = shared_copy(r, shared_json_str(out, "cursor"));
    *exams = civic_alloc(r, (json_array_size(list) + 1)
                            * sizeof(ticket_listed_t));

    json_array_foreach(list, i, one) {
        id = shared_json_str(one, "exam_id");

        if (shared_is_exam(id)) {
            (*exams)[(*count)++] = (ticket_listed_t) {
                .id = shared_copy(r, id),
                .until = ticket_instant(one, "until") };
        }
    }

    return CIVIC_OK;
}


/* ---- how far it has come ----------------------------------------------- */

static civic_result_t
read_cursor(civic_request_t *r, const ticket_walk_t *walk,
    civic_str_t *cursor)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), civic_cstr(walk->key)),
                     &value);
    *cursor = rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
              ? shared_copy(r, shared_word(value->str, 0)) : CIVIC_STR("0");

    return rc;
}


static civic_result_t
keep_cursor(civic_request_t *r, const ticket_walk_t *walk,
    civic_str_t cursor)
{
    civic_str_t           key = civic_cstr(walk->key), args[2];
    const civic_value_t  *value;

    args[0] = cursor;
    args[1] = shared_decimal(r, civic_now(r));

    return civic_script(r, &(civic_script_t) {
                            .name = "persons_cursor", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


/* ---- all of it --------------------------------------------------------- */

civic_result_t
ticket_walk(civic_request_t *r, ticket_walk_t *walk)
{
    int               left = 0;
    size_t            count;
    unsigned          parts = 0;
    civic_str_t       cursor, here, began;
    civic_result_t    rc;
    ticket_listed_t  *exams;

    rc = read_cursor(r, walk, &cursor);
    began = cursor;

    while (rc == CIVIC_OK && !left && parts++ < walk->parts) {
        here = cursor;
        rc = read_part(r, &cursor, &exams, &count);

        if (rc == CIVIC_OK && count > 0) {
            rc = walk->part(r, walk, exams, count, &left);
        }

        if (left) {
            cursor = here;

        } else if (rc == CIVIC_OK && ticket_is(cursor, "0")) {
            walk->whole = ticket_is(began, "0");
            break;
        }
    }

    if (rc == CIVIC_OK && !civic_str_eq(cursor, began)) {
        rc = keep_cursor(r, walk, cursor);
    }

    return rc == CIVIC_OK ? walk->failed : rc;
}


civic_result_t
ticket_go_on(civic_result_t rc, civic_result_t *first)
{
    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    if (*first == CIVIC_OK) {
        *first = rc;
    }

    return CIVIC_OK;
}
