/*
 * form_data.h - the parts of a body of multipart/form-data (RFC 7578) that is
 * there whole.
 *
 * Nothing is copied: parts lie in the body.  Strict, for only programs write
 * to the engine: what does not begin with a boundary, has a part without a
 * name or an end missing is refused whole.  Pure, for any thread.
 */

#ifndef MEDIA_FORM_DATA_H
#define MEDIA_FORM_DATA_H

#include <stddef.h>
#include <stdint.h>

#define MULTIPART_BOUNDARY  70          /* characters: RFC 2046, 5.1.1 */
#define MULTIPART_HEADERS   1024        /* bytes of a part's */

/* What a part says that it is; anything else is refused. */
typedef enum {
    MULTIPART_UNTYPED = 0,
    MULTIPART_JPEG,                     /* image/jpeg */
    MULTIPART_PNG,                      /* image/png */
    MULTIPART_JSON                      /* application/json */
} multipart_type_t;

typedef struct {
    multipart_type_t   type;
    const char        *name;
    size_t             name_len;
    const uint8_t     *data;
    size_t             len;
} multipart_t;

/* Whether a Content-Type is of such a body; NULL is none. */
int multipart_is(const char *type);

/* The parts in their order: how many, or -1 if it is no such body or has more
   than most. */
int multipart_parse(const char *type, const uint8_t *body, size_t len,
    multipart_t *parts, unsigned most);

#endif
