/*
 * ctl.h - what the commands of civicctl share.
 *
 * A command is a function in a file of its own and a row in main.c's table.
 * What it asks for here (configuration, keyring, Redis) is opened at the
 * first asking, kept for the process, and complained about by itself: a
 * NULL means "return CTL_PROBLEM, it was told".
 */

#ifndef CTL_H
#define CTL_H

#include <stdio.h>

#include "conf_reader.h"
#include "keyring.h"
#include "problem.h"
#include "redis_link.h"

/* Exit codes. */
#define CTL_FINE     0
#define CTL_PROBLEM  1                  /* found one, or could not do it */
#define CTL_USAGE    2

typedef struct ctl_s  ctl_t;

struct ctl_s {
    const char        *conf_path;       /* -c, or NULL */
    const char        *prefix;          /* -p, or NULL */
    const char        *nginx;           /* -n, or "nginx" */
    civic_language_t   language;
    FILE              *out;
    FILE              *err;

    /* opened at the first asking */
    ctl_conf_t        *conf;
    civic_keyring_t   *keyring;
    ctl_redis_t       *redis;
    unsigned           redis_away:1;    /* which was told */
    char              *nginx_version;   /* all that "nginx -V" prints */
    char              *keyring_path;
    char              *password;
};

typedef int (*ctl_command_pt)(ctl_t *ctl, int argc, char **argv);

void ctl_init(ctl_t *ctl);
void ctl_done(ctl_t *ctl);

/* From LC_ALL, LC_MESSAGES, LANG: Chinese for "zh...", else English. */
civic_language_t ctl_language_from_environment(void);

/* One text of two, printf's way, in English with "%u {day|days}" (ctl_text.h);
   ends the line. */
void ctl_say(ctl_t *ctl, const char *zh, const char *en, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* The same to stderr, with "civicctl: " before it. */
void ctl_complain(ctl_t *ctl, const char *zh, const char *en, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* How a command is called; returns CTL_USAGE. */
int ctl_usage(ctl_t *ctl, const char *zh, const char *en);

/* Runs nginx with these arguments (argv[0] included), without a shell: all
   that it prints, malloc'ed, or NULL; *status as wait() gives it. */
char *ctl_run_nginx(ctl_t *ctl, char **argv, int *status);

/* What "nginx -V" prints; NULL if there is no nginx. */
const char *ctl_nginx_version(ctl_t *ctl);

/* The value of "--name=" among nginx's configure arguments, into out; 0, or
   -1 if it is not there. */
int ctl_nginx_argument(ctl_t *ctl, const char *name, char *out, size_t size);

/* The path of nginx.conf: -c's, else where this nginx looks for it (below
   its prefix, unless --conf-path is absolute), else Debian's.  0, or -1: too
   long. */
int ctl_conf_path(ctl_t *ctl, char *out, size_t size);

ctl_conf_t *ctl_conf(ctl_t *ctl);

/* A path of the configuration as nginx takes it: relative to the folder of
   nginx.conf, or (prefix != 0) to nginx's prefix.  malloc'ed. */
char *ctl_path(ctl_t *ctl, const char *path, int prefix);

/* "civic_environment sandbox;" */
int ctl_is_sandbox(ctl_t *ctl);

/* "civic_keyring file;", loaded. */
civic_keyring_t *ctl_keyring(ctl_t *ctl);

/* Its path: --file's (if not NULL), else the configuration's. */
const char *ctl_keyring_path(ctl_t *ctl, const char *given);

/* Connected and authenticated, by the civic_redis_* directives. */
ctl_redis_t *ctl_redis(ctl_t *ctl);

/* A command of plain words; complains and returns NULL on failure. */
redisReply *ctl_redis_do(ctl_t *ctl, size_t argc, const civic_str_t *argv);

/* CTL_REDIS(ctl, CIVIC_STR("GET"), key) */
#define CTL_REDIS(ctl, ...)                                                   \
    ctl_redis_do(ctl, sizeof((const civic_str_t[]) { __VA_ARGS__ })           \
                      / sizeof(civic_str_t),                                  \
                 (const civic_str_t[]) { __VA_ARGS__ })

/* Runs lua/redis/<name>.lua from civic_scripts; complains likewise. */
redisReply *ctl_script(ctl_t *ctl, const char *name, const civic_str_t *keys,
    size_t nkeys, const civic_str_t *args, size_t nargs);

/* Puts all shards of a job, "<plugin>.<name>", to the front of the queue.  0,
   or -1 (it was told). */
int ctl_call_job(ctl_t *ctl, const char *job);

/* The commands. */
int ctl_cmd_audit(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_citizen(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_clock(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_code(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_consent(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_doctor(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_exam(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_job(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_keyring(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_openapi(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_plugins(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_rules(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_staff(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_switch(ctl_t *ctl, int argc, char **argv);
int ctl_cmd_version(ctl_t *ctl, int argc, char **argv);

#endif
