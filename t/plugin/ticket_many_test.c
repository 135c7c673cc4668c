/*
 * ticket_many_test.c - ten years of exams: whichever of them it is, its people
 * are seated and told, and see their ticket; and nobody asks for the facts of
 * all the others.
 */

#include "exam_ticket_world.h"

#define MANY  600                       /* more than a run of seating sees */


/* Exams of years ago, each with a round that is done and told. */
static void
ten_years(void)
{
    static const char  script[] =
        "for n = 1, ARGV[1] do "
        "  local id = 'old-' .. n "
        "  local ends = ARGV[2] - n * 86400000 "
        "  local from, til = string.format('%.0f', ends - 3600000),"
        "                    string.format('%.0f', ends) "
        "  redis.call('HSET', 'civic:{exam:fixture}', id,"
        "    '{\"exam_id\":\"' .. id .. '\",\"revision\":1,\"windows\":{"
        "\"printing\":{\"from_ms\":' .. from .. ',\"until_ms\":' .. til"
        "    .. '}}}') "
        "  redis.call('HSET', 'civic:{ticket:' .. id .. '}:order',"
        "    'seed', '0123456789abcdef', 'wanted', 1, 'round', 1, 'done', 1,"
        "    'opened', 'all', 'window', from .. ' ' .. til .. ' all') "
        "end";

    (void) fake_redis(h, "EVAL %s 0 %d %lld", script, MANY, NOON - 40 * DAY);
    assert_int_equal(fake_redis(h, "HLEN civic:{exam:fixture}")->integer,
                     MANY + 1);
}


static fake_reply_t *
seating_run(void)
{
    fake_reply_t  *rep = fake_job(h, "ticket.seat", 0, 1, NULL);

    assert_int_equal(rep->result, CIVIC_OK);

    return rep;
}


/* A run that did not see all of them does not rest: whom it has passed by may
   have been asked for meanwhile. */
static void
seat_until_done(const char *id, const char *round)
{
    unsigned     runs = 0;
    const char  *done;

    do {
        assert_true(++runs < 4);
        assert_int_equal(seating_run()->rests, 0);
        done = fake_redis(h, "HGET civic:{ticket:%s}:order done", id)->str;
    } while (done == NULL || strcmp(done, round) != 0);
}


static void
test_seated(void **state)
{
    (void) state;
    ten_years();
    assert_int_equal(seating_run()->rests, 0);

    pays(0);
    ask_for_seats();
    seat_until_done(EXAM, "1");
    assert_int_equal(strlen(number_of(0)), 11);
    assert_string_equal(report(), "1 1 0 0 0 0 0");
}


/* The one before was cut off somewhere. */
static void
test_rests(void **state)
{
    (void) state;
    (void) fake_redis(h, "SET civic:{ticket:seating} %s", "5 0");
    assert_int_equal(seating_run()->rests, 0);
    assert_int_equal(seating_run()->rests, 1);
}


/* Of a round that was asked for one of the old ones. */
static void
test_seated_old(void **state)
{
    (void) state;
    ten_years();
    (void) fake_redis(h, "HSET civic:{ticket:old-321}:order wanted 2");
    seat_until_done("old-321", "2");
}


static void
test_told(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    pays(0);
    seat_all();
    ten_years();
    run_job("ticket.opened", 1);
    assert_int_equal(told("ticket.printable"), 0);
    at(PRINTING);
    rep = fake_job(h, "ticket.opened", 0, 1, NULL);
    assert_int_equal(rep->result, CIVIC_OK);
    assert_true(rep->redis_calls < 50);
    assert_int_equal(told("ticket.printable"), 1);
}


/* Others are told all the same, and the job says that one failed. */
static void
test_one_damaged(void **state)
{
    (void) state;
    pays(0);
    seat_all();
    (void) fake_redis(h, "HSET civic:{exam:fixture} first %s",
                      "{\"exam_id\":\"first\",\"revision\":1,\"windows\":{"
                      "\"printing\":{\"from_ms\":1,\"until_ms\":"
                      "1773200000000}},\"sites\":[{\"code\":\"x\","
                      "\"rooms\":[{\"code\":\"y\"}]}]}");
    (void) fake_redis(h, "HSET civic:{ticket:first}:order wanted 1 round 1 "
                      "done 1");
    at(PRINTING);
    assert_int_equal(fake_job(h, "ticket.opened", 0, 1, NULL)->result,
                     CIVIC_ERROR);
    assert_true(fake_logged(h, "the rooms of exam \"first\""));
    assert_int_equal(told("ticket.printable"), 1);
}


static void
printing_was(civic_msec_t until)
{
    print_from = until - DAY;
    print_until = until;
    exam_has("[{\"code\":\"001\",\"seats\":3}]");
    run_job("ticket.opened", 1);
}


/* A window that is moved back into the past is told, unless it was over a
   month ago. */
static void
test_told_late(void **state)
{
    (void) state;
    pays(0);
    seat_all();
    run_job("ticket.opened", 1);
    printing_was(NOON - 8 * DAY);
    assert_int_equal(told("ticket.moved"), 1);
    ten_years();
    printing_was(NOON - 40 * DAY);
    assert_int_equal(told("ticket.moved"), 1);
}


static void
test_listed(void **state)
{
    unsigned  n;
    json_t   *tickets;

    (void) state;
    ten_years();
    pays(0);
    ask_for_seats();
    seat_until_done(EXAM, "1");

    for (n = 1; n <= 300; n++) {
        (void) fake_redis(h, "SADD civic:{review:fixture}:exams old-%u", n);
    }

    tickets = json_object_get(get("/ticket/tickets", citizen)->json,
                              "tickets");
    assert_int_equal(json_array_size(tickets), 1);
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(tickets, 0), "exam_id")), EXAM);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_seated, reset),
        cmocka_unit_test_setup(test_seated_old, reset),
        cmocka_unit_test_setup(test_rests, reset),
        cmocka_unit_test_setup(test_told, reset),
        cmocka_unit_test_setup(test_one_damaged, reset),
        cmocka_unit_test_setup(test_told_late, reset),
        cmocka_unit_test_setup(test_listed, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
