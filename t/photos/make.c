/*
 * make.c - draws the photos that the tests send: "make <folder>".
 *
 *   good*.jpg       pass in the profile "default" of lua/rules/photo_check.lua
 *   fails_*.jpg     fail exactly the criterion that they are named after
 *   person_*.jpg    other people: the engine calls person_1 and person_2
 *                   clearly different (0.32), each of them and good.jpg
 *                   neither alike nor different (0.41, 0.48), person_0_again
 *                   and good.jpg the same (0.93)
 *   snapshot.jpg    a phone's: large, lying on its side, somebody beside the
 *                   middle, no ratio; can be made into a good one
 *   code.png        a QR code of a text, for documents
 *   hostile_*       what must be refused, or does no harm: see hostile()
 *
 * The same files on each run.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "odd_jpeg.h"
#include "qr_image.h"

#define QUALITY     92
#define FLOOD_SIDE  65500
#define SCANS       5000
#define EXIF_BYTES  16384

typedef struct {
    const char  *name;
    void       (*change)(portrait_t *portrait);
    int          quality;               /* 0: QUALITY, 4:2:0; 100: 4:4:4 */
} photo_file_t;

static const char  *folder;


/* ---- files -------------------------------------------------------------- */

static void
save_bytes(const char *name, const void *data, size_t len)
{
    FILE  *file;
    char   path[1024];

    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");

    if (file == NULL || fwrite(data, 1, len, file) != len
        || fclose(file) != 0)
    {
        perror(path);
        exit(1);
    }
}


static void
save(const char *name, jpeg_file_t *file)
{
    save_bytes(name, file->data, file->size);
    jpeg_file_free(file);
}


static picture_t
drawn(const portrait_t *portrait)
{
    picture_t  picture;

    if (draw_portrait(portrait, &picture) != 0) {
        perror("make");
        exit(1);
    }

    return picture;
}


static void
make_photo(const photo_file_t *photo)
{
    int          quality = photo->quality == 0 ? QUALITY : photo->quality;
    picture_t    picture;
    portrait_t   portrait = good_portrait;
    jpeg_file_t  file;

    if (photo->change != NULL) {
        photo->change(&portrait);
    }

    picture = drawn(&portrait);

    if (jpeg_write(&picture, quality, quality == 100, &file) != 0) {
        perror("make");
        exit(1);
    }

    picture_free(&picture);
    save(photo->name, &file);
}


/* ---- photos ------------------------------------------------------------- */

static void
red(portrait_t *portrait)
{
    portrait->background = paint_red;
}


static void
light_blue(portrait_t *portrait)
{
    portrait->background = paint_light_blue;
}


/* A cheap telephone's, at night. */
static void
noisy(portrait_t *portrait)
{
    portrait->noise = 9;
}


/* A good camera's: little below the 5 MB that may be uploaded. */
static void
large(portrait_t *portrait)
{
    portrait->width = 2800;
    portrait->height = 3920;
    portrait->noise = 8;
}


static void
white(portrait_t *portrait)
{
    portrait->background = paint_white;
}


static void
smallest(portrait_t *portrait)
{
    portrait->width = 300;
    portrait->height = 420;
}


static void
narrow(portrait_t *portrait)
{
    portrait->width = 299;
    portrait->height = 420;
}


static void
low(portrait_t *portrait)
{
    portrait->width = 300;
    portrait->height = 419;
}


static void
wide(portrait_t *portrait)
{
    portrait->width = 720;
}


static void
green(portrait_t *portrait)
{
    portrait->background = (paint_t) { 96, 168, 104 };
}


static void
uneven(portrait_t *portrait)
{
    portrait->gradient = 1;
    portrait->background = (paint_t) { 96, 170, 245 };
    portrait->background_below = (paint_t) { 30, 84, 150 };
}


static void
blurred(portrait_t *portrait)
{
    portrait->blur = 6;
    portrait->noise = 1;
}


static void
dark(portrait_t *portrait)
{
    portrait->gain = 0.8;
    portrait->offset = -70;
}


static void
bright(portrait_t *portrait)
{
    portrait->offset = 95;
    portrait->clothes = (paint_t) { 150, 150, 160 };
}


static void
grey(portrait_t *portrait)
{
    portrait->grey = 1;
    portrait->background = paint_white;
}


static void
nobody(portrait_t *portrait)
{
    portrait->person[0].hidden = 1;
}


static void
two(portrait_t *portrait)
{
    portrait->people = 2;
    portrait->person[0] = (person_t) { 0.5, 0.47, 0.42, 0, 0 };
    portrait->person[1] = (person_t) { 0.82, 0.72, 0.3, 0, 0 };
}


static void
far_away(portrait_t *portrait)
{
    portrait->person[0].size = 0.3;
}


static void
aside(portrait_t *portrait)
{
    portrait->person[0].x = 0.36;
    portrait->person[0].size = 0.44;
}


static void
tilted(portrait_t *portrait)
{
    portrait->person[0].roll = 14;
    portrait->person[0].x = 0.45;
}


static void
person_1(portrait_t *portrait)
{
    portrait->who[0] = 1;
}


static void
person_2(portrait_t *portrait)
{
    portrait->who[0] = 2;
}


static void
person_0_again(portrait_t *portrait)
{
    portrait->background = paint_red;
    portrait->gain = 0.9;
    portrait->person[0].roll = 3;
    portrait->person[0].size *= 0.85;
}


static const photo_file_t  photos[] = {
    { "person_0_again.jpg", person_0_again, 0 },
    { "person_1.jpg", person_1, 0 },
    { "person_2.jpg", person_2, 0 },
    { "good.jpg", NULL, 0 },
    { "good_red.jpg", red, 0 },
    { "good_light_blue.jpg", light_blue, 0 },
    { "good_white.jpg", white, 0 },
    { "good_noisy.jpg", noisy, 0 },
    { "good_large.jpg", large, 0 },
    { "good_smallest.jpg", smallest, 100 },
    { "fails_bytes.jpg", smallest, 80 },
    { "fails_width.jpg", narrow, 100 },
    { "fails_height.jpg", low, 100 },
    { "fails_ratio.jpg", wide, 0 },
    { "fails_background.jpg", green, 0 },
    { "fails_uniformity.jpg", uneven, 0 },
    { "fails_sharpness.jpg", blurred, 0 },
    { "fails_brightness.jpg", dark, 0 },
    { "fails_brightness_bright.jpg", bright, 0 },
    { "fails_colour.jpg", grey, 0 },
    { "fails_faces.jpg", nobody, 0 },
    { "fails_faces_two.jpg", two, 0 },
    { "fails_face_size.jpg", far_away, 0 },
    { "fails_face_position.jpg", aside, 0 },
    { "fails_roll.jpg", tilted, 0 },
};


/* Green, dark, blurred, grey at once would contradict each other; this is as
   much as one photo can have. */
static void
make_bad_all(void)
{
    picture_t    picture;
    portrait_t   portrait = good_portrait;
    odd_jpeg_t   kind = { .quality = 60 };
    jpeg_file_t  file;

    portrait.width = 280;
    portrait.height = 300;
    portrait.background = (paint_t) { 110, 104, 60 };
    portrait.gradient = 1;
    portrait.background_below = (paint_t) { 20, 20, 16 };
    portrait.gain = 0.5;
    portrait.offset = -10;
    portrait.blur = 4;
    portrait.person[0].hidden = 1;
    picture = drawn(&portrait);
    odd_write(&picture, &kind, &file);
    save("bad_all.jpg", &file);
    picture_free(&picture);
}


/* How far a pixel's green is from that of its neighbours to the right and
   below. */
static int
edge_at(const picture_t *picture, unsigned x, unsigned y)
{
    const uint8_t  *p = picture->rgb
                        + ((size_t) y * picture->width + x) * 3 + 1;

    return abs(p[0] - p[2 * 3]) + abs(p[0] - p[(size_t) picture->width * 6]);
}


/* The good photo, drawn with a pen: black lines on white paper. */
static void
make_drawing(void)
{
    unsigned     x, y;
    picture_t    picture, sheet;
    portrait_t   portrait = good_portrait;
    jpeg_file_t  file;

    portrait.noise = 0;
    picture = drawn(&portrait);

    if (picture_make(&sheet, picture.width, picture.height) != 0) {
        perror("make");
        exit(1);
    }

    for (y = 0; y < sheet.height; y++) {
        for (x = 0; x < sheet.width; x++) {
            memset(sheet.rgb + ((size_t) y * sheet.width + x) * 3,
                   x + 2 < sheet.width && y + 2 < sheet.height
                   && edge_at(&picture, x, y) > 24 ? 0 : 250, 3);
        }
    }

    if (jpeg_write(&sheet, QUALITY, 0, &file) != 0) {
        perror("make");
        exit(1);
    }

    save("drawing.jpg", &file);
    picture_free(&picture);
    picture_free(&sheet);
}


/* Its sensor lies across; Exif says to turn it clockwise. */
static void
make_snapshot(void)
{
    unsigned     x, y;
    picture_t    upright, stored;
    portrait_t   portrait = good_portrait;
    odd_jpeg_t   kind = { .quality = 88 };
    jpeg_file_t  file;

    portrait.width = 1512;
    portrait.height = 2016;
    portrait.background = paint_white;
    portrait.noise = 4;
    portrait.person[0] = (person_t) { 0.56, 0.42, 0.28, 2, 0 };
    upright = drawn(&portrait);

    if (picture_make(&stored, portrait.height, portrait.width) != 0) {
        perror("make");
        exit(1);
    }

    for (y = 0; y < stored.height; y++) {
        for (x = 0; x < stored.width; x++) {
            memcpy(stored.rgb + ((size_t) y * stored.width + x) * 3,
                   upright.rgb + ((size_t) x * upright.width
                                  + upright.width - 1 - y) * 3, 3);
        }
    }

    odd_write(&stored, &kind, &file);
    odd_add_exif(&file, 6, EXIF_BYTES);
    save("snapshot.jpg", &file);
    picture_free(&upright);
    picture_free(&stored);
}


/* ---- hostile ------------------------------------------------------------ */

/* One pixel: no photo, but a picture that everybody shows. */
static const uint8_t  png[] = {
    0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R',
    0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde,
    0, 0, 0, 12, 'I', 'D', 'A', 'T', 8, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0,
    0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0,
    0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82
};

/* An archive with nothing in it. */
static const uint8_t  zip[22] = { 'P', 'K', 5, 6 };


static void
odd(const picture_t *picture, const odd_jpeg_t *kind, const char *name)
{
    jpeg_file_t  file;

    odd_write(picture, kind, &file);
    save(name, &file);
}


static void
make_floods(const picture_t *picture)
{
    picture_t    dot;
    odd_jpeg_t   plain = { .quality = 75 }, progressive = { .progressive = 1 };
    jpeg_file_t  file;

    if (picture_make(&dot, 8, 8) != 0) {
        perror("make");
        exit(1);
    }

    odd_write(&dot, &plain, &file);
    odd_change_frame(&file, 0, 0, FLOOD_SIDE, FLOOD_SIDE);
    save("hostile_flood.jpg", &file);
    picture_free(&dot);

    odd_write(picture, &progressive, &file);
    odd_add_scans(&file, SCANS);
    save("hostile_scans.jpg", &file);
}


static void
make_tampered(const picture_t *picture)
{
    int          i;
    char         name[64];
    odd_jpeg_t   plain = { .quality = QUALITY };
    jpeg_file_t  file;

    for (i = 1; i < 8; i++) {
        odd_write(picture, &plain, &file);
        odd_cut(&file, file.size * (size_t) i / 8);
        (void) snprintf(name, sizeof(name), "hostile_cut_%d.jpg", i);
        save(name, &file);
    }

    odd_write(picture, &plain, &file);
    odd_change_frame(&file, 0xc3, 0, 0, 0);
    save("hostile_lossless.jpg", &file);

    odd_write(picture, &plain, &file);
    odd_change_frame(&file, 0xc1, 12, 0, 0);
    save("hostile_12_bits.jpg", &file);

    /* one byte of the drawing, which the decoder stumbles over */
    odd_write(picture, &plain, &file);
    memset(file.data + file.size / 2, 0xfe, 64);
    save("hostile_damaged.jpg", &file);
}


/* Those that are good photos all the same: progressive, 16 KB of Exif, an
   archive behind. */
static void
make_harmless(const picture_t *picture)
{
    odd_jpeg_t   plain = { .quality = QUALITY };
    jpeg_file_t  file;

    odd(picture, &(odd_jpeg_t) { .progressive = 1 }, "good_progressive.jpg");

    odd_write(picture, &plain, &file);
    odd_add_exif(&file, 1, EXIF_BYTES);
    save("good_exif_16k.jpg", &file);

    odd_write(picture, &plain, &file);
    odd_append(&file, zip, sizeof(zip));
    save("good_polyglot.jpg", &file);
}


static void
make_code(void)
{
    civic_qr_look_t     look = { 4, 4 };
    civic_qr_buffer_t   code = { NULL, 0, 0 };
    static const char   text[] = "HTTPS://EXAMPLE.ORG/T/0123456789ABCDEF";

    if (civic_qr_png(text, sizeof(text) - 1, &look, &code) != CIVIC_QR_OK) {
        fprintf(stderr, "make: no code\n");
        exit(1);
    }

    save_bytes("code.png", code.data, code.len);
    civic_qr_buffer_free(&code);
}


static void
hostile(void)
{
    picture_t  picture = drawn(&good_portrait);

    save_bytes("fails_format.jpg", png, sizeof(png));
    odd(&picture, &(odd_jpeg_t) { .colour = ODD_CMYK }, "hostile_cmyk.jpg");
    odd(&picture, &(odd_jpeg_t) { .colour = ODD_YCCK }, "hostile_ycck.jpg");
    odd(&picture, &(odd_jpeg_t) { .arithmetic = 1 },
        "hostile_arithmetic.jpg");
    make_floods(&picture);
    make_tampered(&picture);
    make_harmless(&picture);
    picture_free(&picture);
}


int
main(int argc, char **argv)
{
    size_t  i;

    if (argc != 2) {
        fprintf(stderr, "usage: make <folder>\n");
        return 2;
    }

    folder = argv[1];

    for (i = 0; i < sizeof(photos) / sizeof(photos[0]); i++) {
        make_photo(&photos[i]);
    }

    make_bad_all();
    make_snapshot();
    make_drawing();
    make_code();
    hostile();

    return 0;
}
