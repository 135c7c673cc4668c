/*
 * exam_move.c - "civicctl exam move": one instant of an exam's windows, as a
 * load of the same file with another one.
 *
 * Who keeps that instant (orders, due times) is told by the plugin's job, and
 * follows.
 */

#include <stdlib.h>
#include <string.h>

#include "china_time.h"
#include "ctl_exam.h"
#include "ctl_options.h"
#include "text.h"

#define COMMAND  "civicctl exam move"
#define ACTION   "exam.moved"

typedef struct {
    const char  *id;
    const char  *where;                 /* "payment.until" */
    const char  *window;
    const char  *edge;
    const char  *instant;
    const char  *reason;
} asked_t;


int
ctl_exam_check_reason(ctl_t *ctl, const char **reason, int required)
{
    if (*reason == NULL && !required) {
        *reason = "";
        return 0;
    }

    if (*reason == NULL || (*reason)[0] == '\0') {
        ctl_complain(ctl, "须用 --reason 说明原因，写入审计记录",
                     "say why with --reason: the audit trail keeps it");
        return -1;
    }

    if (strlen(*reason) > CTL_EXAM_REASON
        || civic_text_length(*reason, strlen(*reason)) < 0)
    {
        ctl_complain(ctl, "原因最多 %d 字节", "a reason has %d bytes at most",
                     CTL_EXAM_REASON);
        return -1;
    }

    return 0;
}


static int
parse(int argc, char **argv, asked_t *asked)
{
    const ctl_option_t  options[] = {
        { NULL, &asked->id, NULL },
        { NULL, &asked->where, NULL },
        { NULL, &asked->instant, NULL },
        { "--reason", &asked->reason, NULL },
    };

    return CTL_OPTIONS(argc - 1, argv + 1, options) != 0
           || asked->instant == NULL ? -1 : 0;
}


/* "payment.until" as the names of its members. */
static int
take_where(ctl_t *ctl, asked_t *asked)
{
    int          window = -1;
    const char  *dot = strchr(asked->where, '.');

    if (dot != NULL) {
        window = civic_exam_window_number(asked->where,
                                          (size_t) (dot - asked->where));
    }

    if (window < 0
        || (strcmp(dot, ".from") != 0 && strcmp(dot, ".until") != 0))
    {
        ctl_complain(ctl, "\"%s\" 不是考试的时间，应如 payment.until",
                     "\"%s\" is no instant of an exam: payment.until is one",
                     asked->where);
        return -1;
    }

    asked->window = civic_exam_window_name(window);
    asked->edge = dot + 1;

    return 0;
}


static int
check(ctl_t *ctl, asked_t *asked)
{
    int64_t  at;

    if (ctl_exam_check_id(ctl, asked->id) != 0
        || take_where(ctl, asked) != 0
        || ctl_exam_check_reason(ctl, &asked->reason, 1) != 0)
    {
        return -1;
    }

    if (civic_instant_read(asked->instant, strlen(asked->instant), &at)
        != 0)
    {
        ctl_complain(ctl, "\"%s\" 不是带时区的时间，应如 "
                     "2026-03-09T18:00:00+08:00",
                     "\"%s\" is no instant with offset, such as "
                     "2026-03-09T18:00:00+08:00", asked->instant);
        return -1;
    }

    return 0;
}


static int
publish(ctl_t *ctl, const asked_t *asked, ctl_exam_seen_t *seen,
    const char *before)
{
    json_t               *details;
    int64_t               revision;
    civic_exam_t          exam;
    civic_exam_faults_t  *faults = calloc(1, sizeof(civic_exam_faults_t));

    details = json_pack("{s:s, s:s, s:s, s:s, s:s}", "exam_id", asked->id,
                        "instant", asked->where, "from", before, "to",
                        asked->instant, "reason", asked->reason);

    if (faults == NULL
        || civic_exam_take(json_incref(seen->tree), &exam, faults) != 0)
    {
        if (faults != NULL) {
            ctl_exam_faults(ctl, asked->id, faults);
        }
        json_decref(details);
        free(faults);
        return CTL_PROBLEM;
    }

    revision = ctl_exam_publish(ctl, &exam, seen, &(ctl_exam_act_t) {
        .command = COMMAND, .action = ACTION, .details = details });

    if (revision > 0) {
        ctl_say(ctl, "%s 的 %s 已改为 %s，第 %lld 版",
                "%s: %s is %s now, revision %lld", asked->id, asked->where,
                asked->instant, (long long) revision);
    }

    civic_exam_done(&exam);
    free(faults);

    return revision > 0 ? CTL_FINE : CTL_PROBLEM;
}


static int
move(ctl_t *ctl, const asked_t *asked, ctl_exam_seen_t *seen)
{
    int      rc;
    json_t  *window, *before;

    window = json_object_get(json_object_get(seen->tree, "windows"),
                             asked->window);
    before = json_object_get(window, asked->edge);

    if (!json_is_string(before)) {
        ctl_complain(ctl, "考试 %s 没有 %s", "exam %s has no %s", asked->id,
                     asked->where);
        return CTL_PROBLEM;
    }

    if (strcmp(json_string_value(before), asked->instant) == 0) {
        ctl_say(ctl, "%s 的 %s 已经是 %s", "%s: %s is %s already", asked->id,
                asked->where, asked->instant);
        return CTL_FINE;
    }

    (void) json_incref(before);
    (void) json_object_set_new(window, asked->edge,
                               json_string(asked->instant));
    rc = publish(ctl, asked, seen, json_string_value(before));
    json_decref(before);

    return rc;
}


int
ctl_exam_move(ctl_t *ctl, int argc, char **argv)
{
    int              rc;
    asked_t          asked = { .reason = NULL };
    ctl_exam_seen_t  seen;

    if (parse(argc, argv, &asked) != 0) {
        return ctl_exam_usage(ctl, "move");
    }

    if (check(ctl, &asked) != 0) {
        return CTL_USAGE;
    }

    if (ctl_conf(ctl) == NULL || ctl_exam_read(ctl, asked.id, 1, &seen) != 0)
    {
        return CTL_PROBLEM;
    }

    if (seen.tree == NULL) {
        ctl_exam_missing(ctl, asked.id, &seen);
        return CTL_PROBLEM;
    }

    rc = move(ctl, &asked, &seen);
    json_decref(seen.tree);

    return rc;
}
