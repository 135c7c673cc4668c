/*
 * colours_test.c - the borders between names of colours, and what a set of
 * samples is called.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "colours.h"

typedef struct {
    int       red;
    int       green;
    int       blue;
    colour_t  colour;
} case_t;


static void
names(void **state)
{
    size_t  i;

    static const case_t  cases[] = {
        /* nominal prints */
        { 255, 0, 0, COLOUR_RED }, { 67, 142, 219, COLOUR_BLUE },
        { 0, 191, 243, COLOUR_BLUE }, { 255, 255, 255, COLOUR_WHITE },

        /* white: 215, and 25 apart */
        { 215, 215, 215, COLOUR_WHITE }, { 214, 215, 215, COLOUR_OTHER },
        { 215, 240, 220, COLOUR_WHITE }, { 215, 241, 220, COLOUR_OTHER },
        { 230, 255, 230, COLOUR_WHITE }, { 229, 255, 229, COLOUR_OTHER },

        /* red: hue 20 and 330 */
        { 240, 80, 0, COLOUR_RED }, { 240, 81, 0, COLOUR_OTHER },
        { 240, 0, 120, COLOUR_RED }, { 240, 0, 121, COLOUR_OTHER },

        /* its saturation: 0.45 */
        { 200, 110, 110, COLOUR_RED }, { 200, 111, 111, COLOUR_OTHER },

        /* blue: hue 180 and 260 */
        { 0, 240, 240, COLOUR_BLUE }, { 0, 240, 239, COLOUR_OTHER },
        { 80, 0, 240, COLOUR_BLUE }, { 81, 0, 240, COLOUR_OTHER },

        /* its saturation: 0.25 */
        { 150, 160, 200, COLOUR_BLUE }, { 151, 160, 200, COLOUR_OTHER },

        /* both: a value of 0.3 */
        { 77, 0, 0, COLOUR_RED }, { 76, 0, 0, COLOUR_OTHER },
        { 0, 0, 77, COLOUR_BLUE }, { 0, 0, 76, COLOUR_OTHER },

        { 0, 0, 0, COLOUR_OTHER }, { 128, 128, 128, COLOUR_OTHER },
        { 0, 255, 0, COLOUR_OTHER }, { 255, 255, 0, COLOUR_OTHER },
        { 255, 0, 255, COLOUR_OTHER }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (colour_of(&colour_limits, cases[i].red, cases[i].green,
                      cases[i].blue) != cases[i].colour)
        {
            fail_msg("%d,%d,%d is called %s", cases[i].red, cases[i].green,
                     cases[i].blue,
                     colour_name(colour_of(&colour_limits, cases[i].red,
                                           cases[i].green, cases[i].blue)));
        }
    }

    assert_string_equal(colour_name(COLOUR_MIXED), "mixed");
    assert_string_equal(colour_name(COLOURS), "other");
}


static void
other_limits(void **state)
{
    colour_limits_t  limits = colour_limits;

    (void) state;
    limits.white_least = 240;
    assert_int_equal(colour_of(&limits, 230, 230, 230), COLOUR_OTHER);
    limits.blue_from = 200;
    assert_int_equal(colour_of(&limits, 0, 191, 243), COLOUR_OTHER);
    limits.red_saturation = 0.8;
    assert_int_equal(colour_of(&limits, 200, 60, 60), COLOUR_OTHER);
}


/* count samples from at on. */
static void
fill(uint8_t *samples, size_t at, size_t count, int red, int green, int blue)
{
    for (samples += at * 3; count > 0; count--) {
        *samples++ = (uint8_t) red;
        *samples++ = (uint8_t) green;
        *samples++ = (uint8_t) blue;
    }
}


static void
samples(void **state)
{
    uint8_t           all[300];
    colour_measure_t  measure;

    (void) state;
    fill(all, 0, 100, 67, 142, 219);
    measure_colours(all, 100, &colour_limits, &measure);
    assert_int_equal(measure.colour, COLOUR_BLUE);
    assert_float_equal(measure.share, 1, 0);
    assert_float_equal(measure.uniformity, 0, 0);
    assert_float_equal(measure.red, 67, 0);
    assert_float_equal(measure.green, 142, 0);
    assert_float_equal(measure.blue, 219, 0);

    /* a tenth of hair counts for nothing */
    fill(all, 40, 10, 30, 20, 20);
    measure_colours(all, 100, &colour_limits, &measure);
    assert_float_equal(measure.share, 1, 0);
    assert_float_equal(measure.uniformity, 0, 0);

    /* two tenths: a ninth of what is kept */
    fill(all, 40, 20, 30, 20, 20);
    measure_colours(all, 100, &colour_limits, &measure);
    assert_int_equal(measure.colour, COLOUR_BLUE);
    assert_float_equal(measure.share, 80.0 / 90, 1e-9);
    assert_float_equal(measure.uniformity, (37 + 122 + 199) / 3.0 / 9, 1e-9);

    /* two thirds of another colour */
    fill(all, 0, 66, 255, 255, 255);
    fill(all, 66, 34, 255, 0, 0);
    measure_colours(all, 100, &colour_limits, &measure);
    assert_int_equal(measure.colour, COLOUR_WHITE);
    assert_float_equal(measure.share, 66.0 / 90, 1e-9);
}


/* Ten levels up, ten down: the mean distance is five, where the median is one
   of them, less the tenth. */
static void
uniformity(void **state)
{
    size_t            i;
    uint8_t           all[300];
    colour_measure_t  measure;

    (void) state;

    for (i = 0; i < 100; i++) {
        fill(all, i, 1, 200 + (int) i % 3 * 10, 0, 0);
    }

    measure_colours(all, 100, &colour_limits, &measure);
    assert_float_equal(measure.red, 210, 0);
    assert_float_equal(measure.uniformity, 57 * 10 / 3.0 / 90, 1e-9);
    assert_int_equal(measure.colour, COLOUR_RED);
}


static void
none_or_one(void **state)
{
    uint8_t           one[3] = { 255, 0, 0 };
    colour_measure_t  measure;

    (void) state;
    measure_colours(one, 0, &colour_limits, &measure);
    assert_int_equal(measure.colour, COLOUR_OTHER);
    assert_float_equal(measure.share, 0, 0);
    measure_colours(one, 1, &colour_limits, &measure);
    assert_int_equal(measure.colour, COLOUR_RED);
    assert_float_equal(measure.share, 1, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(other_limits),
        cmocka_unit_test(samples),
        cmocka_unit_test(uniformity),
        cmocka_unit_test(none_or_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
