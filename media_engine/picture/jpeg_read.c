/*
 * jpeg_read.c - see jpeg_read.h.
 *
 * libjpeg leaves by longjmp() wherever it is, so all that is to be given back
 * stands in the reader, and reading has one end, read_picture().
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "jpeg_read.h"
#include "orient.h"

#define STRIP        16                 /* rows that are placed at once */
#define SHRUNK_MOST  8

const jpeg_limits_t  jpeg_limits = {
    6 << 20, { 8192, 8192, 25000000, 1 << 20, 64 }, 192 << 20
};

typedef struct {
    struct jpeg_error_mgr          errors;      /* first: libjpeg knows it */
    struct jpeg_progress_mgr       progress;
    struct jpeg_decompress_struct  info;
    jmp_buf                        back;
    jpeg_read_status_t             status;
    photo_t                       *photo;
    unsigned                       orientation; /* with the turn */
    unsigned                       scans;       /* the most */
    uint8_t                       *strip;
} reader_t;


/* ---- what is refused ---------------------------------------------------- */

static jpeg_read_status_t
refuse(photo_t *photo, jpeg_read_status_t status, const char *reason)
{
    (void) snprintf(photo->reason, sizeof(photo->reason), "%s", reason);

    return status;
}


static jpeg_read_status_t
refuse_probed(photo_t *photo, civic_jpeg_status_t status,
    civic_jpeg_reason_t reason)
{
    switch (status) {

    case CIVIC_JPEG_NOT_JPEG:
        return refuse(photo, JPEG_READ_NOT_A_JPEG, "magic");

    case CIVIC_JPEG_TOO_LARGE:
        return refuse(photo, JPEG_READ_TOO_LARGE,
                      civic_jpeg_reason_name(reason));

    case CIVIC_JPEG_BROKEN:
        return refuse(photo, reason == CIVIC_JPEG_CODING
                             ? JPEG_READ_UNSUPPORTED : JPEG_READ_DAMAGED,
                      civic_jpeg_reason_name(reason));

    default:
        return refuse(photo, JPEG_READ_DAMAGED, "cut off");
    }
}


static jpeg_read_status_t
refuse_kind(photo_t *photo, const civic_jpeg_probe_t *probe)
{
    if (probe->precision != 8) {
        return refuse(photo, JPEG_READ_UNSUPPORTED, "12 bits");
    }

    if (probe->arithmetic) {
        return refuse(photo, JPEG_READ_UNSUPPORTED, "arithmetic");
    }

    if (probe->cmyk) {
        return refuse(photo, JPEG_READ_UNSUPPORTED, "cmyk");
    }

    if (probe->components != 1 && probe->components != PICTURE_CHANNELS) {
        return refuse(photo, JPEG_READ_UNSUPPORTED, "colours");
    }

    return JPEG_READ_OK;
}


/* ---- the header --------------------------------------------------------- */

static const jpeg_limits_t *
limits_of(const jpeg_want_t *want)
{
    return want->limits == NULL ? &jpeg_limits : want->limits;
}


static void
note_header(photo_t *photo, const civic_jpeg_probe_t *probe, unsigned turn)
{
    int  swaps;

    photo->stored_width = probe->width;
    photo->stored_height = probe->height;
    photo->orientation = probe->orientation == 0 ? ORIENT_UPRIGHT
                                                 : probe->orientation;
    photo->components = probe->components;
    photo->progressive = probe->progressive;

    swaps = orient_swaps(orient_turned(photo->orientation, turn));
    photo->width = swaps ? probe->height : probe->width;
    photo->height = swaps ? probe->width : probe->height;
}


jpeg_read_status_t
jpeg_look(const void *data, size_t len, const jpeg_want_t *want,
    photo_t *photo)
{
    civic_jpeg_probe_t    probe;
    civic_jpeg_status_t   status;
    const jpeg_limits_t  *limits = limits_of(want);

    memset(photo, 0, sizeof(photo_t));
    photo->bytes = len;
    photo->shrunk = 1;

    if (len > limits->bytes) {
        return refuse(photo, JPEG_READ_TOO_LARGE, "bytes");
    }

    civic_jpeg_init(&probe, &limits->header);
    status = civic_jpeg_probe(&probe, data, len);
    note_header(photo, &probe, want->turn);

    if (status != CIVIC_JPEG_OK || !probe.ended) {
        return refuse_probed(photo, status, probe.reason);
    }

    return refuse_kind(photo, &probe);
}


/* ---- libjpeg's callbacks ------------------------------------------------ */

static void
leave(j_common_ptr info)
{
    reader_t  *reader = (reader_t *) info->err;
    photo_t   *photo = reader->photo;

    switch (info->err->msg_code) {

    case JERR_NO_BACKING_STORE:
        reader->status = refuse(photo, JPEG_READ_TOO_LARGE, "memory");
        break;

    case JERR_OUT_OF_MEMORY:
        reader->status = refuse(photo, JPEG_READ_NO_MEMORY, "memory");
        break;

    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
        reader->status = refuse(photo, JPEG_READ_UNSUPPORTED, "colours");
        break;

    default:
        reader->status = JPEG_READ_DAMAGED;
        info->err->format_message(info, photo->reason);
    }

    longjmp(reader->back, 1);
}


/* A warning is an error; what has a level above is of no interest. */
static void
heed(j_common_ptr info, int level)
{
    if (level < 0) {
        leave(info);
    }
}


/* The probe has counted markers; this counts what the decoder reads. */
static void
count_scans(j_common_ptr info)
{
    reader_t  *reader = (reader_t *) info->err;

    if (reader->info.input_scan_number > (int) reader->scans) {
        reader->status = refuse(reader->photo, JPEG_READ_TOO_LARGE, "scans");
        longjmp(reader->back, 1);
    }
}


/* ---- the picture -------------------------------------------------------- */

/* The most that leaves what is wanted. */
static unsigned
shrunk_to(const photo_t *photo, const jpeg_want_t *want)
{
    unsigned  by;

    if (want->least_width == 0 && want->least_height == 0) {
        return 1;
    }

    for (by = SHRUNK_MOST; by > 1; by /= 2) {
        if ((photo->width + by - 1) / by >= want->least_width
            && (photo->height + by - 1) / by >= want->least_height)
        {
            break;
        }
    }

    return by;
}


static void
read_upright_rows(reader_t *reader)
{
    size_t                          line;
    JSAMPROW                        row;
    struct jpeg_decompress_struct  *info = &reader->info;

    line = (size_t) info->output_width * PICTURE_CHANNELS;

    while (info->output_scanline < info->output_height) {
        row = reader->photo->picture.rgb + info->output_scanline * line;
        (void) jpeg_read_scanlines(info, &row, 1);
    }
}


static void
read_other_rows(reader_t *reader)
{
    size_t                          line;
    unsigned                        first, n;
    JSAMPROW                        row;
    struct jpeg_decompress_struct  *info = &reader->info;

    line = (size_t) info->output_width * PICTURE_CHANNELS;

    while (info->output_scanline < info->output_height) {
        first = info->output_scanline;

        for (n = 0; n < STRIP && info->output_scanline < info->output_height;
             n++)
        {
            row = reader->strip + n * line;
            (void) jpeg_read_scanlines(info, &row, 1);
        }

        orient_place(&reader->photo->picture, reader->orientation, first, n,
                     reader->strip);
    }
}


static int
make_room(reader_t *reader)
{
    int       swaps = orient_swaps(reader->orientation);
    unsigned  width = reader->info.output_width;
    unsigned  height = reader->info.output_height;

    if (reader->orientation != ORIENT_UPRIGHT) {
        reader->strip = malloc((size_t) width * PICTURE_CHANNELS * STRIP);

        if (reader->strip == NULL) {
            return -1;
        }
    }

    return picture_make(&reader->photo->picture, swaps ? height : width,
                        swaps ? width : height);
}


static void
decode(reader_t *reader, const void *data, size_t len, size_t memory)
{
    struct jpeg_decompress_struct  *info = &reader->info;

    jpeg_create_decompress(info);
    info->progress = &reader->progress;
    info->mem->max_memory_to_use = (long) memory;
    jpeg_mem_src(info, data, len);
    (void) jpeg_read_header(info, TRUE);
    info->out_color_space = JCS_RGB;
    info->scale_num = 1;
    info->scale_denom = reader->photo->shrunk;
    (void) jpeg_start_decompress(info);

    if (make_room(reader) != 0) {
        reader->status = refuse(reader->photo, JPEG_READ_NO_MEMORY, "memory");
        return;
    }

    if (reader->orientation == ORIENT_UPRIGHT) {
        read_upright_rows(reader);

    } else {
        read_other_rows(reader);
    }

    (void) jpeg_finish_decompress(info);
}


static void
read_picture(reader_t *reader, const void *data, size_t len, size_t memory)
{
    reader->info.err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = leave;
    reader->errors.emit_message = heed;
    reader->progress.progress_monitor = count_scans;

    if (setjmp(reader->back) == 0) {
        decode(reader, data, len, memory);
    }

    jpeg_destroy_decompress(&reader->info);
    free(reader->strip);

    if (reader->status != JPEG_READ_OK) {
        picture_free(&reader->photo->picture);
    }
}


jpeg_read_status_t
jpeg_read(const void *data, size_t len, const jpeg_want_t *want,
    photo_t *photo)
{
    reader_t               reader;
    jpeg_read_status_t     status;
    const jpeg_limits_t   *limits = limits_of(want);

    status = jpeg_look(data, len, want, photo);

    if (status != JPEG_READ_OK) {
        return status;
    }

    photo->shrunk = shrunk_to(photo, want);
    memset(&reader, 0, sizeof(reader_t));
    reader.photo = photo;
    reader.orientation = orient_turned(photo->orientation, want->turn);
    reader.scans = limits->header.scans;
    read_picture(&reader, data, len, limits->memory);

    return reader.status;
}


void
photo_free(photo_t *photo)
{
    picture_free(&photo->picture);
}
