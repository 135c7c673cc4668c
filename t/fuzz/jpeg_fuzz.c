/*
 * jpeg_fuzz.c - libFuzzer target: the header of a JPEG.
 *
 * The file whole, in two pieces of every kind and, when it is short, byte by
 * byte must come to the same end; what is told with OK is within the limits.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg_probe.h"

#define SHORT  1024                     /* bytes: one by one */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const civic_jpeg_limits_t  limits = { 4096, 5000, 9000000, 60000, 12 };


/* The first len bytes, in a block that ends there. */
static civic_jpeg_status_t
probe_prefix(civic_jpeg_probe_t *probe, const uint8_t *data, size_t len)
{
    uint8_t              *copy;
    civic_jpeg_status_t   before = probe->status, status;

    copy = malloc(len == 0 ? 1 : len);

    if (copy == NULL) {
        abort();
    }

    memcpy(copy, data, len);
    status = civic_jpeg_probe(probe, copy, len);
    free(copy);

    if (status != probe->status || probe->at > len
        || (before > CIVIC_JPEG_OK && status != before)
        || (before == CIVIC_JPEG_OK && status == CIVIC_JPEG_MORE))
    {
        abort();
    }

    return status;
}


static void
check(const civic_jpeg_probe_t *probe)
{
    int  wrong = probe->status > CIVIC_JPEG_OK;

    if (wrong != (probe->reason != CIVIC_JPEG_NO_REASON)
        || probe->orientation > 8 || probe->transform > 255
        || probe->restart > 65535 || probe->scans > limits.scans + 1
        || strcmp(civic_jpeg_reason_name(probe->reason), "unknown") == 0)
    {
        abort();
    }

    if (probe->status != CIVIC_JPEG_OK) {
        return;
    }

    if (probe->width < 1 || probe->width > limits.width || probe->height < 1
        || probe->height > limits.height
        || (uint64_t) probe->width * probe->height > limits.pixels
        || probe->components < 1
        || probe->components > CIVIC_JPEG_COMPONENTS
        || (probe->precision != 8 && probe->precision != 12)
        || probe->scans < 1 || probe->scans > limits.scans
        || (probe->ended && probe->size != probe->at))
    {
        abort();
    }
}


/* Up to from, then by so many bytes more each time. */
static void
in_pieces(const civic_jpeg_probe_t *whole, const uint8_t *data, size_t size,
    size_t from, size_t piece)
{
    size_t              len;
    civic_jpeg_probe_t  probe;

    civic_jpeg_init(&probe, &limits);

    for (len = from; len < size; len += piece) {
        (void) probe_prefix(&probe, data, len);
        check(&probe);
    }

    (void) probe_prefix(&probe, data, size);

    if (memcmp(whole, &probe, sizeof(civic_jpeg_probe_t)) != 0) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    civic_jpeg_probe_t  whole;

    civic_jpeg_init(&whole, &limits);
    (void) probe_prefix(&whole, data, size);
    check(&whole);

    in_pieces(&whole, data, size, whole.at / 2, size + 1);
    in_pieces(&whole, data, size, whole.at, size + 1);
    in_pieces(&whole, data, size, 7, size / 5 + 1);

    if (size <= SHORT) {
        in_pieces(&whole, data, size, 0, 1);
    }

    return 0;
}
