/*
 * certificate.c - the gateway's certificate, for apps that have not got it.
 *
 * Nobody signs this answer: an app that met an unknown certificate could not
 * verify it.
 */

#include <stdlib.h>

#include "base64.h"
#include "sandbox.h"


civic_result_t
sandbox_certificate(sandbox_call_t *call)
{
    char             *content;
    json_t           *node;
    size_t            len;
    const char       *serial = sandbox_business(call, "alipay_cert_sn");
    sandbox_state_t  *state = civic_state(call->r);

    call->flags |= ALIPAY_ANSWER_UNSIGNED;

    if (state->certificate == NULL || serial == NULL
        || strcmp(serial, alipay_keys_own_serial(state->keys)) != 0)
    {
        return sandbox_refuse(call, "40004", "ALIPAY_CERT_NOT_EXIST",
                              "证书不存在");
    }

    len = strlen(state->certificate);
    content = malloc(CIVIC_BASE64_ROOM(len));

    if (content == NULL) {
        return CIVIC_ERROR;
    }

    (void) civic_base64_encode(state->certificate, len, content);
    node = json_pack("{s:s}", "alipay_cert_content", content);
    free(content);

    return sandbox_done(call, node);
}
