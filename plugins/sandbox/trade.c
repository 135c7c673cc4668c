/*
 * trade.c - keeps trades, and says what time makes of them: see trade.h.
 */

#include <stdio.h>
#include <stdlib.h>

#include "civil_date.h"
#include "notice.h"
#include "trade.h"

#define TRIES       50                  /* that others may be quicker */
#define MOST_FEN    10000000000LL       /* 100000000 yuan */
#define TRADE_DIGITS  15                /* random ones of a trade_no */


civic_str_t
sandbox_money_key(civic_request_t *r, const char *family)
{
    return civic_print(r, "civic:sandbox:{money}:%s", family);
}


const char *
sandbox_seller(civic_request_t *r)
{
    return json_string_value(civic_option(r, "seller_id"));
}


/* ---- amounts and times ------------------------------------------------- */

const char *
sandbox_yuan(civic_request_t *r, int64_t fen)
{
    return civic_print(r, "%s%lld.%02lld", fen < 0 ? "-" : "",
                       (long long) llabs(fen) / 100,
                       (long long) llabs(fen) % 100).data;
}


int64_t
sandbox_fen(const char *yuan)
{
    size_t   whole = strspn(yuan, "0123456789"), rest;
    int64_t  fen;

    if (whole == 0 || whole > 9 || (whole > 1 && yuan[0] == '0')) {
        return -1;
    }

    fen = strtoll(yuan, NULL, 10) * 100;

    if (yuan[whole] == '.') {
        yuan += whole + 1;
        rest = strspn(yuan, "0123456789");

        if (rest == 0 || rest > 2 || yuan[rest] != '\0') {
            return -1;
        }

        fen += (yuan[0] - '0') * 10 + (rest == 2 ? yuan[1] - '0' : 0);

    } else if (yuan[whole] != '\0') {
        return -1;
    }

    return fen >= 1 && fen <= MOST_FEN ? fen : -1;
}


const char *
sandbox_clock(civic_request_t *r, civic_msec_t at)
{
    char  text[ALIPAY_TIME_TEXT];

    return alipay_time(at / 1000, text) == 0 ? civic_print(r, "%s", text).data
                                             : "";
}


civic_msec_t
sandbox_instant(const char *clock)
{
    int           used = 0;
    unsigned      hour, minute, second;
    civic_date_t  date;

    if (strlen(clock) != ALIPAY_TIME_TEXT - 1
        || civic_date_parse(clock, CIVIC_DATE_TEXT - 1, &date) != 0
        || strspn(clock + CIVIC_DATE_TEXT, "0123456789:") != 8
        || sscanf(clock + CIVIC_DATE_TEXT - 1, " %2u:%2u:%2u%n", &hour,
                  &minute, &second, &used) != 3
        || used != 9 || hour > 23 || minute > 59 || second > 59)
    {
        return -1;
    }

    return civic_date_to_days(date) * SANDBOX_DAY + hour * SANDBOX_HOUR
           + minute * 60000LL + second * 1000LL - SANDBOX_CHINA;
}


/* ---- a trade's members ------------------------------------------------- */

int64_t
sandbox_trade_int(const json_t *trade, const char *name)
{
    return json_integer_value(json_object_get(trade, name));
}


void
sandbox_trade_set_int(json_t *trade, const char *name, int64_t value)
{
    (void) json_object_set_new(trade, name, json_integer(value));
}


void
sandbox_trade_set(json_t *trade, const char *name, const char *value)
{
    (void) json_object_set_new(trade, name, json_string(value));
}


int
sandbox_trade_is(const json_t *trade, const char *state)
{
    return strcmp(sandbox_text(trade, "state"), state) == 0;
}


int
sandbox_trade_exists(const json_t *trade)
{
    return trade != NULL && !sandbox_trade_is(trade, SANDBOX_ORDERED);
}


int64_t
sandbox_trade_refund_of(const json_t *trade, const char *request)
{
    size_t   i;
    json_t  *each;

    json_array_foreach(json_object_get(trade, "movements"), i, each) {
        if (strcmp(sandbox_text(each, "kind"), SANDBOX_REFUND) == 0
            && strcmp(sandbox_text(each, "request"), request) == 0)
        {
            return sandbox_trade_int(each, "fen");
        }
    }

    return -1;
}


int64_t
sandbox_trade_refunded(const json_t *trade)
{
    size_t    i;
    json_t   *each;
    int64_t   sum = 0;

    json_array_foreach(json_object_get(trade, "movements"), i, each) {
        if (strcmp(sandbox_text(each, "kind"), SANDBOX_REFUND) == 0) {
            sum += sandbox_trade_int(each, "fen");
        }
    }

    return sum;
}


void
sandbox_trade_move(sandbox_step_t *step, const char *kind, int64_t fen,
    const char *request, const char *reason)
{
    int          back = strcmp(kind, SANDBOX_REFUND) == 0;
    const char  *buyer = sandbox_text(step->trade, "buyer");
    const char  *seller = sandbox_seller(step->r);

    (void) json_array_append_new(
        json_object_get(step->trade, "movements"),
        json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s}", "kind", kind,
                  "fen", (json_int_t) fen, "at", (json_int_t) step->now,
                  "from", back ? seller : buyer,
                  "to", back ? buyer : seller,
                  "request", request, "reason", reason));
    step->moved = 1;
    step->changed = 1;
    step->notify = 1;
}


void
sandbox_add_buyer(civic_request_t *r, json_t *node, const json_t *trade,
    const char *user_id_name)
{
    json_t      *person = sandbox_person(r, sandbox_text(trade, "buyer"));
    const char  *id = sandbox_text(person, "user_id");

    if (person == NULL) {
        return;
    }

    sandbox_trade_set(node, "buyer_open_id", sandbox_text(person, "open_id"));
    sandbox_trade_set(node, "buyer_logon_id",
                      civic_print(r, "%.3s******%s", id,
                                  strlen(id) < 5 ? "" : id + strlen(id) - 2)
                          .data);

    if (json_is_true(civic_option(r, "user_ids"))) {
        sandbox_trade_set(node, user_id_name, id);
    }
}


/* ---- what time does ---------------------------------------------------- */

/* When a paid trade can no longer be refunded. */
static civic_msec_t
ends_at(civic_request_t *r, const json_t *trade)
{
    return sandbox_trade_int(trade, "paid_at") + SANDBOX_DAY
           * json_integer_value(civic_option(r, "refund_days"));
}


void
sandbox_trade_age(civic_request_t *r, json_t *trade, civic_msec_t now)
{
    if (sandbox_trade_is(trade, SANDBOX_WAITING)
        && now >= sandbox_trade_int(trade, "expires_at"))
    {
        sandbox_trade_set(trade, "state", SANDBOX_CLOSED);
        sandbox_trade_set_int(trade, "closed_at",
                              sandbox_trade_int(trade, "expires_at"));

    } else if (sandbox_trade_is(trade, SANDBOX_SUCCESS)
               && now >= ends_at(r, trade))
    {
        sandbox_trade_set(trade, "state", SANDBOX_FINISHED);
    }
}


/* "" for what time leaves alone. */
static civic_str_t
deadline(civic_request_t *r, const json_t *trade)
{
    if (sandbox_trade_is(trade, SANDBOX_WAITING)) {
        return civic_print(r, "%lld",
                           (long long) sandbox_trade_int(trade,
                                                         "expires_at"));
    }

    if (sandbox_trade_is(trade, SANDBOX_SUCCESS)) {
        return civic_print(r, "%lld", (long long) ends_at(r, trade));
    }

    return CIVIC_STR("");
}


/* ---- beginning --------------------------------------------------------- */

/* The day, 22001 as they often have it, and digits. */
static civic_result_t
new_trade_no(civic_request_t *r, civic_msec_t now, civic_str_t *number)
{
    char             day[CIVIC_DATE_TEXT], digits[TRADE_DIGITS + 1];
    size_t           i;
    civic_result_t   rc;
    unsigned char    random[TRADE_DIGITS];

    rc = civic_random(r, random, sizeof(random));

    for (i = 0; i < TRADE_DIGITS; i++) {
        digits[i] = (char) ('0' + random[i] % 10);
    }

    digits[TRADE_DIGITS] = '\0';
    civic_date_format(civic_date_in_china(now), day);

    *number = civic_print(r, "%.4s%.2s%.2s22001%s", day, day + 5, day + 8,
                          digits);

    return rc;
}


civic_result_t
sandbox_trade_begin(sandbox_step_t *step)
{
    int64_t          express = sandbox_trade_int(step->trade, "express");
    civic_str_t      number;
    civic_result_t   rc;

    rc = new_trade_no(step->r, step->now, &number);

    if (rc != CIVIC_OK) {
        return rc;
    }

    sandbox_trade_set(step->trade, "trade_no", number.data);
    sandbox_trade_set(step->trade, "state", SANDBOX_WAITING);
    sandbox_trade_set_int(step->trade, "created_at", step->now);

    if (sandbox_trade_int(step->trade, "expires_at") == 0) {
        sandbox_trade_set_int(step->trade, "expires_at", step->now + express);
    }

    step->index = number.data;
    step->changed = 1;

    return CIVIC_OK;
}


/* ---- a step ------------------------------------------------------------ */

void
sandbox_step_free(sandbox_step_t *step)
{
    json_decref(step->before);
    json_decref(step->trade);
    step->before = NULL;
    step->trade = NULL;
}


/* Finds out_trade_no, if only a number is known. */
static civic_result_t
resolve(sandbox_step_t *step)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    if (step->number == NULL) {
        return CIVIC_OK;
    }

    step->out_trade_no = NULL;
    rc = civic_redis(step->r,
                     CIVIC_ARGV(CIVIC_STR("HGET"),
                                sandbox_money_key(step->r, "numbers"),
                                civic_cstr(step->number)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        step->out_trade_no = value->str.data;
    }

    return rc;
}


static civic_result_t
load(sandbox_step_t *step)
{
    civic_result_t        rc = resolve(step);
    const civic_value_t  *value;

    sandbox_step_free(step);
    step->changed = step->moved = step->notify = 0;
    step->index = NULL;
    step->now = civic_business_now(step->r);

    if (rc != CIVIC_OK || step->out_trade_no == NULL) {
        return rc;
    }

    rc = civic_redis(step->r,
                     CIVIC_ARGV(CIVIC_STR("HGET"),
                                sandbox_money_key(step->r, "trades"),
                                civic_cstr(step->out_trade_no)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        step->before = json_loadb(value->str.data, value->str.len, 0, NULL);
        step->trade = json_deep_copy(step->before);
        sandbox_trade_age(step->r, step->trade, step->now);
    }

    return rc;
}


static civic_result_t
write_step(sandbox_step_t *step, int64_t *done)
{
    civic_str_t           keys[7], args[11];
    civic_result_t        rc;
    civic_request_t      *r = step->r;
    const civic_value_t  *value;

    static const char *const  families[] = {
        "trades", "numbers", "ordered", "movements", "notices", "due",
        "deadlines"
    };

    for (size_t i = 0; i < 7; i++) {
        keys[i] = sandbox_money_key(r, families[i]);
    }

    rc = sandbox_notice_make(step, &args[8], &args[9], &args[10]);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (args[8].len != 0) {
        (void) json_array_append_new(json_object_get(step->trade, "notices"),
                                     json_string(args[8].data));
    }

    args[0] = civic_cstr(sandbox_text(step->trade, "out_trade_no"));
    args[1] = sandbox_json(r, step->before);
    args[2] = sandbox_json(r, step->trade);
    args[3] = civic_cstr(step->index == NULL ? "" : step->index);
    args[4] = civic_print(r, "%lld",
                          (long long) sandbox_trade_int(step->trade,
                                                        "ordered_at"));
    args[5] = deadline(r, step->trade);
    args[6] = !step->moved ? CIVIC_STR("")
              : civic_print(r, "%s %zu", args[0].data,
                            json_array_size(json_object_get(step->trade,
                                                            "movements")) - 1);
    args[7] = civic_print(r, "%lld", (long long) step->now);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "sandbox_trade_write",
                             .keys = keys, .nkeys = 7,
                             .args = args, .nargs = 11 }, &value);

    if (rc == CIVIC_OK) {
        *done = value->integer;
    }

    return rc;
}


civic_result_t
sandbox_trade_step(sandbox_step_t *step, sandbox_decide_pt decide,
    void *data)
{
    unsigned        tries;
    int64_t         done = 0;
    civic_result_t  rc;

    for (tries = 0; tries < TRIES; tries++) {
        rc = load(step);

        if (rc == CIVIC_OK) {
            rc = decide(step, data);
        }

        if (rc != CIVIC_OK || !step->changed) {
            return rc;
        }

        rc = write_step(step, &done);

        if (rc != CIVIC_OK || done == 1) {
            return rc;
        }
    }

    civic_log(step->r, CIVIC_LOG_ERROR, "a trade changed %u times while it "
              "was to be changed", tries);

    return CIVIC_ERROR;
}
