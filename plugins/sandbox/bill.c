/*
 * bill.c - which bill there is and what stands in it: all money that moved
 * in a day or month, by the business clock, and what somebody wants to be
 * different.
 *
 * A day's bill is there from nine the next morning on, a month's from nine
 * on the third; one that was made on demand is there at once, and its
 * differences stay until it is made anew.
 */

#include <stdio.h>
#include <stdlib.h>

#include "bill.h"
#include "civil_date.h"

#define URL_LIFE   (30 * 1000LL)        /* ms, really */
#define PLAN_LIFE  (400 * SANDBOX_DAY)
#define READY      (9 * SANDBOX_HOUR)   /* after midnight */
#define BATCH      200                  /* movements of one trip */
#define ROWS       4000                 /* of a bill: memory of a request */
#define EXTRA      8800                 /* fen of a trade that never was */
#define PLANNED    50                   /* differences of a bill */
#define ACCOUNT    "0156"               /* follows the seller's number */

typedef struct {
    char          text[16];             /* "20260309", "202603" */
    civic_msec_t  from;
    civic_msec_t  to;                   /* is not part of it */
    civic_msec_t  ready;
} period_t;

static const char *const  kinds[] = {
    "trade_missing", "trade_extra", "amount", "refund_missing", NULL
};

static const civic_field_t  wish_fields[] = {
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kinds, .zh = "差异种类", .en = "what is different" },
    SANDBOX_TEXT("out_trade_no", SANDBOX_NUMBER, "商户订单号",
                 "of this trade; else of one that seed chooses"),
    CIVIC_END
};

static const civic_field_t  each_wish[] = {
    { .name = "difference", .type = CIVIC_TYPE_OBJECT, .fields = wish_fields,
      .zh = "差异", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sandbox_bill_body[] = {
    { .name = "bill_date", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 10, .zh = "账单日期", .en = "2026-03-09, or 2026-03" },
    { .name = "seed", .type = CIVIC_TYPE_INTEGER, .max = 1000000,
      .fallback = "0", .zh = "种子", .en = "chooses the lines" },
    { .name = "differences", .type = CIVIC_TYPE_ARRAY, .max = PLANNED,
      .fields = each_wish, .zh = "差异", .en = "what is to be found" },
    CIVIC_END
};

static const civic_field_t  difference_fields[] = {
    SANDBOX_TEXT("kind", 16, "差异种类", "what is different"),
    SANDBOX_TEXT("out_trade_no", 64, "商户订单号", "of which trade"),
    SANDBOX_TEXT("request", 64, "退款请求号", "of which refund"),
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .zh = "实际金额（分）",
      .en = "what really moved; 0: nothing" },
    { .name = "bill_fen", .type = CIVIC_TYPE_INTEGER,
      .zh = "账单金额（分）", .en = "what the bill says; 0: nothing" },
    CIVIC_END
};

static const civic_field_t  each_difference[] = {
    { .name = "difference", .type = CIVIC_TYPE_OBJECT,
      .fields = difference_fields, .zh = "差异", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sandbox_bill_reply[] = {
    { .name = "differences", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_difference, .zh = "差异",
      .en = "what a reconciliation has to find" },
    CIVIC_END
};

const civic_field_t  sandbox_bill_query[] = {
    SANDBOX_TEXT("bizType", 20, "账单类型", "trade"),
    SANDBOX_TEXT("userId", 32, "商户", "the seller"),
    SANDBOX_TEXT("fileType", 20, "文件类型", "csv.zip"),
    SANDBOX_TEXT("bizDates", 20, "账单日期", "which bill"),
    SANDBOX_TEXT("downloadFileName", 100, "文件名", "how to call it"),
    SANDBOX_TEXT("fileId", 64, "文件标识", "works for 30 s"),
    CIVIC_END
};


/* ---- which one --------------------------------------------------------- */

static civic_msec_t
midnight(civic_date_t date)
{
    return civic_date_to_days(date) * SANDBOX_DAY - SANDBOX_CHINA;
}


/* -1: it is neither a day nor a month. */
static int
read_period(const char *text, period_t *period)
{
    char          day[CIVIC_DATE_TEXT + 8];
    civic_date_t  date, next;
    int           is_month = strlen(text) == 7;

    snprintf(day, sizeof(day), "%.10s%s", text, is_month ? "-01" : "");

    if ((!is_month && strlen(text) != 10)
        || civic_date_parse(day, strlen(day), &date) != 0)
    {
        return -1;
    }

    next = is_month ? (civic_date_t) { date.year + date.month / 12,
                                       date.month % 12 + 1, 1 }
                    : civic_date_from_days(civic_date_to_days(date) + 1);

    period->from = midnight(date);
    period->to = midnight(next);
    period->ready = period->to + READY + (is_month ? 2 * SANDBOX_DAY : 0);
    snprintf(period->text, sizeof(period->text), "%.4s%.2s%.2s", text,
             text + 5, is_month ? "" : text + 8);

    return 0;
}


static const char *
chinese(civic_request_t *r, civic_msec_t at)
{
    const char  *clock = sandbox_clock(r, at);

    return civic_print(r, "%.4s年%.2s月%.2s日 %s", clock, clock + 5,
                       clock + 8, clock + 11).data;
}


/* ---- walking over the money -------------------------------------------- */

/* Called for each movement of a period; row is the callee's to change.  name
   is its own. */
typedef void (*visit_pt)(civic_request_t *r, const char *name,
    sandbox_row_t *row, void *data);


static void
visit_one(civic_request_t *r, const char *name, const char *text,
    visit_pt visit, void *data)
{
    json_t         *trade, *movement, *buyer;
    const char     *index = strrchr(name, ' ');
    sandbox_row_t   row;

    trade = json_loads(text, 0, NULL);
    movement = json_array_get(json_object_get(trade, "movements"),
                              strtoul(index == NULL ? "" : index, NULL, 10));

    if (movement != NULL) {
        buyer = json_object();
        sandbox_add_buyer(r, buyer, trade, "buyer_id");

        row = (sandbox_row_t) {
            .out_trade_no = sandbox_text(trade, "out_trade_no"),
            .trade_no = sandbox_text(trade, "trade_no"),
            .subject = sandbox_text(trade, "subject"),
            .buyer = sandbox_text(buyer, "buyer_logon_id"),
            .request = sandbox_text(movement, "request"),
            .created_at = sandbox_trade_int(trade, "created_at"),
            .at = sandbox_trade_int(movement, "at"),
            .fen = sandbox_trade_int(movement, "fen")
        };

        if (strcmp(sandbox_text(movement, "kind"), SANDBOX_REFUND) == 0) {
            row.fen = -row.fen;
        }

        visit(r, name, &row, data);
        json_decref(buyer);
    }

    json_decref(trade);
}


/* The trades of these movements, in one trip. */
static civic_result_t
visit_batch(civic_request_t *r, const civic_value_t *names, visit_pt visit,
    void *data)
{
    size_t                i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *texts;

    argv = civic_alloc(r, (names->count + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = sandbox_money_key(r, "trades");

    for (i = 0; i < names->count; i++) {
        argv[i + 2] = names->items[i].str;
        argv[i + 2].len = strcspn(names->items[i].str.data, " ");
    }

    rc = civic_redis(r, argv, names->count + 2, &texts);

    for (i = 0; rc == CIVIC_OK && i < texts->count; i++) {
        if (texts->items[i].type == CIVIC_VALUE_STRING) {
            visit_one(r, names->items[i].str.data,
                      texts->items[i].str.data, visit, data);
        }
    }

    return rc;
}


static civic_result_t
walk(civic_request_t *r, const period_t *period, visit_pt visit, void *data)
{
    size_t                done = 0;
    civic_str_t           from, to;
    civic_result_t        rc;
    const civic_value_t  *names;

    from = civic_print(r, "%lld", (long long) period->from);
    to = civic_print(r, "(%lld", (long long) period->to);

    do {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"),
                                       sandbox_money_key(r, "movements"),
                                       from, to, CIVIC_STR("BYSCORE"),
                                       CIVIC_STR("LIMIT"),
                                       civic_print(r, "%zu", done),
                                       civic_print(r, "%d", BATCH)), &names);

        if (rc != CIVIC_OK || names->count == 0) {
            return rc;
        }

        rc = visit_batch(r, names, visit, data);
        done += names->count;

    } while (rc == CIVIC_OK && names->count == BATCH && done < ROWS);

    if (done >= ROWS) {
        civic_log(r, CIVIC_LOG_ERROR, "the sandbox makes no bill of more than "
                  "%d lines", ROWS);
        return CIVIC_ERROR;
    }

    return rc;
}


/* ---- the call ---------------------------------------------------------- */

static civic_result_t
refuse_none(sandbox_call_t *call)
{
    return sandbox_refuse(call, "40004", "BILL_NOT_EXIST", "账单不存在");
}


/* *there: on demand always, else in time and with any money in it. */
static civic_result_t
is_there(civic_request_t *r, const char *date, const period_t *period,
    int *there)
{
    json_t               *plan;
    civic_result_t        rc;
    const civic_value_t  *count;

    rc = sandbox_find(r, sandbox_key(r, "bill", date), &plan);
    *there = plan != NULL;
    json_decref(plan);

    if (rc != CIVIC_OK || *there || civic_business_now(r) < period->ready) {
        return rc;
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZCOUNT"),
                                   sandbox_money_key(r, "movements"),
                                   civic_print(r, "%lld",
                                               (long long) period->from),
                                   civic_print(r, "(%lld",
                                               (long long) period->to)),
                     &count);
    *there = rc == CIVIC_OK && count->integer > 0;

    return rc;
}


static civic_result_t
give_url(sandbox_call_t *call, const char *date, const period_t *period)
{
    civic_str_t       id, host, url;
    const char       *base, *seller;
    civic_result_t    rc;
    civic_request_t  *r = call->r;

    rc = sandbox_new_id(r, &id);

    if (rc == CIVIC_OK) {
        rc = sandbox_keep(r, sandbox_key(r, "bill_file", id.data),
                          json_pack("{s:s}", "date", date), URL_LIFE);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    host = civic_header(r, "host");
    base = json_string_value(civic_option(r, "base_url"));

    if (*base == '\0') {
        base = civic_print(r, "http://%.*s/sandbox", (int) host.len,
                           host.data).data;
    }

    seller = sandbox_seller(r);
    url = civic_print(r, "%s/alipay/downloadBillFile.resource?bizType=trade"
                      "&userId=%s" ACCOUNT "&fileType=csv.zip&bizDates=%s"
                      "&downloadFileName=%s" ACCOUNT "_%s.csv.zip&fileId=%s",
                      base, seller, period->text, seller, period->text,
                      id.data);

    return sandbox_done(call, json_pack("{s:s}", "bill_download_url",
                                        url.data));
}


civic_result_t
sandbox_bill_url(sandbox_call_t *call)
{
    int              there;
    period_t         period;
    const char      *type = sandbox_business(call, "bill_type");
    const char      *date = sandbox_business(call, "bill_date");
    civic_result_t   rc;

    if (type == NULL || date == NULL || read_period(date, &period) != 0) {
        return sandbox_refuse(call, "40004", "INVAILID_ARGUMENTS",
                              "入参不合法");
    }

    /* of the account's own money (signcustomer) the sandbox has no book */
    if (strcmp(type, "trade") != 0) {
        return refuse_none(call);
    }

    rc = is_there(call->r, date, &period, &there);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return there ? give_url(call, date, &period) : refuse_none(call);
}


/* ---- the file ---------------------------------------------------------- */

typedef struct {
    sandbox_sheet_t  *sheet;
    const json_t     *differences;      /* of the plan */
    const char       *day;              /* for trade_no of what never was */
} writing_t;


/* The difference of this movement, or NULL. */
static json_t *
difference_of(const json_t *differences, const char *name)
{
    size_t   i;
    json_t  *each;

    json_array_foreach(differences, i, each) {
        if (strcmp(sandbox_text(each, "row"), name) == 0) {
            return each;
        }
    }

    return NULL;
}


static void
write_row(civic_request_t *r, const char *name, sandbox_row_t *row,
    void *data)
{
    json_t     *difference;
    writing_t  *writing = data;

    difference = difference_of(writing->differences, name);

    if (difference != NULL) {
        row->fen = sandbox_trade_int(difference, "bill_fen");

        if (row->fen == 0) {
            return;
        }
    }

    sandbox_sheet_add(r, writing->sheet, row);
}


/* What never was. */
static void
write_extra(civic_request_t *r, const writing_t *writing,
    const period_t *period)
{
    size_t        i;
    json_t       *each;
    civic_msec_t  noon = period->from + SANDBOX_DAY / 2;

    json_array_foreach(writing->differences, i, each) {
        if (*sandbox_text(each, "row") == '\0') {
            sandbox_sheet_add(r, writing->sheet, &(sandbox_row_t) {
                .out_trade_no = sandbox_text(each, "out_trade_no"),
                .trade_no = civic_print(r, "%.8s22001%015zu", writing->day,
                                        i + 1).data,
                .subject = "报名费", .buyer = "208******99", .request = "",
                .created_at = noon, .at = noon + 30000,
                .fen = sandbox_trade_int(each, "bill_fen") });
        }
    }
}


static civic_result_t
make_zip(civic_request_t *r, const char *date, const period_t *period,
    civic_str_t *zip)
{
    json_t          *plan;
    writing_t        writing;
    const char      *account;
    civic_result_t   rc;

    rc = sandbox_find(r, sandbox_key(r, "bill", date), &plan);

    if (rc != CIVIC_OK) {
        return rc;
    }

    account = civic_print(r, "%s" ACCOUNT, sandbox_seller(r)).data;
    writing.differences = json_object_get(plan, "differences");
    writing.day = civic_print(r, "%s01", period->text).data;
    writing.sheet = sandbox_sheet_new(account, chinese(r, period->from),
                                      chinese(r, period->to));

    rc = writing.sheet == NULL ? CIVIC_ERROR
                               : walk(r, period, write_row, &writing);

    if (rc == CIVIC_OK) {
        write_extra(r, &writing, period);
        rc = sandbox_sheet_zip(r, writing.sheet,
                               civic_print(r, "%s_%s", account,
                                           period->text).data, zip);
    }

    sandbox_sheet_free(writing.sheet);
    json_decref(plan);

    return rc;
}


civic_result_t
sandbox_bill_download(civic_request_t *r)
{
    json_t          *file;
    period_t         period;
    civic_str_t      zip;
    civic_result_t   rc;

    rc = sandbox_find(r, sandbox_key(r, "bill_file",
                                     sandbox_text(civic_query(r), "fileId")),
                      &file);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (file == NULL
        || read_period(sandbox_text(file, "date"), &period) != 0)
    {
        json_decref(file);
        return sandbox_page_refuse(r, 404, "下载链接不存在或已过期。",
                                   "This link leads nowhere any more.");
    }

    rc = make_zip(r, sandbox_text(file, "date"), &period, &zip);
    json_decref(file);

    return rc == CIVIC_OK ? civic_reply_bytes(r, 200, "application/zip", zip)
                          : rc;
}


/* ---- on demand --------------------------------------------------------- */

/* All lines of the bill, as differences that could be. */
static void
note_row(civic_request_t *r, const char *name, sandbox_row_t *row, void *data)
{
    (void) r;
    (void) json_array_append_new(data,
        json_pack("{s:s, s:s, s:s, s:I}", "row", name,
                  "out_trade_no", row->out_trade_no,
                  "request", row->request, "fen", (json_int_t) row->fen));
}


static int
fits(const json_t *row, const json_t *wish, const json_t *taken)
{
    int          refunds;
    const char  *number = sandbox_text(wish, "out_trade_no");

    refunds = strcmp(sandbox_text(wish, "kind"), "refund_missing") == 0;

    return (sandbox_trade_int(row, "fen") < 0) == refunds
           && (*number == '\0'
               || strcmp(number, sandbox_text(row, "out_trade_no")) == 0)
           && difference_of(taken, sandbox_text(row, "row")) == NULL;
}


/* A line that fits, by the seed; NULL if none does.  Borrowed. */
static json_t *
choose(const json_t *rows, const json_t *wish, const json_t *taken,
    int64_t seed)
{
    size_t    i;
    json_t   *each;
    int64_t   count = 0, skip;

    json_array_foreach(rows, i, each) {
        count += fits(each, wish, taken);
    }

    skip = count == 0 ? 0 : (seed * 7919 + 1) % count;

    json_array_foreach(rows, i, each) {
        if (fits(each, wish, taken) && skip-- == 0) {
            return each;
        }
    }

    return NULL;
}


static void
fulfil(civic_request_t *r, const json_t *rows, const json_t *wish,
    int64_t seed, json_t *differences)
{
    json_t      *found;
    int64_t      fen = 0;
    const char  *kind = sandbox_text(wish, "kind");
    const char  *number = sandbox_text(wish, "out_trade_no");

    if (strcmp(kind, "trade_extra") == 0) {
        if (*number == '\0') {
            number = civic_print(r, "nobodys%zu",
                                 json_array_size(differences)).data;
        }

        found = json_pack("{s:s, s:s, s:s, s:I}", "row", "", "out_trade_no",
                          number, "request", "", "fen", (json_int_t) 0);
        fen = EXTRA;

    } else {
        found = json_copy(choose(rows, wish, differences, seed));

        if (strcmp(kind, "amount") == 0) {
            fen = sandbox_trade_int(found, "fen") + 1;
        }
    }

    if (found != NULL) {
        sandbox_trade_set(found, "kind", kind);
        sandbox_trade_set_int(found, "bill_fen", fen);
        (void) json_array_append_new(differences, found);
    }
}


/* Those that name their trade go first: a seed leaves them their lines. */
static void
fulfil_all(civic_request_t *r, const json_t *rows, const json_t *wishes,
    int64_t seed, json_t *differences)
{
    int      named;
    size_t   i;
    json_t  *wish;

    for (named = 1; named >= 0; named--) {
        json_array_foreach(wishes, i, wish) {
            if ((*sandbox_text(wish, "out_trade_no") != '\0') == named) {
                fulfil(r, rows, wish, seed + (int64_t) i, differences);
            }
        }
    }
}


static civic_result_t
keep_plan(civic_request_t *r, const char *date, json_t *differences)
{
    size_t           i;
    json_t          *each;
    civic_result_t   rc;
    civic_writer_t  *w;

    static const char *const  texts[] = { "kind", "out_trade_no", "request" };
    static const char *const  numbers[] = { "fen", "bill_fen" };

    rc = sandbox_keep(r, sandbox_key(r, "bill", date),
                      json_pack("{s:O}", "differences", differences),
                      PLAN_LIFE);

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "differences");

    json_array_foreach(differences, i, each) {
        civic_write_object(r, w, NULL);

        for (size_t k = 0; k < 3; k++) {
            civic_write_str(r, w, texts[k],
                            civic_cstr(sandbox_text(each, texts[k])));
        }

        for (size_t k = 0; k < 2; k++) {
            civic_write_int(r, w, numbers[k],
                            sandbox_trade_int(each, numbers[k]));
        }

        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
sandbox_bill_make(civic_request_t *r)
{
    json_t          *body = civic_body(r), *wishes, *rows, *differences;
    period_t         period;
    const char      *date = sandbox_text(body, "bill_date");
    civic_result_t   rc;

    if (read_period(date, &period) != 0) {
        return civic_problem(r, "sandbox_no_bill");
    }

    rows = json_array();
    differences = json_array();
    wishes = json_object_get(body, "differences");

    rc = walk(r, &period, note_row, rows);

    fulfil_all(r, rows, wishes,
               json_integer_value(json_object_get(body, "seed")),
               differences);

    if (rc == CIVIC_OK) {
        rc = json_array_size(differences) == json_array_size(wishes)
             ? keep_plan(r, date, differences)
             : civic_problem(r, "sandbox_no_bill");
    }

    json_decref(rows);
    json_decref(differences);

    return rc;
}
