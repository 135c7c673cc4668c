/*
 * card_login.c - the authorization endpoint: the page on which a holder of a
 * card says who it is and gives the card's own password, and the way back.
 *
 * What a browser is sent away with is kept under an id that only its page
 * has; whoever is not the known client, at its known address, is sent
 * nowhere.
 */

#include <stdlib.h>

#include "sandbox.h"

#define LOGIN_LIFE  (10 * 60 * 1000LL)  /* ms */
#define CODE_LIFE   (60 * 1000LL)
#define CHALLENGE   43                  /* base64url of SHA-256 */

const civic_field_t  sandbox_card_authorize_query[] = {
    SANDBOX_TEXT("response_type", 64, "响应类型", "code"),
    SANDBOX_TEXT("client_id", 128, "客户端标识", "who asks"),
    SANDBOX_TEXT("redirect_uri", 256, "回调地址", "where the browser goes back to"),
    SANDBOX_TEXT("scope", 256, "范围", "what is asked for"),
    SANDBOX_TEXT("state", 512, "状态", "given back as it is"),
    SANDBOX_TEXT("nonce", 512, "随机数", "stands in the id_token"),
    SANDBOX_TEXT("code_challenge", 128, "校验码", "of PKCE"),
    SANDBOX_TEXT("code_challenge_method", 16, "校验方法", "S256"),
    SANDBOX_TEXT("prompt", 64, "提示", "ignored"),
    SANDBOX_TEXT("display", 64, "显示", "ignored"),
    SANDBOX_TEXT("max_age", 16, "最长时间", "ignored: everybody logs in anew"),
    SANDBOX_TEXT("ui_locales", 64, "语言", "ignored"),
    SANDBOX_TEXT("login_hint", 128, "用户提示", "ignored"),
    SANDBOX_TEXT("acr_values", 128, "认证级别", "ignored"),
    CIVIC_END
};


/* ---- the way back ------------------------------------------------------ */

/* 303, with name=value, state and iss. */
static civic_result_t
go_back(civic_request_t *r, const json_t *login, const char *name,
    const char *value)
{
    const char           *to = sandbox_text(login, "redirect_uri");
    const char           *state = sandbox_text(login, "state");
    const char           *issuer = sandbox_card_option(r, "card_issuer");
    alipay_text_t         query = { .data = NULL };
    civic_result_t        rc = CIVIC_ERROR;
    alipay_parameters_t   all = { .items = NULL };

    if (alipay_parameters_add(&all, name, value, strlen(value)) == 0
        && (*state == '\0'
            || alipay_parameters_add(&all, "state", state, strlen(state))
               == 0)
        && alipay_parameters_add(&all, "iss", issuer, strlen(issuer)) == 0
        && alipay_parameters_form(&all, &query) == 0)
    {
        rc = sandbox_page_away(r, 303,
                               civic_print(r, "%s%c%s", to,
                                           strchr(to, '?') == NULL ? '?'
                                                                   : '&',
                                           query.data));
    }

    alipay_parameters_free(&all);
    alipay_text_free(&query);

    return rc;
}


/* ---- the page ---------------------------------------------------------- */

static civic_result_t
show_form(civic_request_t *r, const char *id, const char *problem)
{
    size_t            i;
    json_t           *person;
    civic_str_t       options = CIVIC_STR("");
    sandbox_state_t  *state = civic_state(r);

    json_array_foreach(state->people, i, person) {
        options = civic_print(r, "%s<option value=\"%s\">%s</option>\n",
                      options.data,
                      sandbox_escape(r, sandbox_text(person, SANDBOX_USER)),
                      sandbox_escape(r, sandbox_text(person, "name")));
    }

    return sandbox_page(r, 200, "电子社保卡", "Electronic social-security card",
        civic_print(r,
            "%s<form method=\"post\" action=\"authorize\">\n"
            "<input type=\"hidden\" name=\"login\" value=\"%s\">\n"
            "<label>持卡人 · Holder<br><select name=\"user\">\n%s"
            "</select></label>\n"
            "<h2>电子社保卡密码认证<br><small lang=\"en\">The card's password"
            "</small></h2>\n"
            "<label>社保卡密码 · Card password<br>"
            "<input type=\"password\" name=\"card_password\" "
            "autocomplete=\"off\"></label>\n"
            "<p><button name=\"action\" value=\"allow\">"
            "确认登录 · Confirm the login</button>\n"
            "<button name=\"action\" value=\"refuse\">"
            "拒绝 · Refuse</button></p>\n</form>\n",
            problem, id, options.data));
}


/* RFC 6749, 4.1.2.1: what is wrong with a request of our client. */
static const char *
error_in(const json_t *query)
{
    const char  *scope = sandbox_text(query, "scope");

    if (strcmp(sandbox_text(query, "response_type"), "code") != 0) {
        return "unsupported_response_type";
    }

    if (strncmp(scope, "openid", 6) != 0
        && strstr(scope, " openid") == NULL)
    {
        return "invalid_scope";
    }

    return strcmp(sandbox_text(query, "code_challenge_method"), "S256") != 0
           || strlen(sandbox_text(query, "code_challenge")) != CHALLENGE
           ? "invalid_request" : NULL;
}


civic_result_t
sandbox_card_authorize(civic_request_t *r)
{
    json_t          *query = civic_query(r);
    const char      *to = sandbox_card_option(r, "card_redirect_uri");
    civic_str_t      id;
    const char      *error;
    civic_result_t   rc;

    if (*sandbox_card_option(r, "card_issuer") == '\0' || *to == '\0'
        || strcmp(sandbox_text(query, "client_id"),
                  sandbox_card_option(r, "card_client_id")) != 0
        || strcmp(sandbox_text(query, "redirect_uri"), to) != 0)
    {
        return sandbox_page_refuse(r, 400, "未知的应用或回调地址。",
                                   "An unknown client, or address of it.");
    }

    error = error_in(query);

    if (error != NULL) {
        return go_back(r, query, "error", error);
    }

    rc = sandbox_new_id(r, &id);

    if (rc == CIVIC_OK) {
        rc = sandbox_keep(r, sandbox_key(r, "card-login", id.data),
                          json_copy(query), LOGIN_LIFE);
    }

    return rc != CIVIC_OK ? rc : show_form(r, id.data, "");
}


/* ---- what the holder says ---------------------------------------------- */

static civic_result_t
give_code(civic_request_t *r, const json_t *login, const char *user)
{
    json_t          *grant = json_copy((json_t *) login);
    civic_str_t      code;
    civic_result_t   rc;

    json_object_set_new(grant, "user", json_string(user));
    rc = sandbox_new_id(r, &code);

    if (rc != CIVIC_OK) {
        json_decref(grant);
        return rc;
    }

    rc = sandbox_keep(r, sandbox_key(r, "card-code", code.data), grant,
                      CODE_LIFE);

    return rc != CIVIC_OK ? rc : go_back(r, login, "code", code.data);
}


static const char *
field(const alipay_parameters_t *form, const char *name)
{
    const char  *value = alipay_parameters_get(form, name);

    return value == NULL ? "" : value;
}


static int
is_holder(civic_request_t *r, const alipay_parameters_t *form)
{
    json_t  *person = sandbox_person(r, field(form, "user"));

    return person != NULL && strcmp(sandbox_text(person, "card_password"),
                                    field(form, "card_password")) == 0;
}


/* A wrong password leaves the login as it is; all else ends it. */
static civic_result_t
decide(civic_request_t *r, const alipay_parameters_t *form)
{
    int              allows = strcmp(field(form, "action"), "allow") == 0;
    json_t          *login;
    const char      *id = field(form, "login");
    civic_str_t      key = sandbox_key(r, "card-login", id);
    civic_result_t   rc;

    if (allows && !is_holder(r, form)) {
        rc = sandbox_find(r, key, &login);

    } else {
        rc = sandbox_take(r, key, &login);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (login == NULL) {
        return sandbox_page_refuse(r, 404, "登录已结束或已过期。",
                                   "This login is over.");
    }

    if (!allows) {
        rc = go_back(r, login, "error", "access_denied");

    } else if (!is_holder(r, form)) {
        rc = show_form(r, sandbox_escape(r, id),
                       "<p><b>密码错误 · The password is wrong</b></p>\n");

    } else {
        rc = give_code(r, login, field(form, "user"));
    }

    json_decref(login);

    return rc;
}


civic_result_t
sandbox_card_decide(civic_request_t *r)
{
    civic_str_t           body = civic_raw_body(r);
    civic_result_t        rc;
    alipay_failure_t      failure;
    alipay_parameters_t   form = { .items = NULL };

    /* one that cannot be read has no login */
    (void) alipay_form_parse(body.data, body.len, &form, &failure);
    rc = decide(r, &form);
    alipay_parameters_free(&form);

    return rc;
}
