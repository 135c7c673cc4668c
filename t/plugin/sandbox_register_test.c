/*
 * sandbox_register_test.c - whose number it is, by the sandbox' register: who
 * is known, who is not, and answers that go wrong on demand.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "sandbox_world.h"

#define MATCH    "/sandbox/identity-match"
#define LIU      "610102195905200002"   /* of the register, no phone */
#define ZHANG    "630105199003079996"   /* of the people */
#define NOBODY   "110101199003074610"


static fake_reply_t *
ask(const char *name, const char *number)
{
    char  body[256];

    snprintf(body, sizeof(body), "{\"name\":\"%s\",\"id_number\":\"%s\"}",
             name, number);

    return post_json(MATCH, body);
}


static int
matches(const char *name, const char *number)
{
    json_t        *match;
    fake_reply_t  *rep = ask(name, number);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    match = json_object_get(rep->json, "match");
    assert_true(json_is_boolean(match));

    return json_is_true(match);
}


static void
test_who_is_known(void **state)
{
    (void) state;

    assert_true(matches("刘桂兰", LIU));
    assert_false(matches("刘桂", LIU));
    assert_false(matches("张伟", LIU));
    assert_true(matches("张<伟>", ZHANG));
    assert_false(matches("刘桂兰", ZHANG));

    /* the separator as people type it, x as it is printed */
    assert_true(matches("阿依古丽·买买提", "65310119951101000X"));
    assert_true(matches("阿依古丽．买买提", "65310119951101000x"));
    assert_false(matches("阿依古丽买买提", "65310119951101000X"));

    assert_true(matches("某人", NOBODY));
    assert_true(matches("另一人", NOBODY));
}


static void
test_what_is_wrong(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = post_json(MATCH, "{\"name\":\"\",\"id_kind\":\"passport\"}");
    assert_int_equal(rep->status, 422);
    assert_non_null(fake_field_error(rep, "/name"));
    assert_non_null(fake_field_error(rep, "/id_kind"));
    assert_string_equal(fake_field_error(rep, "/id_number"), "required");
    assert_int_equal(post_json(MATCH, "{\"name\":\"刘桂兰\",\"id_number\":\""
                               LIU "\",\"id_kind\":\"resident\"}")->status,
                     200);
}


static void
plan_match(const char *rest)
{
    char           body[128];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{%s}", rest);
    rep = post_json(MATCH "/faults", body);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
}


static void
test_faults(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    plan_match("\"fault\":\"malformed\",\"count\":2");
    plan_match("\"fault\":\"http_500\"");
    plan_match("\"fault\":\"slow\"");
    plan_match("\"fault\":\"timeout\",\"delay_ms\":20000");

    assert_null(ask("刘桂兰", LIU)->json);
    assert_null(ask("刘桂兰", LIU)->json);
    assert_int_equal(ask("刘桂兰", LIU)->status, 500);
    assert_true(matches("刘桂兰", LIU));
    assert_int_equal(fake_now(h), NOON + 3000);
    assert_int_equal(ask("刘桂兰", LIU)->status, 504);
    assert_int_equal(fake_now(h), NOON + 23000);
    assert_true(matches("刘桂兰", LIU));

    plan_match("\"fault\":\"http_500\",\"count\":100");
    rep = post_json(MATCH "/faults", "{\"fault\":\"slow\"}");
    assert_string_equal(rep->code, "sandbox_too_many_faults");
    plan_match("\"fault\":\"http_500\",\"count\":0");
    assert_true(matches("刘桂兰", LIU));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_who_is_known, reset),
        cmocka_unit_test_setup(test_what_is_wrong, reset),
        cmocka_unit_test_setup(test_faults, reset),
    };

    return cmocka_run_group_tests_name("sandbox: register", tests, setup,
                                       teardown);
}
