/*
 * paper_layout.c - what stands where on a sheet of codes.  Millimetres from
 * the top left corner.
 *
 * A4: one person's code large, or a family's three a page, each to be cut out:
 *
 *     ┌──────────────────────────────┐
 *     │ ▒▒▒▒   亲属码   张*（子女）  │
 *     │ ▒▒▒▒   有效期至              │
 *     │ ▒▒▒▒   9月28日 22:13         │
 *     │        签发 ... 签发单位     │
 *     └──────────────────────────────┘
 *
 * An album's picture is as wide as a phone, with a code on each part.
 *
 * What must be read at arm's length (0.7 m, in a queue, by who may have weak
 * eyes) is the end of validity: a sign should subtend 20 minutes of arc or
 * more to be read with ease, so 4 mm, and here it is 7 mm high (28 points for
 * digits of 0.72 em); the name and the kind 5 mm (20 points).  The code is 60
 * mm wide: a cheap camera resolves its squares of 0.9 mm from 0.5 m.
 *
 * Never a colour: it changes, and paper does not.  Never a full name or
 * number.  A sheet is Chinese, as those who look at it read.
 */

#include "china_time.h"
#include "document.h"
#include "paper.h"
#include "values.h"

#define LEFT      15.0
#define WIDTH     180.0
#define TOP       15.0

#define CODE      62.0                  /* with its quiet zone */
#define CARD      84.0                  /* height of one person's part */
#define CARD_GAP  4.0
#define PER_PAGE  3

#define ALBUM_WIDTH  90.0
#define ALBUM_CARD   148.0
#define ALBUM_CODE   76.0
#define ALBUM_FOOT   34.0
#define ALBUM_ONE    4                  /* codes of one column; more have two */
#define ALBUM_DEEP   1000.0             /* mm that the engine draws */

#define END_SIZE   28.0                 /* points, see above */
#define NAME_SIZE  20.0
#define TEXT_SIZE  12.0

#define INK    "#1a1a1a"
#define GREY   "#555555"
#define RULE   "#8a8f98"

_Static_assert((KINSHIP_SHEET_MOST + 1) / 2 * ALBUM_CARD + ALBUM_FOOT
               < ALBUM_DEEP,
               "room for all codes of a sheet");


/* ---- words -------------------------------------------------------------- */

static civic_str_t
kind_of(const kinship_printed_t *code)
{
    return code->binding.len == 0 ? CIVIC_STR("一码通")
                                  : CIVIC_STR("亲属码");
}


/* "张*（子女）"; the relation only if the rules have a word for it. */
static civic_str_t
who(civic_request_t *r, const kinship_drawing_t *drawing,
    const kinship_printed_t *code)
{
    civic_str_t  relation = CIVIC_STR("");

    if (code->relation.len > 0) {
        relation = shared_json_str(json_object_get(drawing->terms->answer,
                                                   "relations"),
                                   code->relation.data);
    }

    return relation.len == 0 ? code->name
           : civic_print(r, "%.*s（%.*s）", (int) code->name.len,
                         code->name.data, (int) relation.len, relation.data);
}


/* "2026年9月28日 22:13" */
static civic_str_t
when(civic_request_t *r, civic_msec_t at)
{
    int   year = 0, month = 0, day = 0;
    char  text[CIVIC_CHINA_TIME_TEXT];

    civic_china_time_format(at, text);
    (void) sscanf(text, "%d-%d-%d", &year, &month, &day);

    return civic_print(r, "%d年%d月%d日 %.5s", year, month, day, text + 11);
}


/* "9月28日 22:13": what is to be read from afar. */
static civic_str_t
short_when(civic_request_t *r, civic_msec_t at)
{
    int   month = 0, day = 0;
    char  text[CIVIC_CHINA_TIME_TEXT];

    civic_china_time_format(at, text);
    (void) sscanf(text + 5, "%d-%d", &month, &day);

    return civic_print(r, "%d月%d日 %.5s", month, day, text + 11);
}


static civic_str_t
instructions(civic_request_t *r, const kinship_drawing_t *drawing)
{
    size_t       i;
    json_t      *all = json_object_get(drawing->terms->answer,
                                       "instructions"), *one;
    civic_str_t  text = CIVIC_STR("");

    json_array_foreach(all, i, one) {
        text = civic_print(r, "%.*s%s%zu. %s", (int) text.len, text.data,
                           i == 0 ? "" : "\n", i + 1,
                           json_is_string(one) ? json_string_value(one) : "");
    }

    return text;
}


/* ---- a part ------------------------------------------------------------- */

/* A text in one column; where the next begins. */
static double
put(shared_document_t *page, double x, double y, double width, double size,
    int bold, const char *colour, civic_str_t text)
{
    shared_document_text(page, &(shared_document_text_t) {
        .x = x, .y = y, .width = width, .size = size, .least = 6,
        .lines = 1, .bold = bold != 0, .colour = colour }, text);

    return y + size * 0.353 * 1.5;
}


static double
put_words(civic_request_t *r, shared_document_t *page, double x, double y,
    double width, const kinship_drawing_t *drawing,
    const kinship_printed_t *code)
{
    y = put(page, x, y, width, NAME_SIZE, 1, INK, kind_of(code));
    y = put(page, x, y, width, NAME_SIZE, 0, INK, who(r, drawing, code));
    y = put(page, x, y + 2, width, TEXT_SIZE, 0, GREY,
            CIVIC_STR("有效期至"));
    y = put(page, x, y, width, END_SIZE, 1, INK,
            short_when(r, code->expires_at));
    y = put(page, x, y + 1, width, TEXT_SIZE, 0, INK,
            civic_print(r, "签发时间　%s",
                        when(r, code->issued_at).data));
    y = put(page, x, y, width, TEXT_SIZE, 0, INK,
            civic_print(r, "失效时间　%s",
                        when(r, code->expires_at).data));

    return put(page, x, y, width, TEXT_SIZE, 0, GREY,
               civic_print(r, "签发单位　%s", drawing->issuer.data));
}


static void
put_card(civic_request_t *r, shared_document_t *page, double y,
    const kinship_drawing_t *drawing, size_t i)
{
    shared_document_rect(page, LEFT, y, WIDTH, CARD, 0.2, RULE, "#ffffff");
    shared_document_picture(page, LEFT + 4, y + (CARD - CODE) / 2, CODE,
                            CODE, "image/png", drawing->pictures[i]);
    (void) put_words(r, page, LEFT + CODE + 12, y + 8, WIDTH - CODE - 18,
                     drawing, &drawing->sheet->codes[i]);
}


/* ---- A4 ----------------------------------------------------------------- */

static void
put_foot(civic_request_t *r, shared_document_t *page, double x, double y,
    double width, double height, const kinship_drawing_t *drawing)
{
    shared_document_text(page, &(shared_document_text_t) {
        .x = x, .y = y, .width = width, .height = height, .size = 10.5,
        .least = 6, .line_height = 1.5, .colour = GREY },
        instructions(r, drawing));
}


shared_document_t *
kinship_paper_page(civic_request_t *r, const kinship_drawing_t *drawing)
{
    size_t              i;
    double              y = TOP;
    shared_document_t  *page;

    page = shared_document(r, CIVIC_STR("离线码"), "zh-CN");

    for (i = 0; i < drawing->sheet->count; i++) {
        if (i % PER_PAGE == 0) {
            shared_document_page(page, SHARED_DOCUMENT_A4_WIDTH,
                                 SHARED_DOCUMENT_A4_HEIGHT);
            y = TOP;
        }

        put_card(r, page, y, drawing, i);
        y += CARD + CARD_GAP;

        if (i % PER_PAGE == PER_PAGE - 1 || i + 1 == drawing->sheet->count) {
            put_foot(r, page, LEFT, y, WIDTH,
                     SHARED_DOCUMENT_A4_HEIGHT - y - 4, drawing);
        }
    }

    return page;
}


/* ---- a phone's album ---------------------------------------------------- */

static void
put_album_card(civic_request_t *r, shared_document_t *page, double x,
    double y, const kinship_drawing_t *drawing, size_t i)
{
    x += (ALBUM_WIDTH - ALBUM_CODE) / 2;
    shared_document_picture(page, x, y + 4, ALBUM_CODE, ALBUM_CODE,
                            "image/png", drawing->pictures[i]);
    (void) put_words(r, page, x, y + ALBUM_CODE + 5, ALBUM_CODE, drawing,
                     &drawing->sheet->codes[i]);
    shared_document_line(page, x, y + ALBUM_CARD, x + ALBUM_CODE,
                         y + ALBUM_CARD, 0.2, 0, RULE);
}


shared_document_t *
kinship_paper_album(civic_request_t *r, const kinship_drawing_t *drawing)
{
    size_t              i, count = drawing->sheet->count;
    size_t              columns = count > ALBUM_ONE ? 2 : 1;
    double              width = (double) columns * ALBUM_WIDTH, deep;
    shared_document_t  *page;

    deep = (double) ((count + columns - 1) / columns) * ALBUM_CARD;
    page = shared_document(r, CIVIC_STR("离线码"), "zh-CN");
    shared_document_page(page, width, deep + ALBUM_FOOT);

    for (i = 0; i < count; i++) {
        put_album_card(r, page, (double) (i % columns) * ALBUM_WIDTH,
                       (double) (i / columns) * ALBUM_CARD, drawing, i);
    }

    put_foot(r, page, 7, deep + 2, width - 14, ALBUM_FOOT - 3, drawing);

    return page;
}
