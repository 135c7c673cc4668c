/*
 * desk_rules.c - what lua/rules/review.lua is asked for the reviewers' side:
 * leases, working hours, and the library of reasons.
 */

#include "clock.h"
#include "caller.h"
#include "desk.h"
#include "record.h"
#include "text.h"
#include "values.h"
#include "words.h"

#define ERRORS  (REVIEW_REASONS + 2)


civic_result_t
review_desk_rule(civic_request_t *r, review_desk_rule_t *rule)
{
    civic_result_t  rc;

    rc = civic_rule(r, "desk", NULL, &rule->answer);

    if (rc == CIVIC_OK) {
        rule->lease = shared_rule_number(rule->answer, "lease", 900, 60,
                                         86400);
        rule->soon = shared_rule_number(rule->answer, "soon", 7200, 0,
                                        30 * 86400);
    }

    return rc;
}


/* ---- working hours ----------------------------------------------------- */

civic_result_t
review_may_review(civic_request_t *r, int *answered)
{
    int              open;
    json_t          *in, *answer;
    civic_msec_t     now = civic_business_now(r), opens;
    civic_result_t   rc;

    rc = review_hours(r, now, &open, &opens);
    if (rc != CIVIC_OK) {
        return rc;
    }

    in = json_pack("{s:I}", "now", (json_int_t) now);

    if (open >= 0) {
        json_object_set_new(in, "open", json_boolean(open));
    }

    if (opens > 0) {
        json_object_set_new(in, "opens_at", json_integer(opens));
    }

    rc = civic_rule(r, "may_review", in, &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    return rc;
}


/* ---- reasons ----------------------------------------------------------- */

typedef struct {
    json_t               *library;
    int64_t               most;
    int64_t               least_text;
    int64_t               most_text;
    int                   needs_text;
    civic_field_error_t   errors[ERRORS];
    size_t                count;
} form_t;


static void
add_error(form_t *form, const char *pointer, const char *code)
{
    if (form->count < ERRORS) {
        form->errors[form->count++] = (civic_field_error_t) { pointer, code,
                                                              NULL };
    }
}


static json_t *
known(json_t *library, civic_str_t code)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(library, i, one) {
        if (civic_str_eq(shared_json_str(one, "code"), code)) {
            return one;
        }
    }

    return NULL;
}


/* Their texts as they are now: what was decided stays as it was told. */
static json_t *
read_codes(civic_request_t *r, form_t *form, int needed)
{
    size_t        i;
    json_t       *codes = json_object_get(civic_body(r), "reasons");
    json_t       *reasons = json_array(), *code, *one;
    const char   *pointer;
    civic_str_t   text;

    if (needed && json_array_size(codes) == 0) {
        add_error(form, "/reasons", "review_reason_needed");
    }

    if ((int64_t) json_array_size(codes) > form->most) {
        add_error(form, "/reasons", "review_reasons_many");
    }

    json_array_foreach(codes, i, code) {
        text = (civic_str_t) { json_string_value(code),
                               json_string_length(code) };
        pointer = civic_print(r, "/reasons/%zu", i).data;
        one = known(form->library, text);

        if (one == NULL) {
            add_error(form, pointer, "review_reason_unknown");
            continue;
        }

        if (known(reasons, text) != NULL) {
            add_error(form, pointer, "review_reason_twice");
            continue;
        }

        form->needs_text |= json_is_true(json_object_get(one, "text"));
        json_array_append_new(reasons, json_pack("{s:O, s:O, s:O}",
                                  "code", json_object_get(one, "code"),
                                  "zh", json_object_get(one, "zh"),
                                  "en", json_object_get(one, "en")));
    }

    return reasons;
}


static void
read_note(civic_request_t *r, form_t *form, civic_str_t *note)
{
    int64_t  length;

    *note = civic_body_str(r, "note");
    civic_text_trim(&note->data, &note->len);
    length = civic_text_length(note->data, note->len);

    if (form->needs_text && length < form->least_text) {
        add_error(form, "/note", "review_note_needed");
    }

    if (length > form->most_text) {
        add_error(form, "/note", "review_note_long");
    }
}


static civic_result_t
begin_form(civic_request_t *r, form_t *form)
{
    json_t          *answer;
    civic_result_t   rc;

    memset(form, 0, sizeof(form_t));
    rc = civic_rule(r, "refusal", NULL, &answer);

    if (rc == CIVIC_OK) {
        form->library = json_object_get(answer, "reasons");
        form->most = shared_rule_number(answer, "most", REVIEW_REASONS, 1,
                                        REVIEW_REASONS);
        form->least_text = shared_rule_number(answer, "least_text", 1, 1,
                                              REVIEW_NOTE);
        form->most_text = shared_rule_number(answer, "most_text", REVIEW_NOTE,
                                             1, REVIEW_NOTE);
    }

    return rc;
}


civic_result_t
review_read_reasons(civic_request_t *r, int needed, civic_str_t *reasons,
    civic_str_t *note, int *answered)
{
    form_t           form;
    json_t          *read;
    civic_result_t   rc;

    rc = begin_form(r, &form);
    if (rc != CIVIC_OK) {
        return rc;
    }

    read = read_codes(r, &form, needed);
    read_note(r, &form, note);

    if (form.count == 0) {
        return shared_json_text(r, read, reasons);
    }

    json_decref(read);
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = form.errors,
                                     .nerrors = form.count });
}


civic_result_t
review_write_library(civic_request_t *r, civic_writer_t *w)
{
    form_t           form;
    size_t           i;
    json_t          *one;
    const char      *language = shared_language(r);
    civic_result_t   rc;

    rc = begin_form(r, &form);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_array(r, w, "reasons");

    json_array_foreach(form.library, i, one) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "code", shared_json_str(one, "code"));
        civic_write_str(r, w, "text", shared_text_in(one, language));
        civic_write_bool(r, w, "needs_note",
                         json_is_true(json_object_get(one, "text")));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
