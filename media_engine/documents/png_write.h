/*
 * png_write.h - an image of cairo's (RGB24) as a PNG: what is shown on a page
 * of the web while it is waited for.  cairo's own writer looks for the
 * smallest file, which takes ten times as long as all the drawing.
 *
 * One thread.
 */

#ifndef MEDIA_PNG_WRITE_H
#define MEDIA_PNG_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* *bytes is by malloc(), also of what failed.  0, or -1 without memory. */
int png_write(const uint8_t *pixels, unsigned width, unsigned height,
    size_t stride, uint8_t **bytes, size_t *len);

#endif
