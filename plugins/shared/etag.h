/*
 * etag.h - the tag of an answer that a plugin knows before it makes it, so
 * that nothing is made for who has it already.
 *
 * The host tags bytes by what they are (civic_reply_bytes()).  A JSON answer
 * whose bytes differ each time, or cost something, is tagged by what it is
 * made of.
 */

#ifndef CIVIC_SHARED_ETAG_H
#define CIVIC_SHARED_ETAG_H

#include "civic_plugin.h"

/*
 * Adds the header ETag.  tag: letters, digits, "-", "." and "_".  Returns 1
 * if the request's If-None-Match names it: the reply, 304 without a body, is
 * made then, and the handler is done.
 *
 *     if (shared_unchanged(r, tag)) {
 *         return CIVIC_OK;
 *     }
 */
int shared_unchanged(civic_request_t *r, civic_str_t tag);

#endif
