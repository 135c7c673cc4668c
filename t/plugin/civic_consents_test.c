/*
 * civic_consents_test.c - consents: the text of now, a tick for each kind of
 * sensitive data, withdrawal at any moment.
 */

#include "civic_consents.h"


/* ---- texts ------------------------------------------------------------- */

static void
test_text(void **state)
{
    json_t        *flags;
    fake_reply_t  *rep, *english;

    (void) state;

    rep = get("/civic/consents/texts/face", NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "language"), "zh");
    assert_int_equal(number(rep, "version"), 1);
    assert_int_equal(number(rep, "retention_days"), 180);
    assert_int_equal(strlen(fake_text(rep, "digest")), 64);
    assert_non_null(strstr(fake_text(rep, "text"), "示例"));
    assert_non_null(strstr(fake_text(rep, "text"),
                           fake_text(rep, "alternative")));
    flags = json_object_get(rep->json, "flags");
    assert_int_equal(json_array_size(flags), 1);
    assert_string_equal(json_string_value(json_array_get(flags, 0)), "face");

    english = get_english("/civic/consents/texts/face", NULL);
    assert_string_equal(fake_text(english, "language"), "en");
    assert_non_null(strstr(fake_text(english, "text"), "example"));
    assert_string_not_equal(fake_text(english, "digest"),
                            fake_text(rep, "digest"));

    assert_int_equal(get("/civic/consents/texts/photo", NULL)->status, 200);
    assert_string_equal(get("/civic/consents/texts/nothing", NULL)->code,
                        "not_found");
    assert_string_equal(get("/civic/consents/texts/..%2Fface", NULL)->code,
                        "not_found");
}


/* ---- giving ------------------------------------------------------------ */

static void
test_give(void **state)
{
    json_t      *one;
    const char  *id;

    (void) state;

    assert_int_equal(count_of(), 0);
    id = consent();
    assert_int_equal(strlen(id), 22);
    assert_true(field_is(CITIZEN, "consents", "face", id));

    one = nth(0);
    assert_string_equal(text_of(one, "consent_id"), id);
    assert_string_equal(text_of(one, "purpose"), "face");
    assert_string_equal(text_of(one, "relation"), "self");
    assert_string_equal(text_of(one, "status"), "active");
    assert_string_equal(text_of(one, "digest"), digest_of(0));
    assert_string_equal(text_of(one, "given_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(text_of(one, "retention_until"),
                        "2026-09-05T12:00:00+08:00");
    assert_true(json_is_null(json_object_get(one, "ended_at")));
    assert_true(json_is_null(json_object_get(one, "erased_at")));
    assert_true(json_is_null(json_object_get(one, "erased_items")));
    assert_int_equal(json_array_size(json_object_get(one, "flags")), 1);

    assert_string_equal(fake_audit_action(h, 0), "civic.consent_given");
    assert_int_equal(fake_counter(h, "consents"), 1);

    /* the same text again, in the other language too, is the same consent */
    assert_string_equal(consent(), id);
    assert_string_equal(fake_text(consent_as(citizen,
                            body_of(1, 1, "{\"face\":true}")), "consent_id"),
                        id);
    assert_int_equal(count_of(), 1);
    assert_int_equal(fake_counter(h, "consents"), 1);
    assert_null(fake_audit(h, 1));

    /* somebody else has none */
    assert_int_equal(json_array_size(json_object_get(
                         get("/civic/consents",
                             fake_session(h, OTHER, CIVIC_CITIZEN))->json,
                         "consents")), 0);
}


/* What was shown is not what stands now. */
static void
test_text_changed(void **state)
{
    char           body[512];
    fake_reply_t  *rep;

    (void) state;

    rep = consent_as(citizen, body_of(2, 0, "{\"face\":true}"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "consent_text_changed");

    snprintf(body, sizeof(body), "%s", body_of(1, 0, "{\"face\":true}"));
    memset(strstr(body, digest_of(0)), '0', 64);
    assert_string_equal(consent_as(citizen, body)->code,
                        "consent_text_changed");

    /* the digest of the other language's text */
    snprintf(body, sizeof(body), "%s", body_of(1, 0, "{\"face\":true}"));
    memcpy(strstr(body, digest_of(0)), digest_of(1), 64);
    assert_string_equal(consent_as(citizen, body)->code,
                        "consent_text_changed");
    assert_int_equal(count_of(), 0);
}


static void
test_flags(void **state)
{
    size_t         i;
    char           body[512];
    fake_reply_t  *rep;
    const struct {
        const char  *flags;
        const char  *pointer;
        const char  *code;
    } cases[] = {
        { "{}", "/flags/face", "required" },
        { "{\"face\":false}", "/flags/face", "consent_flag_needed" },
        { "{\"face\":1}", "/flags/face", "wrong_type" },
        { "{\"face\":\"true\"}", "/flags/face", "wrong_type" },
        { "{\"face\":null}", "/flags/face", "wrong_type" },
        { "{\"face\":true,\"health\":true}", "/flags/health",
          "consent_flag_unasked" },
        { "{\"face\":true,\"health\":false}", "/flags/health",
          "consent_flag_unasked" },
        { "{\"face\":true,\"all\":true}", "/flags/all", "unknown_field" },
        { "true", "/flags", "wrong_type" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rep = consent_as(citizen, body_of(1, 0, cases[i].flags));

        if (rep->status != 422
            || strcmp(fake_field_error(rep, cases[i].pointer), cases[i].code)
               != 0)
        {
            fail_msg("%s: %s", cases[i].flags, rep->body);
        }
    }

    /* nor is anything else taken for granted */
    rep = consent_as(citizen, "{}");
    assert_string_equal(fake_field_error(rep, "/flags"), "required");
    assert_string_equal(fake_field_error(rep, "/method"), "required");
    assert_string_equal(fake_field_error(rep, "/digest"), "required");

    snprintf(body, sizeof(body), "%s", body_of(1, 0, "{\"face\":true}"));
    memcpy(strstr(body, "\"face\""), "\"cafe\"", 6);
    rep = consent_as(citizen, body);
    assert_string_equal(fake_field_error(rep, "/purpose"),
                        "consent_purpose_unknown");
    assert_int_equal(count_of(), 0);
}


/* One to an older text is replaced; what relies on it asks again. */
static void
test_replaced(void **state)
{
    char           old[64];
    const char    *key;
    json_t        *one;

    (void) state;

    snprintf(old, sizeof(old), "%s", consent());
    key = key_of(CITIZEN, "consents");
    fake_redis(h, "HSET %s text:%s %s", key, old, "0 zh 00");

    assert_string_not_equal(consent(), old);
    assert_int_equal(count_of(), 2);
    one = nth(1);
    assert_string_equal(text_of(one, "consent_id"), old);
    assert_string_equal(text_of(one, "status"), "replaced");
    assert_string_equal(text_of(one, "ended_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(text_of(nth(0), "status"), "active");
    assert_false(waits());

    /* the same version in other words, too */
    snprintf(old, sizeof(old), "%s", text_of(nth(0), "consent_id"));
    fake_redis(h, "HSET %s text:%s %s", key, old, "1 zh 00");
    assert_string_not_equal(consent(), old);
}


/* The text has a newer version: what needs the consent asks for it anew. */
static void
test_outdated(void **state)
{
    char         id[64], noted[80];
    const char  *key = key_of(CITIZEN, "consents");

    (void) state;

    snprintf(id, sizeof(id), "%s", consent());
    snprintf(noted, sizeof(noted), "%s 1 %lld", id,
             NOON + 180 * 86400000LL);
    assert_true(field_is(CITIZEN, "consents", "version:face", noted));
    assert_int_equal(keep()->status, 200);

    /* a newer one than that of these rules, as another machine may have */
    fake_redis(h, "HSET %s version:face %s", key, "x");
    fake_redis(h, "HSET %s text:%s %s", key, id, "2 zh 00");
    assert_int_equal(keep()->status, 200);

    /* noted of another consent, or never noted: the record tells */
    fake_redis(h, "HSET %s version:face %s", key, "another 1");
    fake_redis(h, "HSET %s text:%s %s", key, id, "0 zh 00");
    assert_string_equal(keep()->code, "consent_required");
    fake_redis(h, "HDEL %s version:face", key);
    assert_string_equal(keep()->code, "consent_required");

    /* and one that nothing tells about */
    fake_redis(h, "HDEL %s text:%s", key, id);
    assert_string_equal(keep()->code, "consent_required");

    /* given anew, it holds */
    assert_string_not_equal(consent(), id);
    assert_int_equal(keep()->status, 200);
    assert_string_equal(text_of(nth(0), "status"), "active");
    assert_string_equal(text_of(nth(1), "status"), "replaced");

    /* and goes with its version */
    assert_int_equal(withdraw()->status, 200);
    assert_true(field_is(CITIZEN, "consents", "version:face", NULL));
}


static void
test_nothing_in_clear(void **state)
{
    size_t             i, j;
    const redisReply  *all;
    const char        *words[] = { "192.0.2", "alipay", "1.2.3", "tick",
                                   "示例" };

    (void) state;

    consent();
    all = fake_redis(h, "HGETALL %s", key_of(CITIZEN, "consents"));
    assert_int_equal(all->elements, 10);

    for (i = 0; i < all->elements; i++) {
        for (j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
            assert_null(strstr(all->element[i]->str, words[j]));
        }
    }
}


/* Records that have ended and are proven erased make room; none else. */
static void
test_bounds(void **state)
{
    int          i;
    const char  *key = key_of(CITIZEN, "consents");

    (void) state;

    for (i = 0; i < 105; i++) {
        consent();
        assert_int_equal(withdraw()->status, 200);
    }

    assert_int_equal(count_of(), 100);
    consent();
    assert_int_equal(count_of(), 100);
    assert_int_equal(fake_redis(h, "HLEN %s", key)->integer, 1 + 2 + 2 + 99
                                                             * 4);

    /* three years later those are gone */
    assert_int_equal(withdraw()->status, 200);
    fake_advance(h, 1096LL * 86400000);
    citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);
    consent();
    assert_int_equal(count_of(), 1);
}


/* A record whose data is not erased yet stays, whatever comes after it. */
static void
test_bounds_keep_unerased(void **state)
{
    int            i;
    char           body[512], id[64], photo[80];
    fake_reply_t  *rep;

    (void) state;

    snprintf(id, sizeof(id), "%s", consent());
    fake_redis(h, "HSET %s refuses 1000", key_of(CITIZEN, "neighbour"));
    assert_false(is_true(withdraw()->json, "erased"));

    rep = get("/civic/consents/texts/photo", NULL);
    snprintf(photo, sizeof(photo), "%s", fake_text(rep, "digest"));
    snprintf(body, sizeof(body), "{\"purpose\":\"photo\",\"version\":1,"
             "\"digest\":\"%s\",\"language\":\"zh\",\"flags\":"
             "{\"face\":true},\"method\":\"tick_and_button\"}", photo);

    for (i = 0; i < 101; i++) {
        assert_int_equal(consent_as(citizen, body)->status, 201);
        assert_true(is_true(send_to(CIVIC_DELETE, "/civic/consents/photo",
                                    citizen, NULL)->json, "erased"));
    }

    assert_int_equal(count_of(), 100);
    assert_string_equal(text_of(nth(99), "consent_id"), id);
}


static void
test_damaged(void **state)
{
    const char  *id = consent();

    (void) state;

    fake_redis(h, "HSET %s record:%s damaged", key_of(CITIZEN, "consents"),
               id);
    assert_int_equal(get("/civic/consents", citizen)->status, 500);
    assert_true(fake_logged(h, "a record of \"consents\" cannot be read"));
}


/* ---- withdrawing ------------------------------------------------------- */

static void
test_withdraw(void **state)
{
    char           id[64];
    json_t        *one;
    fake_reply_t  *rep;

    (void) state;

    assert_string_equal(withdraw()->code, "consent_not_given");
    assert_string_equal(keep()->code, "consent_required");

    snprintf(id, sizeof(id), "%s", consent());
    assert_int_equal(number(keep(), "things"), 1);
    assert_int_equal(number(keep(), "things"), 2);

    fake_advance(h, 60000);
    rep = withdraw();
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "purpose"), "face");
    assert_string_equal(fake_text(rep, "withdrawn_at"),
                        "2026-03-09T12:01:00+08:00");
    assert_true(is_true(rep->json, "erased"));
    assert_false(waits());

    assert_true(field_is(CITIZEN, "consents", "face", NULL));
    assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    assert_string_equal(keep()->code, "consent_required");
    assert_string_equal(withdraw()->code, "consent_not_given");

    one = nth(0);
    assert_string_equal(text_of(one, "consent_id"), id);
    assert_string_equal(text_of(one, "status"), "withdrawn");
    assert_string_equal(text_of(one, "ended_at"),
                        "2026-03-09T12:01:00+08:00");
    assert_string_equal(text_of(one, "erased_at"),
                        "2026-03-09T12:01:00+08:00");
    assert_int_equal(json_integer_value(json_object_get(one,
                                                        "erased_items")), 2);

    assert_string_equal(fake_audit_action(h, 0), "civic.consent_given");
    assert_string_equal(fake_audit_action(h, 1), "civic.consent_withdrawn");
    assert_string_equal(fake_audit_action(h, 2), "civic.consent_erased");
    assert_int_equal(fake_counter(h, "consents_withdrawn"), 1);
    assert_int_equal(fake_counter(h, "erasures"), 1);

    /* and given anew */
    assert_string_not_equal(consent(), id);
    assert_int_equal(number(keep(), "things"), 1);
}


/* The hash has other fields; they are no purposes. */
static void
test_no_purpose(void **state)
{
    char  path[128];

    (void) state;

    snprintf(path, sizeof(path), "/civic/consents/record:%s", consent());
    assert_string_equal(send_to(CIVIC_DELETE, path, citizen, NULL)->code,
                        "consent_not_given");
    assert_string_equal(send_to(CIVIC_DELETE, "/civic/consents/%3Aindex",
                                citizen, NULL)->code, "consent_not_given");
    assert_int_equal(count_of(), 1);
}


/* Withdrawn between the neighbour's look and its script: nothing is kept. */
static void
test_withdrawn_in_use(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    consent();
    run = fake_begin(h, CIVIC_POST, "/neighbour/things", &(fake_request_t) {
        .token = citizen, .body = "{\"thing\":\"x\"}" });
    assert_int_equal(fake_run_to(run, 1), 1);

    assert_true(is_true(withdraw()->json, "erased"));
    rep = fake_end(run);
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "consent_required");
    assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
}


/* Given anew meanwhile: that is another consent. */
static void
test_given_anew_in_use(void **state)
{
    fake_run_t  *run;

    (void) state;

    consent();
    run = fake_begin(h, CIVIC_POST, "/neighbour/things", &(fake_request_t) {
        .token = citizen, .body = "{\"thing\":\"x\"}" });
    assert_int_equal(fake_run_to(run, 1), 1);

    withdraw();
    consent();
    assert_string_equal(fake_end(run)->code, "consent_required");
}


/* Replaced between the look and the withdrawal: the one of now goes. */
static void
test_withdraw_replaced(void **state)
{
    char         old[64];
    fake_run_t  *run;

    (void) state;

    snprintf(old, sizeof(old), "%s", consent());
    run = fake_begin(h, CIVIC_DELETE, "/civic/consents/face",
                     &(fake_request_t) { .token = citizen });
    assert_int_equal(fake_run_to(run, 1), 1);

    fake_redis(h, "HSET %s text:%s %s", key_of(CITIZEN, "consents"), old,
               "0 zh 00");
    consent();
    assert_int_equal(fake_end(run)->status, 200);
    assert_true(field_is(CITIZEN, "consents", "face", NULL));
    assert_string_equal(text_of(nth(0), "status"), "withdrawn");
    assert_string_equal(text_of(nth(1), "status"), "replaced");
}


/* ---- the call ---------------------------------------------------------- */

static void
test_other_roles(void **state)
{
    (void) state;

    assert_int_equal(get("/civic/consents", NULL)->status, 401);
    assert_int_equal(get("/civic/consents",
                         fake_session(h, WORKER, CIVIC_REVIEWER))->status,
                     403);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_text, reset),
        cmocka_unit_test_setup(test_give, reset),
        cmocka_unit_test_setup(test_text_changed, reset),
        cmocka_unit_test_setup(test_flags, reset),
        cmocka_unit_test_setup(test_replaced, reset),
        cmocka_unit_test_setup(test_outdated, reset),
        cmocka_unit_test_setup(test_nothing_in_clear, reset),
        cmocka_unit_test_setup(test_bounds, reset),
        cmocka_unit_test_setup(test_bounds_keep_unerased, reset),
        cmocka_unit_test_setup(test_damaged, reset),
        cmocka_unit_test_setup(test_withdraw, reset),
        cmocka_unit_test_setup(test_no_purpose, reset),
        cmocka_unit_test_setup(test_withdrawn_in_use, reset),
        cmocka_unit_test_setup(test_given_anew_in_use, reset),
        cmocka_unit_test_setup(test_withdraw_replaced, reset),
        cmocka_unit_test_setup(test_other_roles, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
