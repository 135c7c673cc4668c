/*
 * jpeg_probe.h - what the header of a JPEG says, before anybody decodes it.
 *
 * The process that is asked holds the keys of the whole service.  A decoder
 * of pictures is a large program that strangers feed; it must never run
 * there, and a library that reads headers brings the decoder with it.  So
 * this is a small parser of our own: it looks at markers and at a few fixed
 * fields, decodes nothing, allocates nothing, and keeps no pointer.  It tells
 * what is no JPEG, and what is too large to be given to a decoder elsewhere.
 * Quantisation and Huffman tables are not looked into, entropy-coded data is
 * only searched for its end: a picture that passes may still not decode.
 *
 * The caller has the file from its first byte on and may give more of it:
 *
 *     civic_jpeg_init(&probe, &limits);
 *     status = civic_jpeg_probe(&probe, data, 4096);
 *     status = civic_jpeg_probe(&probe, data, 65536);    as MORE was said
 *
 * The bytes given before must be there still, though not at the same
 * address; what was read is not read again, so that all calls together take
 * as long as one.  64 KB have the header of nearly every photo; a segment is
 * read when it is there whole, and has 65,535 bytes at most.  Who wants the
 * scans counted gives the whole file: a megabyte takes 30 us, one that was
 * made to be slow 2 ms, so that an event loop adds 256 KB at a time.
 *
 * What it follows:
 *
 *   ITU-T T.81 (09/92), Annex B   markers, segments, frame and scan headers;
 *                                 B.1.1.2 fill bytes, B.1.1.5 stuffed zeros
 *   ITU-T T.872 (06/12), 6.5.3    APP14 "Adobe": transform 0 RGB or CMYK,
 *                                 1 YCbCr, 2 YCCK
 *   CIPA DC-008 (Exif 2.3)        APP1 "Exif": TIFF header, IFD0, Orientation
 *                                 (0x0112)
 *   libjpeg-turbo                 which codings and markers a decoder takes;
 *                                 why scans are counted: thousands of empty
 *                                 ones in a small file keep a decoder busy
 *                                 for minutes (djpeg -maxscans)
 *
 * Stricter than libjpeg, which skips what it finds between segments (there
 * only the marker of a segment may stand, after fill bytes if need be), takes
 * lengths of 0 and 1 for 2, ten components, and components of one name.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_JPEG_PROBE_H
#define CIVIC_KIT_JPEG_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* T.81 B.2.3: components of a scan; of the colour spaces that there are. */
#define CIVIC_JPEG_COMPONENTS  4

typedef enum {
    CIVIC_JPEG_MORE = 0,                /* not all of the header is there; at
                                           the end of a file: it is cut off */
    CIVIC_JPEG_OK,                      /* all of it, to the first scan */
    CIVIC_JPEG_NOT_JPEG,
    CIVIC_JPEG_BROKEN,
    CIVIC_JPEG_TOO_LARGE
} civic_jpeg_status_t;

typedef enum {
    CIVIC_JPEG_NO_REASON = 0,

    /* not a JPEG */
    CIVIC_JPEG_MAGIC,                   /* does not begin with FF D8 FF */

    /* broken */
    CIVIC_JPEG_MARKER,                  /* none, or none that may stand here */
    CIVIC_JPEG_LENGTH,                  /* a segment's, against its content */
    CIVIC_JPEG_CODING,                  /* lossless, hierarchical: no reader
                                           of photos knows it */
    CIVIC_JPEG_FRAME,                   /* a frame header: no size, precision
                                           or component that can be, or a
                                           second one */
    CIVIC_JPEG_SCAN,                    /* a scan header: before the frame's,
                                           or of no component of the frame */
    CIVIC_JPEG_NO_SCAN,                 /* it ends before the first one */

    /* too large */
    CIVIC_JPEG_WIDTH,
    CIVIC_JPEG_HEIGHT,
    CIVIC_JPEG_PIXELS,
    CIVIC_JPEG_HEADER,
    CIVIC_JPEG_SCANS
} civic_jpeg_reason_t;

/* The most that is let through.  What is 0 lets nothing through. */
typedef struct {
    unsigned  width;
    unsigned  height;
    uint64_t  pixels;                   /* width * height */
    size_t    header;                   /* bytes before the first scan */
    unsigned  scans;                    /* progressive photos have 10 or so */
} civic_jpeg_limits_t;

typedef struct {
    /* set with the status OK; also with another one, as far as was read */
    unsigned             width;
    unsigned             height;
    unsigned             components;    /* 1 grey, 3 colours, 4 CMYK */
    unsigned             precision;     /* bits; decoders of photos know 8 */
    unsigned             progressive:1; /* or else sequential: baseline and
                                           extended */
    unsigned             baseline:1;
    unsigned             arithmetic:1;  /* coded as browsers do not know */
    unsigned             adobe:1;       /* APP14 was there */
    unsigned             cmyk:1;        /* CMYK or YCCK: four components */
    unsigned             transform;     /* of APP14, 0 to 255 */
    unsigned             restart;       /* MCUs between restarts, 0: none */
    unsigned             orientation;   /* Exif's 1 to 8; 0: none that is
                                           right */
    unsigned             scans;         /* in the bytes that were given */
    unsigned             ended:1;       /* the end of the image was seen */
    size_t               size;          /* bytes to there: what comes after it
                                           is not of this picture */

    civic_jpeg_reason_t  reason;        /* of what is wrong */

    /* the probe's own */
    civic_jpeg_status_t  status;
    civic_jpeg_limits_t  limits;
    size_t               at;            /* what is before it was read */
    unsigned             begun:1;
    unsigned             in_scan:1;
    unsigned             exif:1;
    unsigned char        ids[CIVIC_JPEG_COMPONENTS];
} civic_jpeg_probe_t;

void civic_jpeg_init(civic_jpeg_probe_t *probe,
    const civic_jpeg_limits_t *limits);

/*
 * The first len bytes of the file.  OK may become BROKEN or TOO_LARGE with
 * more bytes, by what stands between and behind the scans; those and
 * NOT_JPEG never change.
 */
civic_jpeg_status_t civic_jpeg_probe(civic_jpeg_probe_t *probe,
    const void *data, size_t len);

/* "magic", "marker", "length", "coding", "frame", "scan", "no_scan",
   "width", "height", "pixels", "header", "scans"; "none". */
const char *civic_jpeg_reason_name(civic_jpeg_reason_t reason);

#endif
