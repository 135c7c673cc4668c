/*
 * alipay_login.c - POST /login/alipay: the mini-program's auth_code.
 *
 * The code works once, and the gateway sees to that: whoever brings it a
 * second time, wherever, gets no session.  So it is never sent twice, and an
 * answer that did not come means a new code.
 *
 * What the gateway says is untrusted even where it is signed: an identifier
 * must look like one, and name and number of a certified user, which few
 * apps are told, are no more than a claim until a face proves them.
 */

#include "alipay_call.h"
#include "login.h"
#include "values.h"

#define APP_ID         32                   /* characters at most */
#define SUBJECT        128
#define USER_ID        32
#define INFO_TIMEOUT   3000                 /* ms */

/* An open_id has no ':', so no account of one is an account of the other. */
#define BY_USER_ID     "user_id:"

#define DIGITS         "0123456789"
#define OPEN_ID        DIGITS "abcdefghijklmnopqrstuvwxyz"                    \
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ._=/+-"

typedef struct {
    civic_str_t       app_id;
    int               user_info;
    civic_str_t       subject;              /* open_id, or as above */
    const char       *access_token;
    civic_str_t       aid;
    login_account_t   account;
} arrival_t;

static const shared_guessing_t  guessing = {
    .family = LOGIN_FAMILY,
    .addresses = "civic:login:alipay:",
    .refused = LOGIN_REFUSED,
    .failed = LOGIN_CODES_REFUSED,
};


/* ---- the address ------------------------------------------------------- */

static civic_result_t
count_address(civic_request_t *r, int *answered)
{
    json_t            *decision;
    int64_t            window;
    civic_result_t     rc;
    shared_guesses_t   guesses;

    rc = login_address_window(r, &window);

    if (rc == CIVIC_OK) {
        rc = shared_guesses_address(r, &guessing, window, &guesses);
    }

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "address",
                        json_pack("{s:s, s:I, s:I}", "method", LOGIN_ALIPAY,
                                  "attempts",
                                  (json_int_t) guesses.address_attempts,
                                  "resets_in",
                                  (json_int_t) guesses.address_resets_in),
                        &decision);
    }

    if (rc != CIVIC_OK || json_is_true(json_object_get(decision, "allow"))) {
        return rc;
    }

    civic_count(r, LOGIN_REFUSED, 1);
    *answered = 1;

    return civic_refuse(r, decision);
}


/* ---- who it is --------------------------------------------------------- */

/* A text of these characters alone, at most max of them; else empty. */
static civic_str_t
checked(const char *text, const char *characters, size_t max)
{
    size_t       len = strspn(text, characters);
    civic_str_t  none = { "", 0 };

    return text[len] == '\0' && len <= max ? (civic_str_t) { text, len }
                                           : none;
}


static civic_result_t
find_app(civic_request_t *r, arrival_t *arrival, int *answered)
{
    json_t          *out;
    const char      *app_id;
    civic_result_t   rc;

    rc = civic_call(r, "alipay.app", json_object(), &out);

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "login_method_off");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    app_id = json_string_value(json_object_get(out, "app_id"));
    arrival->app_id = checked(app_id == NULL ? "" : app_id, DIGITS, APP_ID);
    arrival->user_info = json_is_true(json_object_get(out, "user_info"));

    return arrival->app_id.len > 0 ? CIVIC_OK : CIVIC_ERROR;
}


static civic_result_t
refuse_code(civic_request_t *r, const shared_alipay_answer_t *answer)
{
    if (strncmp(answer->sub_code, "isv.code-", 9) != 0) {
        return shared_alipay_unavailable(r);
    }

    civic_count(r, LOGIN_CODES_REFUSED, 1);

    return civic_problem(r, "auth_code_invalid");
}


static void
read_subject(civic_request_t *r, const shared_alipay_answer_t *answer,
    arrival_t *arrival)
{
    civic_str_t  user_id;

    arrival->subject = checked(shared_alipay_text(answer, "open_id"), OPEN_ID,
                               SUBJECT);
    user_id = checked(shared_alipay_text(answer, "user_id"), DIGITS, USER_ID);

    if (arrival->subject.len == 0 && user_id.len > 0) {
        arrival->subject = civic_print(r, BY_USER_ID "%s", user_id.data);
    }

    arrival->access_token = shared_alipay_text(answer, "access_token");
}


static civic_result_t
redeem(civic_request_t *r, arrival_t *arrival, int *answered)
{
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    rc = shared_alipay_redeem(r, civic_body_str(r, "auth_code"), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (answer.outcome == SHARED_ALIPAY_DONE) {
        read_subject(r, &answer, arrival);

        if (arrival->subject.len > 0) {
            return CIVIC_OK;
        }

        civic_log(r, CIVIC_LOG_ERROR, "alipay told no identifier of the user "
                  "that can be used");
    }

    *answered = 1;

    return answer.outcome == SHARED_ALIPAY_REFUSED
           ? refuse_code(r, &answer) : shared_alipay_unavailable(r);
}


/* ---- the account ------------------------------------------------------- */

static civic_result_t
open_account(civic_request_t *r, arrival_t *arrival)
{
    civic_str_t           key, plain, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = login_account_id(r, arrival->app_id, arrival->subject,
                          &arrival->aid);

    if (rc == CIVIC_OK) {
        rc = login_account_read(r, arrival->aid, &arrival->account);
    }

    if (rc != CIVIC_OK || arrival->account.subject.len > 0) {
        return rc;
    }

    plain = civic_print(r, "%s\t%s", arrival->app_id.data,
                        arrival->subject.data);

    rc = civic_seal(r, LOGIN_ACCOUNT_FAMILY, arrival->aid, plain, &args[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, arrival->aid, LOGIN_ACCOUNT_FAMILY);
    args[0] = CIVIC_STR(LOGIN_ALIPAY);
    args[2] = shared_decimal(r, civic_now(r));

    return civic_script(r, &(civic_script_t) {
                            .name = "login_account_open",
                            .keys = &key, .nkeys = 1,
                            .args = args, .nargs = 3,
                            .flags = CIVIC_SCRIPT_DURABLE,
                        }, &value);
}


/* ---- what few apps are told -------------------------------------------- */

/* 1 if both can be used. */
static int
read_certified(civic_request_t *r, const shared_alipay_answer_t *answer,
    civic_person_identity_t *identity)
{
    const char   *error, *name = shared_alipay_text(answer, "user_name");
    civic_str_t   number = civic_cstr(shared_alipay_text(answer, "cert_no"));

    if (answer->outcome != SHARED_ALIPAY_DONE
        || strcmp(shared_alipay_text(answer, "is_certified"), "T") != 0
        || civic_name_check(name, strlen(name)) != CIVIC_NAME_OK
        || login_number_judge(r, number, CIVIC_STR(""), &identity->id,
                              &error) != CIVIC_OK
        || error != NULL)
    {
        return 0;
    }

    identity->name_len = strlen(name);
    memcpy(identity->name, name, identity->name_len + 1);

    return 1;
}


/* Spares the citizen typing; nothing depends on it. */
static civic_result_t
ask_who(civic_request_t *r, arrival_t *arrival)
{
    int                       done;
    civic_result_t            rc;
    civic_person_identity_t   identity;
    shared_alipay_answer_t    answer;

    if (!arrival->user_info || arrival->account.person.len > 0
        || arrival->account.claim.len > 0)
    {
        return CIVIC_OK;
    }

    rc = shared_alipay_call(r, json_pack("{s:s, s:s, s:b, s:b, s:i}", "method",
                                         "alipay.user.info.share",
                                         "auth_token", arrival->access_token,
                                         "safe", 1, "optional", 1,
                                         "timeout", INFO_TIMEOUT),
                            &answer);

    if (rc == CIVIC_OK && read_certified(r, &answer, &identity)) {
        rc = login_claim_write(r, arrival->aid, &arrival->account, &identity,
                               civic_print(r, "1 %lld",
                                           (long long) civic_now(r) / 1000),
                               &done);
    }

    return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
}


/* ---- the whole --------------------------------------------------------- */

static civic_result_t
enter(civic_request_t *r, const arrival_t *arrival)
{
    int             answered = 0;
    login_entry_t   entry;
    civic_result_t  rc;

    rc = login_entry_account(r, arrival->aid, LOGIN_ALIPAY, &entry,
                             &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = login_entry_begin(r, &entry);

    return rc != CIVIC_OK ? rc : login_entry_reply(r, &entry);
}


civic_result_t
login_alipay(civic_request_t *r)
{
    int             answered = 0;
    arrival_t       arrival;
    civic_result_t  rc;

    memset(&arrival, 0, sizeof(arrival));

    rc = login_channel_check(r, LOGIN_ALIPAY, &answered);

    /* before anything is written: without an app nothing can be unknown */
    if (rc == CIVIC_OK && !answered) {
        rc = find_app(r, &arrival, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = count_address(r, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = redeem(r, &arrival, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = open_account(r, &arrival);

    if (rc == CIVIC_OK) {
        rc = ask_who(r, &arrival);
    }

    return rc != CIVIC_OK ? rc : enter(r, &arrival);
}


/* ---- for the tables ---------------------------------------------------- */

const civic_field_t  login_alipay_body[] = {
    { .name = "auth_code", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1, .max = 256,
      .zh = "小程序 my.getAuthCode 取得的授权码，只能使用一次",
      .en = "what my.getAuthCode gave the mini-program: works once" },
    CIVIC_END
};

const char *const  login_alipay_problems[] = {
    "auth_code_invalid", "login_method_off", "provider_unavailable",
    "account_locked", "too_many_from_address", "conflict",
    LOGIN_CHANNEL_PROBLEMS, "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const civic_field_t  login_address_input[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how somebody wants to come in" },
    { .name = "attempts", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "本时段内该网络地址的尝试次数（含本次）",
      .en = "attempts from this address in this window, with this one" },
    { .name = "resets_in", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "本时段剩余秒数", .en = "seconds until the window ends" },
    CIVIC_END
};
