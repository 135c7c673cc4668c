/*
 * paper_staff.c - a counter's answer to a lost sheet: all printed codes of a
 * person are revoked, whoever printed them.
 */

#include "id_form.h"
#include "paper.h"
#include "values.h"


static civic_result_t
refuse(civic_request_t *r, const char *code)
{
    civic_field_error_t  error = { .pointer = "/id_number", .code = code };

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = &error, .nerrors = 1 });
}


/* The pid of the number in the body. */
static civic_result_t
read_person(civic_request_t *r, civic_str_t *pid, int *answered)
{
    json_t              *terms;
    civic_result_t       rc;
    civic_id_rules_t     rules;
    civic_id_number_t    id;
    civic_id_reason_t    reason;

    rc = civic_rule(r, "form", NULL, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_id_rules(r, terms, &rules);
    reason = shared_id_read(civic_body_str(r, "id_number"),
                            civic_body_str(r, "id_kind"), &rules, &id);

    if (reason != CIVIC_ID_OK) {
        *answered = 1;
        return refuse(r, shared_id_error(reason));
    }

    return civic_person_id(r, civic_cstr(id.text), pid);
}


civic_result_t
kinship_paper_lost(civic_request_t *r)
{
    int              answered = 0;
    int64_t          revoked;
    civic_str_t      pid;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = read_person(r, &pid, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = kinship_paper_revoke(r, shared_copy(r, pid), CIVIC_STR(""), "lost",
                              shared_copy(r, civic_body_str(r, "reason")).data,
                              &revoked);

    if (rc == CIVIC_OK && revoked == 0) {
        /* the trail has it as well that somebody asked, and nothing was */
        rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                     .action = "kinship.paper_revoked",
                                     .subject = pid });
    }

    if (rc == CIVIC_OK) {
        w = civic_reply(r, 200);
        civic_write_int(r, w, "revoked", revoked);
    }

    return rc;
}
