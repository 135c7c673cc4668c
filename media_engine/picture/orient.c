/*
 * orient.c - see orient.h.
 *
 * A stored row becomes a row or a column of the upright picture, from one end
 * or the other: that is all that an orientation says.
 */

#include <stddef.h>
#include <string.h>

#include "orient.h"

#define TURNS  4

typedef struct {
    unsigned  swaps:1;                  /* rows become columns */
    unsigned  from_right:1;             /* in the upright picture */
    unsigned  from_bottom:1;
} way_t;

static const way_t  ways[ORIENT_LAST + 1] = {
    { 0, 0, 0 },
    { 0, 0, 0 }, { 0, 1, 0 }, { 0, 1, 1 }, { 0, 0, 1 },
    { 1, 0, 0 }, { 1, 1, 0 }, { 1, 1, 1 }, { 1, 0, 1 }
};


int
orient_swaps(unsigned orientation)
{
    return orientation <= ORIENT_LAST && ways[orientation].swaps;
}


unsigned
orient_turned(unsigned orientation, unsigned degrees)
{
    unsigned  i, j;

    /* each turned by 90 degrees is the next one */
    static const uint8_t  circles[2][TURNS] = {
        { 1, 6, 3, 8 }, { 2, 7, 4, 5 }
    };

    for (i = 0; i < 2; i++) {
        for (j = 0; j < TURNS; j++) {
            if (circles[i][j] == orientation && degrees % 90 == 0) {
                return circles[i][(j + degrees / 90) % TURNS];
            }
        }
    }

    return orientation;
}


static void
place_row(picture_t *upright, way_t way, unsigned y, const uint8_t *row)
{
    unsigned  x;
    uint8_t  *to;

    y = way.from_bottom ? upright->height - 1 - y : y;
    to = upright->rgb + (size_t) y * upright->width * PICTURE_CHANNELS;

    if (!way.from_right) {
        memcpy(to, row, (size_t) upright->width * PICTURE_CHANNELS);
        return;
    }

    for (x = upright->width; x > 0; x--) {
        memcpy(to + (size_t) (x - 1) * PICTURE_CHANNELS, row,
               PICTURE_CHANNELS);
        row += PICTURE_CHANNELS;
    }
}


/* All rows at once: their pixels are neighbours in the columns' rows. */
static void
place_columns(picture_t *upright, way_t way, unsigned y, unsigned count,
    const uint8_t *rows)
{
    size_t          stored = (size_t) upright->height * PICTURE_CHANNELS;
    uint8_t        *line, *to;
    unsigned        i, x, at;
    const uint8_t  *from;

    for (x = 0; x < upright->height; x++) {
        at = way.from_bottom ? upright->height - 1 - x : x;
        line = upright->rgb + (size_t) at * upright->width * PICTURE_CHANNELS;
        from = rows + (size_t) x * PICTURE_CHANNELS;

        for (i = 0; i < count; i++) {
            at = way.from_right ? upright->width - 1 - y - i : y + i;
            to = line + (size_t) at * PICTURE_CHANNELS;
            memcpy(to, from, PICTURE_CHANNELS);
            from += stored;
        }
    }
}


void
orient_place(picture_t *upright, unsigned orientation, unsigned y,
    unsigned count, const uint8_t *rows)
{
    way_t     way = ways[orientation <= ORIENT_LAST ? orientation : 0];
    unsigned  i;

    if (way.swaps) {
        place_columns(upright, way, y, count, rows);
        return;
    }

    for (i = 0; i < count; i++) {
        place_row(upright, way, y + i, rows);
        rows += (size_t) upright->width * PICTURE_CHANNELS;
    }
}
