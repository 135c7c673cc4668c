/*
 * kinship_damaged_test.c - a guardian's row or place that is damaged, and what
 * binding anew makes of it.
 */

#include "kinship_bind_world.h"


static fake_reply_t *
proof(const char *relative, const char *guardian)
{
    return post(staff(CIVIC_COUNTER), "/kinship/counter/proofs",
                text("{\"name\":\"" HIS "\",\"id_number\":\"%s\","
                     "\"relation\":\"child\",\"guardian_id_number\":\"%s\","
                     "\"papers\":\"household_register\","
                     "\"flags\":{\"health\":true,\"minor\":true}}", relative,
                     guardian));
}


/* Who binds anew replaces the row, whatever is left of it and of the place;
   the others stay as they are. */
static void
damaged_and_bound_anew(void **state)
{
    unsigned           i;
    const char        *id, *other, *row;
    fake_reply_t      *rep;
    const char *const  left[] = { "", " x face child", " 5 face" };
    const char *const  places[] = { "damaged", "bound", NULL };

    for (i = 0; i < 9; i++) {
        reset_bind(state);
        (void) pledged(parent(1), CHILD5);
        other = text("%s", field(CHILD5, "guardians", pid_of(parent(1))));
        id = pledged(NUMBER, CHILD5);
        row = text("%s%s", id, left[i % 3]);
        (void) fake_redis(h, "HSET civic:{p:%s}:guardians %s %b",
                          pid_of(CHILD5), pid_of(NUMBER), row, strlen(row));

        if (places[i / 3] != NULL) {
            row = text("%s %s", places[i / 3], id);
            (void) fake_redis(h, "HSET civic:{p:%s}:kin %s %b",
                              pid_of(NUMBER), pid_of(CHILD5), row,
                              strlen(row));
        }

        id = agreed_by(NUMBER, CHILD5);
        rep = finish_by(NUMBER, id);

        if (rep->status != 200) {
            fail_msg("%u: %d %s", i, rep->status, rep->body);
        }

        assert_string_equal(holder(NUMBER, CHILD5), "pledge");
        assert_memory_equal(field(CHILD5, "guardians", pid_of(NUMBER)), id,
                            22);
        is_whole(NUMBER, CHILD5);
        assert_int_equal(rows(NUMBER, "kin"), 1);
        assert_int_equal(rows(CHILD5, "guardians"), 2);
        assert_string_equal(field(CHILD5, "guardians", pid_of(parent(1))),
                            other);
        assert_int_equal(get(citizen(NUMBER), text("/kinship/codes/%s",
                                                   id))->status, 200);
    }
}


/* A damaged row takes a place: nobody comes in as a fourth, and a proof takes
   that of a pledge. */
static void
damaged_takes_a_place(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    (void) pledged(parent(1), CHILD5);
    (void) pledged(parent(2), CHILD5);
    (void) pledged(parent(3), CHILD5);
    (void) fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged",
                      pid_of(CHILD5), pid_of(parent(1)));
    id = agreed_by(NUMBER, CHILD5);
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_guardians_full");

    rep = proof(CHILD5, NUMBER);
    assert_int_equal(rep->status, 200);
    assert_string_equal(holder(NUMBER, CHILD5), "counter");
    assert_string_equal(field(CHILD5, "guardians", pid_of(parent(1))),
                        "damaged");
    assert_int_equal(rows(CHILD5, "guardians"), 3);

    /* the counter mends it, too; ticks are its own */
    guardian_is(parent(1));
    given("flags", "");
    assert_string_equal(fake_field_error(proof(CHILD5, parent(1)),
                                         "/flags"), "kinship_flags");
    given("erasing", "");
    assert_string_equal(proof(CHILD5, parent(1))->code,
                        "in_progress");
    given("given", "c1");
    assert_int_equal(proof(CHILD5, parent(1))->status,
                     200);
    assert_string_equal(holder(parent(1), CHILD5), "counter");
    assert_int_equal(rows(CHILD5, "guardians"), 3);
}


/* Until then the guardian is told of it, wherever the binding is asked for. */
static void
damaged_is_told(void **state)
{
    const char  *id;

    (void) state;
    id = text("%s", pledged(NUMBER, CHILD5));
    (void) fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged",
                      pid_of(CHILD5), pid_of(NUMBER));

    assert_string_equal(get(citizen(NUMBER), text("/kinship/codes/%s",
                                                  id))->code,
                        "kinship_binding_damaged");
    assert_string_equal(get(citizen(NUMBER), text("/kinship/looks?binding_id="
                                                  "%s", id))->code,
                        "kinship_binding_damaged");
    assert_string_equal(checked(fake_request(h, CIVIC_DELETE,
                                             path_of(id, ""),
                                             &(fake_request_t) {
                                                 .token = citizen(NUMBER) }))
                            ->code,
                        "kinship_binding_damaged");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(damaged_and_bound_anew),
        BIND(damaged_takes_a_place),
        BIND(damaged_is_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
