/*
 * scale_test.c - means of areas, whole and in parts.
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
#include "scale.h"


static double
mean_of(const picture_t *picture, unsigned channel)
{
    double  sum = 0;
    size_t  i, count = (size_t) picture->width * picture->height;

    for (i = 0; i < count; i++) {
        sum += picture->rgb[i * 3 + channel];
    }

    return sum / (double) count;
}


static void
whole_pixels(void **state)
{
    area_t     area = { 0, 0, 4, 4 };
    picture_t  small, picture = numbered_picture(4, 4);

    (void) state;
    assert_int_equal(scale_down(&picture, &area, 2, 2, &small), 0);
    assert_int_equal(small.width, 2);
    assert_int_equal(small.height, 2);

    /* 0 and 1, 2 and 3: rounded up from the half */
    assert_int_equal(pixel_at(&small, 0, 0)[0], 1);
    assert_int_equal(pixel_at(&small, 1, 0)[0], 3);
    assert_int_equal(pixel_at(&small, 0, 1)[1], 3);
    assert_int_equal(pixel_at(&small, 1, 1)[2], 200);
    picture_free(&small);
    picture_free(&picture);
}


/* 3 into 2: one and a half each. */
static void
parts_of_pixels(void **state)
{
    uint8_t  to[2];

    static const uint8_t  from[] = { 0, 90, 240 };

    (void) state;
    assert_int_equal(scale_plane_down(from, 3, 1, to, 2, 1), 0);
    assert_int_equal(to[0], 30);
    assert_int_equal(to[1], 190);
    assert_int_equal(scale_plane_down(from, 1, 3, to, 1, 2), 0);
    assert_int_equal(to[0], 30);
    assert_int_equal(to[1], 190);
    assert_int_equal(scale_plane_down(from, 3, 1, to, 1, 1), 0);
    assert_int_equal(to[0], 110);
}


static void
a_part(void **state)
{
    area_t     area = { 5, 7, 6, 8 };
    picture_t  part, picture = numbered_picture(20, 30);

    (void) state;
    assert_int_equal(scale_down(&picture, &area, 6, 8, &part), 0);
    assert_int_equal(pixel_at(&part, 0, 0)[0], 5);
    assert_int_equal(pixel_at(&part, 0, 0)[1], 7);
    assert_int_equal(pixel_at(&part, 5, 7)[0], 10);
    assert_int_equal(pixel_at(&part, 5, 7)[1], 14);
    picture_free(&part);

    assert_int_equal(scale_down(&picture, &area, 3, 8, &part), 0);
    assert_int_equal(pixel_at(&part, 0, 0)[0], 6);      /* 5 and 6 */
    assert_int_equal(pixel_at(&part, 0, 0)[1], 7);
    picture_free(&part);
    picture_free(&picture);
}


/* Whatever the size: one colour stays, and the mean of noise does. */
static void
keeps_the_mean(void **state)
{
    size_t     i;
    area_t     area = { 0, 0, 97, 61 };
    unsigned   width, height;
    picture_t  flat = flat_picture(97, 61, (paint_t) { 255, 1, 77 });
    picture_t  noise = flat_picture(97, 61, (paint_t) { 0, 0, 0 }), small;

    (void) state;

    for (i = 0; i < (size_t) 97 * 61 * 3; i++) {
        noise.rgb[i] = (uint8_t) (255 * draw_grain((unsigned) i, 0, 1));
    }

    for (width = 1; width <= 97; width += 7) {
        for (height = 1; height <= 61; height += 6) {
            assert_int_equal(scale_down(&flat, &area, width, height, &small),
                             0);
            assert_float_equal(mean_of(&small, 0), 255, 0);
            assert_float_equal(mean_of(&small, 1), 1, 0);
            assert_float_equal(mean_of(&small, 2), 77, 0);
            picture_free(&small);

            assert_int_equal(scale_down(&noise, &area, width, height, &small),
                             0);
            assert_float_equal(mean_of(&small, 1), mean_of(&noise, 1), 0.6);
            picture_free(&small);
        }
    }

    picture_free(&flat);
    picture_free(&noise);
}


static void
refusals(void **state)
{
    size_t     i;
    picture_t  small, picture = numbered_picture(10, 10);

    static const struct {
        area_t    area;
        unsigned  width;
        unsigned  height;
    } wrong[] = {
        { { 0, 0, 10, 10 }, 11, 10 }, { { 0, 0, 10, 10 }, 10, 11 },
        { { 0, 0, 10, 10 }, 0, 1 }, { { 0, 0, 10, 10 }, 1, 0 },
        { { 1, 0, 10, 10 }, 1, 1 }, { { 0, 1, 10, 10 }, 1, 1 },
        { { 11, 0, 1, 1 }, 1, 1 }, { { 0, 11, 1, 1 }, 1, 1 },
        { { 5, 0, 4294967295u, 10 }, 1, 1 }, { { 0, 0, 0, 5 }, 1, 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(scale_down(&picture, &wrong[i].area, wrong[i].width,
                                    wrong[i].height, &small), -1);
        assert_null(small.rgb);
    }

    assert_int_equal(scale_plane_down(picture.rgb, 3, 3, picture.rgb, 4, 3),
                     -1);
    picture_free(&picture);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(whole_pixels),
        cmocka_unit_test(parts_of_pixels),
        cmocka_unit_test(a_part),
        cmocka_unit_test(keeps_the_mean),
        cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
