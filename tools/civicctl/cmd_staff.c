/*
 * cmd_staff.c - "civicctl staff": accounts of staff, by the operator.  The
 * first administrator is made this way; the others are made by
 * administrators, over HTTP.
 *
 * What is written is what the staff plugin writes and reads: the record of
 * kit/staff_record.h, by the plugin's own scripts.
 */

#include <stdlib.h>
#include <unistd.h>

#include "base64.h"
#include "ctl.h"
#include "ctl_audit.h"
#include "ctl_options.h"
#include "instant.h"
#include "password.h"
#include "person_record.h"
#include "role.h"
#include "staff_record.h"
#include "totp.h"

#define CTL_STAFF_KEY       96
#define CTL_STAFF_CREATION  16
#define CTL_STAFF_TEXT      40

#define CTL_STAFF_ZH                                                          \
    "civicctl staff add --name 账号 --roles 角色,角色 [--password-stdin]\n"   \
    "          [--totp-secret 密钥]（仅沙箱：无须首次设置即可使用）\n"        \
    "      civicctl staff list\n"                                             \
    "      civicctl staff disable --name 账号 [--force]\n"                    \
    "      civicctl staff enable --name 账号\n"                               \
    "      civicctl staff reset --name 账号 [--password-stdin]\n"             \
    "      civicctl staff code --secret 密钥（仅沙箱）"
#define CTL_STAFF_EN                                                          \
    "civicctl staff add --name NAME --roles ROLE,ROLE [--password-stdin]\n"   \
    "           [--totp-secret SECRET] (sandbox: ready, nothing to set)\n"    \
    "       civicctl staff list\n"                                            \
    "       civicctl staff disable --name NAME [--force]\n"                   \
    "       civicctl staff enable --name NAME\n"                              \
    "       civicctl staff reset --name NAME [--password-stdin]\n"            \
    "       civicctl staff code --secret SECRET (sandbox)"

typedef struct {
    const char  *name;
    const char  *roles;
    const char  *secret;
    const char  *totp_secret;
    int          from_stdin;
    int          force;
} ctl_staff_arguments_t;

/* An account with the keys that are asked for in Redis. */
typedef struct {
    civic_purpose_t  *names;
    civic_purpose_t  *passwords;
    char              canonical[CIVIC_STAFF_CANONICAL];
    const char       *name;
    char              pid[CIVIC_PID_LEN + 1];
    char              record[CTL_STAFF_KEY];
    char              guesses[CTL_STAFF_KEY];
    char              sessions[CTL_STAFF_KEY];
} ctl_staff_t;

/* What is read of it. */
typedef struct {
    char      version[CTL_STAFF_TEXT];
    char      created[CTL_STAFF_TEXT];
    unsigned  roles;
    int       disabled;
} ctl_staff_state_t;


/* ---- arguments --------------------------------------------------------- */

static int
ctl_staff_arguments(int argc, char **argv, ctl_staff_arguments_t *given)
{
    const ctl_option_t  options[] = {
        { "--name", &given->name, NULL },
        { "--roles", &given->roles, NULL },
        { "--secret", &given->secret, NULL },
        { "--totp-secret", &given->totp_secret, NULL },
        { "--password-stdin", NULL, &given->from_stdin },
        { "--force", NULL, &given->force },
    };

    return CTL_OPTIONS(argc - 2, argv + 2, options);
}


/* ---- the account ------------------------------------------------------- */

static void
ctl_staff_keys(ctl_staff_t *staff)
{
    (void) snprintf(staff->record, sizeof(staff->record),
                    "civic:{p:%s}:%s", staff->pid, CIVIC_STAFF_FAMILY);
    (void) snprintf(staff->guesses, sizeof(staff->guesses),
                    "civic:{p:%s}:%s", staff->pid, CIVIC_STAFF_GUESSES);
    (void) snprintf(staff->sessions, sizeof(staff->sessions),
                    "civic:{p:%s}:sessions", staff->pid);
}


static int
ctl_staff_purposes(ctl_t *ctl, ctl_staff_t *staff)
{
    civic_keyring_t  *keyring = ctl_keyring(ctl);

    if (keyring == NULL) {
        return -1;
    }

    staff->names = civic_keyring_purpose(keyring, CIVIC_STAFF_PURPOSE);
    staff->passwords = civic_keyring_purpose(keyring, CIVIC_PASSWORD);

    if (staff->names == NULL || staff->passwords == NULL) {
        ctl_complain(ctl, "内存不足", "no memory");
        return -1;
    }

    return 0;
}


static int
ctl_staff_find(ctl_t *ctl, const char *name, ctl_staff_t *staff)
{
    int  len;

    memset(staff, 0, sizeof(*staff));
    len = civic_staff_canonical(name, strlen(name), staff->canonical);

    if (len < 0) {
        ctl_complain(ctl, "账号由 %d 至 %d 个字母、数字及 . _ - 组成，以字母或"
                     "数字开头",
                     "a name has %d to %d letters, digits and . _ -, and "
                     "begins with a letter or a digit", CIVIC_STAFF_NAME_MIN,
                     CIVIC_STAFF_NAME_MAX);
        return -1;
    }

    staff->name = staff->canonical + sizeof(CIVIC_STAFF_PREFIX) - 1;

    if (ctl_staff_purposes(ctl, staff) != 0) {
        return -1;
    }

    if (civic_keyring_person_id(ctl_keyring(ctl),
                                (civic_str_t) { staff->canonical,
                                                (size_t) len }, staff->pid)
        != 0)
    {
        ctl_complain(ctl, "内存不足", "no memory");
        return -1;
    }

    ctl_staff_keys(staff);

    return 0;
}


static int
ctl_staff_is_text(const redisReply *record, size_t i)
{
    return i < record->elements
           && record->element[i]->type == REDIS_REPLY_STRING;
}


static int
ctl_staff_take(const redisReply *record, ctl_staff_state_t *state)
{
    memset(state, 0, sizeof(*state));

    if (record->type != REDIS_REPLY_ARRAY || !ctl_staff_is_text(record, 0)
        || !ctl_staff_is_text(record, 1) || !ctl_staff_is_text(record, 2))
    {
        return -1;
    }

    (void) snprintf(state->version, sizeof(state->version), "%s",
                    record->element[0]->str);
    (void) snprintf(state->created, sizeof(state->created), "%s",
                    record->element[1]->str);
    state->roles = civic_roles_parse(record->element[2]->str,
                                     record->element[2]->len);
    state->disabled = ctl_staff_is_text(record, 3);

    return 0;
}


static int
ctl_staff_read(ctl_t *ctl, const ctl_staff_t *staff,
    ctl_staff_state_t *state)
{
    int          rc;
    redisReply  *record;

    record = CTL_REDIS(ctl, CIVIC_STR("HMGET"), civic_cstr(staff->record),
                       CIVIC_STR("version"), CIVIC_STR("created_at"),
                       CIVIC_STR("roles"), CIVIC_STR("disabled"));
    if (record == NULL) {
        return -1;
    }

    rc = ctl_staff_take(record, state);
    freeReplyObject(record);

    if (rc != 0) {
        ctl_complain(ctl, "没有账号 \"%s\"", "there is no account \"%s\"",
                     staff->name);
    }

    return rc;
}


/* The script's integer; -2: it was complained. */
static int
ctl_staff_script(ctl_t *ctl, const char *name, const civic_str_t *keys,
    size_t nkeys, const civic_str_t *args, size_t nargs)
{
    int          answer;
    redisReply  *reply;

    reply = ctl_script(ctl, name, keys, nkeys, args, nargs);

    if (reply == NULL) {
        return -2;
    }

    answer = reply->type == REDIS_REPLY_INTEGER ? (int) reply->integer : -2;
    freeReplyObject(reply);

    if (answer == -2) {
        ctl_complain(ctl, "Redis 的回答无法理解",
                     "Redis answered what the script cannot");
    }

    return answer;
}


static int
ctl_staff_enlist(ctl_t *ctl, const ctl_staff_t *staff, const char *created,
    int administrator)
{
    civic_str_t  keys[2], args[3];

    keys[0] = CIVIC_STR(CIVIC_STAFF_ACCOUNTS);
    keys[1] = CIVIC_STR(CIVIC_STAFF_ADMINISTRATORS);
    args[0] = civic_cstr(staff->pid);
    args[1] = civic_cstr(created);
    args[2] = civic_cstr(administrator ? "1" : "0");

    return ctl_staff_script(ctl, "staff_list", keys, 2, args, 3) < 0 ? -1 : 0;
}


/* ---- secrets ----------------------------------------------------------- */

/* password has CTL_PASSWORD_ROOM bytes; its hash is sealed into out. */
static int
ctl_staff_password(ctl_t *ctl, const ctl_staff_arguments_t *given,
    const ctl_staff_t *staff, char *password, unsigned char *out,
    civic_str_t *sealed)
{
    char  encoded[CIVIC_ARGON2_TEXT];

    if ((given->from_stdin ? ctl_password_read(ctl, password)
                           : ctl_password_generate(ctl, password)) != 0
        || ctl_password_hash(ctl, password, encoded) != 0)
    {
        return -1;
    }

    return ctl_seal(ctl, staff->passwords, staff->pid, civic_cstr(encoded),
                    out, sealed);
}


/* Only a sandbox has secrets on command lines, where every user of the
   machine can read them. */
static int
ctl_staff_secret(ctl_t *ctl, const char *text, unsigned char *bytes,
    size_t *len)
{
    int64_t  count = -1;

    if (!ctl_is_sandbox(ctl)) {
        ctl_complain(ctl, "仅在 civic_environment sandbox; 下可用",
                     "this is for civic_environment sandbox; only");
        return -1;
    }

    if (strlen(text) < CIVIC_BASE32_ROOM(CIVIC_TOTP_SECRETS)) {
        count = civic_base32_decode(text, strlen(text), bytes);
    }

    if (count < 1) {
        ctl_complain(ctl, "密钥不是 base32", "the secret is no base32");
        return -1;
    }

    *len = (size_t) count;

    return 0;
}


/* ---- add --------------------------------------------------------------- */

static unsigned
ctl_staff_roles(ctl_t *ctl, const char *text)
{
    unsigned  roles = civic_roles_parse(text, strlen(text));

    if (roles == 0) {
        ctl_complain(ctl, "角色应为 reviewer、sampler、laboratory、door、"
                     "counter、office、administrator，以逗号分隔：\"%s\"",
                     "roles are reviewer, sampler, laboratory, door, counter, "
                     "office, administrator, with commas between: \"%s\"",
                     text);
    }

    return roles;
}


/* The list first, the account, the administrators last: as the plugin. */
static int
ctl_staff_create(ctl_t *ctl, const ctl_staff_t *staff, unsigned roles,
    civic_str_t password, civic_str_t totp)
{
    int            done;
    char           now[CTL_STAFF_TEXT], text[CIVIC_ROLES_TEXT];
    char           creation[CIVIC_BASE64_ROOM(CTL_STAFF_CREATION)];
    ctl_audit_t    audit;
    civic_str_t    keys[2], args[8];
    unsigned char  id[CTL_STAFF_CREATION];
    unsigned char  name[CIVIC_STAFF_CANONICAL + CIVIC_SEAL_OVERHEAD];

    if (getentropy(id, sizeof(id)) != 0
        || ctl_seal(ctl, staff->names, staff->pid, civic_cstr(staff->name),
                    name, &args[1]) != 0)
    {
        return -1;
    }

    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());
    (void) civic_roles_format(roles, text);
    args[0].data = creation;
    args[0].len = civic_base64_encode_url(id, sizeof(id), creation);
    args[2] = civic_cstr(text);
    args[3] = password;
    args[4] = civic_cstr(now);
    args[5] = civic_cstr(totp.len == 0 ? "1" : "0");
    args[6] = totp;
    keys[0] = civic_cstr(staff->record);

    if (ctl_audit(ctl, "civicctl staff add", "staff.account_created",
                  staff->pid, json_pack("{s:s}", "roles", text), keys[0],
                  &audit) != 0
        || ctl_staff_enlist(ctl, staff, now, 0) != 0)
    {
        return -1;
    }

    keys[1] = audit.outbox;
    args[7] = audit.sealed;
    done = ctl_staff_script(ctl, "staff_create", keys, 2, args, 8);

    if (done == 0) {
        ctl_complain(ctl, "账号 \"%s\" 已存在",
                     "there is an account \"%s\" already", staff->name);
    }

    if (done < 1) {
        return -1;
    }

    return roles & CIVIC_ROLE_ADMINISTRATOR
           ? ctl_staff_enlist(ctl, staff, now, 1) : 0;
}


static void
ctl_staff_tell_password(ctl_t *ctl, const ctl_staff_arguments_t *given,
    const char *password)
{
    if (!given->from_stdin) {
        ctl_say(ctl, "初始密码：%s", "initial password: %s", password);
    }
}


static int
ctl_staff_add(ctl_t *ctl, const ctl_staff_arguments_t *given)
{
    int            rc;
    char           password[CTL_PASSWORD_ROOM];
    size_t         len = 0;
    unsigned       roles;
    civic_str_t    sealed, totp = { "", 0 };
    ctl_staff_t    staff;
    unsigned char  secret[CIVIC_TOTP_SECRETS];
    unsigned char  first[CIVIC_ARGON2_TEXT + CIVIC_SEAL_OVERHEAD];
    unsigned char  second[CIVIC_TOTP_SECRETS + CIVIC_SEAL_OVERHEAD];

    if (given->name == NULL || given->roles == NULL) {
        return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
    }

    roles = ctl_staff_roles(ctl, given->roles);

    if (roles == 0 || ctl_staff_find(ctl, given->name, &staff) != 0) {
        return CTL_PROBLEM;
    }

    if (given->totp_secret != NULL
        && (ctl_staff_secret(ctl, given->totp_secret, secret, &len) != 0
            || ctl_seal(ctl, staff.names, staff.pid,
                        (civic_str_t) { (char *) secret, len }, second,
                        &totp) != 0))
    {
        return CTL_PROBLEM;
    }

    rc = ctl_staff_password(ctl, given, &staff, password, first, &sealed);

    if (rc == 0) {
        rc = ctl_staff_create(ctl, &staff, roles, sealed, totp);
    }

    if (rc == 0) {
        ctl_say(ctl, "已添加：%s", "added: %s", staff.name);
        ctl_staff_tell_password(ctl, given, password);
    }

    explicit_bzero(password, sizeof(password));

    return rc == 0 ? CTL_FINE : CTL_PROBLEM;
}


/* ---- list -------------------------------------------------------------- */

static void
ctl_staff_show(ctl_t *ctl, const ctl_staff_t *staff,
    const redisReply *record)
{
    int            chinese = ctl->language == CIVIC_ZH;
    char           login[CIVIC_INSTANT_LEN + 1] = "-";
    int64_t        len = -1;
    const char    *state;
    unsigned char  name[CIVIC_STAFF_CANONICAL];

    if (ctl_staff_is_text(record, 0)
        && record->element[0]->len < sizeof(name) + CIVIC_SEAL_OVERHEAD)
    {
        len = civic_purpose_open(staff->names, civic_cstr(staff->pid),
                                 (civic_str_t) { record->element[0]->str,
                                                 record->element[0]->len },
                                 name);
    }

    if (ctl_staff_is_text(record, 5)) {
        (void) civic_instant_format(strtoll(record->element[5]->str, NULL,
                                            10), login);
    }

    if (ctl_staff_is_text(record, 2)) {
        state = chinese ? "停用" : "disabled";

    } else if (ctl_staff_is_text(record, 3) || !ctl_staff_is_text(record, 4)) {
        state = chinese ? "待首次设置" : "to be set up";

    } else {
        state = chinese ? "正常" : "active";
    }

    (void) fprintf(ctl->out, "%-24.*s %-14s %-26s %s\n",
                   len < 0 ? 1 : (int) len,
                   len < 0 ? "?" : (const char *) name, state, login,
                   ctl_staff_is_text(record, 1) ? record->element[1]->str
                                                : "-");
}


static int
ctl_staff_list_one(ctl_t *ctl, ctl_staff_t *staff, const redisReply *pid)
{
    redisReply  *record;

    if (pid->type != REDIS_REPLY_STRING || pid->len != CIVIC_PID_LEN) {
        return 0;
    }

    memcpy(staff->pid, pid->str, CIVIC_PID_LEN + 1);
    ctl_staff_keys(staff);

    record = CTL_REDIS(ctl, CIVIC_STR("HMGET"), civic_cstr(staff->record),
                       CIVIC_STR("name"), CIVIC_STR("roles"),
                       CIVIC_STR("disabled"), CIVIC_STR("initial"),
                       CIVIC_STR("totp"), CIVIC_STR("last_login_at"));
    if (record == NULL) {
        return -1;
    }

    /* the list may name one that was never made */
    if (record->type == REDIS_REPLY_ARRAY && ctl_staff_is_text(record, 0)) {
        ctl_staff_show(ctl, staff, record);
    }

    freeReplyObject(record);

    return 0;
}


static int
ctl_staff_list(ctl_t *ctl)
{
    int          rc = 0;
    size_t       i;
    redisReply  *pids;
    ctl_staff_t  staff;

    memset(&staff, 0, sizeof(staff));

    if (ctl_staff_purposes(ctl, &staff) != 0) {
        return CTL_PROBLEM;
    }

    pids = CTL_REDIS(ctl, CIVIC_STR("ZRANGE"),
                     CIVIC_STR(CIVIC_STAFF_ACCOUNTS), CIVIC_STR("0"),
                     CIVIC_STR("-1"));
    if (pids == NULL) {
        return CTL_PROBLEM;
    }

    for (i = 0; rc == 0 && i < pids->elements; i++) {
        rc = ctl_staff_list_one(ctl, &staff, pids->element[i]);
    }

    freeReplyObject(pids);

    return rc == 0 ? CTL_FINE : CTL_PROBLEM;
}


/* ---- disable, enable --------------------------------------------------- */

/* The last administrator goes only by --force. */
static int
ctl_staff_retire(ctl_t *ctl, const ctl_staff_t *staff, int force)
{
    int          done;
    civic_str_t  keys[2], args[4];
    ctl_audit_t  audit;

    keys[0] = CIVIC_STR(CIVIC_STAFF_ADMINISTRATORS);

    if (ctl_audit(ctl, "civicctl staff disable",
                  "staff.administrator_retired", staff->pid,
                  json_pack("{s:b}", "forced", force), keys[0], &audit) != 0)
    {
        return -1;
    }

    keys[1] = audit.outbox;
    args[3] = audit.sealed;
    args[0] = CIVIC_STR("");
    args[1] = civic_cstr(staff->pid);
    args[2] = civic_cstr(force ? "1" : "0");
    done = ctl_staff_script(ctl, "staff_retire", keys, 2, args, 4);

    if (done == 0) {
        ctl_complain(ctl, "这是最后一位管理员；确要停用请加 --force",
                     "this is the last administrator; --force disables it "
                     "nevertheless");
    }

    return done == 1 ? 0 : -1;
}


static int
ctl_staff_switch(ctl_t *ctl, const ctl_staff_arguments_t *given, int disable)
{
    int                done, administrator;
    char               roles[CIVIC_ROLES_TEXT];
    civic_str_t        keys[3], args[4];
    ctl_audit_t        audit;
    ctl_staff_t        staff;
    ctl_staff_state_t  state;

    if (given->name == NULL) {
        return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
    }

    if (ctl_staff_find(ctl, given->name, &staff) != 0
        || ctl_staff_read(ctl, &staff, &state) != 0)
    {
        return CTL_PROBLEM;
    }

    administrator = (state.roles & CIVIC_ROLE_ADMINISTRATOR) != 0;

    if (administrator && disable
        && ctl_staff_retire(ctl, &staff, given->force) != 0)
    {
        return CTL_PROBLEM;
    }

    (void) civic_roles_format(state.roles, roles);
    keys[0] = civic_cstr(staff.record);
    keys[1] = civic_cstr(staff.sessions);
    args[0] = civic_cstr(state.version);
    args[1] = civic_cstr(roles);
    args[2] = civic_cstr(disable ? "1" : "0");

    if (ctl_audit(ctl, disable ? "civicctl staff disable"
                               : "civicctl staff enable",
                  "staff.account_changed", staff.pid,
                  json_pack("{s:s, s:b, s:b}", "roles", roles, "disabled",
                            disable, "disabled_before", state.disabled),
                  keys[0], &audit) != 0)
    {
        return CTL_PROBLEM;
    }

    keys[2] = audit.outbox;
    args[3] = audit.sealed;
    done = ctl_staff_script(ctl, "staff_change", keys, 3, args, 4);

    if (done == 0) {
        ctl_complain(ctl, "账号刚被他人修改，请重试",
                     "somebody changed the account just now: try again");
    }

    if (done != 1
        || ctl_staff_enlist(ctl, &staff, state.created,
                            administrator && !disable) != 0)
    {
        return CTL_PROBLEM;
    }

    ctl_say(ctl, disable ? "已停用，所有会话均已结束：%s" : "已启用：%s",
            disable ? "disabled, all sessions are over: %s" : "enabled: %s",
            staff.name);

    return CTL_FINE;
}


/* ---- reset ------------------------------------------------------------- */

static int
ctl_staff_reset(ctl_t *ctl, const ctl_staff_arguments_t *given)
{
    int                done;
    char               password[CTL_PASSWORD_ROOM], now[CTL_STAFF_TEXT];
    civic_str_t        keys[4], args[3];
    ctl_audit_t        audit;
    ctl_staff_t        staff;
    unsigned char      out[CIVIC_ARGON2_TEXT + CIVIC_SEAL_OVERHEAD];
    ctl_staff_state_t  state;

    if (given->name == NULL) {
        return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
    }

    if (ctl_staff_find(ctl, given->name, &staff) != 0
        || ctl_staff_read(ctl, &staff, &state) != 0
        || ctl_audit(ctl, "civicctl staff reset", "staff.account_reset",
                     staff.pid, NULL, civic_cstr(staff.record), &audit) != 0
        || ctl_staff_password(ctl, given, &staff, password, out, &args[0])
           != 0)
    {
        return CTL_PROBLEM;
    }

    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());
    keys[0] = civic_cstr(staff.record);
    keys[1] = civic_cstr(staff.guesses);
    keys[2] = civic_cstr(staff.sessions);
    keys[3] = audit.outbox;
    args[1] = civic_cstr(now);
    args[2] = audit.sealed;
    done = ctl_staff_script(ctl, "staff_reset", keys, 4, args, 3);

    if (done == 1) {
        ctl_say(ctl, "已重置，所有会话均已结束：%s",
                "reset, all sessions are over: %s", staff.name);
        ctl_staff_tell_password(ctl, given, password);
    }

    explicit_bzero(password, sizeof(password));

    return done == 1 ? CTL_FINE : CTL_PROBLEM;
}


/* ---- code -------------------------------------------------------------- */

static int
ctl_staff_code(ctl_t *ctl, const ctl_staff_arguments_t *given)
{
    char           code[CIVIC_TOTP_DIGITS + 1];
    size_t         len;
    unsigned char  secret[CIVIC_TOTP_SECRETS];

    if (given->secret == NULL) {
        return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
    }

    if (ctl_staff_secret(ctl, given->secret, secret, &len) != 0
        || civic_totp_code(secret, len, ctl_now() / 1000, code) != 0)
    {
        return CTL_PROBLEM;
    }

    (void) fprintf(ctl->out, "%s\n", code);

    return CTL_FINE;
}


int
ctl_cmd_staff(ctl_t *ctl, int argc, char **argv)
{
    ctl_staff_arguments_t  given;

    memset(&given, 0, sizeof(given));

    if (argc < 2 || ctl_staff_arguments(argc, argv, &given) != 0) {
        return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
    }

    if (strcmp(argv[1], "add") == 0) {
        return ctl_staff_add(ctl, &given);
    }

    if (strcmp(argv[1], "list") == 0) {
        return ctl_staff_list(ctl);
    }

    if (strcmp(argv[1], "disable") == 0) {
        return ctl_staff_switch(ctl, &given, 1);
    }

    if (strcmp(argv[1], "enable") == 0) {
        return ctl_staff_switch(ctl, &given, 0);
    }

    if (strcmp(argv[1], "reset") == 0) {
        return ctl_staff_reset(ctl, &given);
    }

    if (strcmp(argv[1], "code") == 0) {
        return ctl_staff_code(ctl, &given);
    }

    return ctl_usage(ctl, CTL_STAFF_ZH, CTL_STAFF_EN);
}
