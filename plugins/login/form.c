/*
 * form.c - what somebody typed to log in.
 *
 * Whatever is wrong is told at once.  A captcha is redeemed only when the
 * rest can be used: with a mistyped number the same picture serves again,
 * and nothing about its answer is told.
 */

#include "id_form.h"
#include "login.h"
#include "values.h"

#define MAX_ERRORS              4

#define WINDOW_FALLBACK         600         /* s */

typedef struct {
    int                  need_captcha;
    civic_id_rules_t     id;
    civic_field_error_t  errors[MAX_ERRORS];
    size_t               nerrors;
} judgement_t;


static void
add_error(judgement_t *judgement, const char *pointer, const char *code)
{
    judgement->errors[judgement->nerrors++] = (civic_field_error_t) {
        .pointer = pointer, .code = code
    };
}


static civic_result_t
ask_form(civic_request_t *r, civic_id_rules_t *id, int64_t *address_window)
{
    json_t          *rule;
    civic_result_t   rc;

    rc = civic_rule(r, "form", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_id_rules(r, rule, id);
    *address_window = shared_rule_number(rule, "address_window",
                                         WINDOW_FALLBACK, 1, 86400);

    return CIVIC_OK;
}


static civic_result_t
ask_rules(civic_request_t *r, login_form_t *form, judgement_t *judgement)
{
    json_t          *rule;
    civic_result_t   rc;

    rc = civic_rule(r, "captcha", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    judgement->need_captcha = !json_is_false(json_object_get(rule, "need"));

    return ask_form(r, &judgement->id, &form->address_window);
}


civic_result_t
login_number_judge(civic_request_t *r, civic_str_t text, civic_str_t kind,
    civic_id_number_t *id, const char **error)
{
    int64_t           window;
    civic_result_t    rc;
    civic_id_rules_t  rules;

    rc = ask_form(r, &rules, &window);

    if (rc == CIVIC_OK) {
        *error = shared_id_error(shared_id_read(text, kind, &rules, id));
    }

    return rc;
}


civic_result_t
login_address_window(civic_request_t *r, int64_t *window)
{
    civic_id_rules_t  rules;

    return ask_form(r, &rules, window);
}


static void
judge_captcha_fields(civic_request_t *r, judgement_t *judgement)
{
    civic_str_t  id = civic_body_str(r, "captcha_id");

    if (id.len == 0) {
        add_error(judgement, "/captcha_id", "required");

    } else if (login_captcha_peek(r, id) == LOGIN_CAPTCHA_EXPIRED) {
        add_error(judgement, "/captcha_answer", "captcha_expired");
        return;
    }

    if (civic_body_str(r, "captcha_answer").len == 0) {
        add_error(judgement, "/captcha_answer", "required");
    }
}


/* One thing is told by its own code, several are fields. */
static civic_result_t
answer_errors(civic_request_t *r, const judgement_t *judgement,
    const char *code)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = code,
                                  .errors = judgement->errors,
                                  .nerrors = judgement->nerrors,
                              });
}


static civic_result_t
redeem(civic_request_t *r, judgement_t *judgement, int *answered)
{
    civic_result_t   rc;
    login_captcha_t  found;

    rc = login_captcha_redeem(r, civic_body_str(r, "captcha_id"),
                              civic_body_str(r, "captcha_answer"), &found);
    if (rc != CIVIC_OK || found == LOGIN_CAPTCHA_RIGHT) {
        return rc;
    }

    civic_count(r, LOGIN_CAPTCHAS_WRONG, 1);
    add_error(judgement, "/captcha_answer", login_captcha_code(found));
    *answered = 1;

    return answer_errors(r, judgement, login_captcha_code(found));
}


civic_result_t
login_form_read(civic_request_t *r, login_form_t *form, int *answered)
{
    judgement_t        judgement;
    const char        *code;
    civic_result_t     rc;
    civic_id_reason_t  reason;

    memset(&judgement, 0, sizeof(judgement));

    rc = ask_rules(r, form, &judgement);
    if (rc != CIVIC_OK) {
        return rc;
    }

    form->password = civic_body_str(r, "password");
    reason = shared_id_read(civic_body_str(r, "id_number"),
                            civic_body_str(r, "id_kind"), &judgement.id,
                            &form->id);

    if (reason != CIVIC_ID_OK) {
        add_error(&judgement, "/id_number", shared_id_error(reason));
    }

    if (judgement.need_captcha) {
        judge_captcha_fields(r, &judgement);
    }

    if (judgement.nerrors == 0) {
        return judgement.need_captcha ? redeem(r, &judgement, answered)
                                      : CIVIC_OK;
    }

    code = "invalid_fields";

    if (judgement.nerrors == 1
        && strcmp(judgement.errors[0].code, "captcha_expired") == 0)
    {
        code = "captcha_expired";
    }

    *answered = 1;

    return answer_errors(r, &judgement, code);
}
