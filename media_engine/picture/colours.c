/*
 * colours.c - what a colour is called, and what colour a set of samples has;
 * see measure.h.
 */

#include <stdlib.h>
#include <string.h>

#include "colours.h"

#define LEVELS     256
#define DISTANCES  (PICTURE_CHANNELS * (LEVELS - 1) + 1)
#define KEPT       0.9                  /* the tenth that is farthest: hair,
                                           a hat, an edge of the paper */
#define CIRCLE     360

const colour_limits_t  colour_limits = {
    330, 20, 0.45, 180, 260, 0.25, 0.3, 215, 25, 6
};


/* ---- names -------------------------------------------------------------- */

/* Of HSV, in degrees; what has no hue is not asked for it. */
static double
hue_of(int red, int green, int blue, int most, int spread)
{
    double  hue;

    if (most == red) {
        hue = 60.0 * (green - blue) / spread;

    } else if (most == green) {
        hue = 120 + 60.0 * (blue - red) / spread;

    } else {
        hue = 240 + 60.0 * (red - green) / spread;
    }

    return hue < 0 ? hue + CIRCLE : hue;
}


static int
hue_between(double hue, double from, double to)
{
    return from <= to ? hue >= from && hue <= to : hue >= from || hue <= to;
}


colour_t
colour_of(const colour_limits_t *limits, int red, int green, int blue)
{
    int     most, least, spread;
    double  hue;

    most = red > green ? red : green;
    most = most > blue ? most : blue;
    least = red < green ? red : green;
    least = least < blue ? least : blue;
    spread = most - least;

    if (least >= limits->white_least && spread <= limits->white_spread) {
        return COLOUR_WHITE;
    }

    if (spread == 0 || most < limits->least_value * (LEVELS - 1)) {
        return COLOUR_OTHER;
    }

    hue = hue_of(red, green, blue, most, spread);

    if (spread >= limits->red_saturation * most
        && hue_between(hue, limits->red_from, limits->red_to))
    {
        return COLOUR_RED;
    }

    return spread >= limits->blue_saturation * most
           && hue_between(hue, limits->blue_from, limits->blue_to)
           ? COLOUR_BLUE : COLOUR_OTHER;
}


const char *
colour_name(colour_t colour)
{
    static const char *const  names[COLOURS] = {
        "other", "red", "blue", "white", "mixed"
    };

    return colour < COLOURS ? names[colour] : names[COLOUR_OTHER];
}


/* ---- a set of samples --------------------------------------------------- */

static int
median(const uint8_t *samples, size_t count, int channel)
{
    int     level;
    size_t  i, below = 0, levels[LEVELS] = { 0 };

    for (i = 0; i < count; i++) {
        levels[samples[i * PICTURE_CHANNELS + (size_t) channel]]++;
    }

    for (level = 0; level < LEVELS - 1; level++) {
        below += levels[level];

        if (below * 2 >= count) {
            break;
        }
    }

    return level;
}


static int
distance(const uint8_t *sample, const int *middle)
{
    return abs(sample[0] - middle[0]) + abs(sample[1] - middle[1])
           + abs(sample[2] - middle[2]);
}


/* Up to which distance all are kept, and how many of those that are just
   beyond it. */
static int
cut(const uint8_t *samples, size_t count, const int *middle, size_t *beyond)
{
    int     at;
    size_t  i, kept, numbers[DISTANCES] = { 0 };

    for (i = 0; i < count; i++) {
        numbers[distance(samples + i * PICTURE_CHANNELS, middle)]++;
    }

    kept = (size_t) ((double) count * KEPT + 0.5);

    for (at = 0; at < DISTANCES && numbers[at] <= kept; at++) {
        kept -= numbers[at];
    }

    *beyond = kept;

    return at;
}


static colour_t
most_of(const size_t *counts)
{
    colour_t  colour, found = COLOUR_OTHER;

    for (colour = COLOUR_OTHER; colour < COLOUR_MIXED; colour++) {
        if (counts[colour] > counts[found]) {
            found = colour;
        }
    }

    return found;
}


void
measure_colours(const uint8_t *samples, size_t count,
    const colour_limits_t *limits, colour_measure_t *measure)
{
    int             at, far, middle[PICTURE_CHANNELS];
    size_t          i, beyond, kept = 0, counts[COLOURS] = { 0 };
    double          sum = 0;
    const uint8_t  *sample;

    memset(measure, 0, sizeof(colour_measure_t));

    for (i = 0; i < PICTURE_CHANNELS; i++) {
        middle[i] = median(samples, count, (int) i);
    }

    at = cut(samples, count, middle, &beyond);

    for (i = 0; i < count; i++) {
        sample = samples + i * PICTURE_CHANNELS;
        far = distance(sample, middle);

        if (far > at || (far == at && beyond == 0)) {
            continue;
        }

        beyond -= far == at;
        sum += far;
        counts[colour_of(limits, sample[0], sample[1], sample[2])]++;
        kept++;
    }

    measure->red = middle[0];
    measure->green = middle[1];
    measure->blue = middle[2];

    if (kept > 0) {
        measure->colour = most_of(counts);
        measure->share = (double) counts[measure->colour] / (double) kept;
        measure->uniformity = sum / PICTURE_CHANNELS / (double) kept;
    }
}
