/*
 * document.h - a document that the media engine draws (POST /v1/documents of
 * docs/media-engine.md): what stands where is put down here, one thing after
 * the other, then the engine is asked for a PDF or a picture.
 *
 *     document = shared_document(r, CIVIC_STR("准考证"), "zh-CN");
 *     shared_document_page(document, 210, 297);
 *     shared_document_text(document, &(shared_document_text_t) {
 *         .x = 20, .y = 20, .width = 170, .size = 22, .bold = 1,
 *         .align = SHARED_DOCUMENT_CENTRE }, title);
 *     shared_document_picture(document, 150, 40, 35, 49, "image/jpeg", photo);
 *     rc = shared_document_draw(document, &shared_document_pdf, &drawn);
 *
 * Millimetres from the top left of the page, points for letters.  What is put
 * down later lies on top.  Nothing of it fails and nothing suspends before
 * shared_document_draw(): what cannot be put down (more than the engine takes)
 * is told there, as CIVIC_ERROR with a log line.
 *
 * All memory is the request's; nothing is freed.  Texts are copied; a
 * picture's bytes are not, and have to stay until it is drawn.
 */

#ifndef CIVIC_SHARED_DOCUMENT_H
#define CIVIC_SHARED_DOCUMENT_H

#include "civic_plugin.h"

/* What the engine takes. */
#define SHARED_DOCUMENT_PAGES     40
#define SHARED_DOCUMENT_ITEMS     2000
#define SHARED_DOCUMENT_PICTURES  16

/* A4, upright. */
#define SHARED_DOCUMENT_A4_WIDTH   210
#define SHARED_DOCUMENT_A4_HEIGHT  297

typedef struct shared_document_s  shared_document_t;

typedef enum {
    SHARED_DOCUMENT_LEFT = 0,
    SHARED_DOCUMENT_CENTRE,
    SHARED_DOCUMENT_RIGHT
} shared_document_align_t;

/* How a text stands.  0 is always "as it is said here". */
typedef struct {
    double                    x;        /* of its box; mm */
    double                    y;
    double                    width;    /* needed */
    double                    height;   /* 0: as high as it gets; else no line
                                           is put below it, and it stands in
                                           its middle with middle */
    double                    size;     /* points; 0: 10.5 */
    double                    least;    /* points: made smaller down to that
                                           if it does not fit; 0: never */
    double                    line_height;  /* of the size; 0: 1.4 */
    unsigned                  lines;    /* at most; 0: as many as it takes */
    shared_document_align_t   align;
    unsigned                  middle:1;
    unsigned                  bold:1;
    unsigned                  no_wrap:1;    /* lines end only at "\n" */
    const char               *colour;   /* "#rrggbb"; NULL: black */
} shared_document_text_t;

/* A new one, without pages.  language: "zh-CN", "en". */
shared_document_t *shared_document(civic_request_t *r, civic_str_t title,
    const char *language);

/* A new page: what follows stands on it. */
void shared_document_page(shared_document_t *document, double width,
    double height);

/* Characters that are not for print (controls, changes of direction) are left
   out by the engine. */
void shared_document_text(shared_document_t *document,
    const shared_document_text_t *how, civic_str_t text);

/* width: of the line, mm; dash: mm, 0: none. */
void shared_document_line(shared_document_t *document, double x1, double y1,
    double x2, double y2, double width, double dash, const char *colour);

/* line: width of the border, 0: none; colours NULL: a black border, not
   filled. */
void shared_document_rect(shared_document_t *document, double x, double y,
    double width, double height, double line, const char *border,
    const char *fill);

/*
 * A picture as large as the box lets it be, in its middle. media_type:
 * "image/jpeg" (a photo) or "image/png" (a code; not smoothed). The same bytes
 * may be put down again, and are sent once.
 */
void shared_document_picture(shared_document_t *document, double x, double y,
    double width, double height, const char *media_type, civic_str_t bytes);

/*
 * A row of a table: each cell in its border, its text made smaller, down to 6
 * points, if it does not fit. how: its size, bold, align, colour and the left
 * top corner of the row; its height is needed.
 */
void shared_document_row(shared_document_t *document,
    const shared_document_text_t *how, const double *widths,
    const civic_str_t *texts, size_t count);

/* What is asked for. */
typedef struct {
    unsigned      png:1;                /* else a PDF of all pages */
    unsigned      page;                 /* of a PNG: 1, ... */
    unsigned      dpi;                  /* of a PNG: 36 to 300; 0: 110 */
    civic_msec_t  created;              /* of a PDF; 0: it tells no date */
    unsigned      timeout;              /* ms; 0: 15,000 */
} shared_document_want_t;

extern const shared_document_want_t  shared_document_pdf;

typedef struct {
    civic_str_t   bytes;
    const char   *media_type;           /* "application/pdf", "image/png" */
    unsigned      pages;
    civic_str_t   missing;              /* characters that no font has, each
                                           once: "〓" stands in their place */
    unsigned      cut;                  /* texts that did not fit, and end in
                                           "…" */
} shared_drawn_t;

/*
 * Asks the upstream "media". Suspends.  CIVIC_OK: drawn.  CIVIC_NOT_SENT: there
 * is no engine, it has no fonts, or it did not answer: nothing is lost, and it
 * may be asked again.  CIVIC_INVALID: a picture is none that the engine reads;
 * CIVIC_ERROR: the document is none that it draws: both with a log line.
 */
civic_result_t shared_document_draw(shared_document_t *document,
    const shared_document_want_t *want, shared_drawn_t *drawn);

/* What somebody downloads. */
typedef struct {
    civic_str_t   what;                 /* for the log: "a ticket of ..." */
    civic_str_t   file;                 /* the name of a PDF, ASCII */
    civic_str_t   file_utf8;            /* and in full, percent-encoded (RFC
                                           8187) */
} shared_document_file_t;

/*
 * Answers 200 with what was drawn, a PDF as a file to keep.  Characters that no
 * font has are named in the log and in the header Civic-Missing, as "U+3400
 * U+20087": code points, not the name that they stand in.
 */
civic_result_t shared_document_reply(civic_request_t *r,
    const shared_drawn_t *drawn, const shared_document_file_t *file);

#endif
