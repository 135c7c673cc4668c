/*
 * tests.c - a person's results: kept while the consent holds, read the newest
 * first, taken away when their time or the consent is over.
 *
 * Each stands under a mark that only the keyring can make of tube and person:
 * whoever reads Redis does not learn who was in which tube.
 */

#include <stdlib.h>

#include "health_consent.h"
#include "sampling.h"
#include "values.h"
#include "words.h"

#define STORED   512                    /* that a person may have */
#define AT_ONCE  256                    /* that one script takes away */

static const shared_member_t  members[] = {
    SHARED_TEXT(sampling_test_t, tube),
    SHARED_TEXT(sampling_test_t, result),
    SHARED_NUMBER(sampling_test_t, at),
    SHARED_NUMBER(sampling_test_t, sampled_at),
    SHARED_TEXT(sampling_test_t, place),
    SHARED_NUMBER(sampling_test_t, people),
    SHARED_FLAG(sampling_test_t, corrected),
    CIVIC_END
};

/* One that stands there: when it was sampled, and under what. */
typedef struct {
    civic_msec_t  at;
    civic_str_t   mark;
} stored_t;


/* ---- keeping ------------------------------------------------------------ */

/* Whether a consent holds the script asks, at the very instant. */
static civic_result_t
keep(civic_request_t *r, civic_str_t pid, const sampling_tube_t *tube,
    const sampling_test_t *test, civic_str_t *word)
{
    civic_str_t           keys[2], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, pid, SAMPLING_TESTS);
    keys[1] = civic_person_key(r, pid, "consents");
    args[1] = shared_decimal(r, tube->version);
    args[2] = shared_decimal(r, test->sampled_at);

    rc = sampling_mark(r, SAMPLING_OF_PERSON, tube, pid, &args[0]);

    if (rc == CIVIC_OK) {
        rc = shared_record_seal(r, SAMPLING_HEALTH, pid, args[0], members,
                                test, &args[3]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "sampling_keep", .keys = keys,
                              .nkeys = 2, .args = args, .nargs = 4 },
                          &value);
    }

    if (rc == CIVIC_OK) {
        *word = shared_copy(r, value->str);
    }

    return rc;
}


civic_result_t
sampling_test_keep(civic_request_t *r, civic_str_t pid,
    const sampling_tube_t *tube, const sampling_test_t *test,
    sampling_kept_t *kept, int *now)
{
    civic_str_t     word = CIVIC_STR("");
    civic_result_t  rc = keep(r, pid, tube, test, &word);

    *now = rc == CIVIC_OK && sampling_is(word, "kept");
    *kept = *now || sampling_is(word, "same") ? SAMPLING_TEST_KEPT
            : sampling_is(word, "newer") ? SAMPLING_TEST_NEWER
                                         : SAMPLING_TEST_OVER;

    return rc;
}


/* ---- reading ------------------------------------------------------------ */

static int
newest_first(const void *a, const void *b)
{
    const stored_t  *one = a, *two = b;

    return one->at != two->at ? (one->at < two->at ? 1 : -1)
           : memcmp(one->mark.data, two->mark.data, SHARED_ID);
}


/* The pairs of an answer that say when something was sampled. */
static void
take_stored(civic_request_t *r, const civic_value_t *pairs, stored_t *stored,
    size_t max, size_t *count)
{
    size_t       i;
    civic_str_t  name;

    for (i = 0; i + 1 < pairs->count && *count < max; i += 2) {
        name = shared_item(pairs, i);

        if (name.len == 2 + SHARED_ID && memcmp(name.data, "v:", 2) == 0) {
            stored[*count].mark = shared_copy(r, (civic_str_t) {
                name.data + 2, SHARED_ID });
            stored[*count].at = shared_number(
                shared_word(shared_item(pairs, i + 1), 1), 0);
            (*count)++;
        }
    }
}


/* Sorts them, and leaves each once: a scan of a hash that grows may tell one
   twice. */
static size_t
sort_stored(stored_t *stored, size_t n)
{
    size_t  i, count = 0;

    qsort(stored, n, sizeof(stored_t), newest_first);

    for (i = 0; i < n; i++) {
        if (count == 0
            || !civic_str_eq(stored[count - 1].mark, stored[i].mark))
        {
            stored[count++] = stored[i];
        }
    }

    return count;
}


/* What stands there, the newest first, without what is sealed. */
static civic_result_t
find_stored(civic_request_t *r, civic_str_t pid, stored_t *stored, size_t max,
    size_t *count)
{
    civic_str_t           cursor = CIVIC_STR("0"), key;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, pid, SAMPLING_TESTS);
    *count = 0;

    do {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"), key, cursor,
                                       CIVIC_STR("MATCH"), CIVIC_STR("v:*"),
                                       CIVIC_STR("COUNT"),
                                       CIVIC_STR("1000")), &value);

        if (rc != CIVIC_OK) {
            return rc;
        }

        if (value->count != 2 || value->items[1].type != CIVIC_VALUE_ARRAY) {
            return CIVIC_ERROR;
        }

        take_stored(r, &value->items[1], stored, max, count);
        cursor = shared_copy(r, shared_item(value, 0));

    } while (!sampling_is(cursor, "0") && *count < max);

    *count = sort_stored(stored, *count);

    return CIVIC_OK;
}


static civic_result_t
open_stored(civic_request_t *r, civic_str_t pid, const stored_t *stored,
    size_t n, sampling_test_t *tests, size_t *count)
{
    size_t                i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    argv = civic_alloc(r, (n + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, SAMPLING_TESTS);

    for (i = 0; i < n; i++) {
        argv[2 + i] = stored[i].mark;
    }

    rc = civic_redis(r, argv, n + 2, &value);

    /* one that is damaged is logged, and hides no other */
    for (i = 0; i < n && (rc == CIVIC_OK || rc == CIVIC_INVALID); i++) {
        memset(&tests[*count], 0, sizeof(sampling_test_t));

        if (shared_item(value, i).len == 0) {
            continue;                   /* erased meanwhile */
        }

        rc = shared_record_open(r, SAMPLING_HEALTH, pid, stored[i].mark,
                                shared_item(value, i), members,
                                &tests[*count]);
        *count += rc == CIVIC_OK ? 1 : 0;
    }

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


civic_result_t
sampling_tests_read(civic_request_t *r, civic_str_t pid,
    sampling_test_t *tests, size_t *count)
{
    size_t           n;
    stored_t        *stored;
    civic_result_t   rc;

    *count = 0;
    stored = civic_alloc(r, STORED * sizeof(stored_t));
    rc = find_stored(r, pid, stored, STORED, &n);

    if (rc != CIVIC_OK || n == 0) {
        return rc;
    }

    return open_stored(r, pid, stored, n > SAMPLING_SHOWN ? SAMPLING_SHOWN : n,
                       tests, count);
}


civic_result_t
sampling_standing(civic_request_t *r, const sampling_test_t *tests,
    size_t count, sampling_standing_t *standing)
{
    size_t           i;
    json_t          *list = json_array(), *answer;
    civic_result_t   rc;

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}",
            "result", civic_text_or_empty(tests[i].result),
            "people", (json_int_t) tests[i].people,
            "at", (json_int_t) tests[i].sampled_at));
    }

    rc = civic_rule(r, "standing", json_pack("{s:o}", "tests", list),
                    &answer);

    if (rc == CIVIC_OK) {
        standing->recheck = json_is_true(json_object_get(answer, "recheck"));
        standing->positive = json_is_true(json_object_get(answer,
                                                          "positive"));
        standing->since = json_integer_value(json_object_get(answer,
                                                             "since"));
    }

    return rc;
}


/* ---- taking away -------------------------------------------------------- */

/* marks NULL: all, unless a consent holds. */
static civic_result_t
forget(civic_request_t *r, civic_str_t pid, const char *action,
    const civic_str_t *marks, size_t count, int64_t *gone)
{
    json_t               *details;
    civic_str_t           keys[3], *args;
    civic_result_t        rc;
    const civic_value_t  *value;

    args = civic_alloc(r, (count + 1) * sizeof(civic_str_t));
    keys[0] = civic_person_key(r, pid, SAMPLING_TESTS);
    keys[1] = civic_person_key(r, pid, "consents");
    details = count == 0 ? NULL : json_pack("{s:I}", "results",
                                            (json_int_t) count);

    rc = civic_audit(r, &(civic_audit_entry_t) { .action = action,
                            .subject = pid, .details = details }, keys[0],
                     &keys[2], &args[0]);
    json_decref(details);

    if (count > 0) {
        memcpy(args + 1, marks, count * sizeof(civic_str_t));
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "sampling_forget", .keys = keys,
                              .nkeys = 3, .args = args, .nargs = count + 1 },
                          &value);
    }

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_INTEGER) {
        *gone += value->integer;
    }

    return rc;
}


civic_result_t
sampling_tests_end(civic_request_t *r, civic_str_t pid, civic_msec_t before,
    int64_t *gone)
{
    size_t           i, n, count = 0;
    stored_t        *stored;
    civic_str_t     *marks;
    civic_result_t   rc;

    stored = civic_alloc(r, STORED * sizeof(stored_t));
    marks = civic_alloc(r, AT_ONCE * sizeof(civic_str_t));
    rc = find_stored(r, pid, stored, STORED, &n);

    for (i = 0; rc == CIVIC_OK && i < n && count < AT_ONCE; i++) {
        if (stored[i].at < before) {
            marks[count++] = stored[i].mark;
        }
    }

    return rc != CIVIC_OK || count == 0 ? rc
           : forget(r, pid, "sampling.tests_over", marks, count, gone);
}


/* {"pid", "purpose"} -> {"erased"}.  Who was a child may have both consents for
   a while: results stay until the last of them ends. */
civic_result_t
sampling_call_erase(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t         gone = 0;
    civic_str_t     pid = shared_copy(r, shared_json_str(in, "pid"));
    civic_str_t     purpose = shared_json_str(in, "purpose");
    civic_result_t  rc = CIVIC_OK;

    if (pid.len != SHARED_PID) {
        civic_log(r, CIVIC_LOG_ERROR, "sampling.erase was called without a "
                  "pid");
        return CIVIC_ERROR;
    }

    if (sampling_is(purpose, SHARED_HEALTH_OWN)
        || sampling_is(purpose, SHARED_HEALTH_CHILD))
    {
        rc = forget(r, pid, "sampling.tests_erased", NULL, 0, &gone);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, SAMPLING_TESTS_GONE, (uint64_t) gone);
    *out = json_pack("{s:I}", "erased", (json_int_t) gone);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
