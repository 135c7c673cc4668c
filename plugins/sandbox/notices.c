/*
 * notices.c - the console of notifications: what was sent and what the app
 * answered, and how they shall go wrong.
 */

#include <stdio.h>
#include <stdlib.h>

#include "notice.h"

#define PAGE      200                   /* in one answer, at most */
#define TIMES     20                    /* of sending one by hand */
#define HOLD      60000                 /* ms, unless said */

static const char *const  send_as[] = {
    "", "forged", "wrong_amount", "wrong_seller", "wrong_app", "wrong_trade",
    NULL
};

static const char *const  plans[] = {
    "hold", "repeat", "lost", "forged", "wrong_amount", "wrong_seller",
    "wrong_app", "wrong_trade", NULL
};

const civic_field_t  sandbox_notices_query[] = {
    SANDBOX_TEXT("out_trade_no", SANDBOX_NUMBER, "商户订单号",
                 "of this trade alone"),
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = PAGE,
      .fallback = "200", .zh = "最多返回的条数", .en = "how many at most" },
    CIVIC_END
};

static const civic_field_t  attempt_fields[] = {
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .zh = "时间",
      .en = "when, really" },
    SANDBOX_TEXT("as", 16, "改动", "what was wrong with it, on demand"),
    { .name = "status", .type = CIVIC_TYPE_INTEGER, .zh = "HTTP状态码",
      .en = "of the app's answer; 0: none came" },
    SANDBOX_TEXT("answer", 256, "应答", "its body"),
    CIVIC_END
};

static const civic_field_t  each_attempt[] = {
    { .name = "attempt", .type = CIVIC_TYPE_OBJECT, .fields = attempt_fields,
      .zh = "一次发送", .en = "one of them" },
    CIVIC_END
};

static const civic_field_t  notice_fields[] = {
    SANDBOX_TEXT("notify_id", 64, "通知标识", "stays the same"),
    SANDBOX_TEXT("out_trade_no", 64, "商户订单号", "the app's number"),
    SANDBOX_TEXT("url", 256, "通知地址", "notify_url"),
    SANDBOX_TEXT("state", 16, "状态", "waiting, held, taken, given_up or "
                 "no_upstream"),
    SANDBOX_TEXT("plan", 24, "安排", "what was planned for it"),
    { .name = "parameters", .type = CIVIC_TYPE_OBJECT, .zh = "参数",
      .en = "what it says" },
    { .name = "attempts", .type = CIVIC_TYPE_ARRAY, .fields = each_attempt,
      .zh = "发送记录", .en = "what was sent and answered" },
    CIVIC_END
};

static const civic_field_t  each_notice[] = {
    { .name = "notification", .type = CIVIC_TYPE_OBJECT,
      .fields = notice_fields, .zh = "通知", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sandbox_notices_reply[] = {
    { .name = "notifications", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .max = PAGE, .fields = each_notice,
      .zh = "通知", .en = "notifications, the oldest first" },
    CIVIC_END
};

const civic_field_t  sandbox_notice_send_body[] = {
    { .name = "as", .type = CIVIC_TYPE_STRING, .choices = send_as,
      .fallback = "\"\"", .zh = "改动", .en = "what is wrong with it" },
    { .name = "times", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = TIMES,
      .fallback = "1", .zh = "次数", .en = "how often" },
    CIVIC_END
};

const civic_field_t  sandbox_notice_send_reply[] = {
    { .name = "attempts", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_attempt, .zh = "发送记录",
      .en = "what was answered" },
    CIVIC_END
};

const civic_field_t  sandbox_notices_run_reply[] = {
    { .name = "sent", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "处理的通知数", .en = "how many were due" },
    CIVIC_END
};

const civic_field_t  sandbox_notice_plan_body[] = {
    { .name = "plan", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = plans, .zh = "安排", .en = "what becomes of the next ones" },
    { .name = "count", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_FAULTS,
      .fallback = "1", .zh = "通知数；0表示取消全部安排",
      .en = "of how many; 0: forget all plans" },
    { .name = "delay_ms", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_DAY,
      .fallback = "60000", .zh = "等待毫秒数", .en = "for hold" },
    { .name = "times", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = TIMES,
      .fallback = "2", .zh = "次数", .en = "for repeat" },
    CIVIC_END
};


/* ---- telling ----------------------------------------------------------- */

static void
write_attempts(civic_request_t *r, civic_writer_t *w, const json_t *attempts)
{
    size_t   i;
    json_t  *each;

    civic_write_array(r, w, "attempts");

    json_array_foreach(attempts, i, each) {
        civic_write_object(r, w, NULL);
        civic_write_instant(r, w, "at", sandbox_trade_int(each, "at"));
        civic_write_str(r, w, "as", civic_cstr(sandbox_text(each, "as")));
        civic_write_int(r, w, "status", sandbox_trade_int(each, "status"));
        civic_write_str(r, w, "answer",
                        civic_cstr(sandbox_text(each, "answer")));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


static void
write_notice(civic_request_t *r, civic_writer_t *w, const json_t *notice)
{
    size_t  i;

    static const char *const  texts[] = {
        "out_trade_no", "url", "state", "plan"
    };

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "notify_id", civic_cstr(sandbox_text(notice, "id")));

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        civic_write_str(r, w, texts[i],
                        civic_cstr(sandbox_text(notice, texts[i])));
    }

    civic_write_json(r, w, "parameters", json_object_get(notice,
                                                         "parameters"));
    write_attempts(r, w, json_object_get(notice, "attempts"));
    civic_write_end(r, w);
}


/* By when they were made. */
static int
compare(const void *a, const void *b)
{
    json_t *const  *left = a, *const  *right = b;
    int64_t         x = sandbox_trade_int(*left, "made_at");
    int64_t         y = sandbox_trade_int(*right, "made_at");

    return x < y ? -1 : x > y;
}


/* Those of the texts that are asked for; count of them. */
static size_t
read_texts(civic_request_t *r, const civic_value_t *texts, json_t **all)
{
    size_t       i, count = 0;
    json_t      *notice;

    (void) r;

    for (i = 0; i < texts->count; i++) {
        if (texts->items[i].type != CIVIC_VALUE_STRING) {
            continue;
        }

        notice = json_loadb(texts->items[i].str.data,
                            texts->items[i].str.len, 0, NULL);

        if (notice != NULL) {
            all[count++] = notice;
        }
    }

    qsort(all, count, sizeof(all[0]), compare);

    return count;
}


/* HMGET of these ids: none is no question. */
static civic_result_t
read_notices(civic_request_t *r, civic_str_t *argv, size_t argc)
{
    size_t                i, count = 0;
    json_t              **all;
    civic_result_t        rc = CIVIC_OK;
    civic_writer_t       *w;
    const civic_value_t  *texts;

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = sandbox_money_key(r, "notices");
    all = civic_alloc(r, (argc + 1) * sizeof(json_t *));

    if (argc > 2) {
        rc = civic_redis(r, argv, argc, &texts);

        if (rc != CIVIC_OK) {
            return rc;
        }

        count = read_texts(r, texts, all);
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "notifications");

    for (i = 0; i < count; i++) {
        write_notice(r, w, all[i]);
        json_decref(all[i]);
    }

    civic_write_end(r, w);

    return rc;
}


typedef struct {
    civic_str_t  *argv;
    size_t        argc;
    size_t        limit;
} list_t;


static civic_result_t
list_of_trade(sandbox_step_t *step, void *data)
{
    size_t   i;
    json_t  *each;
    list_t  *list = data;

    json_array_foreach(json_object_get(step->trade, "notices"), i, each) {
        if (list->argc < list->limit + 2) {
            list->argv[list->argc++] = civic_print(step->r, "%s",
                                                   json_string_value(each));
        }
    }

    return CIVIC_OK;
}


/* The newest, and those that wait. */
static civic_result_t
list_all(civic_request_t *r, list_t *list)
{
    size_t                i;
    civic_result_t        rc;
    const civic_value_t  *ids;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"),
                                   sandbox_money_key(r, "due"),
                                   civic_print(r, "-%zu", list->limit),
                                   CIVIC_STR("-1")), &ids);

    for (i = 0; rc == CIVIC_OK && i < ids->count; i++) {
        list->argv[list->argc++] = ids->items[i].str;
    }

    return rc;
}


civic_result_t
sandbox_notices(civic_request_t *r)
{
    json_t          *limit = json_object_get(civic_query(r), "limit");
    const char      *number = sandbox_text(civic_query(r), "out_trade_no");
    civic_result_t   rc;
    list_t           list = { .argc = 2, .limit = PAGE };
    sandbox_step_t   step = { .r = r, .out_trade_no = number };

    if (limit != NULL) {
        list.limit = (size_t) json_integer_value(limit);
    }

    list.argv = civic_alloc(r, (list.limit + 2) * sizeof(civic_str_t));

    rc = *number == '\0' ? list_all(r, &list)
                         : sandbox_trade_step(&step, list_of_trade, &list);
    sandbox_step_free(&step);

    return rc == CIVIC_OK ? read_notices(r, list.argv, list.argc) : rc;
}


/* ---- sending ----------------------------------------------------------- */

civic_result_t
sandbox_notices_run_now(civic_request_t *r)
{
    unsigned        sent;
    civic_result_t  rc = sandbox_notices_run(r, &sent);

    if (rc == CIVIC_OK) {
        civic_write_int(r, civic_reply(r, 200), "sent", sent);
    }

    return rc;
}


static civic_result_t
send_times(civic_request_t *r, const json_t *notice, const char *as,
    int64_t times, json_t *attempts)
{
    json_t          *attempt = NULL;
    civic_result_t   rc = CIVIC_OK;

    while (rc == CIVIC_OK && times-- > 0) {
        rc = sandbox_notice_send(r, notice, as, &attempt);

        if (rc == CIVIC_OK) {
            rc = sandbox_notice_note(r, sandbox_text(notice, "id"), attempt);
            (void) json_array_append_new(attempts, attempt);
        }
    }

    return rc;
}


civic_result_t
sandbox_notice_send_now(civic_request_t *r)
{
    json_t               *times = json_object_get(civic_body(r), "times");
    json_t               *notice, *attempts;
    civic_result_t        rc;
    civic_writer_t       *w;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   sandbox_money_key(r, "notices"),
                                   civic_path(r, "notify_id")), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc != CIVIC_OK ? rc : civic_problem(r, "not_found");
    }

    notice = json_loadb(value->str.data, value->str.len, 0, NULL);
    attempts = json_array();

    rc = send_times(r, notice, sandbox_text(civic_body(r), "as"),
                    times == NULL ? 1 : json_integer_value(times), attempts);

    if (rc == CIVIC_OK) {
        w = civic_reply(r, 200);
        write_attempts(r, w, attempts);
    }

    json_decref(notice);
    json_decref(attempts);

    return rc;
}


/* ---- planning ---------------------------------------------------------- */

civic_result_t
sandbox_notice_plan(civic_request_t *r)
{
    json_t  *body = civic_body(r);

    return sandbox_plan(r, "notification",
        civic_print(r, "%s %lld %lld", sandbox_text(body, "plan"),
                    sandbox_number(body, "delay_ms", HOLD),
                    sandbox_number(body, "times", 2)));
}
