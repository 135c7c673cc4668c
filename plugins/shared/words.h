/*
 * words.h - texts of words with one space between, as scripts compare them:
 * "<state> <version> <since ms> ...".
 *
 * A record that scripts decide by is such a text (and one that is sealed:
 * record.h).  Redis' answers are untrusted: a text that does not have
 * exactly the words that it should have is damaged, never guessed at.
 */

#ifndef CIVIC_SHARED_WORDS_H
#define CIVIC_SHARED_WORDS_H

#include "civic_plugin.h"

/*
 * A copy that is the request's: for what Redis, a call or a rule answered,
 * for a body's member and for the principal's pid, all of which may go
 * before the request does.  A NUL stands behind it.  Empty stays empty, also
 * where data is NULL; the copy's data never is.
 */
civic_str_t shared_copy(civic_request_t *r, civic_str_t text);

/*
 * Takes a text apart that has exactly count words, at least 1.  Each word is
 * the request's, with a NUL behind it; none is empty.  0, or -1: it has more
 * or fewer, an empty one, or a NUL in it; words are undefined then.
 *
 *     civic_str_t  words[3];                  "<state> <version> <since ms>"
 *
 *     if (shared_words(r, text, words, 3) != 0) {
 *         return -1;
 *     }
 *
 *     order->text = shared_copy(r, text);     for the script to compare
 *     order->state = words[0];
 *     order->version = shared_number(words[1], -1);       values.h
 *     order->since = shared_number(words[2], -1);
 */
int shared_words(civic_request_t *r, civic_str_t text, civic_str_t *words,
    size_t count);

/* Whether it is a word of these characters, at most so many. */
int shared_is_word(civic_str_t text, const char *characters, size_t most);

/* The n-th word from 0, in place, without a NUL; empty if there are fewer.
   For rows that grew, and for entries of outboxes. */
civic_str_t shared_word(civic_str_t text, size_t n);

#endif
