/*
 * refusal.h - the answer to a JPEG that cannot be read.
 */

#ifndef MEDIA_REFUSAL_H
#define MEDIA_REFUSAL_H

#include "jpeg_read.h"
#include "request.h"

/* part: of which picture; NULL: there is one. */
void refuse_picture(answer_t *answer, jpeg_read_status_t status,
    const char *reason, const char *part);

#endif
