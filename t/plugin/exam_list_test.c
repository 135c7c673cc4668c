/*
 * exam_list_test.c - the list of exams: what is not over comes first, a page
 * at a time, and none is left out; those that an older version has entered,
 * too.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "china_time.h"
#include "fake_host.h"
#include "outbox.h"

#include "checked.h"

#define NOON  1773028800000LL           /* 2026-03-09T12:00:00+08:00 */
#define DAY   86400000LL
#define MANY  250

static fake_host_t  *h;


static int
setup(void **state)
{
    (void) state;

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/exam.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis", .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);

    return 0;
}


/* Each at a later time, for pages are kept for a while. */
static int
reset(void **state)
{
    static unsigned  n;

    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON + (int64_t) ++n * 10000);

    return 0;
}


/* ---- exams ------------------------------------------------------------- */

static const char *
instant(int64_t at)
{
    char            text[CIVIC_CHINA_TIME_TEXT];
    static char     texts[4][32];
    static size_t   turn;

    char  *out = texts[turn++ % 4];

    civic_china_time_format(at, text);
    text[10] = 'T';
    snprintf(out, sizeof(texts[0]), "%s+08:00", text);

    return out;
}


/* Printing ends at until. */
static const char *
listing(const char *id, int64_t until)
{
    static char  text[1024];

    snprintf(text, sizeof(text), "{\"exam_id\":\"%s\",\"title\":"
             "{\"zh\":\"考试\"},\"windows\":{"
             "\"registration\":{\"from\":\"%s\",\"until\":\"%s\"},"
             "\"printing\":{\"from\":\"%s\",\"until\":\"%s\"}}}", id,
             instant(until - 9 * DAY), instant(until - DAY),
             instant(until - DAY), instant(until));

    return text;
}


/* As a version before the order did it. */
static void
entered(const char *id, int revision, int64_t until)
{
    (void) fake_redis(h, "EVAL %s 0 %s %d %s", "return redis.call('HSET', "
                      "'civic:{exams}', ARGV[1], ARGV[2] .. ' ' .. ARGV[3])",
                      id, revision, listing(id, until));
}


/* Some that are not over, the last of which ends in MANY days, and some that
   are; several end at one time. */
static void
many(void)
{
    size_t  i;
    char    id[24];

    for (i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "old-%03zu", i);
        entered(id, 1, NOON - (int64_t) (i / 5) * DAY);
        snprintf(id, sizeof(id), "new-%03zu", i);
        entered(id, 1, NOON + (int64_t) (i / 5 + 1) * DAY);
    }
}


/* ---- pages ------------------------------------------------------------- */

static char  after[96];                 /* of the last page; empty: no more */


static json_t *
page(const char *query)
{
    fake_reply_t  *rep;
    char           path[160];

    snprintf(path, sizeof(path), "/exam/exams%s", query);
    rep = fake_request(h, CIVIC_GET, path, NULL);

    if (rep->status != 200 || rep->undocumented != NULL) {
        fail_msg("%s: %d %s %s", path, rep->status, rep->body,
                 rep->undocumented != NULL ? rep->undocumented : "");
    }

    snprintf(after, sizeof(after), "%s", fake_text(rep, "after"));

    return json_object_get(rep->json, "exams");
}


static json_t *
next_page(unsigned limit)
{
    char  query[128];

    snprintf(query, sizeof(query), "?limit=%u%s%s", limit,
             after[0] != '\0' ? "&after=" : "", after);

    return page(query);
}


static const char *
member(json_t *exams, size_t i, const char *name)
{
    const char  *text = json_string_value(json_object_get(
                            json_array_get(exams, i), name));

    return text != NULL ? text : "";
}


static int64_t
until_of(json_t *exam)
{
    int64_t      until;
    json_t      *text = json_object_get(json_object_get(json_object_get(exam,
                            "windows"), "printing"), "until");

    assert_int_equal(civic_instant_read(json_string_value(text),
                                        json_string_length(text), &until), 0);

    return until;
}


/* What is not over first, what ends first at the top; then the newest. */
static void
is_behind(int64_t one, int64_t before)
{
    if (one <= NOON) {
        assert_true(before > NOON || one <= before);
    } else {
        assert_true(before > NOON && one >= before);
    }
}


static void
all_in_order(void **state)
{
    size_t         i;
    json_t        *seen = json_object(), *exams, *exam;
    int64_t        one, before = NOON + 1;
    unsigned       pages = 0;

    (void) state;
    many();
    after[0] = '\0';

    do {
        exams = next_page(++pages == 1 ? 20 : 32);

        json_array_foreach(exams, i, exam) {
            one = until_of(exam);
            is_behind(one, before);
            before = one;
            assert_null(json_object_get(seen, member(exams, i, "exam_id")));
            json_object_set_new(seen, member(exams, i, "exam_id"),
                                json_true());
        }
    } while (after[0] != '\0');

    assert_int_equal(json_object_size(seen), 2 * MANY);
    assert_int_equal(pages, 16);
    json_decref(seen);
}


/* Twenty, unless asked for more; in words where each is. */
static void
first_page(void **state)
{
    json_t  *exams;

    (void) state;
    many();
    exams = page("");
    assert_int_equal(json_array_size(exams), 20);
    assert_string_equal(member(exams, 0, "exam_id"), "new-000");
    assert_string_equal(member(exams, 0, "state"), "printing");
    assert_string_equal(after, "now.1773374400000.new-019");
}


static void
wrong_query(void **state)
{
    size_t         i;
    fake_reply_t  *rep;

    static const char *const  wrong[] = {
        "?limit=33", "?limit=0", "?after=5", "?after=now.x.demo",
        "?after=never.1.demo", "?after=now.1.DEMO"
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char  path[64];

        snprintf(path, sizeof(path), "/exam/exams%s", wrong[i]);
        rep = fake_request(h, CIVIC_GET, path, NULL);
        assert_int_equal(rep->status, 422);
    }
}


/* ---- what happens between two pages ------------------------------------ */

static void
three(void)
{
    entered("a", 1, NOON + DAY);
    entered("b", 1, NOON + 2 * DAY);
    entered("c", 1, NOON + 3 * DAY);
    entered("y", 1, NOON - DAY);
    entered("z", 1, NOON - 2 * DAY);
    after[0] = '\0';
}


static void
is_page(const char *expected)
{
    size_t   i;
    char     ids[64] = "";
    json_t  *exams = next_page(2);

    for (i = 0; i < json_array_size(exams); i++) {
        strcat(ids, member(exams, i, "exam_id"));
    }

    assert_string_equal(ids, expected);
}


/* As a load leaves it to the job. */
static void
moves(const char *id, int revision, int64_t until)
{
    char      head[64], outbox[CIVIC_OUTBOX_KEY];
    unsigned  shard;

    snprintf(head, sizeof(head), "civic:{exam:%s}:head", id);
    (void) civic_outbox_key("exam.changed",
                            civic_outbox_number(civic_cstr(head), 0), outbox);
    (void) fake_redis(h, "HSET %s revision %d listing %s", head, revision,
                      listing(id, until));
    (void) fake_redis(h, "XADD %s * entry %s", outbox, id);

    for (shard = 0; shard < 4; shard++) {
        assert_int_equal(fake_job(h, "exam.changed", shard, 4, NULL)->result,
                         CIVIC_OK);
    }
}


static void
moved_between(void **state)
{
    (void) state;

    /* the one that the page ended with has gone to the end */
    three();
    is_page("ab");
    moves("b", 2, NOON + 9 * DAY);
    is_page("cb");
    is_page("yz");
    assert_string_equal(after, "");

    /* what was over is held once more */
    reset(NULL);
    three();
    is_page("ab");
    moves("z", 2, NOON + 9 * DAY);
    is_page("cz");
    is_page("y");

    /* one of an older revision changes nothing */
    moves("z", 1, NOON - 5 * DAY);
    after[0] = '\0';
    is_page("ab");
    is_page("cz");
}


/* An exam ends while somebody leafs: it comes twice at most. */
static void
ended_between(void **state)
{
    (void) state;
    three();
    is_page("ab");
    fake_set_clock(h, NOON + 2 * DAY);
    is_page("cb");
    is_page("ay");
    is_page("z");

    three();
    is_page("cb");
    fake_set_clock(h, NOON + 3 * DAY);
    is_page("ay");
}


/* At another time (Civic-Now) another page. */
static void
another_time(void **state)
{
    (void) state;
    three();
    is_page("ab");
    fake_set_business_clock(h, NOON + 2 * DAY + 1);
    after[0] = '\0';
    is_page("cb");
}


/* A page is made once in two seconds. */
static void
made_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    three();
    (void) page("");
    rep = fake_request(h, CIVIC_GET, "/exam/exams", NULL);
    assert_int_equal(rep->redis_calls, 0);
    fake_advance(h, 3000);
    rep = fake_request(h, CIVIC_GET, "/exam/exams", NULL);
    assert_int_equal(rep->redis_calls, 1);
}


/* ---- what is not as it should be --------------------------------------- */

/* An older civicctl has entered one more: it gets its place. */
static void
mended(void **state)
{
    (void) state;
    three();
    is_page("ab");
    entered("o", 1, NOON + 36 * 3600000LL);
    (void) fake_redis(h, "HSET civic:{exams} broken nonsense");
    fake_advance(h, 3000);
    after[0] = '\0';
    is_page("ao");
    is_page("bc");
    is_page("yz");
    is_page("");
    assert_string_equal(after, "");
    assert_true(fake_logged(h, "\"broken\" in civic:{exams} is no entry"));
    assert_int_equal(fake_redis(h, "ZCARD civic:{exams}:ends")->integer, 7);
}


/* Redis' answers at any step lost: the next one is whole. */
static void
mending_fails(void **state)
{
    unsigned  at;

    (void) state;

    for (at = 1; at < 5; at++) {
        reset(NULL);
        many();
        (void) fake_request(h, CIVIC_GET, "/exam/exams", &(fake_request_t) {
                                .redis_fault_at = at,
                                .redis_fault = FAKE_REDIS_NOT_SENT });
        fake_advance(h, 3000);
        assert_int_equal(json_array_size(page("")), 20);
        assert_int_equal(fake_redis(h, "ZCARD civic:{exams}:ends")->integer,
                         2 * MANY);
    }
}


/* Who only reads has done nothing that could be unknown. */
static void
silent(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = fake_request(h, CIVIC_GET, "/exam/exams", &(fake_request_t) {
                           .redis_fault_at = 1,
                           .redis_fault = FAKE_REDIS_LOST_BEFORE });
    assert_int_equal(rep->result, CIVIC_NOT_SENT);
}


static void
none(void **state)
{
    (void) state;
    assert_int_equal(json_array_size(page("")), 0);
    assert_string_equal(after, "");
}


/* ---- the call ---------------------------------------------------------- */

static void
called(void **state)
{
    json_t  *out, *exams;

    (void) state;
    three();
    out = json_object_get(asked(h, "exam", "list",
                                json_pack("{s:i}", "limit", 4)), "out");
    exams = json_object_get(out, "exams");
    assert_int_equal(json_array_size(exams), 4);
    assert_int_equal(json_integer_value(json_object_get(
        json_array_get(exams, 0), "until")), NOON + DAY);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(
        json_object_get(json_array_get(exams, 0), "windows"), "printing"),
        "until_ms")), NOON + DAY);

    out = json_object_get(asked(h, "exam", "list", json_pack("{s:O}", "after",
        json_object_get(out, "after"))), "out");
    exams = json_object_get(out, "exams");
    assert_int_equal(json_array_size(exams), 1);
    assert_string_equal(member(exams, 0, "exam_id"), "z");
    assert_null(json_object_get(out, "after"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(all_in_order, reset),
        cmocka_unit_test_setup(first_page, reset),
        cmocka_unit_test_setup(wrong_query, reset),
        cmocka_unit_test_setup(moved_between, reset),
        cmocka_unit_test_setup(ended_between, reset),
        cmocka_unit_test_setup(another_time, reset),
        cmocka_unit_test_setup(made_once, reset),
        cmocka_unit_test_setup(mended, reset),
        cmocka_unit_test_setup(mending_fails, reset),
        cmocka_unit_test_setup(silent, reset),
        cmocka_unit_test_setup(none, reset),
        cmocka_unit_test_setup(called, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
