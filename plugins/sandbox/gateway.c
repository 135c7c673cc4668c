/*
 * gateway.c - gateway.do of Alipay's OpenAPI, protocol v2: verifies what an
 * app has signed, does what the method asks, signs the answer.
 *
 * Parameters may stand in the query or in the body, as SDKs differ in that.
 * Verifying takes 0.05 ms and is done here; signing takes a millisecond, on
 * a thread, over a text that is finished before.
 */

#include <stdlib.h>
#include <strings.h>

#include "bill.h"
#include "notice.h"

static const struct {
    const char          *name;
    sandbox_method_pt    handler;
    unsigned             legacy;
} methods[] = {
    { "alipay.system.oauth.token", sandbox_oauth_token, 1 },
    { "alipay.user.info.share", sandbox_user_info, 0 },
    { "alipay.user.certify.open.initialize", sandbox_open_initialize, 0 },
    { "alipay.user.certify.open.query", sandbox_open_query, 0 },
    { "datadigital.fincloud.generalsaas.face.certify.initialize",
      sandbox_h5_initialize, 0 },
    { "datadigital.fincloud.generalsaas.face.certify.verify",
      sandbox_h5_verify, 0 },
    { "datadigital.fincloud.generalsaas.face.certify.query",
      sandbox_h5_query, 0 },
    { "datadigital.fincloud.generalsaas.face.verification.initialize",
      sandbox_verification_initialize, 0 },
    { "datadigital.fincloud.generalsaas.face.verification.query",
      sandbox_verification_query, 0 },
    { "datadigital.fincloud.generalsaas.face.source.certify",
      sandbox_source_certify, 0 },
    { "alipay.trade.create", sandbox_trade_create, 0 },
    { "alipay.trade.precreate", sandbox_trade_precreate, 0 },
    { "alipay.trade.query", sandbox_trade_query, 0 },
    { "alipay.trade.close", sandbox_trade_close, 0 },
    { "alipay.trade.cancel", sandbox_trade_cancel, 0 },
    { "alipay.trade.refund", sandbox_trade_refund, 0 },
    { "alipay.trade.fastpay.refund.query", sandbox_trade_refund_query, 0 },
    { "alipay.data.dataservice.bill.downloadurl.query", sandbox_bill_url, 0 },
    { "alipay.open.app.alipaycert.download", sandbox_certificate, 0 }
};

#define METHODS  (sizeof(methods) / sizeof(methods[0]))

static const struct {
    const char  *code;
    const char  *msg;
} messages[] = {
    { "20000", "Service Currently Unavailable" },
    { "20001", "Insufficient Token Permissions" },
    { "40001", "Missing Required Arguments" },
    { "40002", "Invalid Arguments" },
    { "40004", "Business Failed" },
    { "40005", "Call Limited" },
    { "40006", "Insufficient Permissions" }
};

/* What SDKs put into the query: all of it (Node), or a part (Go).  A page's
   URL has its business there, too. */
const civic_field_t  sandbox_gateway_query[] = {
    SANDBOX_TEXT("app_id", 64, "应用标识", "the app"),
    SANDBOX_TEXT("method", ALIPAY_METHOD, "接口名称", "the method"),
    SANDBOX_TEXT("format", 40, "格式", "JSON"),
    SANDBOX_TEXT("charset", 10, "字符集", "utf-8"),
    SANDBOX_TEXT("sign_type", 10, "签名类型", "RSA2"),
    SANDBOX_TEXT("sign", 1024, "签名", "the signature"),
    SANDBOX_TEXT("timestamp", 19, "时间", "when it was signed, in GMT+8"),
    SANDBOX_TEXT("version", 3, "版本", "1.0"),
    SANDBOX_TEXT("notify_url", 256, "通知地址", "where notifications go"),
    SANDBOX_TEXT("return_url", 256, "返回地址", "where a browser goes afterwards"),
    SANDBOX_TEXT("auth_token", 64, "用户授权令牌", "a citizen's access_token"),
    SANDBOX_TEXT("app_auth_token", 64, "应用授权令牌", "of calls for another app"),
    SANDBOX_TEXT("app_cert_sn", 64, "应用证书序列号", "the app's certificate"),
    SANDBOX_TEXT("alipay_root_cert_sn", 512, "根证书序列号", "the root certificates"),
    SANDBOX_TEXT("alipay_sdk", 64, "开发包", "which SDK made it, in a page's URL"),
    SANDBOX_TEXT("encrypt_type", 10, "加密类型", "AES"),
    SANDBOX_TEXT("biz_content", 4096, "业务参数", "the business, as JSON"),
    CIVIC_END
};


/* ---- reading ----------------------------------------------------------- */

const char *
sandbox_parameter(const sandbox_call_t *call, const char *name)
{
    const char  *value = alipay_parameters_get(&call->parameters, name);

    return value != NULL && *value != '\0' ? value : NULL;
}


const char *
sandbox_business(const sandbox_call_t *call, const char *name)
{
    const char  *value = json_string_value(json_object_get(call->business,
                                                           name));

    return value != NULL && *value != '\0' ? value : NULL;
}


/* The query again, for the kit reads it with the body as one form. */
static int
query_form(civic_request_t *r, alipay_text_t *form)
{
    int                   rc = 0;
    json_t               *value;
    const char           *name;
    alipay_parameters_t   query = { .items = NULL };

    json_object_foreach(civic_query(r), name, value) {
        rc |= alipay_parameters_add(&query, name, json_string_value(value),
                                    json_string_length(value));
    }

    rc |= alipay_parameters_form(&query, form);
    alipay_parameters_free(&query);

    return rc;
}


static int
is_multipart(civic_str_t type)
{
    static const char  name[] = "multipart/";

    return type.len >= sizeof(name) - 1
           && strncasecmp(type.data, name, sizeof(name) - 1) == 0;
}


static alipay_signature_t
read_call(sandbox_call_t *call, civic_str_t body, alipay_failure_t *failure)
{
    civic_str_t          type = civic_header(call->r, "content-type");
    alipay_text_t        query = { .data = NULL };
    sandbox_state_t     *state = civic_state(call->r);
    alipay_signature_t   signature = ALIPAY_SIGNATURE_UNREADABLE;

    if (query_form(call->r, &query) != 0) {
        alipay_text_free(&query);
        return signature;
    }

    if (is_multipart(type)) {
        signature = alipay_gateway_read_parts(state->keys, query.data,
                                              query.len,
                                              civic_print(call->r, "%.*s",
                                                          (int) type.len,
                                                          type.data).data,
                                              body.data, body.len,
                                              &call->parameters,
                                              &call->file, failure);

    } else {
        signature = alipay_gateway_read(state->keys, query.data, query.len,
                                        body.data, body.len,
                                        &call->parameters, failure);
    }

    alipay_text_free(&query);

    return signature;
}


/* biz_content, decrypted if it is; -1 if it is no object. */
static int
read_business(sandbox_call_t *call)
{
    const char       *text = sandbox_parameter(call, "biz_content");
    const char       *type = sandbox_parameter(call, "encrypt_type");
    alipay_text_t     plain = { .data = NULL };
    sandbox_state_t  *state = civic_state(call->r);

    if (text == NULL) {
        return 0;
    }

    if (type != NULL) {
        if (strcmp(type, "AES") != 0
            || alipay_content_decrypt(state->keys, text, strlen(text),
                                      &plain) != 0)
        {
            alipay_text_free(&plain);
            return -1;
        }

        call->flags |= ALIPAY_ANSWER_ENCRYPTED;
        text = plain.data;
    }

    call->business = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    alipay_text_free(&plain);

    return json_is_object(call->business) ? 0 : -1;
}


/* ---- what is answered -------------------------------------------------- */

civic_result_t
sandbox_done_bare(sandbox_call_t *call, json_t *node)
{
    json_decref(call->node);
    call->node = node;

    return CIVIC_OK;
}


civic_result_t
sandbox_done(sandbox_call_t *call, json_t *node)
{
    json_t  *all = json_pack("{s:s, s:s}", "code", "10000", "msg", "Success");

    json_object_update(all, node);
    json_decref(node);

    return sandbox_done_bare(call, all);
}


civic_result_t
sandbox_refuse(sandbox_call_t *call, const char *code, const char *sub_code,
    const char *sub_msg)
{
    size_t       i;
    json_t      *node;
    const char  *msg = "";

    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (strcmp(messages[i].code, code) == 0) {
            msg = messages[i].msg;
        }
    }

    if (call->legacy) {
        call->flags |= ALIPAY_ANSWER_ERROR;
    }

    node = json_pack("{s:s, s:s, s:s}", "code", code, "msg", msg, "sub_code",
                     sub_code);
    /* left out if it repeats what is not UTF-8 */
    (void) json_object_set_new(node, "sub_msg", json_string(sub_msg));

    return sandbox_done_bare(call, node);
}


/* The gateway tells what it has signed, as HTML. */
static civic_result_t
refuse_wrong(sandbox_call_t *call)
{
    civic_str_t      told;
    alipay_text_t    text = { .data = NULL };
    civic_result_t   rc;

    if (alipay_parameters_text(&call->parameters, ALIPAY_SIGNED_SIGN_TYPE
                               | ALIPAY_SIGNED_CERT_SN, &text) != 0)
    {
        alipay_text_free(&text);
        return sandbox_refuse(call, "40002", "isv.invalid-signature",
                              "验签出错");
    }

    told = civic_print(call->r, "验签出错，建议检查签名字符串或签名私钥与应用公"
                       "钥是否匹配，网关生成的验签字符串为：%s",
                       sandbox_escape(call->r, text.data));
    rc = sandbox_refuse(call, "40002", "isv.invalid-signature", told.data);
    alipay_text_free(&text);

    return rc;
}


static civic_result_t
refuse_signature(sandbox_call_t *call, alipay_signature_t signature)
{
    switch (signature) {
    case ALIPAY_SIGNATURE_MISSING:
        return sandbox_refuse(call, "40001", "isv.missing-signature",
                              "缺少签名参数");

    case ALIPAY_SIGNATURE_TYPE:
        return sandbox_refuse(call, "40002", "isv.invalid-signature-type",
                              "无效的签名类型");

    case ALIPAY_SIGNATURE_CERT_UNKNOWN:
        return sandbox_refuse(call, "40002", "isv.app-cert-not-exist",
                              "应用证书不存在");

    case ALIPAY_SIGNATURE_OTHER_APP:
        /* it knows no key to answer such an app with */
        call->flags |= ALIPAY_ANSWER_ERROR | ALIPAY_ANSWER_UNSIGNED;
        return sandbox_refuse(call, "40002", "isv.invalid-app-id",
                              "无效的AppID参数");

    case ALIPAY_SIGNATURE_UNREADABLE:
        call->flags |= ALIPAY_ANSWER_ERROR;
        return sandbox_refuse(call, "40002", "isv.invalid-encoding",
                              "无效的编码或参数");

    default:
        return refuse_wrong(call);
    }
}


static civic_result_t
dispatch(sandbox_call_t *call)
{
    size_t  i;

    if (read_business(call) != 0) {
        return sandbox_refuse(call, "40002",
                              sandbox_parameter(call, "encrypt_type") != NULL
                              ? "isv.decryption-error"
                              : "isv.invalid-parameter",
                              "业务参数无法解析");
    }

    for (i = 0; i < METHODS; i++) {
        if (strcmp(methods[i].name, call->method) == 0) {
            call->legacy = methods[i].legacy;
            return methods[i].handler(call);
        }
    }

    return sandbox_refuse(call, "40002", "isv.invalid-method",
                          "不存在的方法名");
}


/* ---- sending ----------------------------------------------------------- */

typedef struct {
    const alipay_keys_t  *keys;
    const char           *method;
    const char           *node;
    unsigned              flags;
    alipay_text_t         out;
    int                   rc;
} signing_t;


static void
sign_work(void *data)
{
    signing_t  *s = data;

    s->rc = alipay_gateway_answer(s->keys, s->method, s->node,
                                  strlen(s->node), s->flags, &s->out);
}


/* Another letter in the middle of the signature, which is the last member. */
static void
spoil_signature(char *answer, size_t len)
{
    char  *c = answer + len - 100;

    *c = *c == 'A' ? 'B' : 'A';
}


static civic_result_t
send_signed(sandbox_call_t *call, const char *node, sandbox_fault_kind_t kind)
{
    civic_str_t       bytes;
    civic_result_t    rc;
    civic_request_t  *r = call->r;
    sandbox_state_t  *state = civic_state(r);
    signing_t         s = { .keys = state->keys, .method = call->method,
                            .node = node, .flags = call->flags, .rc = -1 };

    if (kind == SANDBOX_UNSIGNED_SUCCESS) {
        s.flags |= ALIPAY_ANSWER_UNSIGNED;
    }

    rc = civic_offload(r, CIVIC_THREADS_WORK, sign_work, &s);

    if (rc == CIVIC_OK && s.rc != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "an answer could not be signed");
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        if (kind == SANDBOX_WRONG_SIGNATURE
            && !(s.flags & ALIPAY_ANSWER_UNSIGNED))
        {
            spoil_signature(s.out.data, s.out.len);
        }

        bytes.data = s.out.data;
        bytes.len = s.out.len;
        bytes = sandbox_fault_cut(r, kind, bytes);
        rc = civic_reply_bytes(r, 200, "application/json;charset=utf-8",
                               bytes);
    }

    alipay_text_free(&s.out);

    return rc;
}


static civic_result_t
send_answer(sandbox_call_t *call, sandbox_fault_kind_t kind)
{
    char            *node;
    civic_result_t   rc;

    node = json_dumps(call->node, JSON_COMPACT);

    if (node == NULL) {
        return CIVIC_ERROR;
    }

    rc = send_signed(call, node, kind);
    free(node);

    return rc;
}


/* ---- faults ------------------------------------------------------------ */

/* Whether the method is done in spite of it. */
static int
is_done(sandbox_fault_kind_t kind)
{
    return kind != SANDBOX_TIMEOUT_BEFORE && kind != SANDBOX_CODE_20000
           && kind != SANDBOX_ERROR && kind != SANDBOX_HTTP_500;
}


static civic_result_t
send_with(sandbox_call_t *call, const sandbox_fault_t *fault)
{
    unsigned        sent;
    civic_result_t  rc;

    switch (fault->kind) {
    case SANDBOX_TIMEOUT:
    case SANDBOX_TIMEOUT_BEFORE:
        rc = sandbox_delay(call->r, fault->delay);
        return rc == CIVIC_OK ? sandbox_fault_page(call->r, fault->kind) : rc;

    case SANDBOX_HTTP_500:
        return sandbox_fault_page(call->r, fault->kind);

    case SANDBOX_CODE_20000:
    case SANDBOX_CODE_20000_DONE:
    case SANDBOX_ERROR:
        (void) sandbox_refuse(call, fault->code, fault->sub_code,
                              "沙箱按要求返回的错误");
        break;

    case SANDBOX_SLOW:
        rc = sandbox_delay(call->r, fault->delay);
        if (rc != CIVIC_OK) {
            return rc;
        }
        break;

    case SANDBOX_NOTIFIED_FIRST:
        rc = sandbox_notices_run(call->r, &sent);
        if (rc != CIVIC_OK) {
            return rc;
        }
        break;

    default:
        break;
    }

    return send_answer(call, fault->kind);
}


/* A method's name becomes a member's name in the answer. */
static int
is_method(const char *name)
{
    return name != NULL
           && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-0123456789"
                          "abcdefghijklmnopqrstuvwxyz")] == '\0';
}


/* Whether the call is to be done at all; else the refusal is prepared. */
static int
is_admitted(sandbox_call_t *call, civic_str_t body)
{
    alipay_failure_t    failure = { "" };
    alipay_signature_t  signature = read_call(call, body, &failure);

    call->method = sandbox_parameter(call, "method");

    if (!is_method(call->method)) {
        call->method = "";
        call->flags |= ALIPAY_ANSWER_ERROR;
    }

    if (signature != ALIPAY_SIGNATURE_GOOD) {
        civic_log(call->r, CIVIC_LOG_INFO, "a call is refused: %s",
                  failure.text);
        (void) refuse_signature(call, signature);

    } else if (*call->method == '\0') {
        (void) sandbox_refuse(call, "40001", "isv.missing-method",
                              "缺少方法名参数");
    }

    return call->node == NULL;
}


static civic_result_t
serve(sandbox_call_t *call, civic_str_t body)
{
    civic_result_t   rc;
    sandbox_fault_t  fault;

    if (!is_admitted(call, body)) {
        return send_answer(call, SANDBOX_WELL);
    }

    rc = sandbox_fault_next(call->r, call->method, &fault);

    if (rc == CIVIC_OK && is_done(fault.kind)) {
        rc = dispatch(call);
    }

    return rc == CIVIC_OK ? send_with(call, &fault) : rc;
}


static civic_result_t
serve_call(civic_request_t *r, civic_str_t body)
{
    civic_result_t  rc;
    sandbox_call_t  call = { .r = r };

    rc = serve(&call, body);

    alipay_parameters_free(&call.parameters);
    json_decref(call.business);
    json_decref(call.node);

    return rc;
}


/* ---- pages ------------------------------------------------------------- */

/* What a signed link leads to: a reference relative to gateway.do.  An empty
   one leads nowhere, and call->node may say why. */
static const struct {
    const char       *name;
    civic_result_t  (*handler)(sandbox_call_t *call, civic_str_t *location);
} pages[] = {
    { "alipay.user.certify.open.certify", sandbox_certify_page },
    { "alipay.trade.page.pay", sandbox_trade_page }
};

#define PAGES  (sizeof(pages) / sizeof(pages[0]))


static size_t
find_page(const char *method)
{
    size_t  i = 0;

    while (i < PAGES && (method == NULL || strcmp(pages[i].name, method))) {
        i++;
    }

    return i;
}


static civic_result_t
refuse_page(sandbox_call_t *call)
{
    if (call->node != NULL) {
        return sandbox_page_refuse(call->r, 400,
            sandbox_escape(call->r, sandbox_text(call->node, "sub_msg")),
            sandbox_escape(call->r, sandbox_text(call->node, "sub_code")));
    }

    return sandbox_page_refuse(call->r, 404, "认证单不存在或已过期。",
                               "There is no such attempt any more.");
}


static civic_result_t
redirect(sandbox_call_t *call, civic_str_t body)
{
    size_t              page;
    civic_str_t         location;
    civic_result_t      rc;
    alipay_failure_t    failure = { "" };
    alipay_signature_t  signature;

    signature = read_call(call, body, &failure);
    call->method = sandbox_parameter(call, "method");
    page = find_page(call->method);

    if (signature != ALIPAY_SIGNATURE_GOOD) {
        return sandbox_page_refuse(call->r, 400,
                                   "链接的签名不正确，无法打开。",
                                   "This link is not signed by the app.");
    }

    if (page == PAGES || read_business(call) != 0) {
        return sandbox_page_refuse(call->r, 400, "沙箱没有这个页面。",
                                   "The sandbox has no such page.");
    }

    rc = pages[page].handler(call, &location);

    if (rc != CIVIC_OK || location.len == 0) {
        return rc != CIVIC_OK ? rc : refuse_page(call);
    }

    return sandbox_page_away(call->r, body.len == 0 ? 302 : 303, location);
}


static civic_result_t
serve_page(civic_request_t *r, civic_str_t body)
{
    civic_result_t  rc;
    sandbox_call_t  call = { .r = r };

    rc = redirect(&call, body);

    alipay_parameters_free(&call.parameters);
    json_decref(call.business);
    json_decref(call.node);

    return rc;
}


civic_result_t
sandbox_gateway_page(civic_request_t *r)
{
    return serve_page(r, CIVIC_STR(""));
}


/* A page's form has its method in the query, or in itself. */
static int
is_page(civic_request_t *r, civic_str_t body)
{
    int                   found;
    const char           *method = sandbox_text(civic_query(r), "method");
    alipay_failure_t      failure;
    alipay_parameters_t   form = { .items = NULL };

    if (*method != '\0') {
        return find_page(method) != PAGES;
    }

    if (is_multipart(civic_header(r, "content-type"))) {
        return 0;
    }

    found = alipay_form_parse(body.data, body.len, &form, &failure) == 0
            && find_page(alipay_parameters_get(&form, "method")) != PAGES;
    alipay_parameters_free(&form);

    return found;
}


civic_result_t
sandbox_gateway_post(civic_request_t *r)
{
    civic_str_t  body = civic_raw_body(r);

    return is_page(r, body) ? serve_page(r, body) : serve_call(r, body);
}
