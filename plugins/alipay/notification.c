/*
 * notification.c - "alipay.notification": whether a notification that
 * somebody posted is Alipay's.
 *
 * Anybody can post one, so it is read on a thread, and a certificate that it
 * names is fetched within a bound of its own.
 */

#include "app.h"

typedef struct {
    const alipay_keys_t  *keys;
    const char           *form;
    size_t                len;
    unsigned              flags;
    alipay_notify_t       notify;
    char                  serial[ALIPAY_SERIAL_TEXT];
} notice_t;


/* "" if it names none that could be one. */
static void
find_serial(notice_t *notice)
{
    size_t                len;
    const char           *serial;
    alipay_failure_t      failure;
    alipay_parameters_t   parameters = { .items = NULL };

    notice->serial[0] = '\0';

    if (alipay_form_parse(notice->form, notice->len, &parameters, &failure)
        == 0)
    {
        serial = alipay_parameters_get(&parameters, "alipay_cert_sn");
        len = serial == NULL ? 0 : strlen(serial);

        if (len == ALIPAY_SERIAL_TEXT - 1
            && strspn(serial, "0123456789abcdef") == len)
        {
            memcpy(notice->serial, serial, len + 1);
        }
    }

    alipay_parameters_free(&parameters);
}


/* On a thread. */
static void
read_notice(void *data)
{
    notice_t  *notice = data;

    if (alipay_notify_read(notice->keys, notice->flags, notice->form,
                           notice->len, &notice->notify) != 0
        && notice->notify.signature == ALIPAY_SIGNATURE_CERT_UNKNOWN)
    {
        find_serial(notice);
    }
}


/* In certificate mode perhaps twice. */
static civic_result_t
verify(civic_request_t *r, notice_t *notice, app_keys_t **keys)
{
    app_cert_t       got;
    app_state_t     *state = civic_state(r);
    civic_result_t   rc;

    notice->keys = (*keys)->keys;
    rc = civic_offload(r, CIVIC_THREADS_WORK, read_notice, notice);

    if (rc != CIVIC_OK || notice->serial[0] == '\0') {
        return rc;
    }

    got = app_certificate_get(r, &state->of_notifications, notice->serial,
                              keys);

    if (got != APP_CERT_NEW) {
        return got == APP_CERT_ABORTED ? CIVIC_ABORTED : CIVIC_OK;
    }

    alipay_notify_free(&notice->notify);
    notice->keys = (*keys)->keys;

    return civic_offload(r, CIVIC_THREADS_WORK, read_notice, notice);
}


static json_t *
write_down(const notice_t *notice)
{
    int                        valid;
    size_t                     i;
    json_t                    *parameters = json_object();
    const alipay_parameter_t  *item;

    valid = notice->notify.signature == ALIPAY_SIGNATURE_GOOD;

    for (i = 0; i < notice->notify.parameters.count; i++) {
        item = &notice->notify.parameters.items[i];

        if (json_object_set_new(parameters, item->name,
                                json_stringn(item->value, item->value_len))
            != 0)
        {
            json_decref(parameters);
            return NULL;
        }
    }

    return json_pack("{s:b, s:s, s:o}", "valid", valid, "why",
                     alipay_signature_name(notice->notify.signature),
                     "parameters", parameters);
}


static void
tell(civic_request_t *r, const notice_t *notice)
{
    if (notice->notify.signature == ALIPAY_SIGNATURE_GOOD) {
        civic_count(r, APP_NOTIFICATIONS, 1);
        return;
    }

    civic_count(r, APP_NOTIFICATIONS_INVALID, 1);
    civic_log(r, CIVIC_LOG_WARN, "%s", notice->notify.why);
}


civic_result_t
app_notification(civic_request_t *r, json_t *in, json_t **out)
{
    json_t          *form = json_object_get(in, "form");
    notice_t         notice = { .form = json_string_value(form) };
    app_keys_t      *keys;
    civic_result_t   rc;

    if (notice.form == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "alipay.notification was asked for "
                  "without a \"form\": a bug of the plugin that asks");
        return CIVIC_ERROR;
    }

    notice.len = json_string_length(form);

    if (json_is_true(json_object_get(in, "service"))) {
        notice.flags |= ALIPAY_NOTIFY_SERVICE;
    }

    keys = app_keys_hold(civic_state(r));
    rc = verify(r, &notice, &keys);

    if (rc == CIVIC_OK) {
        tell(r, &notice);
        *out = write_down(&notice);
        rc = *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    alipay_notify_free(&notice.notify);
    app_keys_let_go(keys);

    return rc;
}
