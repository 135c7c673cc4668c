/*
 * sandbox_alipay_test.c - the sandbox' gateway against the kit's client: what
 * is signed is taken, what is answered is genuine, codes work once, faces are
 * decided on a page, once.
 */

#define _GNU_SOURCE                     /* nftw() */

#include "sandbox_world.h"

#define TOKEN        "alipay.system.oauth.token"
#define SHARE        "alipay.user.info.share"
#define OPEN         "alipay.user.certify.open."
#define FINCLOUD     "datadigital.fincloud.generalsaas.face."

#define IDENTITY                                                              \
    "{\"identity_type\":\"CERT_INFO\",\"cert_type\":\"IDENTITY_CARD\","       \
    "\"cert_name\":\"张<伟>\",\"cert_no\":\"630105199003079996\"}"
#define BUSINESS(code, identity, config)                                      \
    "{\"outer_order_no\":\"a1\",\"biz_code\":\"" code "\","                   \
    "\"identity_param\":" identity ",\"merchant_config\":" config "}"
#define FACE  BUSINESS("FACE", IDENTITY, "{\"return_url\":\"\"}")


/* ---- who it is --------------------------------------------------------- */

static const char *
auth_code(const char *user, const char *scope)
{
    static char  code[65];

    char           body[128];
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"user\":\"%s\",\"scope\":\"%s\"}", user,
             scope);
    rep = post_json("/sandbox/alipay/auth-codes", body);
    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    snprintf(code, sizeof(code), "%s", fake_text(rep, "auth_code"));

    return code;
}


static call_t
token_call(const char *grant, const char *name, const char *value)
{
    static alipay_extra_t  extras[2];

    extras[0] = (alipay_extra_t) { "grant_type", grant };
    extras[1] = (alipay_extra_t) { name, value };

    return (call_t) { .method = TOKEN, .extras = extras, .nextras = 2 };
}


static call_t
code_call(const char *code)
{
    return token_call("authorization_code", "code", code);
}


static void
test_code_works_once(void **state)
{
    char    code[65], refresh[65];
    call_t  what;

    (void) state;

    snprintf(code, sizeof(code), "%s", auth_code("zhang", "auth_base"));
    what = code_call(code);
    done(&what);
    assert_string_equal(text_in("open_id"), "open-zhang");
    assert_string_equal(text_in("user_id"), "");
    assert_int_equal(alipay_response_number(&last, "expires_in"), 86400);
    snprintf(refresh, sizeof(refresh), "%s", text_in("refresh_token"));

    refused(&what, "40002", "isv.code-invalid");
    assert_true(last.error_node);
    assert_int_equal(last.signature, ALIPAY_SIGNATURE_GOOD);

    what = token_call("refresh_token", "refresh_token", refresh);
    done(&what);
    assert_string_equal(text_in("open_id"), "open-zhang");
    refused(&what, "40002", "isv.refresh-token-invalid");
}


static void
test_code_is_of_somebody(void **state)
{
    call_t         what;
    fake_reply_t  *rep;

    (void) state;

    rep = post_json("/sandbox/alipay/auth-codes", "{\"user\":\"nobody\"}");
    assert_int_equal(rep->status, 404);
    assert_string_equal(rep->code, "sandbox_nobody");
    assert_null(rep->undocumented);

    what = code_call("0123456789abcdef0123456789abcdef");
    refused(&what, "40002", "isv.code-invalid");
    what = token_call("password", "code", "x");
    refused(&what, "40002", "isv.grant-type-invalid");
    refused(&((call_t) { .method = TOKEN }), "40001",
            "isv.missing-grant-type");
}


static void
test_user_info(void **state)
{
    char    token[65];
    call_t  what;

    (void) state;

    what = code_call(auth_code("li", "auth_user"));
    done(&what);
    snprintf(token, sizeof(token), "%s", text_in("access_token"));
    done(&((call_t) { .method = SHARE, .auth_token = token }));
    assert_string_equal(text_in("open_id"), "open-li");
    assert_string_equal(text_in("gender"), "F");
    assert_string_equal(text_in("cert_no"), "");

    what = code_call(auth_code("zhang", "auth_base"));
    done(&what);
    snprintf(token, sizeof(token), "%s", text_in("access_token"));
    refused(&((call_t) { .method = SHARE, .auth_token = token }), "40006",
            "isv.insufficient-user-permissions");
    refused(&((call_t) { .method = SHARE, .auth_token = "none" }), "20001",
            "aop.invalid-auth-token");
    refused(&((call_t) { .method = SHARE }), "40001",
            "isv.missing-auth-token");
}


static void
test_old_apps_see_user_ids(void **state)
{
    call_t        what;
    fake_host_t  *usual = h;

    (void) state;

    h = start_with("user_ids=true", 1, NULL);
    assert_non_null(h);
    what = code_call(auth_code("zhang", "auth_base"));
    done(&what);
    assert_string_equal(text_in("user_id"), "2088000000000001");
    fake_host_stop(h);
    h = usual;
}


/* ---- what is not genuine ----------------------------------------------- */

static void
test_signature(void **state)
{
    (void) state;

    refused(&((call_t) { .method = SHARE, .keys = stranger }), "40002",
            "isv.invalid-signature");
    assert_non_null(strstr(last.sub_msg, "app_id=" APP));
    assert_true(fake_logged(h, "the signature is wrong"));
}


/* An unsigned refusal, or what of a form is wrong. */
static void
form_says(const char *form, const char *text)
{
    fake_reply_t  *rep = post_form(GATEWAY, form);

    assert_int_equal(rep->status, 200);
    assert_non_null(rep->json);

    if (strstr(rep->body, text) == NULL) {
        fail_msg("%s: %s", form, rep->body);
    }
}


static void
test_broken_forms(void **state)
{
    (void) state;

    form_says("", "isv.missing-signature");
    form_says("method=a&sign=x", "isv.invalid-signature-type");
    form_says("method=a&sign=x&sign_type=RSA2", "isv.invalid-signature");
    form_says("method=a\"b&sign=x&sign_type=RSA2", "isv.invalid-signature");
    form_says("method=a&method=b", "isv.invalid-encoding");
    form_says("method=%zz", "isv.invalid-encoding");
    form_says("method=a&x=%ff&sign=x&sign_type=RSA2",
              "isv.invalid-signature");
}


static void
test_other_app(void **state)
{
    size_t             i;
    char               body[2048];
    alipay_sent_t      sent;
    alipay_failure_t   failure;
    alipay_text_t      text = { .data = NULL }, sign = { .data = NULL };
    alipay_text_t      form = { .data = NULL };

    (void) state;

    /* signed well, in another name */
    assert_int_equal(alipay_request_build(app, &(alipay_request_t) {
        .method = SHARE, .now = NOON / 1000 }, &sent, &failure), 0);

    for (i = 0; i < sent.parameters.count; i++) {
        if (strcmp(sent.parameters.items[i].name, "app_id") == 0) {
            sent.parameters.items[i].value[0] = '9';
        }
    }

    assert_int_equal(alipay_parameters_text(&sent.parameters,
                         ALIPAY_SIGNED_SIGN_TYPE, &text), 0);
    assert_int_equal(alipay_sign(app, text.data, text.len, &sign), 0);

    for (i = 0; i < sent.parameters.count; i++) {
        if (strcmp(sent.parameters.items[i].name, "sign") == 0) {
            memcpy(sent.parameters.items[i].value, sign.data, sign.len);
        }
    }

    assert_int_equal(alipay_parameters_form(&sent.parameters, &form), 0);
    snprintf(body, sizeof(body), "%s", form.data);
    form_says(body, "isv.invalid-app-id");
    assert_null(strstr(post_form(GATEWAY, body)->body, "\"sign\""));

    alipay_text_free(&text);
    alipay_text_free(&sign);
    alipay_text_free(&form);
    alipay_sent_free(&sent);
}


static void
test_unknown_method(void **state)
{
    (void) state;

    refused(&((call_t) { .method = "alipay.none" }), "40002",
            "isv.invalid-method");
    refused(&((call_t) { .method = OPEN "query", .business = "{}",
                         .extras = &(alipay_extra_t) { "encrypt_type",
                                                       "AES" },
                         .nextras = 1 }),
            "40002", "isv.decryption-error");
    refused(&((call_t) { .method = OPEN "query",
                         .extras = &(alipay_extra_t) { "biz_content", "[]" },
                         .nextras = 1 }),
            "40002", "isv.invalid-parameter");
}


/* ---- the face ---------------------------------------------------------- */

static const char *
begin(const char *business)
{
    static char  id[65];

    done(&((call_t) { .method = OPEN "initialize", .business = business }));
    snprintf(id, sizeof(id), "%s", text_in("certify_id"));
    assert_int_equal(strlen(id), 32);

    return id;
}


static void
query(const char *method, const char *id)
{
    char  business[128];

    snprintf(business, sizeof(business), "{\"certify_id\":\"%s\"}", id);
    call(&(call_t) { .method = method, .business = business });
}


static const char *
page_of(const char *id)
{
    static char  path[128];

    snprintf(path, sizeof(path), "/sandbox/phone/certify/%s", id);

    return path;
}


static void
test_face_passes(void **state)
{
    char           id[65];
    fake_reply_t  *rep;

    (void) state;

    strcpy(id, begin(FACE));
    query(OPEN "query", id);
    assert_int_equal(last.outcome, ALIPAY_DONE);
    assert_int_equal(alipay_response_flag(&last, "passed"), 0);

    rep = fake_request(h, CIVIC_GET, page_of(id), NULL);
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, "张&lt;伟&gt;"));
    assert_non_null(strstr(rep->body, "6****************6"));
    assert_null(strstr(rep->body, "630105"));

    rep = post_form(page_of(id), "result=pass&reason=Z1147");
    assert_int_equal(rep->status, 200);
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 1);
    assert_string_equal(text_in("fail_reason"), "");
    assert_string_equal(text_in("material_info"), "");

    rep = post_form(page_of(id), "result=fail");
    assert_int_equal(rep->status, 409);
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 1);
}


static void
test_face_fails(void **state)
{
    char           id[65];
    fake_reply_t  *rep;

    (void) state;

    strcpy(id, begin(BUSINESS("SMART_FACE", IDENTITY,
                              "{\"return_url\":\"https://a.example/?b&c\"}")));
    assert_int_equal(post_form(page_of(id), "result=perhaps")->status, 400);
    assert_int_equal(post_form(page_of(id), "")->status, 400);
    assert_int_equal(post_form(page_of(id), "result=fail&reason=%3Cb%3E")
                     ->status, 400);

    rep = post_form(page_of(id), "result=fail&reason=Z1147");
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, "href=\"https://a.example/?b&amp;c\""));
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 0);
    assert_string_equal(text_in("fail_reason"), "Z1147");

    strcpy(id, begin(BUSINESS("FACE", IDENTITY,
                              "{\"return_url\":\"javascript:alert(1)\"}")));
    rep = post_form(page_of(id), "result=fail&reason=");
    assert_null(strstr(rep->body, "javascript"));
    query(OPEN "query", id);
    assert_string_equal(text_in("fail_reason"), "");
}


/* Alipay compares name and number: "pass" does not help. */
static void
test_face_with_another_name(void **state)
{
    char  id[65];

    (void) state;

    strcpy(id, begin(BUSINESS("FACE",
        "{\"identity_type\":\"CERT_INFO\",\"cert_type\":\"IDENTITY_CARD\","
        "\"cert_name\":\"x\",\"cert_no\":\"630105199003079996\"}",
        "{\"return_url\":\"\"}")));
    assert_int_equal(post_form(page_of(id), "result=pass")->status, 200);
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 0);
    assert_string_equal(text_in("fail_reason"), "NAME_NUMBER_MISMATCH");

    /* nobody there has this one */
    strcpy(id, begin(BUSINESS("FACE",
        "{\"identity_type\":\"CERT_INFO\",\"cert_type\":\"IDENTITY_CARD\","
        "\"cert_name\":\"x\",\"cert_no\":\"110101199003070337\"}",
        "{\"return_url\":\"\"}")));
    assert_int_equal(post_form(page_of(id), "result=pass")->status, 200);
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 1);
}


/* Two phones at once: one of them decides. */
static void
test_face_is_decided_once(void **state)
{
    char           id[65];
    fake_run_t    *slow;
    fake_reply_t  *rep;

    (void) state;

    strcpy(id, begin(FACE));
    slow = fake_begin(h, CIVIC_POST, page_of(id), &(fake_request_t) {
                          .body = "result=fail", .content_type = FORM });
    assert_int_equal(fake_run_to(slow, 1), 1);
    assert_int_equal(post_form(page_of(id), "result=pass")->status, 200);
    rep = fake_end(slow);
    assert_int_equal(rep->status, 409);
    query(OPEN "query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 1);
}


static void
test_face_picture(void **state)
{
    char  id[65];

    (void) state;

    strcpy(id, begin(BUSINESS("FACE", IDENTITY,
                              "{\"return_url\":\"\","
                              "\"out_put_facial_picture\":\"Y\"}")));
    query(OPEN "query", id);
    assert_string_equal(text_in("material_info"), "");
    post_form(page_of(id), "result=pass");
    query(OPEN "query", id);
    assert_string_equal(text_in("material_info"), "{\"FACE\":\"YSBmYWNl\"}");
}


static void
test_face_parameters(void **state)
{
    size_t  i;

    static const char *const  wrong[] = {
        BUSINESS("NO_FACE", IDENTITY, "{\"return_url\":\"\"}"),
        BUSINESS("FACE", IDENTITY, "{}"),
        BUSINESS("FACE", IDENTITY, "7"),
        BUSINESS("FACE", "{}", "{\"return_url\":\"\"}"),
        BUSINESS("FACE", "\"{\"", "{\"return_url\":\"\"}"),
        BUSINESS("FACE", "{\"identity_type\":\"CERT_INFO\","
                 "\"cert_type\":\"IDENTITY_CARD\",\"cert_name\":\"a\"}",
                 "{\"return_url\":\"\"}"),
        "{\"biz_code\":\"FACE\",\"identity_param\":" IDENTITY ","
        "\"merchant_config\":{\"return_url\":\"\"}}",
        "{\"outer_order_no\":\"123456789012345678901234567890123\","
        "\"biz_code\":\"FACE\",\"identity_param\":" IDENTITY ","
        "\"merchant_config\":{\"return_url\":\"\"}}",
        "{}"
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        refused(&((call_t) { .method = OPEN "initialize",
                             .business = wrong[i] }),
                "40002", "isv.invalid-parameter");
    }

    /* as older samples have it */
    begin(BUSINESS("FACE", "\"{\\\"identity_type\\\":\\\"AGENT_CERT_INFO\\\","
                   "\\\"cert_type\\\":\\\"IDENTITY_CARD\\\","
                   "\\\"cert_name\\\":\\\"a\\\",\\\"cert_no\\\":\\\"1\\\"}\"",
                   "\"{\\\"return_url\\\":\\\"\\\"}\""));
}


static void
test_face_is_unknown(void **state)
{
    char  id[65];

    (void) state;

    strcpy(id, begin(FACE));
    query(FINCLOUD "certify.query", id);
    assert_string_equal(last.sub_code, "OPEN_CERTIFY_BILL_NOT_EXIST");
    query(OPEN "query", "none");
    assert_string_equal(last.sub_code, "OPEN_CERTIFY_BILL_NOT_EXIST");
    assert_string_equal(last.code, "40004");
    assert_int_equal(fake_request(h, CIVIC_GET, page_of("none"), NULL)
                     ->status, 404);
    assert_int_equal(post_form(page_of("none"), "result=pass")->status, 404);
}


/* The signed link, as a path of ours. */
static const char *
link_of(const alipay_keys_t *keys, const char *id)
{
    static char  path[2048];

    char              business[128];
    alipay_text_t     url = { .data = NULL };
    alipay_failure_t  failure;

    snprintf(business, sizeof(business), "{\"certify_id\":\"%s\"}", id);
    assert_int_equal(alipay_request_url(keys, "http://a.example" GATEWAY,
        &(alipay_request_t) { .method = OPEN "certify", .now = NOON / 1000,
                              .business = business,
                              .business_len = strlen(business) },
        &url, &failure), 0);
    snprintf(path, sizeof(path), "%s",
             url.data + strlen("http://a.example"));
    alipay_text_free(&url);

    return path;
}


static void
test_face_link(void **state)
{
    char           id[65], location[128];
    fake_reply_t  *rep;

    (void) state;

    strcpy(id, begin(FACE));
    rep = fake_request(h, CIVIC_GET, link_of(app, id), NULL);
    assert_int_equal(rep->status, 302);
    snprintf(location, sizeof(location), "../phone/certify/%s", id);
    assert_string_equal(fake_header(rep, "Location"), location);

    assert_int_equal(fake_request(h, CIVIC_GET, link_of(stranger, id), NULL)
                     ->status, 400);
    assert_int_equal(fake_request(h, CIVIC_GET, link_of(app, "none"), NULL)
                     ->status, 404);
    assert_int_equal(fake_request(h, CIVIC_GET, GATEWAY, NULL)->status, 400);
}


static void
test_fincloud_certify(void **state)
{
    char  id[65], business[128];

    (void) state;

    done(&((call_t) { .method = FINCLOUD "certify.initialize",
                      .business = BUSINESS("FUTURE_TECH_BIZ_FACE_SDK",
                                           IDENTITY,
                                           "{\"return_url\":\"\"}") }));
    snprintf(id, sizeof(id), "%s", text_in("certify_id"));
    snprintf(business, sizeof(business), "{\"certify_id\":\"%s\"}", id);
    done(&((call_t) { .method = FINCLOUD "certify.verify",
                      .business = business }));
    assert_non_null(strstr(text_in("certify_url"), page_of(id)));
    query(FINCLOUD "certify.query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 0);
    post_form(page_of(id), "result=pass");
    query(FINCLOUD "certify.query", id);
    assert_int_equal(alipay_response_flag(&last, "passed"), 1);
    refused(&((call_t) { .method = FINCLOUD "certify.verify",
                         .business = "{\"certify_id\":\"none\"}" }), "40004",
            "OPEN_CERTIFY_BILL_NOT_EXIST");
}


#define VERIFICATION(order)                                                   \
    "{\"outer_order_no\":\"" order "\","                                      \
    "\"biz_code\":\"DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION\","               \
    "\"identity_type\":\"CERT_INFO\",\"cert_type\":\"IDENTITY_CARD\","        \
    "\"cert_name\":\"a\",\"cert_no\":\"1\"}"

static void
test_fincloud_verification(void **state)
{
    char  id[65];

    (void) state;

    done(&((call_t) { .method = FINCLOUD "verification.initialize",
                      .business = VERIFICATION("a2") }));
    snprintf(id, sizeof(id), "%s", text_in("certify_id"));
    assert_non_null(strstr(text_in("web_url"), page_of(id)));
    query(FINCLOUD "verification.query", id);
    assert_string_equal(text_in("certify_state"), "PROCESSING");
    post_form(page_of(id), "result=fail");
    query(FINCLOUD "verification.query", id);
    assert_string_equal(text_in("certify_state"), "FAIL");
    refused(&((call_t) { .method = FINCLOUD "verification.initialize",
                         .business = VERIFICATION("a-2") }), "40002",
            "isv.invalid-parameter");
}


static void
test_encrypted_content(void **state)
{
    (void) state;

    done(&((call_t) { .method = OPEN "initialize", .business = FACE,
                      .encrypt = 1 }));
    assert_true(last.encrypted);
    assert_int_equal(strlen(text_in("certify_id")), 32);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_code_works_once, reset),
        cmocka_unit_test_setup(test_code_is_of_somebody, reset),
        cmocka_unit_test_setup(test_user_info, reset),
        cmocka_unit_test_setup(test_old_apps_see_user_ids, reset),
        cmocka_unit_test_setup(test_signature, reset),
        cmocka_unit_test_setup(test_broken_forms, reset),
        cmocka_unit_test_setup(test_other_app, reset),
        cmocka_unit_test_setup(test_unknown_method, reset),
        cmocka_unit_test_setup(test_face_passes, reset),
        cmocka_unit_test_setup(test_face_fails, reset),
        cmocka_unit_test_setup(test_face_with_another_name, reset),
        cmocka_unit_test_setup(test_face_is_decided_once, reset),
        cmocka_unit_test_setup(test_face_picture, reset),
        cmocka_unit_test_setup(test_face_parameters, reset),
        cmocka_unit_test_setup(test_face_is_unknown, reset),
        cmocka_unit_test_setup(test_face_link, reset),
        cmocka_unit_test_setup(test_fincloud_certify, reset),
        cmocka_unit_test_setup(test_fincloud_verification, reset),
        cmocka_unit_test_setup(test_encrypted_content, reset),
    };

    return cmocka_run_group_tests_name("sandbox: alipay", tests, setup,
                                       teardown);
}
