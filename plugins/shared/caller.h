/*
 * caller.h - coarse facts of who calls: for records that are kept, for people
 * who are asked whether that was them, and which language they read.
 */

#ifndef CIVIC_SHARED_CALLER_H
#define CIVIC_SHARED_CALLER_H

#include "civic_plugin.h"

/* The network of an address: an IPv4 /24, an IPv6 /48.  Empty for a unix
   socket. */
civic_str_t shared_address_class(civic_request_t *r, civic_str_t address);

/* The same text for all that one session does, and another for each other
   one; to be digested.  It opens nothing. */
civic_str_t shared_session_text(civic_request_t *r);

/* Whether the reader prefers English (Accept-Language), and the same as the
   "language" that rules are asked with: "en", or "zh" for all others. */
int shared_reads_english(civic_request_t *r);
const char *shared_language(civic_request_t *r);

#endif
