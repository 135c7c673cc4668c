/*
 * retention.c - what is kept ends by the rule: tubes with their lists of
 * people, and people's results.  Each ending is an entry of the audit trail,
 * written by the script that deletes.
 */

#include "persons_walk.h"
#include "sampling.h"
#include "values.h"
#include "words.h"

#define MOST    128                     /* tubes of a look */
#define BUDGET  12000                   /* ms of a run */
#define DAY     86400000LL


/* ms: what began before is over. */
static civic_result_t
over(civic_request_t *r, const char *what, int64_t days, civic_msec_t *before)
{
    json_t          *answer;
    civic_result_t   rc = civic_rule(r, "retention", NULL, &answer);

    if (rc == CIVIC_OK) {
        days = shared_rule_number(answer, what, days, 1, 3650);
        *before = civic_business_now(r) - days * DAY;
    }

    return rc;
}


/* ---- tubes -------------------------------------------------------------- */

static civic_result_t
end_tube(civic_request_t *r, const sampling_tube_t *tube)
{
    json_t               *details;
    civic_str_t           keys[3], args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = sampling_key(r, tube->barcode, "tube");
    keys[1] = sampling_key(r, tube->barcode, "people");
    args[0] = tube->opened;
    details = sampling_details(tube->barcode, "state", tube->state);
    json_object_set_new(details, "people", json_integer(tube->count));

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "sampling.tube_over",
                            .details = details }, keys[0], &keys[2],
                     &args[1]);
    json_decref(details);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "sampling_gone", .keys = keys,
                              .nkeys = 3, .args = args, .nargs = 2 }, &value);
    }

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_INTEGER) {
        civic_count(r, SAMPLING_TUBES_GONE, (uint64_t) value->integer);
    }

    return rc;
}


/* One that is damaged stays in the list, with an alarm each time: somebody
   has to look at it. */
static civic_result_t
look_at(civic_request_t *r, civic_str_t list, civic_str_t barcode,
    civic_msec_t before)
{
    civic_result_t   rc = CIVIC_NOT_FOUND;
    sampling_tube_t  tube;

    if (sampling_is_barcode(barcode)) {
        rc = sampling_tube_read(r, barcode, &tube);
    }

    if (rc == CIVIC_INVALID) {
        return CIVIC_OK;
    }

    /* the barcode was used anew, after the first tube was gone */
    if (rc == CIVIC_OK && tube.at >= before) {
        rc = sampling_list_drop(r, list, barcode);
        return rc != CIVIC_OK ? rc
               : sampling_list_put(r, list, barcode, tube.at, 0);
    }

    if (rc == CIVIC_OK) {
        rc = end_tube(r, &tube);
    }

    return rc == CIVIC_OK || rc == CIVIC_NOT_FOUND
           ? sampling_list_drop(r, list, barcode) : rc;
}


civic_result_t
sampling_tubes_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                i;
    civic_str_t           list = sampling_shard_list(r, job->shard);
    civic_msec_t          before = 0, ends = civic_now(r) + BUDGET;
    civic_result_t        rc;
    const civic_value_t  *value = NULL;

    rc = over(r, "tubes", 30, &before);

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), list,
                                       CIVIC_STR("-inf"),
                                       civic_print(r, "(%lld",
                                                   (long long) before),
                                       CIVIC_STR("BYSCORE"),
                                       CIVIC_STR("LIMIT"), CIVIC_STR("0"),
                                       shared_decimal(r, MOST)), &value);
    }

    for (i = 0; rc == CIVIC_OK && i < value->count && civic_now(r) < ends;
         i++)
    {
        rc = look_at(r, list, shared_copy(r, shared_item(value, i)), before);
    }

    return rc;
}


/* ---- people's results ---------------------------------------------------- */

static civic_result_t
end_tests(civic_request_t *r, civic_str_t pid, void *data)
{
    int64_t          gone = 0;
    civic_result_t   rc;
    civic_msec_t    *before = data;

    rc = sampling_tests_end(r, pid, *before, &gone);
    civic_count(r, SAMPLING_TESTS_GONE, (uint64_t) gone);

    return rc;
}


civic_result_t
sampling_tests_run(civic_request_t *r, const civic_job_t *job)
{
    civic_msec_t    before = 0;
    civic_result_t  rc = over(r, "tests", 180, &before);

    return rc != CIVIC_OK ? rc
           : shared_persons_walk(r, job, &(shared_persons_walk_t) {
                 .family = SAMPLING_TESTS,
                 .cursor = civic_print(r, "civic:{sampling:%u}:walk",
                                       job->shard),
                 .data = &before, .step = end_tests });
}
