/*
 * orient_test.c - the eight orientations, by the Exif standard's own words
 * (CIPA DC-008, 4.6.4 A), and turning by hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orient.h"
#include "pictures.h"

/* Stored: 3 columns, 2 rows, "abc" over "def".  Upright: the rows. */
static const char *const  upright[ORIENT_LAST + 1] = {
    "abc/def", "abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf",
    "da/eb/fc", "fc/eb/da", "cf/be/ad"
};


static void
place_letters(unsigned orientation, unsigned count, char *text)
{
    uint8_t    rows[6 * PICTURE_CHANNELS];
    unsigned   i, y, swaps = (unsigned) orient_swaps(orientation);
    picture_t  picture;

    for (i = 0; i < 6; i++) {
        memset(rows + i * PICTURE_CHANNELS, 'a' + (int) i, PICTURE_CHANNELS);
    }

    assert_int_equal(picture_make(&picture, swaps ? 2 : 3, swaps ? 3 : 2), 0);

    for (y = 0; y < 2; y += count) {
        orient_place(&picture, orientation, y, count,
                     rows + y * 3 * PICTURE_CHANNELS);
    }

    for (y = 0; y < picture.height; y++) {
        for (i = 0; i < picture.width; i++) {
            *text++ = (char) pixel_at(&picture, i, y)[2];
        }

        *text++ = y + 1 < picture.height ? '/' : '\0';
    }

    picture_free(&picture);
}


static void
all_eight(void **state)
{
    char      text[16];
    unsigned  orientation;

    (void) state;

    for (orientation = 0; orientation <= ORIENT_LAST; orientation++) {
        place_letters(orientation, 2, text);
        assert_string_equal(text, upright[orientation]);
        place_letters(orientation, 1, text);
        assert_string_equal(text, upright[orientation]);
    }
}


/* The picture of these rows, turned clockwise once. */
static void
turn_text(const char *from, char *to)
{
    size_t  width = strcspn(from, "/"), height, x, y;

    height = (strlen(from) + 1) / (width + 1);

    for (x = 0; x < width; x++) {
        for (y = height; y > 0; y--) {
            *to++ = from[(y - 1) * (width + 1) + x];
        }

        *to++ = x + 1 < width ? '/' : '\0';
    }
}


static void
turns(void **state)
{
    char      expected[16], text[16], next[16];
    unsigned  orientation, degrees;

    (void) state;

    for (orientation = 1; orientation <= ORIENT_LAST; orientation++) {
        strcpy(expected, upright[orientation]);

        for (degrees = 0; degrees < 360; degrees += 90) {
            place_letters(orient_turned(orientation, degrees), 2, text);
            assert_string_equal(text, expected);
            turn_text(expected, next);
            strcpy(expected, next);
        }

        assert_int_equal(orient_turned(orientation, 45), orientation);
    }
}


/* A red corner at the stored top left, a blue one at the top right. */
static void
of_files(void **state)
{
    size_t        i;
    uint8_t      *at;
    photo_t       photo;
    unsigned      orientation;
    picture_t     stored;
    odd_jpeg_t    kind = { .quality = 95, .sampling_width = 1,
                           .sampling_height = 1 };
    jpeg_file_t   file;

    /* where they are to be: left or right, top or bottom */
    static const unsigned  red[][2] = {
        { 0, 0 }, { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { 0, 0 }, { 1, 0 },
        { 1, 1 }, { 0, 1 }
    };
    static const unsigned  blue[][2] = {
        { 1, 0 }, { 1, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 0, 1 }, { 1, 1 },
        { 1, 0 }, { 0, 0 }
    };

    (void) state;
    stored = flat_picture(64, 40, (paint_t) { 128, 128, 128 });

    for (i = 0; i < 16 * 16; i++) {
        at = stored.rgb + ((i / 16) * 64 + i % 16) * 3;
        memcpy(at, "\xff\0\0", 3);
        memcpy(at + 48 * 3, "\0\0\xff", 3);
    }

    for (orientation = 1; orientation <= ORIENT_LAST; orientation++) {
        odd_write(&stored, &kind, &file);
        odd_add_exif(&file, orientation, 0);
        photo = read_file(&file);
        assert_int_equal(photo.orientation, orientation);
        assert_int_equal(photo.stored_width, 64);
        assert_int_equal(photo.stored_height, 40);
        assert_int_equal(photo.width, orientation > 4 ? 40 : 64);
        assert_int_equal(photo.height, orientation > 4 ? 64 : 40);
        assert_true(pixel_at(&photo.picture,
                             red[orientation][0] * (photo.width - 1),
                             red[orientation][1] * (photo.height - 1))[0]
                    > 240);
        assert_true(pixel_at(&photo.picture,
                             blue[orientation][0] * (photo.width - 1),
                             blue[orientation][1] * (photo.height - 1))[2]
                    > 240);
        photo_free(&photo);
        jpeg_file_free(&file);
    }

    picture_free(&stored);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(all_eight),
        cmocka_unit_test(turns),
        cmocka_unit_test(of_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
