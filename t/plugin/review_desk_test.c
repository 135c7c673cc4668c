/*
 * review_desk_test.c - reviewers take applications by what is due first, see
 * what they hold and nothing else, and decide once.
 */

#include "review_desk_world.h"

#define APPROVE  "{\"version\":3}"
#define REFUSE   "{\"version\":3,\"reasons\":[\"major\"]}"


/* ---- the queue --------------------------------------------------------- */

static int64_t
counted(const char *name)
{
    return json_integer_value(json_object_get(
               json_array_get(json_object_get(rep->json, "exams"), 0), name));
}


static void
counts(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", -MINUTE);
    application(OTHER, TWO, "submitted", HOUR);
    application(THIRD, THREE, "submitted", 0);
    application(NUMBER, "DDDDDDDDDDDDDDDDDDDDDA", "submitted", 48 * HOUR);

    assert_int_equal(ask(ann, CIVIC_GET, "/queue?x=1", NULL), 422);
    rep = fake_request(h, CIVIC_GET, "/review/queue",
                       &(fake_request_t) { .token = ann });
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_int_equal(counted("waiting"), 4);
    assert_int_equal(counted("overdue"), 1);
    assert_int_equal(counted("due_soon"), 1);
    assert_int_equal(counted("undated"), 1);
    assert_int_equal(counted("reversals"), 0);
    assert_string_equal(in_list("exams", 0, "mine"), "");
    assert_true(json_is_true(json_object_get(rep->json, "working")));

    /* what has no due time stands where it was submitted: an hour ago */
    assert_string_equal(in_list("exams", 0, "oldest"),
                        "2026-03-09T09:00:00+08:00");
    assert_string_equal(next(ann), THREE);
    fake_set_business_clock(h, TEN + 2 * HOUR);
    rep = fake_request(h, CIVIC_GET, "/review/queue",
                       &(fake_request_t) { .token = ann });
    assert_string_equal(in_list("exams", 0, "mine"), THREE);
    assert_int_equal(counted("overdue"), 2);
    assert_true(json_is_false(json_object_get(rep->json, "working")));
    assert_string_equal(fake_text(rep, "opens_at"),
                        "2026-03-09T14:30:00+08:00");

    /* a citizen has no business here */
    rep = fake_request(h, CIVIC_GET, "/review/queue", &(fake_request_t) {
                           .token = fake_session(h, NUMBER, CIVIC_CITIZEN) });
    assert_int_equal(rep->status, 403);
}


/* ---- all exams --------------------------------------------------------- */

static void
add_exam(json_t *list, const char *id, civic_msec_t until)
{
    json_array_append_new(json_object_get(list, "exams"),
                          json_pack("{s:s, s:{s:s}, s:I}", "exam_id", id,
                                    "title", "zh", id, "until",
                                    (json_int_t) until));
}


static size_t
looks_at_queue(const char *query)
{
    char  path[128];

    snprintf(path, sizeof(path), "/review/queue%s", query);
    rep = fake_request(h, CIVIC_GET, path,
                       &(fake_request_t) { .token = ann });
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);

    return json_array_size(json_object_get(rep->json, "exams"));
}


/* Those that are not over, and those of which something waits. */
static void
which_exams(void **state)
{
    json_t  *list = json_pack("{s:[]}", "exams");

    (void) state;
    application(NUMBER, ONE, "submitted", -MINUTE);
    add_exam(list, "now-2026", TEN + HOUR);
    add_exam(list, "ended-2025", TEN);
    add_exam(list, EXAM, TEN - 400 * 24 * HOUR);
    add_exam(list, "ended-2020", 1);
    fake_answer_call(h, "exam.list", CIVIC_OK, list);

    assert_int_equal(looks_at_queue(""), 2);
    assert_string_equal(in_list("exams", 0, "exam_id"), "now-2026");
    assert_string_equal(in_list("exams", 1, "exam_id"), EXAM);
    assert_string_equal(fake_text(rep, "after"), "");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(
        json_object_get(rep->json, "exams"), 1), "overdue")), 1);

    /* a reversal is something, too */
    (void) fake_redis(h, "ZADD civic:{reviews:ended-2020}:reversals:waiting "
                      "1 x");
    assert_int_equal(looks_at_queue(""), 3);
    assert_string_equal(in_list("exams", 2, "exam_id"), "ended-2020");
}


/* As many as its turn allows; the rest with another request. */
static void
many_exams(void **state)
{
    size_t   i;
    char     id[16];
    json_t  *list = json_pack("{s:[], s:s}", "exams", "after", "past.1.next");

    (void) state;

    for (i = 0; i < 32; i++) {
        snprintf(id, sizeof(id), "old-%zu", i);
        add_exam(list, id, 1);
    }

    fake_answer_call(h, "exam.list", CIVIC_OK, list);
    assert_int_equal(looks_at_queue("?after=now.5.mine"), 0);
    assert_string_equal(fake_text(rep, "after"), "past.1.next");
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "exam.list", 0), "after")), "now.5.mine");
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "exam.list", 15), "after")), "past.1.next");
    assert_null(fake_called(h, "exam.list", 16));

    /* no more than an answer may have */
    json_object_clear(list);
    json_object_update_new(list, json_pack("{s:[], s:s}", "exams", "after",
                                           "now.1.next"));

    for (i = 0; i < 25; i++) {
        snprintf(id, sizeof(id), "new-%zu", i);
        add_exam(list, id, TEN + HOUR);
    }

    assert_int_equal(looks_at_queue(""), 64);
    assert_string_equal(fake_text(rep, "after"), "now.1.next");
    assert_int_equal(json_integer_value(json_object_get(
        fake_called(h, "exam.list", 18), "limit")), 14);
}


static void
in_order(void **state)
{
    (void) state;
    assert_string_equal(next(ann), "review_none_waits");
    assert_int_equal(rep->status, 404);

    application(NUMBER, ONE, "submitted", 3 * HOUR);
    application(OTHER, TWO, "submitted", 2 * HOUR);
    assert_string_equal(next(ann), TWO);
    assert_string_equal(next(ann), TWO);
    assert_string_equal(next(bob), ONE);
    assert_string_equal(next(bob), ONE);
    assert_true(audited("review.taken"));

    assert_int_equal(ask(ann, CIVIC_POST, "/items/" TWO "/release", NULL),
                     204);
    assert_int_equal(ask(bob, CIVIC_POST, "/items/" ONE "/release", NULL),
                     204);
    assert_string_equal(next(bob), TWO);
    assert_string_equal(next(ann), ONE);
}


/* Whenever another one comes in between, each has one of their own. */
static void
at_once(void **state)
{
    int          n;
    char         bobs[32];
    fake_run_t  *slow;

    (void) state;

    for (n = 1; n < 14; n++) {
        reset(NULL);
        application(NUMBER, ONE, "submitted", HOUR);
        application(OTHER, TWO, "submitted", 2 * HOUR);
        slow = fake_begin(h, CIVIC_POST, "/review/items/next?exam_id=" EXAM,
                          &(fake_request_t) { .token = ann });
        fake_run_to(slow, (unsigned) n);
        snprintf(bobs, sizeof(bobs), "%s", next(bob));
        rep = fake_end(slow);
        assert_int_equal(strlen(bobs), 22);
        assert_int_equal(rep->status, 200);
        assert_string_not_equal(fake_text(rep, "application_id"), bobs);
    }
}


/* The queue is an index: what is over is met, and goes. */
static void
over_by_now(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    application(OTHER, TWO, "submitted", 2 * HOUR);
    application(NUMBER, ONE, "withdrawn", HOUR);
    fake_redis(h, "ZADD " QUEUE ":waiting 1 %s", THREE);
    assert_int_equal(waiting(""), 3);
    assert_string_equal(next(ann), TWO);
    assert_int_equal(waiting(""), 1);

    /* and while it is held */
    application(OTHER, TWO, "withdrawn", 2 * HOUR);
    assert_int_equal(look(ann, TWO), 409);
    assert_string_equal(rep->code, "review_changed");
    assert_int_equal(waiting(""), 0);
    assert_int_equal(look(ann, TWO), 409);
    assert_string_equal(rep->code, "review_not_held");
}


/* ---- what is seen ------------------------------------------------------ */

static void
seen(void **state)
{
    json_t  *position;

    (void) state;
    application(NUMBER, ONE, "submitted", -MINUTE);
    assert_int_equal(look(ann, ONE), 409);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(look(ann, ONE), 200);
    assert_true(audited("review.seen"));

    assert_string_equal(fake_text(rep, "name"), "张小伟");
    assert_string_equal(fake_text(rep, "id_number"), NUMBER);
    assert_string_equal(fake_text(rep, "exam"), "公务员录用考试");
    assert_string_equal(fake_text(rep, "due_at"),
                        "2026-03-09T09:59:00+08:00");
    assert_true(json_is_true(json_object_get(rep->json, "overdue")));
    assert_false(json_is_true(json_object_get(rep->json, "has_photo")));

    position = json_object_get(rep->json, "position");
    assert_string_equal(json_string_value(json_object_get(position, "name")),
                        "科员");
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(position, "conditions"), 0)),
                        "本科及以上");

    assert_int_equal(json_array_size(json_object_get(rep->json, "form")), 4);
    assert_string_equal(in_list("form", 0, "label"), "毕业院校");
    assert_string_equal(in_list("form", 0, "text"), "青海大学");
    assert_string_equal(in_list("form", 1, "text"), "本科");
    assert_string_equal(in_list("form", 2, "text"), "是");
    assert_string_equal(in_list("form", 3, "text"), "英语、y");
    assert_null(strstr(rep->body, "unseen"));
    assert_string_equal(in_list("reasons", 0, "code"), "form_incomplete");

    /* another one's, or of no exam */
    assert_int_equal(look(bob, ONE), 409);
    assert_string_equal(rep->code, "review_not_held");
    assert_int_equal(look(ann, "x"), 409);
    rep = fake_request(h, CIVIC_GET, "/review/items/" ONE "?exam_id=other",
                       &(fake_request_t) { .token = ann });
    assert_string_equal(rep->code, "review_not_held");
}


static void
due_is_unknown(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", 0);
    assert_string_equal(next(ann), ONE);
    assert_string_equal(fake_text(rep, "due_at"), "");
    assert_string_equal(fake_text(rep, "due_unknown"), "beyond_calendar");
}


static void
photo(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    with_photo();
    assert_string_equal(next(ann), ONE);
    assert_true(json_is_true(json_object_get(rep->json, "has_photo")));

    assert_int_equal(ask(bob, CIVIC_GET, "/items/" ONE "/photo", NULL), 409);
    assert_false(audited("review.photo_seen"));
    assert_int_equal(ask(ann, CIVIC_GET, "/items/" ONE "/photo", NULL), 200);
    assert_string_equal(rep->body, PHOTO);
    assert_string_equal(rep->content_type, "image/jpeg");
    assert_true(audited("review.photo_seen"));

    fake_answer_call(h, "photo_check.state", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
    assert_int_equal(ask(ann, CIVIC_GET, "/items/" ONE "/photo", NULL), 404);
    assert_string_equal(rep->code, "review_no_photo");
}


/* Looking begins the time anew; whoever does not look loses it. */
static void
leases(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    assert_string_equal(next(ann), ONE);

    later(899 * 1000);
    assert_int_equal(look(ann, ONE), 200);
    later(899 * 1000);
    assert_int_equal(look(ann, ONE), 200);
    assert_string_equal(next(bob), "review_none_waits");

    later(900 * 1000);
    assert_int_equal(decide(ann, ONE, "approve", APPROVE), 409);
    assert_string_equal(rep->code, "review_lease_over");
    assert_string_equal(next(bob), ONE);
    assert_int_equal(decide(ann, ONE, "approve", APPROVE), 409);
    assert_string_equal(rep->code, "review_not_held");
    assert_int_equal(decide(bob, ONE, "approve", APPROVE), 200);
}


/* ---- deciding ---------------------------------------------------------- */

static void
approves(void **state)
{
    json_t  *entry;
    size_t   i;

    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    assert_string_equal(next(ann), ONE);
    assert_int_equal(decide(ann, ONE, "approve", "{}"), 422);
    assert_int_equal(decide(ann, ONE, "approve", "{\"version\":2}"), 409);
    assert_string_equal(rep->code, "conflict");
    assert_int_equal(fake_counter(h, "conflicts"), 1);
    assert_int_equal(decide(bob, ONE, "approve", APPROVE), 409);

    assert_int_equal(decide(ann, ONE, "approve", APPROVE), 200);
    assert_string_equal(fake_text(rep, "state"), "approved");
    assert_int_equal(member("version"), 4);
    assert_int_equal(strncmp(record(NUMBER), "approved 4 ", 11), 0);
    assert_int_equal(waiting(""), 0);
    assert_non_null(strstr(fake_waiting(h, "review.work", 0),
                           " " EXAM " approved 4"));

    for (i = 0; strcmp(fake_audit_action(h, i), "review.approved") != 0;
         i++)
    {
        assert_non_null(fake_audit(h, i));
    }

    entry = json_object_get(fake_audit(h, i), "details");
    assert_string_equal(json_string_value(json_object_get(entry,
                                                          "application")),
                        ONE);

    /* sent again, by who decided, and by another */
    assert_int_equal(decide(ann, ONE, "approve", APPROVE), 200);
    assert_int_equal(member("version"), 4);
    assert_int_equal(decide(ann, ONE, "refuse", REFUSE), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
    assert_int_equal(decide(bob, ONE, "approve", APPROVE), 409);
    assert_string_equal(rep->code, "review_not_held");
    assert_string_equal(next(bob), "review_none_waits");
}


static void
refuses(void **state)
{
    (void) state;
    application(NUMBER, ONE, "submitted", HOUR);
    assert_string_equal(next(ann), ONE);

    assert_int_equal(decide(ann, ONE, "refuse", APPROVE), 422);
    assert_string_equal(fake_field_error(rep, "/reasons"),
                        "review_reason_needed");

    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"age\",\"nothing\",\"age\",\"other\"],"
                            "\"note\":\" 不 \"}"), 422);
    assert_string_equal(fake_field_error(rep, "/reasons/1"),
                        "review_reason_unknown");
    assert_string_equal(fake_field_error(rep, "/reasons/2"),
                        "review_reason_twice");
    assert_string_equal(fake_field_error(rep, "/note"),
                        "review_note_needed");
    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"age\",\"major\",\"photo\",\"identity\","
                            "\"residence\",\"education\"]}"), 422);
    assert_string_equal(fake_field_error(rep, "/reasons"),
                        "review_reasons_many");
    assert_int_equal(strncmp(record(NUMBER), "submitted 3 ", 12), 0);

    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"other\",\"age\"],\"note\":\"请补材料\"}"),
                     200);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_int_equal(fake_counter(h, "refused"), 1);
    assert_true(audited("review.refused"));

    /* sent again it is the same, and for other reasons it is another one */
    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"age\",\"other\"],\"note\":\" 请补材料\"}"),
                     200);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_int_equal(member("version"), 4);
    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"age\"],\"note\":\"请补材料\"}"), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
    assert_int_equal(decide(ann, ONE, "refuse", "{\"version\":3,\"reasons\":"
                            "[\"other\",\"age\"],\"note\":\"请补学历材料\"}"),
                     409);
    assert_int_equal(decide(ann, ONE, "approve", APPROVE), 409);
    assert_string_equal(rep->code, "review_decided_otherwise");
    assert_int_equal(fake_counter(h, "refused"), 1);

    /* whoever opens it again sees what was told */
    assert_int_equal(decide(bob, ONE, "take", NULL), 200);
    assert_string_equal(in_list("past", 0, "what"), "refused");
    assert_string_equal(in_list("past", 0, "note"), "请补材料");
    assert_non_null(strstr(rep->body, "年龄不符合"));
    assert_true(audited("review.opened"));
}


/* The lease is over in the middle of it, and another decides: one of them is
   told so, and one decision stands. */
static void
decide_at_once(void **state)
{
    int          n, one, two;
    fake_run_t  *slow;

    (void) state;

    for (n = 1; n < 14; n++) {
        reset(NULL);
        application(NUMBER, ONE, "submitted", HOUR);
        assert_string_equal(next(ann), ONE);
        slow = fake_begin(h, CIVIC_POST, "/review/items/" ONE "/refuse"
                          "?exam_id=" EXAM,
                          &(fake_request_t) { .token = ann,
                                              .body = REFUSE });
        fake_run_to(slow, (unsigned) n);
        fake_redis(h, "DEL " QUEUE ":leases");
        two = strcmp(next(bob), ONE) == 0
              ? decide(bob, ONE, "approve", APPROVE) : 409;
        one = fake_end(slow)->status;

        assert_true((one == 200 && two == 409)
                    || (one == 409 && two == 200));
        assert_int_equal(strncmp(record(NUMBER), one == 200 ? "refused 4 "
                                                            : "approved 4",
                                 10), 0);
    }
}


/* Whatever is lost on the way, asking again tells what became of it. */
static void
connection_lost(void **state)
{
    int  n, fault;

    (void) state;

    for (fault = FAKE_REDIS_NOT_SENT; fault <= FAKE_REDIS_LOST_AFTER;
         fault++)
    {
        for (n = 1; n < 10; n++) {
            reset(NULL);
            application(NUMBER, ONE, "submitted", HOUR);
            assert_string_equal(next(ann), ONE);
            fake_request(h, CIVIC_POST, "/review/items/" ONE "/approve"
                         "?exam_id=" EXAM, &(fake_request_t) {
                             .token = ann, .body = APPROVE,
                             .redis_fault_at = (unsigned) n,
                             .redis_fault = (fake_redis_fault_t) fault });
            assert_int_equal(decide(ann, ONE, "approve", APPROVE), 200);
            assert_int_equal(member("version"), 4);
            assert_int_equal(strncmp(record(NUMBER), "approved 4 ", 11), 0);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(counts, reset),
        cmocka_unit_test_setup(which_exams, reset),
        cmocka_unit_test_setup(many_exams, reset),
        cmocka_unit_test_setup(in_order, reset),
        cmocka_unit_test_setup(at_once, reset),
        cmocka_unit_test_setup(over_by_now, reset),
        cmocka_unit_test_setup(seen, reset),
        cmocka_unit_test_setup(due_is_unknown, reset),
        cmocka_unit_test_setup(photo, reset),
        cmocka_unit_test_setup(leases, reset),
        cmocka_unit_test_setup(approves, reset),
        cmocka_unit_test_setup(refuses, reset),
        cmocka_unit_test_setup(decide_at_once, reset),
        cmocka_unit_test_setup(connection_lost, reset),
    };

    return cmocka_run_group_tests(tests, setup, stop);
}
