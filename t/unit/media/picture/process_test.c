/*
 * process_test.c - what is cropped, scaled and encoded, and what is said of
 * it.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pictures.h"
#include "process.h"

static jpeg_file_t  snapshot;           /* 800 * 600, a face at 480, 250 */


static int
make(void **state)
{
    picture_t   picture;
    portrait_t  portrait = good_portrait;
    odd_jpeg_t  kind = { .quality = 90 };

    (void) state;
    portrait.width = 800;
    portrait.height = 600;
    portrait.person[0] = (person_t) { 0.6, 0.417, 0.3, 0, 0 };
    picture = portrait_picture(&portrait);
    odd_write(&picture, &kind, &snapshot);
    picture_free(&picture);

    return 0;
}


static int
unmake(void **state)
{
    (void) state;
    jpeg_file_free(&snapshot);

    return 0;
}


static const process_wish_t  passport = {
    .ratio_width = 5, .ratio_height = 7, .has_face = 1, .face_left = 410,
    .face_top = 180, .face_width = 140, .face_height = 140,
    .face_share = 0.35
};


/* ---- the crop ----------------------------------------------------------- */

static void
is_area(area_t area, unsigned left, unsigned top, unsigned width,
    unsigned height)
{
    assert_int_equal(area.left, left);
    assert_int_equal(area.top, top);
    assert_int_equal(area.width, width);
    assert_int_equal(area.height, height);
}


static void
crops(void **state)
{
    process_wish_t  wish;

    (void) state;
    memset(&wish, 0, sizeof(wish));
    is_area(process_crop(&wish, 800, 600), 0, 0, 800, 600);

    wish.ratio_width = 5;
    wish.ratio_height = 7;
    is_area(process_crop(&wish, 800, 600), 186, 0, 429, 600);
    is_area(process_crop(&wish, 500, 700), 0, 0, 500, 700);
    is_area(process_crop(&wish, 500, 900), 0, 100, 500, 700);

    /* 140 is 0.35 of 400; the face's middle, 480 and 250 */
    wish = passport;
    is_area(process_crop(&wish, 800, 600), 337, 70, 286, 400);

    /* at the edges it goes as far as there is a picture */
    wish.face_left = 20;
    wish.face_top = 10;
    is_area(process_crop(&wish, 800, 600), 0, 0, 286, 400);
    wish.face_left = 700;
    wish.face_top = 450;
    is_area(process_crop(&wish, 800, 600), 514, 200, 286, 400);

    /* never larger than there is */
    wish = passport;
    wish.face_share = 0.1;
    is_area(process_crop(&wish, 800, 600), 266, 0, 429, 600);
    wish.face_share = 0;
    is_area(process_crop(&wish, 800, 600), 266, 0, 429, 600);
}


/* Whatever is asked for: within the picture, and of the ratio. */
static void
any_crop(void **state)
{
    int             i;
    area_t          area;
    unsigned        width, height, least;
    double          ratio;
    process_wish_t  wish = passport;

    (void) state;

    for (i = 0; i < 20000; i++) {
        width = 1 + (unsigned) (draw_grain((unsigned) i, 0, 1) * 4000);
        height = 1 + (unsigned) (draw_grain((unsigned) i, 1, 1) * 4000);
        wish.face_left = (int) (draw_grain((unsigned) i, 2, 1) * 5000) - 900;
        wish.face_top = (int) (draw_grain((unsigned) i, 3, 1) * 5000) - 900;
        wish.face_height = 1 + (int) (draw_grain((unsigned) i, 4, 1) * 4000);
        wish.face_share = 0.1 + 0.8 * draw_grain((unsigned) i, 5, 1);
        wish.ratio_width = 1 + (unsigned) (draw_grain((unsigned) i, 6, 1) * 9);

        area = process_crop(&wish, width, height);
        assert_true(area.width >= 1 && area.height >= 1);
        assert_true(area.left + area.width <= width);
        assert_true(area.top + area.height <= height);

        ratio = (double) wish.ratio_width / wish.ratio_height;
        least = area.width < area.height ? area.width : area.height;

        if (least > 20) {
            assert_true(fabs(area.width / ratio - area.height)
                        <= 1 + 0.5 / ratio);
        }
    }
}


/* ---- all of it ---------------------------------------------------------- */

static processed_t
processed_file(const jpeg_file_t *file, const process_wish_t *wish)
{
    photo_t      photo;
    processed_t  processed;

    assert_int_equal(process(file->data, file->size, NULL, wish, &processed),
                     PROCESS_OK);
    photo = read_file(&processed.file);
    assert_int_equal(photo.width, processed.photo.width);
    assert_int_equal(photo.height, processed.photo.height);
    assert_int_equal(photo.orientation, 1);
    photo_free(&photo);

    return processed;
}


static void
untouched(void **state)
{
    processed_t     processed;
    process_wish_t  wish;

    (void) state;
    memset(&wish, 0, sizeof(wish));
    processed = processed_file(&snapshot, &wish);
    assert_int_equal(processed.photo.width, 800);
    assert_int_equal(processed.count, 1);
    assert_string_equal(change_name(processed.changes[0].name), "encoded");
    assert_int_equal(processed.changes[0].quality, 92);
    assert_int_equal(processed.changes[0].bytes, processed.file.size);
    process_free(&processed);
    process_free(&processed);
}


static void
everything(void **state)
{
    size_t          size = snapshot.size;
    processed_t     processed;
    process_wish_t  wish = passport;
    jpeg_file_t     turned = { malloc(size), size, 0, 0 };

    (void) state;
    assert_non_null(turned.data);
    memcpy(turned.data, snapshot.data, size);
    odd_add_exif(&turned, 8, 2000);

    /* turned back by hand */
    wish.turn = 90;
    wish.max_width = 250;
    wish.max_height = 350;
    wish.min_bytes = 20481;
    wish.max_bytes = 100000;
    processed = processed_file(&turned, &wish);

    assert_int_equal(processed.count, 4);
    assert_int_equal(processed.changes[0].name, CHANGE_TURNED);
    assert_int_equal(processed.changes[0].degrees, 90);
    assert_int_equal(processed.changes[1].name, CHANGE_CROPPED);
    is_area(processed.changes[1].area, 337, 70, 286, 400);
    assert_int_equal(processed.changes[2].name, CHANGE_SCALED);
    assert_int_equal(processed.changes[2].area.width, 250);
    assert_int_equal(processed.changes[2].area.height, 350);
    assert_int_equal(processed.changes[3].name, CHANGE_ENCODED);
    assert_true(processed.changes[3].quality > 92);

    assert_int_equal(processed.photo.width, 250);
    assert_int_equal(processed.photo.height, 350);
    assert_in_range(processed.file.size, 20481, 100000);
    assert_int_equal(processed.measures.background.all.colour, COLOUR_BLUE);
    process_free(&processed);
    jpeg_file_free(&turned);
}


static void
scales(unsigned max_width, unsigned max_height, unsigned width,
    unsigned height)
{
    processed_t     processed;
    process_wish_t  wish;

    memset(&wish, 0, sizeof(wish));
    wish.max_width = max_width;
    wish.max_height = max_height;
    processed = processed_file(&snapshot, &wish);
    assert_int_equal(processed.photo.width, width);
    assert_int_equal(processed.photo.height, height);
    process_free(&processed);
}


static void
sizes(void **state)
{
    (void) state;
    scales(400, 0, 400, 300);
    scales(0, 150, 200, 150);
    scales(400, 150, 200, 150);
    scales(801, 601, 800, 600);
    scales(799, 0, 799, 599);
    scales(333, 0, 333, 250);
    scales(1, 1, 1, 1);
}


/* A smaller picture is decoded where it is enough, and the same comes out. */
static void
shows_the_same(void **state)
{
    size_t          i;
    double          sum = 0;
    photo_t         photo, whole;
    area_t          area = { 337, 70, 286, 400 };
    picture_t       small;
    processed_t     processed;
    process_wish_t  wish = passport;

    (void) state;
    wish.max_width = 90;
    processed = processed_file(&snapshot, &wish);
    photo = read_file(&processed.file);
    whole = read_file(&snapshot);
    assert_int_equal(scale_down(&whole.picture, &area, photo.width,
                                photo.height, &small), 0);

    for (i = 0; i < (size_t) photo.width * photo.height * 3; i++) {
        sum += abs(small.rgb[i] - photo.picture.rgb[i]);
    }

    assert_int_equal(photo.width, 90);
    assert_true(sum / (photo.width * photo.height * 3) < 5);
    picture_free(&small);
    photo_free(&whole);
    photo_free(&photo);
    process_free(&processed);
}


static void
bytes_that_cannot_be(void **state)
{
    processed_t     processed;
    process_wish_t  wish;

    (void) state;
    memset(&wish, 0, sizeof(wish));
    wish.max_bytes = 1000;
    assert_int_equal(process(snapshot.data, snapshot.size, NULL, &wish,
                             &processed), PROCESS_CANNOT_FIT);
    assert_null(processed.file.data);
    process_free(&processed);

    wish.max_bytes = 0;
    wish.max_width = 30;
    wish.min_bytes = 20481;
    assert_int_equal(process(snapshot.data, snapshot.size, NULL, &wish,
                             &processed), PROCESS_CANNOT_FIT);
    process_free(&processed);
}


/* ---- what cannot be asked for ------------------------------------------- */

static void
wrong(const process_wish_t *wish, const char *what)
{
    processed_t  processed;

    assert_int_equal(process(snapshot.data, snapshot.size, NULL, wish,
                             &processed), PROCESS_BAD_WISH);
    assert_string_equal(processed.wrong, what);
    process_free(&processed);
}


static void
wrong_wishes(void **state)
{
    process_wish_t  wish = passport;

    (void) state;
    wish.turn = 45;
    wrong(&wish, "turn");
    wish.turn = 360;
    wrong(&wish, "turn");

    wish = passport;
    wish.ratio_width = 0;
    wrong(&wish, "ratio");
    wish.ratio_width = 1;
    wish.ratio_height = 11;
    wrong(&wish, "ratio");
    wish.ratio_width = 1001;
    wish.ratio_height = 1000;
    wrong(&wish, "ratio");

    wish = passport;
    wish.face_width = 0;
    wrong(&wish, "face");
    wish = passport;
    wish.face_left = 731;
    wrong(&wish, "face");
    wish.face_left = -71;
    wrong(&wish, "face");
    wish = passport;
    wish.face_top = 531;
    wrong(&wish, "face");

    wish = passport;
    wish.face_share = 0.09;
    wrong(&wish, "face_height");
    wish.face_share = 0.91;
    wrong(&wish, "face_height");
    wish.face_share = NAN;
    wrong(&wish, "face_height");
    wish = passport;
    wish.has_face = 0;
    wrong(&wish, "face_height");

    wish = passport;
    wish.min_bytes = 2;
    wish.max_bytes = 1;
    wrong(&wish, "bytes");
}


static void
wrong_files(void **state)
{
    processed_t     processed;
    process_wish_t  wish = passport;

    (void) state;
    assert_int_equal(process("GIF89a", 6, NULL, &wish, &processed),
                     PROCESS_READ);
    assert_int_equal(processed.read, JPEG_READ_NOT_A_JPEG);
    process_free(&processed);

    /* what only the decoder finds */
    snapshot.data[snapshot.size / 2] ^= 0xff;
    memset(snapshot.data + snapshot.size / 2, 0xfe, 64);
    assert_int_equal(process(snapshot.data, snapshot.size, NULL, &wish,
                             &processed), PROCESS_READ);
    assert_int_equal(processed.read, JPEG_READ_DAMAGED);
    assert_true(processed.photo.reason[0] != '\0');
    process_free(&processed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(crops),
        cmocka_unit_test(any_crop),
        cmocka_unit_test(untouched),
        cmocka_unit_test(everything),
        cmocka_unit_test(sizes),
        cmocka_unit_test(shows_the_same),
        cmocka_unit_test(bytes_that_cannot_be),
        cmocka_unit_test(wrong_wishes),
        cmocka_unit_test(wrong_files),
    };

    return cmocka_run_group_tests(tests, make, unmake);
}
