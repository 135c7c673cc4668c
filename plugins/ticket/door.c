/*
 * door.c - the door: a code is scanned, and the staff are told whether it is
 * genuine, whose face is to be seen, and whether somebody came with it before.
 *
 * What counts is the seat as it is now.  A code that was genuine is not after
 * its seat was given back, and not for another exam.  Who came is noted for
 * each subject, by the script that tells the audit trail.
 */

#include <stdlib.h>

#include "caller.h"
#include "name.h"
#include "id_number.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

#define CHECK_WORDS  3

typedef struct {
    const char             *verdict;
    civic_str_t             check;      /* its id */
    ticket_token_t          token;
    ticket_terms_t          terms;
    ticket_exam_t           exam;
    ticket_person_t         person;
    ticket_entitled_t       entitled;
    civic_seating_seat_t    seat;
    int                     known;      /* whose it is: name, seat, photo */
    civic_str_t             subject;    /* its code; empty: none is on */
    civic_msec_t            possible_at;
    civic_msec_t            already_at;
} check_t;


/* ---- the code ---------------------------------------------------------- */

static const char *
verdict_of(civic_cwt_status_t status)
{
    switch (status) {

    case CIVIC_CWT_OTHER:
    case CIVIC_CWT_MALFORMED:
        return "unreadable";

    case CIVIC_CWT_EXPIRED:
        return "expired";

    case CIVIC_CWT_EARLY:
        return "early";

    default:
        return "forged";
    }
}


static civic_result_t
read_code(civic_request_t *r, check_t *check)
{
    civic_cwt_status_t  status;

    status = ticket_token_read(r, civic_body_str(r, "token"),
                               check->terms.leeway, &check->token);

    if (status == CIVIC_CWT_NO_MEMORY) {
        return CIVIC_ERROR;
    }

    if (status != CIVIC_CWT_OK) {
        check->verdict = verdict_of(status);

    } else if (!civic_str_eq(check->token.exam, check->exam.id)) {
        check->verdict = "other_exam";
    }

    return CIVIC_OK;
}


/* ---- the seat ---------------------------------------------------------- */

/* Who has the number now; pid is empty if nobody has. */
static civic_result_t
read_holder(civic_request_t *r, check_t *check, civic_str_t *pid)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   ticket_key(r, check->exam.id, "seats"),
                                   check->token.number), &value);

    if (rc == CIVIC_OK) {
        *pid = value->type == CIVIC_VALUE_STRING
               ? shared_copy(r, value->str) : CIVIC_STR("");
    }

    return rc;
}


/* Whether the seat is still the one that the code was printed for. */
static civic_result_t
read_seat(civic_request_t *r, check_t *check)
{
    civic_str_t     pid;
    unsigned char   id[CIVIC_CWT_ID];
    civic_result_t  rc;

    rc = read_holder(r, check, &pid);

    if (rc != CIVIC_OK || pid.len == 0) {
        check->verdict = "revoked";
        return rc;
    }

    rc = ticket_person_read(r, check->exam.id, pid, &check->person);

    if (rc == CIVIC_OK) {
        rc = ticket_token_id(r, check->exam.id, &check->person, id);
    }

    if (rc == CIVIC_OK) {
        rc = ticket_entitled(r, check->exam.id, pid, &check->entitled);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (memcmp(id, check->token.id, CIVIC_CWT_ID) != 0
        || !ticket_is(check->person.state, "seated")
        || !civic_str_eq(check->person.number, check->token.number)
        || !check->entitled.entitled
        || civic_seating_find(&check->exam.plan, check->person.number.data,
                              check->person.number.len, &check->seat) != 0)
    {
        check->verdict = "revoked";
        return CIVIC_OK;
    }

    check->known = 1;

    return CIVIC_OK;
}


/* ---- here, and now? ---------------------------------------------------- */

static int
is_here(civic_request_t *r, const check_t *check)
{
    civic_str_t  site = civic_body_str(r, "site");

    return site.len == 0
           || shared_number(site, -1) == (int64_t) check->seat.site;
}


/* Which subject is on, by the rule "door". */
static civic_result_t
read_subject(civic_request_t *r, check_t *check)
{
    size_t              i;
    json_t             *list = json_array(), *answer;
    civic_result_t      rc;
    ticket_subjects_t   subjects;

    ticket_subjects(&check->exam, check->entitled.position, &subjects);

    for (i = 0; i < subjects.count; i++) {
        json_array_append_new(list, json_pack("{s:O, s:I, s:I}",
            "code", json_object_get(subjects.subjects[i], "code"),
            "from", (json_int_t) ticket_instant(subjects.subjects[i],
                                                "from_ms"),
            "until", (json_int_t) ticket_instant(subjects.subjects[i],
                                                 "until_ms")));
    }

    rc = civic_rule(r, "door", json_pack("{s:I, s:o}", "now",
                                         (json_int_t) civic_business_now(r),
                                         "subjects", list), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    check->subject = shared_json_str(answer, "subject");
    check->possible_at = ticket_instant(answer, "possible_at");

    if (check->subject.len == 0
        || strpbrk(check->subject.data, " \t\n") != NULL)
    {
        check->verdict = "not_now";
    }

    return CIVIC_OK;
}


/* ---- the trail --------------------------------------------------------- */

/* NULL without memory. */
static json_t *
details_of(const check_t *check, const char *verdict)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}",
                     "check", check->check.data, "exam", check->exam.id.data,
                     "verdict", verdict,
                     "number", check->known ? check->person.number.data : "",
                     "subject", check->subject.data);
}


static civic_result_t
note(civic_request_t *r, const check_t *check)
{
    json_t          *details = details_of(check, check->verdict);
    civic_result_t   rc;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "ticket.checked",
                                 .subject = check->known
                                            ? check->person.pid
                                            : CIVIC_STR(""),
                                 .details = details });
    json_decref(details);

    return rc;
}


static civic_result_t
entry(civic_request_t *r, const check_t *check, const char *verdict,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details = details_of(check, verdict);
    civic_result_t   rc;

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "ticket.checked",
                            .subject = check->person.pid,
                            .details = details }, near, outbox, sealed);
    json_decref(details);

    return rc;
}


/* The first who comes with a ticket for a subject counts. */
static civic_result_t
come_in(civic_request_t *r, check_t *check)
{
    civic_str_t           keys[2], args[6];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = ticket_key(r, check->exam.id, "door");
    args[0] = civic_print(r, "%s:%s", check->person.number.data,
                          check->subject.data);
    args[1] = shared_decimal(r, civic_business_now(r));
    args[2] = check->check;
    args[3] = shared_hex(r, check->token.id, CIVIC_CWT_ID);

    rc = entry(r, check, "genuine", keys[0], &keys[1], &args[4]);

    if (rc == CIVIC_OK) {
        rc = entry(r, check, "again", keys[0], &keys[1], &args[5]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "ticket_door", .keys = keys,
                              .nkeys = 2, .args = args, .nargs = 6 },
                          &value);
    }

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING
        && value->str.len > 0)
    {
        check->already_at = shared_number(shared_word(value->str, 0), 0);
    }

    return rc;
}


/* ---- the answer -------------------------------------------------------- */

static civic_result_t
write_photo(civic_request_t *r, civic_writer_t *w, const check_t *check)
{
    int             wanted;
    civic_str_t     blob, url;
    civic_result_t  rc;

    rc = ticket_photo(r, &check->exam, check->person.pid, &wanted, &blob);

    if (rc != CIVIC_OK || blob.len == 0) {
        return rc;
    }

    rc = civic_blob_url(r, check->person.pid, TICKET_PHOTO, blob,
                        (unsigned) check->terms.photo, &url);

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "photo_url", url);
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
write_person(civic_request_t *r, civic_writer_t *w, const check_t *check)
{
    char     mask[CIVIC_ID_TEXT];
    json_t  *site = ticket_site(&check->exam, &check->seat);

    (void) civic_id_number_mask(check->entitled.id_number.data,
                                check->entitled.id_number.len, mask);

    civic_write_str(r, w, "number", check->person.number);
    civic_write_str(r, w, "name", check->entitled.name);
    civic_write_str(r, w, "id_number", civic_cstr(mask));
    civic_write_object(r, w, "site");
    civic_write_str(r, w, "code", civic_print(r, "%02u", check->seat.site));
    civic_write_str(r, w, "name",
                    shared_text_in(json_object_get(site, "name"),
                                   shared_language(r)));
    civic_write_end(r, w);
    civic_write_str(r, w, "room", civic_print(r, "%03u", check->seat.room));
    civic_write_str(r, w, "seat", civic_print(r, "%02u", check->seat.seat));

    return write_photo(r, w, check);
}


static civic_result_t
reply(civic_request_t *r, const check_t *check)
{
    json_t          *label;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = civic_rule(r, "label",
                    json_pack("{s:s, s:s}", "what",
                              check->already_at > 0 ? "again"
                                                    : check->verdict,
                              "language", shared_language(r)), &label);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "check_id", check->check);
    civic_write_str(r, w, "verdict", civic_cstr(check->verdict));
    civic_write_str(r, w, "label", shared_json_str(label, "label"));
    civic_write_str(r, w, "hint", shared_json_str(label, "hint"));

    if (check->subject.len > 0) {
        civic_write_str(r, w, "subject", check->subject);
    }

    if (check->possible_at > 0) {
        civic_write_instant(r, w, "possible_at", check->possible_at);
    }

    if (check->already_at > 0) {
        civic_write_instant(r, w, "already_at", check->already_at);
    }

    return check->known ? write_person(r, w, check) : CIVIC_OK;
}


static void
count(civic_request_t *r, const check_t *check)
{
    civic_count(r, strcmp(check->verdict, "genuine") != 0
                   ? TICKET_TURNED_AWAY
                   : check->already_at > 0 ? TICKET_AGAIN : TICKET_GENUINE,
                1);
}


/* ---- the route --------------------------------------------------------- */

/* One question after the other, until one has a verdict. */
static civic_result_t
judge(civic_request_t *r, check_t *check)
{
    civic_result_t  rc;

    rc = read_code(r, check);

    if (rc == CIVIC_OK && check->verdict == NULL) {
        rc = read_seat(r, check);
    }

    if (rc == CIVIC_OK && check->verdict == NULL && !is_here(r, check)) {
        check->verdict = "other_site";
    }

    if (rc == CIVIC_OK && check->verdict == NULL) {
        rc = read_subject(r, check);
    }

    if (rc != CIVIC_OK || check->verdict != NULL) {
        return rc != CIVIC_OK ? rc : note(r, check);
    }

    check->verdict = "genuine";

    return come_in(r, check);
}


civic_result_t
ticket_check(civic_request_t *r)
{
    check_t         *check = civic_alloc(r, sizeof(check_t));
    civic_result_t   rc;

    memset(check, 0, sizeof(check_t));
    check->subject = CIVIC_STR("");

    rc = ticket_exam_read(r, civic_body_str(r, "exam_id"), &check->exam);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "ticket_exam_unknown");
    }

    if (rc == CIVIC_OK) {
        rc = ticket_terms(r, &check->terms);
    }

    if (rc == CIVIC_OK) {
        rc = shared_id_new(r, &check->check);
    }

    if (rc == CIVIC_OK) {
        rc = judge(r, check);
    }

    if (rc == CIVIC_OK) {
        count(r, check);
        rc = reply(r, check);
    }

    return rc;
}
