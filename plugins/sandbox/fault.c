/*
 * fault.c - what goes wrong on demand: planned by a route, kept in Redis in
 * the order of planning, and seen by exactly as many calls as was asked for,
 * whichever worker they meet.
 */

#include <stdlib.h>

#include "sandbox.h"
#include "words.h"

#define TIMEOUT_DELAY  15000            /* ms: over every client's patience */
#define SLOW_DELAY     3000

/* Texts that no client can read as an answer. */
#define HTML_500  "<html><body><h1>500 Internal Server Error</h1></body></html>"
#define HTML_504  "<html><body><h1>504 Gateway Time-out</h1></body></html>"

static const struct {
    const char            *name;
    sandbox_fault_kind_t   kind;
    int                    delay;
    const char            *code;
    const char            *sub_code;
} kinds[] = {
    { "timeout", SANDBOX_TIMEOUT, TIMEOUT_DELAY, "", "" },
    { "timeout_before", SANDBOX_TIMEOUT_BEFORE, TIMEOUT_DELAY, "", "" },
    { "slow", SANDBOX_SLOW, SLOW_DELAY, "", "" },
    { "notified_first", SANDBOX_NOTIFIED_FIRST, 0, "", "" },
    { "code_20000", SANDBOX_CODE_20000, 0, "20000", "isp.unknow-error" },
    { "code_20000_done", SANDBOX_CODE_20000_DONE, 0, "20000",
      "isp.unknow-error" },
    { "wrong_signature", SANDBOX_WRONG_SIGNATURE, 0, "", "" },
    { "unsigned_success", SANDBOX_UNSIGNED_SUCCESS, 0, "", "" },
    { "error_20001", SANDBOX_ERROR, 0, "20001", "aop.invalid-auth-token" },
    { "error_40001", SANDBOX_ERROR, 0, "40001", "isv.missing-method" },
    { "error_40002", SANDBOX_ERROR, 0, "40002", "isv.invalid-parameter" },
    { "error_40004", SANDBOX_ERROR, 0, "40004", "SYSTEM_ERROR" },
    { "error_40005", SANDBOX_ERROR, 0, "40005", "isv.app-call-limited" },
    { "error_40006", SANDBOX_ERROR, 0, "40006",
      "isv.insufficient-isv-permissions" },
    { "http_500", SANDBOX_HTTP_500, 0, "", "" },
    { "malformed", SANDBOX_MALFORMED, 0, "", "" }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))

static const char *const  alipay_faults[] = {
    "timeout", "timeout_before", "slow", "notified_first", "code_20000",
    "code_20000_done",
    "wrong_signature", "unsigned_success", "error_20001", "error_40001",
    "error_40002", "error_40004", "error_40005", "error_40006", "http_500",
    "malformed", NULL
};

static const char *const  card_endpoints[] = {
    "discovery", "jwks", "token", "userinfo", NULL
};

static const char *const  card_faults[] = {
    "timeout", "slow", "wrong_signature", "unsigned_success", "http_500",
    "malformed", NULL
};

const civic_field_t  sandbox_card_fault_body[] = {
    { .name = "endpoint", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = card_endpoints,
      .zh = "端点", .en = "the endpoint that fails" },
    { .name = "fault", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = card_faults, .zh = "故障",
      .en = "what goes wrong; both of signatures are the id_token's" },
    { .name = "count", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_FAULTS,
      .zh = "次数；0表示取消", .fallback = "1",
      .en = "how many calls see it; 0: forget what was planned" },
    { .name = "delay_ms", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_DELAY,
      .zh = "等待毫秒数", .en = "for timeout and slow" },
    CIVIC_END
};

const civic_field_t  sandbox_alipay_fault_body[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[a-z][a-z0-9.]*", .max = ALIPAY_METHOD,
      .example = "alipay.trade.query",
      .zh = "接口名称", .en = "the method that fails" },
    { .name = "fault", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = alipay_faults, .zh = "故障", .en = "what goes wrong" },
    { .name = "count", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_FAULTS,
      .zh = "次数；0表示取消", .fallback = "1",
      .en = "how many calls see it; 0: forget what was planned" },
    { .name = "delay_ms", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_DELAY,
      .zh = "等待毫秒数", .en = "for timeout, timeout_before and slow" },
    { .name = "sub_code", .type = CIVIC_TYPE_STRING,
      .pattern = "[A-Za-z0-9._-]*", .max = 64,
      .example = "ACQ.TRADE_NOT_EXIST",
      .zh = "错误子码", .en = "for code_20000 and the errors" },
    CIVIC_END
};

const civic_field_t  sandbox_fault_reply[] = {
    { .name = "waiting", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "尚未发生的故障数", .en = "how many faults wait now" },
    CIVIC_END
};


/* ---- planning ---------------------------------------------------------- */

long long
sandbox_number(const json_t *body, const char *name, long long otherwise)
{
    json_t  *value = json_object_get(body, name);

    return json_is_integer(value) ? (long long) json_integer_value(value)
                                  : otherwise;
}


civic_result_t
sandbox_plan(civic_request_t *r, const char *what, civic_str_t plan)
{
    civic_str_t           args[4], key;
    civic_result_t        rc;
    const civic_value_t  *waiting;

    key = sandbox_key(r, "faults", what);
    args[0] = plan;
    args[1] = civic_print(r, "%lld", sandbox_number(civic_body(r), "count",
                                                    1));
    args[2] = civic_print(r, "%d", SANDBOX_FAULTS);
    args[3] = civic_print(r, "%lld", SANDBOX_DAY);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_fault",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 4 }, &waiting);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (waiting->integer < 0) {
        return civic_problem(r, "sandbox_too_many_faults");
    }

    civic_write_int(r, civic_reply(r, 200), "waiting", waiting->integer);

    return CIVIC_OK;
}


civic_result_t
sandbox_fault_plan(civic_request_t *r, const char *what)
{
    json_t  *body = civic_body(r);

    return sandbox_plan(r, what,
        civic_print(r, "%s %lld %s", sandbox_text(body, "fault"),
                    sandbox_number(body, "delay_ms", -1),
                    sandbox_text(body, "sub_code")));
}


civic_result_t
sandbox_alipay_fault(civic_request_t *r)
{
    return sandbox_fault_plan(r, sandbox_text(civic_body(r), "method"));
}


civic_result_t
sandbox_card_fault(civic_request_t *r)
{
    const char  *endpoint = sandbox_text(civic_body(r), "endpoint");

    return sandbox_fault_plan(r, civic_print(r, "card.%s", endpoint).data);
}


/* ---- happening --------------------------------------------------------- */

/* "slow 3000 ", "error_40004 -1 ACQ.TRADE_NOT_EXIST" */
static void
read_fault(const char *text, sandbox_fault_t *fault)
{
    size_t       i, len = strcspn(text, " ");
    char        *end;
    long long    delay = strtoll(text + len, &end, 10);
    const char  *sub_code = *end == ' ' ? end + 1 : "";

    for (i = 0; i < KINDS; i++) {
        if (strlen(kinds[i].name) == len
            && memcmp(kinds[i].name, text, len) == 0)
        {
            break;
        }
    }

    if (i == KINDS) {
        return;
    }

    if (*sub_code == '\0') {
        sub_code = kinds[i].sub_code;
    }

    fault->kind = kinds[i].kind;
    fault->delay = delay >= 0 ? delay : kinds[i].delay;
    strcpy(fault->code, kinds[i].code);
    strncpy(fault->sub_code, sub_code, sizeof(fault->sub_code) - 1);
}


civic_result_t
sandbox_fault_next(civic_request_t *r, const char *what,
    sandbox_fault_t *fault)
{
    civic_str_t           key = sandbox_key(r, "faults", what);
    civic_result_t        rc;
    const civic_value_t  *next;

    memset(fault, 0, sizeof(*fault));

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_fault_next",
                             .keys = &key, .nkeys = 1 }, &next);

    if (rc == CIVIC_OK && next->type == CIVIC_VALUE_STRING) {
        read_fault(next->str.data, fault);
    }

    return rc;
}


/* Nobody notifies this topic, so only time ends the wait; hints that come
   after a lost connection are waited past.  A long wait may end an eighth
   early. */
civic_result_t
sandbox_delay(civic_request_t *r, int64_t ms)
{
    civic_str_t     id = civic_request_id(r);
    civic_result_t  rc;

    if (ms == 0) {
        return CIVIC_OK;
    }

    rc = civic_watch(r, civic_print(r, "civic:sandbox:never:%.*s",
                                    (int) id.len, id.data));

    while (rc == CIVIC_OK) {
        rc = civic_wait(r, (unsigned) ms);
    }

    return rc == CIVIC_TIMEOUT ? CIVIC_OK : rc;
}


civic_result_t
sandbox_fault_page(civic_request_t *r, sandbox_fault_kind_t kind)
{
    return kind == SANDBOX_HTTP_500
           ? civic_reply_bytes(r, 500, SANDBOX_HTML, CIVIC_STR(HTML_500))
           : civic_reply_bytes(r, 504, SANDBOX_HTML, CIVIC_STR(HTML_504));
}


civic_str_t
sandbox_fault_cut(civic_request_t *r, sandbox_fault_kind_t kind,
    civic_str_t answer)
{
    size_t  len = kind == SANDBOX_MALFORMED ? answer.len / 2 : answer.len;

    return shared_copy(r, (civic_str_t) { answer.data, len });
}
