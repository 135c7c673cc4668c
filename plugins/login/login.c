/*
 * login.c - the tables of the login plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "alipay_call.h"
#include "captcha_image.h"
#include "id_form.h"
#include "login.h"

#define TEXT_OF_MEDIA  (256 * 1024)         /* code points of a data URI */


/* ---- options ----------------------------------------------------------- */

static const char *const  card_auths[] = {
    "client_secret_basic", "client_secret_post", NULL
};

static const civic_option_t  options[] = {
    { .name = "captcha_font", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf\"",
      .zh = "验证码图片所用字体文件",
      .en = "the font file that captcha pictures are drawn with" },
    { .name = "captcha_sounds", .type = CIVIC_TYPE_STRING, .max = 400,
      .fallback = "\"/usr/share/civic/captcha\"",
      .zh = "语音验证码的数字录音目录（zh/0.wav … en/9.wav）",
      .en = "the folder of spoken digits (zh/0.wav ... en/9.wav)" },
    SHARED_PASSWORD_OPTIONS,
    { .name = "card_issuer", .type = CIVIC_TYPE_STRING, .max = 512,
      .fallback = "\"\"",
      .zh = "电子社保卡签发方（OpenID Connect issuer）；空则不提供此登录方式",
      .en = "the issuer of the electronic social-security card; empty: there "
            "is no such login" },
    { .name = "card_upstream", .type = CIVIC_TYPE_STRING, .max = 64,
      .pattern = "[a-z0-9_-]+", .fallback = "\"card\"",
      .zh = "签发方所在的上游名称",
      .en = "the named upstream that leads to it" },
    { .name = "card_client_id", .type = CIVIC_TYPE_STRING, .max = 128,
      .fallback = "\"\"", .zh = "客户端标识", .en = "our name there" },
    { .name = "card_client_secret", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "客户端密钥文件",
      .en = "the file of our secret there" },
    { .name = "card_client_auth", .type = CIVIC_TYPE_STRING,
      .choices = card_auths, .fallback = "\"client_secret_basic\"",
      .zh = "客户端认证方式",
      .en = "how the secret is shown to the token endpoint" },
    { .name = "card_redirect_uri", .type = CIVIC_TYPE_STRING, .max = 512,
      .fallback = "\"\"",
      .zh = "签发方把浏览器送回的页面，该页面再提交 /login/card/finish",
      .en = "the page that the issuer sends the browser back to, which then "
            "posts to /login/card/finish" },
    { .name = "card_scope", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"openid\"", .zh = "申请的范围", .en = "what is asked for" },
    { .name = "card_claim_number", .type = CIVIC_TYPE_STRING, .max = 128,
      .fallback = "\"id_number\"", .zh = "身份证号所在的声明",
      .en = "the claim with the identity number, or a JSON pointer to it" },
    { .name = "card_claim_name", .type = CIVIC_TYPE_STRING, .max = 128,
      .fallback = "\"name\"", .zh = "姓名所在的声明",
      .en = "the claim with the name, or a JSON pointer to it" },
    { .name = "card_claim_level", .type = CIVIC_TYPE_STRING, .max = 128,
      .fallback = "\"level\"", .zh = "认证级别所在的声明",
      .en = "the claim with the level of assurance" },
    { .name = "card_leeway", .type = CIVIC_TYPE_INTEGER, .min = 0,
      .max = CIVIC_OIDC_LEEWAY, .fallback = "60",
      .zh = "允许的时钟误差（秒）",
      .en = "how far the clocks may be apart, s" },
    LOGIN_TICKET_OPTIONS
};


/* ---- POST /login/captchas ---------------------------------------------- */

static const civic_field_t  captcha_body[] = {
    { .name = "audio", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "同时返回语音验证码",
      .en = "whether the same captcha is wanted as audio too" },
    CIVIC_END
};

static const civic_field_t  captcha_reply[] = {
    { .name = "captcha_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "验证码编号，登录时一并提交",
      .en = "goes back with the answer" },
    { .name = "image", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = TEXT_OF_MEDIA,
      .zh = "图片（data:image/png;base64）",
      .en = "the picture, as a data URI" },
    { .name = "audio", .type = CIVIC_TYPE_STRING, .max = TEXT_OF_MEDIA,
      .zh = "语音（data:audio/wav;base64）",
      .en = "the same digits spoken, as a data URI" },
    { .name = "length", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1, .max = LOGIN_CAPTCHA_MAX,
      .zh = "数字个数",
      .en = "the number of digits" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "失效时间",
      .en = "until when it can be answered" },
    { .name = "sandbox_answer", .type = CIVIC_TYPE_STRING,
      .zh = "答案，仅在沙箱环境返回",
      .en = "the answer; in a sandbox only" },
    CIVIC_END
};


/* ---- POST /login/password ---------------------------------------------- */

static const civic_field_t  password_body[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 64,
      .example = SHARED_NUMBER_EXAMPLE,
      .zh = "身份证号",
      .en = "the identity number" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds,
      .fallback = "\"resident\"",
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",
      .en = "foreign_pr_old for the old foreign permanent resident's card; "
            "all others are told by their number" },
    { .name = "password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1,
      .max = SHARED_PASSWORD_MAX,
      .zh = "密码",
      .en = "the password" },
    { .name = "captcha_id", .type = CIVIC_TYPE_STRING, .max = 256,
      .zh = "验证码编号",
      .en = "the captcha's id" },
    { .name = "captcha_answer", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_SECRET, .max = 64,
      .zh = "验证码",
      .en = "the digits of the captcha" },
    CIVIC_END
};

static const civic_field_t  masked_person[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名（脱敏）", .en = "the name, masked" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "身份证号（脱敏）", .en = "the identity number, masked" },
    CIVIC_END
};

static const char *const  entry_states[] = { "visitor", "citizen", NULL };

/* Of each route that begins a session. */
static const civic_field_t  entry_reply[] = {
    { .name = "token", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .zh = "会话令牌；用 Cookie 登录时不返回",
      .en = "the session's token; absent when a cookie carries it" },
    { .name = "device", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .zh = "设备凭证，下次登录放在请求头 Civic-Device；用 Cookie 时不返回",
      .en = "to be sent as the header Civic-Device at the next login; absent "
            "when a cookie carries it" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "会话最晚失效时间",
      .en = "when the session ends at the latest" },
    { .name = "must_set_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否必须先设置密码",
      .en = "whether a password must be set first" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = entry_states,
      .zh = "visitor 为尚未认证身份的访客，citizen 为已认证的本人",
      .en = "visitor: who it is, is not proven yet; citizen: the person" },
    { .name = "person", .type = CIVIC_TYPE_OBJECT, .fields = masked_person,
      .zh = "本人；访客没有", .en = "who logged in; absent for a visitor" },
    CIVIC_END
};

static const char *const  password_problems[] = {
    "invalid_fields", "captcha_expired", "captcha_wrong", "login_failed",
    "account_locked", LOGIN_CHANNEL_PROBLEMS, "too_many_guesses",
    "too_many_from_address", "too_many_requests", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- PUT /login/password ----------------------------------------------- */

static const civic_field_t  change_body[] = {
    { .name = "old_password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_SECRET, .max = SHARED_PASSWORD_MAX,
      .zh = "原密码；首次设置密码时省略",
      .en = "the old password; absent when the first one is set" },
    { .name = "new_password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = SHARED_PASSWORD_MAX,
      .zh = "新密码。该密码用于登录注册系统。请考生牢记并妥善保管，防止信息"
            "被他人篡改",
      .en = "the new password" },
    CIVIC_END
};

static const civic_field_t  change_reply[] = {
    { .name = "password_set_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "密码设置时间", .en = "when the password was set" },
    { .name = "token", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .zh = "新的会话令牌，仅在首次设置密码后返回",
      .en = "a new session's token, after the first password was set" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "会话最晚失效时间",
      .en = "when the session ends at the latest" },
    CIVIC_END
};

static const char *const  change_problems[] = {
    "invalid_fields", "old_password_wrong", "too_many_guesses",
    "too_many_requests", "conflict", "already_proven", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- /login/session, /login/profile ------------------------------------ */

static const civic_field_t  session_reply[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session began" },
    { .name = "created_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "登录时间", .en = "when it began" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "最晚失效时间", .en = "when it ends at the latest" },
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = shared_role_item,
      .zh = "角色", .en = "the roles it has" },
    { .name = "must_set_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否必须先设置密码",
      .en = "whether a password must be set first" },
    CIVIC_END
};

static const civic_field_t  profile_reply[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名（脱敏）", .en = "the name, masked" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "身份证号（脱敏）", .en = "the identity number, masked" },
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "证件类型", .en = "the kind of document" },
    { .name = "birth_date", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_NULLABLE,
      .zh = "出生日期；旧版外国人永久居留证为空",
      .en = "the day of birth; null for the old foreign card" },
    { .name = "sex", .type = CIVIC_TYPE_STRING, .flags = CIVIC_NULLABLE,
      .zh = "性别（male、female）；旧版外国人永久居留证为空",
      .en = "male or female; null for the old foreign card" },
    { .name = "has_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已设置密码", .en = "whether a password was set" },
    { .name = "created_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_NULLABLE,
      .zh = "注册时间", .en = "when the person was registered" },
    { .name = "password_set_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_NULLABLE,
      .zh = "密码设置时间", .en = "when the password was set" },
    CIVIC_END
};

/* No body, or an empty object: many a client always sends one. */
static const civic_field_t  nothing[] = { CIVIC_END };

static const char *const  card_begin_problems[] = {
    LOGIN_CHANNEL_PROBLEMS,
    "login_method_off", "card_unavailable", NULL
};

static const char *const  card_finish_problems[] = {
    "invalid_fields", "login_method_off", "card_login_expired",
    "card_refused", "card_failed", "card_unavailable", "card_no_identity",
    "card_level", "name_differs", "account_locked", "store_unavailable",
    "outcome_unknown", NULL
};

static const char *const  captcha_problems[] = { "overloaded", NULL };
static const char *const  session_problems[] = {
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  profile_problems[] = {
    "not_found", "store_unavailable", NULL
};


/* ---- routes ------------------------------------------------------------ */

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/captchas",
      .handler = login_captcha_create, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .body = captcha_body,
      .reply = captcha_reply, .problems = captcha_problems,
      .zh = "取得验证码", .en = "makes a captcha" },
    { .method = CIVIC_POST, .path = "/password",
      .handler = login_password, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_HASH, .purpose = "login",
      .body = password_body, .reply = entry_reply,
      .problems = password_problems,
      .zh = "账户登录：身份证号、密码、验证码",
      .en = "logs in with identity number, password and captcha" },
    { .method = CIVIC_POST, .path = "/alipay",
      .handler = login_alipay, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_alipay_body, .reply = entry_reply,
      .problems = login_alipay_problems, .deadline = 15000,
      .zh = "支付宝小程序登录", .en = "logs in with Alipay's mini-program" },
    { .method = CIVIC_PUT, .path = "/identity",
      .handler = login_identity_put, .roles = CIVIC_VISITOR,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "proving who it is", .body = login_identity_body,
      .reply = login_identity_reply,
      .problems = login_identity_put_problems,
      .zh = "访客填写姓名和身份证号，待人脸识别认证",
      .en = "keeps name and number that a visitor's face is to prove" },
    { .method = CIVIC_GET, .path = "/identity",
      .handler = login_identity_get,
      .roles = CIVIC_CITIZEN | CIVIC_VISITOR, .cost = CIVIC_COST_READ,
      .purpose = "own profile", .reply = login_identity_reply,
      .problems = login_identity_get_problems,
      .zh = "已填写或已认证的身份（脱敏）",
      .en = "the identity that is claimed or proven, masked" },
    { .method = CIVIC_POST, .path = "/locks",
      .handler = login_lock, .roles = CIVIC_COUNTER | CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "keeping a person safe", .body = login_lock_body,
      .reply = login_lock_reply, .problems = login_lock_problems,
      .zh = "暂停该身份的登录，并退出其全部会话",
      .en = "keeps everybody from logging in as a person, ends the sessions" },
    { .method = CIVIC_POST, .path = "/locks/lift",
      .handler = login_lock_lift, .roles = CIVIC_COUNTER | CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "keeping a person safe", .body = login_lift_body,
      .reply = login_lock_reply, .problems = login_lift_problems,
      .zh = "恢复该身份的登录", .en = "allows logging in again" },
    { .method = CIVIC_PUT, .path = "/password",
      .handler = login_password_change,
      .roles = CIVIC_CITIZEN | CIVIC_VISITOR,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_HASH, .purpose = "login",
      .body = change_body, .reply = change_reply,
      .problems = change_problems,
      .zh = "设置或修改密码，并退出其他会话",
      .en = "sets the password and ends the other sessions" },
    { .method = CIVIC_POST, .path = "/card",
      .handler = login_card_begin, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WRITE, .status = 201, .body = nothing,
      .reply = login_card_begin_reply, .problems = card_begin_problems,
      .zh = "开始电子社保卡登录",
      .en = "begins a login with the electronic social-security card" },
    { .method = CIVIC_POST, .path = "/card/finish",
      .handler = login_card_finish, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_card_finish_body, .reply = entry_reply,
      .problems = card_finish_problems,
      .zh = "完成电子社保卡登录",
      .en = "logs in with what the card's issuer sent the browser back "
            "with" },
    { .method = CIVIC_POST, .path = "/qr-tickets",
      .handler = login_ticket_begin, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .status = 201,
      .body = login_ticket_begin_body, .reply = login_ticket_begin_reply,
      .problems = login_ticket_begin_problems,
      .zh = "电脑端扫码登录：取得二维码",
      .en = "begins the login of a PC by QR code" },
    { .method = CIVIC_POST, .path = "/qr-tickets/wait",
      .handler = login_ticket_wait, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .deadline = 15000,
      .body = login_ticket_wait_body, .reply = login_ticket_wait_reply,
      .problems = login_ticket_wait_problems,
      .zh = "电脑端扫码登录：等待手机，状态改变时或10秒后返回",
      .en = "waits until the ticket's state is another one, for ten seconds "
            "at most" },
    { .method = CIVIC_POST, .path = "/qr-tickets/redeem",
      .handler = login_ticket_redeem, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_ticket_redeem_body, .reply = entry_reply,
      .problems = login_ticket_redeem_problems,
      .zh = "电脑端扫码登录：手机确认后登录",
      .en = "logs the PC in, once the phone has confirmed" },
    { .method = CIVIC_POST, .path = "/qr-tickets/scan",
      .handler = login_ticket_scan, .roles = CIVIC_CITIZEN | CIVIC_VISITOR,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_ticket_body, .reply = login_ticket_scan_reply,
      .problems = login_ticket_scan_problems,
      .zh = "手机扫码：显示登录从何处发起",
      .en = "the phone has scanned a ticket: where it was begun" },
    { .method = CIVIC_POST, .path = "/qr-tickets/confirm",
      .handler = login_ticket_confirm, .roles = CIVIC_CITIZEN | CIVIC_VISITOR,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_ticket_confirm_body, .reply = login_ticket_decided_reply,
      .problems = login_ticket_confirm_problems,
      .zh = "手机确认登录，并授权",
      .en = "the phone confirms the login, and consents" },
    { .method = CIVIC_POST, .path = "/qr-tickets/refuse",
      .handler = login_ticket_refuse, .roles = CIVIC_CITIZEN | CIVIC_VISITOR,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .purpose = "login",
      .body = login_ticket_body, .reply = login_ticket_decided_reply,
      .problems = login_ticket_refuse_problems,
      .zh = "手机拒绝登录", .en = "the phone refuses the login" },
    { .method = CIVIC_GET, .path = "/session",
      .handler = login_session_show,
      .roles = CIVIC_CITIZEN | CIVIC_VISITOR | CIVIC_STAFF,
      .flags = CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_READ, .reply = session_reply,
      .problems = session_problems,
      .zh = "当前会话", .en = "the session of the caller" },
    { .method = CIVIC_POST, .path = "/session",
      .handler = login_session_exchange, .roles = CIVIC_VISITOR,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .purpose = "login", .reply = entry_reply,
      .problems = login_exchange_problems,
      .zh = "访客身份认证后换成本人的会话",
      .en = "a visitor's session becomes the person's, once that is proven" },
    { .method = CIVIC_DELETE, .path = "/session",
      .handler = shared_session_delete,
      .roles = CIVIC_CITIZEN | CIVIC_VISITOR | CIVIC_STAFF,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .query = shared_session_query, .status = 204,
      .problems = session_problems,
      .zh = "退出登录：本次、其他设备或全部",
      .en = "logs out: this session, all others, or all" },
    { .method = CIVIC_GET, .path = "/onboarding",
      .handler = login_onboarding, .roles = CIVIC_CITIZEN | CIVIC_VISITOR,
      .flags = CIVIC_BEFORE_PASSWORD, .cost = CIVIC_COST_READ,
      .purpose = "own profile", .query = login_onboarding_query,
      .reply = login_onboarding_reply, .problems = login_onboarding_problems,
      .zh = "报名前的步骤：已完成的、下一步、以后的",
      .en = "the steps before one may apply: which are done, which is next" },
    { .method = CIVIC_GET, .path = "/profile",
      .handler = login_profile, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_READ, .purpose = "own profile",
      .reply = profile_reply, .problems = profile_problems,
      .zh = "本人资料（脱敏）", .en = "the caller's own record, masked" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "login_failed", 401,
      "身份证号或密码不正确。请核对后重新输入；如尚未注册，请先注册。",
      "Identity number or password is not right. Check both and try again; "
      "if you are not registered yet, do that first." },
    { "account_locked", 403,
      "该身份已被暂停登录。如需恢复，请携带身份证到服务窗口办理，或拨打服务电话。",
      "Logging in as this person has been stopped. Bring your identity card "
      "to the counter, or call the service telephone." },
    { "login_method_off", 404,
      "本系统没有开通这种登录方式，请选择其他登录方式。",
      "This service has no such login. Please choose another one." },
    { "card_login_expired", 422,
      "本次登录已失效、已使用，或不是在此浏览器中开始的。请重新开始电子社保卡"
      "登录。",
      "This login is over, was used, or was begun in another browser. Begin "
      "again with your electronic social-security card." },
    { "card_refused", 403,
      "您在电子社保卡上取消了登录。如需登录，请重新开始并点击“确认登录”。",
      "You have refused the login on your electronic social-security card. "
      "To log in, begin again and confirm." },
    { "card_failed", 502,
      "电子社保卡没有完成登录。请重新开始，或选择其他登录方式。",
      "The electronic social-security card did not complete the login. Begin "
      "again, or choose another way." },
    { "card_unavailable", 503,
      "电子社保卡服务暂时没有回应。请在{retry_after}秒后重新开始，或选择其他"
      "登录方式。",
      "The electronic social-security card does not answer. Begin again in "
      "{retry_after|second|seconds}, or choose another way." },
    { "card_no_identity", 502,
      "电子社保卡没有提供有效的姓名和身份证号。请先在电子社保卡中完成实名认证，"
      "或选择其他登录方式。",
      "The electronic social-security card tells no valid name and number. "
      "Have your identity verified in its app first, or choose another way." },
    { "card_level", 403,
      "您的电子社保卡认证级别不够。请先在电子社保卡中完成实名认证。",
      "Your electronic social-security card is not verified well enough. "
      "Have your identity verified in its app first." },
    { "name_differs", 409,
      "登记的姓名与电子社保卡上的不一致。请携带身份证到服务窗口办理。",
      "The name that we have is another one than your card's. Bring your "
      "identity card to the counter." },
    { "channel_wechat", 403,
      "微信注册系统目前还无法使用。请使用支付宝或电脑。",
      "Registering in WeChat does not work at present. Please use Alipay or "
      "a computer." },
    { "channel_closed", 403,
      "这一渠道目前还无法使用。请使用支付宝或电脑。",
      "This channel does not work at present. Please use Alipay or a "
      "computer." },
    { "channel_malformed", 400,
      "请求头 Civic-Channel 无效：只能由小写字母、数字和下划线组成，以字母开头，"
      "最多32个字符。请更新应用后再试。",
      "The header Civic-Channel is wrong: small letters, digits and "
      "underscores, a letter first, 32 at most. Update the app and try "
      "again." },
    LOGIN_TICKET_PROBLEMS,
    { "captcha_expired", 422,
      "验证码已失效或已使用。请重新获取验证码。",
      "The captcha has expired or was used before. Please get a new one." },
    { "captcha_wrong", 422,
      "验证码不正确。请重新获取验证码并输入图中或语音中的数字。",
      "The captcha's answer is wrong. Please get a new one and type the "
      "digits that you see or hear." },
    { "auth_code_invalid", 422,
      "支付宝授权已失效或已使用。请返回并重新打开小程序。",
      "Alipay's code has expired or was used before. Please open the "
      "mini-program again." },
    { "already_proven", 409,
      "您的身份已经认证，无需再次填写。请继续下一步。",
      "Your identity is proven already. Please go on." },
    { "not_proven_yet", 409,
      "您的身份尚未认证。请先填写姓名和身份证号，并完成人脸识别认证。",
      "Your identity is not proven yet. Enter name and identity number, then "
      "pass the face check." },
    { "too_many_claims", 429,
      "姓名和身份证号修改次数过多。请在{retry_after}秒后再试。",
      "Name and number were changed too often. Try again in "
      "{retry_after|second|seconds}." },
    { "not_locked", 409,
      "该身份的登录未被暂停。",
      "Logging in as this person is not stopped." },
    SHARED_GUESSES_PROBLEMS,
    SHARED_PASSWORD_PROBLEMS,
    SHARED_ALIPAY_PROBLEMS,

    SHARED_ID_PROBLEMS,
    SHARED_NAME_PROBLEMS,

    { "password_personal", 0,
      "密码不能包含您的身份证号、出生日期或姓名。",
      "The password must not contain your identity number, your day of birth "
      "or your name." },
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  password_input[] = {
    SHARED_PASSWORD_FACTS,
    { .name = "has_id_number", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否包含身份证号",
      .en = "whether the identity number is in it" },
    { .name = "has_id_tail", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否包含身份证后六位",
      .en = "whether the last six characters of the number are in it" },
    { .name = "has_birth_date", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否包含出生日期", .en = "whether the day of birth is in it" },
    { .name = "has_name", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否包含姓名", .en = "whether the name is in it" },
    CIVIC_END
};

static const civic_field_t  session_input[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session begins: password ..." },
    CIVIC_END
};

static const civic_field_t  card_input[] = {
    { .name = "level", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "签发方给出的认证级别，可能为空",
      .en = "the level of assurance that the issuer tells; may be empty" },
    CIVIC_END
};

static const civic_field_t  entry_input[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how the session begins: alipay_qr ..." },
    { .name = "visitor", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否尚未认证身份",
      .en = "whether who it is, is not proven yet" },
    { .name = "has_password", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已设置密码", .en = "whether a password was set" },
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "captcha",
      .en = "whether a captcha is needed, its length and life" },
    { .name = "channel", .input = login_channel_input,
      .en = "whether a login may begin from where the caller is" },
    { .name = "form",
      .en = "what is taken for an identity number; the window of the "
            "addresses' counters" },
    { .name = "attempt", .input = shared_attempt_input,
      .en = "whether a password may be tried now, or when" },
    { .name = "password", .input = password_input,
      .en = "whether a new password is good enough" },
    { .name = "card", .input = card_input,
      .en = "whether a card of that level of assurance may log in" },
    { .name = "card_trip",
      .en = "how long a login with the card may take" },
    { .name = "entry", .input = entry_input,
      .en = "whether somebody who comes in must set a password first" },
    { .name = "address", .input = login_address_input,
      .en = "whether a provider is asked for somebody from this address" },
    { .name = "claim", .input = login_claim_input,
      .en = "whether a visitor may change name and number again" },
    { .name = "proven", .input = login_proven_input,
      .en = "what becomes of a person who is proven" },
    LOGIN_TICKET_RULES,
    { .name = "authorise", .input = login_authorise_input,
      .en = "whether a login authorises the use of the identity by itself" },
    { .name = "onboarding", .input = login_onboarding_input,
      .en = "the steps before one may apply, their order and their words" },
    { .name = "session", .input = session_input,
      .en = "how long sessions and devices last" },
};


/* ---- scripts, metrics, purposes ---------------------------------------- */

static const civic_script_def_t  scripts[] = {
    { "login_once", "marks as used what works once" },
    { "login_card_enrol", "registers a person who has shown a card" },
    LOGIN_TICKET_SCRIPTS,
    SHARED_GUESSES_SCRIPTS,
    { "login_set_password", "sets a password, if the old one is as it was "
      "read" },
    { "login_account_open", "makes the record of a provider's account" },
    { "login_claim", "keeps who a visitor says to be" },
    { "login_prove", "notes that a person was proven, and ends what the rule "
      "says" },
    { "login_link", "leads an account to a person" },
    { "login_lock", "locks a person, or lifts the lock" },
};

static const civic_metric_def_t  metrics[] = {
    { "succeeded", "logins, by whatever method" },
    { "failed", "wrong passwords, at login and when changing it" },
    { "refused", "attempts that had to wait" },
    { "captchas", "captchas made" },
    { "captchas_wrong", "captchas answered wrongly, too late or twice" },
    { "passwords_set", "passwords set" },
    { "codes_refused", "codes of a provider that were used or too old" },
    { "proven", "persons proven" },
    { "recovered", "of these, recoveries" },
    { "tickets", "QR codes for logins made" },
    { "tickets_confirmed", "of these, confirmed by a phone" },
    { "tickets_refused", "of these, refused by a phone, or for wrong "
      "numbers" },
    { "tickets_redeemed", "of these, by which a PC came in" },
};

static const civic_purpose_def_t  purposes[] = {
    { "captcha", "what a captcha's id holds" },
    { LOGIN_CARD_PURPOSE, "what a browser keeps while it is at the card's "
      "issuer" },
    { LOGIN_ACCOUNT_FAMILY, "whose account it is, at a provider" },
    { SHARED_DEVICE_PURPOSE, "what a device keeps" },
    { CIVIC_IDENTITY, "identity number and name" },
    { CIVIC_PASSWORD, "password hashes" },
};


/* ---- calls ------------------------------------------------------------- */

static const civic_call_def_t  calls[] = {
    { "identity", login_identity_call,
      "tells who an account claims to be, or who a person is" },
    { "proven", login_proven_call,
      "a person was proven: makes it, and links the account" },
};


CIVIC_PLUGIN = {
    .name = "login",
    .version = "1.0.0",
    .zh = "登录：身份证号和密码、支付宝；身份认证后的账号关联",
    .en = "login with identity number and password, or with Alipay, and what "
          "leads from there to a person",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .check = login_check,
    .init_worker = login_init_worker,
    .exit_worker = login_exit_worker,
};
