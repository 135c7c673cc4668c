/*
 * qr_image_test.c - pictures that a reader of QR codes reads back, their
 * bytes, and what is refused.
 *
 * libpng and libzbar know nothing of how the pictures were made.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "qr_image.h"

#define TICKET  "https://example.org/q/AbCdEfGhIjKlMnOpQrStUvWx-_0123456789abcd"

static const civic_qr_look_t  usual = { 4, CIVIC_QR_MARGIN };


/* ---- readers ------------------------------------------------------------ */

typedef struct {
    unsigned        width;
    unsigned        height;
    unsigned char  *grey;               /* a byte a pixel */
} pixels_t;


static void
read_png(const civic_qr_buffer_t *png, pixels_t *pixels)
{
    png_image  image;

    memset(&image, 0, sizeof(png_image));
    image.version = PNG_IMAGE_VERSION;
    assert_true(png_image_begin_read_from_memory(&image, png->data,
                                                 png->len));
    image.format = PNG_FORMAT_GRAY;

    pixels->width = image.width;
    pixels->height = image.height;
    pixels->grey = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels->grey);
    assert_true(png_image_finish_read(&image, NULL, pixels->grey, 0, NULL));
    assert_int_equal(image.warning_or_error, 0);
}


/* What the picture says; the caller frees it. */
static char *
scan(const pixels_t *pixels, size_t *len)
{
    char                 *text;
    zbar_image_t         *image;
    const zbar_symbol_t  *symbol;
    zbar_image_scanner_t *scanner;

    scanner = zbar_image_scanner_create();
    zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);

    image = zbar_image_create();
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, pixels->width, pixels->height);
    zbar_image_set_data(image, pixels->grey,
                        (unsigned long) pixels->width * pixels->height, NULL);

    assert_int_equal(zbar_scan_image(scanner, image), 1);
    symbol = zbar_image_first_symbol(image);
    assert_non_null(symbol);

    *len = zbar_symbol_get_data_length(symbol);
    text = malloc(*len + 1);
    assert_non_null(text);
    memcpy(text, zbar_symbol_get_data(symbol), *len);
    text[*len] = '\0';

    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);

    return text;
}


static void
assert_reads_back(const char *text, size_t len, const civic_qr_look_t *look,
    civic_qr_buffer_t *png)
{
    char      *read;
    size_t     read_len;
    pixels_t   pixels;

    assert_int_equal(civic_qr_png(text, len, look, png), CIVIC_QR_OK);
    read_png(png, &pixels);
    read = scan(&pixels, &read_len);

    assert_int_equal(read_len, len);
    assert_memory_equal(read, text, len);

    free(read);
    free(pixels.grey);
}


/* ---- PNG ---------------------------------------------------------------- */

static void
test_png_reads_back(void **state)
{
    size_t             i;
    civic_qr_buffer_t  png = { NULL, 0, 0 };
    static const char *const  texts[] = {
        "1", TICKET, "青海省公务员考试报名", "otpauth://totp/a:b?secret=AA",
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_reads_back(texts[i], strlen(texts[i]), &usual, &png);
    }

    civic_qr_buffer_free(&png);
}


/* Scales whose modules begin inside, at the end of and across bytes. */
/* Of 300 characters that a code has eleven bits for, two at a time, it is
   smaller than of any other 300. */
static void
test_alphanumeric(void **state)
{
    char               text[301], *read;
    size_t             i, len;
    pixels_t           small, large;
    civic_qr_buffer_t  png = { NULL, 0, 0 };
    civic_qr_look_t    look = { 3, 4 };

    (void) state;

    for (i = 0; i < 300; i++) {
        text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[i * 7 % 45];
    }

    text[300] = '\0';
    assert_int_equal(civic_qr_png(text, 300, &look, &png), CIVIC_QR_OK);
    read_png(&png, &small);
    read = scan(&small, &len);
    assert_int_equal(len, 300);
    assert_memory_equal(read, text, 300);
    free(read);

    text[0] = 'a';
    assert_int_equal(civic_qr_png(text, 300, &look, &png), CIVIC_QR_OK);
    read_png(&png, &large);
    assert_true(small.width < large.width);

    free(small.grey);
    free(large.grey);
    civic_qr_buffer_free(&png);
}


static void
test_every_scale_reads_back(void **state)
{
    civic_qr_look_t    look = { 2, CIVIC_QR_MARGIN };
    civic_qr_buffer_t  png = { NULL, 0, 0 };

    (void) state;

    for ( ; look.scale <= 17; look.scale++) {
        look.margin = CIVIC_QR_MARGIN + look.scale % 3;
        assert_reads_back(TICKET, strlen(TICKET), &look, &png);
    }

    civic_qr_buffer_free(&png);
}


/* The pixels themselves: finder, quiet zone, one value for each module. */
static void
test_png_pixels(void **state)
{
    unsigned           x, y, first, scale = 5, margin = 3;
    pixels_t           p;
    civic_qr_look_t    look = { scale, margin };
    civic_qr_buffer_t  png = { NULL, 0, 0 };

    (void) state;

    assert_int_equal(civic_qr_png("A", 1, &look, &png), CIVIC_QR_OK);
    read_png(&png, &p);

    assert_int_equal(p.width, (21 + 2 * margin) * scale);
    assert_int_equal(p.height, p.width);

    for (y = 0; y < p.height; y++) {
        for (x = 0; x < p.width; x++) {
            first = (y / scale * scale) * p.width + x / scale * scale;
            assert_int_equal(p.grey[y * p.width + x], p.grey[first]);

            if (y < margin * scale || y >= (margin + 21) * scale
                || x < margin * scale || x >= (margin + 21) * scale)
            {
                assert_int_equal(p.grey[y * p.width + x], 255);
            }
        }
    }

    /* the finder's upper edge: seven dark modules, a light one */
    y = margin * scale;
    for (x = margin * scale; x < (margin + 7) * scale; x++) {
        assert_int_equal(p.grey[y * p.width + x], 0);
    }
    assert_int_equal(p.grey[y * p.width + x], 255);

    free(p.grey);
    civic_qr_buffer_free(&png);
}


static void
test_png_has_one_bit(void **state)
{
    civic_qr_buffer_t  png = { NULL, 0, 0 };

    (void) state;

    assert_int_equal(civic_qr_png(TICKET, strlen(TICKET), &usual, &png),
                     CIVIC_QR_OK);
    assert_memory_equal(png.data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    assert_int_equal(png.data[24], 1);          /* bit depth */
    assert_int_equal(png.data[25], 0);          /* grey */
    assert_memory_equal(png.data + png.len - 12,
                        "\0\0\0\0IEND\xae\x42\x60\x82", 12);
    assert_true(png.len < 1024);

    civic_qr_buffer_free(&png);
}


/* ---- SVG ---------------------------------------------------------------- */

/* Draws the path of dark modules, which is all that the file has. */
static void
draw_svg(const char *svg, pixels_t *p, unsigned scale)
{
    int          used;
    unsigned     x = 0, y = 0, w, side, modules, i, j;
    const char  *at;

    at = strstr(svg, " width=\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, " width=\"%u\"", &side), 1);
    at = strstr(svg, "viewBox=\"0 0 ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "viewBox=\"0 0 %u", &modules), 1);
    assert_int_equal(side, modules * scale);

    p->width = p->height = side;
    p->grey = malloc((size_t) side * side);
    assert_non_null(p->grey);
    memset(p->grey, 255, (size_t) side * side);

    at = strstr(svg, "<path stroke=\"#000\" d=\"");
    assert_non_null(at);

    for (at += 23; *at == 'M' || *at == 'm'; at += used, x += w) {
        if (*at == 'M') {
            assert_int_equal(sscanf(at, "M%u %u.5h%u%n", &x, &y, &w, &used),
                             3);
        } else {
            assert_int_equal(sscanf(at, "m%u 0h%u%n", &i, &w, &used), 2);
            x += i;
        }

        assert_true(x + w <= modules && y < modules);

        for (j = y * scale; j < (y + 1) * scale; j++) {
            for (i = x * scale; i < (x + w) * scale; i++) {
                p->grey[j * side + i] = 0;
            }
        }
    }

    assert_string_equal(at, "\"/></svg>\n");
}


static void
test_svg_is_the_same_picture(void **state)
{
    char               text[CIVIC_QR_TEXT];
    size_t             i;
    pixels_t           a, b;
    civic_qr_look_t    look = { 3, 2 };
    civic_qr_buffer_t  svg = { NULL, 0, 0 }, png = { NULL, 0, 0 };
    static const size_t  lengths[] = { 1, 60, 300, CIVIC_QR_TEXT };

    (void) state;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) ('!' + i * i * 31 % 90);
    }

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(civic_qr_svg(text, lengths[i], &look, &svg),
                         CIVIC_QR_OK);
        assert_int_equal(civic_qr_png(text, lengths[i], &look, &png),
                         CIVIC_QR_OK);
        assert_true(strlen((char *) svg.data) == svg.len);

        draw_svg((char *) svg.data, &a, look.scale);
        read_png(&png, &b);
        assert_int_equal(a.width, b.width);
        assert_memory_equal(a.grey, b.grey, (size_t) a.width * a.width);

        free(a.grey);
        free(b.grey);
    }

    civic_qr_buffer_free(&svg);
    civic_qr_buffer_free(&png);
}


static void
test_svg_has_nothing_of_the_text(void **state)
{
    civic_qr_buffer_t  svg = { NULL, 0, 0 };
    const char        *text = "\"/><script>alert(1)</script>";

    (void) state;

    assert_int_equal(civic_qr_svg(text, strlen(text), &usual, &svg),
                     CIVIC_QR_OK);
    assert_null(strstr((char *) svg.data, "script"));
    civic_qr_buffer_free(&svg);
}


/* ---- bounds ------------------------------------------------------------- */

static void
test_refusals(void **state)
{
    size_t             i;
    static char        text[CIVIC_QR_TEXT + 1];
    civic_qr_buffer_t  out = { NULL, 0, 0 };
    static const struct {
        civic_qr_look_t    look;
        size_t             len;
        civic_qr_status_t  status;
    } rows[] = {
        { { 4, 4 }, 0, CIVIC_QR_EMPTY },
        { { 4, 4 }, CIVIC_QR_TEXT + 1, CIVIC_QR_TOO_LONG },
        { { 0, 4 }, 1, CIVIC_QR_LOOK },
        { { CIVIC_QR_SCALE_MAX + 1, 4 }, 1, CIVIC_QR_LOOK },
        { { 4, CIVIC_QR_MARGIN_MAX + 1 }, 1, CIVIC_QR_LOOK },
        { { CIVIC_QR_SCALE_MAX, 16 }, 1, CIVIC_QR_OK },
        { { 11, 4 }, CIVIC_QR_TEXT, CIVIC_QR_OK },      /* 185 * 11 = 2035 */
        { { 11, 5 }, CIVIC_QR_TEXT, CIVIC_QR_LOOK },    /* 187 * 11 = 2057 */
    };

    (void) state;

    memset(text, 'a', sizeof(text));

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_qr_png(text, rows[i].len, &rows[i].look,
                                      &out), rows[i].status);
        assert_int_equal(out.len != 0, rows[i].status == CIVIC_QR_OK);
        assert_int_equal(civic_qr_svg(text, rows[i].len, &rows[i].look,
                                      &out), rows[i].status);
        assert_int_equal(out.len != 0, rows[i].status == CIVIC_QR_OK);
    }

    assert_int_equal(civic_qr_png("\xff\xfe", 2, &usual, &out),
                     CIVIC_QR_NOT_UTF8);
    assert_int_equal(out.len, 0);

    civic_qr_buffer_free(&out);
    civic_qr_buffer_free(&out);
    assert_null(out.data);
}


static void
test_names(void **state)
{
    (void) state;

    assert_string_equal(civic_qr_status_name(CIVIC_QR_OK), "ok");
    assert_string_equal(civic_qr_status_name(CIVIC_QR_LOOK), "look");
    assert_string_equal(civic_qr_status_name(CIVIC_QR_NO_MEMORY),
                        "no_memory");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_png_reads_back),
        cmocka_unit_test(test_alphanumeric),
        cmocka_unit_test(test_every_scale_reads_back),
        cmocka_unit_test(test_png_pixels),
        cmocka_unit_test(test_png_has_one_bit),
        cmocka_unit_test(test_svg_is_the_same_picture),
        cmocka_unit_test(test_svg_has_nothing_of_the_text),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
