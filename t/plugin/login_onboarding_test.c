/*
 * login_onboarding_test.c - the steps before one may apply: for whom which
 * are there, which are done, and which comes next.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_world.h"

#define ACCOUNT  "alipay:2021000000000001:op-1"

/* What is known of somebody; absent members are "no". */
typedef struct {
    const char  *method;
    int          visitor;
    int          claimed;
    int          has_password;
    int          proven;
    const char  *face;          /* answers of the calls; NULL: not loaded */
    const char  *photo;
    const char  *consent;
    const char  *given;         /* of civic.consent_give */
} who_t;


/* ---- people ------------------------------------------------------------ */

static void
answer_call(const char *name, const char *out)
{
    if (out != NULL) {
        fake_answer_call(h, name, CIVIC_OK, json_loads(out, 0, NULL));
    }
}


static void
be(const who_t *who)
{
    const char  *person = key_of(NUMBER, "person");

    fake_host_reset(h);
    fake_set_clock(h, NOON);
    answer_call("civic.consent", who->consent);
    answer_call("civic.consent_give", who->given);
    answer_call("face_auth.state", who->face);
    answer_call("photo_check.state", who->photo);

    if (who->visitor) {
        fake_redis(h, "HSET %s subject x created_at 1700000000000",
                   key_of(ACCOUNT, "account"));

        if (who->claimed) {
            fake_redis(h, "HSET %s claim x claim_at 1773028700000",
                       key_of(ACCOUNT, "account"));
        }

        if (who->has_password) {
            fake_redis(h, "HSET %s password x password_set_at "
                       "1773028700000", key_of(ACCOUNT, "account"));
        }

        return;
    }

    add_person(NUMBER, NAME, who->has_password ? TODAYS_HASH : NULL);

    if (who->proven) {
        fake_redis(h, "HSET %s proven %s", person, "1773000000000 face");
    }
}


static const char *
session_of(const who_t *who)
{
    return fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(fake_person_id(h, who->visitor ? ACCOUNT
                                                         : NUMBER)),
        .roles = who->visitor ? CIVIC_VISITOR : CIVIC_CITIZEN,
        .method = who->method, .lifetime = 3600, .refresh = 60,
        .must_set_password = !who->has_password
                             && strcmp(who->method, "alipay") != 0,
    });
}


static fake_reply_t *
look(const char *token, const char *query)
{
    char           path[64];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/login/onboarding%s", query);
    rep = get(path, token);

    if (rep->status != 200 || rep->undocumented != NULL) {
        tell_log();
        fail_msg("%d %s %s", rep->status, rep->body, rep->undocumented);
    }

    assert_true(rep->stack_used < 64 * 1024);

    return rep;
}


/* "enter:done identity:next ..." */
static const char *
steps_of(const fake_reply_t *rep)
{
    static char  all[512];

    size_t        i, len = 0;
    json_t       *step;
    const char   *name, *state;

    all[0] = '\0';

    json_array_foreach(json_object_get(rep->json, "steps"), i, step) {
        name = json_string_value(json_object_get(step, "name"));
        state = json_string_value(json_object_get(step, "state"));
        len += (size_t) snprintf(all + len, sizeof(all) - len, "%s%s:%s",
                                 i == 0 ? "" : " ", name, state);
    }

    return all;
}


static json_t *
step_of(const fake_reply_t *rep, const char *name)
{
    size_t   i;
    json_t  *step;

    json_array_foreach(json_object_get(rep->json, "steps"), i, step) {
        if (strcmp(json_string_value(json_object_get(step, "name")), name)
            == 0)
        {
            return step;
        }
    }

    return NULL;
}


static const char *
member(const fake_reply_t *rep, const char *step, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(step_of(rep, step), name));

    return text == NULL ? "" : text;
}


static int
yes(const fake_reply_t *rep, const char *name)
{
    assert_true(json_is_boolean(json_object_get(rep->json, name)));

    return json_is_true(json_object_get(rep->json, name));
}


/* ---- the matrix -------------------------------------------------------- */

#define CONSENT  "{\"id\":\"c1\"}"
#define NONE     "{}"
#define GIVEN    "{\"state\":\"given\",\"id\":\"c1\"}"
#define VALID    "{\"valid\":true,\"counter\":false}"
#define OLD      "{\"valid\":false,\"counter\":true}"
#define PHOTO(state)  "{\"progress\":\"" state "\"}"

static void
test_matrix(void **state)
{
    size_t         i;
    fake_reply_t  *rep;
    const char    *words;
    const struct {
        who_t        who;
        const char  *steps;
    } cases[] = {
        /* a visitor on the phone: the face, then the password */
        { { .method = "alipay", .visitor = 1, .consent = NONE },
          "enter:done authorise:next identity:later face:later "
          "password:later verified:later exam:later" },
        { { .method = "alipay", .visitor = 1, .consent = CONSENT },
          "enter:done authorise:done identity:next face:later "
          "password:later verified:later exam:later" },
        { { .method = "alipay", .visitor = 1, .consent = CONSENT,
            .claimed = 1, .photo = PHOTO("none") },
          "enter:done authorise:done identity:done face:next "
          "password:later photo:later verified:later exam:later" },

        /* on the PC: the password, then the face */
        { { .method = "alipay_qr", .visitor = 1, .consent = NONE },
          "login:done authorise:next password:later identity:later "
          "face:later verified:later exam:later" },
        { { .method = "alipay_qr", .visitor = 1, .consent = CONSENT },
          "login:done authorise:done password:next identity:later "
          "face:later verified:later exam:later" },
        { { .method = "alipay_qr", .visitor = 1, .consent = CONSENT,
            .has_password = 1 },
          "login:done authorise:done password:done identity:next "
          "face:later verified:later exam:later" },
        { { .method = "alipay_qr", .visitor = 1, .consent = CONSENT,
            .has_password = 1, .claimed = 1 },
          "login:done authorise:done password:done identity:done "
          "face:next verified:later exam:later" },

        /* the card tells who it is, and asks no second question */
        { { .method = "card", .consent = NONE, .given = GIVEN },
          "login:done authorise:done password:next identity:done "
          "face:later verified:later exam:later" },
        { { .method = "card", .consent = NONE, .given = GIVEN,
            .has_password = 1 },
          "login:done authorise:done password:done identity:done "
          "face:next verified:later exam:later" },

        /* registered and authenticated */
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .proven = 1, .face = VALID },
          "login:done authorise:done password:done identity:skipped "
          "face:skipped verified:done exam:next" },
        { { .method = "alipay", .consent = CONSENT, .has_password = 1,
            .proven = 1, .face = VALID, .photo = PHOTO("passed") },
          "enter:done authorise:done identity:skipped face:skipped "
          "password:done photo:skipped verified:done exam:next" },
        { { .method = "alipay", .consent = CONSENT, .proven = 1,
            .face = VALID },
          "enter:done authorise:done identity:skipped face:skipped "
          "password:next verified:later exam:later" },

        /* nobody says how long a face counts */
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .proven = 1 },
          "login:done authorise:done password:done identity:skipped "
          "face:skipped verified:done exam:next" },

        /* a face of long ago, and none at all */
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .proven = 1, .face = OLD },
          "login:done authorise:done password:done identity:done "
          "face:next verified:later exam:later" },
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .face = VALID },
          "login:done authorise:done password:done identity:done "
          "face:next verified:later exam:later" },

        /* the photograph */
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .proven = 1, .face = VALID, .photo = PHOTO("none") },
          "login:done authorise:done password:done identity:done "
          "face:done photo:next verified:later exam:later" },
        { { .method = "password", .consent = CONSENT, .has_password = 1,
            .proven = 1, .face = VALID, .photo = PHOTO("waiting") },
          "login:done authorise:done password:done identity:done "
          "face:done photo:done verified:done exam:next" },

        /* no consents here; what was withdrawn is asked for */
        { { .method = "password", .has_password = 1, .proven = 1 },
          "login:done password:done identity:skipped face:skipped "
          "verified:done exam:next" },
        { { .method = "password", .has_password = 1, .proven = 1,
            .consent = NONE, .given = "{\"state\":\"ask\"}" },
          "login:done authorise:next password:done identity:skipped "
          "face:skipped verified:later exam:later" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        be(&cases[i].who);
        rep = look(session_of(&cases[i].who), "");
        words = steps_of(rep);

        if (strcmp(words, cases[i].steps) != 0) {
            fail_msg("case %zu: %s", i, words);
        }

        /* next is the step that is next; all is done if that is the last */
        assert_string_equal(member(rep, fake_text(rep, "next"), "state"),
                            "next");
        assert_int_equal(yes(rep, "complete"),
                         strcmp(fake_text(rep, "next"), "exam") == 0);
        assert_false(yes(rep, "exchange"));
        assert_string_equal(fake_text(rep, "method"), cases[i].who.method);
    }
}


static void
test_channel(void **state)
{
    who_t          who = { .method = "alipay", .visitor = 1 };
    const char    *token;
    fake_reply_t  *rep;

    (void) state;

    be(&who);
    token = session_of(&who);
    assert_string_equal(fake_text(look(token, ""), "channel"), "phone");
    rep = look(token, "?channel=pc");
    assert_string_equal(fake_text(rep, "channel"), "pc");
    assert_string_equal(fake_text(rep, "next"), "password");
    assert_string_equal(fake_text(look(token, "?channel=phone"), "next"),
                        "identity");
    assert_string_equal(fake_field_error(get("/login/onboarding?channel=tv",
                                             token), "?channel"),
                        "not_a_choice");
}


/* ---- words and times --------------------------------------------------- */

static void
test_words(void **state)
{
    who_t          who = { .method = "alipay", .visitor = 1, .claimed = 1,
                           .consent = CONSENT, .photo = PHOTO("waiting") };
    json_t        *service;
    const char    *token;
    fake_reply_t  *rep;

    (void) state;

    be(&who);
    token = session_of(&who);
    rep = look(token, "");
    assert_string_equal(member(rep, "enter", "title"), "进入考试系统");
    assert_string_equal(member(rep, "face", "title"), "人脸识别认证");
    assert_non_null(strstr(member(rep, "face", "text"), "同意协议并认证"));
    assert_non_null(strstr(member(rep, "password", "text"),
                           "该密码用于登录注册系统。请考生牢记并妥善保管，防止信息"
                           "被他人篡改"));
    assert_string_equal(member(rep, "verified", "title"), "身份认证完成");
    assert_string_equal(member(rep, "exam", "title"), "本次考试");
    assert_non_null(strstr(member(rep, "photo", "text"), "待人工比对"));
    assert_string_equal(member(rep, "enter", "at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(member(rep, "identity", "at"),
                        "2026-03-09T11:58:20+08:00");
    assert_string_equal(member(rep, "face", "at"), "");

    service = json_object_get(rep->json, "service");
    assert_int_equal(json_object_size(service), 4);
    assert_non_null(strstr(json_string_value(json_object_get(service,
                                                             "name")),
                           "示例"));

    rep = look(token, "?channel=pc");
    assert_non_null(strstr(member(rep, "face", "text"), "扫一扫"));

    rep = fake_request(h, CIVIC_GET, "/login/onboarding", &(fake_request_t) {
        .token = token, .headers = { "Accept-Language: en" } });
    assert_string_equal(member(rep, "password", "title"), "Set a password");
}


static void
test_times(void **state)
{
    who_t          who = { .method = "password", .has_password = 1,
                           .proven = 1 };
    fake_reply_t  *rep;

    (void) state;

    be(&who);
    rep = look(session_of(&who), "");
    assert_string_equal(member(rep, "face", "at"),
                        "2026-03-09T04:00:00+08:00");
    assert_string_equal(member(rep, "password", "at"),
                        "2023-11-15T06:13:20+08:00");
    assert_string_equal(member(rep, "face", "text"), "");
    assert_null(strstr(rep->body, NUMBER));
    assert_null(strstr(rep->body, NAME));
}


/* ---- a visitor who is known by now ------------------------------------- */

static void
test_exchange(void **state)
{
    who_t          person = { .method = "password", .has_password = 1,
                              .proven = 1, .face = VALID };
    who_t          visitor = { .method = "alipay", .visitor = 1 };
    fake_reply_t  *rep;

    (void) state;

    be(&person);
    fake_redis(h, "HSET %s subject x person %s", key_of(ACCOUNT, "account"),
               fake_person_id(h, NUMBER));

    /* the person does not know the account: so nobody does */
    rep = look(session_of(&visitor), "");
    assert_false(yes(rep, "exchange"));
    assert_string_equal(fake_text(rep, "next"), "identity");

    fake_redis(h, "HSET %s account:%s %s", key_of(NUMBER, "person"),
               fake_person_id(h, ACCOUNT), "alipay 1773000000000");
    rep = look(session_of(&visitor), "");
    assert_true(yes(rep, "exchange"));
    assert_true(yes(rep, "complete"));
    assert_string_equal(fake_text(rep, "next"), "exam");
}


/* ---- the consent that needs no question -------------------------------- */

static void
test_automatic(void **state)
{
    who_t          who = { .method = "password", .has_password = 1,
                           .consent = NONE, .given = GIVEN };
    json_t        *in;
    const char    *token;

    (void) state;

    be(&who);
    token = session_of(&who);
    assert_int_equal(fake_request(h, CIVIC_GET, "/login/onboarding",
                                  &(fake_request_t) {
        .token = token, .headers = { "Civic-Channel: counter" }
    })->status, 200);
    in = fake_called(h, "civic.consent_give", 0);
    assert_non_null(in);
    assert_string_equal(json_string_value(json_object_get(in, "pid")),
                        fake_person_id(h, NUMBER));
    assert_string_equal(json_string_value(json_object_get(in, "purpose")),
                        "identity");
    assert_string_equal(json_string_value(json_object_get(in, "method")),
                        "automatic");
    assert_string_equal(json_string_value(json_object_get(in, "channel")),
                        "counter");
    assert_string_equal(json_string_value(json_object_get(in, "language")),
                        "zh");

    /* who has it is not given it again */
    who.consent = CONSENT;
    be(&who);
    look(session_of(&who), "");
    assert_null(fake_called(h, "civic.consent_give", 0));

    /* nor who says 授权 by hand */
    who.method = "alipay_qr";
    who.consent = NONE;
    be(&who);
    look(session_of(&who), "");
    assert_null(fake_called(h, "civic.consent_give", 0));

    /* what cannot be written now is written another time */
    who.method = "password";
    who.given = NULL;
    be(&who);
    fake_answer_call(h, "civic.consent_give", CIVIC_NOT_SENT, NULL);
    assert_string_equal(fake_text(look(session_of(&who), ""), "next"),
                        "authorise");
}


/* ---- bad days ---------------------------------------------------------- */

static void
test_bad_days(void **state)
{
    size_t         i;
    who_t          who = { .method = "alipay", .visitor = 1 };
    const char    *calls[] = { "civic.consent", "photo_check.state" };

    (void) state;

    assert_int_equal(get("/login/onboarding", NULL)->status, 401);
    assert_int_equal(get("/login/onboarding",
                         fake_session(h, NUMBER, CIVIC_COUNTER))->status,
                     403);

    be(&who);
    assert_string_equal(fake_request(h, CIVIC_GET, "/login/onboarding",
                                     &(fake_request_t) {
        .token = session_of(&who), .redis_fault_at = 1,
        .redis_fault = FAKE_REDIS_NOT_SENT
    })->code, "store_unavailable");

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        be(&who);
        fake_answer_call(h, calls[i], CIVIC_NOT_SENT, NULL);
        assert_string_equal(get("/login/onboarding",
                                session_of(&who))->code,
                            "store_unavailable");
    }

    be(&who);
    answer_call("photo_check.state", "{\"progress\":7}");
    assert_int_equal(get("/login/onboarding", session_of(&who))->status,
                     500);

    /* records that are none */
    be(&who);
    fake_redis(h, "HSET %s person %s claim_at never",
               key_of(ACCOUNT, "account"), "nobody");
    assert_string_equal(fake_text(look(session_of(&who), ""), "next"),
                        "identity");

    who = (who_t) { .method = "password", .has_password = 1 };
    be(&who);
    fake_redis(h, "HSET %s proven %s", key_of(NUMBER, "person"), "face");
    assert_string_equal(fake_text(look(session_of(&who), ""), "next"),
                        "face");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_matrix, reset),
        cmocka_unit_test_setup(test_channel, reset),
        cmocka_unit_test_setup(test_words, reset),
        cmocka_unit_test_setup(test_times, reset),
        cmocka_unit_test_setup(test_exchange, reset),
        cmocka_unit_test_setup(test_automatic, reset),
        cmocka_unit_test_setup(test_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
