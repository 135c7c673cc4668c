/*
 * person.c - whose face it is: the caller's own, as the login plugin knows or
 * was told it, or a relative's, as it stands in the request.
 */

#include "face_auth.h"
#include "id_form.h"
#include "values.h"

#define MAX_ERRORS  3


/* ---- the rules --------------------------------------------------------- */

static const char *
rule_text(json_t *answer, const char *name, const char *fallback)
{
    const char  *text = json_string_value(json_object_get(answer, name));

    return text == NULL ? fallback : text;
}


/* *known: 0 if there is no such purpose for this caller. */
static civic_result_t
ask_purpose(civic_request_t *r, face_whose_t *whose, int *known)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "purpose",
                    json_pack("{s:s%, s:b}", "purpose", whose->purpose.data,
                              whose->purpose.len, "visitor",
                              (civic_principal(r)->roles & CIVIC_VISITOR)
                              != 0), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *known = json_is_true(json_object_get(answer, "known"));
    whose->self = strcmp(rule_text(answer, "whose", "self"), "self") == 0;
    whose->consent = rule_text(answer, "consent", FACE_CONSENT);
    whose->recover = json_is_true(json_object_get(answer, "recover"));
    whose->biz_code = rule_text(answer, "biz_code", "FACE");
    whose->reserve = rule_text(answer, "reserve", "never");

    return CIVIC_OK;
}


civic_result_t
face_number_read(civic_request_t *r, civic_str_t text, civic_str_t kind,
    civic_id_number_t *id, const char **error)
{
    json_t            *answer;
    civic_result_t     rc;
    civic_id_rules_t   rules;

    rc = civic_rule(r, "form", NULL, &answer);

    if (rc == CIVIC_OK) {
        shared_id_rules(r, answer, &rules);
        *error = shared_id_error(shared_id_read(text, kind, &rules, id));
    }

    return rc;
}


/* ---- the caller -------------------------------------------------------- */

civic_result_t
face_own_identity(civic_request_t *r, civic_str_t pid, face_whose_t *whose,
    int *answered)
{
    json_t          *out, *in;
    civic_str_t      kind;
    civic_result_t   rc;

    in = json_pack("{s:s%}", "pid", pid.data, pid.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "login.identity", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(shared_json_str(out, "state"), CIVIC_STR("none"))) {
        *answered = 1;
        return civic_problem(r, "identity_required");
    }

    whose->person = shared_json_str(out, "person");
    whose->name = shared_json_str(out, "name");
    whose->number = shared_json_str(out, "id_number");
    kind = shared_json_str(out, "kind");

    if (whose->person.len != SHARED_PID || whose->number.len == 0
        || civic_id_kind_parse(kind.data, &whose->kind) != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "login.identity says nothing of use");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


civic_result_t
face_name_differs(civic_request_t *r, civic_str_t person, civic_str_t name,
    int *differs)
{
    json_t          *out, *in;
    civic_str_t      known;
    civic_result_t   rc;

    *differs = 0;
    in = json_pack("{s:s%}", "pid", person.data, person.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "login.identity", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    known = shared_json_str(out, "name");
    *differs = civic_str_eq(shared_json_str(out, "state"), CIVIC_STR("person"))
               && json_is_integer(json_object_get(out, "proven_at"))
               && !civic_name_same(known.data, known.len, name.data,
                                   name.len);

    return CIVIC_OK;
}


/* What is another's has no place in a request about one's own face. */
static civic_result_t
read_self(civic_request_t *r, face_whose_t *whose, int *answered)
{
    size_t                n = 0;
    civic_field_error_t   errors[MAX_ERRORS];

    if (civic_body_str(r, "name").len > 0) {
        errors[n++] = (civic_field_error_t) { "/name", "unknown_field",
                                              NULL };
    }

    if (civic_body_str(r, "id_number").len > 0) {
        errors[n++] = (civic_field_error_t) { "/id_number", "unknown_field",
                                              NULL };
    }

    if (n == 0) {
        return face_own_identity(r, civic_pid(r), whose, answered);
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = n });
}


/* ---- a relative -------------------------------------------------------- */

static civic_result_t
take_relative(civic_request_t *r, const civic_id_number_t *id,
    const char *name, face_whose_t *whose)
{
    whose->kind = id->kind;
    whose->number = civic_print(r, "%s", id->text);
    whose->name = civic_print(r, "%s", name);

    return civic_person_id(r, whose->number, &whose->person);
}


/* Everything that is wrong, at once. */
static civic_result_t
read_relative(civic_request_t *r, face_whose_t *whose, int *answered)
{
    char                  name[CIVIC_NAME_BYTES];
    size_t                len, n = 0;
    const char           *error;
    civic_result_t        rc;
    civic_id_number_t     id;
    civic_field_error_t   errors[MAX_ERRORS];

    error = shared_name_read(civic_body_str(r, "name"), name, &len);

    if (error != NULL) {
        errors[n++] = (civic_field_error_t) { "/name", error, NULL };
    }

    rc = face_number_read(r, civic_body_str(r, "id_number"),
                          civic_body_str(r, "id_kind"), &id, &error);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_body_str(r, "id_number").len == 0) {
        error = "required";
    }

    if (error != NULL) {
        errors[n++] = (civic_field_error_t) { "/id_number", error, NULL };
    }

    if (n == 0) {
        return take_relative(r, &id, name, whose);
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = n });
}


/* ---- both -------------------------------------------------------------- */

civic_result_t
face_whose_read(civic_request_t *r, face_whose_t *whose, int *answered)
{
    int             known;
    civic_result_t  rc;

    memset(whose, 0, sizeof(face_whose_t));
    whose->purpose = civic_body_str(r, "purpose");

    rc = ask_purpose(r, whose, &known);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!known) {
        *answered = 1;
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "invalid_fields",
            .errors = &(civic_field_error_t) { "/purpose", "face_purpose",
                                               NULL },
            .nerrors = 1 });
    }

    return whose->self ? read_self(r, whose, answered)
                       : read_relative(r, whose, answered);
}


civic_result_t
face_consent_check(civic_request_t *r, civic_str_t pid, civic_str_t consent,
    int *answered)
{
    const char       *purpose = FACE_CONSENT;
    civic_result_t    rc;
    civic_consent_t   given;

    if (consent.len > 0) {
        purpose = civic_print(r, "%.*s", (int) consent.len,
                              consent.data).data;
    }

    rc = civic_consent(r, pid, purpose, &given);

    if (rc == CIVIC_OK && given.id.len == 0) {
        *answered = 1;
        return civic_consent_required(r, given.purpose);
    }

    return rc;
}
