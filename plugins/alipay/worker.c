/*
 * worker.c - the plugin's start and end in a worker, and what nginx -t finds.
 *
 * Everything that would otherwise show as a refused signature on the first
 * day is said here: a file that is missing, a key of the wrong kind, the
 * sandbox's gateway in production.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "app.h"

#define PATH_CHARACTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"                         \
                         "abcdefghijklmnopqrstuvwxyz0123456789/._~-"
#define HOST_CHARACTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"                         \
                         "abcdefghijklmnopqrstuvwxyz0123456789.-:[]"
#define SANDBOX_HOST     "alipaydev.com"


/* ---- the gateway's URL ------------------------------------------------- */

typedef struct {
    const char  *host;                  /* with its port */
    size_t       host_len;
    const char  *path;
    int          https;
} gateway_t;


static int
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}


/* Of this machine: all that a demo or a test needs. */
static int
is_local(const gateway_t *gateway)
{
    size_t  i, len;

    static const char *const  names[] = { "127.0.0.1", "localhost", "[::1]" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = strlen(names[i]);

        if (starts_with(gateway->host, names[i])
            && (gateway->host[len] == ':' || gateway->host[len] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


static int
is_sandbox_host(const gateway_t *gateway)
{
    const char  *at = strstr(gateway->host, SANDBOX_HOST);

    return at != NULL && at < gateway->host + gateway->host_len;
}


static int
parse_gateway(const char *url, gateway_t *gateway)
{
    gateway->https = starts_with(url, "https://");

    if (!gateway->https && !starts_with(url, "http://")) {
        return -1;
    }

    gateway->host = url + (gateway->https ? 8 : 7);
    gateway->host_len = strspn(gateway->host, HOST_CHARACTERS);
    gateway->path = gateway->host + gateway->host_len;

    return gateway->host_len > 0 && gateway->path[0] == '/'
           && gateway->path[strspn(gateway->path, PATH_CHARACTERS)] == '\0'
           ? 0 : -1;
}


static int
check_gateway(const json_t *options, gateway_t *gateway,
    civic_failure_t *failure)
{
    const char  *url = app_text(options, "gateway");

    if (parse_gateway(url, gateway) != 0) {
        snprintf(failure->text, sizeof(failure->text), "gateway \"%.120s\": "
                 "expected \"https://host/gateway.do\", without arguments",
                 url);
        return -1;
    }

    if (!gateway->https && !is_local(gateway)) {
        snprintf(failure->text, sizeof(failure->text), "gateway \"%.120s\": "
                 "only https, unless it is on this machine", url);
        return -1;
    }

    return 0;
}


civic_result_t
app_check(json_t *options, civic_failure_t *failure)
{
    gateway_t       gateway;
    alipay_keys_t  *keys;

    if (check_gateway(options, &gateway, failure) != 0) {
        return CIVIC_ERROR;
    }

    keys = app_keys_read(options, failure);
    if (keys == NULL) {
        return CIVIC_ERROR;
    }

    alipay_keys_free(keys);

    return CIVIC_OK;
}


/* ---- start ------------------------------------------------------------- */

/* The options as check() has them; borrowed values in a new object. */
static json_t *
all_options(civic_worker_t *w)
{
    size_t   i;
    json_t  *options = json_object();

    static const char *const  names[] = {
        "app_id", "private_key", "public_key", "app_cert", "alipay_cert",
        "root_cert", "content_key", "gateway", "common_in_query",
        "strict_slashes", "strict_empty", "unknown_sub_codes"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) json_object_set(options, names[i],
                               civic_worker_option(w, names[i]));
    }

    return options;
}


/* A private key that everybody on the machine can read. */
static void
tell_permissions(civic_worker_t *w, const json_t *options)
{
    struct stat  st;
    const char  *path = app_text(options, "private_key");

    if (stat(path, &st) == 0 && (st.st_mode & S_IROTH)) {
        civic_worker_log(w, CIVIC_LOG_WARN, "alipay: private_key \"%s\" is "
                         "readable by every user of this machine: chown "
                         "root:www-data, chmod 0640", path);
    }
}


static void
tell_keys(civic_worker_t *w, const alipay_keys_t *keys)
{
    char     line[1024];
    int64_t  at = alipay_keys_expire_at(keys), now = (int64_t) time(NULL);

    (void) alipay_keys_describe(keys, line, sizeof(line));
    civic_worker_log(w, CIVIC_LOG_INFO, "alipay: %s", line);

    if (app_certificate_ends(at, now, line, sizeof(line)) != 0) {
        civic_worker_log(w, at <= now ? CIVIC_LOG_ERROR : CIVIC_LOG_WARN,
                         "alipay: %s", line);
    }
}


/* What is right for a sandbox alone. */
static int
check_production(civic_worker_t *w, const json_t *options,
    const gateway_t *gateway, civic_failure_t *failure)
{
    if (civic_worker_sandbox(w)) {
        return 0;
    }

    if (!gateway->https) {
        snprintf(failure->text, sizeof(failure->text), "gateway \"%.120s\": "
                 "only https in production", app_text(options, "gateway"));
        return -1;
    }

    if (is_sandbox_host(gateway)) {
        civic_worker_log(w, CIVIC_LOG_WARN, "alipay: gateway \"%s\" is "
                         "Alipay's sandbox, and this is production",
                         app_text(options, "gateway"));
    }

    tell_permissions(w, options);

    return 0;
}


static app_state_t *
start(civic_worker_t *w, const json_t *options, civic_failure_t *failure)
{
    gateway_t       gateway;
    app_state_t    *state;
    alipay_keys_t  *keys;

    if (check_gateway(options, &gateway, failure) != 0
        || check_production(w, options, &gateway, failure) != 0)
    {
        return NULL;
    }

    keys = app_keys_read(options, failure);
    if (keys == NULL) {
        return NULL;
    }

    tell_keys(w, keys);
    snprintf(failure->text, sizeof(failure->text), "no memory");

    state = calloc(1, sizeof(*state));
    if (state == NULL) {
        alipay_keys_free(keys);
        return NULL;
    }

    state->ending_told = (int64_t) time(NULL);
    state->path = strdup(gateway.path);
    state->keys = app_keys_new(keys);

    if (state->path == NULL || state->keys == NULL) {
        app_exit_worker(state);
        return NULL;
    }

    return state;
}


civic_result_t
app_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    json_t  *options = all_options(w);

    *state = start(w, options, failure);
    json_decref(options);

    return *state == NULL ? CIVIC_ERROR : CIVIC_OK;
}


void
app_exit_worker(void *data)
{
    app_state_t  *state = data;

    if (state == NULL) {
        return;
    }

    app_keys_let_go(state->keys);
    free(state->path);
    free(state);
}
