/*
 * bind_agree.c - 同意协议并认证: the guardian's consent to the agreement, what
 * was ticked for the relative's health data, and, where no face is asked for,
 * 亲属码信息认证承诺.
 *
 * The guardian's consent is given here.  The relative's is only noted: it is
 * given after the proof, by bind_finish.c.
 */

#include "bind.h"
#include "caller.h"
#include "channel.h"
#include "values.h"


/* ---- what is being agreed to ------------------------------------------- */

/* The flags that are true, with spaces between. */
static civic_str_t
ticked(civic_request_t *r)
{
    json_t       *value;
    const char   *name;
    civic_str_t   text = { "", 0 };

    json_object_foreach(json_object_get(civic_body(r), "flags"), name, value) {
        if (json_is_true(value)) {
            text = civic_print(r, "%s%s%s", text.data, text.len == 0 ? ""
                                                                     : " ",
                               name);
        }
    }

    return text;
}


/* All that is missing, at once. */
static civic_result_t
check(civic_request_t *r, const kinship_asked_t *asked, int *answered)
{
    kinship_wrong_t  wrong = { .count = 0 };

    if (!civic_body_bool(r, "agreed")) {
        wrong.errors[wrong.count++] = (civic_field_error_t) {
            "/agreed", "kinship_not_agreed", NULL };
    }

    if (civic_str_eq(asked->proof, CIVIC_STR(KINSHIP_BY_PLEDGE))
        && !civic_body_bool(r, "pledged"))
    {
        wrong.errors[wrong.count++] = (civic_field_error_t) {
            "/pledged", "kinship_not_pledged", NULL };
    }

    return kinship_wrong_answer(r, &wrong, answered);
}


static civic_result_t
find(civic_request_t *r, kinship_asked_t *asked, int *answered)
{
    civic_result_t  rc;

    rc = kinship_asked_read(r, shared_copy(r, civic_pid(r)), asked);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK
            && !civic_str_eq(asked->id, civic_path(r, "binding_id"))))
    {
        *answered = 1;
        return civic_problem(r, "kinship_asked_over");
    }

    return rc == CIVIC_OK ? check(r, asked, answered) : rc;
}


/* ---- the guardian's consent -------------------------------------------- */

static civic_result_t
consent(civic_request_t *r, const kinship_asked_t *asked, int *answered)
{
    civic_str_t  id;

    return kinship_consent_give(r, &(kinship_consent_t) {
        .pid = asked->guardian, .purpose = CIVIC_STR(KINSHIP_CONSENT_BIND),
        .method = "tick_and_button",
        .version = json_integer_value(json_object_get(civic_body(r),
                                                      "version")),
        .language = civic_cstr(shared_language(r)),
        .channel = shared_channel(r), .ticks_here = 1,
        .changed = "kinship_agreement_changed" }, &id, answered);
}


/* ---- the route --------------------------------------------------------- */

/* Nobody pledges for strangers without end; a pledge that is repeated is the
   same. */
static civic_result_t
count_pledge(civic_request_t *r, const kinship_asked_t *asked, int *answered)
{
    return asked->pledged
           || !civic_str_eq(asked->proof, CIVIC_STR(KINSHIP_BY_PLEDGE))
           ? CIVIC_OK
           : kinship_count(r, asked->guardian, "pledges", "pledge", answered);
}


static civic_result_t
note(civic_request_t *r, kinship_asked_t *asked, int *done)
{
    json_t  *body = civic_body(r);

    asked->version = json_integer_value(json_object_get(body, "version"));
    asked->health_version = json_integer_value(
        json_object_get(body, "health_version"));
    asked->flags = ticked(r);
    asked->language = civic_cstr(shared_language(r));
    asked->pledged = civic_body_bool(r, "pledged");

    return kinship_asked_write(r, asked, 0, done);
}


civic_result_t
kinship_bind_agree(civic_request_t *r)
{
    int               answered = 0, done = 0;
    civic_result_t    rc;
    civic_writer_t   *w;
    kinship_asked_t  *asked = civic_alloc(r, sizeof(kinship_asked_t));

    rc = find(r, asked, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = consent(r, asked, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = count_pledge(r, asked, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = note(r, asked, &done);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!done) {
        return civic_problem(r, "conflict");
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "binding_id", asked->id);
    civic_write_str(r, w, "proof", asked->proof);
    civic_write_instant(r, w, "expires_at", asked->expires);

    return CIVIC_OK;
}
