/*
 * audit_walk.c - reads the chains of a folder line by line.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit_segment.h"
#include "audit_walk.h"

/* What the walk knows of the chain that it is in. */
typedef struct {
    const civic_purpose_t         *chain;
    const civic_audit_visitor_t   *visitor;
    const civic_audit_watcher_t   *watcher;
    const char                    *writer;
    int                            folder;
    char                           file[CIVIC_AUDIT_NAME + 1
                                        + CIVIC_AUDIT_FILE];
    unsigned                       line;

    unsigned                       segments;    /* walked of this writer */
    int                            lost;        /* no mac to go on from */
    int                            unknown;     /* nor a seq */
    int                            ended;
    uint64_t                       seq;
    char                           before[CIVIC_AUDIT_FIRST];
    char                           mac[CIVIC_AUDIT_MAC + 1];
} walk_t;


static void
found(walk_t *walk, civic_audit_finding_t what, unsigned line,
    const char *detail)
{
    if (walk->visitor->finding != NULL) {
        walk->visitor->finding(walk->visitor->data, what, walk->file, line,
                               detail);
    }
}


/* With a failure there is nothing that the next line could go on from. */
static void
lose(walk_t *walk, int rc)
{
    if (rc != 0) {
        walk->lost = 1;
        walk->unknown = 1;
    }
}


static void
check_seq(walk_t *walk, const civic_audit_line_t *parts)
{
    char  detail[64];

    if (walk->unknown) {
        walk->seq = parts->seq - 1;
        walk->unknown = 0;
    }

    if (walk->chain == NULL || parts->seq == walk->seq + 1) {
        return;
    }

    (void) snprintf(detail, sizeof(detail), "%llu, and not %llu",
                    (unsigned long long) parts->seq,
                    (unsigned long long) walk->seq + 1);
    found(walk, CIVIC_AUDIT_BAD_SEQ, walk->line, detail);
}


/* A line whose neighbour is missing has said so by its seq. */
static void
check_mac(walk_t *walk, const civic_audit_line_t *parts)
{
    int  rc;

    if (walk->chain == NULL || walk->lost || parts->seq != walk->seq + 1) {
        return;
    }

    rc = civic_audit_line_verify(walk->chain, civic_cstr(walk->before),
                                 parts);
    if (rc != 0) {
        found(walk, rc < 0 ? CIVIC_AUDIT_BAD_MAC : CIVIC_AUDIT_NO_KEY,
              walk->line, "");
    }
}


static void
take_line(walk_t *walk, civic_str_t text)
{
    civic_audit_record_t  record;

    record.file = walk->file;
    record.line = walk->line;

    if (civic_audit_line_parse(text, &record.parts) != 0) {
        found(walk, CIVIC_AUDIT_BAD_LINE, walk->line, "");
        lose(walk, -1);
        return;
    }

    if (walk->ended) {
        found(walk, CIVIC_AUDIT_AFTER_END, walk->line, "");
    }

    check_seq(walk, &record.parts);
    check_mac(walk, &record.parts);

    walk->lost = 0;
    walk->seq = record.parts.seq;
    walk->ended = civic_str_eq(record.parts.kind,
                               CIVIC_STR(CIVIC_AUDIT_END));
    memcpy(walk->mac, record.parts.mac.data, CIVIC_AUDIT_MAC);
    walk->mac[CIVIC_AUDIT_MAC] = '\0';
    memcpy(walk->before, walk->mac, sizeof(walk->mac));

    if (walk->watcher != NULL) {
        walk->watcher->line(walk->watcher->data, walk->writer, &record);
    }

    if (walk->visitor->record != NULL) {
        walk->visitor->record(walk->visitor->data, &record);
    }
}


/* 0, or -1: the lines that follow hang on nothing. */
static int
take_first(walk_t *walk, civic_str_t text, unsigned number)
{
    civic_audit_first_t  first;

    if (text.len >= sizeof(walk->before)
        || civic_audit_first_parse(text, &first) != 0
        || first.number != number
        || strcmp(first.writer, walk->writer) != 0)
    {
        found(walk, CIVIC_AUDIT_BAD_FIRST, 1, "");
        return -1;
    }

    /* the oldest says itself what it goes on from: who removed what was
       before it has said so, too, and the verifier looks for that */
    if (walk->segments == 1) {
        walk->unknown = number > 1;
        walk->lost = number > 1;
        walk->seq = 0;
        memcpy(walk->mac, "-", sizeof("-"));
    }

    if (walk->chain != NULL && !walk->lost
        && strcmp(first.mac, walk->mac) != 0)
    {
        found(walk, CIVIC_AUDIT_BAD_LINK, 1, "");
    }

    walk->lost = 0;

    if (walk->watcher != NULL) {
        walk->watcher->first(walk->watcher->data, &first,
                             walk->segments == 1);
    }

    memcpy(walk->before, text.data, text.len);
    walk->before[text.len] = '\0';
    memcpy(walk->mac, first.mac, sizeof(walk->mac));

    return 0;
}


static void
take_text(walk_t *walk, const char *text, size_t len, unsigned number,
    int is_last)
{
    const char  *at = text, *end;

    walk->line = 0;
    walk->ended = 0;

    while ((end = memchr(at, '\n', len - (size_t) (at - text))) != NULL) {
        civic_str_t  line = { at, (size_t) (end - at) };

        if (++walk->line > 1) {
            take_line(walk, line);

        } else {
            lose(walk, take_first(walk, line, number));
        }

        at = end + 1;
    }

    if ((size_t) (at - text) < len || walk->line == 0) {
        found(walk, is_last ? CIVIC_AUDIT_TORN : CIVIC_AUDIT_BAD_LINE,
              walk->line + 1, "");
    }

    if (!is_last && !walk->ended) {
        found(walk, CIVIC_AUDIT_NO_END, walk->line, "");
    }
}


static void
walk_segment(walk_t *walk, const char *name, unsigned expected, int is_last)
{
    char      *text, detail[32];
    size_t     len;
    unsigned   number = civic_audit_file_number(name);

    (void) snprintf(walk->file, sizeof(walk->file), "%s/%s", walk->writer,
                    name);

    if (expected != 0 && number != expected) {
        (void) snprintf(detail, sizeof(detail), "%06u", expected);
        found(walk, CIVIC_AUDIT_NO_SEGMENT, 0, detail);
        lose(walk, -1);
    }

    text = civic_audit_read(walk->folder, name, &len);

    if (text == NULL) {
        found(walk, CIVIC_AUDIT_UNREADABLE, 0, strerror(errno));
        lose(walk, -1);
        return;
    }

    walk->segments++;
    take_text(walk, text, len, number, is_last);
    free(text);
}


static void
walk_writer(walk_t *walk, int folder)
{
    char      **names = NULL;
    size_t      i, count = 0;
    unsigned    expected = 0;

    (void) snprintf(walk->file, sizeof(walk->file), "%s", walk->writer);

    walk->folder = openat(folder, walk->writer,
                          O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (walk->folder != -1) {
        names = civic_audit_list(walk->folder, civic_audit_is_file, &count);
    }

    if (names == NULL) {
        found(walk, CIVIC_AUDIT_UNREADABLE, 0, strerror(errno));
    }

    walk->segments = 0;
    walk->lost = 0;

    for (i = 0; i < count; i++) {
        walk_segment(walk, names[i], expected, i + 1 == count);
        expected = civic_audit_file_number(names[i]) + 1;
    }

    if (names != NULL) {
        civic_audit_list_free(names, count);
    }

    if (walk->folder != -1) {
        (void) close(walk->folder);
    }
}


int
civic_audit_walk_watched(const char *path, const civic_purpose_t *chain,
    const civic_audit_visitor_t *visitor,
    const civic_audit_watcher_t *watcher, civic_failure_t *failure)
{
    int       folder;
    char    **writers = NULL;
    size_t    i, count = 0;
    walk_t    walk;

    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder != -1) {
        writers = civic_audit_list(folder, civic_audit_name_valid, &count);
    }

    if (writers == NULL) {
        (void) snprintf(failure->text, sizeof(failure->text), "\"%s\": %s",
                        path, strerror(errno));

        if (folder != -1) {
            (void) close(folder);
        }

        return -1;
    }

    memset(&walk, 0, sizeof(walk));
    walk.chain = chain;
    walk.visitor = visitor;
    walk.watcher = watcher;

    for (i = 0; i < count; i++) {
        walk.writer = writers[i];
        walk_writer(&walk, folder);
    }

    civic_audit_list_free(writers, count);
    (void) close(folder);

    return 0;
}


int
civic_audit_walk(const char *path, const civic_purpose_t *chain,
    const civic_audit_visitor_t *visitor, civic_failure_t *failure)
{
    return civic_audit_walk_watched(path, chain, visitor, NULL, failure);
}
