/*
 * login_card_test.c - logging in with the electronic social-security card,
 * against an issuer that says what the test wants: each check of the trip,
 * and that nothing is granted where one does not hold.
 *
 * The worker keeps what it fetched of the issuer, so that each test has a
 * host of its own.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "login_world.h"
#include "oidc.h"

#include <stdlib.h>

#define ISSUER    "https://card.example.cn"
#define CALLBACK  "https://exam.example/card"
#define UPSTREAM  "card"
#define HOUR      (3600 * 1000LL)
#define LIFE      (600 * 1000LL)        /* of a trip, ms */
#define PAUSE     (10 * 1000LL)         /* between two looks for keys, ms */

static civic_oidc_key_t  *first_key, *second_key, *forger;

/* What the issuer answers; read at the moment of the request. */
static char  document[2048], keys[4096], tokens[8192], info[1024];

/* A login that is under way. */
static char  ticket[1024], state[64], nonce[64];


/* ---- the issuer -------------------------------------------------------- */

static void
publish(const char *token_at, const char *keys_at, const char *info_at)
{
    snprintf(document, sizeof(document), "{\"issuer\":\"" ISSUER "\","
             "\"authorization_endpoint\":\"" ISSUER "/authorize\","
             "\"token_endpoint\":\"%s/token\",\"jwks_uri\":\"%s/keys\","
             "\"userinfo_endpoint\":\"%s/userinfo\","
             "\"response_types_supported\":[\"code\"],"
             "\"subject_types_supported\":[\"public\"],"
             "\"code_challenge_methods_supported\":[\"S256\"],"
             "\"id_token_signing_alg_values_supported\":[\"ES256\"]}",
             token_at, keys_at, info_at);
}


static void
publish_key(const civic_oidc_key_t *key)
{
    char  *text = civic_oidc_key_public(key);

    assert_non_null(text);
    snprintf(keys, sizeof(keys), "{\"keys\":[%s]}", text);
    free(text);
}


static void
answer(const char *path, const char *body)
{
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = UPSTREAM, .path = path, .body = body
    });
}


static void
fail_at(const char *path, int status, fake_http_fault_t fault)
{
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = UPSTREAM, .path = path, .status = status, .body = "{}",
        .fault = fault
    });
}


/* How often a path was asked. */
static unsigned
asked(const char *path)
{
    size_t                   i;
    unsigned                 count = 0;
    const fake_http_seen_t  *seen;

    for (i = 0; (seen = fake_http_seen(h, i)) != NULL; i++) {
        count += strncmp(seen->path, path, strlen(path)) == 0;
    }

    return count;
}


#define WELL_KNOWN  "/.well-known/"

/* The claims of an id_token for this login. */
static json_t *
claims_of(const char *number, const char *name)
{
    json_int_t  now = fake_now(h) / 1000;

    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}",
                     "iss", ISSUER, "sub", "holder", "aud", "civic",
                     "iat", now, "exp", now + 300, "nonce", nonce,
                     "id_number", number, "name", name);
}


/* Takes the reference. */
static void
issue(const civic_oidc_key_t *key, json_t *claims)
{
    char  *text = json_dumps(claims, JSON_COMPACT), *token;

    token = civic_oidc_sign(key, text, strlen(text));
    assert_non_null(token);
    snprintf(tokens, sizeof(tokens), "{\"access_token\":\"a1\","
             "\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    free(token);
    free(text);
    json_decref(claims);
}


/* ---- a host for each test ---------------------------------------------- */

static void
start_card(void)
{
    static char        secret[128];
    static const char  *options[] = {
        "card_issuer=" ISSUER, "card_client_id=civic",
        "card_redirect_uri=" CALLBACK, secret, NULL
    };

    snprintf(secret, sizeof(secret), "card_client_secret=%s/secret", folder);
    put_file("secret", "a+secret\n", 9);
    more_options = options;

    h = start(NULL, 1, NULL);
    assert_non_null(h);
    learn_purposes();
    fake_set_clock(h, NOON);
    add_person(NUMBER, NAME, TODAYS_HASH);

    publish(ISSUER, ISSUER, ISSUER);
    publish_key(first_key);
    strcpy(info, "{\"sub\":\"holder\"}");
    answer(WELL_KNOWN, document);
    answer("/keys", keys);
    answer("/token", tokens);
    answer("/userinfo", info);
}


static int
begin_test(void **unused)
{
    (void) unused;
    make_folder();
    start_card();

    return 0;
}


static int
end_test(void **unused)
{
    (void) unused;
    fake_host_stop(h);
    remove_folder();
    rules_folder = "lua/rules";

    return 0;
}


/* ---- the browser ------------------------------------------------------- */

static fake_reply_t *
ask_to_begin(void)
{
    return fake_request(h, CIVIC_POST, "/login/card", NULL);
}


static void
copy_parameter(const char *url, const char *name, char *out, size_t size)
{
    char         with[32];
    const char  *at;

    snprintf(with, sizeof(with), "&%s=", name);
    at = strstr(url, with);
    assert_non_null(at);
    at += strlen(with);
    snprintf(out, size, "%.*s", (int) strcspn(at, "&"), at);
}


static void
begin(void)
{
    const char    *url;
    fake_reply_t  *rep = ask_to_begin();

    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    url = fake_text(rep, "authorization_url");
    assert_non_null(strstr(url, ISSUER "/authorize?"));
    copy_parameter(url, "state", state, sizeof(state));
    copy_parameter(url, "nonce", nonce, sizeof(nonce));
    snprintf(ticket, sizeof(ticket), "%s", fake_text(rep, "login"));
}


static fake_reply_t *
finish_with(const char *with_ticket, const char *with_state)
{
    char           body[2048];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"login\":\"%s\",\"code\":\"c1\","
             "\"state\":\"%s\"}", with_ticket, with_state);
    rep = fake_request(h, CIVIC_POST, "/login/card/finish",
                       &(fake_request_t) { .body = body });
    assert_null(rep->undocumented);

    return rep;
}


static fake_reply_t *
finish(void)
{
    return finish_with(ticket, state);
}


/* The whole way of somebody whose card says so. */
static fake_reply_t *
come_as(const char *number, const char *name)
{
    begin();
    issue(first_key, claims_of(number, name));

    return finish();
}


/* Keys of people: their records, their sessions. */
static size_t
keys_of_people(void)
{
    return fake_redis(h, "KEYS civic:{p:*")->elements;
}


/* Answered so, and nobody has or is anything that was not before. */
#define refused(rep, expected_status, expected_code)                          \
    do {                                                                      \
        fake_reply_t  *it = (rep);                                            \
                                                                              \
        assert_string_equal(it->code, expected_code);                         \
        assert_int_equal(it->status, expected_status);                        \
        assert_string_equal(fake_text(it, "token"), "");                      \
        assert_null(fake_header(it, "Set-Cookie"));                           \
        assert_int_equal(keys_of_people(), 1);                                \
    } while (0)


/* ---- who comes in ------------------------------------------------------ */

static void
test_comes_in(void **unused)
{
    fake_reply_t            *rep;
    const fake_http_seen_t  *seen;

    (void) unused;

    rep = come_as(NUMBER, NAME);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "citizen");
    assert_int_equal(get("/login/session", fake_text(rep, "token"))->status,
                     200);
    assert_int_equal(asked("/userinfo"), 0);

    /* metadata, keys, then the code, once, with what proves both sides */
    seen = fake_http_seen(h, 2);
    assert_string_equal(seen->path, "/token");
    assert_false(seen->safe);
    assert_non_null(strstr(seen->body, "code=c1&"));
    assert_non_null(strstr(seen->body, "code_verifier="));
    assert_non_null(strstr(seen->head, "Authorization: Basic "));
    assert_null(fake_http_seen(h, 3));

    /* the first time: registered */
    rep = come_as(OTHER, "李四");
    assert_int_equal(rep->status, 200);
    assert_true(json_is_true(json_object_get(rep->json,
                                             "must_set_password")));
    assert_int_equal(fake_redis(h, "HEXISTS %s identity",
                                key_of(OTHER, "person"))->integer, 1);
    assert_int_equal(asked(WELL_KNOWN), 1);
    assert_int_equal(asked("/keys"), 1);
}


static void
test_userinfo(void **unused)
{
    json_t  *claims;

    (void) unused;

    begin();
    claims = claims_of(NUMBER, NAME);
    json_object_del(claims, "name");
    json_object_del(claims, "id_number");
    issue(first_key, json_incref(claims));

    refused(finish(), 502, "card_no_identity");

    strcpy(info, "{\"sub\":\"another\",\"id_number\":\"" OTHER "\","
           "\"name\":\"李四\"}");
    begin();
    json_object_set_new(claims, "nonce", json_string(nonce));
    issue(first_key, json_incref(claims));
    refused(finish(), 502, "card_failed");

    strcpy(info, "{\"sub\":\"holder\",\"id_number\":\"630102199001019991\","
           "\"name\":\"李四\"}");
    begin();
    json_object_set_new(claims, "nonce", json_string(nonce));
    issue(first_key, json_incref(claims));
    refused(finish(), 502, "card_no_identity");

    strcpy(info, "{\"sub\":\"holder\",\"id_number\":\"" OTHER "\","
           "\"name\":\"李四\"}");
    begin();
    json_object_set_new(claims, "nonce", json_string(nonce));
    issue(first_key, claims);
    assert_int_equal(finish()->status, 200);
    assert_int_equal(asked("/userinfo"), 4);
}


/* ---- the trip ---------------------------------------------------------- */

static void
test_expired(void **unused)
{
    (void) unused;

    begin();
    fake_advance(h, LIFE);
    issue(first_key, claims_of(OTHER, "李四"));
    refused(finish(), 422, "card_login_expired");
    assert_int_equal(asked("/token"), 0);

    begin();
    fake_advance(h, LIFE - 1);
    issue(first_key, claims_of(OTHER, "李四"));
    assert_int_equal(finish()->status, 200);
}


static void
test_forged(void **unused)
{
    char  mine[1024], my_state[64], broken[1024];

    (void) unused;

    begin();
    strcpy(mine, ticket);
    strcpy(my_state, state);
    begin();
    issue(first_key, claims_of(OTHER, "李四"));

    strcpy(broken, ticket);
    broken[20] = broken[20] == 'A' ? 'B' : 'A';

    refused(finish_with(broken, state), 422, "card_login_expired");
    refused(finish_with("AAAA", state), 422, "card_login_expired");
    refused(finish_with("", state), 422, "card_login_expired");
    refused(finish_with(ticket, my_state), 422, "card_login_expired");
    refused(finish_with(mine, state), 422, "card_login_expired");
    assert_int_equal(asked("/token"), 0);

    /* none of these used it up */
    assert_int_equal(finish()->status, 200);
}


static void
test_twice(void **unused)
{
    (void) unused;

    begin();
    issue(forger, claims_of(OTHER, "李四"));
    refused(finish(), 502, "card_failed");

    /* what failed is over as well */
    issue(first_key, claims_of(OTHER, "李四"));
    refused(finish(), 422, "card_login_expired");
    assert_int_equal(asked("/token"), 1);
}


static void
test_store_is_away(void **unused)
{
    char  body[2048];

    (void) unused;

    begin();
    issue(first_key, claims_of(OTHER, "李四"));
    snprintf(body, sizeof(body), "{\"login\":\"%s\",\"code\":\"c1\","
             "\"state\":\"%s\"}", ticket, state);
    refused(fake_request(h, CIVIC_POST, "/login/card/finish",
                         &(fake_request_t) {
                             .body = body, .redis_fault_at = 1,
                             .redis_fault = FAKE_REDIS_NOT_SENT
                         }), 503, "store_unavailable");
    assert_int_equal(asked("/token"), 0);
    assert_int_equal(finish()->status, 200);
}


/* ---- the id_token ------------------------------------------------------ */

/* One claim that is another. */
static void
claim_is_refused(const char *name, json_t *value)
{
    json_t  *claims;

    begin();
    claims = claims_of(OTHER, "李四");
    json_object_set_new(claims, name, value);
    issue(first_key, claims);
    refused(finish(), 502, "card_failed");
}


static void
test_claims(void **unused)
{
    json_int_t  now;

    (void) unused;

    now = fake_now(h) / 1000;
    claim_is_refused("iss", json_string("https://evil.example"));
    claim_is_refused("aud", json_string("another"));
    claim_is_refused("azp", json_string("another"));
    claim_is_refused("nonce", json_string("of another login"));
    claim_is_refused("exp", json_integer(now - 60));
    claim_is_refused("iat", json_integer(now + 61));
    claim_is_refused("nbf", json_integer(now + 61));
    claim_is_refused("at_hash", json_string("AAAAAAAAAAAAAAAAAAAAAA"));
    claim_is_refused("sub", json_string(""));
}


static void
test_signature(void **unused)
{
    (void) unused;

    /* under the name of the key that is published */
    begin();
    issue(forger, claims_of(OTHER, "李四"));
    refused(finish(), 502, "card_failed");

    begin();
    strcpy(tokens, "{\"access_token\":\"a1\",\"token_type\":\"Bearer\","
           "\"id_token\":\"eyJhbGciOiJub25lIn0.e30.\"}");
    refused(finish(), 502, "card_failed");
}


static void
test_token_endpoint(void **unused)
{
    (void) unused;

    begin();
    fail_at("/token", 500, FAKE_HTTP_WELL);
    refused(finish(), 503, "card_unavailable");

    begin();
    strcpy(tokens, "{\"error\":\"invalid_grant\"}");
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = UPSTREAM, .path = "/token", .status = 400, .body = tokens
    });
    refused(finish(), 502, "card_failed");
    assert_int_equal(asked("/token"), 2);

    /* a code is sent once, whatever becomes of it */
    begin();
    fail_at("/token", 0, FAKE_HTTP_UNKNOWN);
    refused(finish(), 503, "card_unavailable");
    assert_int_equal(asked("/token"), 3);
}


/* ---- who it is --------------------------------------------------------- */

static void
test_person(void **unused)
{
    (void) unused;

    refused(come_as(NUMBER, "欧阳娜"), 409, "name_differs");

    fake_redis(h, "HSET %s locked 1-why", key_of(NUMBER, "person"));
    refused(come_as(NUMBER, NAME), 403, "account_locked");

    fake_redis(h, "HDEL %s locked", key_of(NUMBER, "person"));
    assert_int_equal(come_as(NUMBER, NAME)->status, 200);
}


static fake_reply_t *
come_with_level(const char *level)
{
    json_t  *claims;

    begin();
    claims = claims_of(OTHER, "李四");

    if (level != NULL) {
        json_object_set_new(claims, "level", json_string(level));
    }

    issue(first_key, claims);

    return finish();
}


static void
test_level(void **unused)
{
    char  command[512];

    (void) unused;

    snprintf(command, sizeof(command),
             "cp -r lua/rules/* %s && "
             "sed 's/^rules.card_levels = {}/rules.card_levels = "
             "{ high = true }/; s/input = { level = \"\" }/input = "
             "{ level = \"high\" }/' lua/rules/login.lua > %s/login.lua",
             folder, folder);
    assert_int_equal(system(command), 0);

    fake_host_stop(h);
    rules_folder = folder;
    start_card();

    refused(come_with_level("low"), 403, "card_level");
    refused(come_with_level(NULL), 403, "card_level");
    assert_int_equal(come_with_level("high")->status, 200);
}


/* ---- what the issuer publishes ----------------------------------------- */

static void
test_origins(void **unused)
{
    size_t             i, j;
    const char        *at[3];
    static const char  *const  elsewhere[] = {
        "https://evil.example", "https://card.example.cn:8443",
        "http://card.example.cn"
    };

    (void) unused;

    for (i = 0; i < 9; i++) {
        for (j = 0; j < 3; j++) {
            at[j] = i / 3 == j ? elsewhere[i % 3] : ISSUER;
        }

        publish(at[0], at[1], at[2]);
        refused(ask_to_begin(), 503, "card_unavailable");
    }

    assert_int_equal(fake_log_count(h, "an endpoint is on another origin"),
                     9);
    assert_int_equal(asked("/keys"), 0);

    publish(ISSUER, ISSUER, ISSUER);
    memcpy(strstr(document, ".cn\""), ".cm", 3);
    refused(ask_to_begin(), 503, "card_unavailable");
    assert_true(fake_logged(h, "discovery: the issuer is not"));
}


static void
test_unknown_key(void **unused)
{
    (void) unused;

    /* fetched at the beginning, a moment ago */
    begin();
    publish_key(second_key);
    issue(second_key, claims_of(OTHER, "李四"));
    refused(finish(), 502, "card_failed");
    assert_int_equal(asked("/keys"), 1);

    fake_advance(h, PAUSE - 1);
    begin();
    issue(second_key, claims_of(OTHER, "李四"));
    refused(finish(), 502, "card_failed");
    assert_int_equal(asked("/keys"), 1);

    fake_advance(h, 1);
    begin();
    issue(second_key, claims_of(NUMBER, NAME));
    assert_int_equal(finish()->status, 200);
    assert_int_equal(asked("/keys"), 2);

    /* the one before is unknown now; nobody makes us ask for each */
    begin();
    issue(first_key, claims_of(NUMBER, NAME));
    assert_string_equal(finish()->code, "card_failed");
    begin();
    issue(first_key, claims_of(NUMBER, NAME));
    assert_string_equal(finish()->code, "card_failed");
    assert_int_equal(asked("/keys"), 2);
}


static void
test_issuer_is_down(void **unused)
{
    fake_reply_t  *rep;

    (void) unused;

    begin();
    fake_advance(h, HOUR);
    fail_at(WELL_KNOWN, 500, FAKE_HTTP_WELL);

    /* what is known serves on; it is not asked again by each login */
    assert_int_equal(come_as(NUMBER, NAME)->status, 200);
    assert_int_equal(come_as(NUMBER, NAME)->status, 200);
    assert_int_equal(asked(WELL_KNOWN), 2);

    fake_advance(h, PAUSE);
    assert_int_equal(come_as(NUMBER, NAME)->status, 200);
    assert_int_equal(asked(WELL_KNOWN), 3);

    fake_host_stop(h);
    start_card();
    fail_at("/", 0, FAKE_HTTP_NOT_SENT);
    rep = ask_to_begin();
    refused(rep, 503, "card_unavailable");
    assert_string_equal(fake_header(rep, "Retry-After"), "5");
}


static int
make_keys(void **unused)
{
    (void) unused;
    first_key = civic_oidc_key_make(CIVIC_OIDC_ES256, "1");
    second_key = civic_oidc_key_make(CIVIC_OIDC_ES256, "2");
    forger = civic_oidc_key_make(CIVIC_OIDC_ES256, "1");

    return first_key == NULL || second_key == NULL || forger == NULL ? -1 : 0;
}


static int
free_keys(void **unused)
{
    (void) unused;
    civic_oidc_key_free(first_key);
    civic_oidc_key_free(second_key);
    civic_oidc_key_free(forger);

    return 0;
}


#define test(name)  cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_comes_in),
        test(test_userinfo),
        test(test_expired),
        test(test_forged),
        test(test_twice),
        test(test_store_is_away),
        test(test_claims),
        test(test_signature),
        test(test_token_endpoint),
        test(test_person),
        test(test_level),
        test(test_origins),
        test(test_unknown_key),
        test(test_issuer_is_down),
    };

    return cmocka_run_group_tests_name("login: card", tests, make_keys,
                                       free_keys);
}
