/*
 * old_bills.c - the job that erases what the bill of a day had otherwise, when
 * it was kept long enough (retention.c) and all of it is settled.
 *
 * The days name the keys, so nothing has to be searched for.
 */

#include "civil_date.h"
#include "payment.h"
#include "values.h"

#define FIRST_YEAR  2026                    /* no bill is older */
#define PAGE        64                      /* days that are looked at once */
#define BUDGET      12000                   /* ms of a run */


/* ---- a day ------------------------------------------------------------- */

static civic_result_t
prove_bill(civic_request_t *r, civic_str_t date, size_t differences,
    civic_str_t near, civic_str_t *outbox, civic_str_t *entry)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s, s:I}", "date", date.data, "differences",
                        (json_int_t) differences);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "payment.bill_erased",
                            .details = details, .with_rule = 1 },
                     near, outbox, entry);
    json_decref(details);

    return rc;
}


/* How many differences a bill has; *open: one is not settled. */
static size_t
differences_of(const civic_value_t *bill, int *open)
{
    size_t        i, count = 0;
    json_t       *record;
    civic_str_t   field, value;

    *open = 0;

    for (i = 0; i + 1 < bill->count; i += 2) {
        field = shared_item(bill, i);
        value = shared_item(bill, i + 1);

        if (field.len < 3 || memcmp(field.data, "d:", 2) != 0) {
            continue;
        }

        record = json_loadb(value.data, value.len, 0, NULL);
        *open |= !json_is_true(json_object_get(record, "settled"));
        json_decref(record);
        count++;
    }

    return count;
}


static civic_result_t
erase_bill(civic_request_t *r, civic_str_t date)
{
    int                   open;
    size_t                fields, differences;
    civic_str_t           keys[2], args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = payment_bill_key(r, date);
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), keys[0]), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_ARRAY) {
        return rc;
    }

    fields = value->count / 2;
    differences = differences_of(value, &open);

    if (fields == 0 || open) {
        return CIVIC_OK;
    }

    args[0] = shared_decimal(r, (int64_t) fields);
    rc = prove_bill(r, date, differences, keys[0], &keys[1], &args[1]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "payment_bill_erase", .keys = keys,
                                 .nkeys = 2, .args = args, .nargs = 2,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, PAYMENT_ERASED, (uint64_t) value->integer);
    }

    return rc;
}


/* ---- days that follow each other --------------------------------------- */

static civic_str_t
date_of(civic_request_t *r, int64_t day)
{
    char  text[CIVIC_DATE_TEXT];

    civic_date_format(civic_date_from_days(day), text);

    return civic_print(r, "%s", text);
}


static civic_result_t
erase_bills(civic_request_t *r, int64_t first, size_t count)
{
    size_t           i;
    civic_str_t      argv[PAGE][2], dates[PAGE];
    civic_result_t   rc;
    civic_command_t  commands[PAGE];

    memset(commands, 0, sizeof(commands));

    for (i = 0; i < count; i++) {
        dates[i] = date_of(r, first + (int64_t) i);
        argv[i][0] = CIVIC_STR("HLEN");
        argv[i][1] = payment_bill_key(r, dates[i]);
        commands[i].argv = argv[i];
        commands[i].argc = 2;
    }

    rc = civic_pipeline(r, commands, count);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        if (commands[i].value->integer > 0) {
            rc = erase_bill(r, dates[i]);
        }
    }

    return rc;
}


static civic_result_t
erase_year(civic_request_t *r, int year, civic_msec_t ends)
{
    int64_t         day, last;
    size_t          count;
    civic_result_t  rc = CIVIC_OK;

    day = civic_date_to_days((civic_date_t) { year, 1, 1 });
    last = civic_date_to_days((civic_date_t) { year + 1, 1, 1 });

    for ( ; day < last && rc == CIVIC_OK && civic_now(r) < ends; day += PAGE)
    {
        count = last - day < PAGE ? (size_t) (last - day) : PAGE;
        rc = erase_bills(r, day, count);
    }

    return rc;
}


/* What was erased is not found again, so a run that was killed goes on where
   it was. */
civic_result_t
payment_retention_run(civic_request_t *r, const civic_job_t *job)
{
    int             year, over = 1;
    civic_msec_t    ends = civic_now(r) + BUDGET;
    civic_result_t  rc = CIVIC_OK;

    (void) job;

    for (year = FIRST_YEAR; rc == CIVIC_OK && over && civic_now(r) < ends;
         year++)
    {
        rc = payment_kept_enough(r, "bill", year, &over);

        if (rc == CIVIC_OK && over) {
            rc = erase_year(r, year, ends);
        }
    }

    return rc;
}
