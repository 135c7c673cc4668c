/*
 * csv.c - see csv.h.
 */

#include <string.h>

#include "csv.h"
#include "text.h"

#define BOM      "\xef\xbb\xbf"
#define BOM_LEN  3


void
civic_csv_begin(civic_csv_t *csv, char *text, size_t len)
{
    csv->at = text;
    csv->end = text + len;
    csv->line = 0;

    if (len >= BOM_LEN && memcmp(text, BOM, BOM_LEN) == 0) {
        csv->at += BOM_LEN;
    }
}


/* A tab is a blank that some editors leave. */
static int
is_text(const char *s, const char *end)
{
    size_t   size;
    int32_t  code;

    while (s < end) {
        code = civic_text_code(s, (size_t) (end - s), &size);

        if (code < 0 || (code < 0x20 && code != '\t') || code == 0x7f) {
            return 0;
        }

        s += size;
    }

    return 1;
}


/* Behind its first quote.  Writes the text over itself, and gives where it
   goes on behind the last quote; NULL: there is none, or text behind it. */
static char *
read_quoted(char *s, char *end, civic_csv_field_t *field)
{
    char  *to = s;

    field->s = s;

    for ( ;; ) {
        if (s == end) {
            return NULL;
        }

        if (*s == '"') {
            if (s + 1 == end || s[1] != '"') {
                break;
            }

            s++;
        }

        *to++ = *s++;
    }

    field->len = (size_t) (to - field->s);
    s++;

    return s == end || *s == ',' ? s : NULL;
}


static char *
read_plain(char *s, char *end, civic_csv_field_t *field)
{
    char  *comma = memchr(s, ',', (size_t) (end - s));

    field->s = s;
    field->len = (size_t) ((comma == NULL ? end : comma) - s);

    return memchr(s, '"', field->len) != NULL ? NULL : s + field->len;
}


static civic_csv_status_t
read_line(char *s, char *end, civic_csv_field_t *fields, size_t max,
    size_t *count)
{
    if (!is_text(s, end)) {
        return CIVIC_CSV_BYTES;
    }

    for ( ;; ) {
        if (*count == max) {
            return CIVIC_CSV_MANY;
        }

        s = s < end && *s == '"' ? read_quoted(s + 1, end, &fields[*count])
                                 : read_plain(s, end, &fields[*count]);
        if (s == NULL) {
            return CIVIC_CSV_QUOTES;
        }

        (*count)++;

        if (s == end) {
            return CIVIC_CSV_ROW;
        }

        s++;                                    /* the comma */
    }
}


civic_csv_status_t
civic_csv_next(civic_csv_t *csv, civic_csv_field_t *fields, size_t max,
    size_t *count)
{
    char  *s, *end;

    *count = 0;

    while (csv->at < csv->end) {
        s = csv->at;
        end = memchr(s, '\n', (size_t) (csv->end - s));
        csv->at = end == NULL ? csv->end : end + 1;
        end = end == NULL ? csv->end : end;
        csv->line++;

        if (end > s && end[-1] == '\r') {
            end--;
        }

        if (end > s) {
            return read_line(s, end, fields, max, count);
        }
    }

    return CIVIC_CSV_END;
}
