/*
 * kinship_code_test.c - codes on a phone: opened, shown, changed every some
 * seconds, and what a guardian sees.
 */

#include "kinship_world.h"

#define CODE     "/kinship/code"
#define CODES    "/kinship/codes"
#define EVERY    30000                  /* ms, of the rules */


static fake_reply_t *
get_tagged(const char *token, const char *path, const char *tag)
{
    return checked(fake_request(h, CIVIC_GET, path, &(fake_request_t) {
                       .token = token,
                       .headers = { text("If-None-Match: %s", tag) } }));
}


static const char *
relative_path(unsigned n)
{
    return text(CODES "/%s", binding_id(n));
}


/* ---- opening ----------------------------------------------------------- */

static void
an_own_code(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    person_is(NUMBER, "张三丰");

    rep = get(citizen(NUMBER), CODE);
    assert_string_equal(rep->code, "kinship_no_code");

    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    rep = post(citizen(NUMBER), CODE, NULL);
    assert_string_equal(rep->code, "consent_required");
    assert_string_equal(fake_text(rep, "purpose"), "health");

    consent_is(NUMBER, "health", "c1");
    rep = post(citizen(NUMBER), CODE, NULL);
    assert_int_equal(rep->status, 200);
    assert_true(json_is_true(json_object_get(rep->json, "created")));

    /* not that of a guardian, who may have consented for them */
    assert_true(json_is_true(json_object_get(
        fake_called(h, "civic.consent", 0), "own")));

    rep = post(citizen(NUMBER), CODE, NULL);
    assert_true(json_is_false(json_object_get(rep->json, "created")));

    /* login is not asked any more */
    nobody_is();
    rep = get(citizen(NUMBER), CODE);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->redis_calls, 1);
    assert_string_equal(fake_text(rep, "kind"), "own");
    assert_string_equal(fake_text(rep, "form"), "card");
    assert_string_equal(fake_text(rep, "label"), "一码通");
    assert_string_equal(fake_text(rep, "band"), "plain_green");
    assert_string_equal(fake_text(rep, "name"), "张*丰");
    assert_string_equal(fake_text(rep, "colour"), "green");
    assert_string_equal(fake_text(rep, "colour_label"), "绿码");
    assert_string_equal(fake_text(rep, "reason_text"), "未见异常");
    assert_int_equal(strncmp(fake_text(rep, "code"), "CIVICL:", 7), 0);
    assert_true(rep->len < 1500);
}


/* The consent ends between the question and the script. */
static void
consent_ends_meanwhile(void **state)
{
    (void) state;
    person_is(NUMBER, "张三");
    consent_is(NUMBER, "health", "c1");
    fake_redis(h, "HSET civic:{p:%s}:consents health c2", pid_of(NUMBER));

    assert_string_equal(post(citizen(NUMBER), CODE, NULL)->code,
                        "consent_required");
    assert_string_equal(get(citizen(NUMBER), CODE)->code, "kinship_no_code");
}


static void
only_who_is_proven(void **state)
{
    (void) state;
    nobody_is();
    consent_is(NUMBER, "health", "c1");
    assert_string_equal(post(citizen(NUMBER), CODE, NULL)->code,
                        "kinship_unproven");

    /* an account that claims to be somebody else */
    person_is(OTHER, "李四");
    assert_string_equal(post(citizen(NUMBER), CODE, NULL)->code,
                        "kinship_unproven");

    person_is(NUMBER, "张三");
    fake_answer_call(h, "face_auth.state", CIVIC_OK,
                     json_pack("{s:b}", "valid", 0));
    assert_string_equal(post(citizen(NUMBER), CODE, NULL)->code,
                        "kinship_unproven");

    /* an installation without faces */
    fake_answer_call(h, "face_auth.state", CIVIC_NOT_FOUND, NULL);
    assert_int_equal(post(citizen(NUMBER), CODE, NULL)->status, 200);
}


/* Fourteen on the birthday, by China's day; 29 February waits for March. */
static void
from_fourteen_on(void **state)
{
    static const char  child[] = "610104201203100032";  /* 2012-03-10 */
    static const char  leap[] = "610104201202290030";

    (void) state;
    person_is(child, "小明");
    consent_is(child, "health", "c1");
    fake_set_clock(h, NOON + 12 * HOUR - 1);
    assert_string_equal(post(citizen(child), CODE, NULL)->code,
                        "kinship_own_age");

    fake_set_clock(h, NOON + 12 * HOUR);
    assert_int_equal(post(citizen(child), CODE, NULL)->status, 200);

    person_is(leap, "小红");
    consent_is(leap, "health", "c2");
    fake_set_clock(h, NOON - 9 * DAY + 12 * HOUR - 1);  /* 28 February ends */
    assert_string_equal(post(citizen(leap), CODE, NULL)->code,
                        "kinship_own_age");

    fake_set_clock(h, NOON - 9 * DAY + 12 * HOUR);
    assert_int_equal(post(citizen(leap), CODE, NULL)->status, 200);
}


/* ---- the window -------------------------------------------------------- */

/* ms until the window of that reply is over. */
static int64_t
rest_of(const fake_reply_t *rep)
{
    return 1000 * json_integer_value(json_object_get(rep->json,
                                                     "refresh_in"));
}


static void
changes_with_its_window(void **state)
{
    char           tag[96], code[256];
    int64_t        rest;
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    rep = get(citizen(NUMBER), CODE);
    rest = rest_of(rep);
    assert_in_range(rest, 1, EVERY);
    snprintf(code, sizeof(code), "%s", fake_text(rep, "code"));
    snprintf(tag, sizeof(tag), "%s", fake_header(rep, "ETag"));

    /* the same window: the same tag, and nothing is made again */
    rep = get_tagged(citizen(NUMBER), CODE, tag);
    assert_int_equal(rep->status, 304);
    assert_int_equal(rep->len, 0);
    assert_int_equal(fake_counter(h, "unchanged"), 1);
    assert_int_equal(get_tagged(citizen(NUMBER), CODE,
                                text("\"x\" , W/%s", tag))->status, 304);
    assert_int_equal(get_tagged(citizen(NUMBER), CODE, "\"x\"")->status, 200);

    /* another reader's */
    rep = checked(fake_request(h, CIVIC_GET, CODE, &(fake_request_t) {
                      .token = citizen(NUMBER),
                      .headers = { text("If-None-Match: %s", tag),
                                   "Accept-Language: en" } }));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "label"), "Health code");

    /* the next */
    fake_advance(h, rest);
    rep = get_tagged(citizen(NUMBER), CODE, tag);
    assert_int_equal(rep->status, 200);
    assert_string_not_equal(fake_header(rep, "ETag"), tag);
    assert_string_not_equal(fake_text(rep, "code"), code);
}


/* Phones of different people do not ask in the same second. */
static void
windows_begin_apart(void **state)
{
    const char  *one, *two;

    (void) state;
    has_code(NUMBER, "张三");
    has_code(OTHER, "李四");
    one = fake_text(get(citizen(NUMBER), CODE), "issued_at");
    two = fake_text(get(citizen(OTHER), CODE), "issued_at");
    assert_string_not_equal(one, two);
}


static void
a_picture(void **state)
{
    int            i;
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    assert_string_equal(fake_text(get(citizen(NUMBER), CODE), "picture"), "");

    rep = get(citizen(NUMBER), CODE "?picture=png");
    assert_int_equal(strncmp(fake_text(rep, "picture"),
                             "data:image/png;base64,", 22), 0);
    assert_true(rep->len < 5000);

    /* sealed anew each time: no two are as long */
    for (i = 0; i < 200; i++) {
        rep = get(citizen(NUMBER), CODE "?picture=svg");
        assert_int_equal(strncmp(fake_text(rep, "picture"), "data:image/svg",
                                 14), 0);
        assert_true(rep->len < 5000);
    }

    assert_int_equal(get(citizen(NUMBER), CODE "?picture=gif")->status, 422);
}


/* ---- a relative's ------------------------------------------------------ */

static void
a_relatives_code(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);

    rep = get(citizen(NUMBER), relative_path(1));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "kind"), "kin");
    assert_string_equal(fake_text(rep, "form"), "sheet");
    assert_string_equal(fake_text(rep, "label"), "亲属码");
    assert_string_equal(fake_text(rep, "band"), "striped_green");
    assert_string_equal(fake_text(rep, "name"), "王*芬");
    assert_string_equal(fake_text(rep, "relation"), "parent");
    assert_string_equal(fake_text(rep, "unbind_possible_at"),
                        "2026-03-10T12:00:00+08:00");
    assert_true(json_is_false(json_object_get(rep->json, "provisional")));
    assert_int_equal(rep->redis_calls, 3);      /* the look is noted */

    /* and is not again: the guardian's list, the relative's record */
    rep = get(citizen(NUMBER), relative_path(1));
    assert_int_equal(rep->redis_calls, 2);
    assert_int_equal(fake_counter(h, "looks"), 1);
    assert_string_equal(fake_audit_action(h, 0), "kinship.looked");

    fake_advance(h, 10 * 60 * 1000 - 1);
    (void) get(citizen(NUMBER), relative_path(1));
    assert_int_equal(fake_counter(h, "looks"), 1);
    fake_advance(h, 1);
    (void) get(citizen(NUMBER), relative_path(1));
    assert_int_equal(fake_counter(h, "looks"), 2);

    /* nobody else's */
    assert_string_equal(get(citizen(OTHER), relative_path(1))->code,
                        "kinship_no_binding");
    assert_string_equal(get(citizen(NUMBER), CODES "/x")->code,
                        "kinship_no_binding");
    assert_string_equal(get(citizen(ELDER), CODE)->code, "kinship_no_code");
}


/* The relative's record decides: a list alone shows nothing. */
static void
the_relatives_record_decides(void **state)
{
    (void) state;
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "pledge", NOON);
    assert_true(json_is_true(json_object_get(
        get(citizen(NUMBER), relative_path(1))->json, "provisional")));

    fake_redis(h, "HDEL civic:{p:%s}:guardians %s", pid_of(ELDER),
               pid_of(NUMBER));
    assert_string_equal(get(citizen(NUMBER), relative_path(1))->code,
                        "kinship_no_binding");
    assert_int_equal(json_array_size(json_object_get(
        get(citizen(NUMBER), CODES)->json, "codes")), 0);
}


static void
a_consent_that_ended(void **state)
{
    json_t  *codes;

    (void) state;
    has_kin_code(CHILD, "小明", "health_child");
    bound(1, NUMBER, CHILD, "child", "pledge", NOON);
    assert_int_equal(get(citizen(NUMBER), relative_path(1))->status, 200);

    fake_redis(h, "HDEL civic:{p:%s}:consents health_child", pid_of(CHILD));
    assert_string_equal(get(citizen(NUMBER), relative_path(1))->code,
                        "kinship_code_ended");

    codes = json_object_get(get(citizen(NUMBER), CODES)->json, "codes");
    assert_int_equal(json_array_size(codes), 1);
    assert_true(json_is_false(json_object_get(json_array_get(codes, 0),
                                              "kept")));
    assert_null(json_object_get(json_array_get(codes, 0), "colour"));

    has_code(NUMBER, "张三");
    consent_is(NUMBER, "health", NULL);
    assert_string_equal(get(citizen(NUMBER), CODE)->code,
                        "consent_required");
}


static void
all_of_them(void **state)
{
    json_t  *codes;

    (void) state;
    has_kin_code(ELDER, "王淑芬", "health");
    has_kin_code(CHILD, "小明", "health_child");
    bound(2, NUMBER, ELDER, "parent", "face", NOON);
    bound(1, NUMBER, CHILD, "child", "pledge", NOON + 1);

    codes = json_object_get(get(citizen(NUMBER), CODES)->json, "codes");
    assert_int_equal(json_array_size(codes), 2);

    has_code(NUMBER, "张三");
    codes = json_object_get(get(citizen(NUMBER), CODES)->json, "codes");
    assert_int_equal(json_array_size(codes), 3);
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(codes, 0), "kind")), "own");
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(codes, 1), "binding_id")), binding_id(2));
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(codes, 2), "name")), "小*");
}


/* ---- bad days ---------------------------------------------------------- */

static void
redis_is_gone(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    rep = checked(fake_request(h, CIVIC_GET, CODE, &(fake_request_t) {
                      .token = citizen(NUMBER), .redis_fault_at = 1,
                      .redis_fault = FAKE_REDIS_NOT_SENT }));
    assert_string_equal(rep->code, "store_unavailable");
}


/* Somebody else's, moved. */
static void
a_record_that_was_moved(void **state)
{
    const redisReply  *row;

    (void) state;
    has_code(NUMBER, "张三");
    has_code(OTHER, "李四");
    row = fake_redis(h, "HGET civic:{p:%s}:health identity", pid_of(OTHER));
    fake_redis(h, "HSET civic:{p:%s}:health identity %b", pid_of(NUMBER),
               row->str, row->len);
    assert_int_equal(get(citizen(NUMBER), CODE)->status, 500);
    assert_true(fake_logged(h, "cannot be read"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        TEST(an_own_code),
        TEST(consent_ends_meanwhile),
        TEST(only_who_is_proven),
        TEST(from_fourteen_on),
        TEST(changes_with_its_window),
        TEST(windows_begin_apart),
        TEST(a_picture),
        TEST(a_relatives_code),
        TEST(the_relatives_record_decides),
        TEST(a_consent_that_ended),
        TEST(all_of_them),
        TEST(redis_is_gone),
        TEST(a_record_that_was_moved),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
