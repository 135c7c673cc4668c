/*
 * points.h - what a drawing says in millimetres and 0xrrggbb, as cairo takes
 * it.
 */

#ifndef MEDIA_POINTS_H
#define MEDIA_POINTS_H

#include <cairo.h>
#include <stdint.h>

/* Points of a millimetre. */
#define DRAW_MM  (72.0 / 25.4)


static inline void
draw_colour(cairo_t *cr, uint32_t colour)
{
    cairo_set_source_rgb(cr, (colour >> 16 & 0xff) / 255.0,
                         (colour >> 8 & 0xff) / 255.0,
                         (colour & 0xff) / 255.0);
}

#endif
