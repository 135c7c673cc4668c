/*
 * ngx_http_civic.h - what the files of the glue share.
 *
 * The glue is the only part that knows nginx.  It gives the core's parts
 * sockets, timers and requests, and the plugins their services.  All of it
 * runs on the event loop's thread of a worker; plugins run on fibers there.
 */

#ifndef NGX_HTTP_CIVIC_H
#define NGX_HTTP_CIVIC_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <stddef.h>

#include "arena.h"
#include "errors.h"
#include "fiber.h"
#include "instant.h"
#include "keyring.h"
#include "metrics.h"
#include "offload.h"
#include "outcomes.h"
#include "plugin_file.h"
#include "problem.h"
#include "router.h"
#include "rules.h"
#include "schema.h"
#include "session.h"
#include "writer.h"

#include "ngx_http_civic_redis.h"

#define NGX_HTTP_CIVIC_MAX_PLUGINS  32
#define NGX_HTTP_CIVIC_MAX_ROWS     64      /* workers seen in the zone */
#define NGX_HTTP_CIVIC_ERROR_TEXT   256

typedef struct ngx_http_civic_plugin_s   ngx_http_civic_plugin_t;
typedef struct ngx_http_civic_route_s    ngx_http_civic_route_t;
typedef struct ngx_http_civic_request_s  ngx_http_civic_request_t;
typedef struct ngx_http_civic_wait_s     ngx_http_civic_wait_t;
typedef struct ngx_http_civic_turn_s     ngx_http_civic_turn_t;
typedef struct ngx_http_civic_jobs_s     ngx_http_civic_jobs_t;
typedef struct ngx_http_civic_blobs_s    ngx_http_civic_blobs_t;
typedef struct ngx_http_civic_audit_s    ngx_http_civic_audit_t;
typedef struct ngx_http_civic_upload_s   ngx_http_civic_upload_t;
typedef struct ngx_http_civic_sending_s  ngx_http_civic_sending_t;


/* ---- configuration: made in the master, const afterwards ---------------- */

/* A rule file: the good revision in use, and how it is watched. */
typedef struct {
    char                  *path;
    char                  *kept;            /* by the master; NULL: nowhere */
    char                  *taken;           /* by workers; NULL as well */
    const char           **names;           /* the functions it must have,
                                               sorted */
    size_t                 count;

    civic_rules_t         *rules;           /* NULL: never was a good one */
    civic_rules_seen_t     seen;            /* what was looked at last */
    unsigned               loading:1;
    unsigned               took:1;          /* this worker itself took it */
    unsigned               failed:1;
    char                   failure[NGX_HTTP_CIVIC_ERROR_TEXT];
} ngx_http_civic_rules_t;

struct ngx_http_civic_route_s {
    civic_route_t              table;
    ngx_http_civic_plugin_t   *plugin;
    civic_schema_t            *body;
    civic_schema_t            *query;
    ngx_str_t                  pattern;     /* "GET /login/profile" */
    ngx_uint_t                 index;       /* its row of the zone */
};

struct ngx_http_civic_plugin_s {
    civic_plugin_file_t       *file;
    const civic_plugin_t      *table;
    ngx_str_t                  name;
    char                       url_name[64];
    json_t                    *options;
    ngx_http_civic_route_t    *routes;
    ngx_uint_t                 nroutes;
    civic_redis_script_t     **scripts;
    civic_redis_script_t     **once;        /* the same, run once a request */
    ngx_uint_t                 nscripts;
    civic_purpose_t          **purposes;
    const char               **purpose_names;
    ngx_uint_t                 npurposes;
    ngx_uint_t                 nmetrics;
    ngx_uint_t                 first_metric;
    ngx_http_civic_rules_t    *rules;       /* NULL: it asks none */

    /* in a worker */
    void                      *state;
    ngx_uint_t                 switched;    /* ngx_http_civic_switch_t */
    unsigned                   started:1;
};

typedef struct {
    /* must be first: ngx_http_civic_redis_commands writes there */
    ngx_http_civic_redis_conf_t  *redis;

    ngx_array_t                   plugins;  /* ngx_http_civic_plugin_t * */
    civic_router_t               *router;
    ngx_str_t                     rules_dir;
    ngx_str_t                     scripts_dir;
    ngx_str_t                     keyring_path;
    ngx_str_t                     state_dir;
    civic_keyring_t              *keyring;
    civic_purpose_t              *session_purpose;
    civic_redis_script_t         *session_begin;
    civic_redis_script_t         *session_end;
    civic_redis_script_t         *session_touch;
    civic_redis_script_t         *worker_beat;
    civic_redis_script_t         *once_begin;
    civic_redis_script_t         *once_end;
    civic_purpose_t              *once_purpose;
    civic_redis_script_t         *outbox_done;
    civic_redis_script_t         *outbox_filled;
    civic_redis_script_t         *outbox_note;
    civic_redis_script_t         *outbox_looked;
    civic_redis_script_t         *audit_note;
    civic_redis_script_t         *audit_head;
    civic_purpose_t              *audit_purpose;
    ngx_uint_t                    sandbox;
    ngx_array_t                  *origins;  /* ngx_str_t */
    ngx_uint_t                    fibers;
    ngx_uint_t                    reserve;
    ngx_uint_t                    waiters;
    ngx_uint_t                    waiters_per_address;
    ngx_uint_t                    hash_threads;
    ngx_uint_t                    hash_queue;
    ngx_uint_t                    work_threads;
    ngx_uint_t                    work_queue;
    ngx_uint_t                    disk_threads;
    ngx_uint_t                    disk_queue;
    ngx_http_civic_jobs_t        *jobs;
    ngx_http_civic_blobs_t       *blobs;    /* NULL: no civic_blobs */
    ngx_http_civic_audit_t       *audit;    /* NULL: no civic_audit */
    ngx_shm_zone_t               *zone;
    ngx_uint_t                    nroutes;
    ngx_uint_t                    nmetrics;
    ngx_int_t                     request_id_index;
    ngx_addr_t                   *upstreams;    /* the internal server */
} ngx_http_civic_main_conf_t;

typedef struct {
    ngx_flag_t  enable;
    ngx_flag_t  console;
} ngx_http_civic_loc_conf_t;


/* ---- the zone: numbers of all workers, kept over reloads ---------------- */

typedef struct {
    ngx_atomic_t       requests;
    ngx_atomic_t       problems;            /* 4xx and 5xx */
    ngx_atomic_t       errors;              /* 5xx */
    civic_histogram_t  time;
} ngx_http_civic_route_row_t;

typedef struct {
    char       name[32];
    char       revision[CIVIC_REVISION_LEN + 1];
    char       failure[NGX_HTTP_CIVIC_ERROR_TEXT];
} ngx_http_civic_rules_row_t;

typedef struct {
    ngx_atomic_t                pid;
    ngx_atomic_t                beat;       /* s, last sign of life */
    ngx_atomic_t                started;    /* s */
    ngx_atomic_t                live;       /* fibers */
    ngx_atomic_t                waiters;
    ngx_atomic_t                turns_held;
    ngx_atomic_t                turns_waiting;
    ngx_atomic_t                turns_refused;
    ngx_atomic_t                refused;    /* by admission */
    ngx_atomic_t                aborted;    /* clients that left */
    ngx_atomic_t                overdue;
    ngx_atomic_t                redis_up;
    ngx_atomic_t                redis_pending;
    ngx_atomic_t                redis_sent;
    ngx_atomic_t                redis_failed;
    ngx_atomic_t                redis_reconnects;
    ngx_atomic_t                hash_pending;
    ngx_atomic_t                work_pending;
    ngx_atomic_t                disk_pending;
    ngx_atomic_t                hash_refused;
    ngx_atomic_t                outbound_pending;
    ngx_atomic_t                outbound_answered;
    ngx_atomic_t                outbound_not_sent;
    ngx_atomic_t                outbound_unknown;
    ngx_atomic_t                outbound_wrong;     /* could not be sent */
    ngx_atomic_t                outbound_aborted;
    ngx_atomic_t                outbound_retries;
    civic_histogram_t           outbound_time;
    ngx_atomic_t                not_started;    /* plugins, a bit each */
    civic_histogram_t           lag;        /* of the event loop */
    ngx_http_civic_rules_row_t  rules[NGX_HTTP_CIVIC_MAX_PLUGINS];

    /* then nroutes ngx_http_civic_route_row_t, nmetrics ngx_atomic_t */
} ngx_http_civic_row_t;

/* Of all workers together: see ngx_http_civic_jobs.h. */
struct ngx_http_civic_job_row_s;

typedef enum {
    NGX_HTTP_CIVIC_ON = 0,
    NGX_HTTP_CIVIC_READ_ONLY,
    NGX_HTTP_CIVIC_OFF
} ngx_http_civic_switch_t;

/* Kinds of alarms; their codes stand in ngx_http_civic_alarms.c. */
typedef enum {
    NGX_HTTP_CIVIC_REDIS_DOWN = 0,
    NGX_HTTP_CIVIC_REDIS_MEMORY,
    NGX_HTTP_CIVIC_REDIS_POLICY,
    NGX_HTTP_CIVIC_REDIS_DURABILITY,
    NGX_HTTP_CIVIC_REPLICA_LAG,
    NGX_HTTP_CIVIC_KEY_AGE,
    NGX_HTTP_CIVIC_RULES_BROKEN,
    NGX_HTTP_CIVIC_PLUGIN_NOT_STARTED,
    NGX_HTTP_CIVIC_CLOCK_MOVED,
    NGX_HTTP_CIVIC_BLOBS_FOLDER,
    NGX_HTTP_CIVIC_BLOB_DAMAGED,
    NGX_HTTP_CIVIC_AUDIT_TRAIL,
    NGX_HTTP_CIVIC_PROVIDER_ERRORS,
    NGX_HTTP_CIVIC_ALARMS
} ngx_http_civic_alarm_kind_t;

typedef struct {
    ngx_atomic_t                since;      /* s; 0: not raised */
    char                        detail[NGX_HTTP_CIVIC_ERROR_TEXT];
} ngx_http_civic_alarm_t;

/* Behind the rows: what all workers of this nginx have in common. */
typedef struct {
    ngx_atomic_t                switches[NGX_HTTP_CIVIC_MAX_PLUGINS];
    ngx_http_civic_alarm_t      alarms[NGX_HTTP_CIVIC_ALARMS];
    civic_outcomes_t            outcomes;   /* the zone's mutex is theirs */
} ngx_http_civic_common_t;

char *ngx_http_civic_zone_add(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
ngx_http_civic_row_t *ngx_http_civic_zone_row(
    ngx_http_civic_main_conf_t *cmcf, ngx_uint_t worker);
ngx_http_civic_route_row_t *ngx_http_civic_zone_route(
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_row_t *row,
    ngx_uint_t index);
struct ngx_http_civic_job_row_s *ngx_http_civic_zone_job(
    ngx_http_civic_main_conf_t *cmcf, ngx_uint_t index);
ngx_atomic_t *ngx_http_civic_zone_metric(ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_row_t *row, ngx_uint_t index);
ngx_http_civic_common_t *ngx_http_civic_zone_common(
    ngx_http_civic_main_conf_t *cmcf);


/* ---- a worker ----------------------------------------------------------- */

typedef struct {
    ngx_http_civic_main_conf_t  *conf;
    ngx_http_civic_row_t        *row;
    civic_fiber_pool_t          *fibers;
    ngx_http_civic_request_t    *free[2];   /* requests kept for reuse, those */
    ngx_uint_t                   nfree[2];  /* that wait apart */
    ngx_uint_t                   live;      /* fibers, but those that wait */
    ngx_uint_t                   class_live[CIVIC_COST_CLASSES];
    int64_t                      clock_offset;  /* of the business clock, ms */
    int64_t                      clock_fixed;   /* or the instant; 0: runs */
    ngx_uint_t                   fleet;     /* workers that were heard of
                                               lately; 0: not known yet */
} ngx_http_civic_worker_t;

extern ngx_http_civic_worker_t  ngx_http_civic_worker;


/* ---- a request ---------------------------------------------------------- */

/* What the access log sees: lives in nginx's request. */
typedef struct {
    ngx_http_civic_request_t  *request;     /* NULL once it is over */
    ngx_http_civic_route_t    *route;
    const char                *problem;
    ngx_uint_t                 status;      /* also under the envelope */
    ngx_msec_t                 redis_time;
    ngx_http_civic_sending_t  *sending;     /* a blob that leaves */
    void                      *large;       /* or bytes that do */
} ngx_http_civic_ctx_t;

typedef enum {
    NGX_HTTP_CIVIC_SESSION_NONE = 0,
    NGX_HTTP_CIVIC_SESSION_PENDING,         /* the record is on its way */
    NGX_HTTP_CIVIC_SESSION_VALID,
    NGX_HTTP_CIVIC_SESSION_REFUSED
} ngx_http_civic_session_state_t;

typedef struct {
    ngx_str_t  name;
    ngx_str_t  value;
} ngx_http_civic_header_t;

#define NGX_HTTP_CIVIC_MAX_HEADERS  8

/* Memory over the bound of a request that is being unwound. */
typedef struct ngx_http_civic_overflow_s  ngx_http_civic_overflow_t;

struct ngx_http_civic_overflow_s {
    ngx_http_civic_overflow_t  *next;
    max_align_t                 data[];
};

struct ngx_http_civic_request_s {
    civic_request_t                  public;    /* must be first */

    ngx_http_request_t              *http;      /* NULL: nginx is done */
    ngx_log_t                       *log;       /* where one without a client
                                                   logs; NULL: the cycle's */
    ngx_http_civic_ctx_t            *ctx;
    ngx_http_civic_route_t          *route;
    ngx_http_civic_plugin_t         *plugin;    /* whose code runs: a call
                                                   changes it */
    civic_arena_t                   *arena;
    ngx_http_civic_overflow_t       *overflow;
    civic_fiber_t                   *fiber;
    ngx_http_civic_request_t        *next;

    civic_match_t                    match;
    json_t                          *body;
    json_t                          *query;
    void                           (*body_done)(ngx_http_civic_request_t *cr);
    ngx_str_t                        raw_body;
    size_t                           raw_size;
    civic_language_t                 language;
    civic_msec_t                     business_now;  /* of Civic-Now, or 0 */
    civic_str_t                      remote_addr;
    civic_str_t                      request_id;

    /* waiting */
    ngx_event_t                      deadline;
    ngx_msec_t                       started;
    uint64_t                         started_us;
    void                           (*start)(ngx_http_civic_request_t *cr);
    void                           (*cancel)(ngx_http_civic_request_t *cr);
    void                            *waiting;
    ngx_http_civic_wait_t           *wait;      /* NULL: watches nothing */
    ngx_http_civic_turn_t           *turns;     /* held, waited for or free */
    const char                      *decided;   /* the host's own answer */
    unsigned                         running:1; /* a fiber exists */
    unsigned                         aborted:1;
    unsigned                         committed:1;   /* must run to its end */
    unsigned                         suspended:1;
    unsigned                         admitted:1;
    unsigned                         leaving:1; /* nginx's pool has what is
                                                   left of it to give back */
    unsigned                         small:1;   /* made to wait */
    unsigned                         staff:1;
    unsigned                         by_cookie:1;
    unsigned                         session_ended:1;
    unsigned                         once_ran:1;    /* a script has written */
    unsigned                         audited:1;     /* the trail was told */
    unsigned                         scripted:1;    /* a plugin's script ran */
    unsigned                         asked:1;       /* a job's run that an
                                                       operator asked for */
    unsigned                         outbox_began:1;
    unsigned                         outbox_looked:1;
    unsigned                         outbox_found:1;
    unsigned                         rests:1;       /* the job's run says so */

    /* where the next look at outboxes begins */
    unsigned                         outbox_place;
    uint64_t                         taken_at;      /* the job's lease, ms */
    uint64_t                         since;         /* ms, since the taking
                                                       before */

    /* the session */
    ngx_http_civic_session_state_t   session;
    const char                      *session_problem;
    civic_session_token_t            token;
    civic_session_record_t           record;
    civic_principal_t                principal;
    ngx_http_civic_redis_call_t      session_call;

    /* files */
    ngx_http_civic_upload_t         *upload;    /* NULL: no such body */
    ngx_http_civic_sending_t        *sending;   /* the reply is a blob */

    /* the record of its Idempotency-Key, if it has one */
    civic_str_t                      once_key;
    civic_str_t                      once_began;

    /* the last rule asked */
    ngx_http_civic_plugin_t         *rule_plugin;
    const char                      *rule;
    char                             revision[CIVIC_REVISION_LEN + 1];

    /* the reply */
    ngx_uint_t                       status;        /* 0: none made */
    ngx_uint_t                       is_problem;
    ngx_uint_t                       tagged;        /* with an ETag */
    ngx_uint_t                       own_tag;       /* of the plugin */
    int64_t                          retry_after;
    const char                      *content_type;
    civic_str_t                      reply_body;
    civic_writer_t                   writer;
    ngx_uint_t                       writing;
    ngx_http_civic_header_t          headers[NGX_HTTP_CIVIC_MAX_HEADERS];
    ngx_uint_t                       nheaders;
};

/* ngx_http_civic_module.c */
extern ngx_module_t  ngx_http_civic_module;

/* ngx_http_civic_timer.c: a worker's own.  Told to quit it goes without those
   that are cancelable, and stays for the others. */
typedef enum {
    NGX_HTTP_CIVIC_TIMER_KEEPS = 0,
    NGX_HTTP_CIVIC_TIMER_CANCELABLE
} ngx_http_civic_timer_t;

void ngx_http_civic_timer_init(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_http_civic_timer_t kind);

/* ngx_http_civic_handler.c: from a location to a route */
ngx_int_t ngx_http_civic_content_handler(ngx_http_request_t *r);
/* What stands before the plugins' paths in this request's location. */
ngx_str_t ngx_http_civic_location_prefix(ngx_http_request_t *r);

/* ngx_http_civic_plugins.c: from civic_plugin lines to tables */
char *ngx_http_civic_plugin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_civic_plugins_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_plugins_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_plugins_stop(ngx_http_civic_main_conf_t *cmcf);
civic_redis_script_t *ngx_http_civic_load_script(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, const char *name);

/* ngx_http_civic_rules.c: rule files in use and on watch */
ngx_int_t ngx_http_civic_rules_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin);
/* The name as the plugin's table has it; NULL: it is not in there. */
const char *ngx_http_civic_rules_name(const ngx_http_civic_rules_t *rules,
    const char *name);
void ngx_http_civic_rules_watch(ngx_http_civic_main_conf_t *cmcf);

/* ngx_http_civic_rules_kept.c: good revisions, to fall back to */
ngx_int_t ngx_http_civic_rules_kept_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin,
    ngx_http_civic_rules_t *rules);
/* The master's; NULL: there is none, or it is not to be trusted. */
civic_rules_t *ngx_http_civic_rules_kept_load(ngx_conf_t *cf,
    ngx_http_civic_rules_t *rules);
void ngx_http_civic_rules_kept_store(ngx_conf_t *cf,
    ngx_http_civic_rules_t *rules);
/* The workers' folder, made for them. */
void ngx_http_civic_rules_own(ngx_cycle_t *cycle);
/* The workers'; NULL: there is none, or failure says what is wrong. */
civic_rules_t *ngx_http_civic_rules_taken_load(
    const ngx_http_civic_rules_t *rules, civic_failure_t *failure);
void ngx_http_civic_rules_taken_store(const ngx_http_civic_rules_t *rules,
    civic_rules_t *taken, civic_failure_t *failure);

/* ngx_http_civic_request.c: the life of a request */
ngx_int_t ngx_http_civic_serve(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, ngx_http_civic_route_t *route,
    civic_match_t *match);
civic_result_t ngx_http_civic_suspend(ngx_http_civic_request_t *cr,
    void (*start)(ngx_http_civic_request_t *cr),
    void (*cancel)(ngx_http_civic_request_t *cr));
void ngx_http_civic_resume(ngx_http_civic_request_t *cr);
void ngx_http_civic_give_back(void *cr);
void ngx_http_civic_decide(ngx_http_civic_request_t *cr, const char *problem);
void ngx_http_civic_interrupt(ngx_http_civic_request_t *cr,
    const char *problem);
ngx_http_civic_request_t *ngx_http_civic_background(
    ngx_http_civic_route_t *route, ngx_log_t *log, void (*fiber)(void *cr));

/* ngx_http_civic_body.c: reads a body without spooling it */
const char *ngx_http_civic_body_refused(ngx_http_request_t *r,
    ngx_http_civic_route_t *route);
ngx_int_t ngx_http_civic_read_body(ngx_http_civic_request_t *cr,
    void (*done)(ngx_http_civic_request_t *cr));

/* ngx_http_civic_admission.c: how many fibers, of which kind */
ngx_uint_t ngx_http_civic_has_room(ngx_http_civic_request_t *cr);
ngx_int_t ngx_http_civic_admit(ngx_http_civic_request_t *cr);
void ngx_http_civic_release(ngx_http_civic_request_t *cr);

/* ngx_http_civic_reply.c: from a reply to nginx's output */
ngx_int_t ngx_http_civic_send(ngx_http_civic_request_t *cr);
int64_t ngx_http_civic_retry_after(const char *code);
ngx_int_t ngx_http_civic_send_problem(ngx_http_request_t *r,
    ngx_http_civic_ctx_t *ctx, const char *code, civic_str_t allow);
ngx_int_t ngx_http_civic_error_page_handler(ngx_http_request_t *r);
ngx_http_civic_ctx_t *ngx_http_civic_make_ctx(ngx_http_request_t *r);
ngx_table_elt_t *ngx_http_civic_find_header(ngx_http_request_t *r,
    const char *name, size_t len);
civic_language_t ngx_http_civic_request_language(ngx_http_request_t *r);
civic_str_t ngx_http_civic_request_id(ngx_http_request_t *r);

/* ngx_http_civic_session.c: who calls */
civic_str_t ngx_http_civic_cookie(ngx_http_request_t *r, civic_str_t name);
const char *ngx_http_civic_session_identify(ngx_http_civic_request_t *cr);
const char *ngx_http_civic_session_start(ngx_http_civic_request_t *cr);
civic_result_t ngx_http_civic_session_settle(ngx_http_civic_request_t *cr);
void ngx_http_civic_session_note_use(ngx_http_civic_request_t *cr);
const civic_principal_t *ngx_http_civic_principal(civic_request_t *r);
civic_result_t ngx_http_civic_session_begin(civic_request_t *r,
    const civic_session_spec_t *spec, civic_str_t *token);
civic_result_t ngx_http_civic_session_end(civic_request_t *r,
    civic_session_scope_t scope);

/* ngx_http_civic_store.c: Redis for fibers */
civic_result_t ngx_http_civic_redis(civic_request_t *r,
    const civic_str_t *argv, size_t argc, const civic_value_t **value);
civic_result_t ngx_http_civic_pipeline(civic_request_t *r,
    civic_command_t *commands, size_t count);
civic_result_t ngx_http_civic_script(civic_request_t *r,
    const civic_script_t *script, const civic_value_t **value);
civic_result_t ngx_http_civic_run_script(ngx_http_civic_request_t *cr,
    const civic_redis_script_t *script, const civic_script_t *call,
    const civic_value_t **value);
civic_result_t ngx_http_civic_trip(ngx_http_civic_request_t *cr,
    ngx_http_civic_redis_call_t *calls, size_t count);
civic_result_t ngx_http_civic_publish(ngx_http_civic_request_t *cr,
    civic_str_t channel, civic_str_t message);
civic_str_t ngx_http_civic_person_key(civic_request_t *r, civic_str_t pid,
    const char *family);

/* ngx_http_civic_once.c: requests with an Idempotency-Key */
civic_result_t ngx_http_civic_once_begin(ngx_http_civic_request_t *cr);
void ngx_http_civic_once_end(ngx_http_civic_request_t *cr);

/* ngx_http_civic_http.c: outbound requests for fibers */
civic_result_t ngx_http_civic_http(civic_request_t *r,
    const civic_http_request_t *request, const civic_http_reply_t **reply);
char *ngx_http_civic_upstreams(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_civic_http_exit(void);

/* ngx_http_civic_threads.c: offloaded work.  What waits for a disk has
   threads of its own: a disk that hangs holds no picture and no rule file,
   and one sync does not wait for the other. */
#define NGX_HTTP_CIVIC_DISK  ((civic_threads_t) 2)

ngx_int_t ngx_http_civic_threads_init(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_threads_exit(void);
civic_result_t ngx_http_civic_offload(civic_request_t *r,
    civic_threads_t threads, void (*work)(void *data), void *data);
civic_result_t ngx_http_civic_offload_disk(civic_request_t *r,
    void (*work)(void *data), void *data);
ngx_int_t ngx_http_civic_threads_submit(civic_threads_t threads,
    civic_offload_task_t *task);
size_t ngx_http_civic_threads_pending(civic_threads_t threads);
void ngx_http_civic_threads_relieve(void);

/* ngx_http_civic_ask.c: rules, and other plugins' calls */
civic_result_t ngx_http_civic_rule(civic_request_t *r, const char *name,
    json_t *in, json_t **out);
civic_result_t ngx_http_civic_call(civic_request_t *r, const char *name,
    json_t *in, json_t **out);

civic_result_t ngx_http_civic_call_all(civic_request_t *r, const char *name,
    json_t *in, json_t **out);

/* ngx_http_civic_blobs.c: files of persons; see ngx_http_civic_blobs.h */
char *ngx_http_civic_blobs_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_civic_blobs_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_blobs_own(ngx_cycle_t *cycle);
ngx_int_t ngx_http_civic_blobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_blobs_exit(void);
void ngx_http_civic_blobs_describe(civic_writer_t *w);
void ngx_http_civic_blobs_write(civic_writer_t *w);
void ngx_http_civic_blobs_metrics(civic_metrics_t *m);
civic_result_t ngx_http_civic_blob_keep(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_blob_t *blob);
civic_result_t ngx_http_civic_blob_write(civic_request_t *r, civic_str_t pid,
    const char *purpose, const char *media_type, civic_str_t bytes,
    civic_blob_t *blob);
civic_result_t ngx_http_civic_upload_bytes(civic_request_t *r,
    civic_str_t *bytes);
civic_result_t ngx_http_civic_blob_read(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, civic_blob_t *blob,
    civic_str_t *bytes);
civic_result_t ngx_http_civic_blob_url(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, unsigned lifetime, civic_str_t *url);
civic_result_t ngx_http_civic_blob_delete(civic_request_t *r, civic_str_t pid,
    const civic_str_t *ids, size_t count);
civic_result_t ngx_http_civic_blobs_sweep(civic_request_t *r,
    const civic_job_t *job, unsigned *removed);

/* ngx_http_civic_upload.c: bodies that are files, sealed as they arrive */
ngx_int_t ngx_http_civic_upload_read(ngx_http_civic_request_t *cr,
    void (*done)(ngx_http_civic_request_t *cr));
const civic_upload_t *ngx_http_civic_upload(civic_request_t *r);
void ngx_http_civic_upload_end(ngx_http_civic_request_t *cr);

/* ngx_http_civic_blob_reply.c: replies that are blobs, opened as they leave */
civic_result_t ngx_http_civic_reply_blob(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id);
civic_result_t ngx_http_civic_reply_blob_url(civic_request_t *r,
    civic_str_t ticket);
ngx_uint_t ngx_http_civic_blob_is_reply(ngx_http_civic_request_t *cr);
ngx_int_t ngx_http_civic_blob_send(ngx_http_civic_request_t *cr);
void ngx_http_civic_blob_unsend(ngx_http_civic_request_t *cr);

/* ngx_http_civic_outbox.c: work that must not be lost */
civic_str_t ngx_http_civic_outbox(civic_request_t *r, const char *name,
    civic_str_t near);
civic_result_t ngx_http_civic_outbox_take(civic_request_t *r,
    const char *name, const civic_job_t *job, civic_outbox_entry_t *entries,
    size_t max, size_t *count);
civic_result_t ngx_http_civic_outbox_done(civic_request_t *r,
    const civic_outbox_entry_t *entries, size_t count);
/* The host's own: by the full name, whatever the tables say. */
char *ngx_http_civic_outbox_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
civic_str_t ngx_http_civic_outbox_near(ngx_http_civic_request_t *cr,
    const char *name, civic_str_t near);
civic_result_t ngx_http_civic_outbox_take_named(ngx_http_civic_request_t *cr,
    const char *name, const civic_job_t *job, civic_outbox_entry_t *entries,
    size_t max, size_t *count);
/* "<plugin>.<name>", or NULL: it is in no table, logged. */
const char *ngx_http_civic_outbox_name(ngx_http_civic_request_t *cr,
    const char *name);

/* ngx_http_civic_outbox_notes.c: which of them have something */
ngx_int_t ngx_http_civic_outbox_notes_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);
/* Of a script that was run, or may have been: those of its keys that are
   outboxes are told to their jobs soon. */
void ngx_http_civic_outbox_written(const civic_str_t *keys, size_t nkeys);
void ngx_http_civic_outbox_note(const char *name, unsigned number);

/* ngx_http_civic_persons.c: all persons, one after the other */
civic_result_t ngx_http_civic_persons(civic_request_t *r,
    const civic_job_t *job, const char *family, uint64_t *cursor,
    civic_str_t *pids, size_t max, size_t *count);

/* ngx_http_civic_audit.c: who changed what */
char *ngx_http_civic_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_civic_audit_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
civic_result_t ngx_http_civic_audit(civic_request_t *r,
    const civic_audit_entry_t *entry, civic_str_t near, civic_str_t *outbox,
    civic_str_t *sealed);
civic_result_t ngx_http_civic_audit_note(civic_request_t *r,
    const civic_audit_entry_t *entry);
civic_result_t ngx_http_civic_audit_collect(civic_request_t *r,
    const civic_job_t *job, unsigned keep_days, unsigned *moved);
/* Whether staff changed something and the trail was not told: logged. */
void ngx_http_civic_audit_check(ngx_http_civic_request_t *cr);
/* A worker that goes ends its chain. */
void ngx_http_civic_audit_exit(void);

/* ngx_http_civic_secrets.c */
/* The purpose of that name in the tables of the plugin that runs; NULL: it
   has none, logged. */
civic_purpose_t *ngx_http_civic_purpose(civic_request_t *r, const char *name);
civic_result_t ngx_http_civic_random(civic_request_t *r, void *bytes,
    size_t len);
civic_result_t ngx_http_civic_seal(civic_request_t *r, const char *name,
    civic_str_t context, civic_str_t plain, civic_str_t *sealed);
civic_result_t ngx_http_civic_open(civic_request_t *r, const char *name,
    civic_str_t context, civic_str_t sealed, civic_str_t *plain);
civic_result_t ngx_http_civic_person_id(civic_request_t *r,
    civic_str_t canonical, civic_str_t *pid);

/* ngx_http_civic_services.c: the table that plugins are given */
extern const civic_host_t  ngx_http_civic_host;
void *ngx_http_civic_alloc(civic_request_t *r, size_t size);
civic_str_t ngx_http_civic_service_request_id(civic_request_t *r);
json_t *ngx_http_civic_worker_option(civic_worker_t *w, const char *name);

/* A worker as a plugin's init_worker() sees it. */
typedef struct {
    civic_worker_t            public;
    ngx_http_civic_plugin_t  *plugin;
    ngx_log_t                *log;
} ngx_http_civic_plugin_worker_t;

/* ngx_http_civic_wait.c: long polls */
ngx_int_t ngx_http_civic_wait_init(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_wait_exit(void);
civic_result_t ngx_http_civic_watch(civic_request_t *r, civic_str_t topic);
civic_result_t ngx_http_civic_wait(civic_request_t *r, unsigned timeout);
civic_result_t ngx_http_civic_notify(civic_request_t *r, civic_str_t topic);
void ngx_http_civic_unwatch(ngx_http_civic_request_t *cr);
void ngx_http_civic_wait_end(ngx_http_civic_request_t *cr);

/* ngx_http_civic_turns.c: few at a time */
ngx_int_t ngx_http_civic_turns_init(ngx_cycle_t *cycle);
void ngx_http_civic_turns_exit(void);
civic_result_t ngx_http_civic_turn(civic_request_t *r, const char *name,
    unsigned limit, unsigned line);
void ngx_http_civic_turn_end(civic_request_t *r, const char *name);
/* Whoever it was has done with them. */
void ngx_http_civic_turns_leave(ngx_http_civic_request_t *cr);

/* One background call at a time, with an arena of its own. */
typedef struct {
    ngx_http_civic_redis_call_t   call;
    civic_arena_t                *arena;
    civic_str_t                   argv[2 + 1 + NGX_HTTP_CIVIC_MAX_PLUGINS];
    ngx_uint_t                    busy;
} ngx_http_civic_errand_t;

/* ngx_http_civic_switches.c: plugins that are off or read-only */
ngx_int_t ngx_http_civic_switches_init(ngx_http_civic_main_conf_t *cmcf);
void ngx_http_civic_switches_read(void);
void ngx_http_civic_switches_describe(civic_writer_t *w);
const char *ngx_http_civic_switch_name(ngx_http_civic_plugin_t *plugin);
/* The problem that refuses a route's (or job's) flags, or NULL. */
const char *ngx_http_civic_switch_refuses(ngx_http_civic_plugin_t *plugin,
    ngx_uint_t flags);

/* ngx_http_civic_alarms.c: what operators must know at once */
ngx_int_t ngx_http_civic_alarms_init(void);
void ngx_http_civic_alarms_beat(void);
void ngx_http_civic_alarm_raise(ngx_http_civic_alarm_kind_t kind,
    const char *fmt, ...);              /* nginx's formats */
void ngx_http_civic_alarm_clear(ngx_http_civic_alarm_kind_t kind);
/* A call to a provider ended, well or not. */
void ngx_http_civic_alarms_outcome(const char *upstream, ngx_uint_t failed);
void ngx_http_civic_alarms_write(civic_writer_t *w);
void ngx_http_civic_alarms_metrics(civic_metrics_t *m);

/* ngx_http_civic_beat.c: what a worker does every second */
void ngx_http_civic_tell(void);
ngx_int_t ngx_http_civic_beat_init(ngx_http_civic_main_conf_t *cmcf);

/* ngx_http_civic_jobs.c: work that is due again and again */
char *ngx_http_civic_jobs_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf);
ngx_int_t ngx_http_civic_jobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf);

/* ngx_http_civic_job_calls.c: who rests is called */
void ngx_http_civic_job_rest(civic_request_t *r);
void ngx_http_civic_job_call(civic_request_t *r, const char *job,
    unsigned shard);
void ngx_http_civic_jobs_noted(const char *outbox, unsigned number);
void ngx_http_civic_jobs_hurry(void);   /* all of them */
void ngx_http_civic_jobs_call(void);    /* what was noted, now */

/* ngx_http_civic_console.c: /civic/live, ready, status, metrics */
ngx_int_t ngx_http_civic_console_handler(ngx_http_request_t *r);

/* ngx_http_civic_variables.c */
ngx_int_t ngx_http_civic_add_variables(ngx_conf_t *cf);

/* small things */
#define ngx_http_civic_cast(r)  ((ngx_http_civic_request_t *) (r))

/* Whether the handler is only to unwind. */
static inline ngx_uint_t
ngx_http_civic_is_over(civic_request_t *r)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    return cr->aborted || cr->decided != NULL;
}

static inline civic_str_t
ngx_http_civic_str(ngx_str_t *s)
{
    civic_str_t  str = { (const char *) s->data, s->len };

    return str;
}

static inline civic_msec_t
ngx_http_civic_now(void)
{
    ngx_time_t  *tp = ngx_timeofday();

    return (civic_msec_t) tp->sec * 1000 + tp->msec;
}

uint64_t ngx_http_civic_monotonic_us(void);

#endif /* NGX_HTTP_CIVIC_H */
