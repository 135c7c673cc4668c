/*
 * reversal.c - a decision is turned round by two of the staff: one proposes it
 * with reasons, another confirms or rejects it.
 *
 * The proposal stands in the application itself, so it is over as soon as the
 * applicant does something else.  The list of proposals is an index of that.
 */

#include "desk.h"
#include "caller.h"
#include "id_number.h"
#include "name.h"
#include "record.h"
#include "values.h"
#include "words.h"

#define LISTED  50
#define DAY     86400000LL


/* ---- what they have in common ------------------------------------------ */

static const char *
becomes(const review_application_t *application)
{
    return review_is(application, "approved") ? "refused" : "approved";
}


/* A new reference; NULL without one. */
static json_t *
proposal_of(const review_application_t *application)
{
    return json_loadb(civic_text_or_empty(application->proposal),
                      application->proposal.len, 0, NULL);
}


/* past has what happened. */
static civic_result_t
settle(civic_request_t *r, review_item_t *item, const char *state,
    const char *action, json_t *past)
{
    json_t          *details = review_item_details(&item->application);
    civic_result_t   rc;

    rc = review_settle_item(r, item, &(review_move_t) {
                                .state = state, .form = 1, .past = past,
                                .audit = &(civic_audit_entry_t) {
                                    .action = action,
                                    .subject = item->application.pid,
                                    .details = details } },
                            state != NULL ? REVIEW_REVERSED
                                          : REVIEW_PROPOSALS);
    json_decref(details);

    return rc;
}


/* ---- proposing --------------------------------------------------------- */

/* The last that was handed in, borrowed; NULL without one. */
static json_t *
last_submitted(json_t *past)
{
    size_t  i;

    for (i = json_array_size(past); i > 0; i--) {
        if (civic_str_eq(shared_json_str(json_array_get(past, i - 1), "what"),
                         CIVIC_STR("submitted")))
        {
            return json_array_get(past, i - 1);
        }
    }

    return NULL;
}


/* Whether it is no longer what was handed in and refused: nothing of that has
   been checked, neither the form nor the position's conditions. */
static civic_result_t
is_amended(civic_request_t *r, const review_application_t *application,
    int *amended)
{
    json_t          *past, *last, *answers;
    civic_result_t   rc;

    *amended = 0;

    if (!review_is(application, "refused")) {
        return CIVIC_OK;
    }

    rc = review_past(r, application, &past);
    if (rc != CIVIC_OK) {
        return rc;
    }

    last = last_submitted(past);

    if (last != NULL) {
        answers = review_answers(application);
        *amended = !json_equal(answers, json_object_get(last, "answers"))
                   || !civic_str_eq(application->position,
                                    shared_json_str(last, "position"));
        json_decref(answers);
    }

    json_decref(past);

    return CIVIC_OK;
}


static civic_result_t
may_reverse(civic_request_t *r, const review_application_t *application,
    int *answered)
{
    json_t          *answer;
    int64_t          days = (civic_business_now(r) - application->decided_at)
                            / DAY;
    civic_result_t   rc;

    rc = civic_rule(r, "reversal",
                    json_pack("{s:s%, s:I}", "state", application->state.data,
                              application->state.len, "days",
                              (json_int_t) (days < 0 ? 0 : days)), &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return civic_refuse(r, answer);
    }

    return rc;
}


static civic_result_t
write_proposal(civic_request_t *r, review_application_t *application,
    civic_str_t reasons, civic_str_t note)
{
    json_t       *list = json_loadb(reasons.data, reasons.len, 0, NULL);
    civic_str_t   why = civic_body_str(r, "why"), staff = civic_pid(r);

    application->reversal = CIVIC_STR(REVIEW_PROPOSED);

    return shared_json_text(r, json_pack("{s:s%, s:I, s:s%, s:s%, s:o}",
                                "by", staff.data, staff.len,
                                "at", (json_int_t) civic_business_now(r),
                                "why", why.data, why.len,
                                "note", civic_text_or_empty(note), note.len,
                                "reasons", list),
                            &application->proposal);
}


civic_result_t
review_desk_propose(civic_request_t *r)
{
    int             answered = 0, amended = 0;
    civic_str_t     reasons = CIVIC_STR(""), note = CIVIC_STR("");
    civic_result_t  rc;
    review_item_t   item;

    rc = review_item_for(r, 1, &(review_wish_t) {
                             .what = "reversal_proposed", .reasoned = 1 },
                         &item, &answered);

    if (rc == CIVIC_OK && !answered
        && review_is_proposed(&item.application))
    {
        return civic_problem(r, "review_reversal_proposed");
    }

    if (rc == CIVIC_OK && !answered) {
        rc = is_amended(r, &item.application, &amended);
    }

    if (rc == CIVIC_OK && amended) {
        return civic_problem(r, "review_amended");
    }

    if (rc == CIVIC_OK && !answered) {
        rc = may_reverse(r, &item.application, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = review_read_reasons(r, review_is(&item.application, "approved"),
                                 &reasons, &note, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = write_proposal(r, &item.application, reasons, note);
    }

    return rc != CIVIC_OK || answered ? rc
           : settle(r, &item, NULL, "review.reversal_proposed", NULL);
}


/* ---- the other person -------------------------------------------------- */

/* *proposal is a new reference. */
static civic_result_t
find_proposed(civic_request_t *r, const char *what, review_item_t *item,
    json_t **proposal, int *answered)
{
    civic_result_t  rc;

    *proposal = NULL;
    rc = review_item_for(r, 1, &(review_wish_t) { .what = what }, item,
                         answered);

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (!review_is_proposed(&item->application)) {
        *answered = 1;
        return civic_problem(r, "review_no_reversal");
    }

    *proposal = proposal_of(&item->application);

    if (*proposal == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "a proposed reversal cannot be read");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


static int
is_own(civic_request_t *r, json_t *proposal)
{
    return civic_str_eq(shared_json_str(proposal, "by"), civic_pid(r));
}


static json_t *
past_of(civic_request_t *r, const char *what, json_t *proposal,
    civic_str_t why)
{
    civic_str_t  staff = civic_pid(r);

    return json_pack("{s:s, s:I, s:s%, s:O*, s:O*, s:O*, s:s%}",
                     "what", what, "at", (json_int_t) civic_business_now(r),
                     "by", staff.data, staff.len,
                     "proposed_by", json_object_get(proposal, "by"),
                     "reasons", json_object_get(proposal, "reasons"),
                     "note", json_object_get(proposal, "note"),
                     "why", why.data, why.len);
}


static civic_result_t
confirm(civic_request_t *r, review_item_t *item, json_t *proposal)
{
    json_t                *past;
    const char            *state = becomes(&item->application);
    civic_result_t         rc;
    review_application_t  *application = &item->application;

    past = past_of(r, strcmp(state, "refused") == 0 ? "reversed_to_refused"
                                                    : "reversed_to_approved",
                   proposal, shared_json_str(proposal, "why"));

    rc = shared_json_text(r, json_deep_copy(json_object_get(proposal,
                                                            "reasons")),
                          &application->reasons);

    application->note = shared_copy(r, shared_json_str(proposal, "note"));
    application->decided_by = shared_copy(r, civic_pid(r));
    application->decided_at = civic_business_now(r);
    application->reviewer = application->decided_by;
    review_end_proposal(application);

    if (rc == CIVIC_OK) {
        rc = settle(r, item, state, "review.reversed", past);
    }

    json_decref(past);

    return rc;
}


civic_result_t
review_desk_confirm(civic_request_t *r)
{
    int              answered = 0;
    json_t          *proposal;
    civic_result_t   rc;
    review_item_t    item;

    rc = find_proposed(r, "reversed_to_", &item, &proposal, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = is_own(r, proposal) ? civic_problem(r, "review_reversal_own")
                                 : confirm(r, &item, proposal);
    }

    json_decref(proposal);

    return rc;
}


/* Its proposer may take it back in this way, too. */
civic_result_t
review_desk_reject(civic_request_t *r)
{
    int              answered = 0;
    json_t          *proposal, *past;
    civic_result_t   rc;
    review_item_t    item;

    rc = find_proposed(r, "reversal_rejected", &item, &proposal,
                       &answered);

    if (rc == CIVIC_OK && !answered) {
        past = past_of(r, "reversal_rejected", proposal,
                       civic_body_str(r, "why"));
        review_end_proposal(&item.application);
        rc = settle(r, &item, NULL, "review.reversal_rejected", past);
        json_decref(past);
    }

    json_decref(proposal);

    return rc;
}


/* ---- the list ---------------------------------------------------------- */

typedef struct {
    review_application_t  applications[LISTED];
    json_t               *who[LISTED];      /* the host's */
    size_t                count;
} list_t;


/* What is over by now is taken out of the index. */
static civic_result_t
read_one(civic_request_t *r, civic_str_t exam,
    const staff_queue_item_t *item, list_t *list)
{
    civic_result_t         rc = CIVIC_NOT_FOUND;
    review_application_t  *application = &list->applications[list->count];

    if (item->pid.len == SHARED_PID) {
        rc = review_read(r, item->pid, exam, application);
    }

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID
        || (rc == CIVIC_OK && (!civic_str_eq(application->id, item->id)
                               || !review_is_proposed(application))))
    {
        return staff_queue_drop(r, review_reversals(r, exam), item->id,
                                item->version);
    }

    if (rc == CIVIC_OK) {
        rc = civic_call(r, "login.identity",
                        json_pack("{s:s%}", "pid", item->pid.data,
                                  item->pid.len), &list->who[list->count]);
    }

    list->count += rc == CIVIC_OK;

    return rc;
}


static void
write_one(civic_request_t *r, civic_writer_t *w,
    const review_application_t *application, json_t *who)
{
    char          name[CIVIC_NAME_BYTES];
    json_t       *proposal = proposal_of(application);
    civic_str_t   text = shared_json_str(who, "name");

    text.len = civic_name_mask(text.data, text.len, name);
    text.data = name;

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "application_id", application->id);
    civic_write_str(r, w, "exam_id", application->exam);
    civic_write_str(r, w, "position", application->position);
    civic_write_str(r, w, "name", text);
    civic_write_str(r, w, "becomes", civic_cstr(becomes(application)));
    civic_write_bool(r, w, "own", is_own(r, proposal));
    civic_write_instant(r, w, "at", json_integer_value(
                                        json_object_get(proposal, "at")));
    civic_write_end(r, w);
    json_decref(proposal);
}


static civic_result_t
reply_list(civic_request_t *r, const list_t *list)
{
    size_t           i;
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_array(r, w, "reversals");

    for (i = 0; i < list->count; i++) {
        write_one(r, w, &list->applications[i], list->who[i]);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
review_desk_reversals(civic_request_t *r)
{
    size_t               i, count = 0;
    list_t              *list = civic_alloc(r, sizeof(list_t));
    civic_str_t          exam = review_exam_asked(r);
    civic_result_t       rc;
    staff_queue_item_t  *items;

    if (!shared_is_exam(exam)) {
        return civic_problem(r, "review_exam_unknown");
    }

    list->count = 0;
    items = civic_alloc(r, LISTED * sizeof(staff_queue_item_t));
    rc = staff_queue_list(r, review_reversals(r, exam), 0, LISTED, items,
                          &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = read_one(r, exam, &items[i], list);
    }

    return rc == CIVIC_OK ? reply_list(r, list) : rc;
}
