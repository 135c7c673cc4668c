/*
 * embed.h - the pictures of a document: a photo, decoded as all photos are
 * and encoded anew, or a PNG, of which the size is looked at first.
 *
 * Who has opened one frees it with document_picture_free(), which may be
 * called twice.  One thread.
 */

#ifndef MEDIA_EMBED_H
#define MEDIA_EMBED_H

#include <cairo.h>

#include "drawing.h"
#include "jpeg_read.h"

typedef enum {
    PICTURE_OK = 0,
    PICTURE_PHOTO,                      /* see photo_status and reason */
    PICTURE_DAMAGED,                    /* a PNG */
    PICTURE_TOO_LARGE,                  /* a PNG; reason */
    PICTURE_NO_MEMORY
} picture_status_t;

typedef struct {
    cairo_surface_t     *surface;
    int                  width;
    int                  height;
    int                  smooth;        /* a photo */
    jpeg_read_status_t   photo_status;
    char                 reason[JPEG_REASON];
} document_picture_t;

/* As many pixels as a box of so many points is printed with, or more. */
picture_status_t document_picture_open(const drawing_picture_t *from,
    const jpeg_limits_t *limits, double width, double height,
    document_picture_t *picture);

void document_picture_free(document_picture_t *picture);

#endif
