/*
 * qr_image.c - see qr_image.h.
 *
 * The PNG (ISO/IEC 15948) has three chunks; what is in it is so little that
 * a picture library would spend longer on setting itself up.  A row of
 * modules is drawn once and repeated: the packer sees one long match.
 */

#include <errno.h>
#include <libdeflate.h>
#include <qrencode.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qr_image.h"
#include "text.h"

#define DARK          1                 /* the bit in libqrencode's modules */
#define PACKING       1                 /* libdeflate's fastest: 40 us */
#define FILTER_NONE   0

#define SIGNATURE     8                 /* bytes */
#define CHUNK         12                /* length, type, CRC */
#define IHDR          13

/* One run of dark modules in an SVG's path: "M192 192h177v1h-177z". */
#define SVG_RUN       24
#define SVG_FRAME     320


static uint32_t
side_of(const QRcode *code, const civic_qr_look_t *look)
{
    return ((uint32_t) code->width + 2 * look->margin) * look->scale;
}


/* Room for so many bytes, which are not set yet. */
static int
reserve(civic_qr_buffer_t *out, size_t size)
{
    unsigned char  *data;

    if (out->size >= size) {
        return 0;
    }

    data = realloc(out->data, size);
    if (data == NULL) {
        return -1;
    }

    out->data = data;
    out->size = size;

    return 0;
}


/* ---- the code ----------------------------------------------------------- */

static civic_qr_status_t
check(const char *text, size_t len, const civic_qr_look_t *look)
{
    if (len == 0) {
        return CIVIC_QR_EMPTY;
    }

    if (len > CIVIC_QR_TEXT) {
        return CIVIC_QR_TOO_LONG;
    }

    if (civic_text_length(text, len) < 0) {
        return CIVIC_QR_NOT_UTF8;
    }

    if (look->scale == 0 || look->scale > CIVIC_QR_SCALE_MAX
        || look->margin > CIVIC_QR_MARGIN_MAX)
    {
        return CIVIC_QR_LOOK;
    }

    return CIVIC_QR_OK;
}


/* The 45 characters that two of take eleven bits (ISO/IEC 18004, table 5). */
static int
is_alphanumeric(const char *text, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\0'
            || strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:",
                      text[i]) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* NULL with errno. */
static QRcode *
encode_alphanumeric(const char *text, size_t len)
{
    QRcode   *code = NULL;
    QRinput  *input = QRinput_new2(0, QR_ECLEVEL_M);

    if (input == NULL) {
        return NULL;
    }

    if (QRinput_append(input, QR_MODE_AN, (int) len,
                       (const unsigned char *) text)
        == 0)
    {
        code = QRcode_encodeInput(input);
    }

    QRinput_free(input);

    return code;
}


static civic_qr_status_t
encode(const char *text, size_t len, const civic_qr_look_t *look,
    QRcode **code)
{
    civic_qr_status_t  status;

    status = check(text, len, look);
    if (status != CIVIC_QR_OK) {
        return status;
    }

    *code = is_alphanumeric(text, len)
            ? encode_alphanumeric(text, len)
            : QRcode_encodeData((int) len, (const unsigned char *) text, 0,
                                QR_ECLEVEL_M);
    if (*code == NULL) {
        return errno == ERANGE ? CIVIC_QR_TOO_LONG : CIVIC_QR_NO_MEMORY;
    }

    if (side_of(*code, look) > CIVIC_QR_PIXELS_MAX) {
        QRcode_free(*code);
        return CIVIC_QR_LOOK;
    }

    return CIVIC_QR_OK;
}


/* ---- PNG ---------------------------------------------------------------- */

/* Clears the bits of [from, to): dark is 0 in a picture of grey. */
static void
darken(unsigned char *bits, uint32_t from, uint32_t to)
{
    unsigned char  first = (unsigned char) (0xff >> (from & 7));
    unsigned char  last = (unsigned char) ~(0xff >> (to & 7));

    bits += from >> 3;
    to = (to >> 3) - (from >> 3);

    if (to == 0) {
        *bits &= (unsigned char) ~(first & last);
        return;
    }

    *bits++ &= (unsigned char) ~first;

    while (--to > 0) {
        *bits++ = 0;
    }

    if (last != 0) {
        *bits &= (unsigned char) ~last;
    }
}


static void
draw_row(const unsigned char *modules, uint32_t width,
    const civic_qr_look_t *look, unsigned char *bits)
{
    uint32_t  x, from;

    for (x = 0; x < width; x++) {
        if ((modules[x] & DARK) == 0) {
            continue;
        }

        from = x;

        while (x < width && (modules[x] & DARK)) {
            x++;
        }

        darken(bits, (from + look->margin) * look->scale,
               (x + look->margin) * look->scale);
    }
}


/* All rows, each behind the byte that names its filter. */
static void
draw(const QRcode *code, const civic_qr_look_t *look, size_t stride,
    unsigned char *rows)
{
    uint32_t              y, i, width = (uint32_t) code->width;
    unsigned char        *row = rows;
    const unsigned char  *modules = code->data;

    memset(rows, 0xff, stride * side_of(code, look));

    for (y = 0; y < width + 2 * look->margin; y++) {
        row[0] = FILTER_NONE;

        if (y >= look->margin && y < look->margin + width) {
            draw_row(modules, width, look, row + 1);
            modules += width;
        }

        for (i = 1; i < look->scale; i++) {
            memcpy(row + i * stride, row, stride);
        }

        row += look->scale * stride;
    }
}


static unsigned char *
put_number(unsigned char *p, uint32_t n)
{
    *p++ = (unsigned char) (n >> 24);
    *p++ = (unsigned char) (n >> 16);
    *p++ = (unsigned char) (n >> 8);
    *p++ = (unsigned char) n;

    return p;
}


/* The data, len bytes of it, stands behind the chunk's first 8 bytes. */
static unsigned char *
put_chunk(unsigned char *chunk, const char *type, size_t len)
{
    put_number(chunk, (uint32_t) len);
    memcpy(chunk + 4, type, 4);

    return put_number(chunk + 8 + len,
                      libdeflate_crc32(0, chunk + 4, 4 + len));
}


static unsigned char *
put_head(unsigned char *p, uint32_t side)
{
    unsigned char  *data;

    memcpy(p, "\x89PNG\r\n\x1a\n", SIGNATURE);
    p += SIGNATURE;

    data = put_number(put_number(p + 8, side), side);
    *data++ = 1;                        /* bit a pixel */
    *data++ = 0;                        /* grey */
    *data++ = 0;                        /* deflate, the five filters, not */
    *data++ = 0;                        /* interlaced */
    *data = 0;

    return put_chunk(p, "IHDR", IHDR);
}


static civic_qr_status_t
pack(struct libdeflate_compressor *packer, uint32_t side,
    const unsigned char *rows, size_t len, civic_qr_buffer_t *out)
{
    size_t          packed, room;
    unsigned char  *p;

    room = libdeflate_zlib_compress_bound(packer, len);

    if (reserve(out, SIGNATURE + 3 * CHUNK + IHDR + room) != 0) {
        return CIVIC_QR_NO_MEMORY;
    }

    p = put_head(out->data, side);

    packed = libdeflate_zlib_compress(packer, rows, len, p + 8, room);
    if (packed == 0) {
        return CIVIC_QR_NO_MEMORY;
    }

    p = put_chunk(p, "IDAT", packed);
    p = put_chunk(p, "IEND", 0);
    out->len = (size_t) (p - out->data);

    return CIVIC_QR_OK;
}


static civic_qr_status_t
write_png(const QRcode *code, const civic_qr_look_t *look,
    civic_qr_buffer_t *out)
{
    size_t                         stride;
    uint32_t                       side = side_of(code, look);
    unsigned char                 *rows;
    civic_qr_status_t              status = CIVIC_QR_NO_MEMORY;
    struct libdeflate_compressor  *packer;

    stride = 1 + (side + 7) / 8;
    rows = malloc(stride * side);
    packer = libdeflate_alloc_compressor(PACKING);

    if (rows != NULL && packer != NULL) {
        draw(code, look, stride, rows);
        status = pack(packer, side, rows, stride * side, out);
    }

    libdeflate_free_compressor(packer);
    free(rows);

    return status;
}


/* ---- SVG ---------------------------------------------------------------- */

/* Runs of dark modules in all rows: as many elements has the path. */
static size_t
count_runs(const QRcode *code)
{
    int                   x, y;
    size_t                runs = 0;
    const unsigned char  *row = code->data;

    for (y = 0; y < code->width; y++) {
        for (x = 0; x < code->width; x++) {
            runs += (row[x] & DARK) && (x == 0 || !(row[x - 1] & DARK));
        }

        row += code->width;
    }

    return runs;
}


/* Below 1000: a code has at most 177 modules, and the margin 16. */
static char *
put_decimal(char *p, int n)
{
    if (n >= 100) {
        *p++ = (char) ('0' + n / 100);
    }

    if (n >= 10) {
        *p++ = (char) ('0' + n / 10 % 10);
    }

    *p++ = (char) ('0' + n % 10);

    return p;
}


/* A run is a stroke along the middle of its row: half the bytes of an area,
   and pages carry the file in their text. */
static char *
put_run(char *p, int gap, int width)
{
    *p++ = 'm';
    p = put_decimal(p, gap);
    memcpy(p, " 0h", 3);

    return put_decimal(p + 3, width);
}


static char *
put_first_run(char *p, int x, int y, int width)
{
    *p++ = 'M';
    p = put_decimal(p, x);
    *p++ = ' ';
    p = put_decimal(p, y);
    memcpy(p, ".5h", 3);

    return put_decimal(p + 3, width);
}


static char *
put_row(char *p, const unsigned char *row, int modules, int y, int margin)
{
    int  x, from, last = 0;

    for (x = 0; x < modules; x++) {
        if ((row[x] & DARK) == 0) {
            continue;
        }

        from = x;

        while (x < modules && (row[x] & DARK)) {
            x++;
        }

        p = last == 0 ? put_first_run(p, from + margin, y, x - from)
                      : put_run(p, from - last, x - from);
        last = x;
    }

    return p;
}


/* count_runs() saw to the room. */
static char *
put_runs(char *p, const QRcode *code, int margin)
{
    int  y;

    for (y = 0; y < code->width; y++) {
        p = put_row(p, code->data + y * code->width, code->width, y + margin,
                    margin);
    }

    return p;
}


static civic_qr_status_t
write_svg(const QRcode *code, const civic_qr_look_t *look,
    civic_qr_buffer_t *out)
{
    char      *p, *end;
    unsigned   modules = (unsigned) code->width + 2 * look->margin;
    unsigned   side = side_of(code, look);

    if (reserve(out, SVG_FRAME + SVG_RUN * count_runs(code)) != 0) {
        return CIVIC_QR_NO_MEMORY;
    }

    p = (char *) out->data;
    end = p + out->size;

    p += snprintf(p, (size_t) (end - p),
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
                  "height=\"%u\" viewBox=\"0 0 %u %u\" "
                  "shape-rendering=\"crispEdges\">"
                  "<path fill=\"#fff\" d=\"M0 0h%uv%uH0z\"/>"
                  "<path stroke=\"#000\" d=\"",
                  side, side, modules, modules, modules, modules);
    p = put_runs(p, code, (int) look->margin);
    p += snprintf(p, (size_t) (end - p), "\"/></svg>\n");

    out->len = (size_t) (p - (char *) out->data);

    return CIVIC_QR_OK;
}


/* ---- both --------------------------------------------------------------- */

typedef civic_qr_status_t (*write_pt)(const QRcode *code,
    const civic_qr_look_t *look, civic_qr_buffer_t *out);


static civic_qr_status_t
picture(const char *text, size_t len, const civic_qr_look_t *look,
    civic_qr_buffer_t *out, write_pt write)
{
    QRcode             *code;
    civic_qr_status_t   status;

    out->len = 0;

    status = encode(text, len, look, &code);
    if (status != CIVIC_QR_OK) {
        return status;
    }

    status = write(code, look, out);
    QRcode_free(code);

    return status;
}


civic_qr_status_t
civic_qr_png(const char *text, size_t len, const civic_qr_look_t *look,
    civic_qr_buffer_t *out)
{
    return picture(text, len, look, out, write_png);
}


civic_qr_status_t
civic_qr_svg(const char *text, size_t len, const civic_qr_look_t *look,
    civic_qr_buffer_t *out)
{
    return picture(text, len, look, out, write_svg);
}


void
civic_qr_buffer_free(civic_qr_buffer_t *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof(civic_qr_buffer_t));
}


const char *
civic_qr_status_name(civic_qr_status_t status)
{
    static const char *const  names[] = {
        "ok", "empty", "too_long", "not_utf8", "look", "no_memory"
    };

    return names[status];
}
