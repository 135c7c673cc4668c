/*
 * decide.c - staff decide: the photo is the person's, recent and bare-headed,
 * or it is refused for reasons of the rule's library.
 *
 * One script moves the photo and tells the audit trail.  What the picture
 * shows is nobody's business afterwards: one that is refused is deleted.
 */

#include "compare.h"
#include "values.h"

#define ERRORS   8
#define REASONS  8                      /* of one decision */

typedef struct {
    int          approve;
    civic_str_t  reasons;               /* codes, a space between */
} decision_t;


/* ---- the form ---------------------------------------------------------- */

static int
is_known(json_t *library, const char *code)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(library, i, one) {
        if (civic_str_eq(shared_json_str(one, "code"), civic_cstr(code))) {
            return 1;
        }
    }

    return 0;
}


static void
add_error(civic_field_error_t *errors, size_t *count, const char *pointer,
    const char *code)
{
    if (*count < ERRORS) {
        errors[(*count)++] = (civic_field_error_t) { pointer, code, NULL };
    }
}


static void
read_reasons(civic_request_t *r, json_t *library, decision_t *decision,
    civic_field_error_t *errors, size_t *count)
{
    size_t       i;
    json_t      *codes = json_object_get(civic_body(r), "reasons"), *code;
    const char  *text;

    decision->reasons = CIVIC_STR("");

    if (decision->approve) {
        if (json_array_size(codes) > 0) {
            add_error(errors, count, "/reasons", "photo_no_reasons");
        }

        return;
    }

    if (json_array_size(codes) == 0) {
        add_error(errors, count, "/reasons", "photo_reason_needed");
    }

    json_array_foreach(codes, i, code) {
        text = json_string_value(code);

        if (!is_known(library, text)) {
            add_error(errors, count,
                      civic_print(r, "/reasons/%zu", i).data,
                      "photo_reason_unknown");
        }

        decision->reasons = civic_print(r, "%s%s%s", decision->reasons.data,
                                        i == 0 ? "" : " ", text);
    }
}


/* Everything that is wrong, at once. */
static civic_result_t
read_form(civic_request_t *r, json_t *library, decision_t *decision,
    int *answered)
{
    size_t               count = 0;
    civic_field_error_t  errors[ERRORS];

    decision->approve = civic_str_eq(civic_body_str(r, "decision"),
                                     CIVIC_STR("approve"));

    if (decision->approve && !civic_body_bool(r, "recent")) {
        add_error(errors, &count, "/recent", "photo_tick_needed");
    }

    if (decision->approve && !civic_body_bool(r, "bareheaded")) {
        add_error(errors, &count, "/bareheaded", "photo_tick_needed");
    }

    read_reasons(r, library, decision, errors, &count);

    if (count == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = count });
}


/* ---- deciding ---------------------------------------------------------- */

/* What a machine found before stays beside it. */
static void
write_comparison(civic_request_t *r, const decision_t *decision,
    photo_t *photo)
{
    json_t  *all = json_loadb(photo->comparison.data, photo->comparison.len,
                              0, NULL);

    if (!json_is_object(all)) {
        json_decref(all);
        all = json_object();
    }

    json_object_set_new(all, "review", json_pack("{s:b, s:b, s:b, s:I}",
                            "approved", decision->approve,
                            "recent", civic_body_bool(r, "recent"),
                            "bareheaded", civic_body_bool(r, "bareheaded"),
                            "at", (json_int_t) civic_now(r)));

    photo->comparison = photo_json_text(r, all);
    json_decref(all);
}


static json_t *
audit_details(civic_request_t *r, const decision_t *decision,
    const photo_t *photo)
{
    return json_pack("{s:s%, s:b, s:b, s:b, s:s%}",
                     "photo", photo->id.data, photo->id.len,
                     "approved", decision->approve,
                     "recent", civic_body_bool(r, "recent"),
                     "bareheaded", civic_body_bool(r, "bareheaded"),
                     "reasons", decision->reasons.data,
                     decision->reasons.len);
}


static civic_result_t
move(civic_request_t *r, const decision_t *decision, photo_t *photo,
    int *moved)
{
    json_t          *details = audit_details(r, decision, photo);
    civic_result_t   rc;

    photo->due = 0;
    photo->tries = 0;
    photo->reason = decision->reasons;
    photo->note = civic_body_str(r, "note");
    write_comparison(r, decision, photo);

    rc = photo_move(r, photo, &(photo_move_t) {
                        .state = decision->approve ? "passed" : "refused",
                        .sealed = 1, .drop = !decision->approve, .work = 1,
                        .audit = &(civic_audit_entry_t) {
                            .action = "photo_check.decided",
                            .subject = photo->pid, .details = details } },
                    moved);
    json_decref(details);

    return rc;
}


civic_result_t
photo_review_decide(civic_request_t *r)
{
    int                   moved, answered = 0;
    photo_t               photo;
    decision_t            decision;
    civic_writer_t       *w;
    civic_result_t        rc;
    photo_review_rule_t   rule;

    rc = photo_review_rule(r, &rule);

    if (rc == CIVIC_OK) {
        rc = read_form(r, rule.reasons, &decision, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = photo_review_find(r, &photo, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (decision.approve && photo.report.len == 0) {
        return civic_problem(r, "photo_unchecked");
    }

    rc = move(r, &decision, &photo, &moved);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved) {
        return photo_review_gone(r, &photo);
    }

    civic_count(r, decision.approve ? PHOTO_REVIEW_APPROVED
                                    : PHOTO_REVIEW_REFUSED, 1);

    /* the job takes it out, too; at once is better */
    rc = photo_queue_follow(r, &photo);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "review_id", photo.id);
    civic_write_str(r, w, "state", photo.state);

    return CIVIC_OK;
}
