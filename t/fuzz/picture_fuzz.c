/*
 * picture_fuzz.c - libFuzzer target: a JPEG that is read, measured and made
 * into a photo, as the media engine does.
 *
 * What the header is refused for, nothing decodes; measures are shares and
 * levels; what process() makes can be read again and is as was asked for.  The
 * last byte chooses what is asked for.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const jpeg_limits_t  limits = {
    65536, { 1024, 1024, 1 << 18, 65536, 16 }, 8 << 20
};


static void
demand(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
is_share(double value)
{
    demand(value >= 0 && value <= 1);
}


static void
check_measures(const photo_t *photo)
{
    int         i;
    measures_t  measures;

    demand(measure(photo, NULL, &measures) == 0);
    is_share(measures.background.all.share);
    is_share(measures.brightness.dark_share);
    is_share(measures.brightness.bright_share);
    demand(measures.background.all.uniformity >= 0
           && measures.background.all.uniformity <= 255);
    demand(measures.brightness.mean >= 0 && measures.brightness.mean <= 255);
    demand(measures.sharpness >= 0 && measures.sharpness <= 1020.0 * 1020);
    demand(measures.grey.chroma >= 0 && measures.grey.chroma < 184);
    demand(photo->components != 1 || measures.grey.is_grey);

    for (i = 0; i < REGIONS; i++) {
        is_share(measures.background.regions[i].share);
        demand(measures.background.regions[i].colour != COLOUR_MIXED);
    }
}


static jpeg_read_status_t
read_and_measure(const uint8_t *data, size_t size, unsigned turn,
    unsigned least)
{
    photo_t             photo, looked;
    jpeg_want_t         want = { &limits, turn, least, least };
    jpeg_read_status_t  status, early;

    early = jpeg_look(data, size, &want, &looked);
    status = jpeg_read(data, size, &want, &photo);
    demand(early == JPEG_READ_OK || status == early);
    demand((status == JPEG_READ_OK) == (photo.picture.rgb != NULL));
    demand((status == JPEG_READ_OK) == (photo.reason[0] == '\0'));

    if (status == JPEG_READ_OK) {
        demand(photo.picture.width
               == (photo.width + photo.shrunk - 1) / photo.shrunk);
        demand(photo.picture.height
               == (photo.height + photo.shrunk - 1) / photo.shrunk);
        demand(photo.orientation >= 1 && photo.orientation <= 8);
        check_measures(&photo);
    }

    photo_free(&photo);

    return status;
}


static void
make_photo(const uint8_t *data, size_t size, jpeg_read_status_t read,
    unsigned how)
{
    processed_t       processed;
    process_wish_t    wish;
    process_status_t  status;

    memset(&wish, 0, sizeof(process_wish_t));
    wish.turn = how % 4 * 90;
    wish.ratio_width = how & 4 ? 5 : 0;
    wish.ratio_height = how & 4 ? 7 : 0;
    wish.has_face = how >> 3 & 1;
    wish.face_left = (int) (how & 0x70);
    wish.face_width = wish.face_height = 1 + (int) (how & 0x30);
    wish.face_share = wish.has_face ? 0.5 : 0;
    wish.max_width = how & 0x40 ? 30 : 0;
    wish.max_bytes = how & 0x80 ? 4000 : 0;

    status = process(data, size, &limits, &wish, &processed);
    demand((status == PROCESS_READ) == (read != JPEG_READ_OK)
           || status == PROCESS_BAD_WISH);
    demand(status != PROCESS_NO_MEMORY);

    if (status == PROCESS_OK) {
        demand(processed.count >= 1 && processed.count <= CHANGES);
        demand(wish.max_width == 0 || processed.photo.width <= 30);
        demand(wish.max_bytes == 0 || processed.file.size <= 4000);
        demand(read_and_measure(processed.file.data, processed.file.size, 0,
                                0) == JPEG_READ_OK
               || processed.file.size > limits.bytes);
    }

    process_free(&processed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned            how = size == 0 ? 0 : data[size - 1];
    jpeg_read_status_t  status;

    status = read_and_measure(data, size, 0, 0);
    demand(read_and_measure(data, size, how % 4 * 90, 1 + how) == status
           || status == JPEG_READ_DAMAGED || status == JPEG_READ_OK);
    make_photo(data, size, status, how);

    return 0;
}
