/*
 * intake.h - the way of an upload into a blob: what a thread does.
 *
 * Bytes of a body go in, as they come; the form around the file is taken
 * apart, the file is held against its bounds and types, sealed and written.
 * One thread at a time; it blocks.  The caller's strings must stay.
 */

#ifndef CIVIC_INTAKE_H
#define CIVIC_INTAKE_H

#include <sys/types.h>

#include "blob.h"

typedef struct civic_intake_s  civic_intake_t;

/* Why it ended: problem is the code to answer with, why a reason for the log
   or NULL; or failed is what did, with the error. */
typedef struct {
    const char  *problem;
    const char  *why;
    const char  *failed;
    int          error;
} civic_intake_fault_t;

/* types: media types, NULL-terminated; most: bytes of the file.  NULL without
   memory. */
civic_intake_t *civic_intake_create(const char *folder,
    const char *const *types, uint64_t most);

/* What the body says that it is: one of the types, or a form.  0, or -1 with
   a fault, as all below. */
int civic_intake_begin(civic_intake_t *intake, civic_str_t content_type);

int civic_intake_take(civic_intake_t *intake, const void *bytes, size_t len);

/* The same of a part of a file, which it leaves open. */
int civic_intake_take_file(civic_intake_t *intake, int fd, off_t from,
    off_t to);

/* The body is complete, and the file is on the disk. */
int civic_intake_finish(civic_intake_t *intake);

const civic_intake_fault_t *civic_intake_fault(const civic_intake_t *intake);

/* Of the file.  NULL: there is not a byte of it. */
civic_blob_writer_t *civic_intake_writer(const civic_intake_t *intake);
const char *civic_intake_type(const civic_intake_t *intake);

/* After finish(): gives back what only taking needed. */
void civic_intake_shrink(civic_intake_t *intake);

/* Frees it.  The file goes unless it was kept; without a writer this does not
   block. */
void civic_intake_free(civic_intake_t *intake);

/* The one of the types that a Content-Type names, or NULL. */
const char *civic_intake_match(const char *const *types,
    civic_str_t content_type);

#endif
