/*
 * cmd_code.c - "civicctl code verify": whether a printed code is genuine, with
 * files alone: no network, no nginx, no Redis.
 *
 * Who verifies has the keys (what GET /kinship/keys or /ticket/keys answered)
 * and the list of what is withdrawn (GET /kinship/revocations), both taken
 * along.  What cannot be told is never called genuine: an own exit code.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "ctl_code.h"
#include "ctl_options.h"
#include "instant.h"
#include "paper_labels.h"

#define CTL_CODE_LIST  (4 * 1024 * 1024)    /* bytes of files, at most */
#define CTL_CODE_TEXT  4096

#define CTL_CODE_ZH                                                           \
    "civicctl code verify [文件|-] --keys keys.json\n"                        \
    "          [--revocations list.json] [--seen 文件] [--at 时间]\n\n"       \
    "退出码：0 真实有效；1 不可采信；3 无法判断。"
#define CTL_CODE_EN                                                           \
    "civicctl code verify [FILE|-] --keys keys.json\n"                        \
    "           [--revocations list.json] [--seen FILE] [--at TIME]\n\n"      \
    "exit codes: 0 genuine, 1 not to be accepted, 3 it cannot be told."


typedef struct {
    const char  *code;                  /* file, or "-" */
    const char  *keys;
    const char  *revocations;
    const char  *seen;
    const char  *at;
} ctl_code_arguments_t;


/* ---- what is said ------------------------------------------------------- */

typedef struct {
    const char  *name;
    int          exit;
    const char  *zh;
    const char  *en;
} ctl_code_verdict_t;

static const ctl_code_verdict_t  verdicts[] = {
    { "ok", CTL_FINE, "真实有效", "genuine" },
    { "revoked", CTL_PROBLEM, "已作废：已被撤销，或已重新生成",
      "withdrawn: it was revoked, or a newer one was issued" },
    { "expired", CTL_PROBLEM, "已过期", "expired" },
    { "early", CTL_PROBLEM, "签发时间在将来：请核对本机时间，否则为伪造",
      "issued in the future: look at this machine's clock, or it is forged" },
    { "forged", CTL_PROBLEM, "签名不符：伪造，或内容被改动",
      "the signature does not hold: forged, or changed" },
    { "malformed", CTL_PROBLEM, "码不完整或被改动",
      "cut, changed, or none of ours" },
    { "algorithm", CTL_PROBLEM, "签名算法不符：不是本系统签发的码",
      "signed by another algorithm: none of ours" },
    { "other", CTL_PROBLEM, "不是本系统的码", "a scan of something else" },
    { "key_unknown", CTL_CODE_UNTOLD,
      "没有签发它的公钥：请更新公钥文件；更新后仍如此，则为伪造",
      "its key is not in the file of keys: fetch that anew; if it is still "
      "not there, the code is forged" },
    { "list_missing", CTL_CODE_UNTOLD,
      "签名真实，但没有作废名单，无法判断是否已作废",
      "signed by us, but without a list it cannot be told whether it was "
      "withdrawn" },
    { "list_old", CTL_CODE_UNTOLD,
      "签名真实，但作废名单过旧，无法判断是否已作废：请更新名单",
      "signed by us, but the list is too old to tell whether it was "
      "withdrawn: fetch it anew" },
    { "list_older", CTL_CODE_UNTOLD,
      "签名真实，但作废名单比本机用过的旧，无法判断是否已作废：请更新名单",
      "signed by us, but a newer list was used here before: it cannot be told "
      "whether it was withdrawn, fetch the list anew" },
    { "list_forged", CTL_CODE_UNTOLD,
      "作废名单的签名不符：名单被改动，请重新获取",
      "the list of what is withdrawn is forged or changed: fetch it anew" },
    { "list_malformed", CTL_CODE_UNTOLD,
      "作废名单不完整：请重新获取",
      "the list of what is withdrawn is cut, or none: fetch it anew" },
    { "list_key_unknown", CTL_CODE_UNTOLD,
      "没有签署作废名单的公钥：请更新公钥文件与名单",
      "the key of the list is not in the file of keys: fetch both anew" },
    { "list_early", CTL_CODE_UNTOLD,
      "作废名单的时间在将来：请核对本机时间",
      "the list was made in the future: look at this machine's clock" },
};


static int
ctl_code_tell(ctl_t *ctl, const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcmp(verdicts[i].name, name) == 0) {
            ctl_say(ctl, "结论：%s（%s）", "verdict: %s (%s)",
                    ctl->language == CIVIC_ZH ? verdicts[i].zh
                                              : verdicts[i].en, name);
            return verdicts[i].exit;
        }
    }

    ctl_complain(ctl, "内存不足", "there is no memory");

    return CTL_CODE_UNTOLD;
}


static void
ctl_code_text(ctl_t *ctl, const char *zh, const char *en,
    const civic_cwt_t *token, int64_t label)
{
    const civic_cwt_text_t  *text = civic_cwt_find(token, label);

    if (text != NULL) {
        ctl_say(ctl, "%s：%.*s", "%s: %.*s",
                ctl->language == CIVIC_ZH ? zh : en, (int) text->len,
                text->data);
    }
}


/* "family", "ticket", or NULL: signed by us, and neither. */
static const char *
ctl_code_profile(const civic_cwt_t *token)
{
    const civic_cwt_text_t  *kind = civic_cwt_find(token, CIVIC_PAPER_KIND);

    if (kind != NULL && token->ntexts == 2
        && civic_cwt_find(token, CIVIC_PAPER_NAME) != NULL)
    {
        return (kind->len == 3 && (memcmp(kind->data, CIVIC_PAPER_OWN, 3) == 0
                                   || memcmp(kind->data, CIVIC_PAPER_KIN, 3)
                                      == 0))
               ? "family" : NULL;
    }

    return civic_cwt_find(token, CIVIC_PAPER_EXAM) != NULL ? "ticket" : NULL;
}


/* All that stands in it, for who compares it with what is printed. */
static void
ctl_code_show(ctl_t *ctl, const civic_cwt_t *token)
{
    char                     at[CIVIC_INSTANT_LEN + 1];
    const civic_cwt_text_t  *kind = civic_cwt_find(token, CIVIC_PAPER_KIND);

    if (kind != NULL) {
        ctl_say(ctl, "种类：%s", "kind: %s",
                kind->data[0] == 'o'
                ? ctl->language == CIVIC_ZH ? "一码通" : "own code"
                : ctl->language == CIVIC_ZH ? "亲属码" : "a relative's code");
    }

    ctl_code_text(ctl, "姓名", "name", token, CIVIC_PAPER_NAME);
    ctl_code_text(ctl, "考试", "exam", token, CIVIC_PAPER_EXAM);
    ctl_code_text(ctl, "准考证号", "ticket", token, CIVIC_PAPER_NUMBER);
    ctl_code_text(ctl, "考点", "site", token, CIVIC_PAPER_SITE);
    ctl_code_text(ctl, "考场", "room", token, CIVIC_PAPER_ROOM);
    ctl_code_text(ctl, "座位", "seat", token, CIVIC_PAPER_SEAT);
    ctl_say(ctl, "签发单位：%.*s", "issued by: %.*s",
            (int) token->issuer_len, token->issuer);
    (void) civic_instant_format(token->issued_at * 1000, at);
    ctl_say(ctl, "签发时间：%s", "issued at: %s", at);
    (void) civic_instant_format(token->expires_at * 1000, at);
    ctl_say(ctl, "有效期至：%s", "valid until: %s", at);
}


/* "1 day 3 hours" is too fine: hours. */
static void
ctl_code_show_list(ctl_t *ctl, const civic_revocations_t *list,
    const ctl_code_keys_t *keys, int64_t now)
{
    char     at[CIVIC_INSTANT_LEN + 1];
    int64_t  age = now > list->made_at ? now - list->made_at : 0;

    (void) civic_instant_format(list->made_at * 1000, at);
    ctl_say(ctl, "作废名单：%s 生成，距今 %lld 小时，共 %zu 条",
            "list: made at %s, %lld {hour|hours} ago, %zu {entry|entries}", at,
            (long long) (age / 3600), list->count);

    if (age > keys->list_warn) {
        ctl_say(ctl, "注意：名单已超过 %lld 小时，请尽快更新",
                "note: the list is older than %lld {hour|hours}: fetch it "
                "anew soon", (long long) (keys->list_warn / 3600));
    }
}


/* ---- the verdict -------------------------------------------------------- */

/* A list whose signature holds: what it says of a code that it does not
   name. */
static const char *
ctl_code_unnamed(ctl_t *ctl, const ctl_code_t *code,
    const civic_revocations_t *list, civic_cwt_status_t status)
{
    if (status == CIVIC_CWT_EXPIRED
        || code->now - list->made_at > code->keys.list_most)
    {
        return "list_old";
    }

    if (code->seen != NULL && list->made_at < code->newest) {
        return "list_older";
    }

    if (code->seen != NULL && list->made_at > code->newest) {
        ctl_code_seen_write(ctl, code->seen, list->made_at);
    }

    return "ok";
}


static const char *
ctl_code_by_list(ctl_t *ctl, const ctl_code_t *code,
    const civic_cwt_t *token)
{
    const char           *name;
    civic_cwt_status_t    status;
    civic_revocations_t   list;

    if (code->list == NULL) {
        return "list_missing";
    }

    status = civic_revocations_read(ctl_code_all(&code->keys),
                                    code->keys.count, code->list,
                                    code->list_len, code->now,
                                    code->keys.leeway, &list);

    switch (status) {
    case CIVIC_CWT_OK:
    case CIVIC_CWT_EXPIRED:
        ctl_code_show_list(ctl, &list, &code->keys, code->now);
        name = civic_revocations_has(&list, token->id)
               ? "revoked" : ctl_code_unnamed(ctl, code, &list, status);
        break;
    case CIVIC_CWT_EARLY:
        name = "list_early";
        break;
    case CIVIC_CWT_FORGED:
        name = "list_forged";
        break;
    case CIVIC_CWT_KEY_UNKNOWN:
        name = "list_key_unknown";
        break;
    case CIVIC_CWT_NO_MEMORY:
        name = "no_memory";
        break;
    default:
        name = "list_malformed";
        break;
    }

    civic_revocations_free(&list);

    return name;
}


int
ctl_code_judge(ctl_t *ctl, const ctl_code_t *code)
{
    const char          *profile;
    civic_cwt_t          token;
    civic_cwt_status_t   status;

    status = civic_cwt_verify_text(ctl_code_all(&code->keys),
                                   code->keys.count, code->text, code->len,
                                   code->now, code->keys.leeway, &token);

    if (status != CIVIC_CWT_OK && status != CIVIC_CWT_EXPIRED
        && status != CIVIC_CWT_EARLY)
    {
        return ctl_code_tell(ctl, civic_cwt_status_name(status));
    }

    profile = ctl_code_profile(&token);

    if (profile == NULL) {
        return ctl_code_tell(ctl, "other");
    }

    ctl_code_show(ctl, &token);

    if (status != CIVIC_CWT_OK) {
        return ctl_code_tell(ctl, civic_cwt_status_name(status));
    }

    if (strcmp(profile, "family") == 0) {
        return ctl_code_tell(ctl, ctl_code_by_list(ctl, code, &token));
    }

    ctl_say(ctl, "注意：座位是否已收回，只有联网核验才知道",
            "note: whether the seat was given back, only the door knows");

    return ctl_code_tell(ctl, "ok");
}


/* ---- files -------------------------------------------------------------- */

/* All of it, malloc's and NUL-terminated; NULL: told. */
static char *
ctl_code_file(ctl_t *ctl, const char *path, size_t most, size_t *len)
{
    int    standard = strcmp(path, "-") == 0, error;
    char  *text = malloc(most + 2);
    FILE  *in = standard ? stdin : fopen(path, "rb");

    if (text == NULL || in == NULL) {
        error = text == NULL ? ENOMEM : errno;
        ctl_complain(ctl, "无法读取 %s：%s", "%s cannot be read: %s", path,
                     strerror(error));
        free(text);
        if (in != NULL && !standard) {
            (void) fclose(in);
        }
        return NULL;
    }

    *len = fread(text, 1, most + 1, in);
    error = ferror(in);

    if (!standard) {
        (void) fclose(in);
    }

    if (error || *len > most) {
        ctl_complain(ctl, "无法读取 %s，或超过 %zu 字节",
                     "%s cannot be read, or is longer than %zu bytes", path,
                     most);
        free(text);
        return NULL;
    }

    text[*len] = '\0';

    return text;
}


/* A scanner ends its line; what a code holds has no such end. */
static void
ctl_code_trim(ctl_code_t *code)
{
    while (code->len > 0
           && (code->text[code->len - 1] == '\n'
               || code->text[code->len - 1] == '\r'))
    {
        code->len--;
    }
}


static int
ctl_code_gather(ctl_t *ctl, const ctl_code_arguments_t *given,
    ctl_code_t *code)
{
    int     rc;
    char   *text;
    size_t  len;

    text = ctl_code_file(ctl, given->keys, CTL_CODE_LIST, &len);
    rc = text == NULL ? -1 : ctl_code_keys_read(ctl, text, len, &code->keys);
    free(text);

    if (rc == 0 && given->revocations != NULL) {
        code->list = ctl_code_file(ctl, given->revocations, CTL_CODE_LIST,
                                   &code->list_len);
        rc = code->list == NULL ? -1 : 0;
    }

    if (rc == 0) {
        code->text = ctl_code_file(ctl, given->code, CTL_CODE_TEXT,
                                   &code->len);
        rc = code->text == NULL ? -1 : 0;
    }

    if (rc == 0 && given->seen != NULL) {
        code->seen = given->seen;
        rc = ctl_code_seen_read(ctl, given->seen, &code->newest);
    }

    if (rc == 0) {
        ctl_code_trim(code);
    }

    return rc;
}


/* ---- the command -------------------------------------------------------- */

static int
ctl_code_arguments(int argc, char **argv, ctl_code_arguments_t *given)
{
    const ctl_option_t  options[] = {
        { NULL, &given->code, NULL },
        { "--keys", &given->keys, NULL },
        { "--revocations", &given->revocations, NULL },
        { "--seen", &given->seen, NULL },
        { "--at", &given->at, NULL },
    };

    if (CTL_OPTIONS(argc - 2, argv + 2, options) != 0 || given->keys == NULL) {
        return -1;
    }

    if (given->code == NULL) {
        given->code = "-";
    }

    return 0;
}


int
ctl_cmd_code(ctl_t *ctl, int argc, char **argv)
{
    int                   rc = CTL_CODE_UNTOLD;
    ctl_code_t            code;
    civic_msec_t          at = (civic_msec_t) time(NULL) * 1000;
    ctl_code_arguments_t  given;

    memset(&given, 0, sizeof(given));
    memset(&code, 0, sizeof(code));

    if (argc < 2 || strcmp(argv[1], "verify") != 0
        || ctl_code_arguments(argc, argv, &given) != 0)
    {
        return ctl_usage(ctl, CTL_CODE_ZH, CTL_CODE_EN);
    }

    if (given.at != NULL
        && civic_instant_parse(civic_cstr(given.at), &at) != 0)
    {
        ctl_complain(ctl, "时间应如 2026-03-09T08:30:00+08:00：\"%s\"",
                     "a time looks like 2026-03-09T08:30:00+08:00: \"%s\"",
                     given.at);
        return CTL_USAGE;
    }

    code.now = at / 1000;

    if (ctl_code_gather(ctl, &given, &code) == 0) {
        rc = ctl_code_judge(ctl, &code);
    }

    ctl_code_keys_free(&code.keys);
    free(code.list);
    free(code.text);

    return rc;
}
