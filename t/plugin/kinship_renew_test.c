/*
 * kinship_renew_test.c - who holds a relative's code gives the consent anew
 * under which it is kept: a newer text, or one that ended while the binding
 * stands.
 */

#include "kinship_bind_world.h"


/* All that a renewal is; the consent's id is "c9" then. */
static void
renewed(const char *id)
{
    fake_reply_t  *rep = ask(CHILD5);

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    assert_string_equal(fake_text(rep, "binding_id"), id);
    assert_true(json_is_true(json_object_get(rep->json, "renews")));
    fake_redis(h, "HSET civic:{p:%s}:consents health_child c9",
               pid_of(CHILD5));
    given("given", "c9");
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_agree_first");
    assert_int_equal(agree_by(NUMBER, id)->status, 200);
    guardian_is(NUMBER);
    assert_int_equal(finish_by(NUMBER, id)->status, 200);
    assert_int_equal(finish_by(NUMBER, id)->status, 200);

    assert_string_equal(field(CHILD5, "health", "consent"),
                        "health_child c9");
    assert_int_equal(rows(CHILD5, "guardians"), 1);
    assert_int_equal(rows(NUMBER, "kin"), 1);
    assert_memory_equal(field(CHILD5, "guardians", pid_of(NUMBER)), id, 22);
    is_whole(NUMBER, CHILD5);
    assert_string_equal(fake_field_error(ask(CHILD5), "/id_number"),
                        "kinship_duplicate");
}


/* The text has a newer version: who holds the code consents to it for the
   child, and the binding stays. */
static void
consent_renewed(void **state)
{
    const char  *id;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    renewed(id);
}


/* Another guardian has given it anew, or it was withdrawn and given. */
static void
consent_changed(void **state)
{
    const char    *id;
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    fake_redis(h, "HSET civic:{p:%s}:consents health_child c5",
               pid_of(CHILD5));
    renewed(id);

    /* with eight others bound, too: it takes no place more */
    for (i = 0; i < 7; i++) {
        (void) bound(i, NUMBER, birth_number(2020, 12, 1, 20 + i), "child",
                     "face", NOON);
    }

    fake_redis(h, "HSET civic:{p:%s}:consents health_child c5",
               pid_of(CHILD5));
    rep = ask(CHILD5);
    assert_true(json_is_true(json_object_get(rep->json, "renews")));

    /* nothing is given by who stops there, and a binding that ends meanwhile
       is not brought back */
    assert_string_equal(field(CHILD5, "health", "consent"),
                        "health_child c9");
    assert_int_equal(agree_by(NUMBER, id)->status, 200);
    rep = post(citizen(CHILD5), text("/kinship/guardians/%s/objection", id),
               NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_asked_over");
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_int_equal(rows(NUMBER, "kin"), 7);
}


/* A binding that has ended and whose place was not given back yet is in
   nobody's way. */
static void
ended_and_bound(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    (void) pledged(NUMBER, CHILD5);
    fake_redis(h, "DEL civic:{p:%s}:guardians", pid_of(CHILD5));
    rep = ask(CHILD5);
    assert_int_equal(rep->status, 201);
    assert_true(json_is_false(json_object_get(rep->json, "renews")));
    id = agreed_by(NUMBER, CHILD5);
    assert_int_equal(finish_by(NUMBER, id)->status, 200);
    assert_memory_equal(field(CHILD5, "guardians", pid_of(NUMBER)), id, 22);
    is_whole(NUMBER, CHILD5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(consent_renewed),
        BIND(consent_changed),
        BIND(ended_and_bound),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
