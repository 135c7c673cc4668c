/*
 * measure.c - see measure.h.
 *
 * A picture that was read in full is made smaller first, as the decoder would
 * have done, so that all costs what 300 to 599 columns cost.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colours.h"
#include "measure.h"
#include "scale.h"

#define FINE       150                  /* samples of the background: so many
                                           across */
#define COARSE     75                   /* those of chroma */
#define GREY       128                  /* of Cb and Cr */
#define COLOURED   0.02                 /* of all samples */
#define CHROMA_FINE   8                 /* steps of a level */
#define CHROMA_STEPS  (184 * CHROMA_FINE)   /* 128 * sqrt(2), and some */
#define DARK       40                   /* luma of what has no drawing left,  */
#define BRIGHT     235                  /*   of an office printer's and a
                                             screen's point of view */

/* The upper third without its middle: corners, and strips below them. */
#define CORNER_WIDTH   5                /* a fifth */
#define CORNER_HEIGHT  6
#define STRIP_WIDTH    10
#define STRIP_END      3

const jpeg_want_t  measure_want = { NULL, 0, MEASURE_WIDTH, 1 };


const char *
region_name(int region)
{
    static const char *const  names[REGIONS] = {
        "top_left", "top_right", "left", "right"
    };

    return region >= 0 && region < REGIONS ? names[region] : "";
}


/* ---- background --------------------------------------------------------- */

static unsigned
one_at_least(unsigned n)
{
    return n == 0 ? 1 : n;
}


static area_t
region_area(const picture_t *picture, int region)
{
    area_t  area;

    if (region == REGION_TOP_LEFT || region == REGION_TOP_RIGHT) {
        area.top = 0;
        area.width = one_at_least(picture->width / CORNER_WIDTH);
        area.height = one_at_least(picture->height / CORNER_HEIGHT);

    } else {
        area.top = picture->height / CORNER_HEIGHT;
        area.width = one_at_least(picture->width / STRIP_WIDTH);
        area.height = one_at_least(picture->height / STRIP_END - area.top);
    }

    area.left = region == REGION_TOP_LEFT || region == REGION_LEFT
                ? 0 : picture->width - area.width;

    return area;
}


static size_t
take_samples(const picture_t *picture, const area_t *area, unsigned step,
    uint8_t *samples)
{
    size_t          count = 0;
    unsigned        x, y;
    const uint8_t  *row;

    for (y = area->top; y < area->top + area->height; y += step) {
        row = picture->rgb + (size_t) y * picture->width * PICTURE_CHANNELS;

        for (x = area->left; x < area->left + area->width; x += step) {
            memcpy(samples + count * PICTURE_CHANNELS,
                   row + (size_t) x * PICTURE_CHANNELS, PICTURE_CHANNELS);
            count++;
        }
    }

    return count;
}


static int
measure_background(const picture_t *picture, const colour_limits_t *limits,
    measures_t *measures)
{
    int        i;
    area_t     area;
    size_t     all = 0, count;
    uint8_t   *samples;
    unsigned   step = one_at_least(picture->width / FINE);
    colour_t   colour = COLOUR_OTHER;

    colour_measure_t  *regions = measures->background.regions;

    samples = malloc((size_t) picture->width * picture->height
                     * PICTURE_CHANNELS + PICTURE_CHANNELS * REGIONS);

    if (samples == NULL) {
        return -1;
    }

    for (i = 0; i < REGIONS; i++) {
        area = region_area(picture, i);
        count = take_samples(picture, &area, step,
                             samples + all * PICTURE_CHANNELS);
        measure_colours(samples + all * PICTURE_CHANNELS, count, limits,
                        &regions[i]);
        all += count;
        colour = i == 0 || regions[i].colour == colour ? regions[i].colour
                                                       : COLOUR_MIXED;
    }

    measure_colours(samples, all, limits, &measures->background.all);

    if (colour == COLOUR_MIXED) {
        measures->background.all.colour = COLOUR_MIXED;
    }

    free(samples);

    return 0;
}


/* ---- chroma ------------------------------------------------------------- */

/* ITU-R BT.601, as JFIF has it. */
static double
chroma_of(const uint8_t *sample)
{
    double  red = sample[0], green = sample[1], blue = sample[2], cb, cr;

    cb = -0.1687 * red - 0.3313 * green + 0.5 * blue;
    cr = 0.5 * red - 0.4187 * green - 0.0813 * blue;

    return sqrt(cb * cb + cr * cr);
}


/* The least that COLOURED of the samples reach: a face before a white wall is
   little of the picture, and its mean would hardly tell it from none. */
static double
chroma_reached(const size_t *steps, size_t count)
{
    int     step;
    size_t  above = 0;

    for (step = CHROMA_STEPS - 1; step > 0; step--) {
        above += steps[step];

        if ((double) above >= (double) count * COLOURED) {
            break;
        }
    }

    return (double) step / CHROMA_FINE;
}


static void
measure_grey(const photo_t *photo, const picture_t *picture,
    const colour_limits_t *limits, measures_t *measures)
{
    size_t          count = 0, steps[CHROMA_STEPS] = { 0 };
    unsigned        x, y, step = one_at_least(picture->width / COARSE);
    const uint8_t  *row;

    for (y = 0; y < picture->height; y += step) {
        row = picture->rgb + (size_t) y * picture->width * PICTURE_CHANNELS;

        for (x = 0; x < picture->width; x += step) {
            steps[(size_t) (chroma_of(row + (size_t) x * PICTURE_CHANNELS)
                            * CHROMA_FINE)]++;
            count++;
        }
    }

    measures->grey.chroma = chroma_reached(steps, count);
    measures->grey.is_grey = photo->components == 1
                             || measures->grey.chroma < limits->grey_chroma;
}


/* ---- luma --------------------------------------------------------------- */

typedef struct {
    uint8_t   *luma;
    unsigned   width;
    unsigned   height;
} plane_t;


/* ITU-R BT.601 in 256ths. */
static uint8_t
luma_of(const uint8_t *sample)
{
    return (uint8_t) ((77 * sample[0] + 150 * sample[1] + 29 * sample[2]
                       + 128) >> 8);
}


/* The middle half of the picture, each way: of a photo, the face. */
static int
take_luma(const picture_t *picture, plane_t *plane)
{
    uint8_t        *to;
    unsigned        x, y;
    const uint8_t  *from;

    plane->width = one_at_least(picture->width / 2);
    plane->height = one_at_least(picture->height / 2);
    plane->luma = malloc((size_t) plane->width * plane->height);

    if (plane->luma == NULL) {
        return -1;
    }

    to = plane->luma;

    for (y = 0; y < plane->height; y++) {
        from = picture->rgb
               + ((size_t) (picture->height / 4 + y) * picture->width
                  + picture->width / 4) * PICTURE_CHANNELS;

        for (x = 0; x < plane->width; x++) {
            *to++ = luma_of(from);
            from += PICTURE_CHANNELS;
        }
    }

    return 0;
}


static void
measure_brightness(const plane_t *plane, measures_t *measures)
{
    int       level;
    double    sum = 0;
    size_t    i, count = (size_t) plane->width * plane->height;
    size_t    dark = 0, bright = 0, levels[UINT8_MAX + 1] = { 0 };

    for (i = 0; i < count; i++) {
        levels[plane->luma[i]]++;
    }

    for (level = 0; level <= UINT8_MAX; level++) {
        sum += (double) levels[level] * level;
        dark += level < DARK ? levels[level] : 0;
        bright += level > BRIGHT ? levels[level] : 0;
    }

    measures->brightness.mean = sum / (double) count;
    measures->brightness.dark_share = (double) dark / (double) count;
    measures->brightness.bright_share = (double) bright / (double) count;
}


/* Of width * height values, the outermost left out: they have no
   neighbours. */
static double
laplacian_variance(const uint8_t *luma, unsigned width, unsigned height)
{
    long            value;
    int64_t         sum = 0, squares = 0;
    double          mean, count;
    unsigned        x, y;
    const uint8_t  *p;

    if (width < 3 || height < 3) {
        return 0;
    }

    for (y = 1; y + 1 < height; y++) {
        p = luma + (size_t) y * width + 1;

        for (x = 1; x + 1 < width; x++, p++) {
            value = p[-1] + p[1] + *(p - width) + p[width] - 4 * *p;
            sum += value;
            squares += value * value;
        }
    }

    count = (double) (width - 2) * (height - 2);
    mean = (double) sum / count;

    return (double) squares / count - mean * mean;
}


static int
measure_sharpness(const picture_t *picture, const plane_t *plane,
    measures_t *measures)
{
    double     ratio = (double) MEASURE_WIDTH / picture->width;
    plane_t    small;

    if (ratio >= 1) {
        measures->sharpness = laplacian_variance(plane->luma, plane->width,
                                                 plane->height);
        return 0;
    }

    small.width = one_at_least((unsigned) (plane->width * ratio + 0.5));
    small.height = one_at_least((unsigned) (plane->height * ratio + 0.5));
    small.luma = malloc((size_t) small.width * small.height);

    if (small.luma == NULL
        || scale_plane_down(plane->luma, plane->width, plane->height,
                            small.luma, small.width, small.height) != 0)
    {
        free(small.luma);
        return -1;
    }

    measures->sharpness = laplacian_variance(small.luma, small.width,
                                             small.height);
    free(small.luma);

    return 0;
}


/* ---- all ---------------------------------------------------------------- */

static int
measure_picture(const photo_t *photo, const picture_t *picture,
    const colour_limits_t *limits, measures_t *measures)
{
    int      failed;
    plane_t  plane;

    measure_grey(photo, picture, limits, measures);

    if (measure_background(picture, limits, measures) != 0
        || take_luma(picture, &plane) != 0)
    {
        return -1;
    }

    measure_brightness(&plane, measures);
    failed = measure_sharpness(picture, &plane, measures);
    free(plane.luma);

    return failed;
}


int
measure(const photo_t *photo, const colour_limits_t *limits,
    measures_t *measures)
{
    int               failed;
    area_t            all = { 0, 0, 0, 0 };
    unsigned          by;
    picture_t         small;
    const picture_t  *picture = &photo->picture;

    memset(measures, 0, sizeof(measures_t));
    limits = limits == NULL ? &colour_limits : limits;

    for (by = 1; by * 2 <= 8; by *= 2) {
        if ((picture->width + by * 2 - 1) / (by * 2) < MEASURE_WIDTH) {
            break;
        }
    }

    if (by == 1) {
        return measure_picture(photo, picture, limits, measures);
    }

    all.width = picture->width;
    all.height = picture->height;

    if (scale_down(picture, &all, (picture->width + by - 1) / by,
                   (picture->height + by - 1) / by, &small) != 0)
    {
        return -1;
    }

    failed = measure_picture(photo, &small, limits, measures);
    picture_free(&small);

    return failed;
}
