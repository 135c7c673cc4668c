/*
 * notice.c - what notifications say: see notice.h.
 */

#include "notice.h"


civic_result_t
sandbox_notice_make(const sandbox_step_t *step, civic_str_t *id,
    civic_str_t *text, civic_str_t *due)
{
    (void) step;
    *id = CIVIC_STR("");
    *text = CIVIC_STR("");
    *due = CIVIC_STR("0");

    return CIVIC_OK;
}
