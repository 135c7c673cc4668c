/*
 * colours.h - what colour a set of samples has: for measure.c, and its tests.
 */

#ifndef MEDIA_COLOURS_H
#define MEDIA_COLOURS_H

#include "measure.h"

/*
 * Of count samples of red, green and blue.  The tenth that lies farthest from
 * the median of each channel counts for nothing.  Of no samples all is 0.
 */
void measure_colours(const uint8_t *samples, size_t count,
    const colour_limits_t *limits, colour_measure_t *measure);

#endif
