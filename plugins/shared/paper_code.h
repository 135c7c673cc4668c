/*
 * paper_code.h - a token of docs/adr/0021-paper-tokens.md as the code on a
 * sheet: signed and drawn on a work thread, for both together take a
 * millisecond.
 *
 * Who uses it links with qrencode and deflate (kit/qr_image).
 */

#ifndef CIVIC_SHARED_PAPER_CODE_H
#define CIVIC_SHARED_PAPER_CODE_H

#include "civic_plugin.h"
#include "cwt.h"

/* Adds a text to a token; -1 if it is too long. */
int shared_paper_add(civic_cwt_t *token, int64_t label, civic_str_t text);

/* A token's text, of the request; empty if it has none of that label. */
civic_str_t shared_paper_text(civic_request_t *r, const civic_cwt_t *token,
    int64_t label);

/* Signs a token.  *text: what the QR code holds.  Suspends.  CIVIC_ERROR, with
   a log line: it is none that a reader would take. */
civic_result_t shared_paper_sign(civic_request_t *r,
    const civic_cwt_key_t *key, const civic_cwt_t *token, civic_str_t *text);

/* Draws up to SHARED_PAPER_CODES texts as PNG.  Suspends. */
#define SHARED_PAPER_CODES  16

civic_result_t shared_paper_draw(civic_request_t *r, const civic_str_t *texts,
    civic_str_t *pictures, size_t count);

#endif
