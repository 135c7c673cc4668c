/*
 * exam_seat.c - "civicctl exam seat": asks for a round of seating, waits until
 * the plugin ticket's job has carried it out, and says what came of it.
 *
 * To ask is an audited act; asking again is another round, which seats who
 * came since and moves nobody.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "ctl_audit.h"
#include "ctl_exam.h"
#include "ctl_options.h"
#include "password.h"

#define COMMAND  "civicctl exam seat"
#define ACTION   "ticket.seating_asked"
#define JOB      "ticket.seat"
#define LEASE    "civic:{job:" JOB ":0}"
#define SEED     16                     /* bytes */
#define LOOK     200                    /* ms between two looks */
#define PATIENCE 60000                  /* ms without any step */
#define REPORT   8                      /* numbers, see ticket_order.lua */

typedef struct {
    const char  *id;
    int          report;                /* the last one, without asking */
    int64_t      revision;              /* of the exam's file */
    char         key[CTL_EXAM_KEY];     /* of the order */
    long long    unpaid;                /* approved, and not entitled */
} asked_t;

/* As lua/redis/ticket_order.lua describes it. */
typedef struct {
    long long  done;
    long long  step;
    long long  report[REPORT];          /* round, seated, kept, without, back,
                                           unclear, astray, ended at */
    int        has_report;
} state_t;


static int
parse(int argc, char **argv, asked_t *asked)
{
    const ctl_option_t  options[] = {
        { NULL, &asked->id, NULL },
        { "--report", NULL, &asked->report },
    };

    memset(asked, 0, sizeof(asked_t));

    return CTL_OPTIONS(argc - 1, argv + 1, options) != 0 || asked->id == NULL
           ? -1 : 0;
}


/* ---- who has not paid --------------------------------------------------- */

/* Of review's index: "<version> <state> <position> <entitled> <order's
   version>". */
static int
count_one(void *data, const char *pid, const char *value)
{
    int       entitled;
    char      state[16];
    asked_t  *asked = data;

    (void) pid;

    asked->unpaid += sscanf(value, "%*s %15s %*s %d", state, &entitled) == 2
                     && strcmp(state, "approved") == 0 && !entitled;

    return 0;
}


/* The index is a few seconds behind what people pay, and the round asks it
   who has paid; so it is counted before the round: who is missed by it is in
   this number.  0, or -1: it was complained. */
static int
count_unpaid(ctl_t *ctl, asked_t *asked)
{
    char  key[CTL_EXAM_KEY];

    (void) snprintf(key, sizeof(key), "civic:{review:%s}:applications",
                    asked->id);

    return ctl_exam_rows(ctl, key, count_one, asked);
}


/* ---- asking ------------------------------------------------------------ */

static void
make_seed(char out[2 * SEED + 1])
{
    int            i;
    unsigned char  bytes[SEED];

    out[0] = '\0';

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return;                         /* the script refuses it */
    }

    for (i = 0; i < SEED; i++) {
        (void) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}


/* The round's number, or -1: it was complained. */
static long long
ask(ctl_t *ctl, const asked_t *asked)
{
    char          seed[2 * SEED + 1], now[24], revision[24];
    long long     round;
    redisReply   *reply;
    ctl_audit_t   audit;
    civic_str_t   keys[2], args[4];

    if (ctl_audit(ctl, COMMAND, ACTION, "",
                  json_pack("{s:s}", "exam_id", asked->id),
                  civic_cstr(asked->key), &audit) != 0)
    {
        return -1;
    }

    make_seed(seed);
    (void) snprintf(now, sizeof(now), "%lld", (long long) ctl_now());
    (void) snprintf(revision, sizeof(revision), "%lld",
                    (long long) asked->revision);
    keys[0] = civic_cstr(asked->key);
    keys[1] = audit.outbox;
    args[0] = civic_cstr(seed);
    args[1] = civic_cstr(now);
    args[2] = audit.sealed;
    args[3] = civic_cstr(revision);

    reply = ctl_script(ctl, "ticket_order", keys, 2, args, 4);
    round = reply != NULL && reply->type == REDIS_REPLY_INTEGER
            ? reply->integer : -1;
    freeReplyObject(reply);

    return round;
}


/* The job would come by itself in a moment; so it comes now. */
static int
wake(ctl_t *ctl)
{
    civic_str_t   key = CIVIC_STR(LEASE);
    redisReply   *reply = ctl_script(ctl, "job_ask", &key, 1, NULL, 0);

    if (reply == NULL) {
        return -1;
    }

    freeReplyObject(reply);

    return ctl_call_job(ctl, JOB);
}


/* ---- waiting ----------------------------------------------------------- */

static long long
number_of(const redisReply *value)
{
    return value->type == REDIS_REPLY_STRING ? strtoll(value->str, NULL, 10)
                                             : 0;
}


static void
take_report(const redisReply *value, state_t *state)
{
    int          i;
    char        *end;
    const char  *at = value->type == REDIS_REPLY_STRING ? value->str : "";

    for (i = 0; i < REPORT; i++) {
        state->report[i] = strtoll(at, &end, 10);

        if (end == at) {
            return;
        }

        at = end;
    }

    state->has_report = 1;
}


/* 0, or -1: it was complained. */
static int
read_state(ctl_t *ctl, const asked_t *asked, state_t *state)
{
    int          rc = -1;
    redisReply  *reply;

    memset(state, 0, sizeof(state_t));
    reply = CTL_REDIS(ctl, CIVIC_STR("HMGET"), civic_cstr(asked->key),
                      CIVIC_STR("done"), CIVIC_STR("step"),
                      CIVIC_STR("report"));

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 3)
    {
        state->done = number_of(reply->element[0]);
        state->step = number_of(reply->element[1]);
        take_report(reply->element[2], state);
        rc = 0;
    }

    freeReplyObject(reply);

    return rc;
}


static int
await(ctl_t *ctl, const asked_t *asked, long long round, state_t *state)
{
    long long        step = -1, moved = ctl_now();
    struct timespec  pause = { 0, LOOK * 1000000L };

    for ( ;; ) {
        if (read_state(ctl, asked, state) != 0) {
            return -1;
        }

        if (state->done >= round) {
            return 0;
        }

        if (state->step != step) {
            step = state->step;
            moved = ctl_now();
        }

        if (ctl_now() - moved > PATIENCE) {
            ctl_complain(ctl, "%d 秒内没有进展（是否加载了插件 ticket？"
                         "工作进程是否在运行？见 civicctl job list）。"
                         "请求已保存，不会丢失。",
                         "nothing has moved for %d s (is the plugin ticket "
                         "loaded, does any worker run? see civicctl job "
                         "list); what was asked for is kept",
                         PATIENCE / 1000);
            return -1;
        }

        (void) nanosleep(&pause, NULL);
    }
}


/* ---- telling ----------------------------------------------------------- */

/* Who came too late for the round is not to be taken for nobody. */
static void
tell_entitled(ctl_t *ctl, const asked_t *asked, const long long *n)
{
    long long  entitled = n[1] + n[2] + n[3];

    ctl_say(ctl, "本次安排时，审核通过并已缴费（或免费）的共 %lld 人",
            "as this round saw it, %lld {person was|people were} entitled "
            "(approved, and paid if there is a fee)", entitled);

    if (asked->unpaid == 0) {
        return;
    }

    ctl_say(ctl, "另有 %lld 人审核通过、尚未见到付款：缴费截止前不是最终结果；刚付款的人几秒后"
            "才计入，请稍后再次执行本命令",
            "%lld more {is|are} approved and not known to have paid: this is "
            "not final before payment ends, and a payment counts after a few "
            "seconds: then ask again", asked->unpaid);
}


static void
tell_trouble(ctl_t *ctl, const long long *n)
{
    if (n[3] > 0) {
        ctl_say(ctl, "还差 %lld 个座位：在考试文件中增加考场并载入后，"
                "再次执行本命令",
                "%lld {place is|places are} missing: add rooms to the exam's "
                "file, load it, and ask again", n[3]);
    }

    if (n[5] > 0) {
        ctl_say(ctl, "%lld 人的报名记录无法读取，未作变动：见错误日志",
                "%lld {person's record|people's records} cannot be read; "
                "{it stays as it is|they stay as they are}: see the error log",
                n[5]);
    }

    if (n[6] > 0) {
        ctl_say(ctl, "%lld 人的座位已不在考试文件中，暂不能打印：请恢复考场",
                "%lld {person has|people have} a seat that the exam's file "
                "has no more, and cannot print: put the room back", n[6]);
    }
}


static int
tell(ctl_t *ctl, const asked_t *asked, const state_t *state)
{
    const long long  *n = state->report;

    ctl_say(ctl, "%s：第 %lld 次安排座位：新安排 %lld 人，原有座位 %lld 人，"
            "收回 %lld 个，没有座位 %lld 人",
            "%s, round %lld: seated %lld, kept %lld, given back %lld, without "
            "a seat %lld", asked->id, n[0], n[1], n[2], n[4], n[3]);

    tell_entitled(ctl, asked, n);
    tell_trouble(ctl, n);

    return n[3] + n[5] + n[6] > 0 ? CTL_PROBLEM : CTL_FINE;
}


static int
seat(ctl_t *ctl, const asked_t *asked, state_t *state)
{
    long long  round;

    if (asked->report) {
        return read_state(ctl, asked, state);
    }

    round = ask(ctl, asked);

    return round < 0 || wake(ctl) != 0 ? -1
           : await(ctl, asked, round, state);
}


int
ctl_exam_seat(ctl_t *ctl, int argc, char **argv)
{
    asked_t          asked;
    state_t          state;
    ctl_exam_seen_t  seen;

    if (parse(argc, argv, &asked) != 0) {
        return ctl_exam_usage(ctl, "seat");
    }

    if (ctl_exam_check_id(ctl, asked.id) != 0) {
        return CTL_USAGE;
    }

    if (ctl_exam_read(ctl, asked.id, 0, &seen) != 0) {
        return CTL_PROBLEM;
    }

    if (seen.revision == 0) {
        ctl_exam_missing(ctl, asked.id, &seen);
        return CTL_PROBLEM;
    }

    asked.revision = seen.revision;
    (void) snprintf(asked.key, sizeof(asked.key), "civic:{ticket:%s}:order",
                    asked.id);

    if (count_unpaid(ctl, &asked) != 0 || seat(ctl, &asked, &state) != 0) {
        return CTL_PROBLEM;
    }

    if (!state.has_report) {
        ctl_complain(ctl, "%s：还没有安排过座位", "%s: nobody was seated yet",
                     asked.id);
        return CTL_PROBLEM;
    }

    return tell(ctl, &asked, &state);
}
