/*
 * picture_read.c - the picture of a face out of the provider's answer, on a
 * work thread: {"FACE": "<base64>"} as text, of a megabyte or more.
 *
 * It is somebody else's input: bounds and magic are looked at, and the pixels
 * are never decoded here.
 */

#define _GNU_SOURCE                 /* memmem(), memrchr() */

#include <stdlib.h>

#include "base64.h"
#include "face_auth.h"

#define NAME  "\"FACE\""


static size_t
skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && strchr(" \t\r\n", text[at]) != NULL
           && text[at] != '\0')
    {
        at++;
    }

    return at;
}


/* The first character of the value, behind its quote; or len. */
static size_t
find_value(const char *text, size_t len)
{
    size_t       at;
    const char  *name = memmem(text, len, NAME, sizeof(NAME) - 1);

    if (name == NULL) {
        return len;
    }

    at = skip_space(text, len, (size_t) (name - text) + sizeof(NAME) - 1);

    if (at == len || text[at] != ':') {
        return len;
    }

    at = skip_space(text, len, at + 1);

    return at < len && text[at] == '"' ? at + 1 : len;
}


/* base64 between quotes, where "/" may be "\/" and line ends "\n"; its
   length, or -1. */
static int64_t
copy_value(const char *text, size_t len, size_t at, char *out)
{
    size_t  used = 0;

    for ( ; at < len && text[at] != '"'; at++) {
        if (text[at] != '\\') {
            out[used++] = text[at];
            continue;
        }

        if (++at == len) {
            return -1;
        }

        if (text[at] == '/') {
            out[used++] = '/';

        } else if (text[at] != 'n' && text[at] != 'r') {
            return -1;
        }
    }

    return at < len ? (int64_t) used : -1;
}


/* SOI and a marker at the beginning, EOI at the end. */
static int
is_jpeg(const char *bytes, size_t size)
{
    static const unsigned char  soi[] = { 0xff, 0xd8, 0xff };
    static const unsigned char  eoi[] = { 0xff, 0xd9 };

    return size > sizeof(soi) + sizeof(eoi)
           && memcmp(bytes, soi, sizeof(soi)) == 0
           && memcmp(bytes + size - sizeof(eoi), eoi, sizeof(eoi)) == 0;
}


static void
decode(face_picture_t *picture, const char *text, size_t len)
{
    int64_t  size;

    picture->bytes = malloc(len / 4 * 3 + 3);

    if (picture->bytes == NULL) {
        picture->wrong = "no memory";
        return;
    }

    size = civic_base64_decode(text, len, picture->bytes, len / 4 * 3 + 3);

    if (size < 0) {
        picture->wrong = "no base64";

    } else if ((size_t) size < picture->least
               || (size_t) size > picture->most)
    {
        picture->wrong = "too small or too large";

    } else if (!is_jpeg(picture->bytes, (size_t) size)) {
        picture->wrong = "no JPEG";
    }

    picture->size = size < 0 ? 0 : (size_t) size;
}


void
face_picture_read(void *data)
{
    char            *text;
    size_t           at;
    int64_t          len;
    face_picture_t  *picture = data;

    at = find_value(picture->material, picture->len);

    if (at == picture->len) {
        picture->wrong = "no \"FACE\"";
        return;
    }

    text = malloc(picture->len - at + 1);

    if (text == NULL) {
        picture->wrong = "no memory";
        return;
    }

    len = copy_value(picture->material, picture->len, at, text);

    if (len < 0) {
        picture->wrong = "cut off";

    } else {
        decode(picture, text, (size_t) len);
    }

    if (picture->wrong != NULL) {
        free(picture->bytes);
        picture->bytes = NULL;
    }

    free(text);
}
