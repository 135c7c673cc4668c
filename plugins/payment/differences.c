/*
 * differences.c - the exam office: what a day's bill has otherwise than our
 * receipts, and that somebody has looked into it.
 */

#include "civil_date.h"
#include "payment.h"
#include "values.h"

#define DAY  INT64_C(86400000)

const civic_field_t  payment_settle_body[] = {
    { .name = "date", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 10, .max = 10, .example = "2026-03-08", .zh = "账单日期",
      .en = "the bill's day" },
    { .name = "difference_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .min = 1, .max = 128,
      .zh = "差异编号", .en = "the difference" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 2, .max = PAYMENT_REASON,
      .zh = "处理说明（不要填写个人信息）",
      .en = "what was found; no personal data" },
    CIVIC_END
};


/* Of the query or the body; without one, yesterday.  -1 if it is none. */
static int
date_of(civic_request_t *r, civic_str_t text, civic_str_t *date)
{
    char          *out = civic_alloc(r, CIVIC_DATE_TEXT);
    civic_date_t   day;

    if (text.len == 0) {
        day = civic_date_in_china(civic_business_now(r) - DAY);

    } else if (civic_date_parse(text.data, text.len, &day) != 0) {
        return -1;
    }

    civic_date_format(day, out);
    *date = civic_cstr(out);

    return 0;
}


static civic_result_t
refuse_date(civic_request_t *r, const char *pointer)
{
    civic_field_error_t  error = { pointer, "payment_date", NULL };

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = &error, .nerrors = 1 });
}


/* ---- listing ----------------------------------------------------------- */

static void
write_text(civic_request_t *r, civic_writer_t *w, const json_t *record,
    const char *name)
{
    civic_write_str(r, w, name, shared_json_str((json_t *) record, name));
}


static void
write_difference(civic_request_t *r, civic_writer_t *w, civic_str_t id,
    json_t *record)
{
    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "difference_id", id);
    write_text(r, w, record, "kind");
    write_text(r, w, record, "name");
    write_text(r, w, record, "out_trade_no");
    civic_write_bool(r, w, "in", json_is_true(json_object_get(record, "in")));
    civic_write_int(r, w, "bill_fen",
                    json_integer_value(json_object_get(record, "bill_fen")));
    civic_write_int(r, w, "our_fen",
                    json_integer_value(json_object_get(record, "our_fen")));
    civic_write_bool(r, w, "settled",
                     json_is_true(json_object_get(record, "settled")));
    write_text(r, w, record, "note");
    civic_write_end(r, w);
}


/* "<compared ms> <movements>"; absent while it was not compared. */
static void
write_state(civic_request_t *r, civic_writer_t *w, const civic_value_t *bill)
{
    size_t     i;
    long long  at = 0, movements = 0;

    for (i = 0; i + 1 < bill->count; i += 2) {
        if (civic_str_eq(shared_item(bill, i), CIVIC_STR("state"))) {
            (void) sscanf(shared_copy(r, shared_item(bill, i + 1)).data,
                          "%lld %lld", &at, &movements);
        }
    }

    civic_write_bool(r, w, "compared", at != 0);

    if (at != 0) {
        civic_write_instant(r, w, "compared_at", at);
        civic_write_int(r, w, "movements", movements);
    }
}


civic_result_t
payment_differences_list(civic_request_t *r)
{
    size_t                i;
    json_t               *record;
    civic_str_t           date, field, value;
    civic_result_t        rc;
    civic_writer_t       *w;
    const civic_value_t  *bill;

    if (date_of(r, shared_json_str(civic_query(r), "date"), &date) != 0) {
        return refuse_date(r, "?date");
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"),
                                   payment_bill_key(r, date)), &bill);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "date", date);
    write_state(r, w, bill);
    civic_write_array(r, w, "differences");

    for (i = 0; i + 1 < bill->count; i += 2) {
        field = shared_item(bill, i);
        value = shared_item(bill, i + 1);

        if (field.len < 3 || memcmp(field.data, "d:", 2) != 0) {
            continue;
        }

        record = json_loadb(value.data, value.len, 0, NULL);
        write_difference(r, w, (civic_str_t) { field.data + 2,
                                               field.len - 2 }, record);
        json_decref(record);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


/* ---- settling ---------------------------------------------------------- */

/* As it is with the note.  CIVIC_ERROR: it is damaged. */
static civic_result_t
settled_text(civic_request_t *r, civic_str_t found, civic_str_t *text)
{
    json_t       *record = json_loadb(found.data, found.len, 0, NULL);
    civic_str_t   note = civic_body_str(r, "note");

    if (!json_is_object(record)) {
        json_decref(record);
        return CIVIC_ERROR;
    }

    json_object_set_new(record, "settled", json_true());
    json_object_set_new(record, "note", json_stringn(note.data, note.len));

    return shared_json_text(r, record, text);
}


static civic_result_t
settle(civic_request_t *r, civic_str_t date, civic_str_t field,
    civic_str_t found, civic_str_t text)
{
    json_t               *details;
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = payment_bill_key(r, date);
    args[0] = field;
    args[1] = found;
    args[2] = text;

    details = json_pack("{s:s%, s:s%}", "date", date.data, date.len,
                        "difference", field.data + 2, field.len - 2);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                             .action = "payment.difference_settled",
                             .details = details }, keys[0], &keys[1],
                     &args[3]);
    json_decref(details);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "payment_settle", .keys = keys,
                                 .nkeys = 2, .args = args, .nargs = 4,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return value->integer == 1 ? civic_reply_empty(r)
                               : civic_problem(r, "conflict");
}


civic_result_t
payment_difference_settle(civic_request_t *r)
{
    civic_str_t           date, field, id, text;
    civic_result_t        rc;
    const civic_value_t  *value;

    if (date_of(r, civic_body_str(r, "date"), &date) != 0) {
        return refuse_date(r, "/date");
    }

    id = civic_body_str(r, "difference_id");
    field = civic_print(r, "d:%.*s", (int) id.len, id.data);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), payment_bill_key(r, date),
                                   field), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return civic_problem(r, "not_found");
    }

    rc = settled_text(r, value->str, &text);

    return rc == CIVIC_OK ? settle(r, date, field, value->str, text) : rc;
}
