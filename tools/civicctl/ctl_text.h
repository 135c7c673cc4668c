/*
 * ctl_text.h - what the tool says: one of two texts, printf's way.  In the
 * English one a noun agrees with the last number before it:
 * "%u {worker has|workers have} it".  Arguments are never looked into.
 */

#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <stdarg.h>
#include <stdio.h>

#include "problem.h"

void ctl_text_print(FILE *out, civic_language_t language, const char *zh,
    const char *en, va_list args);

#endif
