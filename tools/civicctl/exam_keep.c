/*
 * exam_keep.c - an exam between the office's file and Redis: read, and
 * published as the plugin "exam" reads it (docs/adr/0022).
 *
 * Positions are written first, under a number that nobody else has; then one
 * script makes them and the facts the newest revision, tells the audit trail,
 * and leaves word for who keeps an instant of the exam.
 */

#include <stdlib.h>
#include <string.h>

#include "ctl_audit.h"
#include "ctl_exam.h"
#include "password.h"

#define LIST      "civic:{exams}"
#define CHANGED   "exam.changed"        /* the plugin's outbox */
#define TOGETHER  8                     /* chunks of one script */
#define STAY      "86400000"            /* ms, of what is never published */
#define NUMBER    24

typedef struct {
    char                    head[CTL_EXAM_KEY];
    char                    positions[CTL_EXAM_KEY];
    char                    gone[CTL_EXAM_KEY];
    char                    revision[NUMBER];
    char                    seen[NUMBER];
    char                    before[NUMBER];
    const civic_exam_t     *exam;
    civic_exam_kept_t       kept;
} publication_t;


void
ctl_exam_key(const char *id, const char *name, char key[CTL_EXAM_KEY])
{
    (void) snprintf(key, CTL_EXAM_KEY, "civic:{exam:%.40s}:%s", id, name);
}


int
ctl_exam_check_id(ctl_t *ctl, const char *id)
{
    if (civic_exam_id_valid(id, strlen(id))) {
        return 0;
    }

    ctl_complain(ctl, "\"%s\" 不是考试代号：由 1 至 40 个小写字母、数字、- 组成",
                 "\"%s\" is no exam's id: one has 1 to 40 of a-z, 0-9 and -",
                 id);

    return -1;
}


void
ctl_exam_faults(ctl_t *ctl, const char *name,
    const civic_exam_faults_t *faults)
{
    size_t                     i;
    const civic_exam_fault_t  *f;

    for (i = 0; i < faults->count && i < CIVIC_EXAM_FAULTS; i++) {
        f = &faults->list[i];
        (void) fprintf(ctl->err, "%s: %s: %s%s%s%s\n", name,
                       f->pointer[0] == '\0' ? "/" : f->pointer,
                       ctl->language == CIVIC_ZH ? f->zh : f->en,
                       f->detail[0] == '\0' ? "" : " (", f->detail,
                       f->detail[0] == '\0' ? "" : ")");
    }

    ctl_complain(ctl, "%s 有 %zu 处错误，没有载入",
                 "%s has %zu {fault|faults} and was not loaded", name,
                 faults->count);
}


/* ---- reading ----------------------------------------------------------- */

static int64_t
number_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING
           ? strtoll(reply->str, NULL, 10) : 0;
}


/* A chunk, malloc'ed; 0, or -1 if it is not there or Redis does not say. */
static int
read_chunk(ctl_t *ctl, const char *key, size_t number,
    civic_exam_bytes_t *chunk)
{
    char         field[NUMBER];
    redisReply  *reply;

    (void) snprintf(field, sizeof(field), "%zu", number);
    reply = CTL_REDIS(ctl, CIVIC_STR("HGET"), civic_cstr(key),
                      civic_cstr(field));

    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        chunk->bytes = malloc(reply->len + 1);
        chunk->len = reply->len;

        if (chunk->bytes != NULL) {
            memcpy(chunk->bytes, reply->str, reply->len);
        }
    }

    freeReplyObject(reply);

    return chunk->bytes == NULL ? -1 : 0;
}


static json_t *
read_tree(ctl_t *ctl, const char *id, int64_t revision,
    const redisReply *facts, size_t chunks)
{
    int                  rc = 0;
    char                 name[NUMBER * 2], key[CTL_EXAM_KEY];
    size_t               i, got = 0;
    json_t              *tree = NULL;
    civic_exam_bytes_t  *all = calloc(CIVIC_EXAM_CHUNKS, sizeof(*all));

    (void) snprintf(name, sizeof(name), "positions:%lld",
                    (long long) revision);
    ctl_exam_key(id, name, key);

    for (i = 0; all != NULL && rc == 0 && i < chunks; i++) {
        rc = read_chunk(ctl, key, i, &all[i]);
        got += rc == 0;
    }

    if (all != NULL && rc == 0 && facts->type == REDIS_REPLY_STRING) {
        tree = civic_exam_restore(facts->str, facts->len, all, chunks);
    }

    for (i = 0; i < got; i++) {
        free(all[i].bytes);
    }

    free(all);

    return tree;
}


int
ctl_exam_read(ctl_t *ctl, const char *id, int with_tree,
    ctl_exam_seen_t *seen)
{
    char         head[CTL_EXAM_KEY];
    int64_t      chunks;
    redisReply  *reply;

    memset(seen, 0, sizeof(*seen));
    ctl_exam_key(id, "head", head);
    reply = CTL_REDIS(ctl, CIVIC_STR("HMGET"), civic_cstr(head),
                      CIVIC_STR("revision"), CIVIC_STR("before"),
                      CIVIC_STR("facts"), CIVIC_STR("chunks"));

    if (reply == NULL) {
        return -1;
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 4) {
        seen->revision = number_of(reply->element[0]);
        seen->before = number_of(reply->element[1]);
        chunks = number_of(reply->element[3]);

        if (with_tree && seen->revision > 0 && chunks > 0
            && chunks <= CIVIC_EXAM_CHUNKS)
        {
            seen->tree = read_tree(ctl, id, seen->revision,
                                   reply->element[2], (size_t) chunks);
        }
    }

    freeReplyObject(reply);

    return 0;
}


/* ---- publishing -------------------------------------------------------- */

/* A script's integer; -2: it was complained. */
static int64_t
run(ctl_t *ctl, const char *name, const civic_str_t *keys, size_t nkeys,
    const civic_str_t *args, size_t nargs)
{
    int64_t      answer = -2;
    redisReply  *reply = ctl_script(ctl, name, keys, nkeys, args, nargs);

    if (reply != NULL && reply->type == REDIS_REPLY_INTEGER) {
        answer = reply->integer;
    }

    freeReplyObject(reply);

    return answer;
}


static int
overtaken(ctl_t *ctl)
{
    ctl_complain(ctl, "考试刚被另一次载入或改期更改，请查看后重试",
                 "the exam was changed by another load just now: look at it, "
                 "then try again");

    return -1;
}


/* A number of its own, and the keys that follow from it. */
static int
begin(ctl_t *ctl, publication_t *p, const ctl_exam_seen_t *seen)
{
    char         name[NUMBER * 2];
    int64_t      number;
    civic_str_t  key, arg;

    ctl_exam_key(p->exam->id, "head", p->head);
    (void) snprintf(p->seen, sizeof(p->seen), "%lld",
                    (long long) seen->revision);
    (void) snprintf(p->before, sizeof(p->before), "%lld",
                    (long long) seen->before);
    key = civic_cstr(p->head);
    arg = civic_cstr(p->seen);
    number = run(ctl, "exam_begin", &key, 1, &arg, 1);

    if (number <= 0) {
        return number == 0 ? overtaken(ctl) : -1;
    }

    (void) snprintf(p->revision, sizeof(p->revision), "%lld",
                    (long long) number);
    (void) snprintf(name, sizeof(name), "positions:%s", p->revision);
    ctl_exam_key(p->exam->id, name, p->positions);
    (void) snprintf(name, sizeof(name), "positions:%s", p->before);
    ctl_exam_key(p->exam->id, name, p->gone);

    return 0;
}


static int
write_positions(ctl_t *ctl, const publication_t *p)
{
    char         numbers[TOGETHER][NUMBER];
    size_t       at, i, count;
    civic_str_t  key = civic_cstr(p->positions), args[1 + 2 * TOGETHER];

    args[0] = CIVIC_STR(STAY);

    for (at = 0; at < p->kept.chunks; at += count) {
        count = p->kept.chunks - at;
        count = count < TOGETHER ? count : TOGETHER;

        for (i = 0; i < count; i++) {
            (void) snprintf(numbers[i], NUMBER, "%zu", at + i);
            args[1 + 2 * i] = civic_cstr(numbers[i]);
            args[2 + 2 * i] = (civic_str_t) { p->kept.chunk[at + i].bytes,
                                              p->kept.chunk[at + i].len };
        }

        if (run(ctl, "exam_positions", &key, 1, args, 1 + 2 * count) < 0) {
            return -1;
        }
    }

    return 0;
}


static int
publish(ctl_t *ctl, const publication_t *p, const ctl_audit_t *audit)
{
    int          cluster;
    char         outbox[CIVIC_OUTBOX_KEY], count[NUMBER], chunks[NUMBER];
    char         now[NUMBER];
    int64_t      answer;
    civic_str_t  keys[5], args[10];

    cluster = strcmp(ctl_conf_word(ctl_conf(ctl), "civic_redis_cluster",
                                   "off"), "on") == 0;
    (void) civic_outbox_key(CHANGED, civic_outbox_number(civic_cstr(p->head),
                                                         cluster), outbox);
    (void) snprintf(count, sizeof(count), "%zu", p->kept.positions);
    (void) snprintf(chunks, sizeof(chunks), "%zu", p->kept.chunks);
    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());

    keys[0] = civic_cstr(p->head);
    keys[1] = civic_cstr(p->positions);
    keys[2] = civic_cstr(p->gone);
    keys[3] = civic_cstr(outbox);
    keys[4] = audit->outbox;
    args[0] = civic_cstr(p->seen);
    args[1] = civic_cstr(p->revision);
    args[2] = civic_cstr(p->before);
    args[3] = civic_cstr(p->exam->id);
    args[4] = (civic_str_t) { p->kept.facts.bytes, p->kept.facts.len };
    args[5] = (civic_str_t) { p->kept.listing.bytes, p->kept.listing.len };
    args[6] = civic_cstr(count);
    args[7] = civic_cstr(chunks);
    args[8] = civic_cstr(now);
    args[9] = audit->sealed;

    answer = run(ctl, "exam_publish", keys, 5, args, 10);

    if (answer == 0) {
        return overtaken(ctl);
    }

    if (answer == -1) {
        ctl_complain(ctl, "职位没有全部写入 Redis，请重试",
                     "not all positions are in Redis: try again");
    }

    return answer == 1 ? 0 : -1;
}


/* The list stands in another slot.  If this fails the plugin's job does it. */
static void
enter(ctl_t *ctl, const publication_t *p)
{
    char         until[NUMBER];
    civic_str_t  args[4], keys[2] = { CIVIC_STR(LIST),
                                      CIVIC_STR(LIST ":ends") };

    (void) snprintf(until, sizeof(until), "%lld",
                    (long long) civic_exam_until(p->exam->windows));
    args[0] = civic_cstr(p->exam->id);
    args[1] = civic_cstr(p->revision);
    args[2] = (civic_str_t) { p->kept.listing.bytes, p->kept.listing.len };
    args[3] = civic_cstr(until);

    (void) run(ctl, "exam_list", keys, 2, args, 4);
}


static int64_t
do_publish(ctl_t *ctl, publication_t *p, const ctl_exam_seen_t *seen,
    const ctl_exam_act_t *act)
{
    ctl_audit_t  audit;

    if (begin(ctl, p, seen) != 0) {
        json_decref(act->details);
        return -1;
    }

    (void) json_object_set_new(act->details, "revision",
                               json_integer(strtoll(p->revision, NULL, 10)));

    if (ctl_audit(ctl, act->command, act->action, "", act->details,
                  civic_cstr(p->head), &audit) != 0
        || write_positions(ctl, p) != 0 || publish(ctl, p, &audit) != 0)
    {
        return -1;
    }

    enter(ctl, p);

    return strtoll(p->revision, NULL, 10);
}


int64_t
ctl_exam_publish(ctl_t *ctl, const civic_exam_t *exam,
    const ctl_exam_seen_t *seen, const ctl_exam_act_t *act)
{
    int64_t               revision = -1;
    publication_t        *p = calloc(1, sizeof(publication_t));
    civic_exam_faults_t  *faults = calloc(1, sizeof(civic_exam_faults_t));

    if (p == NULL || faults == NULL) {
        ctl_complain(ctl, "内存不足", "no memory");
        json_decref(act->details);

    } else {
        p->exam = exam;

        if (civic_exam_pack(exam, &p->kept, faults) != 0) {
            ctl_exam_faults(ctl, exam->id, faults);
            json_decref(act->details);

        } else {
            revision = do_publish(ctl, p, seen, act);
            civic_exam_kept_done(&p->kept);
        }
    }

    free(p);
    free(faults);

    return revision;
}
