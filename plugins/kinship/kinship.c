/*
 * kinship.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.  Fields of
 * bodies and replies stand in the *_tables.c of their part.
 */

#include "kinship.h"
#include "kinship_tables.h"


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    /* codes */

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- problems of the routes -------------------------------------------- */

/* codes */
static const char *const  open_problems[] = {
    "consent_required", "kinship_unproven", "kinship_own_age",
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  own_problems[] = {
    "invalid_fields", "kinship_no_code", "consent_required",
    "store_unavailable", "overloaded", NULL
};
static const char *const  relative_problems[] = {
    "invalid_fields", "not_found", "kinship_code_ended", "store_unavailable",
    "overloaded", NULL
};
static const char *const  all_problems[] = { "store_unavailable", NULL };


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE  "health codes of oneself and one's family"

static const civic_route_t  routes[] = {
    /* codes */
    { .method = CIVIC_POST, .path = "/code", .handler = kinship_open,
      .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES,
      .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = kinship_open_reply, .problems = open_problems,
      .zh = "申领一码通", .en = "opens the own code" },
    { .method = CIVIC_GET, .path = "/code", .handler = kinship_show_own,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .query = kinship_show_query, .reply = kinship_show_reply,
      .problems = own_problems,
      .zh = "出示本人的一码通", .en = "shows the own code" },
    { .method = CIVIC_GET, .path = "/codes", .handler = kinship_show_all,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = kinship_list_reply, .problems = all_problems,
      .zh = "本人和亲属的健康码（列表切换）",
      .en = "the own code and relatives', to switch between" },
    { .method = CIVIC_GET, .path = "/codes/{binding_id}",
      .handler = kinship_show_relative, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .query = kinship_show_query,
      .reply = kinship_show_reply, .problems = relative_problems,
      .zh = "查看亲属码", .en = "shows a relative's code" },

    /* bindings */

    /* paper */

    /* staff */
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    /* codes */
    { "kinship_unproven", 403,
      "申领一码通前，请先完成实名登记和人脸认证。",
      "Prove who you are by your face first; then open your code." },
    { "kinship_own_age", 403,
      "不满{age}周岁的，请由监护人申领亲属码。",
      "A guardian opens the code of who is younger than {age}." },
    { "kinship_no_code", 404,
      "您还没有一码通，请先申领。",
      "You have no code yet. Open one first." },
    { "kinship_code_ended", 404,
      "该亲属的健康码已停用：健康信息处理的同意已撤回或到期。",
      "This relative's code has ended, for the consent to it has." },

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

static const civic_field_t  own_input[] = {
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    CIVIC_END
};

static const civic_field_t  show_input[] = {
    FIELD("kind", CIVIC_TYPE_STRING, "own 或 kin", "own or kin"),
    FIELD("colour", CIVIC_TYPE_STRING, "颜色", "the colour"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

static const civic_field_t  unbind_input[] = {
    FIELD("since", CIVIC_TYPE_INTEGER, "绑定时间（毫秒）",
          "when it was bound, ms"),
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    /* codes */
    { .name = "age", .en = "when a year of age is complete" },
    { .name = "colour", .input = colour_input,
      .en = "the colour of a code, its reason, and until when" },
    { .name = "own", .input = own_input,
      .en = "whether somebody may open the own code" },
    { .name = "show", .input = show_input,
      .en = "how a code looks, and how long one lasts" },
    { .name = "look", .en = "how often guardians' looks are noted, and how "
      "long looks are kept" },

    /* bindings */
    { .name = "unbind", .input = unbind_input,
      .en = "whether a binding can be undone, or from when on" },

    /* paper */

    /* staff */
};


/* ---- scripts ----------------------------------------------------------- */

static const civic_script_def_t  scripts[] = {
    /* codes */
    { "kinship_open", "opens somebody's own code" },
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
    { "opened", "own codes opened" },
    { "shown", "codes shown" },
    { "unchanged", "codes that a phone had already" },
    { "checks_genuine", "codes verified that were genuine" },
    { "checks_refused", "codes verified that were not" },
    { "looks", "looks at somebody else's data that were noted" },

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
