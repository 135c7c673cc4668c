/*
 * jpeg_write.h - a picture as a JPEG: baseline, JFIF, without any metadata.
 *
 * Who has one written frees it with jpeg_file_free().  One thread; nothing is
 * kept between calls.
 */

#ifndef MEDIA_JPEG_WRITE_H
#define MEDIA_JPEG_WRITE_H

#include "picture.h"

#define JPEG_QUALITY_LEAST    1
#define JPEG_QUALITY_MOST     100
#define JPEG_QUALITY_DEFAULT  92

/* A photo of less quality is none that somebody can be known by. */
#define JPEG_QUALITY_PHOTO    40

typedef enum {
    JPEG_WRITE_OK = 0,
    JPEG_WRITE_CANNOT_FIT,
    JPEG_WRITE_FAILED                   /* no memory */
} jpeg_write_status_t;

typedef struct {
    uint8_t  *data;
    size_t    size;
    int       quality;
    unsigned  full_colour:1;            /* 4:4:4; else 4:2:0 */
} jpeg_file_t;

jpeg_write_status_t jpeg_write(const picture_t *picture, int quality,
    int full_colour, jpeg_file_t *file);

/*
 * Of a size between the two, both included; 0: no limit.  Of the qualities
 * that fit that which is nearest to JPEG_QUALITY_DEFAULT, at 4:2:0 if that
 * can be, else at 4:4:4; never under JPEG_QUALITY_PHOTO, and nothing is added
 * that is no picture.  CANNOT_FIT when there is none.
 */
jpeg_write_status_t jpeg_write_within(const picture_t *picture,
    size_t min_bytes, size_t max_bytes, jpeg_file_t *file);

/* May be called twice. */
void jpeg_file_free(jpeg_file_t *file);

#endif
