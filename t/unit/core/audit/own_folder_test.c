/*
 * own_folder_test.c - a folder of somebody else's is told from one of ours,
 * and two folders that are one from two.
 */

#include <sys/stat.h>
#include <unistd.h>

#include "blob_fixture.h"
#include "own_folder.h"

#define WORKERS  12345                  /* nobody of this machine's */


/* A new folder with what a command makes in it; all is root's, or of who
   runs the test: not the workers'. */

static const char *
with(const char *name, const char *command)
{
    static char  path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    shell("mkdir %s && cd %s && %s", path, path, command);

    return path;
}


static void
test_blobs(void **state)
{
    char         path[128];
    const char  *p;

    (void) state;

    assert_int_equal(civic_folder_look_blobs(folder, WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(with("empty", "true"), WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(with("disk", "mkdir lost+found"),
                                             WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(with("blobs", "mkdir aB ./-_"),
                                             WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(with("used", "mkdir incoming "
                                                  "workers && touch x"),
                                             WORKERS),
                     CIVIC_FOLDER_OURS);

    p = with("etc", "mkdir X11 && touch passwd");
    assert_int_equal(civic_folder_look_blobs(p, WORKERS),
                     CIVIC_FOLDER_FOREIGN);
    assert_int_equal(civic_folder_look_blobs(with("file", "touch aB"),
                                             WORKERS),
                     CIVIC_FOLDER_FOREIGN);
    assert_int_equal(civic_folder_look_blobs(with("half", "mkdir incoming y"
                                                  " abc"), WORKERS),
                     CIVIC_FOLDER_FOREIGN);

    snprintf(path, sizeof(path), "%s/etc/passwd", folder);
    assert_int_equal(civic_folder_look_blobs(path, WORKERS),
                     CIVIC_FOLDER_NO_FOLDER);
    snprintf(path, sizeof(path), "%s/etc/none", folder);
    assert_int_equal(civic_folder_look_blobs(path, WORKERS),
                     CIVIC_FOLDER_MISSING);
    snprintf(path, sizeof(path), "%s/none/none", folder);
    assert_int_equal(civic_folder_look_blobs(path, WORKERS),
                     CIVIC_FOLDER_NO_PARENT);
    snprintf(path, sizeof(path), "%s/etc/passwd/none", folder);
    assert_int_equal(civic_folder_look_blobs(path, WORKERS),
                     CIVIC_FOLDER_NO_PARENT);
}


static void
test_audit(void **state)
{
    (void) state;

    assert_int_equal(civic_folder_look_audit(with("empty", "true"), WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_audit(with("audit", "mkdir abcdef01 && "
                                                  "touch name .abcdef02"),
                                             WORKERS),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_audit(with("etc", "mkdir apparmor X11"),
                                             WORKERS),
                     CIVIC_FOLDER_FOREIGN);
    assert_int_equal(civic_folder_look_audit(with("file", "touch abcdef01"),
                                             WORKERS),
                     CIVIC_FOLDER_FOREIGN);
    assert_int_equal(civic_folder_look_audit(folder, WORKERS),
                     CIVIC_FOLDER_FOREIGN);
}


static void
test_owner(void **state)
{
    const char  *p = with("etc", "touch passwd");

    (void) state;

    if (geteuid() != 0) {
        assert_int_equal(civic_folder_look_blobs(p, geteuid()),
                         CIVIC_FOLDER_OURS);
        return;
    }

    /* root's workers (of a test) own everything, which tells nothing */
    assert_int_equal(civic_folder_look_blobs(p, 0), CIVIC_FOLDER_FOREIGN);
    assert_int_equal(civic_folder_look_blobs(p, (uid_t) -1),
                     CIVIC_FOLDER_FOREIGN);
    assert_int_equal(chown(p, WORKERS, WORKERS), 0);
    assert_int_equal(civic_folder_look_blobs(p, WORKERS), CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(p, (uid_t) -1),
                     CIVIC_FOLDER_OURS);
    assert_int_equal(civic_folder_look_blobs(p, WORKERS + 1),
                     CIVIC_FOLDER_FOREIGN);
}


static int
overlap(const char *one, const char *two)
{
    char  first[128], second[128];

    snprintf(first, sizeof(first), "%s/%s", folder, one);
    snprintf(second, sizeof(second), "%s/%s", folder, two);

    assert_int_equal(civic_folder_overlap(first, second),
                     civic_folder_overlap(second, first));

    return civic_folder_overlap(first, second);
}


static void
test_overlap(void **state)
{
    (void) state;

    shell("cd %s && mkdir one one/below && ln -s one link", folder);

    assert_true(overlap("one", "one"));
    assert_true(overlap("one", "one/below"));
    assert_true(overlap("link", "one"));
    assert_true(overlap("link/below", "one"));
    assert_true(overlap("link/none", "one"));
    assert_true(overlap("one/../one", "link"));
    assert_true(overlap("none", "none"));
    assert_true(overlap("none", "none/below"));
    assert_false(overlap("one", "onetwo"));
    assert_false(overlap("one/below", "one/other"));
    assert_false(overlap("one", "none"));
    assert_true(civic_folder_overlap("/", folder));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_blobs),
        TEST(test_audit),
        TEST(test_owner),
        TEST(test_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
