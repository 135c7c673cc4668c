/*
 * render.c - see render.h.
 *
 * A picture is opened once, as large as the largest box that it has on the
 * pages that are drawn.
 */

#include <cairo-pdf.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "png_write.h"
#include "points.h"

/* Bytes of a PDF. */
#define DRAW_MOST  (24 * 1024 * 1024)

typedef struct {
    const drawing_t      *drawing;
    const jpeg_limits_t  *limits;
    drawn_t              *drawn;
    PangoContext         *context;
    document_picture_t    pictures[DRAWING_PICTURES];
    unsigned              first;        /* the pages that are drawn */
    unsigned              behind;
} pen_t;

typedef struct {
    drawn_t  *drawn;
    size_t    room;
    int       too_large;
} sink_t;


/* ---- items --------------------------------------------------------------- */

static draw_status_t
draw_text(cairo_t *cr, const pen_t *pen, const item_t *item)
{
    drawn_t  *drawn = pen->drawn;

    switch (text_draw(cr, pen->context, &item->is.text, &drawn->report)) {

    case TEXT_CUT:
        if (drawn->cut_count < DRAW_CUT) {
            drawn->cut[drawn->cut_count] =
                (unsigned) (item - pen->drawing->items);
        }

        drawn->cut_count++;
        return DRAW_OK;

    case TEXT_NO_MEMORY:
        return DRAW_NO_MEMORY;

    default:
        return DRAW_OK;
    }
}


static void
draw_line(cairo_t *cr, const line_item_t *line)
{
    double  dash = line->dash * DRAW_MM;

    draw_colour(cr, line->colour);
    cairo_set_line_width(cr, line->width * DRAW_MM);
    cairo_set_dash(cr, &dash, line->dash > 0, 0);
    cairo_move_to(cr, line->x1 * DRAW_MM, line->y1 * DRAW_MM);
    cairo_line_to(cr, line->x2 * DRAW_MM, line->y2 * DRAW_MM);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}


static void
draw_rect(cairo_t *cr, const rect_item_t *rect)
{
    cairo_rectangle(cr, rect->x * DRAW_MM, rect->y * DRAW_MM,
                    rect->width * DRAW_MM, rect->height * DRAW_MM);

    if (rect->fill != COLOUR_NONE) {
        draw_colour(cr, rect->fill);
        cairo_fill_preserve(cr);
    }

    if (rect->line > 0) {
        draw_colour(cr, rect->colour);
        cairo_set_line_width(cr, rect->line * DRAW_MM);
        cairo_stroke_preserve(cr);
    }

    cairo_new_path(cr);
}


static draw_status_t
open_picture(pen_t *pen, unsigned number)
{
    unsigned             i;
    double               width = 0, height = 0;
    const item_t        *item;
    document_picture_t  *picture = &pen->pictures[number];
    drawn_t             *drawn = pen->drawn;

    for (i = 0; i < pen->drawing->item_count; i++) {
        item = &pen->drawing->items[i];

        if (item->type == ITEM_PICTURE && item->is.picture.picture == number
            && item->page >= pen->first && item->page < pen->behind)
        {
            width = MAX(width, item->is.picture.width * DRAW_MM);
            height = MAX(height, item->is.picture.height * DRAW_MM);
        }
    }

    drawn->picture = number;
    drawn->picture_status =
        document_picture_open(&pen->drawing->pictures[number], pen->limits,
                              width, height, picture);
    drawn->photo_status = picture->photo_status;
    memcpy(drawn->reason, picture->reason, sizeof(drawn->reason));

    return drawn->picture_status == PICTURE_OK ? DRAW_OK : DRAW_PICTURE;
}


static draw_status_t
draw_picture(cairo_t *cr, pen_t *pen, const picture_item_t *box)
{
    double               scale, width = box->width * DRAW_MM;
    double               height = box->height * DRAW_MM;
    draw_status_t        status;
    document_picture_t  *picture = &pen->pictures[box->picture];

    if (picture->surface == NULL) {
        status = open_picture(pen, box->picture);

        if (status != DRAW_OK) {
            return status;
        }
    }

    scale = MIN(width / picture->width, height / picture->height);
    cairo_save(cr);
    cairo_translate(cr,
        box->x * DRAW_MM + (width - picture->width * scale) / 2,
        box->y * DRAW_MM + (height - picture->height * scale) / 2);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, picture->surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr),
                             picture->smooth ? CAIRO_FILTER_GOOD
                                             : CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);

    return DRAW_OK;
}


static draw_status_t
draw_page(cairo_t *cr, pen_t *pen, const page_t *page)
{
    unsigned         i;
    const item_t    *item;
    draw_status_t    status = DRAW_OK;

    for (i = 0; i < page->count && status == DRAW_OK; i++) {
        item = &pen->drawing->items[page->first + i];

        switch (item->type) {

        case ITEM_TEXT:
            status = draw_text(cr, pen, item);
            break;

        case ITEM_LINE:
            draw_line(cr, &item->is.line);
            break;

        case ITEM_RECT:
            draw_rect(cr, &item->is.rect);
            break;

        case ITEM_PICTURE:
            status = draw_picture(cr, pen, &item->is.picture);
            break;
        }
    }

    return status;
}


/* ---- whole documents ----------------------------------------------------- */

static void
pen_take(pen_t *pen)
{
    *pen->drawn = (drawn_t) { .bytes = NULL };
    pen->context = fonts_context(pen->drawing->language);
}


static void
pen_put_down(pen_t *pen)
{
    unsigned  i;

    for (i = 0; i < pen->drawing->picture_count; i++) {
        document_picture_free(&pen->pictures[i]);
    }

    g_object_unref(pen->context);
}


static cairo_status_t
take_bytes(void *data, const unsigned char *bytes, unsigned len)
{
    size_t    room;
    sink_t   *sink = data;
    drawn_t  *drawn = sink->drawn;
    uint8_t  *grown;

    if (len > DRAW_MOST - drawn->len) {
        sink->too_large = 1;
        return CAIRO_STATUS_WRITE_ERROR;
    }

    if (drawn->len + len > sink->room) {
        room = MAX(2 * sink->room, drawn->len + len);
        grown = realloc(drawn->bytes, room);

        if (grown == NULL) {
            return CAIRO_STATUS_WRITE_ERROR;
        }

        drawn->bytes = grown;
        sink->room = room;
    }

    memcpy(drawn->bytes + drawn->len, bytes, len);
    drawn->len += len;

    return CAIRO_STATUS_SUCCESS;
}


/* A document without a date is the same whenever it is drawn: cairo would
   tell the time. */
static cairo_surface_t *
new_pdf(const drawing_t *drawing, sink_t *sink)
{
    const char       *created = drawing->created;
    cairo_surface_t  *surface;

    surface = cairo_pdf_surface_create_for_stream(take_bytes, sink,
                            drawing->pages[0].width * DRAW_MM,
                            drawing->pages[0].height * DRAW_MM);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   created == NULL ? "" : created);

    if (drawing->title[0] != '\0') {
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                       drawing->title);
    }

    return surface;
}


static draw_status_t
draw_pages(cairo_surface_t *surface, pen_t *pen)
{
    unsigned         i;
    cairo_t         *cr = cairo_create(surface);
    const page_t    *page;
    draw_status_t    status = DRAW_OK;

    for (i = pen->first; i < pen->behind && status == DRAW_OK; i++) {
        page = &pen->drawing->pages[i];

        if (i > pen->first) {
            cairo_pdf_surface_set_size(surface, page->width * DRAW_MM,
                                       page->height * DRAW_MM);
        }

        status = draw_page(cr, pen, page);
        cairo_show_page(cr);
    }

    if (status == DRAW_OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
        status = DRAW_NO_MEMORY;
    }

    cairo_destroy(cr);

    return status;
}


draw_status_t
draw_pdf(const drawing_t *drawing, const jpeg_limits_t *limits,
    drawn_t *drawn)
{
    pen_t             pen = {
        .drawing = drawing, .limits = limits, .drawn = drawn,
        .behind = drawing->page_count
    };
    sink_t            sink = { .drawn = drawn };
    draw_status_t     status;
    cairo_surface_t  *surface;

    pen_take(&pen);
    surface = new_pdf(drawing, &sink);
    status = draw_pages(surface, &pen);
    cairo_surface_finish(surface);

    if (sink.too_large) {
        memcpy(drawn->reason, "document", sizeof("document"));
        status = DRAW_TOO_LARGE;

    } else if (status == DRAW_OK
               && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
    {
        status = DRAW_NO_MEMORY;
    }

    cairo_surface_destroy(surface);
    pen_put_down(&pen);

    return status;
}


static draw_status_t
write_png(cairo_surface_t *surface, drawn_t *drawn)
{
    cairo_surface_flush(surface);

    return png_write(cairo_image_surface_get_data(surface),
                     (unsigned) drawn->width, (unsigned) drawn->height,
                     (size_t) cairo_image_surface_get_stride(surface),
                     &drawn->bytes, &drawn->len) == 0
           ? DRAW_OK : DRAW_NO_MEMORY;
}


static draw_status_t
draw_image(cairo_surface_t *surface, pen_t *pen, const page_t *page)
{
    cairo_t          *cr;
    draw_status_t     status;

    /* The rounded size is filled to its edges. */
    cairo_surface_set_device_scale(surface,
        pen->drawn->width / (page->width * DRAW_MM),
        pen->drawn->height / (page->height * DRAW_MM));
    cr = cairo_create(surface);
    draw_colour(cr, 0xffffff);
    cairo_paint(cr);
    status = draw_page(cr, pen, page);

    if (status == DRAW_OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
        status = DRAW_NO_MEMORY;
    }

    cairo_destroy(cr);

    return status == DRAW_OK ? write_png(surface, pen->drawn) : status;
}


draw_status_t
draw_png(const drawing_t *drawing, const jpeg_limits_t *limits,
    unsigned page, unsigned dpi, drawn_t *drawn)
{
    pen_t             pen = {
        .drawing = drawing, .limits = limits, .drawn = drawn,
        .first = page, .behind = page + 1
    };
    draw_status_t     status;
    const page_t     *is = &drawing->pages[page];
    cairo_surface_t  *surface;

    pen_take(&pen);
    drawn->width = (int) (is->width / 25.4 * dpi + 0.5);
    drawn->height = (int) (is->height / 25.4 * dpi + 0.5);

    if ((uint64_t) drawn->width * (uint64_t) drawn->height
        > limits->header.pixels)
    {
        memcpy(drawn->reason, "pixels", sizeof("pixels"));
        pen_put_down(&pen);
        return DRAW_TOO_LARGE;
    }

    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, drawn->width,
                                         drawn->height);
    status = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
             ? draw_image(surface, &pen, is) : DRAW_NO_MEMORY;
    cairo_surface_destroy(surface);
    pen_put_down(&pen);

    return status;
}


void
drawn_free(drawn_t *drawn)
{
    free(drawn->bytes);
    drawn->bytes = NULL;
    drawn->len = 0;
}
