/*
 * password_policy.c - what a rule needs to know of a new password.
 *
 * The rule sees facts, never the password.  A code point counts as one
 * character, whatever its script.
 */

#include "login.h"
#include "text.h"

#define MAX_REASONS  8
#define ID_TAIL      6                  /* digits that people use as a PIN */

typedef struct {
    int64_t  lower;
    int64_t  upper;
    int64_t  digits;
    int64_t  others;
    int64_t  distinct;
} shape_t;


static int
contains(civic_str_t text, const char *part, size_t len)
{
    size_t  at;

    for (at = 0; len > 0 && at + len <= text.len; at++) {
        if (memcmp(text.data + at, part, len) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Whether a code point stood before this place. */
static int
stood_before(civic_str_t text, size_t end, int32_t code)
{
    size_t  at, size;

    for (at = 0; at < end; at += size) {
        if (civic_text_code(text.data + at, end - at, &size) == code) {
            return 1;
        }
    }

    return 0;
}


static shape_t
shape_of(civic_str_t text)
{
    size_t   at, size;
    int32_t  code;
    shape_t  shape = { 0, 0, 0, 0, 0 };

    for (at = 0; at < text.len; at += size) {
        code = civic_text_code(text.data + at, text.len - at, &size);
        shape.distinct += !stood_before(text, at, code);

        if (code >= 'a' && code <= 'z') {
            shape.lower++;

        } else if (code >= 'A' && code <= 'Z') {
            shape.upper++;

        } else if (code >= '0' && code <= '9') {
            shape.digits++;

        } else {
            shape.others++;
        }
    }

    return shape;
}


/* "19900101" or "900101" anywhere in it. */
static int
has_birth_date(civic_str_t password, const civic_id_number_t *id)
{
    return id->has_birth && (contains(password, id->text + 6, 8)
                             || contains(password, id->text + 8, 6));
}


static json_t *
facts(civic_request_t *r, civic_str_t password, civic_str_t old_password,
    const civic_person_identity_t *identity)
{
    shape_t                   shape = shape_of(password);
    login_state_t            *state = civic_state(r);
    const civic_id_number_t  *id = &identity->id;

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b}",
        "length", (json_int_t) civic_text_length(password.data, password.len),
        "distinct", (json_int_t) shape.distinct,
        "lower", (json_int_t) shape.lower,
        "upper", (json_int_t) shape.upper,
        "digits", (json_int_t) shape.digits,
        "others", (json_int_t) shape.others,
        "blocklisted", login_blocklist_has(state->blocklist, password),
        "has_id_number", contains(password, id->text, id->len),
        "has_id_tail", contains(password, id->text + id->len - ID_TAIL,
                                ID_TAIL),
        "has_birth_date", has_birth_date(password, id),
        "has_name", identity->name_len > 3
                    && contains(password, identity->name, identity->name_len),
        "same_as_old", old_password.len > 0
                       && civic_str_eq(password, old_password));
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
login_policy_check(civic_request_t *r, civic_str_t password,
    civic_str_t old_password, const civic_person_identity_t *identity,
    int *answered)
{
    json_t          *in, *decision;
    civic_result_t   rc;

    in = facts(r, password, old_password, identity);
    if (in == NULL) {
        return CIVIC_ERROR;
    }

    rc = civic_rule(r, "password", in, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (json_is_true(json_object_get(decision, "allow"))) {
        return CIVIC_OK;
    }

    *answered = 1;

    return answer(r, decision);
}
