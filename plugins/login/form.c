/*
 * form.c - what somebody typed to log in.
 *
 * Whatever is wrong is told at once.  A captcha is redeemed only when the
 * rest can be used: with a mistyped number the same picture serves again,
 * and nothing about its answer is told.
 */

#include "login.h"
#include "values.h"

#define MAX_ERRORS              4

#define MINIMUM_YEAR_FALLBACK   1900
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
ask_rules(civic_request_t *r, login_form_t *form, judgement_t *judgement)
{
    json_t          *rule;
    civic_result_t   rc;

    rc = civic_rule(r, "captcha", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    judgement->need_captcha = !json_is_false(json_object_get(rule, "need"));

    rc = civic_rule(r, "form", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    judgement->id.today = civic_date_in_china(civic_business_now(r));
    judgement->id.minimum_year =
        (int) shared_rule_number(rule, "minimum_birth_year",
                                 MINIMUM_YEAR_FALLBACK, 1, 9999);

    if (json_is_true(json_object_get(rule, "trim_edges"))) {
        judgement->id.flags |= CIVIC_ID_TRIM;
    }

    if (json_is_true(json_object_get(rule, "upgrade_15"))) {
        judgement->id.flags |= CIVIC_ID_UPGRADE_15;
    }

    form->address_window = shared_rule_number(rule, "address_window",
                                              WINDOW_FALLBACK, 1, 86400);

    return CIVIC_OK;
}


/* The field error of a reason that the kit gives. */
static const char *
id_error(civic_id_reason_t reason)
{
    switch (reason) {
    case CIVIC_ID_OK:
        break;
    case CIVIC_ID_CHARSET:
        return "id_number_charset";
    case CIVIC_ID_LENGTH:
        return "id_number_length";
    case CIVIC_ID_LEGACY_15:
        return "id_number_legacy_15";
    case CIVIC_ID_LEGACY_PR_15:
        return "id_number_legacy_pr_15";
    case CIVIC_ID_REGION:
        return "id_number_region";
    case CIVIC_ID_BIRTH_DATE:
        return "id_number_birth_date";
    case CIVIC_ID_BIRTH_FUTURE:
        return "id_number_birth_future";
    case CIVIC_ID_CHECKSUM:
        return "id_number_checksum";
    }

    return NULL;
}


/* The old foreign card has its own number and no check character: it is
   taken where it is one. */
static civic_id_reason_t
parse_id(civic_request_t *r, const civic_id_rules_t *rules,
    civic_id_number_t *id)
{
    civic_str_t        text = civic_body_str(r, "id_number");
    civic_str_t        kind = civic_body_str(r, "id_kind");
    civic_id_rules_t   own = *rules;

    if (civic_str_eq(kind, CIVIC_STR("foreign_pr_old"))) {
        own.flags |= CIVIC_ID_OLD_CARD;
    }

    return civic_id_number_parse(text.data, text.len, &own, id);
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
    reason = parse_id(r, &judgement.id, &form->id);

    if (reason != CIVIC_ID_OK) {
        add_error(&judgement, "/id_number", id_error(reason));
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
