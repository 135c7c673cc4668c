/*
 * outbox_run.c - see outbox_run.h.
 */

#include "outbox_run.h"
#include "values.h"

#define MOST    64                      /* entries of a run */
#define AGAIN   256                     /* that were set aside */
#define BUDGET  15000                   /* ms: then the next run */
#define YOUNG   (2 * 60000)             /* ms that an entry may fail */
#define OLD     (30 * 86400000LL)       /* ms: it is dropped */


/* ---- setting aside ----------------------------------------------------- */

static civic_result_t
set_aside(civic_request_t *r, const shared_outbox_t *outbox,
    const char *name, const civic_outbox_entry_t *entry)
{
    civic_str_t           keys[2], args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = entry->outbox;
    keys[1] = civic_outbox(r, SHARED_ASIDE, entry->outbox);
    args[0] = entry->id;
    args[1] = civic_print(r, "%s %.*s", name, (int) entry->value.len,
                          entry->value.data);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "outbox_aside", .keys = keys,
                             .nkeys = 2, .args = args, .nargs = 2,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);

    if (rc == CIVIC_OK && value->integer == 1) {
        civic_count(r, outbox->metric, 1);
        civic_log(r, CIVIC_LOG_ERROR, "entry \"%s\" of the outbox \"%s\" "
                  "fails again and again, and is set aside: see the lines "
                  "before", entry->id.data, name);
    }

    return rc;
}


civic_result_t
shared_outbox_run(civic_request_t *r, const civic_job_t *job,
    const shared_outbox_t *outbox, const char *name)
{
    int                    failed = 0;
    size_t                 i, count;
    civic_msec_t           began = civic_now(r);
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    entries = civic_alloc(r, MOST * sizeof(civic_outbox_entry_t));

    rc = civic_outbox_take(r, name, job, entries, MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count && civic_now(r) < began + BUDGET;
         i++)
    {
        rc = outbox->step(r, name, entries[i].value);

        if (rc == CIVIC_OK || rc == CIVIC_INVALID) {
            rc = civic_outbox_done(r, &entries[i], 1);

        } else if (rc == CIVIC_ERROR
                   && civic_now(r) >= entries[i].at + YOUNG)
        {
            rc = set_aside(r, outbox, name, &entries[i]);

        } else if (rc == CIVIC_ERROR) {
            failed = 1;
            rc = CIVIC_OK;
        }
    }

    return rc == CIVIC_OK && failed ? CIVIC_ERROR : rc;
}


/* ---- trying again ------------------------------------------------------ */

/* "<outbox> <value>" */
static civic_result_t
step_again(civic_request_t *r, const shared_outbox_t *outbox,
    civic_str_t entry)
{
    const char  *space = memchr(entry.data, ' ', entry.len);
    size_t       len;

    if (space == NULL) {
        return CIVIC_INVALID;
    }

    len = (size_t) (space - entry.data);

    return outbox->step(r, civic_print(r, "%.*s", (int) len, entry.data).data,
                        (civic_str_t) { space + 1, entry.len - len - 1 });
}


static civic_result_t
try_again(civic_request_t *r, const shared_outbox_t *outbox,
    const civic_outbox_entry_t *entry)
{
    civic_result_t  rc = step_again(r, outbox, entry->value);

    if (rc == CIVIC_ERROR && civic_now(r) >= entry->at + OLD) {
        civic_log(r, CIVIC_LOG_ERROR, "entry \"%s\" of what is set aside has "
                  "failed for 30 days, and is dropped", entry->id.data);
        rc = CIVIC_INVALID;
    }

    if (rc == CIVIC_OK || rc == CIVIC_INVALID) {
        return civic_outbox_done(r, entry, 1);
    }

    if (rc == CIVIC_ERROR) {
        civic_count(r, outbox->metric, 1);
        civic_log(r, CIVIC_LOG_ERROR, "entry \"%s\" of what is set aside "
                  "fails still: see the lines before", entry->id.data);
        rc = CIVIC_OK;
    }

    return rc;
}


civic_result_t
shared_outbox_again(civic_request_t *r, const civic_job_t *job,
    const shared_outbox_t *outbox)
{
    size_t                 i, count;
    civic_msec_t           began = civic_now(r);
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    entries = civic_alloc(r, AGAIN * sizeof(civic_outbox_entry_t));

    rc = civic_outbox_take(r, SHARED_ASIDE, job, entries, AGAIN, &count);

    for (i = 0; rc == CIVIC_OK && i < count && civic_now(r) < began + BUDGET;
         i++)
    {
        rc = try_again(r, outbox, &entries[i]);
    }

    return rc;
}
