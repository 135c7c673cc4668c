/*
 * ticket_seat_test.c - seats are given once, in parts, whatever happens in
 * between; late payers get what is free, and who may not sit gives back.
 */

#include "exam_ticket_world.h"


/* ---- a round ------------------------------------------------------------ */

static void
test_everybody(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 5; i++) {
        pays(i);
    }

    seat_all();
    assert_string_equal(report(), "1 5 0 0 0 0 0");

    for (i = 0; i < 5; i++) {
        assert_int_equal(strlen(number_of(i)), 11);
        assert_memory_equal(number_of(i), "6326010", 7);
    }

    assert_int_equal(fake_counter(h, "seated"), 5);
    assert_int_equal(fake_counter(h, "rounds"), 1);
}


/* The same people get the same seats: from nothing, and in any order. */
static void
test_repeatable(void **state)
{
    char      before[5][32];
    unsigned  i;

    (void) state;

    for (i = 0; i < 5; i++) {
        pays(i);
    }

    seat_all();

    for (i = 0; i < 5; i++) {
        snprintf(before[i], sizeof(before[i]), "%s", number_of(i));
    }

    (void) fake_redis(h, "DEL civic:{ticket:" EXAM "}:order "
                      "civic:{ticket:" EXAM "}:seats "
                      "civic:{ticket:" EXAM "}:people");

    for (i = 5; i-- > 0; ) {
        leaves(i);
        pays(i);
    }

    seat_all();

    for (i = 0; i < 5; i++) {
        assert_string_equal(number_of(i), before[i]);
    }
}


static void
test_too_few_places(void **state)
{
    unsigned  i, without = 0;

    (void) state;

    for (i = 0; i < 8; i++) {
        pays(i);
    }

    seat_all();
    assert_string_equal(report(), "1 5 0 3 0 0 0");

    for (i = 0; i < 8; i++) {
        without += number_of(i)[0] == '\0';
    }

    assert_int_equal(without, 3);

    /* the office finds a room: nobody is moved */
    exam_has("[{\"code\":\"001\",\"seats\":3},{\"code\":\"002\","
             "\"seats\":2},{\"code\":\"003\",\"seats\":30}]");
    seat_all();
    assert_string_equal(report(), "2 3 5 0 0 0 0");
}


static void
test_late_payer(void **state)
{
    char  before[32];

    (void) state;
    pays(0);
    pays(1);
    seat_all();
    snprintf(before, sizeof(before), "%s", number_of(0));

    pays(2);
    run_seat();                         /* nobody asked */
    assert_string_equal(number_of(2), "");
    seat_all();
    assert_string_equal(report(), "2 1 2 0 0 0 0");
    assert_string_equal(number_of(0), before);
    assert_int_equal(strlen(number_of(2)), 11);
}


static void
test_nobody_asked(void **state)
{
    (void) state;
    pays(0);
    run_seat();
    assert_string_equal(number_of(0), "");
    assert_int_equal(fake_redis(h, "EXISTS civic:{ticket:" EXAM "}:order")
                     ->integer, 0);
}


/* A worker that has the file before does not seat by it. */
static void
test_older_file(void **state)
{
    (void) state;
    pays(0);
    ask_for_seats();
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:order revision 2");
    run_seat();
    assert_string_equal(report(), "");
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:order revision 1");
    run_seat();
    assert_string_equal(report(), "1 1 0 0 0 0 0");
}


/* An index may be wrong: what review says of the person counts. */
static void
test_index_is_wrong(void **state)
{
    (void) state;
    pays(0);
    (void) fake_redis(h, "SADD civic:{review:" EXAM "}:paid %s", pid_of(1));
    (void) fake_redis(h, "SADD civic:{review:" EXAM "}:paid rubbish");
    seat_all();
    assert_string_equal(report(), "1 1 0 0 0 0 0");
}


/* One whose record is damaged keeps nobody waiting. */
static void
test_unclear(void **state)
{
    (void) state;
    pays(0);
    pays(1);
    (void) fake_redis(h, "HSET civic:{review:" EXAM "}:who %s damaged",
                      pid_of(1));
    seat_all();
    assert_string_equal(report(), "1 1 0 0 0 1 0");

    /* and keeps a seat: nobody said that it is not to be */
    (void) fake_redis(h, "HSET civic:{review:" EXAM "}:who %s damaged",
                      pid_of(0));
    seat_all();
    assert_string_equal(report(), "2 0 1 0 0 2 0");
}


static void
test_astray(void **state)
{
    (void) state;
    pays(0);
    seat_all();
    exam_has("[{\"code\":\"009\",\"seats\":3}]");
    seat_all();
    assert_string_equal(report(), "2 0 1 0 0 0 1");

    at(PRINTING);
    assert_string_equal(get("/ticket/tickets/" EXAM "/pdf", citizen)->code,
                        "ticket_seat_moved");
}


/* ---- giving back --------------------------------------------------------- */

static int
gives_back(unsigned n)
{
    json_t  *back = json_object_get(entitlement(n, 0), "given_back");

    assert_true(json_is_boolean(back));

    return json_is_true(back);
}


static void
test_given_back_by_call(void **state)
{
    char  seat[32];

    (void) state;
    pays(0);
    pays(1);
    seat_all();
    snprintf(seat, sizeof(seat), "%s", number_of(0));

    /* told too early, or twice: what counts is what review says */
    assert_false(gives_back(0));
    assert_string_equal(number_of(0), seat);

    leaves(0);
    assert_true(gives_back(0));
    assert_false(gives_back(0));
    assert_string_equal(number_of(0), "");
    seats_fit();
    assert_string_equal(fake_audit_action(h, 0), "ticket.given_back");
    assert_int_equal(fake_counter(h, "given_back"), 1);

    /* the seat is the next one's who comes */
    pays(2);
    pays(3);
    pays(4);
    pays(5);
    seat_all();
    assert_string_equal(report(), "2 4 1 0 1 0 0");
}


static void
test_given_back_by_round(void **state)
{
    (void) state;
    pays(0);
    pays(1);
    seat_all();
    leaves(1);
    seat_all();
    assert_string_equal(report(), "2 0 1 0 1 0 0");
    assert_string_equal(number_of(1), "");

    /* and once more entitled: seated anew, under another version */
    pays(1);
    seat_all();
    assert_string_equal(report(), "3 1 1 0 0 0 0");
    assert_int_equal(strlen(number_of(1)), 11);
}


/* Who waits for a room is taken out of the line, too. */
static void
test_waiting_leaves(void **state)
{
    unsigned  i, waits = 0;

    (void) state;

    for (i = 0; i < 6; i++) {
        pays(i);
    }

    seat_all();
    assert_string_equal(report(), "1 5 0 1 0 0 0");

    for (i = 0; i < 6; i++) {
        waits = number_of(i)[0] == '\0' ? i : waits;
    }

    leaves(waits);
    (void) entitlement(waits, 0);
    seat_all();
    assert_string_equal(report(), "2 0 5 0 0 0 0");
}


/* ---- in parts ------------------------------------------------------------ */

#define MANY  150

static void
many_pay(void)
{
    unsigned  i;

    exam_has("[{\"code\":\"001\",\"seats\":60},{\"code\":\"002\","
             "\"seats\":99}]");

    for (i = 0; i < MANY; i++) {
        pays(i);
    }
}


/* The numbers of all, behind each other. */
static char *
all_numbers(void)
{
    char      *all = calloc(MANY, 16);
    unsigned   i;

    for (i = 0; i < MANY; i++) {
        strcat(all, number_of(i));
        strcat(all, " ");
    }

    return all;
}


/* A run that is lost at any of its calls of Redis, before or after the store
   has done it: the next ones end with the same seats. */
static void
test_lost_anywhere(void **state)
{
    char          *whole, *parts;
    unsigned       at_call, kind;
    fake_reply_t  *rep;

    static const fake_redis_fault_t  faults[] = {
        FAKE_REDIS_NOT_SENT, FAKE_REDIS_LOST_BEFORE, FAKE_REDIS_LOST_AFTER
    };

    (void) state;
    many_pay();
    seat_all();
    assert_string_equal(report(), "1 150 0 0 0 0 0");
    whole = all_numbers();

    for (kind = 0; kind < 3; kind++) {
        (void) fake_redis(h, "DEL civic:{ticket:" EXAM "}:order "
                          "civic:{ticket:" EXAM "}:seats "
                          "civic:{ticket:" EXAM "}:people");
        ask_for_seats();

        for (at_call = 3; at_call < 400; at_call += 37) {
            rep = fake_job(h, "ticket.seat", 0, 1, &(fake_request_t) {
                               .redis_fault_at = at_call,
                               .redis_fault = faults[kind] });
            assert_true(rep->result == CIVIC_OK
                        || rep->result == CIVIC_NOT_SENT
                        || rep->result == CIVIC_UNKNOWN);
            seats_fit();
        }

        run_seat();
        seats_fit();
        assert_string_equal(report(), "1 150 0 0 0 0 0");
        parts = all_numbers();
        assert_string_equal(parts, whole);
        free(parts);
    }

    free(whole);
}


/* Runs that stop at each place in turn, and others that go on. */
static void
test_stopped_often(void **state)
{
    char      *whole, *twice;
    unsigned   i;

    (void) state;
    many_pay();
    seat_all();
    whole = all_numbers();

    (void) fake_redis(h, "DEL civic:{ticket:" EXAM "}:order "
                      "civic:{ticket:" EXAM "}:seats "
                      "civic:{ticket:" EXAM "}:people");
    ask_for_seats();

    for (i = 2; i < 30; i += 3) {
        (void) fake_job(h, "ticket.seat", 0, 1, &(fake_request_t) {
                            .redis_fault_at = i,
                            .redis_fault = FAKE_REDIS_NOT_SENT });
        run_seat();
    }

    seats_fit();
    twice = all_numbers();
    assert_string_equal(twice, whole);
    assert_string_equal(report(), "1 150 0 0 0 0 0");
    free(twice);
    free(whole);
}


/* What was made from a step that is over writes nothing. */
static void
test_late_step(void **state)
{
    char               text[8192];
    FILE              *file = fopen("lua/redis/ticket_seat.lua", "re");
    size_t             len;
    const redisReply  *reply;

    (void) state;
    assert_non_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    (void) fclose(file);

    pays(0);
    pays(1);
    seat_all();
    leaves(0);
    (void) entitlement(0, 0);
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:people %s %s",
                      pid_of(0), "- 0101 waiting 7");

    reply = fake_redis(h, "EVAL %s 5 civic:{ticket:" EXAM "}:order "
                       "civic:{ticket:" EXAM "}:seats "
                       "civic:{ticket:" EXAM "}:people "
                       "civic:{ticket:" EXAM "}:waiting "
                       "civic:{ticket:" EXAM "}:box 2 256 " EXAM " %s "
                       "00112233445566778899aabbccddeeff 63260100103", text,
                       pid_of(0));
    assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
    assert_int_equal(reply->integer, -1);
    assert_string_equal(number_of(0), "");
}


/* ---- who asks meanwhile ------------------------------------------------- */

static void
test_asked_while_it_runs(void **state)
{
    (void) state;
    many_pay();
    ask_for_seats();

    /* it stops somewhere in its first round */
    (void) fake_job(h, "ticket.seat", 0, 1, &(fake_request_t) {
                        .redis_fault_at = 200,
                        .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(report(), "");
    ask_for_seats();
    run_seat();
    seats_fit();
    assert_string_equal(report(), "2 0 150 0 0 0 0");
}


/* ---- calls and messages ------------------------------------------------- */

static json_t *
state_call(unsigned n)
{
    return call("state", json_pack("{s:s, s:s}", "pid", pid_of(n), "exam_id",
                                   EXAM));
}


static void
test_state(void **state)
{
    json_t  *out;

    (void) state;
    pays(0);
    out = state_call(0);
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "none");
    assert_int_equal(json_integer_value(json_object_get(out,
                                                        "printable_from")),
                     PRINTING);
    seat_all();
    out = state_call(0);
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "seated");
    assert_string_equal(json_string_value(json_object_get(out, "number")),
                        number_of(0));
    out = call("state", json_pack("{s:s, s:s}", "pid", pid_of(0), "exam_id",
                                  "no-such"));
    assert_string_equal(json_string_value(json_object_get(out, "state")),
                        "none");
}


static void
test_messages(void **state)
{
    (void) state;
    pays(0);
    pays(1);
    seat_all();
    run_job("ticket.tell", 16);
    run_job("ticket.tell", 16);
    assert_int_equal(told("ticket.seated"), 2);
    run_job("ticket.opened", 1);
    assert_int_equal(told("ticket.printable"), 0);

    at(PRINTING);
    run_job("ticket.opened", 1);
    run_job("ticket.opened", 1);
    assert_int_equal(told("ticket.printable"), 2);

    /* who is late can print at once; who leaves is told, too */
    pays(2);
    leaves(1);
    seat_all();
    run_job("ticket.tell", 16);
    assert_int_equal(told("ticket.printable"), 3);
    assert_int_equal(told("ticket.seated"), 2);
    assert_int_equal(told("ticket.back"), 1);
    assert_int_equal(fake_counter(h, "told"), 6);
}


static void
printing_moves(civic_msec_t from, civic_msec_t until)
{
    print_from = from;
    print_until = until;
    exam_has("[{\"code\":\"001\",\"seats\":9}]");
    run_job("ticket.opened", 1);
    run_job("ticket.opened", 1);
}


/* Who was told when to print is told once more when that is moved, each time
   once; who is told that they can print now needs no other message. */
static void
test_printing_moved(void **state)
{
    (void) state;
    pays(0);
    pays(1);
    seat_all();
    run_job("ticket.tell", 16);
    run_job("ticket.opened", 1);
    run_job("ticket.opened", 1);
    assert_int_equal(told("ticket.seated"), 2);
    assert_int_equal(told("ticket.moved"), 0);

    printing_moves(PRINTING + HOUR, OVER);
    assert_int_equal(told("ticket.moved"), 2);
    assert_int_equal(told("ticket.printable"), 0);
    printing_moves(PRINTING + HOUR, OVER);
    assert_int_equal(told("ticket.moved"), 2);

    /* it begins now */
    printing_moves(NOON - HOUR, OVER);
    assert_int_equal(told("ticket.moved"), 2);
    assert_int_equal(told("ticket.printable"), 2);

    /* it ends later */
    printing_moves(NOON - HOUR, OVER + HOUR);
    assert_int_equal(told("ticket.moved"), 4);
    assert_int_equal(told("ticket.printable"), 2);
}


/* In how many shards the job fails. */
static unsigned
failing(const char *name)
{
    unsigned  shard, failed = 0;

    for (shard = 0; shard < 16; shard++) {
        failed += fake_job(h, name, shard, 1, NULL)->result != CIVIC_OK;
    }

    return failed;
}


/* Who cannot be told keeps nobody waiting, and is told later. */
static void
test_set_aside(void **state)
{
    (void) state;
    pays(0);
    seat_all();

    fake_answer_call(h, "civic.message", CIVIC_ERROR, NULL);
    fake_set_clock(h, (civic_msec_t) time(NULL) * 1000);
    assert_int_equal(failing("ticket.tell"), 1);
    assert_non_null(fake_waiting(h, "ticket.tell", 0));

    fake_advance(h, 3 * 60000);
    assert_int_equal(failing("ticket.tell"), 0);
    assert_null(fake_waiting(h, "ticket.tell", 0));
    assert_non_null(fake_waiting(h, "ticket.aside", 0));
    assert_int_equal(fake_counter(h, "set_aside"), 1);

    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    run_job("ticket.aside", 16);
    assert_null(fake_waiting(h, "ticket.aside", 0));
    assert_int_equal(fake_counter(h, "told"), 1);
}


/* What is not so any more is not told. */
static void
test_overtaken(void **state)
{
    (void) state;
    pays(0);
    seat_all();
    leaves(0);
    assert_true(gives_back(0));
    run_job("ticket.tell", 16);
    assert_int_equal(told("ticket.seated"), 0);
    assert_int_equal(told("ticket.back"), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_everybody, reset),
        cmocka_unit_test_setup(test_repeatable, reset),
        cmocka_unit_test_setup(test_too_few_places, reset),
        cmocka_unit_test_setup(test_late_payer, reset),
        cmocka_unit_test_setup(test_nobody_asked, reset),
        cmocka_unit_test_setup(test_older_file, reset),
        cmocka_unit_test_setup(test_index_is_wrong, reset),
        cmocka_unit_test_setup(test_unclear, reset),
        cmocka_unit_test_setup(test_astray, reset),
        cmocka_unit_test_setup(test_given_back_by_call, reset),
        cmocka_unit_test_setup(test_given_back_by_round, reset),
        cmocka_unit_test_setup(test_waiting_leaves, reset),
        cmocka_unit_test_setup(test_lost_anywhere, reset),
        cmocka_unit_test_setup(test_stopped_often, reset),
        cmocka_unit_test_setup(test_late_step, reset),
        cmocka_unit_test_setup(test_asked_while_it_runs, reset),
        cmocka_unit_test_setup(test_state, reset),
        cmocka_unit_test_setup(test_messages, reset),
        cmocka_unit_test_setup(test_printing_moved, reset),
        cmocka_unit_test_setup(test_set_aside, reset),
        cmocka_unit_test_setup(test_overtaken, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
