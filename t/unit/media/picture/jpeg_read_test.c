/*
 * jpeg_read_test.c - what is read, and every reason not to.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pictures.h"

static const odd_jpeg_t  plain = { .quality = 90 };


static jpeg_read_status_t
try(const jpeg_file_t *file, const jpeg_limits_t *limits, photo_t *photo)
{
    photo_t             looked;
    jpeg_want_t         want = { limits, 0, 0, 0 };
    jpeg_read_status_t  status, early;

    early = jpeg_look(file->data, file->size, &want, &looked);
    assert_null(looked.picture.rgb);
    status = jpeg_read(file->data, file->size, &want, photo);

    /* what the header tells is told before anything is decoded */
    if (early != JPEG_READ_OK) {
        assert_int_equal(status, early);
        assert_string_equal(photo->reason, looked.reason);
    }

    if (status != JPEG_READ_OK) {
        assert_null(photo->picture.rgb);
        assert_true(photo->reason[0] != '\0');
    }

    return status;
}


static void
refused(jpeg_file_t *file, jpeg_read_status_t expected, const char *reason)
{
    photo_t  photo;

    assert_int_equal(try(file, NULL, &photo), expected);

    if (reason != NULL) {
        assert_string_equal(photo.reason, reason);
    }

    jpeg_file_free(file);
}


static double
difference(const picture_t *a, const picture_t *b)
{
    size_t  i, count = (size_t) a->width * a->height * PICTURE_CHANNELS;
    double  sum = 0;

    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);

    for (i = 0; i < count; i++) {
        sum += abs(a->rgb[i] - b->rgb[i]);
    }

    return sum / (double) count;
}


static void
kinds(void **state)
{
    size_t       i;
    photo_t      photo, first;
    jpeg_file_t  file;

    static const odd_jpeg_t  read[] = {
        { .quality = 90 }, { .colour = ODD_RGB }, { .progressive = 1 },
        { .restart = 1 }, { .sampling_width = 1, .sampling_height = 1 },
        { .sampling_width = 2, .sampling_height = 1 },
        { .sampling_width = 1, .sampling_height = 2 },
        { .sampling_width = 4, .sampling_height = 1 }
    };

    (void) state;
    file = portrait_file(&plain);
    first = read_file(&file);
    assert_int_equal(first.bytes, file.size);
    assert_int_equal(first.orientation, 1);
    jpeg_file_free(&file);

    for (i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
        file = portrait_file(&read[i]);
        photo = read_file(&file);
        assert_int_equal(photo.components, 3);
        assert_int_equal(photo.progressive, read[i].progressive);
        assert_int_equal(photo.shrunk, 1);
        assert_true(difference(&photo.picture, &first.picture) < 4);
        photo_free(&photo);
        jpeg_file_free(&file);
    }

    photo_free(&first);
}


static void
grey(void **state)
{
    size_t       i;
    photo_t      photo;
    odd_jpeg_t   kind = { .colour = ODD_GREY };
    jpeg_file_t  file = portrait_file(&kind);

    (void) state;
    photo = read_file(&file);
    assert_int_equal(photo.components, 1);

    for (i = 0; i < (size_t) 300 * 420 * 3; i += 3) {
        assert_int_equal(photo.picture.rgb[i], photo.picture.rgb[i + 1]);
        assert_int_equal(photo.picture.rgb[i], photo.picture.rgb[i + 2]);
    }

    photo_free(&photo);
    photo_free(&photo);
    jpeg_file_free(&file);
}


static void
unsupported(void **state)
{
    jpeg_file_t  file;

    (void) state;
    file = portrait_file(&(odd_jpeg_t) { .colour = ODD_CMYK });
    refused(&file, JPEG_READ_UNSUPPORTED, "cmyk");
    file = portrait_file(&(odd_jpeg_t) { .colour = ODD_YCCK });
    refused(&file, JPEG_READ_UNSUPPORTED, "cmyk");
    file = portrait_file(&(odd_jpeg_t) { .arithmetic = 1 });
    refused(&file, JPEG_READ_UNSUPPORTED, "arithmetic");

    file = portrait_file(&plain);
    odd_change_frame(&file, 0xc1, 12, 0, 0);
    refused(&file, JPEG_READ_UNSUPPORTED, "12 bits");
    file = portrait_file(&plain);
    odd_change_frame(&file, 0xc3, 0, 0, 0);             /* lossless */
    refused(&file, JPEG_READ_UNSUPPORTED, "coding");
    file = portrait_file(&plain);
    odd_change_frame(&file, 0xc5, 0, 0, 0);             /* hierarchical */
    refused(&file, JPEG_READ_UNSUPPORTED, "coding");
}


static void
not_a_jpeg(void **state)
{
    size_t       i;
    photo_t      photo;
    jpeg_want_t  want = { NULL, 0, 0, 0 };

    static const char *const  texts[] = {
        "\x89PNG\r\n\x1a\n................", "GIF89a", "<html>", "\xff\xd9"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(jpeg_read(texts[i], strlen(texts[i]), &want, &photo),
                         JPEG_READ_NOT_A_JPEG);
        assert_string_equal(photo.reason, "magic");
    }

    assert_int_equal(jpeg_read("", 0, &want, &photo), JPEG_READ_DAMAGED);
    assert_string_equal(photo.reason, "cut off");
}


static void
cut_off(void **state)
{
    size_t       i;
    jpeg_file_t  file;
    jpeg_file_t  whole = portrait_file(&plain);

    (void) state;

    for (i = 3; i < whole.size; i += 1 + i / 16) {
        file = whole;
        file.data = malloc(i);
        assert_non_null(file.data);
        memcpy(file.data, whole.data, i);
        file.size = i;
        refused(&file, JPEG_READ_DAMAGED, "cut off");
    }

    jpeg_file_free(&whole);
}


/* The end is there, but something before it is not: only the decoder sees. */
static void
damaged(void **state)
{
    jpeg_file_t  file;

    (void) state;
    file = portrait_file(&plain);
    memmove(file.data + file.size / 2, file.data + file.size - 2, 2);
    odd_cut(&file, file.size / 2 + 2);
    refused(&file, JPEG_READ_DAMAGED,
            "Corrupt JPEG data: premature end of data segment");

    file = portrait_file(&(odd_jpeg_t) { .restart = 1 });
    memset(file.data + file.size / 2, 0, 512);
    refused(&file, JPEG_READ_DAMAGED, NULL);

    /* bytes between the drawing and the end, which others skip */
    file = portrait_file(&plain);
    memset(file.data + file.size - 2, 0x12, 2);
    odd_append(&file, "between the drawing and the end\xff\xd9", 33);
    refused(&file, JPEG_READ_DAMAGED, NULL);

    file = portrait_file(&(odd_jpeg_t) { .progressive = 1 });
    odd_add_scans(&file, 1);
    refused(&file, JPEG_READ_DAMAGED, NULL);
}


static void
limit(const jpeg_limits_t *limits, const odd_jpeg_t *kind, const char *reason)
{
    photo_t       photo;
    jpeg_file_t   file = portrait_file(kind);

    if (reason == NULL) {
        assert_int_equal(try(&file, limits, &photo), JPEG_READ_OK);

    } else {
        assert_int_equal(try(&file, limits, &photo), JPEG_READ_TOO_LARGE);
        assert_string_equal(photo.reason, reason);
    }

    photo_free(&photo);
    jpeg_file_free(&file);
}


static void
limits(void **state)
{
    odd_jpeg_t     progressive = { .progressive = 1 };
    jpeg_file_t    file = portrait_file(&plain);
    jpeg_limits_t  just = { 0, { 300, 420, 126000, 700, 1 }, 1 << 20 }, less;

    (void) state;
    just.bytes = file.size;
    jpeg_file_free(&file);
    limit(&just, &plain, NULL);

    less = just;
    less.bytes--;
    limit(&less, &plain, "bytes");
    less = just;
    less.header.width--;
    limit(&less, &plain, "width");
    less = just;
    less.header.height--;
    limit(&less, &plain, "height");
    less = just;
    less.header.pixels--;
    limit(&less, &plain, "pixels");
    less = just;
    less.header.header = 100;
    limit(&less, &plain, "header");

    less = just;
    less.bytes *= 2;
    limit(&less, &progressive, "scans");
    less.header.scans = 10;
    limit(&less, &progressive, NULL);

    /* its coefficients, 2 bytes each, are kept until the last scan */
    less.memory = 150 * 1024;
    limit(&less, &progressive, "memory");
}


static void
floods(void **state)
{
    jpeg_file_t  file;

    (void) state;
    file = portrait_file(&plain);
    odd_change_frame(&file, 0, 0, 65500, 65500);
    refused(&file, JPEG_READ_TOO_LARGE, "width");
    file = portrait_file(&plain);
    odd_change_frame(&file, 0, 0, 8192, 8192);
    refused(&file, JPEG_READ_TOO_LARGE, "pixels");
    file = portrait_file(&(odd_jpeg_t) { .progressive = 1 });
    odd_add_scans(&file, 5000);
    refused(&file, JPEG_READ_TOO_LARGE, "scans");
}


static void
harmless(void **state)
{
    photo_t      photo;
    jpeg_file_t  file = portrait_file(&plain);

    (void) state;
    odd_add_exif(&file, 1, 16384);
    odd_append(&file, "PK\5\6..................", 22);
    photo = read_file(&file);
    assert_int_equal(photo.bytes, file.size);
    photo_free(&photo);
    jpeg_file_free(&file);
}


static void
smaller(void **state)
{
    size_t       i;
    photo_t      photo;
    jpeg_file_t  file = portrait_file(&plain);

    static const struct {
        unsigned  width;
        unsigned  height;
        unsigned  shrunk;
    } cases[] = {
        { 0, 0, 1 }, { 300, 420, 1 }, { 151, 1, 1 }, { 150, 1, 2 },
        { 150, 211, 1 }, { 75, 105, 4 }, { 76, 105, 2 }, { 1, 1, 8 },
        { 38, 53, 8 }, { 39, 53, 4 }, { 0, 53, 8 }, { 1000, 1000, 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        jpeg_want_t  want = { NULL, 0, cases[i].width, cases[i].height };

        assert_int_equal(jpeg_read(file.data, file.size, &want, &photo),
                         JPEG_READ_OK);
        assert_int_equal(photo.shrunk, cases[i].shrunk);
        assert_int_equal(photo.width, 300);
        assert_int_equal(photo.height, 420);
        assert_int_equal(photo.picture.width,
                         (300 + photo.shrunk - 1) / photo.shrunk);
        assert_int_equal(photo.picture.height,
                         (420 + photo.shrunk - 1) / photo.shrunk);
        photo_free(&photo);
    }

    jpeg_file_free(&file);
}


/* Exif's turn and ours together, and in a smaller size. */
static void
turned(void **state)
{
    photo_t       photo, upright;
    jpeg_want_t   want = { NULL, 90, 100, 100 };
    jpeg_file_t   file = portrait_file(&plain);
    unsigned      x, y;

    (void) state;
    want.turn = 0;
    assert_int_equal(jpeg_read(file.data, file.size, &want, &upright),
                     JPEG_READ_OK);
    odd_add_exif(&file, 6, 0);
    want.turn = 270;
    assert_int_equal(jpeg_read(file.data, file.size, &want, &photo),
                     JPEG_READ_OK);
    assert_int_equal(photo.shrunk, 2);
    assert_true(difference(&photo.picture, &upright.picture) == 0);
    photo_free(&photo);

    want.turn = 0;
    assert_int_equal(jpeg_read(file.data, file.size, &want, &photo),
                     JPEG_READ_OK);
    assert_int_equal(photo.width, 420);

    for (y = 0; y < photo.picture.height; y++) {
        for (x = 0; x < photo.picture.width; x++) {
            assert_memory_equal(pixel_at(&photo.picture, x, y),
                                pixel_at(&upright.picture, y, 209 - x), 3);
        }
    }

    photo_free(&photo);
    photo_free(&upright);
    jpeg_file_free(&file);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(grey),
        cmocka_unit_test(unsupported),
        cmocka_unit_test(not_a_jpeg),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(damaged),
        cmocka_unit_test(limits),
        cmocka_unit_test(floods),
        cmocka_unit_test(harmless),
        cmocka_unit_test(smaller),
        cmocka_unit_test(turned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
