/*
 * fake_host.h - a host for testing plugins, without nginx.
 *
 * It opens a plugin's .so as the real host does, answers every service of
 * civic_plugin.h from the core library and a redis-server of its own (unix
 * socket, temporary folder, nothing on disk afterwards), and runs handlers
 * on real fibers, so that stack limits are real.  What a plugin may rely on
 * is what the contract says, and nothing more; a misuse is answered as the
 * contract says, and stands in the captured log.
 *
 *     fake_host_t *h = fake_host_start(&(fake_host_config_t) {
 *         .plugin = "build/plugins/hello.so",
 *         .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
 *         .options = { "greeting=hi" }, .sandbox = 1,
 *     });
 *
 *     fake_reply_t *rep = fake_request(h, CIVIC_POST, "/hello/visits",
 *         &(fake_request_t) { .token = token, .body = "{\"name\":\"a\"}" });
 *
 *     assert_int_equal(rep->status, 201);
 *     assert_string_equal(fake_text(rep, "name"), "a");
 *
 *     fake_host_stop(h);
 *
 * Bad days are asked for in the request: a client that leaves, a Redis call
 * that fails, a queue that is full, time that passes.  They happen at the
 * n-th suspension (a service that waits: Redis, scripts, offload, sessions)
 * or at the n-th Redis call of the handler, both counted from 1.  On a
 * citizen's route that changes nothing the session's record arrives with the
 * first suspension; civic_principal(), writes, calls and offload wait for it
 * if none came before, which is a suspension too.
 *
 * Races are written with two requests on two fibers.  A suspended request
 * has sent its command and its answer is there, but it has not seen it yet:
 *
 *     fake_run_t *a = fake_begin(h, CIVIC_POST, path, &first);
 *
 *     fake_run_to(a, 1);                       up to its first suspension
 *     fake_request(h, CIVIC_POST, path, &second);
 *     rep = fake_end(a);                       a goes on with what it read
 *
 * A request in civic_wait() goes on when it was notified or woken, by other
 * requests or by the test; otherwise nothing else will happen any more, so
 * the next step lets its time run out (a set clock moves).
 *
 * One thread only.  What a request was given must stay until fake_end().
 * Replies, log lines and answers of Redis live until fake_host_reset() or
 * fake_host_stop(), tokens and pids until the latter.  With FAKE_HOST_LOG=1
 * in the environment log lines also go to stderr.
 */

#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <hiredis/hiredis.h>

#include "civic_plugin.h"

#define FAKE_OPTIONS  32
#define FAKE_HEADERS  16
#define FAKE_PLUGINS  8

typedef struct fake_host_s  fake_host_t;
typedef struct fake_run_s   fake_run_t;


/* ---- starting and stopping --------------------------------------------- */

typedef struct {
    const char       *plugin;               /* path of the .so */
    const char       *others[FAKE_PLUGINS]; /* loaded too, for civic_call() */
    const char       *options[FAKE_OPTIONS];    /* "name=value", of .plugin */
    const char       *rules_dir;            /* has <plugin>.lua */
    const char       *scripts_dir;          /* has <script>.lua */
    const char       *origins[4];           /* civic_origin: for cookies */
    int               sandbox;
    int               redis_timeout;        /* ms; 0: 1,500 */
    civic_failure_t  *failure;              /* NULL: printed to stderr */
} fake_host_config_t;

/* NULL with the failure when something is refused: a file that does not fit,
   tables, options, check(), a missing rule or script, a duplicate route.  A
   failing init_worker() is no refusal: the plugin answers 503 then. */
fake_host_t *fake_host_start(const fake_host_config_t *config);

/* Ends the plugins (exit_worker) and Redis, removes the folder. */
void fake_host_stop(fake_host_t *h);

/* Forgets all data, log lines, counters and set clocks; faster than a new
   start between two tests. */
void fake_host_reset(fake_host_t *h);


/* ---- requests ---------------------------------------------------------- */

typedef enum {
    FAKE_REDIS_WELL = 0,
    FAKE_REDIS_NOT_SENT,        /* unreachable: nothing was done */
    FAKE_REDIS_LOST_BEFORE,     /* lost after sending: it was not executed */
    FAKE_REDIS_LOST_AFTER,      /* lost after sending: it was executed */
    FAKE_REDIS_ANSWERS_ERROR    /* "ERR fault asked for by the test" */
} fake_redis_fault_t;

typedef enum {
    FAKE_BLOB_WELL = 0,
    FAKE_BLOB_NO_FOLDER,        /* full, read-only, gone: nothing was done */
    FAKE_BLOB_DAMAGED           /* what is read is not what was written */
} fake_blob_fault_t;

typedef struct {
    const char          *token;         /* Authorization: Bearer */
    const char          *cookie;        /* the session's token, in a cookie */
    const char          *body;          /* NUL-terminated text */
    const char          *content_type;  /* NULL: application/json */
    const char          *headers[FAKE_HEADERS];         /* "Name: value" */
    const char          *remote_addr;   /* NULL: 192.0.2.1 */
    const char          *request_id;    /* NULL: 32 digits, counted up */

    /* bad days; 0: never */
    unsigned             leave_at;      /* the client leaves while the n-th
                                           suspension lasts */
    unsigned             delay_at;      /* the n-th suspension lasts delay_ms
                                           of the real clock; the route's
                                           deadline is held against it */
    int64_t              delay_ms;
    unsigned             redis_fault_at;    /* the n-th Redis call, and all */
    unsigned             redis_fault_count; /* up to count; 0: only that */
    fake_redis_fault_t   redis_fault;
    unsigned             busy_at;       /* the n-th offload finds its queue
                                           full */
    int                  no_place;      /* as many wait as may */
    int                  no_turn;       /* each line of turns is full */

    /* the body of a route with uploads, as it is without any multipart */
    const char          *upload;
    size_t               upload_len;    /* 0: upload is NUL-terminated */
    const char          *upload_type;   /* its media type */

    unsigned             blob_fault_at; /* the n-th use of the blobs' folder;
                                           that an upload arrives is one */
    fake_blob_fault_t    blob_fault;
} fake_request_t;

typedef struct {
    int             status;         /* 0 if the client had left */
    const char     *content_type;
    const char     *body;           /* NUL-terminated */
    size_t          len;
    json_t         *json;           /* NULL if the body is no JSON */
    const char     *code;           /* of a problem; else "" */

    /* The handler's own result, before the host answered for it;
       CIVIC_OK if the host refused before it started. */
    civic_result_t  result;
    int             started;        /* whether the handler was called */
    unsigned        suspensions;
    unsigned        redis_calls;    /* of the handler; a pipeline is one */
    unsigned        offloads;
    unsigned        job_calls;      /* civic_job_call() */
    int             rests;          /* civic_job_rest() */
    size_t          stack_used;     /* bytes of the fiber's 128 KB */

    /* What docs/openapi.yaml would get wrong: a body that does not fit the
       route's reply schema, another 2xx status, a problem that the route
       does not name.  NULL: all fits. */
    const char     *undocumented;

    const char     *headers[FAKE_HEADERS * 2];  /* name, value, ...; NULL */
} fake_reply_t;

/* A whole request.  path may carry "?query".  request may be NULL. */
fake_reply_t *fake_request(fake_host_t *h, civic_method_t method,
    const char *path, const fake_request_t *request);

/* The same in steps.  begin() does what precedes the handler. */
fake_run_t *fake_begin(fake_host_t *h, civic_method_t method,
    const char *path, const fake_request_t *request);

/* Until it waits for the n-th time (1), or has ended before (0). */
int fake_run_to(fake_run_t *run, unsigned n);

/* Lets the client leave now. */
void fake_leave(fake_run_t *run);

/* To the end.  run is gone afterwards. */
fake_reply_t *fake_end(fake_run_t *run);

/*
 * One run of a job, "<plugin>.<name>", of a shard and under a fencing number,
 * with the bad days of request (may be NULL).  The lease's field "fence"
 * becomes that number, unless it is higher already: so a run under a smaller
 * one is that of a holder who lost its lease.  Only result, suspensions,
 * redis_calls, offloads, job_calls, rests and stack_used are set, and code:
 * why the host ended it, or "".
 */
fake_reply_t *fake_job(fake_host_t *h, const char *name, unsigned shard,
    uint64_t fence, const fake_request_t *request);

/* A reply's header; NULL if absent. */
const char *fake_header(const fake_reply_t *rep, const char *name);

/* A member of the reply's object as text; "" if absent or no string. */
const char *fake_text(const fake_reply_t *rep, const char *name);

/* The code of the error at a pointer ("/password") in errors[]; "" if
   there is none. */
const char *fake_field_error(const fake_reply_t *rep, const char *pointer);


/* ---- the world around -------------------------------------------------- */

/* Clocks stand still once set; the business clock follows the real one
   unless it was set. */
void fake_set_clock(fake_host_t *h, civic_msec_t now);
void fake_set_business_clock(fake_host_t *h, civic_msec_t now);
void fake_advance(fake_host_t *h, int64_t ms);
civic_msec_t fake_now(fake_host_t *h);

/* The pid of a canonical identity number, and a session of it that lasts an
   hour; roles as in the contract. */
const char *fake_person_id(fake_host_t *h, const char *canonical);
const char *fake_session(fake_host_t *h, const char *canonical,
    unsigned roles);
const char *fake_session_with(fake_host_t *h,
    const civic_session_spec_t *spec);

/* A command of the test's own; the reply is the host's. */
const redisReply *fake_redis(fake_host_t *h, const char *fmt, ...);

/* The server: STOP is kill -STOP (it accepts and does not answer), restart
   brings it back empty. */
void fake_redis_pause(fake_host_t *h);
void fake_redis_continue(fake_host_t *h);
void fake_redis_kill(fake_host_t *h);
void fake_redis_restart(fake_host_t *h);

/*
 * What a call answers when no loaded plugin offers it; civic_call_all() asks
 * these, too.  Takes over the reference to out.
 *
 *     fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
 *     fake_answer_call(h, "civic.consent", CIVIC_OK,
 *                      json_pack("{s:s}", "id", "c1"));
 */
void fake_answer_call(fake_host_t *h, const char *name,
    civic_result_t result, json_t *out);
/* What the n-th such call was asked, from 0; NULL if there were fewer. */
json_t *fake_called(fake_host_t *h, const char *name, size_t n);

/* The next n notifications never arrive, and civic_notify() does not know. */
void fake_lose_notifications(fake_host_t *h, unsigned n);
/* Whoever waits looks again, as after a lost connection to Redis. */
void fake_wake_waiters(fake_host_t *h);
/* The worker is told to quit: waits end, now and later, until a reset. */
void fake_quit(fake_host_t *h);
/* How many notifications of a topic were sent, lost ones too. */
unsigned fake_notifications(fake_host_t *h, const char *topic);

/*
 * Turns that requests hold now, and requests that wait for one.  Who waits
 * goes on at its next step: with its turn if it was given up meanwhile; else
 * nobody will any more, and its time runs out (a set clock moves).
 */
unsigned fake_turns_held(fake_host_t *h);
unsigned fake_turns_waiting(fake_host_t *h);

/* ---- outbound HTTP ----------------------------------------------------- */

typedef enum {
    FAKE_HTTP_WELL = 0,
    FAKE_HTTP_NOT_SENT,         /* nobody could be reached */
    FAKE_HTTP_UNKNOWN           /* it was sent, and no answer came */
} fake_http_fault_t;

/*
 * What an upstream answers.  The newest that fits is taken; a name that no
 * answer was given for is an upstream that does not exist.  Its texts must
 * stay until fake_host_reset().
 */
typedef struct {
    const char          *upstream;
    civic_method_t       method;        /* 0: any */
    const char          *path;          /* its beginning; NULL: any */
    int                  status;        /* 0: 200 */
    const char          *content_type;  /* NULL: application/json */
    const char          *body;          /* NULL: empty */
    size_t               len;           /* 0: body is NUL-terminated */
    const char          *headers[FAKE_HEADERS];     /* "Name: value" */
    int64_t              delay_ms;      /* that much time passes, or what the
                                           request's timeout allows */
    int                  once;          /* for one request, not for all */
    fake_http_fault_t    fault;
} fake_http_answer_t;

void fake_answer_http(fake_host_t *h, const fake_http_answer_t *answer);

/* The n-th request that was sent, from 0; NULL if there were fewer.  One that
   was tried again counts twice. */
typedef struct {
    const char      *upstream;
    civic_method_t   method;
    const char      *path;
    const char      *head;              /* as it went to the internal server */
    const char      *body;              /* NUL-terminated */
    size_t           len;
    int              safe;
} fake_http_seen_t;

const fake_http_seen_t *fake_http_seen(fake_host_t *h, size_t n);


/* ---- blobs ------------------------------------------------------------- */

/* How many files there are, unfinished ones too. */
unsigned fake_blob_files(fake_host_t *h);
/* Where the file of a blob is; NULL if there is none. */
const char *fake_blob_path(fake_host_t *h, const char *pid, const char *id);
/* Every file is that old now: a sweep looks at those of more than an hour. */
void fake_age_blobs(fake_host_t *h, unsigned seconds);


/* ---- outboxes and the audit trail -------------------------------------- */

/* The n-th entry, from 0, that waits in an outbox ("umbrella.pushes");
   NULL if there are fewer. */
const char *fake_waiting(fake_host_t *h, const char *outbox, size_t n);

/*
 * The n-th entry of the audit trail, from 0, in the order in which they were
 * prepared, opened again (core/audit/audit_entry.h tells its members).  One
 * that no script has put into the outbox is none.  NULL if there are fewer.
 */
json_t *fake_audit(fake_host_t *h, size_t n);

/* Its "action"; "" if there is none. */
const char *fake_audit_action(fake_host_t *h, size_t n);


/* ---- seen from outside ------------------------------------------------- */

/* Log lines are "[error] login: text".  Whether one of them contains text;
   how many do; all of them, NULL-terminated. */
int fake_logged(fake_host_t *h, const char *text);
unsigned fake_log_count(fake_host_t *h, const char *text);
const char *const *fake_log(fake_host_t *h);

/* The counter of the plugin under test, by its name in the table. */
uint64_t fake_counter(fake_host_t *h, const char *metric);

#endif
