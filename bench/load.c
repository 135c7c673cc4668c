/*
 * load.c - open-loop HTTP/1.1 load with honest latencies, for the benches.
 *
 *     load <port> <method> <path> <rate> <connections> <seconds> [<tokens>]
 *
 * Requests fall due at a fixed rate, whether the answers come or not, and a
 * latency counts from when its request was due: a server that stalls is
 * charged for everybody who would have waited (wrk and h2load count from the
 * sending, and so leave them out).  tokens is a file with a bearer token a
 * line, taken in turn.  One thread.  Prints one line of name=value: counts,
 * and microseconds; "refused" are 503 with Retry-After, their time counts
 * from the sending.
 */

#define _GNU_SOURCE

#include <inttypes.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"

#define BUFFER       16384
#define REQUEST      1024
#define SAMPLES      4000000
#define GRACE_NS     (2 * NS)           /* for answers after the last one */
#define EVENTS       256

typedef struct conn_s {
    int             fd;
    int             busy;
    uint64_t        due;
    uint64_t        sent;
    size_t          len;
    struct conn_s  *next;               /* in the list of idle ones */
    char            buffer[BUFFER];
} conn_t;

typedef struct {
    uint32_t  *us;
    size_t     count;
} samples_t;

typedef struct {
    int          port;
    const char  *method;
    const char  *path;
    double       rate;
    int          connections;
    double       seconds;

    tokens_t     tokens;
    int          epoll;
    conn_t      *conns;
    conn_t      *idle;
    int          busy;

    uint64_t     due_count;             /* requests that fell due */
    uint64_t     sent;
    uint64_t     ok;
    uint64_t     refused;
    uint64_t     other;
    uint64_t     errors;
    uint64_t     last_ok;
    samples_t    latency;               /* of 2xx, from due */
    samples_t    refusal;               /* of refused, from sending */
} load_t;


static void
sample(samples_t *samples, uint64_t ns)
{
    if (samples->count < SAMPLES) {
        samples->us[samples->count++] = (uint32_t) (ns / 1000);
    }
}


static uint32_t
percentile(const samples_t *samples, double p)
{
    size_t  i;

    if (samples->count == 0) {
        return 0;
    }

    i = (size_t) (p * (double) samples->count);

    return samples->us[i < samples->count ? i : samples->count - 1];
}


static void
connect_conn(load_t *load, conn_t *conn)
{
    struct epoll_event  event = { .events = EPOLLIN, .data.ptr = conn };

    conn->fd = connect_to(load->port);

    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, conn->fd, &event) == -1) {
        die("epoll_ctl");
    }

    conn->len = 0;
}


static void
release(load_t *load, conn_t *conn)
{
    if (conn->busy) {
        load->busy--;
    }

    conn->busy = 0;
    conn->len = 0;
    conn->next = load->idle;
    load->idle = conn;
}


/* An answer that never came: counted, and a new connection. */
static void
broken(load_t *load, conn_t *conn)
{
    int  was_busy = conn->busy;

    close(conn->fd);
    connect_conn(load, conn);

    if (was_busy) {
        load->errors++;
        release(load, conn);
    }
}


static void
send_request(load_t *load, uint64_t due)
{
    int      len;
    char     text[REQUEST];
    conn_t  *conn = load->idle;

    load->idle = conn->next;
    conn->busy = 1;
    conn->due = due;
    conn->sent = now();
    load->busy++;

    len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "%s%s%s%s\r\n", load->method, load->path,
                   strcmp(load->method, "GET") ? "Content-Length: 0\r\n" : "",
                   load->tokens.count ? "Authorization: Bearer " : "",
                   load->tokens.count
                       ? load->tokens.list[load->sent % load->tokens.count]
                       : "",
                   load->tokens.count ? "\r\n" : "");
    load->sent++;

    if (send(conn->fd, text, (size_t) len, MSG_NOSIGNAL) != len) {
        broken(load, conn);
    }
}


/* Is the answer in the buffer whole? */
static int
whole(conn_t *conn)
{
    char   *body, *header;
    size_t  head;

    conn->buffer[conn->len] = '\0';
    body = strstr(conn->buffer, "\r\n\r\n");
    if (body == NULL) {
        return 0;
    }

    head = (size_t) (body + 4 - conn->buffer);
    header = strcasestr(conn->buffer, "\r\nContent-Length:");

    if (header != NULL && header < body) {
        return conn->len >= head + (size_t) atol(header + 17);
    }

    header = strcasestr(conn->buffer, "\r\nTransfer-Encoding: chunked");

    if (header != NULL && header < body + 2) {
        return conn->len >= head + 5
               && memcmp(conn->buffer + conn->len - 5, "0\r\n\r\n", 5) == 0;
    }

    return 1;                           /* 204 */
}


static void
finished(load_t *load, conn_t *conn)
{
    int       status = atoi(conn->buffer + sizeof("HTTP/1.1 ") - 1);
    uint64_t  t = now();

    if (status >= 200 && status < 300) {
        load->ok++;
        load->last_ok = t;
        sample(&load->latency, t - conn->due);

    } else if (status == 503
               && strcasestr(conn->buffer, "\r\nRetry-After:") != NULL)
    {
        load->refused++;
        sample(&load->refusal, t - conn->sent);

    } else {
        load->other++;
    }

    if (strcasestr(conn->buffer, "\r\nConnection: close") != NULL) {
        release(load, conn);
        close(conn->fd);
        connect_conn(load, conn);
        return;
    }

    release(load, conn);
}


static void
readable(load_t *load, conn_t *conn)
{
    ssize_t  n = recv(conn->fd, conn->buffer + conn->len,
                      BUFFER - 1 - conn->len, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return;
    }

    if (n <= 0 || !conn->busy) {
        broken(load, conn);
        return;
    }

    conn->len += (size_t) n;

    if (whole(conn)) {
        finished(load, conn);
    }
}


/* Waits for answers, at most until a time. */
static void
turn(load_t *load, uint64_t until)
{
    int                 i, n;
    uint64_t            t = now(), ns = until > t ? until - t : 0;
    struct epoll_event  events[EVENTS];
    struct timespec     wait = { (time_t) (ns / NS), (long) (ns % NS) };

    n = epoll_pwait2(load->epoll, events, EVENTS, &wait, NULL);

    for (i = 0; i < n; i++) {
        readable(load, events[i].data.ptr);
    }
}


static void
run(load_t *load)
{
    double    gap = (double) NS / load->rate;
    uint64_t  begin = now(), due, end;

    end = begin + (uint64_t) (load->seconds * (double) NS);

    for ( ;; ) {
        due = begin + (uint64_t) ((double) load->due_count * gap);

        if (due >= end) {
            break;
        }

        if (load->idle == NULL || due > now()) {
            /* All busy: due requests wait, their clock runs already. */
            turn(load, load->idle == NULL ? end : due);

            if (load->idle == NULL && now() >= end) {
                break;
            }

            continue;
        }

        send_request(load, due);
        load->due_count++;

        if (load->due_count % 16 == 0) {
            turn(load, 0);
        }
    }

    /* What fell due and found no connection within the time. */
    load->due_count = (uint64_t) (load->rate * load->seconds);

    while (load->busy > 0 && now() < end + GRACE_NS) {
        turn(load, end + GRACE_NS);
    }

    load->errors += (uint64_t) load->busy;
}


static void
report(load_t *load)
{
    qsort(load->latency.us, load->latency.count, sizeof(uint32_t), compare);
    qsort(load->refusal.us, load->refusal.count, sizeof(uint32_t), compare);

    printf("due=%" PRIu64 " sent=%" PRIu64 " ok=%" PRIu64 " refused=%" PRIu64
           " other=%" PRIu64 " errors=%" PRIu64 " goodput=%.1f p50=%u p99=%u"
           " p999=%u max=%u refused_p50=%u refused_p99=%u\n",
           load->due_count, load->sent, load->ok, load->refused, load->other,
           load->errors, (double) load->ok / load->seconds,
           percentile(&load->latency, 0.5), percentile(&load->latency, 0.99),
           percentile(&load->latency, 0.999), percentile(&load->latency, 1),
           percentile(&load->refusal, 0.5),
           percentile(&load->refusal, 0.99));
}


int
main(int argc, char **argv)
{
    int            i;
    load_t         load = { 0 };
    struct rlimit  files = { 65536, 65536 };

    if (argc < 7) {
        fprintf(stderr, "usage: load port method path rate connections "
                "seconds [tokens]\n");
        return 2;
    }

    load.port = atoi(argv[1]);
    load.method = argv[2];
    load.path = argv[3];
    load.rate = atof(argv[4]);
    load.connections = atoi(argv[5]);
    load.seconds = atof(argv[6]);

    if (load.rate <= 0 || load.connections <= 0 || load.seconds <= 0) {
        fprintf(stderr, "load: rate, connections, seconds: above zero\n");
        return 2;
    }

    if (argc > 7) {
        read_tokens(&load.tokens, argv[7]);
    }

    (void) setrlimit(RLIMIT_NOFILE, &files);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.conns = calloc((size_t) load.connections, sizeof(conn_t));
    load.latency.us = calloc(SAMPLES, sizeof(uint32_t));
    load.refusal.us = calloc(SAMPLES, sizeof(uint32_t));

    if (load.epoll == -1 || load.conns == NULL || load.latency.us == NULL
        || load.refusal.us == NULL)
    {
        die("starting");
    }

    for (i = 0; i < load.connections; i++) {
        connect_conn(&load, &load.conns[i]);
        release(&load, &load.conns[i]);
    }

    run(&load);
    report(&load);

    return 0;
}
