/*
 * ticket_retention_test.c - who had which seat goes when it was kept long
 * enough, with a proof for each person, and nobody is seated any more.
 */

#include "exam_ticket_world.h"

#define KEPT  (365 * DAY)               /* by lua/rules/ticket.lua */
#define ALL   "civic:{ticket:" EXAM "}:people civic:{ticket:" EXAM "}:seats " \
              "civic:{ticket:" EXAM "}:waiting civic:{ticket:" EXAM "}:door"


/* Seven people, of whom five have a seat; one has come to the door. */
static void
seated(void)
{
    unsigned  i;

    for (i = 0; i < 7; i++) {
        pays(i);
    }

    seat_all();
    run_job("ticket.tell", 16);
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:door %s:xc %s",
                      fake_redis(h, "HKEYS civic:{ticket:" EXAM "}:seats")
                          ->element[0]->str, "1 c ab");
}


static long long
left(void)
{
    return fake_redis(h, "EXISTS " ALL)->integer;
}


static size_t
proofs(void)
{
    size_t  i, found = 0;

    for (i = 0; fake_audit(h, i) != NULL; i++) {
        found += strcmp(fake_audit_action(h, i), "ticket.erased") == 0;
    }

    return found;
}


static void
test_erased(void **state)
{
    size_t   i;
    json_t  *details;

    (void) state;

    seated();
    assert_int_equal(left(), 4);
    at(OVER + KEPT - 1);
    run_job("ticket.retention", 1);
    assert_int_equal(left(), 4);
    assert_int_equal(proofs(), 0);

    at(OVER + KEPT);
    run_job("ticket.retention", 1);
    assert_int_equal(left(), 0);
    assert_int_equal(proofs(), 7);
    assert_int_equal(fake_counter(h, "erased"), 7);

    for (i = 0; strcmp(fake_audit_action(h, i), "ticket.erased") != 0; i++) {
        assert_non_null(fake_audit(h, i));
    }

    details = json_object_get(fake_audit(h, i), "details");
    assert_int_equal(json_object_size(details), 3);
    assert_string_equal(json_string_value(json_object_get(details, "exam")),
                        EXAM);
    assert_string_equal(json_string_value(json_object_get(details, "rule")),
                        "ticket.retention");

    assert_string_equal(get("/ticket/tickets/" EXAM, citizen)->code,
                        "ticket_no_seat");
    assert_int_equal(json_array_size(json_object_get(
        get("/ticket/tickets", citizen)->json, "tickets")), 0);

    run_job("ticket.retention", 1);
    assert_int_equal(proofs(), 7);
}


/* One whose record is damaged goes, too. */
static void
test_damaged(void **state)
{
    (void) state;

    seated();
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:people %s damaged",
                      pid_of(0));
    at(OVER + KEPT);
    run_job("ticket.retention", 1);
    assert_int_equal(left(), 0);
}


/* An exam that is held later than it was. */
static void
test_moved(void **state)
{
    (void) state;

    seated();
    print_until = OVER + 10 * DAY;
    exam_has("[{\"code\":\"001\",\"seats\":3}]");
    at(OVER + 10 * DAY + KEPT - 1);
    run_job("ticket.retention", 1);
    assert_int_equal(left(), 4);
    at(OVER + 10 * DAY + KEPT);
    run_job("ticket.retention", 1);
    assert_int_equal(left(), 0);
}


/* The office asks again, and what was to be told comes late: nobody has a seat
   by that, and nobody hears of one. */
static void
test_nobody_again(void **state)
{
    unsigned  before;

    (void) state;

    seated();
    before = told("ticket.seated");
    at(OVER + KEPT);
    run_job("ticket.retention", 1);

    ask_for_seats();
    run_seat();
    assert_string_equal(report(), "2 0 0 0 0 0 0");
    assert_int_equal(left(), 0);
    assert_true(fake_logged(h, "nobody is seated"));

    (void) fake_redis(h, "XADD civic:outbox:ticket.aside:{ticket:" EXAM "} * "
                      "entry %s",
                      "tell " EXAM " p000000000000000000000 seated 2");
    run_job("ticket.aside", 16);
    assert_null(fake_waiting(h, "ticket.aside", 0));
    assert_int_equal(told("ticket.seated"), before);
    assert_int_equal(told("ticket.back"), 0);
}


/* Exams that are as EXAM, each with one person. */
static void
many_exams(void)
{
    char  *facts;

    static const char  script[] =
        "for n = 1, 300 do "
        "  local id = 'many-' .. n "
        "  redis.call('HSET', 'civic:{exam:fixture}', id, ARGV[1]) "
        "  redis.call('HSET', 'civic:{ticket:' .. id .. '}:order', 'seed',"
        "             '0123456789abcdef') "
        "  redis.call('HSET', 'civic:{ticket:' .. id .. '}:people', ARGV[2],"
        "             '6326010010101 0101 seated 2') "
        "end";

    facts = strdup(fake_redis(h, "HGET civic:{exam:fixture} " EXAM)->str);
    assert_non_null(facts);
    (void) fake_redis(h, "EVAL %s 0 %s %s", script, facts, pid_of(1));
    free(facts);
}


static size_t
exams_left(void)
{
    return fake_redis(h, "KEYS civic:{ticket:many-*}:people")->elements;
}


/* More exams than any list has, and than a run looks at: none is left out,
   and the next run goes on where the one before has come to. */
static void
test_many_exams(void **state)
{
    unsigned  runs;

    (void) state;
    many_exams();
    at(OVER + KEPT - 1);
    run_job("ticket.retention", 1);
    assert_int_equal(exams_left(), 300);
    (void) fake_redis(h, "DEL civic:{ticket:retention}");
    at(OVER + KEPT);

    for (runs = 0; exams_left() > 0; runs++) {
        assert_true(runs < 5);
        run_job("ticket.retention", 1);
    }

    assert_true(runs > 1);
    assert_int_equal(fake_counter(h, "erased"), 300);
}


/* Killed anywhere: the next run goes on, and each has one proof. */
static void
test_interrupted(void **state)
{
    size_t    kind;
    unsigned  call_at;

    static const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;

    for (kind = 0; kind < 3; kind++) {
        for (call_at = 1; call_at < 14; call_at += 2) {
            reset(NULL);
            seated();
            at(OVER + KEPT);
            (void) fake_job(h, "ticket.retention", 0, 1, &(fake_request_t) {
                                .redis_fault_at = call_at,
                                .redis_fault = faults[kind] });
            run_job("ticket.retention", 1);
            assert_int_equal(left(), 0);
            assert_int_equal(proofs(), 7);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_erased, reset),
        cmocka_unit_test_setup(test_damaged, reset),
        cmocka_unit_test_setup(test_moved, reset),
        cmocka_unit_test_setup(test_nobody_again, reset),
        cmocka_unit_test_setup(test_many_exams, reset),
        cmocka_unit_test_setup(test_interrupted, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
