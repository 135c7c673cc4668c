/*
 * alipay_request.c - what is sent: the common parameters, the business ones,
 * their signature, and where each of them stands.
 *
 * Everything that could be personal or secret goes into the body, since URLs
 * get into logs.  A page's URL is the exception that the protocol makes.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alipay_private.h"
#include "text.h"

#define GMT8          (8 * 3600)        /* s: the reference's DATE_TIMEZONE */
#define YEAR_9999     253402271999      /* s: its end in GMT+8 */
#define URL_MAX       256               /* of notify_url and return_url */
#define REQUEST_SIGNS (ALIPAY_SIGNED_SIGN_TYPE | ALIPAY_SIGNED_CERT_SN)

/* What the Node SDK puts into the query; its tokens we do not. */
static const char *const  common[] = {
    "app_id", "method", "format", "charset", "sign_type", "sign", "timestamp",
    "version", "notify_url", "return_url", "app_cert_sn",
    "alipay_root_cert_sn", NULL
};

/* charset must be known before the body is decoded; method is for logs. */
static const char *const  least[] = { "charset", "method", NULL };


int
alipay_time(int64_t now, char out[ALIPAY_TIME_TEXT])
{
    time_t     at;
    struct tm  tm;

    if (now < 0 || now > YEAR_9999) {
        return -1;
    }

    at = (time_t) (now + GMT8);

    if (gmtime_r(&at, &tm) == NULL) {
        return -1;
    }

    return strftime(out, ALIPAY_TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm)
           == ALIPAY_TIME_TEXT - 1 ? 0 : -1;
}


static int
append(const char *data, size_t len, void *out)
{
    alipay_put(out, data, len);

    return 0;
}


int
alipay_business(const json_t *value, alipay_text_t *out)
{
    if (json_dump_callback(value, append, out, JSON_COMPACT) != 0) {
        return -1;
    }

    return alipay_text_finish(out);
}


/* ---- parameters -------------------------------------------------------- */

static int
add(alipay_parameters_t *parameters, const char *name, const char *value,
    size_t len, alipay_failure_t *failure)
{
    char  shown[ALIPAY_NAME + 1];

    if (len == 0) {
        return 0;
    }

    if (alipay_parameters_add(parameters, name, value, len) == 0
        && civic_text_length(value, len) >= 0)
    {
        return 0;
    }

    alipay_code_copy(shown, sizeof(shown), name);

    return alipay_fail(failure, "parameter \"%s\": stands twice, is no name, "
                       "or its value is not UTF-8", shown);
}


static int
add_text(alipay_parameters_t *parameters, const char *name, const char *value,
    alipay_failure_t *failure)
{
    return value == NULL ? 0
           : add(parameters, name, value, strlen(value), failure);
}


static int
add_url(alipay_parameters_t *parameters, const char *name, const char *value,
    alipay_failure_t *failure)
{
    if (value != NULL && strlen(value) > URL_MAX) {
        return alipay_fail(failure, "%s: over %d bytes", name, URL_MAX);
    }

    return add_text(parameters, name, value, failure);
}


/* What every request has. */
static int
add_common(const alipay_keys_t *keys, const alipay_request_t *request,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    char  method[ALIPAY_METHOD + 1], at[ALIPAY_TIME_TEXT];

    alipay_code_copy(method, sizeof(method), request->method);

    if (method[0] == '\0') {
        return alipay_fail(failure, "the request names no method");
    }

    if (alipay_time(request->now, at) != 0) {
        return alipay_fail(failure, "%s: no time to sign", method);
    }

    if (add_text(parameters, "method", method, failure) != 0
        || add_text(parameters, "app_id", keys->app_id, failure) != 0
        || add_text(parameters, "charset", "utf-8", failure) != 0
        || add_text(parameters, "version", "1.0", failure) != 0
        || add_text(parameters, "sign_type", "RSA2", failure) != 0
        || add_text(parameters, "timestamp", at, failure) != 0
        || add_text(parameters, "format", "JSON", failure) != 0
        || add_text(parameters, "app_cert_sn", keys->own_serial, failure) != 0)
    {
        return -1;
    }

    return add_text(parameters, "alipay_root_cert_sn", keys->root_serial,
                    failure);
}


static int
add_encrypted(const alipay_keys_t *keys, const alipay_request_t *request,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    int            rc;
    alipay_text_t  sealed = { .data = NULL };

    rc = alipay_content_encrypt(keys, request->business,
                                request->business_len, &sealed);

    if (rc != 0) {
        rc = alipay_fail(failure, "%s: its content cannot be encrypted%s",
                         request->method, keys->content_key_len > 0
                         ? "" : ": there is no content key");

    } else if (add_text(parameters, "encrypt_type", "AES", failure) != 0) {
        rc = -1;

    } else {
        rc = add(parameters, "biz_content", sealed.data, sealed.len, failure);
    }

    alipay_text_free(&sealed);

    return rc;
}


static int
add_business(const alipay_keys_t *keys, const alipay_request_t *request,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    if (request->business == NULL) {
        return !request->encrypt ? 0
               : alipay_fail(failure, "%s: nothing to encrypt",
                             request->method);
    }

    if (request->business_len == 0
        || request->business_len > ALIPAY_REQUEST_MAX
        || request->business[0] != '{')
    {
        return alipay_fail(failure, "%s: biz_content is no JSON object, or "
                           "too long", request->method);
    }

    if (request->encrypt) {
        return add_encrypted(keys, request, parameters, failure);
    }

    return add(parameters, "biz_content", request->business,
               request->business_len, failure);
}


static int
add_all(const alipay_keys_t *keys, const alipay_request_t *request,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    size_t  i;

    if (add_common(keys, request, parameters, failure) != 0
        || add_url(parameters, "notify_url", request->notify_url, failure)
           != 0
        || add_url(parameters, "return_url", request->return_url, failure)
           != 0
        || add_text(parameters, "auth_token", request->auth_token, failure)
           != 0
        || add_text(parameters, "app_auth_token", request->app_auth_token,
                    failure) != 0)
    {
        return -1;
    }

    for (i = 0; i < request->nextras; i++) {
        if (add_text(parameters, request->extras[i].name,
                     request->extras[i].value, failure) != 0)
        {
            return -1;
        }
    }

    return add_business(keys, request, parameters, failure);
}


int
alipay_request_sign(const alipay_keys_t *keys,
    const alipay_request_t *request, alipay_parameters_t *parameters,
    alipay_failure_t *failure)
{
    int            rc;
    alipay_text_t  text = { .data = NULL }, sign = { .data = NULL };

    memset(parameters, 0, sizeof(*parameters));

    if (add_all(keys, request, parameters, failure) != 0) {
        alipay_parameters_free(parameters);
        return -1;
    }

    if (alipay_parameters_text(parameters, REQUEST_SIGNS, &text) == 0
        && alipay_sign(keys, text.data, text.len, &sign) == 0)
    {
        rc = add(parameters, "sign", sign.data, sign.len, failure);

    } else {
        rc = alipay_fail(failure, "%s: cannot be signed", request->method);
    }

    alipay_text_free(&text);
    alipay_text_free(&sign);

    if (rc != 0) {
        alipay_parameters_free(parameters);
    }

    return rc;
}


/* ---- where they stand -------------------------------------------------- */

int
alipay_is_among(const char *const *names, const char *name)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
put_pair(alipay_text_t *out, const alipay_parameter_t *item)
{
    alipay_puts(out, out->len == 0 ? "" : "&");
    alipay_puts(out, item->name);
    alipay_puts(out, "=");
    alipay_put_encoded(out, item->value, item->value_len);
}


/* A form, or the parts of one with a file. */
static int
put_body(const alipay_keys_t *keys, const alipay_request_t *request,
    alipay_sent_t *sent, alipay_failure_t *failure)
{
    size_t                      i;
    const char *const          *names;
    const alipay_parameter_t   *item;

    names = keys->dialect.common_in_query || request->file != NULL
            ? common : least;
    alipay_puts(&sent->body, "");

    for (i = 0; i < sent->parameters.count; i++) {
        item = &sent->parameters.items[i];

        if (alipay_is_among(names, item->name)) {
            put_pair(&sent->query, item);

        } else if (request->file == NULL) {
            put_pair(&sent->body, item);
        }
    }

    if (request->file != NULL) {
        return alipay_multipart_put(request->file, sent, names, failure);
    }

    memcpy(sent->type, ALIPAY_FORM, sizeof(ALIPAY_FORM));

    return 0;
}


int
alipay_request_build(const alipay_keys_t *keys,
    const alipay_request_t *request, alipay_sent_t *sent,
    alipay_failure_t *failure)
{
    memset(sent, 0, sizeof(*sent));

    if (alipay_request_sign(keys, request, &sent->parameters, failure) != 0) {
        return -1;
    }

    if (put_body(keys, request, sent, failure) != 0) {
        alipay_sent_free(sent);
        return -1;
    }

    if (alipay_text_finish(&sent->query) != 0
        || alipay_text_finish(&sent->body) != 0)
    {
        alipay_sent_free(sent);
        return alipay_fail(failure, "%s: no memory, or too long",
                           request->method);
    }

    return 0;
}


void
alipay_sent_free(alipay_sent_t *sent)
{
    alipay_text_free(&sent->query);
    alipay_text_free(&sent->body);
    alipay_text_free(&sent->tail);
    alipay_parameters_free(&sent->parameters);
}


int
alipay_request_url(const alipay_keys_t *keys, const char *gateway,
    const alipay_request_t *request, alipay_text_t *url,
    alipay_failure_t *failure)
{
    int                  rc;
    alipay_parameters_t  parameters;

    if (alipay_request_sign(keys, request, &parameters, failure) != 0) {
        return -1;
    }

    alipay_puts(url, gateway);
    alipay_puts(url, "?");
    rc = alipay_parameters_form(&parameters, url);
    alipay_parameters_free(&parameters);

    return rc == 0 ? 0 : alipay_fail(failure, "%s: no memory, or too long",
                                     request->method);
}
