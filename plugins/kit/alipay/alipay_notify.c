/*
 * alipay_notify.c - whether a notification is Alipay's, and what it says.
 *
 * The form is decoded once, and the bytes that come out are what was signed,
 * in whatever charset.  Which of sign_type, alipay_cert_sn and empty values
 * were signed differs between the SDKs: few readings are tried, all of them
 * against the same pinned algorithm and keys.
 *
 * "name=value&..." without escapes can be cut into parameters in more than
 * one way.  A value that holds another parameter's beginning is therefore
 * refused where that parameter decides something.
 */

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alipay_private.h"
#include "text.h"

#define READINGS      4
#define WIDER         3                 /* UTF-8 bytes for one of GB 18030 */

/* What a caller decides by. */
static const char *const  deciding[] = {
    "app_id", "auth_app_id", "notify_id", "notify_type", "out_biz_no",
    "out_trade_no", "refund_fee", "seller_id", "total_amount", "trade_no",
    "trade_status", NULL
};


/* ---- verifying --------------------------------------------------------- */

static int
has_empty(const alipay_parameters_t *parameters)
{
    size_t  i;

    for (i = 0; i < parameters->count; i++) {
        if (parameters->items[i].value_len == 0) {
            return 1;
        }
    }

    return 0;
}


/* The ways to read it that the reference leaves open; the number of them. */
static size_t
readings(const alipay_keys_t *keys, const alipay_parameters_t *parameters,
    unsigned flags, unsigned out[READINGS])
{
    size_t  count = 0, i, plain;

    out[count++] = ALIPAY_SIGNED_EMPTY | (flags & ALIPAY_NOTIFY_SERVICE
                                          ? ALIPAY_SIGNED_SIGN_TYPE : 0);

    if (has_empty(parameters) && !keys->dialect.strict_empty) {
        out[count++] = out[0] & ~ALIPAY_SIGNED_EMPTY;
    }

    if (alipay_parameters_get(parameters, "alipay_cert_sn") != NULL) {
        plain = count;

        for (i = 0; i < plain; i++) {
            out[count++] = out[i] | ALIPAY_SIGNED_CERT_SN;
        }
    }

    return count;
}


static alipay_signature_t
verify_reading(const alipay_keys_t *keys,
    const alipay_parameters_t *parameters, unsigned flags, const char *sign,
    const char *serial)
{
    alipay_text_t       text = { .data = NULL };
    alipay_signature_t  status = ALIPAY_SIGNATURE_UNREADABLE;

    if (alipay_parameters_text(parameters, flags, &text) == 0) {
        status = alipay_verify(keys, text.data, text.len, sign, strlen(sign),
                               serial);
    }

    alipay_text_free(&text);

    return status;
}


/* What was not signed may have been added by anybody on the way. */
static void
drop_empty(alipay_parameters_t *parameters)
{
    size_t  i, kept = 0;

    for (i = 0; i < parameters->count; i++) {
        if (parameters->items[i].value_len > 0) {
            parameters->items[kept++] = parameters->items[i];

        } else {
            free(parameters->items[i].name);
            free(parameters->items[i].value);
        }
    }

    parameters->count = kept;
}


static alipay_signature_t
verify(const alipay_keys_t *keys, unsigned flags,
    alipay_parameters_t *parameters)
{
    size_t               i, count;
    unsigned             tried[READINGS];
    const char          *serial = NULL, *sign, *type;
    alipay_signature_t   status = ALIPAY_SIGNATURE_MISSING;

    sign = alipay_parameters_get(parameters, "sign");
    type = alipay_parameters_get(parameters, "sign_type");

    if (sign == NULL) {
        return ALIPAY_SIGNATURE_MISSING;
    }

    if (type == NULL || strcmp(type, "RSA2") != 0) {
        return ALIPAY_SIGNATURE_TYPE;
    }

    if (keys->certificates) {
        serial = alipay_parameters_get(parameters, "alipay_cert_sn");
    }

    count = readings(keys, parameters, flags, tried);

    for (i = 0; i < count; i++) {
        status = verify_reading(keys, parameters, tried[i], sign, serial);

        if (status != ALIPAY_SIGNATURE_WRONG) {
            break;
        }
    }

    if (status == ALIPAY_SIGNATURE_GOOD && !(tried[i] & ALIPAY_SIGNED_EMPTY)) {
        drop_empty(parameters);
    }

    return status;
}


/* ---- what was signed, read in one way only ----------------------------- */

/* Whether a value holds "&<deciding name>=". */
static int
swallows(const alipay_parameter_t *item)
{
    size_t       i, len;
    const char  *at = item->value;

    while ((at = strchr(at, '&')) != NULL) {
        at++;

        for (i = 0; deciding[i] != NULL; i++) {
            len = strlen(deciding[i]);

            if (strncmp(at, deciding[i], len) == 0 && at[len] == '=') {
                return 1;
            }
        }
    }

    return 0;
}


static const char *
ambiguous(const alipay_parameters_t *parameters)
{
    size_t  i;

    for (i = 0; i < parameters->count; i++) {
        if (swallows(&parameters->items[i])) {
            return parameters->items[i].name;
        }
    }

    return NULL;
}


/* ---- charset ----------------------------------------------------------- */

/* iconv's name of what it takes to read a charset; NULL for UTF-8, "" for
   none of ours.  GB 18030 holds GBK and GB 2312. */
static const char *
converter_of(const char *charset)
{
    size_t  i;

    static const char *const  chinese[] = { "gbk", "gb2312", "gb18030" };

    if (charset == NULL || strcasecmp(charset, "utf-8") == 0
        || strcasecmp(charset, "utf8") == 0)
    {
        return NULL;
    }

    for (i = 0; i < sizeof(chinese) / sizeof(chinese[0]); i++) {
        if (strcasecmp(charset, chinese[i]) == 0) {
            return "GB18030";
        }
    }

    return "";
}


static int
convert(iconv_t converter, alipay_parameter_t *item)
{
    char    *in = item->value, *out, *start;
    size_t   in_len = item->value_len, room, size;

    size = item->value_len * WIDER + 1;
    start = malloc(size);
    if (start == NULL) {
        return -1;
    }

    out = start;
    room = size - 1;

    if (iconv(converter, &in, &in_len, &out, &room) == (size_t) -1) {
        alipay_wipe(start, size);
        return -1;
    }

    *out = '\0';
    alipay_wipe(item->value, item->value_len);
    item->value = start;
    item->value_len = (size_t) (out - start);

    return 0;
}


static int
convert_all(const char *from, alipay_parameters_t *parameters)
{
    int      rc = 0;
    size_t   i;
    iconv_t  converter = iconv_open("UTF-8", from);

    if (converter == (iconv_t) -1) {
        return -1;
    }

    for (i = 0; i < parameters->count && rc == 0; i++) {
        rc = convert(converter, &parameters->items[i]);
    }

    iconv_close(converter);

    return rc;
}


/* The values as UTF-8.  NULL, or what is wrong with them. */
static const char *
to_utf8(alipay_parameters_t *parameters)
{
    size_t       i;
    const char  *from;

    from = converter_of(alipay_parameters_get(parameters, "charset"));

    if (from != NULL) {
        return from[0] == '\0' ? "its charset is neither utf-8 nor gbk"
               : convert_all(from, parameters) == 0 ? NULL
               : "a value is not in its charset";
    }

    for (i = 0; i < parameters->count; i++) {
        if (civic_text_length(parameters->items[i].value,
                              parameters->items[i].value_len) < 0)
        {
            return "a value is not UTF-8";
        }
    }

    return NULL;
}


/* ---- the whole --------------------------------------------------------- */

/* What a good signature does not say.  0, or -1. */
static int
accept(const alipay_keys_t *keys, alipay_notify_t *notify)
{
    const char  *name, *reason, *app_id;

    app_id = alipay_parameters_get(&notify->parameters, "app_id");

    if (app_id == NULL || strcmp(app_id, keys->app_id) != 0) {
        notify->signature = ALIPAY_SIGNATURE_OTHER_APP;
        alipay_say(notify->why, ": well signed, but not for app_id %s",
                   keys->app_id);
        return -1;
    }

    name = ambiguous(&notify->parameters);

    if (name != NULL) {
        notify->signature = ALIPAY_SIGNATURE_UNREADABLE;
        alipay_say(notify->why, ": the value of \"%s\" holds another "
                   "parameter", name);
        return -1;
    }

    reason = to_utf8(&notify->parameters);

    if (reason != NULL) {
        notify->signature = ALIPAY_SIGNATURE_UNREADABLE;
        alipay_say(notify->why, ": %s", reason);
        return -1;
    }

    return 0;
}


int
alipay_notify_read(const alipay_keys_t *keys, unsigned flags,
    const char *body, size_t len, alipay_notify_t *notify)
{
    alipay_failure_t  failure;

    memset(notify, 0, sizeof(*notify));
    alipay_say(notify->why, "alipay notification");

    if (len > ALIPAY_NOTIFY_MAX
        || alipay_form_parse(body, len, &notify->parameters, &failure) != 0)
    {
        notify->signature = ALIPAY_SIGNATURE_UNREADABLE;
        alipay_say(notify->why, ": %s", len > ALIPAY_NOTIFY_MAX
                   ? "too long" : failure.text);
        alipay_parameters_free(&notify->parameters);
        return -1;
    }

    notify->signature = verify(keys, flags, &notify->parameters);

    if (notify->signature != ALIPAY_SIGNATURE_GOOD) {
        alipay_diagnose_notify(keys, &notify->parameters,
                               flags & ALIPAY_NOTIFY_SERVICE
                               ? ALIPAY_SIGNED_SIGN_TYPE : 0,
                               notify->signature, notify->why);

    } else if (accept(keys, notify) == 0) {
        notify->why[0] = '\0';
        return 0;
    }

    alipay_parameters_free(&notify->parameters);

    return -1;
}


void
alipay_notify_free(alipay_notify_t *notify)
{
    alipay_parameters_free(&notify->parameters);
    memset(notify, 0, sizeof(*notify));
    notify->signature = ALIPAY_SIGNATURE_MISSING;
}
