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
        if (rep->status != 200) {
            assert_string_equal(rep->code, "kinship_bound_before");
        }

        is_whole(NUMBER, CHILD5);
        assert_string_equal(holder(NUMBER, CHILD5), "pledge");
        assert_int_equal(rows(CHILD5, "guardians"), 1);
    }

    assert_true(n > 5 && n < 20);
}


/* Who gave way gives the place back, whoever stopped there. */
static void
displaced_and_lost(void **state)
{
    unsigned       n, i, gone = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 40; n++) {
        reset_bind(state);
        relative_consents(CHILD9, "health_child");
        face_says("passed", NOON);

        for (i = 0; i < 3; i++) {
            (void) bound(i, parent(i), CHILD9, "child", "pledge", NOON + i);
        }

        id = agreed_by(NUMBER, CHILD9);
        rep = fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                           &(fake_request_t) {
                               .token = citizen(NUMBER), .body = ATTEMPT,
                               .redis_fault_at = n,
                               .redis_fault_count = 100,
                               .redis_fault = FAKE_REDIS_LOST_BEFORE });

        if (rep->redis_calls < n) {
            break;
        }

        fake_advance(h, 60000);
        run_jobs("settle");
        is_whole(NUMBER, CHILD9);
        is_whole(parent(0), CHILD9);
        assert_int_equal(rows(CHILD9, "guardians"), 3);
        gone += holder(parent(0), CHILD9)[0] == '\0';
    }

    assert_true(n > 5 && n < 40);
    assert_true(gone > 0);
}


/* An answer that was lost, or a second tap: nobody gives way to a repeat. */
static void
repeated_and_full(void **state)
{
    size_t         i;
    unsigned       n, lost = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        for (n = 1; n < 40; n++) {
            reset_bind(state);
            relative_consents(CHILD9, "health_child");
            face_says("passed", NOON);
            (void) bound(0, parent(0), CHILD9, "child", "face", NOON);
            (void) bound(1, parent(1), CHILD9, "child", "pledge", NOON);
            id = agreed_by(NUMBER, CHILD9);
            rep = fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                               &(fake_request_t) {
                                   .token = citizen(NUMBER), .body = ATTEMPT,
                                   .redis_fault_at = n,
                                   .redis_fault_count = 100,
                                   .redis_fault = faults[i] });

            if (rep->redis_calls < n) {
                break;
            }

            lost += rep->status != 200 && holder(NUMBER, CHILD9)[0] != '\0';
            fake_advance(h, 1);
            face_says("done", NOON + 1);
            assert_int_equal(face_by(NUMBER, id)->status, 200);
            assert_int_equal(face_by(NUMBER, id)->status, 200);
            assert_int_equal(rows(CHILD9, "guardians"), 3);
            is_whole(NUMBER, CHILD9);
            assert_string_equal(place(parent(1), CHILD9), "bound");
            is_whole(parent(1), CHILD9);
        }

        assert_true(n > 5 && n < 40);
    }

    assert_true(lost > 0);
}


/* ---- something else comes in between ------------------------------------ */

/* A finish that stands still at its n-th suspension while meanwhile() happens;
   its answer.  NULL: it had ended before. */
static fake_reply_t *
finish_around(const char *id, unsigned n, void (*meanwhile)(const char *id))
{
    int              waits;
    fake_run_t      *run;
    fake_reply_t    *rep;
    fake_request_t   request = { .token = citizen(NUMBER), .body = "{}" };

    run = fake_begin(h, CIVIC_POST, path_of(id, "/finish"), &request);
    waits = fake_run_to(run, n);

    if (waits) {
        meanwhile(id);
    }

    rep = checked(fake_end(run));

    return waits ? rep : NULL;
}


/* At each point; how many of the answers were 200. */
static unsigned
at_each_point(void **state, void (*meanwhile)(const char *id),
    void (*after)(fake_reply_t *rep))
{
    unsigned       n, bound_times = 0;
    fake_reply_t  *rep;

    for (n = 1; n < 40; n++) {
        reset_bind(state);
        relative_consents(CHILD5, "health_child");
        rep = finish_around(agreed_by(NUMBER, CHILD5), n, meanwhile);

        if (rep == NULL) {
            break;
        }

        bound_times += rep->status == 200;
        after(rep);
    }

    assert_true(n > 5 && n < 40);

    return bound_times;
}


/* As if a minute had passed: the place was reserved long ago.  (The clock
   itself would have the host end the request.) */
static void
settled_meanwhile(const char *id)
{
    const char  *row = text("reserved %s 1 child", id);

    if (strcmp(place(NUMBER, CHILD5), "reserved") == 0) {
        fake_redis(h, "HSET civic:{p:%s}:kin %s %b", pid_of(NUMBER),
                   pid_of(CHILD5), row, strlen(row));
    }

    run_jobs("settle");
}


static void
whole_or_nothing(fake_reply_t *rep)
{
    is_whole(NUMBER, CHILD5);
    assert_int_equal(rep->status == 200,
                     strcmp(place(NUMBER, CHILD5), "bound") == 0);
}


/* A commit that comes when its place was given up finds it void. */
static void
commits_late(void **state)
{
    unsigned  bound_times;

    bound_times = at_each_point(state, settled_meanwhile, whole_or_nothing);
    assert_true(bound_times > 0);
}


static void
again_meanwhile(const char *id)
{
    assert_int_equal(finish_by(NUMBER, id)->status, 200);
}


static void
the_same(fake_reply_t *rep)
{
    assert_int_equal(rep->status, 200);
    assert_int_equal(rows(CHILD5, "guardians"), 1);
    is_whole(NUMBER, CHILD5);
}


static void
twice_at_once(void **state)
{
    (void) at_each_point(state, again_meanwhile, the_same);
}


static void
withdrawn_meanwhile(const char *id)
{
    (void) id;
    fake_redis(h, "HDEL civic:{p:%s}:consents health_child", pid_of(CHILD5));
}


static void
unless_it_was_bound(fake_reply_t *rep)
{
    is_whole(NUMBER, CHILD5);

    if (rep->status != 200) {
        assert_int_equal(rows(CHILD5, "guardians"), 0);
    }
}


/* Once the consent has ended nothing new is bound under it. */
static void
consent_withdrawn(void **state)
{
    unsigned  bound_times;

    bound_times = at_each_point(state, withdrawn_meanwhile,
                                unless_it_was_bound);
    assert_true(bound_times > 0 && bound_times < 10);
}


static void
ended_meanwhile(const char *id)
{
    fake_reply_t  *rep;

    rep = post(citizen(CHILD5), text("/kinship/guardians/%s/objection", id),
               NULL);
    assert_true(rep->status == 200 || rep->status == 404);
}


static void
ended_or_bound(fake_reply_t *rep)
{
    is_whole(NUMBER, CHILD5);
    (void) rep;
}


/* The relative objects between the commit and its confirmation. */
static void
objected_at_once(void **state)
{
    (void) at_each_point(state, ended_meanwhile, ended_or_bound);
}


/* And where the confirmation was lost, a repeat does not bring it back. */
static void
objected_and_repeated(void **state)
{
    unsigned       n;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 40; n++) {
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

        if (post(citizen(CHILD5), text("/kinship/guardians/%s/objection", id),
                 NULL)->status == 200)
        {
            assert_string_equal(finish_by(NUMBER, id)->code,
                                "kinship_asked_over");
            assert_int_equal(rows(CHILD5, "guardians"), 0);
            is_whole(NUMBER, CHILD5);
        }
    }

    assert_true(n > 5 && n < 40);
}


static void
place_is_free_meanwhile(const char *id)
{
    fake_redis(h, "HDEL civic:{p:%s}:guardians %s", pid_of(CHILD5),
               pid_of(parent(0)));
    (void) finish_by(NUMBER, id);
}


/* One of two phones was refused, and takes its place back; the other came when
   somebody had gone. */
static void
refused_and_bound(void **state)
{
    unsigned       n, i, refused = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 40; n++) {
        reset_bind(state);

        for (i = 0; i < 3; i++) {
            (void) pledged(parent(i), CHILD5);
        }

        guardian_is(NUMBER);
        id = agreed_by(NUMBER, CHILD5);
        rep = finish_around(id, n, place_is_free_meanwhile);

        if (rep == NULL) {
            break;
        }

        refused += rep->status != 200;
        is_whole(NUMBER, CHILD5);
    }

    assert_true(n > 5 && n < 40);
    assert_true(refused > 0);
}


static void
first_one_objected(const char *id)
{
    (void) id;
    assert_int_equal(post(citizen(CHILD5),
                          text("/kinship/guardians/%s/objection",
                               binding_id(1)), NULL)->status, 200);
}


/* A binding whose place the store has lost is given it again, while the
   relative objects to it: what has ended takes no place. */
static void
ended_while_restored(void **state)
{
    unsigned       n, refused = 0;
    const char    *id;
    fake_reply_t  *rep;

    for (n = 1; n < 40; n++) {
        reset_bind(state);
        relative_consents(CHILD5, "health_child");
        id = agreed_by(NUMBER, CHILD5);
        (void) bound(1, NUMBER, CHILD5, "child", "face", NOON);
        fake_redis(h, "HDEL civic:{p:%s}:kin %s", pid_of(NUMBER),
                   pid_of(CHILD5));
        rep = finish_around(id, n, first_one_objected);

        if (rep == NULL) {
            break;
        }

        refused += rep->status != 200;
        is_whole(NUMBER, CHILD5);
    }

    assert_true(n > 5 && n < 40);
    assert_true(refused > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(lost_and_repeated),
        BIND(lost_for_good),
        BIND(asked_anew),
        BIND(displaced_and_lost),
        BIND(repeated_and_full),
        BIND(commits_late),
        BIND(twice_at_once),
        BIND(consent_withdrawn),
        BIND(objected_at_once),
        BIND(objected_and_repeated),
        BIND(refused_and_bound),
        BIND(ended_while_restored),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
