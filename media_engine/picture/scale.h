/*
 * scale.h - a part of a picture, made smaller.
 *
 * Each pixel of the result is the mean of the area that it covers, pixels
 * that lie in it only partly counting by that part: nothing is invented, no
 * edge rings, and noise becomes less.  Never larger.
 *
 * Pure functions, for any thread.
 */

#ifndef MEDIA_SCALE_H
#define MEDIA_SCALE_H

#include "picture.h"

typedef struct {
    unsigned  left;
    unsigned  top;
    unsigned  width;
    unsigned  height;
} area_t;

/*
 * The area of from, which lies within it, in width * height pixels, which are
 * no more than the area's, into a new picture: 0, or -1 without memory or if
 * an argument is not as said.
 */
int scale_down(const picture_t *from, const area_t *area, unsigned width,
    unsigned height, picture_t *to);

/* The same for a plane: one byte for each pixel, into width * height bytes. */
int scale_plane_down(const uint8_t *from, unsigned from_width,
    unsigned from_height, uint8_t *to, unsigned width, unsigned height);

#endif
