/*
 * sealed_link.h - a link for who cannot send a header, such as a phone that
 * loads a picture: sealed, for some minutes, and nobody can read from it whose
 * or what it is.
 */

#ifndef CIVIC_SHARED_SEALED_LINK_H
#define CIVIC_SHARED_SEALED_LINK_H

#include "civic_plugin.h"

#define SHARED_LINK_TEXT  400           /* characters, at most */

/* purpose is one of the plugin's table and serves links alone; what: words,
   such as "<pid> <id>"; expires: real time. */
civic_result_t shared_link_make(civic_request_t *r, const char *purpose,
    civic_str_t what, civic_msec_t expires, civic_str_t *link);

/* And back: exactly count words (at most 4), as words.h takes them apart.
   CIVIC_NOT_FOUND: forged, or too old. */
civic_result_t shared_link_read(civic_request_t *r, const char *purpose,
    civic_str_t link, civic_str_t *words, size_t count);

#endif
