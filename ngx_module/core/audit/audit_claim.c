/*
 * audit_claim.c - opens a writer's chain: one that nobody holds, or a new
 * one.
 *
 * A chain is continued only after its last segment has been checked line by
 * line.  One that is damaged is left alone, as evidence.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_private.h"

#define NAME_FILE  "name"


/* ---- the folder's name ------------------------------------------------- */

/* Made once, whoever comes first: a whole file gets its name in one step. */
static int
make_folder_name(int folder)
{
    int   fd, rc = -1;
    char  name[CIVIC_AUDIT_NAME + 1], temporary[CIVIC_AUDIT_NAME + 8];

    if (civic_audit_name_make(name) != 0) {
        return -1;
    }

    (void) snprintf(temporary, sizeof(temporary), ".%s", name);

    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                0600);
    if (fd == -1) {
        return -1;
    }

    if (write(fd, name, CIVIC_AUDIT_NAME) == CIVIC_AUDIT_NAME
        && fsync(fd) == 0
        && (linkat(folder, temporary, folder, NAME_FILE, 0) == 0
            || errno == EEXIST)
        && fsync(folder) == 0)
    {
        rc = 0;
    }

    (void) close(fd);
    (void) unlinkat(folder, temporary, 0);

    return rc;
}


static int
folder_name(int folder, char *out)
{
    int     i;
    char   *text;
    size_t  len;

    for (i = 0; i < 2; i++) {
        text = civic_audit_read(folder, NAME_FILE, &len);

        if (text != NULL) {
            break;
        }

        if (errno != ENOENT || make_folder_name(folder) != 0) {
            return -1;
        }
    }

    if (text == NULL || !civic_audit_name_valid(text)) {
        free(text);
        errno = EINVAL;
        return -1;
    }

    memcpy(out, text, CIVIC_AUDIT_NAME + 1);
    free(text);

    return 0;
}


/* ---- a segment that is there ------------------------------------------- */

/* What a segment ends with. */
typedef struct {
    civic_audit_first_t  first;
    char                 line[CIVIC_AUDIT_FIRST];   /* the first one */
    char                 mac[CIVIC_AUDIT_MAC + 1];  /* "" without lines */
    uint64_t             seq;
    uint64_t             last_entry;
    size_t               whole;         /* bytes up to the last whole line */
    size_t               len;
    int                  ended;
} segment_t;


/* The next line that has its newline; .data == NULL: there is none. */
static civic_str_t
next_line(const char *text, size_t len, size_t *at)
{
    const char   *end;
    civic_str_t   line = { NULL, 0 };

    end = *at >= len ? NULL : memchr(text + *at, '\n', len - *at);

    if (end != NULL) {
        line.data = text + *at;
        line.len = (size_t) (end - line.data);
        *at += line.len + 1;
    }

    return line;
}


/* 0; -1: a line is not what a writer leaves. */
static int
check_lines(const civic_audit_chain_t *chain, const char *text,
    segment_t *segment)
{
    civic_str_t         line, before = civic_cstr(segment->line);
    civic_audit_line_t  parts;

    for ( ;; ) {
        line = next_line(text, segment->len, &segment->whole);
        if (line.data == NULL) {
            return 0;
        }

        if (segment->ended
            || civic_audit_line_parse(line, &parts) != 0
            || (segment->seq != 0 && parts.seq != segment->seq + 1)
            || civic_audit_line_verify(chain->chain, before, &parts) != 0)
        {
            return -1;
        }

        before = parts.mac;
        segment->seq = parts.seq;
        segment->ended = civic_str_eq(parts.kind, CIVIC_STR(CIVIC_AUDIT_END));

        if (civic_str_eq(parts.kind, CIVIC_STR(CIVIC_AUDIT_ENTRY))) {
            segment->last_entry = parts.seq;
        }

        memcpy(segment->mac, parts.mac.data, CIVIC_AUDIT_MAC);
        segment->mac[CIVIC_AUDIT_MAC] = '\0';
    }
}


/* 0; 1: it has no whole first line; -1: it is damaged. */
static int
check_segment(const civic_audit_chain_t *chain, const char *name,
    const char *text, segment_t *segment)
{
    civic_str_t  line;

    line = next_line(text, segment->len, &segment->whole);

    if (line.data == NULL) {
        return 1;
    }

    if (line.len >= sizeof(segment->line)
        || civic_audit_first_parse(line, &segment->first) != 0
        || segment->first.number != civic_audit_file_number(name)
        || strcmp(segment->first.writer, chain->head.writer) != 0)
    {
        return -1;
    }

    memcpy(segment->line, line.data, line.len);
    segment->line[line.len] = '\0';

    return check_lines(chain, text, segment);
}


static int
load_segment(const civic_audit_chain_t *chain, const char *name,
    segment_t *segment)
{
    int    rc;
    char  *text;

    memset(segment, 0, sizeof(*segment));

    text = civic_audit_read(chain->folder, name, &segment->len);
    if (text == NULL) {
        return -1;
    }

    rc = check_segment(chain, name, text, segment);
    free(text);

    return rc;
}


static void
take_segment(civic_audit_chain_t *chain, const segment_t *segment)
{
    int  empty = segment->mac[0] == '\0';

    chain->head.segment = segment->first.number;
    chain->head.seq = segment->seq;
    chain->head.last_entry = segment->last_entry;
    chain->size = segment->whole;
    chain->began = segment->first.at;
    chain->is_ended = segment->ended != 0;

    (void) snprintf(chain->before, sizeof(chain->before), "%s",
                    empty ? segment->line : segment->mac);
    (void) snprintf(chain->head.mac, sizeof(chain->head.mac), "%s",
                    empty ? segment->first.mac : segment->mac);
}


/* ---- continuing -------------------------------------------------------- */

static int
open_last(civic_audit_chain_t *chain, const char *name, size_t torn,
    civic_msec_t now, civic_failure_t *failure)
{
    int                 n;
    char                text[64];
    civic_audit_item_t  item = { CIVIC_AUDIT_CUT, { text, 0 } };

    chain->file = openat(chain->folder, name, O_RDWR | O_CLOEXEC
                                              | O_NOFOLLOW);
    if (chain->file == -1) {
        civic_audit_fail(failure, "writer \"%s\": cannot open \"%s\": %s",
                         chain->head.writer, name, strerror(errno));
        return -1;
    }

    if (torn == 0) {
        return 0;
    }

    n = snprintf(text, sizeof(text), "{\"bytes\":%zu}", torn);
    item.payload.len = (size_t) n;

    if (ftruncate(chain->file, (off_t) chain->size) != 0) {
        civic_audit_fail(failure, "writer \"%s\": cannot cut \"%s\": %s",
                         chain->head.writer, name, strerror(errno));
        return -1;
    }

    return civic_audit_write(chain, &item, 1, now, failure);
}


/*
 * The last segment is whole but for a torn line; or it is only the beginning
 * of a file whose first line is torn, and the one before has its end.
 */
static int
continue_chain(civic_audit_chain_t *chain, char **names, size_t count,
    civic_msec_t now, civic_failure_t *failure)
{
    int         rc;
    size_t      last = count - 1;
    segment_t   segment, previous;

    rc = load_segment(chain, names[last], &segment);

    if (rc == 1 && last > 0) {
        if (load_segment(chain, names[last - 1], &segment) != 0
            || !segment.ended || segment.whole != segment.len
            || unlinkat(chain->folder, names[last], 0) != 0)
        {
            rc = -1;

        } else {
            rc = 0;
            last--;
        }
    }

    /* without lines of its own it goes on from the one before */
    if (rc == 0 && segment.mac[0] == '\0' && last > 0) {
        rc = load_segment(chain, names[last - 1], &previous);

        if (rc == 0 && strcmp(previous.mac, segment.first.mac) != 0) {
            rc = -1;
        }

        segment.seq = previous.seq;
        segment.last_entry = previous.last_entry;
    }

    if (rc == 0 && segment.mac[0] == '\0' && last == 0
        && strcmp(segment.first.mac, "-") != 0)
    {
        rc = -1;
    }

    if (rc != 0) {
        civic_audit_fail(failure, "writer \"%s\" is left alone: \"%s\" is "
                         "damaged", chain->head.writer, names[last]);
        return -1;
    }

    take_segment(chain, &segment);

    return open_last(chain, names[last], segment.len - segment.whole, now,
                     failure);
}


/* ---- claiming ---------------------------------------------------------- */

/* 0: the chain's; 1: somebody's, or nobody's but empty; -1 with failure. */
static int
claim(civic_audit_chain_t *chain, int folder, const char *writer,
    civic_msec_t now, civic_failure_t *failure)
{
    int      rc;
    char   **names;
    size_t   count;

    chain->folder = openat(folder, writer, O_RDONLY | O_DIRECTORY | O_CLOEXEC
                                           | O_NOFOLLOW);
    if (chain->folder == -1
        || flock(chain->folder, LOCK_EX | LOCK_NB) != 0)
    {
        return 1;
    }

    memcpy(chain->head.writer, writer, CIVIC_AUDIT_NAME + 1);

    names = civic_audit_list(chain->folder, civic_audit_is_file, &count);
    if (names == NULL) {
        civic_audit_fail(failure, "writer \"%s\": cannot list: %s", writer,
                         strerror(errno));
        return -1;
    }

    /* whoever takes all its files away must not get a fresh chain */
    rc = count == 0 ? 1 : continue_chain(chain, names, count, now, failure);
    civic_audit_list_free(names, count);

    return rc;
}


static void
let_go(civic_audit_chain_t *chain)
{
    if (chain->file != -1) {
        (void) close(chain->file);
        chain->file = -1;
    }

    if (chain->folder != -1) {
        (void) close(chain->folder);
        chain->folder = -1;
    }

    chain->size = 0;
    chain->is_ended = 0;
    chain->broken = 0;
    chain->head.segment = 0;
    chain->head.seq = 0;
    chain->head.last_entry = 0;
    chain->head.mac[0] = '\0';
}


static int
make_writer(civic_audit_chain_t *chain, int folder, civic_msec_t now,
    civic_failure_t *failure)
{
    char  *writer = chain->head.writer;

    if (civic_audit_name_make(writer) != 0
        || mkdirat(folder, writer, 0700) != 0
        || fsync(folder) != 0)
    {
        civic_audit_fail(failure, "cannot make a folder for a writer: %s",
                         strerror(errno));
        return -1;
    }

    /* whoever looks at it meanwhile finds it empty, and lets go */
    chain->folder = openat(folder, writer, O_RDONLY | O_DIRECTORY
                                           | O_CLOEXEC);
    if (chain->folder == -1 || flock(chain->folder, LOCK_EX) != 0) {
        civic_audit_fail(failure, "cannot lock writer \"%s\": %s", writer,
                         strerror(errno));
        return -1;
    }

    if (civic_audit_begin(chain, now, failure) != 0) {
        (void) unlinkat(folder, writer, AT_REMOVEDIR);
        return -1;
    }

    return 0;
}


static int
claim_any(civic_audit_chain_t *chain, int folder, civic_msec_t now,
    civic_failure_t *warning, civic_failure_t *failure)
{
    int      rc = 1;
    char   **names;
    size_t   i, count;

    names = civic_audit_list(folder, civic_audit_name_valid, &count);
    if (names == NULL) {
        civic_audit_fail(failure, "cannot list it: %s", strerror(errno));
        return -1;
    }

    for (i = 0; rc != 0 && i < count; i++) {
        rc = claim(chain, folder, names[i], now, warning);

        if (rc != 0) {
            let_go(chain);
        }
    }

    civic_audit_list_free(names, count);

    return rc == 0 ? 0 : make_writer(chain, folder, now, failure);
}


static int
open_chain(civic_audit_chain_t *chain, const civic_audit_options_t *options,
    civic_msec_t now, civic_failure_t *warning, civic_failure_t *failure)
{
    int  rc, folder;

    folder = open(options->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder == -1 || folder_name(folder, chain->head.folder) != 0) {
        civic_audit_fail(failure, "cannot use it: %s", strerror(errno));

        if (folder != -1) {
            (void) close(folder);
        }

        return -1;
    }

    (void) snprintf(chain->head.place, sizeof(chain->head.place),
                    "%.64s:%.180s", options->host, options->path);

    rc = claim_any(chain, folder, now, warning, failure);
    (void) close(folder);

    return rc;
}


civic_audit_chain_t *
civic_audit_chain_open(const civic_audit_options_t *options, civic_msec_t now,
    civic_failure_t *warning, civic_failure_t *failure)
{
    civic_audit_chain_t  *chain;

    warning->text[0] = '\0';
    chain = calloc(1, sizeof(civic_audit_chain_t));

    if (chain == NULL) {
        civic_audit_fail(failure, "no memory");
        return NULL;
    }

    chain->chain = options->chain;
    chain->folder = -1;
    chain->file = -1;
    chain->segment_size = options->segment_size != 0
                          ? options->segment_size : CIVIC_AUDIT_SEGMENT_SIZE;
    chain->segment_age = options->segment_age != 0
                         ? options->segment_age : CIVIC_AUDIT_SEGMENT_AGE;

    if (open_chain(chain, options, now, warning, failure) != 0) {
        civic_audit_chain_close(chain);
        return NULL;
    }

    return chain;
}
