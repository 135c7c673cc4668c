/*
 * oidc_login_test.c - PKCE, where the browser is sent, and what it brings
 * back.
 */

#include "oidc_fixture.h"

#define CHALLENGE  "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const civic_oidc_login_t  usual = {
    .state = "s t&=+", .nonce = NONCE, .challenge = CHALLENGE
};


/* RFC 7636, appendix B. */
static void
test_pkce(void **state)
{
    char  verifier[CIVIC_OIDC_PKCE], challenge[CIVIC_OIDC_PKCE];

    static const unsigned char  random[32] = {
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173,
        187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83,
        132, 141, 121
    };

    (void) state;

    civic_oidc_pkce(random, verifier, challenge);
    assert_string_equal(verifier,
                        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_string_equal(challenge, CHALLENGE);
}


static void
test_url(void **state)
{
    char                    out[1024];
    int64_t                 len;
    civic_oidc_login_t      login = usual;
    civic_oidc_client_t     client = usual_client();
    civic_oidc_provider_t   provider = {
        .authorization_endpoint = "https://card.example.cn/authorize"
    };
    static const char  expected[] =
        "https://card.example.cn/authorize?response_type=code"
        "&client_id=civic"
        "&redirect_uri=https%3A%2F%2Fcivic.example.cn%2Flogin%2Fcard%3F"
        "back%3D1&scope=openid%20profile&state=s%20t%26%3D%2B"
        "&nonce=n-0S6_WzA2Mj&code_challenge=" CHALLENGE
        "&code_challenge_method=S256";
    static const civic_oidc_parameter_t  more[] = {
        { "prompt", "login" }, { "ui_locales", "zh-CN 青海" }
    };

    (void) state;

    len = civic_oidc_authorization_url(&client, &provider, &login, out,
                                       sizeof(out));
    assert_string_equal(out, expected);
    assert_int_equal(len, strlen(expected));

    login.more = more;
    login.nmore = 2;
    civic_oidc_authorization_url(&client, &provider, &login, out,
                                 sizeof(out));
    assert_memory_equal(out, expected, strlen(expected));
    assert_string_equal(out + strlen(expected),
                        "&prompt=login&ui_locales=zh-CN%20%E9%9D%92%E6%B5%B7");
}


/* A query that the provider's address has already. */
static void
test_url_keeps_a_query(void **state)
{
    char                    out[1024];
    civic_oidc_client_t     client = usual_client();
    civic_oidc_provider_t   provider = {
        .authorization_endpoint = "https://card.example.cn/a?tenant=6"
    };

    (void) state;

    assert_true(civic_oidc_authorization_url(&client, &provider, &usual, out,
                                             sizeof(out)) > 0);
    assert_ptr_equal(strstr(out, "https://card.example.cn/a?tenant=6&"
                                 "response_type=code&client_id="), out);
    assert_null(strchr(strchr(out, '?') + 1, '?'));
}


static void
test_url_refuses(void **state)
{
    char                     out[1024];
    size_t                   i, len;
    civic_oidc_login_t       login = usual;
    civic_oidc_client_t      client = usual_client();
    civic_oidc_parameter_t   more = { NULL, "x" };
    civic_oidc_provider_t    provider = {
        .authorization_endpoint = "https://card.example.cn/authorize"
    };
    static const char *const  own[] = {
        "state", "nonce", "response_type", "redirect_uri", "code_challenge",
        "code_challenge_method", "request", "request_uri", "client_id",
    };

    (void) state;

    login.more = &more;
    login.nmore = 1;

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        more.name = own[i];
        assert_int_equal(civic_oidc_authorization_url(&client, &provider,
                             &login, out, sizeof(out)), -1);
    }

    len = (size_t) civic_oidc_authorization_url(&client, &provider, &usual,
                                                out, sizeof(out));

    for (i = 0; i <= len; i++) {
        memset(out, '#', sizeof(out));
        assert_int_equal(civic_oidc_authorization_url(&client, &provider,
                             &usual, out, i), -1);
        assert_int_equal(out[i], '#');
    }

    assert_int_equal(civic_oidc_authorization_url(&client, &provider, &usual,
                                                  out, len + 1), len);
}


static void
test_callback(void **state)
{
    size_t                 i;
    civic_oidc_client_t    client = usual_client();
    civic_oidc_provider_t  quiet = { 0 }, named = { .names_itself = 1 };

    static const struct {
        civic_oidc_callback_t   callback;
        const char             *state;
        civic_oidc_status_t     status;
        civic_oidc_status_t     named;
    } rows[] = {
        { { "c", "s", NULL, NULL }, "s", CIVIC_OIDC_OK, CIVIC_OIDC_ISSUER },
        { { "c", "s", NULL, ISSUER }, "s", CIVIC_OIDC_OK, CIVIC_OIDC_OK },
        { { "c", "s", NULL, "https://evil.cn" }, "s", CIVIC_OIDC_ISSUER,
          CIVIC_OIDC_ISSUER },
        { { "c", "t", NULL, ISSUER }, "s", CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        { { "c", "ss", NULL, ISSUER }, "s", CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        { { "c", "s", NULL, ISSUER }, "ss", CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        { { "c", "s", NULL, ISSUER }, NULL, CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        { { "c", "", NULL, ISSUER }, "", CIVIC_OIDC_STATE, CIVIC_OIDC_STATE },
        { { "c", NULL, NULL, ISSUER }, "s", CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        /* somebody else's refusal ends no login of ours */
        { { NULL, "t", "access_denied", ISSUER }, "s", CIVIC_OIDC_STATE,
          CIVIC_OIDC_STATE },
        { { NULL, "s", "access_denied", ISSUER }, "s", CIVIC_OIDC_REFUSED,
          CIVIC_OIDC_REFUSED },
        { { "c", "s", "access_denied", ISSUER }, "s", CIVIC_OIDC_REFUSED,
          CIVIC_OIDC_REFUSED },
        { { NULL, "s", NULL, ISSUER }, "s", CIVIC_OIDC_MEMBER,
          CIVIC_OIDC_MEMBER },
        { { "", "s", NULL, ISSUER }, "s", CIVIC_OIDC_MEMBER,
          CIVIC_OIDC_MEMBER },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_oidc_callback(&client, &quiet,
                             &rows[i].callback, rows[i].state),
                         rows[i].status);
        assert_int_equal(civic_oidc_callback(&client, &named,
                             &rows[i].callback, rows[i].state),
                         rows[i].named);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pkce),
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_url_keeps_a_query),
        cmocka_unit_test(test_url_refuses),
        cmocka_unit_test(test_callback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
