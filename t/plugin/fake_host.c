/*
 * fake_host.c - starting and stopping the fake host, and the world around:
 * clocks, people, counters.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake_internal.h"

/* Fixed, so that a pid is the same in every run: 32 readable bytes. */
static const char  fake_keyring[] =
    "{\"version\":1,"
    "\"person_key\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\","
    "\"keys\":[{\"id\":1,\"state\":\"active\","
    "\"secret\":\"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=\","
    "\"created_at\":\"2026-03-09T08:30:00+08:00\"}]}";

void *
fake_grow(void *items, size_t count, size_t size)
{
    void  *grown;

    grown = realloc(items, (count + 1) * size);
    if (grown == NULL) {
        fputs("fake host: no memory\n", stderr);
        abort();
    }

    return grown;
}


static int
fake_host_parts(fake_host_t *h, civic_failure_t *failure)
{
    /* Keeps no stack, so that stack_used is of one handler alone. */
    h->fibers = civic_fiber_pool_create(0);
    h->turns = civic_turns_create();
    h->router = civic_router_create();
    h->texts = civic_arena_create(4096, 64 * 1024 * 1024);
    h->keyring = civic_keyring_parse(fake_keyring, sizeof(fake_keyring) - 1,
                                     failure);

    if (h->keyring == NULL) {
        return -1;
    }

    h->session_purpose = civic_keyring_purpose(h->keyring, "session");

    if (h->fibers == NULL || h->turns == NULL || h->router == NULL
        || h->texts == NULL || h->session_purpose == NULL)
    {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return -1;
    }

    if (fake_server_start(h, failure) != 0) {
        return -1;
    }

    if (fake_files_start(h) != 0) {
        snprintf(failure->text, sizeof(failure->text),
                 "no folder for blobs in %s", h->folder);
        return -1;
    }

    return 0;
}


static int
fake_host_load(fake_host_t *h, civic_failure_t *failure)
{
    size_t             i;
    const char *const  none[] = { NULL };

    if (fake_plugin_open(h, h->config.plugin, h->config.options, failure)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < FAKE_PLUGINS && h->config.others[i] != NULL; i++) {
        if (fake_plugin_open(h, h->config.others[i], none, failure) != 0) {
            return -1;
        }
    }

    /* All tables are good: only now does code of the plugins run. */

    for (i = 0; i < h->nplugins; i++) {
        fake_plugin_start(&h->plugins[i]);
    }

    return 0;
}


fake_host_t *
fake_host_start(const fake_host_config_t *config)
{
    fake_host_t      *h;
    civic_failure_t   own, *failure;

    failure = config->failure != NULL ? config->failure : &own;
    memset(failure, 0, sizeof(*failure));

    /* A Redis that was stopped answers a write with a signal. */
    signal(SIGPIPE, SIG_IGN);

    h = calloc(1, sizeof(*h));
    if (h == NULL) {
        abort();
    }

    h->config = *config;
    h->config.failure = NULL;

    if (fake_host_parts(h, failure) == 0
        && fake_host_load(h, failure) == 0)
    {
        return h;
    }

    if (config->failure == NULL) {
        fprintf(stderr, "fake host: %s\n", own.text);
    }

    fake_host_stop(h);

    return NULL;
}


static void
fake_reply_free(fake_reply_t *rep)
{
    size_t  i;

    for (i = 0; rep->headers[i] != NULL; i++) {
        free((char *) rep->headers[i]);
    }

    json_decref(rep->json);
    free((char *) rep->body);
    free((char *) rep->content_type);
    free((char *) rep->code);
    free((char *) rep->undocumented);
    free(rep);
}


static void
fake_forget(fake_host_t *h)
{
    size_t  i;

    for (i = 0; i < h->nreplies; i++) {
        fake_reply_free(h->replies[i]);
    }

    for (i = 0; i < h->nanswers; i++) {
        freeReplyObject(h->answers[i]);
    }

    for (i = 0; i < h->nlines; i++) {
        free(h->lines[i]);
    }

    if (h->lines != NULL) {
        h->lines[0] = NULL;
    }

    fake_ask_forget(h);
    fake_audit_forget(h);
    fake_wait_forget(h);
    fake_http_forget(h);

    h->nreplies = 0;
    h->nanswers = 0;
    h->nlines = 0;
    h->clock_set = 0;
    h->business_set = 0;
}


void
fake_host_reset(fake_host_t *h)
{
    size_t           i;
    fake_plugin_t   *p;

    fake_forget(h);

    for (i = 0; i < h->nplugins; i++) {
        p = &h->plugins[i];
        memset(p->counters, 0,
               (p->plugin->metrics.count + 1) * sizeof(uint64_t));
    }

    freeReplyObject(redisCommand(h->own, "FLUSHALL"));
    fake_files_stop(h);
    (void) fake_files_start(h);
}


void
fake_host_stop(fake_host_t *h)
{
    size_t  i;

    if (h == NULL) {
        return;
    }

    for (i = h->nplugins; i > 0; i--) {
        fake_plugin_close(&h->plugins[i - 1]);
    }

    fake_files_stop(h);
    fake_server_stop(h);
    fake_forget(h);

    if (h->router != NULL) {
        civic_router_free(h->router);
    }

    if (h->keyring != NULL) {
        civic_keyring_free(h->keyring);
    }

    if (h->turns != NULL) {
        civic_turns_destroy(h->turns);
    }

    if (h->fibers != NULL) {
        civic_fiber_pool_destroy(h->fibers);
    }

    if (h->texts != NULL) {
        civic_arena_destroy(h->texts);
    }

    free(h->lines);
    free(h->replies);
    free(h->answers);
    free(h->calls);
    free(h->asked);
    free(h->prepared);
    free(h->collected);
    free(h->opened);
    free(h->http);
    free(h->seen);
    free(h);
}


/* ---- clocks ------------------------------------------------------------ */

civic_msec_t
fake_now(fake_host_t *h)
{
    struct timespec  ts;

    if (h->clock_set) {
        return h->clock;
    }

    clock_gettime(CLOCK_REALTIME, &ts);

    return (civic_msec_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


void
fake_set_clock(fake_host_t *h, civic_msec_t now)
{
    h->clock = now;
    h->clock_set = 1;
}


void
fake_set_business_clock(fake_host_t *h, civic_msec_t now)
{
    h->business = now;
    h->business_set = 1;
}


void
fake_advance(fake_host_t *h, int64_t ms)
{
    fake_set_clock(h, fake_now(h) + ms);

    if (h->business_set) {
        h->business += ms;
    }
}


/* ---- people ------------------------------------------------------------ */

const char *
fake_person_id(fake_host_t *h, const char *canonical)
{
    char  *pid;

    pid = civic_arena_alloc(h->texts, CIVIC_PID_LEN + 1);

    if (pid == NULL
        || civic_keyring_person_id(h->keyring, civic_cstr(canonical), pid)
           != 0)
    {
        return NULL;
    }

    return pid;
}


const char *
fake_session(fake_host_t *h, const char *canonical, unsigned roles)
{
    civic_session_spec_t  spec = {
        .pid = civic_cstr(fake_person_id(h, canonical)),
        .roles = roles,
        .method = "password",
        .lifetime = 3600,
        .refresh = 60,
    };

    return fake_session_with(h, &spec);
}


/* ---- counters ---------------------------------------------------------- */

uint64_t
fake_counter(fake_host_t *h, const char *metric)
{
    uint32_t             i;
    fake_plugin_t       *p;
    civic_metric_def_t   def;

    p = &h->plugins[0];

    for (i = 0; i < p->plugin->metrics.count; i++) {
        civic_table_get(&p->plugin->metrics, i, &def, sizeof(def));

        if (strcmp(def.name, metric) == 0) {
            return p->counters[i];
        }
    }

    fprintf(stderr, "fake host: no metric \"%s\" in the table\n", metric);
    abort();
}


/* ---- the log ----------------------------------------------------------- */

unsigned
fake_log_count(fake_host_t *h, const char *text)
{
    size_t    i;
    unsigned  count;

    count = 0;

    for (i = 0; i < h->nlines; i++) {
        if (strstr(h->lines[i], text) != NULL) {
            count++;
        }
    }

    return count;
}


int
fake_logged(fake_host_t *h, const char *text)
{
    return fake_log_count(h, text) > 0;
}


const char *const *
fake_log(fake_host_t *h)
{
    static const char *const  none[] = { NULL };

    return h->nlines == 0 ? none : (const char *const *) h->lines;
}
