/*
 * index.c - the index of an exam: who applies for what, how many, and who has
 * paid.  Nothing of it is the truth; a job makes it anew (rebuild.c).
 */

#include "review.h"
#include "values.h"
#include "words.h"

#define KEY  "civic:{review:%.*s}:%s"

static civic_str_t
key_of(civic_request_t *r, civic_str_t exam, const char *name)
{
    return civic_print(r, KEY, (int) exam.len, exam.data, name);
}


civic_result_t
review_index(civic_request_t *r, const review_application_t *application,
    const review_exam_t *exam, const review_order_t *order)
{
    civic_str_t           keys[4], args[3], position;
    const civic_value_t  *value;

    if (application->id.len == 0) {
        return CIVIC_OK;
    }

    position = application->position.len > 0 ? application->position
                                             : CIVIC_STR(".");

    keys[0] = key_of(r, application->exam, "applications");
    keys[1] = key_of(r, application->exam, "counts");
    keys[2] = key_of(r, application->exam, "paid");
    keys[3] = key_of(r, application->exam, "ids");

    args[0] = application->pid;
    args[1] = civic_print(r, "%lld %s %s %d %lld",
                          (long long) application->version,
                          application->state.data, position.data,
                          review_is_entitled(application, exam, order),
                          (long long) order->version);
    args[2] = application->id;

    return civic_script(r, &(civic_script_t) {
                            .name = "review_index", .keys = keys, .nkeys = 4,
                            .args = args, .nargs = 3 }, &value);
}


civic_result_t
review_unindex(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    civic_str_t id)
{
    civic_str_t           keys[3], args[2] = { pid, id };
    const civic_value_t  *value;

    keys[0] = key_of(r, exam, "applications");
    keys[1] = key_of(r, exam, "paid");
    keys[2] = key_of(r, exam, "ids");

    return civic_script(r, &(civic_script_t) {
                            .name = "review_unindex", .keys = keys,
                            .nkeys = 3, .args = args, .nargs = 2 }, &value);
}


civic_result_t
review_owner(civic_request_t *r, civic_str_t exam, civic_str_t id,
    civic_str_t *pid)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    *pid = CIVIC_STR("");

    if (!shared_is_exam(exam)) {
        return CIVIC_OK;
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key_of(r, exam, "ids"),
                                   id), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        *pid = shared_copy(r, value->str);
    }

    return rc;
}


/* ---- what others ask --------------------------------------------------- */

static json_int_t
count_of(civic_str_t text)
{
    int64_t  count = shared_number(text, 0);

    return count > 0 ? count : 0;
}


static civic_result_t
read_counts(civic_request_t *r, civic_str_t exam, json_t *codes,
    json_t *counts)
{
    size_t                i, n = json_array_size(codes);
    json_t               *code;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    if (n == 0 || !shared_is_exam(exam)) {
        return CIVIC_OK;
    }

    argv = civic_alloc(r, (n + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = key_of(r, exam, "counts");

    json_array_foreach(codes, i, code) {
        argv[i + 2] = civic_cstr(json_is_string(code)
                                 ? json_string_value(code) : "");
    }

    rc = civic_redis(r, argv, n + 2, &value);

    for (i = 0; rc == CIVIC_OK && i < n; i++) {
        json_array_append_new(counts,
                              json_integer(count_of(shared_item(value, i))));
    }

    return rc;
}


/* {"exam_id", "codes"} -> {"counts"}, in the order of codes */
civic_result_t
review_call_counts(civic_request_t *r, json_t *in, json_t **out)
{
    json_t          *counts = json_array();
    civic_result_t   rc;

    rc = read_counts(r, shared_json_str(in, "exam_id"),
                     json_object_get(in, "codes"), counts);

    if (rc != CIVIC_OK) {
        json_decref(counts);
        return rc;
    }

    *out = json_pack("{s:o}", "counts", counts);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* [cursor, [pid, ...]] of Redis. */
static civic_result_t
take_page(const civic_value_t *value, json_t **out)
{
    size_t                i;
    json_t               *pids = json_array();
    civic_str_t           pid, cursor = shared_item(value, 0);
    const civic_value_t  *page = value->count == 2 ? &value->items[1] : NULL;

    for (i = 0; page != NULL && i < page->count; i++) {
        pid = shared_item(page, i);
        json_array_append_new(pids, json_stringn(pid.data, pid.len));
    }

    *out = json_pack("{s:o, s:s%}", "pids", pids, "after", cursor.data,
                     cursor.len);

    return *out == NULL || cursor.len == 0 ? CIVIC_ERROR : CIVIC_OK;
}


/* {"exam_id", "after", "max"} -> {"pids", "after"}: some come twice */
civic_result_t
review_call_paid(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t           exam = shared_json_str(in, "exam_id"), after;
    civic_result_t        rc;
    const civic_value_t  *value;

    after = shared_json_str(in, "after");
    after = after.len > 0 ? after : CIVIC_STR("0");

    if (!shared_is_exam(exam)
        || strspn(after.data, "0123456789") != after.len)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a call of review.paid has no "
                  "\"exam_id\" or \"after\" that can be used");
        return CIVIC_ERROR;
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("SSCAN"),
                                   key_of(r, exam, "paid"), after,
                                   CIVIC_STR("COUNT"),
                                   shared_decimal(r, shared_rule_number(
                                       in, "max", 256, 1, 1000))), &value);

    return rc != CIVIC_OK ? rc : take_page(value, out);
}
