/*
 * civic/messages.h - a person's inbox, which the plugin "civic" keeps.
 */

#ifndef CIVIC_CONTRACT_MESSAGES_H
#define CIVIC_CONTRACT_MESSAGES_H

#include "civic/host.h"

/* By address.  A message for a person's inbox.  Texts are the reader's;
   without an English one the Chinese stands. */
typedef struct {
    civic_str_t   pid;
    const char   *kind;                 /* "review.approved" */
    civic_str_t   once;                 /* its name: a second message of the
                                           same kind and name is none */
    civic_str_t   title_zh;
    civic_str_t   title_en;
    civic_str_t   text_zh;
    civic_str_t   text_en;
} civic_message_t;

/* Puts a message into a person's inbox.  CIVIC_NOT_FOUND: the plugin "civic"
   is not loaded. */
static inline civic_result_t
civic_message(civic_request_t *r, const civic_message_t *m)
{
    json_t  *in, *out;

    in = json_pack("{s:s%,s:s,s:s%,s:s%,s:s%,s:s%,s:s%}",
                   "pid", civic_text_or_empty(m->pid), m->pid.len,
                   "kind", m->kind,
                   "once", civic_text_or_empty(m->once), m->once.len,
                   "title_zh", civic_text_or_empty(m->title_zh),
                   m->title_zh.len,
                   "title_en", civic_text_or_empty(m->title_en),
                   m->title_en.len,
                   "text_zh", civic_text_or_empty(m->text_zh),
                   m->text_zh.len,
                   "text_en", civic_text_or_empty(m->text_en),
                   m->text_en.len);

    return in == NULL ? CIVIC_ERROR
                      : r->host->call(r, "civic.message", in, &out);
}

#endif /* CIVIC_CONTRACT_MESSAGES_H */
