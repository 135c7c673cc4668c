/*
 * show.c - what a citizen sees of an application: all of them, one with all
 * that was filled in, and the long poll of a page that waits for a decision.
 */

#include "caller.h"
#include "message.h"
#include "review.h"
#include "values.h"
#include "words.h"

#define LONGEST  10000                  /* ms of one poll */

/* What is looked up for an answer. */
typedef struct {
    const review_application_t  *application;
    const review_exam_t         *exam;
    const char                  *language;
    review_order_t               order;
    json_t                      *photo; /* photo_check.state's; NULL: none is
                                           needed */
    json_t                      *words; /* of the rule "show" */
    civic_msec_t                 open_until;    /* for submitting; 0: not now */
} shown_t;


/* ---- looking it up ----------------------------------------------------- */

static civic_result_t
add_chance(civic_request_t *r, const shown_t *shown, json_t *in,
    const char *name, const char *what, json_t **answer)
{
    civic_result_t  rc;

    rc = review_window_rule(r, what, shown->exam, civic_business_now(r),
                            answer);

    if (rc == CIVIC_OK) {
        json_object_set_new(in, name, json_boolean(
                            json_is_true(json_object_get(*answer, "allow"))));
    }

    return rc;
}


/* An instant of the rule "window"; 0: none. */
static civic_msec_t
instant_of(json_t *answer, const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}


/* What may be done with it, as it is and at this time. */
static civic_result_t
add_chances(civic_request_t *r, shown_t *shown, json_t *in)
{
    json_t          *answer;
    civic_msec_t     opens;
    civic_result_t   rc;
    const char      *change = "edit", *send = "submit";

    if (review_is(shown->application, "refused")) {
        change = "amend";
        send = "resubmit";
    }

    rc = add_chance(r, shown, in, "withdraw", "withdraw", &answer);

    if (rc == CIVIC_OK) {
        rc = add_chance(r, shown, in, "submit", send, &answer);
    }

    if (rc == CIVIC_OK) {
        shown->open_until = instant_of(answer, "until");
        rc = add_chance(r, shown, in, "edit", change, &answer);
    }

    if (rc == CIVIC_OK && (opens = instant_of(answer, "possible_at")) > 0) {
        json_object_set_new(in, "opens",
                            json_string(shared_minute(r, opens).data));
    }

    return rc;
}


static civic_result_t
ask_words(civic_request_t *r, shown_t *shown)
{
    json_t                      *in;
    civic_result_t               rc;
    const review_application_t  *application = shown->application;

    in = json_pack("{s:s, s:s, s:b, s:s, s:b}",
                   "state", application->state.data,
                   "order", shown->order.paying ? "paying"
                            : shown->order.state.data,
                   "free", shown->exam->fen == 0, "language",
                   shown->language, "position",
                   application->position.len > 0);

    if (shown->photo != NULL) {
        json_object_set(in, "photo", json_object_get(shown->photo,
                                                     "progress"));
    }

    if (application->due_at > 0) {
        json_object_set_new(in, "due",
            json_string(shared_minute(r, application->due_at).data));
    }

    rc = add_chances(r, shown, in);

    if (rc != CIVIC_OK) {
        json_decref(in);
        return rc;
    }

    return civic_rule(r, "show", in, &shown->words);
}


static civic_result_t
look_up(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, shown_t *shown)
{
    civic_result_t  rc = CIVIC_OK;

    memset(shown, 0, sizeof(shown_t));
    shown->application = application;
    shown->exam = exam;
    shown->language = shared_language(r);
    shown->order.state = CIVIC_STR("none");

    if (review_is(application, "approved")
        || review_is(application, "removed"))
    {
        rc = review_order(r, application->pid, application->exam,
                          &shown->order);
    }

    if (rc == CIVIC_OK && exam->profile.len > 0) {
        rc = review_photo(r, application->pid, exam->profile, &shown->photo);
    }

    return rc != CIVIC_OK ? rc : ask_words(r, shown);
}


/* ---- writing it -------------------------------------------------------- */

static void
write_summary(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    size_t                       i;
    json_t                      *one;
    const review_application_t  *application = shown->application;

    if (application->id.len > 0) {
        civic_write_str(r, w, "application_id", application->id);
        civic_write_instant(r, w, "since", application->since);
    }

    civic_write_str(r, w, "exam_id", shown->exam->id);
    civic_write_str(r, w, "title", shared_text_in(shown->exam->title,
                                                  shown->language));
    civic_write_str(r, w, "state", application->state);
    civic_write_str(r, w, "label", shared_json_str(shown->words, "label"));
    civic_write_str(r, w, "hint", shared_json_str(shown->words, "hint"));
    civic_write_int(r, w, "version", application->version);
    civic_write_array(r, w, "next");

    json_array_foreach(json_object_get(shown->words, "next"), i, one) {
        civic_write_str(r, w, NULL, (civic_str_t) {
                            json_string_value(one), json_string_length(one) });
    }

    civic_write_end(r, w);
}


static civic_result_t
write_position(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    json_t          *position;
    civic_str_t      code = shown->application->position;
    civic_result_t   rc;

    if (code.len == 0) {
        return CIVIC_OK;
    }

    rc = review_position(r, shown->exam->id, code, &position);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, "position");
    civic_write_str(r, w, "code", code);

    if (position != NULL) {
        civic_write_str(r, w, "name",
                        shared_text_in(json_object_get(position, "name"),
                                       shown->language));
        civic_write_str(r, w, "unit",
                        shared_text_in(json_object_get(position, "unit"),
                                       shown->language));
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


static void
write_times(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    const review_application_t  *application = shown->application;

    if (shown->open_until > 0 && review_locked(application) == NULL) {
        civic_write_instant(r, w, "open_until", shown->open_until);
    }

    if (application->submitted_at > 0) {
        civic_write_instant(r, w, "submitted_at", application->submitted_at);
    }

    if (!review_is(application, "submitted")) {
        return;
    }

    if (application->due_at > 0) {
        civic_write_instant(r, w, "due_at", application->due_at);

    } else if (application->due_unknown.len > 0) {
        civic_write_str(r, w, "due_unknown", application->due_unknown);
    }
}


/* Why it was refused, as it was said then. */
static void
write_reasons(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    size_t                       i;
    json_t                      *reasons, *one;
    const review_application_t  *application = shown->application;

    if (!review_is(application, "refused")) {
        return;
    }

    reasons = json_loadb(application->reasons.data, application->reasons.len,
                         0, NULL);
    civic_write_array(r, w, "reasons");

    json_array_foreach(reasons, i, one) {
        civic_write_str(r, w, NULL, shared_text_in(one, shown->language));
    }

    civic_write_end(r, w);
    json_decref(reasons);

    if (application->note.len > 0) {
        civic_write_str(r, w, "note", application->note);
    }
}


static void
write_answer(civic_request_t *r, civic_writer_t *w, const char *name,
    json_t *answer)
{
    size_t   i;
    json_t  *one;

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "field", civic_cstr(name));

    if (json_is_string(answer)) {
        civic_write_str(r, w, "value", (civic_str_t) {
                            json_string_value(answer),
                            json_string_length(answer) });
        civic_write_end(r, w);
        return;
    }

    civic_write_array(r, w, "values");

    json_array_foreach(answer, i, one) {
        civic_write_str(r, w, NULL, civic_cstr(json_string_value(one)));
    }

    civic_write_end(r, w);
    civic_write_end(r, w);
}


static void
write_answers(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    json_t      *answers = review_answers(shown->application), *answer;
    const char  *name;

    civic_write_array(r, w, "answers");

    json_object_foreach(answers, name, answer) {
        write_answer(r, w, name, answer);
    }

    civic_write_end(r, w);
    json_decref(answers);
}


static void
write_order(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    if (shown->order.id.len == 0) {
        return;
    }

    civic_write_object(r, w, "order");
    civic_write_str(r, w, "order_id", shown->order.id);
    civic_write_str(r, w, "state", shown->order.state);
    civic_write_int(r, w, "fen", shown->order.fen);
    civic_write_instant(r, w, "until", shown->order.until);
    civic_write_end(r, w);
}


civic_result_t
review_reply(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam)
{
    shown_t          shown;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = look_up(r, application, exam, &shown);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    write_summary(r, w, &shown);
    write_times(r, w, &shown);
    write_reasons(r, w, &shown);
    write_answers(r, w, &shown);
    write_order(r, w, &shown);

    if (shown.photo != NULL) {
        civic_write_str(r, w, "photo", shared_json_str(shown.photo,
                                                       "progress"));
    }

    return write_position(r, w, &shown);
}


/* ---- finding ----------------------------------------------------------- */

civic_result_t
review_find(civic_request_t *r, review_application_t *application,
    review_exam_t *exam, int *answered)
{
    civic_str_t     id = civic_path(r, "exam_id");
    civic_result_t  rc;

    rc = review_exam(r, id, exam);

    if (rc == CIVIC_OK && !exam->exists) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    return rc != CIVIC_OK ? rc
           : review_read(r, civic_pid(r), id, application);
}


civic_result_t
review_application_show(civic_request_t *r)
{
    int                    answered = 0;
    civic_result_t         rc;
    review_exam_t          exam;
    review_application_t   application;

    rc = review_find(r, &application, &exam, &answered);

    return rc != CIVIC_OK || answered ? rc
           : review_reply(r, &application, &exam);
}


/* ---- all --------------------------------------------------------------- */

static civic_result_t
write_listed(civic_request_t *r, civic_writer_t *w,
    const review_application_t *application)
{
    shown_t          shown;
    review_exam_t    exam;
    civic_result_t   rc;

    rc = review_exam(r, application->exam, &exam);

    if (rc == CIVIC_OK) {
        rc = look_up(r, application, &exam, &shown);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, NULL);
    write_summary(r, w, &shown);
    write_times(r, w, &shown);
    rc = write_position(r, w, &shown);
    civic_write_end(r, w);

    return rc;
}


civic_result_t
review_applications_list(civic_request_t *r)
{
    size_t                 i, count;
    civic_result_t         rc;
    civic_writer_t        *w;
    review_application_t  *applications;

    applications = civic_alloc(r, REVIEW_MOST * sizeof(review_application_t));

    rc = review_list(r, shared_copy(r, civic_pid(r)), applications,
                     REVIEW_MOST, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "applications");

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = write_listed(r, w, &applications[i]);
    }

    civic_write_end(r, w);

    return rc;
}


/* ---- the long poll ----------------------------------------------------- */

civic_result_t
review_application_wait(civic_request_t *r)
{
    int                    answered = 0;
    int64_t                known;
    civic_result_t         rc, waited = CIVIC_OK;
    review_exam_t          exam;
    review_application_t   application;

    known = json_integer_value(json_object_get(civic_query(r), "version"));

    rc = civic_watch(r, review_topic(r, civic_pid(r),
                                     civic_path(r, "exam_id")));

    while (rc == CIVIC_OK) {
        rc = review_find(r, &application, &exam, &answered);

        if (rc != CIVIC_OK || answered) {
            return rc;
        }

        if (application.version != known || waited == CIVIC_TIMEOUT) {
            return review_reply(r, &application, &exam);
        }

        waited = civic_wait(r, LONGEST);
        rc = waited == CIVIC_TIMEOUT ? CIVIC_OK : waited;
    }

    return rc;
}
