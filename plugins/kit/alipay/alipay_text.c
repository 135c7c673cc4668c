/*
 * alipay_text.c - growing texts, base64, percent escapes, lines for logs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "alipay_private.h"
#include "base64.h"

#define FIRST_ROOM  256


int
alipay_fail(alipay_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    if (failure != NULL) {
        va_start(args, fmt);
        vsnprintf(failure->text, sizeof(failure->text), fmt, args);
        va_end(args);
    }

    return -1;
}


/* ---- texts that grow --------------------------------------------------- */

/* Old bytes are wiped, which realloc() would not do. */
static int
make_room(alipay_text_t *text, size_t more)
{
    char    *data;
    size_t   size = text->size == 0 ? FIRST_ROOM : text->size;

    if (text->failed || more > ALIPAY_TEXT_MAX
        || text->len + more > ALIPAY_TEXT_MAX)
    {
        return -1;
    }

    if (text->size != 0 && text->len + more < text->size) {
        return 0;
    }

    while (size <= text->len + more) {
        size *= 2;
    }

    data = malloc(size);
    if (data == NULL) {
        return -1;
    }

    if (text->data != NULL) {
        memcpy(data, text->data, text->len);
        OPENSSL_cleanse(text->data, text->size);
        free(text->data);
    }

    text->data = data;
    text->size = size;

    return 0;
}


void
alipay_put(alipay_text_t *text, const void *data, size_t len)
{
    if (make_room(text, len) != 0) {
        text->failed = 1;
        return;
    }

    if (len > 0) {
        memcpy(text->data + text->len, data, len);
        text->len += len;
    }

    text->data[text->len] = '\0';
}


void
alipay_puts(alipay_text_t *text, const char *data)
{
    alipay_put(text, data, strlen(data));
}


/* RFC 3986 section 2.3, whatever the locale. */
static int
is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}


void
alipay_put_encoded(alipay_text_t *text, const char *data, size_t len)
{
    static const char  hex[] = "0123456789ABCDEF";

    char    escape[3] = { '%', 0, 0 };
    size_t  i, start = 0;

    for (i = 0; i < len; i++) {
        if (is_unreserved(data[i])) {
            continue;
        }

        alipay_put(text, data + start, i - start);
        escape[1] = hex[(unsigned char) data[i] >> 4];
        escape[2] = hex[(unsigned char) data[i] & 15];
        alipay_put(text, escape, sizeof(escape));
        start = i + 1;
    }

    alipay_put(text, data + start, len - start);
}


void
alipay_put_base64(alipay_text_t *text, const void *data, size_t len)
{
    if (len > ALIPAY_TEXT_MAX / 2
        || make_room(text, CIVIC_BASE64_ROOM(len)) != 0)
    {
        text->failed = 1;
        return;
    }

    text->len += civic_base64_encode(data, len, text->data + text->len);
}


int
alipay_text_finish(alipay_text_t *text)
{
    return text->failed || text->data == NULL ? -1 : 0;
}


void
alipay_text_free(alipay_text_t *text)
{
    if (text->data != NULL) {
        OPENSSL_cleanse(text->data, text->size);
        free(text->data);
    }

    memset(text, 0, sizeof(*text));
}


char *
alipay_copy(const char *data, size_t len)
{
    char  *copy = malloc(len + 1);

    if (copy != NULL) {
        memcpy(copy, data, len);
        copy[len] = '\0';
    }

    return copy;
}


void
alipay_wipe(char *data, size_t len)
{
    if (data != NULL) {
        OPENSSL_cleanse(data, len);
        free(data);
    }
}


/* ---- for logs ---------------------------------------------------------- */

void
alipay_code_copy(char *out, size_t size, const char *code)
{
    size_t  i;

    out[0] = '\0';

    if (code == NULL) {
        return;
    }

    for (i = 0; code[i] != '\0'; i++) {
        if (i + 1 == size || code[i] == '~' || !is_unreserved(code[i])) {
            out[0] = '\0';
            return;
        }

        out[i] = code[i];
    }

    out[i] = '\0';
}


void
alipay_say(char *why, const char *fmt, ...)
{
    size_t   len = strlen(why);
    va_list  args;

    va_start(args, fmt);
    vsnprintf(why + len, ALIPAY_WHY - len, fmt, args);
    va_end(args);
}
