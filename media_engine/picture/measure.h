/*
 * measure.h - what can be said of a photo without looking for faces.
 *
 * docs/media-engine.md defines each measure, docs/photo.md says how far each
 * can be trusted.  Nothing is judged here: what is too dark or too blurred is
 * the rules'.  Only what a colour is called needs limits (reference: common
 * practice of ID photos); they are arguments.
 *
 * Everything but the sizes is measured on the picture brought to a width of
 * MEASURE_WIDTH, if it is wider: so measures of large and small photos can be
 * compared, and a large one costs no more.
 *
 * Pure functions, for any thread.
 */

#ifndef MEDIA_MEASURE_H
#define MEDIA_MEASURE_H

#include "jpeg_read.h"

#define MEASURE_WIDTH  300

typedef enum {
    COLOUR_OTHER = 0,
    COLOUR_RED,
    COLOUR_BLUE,
    COLOUR_WHITE,
    COLOUR_MIXED,                       /* regions disagree */
    COLOURS
} colour_t;

enum {
    REGION_TOP_LEFT,
    REGION_TOP_RIGHT,
    REGION_LEFT,
    REGION_RIGHT,
    REGIONS
};

/* When a colour is called so.  Hues in degrees, saturation and value as in
   HSV, 0 to 1; white by its least and its most of red, green and blue. */
typedef struct {
    double  red_from;                   /* through 0 */
    double  red_to;
    double  red_saturation;
    double  blue_from;
    double  blue_to;
    double  blue_saturation;
    double  least_value;                /* of red and blue: what is darker is
                                           called black by everybody */
    int     white_least;
    int     white_spread;               /* most - least */
    double  grey_chroma;                /* under which a picture of three
                                           components is grey */
} colour_limits_t;

/* 330 to 20, 0.45; 180 to 260, 0.25; 0.3; 215, 25; 6 */
extern const colour_limits_t  colour_limits;

typedef struct {
    colour_t  colour;                   /* that of the most samples */
    double    share;                    /* of the samples: in that colour */
    double    uniformity;               /* mean distance from the median, in
                                           red, green and blue: 0 is flat */
    double    red;                      /* the median */
    double    green;
    double    blue;
} colour_measure_t;

typedef struct {
    struct {
        int     is_grey;
        double  chroma;
    } grey;

    struct {
        colour_measure_t  all;          /* of all regions together */
        colour_measure_t  regions[REGIONS];
    } background;

    double  sharpness;

    struct {
        double  mean;
        double  dark_share;
        double  bright_share;
    } brightness;
} measures_t;

/*
 * How to read a photo that is only measured: what measure() does with a
 * smaller picture it would have done with the larger one.
 */
extern const jpeg_want_t  measure_want;

/* 0, or -1 without memory.  limits NULL: colour_limits. */
int measure(const photo_t *photo, const colour_limits_t *limits,
    measures_t *measures);

colour_t colour_of(const colour_limits_t *limits, int red, int green,
    int blue);

/* "other", "red", "blue", "white", "mixed" */
const char *colour_name(colour_t colour);

/* "top_left", "top_right", "left", "right" */
const char *region_name(int region);

#endif
