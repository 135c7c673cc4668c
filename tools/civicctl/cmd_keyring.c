/*
 * cmd_keyring.c - "civicctl keyring": makes the keyring and rotates its keys.
 *
 * Three steps, so that no worker ever meets a value whose key it lacks:
 * rotate adds a key that only opens; once every worker has it (they tell in
 * the hash "civic:workers"), activate lets it seal and retires the old one.
 * The file is always replaced whole: written beside, synced, renamed.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_options.h"
#include "instant.h"

#define CTL_KEY_BYTES     32
#define CTL_KEY_TEXT      48            /* base64 of it, and a NUL */
#define CTL_WORKERS_KEY   "civic:workers"

/* Workers tell of themselves every 5 s; who missed three beats is gone. */
#define CTL_WORKER_LIVES  (15 * 1000)

#define CTL_KEYRING_ZH                                                        \
    "civicctl keyring init [--file 文件]\n"                                   \
    "      civicctl keyring rotate [--file 文件]    （加入新密钥，暂不使用）\n" \
    "      civicctl keyring activate [--file 文件]  （所有 worker 就绪后启用）\n" \
    "      civicctl keyring status [--file 文件]"
#define CTL_KEYRING_EN                                                        \
    "civicctl keyring init [--file file]\n"                                   \
    "       civicctl keyring rotate [--file file]    (adds a key that only "  \
    "opens yet)\n"                                                            \
    "       civicctl keyring activate [--file file]  (it seals, once every "  \
    "worker has it)\n"                                                        \
    "       civicctl keyring status [--file file]"


static int64_t
ctl_keyring_now(void)
{
    return (int64_t) time(NULL) * 1000;
}


/* 32 random bytes as base64, in a new string of JSON. */
static json_t *
ctl_keyring_secret(void)
{
    char           text[CTL_KEY_TEXT];
    json_t        *secret;
    unsigned char  bytes[CTL_KEY_BYTES];

    if (RAND_priv_bytes(bytes, sizeof(bytes)) != 1) {
        return NULL;
    }

    (void) EVP_EncodeBlock((unsigned char *) text, bytes, sizeof(bytes));
    secret = json_string(text);
    explicit_bzero(bytes, sizeof(bytes));
    explicit_bzero(text, sizeof(text));

    return secret;
}


static json_t *
ctl_keyring_key(json_int_t id, const char *state)
{
    char  created[CIVIC_INSTANT_LEN + 1];

    (void) civic_instant_format(ctl_keyring_now(), created);

    return json_pack("{s:I, s:s, s:o, s:s}", "id", id, "state", state,
                     "secret", ctl_keyring_secret(), "created_at", created);
}


/* Written beside the file; 0, or -1 after complaining. */
static int
ctl_keyring_write_new(ctl_t *ctl, const char *path, const char *text,
    const struct stat *owner)
{
    int     fd;
    size_t  len = strlen(text);

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        ctl_complain(ctl, "无法写入 \"%s\"：%s", "cannot write \"%s\": %s",
                     path, strerror(errno));
        return -1;
    }

    if ((owner != NULL && fchown(fd, owner->st_uid, owner->st_gid) != 0)
        || write(fd, text, len) != (ssize_t) len || fsync(fd) != 0)
    {
        ctl_complain(ctl, "无法写入 \"%s\"：%s", "cannot write \"%s\": %s",
                     path, strerror(errno));
        (void) close(fd);
        (void) unlink(path);
        return -1;
    }

    (void) close(fd);

    return 0;
}


static void
ctl_keyring_sync_folder(const char *path)
{
    int    fd;
    char  *copy = strdup(path);

    if (copy == NULL) {
        return;
    }

    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void) fsync(fd);
        (void) close(fd);
    }

    free(copy);
}


/* fresh: the file must not be there yet. */
static int
ctl_keyring_put(ctl_t *ctl, const char *path, const char *text, int fresh)
{
    int           rc;
    char         *beside;
    struct stat   owner;

    if (asprintf(&beside, "%s.new.%ld", path, (long) getpid()) < 0) {
        return -1;
    }

    rc = !fresh && stat(path, &owner) != 0 ? -1 : 0;

    if (rc == 0) {
        rc = ctl_keyring_write_new(ctl, beside, text, fresh ? NULL : &owner);
    }

    if (rc == 0) {
        /* link() fails where a file is, rename() takes its place. */
        rc = fresh ? link(beside, path) : rename(beside, path);

        if (rc != 0) {
            ctl_complain(ctl, "无法写入 \"%s\"：%s",
                         "cannot write \"%s\": %s", path, strerror(errno));
        }

        (void) unlink(beside);
        ctl_keyring_sync_folder(path);
    }

    free(beside);

    return rc;
}


/* Nothing is written that a worker could not read. */
static int
ctl_keyring_save(ctl_t *ctl, const char *path, json_t *keyring, int fresh)
{
    int                rc = -1;
    char              *text;
    civic_keyring_t   *parsed;
    civic_failure_t    failure;

    text = json_dumps(keyring, JSON_INDENT(1));

    if (text == NULL) {
        ctl_complain(ctl, "内存或随机数不足", "no memory, or no randomness");
        return -1;
    }

    parsed = civic_keyring_parse(text, strlen(text), &failure);

    if (parsed == NULL) {
        ctl_complain(ctl, "密钥环有误：%s", "the keyring is wrong: %s",
                     failure.text);
    } else {
        civic_keyring_free(parsed);
        rc = ctl_keyring_put(ctl, path, text, fresh);
    }

    explicit_bzero(text, strlen(text));
    free(text);

    return rc;
}


static int
ctl_keyring_init(ctl_t *ctl, const char *path)
{
    int      rc;
    json_t  *keyring;

    if (access(path, F_OK) == 0) {
        ctl_complain(ctl,
            "\"%s\" 已存在：覆盖它会使已加密的数据永远无法打开",
            "\"%s\" exists: what was sealed under it could never be opened "
            "again", path);
        return CTL_PROBLEM;
    }

    keyring = json_pack("{s:i, s:o, s:[o]}", "version", 1, "person_key",
                        ctl_keyring_secret(), "keys",
                        ctl_keyring_key(1, "active"));
    rc = ctl_keyring_save(ctl, path, keyring, 1);
    json_decref(keyring);

    if (rc != 0) {
        return CTL_PROBLEM;
    }

    ctl_say(ctl,
        "已建立 %s。请在另一处安全保存一份：没有它，已加密的数据无法打开。",
        "made %s.  Keep a copy in another safe place: without it nothing that "
        "was sealed can be opened again.", path);

    return CTL_FINE;
}


/* The file as JSON, after it was found to be a keyring. */
static json_t *
ctl_keyring_read(ctl_t *ctl, const char *path)
{
    json_t           *keyring;
    json_error_t      error;
    civic_keyring_t  *loaded;
    civic_failure_t   failure;

    loaded = civic_keyring_load(path, &failure);

    if (loaded == NULL) {
        ctl_complain(ctl, "读取密钥环失败：%s", "cannot load the keyring: %s",
                     failure.text);
        return NULL;
    }

    civic_keyring_free(loaded);
    keyring = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (keyring == NULL) {
        ctl_complain(ctl, "%s：%s", "%s: %s", path, error.text);
    }

    return keyring;
}


static const char *
ctl_key_state(const json_t *key)
{
    return json_string_value(json_object_get(key, "state"));
}


/* The key in a state; NULL if there is none. */
static json_t *
ctl_keyring_find(const json_t *keyring, const char *state)
{
    size_t   i;
    json_t  *key;

    json_array_foreach(json_object_get(keyring, "keys"), i, key) {
        if (strcmp(ctl_key_state(key), state) == 0) {
            return key;
        }
    }

    return NULL;
}


static json_int_t
ctl_key_id(const json_t *key)
{
    return json_integer_value(json_object_get(key, "id"));
}


static int
ctl_keyring_add(ctl_t *ctl, const char *path, json_t *keyring)
{
    size_t       i;
    json_t      *key, *keys = json_object_get(keyring, "keys");
    json_int_t   id = 0;

    key = ctl_keyring_find(keyring, "added");

    if (key != NULL) {
        ctl_complain(ctl, "密钥 %lld 已加入，尚未启用；请先 activate",
                     "key %lld is added already; activate it first",
                     (long long) ctl_key_id(key));
        return CTL_PROBLEM;
    }

    if (json_array_size(keys) >= CIVIC_KEYRING_KEYS) {
        ctl_complain(ctl, "密钥环已有 %d 个密钥，不能再加",
                     "the keyring has %d keys, which is all it can hold",
                     CIVIC_KEYRING_KEYS);
        return CTL_PROBLEM;
    }

    json_array_foreach(keys, i, key) {
        if (ctl_key_id(key) > id) {
            id = ctl_key_id(key);
        }
    }

    if (json_array_append_new(keys, ctl_keyring_key(id + 1, "added")) != 0
        || ctl_keyring_save(ctl, path, keyring, 0) != 0)
    {
        return CTL_PROBLEM;
    }

    ctl_say(ctl,
        "已加入密钥 %lld。请把该文件分发到每台机器并执行 nginx -s reload，"
        "再运行 civicctl keyring activate。",
        "added key %lld.  Copy the file to every machine, run nginx -s reload "
        "there, then civicctl keyring activate.", (long long) id + 1);

    return CTL_FINE;
}


static int
ctl_worker_has_key(const json_t *worker, json_int_t id)
{
    size_t   i;
    json_t  *key;

    json_array_foreach(json_object_get(worker, "keys"), i, key) {
        if (json_integer_value(key) == id) {
            return 1;
        }
    }

    return 0;
}


/*
 * How many live workers have a key, and how many lack it.  tell: those that
 * lack it are named.  0, or -1 after complaining.
 */
static int
ctl_workers_count(ctl_t *ctl, json_int_t id, int tell, unsigned *have,
    unsigned *lack)
{
    size_t       i;
    json_t      *worker;
    int64_t      now = ctl_keyring_now();
    redisReply  *reply;

    *have = *lack = 0;
    reply = CTL_REDIS(ctl, CIVIC_STR("HGETALL"), CIVIC_STR(CTL_WORKERS_KEY));

    if (reply == NULL) {
        return -1;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {
        worker = json_loads(reply->element[i + 1]->str, 0, NULL);

        if (json_integer_value(json_object_get(worker, "at"))
            < now - CTL_WORKER_LIVES)
        {
            json_decref(worker);
            continue;
        }

        if (ctl_worker_has_key(worker, id)) {
            (*have)++;

        } else {
            (*lack)++;

            if (tell) {
                ctl_complain(ctl, "worker %s 还没有密钥 %lld",
                             "worker %s does not have key %lld yet",
                             reply->element[i]->str, (long long) id);
            }
        }

        json_decref(worker);
    }

    freeReplyObject(reply);

    return 0;
}


static int
ctl_keyring_activate(ctl_t *ctl, const char *path, json_t *keyring)
{
    json_t    *active = ctl_keyring_find(keyring, "active");
    json_t    *added = ctl_keyring_find(keyring, "added");
    unsigned   have, lack;

    if (added == NULL) {
        ctl_complain(ctl, "没有待启用的密钥；请先 civicctl keyring rotate",
                     "no key is added; run civicctl keyring rotate first");
        return CTL_PROBLEM;
    }

    if (ctl_workers_count(ctl, ctl_key_id(added), 1, &have, &lack) != 0) {
        return CTL_PROBLEM;
    }

    if (lack > 0) {
        ctl_complain(ctl,
            "%u 个 worker 还没有密钥 %lld，不能启用：它们打不开用它加密的数据。"
            "请先分发文件并 reload；刚 reload 的，原来的 worker 在 15 秒后不再计算，"
            "届时再试",
            "%u {worker lacks|workers lack} key %lld, so it stays unused: what "
            "it seals could not be opened there.  Copy the file there and "
            "reload first; 15 s after a reload the workers of before count no "
            "more: then try again", lack, (long long) ctl_key_id(added));
        return CTL_PROBLEM;
    }

    if (json_object_set_new(active, "state", json_string("retired")) != 0
        || json_object_set_new(added, "state", json_string("active")) != 0
        || ctl_keyring_save(ctl, path, keyring, 0) != 0)
    {
        return CTL_PROBLEM;
    }

    ctl_say(ctl,
        "密钥 %lld 已启用（%u 个 worker 已就绪）。请再次分发文件并执行 "
        "nginx -s reload。",
        "key %lld is active (%u {worker has|workers have} it).  Copy the file "
        "to every machine again and run nginx -s reload.",
        (long long) ctl_key_id(added), have);

    return CTL_FINE;
}


static const char *
ctl_keyring_state_name(ctl_t *ctl, const char *state)
{
    if (ctl->language == CIVIC_EN) {
        return state;
    }

    return strcmp(state, "active") == 0 ? "使用中"
           : strcmp(state, "added") == 0 ? "已加入" : "已停用";
}


/* Without Redis the file alone is told. */
static int
ctl_keyring_status(ctl_t *ctl, const char *path, json_t *keyring)
{
    int       rc = CTL_FINE;
    size_t    i;
    json_t   *key;
    unsigned  have, lack;

    ctl_say(ctl, "密钥环：%s", "keyring: %s", path);

    json_array_foreach(json_object_get(keyring, "keys"), i, key) {
        ctl_say(ctl, "密钥 %lld：%s，建立于 %s", "key %lld: %s, made %s",
                (long long) ctl_key_id(key),
                ctl_keyring_state_name(ctl, ctl_key_state(key)),
                json_string_value(json_object_get(key, "created_at")));

        if (rc == CTL_PROBLEM
            || ctl_workers_count(ctl, ctl_key_id(key), 0, &have, &lack) != 0)
        {
            rc = CTL_PROBLEM;
            continue;
        }

        ctl_say(ctl, "    有它的 worker：%u，没有的：%u",
                "    workers that have it: %u, that lack it: %u", have, lack);

        if (lack > 0) {
            ctl_say(ctl, "    没有它的 worker 需要 reload",
                    "    those that lack it need a reload");
        }
    }

    return rc;
}


typedef int (*ctl_keyring_verb_pt)(ctl_t *ctl, const char *path,
    json_t *keyring);


static int
ctl_keyring_with(ctl_t *ctl, const char *path, ctl_keyring_verb_pt verb)
{
    int      rc;
    json_t  *keyring = ctl_keyring_read(ctl, path);

    if (keyring == NULL) {
        return CTL_PROBLEM;
    }

    rc = verb(ctl, path, keyring);
    json_decref(keyring);

    return rc;
}


/* "--file F", "F", or nothing: then the configuration's.  -1 for others. */
static int
ctl_keyring_arguments(int argc, char **argv, const char **given)
{
    const ctl_option_t  options[] = {
        { "--file", given, NULL },
        { NULL, given, NULL },
    };

    *given = NULL;

    return CTL_OPTIONS(argc - 2, argv + 2, options);
}


int
ctl_cmd_keyring(ctl_t *ctl, int argc, char **argv)
{
    size_t       i;
    const char  *path;
    static const struct {
        const char           *name;
        ctl_keyring_verb_pt   run;
    } verbs[] = {
        { "rotate", ctl_keyring_add },
        { "activate", ctl_keyring_activate },
        { "status", ctl_keyring_status },
    };

    if (argc < 2 || ctl_keyring_arguments(argc, argv, &path) != 0) {
        return ctl_usage(ctl, CTL_KEYRING_ZH, CTL_KEYRING_EN);
    }

    path = ctl_keyring_path(ctl, path);

    if (path == NULL) {
        return CTL_PROBLEM;
    }

    if (strcmp(argv[1], "init") == 0) {
        return ctl_keyring_init(ctl, path);
    }

    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return ctl_keyring_with(ctl, path, verbs[i].run);
        }
    }

    return ctl_usage(ctl, CTL_KEYRING_ZH, CTL_KEYRING_EN);
}
