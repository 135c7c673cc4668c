/*
 * cmd_job.c - "civicctl job": what the jobs of the plugins did last, and one
 * run at an operator's word.
 *
 * Which jobs there are stands in the plugins' tables; how they fare in their
 * leases, "civic:{job:<plugin>.<name>:<shard>}" (see lua/redis/job_take.lua).
 * A run is asked for there, shard by shard, and the shards are put to the
 * front of the queue (see lua/redis/job_next.lua).
 */

#include <stdlib.h>
#include <time.h>

#include "ctl.h"
#include "instant.h"
#include "plugin_file.h"

#define CTL_JOB_DEADLINE  30000         /* ms, as the contract says */
#define CTL_JOB_SPARE     20000         /* ms more without any progress */
#define CTL_JOB_LOOK      200           /* ms between two looks */

#define CTL_JOB_ZH  "civicctl job list\n"                                     \
    "      civicctl job run 插件.任务"
#define CTL_JOB_EN  "civicctl job list\n"                                     \
    "       civicctl job run plugin.job"

typedef struct {
    char             name[80];          /* "review.sweep" */
    civic_job_def_t  table;
} ctl_job_t;

/* A lease, as Redis has it. */
typedef struct {
    uint64_t      fence;
    uint64_t      last_fence;
    civic_msec_t  until;
    civic_msec_t  next_at;
    civic_msec_t  last_start;
    civic_msec_t  last_end;
    long long     failures;
    char          holder[128];
    char          result[32];
    char          error[256];
} ctl_lease_t;

typedef int (*ctl_job_pt)(ctl_t *ctl, const ctl_job_t *job, void *data);


/* ---- the leases --------------------------------------------------------- */

static civic_str_t
ctl_job_key(const ctl_job_t *job, unsigned shard, char *out, size_t size)
{
    int  n = snprintf(out, size, "civic:{job:%s:%u}", job->name, shard);

    return (civic_str_t) { out, (size_t) n };
}


static long long
ctl_job_number(const redisReply *value)
{
    return value->type == REDIS_REPLY_STRING ? strtoll(value->str, NULL, 10)
                                             : 0;
}


/* For a terminal: nothing that could steer it. */
static void
ctl_job_text(const redisReply *value, char *out, size_t size)
{
    size_t  i;

    (void) snprintf(out, size, "%s", value->type == REDIS_REPLY_STRING
                                     ? value->str : "");

    for (i = 0; out[i] != '\0'; i++) {
        if ((unsigned char) out[i] < ' ' || out[i] == 0x7f) {
            out[i] = '?';
        }
    }
}


/* 0, or -1 (it was told). */
static int
ctl_job_lease(ctl_t *ctl, const ctl_job_t *job, unsigned shard,
    ctl_lease_t *lease)
{
    char          key[128];
    redisReply   *reply, **item;

    reply = CTL_REDIS(ctl, CIVIC_STR("HMGET"),
                      ctl_job_key(job, shard, key, sizeof(key)),
                      CIVIC_STR("fence"), CIVIC_STR("last_fence"),
                      CIVIC_STR("until"), CIVIC_STR("next_at"),
                      CIVIC_STR("last_start"), CIVIC_STR("last_end"),
                      CIVIC_STR("failures"), CIVIC_STR("holder"),
                      CIVIC_STR("last_result"), CIVIC_STR("last_error"));

    if (reply == NULL) {
        return -1;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 10) {
        ctl_complain(ctl, "Redis 对 %s 的回答无法识别",
                     "redis gave no lease for %s", key);
        freeReplyObject(reply);
        return -1;
    }

    item = reply->element;
    lease->fence = (uint64_t) ctl_job_number(item[0]);
    lease->last_fence = (uint64_t) ctl_job_number(item[1]);
    lease->until = ctl_job_number(item[2]);
    lease->next_at = ctl_job_number(item[3]);
    lease->last_start = ctl_job_number(item[4]);
    lease->last_end = ctl_job_number(item[5]);
    lease->failures = ctl_job_number(item[6]);
    ctl_job_text(item[7], lease->holder, sizeof(lease->holder));
    ctl_job_text(item[8], lease->result, sizeof(lease->result));
    ctl_job_text(item[9], lease->error, sizeof(lease->error));
    freeReplyObject(reply);

    return 0;
}


/* ---- the tables --------------------------------------------------------- */

static int
ctl_job_each_of(ctl_t *ctl, const civic_plugin_t *plugin, ctl_job_pt fn,
    void *data)
{
    int        rc = CTL_FINE;
    uint32_t   i;
    ctl_job_t  job;

    for (i = 0; i < plugin->jobs.count; i++) {
        civic_table_get(&plugin->jobs, i, &job.table, sizeof(job.table));
        (void) snprintf(job.name, sizeof(job.name), "%s.%s", plugin->name,
                        job.table.name);

        if (job.table.shards == 0) {
            job.table.shards = 1;
        }

        if (job.table.deadline == 0) {
            job.table.deadline = CTL_JOB_DEADLINE;
        }

        if (fn(ctl, &job, data) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


static int
ctl_job_each_in(ctl_t *ctl, const char *word, ctl_job_pt fn, void *data)
{
    int                   rc;
    char                 *path = ctl_path(ctl, word, 1);
    civic_failure_t       failure;
    civic_plugin_file_t  *file;

    if (path == NULL) {
        return CTL_PROBLEM;
    }

    file = civic_plugin_file_open(path, &failure);
    free(path);

    if (file == NULL) {
        ctl_complain(ctl, "%s", "%s", failure.text);
        return CTL_PROBLEM;
    }

    rc = ctl_job_each_of(ctl, file->plugin, fn, data);
    civic_plugin_file_close(file);

    return rc;
}


/* fn for each job of the configured plugins. */
static int
ctl_job_each(ctl_t *ctl, ctl_job_pt fn, void *data)
{
    int                     rc = CTL_FINE;
    ctl_conf_t             *conf = ctl_conf(ctl);
    const ctl_directive_t  *directive = NULL;

    if (conf == NULL) {
        return CTL_PROBLEM;
    }

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        if (directive->count > 0
            && ctl_job_each_in(ctl, directive->words[0], fn, data)
               != CTL_FINE)
        {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


/* ---- list --------------------------------------------------------------- */

static void
ctl_job_instant(civic_msec_t at, const char *none, char *out)
{
    if (at == 0 || civic_instant_format(at, out) == 0) {
        (void) strcpy(out, none);
    }
}


static void
ctl_job_show(ctl_t *ctl, unsigned shard, const ctl_lease_t *lease)
{
    char         last[CIVIC_INSTANT_LEN + 1], next[CIVIC_INSTANT_LEN + 1];
    const char  *result = lease->result[0] == '\0' ? "-" : lease->result;

    ctl_job_instant(lease->last_start, "-", last);
    ctl_job_instant(lease->next_at, "-", next);

    ctl_say(ctl, "  分片 %u：上次 %s，下次 %s，结果 %s，连续失败 %lld",
            "  shard %u: last %s, next %s, result %s, failures %lld", shard,
            last, next, result, lease->failures);

    if (lease->holder[0] != '\0') {
        ctl_say(ctl, "    正由 %s 执行", "    held by %s", lease->holder);
    }

    if (lease->error[0] != '\0') {
        ctl_say(ctl, "    上次错误：%s", "    last error: %s", lease->error);
    }
}


static int
ctl_job_list_one(ctl_t *ctl, const ctl_job_t *job, void *data)
{
    int          rc = CTL_FINE, *count = data;
    unsigned     i;
    ctl_lease_t  lease;

    (*count)++;
    ctl_say(ctl, "%s：每 %u 秒，%u 个分片（%s）",
            "%s: every %u s, %u {shard|shards} (%s)", job->name,
            job->table.interval, job->table.shards, job->table.en);

    for (i = 0; i < job->table.shards; i++) {
        if (ctl_job_lease(ctl, job, i, &lease) != 0) {
            return CTL_PROBLEM;
        }

        ctl_job_show(ctl, i, &lease);

        if (lease.failures > 0) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


static int
ctl_job_list(ctl_t *ctl)
{
    int  rc, count = 0;

    rc = ctl_job_each(ctl, ctl_job_list_one, &count);

    if (count == 0 && rc == CTL_FINE) {
        ctl_say(ctl, "没有插件声明任务", "no plugin has a job");
    }

    return rc;
}


/* ---- run ---------------------------------------------------------------- */

typedef struct {
    const char  *name;
    int          found;
} ctl_job_wish_t;


static int64_t
ctl_job_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* Makes a shard due; the fence that its run will have at least, 0: failed. */
static uint64_t
ctl_job_ask(ctl_t *ctl, const ctl_job_t *job, unsigned shard)
{
    char          name[128];
    uint64_t      wanted;
    civic_str_t   key = ctl_job_key(job, shard, name, sizeof(name));
    redisReply   *reply = ctl_script(ctl, "job_ask", &key, 1, NULL, 0);

    if (reply == NULL) {
        return 0;
    }

    wanted = reply->type == REDIS_REPLY_INTEGER ? (uint64_t) reply->integer
                                                : 0;
    freeReplyObject(reply);

    return wanted;
}


/*
 * Until the shard's run has ended.  Gives up when nothing of the shard has
 * moved for longer than a run may last.
 */
static int
ctl_job_await(ctl_t *ctl, const ctl_job_t *job, unsigned shard,
    uint64_t wanted, ctl_lease_t *lease)
{
    int64_t          moved = ctl_job_clock(), limit;
    uint64_t         seen = 0;
    struct timespec  pause = { 0, CTL_JOB_LOOK * 1000000L };

    limit = (int64_t) job->table.deadline + CTL_JOB_SPARE;

    for ( ;; ) {
        if (ctl_job_lease(ctl, job, shard, lease) != 0) {
            return -1;
        }

        if (lease->last_fence >= wanted) {
            return 0;
        }

        if (lease->fence + lease->last_fence != seen) {
            seen = lease->fence + lease->last_fence;
            moved = ctl_job_clock();
        }

        if (ctl_job_clock() - moved > limit) {
            ctl_complain(ctl,
                "%s 分片 %u：%lld 秒内没有结果（工作进程是否在运行？）",
                "%s, shard %u: no result within %lld s (does any worker "
                "run?)", job->name, shard, (long long) limit / 1000);
            return -1;
        }

        (void) nanosleep(&pause, NULL);
    }
}


static int
ctl_job_results(ctl_t *ctl, const ctl_job_t *job, const uint64_t *wanted)
{
    int          rc = CTL_FINE;
    unsigned     i;
    ctl_lease_t  lease;

    for (i = 0; i < job->table.shards; i++) {
        if (ctl_job_await(ctl, job, i, wanted[i], &lease) != 0) {
            return CTL_PROBLEM;
        }

        ctl_say(ctl, "%s 分片 %u：%s，用时 %lld 毫秒%s%s",
                "%s, shard %u: %s in %lld ms%s%s", job->name, i, lease.result,
                (long long) (lease.last_end - lease.last_start),
                lease.error[0] == '\0' ? "" : ": ", lease.error);

        if (strcmp(lease.result, "ok") != 0) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


static int
ctl_job_run_one(ctl_t *ctl, const ctl_job_t *job, void *data)
{
    unsigned         i;
    uint64_t         wanted[256];
    ctl_job_wish_t  *wish = data;

    if (strcmp(job->name, wish->name) != 0) {
        return CTL_FINE;
    }

    wish->found = 1;

    for (i = 0; i < job->table.shards; i++) {
        wanted[i] = ctl_job_ask(ctl, job, i);

        if (wanted[i] == 0) {
            return CTL_PROBLEM;
        }
    }

    if (ctl_call_job(ctl, job->name) != 0) {
        return CTL_PROBLEM;
    }

    return ctl_job_results(ctl, job, wanted);
}


static int
ctl_job_run(ctl_t *ctl, const char *name)
{
    int             rc;
    ctl_job_wish_t  wish = { .name = name };

    rc = ctl_job_each(ctl, ctl_job_run_one, &wish);

    if (!wish.found) {
        ctl_complain(ctl, "没有任务 \"%s\"", "there is no job \"%s\"", name);
        return CTL_PROBLEM;
    }

    return rc;
}


int
ctl_cmd_job(ctl_t *ctl, int argc, char **argv)
{
    if (argc == 1 || (argc == 2 && strcmp(argv[1], "list") == 0)) {
        return ctl_job_list(ctl);
    }

    if (argc == 3 && strcmp(argv[1], "run") == 0) {
        return ctl_job_run(ctl, argv[2]);
    }

    return ctl_usage(ctl, CTL_JOB_ZH, CTL_JOB_EN);
}
