/*
 * limits.c - how often a person may have a picture looked at: a row of counts
 * in the person's hash.
 *
 * It is counted before the engine is asked, by a script that writes only if
 * the row is as the rule saw it.  Times are real time.
 */

#include "photo_check.h"
#include "values.h"

#define TURNS  8                        /* others were quicker so often */
#define DAY    86400                    /* s */


static civic_result_t
read_row(civic_request_t *r, civic_str_t *row)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, civic_pid(r),
                                                    PHOTO_FAMILY),
                                   CIVIC_STR("looks")), &value);

    if (rc == CIVIC_OK) {
        *row = value->type == CIVIC_VALUE_STRING ? value->str : CIVIC_STR("");
    }

    return rc;
}


static civic_result_t
ask_rule(civic_request_t *r, const char *kind, int64_t looked,
    int64_t window, json_t **decision)
{
    json_t   *in;
    int64_t   since = (civic_now(r) - window) / 1000;

    in = json_pack("{s:s, s:I}", "kind", kind, "looked", (json_int_t) looked);

    if (window > 0) {
        json_object_set_new(in, "since_window",
                            json_integer(since > 0 ? since : 0));
    }

    return civic_rule(r, "look", in, decision);
}


static civic_result_t
write_row(civic_request_t *r, civic_str_t before, int64_t looked,
    int64_t window, int *done)
{
    civic_str_t           args[3], key;
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, civic_pid(r), PHOTO_FAMILY);
    args[0] = before;
    args[1] = civic_print(r, "%lld %lld", (long long) looked,
                          (long long) window);
    args[2] = shared_decimal(r, 30 * DAY);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "photo_check_look",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 3 }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


civic_result_t
photo_look_reserve(civic_request_t *r, const char *kind, int *answered)
{
    int              done, turn;
    json_t          *decision;
    int64_t          looked, window;
    civic_str_t      row;
    civic_result_t   rc;

    for (turn = 0; turn < TURNS; turn++) {
        rc = read_row(r, &row);
        if (rc != CIVIC_OK) {
            return rc;
        }

        looked = shared_number(shared_word(row, 0), 0);
        window = shared_number(shared_word(row, 1), 0);

        rc = ask_rule(r, kind, looked, window, &decision);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (!json_is_true(json_object_get(decision, "allow"))) {
            civic_count(r, PHOTO_LIMITED, 1);
            *answered = 1;

            return civic_refuse(r, decision);
        }

        if (json_is_true(json_object_get(decision, "fresh"))) {
            looked = 0;
            window = civic_now(r);
        }

        rc = write_row(r, row, looked + 1, window, &done);
        if (rc != CIVIC_OK || done) {
            return rc;
        }
    }

    *answered = 1;

    return civic_problem(r, "conflict");
}
