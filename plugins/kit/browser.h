/*
 * browser.h - what a User-Agent tells of the program and its system, in few
 * words: "Chrome 126, Windows 10".
 *
 * Anybody can send any text: only names of our own and digits are given.
 * For people who are asked whether that is the computer before them, not for
 * decisions.  Pure, for any thread.
 */

#ifndef CIVIC_KIT_BROWSER_H
#define CIVIC_KIT_BROWSER_H

#include <stddef.h>

#define CIVIC_BROWSER_TEXT  48          /* with NUL */

/* Returns its length; 0 if neither program nor system is known. */
size_t civic_browser_summary(const char *agent, size_t len,
    char out[CIVIC_BROWSER_TEXT]);

#endif
