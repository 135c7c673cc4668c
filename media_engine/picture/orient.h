/*
 * orient.h - which way is up: Exif's orientations, and turning by hand.
 *
 * An orientation is Exif's (CIPA DC-008, tag 0x0112): where the first row and
 * the first column of what is stored belong in the upright picture.  1 is
 * upright, 2 mirrored, 3 upside down, 4 mirrored upside down, 5 transposed, 6
 * to be turned clockwise, 7 transposed along the other diagonal, 8 to be
 * turned counter-clockwise.
 *
 * Pure functions, for any thread.
 */

#ifndef MEDIA_ORIENT_H
#define MEDIA_ORIENT_H

#include "picture.h"

#define ORIENT_UPRIGHT  1
#define ORIENT_LAST     8

/* Whether width and height change places. */
int orient_swaps(unsigned orientation);

/*
 * The orientation that also turns the upright picture clockwise by 0, 90, 180
 * or 270 degrees; another number of degrees turns nothing.
 */
unsigned orient_turned(unsigned orientation, unsigned degrees);

/*
 * Puts rows of a stored picture, the first of which is its row y, where they
 * belong in the upright one.  The stored picture's size is the upright one's,
 * swapped if the orientation swaps.
 */
void orient_place(picture_t *upright, unsigned orientation, unsigned y,
    unsigned count, const uint8_t *rows);

#endif
