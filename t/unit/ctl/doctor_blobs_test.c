/*
 * doctor_blobs_test.c - "civicctl doctor" on a fleet's folders of blobs: the
 * machine that has another folder is named, and a proof is needed for each.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blob.h"
#include "doctor.h"

#define NOW  INT64_C(1773014400000)

static char   dir[64];
static char   living[32];               /* besides "here/1", init */
static char  *said;
static char   proof[3][CIVIC_BLOB_PROOF], nonce[3][CIVIC_BLOB_NONCE + 1];


static int
set_up(void **state)
{
    int  i;

    (void) state;
    (void) snprintf(living, sizeof(living), "here/%d", (int) getpid());
    (void) snprintf(dir, sizeof(dir), "/tmp/civic-doctor-blobs-XXXXXX");

    if (mkdtemp(dir) == NULL || civic_blob_folder_make(dir) != 0) {
        return -1;
    }

    for (i = 0; i < 3; i++) {
        if (civic_blob_proof_write(dir, "worker", proof[i], nonce[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
tear_down(void **state)
{
    char  command[128];

    (void) state;
    free(said);
    said = NULL;
    (void) snprintf(command, sizeof(command), "rm -rf %s", dir);

    return system(command);
}


/* What a worker tells; proof -1: none. */
static char *
told(int64_t at, const char *mode, int which, const char *text)
{
    char    *json = NULL;
    size_t   len;
    FILE    *out = open_memstream(&json, &len);

    (void) fprintf(out, "{\"at\":%lld", (long long) at);

    if (mode != NULL) {
        (void) fprintf(out, ",\"blobs\":{\"mode\":\"%s\"", mode);

        if (which >= 0) {
            (void) fprintf(out, ",\"file\":\"%s\",\"nonce\":\"%s\"",
                           proof[which], text == NULL ? nonce[which] : text);
        }

        (void) fprintf(out, "}");
    }

    (void) fprintf(out, "}");
    (void) fclose(out);

    return json;
}


/* Workers and what they tell by turns, ended by NULL: how many problems. */
static unsigned
examine(int shared, doctor_t *doctor, ...)
{
    char         *word;
    ctl_t         ctl;
    size_t        i, len, n = 0;
    va_list       args;
    redisReply    items[16], *elements[16];
    redisReply    hash = { .type = REDIS_REPLY_ARRAY, .element = elements };

    memset(items, 0, sizeof(items));
    va_start(args, doctor);

    while ((word = va_arg(args, char *)) != NULL) {
        items[n].type = REDIS_REPLY_STRING;
        items[n].str = word;
        items[n].len = strlen(word);
        elements[n] = &items[n];
        n++;
    }

    va_end(args);
    hash.elements = n;

    free(said);
    said = NULL;
    ctl_init(&ctl);
    ctl.language = CIVIC_EN;
    ctl.out = open_memstream(&said, &len);
    memset(doctor, 0, sizeof(doctor_t));
    doctor->ctl = &ctl;

    doctor_blobs_fleet(doctor, dir, shared, "here", &hash, NOW);

    (void) fclose(ctl.out);
    ctl.out = stdout;
    ctl_done(&ctl);

    for (i = 1; i < n; i += 2) {
        free(items[i].str);
    }

    return doctor->problems;
}


static void
test_shared_is_proved(void **state)
{
    doctor_t  doctor;

    (void) state;

    assert_int_equal(examine(1, &doctor,
                             "here/1", told(NOW, "shared", 0, NULL),
                             living, told(NOW - 5000, "shared", 1, NULL),
                             "there/1", told(NOW, "shared", 2, NULL),
                             NULL), 0);
    assert_int_equal(doctor.warnings, 0);
    assert_non_null(strstr(said, "2 machines, 3 workers share"));
}


static void
test_the_other_folder_is_named(void **state)
{
    doctor_t  doctor;

    (void) state;

    assert_int_equal(examine(1, &doctor,
                             "here/1", told(NOW, "shared", 0, NULL),
                             "there/7", told(NOW, "shared", 1,
                                             "AAAAAAAAAAAAAAAAAAAAAA"),
                             NULL), 1);
    assert_non_null(strstr(said, "worker there/7: it has another folder"));
    assert_null(strstr(said, "here/1"));
    assert_null(strstr(said, "proved"));

    civic_blob_proof_remove(dir, proof[0]);
    assert_int_equal(examine(1, &doctor,
                             "here/1", told(NOW, "shared", 0, NULL),
                             NULL), 1);
    assert_non_null(strstr(said, "worker here/1: it has another folder"));
}


static void
test_a_proof_is_needed(void **state)
{
    doctor_t  doctor;

    (void) state;

    assert_int_equal(examine(1, &doctor,
                             "here/1", told(NOW, "shared", -1, NULL),
                             NULL), 1);
    assert_non_null(strstr(said, "cannot write its folder"));

    assert_int_equal(examine(1, &doctor,
                             "there/1", told(NOW, NULL, -1, NULL), NULL), 1);
    assert_non_null(strstr(said, "it has no civic_blobs"));

    assert_int_equal(examine(1, &doctor,
                             "there/1", told(NOW, "local", 0, NULL), NULL), 1);
    assert_non_null(strstr(said, "says local, here it is shared"));

    assert_int_equal(examine(0, &doctor,
                             "there/1", told(NOW, "shared", 0, NULL), NULL),
                     1);
    assert_non_null(strstr(said, "says shared, here it is local"));

    /* a name that leads elsewhere is not followed */
    (void) snprintf(proof[0], sizeof(proof[0]), "../../etc/passwd");
    assert_int_equal(examine(1, &doctor,
                             "there/1", told(NOW, "shared", 0, NULL), NULL),
                     0);
    assert_int_equal(doctor.warnings, 1);
    assert_non_null(strstr(said, "its proof cannot be read"));
}


static void
test_local_machines(void **state)
{
    doctor_t  doctor;

    (void) state;

    assert_int_equal(examine(0, &doctor,
                             "here/1", told(NOW, "local", 0, NULL),
                             living, told(NOW, "local", 1, NULL), NULL), 0);
    assert_int_equal(doctor.warnings, 0);
    assert_non_null(strstr(said, "2 workers all have"));

    /* two instances of nginx on one machine */
    assert_int_equal(examine(0, &doctor,
                             "here/1", told(NOW, "local", 0, NULL),
                             living, told(NOW, "local", 1,
                                            "AAAAAAAAAAAAAAAAAAAAAA"), NULL),
                     0);
    assert_int_equal(doctor.warnings, 1);
    assert_non_null(strstr(said, living));
    assert_non_null(strstr(said, ": it has another folder, on this"));

    /* another machine has a folder of its own, and that is the trouble */
    assert_int_equal(examine(0, &doctor,
                             "here/1", told(NOW, "local", 0, NULL),
                             "there/2", told(NOW, "local", 1,
                                             "AAAAAAAAAAAAAAAAAAAAAA"), NULL),
                     0);
    assert_int_equal(doctor.warnings, 1);
    assert_non_null(strstr(said, "workers live on 2 machines"));
}


static void
test_the_dead_are_no_proof(void **state)
{
    doctor_t  doctor;

    (void) state;

    assert_int_equal(examine(1, &doctor,
                             "there/1", told(NOW - 16000, NULL, -1, NULL),
                             "there/2", strdup("not JSON"), NULL), 0);
    assert_int_equal(doctor.warnings, 1);
    assert_non_null(strstr(said, "no worker lives"));
}


/* After a reload: what ended workers told is still fresh. */
static void
test_those_that_ended_are_left_out(void **state)
{
    char      ended[32];
    pid_t     pid = fork();
    doctor_t  doctor;

    (void) state;

    if (pid == 0) {
        _exit(0);
    }

    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void) snprintf(ended, sizeof(ended), "here/%d", (int) pid);

    assert_int_equal(examine(0, &doctor,
                             living, told(NOW, "local", 0, NULL),
                             ended, told(NOW, "local", 1,
                                         "AAAAAAAAAAAAAAAAAAAAAA"), NULL),
                     0);
    assert_int_equal(doctor.warnings, 0);
    assert_non_null(strstr(said, "1 worker has"));

    /* whether another machine's lives is not known here */
    (void) snprintf(ended, sizeof(ended), "there/%d", (int) pid);
    assert_int_equal(examine(1, &doctor,
                             living, told(NOW, "shared", 0, NULL),
                             ended, told(NOW, "shared", 1,
                                         "AAAAAAAAAAAAAAAAAAAAAA"), NULL),
                     1);
}


#define TEST(name)  cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_shared_is_proved),
        TEST(test_the_other_folder_is_named),
        TEST(test_a_proof_is_needed),
        TEST(test_local_machines),
        TEST(test_the_dead_are_no_proof),
        TEST(test_those_that_ended_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
