/*
 * doctor_calendar.c - whether the rules of "review" know the working days that
 * are to come.
 *
 * Next year's holidays are published in autumn and have to be added to
 * review.lua by hand.  Whoever forgets it is told by nobody until the first
 * application has no due time.
 */

#define _GNU_SOURCE

#include <stdlib.h>
#include <time.h>

#include "civil_date.h"
#include "doctor.h"
#include "rules.h"

#define DOCTOR_RULES  "/etc/civic/rules"
#define DOCTOR_FILE   "review.lua"

/* The notice of the State Council comes in October or November. */
#define DOCTOR_DAYS   60

static int64_t
doctor_now(void)
{
    return (int64_t) time(NULL) * 1000;
}


static void
doctor_calendar_end(doctor_t *doctor, const char *until)
{
    int           days;
    civic_date_t  end;

    if (civic_date_parse(until, strlen(until), &end) != 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "工作日历：" DOCTOR_FILE " 给出的截止日期不是日期",
                    "working days: " DOCTOR_FILE " gives an end that is no "
                    "date");
        return;
    }

    days = (int) (civic_date_to_days(end)
                  - civic_date_to_days(civic_date_in_china(doctor_now())));

    if (days < DOCTOR_DAYS) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "工作日历：只到 %s，还有 %d 天；请按国务院办公厅的通知把下一年"
                    "补入 " DOCTOR_FILE " 的 rules.calendar",
                    "working days: known until %s, for %d more {day|days}; "
                    "add next year's holidays to rules.calendar of "
                    DOCTOR_FILE,
                    until, days);
        return;
    }

    doctor_tell(doctor, DOCTOR_FINE, "工作日历：到 %s 为止",
                "working days: known until %s", until);
}


/* What the rule "clock" says of an application that is handed in now. */
static void
doctor_calendar_said(doctor_t *doctor, json_t *said)
{
    json_t      *until;
    const char  *mode = json_string_value(json_object_get(said, "mode"));

    if (mode == NULL || strcmp(mode, "workdays") != 0) {
        return;
    }

    until = json_object_get(json_object_get(said, "calendar"), "until");

    if (!json_is_string(until)) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "工作日历：" DOCTOR_FILE " 的 rules.calendar 没有今年，报名没有"
                    "应审完的时间；请补入今年和下一年",
                    "working days: rules.calendar of " DOCTOR_FILE " does not "
                    "have this year, so applications have no due time; add "
                    "this year and the next");
        return;
    }

    doctor_calendar_end(doctor, json_string_value(until));
}


static void
doctor_calendar_ask(doctor_t *doctor, const char *path)
{
    json_t           *in, *said = NULL;
    civic_rules_t    *rules;
    civic_failure_t   failure = { "no memory" };

    rules = civic_rules_load(path, NULL, 0, &failure);
    in = json_pack("{s:I}", "at", (json_int_t) doctor_now());

    if (rules == NULL || in == NULL
        || civic_rules_call(rules, "clock", in, &said, &failure) != 0)
    {
        doctor_tell(doctor, DOCTOR_WARNING, "工作日历：无法询问规则：%s",
                    "working days: the rules cannot be asked: %s",
                    failure.text);
    } else {
        doctor_calendar_said(doctor, said);
    }

    json_decref(said);
    json_decref(in);

    if (rules != NULL) {
        civic_rules_free(rules);
    }
}


void
doctor_calendar(doctor_t *doctor, ctl_conf_t *conf)
{
    char  *folder, *path = NULL;

    folder = ctl_path(doctor->ctl, ctl_conf_word(conf, "civic_rules",
                                                 DOCTOR_RULES), 0);

    if (folder != NULL && asprintf(&path, "%s/" DOCTOR_FILE, folder) >= 0) {
        doctor_calendar_ask(doctor, path);
        free(path);
    }

    free(folder);
}
