/*
 * letters.c - see letters.h.
 */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "fonts.h"
#include "letters.h"

typedef enum {
    LETTER_GOES = 0,                    /* is left out */
    LETTER_STAYS,
    LETTER_SPACE,
    LETTER_LINE,                        /* a new one begins */
    LETTER_MARK,
    LETTER_VARIANT,                     /* which form the letter before has */
    LETTER_MISSING
} letter_t;

typedef struct {
    char  *text;
    char  *at;                          /* where it goes on */
    char  *letter;                      /* that was printed last, or NULL */
} printed_t;


int
letters_han(uint32_t c)
{
    return g_unichar_get_script(c) == G_UNICODE_SCRIPT_HAN;
}


static int
is_variant(uint32_t c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}


static letter_t
what_is(uint32_t c)
{
    if (is_variant(c)) {
        return LETTER_VARIANT;
    }

    switch (g_unichar_type(c)) {

    case G_UNICODE_CONTROL:
        return c == '\n' || c == 0x85 ? LETTER_LINE
               : c == '\t' ? LETTER_SPACE : LETTER_GOES;

    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return LETTER_LINE;

    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
        return LETTER_GOES;

    /* Any font has its own there, or none. */
    case G_UNICODE_PRIVATE_USE:
        return LETTER_MISSING;

    case G_UNICODE_SPACE_SEPARATOR:
        return fonts_have(c) ? LETTER_STAYS : LETTER_SPACE;

    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_SPACING_MARK:
        return fonts_have(c) ? LETTER_MARK : LETTER_MISSING;

    default:
        return fonts_have(c) ? LETTER_STAYS : LETTER_MISSING;
    }
}


static void
tell_missing(letters_t *letters, uint32_t c)
{
    unsigned  i;

    for (i = 0; i < letters->count; i++) {
        if (letters->missing[i] == c) {
            return;
        }
    }

    if (letters->count < LETTERS_MISSING) {
        letters->missing[letters->count++] = c;
    }
}


static uint32_t
instead_of_missing(void)
{
    return fonts_have(FONTS_GETA) ? FONTS_GETA : '?';
}


/* A letter and its mark as the one character that they are together: fonts
   have that, and the mark in a font of its own would stand beside it. */
static int
compose(printed_t *printed, uint32_t mark)
{
    gunichar  whole;

    if (printed->letter == NULL
        || !g_unichar_compose(g_utf8_get_char(printed->letter), mark, &whole)
        || !fonts_have(whole))
    {
        return 0;
    }

    printed->at = printed->letter;
    printed->at += g_unichar_to_utf8(whole, printed->at);

    return 1;
}


static void
print_letter(printed_t *printed, uint32_t c, letter_t what,
    letters_t *letters)
{
    switch (what) {

    case LETTER_SPACE:
        c = ' ';
        break;

    case LETTER_LINE:
        c = '\n';
        break;

    case LETTER_MISSING:
        tell_missing(letters, c);
        c = instead_of_missing();
        break;

    case LETTER_MARK:
        if (compose(printed, c)) {
            return;
        }
        break;

    default:
        break;
    }

    printed->letter = what == LETTER_STAYS ? printed->at : NULL;
    printed->at += g_unichar_to_utf8(c, printed->at);
}


char *
letters_print(const char *text, size_t *len, letters_t *letters)
{
    letter_t    what;
    uint32_t    c;
    unsigned    marks = 0;
    printed_t   printed = { .letter = NULL };

    /* The geta has three bytes, what it stands for may have two. */
    printed.text = printed.at = malloc(2 * strlen(text) + 1);

    if (printed.text == NULL) {
        return NULL;
    }

    for ( /* void */ ; *text != '\0'; text = g_utf8_next_char(text)) {
        c = g_utf8_get_char(text);
        what = what_is(c);
        marks = what == LETTER_MARK ? marks + 1 : 0;

        if (what != LETTER_GOES && marks <= LETTERS_MARKS
            && (what != LETTER_VARIANT || printed.letter != NULL))
        {
            print_letter(&printed, c, what, letters);
        }
    }

    *printed.at = '\0';
    *len = (size_t) (printed.at - printed.text);

    return printed.text;
}
