/*
 * spread.c - the job that takes a tube's result to everybody who is in it:
 * it is kept with the person, told by a message, to guardians, too, and becomes
 * a fact of the person's health code.
 *
 * Each of these is done once however often it is asked for, so a run that
 * died in the middle is simply done again.  Of an older version nothing is
 * told: the newer one has an entry of its own.
 *
 * What is damaged never mends by waiting: it is counted, with a line in the
 * error log that says which tube, and nobody behind it waits.
 */

#include "china_time.h"
#include "message.h"
#include "outbox_run.h"
#include "sampling.h"
#include "values.h"
#include "words.h"

#define PEOPLE   160                    /* of a run, for its memory */


/* ---- whom it cannot reach ------------------------------------------------ */

static void
lose(civic_request_t *r, civic_str_t barcode, int64_t people)
{
    if (people > 0) {
        civic_log(r, CIVIC_LOG_ERROR, "%lld of the people in tube \"%.*s\" "
                  "are not told their result, or their code is not: what is "
                  "kept of them is damaged", (long long) people,
                  (int) barcode.len, barcode.data);
        civic_count(r, SAMPLING_LOST, (uint64_t) people);
    }
}


static void
lose_tube(civic_request_t *r, civic_str_t entry, const char *why)
{
    civic_log(r, CIVIC_LOG_ERROR, "the result of tube \"%.*s\" reaches "
              "nobody: %s", (int) entry.len, entry.data, why);
    civic_count(r, SAMPLING_LOST, 1);
}


/* Whether it is of no use to go on with others. */
static int
is_over(civic_result_t rc)
{
    return rc == CIVIC_ABORTED || rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN;
}


/* ---- one person --------------------------------------------------------- */

static civic_result_t
tell(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat, const sampling_test_t *test)
{
    civic_str_t     mark;
    civic_result_t  rc;

    rc = sampling_mark(r, SAMPLING_OF_PERSON, tube, seat->pid, &mark);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return shared_message(r, "message",
        json_pack("{s:s, s:b, s:s}", "result", test->result.data,
                  "corrected", test->corrected,
                  "at", shared_minute(r, test->sampled_at).data),
        (civic_message_t) {
            .pid = seat->pid,
            .kind = "sampling.result",
            .once = civic_print(r, "%s:%lld", mark.data,
                                (long long) tube->version),
        }, NULL);
}


/* Whoever holds the person's code is told that there is something to read, and
   not what: the words are kinship's. */
static civic_result_t
tell_guardians(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat)
{
    json_t          *out;
    civic_str_t      mark;
    civic_result_t   rc;

    rc = sampling_mark(r, SAMPLING_OF_PERSON, tube, seat->pid, &mark);

    if (rc == CIVIC_OK) {
        rc = civic_call(r, "kinship.tell_guardians",
                        json_pack("{s:s, s:s, s:s}", "pid", seat->pid.data,
                                  "what", "tested", "once",
                                  civic_print(r, "%s:%lld", mark.data,
                                              (long long) tube->version)
                                  .data), &out);
    }

    /* that it is not there is found out where the code is told */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
tell_people(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat, const sampling_test_t *test)
{
    civic_result_t  own, family;

    own = tell(r, tube, seat, test);
    family = is_over(own) ? own : tell_guardians(r, tube, seat);

    return own == CIVIC_OK || is_over(family) ? family : own;
}


/* What a tube is called elsewhere: "<barcode> <when it was opened>", for
   barcodes are used anew. */
static civic_str_t
name_of(civic_request_t *r, const sampling_tube_t *tube)
{
    char  text[CIVIC_CHINA_TIME_TEXT];

    civic_china_time_format(tube->at, text);

    return civic_print(r, "%s %s", tube->barcode.data, text);
}


/* What it is for the health code.  "invalid" is no test: it is told where a
   correction takes one back, and not else. */
static civic_result_t
tell_kinship(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat, const sampling_test_t *test)
{
    json_t          *out;
    civic_result_t   rc;

    if (sampling_is(test->result, "invalid") && !test->corrected) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "kinship.tested",
                    json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}",
                              "pid", seat->pid.data, "tube",
                              name_of(r, tube).data, "result",
                              test->result.data, "at",
                              (json_int_t) test->at, "sampled_at",
                              (json_int_t) test->sampled_at, "people",
                              (json_int_t) test->people, "version",
                              (json_int_t) tube->version), &out);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_ERROR, "without the plugin \"kinship\" results "
                  "reach nobody: they wait");
        rc = CIVIC_NOT_SENT;
    }

    return rc;
}


/* Of who consents to nothing (any more) nothing is kept, and nobody is told.
   What the law lets stand of the health code is corrected all the same: kinship
   knows what that is, and begins nothing. */
static civic_result_t
spread_over(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat, const sampling_test_t *test)
{
    civic_count(r, SAMPLING_WITHOUT_CONSENT, 1);

    return test->corrected ? tell_kinship(r, tube, seat, test) : CIVIC_OK;
}


static civic_result_t
spread_one(civic_request_t *r, const sampling_tube_t *tube,
    const sampling_seat_t *seat, const sampling_test_t *result)
{
    int              now;
    civic_result_t   rc, told;
    sampling_kept_t  kept;
    sampling_test_t  test = *result;

    test.sampled_at = seat->at;
    rc = sampling_test_keep(r, seat->pid, tube, &test, &kept, &now);

    if (rc != CIVIC_OK || kept != SAMPLING_TEST_KEPT) {
        return rc == CIVIC_OK && kept == SAMPLING_TEST_OVER
               ? spread_over(r, tube, seat, &test) : rc;
    }

    civic_count(r, SAMPLING_KEPT, now ? 1 : 0);
    civic_count(r, SAMPLING_RECHECKS,
                now && sampling_is(test.result, "recheck") ? 1 : 0);

    told = tell_people(r, tube, seat, &test);
    rc = is_over(told) ? told : tell_kinship(r, tube, seat, &test);

    return told == CIVIC_OK || is_over(rc) ? rc : told;
}


/* ---- a tube ------------------------------------------------------------- */

/* What it is for each of its people, by the rule. */
static civic_result_t
read_result(civic_request_t *r, const sampling_tube_t *tube,
    sampling_test_t *test)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "spread",
                    json_pack("{s:s, s:I, s:I}", "result", tube->result.data,
                              "people", (json_int_t) tube->count, "capacity",
                              (json_int_t) tube->capacity), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *test = (sampling_test_t) {
        .tube = tube->barcode,
        .result = shared_copy(r, shared_json_str(answer, "result")),
        .at = tube->result_at,
        .place = tube->place,
        .people = tube->count,
        .corrected = tube->settled_by.len > 0,
    };

    if (sampling_is(test->result, "negative")
        || sampling_is(test->result, "positive")
        || sampling_is(test->result, "recheck")
        || sampling_is(test->result, "invalid"))
    {
        return CIVIC_OK;
    }

    civic_log(r, CIVIC_LOG_ERROR, "rule \"spread\" answers no result");

    return CIVIC_ERROR;
}


/* One whose record is damaged keeps nobody else from being told.  A seat that
   is missing is as lost as one that cannot be read. */
static civic_result_t
spread_tube(civic_request_t *r, const sampling_tube_t *tube, size_t *people)
{
    size_t            i, count = 0;
    int64_t           lost;
    civic_result_t    rc, first;
    sampling_seat_t  *seats;
    sampling_test_t   test;

    seats = civic_alloc(r, SAMPLING_PEOPLE * sizeof(sampling_seat_t));
    rc = sampling_tube_people(r, tube, seats, &count);

    if (rc == CIVIC_OK) {
        rc = read_result(r, tube, &test);
    }

    *people += count;
    lost = rc == CIVIC_OK ? tube->count - (int64_t) count : 0;

    for (i = 0, first = rc; rc == CIVIC_OK && i < count; i++) {
        rc = spread_one(r, tube, &seats[i], &test);

        if (rc == CIVIC_INVALID) {
            lost++;
            rc = CIVIC_OK;
        }

        first = first == CIVIC_OK ? rc : first;
        rc = is_over(rc) ? rc : CIVIC_OK;
    }

    /* else it is all tried again */
    if (first == CIVIC_OK) {
        lose(r, tube->barcode, lost);
    }

    return first;
}


/* ---- the job ------------------------------------------------------------ */

/* "<barcode> <version>" */
static civic_result_t
spread_entry(civic_request_t *r, civic_str_t entry, size_t *people)
{
    civic_str_t      words[2];
    civic_result_t   rc;
    sampling_tube_t  tube;

    if (shared_words(r, entry, words, 2) != 0
        || !sampling_is_barcode(words[0]))
    {
        lose_tube(r, CIVIC_STR("?"), "its entry of the outbox is damaged");
        return CIVIC_OK;
    }

    rc = sampling_tube_read(r, words[0], &tube);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        lose_tube(r, words[0], rc == CIVIC_INVALID
                               ? "its record is damaged"
                               : "it was deleted before that");
        return CIVIC_OK;
    }

    return rc == CIVIC_OK && tube.version == shared_number(words[1], -1)
           ? spread_tube(r, &tube, people) : rc;
}


/* Whoever else does not take a result (the plugin "kinship" is not there)
   keeps nobody in other tubes from being told. */
static civic_result_t
spread_step(civic_request_t *r, shared_entry_t *entry)
{
    size_t          *people = entry->data;
    civic_result_t   rc;

    if (*people >= PEOPLE) {
        entry->wait = 1;
        return CIVIC_OK;
    }

    rc = spread_entry(r, entry->value, people);

    return rc == CIVIC_OK || is_over(rc) ? rc : CIVIC_ERROR;
}


static const shared_outbox_t  outboxes[] = {
    { .name = SAMPLING_SPREAD, .step = spread_step },
    { .name = NULL }
};


civic_result_t
sampling_spread_run(civic_request_t *r, const civic_job_t *job)
{
    size_t  people = 0;

    return shared_outbox_run(r, job, outboxes, SAMPLING_SET_ASIDE, &people);
}
