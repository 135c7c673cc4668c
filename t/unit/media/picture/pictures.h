/*
 * pictures.h - pictures and files of the tests of this folder.
 */

#ifndef MEDIA_PICTURES_H
#define MEDIA_PICTURES_H

#include "draw.h"
#include "jpeg_read.h"
#include "odd_jpeg.h"

/* Of one colour. */
picture_t flat_picture(unsigned width, unsigned height, paint_t paint);

/* Each pixel of its own, by its place. */
picture_t numbered_picture(unsigned width, unsigned height);

picture_t portrait_picture(const portrait_t *portrait);

const uint8_t *pixel_at(const picture_t *picture, unsigned x, unsigned y);

/* A good portrait of 300 * 420 in this kind of file. */
jpeg_file_t portrait_file(const odd_jpeg_t *kind);

/* The whole picture of what must be readable. */
photo_t read_file(const jpeg_file_t *file);

/* The same as a JPEG of that quality, read again. */
photo_t through_jpeg(const picture_t *picture, int quality);

#endif
