/*
 * fonts.h - the fonts that documents are set in: opened once, before workers
 * are forked, from a list of files in their order of preference.
 *
 * A worker may open nothing.  So nothing is left to be opened, looked for or
 * begun later: fontconfig knows these files alone and no cache, every face is
 * read and used once, and pango asks us, not fontconfig, which fonts there
 * are.  All files stay mapped, and the workers share their pages.
 *
 * One thread; lives as long as the process.
 */

#ifndef MEDIA_FONTS_H
#define MEDIA_FONTS_H

#include <pango/pangocairo.h>
#include <stdint.h>

/* cairo closes faces when it has more than ten open, and would open them
   again. */
#define FONTS_MOST  8
#define FONTS_WHY   256

/* Everything is set in this size, and drawn in another: so a font is one
   object, whatever sizes a document has. */
#define FONTS_SIZE  16.0

/* What stands where a character is that no font has: the printers' own sign
   for it. */
#define FONTS_GETA  0x3013

/* Debian's, those that are there.  For --fonts. */
extern const char  fonts_usual[];

/* files: paths with ":" between.  How many were opened; -1: none, and why. */
int fonts_open(const char *files, char why[FONTS_WHY]);

int fonts_opened(void);

/* To set text in: an own reference. */
PangoContext *fonts_context(const char *language);

/* Whether a font has the character. */
int fonts_have(uint32_t c);

/* Of the first font, in FONTS_SIZE: what a line is built around, whichever
   fonts its letters come from. */
double fonts_ascent(void);
double fonts_descent(void);

/* How far U+00B7 goes on in it. */
double fonts_dot(void);

/* Which of the fonts it is, or -1; and its name. */
int fonts_number(PangoFont *font);
const char *fonts_name(int number);

#endif
