/*
 * client.h - what the benches that speak HTTP share: the clock, a connection,
 * tokens, samples in order.  Each is one program that dies of what it cannot
 * do.
 */

#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define TOKENS  4096
#define NS      UINT64_C(1000000000)

/* Bearer tokens, taken in turn. */
typedef struct {
    char    *list[TOKENS];
    size_t   count;
} tokens_t;


static inline uint64_t
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (uint64_t) t.tv_sec * NS + (uint64_t) t.tv_nsec;
}


static inline void
die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
            strerror(errno));
    exit(1);
}


/* For qsort(). */
static inline int
compare(const void *a, const void *b)
{
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return x < y ? -1 : x > y;
}


/* One a line. */
static inline void
read_tokens(tokens_t *tokens, const char *path)
{
    char   line[512];
    FILE  *file = fopen(path, "r");

    if (file == NULL) {
        die(path);
    }

    while (tokens->count < TOKENS && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        tokens->list[tokens->count++] = strdup(line);
    }

    fclose(file);
}


/* Blocking: on the loopback it is over at once, or refused. */
static inline int
connect_to(int port)
{
    int                 one = 1;
    int                 fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in  address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t) port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };

    if (fd == -1
        || connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
    {
        die("connect");
    }

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    return fd;
}

#endif
