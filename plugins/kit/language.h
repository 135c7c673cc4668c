/*
 * language.h - which of the two languages a reader prefers.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_LANGUAGE_H
#define CIVIC_KIT_LANGUAGE_H

#include <stddef.h>

/*
 * Whether a header Accept-Language (RFC 9110 12.5.4) prefers English to
 * Chinese.  Without the header, or with both alike, it is Chinese: the same
 * answer that the host gives for its problems.
 */
int civic_prefers_english(const char *header, size_t len);

#endif
