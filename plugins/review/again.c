/*
 * again.c - a decision that is sent again, because its answer was lost.
 *
 * What somebody decided on a version leaves a line in the application's past,
 * with the version that it came to: the same decision of the same person is
 * answered as it was, whatever became of the application since.  Another one
 * is refused by name, so that nobody takes it for done.
 */

#include "desk.h"
#include "record.h"
#include "text.h"
#include "values.h"
#include "words.h"

#define REVERSED  "reversed_to_"


/* The application of the path as it is by now; its id is empty if that leads
   nowhere, which others tell. */
static civic_result_t
read_now(civic_request_t *r, review_application_t *application)
{
    civic_str_t     pid, exam = review_exam_asked(r);
    civic_str_t     id = shared_copy(r, civic_path(r, "application_id"));
    civic_result_t  rc;

    application->id = CIVIC_STR("");

    if (!shared_is_id(id) || !shared_is_exam(exam)) {
        return CIVIC_OK;
    }

    rc = review_owner(r, exam, id, &pid);

    if (rc != CIVIC_OK || pid.len != SHARED_PID) {
        return rc;
    }

    rc = review_read(r, pid, exam, application);

    if (rc == CIVIC_INVALID || !civic_str_eq(application->id, id)) {
        application->id = CIVIC_STR("");
    }

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* What the caller has left with the version that comes after the one sent;
   borrowed, NULL without. */
static json_t *
left_by_caller(civic_request_t *r, json_t *past, int64_t version)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(past, i, one) {
        if (json_integer_value(json_object_get(one, "version")) == version
            && civic_str_eq(shared_json_str(one, "by"), civic_pid(r)))
        {
            return one;
        }
    }

    return NULL;
}


/* By their codes, in whatever order they were ticked; their texts are the
   rule's. */
static int
same_reasons(json_t *kept, json_t *sent)
{
    size_t   i, j, found = 0;
    json_t  *code, *one;

    json_array_foreach(sent, i, code) {
        json_array_foreach(kept, j, one) {
            found += json_equal(json_object_get(one, "code"), code);
        }
    }

    return found == json_array_size(sent) && found == json_array_size(kept);
}


/* What is said with it: reasons and a remark for the applicant, and words for
   the other one of the staff, if the body has them. */
static int
says_the_same(civic_request_t *r, json_t *kept, const review_wish_t *wish)
{
    civic_str_t  note = civic_body_str(r, "note");
    civic_str_t  why = civic_body_str(r, "why");

    civic_text_trim(&note.data, &note.len);

    if (wish->reasoned
        && (!same_reasons(json_object_get(kept, "reasons"),
                          json_object_get(civic_body(r), "reasons"))
            || !civic_str_eq(shared_json_str(kept, "note"), note)))
    {
        return 0;
    }

    return why.len == 0 || civic_str_eq(shared_json_str(kept, "why"), why);
}


static int
is_same(civic_request_t *r, json_t *left, const review_wish_t *wish)
{
    size_t       len = strlen(wish->what);
    civic_str_t  what = shared_json_str(left, "what");

    return what.len >= len && memcmp(what.data, wish->what, len) == 0
           && says_the_same(r, left, wish);
}


/* The state that it came to: what was decided names it, but for a reversal
   that was rejected, which changes none. */
static civic_str_t
state_of(const review_application_t *application, json_t *left)
{
    size_t       len = sizeof(REVERSED) - 1;
    civic_str_t  what = shared_json_str(left, "what");

    if (what.len > len && memcmp(what.data, REVERSED, len) == 0) {
        return (civic_str_t) { what.data + len, what.len - len };
    }

    return civic_str_eq(what, CIVIC_STR("reversal_rejected"))
           ? application->state : what;
}


static civic_result_t
tell(civic_request_t *r, const review_application_t *application,
    civic_str_t state, int64_t version)
{
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "review.decided_again",
                                 .subject = application->pid });
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "application_id", application->id);
    civic_write_str(r, w, "state", state);
    civic_write_int(r, w, "version", version);

    return CIVIC_OK;
}


/* A proposal stands in the application itself, and leaves nothing until it
   is confirmed or rejected. */
static civic_result_t
is_proposed_again(civic_request_t *r,
    const review_application_t *application, const review_wish_t *wish,
    int64_t version, int *answered)
{
    int      same;
    json_t  *proposal;

    if (strcmp(wish->what, "reversal_proposed") != 0
        || application->version != version
        || !review_is_proposed(application))
    {
        return CIVIC_OK;
    }

    proposal = json_loadb(civic_text_or_empty(application->proposal),
                          application->proposal.len, 0, NULL);
    *answered = civic_str_eq(shared_json_str(proposal, "by"), civic_pid(r));
    same = says_the_same(r, proposal, wish);
    json_decref(proposal);

    return !*answered ? CIVIC_OK
           : same ? tell(r, application, application->state, version)
           : civic_problem(r, "review_decided_otherwise");
}


static civic_result_t
is_decided_again(civic_request_t *r, const review_application_t *application,
    const review_wish_t *wish, int64_t version, int *answered)
{
    json_t          *past, *left;
    civic_result_t   rc;

    rc = review_past(r, application, &past);

    if (rc != CIVIC_OK) {
        json_decref(past);
        return rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    left = left_by_caller(r, past, version);

    if (left != NULL) {
        *answered = 1;
        rc = is_same(r, left, wish)
             ? tell(r, application, shared_copy(r, state_of(application,
                                                            left)), version)
             : civic_problem(r, "review_decided_otherwise");
    }

    json_decref(past);

    return rc;
}


civic_result_t
review_decided_before(civic_request_t *r, const review_wish_t *wish,
    int *answered)
{
    int64_t                version;
    civic_result_t         rc;
    review_application_t   application;

    version = json_integer_value(json_object_get(civic_body(r), "version"))
              + 1;
    rc = read_now(r, &application);

    if (rc != CIVIC_OK || application.id.len == 0
        || application.version < version)
    {
        return rc;
    }

    rc = is_decided_again(r, &application, wish, version, answered);

    return rc != CIVIC_OK || *answered ? rc
           : is_proposed_again(r, &application, wish, version, answered);
}
