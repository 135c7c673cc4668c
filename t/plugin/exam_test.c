/*
 * exam_test.c - the plugin "exam": what it shows and answers, what a worker
 * keeps and for how long, loads that others wait for, and bad days.
 */

#include "exam_index.h"
#include "exam_world.h"
#include "outbox.h"

#define EXAMPLE  "conf/exams/demo-2026.json"
#define NOON     1773028800000LL        /* 2026-03-09T12:00:00+08:00 */

static char  id[64];                    /* each test has an exam of its own:
                                           a worker forgets none */

#define ASIDE_SHARDS  4
#include "aside.h"


/* ---- the world --------------------------------------------------------- */

static int
reset(void **state)
{
    static unsigned  n;

    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON + (int64_t) n * 100000);
    (void) snprintf(id, sizeof(id), "exam-%u", n++);

    return 0;
}


static json_t *
example(void)
{
    json_t  *tree = json_load_file(EXAMPLE, 0, NULL);

    assert_non_null(tree);
    json_object_set_new(tree, "exam_id", json_string(id));

    return tree;
}


/* As civicctl leaves it in Redis. */
static void
load(json_t *tree, int revision)
{
    size_t                       i;
    civic_exam_t                 exam;
    static civic_exam_kept_t     kept;
    static civic_exam_faults_t   faults;

    assert_int_equal(civic_exam_take(tree, &exam, &faults), 0);
    assert_int_equal(civic_exam_pack(&exam, &kept, &faults), 0);

    for (i = 0; i < kept.chunks; i++) {
        assert_non_null(fake_redis(h, "HSET civic:{exam:%s}:positions:%d %d "
                                   "%b", id, revision, (int) i,
                                   kept.chunk[i].bytes, kept.chunk[i].len));
    }

    assert_non_null(fake_redis(h, "HSET civic:{exam:%s}:head revision %d "
                               "facts %b listing %b chunks %d", id, revision,
                               kept.facts.bytes, kept.facts.len,
                               kept.listing.bytes, kept.listing.len,
                               (int) kept.chunks));
    civic_exam_done(&exam);
    civic_exam_kept_done(&kept);
}


static fake_reply_t *
get_with(const char *path, fake_request_t request)
{
    char  all[512];

    (void) snprintf(all, sizeof(all), "/exam/exams/%s%s", id, path);

    return checked(fake_request(h, CIVIC_GET, all, &request));
}


static fake_reply_t *
get(const char *path)
{
    return get_with(path, (fake_request_t) { .body = NULL });
}


static int
revision_of(fake_reply_t *rep)
{
    assert_int_equal(rep->status, 200);

    return (int) json_integer_value(json_object_get(rep->json, "revision"));
}


/* The codes of a page, with spaces between. */
static const char *
codes(fake_reply_t *rep)
{
    size_t       i;
    json_t      *position;
    static char  all[1024];

    assert_int_equal(rep->status, 200);
    all[0] = '\0';

    json_array_foreach(json_object_get(rep->json, "positions"), i, position) {
        if (i > 0) {
            strcat(all, " ");
        }
        strcat(all, json_string_value(json_object_get(position, "code")));
    }

    return all;
}


/* ---- what is shown ----------------------------------------------------- */

static void
an_exam(void **state)
{
    char           match[128];
    json_t        *window;
    fake_reply_t  *rep;

    (void) state;

    load(example(), 1);
    rep = get("");
    assert_int_equal(revision_of(rep), 1);
    assert_string_equal(fake_text(rep, "exam_id"), id);
    assert_string_equal(fake_text(rep, "state"), "registration");
    assert_string_equal(json_string_value(json_object_get(
        json_object_get(rep->json, "state_text"), "zh")), "报名中");
    assert_string_equal(fake_text(rep, "photo_profile"), "default");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "positions")), 30);
    assert_int_equal(json_array_size(json_object_get(rep->json, "form")), 13);
    assert_null(json_object_get(rep->json, "sites"));
    window = json_object_get(json_object_get(rep->json, "windows"),
                             "printing");
    assert_string_equal(json_string_value(json_object_get(window, "state")),
                        "open");

    /* nothing new: no body again */
    (void) snprintf(match, sizeof(match), "If-None-Match: %s",
                    fake_header(rep, "ETag"));
    rep = get_with("", (fake_request_t) { .headers = { match } });
    assert_int_equal(rep->status, 304);
}


static void
states_in_words(void **state)
{
    size_t               i;
    const struct {
        int64_t      at;
        const char  *state;
        const char  *zh;
    }                    cases[] = {
        { 1767229200000 - 1, "not_started", "未开始" },
        { 1767229200000, "registration", "报名中" },
        { 2521965600000 - 1, "registration", "报名中" },
        { 2521965600000, "payment", "缴费中" },
        { 2523175200000, "printing", "准考证可打印" },
        { 2531262600000, "over", "已结束" },
    };
    fake_reply_t        *rep;

    (void) state;
    load(example(), 1);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_set_business_clock(h, cases[i].at);
        rep = get("");
        assert_string_equal(fake_text(rep, "state"), cases[i].state);
        assert_string_equal(json_string_value(json_object_get(
            json_object_get(rep->json, "state_text"), "zh")), cases[i].zh);
    }
}


static void
what_is_not_there(void **state)
{
    (void) state;

    assert_string_equal(get("")->code, "exam_not_found");
    assert_string_equal(get("/positions")->code, "exam_not_found");
    assert_string_equal(get("/positions/1")->code, "exam_not_found");

    load(example(), 1);
    assert_string_equal(get("/positions/63010019")->code,
                        "position_not_found");
    assert_string_equal(get("/positions/%E8%81%8C")->code,
                        "position_not_found");
    assert_int_equal(get("/positions/6301001")->status, 200);

    (void) strcpy(id, "No.Exam");
    assert_string_equal(get("")->code, "exam_not_found");
}


static void
pages(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    load(example(), 1);

    rep = get("/positions?limit=2");
    assert_string_equal(codes(rep), "6301001 6301002");
    assert_string_equal(fake_text(rep, "after"), "6301002");
    assert_int_equal(json_integer_value(json_object_get(rep->json, "total")),
                     30);
    assert_string_equal(codes(get("/positions?limit=2&after=6301002")),
                        "6301003 6302001");
    assert_string_equal(codes(get("/positions?limit=2&after=6310001")),
                        "6310002 6310003");
    assert_null(json_object_get(get("/positions?limit=2&after=6310001")->json,
                                "after"));
    assert_string_equal(codes(get("/positions?after=9")), "");

    /* 藏医 专业; TIBETAN clerk; a unit */
    assert_string_equal(codes(get("/positions?q=%E8%97%8F%E5%8C%BB%20"
                                  "%E4%B8%93%E4%B8%9A")), "6306002");
    assert_string_equal(codes(get("/positions?q=TIBETAN+clerk")), "6306003");
    assert_string_equal(codes(get("/positions?unit=%E7%9C%81%E5%9B%BE%E4%B9"
                                  "%A6%E9%A6%86&limit=50")),
                        "6301001 6301002 6301003");
    assert_string_equal(codes(get("/positions?unit=%E7%9C%81")), "");

    assert_string_equal(fake_field_error(get("/positions?q=a+b+c+d+e+f+g+h+i"),
                                         "?q"), "exam_query");
    assert_string_equal(fake_field_error(get("/positions?limit=51"),
                                         "?limit"), "too_large");
    assert_string_equal(fake_field_error(get("/positions?limit=0"),
                                         "?limit"), "too_small");
}


/* ---- how many have applied --------------------------------------------- */

static int64_t
applicants(fake_reply_t *rep, size_t i)
{
    json_t  *number = json_object_get(
                          json_array_get(json_object_get(rep->json,
                                                         "positions"), i),
                          "applicants");

    assert_int_equal(rep->status, 200);

    return number == NULL ? -1 : json_integer_value(number);
}


static void
answer_counts(int a, int b)
{
    fake_answer_call(h, "review.counts", CIVIC_OK,
                     json_pack("{s:[i, i]}", "counts", a, b));
}


static void
counts(void **state)
{
    json_t        *asked;
    fake_reply_t  *rep;

    (void) state;
    load(example(), 1);
    answer_counts(7, 0);

    rep = get("/positions?limit=2");
    assert_int_equal(applicants(rep, 0), 7);
    assert_int_equal(applicants(rep, 1), 0);
    asked = fake_called(h, "review.counts", 0);
    assert_string_equal(json_string_value(json_object_get(asked, "exam_id")),
                        id);
    assert_string_equal(json_string_value(json_array_get(
        json_object_get(asked, "codes"), 1)), "6301002");

    /* the same page for two seconds, however it is written */
    answer_counts(8, 1);
    fake_advance(h, 1999);
    assert_int_equal(applicants(get("/positions?limit=2&q=+"), 0), 7);
    assert_null(fake_called(h, "review.counts", 1));
    fake_advance(h, 1);
    assert_int_equal(applicants(get("/positions?limit=2"), 0), 8);
    assert_int_equal(applicants(get("/positions?limit=3"), 0), -1);

    /* what is no count is none */
    fake_advance(h, 3000);
    fake_answer_call(h, "review.counts", CIVIC_OK,
                     json_pack("{s:[i, s]}", "counts", -1, "x"));
    rep = get("/positions?limit=2");
    assert_int_equal(applicants(rep, 0), -1);
    assert_int_equal(applicants(rep, 1), -1);

    /* nobody could tell: a page without, that is not kept; who asks next
       gets the one before */
    answer_counts(4, 4);
    fake_advance(h, 3000);
    assert_int_equal(applicants(get("/positions?limit=2"), 0), 4);
    fake_advance(h, 3000);
    fake_answer_call(h, "review.counts", CIVIC_NOT_SENT, NULL);
    assert_int_equal(applicants(get("/positions?limit=2"), 0), -1);
    answer_counts(9, 9);
    assert_int_equal(applicants(get("/positions?limit=2"), 0), 4);
    fake_advance(h, 3000);
    assert_int_equal(applicants(get("/positions?limit=2"), 0), 9);

    /* one position */
    fake_answer_call(h, "review.counts", CIVIC_OK,
                     json_pack("{s:[i]}", "counts", 5));
    rep = get("/positions/6302001");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "applicants")), 5);
    assert_string_equal(fake_text(rep, "code"), "6302001");
}


/* ---- revisions --------------------------------------------------------- */

static json_t *
renamed(const char *title)
{
    json_t  *tree = example();

    json_object_set_new(tree, "title", json_pack("{s:s}", "zh", title));

    return tree;
}


static void
newer(void **state)
{
    unsigned       calls;
    fake_reply_t  *rep;

    (void) state;
    load(renamed("旧"), 1);
    assert_int_equal(revision_of(get("")), 1);
    load(renamed("新"), 2);

    fake_advance(h, 999);
    rep = get("");
    assert_int_equal(revision_of(rep), 1);
    assert_int_equal(rep->redis_calls, 0);
    fake_advance(h, 1);
    assert_int_equal(revision_of(get("")), 2);

    /* once a second, however many ask */
    fake_advance(h, 1000);
    calls = get("")->redis_calls + get("")->redis_calls;
    assert_int_equal(calls, 1);

    /* a restored copy may be older */
    load(renamed("旧"), 1);
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 1);

    fake_redis(h, "DEL civic:{exam:%s}:head", id);
    fake_advance(h, 1000);
    assert_string_equal(get("")->code, "exam_not_found");
}


/* One loads; who comes meanwhile waits, and has it without loading. */
static void
one_loads(void **state)
{
    char           path[96];
    unsigned       at;
    fake_run_t    *a, *b, *c;
    fake_reply_t  *rep;

    (void) state;
    (void) snprintf(path, sizeof(path), "/exam/exams/%s", id);
    load(example(), 1);

    a = fake_begin(h, CIVIC_GET, path, NULL);
    assert_true(fake_run_to(a, 3));         /* in the middle of it */
    b = fake_begin(h, CIVIC_GET, path, NULL);
    c = fake_begin(h, CIVIC_GET, path, NULL);
    assert_true(fake_run_to(b, 2));
    assert_true(fake_run_to(c, 2));

    assert_int_equal(fake_end(a)->status, 200);
    rep = fake_end(b);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->offloads, 0);
    rep = fake_end(c);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->offloads, 0);
    assert_int_equal(fake_counter(h, "loaded"), 1);

    /* a newer one: the others go on with the one before */
    for (at = 1; at < 5; at++) {
        load(example(), (int) at + 1);
        fake_advance(h, 1000);
        a = fake_begin(h, CIVIC_GET, path, NULL);
        if (!fake_run_to(a, at)) {
            break;
        }
        rep = fake_request(h, CIVIC_GET, path, NULL);
        assert_int_equal(revision_of(rep), at);
        assert_int_equal(rep->suspensions, 0);
        assert_int_equal(revision_of(fake_end(a)), at + 1);
    }

    assert_true(at > 3);
}


/* A request keeps what it holds, whatever comes meanwhile. */
static void
held(void **state)
{
    char         path[128];
    fake_run_t  *a;

    (void) state;
    (void) snprintf(path, sizeof(path), "/exam/exams/%s/positions?limit=2",
                    id);
    load(example(), 1);
    assert_int_equal(get("")->status, 200);
    answer_counts(1, 2);

    load(example(), 2);
    fake_advance(h, 1000);
    a = fake_begin(h, CIVIC_GET, path, NULL);
    assert_true(fake_run_to(a, 1));
    assert_int_equal(revision_of(get("")), 1);
    load(example(), 3);
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 3);
    assert_true(revision_of(fake_end(a)) >= 2);
}


/* More exams than a worker has places for: the oldest gives its own. */
static void
many_exams(void **state)
{
    int   i, round;
    char  first[32];

    (void) state;
    (void) snprintf(first, sizeof(first), "%.20s", id);

    for (round = 0; round < 2; round++) {
        for (i = 0; i < 20; i++) {
            (void) snprintf(id, sizeof(id), "%s-%d", first, i);
            if (round == 0) {
                load(example(), 1);
            }
            assert_int_equal(revision_of(get("")), 1);
        }
    }

    assert_int_equal(fake_counter(h, "loaded"), 40);
}


/* ---- bad days ---------------------------------------------------------- */

static void
redis_away(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;
    load(example(), 1);

    for (i = 1; i <= 3; i++) {
        rep = get_with("", (fake_request_t) {
            .redis_fault_at = i, .redis_fault = FAKE_REDIS_NOT_SENT });
        assert_string_equal(rep->code, "store_unavailable");
    }

    assert_int_equal(revision_of(get("")), 1);

    /* what a worker has is served on */
    fake_advance(h, 60000);
    rep = get_with("", (fake_request_t) {
        .redis_fault_at = 1, .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_int_equal(revision_of(rep), 1);

    load(example(), 2);
    for (i = 1; i <= 3; i++) {
        fake_advance(h, 1000);
        rep = get_with("", (fake_request_t) {
            .redis_fault_at = i, .redis_fault = FAKE_REDIS_NOT_SENT });
        assert_int_equal(revision_of(rep), 1);
    }
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 2);
}


/* A client leaves at each step: the next one has the exam all the same. */
static void
leaves(void **state)
{
    unsigned       i;
    char           first[32];
    fake_reply_t  *rep;

    (void) state;
    (void) snprintf(first, sizeof(first), "%.20s", id);

    for (i = 1; i < 10; i++) {
        (void) snprintf(id, sizeof(id), "%s-%u", first, i);
        load(example(), 1);
        rep = get_with("/positions?limit=1", (fake_request_t) {
            .leave_at = i });

        if (rep->status == 200) {
            break;
        }

        assert_int_equal(rep->status, 0);
        assert_int_equal(revision_of(get("")), 1);
    }

    assert_true(i > 3);
}


static void
no_threads(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    load(example(), 1);
    /* the first thread frees the exam that gives its place */
    rep = get_with("", (fake_request_t) { .busy_at = 2 });
    assert_string_equal(rep->code, "overloaded");
    rep = get_with("", (fake_request_t) { .no_turn = 1 });

    assert_string_equal(rep->code, "overloaded");
    assert_int_equal(revision_of(get("")), 1);
}


static void
damaged(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    load(example(), 1);
    fake_redis(h, "HSET civic:{exam:%s}:positions:1 0 nonsense", id);
    rep = get("");
    assert_string_equal(rep->code, "internal_error");
    assert_int_equal(fake_log_count(h, "cannot be read"), 1);

    /* it is not tried with each request */
    rep = get("");
    assert_string_equal(rep->code, "internal_error");
    assert_int_equal(rep->offloads, 0);
    assert_int_equal(fake_log_count(h, "cannot be read"), 1);

    load(example(), 2);
    assert_int_equal(revision_of(get("")), 2);

    /* the one before is better than none */
    load(example(), 3);
    fake_redis(h, "HDEL civic:{exam:%s}:positions:3 0", id);
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 2);
    assert_int_equal(fake_log_count(h, "cannot be read"), 2);

    load(example(), 4);
    fake_redis(h, "HSET civic:{exam:%s}:head facts {}", id);
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 2);

    fake_redis(h, "HSET civic:{exam:%s}:head chunks 99999", id);
    fake_redis(h, "HSET civic:{exam:%s}:head revision 5", id);
    fake_advance(h, 1000);
    assert_int_equal(revision_of(get("")), 2);
}


/* ---- calls ------------------------------------------------------------- */

static void
what_others_ask(void **state)
{
    json_t  *out;

    (void) state;
    load(example(), 4);

    out = answer_of("facts", json_pack("{s:s}", "exam_id", id));
    assert_int_equal(json_integer_value(json_object_get(out, "revision")), 4);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(
        json_object_get(out, "windows"), "registration"), "from_ms")),
        1767229200000);
    assert_int_equal(json_array_size(json_object_get(out, "sites")), 2);
    assert_null(json_object_get(out, "positions"));

    out = answer_of("position", json_pack("{s:s, s:s}", "exam_id", id,
                                          "code", "6301002"));
    assert_string_equal(json_string_value(json_object_get(out, "code")),
                        "6301002");

    assert_int_equal(json_object_size(answer_of("position",
        json_pack("{s:s, s:s}", "exam_id", id, "code", "1"))), 0);
    assert_int_equal(json_object_size(answer_of("position",
        json_pack("{s:s, s:s}", "exam_id", "none", "code", "1"))), 0);
    assert_int_equal(json_object_size(answer_of("facts",
        json_pack("{s:s}", "exam_id", "none"))), 0);
    assert_int_equal(json_object_size(answer_of("facts",
        json_object())), 0);
}


/* ---- the list, and who is told ----------------------------------------- */

/* As the script that publishes leaves it. */
static void
leave_word(void)
{
    char  head[128], outbox[CIVIC_OUTBOX_KEY];

    (void) snprintf(head, sizeof(head), "civic:{exam:%s}:head", id);
    (void) civic_outbox_key("exam.changed",
                            civic_outbox_number(civic_cstr(head), 0), outbox);
    assert_non_null(fake_redis(h, "XADD %s * entry %s", outbox, id));
}


/* A plugin that does not take it keeps no other exam from being told. */
static void
told_later(void **state)
{
    (void) state;
    load(example(), 3);
    leave_word();
    fake_answer_call(h, "review.exam_changed", CIVIC_ERROR, NULL);
    aside_fails("exam.changed", "exam.aside");
    fake_answer_call(h, "review.exam_changed", CIVIC_OK, NULL);
    aside_succeeds("exam.aside");
}


/* From the script that publishes to those who are told. */
static void
told(void **state)
{
    json_t        *exams, *in;
    fake_reply_t  *rep;

    (void) state;
    load(example(), 3);
    fake_advance(h, 5000);
    fake_answer_call(h, "review.exam_changed", CIVIC_NOT_SENT, NULL);
    fake_redis(h, "HSET civic:{exams} broken nonsense");
    leave_word();

    /* one that could not be told is told again */
    assert_int_equal(aside_run("exam.changed"), 1);
    assert_non_null(fake_waiting(h, "exam.changed", 0));
    fake_answer_call(h, "review.exam_changed", CIVIC_OK, NULL);
    assert_int_equal(aside_run("exam.changed"), 0);
    assert_null(fake_waiting(h, "exam.changed", 0));
    in = fake_called(h, "review.exam_changed", 1);
    assert_string_equal(json_string_value(json_object_get(in, "exam_id")),
                        id);
    assert_int_equal(json_integer_value(json_object_get(in, "revision")), 3);
    assert_null(fake_called(h, "review.exam_changed", 2));

    rep = fake_request(h, CIVIC_GET, "/exam/exams", NULL);
    assert_null(rep->undocumented);
    exams = json_object_get(rep->json, "exams");
    assert_int_equal(json_array_size(exams), 1);
    assert_true(fake_logged(h, "\"broken\" in civic:{exams} is no entry"));
    assert_int_equal(json_integer_value(json_object_get(
        json_array_get(exams, 0), "revision")), 3);

    in = json_object_get(answer_of("list", json_object()), "exams");
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(in, 0), "exam_id")), id);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(an_exam, reset),
        cmocka_unit_test_setup(states_in_words, reset),
        cmocka_unit_test_setup(what_is_not_there, reset),
        cmocka_unit_test_setup(pages, reset),
        cmocka_unit_test_setup(counts, reset),
        cmocka_unit_test_setup(newer, reset),
        cmocka_unit_test_setup(one_loads, reset),
        cmocka_unit_test_setup(held, reset),
        cmocka_unit_test_setup(many_exams, reset),
        cmocka_unit_test_setup(redis_away, reset),
        cmocka_unit_test_setup(leaves, reset),
        cmocka_unit_test_setup(no_threads, reset),
        cmocka_unit_test_setup(damaged, reset),
        cmocka_unit_test_setup(what_others_ask, reset),
        cmocka_unit_test_setup(told, reset),
        cmocka_unit_test_setup(told_later, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
