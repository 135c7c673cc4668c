/*
 * png_write.c - see png_write.h.
 */

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "png_write.h"

#define PNG_LEVEL  2                    /* of zlib's 9 */

typedef struct {
    uint8_t  **bytes;
    size_t    *len;
    size_t     room;
} png_sink_t;


static void
png_take(png_structp png, png_bytep bytes, size_t len)
{
    size_t       room;
    uint8_t     *grown;
    png_sink_t  *sink = png_get_io_ptr(png);

    if (*sink->len + len > sink->room) {
        room = 2 * sink->room + len;
        grown = realloc(*sink->bytes, room);

        if (grown == NULL) {
            png_error(png, "no memory");
        }

        *sink->bytes = grown;
        sink->room = room;
    }

    memcpy(*sink->bytes + *sink->len, bytes, len);
    *sink->len += len;
}


static void
png_done(png_structp png)
{
    (void) png;
}


/* libpng would write its word to stderr. */
static void
png_fails(png_structp png, png_const_charp why)
{
    (void) why;

    longjmp(png_jmpbuf(png), 1);
}


static void
png_warns(png_structp png, png_const_charp why)
{
    (void) png;
    (void) why;
}


/* Each pixel has an unused byte after its three, which libpng takes out. */
static void
png_rows(png_structp png, png_infop info, const uint8_t *pixels,
    unsigned width, unsigned height, size_t stride)
{
    unsigned  y;

    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, PNG_LEVEL);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    png_write_info(png, info);
    png_set_bgr(png);
    png_set_filler(png, 0, PNG_FILLER_AFTER);

    for (y = 0; y < height; y++) {
        png_write_row(png, pixels + y * stride);
    }

    png_write_end(png, NULL);
}


/* No variable of this one changes between the two returns of setjmp(). */
static int
png_try(png_structp png, png_infop info, const uint8_t *pixels,
    unsigned width, unsigned height, size_t stride)
{
    if (setjmp(png_jmpbuf(png)) != 0) {
        return -1;
    }

    png_rows(png, info, pixels, width, height, stride);

    return 0;
}


int
png_write(const uint8_t *pixels, unsigned width, unsigned height,
    size_t stride, uint8_t **bytes, size_t *len)
{
    int          status;
    png_infop    info;
    png_sink_t   sink = { bytes, len, 0 };
    png_structp  png;

    *bytes = NULL;
    *len = 0;
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_fails,
                                  png_warns);

    if (png == NULL) {
        return -1;
    }

    png_set_write_fn(png, &sink, png_take, png_done);
    info = png_create_info_struct(png);
    status = info == NULL ? -1 : png_try(png, info, pixels, width, height,
                                         stride);
    png_destroy_write_struct(&png, &info);

    return status;
}
