/*
 * ngx_http_civic_secrets.c - random bytes, seals and pids for handlers.
 *
 * A plugin seals under the purposes of its own tables only; the keys stay
 * with the host.
 */

#include "ngx_http_civic.h"

#include <openssl/rand.h>


civic_result_t
ngx_http_civic_random(civic_request_t *r, void *bytes, size_t len)
{
    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (len > 4096 || RAND_bytes(bytes, (int) len) != 1) {
        civic_log(r, CIVIC_LOG_ERROR, "no %zu random bytes", len);
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


civic_purpose_t *
ngx_http_civic_purpose(civic_request_t *r, const char *name)
{
    ngx_uint_t                i;
    ngx_http_civic_plugin_t  *plugin = ngx_http_civic_cast(r)->plugin;

    for (i = 0; i < plugin->npurposes; i++) {
        if (plugin->purpose_names[i] == name
            || ngx_strcmp(plugin->purpose_names[i], name) == 0)
        {
            return plugin->purposes[i];
        }
    }

    civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" uses the purpose \"%s\", "
              "which is not in its tables", plugin->name.data, name);

    return NULL;
}


civic_result_t
ngx_http_civic_seal(civic_request_t *r, const char *name, civic_str_t context,
    civic_str_t plain, civic_str_t *sealed)
{
    int64_t           len;
    unsigned char    *out;
    civic_purpose_t  *purpose;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    purpose = ngx_http_civic_purpose(r, name);
    if (purpose == NULL) {
        return CIVIC_ERROR;
    }

    out = ngx_http_civic_alloc(r, plain.len + CIVIC_SEAL_OVERHEAD);

    len = civic_purpose_seal(purpose, context, plain, out);
    if (len < 0) {
        civic_log(r, CIVIC_LOG_ERROR, "sealing for \"%s\" failed", name);
        return CIVIC_ERROR;
    }

    sealed->data = (char *) out;
    sealed->len = len;

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_open(civic_request_t *r, const char *name, civic_str_t context,
    civic_str_t sealed, civic_str_t *plain)
{
    int64_t           len;
    unsigned char    *out;
    civic_purpose_t  *purpose;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    purpose = ngx_http_civic_purpose(r, name);
    if (purpose == NULL) {
        return CIVIC_ERROR;
    }

    out = ngx_http_civic_alloc(r, sealed.len + 1);

    len = civic_purpose_open(purpose, context, sealed, out);
    if (len < 0) {
        return CIVIC_INVALID;
    }

    out[len] = '\0';
    plain->data = (char *) out;
    plain->len = len;

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_person_id(civic_request_t *r, civic_str_t canonical,
    civic_str_t *pid)
{
    char  *out;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    out = ngx_http_civic_alloc(r, CIVIC_PID_LEN + 1);

    if (civic_keyring_person_id(ngx_http_civic_worker.conf->keyring,
                                canonical, out)
        != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a pid cannot be made");
        return CIVIC_ERROR;
    }

    pid->data = out;
    pid->len = CIVIC_PID_LEN;

    return CIVIC_OK;
}
