/*
 * pictures.c - see pictures.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pictures.h"


picture_t
flat_picture(unsigned width, unsigned height, paint_t paint)
{
    size_t     i;
    picture_t  picture;

    assert_int_equal(picture_make(&picture, width, height), 0);

    for (i = 0; i < (size_t) width * height; i++) {
        picture.rgb[i * 3] = (uint8_t) paint.red;
        picture.rgb[i * 3 + 1] = (uint8_t) paint.green;
        picture.rgb[i * 3 + 2] = (uint8_t) paint.blue;
    }

    return picture;
}


picture_t
numbered_picture(unsigned width, unsigned height)
{
    size_t     i;
    picture_t  picture;

    assert_int_equal(picture_make(&picture, width, height), 0);

    for (i = 0; i < (size_t) width * height; i++) {
        picture.rgb[i * 3] = (uint8_t) (i % width);
        picture.rgb[i * 3 + 1] = (uint8_t) (i / width);
        picture.rgb[i * 3 + 2] = 200;
    }

    return picture;
}


picture_t
portrait_picture(const portrait_t *portrait)
{
    picture_t  picture;

    assert_int_equal(draw_portrait(portrait, &picture), 0);

    return picture;
}


const uint8_t *
pixel_at(const picture_t *picture, unsigned x, unsigned y)
{
    assert_true(x < picture->width && y < picture->height);

    return picture->rgb + ((size_t) y * picture->width + x) * 3;
}


jpeg_file_t
portrait_file(const odd_jpeg_t *kind)
{
    portrait_t        portrait = good_portrait;
    jpeg_file_t       file;
    static picture_t  picture;          /* drawn once */

    if (picture.rgb == NULL) {
        portrait.width = 300;
        portrait.height = 420;
        picture = portrait_picture(&portrait);
    }

    odd_write(&picture, kind, &file);

    return file;
}


photo_t
read_file(const jpeg_file_t *file)
{
    photo_t       photo;
    jpeg_want_t   want = { NULL, 0, 0, 0 };

    assert_int_equal(jpeg_read(file->data, file->size, &want, &photo),
                     JPEG_READ_OK);
    assert_string_equal(photo.reason, "");

    return photo;
}


photo_t
through_jpeg(const picture_t *picture, int quality)
{
    photo_t      photo;
    jpeg_file_t  file;

    assert_int_equal(jpeg_write(picture, quality, 0, &file), JPEG_WRITE_OK);
    photo = read_file(&file);
    jpeg_file_free(&file);

    return photo;
}
