/*
 * hello.c - the smallest useful plugin, and what docs/plugin-guide.md builds.
 *
 * GET /hello/greeting asks a rule how to greet at this hour; POST and
 * GET /hello/visits count the day's visits in Redis.  Everything runs on the
 * request's fiber in a worker; the plugin keeps nothing of its own.
 */

#include <stdlib.h>

#include "civic_plugin.h"

#define HELLO_CHINA_OFFSET  (8 * 3600 * 1000)
#define HELLO_HOUR          (3600 * 1000)
#define HELLO_DAY           (24 * HELLO_HOUR)

/* What the script answers when the day is full. */
#define HELLO_FULL          (-1)

enum { HELLO_METRIC_VISITS };


/* ---- GET /hello/greeting ---- */

/* The hour in China: 0 to 23. */
static int
hello_hour(civic_msec_t now)
{
    return (int) ((now + HELLO_CHINA_OFFSET) % HELLO_DAY / HELLO_HOUR);
}


static civic_result_t
hello_greeting(civic_request_t *r)
{
    int              hour = hello_hour(civic_business_now(r));
    json_t          *decision, *name;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = civic_rule(r, "greeting", json_pack("{s:i}", "hour", hour),
                    &decision);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(decision, "allow"))) {
        return civic_refuse(r, decision);
    }

    name = json_object_get(civic_query(r), "name");

    w = civic_reply(r, 200);
    civic_write_json(r, w, "greeting", json_object_get(decision, "zh"));
    civic_write_json(r, w, "greeting_en", json_object_get(decision, "en"));
    civic_write_json(r, w, "name", name != NULL
                                   ? name : civic_option(r, "default_name"));
    civic_write_instant(r, w, "at", civic_business_now(r));

    return CIVIC_OK;
}


/* ---- /hello/visits ---- */

/* One counter a day, so that yesterday's can be forgotten. */
static civic_str_t
hello_visits_key(civic_request_t *r)
{
    civic_msec_t  day;

    day = (civic_business_now(r) + HELLO_CHINA_OFFSET) / HELLO_DAY;

    return civic_print(r, "civic:hello:visits:%lld", (long long) day);
}


static civic_result_t
hello_reply_visits(civic_request_t *r, int status, int64_t today)
{
    civic_write_int(r, civic_reply(r, status), "today", today);

    return CIVIC_OK;
}


static civic_result_t
hello_visit(civic_request_t *r)
{
    json_t               *limits;
    civic_str_t           key, args[2];
    civic_result_t        rc;
    const civic_value_t  *count;

    rc = civic_rule(r, "visits", NULL, &limits);

    if (rc != CIVIC_OK) {
        return rc;
    }

    key = hello_visits_key(r);
    args[0] = civic_print(r, "%lld", (long long) json_integer_value(
                                         json_object_get(limits, "most")));
    args[1] = civic_print(r, "%lld", (long long) json_integer_value(
                                         json_object_get(limits, "keep")));

    rc = civic_script(r, &(civic_script_t) {
                             .name = "hello_visit",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 2 }, &count);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (count->integer == HELLO_FULL) {
        return civic_problem_with(r, &(civic_problem_t) {
                                         .code = "hello_full",
                                         .params = limits, .with_rule = 1 });
    }

    civic_count(r, HELLO_METRIC_VISITS, 1);

    return hello_reply_visits(r, 201, count->integer);
}


static civic_result_t
hello_visits(civic_request_t *r)
{
    int64_t               today = 0;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), hello_visits_key(r)),
                     &value);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type == CIVIC_VALUE_STRING) {
        today = strtoll(value->str.data, NULL, 10);
    }

    return hello_reply_visits(r, 200, today);
}


/* ---- tables ---- */

static const civic_option_t  options[] = {
    { .name = "default_name", .type = CIVIC_TYPE_STRING, .min = 1, .max = 40,
      .fallback = "\"世界\"",
      .zh = "没有给出名字时问候谁", .en = "whom to greet without a name" }
};

static const civic_field_t  greeting_query[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .min = 1, .max = 40,
      .zh = "问候谁", .en = "whom to greet" },
    CIVIC_END
};

static const civic_field_t  greeting_reply[] = {
    { .name = "greeting", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "中文问候", .en = "the greeting in Chinese" },
    { .name = "greeting_en", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "英文问候", .en = "the greeting in English" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "问候谁", .en = "whom it greets" },
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "业务时间", .en = "the business time" },
    CIVIC_END
};

static const civic_field_t  visits_reply[] = {
    { .name = "today", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "今天的访问次数", .en = "today's visits" },
    CIVIC_END
};

static const civic_field_t  greeting_rule[] = {
    { .name = "hour", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .max = 23, .zh = "钟点", .en = "the hour in China" },
    CIVIC_END
};

static const char *const  greeting_problems[] = { "hello_asleep", NULL };
static const char *const  visit_problems[] = { "hello_full", NULL };

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/greeting", .handler = hello_greeting,
      .roles = CIVIC_ANYONE, .query = greeting_query, .reply = greeting_reply,
      .problems = greeting_problems,
      .zh = "按钟点问候", .en = "Greets by the hour" },

    { .method = CIVIC_POST, .path = "/visits", .handler = hello_visit,
      .roles = CIVIC_ANYONE, .flags = CIVIC_CHANGES,
      .cost = CIVIC_COST_WRITE, .reply = visits_reply, .status = 201,
      .problems = visit_problems,
      .zh = "记一次访问", .en = "Counts a visit" },

    { .method = CIVIC_GET, .path = "/visits", .handler = hello_visits,
      .roles = CIVIC_ANYONE, .reply = visits_reply,
      .zh = "今天的访问次数", .en = "Tells today's visits" }
};

static const civic_problem_def_t  problems[] = {
    { "hello_asleep", 409, "现在是休息时间。请稍后再来。",
      "It is a time of rest.  Please come again later." },
    { "hello_full", 409, "今天的访问次数已满。每天最多{most}次。",
      "Today is full.  The most is {most|visit|visits} a day." }
};

static const civic_rule_def_t  rules[] = {
    { .name = "greeting", .input = greeting_rule,
      .en = "How to greet at an hour, and whether" },
    { .name = "visits",
      .en = "How many visits a day, and how long the count is kept" }
};

static const civic_script_def_t  scripts[] = {
    { .name = "hello_visit", .en = "Counts a visit unless the day is full" }
};

static const civic_metric_def_t  metrics[] = {
    [HELLO_METRIC_VISITS] = { "visits", "Visits that were counted." }
};

CIVIC_PLUGIN = {
    .name = "hello",
    .version = "1.0.0",
    .zh = "问候：最小的插件示例",
    .en = "Greetings: the smallest useful plugin",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .metrics = CIVIC_TABLE(metrics)
};
