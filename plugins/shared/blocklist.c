/*
 * blocklist.c - see blocklist.h.
 *
 * The file is kept in one piece, its line ends turned into NULs, with a
 * sorted array of pointers into it: 3,500 lines cost 60 KB.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "blocklist.h"

#define LINE_MAX_BYTES  512

struct shared_blocklist_s {
    char         *text;
    const char  **lines;
    size_t        count;
};


static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}


static int
compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


/* The whole file, NUL-terminated; NULL with failure. */
static char *
read_file(const char *path, size_t *len, civic_failure_t *failure)
{
    FILE         *file;
    char         *text = NULL;
    struct stat   st;

    file = fopen(path, "re");

    if (file != NULL && fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode)
        && st.st_size <= SHARED_BLOCKLIST_MAX_FILE)
    {
        text = malloc((size_t) st.st_size + 1);
    }

    if (text == NULL) {
        snprintf(failure->text, sizeof(failure->text),
                 "password_blocklist \"%.120s\": %s (Debian has it in the "
                 "package john-data)", path,
                 file == NULL ? strerror(errno) : "no file, or too large");

    } else {
        *len = fread(text, 1, (size_t) st.st_size, file);
        text[*len] = '\0';
    }

    if (file != NULL) {
        fclose(file);
    }

    return text;
}


/* Cuts the text into lines; returns how many count. */
static size_t
cut(char *text, size_t len, const char **lines)
{
    char    *line, *end, *stop = text + len;
    size_t   count = 0;

    for (line = text; line < stop; line = end + 1) {
        for (end = line; end < stop && *end != '\n'; end++) {
            *end = lower(*end);
        }

        *end = '\0';

        if (end > line && end[-1] == '\r') {
            end[-1] = '\0';
        }

        if (*line == '\0' || strncmp(line, "#!comment:", 10) == 0) {
            continue;
        }

        if (lines != NULL) {
            lines[count] = line;
        }

        count++;
    }

    return count;
}


static size_t
count_line_ends(const char *text, size_t len)
{
    size_t  i, count = 1;

    for (i = 0; i < len; i++) {
        count += text[i] == '\n';
    }

    return count;
}


shared_blocklist_t *
shared_blocklist_load(const char *path, civic_failure_t *failure)
{
    size_t              len = 0;
    shared_blocklist_t  *list;

    list = calloc(1, sizeof(shared_blocklist_t));
    if (list == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return NULL;
    }

    list->text = read_file(path, &len, failure);
    if (list->text == NULL) {
        shared_blocklist_free(list);
        return NULL;
    }

    list->lines = malloc(count_line_ends(list->text, len) * sizeof(char *));
    if (list->lines == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        shared_blocklist_free(list);
        return NULL;
    }

    list->count = cut(list->text, len, list->lines);

    if (list->count == 0) {
        snprintf(failure->text, sizeof(failure->text),
                 "password_blocklist \"%.120s\" has no password in it", path);
        shared_blocklist_free(list);
        return NULL;
    }

    qsort(list->lines, list->count, sizeof(char *), compare);

    return list;
}


void
shared_blocklist_free(shared_blocklist_t *list)
{
    if (list == NULL) {
        return;
    }

    free(list->lines);
    free(list->text);
    free(list);
}


size_t
shared_blocklist_count(const shared_blocklist_t *list)
{
    return list->count;
}


int
shared_blocklist_has(const shared_blocklist_t *list, civic_str_t password)
{
    int          found;
    char         line[LINE_MAX_BYTES];
    size_t       i;
    const char  *key = line;

    if (password.len >= sizeof(line)) {
        return 0;
    }

    for (i = 0; i < password.len; i++) {
        line[i] = lower(password.data[i]);
    }

    line[i] = '\0';

    found = bsearch(&key, list->lines, list->count, sizeof(char *), compare)
            != NULL;

    explicit_bzero(line, sizeof(line));

    return found;
}
