/*
 * documents.c - see documents.h.
 */

#include <math.h>

#include "documents.h"

/* Of the interface: what is added to it leaves the number alone. */
#define DOCUMENTS_VERSION  1


json_t *
document_of_health(int faces, int documents)
{
    return json_pack("{s:i, s:b, s:b}", "version", DOCUMENTS_VERSION,
                     "faces", faces, "documents", documents);
}


/* A new array with what each() makes of the first, the second, ...; steals
   nothing. */
static json_t *
document_of_each(const void *things, unsigned count, unsigned shrunk,
    json_t *(*each)(const void *things, unsigned i, unsigned shrunk))
{
    json_t    *array = json_array();
    unsigned   i;

    for (i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, each(things, i, shrunk)) != 0) {
            json_decref(array);
            array = NULL;
        }
    }

    return array;
}


/* ---- measures ------------------------------------------------------------ */

static json_t *
document_of_region(const void *things, unsigned i, unsigned shrunk)
{
    const colour_measure_t  *region = (const colour_measure_t *) things + i;

    (void) shrunk;

    return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}",
                     "name", region_name((int) i),
                     "colour", colour_name(region->colour),
                     "share", region->share,
                     "red", region->red,
                     "green", region->green,
                     "blue", region->blue);
}


static json_t *
document_of_background(const measures_t *measures)
{
    const colour_measure_t  *all = &measures->background.all;

    return json_pack("{s:s, s:f, s:f, s:o}",
                     "colour", colour_name(all->colour),
                     "share", all->share,
                     "uniformity", all->uniformity,
                     "regions", document_of_each(measures->background.regions,
                                                 REGIONS, 1,
                                                 document_of_region));
}


json_t *
document_of_measures(const photo_t *photo, const measures_t *measures)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:I, s:b, s:i, s:{s:b, s:f},"
                     " s:o, s:f, s:{s:f, s:f, s:f}}",
                     "width", (int) photo->width,
                     "height", (int) photo->height,
                     "stored_width", (int) photo->stored_width,
                     "stored_height", (int) photo->stored_height,
                     "orientation", (int) photo->orientation,
                     "bytes", (json_int_t) photo->bytes,
                     "progressive", (int) photo->progressive,
                     "components", (int) photo->components,
                     "grey", "is_grey", measures->grey.is_grey,
                             "chroma", measures->grey.chroma,
                     "background", document_of_background(measures),
                     "sharpness", measures->sharpness,
                     "brightness", "mean", measures->brightness.mean,
                         "dark_share", measures->brightness.dark_share,
                         "bright_share", measures->brightness.bright_share);
}


/* ---- faces --------------------------------------------------------------- */

static json_t *
document_of_point(const faces_point_t *point, unsigned shrunk)
{
    return json_pack("[I, I]", (json_int_t) lround(point->x * shrunk),
                     (json_int_t) lround(point->y * shrunk));
}


static json_t *
document_of_face(const void *things, unsigned i, unsigned shrunk)
{
    int            scale = (int) shrunk;
    const face_t  *face = (const face_t *) things + i;

    return json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:o, s:o, s:o}",
                     "left", face->left * scale, "top", face->top * scale,
                     "width", face->width * scale,
                     "height", face->height * scale,
                     "score", face->score, "roll", face->roll,
                     "left_eye", document_of_point(&face->left_eye, shrunk),
                     "right_eye", document_of_point(&face->right_eye, shrunk),
                     "nose", document_of_point(&face->nose, shrunk));
}


json_t *
document_of_faces(const face_t *faces, unsigned count, unsigned shrunk)
{
    return json_pack("{s:o}", "faces",
                     document_of_each(faces, count, shrunk,
                                      document_of_face));
}


json_t *
document_of_comparison(unsigned photo_faces, unsigned reference_faces,
    double similarity)
{
    json_t  *document;

    document = json_pack("{s:i, s:i, s:s}", "photo_faces", (int) photo_faces,
                         "reference_faces", (int) reference_faces,
                         "method", FACES_METHOD);

    if (document != NULL && similarity >= 0) {
        (void) json_object_set_new(document, "similarity",
                                   json_real(similarity));
    }

    return document;
}


/* ---- what was changed ---------------------------------------------------- */

static json_t *
document_of_change(const void *things, unsigned i, unsigned shrunk)
{
    const change_t  *change = (const change_t *) things + i;
    const area_t    *area = &change->area;
    const char      *name = change_name(change->name);

    (void) shrunk;

    switch (change->name) {

    case CHANGE_TURNED:
        return json_pack("{s:s, s:i}", "name", name,
                         "degrees", (int) change->degrees);

    case CHANGE_CROPPED:
        return json_pack("{s:s, s:i, s:i, s:i, s:i}", "name", name,
                         "left", (int) area->left, "top", (int) area->top,
                         "width", (int) area->width,
                         "height", (int) area->height);

    case CHANGE_SCALED:
        return json_pack("{s:s, s:i, s:i}", "name", name,
                         "width", (int) area->width,
                         "height", (int) area->height);

    default:
        return json_pack("{s:s, s:i, s:I}", "name", name,
                         "quality", change->quality,
                         "bytes", (json_int_t) change->bytes);
    }
}


json_t *
document_of_process(const processed_t *processed)
{
    return json_pack("{s:o, s:o}", "changes",
                     document_of_each(processed->changes, processed->count, 1,
                                      document_of_change),
                     "measures",
                     document_of_measures(&processed->photo,
                                          &processed->measures));
}
