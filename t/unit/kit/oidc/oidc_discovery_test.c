/*
 * oidc_discovery_test.c - what a provider says of itself, and what of it is
 * refused; addresses; the client's own settings.
 */

#include "oidc_fixture.h"

#define ENDPOINTS                                                             \
    "\"authorization_endpoint\":\"https://card.example.cn/authorize\","       \
    "\"token_endpoint\":\"https://card.example.cn/token\","                   \
    "\"jwks_uri\":\"https://card.example.cn/keys\""
#define FLOW                                                                  \
    ",\"response_types_supported\":[\"id_token\",\"code\"]"                   \
    ",\"code_challenge_methods_supported\":[\"plain\",\"S256\"]"
#define ALGORITHMS                                                            \
    ",\"id_token_signing_alg_values_supported\":[\"HS256\",\"RS256\"]"
#define GOOD                                                                  \
    "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS "}"


static civic_oidc_status_t
discover_as(const civic_oidc_client_t *client, const char *text)
{
    civic_oidc_status_t    status;
    civic_oidc_provider_t  provider;

    status = civic_oidc_discovery(client, text, strlen(text), &provider);
    assert_int_equal(provider.document != NULL, status == CIVIC_OIDC_OK);
    civic_oidc_provider_release(&provider);
    civic_oidc_provider_release(&provider);

    return status;
}


static civic_oidc_status_t
discover(const char *text)
{
    civic_oidc_client_t  client = usual_client();

    return discover_as(&client, text);
}


/* ---- documents ---------------------------------------------------------- */

static void
test_good(void **state)
{
    civic_oidc_client_t    client = usual_client();
    civic_oidc_provider_t  provider;
    const char            *text =
        "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
        ",\"userinfo_endpoint\":\"https://card.example.cn/me\""
        ",\"authorization_response_iss_parameter_supported\":true"
        ",\"claims_supported\":[\"sub\"],\"x\":{\"y\":null}}";

    (void) state;

    assert_int_equal(civic_oidc_discovery(&client, text, strlen(text),
                                          &provider), CIVIC_OIDC_OK);
    assert_string_equal(provider.issuer, ISSUER);
    assert_string_equal(provider.authorization_endpoint,
                        "https://card.example.cn/authorize");
    assert_string_equal(provider.token_endpoint,
                        "https://card.example.cn/token");
    assert_string_equal(provider.jwks_uri, "https://card.example.cn/keys");
    assert_string_equal(provider.userinfo_endpoint,
                        "https://card.example.cn/me");
    assert_true(provider.names_itself);
    civic_oidc_provider_release(&provider);

    assert_int_equal(civic_oidc_discovery(&client, GOOD, strlen(GOOD),
                                          &provider), CIVIC_OIDC_OK);
    assert_null(provider.userinfo_endpoint);
    assert_false(provider.names_itself);
    civic_oidc_provider_release(&provider);
}


static void
test_refused_documents(void **state)
{
    size_t  i;

    static const struct {
        const char           *text;
        civic_oidc_status_t   status;
    } rows[] = {
        { "", CIVIC_OIDC_JSON },
        { "<html>", CIVIC_OIDC_JSON },
        { "[]", CIVIC_OIDC_JSON },
        { GOOD "x", CIVIC_OIDC_JSON },
        { "{\"issuer\":\"" ISSUER "\",\"issuer\":\"" ISSUER "\"," ENDPOINTS
          FLOW ALGORITHMS "}", CIVIC_OIDC_JSON },
        { "{}", CIVIC_OIDC_MEMBER },
        { "{\"issuer\":7}", CIVIC_OIDC_MEMBER },
        { "{\"issuer\":\"" ISSUER "/\"," ENDPOINTS FLOW ALGORITHMS "}",
          CIVIC_OIDC_ISSUER },
        { "{\"issuer\":\"https://CARD.example.cn/oidc\"," ENDPOINTS FLOW
          ALGORITHMS "}", CIVIC_OIDC_ISSUER },
        { "{\"issuer\":\"" ISSUER "\"" FLOW ALGORITHMS "}",
          CIVIC_OIDC_MEMBER },

        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS ALGORITHMS "}",
          CIVIC_OIDC_MEMBER },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW "}",
          CIVIC_OIDC_MEMBER },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW
          ",\"id_token_signing_alg_values_supported\":[\"none\",\"HS256\"]}",
          CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW
          ",\"id_token_signing_alg_values_supported\":\"RS256\"}",
          CIVIC_OIDC_MEMBER },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS ALGORITHMS
          ",\"response_types_supported\":[\"code\"]}",
          CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS ALGORITHMS
          ",\"response_types_supported\":[\"code\"]"
          ",\"code_challenge_methods_supported\":[\"plain\"]}",
          CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS ALGORITHMS
          ",\"response_types_supported\":[\"id_token\"]"
          ",\"code_challenge_methods_supported\":[\"S256\"]}",
          CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
          ",\"grant_types_supported\":[\"implicit\"]}",
          CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
          ",\"token_endpoint_auth_methods_supported\":"
          "[\"client_secret_post\"]}", CIVIC_OIDC_UNSUPPORTED },
        { "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
          ",\"token_endpoint_auth_methods_supported\":[1]}",
          CIVIC_OIDC_MEMBER },
    };

    (void) state;

    assert_int_equal(discover(GOOD), CIVIC_OIDC_OK);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (discover(rows[i].text) != rows[i].status) {
            fail_msg("%s: %s", rows[i].text,
                     civic_oidc_text(discover(rows[i].text)));
        }
    }
}


/* Each of the four addresses, wrong in each way. */
static void
test_endpoints(void **state)
{
    char    text[4096], address[1200];
    size_t  i, j;

    static const char *const  names[] = {
        "authorization_endpoint", "token_endpoint", "jwks_uri",
        "userinfo_endpoint"
    };
    static const char *const  wrong[] = {
        "http://card.example.cn/x", "ftp://card.example.cn/x", "/x", "",
        "https://", "https:///x", "https://:443/x", "https://?x",
        "https://card.example.cn?x",
        "https://user@card.example.cn/x", "https://card.example.cn@evil/x",
        "https://card.example.cn/x#y", "https://card.example.cn/a b",
        "https://card.example.cn/\\u000d\\u000aHost:x",
        "https://card.example.cn\\\\@evil/", "https://\\u5361.cn/",
        "HTTPS://card.example.cn/x", "javascript:alert(1)",
    };

    (void) state;

    for (i = 0; i < 4; i++) {
        for (j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++) {
            size_t  k, used;

            used = (size_t) sprintf(text, "{\"issuer\":\"" ISSUER "\"");
            for (k = 0; k < 4; k++) {
                used += (size_t) sprintf(text + used, ",\"%s\":\"%s\"",
                                         names[k], i == k ? wrong[j]
                                         : "https://card.example.cn/x");
            }
            strcpy(text + used, FLOW ALGORITHMS "}");

            if (discover(text) != CIVIC_OIDC_ENDPOINT) {
                fail_msg("%s: %s", names[i], wrong[j]);
            }
        }
    }

    memset(address, 'a', sizeof(address));
    address[1100] = '\0';
    sprintf(text, "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
            ",\"userinfo_endpoint\":\"https://card.example.cn/%s\"}",
            address);
    assert_int_equal(discover(text), CIVIC_OIDC_ENDPOINT);
}


static void
test_sandbox_has_http(void **state)
{
    civic_oidc_client_t  client = usual_client();
    const char          *text =
        "{\"issuer\":\"http://127.0.0.1:8088/oidc\","
        "\"authorization_endpoint\":\"http://127.0.0.1:8088/a\","
        "\"token_endpoint\":\"http://127.0.0.1:8088/t\","
        "\"jwks_uri\":\"http://127.0.0.1:8088/k\"" FLOW ALGORITHMS "}";

    (void) state;

    client.issuer = "http://127.0.0.1:8088/oidc";
    assert_int_equal(discover_as(&client, text), CIVIC_OIDC_ENDPOINT);
    client.sandbox = 1;
    assert_int_equal(discover_as(&client, text), CIVIC_OIDC_OK);
}


#define PRIVATE_KEY_JWT                                                       \
    "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS                    \
    ",\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]"
#define ASSERTIONS                                                            \
    ",\"token_endpoint_auth_signing_alg_values_supported\":"

static void
test_what_the_client_needs(void **state)
{
    civic_oidc_client_t  client = usual_client();
    civic_oidc_key_t    *key = civic_oidc_key_make(CIVIC_OIDC_ES256, "k");

    (void) state;

    client.algorithms = CIVIC_OIDC_ES256;
    assert_int_equal(discover_as(&client, GOOD), CIVIC_OIDC_UNSUPPORTED);
    client.algorithms = CIVIC_OIDC_ES256 | CIVIC_OIDC_RS256;
    assert_int_equal(discover_as(&client, GOOD), CIVIC_OIDC_OK);

    /* client_secret_basic is understood without a word, others are not */
    client.auth = CIVIC_OIDC_POST;
    assert_int_equal(discover_as(&client, GOOD), CIVIC_OIDC_UNSUPPORTED);

    client.auth = CIVIC_OIDC_PRIVATE_KEY;
    client.key = key;
    assert_int_equal(discover_as(&client, PRIVATE_KEY_JWT "}"),
                     CIVIC_OIDC_OK);
    assert_int_equal(discover_as(&client, PRIVATE_KEY_JWT ASSERTIONS
                                 "[\"RS256\"]}"), CIVIC_OIDC_UNSUPPORTED);
    assert_int_equal(discover_as(&client, PRIVATE_KEY_JWT ASSERTIONS
                                 "[\"RS256\",\"ES256\"]}"), CIVIC_OIDC_OK);

    civic_oidc_key_free(key);
}


static void
test_too_long(void **state)
{
    char                  *text = malloc(CIVIC_OIDC_DOCUMENT + 2);
    civic_oidc_client_t    client = usual_client();
    civic_oidc_provider_t  provider;

    (void) state;

    assert_non_null(text);
    memset(text, ' ', CIVIC_OIDC_DOCUMENT + 1);
    memcpy(text, GOOD, strlen(GOOD));

    assert_int_equal(civic_oidc_discovery(&client, text, CIVIC_OIDC_DOCUMENT,
                                          &provider), CIVIC_OIDC_OK);
    civic_oidc_provider_release(&provider);
    assert_int_equal(civic_oidc_discovery(&client, text,
                                          CIVIC_OIDC_DOCUMENT + 1, &provider),
                     CIVIC_OIDC_TOO_LONG);
    free(text);
}


/* Brackets in strings are no depth, and escapes end no string. */
static void
test_depth(void **state)
{
    char    text[2048];
    size_t  i, used;

    (void) state;

    sprintf(text, "{\"issuer\":\"" ISSUER "\"," ENDPOINTS FLOW ALGORITHMS
            ",\"x\":\"%s\"}",
            "[[[[[[[[[[[[[[[[[[[[\\\"{{{{{{{{{{{{{{{{{{{{\\\\");
    assert_int_equal(discover(text), CIVIC_OIDC_OK);

    for (i = 15; i <= 16; i++) {
        used = (size_t) sprintf(text, "{\"issuer\":\"" ISSUER "\"," ENDPOINTS
                                FLOW ALGORITHMS ",\"x\":");
        memset(text + used, '[', i);
        memset(text + used + i, ']', i);
        strcpy(text + used + 2 * i, "}");
        assert_int_equal(discover(text),
                         i == 15 ? CIVIC_OIDC_OK : CIVIC_OIDC_JSON);
    }
}


/* ---- addresses ---------------------------------------------------------- */

static void
test_discovery_path(void **state)
{
    char  out[64];

    (void) state;

    assert_int_equal(civic_oidc_discovery_path("https://a.cn", out, 64), 33);
    assert_string_equal(out, "/.well-known/openid-configuration");
    assert_int_equal(civic_oidc_discovery_path("https://a.cn/", out, 64), 33);
    assert_string_equal(out, "/.well-known/openid-configuration");
    assert_int_equal(civic_oidc_discovery_path(ISSUER, out, 64), 38);
    assert_string_equal(out, "/oidc/.well-known/openid-configuration");
    assert_int_equal(civic_oidc_discovery_path(ISSUER, out, 39), 38);
    assert_int_equal(civic_oidc_discovery_path(ISSUER, out, 38), -1);
    assert_int_equal(civic_oidc_discovery_path(ISSUER, out, 0), -1);
    assert_int_equal(civic_oidc_discovery_path("a.cn", out, 64), -1);
}


static void
test_origins(void **state)
{
    civic_oidc_address_t  address;

    (void) state;

    assert_int_equal(civic_oidc_address("https://a.cn:8443/b/c?d=e",
                                        &address), 0);
    assert_int_equal(address.origin_len, strlen("https://a.cn:8443"));
    assert_string_equal(address.path, "/b/c?d=e");
    assert_int_equal(civic_oidc_address("http://[::1]", &address), 0);
    assert_string_equal(address.path, "/");

    assert_true(civic_oidc_same_origin("https://a.cn/x", "https://a.cn"));
    assert_false(civic_oidc_same_origin("https://a.cn", "https://a.cn.evil"));
    assert_false(civic_oidc_same_origin("https://a.cn", "http://a.cn"));
    assert_false(civic_oidc_same_origin("https://a.cn", "https://a.cn:444"));
    assert_false(civic_oidc_same_origin("https://a.cn", "a.cn"));
}


/* ---- the client --------------------------------------------------------- */

static const char *
wrong_member(const civic_oidc_client_t *client)
{
    const char           *what;
    civic_oidc_status_t   status = civic_oidc_client_check(client, &what);

    assert_int_equal(status, what == NULL ? CIVIC_OIDC_OK
                                          : CIVIC_OIDC_SETTING);

    return what == NULL ? "" : what;
}


static void
test_client(void **state)
{
    civic_oidc_client_t  good = usual_client(), client = good;

    (void) state;

    assert_string_equal(wrong_member(&client), "");

    client.issuer = NULL;
    assert_string_equal(wrong_member(&client), "issuer");
    client.issuer = "https://card.example.cn/?a=b";
    assert_string_equal(wrong_member(&client), "issuer");
    client.issuer = "http://card.example.cn";
    assert_string_equal(wrong_member(&client), "issuer");
    client.sandbox = 1;
    assert_string_equal(wrong_member(&client), "");

    client = good;
    client.client_id = "";
    assert_string_equal(wrong_member(&client), "client_id");

    client = good;
    client.redirect_uri = "http://civic.example.cn/";
    assert_string_equal(wrong_member(&client), "redirect_uri");

    client = good;
    client.scope = "profile";
    assert_string_equal(wrong_member(&client), "scope");
    client.scope = "openid2 xopenid";
    assert_string_equal(wrong_member(&client), "scope");
    client.scope = "openid2 openid";
    assert_string_equal(wrong_member(&client), "");

    client = good;
    client.client_secret = NULL;
    assert_string_equal(wrong_member(&client), "client_secret");
    client.auth = CIVIC_OIDC_PRIVATE_KEY;
    assert_string_equal(wrong_member(&client), "key");

    client = good;
    client.algorithms = 8;
    assert_string_equal(wrong_member(&client), "algorithms");

    client = good;
    client.leeway = CIVIC_OIDC_LEEWAY + 1;
    assert_string_equal(wrong_member(&client), "leeway");
}


static void
test_names(void **state)
{
    int                status;
    civic_oidc_auth_t  auth;

    (void) state;

    assert_int_equal(civic_oidc_auth_parse("private_key_jwt", &auth), 0);
    assert_int_equal(auth, CIVIC_OIDC_PRIVATE_KEY);
    assert_int_equal(civic_oidc_auth_parse("client_secret_jwt", &auth), -1);

    assert_int_equal(civic_oidc_algorithm("RS256"), CIVIC_OIDC_RS256);
    assert_int_equal(civic_oidc_algorithm("PS256"), CIVIC_OIDC_PS256);
    assert_int_equal(civic_oidc_algorithm("ES256"), CIVIC_OIDC_ES256);
    assert_int_equal(civic_oidc_algorithm("HS256"), 0);

    for (status = CIVIC_OIDC_OK; status <= CIVIC_OIDC_NAME; status++) {
        assert_non_null(civic_oidc_text((civic_oidc_status_t) status));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_refused_documents),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_sandbox_has_http),
        cmocka_unit_test(test_what_the_client_needs),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_discovery_path),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
