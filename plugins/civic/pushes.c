/*
 * pushes.c - the job that hands messages to a message service.
 *
 * An entry of the outbox says where a message is and until when it is worth
 * pushing.  The service knows a message that it was given twice by its
 * Idempotency-Key, so whatever is in doubt is sent again.
 *
 * It has a loop of its own, and nothing is set aside (outbox_run.h): what
 * fails here is mostly the service, for all messages alike, and each is given
 * up and counted when its time is over, so none waits for good.
 */

#include "civic.h"

#define MOST     64                             /* entries of one run */
#define BUDGET   15000                          /* ms: then the next run */
#define TIMEOUT  5000                           /* ms of one push */

/* What became of one. */
typedef enum {
    PUSH_DONE,
    PUSH_REFUSED,
    PUSH_GIVEN_UP,
    PUSH_GONE,                                  /* the message is not there */
    PUSH_LATER,                                 /* this one failed */
    PUSH_STOP                                   /* the service is not there */
} outcome_t;

typedef struct {
    civic_str_t   pid;
    civic_str_t   id;
    civic_msec_t  until;
} push_t;


/* Whether it makes sense to send it again: 408, 425 and 429 ask for that. */
static outcome_t
outcome_of(int status)
{
    if (status >= 200 && status < 300) {
        return PUSH_DONE;
    }

    if (status >= 400 && status < 500 && status != 408 && status != 425
        && status != 429)
    {
        return PUSH_REFUSED;
    }

    return PUSH_LATER;
}


static civic_result_t
post(civic_request_t *r, const push_t *push, civic_str_t body,
    outcome_t *outcome)
{
    civic_result_t             rc;
    const civic_http_reply_t  *reply;
    civic_http_header_t        headers[] = {
        { "Content-Type", CIVIC_STR("application/json") },
        { "Idempotency-Key", push->id },
    };

    rc = civic_http(r, &(civic_http_request_t) {
                        .upstream = json_string_value(
                                        civic_option(r, "push_upstream")),
                        .method = CIVIC_POST,
                        .path = civic_cstr(json_string_value(
                                               civic_option(r, "push_path"))),
                        .headers = headers, .nheaders = 2,
                        .body = body, .timeout = TIMEOUT,
                    }, &reply);

    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    if (rc == CIVIC_OK) {
        *outcome = outcome_of(reply->status);

        if (*outcome != PUSH_DONE) {
            civic_log(r, CIVIC_LOG_WARN, "the message service answered %d to "
                      "message \"%.*s\"%s", reply->status,
                      (int) push->id.len, push->id.data,
                      *outcome == PUSH_REFUSED ? ", which is dropped" : "");
        }

        return CIVIC_OK;
    }

    /* unknown: it may have come, but no one else's answer is worth waiting
       for; the others may fare better */
    *outcome = rc == CIVIC_UNKNOWN ? PUSH_LATER : PUSH_STOP;

    return CIVIC_OK;
}


/* The message as the service is given it: in Chinese, for nobody reads it
   here whose language is known. */
static civic_result_t
push_body(civic_request_t *r, const push_t *push, json_t *message,
    civic_str_t *body)
{
    json_t       *tree;
    civic_str_t   kind, title, text;

    kind = shared_json_str(message, "kind");
    title = shared_json_str(message, "title_zh");
    text = shared_json_str(message, "text_zh");

    tree = json_pack("{s:s%,s:s%,s:s%,s:s%,s:s%,s:I}",
                     "message_id", push->id.data, push->id.len,
                     "pid", push->pid.data, push->pid.len,
                     "kind", kind.data, kind.len,
                     "title", title.data, title.len,
                     "text", text.data, text.len, "sent_at",
                     json_integer_value(json_object_get(message,
                                                        "sent_at")));

    return shared_json_text(r, tree, body);
}


static civic_result_t
push_message(civic_request_t *r, const push_t *push, outcome_t *outcome)
{
    json_t               *message;
    civic_str_t           body, key, field;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, push->pid, CIVIC_MESSAGES);
    field = civic_print(r, "m:%.*s", (int) push->id.len, push->id.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key, field), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *outcome = PUSH_GONE;

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_OK;
    }

    rc = civic_message_open(r, push->pid, push->id, value->str, &message);
    if (rc != CIVIC_OK) {
        return rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    rc = push_body(r, push, message, &body);
    json_decref(message);

    return rc == CIVIC_OK ? post(r, push, body, outcome) : rc;
}


static civic_result_t
push_entry(civic_request_t *r, const civic_outbox_entry_t *entry,
    outcome_t *outcome)
{
    json_t          *tree;
    push_t           push;
    civic_result_t   rc;

    rc = shared_json_open(r, CIVIC_MESSAGES, CIVIC_PUSH_CONTEXT, entry->value,
                          &tree);
    if (rc != CIVIC_OK) {
        *outcome = PUSH_GONE;
        return rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    push.pid = shared_json_str(tree, "pid");
    push.id = shared_json_str(tree, "message_id");
    push.until = json_integer_value(json_object_get(tree, "until"));

    if (civic_now(r) >= push.until) {
        civic_log(r, CIVIC_LOG_WARN, "message \"%.*s\" was not pushed in "
                  "time and is dropped", (int) push.id.len, push.id.data);
        *outcome = PUSH_GIVEN_UP;

    } else {
        rc = push_message(r, &push, outcome);
    }

    json_decref(tree);

    return rc;
}


static void
count_outcome(civic_request_t *r, outcome_t outcome)
{
    switch (outcome) {

    case PUSH_DONE:
        civic_count(r, CIVIC_PUSH_DONE, 1);
        break;

    case PUSH_REFUSED:
        civic_count(r, CIVIC_PUSH_REFUSED, 1);
        break;

    case PUSH_GIVEN_UP:
        civic_count(r, CIVIC_PUSH_GIVEN_UP, 1);
        break;

    default:
        break;
    }
}


/* One after the other.  *failed: how many stay where they are. */
static civic_result_t
push_all(civic_request_t *r, const civic_outbox_entry_t *entries,
    size_t count, size_t *failed)
{
    size_t          i;
    outcome_t       outcome;
    civic_msec_t    until = civic_now(r) + BUDGET;
    civic_result_t  rc;

    *failed = 0;

    for (i = 0; i < count && civic_now(r) < until; i++) {
        rc = push_entry(r, &entries[i], &outcome);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (outcome == PUSH_LATER || outcome == PUSH_STOP) {
            (*failed)++;

            if (outcome == PUSH_STOP) {
                return CIVIC_OK;
            }

            continue;
        }

        rc = civic_outbox_done(r, &entries[i], 1);
        if (rc != CIVIC_OK) {
            return rc;
        }

        count_outcome(r, outcome);
    }

    return CIVIC_OK;
}


civic_result_t
civic_pushes_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                 count, failed;
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    if (json_string_length(civic_option(r, "push_upstream")) == 0) {
        civic_job_rest(r);
        return CIVIC_OK;
    }

    entries = civic_alloc(r, MOST * sizeof(civic_outbox_entry_t));

    rc = civic_outbox_take(r, CIVIC_PUSHES, job, entries, MOST, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = push_all(r, entries, count, &failed);
    if (rc != CIVIC_OK || failed == 0) {
        return rc;
    }

    civic_log(r, CIVIC_LOG_WARN, "%zu messages could not be pushed and wait",
              failed);

    return CIVIC_NOT_SENT;
}
