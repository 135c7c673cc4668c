/*
 * login_ticket_test.c - the login of a PC by QR code: every transition, and
 * who may make it.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "ticket_world.h"


/* ---- the way it goes --------------------------------------------------- */

static void
test_whole_way(void **state)
{
    begun_t        begun = begin();
    fake_reply_t  *rep;
    const char    *mine = phone(), *topic;

    (void) state;

    topic = text("login/ticket/%s", begun.ticket);
    fake_advance(h, 4000);

    rep = say(SCAN, mine, only(&begun));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "begun_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T12:02:00+08:00");
    assert_string_equal(fake_text(rep, "place"), "192.0.2.0/24");
    assert_string_equal(fake_text(rep, "browser"), "Chrome 126, Windows 10");
    assert_int_equal(number_in(rep, "number_length"), 2);
    assert_true(json_is_true(json_object_get(rep->json, "authorised")));
    assert_null(json_object_get(rep->json, "number"));
    assert_string_equal(state_of(&begun), "scanned");
    assert_int_equal(fake_notifications(h, topic), 1);

    /* once more: the same, and nobody is woken */
    assert_int_equal(say(SCAN, mine, only(&begun))->status, 200);
    assert_int_equal(fake_notifications(h, topic), 1);

    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409,
               "ticket_not_confirmed");

    rep = say(CONFIRM, mine, with_number(&begun, begun.number));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "confirmed");
    assert_string_equal(state_of(&begun), "confirmed");
    assert_int_equal(fake_notifications(h, topic), 2);

    rep = say(REDEEM, NULL, with_secret(&begun));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "citizen");
    assert_true(json_is_false(json_object_get(rep->json,
                                              "must_set_password")));
    assert_int_equal(get("/login/profile", fake_text(rep, "token"))->status,
                     200);
    rep = get("/login/session", fake_text(rep, "token"));
    assert_string_equal(fake_text(rep, "method"), "alipay_qr");
    assert_string_equal(state_of(&begun), "redeemed");
    assert_int_equal(fake_notifications(h, topic), 3);

    assert_int_equal(fake_counter(h, "tickets_confirmed"), 1);
    assert_int_equal(fake_counter(h, "tickets_redeemed"), 1);
    assert_int_equal(fake_counter(h, "succeeded"), 1);

    /* the phone's answers may be lost: it asks again, also afterwards */
    rep = say(CONFIRM, mine, with_number(&begun, begun.number));
    assert_string_equal(fake_text(rep, "state"), "confirmed");
    assert_int_equal(fake_counter(h, "tickets_confirmed"), 1);
    is_refused(say(SCAN, mine, only(&begun)), 409, "ticket_used");
    is_refused(say(REFUSE, mine, only(&begun)), 409, "ticket_used");
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409, "ticket_used");
}


/* An account that is linked to nobody. */
static void
test_visitor(void **state)
{
    begun_t        begun;
    fake_reply_t  *rep;
    const char    *token;

    (void) state;

    token = fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(fake_person_id(h, "alipay:app:visitor")),
        .roles = CIVIC_VISITOR, .method = "alipay", .lifetime = 3600,
        .refresh = 60,
    });
    fake_redis(h, "HSET %s provider alipay created_at 1700000000000",
               key_of("alipay:app:visitor", "account"));

    begun = confirmed(token);
    rep = say(REDEEM, NULL, with_secret(&begun));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "visitor");
    assert_null(json_object_get(rep->json, "person"));
    assert_true(json_is_true(json_object_get(rep->json,
                                             "must_set_password")));
}


/* The account was linked between the confirmation and the PC's coming. */
static void
test_linked_meanwhile(void **state)
{
    begun_t        begun;
    fake_reply_t  *rep;
    const char    *token, *aid = fake_person_id(h, "alipay:app:linked");

    (void) state;

    token = fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(aid), .roles = CIVIC_VISITOR, .method = "alipay",
        .lifetime = 3600, .refresh = 60,
    });
    begun = confirmed(token);
    fake_redis(h, "HSET %s person %s", key_of("alipay:app:linked", "account"),
               fake_person_id(h, NUMBER));
    fake_redis(h, "HSET %s account:%s alipay", key_of(NUMBER, "person"), aid);

    rep = say(REDEEM, NULL, with_secret(&begun));
    assert_string_equal(fake_text(rep, "state"), "citizen");

    /* whose consent was asked for at last */
    assert_string_equal(
        json_string_value(json_object_get(fake_called(h, "civic.consent", 2),
                                          "pid")),
        fake_person_id(h, NUMBER));
}


/* ---- who may ----------------------------------------------------------- */

static void
test_bound_to_scanner(void **state)
{
    const char  *mine = phone(), *other = phone_of(OTHER);
    begun_t      begun = scanned(mine);
    const char  *mine_elsewhere;

    (void) state;

    fake_advance(h, 1000);
    mine_elsewhere = phone();               /* another session of the same */

    is_refused(say(SCAN, other, only(&begun)), 409, "ticket_taken");
    is_refused(say(SCAN, mine_elsewhere, only(&begun)), 409, "ticket_taken");
    is_refused(say(CONFIRM, other, with_number(&begun, begun.number)), 409,
               "ticket_taken");
    is_refused(say(CONFIRM, mine_elsewhere,
                   with_number(&begun, begun.number)), 409, "ticket_taken");
    is_refused(say(CONFIRM, other, with_number(&begun, other_number(&begun))),
               409, "ticket_taken");
    is_refused(say(REFUSE, other, only(&begun)), 409, "ticket_taken");
    assert_string_equal(state_of(&begun), "scanned");
    assert_int_equal(say(CONFIRM, mine, with_number(&begun, begun.number))
                     ->status, 200);
    is_refused(say(CONFIRM, other, with_number(&begun, begun.number)), 409,
               "ticket_taken");
}


static void
test_unscanned(void **state)
{
    begun_t      begun = begin();
    const char  *mine = phone();

    (void) state;

    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 409,
               "ticket_not_scanned");
    is_refused(say(REFUSE, mine, only(&begun)), 409, "ticket_not_scanned");
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409,
               "ticket_not_confirmed");
    assert_string_equal(fake_text(say(WAIT, NULL, knowing(&begun, "scanned")),
                                  "state"), "new");
}


static void
test_method(void **state)
{
    size_t       i;
    begun_t      begun = begin();
    const char  *by_password = fake_session(h, NUMBER, CIVIC_CITIZEN);
    const char  *paths[] = { SCAN, REFUSE };

    (void) state;

    for (i = 0; i < 2; i++) {
        is_refused(say(paths[i], by_password, only(&begun)), 403,
                   "ticket_method_refused");
    }

    is_refused(say(CONFIRM, by_password, with_number(&begun, begun.number)),
               403, "ticket_method_refused");
    is_refused(say(SCAN, NULL, only(&begun)), 401, "unauthorized");
    is_refused(say(SCAN, fake_session(h, OTHER, CIVIC_COUNTER),
                   only(&begun)), 403, "forbidden");
}


/* Nobody but the browser that began it learns anything. */
static void
test_other_browser(void **state)
{
    size_t       i;
    begun_t      begun = confirmed(phone()), other = begin(), forged = begun;
    const char  *secrets[] = { other.secret, "AAAAAAAAAAAAAAAAAAAAAA", "",
                               begun.ticket, "x" };

    (void) state;

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        strcpy(forged.secret, secrets[i]);
        is_refused(say(REDEEM, NULL, with_secret(&forged)), 404,
                   "ticket_unknown");
        is_refused(say(WAIT, NULL, knowing(&forged, "new")), 404,
                   "ticket_unknown");
    }

    is_refused(say(REDEEM, NULL, only(&begun)), 404, "ticket_unknown");
    assert_int_equal(say(REDEEM, NULL, with_secret(&begun))->status, 200);
}


static void
test_forged(void **state)
{
    size_t         i;
    begun_t        forged;
    const char    *mine = phone();
    fake_reply_t  *rep;
    const char    *tickets[] = { "AAAAAAAAAAAAAAAAAAAAAA",
                                 "AAAAAAAAAAAAAAAAAAAAAB", "x", "",
                                 "https://example.org/", "AAAA}AAAA{AAAAAAAA"
                                 "AAAA", "二维码" };

    (void) state;

    strcpy(forged.secret, "AAAAAAAAAAAAAAAAAAAAAA");

    for (i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++) {
        strcpy(forged.ticket, tickets[i]);
        is_refused(say(SCAN, mine, only(&forged)), 404, "ticket_unknown");
        is_refused(say(REFUSE, mine, only(&forged)), 404, "ticket_unknown");
        is_refused(say(CONFIRM, mine, with_number(&forged, "12")), 404,
                   "ticket_unknown");
        is_refused(say(WAIT, NULL, knowing(&forged, "new")), 404,
                   "ticket_unknown");
        is_refused(say(REDEEM, NULL, with_secret(&forged)), 404,
                   "ticket_unknown");
    }

    assert_int_equal(fake_redis(h, "KEYS civic:{q:*")->elements, 0);

    rep = say(CONFIRM, mine, "{\"number\":\"1x\",\"consent\":{\"version\":0},"
              "\"extra\":1}");
    is_refused(rep, 422, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/ticket"), "required");
    assert_string_equal(fake_field_error(rep, "/number"), "bad_format");
    assert_string_equal(fake_field_error(rep, "/extra"), "unknown_field");
    assert_string_equal(fake_field_error(rep, "/consent/version"),
                        "too_small");
    assert_string_equal(fake_field_error(rep, "/consent/language"),
                        "required");
}


/* ---- numbers ----------------------------------------------------------- */

static void
test_wrong_numbers(void **state)
{
    int            left;
    begun_t        begun;
    const char    *mine = phone();
    fake_reply_t  *rep;

    (void) state;

    begun = scanned(mine);

    for (left = 2; left >= 0; left--) {
        rep = say(CONFIRM, mine, with_number(&begun, other_number(&begun)));

        if (left == 0) {
            is_refused(rep, 409, "ticket_number_exhausted");
            break;
        }

        is_refused(rep, 422, "number_wrong");
        assert_non_null(strstr(fake_text(rep, "detail"),
                               text("还可以再试%d次", left)));
        assert_string_equal(fake_field_error(rep, "/number"), "number_wrong");
        assert_string_equal(state_of(&begun), "scanned");
    }

    /* the PC learns that nobody refused it */
    assert_string_equal(state_of(&begun), "refused");
    assert_string_equal(reason_of(&begun), "number_wrong");
    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 409,
               "ticket_number_exhausted");
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409,
               "ticket_number_exhausted");
    assert_int_equal(fake_counter(h, "tickets_refused"), 1);
    assert_int_equal(fake_notifications(h, text("login/ticket/%s",
                                                begun.ticket)), 2);

    /* two wrong ones, and the right one */
    begun = scanned(mine);
    (void) say(CONFIRM, mine, with_number(&begun, other_number(&begun)));
    (void) say(CONFIRM, mine, with_number(&begun, other_number(&begun)));
    assert_int_equal(say(CONFIRM, mine, with_number(&begun, begun.number))
                     ->status, 200);
}


/* ---- refusing ---------------------------------------------------------- */

static void
test_refuse(void **state)
{
    begun_t        begun;
    const char    *mine = phone();
    fake_reply_t  *rep;

    (void) state;

    begun = scanned(mine);
    rep = say(REFUSE, mine, only(&begun));
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_string_equal(fake_text(say(REFUSE, mine, only(&begun)), "state"),
                        "refused");
    assert_string_equal(state_of(&begun), "refused");
    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 409,
               "ticket_refused");
    is_refused(say(SCAN, mine, only(&begun)), 409, "ticket_refused");
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409,
               "ticket_refused");
    assert_int_equal(fake_counter(h, "tickets_refused"), 1);

    /* who confirmed by mistake can still say no */
    begun = confirmed(mine);
    assert_int_equal(say(REFUSE, mine, only(&begun))->status, 200);
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 409,
               "ticket_refused");
}


/* ---- time -------------------------------------------------------------- */

static void
test_expiry(void **state)
{
    begun_t      fresh, seen, sure, done, no;
    const char  *mine = phone();

    (void) state;

    fresh = begin();
    seen = scanned(mine);
    sure = confirmed(mine);
    done = confirmed(mine);
    no = scanned(mine);
    assert_int_equal(say(REDEEM, NULL, with_secret(&done))->status, 200);
    assert_int_equal(say(REFUSE, mine, only(&no))->status, 200);

    fake_advance(h, 119999);
    assert_string_equal(state_of(&sure), "confirmed");
    fake_advance(h, 1);

    is_refused(say(SCAN, mine, only(&fresh)), 410, "ticket_expired");
    is_refused(say(CONFIRM, mine, with_number(&fresh, fresh.number)), 410,
               "ticket_expired");
    is_refused(say(REFUSE, mine, only(&fresh)), 410, "ticket_expired");
    is_refused(say(SCAN, mine, only(&seen)), 410, "ticket_expired");
    is_refused(say(CONFIRM, mine, with_number(&seen, seen.number)), 410,
               "ticket_expired");
    is_refused(say(REFUSE, mine, only(&seen)), 410, "ticket_expired");
    is_refused(say(CONFIRM, mine, with_number(&sure, sure.number)), 410,
               "ticket_expired");
    is_refused(say(REFUSE, mine, only(&sure)), 410, "ticket_expired");
    is_refused(say(REDEEM, NULL, with_secret(&fresh)), 410,
               "ticket_expired");
    is_refused(say(REDEEM, NULL, with_secret(&sure)), 410, "ticket_expired");
    assert_string_equal(state_of(&fresh), "expired");
    assert_string_equal(state_of(&seen), "expired");
    assert_string_equal(state_of(&sure), "expired");

    /* what was over before stays what it was */
    assert_string_equal(state_of(&done), "redeemed");
    assert_string_equal(state_of(&no), "refused");
    assert_int_equal(say(CONFIRM, mine, with_number(&done, done.number))
                     ->status, 200);
}


/* It expires between the page's look and the script. */
static void
test_expiry_in_between(void **state)
{
    begun_t        begun = confirmed(phone());
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 119999);
    run = fake_begin(h, CIVIC_POST, REDEEM,
                     &(fake_request_t) { .body = with_secret(&begun) });
    assert_true(fake_run_to(run, 2));
    fake_advance(h, 1);
    rep = fake_end(run);
    is_refused(rep, 410, "ticket_expired");
    assert_null(json_object_get(rep->json, "token"));
}


/* ---- what was true when it was confirmed ------------------------------- */

/* Who ends all sessions ends what they have confirmed, too. */
static void
test_sessions_ended(void **state)
{
    begun_t      begun = confirmed(phone());
    const char  *mine = phone();

    (void) state;

    fake_advance(h, 1000);
    assert_int_equal(fake_request(h, CIVIC_PUT, "/login/password",
        &(fake_request_t) { .token = mine,
                            .body = "{\"old_password\":\"" PASSWORD "\","
                                    "\"new_password\":\"" NEW_ONE "\"}" })
            ->status, 200);
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 410,
               "ticket_expired");

    /* what is confirmed after it serves */
    fake_advance(h, 1000);
    begun = confirmed(mine);
    assert_int_equal(say(REDEEM, NULL, with_secret(&begun))->status, 200);
}


static void
test_locked_meanwhile(void **state)
{
    begun_t  begun = confirmed(phone());

    (void) state;

    fake_redis(h, "HSET %s locked %s", key_of(NUMBER, "person"),
               "1773028800000");
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 403,
               "account_locked");
    assert_string_equal(state_of(&begun), "confirmed");
}


static void
test_gone_meanwhile(void **state)
{
    begun_t  begun = confirmed(phone());

    (void) state;

    fake_redis(h, "DEL %s", key_of(NUMBER, "person"));
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 404,
               "ticket_unknown");
}


static void
test_consent_withdrawn(void **state)
{
    begun_t  begun = confirmed(phone());

    (void) state;

    consents(0);
    is_refused(say(REDEEM, NULL, with_secret(&begun)), 403,
               "consent_required");
    consents(1);
    assert_int_equal(say(REDEEM, NULL, with_secret(&begun))->status, 200);
}


/* ---- the consent ------------------------------------------------------- */

static void
answer_giving(const char *answer)
{
    fake_answer_call(h, "civic.consent_give", CIVIC_OK,
                     json_pack("{s:s}", "state", answer));
}


static void
test_consent(void **state)
{
    json_t        *asked;
    begun_t        begun;
    const char    *mine = phone(), *body;
    fake_reply_t  *rep;

    (void) state;

    consents(0);
    begun = begin();
    rep = say(SCAN, mine, only(&begun));
    assert_true(json_is_false(json_object_get(rep->json, "authorised")));

    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 403,
               "consent_required");
    assert_string_equal(state_of(&begun), "scanned");

    body = text("{\"ticket\":\"%s\",\"number\":\"%s\",\"consent\":%s}",
                begun.ticket, begun.number, CONSENT);

    /* said to another text, without a tick, while data is being erased */
    answer_giving("outdated");
    is_refused(say(CONFIRM, mine, body), 403, "consent_required");
    answer_giving("flags");
    rep = say(CONFIRM, mine, body);
    is_refused(rep, 422, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/consent/flags"), "required");
    answer_giving("erasing");
    rep = say(CONFIRM, mine, body);
    is_refused(rep, 409, "in_progress");
    assert_true(number_in(rep, "retry_after") > 0);
    assert_string_equal(state_of(&begun), "scanned");

    /* a wrong number is counted, and gives no consent */
    rep = say(CONFIRM, mine, text("{\"ticket\":\"%s\",\"number\":\"%s\","
                                  "\"consent\":%s}", begun.ticket,
                                  other_number(&begun), CONSENT));
    is_refused(rep, 422, "number_wrong");
    assert_null(fake_called(h, "civic.consent_give", 3));

    answer_giving("given");
    assert_int_equal(say(CONFIRM, mine, body)->status, 200);
    asked = fake_called(h, "civic.consent_give", 3);
    assert_string_equal(json_string_value(json_object_get(asked, "pid")),
                        fake_person_id(h, NUMBER));
    assert_string_equal(json_string_value(json_object_get(asked, "purpose")),
                        "identity");
    assert_string_equal(json_string_value(json_object_get(asked, "channel")),
                        "alipay");
    assert_int_equal(json_integer_value(json_object_get(asked, "version")),
                     1);
    assert_string_equal(state_of(&begun), "confirmed");
}


/* Nobody keeps consents: nobody comes in. */
static void
test_without_civic(void **state)
{
    begun_t      begun;
    const char  *mine = phone();

    (void) state;

    begun = begin();
    fake_answer_call(h, "civic.consent", CIVIC_NOT_FOUND, NULL);
    is_refused(say(SCAN, mine, only(&begun)), 503, "plugin_unavailable");
    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 503,
               "plugin_unavailable");
    assert_true(fake_logged(h, "the plugin \"civic\" is not loaded"));

    consents(0);
    is_refused(say(CONFIRM, mine, text("{\"ticket\":\"%s\",\"number\":\"%s\","
                                       "\"consent\":%s}", begun.ticket,
                                       begun.number, CONSENT)), 503,
               "plugin_unavailable");
    assert_string_equal(state_of(&begun), "scanned");
}


/* ---- the phone's session ----------------------------------------------- */

static void
test_session_ended(void **state)
{
    begun_t      begun;
    const char  *mine = phone();

    (void) state;

    begun = scanned(mine);
    assert_int_equal(fake_request(h, CIVIC_DELETE, "/login/session",
                                  &(fake_request_t) { .token = mine })
                     ->status, 204);
    is_refused(say(CONFIRM, mine, with_number(&begun, begun.number)), 401,
               "session_expired");

    fake_advance(h, 1000);
    is_refused(say(CONFIRM, phone(), with_number(&begun, begun.number)), 409,
               "ticket_taken");
    assert_string_equal(state_of(&begun), "scanned");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_whole_way),
        TEST(test_visitor),
        TEST(test_linked_meanwhile),
        TEST(test_bound_to_scanner),
        TEST(test_unscanned),
        TEST(test_method),
        TEST(test_other_browser),
        TEST(test_forged),
        TEST(test_wrong_numbers),
        TEST(test_refuse),
        TEST(test_expiry),
        TEST(test_expiry_in_between),
        TEST(test_sessions_ended),
        TEST(test_locked_meanwhile),
        TEST(test_gone_meanwhile),
        TEST(test_consent_withdrawn),
        TEST(test_consent),
        TEST(test_without_civic),
        TEST(test_session_ended),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
