/*
 * password_rule.c - what a rule needs to know of a new password, and what
 * the rule says.
 *
 * The rule sees facts, never the password.
 */

#include "password_text.h"
#include "passwords.h"

#define MAX_REASONS  8


/* Adds the shape to the plugin's own facts; 0, or -1. */
static int
add_shape(const shared_passwords_t *passwords, civic_str_t password,
    civic_str_t old_password, json_t *facts)
{
    int                     rc;
    json_t                 *shown;
    civic_password_shape_t  shape;

    civic_password_shape(password.data, password.len, &shape);

    shown = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b}",
        "length", (json_int_t) shape.length,
        "distinct", (json_int_t) shape.distinct,
        "lower", (json_int_t) shape.lower,
        "upper", (json_int_t) shape.upper,
        "digits", (json_int_t) shape.digits,
        "others", (json_int_t) shape.others,
        "blocklisted", shared_blocklist_has(passwords->blocklist, password),
        "same_as_old", old_password.len > 0
                       && civic_str_eq(password, old_password));
    if (shown == NULL) {
        return -1;
    }

    rc = json_object_update(facts, shown);
    json_decref(shown);

    return rc;
}


/* A rule gives "reasons", or one "reason". */
static civic_result_t
answer(civic_request_t *r, json_t *decision)
{
    size_t                i, count = 0;
    json_t               *reasons, *reason;
    civic_field_error_t   errors[MAX_REASONS];

    reasons = json_object_get(decision, "reasons");
    memset(errors, 0, sizeof(errors));

    for (i = 0; i < json_array_size(reasons) && count < MAX_REASONS; i++) {
        reason = json_array_get(reasons, i);

        if (json_is_string(reason)) {
            errors[count++].code = json_string_value(reason);
        }
    }

    reason = json_object_get(decision, "reason");

    if (count == 0 && json_is_string(reason)) {
        errors[count++].code = json_string_value(reason);
    }

    if (count == 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the rule \"password\" refuses without "
                  "a reason");
        return CIVIC_ERROR;
    }

    for (i = 0; i < count; i++) {
        errors[i].pointer = "/new_password";
        errors[i].params = decision;
    }

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = errors,
                                  .nerrors = count,
                                  .with_rule = 1,
                              });
}


civic_result_t
shared_password_judge(civic_request_t *r, const shared_passwords_t *passwords,
    civic_str_t password, civic_str_t old_password, json_t *facts,
    int *answered)
{
    json_t          *decision;
    civic_result_t   rc;

    if (facts == NULL
        || add_shape(passwords, password, old_password, facts) != 0)
    {
        json_decref(facts);
        return CIVIC_ERROR;
    }

    rc = civic_rule(r, "password", facts, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (json_is_true(json_object_get(decision, "allow"))) {
        return CIVIC_OK;
    }

    *answered = 1;

    return answer(r, decision);
}
