/*
 * fake_server.c - a redis-server for one test program, and connections.
 *
 * It listens on a unix socket in a folder of its own, keeps nothing on disk
 * and dies with the test program.  Two connections: the plugins', and the
 * test's own, which waits longer.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_internal.h"

#define FAKE_REDIS_TIMEOUT  1500        /* ms, of the plugins' connection: a
                                           busy machine stalls for a while */
#define FAKE_OWN_TIMEOUT    5000        /* ms, of the test's */
#define FAKE_START_STEPS    500         /* of 10 ms */


static struct timeval
fake_timeval(int ms)
{
    struct timeval  tv = { ms / 1000, (ms % 1000) * 1000 };

    return tv;
}


static redisContext *
fake_connect(fake_host_t *h, int timeout)
{
    redisContext  *c;

    c = redisConnectUnixWithTimeout(h->socket, fake_timeval(timeout));
    if (c == NULL) {
        return NULL;
    }

    if (c->err != 0) {
        redisFree(c);
        return NULL;
    }

    redisSetTimeout(c, fake_timeval(timeout));

    return c;
}


static void
fake_disconnect(redisContext **c)
{
    if (*c != NULL) {
        redisFree(*c);
        *c = NULL;
    }
}


static void
fake_server_exec(fake_host_t *h)
{
    int  null;

    prctl(PR_SET_PDEATHSIG, SIGKILL);

    null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
    }

    execlp("redis-server", "redis-server", "--port", "0",
           "--unixsocket", h->socket, "--dir", h->folder,
           "--save", "", "--appendonly", "no",
           "--databases", "1", (char *) NULL);
    _exit(127);
}


static int
fake_server_spawn(fake_host_t *h, civic_failure_t *failure)
{
    int    i;
    pid_t  pid;

    pid = fork();
    if (pid < 0) {
        snprintf(failure->text, sizeof(failure->text), "fork() failed");
        return -1;
    }

    if (pid == 0) {
        fake_server_exec(h);
    }

    h->redis_pid = pid;

    for (i = 0; i < FAKE_START_STEPS; i++) {
        h->own = fake_connect(h, FAKE_OWN_TIMEOUT);
        if (h->own != NULL) {
            return 0;
        }

        if (waitpid(pid, NULL, WNOHANG) == pid) {
            h->redis_pid = 0;
            break;
        }

        usleep(10000);
    }

    snprintf(failure->text, sizeof(failure->text),
             "redis-server did not start in %s", h->folder);

    return -1;
}


int
fake_server_start(fake_host_t *h, civic_failure_t *failure)
{
    snprintf(h->folder, sizeof(h->folder), "/tmp/fake-host-XXXXXX");

    if (mkdtemp(h->folder) == NULL) {
        h->folder[0] = '\0';
        snprintf(failure->text, sizeof(failure->text), "mkdtemp() failed");
        return -1;
    }

    snprintf(h->socket, sizeof(h->socket), "%s/redis.sock", h->folder);

    return fake_server_spawn(h, failure);
}


void
fake_redis_kill(fake_host_t *h)
{
    fake_disconnect(&h->own);

    if (h->redis_pid > 0) {
        kill(h->redis_pid, SIGKILL);
        waitpid(h->redis_pid, NULL, 0);
        h->redis_pid = 0;
    }

    unlink(h->socket);
}


void
fake_redis_restart(fake_host_t *h)
{
    civic_failure_t  failure;

    fake_redis_kill(h);

    if (fake_server_spawn(h, &failure) != 0) {
        fprintf(stderr, "fake host: %s\n", failure.text);
        abort();
    }
}


void
fake_redis_pause(fake_host_t *h)
{
    int  status;

    kill(h->redis_pid, SIGSTOP);
    waitpid(h->redis_pid, &status, WUNTRACED);
}


void
fake_redis_continue(fake_host_t *h)
{
    kill(h->redis_pid, SIGCONT);
}


void
fake_server_stop(fake_host_t *h)
{
    if (h->folder[0] == '\0') {
        return;
    }

    fake_disconnect(&h->redis);
    fake_redis_kill(h);
    rmdir(h->folder);
}


const redisReply *
fake_redis(fake_host_t *h, const char *fmt, ...)
{
    va_list      args;
    redisReply  *reply;

    va_start(args, fmt);
    reply = redisvCommand(h->own, fmt, args);
    va_end(args);

    if (reply == NULL) {
        fprintf(stderr, "fake host: redis: %s\n", h->own->errstr);
        abort();
    }

    h->answers = fake_grow(h->answers, h->nanswers, sizeof(*h->answers));
    h->answers[h->nanswers++] = reply;

    return reply;
}


/* ---- the plugins' connection ------------------------------------------- */

/* hiredis' reply as the contract's value, in the request's memory. */
static int
fake_value(civic_arena_t *arena, const redisReply *reply, civic_value_t *value)
{
    static const civic_value_type_t  types[] = {
        [REDIS_REPLY_STRING] = CIVIC_VALUE_STRING,
        [REDIS_REPLY_ARRAY] = CIVIC_VALUE_ARRAY,
        [REDIS_REPLY_INTEGER] = CIVIC_VALUE_INTEGER,
        [REDIS_REPLY_NIL] = CIVIC_VALUE_NIL,
        [REDIS_REPLY_STATUS] = CIVIC_VALUE_STATUS,
        [REDIS_REPLY_ERROR] = CIVIC_VALUE_ERROR,
    };

    size_t  i;

    memset(value, 0, sizeof(*value));
    value->type = types[reply->type];
    value->integer = reply->integer;
    value->str = CIVIC_STR("");

    if (reply->str != NULL) {
        value->str = civic_arena_copy(arena,
                         (civic_str_t) { reply->str, reply->len });
        if (value->str.data == NULL) {
            return -1;
        }
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
        return 0;
    }

    value->count = reply->elements;
    value->items = civic_arena_alloc(arena, value->count
                                            * sizeof(civic_value_t));
    if (value->items == NULL) {
        return -1;
    }

    for (i = 0; i < value->count; i++) {
        if (fake_value(arena, reply->element[i], &value->items[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


/* An idle connection that can be read from was closed by the other side. */
static int
fake_alive(redisContext *c)
{
    struct pollfd  fd = { .fd = c->fd, .events = POLLIN };

    return poll(&fd, 1, 0) == 0;
}


static redisReply *
fake_try(fake_host_t *h, const civic_str_t *argv, size_t argc, int *sent)
{
    size_t        i, *lens;
    redisReply   *reply;
    const char  **args;

    *sent = 0;

    if (h->redis != NULL && !fake_alive(h->redis)) {
        fake_disconnect(&h->redis);
    }

    if (h->redis == NULL) {
        h->redis = fake_connect(h, h->config.redis_timeout > 0
                                   ? h->config.redis_timeout
                                   : FAKE_REDIS_TIMEOUT);
        if (h->redis == NULL) {
            return NULL;
        }
    }

    args = fake_grow(NULL, argc, sizeof(*args));
    lens = fake_grow(NULL, argc, sizeof(*lens));

    for (i = 0; i < argc; i++) {
        args[i] = argv[i].data;
        lens[i] = argv[i].len;
    }

    *sent = 1;
    reply = redisCommandArgv(h->redis, (int) argc, args, lens);
    free(args);
    free(lens);

    if (reply == NULL) {
        fake_disconnect(&h->redis);
    }

    return reply;
}


civic_result_t
fake_server_command(fake_host_t *h, civic_arena_t *arena,
    const civic_str_t *argv, size_t argc, int writes,
    const civic_value_t **value)
{
    int             sent, built;
    redisReply     *reply;
    civic_value_t  *copy;

    *value = NULL;

    reply = fake_try(h, argv, argc, &sent);

    /* What only reads may be sent once more. */

    if (reply == NULL && sent && !writes) {
        reply = fake_try(h, argv, argc, &sent);
    }

    if (reply == NULL) {
        return sent && writes ? CIVIC_UNKNOWN : CIVIC_NOT_SENT;
    }

    copy = civic_arena_alloc(arena, sizeof(*copy));
    built = copy != NULL && fake_value(arena, reply, copy) == 0;
    freeReplyObject(reply);

    if (!built) {
        return CIVIC_ERROR;
    }

    *value = copy;

    return CIVIC_OK;
}
