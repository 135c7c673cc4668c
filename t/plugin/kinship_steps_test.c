/*
 * kinship_steps_test.c - the three steps of a binding, interrupted at each
 * point, in each way: repeated, left alone, or asked for anew.
 */

#include "kinship_bind_world.h"


/* ---- interrupted -------------------------------------------------------- */

static const fake_redis_fault_t  faults[] = {
    FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER,
    FAKE_REDIS_ANSWERS_ERROR
};


/* Redis fails at every step, in every way, and stays away: a repeat binds. */
static void
lost_and_repeated(void **state)
{
    size_t         i;
    unsigned       n, failed = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        for (n = 1; n < 30; n++) {
            reset_bind(state);
            relative_consents(CHILD9, "health_child");
            face_says("passed", NOON);
            id = agreed_by(NUMBER, CHILD9);
            rep = fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                               &(fake_request_t) {
                                   .token = citizen(NUMBER),
                                   .body = ATTEMPT, .redis_fault_at = n,
                                   .redis_fault_count = 100,
                                   .redis_fault = faults[i] });

            if (rep->status == 200) {
                is_whole(NUMBER, CHILD9);

                if (rep->redis_calls < n) {
                    break;
                }
            }

            failed += rep->status != 200;
            fake_advance(h, 1);
            face_says("done", NOON + 1);
            rep = face_by(NUMBER, id);

            if (rep->status != 200) {
                fail_msg("fault %zu at %u: %s", i, n, rep->body);
            }

            assert_string_equal(fake_text(rep, "binding_id"), id);
            assert_string_equal(holder(NUMBER, CHILD9), "face");
            assert_int_equal(rows(CHILD9, "guardians"), 1);
            assert_int_equal(rows(NUMBER, "kin"), 1);
        }

        assert_true(n < 30);
    }

    assert_true(failed > 10);
}


/* The same, and nobody comes again: the outbox ends it. */
static void
lost_for_good(void **state)
{
    size_t         i;
    unsigned       n, bound_after = 0, void_after = 0;
    const char    *id, *before;
    fake_reply_t  *rep;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        for (n = 1; n < 30; n++) {
            reset_bind(state);
            relative_consents(CHILD5, "health_child");
            id = agreed_by(NUMBER, CHILD5);
            rep = fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                               &(fake_request_t) {
                                   .token = citizen(NUMBER), .body = "{}",
                                   .redis_fault_at = n,
                                   .redis_fault_count = 100,
                                   .redis_fault = faults[i] });

            if (rep->redis_calls < n) {
                break;
            }

            /* a minute is left to who is still at it */
            fake_advance(h, 59999);
            before = place(NUMBER, CHILD5);
            run_jobs("settle");
            assert_string_equal(place(NUMBER, CHILD5), before);
            fake_advance(h, 1);
            run_jobs("settle");
            is_whole(NUMBER, CHILD5);
            assert_null(fake_waiting(h, "kinship.settle", 0));

            if (holder(NUMBER, CHILD5)[0] != '\0') {
                bound_after++;

            } else if (field(CHILD5, "guardians",
                             text("void:%s", id))[0] != '\0')
            {
                void_after++;

                /* what is void stays so; another one may come */
                assert_string_equal(finish_by(NUMBER, id)->code,
                                    "kinship_asked_over");
                (void) pledged(NUMBER, CHILD5);
            }
        }
    }

    assert_true(bound_after > 0);
    assert_true(void_after > 0);
}


/* Another try at the same relative does not wait for the first to be
   settled. */
static void
asked_anew(void **state)
{
    unsigned       n;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 20; n++) {
        reset_bind(state);
        relative_consents(CHILD5, "health_child");
        id = agreed_by(NUMBER, CHILD5);
        rep = fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                           &(fake_request_t) {
                               .token = citizen(NUMBER), .body = "{}",
                               .redis_fault_at = n,
                               .redis_fault_count = 100,
                               .redis_fault = FAKE_REDIS_LOST_BEFORE });

        if (rep->redis_calls < n) {
            break;
        }

        if (strcmp(place(NUMBER, CHILD5), "bound") == 0) {
            continue;
        }

        id = agreed_by(NUMBER, CHILD5);
        rep = finish_by(NUMBER, id);

        /* the first had come to be, but for its last step */
        if (rep->status == 409) {
            assert_string_equal(rep->code, "kinship_bound_before");
        }

        is_whole(NUMBER, CHILD5);
        assert_string_equal(holder(NUMBER, CHILD5), "pledge");
        assert_int_equal(rows(CHILD5, "guardians"), 1);
    }

    assert_true(n > 5 && n < 20);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(lost_and_repeated),
        BIND(lost_for_good),
        BIND(asked_anew),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
