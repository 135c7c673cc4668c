/*
 * ngx_http_civic_audit_collect.c - from the outboxes into this worker's chain
 * of sealed segments.
 *
 * A round takes entries, appends them on a thread, and takes them out of
 * their outboxes once they are on the disk; a worker that ends in between, or
 * one that is woken after its lease, leaves an entry twice, and never none.
 * Then the chain's new head is told to Redis and syslog, and once a minute
 * the heads of the others are written into this chain.
 */

#include "ngx_http_civic_audit.h"
#include "outbox.h"


#define NGX_HTTP_CIVIC_AUDIT_ENTRIES  1024      /* in a round */
#define NGX_HTTP_CIVIC_AUDIT_ROUNDS   2         /* in a run */
#define NGX_HTTP_CIVIC_AUDIT_BYTES    (2 * 1024 * 1024)     /* in a run */
#define NGX_HTTP_CIVIC_AUDIT_HEADS    64        /* of others, that are known */
#define NGX_HTTP_CIVIC_AUDIT_CROSS    60000     /* ms */
#define NGX_HTTP_CIVIC_AUDIT_PRUNE    3600000   /* ms */
#define NGX_HTTP_CIVIC_AUDIT_TELL     1000      /* ms */
#define NGX_HTTP_CIVIC_AUDIT_LATE     300000    /* ms that an entry may wait */


/* What was last written down of another's head. */
typedef struct {
    char        writer[CIVIC_AUDIT_NAME + 1];
    uint64_t    last_entry;
} ngx_http_civic_audit_seen_t;


/* Of a worker.  The chain is the thread's while busy is set. */
typedef struct {
    civic_audit_chain_t          *chain;
    ngx_uint_t                    busy;
    ngx_uint_t                    crossed_once;
    ngx_msec_t                    crossed;
    ngx_uint_t                    pruned_once;
    ngx_msec_t                    pruned;
    ngx_msec_t                    told;
    uint64_t                      told_seq;
    ngx_uint_t                    told_ended;
    ngx_http_civic_audit_seen_t   seen[NGX_HTTP_CIVIC_AUDIT_HEADS];
    ngx_uint_t                    nseen;
} ngx_http_civic_audit_worker_t;


/* One round, also as the thread sees it. */
typedef struct {
    ngx_http_civic_request_t     *request;
    ngx_http_civic_audit_t       *audit;
    const civic_job_t            *job;
    civic_outbox_entry_t         *entries;
    size_t                        count;
    civic_audit_item_t           *items;
    size_t                        nitems;
    ngx_http_civic_audit_seen_t  *others;       /* with the items behind the
                                                   entries */
    size_t                        nothers;
    size_t                        bytes;        /* of all rounds so far */
    civic_msec_t                  now;
    civic_msec_t                  keep;         /* ms; 0: do not prune */
    int                           failed;
    int                           removed;
    char                          host[65];
    civic_failure_t               warning;
    civic_failure_t               failure;
} ngx_http_civic_audit_round_t;


static ngx_http_civic_audit_worker_t  ngx_http_civic_audit_state;


/* ---- on the thread ------------------------------------------------------ */

static void
ngx_http_civic_audit_store(void *data)
{
    civic_audit_options_t           options;
    ngx_http_civic_audit_round_t   *round = data;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    ngx_memzero(&options, sizeof(civic_audit_options_t));

    options.path = (char *) round->audit->path.data;
    options.host = round->host;
    options.chain = round->audit->chain;
    options.segment_size = round->audit->segment;

    if (w->chain == NULL) {
        w->chain = civic_audit_chain_open(&options, round->now,
                                          &round->warning, &round->failure);
    }

    if (w->chain == NULL) {
        round->failed = 1;
        return;
    }

    if (round->nitems != 0) {
        round->failed = civic_audit_chain_append(w->chain, round->items,
                                                 round->nitems, round->now,
                                                 &round->failure)
                        != 0;
    }

    if (!round->failed && round->keep != 0) {
        round->removed = civic_audit_chain_prune(w->chain, round->keep,
                                                 round->now,
                                                 &round->failure);
        round->failed = round->removed < 0;
    }

    if (round->failed) {
        /* looked at anew: the folder may have been taken away below it */
        civic_audit_chain_close(w->chain);
        w->chain = NULL;
    }
}


/* ---- the heads of others ------------------------------------------------ */

static ngx_http_civic_audit_seen_t *
ngx_http_civic_audit_seen(const char *writer)
{
    ngx_uint_t                      i;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    for (i = 0; i < w->nseen; i++) {
        if (ngx_strcmp(w->seen[i].writer, writer) == 0) {
            return &w->seen[i];
        }
    }

    return NULL;
}


/* Only what has new entries: or two idle chains would tell each other for
   ever that they told each other. */

static void
ngx_http_civic_audit_other(ngx_http_civic_audit_round_t *round,
    const civic_value_t *value)
{
    json_t                         *json;
    civic_audit_head_t              head;
    civic_audit_item_t             *item;
    ngx_http_civic_audit_seen_t    *seen, *other;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    json = civic_arena_own_json(round->request->arena,
                                json_loadb(value->str.data, value->str.len, 0,
                                           NULL));

    if (json == NULL || civic_audit_head_parse(json, &head) != 0
        || round->nothers == NGX_HTTP_CIVIC_AUDIT_HEADS
        || (w->chain != NULL
            && ngx_strcmp(civic_audit_chain_head(w->chain)->writer,
                          head.writer) == 0))
    {
        return;
    }

    seen = ngx_http_civic_audit_seen(head.writer);

    if (seen != NULL && seen->last_entry == head.last_entry) {
        return;
    }

    other = &round->others[round->nothers++];
    ngx_memcpy(other->writer, head.writer, sizeof(other->writer));
    other->last_entry = head.last_entry;

    item = &round->items[round->nitems++];
    item->kind = CIVIC_AUDIT_HEAD;
    item->payload = value->str;
}


static civic_result_t
ngx_http_civic_audit_cross(ngx_http_civic_audit_round_t *round)
{
    size_t                          i;
    civic_str_t                     argv[2];
    civic_result_t                  rc;
    ngx_http_civic_redis_call_t     call;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    if (w->crossed_once
        && ngx_current_msec - w->crossed < NGX_HTTP_CIVIC_AUDIT_CROSS)
    {
        return CIVIC_OK;
    }

    w->crossed_once = 1;
    w->crossed = ngx_current_msec;

    argv[0] = CIVIC_STR("HGETALL");
    argv[1] = CIVIC_STR(CIVIC_AUDIT_HEADS);

    ngx_memzero(&call, sizeof(ngx_http_civic_redis_call_t));

    call.argv = argv;
    call.argc = 2;
    call.lane = NGX_HTTP_CIVIC_LANE_BULK;

    rc = ngx_http_civic_trip(round->request, &call, 1);

    if (rc != CIVIC_OK || call.result != CIVIC_OK
        || call.value->type != CIVIC_VALUE_ARRAY)
    {
        return rc;
    }

    for (i = 1; i < call.value->count; i += 2) {
        ngx_http_civic_audit_other(round, &call.value->items[i]);
    }

    return CIVIC_OK;
}


static void
ngx_http_civic_audit_remember(const ngx_http_civic_audit_round_t *round)
{
    size_t                          i;
    ngx_http_civic_audit_seen_t    *seen;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    for (i = 0; i < round->nothers; i++) {
        seen = ngx_http_civic_audit_seen(round->others[i].writer);

        if (seen == NULL) {
            seen = &w->seen[w->nseen % NGX_HTTP_CIVIC_AUDIT_HEADS];
            w->nseen = ngx_min(w->nseen + 1, NGX_HTTP_CIVIC_AUDIT_HEADS);
        }

        *seen = round->others[i];
    }
}


/* ---- the own head ------------------------------------------------------- */

static void
ngx_http_civic_audit_tell_redis(ngx_http_civic_audit_round_t *round)
{
    char                      *text;
    civic_str_t                key, args[2];
    civic_script_t             call;
    civic_audit_head_t         head;
    const civic_value_t       *value;
    ngx_http_civic_request_t  *cr = round->request;

    head = *civic_audit_chain_head(ngx_http_civic_audit_state.chain);

    text = civic_audit_head_format(&head);
    if (text == NULL) {
        return;
    }

    key = CIVIC_STR(CIVIC_AUDIT_HEADS);
    args[0] = civic_cstr(head.writer);
    args[1] = civic_arena_copy(cr->arena, civic_cstr(text));
    free(text);

    if (args[1].data == NULL) {
        return;
    }

    ngx_memzero(&call, sizeof(civic_script_t));

    call.keys = &key;
    call.nkeys = 1;
    call.args = args;
    call.nargs = 2;
    call.flags = CIVIC_SCRIPT_BULK;

    /* the next head tells as much */
    if (ngx_http_civic_run_script(cr,
                                  ngx_http_civic_worker.conf->audit_head,
                                  &call, &value)
        != CIVIC_OK)
    {
        civic_log(&cr->public, CIVIC_LOG_WARN, "the head of the audit trail "
                  "could not be told to redis");
    }
}


/* At most once a second, and when a segment has ended; a later run makes up
   for what was left out. */

static void
ngx_http_civic_audit_tell_syslog(ngx_http_civic_audit_t *audit)
{
    ngx_uint_t                      ended;
    const civic_audit_head_t       *head;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    if (w->chain == NULL) {
        return;
    }

    head = civic_audit_chain_head(w->chain);
    ended = civic_audit_chain_ended(w->chain);

    if (head->seq == w->told_seq
        || (ended == w->told_ended
            && ngx_current_msec - w->told < NGX_HTTP_CIVIC_AUDIT_TELL))
    {
        return;
    }

    w->told = ngx_current_msec;
    w->told_seq = head->seq;
    w->told_ended = ended;

    ngx_http_civic_audit_syslog(audit, head);
}


/* ---- a round ------------------------------------------------------------ */

static void
ngx_http_civic_audit_prepare(ngx_http_civic_audit_round_t *round)
{
    size_t           i;
    civic_request_t *r = &round->request->public;

    round->items = ngx_http_civic_alloc(r, (NGX_HTTP_CIVIC_AUDIT_ENTRIES
                                            + NGX_HTTP_CIVIC_AUDIT_HEADS)
                                           * sizeof(civic_audit_item_t));
    round->others = ngx_http_civic_alloc(r, NGX_HTTP_CIVIC_AUDIT_HEADS
                                        * sizeof(ngx_http_civic_audit_seen_t));
    round->nothers = 0;
    round->nitems = round->count;

    for (i = 0; i < round->count; i++) {
        round->items[i].kind = CIVIC_AUDIT_ENTRY;
        round->items[i].payload = round->entries[i].value;
        round->bytes += round->entries[i].value.len;
    }
}


static civic_result_t
ngx_http_civic_audit_fail(ngx_http_civic_audit_round_t *round)
{
    civic_log(&round->request->public, CIVIC_LOG_ERROR,
              "the audit trail in \"%s\" cannot be written, entries wait in "
              "redis: %s", (char *) round->audit->path.data,
              round->failure.text);

    ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_AUDIT_TRAIL,
                               "\"%V\": %s", &round->audit->path,
                               round->failure.text);

    return CIVIC_ERROR;
}


/* A success ends the alarm, unless it came late. */

static void
ngx_http_civic_audit_judge(const ngx_http_civic_audit_round_t *round)
{
    size_t        i;
    civic_msec_t  oldest = round->now;

    for (i = 0; i < round->count; i++) {
        oldest = ngx_min(oldest, round->entries[i].at);
    }

    if (round->now - oldest > NGX_HTTP_CIVIC_AUDIT_LATE) {
        ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_AUDIT_TRAIL,
                                   "entries waited for %L s",
                                   (int64_t) (round->now - oldest) / 1000);
        return;
    }

    if (round->nitems != 0) {
        ngx_http_civic_alarm_clear(NGX_HTTP_CIVIC_AUDIT_TRAIL);
    }
}


static civic_result_t
ngx_http_civic_audit_append(ngx_http_civic_audit_round_t *round)
{
    civic_result_t                  rc;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    round->now = ngx_http_civic_now();
    round->failed = 0;
    round->removed = 0;
    round->warning.text[0] = '\0';
    round->failure.text[0] = '\0';

    rc = ngx_http_civic_offload_disk(&round->request->public,
                                     ngx_http_civic_audit_store, round);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (round->warning.text[0] != '\0') {
        civic_log(&round->request->public, CIVIC_LOG_ERROR,
                  "the audit trail in \"%s\": %s",
                  (char *) round->audit->path.data, round->warning.text);
    }

    if (round->failed) {
        return ngx_http_civic_audit_fail(round);
    }

    if (round->removed > 0) {
        civic_log(&round->request->public, CIVIC_LOG_INFO, "%d segments of "
                  "the audit trail were removed: they are older than the "
                  "rule asks for", round->removed);
    }

    if (round->keep != 0) {
        w->pruned_once = 1;
        w->pruned = ngx_current_msec;
        round->keep = 0;
    }

    ngx_http_civic_audit_remember(round);
    ngx_http_civic_audit_judge(round);

    return CIVIC_OK;
}


/* What waits and cannot be kept: an alarm, if there is anything. */

static civic_result_t
ngx_http_civic_audit_nowhere(ngx_http_civic_audit_round_t *round)
{
    if (round->count == 0) {
        return CIVIC_OK;
    }

    civic_log(&round->request->public, CIVIC_LOG_ERROR,
              "entries of the audit trail wait in redis: there is no "
              "\"civic_audit\" in nginx.conf");
    ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_AUDIT_TRAIL,
                               "there is no \"civic_audit\" in nginx.conf");

    return CIVIC_ERROR;
}


static civic_result_t
ngx_http_civic_audit_rounds(ngx_http_civic_audit_round_t *round,
    unsigned *moved)
{
    ngx_uint_t                 i, appended = 0;
    civic_result_t             rc = CIVIC_OK;
    ngx_http_civic_request_t  *cr = round->request;

    for (i = 0; i < NGX_HTTP_CIVIC_AUDIT_ROUNDS
                && round->bytes < NGX_HTTP_CIVIC_AUDIT_BYTES; i++)
    {
        rc = ngx_http_civic_outbox_take_named(cr, CIVIC_AUDIT_OUTBOX,
                                              round->job, round->entries,
                                              NGX_HTTP_CIVIC_AUDIT_ENTRIES,
                                              &round->count);
        if (rc != CIVIC_OK) {
            break;
        }

        if (round->audit == NULL) {
            return ngx_http_civic_audit_nowhere(round);
        }

        ngx_http_civic_audit_prepare(round);

        if (i == 0) {
            rc = ngx_http_civic_audit_cross(round);
        }

        if (rc != CIVIC_OK || (round->nitems == 0 && round->keep == 0)) {
            break;
        }

        rc = ngx_http_civic_audit_append(round);
        if (rc != CIVIC_OK) {
            break;
        }

        appended |= round->nitems != 0;

        rc = ngx_http_civic_outbox_done(&cr->public, round->entries,
                                        round->count);
        if (rc != CIVIC_OK || round->count == 0) {
            break;
        }

        *moved += round->count;
    }

    if (appended && !ngx_http_civic_is_over(&cr->public)
        && ngx_http_civic_audit_state.chain != NULL)
    {
        ngx_http_civic_audit_tell_redis(round);
    }

    return rc;
}


civic_result_t
ngx_http_civic_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved)
{
    civic_result_t                  rc;
    ngx_http_civic_audit_round_t   *round;
    ngx_http_civic_audit_worker_t  *w = &ngx_http_civic_audit_state;

    *moved = 0;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (!civic_outbox_shards_valid(job->shards)) {
        civic_log(r, CIVIC_LOG_ERROR, "the audit trail cannot be collected "
                  "in %u shards", job->shards);
        return CIVIC_ERROR;
    }

    if (w->busy) {
        return CIVIC_BUSY;
    }

    round = ngx_http_civic_alloc(r, sizeof(ngx_http_civic_audit_round_t));
    ngx_memzero(round, sizeof(ngx_http_civic_audit_round_t));

    round->request = ngx_http_civic_cast(r);
    round->audit = ngx_http_civic_worker.conf->audit;
    round->job = job;
    round->entries = ngx_http_civic_alloc(r, NGX_HTTP_CIVIC_AUDIT_ENTRIES
                                             * sizeof(civic_outbox_entry_t));

    (void) ngx_cpystrn((u_char *) round->host, ngx_cycle->hostname.data,
                       ngx_min(ngx_cycle->hostname.len + 1,
                               sizeof(round->host)));

    /* only of a chain that has something: opening makes a folder */
    if (w->chain != NULL
        && (!w->pruned_once
            || ngx_current_msec - w->pruned >= NGX_HTTP_CIVIC_AUDIT_PRUNE))
    {
        round->keep = (civic_msec_t) ngx_max(keep_days,
                                             CIVIC_AUDIT_DAYS_MIN)
                      * 86400000;
    }

    w->busy = 1;

    rc = ngx_http_civic_audit_rounds(round, moved);

    if (round->audit != NULL) {
        ngx_http_civic_audit_tell_syslog(round->audit);
    }

    w->busy = 0;

    return rc;
}


/* Threads have ended by now. */

void
ngx_http_civic_audit_exit(void)
{
    civic_audit_chain_close(ngx_http_civic_audit_state.chain);
    ngx_http_civic_audit_state.chain = NULL;
}
