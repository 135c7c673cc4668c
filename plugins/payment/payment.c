/*
 * payment.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "fields.h"
#include "id_form.h"
#include "outbox_run.h"
#include "payment.h"
#include "persons_walk.h"
#include "yuan.h"

#define TEXT_OF_PICTURE  (256 * 1024)       /* code points of a data URI */
#define DEADLINE         20000              /* ms: Alipay is asked twice */
#define JOB              25000              /* ms */


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "seller_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .pattern = "2088[0-9]{12}",
      .example = "2088000000009999",
      .zh = "收款方的支付宝用户号（2088开头，16位）",
      .en = "the seller's Alipay user number, which notifications must name" },
    { .name = "notify_url", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .max = 256, .pattern = "https?://[^?# ]+",
      .example = "https://civic.example/payment/alipay/notifications",
      .zh = "支付宝异步通知的地址，指向 /payment/alipay/notifications",
      .en = "where Alipay's notifications reach "
            "/payment/alipay/notifications" },
    { .name = "return_url", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"\"", .pattern = "(https?://[^?# ]+)?",
      .zh = "电脑网站支付后浏览器返回的地址，指向 /payment/alipay/return",
      .en = "where a browser comes back to: /payment/alipay/return" },
    { .name = "landing", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"/\"", .pattern = "(/|https?://)[^ \"<>&']*",
      .zh = "返回后转到的页面（考生自己的缴费页面）",
      .en = "the citizen's own page, to which /payment/alipay/return leads" },
    { .name = "bill_upstream", .type = CIVIC_TYPE_STRING, .max = 64,
      .fallback = "\"alipay_bill\"", .pattern = "[a-z0-9_-]+",
      .zh = "下载对账单的 upstream 名称",
      .en = "name of the upstream that leads to the bills" },
};


/* ---- an order ---------------------------------------------------------- */

static const char *const  states[] = {
    "unpaid", "paid", "removed", "closed", "refunding", "refunded", NULL
};

static const char *const  kept[] = { "paid", "unpaid", "bill", NULL };

static const char *const  channels[] = {
    "mini_program", "page", "qr", NULL
};

static const char *const  trade_states[] = {
    "open", "paid", "closed", "late", "returned", NULL
};

static const char *const  refund_states[] = { "open", "done", NULL };

static const char *const  refund_kinds[] = {
    "late", "staff", "opener", NULL
};

static const civic_field_t  refund_members[] = {
    FIELD("refund_no", CIVIC_TYPE_STRING, "退款编号", "names the refund"),
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = refund_kinds,
      .zh = "原因：late 逾期或重复付款，staff 考务退款，opener 业务退款",
      .en = "why: late or twice, by the office, by what opened the order" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = refund_states,
      .zh = "open 退款中，done 已退回", .en = "on the way, or back" },
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    FIELD("since", CIVIC_TYPE_INSTANT, "状态的时间", "since when"),
    CIVIC_END
};

static const civic_field_t  refund_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = refund_members }, CIVIC_END
};

#define ORDER_MEMBERS                                                         \
    FIELD("order_id", CIVIC_TYPE_STRING, "订单编号", "names the order"),      \
    FIELD("item", CIVIC_TYPE_STRING, "缴费项目的编号",                        \
          "what it is for, as whoever opened it calls it"),                   \
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .max = 4 * PAYMENT_TITLE,                                               \
      .zh = "缴费项目", .en = "what it is for, in words" },                   \
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = states, .zh = "状态", .en = "its state" },                   \
    FIELD("label", CIVIC_TYPE_STRING, "给考生看的状态，如“已付款”",           \
          "the state in the notices' words"),                                 \
    { .name = "hint", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .max = 500, .zh = "提示", .en = "what to do, or to know" },             \
    FIELD("version", CIVIC_TYPE_INTEGER, "版本，每次变化加一",                \
          "rises with every change"),                                         \
    FIELD("fen", CIVIC_TYPE_INTEGER, "应付金额（分）", "the amount, in fen"), \
    FIELD("returned_fen", CIVIC_TYPE_INTEGER, "已退或正在退的金额（分）",     \
          "fen that went or are going back"),                                 \
    FIELD("since", CIVIC_TYPE_INSTANT, "进入该状态的时间",                    \
          "since when it is so"),                                             \
    FIELD("from", CIVIC_TYPE_INSTANT, "开始缴费的时间",                       \
          "from when it can be paid"),                                        \
    FIELD("until", CIVIC_TYPE_INSTANT, "缴费截止时间", "the deadline"),       \
    { .name = "refunds", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,   \
      .fields = refund_item, .zh = "退款", .en = "money that goes back" }

static const civic_field_t  order_reply[] = { ORDER_MEMBERS, CIVIC_END };

static const civic_field_t  order_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = order_reply }, CIVIC_END
};

static const civic_field_t  orders_reply[] = {
    { .name = "orders", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = order_item, .zh = "订单，新的在前",
      .en = "orders, the newest first" },
    CIVIC_END
};

static const civic_field_t  wait_query[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .min = 0,
      .zh = "已知的版本；不同即返回，否则最多等待10秒",
      .en = "the version that is known: answers when it is another one" },
    CIVIC_END
};

static const char *const  show_problems[] = {
    "not_found", "store_unavailable", NULL
};
static const char *const  list_problems[] = { "store_unavailable", NULL };
static const char *const  check_problems[] = {
    "not_found", "overloaded", "store_unavailable", "outcome_unknown", NULL
};
static const char *const  wait_problems[] = {
    "not_found", "overloaded", "store_unavailable", NULL
};


/* ---- paying ------------------------------------------------------------ */

static const civic_field_t  pay_body[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = channels,
      .zh = "支付方式：mini_program 小程序，page 电脑网站，qr 扫码",
      .en = "in a mini-program, on Alipay's page, or by a QR code" },
    { .name = "auth_code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 128,
      .zh = "小程序 my.getAuthCode（auth_base）的 authCode，仅小程序支付",
      .en = "of my.getAuthCode (auth_base), of the phone that pays; only for "
            "mini_program" },
    CIVIC_END
};

static const civic_field_t  pay_reply[] = {
    FIELD("order_id", CIVIC_TYPE_STRING, "订单编号", "the order"),
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = channels, .zh = "支付方式", .en = "the channel" },
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "失效时间",
          "until when it can be used"),
    MAYBE("trade_no", CIVIC_TYPE_STRING,
             "my.tradePay 的 tradeNO（小程序）", "tradeNO of my.tradePay"),
    { .name = "url", .type = CIVIC_TYPE_STRING, .max = 8192,
      .zh = "支付页地址，或二维码的内容",
      .en = "Alipay's page, or what the QR code says" },
    { .name = "qr_png", .type = CIVIC_TYPE_STRING, .max = TEXT_OF_PICTURE,
      .zh = "二维码（data:image/png;base64）", .en = "the QR code, a data URI" },
    { .name = "qr_svg", .type = CIVIC_TYPE_STRING, .max = TEXT_OF_PICTURE,
      .zh = "二维码（data:image/svg+xml;base64）",
      .en = "the same as SVG" },
    CIVIC_END
};

static const char *const  pay_problems[] = {
    "not_found", "invalid_fields", "payment_paid", "payment_removed",
    "payment_over", "payment_closed", "payment_not_yet",
    "payment_channel_closed", "payment_too_many", "payment_code_invalid",
    "payment_refused", "payment_check", "provider_unavailable", "conflict",
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};


/* ---- Alipay's side ----------------------------------------------------- */

static const char *const  form[] = {
    "application/x-www-form-urlencoded", NULL
};

static const char *const  notification_problems[] = {
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};

static const char *const  landing_problems[] = {
    "overloaded", NULL
};

#define RETURNED(n)                                                           \
    { .name = n, .type = CIVIC_TYPE_STRING, .max = 1024,                      \
      .zh = "支付宝附加的参数，不作为凭据",                                   \
      .en = "added by Alipay; proves nothing" }

static const civic_field_t  landing_query[] = {
    RETURNED("out_trade_no"), RETURNED("trade_no"), RETURNED("app_id"),
    RETURNED("auth_app_id"), RETURNED("seller_id"), RETURNED("total_amount"),
    RETURNED("method"), RETURNED("charset"), RETURNED("version"),
    RETURNED("sign_type"), RETURNED("sign"), RETURNED("timestamp"),
    RETURNED("alipay_cert_sn"),
    CIVIC_END
};


/* ---- the office -------------------------------------------------------- */

#define WHOSE(f)                                                              \
    { .name = "id_number", .type = CIVIC_TYPE_STRING,                         \
      .flags = CIVIC_SECRET | (f), .max = 64,                                 \
      .example = SHARED_NUMBER_EXAMPLE,                                       \
      .zh = "身份证号", .en = "the person's identity number" },               \
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,                           \
      .choices = shared_id_kinds, .fallback = "\"resident\"",                 \
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",      \
      .en = "foreign_pr_old for the old foreign permanent resident's card" }

static const civic_field_t  look_up_body[] = {
    WHOSE(0),
    { .name = "out_trade_no", .type = CIVIC_TYPE_STRING,
      SHARED_HEX_ID_FORMAT,
      .zh = "商户订单号（对账单中有）；与身份证号二选一",
      .en = "a trade, as the bill names it; in place of the number" },
    CIVIC_END
};

static const civic_field_t  trade_members[] = {
    FIELD("out_trade_no", CIVIC_TYPE_STRING, "商户订单号",
          "as Alipay's bill names it"),
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = channels, .zh = "支付方式", .en = "the channel" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = trade_states,
      .zh = "open 待付款，paid 已付款，closed 已关闭，late 已付款但不需要，"
            "returned 已退回",
      .en = "its state; late: paid when the order did not want it" },
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    FIELD("since", CIVIC_TYPE_INSTANT, "状态的时间", "since when"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "失效时间",
          "until when it could be paid"),
    CIVIC_END
};

static const civic_field_t  trade_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = trade_members }, CIVIC_END
};

static const civic_field_t  desk_order[] = {
    ORDER_MEMBERS,
    { .name = "trades", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = trade_item, .zh = "每次支付", .en = "each attempt to pay" },
    CIVIC_END
};

static const civic_field_t  desk_order_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = desk_order }, CIVIC_END
};

static const civic_field_t  look_up_reply[] = {
    { .name = "orders", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = desk_order_item, .zh = "订单", .en = "orders" },
    CIVIC_END
};

static const civic_field_t  open_body[] = {
    WHOSE(CIVIC_REQUIRED),
    { .name = "item", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = PAYMENT_ITEM_PATTERN, .example = "exam:demo-2026",
      .zh = "缴费项目的编号，每人每项一个订单",
      .en = "what it is for: a person has one order of it" },
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = PAYMENT_TITLE,
      .zh = "缴费项目的名称", .en = "the same in words" },
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = CIVIC_FEN_MIN, .max = CIVIC_FEN_MAX,
      .zh = "金额（分）", .en = "fen" },
    { .name = "from", .type = CIVIC_TYPE_INSTANT,
      .example = "2026-03-16T09:00:00+08:00",
      .zh = "开始缴费的时间；省略为现在",
      .en = "from when it can be paid; absent: from now on" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .example = "2026-03-20T17:00:00+08:00", .zh = "缴费截止时间",
      .en = "the deadline" },
    MAYBE("again", CIVIC_TYPE_BOOLEAN,
             "原订单已移除、取消或退款时，重新开一个",
             "in the place of one that is removed, closed or refunded"),
    CIVIC_END
};

static const civic_field_t  open_reply[] = {
    FIELD("created", CIVIC_TYPE_BOOLEAN, "是否新开；false 表示原来就有",
          "false: there was one"),
    ORDER_MEMBERS,
    CIVIC_END
};

static const civic_field_t  refund_body[] = {
    WHOSE(CIVIC_REQUIRED),
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1, .zh = "所看到的订单版本；用同一版本重复提交不会退两次",
      .en = "the order's version that was seen: with it a repeat is the same "
            "refund" },
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = CIVIC_FEN_MIN, .max = CIVIC_FEN_MAX,
      .zh = "退款金额（分）", .en = "fen" },
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 2, .max = PAYMENT_REASON,
      .zh = "退款原因（不要填写个人信息）",
      .en = "why; no personal data" },
    CIVIC_END
};

static const civic_field_t  refund_reply[] = {
    FIELD("order_id", CIVIC_TYPE_STRING, "订单编号", "the order"),
    { .name = "order_state", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .choices = states, .zh = "订单的状态",
      .en = "the order's state" },
    FIELD("version", CIVIC_TYPE_INTEGER, "订单的版本",
          "the order's version now"),
    FIELD("refund_no", CIVIC_TYPE_STRING, "退款编号", "names the refund"),
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = refund_states, .zh = "退款的状态",
      .en = "the refund's state" },
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    CIVIC_END
};

static const civic_field_t  item_query[] = {
    { .name = "offset", .type = CIVIC_TYPE_INTEGER, .min = 0,
      .max = 10000000, .fallback = "0",
      .zh = "从第几个开始", .en = "from which one" },
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 200,
      .fallback = "50", .zh = "多少个", .en = "how many" },
    CIVIC_END
};

static const civic_field_t  item_members[] = {
    FIELD("order_id", CIVIC_TYPE_STRING, "订单编号", "the order"),
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states, .zh = "状态", .en = "its state" },
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    FIELD("returned_fen", CIVIC_TYPE_INTEGER, "已退或正在退的金额（分）",
          "fen that went or are going back"),
    FIELD("since", CIVIC_TYPE_INSTANT, "进入该状态的时间",
          "since when it is so"),
    FIELD("until", CIVIC_TYPE_INSTANT, "缴费截止时间", "the deadline"),
    CIVIC_END
};

static const civic_field_t  item_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = item_members }, CIVIC_END
};

static const civic_field_t  item_reply[] = {
    FIELD("total", CIVIC_TYPE_INTEGER, "总数", "how many in all"),
    { .name = "orders", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 200, .fields = item_item, .zh = "订单", .en = "orders" },
    CIVIC_END
};

static const civic_field_t  date_query[] = {
    { .name = "date", .type = CIVIC_TYPE_STRING, .max = 10,
      .example = "2026-03-08", .zh = "账单日期；省略为昨天",
      .en = "the bill's day; absent: yesterday" },
    CIVIC_END
};

static const civic_field_t  difference_members[] = {
    FIELD("difference_id", CIVIC_TYPE_STRING, "差异编号",
          "names the difference"),
    FIELD("kind", CIVIC_TYPE_STRING,
          "not_here 账单有、本系统没有；not_in_bill 本系统有、账单没有；"
          "amount 金额不一致；learned 对账时才得知，已入账",
          "not_here, not_in_bill, amount, or learned: asked about, and "
          "taken"),
    FIELD("name", CIVIC_TYPE_STRING, "支付宝交易号或退款编号",
          "Alipay's trade_no, or the refund's number"),
    FIELD("out_trade_no", CIVIC_TYPE_STRING, "商户订单号", "the trade"),
    FIELD("in", CIVIC_TYPE_BOOLEAN, "true 收款，false 退款",
          "money that came, or went"),
    FIELD("bill_fen", CIVIC_TYPE_INTEGER, "账单金额（分）", "fen in the bill"),
    FIELD("our_fen", CIVIC_TYPE_INTEGER, "本系统金额（分）", "fen here"),
    FIELD("settled", CIVIC_TYPE_BOOLEAN, "是否已处理",
          "whether it was looked into"),
    FIELD("note", CIVIC_TYPE_STRING, "处理说明", "what was found"),
    CIVIC_END
};

static const civic_field_t  difference_item[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = difference_members }, CIVIC_END
};

static const civic_field_t  differences_reply[] = {
    FIELD("date", CIVIC_TYPE_STRING, "账单日期", "the bill's day"),
    FIELD("compared", CIVIC_TYPE_BOOLEAN, "是否已对账",
          "whether it was compared"),
    MAYBE("compared_at", CIVIC_TYPE_INSTANT, "对账时间", "when"),
    MAYBE("movements", CIVIC_TYPE_INTEGER, "账单中的笔数",
             "movements in the bill"),
    { .name = "differences", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .max = 10000, .fields = difference_item,
      .zh = "差异", .en = "what is otherwise" },
    CIVIC_END
};

static const char *const  look_up_problems[] = {
    "invalid_fields", "not_found", "store_unavailable", "outcome_unknown",
    NULL
};
static const char *const  open_problems[] = {
    "invalid_fields", "payment_person_unknown", "store_unavailable",
    "outcome_unknown", NULL
};
static const char *const  refund_problems[] = {
    "invalid_fields", "not_found", "payment_refund_state",
    "payment_refund_amount", "payment_refund_old",
    "payment_refund_office", "conflict",
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  differences_problems[] = {
    "invalid_fields", "store_unavailable", NULL
};
static const char *const  settle_problems[] = {
    "invalid_fields", "not_found", "conflict", "store_unavailable",
    "outcome_unknown", NULL
};


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE  "payment of fees"
#define OFFICE   (CIVIC_OFFICE | CIVIC_ADMINISTRATOR)

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/orders", .handler = payment_orders_list,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE, .reply = orders_reply,
      .problems = list_problems,
      .zh = "我的缴费", .en = "the caller's orders" },
    { .method = CIVIC_GET, .path = "/orders/{order_id}",
      .handler = payment_order_show, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .reply = order_reply, .problems = show_problems,
      .zh = "个人付款状态", .en = "how an order stands" },
    { .method = CIVIC_GET, .path = "/orders/{order_id}/wait",
      .handler = payment_order_wait, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_WAIT, .purpose = PURPOSE, .query = wait_query,
      .reply = order_reply, .problems = wait_problems, .deadline = DEADLINE,
      .zh = "等待付款状态变化（长轮询）",
      .en = "a long poll for another version" },
    { .method = CIVIC_POST, .path = "/orders/{order_id}/pay",
      .handler = payment_order_pay, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_MONEY,
      .purpose = PURPOSE, .body = pay_body, .reply = pay_reply,
      .status = 201, .problems = pay_problems, .deadline = DEADLINE,
      .zh = "支付", .en = "begins to pay, or goes on" },
    { .method = CIVIC_POST, .path = "/orders/{order_id}/check",
      .handler = payment_order_check, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_MONEY, .purpose = PURPOSE,
      .reply = order_reply, .problems = check_problems, .deadline = DEADLINE,
      .zh = "我已付款：向支付宝查询",
      .en = "asks Alipay now, and tells how the order stands" },
    { .method = CIVIC_POST, .path = "/alipay/notifications",
      .handler = payment_notification, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_MONEY, .purpose = PURPOSE,
      .raw = form, .max_body = 16 * 1024, .problems = notification_problems,
      .zh = "支付宝异步通知",
      .en = "Alipay's notifications: answered \"success\" when stored" },
    { .method = CIVIC_GET, .path = "/alipay/return",
      .handler = payment_landing, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MONEY, .purpose = PURPOSE, .query = landing_query,
      .problems = landing_problems, .deadline = DEADLINE,
      .zh = "支付后返回：转到考生的缴费页面",
      .en = "a browser comes back: asks Alipay, leads to the citizen's page" },

    { .method = CIVIC_POST, .path = "/look-up",
      .handler = payment_desk_look_up, .roles = OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = look_up_body, .reply = look_up_reply,
      .problems = look_up_problems,
      .zh = "考务：查询一人的缴费", .en = "the office: a person's orders" },
    { .method = CIVIC_POST, .path = "/orders", .handler = payment_desk_open,
      .roles = OFFICE, .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = PURPOSE, .body = open_body, .reply = open_reply,
      .status = 201, .problems = open_problems,
      .zh = "考务：手工开缴费单（每人每项一个）",
      .en = "the office: opens an order by hand, one of an item" },
    { .method = CIVIC_POST, .path = "/orders/{order_id}/refunds",
      .handler = payment_desk_refund, .roles = OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_MONEY, .purpose = PURPOSE,
      .body = refund_body, .reply = refund_reply, .status = 201,
      .problems = refund_problems,
      .zh = "考务：退款", .en = "the office: gives money back" },
    { .method = CIVIC_GET, .path = "/items/{item}/orders",
      .handler = payment_items_show, .roles = OFFICE, .purpose = PURPOSE,
      .query = item_query, .reply = item_reply, .problems = list_problems,
      .zh = "考务：一个项目的全部缴费",
      .en = "the office: all orders of an item" },
    { .method = CIVIC_GET, .path = "/stuck",
      .handler = payment_stuck_show, .roles = OFFICE, .purpose = PURPOSE,
      .query = item_query, .reply = payment_stuck_reply,
      .problems = list_problems,
      .zh = "考务：退不出去的款项",
      .en = "the office: money that should go back and does not" },
    { .method = CIVIC_GET, .path = "/differences",
      .handler = payment_differences_list, .roles = OFFICE,
      .purpose = PURPOSE, .query = date_query, .reply = differences_reply,
      .problems = differences_problems,
      .zh = "考务：对账差异", .en = "the office: what a bill has otherwise" },
    { .method = CIVIC_POST, .path = "/differences/settle",
      .handler = payment_difference_settle, .roles = OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = payment_settle_body, .status = 204, .problems = settle_problems,
      .zh = "考务：对账差异已处理",
      .en = "the office: a difference was looked into" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "payment_paid", 409,
      "已付款，无需再次支付。",
      "This is paid. There is nothing to pay any more." },
    { "payment_removed", 409,
      "逾期未缴费，报名已被删除，不能再支付。如有疑问，请拨打服务电话。",
      "The deadline passed without a payment, and the application was "
      "removed. It cannot be paid any more." },
    { "payment_over", 409,
      "缴费已截止，不能再支付。如已付款，请稍后查看个人付款状态。",
      "The deadline has passed. If you have paid, look at the state of your "
      "payment in a moment." },
    { "payment_closed", 409,
      "该缴费已取消或已退款，不能支付。",
      "This was given up or paid back, and cannot be paid." },
    { "payment_not_yet", 409,
      "缴费尚未开始。",
      "It cannot be paid yet." },
    { "payment_channel_closed", 409,
      "这种支付方式目前不可用，请选择其他方式。",
      "It cannot be paid in this way. Choose another one." },
    { "payment_too_many", 429,
      "支付次数过多。请先完成或关闭已打开的支付，或拨打服务电话。",
      "There were too many attempts to pay this. Finish one of them, or call "
      "the service line." },
    { "payment_code_invalid", 422,
      "支付宝授权已失效，请重新点击“支付”。",
      "Alipay's code is used up. Press \"pay\" again." },
    { "payment_refused", 409,
      "支付宝没有受理本次支付。请稍后重试，或选择其他支付方式。",
      "Alipay did not accept this payment. Try again later, or in another "
      "way." },
    { "payment_check", 409,
      "支付宝显示这笔交易可能已付款。请不要重复支付，稍后查看个人付款状态。",
      "Alipay seems to have this payment. Do not pay again; look at the state "
      "of your payment in a moment." },
    { "payment_person_unknown", 404,
      "没有这位考生，或尚未完成身份认证。请核对身份证号。",
      "There is no such person, or nobody has proven to be this one yet." },
    { "payment_refund_state", 409,
      "只有“已付款”的订单可以退款。",
      "Money of an order goes back while the order is paid, and no other "
      "refund of it is on its way." },
    { "payment_refund_amount", 409,
      "退款金额超过可退金额。",
      "This is more than can go back." },
    { "payment_refund_old", 409,
      "付款时间过久，不能通过本系统退款。",
      "This was paid too long ago to go back by this way." },
    { "payment_refund_office", 403,
      "该金额须由管理员办理退款。",
      "A refund of this amount is for an administrator." },
    SHARED_ALIPAY_PROBLEMS,

    { "payment_instant", 0,
      "时间不正确：截止时间应晚于开始时间和现在。",
      "This is no time that fits: the deadline is after the beginning, and "
      "after now." },
    { "payment_date", 0,
      "日期不正确。请填写年月日。",
      "This is no day. Write year, month and day.",
      .example = 1 },
    SHARED_ID_PROBLEMS,
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  channel_input[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = channels, .zh = "支付方式", .en = "the channel" },
    FIELD("left", CIVIC_TYPE_INTEGER, "距截止的秒数", "s until the deadline"),
    FIELD("fen", CIVIC_TYPE_INTEGER, "金额（分）", "fen"),
    CIVIC_END
};

static const civic_field_t  pause_input[] = {
    FIELD("what", CIVIC_TYPE_STRING, "trade、refund 或 removal",
          "trade, refund or removal"),
    FIELD("age", CIVIC_TYPE_INTEGER, "已经过的秒数", "s since it began"),
    CIVIC_END
};

static const civic_field_t  refund_input[] = {
    FIELD("who", CIVIC_TYPE_STRING, "office、administrator 或 opener",
          "office, administrator or opener"),
    FIELD("fen", CIVIC_TYPE_INTEGER, "退款金额（分）", "fen to go back"),
    FIELD("paid", CIVIC_TYPE_INTEGER, "已付金额（分）", "fen that were paid"),
    FIELD("returned", CIVIC_TYPE_INTEGER, "已退金额（分）",
          "fen that went back before"),
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states, .zh = "订单的状态", .en = "the order's state" },
    FIELD("since", CIVIC_TYPE_INTEGER, "进入该状态的秒数",
          "s since it is in it"),
    CIVIC_END
};

static const civic_field_t  label_input[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states, .zh = "订单的状态", .en = "the order's state" },
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

static const civic_field_t  message_input[] = {
    FIELD("what", CIVIC_TYPE_STRING, "什么消息", "what is told"),
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 4 * PAYMENT_TITLE, .zh = "缴费项目", .en = "what it is for" },
    FIELD("yuan", CIVIC_TYPE_STRING, "金额（元）", "the amount in yuan"),
    FIELD("until", CIVIC_TYPE_STRING, "截止时间", "the deadline"),
    CIVIC_END
};

static const civic_field_t  retention_input[] = {
    { .name = "what", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kept, .zh = "什么：付过款的订单、没有付款的订单或对账记录",
      .en = "an order that money moved for, one without, a bill" },
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "channel", .input = channel_input,
      .en = "which channels there are, and how long a trade lives" },
    { .name = "form", .en = "what is taken for an identity number" },
    { .name = "ask", .en = "how often a page may ask Alipay" },
    { .name = "pause", .input = pause_input,
      .en = "when Alipay is asked again, and when somebody has to look" },
    { .name = "deadline", .en = "warnings, grace, what a late payment does" },
    { .name = "refund", .input = refund_input,
      .en = "who may give how much back" },
    { .name = "label", .input = label_input,
      .en = "what a state is called" },
    { .name = "message", .input = message_input,
      .en = "what citizens are told" },
    { .name = "bill", .en = "whether and when bills are compared" },
    { .name = "rebuild", .en = "how often indexes are made anew" },
    { .name = "retention", .input = retention_input,
      .en = "how long orders and bills are kept" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "payment_open", "opens an order, once for each item" },
    { "payment_begin", "begins a trade, or finds the open one" },
    { "payment_made", "keeps what Alipay told of a trade" },
    { "payment_news", "takes news of a trade" },
    { "payment_move", "closes or removes an order, moves its deadline" },
    { "payment_refund", "begins a refund" },
    { "payment_returned", "notes that money is back" },
    { "payment_stuck", "lists money that does not go back" },
    { "payment_turn", "takes the turn to ask Alipay" },
    { "payment_lead", "notes to whom a trade leads" },
    { "payment_index", "changes an index" },
    SHARED_PERSONS_WALK_SCRIPT,
    SHARED_ASIDE_SCRIPT,
    { "payment_bill", "notes what a bill has otherwise" },
    { "payment_settle", "settles a difference" },
    { "payment_differs", "has a trade's record lead to a difference" },
    { "payment_erase", "erases an order that was kept long enough" },
    { "payment_bill_erase", "erases a bill that was kept long enough" },
};

static const civic_call_def_t  calls[] = {
    { "open", payment_call_open, "{pid, item, title, fen, until, from?, "
      "opener?, again?} -> the order, created" },
    { "state", payment_call_state, "{pid, order_id or item} -> the order, or "
      "state none" },
    { "close", payment_call_close, "{pid, order_id} -> the order: given up, "
      "if it was unpaid" },
    { "extend", payment_call_extend, "{pid, order_id, until} -> the order: "
      "its deadline moved, if it was unpaid" },
    { "refund", payment_call_refund, "{pid, order_id, version?, fen?, "
      "reason?} -> the order, refused?" },
};

static const civic_job_def_t  jobs[] = {
    { .name = PAYMENT_FOLLOW, .outbox = PAYMENT_FOLLOW,
      .interval = 2, .shards = PAYMENT_SHARDS,
      .deadline = JOB, .run = payment_follow_run,
      .en = "Does what follows from changes of payments." },
    { .name = PAYMENT_TELL, .outbox = PAYMENT_TELL,
      .interval = 2, .shards = PAYMENT_SHARDS,
      .deadline = JOB, .run = payment_follow_run,
      .en = "Tells plugins what became of their orders." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL,
      .shards = PAYMENT_SHARDS, .deadline = JOB, .run = payment_follow_run,
      .en = "Tries what failed again and again." },
    { .name = "due", .interval = 5, .shards = PAYMENT_SHARDS,
      .deadline = JOB, .run = payment_due_run,
      .en = "Asks Alipay about trades and refunds whose outcome is open." },
    { .name = "deadlines", .interval = 5, .shards = PAYMENT_SHARDS,
      .deadline = JOB, .run = payment_deadline_run,
      .en = "Warns before deadlines, and removes who has not paid." },
    { .name = "rebuild", .interval = 10, .shards = PAYMENT_SHARDS,
      .deadline = JOB, .run = payment_rebuild_run,
      .en = "Makes the indexes of payments anew." },
    { .name = "bills", .interval = 1800, .deadline = 60000,
      .run = payment_bill_run,
      .en = "Compares Alipay's bills with our receipts." },
    { .name = "retention", .interval = 3600, .deadline = JOB,
      .run = payment_retention_run,
      .en = "Erases bills that were kept long enough." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = PAYMENT_FOLLOW, .en = "what follows from changes" },
    { .name = PAYMENT_TELL, .en = "what openers of orders are told" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    { "orders", "orders opened" },
    { "trades", "trades begun" },
    { "trades_resumed", "trades that were open already" },
    { "paid", "orders paid" },
    { "late", "payments that came when the order did not want them" },
    { "removed", "orders removed after their deadline" },
    { "closed", "orders given up by their openers" },
    { "notifications", "notifications that brought news" },
    { "notifications_known", "notifications of what was known" },
    { "notifications_forged", "notifications that Alipay has not signed" },
    { "misfits", "news that does not fit what is kept" },
    { "asked", "questions to Alipay about trades" },
    { "unavailable", "questions that Alipay did not answer" },
    { "refunds", "refunds begun by the office or openers" },
    { "refunded", "refunds carried out" },
    { "refunds_refused", "refunds that Alipay did not carry out" },
    { "waits", "times that money was found waiting too long" },
    { "warned", "warnings before deadlines" },
    { "bills", "bills compared" },
    { "differences", "differences between bills and receipts" },
    { "rebuilt", "persons whose indexes were made anew" },
    { "stuck", "times that money was found that does not go back" },
    { "set_aside", "times that work failed for minutes, and was set aside" },
    { "erased", "orders and bills that were kept long enough, and erased" },
};

static const civic_purpose_def_t  purposes[] = {
    { PAYMENT_RECORD, "orders, trades and refunds" },
};


CIVIC_PLUGIN = {
    .name = "payment",
    .version = "1.0.0",
    .zh = "缴费：支付宝支付、退款与对账",
    .en = "payment by Alipay, refunds, and the daily bill",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
};
