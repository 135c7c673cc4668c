/*
 * fake_job.c - one run of a job, under a lease as the test wants it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fake_internal.h"

#define FAKE_JOB_DEADLINE  30000            /* ms */


/* Ends the test program if there is none: the test is wrong. */
static fake_plugin_t *
fake_job_find(fake_host_t *h, const char *name, civic_job_def_t *def)
{
    size_t          i, len;
    uint32_t        j;
    fake_plugin_t  *p;

    for (i = 0; i < h->nplugins; i++) {
        p = &h->plugins[i];
        len = strlen(p->plugin->name);

        if (strncmp(name, p->plugin->name, len) != 0 || name[len] != '.') {
            continue;
        }

        for (j = 0; j < p->plugin->jobs.count; j++) {
            civic_table_get(&p->plugin->jobs, j, def, sizeof(*def));

            if (strcmp(def->name, name + len + 1) == 0) {
                return p;
            }
        }
    }

    fprintf(stderr, "fake host: no job \"%s\" in the tables\n", name);
    abort();
}


/* The lease as its holder finds it, or, if it was lost, as the next left it. */
static void
fake_job_lease(fake_host_t *h, const civic_job_t *job)
{
    uint64_t           fence = job->fence;
    const redisReply  *reply;

    reply = fake_redis(h, "HGET %s fence", job->lease.data);

    if (reply != NULL && reply->type == REDIS_REPLY_STRING
        && strtoull(reply->str, NULL, 10) > fence)
    {
        return;
    }

    (void) fake_redis(h, "HSET %s fence %llu holder fake", job->lease.data,
                      (unsigned long long) fence);
}


fake_reply_t *
fake_job(fake_host_t *h, const char *name, unsigned shard, uint64_t fence,
    const fake_request_t *request)
{
    fake_run_t       *run;
    fake_route_t      route = { .route = { .method = CIVIC_POST } };
    fake_reply_t     *rep;
    fake_plugin_t    *p;
    civic_job_def_t   def;

    p = fake_job_find(h, name, &def);

    route.plugin = p;
    route.route.path = name;

    run = fake_run_create(h, CIVIC_POST, name, request);
    run->route = &route;
    run->plugin = p;
    run->job.name = def.name;
    run->job.deadline = def.deadline > 0 ? def.deadline : FAKE_JOB_DEADLINE;
    run->deadline = fake_now(h) + run->job.deadline;
    run->job_run = def.run;
    run->job.shard = shard;
    run->job.shards = def.shards > 0 ? def.shards : 1;
    run->job.fence = fence;
    run->job.lease = civic_arena_print(h->texts, "civic:{job:%s:%u}", name,
                                       shard);
    fake_job_lease(h, &run->job);

    run->fiber = civic_fiber_create(h->fibers, fake_run_fiber, run);
    if (run->fiber == NULL) {
        abort();
    }

    rep = run->reply;

    while (!run->ended) {
        fake_run_to(run, rep->suspensions + 1);
    }

    rep->body = strdup("");
    rep->content_type = strdup("");
    rep->code = strdup(run->over && run->over_code != NULL ? run->over_code
                                                           : "");

    return fake_end(run);
}


/* ---- what plugins call ------------------------------------------------- */

void
fake_job_rest(civic_request_t *r)
{
    fake_run_t  *run = fake_run(r);

    if (run->job_run == NULL) {
        (void) fake_misuse(run, "civic_job_rest() is for jobs");
        return;
    }

    run->reply->rests = 1;
}


void
fake_job_call(civic_request_t *r, const char *job, unsigned shard)
{
    uint32_t          i;
    fake_run_t       *run = fake_run(r);
    civic_job_def_t   def;

    for (i = 0; i < run->plugin->plugin->jobs.count; i++) {
        civic_table_get(&run->plugin->plugin->jobs, i, &def, sizeof(def));

        if (strcmp(def.name, job) == 0
            && shard < (def.shards > 0 ? def.shards : 1))
        {
            run->reply->job_calls++;
            return;
        }
    }

    (void) fake_misuse(run, "civic_job_call() of \"%s\", shard %u, which is "
                       "not in the tables", job, shard);
}
