/*
 * calibration_test.c - how often a background is called what it is, over
 * portraits that are drawn: the tables of docs/photo.md are its output (V=1).
 * What it asserts is what is said there.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "measure.h"
#include "pictures.h"

#define SHARE      0.85                 /* that the rules ask for */
#define QUALITIES  4                    /* 50, 65, 80, 95 */

typedef struct {
    const char  *name;
    paint_t      paint;
    colour_t     right;                 /* COLOUR_OTHER: to be refused */
} wall_t;

typedef struct {
    const char  *name;
    paint_t      light;
    double       noise;
    double       darker;                /* to a third of the height, a share */
    double       blotches;
    double       size;
} circumstance_t;

static const wall_t  walls[] = {
    { "red 255,0,0", { 255, 0, 0 }, COLOUR_RED },
    { "dark red 160,30,40", { 160, 30, 40 }, COLOUR_RED },
    { "blue 67,142,219", { 67, 142, 219 }, COLOUR_BLUE },
    { "light blue 0,191,243", { 0, 191, 243 }, COLOUR_BLUE },
    { "white 250,250,250", { 250, 250, 250 }, COLOUR_WHITE },
    { "white wall 232,230,225", { 232, 230, 225 }, COLOUR_WHITE },
    { "light grey 200,200,200", { 200, 200, 200 }, COLOUR_OTHER },
    { "cream 245,232,200", { 245, 232, 200 }, COLOUR_OTHER },
    { "beige 222,200,170", { 222, 200, 170 }, COLOUR_OTHER },
    { "green 96,168,104", { 96, 168, 104 }, COLOUR_OTHER },
    { "purple 140,70,170", { 140, 70, 170 }, COLOUR_OTHER },
    { "pink 240,180,200", { 240, 180, 200 }, COLOUR_OTHER },
    { "wood 150,105,70", { 150, 105, 70 }, COLOUR_OTHER },
    { "brick 150,80,60", { 150, 80, 60 }, COLOUR_OTHER },
    { "black 25,25,30", { 25, 25, 30 }, COLOUR_OTHER },
};

static const circumstance_t  circumstances[] = {
    { "plain", { 1, 1, 1 }, 2, 0, 0, 0.5 },
    { "noise 10", { 1, 1, 1 }, 10, 0, 0, 0.5 },
    { "noise 20", { 1, 1, 1 }, 20, 0, 0, 0.5 },
    { "warm", { 1.08, 1, 0.85 }, 3, 0, 0, 0.5 },
    { "cool", { 0.9, 1, 1.08 }, 3, 0, 0, 0.5 },
    { "dim", { 0.7, 0.7, 0.7 }, 4, 0, 0, 0.5 },
    { "bright", { 1.2, 1.2, 1.2 }, 3, 0, 0, 0.5 },
    { "gradient", { 1, 1, 1 }, 3, 0.2, 0, 0.5 },
    { "shadows", { 1, 1, 1 }, 3, 0, 50, 0.5 },
    { "near", { 1, 1, 1 }, 3, 0, 0, 0.66 },
};

#define WALLS          (sizeof(walls) / sizeof(walls[0]))
#define CIRCUMSTANCES  (sizeof(circumstances) / sizeof(circumstances[0]))


static picture_t
draw_case(const wall_t *wall, const circumstance_t *circumstance)
{
    double      part = 1 - circumstance->darker;
    portrait_t  portrait = good_portrait;

    portrait.width = 300;
    portrait.height = 420;
    portrait.background = wall->paint;
    portrait.gradient = circumstance->darker != 0;
    portrait.background_below = (paint_t) {
        wall->paint.red * part, wall->paint.green * part,
        wall->paint.blue * part
    };
    portrait.blotches = circumstance->blotches;
    portrait.light = circumstance->light;
    portrait.noise = circumstance->noise;
    portrait.person[0].size = circumstance->size;
    portrait.person[0].y = circumstance->size == 0.5 ? 0.47 : 0.52;

    return portrait_picture(&portrait);
}


/* In how many of the qualities the photo would be taken. */
static int
taken(const wall_t *wall, const circumstance_t *circumstance)
{
    int         quality, count = 0;
    photo_t     photo;
    colour_t    colour;
    picture_t   picture = draw_case(wall, circumstance);
    measures_t  measures;

    for (quality = 50; quality <= 95; quality += 15) {
        photo = through_jpeg(&picture, quality);
        assert_int_equal(measure(&photo, NULL, &measures), 0);
        colour = measures.background.all.colour;
        photo_free(&photo);

        count += colour != COLOUR_OTHER && colour != COLOUR_MIXED
                 && measures.background.all.share >= SHARE;
    }

    picture_free(&picture);

    return count;
}


static void
backgrounds(void **state)
{
    int     n, refused = 0, accepted = 0, rights = 0, wrongs = 0;
    size_t  i, j;

    (void) state;

#if defined(__SANITIZE_ADDRESS__)
    skip();                             /* measure_test has the same code */
#endif

    printf("| background |");

    for (j = 0; j < CIRCUMSTANCES; j++) {
        printf(" %s |", circumstances[j].name);
    }

    for (i = 0; i < WALLS; i++) {
        printf("\n| %s |", walls[i].name);

        for (j = 0; j < CIRCUMSTANCES; j++) {
            n = taken(&walls[i], &circumstances[j]);
            printf(" %d |", n * 100 / QUALITIES);

            if (walls[i].right == COLOUR_OTHER) {
                accepted += n;
                wrongs += QUALITIES;

            } else {
                refused += QUALITIES - n;
                rights += QUALITIES;
            }
        }
    }

    printf("\nrefused wrongly %d of %d, taken wrongly %d of %d\n", refused,
           rights, accepted, wrongs);
    assert_true(refused * 100 <= rights * 17);
    assert_true(accepted * 100 <= wrongs * 15);
}


/* ---- focus, light, greyness --------------------------------------------- */

static measures_t
measured(portrait_t portrait, int quality)
{
    photo_t     photo;
    picture_t   picture = portrait_picture(&portrait);
    measures_t  measures;

    photo = through_jpeg(&picture, quality);
    assert_int_equal(measure(&photo, NULL, &measures), 0);
    photo_free(&photo);
    picture_free(&picture);

    return measures;
}


/* The blur in shares of the width: the same picture in another size. */
static void
sharpness(void **state)
{
    size_t      i, j;
    double      value;
    portrait_t  portrait = good_portrait;

    static const unsigned  widths[] = { 300, 413, 600 };
    static const double    blurs[] = { 0, 0.0034, 0.0068, 0.0134, 0.02 };

    (void) state;
    printf("| blur, of the width | 300 | 413 | 600 | 600, q 50 | "
           "600, noise 10 |");

    for (j = 0; j < sizeof(blurs) / sizeof(blurs[0]); j++) {
        printf("\n| %.1f %% |", blurs[j] * 200);

        for (i = 0; i < 3; i++) {
            portrait.width = widths[i];
            portrait.height = widths[i] * 7 / 5;
            portrait.blur = (unsigned) (blurs[j] * widths[i] + 0.5);
            value = measured(portrait, 90).sharpness;
            printf(" %.0f |", value);
            assert_true(blurs[j] != 0 || value > 100);
            assert_true(blurs[j] < 0.0134 || value < 25);
        }

        portrait.width = 600;
        portrait.height = 840;
        portrait.blur = (unsigned) (blurs[j] * 600 + 0.5);
        printf(" %.0f |", measured(portrait, 50).sharpness);
        portrait.noise = 10;
        printf(" %.0f |", measured(portrait, 90).sharpness);
        portrait.noise = 2;
    }

    printf("\n");
}


/* Grey ones with what cameras add, coloured ones with little colour. */
static void
greyness(void **state)
{
    double      most = 0, least = 1e9, chroma;
    size_t      i;
    portrait_t  portrait;

    static const double  noises[] = { 0, 4, 8, 12 };
    static const double  fades[] = { 1, 0.85, 0.7 };

    (void) state;

    for (i = 0; i < 4; i++) {
        portrait = good_portrait;
        portrait.grey = 1;
        portrait.background = paint_white;
        portrait.noise = noises[i];
        chroma = measured(portrait, 60).grey.chroma;
        most = chroma > most ? chroma : most;

        /* a colour copy of a grey print, in not quite white light */
        portrait.light = (paint_t) { 1.02, 1, 0.98 };
        chroma = measured(portrait, 60).grey.chroma;
        most = chroma > most ? chroma : most;
    }

    for (i = 0; i < 3; i++) {
        portrait = good_portrait;
        portrait.background = paint_white;
        portrait.clothes = (paint_t) { 30, 30, 30 };
        portrait.person[0].size = 0.3 * fades[i];
        chroma = measured(portrait, 50).grey.chroma;
        least = chroma < least ? chroma : least;
    }

    printf("grey: at most %.1f, coloured: at least %.1f\n", most, least);
    assert_true(most < 6);
    assert_true(least > 12);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(backgrounds),
        cmocka_unit_test(sharpness),
        cmocka_unit_test(greyness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
