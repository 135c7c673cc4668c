/*
 * face_auth_counter_test.c - the counter: codes, who types them, what is
 * decided, and by whom first.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <time.h>

#include "face_auth_world.h"
#include "aside.h"

#define ASK      "/face-auth/counter-requests"
#define LOOK_UP  "/face-auth/counter/look-up"
#define DECIDE   "/face-auth/counter/decisions"


static const char *
code_of(fake_reply_t *rep)
{
    static char      codes[8][16];
    static unsigned  turn;

    char  *code = codes[turn++ % 8];

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    snprintf(code, sizeof(codes[0]), "%s", fake_text(rep, "code"));

    return code;
}


static const char *
new_code(void)
{
    return code_of(post(ASK, visitor, "{\"purpose\":\"identity\"}"));
}


static fake_reply_t *
look_up(const char *code, const char *token)
{
    char  body[64];

    snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);

    return post(LOOK_UP, token, body);
}


static const char *
decision(const char *code, const char *what, const char *document)
{
    static char      bodies[4][256];
    static unsigned  turn;

    char  *body = bodies[turn++ % 4];

    snprintf(body, sizeof(bodies[0]), "{\"code\":\"%s\",\"decision\":\"%s\""
             "%s%s%s}", code, what, document == NULL ? "" :
             ",\"note\":\"护照\",\"name\":\"张伟\",\"document\":\"",
             document == NULL ? "" : document, document == NULL ? "" : "\"");

    return body;
}


static fake_reply_t *
decide(const char *code, const char *what, const char *document)
{
    return post(DECIDE, desk, decision(code, what, document));
}


static const char *
my_state(void)
{
    static char  state[16];

    snprintf(state, sizeof(state), "%s",
             fake_text(get(ASK, visitor), "state"));

    return state;
}


/* ---- a code ------------------------------------------------------------ */

static void
test_code(void **state)
{
    char           first[16];
    fake_reply_t  *rep;

    (void) state;

    assert_string_equal(get(ASK, visitor)->code, "not_found");

    rep = post(ASK, visitor, "{\"purpose\":\"identity\"}");
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "waiting");
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-10T12:00:00+08:00");
    snprintf(first, sizeof(first), "%s", fake_text(rep, "code"));
    assert_int_equal(strlen(first), 8);
    assert_int_equal(strspn(first, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"), 8);
    assert_string_equal(fake_text(get(ASK, visitor), "code"), first);

    /* a newer one takes its place */
    assert_string_not_equal(new_code(), first);
    assert_string_equal(look_up(first, desk)->code, "face_code_expired");

    assert_string_equal(post(ASK, visitor, "{\"purpose\":\"dance\"}")->code,
                        "invalid_fields");
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
    assert_string_equal(post(ASK, visitor, "{\"purpose\":\"identity\"}")
                        ->code, "identity_required");
}


static void
test_codes_limit(void **state)
{
    int            i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 5; i++) {
        (void) new_code();
    }

    rep = post(ASK, visitor, "{\"purpose\":\"identity\"}");
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "face_codes_limit");
    later(86400000);
    (void) new_code();
}


/* Neither the code nor the account stands in clear. */
static void
test_key(void **state)
{
    const char        *code = new_code();
    const redisReply  *keys, *value;

    (void) state;

    keys = fake_redis(h, "KEYS civic:{face_counter:*");
    assert_int_equal(keys->elements, 1);
    assert_null(strstr(keys->element[0]->str, code));
    value = fake_redis(h, "GET %s", keys->element[0]->str);
    assert_null(memmem(value->str, value->len, pid_of(ACCOUNT), 22));
}


/* A request for the counter is no attempt, whoever learns its id. */
static void
test_no_attempt(void **state)
{
    const char        *path;
    const redisReply  *id;

    (void) state;

    (void) new_code();
    id = fake_redis(h, "HGET %s counter", key_of(ACCOUNT, "face_auth"));
    path = path_of(id->str, "");
    assert_string_equal(get(path, visitor)->code, "not_found");
    assert_string_equal(result_of(id->str, visitor)->code, "not_found");
}


/* A key that an interruption left leads to nothing. */
static void
test_key_left_behind(void **state)
{
    const char  *code = new_code();

    (void) state;

    fake_redis(h, "DEL %s", key_of(ACCOUNT, "face_auth"));
    assert_string_equal(look_up(code, desk)->code, "face_code_unknown");
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "face_code_unknown");
    assert_int_equal(times_called("login.proven"), 0);
}


/* ---- looking ----------------------------------------------------------- */

static void
test_look_up(void **state)
{
    char           typed[16];
    const char    *code = new_code();
    fake_reply_t  *rep;

    (void) state;

    rep = look_up(code, desk);
    assert_int_equal(rep->status, 200);
    /* whole: the clerk compares it with the document */
    assert_string_equal(fake_text(rep, "name"), "张伟");
    assert_string_equal(fake_text(rep, "id_number"), "6301**********9996");
    assert_string_equal(fake_text(rep, "state"), "waiting");
    assert_string_equal(fake_audit_action(h, 0), "face_auth.counter_looked_up");
    assert_string_equal(json_string_value(json_object_get(fake_audit(h, 0),
                                                          "subject")),
                        pid_of(NUMBER));

    snprintf(typed, sizeof(typed), "%.4s-%c%c%c %c", code, code[4] | 32,
             code[5], code[6], code[7]);
    assert_int_equal(look_up(typed, desk)->status, 200);

    /* citizens and other staff do not */
    assert_string_equal(look_up(code, visitor)->code, "forbidden");
    assert_string_equal(look_up(code, fake_session(h, "staff:x",
                                                   CIVIC_REVIEWER))->code,
                        "forbidden");
    assert_false(fake_logged(h, "audit trail"));
}


static void
test_wrong_codes(void **state)
{
    int            i;
    const char    *code = new_code();
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 10; i++) {
        rep = look_up(i % 2 ? "ABCDEFGH" : "0O1I", desk);
        assert_int_equal(rep->status, 404);
        assert_string_equal(rep->code, "face_code_unknown");

        /* a right one in between is not counted, and forgives nothing */
        if (i == 5) {
            assert_int_equal(look_up(code, desk)->status, 200);
        }
    }

    rep = look_up(code, desk);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "face_codes_wrong");
    assert_int_equal(look_up(code, fake_session(h, "staff:other",
                                                CIVIC_COUNTER))->status, 200);
    fake_advance(h, 600000);
    assert_int_equal(look_up(code, desk)->status, 200);
    assert_int_equal(fake_counter(h, "counter_codes_wrong"), 10);
    assert_string_equal(fake_audit_action(h, 0),
                        "face_auth.counter_wrong_code");
}


/* ---- deciding ---------------------------------------------------------- */

static void
test_pass(void **state)
{
    json_t        *in;
    const char    *code = new_code();
    fake_reply_t  *rep;

    (void) state;

    rep = decide(code, "pass", NUMBER);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "done");
    assert_string_equal(my_state(), "done");

    in = fake_called(h, "login.proven", 0);
    assert_string_equal(json_string_value(json_object_get(in, "how")),
                        "counter");
    assert_string_equal(json_string_value(json_object_get(in, "person")),
                        pid_of(NUMBER));
    assert_int_equal(json_integer_value(json_object_get(in, "at")), NOON);

    /* told in both inboxes; the trail knows; nothing is left to do */
    assert_int_equal(times_called("civic.message"), 2);
    assert_string_equal(fake_audit_action(h, 0),
                        "face_auth.counter_decided");
    assert_string_equal(decide(code, "refuse", NULL)->code, "face_decided");
    assert_string_equal(decide(code, "pass", NUMBER)->code, "face_decided");
    assert_int_equal(times_called("login.proven"), 1);
    assert_false(fake_logged(h, "audit trail"));
}


static void
test_document(void **state)
{
    const char    *code = new_code();
    fake_reply_t  *rep;

    (void) state;

    rep = decide(code, "pass", NULL);
    assert_string_equal(fake_field_error(rep, "/document"), "required");
    assert_string_equal(fake_field_error(rep, "/name"), "required");
    assert_string_equal(fake_field_error(decide(code, "pass",
                                                "630105199003079997"),
                                         "/document"), "id_number_checksum");
    rep = decide(code, "pass", OTHER);
    assert_string_equal(rep->code, "face_document_other");
    assert_string_equal(fake_audit_action(h, 0),
                        "face_auth.counter_other_document");
    assert_int_equal(times_called("login.proven"), 0);
    assert_string_equal(my_state(), "waiting");
}


static fake_reply_t *
decide_name(const char *code, const char *name, int changed)
{
    char  body[256];

    snprintf(body, sizeof(body), "{\"code\":\"%s\",\"decision\":\"pass\","
             "\"document\":\"" NUMBER "\",\"name\":\"%s\""
             ",\"name_changed\":%s}", code, name,
             changed ? "true" : "false");

    return post(DECIDE, desk, body);
}


static int
has_changed_name(json_t *object)
{
    json_t  *value = json_object_get(object, "name_changed");

    return json_is_true(value);
}


/* The name of the document, as the citizen has typed it. */
static void
test_name(void **state)
{
    json_t      *in;
    const char  *code = new_code();

    (void) state;

    assert_string_equal(fake_field_error(decide_name(code, "张*", 0),
                                         "/name"), "name_charset");
    assert_string_equal(fake_field_error(decide_name(code, "张炜", 0),
                                         "/name"), "face_name_other");

    /* whoever has not been proven cannot have changed it */
    assert_string_equal(fake_field_error(decide_name(code, "张炜", 1),
                                         "/name"), "face_name_other");
    assert_int_equal(times_called("login.proven"), 0);
    assert_string_equal(my_state(), "waiting");

    assert_int_equal(decide_name(code, "张伟", 0)->status, 200);
    in = fake_called(h, "login.proven", 0);
    assert_string_equal(json_string_value(json_object_get(in, "name")),
                        "张伟");
    assert_false(has_changed_name(in));
}


/* A citizen's own record has the name of before. */
static void
test_name_changed(void **state)
{
    json_t      *in;
    const char  *code;

    (void) state;

    visitor = fake_session(h, NUMBER, CIVIC_CITIZEN);
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}",
                               "state", "person", "person", pid_of(NUMBER),
                               "name", "张伟", "id_number", NUMBER, "kind",
                               "resident", "proven_at",
                               (json_int_t) (NOON - 1), "proven_by", "face"));
    code = new_code();

    assert_string_equal(decide_name(code, "张炜", 0)->code,
                        "face_name_recorded");
    assert_int_equal(times_called("login.proven"), 0);
    assert_string_equal(my_state(), "waiting");

    assert_int_equal(decide_name(code, "张炜", 1)->status, 200);
    in = fake_called(h, "login.proven", 0);
    assert_string_equal(json_string_value(json_object_get(in, "name")),
                        "张炜");
    assert_true(has_changed_name(in));
    assert_true(has_changed_name(json_object_get(fake_audit(h, 0),
                                                 "details")));
}


/* Somebody proved that number meanwhile, with another name. */
static void
test_name_differs_meanwhile(void **state)
{
    const char  *code = new_code();

    (void) state;

    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s}", "refused", "name_differs"));
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "face_name_recorded");
    assert_string_equal(my_state(), "failed");
}


static void
test_refuse(void **state)
{
    const char  *code = new_code();

    (void) state;

    assert_string_equal(fake_text(decide(code, "refuse", NULL), "state"),
                        "refused");
    assert_string_equal(my_state(), "refused");
    assert_string_equal(decide(code, "pass", NUMBER)->code, "face_decided");
    assert_int_equal(times_called("login.proven"), 0);
    assert_int_equal(times_called("civic.message"), 1);
    assert_int_equal(fake_counter(h, "counter_refused"), 1);
}


static void
test_expired(void **state)
{
    const char  *code = new_code();

    (void) state;

    later(86400000);
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "face_code_expired");
    assert_string_equal(look_up(code, desk)->code, "face_code_expired");
    assert_string_equal(my_state(), "expired");
    assert_int_equal(times_called("login.proven"), 0);
}


static int
is_waiting(void)
{
    char               field[32];
    const redisReply  *id, *found;

    id = fake_redis(h, "HGET %s counter", key_of(ACCOUNT, "face_auth"));
    snprintf(field, sizeof(field), "s:%s", id->str);
    found = fake_redis(h, "HGET %s %s", key_of(ACCOUNT, "face_auth"), field);

    return strncmp(found->str, "waiting ", 8) == 0;
}


/* It expires while somebody decides: the script says so, unless it had
   decided before. */
static void
test_expires_meanwhile(void **state)
{
    int            waited, late = 0;
    unsigned       at;
    const char    *body;
    fake_run_t    *one;
    fake_reply_t  *rep;

    for (at = 1; at < 16; at++) {
        (void) reset(state);
        body = decision(new_code(), "pass", NUMBER);
        later(86399000);

        one = fake_begin(h, CIVIC_POST, DECIDE, &(fake_request_t) {
                             .token = desk, .body = body });
        (void) fake_run_to(one, at);
        waited = is_waiting();
        fake_advance(h, 1000);
        rep = fake_end(one);

        if (waited) {
            assert_string_equal(rep->code, "face_code_expired");
            assert_int_equal(times_called("login.proven"), 0);

        } else {
            late++;
            assert_int_equal(rep->status, 200);
        }
    }

    assert_in_range(late, 1, 10);
}


static void
test_two_decide(void **state)
{
    unsigned       at;
    const char    *code, *body, *other;
    fake_run_t    *one;
    fake_reply_t  *first, *second;

    for (at = 1; at < 7; at++) {
        (void) reset(state);
        other = fake_session(h, "staff:other", CIVIC_COUNTER);
        code = new_code();
        body = decision(code, "pass", NUMBER);

        one = fake_begin(h, CIVIC_POST, DECIDE, &(fake_request_t) {
                             .token = other, .body = body });
        (void) fake_run_to(one, at);
        second = decide(code, "refuse", NULL);
        first = fake_end(one);

        assert_int_equal(second->status, 200);
        assert_string_equal(first->code, "face_decided");
        assert_int_equal(times_called("login.proven"), 0);
        assert_string_equal(my_state(), "refused");
    }
}


static void
test_claim_changed(void **state)
{
    const char  *code = new_code();

    (void) state;

    /* before the look */
    claims(OTHER);
    assert_string_equal(look_up(code, desk)->code, "face_claim_changed");
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "face_claim_changed");
    assert_int_equal(times_called("login.proven"), 0);

    /* and after it */
    claims(NUMBER);
    fake_answer_call(h, "login.proven", CIVIC_OK,
                     json_pack("{s:s}", "refused", "claim_changed"));
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "face_claim_changed");
    assert_string_equal(my_state(), "failed");
}


/* ---- interrupted ------------------------------------------------------- */

static void
run_job(void)
{
    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "face_auth.decisions", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }
}


static void
test_interrupted(void **state)
{
    const char  *code;

    (void) state;

    /* entries of outboxes have Redis' time */
    fake_set_clock(h, time(NULL) * 1000LL);
    later(0);
    code = new_code();

    fake_answer_call(h, "login.proven", CIVIC_NOT_SENT, NULL);
    assert_string_equal(decide(code, "pass", NUMBER)->code,
                        "store_unavailable");
    assert_string_equal(my_state(), "passed");
    assert_non_null(fake_waiting(h, "face_auth.decisions", 0));

    /* not yet: who decided is still at it */
    login_takes();
    run_job();
    assert_string_equal(my_state(), "passed");

    later(3600000);
    run_job();
    assert_string_equal(my_state(), "done");
    assert_null(fake_waiting(h, "face_auth.decisions", 0));

    /* the entry of one that was carried out goes too */
    (void) decide(new_code(), "pass", NUMBER);
    later(3600000);
    run_job();
    assert_null(fake_waiting(h, "face_auth.decisions", 0));
}


static void
test_set_aside(void **state)
{
    const char  *code;

    (void) state;

    fake_set_clock(h, time(NULL) * 1000LL);
    later(0);
    code = new_code();

    fake_answer_call(h, "login.proven", CIVIC_ERROR, NULL);
    assert_int_equal(decide(code, "pass", NUMBER)->status, 500);
    aside_fails("face_auth.decisions", "face_auth.aside");

    login_takes();
    aside_succeeds("face_auth.aside");
    assert_string_equal(my_state(), "done");
}


static void
test_repeat(void **state)
{
    const char  *code = new_code();

    (void) state;

    fake_answer_call(h, "login.proven", CIVIC_NOT_SENT, NULL);
    (void) decide(code, "pass", NUMBER);
    login_takes();
    assert_string_equal(decide(code, "refuse", NULL)->code, "face_decided");
    assert_string_equal(fake_text(decide(code, "pass", NUMBER), "state"),
                        "done");
}


static void
test_every_loss(void **state)
{
    unsigned       at;
    const char    *code;
    fake_reply_t  *rep;

    for (at = 1; at < 9; at++) {
        (void) reset(state);
        code = new_code();
        rep = post_with(DECIDE, desk, (fake_request_t) {
                            .body = decision(code, "pass", NUMBER),
                            .redis_fault_at = at,
                            .redis_fault = FAKE_REDIS_LOST_AFTER });

        if (rep->status != 200) {
            assert_int_equal(rep->status, 503);
            rep = decide(code, "pass", NUMBER);
        }

        assert_true(rep->status == 200
                    || strcmp(rep->code, "face_decided") == 0);
        assert_string_equal(my_state(), "done");
    }
}


/* Who withdraws the consent to the face has not withdrawn the request. */
static void
test_erase_leaves_it(void **state)
{
    char         in[128];
    const char  *code = new_code();

    (void) state;

    (void) begun();
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"face\"}",
             pid_of(ACCOUNT));
    assert_int_equal(json_integer_value(json_object_get(
        call("face_auth.erase", in), "erased")), 1);
    assert_int_equal(decide(code, "pass", NUMBER)->status, 200);
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest  tests[] = {
        T(test_code), T(test_codes_limit), T(test_key), T(test_no_attempt),
        T(test_key_left_behind), T(test_look_up),
        T(test_wrong_codes), T(test_pass), T(test_document), T(test_name),
        T(test_name_changed), T(test_name_differs_meanwhile), T(test_refuse),
        T(test_expired), T(test_expires_meanwhile), T(test_two_decide),
        T(test_claim_changed), T(test_interrupted), T(test_repeat),
        T(test_set_aside),
        T(test_every_loss), T(test_erase_leaves_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
