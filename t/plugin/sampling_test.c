/*
 * sampling_test.c - tubes: opened, filled, sealed; who may what, and what two
 * at once do to each other.
 */

#define _GNU_SOURCE                     /* memmem() */

#include "sampling_world.h"


/* ---- the flow ------------------------------------------------------------ */

static void
test_open(void **state)
{
    fake_reply_t  *rep = opens(ann, TUBE, 10);

    (void) state;
    is_status(rep, 201);
    assert_string_equal(fake_text(rep, "state"), "open");
    assert_int_equal(number_in(rep, "room"), 10);
    assert_string_equal(fake_text(rep, "opened_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_int_equal(fake_counter(h, "opened"), 1);
    assert_string_equal(fake_audit_action(h, 0), "sampling.tube_opened");

    rep = get("/sampling/tubes", ann);
    is_status(rep, 200);
    assert_int_equal(json_array_size(json_object_get(rep->json, "tubes")), 1);
    assert_int_equal(json_array_size(json_object_get(rep->json,
                                                     "capacities")), 4);
    assert_int_equal(audited("sampling.tubes_seen"), 1);
    rep = get("/sampling/tubes", bob);
    assert_int_equal(json_array_size(json_object_get(rep->json, "tubes")), 0);
}


static void
test_open_wrong(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = opens(ann, "XA1-", 7);
    is_problem(rep, 422, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/barcode"),
                        "sampling_barcode");
    assert_string_equal(fake_field_error(rep, "/capacity"),
                        "sampling_capacity");
    is_problem(opens(ann, "X A}:1", 10), 422, "invalid_fields");
    is_problem(opens(lab, TUBE, 10), 403, "forbidden");
    is_problem(get(path_of(TUBE, ""), ann), 404, "sampling_tube_unknown");
    is_problem(get(path_of("x", ""), ann), 404, "sampling_tube_unknown");
    assert_int_equal(fake_redis(h, "EXISTS civic:{tube:" TUBE "}:tube")
                     ->integer, 0);
}


static void
test_opened_twice(void **state)
{
    (void) state;
    is_status(opens(ann, TUBE, 10), 201);

    /* the answer was lost: the same sampler asks again */
    is_status(opens(ann, TUBE, 10), 201);
    is_problem(opens(ann, TUBE, 5), 409, "sampling_tube_used");
    is_problem(opens(bob, TUBE, 10), 409, "sampling_tube_used");
    (void) comes(1, TUBE);
    is_problem(opens(ann, TUBE, 10), 409, "sampling_tube_used");
    assert_int_equal(fake_counter(h, "opened"), 1);
}


static void
test_people(void **state)
{
    json_t        *person;
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(ann, TUBE, 10), 201);
    rep = comes(1, TUBE);
    assert_int_equal(number_in(rep, "seat"), 1);
    assert_int_equal(number_in(rep, "room"), 9);
    assert_string_equal(fake_text(rep, "name"), "张*");
    assert_string_equal(fake_text(rep, "kind"), "kin");
    assert_int_equal(number_in(comes(2, TUBE), "seat"), 2);

    /* kinship was told what for, and where */
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "kinship.scan", 0), "what")),
                        "sampling");
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "kinship.scan", 0), "place")),
                        "sampling");
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "kinship.scan", 0), "site")),
                        "莲湖区一号点");

    rep = get(path_of(TUBE, ""), ann);
    person = json_array_get(json_object_get(rep->json, "people"), 1);
    assert_int_equal(json_integer_value(json_object_get(person, "seat")), 2);
    assert_string_equal(json_string_value(json_object_get(person, "name")),
                        "张*");
    assert_null(json_object_get(get(path_of(TUBE, ""), bob)->json, "people"));
    assert_null(json_object_get(get(path_of(TUBE, ""), lab)->json, "people"));
    assert_int_equal(audited("sampling.tube_seen"), 3);
    assert_int_equal(audited("sampling.person_added"), 2);
}


/* Nobody who reads Redis learns who was in which tube. */
static void
test_nothing_in_clear(void **state)
{
    size_t             i, j;
    const redisReply  *keys, *hash;

    (void) state;
    filled(TUBE, 5, 1, 2);
    (void) sends(lab, TUBE, "negative");
    spreads();
    keys = fake_redis(h, "KEYS *tube*");
    assert_true(keys->elements >= 2);

    for (i = 0; i < keys->elements; i++) {
        if (strstr(keys->element[i]->str, "outbox") != NULL) {
            continue;
        }

        hash = fake_redis(h, "HGETALL %s", keys->element[i]->str);

        for (j = 0; j < hash->elements; j++) {
            assert_null(memmem(hash->element[j]->str, hash->element[j]->len,
                               pid_of(1), 22));
        }
    }

    hash = fake_redis(h, "HGETALL civic:{p:%s}:tests", pid_of(1));
    assert_int_equal(hash->elements, 4);

    for (j = 0; j < hash->elements; j++) {
        assert_null(memmem(hash->element[j]->str, hash->element[j]->len, TUBE,
                           strlen(TUBE)));
        assert_null(memmem(hash->element[j]->str, hash->element[j]->len,
                           "negative", 8));
    }
}


static void
test_seal_at_capacity(void **state)
{
    unsigned       i;
    fake_reply_t  *rep = NULL;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);

    for (i = 1; i <= 5; i++) {
        rep = comes(i, TUBE);
    }

    assert_string_equal(fake_text(rep, "state"), "sealed");
    assert_int_equal(number_in(rep, "room"), 0);
    assert_int_equal(audited("sampling.tube_sealed"), 1);
    shows(6, "genuine");
    is_problem(scans(ann, TUBE), 409, "sampling_tube_sealed");
    rep = get("/sampling/tubes", ann);
    assert_int_equal(json_array_size(json_object_get(rep->json, "tubes")), 0);
}


static void
test_seal(void **state)
{
    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    is_problem(seals(ann, TUBE), 409, "sampling_tube_empty");
    (void) comes(1, TUBE);
    is_status(seals(ann, TUBE), 200);

    /* the answer was lost */
    is_status(seals(ann, TUBE), 200);
    assert_int_equal(audited("sampling.tube_sealed"), 1);
    assert_int_equal(fake_counter(h, "sealed"), 1);
    is_problem(seals(ann, OTHER), 404, "sampling_tube_unknown");
}


static void
test_removed(void **state)
{
    char           path[128], entry[32];
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    (void) comes(1, TUBE);
    snprintf(entry, sizeof(entry), "%s", fake_text(comes(2, TUBE),
                                                   "entry_id"));
    (void) comes(3, TUBE);
    snprintf(path, sizeof(path), "/sampling/tubes/" TUBE "/people/%s",
             entry);
    is_problem(send_to(CIVIC_DELETE, path, bob, NULL), 403,
               "sampling_tube_of_other");
    rep = send_to(CIVIC_DELETE, path, ann, NULL);
    is_status(rep, 200);
    assert_int_equal(number_in(rep, "count"), 2);
    assert_int_equal(audited("sampling.person_removed"), 1);

    /* the free seat is the next one's; a repeat takes nobody else out */
    assert_int_equal(number_in(comes(4, TUBE), "seat"), 2);
    rep = send_to(CIVIC_DELETE, path, ann, NULL);
    is_status(rep, 200);
    assert_int_equal(number_in(rep, "count"), 3);

    /* who was taken out may come again */
    assert_int_equal(number_in(comes(2, TUBE), "seat"), 4);
    is_status(seals(ann, TUBE), 200);
    rep = get(path_of(TUBE, ""), ann);
    snprintf(path, sizeof(path), "/sampling/tubes/" TUBE "/people/%s",
             json_string_value(json_object_get(json_array_get(
                 json_object_get(rep->json, "people"), 0), "entry_id")));
    is_problem(send_to(CIVIC_DELETE, path, ann, NULL), 409,
               "sampling_tube_sealed");
    is_problem(send_to(CIVIC_DELETE, path_of(TUBE, "/people/x"), ann, NULL),
               404, "not_found");
}


/* ---- codes that are none ------------------------------------------------ */

static void
test_codes(void **state)
{
    size_t  i;

    static const char *const  verdicts[][2] = {
        { "expired", "sampling_code_expired" },
        { "forged", "sampling_code_forged" },
        { "revoked", "sampling_code_revoked" },
        { "early", "sampling_code_early" },
        { "unreadable", "sampling_code_unreadable" },
        { "other", "sampling_code_unreadable" },
        { "not_here", "sampling_code_not_here" },
        { "something_new", "sampling_code_refused" },
    };

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);

    for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        shows(1, verdicts[i][0]);
        is_problem(scans(ann, TUBE), 422, verdicts[i][1]);
    }

    assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"), 0);
    assert_int_equal(fake_counter(h, "scans_refused"), 8);
}


static void
test_twice(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    (void) comes(1, TUBE);
    (void) comes(2, TUBE);
    rep = scans(ann, TUBE);
    is_problem(rep, 409, "sampling_already_in");
    assert_non_null(strstr(rep->body, "第2位"));
    assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"), 2);
}


static void
test_of_other(void **state)
{
    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    (void) comes(1, TUBE);
    is_problem(scans(bob, TUBE), 403, "sampling_tube_of_other");
    is_problem(seals(bob, TUBE), 403, "sampling_tube_of_other");
    assert_null(fake_called(h, "kinship.scan", 1));

    /* left open: after some hours anybody of the samplers seals it */
    at(NOON + 4 * HOUR - 1000);
    is_problem(seals(bob, TUBE), 403, "sampling_tube_of_other");
    at(NOON + 4 * HOUR);
    is_status(seals(bob, TUBE), 200);
}


static void
test_no_kinship(void **state)
{
    (void) state;
    fake_host_reset(h);
    at(NOON);
    is_status(opens(ann, TUBE, 5), 201);
    is_problem(scans(ann, TUBE), 503, "sampling_no_kinship");
    is_problem(get("/sampling/tests", fake_session(h, "610103199001010000",
                                                   CIVIC_CITIZEN)),
               503, "sampling_no_kinship");
}


/* What a place is called is none of the rules' kinds, whatever it is. */
static void
test_called_like_a_kind(void **state)
{
    (void) state;
    is_status(post("/sampling/tubes", ann, "{\"barcode\":\"" TUBE "\","
                   "\"capacity\":5,\"place\":\"airport\"}"), 201);
    (void) comes(1, TUBE);
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "kinship.scan", 0), "place")),
                        "sampling");
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "kinship.scan", 0), "site")),
                        "airport");
}


/* ---- two at once -------------------------------------------------------- */

/* A scan that is under way while another request does something. */
static fake_run_t *
scan_begins(unsigned n, unsigned until)
{
    static fake_request_t  request;

    fake_run_t  *run;

    shows(n, "genuine");
    request = body_of(ann, "{\"code\":\"HK1:x\"}");
    run = fake_begin(h, CIVIC_POST, path_of(TUBE, "/people"), &request);
    assert_int_equal(fake_run_to(run, until), 1);

    return run;
}


/* At each place where it waits. */
static void
test_sealed_while_scanned(void **state)
{
    unsigned       until, added = 0, refused = 0;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    for (until = 1; until < 12; until++) {
        (void) fake_redis(h, "FLUSHALL");
        at(NOON);
        is_status(opens(ann, TUBE, 5), 201);
        (void) comes(1, TUBE);
        shows(2, "genuine");
        {
            fake_request_t  request = body_of(ann, "{\"code\":\"HK1:x\"}");

            run = fake_begin(h, CIVIC_POST, path_of(TUBE, "/people"),
                             &request);

            if (!fake_run_to(run, until)) {
                is_status(checked(fake_end(run)), 201);
                break;
            }

            is_status(seals(ann, TUBE), 200);
            rep = checked(fake_end(run));
        }

        if (rep->status == 201) {
            added++;
        } else {
            is_problem(rep, 409, "sampling_tube_sealed");
            refused++;
        }

        /* whoever was told to be in is in */
        assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"),
                         rep->status == 201 ? 2 : 1);
    }

    assert_true(refused >= 2);
    assert_true(added >= 1);
}


static void
test_last_seat(void **state)
{
    unsigned       i;
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);

    for (i = 1; i < 5; i++) {
        (void) comes(i, TUBE);
    }

    run = scan_begins(5, 2);
    assert_string_equal(fake_text(comes(6, TUBE), "state"), "sealed");
    rep = checked(fake_end(run));
    is_problem(rep, 409, "sampling_tube_sealed");
    assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"), 5);
}


/* By a rule that does not seal a full tube. */
static void
test_full(void **state)
{
    unsigned  i;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);

    for (i = 1; i <= 5; i++) {
        (void) comes(i, TUBE);
    }

    (void) fake_redis(h, "HSET civic:{tube:" TUBE "}:tube state open");
    shows(6, "genuine");
    is_problem(scans(ann, TUBE), 409, "sampling_tube_full");
}


static void
test_same_person_at_once(void **state)
{
    fake_run_t  *run;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    run = scan_begins(1, 2);
    (void) comes(1, TUBE);
    is_problem(checked(fake_end(run)), 409, "sampling_already_in");
    assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"), 1);
}


/* An answer that was lost: the same key finds the same seat. */
static void
test_lost_answer(void **state)
{
    char             entry[32];
    fake_reply_t    *rep;
    fake_request_t   request = body_of(ann, "{\"code\":\"HK1:x\"}");
    fake_request_t   lost;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    shows(1, "genuine");
    lost = request;
    lost.redis_fault = FAKE_REDIS_LOST_AFTER;
    lost.redis_fault_at = 3;
    rep = fake_request(h, CIVIC_POST, path_of(TUBE, "/people"), &lost);
    is_problem(rep, 503, "outcome_unknown");
    rep = checked(fake_request(h, CIVIC_POST, path_of(TUBE, "/people"),
                               &request));
    is_status(rep, 201);
    assert_int_equal(number_in(rep, "seat"), 1);
    assert_int_equal(number_in(rep, "count"), 1);
    snprintf(entry, sizeof(entry), "%s", fake_text(rep, "entry_id"));
    rep = fake_request(h, CIVIC_POST, path_of(TUBE, "/people"), &request);
    assert_string_equal(fake_text(rep, "entry_id"), entry);
}


static void
test_redis_away(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    shows(1, "genuine");

    for (i = 1; i <= 3; i++) {
        fake_request_t  request = body_of(ann, "{\"code\":\"HK1:x\"}");

        request.redis_fault = FAKE_REDIS_NOT_SENT;
        request.redis_fault_at = i;
        rep = checked(fake_request(h, CIVIC_POST, path_of(TUBE, "/people"),
                                   &request));
        is_problem(rep, 503, "store_unavailable");
    }

    assert_int_equal(number_in(get(path_of(TUBE, ""), ann), "count"), 0);
    (void) comes(1, TUBE);
}


static void
test_damaged(void **state)
{
    (void) state;
    is_status(opens(ann, TUBE, 5), 201);
    (void) fake_redis(h, "HSET civic:{tube:" TUBE "}:tube capacity x");
    is_problem(get(path_of(TUBE, ""), ann), 500, "internal_error");
    assert_true(fake_logged(h, "is damaged"));
    is_status(get("/sampling/tubes", ann), 200);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_open, reset),
        cmocka_unit_test_setup(test_open_wrong, reset),
        cmocka_unit_test_setup(test_opened_twice, reset),
        cmocka_unit_test_setup(test_people, reset),
        cmocka_unit_test_setup(test_nothing_in_clear, reset),
        cmocka_unit_test_setup(test_seal_at_capacity, reset),
        cmocka_unit_test_setup(test_seal, reset),
        cmocka_unit_test_setup(test_removed, reset),
        cmocka_unit_test_setup(test_codes, reset),
        cmocka_unit_test_setup(test_twice, reset),
        cmocka_unit_test_setup(test_of_other, reset),
        cmocka_unit_test_setup(test_no_kinship, reset),
        cmocka_unit_test_setup(test_called_like_a_kind, reset),
        cmocka_unit_test_setup(test_sealed_while_scanned, reset),
        cmocka_unit_test_setup(test_last_seat, reset),
        cmocka_unit_test_setup(test_full, reset),
        cmocka_unit_test_setup(test_same_person_at_once, reset),
        cmocka_unit_test_setup(test_lost_answer, reset),
        cmocka_unit_test_setup(test_redis_away, reset),
        cmocka_unit_test_setup(test_damaged, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
