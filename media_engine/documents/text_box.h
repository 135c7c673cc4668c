/*
 * text_box.h - a text in its box: broken into lines, made smaller if it may be,
 * cut if it must, drawn.
 *
 * Points.  One thread.
 */

#ifndef MEDIA_TEXT_BOX_H
#define MEDIA_TEXT_BOX_H

#include "drawing.h"
#include "fonts.h"
#include "letters.h"

/* What came of all texts of a document. */
typedef struct {
    letters_t  letters;
    unsigned   fonts;                   /* bits: fonts_number() */
} text_report_t;

typedef enum {
    TEXT_DRAWN = 0,
    TEXT_CUT,                           /* it ends in "…" */
    TEXT_NO_MEMORY
} text_status_t;

/* cr is in points; context of fonts_context(). */
text_status_t text_draw(cairo_t *cr, PangoContext *context,
    const text_item_t *text, text_report_t *report);

#endif
