/*
 * jpeg_read.h - a JPEG that a stranger sent, as a picture.
 *
 * The header is looked at first, by the same kit/jpeg_probe that the plugin
 * asks; then libjpeg-turbo decodes it.  Stricter than other readers, for what
 * is kept is to be the picture that everybody sees: a warning of the decoder
 * is an error, nothing is read past the scans that are allowed, and the
 * decoder's memory is bounded.
 *
 * Only baseline, extended and progressive pictures of 8 bits, grey or of
 * three colours, with Huffman coding: that is what cameras write and browsers
 * show.  Metadata is not read, but for Exif's orientation.  A colour profile
 * is not followed: colours are taken as sRGB (docs/photo.md says what that
 * does to pictures of a wider space).
 *
 * A picture may be asked for in 1/2, 1/4 or 1/8 of its size, which costs much
 * less: the decoder then leaves out the highest frequencies.
 *
 * One thread; nothing is kept between calls.
 */

#ifndef MEDIA_JPEG_READ_H
#define MEDIA_JPEG_READ_H

#include "jpeg_probe.h"
#include "picture.h"

/* The longest text, with its end: libjpeg's own messages have 200. */
#define JPEG_REASON  200

typedef enum {
    JPEG_READ_OK = 0,
    JPEG_READ_NOT_A_JPEG,               /* by its first bytes */
    JPEG_READ_TOO_LARGE,                /* for the limits; reason: "bytes",
                                           "width", "height", "pixels",
                                           "header", "scans", "memory" */
    JPEG_READ_DAMAGED,                  /* reason: the probe's name of what is
                                           wrong, "cut off", or what the
                                           decoder says */
    JPEG_READ_UNSUPPORTED,              /* reason: "cmyk", "12 bits",
                                           "arithmetic", "coding", "colours" */
    JPEG_READ_NO_MEMORY                 /* for the picture itself */
} jpeg_read_status_t;

typedef struct {
    size_t               bytes;
    civic_jpeg_limits_t  header;
    size_t               memory;        /* bytes that the decoder may take,
                                           beside the picture */
} jpeg_limits_t;

/* What photos keep to: 6 MB, 8,192 pixels a side, 25 million pixels (phones
   make 24), 64 scans, a megabyte before the first of them. */
extern const jpeg_limits_t  jpeg_limits;

/* What is wanted.  All 0: the whole picture, upright, within jpeg_limits. */
typedef struct {
    const jpeg_limits_t  *limits;       /* NULL: jpeg_limits */
    unsigned              turn;         /* 0, 90, 180, 270: clockwise, beyond
                                           the Exif orientation */
    unsigned              least_width;  /* of the upright picture: it is not */
    unsigned              least_height; /*   made smaller than both; 0, 0: its
                                             own size */
} jpeg_want_t;

/* Who has read one frees it with photo_free(), whatever the status was. */
typedef struct {
    picture_t  picture;
    unsigned   width;                   /* upright, in full size; the picture
                                           has a 1 / shrunk of it, rounded
                                           up */
    unsigned   height;
    unsigned   shrunk;                  /* 1, 2, 4, 8 */
    unsigned   stored_width;
    unsigned   stored_height;
    unsigned   orientation;             /* Exif's, 1 when there is none */
    unsigned   components;              /* 1 grey, 3 colours */
    unsigned   progressive:1;
    size_t     bytes;
    char       reason[JPEG_REASON];     /* of what was refused, else "" */
} photo_t;

/* Everything but the picture, and nothing is decoded. */
jpeg_read_status_t jpeg_look(const void *data, size_t len,
    const jpeg_want_t *want, photo_t *photo);

jpeg_read_status_t jpeg_read(const void *data, size_t len,
    const jpeg_want_t *want, photo_t *photo);

/* May be called twice, and on what is all 0. */
void photo_free(photo_t *photo);

#endif
