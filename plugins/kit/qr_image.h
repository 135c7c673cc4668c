/*
 * qr_image.h - a text as the picture of a QR code (ISO/IEC 18004): a PNG of
 * one bit a pixel, or an SVG of one path.
 *
 * Error correction level M, the smallest version that fits: UTF-8 as bytes,
 * or two characters to eleven bits if all are of the 45 that a QR code has
 * for that (base45.h).
 * libqrencode makes the code, libdeflate packs the PNG.  Pure functions, for
 * any thread; the buffer belongs to the caller, and serves again and again.
 *
 * Finding the best of eight masks is nearly all of the time: 0.2 ms for 68
 * bytes, 0.7 to 1 ms for 300.  A text over CIVIC_QR_ON_LOOP bytes is for a
 * thread.
 */

#ifndef CIVIC_KIT_QR_IMAGE_H
#define CIVIC_KIT_QR_IMAGE_H

#include <stddef.h>

/* Bytes in version 40 at level M (ISO/IEC 18004, table 7). */
#define CIVIC_QR_TEXT     2331

/* Bytes of a text that may be drawn on the event loop. */
#define CIVIC_QR_ON_LOOP  120

/* The quiet zone that the standard asks for, in modules. */
#define CIVIC_QR_MARGIN   4

#define CIVIC_QR_SCALE_MAX   32         /* pixels a module */
#define CIVIC_QR_MARGIN_MAX  16         /* modules */
#define CIVIC_QR_PIXELS_MAX  2048       /* pixels a side */

typedef enum {
    CIVIC_QR_OK = 0,
    CIVIC_QR_EMPTY,
    CIVIC_QR_TOO_LONG,                  /* over CIVIC_QR_TEXT */
    CIVIC_QR_NOT_UTF8,
    CIVIC_QR_LOOK,                      /* scale or margin out of bounds, or
                                           the picture would be too large */
    CIVIC_QR_NO_MEMORY
} civic_qr_status_t;

typedef struct {
    unsigned  scale;                    /* pixels a module, 1 to 32 */
    unsigned  margin;                   /* modules of quiet zone, 0 to 16 */
} civic_qr_look_t;

/* Begins as all zeros; data is malloc's, and grows as needed. */
typedef struct {
    unsigned char  *data;
    size_t          len;
    size_t          size;
} civic_qr_buffer_t;

/* What stood in the buffer is replaced; after a failure its len is 0. */
civic_qr_status_t civic_qr_png(const char *text, size_t len,
    const civic_qr_look_t *look, civic_qr_buffer_t *out);

/* The same as SVG.  It has no markup of the text in it: nothing to escape. */
civic_qr_status_t civic_qr_svg(const char *text, size_t len,
    const civic_qr_look_t *look, civic_qr_buffer_t *out);

/* Safe to call twice. */
void civic_qr_buffer_free(civic_qr_buffer_t *buffer);

/* "ok", "empty", "too_long", "not_utf8", "look", "no_memory". */
const char *civic_qr_status_name(civic_qr_status_t status);

#endif
