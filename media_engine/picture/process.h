/*
 * process.h - a snapshot made into a photo of the form that is asked for:
 * turned, cropped around the face, made smaller, encoded into a size; and a
 * list of what was done, for the person to see.
 *
 * Never made larger, never filled up: what the snapshot does not have, the
 * photo will not have.  One thread; nothing is kept between calls.
 */

#ifndef MEDIA_PROCESS_H
#define MEDIA_PROCESS_H

#include "jpeg_read.h"
#include "jpeg_write.h"
#include "measure.h"
#include "scale.h"

typedef struct {
    unsigned  turn;                     /* 0, 90, 180, 270 clockwise */
    unsigned  ratio_width;              /* 5 and 7; 0, 0: as it is */
    unsigned  ratio_height;
    unsigned  has_face:1;
    int       face_left;                /* of the upright picture, turned, in
                                           full size; may reach out of it */
    int       face_top;
    int       face_width;
    int       face_height;
    double    face_share;               /* that the face's height is to have
                                           of the photo's; 0: as large as the
                                           snapshot has room for */
    unsigned  max_width;                /* 0: no limit, as all below */
    unsigned  max_height;
    size_t    min_bytes;
    size_t    max_bytes;
} process_wish_t;

typedef enum {
    CHANGE_TURNED,
    CHANGE_CROPPED,
    CHANGE_SCALED,
    CHANGE_ENCODED,
    CHANGES
} change_name_t;

/* What of it is meant depends on the name: docs/media-engine.md. */
typedef struct {
    change_name_t  name;
    unsigned       degrees;
    area_t         area;                /* cropped; scaled: width and height */
    int            quality;
    size_t         bytes;
} change_t;

typedef enum {
    PROCESS_OK = 0,
    PROCESS_READ,                       /* see read, and photo.reason */
    PROCESS_BAD_WISH,                   /* see wrong: a turn, ratio, face or
                                           share that cannot be */
    PROCESS_CANNOT_FIT,
    PROCESS_NO_MEMORY
} process_status_t;

/* Who made one frees it with process_free(), whatever the status was. */
typedef struct {
    jpeg_read_status_t  read;
    const char         *wrong;          /* "turn", "ratio", "face",
                                           "face_height", "bytes" */
    photo_t             photo;          /* the result, read again: without its
                                           picture */
    measures_t          measures;       /* of the result */
    jpeg_file_t         file;
    change_t            changes[CHANGES];
    unsigned            count;
} processed_t;

/* limits NULL: jpeg_limits. */
process_status_t process(const void *data, size_t len,
    const jpeg_limits_t *limits, const process_wish_t *wish,
    processed_t *processed);

/*
 * The part of an upright picture of width * height that the wish asks for:
 * of the ratio as nearly as whole pixels can, as large as it may be, the face
 * in the middle and its middle at 45 % of the height, moved as far as the
 * picture's edges make it.
 */
area_t process_crop(const process_wish_t *wish, unsigned width,
    unsigned height);

/* "turned", "cropped", "scaled", "encoded" */
const char *change_name(change_name_t name);

/* May be called twice. */
void process_free(processed_t *processed);

#endif
