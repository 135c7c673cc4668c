/*
 * ngx_http_civic_alarms.c - what operators must know at once.
 *
 * The first worker looks: once a second at what the zone, the rules and the
 * clock say, and every ten seconds it asks each node of Redis for INFO, one
 * after the other, on a background call.  Alarms stand in the zone, so every
 * worker can show them, and a reload keeps since when they have been there.
 * Raising and clearing is one line in the log each.
 *
 * The thresholds are those below, and nowhere else; docs/operations.md says
 * what each code asks for.
 */

#include "ngx_http_civic.h"
#include "redis_info.h"


#define NGX_HTTP_CIVIC_ALARM_ROUND    10    /* s between two rounds */
#define NGX_HTTP_CIVIC_ALARM_SETTLE   2     /* s in which a worker connects */
#define NGX_HTTP_CIVIC_ALARM_DOWN     2     /* s without Redis, in a row */
#define NGX_HTTP_CIVIC_ALARM_MEMORY   80    /* percent of maxmemory: room for
                                               an afternoon's growth */
#define NGX_HTTP_CIVIC_ALARM_LAG      10    /* s; replicas report each second,
                                               min-replicas-max-lag is 10 */
#define NGX_HTTP_CIVIC_ALARM_KEY_AGE  365   /* days of the key that seals */
#define NGX_HTTP_CIVIC_ALARM_SILENT   5     /* s: a worker that is gone */
#define NGX_HTTP_CIVIC_ALARM_FAILED   5     /* calls to a provider in the last
                                               minute, half of them or more */


static const char *const  ngx_http_civic_alarm_codes[NGX_HTTP_CIVIC_ALARMS] = {
    "redis_down", "redis_memory", "redis_policy", "redis_durability",
    "replica_lag", "key_age", "rules_broken", "plugin_not_started",
    "clock_moved", "blobs_folder", "blob_damaged", "audit_trail",
    "provider_errors"
};

/* What is wrong, as far as it is known; empty: nothing. */
typedef struct {
    u_char  text[NGX_HTTP_CIVIC_ERROR_TEXT];
} ngx_http_civic_finding_t;

/* The round in progress. */
typedef struct {
    ngx_http_civic_errand_t   errand;
    ngx_http_civic_finding_t  findings[NGX_HTTP_CIVIC_ALARMS];
    ngx_uint_t                node;
    unsigned                  partial:1;    /* a node did not answer */
    unsigned                  no_info:1;    /* this user may not ask */
    unsigned                  no_config:1;
} ngx_http_civic_round_t;


static void ngx_http_civic_round_next(void);

static ngx_http_civic_round_t  ngx_http_civic_round;
static ngx_uint_t              ngx_http_civic_alarm_beats;
static ngx_uint_t              ngx_http_civic_down_beats;


ngx_int_t
ngx_http_civic_alarms_init(void)
{
    ngx_http_civic_round.errand.arena = civic_arena_create(8192, 65536);

    return ngx_http_civic_round.errand.arena == NULL ? NGX_ERROR : NGX_OK;
}


/* Adds to a finding, in nginx's formats; what does not fit is left out. */

static void
ngx_http_civic_find(ngx_http_civic_finding_t *finding, const char *fmt, ...)
{
    size_t    len = ngx_strlen(finding->text);
    u_char   *p = finding->text + len;
    u_char   *last = finding->text + sizeof(finding->text) - 1;
    va_list   args;

    if (len != 0) {
        p = ngx_slprintf(p, last, "; ");
    }

    va_start(args, fmt);
    p = ngx_vslprintf(p, last, fmt, args);
    va_end(args);

    *p = '\0';
}


static void
ngx_http_civic_judge_alarm(ngx_http_civic_alarm_kind_t kind,
    ngx_http_civic_finding_t *finding)
{
    time_t                   lasted;
    ngx_http_civic_alarm_t  *alarm;

    alarm = &ngx_http_civic_zone_common(ngx_http_civic_worker.conf)
             ->alarms[kind];

    if (finding->text[0] == '\0') {

        if (alarm->since != 0) {
            lasted = ngx_time() - (time_t) alarm->since;
            alarm->since = 0;
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "alarm %s is cleared after %T s",
                          ngx_http_civic_alarm_codes[kind], lasted);
        }

        return;
    }

    if (ngx_strcmp(alarm->detail, finding->text) != 0) {
        ngx_cpystrn((u_char *) alarm->detail, finding->text,
                    sizeof(alarm->detail));
    }

    if (alarm->since == 0) {
        alarm->since = ngx_time();
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "alarm %s is raised: %s",
                      ngx_http_civic_alarm_codes[kind], finding->text);
    }
}


/* For those who find something out by themselves, on the main stack or a
   fiber's. */

void
ngx_http_civic_alarm_raise(ngx_http_civic_alarm_kind_t kind, const char *fmt,
    ...)
{
    u_char                    *p;
    va_list                    args;
    ngx_http_civic_finding_t   finding;

    va_start(args, fmt);
    p = ngx_vslprintf(finding.text, finding.text + sizeof(finding.text) - 1,
                      fmt, args);
    va_end(args);

    *p = '\0';

    ngx_http_civic_judge_alarm(kind, &finding);
}


void
ngx_http_civic_alarm_clear(ngx_http_civic_alarm_kind_t kind)
{
    ngx_http_civic_finding_t  finding = { "" };

    ngx_http_civic_judge_alarm(kind, &finding);
}


/* ---- what this machine knows -------------------------------------------- */

/* The row of a worker that lives; NULL at the end. */

static ngx_http_civic_row_t *
ngx_http_civic_next_row(ngx_uint_t *i)
{
    ngx_http_civic_row_t  *row;

    while (*i < NGX_HTTP_CIVIC_MAX_ROWS) {
        row = ngx_http_civic_zone_row(ngx_http_civic_worker.conf, (*i)++);

        if (row->pid != 0
            && ngx_time() - (time_t) row->beat
               <= NGX_HTTP_CIVIC_ALARM_SILENT)
        {
            return row;
        }
    }

    return NULL;
}


static void
ngx_http_civic_look_at_redis(void)
{
    ngx_uint_t                 i, without = 0, workers = 0;
    ngx_http_civic_row_t      *row;
    ngx_http_civic_finding_t   finding = { "" };

    for (i = 0; (row = ngx_http_civic_next_row(&i)) != NULL; /* void */ ) {
        workers++;
        without += row->redis_up == 0;
    }

    if (without > 0) {
        ngx_http_civic_find(&finding, "%ui of %ui workers reach no Redis",
                            without, workers);
    }

    for (i = 0; i < ngx_http_civic_redis_nodes(); i++) {
        if (ngx_http_civic_redis_node_down(i)
            && ngx_http_civic_redis_node_serves(i))
        {
            ngx_http_civic_find(&finding, "%s cannot be reached",
                                ngx_http_civic_redis_node_name(i));
        }
    }

    if (finding.text[0] == '\0') {
        ngx_http_civic_down_beats = 0;

    } else if (++ngx_http_civic_down_beats < NGX_HTTP_CIVIC_ALARM_DOWN) {
        return;
    }

    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_REDIS_DOWN, &finding);
}


static void
ngx_http_civic_look_at_plugins(void)
{
    uint64_t                    broken = 0, stopped = 0;
    ngx_uint_t                  i, j;
    ngx_http_civic_row_t       *row;
    ngx_http_civic_plugin_t   **plugin;
    ngx_http_civic_finding_t    rules = { "" }, plugins = { "" };

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; (row = ngx_http_civic_next_row(&i)) != NULL; /* void */ ) {
        stopped |= row->not_started;

        for (j = 0; j < ngx_http_civic_worker.conf->plugins.nelts; j++) {
            broken |= (uint64_t) (row->rules[j].failure[0] != '\0') << j;
        }
    }

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        if (broken >> i & 1) {
            ngx_http_civic_find(&rules, "the rule file of \"%V\" is broken",
                                &plugin[i]->name);
        }

        if (stopped >> i & 1) {
            ngx_http_civic_find(&plugins, "\"%V\" did not start",
                                &plugin[i]->name);
        }
    }

    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_RULES_BROKEN, &rules);
    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_PLUGIN_NOT_STARTED, &plugins);
}


static void
ngx_http_civic_look_at_key(void)
{
    int64_t                    days;
    civic_msec_t               made;
    civic_keyring_t           *keyring = ngx_http_civic_worker.conf->keyring;
    ngx_http_civic_finding_t   finding = { "" };

    made = civic_keyring_active_since(keyring);
    days = (ngx_http_civic_now() - made) / (24LL * 3600 * 1000);

    if (made != 0 && days > NGX_HTTP_CIVIC_ALARM_KEY_AGE) {
        ngx_http_civic_find(&finding, "key %uD is %L days old",
                            civic_keyring_active(keyring), days);
    }

    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_KEY_AGE, &finding);
}


static void
ngx_http_civic_look_at_clock(void)
{
    char                       text[CIVIC_INSTANT_LEN + 1];
    ngx_http_civic_worker_t   *w = &ngx_http_civic_worker;
    ngx_http_civic_finding_t   finding = { "" };

    if (w->clock_fixed != 0) {
        (void) civic_instant_format(w->clock_fixed, text);
        ngx_http_civic_find(&finding, "business time stands still at %s",
                            text);

    } else if (w->clock_offset != 0) {
        ngx_http_civic_find(&finding, "business time is real time %s%L s",
                            w->clock_offset > 0 ? "+" : "",
                            w->clock_offset / 1000);
    }

    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_CLOCK_MOVED, &finding);
}


/* ---- providers ---------------------------------------------------------- */

static ngx_shmtx_t *
ngx_http_civic_outcomes_mutex(void)
{
    return &((ngx_slab_pool_t *) ngx_http_civic_worker.conf->zone->shm.addr)
            ->mutex;
}


void
ngx_http_civic_alarms_outcome(const char *upstream, ngx_uint_t failed)
{
    ngx_shmtx_t  *mutex = ngx_http_civic_outcomes_mutex();

    ngx_shmtx_lock(mutex);
    civic_outcomes_add(
        &ngx_http_civic_zone_common(ngx_http_civic_worker.conf)->outcomes,
        upstream, ngx_time(), (int) failed);
    ngx_shmtx_unlock(mutex);
}


static void
ngx_http_civic_look_at_providers(void)
{
    uint32_t                     calls, failed;
    ngx_uint_t                   i;
    ngx_shmtx_t                 *mutex = ngx_http_civic_outcomes_mutex();
    civic_outcomes_t            *outcomes;
    const civic_outcomes_row_t  *row;
    ngx_http_civic_finding_t     finding = { "" };

    outcomes = &ngx_http_civic_zone_common(ngx_http_civic_worker.conf)
                ->outcomes;

    ngx_shmtx_lock(mutex);

    for (i = 0; (row = civic_outcomes_row(outcomes, i)) != NULL; i++) {
        civic_outcomes_sum(row, ngx_time(), &calls, &failed);

        if (failed >= NGX_HTTP_CIVIC_ALARM_FAILED && failed * 2 >= calls) {
            ngx_http_civic_find(&finding, "\"%s\" failed %uD of %uD calls in "
                                "a minute", row->name, failed, calls);
        }
    }

    ngx_shmtx_unlock(mutex);

    ngx_http_civic_judge_alarm(NGX_HTTP_CIVIC_PROVIDER_ERRORS, &finding);
}


/* ---- what the nodes of Redis say ---------------------------------------- */

static void
ngx_http_civic_weigh_memory(const char *node, const civic_redis_info_t *info)
{
    int                        percent;
    ngx_http_civic_finding_t  *findings = ngx_http_civic_round.findings;

    percent = civic_redis_info_memory_percent(info);

    if (percent > NGX_HTTP_CIVIC_ALARM_MEMORY) {
        ngx_http_civic_find(&findings[NGX_HTTP_CIVIC_REDIS_MEMORY],
                            "%s uses %d %% of its maxmemory", node, percent);
    }

    if (info->maxmemory == 0 && !ngx_http_civic_worker.conf->sandbox) {
        ngx_http_civic_find(&findings[NGX_HTTP_CIVIC_REDIS_MEMORY],
                            "%s has no maxmemory", node);
    }

    if (info->policy.len != 0
        && !civic_str_eq(info->policy, CIVIC_STR("noeviction")))
    {
        ngx_http_civic_find(&findings[NGX_HTTP_CIVIC_REDIS_POLICY],
                            "%s has maxmemory-policy %*s", node,
                            ngx_min(info->policy.len, (size_t) 32),
                            info->policy.data);
    }
}


static void
ngx_http_civic_weigh_replicas(const char *node,
    const civic_redis_info_t *info)
{
    ngx_int_t                  wanted;
    ngx_http_civic_finding_t  *finding;

    wanted = ngx_http_civic_redis_replicas_wanted();
    finding = &ngx_http_civic_round.findings[NGX_HTTP_CIVIC_REPLICA_LAG];

    if ((ngx_int_t) info->good_replicas < wanted) {
        ngx_http_civic_find(finding, "%s has %ud good replicas, "
                            "civic_redis_wait is %i", node,
                            info->good_replicas, wanted);

    } else if (info->worst_lag > NGX_HTTP_CIVIC_ALARM_LAG) {
        ngx_http_civic_find(finding, "a replica of %s is %L s behind", node,
                            info->worst_lag);
    }
}


static void
ngx_http_civic_round_call(size_t argc,
    void (*done)(ngx_http_civic_redis_call_t *call))
{
    ngx_http_civic_errand_t  *errand = &ngx_http_civic_round.errand;

    civic_arena_reset(errand->arena);
    ngx_memzero(&errand->call, sizeof(ngx_http_civic_redis_call_t));

    errand->call.arena = errand->arena;
    errand->call.argv = errand->argv;
    errand->call.argc = argc;
    errand->call.lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    errand->call.done = done;
    errand->busy = 1;

    ngx_http_civic_redis_start_on(&errand->call, ngx_http_civic_round.node);
}


/* Redis refused to tell; 1 if so.  It is not asked again. */

static ngx_uint_t
ngx_http_civic_round_refused(ngx_http_civic_redis_call_t *call,
    const char *what)
{
    if (call->result != CIVIC_ERROR) {
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis does not tell this user %s: alarms that need it are "
                  "not raised", what);

    return 1;
}


static void
ngx_http_civic_round_synced(ngx_http_civic_redis_call_t *call)
{
    const char                *node;
    const civic_value_t       *value = call->value;
    ngx_http_civic_round_t    *round = &ngx_http_civic_round;

    node = ngx_http_civic_redis_node_name(round->node);

    if (call->result == CIVIC_OK && value->type == CIVIC_VALUE_ARRAY
        && value->count == 2 && value->items[1].type == CIVIC_VALUE_STRING)
    {
        if (!civic_str_eq(value->items[1].str, CIVIC_STR("always"))) {
            ngx_http_civic_find(
                &round->findings[NGX_HTTP_CIVIC_REDIS_DURABILITY],
                "%s has appendfsync %*s", node,
                ngx_min(value->items[1].str.len, (size_t) 32),
                value->items[1].str.data);
        }

    } else if (ngx_http_civic_round_refused(call, "its appendfsync")) {
        round->no_config = 1;

    } else {
        round->partial = 1;
    }

    round->node++;
    ngx_http_civic_round_next();
}


/* The fsync policy is the one thing that INFO does not have. */

static void
ngx_http_civic_weigh_durability(const char *node,
    const civic_redis_info_t *info)
{
    ngx_http_civic_round_t    *round = &ngx_http_civic_round;

    if (info->append_only == 1 && !round->no_config) {
        round->errand.argv[0] = CIVIC_STR("CONFIG");
        round->errand.argv[1] = CIVIC_STR("GET");
        round->errand.argv[2] = CIVIC_STR("appendfsync");
        ngx_http_civic_round_call(3, ngx_http_civic_round_synced);
        return;
    }

    if (info->append_only == 0) {
        ngx_http_civic_find(&round->findings[NGX_HTTP_CIVIC_REDIS_DURABILITY],
                            "%s has appendonly no", node);
    }

    round->node++;
    ngx_http_civic_round_next();
}


static void
ngx_http_civic_round_told(ngx_http_civic_redis_call_t *call)
{
    const char              *node;
    civic_redis_info_t       info;
    ngx_http_civic_round_t  *round = &ngx_http_civic_round;

    if (call->result != CIVIC_OK || call->value->type != CIVIC_VALUE_STRING) {
        round->no_info = ngx_http_civic_round_refused(call, "INFO");
        round->partial = 1;
        round->node++;
        ngx_http_civic_round_next();
        return;
    }

    node = ngx_http_civic_redis_node_name(round->node);

    civic_redis_info_read(call->value->str, NGX_HTTP_CIVIC_ALARM_LAG, &info);

    ngx_http_civic_weigh_memory(node, &info);
    ngx_http_civic_weigh_replicas(node, &info);

    /* the last: it may ask once more, and the text is gone then */
    ngx_http_civic_weigh_durability(node, &info);
}


/* All were asked.  Of a node that was silent nobody knows that it is well. */

static void
ngx_http_civic_round_end(void)
{
    ngx_uint_t               kind;
    ngx_http_civic_round_t  *round = &ngx_http_civic_round;

    round->errand.busy = 0;

    for (kind = NGX_HTTP_CIVIC_REDIS_MEMORY;
         kind <= NGX_HTTP_CIVIC_REPLICA_LAG;
         kind++)
    {
        if (!round->partial || round->findings[kind].text[0] != '\0') {
            ngx_http_civic_judge_alarm(kind, &round->findings[kind]);
        }
    }
}


/* The next node that serves, or the end. */

static void
ngx_http_civic_round_next(void)
{
    ngx_http_civic_round_t  *round = &ngx_http_civic_round;

    while (round->node < ngx_http_civic_redis_nodes()
           && !ngx_http_civic_redis_node_serves(round->node))
    {
        round->node++;
    }

    if (round->node >= ngx_http_civic_redis_nodes() || round->no_info) {
        ngx_http_civic_round_end();
        return;
    }

    round->errand.argv[0] = CIVIC_STR("INFO");
    round->errand.argv[1] = CIVIC_STR("memory");
    round->errand.argv[2] = CIVIC_STR("persistence");
    round->errand.argv[3] = CIVIC_STR("replication");
    ngx_http_civic_round_call(4, ngx_http_civic_round_told);
}


static void
ngx_http_civic_round_begin(void)
{
    ngx_http_civic_round_t  *round = &ngx_http_civic_round;

    if (round->errand.busy || round->no_info) {
        return;
    }

    ngx_memzero(round->findings, sizeof(round->findings));
    round->node = 0;
    round->partial = 0;

    ngx_http_civic_round_next();
}


/* ---- every second ------------------------------------------------------- */

static ngx_atomic_uint_t
ngx_http_civic_not_started(void)
{
    ngx_uint_t                  i;
    ngx_atomic_uint_t           bits = 0;
    ngx_http_civic_plugin_t   **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        bits |= (ngx_atomic_uint_t) !plugin[i]->started << i;
    }

    return bits;
}


void
ngx_http_civic_alarms_beat(void)
{
    ngx_uint_t  beat;

    ngx_http_civic_worker.row->not_started = ngx_http_civic_not_started();

    /* one that is told to quit shares its row with the one that follows */
    if (ngx_worker != 0 || ngx_exiting) {
        return;
    }

    beat = ngx_http_civic_alarm_beats++;

    if (beat < NGX_HTTP_CIVIC_ALARM_SETTLE) {
        return;
    }

    ngx_http_civic_look_at_redis();
    ngx_http_civic_look_at_plugins();
    ngx_http_civic_look_at_clock();
    ngx_http_civic_look_at_providers();

    if (beat % NGX_HTTP_CIVIC_ALARM_ROUND == NGX_HTTP_CIVIC_ALARM_SETTLE) {
        ngx_http_civic_look_at_key();
        ngx_http_civic_round_begin();
    }
}


/* ---- status and metrics ------------------------------------------------- */

void
ngx_http_civic_alarms_write(civic_writer_t *w)
{
    ngx_uint_t               kind;
    ngx_http_civic_alarm_t  *alarm;

    alarm = ngx_http_civic_zone_common(ngx_http_civic_worker.conf)->alarms;

    civic_writer_array(w, "alarms");

    for (kind = 0; kind < NGX_HTTP_CIVIC_ALARMS; kind++) {
        if (alarm[kind].since == 0) {
            continue;
        }

        civic_writer_object(w, NULL);
        civic_writer_str(w, "code",
                         civic_cstr(ngx_http_civic_alarm_codes[kind]));
        civic_writer_instant(w, "since",
                             (civic_msec_t) alarm[kind].since * 1000);
        civic_writer_str(w, "detail", civic_cstr(alarm[kind].detail));
        civic_writer_end(w);
    }

    civic_writer_end(w);
}


/* Each code always has its sample, so that a rule can tell "no alarm" from
   "no answer". */

void
ngx_http_civic_alarms_metrics(civic_metrics_t *m)
{
    char                     label[64];
    ngx_uint_t               kind;
    ngx_http_civic_alarm_t  *alarm;

    alarm = ngx_http_civic_zone_common(ngx_http_civic_worker.conf)->alarms;

    civic_metrics_family(m, "civic_alarm", "gauge",
                         "Whether an alarm is raised");

    for (kind = 0; kind < NGX_HTTP_CIVIC_ALARMS; kind++) {
        (void) snprintf(label, sizeof(label), "code=\"%s\"",
                        ngx_http_civic_alarm_codes[kind]);
        civic_metrics_count(m, "civic_alarm", label, alarm[kind].since != 0);
    }
}
