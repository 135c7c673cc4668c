/*
 * measure_test.c - portraits of known colours, noise, focus and light, at the
 * qualities and sizes that photos come in.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pictures.h"
#include "measure.h"

#define WIDTH   300
#define HEIGHT  420


static portrait_t
description(void)
{
    portrait_t  portrait = good_portrait;

    portrait.width = WIDTH;
    portrait.height = HEIGHT;

    return portrait;
}


static measures_t
measured_photo(const photo_t *photo)
{
    measures_t  measures;

    assert_int_equal(measure(photo, NULL, &measures), 0);

    return measures;
}


/* Without a file in between. */
static measures_t
measured_picture(picture_t *picture)
{
    photo_t     photo;
    measures_t  measures;

    memset(&photo, 0, sizeof(photo_t));
    photo.picture = *picture;
    photo.components = 3;
    measures = measured_photo(&photo);
    picture_free(picture);

    return measures;
}


static measures_t
measured(const portrait_t *portrait)
{
    picture_t  picture = portrait_picture(portrait);

    return measured_picture(&picture);
}


/* ---- background --------------------------------------------------------- */

static void
is_of(const measures_t *measures, colour_t colour, double least_share)
{
    int  i;

    assert_string_equal(colour_name(measures->background.all.colour),
                        colour_name(colour));
    assert_true(measures->background.all.share >= least_share);

    for (i = 0; i < REGIONS; i++) {
        assert_int_equal(measures->background.regions[i].colour, colour);
    }
}


static const struct {
    const paint_t  *paint;
    colour_t        colour;
} prints[] = {
    { &paint_red, COLOUR_RED }, { &paint_blue, COLOUR_BLUE },
    { &paint_light_blue, COLOUR_BLUE }, { &paint_white, COLOUR_WHITE }
};


static void
qualities(void **state)
{
    int         quality;
    size_t      i;
    photo_t     photo;
    picture_t   picture;
    portrait_t  portrait = description();
    measures_t  measures;

    (void) state;
    portrait.noise = 3;

    for (i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
        portrait.background = *prints[i].paint;
        picture = portrait_picture(&portrait);

        for (quality = 50; quality <= 95; quality += 9) {
            photo = through_jpeg(&picture, quality);
            measures = measured_photo(&photo);
            is_of(&measures, prints[i].colour, 0.99);
            assert_float_equal(measures.background.all.red,
                               prints[i].paint->red, 5);
            assert_float_equal(measures.background.all.green,
                               prints[i].paint->green, 5);
            assert_float_equal(measures.background.all.blue,
                               prints[i].paint->blue, 5);
            assert_true(measures.background.all.uniformity < 4);
            assert_false(measures.grey.is_grey);
            photo_free(&photo);
        }

        picture_free(&picture);
    }
}


static void
noise(void **state)
{
    double      before = -1;
    size_t      i;
    portrait_t  portrait = description();
    measures_t  measures;

    (void) state;

    for (i = 0; i < 6; i++) {
        portrait.noise = (double) i * 5;
        measures = measured(&portrait);
        is_of(&measures, COLOUR_BLUE, 0.97);
        assert_true(measures.background.all.uniformity > before);
        before = measures.background.all.uniformity;
    }

    /* the mean distance of normal noise is 0.8 of its deviation, less what
       the farthest tenth had */
    assert_float_equal(before, 25 * 0.7, 4);
}


/* From top to bottom each region is uneven; from one side to the other only
   all of them are. */
static void
gradients(void **state)
{
    unsigned    x, y;
    picture_t   picture;
    portrait_t  portrait = description();
    measures_t  measures;

    (void) state;
    portrait.noise = 0;
    portrait.gradient = 1;
    portrait.background_below = (paint_t) { 37, 92, 149 };
    measures = measured(&portrait);
    is_of(&measures, COLOUR_BLUE, 1);
    assert_true(measures.background.regions[REGION_LEFT].uniformity > 3);
    assert_true(measures.background.all.uniformity > 9);

    picture = flat_picture(WIDTH, HEIGHT, paint_white);

    for (y = 0; y < HEIGHT; y++) {
        for (x = 0; x < WIDTH / 2; x++) {
            memset(picture.rgb + (y * WIDTH + x) * 3, 220, 3);
        }
    }

    measures = measured_picture(&picture);
    is_of(&measures, COLOUR_WHITE, 1);
    assert_float_equal(measures.background.regions[0].uniformity, 0, 0);
    assert_true(measures.background.all.uniformity > 10);
}


static void
mixed(void **state)
{
    int         i;
    unsigned    x, y;
    picture_t   picture;
    measures_t  measures;

    (void) state;
    picture = flat_picture(WIDTH, HEIGHT, paint_blue);

    for (y = 0; y < HEIGHT / 6; y++) {
        for (x = 240; x < WIDTH; x++) {
            memset(picture.rgb + (y * WIDTH + x) * 3, 255, 3);
        }
    }

    measures = measured_picture(&picture);
    assert_int_equal(measures.background.all.colour, COLOUR_MIXED);

    for (i = 0; i < REGIONS; i++) {
        assert_int_equal(measures.background.regions[i].colour,
                         i == REGION_TOP_RIGHT ? COLOUR_WHITE : COLOUR_BLUE);
        assert_true(region_name(i)[0] != '\0');
    }

    assert_string_equal(region_name(REGIONS), "");
}


/* Nothing but the four regions: what is black elsewhere is not seen. */
static void
regions(void **state)
{
    unsigned    x, y;
    picture_t   picture;
    measures_t  measures;

    (void) state;
    picture = flat_picture(WIDTH, HEIGHT, paint_white);

    for (y = 0; y < HEIGHT; y++) {
        for (x = 0; x < WIDTH; x++) {
            if (y >= 140 || (x >= 60 && x < 240)
                || (y >= 70 && x >= 30 && x < 270))
            {
                memset(picture.rgb + (y * WIDTH + x) * 3, 0, 3);
            }
        }
    }

    measures = measured_picture(&picture);
    is_of(&measures, COLOUR_WHITE, 1);
    assert_float_equal(measures.background.all.uniformity, 0, 0);
}


/* ---- the others --------------------------------------------------------- */

static void
grey(void **state)
{
    int          quality;
    photo_t      photo;
    picture_t    picture;
    portrait_t   portrait = description();
    odd_jpeg_t   kind = { .colour = ODD_GREY };
    measures_t   measures;
    jpeg_file_t  file = portrait_file(&kind);

    colour_limits_t  limits = colour_limits;

    (void) state;
    photo = read_file(&file);
    assert_true(measured_photo(&photo).grey.is_grey);

    /* what has one component is, whatever the limit */
    limits.grey_chroma = 0;
    assert_int_equal(measure(&photo, &limits, &measures), 0);
    assert_true(measures.grey.is_grey);
    photo.components = 3;
    assert_int_equal(measure(&photo, &limits, &measures), 0);
    assert_false(measures.grey.is_grey);
    photo_free(&photo);
    jpeg_file_free(&file);

    portrait.grey = 1;
    portrait.noise = 8;
    picture = portrait_picture(&portrait);

    for (quality = 50; quality <= 95; quality += 15) {
        photo = through_jpeg(&picture, quality);
        measures = measured_photo(&photo);
        assert_true(measures.grey.is_grey);
        assert_true(measures.grey.chroma < 2);
        photo_free(&photo);
    }

    picture_free(&picture);

    /* somebody far away, before a white wall, in black */
    portrait = description();
    portrait.background = paint_white;
    portrait.clothes = (paint_t) { 20, 20, 20 };
    portrait.person[0].size = 0.28;
    measures = measured(&portrait);
    assert_false(measures.grey.is_grey);
    assert_true(measures.grey.chroma > 15);
}


static void
sharpness(void **state)
{
    double      before = 1e9;
    portrait_t  portrait = description();
    measures_t  measures;

    (void) state;
    portrait.noise = 0;

    for (portrait.blur = 0; portrait.blur < 6; portrait.blur++) {
        measures = measured(&portrait);
        assert_true(measures.sharpness < before * 0.8);
        before = measures.sharpness;
    }

    assert_true(before < 10);
}


/* A checkerboard: every neighbour is 255 away, so the Laplacian is 4 * 255 up
   or down. */
static void
sharpest(void **state)
{
    unsigned    x, y;
    picture_t   picture = flat_picture(100, 100, (paint_t) { 0, 0, 0 });
    measures_t  measures;

    (void) state;

    for (y = 0; y < 100; y++) {
        for (x = y & 1; x < 100; x += 2) {
            memset(picture.rgb + (y * 100 + x) * 3, 255, 3);
        }
    }

    measures = measured_picture(&picture);
    assert_float_equal(measures.sharpness, 1020.0 * 1020, 1);
    picture = flat_picture(100, 100, paint_blue);
    measures = measured_picture(&picture);
    assert_float_equal(measures.sharpness, 0, 0);
}


/* Stripes of a pixel, which a width of 300 cannot show. */
static void
sharpness_at_one_width(void **state)
{
    unsigned    x, y;
    picture_t   picture;
    measures_t  measures;

    (void) state;
    picture = flat_picture(598, 100, (paint_t) { 0, 0, 0 });

    for (y = 0; y < 100; y++) {
        for (x = 0; x < 598; x += 2) {
            memset(picture.rgb + (y * 598 + x) * 3, 255, 3);
        }
    }

    measures = measured_picture(&picture);
    assert_true(measures.sharpness < 1000);
}


/* The wall may be as sharp as it likes. */
static void
sharpness_of_the_middle(void **state)
{
    unsigned    x, y;
    picture_t   picture = flat_picture(400, 400, paint_white);
    measures_t  measures;

    (void) state;

    for (y = 0; y < 90; y++) {
        for (x = y & 1; x < 400; x += 2) {
            memset(picture.rgb + (y * 400 + x) * 3, 0, 3);
        }
    }

    measures = measured_picture(&picture);
    assert_float_equal(measures.sharpness, 0, 0);
}


static void
brightness(void **state)
{
    picture_t   picture;
    portrait_t  portrait = description();
    measures_t  normal, dark, bright;

    (void) state;
    picture = flat_picture(WIDTH, HEIGHT, (paint_t) { 39, 39, 39 });
    dark = measured_picture(&picture);
    assert_float_equal(dark.brightness.mean, 39, 0);
    assert_float_equal(dark.brightness.dark_share, 1, 0);
    picture = flat_picture(WIDTH, HEIGHT, (paint_t) { 40, 40, 40 });
    assert_float_equal(measured_picture(&picture).brightness.dark_share, 0, 0);
    picture = flat_picture(WIDTH, HEIGHT, (paint_t) { 235, 235, 235 });
    assert_float_equal(measured_picture(&picture).brightness.bright_share, 0,
                       0);
    picture = flat_picture(WIDTH, HEIGHT, (paint_t) { 236, 236, 236 });
    assert_float_equal(measured_picture(&picture).brightness.bright_share, 1,
                       0);

    normal = measured(&portrait);
    portrait.offset = -60;
    dark = measured(&portrait);
    portrait.offset = 60;
    bright = measured(&portrait);
    assert_true(dark.brightness.mean < normal.brightness.mean - 45);
    assert_true(bright.brightness.mean > normal.brightness.mean + 45);
    assert_true(dark.brightness.dark_share > normal.brightness.dark_share);
    assert_true(bright.brightness.bright_share
                > normal.brightness.bright_share);
}


/* ---- sizes -------------------------------------------------------------- */

static void
same(const measures_t *a, const measures_t *b, double part)
{
    assert_int_equal(a->background.all.colour, b->background.all.colour);
    assert_float_equal(a->background.all.share, b->background.all.share, .01);
    assert_float_equal(a->background.all.uniformity,
                       b->background.all.uniformity, 0.6);
    assert_float_equal(a->background.all.red, b->background.all.red, 2);
    assert_float_equal(a->background.all.blue, b->background.all.blue, 2);
    assert_float_equal(a->grey.chroma, b->grey.chroma, 2.5);
    assert_float_equal(a->brightness.mean, b->brightness.mean, 1);
    assert_float_equal(a->brightness.dark_share, b->brightness.dark_share,
                       0.01);
    assert_float_equal(a->brightness.bright_share,
                       b->brightness.bright_share, 0.01);
    assert_float_equal(a->sharpness, b->sharpness, part * b->sharpness);
}


/* What the decoder makes smaller is measured as what we make smaller. */
static void
smaller(void **state)
{
    size_t       i;
    photo_t      whole, part;
    picture_t    picture;
    portrait_t   portrait = good_portrait;
    measures_t   all, some;
    jpeg_file_t  file;

    static const unsigned  widths[] = { 600, 413, 840, 1200 };

    (void) state;
    portrait.noise = 4;

    for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        portrait.width = widths[i];
        portrait.height = widths[i] * 7 / 5;
        picture = portrait_picture(&portrait);
        assert_int_equal(jpeg_write(&picture, 85, 0, &file), JPEG_WRITE_OK);
        picture_free(&picture);

        whole = read_file(&file);
        assert_int_equal(jpeg_read(file.data, file.size, &measure_want,
                                   &part), JPEG_READ_OK);
        assert_int_equal(part.shrunk, widths[i] >= 1200 ? 4
                                      : widths[i] >= 600 ? 2 : 1);
        all = measured_photo(&whole);
        some = measured_photo(&part);
        same(&some, &all, 0.15);
        photo_free(&whole);
        photo_free(&part);
        jpeg_file_free(&file);
    }
}


/* Also of what is hardly a picture. */
static void
tiny(void **state)
{
    unsigned    width, height;
    picture_t   picture;
    measures_t  measures;

    (void) state;

    for (width = 1; width < 12; width++) {
        for (height = 1; height < 12; height++) {
            picture = flat_picture(width, height, paint_red);
            measures = measured_picture(&picture);
            is_of(&measures, COLOUR_RED, 1);
        }
    }

    picture = flat_picture(5000, 1, paint_red);
    measures = measured_picture(&picture);
    is_of(&measures, COLOUR_RED, 1);
    picture = flat_picture(1, 5000, paint_red);
    measures = measured_picture(&picture);
    is_of(&measures, COLOUR_RED, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(qualities),
        cmocka_unit_test(noise),
        cmocka_unit_test(gradients),
        cmocka_unit_test(mixed),
        cmocka_unit_test(regions),
        cmocka_unit_test(grey),
        cmocka_unit_test(sharpness),
        cmocka_unit_test(sharpest),
        cmocka_unit_test(sharpness_at_one_width),
        cmocka_unit_test(sharpness_of_the_middle),
        cmocka_unit_test(brightness),
        cmocka_unit_test(smaller),
        cmocka_unit_test(tiny),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
