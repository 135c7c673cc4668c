/*
 * files.c - files over HTTP, and plain copying of files beside it.
 *
 *     files put|get <port> <path> <tokens> <at once> <seconds> <bytes>
 *     files keep|copy|over <from> <to> <at once> <seconds> <bytes>
 *     files make <folder> <bytes>
 *
 * put and get have a keep-alive connection each, all closed loops: a request
 * follows the answer to the last one.  keep and copy copy the files that
 * make made, from the page cache.  keep does what makes a file last: it is
 * written under another name, synced, renamed, and its folder is synced.
 * copy is what cp does, without a sync; it ends after a GB, before the kernel
 * begins to write that to the disk.  over copies over its last copy: neither
 * memory nor room on the disk must be found.
 *
 * Threads, "at once" of them.  Prints one line of name=value: MB are 1e6
 * bytes; cpu is this program's, in microseconds a MB.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client.h"

#define SOURCES   16
#define FOLDERS   64
#define THREADS   64
#define SAMPLES   1000000
#define BUFFER    (128 * 1024)          /* cp's */
#define HEAD      4096
#define PATH      1024
#define COPIED    1000000000            /* bytes */

typedef struct files_s  files_t;

typedef struct {
    files_t    *files;
    pthread_t   thread;
    unsigned    number;
    int         fd;                     /* of the connection */
    uint64_t    count;
    uint64_t    errors;
    char       *buffer;
} worker_t;

struct files_s {
    int         (*one)(worker_t *w, uint64_t n);
    int         port;
    const char  *path;
    const char  *from;
    const char  *to;
    size_t       bytes;
    uint64_t     end;
    uint64_t     most;                  /* files of each thread */
    char        *body;                  /* of what is put */
    tokens_t     tokens;
    worker_t     workers[THREADS];
    unsigned     at_once;
    uint32_t    *us;
    size_t       samples;               /* atomic */
};


static int
whole_write(int fd, const char *p, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = write(fd, p, len);

        if (n <= 0) {
            return -1;
        }

        p += n;
        len -= (size_t) n;
    }

    return 0;
}


/* ---- plain copying ----------------------------------------------------- */

static void
make_sources(const char *folder, size_t bytes)
{
    int    fd, i;
    char   path[PATH], *data = malloc(bytes);
    size_t n;

    for (i = 0; i < SOURCES; i++) {
        for (n = 0; n < bytes; n += 256) {
            if (getrandom(data + n, bytes - n < 256 ? bytes - n : 256, 0) < 0)
            {
                die("getrandom");
            }
        }

        snprintf(path, sizeof(path), "%s/%d", folder, i);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        if (fd == -1 || whole_write(fd, data, bytes) != 0 || fsync(fd) != 0) {
            die(path);
        }

        close(fd);
    }

    free(data);
}


static int
copy_bytes(worker_t *w, int from, int to)
{
    ssize_t  n;
    size_t   len = 0;

    while ((n = read(from, w->buffer, BUFFER)) > 0) {
        if (whole_write(to, w->buffer, (size_t) n) != 0) {
            return -1;
        }

        len += (size_t) n;
    }

    return len == w->files->bytes ? 0 : -1;
}


static int
copy_to(worker_t *w, uint64_t n, const char *path, int sync)
{
    int   from, to, rc;
    char  source[PATH];

    snprintf(source, sizeof(source), "%s/%u", w->files->from,
             (unsigned) (n % SOURCES));

    from = open(source, O_RDONLY);
    to = open(path, O_WRONLY | O_CREAT, 0600);

    rc = from != -1 && to != -1 && copy_bytes(w, from, to) == 0
         && (!sync || fsync(to) == 0) ? 0 : -1;

    close(from);

    return close(to) == 0 ? rc : -1;
}


static int
sync_folder(const char *path)
{
    int  rc, fd = open(path, O_RDONLY | O_DIRECTORY);

    rc = fd != -1 && fsync(fd) == 0 ? 0 : -1;
    close(fd);

    return rc;
}


static int
keep(worker_t *w, uint64_t n)
{
    char      path[PATH], folder[PATH / 2], kept[PATH];
    uint64_t  id = n * w->files->at_once + w->number;

    snprintf(path, sizeof(path), "%s/incoming/%" PRIu64, w->files->to, id);
    snprintf(folder, sizeof(folder), "%s/%u", w->files->to,
             (unsigned) (id % FOLDERS));
    snprintf(kept, sizeof(kept), "%s/%" PRIu64, folder, id);

    return copy_to(w, n, path, 1) == 0 && rename(path, kept) == 0
           ? sync_folder(folder) : -1;
}


static int
copy(worker_t *w, uint64_t n)
{
    char      path[PATH];
    uint64_t  id = n * w->files->at_once + w->number;

    snprintf(path, sizeof(path), "%s/%u/%" PRIu64, w->files->to,
             (unsigned) (id % FOLDERS), id);

    return copy_to(w, n, path, 0);
}


static int
over(worker_t *w, uint64_t n)
{
    char  path[PATH];

    snprintf(path, sizeof(path), "%s/incoming/%u", w->files->to, w->number);

    return copy_to(w, n, path, 0);
}


static void
make_folders(const char *to)
{
    int   i;
    char  path[PATH];

    snprintf(path, sizeof(path), "%s/incoming", to);

    if (mkdir(to, 0700) != 0 || mkdir(path, 0700) != 0) {
        die(to);
    }

    for (i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof(path), "%s/%d", to, i);

        if (mkdir(path, 0700) != 0) {
            die(path);
        }
    }
}


/* ---- over HTTP --------------------------------------------------------- */

/* The answer's head and its body, which is only counted: the status if all
   of it came, else -1. */
static int
answer(worker_t *w, uint64_t *length)
{
    char     *body = NULL, *header;
    size_t    len = 0;
    ssize_t   n;
    uint64_t  left;

    while (body == NULL) {
        n = len < HEAD ? recv(w->fd, w->buffer + len, HEAD - len, 0) : -1;

        if (n <= 0) {
            return -1;
        }

        len += (size_t) n;
        w->buffer[len] = '\0';
        body = strstr(w->buffer, "\r\n\r\n");
    }

    header = strcasestr(w->buffer, "\r\nContent-Length:");

    if (header == NULL || header > body) {
        return -1;
    }

    *length = strtoull(header + 17, NULL, 10);
    left = *length - (len - (size_t) (body + 4 - w->buffer));
    len = (size_t) atoi(w->buffer + sizeof("HTTP/1.1 ") - 1);

    while (left > 0) {
        n = recv(w->fd, w->buffer, left < BUFFER ? left : BUFFER, 0);

        if (n <= 0) {
            return -1;
        }

        left -= (uint64_t) n;
    }

    return (int) len;
}


static int
ask(worker_t *w, const char *method, uint64_t n, uint64_t *length)
{
    int            status;
    files_t       *files = w->files;
    char           head[HEAD];
    size_t         put = files->body == NULL ? 0 : files->bytes;
    struct iovec   parts[2] = { { head, 0 }, { files->body, put } };
    struct msghdr  message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t        sent;

    n = n * files->at_once + w->number;
    parts[0].iov_len = (size_t) snprintf(head, sizeof(head),
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n",
        method, files->path, files->tokens.list[n % files->tokens.count], put);

    /* a blocking socket takes all of it, or the connection is gone */
    sent = sendmsg(w->fd, &message, MSG_NOSIGNAL);
    status = sent == (ssize_t) (parts[0].iov_len + put) ? answer(w, length)
                                                        : -1;
    if (status == -1) {
        close(w->fd);
        w->fd = connect_to(files->port);
    }

    return status;
}


static int
put(worker_t *w, uint64_t n)
{
    uint64_t  length;

    return ask(w, "PUT", n, &length) == 200 ? 0 : -1;
}


static int
get(worker_t *w, uint64_t n)
{
    uint64_t  length;

    return ask(w, "GET", n, &length) == 200 && length == w->files->bytes
           ? 0 : -1;
}


/* ---- all of them at once ----------------------------------------------- */

static void *
work(void *data)
{
    size_t     i;
    uint64_t   n, begin;
    worker_t  *w = data;
    files_t   *files = w->files;

    for (n = 0; n < files->most && (begin = now()) < files->end; n++) {
        if (files->one(w, n) != 0) {
            w->errors++;
            continue;
        }

        w->count++;
        i = __atomic_fetch_add(&files->samples, 1, __ATOMIC_RELAXED);

        if (i < SAMPLES) {
            files->us[i] = (uint32_t) ((now() - begin) / 1000);
        }
    }

    return NULL;
}


static void
report(files_t *files, uint64_t ns)
{
    size_t         n = files->samples < SAMPLES ? files->samples : SAMPLES;
    double         mb, cpu;
    unsigned       i;
    uint64_t       count = 0, errors = 0;
    struct rusage  usage;

    getrusage(RUSAGE_SELF, &usage);
    cpu = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
          + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);

    for (i = 0; i < files->at_once; i++) {
        count += files->workers[i].count;
        errors += files->workers[i].errors;
    }

    mb = (double) count * (double) files->bytes / 1e6;
    qsort(files->us, n, sizeof(uint32_t), compare);

    printf("files=%" PRIu64 " errors=%" PRIu64 " mb=%.3f mbs=%.3f cpu=%.1f"
           " p50=%u p99=%u\n", count, errors, mb,
           mb / ((double) ns / (double) NS), mb > 0 ? cpu / mb : 0,
           n ? files->us[n / 2] : 0, n ? files->us[n * 99 / 100] : 0);
}


static void
run(files_t *files, double seconds)
{
    unsigned   i;
    uint64_t   begin;
    worker_t  *w;

    files->us = malloc(SAMPLES * sizeof(uint32_t));
    begin = now();
    files->end = begin + (uint64_t) (seconds * (double) NS);

    for (i = 0; i < files->at_once; i++) {
        w = &files->workers[i];
        w->files = files;
        w->number = i;
        w->buffer = malloc(BUFFER);
        w->fd = files->port != 0 ? connect_to(files->port) : -1;

        if (w->buffer == NULL
            || pthread_create(&w->thread, NULL, work, w) != 0)
        {
            die("a thread");
        }
    }

    for (i = 0; i < files->at_once; i++) {
        pthread_join(files->workers[i].thread, NULL);
    }

    report(files, now() - begin);
}


static void
prepare_http(files_t *files, char **argv, const char *method)
{
    files->port = atoi(argv[0]);
    files->path = argv[1];
    files->one = get;
    files->most = UINT64_MAX;
    read_tokens(&files->tokens, argv[2]);

    if (files->tokens.count == 0) {
        die("no tokens");
    }

    if (strcmp(method, "put") == 0) {
        files->one = put;
        files->body = malloc(files->bytes);
        memset(files->body, 'x', files->bytes);
    }
}


static int
usage(void)
{
    fprintf(stderr, "usage: files put|get port path tokens at-once seconds "
            "bytes\n       files keep|copy|over from to at-once seconds bytes\n"
            "       files make folder bytes\n");
    return 2;
}


int
main(int argc, char **argv)
{
    int             http;
    static files_t  files;

    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        make_sources(argv[2], strtoul(argv[3], NULL, 10));
        return 0;
    }

    http = argc == 8
           && (strcmp(argv[1], "put") == 0 || strcmp(argv[1], "get") == 0);

    if (!http && (argc != 7 || (strcmp(argv[1], "keep") != 0
                                && strcmp(argv[1], "copy") != 0
                                && strcmp(argv[1], "over") != 0)))
    {
        return usage();
    }

    files.bytes = strtoul(argv[argc - 1], NULL, 10);
    files.at_once = (unsigned) atoi(argv[argc - 3]);

    if (files.bytes == 0 || files.at_once == 0 || files.at_once > THREADS) {
        return usage();
    }

    if (http) {
        prepare_http(&files, argv + 2, argv[1]);

    } else {
        files.one = argv[1][0] == 'k' ? keep : argv[1][0] == 'c' ? copy
                                                                 : over;
        files.most = files.one == copy
                     ? COPIED / files.bytes / files.at_once + 1 : UINT64_MAX;
        files.from = argv[2];
        files.to = argv[3];
        make_folders(files.to);
    }

    run(&files, atof(argv[argc - 2]));

    return 0;
}
