/*
 * process.c - see process.h.
 *
 * What is to be cropped and how large it is to be is worked out from the
 * header alone, so that of a large snapshot no more is decoded than is needed.
 */

#include <stddef.h>
#include <string.h>

#include "process.h"

#define RATIO_MOST      1000            /* of a side of the ratio */
#define RATIO_SLIMMEST  10              /* one side to the other */
#define FACE_LEAST      0.1             /* of the photo's height */
#define FACE_MOST       0.9
#define FACE_MIDDLE     0.45            /* of the height: the eyes are a
                                           little above the middle */

/* What becomes of a snapshot, in pixels of its full size. */
typedef struct {
    area_t    crop;
    unsigned  width;                    /* of the photo */
    unsigned  height;
} plan_t;


const char *
change_name(change_name_t name)
{
    static const char *const  names[CHANGES] = {
        "turned", "cropped", "scaled", "encoded"
    };

    return name < CHANGES ? names[name] : "";
}


/* ---- what is asked for -------------------------------------------------- */

static int
ratio_valid(const process_wish_t *wish)
{
    unsigned  width = wish->ratio_width, height = wish->ratio_height;

    if (width == 0 && height == 0) {
        return 1;
    }

    return width > 0 && height > 0 && width <= RATIO_MOST
           && height <= RATIO_MOST && width <= height * RATIO_SLIMMEST
           && height <= width * RATIO_SLIMMEST;
}


static int
face_valid(const process_wish_t *wish, const photo_t *photo)
{
    double  x, y;

    if (!wish->has_face) {
        return 1;
    }

    x = wish->face_left + wish->face_width / 2.0;
    y = wish->face_top + wish->face_height / 2.0;

    return wish->face_width > 0 && wish->face_height > 0 && x >= 0 && y >= 0
           && x < photo->width && y < photo->height;
}


static int
share_valid(const process_wish_t *wish)
{
    return wish->face_share == 0
           || (wish->has_face && wish->face_share >= FACE_LEAST
               && wish->face_share <= FACE_MOST);
}


/* NULL: nothing is wrong. */
static const char *
what_is_wrong(const process_wish_t *wish, const photo_t *photo)
{
    if (wish->turn % 90 != 0 || wish->turn > 270) {
        return "turn";
    }

    if (!ratio_valid(wish)) {
        return "ratio";
    }

    if (!face_valid(wish, photo)) {
        return "face";
    }

    if (!share_valid(wish)) {
        return "face_height";
    }

    return wish->max_bytes != 0 && wish->min_bytes > wish->max_bytes ? "bytes"
                                                                      : NULL;
}


/* ---- what is to be done ------------------------------------------------- */

static double
ratio_of(const process_wish_t *wish, unsigned width, unsigned height)
{
    return wish->ratio_width == 0
           ? (double) width / height
           : (double) wish->ratio_width / wish->ratio_height;
}


static unsigned
whole(double size, unsigned most)
{
    unsigned  rounded = size < 1 ? 1 : (unsigned) (size + 0.5);

    return rounded > most ? most : rounded;
}


/* So that the middle lies at this share of the size, within 0 to all. */
static unsigned
begin_of(double middle, double share, unsigned size, unsigned all)
{
    double  begin = middle - share * size;

    if (begin < 0) {
        return 0;
    }

    return begin > all - size ? all - size : (unsigned) (begin + 0.5);
}


area_t
process_crop(const process_wish_t *wish, unsigned width, unsigned height)
{
    area_t  area;
    double  x = width / 2.0, y = height / 2.0, middle = 0.5;
    double  ratio = ratio_of(wish, width, height), tall;

    tall = width / ratio < height ? width / ratio : height;

    if (wish->face_share != 0 && wish->face_height / wish->face_share < tall) {
        tall = wish->face_height / wish->face_share;
    }

    if (wish->has_face) {
        x = wish->face_left + wish->face_width / 2.0;
        y = wish->face_top + wish->face_height / 2.0;
        middle = FACE_MIDDLE;
    }

    area.width = whole(tall * ratio, width);
    area.height = whole(tall, height);
    area.left = begin_of(x, 0.5, area.width, width);
    area.top = begin_of(y, middle, area.height, height);

    return area;
}


static plan_t
make_plan(const process_wish_t *wish, const photo_t *photo)
{
    double  scale = 1;
    plan_t  plan;

    plan.crop = process_crop(wish, photo->width, photo->height);
    plan.width = plan.crop.width;
    plan.height = plan.crop.height;

    if (wish->max_width != 0 && wish->max_width < plan.width) {
        scale = (double) wish->max_width / plan.width;
    }

    if (wish->max_height != 0 && wish->max_height < plan.height * scale) {
        scale = (double) wish->max_height / plan.height;
    }

    if (scale < 1) {
        plan.height = whole(plan.crop.height * scale, plan.crop.height);
        plan.width = whole(plan.height * ratio_of(wish, plan.crop.width,
                                                  plan.crop.height),
                           plan.crop.width);
    }

    if (wish->max_width != 0 && plan.width > wish->max_width) {
        plan.width = wish->max_width;   /* by rounding the height */
    }

    return plan;
}


/* ---- doing it ----------------------------------------------------------- */

static change_t *
add_change(processed_t *processed, change_name_t name)
{
    change_t  *change = &processed->changes[processed->count++];

    memset(change, 0, sizeof(change_t));
    change->name = name;

    return change;
}


static void
list_changes(const process_wish_t *wish, const plan_t *plan,
    const photo_t *photo, processed_t *processed)
{
    change_t  *change;

    if (wish->turn != 0) {
        add_change(processed, CHANGE_TURNED)->degrees = wish->turn;
    }

    if (plan->crop.width != photo->width
        || plan->crop.height != photo->height)
    {
        add_change(processed, CHANGE_CROPPED)->area = plan->crop;
    }

    if (plan->width != plan->crop.width || plan->height != plan->crop.height) {
        change = add_change(processed, CHANGE_SCALED);
        change->area.width = plan->width;
        change->area.height = plan->height;
    }

    change = add_change(processed, CHANGE_ENCODED);
    change->quality = processed->file.quality;
    change->bytes = processed->file.size;
}


/* So large that the crop still has the photo's pixels. */
static unsigned
least_for(unsigned all, unsigned wanted, unsigned cropped)
{
    return (unsigned) (((uint64_t) all * wanted + cropped - 1) / cropped);
}


/* From 0 to a size that was divided: within what there is, and no less than
   the photo's. */
static unsigned
shrink(unsigned *begin, unsigned size, unsigned by, unsigned wanted,
    unsigned all)
{
    size /= by;
    size = size < wanted ? wanted : size;
    *begin /= by;

    if (*begin > all - size) {
        *begin = all - size;
    }

    return size;
}


static int
crop_and_scale(const plan_t *plan, const photo_t *photo, picture_t *picture)
{
    area_t  area = plan->crop;

    area.width = shrink(&area.left, area.width, photo->shrunk, plan->width,
                        photo->picture.width);
    area.height = shrink(&area.top, area.height, photo->shrunk, plan->height,
                         photo->picture.height);

    return scale_down(&photo->picture, &area, plan->width, plan->height,
                      picture);
}


static process_status_t
encode(const process_wish_t *wish, const plan_t *plan, const photo_t *photo,
    processed_t *processed)
{
    picture_t            picture;
    jpeg_write_status_t  status;

    if (crop_and_scale(plan, photo, &picture) != 0) {
        return PROCESS_NO_MEMORY;
    }

    status = jpeg_write_within(&picture, wish->min_bytes,
                               wish->max_bytes == 0
                               || wish->max_bytes > jpeg_limits.bytes
                               ? jpeg_limits.bytes : wish->max_bytes,
                               &processed->file);
    picture_free(&picture);

    switch (status) {

    case JPEG_WRITE_OK:
        return PROCESS_OK;

    case JPEG_WRITE_CANNOT_FIT:
        return PROCESS_CANNOT_FIT;

    default:
        return PROCESS_NO_MEMORY;
    }
}


/* As an upload of it would be measured: it is no larger than those are. */
static process_status_t
measure_result(processed_t *processed)
{
    int                 failed;
    jpeg_read_status_t  status;

    status = jpeg_read(processed->file.data, processed->file.size,
                       &measure_want, &processed->photo);
    failed = status != JPEG_READ_OK
             || measure(&processed->photo, NULL, &processed->measures) != 0;
    photo_free(&processed->photo);

    return failed ? PROCESS_NO_MEMORY : PROCESS_OK;
}


static process_status_t
process_snapshot(const void *data, size_t len, jpeg_want_t *want,
    const process_wish_t *wish, processed_t *processed)
{
    plan_t             plan;
    photo_t            snapshot;
    process_status_t   status;

    plan = make_plan(wish, &processed->photo);
    want->least_width = least_for(processed->photo.width, plan.width,
                                  plan.crop.width);
    want->least_height = least_for(processed->photo.height, plan.height,
                                   plan.crop.height);
    processed->read = jpeg_read(data, len, want, &snapshot);

    if (processed->read != JPEG_READ_OK) {
        processed->photo = snapshot;
        return PROCESS_READ;
    }

    status = encode(wish, &plan, &snapshot, processed);
    photo_free(&snapshot);

    if (status != PROCESS_OK) {
        return status;
    }

    list_changes(wish, &plan, &snapshot, processed);

    return measure_result(processed);
}


process_status_t
process(const void *data, size_t len, const jpeg_limits_t *limits,
    const process_wish_t *wish, processed_t *processed)
{
    jpeg_want_t  want = { limits, wish->turn, 0, 0 };

    memset(processed, 0, sizeof(processed_t));
    processed->read = jpeg_look(data, len, &want, &processed->photo);

    if (processed->read != JPEG_READ_OK) {
        return PROCESS_READ;
    }

    processed->wrong = what_is_wrong(wish, &processed->photo);

    if (processed->wrong != NULL) {
        return PROCESS_BAD_WISH;
    }

    return process_snapshot(data, len, &want, wish, processed);
}


void
process_free(processed_t *processed)
{
    photo_free(&processed->photo);
    jpeg_file_free(&processed->file);
}
