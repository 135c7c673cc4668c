/*
 * picture.h - a picture in memory: what is decoded, measured, changed and
 * encoded.
 *
 * Rows of RGB, 8 bits each, without gaps, upright.  Who makes one frees it
 * with picture_free(), which may be called twice.  One worker has one picture
 * or two at a time; all functions are for its one thread.
 */

#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#define PICTURE_CHANNELS  3

typedef struct {
    unsigned   width;
    unsigned   height;
    uint8_t   *rgb;                     /* width * height * 3 */
} picture_t;

/* 0, or -1 without memory. */
int picture_make(picture_t *picture, unsigned width, unsigned height);

void picture_free(picture_t *picture);

#endif
