/*
 * facts.c - what a colour is made of: read, and judged by the rule "colour".
 *
 * The colour itself is never stored: whoever asks is told that of this
 * instant.  Facts stay text until the rule takes them.
 */

#include "caller.h"
#include "kinship.h"
#include "values.h"

#define FIELDS  6


civic_str_t
kinship_facts_context(civic_request_t *r, civic_str_t pid)
{
    return shared_record_context(r, pid, CIVIC_STR("facts"));
}


/* ---- reading ----------------------------------------------------------- */

void
kinship_health_command(civic_request_t *r, civic_str_t pid, civic_str_t look,
    civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, (FIELDS + 2) * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, KINSHIP_FAMILY_HEALTH);
    argv[2] = CIVIC_STR("opened");
    argv[3] = CIVIC_STR("version");
    argv[4] = CIVIC_STR("facts");
    argv[5] = CIVIC_STR("consent");
    argv[6] = CIVIC_STR("identity");
    argv[7] = look;

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = FIELDS + (look.len > 0 ? 2 : 1);
}


static civic_result_t
damaged(civic_request_t *r, civic_str_t pid, const char *what)
{
    civic_log(r, CIVIC_LOG_ERROR, "the code of person \"%.*s\" has a damaged "
              "field \"%s\"", (int) pid.len, pid.data, what);

    return CIVIC_INVALID;
}


static civic_result_t
take_opened(civic_request_t *r, civic_str_t text, kinship_health_t *health)
{
    civic_str_t  words[2];

    if (text.len == 0) {
        return CIVIC_OK;
    }

    if (shared_words(r, text, words, 2) != 0
        || (health->opened_at = shared_number(words[0], -1)) < 0)
    {
        return damaged(r, health->pid, "opened");
    }

    health->opened = 1;
    health->own = civic_str_eq(words[1], CIVIC_STR("own"));

    return CIVIC_OK;
}


civic_result_t
kinship_health_take(civic_request_t *r, civic_str_t pid,
    const civic_value_t *value, kinship_health_t *health)
{
    civic_str_t     sealed = shared_item(value, 2);
    civic_result_t  rc;

    memset(health, 0, sizeof(kinship_health_t));
    health->pid = pid;
    health->version = shared_number(shared_item(value, 1), 0);
    health->facts = CIVIC_STR("");
    health->consent = shared_item(value, 3);
    health->identity = shared_item(value, 4);
    health->looked = shared_item(value, 5);

    rc = take_opened(r, shared_item(value, 0), health);

    if (rc != CIVIC_OK || sealed.len == 0) {
        return rc;
    }

    rc = civic_open(r, KINSHIP_HEALTH, kinship_facts_context(r, pid), sealed,
                    &health->facts);

    return rc == CIVIC_INVALID ? damaged(r, pid, "facts") : rc;
}


civic_result_t
kinship_health_read(civic_request_t *r, civic_str_t pid,
    kinship_health_t *health)
{
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    kinship_health_command(r, pid, CIVIC_STR(""), &command);

    rc = civic_redis(r, command.argv, command.argc, &value);

    return rc != CIVIC_OK ? rc : kinship_health_take(r, pid, value, health);
}


/* ---- the consent ------------------------------------------------------- */

void
kinship_consent_command(civic_request_t *r, civic_str_t pid,
    civic_command_t *command)
{
    shared_health_consent_command(r, pid, command);
}


int
kinship_consent_holds(const kinship_health_t *health,
    const civic_value_t *consents)
{
    civic_str_t  purpose = shared_word(health->consent, 0);
    civic_str_t  id = shared_word(health->consent, 1);

    return id.len > 0
           && civic_str_eq(id, shared_health_consent_id(consents, purpose));
}


/* ---- the facts ---------------------------------------------------------- */

civic_result_t
kinship_facts_read(civic_request_t *r, const kinship_health_t *health,
    json_t **facts)
{
    *facts = health->facts.len == 0
             ? json_object()
             : json_loadb(health->facts.data, health->facts.len, 0, NULL);

    if (json_is_object(*facts)) {
        return CIVIC_OK;
    }

    json_decref(*facts);
    *facts = NULL;

    return damaged(r, health->pid, "facts");
}


/* ---- the colour -------------------------------------------------------- */

civic_result_t
kinship_colour_input(civic_request_t *r, const kinship_health_t *health,
    int64_t age, json_t **in)
{
    json_t          *facts = NULL;
    civic_result_t   rc = CIVIC_OK;

    *in = NULL;

    if (health->facts.len > 0) {
        rc = kinship_facts_read(r, health, &facts);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *in = json_pack("{s:I, s:I, s:s, s:o*}",
                    "now", (json_int_t) civic_business_now(r),
                    "since", (json_int_t) health->opened_at,
                    "language", shared_language(r), "facts", facts);

    if (*in != NULL && age >= 0) {
        json_object_set_new(*in, "age", json_integer(age));
    }

    return *in == NULL ? CIVIC_ERROR : CIVIC_OK;
}


civic_result_t
kinship_colour(civic_request_t *r, const kinship_health_t *health,
    int64_t age, json_t **colour)
{
    json_t          *in;
    civic_result_t   rc;

    rc = kinship_colour_input(r, health, age, &in);

    return rc == CIVIC_OK ? civic_rule(r, "colour", in, colour) : rc;
}


void
kinship_colour_write(civic_request_t *r, civic_writer_t *w, json_t *colour)
{
    json_t  *until = json_object_get(colour, "until");

    civic_write_str(r, w, "colour", shared_json_str(colour, "colour"));
    civic_write_str(r, w, "colour_label", shared_json_str(colour, "label"));
    civic_write_str(r, w, "reason", shared_json_str(colour, "reason"));
    civic_write_str(r, w, "reason_text", shared_json_str(colour, "text"));

    if (json_is_integer(until)) {
        civic_write_instant(r, w, "until", json_integer_value(until));
    }
}
