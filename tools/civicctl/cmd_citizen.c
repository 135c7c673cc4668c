/*
 * cmd_citizen.c - "civicctl citizen": people whose identity the operator
 * vouches for, and example people.
 *
 * What is written is what the login plugin writes and reads: the record of
 * kit/person_record.h, by the script login_register.  What is shown is
 * masked.  A password on the command line can be seen by every user of the
 * machine: --password-stdin is there for that.
 */

#include <stdlib.h>

#include "ctl.h"
#include "ctl_options.h"
#include "instant.h"
#include "password.h"
#include "person_record.h"

#define CTL_CITIZEN_MIN_YEAR    1900
#define CTL_CITIZEN_KEY         96
#define CTL_CITIZEN_TEXT        40

#define CTL_CITIZEN_ZH                                                        \
    "civicctl citizen add --id-number 号码 --name 姓名\n"                     \
    "          (--password 密码 | --password-stdin | --generate)\n"           \
    "          [--kind foreign_pr_old] [--replace]\n"                         \
    "      civicctl citizen show --id-number 号码 [--kind foreign_pr_old]"
#define CTL_CITIZEN_EN                                                        \
    "civicctl citizen add --id-number NUMBER --name NAME\n"                   \
    "           (--password PASSWORD | --password-stdin | --generate)\n"      \
    "           [--kind foreign_pr_old] [--replace]\n"                        \
    "       civicctl citizen show --id-number NUMBER [--kind foreign_pr_old]"

typedef struct {
    const char  *id_number;
    const char  *name;
    const char  *kind;
    const char  *password;
    int          from_stdin;
    int          generate;
    int          replace;
} ctl_citizen_arguments_t;

/* A person with the keys that are asked for in Redis. */
typedef struct {
    civic_person_identity_t   identity;
    civic_purpose_t          *identities;
    civic_purpose_t          *passwords;
    char                      pid[CIVIC_PID_LEN + 1];
    char                      person[CTL_CITIZEN_KEY];
    char                      login[CTL_CITIZEN_KEY];
    char                      sessions[CTL_CITIZEN_KEY];
} ctl_citizen_t;


/* ---- arguments --------------------------------------------------------- */

static int
ctl_citizen_arguments(int argc, char **argv, ctl_citizen_arguments_t *given)
{
    const ctl_option_t  options[] = {
        { "--id-number", &given->id_number, NULL },
        { "--name", &given->name, NULL },
        { "--kind", &given->kind, NULL },
        { "--password", &given->password, NULL },
        { "--password-stdin", NULL, &given->from_stdin },
        { "--generate", NULL, &given->generate },
        { "--replace", NULL, &given->replace },
    };

    return CTL_OPTIONS(argc - 2, argv + 2, options) != 0
           || given->id_number == NULL ? -1 : 0;
}


/* ---- who it is --------------------------------------------------------- */

static int
ctl_citizen_number(ctl_t *ctl, const ctl_citizen_arguments_t *given,
    civic_id_number_t *id)
{
    civic_id_kind_t    kind;
    civic_id_rules_t   rules = { .minimum_year = CTL_CITIZEN_MIN_YEAR };
    civic_id_reason_t  reason;

    rules.today = civic_date_in_china(ctl_now());

    if (given->kind != NULL) {
        if (civic_id_kind_parse(given->kind, &kind) != 0) {
            ctl_complain(ctl, "没有证件类型 \"%s\"",
                         "there is no kind of document \"%s\"", given->kind);
            return -1;
        }

        rules.flags = kind == CIVIC_ID_FOREIGN_OLD ? CIVIC_ID_OLD_CARD : 0;
    }

    reason = civic_id_number_parse(given->id_number, strlen(given->id_number),
                                   &rules, id);

    if (reason != CIVIC_ID_OK) {
        ctl_complain(ctl, "请输入正确的身份证（%s）",
                     "the identity number is not right (%s)",
                     civic_id_reason_name(reason));
        return -1;
    }

    if (given->kind != NULL && id->kind != kind) {
        ctl_complain(ctl, "号码不属于证件类型 \"%s\"",
                     "the number is not of the kind \"%s\"", given->kind);
        return -1;
    }

    return 0;
}


static int
ctl_citizen_name(ctl_t *ctl, const char *name, ctl_citizen_t *citizen)
{
    civic_name_reason_t  reason;

    reason = civic_name_check(name, strlen(name));

    if (reason != CIVIC_NAME_OK) {
        ctl_complain(ctl, "姓名有误（%s）", "the name is not right (%s)",
                     civic_name_reason_name(reason));
        return -1;
    }

    citizen->identity.name_len = strlen(name);
    memcpy(citizen->identity.name, name, citizen->identity.name_len + 1);

    return 0;
}


static int
ctl_citizen_find(ctl_t *ctl, const ctl_citizen_arguments_t *given,
    ctl_citizen_t *citizen)
{
    civic_str_t       canonical;
    civic_keyring_t  *keyring;

    memset(citizen, 0, sizeof(*citizen));

    if (ctl_citizen_number(ctl, given, &citizen->identity.id) != 0) {
        return -1;
    }

    keyring = ctl_keyring(ctl);

    if (keyring == NULL) {
        return -1;
    }

    canonical.data = citizen->identity.id.text;
    canonical.len = citizen->identity.id.len;
    citizen->identities = civic_keyring_purpose(keyring, CIVIC_IDENTITY);
    citizen->passwords = civic_keyring_purpose(keyring, CIVIC_PASSWORD);

    if (citizen->identities == NULL || citizen->passwords == NULL
        || civic_keyring_person_id(keyring, canonical, citizen->pid) != 0)
    {
        ctl_complain(ctl, "内存不足", "no memory");
        return -1;
    }

    (void) snprintf(citizen->person, sizeof(citizen->person),
                    "civic:{p:%s}:%s", citizen->pid, CIVIC_PERSON_FAMILY);
    (void) snprintf(citizen->login, sizeof(citizen->login),
                    "civic:{p:%s}:login", citizen->pid);
    (void) snprintf(citizen->sessions, sizeof(citizen->sessions),
                    "civic:{p:%s}:sessions", citizen->pid);

    return 0;
}


/* ---- the password ------------------------------------------------------ */

/* password has CTL_PASSWORD_ROOM bytes. */
static int
ctl_citizen_password(ctl_t *ctl, const ctl_citizen_arguments_t *given,
    char *password)
{
    if (given->generate) {
        return ctl_password_generate(ctl, password);
    }

    if (given->from_stdin) {
        return ctl_password_read(ctl, password);
    }

    (void) snprintf(password, CTL_PASSWORD_ROOM, "%s", given->password);

    return ctl_password_check(ctl, password);
}


/* ---- add --------------------------------------------------------------- */

/* 1 registered, 2 replaced, 0 there already; -1: it was complained. */
static int
ctl_citizen_register(ctl_t *ctl, const ctl_citizen_t *citizen,
    civic_str_t identity, civic_str_t password, int replace)
{
    int          done;
    char         now[CTL_CITIZEN_TEXT];
    redisReply  *reply;
    civic_str_t  keys[3], args[4];

    keys[0] = civic_cstr(citizen->person);
    keys[1] = civic_cstr(citizen->login);
    keys[2] = civic_cstr(citizen->sessions);

    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());
    args[0] = identity;
    args[1] = password;
    args[2] = civic_cstr(now);
    args[3] = civic_cstr(replace ? "replace" : "keep");

    reply = ctl_script(ctl, "login_register", keys, 3, args, 4);

    if (reply == NULL) {
        return -1;
    }

    done = reply->type == REDIS_REPLY_INTEGER ? (int) reply->integer : -1;
    freeReplyObject(reply);

    if (done < 0) {
        ctl_complain(ctl, "Redis 的回答无法理解",
                     "Redis answered what the script cannot");
    }

    return done;
}


static int
ctl_citizen_write(ctl_t *ctl, const ctl_citizen_t *citizen,
    const char *encoded, int replace)
{
    char           plain[CIVIC_IDENTITY_TEXT];
    int64_t        len;
    civic_str_t    identity, password;
    unsigned char  first[CIVIC_IDENTITY_TEXT + CIVIC_SEAL_OVERHEAD];
    unsigned char  second[CIVIC_ARGON2_TEXT + CIVIC_SEAL_OVERHEAD];

    len = civic_person_identity_encode(&citizen->identity, plain);

    if (len < 0) {
        ctl_complain(ctl, "内存不足", "no memory");
        return -1;
    }

    if (ctl_seal(ctl, citizen->identities, citizen->pid,
                 (civic_str_t) { plain, (size_t) len }, first, &identity) != 0
        || ctl_seal(ctl, citizen->passwords, citizen->pid,
                    civic_cstr(encoded), second, &password) != 0)
    {
        return -1;
    }

    return ctl_citizen_register(ctl, citizen, identity, password, replace);
}


static int
ctl_citizen_report(ctl_t *ctl, const ctl_citizen_t *citizen, int done)
{
    char  name[CIVIC_NAME_BYTES], number[CIVIC_ID_TEXT];

    (void) civic_name_mask(citizen->identity.name, citizen->identity.name_len,
                           name);
    (void) civic_id_number_mask(citizen->identity.id.text,
                                citizen->identity.id.len, number);

    if (done == 0) {
        ctl_complain(ctl, "%s 已登记；要重设姓名和密码，请加 --replace",
                     "%s is there already; --replace sets name and password "
                     "anew", number);
        return CTL_PROBLEM;
    }

    ctl_say(ctl, done == 1 ? "已登记：%s %s" : "已重设，原有会话均已退出：%s %s",
            done == 1 ? "added: %s %s"
                      : "set anew, all sessions are over: %s %s",
            name, number);

    return CTL_FINE;
}


static int
ctl_citizen_add(ctl_t *ctl, const ctl_citizen_arguments_t *given)
{
    int            done;
    char           password[CTL_PASSWORD_ROOM];
    char           encoded[CIVIC_ARGON2_TEXT];
    ctl_citizen_t  citizen;

    if (given->name == NULL
        || (given->password != NULL) + given->from_stdin + given->generate
           != 1)
    {
        return ctl_usage(ctl, CTL_CITIZEN_ZH, CTL_CITIZEN_EN);
    }

    if (ctl_citizen_find(ctl, given, &citizen) != 0
        || ctl_citizen_name(ctl, given->name, &citizen) != 0
        || ctl_citizen_password(ctl, given, password) != 0
        || ctl_password_hash(ctl, password, encoded) != 0)
    {
        return CTL_PROBLEM;
    }

    done = ctl_citizen_write(ctl, &citizen, encoded, given->replace);

    if (done < 0 || ctl_citizen_report(ctl, &citizen, done) != CTL_FINE) {
        explicit_bzero(password, sizeof(password));
        return CTL_PROBLEM;
    }

    if (given->generate) {
        ctl_say(ctl, "密码：%s", "password: %s", password);
    }

    explicit_bzero(password, sizeof(password));

    return CTL_FINE;
}


/* ---- show -------------------------------------------------------------- */

static void
ctl_citizen_show_instant(ctl_t *ctl, const char *zh, const char *en,
    const redisReply *value)
{
    char  text[CIVIC_INSTANT_LEN + 1];

    if (value->type != REDIS_REPLY_STRING) {
        (void) snprintf(text, sizeof(text), "-");

    } else {
        (void) civic_instant_format(strtoll(value->str, NULL, 10), text);
    }

    (void) fprintf(ctl->out, "%-16s %s\n",
                   ctl->language == CIVIC_ZH ? zh : en, text);
}


static void
ctl_citizen_show_person(ctl_t *ctl, const civic_person_identity_t *who)
{
    int          chinese = ctl->language == CIVIC_ZH;
    char         name[CIVIC_NAME_BYTES], number[CIVIC_ID_TEXT];
    char         day[CIVIC_DATE_TEXT] = "-";
    const char  *sex = "-";

    (void) civic_name_mask(who->name, who->name_len, name);
    (void) civic_id_number_mask(who->id.text, who->id.len, number);

    if (who->id.has_birth) {
        civic_date_format(who->id.birth, day);
        sex = who->id.sex == 'M' ? (chinese ? "男" : "male")
                                 : (chinese ? "女" : "female");
    }

    (void) fprintf(ctl->out, "%-16s %s\n%-16s %s\n%-16s %s\n%-16s %s\n"
                   "%-16s %s\n",
                   chinese ? "姓名" : "name", name,
                   chinese ? "证件号码" : "id number", number,
                   chinese ? "证件类型" : "kind",
                   civic_id_kind_name(who->id.kind),
                   chinese ? "出生日期" : "birth date", day,
                   chinese ? "性别" : "sex", sex);
}


static int
ctl_citizen_open(ctl_t *ctl, ctl_citizen_t *citizen, const redisReply *sealed)
{
    int64_t         len = -1;
    unsigned char  *plain;

    plain = malloc(sealed->len + 1);

    if (plain != NULL) {
        len = civic_purpose_open(citizen->identities,
                                 civic_cstr(citizen->pid),
                                 (civic_str_t) { sealed->str, sealed->len },
                                 plain);
    }

    if (len < 0
        || civic_person_identity_decode((const char *) plain, (size_t) len,
                                        &citizen->identity) != 0)
    {
        ctl_complain(ctl, "记录无法解密：密钥环不对，或记录已损坏",
                     "the record cannot be opened: another keyring, or "
                     "damaged");
        free(plain);
        return -1;
    }

    explicit_bzero(plain, (size_t) len);
    free(plain);

    return 0;
}


static int
ctl_citizen_show_record(ctl_t *ctl, ctl_citizen_t *citizen,
    const redisReply *record, const redisReply *sessions)
{
    if (record->type != REDIS_REPLY_ARRAY || record->elements != 3
        || record->element[0]->type != REDIS_REPLY_STRING)
    {
        ctl_complain(ctl, "没有此人", "there is no such person");
        return CTL_PROBLEM;
    }

    if (ctl_citizen_open(ctl, citizen, record->element[0]) != 0) {
        return CTL_PROBLEM;
    }

    ctl_citizen_show_person(ctl, &citizen->identity);
    ctl_citizen_show_instant(ctl, "登记时间", "added", record->element[1]);
    ctl_citizen_show_instant(ctl, "密码设置时间", "password set",
                             record->element[2]);
    (void) fprintf(ctl->out, "%-16s %lld\n%-16s %s\n",
                   ctl->language == CIVIC_ZH ? "会话数" : "sessions",
                   sessions->type == REDIS_REPLY_INTEGER ? sessions->integer
                                                         : 0,
                   "pid", citizen->pid);

    return CTL_FINE;
}


static int
ctl_citizen_show(ctl_t *ctl, const ctl_citizen_arguments_t *given)
{
    int             rc = CTL_PROBLEM;
    redisReply     *record, *sessions = NULL;
    ctl_citizen_t   citizen;

    if (ctl_citizen_find(ctl, given, &citizen) != 0) {
        return CTL_PROBLEM;
    }

    record = CTL_REDIS(ctl, CIVIC_STR("HMGET"), civic_cstr(citizen.person),
                       CIVIC_STR(CIVIC_IDENTITY), CIVIC_STR("created_at"),
                       CIVIC_STR("password_set_at"));
    if (record != NULL) {
        sessions = CTL_REDIS(ctl, CIVIC_STR("HLEN"),
                             civic_cstr(citizen.sessions));
    }

    if (sessions != NULL) {
        rc = ctl_citizen_show_record(ctl, &citizen, record, sessions);
    }

    freeReplyObject(record);
    freeReplyObject(sessions);

    return rc;
}


int
ctl_cmd_citizen(ctl_t *ctl, int argc, char **argv)
{
    ctl_citizen_arguments_t  given;

    memset(&given, 0, sizeof(given));

    if (argc >= 2 && ctl_citizen_arguments(argc, argv, &given) == 0) {
        if (strcmp(argv[1], "add") == 0) {
            return ctl_citizen_add(ctl, &given);
        }

        if (strcmp(argv[1], "show") == 0) {
            return ctl_citizen_show(ctl, &given);
        }
    }

    return ctl_usage(ctl, CTL_CITIZEN_ZH, CTL_CITIZEN_EN);
}
