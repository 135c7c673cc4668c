/*
 * civic_plugin.h - the contract between Civic's host and its plugins.
 *
 * This is the only header that a plugin needs.  A plugin is a shared object
 * that exports one const symbol, civic_plugin: const tables of what it
 * offers.  The host reads the tables (nginx -t checks them, civicctl lists
 * them, docs/openapi.yaml is generated from them), then calls the handlers.
 *
 * Handlers are straight-line C.  Each request runs on a fiber of its own, on
 * a stack of 128 KB: a host call that must wait suspends the fiber and gives
 * the worker back to nginx, and returns here when the answer is there.  So:
 *
 *   - keep stack frames under 4 KB, use no alloca and no variable arrays;
 *   - hold no lock, no errno and no OpenSSL error queue across a host call;
 *   - never block: no sleep, no file or socket work, nothing over 1 ms;
 *     heavy work goes to civic_offload();
 *   - keep nothing in variables that outlive the request, except what
 *     init_worker() made; a worker runs many fibers at once.
 *
 * Three lifetimes: "process" is until nginx ends, "worker" is until the
 * worker ends, "request" is until the handler has returned and the answer
 * is sent.  Unless said otherwise, whatever the host hands out lives for the
 * request and is the host's; whatever a plugin hands in is read during the
 * call and stays the plugin's.
 *
 * Versions.  MAJOR changes when something here changes its meaning, MINOR
 * when something is added at an end.  The host loads a plugin whose major is
 * equal and whose minor is not above its own.  The stamp is read from the
 * file before any code of the plugin runs.
 *
 * Structs marked "by address" may grow at their end: initialise them with
 * designators, so that later members are zero, which always means "absent".
 */

#ifndef CIVIC_PLUGIN_H
#define CIVIC_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CIVIC_ABI_MAJOR  1
#define CIVIC_ABI_MINOR  0


/* ---- results ----------------------------------------------------------- */

/*
 * What host calls and handlers return.  A handler that cannot go on passes
 * on what it got ("if (rc != CIVIC_OK) { return rc; }"); the host then
 * answers for it, as said beside each name, unless a reply was already made.
 */
typedef enum {
    CIVIC_OK = 0,

    /*
     * The request is over: the client left, or the host has already decided
     * its answer (an expired session, say).  Every further call returns it
     * too.  Release what is not the host's and return.  No answer is made.
     */
    CIVIC_ABORTED = -1,

    /* Failed, and the log says why.  Answer: 500 internal_error. */
    CIVIC_ERROR = -2,

    /* Nothing was done, nothing was changed.  503 store_unavailable. */
    CIVIC_NOT_SENT = -3,

    /* It may or may not have been done.  503 outcome_unknown. */
    CIVIC_UNKNOWN = -4,

    /* A bound was reached, nothing was done.  503 overloaded. */
    CIVIC_BUSY = -5,

    /* The input is forged or damaged (civic_open()).  500 internal_error. */
    CIVIC_INVALID = -6,

    /* No such thing (civic_call()).  500 internal_error. */
    CIVIC_NOT_FOUND = -7,

    /* Time passed and nothing came (civic_wait()).  504 gateway_timeout. */
    CIVIC_TIMEOUT = -8
} civic_result_t;


/* ---- small types ------------------------------------------------------- */

/* Bytes with a length; not NUL-terminated unless said so. */
typedef struct {
    const char  *data;
    size_t       len;
} civic_str_t;

/* A literal, and a C string, as civic_str_t. */
#define CIVIC_STR(literal)  ((civic_str_t) { (literal), sizeof(literal) - 1 })

static inline civic_str_t
civic_cstr(const char *s)
{
    civic_str_t  str = { s, s == NULL ? 0 : strlen(s) };

    return str;
}

static inline int
civic_str_eq(civic_str_t a, civic_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Milliseconds since 1970-01-01T00:00:00Z. */
typedef int64_t  civic_msec_t;

typedef struct civic_request_s  civic_request_t;
typedef struct civic_worker_s   civic_worker_t;
typedef struct civic_writer_s   civic_writer_t;


/* ---- tables: what a plugin declares ------------------------------------ */

/*
 * A table of elements that may grow in later minors: the host reads
 * min(size, its own size) of each element and takes the rest as zero.
 */
typedef struct {
    const void  *items;
    uint32_t     count;
    uint32_t     size;
} civic_table_t;

#define CIVIC_TABLE(array)                                                    \
    { (array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0]) }


/* The type of a field in a body, a query or an option. */
typedef enum {
    CIVIC_TYPE_NONE = 0,
    CIVIC_TYPE_STRING,          /* min, max: length in code points */
    CIVIC_TYPE_INTEGER,         /* min, max: the value */
    CIVIC_TYPE_BOOLEAN,
    CIVIC_TYPE_OBJECT,          /* fields: its members */
    CIVIC_TYPE_ARRAY,           /* min, max: items; fields[0]: each item */
    CIVIC_TYPE_INSTANT          /* RFC 3339 text with offset */
} civic_type_t;

#define CIVIC_REQUIRED  0x01u   /* absent is an error ("required") */
#define CIVIC_NULLABLE  0x02u   /* null is taken as absent */
#define CIVIC_SECRET    0x04u   /* never logged, "writeOnly" in OpenAPI */
#define CIVIC_TYPED     0x08u   /* a string of ASCII that people type: the
                                   full-width letters, digits and signs of
                                   Chinese keyboards become the plain ones
                                   before it is checked */

/*
 * One field.  Arrays of fields end with CIVIC_END.  A member that is in no
 * field is refused ("unknown_field").  max 0 means the default: 256 code
 * points for a string, no upper bound for an integer, 100 for an array.
 */
typedef struct civic_field_s {
    const char                  *name;
    civic_type_t                 type;
    unsigned                     flags;
    int64_t                      min;
    int64_t                      max;
    const char                  *pattern;   /* POSIX ERE, anchored by us */
    const char *const           *choices;   /* NULL-terminated */
    const struct civic_field_s  *fields;
    const char                  *zh;        /* what it is, for people */
    const char                  *en;
    const char                  *fallback;  /* options: default, as JSON text;
                                               documentation elsewhere */
    const char                  *example;   /* of a string or an instant: a
                                               right one, made up, for who
                                               wrote a wrong one.  Refused if
                                               the field would refuse it */
    const void                  *reserved[1];
} civic_field_t;

#define CIVIC_END  { .name = NULL }


/* An option: "civic_plugin login.so name=value" in nginx.conf. */
typedef civic_field_t  civic_option_t;


typedef enum {
    CIVIC_GET = 1,
    CIVIC_POST,
    CIVIC_PUT,
    CIVIC_PATCH,
    CIVIC_DELETE
} civic_method_t;

/* Who may call a route: one bit each. */
#define CIVIC_ANYONE         0x0001u
#define CIVIC_CITIZEN        0x0002u
#define CIVIC_REVIEWER       0x0004u
#define CIVIC_SAMPLER        0x0008u
#define CIVIC_LABORATORY     0x0010u
#define CIVIC_DOOR           0x0020u
#define CIVIC_COUNTER        0x0040u
#define CIVIC_OFFICE         0x0080u
#define CIVIC_ADMINISTRATOR  0x0100u
#define CIVIC_STAFF          0x01fcu
#define CIVIC_VISITOR        0x0200u    /* logged in with an account of some
                                           provider; who it is, is not proven
                                           yet: civic_pid() is the account's */

/*
 * What a route costs, hence which bound on concurrent fibers it falls under.
 * Staff sessions and money have a reserve that others cannot take.
 */
typedef enum {
    CIVIC_COST_READ = 0,        /* a few Redis reads */
    CIVIC_COST_WRITE,           /* scripts */
    CIVIC_COST_HASH,            /* password hashing */
    CIVIC_COST_MEDIA,           /* drawing, media work */
    CIVIC_COST_MONEY,           /* payments */
    CIVIC_COST_WAIT,            /* long polls */
    CIVIC_COST_CLASSES
} civic_cost_t;

/* Route flags. */
#define CIVIC_CHANGES             0x01u  /* changes something.  The host then
                                            checks the session before the
                                            handler starts, and for cookies
                                            the Origin too */
#define CIVIC_BEFORE_PASSWORD     0x02u  /* usable in a session that still
                                            must set its password */
#define CIVIC_CREATES             0x04u  /* a POST that creates, and must not
                                            create twice: whoever has a
                                            session must send an
                                            Idempotency-Key.  The host keeps
                                            the answer for a day and gives it
                                            to repeats.  Its script says
                                            CIVIC_SCRIPT_ONCE */

/*
 * Runs on the request's fiber.  Make a reply and return CIVIC_OK, or return
 * another result and let the host answer.
 */
typedef civic_result_t (*civic_handler_pt)(civic_request_t *r);

/* By address.  path is below "/<plugin>": "/captchas/{captcha_id}/audio". */
typedef struct {
    civic_method_t        method;
    const char           *path;
    civic_handler_pt      handler;
    unsigned              roles;
    unsigned              flags;
    civic_cost_t          cost;
    const char           *purpose;       /* why personal data is touched */
    const civic_field_t  *query;
    const civic_field_t  *body;          /* JSON body; NULL: must be empty */
    size_t                max_body;      /* bytes; 0: 16 KB */
    const civic_field_t  *reply;         /* the 2xx body, for OpenAPI */
    int                   status;        /* the 2xx status; 0: 200 */
    const char *const    *problems;      /* codes, NULL-terminated */
    const char           *zh;            /* what it does */
    const char           *en;
    unsigned              deadline;      /* ms for the whole; 0: 10,000 */
    const char *const    *uploads;       /* media types, NULL-terminated: the
                                            body is a file of one of them, see
                                            civic_upload(); body is NULL then,
                                            and max_body is to be given */
    const char *const    *raw;           /* media types, NULL-terminated: the
                                            body is bytes of one of them, see
                                            civic_raw_body(); body is NULL */
} civic_route_t;

/*
 * A problem that the plugin may answer (RFC 9457), or, with status 0, an
 * error of one field.  Texts are for citizens; "{name}" is replaced by the
 * member of civic_problem_t.params.  What a program has to know as well is a
 * member of the answer: fields name those of params.  By address.
 */
typedef struct {
    const char           *code;
    int                   status;
    const char           *zh;
    const char           *en;
    const civic_field_t  *members;       /* of params, that the answer has too;
                                            of a problem, not of a field */
    int                   example;       /* of a field, not of a problem: the
                                            error shows the field's example */
} civic_problem_def_t;

/*
 * A rule that the plugin asks: a function in lua/rules/<plugin>.lua.
 * By address.
 */
typedef struct {
    const char           *name;
    const civic_field_t  *input;         /* documentation, and checked in
                                            civicctl rules preview */
    const char           *en;
} civic_rule_def_t;

/* A script that the plugin runs: lua/redis/<name>.lua.  By address. */
typedef struct {
    const char  *name;
    const char  *en;
} civic_script_def_t;

/*
 * A call that the plugin offers to others as "<plugin>.<name>".  Runs on the
 * caller's fiber.  in is the host's; *out is a new reference or NULL.
 * By address.
 */
typedef struct {
    const char       *name;
    civic_result_t  (*handler)(civic_request_t *r, json_t *in, json_t **out);
    const char       *en;
} civic_call_def_t;

/* A counter, seen as civic_<plugin>_<name>_total.  By address. */
typedef struct {
    const char  *name;
    const char  *help;
} civic_metric_def_t;

/*
 * A job: work that is due again and again, done by one worker of the whole
 * fleet at a time.  Each shard has a lease of its own in Redis, with a
 * fencing number that rises with every holder.  By address.
 */
typedef struct {
    unsigned      shard;                /* 0 .. shards - 1 */
    unsigned      shards;
    civic_str_t   lease;                /* its key, for KEYS of scripts */
    uint64_t      fence;                /* scripts compare it with the lease's
                                           field "fence" and refuse a smaller */
    const char   *name;                 /* as the plugin's table has it: one
                                           handler may serve several */
    unsigned      deadline;             /* ms that this run has */
} civic_job_t;

typedef struct {
    const char       *name;
    unsigned          interval;         /* s, from one end to the next start */
    unsigned          shards;           /* 0: 1; at most 256 */
    unsigned          deadline;         /* ms for one run; 0: 30,000 */
    civic_result_t  (*run)(civic_request_t *r, const civic_job_t *job);
    const char       *en;
    const char       *outbox;           /* which of the plugin's it empties, or
                                           NULL.  While a run finds nothing
                                           there the next comes when something
                                           is written, or 40 to 50 s later */
} civic_job_def_t;

/* Something that may be sealed: see civic_seal().  A purpose is a name of
   the installation: plugins that declare the same one share its key.  By
   address. */
typedef struct {
    const char  *name;
    const char  *en;
} civic_purpose_def_t;

/*
 * A queue of work that must not be lost: see civic_outbox().  Seen as
 * "<plugin>.<name>".  By address.
 */
typedef struct {
    const char  *name;
    const char  *en;
} civic_outbox_def_t;

/* Why configuring or starting failed; the host prints it. */
typedef struct {
    char  text[256];
} civic_failure_t;

/* Plugin flags. */
#define CIVIC_SANDBOX_ONLY  0x01u       /* refused in production */

/* By address.  The one symbol of a plugin. */
typedef struct {
    const char     *name;               /* [a-z][a-z0-9_]*; in URLs "_" is
                                           "-" */
    const char     *version;
    const char     *zh;
    const char     *en;
    civic_table_t   options;            /* civic_option_t */
    civic_table_t   routes;             /* civic_route_t */
    civic_table_t   problems;           /* civic_problem_def_t */
    civic_table_t   rules;              /* civic_rule_def_t */
    civic_table_t   scripts;            /* civic_script_def_t */
    civic_table_t   calls;              /* civic_call_def_t */
    civic_table_t   metrics;            /* civic_metric_def_t */
    civic_table_t   purposes;           /* civic_purpose_def_t */

    /*
     * Looks at the options that the tables cannot check, in the master, as
     * root, and in nginx -t: it must be free of side effects.  Optional.
     * options is complete (fallbacks filled in) and the host's.
     */
    civic_result_t (*check)(json_t *options, civic_failure_t *failure);

    /*
     * Starts the plugin in a worker.  *state is what civic_state() gives
     * later.  Runs on the main stack before the first request; may read
     * files.  On failure the plugin answers 503 plugin_unavailable, the
     * worker lives on and the log has the text.  Optional.
     */
    civic_result_t (*init_worker)(civic_worker_t *w, void **state,
                                  civic_failure_t *failure);

    /* Ends it: the last call that the plugin sees in this worker. Optional. */
    void (*exit_worker)(void *state);

    civic_table_t   jobs;               /* civic_job_def_t */
    civic_table_t   outboxes;           /* civic_outbox_def_t */
    unsigned        flags;
} civic_plugin_t;


/* ---- the stamp, and the one symbol ------------------------------------- */

/*
 * An ELF note, so that the host can read the version from the file: dlopen
 * runs constructors, and a plugin that does not fit must not run at all.
 */
#define CIVIC_NOTE_NAME     "Civic"
#define CIVIC_NOTE_TYPE     1
#define CIVIC_NOTE_SECTION  ".note.civic"

typedef struct {
    uint32_t  name_size;                /* 6 */
    uint32_t  desc_size;                /* 16 */
    uint32_t  type;                     /* CIVIC_NOTE_TYPE */
    char      name[8];                  /* "Civic", padded */
    uint32_t  major;
    uint32_t  minor;
    uint32_t  pointer_size;
    uint32_t  jansson_major;
} civic_note_t;

#define CIVIC_EXPORT  __attribute__((visibility("default")))

#define CIVIC_STAMP(maj, min)                                                 \
    __attribute__((section(CIVIC_NOTE_SECTION), used, aligned(4)))            \
    static const civic_note_t  civic_stamp = {                                \
        6, 16, CIVIC_NOTE_TYPE, CIVIC_NOTE_NAME,                              \
        (maj), (min), sizeof(void *), JANSSON_MAJOR_VERSION                   \
    }

/*
 * Defines the plugin: CIVIC_PLUGIN = { .name = "hello", ... };
 */
#define CIVIC_PLUGIN                                                          \
    CIVIC_STAMP(CIVIC_ABI_MAJOR, CIVIC_ABI_MINOR);                            \
    CIVIC_EXPORT extern const civic_plugin_t  civic_plugin;                   \
    CIVIC_EXPORT const civic_plugin_t  civic_plugin


/* ---- values that travel through the services --------------------------- */

/* A Redis value.  Lives for the request. */
typedef enum {
    CIVIC_VALUE_NIL = 0,
    CIVIC_VALUE_STRING,
    CIVIC_VALUE_STATUS,                 /* "+OK" */
    CIVIC_VALUE_INTEGER,
    CIVIC_VALUE_ARRAY,
    CIVIC_VALUE_ERROR                   /* Redis' own text in str */
} civic_value_type_t;

typedef struct civic_value_s {
    civic_value_type_t     type;
    int64_t                integer;
    civic_str_t            str;         /* NUL-terminated for convenience */
    size_t                 count;       /* of items */
    struct civic_value_s  *items;
} civic_value_t;

/*
 * One command of a pipeline.  argv[1] is its key; all keys of one command
 * stand in one slot.  result and value are filled in by the host.
 */
typedef struct {
    const civic_str_t    *argv;
    size_t                argc;
    civic_result_t        result;
    const civic_value_t  *value;
} civic_command_t;

/* Arguments of civic_redis(): CIVIC_ARGV(CIVIC_STR("GET"), key). */
#define CIVIC_ARGV(...)                                                       \
    ((const civic_str_t[]) { __VA_ARGS__ }),                                  \
    (sizeof((const civic_str_t[]) { __VA_ARGS__ }) / sizeof(civic_str_t))

/* By address.  Keys share one slot; scripts are named in the tables. */
typedef struct {
    const char         *name;
    const civic_str_t  *keys;
    size_t              nkeys;
    const civic_str_t  *args;
    size_t              nargs;
    unsigned            flags;
} civic_script_t;

#define CIVIC_SCRIPT_DURABLE  0x01u     /* wait for civic_redis_wait replicas */
#define CIVIC_SCRIPT_BULK     0x02u     /* may be slow: a lane of its own */

/*
 * Runs once for each Idempotency-Key, on a route that CIVIC_CREATES: a
 * repeat, also one after a crash, gets the answer that the first run had.
 * The script's keys must be the caller's own (they share a slot with the
 * key's record).  Once for each script and request.
 */
#define CIVIC_SCRIPT_ONCE     0x04u

/*
 * Who calls.  pid identifies a person for ever, without telling who it is:
 * an HMAC of the canonical identity number.
 */
typedef struct {
    civic_str_t   pid;                  /* empty for anyone */
    unsigned      roles;
    civic_str_t   method;               /* how the session began: "password" */
    civic_str_t   device;               /* the device's id, or empty */
    civic_msec_t  created_at;
    civic_msec_t  expires_at;
    int           must_set_password;
} civic_principal_t;

/* By address.  How a session begins; lifetimes come from a rule. */
typedef struct {
    civic_str_t  pid;
    unsigned     roles;
    const char  *method;                /* "password", "alipay_qr" ... */
    civic_str_t  device;
    int64_t      lifetime;              /* s, however much it is used */
    int64_t      idle;                  /* s without use; 0: no limit */
    int64_t      refresh;               /* s: use is noted this coarsely */
    int          must_set_password;
    int          keep;                  /* sessions a person keeps; 0: 20 */
} civic_session_spec_t;

typedef enum {
    CIVIC_SESSION_THIS,
    CIVIC_SESSION_OTHERS,
    CIVIC_SESSION_ALL
} civic_session_scope_t;

/* A header of an outbound request or its answer. */
typedef struct {
    const char   *name;
    civic_str_t   value;
} civic_http_header_t;

#define CIVIC_HTTP_SAFE  0x01u          /* may be sent twice: a query */

/* By address.  An outbound request to a named upstream. */
typedef struct {
    const char                 *upstream;   /* [a-z0-9_-]+, of nginx.conf */
    civic_method_t              method;
    civic_str_t                 path;       /* "/gateway.do?charset=utf-8" */
    const civic_http_header_t  *headers;
    size_t                      nheaders;
    civic_str_t                 body;
    unsigned                    timeout;    /* ms for all of it; 0: 5,000 */
    size_t                      max_reply;  /* bytes of body; 0: 64 KB */
    unsigned                    flags;
    const civic_str_t          *parts;      /* instead of body: what it is put
                                               together of, as it leaves; at
                                               most 64 */
    size_t                      nparts;
} civic_http_request_t;

/* Its answer.  body is NUL-terminated for convenience. */
typedef struct {
    int                         status;
    civic_str_t                 content_type;
    civic_str_t                 body;
    const civic_http_header_t  *headers;    /* names in lower case */
    size_t                      nheaders;
} civic_http_reply_t;

/* What the body of an upload is, as far as it was looked at. */
typedef struct {
    const char   *media_type;           /* of the route's list */
    uint64_t      size;                 /* bytes; at least 1 */
    civic_str_t   digest;               /* SHA-256, 32 bytes */
    civic_str_t   head;                 /* its first bytes, at most 512 */
} civic_upload_t;

/* A file that is kept.  record is what opens it: sealed, and to be stored in
   the person's hash of blobs, by the script that begins to refer to it. */
typedef struct {
    civic_str_t   id;                   /* 22 characters of base64url */
    civic_str_t   record;
    const char   *media_type;
    uint64_t      size;
    civic_str_t   digest;               /* SHA-256 of its bytes, 32 bytes */
    civic_msec_t  created_at;
} civic_blob_t;

/* Something that waits in an outbox. */
typedef struct {
    civic_str_t   outbox;               /* the key it stands in */
    civic_str_t   id;
    civic_str_t   value;
    civic_msec_t  at;                   /* when it was put there: Redis' time */
} civic_outbox_entry_t;

/* By address.  What the audit trail is told; by whom, when and in which
   request the host knows. */
typedef struct {
    const char   *action;               /* "staff.account_changed" */
    civic_str_t   subject;              /* the pid it is about, or empty */
    json_t       *details;              /* borrowed, an object or NULL: no
                                           secrets, no personal data */
    int           with_rule;            /* name the last rule asked: "rule"
                                           and "revision" of the details */
} civic_audit_entry_t;

/* By address.  A message for a person's inbox.  Texts are the reader's;
   without an English one the Chinese stands. */
typedef struct {
    civic_str_t   pid;
    const char   *kind;                 /* "review.approved" */
    civic_str_t   once;                 /* its name: a second message of the
                                           same kind and name is none */
    civic_str_t   title_zh;
    civic_str_t   title_en;
    civic_str_t   text_zh;
    civic_str_t   text_en;
} civic_message_t;

/* A person's consent to a purpose, as a script can check it again: it holds
   while HGET key purpose is id. */
typedef struct {
    civic_str_t   key;
    civic_str_t   purpose;
    civic_str_t   id;                   /* empty: there is none */
} civic_consent_t;

/* An error of one field: a code of the tables, and where (RFC 6901). */
typedef struct {
    const char  *pointer;               /* "/password"; "?name" for a query */
    const char  *code;
    json_t      *params;                /* borrowed; NULL: the problem's */
} civic_field_error_t;

/* By address.  A problem with all that helps. */
typedef struct {
    const char                 *code;
    json_t                     *params;       /* borrowed, may be NULL */
    const civic_field_error_t  *errors;
    size_t                      nerrors;
    int64_t                     retry_after;  /* s; 0: absent */
    civic_msec_t                possible_at;  /* business time; 0: absent */
    int                         with_rule;    /* name the last rule asked */
} civic_problem_t;

typedef enum {
    CIVIC_THREADS_WORK,                 /* media and crypto */
    CIVIC_THREADS_HASH                  /* password hashing, SCHED_IDLE */
} civic_threads_t;

typedef enum {
    CIVIC_LOG_DEBUG,
    CIVIC_LOG_INFO,
    CIVIC_LOG_WARN,
    CIVIC_LOG_ERROR                     /* an operator must act */
} civic_log_level_t;


/* ---- the services ------------------------------------------------------ */

/*
 * The host's table: append only, each addition dated by its minor.  Plugins
 * use the inline functions below, which say what each entry means.
 */
typedef struct {
    uint32_t  major;
    uint32_t  minor;

    /* 1.0: memory */
    void *(*alloc)(civic_request_t *r, size_t size);
    civic_str_t (*vprint)(civic_request_t *r, const char *fmt, va_list args);

    /* 1.0: request */
    json_t *(*body)(civic_request_t *r);
    civic_str_t (*path)(civic_request_t *r, const char *name);
    json_t *(*query)(civic_request_t *r);
    civic_str_t (*header)(civic_request_t *r, const char *name);
    civic_str_t (*remote_addr)(civic_request_t *r);
    civic_str_t (*request_id)(civic_request_t *r);
    const civic_principal_t *(*principal)(civic_request_t *r);
    json_t *(*option)(civic_request_t *r, const char *name);
    void *(*state)(civic_request_t *r);
    int (*sandbox)(civic_request_t *r);

    /* 1.0: reply */
    civic_writer_t *(*reply)(civic_request_t *r, int status);
    civic_result_t (*reply_bytes)(civic_request_t *r, int status,
        const char *content_type, civic_str_t bytes);
    civic_result_t (*reply_header)(civic_request_t *r, const char *name,
        civic_str_t value);
    civic_result_t (*problem)(civic_request_t *r,
        const civic_problem_t *problem);
    civic_result_t (*refuse)(civic_request_t *r, json_t *decision);

    /* 1.0: the writer */
    void (*write_object)(civic_writer_t *w, const char *key);
    void (*write_array)(civic_writer_t *w, const char *key);
    void (*write_end)(civic_writer_t *w);
    void (*write_str)(civic_writer_t *w, const char *key, civic_str_t value);
    void (*write_int)(civic_writer_t *w, const char *key, int64_t value);
    void (*write_bool)(civic_writer_t *w, const char *key, int value);
    void (*write_null)(civic_writer_t *w, const char *key);
    void (*write_instant)(civic_writer_t *w, const char *key,
        civic_msec_t value);
    void (*write_json)(civic_writer_t *w, const char *key,
        const json_t *value);

    /* 1.0: Redis */
    civic_result_t (*redis)(civic_request_t *r, const civic_str_t *argv,
        size_t argc, const civic_value_t **value);
    civic_result_t (*pipeline)(civic_request_t *r, civic_command_t *commands,
        size_t count);
    civic_result_t (*script)(civic_request_t *r, const civic_script_t *script,
        const civic_value_t **value);
    civic_str_t (*person_key)(civic_request_t *r, civic_str_t pid,
        const char *family);
    civic_result_t (*person_id)(civic_request_t *r, civic_str_t canonical,
        civic_str_t *pid);

    /* 1.0: rules and calls */
    civic_result_t (*rule)(civic_request_t *r, const char *name, json_t *in,
        json_t **out);
    civic_result_t (*call)(civic_request_t *r, const char *name, json_t *in,
        json_t **out);

    /* 1.0: threads */
    civic_result_t (*offload)(civic_request_t *r, civic_threads_t threads,
        void (*work)(void *data), void *data);

    /* 1.0: secrets */
    civic_result_t (*random)(civic_request_t *r, void *bytes, size_t len);
    civic_result_t (*seal)(civic_request_t *r, const char *purpose,
        civic_str_t context, civic_str_t plain, civic_str_t *sealed);
    civic_result_t (*open)(civic_request_t *r, const char *purpose,
        civic_str_t context, civic_str_t sealed, civic_str_t *plain);

    /* 1.0: clocks */
    civic_msec_t (*now)(civic_request_t *r);
    civic_msec_t (*business_now)(civic_request_t *r);

    /* 1.0: sessions */
    civic_result_t (*session_begin)(civic_request_t *r,
        const civic_session_spec_t *spec, civic_str_t *token);
    civic_result_t (*session_end)(civic_request_t *r,
        civic_session_scope_t scope);

    /* 1.0: seen from outside */
    void (*count)(civic_request_t *r, unsigned metric, uint64_t amount);
    void (*vlog)(civic_request_t *r, civic_log_level_t level, const char *fmt,
        va_list args);

    /* 1.0: the caller */
    civic_str_t (*pid)(civic_request_t *r);

    /* 1.0: workers */
    json_t *(*worker_option)(civic_worker_t *w, const char *name);
    void (*worker_vlog)(civic_worker_t *w, civic_log_level_t level,
        const char *fmt, va_list args);

    /* 1.0: outbound HTTP */
    civic_result_t (*http)(civic_request_t *r,
        const civic_http_request_t *request,
        const civic_http_reply_t **reply);

    /* 1.0: waiting for others */
    civic_result_t (*watch)(civic_request_t *r, civic_str_t topic);
    civic_result_t (*wait)(civic_request_t *r, unsigned timeout);
    civic_result_t (*notify)(civic_request_t *r, civic_str_t topic);

    /* 1.0: every plugin that offers a call */
    civic_result_t (*call_all)(civic_request_t *r, const char *name,
        json_t *in, json_t **out);

    /* 1.0: blobs */
    const civic_upload_t *(*upload)(civic_request_t *r);
    civic_result_t (*blob_keep)(civic_request_t *r, civic_str_t pid,
        const char *purpose, civic_blob_t *blob);
    civic_result_t (*blob_write)(civic_request_t *r, civic_str_t pid,
        const char *purpose, const char *media_type, civic_str_t bytes,
        civic_blob_t *blob);
    civic_result_t (*blob_read)(civic_request_t *r, civic_str_t pid,
        const char *purpose, civic_str_t id, civic_blob_t *blob,
        civic_str_t *bytes);
    civic_result_t (*reply_blob)(civic_request_t *r, civic_str_t pid,
        const char *purpose, civic_str_t id);
    civic_result_t (*blob_url)(civic_request_t *r, civic_str_t pid,
        const char *purpose, civic_str_t id, unsigned lifetime,
        civic_str_t *url);
    civic_result_t (*reply_blob_url)(civic_request_t *r, civic_str_t ticket);
    civic_result_t (*blob_delete)(civic_request_t *r, civic_str_t pid,
        const civic_str_t *ids, size_t count);
    civic_result_t (*blobs_sweep)(civic_request_t *r, const civic_job_t *job,
        unsigned *removed);

    /* 1.0: outboxes */
    civic_str_t (*outbox)(civic_request_t *r, const char *name,
        civic_str_t near);
    civic_result_t (*outbox_take)(civic_request_t *r, const char *name,
        const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
        size_t *count);
    civic_result_t (*outbox_done)(civic_request_t *r,
        const civic_outbox_entry_t *entries, size_t count);

    /* 1.0: the audit trail */
    civic_result_t (*audit)(civic_request_t *r,
        const civic_audit_entry_t *entry, civic_str_t near,
        civic_str_t *outbox, civic_str_t *sealed);
    civic_result_t (*audit_note)(civic_request_t *r,
        const civic_audit_entry_t *entry);
    civic_result_t (*audit_collect)(civic_request_t *r,
        const civic_job_t *job, unsigned keep_days, unsigned *moved);

    /* 1.0: bodies of other kinds */
    civic_str_t (*raw_body)(civic_request_t *r);

    /* 1.0: a worker's environment */
    int (*worker_sandbox)(civic_worker_t *w);

    /* 1.0: turns */
    civic_result_t (*turn)(civic_request_t *r, const char *name,
        unsigned limit, unsigned line);
    void (*turn_end)(civic_request_t *r, const char *name);

    /* 1.0: all persons */
    civic_result_t (*persons)(civic_request_t *r, const civic_job_t *job,
        const char *family, uint64_t *cursor, civic_str_t *pids, size_t max,
        size_t *count);

    /* 1.0: reading an upload */
    civic_result_t (*upload_read)(civic_request_t *r, civic_str_t *bytes);

    /* 1.0: jobs that rest */
    void (*job_rest)(civic_request_t *r);
    void (*job_call)(civic_request_t *r, const char *job, unsigned shard);
} civic_host_t;

/* The plugin sees the table and nothing behind it. */
struct civic_request_s {
    const civic_host_t  *host;
};

struct civic_worker_s {
    const civic_host_t  *host;
};


/* ---- memory ------------------------------------------------------------ */

/*
 * Memory for the request, aligned for any type, not zeroed.  Never returns
 * NULL: a request that asks for more than its bound (8 MB) is answered with
 * 500 internal_error and unwound from the next host call; until then the
 * pointer is usable.
 */
static inline void *
civic_alloc(civic_request_t *r, size_t size)
{
    return r->host->alloc(r, size);
}

/* printf into memory of the request; NUL-terminated. */
__attribute__((format(printf, 2, 3)))
static inline civic_str_t
civic_print(civic_request_t *r, const char *fmt, ...)
{
    va_list      args;
    civic_str_t  str;

    va_start(args, fmt);
    str = r->host->vprint(r, fmt, args);
    va_end(args);

    return str;
}


/* ---- request ----------------------------------------------------------- */

/* The body, valid by the route's schema; NULL if the route has none. */
static inline json_t *
civic_body(civic_request_t *r)
{
    return r->host->body(r);
}

/* A string member of the body; empty if absent. */
static inline civic_str_t
civic_body_str(civic_request_t *r, const char *name)
{
    json_t       *value = json_object_get(r->host->body(r), name);
    civic_str_t   str = { "", 0 };

    if (json_is_string(value)) {
        str.data = json_string_value(value);
        str.len = json_string_length(value);
    }

    return str;
}

/* A boolean member of the body; 0 if absent. */
static inline int
civic_body_bool(civic_request_t *r, const char *name)
{
    return json_is_true(json_object_get(r->host->body(r), name));
}

/* The body of a route with raw, as it came: what a provider that speaks no
   JSON posts (a form, XML).  At most max_body bytes; empty on other routes. */
static inline civic_str_t
civic_raw_body(civic_request_t *r)
{
    return r->host->raw_body(r);
}

/* What stood at "{name}" in the path, percent-decoded; valid UTF-8. */
static inline civic_str_t
civic_path(civic_request_t *r, const char *name)
{
    return r->host->path(r, name);
}

/* The query's arguments, typed and valid by the route's schema. */
static inline json_t *
civic_query(civic_request_t *r)
{
    return r->host->query(r);
}

/* A request header, by its lower-case name; empty if absent. */
static inline civic_str_t
civic_header(civic_request_t *r, const char *name)
{
    return r->host->header(r, name);
}

/* The client's address as nginx sees it (after realip). */
static inline civic_str_t
civic_remote_addr(civic_request_t *r)
{
    return r->host->remote_addr(r);
}

/* nginx's $request_id: 32 hexadecimal digits. */
static inline civic_str_t
civic_request_id(civic_request_t *r)
{
    return r->host->request_id(r);
}

/*
 * The pid of who calls, empty for anyone.  On routes that change nothing it
 * is known from the sealed token while the session's record is still on its
 * way from Redis, so that the handler's reads travel in the same trip.  The
 * host answers 401 by itself when the session turns out to be over, before
 * anything that the handler read or replied can leave.
 */
static inline civic_str_t
civic_pid(civic_request_t *r)
{
    return r->host->pid(r);
}

/*
 * All that the session says of who calls.  Waits for its record; use
 * civic_pid() where that is enough.  Never NULL; empty members if the
 * request is over.
 */
static inline const civic_principal_t *
civic_principal(civic_request_t *r)
{
    return r->host->principal(r);
}

/* An option of this plugin; NULL if it is not in the tables. */
static inline json_t *
civic_option(civic_request_t *r, const char *name)
{
    return r->host->option(r, name);
}

/* What init_worker() left. */
static inline void *
civic_state(civic_request_t *r)
{
    return r->host->state(r);
}

/* Whether nginx.conf says "civic_environment sandbox;". */
static inline int
civic_sandbox(civic_request_t *r)
{
    return r->host->sandbox(r);
}


/* ---- reply ------------------------------------------------------------- */

/*
 * Begins the JSON reply: the writer stands inside its outermost object,
 * which the host closes.  The reply leaves when the handler returns
 * CIVIC_OK.  A second call, or a problem, replaces the first.
 */
static inline civic_writer_t *
civic_reply(civic_request_t *r, int status)
{
    return r->host->reply(r, status);
}

/* A reply that is not JSON.  bytes must live for the request.  An ETag is
   made for it, and If-None-Match answered, when the method is GET; not if the
   handler has set one itself, which is for large ones that it knows. */
static inline civic_result_t
civic_reply_bytes(civic_request_t *r, int status, const char *content_type,
    civic_str_t bytes)
{
    return r->host->reply_bytes(r, status, content_type, bytes);
}

/* 204, no body. */
static inline civic_result_t
civic_reply_empty(civic_request_t *r)
{
    return r->host->reply_bytes(r, 204, NULL, CIVIC_STR(""));
}

/* A header of the reply.  Control characters are refused: CIVIC_ERROR. */
static inline civic_result_t
civic_reply_header(civic_request_t *r, const char *name, civic_str_t value)
{
    return r->host->reply_header(r, name, value);
}

/*
 * Answers with a problem of the plugin's or the host's table:
 * "return civic_problem(r, "captcha_expired");".  Returns CIVIC_OK; an
 * unknown code is a bug: it is logged and answered with 500.
 */
static inline civic_result_t
civic_problem(civic_request_t *r, const char *code)
{
    civic_problem_t  problem = { .code = code };

    return r->host->problem(r, &problem);
}

/* The same with field errors, times and parameters. */
static inline civic_result_t
civic_problem_with(civic_request_t *r, const civic_problem_t *problem)
{
    return r->host->problem(r, problem);
}

/*
 * Answers with the problem that a rule's decision names: its reason is the
 * code; retry_after (s), possible_at (epoch ms) and the other members
 * (parameters of the text) are taken along, and so are the rule's name and
 * revision.
 */
static inline civic_result_t
civic_refuse(civic_request_t *r, json_t *decision)
{
    return r->host->refuse(r, decision);
}

/* The writer.  key is NULL inside arrays.  Text that is not UTF-8 becomes
   U+FFFD where it is broken. */
static inline void
civic_write_object(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_object(w, key);
}

static inline void
civic_write_array(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_array(w, key);
}

/* Closes the innermost object or array. */
static inline void
civic_write_end(civic_request_t *r, civic_writer_t *w)
{
    r->host->write_end(w);
}

static inline void
civic_write_str(civic_request_t *r, civic_writer_t *w, const char *key,
    civic_str_t value)
{
    r->host->write_str(w, key, value);
}

static inline void
civic_write_int(civic_request_t *r, civic_writer_t *w, const char *key,
    int64_t value)
{
    r->host->write_int(w, key, value);
}

static inline void
civic_write_bool(civic_request_t *r, civic_writer_t *w, const char *key,
    int value)
{
    r->host->write_bool(w, key, value);
}

static inline void
civic_write_null(civic_request_t *r, civic_writer_t *w, const char *key)
{
    r->host->write_null(w, key);
}

/* RFC 3339 in China's time: "2026-03-09T08:30:00+08:00". */
static inline void
civic_write_instant(civic_request_t *r, civic_writer_t *w, const char *key,
    civic_msec_t value)
{
    r->host->write_instant(w, key, value);
}

static inline void
civic_write_json(civic_request_t *r, civic_writer_t *w, const char *key,
    const json_t *value)
{
    r->host->write_json(w, key, value);
}


/* ---- Redis ------------------------------------------------------------- */

/*
 * Reads.  Only commands that change nothing are taken (GET, HGET, HMGET,
 * HGETALL, EXISTS, TTL, SMEMBERS, SISMEMBER, ZRANGE, ZSCORE, ZCARD, LRANGE,
 * LLEN, HLEN, HEXISTS, SCARD, STRLEN, MGET within one slot ...); another is
 * a bug: CIVIC_ERROR.  Suspends.  CIVIC_OK: *value is set, never of type
 * error.  CIVIC_ERROR: Redis answered with an error, logged; *value has it.
 * CIVIC_NOT_SENT: Redis cannot be reached.  Reads do not return
 * CIVIC_UNKNOWN.
 */
static inline civic_result_t
civic_redis(civic_request_t *r, const civic_str_t *argv, size_t argc,
    const civic_value_t **value)
{
    return r->host->redis(r, argv, argc, value);
}

/*
 * Several reads in one trip; they may stand in different slots.  Returns
 * CIVIC_OK if all are, else the first result that is not.
 */
static inline civic_result_t
civic_pipeline(civic_request_t *r, civic_command_t *commands, size_t count)
{
    return r->host->pipeline(r, commands, count);
}

/*
 * Runs a script of the plugin's table, the only way to write.  CIVIC_UNKNOWN
 * means that the connection was lost after sending: the script may have run.
 * From here on the request runs to its end even if the client leaves.
 */
static inline civic_result_t
civic_script(civic_request_t *r, const civic_script_t *script,
    const civic_value_t **value)
{
    return r->host->script(r, script, value);
}

/*
 * The name of a person's key: "civic:{p:<pid>}:<family>".  A family has one
 * owner: the plugin of that name.  All keys of a person share a slot.
 */
static inline civic_str_t
civic_person_key(civic_request_t *r, civic_str_t pid, const char *family)
{
    return r->host->person_key(r, pid, family);
}

/*
 * The pid of a canonical identity number (kit/id_number.h makes it): an
 * HMAC under a key that is never rotated, 22 characters of base64url.
 */
static inline civic_result_t
civic_person_id(civic_request_t *r, civic_str_t canonical, civic_str_t *pid)
{
    return r->host->person_id(r, canonical, pid);
}


/* ---- rules and calls --------------------------------------------------- */

/*
 * Asks a rule of this plugin: the function name in lua/rules/<plugin>.lua.
 * Takes over the reference to in (which may be NULL), also when it fails.
 * *out is the answer, an object, and the host's.  Does not suspend.
 * CIVIC_ERROR: the rule failed or ran out of its budget.
 */
static inline civic_result_t
civic_rule(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->rule(r, name, in, out);
}

/*
 * Asks another plugin: "review.application".  Takes over the reference to
 * in.  *out is the host's, or NULL.
 *
 * CIVIC_NOT_FOUND: no plugin of nginx.conf offers it.  That is a decision of
 * the operator, and no failure: go on without, if that makes sense.  A plugin
 * that is there, but did not start or is switched off, is another matter, for
 * it will be back: the host answers 503 plugin_unavailable (read_only, if it
 * is so and the route changes something; outcome_unknown, if something was
 * written before), and the call returns CIVIC_ABORTED.
 */
static inline civic_result_t
civic_call(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->call(r, name, in, out);
}


/*
 * Asks every plugin that offers a call of this name ("erase"), in the order
 * of nginx.conf.  Takes over the reference to in.  *out is the host's: an
 * object, plugin -> answer.  One that fails does not keep the others from
 * being asked; the first result that is not CIVIC_OK is returned.
 */
static inline civic_result_t
civic_call_all(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    return r->host->call_all(r, name, in, out);
}


/* ---- threads ----------------------------------------------------------- */

/*
 * Runs work(data) on a thread and suspends until it is done, even when the
 * client leaves meanwhile: data may stand on the fiber's stack.  work() may
 * call nothing of the host and touch no json_t.  CIVIC_BUSY: the queue is
 * full, work() was not and will not be called.  CIVIC_ABORTED: it is done,
 * and the client is gone.
 */
static inline civic_result_t
civic_offload(civic_request_t *r, civic_threads_t threads,
    void (*work)(void *data), void *data)
{
    return r->host->offload(r, threads, work, data);
}


/* ---- outbound HTTP ----------------------------------------------------- */

/*
 * Sends a request to a named upstream and suspends until the whole answer is
 * there.  nginx itself does the connecting: its configuration gives each
 * name its servers, TLS, keep-alive and fail-over.  The request carries
 * X-Request-Id and nothing of the citizen's.
 *
 * CIVIC_OK: a complete answer, whatever its status.  CIVIC_NOT_SENT: nobody
 * was reached, nothing was done.  CIVIC_UNKNOWN: it was sent, and no
 * complete answer came in time or within max_reply: query before you repeat.
 * With CIVIC_HTTP_SAFE it was tried once more first.  CIVIC_ERROR: no
 * upstream of that name, or a request that cannot be sent.
 *
 * Like a script, an outbound request that is not CIVIC_HTTP_SAFE runs to its
 * end even if the client leaves.
 */
static inline civic_result_t
civic_http(civic_request_t *r, const civic_http_request_t *request,
    const civic_http_reply_t **reply)
{
    return r->host->http(r, request, reply);
}


/* ---- waiting for others ------------------------------------------------ */

/*
 * A long poll: watch a topic, read the state, and if it is not what the
 * client waits for, wait and read again.  Notifications are hints: they may
 * be lost, doubled or meant for another topic, so only the state counts.
 *
 *     rc = civic_watch(r, topic);
 *     while (rc == CIVIC_OK) {
 *         ... read; if it changed, reply and return ...
 *         rc = civic_wait(r, 10000);
 *     }
 *     ... CIVIC_TIMEOUT: reply "nothing new" ...
 *
 * Only routes of the cost class CIVIC_COST_WAIT may watch (else
 * CIVIC_ERROR), up to 4 topics of at most 128 bytes.  CIVIC_BUSY: this
 * worker, or this source address, has as many waiters as it may have.
 */
static inline civic_result_t
civic_watch(civic_request_t *r, civic_str_t topic)
{
    return r->host->watch(r, topic);
}

/*
 * Suspends until a watched topic was notified since it was watched or last
 * waited for (CIVIC_OK), or until timeout ms after the request's first wait
 * (CIVIC_TIMEOUT; of 5,000 or more up to an eighth earlier, so that polls
 * which begin together end apart); ends early, with CIVIC_TIMEOUT, when the
 * worker is told to quit, and with CIVIC_OK after a lost connection to Redis
 * came back.
 */
static inline civic_result_t
civic_wait(civic_request_t *r, unsigned timeout)
{
    return r->host->wait(r, timeout);
}

/* Wakes who waits for the topic, in every worker of every machine.  Suspends.
   Call it after the script that changed the state. */
static inline civic_result_t
civic_notify(civic_request_t *r, civic_str_t topic)
{
    return r->host->notify(r, topic);
}


/* ---- turns ------------------------------------------------------------- */

/*
 * Waits until fewer than limit (at least 1) requests of this worker hold a
 * turn of that name (of this plugin's, at most 64 bytes), then holds one: for
 * work that takes much memory or a server that takes few at a time.  Requests
 * come in the order in which they asked; those whose client left leave the
 * line, unless they have written.  CIVIC_BUSY: line others wait already.
 * CIVIC_TIMEOUT: the route's deadline came first; a reply may still be made.
 * A request holds a name once: asking again is CIVIC_ERROR.  limit and line
 * may change from call to call: the newest count.
 */
static inline civic_result_t
civic_turn(civic_request_t *r, const char *name, unsigned limit,
    unsigned line)
{
    return r->host->turn(r, name, limit, line);
}

/* Gives it to the next.  The handler's end does so too. */
static inline void
civic_turn_end(civic_request_t *r, const char *name)
{
    r->host->turn_end(r, name);
}


/* ---- secrets ----------------------------------------------------------- */

/* Random bytes that nobody can guess. */
static inline civic_result_t
civic_random(civic_request_t *r, void *bytes, size_t len)
{
    return r->host->random(r, bytes, len);
}

/*
 * Seals plain under the key of a purpose of the plugin's table
 * (AES-256-GCM).  context is bound to it: opening asks for the same, so a
 * sealed value cannot be moved to another person's record.  *sealed is
 * binary; it names its suite and key.
 */
static inline civic_result_t
civic_seal(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t plain, civic_str_t *sealed)
{
    return r->host->seal(r, purpose, context, plain, sealed);
}

/* Opens it.  CIVIC_INVALID: forged, damaged, another purpose or context, or
   sealed under a key that the keyring no longer has. */
static inline civic_result_t
civic_open(civic_request_t *r, const char *purpose, civic_str_t context,
    civic_str_t sealed, civic_str_t *plain)
{
    return r->host->open(r, purpose, context, sealed, plain);
}


/* ---- blobs ------------------------------------------------------------- */

/*
 * A blob is a file of a person, sealed in chunks under a key of its own, in
 * the folder of civic_blobs.  That key stands, sealed once more, in the
 * record: a field of the person's hash "blobs", whose name is the blob's id.
 * Who deletes the field has deleted the blob, for ever; the file goes later.
 *
 * A file is complete on the disk before anybody can refer to it.  The script
 * that begins to refer to it stores the record in the same step:
 *
 *     keys[1] = civic_person_key(r, pid, "blobs");
 *     args[1] = blob.id;  args[2] = blob.record;
 *
 *     redis.call("HSET", KEYS[2], ARGV[2], ARGV[3])      -- in the script
 *
 * A file whose record was not stored within an hour is removed.
 *
 * purpose is one of the plugin's table.  A blob is opened only for the pid,
 * purpose and id that it was kept with; CIVIC_NOT_FOUND: there is no such
 * record.  CIVIC_NOT_SENT: the folder cannot be used now (full, read-only,
 * gone, not this machine's), nothing was done.  CIVIC_INVALID: the file or
 * its record is damaged; logged, with an alarm.
 */

/*
 * The body of a route with uploads: one file, raw or as the one part of a
 * multipart/form-data.  It was sealed into the folder as it arrived, and is
 * thrown away with the request unless civic_blob_keep() keeps it.  NULL on
 * other routes.
 */
static inline const civic_upload_t *
civic_upload(civic_request_t *r)
{
    return r->host->upload(r);
}

/* All of the upload in memory, before it is kept: at most 6 MB, else
   CIVIC_BUSY.  Wait for a turn first (civic_turn()): uploads are large and
   come together. */
static inline civic_result_t
civic_upload_read(civic_request_t *r, civic_str_t *bytes)
{
    return r->host->upload_read(r, bytes);
}

/* Keeps the upload as a blob of a person.  Once for each request. */
static inline civic_result_t
civic_blob_keep(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_blob_t *blob)
{
    return r->host->blob_keep(r, pid, purpose, blob);
}

/* Makes a blob of bytes that the plugin has: at least 1, at most 4 MB. */
static inline civic_result_t
civic_blob_write(civic_request_t *r, civic_str_t pid, const char *purpose,
    const char *media_type, civic_str_t bytes, civic_blob_t *blob)
{
    return r->host->blob_write(r, pid, purpose, media_type, bytes, blob);
}

/* All of a blob in memory: at most 6 MB, else CIVIC_BUSY.  blob->record is
   empty. */
static inline civic_result_t
civic_blob_read(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, civic_blob_t *blob, civic_str_t *bytes)
{
    return r->host->blob_read(r, pid, purpose, id, blob, bytes);
}

/* Makes a blob the reply (200), streamed as it is opened, never cached. */
static inline civic_result_t
civic_reply_blob(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id)
{
    return r->host->reply_blob(r, pid, purpose, id);
}

/*
 * A URL that anybody may load for lifetime seconds (1 to 300): for pictures
 * that a phone loads without headers.  It tells nothing of the person.
 * Neither the record nor the file is looked at.
 */
static inline civic_result_t
civic_blob_url(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, unsigned lifetime, civic_str_t *url)
{
    return r->host->blob_url(r, pid, purpose, id, lifetime, url);
}

/* What such a URL leads to: the plugin "civic" has the route.  ticket is its
   last part.  CIVIC_NOT_FOUND: forged, too old, or the blob is gone. */
static inline civic_result_t
civic_reply_blob_url(civic_request_t *r, civic_str_t ticket)
{
    return r->host->reply_blob_url(r, ticket);
}

/*
 * Deletes blobs of a person: the records, if a script has not done so, with
 * an entry in the audit trail for each that was there, then the files.  At
 * most 64.  Blobs that are gone are no error.
 */
static inline civic_result_t
civic_blob_delete(civic_request_t *r, civic_str_t pid, const civic_str_t *ids,
    size_t count)
{
    return r->host->blob_delete(r, pid, ids, count);
}

/* In a job: removes files without a record.  The plugin "civic" has it. */
static inline civic_result_t
civic_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed)
{
    return r->host->blobs_sweep(r, job, removed);
}


/* ---- outboxes ---------------------------------------------------------- */

/*
 * What must be done after a change, and must not be lost, is put into an
 * outbox by the script that makes the change.  Each slot of a Cluster has
 * its own, so the script can reach it; a job empties them all.
 *
 *     keys[1] = civic_outbox(r, "pushes", keys[0]);
 *
 *     redis.call("XADD", KEYS[2], "*", "entry", ARGV[1])  -- in the script
 *
 * near is a key of that script.  name is one of the plugin's table.
 */
static inline civic_str_t
civic_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    return r->host->outbox(r, name, near);
}

/*
 * In a job: up to max entries (at most 256) of this shard's outboxes, the
 * oldest of each first.  The job's shards must be a power of two, at most
 * 256, and may not change while entries wait.  A run looks where scripts have
 * written, at a slice of the others, so that all have their turn within a
 * minute, and at all when an operator asks for it.  They stay where they are
 * until civic_outbox_done(), and are taken again if that does not come: what
 * is done with them must bear being done twice.
 */
static inline civic_result_t
civic_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count)
{
    return r->host->outbox_take(r, name, job, entries, max, count);
}

static inline civic_result_t
civic_outbox_done(civic_request_t *r, const civic_outbox_entry_t *entries,
    size_t count)
{
    return r->host->outbox_done(r, entries, count);
}


/* ---- all persons ------------------------------------------------------- */

/*
 * In a job: there was nothing to do, nor will there be for a minute.  After
 * this run, if it succeeds, the shard rests: the next run comes when it is
 * called, when an operator asks for it, or 40 to 50 s later, whichever is
 * first.
 */
static inline void
civic_job_rest(civic_request_t *r)
{
    r->host->job_rest(r);
}

/*
 * A shard of a job of this plugin, as it stands in its table, has something to
 * do: it does not rest.  Told to Redis behind the caller's back, and lost if a
 * worker dies in that moment; then it comes when its rest is over.
 */
static inline void
civic_job_call(civic_request_t *r, const char *job, unsigned shard)
{
    r->host->job_call(r, job, shard);
}

/*
 * In a job: the pids of persons who have a key of the family, at most max (64
 * to 1024) in one answer and perhaps none, for rebuilding an index.  Begin
 * with *cursor 0; it is 0 again after the last, and may be kept in between
 * for a later run of the shard.  Each person of before and after the walk
 * comes at least once; some twice, some who are gone meanwhile too.  With
 * shards a walk sees the persons of the job's shard alone.  Runs on the bulk
 * lane.  CIVIC_NOT_SENT: Redis cannot be reached, or is another one than the
 * cursor's: begin anew.
 */
static inline civic_result_t
civic_persons(civic_request_t *r, const civic_job_t *job, const char *family,
    uint64_t *cursor, civic_str_t *pids, size_t max, size_t *count)
{
    return r->host->persons(r, job, family, cursor, pids, max, count);
}


/* ---- the audit trail --------------------------------------------------- */

/*
 * Every change that staff make, and every deletion, is told to the audit
 * trail by the script that makes it.  This prepares the entry: the script
 * puts it into the host's outbox once it knows that it changes something.
 *
 *     rc = civic_audit(r, &entry, keys[0], &keys[1], &args[1]);
 *
 *     redis.call("XADD", KEYS[2], "*", "entry", ARGV[2])  -- in the script
 *
 * A route for staff that CIVIC_CHANGES and answers 2xx without a call of
 * this or of civic_audit_note() is a bug, and logged as one.
 */
static inline civic_result_t
civic_audit(civic_request_t *r, const civic_audit_entry_t *entry,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    return r->host->audit(r, entry, near, outbox, sealed);
}

/* The same for what changes nothing: that somebody looked at something, or
   was refused.  Call it before the reply is made. */
static inline civic_result_t
civic_audit_note(civic_request_t *r, const civic_audit_entry_t *entry)
{
    return r->host->audit_note(r, entry);
}

/* Days that the trail is kept at least: half a year is what the law asks for
   (Cybersecurity Law, article 21). */
#define CIVIC_AUDIT_DAYS_MIN  183

/* In a job: moves entries into this worker's chain of sealed segments, and
   removes its segments that are older than keep_days (at least
   CIVIC_AUDIT_DAYS_MIN).  The plugin "civic" has it. */
static inline civic_result_t
civic_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved)
{
    return r->host->audit_collect(r, job, keep_days, moved);
}


/* ---- messages and consents: what the plugin "civic" offers ------------- */

static inline const char *
civic_text_or_empty(civic_str_t text)
{
    return text.data == NULL ? "" : text.data;
}

/* Puts a message into a person's inbox.  CIVIC_NOT_FOUND: the plugin "civic"
   is not loaded. */
static inline civic_result_t
civic_message(civic_request_t *r, const civic_message_t *m)
{
    json_t  *in, *out;

    in = json_pack("{s:s%,s:s,s:s%,s:s%,s:s%,s:s%,s:s%}",
                   "pid", civic_text_or_empty(m->pid), m->pid.len,
                   "kind", m->kind,
                   "once", civic_text_or_empty(m->once), m->once.len,
                   "title_zh", civic_text_or_empty(m->title_zh),
                   m->title_zh.len,
                   "title_en", civic_text_or_empty(m->title_en),
                   m->title_en.len,
                   "text_zh", civic_text_or_empty(m->text_zh),
                   m->text_zh.len,
                   "text_en", civic_text_or_empty(m->text_en),
                   m->text_en.len);

    return in == NULL ? CIVIC_ERROR
                      : r->host->call(r, "civic.message", in, &out);
}

/*
 * Whether a person consents to a purpose ("face"): consent->id is empty if
 * not, and the right answer is then civic_consent_required().  One to an
 * older version of the text counts as none, and so does one whose time is
 * over: it has to be given anew.  The consent can end at any moment: the
 * script that stores what was made of it compares HGET key purpose with id,
 * and stores nothing if they differ.
 *
 * Who keeps data under a purpose offers the call "erase": its input is
 * {"pid", "purpose"}; it deletes all that it keeps of the person for that
 * purpose, may be called again, and answers {"erased": <how many>}.
 */
static inline civic_result_t
civic_consent(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_consent_t *consent)
{
    json_t          *in, *out, *id;
    civic_result_t   rc;

    in = json_pack("{s:s%,s:s}", "pid", civic_text_or_empty(pid), pid.len,
                   "purpose", purpose);

    rc = in == NULL ? CIVIC_ERROR
                    : r->host->call(r, "civic.consent", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    id = json_object_get(out, "id");

    consent->key = r->host->person_key(r, pid, "consents");
    consent->purpose = civic_cstr(purpose);
    consent->id.data = json_is_string(id) ? json_string_value(id) : "";
    consent->id.len = json_is_string(id) ? json_string_length(id) : 0;

    return CIVIC_OK;
}

/*
 * Answers that a consent is missing, and which: the problem
 * "consent_required" with the member "purpose".
 */
static inline civic_result_t
civic_consent_required(civic_request_t *r, civic_str_t purpose)
{
    json_t           *params;
    civic_result_t    rc;
    civic_problem_t   problem = { .code = "consent_required" };

    params = json_pack("{s:s%}", "purpose", civic_text_or_empty(purpose),
                       purpose.len);
    problem.params = params;
    rc = r->host->problem(r, &problem);
    json_decref(params);

    return rc;
}


/* ---- clocks ------------------------------------------------------------ */

/* Real time: sessions, limits, leases, signatures. */
static inline civic_msec_t
civic_now(civic_request_t *r)
{
    return r->host->now(r);
}

/* Business time: ages, windows, deadlines.  Equal to the real time, unless
   an operator of a sandbox set it. */
static inline civic_msec_t
civic_business_now(civic_request_t *r)
{
    return r->host->business_now(r);
}


/* ---- sessions ---------------------------------------------------------- */

/*
 * Begins a session: always a new token.  Also sets the cookie if the client
 * asked for one (header "Civic-Session: cookie" with an Origin of the list);
 * *token is then empty.
 */
static inline civic_result_t
civic_session_begin(civic_request_t *r, const civic_session_spec_t *spec,
    civic_str_t *token)
{
    return r->host->session_begin(r, spec, token);
}

/* Ends sessions of the caller, atomically. */
static inline civic_result_t
civic_session_end(civic_request_t *r, civic_session_scope_t scope)
{
    return r->host->session_end(r, scope);
}


/* ---- seen from outside ------------------------------------------------- */

/* Adds to a counter: its index in the plugin's metrics table. */
static inline void
civic_count(civic_request_t *r, unsigned metric, uint64_t amount)
{
    r->host->count(r, metric, amount);
}

/* One line in nginx's error log, with the request.  Lower case, no personal
   data, the offending value quoted. */
__attribute__((format(printf, 3, 4)))
static inline void
civic_log(civic_request_t *r, civic_log_level_t level, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    r->host->vlog(r, level, fmt, args);
    va_end(args);
}


/* ---- workers ----------------------------------------------------------- */

/* In init_worker(): an option, as civic_option(). */
static inline json_t *
civic_worker_option(civic_worker_t *w, const char *name)
{
    return w->host->worker_option(w, name);
}

/* In init_worker(), as civic_sandbox(). */
static inline int
civic_worker_sandbox(civic_worker_t *w)
{
    return w->host->worker_sandbox(w);
}

__attribute__((format(printf, 3, 4)))
static inline void
civic_worker_log(civic_worker_t *w, civic_log_level_t level, const char *fmt,
    ...)
{
    va_list  args;

    va_start(args, fmt);
    w->host->worker_vlog(w, level, fmt, args);
    va_end(args);
}

#ifdef __cplusplus
}
#endif

#endif /* CIVIC_PLUGIN_H */
