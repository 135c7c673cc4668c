/*
 * civic_messages_test.c - the inbox, its bounds and its read marks; pushes to
 * a message service that is well, refuses, is slow or is not there.
 */

#include "civic_world.h"

#define DAY  86400000LL


/* ---- the world --------------------------------------------------------- */

static int
setup(void **state)
{
    (void) state;

    return start("push_upstream=service", "push_path=/v1/messages");
}


static fake_reply_t *
post_message(const char *token, const char *kind, const char *once,
    const char *title)
{
    char  body[512];

    snprintf(body, sizeof(body), "{\"kind\":\"%s\",\"once\":\"%s\","
             "\"title_zh\":\"%s\",\"title_en\":\"%s, in English\","
             "\"text_zh\":\"正文\"}", kind, once, title, title);

    return fake_request(h, CIVIC_POST, "/neighbour/messages",
                        &(fake_request_t) { .token = token, .body = body });
}


static void
message(const char *kind, const char *once, const char *title)
{
    fake_reply_t  *rep = post_message(citizen, kind, once, title);

    if (rep->status != 204) {
        fail_msg("%d %s", rep->status, rep->body);
    }
}


static json_t *
nth(const fake_reply_t *rep, size_t n)
{
    json_t  *messages = json_object_get(rep->json, "messages");

    assert_true(n < json_array_size(messages));

    return json_array_get(messages, n);
}


static size_t
count_of(const fake_reply_t *rep)
{
    assert_int_equal(rep->status, 200);

    return json_array_size(json_object_get(rep->json, "messages"));
}


static const char *
id_of(size_t n)
{
    return text_of(nth(get("/civic/messages?limit=50", citizen), n),
                   "message_id");
}


/* Where an id stands between two texts. */
static const char *
path_of(const char *before, const char *id, const char *after)
{
    static char  path[256];

    snprintf(path, sizeof(path), "%s%s%s", before, id, after);

    return path;
}


static int
has(const char *bytes, size_t len, const char *text)
{
    size_t  i, n = strlen(text);

    for (i = 0; i + n <= len; i++) {
        if (memcmp(bytes + i, text, n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* ---- the inbox --------------------------------------------------------- */

static void
test_inbox(void **state)
{
    json_t        *one;
    fake_reply_t  *rep;

    (void) state;

    rep = get("/civic/messages", citizen);
    assert_int_equal(count_of(rep), 0);
    assert_int_equal(number(rep, "unread_count"), 0);
    assert_int_equal(get("/civic/messages", NULL)->status, 401);

    message("review.approved", "a1", "审核通过");
    fake_advance(h, 1000);
    message("payment.due", "a1", "请缴费");

    rep = get("/civic/messages", citizen);
    assert_int_equal(count_of(rep), 2);
    assert_int_equal(number(rep, "unread_count"), 2);
    one = nth(rep, 0);
    assert_string_equal(text_of(one, "kind"), "payment.due");
    assert_string_equal(text_of(one, "title"), "请缴费");
    assert_string_equal(text_of(one, "text"), "正文");
    assert_string_equal(text_of(one, "sent_at"),
                        "2026-03-09T12:00:01+08:00");
    assert_false(is_true(one, "read"));
    assert_string_equal(text_of(nth(rep, 1), "title"), "审核通过");
    assert_true(json_is_null(json_object_get(rep->json, "next")));

    /* the reader's language; without an English text the Chinese stands */
    one = nth(get_english("/civic/messages", citizen), 0);
    assert_string_equal(text_of(one, "title"), "请缴费, in English");
    assert_string_equal(text_of(one, "text"), "正文");

    /* somebody else's are somebody else's */
    assert_int_equal(count_of(get("/civic/messages", fake_session(h, OTHER,
                                      CIVIC_CITIZEN))), 0);
}


static void
test_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    message("review.approved", "a1", "first");
    message("review.approved", "a1", "second");
    message("review.refused", "a1", "another kind");
    message("review.approved", "a2", "another name");

    rep = get("/civic/messages", citizen);
    assert_int_equal(count_of(rep), 3);
    assert_string_equal(text_of(nth(rep, 2), "title"), "first");
    assert_int_equal(fake_counter(h, "messages"), 3);
    assert_int_equal(fake_counter(h, "messages_repeated"), 1);

    /* without a name each is one of its own */
    message("notice", "", "one");
    message("notice", "", "two");
    assert_int_equal(count_of(get("/civic/messages", citizen)), 5);

    /* a repeat that is asked for after an unknown outcome finds the first */
    rep = fake_request(h, CIVIC_POST, "/neighbour/messages",
                       &(fake_request_t) {
        .token = citizen,
        .body = "{\"kind\":\"k\",\"once\":\"x\",\"title_zh\":\"t\","
                "\"text_zh\":\"t\"}",
        .redis_fault_at = 1, .redis_fault = FAKE_REDIS_LOST_AFTER
    });
    assert_string_equal(rep->code, "outcome_unknown");
    message("k", "x", "t");
    assert_int_equal(count_of(get("/civic/messages", citizen)), 6);
}


static void
test_nothing_in_clear(void **state)
{
    size_t             i;
    const redisReply  *all;

    (void) state;

    message("review.approved", "a1", "a-secret-title");
    all = fake_redis(h, "HGETALL %s", key_of(CITIZEN, "messages"));
    assert_int_equal(all->elements, 4);

    for (i = 0; i < all->elements; i++) {
        assert_false(has(all->element[i]->str, all->element[i]->len,
                         "secret"));
        assert_false(has(all->element[i]->str, all->element[i]->len,
                         "review"));
    }

    assert_null(strstr(fake_waiting(h, "civic.pushes", 0), "secret"));
    assert_null(strstr(fake_waiting(h, "civic.pushes", 0),
                       fake_person_id(h, CITIZEN)));
}


/* A record moved to another person, or changed, is not shown. */
static void
test_damaged(void **state)
{
    char               field[64];
    const char        *other = fake_session(h, OTHER, CIVIC_CITIZEN);
    const redisReply  *record;

    (void) state;

    message("review.approved", "a1", "mine");
    snprintf(field, sizeof(field), "m:%s", id_of(0));

    record = fake_redis(h, "HGET %s %s", key_of(CITIZEN, "messages"), field);
    fake_redis(h, "HSET %s %s %b index %s:%lld:0",
               key_of(OTHER, "messages"), field, record->str, record->len,
               field + 2, NOON);
    assert_int_equal(get("/civic/messages", other)->status, 500);
    assert_true(fake_logged(h, "a record of \"messages\" cannot be read"));

    /* what is no index is none */
    fake_redis(h, "HSET %s index %s", key_of(OTHER, "messages"), "x:1:0");
    assert_int_equal(count_of(get("/civic/messages", other)), 0);
}


static void
test_pages(void **state)
{
    int            i;
    char           once[16], first[64];
    json_t        *next;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 45; i++) {
        snprintf(once, sizeof(once), "%d", i);
        message("notice", once, once);
    }

    rep = get("/civic/messages", citizen);
    assert_int_equal(count_of(rep), 20);
    assert_string_equal(text_of(nth(rep, 0), "title"), "44");
    assert_string_equal(fake_text(rep, "next"),
                        text_of(nth(rep, 19), "message_id"));

    rep = get(path_of("/civic/messages?limit=24&before=",
                      fake_text(rep, "next"), ""), citizen);
    assert_int_equal(count_of(rep), 24);
    assert_string_equal(text_of(nth(rep, 23), "title"), "1");

    rep = get(path_of("/civic/messages?limit=24&before=",
                      fake_text(rep, "next"), ""), citizen);
    assert_int_equal(count_of(rep), 1);
    next = json_object_get(rep->json, "next");
    assert_true(json_is_null(next));
    assert_int_equal(number(rep, "unread_count"), 45);

    /* read ones do not count for a page of unread ones */
    snprintf(first, sizeof(first), "%s", id_of(0));
    assert_int_equal(send_to(CIVIC_PUT,
                             path_of("/civic/messages/", first, "/read"),
                             citizen, NULL)->status, 204);
    rep = get("/civic/messages?unread=true&limit=2", citizen);
    assert_int_equal(count_of(rep), 2);
    assert_string_equal(text_of(nth(rep, 0), "title"), "43");
    assert_int_equal(number(rep, "unread_count"), 44);

    /* one that is gone: so are all before it */
    rep = get("/civic/messages?before=AAAAAAAAAAAAAAAAAAAAAA", citizen);
    assert_int_equal(count_of(rep), 0);
    assert_int_equal(get("/civic/messages?limit=51", citizen)->status, 422);
    assert_int_equal(get("/civic/messages?limit=0", citizen)->status, 422);
    assert_int_equal(get("/civic/messages?before=x", citizen)->status, 422);
}


static void
test_bounds(void **state)
{
    int                i;
    char               once[16];
    fake_reply_t      *rep;
    const redisReply  *ttl;

    (void) state;

    for (i = 0; i < 203; i++) {
        snprintf(once, sizeof(once), "%d", i);
        message("notice", once, once);
    }

    /* 200 and the index */
    assert_int_equal(fake_redis(h, "HLEN %s", key_of(CITIZEN, "messages"))
                     ->integer, 201);
    assert_int_equal(number(get("/civic/messages", citizen), "unread_count"),
                     200);

    /* after their year they are no more, and the next one clears up */
    fake_advance(h, 300 * DAY);
    citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);
    message("notice", "half", "half");
    fake_advance(h, 65 * DAY + 1);
    citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);
    rep = get("/civic/messages", citizen);
    assert_int_equal(count_of(rep), 1);
    assert_int_equal(number(rep, "unread_count"), 1);
    assert_int_equal(fake_redis(h, "HLEN %s", key_of(CITIZEN, "messages"))
                     ->integer, 201);

    message("notice", "later", "later");
    assert_int_equal(count_of(get("/civic/messages", citizen)), 2);
    assert_int_equal(fake_redis(h, "HLEN %s", key_of(CITIZEN, "messages"))
                     ->integer, 3);

    ttl = fake_redis(h, "TTL %s", key_of(CITIZEN, "messages"));
    assert_true(ttl->integer > 364 * 86400 && ttl->integer <= 365 * 86400);
}


/* ---- what a plugin may send -------------------------------------------- */

static void
test_wrong_messages(void **state)
{
    size_t         i;
    char           body[4200], long_text[2200];
    const char    *bodies[] = {
        "{\"kind\":\"With Space\",\"title_zh\":\"t\",\"text_zh\":\"t\"}",
        "{\"kind\":\"\",\"title_zh\":\"t\",\"text_zh\":\"t\"}",
        "{\"kind\":\"k\",\"title_zh\":\"\",\"text_zh\":\"t\"}",
        "{\"kind\":\"k\",\"title_zh\":\"t\"}",
        body,
    };
    fake_reply_t  *rep;

    (void) state;

    memset(long_text, 'x', 2001);
    long_text[2001] = '\0';
    snprintf(body, sizeof(body), "{\"kind\":\"k\",\"title_zh\":\"t\","
             "\"text_zh\":\"%s\"}", long_text);

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rep = fake_request(h, CIVIC_POST, "/neighbour/messages",
                           &(fake_request_t) { .token = citizen,
                                               .body = bodies[i] });
        assert_int_equal(rep->status, 500);
    }

    assert_int_equal(fake_log_count(h, "a message was not stored"), 5);
    assert_int_equal(fake_redis(h, "EXISTS %s", key_of(CITIZEN, "messages"))
                     ->integer, 0);
}


/* ---- read marks -------------------------------------------------------- */

static void
test_read(void **state)
{
    char           first[64];
    fake_reply_t  *rep;

    (void) state;

    message("notice", "1", "one");
    message("notice", "2", "two");
    snprintf(first, sizeof(first), "%s", id_of(1));

    rep = send_to(CIVIC_PUT, path_of("/civic/messages/", first, "/read"),
                  citizen, NULL);
    assert_int_equal(rep->status, 204);
    rep = get("/civic/messages", citizen);
    assert_int_equal(number(rep, "unread_count"), 1);
    assert_true(is_true(nth(rep, 1), "read"));
    assert_false(is_true(nth(rep, 0), "read"));

    /* again is no error; an unknown one is */
    assert_int_equal(send_to(CIVIC_PUT,
                             path_of("/civic/messages/", first, "/read"),
                             citizen, NULL)->status, 204);
    assert_string_equal(send_to(CIVIC_PUT,
                                "/civic/messages/AAAAAAAAAAAAAAAAAAAAAA/read",
                                citizen, NULL)->code, "not_found");
    assert_string_equal(send_to(CIVIC_PUT,
                                path_of("/civic/messages/", first, "/read"),
                                fake_session(h, OTHER, CIVIC_CITIZEN), NULL)
                        ->code, "not_found");

    /* the audit trail has the two that were sent, and not what a citizen
       read */
    assert_null(fake_audit(h, 2));
}


/* Two devices, and a message that comes while one of them shows the list. */
static void
test_read_all(void **state)
{
    char           body[64];
    const char    *phone = fake_session(h, CITIZEN, CIVIC_CITIZEN);
    fake_reply_t  *rep;

    (void) state;

    message("notice", "1", "one");
    message("notice", "2", "two");
    snprintf(body, sizeof(body), "{\"newest\":\"%s\"}", id_of(0));
    message("notice", "3", "three");

    assert_int_equal(send_to(CIVIC_PUT,
                             path_of("/civic/messages/", id_of(2), "/read"),
                             phone, NULL)->status, 204);
    assert_int_equal(send_to(CIVIC_PUT, "/civic/messages/read", citizen,
                             body)->status, 204);

    rep = get("/civic/messages", phone);
    assert_int_equal(number(rep, "unread_count"), 1);
    assert_false(is_true(nth(rep, 0), "read"));
    assert_true(is_true(nth(rep, 1), "read"));
    assert_true(is_true(nth(rep, 2), "read"));

    assert_int_equal(send_to(CIVIC_PUT, "/civic/messages/read", citizen,
                             "{}")->status, 422);
    assert_string_equal(send_to(CIVIC_PUT, "/civic/messages/read", citizen,
                                "{\"newest\":\"AAAAAAAAAAAAAAAAAAAAAA\"}")
                        ->code, "not_found");
}


static void
test_staff(void **state)
{
    char         body[64];
    const char  *desk = fake_session(h, WORKER, CIVIC_REVIEWER);

    (void) state;

    assert_int_equal(post_message(desk, "notice", "1", "one")->status, 204);
    snprintf(body, sizeof(body), "{\"newest\":\"%s\"}",
             text_of(nth(get("/civic/messages", desk), 0), "message_id"));
    assert_int_equal(send_to(CIVIC_PUT, "/civic/messages/read", desk, body)
                     ->status, 204);

    assert_string_equal(fake_audit_action(h, 1), "civic.messages_read");
    assert_int_equal(number(get("/civic/messages", desk), "unread_count"),
                     0);
}


/* ---- pushes ------------------------------------------------------------ */

/* All shards once. */
static civic_result_t
push(const fake_request_t *request)
{
    unsigned          shard;
    static uint64_t   fence;
    civic_result_t    rc = CIVIC_OK;
    fake_reply_t     *rep;

    fence++;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, "civic.pushes", shard, fence, request);

        if (rep->result != CIVIC_OK) {
            rc = rep->result;
        }
    }

    return rc;
}


static void
service_answers(int status, fake_http_fault_t fault, int64_t delay)
{
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "service", .path = "/v1/messages", .status = status,
        .fault = fault, .delay_ms = delay
    });
}


static int
waits(void)
{
    return fake_waiting(h, "civic.pushes", 0) != NULL;
}


static void
test_push(void **state)
{
    char                     key[64];
    json_t                  *sent;
    const fake_http_seen_t  *seen;

    (void) state;

    service_answers(202, FAKE_HTTP_WELL, 0);
    message("review.approved", "a1", "审核通过");
    message("review.approved", "a1", "审核通过");
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(fake_counter(h, "pushes"), 1);

    seen = fake_http_seen(h, 0);
    assert_non_null(seen);
    assert_null(fake_http_seen(h, 1));
    snprintf(key, sizeof(key), "Idempotency-Key: %s\r\n", id_of(0));
    assert_non_null(strstr(seen->head, key));
    assert_non_null(strstr(seen->head, "Content-Type: application/json\r\n"));

    sent = json_loads(seen->body, 0, NULL);
    assert_int_equal(json_object_size(sent), 6);
    assert_string_equal(text_of(sent, "message_id"), id_of(0));
    assert_string_equal(text_of(sent, "pid"), fake_person_id(h, CITIZEN));
    assert_string_equal(text_of(sent, "kind"), "review.approved");
    assert_string_equal(text_of(sent, "title"), "审核通过");
    assert_string_equal(text_of(sent, "text"), "正文");
    assert_int_equal(json_integer_value(json_object_get(sent, "sent_at")),
                     NOON);
    json_decref(sent);
}


static void
test_push_refused(void **state)
{
    (void) state;

    service_answers(404, FAKE_HTTP_WELL, 0);
    message("notice", "1", "one");
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(fake_counter(h, "pushes_refused"), 1);
    assert_true(fake_logged(h, "which is dropped"));
}


/* Dead, failing, busy, silent: it stays, and is pushed when that is over. */
static void
test_push_later(void **state)
{
    size_t  i;
    const struct {
        int                status;
        fake_http_fault_t  fault;
    } days[] = {
        { 200, FAKE_HTTP_NOT_SENT }, { 500, FAKE_HTTP_WELL },
        { 429, FAKE_HTTP_WELL }, { 408, FAKE_HTTP_WELL },
        { 302, FAKE_HTTP_WELL }, { 200, FAKE_HTTP_UNKNOWN },
    };

    (void) state;

    message("notice", "1", "one");

    for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        service_answers(days[i].status, days[i].fault, 0);
        assert_int_equal(push(NULL), CIVIC_NOT_SENT);
        assert_true(waits());
    }

    service_answers(200, FAKE_HTTP_WELL, 0);
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(fake_counter(h, "pushes"), 1);
    assert_int_equal(fake_counter(h, "pushes_refused"), 0);
}


/* One that the service chokes on does not keep the others from it. */
static void
test_push_goes_on(void **state)
{
    (void) state;

    message("notice", "1", "one");
    message("notice", "2", "two");
    service_answers(200, FAKE_HTTP_WELL, 0);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "service", .status = 500, .once = 1
    });

    assert_int_equal(push(NULL), CIVIC_NOT_SENT);
    assert_int_equal(fake_counter(h, "pushes"), 1);
    assert_non_null(fake_waiting(h, "civic.pushes", 0));
    assert_null(fake_waiting(h, "civic.pushes", 1));
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_int_equal(fake_counter(h, "pushes"), 2);
}


/* A slow service is left to the next run before the run's own end. */
static void
test_push_slow(void **state)
{
    int   i;
    char  once[16];

    (void) state;

    for (i = 0; i < 10; i++) {
        snprintf(once, sizeof(once), "%d", i);
        message("notice", once, once);
    }

    service_answers(200, FAKE_HTTP_WELL, 4000);
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_int_equal(fake_counter(h, "pushes"), 4);
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_int_equal(fake_counter(h, "pushes"), 8);
}


static void
test_push_given_up(void **state)
{
    (void) state;

    message("notice", "1", "one");
    service_answers(200, FAKE_HTTP_NOT_SENT, 0);
    fake_advance(h, 86400000 - 1);
    assert_int_equal(push(NULL), CIVIC_NOT_SENT);
    fake_advance(h, 1);
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_int_equal(fake_counter(h, "pushes_given_up"), 1);
    assert_true(fake_logged(h, "was not pushed in time"));
}


/* What was pushed and could not be taken off is pushed once more: the key
   makes that harmless. */
static void
test_push_killed(void **state)
{
    (void) state;

    message("notice", "1", "one");
    service_answers(200, FAKE_HTTP_WELL, 0);
    assert_int_equal(push(&(fake_request_t) {
        .redis_fault_at = 3, .redis_fault = FAKE_REDIS_NOT_SENT
    }), CIVIC_NOT_SENT);
    assert_true(waits());
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_string_equal(fake_http_seen(h, 0)->body,
                        fake_http_seen(h, 1)->body);
}


/* A message that is no more is not pushed. */
static void
test_push_gone(void **state)
{
    (void) state;

    message("notice", "1", "one");
    fake_redis(h, "DEL %s", key_of(CITIZEN, "messages"));
    service_answers(200, FAKE_HTTP_WELL, 0);
    assert_int_equal(push(NULL), CIVIC_OK);
    assert_false(waits());
    assert_null(fake_http_seen(h, 0));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_inbox, reset),
        cmocka_unit_test_setup(test_once, reset),
        cmocka_unit_test_setup(test_nothing_in_clear, reset),
        cmocka_unit_test_setup(test_damaged, reset),
        cmocka_unit_test_setup(test_pages, reset),
        cmocka_unit_test_setup(test_bounds, reset),
        cmocka_unit_test_setup(test_wrong_messages, reset),
        cmocka_unit_test_setup(test_read, reset),
        cmocka_unit_test_setup(test_read_all, reset),
        cmocka_unit_test_setup(test_staff, reset),
        cmocka_unit_test_setup(test_push, reset),
        cmocka_unit_test_setup(test_push_refused, reset),
        cmocka_unit_test_setup(test_push_later, reset),
        cmocka_unit_test_setup(test_push_goes_on, reset),
        cmocka_unit_test_setup(test_push_slow, reset),
        cmocka_unit_test_setup(test_push_given_up, reset),
        cmocka_unit_test_setup(test_push_killed, reset),
        cmocka_unit_test_setup(test_push_gone, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
