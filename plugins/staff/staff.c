/*
 * staff.c - the tables of the staff plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.
 */

#include "staff.h"


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "issuer", .type = CIVIC_TYPE_STRING, .min = 1, .max = 40,
      .fallback = "\"Civic\"",
      .zh = "身份验证器中显示的系统名称",
      .en = "what authenticators call this system" },
    SHARED_PASSWORD_OPTIONS
};


/* ---- fields that several routes have ----------------------------------- */

static const char *const  role_names[] = {
    "reviewer", "sampler", "laboratory", "door", "counter", "office",
    "administrator", NULL
};

static const civic_field_t  wanted_role[] = {
    { .name = "role", .type = CIVIC_TYPE_STRING, .choices = role_names,
      .zh = "角色", .en = "a role" },
    CIVIC_END
};

#define NAME_FIELD                                                            \
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .max = 64, .example = "wang.min",                                       \
      .zh = "账号：字母、数字及 . _ -，2 至 32 个字符，不区分大小写",         \
      .en = "the account's name: letters, digits and . _ -, 2 to 32 "         \
            "characters, in any case" }

#define ROLES_FIELD                                                           \
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,     \
      .fields = shared_role_item,                                             \
      .zh = "角色", .en = "the roles" }

#define MUST_SET_PASSWORD                                                     \
    { .name = "must_set_password", .type = CIVIC_TYPE_BOOLEAN,                \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "是否仍为初始密码，须先修改",                                     \
      .en = "whether the password is an initial one, to be changed first" }

#define MUST_SET_TOTP                                                         \
    { .name = "must_set_totp", .type = CIVIC_TYPE_BOOLEAN,                    \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "是否须先设置动态口令",                                           \
      .en = "whether a TOTP secret must be set first" }

#define LOG_IN_AGAIN                                                          \
    { .name = "log_in_again", .type = CIVIC_TYPE_BOOLEAN,                     \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "两项均已设置，会话已结束，请重新登录",                           \
      .en = "both are set now and this session is over: log in again" }

#define INITIAL_PASSWORD                                                      \
    { .name = "initial_password", .type = CIVIC_TYPE_STRING,                  \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET,                                 \
      .zh = "初始密码，只在此处显示一次",                                     \
      .en = "the initial password, shown here only" }

#define ACCOUNT_FIELDS                                                        \
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .zh = "账号", .en = "the account's name" },                             \
    ROLES_FIELD,                                                              \
    { .name = "disabled", .type = CIVIC_TYPE_BOOLEAN,                         \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "是否停用", .en = "whether it is disabled" },                     \
    MUST_SET_PASSWORD, MUST_SET_TOTP,                                         \
    { .name = "created_at", .type = CIVIC_TYPE_INSTANT,                       \
      .flags = CIVIC_NULLABLE,                                                \
      .zh = "创建时间", .en = "when it was created" },                        \
    { .name = "last_login_at", .type = CIVIC_TYPE_INSTANT,                    \
      .flags = CIVIC_NULLABLE,                                                \
      .zh = "最近登录时间", .en = "when it logged in last" }


/* ---- POST /staff/sessions ---------------------------------------------- */

static const civic_field_t  login_body[] = {
    NAME_FIELD,
    { .name = "password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1,
      .max = SHARED_PASSWORD_MAX,
      .zh = "密码", .en = "the password" },
    { .name = "totp", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_SECRET | CIVIC_TYPED, .max = 16, .example = "492039",
      .zh = "动态口令，6 位数字；尚未设置时省略",
      .en = "the six digits of the authenticator; absent while no secret "
            "was set" },
    CIVIC_END
};

static const civic_field_t  login_reply[] = {
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
    MUST_SET_PASSWORD, MUST_SET_TOTP, ROLES_FIELD,
    CIVIC_END
};

static const char *const  login_problems[] = {
    "invalid_fields", "staff_login_failed", "account_disabled",
    "initial_password_expired", "too_many_guesses", "too_many_from_address",
    "too_many_requests", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};


/* ---- /staff/session ---------------------------------------------------- */

static const civic_field_t  session_reply[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "账号", .en = "the account's name" },
    ROLES_FIELD,
    { .name = "created_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "登录时间", .en = "when the session began" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "最晚失效时间", .en = "when it ends at the latest" },
    MUST_SET_PASSWORD, MUST_SET_TOTP,
    CIVIC_END
};

static const char *const  session_problems[] = {
    "not_found", "store_unavailable", NULL
};

static const char *const  logout_problems[] = {
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- own secrets ------------------------------------------------------- */

static const civic_field_t  password_body[] = {
    { .name = "old_password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1,
      .max = SHARED_PASSWORD_MAX,
      .zh = "原密码", .en = "the password of now" },
    { .name = "new_password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = SHARED_PASSWORD_MAX,
      .zh = "新密码", .en = "the new password" },
    CIVIC_END
};

static const civic_field_t  password_reply[] = {
    { .name = "password_set_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "密码设置时间", .en = "when the password was set" },
    MUST_SET_TOTP, LOG_IN_AGAIN,
    CIVIC_END
};

static const char *const  password_problems[] = {
    "invalid_fields", "old_password_wrong", "too_many_guesses",
    "too_many_requests", "conflict", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

static const civic_field_t  totp_begin_body[] = {
    { .name = "password", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1,
      .max = SHARED_PASSWORD_MAX,
      .zh = "密码", .en = "the password" },
    CIVIC_END
};

static const civic_field_t  totp_begin_reply[] = {
    { .name = "uri", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 1024,
      .zh = "otpauth:// 文本，制成二维码供身份验证器扫描",
      .en = "otpauth:// text, to be shown as a QR code" },
    { .name = "secret", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET,
      .zh = "密钥（base32），供手工输入",
      .en = "the secret in base32, for typing" },
    CIVIC_END
};

static const char *const  totp_begin_problems[] = {
    "password_wrong", "too_many_guesses", "too_many_requests", "conflict",
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};

static const civic_field_t  totp_confirm_body[] = {
    { .name = "totp", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET | CIVIC_TYPED, .min = 1,
      .max = 16, .example = "492039",
      .zh = "身份验证器显示的 6 位数字",
      .en = "the six digits that the authenticator shows" },
    CIVIC_END
};

static const civic_field_t  totp_confirm_reply[] = {
    MUST_SET_PASSWORD, LOG_IN_AGAIN,
    CIVIC_END
};

static const char *const  totp_confirm_problems[] = {
    "totp_wrong", "totp_not_begun", "conflict", "store_unavailable",
    "outcome_unknown", NULL
};


/* ---- accounts ---------------------------------------------------------- */

static const civic_field_t  list_query[] = {
    { .name = "offset", .type = CIVIC_TYPE_INTEGER, .min = 0,
      .max = 1000000, .fallback = "0",
      .zh = "跳过几个", .en = "how many to pass over" },
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 100,
      .fallback = "50",
      .zh = "至多返回几个", .en = "how many at most" },
    CIVIC_END
};

static const civic_field_t  account_object[] = {
    ACCOUNT_FIELDS,
    CIVIC_END
};

static const civic_field_t  account_item[] = {
    { .name = "account", .type = CIVIC_TYPE_OBJECT, .fields = account_object,
      .zh = "账号", .en = "an account" },
    CIVIC_END
};

static const civic_field_t  list_reply[] = {
    { .name = "total", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "总数", .en = "how many there are in all" },
    { .name = "accounts", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = account_item,
      .zh = "账号，按创建时间排列", .en = "accounts, the oldest first" },
    CIVIC_END
};

static const civic_field_t  create_body[] = {
    NAME_FIELD,
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 7, .fields = wanted_role,
      .zh = "角色", .en = "the roles" },
    CIVIC_END
};

static const civic_field_t  create_reply[] = {
    ACCOUNT_FIELDS, INITIAL_PASSWORD,
    CIVIC_END
};

static const char *const  create_problems[] = {
    "invalid_fields", "roles_conflict", "name_taken", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

static const civic_field_t  change_body[] = {
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .min = 1, .max = 7,
      .fields = wanted_role,
      .zh = "角色；省略则不变", .en = "the roles; absent: as they are" },
    { .name = "disabled", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "是否停用；省略则不变",
      .en = "whether it is disabled; absent: as it is" },
    CIVIC_END
};

static const char *const  change_problems[] = {
    "not_found", "own_account", "last_administrator", "roles_conflict",
    "conflict", "store_unavailable", "outcome_unknown", NULL
};

static const civic_field_t  reset_reply[] = {
    INITIAL_PASSWORD,
    CIVIC_END
};

static const char *const  reset_problems[] = {
    "not_found", "own_account", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

static const char *const  list_problems[] = { "store_unavailable", NULL };


/* ---- routes ------------------------------------------------------------ */

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/sessions",
      .handler = staff_login, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_HASH, .purpose = "staff login",
      .body = login_body, .reply = login_reply, .problems = login_problems,
      .zh = "工作人员登录：账号、密码、动态口令",
      .en = "logs staff in with name, password and one-time code" },
    { .method = CIVIC_GET, .path = "/session",
      .handler = staff_session_show, .roles = CIVIC_STAFF,
      .flags = CIVIC_BEFORE_PASSWORD, .cost = CIVIC_COST_READ,
      .reply = session_reply, .problems = session_problems,
      .zh = "当前会话：账号、角色、失效时间",
      .en = "who the caller is, the roles, and until when" },
    { .method = CIVIC_DELETE, .path = "/session",
      .handler = shared_session_delete, .roles = CIVIC_STAFF,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE, .query = shared_session_query, .status = 204,
      .problems = logout_problems,
      .zh = "退出登录：本次、其他设备或全部",
      .en = "logs out: this session, all others, or all" },
    { .method = CIVIC_PUT, .path = "/password",
      .handler = staff_password, .roles = CIVIC_STAFF,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_HASH,
      .body = password_body, .reply = password_reply,
      .problems = password_problems,
      .zh = "修改密码，并退出其他会话",
      .en = "sets the password and ends the other sessions" },
    { .method = CIVIC_POST, .path = "/totp",
      .handler = staff_totp_begin, .roles = CIVIC_STAFF,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_HASH,
      .body = totp_begin_body, .reply = totp_begin_reply,
      .problems = totp_begin_problems,
      .zh = "取得新的动态口令密钥；经一个口令确认后才生效",
      .en = "makes a fresh TOTP secret, which counts once a code of it was "
            "given" },
    { .method = CIVIC_PUT, .path = "/totp",
      .handler = staff_totp_confirm, .roles = CIVIC_STAFF,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE,
      .body = totp_confirm_body, .reply = totp_confirm_reply,
      .problems = totp_confirm_problems,
      .zh = "用一个口令确认新密钥，并退出其他会话",
      .en = "confirms the fresh secret by a code and ends the other "
            "sessions" },
    { .method = CIVIC_GET, .path = "/accounts",
      .handler = staff_accounts_list, .roles = CIVIC_ADMINISTRATOR,
      .cost = CIVIC_COST_READ, .purpose = "staff accounts",
      .query = list_query, .reply = list_reply, .problems = list_problems,
      .zh = "账号列表", .en = "lists the accounts" },
    { .method = CIVIC_POST, .path = "/accounts",
      .handler = staff_account_create, .roles = CIVIC_ADMINISTRATOR,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_HASH,
      .purpose = "staff accounts",
      .body = create_body, .reply = create_reply, .status = 201,
      .problems = create_problems,
      .zh = "创建账号，返回初始密码",
      .en = "creates an account and answers with its initial password" },
    { .method = CIVIC_PATCH, .path = "/accounts/{name}",
      .handler = staff_account_change, .roles = CIVIC_ADMINISTRATOR,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "staff accounts",
      .body = change_body, .reply = account_object,
      .problems = change_problems,
      .zh = "修改角色、停用或启用账号；其全部会话立即结束",
      .en = "changes roles, disables or enables; all its sessions end" },
    { .method = CIVIC_POST, .path = "/accounts/{name}/reset",
      .handler = staff_account_reset, .roles = CIVIC_ADMINISTRATOR,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_HASH,
      .purpose = "staff accounts",
      .reply = reset_reply, .problems = reset_problems,
      .zh = "重置账号：新的初始密码，清除动态口令，结束全部会话",
      .en = "gives an initial password, takes the TOTP secret away and ends "
            "all sessions" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "staff_login_failed", 401,
      "账号、密码或动态口令不正确。每个动态口令只能使用一次，请等待下一个。",
      "Name, password or code is not right. Each code works once: wait for "
      "the next one." },
    { "account_disabled", 403,
      "该账号已停用。请联系管理员。",
      "This account is disabled. Ask an administrator." },
    { "initial_password_expired", 403,
      "初始密码已过期。请联系管理员重置。",
      "The initial password has expired. Ask an administrator to reset it." },
    { "password_wrong", 422,
      "密码不正确。",
      "The password is not right." },
    { "totp_wrong", 422,
      "动态口令不正确。请核对手机时间后重新输入。",
      "The code is not right. Check the phone's clock and type a new one." },
    { "totp_not_begun", 409,
      "没有待确认的密钥。请重新获取。",
      "There is no secret to confirm. Get a new one." },
    { "name_taken", 409,
      "账号已存在。请换一个名称。",
      "There is an account of this name. Choose another one." },
    { "own_account", 409,
      "不能修改自己的账号。请由另一位管理员办理。",
      "Nobody changes the own account here. Ask another administrator." },
    { "last_administrator", 409,
      "这是最后一位管理员，不能停用或取消其角色。",
      "This is the last administrator, who must stay one." },
    { "roles_conflict", 422,
      "角色“{first}”与“{second}”不能由同一人担任。",
      "The roles \"{first}\" and \"{second}\" are not for the same person." },
    { "staff_name", 0,
      "账号由 2 至 32 个字母、数字及 . _ - 组成，以字母或数字开头。",
      "A name has 2 to 32 letters, digits and . _ -, and begins with a "
      "letter or a digit.",
      .example = 1 },
    { "password_personal", 0,
      "密码不能包含账号名。",
      "The password must not contain the account's name." },
    SHARED_GUESSES_PROBLEMS,
    SHARED_PASSWORD_PROBLEMS,
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  password_input[] = {
    SHARED_PASSWORD_FACTS,
    { .name = "has_name", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否包含账号名", .en = "whether the account's name is in it" },
    CIVIC_END
};

static const civic_field_t  session_input[] = {
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = shared_role_item,
      .zh = "角色", .en = "the roles" },
    { .name = "must_set", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否只用于设置密码和动态口令",
      .en = "whether it can only set password and TOTP secret" },
    CIVIC_END
};

static const civic_field_t  roles_input[] = {
    { .name = "roles", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = shared_role_item,
      .zh = "角色", .en = "the roles" },
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "login",
      .en = "the window of the addresses' counters, the life of an initial "
            "password" },
    { .name = "attempt", .input = shared_attempt_input,
      .en = "whether a password may be tried now, or when" },
    { .name = "totp",
      .en = "how many time steps a code may be late or early" },
    { .name = "password", .input = password_input,
      .en = "whether a new password is good enough" },
    { .name = "roles", .input = roles_input,
      .en = "whether one person may have these roles together" },
    { .name = "session", .input = session_input,
      .en = "how long sessions and devices last" },
};


/* ---- scripts, metrics, purposes ---------------------------------------- */

static const civic_script_def_t  scripts[] = {
    SHARED_GUESSES_SCRIPTS,
    { "staff_enter", "uses up a code's time step, if the account is as it "
      "was read" },
    { "staff_secret", "sets password or TOTP secret, if the account is as it "
      "was read" },
    { "staff_begin", "begins to create an account, once for each key" },
    { "staff_create", "creates an account, if there is none of that name" },
    { "staff_list", "enters an account into the lists across people" },
    { "staff_retire", "takes an account off the administrators, unless it is "
      "the last" },
    { "staff_change", "changes roles, disables or enables, and ends the "
      "sessions" },
    { "staff_reset", "gives an initial password and ends the sessions" },
};

static const civic_metric_def_t  metrics[] = {
    { "succeeded", "logins of staff" },
    { "failed", "wrong names, passwords or codes" },
    { "refused", "attempts that had to wait" },
    { "passwords_set", "passwords set by their owners" },
    { "totp_set", "TOTP secrets confirmed" },
    { "created", "accounts created" },
    { "changed", "accounts whose roles or state changed" },
    { "reset", "accounts reset" },
};

static const civic_purpose_def_t  purposes[] = {
    { SHARED_DEVICE_PURPOSE, "what a device keeps" },
    { CIVIC_PASSWORD, "password hashes" },
    { CIVIC_STAFF_PURPOSE, "names and TOTP secrets of staff" },
};


CIVIC_PLUGIN = {
    .name = "staff",
    .version = "1.0.0",
    .zh = "工作人员账号：密码、动态口令、角色",
    .en = "staff accounts with password, one-time codes and roles",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .check = staff_check,
    .init_worker = staff_init_worker,
    .exit_worker = staff_exit_worker,
};
