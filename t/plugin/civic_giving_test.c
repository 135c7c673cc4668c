/*
 * civic_giving_test.c - consents that other plugins bring, and what an
 * account consented to before it was proven whose it is.
 */

#include "civic_consents.h"

#define ACCOUNT  "alipay:2021000000000001:op-1"


/* The answer; NULL if the call failed. */
static json_t *
call(const char *name, json_t *in)
{
    char          *text, *body;
    json_t        *tree;
    fake_reply_t  *rep;

    text = json_dumps(in, JSON_COMPACT);
    tree = json_pack("{s:s,s:s}", "name", name, "in", text);
    body = json_dumps(tree, JSON_COMPACT);

    rep = fake_request(h, CIVIC_POST, "/neighbour/calls",
                       &(fake_request_t) { .body = body });
    json_decref(in);
    json_decref(tree);
    free(text);
    free(body);

    if (rep->status != 200) {
        assert_int_equal(rep->status, 500);
        return NULL;
    }

    return json_object_get(rep->json, "out");
}


static json_t *
give(const char *who, const char *purpose, const char *members)
{
    json_t  *in, *more = json_loads(members, 0, NULL);

    assert_non_null(more);
    in = json_pack("{s:s,s:s,s:s}", "pid", fake_person_id(h, who),
                   "purpose", purpose, "method", "qr_confirm");
    json_object_update(in, more);
    json_decref(more);

    return call("civic.consent_give", in);
}


static int
state_is(json_t *out, const char *state)
{
    const char  *found = json_string_value(json_object_get(out, "state"));

    return found != NULL && strcmp(found, state) == 0;
}


/* How many were carried; -1: the call failed. */
static int
carry(const char *from, const char *to)
{
    json_t  *out = call("civic.consents_carry",
                        json_pack("{s:s,s:s}", "from",
                                  fake_person_id(h, from), "to",
                                  fake_person_id(h, to)));

    return out == NULL ? -1
           : (int) json_integer_value(json_object_get(out, "carried"));
}


/* ---- civic.consent_give ------------------------------------------------ */

static void
test_give(void **state)
{
    char     id[64];
    json_t  *out, *one;

    (void) state;

    out = give(CITIZEN, "identity", "{\"channel\":\"alipay\"}");
    assert_true(state_is(out, "given"));
    snprintf(id, sizeof(id), "%s", text_of(out, "id"));
    assert_true(field_is(CITIZEN, "consents", "identity", id));
    assert_int_equal(fake_counter(h, "consents"), 1);
    assert_string_equal(fake_audit_action(h, 0), "civic.consent_given");

    one = nth(0);
    assert_string_equal(text_of(one, "consent_id"), id);
    assert_string_equal(text_of(one, "status"), "active");
    assert_string_equal(text_of(one, "language"), "zh");
    assert_int_equal(json_array_size(json_object_get(one, "flags")), 0);
    assert_string_equal(text_of(one, "digest"),
                        fake_text(get("/civic/consents/texts/identity",
                                      NULL), "digest"));

    out = give(CITIZEN, "identity", "{\"version\":1,\"language\":\"en\"}");
    assert_true(state_is(out, "existing"));
    assert_string_equal(text_of(out, "id"), id);
    assert_int_equal(fake_counter(h, "consents"), 1);
    assert_null(fake_audit(h, 1));
}


static void
test_give_refused(void **state)
{
    json_t  *out;

    (void) state;

    assert_true(state_is(give(CITIZEN, "identity", "{\"version\":2}"),
                         "outdated"));
    assert_true(state_is(give(CITIZEN, "nothing", "{}"), "no_text"));

    out = give(CITIZEN, "face", "{\"flags\":{}}");
    assert_true(state_is(out, "flags"));
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(out, "missing"), 0)), "face");
    out = give(CITIZEN, "identity", "{\"flags\":{\"health\":true}}");
    assert_true(state_is(out, "flags"));
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(out, "unasked"), 0)), "health");
    assert_int_equal(count_of(), 0);

    assert_true(state_is(give(CITIZEN, "face", "{\"flags\":"
                              "{\"face\":true}}"), "given"));
    fake_redis(h, "HSET %s refuses 1000", key_of(CITIZEN, "neighbour"));
    assert_false(is_true(withdraw()->json, "erased"));
    assert_true(state_is(give(CITIZEN, "face", "{\"flags\":"
                              "{\"face\":true}}"), "erasing"));
}


/* What nobody was asked about replaces nothing, and is not given again after
   a withdrawal until somebody was asked. */
static void
test_automatic(void **state)
{
    const char  *by_itself = "{\"method\":\"automatic\"}";
    const char  *id, *key = key_of(CITIZEN, "consents");

    (void) state;

    id = text_of(give(CITIZEN, "identity", by_itself), "id");
    assert_true(state_is(give(CITIZEN, "identity", by_itself), "existing"));

    fake_redis(h, "HSET %s text:%s %s", key, id, "0 zh 00");
    assert_true(state_is(give(CITIZEN, "identity", by_itself), "ask"));
    assert_true(state_is(give(CITIZEN, "identity", "{}"), "given"));

    assert_int_equal(send_to(CIVIC_DELETE, "/civic/consents/identity",
                             citizen, NULL)->status, 200);
    assert_true(state_is(give(CITIZEN, "identity", by_itself), "ask"));
    assert_true(field_is(CITIZEN, "consents", "identity", NULL));
    assert_true(state_is(give(CITIZEN, "identity", "{}"), "given"));
    assert_true(field_is(CITIZEN, "consents", "withdrawn:identity", NULL));
}


/* The caller's mistakes are no consent. */
static void
test_give_misuse(void **state)
{
    size_t       i;
    const char  *members[] = {
        "{\"pid\":\"short\"}", "{\"purpose\":\"record:x\"}",
        "{\"purpose\":\"\"}", "{\"method\":\"\"}", "{\"method\":null}",
        "{\"flags\":true}", "{\"flags\":{\"face\":1}}",
        "{\"actor\":\"short\",\"relation\":\"father\","
        "\"evidence\":\"pledge\"}",
        "{\"actor\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"evidence\":\"pledge\"}",
        "{\"actor\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"relation\":\"self\","
        "\"evidence\":\"pledge\"}",
        "{\"actor\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"relation\":\"father\"}",
        "{\"relation\":\"father\"}",
        "{\"evidence\":\"a\\nb\"}",
    };

    (void) state;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (give(CITIZEN, "identity", members[i]) != NULL) {
            fail_msg("%s", members[i]);
        }
    }

    assert_int_equal(count_of(), 0);
}


/* Given by somebody else: the person sees who, masked, and by what; whoever
   gave it, it is the person's, and is not given twice. */
static void
test_give_for_another(void **state)
{
    char     actor[200], id[64];
    json_t  *out, *one, *by;

    (void) state;

    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s,s:s}", "state", "person", "name",
                               "李晓红"));
    snprintf(actor, sizeof(actor), "{\"actor\":\"%s\",\"relation\":"
             "\"mother\",\"evidence\":\"face a1\"}",
             fake_person_id(h, OTHER));

    out = give(CITIZEN, "identity", actor);
    assert_true(state_is(out, "given"));
    snprintf(id, sizeof(id), "%s", text_of(out, "id"));

    one = nth(0);
    assert_string_equal(text_of(one, "relation"), "mother");
    by = json_object_get(one, "given_by");
    assert_string_equal(text_of(by, "name"), "李*红");
    assert_string_equal(text_of(by, "evidence"), "face");
    assert_int_equal(json_object_size(by), 2);
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "login.identity", 0), "pid")),
                        fake_person_id(h, OTHER));

    out = call("civic.consent",
               json_pack("{s:s,s:s}", "pid", fake_person_id(h, CITIZEN),
                         "purpose", "identity"));
    assert_string_equal(text_of(out, "id"), id);

    out = give(CITIZEN, "identity", "{}");
    assert_true(state_is(out, "existing"));
    assert_string_equal(text_of(out, "id"), id);
    assert_int_equal(count_of(), 1);

    /* and one's own names nobody */
    give(CITIZEN, "face", "{\"flags\":{\"face\":true}}");
    assert_null(json_object_get(nth(0), "given_by"));
    assert_string_equal(text_of(nth(0), "relation"), "self");
}


/* The id of the consent that the person gave; "" where it was another. */
static const char *
own(const char *purpose)
{
    const char  *id = json_string_value(json_object_get(call("civic.consent",
        json_pack("{s:s,s:s,s:b}", "pid", fake_person_id(h, CITIZEN),
                  "purpose", purpose, "own", 1)), "id"));

    return id == NULL ? "" : id;
}


/* What somebody else gave is not the person's own, who can give it: to the
   same text, and instead of the other. */
static void
test_own_after_another(void **state)
{
    char  actor[200], id[64];

    (void) state;
    snprintf(actor, sizeof(actor), "{\"actor\":\"%s\",\"relation\":"
             "\"mother\",\"evidence\":\"face a1\",\"flags\":"
             "{\"face\":true}}", fake_person_id(h, OTHER));
    snprintf(id, sizeof(id), "%s", text_of(give(CITIZEN, "face", actor),
                                           "id"));
    assert_string_equal(own("face"), "");
    assert_string_not_equal(consent(), id);
    assert_string_equal(text_of(nth(0), "relation"), "self");
    assert_string_equal(text_of(nth(1), "status"), "replaced");
    snprintf(id, sizeof(id), "%s", own("face"));
    assert_string_equal(text_of(nth(0), "consent_id"), id);

    /* once more is the same */
    assert_string_equal(consent(), id);
    assert_int_equal(count_of(), 2);
}


/* Nobody tells the name: that it was another stays seen. */
static void
test_give_for_another_unnamed(void **state)
{
    char     actor[200];
    json_t  *by;

    (void) state;

    snprintf(actor, sizeof(actor), "{\"actor\":\"%s\",\"relation\":"
             "\"father\",\"evidence\":\"pledge\"}",
             fake_person_id(h, OTHER));
    assert_true(state_is(give(CITIZEN, "identity", actor), "given"));

    by = json_object_get(nth(0), "given_by");
    assert_null(json_object_get(by, "name"));
    assert_string_equal(text_of(by, "evidence"), "pledge");
}


/* ---- civic.consent_withdraw --------------------------------------------- */

static int
withdraws(const char *who, const char *purpose, const char *id)
{
    json_t  *out = call("civic.consent_withdraw",
                        json_pack("{s:s, s:s, s:s}",
                                  "pid", fake_person_id(h, who),
                                  "purpose", purpose, "id", id));

    return out == NULL ? -1
           : json_is_true(json_object_get(out, "ended"));
}


/* Only the one that was meant, once; and the job erases. */
static void
test_withdraw(void **state)
{
    char  id[64];

    (void) state;
    snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(
                 give(CITIZEN, "identity", "{}"), "id")));

    assert_int_equal(withdraws(CITIZEN, "identity", "another"), 0);
    assert_int_equal(withdraws(CITIZEN, "identity", ""), -1);
    assert_int_equal(withdraws(CITIZEN, "no:purpose", id), -1);
    assert_int_equal(withdraws(CITIZEN, "identity", id), 1);
    assert_non_null(fake_waiting(h, "civic.erasures", 0));
    assert_int_equal(withdraws(CITIZEN, "identity", id), 0);
    assert_null(fake_waiting(h, "civic.erasures", 1));
}


/* ---- civic.consents_carry ---------------------------------------------- */

static void
test_carry(void **state)
{
    char         id[64];
    json_t      *one;
    const char  *digests;

    (void) state;

    snprintf(id, sizeof(id), "%s",
             text_of(give(ACCOUNT, "identity", "{\"channel\":\"alipay\"}"),
                     "id"));
    give(ACCOUNT, "face", "{\"flags\":{\"face\":true}}");
    fake_advance(h, 60000);

    assert_int_equal(carry(ACCOUNT, CITIZEN), 2);
    assert_int_equal(count_of(), 2);
    one = nth(1);
    assert_string_equal(text_of(one, "consent_id"), id);
    assert_string_equal(text_of(one, "purpose"), "identity");
    assert_string_equal(text_of(one, "status"), "active");
    assert_string_equal(text_of(one, "given_at"),
                        "2026-03-09T12:00:00+08:00");
    digests = fake_text(get("/civic/consents/texts/identity", NULL),
                        "digest");
    assert_string_equal(text_of(one, "digest"), digests);
    assert_int_equal(json_array_size(json_object_get(nth(0), "flags")), 1);
    assert_string_equal(fake_audit_action(h, 2), "civic.consent_carried");

    /* it works, and a second time changes nothing */
    assert_int_equal(keep()->status, 200);
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_int_equal(count_of(), 2);

    /* not even what was withdrawn meanwhile */
    assert_true(is_true(withdraw()->json, "erased"));
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_true(field_is(CITIZEN, "consents", "face", NULL));
    assert_string_equal(text_of(nth(0), "status"), "withdrawn");
}


/* What the person has stays, unless it is one to an older text. */
static void
test_carry_to_who_has(void **state)
{
    char         id[64];
    const char  *key = key_of(CITIZEN, "consents");

    (void) state;

    snprintf(id, sizeof(id), "%s", consent());
    give(ACCOUNT, "face", "{\"language\":\"en\",\"flags\":"
         "{\"face\":true}}");
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_true(field_is(CITIZEN, "consents", "face", id));

    fake_redis(h, "HSET %s text:%s %s", key, id, "2 zh 00");
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_true(field_is(CITIZEN, "consents", "face", id));

    fake_redis(h, "HSET %s text:%s %s", key, id, "0 zh 00");
    assert_int_equal(carry(ACCOUNT, CITIZEN), 1);
    assert_false(field_is(CITIZEN, "consents", "face", id));
    assert_string_equal(text_of(nth(1), "status"), "replaced");
}


/* Nor one that has ended, or ought to. */
static void
test_carry_what_ended(void **state)
{
    const char  *visitor = fake_session(h, ACCOUNT, CIVIC_VISITOR);

    (void) state;

    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);

    give(ACCOUNT, "identity", "{}");
    assert_int_equal(send_to(CIVIC_DELETE, "/civic/consents/identity",
                             visitor, NULL)->status, 200);
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);

    give(ACCOUNT, "face", "{\"flags\":{\"face\":true}}");
    fake_advance(h, 181LL * 86400000);
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);
    assert_int_equal(count_of(), 0);
}


/* One whose retention is over, and that the job has not met yet, is ended
   before another takes its place: what it covered goes with it. */
static void
test_in_place_of_one_over(void **state)
{
    int  carried;

    (void) state;

    for (carried = 0; carried < 2; carried++) {
        reset(NULL);
        consent();
        assert_int_equal(keep()->status, 200);
        fake_advance(h, 181LL * 86400000);
        citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);

        assert_true(state_is(give(carried ? ACCOUNT : CITIZEN, "face",
                                  "{\"flags\":{\"face\":true}}"), "given"));

        if (carried) {
            assert_int_equal(carry(ACCOUNT, CITIZEN), 1);
        }

        assert_int_equal(count_of(), 2);
        assert_string_equal(text_of(nth(0), "status"), "active");
        assert_string_equal(text_of(nth(1), "status"), "retention_over");
        assert_true(field_is(CITIZEN, "neighbour", "things", "0"));
        assert_int_equal(keep()->status, 200);
    }
}


/* Withdrawn as a person after it was given as a visitor: that stands. */
static void
test_carry_after_withdrawal(void **state)
{
    (void) state;

    consent();
    give(ACCOUNT, "face", "{\"flags\":{\"face\":true}}");
    fake_advance(h, 1);
    assert_int_equal(withdraw()->status, 200);
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_true(field_is(CITIZEN, "consents", "face", NULL));

    /* and one that was given after it is one */
    fake_redis(h, "DEL %s", key_of(ACCOUNT, "consents"));
    fake_advance(h, 1);
    give(ACCOUNT, "face", "{\"flags\":{\"face\":true}}");
    assert_int_equal(carry(ACCOUNT, CITIZEN), 1);
}


/* What is being erased gets nothing new. */
static void
test_carry_while_erasing(void **state)
{
    (void) state;

    consent();
    fake_redis(h, "HSET %s refuses 1000", key_of(CITIZEN, "neighbour"));
    assert_false(is_true(withdraw()->json, "erased"));
    give(ACCOUNT, "face", "{\"flags\":{\"face\":true}}");
    assert_int_equal(carry(ACCOUNT, CITIZEN), 0);
    assert_true(field_is(CITIZEN, "consents", "face", NULL));
}


static void
test_carry_misuse(void **state)
{
    const char  *id;

    (void) state;

    assert_int_equal(carry(CITIZEN, CITIZEN), -1);
    assert_null(call("civic.consents_carry",
                     json_pack("{s:s,s:s}", "from", "x", "to", "y")));

    /* a record that was put there from somebody else's */
    id = text_of(give(ACCOUNT, "identity", "{}"), "id");
    fake_redis(h, "HSET %s record:%s forged", key_of(ACCOUNT, "consents"),
               id);
    assert_int_equal(carry(ACCOUNT, CITIZEN), -1);
    assert_int_equal(count_of(), 0);
}


/* ---- visitors ---------------------------------------------------------- */

/* Also in a session that must set its password first. */
static void
test_visitor(void **state)
{
    const char    *visitor;
    fake_reply_t  *rep;

    (void) state;

    visitor = fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(fake_person_id(h, ACCOUNT)),
        .roles = CIVIC_VISITOR, .method = "alipay_qr", .lifetime = 3600,
        .refresh = 60, .must_set_password = 1,
    });

    rep = consent_as(visitor, body_of(1, 0, "{\"face\":true}"));
    assert_int_equal(rep->status, 201);
    assert_int_equal(get("/civic/consents", visitor)->status, 200);
    assert_int_equal(send_to(CIVIC_DELETE, "/civic/consents/face", visitor,
                             NULL)->status, 200);
    assert_string_equal(get("/civic/messages", visitor)->code,
                        "password_required");
    assert_int_equal(get("/civic/messages",
                         fake_session(h, ACCOUNT, CIVIC_VISITOR))->status,
                     200);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_withdraw, reset),
        cmocka_unit_test_setup(test_give, reset),
        cmocka_unit_test_setup(test_give_refused, reset),
        cmocka_unit_test_setup(test_automatic, reset),
        cmocka_unit_test_setup(test_give_misuse, reset),
        cmocka_unit_test_setup(test_give_for_another, reset),
        cmocka_unit_test_setup(test_own_after_another, reset),
        cmocka_unit_test_setup(test_give_for_another_unnamed, reset),
        cmocka_unit_test_setup(test_carry, reset),
        cmocka_unit_test_setup(test_carry_to_who_has, reset),
        cmocka_unit_test_setup(test_carry_what_ended, reset),
        cmocka_unit_test_setup(test_in_place_of_one_over, reset),
        cmocka_unit_test_setup(test_carry_after_withdrawal, reset),
        cmocka_unit_test_setup(test_carry_while_erasing, reset),
        cmocka_unit_test_setup(test_carry_misuse, reset),
        cmocka_unit_test_setup(test_visitor, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
