/*
 * ctl.c - texts, configuration, keyring and Redis for civicctl's commands.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_entry.h"
#include "ctl.h"
#include "ctl_text.h"
#include "outbox.h"
#include "redis_script.h"

#define CTL_DEFAULT_CONF     "/etc/nginx/nginx.conf"
#define CTL_DEFAULT_PREFIX   "/usr/share/nginx"
/* where an nginx that was told nothing has its files */
#define CTL_NGINX_PREFIX     "/usr/local/nginx"
#define CTL_NGINX_CONF       "conf/nginx.conf"
#define CTL_DEFAULT_SCRIPTS  "/usr/share/civic/redis"
#define CTL_DEFAULT_KEYRING  "/etc/civic/keyring.json"
#define CTL_PATH             1024
#define CTL_VERSION          (64 * 1024)
#define CTL_PASSWORD         1024
#define CTL_SCRIPT_WORDS     64


civic_language_t
ctl_language_from_environment(void)
{
    size_t       i;
    const char  *value;
    static const char *const  names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = getenv(names[i]);

        if (value != NULL && value[0] != '\0') {
            return strncasecmp(value, "zh", 2) == 0 ? CIVIC_ZH : CIVIC_EN;
        }
    }

    return CIVIC_EN;
}


void
ctl_init(ctl_t *ctl)
{
    memset(ctl, 0, sizeof(*ctl));
    ctl->nginx = "nginx";
    ctl->language = ctl_language_from_environment();
    ctl->out = stdout;
    ctl->err = stderr;
}


void
ctl_done(ctl_t *ctl)
{
    ctl_redis_close(ctl->redis);

    if (ctl->keyring != NULL) {
        civic_keyring_free(ctl->keyring);
    }

    if (ctl->password != NULL) {
        explicit_bzero(ctl->password, strlen(ctl->password));
    }

    ctl_conf_free(ctl->conf);
    free(ctl->password);
    free(ctl->nginx_version);
    free(ctl->keyring_path);
    ctl_init(ctl);
}


void
ctl_say(ctl_t *ctl, const char *zh, const char *en, ...)
{
    va_list  args;

    va_start(args, en);
    ctl_text_print(ctl->out, ctl->language, zh, en, args);
    va_end(args);
    (void) fputc('\n', ctl->out);
}


void
ctl_complain(ctl_t *ctl, const char *zh, const char *en, ...)
{
    va_list  args;

    (void) fputs("civicctl: ", ctl->err);
    va_start(args, en);
    ctl_text_print(ctl->err, ctl->language, zh, en, args);
    va_end(args);
    (void) fputc('\n', ctl->err);
}


int
ctl_usage(ctl_t *ctl, const char *zh, const char *en)
{
    int  chinese = ctl->language == CIVIC_ZH;

    (void) fprintf(ctl->err, "%s%s\n", chinese ? "用法：" : "usage: ",
                   chinese ? zh : en);

    return CTL_USAGE;
}


/* All that comes out of a pipe, NUL-terminated; NULL without memory. */
static char *
ctl_read_all(int fd)
{
    char    *text = malloc(CTL_VERSION);
    size_t   len = 0;
    ssize_t  n;

    while (text != NULL && len < CTL_VERSION - 1) {
        n = read(fd, text + len, CTL_VERSION - 1 - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            break;
        }

        len += (size_t) n;
    }

    if (text != NULL) {
        text[len] = '\0';
    }

    return text;
}


/* In the child: nginx, without a shell, with both outputs into the pipe. */
static void
ctl_exec_nginx(const char *nginx, char **argv, int fd)
{
    (void) dup2(fd, STDOUT_FILENO);
    (void) dup2(fd, STDERR_FILENO);
    (void) execvp(nginx, argv);

    if (strchr(nginx, '/') == NULL) {
        (void) execv("/usr/sbin/nginx", argv);
    }

    _exit(127);
}


char *
ctl_run_nginx(ctl_t *ctl, char **argv, int *status)
{
    int    fds[2];
    char  *text;
    pid_t  pid;

    *status = -1;

    if (pipe(fds) != 0) {
        return NULL;
    }

    pid = fork();

    if (pid == 0) {
        (void) close(fds[0]);
        ctl_exec_nginx(ctl->nginx, argv, fds[1]);
    }

    (void) close(fds[1]);
    text = pid < 0 ? NULL : ctl_read_all(fds[0]);
    (void) close(fds[0]);

    if (pid > 0) {
        while (waitpid(pid, status, 0) < 0 && errno == EINTR) { /* void */ }
    }

    return text;
}


/* What "<nginx> -V" prints. */
static char *
ctl_run_version(ctl_t *ctl)
{
    int    status;
    char  *text, *argv[] = { (char *) ctl->nginx, (char *) "-V", NULL };

    text = ctl_run_nginx(ctl, argv, &status);

    if (status != 0) {
        free(text);
        return NULL;
    }

    return text;
}


const char *
ctl_nginx_version(ctl_t *ctl)
{
    if (ctl->nginx_version == NULL) {
        ctl->nginx_version = ctl_run_version(ctl);
    }

    return ctl->nginx_version;
}


int
ctl_nginx_argument(ctl_t *ctl, const char *name, char *out, size_t size)
{
    int          n;
    char         key[64];
    size_t       len;
    const char  *version = ctl_nginx_version(ctl), *at;

    n = snprintf(key, sizeof(key), " --%s=", name);

    if (version == NULL || n < 0 || (size_t) n >= sizeof(key)) {
        return -1;
    }

    at = strstr(version, key);

    if (at == NULL) {
        return -1;
    }

    at += n;
    len = strcspn(at, " \n");

    if (len >= size) {
        return -1;
    }

    memcpy(out, at, len);
    out[len] = '\0';

    return 0;
}


/* nginx's prefix: -p's, else what it was configured with or by itself has. */
static const char *
ctl_prefix(ctl_t *ctl, char *buffer, size_t size)
{
    if (ctl->prefix != NULL) {
        return ctl->prefix;
    }

    if (ctl_nginx_argument(ctl, "prefix", buffer, size) == 0) {
        return buffer;
    }

    return ctl_nginx_version(ctl) != NULL ? CTL_NGINX_PREFIX
                                          : CTL_DEFAULT_PREFIX;
}


int
ctl_conf_path(ctl_t *ctl, char *out, size_t size)
{
    int   n;
    char  path[CTL_PATH], prefix[CTL_PATH];

    if (ctl->conf_path != NULL) {
        n = snprintf(out, size, "%s", ctl->conf_path);

    } else if (ctl_nginx_version(ctl) == NULL) {
        n = snprintf(out, size, "%s", CTL_DEFAULT_CONF);

    } else {
        if (ctl_nginx_argument(ctl, "conf-path", path, sizeof(path)) != 0) {
            (void) snprintf(path, sizeof(path), "%s", CTL_NGINX_CONF);
        }

        n = path[0] == '/'
            ? snprintf(out, size, "%s", path)
            : snprintf(out, size, "%s/%s",
                       ctl_prefix(ctl, prefix, sizeof(prefix)), path);
    }

    return n > 0 && (size_t) n < size ? 0 : -1;
}


ctl_conf_t *
ctl_conf(ctl_t *ctl)
{
    char              path[CTL_PATH];
    civic_failure_t   failure;

    if (ctl->conf != NULL) {
        return ctl->conf;
    }

    if (ctl_conf_path(ctl, path, sizeof(path)) != 0) {
        ctl_complain(ctl, "nginx 配置文件的路径过长",
                     "the path of nginx's configuration is too long");
        return NULL;
    }

    ctl->conf = ctl_conf_read(path, &failure);

    if (ctl->conf == NULL) {
        ctl_complain(ctl, "读取 nginx 配置失败：%s",
                     "cannot read nginx's configuration: %s", failure.text);
    }

    return ctl->conf;
}


char *
ctl_path(ctl_t *ctl, const char *path, int prefix)
{
    char        *out, folder[CTL_PATH];
    const char  *base;

    if (path[0] == '/') {
        return strdup(path);
    }

    if (!prefix) {
        base = ctl->conf != NULL ? ctl_conf_folder(ctl->conf) : ".";

    } else {
        base = ctl_prefix(ctl, folder, sizeof(folder));
    }

    return asprintf(&out, "%s/%s", base, path) < 0 ? NULL : out;
}


int
ctl_is_sandbox(ctl_t *ctl)
{
    ctl_conf_t  *conf = ctl_conf(ctl);

    return conf != NULL
           && strcmp(ctl_conf_word(conf, "civic_environment", "production"),
                     "sandbox") == 0;
}


const char *
ctl_keyring_path(ctl_t *ctl, const char *given)
{
    ctl_conf_t  *conf;

    if (given != NULL) {
        return given;
    }

    if (ctl->keyring_path == NULL) {
        conf = ctl_conf(ctl);

        if (conf == NULL) {
            return NULL;
        }

        ctl->keyring_path = ctl_path(ctl, ctl_conf_word(conf, "civic_keyring",
                                              CTL_DEFAULT_KEYRING), 0);
    }

    return ctl->keyring_path;
}


civic_keyring_t *
ctl_keyring(ctl_t *ctl)
{
    const char       *path;
    civic_failure_t   failure;

    if (ctl->keyring != NULL) {
        return ctl->keyring;
    }

    path = ctl_keyring_path(ctl, NULL);

    if (path == NULL) {
        return NULL;
    }

    ctl->keyring = civic_keyring_load(path, &failure);

    if (ctl->keyring == NULL) {
        ctl_complain(ctl, "读取密钥环失败：%s", "cannot load the keyring: %s",
                     failure.text);
    }

    return ctl->keyring;
}


/* The first line of civic_redis_password_file. */
static int
ctl_read_password(ctl_t *ctl, const char *name)
{
    int    rc = 0;
    char  *path = ctl_path(ctl, name, 0);
    FILE  *file = path == NULL ? NULL : fopen(path, "re");

    ctl->password = calloc(1, CTL_PASSWORD);

    if (file == NULL || ctl->password == NULL
        || fgets(ctl->password, CTL_PASSWORD, file) == NULL)
    {
        ctl_complain(ctl, "读取 Redis 口令文件 \"%s\" 失败：%s",
                     "cannot read the Redis password file \"%s\": %s", name,
                     file == NULL ? strerror(errno) : "it is empty");
        rc = -1;

    } else {
        ctl->password[strcspn(ctl->password, "\r\n")] = '\0';
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    free(path);

    return rc;
}


/* "127.0.0.1:6379", "[::1]:6379", "unix:/run/redis.sock" */
static int
ctl_redis_addresses(ctl_t *ctl, ctl_conf_t *conf, ctl_redis_config_t *config)
{
    size_t                  i;
    const ctl_directive_t  *directive = NULL;

    while ((directive = ctl_conf_next(conf, "civic_redis", directive))
           != NULL)
    {
        for (i = 0; i < directive->count
                    && config->count < CTL_REDIS_ADDRESSES; i++)
        {
            config->addresses[config->count++] = directive->words[i];
        }
    }

    if (config->count == 0) {
        ctl_complain(ctl, "nginx 配置中没有 civic_redis",
                     "nginx's configuration has no civic_redis");
        return -1;
    }

    return 0;
}


static int
ctl_redis_config(ctl_t *ctl, ctl_redis_config_t *config)
{
    ctl_conf_t  *conf = ctl_conf(ctl);
    const char  *password;

    memset(config, 0, sizeof(*config));

    if (conf == NULL || ctl_redis_addresses(ctl, conf, config) != 0) {
        return -1;
    }

    password = ctl_conf_word(conf, "civic_redis_password_file", NULL);

    if (password != NULL && ctl_read_password(ctl, password) != 0) {
        return -1;
    }

    config->user = ctl_conf_word(conf, "civic_redis_user", NULL);
    config->password = ctl->password;
    config->tls = strcmp(ctl_conf_word(conf, "civic_redis_tls", "off"), "on")
                  == 0;
    config->tls_ca = ctl_conf_word(conf, "civic_redis_tls_ca", NULL);
    config->tls_name = ctl_conf_word(conf, "civic_redis_tls_name", NULL);

    return 0;
}


/* What to do about it, by what stands in the reason. */
typedef struct {
    const char  *reason;
    const char  *zh;
    const char  *en;
} ctl_redis_advice_t;

static const ctl_redis_advice_t  redis_advice[] = {
    { "WRONGPASS",
      "civic_redis_password_file 的密码与 Redis 的 ACL 文件中 civic_redis_user "
      "的不一致；改了 ACL 文件的，须重启 Redis",
      "the password of civic_redis_password_file is not that of "
      "civic_redis_user in Redis' ACL file, or Redis has not been restarted "
      "since that file was changed" },
    { "NOAUTH",
      "请设置 civic_redis_user 和 civic_redis_password_file",
      "set civic_redis_user and civic_redis_password_file" },
    { "No such file or directory",
      "Redis 是否在运行（systemctl status redis-server@civic）？civic_redis "
      "的路径是否就是其配置中的 unixsocket？",
      "is Redis running (systemctl status redis-server@civic), and is the path "
      "of civic_redis its unixsocket?" },
    { "Connection refused",
      "Redis 是否在运行？civic_redis 的地址和端口是否就是它监听的？",
      "is Redis running, and does it listen at the address and port of "
      "civic_redis?" },
    { "certificate",
      "Redis 的证书须由 civic_redis_tls_ca 签发，并含有 civic_redis 的地址"
      "（或 civic_redis_tls_name）",
      "Redis' certificate must be issued by civic_redis_tls_ca, for the "
      "address of civic_redis (or civic_redis_tls_name)" },
};


static void
ctl_redis_advise(ctl_t *ctl, const char *reason)
{
    size_t  i;

    for (i = 0; i < sizeof(redis_advice) / sizeof(redis_advice[0]); i++) {
        if (strstr(reason, redis_advice[i].reason) != NULL) {
            ctl_complain(ctl, "%s", "%s", ctl->language == CIVIC_ZH
                         ? redis_advice[i].zh : redis_advice[i].en);
            return;
        }
    }
}


ctl_redis_t *
ctl_redis(ctl_t *ctl)
{
    char                *ca = NULL;
    civic_failure_t      failure;
    ctl_redis_config_t   config;

    if (ctl->redis != NULL || ctl->redis_away) {
        return ctl->redis;
    }

    if (ctl_redis_config(ctl, &config) != 0) {
        return NULL;
    }

    if (config.tls_ca != NULL) {
        ca = ctl_path(ctl, config.tls_ca, 0);
        config.tls_ca = ca;
    }

    ctl->redis = ctl_redis_connect(&config, &failure);
    free(ca);

    if (ctl->redis == NULL) {
        ctl_complain(ctl, "无法连接 Redis：%s", "cannot reach Redis: %s",
                     failure.text);
        ctl_redis_advise(ctl, failure.text);
        ctl->redis_away = 1;
    }

    return ctl->redis;
}


redisReply *
ctl_redis_do(ctl_t *ctl, size_t argc, const civic_str_t *argv)
{
    redisReply       *reply;
    ctl_redis_t      *redis = ctl_redis(ctl);
    civic_failure_t   failure;

    if (redis == NULL) {
        return NULL;
    }

    reply = ctl_redis_command(redis, argc, argv, &failure);

    if (reply == NULL) {
        ctl_complain(ctl, "%.*s：%s", "%.*s: %s", (int) argv[0].len,
                     argv[0].data, failure.text);
    }

    return reply;
}


static civic_redis_script_t *
ctl_load_script(ctl_t *ctl, const char *name)
{
    char                  *folder;
    ctl_conf_t            *conf = ctl_conf(ctl);
    civic_failure_t        failure = { "no memory" };
    civic_redis_script_t  *script = NULL;

    if (conf == NULL) {
        return NULL;
    }

    folder = ctl_path(ctl, ctl_conf_word(conf, "civic_scripts",
                                         CTL_DEFAULT_SCRIPTS), 0);

    if (folder != NULL) {
        script = civic_redis_script_load(folder, name, &failure);
    }

    if (script == NULL) {
        ctl_complain(ctl, "读取脚本失败：%s", "cannot load the script: %s",
                     failure.text);
    }

    free(folder);

    return script;
}


static redisReply *
ctl_eval(ctl_t *ctl, const char *name, const civic_str_t *keys,
    size_t nkeys, const civic_str_t *args, size_t nargs)
{
    char                   number[16];
    size_t                 argc = 0;
    redisReply            *reply;
    civic_str_t            argv[CTL_SCRIPT_WORDS];
    civic_redis_script_t  *script;

    if (nkeys + nargs + 3 > CTL_SCRIPT_WORDS) {
        ctl_complain(ctl, "脚本 %s 的参数过多",
                     "too many arguments for the script %s", name);
        return NULL;
    }

    script = ctl_load_script(ctl, name);

    if (script == NULL) {
        return NULL;
    }

    (void) snprintf(number, sizeof(number), "%zu", nkeys);
    argv[argc++] = CIVIC_STR("EVAL");
    argv[argc++] = (civic_str_t) { script->text, script->len };
    argv[argc++] = civic_cstr(number);
    memcpy(argv + argc, keys, nkeys * sizeof(*keys));

    if (nargs != 0) {
        memcpy(argv + argc + nkeys, args, nargs * sizeof(*args));
    }

    reply = ctl_redis_do(ctl, argc + nkeys + nargs, argv);
    civic_redis_script_free(script);

    return reply;
}


#define CTL_AUDIT_JOB  "civic.audit"

int
ctl_call_job(ctl_t *ctl, const char *job)
{
    civic_str_t   args[2], key = CIVIC_STR("civic:job-queue");
    redisReply   *reply;

    args[0] = CIVIC_STR("now");
    args[1] = civic_cstr(job);
    reply = ctl_eval(ctl, "job_call", &key, 1, args, 2);

    if (reply == NULL) {
        return -1;
    }

    freeReplyObject(reply);

    return 0;
}


/* The job of an outbox has its name; the trail's is a plugin's. */
static void
ctl_call_outbox(ctl_t *ctl, const char *outbox)
{
    (void) ctl_call_job(ctl, strcmp(outbox, CIVIC_AUDIT_OUTBOX) == 0
                             ? CTL_AUDIT_JOB : outbox);
}


/* If the key is an outbox: its job is told that it has something.  Where that
   fails the job finds it within a minute, so the command has not failed. */
static void
ctl_note_outbox(ctl_t *ctl, civic_str_t maybe)
{
    int           cluster;
    char          full[CIVIC_OUTBOX_NAME + 1], key[CIVIC_OUTBOX_NOTES];
    char          mark[32], text[16];
    unsigned      number;
    uint64_t      random;
    civic_str_t   name, keys[1], args[2];

    cluster = strcmp(ctl_conf_word(ctl_conf(ctl), "civic_redis_cluster",
                                   "off"), "on") == 0;

    if (civic_outbox_parse(maybe, cluster, &name, &number) != 0
        || name.len > CIVIC_OUTBOX_NAME
        || getrandom(&random, sizeof(random), 0) != sizeof(random))
    {
        return;
    }

    (void) snprintf(full, sizeof(full), "%.*s", (int) name.len, name.data);
    (void) snprintf(mark, sizeof(mark), "ctl-%016llx",
                    (unsigned long long) random);
    (void) snprintf(text, sizeof(text), "%u", number);

    keys[0] = (civic_str_t) { key, civic_outbox_notes_key(full, number, key) };
    args[0] = civic_cstr(mark);
    args[1] = civic_cstr(text);

    freeReplyObject(ctl_eval(ctl, "outbox_note", keys, 1, args, 2));
    ctl_call_outbox(ctl, full);
}


redisReply *
ctl_script(ctl_t *ctl, const char *name, const civic_str_t *keys,
    size_t nkeys, const civic_str_t *args, size_t nargs)
{
    size_t       i;
    redisReply  *reply = ctl_eval(ctl, name, keys, nkeys, args, nargs);

    for (i = 0; reply != NULL && i < nkeys; i++) {
        ctl_note_outbox(ctl, keys[i]);
    }

    return reply;
}
