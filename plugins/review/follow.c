/*
 * follow.c - what follows from a change: the index, the queue of staff, and
 * what the applicant is told.
 *
 * Each step bears being done twice, and late: it looks at the application as
 * it is by now; only what is told of a decision is what was said with it.
 * Money and those who are told "entitlement" have outboxes of their own
 * (money.c, tell.c): a plugin that is switched off holds up what concerns it,
 * and nothing else.
 */

#include <stdlib.h>

#include "message.h"
#include "record.h"
#include "review.h"
#include "values.h"
#include "words.h"

#define WORDS  4


/* ---- an outbox --------------------------------------------------------- */

civic_result_t
review_following(civic_request_t *r, const shared_entry_t *entry,
    review_following_t *it)
{
    civic_str_t     words[WORDS];
    civic_result_t  rc;

    memset(it, 0, sizeof(review_following_t));

    if (shared_words(r, entry->value, words, WORDS) != 0
        || words[0].len != SHARED_PID)
    {
        return CIVIC_INVALID;
    }

    it->state = words[2];
    it->version = shared_number(words[3], 0);

    if (civic_str_eq(it->state, CIVIC_STR("erased"))) {
        it->erased = words[3];
        it->application.pid = words[0];
        it->application.exam = words[1];

        return shared_is_exam(words[1]) ? CIVIC_OK : CIVIC_INVALID;
    }

    rc = review_read(r, words[0], words[1], &it->application);

    return rc != CIVIC_OK ? rc : review_exam(r, words[1], &it->exam);
}


civic_result_t
review_note(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    const char *state, int64_t version)
{
    civic_str_t           keys[3], near, entry;
    const civic_value_t  *value;

    near = civic_person_key(r, pid, REVIEW_FAMILY);
    keys[0] = civic_outbox(r, REVIEW_WORK, near);
    keys[1] = civic_outbox(r, REVIEW_MONEY, near);
    keys[2] = civic_outbox(r, REVIEW_TELL, near);
    entry = civic_print(r, "%.*s %.*s %s %lld", (int) pid.len, pid.data,
                        (int) exam.len, exam.data, state,
                        (long long) version);

    return civic_script(r, &(civic_script_t) {
                            .name = "review_note", .keys = keys, .nkeys = 3,
                            .args = &entry, .nargs = 1,
                            .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


/* ---- messages ---------------------------------------------------------- */

/* What a reviewer said with the decision that an entry is about. */
typedef struct {
    json_t  *reasons;                   /* a reference, or NULL */
    json_t  *note;
} said_t;


/* Borrowed; NULL: it left nothing, or the past cannot be read. */
static json_t *
left_by(json_t *past, int64_t version)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(past, i, one) {
        if (json_integer_value(json_object_get(one, "version")) == version) {
            return one;
        }
    }

    return NULL;
}


/* By now the applicant may have handed in again, or another decision may have
   come: what was said with this one stands in the past. */
static civic_result_t
read_said(civic_request_t *r, const review_following_t *it, said_t *said)
{
    json_t                      *past, *one;
    civic_result_t               rc;
    const review_application_t  *application = &it->application;

    rc = review_past(r, application, &past);

    if (rc != CIVIC_OK && rc != CIVIC_INVALID) {
        json_decref(past);
        return rc;
    }

    one = left_by(past, it->version);

    if (one != NULL) {
        said->reasons = json_incref(json_object_get(one, "reasons"));
        said->note = json_incref(json_object_get(one, "note"));

    } else {
        said->reasons = json_loadb(civic_text_or_empty(application->reasons),
                                   application->reasons.len, 0, NULL);
        said->note = json_stringn(civic_text_or_empty(application->note),
                                  application->note.len);
    }

    json_decref(past);

    return CIVIC_OK;
}


/* One after the other. */
static void
add_reasons(json_t *in, json_t *reasons, const char *language,
    const char *name)
{
    char         all[2000] = "";
    size_t       i, len = 0;
    json_t      *one;
    civic_str_t  text;

    json_array_foreach(reasons, i, one) {
        text = shared_text_in(one, language);

        if (len + text.len + 4 < sizeof(all)) {
            len += (size_t) snprintf(all + len, sizeof(all) - len, "%s%.*s",
                                     len == 0 ? "" : "; ", (int) text.len,
                                     text.data);
        }
    }

    json_object_set_new(in, name, json_string(all));
}


static json_t *
message_input(civic_request_t *r, const review_following_t *it,
    const said_t *said)
{
    json_t                      *in;
    civic_str_t                  zh, en;
    const review_application_t  *application = &it->application;

    zh = shared_text_in(it->exam.title, "zh");
    en = shared_text_in(it->exam.title, "en");

    in = json_pack("{s:s, s:s%, s:s%, s:s, s:b, s:b}",
                   "what", it->state.data,
                   "title_zh", civic_text_or_empty(zh), zh.len,
                   "title_en", civic_text_or_empty(en), en.len,
                   "note", json_is_string(said->note)
                           ? json_string_value(said->note) : "",
                   "free", it->exam.fen == 0,
                   "again", application->past.len > 0);

    add_reasons(in, said->reasons, "zh", "reasons_zh");
    add_reasons(in, said->reasons, "en", "reasons_en");

    if (application->due_at > 0) {
        json_object_set_new(in, "due",
            json_string(shared_minute(r, application->due_at).data));
    }

    return in;
}


static civic_result_t
tell_applicant(civic_request_t *r, const review_following_t *it)
{
    said_t          said = { .reasons = NULL };
    civic_result_t  rc;

    rc = read_said(r, it, &said);

    if (rc == CIVIC_OK) {
        rc = shared_message(r, "message", message_input(r, it, &said),
            (civic_message_t) {
                .pid = it->application.pid,
                .kind = civic_print(r, "review.%s", it->state.data).data,
                .once = civic_print(r, "%s:%s:%lld", it->application.id.data,
                                    it->state.data, (long long) it->version),
            }, NULL);
    }

    json_decref(said.reasons);
    json_decref(said.note);

    return rc;
}


/* ---- the jobs ---------------------------------------------------------- */

static civic_result_t
work(civic_request_t *r, shared_entry_t *entry)
{
    civic_result_t      rc;
    review_order_t      order = { .state = CIVIC_STR("none") };
    review_following_t  it;

    rc = review_following(r, entry, &it);

    if (rc == CIVIC_OK && it.erased.len > 0) {
        return review_follow_erased(r, it.application.pid,
                                    it.application.exam, it.erased);
    }

    if (rc != CIVIC_OK || it.application.id.len == 0) {
        return rc;
    }

    if (review_is(&it.application, "approved") && it.exam.fen > 0) {
        rc = review_order(r, it.application.pid, it.application.exam, &order);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    rc = review_index(r, &it.application, &it.exam, &order);

    if (rc == CIVIC_OK) {
        rc = review_follow_queue(r, &it.application);
    }

    return rc != CIVIC_OK ? rc : tell_applicant(r, &it);
}


static const shared_outbox_t  outboxes[] = {
    { .name = REVIEW_WORK, .step = work },
    { .name = REVIEW_MONEY, .step = review_money_step },
    { .name = REVIEW_TELL, .step = review_tell_step },
    { .name = NULL }
};


civic_result_t
review_follow_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, REVIEW_SET_ASIDE, NULL);
}
