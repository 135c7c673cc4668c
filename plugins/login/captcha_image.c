/*
 * captcha_image.c - see captcha_image.h.
 *
 * libgd draws each digit turned and sized by chance; the whole is then bent
 * along two waves, crossed by strokes of the same ink and sprinkled with
 * dots.  The result is a palette of shades between one ink and one paper,
 * so that a PNG has about 3 KB.
 */

#include <math.h>
#include <string.h>

#include <gd.h>

#include "captcha_image.h"
#include "captcha_random.h"

#define WIDTH         220
#define HEIGHT        72
#define SHADES        16
#define STROKES       3
#define STROKE_STEPS  120
#define DOTS          260
#define MARGIN        12
#define MAX_TURN      0.38      /* radians: a 6 stays a 6 */


int
login_image_start(void)
{
    return gdFontCacheSetup();
}


void
login_image_stop(void)
{
    gdFontCacheShutdown();
}


void
login_image_free(void *png)
{
    if (png != NULL) {
        gdFree(png);
    }
}


/* White digits on black.  0, or -1. */
static int
draw_digits(gdImagePtr image, const char *font, const char *digits,
    captcha_random_t *random)
{
    int     x, y, ink, box[8];
    char    text[2] = "";
    double  size, turn, step;
    size_t  i, count = strlen(digits);

    ink = gdTrueColor(255, 255, 255);
    step = (double) (WIDTH - 2 * MARGIN) / (double) count;

    for (i = 0; i < count; i++) {
        text[0] = digits[i];
        size = captcha_random_between(random, 29, 37);
        turn = captcha_random_between(random, -MAX_TURN, MAX_TURN);
        x = (int) (MARGIN + step * (double) i
                   + captcha_random_between(random, -1, 5));
        y = (int) captcha_random_between(random, HEIGHT * 0.64,
                                         HEIGHT * 0.80);

        if (gdImageStringFT(image, box, ink, (char *) font, size, turn, x, y,
                            text) != NULL)
        {
            return -1;
        }
    }

    return 0;
}


/* Strokes of the digits' own ink, from edge to edge. */
static void
draw_strokes(gdImagePtr image, captcha_random_t *random)
{
    int     i, j, x, y, px, py, ink;
    double  base, height, phase, length;

    ink = gdTrueColor(255, 255, 255);

    for (i = 0; i < STROKES; i++) {
        base = captcha_random_between(random, HEIGHT * 0.2, HEIGHT * 0.8);
        height = captcha_random_between(random, 6, 18);
        phase = captcha_random_up_to(random, 2 * M_PI);
        length = captcha_random_between(random, 50, 140);
        px = 0;
        py = (int) (base + height * sin(phase));
        gdImageSetThickness(image, 1 + (int) (captcha_random(random) % 2));

        for (j = 1; j <= STROKE_STEPS; j++) {
            x = WIDTH * j / STROKE_STEPS;
            y = (int) (base + height * sin(phase + 2 * M_PI * x / length));
            gdImageLine(image, px, py, x, y, ink);
            px = x;
            py = y;
        }
    }
}


/* SHADES colours from paper to ink. */
static void
make_palette(gdImagePtr image, captcha_random_t *random)
{
    int  i, j, paper[3], ink[3], mixed[3];

    for (j = 0; j < 3; j++) {
        paper[j] = (int) captcha_random_between(random, 222, 252);
        ink[j] = (int) captcha_random_between(random, 15, 105);
    }

    for (i = 0; i < SHADES; i++) {
        for (j = 0; j < 3; j++) {
            mixed[j] = paper[j] + (ink[j] - paper[j]) * i / (SHADES - 1);
        }

        gdImageColorAllocate(image, mixed[0], mixed[1], mixed[2]);
    }
}


/* By how much each of count places is moved. */
static void
make_wave(int *wave, int count, double shortest, double longest,
    captcha_random_t *random)
{
    int     i;
    double  height, length, phase;

    height = captcha_random_between(random, 2.0, 4.5);
    length = captcha_random_between(random, shortest, longest);
    phase = captcha_random_up_to(random, 2 * M_PI);

    for (i = 0; i < count; i++) {
        wave[i] = (int) (height * sin(2 * M_PI * i / length + phase));
    }
}


/* Copies the drawing along two waves. */
static void
bend(gdImagePtr from, gdImagePtr to, captcha_random_t *random)
{
    int  x, y, sx, sy, shade, across[HEIGHT], along[WIDTH];

    make_wave(across, HEIGHT, 32, 58, random);
    make_wave(along, WIDTH, 45, 85, random);

    for (y = 0; y < HEIGHT; y++) {
        for (x = 0; x < WIDTH; x++) {
            sx = x + across[y];
            sy = y + along[x];
            shade = 0;

            if (sx >= 0 && sx < WIDTH && sy >= 0 && sy < HEIGHT) {
                shade = gdTrueColorGetGreen(gdImageTrueColorPixel(from, sx,
                                                                  sy));
            }

            gdImagePalettePixel(to, x, y) =
                (unsigned char) (shade * (SHADES - 1) / 255);
        }
    }
}


static void
sprinkle(gdImagePtr image, captcha_random_t *random)
{
    int  i, x, y;

    for (i = 0; i < DOTS; i++) {
        x = (int) (captcha_random(random) % WIDTH);
        y = (int) (captcha_random(random) % HEIGHT);
        gdImagePalettePixel(image, x, y) =
            (unsigned char) (captcha_random(random) % SHADES);
    }
}


void *
login_image_draw(const char *font, const char *digits, uint64_t seed,
    size_t *len)
{
    int               size = 0;
    void             *png = NULL;
    gdImagePtr        drawing, bent;
    captcha_random_t  random = { seed };

    drawing = gdImageCreateTrueColor(WIDTH, HEIGHT);
    bent = gdImageCreatePalette(WIDTH, HEIGHT);

    if (drawing != NULL && bent != NULL
        && draw_digits(drawing, font, digits, &random) == 0)
    {
        draw_strokes(drawing, &random);
        make_palette(bent, &random);
        bend(drawing, bent, &random);
        sprinkle(bent, &random);
        png = gdImagePngPtr(bent, &size);
    }

    if (drawing != NULL) {
        gdImageDestroy(drawing);
    }

    if (bent != NULL) {
        gdImageDestroy(bent);
    }

    *len = (size_t) size;

    return png;
}
