/*
 * audit_files.c - reads files and folders of the audit trail.
 */

#define _GNU_SOURCE                     /* O_DIRECTORY, fdopendir() */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_segment.h"

/* No segment is near that: what is larger is something else. */
#define MAX_FILE  (256 * 1024 * 1024)


static char *
read_open_file(int fd, size_t *len)
{
    char         *text;
    size_t        got = 0;
    ssize_t       n;
    struct stat   st;

    if (fstat(fd, &st) != 0) {
        return NULL;
    }

    if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
        errno = EFBIG;
        return NULL;
    }

    text = malloc((size_t) st.st_size + 1);
    if (text == NULL) {
        return NULL;
    }

    while (got < (size_t) st.st_size) {
        n = read(fd, text + got, (size_t) st.st_size - got);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            free(text);
            return NULL;
        }

        if (n == 0) {
            break;
        }

        got += (size_t) n;
    }

    text[got] = '\0';
    *len = got;

    return text;
}


char *
civic_audit_read(int folder, const char *name, size_t *len)
{
    int    fd, error;
    char  *text;

    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1) {
        return NULL;
    }

    text = read_open_file(fd, len);
    error = errno;
    (void) close(fd);
    errno = error;

    return text;
}


int
civic_audit_is_file(const char *name)
{
    return civic_audit_file_number(name) != 0;
}


static int
by_name(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


void
civic_audit_list_free(char **names, size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        free(names[i]);
    }

    free(names);
}


/* names grows by one; 0, or -1 without memory. */
static int
list_add(char ***names, size_t *count, const char *name)
{
    char  *copy = strdup(name), **more;

    more = realloc(*names, (*count + 1) * sizeof(char *));

    if (more != NULL) {
        *names = more;
    }

    if (copy == NULL || more == NULL) {
        free(copy);
        return -1;
    }

    more[(*count)++] = copy;

    return 0;
}


char **
civic_audit_list(int folder, int (*pick)(const char *name), size_t *count)
{
    int             fd;
    DIR            *dir;
    char          **names;
    struct dirent  *item;

    *count = 0;
    names = malloc(sizeof(char *));

    /* a descriptor of its own: it is closed with the stream */
    fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd == -1 ? NULL : fdopendir(fd);

    if (names == NULL || dir == NULL) {
        free(names);

        if (dir != NULL) {
            (void) closedir(dir);
        } else if (fd != -1) {
            (void) close(fd);
        }

        return NULL;
    }

    while ((item = readdir(dir)) != NULL) {
        if (pick(item->d_name)
            && list_add(&names, count, item->d_name) != 0)
        {
            civic_audit_list_free(names, *count);
            names = NULL;
            *count = 0;
            errno = ENOMEM;
            break;
        }
    }

    (void) closedir(dir);

    if (names != NULL) {
        qsort(names, *count, sizeof(char *), by_name);
    }

    return names;
}
