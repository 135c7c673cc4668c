/*
 * text_file.c - see text_file.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "text_file.h"


int
shared_text_file_wrong(civic_failure_t *failure, const char *option,
    const char *path, const char *why)
{
    snprintf(failure->text, sizeof(failure->text), "%s \"%.120s\": %s",
             option, path, why);

    return -1;
}


/* A pipe or a device would be waited for. */
static int
is_file(FILE *file)
{
    struct stat  st;

    return fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode);
}


char *
shared_text_file(const char *option, const char *path,
    civic_failure_t *failure)
{
    char    why[128], *text;
    FILE   *file = fopen(path, "re");
    size_t  len;

    if (file == NULL) {
        snprintf(why, sizeof(why), "%s%s", strerror(errno), errno == EACCES
                 ? ": nginx's workers must be able to read it" : "");
        (void) shared_text_file_wrong(failure, option, path, why);
        return NULL;
    }

    text = is_file(file) ? calloc(1, SHARED_TEXT_FILE + 1) : NULL;
    len = text == NULL ? 0 : fread(text, 1, SHARED_TEXT_FILE + 1, file);
    (void) fclose(file);

    if (len > 0 && len <= SHARED_TEXT_FILE && memchr(text, '\0', len) == NULL) {
        return text;
    }

    shared_text_file_end(text);
    (void) shared_text_file_wrong(failure, option, path, "expected a file of "
                                  "text, of at most 64 KB");

    return NULL;
}


void
shared_text_file_end(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, SHARED_TEXT_FILE + 1);
        free(text);
    }
}
