/*
 * document_fuzz.c - libFuzzer target: a drawing list, and the PNG that comes
 * with it, as the media engine draws them.
 *
 * What stands before the first NUL is the list, the rest the picture "p".
 * What is read is drawn, and what is drawn twice is the same.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "fonts.h"

/* Texts of a document: what time an input may take is bounded by more, in an
   engine. */
#define ITEMS  20

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const jpeg_limits_t  limits = {
    65536, { 1024, 1024, 1 << 18, 65536, 16 }, 8 << 20
};


static void
demand(int holds)
{
    if (!holds) {
        abort();
    }
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char  why[FONTS_WHY];

    (void) argc;
    (void) argv;
    demand(fonts_open(fonts_usual, why) > 0);

    return 0;
}


static void
draw(const drawing_t *drawing)
{
    drawn_t        first, second;
    draw_status_t  status;

    status = draw_pdf(drawing, &limits, &first);
    demand(draw_pdf(drawing, &limits, &second) == status);
    demand(status != DRAW_OK
           || (first.len == second.len && first.cut_count <= ITEMS
               && memcmp(first.bytes, second.bytes, first.len) == 0
               && first.len > 5 && memcmp(first.bytes, "%PDF-", 5) == 0));
    drawn_free(&first);
    drawn_free(&second);

    status = draw_png(drawing, &limits, drawing->page_count - 1, 36, &first);
    demand(status != DRAW_OK || (first.len > 8 && first.bytes[1] == 'P'));
    drawn_free(&first);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              len = size == 0 ? 0 : strnlen((const char *) data,
                                                      size);
    drawing_t           drawing;
    drawing_status_t    status;
    drawing_picture_t   picture = {
        .name = "p", .name_len = 1, .data = data + len + (len < size),
        .len = size - len - (len < size), .png = 1
    };

    status = drawing_read(data, len, &picture, 1, &drawing);
    demand((status == DRAWING_FAULTY) == (drawing.faults != NULL));

    if (status == DRAWING_OK && drawing.item_count <= ITEMS) {
        draw(&drawing);
    }

    drawing_free(&drawing);

    return 0;
}
