/*
 * states.c - where an exam is, in words, by its windows and the business
 * clock.
 *
 * Windows may overlap: what somebody can still miss goes first.
 */

#include <string.h>

#include "china_time.h"
#include "exam.h"

enum {
    NOT_STARTED, REGISTRATION, PAYMENT, REVIEW, PRINTING, CLOSED, OVER,
    STATES
};

static const exam_state_t  states[] = {
    [NOT_STARTED] = { "not_started", "未开始", "not begun" },
    [REGISTRATION] = { "registration", "报名中", "registration is open" },
    [PAYMENT] = { "payment", "缴费中", "fees can be paid" },
    [REVIEW] = { "review", "审核中", "applications are being reviewed" },
    [PRINTING] = { "printing", "准考证可打印", "tickets can be printed" },
    [CLOSED] = { "closed", "报名已结束", "registration is over" },
    [OVER] = { "over", "已结束", "over" },
};

const char *const  exam_states[] = {
    "not_started", "registration", "payment", "review", "printing", "closed",
    "over", NULL
};

const char *const  exam_window_states[] = { "before", "open", "over", NULL };


static int
is_open(const civic_exam_window_t *window, civic_msec_t now)
{
    return window->from <= now && now < window->until;
}


const exam_state_t *
exam_state(const civic_exam_window_t *windows, civic_msec_t now)
{
    if (now < windows[CIVIC_EXAM_REGISTRATION].from) {
        return &states[NOT_STARTED];
    }

    if (is_open(&windows[CIVIC_EXAM_REGISTRATION], now)) {
        return &states[REGISTRATION];
    }

    if (is_open(&windows[CIVIC_EXAM_PAYMENT], now)) {
        return &states[PAYMENT];
    }

    if (is_open(&windows[CIVIC_EXAM_REVIEW], now)) {
        return &states[REVIEW];
    }

    if (is_open(&windows[CIVIC_EXAM_PRINTING], now)) {
        return &states[PRINTING];
    }

    return &states[civic_exam_until(windows) <= now ? OVER : CLOSED];
}


json_t *
exam_windows(json_t *windows, const civic_exam_window_t *spans,
    civic_msec_t now)
{
    int      i;
    json_t  *out = json_object(), *window;

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = json_object_get(windows, civic_exam_window_name(i));

        if (window == NULL) {
            continue;
        }

        (void) json_object_set_new(out, civic_exam_window_name(i),
            json_pack("{s:O, s:O, s:s}",
                      "from", json_object_get(window, "from"),
                      "until", json_object_get(window, "until"),
                      "state", is_open(&spans[i], now) ? "open"
                               : now < spans[i].from ? "before" : "over"));
    }

    return out;
}


static int
read_span(json_t *window, civic_exam_window_t *span)
{
    json_t  *from = json_object_get(window, "from");
    json_t  *until = json_object_get(window, "until");

    return json_is_string(from) && json_is_string(until)
           && civic_instant_read(json_string_value(from),
                                 json_string_length(from), &span->from) == 0
           && civic_instant_read(json_string_value(until),
                                 json_string_length(until), &span->until)
              == 0 ? 0 : -1;
}


int
exam_spans(json_t *windows, civic_exam_window_t *spans)
{
    int      i;
    json_t  *window;

    memset(spans, 0, CIVIC_EXAM_WINDOWS * sizeof(*spans));

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = json_object_get(windows, civic_exam_window_name(i));

        if (window == NULL ? i == CIVIC_EXAM_REGISTRATION
                           : read_span(window, &spans[i]) != 0)
        {
            return -1;
        }
    }

    return 0;
}
