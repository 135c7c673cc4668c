/*
 * sampling_results_test.c - what the laboratory tells, one by one and in
 * files; corrections; how results come to people, whatever happens meanwhile;
 * looking them up; and how what is kept ends.
 */

#include "sampling_world.h"


/* ---- one by one --------------------------------------------------------- */

static void
test_told(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    filled(TUBE, 10, 1, 3);
    rep = sends(lab, TUBE, "negative");
    assert_string_equal(outcome(rep, 0), "told");
    assert_int_equal(number_in(rep, "accepted"), 1);
    assert_int_equal(audited("sampling.result_told"), 1);
    assert_int_equal(audited("sampling.results_sent"), 1);
    is_problem(sends(ann, TUBE, "negative"), 403, "forbidden");

    /* for the laboratory alone */
    assert_string_equal(fake_text(get(path_of(TUBE, ""), lab), "result"),
                        "negative");
    assert_string_equal(fake_text(get(path_of(TUBE, ""), ann), "result"), "");

    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_string_equal(newest(3, NULL), "negative");
    assert_string_equal(newest(4, NULL), "");
    assert_int_equal(messages(2), 1);
    assert_int_equal(calls_of("kinship.tested", 2, NULL, NULL), 1);
    assert_int_equal(calls_of("kinship.tell_guardians", 2, NULL, NULL), 1);
    assert_int_equal(fake_counter(h, "kept"), 3);
    assert_null(fake_waiting(h, "sampling.spread", 0));
}


static void
test_refused(void **state)
{
    (void) state;
    assert_string_equal(outcome(sends(lab, TUBE, "negative"), 0),
                        "unknown_tube");
    is_status(opens(ann, TUBE, 5), 201);
    assert_string_equal(outcome(sends(lab, TUBE, "negative"), 0),
                        "empty_tube");
    (void) comes(1, TUBE);
    assert_string_equal(outcome(sends(lab, TUBE, "negative"), 0),
                        "not_sealed");
    is_status(seals(ann, TUBE), 200);
    assert_string_equal(outcome(sends(lab, TUBE, "green"), 0), "bad_result");
    assert_string_equal(outcome(sends(lab, "x", "negative"), 0),
                        "bad_barcode");
    assert_string_equal(outcome(sends(lab, TUBE, " 阴性 "), 0), "told");
    assert_string_equal(outcome(sends(lab, TUBE, "NEGATIVE"), 0), "same");
    assert_string_equal(outcome(sends(lab2, TUBE, "positive"), 0),
                        "contradicts");
    assert_int_equal(fake_counter(h, "told"), 1);
    assert_int_equal(fake_counter(h, "contradictions"), 1);
    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_int_equal(messages(1), 1);
}


static void
test_times(void **state)
{
    size_t         i;
    char           body[160];
    fake_reply_t  *rep;

    static const char *const  times[][2] = {
        { "2026-03-09T12:00:00+08:00", "told" },
        { "2026-03-09T04:00:00Z", "same" },
        { "2026-03-09 12:00", "same" },
        { "2026/3/9 12:04:59", "same" },
        { "2026-03-09 12:06", "future" },
        { "2026/3/9 9:05", "before_sealing" },
        { "2026-03-09", "bad_time" },
        { "noon", "bad_time" },
        { "2026-02-30 12:00", "bad_time" },
        { "2026/3/9 12:04:5x", "bad_time" },
    };

    (void) state;
    filled(TUBE, 5, 1, 1);

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        snprintf(body, sizeof(body), "{\"results\":[{\"barcode\":\"" TUBE
                 "\",\"result\":\"negative\",\"at\":\"%s\"}]}", times[i][0]);
        rep = post("/sampling/results", lab, body);

        if (strcmp(outcome(rep, 0), times[i][1]) != 0) {
            fail_msg("%s: %s", times[i][0], outcome(rep, 0));
        }
    }
}


/* What is wrong with one keeps no other back. */
static void
test_many(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    filled(TUBE, 5, 1, 1);
    filled(OTHER, 5, 2, 1);
    (void) fake_redis(h, "HSET civic:{tube:" SINGLE "}:tube state odd");
    rep = post("/sampling/results", lab, "{\"results\":["
               "{\"barcode\":\"" TUBE "\",\"result\":\"negative\"},"
               "{\"barcode\":\"" SINGLE "\",\"result\":\"negative\"},"
               "{\"barcode\":\"nobody\",\"result\":\"negative\"},"
               "{\"barcode\":\"" OTHER "\",\"result\":\"invalid\"}]}");
    assert_string_equal(outcome(rep, 0), "told");
    assert_string_equal(outcome(rep, 1), "damaged_tube");
    assert_string_equal(outcome(rep, 2), "unknown_tube");
    assert_string_equal(outcome(rep, 3), "told");
    assert_int_equal(number_in(rep, "refused"), 2);

    /* please again: a message, and nothing that counts as a test */
    spreads();
    assert_string_equal(newest(2, NULL), "invalid");
    assert_int_equal(messages(2), 1);
    assert_int_equal(calls_of("kinship.tested", 2, NULL, NULL), 0);
    assert_int_equal(calls_of("kinship.tested", 1, NULL, NULL), 1);
}


static void
test_store_away(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    filled(TUBE, 5, 1, 1);
    filled(OTHER, 5, 2, 1);
    rep = checked(fake_request(h, CIVIC_POST, "/sampling/results",
        &(fake_request_t) { .token = lab,
            .body = "{\"results\":["
                "{\"barcode\":\"" TUBE "\",\"result\":\"negative\"},"
                "{\"barcode\":\"" OTHER "\",\"result\":\"negative\"}]}",
            .redis_fault_at = 4, .redis_fault_count = 9,
            .redis_fault = FAKE_REDIS_NOT_SENT }));
    assert_int_equal(rep->status, 503);

    /* everything once more: what was told before is */
    assert_string_equal(outcome(sends(lab, TUBE, "negative"), 0), "same");
    assert_string_equal(outcome(sends(lab, OTHER, "negative"), 0), "told");
}


/* ---- files -------------------------------------------------------------- */

static fake_reply_t *
file(const char *text)
{
    return checked(fake_request(h, CIVIC_POST, "/sampling/results/file",
                                &(fake_request_t) {
                                    .token = lab, .body = text,
                                    .content_type = "text/csv" }));
}


static void
test_file(void **state)
{
    json_t        *line;
    fake_reply_t  *rep;

    (void) state;
    filled(TUBE, 5, 1, 1);
    filled(OTHER, 5, 2, 1);
    rep = file("\xef\xbb\xbf" "管号,检测结果,检测时间\r\n"
               TUBE ",阴性,2026/3/9 12:00\r\n"
               "\r\n"
               "\"broken,阴性,\r\n"
               OTHER ",阴性\r\n"
               "\"" OTHER "\",\"阳性\",\"2026-03-09 12:00:00\"\r\n"
               "张三,阴性,");
    assert_string_equal(outcome(rep, 0), "told");
    assert_string_equal(outcome(rep, 1), "broken_line");
    assert_string_equal(outcome(rep, 2), "broken_line");
    assert_string_equal(outcome(rep, 3), "told");
    assert_string_equal(outcome(rep, 4), "bad_barcode");
    assert_int_equal(number_in(rep, "accepted"), 2);
    line = json_array_get(json_object_get(rep->json, "results"), 1);
    assert_int_equal(json_integer_value(json_object_get(line, "line")), 4);
    assert_null(strstr(rep->body, "张三"));
    assert_null(strstr(rep->body, "broken,"));

    /* the whole file again, by its English names and in another order */
    rep = file("Result , TUBE\nnegative," TUBE "\nPositive ," OTHER "\n"
               "negative," OTHER);
    assert_string_equal(outcome(rep, 0), "same");
    assert_string_equal(outcome(rep, 1), "same");
    assert_string_equal(outcome(rep, 2), "contradicts");
}


static void
test_file_wrong(void **state)
{
    size_t         i, len;
    char          *many;
    fake_reply_t  *rep;

    static const char *const  wrong[][2] = {
        { "", "sampling_file_columns" },
        { TUBE ",negative\n", "sampling_file_columns" },
        { "barcode,result,name\n", "sampling_file_columns" },
        { "barcode,at\n", "sampling_file_columns" },
        { "barcode,result,result\n", "sampling_file_columns" },
        { "\"barcode,result\n", "sampling_file_columns" },
        { "barcode,result,\n", "sampling_file_columns" },
        { "\xb9\xdc\xba\xc5,\xbd\xe1\xb9\xfb\n", "sampling_file_encoding" },
    };

    (void) state;
    filled(TUBE, 5, 1, 1);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        is_problem(file(wrong[i][0]), 422, wrong[i][1]);
    }

    many = calloc(1, 64 * 1024);
    strcpy(many, "barcode,result\n");

    for (i = 0, len = strlen(many); i < 1000; i++) {
        len += (size_t) sprintf(many + len, "none%zu,negative\n", i);
    }

    rep = file(many);
    is_status(rep, 200);
    assert_int_equal(number_in(rep, "refused"), 1000);
    strcpy(many + len, TUBE ",negative\n");
    is_problem(file(many), 422, "sampling_too_many");
    assert_string_equal(fake_text(get(path_of(TUBE, ""), lab), "state"),
                        "sealed");
    free(many);
}


/* ---- a mixed positive, and being sampled again -------------------------- */

static void
test_recheck(void **state)
{
    int          recheck;
    const char  *result = NULL;

    (void) state;
    filled(TUBE, 10, 1, 3);
    assert_string_equal(outcome(sends(lab, TUBE, "positive"), 0), "told");
    spreads();
    assert_string_equal(newest(1, &recheck), "recheck");
    assert_true(recheck);
    assert_int_equal(calls_of("kinship.tested", 1, "result", &result), 1);
    assert_string_equal(result, "recheck");
    assert_int_equal(fake_counter(h, "rechecks"), 3);

    /* alone, not mixed */
    at(NOON + HOUR);
    is_status(opens(ann, OTHER, 5), 201);
    shows(1, "genuine");
    is_problem(scans(ann, OTHER), 409, "sampling_single_only");
    filled(SINGLE, 1, 1, 1);
    assert_string_equal(outcome(sends(lab, SINGLE, "negative"), 0), "told");
    spreads();
    assert_string_equal(newest(1, &recheck), "negative");
    assert_false(recheck);
    (void) comes(1, OTHER);

    /* and who is positive alone is positive */
    filled("XA20260009", 1, 2, 1);
    (void) sends(lab, "XA20260009", "positive");
    spreads();
    assert_string_equal(newest(2, &recheck), "positive");
    assert_false(recheck);
    assert_string_equal(newest(3, &recheck), "recheck");
    assert_true(recheck);
}


/* A mixed negative that comes later does not end it. */
static void
test_recheck_stays(void **state)
{
    int      recheck;
    json_t  *told;

    (void) state;
    filled(TUBE, 10, 1, 2);
    fake_advance(h, MINUTE);
    filled(OTHER, 10, 1, 2);
    (void) sends(lab, TUBE, "positive");
    spreads();
    (void) sends(lab, OTHER, "negative");
    spreads();
    assert_string_equal(newest(1, &recheck), "negative");
    assert_true(recheck);

    /* the health code is told of both, and how many were in the tube */
    assert_int_equal(calls_of("kinship.tested", 1, NULL, NULL), 2);
    told = fake_called(h, "kinship.tested", 0);
    assert_int_equal(json_integer_value(json_object_get(told, "people")), 2);
    assert_int_equal(messages(1), 2);
}


/* ---- corrections -------------------------------------------------------- */

static const char *
correction(const char *token, const char *rest, const char *result)
{
    static char    code[64];
    char           path[128], body[160];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/sampling/results/" TUBE "/correction%s",
             rest);
    snprintf(body, sizeof(body), "{\"result\":\"%s\"%s}", result,
             *rest == '\0' ? ",\"why\":\"复检\"" : "");
    rep = post(path, token, body);
    snprintf(code, sizeof(code), "%s", rep->status == 200
                                       ? fake_text(rep, "outcome")
                                       : rep->code);

    return code;
}


static void
test_correction(void **state)
{
    int            recheck;
    json_t        *next;
    fake_reply_t  *rep;

    (void) state;
    assert_string_equal(correction(lab, "", "positive"),
                        "sampling_tube_unknown");
    filled(TUBE, 10, 1, 2);
    assert_string_equal(correction(lab, "", "positive"),
                        "sampling_no_result");
    (void) sends(lab, TUBE, "positive");
    spreads();
    assert_string_equal(newest(1, &recheck), "recheck");

    assert_string_equal(correction(lab, "", "positive"),
                        "sampling_nothing_to_correct");
    assert_string_equal(correction(lab, "/confirm", "negative"),
                        "sampling_no_correction");
    assert_string_equal(correction(lab, "", "negative"), "proposed");
    assert_string_equal(correction(lab, "/confirm", "negative"),
                        "sampling_correction_own");
    assert_string_equal(correction(lab2, "", "invalid"),
                        "sampling_correction_pending");
    assert_string_equal(correction(lab2, "/confirm", "invalid"),
                        "sampling_correction_changed");

    rep = get(path_of(TUBE, ""), lab2);
    next = json_object_get(rep->json, "correction");
    assert_string_equal(json_string_value(json_object_get(next, "why")),
                        "复检");
    assert_true(json_is_false(json_object_get(next, "own")));

    /* until then the first stands */
    assert_string_equal(outcome(sends(lab2, TUBE, "negative"), 0),
                        "contradicts");
    spreads();
    assert_string_equal(newest(1, NULL), "recheck");

    assert_string_equal(correction(lab2, "/confirm", "negative"),
                        "confirmed");
    assert_string_equal(correction(lab2, "/confirm", "negative"),
                        "confirmed");
    assert_string_equal(correction(lab, "/confirm", "negative"),
                        "sampling_no_correction");
    spreads();
    assert_string_equal(newest(1, &recheck), "negative");
    assert_false(recheck);
    assert_int_equal(messages(1), 2);
    assert_int_equal(audited("sampling.result_corrected"), 1);
    assert_string_equal(outcome(sends(lab, TUBE, "negative"), 0), "same");
    assert_string_equal(outcome(sends(lab, TUBE, "positive"), 0),
                        "contradicts");
}


static void
test_correction_rejected(void **state)
{
    (void) state;
    filled(TUBE, 10, 1, 2);
    (void) sends(lab, TUBE, "negative");
    assert_string_equal(correction(lab, "", "positive"), "proposed");
    assert_string_equal(correction(lab, "", "invalid"), "proposed");
    assert_string_equal(correction(lab2, "/reject", "positive"),
                        "sampling_correction_changed");
    assert_string_equal(correction(lab2, "/reject", "invalid"), "rejected");
    assert_string_equal(correction(lab, "", "positive"), "proposed");

    /* its proposer takes it back */
    assert_string_equal(correction(lab, "/reject", "positive"), "rejected");
    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_int_equal(messages(1), 1);
}


/* A correction before the first result was told: only the newer is. */
static void
test_correction_overtakes(void **state)
{
    const char  *result = NULL;

    (void) state;
    filled(TUBE, 10, 1, 2);
    (void) sends(lab, TUBE, "positive");
    (void) correction(lab, "", "negative");
    (void) correction(lab2, "/confirm", "negative");
    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_int_equal(messages(1), 1);
    assert_int_equal(calls_of("kinship.tested", 1, "result", &result), 1);
    assert_string_equal(result, "negative");
}


/* A run that has read the tube before it was corrected, and comes late. */
static void
test_late_run(void **state)
{
    char  text[96], mark[32];

    (void) state;
    filled(TUBE, 10, 1, 2);
    snprintf(text, sizeof(text), "sampling:person:" TUBE ":%lld:%s",
             (long long) NOON, pid_of(1));
    snprintf(mark, sizeof(mark), "%s", fake_person_id(h, text));
    (void) fake_redis(h, "HSET civic:{p:%s}:tests v:%s %s", pid_of(1), mark,
                      "9 7");
    (void) sends(lab, TUBE, "positive");
    spreads();
    assert_int_equal(fake_redis(h, "HLEN civic:{p:%s}:tests", pid_of(1))
                     ->integer, 1);
    assert_int_equal(messages(1), 0);
    assert_int_equal(calls_of("kinship.tested", 1, NULL, NULL), 0);
    assert_int_equal(messages(2), 1);
}


/* ---- the job ------------------------------------------------------------ */

/* Ended at any of its calls of Redis, before or after the store has done
   what it was asked: nobody gets it twice, everybody gets it. */
static void
test_killed_anywhere(void **state)
{
    unsigned  kind, call, n;

    static const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;

    for (kind = 0; kind < 3; kind++) {
        for (call = 1; call < 16; call += 2) {
            (void) reset(NULL);
            filled(TUBE, 5, 1, 4);
            (void) sends(lab, TUBE, "negative");
            spread_with(&(fake_request_t) { .redis_fault_at = call,
                                            .redis_fault_count = 99,
                                            .redis_fault = faults[kind] });
            spreads();

            for (n = 1; n <= 4; n++) {
                assert_string_equal(newest(n, NULL), "negative");
                assert_int_equal(messages(n), 1);
                assert_true(calls_of("kinship.tested", n, NULL, NULL) >= 1);
            }

            assert_int_equal(fake_redis(h, "HLEN civic:{p:%s}:tests",
                                        pid_of(1))->integer, 2);
            assert_null(fake_waiting(h, "sampling.spread", 0));
        }
    }
}


/* More than one run has memory for: each does its part. */
static void
test_much(void **state)
{
    unsigned  i, n;
    char      barcode[32];

    (void) state;

    for (i = 0; i < 24; i++) {
        snprintf(barcode, sizeof(barcode), "XC%06u", i);
        is_status(opens(ann, barcode, 20), 201);

        for (n = 1; n <= 20; n++) {
            (void) comes(n, barcode);
        }

        assert_string_equal(outcome(sends(lab, barcode, "negative"), 0),
                            "told");
    }

    for (i = 0; i < 4; i++) {
        spreads();
    }

    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_int_equal(fake_counter(h, "kept"), 24 * 20);
}


/* One person whose seat is damaged: the others are told, and a mixed positive
   stays one. */
static void
test_damaged_seat(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 2);
    filled(OTHER, 5, 3, 1);
    (void) fake_redis(h, "HSET civic:{tube:" TUBE "}:people who:1 damaged");
    (void) sends(lab, TUBE, "positive");
    (void) sends(lab, OTHER, "negative");
    spreads();
    assert_string_equal(newest(1, NULL), "");
    assert_string_equal(newest(2, NULL), "recheck");
    assert_string_equal(newest(3, NULL), "negative");
    assert_int_equal(fake_counter(h, "lost"), 1);
    assert_true(fake_logged(h, "1 of the people in tube \"" TUBE "\" are not "
                            "told"));
    assert_null(fake_waiting(h, "sampling.spread", 0));
}


/* Whose code is damaged is told all the same, and waits for nothing. */
static void
test_one_fails(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 2);
    (void) sends(lab, TUBE, "negative");
    fake_answer_call(h, "kinship.tested", CIVIC_INVALID, NULL);
    spreads();
    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_int_equal(fake_counter(h, "lost"), 2);
    assert_string_equal(newest(1, NULL), "negative");
    assert_string_equal(newest(2, NULL), "negative");
    assert_int_equal(messages(2), 1);
}


/* What others cannot take now waits, and nothing is lost. */
static void
test_others_away(void **state)
{
    unsigned  shard;

    (void) state;
    filled(TUBE, 5, 1, 2);
    (void) sends(lab, TUBE, "negative");
    fake_answer_call(h, "kinship.tested", CIVIC_NOT_FOUND, NULL);

    for (shard = 0; shard < 16; shard++) {
        (void) fake_job(h, "sampling.spread", shard, 1, NULL);
    }

    assert_non_null(fake_waiting(h, "sampling.spread", 0));
    assert_true(fake_logged(h, "without the plugin \"kinship\""));
    fake_answer_call(h, "kinship.tested", CIVIC_OK, json_object());
    spreads();
    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_int_equal(messages(2), 1);
}


/* ---- consents ----------------------------------------------------------- */

static void
test_consents(void **state)
{
    json_t  *out;

    (void) state;
    filled(TUBE, 5, 1, 2);

    /* withdrawn before the result came */
    (void) fake_redis(h, "DEL civic:{p:%s}:consents", pid_of(1));
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_string_equal(newest(1, NULL), "");
    assert_int_equal(messages(1), 0);
    assert_int_equal(calls_of("kinship.tested", 1, NULL, NULL), 0);
    assert_int_equal(fake_counter(h, "without_consent"), 1);
    assert_string_equal(newest(2, NULL), "negative");

    /* and after */
    (void) fake_redis(h, "DEL civic:{p:%s}:consents", pid_of(2));
    out = json_object_get(asked(h, "sampling", "erase",
                                json_pack("{s:s, s:s}", "pid", pid_of(2),
                                          "purpose", "face")), "out");
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 0);
    out = json_object_get(asked(h, "sampling", "erase",
                                json_pack("{s:s, s:s}", "pid", pid_of(2),
                                          "purpose", "health")), "out");
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 1);
    assert_string_equal(newest(2, NULL), "");
    assert_int_equal(audited("sampling.tests_erased"), 1);
    out = json_object_get(asked(h, "sampling", "erase",
                                json_pack("{s:s, s:s}", "pid", pid_of(2),
                                          "purpose", "health_child")),
                          "out");
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 0);
    assert_int_equal(audited("sampling.tests_erased"), 1);
}


/* ---- looking it up ------------------------------------------------------ */

static void
test_query(void **state)
{
    json_t        *one;
    fake_reply_t  *rep;
    const char    *citizen = fake_session(h, "610103199000000001",
                                          CIVIC_CITIZEN);

    (void) state;
    filled(TUBE, 5, 1, 3);
    (void) sends(lab, TUBE, "negative");
    spreads();
    fake_answer_call(h, "kinship.relatives", CIVIC_OK,
        json_pack("{s:b, s:[{s:s, s:s, s:s, s:s}]}", "own", 1, "relatives",
                  "pid", pid_of(2), "binding_id", "BBBBBBBBBBBBBBBBBBBBBB",
                  "name", "张**", "relation", "child"));
    rep = checked(fake_request(h, CIVIC_GET, "/sampling/tests",
                               &(fake_request_t) { .token = citizen,
                                   .headers = { "Accept-Language: en" } }));
    is_status(rep, 200);
    one = json_array_get(json_object_get(json_object_get(rep->json, "own"),
                                         "tests"), 0);
    assert_string_equal(json_string_value(json_object_get(one, "label")),
                        "Negative");
    assert_string_equal(json_string_value(json_object_get(one, "place")),
                        "莲湖区一号点");
    assert_true(json_is_true(json_object_get(one, "mixed")));
    one = json_array_get(json_object_get(rep->json, "relatives"), 0);
    assert_string_equal(json_string_value(json_object_get(one,
                                                          "binding_id")),
                        "BBBBBBBBBBBBBBBBBBBBBB");
    assert_int_equal(json_array_size(json_object_get(one, "tests")), 1);
    assert_null(strstr(rep->body, pid_of(2)));
    assert_null(strstr(rep->body, TUBE));

    /* the look is noted; the own one is nobody's */
    assert_int_equal(calls_of("kinship.look", 2, NULL, NULL), 1);
    assert_int_equal(calls_of("kinship.look", 1, NULL, NULL), 0);

    /* and what cannot be noted is not shown */
    fake_answer_call(h, "kinship.look", CIVIC_NOT_SENT, NULL);
    is_problem(get("/sampling/tests", citizen), 503, "store_unavailable");
}


static void
test_query_many(void **state)
{
    unsigned       i;
    char           barcode[32];
    json_t        *own;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 25; i++) {
        snprintf(barcode, sizeof(barcode), "XB%06u", i);
        fake_advance(h, MINUTE);
        filled(barcode, 1, 1, 1);
        (void) sends(lab, barcode, i == 24 ? "invalid" : "negative");
    }

    spreads();
    assert_string_equal(newest(1, NULL), "invalid");
    rep = get("/sampling/tests", fake_session(h, "610103199000000001",
                                              CIVIC_CITIZEN));
    own = json_object_get(rep->json, "own");
    assert_int_equal(json_array_size(json_object_get(own, "tests")), 20);
}


/* ---- retention ---------------------------------------------------------- */

static void
runs(const char *job)
{
    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, job, shard, 1, NULL)->result, CIVIC_OK);
    }
}


static void
test_retention(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 2);
    (void) sends(lab, TUBE, "negative");
    spreads();

    at(NOON + 30 * DAY);
    runs("sampling.tubes");
    is_status(get(path_of(TUBE, ""), lab), 200);
    at(NOON + 30 * DAY + 1);
    runs("sampling.tubes");
    is_problem(get(path_of(TUBE, ""), lab), 404, "sampling_tube_unknown");
    assert_int_equal(audited("sampling.tube_over"), 1);
    assert_int_equal(fake_counter(h, "tubes_gone"), 1);
    assert_int_equal(fake_redis(h, "EXISTS civic:{tube:" TUBE "}:people "
                                "civic:{tube:" TUBE "}:tube")->integer, 0);

    /* what a person was told stands longer */
    assert_string_equal(newest(1, NULL), "negative");
    at(NOON + 180 * DAY);
    runs("sampling.tests");
    assert_string_equal(newest(1, NULL), "negative");
    at(NOON + 181 * DAY);
    runs("sampling.tests");
    assert_string_equal(newest(1, NULL), "");
    assert_int_equal(audited("sampling.tests_over"), 2);
    assert_int_equal(fake_counter(h, "tests_gone"), 2);
}


/* A barcode that is used anew, after its first tube was deleted. */
static void
test_used_anew(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 1);
    at(NOON + 31 * DAY);
    (void) fake_redis(h, "DEL civic:{tube:" TUBE "}:tube "
                      "civic:{tube:" TUBE "}:people");
    is_status(opens(ann, TUBE, 5), 201);
    runs("sampling.tubes");
    is_status(get(path_of(TUBE, ""), ann), 200);
    at(NOON + 62 * DAY);
    runs("sampling.tubes");
    is_problem(get(path_of(TUBE, ""), ann), 404, "sampling_tube_unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_told, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_times, reset),
        cmocka_unit_test_setup(test_many, reset),
        cmocka_unit_test_setup(test_store_away, reset),
        cmocka_unit_test_setup(test_file, reset),
        cmocka_unit_test_setup(test_file_wrong, reset),
        cmocka_unit_test_setup(test_recheck, reset),
        cmocka_unit_test_setup(test_recheck_stays, reset),
        cmocka_unit_test_setup(test_correction, reset),
        cmocka_unit_test_setup(test_correction_rejected, reset),
        cmocka_unit_test_setup(test_correction_overtakes, reset),
        cmocka_unit_test_setup(test_late_run, reset),
        cmocka_unit_test_setup(test_killed_anywhere, reset),
        cmocka_unit_test_setup(test_much, reset),
        cmocka_unit_test_setup(test_damaged_seat, reset),
        cmocka_unit_test_setup(test_one_fails, reset),
        cmocka_unit_test_setup(test_others_away, reset),
        cmocka_unit_test_setup(test_consents, reset),
        cmocka_unit_test_setup(test_query, reset),
        cmocka_unit_test_setup(test_query_many, reset),
        cmocka_unit_test_setup(test_retention, reset),
        cmocka_unit_test_setup(test_used_anew, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
