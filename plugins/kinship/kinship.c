/*
 * kinship.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.  Fields of
 * bodies and replies stand in the *_tables.c of their part.
 */

#include "kinship.h"

#define FIELD(n, t, z, e)                                                     \
    { .name = n, .type = t, .flags = CIVIC_REQUIRED, .zh = z, .en = e }
#define MAYBE(n, t, z, e)                                                     \
    { .name = n, .type = t, .zh = z, .en = e }


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    /* codes */

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE  "health codes of oneself and one's family"

static const civic_route_t  routes[] = {
    /* codes */

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    /* codes */

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  colour_input[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("since", CIVIC_TYPE_INTEGER, "申领时间（毫秒）",
          "when the code was opened, ms"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    MAYBE("facts", CIVIC_TYPE_OBJECT, "检测、措施与核定",
          "{tests, measures, override}: see docs/kinship.md"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    /* codes */
    { .name = "age", .en = "when a year of age is complete" },
    { .name = "colour", .input = colour_input,
      .en = "the colour of a code, its reason, and until when" },
    { .name = "look", .en = "how often guardians' looks are noted, and how "
      "long looks are kept" },

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- scripts ----------------------------------------------------------- */

static const civic_script_def_t  scripts[] = {
    /* codes */
    { "kinship_look", "notes that somebody looked at a person's data" },

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- calls ------------------------------------------------------------- */

static const civic_call_def_t  calls[] = {
    /* codes */

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- jobs -------------------------------------------------------------- */

static const civic_job_def_t  jobs[] = {
    /* codes */

    /* bindings */

    /* paper */
};


/* ---- outboxes ---------------------------------------------------------- */

static const civic_outbox_def_t  outboxes[] = {
    /* codes */

    /* bindings */

    /* paper */
};


/* ---- metrics: in the order of kinship_metric_t ------------------------- */

static const civic_metric_def_t  metrics[] = {
    /* codes */

    /* bindings */

    /* paper */
};


/* ---- purposes ---------------------------------------------------------- */

static const civic_purpose_def_t  purposes[] = {
    { KINSHIP_HEALTH, "what a health code's colour is made of" },
    { KINSHIP_SEALED, "families: who somebody is, bindings, who looked" },
    { KINSHIP_LIVE, "codes that a phone shows for some seconds" },
};


CIVIC_PLUGIN = {
    .name = "kinship",
    .version = "1.0.0",
    .zh = "一码通与亲属码：申领、绑定、展示、离线码与核验",
    .en = "health codes of oneself and one's family: shown, bound, printed, "
          "verified",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
};
