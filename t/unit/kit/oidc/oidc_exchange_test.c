/*
 * oidc_exchange_test.c - the code for tokens: the form, the three ways to
 * prove who asks, and answers good and bad.
 */

#include "oidc_fixture.h"

#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define FORM                                                                  \
    "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA%2F"            \
    "&redirect_uri=https%3A%2F%2Fcivic.example.cn%2Flogin%2Fcard%3Fback%3D1"  \
    "&code_verifier=" VERIFIER


static const char *
form_of(const civic_oidc_client_t *client, const char *assertion)
{
    int64_t      len;
    static char  out[4096];

    len = civic_oidc_token_form(client, "SplxlOBeZQQYbYS6WxSbIA/", VERIFIER,
                                assertion, out, sizeof(out));
    if (len < 0) {
        return "too little room";
    }

    assert_int_equal(len, strlen(out));

    return out;
}


static void
test_forms(void **state)
{
    civic_oidc_client_t  client = usual_client();

    (void) state;

    assert_string_equal(form_of(&client, NULL), FORM);

    client.auth = CIVIC_OIDC_POST;
    assert_string_equal(form_of(&client, NULL), FORM "&client_id=civic"
                        "&client_secret=secret%3A%20100%25%20%26%20more");

    client.auth = CIVIC_OIDC_PRIVATE_KEY;
    assert_string_equal(form_of(&client, NULL), "too little room");
    assert_string_equal(form_of(&client, "a.b-c_d.e"), FORM
                        "&client_id=civic&client_assertion_type="
                        "urn%3Aietf%3Aparams%3Aoauth%3A"
                        "client-assertion-type%3Ajwt-bearer"
                        "&client_assertion=a.b-c_d.e");
}


static void
test_form_room(void **state)
{
    char                 out[sizeof(FORM)];
    civic_oidc_client_t  client = usual_client();

    (void) state;

    assert_int_equal(civic_oidc_token_form(&client, "SplxlOBeZQQYbYS6WxSbIA/",
                                           VERIFIER, NULL, out, sizeof(out)),
                     sizeof(FORM) - 1);
    assert_int_equal(civic_oidc_token_form(&client, "SplxlOBeZQQYbYS6WxSbIA/",
                                           VERIFIER, NULL, out,
                                           sizeof(out) - 1), -1);
}


/* RFC 6749 section 2.3.1's example, and a secret that must be encoded. */
static void
test_basic(void **state)
{
    char                 out[256], secret[3000];
    civic_oidc_client_t  client = usual_client();

    (void) state;

    client.client_id = "s6BhdRkqt3";
    client.client_secret = "7Fjfp0ZBr1KtDRbnfVdmIw";
    assert_int_equal(civic_oidc_basic(&client, out, sizeof(out)), 50);
    assert_string_equal(out, "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZk"
                        "bUl3");
    assert_int_equal(civic_oidc_basic(&client, out, 51), 50);
    assert_int_equal(civic_oidc_basic(&client, out, 50), -1);
    assert_int_equal(civic_oidc_basic(&client, out, 5), -1);

    client.client_id = "a:b";
    client.client_secret = "c d%";
    assert_true(civic_oidc_basic(&client, out, sizeof(out)) > 0);
    assert_string_equal(out, "Basic YSUzQWI6YyUyMGQlMjU=");

    memset(secret, 's', sizeof(secret));
    secret[sizeof(secret) - 1] = '\0';
    client.client_secret = secret;
    assert_int_equal(civic_oidc_basic(&client, out, sizeof(out)), -1);
}


/* RFC 7523: read again as if it were an id_token, by its public key. */
static void
test_assertion(void **state)
{
    char                    out[4096], set_text[4096], *public_key;
    json_t                 *claims;
    int64_t                 len;
    civic_oidc_key_t       *key;
    civic_oidc_keys_t      *keys;
    civic_oidc_client_t     client = usual_client(), reader;
    civic_oidc_provider_t   provider = {
        .token_endpoint = "https://card.example.cn/token"
    };
    civic_oidc_expected_t   expected = { .now = NOW, .nonce = "none" };

    (void) state;

    key = civic_oidc_key_make(CIVIC_OIDC_ES256, "ours");
    assert_non_null(key);
    client.auth = CIVIC_OIDC_PRIVATE_KEY;
    client.key = key;

    len = civic_oidc_assertion(&client, &provider, "jti-1", NOW, out,
                               sizeof(out));
    assert_true(len > 0);
    assert_int_equal(len, strlen(out));
    assert_int_equal(civic_oidc_assertion(&client, &provider, "jti-1", NOW,
                                          out, (size_t) len), -1);
    assert_true(civic_oidc_assertion(&client, &provider, "jti-1", NOW, out,
                                     sizeof(out)) > 0);

    public_key = civic_oidc_key_public(key);
    snprintf(set_text, sizeof(set_text), "{\"keys\":[%s]}", public_key);
    free(public_key);
    assert_int_equal(civic_oidc_keys_read(set_text, strlen(set_text), &keys),
                     CIVIC_OIDC_OK);

    /* all is right in it but the nonce, which an assertion has not */
    reader = client;
    reader.issuer = client.client_id;
    reader.client_id = provider.token_endpoint;
    assert_int_equal(civic_oidc_id_token(&reader, keys, out, strlen(out),
                                         &expected, &claims),
                     CIVIC_OIDC_NONCE);
    expected.now = NOW + 60 + reader.leeway;
    assert_int_equal(civic_oidc_id_token(&reader, keys, out, strlen(out),
                                         &expected, &claims),
                     CIVIC_OIDC_EXPIRED);

    civic_oidc_keys_free(keys);
    civic_oidc_key_free(key);
}


/* ---- answers ------------------------------------------------------------ */

static void
test_good_answer(void **state)
{
    size_t                i;
    civic_oidc_tokens_t   tokens;

    static const struct {
        const char  *text;
        int64_t      expires_in;
        const char  *refresh_token;
    } rows[] = {
        { "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"Bearer\",\"expires_in\":3600,"
          "\"refresh_token\":\"r\"}", 3600, "r" },
        { "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"bearer\",\"expires_in\":\"300\"}", 300, NULL },
        { "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"BEARER\",\"expires_in\":-5}", 0, NULL },
        { "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"Bearer\",\"expires_in\":9000000000000000000}",
          0, NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_oidc_token_answer(200, rows[i].text,
                                                 strlen(rows[i].text),
                                                 &tokens), CIVIC_OIDC_OK);
        assert_string_equal(tokens.access_token, "a");
        assert_string_equal(tokens.id_token, "i");
        assert_int_equal(tokens.expires_in, rows[i].expires_in);

        if (rows[i].refresh_token == NULL) {
            assert_null(tokens.refresh_token);
        } else {
            assert_string_equal(tokens.refresh_token, "r");
        }

        civic_oidc_tokens_release(&tokens);
        civic_oidc_tokens_release(&tokens);
    }
}


static void
test_bad_answers(void **state)
{
    size_t                i;
    civic_oidc_status_t   status;
    civic_oidc_tokens_t   tokens;

    static const struct {
        int                   http;
        const char           *text;
        civic_oidc_status_t   status;
        const char           *error;
    } rows[] = {
        { 400, "{\"error\":\"invalid_grant\"}", CIVIC_OIDC_REFUSED,
          "invalid_grant" },
        { 401, "{\"error\":\"invalid_client\"}", CIVIC_OIDC_REFUSED,
          "invalid_client" },
        { 200, "{\"error\":\"invalid_grant\",\"access_token\":\"a\","
          "\"id_token\":\"i\",\"token_type\":\"Bearer\"}",
          CIVIC_OIDC_REFUSED, "invalid_grant" },
        { 500, "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"Bearer\"}", CIVIC_OIDC_REFUSED, NULL },
        { 400, "{\"error\":7}", CIVIC_OIDC_REFUSED, NULL },
        { 502, "<html>", CIVIC_OIDC_JSON, NULL },
        { 200, "", CIVIC_OIDC_JSON, NULL },
        { 200, "access_token=a&token_type=bearer", CIVIC_OIDC_JSON, NULL },
        { 200, "{\"access_token\":\"a\",\"access_token\":\"b\"}",
          CIVIC_OIDC_JSON, NULL },
        { 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}",
          CIVIC_OIDC_MEMBER, NULL },
        { 200, "{\"id_token\":\"i\",\"token_type\":\"Bearer\"}",
          CIVIC_OIDC_MEMBER, NULL },
        { 200, "{\"access_token\":\"a\",\"id_token\":\"i\"}",
          CIVIC_OIDC_MEMBER, NULL },
        { 200, "{\"access_token\":\"\",\"id_token\":\"i\","
          "\"token_type\":\"Bearer\"}", CIVIC_OIDC_MEMBER, NULL },
        { 200, "{\"access_token\":\"a\",\"id_token\":\"i\","
          "\"token_type\":\"mac\"}", CIVIC_OIDC_UNSUPPORTED, NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        status = civic_oidc_token_answer(rows[i].http, rows[i].text,
                                         strlen(rows[i].text), &tokens);
        assert_int_equal(status, rows[i].status);
        assert_null(tokens.access_token);
        assert_null(tokens.id_token);

        if (rows[i].error != NULL) {
            assert_string_equal(tokens.error, rows[i].error);
        } else {
            assert_null(tokens.error);
        }

        civic_oidc_tokens_release(&tokens);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_form_room),
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_assertion),
        cmocka_unit_test(test_good_answer),
        cmocka_unit_test(test_bad_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
