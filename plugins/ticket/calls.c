/*
 * calls.c - what other plugins ask, and what review tells.
 */

#include "ticket.h"
#include "values.h"
#include "words.h"


static civic_result_t
read_in(civic_request_t *r, json_t *in, const char *name, civic_str_t *pid,
    civic_str_t *exam)
{
    *pid = shared_copy(r, shared_json_str(in, "pid"));
    *exam = shared_copy(r, shared_json_str(in, "exam_id"));

    if (pid->len == SHARED_PID && shared_is_exam(*exam)) {
        return CIVIC_OK;
    }

    civic_log(r, CIVIC_LOG_ERROR, "ticket.%s was called without a pid or an "
              "exam_id", name);

    return CIVIC_ERROR;
}


/* {"pid", "exam_id"} -> {"state": none or seated, "number", "printable_from"
   in ms}; the exam's instant is there whoever asks. */
civic_result_t
ticket_call_state(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t      pid, id;
    ticket_exam_t    exam;
    civic_result_t   rc;
    ticket_person_t  person;

    rc = read_in(r, in, "state", &pid, &id);

    if (rc == CIVIC_OK) {
        rc = ticket_exam_read(r, id, &exam);
    }

    if (rc == CIVIC_NOT_FOUND) {
        *out = json_pack("{s:s}", "state", "none");
        return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = ticket_person_read(r, id, pid, &person);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = ticket_is(person.state, "seated")
           ? json_pack("{s:s, s:s, s:I}", "state", "seated", "number",
                       person.number.data, "printable_from",
                       (json_int_t) exam.from)
           : json_pack("{s:s, s:I}", "state", "none", "printable_from",
                       (json_int_t) exam.from);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/*
 * {"pid", "exam_id", "entitled"} -> {"given_back"}.  It is told at least once,
 * and may come late: what counts is what review says now.  Who became entitled
 * gets a seat by the next round, when the office asks for one.
 */
civic_result_t
ticket_call_entitlement(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t            back = 0;
    civic_str_t        pid, exam;
    civic_result_t     rc;
    ticket_person_t    person;
    ticket_entitled_t  entitled;

    rc = read_in(r, in, "entitlement", &pid, &exam);

    if (rc == CIVIC_OK) {
        rc = ticket_person_read(r, exam, pid, &person);
    }

    if (rc == CIVIC_OK && (ticket_is(person.state, "seated")
                           || ticket_is(person.state, "waiting")))
    {
        rc = ticket_entitled(r, exam, pid, &entitled);

        if (rc == CIVIC_OK && !entitled.entitled) {
            rc = ticket_give_back(r, exam, &person, "entitlement", &back);
        }
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:b}", "given_back", back == 2);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
