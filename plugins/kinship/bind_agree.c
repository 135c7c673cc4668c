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

#define RETRY_AFTER  5                  /* s, while data is erased */


/* ---- what is being agreed to ------------------------------------------- */

static civic_result_t
invalid(civic_request_t *r, const char *pointer, const char *code,
    int *answered)
{
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields",
        .errors = &(civic_field_error_t) { pointer, code, NULL },
        .nerrors = 1 });
}


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
not_given(civic_request_t *r, civic_str_t state, int *answered)
{
    if (civic_str_eq(state, CIVIC_STR("flags"))) {
        return invalid(r, "/flags", "kinship_flags", answered);
    }

    *answered = 1;

    if (civic_str_eq(state, CIVIC_STR("erasing"))) {
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "in_progress", .retry_after = RETRY_AFTER });
    }

    return civic_problem(r, "kinship_agreement_changed");
}


static civic_result_t
consent(civic_request_t *r, const kinship_asked_t *asked, int *answered)
{
    json_t          *in, *out;
    civic_str_t      state, channel = shared_channel(r);
    civic_result_t   rc;

    in = json_pack("{s:s%, s:s, s:s, s:O, s:s, s:s%}",
                   "pid", asked->guardian.data, asked->guardian.len,
                   "purpose", KINSHIP_CONSENT_BIND,
                   "method", "tick_and_button",
                   "version", json_object_get(civic_body(r), "version"),
                   "language", shared_language(r),
                   "channel", channel.data, channel.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "civic.consent_give", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    state = shared_json_str(out, "state");

    return civic_str_eq(state, CIVIC_STR("given"))
           || civic_str_eq(state, CIVIC_STR("existing"))
           ? CIVIC_OK : not_given(r, state, answered);
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
