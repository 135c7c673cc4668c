/*
 * multipart.h - the one file in a body of multipart/form-data (RFC 7578).
 *
 * Mini-programs can upload only so.  The body is taken in pieces of any size
 * and given on as it comes: the parser keeps no more than the headers of the
 * part and looks back no further than a boundary.
 *
 * A body has exactly one part, and it is a file.  Anything else is refused,
 * with a state of its own.  Knows no thread and allocates nothing.
 */

#ifndef CIVIC_MULTIPART_H
#define CIVIC_MULTIPART_H

#include "civic_plugin.h"

#define CIVIC_MULTIPART_BOUNDARY  70    /* characters: RFC 2046, 5.1.1 */
#define CIVIC_MULTIPART_HEADERS   4096  /* bytes of the part's headers; and of
                                           what stands around the part */
#define CIVIC_MULTIPART_TYPE      63    /* characters of a media type */

typedef enum {
    CIVIC_MULTIPART_MORE = 0,           /* good so far */
    CIVIC_MULTIPART_DONE,               /* the part and its end were seen */

    CIVIC_MULTIPART_NO_BOUNDARY,        /* none in the type, or a broken one */
    CIVIC_MULTIPART_LONG_BOUNDARY,
    CIVIC_MULTIPART_MALFORMED,          /* lines that are none of the format */
    CIVIC_MULTIPART_LARGE_HEADERS,
    CIVIC_MULTIPART_NO_PART,
    CIVIC_MULTIPART_NO_FILENAME,        /* a field, not a file */
    CIVIC_MULTIPART_NESTED,
    CIVIC_MULTIPART_ENCODED,            /* base64 and such: RFC 7578, 4.7 */
    CIVIC_MULTIPART_SECOND_PART,
    CIVIC_MULTIPART_TRUNCATED
} civic_multipart_state_t;

/* By value; its members are its own. */
typedef struct {
    civic_multipart_state_t  state;
    int                      step;
    size_t                   matched;   /* bytes of the delimiter */
    size_t                   pending;   /* of those, what is content and did
                                           not fit into out */
    size_t                   around;    /* bytes outside of the part */
    size_t                   delimiter_len;
    size_t                   head_len;
    char                     delimiter[4 + CIVIC_MULTIPART_BOUNDARY];
    char                     type[CIVIC_MULTIPART_TYPE + 1];
    char                     head[CIVIC_MULTIPART_HEADERS];
} civic_multipart_t;

/* Whether the value of a Content-Type is multipart/form-data. */
int civic_multipart_is(civic_str_t content_type);

/* Begins with the value of the body's Content-Type. */
civic_multipart_state_t civic_multipart_init(civic_multipart_t *parser,
    civic_str_t content_type);

/*
 * Takes *in, of which it leaves what it did not come to, and writes content
 * of the file to out: *written bytes, at most room.  Whatever is in *in is
 * taken unless out is full or the state is bad.  A bad state stays.
 */
civic_multipart_state_t civic_multipart_feed(civic_multipart_t *parser,
    civic_str_t *in, char *out, size_t room, size_t *written);

/* The body has ended: DONE or what is wrong. */
civic_multipart_state_t civic_multipart_end(civic_multipart_t *parser);

/* Of the part: "image/jpeg", in lower case and without parameters; NULL
   while its headers were not seen to their end.  "text/plain" if it has none
   (RFC 7578, 4.4), "" if it is none or too long. */
const char *civic_multipart_type(const civic_multipart_t *parser);

/* The media type that a Content-Type begins with, as above, to out
   (CIVIC_MULTIPART_TYPE + 1 bytes): 0, or -1 and "". */
int civic_media_type(civic_str_t content_type, char *out);

/* For people who read logs. */
const char *civic_multipart_text(civic_multipart_state_t state);

#endif
