/*
 * text_box.c - see text_box.h.
 *
 * Set in FONTS_SIZE, drawn in the size wanted: so a box that is wider by as
 * much as the letters are smaller has the same lines.
 *
 * Lines stand as far apart as the size says, and not as the fonts of their
 * letters say: a rare character in a name does not move what is below it.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "points.h"
#include "text_box.h"

#define TEXT_ELLIPSIS  "\xe2\x80\xa6"

/* Sizes are tried in steps of this, points. */
#define TEXT_STEP      0.25

/* What rounding may add to a line that fits; points. */
#define TEXT_SLACK     0.05

/* The dot between Han characters is to take half of one (GB/T 15834-2011).
   With more than the second between it and them a program that looks for a
   name in a PDF would see three words. */
#define TEXT_DOT       0.5
#define TEXT_DOT_SPACE 0.08

typedef struct {
    const text_item_t  *is;
    PangoLayout        *layout;
    double              size;           /* in which it is set now */
    double              width;          /* of the box; points */
    double              height;         /* 0: no bound */
} setting_t;


static double
scale_of(const setting_t *setting)
{
    return setting->size / FONTS_SIZE;
}


static double
line_height(const setting_t *setting)
{
    return setting->size * setting->is->line_height;
}


/* ---- between letters ----------------------------------------------------- */

static int
is_between_han(const char *text, const char *dot)
{
    const char  *next = dot + 2;

    return dot != text && letters_han(g_utf8_get_char(g_utf8_prev_char(dot)))
           && *next != '\0' && letters_han(g_utf8_get_char(next));
}


static void
space_dots(PangoLayout *layout, const char *text)
{
    int              space;
    const char      *dot;
    PangoAttribute  *attribute;
    PangoAttrList   *list = pango_attr_list_new();

    space = (int) (MIN(TEXT_DOT * FONTS_SIZE - fonts_dot(),
                       2 * TEXT_DOT_SPACE * FONTS_SIZE) * PANGO_SCALE);

    for (dot = strstr(text, "\xc2\xb7"); dot != NULL && space > 0;
         dot = strstr(dot + 2, "\xc2\xb7"))
    {
        if (is_between_han(text, dot)) {
            attribute = pango_attr_letter_spacing_new(space);
            attribute->start_index = (guint) (dot - text);
            attribute->end_index = attribute->start_index + 2;
            pango_attr_list_insert(list, attribute);
        }
    }

    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}


/* ---- in the box ---------------------------------------------------------- */

static void
set_size(setting_t *setting, double size)
{
    setting->size = size;
    pango_layout_set_width(setting->layout,
        setting->is->wrap
        ? (int) (setting->width / scale_of(setting) * PANGO_SCALE) : -1);
}


static void
set_text(setting_t *setting, const char *text)
{
    pango_layout_set_text(setting->layout, text, -1);
    space_dots(setting->layout, text);
}


static int
most_lines(const setting_t *setting)
{
    double  most = setting->is->most_lines;
    double  room = setting->height / line_height(setting);

    if (most == 0) {
        most = DRAWING_TEXT;
    }

    if (setting->height > 0 && room + 0.01 < most) {
        most = room + 0.01;
    }

    return most < 1 ? 1 : (int) most;
}


static int
fits(const setting_t *setting)
{
    PangoRectangle  logical;

    if (pango_layout_get_line_count(setting->layout) > most_lines(setting)) {
        return 0;
    }

    pango_layout_get_extents(setting->layout, NULL, &logical);

    return (double) logical.width / PANGO_SCALE * scale_of(setting)
           <= setting->width + TEXT_SLACK;
}


static int
fits_in(setting_t *setting, double size)
{
    set_size(setting, size);

    return fits(setting);
}


/* The largest size that fits, in steps: whether there is one.  The least one
   is set if not. */
static int
make_smaller(setting_t *setting)
{
    int     low = 0, high, middle;
    double  least = setting->is->least_size, most = setting->is->size;

    if (least == 0 || least >= most || !fits_in(setting, least)) {
        set_size(setting, least == 0 || least >= most ? most : least);
        return 0;
    }

    high = (int) ((most - least) / TEXT_STEP);

    while (low < high) {
        middle = (low + high + 1) / 2;

        if (fits_in(setting, least + middle * TEXT_STEP)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }

    set_size(setting, least + low * TEXT_STEP);

    return 1;
}


/* As many characters as fit with the ellipsis behind them. */
static int
cut(setting_t *setting, const char *text, size_t len)
{
    long    low = 0, high = g_utf8_strlen(text, -1), middle;
    char   *copy = malloc(len + sizeof(TEXT_ELLIPSIS));
    size_t  kept;

    if (copy == NULL) {
        return -1;
    }

    for ( ;; ) {
        middle = (low + high + 1) / 2;
        kept = (size_t) (g_utf8_offset_to_pointer(text, middle) - text);
        memcpy(copy, text, kept);
        memcpy(copy + kept, TEXT_ELLIPSIS, sizeof(TEXT_ELLIPSIS));
        set_text(setting, copy);

        if (low == high) {
            break;
        }

        if (fits(setting)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }

    free(copy);

    return 0;
}


/* ---- lines --------------------------------------------------------------- */

static void
report_fonts(PangoLayoutLine *line, text_report_t *report)
{
    int      number;
    GSList  *runs;

    for (runs = line->runs; runs != NULL; runs = runs->next) {
        number = fonts_number(
                     ((PangoLayoutRun *) runs->data)->item->analysis.font);

        if (number >= 0) {
            report->fonts |= 1u << number;
        }
    }
}


static double
begin_of(const setting_t *setting, PangoLayoutLine *line)
{
    double          left = setting->is->x * DRAW_MM, free_width;
    PangoRectangle  logical;

    pango_layout_line_get_extents(line, NULL, &logical);
    free_width = setting->width
                 - (double) logical.width / PANGO_SCALE * scale_of(setting);

    switch (setting->is->align) {

    case ALIGN_CENTRE:
        return left + free_width / 2;

    case ALIGN_RIGHT:
        return left + free_width;

    default:
        return left;
    }
}


static double
top_of(const setting_t *setting, int lines)
{
    double  top = setting->is->y * DRAW_MM;
    double  free_height = setting->height - lines * line_height(setting);

    if (setting->height <= 0) {
        return top;
    }

    switch (setting->is->stand) {

    case STAND_MIDDLE:
        return top + free_height / 2;

    case STAND_BOTTOM:
        return top + free_height;

    default:
        return top;
    }
}


static void
draw_lines(cairo_t *cr, const setting_t *setting, text_report_t *report)
{
    int               i, count = pango_layout_get_line_count(setting->layout);
    int               most = most_lines(setting);
    double            scale = scale_of(setting), base;
    PangoLayoutLine  *line;

    count = count < most ? count : most;
    base = top_of(setting, count)
           + (line_height(setting)
              + (fonts_ascent() - fonts_descent()) * scale) / 2;

    for (i = 0; i < count; i++) {
        line = pango_layout_get_line_readonly(setting->layout, i);
        cairo_save(cr);
        cairo_translate(cr, begin_of(setting, line),
                        base + i * line_height(setting));
        cairo_scale(cr, scale, scale);
        cairo_move_to(cr, 0, 0);
        pango_cairo_show_layout_line(cr, line);
        cairo_restore(cr);
        report_fonts(line, report);
    }
}


static PangoLayout *
new_layout(PangoContext *context, unsigned weight)
{
    PangoLayout           *layout = pango_layout_new(context);
    PangoFontDescription  *description = pango_font_description_new();

    pango_font_description_set_weight(description,
                                      weight == WEIGHT_BOLD
                                      ? PANGO_WEIGHT_BOLD
                                      : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(description,
                                             FONTS_SIZE * PANGO_SCALE);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);

    /* A text from the right to the left begins at the left all the same: it
       stands alone in its box. */
    pango_layout_set_auto_dir(layout, FALSE);

    return layout;
}


text_status_t
text_draw(cairo_t *cr, PangoContext *context, const text_item_t *text,
    text_report_t *report)
{
    char           *printed;
    size_t          len;
    setting_t       setting = {
        .is = text, .width = text->width * DRAW_MM,
        .height = text->height * DRAW_MM
    };
    text_status_t   status = TEXT_DRAWN;

    printed = letters_print(text->text, &len, &report->letters);

    if (printed == NULL) {
        return TEXT_NO_MEMORY;
    }

    setting.layout = new_layout(context, text->weight);
    set_text(&setting, printed);

    if (!fits_in(&setting, text->size) && !make_smaller(&setting)) {
        status = cut(&setting, printed, len) == 0 ? TEXT_CUT : TEXT_NO_MEMORY;
    }

    draw_colour(cr, text->colour);
    draw_lines(cr, &setting, report);
    g_object_unref(setting.layout);
    free(printed);

    return status;
}
