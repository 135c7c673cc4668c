/*
 * retention.c - consents whose time is over: they end as if they had been
 * withdrawn, and what was kept under them is erased (PIPL 19, 47).
 *
 * The script that records a consent notes when that will be: in a sorted set
 * of the person's slot, so that the next one is always found first, however
 * many wait and however long.  While such a set has anything, one entry in
 * the outbox of that slot leads the job to it.
 *
 * The job has a loop of its own, not that of outbox_run.h: an entry is no
 * work that is done once, but says where to look, and is taken out by the
 * script that finds nothing there any more.  What fails is passed over inside
 * of its set.
 *
 * From that moment on the consent does not hold, whether the job has come by
 * or not.  A consent that ended otherwise leaves its note to the job, which
 * drops it.
 */

#include "civic.h"

#define MOST    256                             /* sets of one look */
#define LOOKS   8                               /* of one run */
#define BATCH   16                              /* consents of one trip */
#define BUDGET  20000                           /* ms: then the next run */

/* A set, and what came of it. */
typedef struct {
    const civic_outbox_entry_t  *entry;
    civic_str_t                  key;
    size_t                       failed;        /* they stay, at its front */
} due_set_t;


civic_str_t
civic_retention_key(civic_request_t *r, civic_str_t outbox)
{
    const char  *tag = memchr(outbox.data, '{', outbox.len);

    return tag == NULL
           ? CIVIC_STR("")
           : civic_print(r, "civic:retention:%.*s",
                         (int) (outbox.data + outbox.len - tag), tag);
}


civic_result_t
civic_retention_entry(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, civic_str_t id, civic_str_t *sealed)
{
    json_t  *tree;

    tree = json_pack("{s:s%,s:s%,s:s%}", "pid", pid.data, pid.len,
                     "purpose", purpose.data, purpose.len,
                     "consent_id", id.data, id.len);

    return shared_json_seal(r, CIVIC_CONSENTS, CIVIC_STR("retention"), tree,
                            sealed);
}


int
civic_retention_over(civic_request_t *r, civic_msec_t until)
{
    return until > 0 && civic_business_now(r) >= until;
}


/* ---- one consent ------------------------------------------------------- */

/* Once for each consent, however often it is asked for. */
static civic_result_t
tell_person(civic_request_t *r, const civic_erasure_t *erasure)
{
    json_t          *texts, *in, *out = NULL;
    civic_result_t   rc;

    rc = civic_rule(r, "consent_over",
                    json_pack("{s:s%}", "purpose", erasure->purpose.data,
                              erasure->purpose.len), &texts);
    if (rc != CIVIC_OK) {
        return rc;
    }

    in = json_pack("{s:s%,s:s,s:s%}", "pid", erasure->pid.data,
                   erasure->pid.len, "kind", "civic.consent_over",
                   "once", erasure->id.data, erasure->id.len);

    if (in == NULL || json_object_update(in, texts) != 0) {
        json_decref(in);
        return CIVIC_ERROR;
    }

    rc = civic_message_call(r, in, &out);
    json_decref(in);
    json_decref(out);

    return rc;
}


/* It is over: ends it, tells the person, and erases. */
static civic_result_t
end_consent(civic_request_t *r, civic_erasure_t *erasure, civic_msec_t until,
    int64_t patience)
{
    civic_result_t  rc;

    erasure->reason = CIVIC_RETENTION_OVER;

    rc = civic_consent_end(r, erasure, until, patience);
    if (rc != CIVIC_OK || erasure->entry.len == 0) {
        return rc;
    }

    civic_count(r, CIVIC_CONSENT_OVER, 1);

    rc = tell_person(r, erasure);
    if (rc != CIVIC_OK) {
        return rc;
    }

    /* if it fails the job of erasures goes on with it */
    rc = civic_erase(r, erasure);

    return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
}


civic_result_t
civic_retention_end_last(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose)
{
    civic_result_t          rc;
    civic_erasure_t         erasure;
    civic_consent_active_t  active;

    rc = civic_consent_active(r, pid, purpose, &active);

    if (rc != CIVIC_OK || active.id.len == 0
        || !civic_retention_over(r, active.until))
    {
        return rc;
    }

    memset(&erasure, 0, sizeof(erasure));
    erasure.pid = pid;
    erasure.purpose = purpose;
    erasure.id = active.id;

    return end_consent(r, &erasure, active.until, CIVIC_ERASE_HANDLER);
}


/* It ended before.  If for this reason, by somebody who came no further than
   that: the message may be missing. */
static civic_result_t
after_end(civic_request_t *r, const civic_erasure_t *erasure)
{
    size_t                len = strlen(CIVIC_RETENTION_OVER);
    civic_str_t           key, field;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, erasure->pid, CIVIC_CONSENTS);
    field = civic_print(r, "ended:%.*s", (int) erasure->id.len,
                        erasure->id.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key, field), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING
        || value->str.len <= len
        || memcmp(value->str.data, CIVIC_RETENTION_OVER, len) != 0)
    {
        return rc;
    }

    return tell_person(r, erasure);
}


static civic_result_t
end_noted(civic_request_t *r, json_t *tree)
{
    civic_result_t          rc;
    civic_erasure_t         erasure;
    civic_consent_active_t  active;

    memset(&erasure, 0, sizeof(erasure));
    erasure.pid = shared_json_str(tree, "pid");
    erasure.purpose = shared_json_str(tree, "purpose");
    erasure.id = shared_json_str(tree, "consent_id");

    rc = civic_consent_active(r, erasure.pid, erasure.purpose, &active);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!civic_str_eq(active.id, erasure.id)) {
        return after_end(r, &erasure);
    }

    return end_consent(r, &erasure, active.until, CIVIC_ERASE_JOB);
}


/* ---- the job ----------------------------------------------------------- */

static civic_result_t
end_one(civic_request_t *r, due_set_t *set, civic_str_t sealed)
{
    json_t               *tree;
    civic_str_t           keys[2], args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = shared_json_open(r, CIVIC_CONSENTS, CIVIC_STR("retention"), sealed,
                          &tree);

    if (rc == CIVIC_OK) {
        rc = end_noted(r, tree);
        json_decref(tree);
    }

    if (rc == CIVIC_ABORTED) {
        return rc;
    }

    /* it stays: a keyring or a rule may be put right */
    if (rc != CIVIC_OK) {
        set->failed++;
        return CIVIC_OK;
    }

    keys[0] = set->key;
    keys[1] = set->entry->outbox;
    args[0] = sealed;
    args[1] = set->entry->id;

    return civic_script(r, &(civic_script_t) {
                            .name = "civic_retention_done",
                            .keys = keys, .nkeys = 2, .args = args, .nargs = 2,
                        }, &value);
}


static civic_result_t
end_set(civic_request_t *r, due_set_t *set, civic_msec_t until)
{
    size_t                i;
    civic_str_t           now, offset, batch = shared_decimal(r, BATCH);
    civic_result_t        rc;
    const civic_value_t  *due;

    now = shared_decimal(r, civic_business_now(r));

    do {
        offset = shared_decimal(r, (int64_t) set->failed);

        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), set->key,
                                       CIVIC_STR("-inf"), now,
                                       CIVIC_STR("BYSCORE"),
                                       CIVIC_STR("LIMIT"), offset, batch),
                         &due);

        for (i = 0; rc == CIVIC_OK && i < due->count && civic_now(r) < until;
             i++)
        {
            rc = end_one(r, set, shared_item(due, i));
        }

    } while (rc == CIVIC_OK && due->count == BATCH && civic_now(r) < until);

    return rc;
}


/* *count: how many sets there were. */
static civic_result_t
end_some(civic_request_t *r, const civic_job_t *job,
    civic_outbox_entry_t *entries, civic_msec_t until, size_t *count,
    size_t *failed)
{
    size_t          i;
    due_set_t       set;
    civic_result_t  rc;

    rc = civic_outbox_take(r, CIVIC_RETENTIONS, job, entries, MOST, count);

    for (i = 0; rc == CIVIC_OK && i < *count && civic_now(r) < until; i++) {
        set.entry = &entries[i];
        set.key = civic_retention_key(r, entries[i].outbox);
        set.failed = 0;

        rc = end_set(r, &set, until);
        *failed += set.failed;
    }

    return rc;
}


civic_result_t
civic_retentions_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                 count, looks, failed = 0;
    civic_msec_t           until = civic_now(r) + BUDGET;
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    entries = civic_alloc(r, MOST * sizeof(civic_outbox_entry_t));
    looks = 0;

    do {
        rc = end_some(r, job, entries, until, &count, &failed);

    } while (rc == CIVIC_OK && count == MOST && ++looks < LOOKS
             && civic_now(r) < until);

    if (rc != CIVIC_OK || failed == 0) {
        return rc;
    }

    civic_log(r, CIVIC_LOG_WARN, "%zu consents whose retention is over could "
              "not be ended and wait", failed);

    return CIVIC_NOT_SENT;
}
