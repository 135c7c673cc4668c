/*
 * embed.c - see embed.h.
 *
 * A photo goes into a PDF as the JPEG that the engine made of it: no metadata
 * of the file that came, and a tenth of what its pixels would take.
 */

#include <cairo.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg_write.h"
#include "embed.h"

/* Pixels an inch that a printer shows of a photo. */
#define EMBED_DPI       300
#define POINTS_AN_INCH  72.0

/* Of a PNG. */
#define PNG_HEAD    24                  /* signature, IHDR up to the height */
#define PNG_SIDE    4096
#define PNG_PIXELS  (4096 * 1024)

typedef struct {
    const uint8_t  *at;
    size_t          left;
} source_t;


/* ---- photos -------------------------------------------------------------- */

static cairo_surface_t *
surface_of(const picture_t *photo)
{
    int               stride;
    uint8_t          *row;
    unsigned          x, y;
    uint32_t          pixel;
    const uint8_t    *rgb = photo->rgb;
    cairo_surface_t  *surface;

    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                         (int) photo->width,
                                         (int) photo->height);

    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        return surface;
    }

    row = cairo_image_surface_get_data(surface);
    stride = cairo_image_surface_get_stride(surface);

    for (y = 0; y < photo->height; y++, row += stride) {
        for (x = 0; x < photo->width; x++, rgb += PICTURE_CHANNELS) {
            pixel = (uint32_t) rgb[0] << 16 | (uint32_t) rgb[1] << 8 | rgb[2];
            memcpy(row + 4 * x, &pixel, sizeof(pixel));
        }
    }

    cairo_surface_mark_dirty(surface);

    return surface;
}


static picture_status_t
take_photo(const picture_t *photo, document_picture_t *picture)
{
    jpeg_file_t  file = { .data = NULL };

    picture->width = (int) photo->width;
    picture->height = (int) photo->height;
    picture->smooth = 1;
    picture->surface = surface_of(photo);

    if (cairo_surface_status(picture->surface) != CAIRO_STATUS_SUCCESS
        || jpeg_write(photo, JPEG_QUALITY_DEFAULT, 1, &file) != JPEG_WRITE_OK)
    {
        return PICTURE_NO_MEMORY;
    }

    if (cairo_surface_set_mime_data(picture->surface, CAIRO_MIME_TYPE_JPEG,
                                    file.data, file.size, free, file.data)
        != CAIRO_STATUS_SUCCESS)
    {
        jpeg_file_free(&file);
        return PICTURE_NO_MEMORY;
    }

    return PICTURE_OK;
}


static picture_status_t
open_photo(const drawing_picture_t *from, const jpeg_want_t *want,
    document_picture_t *picture)
{
    photo_t           photo = { .bytes = 0 };
    picture_status_t  status;

    picture->photo_status = jpeg_read(from->data, from->len, want, &photo);

    if (picture->photo_status != JPEG_READ_OK) {
        memcpy(picture->reason, photo.reason, sizeof(photo.reason));
        status = PICTURE_PHOTO;

    } else {
        status = take_photo(&photo.picture, picture);
    }

    photo_free(&photo);

    return status;
}


/* ---- PNG ----------------------------------------------------------------- */

static uint32_t
number_at(const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16
           | (uint32_t) bytes[2] << 8 | bytes[3];
}


/* Of what it says of itself: libpng believes up to 10^12 pixels. */
static picture_status_t
look_at_png(const drawing_picture_t *from, document_picture_t *picture)
{
    uint32_t           width, height;
    static const char  head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    if (from->len < PNG_HEAD || memcmp(from->data, head, sizeof(head) - 1)
        != 0)
    {
        return PICTURE_DAMAGED;
    }

    width = number_at(from->data + 16);
    height = number_at(from->data + 20);

    if (width > PNG_SIDE || height > PNG_SIDE || width * height > PNG_PIXELS)
    {
        memcpy(picture->reason, "pixels", sizeof("pixels"));
        return PICTURE_TOO_LARGE;
    }

    return PICTURE_OK;
}


static cairo_status_t
read_source(void *data, unsigned char *bytes, unsigned len)
{
    source_t  *source = data;

    if (len > source->left) {
        return CAIRO_STATUS_READ_ERROR;
    }

    memcpy(bytes, source->at, len);
    source->at += len;
    source->left -= len;

    return CAIRO_STATUS_SUCCESS;
}


static picture_status_t
open_png(const drawing_picture_t *from, document_picture_t *picture)
{
    source_t          source = { from->data, from->len };
    picture_status_t  status = look_at_png(from, picture);

    if (status != PICTURE_OK) {
        return status;
    }

    picture->surface = cairo_image_surface_create_from_png_stream(read_source,
                                                                  &source);

    /* cairo calls anything that libpng does not like a want of memory; of
       that a picture of this size needs little. */
    if (cairo_surface_status(picture->surface) != CAIRO_STATUS_SUCCESS) {
        return PICTURE_DAMAGED;
    }

    picture->width = cairo_image_surface_get_width(picture->surface);
    picture->height = cairo_image_surface_get_height(picture->surface);

    return PICTURE_OK;
}


picture_status_t
document_picture_open(const drawing_picture_t *from,
    const jpeg_limits_t *limits, double width, double height,
    document_picture_t *picture)
{
    jpeg_want_t  want = {
        .limits = limits,
        .least_width = (unsigned) (width / POINTS_AN_INCH * EMBED_DPI) + 1,
        .least_height = (unsigned) (height / POINTS_AN_INCH * EMBED_DPI)
                        + 1
    };

    *picture = (document_picture_t) { .surface = NULL };

    return from->png ? open_png(from, picture)
                                       : open_photo(from, &want, picture);
}


void
document_picture_free(document_picture_t *picture)
{
    if (picture->surface != NULL) {
        cairo_surface_destroy(picture->surface);
        picture->surface = NULL;
    }
}
