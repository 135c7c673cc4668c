/*
 * odd_jpeg.h - JPEGs of kinds that cameras seldom write or never, for tests:
 * colours, codings, orientations, and files that were tampered with.
 *
 * Whoever has one made frees it with jpeg_file_free().  What cannot be made
 * ends the program: these are tests.
 */

#ifndef PHOTOS_ODD_JPEG_H
#define PHOTOS_ODD_JPEG_H

#include <stddef.h>

#include "jpeg_write.h"

typedef enum {
    ODD_COLOUR,                         /* YCbCr, as all */
    ODD_RGB,
    ODD_GREY,
    ODD_CMYK,
    ODD_YCCK
} odd_colour_t;

typedef struct {
    odd_colour_t  colour;
    int           quality;              /* 0: 90 */
    int           progressive;
    int           arithmetic;
    int           restart;              /* MCU rows between markers */
    int           sampling_width;       /* of luma; 0: 4:2:0 */
    int           sampling_height;
} odd_jpeg_t;

void odd_write(const picture_t *picture, const odd_jpeg_t *kind,
    jpeg_file_t *file);

/* An Exif segment of that many bytes in all, with this orientation. */
void odd_add_exif(jpeg_file_t *file, unsigned orientation, size_t bytes);

/* So many scans more, that say nothing. */
void odd_add_scans(jpeg_file_t *file, unsigned scans);

/* Bytes behind the end of the image. */
void odd_append(jpeg_file_t *file, const void *bytes, size_t len);

/* In the frame header: a marker of its kind (0xc0 ...), a precision, a size;
   0 changes nothing. */
void odd_change_frame(jpeg_file_t *file, unsigned marker, unsigned precision,
    unsigned width, unsigned height);

void odd_cut(jpeg_file_t *file, size_t len);

#endif
