/*
 * print.c - see print.h.
 */

#include <string.h>

#include "render.h"
#include "form_data.h"
#include "print.h"
#include "query.h"
#include "refusal.h"

#define PRINT_PARTS     (1 + DRAWING_PICTURES)
#define PRINT_NAME      32              /* bytes of a part's */
#define PRINT_DOCUMENT  (1024 * 1024)   /* bytes of the list */
#define PRINT_BODY      (2 * PRINT_DOCUMENT)

#define PRINT_DPI_LEAST  36
#define PRINT_DPI        110
#define PRINT_DPI_MOST   300

const char *const  print_query[] = { "format", "page", "dpi", NULL };

typedef struct {
    int   png;
    long  page;
    long  dpi;
} print_wish_t;

typedef struct {
    multipart_t         list;
    drawing_picture_t   pictures[DRAWING_PICTURES];
    unsigned            count;
} print_form_t;


size_t
print_body(const jpeg_limits_t *limits)
{
    return PRINT_BODY + limits->bytes;
}


/* ---- what is asked ------------------------------------------------------- */

/* The word that is wrong, or NULL. */
static const char *
read_wish(const request_t *request, print_wish_t *wish)
{
    const char  *format = query_value(request, "format");

    *wish = (print_wish_t) { .page = 1, .dpi = PRINT_DPI };

    if (format == NULL
        || (strcmp(format, "pdf") != 0 && strcmp(format, "png") != 0))
    {
        return "format";
    }

    wish->png = strcmp(format, "png") == 0;

    if (query_number(request, "page", 1, DRAWING_PAGES, &wish->page) != 0
        || (!wish->png && query_value(request, "page") != NULL))
    {
        return "page";
    }

    if (query_number(request, "dpi", PRINT_DPI_LEAST, PRINT_DPI_MOST,
                     &wish->dpi) != 0
        || (!wish->png && query_value(request, "dpi") != NULL))
    {
        return "dpi";
    }

    return NULL;
}


/* What a drawing, a problem and a log may be told. */
static int
is_name(const multipart_t *part)
{
    size_t  i;

    for (i = 0; i < part->name_len; i++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", part->name[i])
            == NULL || part->name[i] == '\0')
        {
            return 0;
        }
    }

    return i > 0 && i <= PRINT_NAME;
}


static int
is_twice(const print_form_t *form, const multipart_t *part)
{
    unsigned  i;

    for (i = 0; i < form->count; i++) {
        if (form->pictures[i].name_len == part->name_len
            && memcmp(form->pictures[i].name, part->name, part->name_len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
take_part(print_form_t *form, const multipart_t *part)
{
    if (!is_name(part)) {
        return -1;
    }

    if (part->type == MULTIPART_JSON) {
        if (form->list.data != NULL || part->len > PRINT_DOCUMENT
            || part->name_len != sizeof("document") - 1
            || memcmp(part->name, "document", part->name_len) != 0)
        {
            return -1;
        }

        form->list = *part;
        return 0;
    }

    if (part->type == MULTIPART_UNTYPED || form->count == DRAWING_PICTURES
        || is_twice(form, part))
    {
        return -1;
    }

    form->pictures[form->count++] = (drawing_picture_t) {
        .name = part->name, .name_len = part->name_len, .data = part->data,
        .len = part->len, .png = part->type == MULTIPART_PNG
    };

    return 0;
}


static int
read_form(const request_t *request, print_form_t *form)
{
    int          i, count;
    multipart_t  parts[PRINT_PARTS];

    *form = (print_form_t) { .count = 0 };
    count = multipart_parse(request->type, request->body, request->len, parts,
                            PRINT_PARTS);

    for (i = 0; i < count; i++) {
        if (take_part(form, &parts[i]) != 0) {
            return -1;
        }
    }

    return form->list.data == NULL ? -1 : 0;
}


/* ---- what is answered ---------------------------------------------------- */

static json_t *
missing_of(const letters_t *letters)
{
    char       text[6];
    unsigned   i;
    json_t    *array = json_array();

    for (i = 0; i < letters->count; i++) {
        (void) json_array_append_new(array,
            json_stringn(text, (size_t) g_unichar_to_utf8(letters->missing[i],
                                                          text)));
    }

    return array;
}


static json_t *
fonts_of(unsigned bits)
{
    int      i;
    json_t  *array = json_array();

    for (i = 0; i < FONTS_MOST; i++) {
        if (bits & 1u << i) {
            (void) json_array_append_new(array, json_string(fonts_name(i)));
        }
    }

    return array;
}


static json_t *
cut_of(const drawing_t *drawing, const drawn_t *drawn)
{
    char       at[DRAWING_POINTER];
    json_t    *array = json_array();
    unsigned   i;

    for (i = 0; i < drawn->cut_count && i < DRAW_CUT; i++) {
        item_pointer(&drawing->items[drawn->cut[i]], at);
        (void) json_array_append_new(array, json_string(at));
    }

    return array;
}


static void
answer_drawn(answer_t *answer, const drawing_t *drawing,
    const print_wish_t *wish, drawn_t *drawn)
{
    json_t  *document;

    document = json_pack("{s:i, s:o, s:o, s:o}",
                         "pages", (int) drawing->page_count,
                         "missing", missing_of(&drawn->report.letters),
                         "cut", cut_of(drawing, drawn),
                         "fonts", fonts_of(drawn->report.fonts));

    if (document != NULL && wish->png) {
        (void) json_object_set_new(document, "width",
                                   json_integer(drawn->width));
        (void) json_object_set_new(document, "height",
                                   json_integer(drawn->height));
    }

    answer_bytes(answer, wish->png ? "image/png" : "application/pdf",
                 &drawn->bytes, drawn->len, document);
}


static void
refuse_part(answer_t *answer, const print_form_t *form, const drawn_t *drawn)
{
    char                      name[PRINT_NAME + 1] = "";
    const drawing_picture_t  *part = &form->pictures[drawn->picture];

    memcpy(name, part->name, part->name_len);

    switch (drawn->picture_status) {

    case PICTURE_PHOTO:
        refuse_picture(answer, drawn->photo_status, drawn->reason, name);
        break;

    case PICTURE_TOO_LARGE:
        answer_problem(answer, 413, "too_large", drawn->reason, name);
        break;

    case PICTURE_NO_MEMORY:
        answer_no_memory(answer);
        break;

    default:
        answer_problem(answer, 422, "damaged", "png", name);
        break;
    }
}


static void
print(const print_form_t *form, const print_wish_t *wish,
    const jpeg_limits_t *limits, const drawing_t *drawing, answer_t *answer)
{
    drawn_t        drawn;
    draw_status_t  status;

    status = wish->png ? draw_png(drawing, limits, (unsigned) wish->page - 1,
                                  (unsigned) wish->dpi, &drawn)
                       : draw_pdf(drawing, limits, &drawn);

    switch (status) {

    case DRAW_OK:
        answer_drawn(answer, drawing, wish, &drawn);
        break;

    case DRAW_PICTURE:
        refuse_part(answer, form, &drawn);
        break;

    case DRAW_TOO_LARGE:
        answer_problem(answer, 413, "too_large", drawn.reason, NULL);
        break;

    default:
        answer_no_memory(answer);
        break;
    }

    drawn_free(&drawn);
}


void
print_answer(const request_t *request, const jpeg_limits_t *limits,
    answer_t *answer)
{
    drawing_t      drawing;
    const char    *wrong;
    print_form_t   form;
    print_wish_t   wish;

    wrong = read_wish(request, &wish);

    if (wrong == NULL && read_form(request, &form) != 0) {
        wrong = "body";
    }

    if (wrong != NULL) {
        answer_problem(answer, 400, "bad_request", wrong, NULL);
        return;
    }

    switch (drawing_read(form.list.data, form.list.len, form.pictures,
                         form.count, &drawing))
    {
    case DRAWING_OK:
        if (wish.page > (long) drawing.page_count) {
            answer_problem(answer, 400, "bad_request", "page", NULL);
        } else {
            print(&form, &wish, limits, &drawing, answer);
        }
        break;

    case DRAWING_NOT_JSON:
        answer_problem(answer, 400, "bad_request", "document", NULL);
        break;

    case DRAWING_FAULTY:
        answer_faults(answer, json_incref(drawing.faults));
        break;

    default:
        answer_no_memory(answer);
        break;
    }

    drawing_free(&drawing);
}
