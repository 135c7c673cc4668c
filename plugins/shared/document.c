/*
 * document.c - see document.h.
 *
 * The list is written as it comes: JSON in a buffer of the request's that
 * grows.  A mistake is kept, and told where something can be done about it.
 */

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "document.h"
#include "text.h"

#define DOCUMENT_UPSTREAM  "media"
#define DOCUMENT_MOST      (1000 * 1000)    /* bytes of JSON */
#define DOCUMENT_BUFFER    4096
#define DOCUMENT_FAR       1000000
#define DOCUMENT_REPLY     (4 * 1024 * 1024)
#define DOCUMENT_TIMEOUT   15000
#define DOCUMENT_SIZE      10.5
#define DOCUMENT_ROW_LEAST 6                /* points */
#define DOCUMENT_BORDER    0.2              /* mm */
#define DOCUMENT_MISSING   16               /* characters that are told */
#define DOCUMENT_PADDING   1                /* mm, of a cell */

#define BOUNDARY  "civic-document-5f1c0a7be2d94d38"
#define BETWEEN   "--" BOUNDARY "\r\nContent-Disposition: form-data; name="

typedef struct {
    civic_str_t   bytes;
    const char   *media_type;
} document_picture_t;

struct shared_document_s {
    civic_request_t     *r;
    char                *text;
    size_t               len;
    size_t               room;
    const char          *wrong;             /* the first mistake */
    unsigned             pages;
    unsigned             items;             /* of all pages */
    unsigned             on_page;
    document_picture_t   pictures[SHARED_DOCUMENT_PICTURES];
    unsigned             picture_count;
};

const shared_document_want_t  shared_document_pdf = { .png = 0 };


static void
mistake(shared_document_t *document, const char *what)
{
    if (document->wrong == NULL) {
        document->wrong = what;
    }
}


/* ---- JSON ---------------------------------------------------------------- */

static void
put(shared_document_t *document, const char *bytes, size_t len)
{
    char    *grown;
    size_t   room;

    if (len > DOCUMENT_MOST - document->len) {
        mistake(document, "more than a megabyte of texts");
        return;
    }

    if (document->len + len > document->room) {
        room = 2 * document->room + len + DOCUMENT_BUFFER;
        grown = civic_alloc(document->r, room);
        memcpy(grown, document->text, document->len);
        document->text = grown;
        document->room = room;
    }

    memcpy(document->text + document->len, bytes, len);
    document->len += len;
}


static void
put_text(shared_document_t *document, const char *text)
{
    put(document, text, strlen(text));
}


/* With the quotes.  What is no UTF-8 the engine refuses. */
static void
put_string(shared_document_t *document, civic_str_t text)
{
    char    escaped[16];
    size_t  i, from = 0;

    put_text(document, "\"");

    for (i = 0; i < text.len; i++) {
        if ((unsigned char) text.data[i] >= 0x20 && text.data[i] != '"'
            && text.data[i] != '\\')
        {
            continue;
        }

        put(document, text.data + from, i - from);
        from = i + 1;

        /* nothing after NUL would be printed otherwise */
        if (text.data[i] != '\0') {
            (void) snprintf(escaped, sizeof(escaped), "\\u%04x",
                            (unsigned char) text.data[i]);
            put_text(document, escaped);
        }
    }

    put(document, text.data + from, text.len - from);
    put_text(document, "\"");
}


/* Thousandths, without a look at the locale. */
static void
put_value(shared_document_t *document, double value)
{
    char     text[32];
    int64_t  thousandths, whole;

    if (!isfinite(value) || fabs(value) > DOCUMENT_FAR) {
        mistake(document, "a number that is none");
        return;
    }

    thousandths = llround(fabs(value) * 1000);
    whole = thousandths / 1000;
    (void) snprintf(text, sizeof(text), "%s%lld.%03d", value < 0 ? "-" : "",
                    (long long) whole, (int) (thousandths % 1000));
    put_text(document, text);
}


static void
put_number(shared_document_t *document, const char *name, double value)
{
    put_text(document, ",\"");
    put_text(document, name);
    put_text(document, "\":");
    put_value(document, value);
}


static void
put_word(shared_document_t *document, const char *name, const char *word)
{
    if (word != NULL) {
        put_text(document, ",\"");
        put_text(document, name);
        put_text(document, "\":");
        put_string(document, civic_cstr(word));
    }
}


static void
put_box(shared_document_t *document, double x, double y, double width,
    double height)
{
    put_number(document, "x", x);
    put_number(document, "y", y);
    put_number(document, "width", width);

    if (height > 0) {
        put_number(document, "height", height);
    }
}


static void
begin_item(shared_document_t *document, const char *type)
{
    if (document->pages == 0) {
        mistake(document, "something without a page");
    }

    if (document->items++ == SHARED_DOCUMENT_ITEMS) {
        mistake(document, "too many items");
    }

    put_text(document, document->on_page++ > 0 ? "},{" : "{");
    put_text(document, "\"type\":\"");
    put_text(document, type);
    put_text(document, "\"");
}


/* ---- what is put down ---------------------------------------------------- */

shared_document_t *
shared_document(civic_request_t *r, civic_str_t title, const char *language)
{
    shared_document_t  *document = civic_alloc(r, sizeof(*document));

    memset(document, 0, sizeof(*document));
    document->r = r;
    document->text = civic_alloc(r, DOCUMENT_BUFFER);
    document->room = DOCUMENT_BUFFER;
    put_text(document, "{\"title\":");
    put_string(document, title);
    put_word(document, "language", language);

    return document;
}


static void
end_page(shared_document_t *document)
{
    if (document->pages > 0) {
        put_text(document, document->on_page > 0 ? "}]}" : "]}");
    }
}


void
shared_document_page(shared_document_t *document, double width, double height)
{
    end_page(document);

    if (document->pages++ == SHARED_DOCUMENT_PAGES) {
        mistake(document, "too many pages");
    }

    put_text(document, document->pages > 1 ? "," : ",\"pages\":[");
    put_text(document, "{\"width\":");
    put_value(document, width);
    put_number(document, "height", height);
    put_text(document, ",\"items\":[");
    document->on_page = 0;
}


void
shared_document_text(shared_document_t *document,
    const shared_document_text_t *how, civic_str_t text)
{
    static const char *const  aligns[] = { "left", "centre", "right" };

    begin_item(document, "text");
    put_box(document, how->x, how->y, how->width, how->height);
    put_number(document, "size", how->size > 0 ? how->size : DOCUMENT_SIZE);

    if (how->least > 0) {
        put_number(document, "least_size", how->least);
    }

    if (how->line_height > 0) {
        put_number(document, "line_height", how->line_height);
    }

    if (how->lines > 0) {
        put_number(document, "lines", how->lines);
    }

    put_word(document, "align", aligns[how->align]);
    put_word(document, "stand", how->middle ? "middle" : NULL);
    put_word(document, "weight", how->bold ? "bold" : NULL);
    put_word(document, "colour", how->colour);
    put_text(document, how->no_wrap ? ",\"wrap\":false,\"text\":"
                                    : ",\"text\":");
    put_string(document, text);
}


void
shared_document_line(shared_document_t *document, double x1, double y1,
    double x2, double y2, double width, double dash, const char *colour)
{
    begin_item(document, "line");
    put_number(document, "x1", x1);
    put_number(document, "y1", y1);
    put_number(document, "x2", x2);
    put_number(document, "y2", y2);
    put_number(document, "width", width);

    if (dash > 0) {
        put_number(document, "dash", dash);
    }

    put_word(document, "colour", colour);
}


void
shared_document_rect(shared_document_t *document, double x, double y,
    double width, double height, double line, const char *border,
    const char *fill)
{
    begin_item(document, "rect");
    put_box(document, x, y, width, height);
    put_number(document, "line", line);
    put_word(document, "colour", border);
    put_word(document, "fill", fill);
}


static unsigned
picture_number(shared_document_t *document, const char *media_type,
    civic_str_t bytes)
{
    unsigned             i;
    document_picture_t  *picture;

    for (i = 0; i < document->picture_count; i++) {
        picture = &document->pictures[i];

        if (picture->bytes.data == bytes.data
            && picture->bytes.len == bytes.len)
        {
            return i;
        }
    }

    if (i == SHARED_DOCUMENT_PICTURES) {
        mistake(document, "too many pictures");
        return 0;
    }

    document->pictures[i] = (document_picture_t) { bytes, media_type };
    document->picture_count++;

    return i;
}


void
shared_document_picture(shared_document_t *document, double x, double y,
    double width, double height, const char *media_type, civic_str_t bytes)
{
    char      name[16];
    unsigned  number = picture_number(document, media_type, bytes);

    begin_item(document, "picture");
    put_box(document, x, y, width, height);
    (void) snprintf(name, sizeof(name), "p%u", number);
    put_word(document, "part", name);
}


void
shared_document_row(shared_document_t *document,
    const shared_document_text_t *how, const double *widths,
    const civic_str_t *texts, size_t count)
{
    size_t                  i;
    double                  x = how->x;
    shared_document_text_t  cell = *how;

    for (i = 0; i < count; i++, x += widths[i - 1]) {
        shared_document_rect(document, x, how->y, widths[i], how->height,
                             DOCUMENT_BORDER, NULL, NULL);
        cell.x = x + DOCUMENT_PADDING;
        cell.width = widths[i] - 2 * DOCUMENT_PADDING;
        cell.middle = 1;
        cell.least = how->least > 0 ? how->least : DOCUMENT_ROW_LEAST;
        shared_document_text(document, &cell, texts[i]);
    }
}


/* ---- the engine ---------------------------------------------------------- */

/* The list between a head of its own and the pictures, each as it is. */
static size_t
put_parts(shared_document_t *document, civic_str_t *parts)
{
    size_t               i, n = 0;
    civic_request_t     *r = document->r;
    document_picture_t  *picture;

    parts[n++] = CIVIC_STR(BETWEEN "\"document\"\r\n"
                           "Content-Type: application/json\r\n\r\n");
    parts[n++] = (civic_str_t) { document->text, document->len };

    for (i = 0; i < document->picture_count; i++) {
        picture = &document->pictures[i];
        parts[n++] = civic_print(r, "\r\n" BETWEEN "\"p%u\"\r\n"
                                 "Content-Type: %s\r\n\r\n", (unsigned) i,
                                 picture->media_type);
        parts[n++] = picture->bytes;
    }

    parts[n++] = CIVIC_STR("\r\n--" BOUNDARY "--\r\n");

    return n;
}


static civic_str_t
path_of(civic_request_t *r, const shared_document_want_t *want)
{
    if (!want->png) {
        return CIVIC_STR("/v1/documents?format=pdf");
    }

    return civic_print(r, "/v1/documents?format=png&page=%u&dpi=%u",
                       want->page > 0 ? want->page : 1,
                       want->dpi > 0 ? want->dpi : 110);
}


static void
end_list(shared_document_t *document, const shared_document_want_t *want)
{
    time_t     seconds = (time_t) (want->created / 1000);
    char       created[32];
    struct tm  at;

    end_page(document);

    if (document->pages == 0) {
        mistake(document, "no page");
    }

    put_text(document, "]");

    if (want->created > 0 && gmtime_r(&seconds, &at) != NULL
        && strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &at) > 0)
    {
        put_word(document, "created", created);
    }

    put_text(document, "}");
}


static civic_str_t
joined(civic_request_t *r, json_t *array)
{
    char    *text;
    size_t   i, len = 0;
    json_t  *item;

    json_array_foreach(array, i, item) {
        len += json_string_length(item);
    }

    text = civic_alloc(r, len + 1);
    len = 0;

    json_array_foreach(array, i, item) {
        if (json_is_string(item)) {
            memcpy(text + len, json_string_value(item),
                   json_string_length(item));
            len += json_string_length(item);
        }
    }

    return (civic_str_t) { text, len };
}


/* 0, or -1: that is no word of an engine. */
static int
take_word(civic_request_t *r, const civic_http_reply_t *reply,
    shared_drawn_t *drawn)
{
    size_t       i;
    json_t      *word = NULL, *pages;
    json_int_t   count;

    for (i = 0; i < reply->nheaders; i++) {
        if (strcmp(reply->headers[i].name, "civic-media") == 0) {
            json_decref(word);
            word = json_loadb(reply->headers[i].value.data,
                              reply->headers[i].value.len, 0, NULL);
        }
    }

    pages = json_object_get(word, "pages");
    count = json_integer_value(pages);

    if (count < 1 || count > SHARED_DOCUMENT_PAGES
        || !json_is_array(json_object_get(word, "missing"))
        || !json_is_array(json_object_get(word, "cut")))
    {
        json_decref(word);
        return -1;
    }

    drawn->pages = (unsigned) count;
    drawn->cut = (unsigned) json_array_size(json_object_get(word, "cut"));
    drawn->missing = joined(r, json_object_get(word, "missing"));
    json_decref(word);

    return 0;
}


/* What a problem names is the engine's: a code, and where it is. */
static void
log_refusal(civic_request_t *r, const civic_http_reply_t *reply)
{
    json_t      *problem, *fault;
    const char  *code, *at;

    problem = json_loadb(reply->body.data, reply->body.len, 0, NULL);
    fault = json_array_get(json_object_get(problem, "faults"), 0);
    code = json_string_value(json_object_get(problem, "code"));
    at = json_string_value(json_object_get(fault, "at"));
    civic_log(r, CIVIC_LOG_ERROR, "the media engine does not draw a document: "
              "%d %.40s \"%.60s\"", reply->status, code == NULL ? "" : code,
              at == NULL ? "" : at);
    json_decref(problem);
}


static civic_result_t
take_refusal(civic_request_t *r, const civic_http_reply_t *reply)
{
    json_t          *problem;
    civic_result_t   rc = CIVIC_ERROR;

    log_refusal(r, reply);

    if (reply->status >= 500 || reply->status < 400) {
        return CIVIC_NOT_SENT;
    }

    /* Whatever names a part is about a picture. */
    problem = json_loadb(reply->body.data, reply->body.len, 0, NULL);

    if (json_is_string(json_object_get(problem, "part"))) {
        rc = CIVIC_INVALID;
    }

    json_decref(problem);

    return rc;
}


static civic_result_t
take_reply(civic_request_t *r, const shared_document_want_t *want,
    const civic_http_reply_t *reply, shared_drawn_t *drawn)
{
    const char  *type = want->png ? "image/png" : "application/pdf";

    if (reply->status != 200) {
        return take_refusal(r, reply);
    }

    if (!civic_str_eq(reply->content_type, civic_cstr(type))
        || reply->body.len == 0 || take_word(r, reply, drawn) != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the media engine drew a document, and "
                  "what it sent is none");
        return CIVIC_NOT_SENT;
    }

    drawn->bytes = reply->body;
    drawn->media_type = type;

    return CIVIC_OK;
}


civic_result_t
shared_document_draw(shared_document_t *document,
    const shared_document_want_t *want, shared_drawn_t *drawn)
{
    size_t                      len = document->len;
    civic_str_t                 parts[3 + 2 * SHARED_DOCUMENT_PICTURES];
    civic_result_t              rc;
    civic_request_t            *r = document->r;
    civic_http_header_t         type = {
        "Content-Type", CIVIC_STR("multipart/form-data; boundary=" BOUNDARY)
    };
    civic_http_request_t        request = {
        .upstream = DOCUMENT_UPSTREAM, .method = CIVIC_POST,
        .headers = &type, .nheaders = 1, .parts = parts,
        .timeout = want->timeout > 0 ? want->timeout : DOCUMENT_TIMEOUT,
        .max_reply = DOCUMENT_REPLY, .flags = CIVIC_HTTP_SAFE
    };
    const civic_http_reply_t   *reply;

    memset(drawn, 0, sizeof(*drawn));
    end_list(document, want);

    if (document->wrong != NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "a document cannot be drawn: %s",
                  document->wrong);
        return CIVIC_ERROR;
    }

    request.nparts = put_parts(document, parts);
    request.path = path_of(r, want);
    rc = civic_http(r, &request, &reply);
    document->len = len;                /* its end is written anew each time */

    if (rc == CIVIC_UNKNOWN) {
        return CIVIC_NOT_SENT;
    }

    return rc != CIVIC_OK ? rc : take_reply(r, want, reply, drawn);
}


/* ---- as an answer ------------------------------------------------------- */

static civic_str_t
name_missing(civic_request_t *r, civic_str_t missing)
{
    size_t       at = 0, size, count = 0;
    int32_t      code;
    civic_str_t  text = CIVIC_STR("");

    while (at < missing.len && count++ < DOCUMENT_MISSING) {
        code = civic_text_code(missing.data + at, missing.len - at, &size);
        at += size;
        text = civic_print(r, "%.*s%sU+%04X", (int) text.len, text.data,
                           text.len == 0 ? "" : " ", (unsigned) code);
    }

    return text;
}


static civic_result_t
tell_missing(civic_request_t *r, const shared_drawn_t *drawn, civic_str_t what)
{
    civic_str_t  missing;

    if (drawn->cut > 0) {
        civic_log(r, CIVIC_LOG_WARN, "%u texts of %.*s did not fit",
                  drawn->cut, (int) what.len, what.data);
    }

    if (drawn->missing.len == 0) {
        return CIVIC_OK;
    }

    missing = name_missing(r, drawn->missing);
    civic_log(r, CIVIC_LOG_WARN, "no font of the media engine has %s: %.*s "
              "was drawn without", missing.data, (int) what.len, what.data);

    return civic_reply_header(r, "Civic-Missing", missing);
}


civic_result_t
shared_document_reply(civic_request_t *r, const shared_drawn_t *drawn,
    const shared_document_file_t *file)
{
    civic_result_t  rc = tell_missing(r, drawn, file->what);

    if (rc == CIVIC_OK && strcmp(drawn->media_type, "application/pdf") == 0) {
        /* RFC 6266 */
        rc = civic_reply_header(r, "Content-Disposition",
                 civic_print(r, "attachment; filename=\"%.*s\"; "
                             "filename*=UTF-8''%.*s", (int) file->file.len,
                             file->file.data, (int) file->file_utf8.len,
                             file->file_utf8.data));
    }

    return rc != CIVIC_OK ? rc
           : civic_reply_bytes(r, 200, drawn->media_type, drawn->bytes);
}
