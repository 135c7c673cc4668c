/*
 * jpeg_probe.c - see jpeg_probe.h.
 *
 * What is read is read whole, so that nothing but the place of the next
 * marker is remembered between calls.
 */

#include <string.h>

#include "jpeg_probe.h"

#define APP1_EXIF   "Exif\0\0"
#define APP14       "Adobe"

/* T.81 Table B.1 */
#define MARKER_SOF0   0xc0              /* baseline */
#define MARKER_SOF1   0xc1              /* extended sequential */
#define MARKER_SOF2   0xc2              /* progressive */
#define MARKER_DHT    0xc4
#define MARKER_SOF9   0xc9              /* arithmetic: extended sequential */
#define MARKER_SOF10  0xca              /* arithmetic: progressive */
#define MARKER_DAC    0xcc
#define MARKER_SOF15  0xcf
#define MARKER_RST0   0xd0
#define MARKER_RST7   0xd7
#define MARKER_EOI    0xd9
#define MARKER_SOS    0xda
#define MARKER_DQT    0xdb
#define MARKER_DNL    0xdc
#define MARKER_DRI    0xdd
#define MARKER_APP0   0xe0
#define MARKER_APP1   0xe1
#define MARKER_APP14  0xee
#define MARKER_APP15  0xef
#define MARKER_COM    0xfe

#define FRAME_SIZE      6               /* P Y X Nf */
#define COMPONENT_SIZE  3               /* C H:V Tq */
#define SAMPLING_MAX    4
#define TABLE_MAX       3

#define ADOBE_SIZE       12             /* name, version, flags, transform */
#define ADOBE_TRANSFORM  11

#define TIFF_HEADER       8
#define TIFF_MAGIC        42
#define IFD_ENTRY         12
#define TAG_ORIENTATION   0x0112
#define TYPE_SHORT        3
#define ORIENTATION_LAST  8

typedef unsigned char  byte_t;


void
civic_jpeg_init(civic_jpeg_probe_t *probe, const civic_jpeg_limits_t *limits)
{
    memset(probe, 0, sizeof(civic_jpeg_probe_t));
    probe->limits = *limits;
}


static int
failed(const civic_jpeg_probe_t *probe)
{
    return probe->status != CIVIC_JPEG_MORE && probe->status != CIVIC_JPEG_OK;
}


static void
fail(civic_jpeg_probe_t *probe, civic_jpeg_status_t status,
    civic_jpeg_reason_t reason)
{
    probe->status = status;
    probe->reason = reason;
}


static unsigned
big16(const byte_t *p)
{
    return (unsigned) p[0] << 8 | p[1];
}


/* ---- Exif --------------------------------------------------------------- */

/* A number of 2 or 4 bytes in the order that the TIFF header names. */
static uint32_t
tiff_number(const byte_t *p, size_t size, int little)
{
    size_t    i;
    uint32_t  value = 0;

    for (i = 0; i < size; i++) {
        value = value << 8 | p[little ? size - 1 - i : i];
    }

    return value;
}


/* The Orientation of an IFD's entry, 0 when it is none that is right. */
static unsigned
orientation_value(const byte_t *entry, int little)
{
    uint32_t  value;

    if (tiff_number(entry + 2, 2, little) != TYPE_SHORT
        || tiff_number(entry + 4, 4, little) != 1)
    {
        return 0;
    }

    value = tiff_number(entry + 8, 2, little);

    return value <= ORIENTATION_LAST ? value : 0;
}


/* In the TIFF of an Exif segment: only IFD0, as far as it is there. */
static unsigned
tiff_orientation(const byte_t *tiff, size_t len)
{
    int       little;
    size_t    i, count, room;
    uint32_t  ifd;

    if (len < TIFF_HEADER + 2
        || (memcmp(tiff, "II", 2) != 0 && memcmp(tiff, "MM", 2) != 0))
    {
        return 0;
    }

    little = tiff[0] == 'I';
    ifd = tiff_number(tiff + 4, 4, little);

    if (tiff_number(tiff + 2, 2, little) != TIFF_MAGIC || ifd > len - 2) {
        return 0;
    }

    count = tiff_number(tiff + ifd, 2, little);
    tiff += ifd + 2;
    room = (len - ifd - 2) / IFD_ENTRY;

    for (i = 0; i < count && i < room; i++) {
        if (tiff_number(tiff + i * IFD_ENTRY, 2, little) == TAG_ORIENTATION) {
            return orientation_value(tiff + i * IFD_ENTRY, little);
        }
    }

    return 0;
}


/* The first one counts; APP1 of another name is somebody else's. */
static void
read_exif(civic_jpeg_probe_t *probe, const byte_t *p, size_t len)
{
    size_t  name = sizeof(APP1_EXIF) - 1;

    if (probe->exif || len < name || memcmp(p, APP1_EXIF, name) != 0) {
        return;
    }

    probe->exif = 1;
    probe->orientation = tiff_orientation(p + name, len - name);
}


/* ---- segments ----------------------------------------------------------- */

static void
read_adobe(civic_jpeg_probe_t *probe, const byte_t *p, size_t len)
{
    if (len < ADOBE_SIZE || memcmp(p, APP14, sizeof(APP14) - 1) != 0) {
        return;
    }

    probe->adobe = 1;
    probe->transform = p[ADOBE_TRANSFORM];
}


static void
read_restart(civic_jpeg_probe_t *probe, const byte_t *p, size_t len)
{
    if (len != 2) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_LENGTH);
        return;
    }

    probe->restart = big16(p);
}


/* T.81 B.2.2: names that differ, sampling factors of 1 to 4. */
static int
component_valid(const civic_jpeg_probe_t *probe, const byte_t *p,
    unsigned before)
{
    unsigned  horizontal = p[1] >> 4, vertical = p[1] & 15;

    return memchr(probe->ids, p[0], before) == NULL
           && horizontal >= 1 && horizontal <= SAMPLING_MAX
           && vertical >= 1 && vertical <= SAMPLING_MAX && p[2] <= TABLE_MAX;
}


static int
read_components(civic_jpeg_probe_t *probe, const byte_t *p)
{
    unsigned  i;

    for (i = 0; i < probe->components; i++) {
        if (!component_valid(probe, p, i)) {
            return 0;
        }

        probe->ids[i] = p[0];
        p += COMPONENT_SIZE;
    }

    return 1;
}


static void
check_size(civic_jpeg_probe_t *probe)
{
    const civic_jpeg_limits_t  *limits = &probe->limits;

    if (probe->width > limits->width) {
        fail(probe, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_WIDTH);

    } else if (probe->height > limits->height) {
        fail(probe, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_HEIGHT);

    } else if ((uint64_t) probe->width * probe->height > limits->pixels) {
        fail(probe, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_PIXELS);
    }
}


static int
precision_valid(const civic_jpeg_probe_t *probe)
{
    return probe->precision == 8
           || (probe->precision == 12 && !probe->baseline);
}


/* A height of 0, to be told by DNL behind the first scan, is refused as
   decoders do: nothing could be said of the picture's size. */
static void
read_frame(civic_jpeg_probe_t *probe, unsigned marker, const byte_t *p,
    size_t len)
{
    if (probe->components != 0) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_FRAME);
        return;
    }

    if (len < FRAME_SIZE || len != FRAME_SIZE + COMPONENT_SIZE * (size_t) p[5])
    {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_LENGTH);
        return;
    }

    probe->baseline = marker == MARKER_SOF0;
    probe->progressive = marker == MARKER_SOF2 || marker == MARKER_SOF10;
    probe->arithmetic = marker == MARKER_SOF9 || marker == MARKER_SOF10;
    probe->precision = p[0];
    probe->height = big16(p + 1);
    probe->width = big16(p + 3);
    probe->components = p[5];
    probe->cmyk = p[5] == 4;

    if (p[5] < 1 || p[5] > CIVIC_JPEG_COMPONENTS || probe->width == 0
        || probe->height == 0 || !precision_valid(probe)
        || !read_components(probe, p + FRAME_SIZE))
    {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_FRAME);
        return;
    }

    check_size(probe);
}


/* T.81 B.2.3: 1 to 4 components of the frame, each of them once. */
static int
scan_valid(const civic_jpeg_probe_t *probe, const byte_t *p, size_t len)
{
    size_t           i, count;
    unsigned         seen = 0, bit;
    const byte_t  *id;

    if (len < 1 || p[0] < 1 || p[0] > probe->components) {
        return 0;
    }

    count = p[0];

    if (len != 1 + 2 * count + 3) {
        return 0;
    }

    for (i = 0; i < count; i++) {
        id = memchr(probe->ids, p[1 + 2 * i], probe->components);

        if (id == NULL) {
            return 0;
        }

        bit = 1u << (id - probe->ids);

        if (seen & bit) {
            return 0;
        }

        seen |= bit;
    }

    return 1;
}


static void
read_scan(civic_jpeg_probe_t *probe, const byte_t *p, size_t len)
{
    if (!scan_valid(probe, p, len)) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_SCAN);
        return;
    }

    probe->in_scan = 1;
    probe->status = CIVIC_JPEG_OK;

    if (++probe->scans > probe->limits.scans) {
        fail(probe, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_SCANS);
    }
}


static void
read_content(civic_jpeg_probe_t *probe, unsigned marker, const byte_t *p,
    size_t len)
{
    switch (marker) {

    case MARKER_SOF0:
    case MARKER_SOF1:
    case MARKER_SOF2:
    case MARKER_SOF9:
    case MARKER_SOF10:
        read_frame(probe, marker, p, len);
        break;

    case MARKER_SOS:
        read_scan(probe, p, len);
        break;

    case MARKER_DRI:
        read_restart(probe, p, len);
        break;

    case MARKER_APP1:
        read_exif(probe, p, len);
        break;

    case MARKER_APP14:
        read_adobe(probe, p, len);
        break;
    }
}


/* What is wrong with a marker's being here; CIVIC_JPEG_NO_REASON: nothing,
   and a length follows it. */
static civic_jpeg_reason_t
marker_reason(unsigned marker)
{
    switch (marker) {

    case MARKER_SOF0:
    case MARKER_SOF1:
    case MARKER_SOF2:
    case MARKER_DHT:
    case MARKER_SOF9:
    case MARKER_SOF10:
    case MARKER_DAC:
    case MARKER_SOS:
    case MARKER_DQT:
    case MARKER_DNL:
    case MARKER_DRI:
    case MARKER_COM:
        return CIVIC_JPEG_NO_REASON;
    }

    if (marker >= MARKER_SOF0 && marker <= MARKER_SOF15) {
        return CIVIC_JPEG_CODING;
    }

    return marker >= MARKER_APP0 && marker <= MARKER_APP15
           ? CIVIC_JPEG_NO_REASON : CIVIC_JPEG_MARKER;
}


/* ---- the walk ----------------------------------------------------------- */

/* 1 when there is more to be read, 0 when bytes are missing. */
static int
begin(civic_jpeg_probe_t *probe, const byte_t *data, size_t len)
{
    static const byte_t  magic[] = { 0xff, 0xd8, 0xff };

    if (memcmp(data, magic, len < sizeof(magic) ? len : sizeof(magic)) != 0) {
        fail(probe, CIVIC_JPEG_NOT_JPEG, CIVIC_JPEG_MAGIC);
        return 0;
    }

    if (len < sizeof(magic)) {
        return 0;
    }

    probe->begun = 1;
    probe->at = 2;

    return 1;
}


/* The first FF, or the end.  Where one follows the other, a call for each
   would take ten times as long as the rest. */
static const byte_t *
find_ff(const byte_t *p, const byte_t *end)
{
    if (p == end || *p == 0xff) {
        return p;
    }

    p = memchr(p, 0xff, (size_t) (end - p));

    return p == NULL ? end : p;
}


/* To the marker that ends the scan; FF 00 is a byte of it, restarts are in
   it, FF FF is a fill byte. */
static int
skip_scan(civic_jpeg_probe_t *probe, const byte_t *data, size_t len)
{
    const byte_t  *end = data + len, *p = find_ff(data + probe->at, end);

    while (end - p >= 2) {
        if (p[1] == 0 || (p[1] >= MARKER_RST0 && p[1] <= MARKER_RST7)) {
            p = find_ff(p + 2, end);

        } else if (p[1] == 0xff) {
            p++;

        } else {
            probe->in_scan = 0;
            break;
        }
    }

    probe->at = (size_t) (p - data);

    return !probe->in_scan;
}


/* Whether the header may go on to there. */
static int
within_header(civic_jpeg_probe_t *probe, size_t end)
{
    if (probe->scans != 0 || end <= probe->limits.header) {
        return 1;
    }

    fail(probe, CIVIC_JPEG_TOO_LARGE, CIVIC_JPEG_HEADER);

    return 0;
}


/* To the marker's code, over fill bytes: 1 when it is there. */
static int
find_marker(civic_jpeg_probe_t *probe, const byte_t *data, size_t len)
{
    if (probe->at == len) {
        return 0;
    }

    if (data[probe->at] != 0xff) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_MARKER);
        return 0;
    }

    while (len - probe->at >= 2 && data[probe->at + 1] == 0xff) {
        probe->at++;

        if (!within_header(probe, probe->at)) {
            return 0;
        }
    }

    return len - probe->at >= 2;
}


static void
end_image(civic_jpeg_probe_t *probe)
{
    if (probe->scans == 0) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_NO_SCAN);
        return;
    }

    probe->at += 2;
    probe->size = probe->at;
    probe->ended = 1;
}


static int
read_segment(civic_jpeg_probe_t *probe, const byte_t *data, size_t len)
{
    size_t               size;
    unsigned             marker;
    civic_jpeg_reason_t  reason;

    if (!find_marker(probe, data, len)) {
        return 0;
    }

    marker = data[probe->at + 1];

    if (marker == MARKER_EOI) {
        end_image(probe);
        return 0;
    }

    reason = marker_reason(marker);

    if (reason != CIVIC_JPEG_NO_REASON) {
        fail(probe, CIVIC_JPEG_BROKEN, reason);
        return 0;
    }

    if (len - probe->at < 4) {
        return 0;
    }

    size = big16(data + probe->at + 2);

    if (size < 2) {
        fail(probe, CIVIC_JPEG_BROKEN, CIVIC_JPEG_LENGTH);
        return 0;
    }

    if (!within_header(probe, probe->at + 2 + size)
        || len - probe->at < 2 + size)
    {
        return 0;
    }

    read_content(probe, marker, data + probe->at + 4, size - 2);
    probe->at += 2 + size;

    return !failed(probe);
}


/* Each turn of the loop goes on by a marker at least, or is the last one. */
civic_jpeg_status_t
civic_jpeg_probe(civic_jpeg_probe_t *probe, const void *data, size_t len)
{
    int  more;

    if (failed(probe) || probe->ended || len <= probe->at) {
        return probe->status;
    }

    more = probe->begun || begin(probe, data, len);

    while (more) {
        more = probe->in_scan ? skip_scan(probe, data, len)
                              : read_segment(probe, data, len);
    }

    return probe->status;
}


const char *
civic_jpeg_reason_name(civic_jpeg_reason_t reason)
{
    static const char *const  names[] = {
        "none", "magic", "marker", "length", "coding", "frame", "scan",
        "no_scan", "width", "height", "pixels", "header", "scans"
    };

    return (size_t) reason < sizeof(names) / sizeof(names[0]) ? names[reason]
                                                              : "unknown";
}
