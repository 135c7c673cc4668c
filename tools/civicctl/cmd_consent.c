/*
 * cmd_consent.c - "civicctl consent withdraw": a withdrawal that the operator
 * makes again, because a restored copy of the data has forgotten it.
 *
 * What is written is what the plugin "civic" writes, by its own script: the
 * consent does not hold from here on, what was kept under it waits for the
 * plugin's job "erasures", and the audit trail is told who did it.
 */

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "ctl_audit.h"
#include "ctl_options.h"
#include "password.h"

#define CTL_CONSENT_KEY       96
#define CTL_CONSENT_NUMBER    24
#define CTL_CONSENT_ACTION    "civic.consent_withdrawn"
#define CTL_CONSENT_SEAL      "consents"            /* the plugin's purpose */
#define CTL_CONSENT_CONTEXT   "erasure"
#define CTL_CONSENT_ERASURES  "civic.erasures"      /* its outbox */

#define CTL_CONSENT_ZH                                                        \
    "civicctl consent withdraw --pid 人员标识 --purpose 用途"
#define CTL_CONSENT_EN                                                        \
    "civicctl consent withdraw --pid PID --purpose NAME"

/* The consent that holds. */
typedef struct {
    civic_str_t   pid;
    civic_str_t   purpose;
    char          id[CTL_CONSENT_KEY];
    char          key[CTL_CONSENT_KEY];
} ctl_consent_t;


static int
ctl_consent_parse(int argc, char **argv, ctl_consent_t *consent)
{
    const char          *pid = NULL, *purpose = NULL;
    const ctl_option_t   options[] = {
        { "--pid", &pid, NULL },
        { "--purpose", &purpose, NULL },
    };

    if (argc < 2 || strcmp(argv[1], "withdraw") != 0
        || CTL_OPTIONS(argc - 2, argv + 2, options) != 0)
    {
        return -1;
    }

    consent->pid = civic_cstr(pid);
    consent->purpose = civic_cstr(purpose);

    return consent->pid.len > 0 && consent->purpose.len > 0 ? 0 : -1;
}


/* A person is named as in the audit trail; the hash has fields with ":",
   which are no purposes. */
static int
ctl_consent_check(ctl_t *ctl, const ctl_consent_t *consent)
{
    static const char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";

    if (consent->pid.len != CIVIC_PID_LEN
        || strspn(consent->pid.data, letters) != CIVIC_PID_LEN)
    {
        ctl_complain(ctl, "\"%s\" 不是人员标识：应为审计记录中的 %d 个字符"
                     "（字母、数字、- 和 _）",
                     "\"%s\" is no pid: one has %d letters, digits, - and _, "
                     "as the audit trail has it", consent->pid.data,
                     CIVIC_PID_LEN);
        return -1;
    }

    if (strchr(consent->purpose.data, ':') != NULL) {
        ctl_complain(ctl, "\"%s\" 不是同意的用途", "\"%s\" is no purpose of a "
                     "consent", consent->purpose.data);
        return -1;
    }

    return 0;
}


/* 1 if there is one, 0 if not, -1 if Redis does not tell. */
static int
ctl_consent_find(ctl_t *ctl, ctl_consent_t *consent)
{
    int          found;
    redisReply  *reply;

    (void) snprintf(consent->key, sizeof(consent->key),
                    "civic:{p:%s}:consents", consent->pid.data);

    reply = CTL_REDIS(ctl, CIVIC_STR("HGET"), civic_cstr(consent->key),
                      consent->purpose);

    if (reply == NULL) {
        return -1;
    }

    found = reply->type == REDIS_REPLY_STRING
            && reply->len < sizeof(consent->id);

    if (found) {
        memcpy(consent->id, reply->str, reply->len + 1);
    }

    freeReplyObject(reply);

    return found;
}


/* The outbox of erasures near it. */
static void
ctl_consent_outbox(ctl_t *ctl, const ctl_consent_t *consent,
    char outbox[CIVIC_OUTBOX_KEY])
{
    int  cluster;

    cluster = strcmp(ctl_conf_word(ctl_conf(ctl), "civic_redis_cluster",
                                   "off"), "on") == 0;

    (void) civic_outbox_key(CTL_CONSENT_ERASURES,
                            civic_outbox_number(civic_cstr(consent->key),
                                                cluster), outbox);
}


/* What the job is to erase: malloc'ed; .data == NULL: no memory. */
static civic_str_t
ctl_consent_erasure(civic_keyring_t *keyring, const ctl_consent_t *consent)
{
    char             *text, *out = NULL;
    json_t           *tree;
    int64_t           len = -1;
    civic_purpose_t  *purpose;

    purpose = civic_keyring_purpose(keyring, CTL_CONSENT_SEAL);
    tree = json_pack("{s:s,s:s,s:s}", "pid", consent->pid.data,
                     "purpose", consent->purpose.data,
                     "consent_id", consent->id);
    text = tree == NULL ? NULL
                        : json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(tree);

    if (text != NULL && purpose != NULL) {
        out = malloc(strlen(text) + CIVIC_SEAL_OVERHEAD);
    }

    if (out != NULL) {
        len = civic_purpose_seal(purpose, CIVIC_STR(CTL_CONSENT_CONTEXT),
                                 civic_cstr(text), (unsigned char *) out);
    }

    free(text);

    if (len < 0) {
        free(out);
        out = NULL;
    }

    return (civic_str_t) { out, out == NULL ? 0 : (size_t) len };
}


/* ---- the script -------------------------------------------------------- */

/* 1 done, 0 changed meanwhile, -1 failed and told. */
static int
ctl_consent_run(ctl_t *ctl, const ctl_consent_t *consent,
    civic_str_t erasure, const ctl_audit_t *audit)
{
    int          done;
    char         now[CTL_CONSENT_NUMBER], outbox[CIVIC_OUTBOX_KEY];
    redisReply  *reply;
    civic_str_t  keys[3], args[7];

    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());
    ctl_consent_outbox(ctl, consent, outbox);

    keys[0] = civic_cstr(consent->key);
    keys[1] = civic_cstr(outbox);
    keys[2] = audit->outbox;
    args[0] = consent->purpose;
    args[1] = civic_cstr(consent->id);
    args[2] = civic_cstr(now);
    args[3] = civic_cstr(now);          /* nobody is at it: the job may */
    args[4] = erasure;
    args[5] = audit->sealed;
    args[6] = CIVIC_STR("withdrawn");

    reply = ctl_script(ctl, "civic_consent_withdraw", keys, 3, args, 7);

    if (reply == NULL) {
        return -1;
    }

    done = reply->type == REDIS_REPLY_STRING && reply->len > 0;
    freeReplyObject(reply);

    return done;
}


static int
ctl_consent_withdraw(ctl_t *ctl, const ctl_consent_t *consent)
{
    int               rc;
    civic_str_t       erasure;
    ctl_audit_t       audit;
    civic_keyring_t  *keyring = ctl_keyring(ctl);

    if (keyring == NULL
        || ctl_audit(ctl, "civicctl consent withdraw", CTL_CONSENT_ACTION,
                     consent->pid.data,
                     json_pack("{s:s,s:s}",
                               "purpose", consent->purpose.data,
                               "consent_id", consent->id),
                     civic_cstr(consent->key), &audit) != 0)
    {
        return -1;
    }

    erasure = ctl_consent_erasure(keyring, consent);

    if (erasure.data == NULL) {
        ctl_complain(ctl, "内存不足", "no memory");
        return -1;
    }

    rc = ctl_consent_run(ctl, consent, erasure, &audit);
    free((void *) (uintptr_t) erasure.data);

    if (rc == 0) {
        ctl_complain(ctl, "同意刚被更改，请重试",
                     "the consent was changed just now: try again");
    }

    return rc;
}


int
ctl_cmd_consent(ctl_t *ctl, int argc, char **argv)
{
    int            found;
    ctl_consent_t  consent = { .id = "" };

    if (ctl_consent_parse(argc, argv, &consent) != 0) {
        return ctl_usage(ctl, CTL_CONSENT_ZH, CTL_CONSENT_EN);
    }

    if (ctl_consent_check(ctl, &consent) != 0) {
        return CTL_USAGE;
    }

    found = ctl_conf(ctl) == NULL ? -1 : ctl_consent_find(ctl, &consent);

    if (found == 0) {
        ctl_say(ctl, "没有可撤回的同意：%s %s", "there is no consent to "
                "withdraw: %s %s", consent.pid.data, consent.purpose.data);
        return CTL_FINE;
    }

    if (found < 0 || ctl_consent_withdraw(ctl, &consent) != 1) {
        return CTL_PROBLEM;
    }

    ctl_say(ctl, "已撤回，随后由任务 civic.erasures 删除：%s %s",
            "withdrawn, the job civic.erasures erases next: %s %s",
            consent.pid.data, consent.purpose.data);

    return CTL_FINE;
}
