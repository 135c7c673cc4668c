/*
 * draw.c - see draw.h.
 *
 * A person is a stack of soft ellipses over the background, each pixel for
 * itself.  In a person's own space the middle of the face is 0, its chin is 1
 * down, its forehead ends 1 up.
 */

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

#define PI  3.14159265358979

const paint_t  paint_red = { 255, 0, 0 };
const paint_t  paint_blue = { 67, 142, 219 };
const paint_t  paint_light_blue = { 0, 191, 243 };
const paint_t  paint_white = { 250, 250, 250 };

const portrait_t  good_portrait = {
    .width = 600,
    .height = 840,
    .background = { 67, 142, 219 },
    .people = 1,
    .person = { { 0.5, 0.47, 0.5, 0, 0 } },
    .clothes = { 48, 52, 64 },
    .noise = 2,
    .gain = 1,
};

/* What makes a person another one. */
typedef struct {
    paint_t  skin;
    paint_t  hair;
    paint_t  lip;
    paint_t  iris;
    double   eyes;                      /* from the middle to one's */
    double   eye_wide;
    double   eye_tall;
    double   brow;                      /* half its thickness */
    double   nose;                      /* its width */
    double   mouth_wide;
    double   mouth_tall;
    double   hairline;                  /* how much higher it is */
    double   beard;                     /* cover */
} looks_t;

/* Where a pixel is, in a person's space, and how wide it is there. */
typedef struct {
    double          x;
    double          y;
    double          soft;
    const looks_t  *looks;
} spot_t;

typedef struct {
    double  x;
    double  y;
    double  wide;                       /* radii */
    double  tall;
} round_t;


/* ---- chance ------------------------------------------------------------- */

/* The finaliser of MurmurHash3 (Appleby), over the place. */
static uint32_t
hash(unsigned x, unsigned y, unsigned layer)
{
    uint32_t  h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ layer * 0xc2b2ae3du;

    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;

    return h;
}


double
draw_grain(unsigned x, unsigned y, unsigned layer)
{
    return hash(x, y, layer) / 4294967295.0;
}


static double
ease(double t)
{
    return t * t * (3 - 2 * t);
}


double
draw_cloud(double x, double y, unsigned layer)
{
    double    fx, fy, above, below;
    unsigned  left, top;

    x += 1000;                          /* whole numbers without a sign */
    y += 1000;
    left = (unsigned) x;
    top = (unsigned) y;
    fx = ease(x - left);
    fy = ease(y - top);
    above = draw_grain(left, top, layer) * (1 - fx)
            + draw_grain(left + 1, top, layer) * fx;
    below = draw_grain(left, top + 1, layer) * (1 - fx)
            + draw_grain(left + 1, top + 1, layer) * fx;

    return above * (1 - fy) + below * fy;
}


/* About normal, its deviation 1: the sum of six even ones, the halves of
   three. */
static double
noise_at(unsigned x, unsigned y, unsigned channel)
{
    unsigned  i;
    uint32_t  h, sum = 0;

    for (i = 0; i < 3; i++) {
        h = hash(x, y, 16 + channel * 3 + i);
        sum += (h >> 16) + (h & 0xffff);
    }

    return (sum / 65535.0 - 3) * sqrt(2);
}


/* ---- paint -------------------------------------------------------------- */

static void
lay(paint_t *on, paint_t paint, double cover)
{
    on->red += (paint.red - on->red) * cover;
    on->green += (paint.green - on->green) * cover;
    on->blue += (paint.blue - on->blue) * cover;
}


static paint_t
lit(paint_t paint, double light)
{
    return (paint_t) { paint.red * light, paint.green * light,
                       paint.blue * light };
}


/* How much of the spot an ellipse covers, its edge blurred by some more. */
static double
inside(const spot_t *spot, round_t shape, double blurred)
{
    double  dx = (spot->x - shape.x) / shape.wide;
    double  dy = (spot->y - shape.y) / shape.tall;
    double  least = shape.wide < shape.tall ? shape.wide : shape.tall;
    double  edge = (spot->soft + blurred) / least, cover;
    double  end = 1 + edge / 2;

    if (fabs(dx) >= end || fabs(dy) >= end) {
        return 0;
    }

    cover = (1 - sqrt(dx * dx + dy * dy)) / edge + 0.5;
    cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;

    return ease(cover);
}


/* The same on both sides of the face. */
static double
inside_both(const spot_t *spot, round_t shape, double blurred)
{
    round_t  other = shape;

    other.x = -shape.x;

    return inside(spot, shape, blurred) + inside(spot, other, blurred);
}


/* ---- a person ----------------------------------------------------------- */

static const paint_t  eye_white = { 236, 232, 226 };
static const paint_t  black = { 16, 12, 12 };

static const looks_t  known[] = {
    {
        .skin = { 224, 180, 150 },
        .hair = { 42, 34, 30 },
        .lip = { 172, 92, 84 },
        .iris = { 62, 42, 30 },
        .eyes = 0.3,
        .eye_wide = 0.135,
        .eye_tall = 0.058,
        .brow = 0.042,
        .nose = 0.085,
        .mouth_wide = 0.25,
        .mouth_tall = 0.075,
    },
    {
        .skin = { 120, 82, 60 },
        .hair = { 24, 20, 20 },
        .lip = { 104, 60, 58 },
        .iris = { 40, 30, 24 },
        .eyes = 0.38,
        .eye_wide = 0.1,
        .eye_tall = 0.035,
        .brow = 0.075,
        .nose = 0.18,
        .mouth_wide = 0.38,
        .mouth_tall = 0.05,
        .hairline = 0.6,
        .beard = 1,
    },
    {
        .skin = { 244, 214, 196 },
        .hair = { 190, 150, 90 },
        .lip = { 190, 60, 70 },
        .iris = { 70, 110, 150 },
        .eyes = 0.33,
        .eye_wide = 0.15,
        .eye_tall = 0.08,
        .brow = 0.025,
        .nose = 0.06,
        .mouth_wide = 0.17,
        .mouth_tall = 0.09,
        .hairline = 0.3,
    },
};


static paint_t
hair_at(const spot_t *spot)
{
    return lit(spot->looks->hair,
               0.7 + 0.9 * draw_cloud(spot->x * 28, spot->y * 5, 3));
}


static paint_t
skin_at(const spot_t *spot)
{
    double  grain = draw_cloud(spot->x * 60, spot->y * 60, 4)
                    + draw_cloud(spot->x * 15, spot->y * 15, 5) - 1;

    return lit(spot->looks->skin, 1 + 0.03 * grain);
}


/* Most spots are not covered: those need no texture. */
static void
lay_hair(paint_t *on, const spot_t *spot, double light, double cover)
{
    if (cover > 0) {
        lay(on, lit(hair_at(spot), light), cover);
    }
}


static void
lay_skin(paint_t *on, const spot_t *spot, double light, double cover)
{
    if (cover > 0) {
        lay(on, lit(skin_at(spot), light), cover);
    }
}


static void
draw_body(paint_t *on, const spot_t *spot, const paint_t *clothes)
{
    double  fold, cover;

    lay_skin(on, spot, 0.78,
             inside(spot, (round_t) { 0, 0.95, 0.42, 0.75 }, 0.02));
    cover = inside(spot, (round_t) { 0, 2.55, 1.75, 1.18 }, 0.02);

    if (cover > 0) {
        fold = draw_cloud(spot->x * 4, spot->y * 2, 6)
               + draw_cloud(spot->x * 50, spot->y * 50, 7);
        lay(on, lit(*clothes, 0.7 + 0.3 * fold), cover);
    }

    lay_skin(on, spot, 0.8,
             inside(spot, (round_t) { 0, 1.2, 0.34, 0.42 }, 0.03));
}


/* Light from above and in front; cheeks round off, eyes lie deep. */
static double
light_at(const spot_t *spot)
{
    double  x = spot->x / 0.74, y = spot->y / 1.02, light;

    light = 1.06 - 0.34 * x * x * x * x - 0.16 * y * y * (y > 0 ? 1 : 0.4);
    light -= 0.26 * inside_both(spot, (round_t) { 0.3, -0.14, 0.2, 0.13 },
                                0.14);
    light += 0.07 * inside_both(spot, (round_t) { 0.36, 0.24, 0.17, 0.15 },
                                0.18);
    light += 0.08 * inside(spot, (round_t) { 0, 0.08, 0.06, 0.32 }, 0.08);
    light -= 0.2 * inside_both(spot, (round_t) { 0.15, 0.2, 0.05, 0.16 },
                               0.09);
    light -= 0.2 * inside(spot, (round_t) { 0, 0.42, 0.15, 0.045 }, 0.06);
    light -= 0.14 * inside(spot, (round_t) { 0, 0.78, 0.17, 0.035 }, 0.07);

    return light;
}


static void
draw_eyes(paint_t *on, const spot_t *spot)
{
    double          open, at = spot->looks->eyes;
    const looks_t  *looks = spot->looks;

    open = inside_both(spot, (round_t) { at, -0.12, looks->eye_wide,
                                         looks->eye_tall }, 0.01);

    lay(on, lit(looks->skin, 0.5),
        inside_both(spot, (round_t) { at, -0.135, looks->eye_wide + 0.02,
                                      looks->eye_tall + 0.017 }, 0.02));
    lay(on, eye_white, open);
    lay(on, looks->iris,
        open * inside_both(spot, (round_t) { at, -0.125, 0.062, 0.062 },
                           0.01));
    lay(on, black,
        open * inside_both(spot, (round_t) { at, -0.125, 0.028, 0.028 },
                           0.01));
    lay(on, black,
        0.75 * inside_both(spot, (round_t) { at, -0.12 - looks->eye_tall,
                                             looks->eye_wide + 0.015,
                                             0.022 }, 0.02));
    lay(on, eye_white,
        0.9 * inside_both(spot, (round_t) { at - 0.015, -0.145, 0.014,
                                            0.014 }, 0.01));
}


static void
draw_mouth(paint_t *on, const spot_t *spot)
{
    double   wide = spot->looks->mouth_wide, tall = spot->looks->mouth_tall;
    paint_t  lip = spot->looks->lip;

    lay_hair(on, spot, 1,
             spot->looks->beard
             * inside(spot, (round_t) { 0, 0.72, 0.6, 0.34 }, 0.12));
    lay(on, lip, inside(spot, (round_t) { 0, 0.585, wide, tall }, 0.02));
    lay(on, lit(lip, 0.45),
        inside(spot, (round_t) { 0, 0.58, wide - 0.01, 0.016 }, 0.02));
    lay(on, lit(lip, 1.25),
        0.6 * inside(spot, (round_t) { 0, 0.63, 0.1, 0.018 }, 0.03));
}


static void
draw_features(paint_t *on, const spot_t *spot)
{
    spot_t          arched = *spot;
    const looks_t  *looks = spot->looks;

    draw_eyes(on, spot);

    arched.y -= 0.9 * (fabs(spot->x) - 0.32) * (fabs(spot->x) - 0.32);
    lay_hair(on, spot, 1,
             0.9 * inside_both(&arched, (round_t) { 0.32, -0.33, 0.2,
                                                    looks->brow }, 0.03));

    lay(on, lit(looks->skin, 0.32),
        inside_both(spot, (round_t) { looks->nose, 0.365, 0.042, 0.022 },
                    0.02));
    draw_mouth(on, spot);
}


static void
draw_head(paint_t *on, const spot_t *spot, int hidden)
{
    double   face, top;
    round_t  hairs = { 0, -0.32, 0.84, 0.96 };

    if (hidden) {
        lay_hair(on, spot, 3,
                 inside(spot, (round_t) { 0, -0.2, 0.84, 1.1 }, 0.02));
        return;
    }

    top = inside(spot, hairs, 0.02);
    lay_hair(on, spot, 1, top);
    lay_skin(on, spot, 0.8,
             inside_both(spot, (round_t) { 0.75, 0.02, 0.09, 0.2 }, 0.02));
    face = inside(spot, (round_t) { 0, 0, 0.74, 1.02 }, 0.01);

    if (face > 0) {
        lay_skin(on, spot, light_at(spot), face);
        draw_features(on, spot);
    }

    lay_hair(on, spot, 1,
             top * (1 - inside(spot, (round_t) {
                 0, 0.3 - spot->looks->hairline / 2, 0.84,
                 1.02 + spot->looks->hairline / 2 }, 0.05)));
}


static void
draw_person(paint_t *on, const portrait_t *portrait, const person_t *person,
    double x, double y)
{
    double  unit = person->size * portrait->height / 2;
    double  dx = (x - person->x * portrait->width) / unit;
    double  dy = (y - person->y * portrait->height) / unit;
    double  angle = person->roll * PI / 180;
    int     who = portrait->who[person - portrait->person];
    spot_t  body = { dx, dy, 1 / unit, &known[who] }, head;

    draw_body(on, &body, &portrait->clothes);

    /* it turns where it stands on the neck */
    dy -= 0.9;
    head.x = cos(angle) * dx + sin(angle) * dy;
    head.y = cos(angle) * dy - sin(angle) * dx + 0.9;
    head.soft = body.soft;
    head.looks = body.looks;
    draw_head(on, &head, person->hidden);
}


/* ---- the picture -------------------------------------------------------- */

static paint_t
wall_at(const portrait_t *portrait, unsigned x, unsigned y)
{
    double   down = y * 3.0 / portrait->height, dark;
    paint_t  paint = portrait->background;

    if (portrait->gradient) {
        lay(&paint, portrait->background_below, down > 1 ? 1 : down);
    }

    if (portrait->blotches == 0) {
        return paint;
    }

    dark = portrait->blotches * draw_cloud(x * 8.0 / portrait->width,
                                           y * 8.0 / portrait->width, 8);
    paint.red -= dark;
    paint.green -= dark;
    paint.blue -= dark;

    return paint;
}


static uint8_t
level(double value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t) (value + 0.5);
}


static void
write_pixel(const portrait_t *portrait, paint_t paint, uint8_t *to)
{
    double   grey;
    paint_t  light = portrait->light;

    if (portrait->grey) {
        grey = 0.299 * paint.red + 0.587 * paint.green + 0.114 * paint.blue;
        paint = (paint_t) { grey, grey, grey };
    }

    if (light.red == 0) {
        light = (paint_t) { 1, 1, 1 };
    }

    to[0] = level(paint.red * light.red * portrait->gain + portrait->offset);
    to[1] = level(paint.green * light.green * portrait->gain
                  + portrait->offset);
    to[2] = level(paint.blue * light.blue * portrait->gain
                  + portrait->offset);
}


/* The mean of a pixel and its neighbours up to radius away, in a row or,
   step being a row's samples, in a column. */
static uint8_t
mean_along(const uint8_t *from, size_t at, size_t count, size_t step,
    unsigned radius)
{
    size_t    first = at < radius ? 0 : at - radius;
    size_t    i, last = at + radius < count ? at + radius : count - 1;
    unsigned  sum = 0;

    for (i = first; i <= last; i++) {
        sum += from[i * step];
    }

    return (uint8_t) (sum / (last - first + 1));
}


static void
blur_along(const picture_t *from, picture_t *to, unsigned radius, int down)
{
    size_t          x, y, k, line = (size_t) from->width * PICTURE_CHANNELS;
    uint8_t        *p = to->rgb;

    for (y = 0; y < from->height; y++) {
        for (x = 0; x < from->width; x++) {
            for (k = 0; k < PICTURE_CHANNELS; k++) {
                *p++ = down
                       ? mean_along(from->rgb + x * PICTURE_CHANNELS + k, y,
                                    from->height, line, radius)
                       : mean_along(from->rgb + y * line + k, x, from->width,
                                    PICTURE_CHANNELS, radius);
            }
        }
    }
}


/* As a lens that is not in focus: a box is near enough. */
static int
blur(picture_t *picture, unsigned radius)
{
    picture_t  other;

    if (radius == 0) {
        return 0;
    }

    if (picture_make(&other, picture->width, picture->height) != 0) {
        picture_free(picture);
        return -1;
    }

    blur_along(picture, &other, radius, 0);
    blur_along(&other, picture, radius, 1);
    picture_free(&other);

    return 0;
}


/* Of a grey file each channel has the same; of a grey thing in coloured light
   its own, as a camera's. */
static void
add_noise(const portrait_t *portrait, picture_t *picture)
{
    int        same = portrait->grey && portrait->light.red == 0;
    double     noise;
    uint8_t   *p = picture->rgb;
    unsigned   x, y, k;

    if (portrait->noise == 0) {
        return;
    }

    for (y = 0; y < picture->height; y++) {
        for (x = 0; x < picture->width; x++) {
            for (k = 0; k < PICTURE_CHANNELS; k++) {
                noise = portrait->noise * noise_at(x, y, same ? 0 : k);
                *p = level(*p + noise);
                p++;
            }
        }
    }
}


int
draw_portrait(const portrait_t *portrait, picture_t *picture)
{
    int        i;
    paint_t    paint;
    uint8_t   *to;
    unsigned   x, y;

    if (picture_make(picture, portrait->width, portrait->height) != 0) {
        return -1;
    }

    to = picture->rgb;

    for (y = 0; y < portrait->height; y++) {
        for (x = 0; x < portrait->width; x++) {
            paint = wall_at(portrait, x, y);

            for (i = 0; i < portrait->people; i++) {
                draw_person(&paint, portrait, &portrait->person[i], x + 0.5,
                            y + 0.5);
            }

            write_pixel(portrait, paint, to);
            to += PICTURE_CHANNELS;
        }
    }

    if (blur(picture, portrait->blur) != 0) {
        return -1;
    }

    add_noise(portrait, picture);

    return 0;
}
