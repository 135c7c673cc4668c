/*
 * login_proven_test.c - from an account to a person: what the rule says,
 * what others do meanwhile, and where it is interrupted.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_accounts.h"

#define THEN   (NOON - 5000)
#define LATER  (NOON + 5000)


static size_t
messages(const char *kind)
{
    size_t   i, found = 0;
    json_t  *asked;

    for (i = 0; (asked = fake_called(h, "civic.message", i)) != NULL; i++) {
        found += strcmp(json_string_value(json_object_get(asked, "kind")),
                        kind) == 0;
    }

    return found;
}


/* A visitor of that account who says to be of that number. */
static const char *
claimant(const char *open_id, const char *number, const char *name)
{
    const char  *token = visitor(open_id);

    say_who(token, number, name);

    return token;
}


static fake_reply_t *
exchange(const char *token)
{
    return fake_request(h, CIVIC_POST, "/login/session",
                        &(fake_request_t) { .token = token });
}


static void
set_first(const char *open_id, const char *password)
{
    char  body[128];

    snprintf(body, sizeof(body), "{\"new_password\":\"%s\"}", password);
    assert_int_equal(fake_request(h, CIVIC_PUT, "/login/password",
        &(fake_request_t) { .token = must_set(open_id), .body = body })
            ->status, 200);
}


static void
proven_before(const char *number)
{
    fake_redis(h, "HSET %s proven %s", key_of(number, "person"),
               "1700000000000 face");
}


/* ---- what becomes of it ------------------------------------------------ */

static void
test_new_person(void **state)
{
    const char    *token;
    fake_reply_t  *rep;

    (void) state;

    token = claimant("open-1", OTHER, "张伟");
    assert_string_equal(exchange(token)->code, "not_proven_yet");

    rep = prove("open-1", OTHER, 0, THEN);
    assert_true(is(rep, "linked"));
    assert_true(!is(rep, "recovered"));
    assert_string_equal(json_string_value(told(rep, "person")),
                        fake_person_id(h, OTHER));
    assert_true(rep->stack_used < 64 * 1024);
    assert_true(has_link(OTHER, "open-1"));
    assert_string_equal(field(OTHER, "proven"), "1773028795000 face");

    /* nobody was there who could be told; the consents go along */
    assert_int_equal(messages("login.linked"), 0);
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "civic.consents_carry", 0), "from")),
        aid_of("open-1"));
    assert_string_equal(fake_audit_action(h, 0), "");

    rep = exchange(token);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "state"), "citizen");
    assert_string_equal(get("/login/session", token)->code,
                        "session_expired");
    assert_string_equal(fake_text(enter("open-1"), "state"), "citizen");

    /* nothing of the claim stays with the account */
    assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:account claim",
                                aid_of("open-1"))->integer, 0);
}


/* Somebody had registered the number, and nobody had proven it. */
static void
test_recovery(void **state)
{
    const char    *theirs, *device;
    fake_reply_t  *rep;

    (void) state;

    rep = login(NUMBER, PASSWORD);
    theirs = fake_text(rep, "token");
    device = fake_text(rep, "device");

    claimant("open-1", NUMBER, "张伟");
    set_first("open-1", NEW_ONE);
    rep = prove("open-1", NUMBER, 0, THEN);
    assert_true(is(rep, "recovered"));

    assert_string_equal(get("/login/profile", theirs)->code,
                        "session_expired");
    assert_string_equal(login_from(NUMBER, PASSWORD, device)->code,
                        "login_failed");
    assert_int_equal(fake_redis(h, "EXISTS %s", key_of(NUMBER, "login"))
                         ->integer, 1);        /* of that attempt alone */

    /* the owner's password, and the owner's name */
    rep = login(NUMBER, NEW_ONE);
    assert_int_equal(rep->status, 200);
    assert_string_equal(json_string_value(json_object_get(json_object_get(
        rep->json, "person"), "name")), "张*");

    assert_int_equal(messages("login.recovered"), 1);
    assert_string_equal(fake_audit_action(h, 0), "login.person_recovered");
    assert_int_equal(fake_counter(h, "recovered"), 1);
}


static void
test_another_way(void **state)
{
    const char    *mine;
    fake_reply_t  *rep;

    (void) state;

    proven_before(NUMBER);
    mine = fake_text(login(NUMBER, PASSWORD), "token");
    claimant("open-1", NUMBER, NAME);
    rep = prove("open-1", NUMBER, 0, THEN);
    assert_true(!is(rep, "recovered"));
    assert_int_equal(get("/login/profile", mine)->status, 200);
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);
    assert_int_equal(messages("login.linked"), 1);
    assert_string_equal(fake_audit_action(h, 0), "");

    /* with a new password, which ends sessions as ever */
    claimant("open-2", NUMBER, NAME);
    set_first("open-2", NEW_ONE);
    rep = prove("open-2", NUMBER, 0, LATER);
    assert_true(!is(rep, "recovered"));
    assert_true(has_link(NUMBER, "open-1"));
    assert_true(has_link(NUMBER, "open-2"));
    assert_string_equal(get("/login/profile", mine)->code,
                        "session_expired");
    assert_string_equal(login(NUMBER, PASSWORD)->code, "login_failed");
    assert_int_equal(login(NUMBER, NEW_ONE)->status, 200);

    /* in so many words */
    claimant("open-3", NUMBER, NAME);
    rep = prove("open-3", NUMBER, 1, LATER + 1);
    assert_true(is(rep, "recovered"));
    assert_false(has_link(NUMBER, "open-1"));
    assert_true(has_link(NUMBER, "open-3"));
    assert_string_equal(login(NUMBER, NEW_ONE)->code, "login_failed");

    /* what was linked is a visitor again, and may prove it again */
    assert_string_equal(fake_text(enter("open-1"), "state"), "visitor");
    claimant("open-1", NUMBER, NAME);

    /* but not by a proof of before */
    assert_string_equal(refused(prove("open-1", NUMBER, 0, LATER)),
                        "claim_changed");
    assert_false(has_link(NUMBER, "open-1"));
    assert_true(is(prove("open-1", NUMBER, 0, LATER + 2),
                                  "linked"));
}


/* A citizen who was imported, or came with a card, shows the face later. */
static void
test_own(void **state)
{
    const char    *mine;
    fake_reply_t  *rep;

    (void) state;

    mine = fake_text(login(NUMBER, PASSWORD), "token");
    rep = fake_request(h, CIVIC_POST, PROVEN, &(fake_request_t) {
        .body = proof_body(fake_person_id(h, NUMBER), NUMBER, 0, THEN) });
    assert_true(!is(rep, "linked"));
    assert_true(!is(rep, "recovered"));
    assert_string_equal(field(NUMBER, "proven"), "1773028795000 face");
    assert_int_equal(get("/login/profile", mine)->status, 200);
    assert_int_equal(messages("login.linked"), 0);

    rep = fake_request(h, CIVIC_POST, PROVEN, &(fake_request_t) {
        .body = proof_body(fake_person_id(h, NUMBER), NUMBER, 1, LATER) });
    assert_true(is(rep, "recovered"));
    assert_string_equal(get("/login/profile", mine)->code,
                        "session_expired");

    rep = fake_request(h, CIVIC_POST, PROVEN, &(fake_request_t) {
        .body = proof_body(fake_person_id(h, NOBODY), NOBODY, 0, THEN) });
    assert_string_equal(refused(rep), "claim_changed");
    assert_int_equal(count_keys("civic:*:person"), 1);
}


static fake_reply_t *
prove_name(const char *pid, const char *how, const char *name, int changed,
    long long at)
{
    char  body[384];

    snprintf(body, sizeof(body), "{\"pid\":\"%s\",\"person\":\"%s\","
             "\"how\":\"%s\",\"name\":\"%s\",\"name_changed\":%s,"
             "\"recover\":true,\"at\":%lld}", pid,
             fake_person_id(h, NUMBER), how, name,
             changed ? "true" : "false", at);

    return fake_request(h, CIVIC_POST, PROVEN,
                        &(fake_request_t) { .body = body });
}


static const char *
name_of(const char *pid)
{
    static char  name[64], in[64];

    snprintf(in, sizeof(in), "{\"pid\":\"%s\"}", pid);
    snprintf(name, sizeof(name), "%s", json_string_value(told(
        fake_request(h, CIVIC_POST, "/asker/calls/login.identity",
                     &(fake_request_t) { .body = in }), "name")));

    return name;
}


static const char *
recorded_name(void)
{
    return name_of(fake_person_id(h, NUMBER));
}


/* Whoever asks about a name is told it as the card has it. */
static void
test_name_dot(void **state)
{
    (void) state;

    claimant("open-1", OTHER, "阿依古丽．买买提");
    assert_string_equal(name_of(aid_of("open-1")), "阿依古丽·买买提");
}


/* A name that was proven is not overwritten by one that somebody typed. */
static void
test_name_differs(void **state)
{
    const char  *account = aid_of("open-1");

    (void) state;

    proven_before(NUMBER);
    claimant("open-1", NUMBER, "x");

    assert_string_equal(refused(prove("open-1", NUMBER, 0, THEN)),
                        "name_differs");
    assert_string_equal(refused(prove_name(account, "counter", "x", 0, THEN)),
                        "name_differs");

    /* a face sees no papers */
    assert_string_equal(refused(prove_name(account, "face", "x", 1, THEN)),
                        "name_differs");
    assert_string_equal(recorded_name(), NAME);
    assert_string_equal(field(NUMBER, "proven"), "1700000000000 face");
    assert_false(has_link(NUMBER, "open-1"));
    assert_int_equal(login(NUMBER, PASSWORD)->status, 200);

    /* the counter has */
    assert_true(is(prove_name(account, "counter", "X", 1, THEN), "linked"));
    assert_string_equal(recorded_name(), "x");
    assert_true(has_link(NUMBER, "open-1"));
}


/* What the camera saw is proven, not what was typed meanwhile. */
static void
test_name_typed_meanwhile(void **state)
{
    (void) state;

    claimant("open-1", NUMBER, "x");
    assert_string_equal(refused(prove_name(aid_of("open-1"), "face", "张伟",
                                           0, THEN)), "claim_changed");
    assert_string_equal(recorded_name(), NAME);
    assert_string_equal(field(NUMBER, "proven"), "");

    /* nobody had proven the record's: it takes the proven one */
    assert_true(is(prove_name(aid_of("open-1"), "face", "x", 0, THEN),
                   "recovered"));
    assert_string_equal(recorded_name(), "x");
}


/* In the person's own session, with papers. */
static void
test_own_name_changed(void **state)
{
    const char  *pid = fake_person_id(h, NUMBER);

    (void) state;

    proven_before(NUMBER);
    assert_string_equal(refused(prove_name(pid, "counter", "欧阳新", 0,
                                           THEN)), "name_differs");
    assert_string_equal(recorded_name(), NAME);
    assert_true(is(prove_name(pid, "counter", "欧阳新", 1, THEN),
                   "recovered"));
    assert_string_equal(recorded_name(), "欧阳新");

    /* and a name that is the same changes nothing */
    assert_true(is(prove_name(pid, "counter", "欧阳新", 1, LATER),
                   "recovered"));
    assert_string_equal(recorded_name(), "欧阳新");
}


static void
test_not_what_was_claimed(void **state)
{
    (void) state;

    assert_string_equal(refused(prove("open-1", OTHER, 0, THEN)),
                        "claim_changed");
    visitor("open-1");
    assert_string_equal(refused(prove("open-1", OTHER, 0, THEN)),
                        "claim_changed");
    claimant("open-1", NUMBER, NAME);
    assert_string_equal(refused(prove("open-1", OTHER, 0, THEN)),
                        "claim_changed");
    assert_int_equal(count_keys("civic:*:person"), 1);
    assert_string_equal(field(NUMBER, "proven"), "");

    fake_redis(h, "HSET %s locked 1-why", key_of(NUMBER, "person"));
    assert_string_equal(refused(prove("open-1", NUMBER, 0, THEN)), "locked");
    assert_false(has_link(NUMBER, "open-1"));
}


static void
test_wrong_input(void **state)
{
    size_t       i;
    const char  *wrong[] = {
        "{}", "{\"pid\":\"x\",\"person\":\"y\",\"how\":\"face\",\"at\":1}",
        "{\"pid\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"person\":"
        "\"aaaaaaaaaaaaaaaaaaaaaa\",\"how\":\"trust\",\"at\":1}",
        "{\"pid\":\"aaaaaaaaaaaaaaaaaaaaaa\",\"person\":"
        "\"aaaaaaaaaaaaaaaaaaaaaa\",\"how\":\"face\"}",
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fake_reply_t  *rep = fake_request(h, CIVIC_POST, PROVEN,
            &(fake_request_t) { .body = wrong[i] });

        assert_int_equal(number_in(rep, "result"), CIVIC_ERROR);
    }

    assert_true(fake_logged(h, "was called with a wrong input"));
}


/* ---- interrupted ------------------------------------------------------- */

/* At each call of Redis, in each way: a repeat brings it to its end, and
   what ended once does not end again. */
static void
test_interrupted(void **state)
{
    unsigned      n, fault;
    const char   *mine;
    const char   *body;
    fake_reply_t *rep;

    for (n = 2; n < 16; n++) {
        for (fault = FAKE_REDIS_NOT_SENT; fault <= FAKE_REDIS_LOST_AFTER;
             fault++)
        {
            arrive(state);
            claimant("open-1", NUMBER, "张伟");
            set_first("open-1", NEW_ONE);
            body = proof_body(aid_of("open-1"), NUMBER, n % 2, THEN);
            fake_request(h, CIVIC_POST, PROVEN, &(fake_request_t) {
                .body = body, .redis_fault_at = n / 2,
                .redis_fault = fault });

            rep = fake_request(h, CIVIC_POST, PROVEN,
                               &(fake_request_t) { .body = body });
            assert_true(is(rep, "linked"));
            assert_true(is(rep, "recovered"));
            assert_string_equal(login(NUMBER, PASSWORD)->code,
                                "login_failed");
            rep = login(NUMBER, NEW_ONE);
            assert_int_equal(rep->status, 200);
            mine = fake_text(rep, "token");

            rep = fake_request(h, CIVIC_POST, PROVEN,
                               &(fake_request_t) { .body = body });
            assert_true(is(rep, "recovered"));
            assert_int_equal(get("/login/profile", mine)->status, 200);
            assert_string_equal(fake_text(enter("open-1"), "state"),
                                "citizen");
            assert_string_equal(fake_audit_action(h, 1), "");
        }
    }
}


/* A message that cannot be sent is sent by the repeat. */
static void
test_message_fails(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    claimant("open-1", NUMBER, "张伟");
    fake_answer_call(h, "civic.message", CIVIC_NOT_SENT, NULL);
    rep = prove("open-1", NUMBER, 0, THEN);
    assert_int_equal(number_in(rep, "result"), CIVIC_NOT_SENT);
    assert_true(has_link(NUMBER, "open-1"));

    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    rep = prove("open-1", NUMBER, 0, THEN);
    assert_true(is(rep, "recovered"));
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "civic.message", 0), "once")),
        json_string_value(json_object_get(
            fake_called(h, "civic.message", 1), "once")));

    /* who has no plugin for them has none */
    fake_answer_call(h, "civic.message", CIVIC_NOT_FOUND, NULL);
    fake_answer_call(h, "civic.consents_carry", CIVIC_NOT_FOUND, NULL);
    assert_true(is(prove("open-1", NUMBER, 0, THEN),
                                  "linked"));
}


/* ---- at the same time -------------------------------------------------- */

/* Two accounts, one person.  Whoever is second takes nothing from the first;
   a proof of before the recovery has to be made again. */
static void
test_two_accounts(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    for (n = 1; n < 8; n++) {
        arrive(state);
        claimant("open-1", NUMBER, NAME);
        claimant("open-2", NUMBER, NAME);

        run = fake_begin(h, CIVIC_POST, PROVEN, &(fake_request_t) {
            .body = proof_body(aid_of("open-1"), NUMBER, 0, THEN) });
        fake_run_to(run, n);
        prove("open-2", NUMBER, 0, THEN + 1);
        rep = fake_end(run);

        assert_true(has_link(NUMBER, "open-1")
                    ? is(rep, "linked")
                    : strcmp(refused(rep), "claim_changed") == 0);
        assert_true(has_link(NUMBER, "open-2"));
        assert_string_equal(field(NUMBER, "proven"), "1773028795001 face");
        assert_int_equal(fake_counter(h, "recovered"), 1);
        assert_string_equal(fake_audit_action(h, 1), "");
        assert_string_equal(fake_text(enter("open-2"), "state"), "citizen");
    }
}


/* The visitor goes on typing while the proof is written. */
static void
test_claim_meanwhile(void **state)
{
    unsigned       n;
    int            linked;
    const char    *token;
    fake_run_t    *run;
    fake_reply_t  *rep;

    for (n = 1; n < 8; n++) {
        arrive(state);
        token = claimant("open-1", OTHER, "张伟");
        run = fake_begin(h, CIVIC_POST, PROVEN, &(fake_request_t) {
            .body = proof_body(aid_of("open-1"), OTHER, 0, THEN) });
        fake_run_to(run, n);
        claim(token, NUMBER, NAME);
        rep = fake_end(run);

        /* one or the other, and never the one that was not proven */
        linked = is(rep, "linked");
        assert_true(linked || strcmp(refused(rep), "claim_changed") == 0);
        assert_false(has_link(NUMBER, "open-1"));
        assert_string_equal(fake_text(enter("open-1"), "state"),
                            linked ? "citizen" : "visitor");
    }
}


/* The password that was set last goes with the account. */
static void
test_password_meanwhile(void **state)
{
    unsigned     n;
    fake_run_t  *run;
    const char  *last;

    for (n = 1; n < 8; n++) {
        arrive(state);
        claimant("open-1", OTHER, "张伟");
        set_first("open-1", PASSWORD);
        run = fake_begin(h, CIVIC_POST, PROVEN, &(fake_request_t) {
            .body = proof_body(aid_of("open-1"), OTHER, 0, THEN) });
        fake_run_to(run, n);
        last = fake_request(h, CIVIC_PUT, "/login/password",
            &(fake_request_t) { .token = must_set("open-1"),
                                .body = "{\"new_password\":\"" NEW_ONE
                                        "\"}" })->status == 200
               ? NEW_ONE : PASSWORD;
        assert_true(is(fake_end(run), "linked"));
        assert_int_equal(fake_redis(h, "HEXISTS civic:{p:%s}:account "
                                    "password", aid_of("open-1"))->integer,
                         0);
        assert_int_equal(login(OTHER, last)->status, 200);
    }
}


/* Nobody is proven once the person is locked. */
static void
test_lock_meanwhile(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    for (n = 1; n < 8; n++) {
        arrive(state);
        claimant("open-1", NUMBER, NAME);
        run = fake_begin(h, CIVIC_POST, PROVEN, &(fake_request_t) {
            .body = proof_body(aid_of("open-1"), NUMBER, 0, THEN) });
        fake_run_to(run, n);
        assert_int_equal(lock("", NUMBER)->status, 200);
        rep = fake_end(run);

        /* what was written before the lock stands, and helps nobody in */
        assert_true(is(rep, "linked") || has_link(NUMBER, "open-1")
                    || strcmp(refused(rep), "locked") == 0);
        assert_true(n > 1 || !has_link(NUMBER, "open-1"));
        assert_int_equal(has_link(NUMBER, "open-1"),
                         strcmp(field(NUMBER, "proven"), "") != 0);
        rep = enter("open-1");
        assert_true(strcmp(rep->code, "account_locked") == 0
                    || strcmp(fake_text(rep, "state"), "visitor") == 0);
    }
}


/* However far somebody is who sets a first password in a session of before,
   the recovery keeps them out. */
static void
test_recovery_meanwhile(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    for (n = 1; n < 10; n++) {
        arrive(state);
        add_person(OTHER, "冒名者", NULL);
        claimant("open-1", OTHER, "张伟");
        run = fake_begin(h, CIVIC_PUT, "/login/password", &(fake_request_t) {
            .token = fake_session_with(h, &(civic_session_spec_t) {
                .pid = civic_cstr(fake_person_id(h, OTHER)),
                .roles = CIVIC_CITIZEN, .method = "card", .lifetime = 3600,
                .refresh = 60, .must_set_password = 1 }),
            .body = "{\"new_password\":\"" NEW_ONE "\"}" });
        fake_run_to(run, n);
        assert_true(is(prove("open-1", OTHER, 0, THEN),
                                      "recovered"));
        rep = fake_end(run);

        assert_string_equal(field(OTHER, "password"), "");
        assert_string_equal(login(OTHER, NEW_ONE)->code, "login_failed");

        if (rep->status == 200) {
            assert_string_equal(get("/login/session",
                                    fake_text(rep, "token"))->code,
                                "session_expired");
        }
    }
}


/* And so somebody whose account a recovery unlinks while it logs in. */
static void
test_unlinked_meanwhile(void **state)
{
    unsigned       n;
    fake_run_t    *run;
    fake_reply_t  *rep;

    for (n = 1; n < 10; n++) {
        arrive(state);
        claimant("open-1", OTHER, "张伟");
        prove("open-1", OTHER, 0, THEN);
        claimant("open-2", OTHER, "张伟");

        answer_token("open-1", NULL);
        run = fake_begin(h, CIVIC_POST, "/login/alipay",
                         &(fake_request_t) { .body = BODY });
        fake_run_to(run, n);
        assert_true(is(prove("open-2", OTHER, 1, LATER),
                                      "recovered"));
        rep = fake_end(run);

        if (rep->status != 200) {
            assert_string_equal(rep->code, "conflict");

        } else if (strcmp(fake_text(rep, "state"), "citizen") == 0) {
            assert_string_equal(get("/login/session",
                                    fake_text(rep, "token"))->code,
                                "session_expired");
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_new_person, arrive),
        cmocka_unit_test_setup(test_recovery, arrive),
        cmocka_unit_test_setup(test_another_way, arrive),
        cmocka_unit_test_setup(test_own, arrive),
        cmocka_unit_test_setup(test_name_dot, arrive),
        cmocka_unit_test_setup(test_name_differs, arrive),
        cmocka_unit_test_setup(test_name_typed_meanwhile, arrive),
        cmocka_unit_test_setup(test_own_name_changed, arrive),
        cmocka_unit_test_setup(test_not_what_was_claimed, arrive),
        cmocka_unit_test_setup(test_wrong_input, arrive),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test_setup(test_message_fails, arrive),
        cmocka_unit_test(test_two_accounts),
        cmocka_unit_test(test_claim_meanwhile),
        cmocka_unit_test(test_password_meanwhile),
        cmocka_unit_test(test_lock_meanwhile),
        cmocka_unit_test(test_recovery_meanwhile),
        cmocka_unit_test(test_unlinked_meanwhile),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
