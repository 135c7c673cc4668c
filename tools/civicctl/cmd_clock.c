/*
 * cmd_clock.c - "civicctl clock": the business clock of a sandbox.
 *
 * The hash "civic:clock" in Redis holds offset_ms (business time is real time
 * plus it) or fixed_ms (business time stands still); without it both clocks
 * are one.  Workers read it.  Refused outside "civic_environment sandbox;".
 */

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "ctl.h"
#include "instant.h"

#define CTL_CLOCK_KEY    "civic:clock"
#define CTL_CLOCK_MAX    (200LL * 366 * 24 * 3600 * 1000)

/* One step, so that no worker reads half of it; the new field before the old
   one goes, for a key that is emptied is lost while its slot is on the move. */
#define CTL_CLOCK_SCRIPT                                                      \
    "#!lua\n"                                                                 \
    "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])\n"                         \
    "for _, field in ipairs({'offset_ms', 'fixed_ms'}) do\n"                  \
    "    if field ~= ARGV[1] then redis.call('HDEL', KEYS[1], field) end\n"   \
    "end\n"                                                                   \
    "return 1"

#define CTL_CLOCK_ZH  "civicctl clock show\n"                                 \
    "      civicctl clock set 2026-03-09T08:30:00+08:00 [--hold]\n"          \
    "      civicctl clock set +3d      （在当前业务时间上加；w d h m s）\n"    \
    "      civicctl clock offset -2h   （相对真实时间）\n"                     \
    "      civicctl clock reset"
#define CTL_CLOCK_EN  "civicctl clock show\n"                                 \
    "       civicctl clock set 2026-03-09T08:30:00+08:00 [--hold]\n"         \
    "       civicctl clock set +3d      (from the present business time; "    \
    "w d h m s)\n"                                                            \
    "       civicctl clock offset -2h   (from the real time)\n"               \
    "       civicctl clock reset"

typedef struct {
    int      fixed;
    int64_t  value;                     /* ms: the instant, or the offset */
} ctl_clock_t;


static civic_msec_t
ctl_clock_real(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (civic_msec_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static civic_msec_t
ctl_clock_business(const ctl_clock_t *clock)
{
    return clock->fixed ? clock->value : ctl_clock_real() + clock->value;
}


static int
ctl_clock_load(ctl_t *ctl, ctl_clock_t *clock)
{
    size_t       i;
    redisReply  *reply;

    clock->fixed = 0;
    clock->value = 0;
    reply = CTL_REDIS(ctl, CIVIC_STR("HGETALL"), CIVIC_STR(CTL_CLOCK_KEY));

    if (reply == NULL) {
        return -1;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {
        if (strcmp(reply->element[i]->str, "fixed_ms") == 0) {
            clock->fixed = 1;
            clock->value = strtoll(reply->element[i + 1]->str, NULL, 10);
            break;
        }

        if (strcmp(reply->element[i]->str, "offset_ms") == 0) {
            clock->value = strtoll(reply->element[i + 1]->str, NULL, 10);
        }
    }

    freeReplyObject(reply);

    return 0;
}


static int
ctl_clock_store(ctl_t *ctl, const ctl_clock_t *clock)
{
    char         value[32];
    redisReply  *reply;

    (void) snprintf(value, sizeof(value), "%lld", (long long) clock->value);
    reply = CTL_REDIS(ctl, CIVIC_STR("EVAL"), CIVIC_STR(CTL_CLOCK_SCRIPT),
                      CIVIC_STR("1"), CIVIC_STR(CTL_CLOCK_KEY),
                      clock->fixed ? CIVIC_STR("fixed_ms")
                                   : CIVIC_STR("offset_ms"),
                      civic_cstr(value));

    if (reply == NULL) {
        return -1;
    }

    freeReplyObject(reply);

    return 0;
}


static int
ctl_clock_show(ctl_t *ctl)
{
    char         real[CIVIC_INSTANT_LEN + 1], business[CIVIC_INSTANT_LEN + 1];
    ctl_clock_t  clock;

    if (ctl_clock_load(ctl, &clock) != 0) {
        return CTL_PROBLEM;
    }

    (void) civic_instant_format(ctl_clock_real(), real);
    (void) civic_instant_format(ctl_clock_business(&clock), business);

    ctl_say(ctl, "真实时间：%s", "real time:     %s", real);

    if (clock.fixed) {
        ctl_say(ctl, "业务时间：%s（静止）",
                "business time: %s (stands still)", business);
    } else if (clock.value != 0) {
        ctl_say(ctl, "业务时间：%s（偏移 %lld 秒）",
                "business time: %s (offset %lld s)", business,
                (long long) clock.value / 1000);
    } else {
        ctl_say(ctl, "业务时间：%s（与真实时间一致）",
                "business time: %s (the real time)", business);
    }

    return CTL_FINE;
}


/* "+3d", "-90m", "+1w2d": ms.  0, or -1. */
static int
ctl_clock_duration(const char *text, int64_t *ms)
{
    char        *end;
    int64_t      sum = 0, unit;
    long long    n;
    const char  *p = text + 1;

    if (text[0] != '+' && text[0] != '-') {
        return -1;
    }

    do {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        errno = 0;
        n = strtoll(p, &end, 10);

        switch (*end) {
        case 'w':
            unit = 7LL * 24 * 3600 * 1000;
            break;
        case 'd':
            unit = 24LL * 3600 * 1000;
            break;
        case 'h':
            unit = 3600LL * 1000;
            break;
        case 'm':
            unit = 60LL * 1000;
            break;
        case 's':
            unit = 1000;
            break;
        default:
            return -1;
        }

        if (errno != 0 || n > CTL_CLOCK_MAX / unit) {
            return -1;
        }

        sum += n * unit;
        p = end + 1;
    } while (*p != '\0' && sum <= CTL_CLOCK_MAX);

    if (sum > CTL_CLOCK_MAX) {
        return -1;
    }

    *ms = text[0] == '-' ? -sum : sum;

    return 0;
}


static int
ctl_clock_bad(ctl_t *ctl, const char *text)
{
    ctl_complain(ctl, "\"%s\" 不是时间。示例：2026-03-09T08:30:00+08:00、+3d",
                 "\"%s\" is no time; examples: 2026-03-09T08:30:00+08:00, "
                 "+3d", text);

    return CTL_USAGE;
}


static int
ctl_clock_set(ctl_t *ctl, const char *text, int hold)
{
    int64_t       step;
    ctl_clock_t   clock;
    civic_msec_t  to;

    if (ctl_clock_duration(text, &step) == 0) {
        if (ctl_clock_load(ctl, &clock) != 0) {
            return CTL_PROBLEM;
        }

        hold = hold || clock.fixed;
        to = ctl_clock_business(&clock) + step;

    } else if (civic_instant_parse(civic_cstr(text), &to) != 0) {
        return ctl_clock_bad(ctl, text);
    }

    clock.fixed = hold;
    clock.value = hold ? to : to - ctl_clock_real();

    return ctl_clock_store(ctl, &clock) != 0 ? CTL_PROBLEM
                                             : ctl_clock_show(ctl);
}


static int
ctl_clock_offset(ctl_t *ctl, const char *text)
{
    ctl_clock_t  clock = { .fixed = 0 };

    if (ctl_clock_duration(text, &clock.value) != 0) {
        return ctl_clock_bad(ctl, text);
    }

    return ctl_clock_store(ctl, &clock) != 0 ? CTL_PROBLEM
                                             : ctl_clock_show(ctl);
}


static int
ctl_clock_reset(ctl_t *ctl)
{
    redisReply  *reply;

    reply = CTL_REDIS(ctl, CIVIC_STR("DEL"), CIVIC_STR(CTL_CLOCK_KEY));

    if (reply == NULL) {
        return CTL_PROBLEM;
    }

    freeReplyObject(reply);

    return ctl_clock_show(ctl);
}


int
ctl_cmd_clock(ctl_t *ctl, int argc, char **argv)
{
    int          hold = argc == 4 && strcmp(argv[3], "--hold") == 0;
    const char  *verb = argc == 1 ? "show" : argv[1];

    if (ctl_conf(ctl) == NULL) {
        return CTL_PROBLEM;
    }

    if (!ctl_is_sandbox(ctl)) {
        ctl_complain(ctl,
            "业务时钟只在 \"civic_environment sandbox;\" 中可用；"
            "生产环境按真实时间办理",
            "the business clock is there only with \"civic_environment "
            "sandbox;\"; production goes by the real time");
        return CTL_PROBLEM;
    }

    if (argc <= 2 && strcmp(verb, "show") == 0) {
        return ctl_clock_show(ctl);
    }

    if ((argc == 3 || hold) && strcmp(verb, "set") == 0) {
        return ctl_clock_set(ctl, argv[2], hold);
    }

    if (argc == 3 && strcmp(verb, "offset") == 0) {
        return ctl_clock_offset(ctl, argv[2]);
    }

    if (argc == 2 && strcmp(verb, "reset") == 0) {
        return ctl_clock_reset(ctl);
    }

    return ctl_usage(ctl, CTL_CLOCK_ZH, CTL_CLOCK_EN);
}
