/*
 * look_up.c - staff look a person up by the identity number: which
 * applications there are and how they stand, so that a decision can be turned
 * round.  No form and no photo: for these an application is taken first.
 *
 * The number stands in the body; that somebody looked stands in the trail.
 */

#include "desk.h"
#include "caller.h"
#include "id_form.h"
#include "record.h"
#include "values.h"
#include "words.h"


static civic_result_t
read_number(civic_request_t *r, civic_str_t *pid, int *answered)
{
    const char           *error;
    civic_result_t        rc;
    civic_id_rules_t      rules;
    civic_id_number_t     id;
    civic_field_error_t   wrong;
    review_desk_rule_t    rule;

    rc = review_desk_rule(r, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_id_rules(r, rule.answer, &rules);
    error = shared_id_error(shared_id_read(civic_body_str(r, "id_number"),
                                           civic_body_str(r, "id_kind"),
                                           &rules, &id));

    if (error == NULL) {
        return civic_person_id(r, civic_print(r, "%s", id.text), pid);
    }

    *answered = 1;
    wrong = (civic_field_error_t) { "/id_number", error, NULL };

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = &wrong, .nerrors = 1 });
}


static void
write_masked(civic_request_t *r, civic_writer_t *w, json_t *who)
{
    char         name[CIVIC_NAME_BYTES];
    civic_str_t  text = shared_json_str(who, "name");

    if (text.len > 0) {
        text.len = civic_name_mask(text.data, text.len, name);
        text.data = name;
        civic_write_str(r, w, "name", text);
    }
}


static void
write_application(civic_request_t *r, civic_writer_t *w,
    const review_application_t *application)
{
    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "application_id", application->id);
    civic_write_str(r, w, "exam_id", application->exam);
    civic_write_str(r, w, "state", application->state);
    civic_write_int(r, w, "version", application->version);
    civic_write_str(r, w, "position", application->position);
    civic_write_instant(r, w, "since", application->since);

    if (application->submitted_at > 0) {
        civic_write_instant(r, w, "submitted_at", application->submitted_at);
    }

    civic_write_bool(r, w, "reversal", application->reversal.len > 0);
    civic_write_end(r, w);
}


static civic_result_t
reply(civic_request_t *r, json_t *who, const review_application_t *found,
    size_t count)
{
    size_t           i;
    civic_writer_t  *w = civic_reply(r, 200);

    write_masked(r, w, who);
    civic_write_array(r, w, "applications");

    for (i = 0; i < count; i++) {
        write_application(r, w, &found[i]);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
review_desk_look_up(civic_request_t *r)
{
    int                    answered = 0;
    size_t                 count = 0;
    json_t                *who = NULL;
    civic_str_t            pid = CIVIC_STR("");
    civic_result_t         rc;
    review_application_t  *found;

    rc = read_number(r, &pid, &answered);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "review.looked_up",
                                 .subject = pid });

    found = civic_alloc(r, REVIEW_MOST * sizeof(review_application_t));

    if (rc == CIVIC_OK) {
        rc = review_list(r, pid, found, REVIEW_MOST, &count);
    }

    if (rc == CIVIC_OK && count > 0) {
        rc = civic_call(r, "login.identity",
                        json_pack("{s:s%}", "pid", pid.data, pid.len), &who);
    }

    return rc == CIVIC_OK ? reply(r, who, found, count) : rc;
}
