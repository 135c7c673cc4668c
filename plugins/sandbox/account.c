/*
 * account.c - who somebody is, as Alipay tells an app: a code from the phone
 * becomes a token once, the token tells what the citizen allowed.
 */

#include <stdlib.h>

#include "sandbox.h"

#define CODE_LIFE     (10 * 60 * 1000LL)    /* ms: 3 min to 24 h in reality */
#define TOKEN_LIFE    SANDBOX_DAY
#define REFRESH_LIFE  (2 * SANDBOX_DAY)

static const char *const  scopes[] = { "auth_base", "auth_user", NULL };

const civic_field_t  sandbox_auth_code_body[] = {
    { .name = "user", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 64, .zh = "沙箱用户", .en = "who opens the mini-program" },
    { .name = "scope", .type = CIVIC_TYPE_STRING, .choices = scopes,
      .fallback = "\"auth_base\"",
      .zh = "授权范围", .en = "what was asked for" },
    CIVIC_END
};

const civic_field_t  sandbox_auth_code_reply[] = {
    { .name = "auth_code", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .max = 64,
      .zh = "授权码，只能使用一次", .en = "the code: works once" },
    { .name = "expires_in", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .zh = "有效秒数", .en = "for how many s" },
    CIVIC_END
};


/* ---- the phone --------------------------------------------------------- */

static const civic_field_t  person_fields[] = {
    { .name = "user", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 64, .zh = "沙箱用户", .en = "how the sandbox calls them" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名", .en = "their name" },
    CIVIC_END
};

static const civic_field_t  each_person[] = {
    { .name = "person", .type = CIVIC_TYPE_OBJECT, .fields = person_fields,
      .zh = "用户", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sandbox_people_reply[] = {
    { .name = "people", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_person,
      .zh = "沙箱的用户", .en = "who there is" },
    CIVIC_END
};


civic_result_t
sandbox_people(civic_request_t *r)
{
    size_t            i;
    json_t           *each;
    civic_writer_t   *w = civic_reply(r, 200);
    sandbox_state_t  *state = civic_state(r);

    civic_write_array(r, w, "people");

    json_array_foreach(state->people, i, each) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "user",
                        civic_cstr(sandbox_text(each, SANDBOX_USER)));
        civic_write_str(r, w, "name", civic_cstr(sandbox_text(each, "name")));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
sandbox_auth_code(civic_request_t *r)
{
    json_t          *grant;
    const char      *scope = sandbox_text(civic_body(r), "scope");
    const char      *user = sandbox_text(civic_body(r), "user");
    civic_str_t      code;
    civic_result_t   rc;
    civic_writer_t  *w;

    if (sandbox_person(r, user) == NULL) {
        return civic_problem(r, "sandbox_nobody");
    }

    rc = sandbox_new_id(r, &code);

    if (rc == CIVIC_OK) {
        grant = json_pack("{s:s, s:s}", "user", user, "scope",
                          *scope == '\0' ? scopes[0] : scope);
        rc = sandbox_keep(r, sandbox_key(r, "code", code.data), grant,
                          CODE_LIFE);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 201);
    civic_write_str(r, w, "auth_code", code);
    civic_write_int(r, w, "expires_in", CODE_LIFE / 1000);

    return CIVIC_OK;
}


/* ---- alipay.system.oauth.token ----------------------------------------- */

/* The members by which an app knows somebody: new apps see open_id only. */
static void
add_identity(civic_request_t *r, json_t *node, const json_t *person)
{
    json_object_set_new(node, "open_id",
                        json_string(sandbox_text(person, "open_id")));

    if (json_is_true(civic_option(r, "user_ids"))) {
        json_object_set_new(node, "user_id",
                            json_string(sandbox_text(person, "user_id")));
    }
}


static civic_result_t
give_tokens(sandbox_call_t *call, const json_t *grant, const json_t *person)
{
    json_t           *node;
    civic_str_t       access, refresh;
    civic_result_t    rc;
    civic_request_t  *r = call->r;

    rc = sandbox_new_id(r, &access);

    if (rc == CIVIC_OK) {
        rc = sandbox_new_id(r, &refresh);
    }

    if (rc == CIVIC_OK) {
        rc = sandbox_keep(r, sandbox_key(r, "token", access.data),
                          json_copy((json_t *) grant), TOKEN_LIFE);
    }

    if (rc == CIVIC_OK) {
        rc = sandbox_keep(r, sandbox_key(r, "refresh", refresh.data),
                          json_copy((json_t *) grant), REFRESH_LIFE);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    node = json_pack("{s:s, s:I, s:s, s:I, s:s}",
                     "access_token", access.data,
                     "expires_in", (json_int_t) (TOKEN_LIFE / 1000),
                     "refresh_token", refresh.data,
                     "re_expires_in", (json_int_t) (REFRESH_LIFE / 1000),
                     "auth_token_type", "permanent");
    add_identity(r, node, person);

    return sandbox_done_bare(call, node);
}


static civic_result_t
redeem(sandbox_call_t *call, const char *family, const char *value,
    const char *sub_code, const char *sub_msg)
{
    json_t           *grant, *person;
    civic_result_t    rc;
    civic_request_t  *r = call->r;

    rc = sandbox_take(r, sandbox_key(r, family, value), &grant);

    if (rc == CIVIC_OK) {
        person = sandbox_person(r, sandbox_text(grant, "user"));
        rc = person != NULL
             ? give_tokens(call, grant, person)
             : sandbox_refuse(call, "40002", sub_code, sub_msg);
    }

    json_decref(grant);

    return rc;
}


civic_result_t
sandbox_oauth_token(sandbox_call_t *call)
{
    const char  *type = sandbox_parameter(call, "grant_type");
    const char  *code = sandbox_parameter(call, "code");
    const char  *refresh = sandbox_parameter(call, "refresh_token");

    if (type == NULL) {
        return sandbox_refuse(call, "40001", "isv.missing-grant-type",
                              "缺少授权类型参数");
    }

    if (strcmp(type, "authorization_code") == 0 && code != NULL) {
        return redeem(call, "code", code, "isv.code-invalid",
                      "授权码code无效");
    }

    if (strcmp(type, "refresh_token") == 0 && refresh != NULL) {
        return redeem(call, "refresh", refresh, "isv.refresh-token-invalid",
                      "刷新令牌refresh_token无效");
    }

    return sandbox_refuse(call, "40002", "isv.grant-type-invalid",
                          "无效的授权类型参数");
}


/* ---- alipay.user.info.share -------------------------------------------- */

/* The 17th digit of an identity number is odd for men. */
static const char *
gender_of(const json_t *person)
{
    const char  *number = sandbox_text(person, "id_number");

    return strlen(number) == 18 && number[16] % 2 == 1 ? "M" : "F";
}


static civic_result_t
tell(sandbox_call_t *call, const json_t *person)
{
    json_t  *node;

    node = json_pack("{s:s, s:s, s:s, s:s, s:s}",
                     "nick_name", sandbox_text(person, "user"),
                     "gender", gender_of(person), "is_certified", "T",
                     "user_status", "T", "user_type", "2");
    add_identity(call->r, node, person);

    if (json_is_true(civic_option(call->r, "user_identity"))) {
        json_object_set(node, "user_name", json_object_get(person, "name"));
        json_object_set_new(node, "cert_type", json_string("IDENTITY_CARD"));
        json_object_set(node, "cert_no", json_object_get(person,
                                                         "id_number"));
    }

    return sandbox_done(call, node);
}


civic_result_t
sandbox_user_info(sandbox_call_t *call)
{
    json_t          *grant, *person;
    const char      *token = sandbox_parameter(call, "auth_token");
    civic_result_t   rc;

    if (token == NULL) {
        return sandbox_refuse(call, "40001", "isv.missing-auth-token",
                              "缺少用户授权令牌参数");
    }

    rc = sandbox_find(call->r, sandbox_key(call->r, "token", token), &grant);
    person = rc == CIVIC_OK ? sandbox_person(call->r,
                                             sandbox_text(grant, "user"))
                            : NULL;

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (person == NULL) {
        rc = sandbox_refuse(call, "20001", "aop.invalid-auth-token",
                            "无效的访问令牌");

    } else if (strcmp(sandbox_text(grant, "scope"), "auth_user") != 0) {
        rc = sandbox_refuse(call, "40006", "isv.insufficient-user-permissions",
                            "用户没有授权此信息");

    } else {
        rc = tell(call, person);
    }

    json_decref(grant);

    return rc;
}
