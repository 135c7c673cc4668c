/*
 * refusal.c - see refusal.h.
 */

#include "refusal.h"


void
refuse_picture(answer_t *answer, jpeg_read_status_t status,
    const char *reason, const char *part)
{
    switch (status) {

    case JPEG_READ_NOT_A_JPEG:
        answer_problem(answer, 415, "not_a_jpeg", reason, part);
        break;

    case JPEG_READ_TOO_LARGE:
        answer_problem(answer, 413, "too_large", reason, part);
        break;

    case JPEG_READ_UNSUPPORTED:
        answer_problem(answer, 422, "unsupported", reason, part);
        break;

    case JPEG_READ_NO_MEMORY:
        answer_no_memory(answer);
        break;

    default:
        answer_problem(answer, 422, "damaged", reason, part);
        break;
    }
}
