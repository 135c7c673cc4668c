/*
 * view.h - a picture_t as dlib sees an image ("generic image" in its words),
 * without a copy.
 */

#ifndef MEDIA_FACES_VIEW_H
#define MEDIA_FACES_VIEW_H

#include <dlib/array2d.h>
#include <dlib/image_processing/generic_image.h>
#include <dlib/pixel.h>

#include "picture.h"

namespace faces {

typedef dlib::array2d<dlib::rgb_pixel> image_t;

struct view_t {
    const picture_t  *picture;
};


inline long
num_rows(const view_t &view)
{
    return (long) view.picture->height;
}


inline long
num_columns(const view_t &view)
{
    return (long) view.picture->width;
}


inline long
width_step(const view_t &view)
{
    return (long) view.picture->width * PICTURE_CHANNELS;
}


inline const void *
image_data(const view_t &view)
{
    return view.picture->rgb;
}

}

namespace dlib {

template <>
struct image_traits<faces::view_t> {
    typedef rgb_pixel  pixel_type;
};

template <>
struct image_traits<const faces::view_t> {
    typedef rgb_pixel  pixel_type;
};

}

#endif
