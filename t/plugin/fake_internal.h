/*
 * fake_internal.h - what the files of the fake host share.
 *
 *   fake_host.c      start and stop, the world around
 *   fake_plugins.c   from a .so to routes, rules, scripts, options
 *   fake_request.c   the life of a request: checks, fiber, answer
 *   fake_reply.c     the services that make a reply
 *   fake_redis.c     the services that talk to Redis
 *   fake_http.c      outbound HTTP, answered as the test says
 *   fake_server.c    the redis-server process and its connection
 *   fake_session.c   sessions
 *   fake_wait.c      waiting for others
 *   fake_turns.c     few at a time
 *   fake_job.c       one run of a job
 *   fake_ask.c       rules, and calls of other plugins
 *   fake_outbox.c    outboxes
 *   fake_persons.c   all persons
 *   fake_audit.c     the audit trail
 *   fake_files.c     blobs that are kept and read
 *   fake_blobs.c     their URLs, deleting, sweeping, the folder
 *   fake_services.c  all other services, and the table
 */

#ifndef FAKE_INTERNAL_H
#define FAKE_INTERNAL_H

#include <sys/types.h>

#include "arena.h"
#include "blob.h"
#include "errors.h"
#include "fake_host.h"
#include "fiber.h"
#include "http_client.h"
#include "json.h"
#include "keyring.h"
#include "plugin_file.h"
#include "problem.h"
#include "redis_script.h"
#include "router.h"
#include "rules.h"
#include "schema.h"
#include "session.h"
#include "turns.h"
#include "waiters.h"

#define FAKE_REQUEST_MEMORY  (8 * 1024 * 1024)      /* civic_alloc()'s bound */
#define FAKE_MAX_BODY        (16 * 1024)
#define FAKE_DEADLINE        10000                  /* ms */
#define FAKE_SESSIONS_KEPT   20
#define FAKE_RETRY_AFTER     2                      /* s, with every 503 */
#define FAKE_COOKIE          "__Host-civic_session"

typedef struct fake_plugin_s  fake_plugin_t;
typedef struct fake_turn_s    fake_turn_t;

typedef struct {
    civic_route_t    route;
    fake_plugin_t   *plugin;
    civic_schema_t  *query;
    civic_schema_t  *body;
    civic_schema_t  *reply;                 /* NULL: not documented */
} fake_route_t;

struct fake_plugin_s {
    fake_host_t            *host;
    civic_plugin_file_t    *file;
    const civic_plugin_t   *plugin;
    char                    url[64];
    json_t                 *options;
    civic_rules_t          *rules;
    civic_redis_script_t  **scripts;        /* as in the table */
    fake_route_t           *routes;
    uint64_t               *counters;
    void                   *state;
    int                     started;
    int                     failed;         /* init_worker() did */
};

typedef struct {
    civic_worker_t   worker;                /* first */
    fake_plugin_t   *plugin;
} fake_worker_t;

typedef struct {
    char            *name;
    civic_result_t   result;
    json_t          *out;
} fake_call_t;

typedef enum {
    FAKE_REPLY_NONE = 0,
    FAKE_REPLY_JSON,
    FAKE_REPLY_BYTES,
    FAKE_REPLY_BLOB,
    FAKE_REPLY_PROBLEM
} fake_reply_kind_t;

struct fake_run_s {
    civic_request_t         base;           /* first: what the plugin sees */
    fake_host_t            *host;
    fake_request_t          input;
    civic_method_t          method;
    char                   *path;
    civic_str_t             raw_query;
    char                    request_id[33];

    civic_arena_t          *arena;          /* civic_alloc()'s, bounded */
    civic_arena_t          *spare;          /* the host's own, not bounded */
    civic_fiber_t          *fiber;
    civic_match_t           match;
    fake_route_t           *route;
    fake_plugin_t          *plugin;         /* whose code runs now */

    /* NULL: a request */
    civic_result_t        (*job_run)(civic_request_t *r,
                                     const civic_job_t *job);
    civic_job_t             job;

    json_t                 *body;
    json_t                 *query;
    civic_errors_t          errors;
    civic_principal_t       principal;
    civic_session_token_t   token;
    civic_session_record_t  record;
    int                     by_cookie;
    int                     session_late;   /* not yet seen by the handler */
    const char             *session_problem;

    int                     gone;           /* the client left */
    int                     wrote;          /* so it runs to its end */
    int                     scripted;       /* a script of a plugin ran */
    int                     audited;        /* the audit trail was told */
    int                     over;
    const char             *over_code;      /* the host's answer then */
    int                     ended;
    civic_msec_t            deadline;

    civic_blob_writer_t    *arriving;       /* the upload */
    civic_upload_t          upload;
    int                     upload_kept;
    unsigned                blob_uses;      /* of the folder */

    fake_reply_kind_t       kind;
    int                     status;
    civic_writer_t         *writer;
    const char             *content_type;
    civic_str_t             bytes;
    const char             *problem_code;
    int64_t                 retry_after;    /* s */
    unsigned                nheaders;

    fake_run_t             *next_waiter;    /* of those that watch */
    civic_str_t             topics[CIVIC_WATCHES];
    unsigned                ntopics;
    int                     waited;
    civic_msec_t            wait_began;     /* the first one */
    int                     hinted;

    fake_turn_t            *turns;          /* held or waited for, once */

    civic_str_t             rule;           /* the last one asked */
    fake_reply_t           *reply;
};

struct fake_host_s {
    fake_host_config_t     config;
    char                   folder[64];
    char                   socket[80];
    pid_t                  redis_pid;
    redisContext          *redis;           /* the plugins' connection */
    redisContext          *own;             /* the test's */

    civic_fiber_pool_t    *fibers;
    civic_keyring_t       *keyring;
    civic_purpose_t       *session_purpose;
    civic_router_t        *router;
    fake_plugin_t          plugins[FAKE_PLUGINS + 1];
    size_t                 nplugins;

    fake_http_answer_t    *http;
    size_t                 nhttp;
    fake_http_seen_t      *seen;
    size_t                 nseen;

    fake_call_t           *calls;           /* what the test answers */
    size_t                 ncalls;
    fake_call_t           *asked;           /* out: what was asked */
    size_t                 nasked;

    civic_str_t           *prepared;        /* audit entries, sealed */
    size_t                 nprepared;
    json_t               **collected;       /* those that a job moved */
    size_t                 ncollected;
    json_t               **opened;          /* those that the test has */
    size_t                 nopened;

    int                    clock_set;
    civic_msec_t           clock;
    int                    business_set;
    civic_msec_t           business;
    uint64_t               requests;

    civic_turns_t         *turns;

    fake_run_t            *waiters;
    unsigned               lose;            /* so many notifications */
    int                    quitting;
    char                 **notified;        /* topics */
    size_t                 nnotified;

    char                 **lines;
    size_t                 nlines;
    fake_reply_t         **replies;
    size_t                 nreplies;
    redisReply           **answers;
    size_t                 nanswers;
    civic_arena_t         *texts;           /* handed out to the test */
};

/* What one piece of work on the main stack needs and gives. */
typedef struct {
    fake_run_t           *run;
    civic_blob_writer_t  *writer;
    civic_str_t           pid;
    civic_str_t           id;
    const civic_str_t    *ids;
    size_t                count;
    civic_str_t           bytes;
    civic_blob_record_t   record;
    int                   error;        /* errno, or 0 */
} fake_file_t;

extern const civic_host_t  fake_services;

/* The request behind what the plugin holds. */
fake_run_t *fake_run(civic_request_t *r);

/* fake_plugins.c */
int fake_plugin_open(fake_host_t *h, const char *path,
    const char *const *options, civic_failure_t *failure);
void fake_plugin_start(fake_plugin_t *p);
void fake_plugin_close(fake_plugin_t *p);

/* fake_request.c: a service that waits.  CIVIC_ABORTED: the request is over
   and the caller returns that. */
civic_result_t fake_suspend(fake_run_t *run);
/* The guard at the start of a service: over already? */
civic_result_t fake_enter(fake_run_t *run);
/* The same for services that wait until the session was seen. */
civic_result_t fake_settle(fake_run_t *run);
void fake_over(fake_run_t *run, const char *code);
fake_run_t *fake_run_create(fake_host_t *h, civic_method_t method,
    const char *path, const fake_request_t *request);
void fake_run_fiber(void *data);

/* fake_reply.c */
void fake_answer(fake_run_t *run, const civic_problem_t *problem);
void fake_reply_send(fake_run_t *run);
civic_writer_t *fake_reply_begin(civic_request_t *r, int status);
civic_result_t fake_reply_bytes(civic_request_t *r, int status,
    const char *content_type, civic_str_t bytes);
civic_result_t fake_reply_header(civic_request_t *r, const char *name,
    civic_str_t value);
civic_result_t fake_reply_problem(civic_request_t *r,
    const civic_problem_t *problem);
civic_result_t fake_reply_refuse(civic_request_t *r, json_t *decision);
void fake_put_header(fake_run_t *run, const char *name, civic_str_t value);
civic_str_t fake_input_header(fake_run_t *run, const char *name);

/* fake_redis.c */
civic_result_t fake_redis_read(civic_request_t *r, const civic_str_t *argv,
    size_t argc, const civic_value_t **value);
civic_result_t fake_redis_pipeline(civic_request_t *r,
    civic_command_t *commands, size_t count);
civic_result_t fake_redis_script(civic_request_t *r,
    const civic_script_t *script, const civic_value_t **value);
/* A command as it is, on the main stack; and a write of the host's own, which
   the request's faults befall like a script. */
civic_result_t fake_command(fake_run_t *run, const civic_str_t *argv,
    size_t argc, int writes, const civic_value_t **value);
civic_result_t fake_write(fake_run_t *run, const char *what,
    const civic_str_t *argv, size_t argc, const civic_value_t **value);
civic_result_t fake_redis_fault(fake_run_t *run, int writes,
    const civic_value_t **value);

/* fake_http.c */
civic_result_t fake_http(civic_request_t *r,
    const civic_http_request_t *request, const civic_http_reply_t **reply);
void fake_http_forget(fake_host_t *h);

/* fake_server.c */
int fake_server_start(fake_host_t *h, civic_failure_t *failure);
void fake_server_stop(fake_host_t *h);
/* One command.  CIVIC_OK with a value (perhaps of type error); NOT_SENT; or
   UNKNOWN, when it writes. */
civic_result_t fake_server_command(fake_host_t *h, civic_arena_t *arena,
    const civic_str_t *argv, size_t argc, int writes,
    const civic_value_t **value);

/* fake_wait.c */
civic_result_t fake_watch(civic_request_t *r, civic_str_t topic);
civic_result_t fake_wait(civic_request_t *r, unsigned timeout);
civic_result_t fake_notify(civic_request_t *r, civic_str_t topic);
void fake_unwatch(fake_run_t *run);
void fake_wait_forget(fake_host_t *h);

/* fake_turns.c */
civic_result_t fake_turn(civic_request_t *r, const char *name, unsigned limit,
    unsigned line);
void fake_turn_end(civic_request_t *r, const char *name);
void fake_turns_leave(fake_run_t *run);

/* fake_session.c */
const char *fake_session_check(fake_run_t *run);
civic_result_t fake_session_begin(civic_request_t *r,
    const civic_session_spec_t *spec, civic_str_t *token);
civic_result_t fake_session_end(civic_request_t *r,
    civic_session_scope_t scope);

/* fake_ask.c */
civic_result_t fake_rule(civic_request_t *r, const char *name, json_t *in,
    json_t **out);
civic_result_t fake_call(civic_request_t *r, const char *name, json_t *in,
    json_t **out);
civic_result_t fake_call_all(civic_request_t *r, const char *name, json_t *in,
    json_t **out);
void fake_ask_forget(fake_host_t *h);

/* fake_job.c */
void fake_job_rest(civic_request_t *r);
void fake_job_call(civic_request_t *r, const char *job, unsigned shard);

/* fake_outbox.c */
civic_str_t fake_outbox(civic_request_t *r, const char *name,
    civic_str_t near);
civic_result_t fake_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count);
civic_result_t fake_outbox_done(civic_request_t *r,
    const civic_outbox_entry_t *entries, size_t count);

civic_str_t fake_outbox_key(civic_arena_t *arena, const char *name,
    civic_str_t near);
civic_result_t fake_outbox_read(fake_run_t *run, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count);

/* fake_persons.c */
civic_result_t fake_persons(civic_request_t *r, const civic_job_t *job,
    const char *family, uint64_t *cursor, civic_str_t *pids, size_t max,
    size_t *count);

/* fake_audit.c */
civic_result_t fake_audit_prepare(civic_request_t *r,
    const civic_audit_entry_t *entry, civic_str_t near, civic_str_t *outbox,
    civic_str_t *sealed);
civic_result_t fake_audit_note(civic_request_t *r,
    const civic_audit_entry_t *entry);
civic_result_t fake_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved);
/* A change by staff that nobody was told of: a line in the log. */
void fake_audit_check(fake_run_t *run);
void fake_audit_forget(fake_host_t *h);

/* fake_files.c */
const char *fake_blobs_folder(fake_host_t *h);
/* Whether the test asked for a bad day at this use of the folder. */
fake_blob_fault_t fake_blob_fault(fake_run_t *run);
/* Work on the main stack, with what the test wants to go wrong; suspends. */
civic_result_t fake_file_work(fake_file_t *file, const char *what,
    void (*work)(void *data));
/* What errno (or 0) is for the plugin. */
civic_result_t fake_file_failed(fake_run_t *run, const char *what, int error);
civic_result_t fake_reply_load(fake_run_t *run, civic_purpose_t *purpose,
    civic_str_t pid, civic_str_t id);
/* The one of these media types that the request's body has, or NULL. */
const char *fake_type_of(fake_run_t *run, const char *const *types);

/* Of a route with uploads: what the head alone tells, and then the body; the
   code of the problem, or NULL. */
const char *fake_upload_refused(fake_run_t *run);
const char *fake_upload_read(fake_run_t *run);
void fake_upload_end(fake_run_t *run);
const civic_upload_t *fake_upload(civic_request_t *r);
civic_result_t fake_blob_keep(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_blob_t *blob);
civic_result_t fake_blob_write(civic_request_t *r, civic_str_t pid,
    const char *purpose, const char *media_type, civic_str_t bytes,
    civic_blob_t *blob);
civic_result_t fake_read_upload(civic_request_t *r, civic_str_t *bytes);
civic_result_t fake_blob_read(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, civic_blob_t *blob,
    civic_str_t *bytes);
civic_result_t fake_reply_blob(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id);

/* fake_blobs.c */
int fake_files_start(fake_host_t *h);
void fake_files_stop(fake_host_t *h);
civic_result_t fake_blob_url(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, unsigned lifetime, civic_str_t *url);
civic_result_t fake_reply_blob_url(civic_request_t *r, civic_str_t ticket);
civic_result_t fake_blob_delete(civic_request_t *r, civic_str_t pid,
    const civic_str_t *ids, size_t count);
civic_result_t fake_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed);

/* fake_services.c */
void *fake_alloc(civic_request_t *r, size_t size);
civic_str_t fake_person_key(civic_request_t *r, civic_str_t pid,
    const char *family);
/* NULL, and a line in the log, unless it stands in the plugin's table. */
civic_purpose_t *fake_purpose(fake_run_t *run, const char *name);
void fake_line(fake_host_t *h, civic_log_level_t level, const char *who,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void fake_vline(fake_host_t *h, civic_log_level_t level, const char *who,
    const char *fmt, va_list args);
/* A misuse of the contract by the plugin: logged; returns CIVIC_ERROR. */
civic_result_t fake_misuse(fake_run_t *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory of the test program; without it the test is over. */
void *fake_grow(void *items, size_t count, size_t size);

#endif
