/*
 * blob_test.c - files of persons: what is written comes back to the byte,
 * what was tampered with does not come back at all, what is not kept leaves
 * nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "blob_fixture.h"

#define PID    "AbCdEfGhIjKlMnOpQrStUv"
#define OTHER  "AbCdEfGhIjKlMnOpQrStUw"

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


/* What is whole can be looked at before it is kept, and only then. */
static void
test_read_before_it_is_kept(void **state)
{
    int64_t               n, len = 0;
    unsigned char         chunk[CIVIC_BLOB_CHUNK];
    unsigned char        *bytes = some_bytes(140000), *back = malloc(200000);
    civic_blob_record_t   record;
    civic_blob_writer_t  *writer = civic_blob_writer_open(folder);
    civic_blob_reader_t  *reader;

    (void) state;

    assert_int_equal(civic_blob_writer_add(writer, bytes, 140000), 0);
    assert_null(civic_blob_reader_of(writer));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(civic_blob_writer_finish(writer), 0);

    reader = civic_blob_reader_of(writer);
    assert_non_null(reader);

    while ((n = civic_blob_reader_next(reader, chunk)) > 0) {
        memcpy(back + len, chunk, (size_t) n);
        len += n;
    }

    civic_blob_reader_close(reader);
    assert_int_equal(n, 0);
    assert_int_equal(len, 140000);
    assert_memory_equal(back, bytes, 140000);

    assert_int_equal(civic_blob_writer_keep(writer, CIVIC_STR(PID), &record),
                     0);
    assert_null(civic_blob_reader_of(writer));
    assert_int_equal(errno, EINVAL);

    civic_blob_writer_close(writer);
    free(bytes);
    free(back);
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
        TEST(test_read_before_it_is_kept),
        TEST(test_full_disk),
        TEST(test_no_folder),
        TEST(test_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
