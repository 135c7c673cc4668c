/*
 * exam.c - an exam's facts, as far as tickets need them: rooms in their order,
 * when it is printed, subjects.  They are the plugin exam's, and checked
 * there; what does not fit all the same is refused, not guessed at.
 */

#include <string.h>

#include "ticket.h"
#include "values.h"
#include "words.h"

#define ROOMS  5000                     /* of an exam, at most */


/* ---- small things ------------------------------------------------------ */

civic_msec_t
ticket_instant(json_t *object, const char *name)
{
    return (civic_msec_t) json_integer_value(json_object_get(object, name));
}


/* ---- rooms ------------------------------------------------------------- */

static size_t
count_rooms(json_t *sites)
{
    size_t   i, count = 0;
    json_t  *site;

    json_array_foreach(sites, i, site) {
        count += json_array_size(json_object_get(site, "rooms"));
    }

    return count;
}


/* A code of so many digits; out of all bounds if it is none. */
static unsigned
code_of(json_t *object, size_t digits)
{
    civic_str_t  code = shared_json_str(object, "code");

    return code.len == digits ? (unsigned) shared_number(code, 10000) : 10000;
}


static int
make_plan(civic_request_t *r, ticket_exam_t *exam)
{
    size_t                  i, j, n = 0, count;
    json_t                 *sites, *site, *room;
    civic_str_t             prefix;
    civic_seating_room_t   *rooms;

    sites = json_object_get(exam->facts, "sites");
    count = count_rooms(sites);
    prefix = shared_json_str(json_object_get(exam->facts, "ticket"),
                             "number_prefix");

    if (count > ROOMS) {
        return -1;
    }

    rooms = civic_alloc(r, (count + 1) * sizeof(civic_seating_room_t));

    json_array_foreach(sites, i, site) {
        json_array_foreach(json_object_get(site, "rooms"), j, room) {
            rooms[n++] = (civic_seating_room_t) {
                code_of(site, 2), code_of(room, 3),
                (unsigned) json_integer_value(json_object_get(room, "seats")),
                0 };
        }
    }

    return civic_seating_plan(&exam->plan, prefix.data, prefix.len, rooms, n);
}


static json_t *
with_code(json_t *list, unsigned code, size_t digits)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(list, i, one) {
        if (code_of(one, digits) == code) {
            return one;
        }
    }

    return NULL;
}


json_t *
ticket_site(const ticket_exam_t *exam, const civic_seating_seat_t *seat)
{
    return with_code(json_object_get(exam->facts, "sites"), seat->site, 2);
}


json_t *
ticket_room(json_t *site, const civic_seating_seat_t *seat)
{
    return with_code(json_object_get(site, "rooms"), seat->room, 3);
}


/* ---- an exam ----------------------------------------------------------- */

civic_result_t
ticket_exam_read(civic_request_t *r, civic_str_t id, ticket_exam_t *exam)
{
    json_t          *printing;
    civic_result_t   rc;

    memset(exam, 0, sizeof(ticket_exam_t));

    if (!shared_is_exam(id)) {
        return CIVIC_NOT_FOUND;
    }

    exam->id = shared_copy(r, id);
    rc = civic_call(r, "exam.facts", json_pack("{s:s%}", "exam_id",
                                               id.data, id.len),
                    &exam->facts);

    if (rc == CIVIC_OK
        && !civic_str_eq(shared_json_str(exam->facts, "exam_id"), id))
    {
        rc = CIVIC_NOT_FOUND;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (make_plan(r, exam) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the rooms of exam \"%s\" are none that "
                  "people can be seated in", exam->id.data);
        return CIVIC_ERROR;
    }

    exam->revision = json_integer_value(json_object_get(exam->facts,
                                                        "revision"));
    printing = json_object_get(json_object_get(exam->facts, "windows"),
                               "printing");
    exam->from = ticket_instant(printing, "from_ms");
    exam->until = ticket_instant(printing, "until_ms");

    return CIVIC_OK;
}


/* ---- some of the list -------------------------------------------------- */

static ticket_listed_t
listed(civic_request_t *r, json_t *one)
{
    json_t  *printing = json_object_get(json_object_get(one, "windows"),
                                        "printing");

    return (ticket_listed_t) {
        .id = shared_copy(r, shared_json_str(one, "exam_id")),
        .until = ticket_instant(one, "until"),
        .print_from = ticket_instant(printing, "from_ms"),
        .print_until = ticket_instant(printing, "until_ms"),
    };
}


civic_result_t
ticket_exams(civic_request_t *r, civic_str_t *after,
    ticket_listed_t **exams, size_t *count)
{
    size_t           i;
    json_t          *out, *list, *one;
    civic_result_t   rc;

    *count = 0;
    rc = civic_call(r, "exam.list", json_pack("{s:s%}", "after",
                                              after->data, after->len),
                    &out);
    if (rc != CIVIC_OK) {
        *after = CIVIC_STR("");
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    list = json_object_get(out, "exams");
    *after = shared_copy(r, shared_json_str(out, "after"));
    *exams = civic_alloc(r, (json_array_size(list) + 1)
                            * sizeof(ticket_listed_t));

    json_array_foreach(list, i, one) {
        if (shared_is_exam(shared_json_str(one, "exam_id"))) {
            (*exams)[(*count)++] = listed(r, one);
        }
    }

    return CIVIC_OK;
}


/* ---- subjects ---------------------------------------------------------- */

static int
is_for(json_t *subject, civic_str_t position)
{
    size_t   i;
    json_t  *only = json_object_get(subject, "positions"), *one;

    if (!json_is_array(only)) {
        return 1;
    }

    json_array_foreach(only, i, one) {
        if (civic_str_eq(shared_text_in(one, "zh"), position)) {
            return 1;
        }
    }

    return 0;
}


void
ticket_subjects(const ticket_exam_t *exam, civic_str_t position,
    ticket_subjects_t *subjects)
{
    size_t         i;
    json_t        *one;
    civic_msec_t   from, until;

    memset(subjects, 0, sizeof(ticket_subjects_t));

    json_array_foreach(json_object_get(exam->facts, "subjects"), i, one) {
        if (subjects->count == TICKET_SUBJECTS || !is_for(one, position)) {
            continue;
        }

        from = ticket_instant(one, "from_ms");
        until = ticket_instant(one, "until_ms");
        subjects->subjects[subjects->count++] = one;

        if (subjects->first == 0 || from < subjects->first) {
            subjects->first = from;
        }

        if (until > subjects->last) {
            subjects->last = until;
        }
    }
}
