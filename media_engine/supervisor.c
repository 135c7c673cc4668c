/*
 * supervisor.c - see supervisor.h.
 *
 * A worker that ends in the middle of a picture is replaced at once: waiting
 * would let whoever has such a picture stop the engine.  One that could not
 * even begin is waited for longer each time, for its reason will not be gone
 * in a moment; and if that happens before any has served, the engine ends, as
 * nobody would notice otherwise.
 */

#define _GNU_SOURCE                     /* pipe2() */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"
#include "supervisor.h"
#include "worker.h"

#define SUPERVISOR_WAIT_LEAST  100      /* ms */
#define SUPERVISOR_WAIT_MOST   10000

/* Between one that was killed and the next, lest a loop of them take a core. */
#define SUPERVISOR_PAUSE  10

/* For a worker that was asked to end, beyond what its request may take. */
#define SUPERVISOR_GRACE  2000

typedef struct {
    pid_t     pid;                      /* 0: to be forked */
    unsigned  ready:1;
    int64_t   not_before;
    unsigned  wait;
} place_t;

typedef struct {
    const options_t  *options;
    int               listener;
    int               signals;
    int               ready[2];
    pid_t             pid;
    place_t          *places;
    unsigned          all_ready:1;      /* once */
    unsigned          ending:1;
    int               status;
    int64_t           kill_at;
} supervisor_t;


static int64_t
now_ms(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


static void
supervisor_signal(const supervisor_t *supervisor, int number)
{
    unsigned  i;

    for (i = 0; i < supervisor->options->workers; i++) {
        if (supervisor->places[i].pid != 0) {
            (void) kill(supervisor->places[i].pid, number);
        }
    }
}


static void
supervisor_end(supervisor_t *supervisor, int status)
{
    const options_t  *options = supervisor->options;

    if (supervisor->ending) {
        return;
    }

    supervisor->ending = 1;
    supervisor->status = status;
    supervisor->kill_at = now_ms() + options->time + SUPERVISOR_GRACE
                          + 2 * (int64_t) options->client_time;
    media_notify("STOPPING=1");
    supervisor_signal(supervisor, SIGTERM);
}


/* ---- workers that have ended --------------------------------------------- */

static void
supervisor_tell_signal(const supervisor_t *supervisor, pid_t pid, int number)
{
    switch (number) {

    case SIGALRM:
        media_log("worker %d has ended: its request took more than %u ms",
                  (int) pid, supervisor->options->time);
        break;

    case SIGSYS:
        media_log("worker %d has ended: a system call that is not on its "
                  "list", (int) pid);
        break;

    case SIGKILL:
        media_log("worker %d has ended: killed by somebody, or for the "
                  "machine's want of memory", (int) pid);
        break;

    default:
        media_log("worker %d has ended: signal %d (%s)", (int) pid, number,
                  strsignal(number));
        break;
    }
}


static void
supervisor_tell(const supervisor_t *supervisor, pid_t pid, int status)
{
    if (WIFSIGNALED(status)) {
        supervisor_tell_signal(supervisor, pid, WTERMSIG(status));

    } else if (WEXITSTATUS(status) == WORKER_EXHAUSTED) {
        media_log("worker %d has ended: its request needed more than %u MB "
                  "of memory", (int) pid, supervisor->options->memory);

    } else if (WEXITSTATUS(status) != WORKER_DONE) {
        media_log("worker %d has ended with status %d", (int) pid,
                  WEXITSTATUS(status));
    }
}


static place_t *
supervisor_place(const supervisor_t *supervisor, pid_t pid)
{
    unsigned  i;

    for (i = 0; i < supervisor->options->workers; i++) {
        if (supervisor->places[i].pid == pid) {
            return &supervisor->places[i];
        }
    }

    return NULL;
}


static void
place_wait(place_t *place)
{
    place->wait = place->wait == 0 ? SUPERVISOR_WAIT_LEAST : place->wait * 2;

    if (place->wait > SUPERVISOR_WAIT_MOST) {
        place->wait = SUPERVISOR_WAIT_MOST;
    }

    place->not_before = now_ms() + place->wait;
}


/* Its word that it is ready may still lie in the pipe. */
static void
supervisor_read_ready(supervisor_t *supervisor)
{
    unsigned        i, count = 0;
    unsigned char   id;

    while (read(supervisor->ready[0], &id, 1) == 1) {
        if (id < supervisor->options->workers) {
            supervisor->places[id].ready = 1;
            supervisor->places[id].wait = 0;
        }
    }

    for (i = 0; i < supervisor->options->workers; i++) {
        count += supervisor->places[i].ready;
    }

    if (count == supervisor->options->workers && !supervisor->all_ready) {
        supervisor->all_ready = 1;
        media_log("ready: %u workers on %s", count,
                  supervisor->options->socket);
        media_notify("READY=1");
    }
}


static void
supervisor_reap(supervisor_t *supervisor)
{
    int       status;
    pid_t     pid;
    place_t  *place;

    supervisor_read_ready(supervisor);

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        place = supervisor_place(supervisor, pid);

        if (place == NULL) {
            continue;
        }

        supervisor_tell(supervisor, pid, status);
        place->pid = 0;

        if (place->ready) {
            place->ready = 0;
            place->not_before = WIFSIGNALED(status)
                                ? now_ms() + SUPERVISOR_PAUSE : 0;

        } else if (!supervisor->all_ready) {
            supervisor_end(supervisor, 1);

        } else {
            place_wait(place);
        }
    }
}


/* ---- workers that begin -------------------------------------------------- */

static void
supervisor_child(const supervisor_t *supervisor, unsigned place)
{
    (void) close(supervisor->signals);
    (void) close(supervisor->ready[0]);

    worker_run(supervisor->options, supervisor->pid, supervisor->listener,
               supervisor->ready[1], (unsigned char) place);
}


static void
supervisor_fork(supervisor_t *supervisor, unsigned i)
{
    place_t  *place = &supervisor->places[i];

    place->ready = 0;
    place->pid = fork();

    if (place->pid == 0) {
        supervisor_child(supervisor, i);
    }

    if (place->pid == -1) {
        media_log("fork: %s", strerror(errno));
        place->pid = 0;
        place_wait(place);
    }
}


/* The ms to the next one that has to wait, or -1. */
static int
supervisor_fill(supervisor_t *supervisor)
{
    int       next = -1, left;
    int64_t   now = now_ms();
    unsigned  i;
    place_t  *place;

    for (i = 0; i < supervisor->options->workers; i++) {
        place = &supervisor->places[i];

        if (place->pid == 0 && place->not_before <= now) {
            supervisor_fork(supervisor, i);
        }

        left = (int) (place->not_before - now);

        if (place->pid == 0 && (next == -1 || left < next)) {
            next = left;
        }
    }

    return next;
}


/* ---- the loop ------------------------------------------------------------ */

static void
supervisor_read_signals(supervisor_t *supervisor)
{
    struct signalfd_siginfo  info;

    while (read(supervisor->signals, &info, sizeof(info)) == sizeof(info)) {
        switch (info.ssi_signo) {

        case SIGCHLD:
            break;                      /* all are looked for each time */

        case SIGHUP:
            media_log("fresh workers take the places of all");
            supervisor_signal(supervisor, SIGTERM);
            break;

        default:
            supervisor_end(supervisor, 0);
            break;
        }
    }
}


static int
supervisor_alone(const supervisor_t *supervisor)
{
    unsigned  i;

    for (i = 0; i < supervisor->options->workers; i++) {
        if (supervisor->places[i].pid != 0) {
            return 0;
        }
    }

    return 1;
}


/* How long to wait when it ends: then those that do not end are killed. */
static int
supervisor_last_wait(const supervisor_t *supervisor)
{
    int64_t  left = supervisor->kill_at - now_ms();

    if (left <= 0) {
        supervisor_signal(supervisor, SIGKILL);
        left = SUPERVISOR_GRACE;
    }

    return (int) left;
}


static void
supervisor_loop(supervisor_t *supervisor)
{
    int            wait;
    struct pollfd  from[2] = {
        { .fd = supervisor->signals, .events = POLLIN },
        { .fd = supervisor->ready[0], .events = POLLIN }
    };

    while (!supervisor->ending || !supervisor_alone(supervisor)) {
        wait = supervisor->ending ? supervisor_last_wait(supervisor)
                                  : supervisor_fill(supervisor);
        (void) poll(from, 2, wait);
        supervisor_read_signals(supervisor);
        supervisor_reap(supervisor);
    }
}


static int
supervisor_open(supervisor_t *supervisor)
{
    int       flags = O_CLOEXEC | O_NONBLOCK;
    sigset_t  set;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGCHLD);
    (void) sigaddset(&set, SIGTERM);
    (void) sigaddset(&set, SIGINT);
    (void) sigaddset(&set, SIGHUP);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);

    supervisor->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    supervisor->places = calloc(supervisor->options->workers,
                                sizeof(place_t));

    return supervisor->signals == -1 || supervisor->places == NULL
           || pipe2(supervisor->ready, flags) != 0 ? -1 : 0;
}


int
supervisor_run(const options_t *options, int listener)
{
    supervisor_t  supervisor = {
        .options = options, .listener = listener, .pid = getpid()
    };

    if (supervisor_open(&supervisor) != 0) {
        media_log("%s", strerror(errno));
        free(supervisor.places);
        return 1;
    }

    supervisor_loop(&supervisor);

    (void) close(supervisor.signals);
    (void) close(supervisor.ready[0]);
    (void) close(supervisor.ready[1]);
    free(supervisor.places);

    return supervisor.status;
}
