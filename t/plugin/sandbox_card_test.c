/*
 * sandbox_card_test.c - the sandbox' issuer against the kit's OpenID Connect
 * client: the whole way of a login, keys that change, and what is refused.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "sandbox_world.h"
#include "oidc.h"

#define HOLDER    "&user=zhang&card_password=123456&action=allow"
#define VERIFIER  "0123456789012345678901234567890123456789012"

static const civic_oidc_client_t  client = {
    .issuer = ISSUER, .client_id = "civic", .client_secret = SECRET,
    .redirect_uri = CALLBACK, .scope = "openid", .sandbox = 1
};

static civic_oidc_provider_t  provider;
static char                   verifier[CIVIC_OIDC_PKCE];
static char                   url[2048];    /* of the authorization endpoint */
static char                   back[1024];   /* where the browser goes then */


/* ---- the steps of a login ---------------------------------------------- */

static fake_reply_t *
get(const char *path)
{
    return fake_request(h, CIVIC_GET, path, NULL);
}


static void
discover(void)
{
    fake_reply_t  *rep = get("/sandbox/card/.well-known/"
                             "openid-configuration");

    civic_oidc_provider_release(&provider);
    assert_int_equal(civic_oidc_discovery(&client, rep->body, rep->len,
                                          &provider), CIVIC_OIDC_OK);
}


static const char *
path_of(const char *address)
{
    assert_int_equal(strncmp(address, SITE, strlen(SITE)), 0);

    return address + strlen(SITE);
}


static int
reset_card(void **state)
{
    char                 challenge[CIVIC_OIDC_PKCE];
    civic_oidc_login_t   login = { .state = "s t&", .nonce = "n1",
                                   .challenge = challenge };
    const unsigned char  random[32] = { 7 };

    reset(state);
    discover();
    civic_oidc_pkce(random, verifier, challenge);
    assert_true(civic_oidc_authorization_url(&client, &provider, &login, url,
                                             sizeof(url)) > 0);

    return 0;
}


/* The login's id on the page. */
static const char *
login_id(void)
{
    static char  id[65];

    char          *at;
    fake_reply_t  *rep = get(path_of(url));

    assert_int_equal(rep->status, 200);
    at = strstr(rep->body, "name=\"login\" value=\"");
    assert_non_null(at);
    snprintf(id, sizeof(id), "%.32s", at + strlen("name=\"login\" value=\""));

    return id;
}


static fake_reply_t *
say(const char *id, const char *rest)
{
    char           form[512];
    fake_reply_t  *rep;

    snprintf(form, sizeof(form), "login=%s%s", id, rest);
    rep = post_form("/sandbox/card/authorize", form);
    snprintf(back, sizeof(back), "%s", rep->status != 303 ? ""
             : fake_header(rep, "Location"));

    return rep;
}


/* A parameter of the way back, in one of a few buffers. */
static const char *
in_back(const char *name)
{
    static char      values[4][256];
    static unsigned  turn;

    char                 *value = values[turn++ % 4];
    const char           *text;
    alipay_failure_t      failure;
    alipay_parameters_t   all = { .items = NULL };

    assert_non_null(strchr(back, '?'));
    text = strchr(back, '?') + 1;
    assert_int_equal(alipay_form_parse(text, strlen(text), &all, &failure),
                     0);
    text = alipay_parameters_get(&all, name);
    snprintf(value, sizeof(values[0]), "%s", text == NULL ? "" : text);
    alipay_parameters_free(&all);

    return value;
}


static const char *
code_of_holder(void)
{
    assert_int_equal(say(login_id(), HOLDER)->status, 303);

    return in_back("code");
}


static fake_reply_t *
exchange(const char *code, const char *with, const char *authorization)
{
    char  form[1024], basic[512], header[600];

    assert_true(civic_oidc_token_form(&client, code, with, NULL, form,
                                      sizeof(form)) > 0);
    assert_true(civic_oidc_basic(&client, basic, sizeof(basic)) > 0);
    snprintf(header, sizeof(header), "Authorization: %s",
             authorization == NULL ? basic : authorization);

    return fake_request(h, CIVIC_POST, path_of(provider.token_endpoint),
                        &(fake_request_t) { .body = form,
                                            .content_type = FORM,
                                            .headers = { header } });
}


static civic_oidc_status_t
check_token(const civic_oidc_tokens_t *tokens, json_t **claims)
{
    fake_reply_t         *rep = get(path_of(provider.jwks_uri));
    civic_oidc_keys_t    *keys;
    civic_oidc_status_t   status;

    assert_null(strstr(rep->body, "\"d\""));
    assert_int_equal(civic_oidc_keys_read(rep->body, rep->len, &keys),
                     CIVIC_OIDC_OK);
    status = civic_oidc_id_token(&client, keys, tokens->id_token,
        strlen(tokens->id_token), &(civic_oidc_expected_t) {
            .nonce = "n1", .access_token = tokens->access_token,
            .now = NOON / 1000 }, claims);
    civic_oidc_keys_free(keys);

    return status;
}


/* A whole login: the id_token's status. */
static civic_oidc_status_t
log_in(void)
{
    json_t               *claims = NULL;
    fake_reply_t         *rep = exchange(code_of_holder(), verifier, NULL);
    civic_oidc_tokens_t   tokens;
    civic_oidc_status_t   status;

    assert_int_equal(civic_oidc_token_answer(rep->status, rep->body,
                                             rep->len, &tokens),
                     CIVIC_OIDC_OK);
    status = check_token(&tokens, &claims);
    json_decref(claims);
    civic_oidc_tokens_release(&tokens);

    return status;
}


/* ---- on good days ------------------------------------------------------ */

static fake_reply_t *
userinfo(const char *token)
{
    char  header[128];

    snprintf(header, sizeof(header), "Authorization: Bearer %s", token);

    return fake_request(h, CIVIC_GET, path_of(provider.userinfo_endpoint),
                        &(fake_request_t) { .headers = { header } });
}


static void
test_login(void **state)
{
    json_t                 *claims, *info;
    fake_reply_t           *rep;
    civic_oidc_tokens_t     tokens;
    civic_oidc_callback_t   callback;

    (void) state;

    rep = say(login_id(), HOLDER);
    assert_int_equal(rep->status, 303);
    assert_int_equal(strncmp(back, CALLBACK "&", strlen(CALLBACK) + 1), 0);
    callback = (civic_oidc_callback_t) {
        .code = in_back("code"), .state = in_back("state"),
        .iss = in_back("iss")
    };
    assert_int_equal(civic_oidc_callback(&client, &provider, &callback,
                                         "s t&"), CIVIC_OIDC_OK);

    rep = exchange(callback.code, verifier, NULL);
    assert_int_equal(civic_oidc_token_answer(rep->status, rep->body,
                                             rep->len, &tokens),
                     CIVIC_OIDC_OK);
    assert_int_equal(check_token(&tokens, &claims), CIVIC_OIDC_OK);

    rep = userinfo(tokens.access_token);
    assert_int_equal(civic_oidc_userinfo(rep->body, rep->len, claims, &info),
                     CIVIC_OIDC_OK);
    assert_string_equal(civic_oidc_claim(info, "id_number"),
                        "630105199003079996");
    assert_string_equal(civic_oidc_claim(info, "name"), "张<伟>");
    assert_null(civic_oidc_claim(claims, "name"));

    json_decref(info);
    json_decref(claims);
    civic_oidc_tokens_release(&tokens);
    assert_int_equal(userinfo("none")->status, 401);
    assert_int_equal(get("/sandbox/card/userinfo")->status, 401);
}


static void
rotate(const char *body, int64_t keys)
{
    fake_reply_t  *rep = post_json("/sandbox/card/keys", body);

    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    assert_int_equal(json_integer_value(json_object_get(rep->json, "keys")),
                     keys);
}


static void
test_rotation(void **state)
{
    json_t               *claims;
    fake_reply_t         *rep;
    civic_oidc_tokens_t   tokens;

    (void) state;

    rep = exchange(code_of_holder(), verifier, NULL);
    assert_int_equal(civic_oidc_token_answer(rep->status, rep->body,
                                             rep->len, &tokens),
                     CIVIC_OIDC_OK);

    rotate("{\"algorithm\":\"RS256\"}", 2);
    assert_int_equal(check_token(&tokens, &claims), CIVIC_OIDC_OK);
    json_decref(claims);
    assert_int_equal(log_in(), CIVIC_OIDC_OK);

    rotate("{}", 3);
    rotate("{}", 3);
    assert_int_equal(check_token(&tokens, &claims), CIVIC_OIDC_KEY_UNKNOWN);
    assert_int_equal(log_in(), CIVIC_OIDC_OK);
    rotate("{\"forget\":true}", 1);
    assert_int_equal(log_in(), CIVIC_OIDC_OK);
    civic_oidc_tokens_release(&tokens);
}


/* ---- what is refused --------------------------------------------------- */

static void
test_holder(void **state)
{
    char           id[65];
    fake_reply_t  *rep;

    (void) state;

    strcpy(id, login_id());
    rep = say(id, "&user=zhang&card_password=654321&action=allow");
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, "密码错误"));
    rep = say(id, "&user=nobody&card_password=&action=allow");
    assert_non_null(strstr(rep->body, "密码错误"));
    assert_non_null(strstr(rep->body, "张&lt;伟&gt;"));

    assert_int_equal(say(id, HOLDER)->status, 303);
    assert_int_equal(say(id, HOLDER)->status, 404);
    assert_int_equal(say(id, "&user=zhang&action=allow")->status, 404);
    assert_int_equal(post_form("/sandbox/card/authorize", "%zz")->status,
                     404);

    assert_int_equal(say(login_id(), "&action=refuse")->status, 303);
    assert_string_equal(in_back("error"), "access_denied");
    assert_string_equal(in_back("state"), "s t&");
    assert_string_equal(in_back("code"), "");
}


/* The authorization endpoint's address with a text in place of another. */
static fake_reply_t *
ask_with(const char *from, const char *to)
{
    char           path[2048];
    const char    *at = strstr(path_of(url), from);
    fake_reply_t  *rep;

    assert_non_null(at);
    snprintf(path, sizeof(path), "%.*s%s%s", (int) (at - path_of(url)),
             path_of(url), to, at + strlen(from));
    rep = get(path);
    snprintf(back, sizeof(back), "%s", rep->status != 303 ? ""
             : fake_header(rep, "Location"));

    return rep;
}


static void
test_client(void **state)
{
    (void) state;

    assert_int_equal(ask_with("client_id=civic", "client_id=c")->status, 400);
    assert_int_equal(ask_with("civic.example", "evil.example")->status, 400);
    assert_int_equal(ask_with("response_type=code", "response_type=token")
                     ->status, 303);
    assert_string_equal(in_back("error"), "unsupported_response_type");
    ask_with("scope=openid", "scope=email");
    assert_string_equal(in_back("error"), "invalid_scope");
    ask_with("code_challenge_method=S256", "code_challenge_method=plain");
    assert_string_equal(in_back("error"), "invalid_request");
    ask_with("code_challenge=", "code_challenge=a");
    assert_string_equal(in_back("error"), "invalid_request");
}


#define error_is(rep, expected_status, text)                                  \
    do {                                                                      \
        fake_reply_t  *it = (rep);                                            \
                                                                              \
        assert_int_equal(it->status, expected_status);                        \
        assert_string_equal(fake_text(it, "error"), text);                    \
    } while (0)

static void
test_code(void **state)
{
    char  code[65], form[512];

    (void) state;

    strcpy(code, code_of_holder());
    error_is(exchange(code, verifier, "Basic eDp5"), 401, "invalid_client");
    assert_int_equal(exchange(code, verifier, NULL)->status, 200);
    error_is(exchange(code, verifier, NULL), 400, "invalid_grant");

    /* a wrong try uses it up */
    strcpy(code, code_of_holder());
    error_is(exchange(code, VERIFIER, NULL), 400, "invalid_grant");
    error_is(exchange(code, verifier, NULL), 400, "invalid_grant");

    /* for another address than it was given to */
    snprintf(form, sizeof(form), "client_id=civic&client_secret=a%%2Bsecret"
             "&grant_type=authorization_code&code=%s&code_verifier=%s"
             "&redirect_uri=http%%3A%%2F%%2Fevil.example", code_of_holder(),
             verifier);
    error_is(post_form("/sandbox/card/token", form), 400, "invalid_grant");

    error_is(post_form("/sandbox/card/token", "client_id=civic"
                       "&client_secret=a%2Bsecret&grant_type=password"), 400,
             "unsupported_grant_type");
    error_is(post_form("/sandbox/card/token", "client_id=civic"
                       "&client_secret=a+secret&grant_type=password"), 401,
             "invalid_client");
    error_is(post_form("/sandbox/card/token", "%zz"), 400,
             "invalid_request");
}


/* ---- faults ------------------------------------------------------------ */

static void
plan_card(const char *endpoint, const char *fault)
{
    char           body[128];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"endpoint\":\"%s\",\"fault\":\"%s\"}",
             endpoint, fault);
    rep = post_json("/sandbox/card/faults", body);
    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
}


static void
test_faults(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    plan_card("token", "wrong_signature");
    assert_int_equal(log_in(), CIVIC_OIDC_SIGNATURE);
    plan_card("token", "unsigned_success");
    assert_int_equal(log_in(), CIVIC_OIDC_FORM);
    assert_int_equal(log_in(), CIVIC_OIDC_OK);

    plan_card("jwks", "malformed");
    assert_null(get("/sandbox/card/jwks")->json);
    plan_card("jwks", "slow");
    rep = get("/sandbox/card/jwks");
    assert_non_null(rep->json);
    assert_int_equal(fake_now(h), NOON + 3000);

    plan_card("discovery", "timeout");
    rep = get("/sandbox/card/.well-known/openid-configuration");
    assert_int_equal(rep->status, 504);
    assert_int_equal(fake_now(h), NOON + 18000);
    plan_card("userinfo", "http_500");
    assert_int_equal(userinfo("none")->status, 500);
    assert_int_equal(userinfo("none")->status, 401);
}


static void
test_no_issuer(void **state)
{
    fake_host_t  *usual = h;

    (void) state;

    h = start_with("card_issuer=", 1, NULL);
    assert_non_null(h);
    assert_string_equal(get("/sandbox/card/jwks")->code, "not_found");
    assert_int_equal(get(path_of(url))->status, 400);
    fake_host_stop(h);
    h = usual;
}


static int
end_card(void **state)
{
    civic_oidc_provider_release(&provider);

    return teardown(state);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_login, reset_card),
        cmocka_unit_test_setup(test_rotation, reset_card),
        cmocka_unit_test_setup(test_holder, reset_card),
        cmocka_unit_test_setup(test_client, reset_card),
        cmocka_unit_test_setup(test_code, reset_card),
        cmocka_unit_test_setup(test_faults, reset_card),
        cmocka_unit_test_setup(test_no_issuer, reset_card),
    };

    return cmocka_run_group_tests_name("sandbox: card", tests, setup,
                                       end_card);
}
