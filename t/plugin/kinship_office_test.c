/*
 * kinship_office_test.c - what a colour is made of: measures and overrides of
 * the office, tests; how long that is kept, and who can open it.
 */

#include <time.h>

#include "kinship_world.h"

#define CODE       "/kinship/code"
#define MEASURES   "/kinship/office/measures"
#define ENDS       "/kinship/office/measures/end"
#define OVERRIDES  "/kinship/office/overrides"
#define LOOK_UP    "/kinship/office/look-up"
#define FILE_PATH  "/kinship/office/measures/file"


static const char *
person(const char *number, const char *more)
{
    return text("{\"id_number\":\"%s\",\"reason\":\"0309\"%s}", number, more);
}


static fake_reply_t *
office(const char *path, const char *body)
{
    return post(staff(CIVIC_OFFICE), path, body);
}


/* An instant of a body. */
static const char *
instant(civic_msec_t at)
{
    time_t     s = (time_t) (at / 1000 + 8 * 3600);
    char       out[32];
    struct tm  tm;

    gmtime_r(&s, &tm);
    strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S+08:00", &tm);

    return text("%s", out);
}


static const char *
measure(const char *number, const char *kind, civic_msec_t since,
    civic_msec_t until)
{
    fake_reply_t  *rep;

    rep = office(MEASURES, person(number,
                     text(",\"kind\":\"%s\",\"since\":\"%s\",\"until\":"
                          "\"%s\"", kind, instant(since), instant(until))));

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return text("%s", fake_text(rep, "measure_id"));
}


static const char *
colour_of(const char *number)
{
    fake_reply_t  *rep = get(citizen(number), CODE);

    assert_int_equal(rep->status, 200);

    return text("%s %s %s", fake_text(rep, "colour"),
                fake_text(rep, "reason"), fake_text(rep, "until"));
}


static int
tested_again(const char *number, const char *tube, const char *result,
    civic_msec_t at, int version)
{
    json_t  *answer;

    answer = asked(h, "kinship", "tested", json_pack(
                 "{s:s, s:s, s:s, s:I, s:I, s:i}", "pid", pid_of(number),
                 "tube", tube, "result", result, "at", (json_int_t) fake_now(h),
                 "sampled_at", (json_int_t) at, "version", version));
    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     CIVIC_OK);

    return json_is_true(json_object_get(json_object_get(answer, "out"),
                                        "changed"));
}


static int
tested(const char *number, const char *tube, const char *result,
    civic_msec_t at)
{
    return tested_again(number, tube, result, at, 1);
}


/* ---- colours ----------------------------------------------------------- */

static void
a_measure_and_its_end(void **state)
{
    const char  *until;

    (void) state;
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER), "green nothing ");

    measure(NUMBER, "contact", NOON, NOON + 2 * HOUR);
    until = instant(NOON + 2 * HOUR);
    assert_string_equal(colour_of(NUMBER), text("red contact %s", until));

    /* a colour that expires exactly now */
    fake_set_clock(h, NOON + 2 * HOUR - 1);
    assert_string_equal(colour_of(NUMBER), text("red contact %s", until));
    fake_set_clock(h, NOON + 2 * HOUR);
    until = instant(NOON + 2 * HOUR + 3 * DAY);
    assert_string_equal(colour_of(NUMBER), text("yellow contact %s", until));
    fake_set_clock(h, NOON + 2 * HOUR + 3 * DAY);
    assert_string_equal(colour_of(NUMBER), "green nothing ");
}


static void
red_before_yellow_before_green(void **state)
{
    (void) state;
    has_code(NUMBER, "张三");
    measure(NUMBER, "arrival_medium", NOON, NOON + 5 * DAY);
    assert_string_equal(colour_of(NUMBER),
                        text("yellow arrival_medium %s",
                             instant(NOON + 5 * DAY)));
    measure(NUMBER, "region_high", NOON, NOON + DAY);
    assert_string_equal(colour_of(NUMBER),
                        text("red region_high %s", instant(NOON + DAY)));

    assert_int_equal(office(OVERRIDES, person(NUMBER,
        text(",\"colour\":\"green\",\"until\":\"%s\"",
             instant(NOON + HOUR))))->status, 200);
    assert_string_equal(colour_of(NUMBER),
                        text("green override %s", instant(NOON + HOUR)));
    fake_set_clock(h, NOON + HOUR);
    assert_string_equal(colour_of(NUMBER),
                        text("red region_high %s", instant(NOON + DAY)));
}


/* Within one window the tag changes with the facts. */
static void
a_change_is_seen_at_once(void **state)
{
    char           tag[96];
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    snprintf(tag, sizeof(tag), "%s",
             fake_header(get(citizen(NUMBER), CODE), "ETag"));
    measure(NUMBER, "home", NOON, NOON + DAY);
    rep = checked(fake_request(h, CIVIC_GET, CODE, &(fake_request_t) {
                      .token = citizen(NUMBER),
                      .headers = { text("If-None-Match: %s", tag) } }));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "band"), "plain_yellow");
}


/* The same rules for a relative's code. */
static void
a_relative_is_judged_alike(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);
    measure(ELDER, "isolation", NOON, NOON + DAY);
    rep = get(citizen(NUMBER), text("/kinship/codes/%s", binding_id(1)));
    assert_string_equal(fake_text(rep, "colour"), "red");
    assert_string_equal(fake_text(rep, "band"), "striped_red");
    assert_string_equal(fake_text(rep, "reason_text"), "集中隔离医学观察");
}


/* ---- tests ------------------------------------------------------------- */

static void
results(void **state)
{
    (void) state;
    has_code(NUMBER, "张三");
    assert_true(tested(NUMBER, "T1", "recheck", NOON - HOUR));
    assert_false(tested(NUMBER, "T1", "recheck", NOON - HOUR));
    assert_string_equal(colour_of(NUMBER), "yellow recheck ");
    assert_true(tested(NUMBER, "T2", "positive", NOON - 1));
    assert_string_equal(colour_of(NUMBER), "red positive ");

    /* a correction; what was told before comes late */
    assert_true(tested_again(NUMBER, "T2", "negative", NOON - 1, 2));
    assert_false(tested_again(NUMBER, "T2", "positive", NOON - 1, 1));
    assert_string_equal(colour_of(NUMBER), "green nothing ");

    /* it was no test after all */
    assert_true(tested_again(NUMBER, "T2", "invalid", NOON - 1, 3));
    assert_string_equal(colour_of(NUMBER), "yellow recheck ");

    /* what was told before comes late, again */
    assert_false(tested_again(NUMBER, "T2", "positive", NOON - 1, 2));
    assert_true(tested_again(NUMBER, "T9", "invalid", NOON, 2));
    assert_false(tested_again(NUMBER, "T9", "positive", NOON, 1));
    assert_string_equal(colour_of(NUMBER), "yellow recheck ");
    assert_string_equal(fake_audit_action(h, 0), "kinship.tested");
}


static void
a_test_that_was_missed(void **state)
{
    (void) state;
    has_code(NUMBER, "张三");
    measure(NUMBER, "test_round", NOON, NOON + HOUR);
    assert_string_equal(colour_of(NUMBER), "green nothing ");
    fake_set_clock(h, NOON + HOUR);
    assert_string_equal(colour_of(NUMBER), "yellow test_round ");
    assert_true(tested(NUMBER, "T1", "negative", NOON + HOUR));
    assert_string_equal(colour_of(NUMBER), "green nothing ");
}


/* Who withdrew meanwhile has no result kept. */
static void
no_result_without_a_code(void **state)
{
    (void) state;
    assert_false(tested(NUMBER, "T1", "negative", NOON));
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:health",
                                pid_of(NUMBER))->integer, 0);
}


/* Two at once: neither is lost. */
static void
two_changes_at_once(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;
    const char    *body;

    (void) state;
    has_code(NUMBER, "张三");
    body = person(NUMBER, ",\"kind\":\"home\"");
    run = fake_begin(h, CIVIC_POST, MEASURES, &(fake_request_t) {
                         .token = staff(CIVIC_OFFICE), .body = body });
    assert_true(fake_run_to(run, 1));           /* it has read */
    measure(NUMBER, "contact", NOON, NOON + DAY);
    rep = checked(fake_end(run));
    assert_int_equal(rep->status, 200);

    rep = office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                               "\"appeal\"}", NUMBER));
    assert_int_equal(json_array_size(json_object_get(rep->json, "measures")),
                     2);
}


/* ---- the office -------------------------------------------------------- */

static void
what_is_known(void **state)
{
    json_t        *look;
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    (void) tested(NUMBER, "T1", "negative", NOON);
    measure(NUMBER, "home", NOON, NOON + DAY);

    rep = office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                               "\"appeal\"}", NUMBER));

    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "kind"), "own");
    assert_string_equal(fake_text(rep, "name"), "张*");
    assert_string_equal(fake_text(rep, "colour"), "yellow");
    assert_string_equal(fake_text(rep, "reason"), "home");
    assert_string_equal(fake_text(rep, "until"), instant(NOON + DAY));
    assert_int_equal(json_array_size(json_object_get(rep->json, "tests")), 1);

    /* the person sees it */
    rep = get(citizen(NUMBER), "/kinship/looks");
    look = json_array_get(json_object_get(rep->json, "looks"), 0);
    assert_string_equal(json_string_value(json_object_get(look, "role")),
                        "office");
    assert_string_equal(json_string_value(json_object_get(look,
                                                          "purpose")),
                        "appeal");

    /* of somebody who has no code, and whom nobody knows */
    nobody_is();
    rep = office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                               "\"appeal\"}", OTHER));
    assert_string_equal(fake_text(rep, "kind"), "none");
    assert_string_equal(fake_text(rep, "name"), "*");
    assert_int_equal(post(citizen(NUMBER), LOOK_UP, "{}")->status, 403);
}


static void
what_is_wrong_is_told_at_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = office(MEASURES, "{\"id_number\":\"123\",\"kind\":\"gone\","
                           "\"reason\":\"r\"}");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_length");
    assert_string_equal(fake_field_error(rep, "/kind"),
                        "kinship_measure_kind");

    rep = office(MEASURES, person(NUMBER, ",\"kind\":\"own_case\""));
    assert_string_equal(fake_field_error(rep, "/until"), "required");

    rep = office(OVERRIDES, text("{\"id_number\":\"12\",\"colour\":\"green\","
                                 "\"until\":\"%s\",\"reason\":\"r\"}",
                                 instant(NOON)));
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "id_number_length");
    assert_string_equal(fake_field_error(rep, "/until"),
                        "kinship_measure_until");
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:health",
                                pid_of(NUMBER))->integer, 0);
}


static void
ends_and_mistakes(void **state)
{
    char           id[64];
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    snprintf(id, sizeof(id), "%s",
             measure(NUMBER, "contact", NOON, NOON + DAY));

    /* the same again */
    rep = office(MEASURES, person(NUMBER,
        text(",\"kind\":\"contact\",\"since\":\"%s\",\"until\":\"%s\"",
             instant(NOON), instant(NOON + DAY))));
    assert_true(json_is_false(json_object_get(rep->json, "changed")));
    assert_string_equal(fake_text(rep, "measure_id"), id);

    rep = office(ENDS, person(NUMBER, text(",\"measure_id\":\"%s\"",
                                           binding_id(1))));
    assert_string_equal(rep->code, "not_found");

    rep = office(ENDS, person(NUMBER, text(",\"measure_id\":\"%s\"", id)));
    assert_true(json_is_true(json_object_get(rep->json, "changed")));
    assert_string_equal(colour_of(NUMBER),
                        text("yellow contact %s", instant(NOON + 3 * DAY)));
    rep = office(ENDS, person(NUMBER, text(",\"measure_id\":\"%s\"", id)));
    assert_true(json_is_false(json_object_get(rep->json, "changed")));

    rep = office(ENDS, person(NUMBER, text(",\"measure_id\":\"%s\","
                                           "\"mistake\":true", id)));
    assert_int_equal(rep->status, 200);
    assert_string_equal(colour_of(NUMBER), "green nothing ");

    assert_string_equal(office(OVERRIDES "/end", person(NUMBER, ""))->code,
                        "not_found");
}


static fake_reply_t *
send_file(const char *csv)
{
    return checked(fake_request(h, CIVIC_POST, FILE_PATH, &(fake_request_t) {
                       .token = staff(CIVIC_OFFICE), .body = csv,
                       .content_type = "text/csv" }));
}


static const char *
line_of(const fake_reply_t *rep, size_t n)
{
    json_t  *line = json_array_get(json_object_get(rep->json, "lines"), n);
    json_t  *error = json_object_get(line, "error");

    return text("%d %s %s", (int) json_integer_value(
                                json_object_get(line, "line")),
                json_string_value(json_object_get(line, "outcome")),
                error == NULL ? "" : json_string_value(error));
}


static void
a_file(void **state)
{
    const char    *csv;
    fake_reply_t  *rep;

    (void) state;
    csv = text("\xef\xbb\xbfid_number,kind,since,until,reason\r\n"
               "%s,home,2026-03-09 12:00:00,,小区\r\n"
               "\r\n"
               "123,home,,,\r\n"
               "%s,gone,,,\r\n"
               "%s,contact,yesterday,,\r\n"
               "%s,contact,,,,resident,more\r\n"
               "%s,contact,2026-03-09T12:00:00+08:00,2026-03-10 12:00:00,",
               NUMBER, OTHER, OTHER, OTHER, ELDER);
    rep = send_file(csv);
    assert_int_equal(rep->status, 200);
    assert_string_equal(line_of(rep, 0), "2 set ");
    assert_string_equal(line_of(rep, 1), "4 refused id_number_length");
    assert_string_equal(line_of(rep, 2), "5 refused kinship_measure_kind");
    assert_string_equal(line_of(rep, 3), "6 refused instant");
    assert_string_equal(line_of(rep, 4), "7 refused kinship_columns");
    assert_string_equal(line_of(rep, 5), "8 set ");

    rep = send_file(csv);
    assert_string_equal(line_of(rep, 0), "2 same ");
    assert_int_equal(json_integer_value(json_object_get(rep->json, "same")),
                     2);

    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER),
                        text("yellow home %s", instant(NOON + 7 * DAY)));

    /* without a begin: one of that kind that is in force is the same */
    csv = text("%s,isolation,,,小区", NUMBER);
    assert_string_equal(line_of(send_file(csv), 0), "1 set ");
    fake_advance(h, HOUR);
    assert_string_equal(line_of(send_file(csv), 0), "1 same ");
    csv = text("%s,isolation,,%s,小区", NUMBER, instant(NOON + DAY));
    assert_string_equal(line_of(send_file(csv), 0), "1 set ");
    assert_string_equal(colour_of(NUMBER),
                        text("red isolation %s", instant(NOON + DAY)));
    fake_set_clock(h, NOON + DAY);
    assert_string_equal(colour_of(NUMBER),
                        text("yellow home %s", instant(NOON + 7 * DAY)));
    csv = text("%s,isolation,,,小区", NUMBER);
    assert_string_equal(line_of(send_file(csv), 0), "1 set ");
    assert_string_equal(colour_of(NUMBER),
                        text("red isolation %s", instant(NOON + 8 * DAY)));

    /* as spreadsheets write them, and as they should not */
    rep = send_file(text("\"%s\",isolation,,,\"小区, \"\"甲\"\"\"\n"
                         "%s,isolation,,,\"小区\n"
                         "%s,isolation,,,\xff\n  \n", NUMBER, NUMBER, NUMBER));
    assert_string_equal(line_of(rep, 0), "1 same ");
    assert_string_equal(line_of(rep, 1), "2 refused kinship_line");
    assert_string_equal(line_of(rep, 2), "3 refused kinship_line");
    assert_int_equal(json_array_size(json_object_get(rep->json, "lines")), 3);

    /* too many */
    csv = malloc(2000);
    memset((char *) csv, '\n', 1999);
    ((char *) csv)[1999] = '\0';
    assert_string_equal(send_file(csv)->code, "kinship_file_long");
    free((char *) csv);
}


/* ---- how long ---------------------------------------------------------- */

static void
consent_and_what_the_law_orders(void **state)
{
    json_t        *out;
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    (void) tested(NUMBER, "T1", "negative", NOON);
    measure(NUMBER, "home", NOON, NOON + DAY);

    /* another consent is none of ours */
    out = asked(h, "kinship", "erase", json_pack("{s:s, s:s}", "pid",
                pid_of(NUMBER), "purpose", "health_child"));
    assert_int_equal(json_integer_value(json_object_get(
        json_object_get(out, "out"), "erased")), 0);
    assert_int_equal(get(citizen(NUMBER), CODE)->status, 200);

    out = asked(h, "kinship", "erase", json_pack("{s:s, s:s}", "pid",
                pid_of(NUMBER), "purpose", "health"));
    assert_true(json_integer_value(json_object_get(
        json_object_get(out, "out"), "erased")) >= 3);
    assert_string_equal(get(citizen(NUMBER), CODE)->code, "kinship_no_code");

    /* who opens it anew has the measure, and not the test */
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER),
                        text("yellow home %s", instant(NOON + DAY)));
    rep = office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                               "\"appeal\"}", NUMBER));
    assert_int_equal(json_array_size(json_object_get(rep->json, "tests")), 0);

    fake_advance(h, DAY);
    (void) asked(h, "kinship", "erase", json_pack("{s:s, s:s}", "pid",
                 pid_of(NUMBER), "purpose", "health"));
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:health "
                                "civic:{p:%s}:looks", pid_of(NUMBER),
                                pid_of(NUMBER))->integer, 0);
}


static void
withdraw(const char *number)
{
    json_t  *out;

    out = asked(h, "kinship", "erase", json_pack("{s:s, s:s}", "pid",
                pid_of(number), "purpose", "health"));
    assert_int_equal(json_integer_value(json_object_get(out, "result")),
                     CIVIC_OK);
    assert_string_equal(get(citizen(number), CODE)->code, "kinship_no_code");
}


/* Whoever withdraws and begins anew has the colour of before. */
static void
withdrawing_changes_no_colour(void **state)
{
    (void) state;
    has_code(NUMBER, "张三");
    (void) tested(NUMBER, "T1", "negative", NOON - HOUR);
    (void) tested(NUMBER, "T2", "positive", NOON);
    withdraw(NUMBER);
    withdraw(NUMBER);
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER), "red positive ");

    /* a correction comes while there is no code, and nothing else does */
    withdraw(NUMBER);
    assert_false(tested(NUMBER, "T3", "negative", NOON + 1));
    assert_true(tested_again(NUMBER, "T2", "negative", NOON, 2));
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER), "green nothing ");

    /* the days after a measure */
    measure(NUMBER, "contact", NOON, NOON + HOUR);
    measure(NUMBER, "test_round", NOON, NOON + 2 * DAY);
    fake_set_clock(h, NOON + DAY);
    withdraw(NUMBER);
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER),
                        text("yellow contact %s",
                             instant(NOON + HOUR + 3 * DAY)));

    /* and a test that was missed */
    fake_set_clock(h, NOON + 4 * DAY);
    withdraw(NUMBER);
    has_code(NUMBER, "张三");
    assert_string_equal(colour_of(NUMBER), "yellow test_round ");
    assert_true(tested(NUMBER, "T4", "negative", NOON + 4 * DAY));
    assert_string_equal(colour_of(NUMBER), "green nothing ");
}


static void
run_job(const char *name)
{
    unsigned  shard, again;

    for (again = 0; again < 4; again++) {
        for (shard = 0; shard < 4; shard++) {
            assert_int_equal(fake_job(h, name, shard, 1, NULL)->result,
                             CIVIC_OK);
        }
    }
}


static void
what_is_kept_too_long(void **state)
{
    int64_t        tests;
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    (void) tested(NUMBER, "T1", "negative", NOON);
    measure(NUMBER, "home", NOON, NOON + HOUR);
    fake_advance(h, DAY);
    (void) tested(NUMBER, "T2", "negative", NOON + DAY);

    fake_advance(h, 89 * DAY);
    run_job("kinship.facts");
    assert_int_equal(fake_counter(h, "forgotten"), 1);      /* the measure */
    fake_advance(h, 12 * HOUR);
    run_job("kinship.facts");
    rep = office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                               "\"appeal\"}", NUMBER));
    tests = (int64_t) json_array_size(json_object_get(rep->json, "tests"));
    assert_int_equal(tests, 1);
    assert_int_equal(fake_counter(h, "forgotten"), 2);
}


/* Of who has no code nothing is left once its time is over. */
static void
nothing_is_left(void **state)
{
    (void) state;
    measure(NUMBER, "home", NOON, NOON + HOUR);
    fake_advance(h, 31 * DAY + HOUR);
    run_job("kinship.facts");
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:health",
                                pid_of(NUMBER))->integer, 0);
}


static void
looks_are_kept_too_long(void **state)
{
    (void) state;
    has_code(NUMBER, "张三");
    (void) office(LOOK_UP, text("{\"id_number\":\"%s\",\"purpose\":"
                                "\"appeal\"}", NUMBER));
    run_job("kinship.looks");
    assert_int_equal(fake_redis(h, "XLEN civic:{p:%s}:looks",
                                pid_of(NUMBER))->integer, 1);

    /* the stream's clock is Redis' own */
    fake_set_clock(h, 4102444800000LL);
    run_job("kinship.looks");
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:looks",
                                pid_of(NUMBER))->integer, 0);
    assert_int_equal(fake_counter(h, "forgotten"), 1);
}


/* ---- whose data it is -------------------------------------------------- */

static int
opens(const char *field, const char *context, const char *purpose)
{
    fake_reply_t  *rep;

    rep = fake_request(h, CIVIC_POST, "/prying/opens", &(fake_request_t) {
              .body = text("{\"key\":\"civic:{p:%s}:health\",\"field\":"
                           "\"%s\",\"context\":\"%s\",\"purpose\":\"%s\"}",
                           pid_of(NUMBER), field, context, purpose) });
    assert_int_equal(rep->status, 200);

    return (int) json_integer_value(json_object_get(rep->json, "result"));
}


/* Health data cannot be opened for an exam: not with the exam's purpose, and
   not with one that is in no table of that plugin. */
static void
health_data_is_for_nothing_else(void **state)
{
    const char  *context;

    (void) state;
    has_code(NUMBER, "张三");
    measure(NUMBER, "home", NOON, NOON + DAY);
    context = text("%s:facts", pid_of(NUMBER));

    assert_int_equal(opens("facts", context, "photo"), CIVIC_INVALID);
    assert_int_equal(opens("facts", context, "health"), CIVIC_ERROR);
    assert_true(fake_logged(h, "health"));
    assert_int_equal(opens("identity", text("%s:identity", pid_of(NUMBER)),
                           "kin"), CIVIC_ERROR);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        TEST(a_measure_and_its_end),
        TEST(red_before_yellow_before_green),
        TEST(a_change_is_seen_at_once),
        TEST(a_relative_is_judged_alike),
        TEST(results),
        TEST(a_test_that_was_missed),
        TEST(no_result_without_a_code),
        TEST(two_changes_at_once),
        TEST(what_is_known),
        TEST(what_is_wrong_is_told_at_once),
        TEST(ends_and_mistakes),
        TEST(a_file),
        TEST(consent_and_what_the_law_orders),
        TEST(withdrawing_changes_no_colour),
        TEST(what_is_kept_too_long),
        TEST(nothing_is_left),
        TEST(looks_are_kept_too_long),
        TEST(health_data_is_for_nothing_else),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
