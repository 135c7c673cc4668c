/*
 * worker.c - see worker.h.
 *
 * libmicrohttpd is given one connection at a time and no socket to listen on:
 * a connection that nobody has accepted yet waits for whichever worker is
 * free first.
 *
 * A client may take client-time for its request and as long for the answer;
 * then the connection is shut.  The answer itself has its time, too, and what
 * watches over that is no code of the worker's: SIGALRM, which nobody
 * catches.
 */

#define _GNU_SOURCE                     /* accept4(), ppoll() */

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "log.h"
#include "routes.h"
#include "sandbox.h"
#include "worker.h"

/* What is read of a body that is too large, so that who sends it comes to
   read the answer. */
#define WORKER_DRAIN  (64 * 1024 * 1024)

/* libmicrohttpd's own, for heads and for pieces of bodies. */
#define WORKER_BUFFER  (128 * 1024)

/* Larger pieces of memory go back to the system when they are freed. */
#define WORKER_MMAP  (256 * 1024)

static const char  no_memory_text[] =
    "{\"title\":\"More than the engine takes\",\"status\":413,"
    "\"code\":\"too_large\",\"reason\":\"memory\"}";

typedef struct {
    const options_t    *options;
    struct MHD_Daemon  *http;
    int                 listener;
    unsigned            served;
    unsigned            exhausted:1;

    /* the connection */
    int                 fd;
    unsigned            open:1;
    unsigned            shut:1;
    int64_t             begun;
    int64_t             deadline;

    /* its request */
    request_t           request;
    uint8_t            *body;
    size_t              room;
    size_t              received;
    answer_t            answer;
} worker_t;

static volatile sig_atomic_t  worker_ending;


static int64_t
now_ms(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


/* ---- one request --------------------------------------------------------- */

/* Whoever calls chose the word: only what is known is logged. */
static const char *
worker_method(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "POST") == 0
           ? method : "-";
}


static void
worker_log(const worker_t *worker)
{
    char  status[12] = "-";             /* no answer was made */

    if (worker->answer.status != 0) {
        (void) snprintf(status, sizeof(status), "%u", worker->answer.status);
    }

    media_log("%s %s %s %zu bytes %lld ms",
              worker_method(worker->request.method),
              routes_name(worker->request.path), status, worker->received,
              (long long) (now_ms() - worker->begun));
}


/* Libraries end on this signal, too: no code of ours has to be reached. */
static void
worker_limit_time(unsigned ms)
{
    struct itimerval  timer;

    memset(&timer, 0, sizeof(timer));
    timer.it_value.tv_sec = ms / 1000;
    timer.it_value.tv_usec = (suseconds_t) (ms % 1000) * 1000;

    (void) setitimer(ITIMER_REAL, &timer, NULL);
}


static enum MHD_Result
worker_take_word(void *data, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
    request_t  *request = data;

    (void) kind;

    if (request->words < REQUEST_QUERY) {
        request->query[request->words] = (query_word_t) { name, value };
    }

    request->words++;

    return MHD_YES;
}


/* 1, or 0 if there is too much of it to go on. */
static int
worker_take_body(worker_t *worker, const char *data, size_t len)
{
    worker->received += len;

    if (worker->received > worker->room) {
        worker->request.too_large = 1;
        return worker->received <= WORKER_DRAIN;
    }

    if (worker->body == NULL) {
        worker->body = malloc(worker->room);
    }

    if (worker->body != NULL) {
        memcpy(worker->body + worker->request.len, data, len);
        worker->request.len += len;
    }

    return 1;
}


static void
worker_free_body(worker_t *worker)
{
    free(worker->body);
    worker->body = NULL;
    worker->request.body = NULL;
}


static void
worker_answer(worker_t *worker, struct MHD_Connection *connection)
{
    request_t  *request = &worker->request;

    (void) MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
                                     worker_take_word, request);
    request->type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                "Content-Type");
    request->body = worker->body;

    worker_limit_time(worker->options->time);

    if (request->len < worker->received && !request->too_large) {
        answer_no_memory(&worker->answer);
    } else {
        routes_answer(request, &worker->options->limits, &worker->answer);
    }

    worker_limit_time(0);
    worker_free_body(worker);
    worker->exhausted |= worker->answer.exhausted;
    worker->deadline = now_ms() + worker->options->client_time;
}


static struct MHD_Response *
worker_response(answer_t *answer)
{
    size_t       len;
    void        *data;
    const void  *spare = no_memory_text;

    if (answer->text == NULL) {
        answer->status = 413;
        answer->type = "application/problem+json";
        len = sizeof(no_memory_text) - 1;
        memcpy(&data, &spare, sizeof(data));

    } else if (answer->picture.data != NULL) {
        len = answer->picture.size;
        data = answer->picture.data;

    } else {
        len = strlen(answer->text);
        data = answer->text;
    }

    return MHD_create_response_from_buffer(len, data, MHD_RESPMEM_PERSISTENT);
}


static enum MHD_Result
worker_send(worker_t *worker, struct MHD_Connection *connection)
{
    answer_t             *answer = &worker->answer;
    enum MHD_Result       result;
    struct MHD_Response  *response = worker_response(answer);

    if (response == NULL) {
        return MHD_NO;
    }

    (void) MHD_add_response_header(response, "Connection", "close");
    (void) MHD_add_response_header(response, "Content-Type", answer->type);
    (void) MHD_add_response_header(response, "Cache-Control", "no-store");

    if (answer->picture.data != NULL) {
        (void) MHD_add_response_header(response, "Civic-Media", answer->text);
    }

    if (answer->allow != NULL) {
        (void) MHD_add_response_header(response, "Allow", answer->allow);
    }

    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);

    return result;
}


/* ---- what libmicrohttpd calls -------------------------------------------- */

static enum MHD_Result
worker_on_request(void *data, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *body, size_t *body_len, void **known)
{
    worker_t  *worker = data;

    (void) version;

    if (*known == NULL) {
        *known = worker;
        worker->request = (request_t) { .method = method, .path = url };
        worker->received = 0;
        worker->room = routes_body(method, url, &worker->options->limits);
        return MHD_YES;
    }

    if (*body_len > 0) {
        if (!worker_take_body(worker, body, *body_len)) {
            return MHD_NO;
        }

        *body_len = 0;
        return MHD_YES;
    }

    worker_answer(worker, connection);

    return worker_send(worker, connection);
}


static void
worker_on_end(void *data, struct MHD_Connection *connection, void **known,
    enum MHD_RequestTerminationCode code)
{
    worker_t  *worker = data;

    (void) connection;
    (void) code;

    if (*known == NULL) {
        return;
    }

    worker_log(worker);
    worker_free_body(worker);
    answer_free(&worker->answer);
    *known = NULL;
}


static void
worker_on_connection(void *data, struct MHD_Connection *connection,
    void **socket_data, enum MHD_ConnectionNotificationCode code)
{
    worker_t  *worker = data;

    (void) connection;
    (void) socket_data;

    worker->open = code == MHD_CONNECTION_NOTIFY_STARTED;
}


/* ---- one connection ------------------------------------------------------ */

/* Whoever has been too slow once is not waited for again. */
static void
worker_shut(worker_t *worker)
{
    if (worker->shut) {
        media_log("a connection does not close");
        _exit(WORKER_DONE);
    }

    media_log("a client was too slow");
    worker->shut = 1;
    worker->deadline = now_ms() + worker->options->client_time;
    (void) shutdown(worker->fd, SHUT_RDWR);
}


static void
worker_serve(worker_t *worker, int fd)
{
    int64_t          left;
    struct sockaddr  address = { .sa_family = AF_UNIX };

    worker->fd = fd;
    worker->shut = 0;
    worker->begun = now_ms();
    worker->deadline = worker->begun + worker->options->client_time;

    if (MHD_add_connection(worker->http, fd, &address, sizeof(address))
        != MHD_YES)
    {
        return;                         /* it has closed fd */
    }

    while (worker->open) {
        left = worker->deadline - now_ms();

        if (left <= 0) {
            worker_shut(worker);
            continue;
        }

        (void) MHD_run_wait(worker->http, (int32_t) left);
    }

    worker->served++;
}


static void
worker_on_term(int number)
{
    (void) number;

    worker_ending = 1;
}


/* Waits for a connection: -1 when there is none, and maybe it has to end.
   Only here SIGTERM arrives, so that no request is cut. */
static int
worker_accept(const worker_t *worker)
{
    sigset_t       none;
    struct pollfd  wait = { .fd = worker->listener, .events = POLLIN };

    (void) sigemptyset(&none);

    if (ppoll(&wait, 1, NULL, &none) < 1) {
        return -1;
    }

    return accept4(worker->listener, NULL, NULL,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
}


/* ---- begin and end ------------------------------------------------------- */

static void
worker_signals(void)
{
    sigset_t          term;
    struct sigaction  action;

    (void) sigemptyset(&term);
    (void) sigaddset(&term, SIGTERM);
    (void) sigprocmask(SIG_SETMASK, &term, NULL);

    memset(&action, 0, sizeof(action));
    action.sa_handler = worker_on_term;
    (void) sigaction(SIGTERM, &action, NULL);

    /* Those are for the parent, who is told them, too, at a terminal. */
    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGHUP, SIG_IGN);
    (void) signal(SIGPIPE, SIG_IGN);
    (void) signal(SIGALRM, SIG_DFL);
    (void) signal(SIGCHLD, SIG_DFL);
}


static void
worker_memory(void)
{
    (void) mallopt(M_MMAP_THRESHOLD, WORKER_MMAP);
    (void) mallopt(M_TRIM_THRESHOLD, WORKER_MMAP);
    (void) mallopt(M_ARENA_MAX, 1);
}


static void
worker_begin(worker_t *worker, pid_t parent, int ready, unsigned char id)
{
    char  why[SANDBOX_WHY];

    (void) prctl(PR_SET_NAME, "media-worker", 0, 0, 0);
    worker_signals();
    worker_memory();

    worker->http = MHD_start_daemon(
        MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, worker_on_request, worker,
        MHD_OPTION_CONNECTION_LIMIT, 1u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) WORKER_BUFFER,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, worker_on_end, worker,
        MHD_OPTION_NOTIFY_CONNECTION, worker_on_connection, worker,
        MHD_OPTION_END);

    if (worker->http == NULL) {
        media_log("libmicrohttpd does not start");
        _exit(WORKER_NOT_READY);
    }

    if (sandbox_enter(worker->options, parent, why) != 0) {
        media_log("a worker cannot give up its rights: %s", why);
        _exit(WORKER_NOT_READY);
    }

    if (write(ready, &id, 1) != 1) {
        _exit(WORKER_NOT_READY);
    }

    (void) close(ready);
}


void
worker_run(const options_t *options, pid_t parent, int listener, int ready,
    unsigned char id)
{
    int       fd;
    worker_t  worker = { .options = options, .listener = listener };

    worker_begin(&worker, parent, ready, id);

    while (!worker_ending && !worker.exhausted
           && worker.served < options->requests)
    {
        fd = worker_accept(&worker);

        if (fd != -1) {
            worker_serve(&worker, fd);
        }
    }

    /* Nothing to clean up: the process goes, and the socket is the parent's.
       Nor could leaks be looked for under the list of system calls. */
    _exit(worker.exhausted ? WORKER_EXHAUSTED : WORKER_DONE);
}
