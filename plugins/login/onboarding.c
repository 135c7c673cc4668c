/*
 * onboarding.c - GET /login/onboarding: which steps there are for who has
 * logged in, which are behind them, and which comes next.
 *
 * The facts come from the session, the records of account and person, the
 * consent to the use of the identity, and what the plugins of faces and
 * photographs say.  The steps, their order and their words are the rule
 * "onboarding"; nothing is granted here, each route judges by itself.
 */

#include "caller.h"
#include "login.h"
#include "values.h"
#include "words.h"

#define IDENTITY_CONSENT  "identity"
#define AUTOMATIC         "automatic"

/* What a plugin that is not loaded would have told. */
typedef enum { UNTOLD = 0, YES, NO } told_t;

typedef struct {
    const civic_principal_t  *who;
    const char               *language;
    civic_str_t               pid;          /* the person's, if there is one */
    login_account_t           account;
    login_person_t            person;
    int                       visitor;      /* and nothing links them yet */
    int                       exchange;     /* a visitor's session whose
                                               account is linked by now */
    told_t                    authorised;
    int                       proven;
    int64_t                   proven_at;    /* ms; 0: never */
    civic_str_t               proven_by;
    const char               *photo;        /* NULL: untold */
} facts_t;


/* ---- the records ------------------------------------------------------- */

/* The account leads to a person who knows it: what is left to do is the
   person's. */
static civic_result_t
follow_link(civic_request_t *r, facts_t *facts)
{
    int             linked;
    login_person_t  person;
    civic_result_t  rc;

    rc = login_account_linked(r, facts->who->pid, &facts->account, &person,
                              &linked);

    if (rc == CIVIC_OK && linked) {
        facts->pid = facts->account.person;
        facts->person = person;
        facts->visitor = 0;
        facts->exchange = 1;
    }

    return rc;
}


/* One trip, with the session's own record. */
static civic_result_t
read_records(civic_request_t *r, facts_t *facts)
{
    civic_result_t   rc;
    civic_command_t  commands[2];

    facts->pid = civic_pid(r);
    login_person_command(r, facts->pid, CIVIC_STR(""), &commands[0]);
    login_account_command(r, facts->pid, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(commands[0].value, &facts->person);
    login_account_take(commands[1].value, &facts->account);

    facts->who = civic_principal(r);
    facts->visitor = (facts->who->roles & CIVIC_VISITOR) != 0;

    return facts->visitor ? follow_link(r, facts) : CIVIC_OK;
}


/* ---- the consent ------------------------------------------------------- */

/* By the rule: who logs in in these ways has authorised by it. */
static civic_result_t
authorise_by_itself(civic_request_t *r, facts_t *facts, int *by_itself)
{
    json_t          *answer;
    civic_str_t      method = facts->who->method;
    civic_result_t   rc;

    rc = civic_rule(r, "authorise",
                    json_pack("{s:s%,s:b}", "method", method.data, method.len,
                              "visitor", facts->visitor), &answer);

    *by_itself = rc == CIVIC_OK
                 && json_is_true(json_object_get(answer, "by_itself"));

    return rc;
}


/* "existing" or "given": it is there now. */
static int
has_consent(json_t *out)
{
    const char  *state = json_string_value(json_object_get(out, "state"));

    return state != NULL && (strcmp(state, "given") == 0
                             || strcmp(state, "existing") == 0);
}


/* A failure is no reason to answer nothing: the step then stays open, and
   the next look tries again. */
static civic_result_t
authorise(civic_request_t *r, facts_t *facts)
{
    int              by_itself;
    json_t          *out;
    civic_str_t      channel = login_channel(r);
    civic_result_t   rc;

    rc = authorise_by_itself(r, facts, &by_itself);
    if (rc != CIVIC_OK || !by_itself) {
        return rc;
    }

    rc = civic_call(r, "civic.consent_give",
                    json_pack("{s:s%,s:s,s:s,s:s,s:s%}",
                              "pid", facts->pid.data, facts->pid.len,
                              "purpose", IDENTITY_CONSENT,
                              "method", AUTOMATIC,
                              "language", facts->language,
                              "channel", channel.data, channel.len), &out);

    if (rc == CIVIC_OK && has_consent(out)) {
        facts->authorised = YES;
    }

    return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
}


static civic_result_t
find_consent(civic_request_t *r, facts_t *facts)
{
    civic_result_t   rc;
    civic_consent_t  consent;

    rc = civic_consent(r, facts->pid, IDENTITY_CONSENT, &consent);

    if (rc == CIVIC_NOT_FOUND) {
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    facts->authorised = consent.id.len > 0 ? YES : NO;

    return facts->authorised == YES ? CIVIC_OK : authorise(r, facts);
}


/* ---- face and photograph ----------------------------------------------- */

/* "<ms> <how>" */
static void
take_proven(facts_t *facts)
{
    civic_str_t  text = facts->person.proven;
    civic_str_t  how = shared_word(text, 1);

    if (how.len > 0) {
        facts->proven_by = how;
        facts->proven_at = shared_number(shared_word(text, 0), 0);
    }
}


static civic_result_t
find_proof(civic_request_t *r, facts_t *facts)
{
    json_t          *out;
    civic_result_t   rc;

    take_proven(facts);

    if (facts->visitor || facts->proven_at == 0) {
        return CIVIC_OK;
    }

    rc = civic_call(r, "face_auth.state",
                    json_pack("{s:I,s:s%}", "proven_at",
                              (json_int_t) facts->proven_at, "proven_by",
                              facts->proven_by.data, facts->proven_by.len),
                    &out);

    facts->proven = rc == CIVIC_NOT_FOUND
                    || (rc == CIVIC_OK
                        && json_is_true(json_object_get(out, "valid")));

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
find_photo(civic_request_t *r, facts_t *facts)
{
    json_t          *out;
    civic_result_t   rc;

    rc = civic_call(r, "photo_check.state",
                    json_pack("{s:s%}", "pid", facts->pid.data,
                              facts->pid.len), &out);

    if (rc == CIVIC_OK) {
        facts->photo = json_string_value(json_object_get(out, "progress"));

        if (facts->photo == NULL) {
            civic_log(r, CIVIC_LOG_ERROR,
                      "photo_check.state tells no progress");
            return CIVIC_ERROR;
        }
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


/* ---- the rule ---------------------------------------------------------- */

/* Who has a password: a visitor's stands with the account. */
static int
has_password(const facts_t *facts)
{
    return facts->person.password.len > 0
           || (facts->visitor && facts->account.password.len > 0);
}


static int
set_told(json_t *in, const char *name, told_t told)
{
    return told == UNTOLD ? 0
           : json_object_set_new(in, name, json_boolean(told == YES));
}


static json_t *
rule_input(civic_request_t *r, const facts_t *facts)
{
    json_t       *in;
    civic_str_t   method = facts->who->method;
    const char   *channel;

    channel = json_string_value(json_object_get(civic_query(r), "channel"));

    in = json_pack("{s:s%,s:s,s:b,s:b,s:b,s:b,s:b}",
                   "method", method.data, method.len,
                   "language", facts->language,
                   "visitor", facts->visitor,
                   "exchange", facts->exchange,
                   "known", !facts->visitor || facts->account.claim.len > 0,
                   "proven", facts->proven,
                   "has_password", has_password(facts));

    if (in == NULL
        || set_told(in, "authorised", facts->authorised) != 0
        || (channel != NULL
            && json_object_set_new(in, "channel", json_string(channel)) != 0)
        || (facts->photo != NULL
            && json_object_set_new(in, "photo", json_string(facts->photo))
               != 0))
    {
        json_decref(in);
        return NULL;
    }

    return in;
}


/* ---- the answer -------------------------------------------------------- */

/* When a step was done, as far as that is known: ms, or 0. */
static int64_t
done_at(const facts_t *facts, const char *step)
{
    const login_person_t   *person = &facts->person;
    const login_account_t  *account = &facts->account;

    if (strcmp(step, "enter") == 0 || strcmp(step, "login") == 0) {
        return facts->who->created_at;
    }

    if (strcmp(step, "identity") == 0) {
        return shared_number(facts->visitor ? account->claim_at
                                            : person->created_at, 0);
    }

    if (strcmp(step, "password") == 0) {
        return shared_number(person->password_set_at.len > 0
                             ? person->password_set_at
                             : account->password_set_at, 0);
    }

    return strcmp(step, "face") == 0 ? facts->proven_at : 0;
}


static void
write_text(civic_request_t *r, civic_writer_t *w, json_t *object,
    const char *name)
{
    json_t  *value = json_object_get(object, name);

    if (json_is_string(value)) {
        civic_write_str(r, w, name, (civic_str_t) {
            json_string_value(value), json_string_length(value) });
    }
}


static void
write_step(civic_request_t *r, civic_writer_t *w, const facts_t *facts,
    json_t *step)
{
    int64_t      at = 0;
    const char  *name, *state;

    name = json_string_value(json_object_get(step, "name"));
    state = json_string_value(json_object_get(step, "state"));

    if (name != NULL && state != NULL
        && (strcmp(state, "done") == 0 || strcmp(state, "skipped") == 0))
    {
        at = done_at(facts, name);
    }

    civic_write_object(r, w, NULL);
    write_text(r, w, step, "name");
    write_text(r, w, step, "state");
    write_text(r, w, step, "title");
    write_text(r, w, step, "text");

    if (at > 0) {
        civic_write_instant(r, w, "at", at);
    }

    civic_write_end(r, w);
}


static civic_result_t
reply(civic_request_t *r, const facts_t *facts, json_t *answer)
{
    size_t           i;
    json_t          *step, *service;
    civic_str_t      method = facts->who->method;
    civic_writer_t  *w = civic_reply(r, 200);

    write_text(r, w, answer, "channel");
    civic_write_str(r, w, "method", method);
    civic_write_bool(r, w, "complete",
                     json_is_true(json_object_get(answer, "complete")));
    write_text(r, w, answer, "next");
    civic_write_bool(r, w, "exchange", facts->exchange);
    civic_write_array(r, w, "steps");

    json_array_foreach(json_object_get(answer, "steps"), i, step) {
        write_step(r, w, facts, step);
    }

    civic_write_end(r, w);
    service = json_object_get(answer, "service");
    civic_write_object(r, w, "service");
    write_text(r, w, service, "name");
    write_text(r, w, service, "mini_program");
    write_text(r, w, service, "telephone");
    write_text(r, w, service, "hours");
    civic_write_end(r, w);

    return CIVIC_OK;
}


static civic_result_t
find_facts(civic_request_t *r, facts_t *facts)
{
    civic_result_t  rc;

    memset(facts, 0, sizeof(facts_t));
    facts->language = shared_language(r);

    rc = read_records(r, facts);

    if (rc == CIVIC_OK) {
        rc = find_consent(r, facts);
    }

    if (rc == CIVIC_OK) {
        rc = find_proof(r, facts);
    }

    return rc != CIVIC_OK ? rc : find_photo(r, facts);
}


civic_result_t
login_onboarding(civic_request_t *r)
{
    json_t          *in, *answer;
    facts_t          facts;
    civic_result_t   rc;

    rc = find_facts(r, &facts);
    if (rc != CIVIC_OK) {
        return rc;
    }

    in = rule_input(r, &facts);
    if (in == NULL) {
        return CIVIC_ERROR;
    }

    rc = civic_rule(r, "onboarding", in, &answer);

    return rc != CIVIC_OK ? rc : reply(r, &facts, answer);
}


/* ---- for the tables ---------------------------------------------------- */

static const char *const  channels[] = { "phone", "pc", NULL };
static const char *const  states[] = {
    "done", "next", "later", "skipped", NULL
};
static const char *const  photos[] = { "none", "waiting", "passed", NULL };
static const char *const  languages[] = { "zh", "en", NULL };

const civic_field_t  login_onboarding_query[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .choices = channels,
      .zh = "手机（phone）或电脑（pc）；省略时按登录方式",
      .en = "on the phone or on the PC; absent: by how the session began" },
    CIVIC_END
};

static const civic_field_t  step_fields[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "步骤：enter、login、authorise、identity、face、password、photo、"
            "verified、exam；规则可以增减",
      .en = "enter, login, authorise, identity, face, password, photo, "
            "verified, exam; the rules may have others" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "已完成、现在办理、以后办理、无需办理",
      .en = "behind one, to be done now, later, or not at all" },
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "标题", .en = "its title" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .max = 1000,
      .zh = "说明", .en = "what to do and to mind" },
    { .name = "at", .type = CIVIC_TYPE_INSTANT,
      .zh = "完成时间", .en = "when it was done, where that is known" },
    CIVIC_END
};

static const civic_field_t  step_item[] = {
    { .name = "step", .type = CIVIC_TYPE_OBJECT, .fields = step_fields,
      .zh = "步骤", .en = "a step" },
    CIVIC_END
};

static const civic_field_t  service_fields[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "系统名称", .en = "the service's name" },
    { .name = "mini_program", .type = CIVIC_TYPE_STRING,
      .zh = "支付宝小程序名称", .en = "its mini-program in Alipay" },
    { .name = "telephone", .type = CIVIC_TYPE_STRING,
      .zh = "技术支持电话", .en = "the support telephone" },
    { .name = "hours", .type = CIVIC_TYPE_STRING,
      .zh = "接听时间", .en = "when it is answered" },
    CIVIC_END
};

const civic_field_t  login_onboarding_reply[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = channels,
      .zh = "手机或电脑", .en = "on the phone or on the PC" },
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session began" },
    { .name = "complete", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已全部完成，可以报名",
      .en = "whether all is done, and one may apply" },
    { .name = "next", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "下一步", .en = "the step to be done now" },
    { .name = "exchange", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否须先以 POST /login/session 换取本人的会话",
      .en = "whether POST /login/session is due: the visitor is known by "
            "now, and gets the person's session" },
    { .name = "steps", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 32, .fields = step_item,
      .zh = "各步骤，按顺序", .en = "the steps, in their order" },
    { .name = "service", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = service_fields,
      .zh = "服务信息", .en = "the service" },
    CIVIC_END
};

const char *const  login_onboarding_problems[] = {
    "invalid_fields", "store_unavailable", NULL
};

const civic_field_t  login_authorise_input[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session began" },
    { .name = "visitor", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否尚未认证身份",
      .en = "whether who it is, is not proven yet" },
    CIVIC_END
};

const civic_field_t  login_onboarding_input[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .choices = channels,
      .zh = "手机或电脑；未说明时没有",
      .en = "on the phone or on the PC; absent if the client did not say" },
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session began" },
    { .name = "language", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = languages,
      .zh = "语言", .en = "of the reader" },
    { .name = "visitor", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否尚未认证身份",
      .en = "whether who it is, is not proven yet" },
    { .name = "exchange", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "访客的账户已属于本人，会话尚未更换",
      .en = "a visitor's session, whose account is the person's by now" },
    { .name = "known", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "姓名和身份证号是否已登记或填写",
      .en = "whether name and number are there, at least as a claim" },
    { .name = "proven", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "人脸（或窗口）认证是否有效",
      .en = "whether a face (or the counter) proves it, and still counts" },
    { .name = "has_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已设置密码", .en = "whether a password was set" },
    { .name = "authorised", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "是否已作身份信息授权；没有同意书的系统没有这一项",
      .en = "whether there is the consent to the use of the identity; absent "
            "where there are no consents" },
    { .name = "photo", .type = CIVIC_TYPE_STRING, .choices = photos,
      .zh = "照片：未上传、待审核、已通过；不要照片的系统没有这一项",
      .en = "the photograph; absent where none is asked for" },
    CIVIC_END
};
