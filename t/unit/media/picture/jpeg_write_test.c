/*
 * jpeg_write_test.c - files that can be read again, in a size that is asked
 * for, with nothing in them but the picture.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pictures.h"

static picture_t  portrait;             /* 300 * 420 */


static int
draw(void **state)
{
    portrait_t  description = good_portrait;

    (void) state;
    description.width = 300;
    description.height = 420;
    portrait = portrait_picture(&description);

    return 0;
}


static int
wipe(void **state)
{
    (void) state;
    picture_free(&portrait);

    return 0;
}


static size_t
size_at(int quality, int full_colour)
{
    size_t       size;
    jpeg_file_t  file;

    assert_int_equal(jpeg_write(&portrait, quality, full_colour, &file),
                     JPEG_WRITE_OK);
    size = file.size;
    jpeg_file_free(&file);

    return size;
}


static void
reads_again(void **state)
{
    int          quality;
    size_t       i;
    double       sum;
    photo_t      photo;
    jpeg_file_t  file;

    (void) state;

    for (quality = 50; quality <= 100; quality += 10) {
        assert_int_equal(jpeg_write(&portrait, quality, 1, &file),
                         JPEG_WRITE_OK);
        assert_int_equal(file.quality, quality);
        photo = read_file(&file);
        assert_false(photo.progressive);

        for (i = 0, sum = 0; i < (size_t) 300 * 420 * 3; i++) {
            sum += abs(photo.picture.rgb[i] - portrait.rgb[i]);
        }

        assert_true(sum / (300 * 420 * 3) < (quality == 100 ? 1 : 3.5));
        photo_free(&photo);
        jpeg_file_free(&file);
    }

    jpeg_file_free(&file);
}


/* JFIF, tables, frame, scan; no APP1 or later, no comment. */
static void
nothing_else(void **state)
{
    size_t       at;
    jpeg_file_t  file;

    (void) state;
    assert_int_equal(jpeg_write(&portrait, 92, 0, &file), JPEG_WRITE_OK);

    for (at = 2; file.data[at + 1] != 0xda; ) {
        assert_int_equal(file.data[at], 0xff);
        assert_true(file.data[at + 1] <= 0xe0);
        at += 2u + (unsigned) (file.data[at + 2] << 8 | file.data[at + 3]);
    }

    assert_int_equal(file.data[file.size - 1], 0xd9);
    jpeg_file_free(&file);
}


/* What came out is within, and no other quality is nearer to the usual. */
static void
within(size_t least, size_t most, int quality, int full_colour)
{
    jpeg_file_t  file;

    assert_int_equal(jpeg_write_within(&portrait, least, most, &file),
                     JPEG_WRITE_OK);
    assert_true(file.size >= least);
    assert_true(most == 0 || file.size <= most);
    assert_int_equal(file.quality, quality);
    assert_int_equal(file.full_colour, full_colour);
    jpeg_file_free(&file);
}


static void
sizes(void **state)
{
    int  quality = 92;

    (void) state;
    within(0, 0, 92, 0);
    within(size_at(92, 0), size_at(92, 0), 92, 0);
    within(size_at(92, 0) + 1, 0, 93, 0);
    within(size_at(97, 0), 0, 97, 0);
    within(size_at(100, 0), size_at(100, 0), 100, 0);
    within(0, size_at(92, 0) - 1, 91, 0);
    within(0, size_at(71, 0), 71, 0);
    within(size_at(71, 0), size_at(71, 0), 71, 0);
    within(0, size_at(40, 0), 40, 0);

    /* more than any 4:2:0 has: the first 4:4:4 that has it */
    while (size_at(quality, 1) <= size_at(100, 0)) {
        quality++;
    }

    assert_true(quality > 92);
    within(size_at(100, 0) + 1, 0, quality, 1);
    within(size_at(100, 1), size_at(100, 1), 100, 1);
}


static void
cannot(size_t least, size_t most)
{
    jpeg_file_t  file;

    assert_int_equal(jpeg_write_within(&portrait, least, most, &file),
                     JPEG_WRITE_CANNOT_FIT);
    assert_null(file.data);
}


static void
sizes_that_cannot_be(void **state)
{
    (void) state;
    cannot(0, size_at(40, 0) - 1);
    cannot(0, 1);
    cannot(size_at(100, 1) + 1, 0);
    cannot(1 << 20, 2 << 20);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_again),
        cmocka_unit_test(nothing_else),
        cmocka_unit_test(sizes),
        cmocka_unit_test(sizes_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, draw, wipe);
}
