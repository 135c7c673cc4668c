/*
 * app.h - what the files of the plugin "alipay" know of each other.
 *
 * The plugin is the one room where this installation's Alipay app lives: its
 * keys, the way to its gateway, what is counted and logged of it.  Others ask
 * it by the calls "alipay.call", "alipay.page", "alipay.app" and
 * "alipay.notification"; docs/alipay.md says what goes in and comes out.  The
 * wire itself is kit/alipay/alipay.h's.
 *
 * Requests run on fibers of a worker.  Signing, and reading what is large,
 * runs on threads, which see keys that nobody changes: see certificate.c.
 */

#ifndef APP_H
#define APP_H

#include "alipay.h"
#include "civic_plugin.h"

#define APP_UPSTREAM      64            /* characters of an upstream's name */
#define APP_GATEWAY       256           /* of the gateway's URL */
#define APP_CODES         1024          /* of unknown_sub_codes */
#define APP_FILE          1024          /* of a path */
#define APP_EXTRAS        32            /* parameters of a call */
#define APP_TIMEOUT       5000          /* ms, if a call names none */
#define APP_TIMEOUT_MAX   60000
#define APP_DAY           (24 * 3600)   /* s */
#define APP_CERT_DAYS     30            /* before a certificate ends */
#define APP_PHOTO         "photo"       /* the purpose of photo_check's blobs */

/* Counters: the order of alipay.c's table. */
enum {
    APP_DONE = 0,
    APP_REFUSED,
    APP_UNKNOWN,
    APP_NOT_SENT,
    APP_NOT_OURS,
    APP_ANSWER_UNVERIFIED,
    APP_REQUEST_UNVERIFIED,
    APP_PAGES,
    APP_NOTIFICATIONS,
    APP_NOTIFICATIONS_INVALID,
    APP_CERTIFICATES,
    APP_CERTIFICATES_FAILED,
    APP_CERTIFICATE_ENDING
};


/* ---- certificate.c: keys that change while others read ----------------- */

typedef struct {
    alipay_keys_t  *keys;
    unsigned        users;              /* fibers that hold it, and the state
                                           as long as it is the newest */
} app_keys_t;

#define APP_ATTEMPTS  8

/* A certificate that was asked for. */
typedef struct {
    char          serial[ALIPAY_SERIAL_TEXT];
    civic_msec_t  at;
    int           pending;
} app_attempt_t;

typedef struct {
    app_attempt_t  items[APP_ATTEMPTS];
} app_attempts_t;

/* Of a worker. */
typedef struct {
    app_keys_t      *keys;              /* the newest */
    char            *path;              /* of the gateway's URL */
    app_attempts_t   of_answers;
    app_attempts_t   of_notifications;  /* anybody can send one */
    int64_t          ending_told;       /* s since 1970 */
    int64_t          optional_told;     /* the same */
} app_state_t;

/* Takes over keys.  NULL: no memory, keys are freed. */
app_keys_t *app_keys_new(alipay_keys_t *keys);

/* The newest keys; whoever holds them lets them go. */
app_keys_t *app_keys_hold(app_state_t *state);
void app_keys_let_go(app_keys_t *keys);

/* What became of a certificate that is missing. */
typedef enum {
    APP_CERT_NEW = 0,                   /* *held may have it: read again */
    APP_CERT_PENDING,                   /* somebody else is fetching it */
    APP_CERT_NONE,                      /* it cannot be had now */
    APP_CERT_ABORTED                    /* the request is over */
} app_cert_t;

/* Downloads the certificate of that serial, at most once a minute, and puts
   keys that have it in the place of *held. */
app_cert_t app_certificate_get(civic_request_t *r, app_attempts_t *attempts,
    const char *serial, app_keys_t **held);

/* Says once a day that a certificate ends soon. */
void app_certificate_watch(civic_request_t *r, const app_keys_t *keys);

/* The same line at start; at and now in s since 1970. */
size_t app_certificate_ends(int64_t at, int64_t now, char *out, size_t size);


/* ---- files.c: from options to keys ------------------------------------- */

/* By check() in the master, and by each worker.  NULL with the failure. */
alipay_keys_t *app_keys_read(const json_t *options,
    civic_failure_t *failure);

/* A text of the options; "" if there is none. */
const char *app_text(const json_t *options, const char *name);


/* ---- worker.c ---------------------------------------------------------- */

civic_result_t app_check(json_t *options, civic_failure_t *failure);
civic_result_t app_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void app_exit_worker(void *state);


/* ---- input.c: what a caller asks for ----------------------------------- */

/* Texts and the object are the caller's. */
typedef struct {
    alipay_request_t   request;         /* business is left out */
    const json_t      *business;
    const char        *success_member;
    unsigned           timeout;         /* ms */
    size_t             max_reply;
    unsigned           safe:1;
    unsigned           optional:1;      /* a refusal needs nobody at once */
    alipay_extra_t     extras[APP_EXTRAS];
    alipay_file_t      file;            /* of request, if it has one */
    civic_str_t        pid;             /* whose blob it is */
    const char        *purpose;
    civic_str_t        blob_id;
} app_input_t;

/* CIVIC_ERROR, logged: the caller has a bug. */
civic_result_t app_input_call(civic_request_t *r, const json_t *in,
    app_input_t *input);
civic_result_t app_input_page(civic_request_t *r, const json_t *in,
    app_input_t *input);


/* ---- exchange.c: one request and its answer ---------------------------- */

typedef struct {
    const alipay_keys_t        *keys;
    const app_input_t          *input;
    alipay_sent_t               sent;
    alipay_failure_t            failure;
    civic_str_t                 file;   /* its bytes, of a multipart call */
    int                         gone;   /* there is no such file */
    int                         built;  /* it could be signed */
    const civic_http_reply_t   *reply;
} app_exchange_t;

/*
 * Signs and sends.  CIVIC_OK: reply is there.  CIVIC_NOT_SENT and gone: the
 * file cannot be read, and will not be.  Else as civic_offload() and
 * civic_http(); CIVIC_ERROR and not built: nobody can sign such a request.
 */
civic_result_t app_exchange(civic_request_t *r, app_exchange_t *x);

/* Reads a reply; CIVIC_BUSY: it is large, and no thread has time. */
civic_result_t app_read(civic_request_t *r, const app_exchange_t *x,
    alipay_response_t *response);


/* ---- the calls --------------------------------------------------------- */

/* call.c */
civic_result_t app_call(civic_request_t *r, json_t *in, json_t **out);

/* page.c */
civic_result_t app_page(civic_request_t *r, json_t *in, json_t **out);
civic_result_t app_settings(civic_request_t *r, json_t *in, json_t **out);

/* notification.c */
civic_result_t app_notification(civic_request_t *r, json_t *in,
    json_t **out);

#endif
