/*
 * civic/host.h - how a call reaches the host: its table of services.  Read it
 * last, or never: what each entry means stands above the inline function of
 * another header that uses it.
 */

#ifndef CIVIC_CONTRACT_HOST_H
#define CIVIC_CONTRACT_HOST_H

#include <stdarg.h>

#include "civic/basics.h"

/* What the services take and give; told with the functions that use it. */
typedef struct civic_audit_entry_s   civic_audit_entry_t;
typedef struct civic_blob_s          civic_blob_t;
typedef struct civic_command_s       civic_command_t;
typedef struct civic_http_reply_s    civic_http_reply_t;
typedef struct civic_http_request_s  civic_http_request_t;
typedef struct civic_job_s           civic_job_t;
typedef struct civic_outbox_entry_s  civic_outbox_entry_t;
typedef struct civic_principal_s     civic_principal_t;
typedef struct civic_problem_s       civic_problem_t;
typedef struct civic_script_s        civic_script_t;
typedef struct civic_session_spec_s  civic_session_spec_t;
typedef struct civic_upload_s        civic_upload_t;
typedef struct civic_value_s         civic_value_t;

/* The same, of what is taken by value. */
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

typedef enum {
    CIVIC_SESSION_THIS,
    CIVIC_SESSION_OTHERS,
    CIVIC_SESSION_ALL
} civic_session_scope_t;

/*
 * The host's table: append only, each addition dated by its minor.  Plugins
 * use the inline functions of the other headers.
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

    /* 1.0: what a request uses of the worker's */
    civic_result_t (*defer)(civic_request_t *r, void (*fn)(void *data),
        void *data);
} civic_host_t;

/* The plugin sees the table and nothing behind it. */
struct civic_request_s {
    const civic_host_t  *host;
};

struct civic_worker_s {
    const civic_host_t  *host;
};

#endif /* CIVIC_CONTRACT_HOST_H */
