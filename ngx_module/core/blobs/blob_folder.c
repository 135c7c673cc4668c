/*
 * blob_folder.c - the folder of blobs: how it is made, what lies in it, and
 * the proof that two machines mean the same one.
 *
 * Names in a folder come in any order and change while they are read.  A
 * sweep therefore goes through them by their ids: the first 8 characters of
 * an id are 48 random bits, and those are the cursor within the folder of a
 * pid's first two characters.  Two ids that agree in them across the border
 * of a page cost the second one a sweep; it is found by the next.
 *
 * Everything here blocks: it is for threads, and for the start.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "blob_internal.h"
#include "keyring.h"

#define BLOB_PREFIXES    4096           /* of two characters of base64url */
#define BLOB_ORDER_BITS  48

typedef struct {
    uint64_t            order;
    civic_blob_found_t  blob;
} blob_entry_t;

static const char  blob_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *const  blob_folders[] = { "", "/incoming", "/workers" };


/* ---- the folders ------------------------------------------------------- */

int
civic_blob_sync(const char *folder)
{
    int  fd, rc, error;

    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }

    rc = fsync(fd);
    error = errno;
    (void) close(fd);
    errno = error;

    return rc;
}


/* Whether a folder has nothing in it; -1 if that cannot be told. */

static int
blob_folder_empty(const char *path)
{
    int             empty = 1;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }

    while (empty && (entry = readdir(dir)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0
                || strcmp(entry->d_name, "..") == 0;
    }

    (void) closedir(dir);

    return empty;
}


static int
blob_folder_one(const char *path, uid_t uid, gid_t gid)
{
    int          made;
    struct stat  st;

    made = mkdir(path, 0700) == 0;

    if (!made && errno != EEXIST) {
        return -1;
    }

    if (stat(path, &st) != 0) {
        return -1;
    }

    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }

    if (uid == (uid_t) -1 || uid == st.st_uid) {
        return 0;
    }

    if (!made && (st.st_uid != 0 || blob_folder_empty(path) != 1)) {
        return 0;
    }

    return chown(path, uid, gid) == 0 ? chmod(path, 0700) : -1;
}


int
civic_blob_folder_make_for(const char *folder, uid_t uid, gid_t gid)
{
    char    path[CIVIC_BLOB_PATH];
    size_t  i;

    /* a name of the longest kind must fit below it */
    if (strlen(folder) > CIVIC_BLOB_PATH - 256) {
        errno = ENAMETOOLONG;
        return -1;
    }

    for (i = 0; i < sizeof(blob_folders) / sizeof(blob_folders[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", folder, blob_folders[i]);

        if (blob_folder_one(path, uid, gid) != 0) {
            return -1;
        }
    }

    return 0;
}


int
civic_blob_folder_make(const char *folder)
{
    return civic_blob_folder_make_for(folder, (uid_t) -1, (gid_t) -1);
}


static int
blob_folder_try_file(const char *folder)
{
    int                   error = 0;
    civic_blob_writer_t  *writer = civic_blob_writer_open(folder);

    if (writer == NULL || civic_blob_writer_add(writer, "probe", 5) != 0
        || civic_blob_writer_finish(writer) != 0)
    {
        error = errno;
    }

    civic_blob_writer_close(writer);

    return error;
}


/* The first blob of two characters needs a folder for them. */

int
civic_blob_folder_try(const char *folder)
{
    int   error;
    char  path[CIVIC_BLOB_PATH];

    error = blob_folder_try_file(folder);

    if (error != 0) {
        return error;
    }

    if (snprintf(path, sizeof(path), "%s/.probe-XXXXXX", folder)
        >= (int) sizeof(path))
    {
        return ENAMETOOLONG;
    }

    if (mkdtemp(path) == NULL) {
        return errno;
    }

    error = civic_blob_sync(folder) == 0 ? 0 : errno;

    return rmdir(path) == 0 ? error : errno;
}


int
civic_blob_remove(const char *folder, civic_str_t pid, civic_str_t id)
{
    char  path[CIVIC_BLOB_PATH], *slash;

    if (civic_blob_path(path, sizeof(path), folder, pid, id) != 0) {
        return -1;
    }

    if (unlink(path) != 0) {
        /* a folder that is not there at all tells nothing of its files */
        return errno == ENOENT && access(folder, F_OK) == 0 ? 0 : -1;
    }

    slash = strrchr(path, '/');
    *slash = '\0';

    return civic_blob_sync(path);
}


/* ---- sweeping ---------------------------------------------------------- */

/* Removes the files of a folder that nobody has touched for age seconds. */

static void
blob_clear(const char *folder, const char *below, time_t before)
{
    char            path[CIVIC_BLOB_PATH];
    DIR            *dir;
    struct stat     st;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/%s", folder, below);

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(st.st_mode) && st.st_mtime < before)
        {
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }

    (void) closedir(dir);
}


static int
blob_digit(char c)
{
    const char  *p = c == '\0' ? NULL : strchr(blob_alphabet, c);

    return p == NULL ? -1 : (int) (p - blob_alphabet);
}


/* Which of the folders of two characters there are. */

static int
blob_prefixes(const char *folder, unsigned char *there)
{
    int             high, low;
    DIR            *dir;
    struct dirent  *entry;

    memset(there, 0, BLOB_PREFIXES / 8);

    dir = opendir(folder);
    if (dir == NULL) {
        return -1;
    }

    while ((entry = readdir(dir)) != NULL) {
        high = blob_digit(entry->d_name[0]);
        low = high < 0 ? -1 : blob_digit(entry->d_name[1]);

        if (low >= 0 && entry->d_name[2] == '\0') {
            high = high * 64 + low;
            there[high / 8] |= (unsigned char) (1 << high % 8);
        }
    }

    (void) closedir(dir);

    return 0;
}


/* A file's name, taken apart: 0, or -1 for what is no blob. */

static int
blob_entry_parse(const char *name, const char *prefix, blob_entry_t *entry)
{
    size_t       i;
    civic_str_t  pid, id;

    pid.data = name;
    pid.len = strcspn(name, ".");

    if (strncmp(name, prefix, CIVIC_BLOB_PREFIX) != 0
        || name[pid.len] != '.'
        || !civic_blob_name_valid(pid, CIVIC_BLOB_PREFIX, CIVIC_BLOB_PID_MAX))
    {
        return -1;
    }

    id = civic_cstr(name + pid.len + 1);

    if (!civic_blob_id_valid(id)) {
        return -1;
    }

    memcpy(entry->blob.pid, pid.data, pid.len);
    entry->blob.pid[pid.len] = '\0';
    memcpy(entry->blob.id, id.data, id.len);
    entry->blob.id[id.len] = '\0';

    entry->order = 0;

    for (i = 0; i < BLOB_ORDER_BITS / 6; i++) {
        entry->order = entry->order << 6 | (uint64_t) blob_digit(id.data[i]);
    }

    return 0;
}


static size_t
blob_entry_last(const blob_entry_t *entries, size_t count)
{
    size_t  i, last = 0;

    for (i = 1; i < count; i++) {
        if (entries[i].order > entries[last].order) {
            last = i;
        }
    }

    return last;
}


/*
 * The first blobs of one folder from an order on, max at most, in no order.
 * Once there are max, a smaller one takes the place of the largest: ids are
 * random, so that gets rare soon.
 */

static int64_t
blob_page(DIR *dir, const char *prefix, uint64_t from, blob_entry_t *entries,
    size_t max)
{
    size_t          count = 0, last = 0;
    blob_entry_t    entry;
    struct dirent  *d;

    for ( ;; ) {
        errno = 0;

        d = readdir(dir);
        if (d == NULL) {
            return errno == 0 ? (int64_t) count : -1;
        }

        if (blob_entry_parse(d->d_name, prefix, &entry) != 0
            || entry.order < from)
        {
            continue;
        }

        if (count < max) {
            entries[count++] = entry;

        } else if (entry.order < entries[last].order) {
            entries[last] = entry;

        } else {
            continue;
        }

        if (count == max) {
            last = blob_entry_last(entries, count);
        }
    }
}


static size_t
blob_take_old(DIR *dir, const blob_entry_t *entries, size_t count,
    time_t before, civic_blob_found_t *found)
{
    char         name[CIVIC_BLOB_PID_MAX + CIVIC_BLOB_ID + 2];
    size_t       i, n = 0;
    struct stat  st;

    for (i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s.%s", entries[i].blob.pid,
                 entries[i].blob.id);

        if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(st.st_mode) && st.st_mtime < before)
        {
            found[n++] = entries[i].blob;
        }
    }

    return n;
}


/* One folder's share of a page: the number found, and *from for the next
   call, 0 when the folder is done. */

static int64_t
blob_list_one(const char *folder, unsigned number, uint64_t *from,
    time_t before, blob_entry_t *entries, civic_blob_found_t *found,
    size_t max)
{
    char     path[CIVIC_BLOB_PATH], prefix[CIVIC_BLOB_PREFIX + 1];
    DIR     *dir;
    size_t   n = 0;
    int64_t  count;

    prefix[0] = blob_alphabet[number / 64];
    prefix[1] = blob_alphabet[number % 64];
    prefix[2] = '\0';

    snprintf(path, sizeof(path), "%s/%s", folder, prefix);

    dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }

    count = blob_page(dir, prefix, *from, entries, max);

    if (count >= 0) {
        n = blob_take_old(dir, entries, (size_t) count, before, found);

        *from = (size_t) count < max
                ? 0 : entries[blob_entry_last(entries, max)].order + 1;
    }

    (void) closedir(dir);

    return count < 0 ? -1 : (int64_t) n;
}


int64_t
civic_blob_list(const char *folder, unsigned part, unsigned parts,
    unsigned age, uint64_t *cursor, civic_blob_found_t *found, size_t max)
{
    size_t          n = 0;
    time_t          before = time(NULL) - (time_t) age;
    int64_t         count;
    uint64_t        from = *cursor & ((UINT64_C(1) << BLOB_ORDER_BITS) - 1);
    unsigned        number = (unsigned) (*cursor >> BLOB_ORDER_BITS);
    blob_entry_t   *entries;
    unsigned char   there[BLOB_PREFIXES / 8];

    if (max == 0 || parts == 0 || part >= parts || strlen(folder)
        > CIVIC_BLOB_PATH - 256)
    {
        errno = EINVAL;
        return -1;
    }

    if (part == 0 && *cursor == 0) {
        blob_clear(folder, "incoming", before);
        blob_clear(folder, "workers", before);
    }

    if (blob_prefixes(folder, there) != 0) {
        return -1;
    }

    entries = malloc(max * sizeof(blob_entry_t));
    if (entries == NULL) {
        return -1;
    }

    for ( /* void */ ; number < BLOB_PREFIXES && n < max; number++, from = 0) {

        if (number % parts != part || !(there[number / 8] >> number % 8 & 1)) {
            continue;
        }

        count = blob_list_one(folder, number, &from, before, entries,
                              found + n, max - n);

        if (count < 0) {
            free(entries);
            return -1;
        }

        n += (size_t) count;

        if (from != 0) {
            break;
        }
    }

    free(entries);

    *cursor = number < BLOB_PREFIXES
              ? (uint64_t) number << BLOB_ORDER_BITS | from : 0;

    return (int64_t) n;
}


/* ---- proof that machines share a folder -------------------------------- */

/* A name is a worker's, hence a host's: what is no plain character of a
   file's name becomes one. */

static void
blob_proof_name(char *name, const char *worker, const char *end)
{
    char  *p;

    snprintf(name, CIVIC_BLOB_PROOF, "%.90s-%s", worker, end);

    for (p = name; *p != '\0'; p++) {
        if (blob_digit(*p) < 0 && (*p != '.' || p == name)) {
            *p = '-';
        }
    }
}


static int
blob_proof_path(char *path, const char *folder, const char *name)
{
    int          len;
    const char  *p;

    for (p = name; *p != '\0'; p++) {
        if (blob_digit(*p) < 0 && (*p != '.' || p == name)) {
            break;
        }
    }

    len = snprintf(path, CIVIC_BLOB_PATH, "%s/workers/%s", folder, name);

    if (*p != '\0' || p == name || len >= CIVIC_BLOB_PATH) {
        errno = EINVAL;
        return -1;
    }

    return 0;
}


int
civic_blob_proof_write(const char *folder, const char *worker,
    char name[CIVIC_BLOB_PROOF], char nonce[CIVIC_BLOB_NONCE + 1])
{
    int            fd, rc, error;
    char           path[CIVIC_BLOB_PATH], end[12];
    unsigned char  random[6 + 16];

    if (RAND_bytes(random, sizeof(random)) != 1) {
        ERR_clear_error();
        errno = EAGAIN;
        return -1;
    }

    civic_base64url_encode(random, 6, end);
    civic_base64url_encode(random + 6, 16, nonce);
    blob_proof_name(name, worker, end);

    if (blob_proof_path(path, folder, name) != 0) {
        return -1;
    }

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0) {
        return -1;
    }

    rc = write(fd, nonce, CIVIC_BLOB_NONCE) == CIVIC_BLOB_NONCE ? 0 : -1;
    error = rc == 0 ? 0 : errno;

    if (close(fd) != 0 && rc == 0) {
        rc = -1;
        error = errno;
    }

    if (rc != 0) {
        (void) unlink(path);
        errno = error;
    }

    return rc;
}


int
civic_blob_proof_touch(const char *folder, const char *name)
{
    char  path[CIVIC_BLOB_PATH];

    return blob_proof_path(path, folder, name) == 0
           ? utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) : -1;
}


int
civic_blob_proof_check(const char *folder, const char *name,
    const char *nonce)
{
    int      fd, error;
    char     path[CIVIC_BLOB_PATH], text[CIVIC_BLOB_NONCE + 1];
    ssize_t  n;

    if (blob_proof_path(path, folder, name) != 0) {
        return -1;
    }

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }

    n = read(fd, text, sizeof(text));
    error = errno;
    (void) close(fd);
    errno = error;

    if (n < 0) {
        return -1;
    }

    return n == CIVIC_BLOB_NONCE && strlen(nonce) == CIVIC_BLOB_NONCE
           && memcmp(text, nonce, CIVIC_BLOB_NONCE) == 0;
}


void
civic_blob_proof_remove(const char *folder, const char *name)
{
    char  path[CIVIC_BLOB_PATH];

    if (blob_proof_path(path, folder, name) == 0) {
        (void) unlink(path);
    }
}
