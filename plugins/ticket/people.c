/*
 * people.c - who has which seat, who may sit on it, and giving it back.
 */

#include "ticket.h"
#include "values.h"
#include "words.h"

#define WORDS  4


civic_str_t
ticket_key(civic_request_t *r, civic_str_t exam, const char *family)
{
    return civic_print(r, "civic:{ticket:%.*s}:%s", (int) exam.len, exam.data,
                       family);
}


int
ticket_is(civic_str_t state, const char *name)
{
    return civic_str_eq(state, civic_cstr(name));
}


/* ---- what stands of somebody ------------------------------------------- */

int
ticket_person_take(civic_request_t *r, civic_str_t pid, civic_str_t text,
    ticket_person_t *person)
{
    civic_str_t  words[WORDS];

    memset(person, 0, sizeof(ticket_person_t));
    person->pid = shared_copy(r, pid);
    person->text = person->number = person->position = CIVIC_STR("");
    person->state = CIVIC_STR("none");
    person->version = CIVIC_STR("0");

    if (text.len == 0) {
        return 0;
    }

    if (shared_words(r, text, words, WORDS) != 0) {
        return -1;
    }

    person->text = shared_copy(r, text);
    person->number = ticket_is(words[0], "-") ? CIVIC_STR("") : words[0];
    person->position = words[1];
    person->state = words[2];
    person->version = words[3];

    return 0;
}


civic_result_t
ticket_person_read(civic_request_t *r, civic_str_t exam, civic_str_t pid,
    ticket_person_t *person)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   ticket_key(r, exam, "people"), pid),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (ticket_person_take(r, pid, value->type == CIVIC_VALUE_STRING
                                   ? value->str : CIVIC_STR(""), person)
        != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "what exam \"%s\" has of a person's "
                  "seat is damaged", exam.data);
        return CIVIC_INVALID;
    }

    return CIVIC_OK;
}


/* ---- who may ----------------------------------------------------------- */

civic_result_t
ticket_entitled(civic_request_t *r, civic_str_t exam, civic_str_t pid,
    ticket_entitled_t *entitled)
{
    json_t          *out;
    civic_result_t   rc;

    memset(entitled, 0, sizeof(ticket_entitled_t));

    rc = civic_call(r, "review.entitled",
                    json_pack("{s:s%, s:s%}", "pid", pid.data, pid.len,
                              "exam_id", exam.data, exam.len), &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_boolean(json_object_get(out, "entitled"))) {
        civic_log(r, CIVIC_LOG_ERROR, "review does not tell whether somebody "
                  "is entitled to exam \"%s\"", exam.data);
        return CIVIC_INVALID;
    }

    entitled->entitled = json_is_true(json_object_get(out, "entitled"));
    entitled->application = shared_copy(r, shared_json_str(out,
                                                           "application_id"));
    entitled->position = shared_copy(r, shared_json_str(out, "position"));
    entitled->name = shared_copy(r, shared_json_str(out, "name"));
    entitled->id_number = shared_copy(r, shared_json_str(out, "id_number"));

    if (entitled->entitled && (entitled->position.len == 0
        || memchr(entitled->position.data, ' ', entitled->position.len)
           != NULL))
    {
        civic_log(r, CIVIC_LOG_ERROR, "review tells no position of somebody "
                  "who is entitled to exam \"%s\"", exam.data);
        return CIVIC_INVALID;
    }

    return CIVIC_OK;
}


civic_result_t
ticket_photo(civic_request_t *r, const ticket_exam_t *exam, civic_str_t pid,
    int *wanted, civic_str_t *blob)
{
    json_t          *out;
    civic_str_t      profile, state;
    civic_result_t   rc;

    *blob = CIVIC_STR("");
    profile = shared_json_str(exam->facts, "photo_profile");
    *wanted = profile.len > 0;

    if (!*wanted) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "photo_check.state",
                    json_pack("{s:s%, s:s%}", "pid", pid.data, pid.len,
                              "profile", profile.data, profile.len), &out);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    state = shared_json_str(out, "state");

    if (ticket_is(state, "passed") || ticket_is(state, "finished")) {
        *blob = shared_copy(r, shared_json_str(out, "blob_id"));
    }

    return CIVIC_OK;
}


civic_result_t
ticket_digest(civic_request_t *r, civic_str_t exam, civic_str_t seed,
    civic_str_t pid, civic_str_t *digest)
{
    unsigned char  bytes[CIVIC_SEATING_DIGEST];

    if (civic_seating_digest(exam.data, exam.len, seed.data, seed.len,
                             pid.data, pid.len, bytes)
        != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a digest cannot be made");
        return CIVIC_ERROR;
    }

    *digest = shared_hex(r, bytes, sizeof(bytes));

    return CIVIC_OK;
}


/* ---- giving back ------------------------------------------------------- */

/* The entry for the audit trail, and the script that knows whether it
   counts. */
static civic_result_t
run_back(civic_request_t *r, civic_str_t exam, const ticket_person_t *person,
    const char *why, civic_str_t digest, const civic_value_t **value)
{
    json_t          *details;
    civic_str_t      keys[6], args[5];
    civic_result_t   rc;

    keys[0] = ticket_key(r, exam, "people");
    keys[1] = ticket_key(r, exam, "seats");
    keys[2] = ticket_key(r, exam, "waiting");
    keys[3] = ticket_key(r, exam, "order");
    keys[4] = civic_outbox(r, TICKET_TELL, keys[0]);
    args[0] = person->pid;
    args[1] = person->text;
    args[2] = digest;
    args[3] = exam;

    details = json_pack("{s:s%, s:s%, s:s}", "exam", exam.data, exam.len,
                        "number", person->number.data, person->number.len,
                        "why", why);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "ticket.given_back",
                            .subject = person->pid, .details = details },
                     keys[0], &keys[5], &args[4]);
    json_decref(details);

    return rc != CIVIC_OK ? rc
           : civic_script(r, &(civic_script_t) {
                                 .name = "ticket_back", .keys = keys,
                                 .nkeys = 6, .args = args, .nargs = 5,
                                 .flags = CIVIC_SCRIPT_DURABLE }, value);
}


civic_result_t
ticket_give_back(civic_request_t *r, civic_str_t exam,
    const ticket_person_t *person, const char *why, int64_t *back)
{
    civic_str_t           digest;
    civic_result_t        rc;
    ticket_order_t        order;
    const civic_value_t  *value;

    *back = 0;

    if (!ticket_is(person->state, "seated")
        && !ticket_is(person->state, "waiting"))
    {
        return CIVIC_OK;
    }

    rc = ticket_order_read(r, exam, &order);

    if (rc == CIVIC_OK) {
        rc = ticket_digest(r, exam, order.seed, person->pid, &digest);
    }

    if (rc == CIVIC_OK) {
        rc = run_back(r, exam, person, why, digest, &value);
    }

    if (rc == CIVIC_OK) {
        *back = value->integer;
        civic_count(r, TICKET_GIVEN_BACK, *back == 2);
    }

    return rc;
}
