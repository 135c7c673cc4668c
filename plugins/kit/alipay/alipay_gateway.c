/*
 * alipay_gateway.c - the other side of the wire, for sandboxes and tests:
 * reads requests as the gateway does, and signs answers and notifications.
 */

#include <stdlib.h>
#include <string.h>

#include "alipay_private.h"


static alipay_signature_t
verify(const alipay_keys_t *keys, const alipay_parameters_t *parameters)
{
    const char          *sign = alipay_parameters_get(parameters, "sign");
    const char          *type = alipay_parameters_get(parameters, "sign_type");
    const char          *serial = NULL;
    alipay_text_t        text = { .data = NULL };
    alipay_signature_t   status = ALIPAY_SIGNATURE_UNREADABLE;

    if (sign == NULL) {
        return ALIPAY_SIGNATURE_MISSING;
    }

    if (type == NULL || strcmp(type, "RSA2") != 0) {
        return ALIPAY_SIGNATURE_TYPE;
    }

    if (keys->certificates) {
        serial = alipay_parameters_get(parameters, "app_cert_sn");

        if (serial == NULL) {
            return ALIPAY_SIGNATURE_CERT_UNKNOWN;
        }
    }

    if (alipay_parameters_text(parameters, ALIPAY_SIGNED_SIGN_TYPE
                               | ALIPAY_SIGNED_CERT_SN, &text) == 0)
    {
        status = alipay_verify(keys, text.data, text.len, sign, strlen(sign),
                               serial);
    }

    alipay_text_free(&text);

    return status;
}


/* What was read, verified. */
static alipay_signature_t
judge(const alipay_keys_t *keys, const alipay_parameters_t *parameters,
    alipay_failure_t *failure)
{
    const char          *app_id = alipay_parameters_get(parameters, "app_id");
    alipay_signature_t   status = verify(keys, parameters);

    if (status == ALIPAY_SIGNATURE_GOOD
        && (app_id == NULL || strcmp(app_id, keys->app_id) != 0))
    {
        status = ALIPAY_SIGNATURE_OTHER_APP;
    }

    if (status != ALIPAY_SIGNATURE_GOOD) {
        alipay_fail(failure, "the signature is %s",
                    alipay_signature_name(status));
    }

    return status;
}


alipay_signature_t
alipay_gateway_read(const alipay_keys_t *keys, const char *query,
    size_t query_len, const char *body, size_t len,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    memset(parameters, 0, sizeof(*parameters));

    if (alipay_form_parse(query, query_len, parameters, failure) != 0
        || alipay_form_parse(body, len, parameters, failure) != 0)
    {
        return ALIPAY_SIGNATURE_UNREADABLE;
    }

    return judge(keys, parameters, failure);
}


alipay_signature_t
alipay_gateway_read_parts(const alipay_keys_t *keys, const char *query,
    size_t query_len, const char *type, const char *body, size_t len,
    alipay_parameters_t *parameters, alipay_part_t *file,
    alipay_failure_t *failure)
{
    memset(parameters, 0, sizeof(*parameters));
    memset(file, 0, sizeof(*file));

    if (alipay_form_parse(query, query_len, parameters, failure) != 0
        || alipay_multipart_parse(type, body, len, parameters, file, failure)
           != 0)
    {
        return ALIPAY_SIGNATURE_UNREADABLE;
    }

    return judge(keys, parameters, failure);
}


/* ---- answers ----------------------------------------------------------- */

static void
put_node_name(alipay_text_t *out, const char *method, unsigned flags)
{
    size_t  i;

    if (flags & ALIPAY_ANSWER_ERROR) {
        alipay_puts(out, "error_response");
        return;
    }

    for (i = 0; method[i] != '\0'; i++) {
        alipay_put(out, method[i] == '.' ? "_" : method + i, 1);
    }

    alipay_puts(out, "_response");
}


/* The node as it stands in the answer: what is signed. */
static int
put_node(const alipay_keys_t *keys, const char *node, size_t len,
    unsigned flags, alipay_text_t *out)
{
    if (!(flags & ALIPAY_ANSWER_ENCRYPTED)) {
        alipay_put(out, node, len);
        return alipay_text_finish(out);
    }

    alipay_puts(out, "\"");

    if (alipay_content_encrypt(keys, node, len, out) != 0) {
        return -1;
    }

    alipay_puts(out, "\"");

    return alipay_text_finish(out);
}


int
alipay_gateway_answer(const alipay_keys_t *keys, const char *method,
    const char *node, size_t len, unsigned flags, alipay_text_t *out)
{
    int            rc;
    alipay_text_t  value = { .data = NULL }, sign = { .data = NULL };

    rc = put_node(keys, node, len, flags, &value);

    if (rc == 0 && !(flags & ALIPAY_ANSWER_UNSIGNED)) {
        rc = alipay_sign(keys, value.data, value.len, &sign);
    }

    if (rc == 0) {
        alipay_puts(out, "{\"");
        put_node_name(out, method, flags);
        alipay_puts(out, "\":");
        alipay_put(out, value.data, value.len);
    }

    if (rc == 0 && sign.data != NULL) {
        if (keys->certificates) {
            alipay_puts(out, ",\"alipay_cert_sn\":\"");
            alipay_puts(out, keys->own_serial);
            alipay_puts(out, "\"");
        }

        alipay_puts(out, ",\"sign\":\"");
        alipay_puts(out, sign.data);
        alipay_puts(out, "\"");
    }

    if (rc == 0) {
        alipay_puts(out, "}");
        rc = alipay_text_finish(out);
    }

    alipay_text_free(&value);
    alipay_text_free(&sign);

    return rc;
}


int
alipay_gateway_notify(const alipay_keys_t *keys,
    alipay_parameters_t *parameters, alipay_text_t *out)
{
    int            rc;
    alipay_text_t  text = { .data = NULL }, sign = { .data = NULL };

    rc = alipay_parameters_text(parameters, ALIPAY_SIGNED_EMPTY, &text);

    if (rc == 0) {
        rc = alipay_sign(keys, text.data, text.len, &sign);
    }

    if (rc == 0
        && (alipay_parameters_add(parameters, "sign_type", "RSA2", 4) != 0
            || alipay_parameters_add(parameters, "sign", sign.data, sign.len)
               != 0
            || alipay_parameters_form(parameters, out) != 0))
    {
        rc = -1;
    }

    alipay_text_free(&text);
    alipay_text_free(&sign);

    return rc;
}
