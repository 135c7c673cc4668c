/*
 * base45.h - RFC 9285: bytes as the 45 characters that a QR code packs two
 * to eleven bits, so that a code has no more squares than it needs.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_BASE45_H
#define CIVIC_KIT_BASE45_H

#include <stddef.h>
#include <stdint.h>

/* Room for the encoded form of len bytes, with a NUL. */
#define CIVIC_BASE45_ROOM(len)  ((len) / 2 * 3 + (len) % 2 * 2 + 1)

/* NUL-terminated.  Returns the length. */
size_t civic_base45_encode(const void *bytes, size_t len, char *out);

/* The length, or -1 for what the encoder would not have written or what is
   longer than size.  Lower case is no base45. */
int64_t civic_base45_decode(const char *text, size_t len, void *out,
    size_t size);

#endif
