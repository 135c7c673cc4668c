/*
 * sampling_kept_test.c - what is kept with a person: under which consent, of
 * which tube, what it says of who is sampled next, and what is damaged.
 */

#include "sampling_world.h"
#include "aside.h"


/* ---- what counts -------------------------------------------------------- */

/* Whoever is positive comes alone until a single result says otherwise. */
static void
test_positive_stays(void **state)
{
    int  recheck;

    (void) state;
    filled(SINGLE, 1, 1, 1);
    fake_advance(h, MINUTE);
    filled(TUBE, 10, 1, 3);
    (void) sends(lab, SINGLE, "positive");
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_string_equal(newest(1, &recheck), "negative");
    assert_false(recheck);

    is_status(opens(ann, OTHER, 10), 201);
    shows(1, "genuine");
    is_problem(scans(ann, OTHER), 409, "sampling_single_only");
    (void) comes(2, OTHER);

    fake_advance(h, MINUTE);
    filled("XA20260004", 1, 1, 1);
    (void) sends(lab, "XA20260004", "negative");
    spreads();
    (void) comes(1, OTHER);
}


/* ---- consents ----------------------------------------------------------- */

/* How many of a person are shown; 99: none may be. */
static size_t
shown(unsigned n)
{
    char           number[24];
    fake_reply_t  *rep;

    snprintf(number, sizeof(number), "6101031990%08u", n);
    fake_answer_call(h, "kinship.relatives", CIVIC_OK,
                     json_pack("{s:b, s:[]}", "own", 1, "relatives"));
    rep = get("/sampling/tests", fake_session(h, number, CIVIC_CITIZEN));
    is_status(rep, 200);

    return json_array_size(json_object_get(json_object_get(rep->json, "own"),
                                           "tests"));
}


static size_t
kept(unsigned n)
{
    return (size_t) fake_redis(h, "HLEN civic:{p:%s}:tests", pid_of(n))
           ->integer / 2;
}


static int64_t
erases(unsigned n, const char *purpose)
{
    json_t  *out = json_object_get(asked(h, "sampling", "erase",
                       json_pack("{s:s, s:s}", "pid", pid_of(n), "purpose",
                                 purpose)), "out");

    return json_integer_value(json_object_get(out, "erased"));
}


/* The text has a new version, and who was sampled has not read it yet. */
static void
test_outdated(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 2);
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_int_equal(messages(1), 1);
    assert_int_equal(calls_of("kinship.tested", 1, NULL, NULL), 1);
    assert_int_equal(fake_counter(h, "without_consent"), 0);
}


/* A child that grew up has both: results go with the last. */
static void
test_two_consents(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 2);
    consents(1, "health_child");
    (void) sends(lab, TUBE, "negative");
    spreads();

    (void) fake_redis(h, "HDEL civic:{p:%s}:consents health_child",
                      pid_of(1));
    assert_int_equal(erases(1, "health_child"), 0);
    assert_int_equal(shown(1), 1);
    assert_int_equal(audited("sampling.tests_erased"), 0);

    (void) fake_redis(h, "HDEL civic:{p:%s}:consents health", pid_of(1));
    assert_int_equal(erases(1, "health"), 1);
    assert_int_equal(kept(1), 0);
    assert_int_equal(audited("sampling.tests_erased"), 1);
}


/* Of a child, by the guardian's consent alone. */
static void
test_child(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 1);
    (void) fake_redis(h, "DEL civic:{p:%s}:consents", pid_of(1));
    consents(1, "health_child");
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_int_equal(shown(1), 1);
}


/* Withdrawn, and not erased yet. */
static void
test_withdrawn(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 1);
    (void) sends(lab, TUBE, "positive");
    spreads();
    assert_int_equal(shown(1), 1);
    (void) fake_redis(h, "DEL civic:{p:%s}:consents", pid_of(1));
    assert_int_equal(kept(1), 1);
    assert_int_equal(shown(1), 0);
}


/* What stays of the health code, by law, is corrected all the same. */
static void
test_corrected_after(void **state)
{
    const char  *result = NULL;
    const char  *path = "/sampling/results/" SINGLE "/correction";

    (void) state;
    filled(SINGLE, 1, 1, 1);
    (void) sends(lab, SINGLE, "positive");
    spreads();
    (void) fake_redis(h, "DEL civic:{p:%s}:consents civic:{p:%s}:tests",
                      pid_of(1), pid_of(1));
    is_status(post(path, lab, "{\"result\":\"negative\",\"why\":\"复检\"}"),
              200);
    is_status(post("/sampling/results/" SINGLE "/correction/confirm", lab2,
                   "{\"result\":\"negative\"}"), 200);
    spreads();
    assert_int_equal(kept(1), 0);
    assert_int_equal(messages(1), 1);
    assert_int_equal(calls_of("kinship.tested", 1, "result", &result), 2);
    assert_string_equal(result, "negative");
}


/* ---- tubes -------------------------------------------------------------- */

/* A barcode that comes again, when its first tube is gone and what people
   were told of it is not. */
static void
test_barcode_again(void **state)
{
    const char  *first = NULL, *second = NULL;

    (void) state;
    filled(TUBE, 5, 1, 1);
    (void) sends(lab, TUBE, "negative");
    spreads();
    (void) calls_of("kinship.tested", 1, "tube", &first);
    (void) fake_redis(h, "DEL civic:{tube:" TUBE "}:tube "
                      "civic:{tube:" TUBE "}:people");
    at(NOON + 31 * DAY);
    filled(TUBE, 1, 1, 1);
    (void) sends(lab, TUBE, "positive");
    spreads();
    assert_string_equal(newest(1, NULL), "positive");
    assert_int_equal(shown(1), 2);
    assert_int_equal(messages(1), 2);
    (void) calls_of("kinship.tested", 1, "tube", &second);
    assert_string_equal(first, TUBE " 2026-03-09 12:00:00");
    assert_string_equal(second, TUBE " 2026-04-09 12:00:00");
}


/* Who samples and works in the laboratory does not learn whose it is. */
static void
test_both_roles(void **state)
{
    const char    *both = fake_session(h, "staff:both",
                                       CIVIC_SAMPLER | CIVIC_LABORATORY);
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(both, TUBE, 5), 201);
    shows(1, "genuine");
    is_status(scans(both, TUBE), 201);
    is_status(seals(both, TUBE), 200);
    (void) sends(lab, TUBE, "positive");

    rep = get(path_of(TUBE, ""), both);
    is_status(rep, 200);
    assert_int_equal(json_array_size(json_object_get(rep->json, "people")),
                     1);
    assert_null(json_object_get(rep->json, "result"));
    assert_null(strstr(rep->body, "positive"));

    filled(OTHER, 5, 2, 1);
    (void) sends(lab, OTHER, "negative");
    rep = get(path_of(OTHER, ""), both);
    assert_null(json_object_get(rep->json, "people"));
    assert_string_equal(fake_text(rep, "result"), "negative");
}


/* ---- what is damaged ---------------------------------------------------- */

/* An entry of the outbox, in the list that has one already. */
static void
queue(const char *text)
{
    const redisReply  *keys;

    keys = fake_redis(h, "KEYS civic:outbox:sampling.spread:*");
    assert_int_equal(keys->elements, 1);
    (void) fake_redis(h, "XADD %s * entry %b", keys->element[0]->str, text,
                      strlen(text));
}


/* More than a run takes, none of which can be told of: the one behind them
   is. */
static void
test_damaged_first(void **state)
{
    unsigned  i;

    (void) state;
    filled(TUBE, 5, 1, 2);
    filled(OTHER, 5, 3, 1);
    (void) sends(lab, OTHER, "negative");
    (void) fake_redis(h, "HSET civic:{tube:" OTHER "}:tube count many");

    for (i = 0; i < 39; i++) {
        queue(i % 2 == 0 ? OTHER " 3" : "what is this");
    }

    queue(TUBE " 3");
    (void) fake_redis(h, "HSET civic:{tube:" TUBE "}:tube state told result "
                      "negative result_at 1773028800000 version 3");
    spreads();
    spreads();
    assert_string_equal(newest(1, NULL), "negative");
    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_int_equal(fake_counter(h, "lost"), 40);
    assert_true(fake_logged(h, "reaches nobody: its record is damaged"));
    assert_true(fake_logged(h, "entry of the outbox is damaged"));
}


/* What fails in a way that may end is set aside, and tried again. */
static void
test_failing_first(void **state)
{
    unsigned  i;

    (void) state;
    filled(TUBE, 5, 1, 2);
    filled(OTHER, 5, 3, 1);
    (void) sends(lab, OTHER, "negative");
    (void) fake_redis(h, "RENAME civic:{tube:" OTHER "}:people away");
    (void) fake_redis(h, "SET civic:{tube:" OTHER "}:people odd");

    for (i = 0; i < 39; i++) {
        queue(OTHER " 3");
    }

    queue(TUBE " 3");
    (void) fake_redis(h, "HSET civic:{tube:" TUBE "}:tube state told result "
                      "negative result_at 1773028800000 version 3");

    assert_int_equal(aside_run("sampling.spread"), 1);
    assert_non_null(fake_waiting(h, "sampling.spread", 39));

    aside_later(3);
    assert_int_equal(aside_run("sampling.spread"), 0);
    assert_string_equal(newest(1, NULL), "negative");
    assert_string_equal(newest(3, NULL), "");
    assert_int_equal(fake_counter(h, "lost"), 0);
    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_non_null(fake_waiting(h, "sampling.aside", 39));

    assert_int_equal(aside_run("sampling.aside"), 0);
    assert_int_equal(fake_counter(h, "set_aside"), 80);

    (void) fake_redis(h, "RENAME away civic:{tube:" OTHER "}:people");
    assert_int_equal(aside_run("sampling.aside"), 0);
    assert_null(fake_waiting(h, "sampling.aside", 0));
    assert_string_equal(newest(3, NULL), "negative");
    assert_null(fake_waiting(h, "sampling.spread", 0));
    assert_int_equal(messages(3), 1);
}


/* A seat that is gone is as lost as one that cannot be read. */
static void
test_seat_gone(void **state)
{
    (void) state;
    filled(TUBE, 5, 1, 3);
    (void) fake_redis(h, "HDEL civic:{tube:" TUBE "}:people 1");
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_string_equal(newest(2, NULL), "negative");
    assert_int_equal(fake_counter(h, "lost"), 1);
    assert_true(fake_logged(h, "1 of the people in tube \"" TUBE "\""));
}


/* ---- looks -------------------------------------------------------------- */

/* What a look was for is a word that the rules of looks have. */
static void
test_purpose(void **state)
{
    char         rules[128 * 1024] = "", line[96];
    FILE        *file = fopen("lua/rules/kinship/looks.lua", "r");
    const char  *purpose = NULL, *words;

    (void) state;
    assert_non_null(file);
    assert_true(fread(rules, 1, sizeof(rules) - 1, file) > 0);
    fclose(file);
    filled(TUBE, 5, 1, 2);
    fake_answer_call(h, "kinship.relatives", CIVIC_OK,
        json_pack("{s:b, s:[{s:s, s:s, s:s, s:s}]}", "own", 1, "relatives",
                  "pid", pid_of(2), "binding_id", "BBBBBBBBBBBBBBBBBBBBBB",
                  "name", "张**", "relation", "child"));
    is_status(get("/sampling/tests", fake_session(h, "610103199000000001",
                                                  CIVIC_CITIZEN)), 200);
    assert_int_equal(calls_of("kinship.look", 2, "purpose", &purpose), 1);
    snprintf(line, sizeof(line), "\n    %s = { zh", purpose);
    words = strstr(rules, "looks.purposes = {");
    assert_non_null(words);
    words = strstr(words, line);
    assert_non_null(words);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_positive_stays, reset),
        cmocka_unit_test_setup(test_outdated, reset),
        cmocka_unit_test_setup(test_two_consents, reset),
        cmocka_unit_test_setup(test_child, reset),
        cmocka_unit_test_setup(test_withdrawn, reset),
        cmocka_unit_test_setup(test_corrected_after, reset),
        cmocka_unit_test_setup(test_barcode_again, reset),
        cmocka_unit_test_setup(test_both_roles, reset),
        cmocka_unit_test_setup(test_damaged_first, reset),
        cmocka_unit_test_setup(test_failing_first, reset),
        cmocka_unit_test_setup(test_seat_gone, reset),
        cmocka_unit_test_setup(test_purpose, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
