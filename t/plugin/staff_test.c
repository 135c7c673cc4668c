/*
 * staff_test.c - staff: logging in, codes that work once, guesses, first
 * logins, accounts, races, bad days.
 */

#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "built.h"
#include "fake_host.h"
#include "fake_internal.h"
#include "staff_record.h"
#include "totp.h"

#define PASSWORD  "gelbe-Ente-47"
#define NEW_ONE   "Blaue-Gans-5858"
#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define SECRET    "12345678901234567890"
#define HASH      /* argon2id of PASSWORD */                                  \
    "$argon2id$v=19$m=64,t=1,p=1$Y2l2aWMgdGVzdCBzYWx0IQ$"                     \
    "OnzowPR+pQVWCy+jQBeGhoXBuQxD+KWbwAdlf3mRItI"

static fake_host_t  *h;
static char          list[64];


/* ---- the world --------------------------------------------------------- */

static int
setup(void **state)
{
    int          file;
    static char  option[128];

    (void) state;

    strcpy(list, "/tmp/civic-staff.XXXXXX");
    file = mkstemp(list);
    assert_true(file >= 0);
    assert_int_equal(write(file, "Passw0rd-Passw0rd\n", 18), 18);
    close(file);
    snprintf(option, sizeof(option), "password_blocklist=%s", list);

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/staff.so"),
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .origins = { "https://office.example" },
        .options = { "argon2_memory=64", "argon2_passes=1", "issuer=省级",
                     option },
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    unlink(list);

    return 0;
}


static const char *
pid_of(const char *name)
{
    char  canonical[CIVIC_STAFF_CANONICAL];

    assert_true(civic_staff_canonical(name, strlen(name), canonical) > 0);

    return fake_person_id(h, canonical);
}


static const char *
key_of(const char *name, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s", pid_of(name), family);

    return key;
}


static civic_str_t
sealed(const char *purpose, const char *name, const char *plain)
{
    static unsigned char  out[4][512];
    static unsigned       turn;

    int64_t         len;
    unsigned char  *to = out[turn++ % 4];

    len = civic_purpose_seal(civic_keyring_purpose(h->keyring, purpose),
                             civic_cstr(pid_of(name)), civic_cstr(plain), to);
    assert_true(len > 0);

    return (civic_str_t) { (char *) to, (size_t) len };
}


/* One that is set up: PASSWORD and SECRET. */
static void
add(const char *name, const char *roles)
{
    civic_str_t  n = sealed("staff", name, name);
    civic_str_t  p = sealed("password", name, HASH);
    civic_str_t  t = sealed("staff", name, SECRET);

    fake_redis(h, "HSET %s name %b roles %s password %b totp %b version 1 "
               "password_set_at %lld created_at 1700000000000 creation x",
               key_of(name, "staff"), n.data, n.len, roles, p.data, p.len,
               t.data, t.len, (long long) fake_now(h));
    fake_redis(h, "ZADD civic:{staff}:accounts 1700000000000 %s",
               pid_of(name));

    if (strstr(roles, "administrator") != NULL) {
        fake_redis(h, "SADD civic:{staff}:administrators %s", pid_of(name));
    }
}


static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    add("wang.fang", "reviewer,office");
    add("boss", "administrator");

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

static const char *
code_of(const char *secret)
{
    static char  code[CIVIC_TOTP_DIGITS + 1];

    assert_int_equal(civic_totp_code(secret, strlen(secret),
                                     fake_now(h) / 1000, code), 0);

    return code;
}


static const char *
body_of(const char *name, const char *password, const char *totp)
{
    static char      bodies[8][256];
    static unsigned  turn;

    char  *body = bodies[turn++ % 8];

    if (totp == NULL) {
        snprintf(body, sizeof(bodies[0]),
                 "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);

    } else {
        snprintf(body, sizeof(bodies[0]), "{\"name\":\"%s\","
                 "\"password\":\"%s\",\"totp\":\"%s\"}", name, password,
                 totp);
    }

    return body;
}


static fake_reply_t *
login_as(const char *name, const char *password, const char *totp)
{
    return fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of(name, password, totp)
    });
}


/* With the right code. */
static fake_reply_t *
login(const char *name, const char *password)
{
    return login_as(name, password, code_of(SECRET));
}


static fake_reply_t *
login_from(const char *name, const char *password, const char *device)
{
    static char  header[512];

    snprintf(header, sizeof(header), "Civic-Device: %s", device);

    return fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of(name, password, code_of(SECRET)),
        .headers = { header }
    });
}


static const char *
token_of(const char *name)
{
    fake_reply_t  *rep = login(name, PASSWORD);

    assert_int_equal(rep->status, 200);

    return fake_text(rep, "token");
}


static fake_reply_t *
ask(civic_method_t method, const char *path, const char *token,
    const char *body)
{
    return fake_request(h, method, path, &(fake_request_t) {
        .token = token, .body = body, .headers = { "Idempotency-Key: k1" }
    });
}


static fake_reply_t *
get(const char *path, const char *token)
{
    return fake_request(h, CIVIC_GET, path,
                        &(fake_request_t) { .token = token });
}


static int
is_true(const fake_reply_t *rep, const char *name)
{
    json_t  *value = json_object_get(rep->json, name);

    assert_true(json_is_boolean(value));

    return json_is_true(value);
}


/* ---- logging in -------------------------------------------------------- */

static void
test_login(void **state)
{
    const char    *token;
    fake_reply_t  *rep;

    (void) state;

    rep = login("Ｗang.Fang", PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-09T20:00:00+08:00");
    assert_false(is_true(rep, "must_set_password"));
    assert_false(is_true(rep, "must_set_totp"));
    assert_true(rep->stack_used < 64 * 1024);

    token = fake_text(rep, "token");
    rep = get("/staff/session", token);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "name"), "wang.fang");
    assert_non_null(strstr(rep->body, "[\"reviewer\",\"office\"]"));

    rep = ask(CIVIC_DELETE, "/staff/session?scope=all", token, NULL);
    assert_int_equal(rep->status, 204);
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");
    assert_int_equal(fake_counter(h, "succeeded"), 1);

    /* nothing of it in the log, and nothing in clear in Redis */
    assert_false(fake_logged(h, "wang"));
    assert_false(fake_logged(h, PASSWORD));
}


static void
test_a_citizen_is_no_staff(void **state)
{
    const char  *token = fake_session(h, "630102199001019990", CIVIC_CITIZEN);

    (void) state;

    assert_string_equal(get("/staff/session", token)->code, "forbidden");
    assert_string_equal(get("/staff/accounts", token)->code, "forbidden");
    assert_string_equal(get("/staff/accounts", NULL)->code, "unauthorized");
    assert_string_equal(get("/staff/accounts", token_of("wang.fang"))->code,
                        "forbidden");
}


static char *
without_id(const fake_reply_t *rep)
{
    json_t  *copy = json_deep_copy(rep->json);
    char    *text;

    json_object_del(copy, "request_id");
    text = json_dumps(copy, JSON_SORT_KEYS);
    json_decref(copy);

    return text;
}


/* Wrong name, password, code, no code: the same answer by the same steps. */
static void
test_failures_look_the_same(void **state)
{
    char          *first, *text;
    size_t         i;
    fake_reply_t  *wrong, *rep;

    (void) state;

    wrong = login("wang.fang", "wrong one");
    assert_int_equal(wrong->status, 401);
    assert_string_equal(wrong->code, "staff_login_failed");
    assert_null(wrong->undocumented);
    first = without_id(wrong);

    for (i = 0; i < 5; i++) {
        fake_redis(h, "DEL %s", key_of("wang.fang", "staff_guesses"));
        rep = i == 0 ? login("nobody", PASSWORD)
              : i == 1 ? login_as("wang.fang", PASSWORD, "000000")
              : i == 2 ? login_as("wang.fang", PASSWORD, NULL)
              : i == 3 ? login_as("wang.fang", PASSWORD, "")
              : login_as("nobody", PASSWORD, NULL);
        text = without_id(rep);
        assert_int_equal(rep->status, 401);
        assert_string_equal(text, first);
        assert_int_equal(rep->redis_calls, wrong->redis_calls);
        assert_int_equal(rep->offloads, wrong->offloads);
        assert_int_equal(rep->suspensions, wrong->suspensions);
        free(text);
    }

    free(first);

    rep = login("no name", PASSWORD);
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/name"), "staff_name");
    assert_int_equal(rep->redis_calls, 0);
}


static void
test_a_code_works_once(void **state)
{
    char  code[8];

    (void) state;

    strcpy(code, code_of(SECRET));
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    /* nor an earlier one of the window, once a later was used */
    fake_advance(h, 30000);
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    /* another account has its own steps */
    assert_int_equal(login("boss", PASSWORD)->status, 200);
}


static void
test_windows_of_codes(void **state)
{
    int   i;
    char  code[8];

    (void) state;

    strcpy(code, code_of(SECRET));
    fake_advance(h, 59000);
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);

    strcpy(code, code_of(SECRET));
    fake_advance(h, 60000);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");

    fake_advance(h, 30000);
    strcpy(code, code_of(SECRET));

    for (i = 0; i < 2; i++) {
        fake_advance(h, -30000);
        assert_int_equal(login_as("wang.fang", PASSWORD, code)->status,
                         i == 0 ? 200 : 401);
    }
}


/* Two logins with one code at once: one enters. */
static void
test_one_code_in_a_race(void **state)
{
    fake_run_t    *run;
    fake_reply_t  *first, *second;
    const char    *body = body_of("wang.fang", PASSWORD, code_of(SECRET));

    (void) state;

    run = fake_begin(h, CIVIC_POST, "/staff/sessions",
                     &(fake_request_t) { .body = body });
    assert_true(fake_run_to(run, 4));       /* up to the hash */
    second = fake_request(h, CIVIC_POST, "/staff/sessions",
                          &(fake_request_t) { .body = body });
    assert_int_equal(second->status, 200);
    first = fake_end(run);
    assert_string_equal(first->code, "staff_login_failed");
}


/* ---- guesses ----------------------------------------------------------- */

static void
test_guesses(void **state)
{
    int            i;
    char           device[256];
    fake_reply_t  *rep = login("wang.fang", PASSWORD);

    (void) state;

    snprintf(device, sizeof(device), "%s", fake_text(rep, "device"));

    for (i = 0; i < 3; i++) {
        assert_string_equal(login("wang.fang", "wrong one")->code,
                            "staff_login_failed");
    }

    fake_advance(h, 30000);
    rep = login("wang.fang", PASSWORD);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "too_many_guesses");
    assert_null(rep->undocumented);

    /* nobody keeps the owner's device out */
    assert_int_equal(login_from("wang.fang", PASSWORD, device)->status, 200);

    /* a right password with wrong codes is a guess, too */
    for (i = 0; i < 3; i++) {
        assert_string_equal(login_as("boss", PASSWORD, "000000")->code,
                            "staff_login_failed");
    }

    assert_string_equal(login("boss", PASSWORD)->code, "too_many_guesses");
    fake_advance(h, 121000);
    assert_int_equal(login("boss", PASSWORD)->status, 200);
}


static void
test_an_address(void **state)
{
    (void) state;

    fake_redis(h, "SET civic:staff:address:192.0.2.1 %s",
               "1773028800 60");
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "too_many_from_address");
    assert_string_equal(login("nobody", PASSWORD)->code,
                        "too_many_from_address");
}


/* ---- own secrets ------------------------------------------------------- */

static const char *
passwords(const char *old, const char *new)
{
    static char  body[256];

    snprintf(body, sizeof(body),
             "{\"old_password\":\"%s\",\"new_password\":\"%s\"}", old, new);

    return body;
}


static void
test_change_password(void **state)
{
    int            i;
    const char    *token = token_of("wang.fang"), *other;
    fake_reply_t  *rep;

    (void) state;

    fake_advance(h, 30000);
    other = token_of("wang.fang");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, "wang.Fang"));
    assert_string_equal(rep->code, "invalid_fields");
    assert_string_equal(fake_field_error(rep, "/new_password"),
                        "password_too_short");
    assert_non_null(strstr(rep->body, "password_personal"));
    assert_null(rep->undocumented);

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, "passw0rd-PASSW0RD"));
    assert_string_equal(fake_field_error(rep, "/new_password"),
                        "password_common");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords("wrong one", NEW_ONE));
    assert_string_equal(rep->code, "old_password_wrong");

    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(PASSWORD, NEW_ONE));
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_false(is_true(rep, "log_in_again"));

    assert_int_equal(get("/staff/session", token)->status, 200);
    assert_string_equal(get("/staff/session", other)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    assert_int_equal(login("wang.fang", NEW_ONE)->status, 200);

    /* who has a session cannot guess on */
    for (i = 0; i < 3; i++) {
        assert_string_equal(ask(CIVIC_PUT, "/staff/password", token,
                                passwords("wrong one", PASSWORD "XX"))->code,
                            "old_password_wrong");
    }

    assert_string_equal(ask(CIVIC_PUT, "/staff/password", token,
                            passwords(NEW_ONE, PASSWORD "XX"))->code,
                        "too_many_guesses");
    assert_string_equal(ask(CIVIC_POST, "/staff/totp", token,
                            "{\"password\":\"" NEW_ONE "\"}")->code,
                        "too_many_guesses");
}


/* The fresh secret, as bytes with a NUL. */
static void
take_secret(const fake_reply_t *rep, char *secret)
{
    const char  *text = fake_text(rep, "secret");

    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_int_equal(civic_base32_decode(text, strlen(text), secret), 20);
    assert_non_null(strstr(fake_text(rep, "uri"), text));
    assert_ptr_equal(strstr(fake_text(rep, "uri"),
                            "otpauth://totp/%E7%9C%81%E7%BA%A7:"),
                     fake_text(rep, "uri"));
}


static const char *
confirmation(const char *secret, int64_t offset)
{
    char         code[CIVIC_TOTP_DIGITS + 1];
    static char  body[64];

    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000 + offset,
                                     code), 0);
    snprintf(body, sizeof(body), "{\"totp\":\"%s\"}", code);

    return body;
}


static void
test_another_authenticator(void **state)
{
    char           secret[32], code[8];
    const char    *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_PUT, "/staff/totp", token, "{\"totp\":\"123456\"}");
    assert_string_equal(rep->code, "totp_not_begun");

    rep = ask(CIVIC_POST, "/staff/totp", token,
              "{\"password\":\"wrong one\"}");
    assert_string_equal(rep->code, "password_wrong");

    take_secret(ask(CIVIC_POST, "/staff/totp", token,
                    "{\"password\":\"" PASSWORD "\"}"), secret);

    /* until it is confirmed the one of before holds */
    fake_advance(h, 30000);
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);

    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 120));
    assert_string_equal(rep->code, "totp_wrong");
    assert_null(rep->undocumented);
    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 0));
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);

    /* the code that confirmed it is used up; the old secret is gone */
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    assert_string_equal(login_as("wang.fang", PASSWORD, code)->code,
                        "staff_login_failed");
    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    assert_int_equal(login_as("wang.fang", PASSWORD, code)->status, 200);

    /* the confirmation cannot be repeated */
    assert_string_equal(ask(CIVIC_PUT, "/staff/totp", token,
                            confirmation(secret, 0))->code,
                        "totp_not_begun");
}


/* ---- accounts ---------------------------------------------------------- */

/* An initial password, then both secrets, then everything. */
static void
test_first_login(void **state)
{
    char           initial[64], secret[32], body[256], code[8];
    const char    *token, *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"Li.Lei\",\"roles\":[\"office\",\"door\"]}");
    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    assert_string_equal(fake_text(rep, "name"), "li.lei");
    snprintf(initial, sizeof(initial), "%s",
             fake_text(rep, "initial_password"));

    rep = login_as("li.lei", initial, NULL);
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_password"));
    assert_true(is_true(rep, "must_set_totp"));
    token = fake_text(rep, "token");

    /* first the password, then the secret; nothing else until then */
    rep = ask(CIVIC_PUT, "/staff/password", token,
              passwords(initial, NEW_ONE));
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_totp"));
    assert_false(is_true(rep, "log_in_again"));

    snprintf(body, sizeof(body), "{\"password\":\"%s\"}", NEW_ONE);
    take_secret(ask(CIVIC_POST, "/staff/totp", token, body), secret);
    rep = ask(CIVIC_PUT, "/staff/totp", token, confirmation(secret, 0));
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "log_in_again"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000, code),
                     0);
    rep = login_as("li.lei", NEW_ONE, code);
    assert_int_equal(rep->status, 200);
    assert_false(is_true(rep, "must_set_password"));
    assert_false(is_true(rep, "must_set_totp"));
}


/* A session that must set something can do nothing else. */
static void
test_before_password(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "HSET %s initial 1", key_of("boss", "staff"));
    rep = login("boss", PASSWORD);
    assert_int_equal(rep->status, 200);
    assert_string_equal(get("/staff/accounts", fake_text(rep, "token"))->code,
                        "password_required");

    /* an initial password does not last */
    fake_advance(h, 259200000);
    rep = login("boss", PASSWORD);
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "initial_password_expired");
    assert_null(rep->undocumented);
}


static void
test_create(void **state)
{
    const char    *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"x\",\"roles\":[\"office\"]}");
    assert_string_equal(fake_field_error(rep, "/name"), "staff_name");

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[]}");
    assert_int_equal(rep->status, 422);
    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[\"citizen\"]}");
    assert_int_equal(rep->status, 422);

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"xy\",\"roles\":[\"sampler\",\"laboratory\"]}");
    assert_string_equal(rep->code, "roles_conflict");
    assert_non_null(strstr(rep->body, "sampler"));
    assert_null(rep->undocumented);

    rep = ask(CIVIC_POST, "/staff/accounts", boss,
              "{\"name\":\"WANG.FANG\",\"roles\":[\"office\"]}");
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "name_taken");
    assert_null(rep->undocumented);

    /* the account that has the name is as it was */
    assert_int_equal(login("wang.fang", PASSWORD)->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
}


static void
test_list(void **state)
{
    json_t        *accounts;
    const char    *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    fake_redis(h, "ZADD civic:{staff}:accounts 1800000000000 %s",
               fake_person_id(h, "staff:never.made"));

    rep = get("/staff/accounts", boss);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    accounts = json_object_get(rep->json, "accounts");
    assert_int_equal(json_array_size(accounts), 2);
    assert_non_null(strstr(rep->body, "\"wang.fang\""));
    assert_null(strstr(rep->body, "argon2"));

    rep = get("/staff/accounts?offset=1&limit=1", boss);
    assert_int_equal(json_array_size(json_object_get(rep->json, "accounts")),
                     1);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "total")),
                     3);
    rep = get("/staff/accounts?offset=3", boss);
    assert_int_equal(json_array_size(json_object_get(rep->json, "accounts")),
                     0);
    assert_int_equal(get("/staff/accounts?limit=101", boss)->status, 422);
}


static void
test_disable(void **state)
{
    const char    *boss = token_of("boss"), *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_PATCH, "/staff/accounts/Wang.Fang", boss,
              "{\"disabled\":true}");
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_true(is_true(rep, "disabled"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    rep = login("wang.fang", PASSWORD);
    assert_int_equal(rep->status, 403);
    assert_string_equal(rep->code, "account_disabled");
    assert_string_equal(login("wang.fang", "wrong one")->code,
                        "staff_login_failed");

    rep = ask(CIVIC_PATCH, "/staff/accounts/wang.fang", boss,
              "{\"disabled\":false,\"roles\":[\"door\"]}");
    assert_int_equal(rep->status, 200);
    fake_advance(h, 30000);
    rep = get("/staff/session", token_of("wang.fang"));
    assert_non_null(strstr(rep->body, "\"roles\":[\"door\"]"));

    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/nobody", boss,
                            "{\"disabled\":true}")->code, "not_found");
    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/%20", boss,
                            "{\"disabled\":true}")->code, "not_found");
}


static void
test_administrators(void **state)
{
    const char    *boss = token_of("boss"), *second;
    fake_reply_t  *rep;

    (void) state;

    /* not oneself, neither so nor so */
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", boss,
              "{\"disabled\":true}");
    assert_string_equal(rep->code, "own_account");
    assert_null(rep->undocumented);
    assert_string_equal(ask(CIVIC_PATCH, "/staff/accounts/boss", boss,
                            "{\"roles\":[\"office\"]}")->code,
                        "own_account");
    assert_string_equal(ask(CIVIC_POST, "/staff/accounts/boss/reset", boss,
                            NULL)->code, "own_account");

    add("second", "administrator");
    second = token_of("second");

    /* one of whom nobody knows that the other one was retired */
    fake_redis(h, "SREM civic:{staff}:administrators %s", pid_of("boss"));
    rep = ask(CIVIC_PATCH, "/staff/accounts/second", boss,
              "{\"disabled\":true}");
    assert_string_equal(rep->code, "forbidden");

    /* "second" is the last that counts */
    fake_redis(h, "SADD civic:{staff}:administrators %s", pid_of("boss"));
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"roles\":[\"office\"]}");
    assert_int_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
    assert_string_equal(get("/staff/accounts", boss)->code,
                        "session_expired");

    /* and an administrator again */
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"roles\":[\"administrator\"]}");
    assert_int_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 2);
}


/* Two administrators retire each other at once: one stays. */
static void
test_they_retire_each_other(void **state)
{
    fake_run_t    *run;
    const char    *boss = token_of("boss"), *second;
    fake_reply_t  *rep;

    (void) state;

    add("second", "administrator");
    second = token_of("second");

    run = fake_begin(h, CIVIC_PATCH, "/staff/accounts/second",
                     &(fake_request_t) { .token = boss,
                                         .body = "{\"disabled\":true}" });
    assert_true(fake_run_to(run, 1));
    rep = ask(CIVIC_PATCH, "/staff/accounts/boss", second,
              "{\"disabled\":true}");
    assert_int_equal(rep->status, 200);
    rep = fake_end(run);
    assert_int_not_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "SCARD civic:{staff}:administrators")
                     ->integer, 1);
    assert_int_equal(fake_redis(h, "HEXISTS %s disabled",
                                key_of("second", "staff"))->integer, 0);
}


static void
test_reset(void **state)
{
    char           initial[64];
    const char    *boss = token_of("boss"), *token = token_of("wang.fang");
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts/wang.fang/reset", boss, NULL);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    snprintf(initial, sizeof(initial), "%s",
             fake_text(rep, "initial_password"));
    assert_string_equal(get("/staff/session", token)->code,
                        "session_expired");

    fake_advance(h, 30000);
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "staff_login_failed");
    rep = login_as("wang.fang", initial, NULL);
    assert_int_equal(rep->status, 200);
    assert_true(is_true(rep, "must_set_totp"));
    assert_string_equal(ask(CIVIC_POST, "/staff/accounts/nobody/reset", boss,
                            NULL)->code, "not_found");
}


/* Disabled while the password is being looked at: nobody is in. */
static void
test_disabled_during_login(void **state)
{
    fake_run_t    *run;
    const char    *boss = token_of("boss");
    fake_reply_t  *rep;

    (void) state;

    run = fake_begin(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of("wang.fang", PASSWORD, code_of(SECRET))
    });
    assert_true(fake_run_to(run, 4));
    assert_int_equal(ask(CIVIC_PATCH, "/staff/accounts/wang.fang", boss,
                         "{\"disabled\":true}")->status, 200);
    rep = fake_end(run);
    assert_string_equal(rep->code, "staff_login_failed");
    assert_string_equal(fake_text(rep, "token"), "");
}


/* ---- bad days ---------------------------------------------------------- */

static void
test_login_on_bad_days(void **state)
{
    unsigned       at, calls;
    fake_reply_t  *rep;

    (void) state;

    calls = login("wang.fang", PASSWORD)->redis_calls;

    for (at = 1; at <= calls; at++) {
        reset(NULL);
        rep = fake_request(h, CIVIC_POST, "/staff/sessions",
            &(fake_request_t) {
                .body = body_of("wang.fang", PASSWORD, code_of(SECRET)),
                .redis_fault_at = at, .redis_fault = FAKE_REDIS_NOT_SENT,
            });

        /* the last only mends a list */
        assert_int_equal(rep->status, at == calls ? 200 : 503);
        assert_string_equal(fake_text(rep, "token"),
                            at == calls ? fake_text(rep, "token") : "");
    }

    reset(NULL);
    rep = fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of("wang.fang", PASSWORD, code_of(SECRET)), .busy_at = 1
    });
    assert_string_equal(rep->code, "overloaded");

    /* what was not looked at was not counted */
    assert_int_equal(fake_redis(h, "HLEN %s",
                                key_of("wang.fang", "staff_guesses"))
                     ->integer, 0);
}


/* A creation that is cut at any place can be done again. */
static void
test_create_on_bad_days(void **state)
{
    unsigned       at, calls;
    const char    *boss, *body = "{\"name\":\"li.lei\",\"roles\":"
                                 "[\"administrator\"]}";
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/staff/accounts", token_of("boss"), body);
    assert_int_equal(rep->status, 201);
    calls = rep->redis_calls;

    for (at = 1; at <= calls; at++) {
        reset(NULL);
        boss = token_of("boss");
        rep = fake_request(h, CIVIC_POST, "/staff/accounts",
            &(fake_request_t) {
                .token = boss, .body = body,
                .headers = { "Idempotency-Key: k1" },
                .redis_fault_at = at, .redis_fault = FAKE_REDIS_LOST_BEFORE,
            });
        assert_int_equal(rep->status, 503);
        assert_string_equal(fake_text(rep, "initial_password"), "");
        assert_int_equal(get("/staff/accounts", boss)->status, 200);
    }
}


static void
test_damaged_records(void **state)
{
    size_t       i;
    const char  *fields[] = { "password", "totp" };

    (void) state;

    for (i = 0; i < 2; i++) {
        reset(NULL);
        fake_redis(h, "HSET %s %s junk", key_of("wang.fang", "staff"),
                   fields[i]);
        assert_string_equal(login("wang.fang", PASSWORD)->code,
                            "internal_error");
        assert_true(fake_logged(h, "cannot be read"));
    }

    reset(NULL);
    fake_redis(h, "HSET %s roles boss", key_of("wang.fang", "staff"));
    assert_string_equal(login("wang.fang", PASSWORD)->code,
                        "account_disabled");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_login, reset),
        cmocka_unit_test_setup(test_a_citizen_is_no_staff, reset),
        cmocka_unit_test_setup(test_failures_look_the_same, reset),
        cmocka_unit_test_setup(test_a_code_works_once, reset),
        cmocka_unit_test_setup(test_windows_of_codes, reset),
        cmocka_unit_test_setup(test_one_code_in_a_race, reset),
        cmocka_unit_test_setup(test_guesses, reset),
        cmocka_unit_test_setup(test_an_address, reset),
        cmocka_unit_test_setup(test_change_password, reset),
        cmocka_unit_test_setup(test_another_authenticator, reset),
        cmocka_unit_test_setup(test_first_login, reset),
        cmocka_unit_test_setup(test_before_password, reset),
        cmocka_unit_test_setup(test_create, reset),
        cmocka_unit_test_setup(test_list, reset),
        cmocka_unit_test_setup(test_disable, reset),
        cmocka_unit_test_setup(test_administrators, reset),
        cmocka_unit_test_setup(test_they_retire_each_other, reset),
        cmocka_unit_test_setup(test_reset, reset),
        cmocka_unit_test_setup(test_disabled_during_login, reset),
        cmocka_unit_test_setup(test_login_on_bad_days, reset),
        cmocka_unit_test_setup(test_create_on_bad_days, reset),
        cmocka_unit_test_setup(test_damaged_records, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
