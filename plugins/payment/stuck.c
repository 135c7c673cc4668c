/*
 * stuck.c - money that should go back and does not: refunds that Alipay
 * refuses or leaves without an answer, and paid orders that their opener
 * wants to give back and the rule "refund" does not let go.
 *
 * Each stands in a list that the office reads, with why, until it is settled;
 * each time that it is met an operator's counter rises.  The list is an
 * index: what a person's own record says by now counts, and what is settled
 * there is taken out by whoever reads.
 */

#include "fields.h"
#include "payment.h"
#include "values.h"
#include "words.h"

#define LIST    "civic:{payment:stuck}"
#define WHY     LIST ":why"
#define LIMIT   50
#define WORD    64                      /* characters of a reason */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"        \
                "0123456789_.-"

static const civic_field_t  stuck_members[] = {
    { .name = "refund_no", .type = CIVIC_TYPE_STRING,
      .zh = "退款编号；没有则为未能开始退款的订单",
      .en = "the refund; absent: none could be begun" },
    { .name = "order_id", .type = CIVIC_TYPE_STRING,
      .zh = "规则不允许退款的订单",
      .en = "the order that the rules do not let go back" },
    FIELD("out_trade_no", CIVIC_TYPE_STRING, "商户订单号，可用于查询",
          "the trade, to look it up by"),
    FIELD("fen", CIVIC_TYPE_INTEGER, "应退的金额（分）",
          "fen that should go back"),
    FIELD("since", CIVIC_TYPE_INSTANT, "自何时起", "since when"),
    FIELD("why", CIVIC_TYPE_STRING,
          "原因：支付宝的 sub_code、规则给出的原因或 no_answer",
          "Alipay's sub_code, the rule's reason, or no_answer"),
    CIVIC_END
};

static const civic_field_t  stuck_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = stuck_members }, CIVIC_END
};

const civic_field_t  payment_stuck_reply[] = {
    FIELD("total", CIVIC_TYPE_INTEGER, "总数", "how many in all"),
    { .name = "stuck", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 200, .fields = stuck_item, .zh = "退不出去的款项，久的在前",
      .en = "money that does not go back, the oldest first" },
    CIVIC_END
};


/* ---- putting it there -------------------------------------------------- */

static civic_result_t
change(civic_request_t *r, civic_str_t member, civic_str_t since,
    civic_str_t why)
{
    civic_str_t           keys[2] = { CIVIC_STR(LIST), CIVIC_STR(WHY) };
    civic_str_t           args[3] = { member, since, why };
    const civic_value_t  *value;

    return civic_script(r, &(civic_script_t) {
                            .name = "payment_stuck", .keys = keys,
                            .nkeys = 2, .args = args, .nargs = 3 }, &value);
}


static civic_str_t
member_of(civic_request_t *r, civic_str_t pid, char kind, civic_str_t no)
{
    return civic_print(r, "%.*s %c %.*s", (int) pid.len, pid.data, kind,
                       (int) no.len, no.data);
}


/* It comes from a rule or from Alipay. */
static civic_str_t
reason(civic_str_t why)
{
    return shared_is_word(why, LETTERS, WORD) ? why : CIVIC_STR("unknown");
}


civic_result_t
payment_stuck(civic_request_t *r, civic_str_t pid, char kind, civic_str_t no,
    civic_msec_t since, civic_str_t why)
{
    civic_count(r, PAYMENT_STUCK, 1);

    return change(r, member_of(r, pid, kind, no), shared_decimal(r, since),
                  reason(why));
}


civic_result_t
payment_stuck_end(civic_request_t *r, civic_str_t pid, char kind,
    civic_str_t no)
{
    return change(r, member_of(r, pid, kind, no), CIVIC_STR(""),
                  CIVIC_STR(""));
}


civic_result_t
payment_is_stuck(civic_request_t *r, civic_str_t pid, char kind,
    civic_str_t no, int *stuck)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZSCORE"), CIVIC_STR(LIST),
                                   member_of(r, pid, kind, no)), &value);
    *stuck = rc == CIVIC_OK && value->type != CIVIC_VALUE_NIL;

    return rc;
}


/* ---- the list ---------------------------------------------------------- */

/* One that the list names, with what the person's record says of it. */
typedef struct {
    civic_str_t       member;
    civic_str_t       why;
    int               is_order;
    int               there;            /* it is still to go back */
    payment_order_t   order;
    payment_refund_t  refund;
} stuck_t;


static int64_t
query_number(civic_request_t *r, const char *name, int64_t fallback)
{
    json_t  *value = json_object_get(civic_query(r), name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}


static civic_result_t
read_members(civic_request_t *r, stuck_t **list, size_t *count,
    int64_t *total)
{
    size_t                i;
    int64_t               offset = query_number(r, "offset", 0);
    civic_str_t           range[4], card[2] = { CIVIC_STR("ZCARD"),
                                                CIVIC_STR(LIST) };
    civic_result_t        rc;
    civic_command_t       commands[2];
    const civic_value_t  *page;

    range[0] = CIVIC_STR("ZRANGE");
    range[1] = CIVIC_STR(LIST);
    range[2] = shared_decimal(r, offset);
    range[3] = shared_decimal(r, offset + query_number(r, "limit", LIMIT)
                                 - 1);

    memset(commands, 0, sizeof(commands));
    commands[0].argv = range;
    commands[0].argc = 4;
    commands[1].argv = card;
    commands[1].argc = 2;

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    page = commands[0].value;
    *total = commands[1].value->integer;
    *count = page->type == CIVIC_VALUE_ARRAY ? page->count : 0;
    *list = civic_alloc(r, (*count + 1) * sizeof(stuck_t));
    memset(*list, 0, (*count + 1) * sizeof(stuck_t));

    for (i = 0; i < *count; i++) {
        (*list)[i].member = shared_copy(r, shared_item(page, i));
    }

    return CIVIC_OK;
}


/* Two commands for each: why, and the record's text. */
static void
ask_for(civic_request_t *r, stuck_t *stuck, civic_command_t *commands)
{
    civic_str_t  *argv = civic_alloc(r, 6 * sizeof(civic_str_t));
    civic_str_t   words[3];

    if (shared_words(r, stuck->member, words, 3) != 0
        || words[0].len != SHARED_PID)
    {
        words[0] = words[2] = CIVIC_STR("-");
        words[1] = CIVIC_STR("o");
    }

    stuck->is_order = words[1].data[0] == 'o';

    argv[0] = argv[3] = CIVIC_STR("HGET");
    argv[1] = CIVIC_STR(WHY);
    argv[2] = stuck->member;
    argv[4] = civic_person_key(r, words[0], PAYMENT_FAMILY);
    argv[5] = civic_print(r, "%s:%s", stuck->is_order ? "order" : "refund",
                          words[2].data);

    memset(commands, 0, 2 * sizeof(civic_command_t));
    commands[0].argv = argv;
    commands[1].argv = argv + 3;
    commands[0].argc = commands[1].argc = 3;
}


static void
take_answers(civic_request_t *r, stuck_t *stuck,
    const civic_command_t *commands)
{
    const civic_value_t  *why = commands[0].value, *text = commands[1].value;

    stuck->why = why->type == CIVIC_VALUE_STRING ? why->str
                                                 : CIVIC_STR("unknown");

    if (text->type != CIVIC_VALUE_STRING) {
        return;
    }

    if (stuck->is_order) {
        stuck->there = payment_order_take(r, text->str, &stuck->order) == 0
                       && payment_is(stuck->order.state, "paid");
    } else {
        stuck->there = payment_refund_take(r, text->str, &stuck->refund) == 0
                       && payment_is(stuck->refund.state, "open");
    }
}


static civic_result_t
read_list(civic_request_t *r, stuck_t **list, size_t *count, int64_t *total)
{
    size_t            i;
    civic_result_t    rc;
    civic_command_t  *commands;

    rc = read_members(r, list, count, total);

    if (rc != CIVIC_OK || *count == 0) {
        return rc;
    }

    commands = civic_alloc(r, 2 * *count * sizeof(civic_command_t));

    for (i = 0; i < *count; i++) {
        ask_for(r, &(*list)[i], &commands[2 * i]);
    }

    rc = civic_pipeline(r, commands, 2 * *count);

    for (i = 0; rc == CIVIC_OK && i < *count; i++) {
        take_answers(r, &(*list)[i], &commands[2 * i]);

        if (!(*list)[i].there) {
            rc = change(r, (*list)[i].member, CIVIC_STR(""), CIVIC_STR(""));
            *total -= 1;
        }
    }

    return rc;
}


static void
write_one(civic_request_t *r, civic_writer_t *w, const stuck_t *stuck)
{
    size_t                   id = SHARED_PID + 3;
    const payment_order_t   *order = &stuck->order;
    const payment_refund_t  *refund = &stuck->refund;

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, stuck->is_order ? "order_id" : "refund_no",
                    (civic_str_t) { stuck->member.data + id,
                                    stuck->member.len - id });
    civic_write_str(r, w, "out_trade_no", stuck->is_order ? order->paid_by
                                                          : refund->trade);
    civic_write_int(r, w, "fen", stuck->is_order ? order->fen - order->back
                                                 : refund->fen);
    civic_write_instant(r, w, "since", stuck->is_order ? order->since
                                                       : refund->since);
    civic_write_str(r, w, "why", stuck->why);
    civic_write_end(r, w);
}


civic_result_t
payment_stuck_show(civic_request_t *r)
{
    size_t           i, count = 0;
    int64_t          total = 0;
    stuck_t         *list;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = read_list(r, &list, &count, &total);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_int(r, w, "total", total);
    civic_write_array(r, w, "stuck");

    for (i = 0; i < count; i++) {
        if (list[i].there) {
            write_one(r, w, &list[i]);
        }
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
