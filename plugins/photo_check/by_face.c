/*
 * by_face.c - the photo with the picture of the authenticated face, which
 * face_auth keeps under the consent "face": two pictures in, one number out.
 *
 * The engine's answer is untrusted.  It compares and does not judge: what a
 * number means is the rule's.
 */

#include <stdio.h>

#include "compare.h"
#include "values.h"

#define FACE_PICTURE  "face"            /* face_auth's purpose of blobs */
#define BOUNDARY      16                /* random bytes */
#define METHOD        32                /* characters of the method's name */
#define REPLY         4096

typedef struct {
    civic_str_t  photo;
    civic_str_t  reference;
    char         boundary[2 * BOUNDARY + 1];
} pictures_t;


civic_result_t
photo_reference(civic_request_t *r, civic_str_t pid, civic_str_t *id)
{
    json_t          *out;
    civic_result_t   rc;

    *id = CIVIC_STR("");

    rc = civic_call(r, "face_auth.reference",
                    json_pack("{s:s%}", "pid", pid.data, pid.len), &out);

    if (rc == CIVIC_OK) {
        *id = shared_copy(r, shared_json_str(out, "blob_id"));
    }

    /* a system without face authentication has none */
    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


/* *there: 0, it was deleted meanwhile. */
static civic_result_t
read_reference(civic_request_t *r, const photo_t *photo, civic_str_t id,
    pictures_t *pictures, int *there)
{
    civic_blob_t    blob;
    civic_result_t  rc;

    rc = civic_blob_read(r, photo->pid, FACE_PICTURE, id, &blob,
                         &pictures->reference);
    *there = rc == CIVIC_OK;

    return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
make_boundary(civic_request_t *r, char out[2 * BOUNDARY + 1])
{
    size_t          i;
    civic_result_t  rc;
    unsigned char   bytes[BOUNDARY];

    rc = civic_random(r, bytes, sizeof(bytes));

    for (i = 0; rc == CIVIC_OK && i < sizeof(bytes); i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }

    return rc;
}


/* From where they were read to. */
static civic_result_t
ask(civic_request_t *r, const photo_terms_t *terms, const pictures_t *pictures,
    const civic_http_reply_t **reply)
{
    json_t               *upstream = civic_option(r, "faces");
    civic_str_t           parts[5];
    civic_http_header_t   header;

    parts[0] = civic_print(r, "--%s\r\nContent-Disposition: form-data; "
                           "name=\"photo\"; filename=\"photo.jpg\"\r\n"
                           "Content-Type: " PHOTO_JPEG "\r\n\r\n",
                           pictures->boundary);
    parts[1] = pictures->photo;
    parts[2] = civic_print(r, "\r\n--%s\r\nContent-Disposition: form-data; "
                           "name=\"reference\"; filename=\"reference.jpg\"\r\n"
                           "Content-Type: " PHOTO_JPEG "\r\n\r\n",
                           pictures->boundary);
    parts[3] = pictures->reference;
    parts[4] = civic_print(r, "\r\n--%s--\r\n", pictures->boundary);

    header.name = "Content-Type";
    header.value = civic_print(r, "multipart/form-data; boundary=%s",
                               pictures->boundary);

    return civic_http(r, &(civic_http_request_t) {
                             .upstream = json_string_value(upstream),
                             .method = CIVIC_POST,
                             .path = CIVIC_STR("/v1/faces/compare"),
                             .headers = &header, .nheaders = 1,
                             .parts = parts, .nparts = 5,
                             .timeout = (unsigned) terms->timeout,
                             .max_reply = REPLY, .flags = CIVIC_HTTP_SAFE },
                      reply);
}


/* ---- the answer -------------------------------------------------------- */

/* A name that the rule can look up, and nothing else. */
static int
is_method(civic_str_t method)
{
    return method.len > 0 && method.len <= METHOD
           && strspn(method.data, "abcdefghijklmnopqrstuvwxyz0123456789._-")
              == method.len;
}


static civic_result_t
take_answer(civic_request_t *r, json_t *answer, compared_t *compared)
{
    json_t       *value = json_object_get(answer, "similarity");
    double        similarity = json_number_value(value);
    civic_str_t   method = shared_json_str(answer, "method");
    json_int_t    faces;

    faces = json_integer_value(json_object_get(answer, "reference_faces"));

    if (!json_is_number(value)) {
        /* the provider's picture has no face that the engine finds */
        compared->why = faces == 1 ? "photo_faces" : "reference_faces";
        compared->result = faces == 1 ? COMPARED_UNSURE : COMPARED_NOT;

        return CIVIC_OK;
    }

    if (similarity < 0 || similarity > 1 || !is_method(method)) {
        civic_count(r, PHOTO_ENGINE_WRONG, 1);
        compared->result = COMPARED_LATER;

        return CIVIC_OK;
    }

    return photo_compared(r, json_pack("{s:s%, s:f}", "method", method.data,
                                       method.len, "similarity", similarity),
                          compared);
}


/* 501: this engine has no models.  4xx: one of the pictures is none for it,
   which will not change. */
static civic_result_t
take_reply(civic_request_t *r, const civic_http_reply_t *reply,
    compared_t *compared)
{
    json_t          *answer;
    civic_result_t   rc = CIVIC_OK;

    if (reply->status == 501) {
        compared->why = "no_face_models";
        return CIVIC_OK;
    }

    if (reply->status >= 400 && reply->status < 500) {
        civic_log(r, CIVIC_LOG_WARN, "the engine does not compare two "
                  "pictures: status %d", reply->status);
        compared->why = "pictures";
        return CIVIC_OK;
    }

    answer = reply->status != 200 ? NULL
             : json_loadb(reply->body.data, reply->body.len,
                          JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(answer)) {
        rc = take_answer(r, answer, compared);

    } else {
        civic_count(r, reply->status == 200 ? PHOTO_ENGINE_WRONG
                                            : PHOTO_ENGINE_DOWN, 1);
        compared->result = COMPARED_LATER;
    }

    json_decref(answer);

    return rc;
}


civic_result_t
photo_by_face(civic_request_t *r, const photo_t *photo, civic_str_t picture,
    const photo_terms_t *terms, compared_t *compared)
{
    int                         there;
    pictures_t                  pictures = { .photo = picture };
    civic_str_t                 id;
    civic_result_t              rc;
    const civic_http_reply_t   *reply;

    compared->why = "no_reference";

    rc = photo_reference(r, photo->pid, &id);
    if (rc != CIVIC_OK || id.len == 0) {
        return rc;
    }

    rc = read_reference(r, photo, id, &pictures, &there);
    if (rc != CIVIC_OK || !there) {
        return rc;
    }

    rc = make_boundary(r, pictures.boundary);

    if (rc == CIVIC_OK) {
        rc = ask(r, terms, &pictures, &reply);
    }

    if (rc == CIVIC_OK) {
        return take_reply(r, reply, compared);
    }

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN || rc == CIVIC_BUSY) {
        civic_count(r, PHOTO_ENGINE_DOWN, 1);
        compared->result = COMPARED_LATER;
        rc = CIVIC_OK;
    }

    return rc;
}
