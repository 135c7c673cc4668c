/*
 * page.c - the link to Alipay's page, which a phone opens and a PC shows as a
 * QR code, and the words around it.
 *
 * The link is signed anew each time: it leads to the same attempt.
 */

#include "caller.h"
#include "face_auth.h"
#include "qr_code.h"
#include "values.h"

#define SCALE  4                        /* pixels of a module */


/* ---- what is shown ----------------------------------------------------- */

civic_result_t
face_texts(civic_request_t *r, int failed, civic_str_t reason,
    json_t **texts)
{
    json_t  *in;

    in = json_pack("{s:s, s:b}", "language", shared_language(r), "failed",
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
    civic_str_t url, const shared_qr_code_t *code, int counter)
{
    civic_writer_t  *w = civic_reply(r, 201);

    civic_write_str(r, w, "attempt_id", attempt->id);
    civic_write_str(r, w, "state", attempt->state);
    civic_write_str(r, w, "certify_id", attempt->certify_id);
    civic_write_str(r, w, "url", url);
    civic_write_str(r, w, "qr_png", code->png);
    civic_write_str(r, w, "qr_svg", code->svg);
    civic_write_instant(r, w, "expires_at", attempt->expires_at);
    civic_write_json(r, w, "advice", json_object_get(texts, "texts"));
    civic_write_json(r, w, "buttons", json_object_get(texts, "buttons"));
    civic_write_bool(r, w, "counter", counter);
}


civic_result_t
face_page_reply(civic_request_t *r, const face_attempt_t *attempt,
    int counter)
{
    json_t            *texts;
    civic_str_t        url;
    civic_result_t     rc;
    shared_qr_code_t   code;

    rc = face_texts(r, 0, CIVIC_STR(""), &texts);

    if (rc == CIVIC_OK) {
        rc = page_url(r, attempt, &url);
    }

    if (rc == CIVIC_OK) {
        rc = shared_qr_code(r, url, SCALE, &code);
    }

    if (rc == CIVIC_OK) {
        write_page(r, attempt, texts, url, &code, counter);
    }

    return rc;
}
