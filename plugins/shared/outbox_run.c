/*
 * outbox_run.c - see outbox_run.h.
 */

#include "outbox_run.h"
#include "words.h"

#define MOST   64                       /* entries of a run */
#define AGAIN  256                      /* that were set aside */
#define YOUNG  (2 * 60000)              /* ms that an entry may fail */

typedef struct {
    const shared_outbox_t  *outboxes;
    unsigned                metric;
    void                   *data;
    int                     failed;     /* an entry that is left */
} run_t;

/* An entry that was taken, and whose it is: what is set aside is
   "<outbox> <value>". */
typedef struct {
    const civic_outbox_entry_t  *taken;
    const shared_outbox_t       *outbox;
    civic_str_t                  value;
    int                          aside;
} task_t;


/* NULL: there is none of that name. */
static const shared_outbox_t *
outbox_of(const run_t *run, civic_str_t name)
{
    const shared_outbox_t  *outbox;

    for (outbox = run->outboxes; outbox->name != NULL; outbox++) {
        if (civic_str_eq(civic_cstr(outbox->name), name)) {
            return outbox;
        }
    }

    return NULL;
}


/* Done, dropped or waiting: CIVIC_OK. */
static civic_result_t
take_step(civic_request_t *r, const run_t *run, const task_t *task)
{
    civic_result_t               rc;
    const civic_outbox_entry_t  *taken = task->taken;

    shared_entry_t  entry = {
        .value = task->value, .outbox = taken->outbox, .id = taken->id,
        .at = taken->at, .data = run->data,
    };

    rc = task->outbox->step(r, &entry);

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "an entry of the outbox \"%s\" is "
                  "dropped: it is damaged, or what it is about",
                  task->outbox->name);

    } else if (rc != CIVIC_OK || entry.wait) {
        return rc;
    }

    return civic_outbox_done(r, taken, 1);
}


/* "<outbox> <value>"; the value may be sealed, and have any bytes. */
static civic_str_t
aside_value(civic_request_t *r, const task_t *task)
{
    size_t   len = strlen(task->outbox->name);
    char    *text = civic_alloc(r, len + 1 + task->value.len);

    memcpy(text, task->outbox->name, len);
    text[len] = ' ';
    memcpy(text + len + 1, task->value.data, task->value.len);

    return (civic_str_t) { text, len + 1 + task->value.len };
}


/* Behind everything that is; also what is set aside already, so that those
   behind it are tried as often. */
static civic_result_t
set_aside(civic_request_t *r, const run_t *run, const task_t *task)
{
    civic_str_t           keys[2], args[2];
    civic_result_t        rc;
    const civic_value_t  *id;

    keys[0] = task->taken->outbox;
    keys[1] = civic_outbox(r, SHARED_ASIDE, keys[0]);
    args[0] = task->taken->id;
    args[1] = aside_value(r, task);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "outbox_aside", .keys = keys,
                             .nkeys = 2, .args = args, .nargs = 2,
                             .flags = CIVIC_SCRIPT_DURABLE }, &id);

    if (rc == CIVIC_OK && id->str.len > 0) {
        civic_count(r, run->metric, 1);
        civic_log(r, CIVIC_LOG_ERROR, "an entry of the outbox \"%s\" fails "
                  "again and again, and is set aside as %.*s of %s: see the "
                  "lines before", task->outbox->name, (int) id->str.len,
                  id->str.data, keys[1].data);
    }

    return rc;
}


static civic_result_t
attend(civic_request_t *r, run_t *run, const task_t *task)
{
    civic_result_t  rc = take_step(r, run, task);

    if (rc != CIVIC_ERROR) {
        return rc;
    }

    if (!task->aside && civic_now(r) < task->taken->at + YOUNG) {
        run->failed = 1;
        return CIVIC_OK;
    }

    return set_aside(r, run, task);
}


static civic_result_t
attend_again(civic_request_t *r, run_t *run,
    const civic_outbox_entry_t *taken)
{
    civic_str_t  name = shared_word(taken->value, 0);
    task_t       task = { .taken = taken, .aside = 1 };

    task.outbox = outbox_of(run, name);

    if (task.outbox == NULL || taken->value.len <= name.len + 1) {
        civic_count(r, run->metric, 1);
        civic_log(r, CIVIC_LOG_ERROR, "%.*s of %.*s names no outbox of this "
                  "version's", (int) taken->id.len, taken->id.data,
                  (int) taken->outbox.len, taken->outbox.data);
        return CIVIC_OK;
    }

    task.value.data = taken->value.data + name.len + 1;
    task.value.len = taken->value.len - name.len - 1;

    return attend(r, run, &task);
}


civic_result_t
shared_outbox_run(civic_request_t *r, const civic_job_t *job,
    const shared_outbox_t *outboxes, unsigned metric, void *data)
{
    size_t                  i, most, count = 0;
    run_t                   run = { outboxes, metric, data, 0 };
    civic_msec_t            ends = civic_now(r) + job->deadline / 2;
    civic_result_t          rc;
    civic_outbox_entry_t   *taken;
    const shared_outbox_t  *outbox = outbox_of(&run, civic_cstr(job->name));

    most = outbox == NULL ? AGAIN : outbox->most > 0 ? outbox->most : MOST;
    taken = civic_alloc(r, most * sizeof(civic_outbox_entry_t));

    rc = civic_outbox_take(r, job->name, job, taken, most, &count);

    for (i = 0; rc == CIVIC_OK && i < count && civic_now(r) < ends; i++) {
        rc = outbox == NULL
             ? attend_again(r, &run, &taken[i])
             : attend(r, &run, &(task_t) { &taken[i], outbox,
                                           taken[i].value, 0 });
    }

    return rc == CIVIC_OK && run.failed ? CIVIC_ERROR : rc;
}
