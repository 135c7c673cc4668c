/*
 * check.c - all that is wrong with an application, told at once: 信息填写全部，
 * 不得遗漏、漏项.
 *
 * An error points to what a page shows: "/answers/<field>", "/position",
 * "/photo", "/identity", "/declaration".
 */

#include "answers.h"
#include "id_number.h"
#include "review.h"
#include "values.h"
#include "words.h"

#define FIELD_FAULTS  32                /* of a form, told at once */
#define EARLIEST      1900              /* year of a birth */


/* ---- the list ---------------------------------------------------------- */

void
review_fault(review_faults_t *faults, const char *pointer, const char *code,
    json_t *params)
{
    if (faults->count == REVIEW_FAULTS) {
        json_decref(params);
        return;
    }

    faults->items[faults->count++] = (civic_field_error_t) {
        .pointer = pointer, .code = code, .params = params
    };
}


civic_result_t
review_faults_answer(civic_request_t *r, const review_faults_t *faults)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = faults->items,
                                  .nerrors = faults->count });
}


void
review_faults_end(review_faults_t *faults)
{
    size_t  i;

    for (i = 0; i < faults->count; i++) {
        json_decref(faults->items[i].params);
    }

    faults->count = 0;
}


/* ---- the form ---------------------------------------------------------- */

json_t *
review_answers(const review_application_t *application)
{
    json_t  *answers = NULL;

    if (application->answers.len > 0) {
        answers = json_loadb(application->answers.data,
                             application->answers.len, 0, NULL);
    }

    return json_is_object(answers) ? answers : json_object();
}


/* What is wrong, with what a right answer looks like; takes params over. */
static void
answer_fault(civic_request_t *r, json_t *form,
    const civic_answer_fault_t *found, review_faults_t *faults)
{
    json_t  *params = found->params, *example;

    example = civic_answer_example(civic_form_field(form, found->field));

    if (example != NULL) {
        params = params != NULL ? params : json_object();
        json_object_set_new(params, "example", example);
    }

    review_fault(faults, civic_print(r, "/answers/%s", found->field).data,
                 found->code, params);
}


civic_result_t
review_check_answers(civic_request_t *r, json_t *form, json_t *answers,
    int complete, review_faults_t *faults)
{
    size_t                 i, count;
    civic_answer_fault_t  *found;

    found = civic_alloc(r, FIELD_FAULTS * sizeof(civic_answer_fault_t));
    count = civic_answers_check(form, answers, complete, found, FIELD_FAULTS);

    for (i = 0; i < count; i++) {
        answer_fault(r, form, &found[i], faults);
    }

    return CIVIC_OK;
}


/* ---- the position ------------------------------------------------------ */

/* When somebody was born, for conditions of age; "" if the number does not
   say. */
static civic_str_t
birth_of(civic_request_t *r, json_t *identity)
{
    char               day[CIVIC_DATE_TEXT];
    civic_str_t        number = shared_json_str(identity, "id_number");
    civic_id_rules_t   rules = { .minimum_year = EARLIEST };
    civic_id_number_t  id;

    rules.today = civic_date_in_china(civic_now(r));

    if (civic_id_number_parse(number.data, number.len, &rules, &id)
        != CIVIC_ID_OK || !id.has_birth)
    {
        return CIVIC_STR("");
    }

    civic_date_format(id.birth, day);

    return civic_print(r, "%s", day);
}


/* An answer as a list of its values. */
static json_t *
values_of(json_t *answer)
{
    return json_is_array(answer) ? json_incref(answer)
                                 : json_pack("[O]", answer);
}


/* Of the answers those alone that conditions name: a rule sees no more. */
static json_t *
named_answers(json_t *form, json_t *conditions, json_t *answers)
{
    size_t       i;
    json_t      *named = json_array(), *condition, *answer, *type;
    const char  *name;

    json_array_foreach(conditions, i, condition) {
        name = json_string_value(json_object_get(condition, "field"));
        answer = name == NULL ? NULL : json_object_get(answers, name);

        if (answer != NULL) {
            type = json_object_get(civic_form_field(form, name), "type");
            json_array_append_new(named,
                                  json_pack("{s:s, s:O?, s:o}", "field", name,
                                            "type", type, "values",
                                            values_of(answer)));
        }
    }

    return named;
}


static civic_result_t
check_conditions(civic_request_t *r, const review_exam_t *exam,
    json_t *position, json_t *answers, json_t *identity,
    review_faults_t *faults)
{
    size_t           i;
    json_t          *in, *answer, *one, *conditions, *text;
    civic_str_t      birth = birth_of(r, identity);
    civic_result_t   rc;

    conditions = json_object_get(position, "conditions");

    if (json_array_size(conditions) == 0) {
        return CIVIC_OK;
    }

    in = json_pack("{s:O, s:o}", "conditions", conditions, "answers",
                   named_answers(exam->form, conditions, answers));

    if (birth.len > 0) {
        json_object_set_new(in, "born", json_string(birth.data));
    }

    rc = civic_rule(r, "fits", in, &answer);

    json_array_foreach(json_object_get(answer, "failed"), i, one) {
        text = json_object_get(json_array_get(conditions,
                                   (size_t) json_integer_value(one) - 1),
                               "text");

        review_fault(faults, "/position", "review_condition",
                     json_pack("{s:s%, s:s%}",
                               "condition", shared_text_in(text, "zh").data,
                               shared_text_in(text, "zh").len, "condition_en",
                               shared_text_in(text, "en").data,
                               shared_text_in(text, "en").len));
    }

    return rc;
}


static civic_result_t
check_position(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, json_t *answers, json_t *identity,
    review_faults_t *faults)
{
    json_t          *position;
    civic_result_t   rc;

    if (application->position.len == 0) {
        review_fault(faults, "/position", "required", NULL);
        return CIVIC_OK;
    }

    rc = review_position(r, application->exam, application->position,
                         &position);

    if (rc == CIVIC_OK && position == NULL) {
        review_fault(faults, "/position", "review_position_unknown", NULL);
        return CIVIC_OK;
    }

    return rc != CIVIC_OK ? rc
           : check_conditions(r, exam, position, answers, identity, faults);
}


/* ---- the photo --------------------------------------------------------- */

civic_result_t
review_photo(civic_request_t *r, civic_str_t pid, civic_str_t profile,
    json_t **photo)
{
    civic_result_t  rc;

    *photo = NULL;

    rc = civic_call(r, "photo_check.state",
                    json_pack("{s:s%, s:s%}", "pid", pid.data, pid.len,
                              "profile", profile.data, profile.len), photo);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "an exam asks for a photo, and the "
                  "plugin \"photo_check\" is not loaded");
        return CIVIC_ERROR;
    }

    return rc;
}


static civic_result_t
check_photo(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, review_faults_t *faults)
{
    json_t          *photo, *answer;
    civic_str_t      progress;
    civic_result_t   rc;

    if (exam->profile.len == 0) {
        return CIVIC_OK;
    }

    rc = review_photo(r, application->pid, exam->profile, &photo);

    if (rc != CIVIC_OK) {
        return rc;
    }

    progress = shared_json_str(photo, "progress");
    rc = civic_rule(r, "photo", json_pack("{s:s%}", "progress", progress.data,
                                          progress.len), &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        review_fault(faults, "/photo",
                     civic_str_eq(progress, CIVIC_STR("waiting"))
                     ? "review_photo_waiting" : "review_photo_missing", NULL);
    }

    return rc;
}


/* ---- who it is --------------------------------------------------------- */

civic_result_t
review_identity(civic_request_t *r, civic_str_t pid, json_t **identity)
{
    civic_result_t  rc;

    rc = civic_call(r, "login.identity",
                    json_pack("{s:s%}", "pid", pid.data, pid.len), identity);

    if (rc == CIVIC_NOT_FOUND
        || (rc == CIVIC_OK && !civic_str_eq(shared_json_str(*identity,
                                                            "state"),
                                            CIVIC_STR("person"))))
    {
        *identity = NULL;
        return CIVIC_OK;
    }

    return rc;
}


/* An installation without faces takes who is logged in as a person. */
static civic_result_t
is_proof_good(civic_request_t *r, json_t *identity, int *good)
{
    json_t          *in, *answer, *at, *by;
    civic_result_t   rc;

    *good = 0;
    at = json_object_get(identity, "proven_at");
    by = json_object_get(identity, "proven_by");
    in = json_object();

    if (json_is_integer(at) && json_is_string(by)) {
        json_object_set(in, "proven_at", at);
        json_object_set(in, "proven_by", by);
    }

    rc = civic_call(r, "face_auth.state", in, &answer);

    if (rc == CIVIC_OK) {
        *good = json_is_true(json_object_get(answer, "valid"));
    }

    if (rc == CIVIC_NOT_FOUND) {
        *good = 1;
        return CIVIC_OK;
    }

    return rc;
}


static civic_result_t
check_identity(civic_request_t *r, civic_str_t pid, json_t **identity,
    review_faults_t *faults)
{
    int             good = 0;
    civic_result_t  rc;

    rc = review_identity(r, pid, identity);

    if (rc == CIVIC_OK && *identity != NULL) {
        rc = is_proof_good(r, *identity, &good);
    }

    if (rc == CIVIC_OK && !good) {
        review_fault(faults, "/identity", "review_identity", NULL);
    }

    return rc;
}


/* ---- all --------------------------------------------------------------- */

civic_result_t
review_check(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, review_faults_t *faults)
{
    json_t          *answers, *asked, *identity;
    civic_result_t   rc;

    rc = check_identity(r, application->pid, &identity, faults);
    if (rc != CIVIC_OK) {
        return rc;
    }

    answers = review_answers(application);

    /* what an earlier choice had asked for is not handed in, and so it meets
       no condition */
    asked = civic_answers_asked(exam->form, answers);

    rc = review_check_answers(r, exam->form, answers, 1, faults);

    if (rc == CIVIC_OK) {
        rc = check_position(r, application, exam, asked, identity, faults);
    }

    if (rc == CIVIC_OK) {
        rc = check_photo(r, application, exam, faults);
    }

    json_decref(asked);
    json_decref(answers);

    return rc;
}
