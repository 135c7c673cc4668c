/*
 * review.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "clock.h"
#include "review.h"


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  clock_input[] = {
    { .name = "at", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "提交的时刻", .en = "when it was handed in, ms" },
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "clock", .input = clock_input,
      .en = "how long a review takes, in whose working hours" },
};


/* ---- scripts, calls, metrics, purposes --------------------------------- */

static const civic_script_def_t  scripts[] = {
    { "review_move", "moves an application on, if it is as it was read" },
};

static const civic_call_def_t  calls[] = {
    { "state", review_call_state, "{pid, exam_id} -> {state, version, "
      "application_id, position, submitted_at?, due_at?}; state \"none\"" },
    { "due", review_call_due, "{at} -> {due_at} or {due_unknown}: when what "
      "is handed in then would be due" },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = REVIEW_WORK, .en = "what follows from changes" },
    { .name = REVIEW_MONEY, .en = "orders that are to be looked at" },
    { .name = REVIEW_TELL, .en = "what others are told" },
};

static const civic_metric_def_t  metrics[] = {
    [REVIEW_MOVES] = { "moves", "changes of applications" },
};

static const civic_purpose_def_t  purposes[] = {
    { REVIEW_RECORD, "applications and decisions" },
};


CIVIC_PLUGIN = {
    .name = "review",
    .version = "1.0.0",
    .zh = "报名与资格审核",
    .en = "applications to exams, and their review",
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .outboxes = CIVIC_TABLE(outboxes),
};
