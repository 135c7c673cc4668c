/*
 * clock.c - see clock.h.
 *
 * The rule is asked each time, and what it answers is taken apart each time:
 * without a calendar that is three texts, and with the two years of one 5 us,
 * less than comparing the answer with one that was kept.
 */

#include "clock.h"
#include "review.h"
#include "values.h"


/* ---- the rule's answer ------------------------------------------------- */

static const struct {
    const char         *name;
    civic_work_mode_t   mode;
} modes[] = {
    { "every_day", CIVIC_WORK_EVERY_DAY },
    { "workdays", CIVIC_WORK_WORKDAYS },
    { "elapsed", CIVIC_WORK_ELAPSED },
};


static civic_work_status_t
read_mode(json_t *answer, civic_work_clock_t *clock)
{
    size_t       i;
    civic_str_t  name = shared_json_str(answer, "mode");

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (civic_str_eq(name, civic_cstr(modes[i].name))) {
            clock->mode = modes[i].mode;
            return CIVIC_WORK_OK;
        }
    }

    return CIVIC_WORK_BAD_MODE;
}


static civic_work_status_t
read_windows(json_t *windows, civic_work_clock_t *clock)
{
    size_t   i;
    json_t  *text;

    if (json_array_size(windows) > CIVIC_WORK_WINDOWS) {
        return CIVIC_WORK_BAD_WINDOWS;
    }

    json_array_foreach(windows, i, text) {
        if (!json_is_string(text)
            || civic_work_window_parse(json_string_value(text),
                                       json_string_length(text),
                                       &clock->windows[i]) != 0)
        {
            return CIVIC_WORK_BAD_WINDOWS;
        }
    }

    clock->count = json_array_size(windows);

    return CIVIC_WORK_OK;
}


static int
read_date(json_t *text, civic_date_t *date)
{
    return json_is_string(text)
           ? civic_date_parse(json_string_value(text),
                              json_string_length(text), date) : -1;
}


static int
read_days(json_t *days, civic_work_calendar_t *calendar,
    int (*take)(civic_work_calendar_t *calendar, civic_date_t date))
{
    size_t         i;
    json_t        *text;
    civic_date_t   date;

    json_array_foreach(days, i, text) {
        if (read_date(text, &date) != 0 || take(calendar, date) != 0) {
            return -1;
        }
    }

    return 0;
}


/* Of the years that the rule knows of; it has none of others. */
static civic_work_status_t
read_calendar(json_t *calendar, civic_work_clock_t *clock)
{
    civic_date_t  from, until;

    if (clock->mode != CIVIC_WORK_WORKDAYS) {
        return CIVIC_WORK_OK;
    }

    if (!json_is_object(calendar)) {
        return CIVIC_WORK_BEYOND_CALENDAR;
    }

    if (read_date(json_object_get(calendar, "from"), &from) != 0
        || read_date(json_object_get(calendar, "until"), &until) != 0
        || civic_work_calendar_init(&clock->calendar, from, until) != 0
        || read_days(json_object_get(calendar, "off"), &clock->calendar,
                     civic_work_calendar_off) != 0
        || read_days(json_object_get(calendar, "worked"), &clock->calendar,
                     civic_work_calendar_worked) != 0)
    {
        return CIVIC_WORK_BAD_CALENDAR;
    }

    return CIVIC_WORK_OK;
}


static civic_work_status_t
read_clock(json_t *answer, civic_work_clock_t *clock)
{
    json_t               *need = json_object_get(answer, "need");
    civic_work_status_t   status;

    if (!json_is_integer(need) || json_integer_value(need) < 1
        || json_integer_value(need) > CIVIC_WORK_NEED)
    {
        return CIVIC_WORK_BAD_NEED;
    }

    clock->need = (int) json_integer_value(need);
    status = read_mode(answer, clock);

    if (status == CIVIC_WORK_OK) {
        status = read_windows(json_object_get(answer, "windows"), clock);
    }

    if (status == CIVIC_WORK_OK) {
        status = read_calendar(json_object_get(answer, "calendar"), clock);
    }

    return status == CIVIC_WORK_OK ? civic_work_check(clock) : status;
}


/* ---- asking it --------------------------------------------------------- */

/* A rule that is wrong is an operator's to mend at once.  A year without a
   calendar is told once for each application: a line, and no alarm. */
static void
tell(civic_request_t *r, civic_work_status_t status)
{
    if (status != CIVIC_WORK_OK) {
        civic_log(r, status == CIVIC_WORK_BEYOND_CALENDAR ? CIVIC_LOG_WARN
                                                          : CIVIC_LOG_ERROR,
                  "the rule \"clock\" gives no due time: \"%s\"",
                  civic_work_status_name(status));
    }
}


civic_result_t
review_clock(civic_request_t *r, civic_msec_t at, civic_work_clock_t *clock,
    civic_work_status_t *status)
{
    json_t          *answer;
    civic_result_t   rc;

    memset(clock, 0, sizeof(civic_work_clock_t));

    rc = civic_rule(r, "clock", json_pack("{s:I}", "at", (json_int_t) at),
                    &answer);

    if (rc == CIVIC_OK) {
        *status = read_clock(answer, clock);
        tell(r, *status);
    }

    return rc;
}


civic_result_t
review_due(civic_request_t *r, civic_msec_t submitted, civic_msec_t *due,
    civic_str_t *unknown)
{
    civic_result_t       rc;
    civic_work_clock_t   clock;
    civic_work_status_t  status;

    *due = 0;
    *unknown = CIVIC_STR("");

    rc = review_clock(r, submitted, &clock, &status);

    if (rc == CIVIC_OK && status == CIVIC_WORK_OK) {
        status = civic_work_due_at(&clock, submitted, due);
        tell(r, status);
    }

    if (rc == CIVIC_OK && status != CIVIC_WORK_OK) {
        *due = 0;
        civic_count(r, REVIEW_UNDATED, 1);
        *unknown = civic_cstr(civic_work_status_name(status));
    }

    return rc;
}


civic_result_t
review_hours(civic_request_t *r, civic_msec_t now, int *open,
    civic_msec_t *opens)
{
    int                  working;
    civic_result_t       rc;
    civic_work_clock_t   clock;
    civic_work_status_t  status;

    *open = -1;
    *opens = 0;

    rc = review_clock(r, now, &clock, &status);

    if (rc == CIVIC_OK && status == CIVIC_WORK_OK) {
        status = civic_work_is_open(&clock, now, &working);
    }

    if (rc != CIVIC_OK || status != CIVIC_WORK_OK) {
        return rc;
    }

    *open = working;

    if (!working && civic_work_starts_at(&clock, now, opens)
                    != CIVIC_WORK_OK)
    {
        *opens = 0;
    }

    return rc;
}


/* {"at"} -> {"due_at"}, or {"due_unknown"}: what is handed in at that instant
   would be due then. */
civic_result_t
review_call_due(civic_request_t *r, json_t *in, json_t **out)
{
    json_t          *at = json_object_get(in, "at");
    civic_str_t      unknown;
    civic_msec_t     due;
    civic_result_t   rc;

    if (!json_is_integer(at)) {
        civic_log(r, CIVIC_LOG_ERROR, "a call of review names no \"at\"");
        return CIVIC_ERROR;
    }

    rc = review_due(r, json_integer_value(at), &due, &unknown);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = unknown.len == 0 ? json_pack("{s:I}", "due_at", (json_int_t) due)
           : json_pack("{s:s%}", "due_unknown", unknown.data, unknown.len);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
