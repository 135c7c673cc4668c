/*
 * blob_folder_test.c - the folder of blobs: who it is given to, that a sweep
 * finds each old blob once and nothing else, and the proofs of workers.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "blob_fixture.h"


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
test_folder_try(void **state)
{
    int    status;
    pid_t  pid;

    (void) state;

    assert_int_equal(civic_blob_folder_try(folder), 0);
    shell("test -z \"$(ls -A %s/incoming)\" && ! ls -d %s/.probe* 2>/dev/null",
          folder, folder);

    shell("mv %s/incoming %s/away", folder, folder);
    assert_int_equal(civic_blob_folder_try(folder), ENOENT);
    shell("mv %s/away %s/incoming", folder, folder);

    if (geteuid() != 0) {
        return;
    }

    /* what lies below it may be written, but no folder made in it */
    shell("chmod 0755 %s && chown 12345 %s/incoming", folder, folder);
    pid = fork();

    if (pid == 0) {
        _exit(setuid(12345) == 0 ? civic_blob_folder_try(folder) : 255);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EACCES);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_folder_make),
        TEST(test_folder_try),
        TEST(test_list_pages),
        TEST(test_list_ignores_others),
        TEST(test_leftovers),
        TEST(test_proofs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
