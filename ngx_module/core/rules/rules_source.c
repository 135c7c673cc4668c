/*
 * rules_source.c - the texts of a rule file and its parts: where they are,
 * whether they changed, and which revision they are.
 *
 * A part is a plain file in a plain folder beside the rule file.  Nothing on
 * the way to it may be a link, so that no name in a rule file leads out of
 * the folder that an administrator guards.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "rules_vm.h"

#define SUFFIX  ".lua"


/* ---- names ------------------------------------------------------------- */

int
rules_is_part_name(const char *name)
{
    size_t  folder, file;

    static const char  letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    folder = strspn(name, letters);
    if (folder == 0 || name[folder] != '/') {
        return 0;
    }

    file = strspn(name + folder + 1, letters);

    return file > 0 && folder + 1 + file + sizeof(SUFFIX) <= CIVIC_RULES_NAME
           && strcmp(name + folder + 1 + file, SUFFIX) == 0;
}

rules_file_t *
rules_find_part(civic_rules_t *rules, const char *name)
{
    size_t  i;

    for (i = 1; i < rules->count; i++) {
        if (strcmp(rules->files[i].stamp.name, name) == 0) {
            return &rules->files[i];
        }
    }

    return NULL;
}

/* The folder that path is in.  It fits, or is no folder. */
static void
folder_of(const char *path, char folder[PATH_MAX])
{
    const char  *slash = strrchr(path, '/');

    if (slash == NULL) {
        strcpy(folder, ".");
        return;
    }

    snprintf(folder, PATH_MAX, "%.*s", (int) (slash - path + 1), path);
}


/* ---- reading ----------------------------------------------------------- */

int
rules_read_open(int fd, const char *name, size_t max, char **text,
    size_t *len, civic_failure_t *failure)
{
    ssize_t  n;

    *len = 0;
    *text = malloc(max + 1);
    n = *text == NULL ? -1 : 1;

    while (n > 0 && *len <= max) {
        n = read(fd, *text + *len, max + 1 - *len);
        *len += n > 0 ? (size_t) n : 0;
    }

    close(fd);

    if (n < 0) {
        return rules_fail(failure, "rules: cannot read \"%s\": %s", name,
                          strerror(errno));
    }

    if (*len > max) {
        return rules_fail(failure, "rules: \"%s\" has more than %zu bytes",
                          name, max);
    }

    return 0;
}

static void
set_stamp(civic_rules_stamp_t *stamp, const struct stat *st)
{
    stamp->inode = st->st_ino;
    stamp->changed = st->st_ctim;
    stamp->size = st->st_size;
}

/* Gives back what it does not need of the buffer: a state keeps its text. */
static int
read_file(rules_file_t *file, int fd, const char *path,
    civic_failure_t *failure)
{
    char         *text;
    struct stat   st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return rules_fail(failure, "rules: \"%s\" is not a regular file",
                          path);
    }

    set_stamp(&file->stamp, &st);

    if (rules_read_open(fd, path, CIVIC_RULES_MAX_FILE, &file->text,
                        &file->len, failure) != 0)
    {
        return -1;
    }

    text = realloc(file->text, file->len + 1);
    if (text != NULL) {
        file->text = text;
    }

    return 0;
}

int
rules_read(civic_rules_t *rules, const char *path, civic_failure_t *failure)
{
    int            fd;
    const char    *slash = strrchr(path, '/');
    rules_file_t  *file = &rules->files[rules->count++];

    rules->path = path;
    snprintf(file->stamp.name, sizeof(file->stamp.name), "%.50s",
             slash == NULL ? path : slash + 1);

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        return rules_fail(failure, "rules: cannot open \"%s\": %s", path,
                          strerror(errno));
    }

    return read_file(file, fd, path, failure);
}

/* With links followed nowhere; -1 with errno. */
static int
open_part(const char *folder, const char *name)
{
    int   above, within, fd;
    char  part[CIVIC_RULES_NAME];

    snprintf(part, sizeof(part), "%.*s", (int) strcspn(name, "/"), name);

    above = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (above == -1) {
        return -1;
    }

    within = openat(above, part, O_PATH | O_DIRECTORY | O_NOFOLLOW
                                 | O_CLOEXEC);
    close(above);
    if (within == -1) {
        return -1;
    }

    fd = openat(within, strchr(name, '/') + 1,
                O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    close(within);

    return fd;
}

int
rules_read_part(civic_rules_t *rules, const char *name,
    civic_failure_t *failure)
{
    int            fd;
    char           folder[PATH_MAX];
    rules_file_t  *file;

    if (rules->count == CIVIC_RULES_MAX_FILES) {
        return rules_fail(failure, "\"%s\" would be one file more than %d",
                          name, CIVIC_RULES_MAX_FILES);
    }

    file = &rules->files[rules->count++];
    snprintf(file->stamp.name, sizeof(file->stamp.name), "%s", name);

    folder_of(rules->path, folder);
    fd = open_part(folder, name);
    if (fd == -1) {
        return rules_fail(failure, "cannot open \"%s\": %s", name,
                          errno == ELOOP || errno == ENOTDIR
                          ? "it is, or is in, what is no folder, or a link"
                          : strerror(errno));
    }

    return read_file(file, fd, name, failure);
}


/* ---- whether it changed ------------------------------------------------ */

static int
is_changed(const char *path, const civic_rules_stamp_t *stamp, int follow)
{
    struct stat          st;
    civic_rules_stamp_t  now = { .inode = 0 };

    if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0) {
        set_stamp(&now, &st);
    }

    return now.inode != stamp->inode || now.size != stamp->size
           || now.changed.tv_sec != stamp->changed.tv_sec
           || now.changed.tv_nsec != stamp->changed.tv_nsec;
}

int
civic_rules_changed(const char *path, const civic_rules_seen_t *seen)
{
    size_t  i;
    char    folder[PATH_MAX], part[PATH_MAX + CIVIC_RULES_NAME];

    if (seen->count == 0 || is_changed(path, &seen->files[0], 1)) {
        return 1;
    }

    folder_of(path, folder);

    for (i = 1; i < seen->count; i++) {
        snprintf(part, sizeof(part), "%s%s%s", folder,
                 strcmp(folder, ".") == 0 ? "/" : "", seen->files[i].name);
        if (is_changed(part, &seen->files[i], 0)) {
            return 1;
        }
    }

    return 0;
}


/* ---- the revision ------------------------------------------------------ */

/* A file without parts has its own SHA-256, as sha256sum tells it; a part
   adds its name and its text. */
static int
digest_files(const civic_rules_t *rules, EVP_MD_CTX *context)
{
    size_t               i;
    const rules_file_t  *file = &rules->files[0];

    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1
        || EVP_DigestUpdate(context, file->text, file->len) != 1)
    {
        return -1;
    }

    for (i = 1; i < rules->count; i++) {
        file = &rules->files[i];
        if (EVP_DigestUpdate(context, "", 1) != 1
            || EVP_DigestUpdate(context, file->stamp.name,
                                strlen(file->stamp.name) + 1) != 1
            || EVP_DigestUpdate(context, file->text, file->len) != 1)
        {
            return -1;
        }
    }

    return 0;
}

int
rules_set_revision(civic_rules_t *rules)
{
    int             rc;
    size_t          i;
    unsigned char   digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX     *context = EVP_MD_CTX_new();

    rc = context != NULL && digest_files(rules, context) == 0
         && EVP_DigestFinal_ex(context, digest, NULL) == 1 ? 0 : -1;
    EVP_MD_CTX_free(context);

    for (i = 0; rc == 0 && i < CIVIC_REVISION_LEN / 2; i++) {
        snprintf(rules->revision + 2 * i, 3, "%02x", digest[i]);
    }

    return rc;
}
