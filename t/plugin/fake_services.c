/*
 * fake_services.c - memory, request, threads, secrets, clocks, log, and the
 * table that plugins are given.
 */

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/rand.h>

#include "fake_internal.h"
#include "instant.h"

#define FAKE_RANDOM  4096               /* bytes of one civic_random() */

/* The thread that runs the host: the first that asks, which is the test. */
static pthread_t  fake_thread;
static int        fake_thread_known;


/* ---- the log ----------------------------------------------------------- */

void
fake_vline(fake_host_t *h, civic_log_level_t level, const char *who,
    const char *fmt, va_list args)
{
    static const char *const  names[] = { "debug", "info", "warn", "error" };

    char  *line, text[1024], all[1200];

    vsnprintf(text, sizeof(text), fmt, args);
    snprintf(all, sizeof(all), "[%s] %.100s: %s",
             level <= CIVIC_LOG_ERROR ? names[level] : "?", who, text);
    line = strdup(all);

    h->lines = fake_grow(h->lines, h->nlines + 1, sizeof(*h->lines));
    h->lines[h->nlines++] = line;
    h->lines[h->nlines] = NULL;

    if (getenv("FAKE_HOST_LOG") != NULL) {
        fprintf(stderr, "%s\n", line);
    }
}


void
fake_line(fake_host_t *h, civic_log_level_t level, const char *who,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    fake_vline(h, level, who, fmt, args);
    va_end(args);
}


static const char *
fake_who(fake_run_t *run)
{
    return run->plugin != NULL ? run->plugin->plugin->name : "host";
}


civic_result_t
fake_misuse(fake_run_t *run, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    fake_vline(run->host, CIVIC_LOG_ERROR, fake_who(run), fmt, args);
    va_end(args);

    return CIVIC_ERROR;
}


/*
 * Every service begins here.  work() of civic_offload() runs on a thread and
 * may call nothing: such a request is over.
 */
fake_run_t *
fake_run(civic_request_t *r)
{
    fake_run_t  *run = (fake_run_t *) r;

    if (!fake_thread_known) {
        fake_thread = pthread_self();
        fake_thread_known = 1;
    }

    if (!pthread_equal(fake_thread, pthread_self()) && !run->over) {
        fake_misuse(run, "a service was called from a thread");
        fake_over(run, "internal_error");
    }

    return run;
}


static void
fake_vlog(civic_request_t *r, civic_log_level_t level, const char *fmt,
    va_list args)
{
    fake_run_t  *run = fake_run(r);

    fake_vline(run->host, level, fake_who(run), fmt, args);
}


static void
fake_count(civic_request_t *r, unsigned metric, uint64_t amount)
{
    fake_run_t  *run = fake_run(r);

    if (metric >= run->plugin->plugin->metrics.count) {
        fake_misuse(run, "metric %u is not in the table", metric);
        return;
    }

    run->plugin->counters[metric] += amount;
}


/* ---- memory ------------------------------------------------------------ */

static void
fake_too_much(fake_run_t *run)
{
    if (!run->over) {
        fake_misuse(run, "the request asks for more than %d bytes",
                    FAKE_REQUEST_MEMORY);
        fake_over(run, "internal_error");
    }
}


void *
fake_alloc(civic_request_t *r, size_t size)
{
    void        *p;
    fake_run_t  *run = fake_run(r);

    p = civic_arena_alloc(run->arena, size);

    if (p == NULL) {
        fake_too_much(run);
        p = civic_arena_alloc(run->spare, size);
    }

    if (p == NULL) {
        abort();
    }

    return p;
}


static civic_result_t
fake_defer(civic_request_t *r, void (*fn)(void *data), void *data)
{
    return civic_arena_defer(fake_run(r)->arena, fn, data) == 0 ? CIVIC_OK
                                                                : CIVIC_ERROR;
}


static civic_str_t
fake_vprint(civic_request_t *r, const char *fmt, va_list args)
{
    va_list       again;
    fake_run_t   *run = fake_run(r);
    civic_str_t   str;

    va_copy(again, args);
    str = civic_arena_vprint(run->arena, fmt, args);

    if (str.data == NULL) {
        fake_too_much(run);
        str = civic_arena_vprint(run->spare, fmt, again);
    }

    va_end(again);

    return str;
}


/* ---- request ----------------------------------------------------------- */

static civic_str_t
fake_raw_body(civic_request_t *r)
{
    fake_run_t  *run = fake_run(r);

    return run->route->route.raw == NULL ? CIVIC_STR("")
                                         : civic_cstr(run->input.body);
}


static json_t *
fake_body(civic_request_t *r)
{
    return fake_run(r)->body;
}


static civic_str_t
fake_path(civic_request_t *r, const char *name)
{
    size_t       i;
    fake_run_t  *run = fake_run(r);

    for (i = 0; i < run->match.count; i++) {
        if (strcmp(run->match.names[i], name) == 0) {
            return run->match.values[i];
        }
    }

    fake_misuse(run, "the path has no \"{%s}\"", name);

    return CIVIC_STR("");
}


static json_t *
fake_query(civic_request_t *r)
{
    return fake_run(r)->query;
}


static civic_str_t
fake_header_in(civic_request_t *r, const char *name)
{
    return fake_input_header(fake_run(r), name);
}


static civic_str_t
fake_remote_addr(civic_request_t *r)
{
    fake_run_t  *run = fake_run(r);

    return civic_cstr(run->input.remote_addr != NULL
                      ? run->input.remote_addr : "192.0.2.1");
}


static civic_str_t
fake_request_id(civic_request_t *r)
{
    return civic_cstr(fake_run(r)->request_id);
}


/* Known from the token alone. */
static civic_str_t
fake_pid(civic_request_t *r)
{
    return fake_run(r)->principal.pid;
}


/* Waits for the session's record if it is still on its way. */
static const civic_principal_t *
fake_principal(civic_request_t *r)
{
    static const civic_principal_t  nobody;

    fake_run_t  *run = fake_run(r);

    return fake_settle(run) == CIVIC_OK ? &run->principal : &nobody;
}


static json_t *
fake_plugin_option(fake_plugin_t *p, const char *name)
{
    json_t  *value;

    value = json_object_get(p->options, name);

    if (value == NULL) {
        fake_line(p->host, CIVIC_LOG_ERROR, p->plugin->name,
                  "option \"%s\" is not in the table, or has no value", name);
    }

    return value;
}


static json_t *
fake_option(civic_request_t *r, const char *name)
{
    return fake_plugin_option(fake_run(r)->plugin, name);
}


static void *
fake_state(civic_request_t *r)
{
    return fake_run(r)->plugin->state;
}


static int
fake_sandbox(civic_request_t *r)
{
    return fake_run(r)->host->config.sandbox;
}


static void
fake_write_json(civic_writer_t *w, const char *key, const json_t *value)
{
    civic_writer_json(w, key, value);
}


/* ---- Redis' names ------------------------------------------------------ */

civic_str_t
fake_person_key(civic_request_t *r, civic_str_t pid, const char *family)
{
    fake_run_t   *run = fake_run(r);
    civic_str_t   key;

    key = civic_arena_print(run->arena, "civic:{p:%.*s}:%s", (int) pid.len,
                            pid.data, family);

    if (key.data == NULL) {
        fake_too_much(run);
        key = civic_arena_print(run->spare, "civic:{p:%.*s}:%s",
                                (int) pid.len, pid.data, family);
    }

    return key;
}


static civic_result_t
fake_pid_of(civic_request_t *r, civic_str_t canonical, civic_str_t *pid)
{
    char        *out;
    fake_run_t  *run = fake_run(r);

    *pid = CIVIC_STR("");

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    out = fake_alloc(r, CIVIC_PID_LEN + 1);

    if (civic_keyring_person_id(run->host->keyring, canonical, out) != 0) {
        return fake_misuse(run, "civic_person_id() failed");
    }

    *pid = civic_cstr(out);

    return CIVIC_OK;
}


/* ---- threads ----------------------------------------------------------- */

typedef struct {
    void  (*work)(void *data);
    void   *data;
} fake_task_t;


static void *
fake_task_thread(void *data)
{
    fake_task_t  *task = data;

    task->work(task->data);

    return NULL;
}


static void
fake_task_on_main(void *data)
{
    pthread_t  thread;

    if (pthread_create(&thread, NULL, fake_task_thread, data) != 0
        || pthread_join(thread, NULL) != 0)
    {
        abort();
    }
}


static civic_result_t
fake_offload(civic_request_t *r, civic_threads_t threads,
    void (*work)(void *data), void *data)
{
    fake_run_t   *run = fake_run(r);
    fake_task_t   task = { work, data };

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (threads != CIVIC_THREADS_WORK && threads != CIVIC_THREADS_HASH) {
        return fake_misuse(run, "civic_offload(): no threads %d",
                           (int) threads);
    }

    if (++run->reply->offloads == run->input.busy_at) {
        return CIVIC_BUSY;
    }

    civic_fiber_on_main(fake_task_on_main, &task);

    return fake_suspend(run);
}


/* ---- secrets and clocks ------------------------------------------------ */

static civic_result_t
fake_random(civic_request_t *r, void *bytes, size_t len)
{
    fake_run_t  *run = fake_run(r);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (len > FAKE_RANDOM || RAND_bytes(bytes, (int) len) != 1) {
        return fake_misuse(run, "no %zu random bytes", len);
    }

    return CIVIC_OK;
}


civic_purpose_t *
fake_purpose(fake_run_t *run, const char *name)
{
    uint32_t              i;
    civic_purpose_def_t   def;
    const civic_table_t  *table = &run->plugin->plugin->purposes;

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &def, sizeof(def));

        if (strcmp(def.name, name) == 0) {
            return civic_keyring_purpose(run->host->keyring, name);
        }
    }

    fake_misuse(run, "purpose \"%s\" is not in the table", name);

    return NULL;
}


static civic_result_t
fake_seal(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t plain, civic_str_t *sealed)
{
    int64_t           len;
    fake_run_t       *run = fake_run(r);
    unsigned char    *out;
    civic_purpose_t  *key;

    *sealed = CIVIC_STR("");

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    key = fake_purpose(run, purpose);
    if (key == NULL) {
        return CIVIC_ERROR;
    }

    out = fake_alloc(r, plain.len + CIVIC_SEAL_OVERHEAD);

    len = civic_purpose_seal(key, context, plain, out);
    if (len < 0) {
        return fake_misuse(run, "civic_seal() failed");
    }

    *sealed = (civic_str_t) { (char *) out, (size_t) len };

    return CIVIC_OK;
}


static civic_result_t
fake_open(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t sealed, civic_str_t *plain)
{
    int64_t           len;
    fake_run_t       *run = fake_run(r);
    unsigned char    *out;
    civic_purpose_t  *key;

    *plain = CIVIC_STR("");

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    key = fake_purpose(run, purpose);
    if (key == NULL) {
        return CIVIC_ERROR;
    }

    out = fake_alloc(r, sealed.len + 1);

    len = civic_purpose_open(key, context, sealed, out);
    if (len < 0) {
        return CIVIC_INVALID;
    }

    out[len] = '\0';
    *plain = (civic_str_t) { (char *) out, (size_t) len };

    return CIVIC_OK;
}


static civic_msec_t
fake_real_now(civic_request_t *r)
{
    return fake_now(fake_run(r)->host);
}


/* In production it cannot be set, and is the real time. */
static civic_msec_t
fake_business_now(civic_request_t *r)
{
    fake_run_t    *run = fake_run(r);
    civic_str_t    header;
    civic_msec_t   instant;

    if (!run->host->config.sandbox) {
        return fake_now(run->host);
    }

    header = fake_input_header(run, "civic-now");

    if (header.len > 0 && run->method == CIVIC_GET
        && civic_instant_parse(header, &instant) == 0)
    {
        return instant;
    }

    return run->host->business_set ? run->host->business
                                   : fake_now(run->host);
}


/* ---- workers ----------------------------------------------------------- */

static json_t *
fake_worker_option(civic_worker_t *w, const char *name)
{
    return fake_plugin_option(((fake_worker_t *) w)->plugin, name);
}


static int
fake_worker_sandbox(civic_worker_t *w)
{
    return ((fake_worker_t *) w)->plugin->host->config.sandbox;
}


static void
fake_worker_vlog(civic_worker_t *w, civic_log_level_t level, const char *fmt,
    va_list args)
{
    fake_plugin_t  *p = ((fake_worker_t *) w)->plugin;

    fake_vline(p->host, level, p->plugin->name, fmt, args);
}


const civic_host_t  fake_services = {
    .major = CIVIC_ABI_MAJOR,
    .minor = CIVIC_ABI_MINOR,

    .alloc = fake_alloc,
    .vprint = fake_vprint,

    .body = fake_body,
    .raw_body = fake_raw_body,
    .path = fake_path,
    .query = fake_query,
    .header = fake_header_in,
    .remote_addr = fake_remote_addr,
    .request_id = fake_request_id,
    .principal = fake_principal,
    .option = fake_option,
    .state = fake_state,
    .sandbox = fake_sandbox,

    .reply = fake_reply_begin,
    .reply_bytes = fake_reply_bytes,
    .reply_header = fake_reply_header,
    .problem = fake_reply_problem,
    .refuse = fake_reply_refuse,

    .write_object = civic_writer_object,
    .write_array = civic_writer_array,
    .write_end = civic_writer_end,
    .write_str = civic_writer_str,
    .write_int = civic_writer_int,
    .write_bool = civic_writer_bool,
    .write_null = civic_writer_null,
    .write_instant = civic_writer_instant,
    .write_json = fake_write_json,

    .redis = fake_redis_read,
    .pipeline = fake_redis_pipeline,
    .script = fake_redis_script,
    .person_key = fake_person_key,
    .person_id = fake_pid_of,

    .rule = fake_rule,
    .call = fake_call,
    .call_all = fake_call_all,

    .offload = fake_offload,

    .random = fake_random,
    .seal = fake_seal,
    .open = fake_open,

    .now = fake_real_now,
    .business_now = fake_business_now,

    .session_begin = fake_session_begin,
    .session_end = fake_session_end,

    .count = fake_count,
    .vlog = fake_vlog,

    .pid = fake_pid,

    .http = fake_http,

    .watch = fake_watch,
    .wait = fake_wait,
    .notify = fake_notify,

    .persons = fake_persons,

    .job_rest = fake_job_rest,
    .job_call = fake_job_call,

    .turn = fake_turn,
    .turn_end = fake_turn_end,

    .defer = fake_defer,

    .upload = fake_upload,
    .blob_keep = fake_blob_keep,
    .blob_write = fake_blob_write,
    .blob_read = fake_blob_read,
    .upload_read = fake_read_upload,
    .reply_blob = fake_reply_blob,
    .blob_url = fake_blob_url,
    .reply_blob_url = fake_reply_blob_url,
    .blob_delete = fake_blob_delete,
    .blobs_sweep = fake_blobs_sweep,

    .outbox = fake_outbox,
    .outbox_take = fake_outbox_take,
    .outbox_done = fake_outbox_done,

    .audit = fake_audit_prepare,
    .audit_note = fake_audit_note,
    .audit_collect = fake_audit_collect,

    .worker_option = fake_worker_option,
    .worker_vlog = fake_worker_vlog,
    .worker_sandbox = fake_worker_sandbox,
};
