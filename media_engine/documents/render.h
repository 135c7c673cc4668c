/*
 * render.h - a drawing as a PDF, or one of its pages as a PNG.
 *
 * The same drawing gives the same bytes, with the same fonts and libraries.
 * One thread; nothing is kept between calls.
 */

#ifndef MEDIA_RENDER_H
#define MEDIA_RENDER_H

#include "drawing.h"
#include "embed.h"
#include "text_box.h"

/* Texts that were cut and are told. */
#define DRAW_CUT  32

typedef enum {
    DRAW_OK = 0,
    DRAW_PICTURE,                       /* see picture_status and picture */
    DRAW_TOO_LARGE,                     /* reason */
    DRAW_NO_MEMORY
} draw_status_t;

typedef struct {
    uint8_t             *bytes;         /* by malloc() */
    size_t               len;
    int                  width;         /* of a PNG, pixels */
    int                  height;
    text_report_t        report;
    unsigned             cut[DRAW_CUT]; /* of the drawing's items */
    unsigned             cut_count;     /* may be more than there are here */
    unsigned             picture;       /* which one is none */
    picture_status_t     picture_status;
    jpeg_read_status_t   photo_status;
    char                 reason[JPEG_REASON];
} drawn_t;

draw_status_t draw_pdf(const drawing_t *drawing, const jpeg_limits_t *limits,
    drawn_t *drawn);

/* page: from 0; dpi: pixels an inch. */
draw_status_t draw_png(const drawing_t *drawing, const jpeg_limits_t *limits,
    unsigned page, unsigned dpi, drawn_t *drawn);

/* May be called twice. */
void drawn_free(drawn_t *drawn);

#endif
