/*
 * exam_export.c - "civicctl exam export": the applicants of an exam as CSV,
 * for the office's spreadsheet.
 *
 * The index says who has applied; what is written is what stands in each
 * person's own record, opened one after the other.  The audit trail knows of
 * the export before the first line is written.
 *
 * A spreadsheet takes a cell that begins with "=", "+", "-" or "@", a Chinese
 * one also in their full width, for a formula, and rounds long numbers:
 * such cells get a "'" in front.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl_audit.h"
#include "ctl_exam.h"
#include "ctl_options.h"
#include "password.h"
#include "person_record.h"

#define KEY       160
#define PLAIN     (512 * 1024)          /* bytes of a form at most */
#define WORDS     9
#define LONG      12                    /* digits that stay a number */
#define PURPOSE   "review"              /* the plugin's, of what is sealed */
#define BOM       "\xef\xbb\xbf"

/* What was asked for, and what is needed for it. */
typedef struct {
    ctl_t            *ctl;
    const char       *id;
    const char       *reason;
    int               masked;
    json_t           *form;             /* the exam's */
    json_t           *positions;        /* code -> position */
    json_t           *seen;             /* pids: a walk may meet one twice */
    civic_purpose_t  *records;
    civic_purpose_t  *identities;
    char             *plain;            /* PLAIN bytes */
    size_t            damaged;
} export_t;


/* ---- cells ------------------------------------------------------------- */

static int
is_long_number(const char *text, size_t len)
{
    return len >= LONG && strspn(text, "0123456789Xx") == len;
}


static int
is_formula(const char *text, size_t len)
{
    size_t  i;

    static const char *const  wide[] = { "＝", "＋", "－", "＠" };

    for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        if (len >= strlen(wide[i])
            && memcmp(text, wide[i], strlen(wide[i])) == 0)
        {
            return 1;
        }
    }

    return len > 0 && text[0] != '\0'
           && strchr("=+-@\t\r\n", text[0]) != NULL;
}


/* One cell, quoted, so that nothing in it ends it or means something. */
static void
cell(export_t *e, const char *text, size_t len, int first)
{
    size_t  i;
    FILE   *out = e->ctl->out;

    (void) fputs(first ? "\"" : ",\"", out);

    if (is_formula(text, len) || is_long_number(text, len)) {
        (void) fputc('\'', out);
    }

    for (i = 0; i < len; i++) {
        if (text[i] == '"') {
            (void) fputc('"', out);
        }

        (void) fputc(text[i], out);
    }

    (void) fputc('"', out);
}


static void
text_cell(export_t *e, const char *text)
{
    cell(e, text == NULL ? "" : text, text == NULL ? 0 : strlen(text), 0);
}


static const char *
pair_text(const export_t *e, json_t *pair)
{
    const char  *zh = json_string_value(json_object_get(pair, "zh"));
    const char  *en = json_string_value(json_object_get(pair, "en"));

    return e->ctl->language == CIVIC_ZH || en == NULL ? zh : en;
}


static void
header(export_t *e)
{
    size_t   i;
    json_t  *field;
    int      zh = e->ctl->language == CIVIC_ZH;

    static const char *const  names[][2] = {
        { "报名编号", "application" }, { "状态", "state" },
        { "已付款", "paid" }, { "姓名", "name" },
        { "身份证号", "identity number" }, { "职位代码", "position" },
        { "职位", "position's name" }, { "单位", "unit" },
        { "提交时间", "submitted" },
    };

    (void) fputs(BOM, e->ctl->out);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cell(e, names[i][!zh], strlen(names[i][!zh]), i == 0);
    }

    json_array_foreach(e->form, i, field) {
        text_cell(e, pair_text(e, json_object_get(field, "label")));
    }

    (void) fputs("\r\n", e->ctl->out);
}


/* ---- what was filled in ------------------------------------------------ */

static const char *
label_of(const export_t *e, json_t *field, const char *value)
{
    size_t       i;
    json_t      *option;
    const char  *label;

    json_array_foreach(json_object_get(field, "options"), i, option) {
        label = json_string_value(json_object_get(option, "value"));

        if (label != NULL && strcmp(label, value) == 0) {
            return pair_text(e, json_object_get(option, "label"));
        }
    }

    return value;
}


/* Of people nobody is to be reached by an export that is masked. */
static int
is_hidden(const export_t *e, json_t *field)
{
    const char  *type = json_string_value(json_object_get(field, "type"));

    return e->masked && type != NULL
           && (strcmp(type, "phone") == 0 || strcmp(type, "email") == 0
               || strcmp(type, "text") == 0);
}


static void
answer_cell(export_t *e, json_t *field, json_t *answer)
{
    char         all[4096] = "";
    size_t       i, len = 0;
    json_t      *one;
    const char  *label;

    if (answer == NULL || is_hidden(e, field)) {
        text_cell(e, answer == NULL ? "" : "***");
        return;
    }

    if (json_is_string(answer)) {
        text_cell(e, label_of(e, field, json_string_value(answer)));
        return;
    }

    json_array_foreach(answer, i, one) {
        label = json_is_string(one)
                ? label_of(e, field, json_string_value(one)) : NULL;

        if (label != NULL && len + strlen(label) + 3 < sizeof(all)) {
            len += (size_t) snprintf(all + len, sizeof(all) - len, "%s%s",
                                     len == 0 ? "" : "; ", label);
        }
    }

    text_cell(e, all);
}


/* ---- a person ---------------------------------------------------------- */

/* The words of a record, in place; 0, or -1. */
static int
split(char *text, char *words[WORDS])
{
    size_t  i;

    for (i = 0; i < WORDS; i++) {
        words[i] = text;
        text = strchr(text, ' ');

        if (text == NULL) {
            return i + 1 == WORDS ? 0 : -1;
        }

        *text++ = '\0';
    }

    return -1;
}


/* What was sealed, as a tree; NULL: damaged, or there is none. */
static json_t *
open_form(export_t *e, const char *pid, const redisReply *sealed)
{
    char     context[KEY];
    int64_t  len;

    if (sealed->type != REDIS_REPLY_STRING
        || sealed->len > PLAIN)
    {
        return NULL;
    }

    (void) snprintf(context, sizeof(context), "%s:form:%s", pid, e->id);
    len = civic_purpose_open(e->records, civic_cstr(context),
                             (civic_str_t) { sealed->str, sealed->len },
                             (unsigned char *) e->plain);

    return len < 0 ? NULL : json_loadb(e->plain, (size_t) len, 0, NULL);
}


static int
read_identity(export_t *e, const char *pid, civic_person_identity_t *identity)
{
    char         key[KEY], text[CIVIC_IDENTITY_TEXT + 64];
    int64_t      len = -1;
    redisReply  *reply;

    (void) snprintf(key, sizeof(key), "civic:{p:%s}:%s", pid,
                    CIVIC_PERSON_FAMILY);
    reply = CTL_REDIS(e->ctl, CIVIC_STR("HGET"), civic_cstr(key),
                      CIVIC_STR(CIVIC_IDENTITY));

    if (reply != NULL && reply->type == REDIS_REPLY_STRING
        && reply->len < sizeof(text))
    {
        len = civic_purpose_open(e->identities, civic_cstr(pid),
                                 (civic_str_t) { reply->str, reply->len },
                                 (unsigned char *) text);
    }

    freeReplyObject(reply);

    return len < 0 ? -1
           : civic_person_identity_decode(text, (size_t) len, identity);
}


static void
identity_cells(export_t *e, const civic_person_identity_t *identity)
{
    char  name[CIVIC_NAME_BYTES], number[CIVIC_ID_TEXT];

    if (!e->masked) {
        text_cell(e, identity->name);
        text_cell(e, identity->id.text);
        return;
    }

    (void) civic_name_mask(identity->name, identity->name_len, name);
    (void) civic_id_number_mask(identity->id.text, identity->id.len, number);
    text_cell(e, name);
    text_cell(e, number);
}


static const char *
state_text(const export_t *e, const char *state)
{
    size_t  i;

    static const char *const  states[][2] = {
        { "submitted", "待审核" }, { "refused", "审核不通过" },
        { "approved", "审核通过" }, { "removed", "已删除" },
    };

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(states[i][0], state) == 0) {
            return states[i][e->ctl->language == CIVIC_ZH];
        }
    }

    return NULL;
}


static void
instant_cell(export_t *e, const char *ms)
{
    char       text[32] = "";
    time_t     at = (time_t) (strtoll(ms, NULL, 10) / 1000) + 8 * 3600;
    struct tm  day;

    if (at > 8 * 3600 && gmtime_r(&at, &day) != NULL) {
        (void) strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &day);
    }

    text_cell(e, text);
}


static void
row(export_t *e, char *words[WORDS], int paid, json_t *record,
    const civic_person_identity_t *identity)
{
    size_t   i;
    json_t  *answers, *field, *position;

    position = json_object_get(e->positions, words[4]);
    answers = json_loads(json_string_value(json_object_get(record,
                                                           "answers"))
                         == NULL ? "{}"
                         : json_string_value(json_object_get(record,
                                                             "answers")),
                         0, NULL);

    cell(e, words[3], strlen(words[3]), 1);
    text_cell(e, state_text(e, words[0]));
    text_cell(e, e->ctl->language == CIVIC_ZH ? (paid ? "是" : "否")
                                              : (paid ? "yes" : "no"));
    identity_cells(e, identity);
    text_cell(e, words[4]);
    text_cell(e, pair_text(e, json_object_get(position, "name")));
    text_cell(e, pair_text(e, json_object_get(position, "unit")));
    instant_cell(e, words[5]);

    json_array_foreach(e->form, i, field) {
        answer_cell(e, field, json_object_get(answers,
            json_string_value(json_object_get(field, "name"))));
    }

    (void) fputs("\r\n", e->ctl->out);
    json_decref(answers);
}


static void
person(export_t *e, const char *pid, int paid, redisReply *reply)
{
    char                     *words[WORDS];
    json_t                   *record;
    civic_person_identity_t   identity;

    if (reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || split(reply->element[0]->str, words) != 0)
    {
        e->damaged++;
        return;
    }

    /* drafts and what was withdrawn are nobody's business */
    if (state_text(e, words[0]) == NULL) {
        return;
    }

    record = open_form(e, pid, reply->element[1]);

    if (record == NULL || read_identity(e, pid, &identity) != 0) {
        json_decref(record);
        e->damaged++;
        return;
    }

    row(e, words, paid, record, &identity);
    json_decref(record);
}


/* 0, or -1: Redis cannot be asked. */
static int
read_person(export_t *e, const char *pid, const char *indexed)
{
    int          paid;
    char         key[KEY], application[KEY], form[KEY];
    redisReply  *reply;

    if (json_object_get(e->seen, pid) != NULL) {
        return 0;
    }

    json_object_set_new(e->seen, pid, json_true());

    (void) snprintf(key, sizeof(key), "civic:{p:%s}:review", pid);
    (void) snprintf(application, sizeof(application), "application:%s",
                    e->id);
    (void) snprintf(form, sizeof(form), "form:%s", e->id);

    reply = CTL_REDIS(e->ctl, CIVIC_STR("HMGET"), civic_cstr(key),
                      civic_cstr(application), civic_cstr(form));

    if (reply == NULL) {
        return -1;
    }

    /* "<version> <state> <position> <paid> <order's version>" */
    paid = sscanf(indexed, "%*s %*s %*s %d", &paid) == 1 && paid;
    person(e, pid, paid, reply);
    freeReplyObject(reply);

    return 0;
}


/* ---- all --------------------------------------------------------------- */

static int
take_person(void *data, const char *pid, const char *indexed)
{
    return strlen(pid) == CIVIC_PID_LEN ? read_person(data, pid, indexed) : 0;
}


static int
everybody(export_t *e)
{
    char  key[KEY];

    (void) snprintf(key, sizeof(key), "civic:{review:%s}:applications",
                    e->id);

    return ctl_exam_rows(e->ctl, key, take_person, e);
}


/* Before the first line: who takes such a file away is known. */
static int
note(export_t *e)
{
    int          rc = -1;
    char         key[KEY];
    redisReply  *reply;
    ctl_audit_t  audit;
    civic_str_t  outbox;

    (void) snprintf(key, sizeof(key), "civic:{exam:%s}:head", e->id);

    if (ctl_audit(e->ctl, "civicctl exam export", "exam.exported", "",
                  json_pack("{s:s, s:b, s:s}", "exam", e->id, "masked",
                            e->masked, "reason", e->reason),
                  civic_cstr(key), &audit) != 0)
    {
        return -1;
    }

    outbox = audit.outbox;
    reply = ctl_script(e->ctl, "audit_note", &outbox, 1, &audit.sealed, 1);

    if (reply != NULL) {
        rc = 0;
    }

    freeReplyObject(reply);

    return rc;
}


static json_t *
by_code(json_t *positions)
{
    size_t       i;
    json_t      *all = json_object(), *one;
    const char  *code;

    json_array_foreach(positions, i, one) {
        code = json_string_value(json_object_get(one, "code"));

        if (code != NULL) {
            json_object_set(all, code, one);
        }
    }

    return all;
}


static int
write_all(export_t *e, const ctl_exam_seen_t *seen)
{
    int               rc;
    civic_keyring_t  *keyring = ctl_keyring(e->ctl);

    if (keyring == NULL) {
        return CTL_PROBLEM;
    }

    e->form = json_object_get(seen->tree, "form");
    e->records = civic_keyring_purpose(keyring, PURPOSE);
    e->identities = civic_keyring_purpose(keyring, CIVIC_IDENTITY);
    e->plain = malloc(PLAIN);

    if (e->records == NULL || e->identities == NULL || e->plain == NULL) {
        ctl_complain(e->ctl, "内存不足", "no memory");
        free(e->plain);
        return CTL_PROBLEM;
    }

    e->seen = json_object();
    e->positions = by_code(json_object_get(seen->tree, "positions"));
    rc = note(e);

    if (rc == 0) {
        header(e);
        rc = everybody(e);
    }

    json_decref(e->positions);
    json_decref(e->seen);
    free(e->plain);

    if (rc != 0) {
        ctl_complain(e->ctl, "没有全部写出", "not all of it was written");
        return CTL_PROBLEM;
    }

    if (e->damaged > 0) {
        ctl_complain(e->ctl, "%zu 人的报名无法读出，没有写出",
                     "%zu {application|applications} cannot be read and "
                     "{is|are} not in it",
                     e->damaged);
    }

    return e->damaged > 0 || ferror(e->ctl->out) ? CTL_PROBLEM : CTL_FINE;
}


/* 0, or -1. */
static int
arguments(int argc, char **argv, export_t *e)
{
    const ctl_option_t  options[] = {
        { NULL, &e->id, NULL },
        { "--reason", &e->reason, NULL },
        { "--masked", NULL, &e->masked },
    };

    return CTL_OPTIONS(argc - 1, argv + 1, options) != 0 || e->id == NULL
           ? -1 : 0;
}


int
ctl_exam_export(ctl_t *ctl, int argc, char **argv)
{
    int              rc;
    export_t         e = { .ctl = ctl };
    ctl_exam_seen_t  seen;

    if (arguments(argc, argv, &e) != 0) {
        return ctl_exam_usage(ctl, "export");
    }

    if (ctl_exam_check_id(ctl, e.id) != 0
        || ctl_exam_check_reason(ctl, &e.reason, 0) != 0)
    {
        return CTL_USAGE;
    }

    if (ctl_conf(ctl) == NULL || ctl_exam_read(ctl, e.id, 1, &seen) != 0) {
        return CTL_PROBLEM;
    }

    if (seen.tree == NULL) {
        ctl_exam_missing(ctl, e.id, &seen);
        return CTL_PROBLEM;
    }

    rc = write_all(&e, &seen);
    json_decref(seen.tree);

    return rc;
}
