/*
 * qr_code.h - a text as a QR code that a page shows: drawn on a work thread,
 * for a code of an Alipay link takes a millisecond.
 *
 * Who uses it links with qrencode and deflate (kit/qr_image).
 */

#ifndef CIVIC_SHARED_QR_CODE_H
#define CIVIC_SHARED_QR_CODE_H

#include "civic_plugin.h"

/* Both as data URIs, of the request. */
typedef struct {
    civic_str_t  png;
    civic_str_t  svg;
} shared_qr_code_t;

/* scale: pixels of a module.  Suspends.  CIVIC_ERROR, with a log line: the
   text is too long, or there is no memory. */
civic_result_t shared_qr_code(civic_request_t *r, civic_str_t text,
    unsigned scale, shared_qr_code_t *code);

#endif
