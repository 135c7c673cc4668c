/*
 * kinship_tell_test.c - what other plugins tell guardians, by the call
 * kinship.tell_guardians.
 */

#include "kinship_bind_world.h"


static json_int_t
news(const char *pid, const char *once)
{
    json_t  *answer;

    answer = asked(h, "kinship", "tell_guardians",
                   json_pack("{s:s, s:s, s:s}", "pid", pid, "what", "tested",
                             "once", once));

    return json_integer_value(json_object_get(answer, "result"));
}


/* Each of those who are shown the child's data, once for each result. */
static void
a_result_is_told(void **state)
{
    unsigned  i;

    (void) state;
    (void) pledged(parent(0), CHILD5);
    (void) pledged(NUMBER, CHILD5);
    run_jobs("tell");
    assert_int_equal(news(pid_of(CHILD5), "tube:1"), CIVIC_OK);

    /* two were told of each other */
    for (i = 2; i < 4; i++) {
        assert_memory_equal(message(i), "kinship.tested ", 15);
        assert_non_null(strstr(message(i), "王*明"));
        assert_string_equal(json_string_value(json_object_get(
            fake_called(h, "civic.message", i), "once")), "tube:1:guardian");
    }

    assert_string_not_equal(message_to(2), message_to(3));
    assert_string_equal(message(4), "");
    assert_int_equal(news(pid_of(OTHER), "tube:1"), CIVIC_OK);
    assert_string_equal(message(4), "");
    assert_int_equal(news(pid_of(CHILD5), ""), CIVIC_ERROR);
    assert_int_equal(news("nobody", "tube:1"), CIVIC_ERROR);
}


/* Who is shown nothing any more hears of nothing. */
static void
a_result_after_the_consent(void **state)
{
    (void) state;
    (void) pledged(NUMBER, CHILD5);
    run_jobs("tell");
    fake_redis(h, "HDEL civic:{p:%s}:consents health_child",
               pid_of(CHILD5));
    assert_int_equal(news(pid_of(CHILD5), "tube:1"), CIVIC_OK);
    assert_string_equal(message(0), "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(a_result_is_told),
        BIND(a_result_after_the_consent),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
