/*
 * message.h - messages in the words of a rule: whether something is told, and
 * how, is policy (lua/rules/lib/words.lua); to whom, and once for what, is the
 * plugin's.
 */

#ifndef CIVIC_SHARED_MESSAGE_H
#define CIVIC_SHARED_MESSAGE_H

#include "civic_plugin.h"

/* An instant as messages have it: "2026-03-09 12:00", in China's time; empty
   for 0. */
civic_str_t shared_minute(civic_request_t *r, civic_msec_t at);

/*
 * Asks the plugin's rule of that name with in, whose reference it takes, and
 * sends what it answers: send, title_zh, title_en, text_zh, text_en.  message
 * says the rest.  *sent, unless NULL: whether it is in the inbox.  Where no
 * plugin keeps inboxes it is not, which is no failure.
 */
civic_result_t shared_message(civic_request_t *r, const char *rule, json_t *in,
    civic_message_t message, int *sent);

#endif
