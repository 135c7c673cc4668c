/*
 * erasure.c - erasing what was kept under a consent that ended, with proof.
 *
 * The plugins that keep it erase it (their call "erase"); the count of each
 * is the proof, and stands with the consent's record.  Only one attempt runs
 * at a time, and no new consent to the purpose is taken before it is done:
 * a late one could not tell the data of the next consent from the last.
 */

#include "civic.h"
#include "outbox_run.h"

/* No outbox has it: the job's own loop takes its entry out, wherever it
   stands by then. */
#define NO_ENTRY  CIVIC_STR("0-1")


civic_result_t
civic_erasure_entry(civic_request_t *r, const civic_erasure_t *erasure,
    civic_str_t *sealed)
{
    json_t  *tree;

    tree = json_pack("{s:s%,s:s%,s:s%,s:s*}",
                     "pid", erasure->pid.data, erasure->pid.len,
                     "purpose", erasure->purpose.data, erasure->purpose.len,
                     "consent_id", erasure->id.data, erasure->id.len,
                     "reason", erasure->reason);

    return shared_json_seal(r, CIVIC_CONSENTS, CIVIC_STR("erasure"), tree,
                            sealed);
}


/* ---- one attempt ------------------------------------------------------- */

/* proof empty: it failed, the next run may begin at once. */
static civic_result_t
end_erasure(civic_request_t *r, const civic_erasure_t *erasure,
    civic_str_t proof)
{
    civic_str_t           keys[3], args[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, erasure->pid, CIVIC_CONSENTS);
    keys[1] = civic_outbox(r, CIVIC_ERASURES, keys[0]);
    args[0] = erasure->purpose;
    args[1] = erasure->id;
    args[2] = erasure->entry;
    args[3] = proof;

    rc = civic_consent_audit(r, "civic.consent_erased", erasure->pid,
                             erasure->purpose, erasure->id,
                             erasure->reason, keys[0], &keys[2], &args[4]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_script(r, &(civic_script_t) {
                            .name = "civic_erase_end",
                            .keys = keys, .nkeys = 3,
                            .args = args, .nargs = 5,
                            .flags = CIVIC_SCRIPT_DURABLE,
                        }, &value);
}


/* {"at": ms, "by": {"<plugin>": count}}.  A plugin that does not say how many
   has proven nothing. */
static civic_result_t
make_proof(civic_request_t *r, json_t *answers, civic_str_t *proof)
{
    json_t      *answer, *count, *by = json_object();
    const char  *plugin;

    json_object_foreach(answers, plugin, answer) {
        count = json_object_get(answer, "erased");

        if (!json_is_integer(count)) {
            civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" does not say how "
                      "much it erased", plugin);
            json_decref(by);
            return CIVIC_ERROR;
        }

        json_object_set(by, plugin, count);
    }

    return shared_json_text(r, json_pack("{s:I,s:o}", "at",
                                         (json_int_t) civic_now(r), "by", by),
                            proof);
}


static civic_result_t
ask_plugins(civic_request_t *r, const civic_erasure_t *erasure,
    civic_str_t *proof)
{
    json_t          *in, *answers;
    civic_result_t   rc;

    in = json_pack("{s:s%,s:s%}",
                   "pid", erasure->pid.data, erasure->pid.len,
                   "purpose", erasure->purpose.data, erasure->purpose.len);

    rc = in == NULL ? CIVIC_ERROR
                    : civic_call_all(r, "erase", in, &answers);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return make_proof(r, answers, proof);
}


civic_result_t
civic_erase(civic_request_t *r, const civic_erasure_t *erasure)
{
    civic_str_t     proof;
    civic_result_t  rc;

    rc = ask_plugins(r, erasure, &proof);

    if (rc == CIVIC_OK) {
        rc = end_erasure(r, erasure, proof);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, CIVIC_ERASURE_DONE, 1);
        return CIVIC_OK;
    }

    civic_count(r, CIVIC_ERASURE_FAILED, 1);
    civic_log(r, CIVIC_LOG_WARN, "what was kept under consent \"%.*s\" could "
              "not be erased and waits", (int) erasure->id.len,
              erasure->id.data);

    if (rc != CIVIC_ABORTED) {
        (void) end_erasure(r, erasure, CIVIC_STR(""));
    }

    return rc;
}


/* ---- the job ----------------------------------------------------------- */

static civic_result_t
begin_erasure(civic_request_t *r, const civic_erasure_t *erasure,
    int64_t *begun)
{
    civic_str_t           key, args[4];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, erasure->pid, CIVIC_CONSENTS);
    args[0] = erasure->purpose;
    args[1] = erasure->id;
    args[2] = shared_decimal(r, now);
    args[3] = shared_decimal(r, now + CIVIC_ERASE_JOB);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "civic_erase_begin",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 4,
                      }, &value);

    *begun = rc == CIVIC_OK ? value->integer : 0;

    return rc;
}


/* Who began it is still at it, perhaps, or has done it since. */
static civic_result_t
erase_opened(civic_request_t *r, shared_entry_t *entry, json_t *tree)
{
    int64_t          begun;
    civic_result_t   rc;
    civic_erasure_t  erasure;

    erasure.pid = shared_json_str(tree, "pid");
    erasure.purpose = shared_json_str(tree, "purpose");
    erasure.id = shared_json_str(tree, "consent_id");
    erasure.entry = NO_ENTRY;
    erasure.reason = json_string_value(json_object_get(tree, "reason"));

    rc = begin_erasure(r, &erasure, &begun);

    if (rc != CIVIC_OK || begun <= 0) {
        entry->wait = begun == 0;
        return rc;
    }

    rc = civic_erase(r, &erasure);

    /* one that fails keeps no other from being erased */
    return rc == CIVIC_OK || rc == CIVIC_ABORTED ? rc : CIVIC_ERROR;
}


static civic_result_t
erase_step(civic_request_t *r, shared_entry_t *entry)
{
    json_t          *tree;
    civic_result_t   rc;

    rc = shared_json_open(r, CIVIC_CONSENTS, CIVIC_STR("erasure"),
                          entry->value, &tree);

    if (rc != CIVIC_OK) {
        /* it stays: a keyring that lacks a key may be put right */
        return rc == CIVIC_INVALID ? CIVIC_ERROR : rc;
    }

    rc = erase_opened(r, entry, tree);
    json_decref(tree);

    return rc;
}


static const shared_outbox_t  outboxes[] = {
    { .name = CIVIC_ERASURES, .step = erase_step },
    { .name = NULL }
};


civic_result_t
civic_erasures_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_outbox_run(r, job, outboxes, CIVIC_SET_ASIDE, NULL);
}
