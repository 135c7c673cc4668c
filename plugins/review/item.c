/*
 * item.c - what staff see of the application that they hold: who it is, the
 * form with its labels, the position with its conditions, what was decided
 * before, and the photo.
 *
 * The identity stands unmasked here and nowhere else.  That somebody looked
 * stands in the audit trail before the first byte leaves.
 */

#include "answers.h"
#include "caller.h"
#include "desk.h"
#include "record.h"
#include "values.h"
#include "words.h"


/* ---- the form ---------------------------------------------------------- */

static civic_str_t
option_text(json_t *field, json_t *value, const char *language)
{
    size_t   i;
    json_t  *option;

    json_array_foreach(json_object_get(field, "options"), i, option) {
        if (json_equal(json_object_get(option, "value"), value)) {
            return shared_text_in(json_object_get(option, "label"), language);
        }
    }

    return (civic_str_t) { json_string_value(value),
                           json_string_length(value) };
}


static civic_str_t
yes_no_text(civic_str_t answer, const char *language)
{
    int  chinese = strcmp(language, "zh") == 0;

    if (civic_str_eq(answer, CIVIC_STR("yes"))) {
        return chinese ? CIVIC_STR("是") : CIVIC_STR("yes");
    }

    if (civic_str_eq(answer, CIVIC_STR("no"))) {
        return chinese ? CIVIC_STR("否") : CIVIC_STR("no");
    }

    return answer;
}


/* As people read it: labels for values. */
static civic_str_t
answer_text(civic_request_t *r, json_t *field, json_t *answer,
    const char *language)
{
    size_t       i;
    json_t      *one;
    civic_str_t  text = CIVIC_STR(""), part;

    if (json_is_string(answer)) {
        part = option_text(field, answer, language);

        return civic_str_eq(shared_json_str(field, "type"),
                            CIVIC_STR("yes_no"))
               ? yes_no_text(part, language) : part;
    }

    json_array_foreach(answer, i, one) {
        if (json_is_string(one)) {
            part = option_text(field, one, language);
            text = civic_print(r, "%.*s%s%.*s", (int) text.len, text.data,
                               i == 0 ? ""
                               : strcmp(language, "zh") == 0 ? "、" : ", ",
                               (int) part.len, part.data);
        }
    }

    return text;
}


/* The exam's file may keep a field from reviewers. */
static void
write_form(civic_request_t *r, civic_writer_t *w, json_t *form,
    json_t *answers)
{
    size_t       i;
    json_t      *field, *answer;
    const char  *language = shared_language(r);
    civic_str_t  name;

    civic_write_array(r, w, "form");

    json_array_foreach(form, i, field) {
        name = shared_json_str(field, "name");
        answer = json_object_get(answers, civic_text_or_empty(name));

        if (json_is_false(json_object_get(field, "show_reviewer"))
            || civic_answer_is_empty(answer)
            || !civic_answer_is_asked(form, answers, field))
        {
            continue;
        }

        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "name", name);
        civic_write_str(r, w, "label",
                        shared_text_in(json_object_get(field, "label"),
                                       language));
        civic_write_str(r, w, "text", answer_text(r, field, answer,
                                                  language));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


/* ---- the position ------------------------------------------------------ */

static void
write_pair(civic_request_t *r, civic_writer_t *w, json_t *object,
    const char *name)
{
    json_t  *pair = json_object_get(object, name);

    if (pair != NULL) {
        civic_write_str(r, w, name, shared_text_in(pair, shared_language(r)));
    }
}


static void
write_position(civic_request_t *r, civic_writer_t *w, civic_str_t code,
    json_t *position)
{
    size_t   i;
    json_t  *condition;

    civic_write_object(r, w, "position");
    civic_write_str(r, w, "code", code);
    write_pair(r, w, position, "name");
    write_pair(r, w, position, "unit");
    write_pair(r, w, position, "note");
    civic_write_array(r, w, "conditions");

    json_array_foreach(json_object_get(position, "conditions"), i, condition)
    {
        civic_write_str(r, w, NULL,
                        shared_text_in(json_object_get(condition, "text"),
                                       shared_language(r)));
    }

    civic_write_end(r, w);
    civic_write_end(r, w);
}


/* ---- what was before --------------------------------------------------- */

void
review_write_reasons(civic_request_t *r, civic_writer_t *w, json_t *reasons)
{
    size_t   i;
    json_t  *one;

    civic_write_array(r, w, "reasons");

    json_array_foreach(reasons, i, one) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "code", shared_json_str(one, "code"));
        civic_write_str(r, w, "text", shared_text_in(one, shared_language(r)));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


static void
write_text(civic_request_t *r, civic_writer_t *w, json_t *object,
    const char *name)
{
    civic_str_t  text = shared_json_str(object, name);

    if (text.len > 0) {
        civic_write_str(r, w, name, text);
    }
}


static void
write_past(civic_request_t *r, civic_writer_t *w, json_t *past)
{
    size_t   i;
    json_t  *one;

    civic_write_array(r, w, "past");

    json_array_foreach(past, i, one) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "what", shared_json_str(one, "what"));
        civic_write_instant(r, w, "at",
                            json_integer_value(json_object_get(one, "at")));
        write_text(r, w, one, "position");
        write_text(r, w, one, "note");
        write_text(r, w, one, "why");

        if (json_array_size(json_object_get(one, "reasons")) > 0) {
            review_write_reasons(r, w, json_object_get(one, "reasons"));
        }

        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


/* Who proposed it is not told: whether it was the reader is. */
static void
write_proposal(civic_request_t *r, civic_writer_t *w,
    const review_application_t *application)
{
    json_t  *proposal;

    if (application->reversal.len == 0) {
        return;
    }

    proposal = json_loadb(civic_text_or_empty(application->proposal),
                          application->proposal.len, 0, NULL);

    civic_write_object(r, w, "reversal");
    civic_write_str(r, w, "becomes", review_is(application, "approved")
                                     ? CIVIC_STR("refused")
                                     : CIVIC_STR("approved"));
    civic_write_bool(r, w, "own",
                     civic_str_eq(shared_json_str(proposal, "by"),
                                  civic_pid(r)));
    civic_write_instant(r, w, "at", json_integer_value(
                                        json_object_get(proposal, "at")));
    write_text(r, w, proposal, "why");
    write_text(r, w, proposal, "note");
    review_write_reasons(r, w, json_object_get(proposal, "reasons"));
    civic_write_end(r, w);
    json_decref(proposal);
}


/* ---- the reply --------------------------------------------------------- */

/* All that is asked for before the reply begins. */
typedef struct {
    review_exam_t   exam;
    json_t         *position;           /* the host's, or NULL */
    json_t         *who;
    json_t         *past;               /* a reference */
    civic_str_t     blob;
} seen_t;


static civic_result_t
read_photo(civic_request_t *r, civic_str_t pid, const review_exam_t *exam,
    civic_str_t *blob)
{
    json_t          *photo = NULL;
    civic_result_t   rc;

    *blob = CIVIC_STR("");

    if (exam->profile.len == 0) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "photo_check.state",
                    json_pack("{s:s%, s:s%}", "pid", pid.data, pid.len,
                              "profile", exam->profile.data,
                              exam->profile.len), &photo);

    if (rc == CIVIC_OK) {
        *blob = shared_copy(r, shared_json_str(photo, "blob_id"));
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
read_seen(civic_request_t *r, const review_application_t *application,
    seen_t *seen)
{
    civic_result_t  rc;

    memset(seen, 0, sizeof(seen_t));
    rc = review_exam(r, application->exam, &seen->exam);

    if (rc == CIVIC_OK) {
        rc = review_position(r, application->exam, application->position,
                             &seen->position);
    }

    if (rc == CIVIC_OK) {
        rc = read_photo(r, application->pid, &seen->exam, &seen->blob);
    }

    if (rc == CIVIC_OK) {
        rc = civic_call(r, "login.identity",
                        json_pack("{s:s%}", "pid", application->pid.data,
                                  application->pid.len), &seen->who);
    }

    return rc == CIVIC_OK ? review_past(r, application, &seen->past) : rc;
}


static void
write_due(civic_request_t *r, civic_writer_t *w,
    const review_application_t *application)
{
    if (application->due_at > 0) {
        civic_write_instant(r, w, "due_at", application->due_at);
        civic_write_bool(r, w, "overdue", review_is(application, "submitted")
                         && civic_business_now(r) > application->due_at);

    } else if (application->due_unknown.len > 0) {
        civic_write_str(r, w, "due_unknown", application->due_unknown);
    }
}


static void
write_head(civic_request_t *r, civic_writer_t *w, const review_item_t *item,
    const seen_t *seen)
{
    const review_application_t  *application = &item->application;

    civic_write_str(r, w, "application_id", application->id);
    civic_write_str(r, w, "exam_id", application->exam);
    civic_write_str(r, w, "exam", shared_text_in(seen->exam.title,
                                                 shared_language(r)));
    civic_write_str(r, w, "state", application->state);
    civic_write_int(r, w, "version", application->version);
    civic_write_instant(r, w, "lease_until", item->until);
    civic_write_instant(r, w, "submitted_at", application->submitted_at);
    write_due(r, w, application);
    civic_write_str(r, w, "name", shared_json_str(seen->who, "name"));
    civic_write_str(r, w, "id_number", shared_json_str(seen->who,
                                                       "id_number"));
    civic_write_str(r, w, "id_kind", shared_json_str(seen->who, "kind"));
    civic_write_bool(r, w, "has_photo", seen->blob.len > 0);
}


static civic_result_t
write_all(civic_request_t *r, const review_item_t *item, const seen_t *seen)
{
    json_t                      *answers;
    civic_writer_t              *w = civic_reply(r, 200);
    const review_application_t  *application = &item->application;

    answers = json_loadb(civic_text_or_empty(application->answers),
                         application->answers.len, 0, NULL);

    write_head(r, w, item, seen);
    write_position(r, w, application->position, seen->position);
    write_form(r, w, seen->exam.form, answers);
    write_past(r, w, seen->past);
    write_proposal(r, w, application);
    json_decref(answers);

    return review_write_library(r, w);
}


civic_result_t
review_item_write(civic_request_t *r, const review_item_t *item)
{
    seen_t          seen;
    civic_result_t  rc;

    rc = read_seen(r, &item->application, &seen);

    if (rc == CIVIC_OK) {
        rc = write_all(r, item, &seen);
    }

    json_decref(seen.past);

    return rc;
}


civic_result_t
review_desk_show(civic_request_t *r)
{
    int             answered = 0;
    civic_result_t  rc;
    review_item_t   item;

    rc = review_item_find(r, &item, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = review_item_note(r, &item, "review.seen");
    }

    return rc != CIVIC_OK || answered ? rc : review_item_write(r, &item);
}


/* ---- the photo --------------------------------------------------------- */

/* Streamed from its sealed file, and never cached. */
civic_result_t
review_desk_photo(civic_request_t *r)
{
    int             answered = 0;
    civic_str_t     blob = CIVIC_STR("");
    civic_result_t  rc;
    review_item_t   item;
    review_exam_t   exam;

    rc = review_item_find(r, &item, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = review_exam(r, item.application.exam, &exam);

    if (rc == CIVIC_OK) {
        rc = read_photo(r, item.application.pid, &exam, &blob);
    }

    if (rc == CIVIC_OK && blob.len > 0) {
        rc = review_item_note(r, &item, "review.photo_seen");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = blob.len == 0 ? CIVIC_NOT_FOUND
         : civic_reply_blob(r, item.application.pid, REVIEW_PHOTO, blob);

    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "review_no_photo") : rc;
}
