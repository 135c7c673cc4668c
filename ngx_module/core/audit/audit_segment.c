/*
 * audit_segment.c - appends to a writer's chain, ends and begins segments,
 * removes old ones.
 *
 * What was appended is acknowledged once fdatasync() has returned.  What
 * fails half way is cut off again; if that fails too the chain is broken, and
 * whoever opens it next looks at what is there.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_private.h"

#define NUMBER_MAX  20                  /* digits of a seq, with a space */


void
civic_audit_fail(civic_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);
}


void
civic_audit_chain_close(civic_audit_chain_t *chain)
{
    if (chain == NULL) {
        return;
    }

    if (chain->file != -1) {
        (void) close(chain->file);
    }

    if (chain->folder != -1) {
        (void) close(chain->folder);    /* and the lock is free */
    }

    free(chain);
}


int
civic_audit_chain_broken(const civic_audit_chain_t *chain)
{
    return chain->broken;
}


const civic_audit_head_t *
civic_audit_chain_head(const civic_audit_chain_t *chain)
{
    return &chain->head;
}


unsigned
civic_audit_chain_ended(const civic_audit_chain_t *chain)
{
    return chain->ended;
}


/* ---- writing ----------------------------------------------------------- */

static int
write_all(int fd, const char *text, size_t len, size_t at)
{
    ssize_t  n;

    while (len > 0) {
        n = pwrite(fd, text, len, (off_t) at);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return -1;
        }

        text += n;
        at += (size_t) n;
        len -= (size_t) n;
    }

    return 0;
}


/* A file that was taken away or cut under our hands is no place to write:
   what goes there would be acknowledged and gone. */
static int
is_ours(const civic_audit_chain_t *chain)
{
    struct stat  st;

    return fstat(chain->file, &st) == 0 && st.st_nlink > 0
           && st.st_size == (off_t) chain->size;
}


/* At the end of the file and on the disk, or not there at all. */
static int
write_durably(civic_audit_chain_t *chain, const char *text, size_t len,
    civic_failure_t *failure)
{
    int  error;

    if (!is_ours(chain)) {
        chain->broken = 1;
        civic_audit_fail(failure, "writer \"%s\", segment %u: somebody took "
                         "it away or changed it", chain->head.writer,
                         chain->head.segment);
        return -1;
    }

    if (write_all(chain->file, text, len, chain->size) == 0
        && fdatasync(chain->file) == 0)
    {
        chain->size += len;
        return 0;
    }

    error = errno;

    if (ftruncate(chain->file, (off_t) chain->size) != 0
        || fdatasync(chain->file) != 0)
    {
        chain->broken = 1;
    }

    civic_audit_fail(failure, "writer \"%s\", segment %u: cannot write: %s",
                     chain->head.writer, chain->head.segment,
                     strerror(error));

    return -1;
}


/* One line with its mac, to the end of text; before becomes its mac. */
static int
put_line(const civic_audit_chain_t *chain, char *text, size_t *len,
    uint64_t seq, const civic_audit_item_t *item, char *before)
{
    char    *line = text + *len, *p;
    char     mac[CIVIC_AUDIT_MAC + 1];
    size_t   n;

    p = line + sprintf(line, "%llu %s ", (unsigned long long) seq,
                       item->kind);
    p += civic_base64url_encode(item->payload.data, item->payload.len, p);
    n = (size_t) (p - line);

    if (civic_audit_line_sign(chain->chain, civic_cstr(before),
                              (civic_str_t) { line, n }, mac)
        != 0)
    {
        return -1;
    }

    *p++ = ' ';
    memcpy(p, mac, CIVIC_AUDIT_MAC);
    p += CIVIC_AUDIT_MAC;
    *p++ = '\n';

    *len += (size_t) (p - line);
    memcpy(before, mac, sizeof(mac));

    return 0;
}


static char *
room_for(const civic_audit_item_t *items, size_t count)
{
    size_t  i, room = 1;

    for (i = 0; i < count; i++) {
        room += NUMBER_MAX + strlen(items[i].kind) + 2
                + items[i].payload.len * 4 / 3 + 8 + CIVIC_AUDIT_MAC + 2;
    }

    return malloc(room);
}


int
civic_audit_write(civic_audit_chain_t *chain, const civic_audit_item_t *items,
    size_t count, civic_msec_t now, civic_failure_t *failure)
{
    int       rc = 0;
    char     *text = room_for(items, count);
    char      before[CIVIC_AUDIT_FIRST];
    size_t    i, len = 0;
    uint64_t  last_entry = chain->head.last_entry;

    memcpy(before, chain->before, sizeof(before));

    for (i = 0; text != NULL && rc == 0 && i < count; i++) {
        rc = put_line(chain, text, &len, chain->head.seq + i + 1, &items[i],
                      before);

        if (strcmp(items[i].kind, CIVIC_AUDIT_ENTRY) == 0) {
            last_entry = chain->head.seq + i + 1;
        }
    }

    if (text == NULL || rc != 0) {
        free(text);
        civic_audit_fail(failure, "no memory for %zu lines", count);
        return -1;
    }

    rc = write_durably(chain, text, len, failure);
    free(text);

    if (rc == 0 && count > 0) {
        memcpy(chain->before, before, sizeof(before));
        memcpy(chain->head.mac, before, sizeof(chain->head.mac));
        chain->head.seq += count;
        chain->head.last_entry = last_entry;
        chain->head.at = now;
    }

    return rc;
}


/* ---- segments ---------------------------------------------------------- */

/* The file is there with its first line, and so is its name, or neither. */
static int
make_file(civic_audit_chain_t *chain, const char *name, const char *line,
    size_t len)
{
    int  error;

    chain->file = openat(chain->folder, name,
                         O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (chain->file == -1) {
        return -1;
    }

    if (write_all(chain->file, line, len, 0) == 0
        && fsync(chain->file) == 0 && fsync(chain->folder) == 0)
    {
        return 0;
    }

    error = errno;
    (void) close(chain->file);
    chain->file = -1;
    (void) unlinkat(chain->folder, name, 0);
    errno = error;

    return -1;
}


int
civic_audit_begin(civic_audit_chain_t *chain, civic_msec_t now,
    civic_failure_t *failure)
{
    char                 name[CIVIC_AUDIT_FILE];
    char                 line[CIVIC_AUDIT_FIRST + 1];
    size_t               len;
    civic_audit_first_t  first;

    memset(&first, 0, sizeof(first));
    memcpy(first.folder, chain->head.folder, sizeof(first.folder));
    memcpy(first.writer, chain->head.writer, sizeof(first.writer));
    memcpy(first.mac, chain->head.seq == 0 ? "-" : chain->head.mac,
           chain->head.seq == 0 ? sizeof("-") : sizeof(first.mac));
    first.number = chain->head.segment + 1;
    first.at = now;

    len = civic_audit_first_format(&first, line);
    line[len++] = '\n';
    civic_audit_file_name(first.number, name);

    if (make_file(chain, name, line, len) != 0) {
        civic_audit_fail(failure, "writer \"%s\": cannot make segment %u: %s",
                         chain->head.writer, first.number, strerror(errno));
        return -1;
    }

    chain->head.segment = first.number;
    chain->size = len;
    chain->began = now;
    chain->is_ended = 0;

    memcpy(chain->before, line, len - 1);
    chain->before[len - 1] = '\0';

    return 0;
}


/* The segment gets its last line, and the next one its first. */
static int
go_over(civic_audit_chain_t *chain, civic_msec_t now,
    civic_failure_t *failure)
{
    civic_audit_item_t  end = { CIVIC_AUDIT_END, CIVIC_STR("{}") };

    if (!chain->is_ended) {
        if (civic_audit_write(chain, &end, 1, now, failure) != 0) {
            return -1;
        }

        chain->is_ended = 1;
        chain->ended++;
    }

    if (chain->file != -1) {
        (void) close(chain->file);
        chain->file = -1;
    }

    return civic_audit_begin(chain, now, failure);
}


int
civic_audit_chain_append(civic_audit_chain_t *chain,
    const civic_audit_item_t *items, size_t count, civic_msec_t now,
    civic_failure_t *failure)
{
    if (chain->broken) {
        civic_audit_fail(failure, "the chain is broken");
        return -1;
    }

    if ((chain->is_ended || chain->size >= chain->segment_size
         || now - chain->began >= chain->segment_age)
        && go_over(chain, now, failure) != 0)
    {
        return -1;
    }

    return civic_audit_write(chain, items, count, now, failure);
}


/* ---- old segments ------------------------------------------------------ */

/* The first line of a segment; 0, or -1. */
static int
read_first(const civic_audit_chain_t *chain, unsigned number,
    civic_audit_first_t *first)
{
    int          fd;
    char         name[CIVIC_AUDIT_FILE], text[CIVIC_AUDIT_FIRST];
    ssize_t      n;
    const char  *end;

    civic_audit_file_name(number, name);

    fd = openat(chain->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1) {
        return -1;
    }

    n = pread(fd, text, sizeof(text), 0);
    (void) close(fd);

    end = n <= 0 ? NULL : memchr(text, '\n', (size_t) n);

    return end == NULL ? -1
           : civic_audit_first_parse((civic_str_t) { text,
                                                     (size_t) (end - text) },
                                     first);
}


/* The last segment that may go: every line of it is older than the first of
   the next.  0: none. */
static unsigned
last_old(const civic_audit_chain_t *chain, unsigned number,
    civic_msec_t before, char *mac)
{
    unsigned             last = 0;
    civic_audit_first_t  first;

    for ( /* void */ ; number < chain->head.segment; number++) {
        if (read_first(chain, number + 1, &first) != 0
            || first.at >= before)
        {
            break;
        }

        last = number;
        memcpy(mac, first.mac, sizeof(first.mac));
    }

    return last;
}


static int
remove_files(civic_audit_chain_t *chain, unsigned number, unsigned last,
    civic_failure_t *failure)
{
    int   removed = 0;
    char  name[CIVIC_AUDIT_FILE];

    for ( /* void */ ; number <= last; number++) {
        civic_audit_file_name(number, name);

        if (unlinkat(chain->folder, name, 0) == 0) {
            removed++;

        } else if (errno != ENOENT) {
            civic_audit_fail(failure, "writer \"%s\": cannot remove segment "
                             "%u: %s", chain->head.writer, number,
                             strerror(errno));
            return -1;
        }
    }

    (void) fsync(chain->folder);

    return removed;
}


int
civic_audit_chain_prune(civic_audit_chain_t *chain, civic_msec_t keep,
    civic_msec_t now, civic_failure_t *failure)
{
    int                  n;
    char               **names, text[160];
    char                 mac[CIVIC_AUDIT_MAC + 1];
    size_t               count;
    unsigned             number, last;
    civic_audit_item_t   item = { CIVIC_AUDIT_REMOVED, { text, 0 } };

    names = civic_audit_list(chain->folder, civic_audit_is_file, &count);
    if (names == NULL) {
        civic_audit_fail(failure, "writer \"%s\": cannot list: %s",
                         chain->head.writer, strerror(errno));
        return -1;
    }

    number = count == 0 ? 0 : civic_audit_file_number(names[0]);
    civic_audit_list_free(names, count);

    last = number == 0 ? 0 : last_old(chain, number, now - keep, mac);
    if (last == 0) {
        return 0;
    }

    n = snprintf(text, sizeof(text),
                 "{\"first\":%u,\"last\":%u,\"mac\":\"%s\"}", number, last,
                 mac);
    item.payload.len = (size_t) n;

    if (civic_audit_chain_append(chain, &item, 1, now, failure) != 0) {
        return -1;
    }

    return remove_files(chain, number, last, failure);
}
