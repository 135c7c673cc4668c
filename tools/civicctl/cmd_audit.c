/*
 * cmd_audit.c - "civicctl audit verify" and "civicctl audit show": whether
 * the audit trail of a folder is whole, and what it says.
 *
 * Only files are needed, and the keyring; Redis knows how far the chains are
 * and what staff's accounts are called, and is asked if it can be reached.
 */

#include <stdlib.h>
#include <unistd.h>

#include "audit_entry.h"
#include "audit_verify.h"
#include "ctl.h"
#include "ctl_audit.h"
#include "ctl_options.h"
#include "instant.h"
#include "staff_record.h"

#define CTL_AUDIT_HOST  128

#define CTL_AUDIT_ZH                                                          \
    "civicctl audit verify [目录]\n"                                          \
    "      civicctl audit show [目录] [--since 时间] [--until 时间]\n"        \
    "          [--actor 账号或标识] [--subject 账号或标识] [--action 动作]\n" \
    "          [--json]"
#define CTL_AUDIT_EN                                                          \
    "civicctl audit verify [FOLDER]\n"                                        \
    "       civicctl audit show [FOLDER] [--since TIME] [--until TIME]\n"     \
    "           [--actor WHO] [--subject WHO] [--action ACTION] [--json]"

typedef struct {
    const char    *folder;
    const char    *since;
    const char    *until;
    const char    *actor;
    const char    *subject;
    const char    *action;
    int            json;
    civic_msec_t   from;
    civic_msec_t   to;
    char           actor_pid[CIVIC_PID_LEN + 1];    /* of a name */
    char           subject_pid[CIVIC_PID_LEN + 1];
} ctl_audit_arguments_t;

/* What a walk over the files fills. */
typedef struct {
    ctl_t                        *ctl;
    const ctl_audit_arguments_t  *given;
    civic_purpose_t              *entries;
    unsigned                      problems;
    unsigned                      notes;
    uint64_t                     *ids;      /* of entries, to find doubles */
    size_t                        count;
    size_t                        room;
    json_t                       *shown;    /* entries, or NULL */
    json_t                       *names;    /* pid: name of an account */
} ctl_audit_walk_t;

static const struct {
    const char  *zh;
    const char  *en;
} ctl_audit_texts[CIVIC_AUDIT_FINDINGS] = {
    [CIVIC_AUDIT_UNREADABLE] = { "无法读取", "cannot be read" },
    [CIVIC_AUDIT_BAD_FIRST] = { "首行被改动或不属于此文件",
                                "the first line was changed, or is of "
                                "another file" },
    [CIVIC_AUDIT_BAD_LINE] = { "此行格式不符", "this is no line of a chain" },
    [CIVIC_AUDIT_BAD_SEQ] = { "行序号不连续，有行缺失、插入或调换",
                              "lines are missing, put in or swapped: it has "
                              "the number" },
    [CIVIC_AUDIT_BAD_MAC] = { "此行或其前一行被改动",
                              "this line, or the one before, was changed" },
    [CIVIC_AUDIT_NO_KEY] = { "签名所用密钥不在密钥环中",
                             "it was signed under a key that the keyring "
                             "does not have" },
    [CIVIC_AUDIT_BAD_LINK] = { "与上一文件的末行不衔接",
                               "does not go on from the file before" },
    [CIVIC_AUDIT_NO_END] = { "文件末尾缺失", "its end is missing" },
    [CIVIC_AUDIT_AFTER_END] = { "结束行之后仍有内容",
                                "there are lines behind the end" },
    [CIVIC_AUDIT_NO_SEGMENT] = { "之前缺少文件", "before it a file is missing:" },
    [CIVIC_AUDIT_NO_BEGINNING] = { "之前的文件缺失，且无按规定清除的记录",
                                   "files before it are missing, and no line "
                                   "says that they were removed by rule" },
    [CIVIC_AUDIT_NO_TAIL] = { "末尾缺失：现止于行",
                              "lines are missing at the end: it ends with" },
    [CIVIC_AUDIT_BAD_HEAD] = { "与他处记录的链头不符",
                               "is not the line that others know" },
    [CIVIC_AUDIT_NO_WRITER] = { "此写入者的文件全部缺失",
                                "all files of this writer are missing" },
    [CIVIC_AUDIT_BAD_ENTRY] = { "记录无法解密", "the entry cannot be opened" },
    [CIVIC_AUDIT_TORN] = { "末行不完整：正在写入，或从未生效",
                           "the last line is torn: it is being written, or "
                           "never was acknowledged" },
};


/* ---- arguments --------------------------------------------------------- */

static int
ctl_audit_arguments(int argc, char **argv, ctl_audit_arguments_t *given)
{
    const ctl_option_t  options[] = {
        { NULL, &given->folder, NULL },
        { "--since", &given->since, NULL },
        { "--until", &given->until, NULL },
        { "--actor", &given->actor, NULL },
        { "--subject", &given->subject, NULL },
        { "--action", &given->action, NULL },
        { "--json", NULL, &given->json },
    };

    return CTL_OPTIONS(argc - 2, argv + 2, options);
}


/* "2026-03-09T08:30:00+08:00" */
static int
ctl_audit_time(ctl_t *ctl, const char *text, civic_msec_t *at)
{
    if (text == NULL || civic_instant_parse(civic_cstr(text), at) == 0) {
        return 0;
    }

    ctl_complain(ctl, "时间应如 2026-03-09T08:30:00+08:00：\"%s\"",
                 "a time looks like 2026-03-09T08:30:00+08:00: \"%s\"", text);

    return -1;
}


/* The pid of staff's account by that name; "" if it cannot be a name. */
static void
ctl_audit_pid(ctl_t *ctl, const char *name, char *pid)
{
    int   len;
    char  canonical[CIVIC_STAFF_CANONICAL];

    pid[0] = '\0';

    if (name == NULL) {
        return;
    }

    len = civic_staff_canonical(name, strlen(name), canonical);

    if (len > 0) {
        (void) civic_keyring_person_id(ctl_keyring(ctl),
                                       (civic_str_t) { canonical,
                                                       (size_t) len }, pid);
    }
}


static char *
ctl_audit_folder(ctl_t *ctl, const ctl_audit_arguments_t *given)
{
    const char  *folder;
    ctl_conf_t  *conf;

    if (given->folder != NULL) {
        return strdup(given->folder);
    }

    conf = ctl_conf(ctl);
    if (conf == NULL) {
        return NULL;
    }

    folder = ctl_conf_word(conf, "civic_audit", NULL);

    if (folder == NULL) {
        ctl_complain(ctl, "nginx 配置中没有 civic_audit",
                     "nginx's configuration has no civic_audit");
        return NULL;
    }

    return ctl_path(ctl, folder, 0);
}


/* ---- what Redis knows -------------------------------------------------- */

/* Whether it can be asked: without it the files still tell most. */
static int
ctl_audit_has_redis(ctl_t *ctl)
{
    int    has;
    FILE  *err = ctl->err, *nowhere;

    nowhere = fopen("/dev/null", "we");

    if (nowhere != NULL) {
        ctl->err = nowhere;
    }

    has = ctl_redis(ctl) != NULL;
    ctl->err = err;

    if (nowhere != NULL) {
        (void) fclose(nowhere);
    }

    if (!has) {
        ctl_say(ctl, "注意：无法连接 Redis，未与其中的链头核对",
                "note: Redis cannot be reached: what it knows of the ends was "
                "not compared");
    }

    return has;
}


/* The heads, malloc'ed; *count 0: none, or no Redis. */
static civic_audit_head_t *
ctl_audit_heads(ctl_t *ctl, size_t *count)
{
    size_t               i;
    json_t              *json;
    redisReply          *reply;
    civic_audit_head_t  *heads;

    *count = 0;

    if (!ctl_audit_has_redis(ctl)) {
        return NULL;
    }

    reply = CTL_REDIS(ctl, CIVIC_STR("HVALS"), CIVIC_STR(CIVIC_AUDIT_HEADS));
    if (reply == NULL) {
        return NULL;
    }

    heads = calloc(reply->elements + 1, sizeof(civic_audit_head_t));

    for (i = 0; heads != NULL && i < reply->elements; i++) {
        json = json_loadb(reply->element[i]->str, reply->element[i]->len, 0,
                          NULL);

        if (json != NULL && civic_audit_head_parse(json, &heads[*count]) == 0)
        {
            (*count)++;

        } else {
            ctl_complain(ctl, "Redis 中的链头无法理解",
                         "Redis has a head that is none");
        }

        json_decref(json);
    }

    freeReplyObject(reply);

    return heads;
}


/* ---- verify ------------------------------------------------------------ */

static void
ctl_audit_found(void *data, civic_audit_finding_t what, const char *file,
    unsigned line, const char *detail)
{
    int                chinese;
    char               place[32] = "";
    ctl_audit_walk_t  *walk = data;

    chinese = walk->ctl->language == CIVIC_ZH;

    if (line != 0) {
        (void) snprintf(place, sizeof(place), ":%u", line);
    }

    if (civic_audit_is_note(what)) {
        walk->notes++;
    } else {
        walk->problems++;
    }

    (void) fprintf(walk->ctl->out, "%s%s%s: %s%s%s\n",
                   !civic_audit_is_note(what) ? ""
                   : chinese ? "注意：" : "note: ",
                   file, place, chinese ? ctl_audit_texts[what].zh
                                        : ctl_audit_texts[what].en,
                   detail[0] == '\0' ? "" : " ", detail);
}


/* The entry of a line; NULL: it is another kind, or cannot be opened. */
static json_t *
ctl_audit_open(ctl_audit_walk_t *walk, const civic_audit_record_t *record)
{
    char     *sealed;
    int64_t   len;
    json_t   *entry = NULL;

    if (!civic_str_eq(record->parts.kind, CIVIC_STR(CIVIC_AUDIT_ENTRY))) {
        return NULL;
    }

    sealed = malloc(record->parts.payload.len + 4);
    len = sealed == NULL ? -1
          : civic_base64url_decode(record->parts.payload, sealed);

    if (len > 0) {
        entry = civic_audit_open(walk->entries,
                                 (civic_str_t) { sealed, (size_t) len });
    }

    free(sealed);

    if (entry == NULL) {
        ctl_audit_found(walk, CIVIC_AUDIT_BAD_ENTRY, record->file,
                        record->line, "");
    }

    return entry;
}


/* FNV-1a: ids are random, so 64 bits tell them apart. */
static uint64_t
ctl_audit_hash(const char *id)
{
    uint64_t  hash = 14695981039346656037u;

    for ( /* void */ ; *id != '\0'; id++) {
        hash = (hash ^ (unsigned char) *id) * 1099511628211u;
    }

    return hash;
}


static void
ctl_audit_count(void *data, const civic_audit_record_t *record)
{
    size_t             room;
    json_t            *entry;
    uint64_t          *more;
    const char        *id;
    ctl_audit_walk_t  *walk = data;

    entry = ctl_audit_open(walk, record);
    if (entry == NULL) {
        return;
    }

    if (walk->count == walk->room) {
        room = walk->room == 0 ? 1024 : walk->room * 2;
        more = realloc(walk->ids, room * sizeof(uint64_t));

        if (more == NULL) {
            json_decref(entry);
            return;
        }

        walk->ids = more;
        walk->room = room;
    }

    id = json_string_value(json_object_get(entry, "id"));
    walk->ids[walk->count++] = ctl_audit_hash(id == NULL ? "" : id);
    json_decref(entry);
}


static int
ctl_audit_by_number(const void *left, const void *right)
{
    const uint64_t  *one = left, *two = right;

    return (*one > *two) - (*one < *two);
}


static size_t
ctl_audit_doubles(ctl_audit_walk_t *walk)
{
    size_t  i, doubles = 0;

    if (walk->count == 0) {
        return 0;
    }

    qsort(walk->ids, walk->count, sizeof(uint64_t), ctl_audit_by_number);

    for (i = 1; i < walk->count; i++) {
        doubles += walk->ids[i] == walk->ids[i - 1];
    }

    return doubles;
}


static void
ctl_audit_say(ctl_audit_walk_t *walk, const civic_audit_totals_t *totals)
{
    ctl_say(walk->ctl,
            "%u 个写入者，%u 个文件，%llu 行，%llu 条记录（%zu 条重复），"
            "核对链头 %llu 个，另知他处写入者 %u 个",
            "%u {writer|writers}, %u {file|files}, %llu {line|lines}, "
            "%llu {entry|entries} (%zu of them twice), "
            "%llu {head|heads} compared, %u {writer|writers} elsewhere",
            totals->writers, totals->segments,
            (unsigned long long) totals->lines,
            (unsigned long long) totals->entries, ctl_audit_doubles(walk),
            (unsigned long long) totals->heads, totals->elsewhere);

    if (walk->problems == 0) {
        ctl_say(walk->ctl, "审计记录完整", "the audit trail is whole");

    } else {
        ctl_say(walk->ctl, "审计记录不完整：发现 %u 处问题",
                "the audit trail is not whole: %u {problem|problems}",
                walk->problems);
    }
}


static int
ctl_audit_verify(ctl_t *ctl, const ctl_audit_arguments_t *given)
{
    int                    rc;
    char                  *folder = ctl_audit_folder(ctl, given);
    char                   place[CIVIC_AUDIT_PLACE], host[CTL_AUDIT_HOST];
    size_t                 count = 0;
    civic_failure_t        failure;
    civic_purpose_t       *chain;
    ctl_audit_walk_t       walk;
    civic_audit_head_t    *heads;
    civic_audit_totals_t   totals;
    civic_audit_visitor_t  visitor = { ctl_audit_found, ctl_audit_count,
                                       &walk };

    if (folder == NULL || ctl_keyring(ctl) == NULL) {
        free(folder);
        return CTL_PROBLEM;
    }

    memset(&walk, 0, sizeof(walk));
    walk.ctl = ctl;
    walk.entries = civic_keyring_purpose(ctl_keyring(ctl),
                                         CIVIC_AUDIT_PURPOSE);
    chain = civic_keyring_purpose(ctl_keyring(ctl), CIVIC_AUDIT_CHAIN);

    if (gethostname(host, sizeof(host)) != 0) {
        host[0] = '\0';
    }

    host[sizeof(host) - 1] = '\0';
    (void) snprintf(place, sizeof(place), "%.64s:%.180s", host, folder);

    heads = ctl_audit_heads(ctl, &count);

    rc = walk.entries == NULL || chain == NULL ? -1
         : civic_audit_verify(folder, place, chain, heads, count, &visitor,
                              &totals, &failure);

    if (rc != 0) {
        ctl_complain(ctl, "无法读取审计目录：%s",
                     "the audit trail cannot be read: %s", failure.text);

    } else {
        ctl_audit_say(&walk, &totals);
    }

    free(walk.ids);
    free(heads);
    free(folder);

    return rc == 0 && walk.problems == 0 ? CTL_FINE : CTL_PROBLEM;
}


/* ---- show -------------------------------------------------------------- */

static const char *
ctl_audit_text(const json_t *entry, const char *name)
{
    const char  *text = json_string_value(json_object_get(entry, name));

    return text == NULL ? "" : text;
}


static int
ctl_audit_is(const char *text, const char *wanted, const char *pid)
{
    return wanted == NULL || strcmp(text, wanted) == 0
           || (pid[0] != '\0' && strcmp(text, pid) == 0);
}


static void
ctl_audit_pick(void *data, const civic_audit_record_t *record)
{
    json_t                       *entry;
    json_int_t                    at;
    ctl_audit_walk_t             *walk = data;
    const ctl_audit_arguments_t  *given = walk->given;

    entry = ctl_audit_open(walk, record);
    if (entry == NULL) {
        return;
    }

    at = json_integer_value(json_object_get(entry, "at"));

    if ((given->since == NULL || at >= given->from)
        && (given->until == NULL || at < given->to)
        && ctl_audit_is(ctl_audit_text(entry, "actor"), given->actor,
                        given->actor_pid)
        && ctl_audit_is(ctl_audit_text(entry, "subject"), given->subject,
                        given->subject_pid)
        && ctl_audit_is(ctl_audit_text(entry, "action"), given->action, ""))
    {
        (void) json_array_append(walk->shown, entry);
    }

    json_decref(entry);
}


static int
ctl_audit_by_time(const void *left, const void *right)
{
    json_int_t  one, two;

    one = json_integer_value(json_object_get(*(json_t *const *) left, "at"));
    two = json_integer_value(json_object_get(*(json_t *const *) right, "at"));

    if (one != two) {
        return one < two ? -1 : 1;
    }

    return strcmp(ctl_audit_text(*(json_t *const *) left, "id"),
                  ctl_audit_text(*(json_t *const *) right, "id"));
}


/* What an account of staff is called, or NULL. */
static const char *
ctl_audit_name(ctl_audit_walk_t *walk, const char *pid)
{
    char             key[96];
    int64_t          len = -1;
    json_t          *known = json_object_get(walk->names, pid);
    redisReply      *reply;
    civic_purpose_t *purpose;
    unsigned char    name[CIVIC_STAFF_CANONICAL + CIVIC_SEAL_OVERHEAD];

    if (known != NULL) {
        return json_string_value(known);
    }

    if (walk->names == NULL || strlen(pid) != CIVIC_PID_LEN) {
        return NULL;
    }

    purpose = civic_keyring_purpose(ctl_keyring(walk->ctl),
                                    CIVIC_STAFF_PURPOSE);
    (void) snprintf(key, sizeof(key), "civic:{p:%s}:%s", pid,
                    CIVIC_STAFF_FAMILY);
    reply = CTL_REDIS(walk->ctl, CIVIC_STR("HGET"), civic_cstr(key),
                      CIVIC_STR("name"));

    if (purpose != NULL && reply != NULL && reply->type == REDIS_REPLY_STRING
        && reply->len <= sizeof(name))
    {
        len = civic_purpose_open(purpose, civic_cstr(pid),
                                 (civic_str_t) { reply->str, reply->len },
                                 name);
    }

    if (reply != NULL) {
        freeReplyObject(reply);
    }

    (void) json_object_set_new(walk->names, pid,
                               len < 0 ? json_null()
                               : json_stringn((char *) name, (size_t) len));

    return json_string_value(json_object_get(walk->names, pid));
}


/* "<pid>" or "<pid> (<name>)" */
static void
ctl_audit_who(ctl_audit_walk_t *walk, const char *what, const char *who)
{
    const char  *name = ctl_audit_name(walk, who);

    (void) fprintf(walk->ctl->out, "  %s %s", what,
                   who[0] == '\0' ? "-" : who);

    if (name != NULL) {
        (void) fprintf(walk->ctl->out, " (%s)", name);
    }
}


static void
ctl_audit_print(ctl_audit_walk_t *walk, const json_t *entry)
{
    int      chinese = walk->ctl->language == CIVIC_ZH;
    char     at[CIVIC_INSTANT_LEN + 1], *details;
    json_t  *roles = json_object_get(entry, "roles"), *role;
    size_t   i;
    FILE    *out = walk->ctl->out;

    (void) civic_instant_format(json_integer_value(json_object_get(entry,
                                                                   "at")),
                                at);
    (void) fprintf(out, "%s  %s", at, ctl_audit_text(entry, "action"));
    ctl_audit_who(walk, chinese ? "操作人" : "by",
                  ctl_audit_text(entry, "actor"));

    json_array_foreach(roles, i, role) {
        (void) fprintf(out, "%s%s", i == 0 ? " [" : ",",
                       json_string_value(role));
    }

    (void) fputs(json_array_size(roles) == 0 ? "" : "]", out);
    ctl_audit_who(walk, chinese ? "对象" : "on",
                  ctl_audit_text(entry, "subject"));

    details = json_dumps(json_object_get(entry, "details"), JSON_COMPACT);
    (void) fprintf(out, "  %s  %s", details == NULL ? "{}" : details,
                   ctl_audit_text(entry, "route"));
    free(details);

    if (ctl_audit_text(entry, "request_id")[0] != '\0') {
        (void) fprintf(out, "  %s %s", chinese ? "请求" : "request",
                       ctl_audit_text(entry, "request_id"));
    }

    (void) fputc('\n', out);
}


/* In order of time, each once. */
static int
ctl_audit_print_all(ctl_audit_walk_t *walk)
{
    size_t       i, count = json_array_size(walk->shown);
    json_t     **entries = calloc(count + 1, sizeof(json_t *));
    const char  *last = "";

    if (entries == NULL) {
        return -1;
    }

    for (i = 0; i < count; i++) {
        entries[i] = json_array_get(walk->shown, i);
    }

    qsort(entries, count, sizeof(json_t *), ctl_audit_by_time);

    for (i = 0; i < count; i++) {
        if (strcmp(ctl_audit_text(entries[i], "id"), last) == 0) {
            continue;
        }

        last = ctl_audit_text(entries[i], "id");

        if (!walk->given->json) {
            ctl_audit_print(walk, entries[i]);

        } else if (json_dumpf(entries[i], walk->ctl->out, JSON_COMPACT)
                   != 0 || fputc('\n', walk->ctl->out) == EOF)
        {
            break;
        }
    }

    free(entries);

    return i == count ? 0 : -1;
}


static int
ctl_audit_show(ctl_t *ctl, ctl_audit_arguments_t *given)
{
    int                    rc;
    char                  *folder;
    civic_failure_t        failure;
    ctl_audit_walk_t       walk;
    civic_audit_visitor_t  visitor = { NULL, ctl_audit_pick, &walk };

    if (ctl_audit_time(ctl, given->since, &given->from) != 0
        || ctl_audit_time(ctl, given->until, &given->to) != 0)
    {
        return CTL_USAGE;
    }

    folder = ctl_audit_folder(ctl, given);

    if (folder == NULL || ctl_keyring(ctl) == NULL) {
        free(folder);
        return CTL_PROBLEM;
    }

    ctl_audit_pid(ctl, given->actor, given->actor_pid);
    ctl_audit_pid(ctl, given->subject, given->subject_pid);

    memset(&walk, 0, sizeof(walk));
    walk.ctl = ctl;
    walk.given = given;
    walk.entries = civic_keyring_purpose(ctl_keyring(ctl),
                                         CIVIC_AUDIT_PURPOSE);
    walk.shown = json_array();

    rc = walk.entries == NULL ? -1
         : civic_audit_walk(folder, NULL, &visitor, &failure);

    if (rc != 0) {
        ctl_complain(ctl, "无法读取审计目录：%s",
                     "the audit trail cannot be read: %s", failure.text);

    } else {
        walk.names = !given->json && ctl_audit_has_redis(ctl) ? json_object()
                                                              : NULL;
        rc = ctl_audit_print_all(&walk);
    }

    json_decref(walk.names);
    json_decref(walk.shown);
    free(folder);

    return rc == 0 && walk.problems == 0 ? CTL_FINE : CTL_PROBLEM;
}


int
ctl_cmd_audit(ctl_t *ctl, int argc, char **argv)
{
    ctl_audit_arguments_t  given;

    memset(&given, 0, sizeof(given));

    if (argc < 2 || ctl_audit_arguments(argc, argv, &given) != 0) {
        return ctl_usage(ctl, CTL_AUDIT_ZH, CTL_AUDIT_EN);
    }

    if (strcmp(argv[1], "show") == 0) {
        return ctl_audit_show(ctl, &given);
    }

    /* a check looks at everything, or it is none */
    if (strcmp(argv[1], "verify") == 0 && given.since == NULL
        && given.until == NULL && given.actor == NULL
        && given.subject == NULL && given.action == NULL && !given.json)
    {
        return ctl_audit_verify(ctl, &given);
    }

    return ctl_usage(ctl, CTL_AUDIT_ZH, CTL_AUDIT_EN);
}
