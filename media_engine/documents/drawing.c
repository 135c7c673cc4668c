/*
 * drawing.c - see drawing.h.
 *
 * Strict: what is not known, is of another type or out of its range is
 * refused, and all of that is told at once, each with its JSON pointer (RFC
 * 6901).  A misspelt member would else be a ticket without a name on it.
 *
 * What a member may be stands in tables; one function reads them all.
 */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drawing.h"

/* mm: a page, and how far from its corner things may be. */
#define PAGE_LEAST   10
#define PAGE_MOST    1000
#define FAR          2000

typedef enum {
    FIELD_NUMBER = 0,                   /* double */
    FIELD_COLOUR,                       /* uint32_t */
    FIELD_CHOICE,                       /* unsigned: which of the names */
    FIELD_FLAG,                         /* int */
    FIELD_TEXT,                         /* const char *: least, most: its
                                           code points */
    FIELD_PART,                         /* unsigned: which picture */
    FIELD_ITEM_TYPE,                    /* was read already */
    FIELD_ARRAY                         /* is read by others */
} field_type_t;

typedef struct {
    const char         *name;
    field_type_t        type;
    size_t              at;
    double              least;
    double              most;
    int                 needed;
    const char *const  *names;
} field_t;

typedef struct {
    drawing_t  *drawing;
    char        at[DRAWING_POINTER];
    int         exhausted;
} reader_t;

#define NEEDED  1
#define END     { NULL, FIELD_NUMBER, 0, 0, 0, 0, NULL }

static const char *const  type_names[] = {
    "text", "line", "rect", "picture", NULL
};
static const char *const  align_names[] = { "left", "centre", "right", NULL };
static const char *const  stand_names[] = { "top", "middle", "bottom", NULL };
static const char *const  weight_names[] = { "regular", "bold", NULL };

#define TYPE  { "type", FIELD_ITEM_TYPE, 0, 0, 0, 0, NULL }

#define AT(member)  offsetof(text_item_t, member)

static const field_t  text_fields[] = {
    TYPE,
    { "x", FIELD_NUMBER, AT(x), -FAR, FAR, NEEDED, NULL },
    { "y", FIELD_NUMBER, AT(y), -FAR, FAR, NEEDED, NULL },
    { "width", FIELD_NUMBER, AT(width), 1, FAR, NEEDED, NULL },
    { "height", FIELD_NUMBER, AT(height), 1, FAR, 0, NULL },
    { "size", FIELD_NUMBER, AT(size), 2, 500, NEEDED, NULL },
    { "least_size", FIELD_NUMBER, AT(least_size), 2, 500, 0, NULL },
    { "line_height", FIELD_NUMBER, AT(line_height), 0.5, 10, 0, NULL },
    { "lines", FIELD_NUMBER, AT(most_lines), 1, DRAWING_TEXT, 0, NULL },
    { "colour", FIELD_COLOUR, AT(colour), 0, 0, 0, NULL },
    { "align", FIELD_CHOICE, AT(align), 0, 0, 0, align_names },
    { "stand", FIELD_CHOICE, AT(stand), 0, 0, 0, stand_names },
    { "weight", FIELD_CHOICE, AT(weight), 0, 0, 0, weight_names },
    { "wrap", FIELD_FLAG, AT(wrap), 0, 0, 0, NULL },
    { "text", FIELD_TEXT, AT(text), 0, DRAWING_TEXT, NEEDED, NULL },
    END
};

#undef AT
#define AT(member)  offsetof(line_item_t, member)

static const field_t  line_fields[] = {
    TYPE,
    { "x1", FIELD_NUMBER, AT(x1), -FAR, FAR, NEEDED, NULL },
    { "y1", FIELD_NUMBER, AT(y1), -FAR, FAR, NEEDED, NULL },
    { "x2", FIELD_NUMBER, AT(x2), -FAR, FAR, NEEDED, NULL },
    { "y2", FIELD_NUMBER, AT(y2), -FAR, FAR, NEEDED, NULL },
    { "width", FIELD_NUMBER, AT(width), 0.01, 100, 0, NULL },
    { "dash", FIELD_NUMBER, AT(dash), 0.1, 100, 0, NULL },
    { "colour", FIELD_COLOUR, AT(colour), 0, 0, 0, NULL },
    END
};

#undef AT
#define AT(member)  offsetof(rect_item_t, member)

static const field_t  rect_fields[] = {
    TYPE,
    { "x", FIELD_NUMBER, AT(x), -FAR, FAR, NEEDED, NULL },
    { "y", FIELD_NUMBER, AT(y), -FAR, FAR, NEEDED, NULL },
    { "width", FIELD_NUMBER, AT(width), 0.01, FAR, NEEDED, NULL },
    { "height", FIELD_NUMBER, AT(height), 0.01, FAR, NEEDED, NULL },
    { "line", FIELD_NUMBER, AT(line), 0, 100, 0, NULL },
    { "colour", FIELD_COLOUR, AT(colour), 0, 0, 0, NULL },
    { "fill", FIELD_COLOUR, AT(fill), 0, 0, 0, NULL },
    END
};

#undef AT
#define AT(member)  offsetof(picture_item_t, member)

static const field_t  picture_fields[] = {
    TYPE,
    { "x", FIELD_NUMBER, AT(x), -FAR, FAR, NEEDED, NULL },
    { "y", FIELD_NUMBER, AT(y), -FAR, FAR, NEEDED, NULL },
    { "width", FIELD_NUMBER, AT(width), 1, FAR, NEEDED, NULL },
    { "height", FIELD_NUMBER, AT(height), 1, FAR, NEEDED, NULL },
    { "part", FIELD_PART, AT(picture), 0, 0, NEEDED, NULL },
    END
};

#undef AT
#define AT(member)  offsetof(page_t, member)

static const field_t  page_fields[] = {
    { "width", FIELD_NUMBER, AT(width), PAGE_LEAST, PAGE_MOST, NEEDED, NULL },
    { "height", FIELD_NUMBER, AT(height), PAGE_LEAST, PAGE_MOST, NEEDED,
      NULL },
    { "items", FIELD_ARRAY, 0, 0, 0, 0, NULL },
    END
};

#undef AT
#define AT(member)  offsetof(drawing_t, member)

static const field_t  drawing_fields[] = {
    { "title", FIELD_TEXT, AT(title), 0, 200, 0, NULL },
    { "language", FIELD_TEXT, AT(language), 2, 12, 0, NULL },
    { "created", FIELD_TEXT, AT(created), 20, 25, 0, NULL },
    { "pages", FIELD_ARRAY, 0, 0, 0, 0, NULL },
    END
};

static const struct {
    const field_t  *fields;
    item_t          start;
} kinds[] = {
    { text_fields, { .type = ITEM_TEXT,
                     .is.text = { .line_height = 1.4, .wrap = 1 } } },
    { line_fields, { .type = ITEM_LINE, .is.line = { .width = 0.2 } } },
    { rect_fields, { .type = ITEM_RECT,
                     .is.rect = { .line = 0.2, .fill = COLOUR_NONE } } },
    { picture_fields, { .type = ITEM_PICTURE } },
};


/* ---- faults -------------------------------------------------------------- */

/* member NULL: of what is being read itself. */
static void
fault(reader_t *reader, const char *member, const char *code)
{
    json_t  *found, **faults = &reader->drawing->faults;

    if (*faults == NULL) {
        *faults = json_array();
    }

    if (json_array_size(*faults) >= DRAWING_FAULTS) {
        return;
    }

    found = member == NULL
            ? json_pack("{s:s, s:s}", "at", reader->at, "code", code)
            : json_pack("{s:s++, s:s}", "at", reader->at, "/", member,
                        "code", code);

    if (json_array_append_new(*faults, found) != 0) {
        reader->exhausted = 1;
    }
}


/* A member that nobody knows may have any name, and any length. */
static void
fault_unknown(reader_t *reader, const char *name)
{
    size_t  len = strlen(name);

    fault(reader,
          len <= 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")
          == len ? name : NULL, "unknown");
}


void
item_pointer(const item_t *item, char pointer[DRAWING_POINTER])
{
    (void) snprintf(pointer, DRAWING_POINTER, "/pages/%u/items/%u",
                    item->page, item->place);
}


/* ---- one member ---------------------------------------------------------- */

static const char *
read_number(json_t *value, const field_t *field, void *into)
{
    double  number = json_number_value(value);

    if (!json_is_number(value)) {
        return "type";
    }

    if (!(number >= field->least && number <= field->most)) {
        return "range";
    }

    memcpy(into, &number, sizeof(number));

    return NULL;
}


static const char *
read_colour(json_t *value, void *into)
{
    uint32_t     colour;
    const char  *text = json_string_value(value);

    if (text == NULL) {
        return "type";
    }

    if (strlen(text) != 7 || text[0] != '#'
        || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
    {
        return "colour";
    }

    colour = (uint32_t) strtoul(text + 1, NULL, 16);
    memcpy(into, &colour, sizeof(colour));

    return NULL;
}


static const char *
read_choice(json_t *value, const char *const *names, void *into)
{
    unsigned     i;
    const char  *text = json_string_value(value);

    if (text == NULL) {
        return "type";
    }

    for (i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            memcpy(into, &i, sizeof(i));
            return NULL;
        }
    }

    return "choice";
}


static const char *
read_flag(json_t *value, void *into)
{
    int  flag = json_is_true(value);

    if (!json_is_boolean(value)) {
        return "type";
    }

    memcpy(into, &flag, sizeof(flag));

    return NULL;
}


static const char *
read_text(json_t *value, const field_t *field, void *into)
{
    double       points = 0;
    const char  *s, *text = json_string_value(value);

    if (text == NULL) {
        return "type";
    }

    for (s = text; *s != '\0'; s++) {
        points += ((unsigned char) *s & 0xc0) != 0x80;
    }

    if (points < field->least || points > field->most) {
        return "length";
    }

    memcpy(into, &text, sizeof(text));

    return NULL;
}


static const char *
read_part(const drawing_t *drawing, json_t *value, void *into)
{
    size_t                    len = json_string_length(value);
    unsigned                  i;
    const char               *text = json_string_value(value);
    const drawing_picture_t  *part;

    if (text == NULL) {
        return "type";
    }

    for (i = 0; i < drawing->picture_count; i++) {
        part = &drawing->pictures[i];

        if (part->name_len == len && memcmp(part->name, text, len) == 0) {
            memcpy(into, &i, sizeof(i));
            return NULL;
        }
    }

    return "no_part";
}


static void
read_member(reader_t *reader, const field_t *field, json_t *value, void *into)
{
    void        *at = (char *) into + field->at;
    const char  *wrong = NULL;

    switch (field->type) {

    case FIELD_NUMBER:
        wrong = read_number(value, field, at);
        break;

    case FIELD_COLOUR:
        wrong = read_colour(value, at);
        break;

    case FIELD_CHOICE:
        wrong = read_choice(value, field->names, at);
        break;

    case FIELD_FLAG:
        wrong = read_flag(value, at);
        break;

    case FIELD_TEXT:
        wrong = read_text(value, field, at);
        break;

    case FIELD_PART:
        wrong = read_part(reader->drawing, value, at);
        break;

    default:
        break;
    }

    if (wrong != NULL) {
        fault(reader, field->name, wrong);
    }
}


static const field_t *
field_of(const field_t *fields, const char *name)
{
    for ( /* void */ ; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }

    return NULL;
}


static void
read_object(reader_t *reader, json_t *object, const field_t *fields,
    void *into)
{
    json_t         *value;
    const char     *name;
    const field_t  *field;

    json_object_foreach(object, name, value) {
        field = field_of(fields, name);

        if (field == NULL) {
            fault_unknown(reader, name);
        } else {
            read_member(reader, field, value, into);
        }
    }

    for (field = fields; field->name != NULL; field++) {
        if (field->needed && json_object_get(object, field->name) == NULL) {
            fault(reader, field->name, "required");
        }
    }
}


/* ---- items, pages, the whole --------------------------------------------- */

static void
read_item(reader_t *reader, json_t *object, item_t *item)
{
    unsigned  type = 0;
    json_t   *name = json_object_get(object, "type");

    item_pointer(item, reader->at);

    if (!json_is_object(object)) {
        fault(reader, NULL, "type");
        return;
    }

    if (name == NULL || read_choice(name, type_names, &type) != NULL) {
        fault(reader, "type", name == NULL ? "required" : "choice");
        return;
    }

    item->type = kinds[type].start.type;
    item->is = kinds[type].start.is;
    read_object(reader, object, kinds[type].fields, &item->is);
}


static void
read_items(reader_t *reader, json_t *array, unsigned number, page_t *page)
{
    size_t      i, count = json_array_size(array);
    item_t     *items;
    drawing_t  *drawing = reader->drawing;

    page->first = drawing->item_count;

    if (array == NULL) {
        return;
    }

    if (!json_is_array(array)) {
        fault(reader, "items", "type");
        return;
    }

    if (count > DRAWING_ITEMS - drawing->item_count) {
        fault(reader, "items", "too_many");
        return;
    }

    items = realloc(drawing->items,
                    (drawing->item_count + count + 1) * sizeof(item_t));

    if (items == NULL) {
        reader->exhausted = 1;
        return;
    }

    drawing->items = items;

    for (i = 0; i < count; i++) {
        items[drawing->item_count] = (item_t) {
            .page = number, .place = (unsigned) i
        };
        read_item(reader, json_array_get(array, i),
                  &items[drawing->item_count++]);
    }

    page->count = (unsigned) count;
}


static void
read_page(reader_t *reader, json_t *object, unsigned number)
{
    page_t  *page = &reader->drawing->pages[number];

    (void) snprintf(reader->at, sizeof(reader->at), "/pages/%u", number);

    if (!json_is_object(object)) {
        fault(reader, NULL, "type");
        return;
    }

    read_object(reader, object, page_fields, page);
    read_items(reader, json_object_get(object, "items"), number, page);
}


static void
read_pages(reader_t *reader, json_t *array)
{
    size_t      i, count = json_array_size(array);
    drawing_t  *drawing = reader->drawing;

    if (!json_is_array(array)) {
        fault(reader, "pages", array == NULL ? "required" : "type");
        return;
    }

    if (count == 0 || count > DRAWING_PAGES) {
        fault(reader, "pages", count == 0 ? "required" : "too_many");
        return;
    }

    for (i = 0; i < count; i++) {
        read_page(reader, json_array_get(array, i), (unsigned) i);
    }

    drawing->page_count = (unsigned) count;
}


/* "zh-CN", "en": letters, digits and "-". */
static int
language_is(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                  "-0123456789") == strlen(text);
}


/* RFC 3339, as far as the digits' places go: "2026-11-22T08:00:00+08:00". */
static int
instant_is(const char *text)
{
    static const char  form[] = "dddd-dd-ddTdd:dd:dd";
    size_t             i;

    for (i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
                           : text[i] != form[i])
        {
            return 0;
        }
    }

    text += i;

    if (strcmp(text, "Z") == 0) {
        return 1;
    }

    return strlen(text) == 6 && (text[0] == '+' || text[0] == '-')
           && text[3] == ':' && strspn(text + 1, "0123456789:") == 5;
}


static void
read_whole(reader_t *reader)
{
    drawing_t  *drawing = reader->drawing;

    read_object(reader, drawing->json, drawing_fields, drawing);

    if (!language_is(drawing->language)) {
        fault(reader, "language", "choice");
    }

    if (drawing->created != NULL && !instant_is(drawing->created)) {
        fault(reader, "created", "instant");
    }

    read_pages(reader, json_object_get(drawing->json, "pages"));
}


drawing_status_t
drawing_read(const void *bytes, size_t len, const drawing_picture_t *pictures,
    unsigned count, drawing_t *drawing)
{
    reader_t      reader = { .drawing = drawing };
    json_error_t  error;

    *drawing = (drawing_t) {
        .title = "", .language = "zh-CN", .pictures = pictures,
        .picture_count = count
    };

    drawing->json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);

    if (drawing->json == NULL) {
        return json_error_code(&error) == json_error_out_of_memory
               ? DRAWING_NO_MEMORY : DRAWING_NOT_JSON;
    }

    if (!json_is_object(drawing->json)) {
        return DRAWING_NOT_JSON;
    }

    read_whole(&reader);

    if (reader.exhausted) {
        return DRAWING_NO_MEMORY;
    }

    return drawing->faults == NULL ? DRAWING_OK : DRAWING_FAULTY;
}


void
drawing_free(drawing_t *drawing)
{
    json_decref(drawing->json);
    json_decref(drawing->faults);
    free(drawing->items);
    *drawing = (drawing_t) { .json = NULL };
}
