/*
 * drawing.h - what is to be drawn: pages, and what stands where on them, read
 * from the JSON of docs/media-engine.md.
 *
 * Millimetres from a page's top left, points for letters; the texts are the
 * JSON's, which the drawing holds.  Who has read one frees it with
 * drawing_free(), whatever came of it.
 */

#ifndef MEDIA_DRAWING_H
#define MEDIA_DRAWING_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define DRAWING_PAGES     40
#define DRAWING_ITEMS     2000          /* of all pages */
#define DRAWING_TEXT      4000          /* code points of one */
#define DRAWING_PICTURES  16
#define DRAWING_FAULTS    32            /* that are told */
#define DRAWING_POINTER   96

typedef enum {
    ITEM_TEXT = 0,
    ITEM_LINE,
    ITEM_RECT,
    ITEM_PICTURE
} item_type_t;

enum { ALIGN_LEFT = 0, ALIGN_CENTRE, ALIGN_RIGHT };
enum { STAND_TOP = 0, STAND_MIDDLE, STAND_BOTTOM };
enum { WEIGHT_REGULAR = 0, WEIGHT_BOLD };

/* Bytes that came with it, by their name. */
typedef struct {
    const char     *name;
    size_t          name_len;
    const uint8_t  *data;
    size_t          len;
    int             png;                /* else a JPEG */
} drawing_picture_t;

/* 0xrrggbb, or none. */
#define COLOUR_NONE  UINT32_MAX

typedef struct {
    double       x;
    double       y;
    double       width;
    double       height;                /* 0: as high as it gets */
    double       size;                  /* points */
    double       least_size;            /* 0: never made smaller */
    double       line_height;           /* of the size */
    double       most_lines;            /* 0: as many as it takes */
    uint32_t     colour;
    unsigned     align;
    unsigned     stand;
    unsigned     weight;
    int          wrap;
    const char  *text;
} text_item_t;

typedef struct {
    double    x1;
    double    y1;
    double    x2;
    double    y2;
    double    width;
    double    dash;                     /* 0: none */
    uint32_t  colour;
} line_item_t;

typedef struct {
    double    x;
    double    y;
    double    width;
    double    height;
    double    line;                     /* 0: no border */
    uint32_t  colour;                   /* of the border */
    uint32_t  fill;
} rect_item_t;

typedef struct {
    double    x;
    double    y;
    double    width;
    double    height;
    unsigned  picture;                  /* of the drawing's */
} picture_item_t;

typedef struct {
    item_type_t  type;
    unsigned     page;
    unsigned     place;                 /* its index on the page */
    union {
        text_item_t     text;
        line_item_t     line;
        rect_item_t     rect;
        picture_item_t  picture;
    } is;
} item_t;

typedef struct {
    double    width;
    double    height;
    unsigned  first;                    /* of the drawing's items */
    unsigned  count;
} page_t;

typedef struct {
    json_t                   *json;
    const char               *title;    /* "" */
    const char               *language;
    const char               *created;  /* NULL: no date */
    page_t                    pages[DRAWING_PAGES];
    unsigned                  page_count;
    item_t                   *items;
    unsigned                  item_count;
    const drawing_picture_t  *pictures;
    unsigned                  picture_count;
    json_t                   *faults;   /* array of {"at", "code"}, or NULL */
} drawing_t;

typedef enum {
    DRAWING_OK = 0,
    DRAWING_NOT_JSON,
    DRAWING_FAULTY,                     /* see faults */
    DRAWING_NO_MEMORY
} drawing_status_t;

/* pictures: the parts that it may name; they stay the caller's. */
drawing_status_t drawing_read(const void *bytes, size_t len,
    const drawing_picture_t *pictures, unsigned count, drawing_t *drawing);

/* May be called twice. */
void drawing_free(drawing_t *drawing);

/* Where in the JSON an item stands: "/pages/0/items/3". */
void item_pointer(const item_t *item, char pointer[DRAWING_POINTER]);

#endif
