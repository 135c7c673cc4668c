/*
 * engine.c - what the media engine is asked, and what its answers mean
 * (docs/media-engine.md).
 *
 * An answer is somebody else's input.  What goes on from here is made anew
 * out of what was looked at: numbers within what a picture can have, names of
 * the list.  Anything else counts as an engine that is down, and is logged.
 */

#include <math.h>

#include "engine.h"
#include "values.h"

#define SIDE        65535
#define FACES       16
#define CHANGES     8
#define ANSWER      65536               /* bytes of JSON */
#define ANYWHERE    1000000             /* of a coordinate */

/* Problems of the engine that are about the picture. */
static const struct {
    const char  *code;
    const char  *wrong;
} problems[] = {
    { "not_a_jpeg", "not_jpeg" },
    { "damaged", "damaged" },
    { "unsupported", "unsupported" },
    { "too_large", "too_large" },
    { "cannot_fit", "cannot_fit" },
};


/* ---- numbers ----------------------------------------------------------- */

/* Copies a number of an object if it lies between; 0, or -1. */
static int
copy_number(json_t *to, json_t *from, const char *name, double least,
    double most)
{
    json_t  *value = json_object_get(from, name);
    double   number = json_number_value(value);

    if (!json_is_number(value) || !isfinite(number) || number < least
        || number > most)
    {
        return -1;
    }

    return json_object_set(to, name, value);
}


static int
copy_integer(json_t *to, json_t *from, const char *name, json_int_t least,
    json_int_t most)
{
    return json_is_integer(json_object_get(from, name))
           ? copy_number(to, from, name, (double) least, (double) most) : -1;
}


static int
is_one_of(civic_str_t text, const char *const *names)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (civic_str_eq(text, civic_cstr(*names))) {
            return 1;
        }
    }

    return 0;
}


/* ---- measures ---------------------------------------------------------- */

static json_t *
take_background(json_t *from)
{
    json_t       *to = json_object();
    civic_str_t   colour = shared_json_str(from, "colour");

    static const char *const  colours[] = {
        "red", "blue", "white", "other", "mixed", NULL
    };

    if (is_one_of(colour, colours)
        && copy_number(to, from, "share", 0, 1) == 0
        && copy_number(to, from, "uniformity", 0, 255) == 0
        && json_object_set(to, "colour", json_object_get(from, "colour")) == 0)
    {
        return to;
    }

    json_decref(to);

    return NULL;
}


static json_t *
take_brightness(json_t *from)
{
    json_t  *to = json_object();

    if (copy_number(to, from, "mean", 0, 255) == 0
        && copy_number(to, from, "dark_share", 0, 1) == 0
        && copy_number(to, from, "bright_share", 0, 1) == 0)
    {
        return to;
    }

    json_decref(to);

    return NULL;
}


static json_t *
take_grey(json_t *from)
{
    json_t  *to = json_object(), *is = json_object_get(from, "is_grey");

    if (json_is_boolean(is) && copy_number(to, from, "chroma", 0, 1000) == 0
        && json_object_set(to, "is_grey", is) == 0)
    {
        return to;
    }

    json_decref(to);

    return NULL;
}


/* NULL: it is not as described. */
static json_t *
take_measures(json_t *from)
{
    json_t  *to = json_object();

    /* setting NULL fails */
    if (copy_integer(to, from, "width", 1, SIDE) == 0
        && copy_integer(to, from, "height", 1, SIDE) == 0
        && copy_number(to, from, "sharpness", 0, 1e9) == 0
        && json_object_set_new(to, "grey", take_grey(
               json_object_get(from, "grey"))) == 0
        && json_object_set_new(to, "background", take_background(
               json_object_get(from, "background"))) == 0
        && json_object_set_new(to, "brightness", take_brightness(
               json_object_get(from, "brightness"))) == 0)
    {
        return to;
    }

    json_decref(to);

    return NULL;
}


/* ---- faces ------------------------------------------------------------- */

static json_t *
take_face(json_t *from)
{
    json_t  *to = json_object();

    if (copy_integer(to, from, "left", -ANYWHERE, ANYWHERE) == 0
        && copy_integer(to, from, "top", -ANYWHERE, ANYWHERE) == 0
        && copy_integer(to, from, "width", 1, ANYWHERE) == 0
        && copy_integer(to, from, "height", 1, ANYWHERE) == 0
        && copy_number(to, from, "roll", -180, 180) == 0)
    {
        return to;
    }

    json_decref(to);

    return NULL;
}


static json_int_t
area_of(json_t *face)
{
    return json_integer_value(json_object_get(face, "width"))
           * json_integer_value(json_object_get(face, "height"));
}


/* Largest first, as the rule takes it; NULL: it is not as described. */
static json_t *
take_faces(json_t *from)
{
    size_t   i, at;
    json_t  *one, *face, *to = json_array();
    json_t  *faces = json_object_get(from, "faces");

    if (!json_is_array(faces) || json_array_size(faces) > FACES) {
        json_decref(to);
        return NULL;
    }

    json_array_foreach(faces, i, one) {
        face = take_face(one);

        if (face == NULL) {
            json_decref(to);
            return NULL;
        }

        for (at = 0; at < json_array_size(to); at++) {
            if (area_of(face) > area_of(json_array_get(to, at))) {
                break;
            }
        }

        json_array_insert_new(to, at, face);
    }

    return to;
}


/* ---- changes ----------------------------------------------------------- */

static json_t *
take_change(json_t *from)
{
    size_t   i;
    json_t  *to = json_object();

    static const char *const  names[] = {
        "turned", "cropped", "scaled", "encoded", NULL
    };

    static const char *const  numbers[] = {
        "degrees", "left", "top", "width", "height", "quality", "bytes"
    };

    if (!is_one_of(shared_json_str(from, "name"), names)) {
        json_decref(to);
        return NULL;
    }

    json_object_set(to, "name", json_object_get(from, "name"));

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void) copy_integer(to, from, numbers[i], 0, 100 * ANYWHERE);
    }

    return to;
}


/* What is not as described is left out: the picture is there all the same. */
static json_t *
take_changes(json_t *from)
{
    size_t   i;
    json_t  *one, *change, *to = json_array();
    json_t  *changes = json_object_get(from, "changes");

    json_array_foreach(changes, i, one) {
        change = i < CHANGES ? take_change(one) : NULL;

        if (change != NULL) {
            json_array_append_new(to, change);
        }
    }

    return to;
}


/* ---- asking ------------------------------------------------------------ */

static void
says_down(civic_request_t *r, const char *what, const char *upstream,
    engine_answer_t *answer)
{
    civic_count(r, what == NULL ? PHOTO_ENGINE_DOWN : PHOTO_ENGINE_WRONG, 1);
    answer->verdict = ENGINE_DOWN;

    if (what != NULL) {
        civic_log(r, CIVIC_LOG_WARN, "the engine \"%s\" answers %s", upstream,
                  what);
    }
}


/* A problem that is about the picture, or that it has no models; 0: other. */
static int
take_problem(const civic_http_reply_t *reply, engine_answer_t *answer)
{
    size_t        i;
    json_t       *problem;
    civic_str_t   code;

    if (reply->status < 400 || reply->status > 501) {
        return 0;
    }

    problem = json_loadb(reply->body.data, reply->body.len, 0, NULL);
    code = shared_json_str(problem, "code");

    if (reply->status == 501
        && civic_str_eq(code, CIVIC_STR("no_face_models")))
    {
        answer->verdict = ENGINE_CANNOT;
        json_decref(problem);
        return 1;
    }

    for (i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (reply->status < 500
            && civic_str_eq(code, civic_cstr(problems[i].code)))
        {
            answer->verdict = ENGINE_REFUSES;
            answer->wrong = problems[i].wrong;
        }
    }

    json_decref(problem);

    return answer->verdict == ENGINE_REFUSES;
}


/* *reply: NULL when the answer is complete without it. */
static civic_result_t
ask(civic_request_t *r, const char *option, const photo_terms_t *terms,
    civic_str_t path, civic_str_t bytes, size_t max_reply,
    engine_answer_t *answer, const civic_http_reply_t **reply)
{
    civic_result_t        rc;
    const char           *upstream;
    civic_http_header_t   header = { "Content-Type", CIVIC_STR(PHOTO_JPEG) };

    memset(answer, 0, sizeof(engine_answer_t));
    upstream = json_string_value(civic_option(r, option));

    rc = civic_http(r, &(civic_http_request_t) {
                           .upstream = upstream, .method = CIVIC_POST,
                           .path = path, .headers = &header, .nheaders = 1,
                           .body = bytes,
                           .timeout = (unsigned) terms->timeout,
                           .max_reply = max_reply,
                           .flags = CIVIC_HTTP_SAFE }, reply);

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN || rc == CIVIC_BUSY) {
        *reply = NULL;
        says_down(r, NULL, upstream, answer);
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK || (*reply)->status == 200) {
        return rc;
    }

    if (!take_problem(*reply, answer)) {
        says_down(r, (*reply)->status >= 500 ? NULL : "an unknown problem",
                  upstream, answer);
    }

    *reply = NULL;

    return CIVIC_OK;
}


/* The JSON of an answer, as take() makes it anew. */
static void
take_json(civic_request_t *r, civic_str_t text, json_t *(*take)(json_t *),
    engine_answer_t *answer)
{
    json_t  *json;

    json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    answer->json = json_is_object(json) ? take(json) : NULL;
    json_decref(json);

    if (answer->json == NULL) {
        says_down(r, "what nobody can use", "media", answer);
    }
}


civic_result_t
photo_engine_measure(civic_request_t *r, const photo_terms_t *terms,
    civic_str_t bytes, engine_answer_t *answer)
{
    civic_result_t             rc;
    const civic_http_reply_t  *reply;

    rc = ask(r, "media", terms, CIVIC_STR("/v1/photos/measure"), bytes,
             ANSWER, answer, &reply);

    if (rc == CIVIC_OK && reply != NULL) {
        take_json(r, reply->body, take_measures, answer);
    }

    return rc;
}


civic_result_t
photo_engine_faces(civic_request_t *r, const photo_terms_t *terms,
    civic_str_t bytes, engine_answer_t *answer)
{
    civic_result_t             rc;
    const civic_http_reply_t  *reply;

    rc = ask(r, "faces", terms, CIVIC_STR("/v1/faces/find"), bytes, ANSWER,
             answer, &reply);

    if (rc == CIVIC_OK && reply != NULL) {
        take_json(r, reply->body, take_faces, answer);
    }

    return rc;
}


static civic_str_t
header_of(const civic_http_reply_t *reply, const char *name)
{
    size_t  i;

    for (i = 0; i < reply->nheaders; i++) {
        if (strcmp(reply->headers[i].name, name) == 0) {
            return reply->headers[i].value;
        }
    }

    return CIVIC_STR("");
}


civic_result_t
photo_engine_process(civic_request_t *r, const photo_terms_t *terms,
    civic_str_t bytes, civic_str_t query, engine_answer_t *answer)
{
    civic_str_t                path;
    civic_result_t             rc;
    const civic_http_reply_t  *reply;

    path = civic_print(r, "/v1/photos/process?%.*s", (int) query.len,
                       query.data);

    rc = ask(r, "media", terms, path, bytes, PHOTO_STORED, answer, &reply);

    if (rc != CIVIC_OK || reply == NULL) {
        return rc;
    }

    if (reply->body.len < 4
        || memcmp(reply->body.data, "\xff\xd8\xff", 3) != 0)
    {
        says_down(r, "no JPEG", "media", answer);
        return CIVIC_OK;
    }

    take_json(r, header_of(reply, "civic-media"), take_changes, answer);
    answer->picture = reply->body;

    return CIVIC_OK;
}
