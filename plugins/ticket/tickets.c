/*
 * tickets.c - what a citizen sees of a ticket: where to sit, when, and from
 * when on it can be printed.
 */

#include <stdlib.h>

#include "caller.h"
#include "sealed_link.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

/* ---- writing ----------------------------------------------------------- */

static void
write_text(civic_request_t *r, civic_writer_t *w, const char *name,
    json_t *pair)
{
    civic_str_t  text = shared_text_in(pair, shared_language(r));

    if (text.len > 0) {
        civic_write_str(r, w, name, text);
    }
}


static void
write_seat(civic_request_t *r, civic_writer_t *w, const ticket_exam_t *exam,
    const civic_seating_seat_t *seat)
{
    json_t  *site = ticket_site(exam, seat), *room = ticket_room(site, seat);

    civic_write_object(r, w, "site");
    civic_write_str(r, w, "code", shared_json_str(site, "code"));
    write_text(r, w, "name", json_object_get(site, "name"));
    write_text(r, w, "address", json_object_get(site, "address"));
    civic_write_end(r, w);
    civic_write_object(r, w, "room");
    civic_write_str(r, w, "code", shared_json_str(room, "code"));
    write_text(r, w, "name", json_object_get(room, "name"));
    civic_write_end(r, w);
    civic_write_str(r, w, "seat", civic_print(r, "%02u", seat->seat));
}


static void
write_subjects(civic_request_t *r, civic_writer_t *w,
    const ticket_exam_t *exam, civic_str_t position)
{
    size_t             i;
    ticket_subjects_t  subjects;

    ticket_subjects(exam, position, &subjects);
    civic_write_array(r, w, "subjects");

    for (i = 0; i < subjects.count; i++) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "code", shared_json_str(subjects.subjects[i],
                                                      "code"));
        write_text(r, w, "name", json_object_get(subjects.subjects[i],
                                                 "name"));
        civic_write_instant(r, w, "from",
                            ticket_instant(subjects.subjects[i], "from_ms"));
        civic_write_instant(r, w, "until",
                            ticket_instant(subjects.subjects[i],
                                           "until_ms"));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


/* *printable: a sheet would be drawn now. */
static civic_result_t
write_ticket(civic_request_t *r, civic_writer_t *w,
    const ticket_exam_t *exam, const ticket_person_t *person,
    civic_str_t position, int *printable)
{
    int                    placed;
    json_t                *label;
    civic_result_t         rc;
    ticket_printing_t      printing;
    civic_seating_seat_t   seat;

    rc = ticket_printing(r, exam, &printing);

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "label", json_pack("{s:s, s:s}", "what", "ticket",
                                              "language", shared_language(r)),
                        &label);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    placed = civic_seating_find(&exam->plan, person->number.data,
                                person->number.len, &seat) == 0;
    *printable = printing.allow && placed;

    civic_write_str(r, w, "exam_id", exam->id);
    write_text(r, w, "title", json_object_get(exam->facts, "title"));
    civic_write_str(r, w, "state", CIVIC_STR("seated"));
    civic_write_bool(r, w, "printable", *printable);
    civic_write_str(r, w, "button", shared_json_str(label, "label"));

    if (exam->from > 0) {
        civic_write_instant(r, w, "printable_from", exam->from);
        civic_write_instant(r, w, "printable_until", exam->until);
    }

    if (printing.show || printing.allow) {
        civic_write_str(r, w, "number", person->number);
    }

    if ((printing.show || printing.allow) && placed) {
        write_seat(r, w, exam, &seat);
    }

    write_subjects(r, w, exam, position);

    return CIVIC_OK;
}


/* ---- whose ------------------------------------------------------------- */

/* Answers if there is no seat, or none that may be sat on. */
civic_result_t
ticket_mine_read(civic_request_t *r, civic_str_t exam, civic_str_t pid,
    ticket_mine_t *mine, int *answered)
{
    civic_result_t  rc;

    rc = ticket_exam_read(r, shared_copy(r, exam), &mine->exam);

    if (rc == CIVIC_OK) {
        rc = ticket_person_read(r, mine->exam.id, shared_copy(r, pid),
                                &mine->person);
    }

    if (rc == CIVIC_OK && ticket_is(mine->person.state, "seated")) {
        rc = ticket_entitled(r, mine->exam.id, mine->person.pid,
                             &mine->entitled);

    } else if (rc == CIVIC_OK) {
        *answered = 1;
        return civic_problem(r, "ticket_no_seat");
    }

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    if (rc == CIVIC_OK && !mine->entitled.entitled) {
        *answered = 1;
        return civic_problem(r, "ticket_no_seat");
    }

    return rc;
}


/* ---- my tickets -------------------------------------------------------- */

/* Somebody's exams, as review has them: a seat elsewhere may not be sat on. */
static civic_result_t
my_exams(civic_request_t *r, civic_str_t pid, civic_str_t **ids,
    size_t *count)
{
    size_t           i;
    json_t          *out, *one, *list;
    civic_str_t      id;
    civic_result_t   rc;

    *count = 0;
    rc = civic_call(r, "review.approved", json_pack("{s:s%}", "pid",
                                                    pid.data, pid.len),
                    &out);
    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    list = json_object_get(out, "exam_ids");
    *ids = civic_alloc(r, (json_array_size(list) + 1) * sizeof(civic_str_t));

    json_array_foreach(list, i, one) {
        id = civic_cstr(json_is_string(one) ? json_string_value(one) : "");

        if (shared_is_exam(id)) {
            (*ids)[(*count)++] = shared_copy(r, id);
        }
    }

    return CIVIC_OK;
}


/* One trip for all exams. */
static civic_result_t
read_people(civic_request_t *r, const civic_str_t *ids, size_t count,
    civic_str_t pid, civic_command_t *commands)
{
    size_t        i;
    civic_str_t  *argv;

    for (i = 0; i < count; i++) {
        argv = civic_alloc(r, 3 * sizeof(civic_str_t));
        argv[0] = CIVIC_STR("HGET");
        argv[1] = ticket_key(r, ids[i], "people");
        argv[2] = pid;
        commands[i] = (civic_command_t) { .argv = argv, .argc = 3 };
    }

    return count == 0 ? CIVIC_OK : civic_pipeline(r, commands, count);
}


static civic_result_t
write_one(civic_request_t *r, civic_writer_t *w, civic_str_t id,
    const civic_value_t *value)
{
    int                printable;
    ticket_exam_t      exam;
    civic_result_t     rc;
    ticket_person_t    person;
    ticket_entitled_t  entitled;

    if (value->type != CIVIC_VALUE_STRING
        || ticket_person_take(r, civic_pid(r), value->str, &person) != 0
        || !ticket_is(person.state, "seated"))
    {
        return CIVIC_OK;
    }

    rc = ticket_exam_read(r, id, &exam);

    if (rc == CIVIC_OK) {
        rc = ticket_entitled(r, id, person.pid, &entitled);
    }

    if (rc == CIVIC_NOT_FOUND || (rc == CIVIC_OK && !entitled.entitled)) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        civic_write_object(r, w, NULL);
        rc = write_ticket(r, w, &exam, &person, entitled.position,
                          &printable);
        civic_write_end(r, w);
    }

    return rc;
}


civic_result_t
ticket_list(civic_request_t *r)
{
    size_t            i, count;
    civic_str_t      *ids, pid = shared_copy(r, civic_pid(r));
    civic_result_t    rc;
    civic_writer_t   *w;
    civic_command_t  *commands;

    rc = my_exams(r, pid, &ids, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    commands = civic_alloc(r, (count + 1) * sizeof(civic_command_t));
    rc = read_people(r, ids, count, pid, commands);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "tickets");

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = write_one(r, w, ids[i], commands[i].value);
    }

    civic_write_end(r, w);

    return rc;
}


/* ---- links ------------------------------------------------------------- */

civic_result_t
ticket_link_read(civic_request_t *r, civic_str_t link, civic_str_t *pid,
    civic_str_t *exam)
{
    civic_str_t     words[2];
    civic_result_t  rc;

    rc = shared_link_read(r, TICKET_LINK, link, words, 2);

    if (rc == CIVIC_OK) {
        *pid = words[0];
        *exam = words[1];
    }

    return rc;
}


/* ---- one --------------------------------------------------------------- */

static civic_result_t
write_link(civic_request_t *r, civic_writer_t *w, civic_str_t exam)
{
    civic_str_t     link;
    civic_msec_t    expires;
    ticket_terms_t  terms;
    civic_result_t  rc;

    rc = ticket_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    expires = civic_now(r) + 1000 * terms.link;
    rc = shared_link_make(r, TICKET_LINK,
                          civic_print(r, "%.*s %.*s",
                                      (int) civic_pid(r).len,
                                      civic_pid(r).data, (int) exam.len,
                                      exam.data),
                          expires, &link);

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "link", link);
        civic_write_instant(r, w, "link_expires_at", expires);
    }

    return rc;
}


civic_result_t
ticket_show(civic_request_t *r)
{
    int              printable, answered = 0;
    ticket_mine_t    mine;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = ticket_mine_read(r, civic_path(r, "exam_id"), civic_pid(r), &mine,
                          &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    w = civic_reply(r, 200);
    rc = write_ticket(r, w, &mine.exam, &mine.person, mine.entitled.position,
                      &printable);

    return rc != CIVIC_OK || !printable ? rc
           : write_link(r, w, mine.exam.id);
}
