/*
 * page.c - the link to Alipay's page, which a phone opens and a PC shows as a
 * QR code, and the words around it.
 *
 * The link is signed anew each time: it leads to the same attempt.
 */

#include <stdlib.h>

#include "base64.h"
#include "face_auth.h"
#include "values.h"
#include "qr_image.h"

#define SCALE       4                   /* pixels of a module */
#define PNG_PREFIX  "data:image/png;base64,"
#define SVG_PREFIX  "data:image/svg+xml;base64,"

/* Work for a thread. */
typedef struct {
    civic_str_t  url;
    char        *png;                   /* malloc's */
    char        *svg;
} drawing_t;


/* ---- drawing, on a thread ---------------------------------------------- */

static char *
data_uri(const char *prefix, const civic_qr_buffer_t *picture)
{
    char    *text;
    size_t   len = strlen(prefix);

    text = malloc(len + CIVIC_BASE64_ROOM(picture->len));

    if (text != NULL) {
        memcpy(text, prefix, len);
        (void) civic_base64_encode(picture->data, picture->len, text + len);
    }

    return text;
}


static void
draw(void *data)
{
    drawing_t          *drawing = data;
    civic_qr_buffer_t   buffer = { NULL, 0, 0 };

    static const civic_qr_look_t  look = { SCALE, CIVIC_QR_MARGIN };

    if (civic_qr_png(drawing->url.data, drawing->url.len, &look, &buffer)
        == CIVIC_QR_OK)
    {
        drawing->png = data_uri(PNG_PREFIX, &buffer);
    }

    if (civic_qr_svg(drawing->url.data, drawing->url.len, &look, &buffer)
        == CIVIC_QR_OK)
    {
        drawing->svg = data_uri(SVG_PREFIX, &buffer);
    }

    civic_qr_buffer_free(&buffer);
}


/* ---- what is shown ----------------------------------------------------- */

civic_result_t
face_texts(civic_request_t *r, int failed, civic_str_t reason,
    json_t **texts)
{
    json_t  *in;

    in = json_pack("{s:s, s:b}", "language", face_language(r), "failed",
                   failed);

    if (reason.len > 0) {
        json_object_set_new(in, "reason",
                            json_stringn(reason.data, reason.len));
    }

    return civic_rule(r, "texts", in, texts);
}


static civic_result_t
page_url(civic_request_t *r, const face_attempt_t *attempt, civic_str_t *url)
{
    json_t          *in, *out;
    civic_result_t   rc;

    in = json_pack("{s:s, s:{s:s%}}", "method",
                   "alipay.user.certify.open.certify", "business",
                   "certify_id", attempt->certify_id.data,
                   attempt->certify_id.len);

    if (json_string_length(civic_option(r, "return_url")) > 0) {
        json_object_set(in, "return_url", civic_option(r, "return_url"));
    }

    rc = in == NULL ? CIVIC_ERROR : civic_call(r, "alipay.page", in, &out);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *url = shared_json_str(out, "url");

    return url->len > 0 ? CIVIC_OK : CIVIC_ERROR;
}


static void
write_page(civic_request_t *r, const face_attempt_t *attempt, json_t *texts,
    const drawing_t *drawing, int counter)
{
    civic_writer_t  *w = civic_reply(r, 201);

    civic_write_str(r, w, "attempt_id", attempt->id);
    civic_write_str(r, w, "state", attempt->state);
    civic_write_str(r, w, "certify_id", attempt->certify_id);
    civic_write_str(r, w, "url", drawing->url);
    civic_write_str(r, w, "qr_png", civic_cstr(drawing->png));
    civic_write_str(r, w, "qr_svg", civic_cstr(drawing->svg));
    civic_write_instant(r, w, "expires_at", attempt->expires_at);
    civic_write_json(r, w, "advice", json_object_get(texts, "texts"));
    civic_write_json(r, w, "buttons", json_object_get(texts, "buttons"));
    civic_write_bool(r, w, "counter", counter);
}


civic_result_t
face_page_reply(civic_request_t *r, const face_attempt_t *attempt,
    int counter)
{
    json_t          *texts;
    drawing_t        drawing = { .png = NULL };
    civic_result_t   rc;

    rc = face_texts(r, 0, CIVIC_STR(""), &texts);

    if (rc == CIVIC_OK) {
        rc = page_url(r, attempt, &drawing.url);
    }

    if (rc == CIVIC_OK) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, draw, &drawing);
    }

    if (rc == CIVIC_OK && (drawing.png == NULL || drawing.svg == NULL)) {
        civic_log(r, CIVIC_LOG_ERROR, "a QR code of %zu bytes cannot be "
                  "drawn", drawing.url.len);
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        write_page(r, attempt, texts, &drawing, counter);
    }

    free(drawing.png);
    free(drawing.svg);

    return rc;
}
