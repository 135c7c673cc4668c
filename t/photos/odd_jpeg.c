/*
 * odd_jpeg.c - see odd_jpeg.h.  libjpeg's own way with errors, which is to end
 * the program, is right here.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "odd_jpeg.h"

#define QUALITY      90
#define CMYK         4
#define EXIF_LEAST   36                 /* marker to the end of the IFD */
#define SCAN_HEADER  10                 /* of one component */


static void *
room(size_t bytes)
{
    void  *data = calloc(1, bytes);

    if (data == NULL) {
        perror("odd_jpeg");
        exit(1);
    }

    return data;
}


/* ---- what libjpeg writes ------------------------------------------------ */

static void
set_colours(struct jpeg_compress_struct *info, odd_colour_t colour)
{
    info->input_components = colour >= ODD_CMYK ? CMYK : PICTURE_CHANNELS;
    info->in_color_space = colour >= ODD_CMYK ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(info);

    switch (colour) {

    case ODD_RGB:
        jpeg_set_colorspace(info, JCS_RGB);
        break;

    case ODD_GREY:
        jpeg_set_colorspace(info, JCS_GRAYSCALE);
        break;

    case ODD_CMYK:
        jpeg_set_colorspace(info, JCS_CMYK);
        break;

    case ODD_YCCK:
        jpeg_set_colorspace(info, JCS_YCCK);
        break;

    default:
        break;
    }
}


static void
set_coding(struct jpeg_compress_struct *info, const odd_jpeg_t *kind)
{
    jpeg_set_quality(info, kind->quality == 0 ? QUALITY : kind->quality,
                     TRUE);
    info->arith_code = kind->arithmetic != 0;
    info->restart_in_rows = kind->restart;

    if (kind->progressive) {
        jpeg_simple_progression(info);
    }

    if (kind->sampling_width != 0) {
        info->comp_info[0].h_samp_factor = kind->sampling_width;
        info->comp_info[0].v_samp_factor = kind->sampling_height;
    }
}


/* Inks are what is not light; no black. */
static void
to_inks(const picture_t *picture, unsigned y, uint8_t *row)
{
    unsigned        x, k;
    const uint8_t  *from;

    from = picture->rgb + (size_t) y * picture->width * PICTURE_CHANNELS;

    for (x = 0; x < picture->width; x++) {
        for (k = 0; k < PICTURE_CHANNELS; k++) {
            *row++ = (uint8_t) (UINT8_MAX - *from++);
        }

        *row++ = 0;
    }
}


static void
write_rows(struct jpeg_compress_struct *info, const picture_t *picture)
{
    uint8_t   *inks = room((size_t) picture->width * CMYK);
    JSAMPROW   row;

    while (info->next_scanline < info->image_height) {
        row = picture->rgb + (size_t) info->next_scanline * picture->width
                             * PICTURE_CHANNELS;

        if (info->input_components == CMYK) {
            to_inks(picture, info->next_scanline, inks);
            row = inks;
        }

        (void) jpeg_write_scanlines(info, &row, 1);
    }

    free(inks);
}


void
odd_write(const picture_t *picture, const odd_jpeg_t *kind, jpeg_file_t *file)
{
    unsigned char               *data = NULL;
    unsigned long                size = 0;
    struct jpeg_error_mgr        errors;
    struct jpeg_compress_struct  info;

    memset(&info, 0, sizeof(info));
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &size);
    info.image_width = picture->width;
    info.image_height = picture->height;
    set_colours(&info, kind->colour);
    set_coding(&info, kind);
    jpeg_start_compress(&info, TRUE);
    write_rows(&info, picture);
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);

    memset(file, 0, sizeof(jpeg_file_t));
    file->data = data;
    file->size = size;
    file->quality = kind->quality == 0 ? QUALITY : kind->quality;
}


/* ---- what is done to it ------------------------------------------------- */

static void
insert(jpeg_file_t *file, size_t at, const uint8_t *bytes, size_t len)
{
    uint8_t  *data = room(file->size + len);

    memcpy(data, file->data, at);
    memcpy(data + at, bytes, len);
    memcpy(data + at + len, file->data + at, file->size - at);
    free(file->data);
    file->data = data;
    file->size += len;
}


/* CIPA DC-008: a TIFF of one directory with one entry; zeros behind it. */
void
odd_add_exif(jpeg_file_t *file, unsigned orientation, size_t bytes)
{
    uint8_t  *segment;

    static const uint8_t  begin[] = {
        0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0,
        'M', 'M', 0, 42, 0, 0, 0, 8,
        0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0
    };

    bytes = bytes < EXIF_LEAST ? EXIF_LEAST : bytes;
    segment = room(bytes);
    memcpy(segment, begin, sizeof(begin));
    segment[2] = (uint8_t) ((bytes - 2) >> 8);
    segment[3] = (uint8_t) (bytes - 2);
    segment[29] = (uint8_t) orientation;
    insert(file, 2, segment, bytes);
    free(segment);
}


/* Of the first component, from coefficient 1 to 63, and no data. */
void
odd_add_scans(jpeg_file_t *file, unsigned scans)
{
    uint8_t  *all = room((size_t) scans * SCAN_HEADER);
    unsigned  i;

    static const uint8_t  header[SCAN_HEADER] = {
        0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0
    };

    for (i = 0; i < scans; i++) {
        memcpy(all + (size_t) i * SCAN_HEADER, header, SCAN_HEADER);
    }

    insert(file, file->size - 2, all, (size_t) scans * SCAN_HEADER);
    free(all);
}


void
odd_append(jpeg_file_t *file, const void *bytes, size_t len)
{
    insert(file, file->size, bytes, len);
}


static uint8_t *
find_frame(const jpeg_file_t *file)
{
    uint8_t  *p = file->data + 2;

    while (p[1] < 0xc0 || p[1] > 0xc2) {
        p += 2 + (p[2] << 8 | p[3]);
    }

    return p;
}


void
odd_change_frame(jpeg_file_t *file, unsigned marker, unsigned precision,
    unsigned width, unsigned height)
{
    uint8_t  *frame = find_frame(file);

    frame[1] = marker == 0 ? frame[1] : (uint8_t) marker;
    frame[4] = precision == 0 ? frame[4] : (uint8_t) precision;

    if (height != 0) {
        frame[5] = (uint8_t) (height >> 8);
        frame[6] = (uint8_t) height;
    }

    if (width != 0) {
        frame[7] = (uint8_t) (width >> 8);
        frame[8] = (uint8_t) width;
    }
}


void
odd_cut(jpeg_file_t *file, size_t len)
{
    file->size = len < file->size ? len : file->size;
}
