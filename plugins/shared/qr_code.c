/*
 * qr_code.c - a text as a QR code that a page shows.
 */

#include <stdlib.h>

#include "base64.h"
#include "qr_code.h"
#include "qr_image.h"

#define PNG_PREFIX  "data:image/png;base64,"
#define SVG_PREFIX  "data:image/svg+xml;base64,"

/* Work for a thread. */
typedef struct {
    civic_str_t      text;
    civic_qr_look_t  look;
    char            *png;                   /* malloc's */
    char            *svg;
} drawing_t;


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

    if (civic_qr_png(drawing->text.data, drawing->text.len, &drawing->look,
                     &buffer)
        == CIVIC_QR_OK)
    {
        drawing->png = data_uri(PNG_PREFIX, &buffer);
    }

    if (civic_qr_svg(drawing->text.data, drawing->text.len, &drawing->look,
                     &buffer)
        == CIVIC_QR_OK)
    {
        drawing->svg = data_uri(SVG_PREFIX, &buffer);
    }

    civic_qr_buffer_free(&buffer);
}


civic_result_t
shared_qr_code(civic_request_t *r, civic_str_t text, unsigned scale,
    shared_qr_code_t *code)
{
    drawing_t       drawing = { .text = text,
                                .look = { scale, CIVIC_QR_MARGIN } };
    civic_result_t  rc;

    rc = civic_offload(r, CIVIC_THREADS_WORK, draw, &drawing);

    if (rc == CIVIC_OK && (drawing.png == NULL || drawing.svg == NULL)) {
        civic_log(r, CIVIC_LOG_ERROR, "a QR code of %zu bytes cannot be "
                  "drawn", text.len);
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        code->png = civic_print(r, "%s", drawing.png);
        code->svg = civic_print(r, "%s", drawing.svg);
    }

    free(drawing.png);
    free(drawing.svg);

    return rc;
}
