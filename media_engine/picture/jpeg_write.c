/*
 * jpeg_write.c - see jpeg_write.h.
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "jpeg_write.h"

typedef struct {
    struct jpeg_error_mgr        errors;        /* first: libjpeg knows it */
    struct jpeg_compress_struct  info;
    jmp_buf                      back;
    unsigned char               *data;
    unsigned long                size;
} writer_t;


static void
leave(j_common_ptr info)
{
    writer_t  *writer = (writer_t *) info->err;

    longjmp(writer->back, 1);
}


static void
say_nothing(j_common_ptr info, int level)
{
    (void) info;
    (void) level;
}


/* libjpeg's default for three components is 4:2:0. */
static void
encode(writer_t *writer, const picture_t *picture, int quality,
    int full_colour)
{
    size_t                        line;
    JSAMPROW                      row;
    struct jpeg_compress_struct  *info = &writer->info;

    jpeg_create_compress(info);
    jpeg_mem_dest(info, &writer->data, &writer->size);
    info->image_width = picture->width;
    info->image_height = picture->height;
    info->input_components = PICTURE_CHANNELS;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;

    if (full_colour) {
        info->comp_info[0].h_samp_factor = 1;
        info->comp_info[0].v_samp_factor = 1;
    }

    jpeg_start_compress(info, TRUE);
    line = (size_t) picture->width * PICTURE_CHANNELS;

    while (info->next_scanline < info->image_height) {
        row = picture->rgb + info->next_scanline * line;
        (void) jpeg_write_scanlines(info, &row, 1);
    }

    jpeg_finish_compress(info);
}


jpeg_write_status_t
jpeg_write(const picture_t *picture, int quality, int full_colour,
    jpeg_file_t *file)
{
    writer_t  writer;

    memset(&writer, 0, sizeof(writer_t));
    memset(file, 0, sizeof(jpeg_file_t));
    writer.info.err = jpeg_std_error(&writer.errors);
    writer.errors.error_exit = leave;
    writer.errors.emit_message = say_nothing;

    if (setjmp(writer.back) != 0) {
        jpeg_destroy_compress(&writer.info);
        free(writer.data);
        return JPEG_WRITE_FAILED;
    }

    encode(&writer, picture, quality, full_colour);
    jpeg_destroy_compress(&writer.info);
    file->data = writer.data;
    file->size = writer.size;
    file->quality = quality;
    file->full_colour = full_colour != 0;

    return JPEG_WRITE_OK;
}


void
jpeg_file_free(jpeg_file_t *file)
{
    free(file->data);
    memset(file, 0, sizeof(jpeg_file_t));
}


/* ---- into a size -------------------------------------------------------- */

typedef struct {
    const picture_t  *picture;
    size_t            least;
    size_t            most;
    int               full_colour;
} fit_t;


static int
fits(const fit_t *fit, const jpeg_file_t *file)
{
    return file->size >= fit->least && file->size <= fit->most;
}


/*
 * Of the qualities from low to high, those that are nearest to the default:
 * the highest that is not too large when that is what is wrong, else the
 * lowest that is not too small.
 */
static jpeg_write_status_t
search(const fit_t *fit, int low, int high, int too_large, jpeg_file_t *file)
{
    int                  middle;
    jpeg_file_t          tried;
    jpeg_write_status_t  status;

    while (low <= high) {
        middle = (low + high) / 2;
        status = jpeg_write(fit->picture, middle, fit->full_colour, &tried);

        if (status != JPEG_WRITE_OK) {
            jpeg_file_free(file);
            return status;
        }

        if ((tried.size <= fit->most && too_large)
            || (tried.size < fit->least && !too_large))
        {
            low = middle + 1;

        } else {
            high = middle - 1;
        }

        if (fits(fit, &tried)) {
            jpeg_file_free(file);
            *file = tried;

        } else {
            jpeg_file_free(&tried);
        }
    }

    return file->data == NULL ? JPEG_WRITE_CANNOT_FIT : JPEG_WRITE_OK;
}


static jpeg_write_status_t
write_fitting(const fit_t *fit, jpeg_file_t *file)
{
    int                  too_large;
    jpeg_write_status_t  status;

    status = jpeg_write(fit->picture, JPEG_QUALITY_DEFAULT, fit->full_colour,
                        file);

    if (status != JPEG_WRITE_OK || fits(fit, file)) {
        return status;
    }

    too_large = file->size > fit->most;
    jpeg_file_free(file);

    return too_large
           ? search(fit, JPEG_QUALITY_PHOTO, JPEG_QUALITY_DEFAULT - 1, 1,
                    file)
           : search(fit, JPEG_QUALITY_DEFAULT + 1, JPEG_QUALITY_MOST, 0,
                    file);
}


jpeg_write_status_t
jpeg_write_within(const picture_t *picture, size_t min_bytes,
    size_t max_bytes, jpeg_file_t *file)
{
    fit_t                fit;
    jpeg_write_status_t  status;

    fit.picture = picture;
    fit.least = min_bytes;
    fit.most = max_bytes == 0 ? SIZE_MAX : max_bytes;
    fit.full_colour = 0;
    status = write_fitting(&fit, file);

    if (status != JPEG_WRITE_CANNOT_FIT) {
        return status;
    }

    fit.full_colour = 1;

    return write_fitting(&fit, file);
}
