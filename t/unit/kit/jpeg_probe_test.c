/*
 * jpeg_probe_test.c - each marker, each thing that can be wrong with one,
 * and files that arrive in pieces, made byte by byte.
 *
 * Each file is probed from a block of its own size, so that what is read
 * behind it is found; jpeg_probe_libjpeg_test.c has real pictures.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg_probe.h"

#define SOI         "\xff\xd8"
#define EOI         "\xff\xd9"
#define SCAN_1      "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
#define SCAN_2      "\xff\xda\x00\x08\x01\x02\x11\x01\x05\x00"
#define SCAN_3      "\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
#define GREY        "\xff\xc0\x00\x0b\x08\x01\xa4\x01\x2c\x01\x01\x11\x00"
#define COMPONENTS  "\x01\x22\x00\x02\x11\x01\x03\x11\x01"
#define COLOURS     "\xff\xc0\x00\x11\x08\x01\xa4\x01\x2c\x03" COMPONENTS
#define DATA        "\x12\xff\x00\x34\xff\x00"

/* a text with zeros in it, and its length */
#define bytes(text)  (text), sizeof(text) - 1

static const civic_jpeg_limits_t  usual = { 4096, 4096, 4096 * 4096, 1 << 20,
                                            20 };


/* The first len bytes of it, in a block that ends there. */
static civic_jpeg_status_t
probe_prefix(civic_jpeg_probe_t *probe, const char *data, size_t len)
{
    char                 *copy;
    civic_jpeg_status_t   status;

    copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, data, len);
    status = civic_jpeg_probe(probe, copy, len);
    free(copy);

    return status;
}


/* Whole and byte by byte, which must come to the same end. */
static civic_jpeg_probe_t
probe_with(const civic_jpeg_limits_t *limits, const char *data, size_t len)
{
    size_t               i;
    civic_jpeg_probe_t   whole, slow;
    civic_jpeg_status_t  status;

    civic_jpeg_init(&whole, limits);
    status = probe_prefix(&whole, data, len);
    assert_int_equal(status, whole.status);
    assert_true(whole.at <= len);

    civic_jpeg_init(&slow, limits);

    for (i = 0; i <= len; i++) {
        (void) probe_prefix(&slow, data, i);
    }

    assert_memory_equal(&whole, &slow, sizeof(civic_jpeg_probe_t));

    return whole;
}


static civic_jpeg_probe_t
probe(const char *data, size_t len)
{
    return probe_with(&usual, data, len);
}


static void
expect(const char *data, size_t len, civic_jpeg_status_t status,
    civic_jpeg_reason_t reason)
{
    civic_jpeg_probe_t  seen = probe(data, len);

    assert_int_equal(seen.status, status);
    assert_string_equal(civic_jpeg_reason_name(seen.reason),
                        civic_jpeg_reason_name(reason));
}


static void
broken(const char *data, size_t len, civic_jpeg_reason_t reason)
{
    expect(data, len, CIVIC_JPEG_BROKEN, reason);
}


/* ---- what is right ------------------------------------------------------ */

static void
colours(void **state)
{
    civic_jpeg_probe_t  seen;

    (void) state;

    seen = probe(bytes(SOI COLOURS SCAN_3 DATA EOI "after"));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_int_equal(seen.reason, CIVIC_JPEG_NO_REASON);
    assert_int_equal(seen.width, 300);
    assert_int_equal(seen.height, 420);
    assert_int_equal(seen.components, 3);
    assert_int_equal(seen.precision, 8);
    assert_true(seen.baseline);
    assert_false(seen.progressive);
    assert_false(seen.arithmetic);
    assert_false(seen.adobe);
    assert_false(seen.cmyk);
    assert_int_equal(seen.restart, 0);
    assert_int_equal(seen.orientation, 0);
    assert_int_equal(seen.scans, 1);
    assert_true(seen.ended);
    assert_int_equal(seen.size,
                     sizeof(SOI COLOURS SCAN_3 DATA EOI) - 1);
}


/* MORE up to the last byte of the first scan's header, OK from there. */
static void
every_prefix(void **state)
{
    size_t              i;
    civic_jpeg_probe_t  seen;
    static const char   file[] = SOI "\xff\xe0\x00\x04xx" COLOURS SCAN_3 DATA
                                 EOI;
    const size_t        header = sizeof(file) - 1 - 2 - (sizeof(DATA) - 1);

    (void) state;

    for (i = 0; i < sizeof(file); i++) {
        civic_jpeg_init(&seen, &usual);
        assert_int_equal(probe_prefix(&seen, file, i),
                         i < header ? CIVIC_JPEG_MORE : CIVIC_JPEG_OK);
        assert_int_equal(seen.ended, i == sizeof(file) - 1);
    }

    /* fewer bytes than before, or none, change nothing */
    assert_int_equal(civic_jpeg_probe(&seen, NULL, 0), CIVIC_JPEG_OK);
    civic_jpeg_init(&seen, &usual);
    assert_int_equal(civic_jpeg_probe(&seen, NULL, 0), CIVIC_JPEG_MORE);
}


static void
codings(void **state)
{
    char                file[] = SOI GREY SCAN_1 DATA;
    unsigned            i;
    civic_jpeg_probe_t  seen;

    (void) state;

    for (i = 0xc0; i <= 0xcf; i++) {
        file[3] = (char) i;
        seen = probe(bytes(file));

        switch (i) {

        case 0xc0: case 0xc1: case 0xc2: case 0xc9: case 0xca:
            assert_int_equal(seen.status, CIVIC_JPEG_OK);
            assert_int_equal(seen.baseline, i == 0xc0);
            assert_int_equal(seen.progressive, i == 0xc2 || i == 0xca);
            assert_int_equal(seen.arithmetic, i >= 0xc9);
            break;

        case 0xc4: case 0xcc:                   /* tables, so no frame */
            assert_int_equal(seen.status, CIVIC_JPEG_BROKEN);
            assert_int_equal(seen.reason, CIVIC_JPEG_SCAN);
            break;

        default:
            assert_int_equal(seen.status, CIVIC_JPEG_BROKEN);
            assert_int_equal(seen.reason, CIVIC_JPEG_CODING);
        }
    }

    /* 12 bits are for all but baseline */
    file[3] = (char) 0xc1;
    file[6] = 12;
    seen = probe(bytes(file));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_int_equal(seen.precision, 12);
    file[3] = (char) 0xc0;
    broken(bytes(file), CIVIC_JPEG_FRAME);
}


/* Every code that a marker has, before the frame. */
static void
markers(void **state)
{
    char                file[] = SOI "\xff\x00\x00\x04\x00\x05" GREY SCAN_1;
    unsigned            i;
    civic_jpeg_probe_t  seen;

    (void) state;

    for (i = 0; i <= 0xff; i++) {
        if ((i >= 0xc0 && i <= 0xcf) || i == 0xd9 || i == 0xda || i == 0xff) {
            continue;                           /* tested elsewhere */
        }

        file[3] = (char) i;
        seen = probe(bytes(file));

        if ((i >= 0xe0 && i <= 0xef) || i == 0xdb || i == 0xdc || i == 0xdd
            || i == 0xfe)
        {
            assert_int_equal(seen.status, CIVIC_JPEG_OK);
            assert_int_equal(seen.restart, i == 0xdd ? 5 : 0);

        } else {
            assert_int_equal(seen.status, CIVIC_JPEG_BROKEN);
            assert_int_equal(seen.reason, CIVIC_JPEG_MARKER);
        }
    }

    broken(bytes(SOI EOI), CIVIC_JPEG_NO_SCAN);
    broken(bytes(SOI GREY EOI), CIVIC_JPEG_NO_SCAN);
    broken(bytes(SOI SCAN_1 GREY), CIVIC_JPEG_SCAN);
}


/* Fill bytes may stand before any marker, and nothing else may. */
static void
between(void **state)
{
    (void) state;

    expect(bytes(SOI "\xff\xff\xff" GREY "\xff" SCAN_1 DATA "\xff\xff" EOI),
           CIVIC_JPEG_OK, CIVIC_JPEG_NO_REASON);
    broken(bytes(SOI GREY "\x00" SCAN_1), CIVIC_JPEG_MARKER);
    broken(bytes(SOI GREY "\xff\x00" SCAN_1), CIVIC_JPEG_MARKER);
    broken(bytes(SOI GREY SCAN_1 DATA "\xff\xc4\x00\x02" "x"),
           CIVIC_JPEG_MARKER);
}


static void
scans(void **state)
{
    char                many[512] = SOI GREY;
    size_t              i, len = sizeof(SOI GREY) - 1;
    civic_jpeg_probe_t  seen;
    const size_t        scan = sizeof(SCAN_1) - 1;

    (void) state;

    /* restarts, stuffed zeros, and tables between the scans */
    seen = probe(bytes(SOI "\xff\xdd\x00\x04\x01\x02" COLOURS
                       SCAN_1 "\x01\xff\xd0\x02\xff\xd7\xff\x00"
                       "\xff\xc4\x00\x05\xff\xda\xff"
                       SCAN_2 "\xff\x00" SCAN_3 EOI));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_int_equal(seen.scans, 3);
    assert_int_equal(seen.restart, 0x0102);
    assert_true(seen.ended);

    for (i = 0; i < usual.scans; i++) {
        memcpy(many + len, SCAN_1, scan);
        len += scan;
    }

    seen = probe(many, len);
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_int_equal(seen.scans, usual.scans);

    memcpy(many + len, SCAN_1, scan);
    expect(many, len + scan, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_SCANS);

    /* OK at first, and not for long */
    broken(bytes(SOI GREY SCAN_1 DATA "\xff\xd8"), CIVIC_JPEG_MARKER);
    broken(bytes(SOI GREY SCAN_1 DATA GREY), CIVIC_JPEG_FRAME);
    broken(bytes(SOI GREY SCAN_1 DATA "\xff\xda\x00\x01"), CIVIC_JPEG_LENGTH);
}


static void
adobe(void **state)
{
    civic_jpeg_probe_t  seen;

    (void) state;

    seen = probe(bytes(SOI "\xff\xee\x00\x0e" "Adobe\0\x64\0\0\0\0\x02"
                       "\xff\xc2\x00\x14\x08\x00\x10\x00\x20\x04"
                       "\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00"
                       SCAN_1));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_true(seen.adobe);
    assert_true(seen.cmyk);
    assert_true(seen.progressive);
    assert_int_equal(seen.transform, 2);
    assert_int_equal(seen.width, 32);

    /* too short, or of another name: somebody else's */
    seen = probe(bytes(SOI "\xff\xee\x00\x0d" "Adobe\0\x64\0\0\0\0" GREY
                       SCAN_1));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_false(seen.adobe);
    seen = probe(bytes(SOI "\xff\xee\x00\x0e" "adobe\0\x64\0\0\0\0\x02" GREY
                       SCAN_1));
    assert_false(seen.adobe);
}


/* ---- what is wrong ------------------------------------------------------ */

static void
magic(void **state)
{
    (void) state;

    expect(bytes("\x89PNG\r\n"), CIVIC_JPEG_NOT_JPEG, CIVIC_JPEG_MAGIC);
    expect(bytes("G"), CIVIC_JPEG_NOT_JPEG, CIVIC_JPEG_MAGIC);
    expect(bytes("\xff\xd9"), CIVIC_JPEG_NOT_JPEG, CIVIC_JPEG_MAGIC);
    expect(bytes("\xff\xd8\x00"), CIVIC_JPEG_NOT_JPEG, CIVIC_JPEG_MAGIC);
    expect(bytes("\xff\xd8"), CIVIC_JPEG_MORE, CIVIC_JPEG_NO_REASON);
    expect(bytes("\xff"), CIVIC_JPEG_MORE, CIVIC_JPEG_NO_REASON);
    expect(bytes(""), CIVIC_JPEG_MORE, CIVIC_JPEG_NO_REASON);
}


static void
lengths(void **state)
{
    (void) state;

    broken(bytes(SOI "\xff\xe0\x00\x00"), CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xe0\x00\x01"), CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xc0\x00\x02" GREY), CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xc0\x00\x07\x08\x00\x10\x00\x10"),
           CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x03\x01\x11\x00"),
           CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xc0\x00\x0c\x08\x00\x10\x00\x10\x01\x01\x11\x00"
                 "x"), CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xdd\x00\x02" GREY), CIVIC_JPEG_LENGTH);
    broken(bytes(SOI "\xff\xdd\x00\x05\x00\x00\x00" GREY), CIVIC_JPEG_LENGTH);
    expect(bytes(SOI "\xff\xe5\x00\x02" "\xff\xfe\x00\x02" GREY SCAN_1),
           CIVIC_JPEG_OK, CIVIC_JPEG_NO_REASON);
    expect(bytes(SOI "\xff\xe5\xff\xff" GREY SCAN_1), CIVIC_JPEG_MORE,
           CIVIC_JPEG_NO_REASON);
}


static void
frames(void **state)
{
    size_t  i;

    static const struct {
        size_t  at;
        char    byte;
    } wrong[] = {
        { 6, 0 }, { 6, 9 }, { 6, 16 },          /* precision */
        { 13, 0x01 }, { 13, 0x10 }, { 13, 0x51 }, { 13, 0x15 }, /* sampling */
        { 14, 4 },                              /* table */
        { 15, 1 }, { 18, 2 }                    /* names that come again */
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char  file[] = SOI COLOURS SCAN_1;

        file[wrong[i].at] = wrong[i].byte;
        broken(bytes(file), CIVIC_JPEG_FRAME);
    }

    broken(bytes(SOI "\xff\xc0\x00\x0b\x08\x00\x00\x01\x2c\x01\x01\x11\x00"),
           CIVIC_JPEG_FRAME);                   /* height */
    broken(bytes(SOI "\xff\xc0\x00\x0b\x08\x01\x2c\x00\x00\x01\x01\x11\x00"),
           CIVIC_JPEG_FRAME);                   /* width */
    broken(bytes(SOI "\xff\xc0\x00\x08\x08\x01\x2c\x01\x2c\x00"),
           CIVIC_JPEG_FRAME);                   /* no component, or five */
    broken(bytes(SOI "\xff\xc1\x00\x17\x08\x01\x2c\x01\x2c\x05\x01\x11\x00"
                 "\x02\x11\x00\x03\x11\x00\x04\x11\x00\x05\x11\x00"),
           CIVIC_JPEG_FRAME);
    broken(bytes(SOI GREY GREY), CIVIC_JPEG_FRAME);
}


static void
scan_headers(void **state)
{
    (void) state;

    /* none, too many, of no component, twice, lengths */
    broken(bytes(SOI GREY "\xff\xda\x00\x02"), CIVIC_JPEG_SCAN);
    broken(bytes(SOI GREY "\xff\xda\x00\x06\x00\x00\x3f\x00"),
           CIVIC_JPEG_SCAN);
    broken(bytes(SOI GREY SCAN_3), CIVIC_JPEG_SCAN);
    broken(bytes(SOI GREY SCAN_2), CIVIC_JPEG_SCAN);
    broken(bytes(SOI COLOURS "\xff\xda\x00\x0a\x02\x02\x00\x02\x11\x00\x3f"
                 "\x00"), CIVIC_JPEG_SCAN);
    broken(bytes(SOI GREY "\xff\xda\x00\x07\x01\x01\x00\x00\x3f"),
           CIVIC_JPEG_SCAN);
    broken(bytes(SOI GREY "\xff\xda\x00\x09\x01\x01\x00\x00\x3f\x00\x00"),
           CIVIC_JPEG_SCAN);
}


/* ---- limits ------------------------------------------------------------- */

static void
expect_large(civic_jpeg_limits_t limits, civic_jpeg_reason_t reason)
{
    civic_jpeg_probe_t  seen;

    seen = probe_with(&limits, bytes(SOI GREY SCAN_1 DATA EOI));
    assert_string_equal(civic_jpeg_reason_name(seen.reason),
                        civic_jpeg_reason_name(reason));
    assert_int_equal(seen.status, reason == CIVIC_JPEG_NO_REASON
                                  ? CIVIC_JPEG_OK : CIVIC_JPEG_TOO_LARGE);
}


static void
limits(void **state)
{
    const size_t         header = sizeof(SOI GREY SCAN_1) - 1;
    civic_jpeg_limits_t  most = { 300, 420, 300 * 420, 0, 1 }, limit;

    (void) state;
    most.header = header;
    expect_large(most, CIVIC_JPEG_NO_REASON);

    limit = most;
    limit.width--;
    expect_large(limit, CIVIC_JPEG_WIDTH);

    limit = most;
    limit.height--;
    expect_large(limit, CIVIC_JPEG_HEIGHT);

    limit = most;
    limit.pixels--;
    expect_large(limit, CIVIC_JPEG_PIXELS);

    limit = most;
    limit.header--;
    expect_large(limit, CIVIC_JPEG_HEADER);

    limit = most;
    limit.scans--;
    expect_large(limit, CIVIC_JPEG_SCANS);
    expect_large((civic_jpeg_limits_t) { .width = 0 }, CIVIC_JPEG_HEADER);
}


/* Told from a segment's length, before it is there; from fill bytes too. */
static void
header_limit(void **state)
{
    char                 file[64];
    civic_jpeg_probe_t   seen;
    civic_jpeg_limits_t  limit = usual;

    (void) state;
    limit.header = 32;

    seen = probe_with(&limit, bytes(SOI "\xff\xe2\x00\x1d"));
    assert_int_equal(seen.reason, CIVIC_JPEG_HEADER);
    seen = probe_with(&limit, bytes(SOI "\xff\xe2\x00\x1c"));
    assert_int_equal(seen.status, CIVIC_JPEG_MORE);

    memset(file, 0xff, sizeof(file));
    file[1] = (char) 0xd8;
    seen = probe_with(&limit, file, sizeof(file));
    assert_int_equal(seen.reason, CIVIC_JPEG_HEADER);

    /* what is behind the first scan is no header */
    seen = probe_with(&limit, bytes(SOI GREY SCAN_1 DATA
                                    "\xff\xfe\x00\x0a" "12345678" EOI));
    assert_true(seen.ended);
}


/* ---- Exif --------------------------------------------------------------- */

/* One Exif segment before a grey picture. */
static unsigned
orientation(const char *tiff, size_t len)
{
    char                file[512] = SOI "\xff\xe1";
    size_t              at = 4;
    civic_jpeg_probe_t  seen;

    assert_true(len < 256);
    file[at++] = 0;
    file[at++] = (char) (8 + len);
    memcpy(file + at, "Exif\0\0", 6);
    memcpy(file + at + 6, tiff, len);
    at += 6 + len;
    memcpy(file + at, GREY SCAN_1, sizeof(GREY SCAN_1) - 1);
    at += sizeof(GREY SCAN_1) - 1;

    seen = probe(file, at);
    assert_int_equal(seen.status, CIVIC_JPEG_OK);

    return seen.orientation;
}


#define BIG       "MM\0\x2a\0\0\0\x08"
#define LITTLE    "II\x2a\0\x08\0\0\0"
#define MAKE      "\x01\x0f\0\x02\0\0\0\x04" "abc\0"

static void
exif(void **state)
{
    char      big[] = BIG "\0\x02" MAKE "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    unsigned  i;

    (void) state;

    assert_int_equal(orientation(bytes(big)), 6);
    assert_int_equal(orientation(bytes(LITTLE "\x01\0\x12\x01\x03\0\x01\0\0\0"
                                       "\x08\0\0\0")), 8);
    /* IFD0 may stand anywhere */
    assert_int_equal(orientation(bytes("II\x2a\0\x0b\0\0\0xyz"
                                       "\x01\0\x12\x01\x03\0\x01\0\0\0"
                                       "\x03\0")), 0);
    assert_int_equal(orientation(bytes("II\x2a\0\x0b\0\0\0xyz"
                                       "\x01\0\x12\x01\x03\0\x01\0\0\0"
                                       "\x03\0\0\0")), 3);

    for (i = 0; i <= 0xff; i++) {
        big[sizeof(big) - 4] = (char) i;
        assert_int_equal(orientation(bytes(big)), i <= 8 ? i : 0);
    }
}


/* An Exif that is wrong says nothing; the picture may be right. */
static void
wrong_exif(void **state)
{
    size_t      i;
    static const struct {
        const char  *tiff;
        size_t       len;
    } wrong[] = {
        { bytes("") },
        { bytes("MM\0\x2a\0\0\0\x08") },
        { bytes("MM\0\x2a\0\0\0\x08\0") },
        { bytes("MM\0\x2a\0\0\0\x08\0\0") },
        { bytes("MM\0\x2a\0\0\0\x08\xff\xff") },
        { bytes("MM\0\x2a\0\0\0\x09\0\x01") },
        { bytes("MM\0\x2a\xff\xff\xff\xff\0\x01") },
        { bytes("MM\0\x2a\xff\xff\xff\xfe\0\x01") },
        { bytes("NN\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0") },
        { bytes("IM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0") },
        { bytes("MM\0\x2b\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0") },
        { bytes(BIG "\0\x01\x01\x12\0\x04\0\0\0\x01\0\x06\0\0") },  /* type */
        { bytes(BIG "\0\x01\x01\x12\0\x03\0\0\0\x02\0\x06\0\0") },  /* count */
        { bytes(BIG "\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0") },    /* room */
        { bytes(BIG "\0\0\x01\x12\0\x03\0\0\0\x01\0\x06\0\0") }     /* none */
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(orientation(wrong[i].tiff, wrong[i].len), 0);
    }

    /* more entries are told than there are */
    assert_int_equal(orientation(bytes(BIG "\xff\xff" MAKE
                                       "\x01\x12\0\x03\0\0\0\x01\0\x05\0\0")),
                     5);
}


/* The first Exif counts, and other APP1 do not. */
static void
which_exif(void **state)
{
    civic_jpeg_probe_t  seen;

    (void) state;

    seen = probe(bytes(SOI "\xff\xe1\x00\x0d" "http://ns.a"
                       "\xff\xe1\x00\x1e" "Exif\0\0" BIG "\0\x01"
                       "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
                       "\xff\xe1\x00\x1e" "Exif\0\0" BIG "\0\x01"
                       "\x01\x12\0\x03\0\0\0\x01\0\x03\0\0" GREY SCAN_1));
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
    assert_int_equal(seen.orientation, 6);

    seen = probe(bytes(SOI "\xff\xe2\x00\x1e" "Exif\0\0" BIG "\0\x01"
                       "\x01\x12\0\x03\0\0\0\x01\0\x03\0\0" GREY SCAN_1));
    assert_int_equal(seen.orientation, 0);
    assert_int_equal(seen.status, CIVIC_JPEG_OK);
}


static void
names(void **state)
{
    (void) state;

    assert_string_equal(civic_jpeg_reason_name(CIVIC_JPEG_NO_REASON), "none");
    assert_string_equal(civic_jpeg_reason_name(CIVIC_JPEG_NO_SCAN),
                        "no_scan");
    assert_string_equal(civic_jpeg_reason_name(CIVIC_JPEG_SCANS), "scans");
    assert_string_equal(civic_jpeg_reason_name((civic_jpeg_reason_t) 13),
                        "unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(colours),
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(codings),
        cmocka_unit_test(markers),
        cmocka_unit_test(between),
        cmocka_unit_test(scans),
        cmocka_unit_test(adobe),
        cmocka_unit_test(magic),
        cmocka_unit_test(lengths),
        cmocka_unit_test(frames),
        cmocka_unit_test(scan_headers),
        cmocka_unit_test(limits),
        cmocka_unit_test(header_limit),
        cmocka_unit_test(exif),
        cmocka_unit_test(wrong_exif),
        cmocka_unit_test(which_exif),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
