/*
 * scale.c - see scale.h.
 *
 * Rows first: those that make up one row of the result are added, each by its
 * part, and what came out is added up along the row.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "scale.h"

typedef struct {
    unsigned  first;
    unsigned  last;
    float     first_weight;
    float     last_weight;
} span_t;

typedef struct {
    const uint8_t  *from;               /* the area's first sample */
    size_t          stride;             /* bytes from row to row */
    unsigned        channels;
    unsigned        from_width;         /* of the area */
    unsigned        from_height;
    unsigned        width;
    unsigned        height;
    float          *sums;               /* a row of the area */
    span_t         *spans;              /* of a row of the result */
} scaling_t;


/* What one pixel of the result covers along a row or a column: the first and
   the last by a part, those between whole. */
static span_t
span_of(unsigned at, unsigned from, unsigned to)
{
    double    begin, end;
    span_t    span;

    begin = (double) at * from / to;
    end = (at + 1.0) * from / to;
    span.first = (unsigned) begin;
    span.last = (unsigned) end;

    if (span.last >= from || span.last == end) {
        span.last--;
    }

    span.first_weight = (float) ((span.first == span.last ? end
                                  : span.first + 1.0) - begin);
    span.last_weight = (float) (end - span.last);

    return span;
}


static void
add_row(float *sums, const uint8_t *row, size_t count, float weight)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        sums[i] += weight * row[i];
    }
}


/* The rows of the area that row y covers, as one. */
static void
add_rows(const scaling_t *scaling, unsigned y)
{
    float      weight;
    size_t     count = (size_t) scaling->from_width * scaling->channels;
    span_t     span = span_of(y, scaling->from_height, scaling->height);
    unsigned   i;

    memset(scaling->sums, 0, count * sizeof(float));

    for (i = span.first; i <= span.last; i++) {
        weight = i == span.first ? span.first_weight
                 : i == span.last ? span.last_weight : 1;
        add_row(scaling->sums, scaling->from + i * scaling->stride, count,
                weight);
    }
}


static void
write_row(const scaling_t *scaling, float area, uint8_t *to)
{
    float           sum;
    size_t          n = scaling->channels;
    unsigned        i, k, x;
    const float    *p;
    const span_t   *span;

    for (x = 0; x < scaling->width; x++) {
        span = &scaling->spans[x];

        for (k = 0; k < n; k++) {
            p = scaling->sums + span->first * n + k;
            sum = span->first_weight * *p;

            for (i = span->first + 1; i < span->last; i++) {
                p += n;
                sum += *p;
            }

            if (span->last != span->first) {
                sum += span->last_weight * p[n];
            }

            *to++ = (uint8_t) (sum / area + 0.5f);
        }
    }
}


static int
scale(scaling_t *scaling, uint8_t *to)
{
    float     area;
    unsigned  x, y;

    scaling->sums = malloc((size_t) scaling->from_width * scaling->channels
                           * sizeof(float));
    scaling->spans = malloc(scaling->width * sizeof(span_t));

    if (scaling->sums == NULL || scaling->spans == NULL) {
        free(scaling->sums);
        free(scaling->spans);
        return -1;
    }

    for (x = 0; x < scaling->width; x++) {
        scaling->spans[x] = span_of(x, scaling->from_width, scaling->width);
    }

    area = (float) scaling->from_width / (float) scaling->width
           * (float) scaling->from_height / (float) scaling->height;

    for (y = 0; y < scaling->height; y++) {
        add_rows(scaling, y);
        write_row(scaling, area, to);
        to += (size_t) scaling->width * scaling->channels;
    }

    free(scaling->sums);
    free(scaling->spans);

    return 0;
}


static void
copy(const scaling_t *scaling, uint8_t *to)
{
    size_t    line = (size_t) scaling->width * scaling->channels;
    unsigned  y;

    for (y = 0; y < scaling->height; y++) {
        memcpy(to + y * line, scaling->from + y * scaling->stride, line);
    }
}


static int
scale_or_copy(scaling_t *scaling, uint8_t *to)
{
    if (scaling->width == scaling->from_width
        && scaling->height == scaling->from_height)
    {
        copy(scaling, to);
        return 0;
    }

    return scale(scaling, to);
}


int
scale_down(const picture_t *from, const area_t *area, unsigned width,
    unsigned height, picture_t *to)
{
    scaling_t  scaling;

    if (width == 0 || height == 0 || width > area->width
        || height > area->height || area->left > from->width
        || area->top > from->height || area->width > from->width - area->left
        || area->height > from->height - area->top
        || picture_make(to, width, height) != 0)
    {
        *to = (picture_t) { 0, 0, NULL };
        return -1;
    }

    scaling.stride = (size_t) from->width * PICTURE_CHANNELS;
    scaling.from = from->rgb + area->top * scaling.stride
                   + (size_t) area->left * PICTURE_CHANNELS;
    scaling.channels = PICTURE_CHANNELS;
    scaling.from_width = area->width;
    scaling.from_height = area->height;
    scaling.width = width;
    scaling.height = height;

    if (scale_or_copy(&scaling, to->rgb) != 0) {
        picture_free(to);
        return -1;
    }

    return 0;
}


int
scale_plane_down(const uint8_t *from, unsigned from_width,
    unsigned from_height, uint8_t *to, unsigned width, unsigned height)
{
    scaling_t  scaling = {
        from, from_width, 1, from_width, from_height, width, height,
        NULL, NULL
    };

    if (width == 0 || height == 0 || width > from_width
        || height > from_height)
    {
        return -1;
    }

    return scale_or_copy(&scaling, to);
}
