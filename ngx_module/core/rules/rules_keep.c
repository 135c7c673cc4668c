/*
 * rules_keep.c - a rule file and its parts as one file, to fall back to.
 *
 *     civic-rules 1 7f83b7e9be42 2
 *     login.lua 12345
 *     <12345 bytes>
 *     lib/guesses.lua 2345
 *     <2345 bytes>
 *
 * One file, so that a fall-back is what once was in use together, and there
 * whole or not at all; with its revision, so that what was cut off or written
 * to is not taken for it.  Text, so that an administrator can read it.
 * Blocks on the disk: at start or on a thread.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules_vm.h"

#define MAGIC     "civic-rules 1"

/* A line of its own for each file, and the first. */
#define MAX_LINE  (CIVIC_RULES_NAME + 32)
#define MAX_KEPT  (CIVIC_RULES_MAX_FILES * (CIVIC_RULES_MAX_FILE + MAX_LINE) \
                   + MAX_LINE)


/* ---- writing ----------------------------------------------------------- */

static int
write_kept(const civic_rules_t *rules, FILE *out)
{
    size_t               i;
    const rules_file_t  *file;

    fprintf(out, MAGIC " %s %zu\n", rules->revision, rules->count);

    for (i = 0; i < rules->count; i++) {
        file = &rules->files[i];
        fprintf(out, "%s %zu\n", file->stamp.name, file->len);
        (void) fwrite(file->text, 1, file->len, out);
        (void) fputc('\n', out);
    }

    /* nginx runs under umask 0 or, as some start it, 077 */
    return ferror(out) == 0 && fflush(out) == 0
           && fchmod(fileno(out), 0644) == 0 ? fsync(fileno(out)) : -1;
}

/* New for certain: what stands at its place may be a link. */
static int
write_part(const civic_rules_t *rules, const char *part)
{
    int    fd, rc;
    FILE  *out;

    (void) unlink(part);

    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              0644);
    if (fd == -1) {
        return -1;
    }

    out = fdopen(fd, "w");
    if (out == NULL) {
        close(fd);
        return -1;
    }

    rc = write_kept(rules, out);

    return fclose(out) == 0 ? rc : -1;
}

int
civic_rules_keep(const civic_rules_t *rules, const char *path,
    const char *part, civic_failure_t *failure)
{
    int  error;

    if (write_part(rules, part) == 0 && rename(part, path) == 0) {
        return 0;
    }

    error = errno;
    (void) unlink(part);

    return rules_fail(failure, "%s", strerror(error));
}


/* ---- reading ----------------------------------------------------------- */

/* The line that begins there, and where the next does; NULL: it is none. */
static const char *
read_line(const char *p, const char *end, char line[MAX_LINE])
{
    const char  *newline = memchr(p, '\n', (size_t) (end - p));

    if (newline == NULL || newline - p >= MAX_LINE) {
        return NULL;
    }

    memcpy(line, p, (size_t) (newline - p));
    line[newline - p] = '\0';

    return newline + 1;
}

/* One file, with its line; where it ends, or NULL. */
static const char *
take_file(civic_rules_t *rules, const char *p, const char *end)
{
    int            scanned = 0;
    char           line[MAX_LINE], name[CIVIC_RULES_NAME];
    size_t         len;
    rules_file_t  *file = &rules->files[rules->count];

    p = read_line(p, end, line);
    if (p == NULL || sscanf(line, "%51s %zu%n", name, &len, &scanned) != 2
        || line[scanned] != '\0' || len > CIVIC_RULES_MAX_FILE
        || len >= (size_t) (end - p) || p[len] != '\n')
    {
        return NULL;
    }

    if (rules->count > 0
        && (!rules_is_part_name(name) || rules_find_part(rules, name)))
    {
        return NULL;
    }

    file->text = malloc(len + 1);
    if (file->text == NULL) {
        return NULL;
    }

    memcpy(file->text, p, len);
    file->len = len;
    strcpy(file->stamp.name, name);
    rules->count++;

    return p + len + 1;
}

/* All of them.  The revision that they should be; -1: they are damaged. */
static int
take_kept(civic_rules_t *rules, const char *text, size_t len,
    char revision[CIVIC_REVISION_LEN + 1])
{
    int          scanned = 0;
    char         line[MAX_LINE];
    size_t       i, count;
    const char  *p, *end = text + len;

    p = read_line(text, end, line);
    if (p == NULL
        || sscanf(line, MAGIC " %12[0-9a-f] %zu%n", revision, &count,
                  &scanned) != 2
        || line[scanned] != '\0' || count == 0
        || count > CIVIC_RULES_MAX_FILES)
    {
        return -1;
    }

    for (i = 0; p != NULL && i < count; i++) {
        p = take_file(rules, p, end);
    }

    return p == end ? 0 : -1;
}

static int
read_kept(civic_rules_t *rules, const char *path,
    char revision[CIVIC_REVISION_LEN + 1], civic_failure_t *failure)
{
    int     fd, rc;
    char   *text = NULL;
    size_t  len;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd == -1) {
        return rules_fail(failure, "cannot open it: %s", strerror(errno));
    }

    rc = rules_read_open(fd, path, MAX_KEPT, &text, &len, failure);
    if (rc == 0 && take_kept(rules, text, len, revision) != 0) {
        rc = rules_fail(failure, "it is damaged");
    }

    free(text);

    return rc;
}

civic_rules_t *
civic_rules_load_kept(const char *path, const char *const *names,
    size_t count, civic_failure_t *failure)
{
    int             rc;
    char            revision[CIVIC_REVISION_LEN + 1];
    civic_rules_t  *rules = calloc(1, sizeof(*rules));

    if (rules == NULL) {
        rules_fail(failure, "out of memory");
        return NULL;
    }

    rules->kept = 1;
    rc = read_kept(rules, path, revision, failure);
    if (rc == 0) {
        rc = rules_load_texts(rules, names, count, failure);
    }

    if (rc == 0 && strcmp(revision, rules->revision) != 0) {
        rc = rules_fail(failure, "it is not what was kept");
    }

    if (rc != 0) {
        civic_rules_free(rules);
        return NULL;
    }

    return rules;
}
