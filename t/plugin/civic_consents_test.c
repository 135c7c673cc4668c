/*
 * civic_consents_test.c - consents: the text of now, a tick for each kind of
 * sensitive data, withdrawal at any moment, and erasure that is done in the
 * end.
 */

#include "civic_world.h"

static char  digest[2][80];             /* of the text "face": zh, en */


static int
setup(void **state)
{
    (void) state;

    return start(NULL, NULL);
}


/* ---- requests ---------------------------------------------------------- */

static const char *
digest_of(int english)
{
    fake_reply_t  *rep;

    if (digest[english][0] == '\0') {
        rep = (english ? get_english : get)("/civic/consents/texts/face",
                                            NULL);
        assert_int_equal(rep->status, 200);
        snprintf(digest[english], sizeof(digest[0]), "%s",
                 fake_text(rep, "digest"));
    }

    return digest[english];
}


static const char *
body_of(int version, int english, const char *flags)
{
    static char      bodies[4][512];
    static unsigned  turn;

    char  *body = bodies[turn++ % 4];

    snprintf(body, sizeof(bodies[0]), "{\"purpose\":\"face\",\"version\":%d,"
             "\"digest\":\"%s\",\"language\":\"%s\",\"flags\":%s,"
             "\"method\":\"tick_and_button\",\"channel\":\"alipay\","
             "\"app_version\":\"1.2.3\"}", version, digest_of(english),
             english ? "en" : "zh", flags);

    return body;
}


static fake_reply_t *
consent_as(const char *token, const char *body)
{
    return send_to(CIVIC_POST, "/civic/consents", token, body);
}


/* The id of the consent. */
static const char *
consent(void)
{
    fake_reply_t  *rep = consent_as(citizen, body_of(1, 0, "{\"face\":true}"));

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return fake_text(rep, "consent_id");
}


static fake_reply_t *
withdraw(void)
{
    return send_to(CIVIC_DELETE, "/civic/consents/face", citizen, NULL);
}


static fake_reply_t *
keep(void)
{
    return checked(fake_request(h, CIVIC_POST, "/neighbour/things",
                                &(fake_request_t) {
        .token = citizen, .body = "{\"thing\":\"x\"}" }));
}


static json_t *
nth(size_t n)
{
    json_t  *all = json_object_get(get("/civic/consents", citizen)->json,
                                   "consents");

    assert_true(n < json_array_size(all));

    return json_array_get(all, n);
}


static size_t
count_of(void)
{
    return json_array_size(json_object_get(get("/civic/consents",
                                               citizen)->json, "consents"));
}


static int
field_is(const char *person, const char *family, const char *field,
    const char *expected)
{
    const redisReply  *value;

    value = fake_redis(h, "HGET %s %s", key_of(person, family), field);

    return expected == NULL ? value->type == REDIS_REPLY_NIL
                            : value->type == REDIS_REPLY_STRING
                              && strcmp(value->str, expected) == 0;
}


static int
waits(void)
{
    return fake_waiting(h, "civic.erasures", 0) != NULL;
}


/* All shards once. */
static civic_result_t
erase(const fake_request_t *request)
{
    unsigned          shard;
    static uint64_t   fence;
    civic_result_t    rc = CIVIC_OK;
    fake_reply_t     *rep;

    fence++;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "civic.erasures", shard, fence, request);

        if (rep->result != CIVIC_OK) {
            rc = rep->result;
        }
    }

    return rc;
}


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
    snprintf(noted, sizeof(noted), "%s 1", id);
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


/* ---- erasing ----------------------------------------------------------- */

static void
test_erase_later(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    consent();
    keep();
    fake_redis(h, "HSET %s refuses 2", key_of(CITIZEN, "neighbour"));

    rep = withdraw();
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep->json, "erased"));
    assert_true(waits());
    assert_null(strstr(fake_waiting(h, "civic.erasures", 0),
                       fake_person_id(h, CITIZEN)));
    assert_true(json_is_null(json_object_get(nth(0), "erased_at")));

    /* the withdrawal stands; a new one would mix its data with the old */
    assert_string_equal(keep()->code, "consent_required");
    rep = consent_as(citizen, body_of(1, 0, "{\"face\":true}"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "consent_erasing");
    assert_int_equal(number(rep, "retry_after"), 5);

    assert_int_equal(erase(NULL), CIVIC_NOT_SENT);
    assert_true(waits());
    assert_int_equal(fake_counter(h, "erasures_failed"), 2);

    fake_advance(h, 5000);
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 1);
    assert_string_equal(text_of(nth(0), "erased_at"),
                        "2026-03-09T12:00:05+08:00");
    assert_string_equal(text_of(nth(0), "ended_at"),
                        "2026-03-09T12:00:00+08:00");
    assert_string_equal(fake_audit_action(h, 2), "civic.consent_erased");
    assert_null(fake_audit(h, 3));
    consent();
}


/* Who does not say how much it erased has proven nothing. */
static void
test_no_proof(void **state)
{
    (void) state;

    consent();
    fake_redis(h, "HSET %s refuses mute", key_of(CITIZEN, "neighbour"));
    assert_false(is_true(withdraw()->json, "erased"));
    assert_true(fake_logged(h, "plugin \"neighbour\" does not say how much"));
    assert_true(waits());
    fake_redis(h, "HDEL %s refuses", key_of(CITIZEN, "neighbour"));
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
}


/* The worker dies, or Redis is lost, at every step after the withdrawal: the
   job ends it, once the dead one's time is over. */
static void
test_erase_interrupted(void **state)
{
    unsigned       call;
    fake_reply_t  *rep;

    (void) state;

    /* the handler's calls: look, withdraw, the neighbour's two, end */
    for (call = 3; call <= 5; call++) {
        reset(NULL);
        consent();
        keep();

        rep = checked(fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                                   &(fake_request_t) {
            .token = citizen, .redis_fault_at = call,
            .redis_fault_count = 20, .redis_fault = FAKE_REDIS_NOT_SENT }));
        assert_int_equal(rep->status, 200);
        assert_false(is_true(rep->json, "erased"));
        assert_true(waits());

        /* whoever began it might still be at it */
        assert_int_equal(erase(NULL), CIVIC_OK);
        assert_true(waits());
        fake_advance(h, 6001);
        assert_int_equal(erase(NULL), CIVIC_OK);
        assert_false(waits());
        assert_int_equal(json_integer_value(json_object_get(nth(0),
                             "erased_items")), call <= 4 ? 1 : 0);
        assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
    }

    /* the answer to the last step was lost: it is done */
    reset(NULL);
    consent();
    rep = fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                       &(fake_request_t) {
        .token = citizen, .redis_fault_at = 5,
        .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep->json, "erased"));
    assert_false(waits());
    assert_int_equal(json_integer_value(json_object_get(nth(0),
                                                        "erased_items")), 0);
}


/* The withdrawal's own answer is lost: the state tells. */
static void
test_withdraw_unknown(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    consent();
    rep = fake_request(h, CIVIC_DELETE, "/civic/consents/face",
                       &(fake_request_t) {
        .token = citizen, .redis_fault_at = 2,
        .redis_fault = FAKE_REDIS_LOST_AFTER });
    assert_string_equal(rep->code, "outcome_unknown");
    assert_string_equal(text_of(nth(0), "status"), "withdrawn");
    fake_advance(h, 6001);
    assert_int_equal(erase(NULL), CIVIC_OK);
    assert_false(waits());
}


/* An entry that nobody can read stays, and the others are erased. */
static void
test_erase_unreadable(void **state)
{
    (void) state;

    consent();
    fake_redis(h, "HSET %s refuses 1", key_of(CITIZEN, "neighbour"));
    withdraw();
    fake_redis(h, "EVAL %s 0", "for _, k in ipairs(redis.call('KEYS', "
               "'civic:outbox:civic.erasures:*')) do "
               "redis.call('XADD', k, '*', 'entry', 'nonsense') end");
    assert_int_equal(erase(NULL), CIVIC_NOT_SENT);
    assert_true(field_is(CITIZEN, "consents", "erasing:face", NULL));
    assert_true(fake_log_count(h, "cannot be read") > 0);
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
        cmocka_unit_test_setup(test_erase_later, reset),
        cmocka_unit_test_setup(test_no_proof, reset),
        cmocka_unit_test_setup(test_erase_interrupted, reset),
        cmocka_unit_test_setup(test_withdraw_unknown, reset),
        cmocka_unit_test_setup(test_erase_unreadable, reset),
        cmocka_unit_test_setup(test_other_roles, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
