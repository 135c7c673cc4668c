/*
 * trades.c - what happened to all trades and to all money, told to whoever
 * tests an app: an account from outside of it.
 */

#include <stdlib.h>

#include "trade.h"

#define PAGE  500                       /* trades in one answer, at most */

const civic_field_t  sandbox_trades_query[] = {
    SANDBOX_TEXT("out_trade_no", SANDBOX_NUMBER, "商户订单号",
                 "this one alone"),
    { .name = "offset", .type = CIVIC_TYPE_INTEGER, .max = 100000000,
      .zh = "跳过的笔数", .en = "how many of the oldest are left out" },
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = PAGE,
      .fallback = "500", .zh = "最多返回的笔数", .en = "how many at most" },
    CIVIC_END
};

static const civic_field_t  movement_fields[] = {
    SANDBOX_TEXT("kind", 16, "种类", "payment or refund"),
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .zh = "金额（分）",
      .en = "how much" },
    SANDBOX_TEXT("from", 64, "付方", "who gave it"),
    SANDBOX_TEXT("to", 64, "收方", "who got it"),
    SANDBOX_TEXT("request", 64, "退款请求号", "out_request_no"),
    SANDBOX_TEXT("reason", 1024, "退款原因", "refund_reason"),
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .zh = "时间", .en = "when" },
    CIVIC_END
};

static const civic_field_t  each_movement[] = {
    { .name = "movement", .type = CIVIC_TYPE_OBJECT,
      .fields = movement_fields, .zh = "资金变动", .en = "one of them" },
    CIVIC_END
};

static const civic_field_t  trade_fields[] = {
    SANDBOX_TEXT("out_trade_no", 64, "商户订单号", "the app's number"),
    SANDBOX_TEXT("trade_no", 64, "支付宝交易号", "Alipay's"),
    SANDBOX_TEXT("product", 64, "产品码", "product_code"),
    SANDBOX_TEXT("state", 32, "状态",
                 "trade_status; ORDERED: a code or link without a trade"),
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .zh = "金额（分）",
      .en = "how much" },
    SANDBOX_TEXT("buyer", 64, "买家", "a user of the sandbox"),
    { .name = "paid_fen", .type = CIVIC_TYPE_INTEGER, .zh = "已付（分）",
      .en = "what the seller got" },
    { .name = "refunded_fen", .type = CIVIC_TYPE_INTEGER,
      .zh = "已退（分）", .en = "what went back" },
    { .name = "movements", .type = CIVIC_TYPE_ARRAY,
      .fields = each_movement, .zh = "资金变动",
      .en = "each movement of money" },
    CIVIC_END
};

static const civic_field_t  each_trade[] = {
    { .name = "trade", .type = CIVIC_TYPE_OBJECT, .fields = trade_fields,
      .zh = "交易", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sandbox_trades_reply[] = {
    { .name = "trades", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = PAGE, .fields = each_trade, .zh = "交易",
      .en = "trades, the oldest first" },
    { .name = "count", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "交易总数", .en = "how many there are" },
    CIVIC_END
};


/* ---- one --------------------------------------------------------------- */

static void
write_movement(civic_request_t *r, civic_writer_t *w, const json_t *movement)
{
    size_t  i;

    static const char *const  texts[] = {
        "kind", "from", "to", "request", "reason"
    };

    civic_write_object(r, w, NULL);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        civic_write_str(r, w, texts[i],
                        civic_cstr(sandbox_text(movement, texts[i])));
    }

    civic_write_int(r, w, "fen", sandbox_trade_int(movement, "fen"));
    civic_write_instant(r, w, "at", sandbox_trade_int(movement, "at"));
    civic_write_end(r, w);
}


static void
write_times(civic_request_t *r, civic_writer_t *w, const json_t *trade)
{
    size_t   i;
    int64_t  at;

    static const char *const  times[] = {
        "ordered_at", "created_at", "expires_at", "paid_at", "closed_at"
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        at = sandbox_trade_int(trade, times[i]);

        if (at != 0) {
            civic_write_instant(r, w, times[i], at);
        }
    }
}


static void
write_trade(civic_request_t *r, civic_writer_t *w, const json_t *trade)
{
    size_t   i;
    json_t  *each;

    static const char *const  texts[] = {
        "out_trade_no", "trade_no", "product", "state", "subject", "buyer",
        "notify_url", "return_url"
    };

    civic_write_object(r, w, NULL);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        civic_write_str(r, w, texts[i],
                        civic_cstr(sandbox_text(trade, texts[i])));
    }

    civic_write_int(r, w, "fen", sandbox_trade_int(trade, "fen"));
    civic_write_int(r, w, "paid_fen", sandbox_trade_int(trade, "paid_at") == 0
                    ? 0 : sandbox_trade_int(trade, "fen"));
    civic_write_int(r, w, "refunded_fen", sandbox_trade_refunded(trade));
    write_times(r, w, trade);

    civic_write_array(r, w, "movements");

    json_array_foreach(json_object_get(trade, "movements"), i, each) {
        write_movement(r, w, each);
    }

    civic_write_end(r, w);
    civic_write_end(r, w);
}


/* ---- all --------------------------------------------------------------- */

/* argv of an HMGET of these, in memory of the request. */
static civic_str_t *
ask_for(civic_request_t *r, const civic_value_t *numbers, size_t *argc)
{
    size_t        i;
    civic_str_t  *argv;

    *argc = numbers->count + 2;
    argv = civic_alloc(r, *argc * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = sandbox_money_key(r, "trades");

    for (i = 0; i < numbers->count; i++) {
        argv[i + 2] = numbers->items[i].str;
    }

    return argv;
}


static void
write_texts(civic_request_t *r, civic_writer_t *w, const civic_value_t *texts)
{
    size_t         i;
    json_t        *trade;
    civic_msec_t   now = civic_business_now(r);

    for (i = 0; i < texts->count; i++) {
        if (texts->items[i].type != CIVIC_VALUE_STRING) {
            continue;
        }

        trade = json_loadb(texts->items[i].str.data, texts->items[i].str.len,
                           0, NULL);
        sandbox_trade_age(r, trade, now);
        write_trade(r, w, trade);
        json_decref(trade);
    }
}


/* The numbers of this page, as an array. */
static civic_result_t
choose(civic_request_t *r, const civic_value_t **numbers)
{
    json_t       *query = civic_query(r), *limit;
    int64_t       first, last;
    civic_str_t   key = sandbox_money_key(r, "ordered");

    limit = json_object_get(query, "limit");
    first = json_integer_value(json_object_get(query, "offset"));
    last = first + (limit == NULL ? PAGE : json_integer_value(limit)) - 1;

    return civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), key,
                                     civic_print(r, "%lld", (long long) first),
                                     civic_print(r, "%lld",
                                                 (long long) last)),
                       numbers);
}


civic_result_t
sandbox_trades(civic_request_t *r)
{
    size_t                argc;
    const char           *number;
    civic_str_t          *argv;
    civic_value_t         one, only;
    civic_result_t        rc;
    civic_writer_t       *w;
    const civic_value_t  *numbers = &only, *texts = NULL, *count;

    number = sandbox_text(civic_query(r), "out_trade_no");
    memset(&one, 0, sizeof(one));
    one.str = civic_cstr(number);
    memset(&only, 0, sizeof(only));
    only.items = &one;
    only.count = 1;

    rc = *number == '\0' ? choose(r, &numbers) : CIVIC_OK;

    if (rc == CIVIC_OK && numbers->count > 0) {
        argv = ask_for(r, numbers, &argc);
        rc = civic_redis(r, argv, argc, &texts);
    }

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZCARD"),
                                       sandbox_money_key(r, "ordered")),
                         &count);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "trades");

    if (texts != NULL) {
        write_texts(r, w, texts);
    }

    civic_write_end(r, w);
    civic_write_int(r, w, "count", count->integer);

    return CIVIC_OK;
}
