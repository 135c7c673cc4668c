/*
 * picture.c - see picture.h.
 */

#include <stdlib.h>

#include "picture.h"


int
picture_make(picture_t *picture, unsigned width, unsigned height)
{
    picture->rgb = calloc((size_t) width * height, PICTURE_CHANNELS);

    if (picture->rgb == NULL) {
        picture->width = 0;
        picture->height = 0;
        return -1;
    }

    picture->width = width;
    picture->height = height;

    return 0;
}


void
picture_free(picture_t *picture)
{
    free(picture->rgb);
    *picture = (picture_t) { 0, 0, NULL };
}
