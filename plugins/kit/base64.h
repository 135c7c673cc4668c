/*
 * base64.h - RFC 4648: base64 for data URIs, base64url for identifiers.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_BASE64_H
#define CIVIC_KIT_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Room for the encoded form of len bytes, with padding and a NUL. */
#define CIVIC_BASE64_ROOM(len)  (((len) + 2) / 3 * 4 + 1)

/* With padding; NUL-terminated.  Returns the length. */
size_t civic_base64_encode(const void *bytes, size_t len, char *out);

/* The URL alphabet, without padding; NUL-terminated.  Returns the length. */
size_t civic_base64_encode_url(const void *bytes, size_t len, char *out);

/*
 * The length, or -1 for anything that the encoder would not have written
 * (what is encoded has one spelling) or that is longer than size.
 */
int64_t civic_base64_decode(const char *text, size_t len, void *out,
    size_t size);

/* The same; out has room for 3/4 of len. */
int64_t civic_base64_decode_url(const char *text, size_t len, void *out);

/* Whether all of it are letters of the URL alphabet. */
int civic_base64_is_url(const char *text, size_t len);

#endif
