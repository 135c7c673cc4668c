/*
 * kinship_check_test.c - what a scanned text is, who looked, and what other
 * plugins ask.
 */

#include "kinship_world.h"

#define CODE    "/kinship/code"
#define CHECKS  "/kinship/checks"
#define LOOKS   "/kinship/looks"



static const char *
shown_of(const char *token, const char *path)
{
    fake_reply_t  *rep = get(token, path);

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return text("%s", fake_text(rep, "code"));
}


static const char *
own_code(const char *number)
{
    return shown_of(citizen(number), CODE);
}


static const char *
kin_code(const char *guardian, unsigned n)
{
    return shown_of(citizen(guardian),
                    text("/kinship/codes/%s", binding_id(n)));
}


static fake_reply_t *
check_at(const char *code, const char *place)
{
    json_t        *body = json_pack("{s:s, s:s}", "code", code, "place",
                                    place);
    char          *json = json_dumps(body, 0);
    fake_reply_t  *rep = post(staff(CIVIC_DOOR), CHECKS, json);

    json_decref(body);
    free(json);

    return rep;
}


static const char *
verdict_of(const char *code)
{
    fake_reply_t  *rep = check_at(code, "public");

    assert_int_equal(rep->status, 200);

    if (strcmp(fake_text(rep, "verdict"), "genuine") != 0) {
        assert_string_equal(fake_text(rep, "name"), "");
        assert_string_equal(fake_text(rep, "colour"), "");
    }

    return fake_text(rep, "verdict");
}


/* ---- verdicts ---------------------------------------------------------- */

static void
genuine(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    rep = check_at(own_code(NUMBER), "public");
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "verdict"), "genuine");
    assert_string_equal(fake_text(rep, "kind"), "own");
    assert_string_equal(fake_text(rep, "name"), "张*");
    assert_string_equal(fake_text(rep, "colour"), "green");
    assert_int_equal(rep->redis_calls, 2);
    assert_string_equal(fake_audit_action(h, 0), "kinship.looked");

    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);
    rep = check_at(kin_code(NUMBER, 1), "sampling");
    assert_string_equal(fake_text(rep, "kind"), "kin");
    assert_string_equal(fake_text(rep, "name"), "王*芬");
}


static void
something_else(void **state)
{
    (void) state;
    assert_string_equal(verdict_of("https://example.cn/menu"), "other");
    assert_string_equal(verdict_of("civicl:ABC"), "other");
    assert_string_equal(verdict_of("CIVICL"), "other");
    assert_string_equal(fake_audit_action(h, 0), "kinship.check_refused");
}


static void
forged(void **state)
{
    char         code[256], other[300];
    size_t       i;

    (void) state;
    has_code(NUMBER, "张三");
    snprintf(code, sizeof(code), "%s", own_code(NUMBER));

    assert_string_equal(verdict_of("CIVICL:"), "forged");
    assert_string_equal(verdict_of("CIVICL:ABCDEF"), "forged");

    /* each character matters, but for none */
    for (i = 7; i < strlen(code); i += 11) {
        snprintf(other, sizeof(other), "%s", code);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        assert_string_equal(verdict_of(other), "forged");
    }

    /* re-encoded: longer, shorter, lower case, with a space behind it */
    snprintf(other, sizeof(other), "%s00", code);
    assert_string_equal(verdict_of(other), "forged");
    snprintf(other, sizeof(other), "%.*s", (int) strlen(code) - 3, code);
    assert_string_equal(verdict_of(other), "forged");
    snprintf(other, sizeof(other), "%s ", code);
    assert_string_equal(verdict_of(other), "forged");
    snprintf(other, sizeof(other), "%s", code);

    for (i = 7; other[i] != '\0'; i++) {
        other[i] |= other[i] >= 'A' && other[i] <= 'Z' ? 0x20 : 0;
    }

    assert_string_equal(verdict_of(other), "forged");
    assert_string_equal(verdict_of(code), "genuine");
}


/* A screenshot. */
static void
expired(void **state)
{
    const char    *code;
    fake_reply_t  *rep;
    civic_msec_t   until;

    (void) state;
    has_code(NUMBER, "张三");
    rep = get(citizen(NUMBER), CODE);
    code = text("%s", fake_text(rep, "code"));
    until = fake_now(h) + 1000 * json_integer_value(
                json_object_get(rep->json, "refresh_in"));

    fake_set_clock(h, until + 28000);
    assert_string_equal(verdict_of(code), "genuine");
    fake_set_clock(h, until + 30000);
    rep = check_at(code, "public");
    assert_string_equal(fake_text(rep, "verdict"), "expired");
    assert_in_range(json_integer_value(json_object_get(rep->json, "age")),
                    59, 61);
    assert_string_equal(fake_text(rep, "name"), "");
    assert_non_null(strstr(fake_text(rep, "hint"), "出示于"));

    /* midnight in Shanghai is no border */
    fake_set_clock(h, NOON + 12 * HOUR - 1000);
    code = own_code(NUMBER);
    fake_set_clock(h, NOON + 12 * HOUR + 1000);
    assert_string_equal(verdict_of(code), "genuine");

    /* a machine whose clock is ahead has shown it */
    fake_set_clock(h, NOON + DAY);
    code = own_code(NUMBER);
    fake_set_clock(h, NOON + DAY - HOUR);
    assert_string_equal(verdict_of(code), "early");
    assert_true(fake_logged(h, "clocks differ"));
}


static void
revoked(void **state)
{
    const char  *own, *kin;

    (void) state;
    has_code(NUMBER, "张三");
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);
    own = own_code(NUMBER);
    kin = kin_code(NUMBER, 1);
    assert_string_equal(verdict_of(kin), "genuine");

    /* another binding of the same two */
    bound(2, NUMBER, ELDER, "parent", "face", NOON);
    assert_string_equal(verdict_of(kin), "revoked");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);
    assert_string_equal(verdict_of(kin), "genuine");
    consent_is(ELDER, "health", NULL);
    assert_string_equal(verdict_of(kin), "revoked");

    assert_string_equal(verdict_of(own), "genuine");
    fake_redis(h, "DEL civic:{p:%s}:health", pid_of(NUMBER));
    assert_string_equal(verdict_of(own), "revoked");
}


/* 一场两站 */
static void
not_here(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");
    has_kin_code(CHILD, "小明", "health_child");
    bound(1, NUMBER, CHILD, "child", "pledge", NOON);

    rep = check_at(kin_code(NUMBER, 1), "airport");
    assert_string_equal(fake_text(rep, "verdict"), "not_here");
    assert_non_null(strstr(fake_text(rep, "hint"), "一场两站"));
    assert_string_equal(fake_text(rep, "name"), "");
    assert_string_equal(fake_text(check_at(own_code(NUMBER), "railway"),
                                  "verdict"), "genuine");

    rep = check_at(own_code(NUMBER), "moon");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/place"), "kinship_place");

    rep = get(staff(CIVIC_SAMPLER), "/kinship/places");
    assert_true(json_array_size(json_object_get(rep->json, "places")) > 3);
}


static void
only_staff_may(void **state)
{
    (void) state;
    assert_int_equal(post(citizen(NUMBER), CHECKS,
                          "{\"code\":\"x\",\"place\":\"public\"}")->status,
                     403);
    assert_int_equal(post(staff(CIVIC_OFFICE), CHECKS,
                          "{\"code\":\"x\",\"place\":\"public\"}")->status,
                     403);
}


/* ---- who looked -------------------------------------------------------- */

static json_t *
look_at(const char *token, const char *path, size_t n)
{
    fake_reply_t  *rep = get(token, path);

    assert_int_equal(rep->status, 200);

    return json_array_get(json_object_get(rep->json, "looks"), n);
}


static const char *
member(json_t *object, const char *name)
{
    const char  *value = json_string_value(json_object_get(object, name));

    return value == NULL ? "" : value;
}


static void
who_looked(void **state)
{
    json_t      *look;
    const char  *path;

    (void) state;
    has_code(OTHER, "李四光");
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, OTHER, ELDER, "parent", "face", NOON);
    (void) check_at(kin_code(OTHER, 1), "sampling");
    path = text(LOOKS "?binding_id=%s", binding_id(1));

    /* a guardian's reading is a look itself */
    look = look_at(citizen(OTHER), path, 0);
    assert_string_equal(member(look, "what"), "looks");
    assert_string_equal(member(look, "what_label"), "查看记录");

    look = look_at(citizen(OTHER), path, 1);
    assert_string_equal(member(look, "role"), "door");
    assert_string_equal(member(look, "role_label"), "核验人员");
    assert_string_equal(member(look, "place"), "sampling");
    assert_string_equal(member(look, "place_label"), "核酸采样点");
    assert_string_equal(member(look, "what"), "scan");
    assert_string_equal(member(look, "purpose_label"), "疫情防控");

    look = look_at(citizen(OTHER), path, 2);
    assert_string_equal(member(look, "role"), "guardian");
    assert_string_equal(member(look, "name"), "李*光");
    assert_string_equal(member(look, "at"), "2026-03-09T12:00:00+08:00");

    /* the person sees the same */
    look = look_at(citizen(ELDER), LOOKS, 2);
    assert_string_equal(member(look, "name"), "李*光");
    assert_string_equal(get(citizen(NUMBER), path)->code, "kinship_no_binding");
    assert_null(look_at(citizen(OTHER), LOOKS, 0));
}


/* What was before the binding is not the guardian's to know, and nothing is
   after the consent. */
static void
looks_since_the_binding(void **state)
{
    int            i;
    const char    *path;
    fake_reply_t  *rep;

    (void) state;
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, OTHER, ELDER, "parent", "face", NOON);

    for (i = 0; i < 40; i++) {
        (void) check_at(kin_code(OTHER, 1), "public");
    }

    fake_advance(h, HOUR);
    bound(2, NUMBER, ELDER, "parent", "face", NOON + HOUR);
    path = text(LOOKS "?binding_id=%s", binding_id(2));
    rep = get(citizen(NUMBER), path);
    assert_int_equal(json_array_size(json_object_get(rep->json, "looks")), 1);
    assert_null(json_object_get(rep->json, "next"));
    assert_string_equal(member(look_at(citizen(NUMBER), path, 0), "name"),
                        "*");

    consent_is(ELDER, "health", NULL);
    assert_string_equal(get(citizen(NUMBER), path)->code,
                        "kinship_code_ended");
}


static void
pages_of_looks(void **state)
{
    int            i;
    json_t        *in;
    char           next[64];
    fake_reply_t  *rep;

    (void) state;
    has_code(NUMBER, "张三");

    for (i = 0; i < 35; i++) {
        in = json_pack("{s:s, s:s, s:s, s:s}", "pid", pid_of(NUMBER), "by",
                       "", "purpose", "counter", "what", "facts");
        assert_int_equal(json_integer_value(json_object_get(
            asked(h, "kinship", "look", in), "result")), CIVIC_OK);
    }

    rep = get(citizen(NUMBER), LOOKS);
    assert_int_equal(json_array_size(json_object_get(rep->json, "looks")),
                     30);
    snprintf(next, sizeof(next), "%s", fake_text(rep, "next"));
    rep = get(citizen(NUMBER), text(LOOKS "?before=%s", next));
    assert_int_equal(json_array_size(json_object_get(rep->json, "looks")),
                     5);
    assert_string_equal(fake_text(rep, "next"), "");
}


/* ---- calls ------------------------------------------------------------- */

static size_t
looks_after(const char *by, const char *what)
{
    json_t  *answer;

    answer = asked(h, "kinship", "look", json_pack(
                 "{s:s, s:s, s:s, s:s}", "pid", pid_of(NUMBER), "by", by,
                 "purpose", "epidemic_control", "what", what));
    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     CIVIC_OK);

    return json_array_size(json_object_get(
               get(citizen(NUMBER), LOOKS)->json, "looks"));
}


/* A guardian's looks at the same are one for some minutes; staff's never. */
static void
others_note_looks(void **state)
{
    const char  *guardian = pid_of(OTHER);

    (void) state;
    has_code(NUMBER, "张三");
    assert_int_equal(looks_after(guardian, "tests"), 1);
    assert_int_equal(looks_after(guardian, "tests"), 1);
    assert_int_equal(looks_after(guardian, "code"), 2);
    fake_advance(h, 10 * 60 * 1000);
    assert_int_equal(looks_after(guardian, "tests"), 3);
    assert_int_equal(looks_after("", "facts"), 4);
    assert_int_equal(looks_after("", "facts"), 5);

    assert_int_equal(json_integer_value(json_object_get(
        asked(h, "kinship", "look", json_pack("{s:s}", "pid", "x")),
        "result")), CIVIC_ERROR);
}


static json_t *
out_of(json_t *answer)
{
    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     CIVIC_OK);

    return json_object_get(answer, "out");
}


static void
others_scan(void **state)
{
    json_t  *out;

    (void) state;
    has_kin_code(CHILD, "小明", "health_child");
    bound(1, NUMBER, CHILD, "child", "pledge", NOON);

    out = out_of(asked(h, "kinship", "scan", json_pack(
        "{s:s, s:s, s:s, s:s}", "code", kin_code(NUMBER, 1), "what", "sampling",
        "place", "sampling", "site", "airport")));
    assert_string_equal(member(out, "verdict"), "genuine");
    assert_string_equal(member(out, "pid"), pid_of(CHILD));
    assert_string_equal(member(out, "kind"), "kin");
    assert_string_equal(member(out, "name"), "小*");

    out = out_of(asked(h, "kinship", "scan", json_pack(
        "{s:s, s:s}", "code", "x", "what", "sampling")));
    assert_string_equal(member(out, "verdict"), "other");
    assert_null(json_object_get(out, "pid"));

    assert_string_equal(member(look_at(citizen(CHILD), LOOKS, 0), "place"),
                        "sampling");
    assert_string_equal(member(look_at(citizen(CHILD), LOOKS, 0), "site"),
                        "airport");

    /* a place that is no kind is a mistake, and no door that is open */
    assert_int_equal(json_integer_value(json_object_get(
        asked(h, "kinship", "scan", json_pack(
            "{s:s, s:s, s:s}", "code", kin_code(NUMBER, 1), "what",
            "sampling", "place", "moon")), "result")), CIVIC_ERROR);
}


static void
others_ask_for_relatives(void **state)
{
    json_t  *out, *list;

    (void) state;
    has_code(NUMBER, "张三");
    has_kin_code(ELDER, "王淑芬", "health");
    bound(1, NUMBER, ELDER, "parent", "face", NOON);

    out = out_of(asked(h, "kinship", "relatives",
                       json_pack("{s:s}", "pid", pid_of(NUMBER))));
    assert_true(json_is_true(json_object_get(out, "own")));
    list = json_object_get(out, "relatives");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(member(json_array_get(list, 0), "pid"),
                        pid_of(ELDER));
    assert_string_equal(member(json_array_get(list, 0), "name"), "王*芬");
    assert_string_equal(member(json_array_get(list, 0), "binding_id"),
                        binding_id(1));

    /* not one whose consent has ended */
    consent_is(ELDER, "health", NULL);
    out = out_of(asked(h, "kinship", "relatives",
                       json_pack("{s:s}", "pid", pid_of(NUMBER))));
    assert_int_equal(json_array_size(json_object_get(out, "relatives")), 0);

    out = out_of(asked(h, "kinship", "relatives",
                       json_pack("{s:s}", "pid", pid_of(ELDER))));
    assert_true(json_is_false(json_object_get(out, "own")));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        TEST(genuine),
        TEST(something_else),
        TEST(forged),
        TEST(expired),
        TEST(revoked),
        TEST(not_here),
        TEST(only_staff_may),
        TEST(who_looked),
        TEST(looks_since_the_binding),
        TEST(pages_of_looks),
        TEST(others_note_looks),
        TEST(others_scan),
        TEST(others_ask_for_relatives),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
