/*
 * blob_test.c - files of persons: what is written comes back to the byte,
 * what was tampered with does not come back at all, what is not kept leaves
 * nothing, and a sweep finds each blob once.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "blob.h"

#define PID    "AbCdEfGhIjKlMnOpQrStUv"
#define OTHER  "AbCdEfGhIjKlMnOpQrStUw"

static char  folder[64];


static int
setup(void **state)
{
    (void) state;

    snprintf(folder, sizeof(folder), "/tmp/civic-blob-test.XXXXXX");

    return mkdtemp(folder) == NULL ? -1 : civic_blob_folder_make(folder);
}


static void
shell(const char *fmt, ...)
{
    char     command[512];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(command, sizeof(command), fmt, args);
    va_end(args);

    assert_int_equal(system(command), 0);
}


static int
teardown(void **state)
{
    (void) state;

    shell("rm -rf %s", folder);

    return 0;
}


static unsigned
files_below(const char *path)
{
    char      command[256];
    FILE     *pipe;
    unsigned  count = 0;

    snprintf(command, sizeof(command), "find %s/%s -type f | wc -l", folder,
             path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);

    return count;
}


static unsigned char *
some_bytes(size_t len)
{
    size_t          i;
    uint32_t        x = 2463534242u;
    unsigned char  *bytes = malloc(len);

    assert_non_null(bytes);

    for (i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        bytes[i] = (unsigned char) x;
    }

    return bytes;
}


/* Writes and keeps in steps of so many bytes. */

static void
keep(const unsigned char *bytes, size_t len, size_t step, char *id,
    civic_blob_record_t *record)
{
    size_t                n, at = 0;
    civic_blob_writer_t  *writer = civic_blob_writer_open(folder);

    assert_non_null(writer);

    while (at < len) {
        n = len - at < step ? len - at : step;
        assert_int_equal(civic_blob_writer_add(writer, bytes + at, n), 0);
        at += n;
    }

    assert_int_equal(civic_blob_writer_finish(writer), 0);
    assert_int_equal(civic_blob_writer_size(writer), len);
    assert_int_equal(civic_blob_writer_keep(writer, CIVIC_STR(PID), record),
                     0);
    strcpy(id, civic_blob_writer_id(writer));
    civic_blob_writer_close(writer);
}


static const char *
path_of(const char *pid, const char *id)
{
    static char  path[256];

    snprintf(path, sizeof(path), "%s/%.2s/%s.%s", folder, pid, pid, id);

    return path;
}


/* Reads all of a blob: its length, or minus errno. */

static int64_t
read_all(const char *pid, const char *id, const civic_blob_record_t *record,
    unsigned char *out)
{
    int64_t               n, len = 0;
    unsigned char         chunk[CIVIC_BLOB_CHUNK];
    civic_blob_reader_t  *reader;

    reader = civic_blob_reader_open(folder, civic_cstr(pid), civic_cstr(id),
                                    record);
    if (reader == NULL) {
        return -errno;
    }

    while ((n = civic_blob_reader_next(reader, chunk)) > 0) {
        if (out != NULL) {
            memcpy(out + len, chunk, (size_t) n);
        }

        len += n;
    }

    if (n < 0) {
        len = -errno;
    }

    civic_blob_reader_close(reader);

    return len;
}


static void
round_trip(size_t len, size_t step)
{
    char                 id[CIVIC_BLOB_ID + 1];
    struct stat          st;
    unsigned char        digest[32], *back, *bytes = some_bytes(len);
    civic_blob_record_t  record;

    keep(bytes, len, step, id, &record);

    back = malloc(len);
    assert_non_null(back);
    assert_int_equal(read_all(PID, id, &record, back), (int64_t) len);
    assert_memory_equal(back, bytes, len);

    SHA256(bytes, len, digest);
    assert_memory_equal(record.digest, digest, 32);
    assert_int_equal(record.size, len);

    assert_int_equal(stat(path_of(PID, id), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, CIVIC_BLOB_HEAD + len
                     + (len + 65535) / 65536 * CIVIC_BLOB_TAG);
    assert_int_equal(files_below("incoming"), 0);

    free(back);
    free(bytes);
}


static void
test_round_trips(void **state)
{
    (void) state;

    round_trip(1, 1);
    round_trip(65535, 1000);
    round_trip(65536, 65536);
    round_trip(65536, 7);
    round_trip(65537, 65537);
    round_trip(65537, 65536);
    round_trip(131072, 131072);
    round_trip(131072, 16384);
    round_trip(5 * 1024 * 1024 + 3, 5 * 1024 * 1024 + 3);
    round_trip(5 * 1024 * 1024 + 3, 100001);
}


static void
test_start_and_digest(void **state)
{
    unsigned char        *bytes = some_bytes(1000), digest[32];
    civic_blob_writer_t  *writer = civic_blob_writer_open(folder);

    (void) state;

    assert_true(civic_blob_id_valid(civic_cstr(civic_blob_writer_id(writer))));
    assert_int_equal(civic_blob_writer_start(writer).len, 0);

    assert_int_equal(civic_blob_writer_add(writer, bytes, 500), 0);
    assert_int_equal(civic_blob_writer_start(writer).len, 500);
    assert_int_equal(civic_blob_writer_add(writer, bytes + 500, 500), 0);
    assert_int_equal(civic_blob_writer_start(writer).len, CIVIC_BLOB_START);
    assert_memory_equal(civic_blob_writer_start(writer).data, bytes,
                        CIVIC_BLOB_START);

    assert_int_equal(civic_blob_writer_finish(writer), 0);
    SHA256(bytes, 1000, digest);
    assert_memory_equal(civic_blob_writer_digest(writer).data, digest, 32);

    civic_blob_writer_close(writer);
    free(bytes);
}


/* ---- tampering ---------------------------------------------------------- */

static void
flip(const char *path, off_t at)
{
    int            fd = open(path, O_RDWR);
    unsigned char  c;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x20;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}


static void
test_every_byte_counts(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1];
    off_t                at;
    const char          *path;
    unsigned char       *bytes = some_bytes(300);
    civic_blob_record_t  record;

    (void) state;

    keep(bytes, 300, 300, id, &record);
    path = path_of(PID, id);

    for (at = 0; at < CIVIC_BLOB_HEAD + 300 + CIVIC_BLOB_TAG; at++) {
        flip(path, at);
        assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);
        flip(path, at);
    }

    assert_int_equal(read_all(PID, id, &record, NULL), 300);
    free(bytes);
}


/* Of a file of three chunks: a byte of each, and of each tag. */

static void
test_bytes_of_chunks(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1];
    size_t               i;
    const char          *path;
    unsigned char       *bytes = some_bytes(140000);
    civic_blob_record_t  record;
    const off_t          at[] = { 32, 40000, 32 + 65536, 32 + 65552,
                                  32 + 131088 - 1, 32 + 131104,
                                  140000 + 32 + 3 * 16 - 1 };

    (void) state;

    keep(bytes, 140000, 140000, id, &record);
    path = path_of(PID, id);

    for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        flip(path, at[i]);
        assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);
        flip(path, at[i]);
    }

    assert_int_equal(read_all(PID, id, &record, NULL), 140000);
    free(bytes);
}


/*
 * A file that was cut, and a record whose size was made to fit it (as if the
 * length alone were compared): the chunk that is now the last was not sealed
 * as the last.
 */

static void
test_truncation(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1], copy[300];
    size_t               i;
    const char          *path;
    unsigned char       *bytes = some_bytes(140000);
    civic_blob_record_t  record, shorter;
    const off_t          at[] = { 0, 1, 31, 32, 33, 32 + 65536, 32 + 65552,
                                  32 + 131104, 140000 + 32 + 48 - 1 };

    (void) state;

    keep(bytes, 140000, 140000, id, &record);
    path = path_of(PID, id);
    snprintf(copy, sizeof(copy), "%s/copy", folder);
    shell("cp %s %s", path, copy);

    for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        assert_int_equal(truncate(path, at[i]), 0);
        assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);
        shell("cp %s %s", copy, path);
    }

    for (i = 1; i <= 2; i++) {
        shorter = record;
        shorter.size = i * CIVIC_BLOB_CHUNK;
        assert_int_equal(truncate(path, (off_t) (32 + i * 65552)), 0);
        assert_int_equal(read_all(PID, id, &shorter, NULL), -EBADMSG);
        shell("cp %s %s", copy, path);
    }

    shell("echo >> %s", path);
    assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);

    free(bytes);
}


static void
test_swapped_chunks(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1];
    FILE                *file;
    unsigned char       *bytes = some_bytes(140000), *chunks = malloc(131104);
    civic_blob_record_t  record;

    (void) state;

    keep(bytes, 140000, 140000, id, &record);

    file = fopen(path_of(PID, id), "r+");
    assert_non_null(file);
    fseek(file, 32, SEEK_SET);
    assert_int_equal(fread(chunks, 131104, 1, file), 1);
    fseek(file, 32, SEEK_SET);
    fwrite(chunks + 65552, 65552, 1, file);
    fwrite(chunks, 65552, 1, file);
    fclose(file);

    assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);

    free(chunks);
    free(bytes);
}


/* A file in another's place, with the right key even: its id is not the one
   it was sealed with. */

static void
test_other_names_and_keys(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1], second[CIVIC_BLOB_ID + 1];
    char                 path[256];
    unsigned char       *bytes = some_bytes(70000);
    civic_blob_record_t  record, wrong;

    (void) state;

    keep(bytes, 70000, 70000, id, &record);
    keep(bytes, 70000, 70000, second, &wrong);

    assert_string_not_equal(id, second);
    assert_memory_not_equal(record.key, wrong.key, CIVIC_BLOB_KEY);
    assert_int_equal(read_all(PID, id, &wrong, NULL), -EBADMSG);

    snprintf(path, sizeof(path), "%s", path_of(PID, id));
    shell("cp %s %s", path, path_of(PID, second));
    assert_int_equal(read_all(PID, second, &record, NULL), -EBADMSG);
    assert_int_equal(read_all(PID, second, &wrong, NULL), -EBADMSG);

    assert_int_equal(read_all(OTHER, id, &record, NULL), -ENOENT);

    shell("rm %s && ln -s /etc/passwd %s", path, path);
    assert_int_equal(read_all(PID, id, &record, NULL), -ELOOP);
    shell("rm %s && mkdir %s", path, path);
    assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);
    shell("rmdir %s && mkfifo %s", path, path);
    assert_int_equal(read_all(PID, id, &record, NULL), -EBADMSG);

    free(bytes);
}


static void
test_names_that_are_paths(void **state)
{
    civic_blob_record_t  record = { .size = 1 };
    const char          *good = "AAAAAAAAAAAAAAAAAAAAAA";

    (void) state;

    assert_true(civic_blob_id_valid(civic_cstr(good)));
    assert_false(civic_blob_id_valid(CIVIC_STR("")));
    assert_false(civic_blob_id_valid(CIVIC_STR("AAAAAAAAAAAAAAAAAAAAAAA")));
    assert_false(civic_blob_id_valid(CIVIC_STR("AAAAAAAAAAAAAAAAAAAAAB")));
    assert_false(civic_blob_id_valid(CIVIC_STR("../../../../etc/passwd")));

    assert_int_equal(read_all("../x", good, &record, NULL), -EINVAL);
    assert_int_equal(read_all("", good, &record, NULL), -EINVAL);
    assert_int_equal(read_all("a", good, &record, NULL), -EINVAL);
    assert_int_equal(read_all("ab/..", good, &record, NULL), -EINVAL);
    assert_int_equal(read_all(PID, "../../../../etc/passwd", &record, NULL),
                     -EINVAL);
    assert_int_equal(civic_blob_remove(folder, CIVIC_STR("../xx"),
                                       civic_cstr(good)), -1);
}


/* ---- what is not kept, and what cannot be ------------------------------- */

static void
test_unkept_leaves_nothing(void **state)
{
    civic_blob_record_t   record;
    civic_blob_writer_t  *writer;

    (void) state;

    writer = civic_blob_writer_open(folder);
    assert_int_equal(files_below("incoming"), 1);
    civic_blob_writer_close(writer);
    assert_int_equal(files_below(""), 0);

    writer = civic_blob_writer_open(folder);
    assert_int_equal(civic_blob_writer_add(writer, "abc", 3), 0);

    /* too early */
    assert_int_equal(civic_blob_writer_keep(writer, CIVIC_STR(PID), &record),
                     -1);
    assert_int_equal(errno, EINVAL);

    assert_int_equal(civic_blob_writer_finish(writer), 0);
    assert_int_equal(civic_blob_writer_add(writer, "abc", 3), -1);
    civic_blob_writer_close(writer);
    assert_int_equal(files_below(""), 0);

    /* no bytes are no blob */
    writer = civic_blob_writer_open(folder);
    assert_int_equal(civic_blob_writer_finish(writer), -1);
    assert_int_equal(errno, EINVAL);
    civic_blob_writer_close(writer);

    /* a person that is none */
    writer = civic_blob_writer_open(folder);
    assert_int_equal(civic_blob_writer_add(writer, "abc", 3), 0);
    assert_int_equal(civic_blob_writer_finish(writer), 0);
    assert_int_equal(civic_blob_writer_keep(writer, CIVIC_STR("../../x"),
                                            &record), -1);
    civic_blob_writer_close(writer);
    assert_int_equal(files_below(""), 0);

    civic_blob_writer_close(NULL);
    civic_blob_reader_close(NULL);
}


static void
test_full_disk(void **state)
{
    int                   rc;
    unsigned char        *bytes = some_bytes(500000);
    struct rlimit         limit, old;
    civic_blob_writer_t  *writer;

    (void) state;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &limit);

    writer = civic_blob_writer_open(folder);
    assert_non_null(writer);
    rc = civic_blob_writer_add(writer, bytes, 500000);
    assert_int_equal(rc, -1);
    assert_int_equal(errno, EFBIG);

    /* it stays so */
    errno = 0;
    assert_int_equal(civic_blob_writer_add(writer, bytes, 1), -1);
    assert_int_equal(errno, EFBIG);
    errno = 0;
    assert_int_equal(civic_blob_writer_finish(writer), -1);
    assert_int_equal(errno, EFBIG);
    civic_blob_writer_close(writer);

    /* and at the very last chunk */
    writer = civic_blob_writer_open(folder);
    assert_int_equal(civic_blob_writer_add(writer, bytes, 120000), 0);
    assert_int_equal(civic_blob_writer_finish(writer), -1);
    assert_int_equal(errno, EFBIG);
    civic_blob_writer_close(writer);

    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);

    assert_int_equal(files_below(""), 0);
    free(bytes);
}


static void
test_no_folder(void **state)
{
    civic_blob_record_t   record;
    civic_blob_writer_t  *writer;

    (void) state;

    assert_null(civic_blob_writer_open("/tmp/civic-there-is-none"));
    assert_int_equal(errno, ENOENT);

    /* the place of the folder of two characters is taken */
    shell("touch %s/%.2s", folder, PID);
    writer = civic_blob_writer_open(folder);
    assert_int_equal(civic_blob_writer_add(writer, "abc", 3), 0);
    assert_int_equal(civic_blob_writer_finish(writer), 0);
    assert_int_equal(civic_blob_writer_keep(writer, CIVIC_STR(PID), &record),
                     -1);
    assert_int_equal(errno, ENOTDIR);
    civic_blob_writer_close(writer);
    assert_int_equal(files_below("incoming"), 0);

    /* a folder that is gone is no proof that a file is */
    assert_int_equal(civic_blob_remove("/tmp/civic-there-is-none",
                                       CIVIC_STR(PID),
                                       CIVIC_STR("AAAAAAAAAAAAAAAAAAAAAA")),
                     -1);
    assert_int_equal(errno, ENOENT);
}


static void
test_folder_make(void **state)
{
    char         path[200];
    struct stat  st;

    (void) state;

    snprintf(path, sizeof(path), "%s/new", folder);
    assert_int_equal(civic_blob_folder_make_for(path, 12345, 23456), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    if (geteuid() == 0) {
        assert_int_equal(st.st_uid, 12345);
        assert_int_equal(st.st_gid, 23456);

        /* another's stays another's */
        assert_int_equal(civic_blob_folder_make_for(path, 1, 1), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 12345);

        /* root's and empty becomes the user's, root's and used does not */
        snprintf(path, sizeof(path), "%s/empty", folder);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(civic_blob_folder_make_for(path, 12345, 23456), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 12345);
        assert_int_equal(st.st_mode & 0777, 0700);

        snprintf(path, sizeof(path), "%s/used", folder);
        assert_int_equal(mkdir(path, 0755), 0);
        shell("touch %s/something", path);
        assert_int_equal(civic_blob_folder_make_for(path, 12345, 23456), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_uid, 0);
        assert_int_equal(st.st_mode & 0777, 0755);
    }

    snprintf(path, sizeof(path), "%s/file", folder);
    shell("touch %s", path);
    assert_int_equal(civic_blob_folder_make(path), -1);
    assert_int_equal(errno, ENOTDIR);
    snprintf(path, sizeof(path), "%s/a/b", folder);
    assert_int_equal(civic_blob_folder_make(path), -1);
    assert_int_equal(errno, ENOENT);
}


static void
test_remove(void **state)
{
    char                 id[CIVIC_BLOB_ID + 1];
    civic_blob_record_t  record;

    (void) state;

    keep((const unsigned char *) "abc", 3, 3, id, &record);
    assert_int_equal(civic_blob_remove(folder, CIVIC_STR(PID),
                                       civic_cstr(id)), 0);
    assert_int_equal(files_below(""), 0);
    assert_int_equal(read_all(PID, id, &record, NULL), -ENOENT);
    assert_int_equal(civic_blob_remove(folder, CIVIC_STR(PID),
                                       civic_cstr(id)), 0);
}


/* ---- records ------------------------------------------------------------ */

static void
test_records(void **state)
{
    size_t               i, len;
    unsigned char        bytes[CIVIC_BLOB_RECORD];
    civic_str_t          text = { (const char *) bytes, 0 };
    civic_blob_record_t  record, back;

    (void) state;

    memset(&record, 0, sizeof(record));
    memset(record.key, 0xa5, CIVIC_BLOB_KEY);
    memset(record.digest, 0x5a, CIVIC_BLOB_DIGEST);
    record.size = 123456789;
    record.created_at = INT64_C(1773014400123);
    strcpy(record.media_type, "image/jpeg");

    len = civic_blob_record_encode(&record, bytes);
    assert_true(len <= CIVIC_BLOB_RECORD);
    text.len = len;
    assert_int_equal(civic_blob_record_decode(text, &back), 0);
    assert_memory_equal(&back, &record, sizeof(record));

    for (i = 0; i < len; i++) {
        text.len = i;
        assert_int_equal(civic_blob_record_decode(text, &back), -1);
    }

    text.len = len + 1;
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    text.len = len;

    bytes[0] = 2;                                   /* another version */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[0] = 1;

    bytes[len - 1] = '\n';                          /* ends a header */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[len - 1] = 'g';

    bytes[len - 11] = 64;                           /* a type too long */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[len - 11] = 10;

    memset(bytes + 65, 0, 8);                       /* of no bytes */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    memset(bytes + 65, 0xff, 8);                    /* of too many */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);

    memset(record.media_type, 'x', CIVIC_BLOB_TYPE);
    record.media_type[CIVIC_BLOB_TYPE] = '\0';
    text.len = civic_blob_record_encode(&record, bytes);
    assert_int_equal(civic_blob_record_decode(text, &back), 0);
    assert_int_equal(strlen(back.media_type), CIVIC_BLOB_TYPE);
}


/* ---- sweeping ----------------------------------------------------------- */

static void
plant(const char *path, unsigned age)
{
    char             full[300];
    FILE            *file;
    struct timespec  times[2];

    snprintf(full, sizeof(full), "%s/%s", folder, path);
    file = fopen(full, "w");
    assert_non_null(file);
    fclose(file);

    times[0].tv_sec = times[1].tv_sec = time(NULL) - (time_t) age;
    times[0].tv_nsec = times[1].tv_nsec = 0;
    assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}


/* A text of 22 characters that encodes 16 bytes, from a number. */

static void
name_of(unsigned number, char *name)
{
    unsigned           i;
    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = 0; i < 21; i++) {
        number = number * 1103515245u + 12345;
        name[i] = alphabet[number >> 16 & 63];
    }

    name[21] = 'Q';
    name[22] = '\0';
}


static void
plant_blob(const char *prefix, unsigned number, unsigned age)
{
    char  id[23], pid[23], path[128];

    name_of(number + 7777, pid);
    name_of(number, id);
    memcpy(pid, prefix, 2);

    snprintf(path, sizeof(path), "%s/%s", folder, prefix);
    (void) mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s.%s", prefix, pid, id);
    plant(path, age);
}


/* How many blobs a whole sweep of a part finds; each must come once. */

static unsigned
sweep(unsigned part, unsigned parts, unsigned age, size_t max)
{
    char                seen[2000][24];
    int64_t             n;
    unsigned            i, j, count = 0, pages = 0;
    uint64_t            cursor = 0;
    civic_blob_found_t  found[64];

    do {
        n = civic_blob_list(folder, part, parts, age, &cursor, found, max);
        assert_true(n >= 0 && (size_t) n <= max);
        assert_true(++pages < 2000);

        for (i = 0; i < (unsigned) n; i++) {
            assert_int_equal(strlen(found[i].id), 22);
            assert_int_equal(strlen(found[i].pid), 22);

            for (j = 0; j < count; j++) {
                assert_string_not_equal(seen[j], found[i].id);
            }

            strcpy(seen[count++], found[i].id);
        }

    } while (cursor != 0);

    return count;
}


static void
test_list_pages(void **state)
{
    unsigned  i, sum;

    (void) state;

    for (i = 0; i < 300; i++) {
        plant_blob("Qx", i, 7200);
    }

    for (i = 300; i < 340; i++) {
        plant_blob("AA", i, 7200);
        plant_blob("__", i + 1000, 7200);
        plant_blob("-b", i + 2000, 7200);
        plant_blob("Qx", i + 3000, 60);     /* too young */
    }

    assert_int_equal(sweep(0, 1, 3600, 64), 420);
    assert_int_equal(sweep(0, 1, 3600, 20), 420);
    assert_int_equal(sweep(0, 1, 3600, 1), 420);
    assert_int_equal(sweep(0, 1, 30, 64), 460);

    for (i = 0, sum = 0; i < 7; i++) {
        sum += sweep(i, 7, 3600, 33);
    }

    assert_int_equal(sum, 420);
    assert_true(sweep(0, 7, 3600, 33) < 420);
}


static void
test_list_ignores_others(void **state)
{
    uint64_t            cursor = 0;
    civic_blob_found_t  found[4];

    (void) state;

    plant_blob("Qx", 1, 7200);
    plant("Qx/notes.txt", 7200);
    plant("Qx/Qx34567890123456789012.short", 7200);
    plant("Qx/Ab34567890123456789012.AAAAAAAAAAAAAAAAAAAAAA", 7200);
    plant("Qx.file", 7200);
    shell("mkdir %s/Qx/Qx34567890123456789012.AAAAAAAAAAAAAAAAAAAAAA", folder);
    shell("touch -d '2 hours ago' "
          "%s/Qx/Qx34567890123456789012.AAAAAAAAAAAAAAAAAAAAAA", folder);
    shell("mkdir %s/QxQ %s/lost+found", folder, folder);

    assert_int_equal(sweep(0, 1, 3600, 10), 1);

    assert_int_equal(civic_blob_list(folder, 3, 3, 1, &cursor, found, 4), -1);
    assert_int_equal(civic_blob_list(folder, 0, 1, 1, &cursor, found, 0), -1);
    assert_int_equal(civic_blob_list("/tmp/civic-there-is-none", 0, 1, 1,
                                     &cursor, found, 4), -1);
    assert_int_equal(errno, ENOENT);
}


static void
test_leftovers(void **state)
{
    (void) state;

    plant("incoming/old", 7200);
    plant("incoming/new", 60);
    plant("workers/old", 7200);
    plant("workers/new", 60);

    sweep(1, 2, 3600, 10);
    assert_int_equal(files_below("incoming"), 2);
    assert_int_equal(files_below("workers"), 2);

    sweep(0, 2, 3600, 10);
    assert_int_equal(files_below("incoming"), 1);
    assert_int_equal(files_below("workers"), 1);
    shell("test -e %s/incoming/new && test -e %s/workers/new", folder, folder);
}


/* ---- proofs ------------------------------------------------------------- */

static void
test_proofs(void **state)
{
    char  name[CIVIC_BLOB_PROOF], nonce[CIVIC_BLOB_NONCE + 1];
    char  second[CIVIC_BLOB_PROOF], other[CIVIC_BLOB_NONCE + 1];

    (void) state;

    assert_int_equal(civic_blob_proof_write(folder, "a/../b.example-17", name,
                                            nonce), 0);
    assert_null(strchr(name, '/'));
    assert_int_equal(files_below("workers"), 1);
    assert_int_equal(civic_blob_proof_write(folder, "x", second, other), 0);
    assert_string_not_equal(nonce, other);

    assert_int_equal(civic_blob_proof_check(folder, name, nonce), 1);
    assert_int_equal(civic_blob_proof_check(folder, name, other), 0);
    assert_int_equal(civic_blob_proof_check(folder, second, nonce), 0);
    assert_int_equal(civic_blob_proof_check(folder, "none", nonce), 0);
    assert_int_equal(civic_blob_proof_check(folder, name, ""), 0);
    assert_int_equal(civic_blob_proof_check(folder, "../x", nonce), -1);
    assert_int_equal(civic_blob_proof_check(folder, "", nonce), -1);

    shell("touch -d '2 hours ago' %s/workers/*", folder);
    assert_int_equal(civic_blob_proof_touch(folder, name), 0);
    sweep(0, 1, 3600, 1);
    assert_int_equal(civic_blob_proof_check(folder, name, nonce), 1);
    assert_int_equal(civic_blob_proof_check(folder, second, other), 0);
    assert_int_equal(civic_blob_proof_touch(folder, second), -1);

    civic_blob_proof_remove(folder, name);
    assert_int_equal(files_below("workers"), 0);
}


#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_round_trips),
        TEST(test_start_and_digest),
        TEST(test_every_byte_counts),
        TEST(test_bytes_of_chunks),
        TEST(test_truncation),
        TEST(test_swapped_chunks),
        TEST(test_other_names_and_keys),
        TEST(test_names_that_are_paths),
        TEST(test_unkept_leaves_nothing),
        TEST(test_full_disk),
        TEST(test_no_folder),
        TEST(test_folder_make),
        TEST(test_remove),
        TEST(test_records),
        TEST(test_list_pages),
        TEST(test_list_ignores_others),
        TEST(test_leftovers),
        TEST(test_proofs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
