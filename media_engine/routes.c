/*
 * routes.c - see routes.h.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "documents.h"
#include "fonts.h"
#include "form_data.h"
#include "print.h"
#include "query.h"
#include "refusal.h"
#include "routes.h"

/*
 * Faces are looked for in pictures of about this size: the decoder leaves
 * out what the detector would not see.
 */
#define ROUTES_FACES_SIDE  1200

/* What stands around the two pictures of a comparison. */
#define ROUTES_PARTS  (2 * MULTIPART_HEADERS)

/* No side, left or top is farther away. */
#define ROUTES_FAR  1000000

typedef enum {
    ROUTE_NOTHING,                      /* a GET */
    ROUTE_JPEG,
    ROUTE_TWO_JPEGS,
    ROUTE_DOCUMENT
} route_body_t;

typedef enum {
    WITH_NOTHING = 0,
    WITH_FACES,                         /* cannot be done without models */
    WITH_FONTS
} route_with_t;

typedef struct {
    const jpeg_limits_t  *limits;
    const request_t      *request;
    answer_t             *answer;
} exchange_t;

typedef struct {
    const char          *path;
    route_body_t         body;
    route_with_t         with;
    const char *const   *query;
    void               (*run)(const exchange_t *exchange);
} route_t;

typedef struct {
    photo_t   photo;
    face_t    faces[FACES_MOST];
    unsigned  count;
} looked_at_t;


/* ---- what several do ----------------------------------------------------- */

static void
refuse_query(const exchange_t *exchange, const char *word)
{
    answer_problem(exchange->answer, 400, "bad_request", word, NULL);
}


/* Reads what is only measured, and measures it: a document, or NULL with an
   answer that refuses it. */
static json_t *
measured(const exchange_t *exchange, const uint8_t *data, size_t len)
{
    json_t              *document = NULL;
    photo_t              photo = { .bytes = 0 };
    measures_t           measures;
    jpeg_want_t          want = measure_want;
    jpeg_read_status_t   status;

    want.limits = exchange->limits;
    status = jpeg_read(data, len, &want, &photo);

    if (status != JPEG_READ_OK) {
        refuse_picture(exchange->answer, status, photo.reason, NULL);

    } else if (measure(&photo, NULL, &measures) == 0) {
        document = document_of_measures(&photo, &measures);
    }

    photo_free(&photo);

    if (status == JPEG_READ_OK && document == NULL) {
        answer_no_memory(exchange->answer);
    }

    return document;
}


/* 0, or -1 with an answer that says why not. */
static int
look_for_faces(const exchange_t *exchange, const uint8_t *data, size_t len,
    const char *part, looked_at_t *seen)
{
    int                  count;
    jpeg_want_t          want = {
        .limits = exchange->limits, .least_width = ROUTES_FACES_SIDE,
        .least_height = ROUTES_FACES_SIDE
    };
    jpeg_read_status_t   status = jpeg_read(data, len, &want, &seen->photo);

    if (status != JPEG_READ_OK) {
        refuse_picture(exchange->answer, status, seen->photo.reason, part);
        return -1;
    }

    count = faces_find(&seen->photo.picture, seen->faces);

    if (count < 0) {
        answer_problem(exchange->answer, 500, "failed", NULL, part);
        return -1;
    }

    seen->count = (unsigned) count;

    return 0;
}


/* ---- health, measure, normalise ------------------------------------------ */

static void
run_health(const exchange_t *exchange)
{
    answer_json(exchange->answer, document_of_health(faces_loaded(),
                                                     fonts_opened()));
}


static void
run_measure(const exchange_t *exchange)
{
    const request_t  *request = exchange->request;
    json_t           *document;

    document = measured(exchange, request->body, request->len);

    if (document != NULL) {
        answer_json(exchange->answer, document);
    }
}


/* The whole picture as a new file: 0, or -1 with an answer. */
static int
written_again(const exchange_t *exchange, int quality, jpeg_file_t *file)
{
    int                  failed = 0;
    photo_t              photo = { .bytes = 0 };
    jpeg_want_t          want = { .limits = exchange->limits };
    jpeg_read_status_t   status;

    status = jpeg_read(exchange->request->body, exchange->request->len, &want,
                       &photo);

    if (status != JPEG_READ_OK) {
        refuse_picture(exchange->answer, status, photo.reason, NULL);
        failed = -1;

    } else if (jpeg_write(&photo.picture, quality,
                          quality >= JPEG_QUALITY_DEFAULT, file)
               != JPEG_WRITE_OK)
    {
        answer_no_memory(exchange->answer);
        failed = -1;
    }

    photo_free(&photo);

    return failed;
}


static void
run_normalise(const exchange_t *exchange)
{
    long          quality = JPEG_QUALITY_DEFAULT;
    json_t       *document;
    jpeg_file_t   file = { .data = NULL };

    if (query_number(exchange->request, "quality", JPEG_QUALITY_LEAST,
                     JPEG_QUALITY_MOST, &quality) != 0)
    {
        refuse_query(exchange, "quality");
        return;
    }

    if (written_again(exchange, (int) quality, &file) == 0) {
        document = measured(exchange, file.data, file.size);

        if (document != NULL) {
            answer_picture(exchange->answer, &file, document);
        }
    }

    jpeg_file_free(&file);
}


/* ---- process ------------------------------------------------------------- */

static int
wish_for_face(const request_t *request, process_wish_t *wish)
{
    int   there;
    long  face[4] = { 0, 0, 0, 0 };

    there = query_numbers(request, "face", ',', -ROUTES_FAR, ROUTES_FAR, face,
                          4);

    if (there < 0 || (there && (face[2] < 1 || face[3] < 1))) {
        return -1;
    }

    wish->has_face = there == 1;
    wish->face_left = (int) face[0];
    wish->face_top = (int) face[1];
    wish->face_width = (int) face[2];
    wish->face_height = (int) face[3];

    return 0;
}


/* The word that is wrong, or NULL. */
static const char *
wish_for_form(const request_t *request, process_wish_t *wish)
{
    long  turn = 0, ratio[2] = { 0, 0 };

    if (query_number(request, "turn", 0, 270, &turn) != 0 || turn % 90 != 0) {
        return "turn";
    }

    if (query_numbers(request, "ratio", ':', 1, 100, ratio, 2) < 0) {
        return "ratio";
    }

    if (wish_for_face(request, wish) != 0) {
        return "face";
    }

    if (query_share(request, "face_height", 0.1, 0.9, &wish->face_share) != 0)
    {
        return "face_height";
    }

    wish->turn = (unsigned) turn;
    wish->ratio_width = (unsigned) ratio[0];
    wish->ratio_height = (unsigned) ratio[1];

    return NULL;
}


static const char *
wish_for_size(const exchange_t *exchange, process_wish_t *wish)
{
    long              side = exchange->limits->header.width;
    long              bytes = (long) exchange->limits->bytes;
    long              numbers[4] = { 0, 0, 0, 0 };
    const request_t  *request = exchange->request;

    if (query_number(request, "max_width", 1, side, &numbers[0]) != 0) {
        return "max_width";
    }

    if (query_number(request, "max_height", 1, side, &numbers[1]) != 0) {
        return "max_height";
    }

    if (query_number(request, "min_bytes", 0, bytes, &numbers[2]) != 0) {
        return "min_bytes";
    }

    if (query_number(request, "max_bytes", 1, bytes, &numbers[3]) != 0) {
        return "max_bytes";
    }

    wish->max_width = (unsigned) numbers[0];
    wish->max_height = (unsigned) numbers[1];
    wish->min_bytes = (size_t) numbers[2];
    wish->max_bytes = (size_t) numbers[3];

    return NULL;
}


static void
answer_process(const exchange_t *exchange, process_status_t status,
    processed_t *processed)
{
    json_t  *document;

    switch (status) {

    case PROCESS_OK:
        document = document_of_process(processed);
        answer_picture(exchange->answer, &processed->file, document);
        break;

    case PROCESS_READ:
        refuse_picture(exchange->answer, processed->read,
                       processed->photo.reason, NULL);
        break;

    case PROCESS_BAD_WISH:
        refuse_query(exchange, processed->wrong);
        break;

    case PROCESS_CANNOT_FIT:
        answer_problem(exchange->answer, 422, "cannot_fit", NULL, NULL);
        break;

    default:
        answer_no_memory(exchange->answer);
        break;
    }
}


static void
run_process(const exchange_t *exchange)
{
    const char        *wrong;
    process_wish_t     wish = { .turn = 0 };
    processed_t        processed = { .count = 0 };
    process_status_t   status;

    wrong = wish_for_form(exchange->request, &wish);

    if (wrong == NULL) {
        wrong = wish_for_size(exchange, &wish);
    }

    if (wrong != NULL) {
        refuse_query(exchange, wrong);
        return;
    }

    status = process(exchange->request->body, exchange->request->len,
                     exchange->limits, &wish, &processed);
    answer_process(exchange, status, &processed);
    process_free(&processed);
}


/* ---- faces --------------------------------------------------------------- */

static void
run_find(const exchange_t *exchange)
{
    looked_at_t  seen = { .count = 0 };

    if (look_for_faces(exchange, exchange->request->body,
                       exchange->request->len, NULL, &seen) == 0)
    {
        answer_json(exchange->answer,
                    document_of_faces(seen.faces, seen.count,
                                      seen.photo.shrunk));
    }

    photo_free(&seen.photo);
}


static const multipart_t *
part_of(const multipart_t parts[2], const char *name)
{
    int  i;

    for (i = 0; i < 2; i++) {
        if (parts[i].type <= MULTIPART_JPEG
            && parts[i].name_len == strlen(name)
            && memcmp(parts[i].name, name, parts[i].name_len) == 0)
        {
            return &parts[i];
        }
    }

    return NULL;
}


static void
compare(const exchange_t *exchange, looked_at_t *photo,
    looked_at_t *reference)
{
    double  similarity = -1;

    if (photo->count == 1 && reference->count == 1
        && faces_compare(&photo->photo.picture, &photo->faces[0],
                         &reference->photo.picture, &reference->faces[0],
                         &similarity) != 0)
    {
        answer_problem(exchange->answer, 500, "failed", NULL, NULL);
        return;
    }

    answer_json(exchange->answer,
                document_of_comparison(photo->count, reference->count,
                                       similarity));
}


static void
run_compare(const exchange_t *exchange)
{
    looked_at_t         a = { .count = 0 }, b = { .count = 0 };
    multipart_t         parts[2];
    const request_t    *request = exchange->request;
    const multipart_t  *photo, *reference;

    if (multipart_parse(request->type, request->body, request->len, parts, 2)
        != 2)
    {
        refuse_query(exchange, "body");
        return;
    }

    photo = part_of(parts, "photo");
    reference = part_of(parts, "reference");

    if (photo == NULL || reference == NULL) {
        refuse_query(exchange, "body");
        return;
    }

    if (look_for_faces(exchange, photo->data, photo->len, "photo", &a) == 0
        && look_for_faces(exchange, reference->data, reference->len,
                          "reference", &b) == 0)
    {
        compare(exchange, &a, &b);
    }

    photo_free(&a.photo);
    photo_free(&b.photo);
}


/* ---- documents ----------------------------------------------------------- */

static void
run_documents(const exchange_t *exchange)
{
    print_answer(exchange->request, exchange->limits, exchange->answer);
}


/* ---- the table ----------------------------------------------------------- */

static const char *const  no_query[] = { NULL };
static const char *const  normalise_query[] = { "quality", NULL };
static const char *const  process_query[] = {
    "turn", "ratio", "face", "face_height", "max_width", "max_height",
    "min_bytes", "max_bytes", NULL
};

static const route_t  routes[] = {
    { "/v1/health", ROUTE_NOTHING, WITH_NOTHING, no_query, run_health },
    { "/v1/photos/measure", ROUTE_JPEG, WITH_NOTHING, no_query, run_measure },
    { "/v1/photos/normalise", ROUTE_JPEG, WITH_NOTHING, normalise_query,
      run_normalise },
    { "/v1/photos/process", ROUTE_JPEG, WITH_NOTHING, process_query,
      run_process },
    { "/v1/faces/find", ROUTE_JPEG, WITH_FACES, no_query, run_find },
    { "/v1/faces/compare", ROUTE_TWO_JPEGS, WITH_FACES, no_query,
      run_compare },
    { "/v1/documents", ROUTE_DOCUMENT, WITH_FONTS, print_query,
      run_documents },
};

#define ROUTES  (sizeof(routes) / sizeof(routes[0]))


static const route_t *
route_of(const char *path)
{
    size_t  i;

    for (i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].path, path) == 0) {
            return &routes[i];
        }
    }

    return NULL;
}


static const char *
route_method(const route_t *route)
{
    return route->body == ROUTE_NOTHING ? "GET" : "POST";
}


const char *
routes_name(const char *path)
{
    const route_t  *route = route_of(path);

    return route == NULL ? "-" : route->path;
}


size_t
routes_body(const char *method, const char *path, const jpeg_limits_t *limits)
{
    const route_t  *route = route_of(path);

    if (route == NULL || strcmp(route_method(route), method) != 0) {
        return 0;
    }

    switch (route->body) {

    case ROUTE_JPEG:
        return limits->bytes;

    case ROUTE_TWO_JPEGS:
        return 2 * limits->bytes + ROUTES_PARTS;

    case ROUTE_DOCUMENT:
        return print_body(limits);

    default:
        return 0;
    }
}


static int
routes_type_is(const route_t *route, const char *type)
{
    switch (route->body) {

    case ROUTE_JPEG:
        return type != NULL && strcasecmp(type, "image/jpeg") == 0;

    case ROUTE_TWO_JPEGS:
    case ROUTE_DOCUMENT:
        return multipart_is(type);

    default:
        return 1;
    }
}


void
routes_answer(const request_t *request, const jpeg_limits_t *limits,
    answer_t *answer)
{
    exchange_t      exchange = { limits, request, answer };
    const char     *wrong;
    const route_t  *route = route_of(request->path);

    if (route == NULL) {
        answer_problem(answer, 404, "not_found", NULL, NULL);

    } else if (strcmp(request->method, route_method(route)) != 0) {
        answer_problem(answer, 405, "method_not_allowed", NULL, NULL);
        answer->allow = route_method(route);

    } else if (route->with == WITH_FACES && !faces_loaded()) {
        answer_problem(answer, 501, "no_face_models", NULL, NULL);

    } else if (route->with == WITH_FONTS && !fonts_opened()) {
        answer_problem(answer, 501, "no_fonts", NULL, NULL);

    } else if (!query_is(request, route->query, &wrong)) {
        refuse_query(&exchange, wrong);

    } else if (!routes_type_is(route, request->type)) {
        answer_problem(answer, 415, "not_a_jpeg", "content type", NULL);

    } else if (request->too_large) {
        answer_problem(answer, 413, "too_large", "bytes", NULL);

    } else if (route->body != ROUTE_NOTHING && request->len == 0) {
        refuse_query(&exchange, "body");

    } else {
        route->run(&exchange);
    }

    /* without memory even for the problem */
    if (answer->text == NULL) {
        answer->exhausted = 1;
    }
}
