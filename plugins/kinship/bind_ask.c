/*
 * bind_ask.c - 确认绑定: name, number and relation of a relative; and taking
 * that back.
 *
 * In the order of the notice: who has no own code, or calls from a channel that
 * is closed, is told so first; then all that is wrong with the form; then what
 * the guardian's own list says.  Only then name and number are compared.  The
 * relative's record is not looked at: before the proof nobody is told whether
 * such a person is here, or who holds the code.  Who holds it already is told
 * so, unless the consent it stands on has to be given anew: then the same steps
 * renew that, and the binding stays what it is.
 */

#include "bind.h"
#include "caller.h"
#include "name.h"
#include "values.h"

typedef struct {
    civic_str_t          guardian;
    kinship_terms_t      terms;
    kinship_relative_t   relative;
    kinship_asked_t      asked;
    civic_str_t          renews;        /* the binding that stands, or empty */
} ask_t;


/* ---- who asks, and from where ------------------------------------------ */

static civic_result_t
check_code(civic_request_t *r, const ask_t *ask, int *answered)
{
    civic_result_t    rc;
    kinship_health_t  health;

    rc = kinship_health_read(r, ask->guardian, &health);

    if (rc == CIVIC_OK && !(health.opened && health.own)) {
        *answered = 1;
        return civic_problem(r, "kinship_own_code_first");
    }

    return rc;
}


/* ---- the guardian's own list ------------------------------------------- */

static civic_result_t
duplicate(civic_request_t *r, int *answered)
{
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields",
        .errors = &(civic_field_error_t) { "/id_number", "kinship_duplicate",
                                           NULL },
        .nerrors = 1 });
}


/* Whether the consent under which the relative's code is kept has ended, was
   given anew, or has a newer text. */
static civic_result_t
is_outdated(civic_request_t *r, const kinship_health_t *health,
    const civic_value_t *consents, int *outdated)
{
    const char       *purpose;
    civic_result_t    rc;
    civic_consent_t   consent;

    *outdated = !kinship_consent_holds(health, consents);

    if (*outdated) {
        return CIVIC_OK;
    }

    purpose = civic_str_eq(shared_word(health->consent, 0),
                           CIVIC_STR(KINSHIP_CONSENT_CHILD))
              ? KINSHIP_CONSENT_CHILD : KINSHIP_CONSENT_OWN;

    rc = civic_consent(r, health->pid, purpose, &consent);
    *outdated = rc == CIVIC_OK && consent.id.len == 0;

    return rc;
}


/* One that the rule "keep" has no more is shown no more: it is in nobody's
   way, and ends here rather than by the next walk. */
static civic_result_t
end_if_overdue(civic_request_t *r, const ask_t *ask,
    const kinship_binding_t *binding, int *kept)
{
    json_t          *decision;
    civic_result_t   rc;

    rc = kinship_keep(r, binding, ask->relative.age, &decision, kept);

    return rc == CIVIC_OK && !*kept
           ? kinship_end_overdue(r, binding, decision) : rc;
}


/* The relative's record has it, or it was interrupted or has ended, and is
   settled before another takes its place. */
static civic_result_t
check_bound(civic_request_t *r, ask_t *ask, const kinship_place_t *place,
    int *answered)
{
    int                outdated = 0, kept = 1;
    civic_result_t     rc;
    civic_command_t    commands[3];
    kinship_health_t   health;
    kinship_binding_t  binding;

    kinship_place_command(r, place, ask->guardian, &commands[0]);
    kinship_health_command(r, place->relative, CIVIC_STR(""), &commands[1]);
    kinship_consent_command(r, place->relative, &commands[2]);
    rc = civic_pipeline(r, commands, 3);

    if (rc == CIVIC_OK) {
        rc = kinship_place_take(r, place, ask->guardian, commands[0].value,
                                &binding);
    }

    if (rc != CIVIC_OK) {
        /* one that is damaged (logged) is replaced by what is asked for */
        return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    rc = end_if_overdue(r, ask, &binding, &kept);
    if (rc != CIVIC_OK || !kept) {
        return rc;
    }

    rc = kinship_health_take(r, place->relative, commands[1].value, &health);

    if (rc == CIVIC_OK) {
        rc = is_outdated(r, &health, commands[2].value, &outdated);
    }

    if (rc != CIVIC_OK || !outdated) {
        return rc != CIVIC_OK ? rc : duplicate(r, answered);
    }

    ask->renews = place->id;

    return CIVIC_OK;
}


/* A place that an interrupted binding holds counts like any other, but is not
   in the way of another try at the same relative. */
static civic_result_t
check_places(civic_request_t *r, ask_t *ask, int *answered)
{
    size_t            i, others = 0, count = 0;
    civic_result_t    rc;
    kinship_place_t  *places;

    places = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t));
    rc = kinship_places_of(r, ask->guardian, places, KINSHIP_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (!civic_str_eq(places[i].relative, ask->relative.pid)) {
            others++;

        } else if (civic_str_eq(places[i].state, CIVIC_STR("bound"))) {
            rc = check_bound(r, ask, &places[i], answered);
        }
    }

    if (rc != CIVIC_OK || *answered || ask->renews.len > 0
        || (int64_t) others < ask->terms.relatives)
    {
        return rc;
    }

    *answered = 1;

    return kinship_problem(r, &(civic_problem_t) {
                                  .code = "kinship_relatives_full" });
}


static civic_result_t
check(civic_request_t *r, ask_t *ask, int *answered)
{
    civic_result_t   rc;
    kinship_wrong_t  wrong = { .count = 0 };

    rc = check_code(r, ask, answered);

    if (rc == CIVIC_OK && !*answered) {
        rc = kinship_channel_check(r, answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = kinship_form_read(r, &(kinship_form_t) {
                                      .number = "id_number",
                                      .kind = "id_kind", .name = "name",
                                      .relation = "relation",
                                      .guardian = ask->guardian },
                               &ask->relative, &wrong);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = kinship_wrong_answer(r, &wrong, answered);
    }

    if (rc == CIVIC_OK && !*answered) {
        rc = check_places(r, ask, answered);
    }

    return rc != CIVIC_OK || *answered ? rc
           : kinship_match(r, ask->guardian, &ask->relative.identity,
                           answered);
}


/* ---- what is kept ------------------------------------------------------ */

static civic_result_t
keep(civic_request_t *r, ask_t *ask, int *done)
{
    civic_str_t                     text;
    civic_result_t                  rc;
    kinship_asked_t                *asked = &ask->asked;
    const civic_person_identity_t  *who = &ask->relative.identity;

    rc = kinship_asked_read(r, ask->guardian, asked);
    if (rc != CIVIC_OK && rc != CIVIC_NOT_FOUND) {
        return rc;
    }

    text = asked->text;
    memset(asked, 0, sizeof(kinship_asked_t));

    asked->guardian = ask->guardian;
    asked->text = text;
    asked->relative = ask->relative.pid;
    asked->name = (civic_str_t) { who->name, who->name_len };
    asked->number = (civic_str_t) { who->id.text, who->id.len };
    asked->kind = civic_cstr(civic_id_kind_name(who->id.kind));
    asked->relation = ask->relative.relation;
    asked->proof = ask->relative.proof;
    asked->purpose = ask->relative.purpose;
    asked->expires = civic_now(r) + ask->terms.asked_life * 1000;
    asked->renews = ask->renews.len > 0;
    asked->id = ask->renews;

    rc = asked->renews ? CIVIC_OK : shared_id_new(r, &asked->id);

    return rc != CIVIC_OK ? rc : kinship_asked_write(r, asked, 1, done);
}


static civic_result_t
reply(civic_request_t *r, const kinship_asked_t *asked)
{
    char             masked[CIVIC_NAME_BYTES];
    civic_str_t      name = { masked, 0 };
    civic_writer_t  *w = civic_reply(r, 201);

    name.len = civic_name_mask(asked->name.data, asked->name.len, masked);

    civic_write_str(r, w, "binding_id", asked->id);
    civic_write_str(r, w, "name", name);
    civic_write_str(r, w, "relation", asked->relation);
    civic_write_str(r, w, "proof", asked->proof);
    civic_write_str(r, w, "agreement", CIVIC_STR(KINSHIP_CONSENT_BIND));
    civic_write_str(r, w, "health_consent", asked->purpose);
    civic_write_bool(r, w, "renews", asked->renews);
    civic_write_instant(r, w, "expires_at", asked->expires);

    return CIVIC_OK;
}


civic_result_t
kinship_bind_ask(civic_request_t *r)
{
    int              done = 0, answered = 0;
    ask_t           *ask = civic_alloc(r, sizeof(ask_t));
    civic_result_t   rc;

    memset(ask, 0, sizeof(ask_t));
    ask->guardian = shared_copy(r, civic_pid(r));

    rc = kinship_terms(r, &ask->terms);

    if (rc == CIVIC_OK) {
        rc = check(r, ask, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = keep(r, ask, &done);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "conflict");
    }

    civic_count(r, KINSHIP_COUNT_ASKED, 1);

    return reply(r, &ask->asked);
}


/* ---- DELETE /kinship/bindings/{binding_id}/request ---------------------- */

/* Before the proof nothing stands in the relative's record, and nothing is
   written there.  After it the last step may be on its way, or have been
   interrupted: the relative's record tells, or hears that it never comes. */
static civic_result_t
give_up(civic_request_t *r, const kinship_asked_t *asked, int *answered)
{
    int                stands = 0;
    civic_result_t     rc;
    kinship_binding_t  binding = { .guardian = asked->guardian,
                                   .relative = asked->relative,
                                   .id = asked->id };

    if (asked->renews || !(asked->pledged || asked->proven)) {
        return CIVIC_OK;
    }

    rc = kinship_give_up(r, &binding, &stands);

    if (rc == CIVIC_OK && stands) {
        *answered = 1;
        return civic_problem(r, "kinship_bound_before");
    }

    return rc;
}


civic_result_t
kinship_bind_withdraw(civic_request_t *r)
{
    int               answered = 0, done = 0;
    civic_str_t       id = shared_copy(r, civic_path(r, "binding_id"));
    civic_result_t    rc;
    civic_writer_t   *w;
    kinship_asked_t  *asked = civic_alloc(r, sizeof(kinship_asked_t));

    rc = kinship_asked_read(r, shared_copy(r, civic_pid(r)), asked);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK && !civic_str_eq(asked->id, id)))
    {
        return civic_problem(r, "kinship_asked_over");
    }

    if (rc == CIVIC_OK) {
        rc = give_up(r, asked, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = kinship_asked_drop(r, asked, &done);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "conflict");
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "binding_id", id);
    civic_write_bool(r, w, "ended", 1);

    return CIVIC_OK;
}
