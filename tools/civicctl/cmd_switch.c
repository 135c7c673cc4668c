/*
 * cmd_switch.c - "civicctl switch": plugins off or read-only, at run time.
 *
 * The hash "civic:switches" in Redis holds what is not on; every worker of
 * the fleet reads it once a second, and tells in "civic:workers" what it has
 * and which version of the hash it has seen.  A change is done when every
 * live worker has told so, and the command waits for that.
 */

#include <stdlib.h>
#include <time.h>

#include "ctl.h"
#include "instant.h"
#include "plugin_file.h"
#include "schema.h"

#define CTL_SWITCH_KEY     "civic:switches"
#define CTL_WORKERS_KEY    "civic:workers"

/* Workers tell of themselves every 5 s; who missed three beats is gone. */
#define CTL_WORKER_LIVES   (15 * 1000)

/* Longer than that, so that a dead worker keeps nobody waiting. */
#define CTL_SWITCH_WAIT    (17 * 1000)
#define CTL_SWITCH_PAUSE   200                  /* ms between two looks */

#define CTL_SWITCH_REASON  200                  /* bytes */

/* One step: the state, why and since when, and a new version. */
#define CTL_SWITCH_SCRIPT                                                     \
    "#!lua\n"                                                                 \
    "local name = ARGV[1]\n"                                                  \
    "redis.call('HDEL', KEYS[1], name, name .. '.reason',\n"                  \
    "    name .. '.since')\n"                                                 \
    "if ARGV[2] ~= 'on' then\n"                                               \
    "    redis.call('HSET', KEYS[1], name, ARGV[2], name .. '.since',\n"      \
    "        ARGV[3])\n"                                                      \
    "    if ARGV[4] ~= '' then\n"                                             \
    "        redis.call('HSET', KEYS[1], name .. '.reason', ARGV[4])\n"       \
    "    end\n"                                                               \
    "end\n"                                                                   \
    "return redis.call('HINCRBY', KEYS[1], '.version', 1)"

#define CTL_SWITCH_ZH  "civicctl switch\n"                                    \
    "      civicctl switch 插件 on|off|read-only [--reason 原因]"
#define CTL_SWITCH_EN  "civicctl switch\n"                                    \
    "       civicctl switch plugin on|off|read-only [--reason text]"

typedef struct {
    const char  *word;                  /* as it is typed */
    const char  *state;                 /* as it is stored */
    const char  *zh;
} ctl_switch_state_t;

static const ctl_switch_state_t  states[] = {
    { "on", "on", "开放" },
    { "off", "off", "停用" },
    { "read-only", "read_only", "只读" },
};

/* What the live workers have. */
typedef struct {
    unsigned  have;
    unsigned  lack;
} ctl_switch_count_t;


static int64_t
ctl_switch_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* By its word, or (stored != 0) as it is stored; NULL if unknown. */
static const ctl_switch_state_t *
ctl_switch_state(const char *text, int stored)
{
    size_t  i;

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(text, stored ? states[i].state : states[i].word) == 0) {
            return &states[i];
        }
    }

    return NULL;
}


/* A hash of Redis as an object of texts; NULL after complaining. */
static json_t *
ctl_switch_hash(ctl_t *ctl, const char *key)
{
    size_t       i;
    json_t      *hash = json_object();
    redisReply  *reply;

    reply = CTL_REDIS(ctl, CIVIC_STR("HGETALL"), civic_cstr(key));

    if (reply == NULL) {
        json_decref(hash);
        return NULL;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {
        /* what is no text is none of ours, and is left out */
        (void) json_object_set_new(hash, reply->element[i]->str,
            json_stringn(reply->element[i + 1]->str,
                         reply->element[i + 1]->len));
    }

    freeReplyObject(reply);

    return hash;
}


/* The live workers: name -> what it told; NULL after complaining. */
static json_t *
ctl_switch_workers(ctl_t *ctl)
{
    json_t      *hash, *value, *worker, *live;
    int64_t      oldest = ctl_switch_now() - CTL_WORKER_LIVES;
    const char  *name;

    hash = ctl_switch_hash(ctl, CTL_WORKERS_KEY);

    if (hash == NULL) {
        return NULL;
    }

    live = json_object();

    json_object_foreach(hash, name, value) {
        worker = json_loads(json_string_value(value), 0, NULL);

        if (json_integer_value(json_object_get(worker, "at")) >= oldest) {
            (void) json_object_set(live, name, worker);
        }

        json_decref(worker);
    }

    json_decref(hash);

    return live;
}


/* 1 it has the state, 0 it lacks it, -1 it does not serve the plugin. */
static int
ctl_switch_worker_has(const json_t *worker, const char *plugin,
    const char *state, json_int_t version)
{
    json_t      *switches = json_object_get(worker, "switches");
    const char  *has;

    if (switches == NULL) {
        /* an older module, which knows no switches */
        return 0;
    }

    has = json_string_value(json_object_get(switches, plugin));

    if (has == NULL) {
        return -1;
    }

    return strcmp(has, state) == 0
           && json_integer_value(json_object_get(worker, "switches_version"))
              >= version;
}


/* tell: those that lack it are named. */
static ctl_switch_count_t
ctl_switch_count(ctl_t *ctl, json_t *workers, const char *plugin,
    const char *state, json_int_t version, int tell)
{
    int                  has;
    json_t              *worker;
    const char          *name;
    ctl_switch_count_t   count = { 0, 0 };

    json_object_foreach(workers, name, worker) {
        has = ctl_switch_worker_has(worker, plugin, state, version);
        count.have += has == 1;
        count.lack += has == 0;

        if (has == 0 && tell) {
            ctl_complain(ctl, "worker %s 尚未采用",
                         "worker %s does not have it yet", name);
        }
    }

    return count;
}


/* ---- the plugins there are ---------------------------------------------- */

/* Adds the plugins that the configuration names. */
static void
ctl_switch_configured(ctl_t *ctl, json_t *names)
{
    char                   *path;
    civic_failure_t         failure;
    civic_plugin_file_t    *file;
    const ctl_directive_t  *line = NULL;

    while ((line = ctl_conf_next(ctl_conf(ctl), "civic_plugin", line))
           != NULL)
    {
        path = line->count == 0 ? NULL : ctl_path(ctl, line->words[0], 1);
        file = path == NULL ? NULL : civic_plugin_file_open(path, &failure);

        if (file != NULL) {
            (void) json_object_set_new(names, file->plugin->name, json_true());
            civic_plugin_file_close(file);
        }

        free(path);
    }
}


/* The set of names: of the workers, of the configuration, of the hash. */
static json_t *
ctl_switch_plugins(ctl_t *ctl, json_t *workers, json_t *hash)
{
    json_t      *names = json_object(), *worker, *value;
    const char  *name, *field;

    json_object_foreach(workers, field, worker) {
        json_object_foreach(json_object_get(worker, "switches"), name, value) {
            (void) json_object_set_new(names, name, json_true());
        }
    }

    json_object_foreach(hash, field, value) {
        if (strchr(field, '.') == NULL) {
            (void) json_object_set_new(names, field, json_true());
        }
    }

    ctl_switch_configured(ctl, names);

    return names;
}


/* ---- show --------------------------------------------------------------- */

static const char *
ctl_switch_about(const json_t *hash, const char *plugin, const char *what)
{
    char  field[128];

    (void) snprintf(field, sizeof(field), "%s.%s", plugin, what);

    return json_string_value(json_object_get(hash, field));
}


static void
ctl_switch_show_one(ctl_t *ctl, json_t *workers, const json_t *hash,
    const char *plugin)
{
    char                       at[CIVIC_INSTANT_LEN + 1] = "";
    const char                *text, *since, *reason;
    ctl_switch_count_t         count;
    const ctl_switch_state_t  *state;

    text = json_string_value(json_object_get(hash, plugin));
    state = ctl_switch_state(text == NULL ? "on" : text, 1);

    if (state == NULL) {
        ctl_say(ctl, "%s：Redis 中的状态 \"%s\" 无效，worker 不予理会",
                "%s: Redis has \"%s\", which is no state: workers ignore it",
                plugin, text);
        return;
    }

    since = ctl_switch_about(hash, plugin, "since");
    reason = ctl_switch_about(hash, plugin, "reason");

    if (since != NULL) {
        (void) civic_instant_format(strtoll(since, NULL, 10), at);
    }

    count = ctl_switch_count(ctl, workers, plugin, state->state, 0, 0);

    ctl_say(ctl, "%s：%s%s%s%s%s（worker：%u/%u）",
            "%s: %s%s%s%s%s (workers: %u of %u)", plugin,
            ctl->language == CIVIC_ZH ? state->zh : state->word,
            since == NULL ? "" : ctl->language == CIVIC_ZH ? "，自 "
                                                          : " since ", at,
            reason == NULL ? "" : ctl->language == CIVIC_ZH ? "，原因：" : ": ",
            reason == NULL ? "" : reason, count.have,
            count.have + count.lack);
}


static int
ctl_switch_show(ctl_t *ctl, json_t *workers, json_t *hash)
{
    json_t      *names, *value;
    const char  *name;

    names = ctl_switch_plugins(ctl, workers, hash);

    json_object_foreach(names, name, value) {
        ctl_switch_show_one(ctl, workers, hash, name);
    }

    json_decref(names);

    return CTL_FINE;
}


/* ---- set ---------------------------------------------------------------- */

/* The version that the hash has now; -1 after complaining. */
static json_int_t
ctl_switch_store(ctl_t *ctl, const char *plugin,
    const ctl_switch_state_t *state, const char *reason)
{
    char         since[32];
    json_int_t   version;
    redisReply  *reply;

    (void) snprintf(since, sizeof(since), "%lld",
                    (long long) ctl_switch_now());
    reply = CTL_REDIS(ctl, CIVIC_STR("EVAL"), CIVIC_STR(CTL_SWITCH_SCRIPT),
                      CIVIC_STR("1"), CIVIC_STR(CTL_SWITCH_KEY),
                      civic_cstr(plugin), civic_cstr(state->state),
                      civic_cstr(since), civic_cstr(reason));

    if (reply == NULL) {
        return -1;
    }

    version = reply->integer;
    freeReplyObject(reply);

    return version;
}


static int
ctl_switch_done(ctl_t *ctl, const char *plugin,
    const ctl_switch_state_t *state, unsigned have)
{
    char  at[CIVIC_INSTANT_LEN + 1];

    if (have == 0) {
        ctl_say(ctl, "%s：%s。目前没有 worker 在运行，启动后即生效。",
                "%s: %s.  No worker runs now; they have it when they start.",
                plugin, ctl->language == CIVIC_ZH ? state->zh : state->word);
        return CTL_FINE;
    }

    (void) civic_instant_format(ctl_switch_now(), at);
    ctl_say(ctl, "%s：%s。全部 %u 个 worker 已于 %s 前采用。",
            "%s: %s.  %u {worker has|workers, all of them, have} had it since "
            "%s at the latest.",
            plugin, ctl->language == CIVIC_ZH ? state->zh : state->word, have,
            at);

    return CTL_FINE;
}


/* Until every live worker has told that it has the change. */
static int
ctl_switch_wait(ctl_t *ctl, const char *plugin,
    const ctl_switch_state_t *state, json_int_t version)
{
    json_t              *workers;
    int64_t              until = ctl_switch_now() + CTL_SWITCH_WAIT;
    struct timespec      pause = { 0, CTL_SWITCH_PAUSE * 1000000L };
    ctl_switch_count_t   count;

    for ( ;; ) {
        workers = ctl_switch_workers(ctl);

        if (workers == NULL) {
            return CTL_PROBLEM;
        }

        count = ctl_switch_count(ctl, workers, plugin, state->state, version,
                                 ctl_switch_now() > until);
        json_decref(workers);

        if (count.lack == 0) {
            return ctl_switch_done(ctl, plugin, state, count.have);
        }

        if (ctl_switch_now() > until) {
            ctl_complain(ctl,
                "%s 已设为%s，但 %u 个 worker 在 %d 秒内没有采用："
                "它们可能连不上 Redis，仍按原状态运行",
                "%s is set to %s, but %u {worker|workers} did not take it "
                "within %d s: Redis may be out of reach there, and all goes "
                "on as it was", plugin,
                ctl->language == CIVIC_ZH ? state->zh : state->word,
                count.lack, CTL_SWITCH_WAIT / 1000);
            return CTL_PROBLEM;
        }

        (void) nanosleep(&pause, NULL);
    }
}


static int
ctl_switch_reason_is_bad(ctl_t *ctl, const char *reason)
{
    size_t       len = strlen(reason);
    const char  *p;

    for (p = reason; *p != '\0' && (unsigned char) *p >= 0x20; p++) {
        /* a control character would break what shows it */
    }

    if (*p == '\0' && len <= CTL_SWITCH_REASON
        && civic_utf8_length(reason, len) >= 0)
    {
        return 0;
    }

    ctl_complain(ctl, "原因应为一行 UTF-8 文字，最多 %d 字节",
                 "a reason is one line of UTF-8, of %d bytes at most",
                 CTL_SWITCH_REASON);

    return 1;
}


static int
ctl_switch_set(ctl_t *ctl, json_t *workers, json_t *hash, const char *plugin,
    const ctl_switch_state_t *state, const char *reason)
{
    int          known;
    json_t      *names;
    json_int_t   version;

    names = ctl_switch_plugins(ctl, workers, hash);
    known = json_object_get(names, plugin) != NULL;
    json_decref(names);

    if (!known || strchr(plugin, '.') != NULL) {
        ctl_complain(ctl, "没有插件 \"%s\"；civicctl switch 可列出全部",
                     "there is no plugin \"%s\"; civicctl switch lists them",
                     plugin);
        return CTL_PROBLEM;
    }

    version = ctl_switch_store(ctl, plugin, state, reason);

    return version < 0 ? CTL_PROBLEM
                       : ctl_switch_wait(ctl, plugin, state, version);
}


static int
ctl_switch_run(ctl_t *ctl, const char *plugin,
    const ctl_switch_state_t *state, const char *reason)
{
    int      rc = CTL_PROBLEM;
    json_t  *hash, *workers;

    if (ctl_conf(ctl) == NULL) {
        return CTL_PROBLEM;
    }

    hash = ctl_switch_hash(ctl, CTL_SWITCH_KEY);
    workers = hash == NULL ? NULL : ctl_switch_workers(ctl);

    if (workers != NULL) {
        rc = plugin == NULL
             ? ctl_switch_show(ctl, workers, hash)
             : ctl_switch_set(ctl, workers, hash, plugin, state, reason);
    }

    json_decref(workers);
    json_decref(hash);

    return rc;
}


int
ctl_cmd_switch(ctl_t *ctl, int argc, char **argv)
{
    int                        reasoned;
    const ctl_switch_state_t  *state;

    if (argc == 1) {
        return ctl_switch_run(ctl, NULL, NULL, NULL);
    }

    reasoned = argc == 5 && strcmp(argv[3], "--reason") == 0;
    state = argc >= 3 ? ctl_switch_state(argv[2], 0) : NULL;

    if ((argc != 3 && !reasoned) || state == NULL) {
        return ctl_usage(ctl, CTL_SWITCH_ZH, CTL_SWITCH_EN);
    }

    if (reasoned && ctl_switch_reason_is_bad(ctl, argv[4])) {
        return CTL_USAGE;
    }

    return ctl_switch_run(ctl, argv[1], state, reasoned ? argv[4] : "");
}
