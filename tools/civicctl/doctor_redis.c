/*
 * doctor_redis.c - is this Redis fit to hold people's data, and how fast?
 *
 * Writes only the key "civic:doctor", which expires by itself.
 */

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "doctor.h"

#define DOCTOR_WRITES      200
#define DOCTOR_KEY         "civic:doctor"
#define DOCTOR_EXPIRY      "60"                 /* s */
#define DOCTOR_FIELD       128

/* Above this a write holds a citizen up: a disk that is too slow. */
#define DOCTOR_SLOW_US     20000

/* Redis 7.0: "#!lua" scripts, shards in CLUSTER, ACL selectors. */
#define DOCTOR_MIN_MAJOR   7

#define DOCTOR_SCRIPT                                                         \
    "#!lua\n"                                                                 \
    "return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])"


/* A command whose failure is told by the caller: NULL with failure. */
static redisReply *
doctor_try(doctor_t *doctor, size_t argc, const civic_str_t *argv,
    civic_failure_t *failure)
{
    return ctl_redis_command(doctor->ctl->redis, argc, argv, failure);
}


/* The value of "name:" in the answer to INFO; "" if it is not there. */
static void
doctor_info_field(const char *info, const char *name, char *out)
{
    size_t       len, name_len = strlen(name);
    const char  *p = info;

    out[0] = '\0';

    while (p != NULL && *p != '\0') {
        if (strncmp(p, name, name_len) == 0 && p[name_len] == ':') {
            p += name_len + 1;
            len = strcspn(p, "\r\n");
            len = len < DOCTOR_FIELD ? len : DOCTOR_FIELD - 1;
            memcpy(out, p, len);
            out[len] = '\0';
            return;
        }

        p = strchr(p, '\n');
        p = p == NULL ? NULL : p + 1;
    }
}


/* One setting of CONFIG GET; 0, or -1 when it may not be asked. */
static int
doctor_setting(doctor_t *doctor, const char *name, char *out)
{
    int               rc = -1;
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("CONFIG"), CIVIC_STR("GET"),
                                 civic_cstr(name) };
    civic_failure_t   failure;

    reply = doctor_try(doctor, 3, argv, &failure);

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 2
        && reply->element[1]->type == REDIS_REPLY_STRING)
    {
        (void) snprintf(out, DOCTOR_FIELD, "%s", reply->element[1]->str);
        rc = 0;
    }

    if (reply != NULL) {
        freeReplyObject(reply);
    }

    return rc;
}


static void
doctor_version(doctor_t *doctor, const char *info)
{
    char  version[DOCTOR_FIELD], role[DOCTOR_FIELD], mode[DOCTOR_FIELD];

    doctor_info_field(info, "redis_version", version);
    doctor_info_field(info, "role", role);
    doctor_info_field(info, "redis_mode", mode);

    if (atoi(version) < DOCTOR_MIN_MAJOR) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "Redis 版本 \"%s\" 过低，需要 %d.0 以上",
                    "redis version \"%s\" is too old, %d.0 is needed",
                    version, DOCTOR_MIN_MAJOR);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "Redis %s，%s，%s：%s",
                    "redis %s, %s, %s: %s", version, mode, role,
                    ctl_redis_address(doctor->ctl->redis));
    }

    if (strcmp(role, "slave") == 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "civic_redis 的第一个地址是副本，不能写入",
                    "the first address of civic_redis is a replica: it takes "
                    "no writes");
    }
}


static void
doctor_memory(doctor_t *doctor, const char *info)
{
    char  policy[DOCTOR_FIELD], limit[DOCTOR_FIELD], used[DOCTOR_FIELD];
    double  share;

    doctor_info_field(info, "maxmemory_policy", policy);
    doctor_info_field(info, "maxmemory", limit);
    doctor_info_field(info, "used_memory", used);

    if (strcmp(policy, "noeviction") != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "maxmemory-policy 是 \"%s\"，应为 noeviction："
                    "否则 Redis 会丢弃人员数据",
                    "maxmemory-policy is \"%s\", expected noeviction: Redis "
                    "would throw away people's data", policy);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "maxmemory-policy noeviction",
                    "maxmemory-policy noeviction");
    }

    share = atof(limit) > 0 ? 100 * atof(used) / atof(limit) : 0;

    if (share > 80) {
        doctor_tell(doctor, DOCTOR_WARNING, "Redis 内存已用 %.0f%%",
                    "redis has used %.0f %% of its memory", share);
    }
}


static void
doctor_durability(doctor_t *doctor, const char *info)
{
    char            aof[DOCTOR_FIELD], sync[DOCTOR_FIELD];
    doctor_grade_t  grade;

    doctor_info_field(info, "aof_enabled", aof);

    /* A sandbox holds nobody's data. */
    grade = ctl_is_sandbox(doctor->ctl) ? DOCTOR_WARNING : DOCTOR_PROBLEM;

    if (strcmp(aof, "1") != 0) {
        doctor_tell(doctor, grade,
                    "appendonly 未开启：断电会丢失已确认的写入",
                    "appendonly is off: a power cut loses writes that were "
                    "acknowledged");
        return;
    }

    if (doctor_setting(doctor, "appendfsync", sync) != 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "该用户不可读取 appendfsync，无法检查",
                    "this user may not ask for appendfsync: not checked");

    } else if (strcmp(sync, "always") != 0) {
        doctor_tell(doctor, grade,
                    "appendfsync 是 \"%s\"，应为 always：断电会丢失最近的写入",
                    "appendfsync is \"%s\", expected always: a power cut "
                    "loses the last writes", sync);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "appendfsync always",
                    "appendfsync always");
    }
}


static void
doctor_settings(doctor_t *doctor)
{
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("INFO") };
    civic_failure_t   failure;

    reply = doctor_try(doctor, 1, argv, &failure);

    if (reply == NULL || reply->type != REDIS_REPLY_STRING) {
        doctor_tell(doctor, DOCTOR_WARNING, "INFO：%s", "INFO: %s",
                    reply == NULL ? failure.text : "not a text");
    } else {
        doctor_version(doctor, reply->str);
        doctor_memory(doctor, reply->str);
        doctor_durability(doctor, reply->str);
    }

    if (reply != NULL) {
        freeReplyObject(reply);
    }
}


/* What the workers will send, tried on the scratch key. */
static void
doctor_needed_rights(doctor_t *doctor)
{
    size_t            i;
    unsigned          missing = 0;
    redisReply       *reply;
    civic_failure_t   failure;
    const struct {
        size_t       argc;
        civic_str_t  argv[7];
    } tries[] = {
        { 6, { CIVIC_STR("EVAL"), CIVIC_STR(DOCTOR_SCRIPT), CIVIC_STR("1"),
               CIVIC_STR(DOCTOR_KEY), CIVIC_STR("x"),
               CIVIC_STR(DOCTOR_EXPIRY) } },
        { 2, { CIVIC_STR("GET"), CIVIC_STR(DOCTOR_KEY) } },
        { 3, { CIVIC_STR("SCRIPT"), CIVIC_STR("EXISTS"),
               CIVIC_STR("0000000000000000000000000000000000000000") } },
        { 2, { CIVIC_STR("HGETALL"), CIVIC_STR("civic:workers") } },
        { 2, { CIVIC_STR("HGETALL"), CIVIC_STR("civic:clock") } },
        { 3, { CIVIC_STR("PUBLISH"), CIVIC_STR(DOCTOR_KEY), CIVIC_STR("x") } },
        { 3, { CIVIC_STR("WAIT"), CIVIC_STR("0"), CIVIC_STR("1") } },
        { 1, { CIVIC_STR("TIME") } },
    };

    for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        reply = doctor_try(doctor, tries[i].argc, tries[i].argv, &failure);

        if (reply == NULL) {
            missing++;
            doctor_tell(doctor, DOCTOR_PROBLEM, "Redis 拒绝 %.*s：%s",
                        "redis refuses %.*s: %s", (int) tries[i].argv[0].len,
                        tries[i].argv[0].data, failure.text);
        } else {
            freeReplyObject(reply);
        }
    }

    if (missing == 0) {
        doctor_tell(doctor, DOCTOR_FINE, "Redis 用户具备所需权限",
                    "the redis user has the rights that it needs");
    }
}


/* Who may list the users may do everything. */
static void
doctor_needless_rights(doctor_t *doctor)
{
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("ACL"), CIVIC_STR("USERS") };
    civic_failure_t   failure;

    reply = doctor_try(doctor, 2, argv, &failure);

    if (reply != NULL) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "Redis 用户拥有管理权限：请用 civic_redis_user "
                    "指定受限的用户",
                    "the redis user has administrator's rights: name a "
                    "narrow one with civic_redis_user");
        freeReplyObject(reply);
    }
}


static int64_t
doctor_clock_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static int
doctor_by_size(const void *a, const void *b)
{
    int64_t  x = *(const int64_t *) a, y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


/* One after the other, as a citizen sees it: each waits for its fsync. */
static void
doctor_fsync(doctor_t *doctor)
{
    int               i;
    int64_t           start, times[DOCTOR_WRITES];
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("SET"), CIVIC_STR(DOCTOR_KEY),
                                 CIVIC_STR("a small write"), CIVIC_STR("EX"),
                                 CIVIC_STR(DOCTOR_EXPIRY) };
    civic_failure_t   failure;

    for (i = 0; i < DOCTOR_WRITES; i++) {
        start = doctor_clock_us();
        reply = doctor_try(doctor, 5, argv, &failure);

        if (reply == NULL) {
            doctor_tell(doctor, DOCTOR_PROBLEM, "写入失败：%s",
                        "a write failed: %s", failure.text);
            return;
        }

        freeReplyObject(reply);
        times[i] = doctor_clock_us() - start;
    }

    qsort(times, DOCTOR_WRITES, sizeof(times[0]), doctor_by_size);

    doctor_tell(doctor,
                times[DOCTOR_WRITES / 2] > DOCTOR_SLOW_US ? DOCTOR_WARNING
                                                          : DOCTOR_FINE,
                "一次写入（含 fsync）：中位数 %.2f ms，p99 %.2f ms（%d 次）",
                "a write with its fsync: median %.2f ms, p99 %.2f ms (of %d)",
                (double) times[DOCTOR_WRITES / 2] / 1000,
                (double) times[DOCTOR_WRITES * 99 / 100] / 1000,
                DOCTOR_WRITES);
}


/* A Cluster is walked slot by slot, which SCAN through one node cannot. */
static void
doctor_cluster_rights(doctor_t *doctor)
{
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("CLUSTER"),
                                 CIVIC_STR("GETKEYSINSLOT"), CIVIC_STR("0"),
                                 CIVIC_STR("1") };
    civic_failure_t   failure;

    reply = doctor_try(doctor, 4, argv, &failure);

    if (reply == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "Redis 拒绝 CLUSTER GETKEYSINSLOT：%s：请为其 ACL 用户加上 "
                    "+cluster|getkeysinslot，否则遍历人员的任务无法运行",
                    "redis refuses CLUSTER GETKEYSINSLOT: %s: its ACL user "
                    "needs +cluster|getkeysinslot, or jobs that walk over "
                    "people cannot run", failure.text);
        return;
    }

    freeReplyObject(reply);
}


static void
doctor_cluster(doctor_t *doctor, ctl_conf_t *conf)
{
    char              state[DOCTOR_FIELD] = "";
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("CLUSTER"), CIVIC_STR("INFO") };
    civic_failure_t   failure;

    if (strcmp(ctl_conf_word(conf, "civic_redis_cluster", "off"), "on") != 0) {
        return;
    }

    reply = doctor_try(doctor, 2, argv, &failure);

    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        doctor_info_field(reply->str, "cluster_state", state);
    }

    if (reply != NULL) {
        freeReplyObject(reply);
    }

    doctor_tell(doctor,
                strcmp(state, "ok") == 0 ? DOCTOR_FINE : DOCTOR_PROBLEM,
                "集群状态 \"%s\"", "cluster state \"%s\"", state);

    doctor_cluster_rights(doctor);
}


void
doctor_redis(doctor_t *doctor, ctl_conf_t *conf)
{
    if (ctl_redis(doctor->ctl) == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "Redis 不可用",
                    "redis is not usable");
        return;
    }

    doctor_settings(doctor);
    doctor_cluster(doctor, conf);
    doctor_needed_rights(doctor);
    doctor_needless_rights(doctor);
    doctor_fsync(doctor);
}
