/*
 * request.h - what was asked and what is answered, without HTTP's details:
 * the routes read the one and write the other.
 *
 * A request's texts and bytes belong to whoever reads the connection, and
 * stay until the answer was sent.  Who makes an answer frees it with
 * answer_free().
 */

#ifndef MEDIA_REQUEST_H
#define MEDIA_REQUEST_H

#include <jansson.h>

#include "jpeg_write.h"

#define REQUEST_QUERY   16              /* more words than any route knows */

typedef struct {
    const char  *name;
    const char  *value;                 /* NULL: a name without "=" */
} query_word_t;

typedef struct {
    const char     *method;
    const char     *path;
    const char     *type;               /* Content-Type, or NULL */
    query_word_t    query[REQUEST_QUERY];
    unsigned        words;              /* more than REQUEST_QUERY: not all
                                           are here */
    const uint8_t  *body;
    size_t          len;
    unsigned        too_large:1;        /* the body, which is not here then */
} request_t;

typedef struct {
    unsigned      status;
    const char   *type;
    char         *text;                 /* JSON, by malloc(), or */
    jpeg_file_t   picture;              /* this, and text is a header's */
    const char   *allow;                /* of a 405 */
    unsigned      exhausted:1;          /* there was not memory enough */
} answer_t;

/* All take the document, and answer 500 if it is NULL. */
void answer_json(answer_t *answer, json_t *document);
void answer_picture(answer_t *answer, jpeg_file_t *picture,
    json_t *document);

/* Takes the bytes, which malloc() made, too. */
void answer_bytes(answer_t *answer, const char *type, uint8_t **bytes,
    size_t len, json_t *document);

/* Takes the array of {"at", "code"}: what is wrong with a drawing list. */
void answer_faults(answer_t *answer, json_t *faults);

/*
 * code is one of docs/media-engine.md; reason and part may be NULL: what was
 * wrong, and of which of two pictures.
 */
void answer_problem(answer_t *answer, unsigned status, const char *code,
    const char *reason, const char *part);

void answer_no_memory(answer_t *answer);

/* May be called twice. */
void answer_free(answer_t *answer);

#endif
