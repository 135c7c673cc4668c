/*
 * kinship_unmatched_test.c - a city without a register that compares name and
 * number: who types a name proves nothing by it.
 */

#include <stddef.h>

#define KINSHIP_OPTIONS  NULL

#include "kinship_bind_world.h"


static const char *
name_told(const char *guardian, const char *id)
{
    return fake_text(get(citizen(guardian), text("/kinship/codes/%s", id)),
                     "name");
}


/* A stranger pledges for a child whose parents have bound it: no answer to
   that has the child's own name. */
static void
typed_name_alone(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    (void) pledged(OTHER, CHILD5);

    rep = ask_by(NUMBER, form("李大伟", CHILD5, "child"));
    assert_int_equal(rep->status, 201);
    id = text("%s", fake_text(rep, "binding_id"));
    assert_int_equal(agree_by(NUMBER, id)->status, 200);
    rep = finish_by(NUMBER, id);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "name"), "李*伟");
}


/* What a pledge has brought is nobody's name for good. */
static void
proven_name_comes_first(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    guardian_is(OTHER);

    /* a pledge, by whoever it was */
    relative_consents(CHILD5, "health_child");
    rep = ask_by(OTHER, form("李大伟", CHILD5, "child"));
    id = text("%s", fake_text(rep, "binding_id"));
    assert_int_equal(agree_by(OTHER, id)->status, 200);
    assert_int_equal(finish_by(OTHER, id)->status, 200);
    assert_string_equal(name_told(OTHER, id), "李*伟");
    assert_string_equal(field(CHILD5, "health", "named"), "pledge");

    /* another pledge changes nothing */
    id = pledged(NUMBER, CHILD5);
    assert_string_equal(name_told(NUMBER, id), "李*伟");

    /* papers do: of who has pledged */
    rep = post(staff(CIVIC_COUNTER), "/kinship/counter/proofs",
               text("{\"name\":\"%s\",\"id_number\":\"%s\","
                    "\"relation\":\"child\",\"papers\":"
                    "\"birth_certificate\",\"guardian_id_number\":\"%s\"}",
                    HIS, CHILD5, NUMBER));
    assert_int_equal(rep->status, 200);
    assert_string_equal(name_told(NUMBER, id), "王*明");
    assert_string_equal(name_told(OTHER, id), "");
    assert_string_equal(field(CHILD5, "health", "named"), "counter");
}


/* And so does a face, of who comes anew; the own code more than that. */
static void
face_and_own_code(void **state)
{
    const char  *id, *mine = "own name, sealed";

    (void) state;
    relative_consents(CHILD9, "health_child");
    fake_redis(h, "HSET civic:{p:%s}:health opened %b identity wrong named "
               "pledge", pid_of(CHILD9), "1 kin", (size_t) 5);
    face_says("passed", NOON);
    id = agreed_by(NUMBER, CHILD9);
    assert_int_equal(face_by(NUMBER, id)->status, 200);
    assert_string_equal(name_told(NUMBER, id), "王*明");
    assert_string_equal(field(CHILD9, "health", "named"), "face");

    fake_redis(h, "HSET civic:{p:%s}:health opened %b identity %b named "
               "pledge", pid_of(CHILD9), "1 own", (size_t) 5, mine,
               strlen(mine));
    guardian_is(OTHER);
    id = agreed_by(OTHER, CHILD9);
    assert_int_equal(face_by(OTHER, id)->status, 200);
    assert_string_equal(field(CHILD9, "health", "identity"), mine);
}


/* Numbers are not tried without end where nothing compares them. */
static void
counted_all_the_same(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 10; i++) {
        assert_int_equal(ask(birth_number(2020, 1, 1, 50 + i))->status, 201);
    }

    rep = ask(CHILD5);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "kinship_match_wait");
}


static const char *
example_of(const fake_reply_t *rep, size_t error)
{
    return text("%s", json_string_value(json_object_get(json_array_get(
               json_object_get(rep->json, "errors"), error), "example")));
}


/* Who writes what the examples show makes no mistake. */
static void
as_the_examples(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = ask_by(NUMBER, form("张*", "610104201812010013", "child"));
    assert_string_equal(fake_field_error(rep, "/name"), "name_charset");
    rep = ask_by(NUMBER, form(example_of(rep, 0), example_of(rep, 1),
                              "child"));
    assert_int_equal(rep->status, 201);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(typed_name_alone),
        BIND(proven_name_comes_first),
        BIND(face_and_own_code),
        BIND(counted_all_the_same),
        BIND(as_the_examples),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
