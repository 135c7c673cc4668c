/*
 * own_folder.c - whether a folder that an operator named is ours to use.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit_format.h"
#include "blob_internal.h"
#include "own_folder.h"


/* ---- what is there ------------------------------------------------------ */

static int
folder_is(const char *path)
{
    struct stat  st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}


static int
folder_has_marks(const char *path, const char *const *marks)
{
    char         full[PATH_MAX];
    size_t       i;
    struct stat  st;

    if (marks == NULL) {
        return 0;
    }

    for (i = 0; marks[i] != NULL; i++) {
        if (snprintf(full, sizeof(full), "%s/%s", path, marks[i])
            >= (int) sizeof(full)
            || lstat(full, &st) != 0 || !S_ISDIR(st.st_mode))
        {
            return 0;
        }
    }

    return 1;
}


static int
folder_expected(const struct dirent *entry, civic_folder_name_pt ours)
{
    const char  *name = entry->d_name;

    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0
           || strcmp(name, "lost+found") == 0
           || (entry->d_type != DT_REG && ours(name, 1))
           || (entry->d_type != DT_DIR && ours(name, 0));
}


/* Whether all that is in it has names of ours: -1 with errno if that cannot
   be told. */

static int
folder_all_ours(const char *path, civic_folder_name_pt ours)
{
    int             all = 1, error;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }

    errno = 0;

    while (all == 1 && (entry = readdir(dir)) != NULL) {
        all = folder_expected(entry, ours);
    }

    error = errno;
    (void) closedir(dir);
    errno = error;

    return all == 1 && error != 0 ? -1 : all;
}


/* What a path stands in, into out: 0, or -1 if it is too long. */

static int
folder_parent(const char *path, char *out, size_t size)
{
    char  *slash;

    if (snprintf(out, size, "%s", path) >= (int) size) {
        errno = ENAMETOOLONG;
        return -1;
    }

    slash = strrchr(out, '/');

    if (slash == NULL) {
        (void) snprintf(out, size, ".");
    } else {
        slash[slash == out] = '\0';
    }

    return 0;
}


static civic_folder_state_t
folder_missing(const char *path, int error)
{
    char  parent[PATH_MAX];

    if (error != ENOENT && error != ENOTDIR) {
        errno = error;
        return CIVIC_FOLDER_UNKNOWN;
    }

    if (folder_parent(path, parent, sizeof(parent)) != 0) {
        return CIVIC_FOLDER_UNKNOWN;
    }

    return folder_is(parent) ? CIVIC_FOLDER_MISSING : CIVIC_FOLDER_NO_PARENT;
}


civic_folder_state_t
civic_folder_look(const char *path, uid_t workers, civic_folder_name_pt ours,
    const char *const *marks)
{
    int          all;
    struct stat  st;

    if (stat(path, &st) != 0) {
        return folder_missing(path, errno);
    }

    if (!S_ISDIR(st.st_mode)) {
        return CIVIC_FOLDER_NO_FOLDER;
    }

    if ((st.st_uid != 0 && (st.st_uid == workers || workers == (uid_t) -1))
        || folder_has_marks(path, marks))
    {
        return CIVIC_FOLDER_OURS;
    }

    all = folder_all_ours(path, ours);

    if (all < 0) {
        return CIVIC_FOLDER_UNKNOWN;
    }

    return all ? CIVIC_FOLDER_OURS : CIVIC_FOLDER_FOREIGN;
}


/* ---- the two folders ---------------------------------------------------- */

static const char *const  folder_blob_marks[] = {
    "incoming", "workers", NULL
};


static int
folder_blob_name(const char *name, int folder)
{
    return folder && (strcmp(name, "incoming") == 0
                      || strcmp(name, "workers") == 0
                      || civic_blob_name_valid(civic_cstr(name),
                                               CIVIC_BLOB_PREFIX,
                                               CIVIC_BLOB_PREFIX));
}


civic_folder_state_t
civic_folder_look_blobs(const char *path, uid_t workers)
{
    return civic_folder_look(path, workers, folder_blob_name,
                             folder_blob_marks);
}


/* Folders of writers, the file with the folder's name, and what is left of
   making that. */

static int
folder_audit_name(const char *name, int folder)
{
    return folder ? civic_audit_name_valid(name)
                  : strcmp(name, "name") == 0
                    || (name[0] == '.' && civic_audit_name_valid(name + 1));
}


civic_folder_state_t
civic_folder_look_audit(const char *path, uid_t workers)
{
    return civic_folder_look(path, workers, folder_audit_name, NULL);
}


/* ---- two that are one --------------------------------------------------- */

/* The real path, also of what does not exist yet. */

static void
folder_real(const char *path, char out[PATH_MAX])
{
    char         parent[PATH_MAX], real[PATH_MAX];
    const char  *slash = strrchr(path, '/');

    if (realpath(path, out) != NULL) {
        return;
    }

    if (slash != NULL && folder_parent(path, parent, sizeof(parent)) == 0
        && realpath(parent, real) != NULL
        && snprintf(out, PATH_MAX, "%s%s", strcmp(real, "/") == 0 ? "" : real,
                    slash) < PATH_MAX)
    {
        return;
    }

    if (snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX) {
        out[0] = '\0';
    }
}


static int
folder_below(const char *path, const char *top)
{
    size_t  len = strlen(top);

    if (strcmp(top, "/") == 0) {
        return 1;
    }

    return strncmp(path, top, len) == 0
           && (path[len] == '\0' || path[len] == '/');
}


int
civic_folder_overlap(const char *one, const char *two)
{
    char  first[PATH_MAX], second[PATH_MAX];

    folder_real(one, first);
    folder_real(two, second);

    return folder_below(first, second) || folder_below(second, first);
}
