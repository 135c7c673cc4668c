/*
 * intake_test.c - bodies on their way into blobs: raw and in forms, in any
 * pieces, from memory and from a file; what is refused leaves no file.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "blob_fixture.h"
#include "intake.h"

#define FORM  "multipart/form-data; boundary=XX"
#define HEAD  "--XX\r\nContent-Disposition: form-data; filename=a\r\n"
#define TYPE  "Content-Type: image/png\r\n\r\n"
#define END   "\r\n--XX--"
#define MOST  100000

static const char *const  types[] = { "image/jpeg", "image/png", NULL };


static civic_intake_t *
begin(const char *content_type)
{
    civic_intake_t  *intake = civic_intake_create(folder, types, MOST);

    assert_non_null(intake);
    assert_int_equal(civic_intake_begin(intake, civic_cstr(content_type)), 0);

    return intake;
}


/* All of a body, in steps of so many bytes: 0, or -1 where it was refused. */
static int
take(civic_intake_t *intake, const char *bytes, size_t len, size_t step)
{
    size_t  n;

    while (len != 0) {
        n = len < step ? len : step;

        if (civic_intake_take(intake, bytes, n) != 0) {
            return -1;
        }

        bytes += n;
        len -= n;
    }

    return civic_intake_finish(intake);
}


static void
is_file(civic_intake_t *intake, const char *type, const char *bytes,
    size_t len)
{
    civic_str_t           start;
    civic_blob_writer_t  *writer = civic_intake_writer(intake);

    assert_non_null(writer);
    assert_int_equal(civic_blob_writer_size(writer), len);
    assert_string_equal(civic_intake_type(intake), type);

    start = civic_blob_writer_start(writer);
    assert_int_equal(start.len, len < CIVIC_BLOB_START ? len
                                                       : CIVIC_BLOB_START);
    assert_memory_equal(start.data, bytes, start.len);
    assert_int_equal(civic_blob_writer_digest(writer).len,
                     CIVIC_BLOB_DIGEST);

    civic_intake_shrink(intake);
    assert_int_equal(files_below("incoming"), 1);
    civic_intake_free(intake);
    assert_int_equal(files_below("incoming"), 0);
}


static void
is_refused(civic_intake_t *intake, const char *problem, const char *why)
{
    const civic_intake_fault_t  *fault = civic_intake_fault(intake);

    assert_null(fault->failed);
    assert_non_null(fault->problem);
    assert_string_equal(fault->problem, problem);

    if (why != NULL) {
        assert_string_equal(fault->why, why);
    } else {
        assert_null(fault->why);
    }

    civic_intake_free(intake);
    assert_int_equal(files_below("incoming"), 0);
}


static void
test_raw(void **state)
{
    size_t           i;
    static char      bytes[MOST + 1];
    civic_intake_t  *intake;
    const size_t     sizes[] = { 1, 511, 513, 65536, 65537, MOST };

    (void) state;
    memset(bytes, 'r', sizeof(bytes));

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        intake = begin("Image/JPEG; q=1");
        assert_int_equal(take(intake, bytes, sizes[i], 4099), 0);
        is_file(intake, "image/jpeg", bytes, sizes[i]);
    }

    intake = begin("image/jpeg");
    assert_int_equal(take(intake, bytes, MOST + 1, 65536), -1);
    is_refused(intake, "body_too_large", NULL);

    intake = begin("image/jpeg");
    assert_int_equal(take(intake, bytes, 0, 1), 0);
    assert_null(civic_intake_writer(intake));
    civic_intake_free(intake);
}


static void
test_form(void **state)
{
    size_t           len, step;
    static char      body[MOST + 256];
    const size_t     head = sizeof(HEAD TYPE) - 1;
    civic_intake_t  *intake;

    (void) state;
    memset(body, 'f', sizeof(body));
    memcpy(body, HEAD TYPE, head);

    for (step = 1; step < MOST; step = 7 * step + 5) {
        memcpy(body + head + MOST, END, sizeof(END) - 1);
        intake = begin(FORM);
        len = head + MOST + sizeof(END) - 1;
        assert_int_equal(take(intake, body, len, step), 0);
        is_file(intake, "image/png", body + head, MOST);

        body[head + MOST] = 'f';
        memcpy(body + head + MOST + 1, END, sizeof(END) - 1);
        intake = begin(FORM);
        assert_int_equal(take(intake, body, len + 1, step), -1);
        is_refused(intake, "body_too_large", NULL);
    }

    intake = begin(FORM);
    assert_int_equal(take(intake, HEAD TYPE END, head + sizeof(END) - 1, 3),
                     0);
    assert_null(civic_intake_writer(intake));
    civic_intake_free(intake);
}


static void
test_refused(void **state)
{
    civic_intake_t  *intake;

    (void) state;

    intake = civic_intake_create(folder, types, MOST);
    assert_int_equal(civic_intake_begin(intake, CIVIC_STR("image/gif")), -1);
    is_refused(intake, "unsupported_media_type", NULL);

    intake = civic_intake_create(folder, types, MOST);
    assert_int_equal(civic_intake_begin(intake,
                                        CIVIC_STR("multipart/form-data")), -1);
    is_refused(intake, "upload_malformed", "no boundary in its Content-Type");

    /* refused by its type before a byte of it is written */
    intake = begin(FORM);
    assert_int_equal(take(intake, HEAD "Content-Type: image/gif\r\n\r\nx" END,
                          sizeof(HEAD "Content-Type: image/gif\r\n\r\nx" END)
                          - 1, 4096), -1);
    assert_null(civic_intake_writer(intake));
    is_refused(intake, "unsupported_media_type", NULL);

    intake = begin(FORM);
    assert_int_equal(take(intake, HEAD TYPE "x", sizeof(HEAD TYPE "x") - 1, 9),
                     -1);
    is_refused(intake, "upload_malformed", "it ends before its part does");
}


static void
test_spooled(void **state)
{
    int              fd;
    char             path[64];
    static char      bytes[80000];
    civic_intake_t  *intake;

    (void) state;
    memset(bytes, 's', sizeof(bytes));
    strcpy(path, "/tmp/civic-intake-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));

    intake = begin("image/png");
    assert_int_equal(civic_intake_take(intake, "head", 4), 0);
    assert_int_equal(civic_intake_take_file(intake, fd, 1000, 79000), 0);
    assert_int_equal(civic_intake_finish(intake), 0);
    assert_int_equal(civic_blob_writer_size(civic_intake_writer(intake)),
                     78004);
    civic_intake_free(intake);

    /* shorter than nginx said */
    intake = begin("image/png");
    assert_int_equal(civic_intake_take_file(intake, fd, 0, 80001), -1);
    is_refused(intake, "internal_error", "the body's file cannot be read");

    (void) close(fd);
    (void) unlink(path);
}


static void
test_no_folder(void **state)
{
    civic_intake_t              *intake;
    const civic_intake_fault_t  *fault;

    (void) state;

    intake = civic_intake_create("/nonexistent/folder", types, MOST);
    assert_int_equal(civic_intake_begin(intake, CIVIC_STR("image/png")), 0);
    assert_int_equal(civic_intake_take(intake, "x", 1), -1);

    fault = civic_intake_fault(intake);
    assert_null(fault->problem);
    assert_string_equal(fault->failed, "an upload cannot be begun");
    assert_int_equal(fault->error, ENOENT);
    civic_intake_free(intake);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_raw),
        TEST(test_form),
        TEST(test_refused),
        TEST(test_spooled),
        TEST(test_no_folder)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
