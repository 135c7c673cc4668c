/*
 * jpeg_probe_libjpeg_test.c - libjpeg-turbo writes pictures and reads their
 * headers beside us; then bytes of those headers are changed.
 *
 * The changes are the same in each run.  Where we refuse what libjpeg takes,
 * the reason must be one of those that jpeg_probe.h tells.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <jerror.h>

#include "jpeg_probe.h"

#define SIDE_MOST     64
#define CHANGES       20000
#define SLOWEST       20000             /* us for a megabyte */
#define JPEG_SIDE     65500             /* libjpeg's own limit */

/* What makes pictures differ. */
typedef struct {
    J_COLOR_SPACE  from;
    J_COLOR_SPACE  to;
    int            components;
} colour_t;

typedef struct {
    colour_t       colour;
    unsigned       width;
    unsigned       height;
    int            quality;
    int            progressive;
    int            arithmetic;
    int            restart;
    int            comment;             /* bytes */
} picture_t;

typedef struct {
    unsigned char  *data;
    unsigned long   size;
} file_t;

typedef struct {
    struct jpeg_error_mgr  base;        /* first: libjpeg knows this one */
    jmp_buf                back;
} errors_t;

static const civic_jpeg_limits_t  libjpeg_limits = {
    JPEG_SIDE, JPEG_SIDE, (uint64_t) JPEG_SIDE * JPEG_SIDE, 1 << 20, 1000
};

static uint64_t  seed = 20260309;


/* xorshift64* (Vigna, 2016) */
static unsigned
draw(unsigned below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (unsigned) ((seed * UINT64_C(0x2545f4914f6cdd1d) >> 33) % below);
}


/* ---- libjpeg ------------------------------------------------------------ */

static void
leave(j_common_ptr info)
{
    errors_t  *errors = (errors_t *) info->err;

    longjmp(errors->back, 1);
}


static void
say_nothing(j_common_ptr info, int level)
{
    if (level < 0) {
        info->err->num_warnings++;
    }
}


static struct jpeg_error_mgr *
quiet(errors_t *errors)
{
    jpeg_std_error(&errors->base);
    errors->base.error_exit = leave;
    errors->base.emit_message = say_nothing;

    return &errors->base;
}


static void
write_rows(struct jpeg_compress_struct *info, int components)
{
    int       i;
    JSAMPLE   row[SIDE_MOST * 4];
    JSAMPROW  rows[1] = { row };

    while (info->next_scanline < info->image_height) {
        for (i = 0; i < (int) info->image_width * components; i++) {
            row[i] = (JSAMPLE) draw(256);
        }

        (void) jpeg_write_scanlines(info, rows, 1);
    }
}


static file_t
write_picture(const picture_t *picture)
{
    file_t                       file = { NULL, 0 };
    errors_t                     errors;
    unsigned char                text[64] = "";
    struct jpeg_compress_struct  info;

    info.err = quiet(&errors);

    if (setjmp(errors.back) != 0) {
        fail_msg("libjpeg does not write a picture");
    }

    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &file.data, &file.size);
    info.image_width = picture->width;
    info.image_height = picture->height;
    info.in_color_space = picture->colour.from;
    info.input_components = picture->colour.components;
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, picture->colour.to);
    jpeg_set_quality(&info, picture->quality, TRUE);
    info.restart_interval = (unsigned) picture->restart;
    info.arith_code = picture->arithmetic;

    if (picture->progressive) {
        jpeg_simple_progression(&info);
    }

    jpeg_start_compress(&info, TRUE);

    if (picture->comment > 0) {
        jpeg_write_marker(&info, JPEG_COM, text, (unsigned) picture->comment);
    }

    write_rows(&info, picture->colour.components);
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);

    return file;
}


/* libjpeg's header of a file: 1, or 0 when it does not take it.  The caller
   destroys info. */
static int
read_header(struct jpeg_decompress_struct *info, errors_t *errors,
    const file_t *file)
{
    info->err = quiet(errors);
    jpeg_create_decompress(info);

    if (setjmp(errors->back) != 0) {
        return 0;
    }

    jpeg_mem_src(info, file->data, file->size);
    (void) jpeg_read_header(info, TRUE);

    return 1;
}


/* How many scans a decoder comes by. */
static unsigned
count_scans(const file_t *file)
{
    int                            scans;
    errors_t                       errors;
    struct jpeg_decompress_struct  info;

    assert_true(read_header(&info, &errors, file));

    if (setjmp(errors.back) != 0) {
        fail_msg("libjpeg does not read its own picture");
    }

    info.buffered_image = TRUE;
    jpeg_start_decompress(&info);

    while (!jpeg_input_complete(&info)) {
        (void) jpeg_consume_input(&info);
    }

    scans = info.input_scan_number;
    jpeg_destroy_decompress(&info);

    return (unsigned) scans;
}


/* ---- the same header ---------------------------------------------------- */

static civic_jpeg_status_t
probe_file(civic_jpeg_probe_t *probe, const file_t *file)
{
    civic_jpeg_init(probe, &libjpeg_limits);

    return civic_jpeg_probe(probe, file->data, file->size);
}


static void
same_header(const civic_jpeg_probe_t *probe,
    const struct jpeg_decompress_struct *info)
{
    assert_int_equal(probe->width, info->image_width);
    assert_int_equal(probe->height, info->image_height);
    assert_int_equal(probe->components, info->num_components);
    assert_int_equal(probe->precision, info->data_precision);
    assert_int_equal(probe->progressive, info->progressive_mode);
    assert_int_equal(probe->arithmetic, info->arith_code);
    assert_int_equal(probe->adobe, info->saw_Adobe_marker);
    assert_int_equal(probe->cmyk, info->num_components == 4);

    if (info->saw_Adobe_marker) {
        assert_int_equal(probe->transform, info->Adobe_transform);
    }
}


static void
same(const picture_t *picture)
{
    file_t                         file = write_picture(picture), header;
    errors_t                       errors;
    civic_jpeg_probe_t             whole, probe;
    struct jpeg_decompress_struct  info;

    assert_true(read_header(&info, &errors, &file));
    assert_int_equal(probe_file(&whole, &file), CIVIC_JPEG_OK);
    same_header(&whole, &info);
    assert_int_equal(whole.restart, info.restart_interval);
    assert_true(whole.ended);
    assert_int_equal(whole.size, file.size);
    assert_int_equal(whole.scans, count_scans(&file));

    /* what libjpeg has read by now is what we need, and not a byte more */
    header = file;
    header.size -= info.src->bytes_in_buffer;
    assert_int_equal(probe_file(&probe, &header), CIVIC_JPEG_OK);
    assert_int_equal(probe.scans, 1);
    header.size--;
    assert_int_equal(probe_file(&probe, &header), CIVIC_JPEG_MORE);

    jpeg_destroy_decompress(&info);
    free(file.data);
}


static picture_t
draw_picture(void)
{
    picture_t  picture;

    static const colour_t  colours[] = {
        { JCS_GRAYSCALE, JCS_GRAYSCALE, 1 }, { JCS_RGB, JCS_YCbCr, 3 },
        { JCS_RGB, JCS_RGB, 3 }, { JCS_RGB, JCS_GRAYSCALE, 3 },
        { JCS_CMYK, JCS_CMYK, 4 }, { JCS_CMYK, JCS_YCCK, 4 }
    };

    picture.colour = colours[draw(sizeof(colours) / sizeof(colours[0]))];
    picture.width = 1 + draw(SIDE_MOST);
    picture.height = 1 + draw(SIDE_MOST);
    picture.quality = 1 + (int) draw(100);
    picture.progressive = draw(2) == 0;
    picture.arithmetic = draw(6) == 0;
    picture.restart = draw(3) == 0 ? 1 + (int) draw(8) : 0;
    picture.comment = draw(3) == 0 ? (int) draw(64) : 0;

    return picture;
}


static void
pictures(void **state)
{
    int        i;
    picture_t  picture;

    (void) state;

    for (i = 0; i < 500; i++) {
        picture = draw_picture();
        same(&picture);
    }
}


/* ---- changed headers ---------------------------------------------------- */

/* Why libjpeg refuses what we take: the content of tables alone. */
static int
looks_into_tables(const struct jpeg_decompress_struct *info)
{
    switch (info->err->msg_code) {

    case JERR_BAD_HUFF_TABLE:
    case JERR_DAC_INDEX:
    case JERR_DAC_VALUE:
    case JERR_DHT_INDEX:
    case JERR_DQT_INDEX:
        return 1;

    case JERR_BAD_LENGTH:
        return info->unread_marker == 0xc4 || info->unread_marker == 0xcc
               || info->unread_marker == 0xdb;
    }

    return 0;
}


static int
frame_is_odd(const struct jpeg_decompress_struct *info)
{
    int  i, j;

    for (i = 0; i < info->num_components; i++) {
        if (info->comp_info[i].quant_tbl_no > 3) {
            return 1;
        }

        for (j = 0; j < i; j++) {
            if (info->comp_info[i].component_id
                == info->comp_info[j].component_id)
            {
                return 1;
            }
        }
    }

    return info->num_components > CIVIC_JPEG_COMPONENTS;
}


/* Why we refuse what libjpeg takes. */
static int
stricter(const civic_jpeg_probe_t *probe,
    const struct jpeg_decompress_struct *info, const file_t *file)
{
    unsigned  marker;

    switch (probe->reason) {

    case CIVIC_JPEG_MAGIC:              /* something behind FF D8 */
        return info->err->num_warnings > 0;

    case CIVIC_JPEG_LENGTH:             /* of 0 or 1: what follows is skipped */
        return info->err->num_warnings > 0
               && file->data[probe->at + 2] == 0
               && file->data[probe->at + 3] < 2;

    case CIVIC_JPEG_MARKER:
        marker = file->data[probe->at + 1];
        return info->err->num_warnings > 0 || marker == 0x01
               || (marker >= 0xd0 && marker <= 0xd7);

    case CIVIC_JPEG_FRAME:
        return frame_is_odd(info);

    default:
        return 0;
    }
}


typedef struct {
    int  both;
    int  neither;
    int  tables;
    int  stricter;
} tally_t;


static void
compare(const file_t *file, tally_t *tally)
{
    int                            taken;
    errors_t                       errors;
    civic_jpeg_probe_t             probe;
    civic_jpeg_status_t            status;
    struct jpeg_decompress_struct  info;

    taken = read_header(&info, &errors, file);
    status = probe_file(&probe, file);

    /* behind the header libjpeg has not looked yet */
    if (probe.scans > 0) {
        status = CIVIC_JPEG_OK;
    }

    if (taken && status == CIVIC_JPEG_OK) {
        same_header(&probe, &info);
        tally->both++;

    } else if (taken) {
        assert_true(stricter(&probe, &info, file));
        tally->stricter++;

    } else if (status == CIVIC_JPEG_OK && probe.precision == 8) {
        assert_true(looks_into_tables(&info));
        tally->tables++;

    } else {
        tally->neither++;
    }

    jpeg_destroy_decompress(&info);
}


/* A header of a picture with 1 to 3 bytes of it changed, or cut out. */
static void
change(const file_t *file, size_t header, tally_t *tally)
{
    size_t    at;
    unsigned  n;
    file_t    changed;

    changed.size = file->size;
    changed.data = malloc(file->size);
    assert_non_null(changed.data);
    memcpy(changed.data, file->data, file->size);

    for (n = 1 + draw(3); n > 0; n--) {
        at = draw((unsigned) header);

        if (draw(8) == 0) {
            changed.size--;
            memmove(changed.data + at, changed.data + at + 1,
                    changed.size - at);

        } else if (draw(2) == 0) {
            changed.data[at] = (unsigned char) draw(256);

        } else {
            changed.data[at] ^= (unsigned char) (1 << draw(8));
        }
    }

    compare(&changed, tally);
    free(changed.data);
}


/* As far as the end of the first scan's header. */
static size_t
header_size(const file_t *file)
{
    size_t              len = 0;
    civic_jpeg_probe_t  probe;

    civic_jpeg_init(&probe, &libjpeg_limits);

    while (civic_jpeg_probe(&probe, file->data, len) == CIVIC_JPEG_MORE) {
        assert_true(len < file->size);
        len++;
    }

    assert_int_equal(probe.status, CIVIC_JPEG_OK);

    return len;
}


static void
changes(void **state)
{
    int        i, j;
    size_t     header;
    file_t     file;
    tally_t    tally = { 0, 0, 0, 0 };
    picture_t  picture;

    (void) state;

    for (i = 0; i < CHANGES / 100; i++) {
        picture = draw_picture();
        file = write_picture(&picture);
        header = header_size(&file);

        for (j = 0; j < 100; j++) {
            change(&file, header, &tally);
        }

        free(file.data);
    }

    print_message("both %d, neither %d, tables %d, we alone %d\n", tally.both,
                  tally.neither, tally.tables, tally.stricter);
    assert_true(tally.both > CHANGES / 4);
    assert_true(tally.neither > CHANGES / 4);
    assert_true(tally.stricter < CHANGES / 5);
}


/* ---- how long it takes -------------------------------------------------- */

/* us for a megabyte of a scan that says the same few bytes all along */
static double
megabyte_of(file_t *file, const char *pattern, size_t len)
{
    int                 i;
    double              took, best = 1e9;
    size_t              at, header = header_size(file);
    civic_jpeg_probe_t  probe;
    struct timespec     start, end;

    for (at = header; at < file->size; at++) {
        file->data[at] = (unsigned char) pattern[(at - header) % len];
    }

    for (i = 0; i < 5; i++) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        assert_int_equal(probe_file(&probe, file), CIVIC_JPEG_OK);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        took = (double) (end.tv_sec - start.tv_sec) * 1e6
               + (double) (end.tv_nsec - start.tv_nsec) / 1e3;
        best = took < best ? took : best;
    }

    return best;
}


static void
duration(void **state)
{
    double     usual, zeros, mixed;
    file_t     file, small;
    picture_t  picture = { { JCS_RGB, JCS_YCbCr, 3 }, 8, 8, 75, 0, 0, 0, 0 };

    (void) state;
    small = write_picture(&picture);
    file.size = header_size(&small) + (1 << 20);
    file.data = malloc(file.size);
    assert_non_null(file.data);
    memcpy(file.data, small.data, small.size);

    usual = megabyte_of(&file, "1234", 4);
    zeros = megabyte_of(&file, "\xff\0", 2);
    mixed = megabyte_of(&file, "1\xff\0", 3);
    print_message("a megabyte: %.0f us, of stuffed zeros %.0f and %.0f us\n",
                  usual, zeros, mixed);
    assert_true(usual < SLOWEST && zeros < SLOWEST && mixed < SLOWEST);

    free(file.data);
    free(small.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pictures),
        cmocka_unit_test(changes),
        cmocka_unit_test(duration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
