/*
 * errors.c - a list of field errors, so that all are told at once.
 *
 * The pointers and parameters are the arena's.  An error is never lost to
 * lack of memory: input must not pass as valid because its errors did not
 * fit.
 */

#include "errors.h"


void
civic_errors_init(civic_errors_t *errors, civic_arena_t *arena)
{
    errors->arena = arena;
    errors->count = 0;
    errors->dropped = 0;
}


void
civic_errors_add(civic_errors_t *errors, const char *pointer,
    const char *code, json_t *params)
{
    civic_str_t           copy;
    civic_field_error_t  *error;

    if (errors->count == CIVIC_ERRORS_MAX) {
        errors->dropped++;
        json_decref(params);
        return;
    }

    copy = civic_arena_copy(errors->arena, civic_cstr(pointer));

    error = &errors->items[errors->count++];
    error->pointer = copy.data == NULL ? "" : copy.data;
    error->code = code;
    error->params = civic_arena_own_json(errors->arena, params);
}
