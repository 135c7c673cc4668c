/*
 * waiters.c - many long polls and what they cost, for the benches.
 *
 *     waiters <port> <pid> <count> <seconds> <rate> <changes> [<token>]
 *
 * Opens so many polls of the fixture "poll", each of a topic of its own, and
 * measures the worker's memory before and after, and its CPU while nothing
 * happens.  Then it changes states at a fixed rate, each followed by a
 * notification, and times from sending the change to the poll's answer (the
 * script and the message included); the poll comes again.  At last all poll
 * one topic, which changes once.  One thread.  Prints one line of name=value:
 * bytes, microseconds, a share of a core.
 *
 * With a token the polls are those of PCs that wait for their QR codes to be
 * confirmed, as pages do: they come again when their time is over.  A change
 * is the confirmation by the phone whose session that is; each ticket has
 * one, so there are as many tickets as changes at least.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER   1024
#define EVENTS   256
#define ANSWER   32768                  /* a ticket with its picture */
#define TEXT     24
#define NS       1000000000ULL
#define SETTLE   (2 * NS)
#define GIVE_UP  (10 * NS)

typedef struct {
    int       fd;
    unsigned  topic;
    unsigned  seen;                     /* the value that it knows */
    uint64_t  changed_at;               /* 0: nothing is on its way */
    char      ticket[TEXT];             /* of a login by QR code */
    char      secret[TEXT];
    char      number[TEXT];
    size_t    len;
    char      buffer[BUFFER];
} poll_t;

typedef struct {
    int        port;
    int        pid;
    unsigned   count;
    double     seconds;
    double     rate;
    unsigned   changes;
    char      *token;                   /* the phone's; NULL: plain polls */

    int        epoll;
    poll_t    *polls;
    poll_t     control;                 /* sends the changes */
    uint32_t  *us;
    unsigned   answers;
    unsigned   errors;
} bench_t;


static void
fail(const char *what)
{
    perror(what);
    exit(1);
}


static uint64_t
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * NS + (uint64_t) ts.tv_nsec;
}


/* ---- what the worker has and does --------------------------------------- */

/* Bytes in memory, the pages that map them included. */
static double
memory(int pid)
{
    char    path[64], line[256];
    FILE   *file;
    long    kb;
    double  sum = 0;

    (void) snprintf(path, sizeof(path), "/proc/%d/status", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        fail(path);
    }

    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "VmRSS: %ld", &kb) == 1
            || sscanf(line, "VmPTE: %ld", &kb) == 1)
        {
            sum += 1024.0 * (double) kb;
        }
    }

    (void) fclose(file);

    return sum;
}


/* Seconds on a core; schedstat counts nanoseconds. */
static double
cpu(int pid)
{
    char       path[64];
    FILE      *file;
    uint64_t   ns = 0;

    (void) snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%lu", &ns) != 1) {
        fail(path);
    }

    (void) fclose(file);

    return (double) ns / 1e9;
}


/* ---- connections --------------------------------------------------------- */

static void
open_connection(bench_t *b, poll_t *p)
{
    int                 one = 1;
    struct epoll_event  event = { .events = EPOLLIN, .data.ptr = p };
    struct sockaddr_in  to = { .sin_family = AF_INET,
                               .sin_port = htons((uint16_t) b->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    p->len = 0;

    if (p->fd == -1
        || connect(p->fd, (struct sockaddr *) &to, sizeof(to)) != 0
        || epoll_ctl(b->epoll, EPOLL_CTL_ADD, p->fd, &event) != 0)
    {
        fail("connect");
    }

    (void) setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}


static void
write_all(poll_t *p, const char *text, int len)
{
    if (write(p->fd, text, (size_t) len) != len) {
        fail("write");
    }
}


/* Whether a whole answer stands there. */
static int
whole(const char *buffer, size_t len)
{
    const char  *end, *length;

    end = memmem(buffer, len, "\r\n\r\n", 4);
    if (end == NULL) {
        return 0;
    }

    length = strcasestr(buffer, "content-length: ");

    return length == NULL || length > end
           || (size_t) (end + 4 - buffer) + strtoul(length + 16, NULL, 10)
              <= len;
}


static void
send_post(poll_t *p, const char *path, const char *token, const char *body)
{
    int   len;
    char  text[1024], bearer[300] = "";

    if (token != NULL) {
        (void) snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s\r\n",
                        token);
    }

    len = snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: bench\r\n"
                   "Content-Type: application/json\r\n%s"
                   "Content-Length: %zu\r\n\r\n%s", path, bearer,
                   strlen(body), body);
    write_all(p, text, len);
}


/* A confirmation that is on its way is not known. */
static int
knows_confirmed(const poll_t *p)
{
    return p->seen > 0 && p->changed_at == 0;
}


static void
wait_for_phone(poll_t *p)
{
    char  body[256];

    (void) snprintf(body, sizeof(body), "{\"ticket\":\"%s\",\"secret\":"
                    "\"%s\",\"state\":\"%s\"}", p->ticket, p->secret,
                    knows_confirmed(p) ? "confirmed" : "scanned");
    send_post(p, "/login/qr-tickets/wait", NULL, body);
}


static void
send_poll(bench_t *b, poll_t *p)
{
    int   len;
    char  text[256], seen[16] = "";

    if (b->token != NULL) {
        wait_for_phone(p);
        return;
    }

    if (p->seen > 0) {
        (void) snprintf(seen, sizeof(seen), "%u", p->seen);
    }

    len = snprintf(text, sizeof(text), "GET /poll/state/bench-%u?seen=%s&"
                   "timeout=60000 HTTP/1.1\r\nHost: bench\r\n\r\n", p->topic,
                   seen);
    write_all(p, text, len);
}


static void
send_change(bench_t *b, const poll_t *p, unsigned value)
{
    int   len, size;
    char  text[256], body[128];

    if (b->token != NULL) {
        (void) snprintf(body, sizeof(body), "{\"ticket\":\"%s\",\"number\":"
                        "\"%s\"}", p->ticket, p->number);
        send_post(&b->control, "/login/qr-tickets/confirm", b->token, body);
        return;
    }

    size = snprintf(body, sizeof(body), "{\"value\":\"%u\"}", value);
    len = snprintf(text, sizeof(text), "PUT /poll/state/bench-%u HTTP/1.1\r\n"
                   "Host: bench\r\nContent-Type: application/json\r\n"
                   "Content-Length: %d\r\n\r\n%s", p->topic, size, body);
    write_all(&b->control, text, len);
}


/* ---- tickets ------------------------------------------------------------- */

/* A text member of an answer's JSON. */
static void
take(const char *answer, const char *name, char out[TEXT])
{
    char         quoted[32];
    const char  *at;

    (void) snprintf(quoted, sizeof(quoted), "\"%s\":\"", name);
    at = strstr(answer, quoted);

    if (at == NULL) {
        (void) fprintf(stderr, "waiters: no %s in %s\n", name, answer);
        exit(1);
    }

    at += strlen(quoted);
    (void) snprintf(out, TEXT, "%.*s", (int) strcspn(at, "\""), at);
}


/* Over a connection that is the control's, and blocks. */
static void
ask(bench_t *b, const char *path, const char *token, const char *body,
    const char *expected, char answer[ANSWER])
{
    size_t   len = 0;
    ssize_t  n;

    send_post(&b->control, path, token, body);

    do {
        n = read(b->control.fd, answer + len, ANSWER - 1 - len);
        if (n <= 0) {
            fail("a ticket's connection was closed");
        }

        len += (size_t) n;
        answer[len] = '\0';
    } while (!whole(answer, len) && len < ANSWER - 1);

    if (strncmp(answer + 9, expected, 3) != 0) {
        (void) fprintf(stderr, "waiters: %s: %s\n", path, answer);
        exit(1);
    }
}


static void
make_tickets(bench_t *b)
{
    char         body[64];
    poll_t      *p;
    static char  answer[ANSWER];

    for (p = b->polls; p < b->polls + b->count; p++) {
        ask(b, "/login/qr-tickets", NULL, "{}", "201", answer);
        take(answer, "ticket", p->ticket);
        take(answer, "secret", p->secret);
        take(answer, "number", p->number);

        (void) snprintf(body, sizeof(body), "{\"ticket\":\"%s\"}", p->ticket);
        ask(b, "/login/qr-tickets/scan", b->token, body, "200", answer);
    }
}


/* ---- answers ------------------------------------------------------------- */

/* A page asks again when its time is over, changed or not. */
static int
time_is_over(const bench_t *b, const poll_t *p)
{
    return b->token != NULL
           && strstr(p->buffer, knows_confirmed(p)
                                ? "\"state\":\"confirmed\""
                                : "\"state\":\"scanned\"") != NULL;
}


static void
answered(bench_t *b, poll_t *p, int again)
{
    const char  *changed = b->token != NULL ? "\"state\":\"confirmed\""
                                            : "\"changed\":true";

    if (time_is_over(b, p)) {
        send_poll(b, p);
        return;
    }

    if (strstr(p->buffer, changed) == NULL || p->changed_at == 0) {
        (void) fprintf(stderr, "waiters: %s\n", p->buffer);
        exit(1);
    }

    b->us[b->answers++] = (uint32_t) ((now() - p->changed_at) / 1000);
    p->changed_at = 0;

    if (again) {
        send_poll(b, p);
    }
}


static void
readable(bench_t *b, poll_t *p, int again)
{
    ssize_t  n;

    n = read(p->fd, p->buffer + p->len, BUFFER - 1 - p->len);
    if (n <= 0) {
        fail("a poll's connection was closed");
    }

    p->len += (size_t) n;
    p->buffer[p->len] = '\0';

    if (p == &b->control) {
        b->errors += memmem(p->buffer, p->len, "HTTP/1.1 4", 10) != NULL
                     || memmem(p->buffer, p->len, "HTTP/1.1 5", 10) != NULL;
        p->len = 0;

    } else if (whole(p->buffer, p->len)) {
        answered(b, p, again);
        p->len = 0;
    }
}


static void
handle(bench_t *b, uint64_t until, int again)
{
    int                 i, n, ms;
    uint64_t            t = now();
    struct epoll_event  events[EVENTS];

    ms = t >= until ? 0 : (int) ((until - t) / 1000000);
    n = epoll_wait(b->epoll, events, EVENTS, ms);

    for (i = 0; i < n; i++) {
        readable(b, events[i].data.ptr, again);
    }
}


static void
handle_for(bench_t *b, uint64_t ns)
{
    uint64_t  until = now() + ns;

    while (now() < until) {
        handle(b, until, 1);
    }
}


/* ---- the phases ---------------------------------------------------------- */

static int
by_size(const void *one, const void *two)
{
    uint32_t  a = *(const uint32_t *) one, b = *(const uint32_t *) two;

    return a < b ? -1 : a > b;
}


static void
begin_polls(bench_t *b, unsigned shared)
{
    unsigned  i;

    for (i = 0; i < b->count; i++) {
        open_connection(b, &b->polls[i]);
        b->polls[i].topic = shared != 0 ? shared : i + 1;
        b->polls[i].seen = 0;
        b->polls[i].changed_at = 0;
        send_poll(b, &b->polls[i]);
        handle(b, 0, 1);
    }

    handle_for(b, SETTLE);
}


static void
end_polls(bench_t *b)
{
    unsigned  i;

    for (i = 0; i < b->count; i++) {
        (void) close(b->polls[i].fd);
    }

    handle_for(b, SETTLE);
}


static void
idle(bench_t *b)
{
    double    before, began;
    uint64_t  t0 = now();

    before = cpu(b->pid);
    handle_for(b, (uint64_t) (b->seconds * (double) NS));
    began = (double) (now() - t0) / (double) NS;

    printf("idle_cpu=%.5f ", (cpu(b->pid) - before) / began);
}


/* One waiter after the other, at a fixed rate. */
static void
change_each(bench_t *b)
{
    unsigned   i;
    poll_t    *p;
    uint64_t   due = now(), until;

    b->answers = 0;

    for (i = 0; i < b->changes; i++) {
        due += (uint64_t) ((double) NS / b->rate);

        while (now() < due) {
            handle(b, due, 1);
        }

        p = &b->polls[i * 7919u % b->count];
        p->changed_at = now();
        send_change(b, p, p->seen + 1);
        p->seen++;
    }

    until = now() + GIVE_UP;
    while (b->answers < b->changes && now() < until) {
        handle(b, until, 1);
    }

    b->errors += b->changes - b->answers;
    qsort(b->us, b->answers, sizeof(uint32_t), by_size);
    printf("p50=%u p99=%u max=%u ", b->us[b->answers / 2],
           b->us[b->answers * 99ull / 100], b->us[b->answers - 1]);
}


/* All of them at once. */
static void
change_all(bench_t *b)
{
    unsigned  i;
    uint64_t  until = now() + GIVE_UP;

    b->answers = 0;

    for (i = 0; i < b->count; i++) {
        b->polls[i].changed_at = now();
    }

    send_change(b, &b->polls[0], 1);

    while (b->answers < b->count && now() < until) {
        handle(b, until, 0);
    }

    b->errors += b->count - b->answers;
    qsort(b->us, b->answers, sizeof(uint32_t), by_size);
    printf("all=%u ", b->us[b->answers - 1]);
}


int
main(int argc, char **argv)
{
    double         before;
    bench_t        b = { .errors = 0 };
    struct rlimit  files = { 16384, 16384 };

    if (argc != 7 && argc != 8) {
        (void) fprintf(stderr, "usage: waiters <port> <pid> <count> <seconds>"
                       " <rate> <changes> [<token>]\n");
        return 2;
    }

    (void) setrlimit(RLIMIT_NOFILE, &files);

    b.port = atoi(argv[1]);
    b.pid = atoi(argv[2]);
    b.count = (unsigned) atoi(argv[3]);
    b.seconds = atof(argv[4]);
    b.rate = atof(argv[5]);
    b.changes = (unsigned) atoi(argv[6]);
    b.token = argc > 7 ? argv[7] : NULL;
    b.epoll = epoll_create1(0);
    b.polls = calloc(b.count, sizeof(poll_t));
    b.us = calloc(b.changes + b.count, sizeof(uint32_t));

    open_connection(&b, &b.control);

    if (b.token != NULL) {
        make_tickets(&b);
    }

    handle_for(&b, SETTLE);
    before = memory(b.pid);
    begin_polls(&b, 0);
    printf("bytes=%.0f ", (memory(b.pid) - before) / b.count);

    idle(&b);
    change_each(&b);
    printf("after=%.0f ", (memory(b.pid) - before) / b.count);

    if (b.token == NULL) {
        end_polls(&b);
        begin_polls(&b, b.count + 1);
        change_all(&b);
    }

    printf("errors=%u\n", b.errors);

    return 0;
}
