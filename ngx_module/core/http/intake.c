/*
 * intake.c - the way of an upload into a blob: what a thread does.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "intake.h"
#include "multipart.h"

struct civic_intake_s {
    const char            *folder;
    const char *const     *types;
    uint64_t               most;
    const char            *type;        /* NULL: not known yet */
    civic_blob_writer_t   *writer;      /* NULL: no byte yet */
    civic_multipart_t     *parser;      /* NULL: the file as it is */
    char                  *chunk;       /* of the form, or of a file */
    civic_intake_fault_t   fault;
};


static int
civic_intake_refuse(civic_intake_t *intake, const char *problem,
    const char *why)
{
    intake->fault.problem = problem;
    intake->fault.why = why;

    return -1;
}


static int
civic_intake_fail(civic_intake_t *intake, const char *what)
{
    intake->fault.failed = what;
    intake->fault.error = errno;

    return -1;
}


civic_intake_t *
civic_intake_create(const char *folder, const char *const *types,
    uint64_t most)
{
    civic_intake_t  *intake = calloc(1, sizeof(civic_intake_t));

    if (intake != NULL) {
        intake->folder = folder;
        intake->types = types;
        intake->most = most;
    }

    return intake;
}


static int
civic_intake_needs_chunk(civic_intake_t *intake)
{
    if (intake->chunk == NULL) {
        intake->chunk = malloc(CIVIC_BLOB_CHUNK);
    }

    return intake->chunk != NULL
           ? 0 : civic_intake_refuse(intake, "internal_error", "no memory");
}


int
civic_intake_begin(civic_intake_t *intake, civic_str_t content_type)
{
    civic_multipart_state_t  state;

    if (!civic_multipart_is(content_type)) {
        intake->type = civic_intake_match(intake->types, content_type);

        return intake->type != NULL ? 0
               : civic_intake_refuse(intake, "unsupported_media_type", NULL);
    }

    intake->parser = malloc(sizeof(civic_multipart_t));

    if (intake->parser == NULL) {
        return civic_intake_refuse(intake, "internal_error", "no memory");
    }

    state = civic_multipart_init(intake->parser, content_type);

    return state == CIVIC_MULTIPART_MORE
           ? civic_intake_needs_chunk(intake)
           : civic_intake_refuse(intake, "upload_malformed",
                                 civic_multipart_text(state));
}


/* Bytes of the file itself. */
static int
civic_intake_add(civic_intake_t *intake, const void *bytes, size_t len)
{
    uint64_t  size;

    if (len == 0) {
        return 0;
    }

    size = intake->writer == NULL ? 0 : civic_blob_writer_size(intake->writer);

    if (len > intake->most - size) {
        return civic_intake_refuse(intake, "body_too_large", NULL);
    }

    if (intake->writer == NULL) {
        intake->writer = civic_blob_writer_open(intake->folder);

        if (intake->writer == NULL) {
            return civic_intake_fail(intake, "an upload cannot be begun");
        }
    }

    if (civic_blob_writer_add(intake->writer, bytes, len) != 0) {
        return civic_intake_fail(intake, "an upload cannot be written");
    }

    return 0;
}


/* Once the part's headers are known, its type is held against the list. */
static int
civic_intake_part(civic_intake_t *intake)
{
    const char  *type = civic_multipart_type(intake->parser);

    if (intake->type != NULL || type == NULL) {
        return 0;
    }

    intake->type = civic_intake_match(intake->types, civic_cstr(type));

    return intake->type != NULL ? 0
           : civic_intake_refuse(intake, "unsupported_media_type", NULL);
}


static int
civic_intake_form(civic_intake_t *intake, civic_str_t in, char *out)
{
    size_t                    len;
    civic_multipart_state_t   state;

    while (in.len != 0) {
        state = civic_multipart_feed(intake->parser, &in, out,
                                     CIVIC_BLOB_CHUNK, &len);

        if (state != CIVIC_MULTIPART_MORE) {
            return civic_intake_refuse(intake, "upload_malformed",
                                       civic_multipart_text(state));
        }

        if (civic_intake_part(intake) != 0
            || civic_intake_add(intake, out, len) != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
civic_intake_take(civic_intake_t *intake, const void *bytes, size_t len)
{
    civic_str_t  in = { bytes, len };

    return intake->parser == NULL
           ? civic_intake_add(intake, bytes, len)
           : civic_intake_form(intake, in, intake->chunk);
}


int
civic_intake_take_file(civic_intake_t *intake, int fd, off_t from, off_t to)
{
    int      rc = 0;
    char    *bytes = malloc(CIVIC_BLOB_CHUNK);
    size_t   len;
    ssize_t  n;

    if (bytes == NULL) {
        return civic_intake_refuse(intake, "internal_error", "no memory");
    }

    while (rc == 0 && from < to) {
        len = to - from < CIVIC_BLOB_CHUNK ? (size_t) (to - from)
                                           : CIVIC_BLOB_CHUNK;
        n = pread(fd, bytes, len, from);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            rc = civic_intake_refuse(intake, "internal_error",
                                     "the body's file cannot be read");
        } else {
            rc = civic_intake_take(intake, bytes, (size_t) n);
            from += n;
        }
    }

    explicit_bzero(bytes, CIVIC_BLOB_CHUNK);
    free(bytes);

    return rc;
}


int
civic_intake_finish(civic_intake_t *intake)
{
    civic_multipart_state_t  state;

    if (intake->parser != NULL) {
        state = civic_multipart_end(intake->parser);

        if (state != CIVIC_MULTIPART_DONE) {
            return civic_intake_refuse(intake, "upload_malformed",
                                       civic_multipart_text(state));
        }
    }

    if (intake->writer != NULL
        && civic_blob_writer_finish(intake->writer) != 0)
    {
        return civic_intake_fail(intake, "an upload cannot be finished");
    }

    return 0;
}


const civic_intake_fault_t *
civic_intake_fault(const civic_intake_t *intake)
{
    return &intake->fault;
}


civic_blob_writer_t *
civic_intake_writer(const civic_intake_t *intake)
{
    return intake->writer;
}


const char *
civic_intake_type(const civic_intake_t *intake)
{
    return intake->type;
}


void
civic_intake_shrink(civic_intake_t *intake)
{
    if (intake->chunk != NULL) {
        explicit_bzero(intake->chunk, CIVIC_BLOB_CHUNK);
    }

    free(intake->chunk);
    free(intake->parser);

    intake->chunk = NULL;
    intake->parser = NULL;
}


void
civic_intake_free(civic_intake_t *intake)
{
    if (intake == NULL) {
        return;
    }

    if (intake->writer != NULL) {
        civic_blob_writer_close(intake->writer);
    }

    civic_intake_shrink(intake);
    free(intake);
}


const char *
civic_intake_match(const char *const *types, civic_str_t content_type)
{
    char  name[CIVIC_MULTIPART_TYPE + 1];

    if (civic_media_type(content_type, name) != 0) {
        return NULL;
    }

    for ( /* void */ ; *types != NULL; types++) {
        if (strcmp(*types, name) == 0) {
            return *types;
        }
    }

    return NULL;
}
