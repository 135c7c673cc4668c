/*
 * paper_code.c - a token as the code on a sheet.
 */

#include <stdlib.h>

#include "paper_code.h"
#include "qr_image.h"
#include "words.h"

#define SCALE  8                        /* pixels a module: 300 dpi on 3 cm */

/* Work for a thread. */
typedef struct {
    const civic_cwt_key_t  *key;
    const civic_cwt_t      *token;
    civic_cwt_status_t      status;
    char                    text[CIVIC_CWT_ROOM];
} signing_t;

typedef struct {
    const civic_str_t  *texts;
    size_t              count;
    civic_qr_status_t   status;
    civic_qr_buffer_t   pictures[SHARED_PAPER_CODES];
} drawing_t;


int
shared_paper_add(civic_cwt_t *token, int64_t label, civic_str_t text)
{
    return civic_cwt_add(token, label, text.data, text.len);
}


civic_str_t
shared_paper_text(civic_request_t *r, const civic_cwt_t *token, int64_t label)
{
    const civic_cwt_text_t  *text = civic_cwt_find(token, label);

    return text == NULL ? CIVIC_STR("")
           : shared_copy(r, (civic_str_t) { text->data, text->len });
}


/* ---- signing ------------------------------------------------------------ */

static void
sign(void *data)
{
    signing_t  *signing = data;

    signing->status = civic_cwt_sign_text(signing->key, signing->token,
                                          signing->text);
}


civic_result_t
shared_paper_sign(civic_request_t *r, const civic_cwt_key_t *key,
    const civic_cwt_t *token, civic_str_t *text)
{
    signing_t       *signing;
    civic_result_t   rc;

    signing = civic_alloc(r, sizeof(signing_t));
    signing->key = key;
    signing->token = token;

    rc = civic_offload(r, CIVIC_THREADS_WORK, sign, signing);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (signing->status != CIVIC_CWT_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "a printed code cannot be signed: %s",
                  civic_cwt_status_name(signing->status));
        return CIVIC_ERROR;
    }

    *text = civic_cstr(signing->text);

    return CIVIC_OK;
}


/* ---- drawing ------------------------------------------------------------ */

static void
draw(void *data)
{
    size_t      i;
    drawing_t  *drawing = data;

    static const civic_qr_look_t  look = { SCALE, CIVIC_QR_MARGIN };

    for (i = 0; i < drawing->count && drawing->status == CIVIC_QR_OK; i++) {
        drawing->status = civic_qr_png(drawing->texts[i].data,
                                       drawing->texts[i].len, &look,
                                       &drawing->pictures[i]);
    }
}


civic_result_t
shared_paper_draw(civic_request_t *r, const civic_str_t *texts,
    civic_str_t *pictures, size_t count)
{
    size_t           i;
    drawing_t       *drawing;
    civic_result_t   rc;

    if (count > SHARED_PAPER_CODES) {
        return CIVIC_ERROR;
    }

    drawing = civic_alloc(r, sizeof(drawing_t));
    memset(drawing, 0, sizeof(drawing_t));
    drawing->texts = texts;
    drawing->count = count;

    rc = civic_offload(r, CIVIC_THREADS_WORK, draw, drawing);

    if (rc == CIVIC_OK && drawing->status != CIVIC_QR_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "a printed code cannot be drawn: %s",
                  civic_qr_status_name(drawing->status));
        rc = CIVIC_ERROR;
    }

    for (i = 0; i < count; i++) {
        if (rc == CIVIC_OK) {
            pictures[i] = shared_copy(r, (civic_str_t) {
                                     (char *) drawing->pictures[i].data,
                                     drawing->pictures[i].len });
        }

        civic_qr_buffer_free(&drawing->pictures[i]);
    }

    return rc;
}
