/*
 * sealed_link.c - a link for who cannot send a header.
 */

#include "base64.h"
#include "sealed_link.h"
#include "values.h"
#include "words.h"

#define WORDS  4                        /* beside the time */


/* A link of one purpose is none of another: the purpose is the context. */
civic_result_t
shared_link_make(civic_request_t *r, const char *purpose, civic_str_t what,
    civic_msec_t expires, civic_str_t *link)
{
    char            *text;
    civic_str_t      plain, sealed;
    civic_result_t   rc;

    plain = civic_print(r, "%lld %.*s", (long long) expires, (int) what.len,
                        what.data);
    rc = civic_seal(r, purpose, civic_cstr(purpose), plain, &sealed);

    if (rc == CIVIC_OK) {
        text = civic_alloc(r, CIVIC_BASE64_ROOM(sealed.len));
        link->data = text;
        link->len = civic_base64_encode_url(sealed.data, sealed.len, text);
    }

    return rc;
}


civic_result_t
shared_link_read(civic_request_t *r, const char *purpose, civic_str_t link,
    civic_str_t *words, size_t count)
{
    char            *bytes;
    size_t           i;
    int64_t          len;
    civic_str_t      plain, all[WORDS + 1];
    civic_result_t   rc;

    if (link.len == 0 || link.len > SHARED_LINK_TEXT || count > WORDS) {
        return CIVIC_NOT_FOUND;
    }

    bytes = civic_alloc(r, link.len);
    len = civic_base64_decode_url(link.data, link.len, bytes);

    if (len <= 0) {
        return CIVIC_NOT_FOUND;
    }

    rc = civic_open(r, purpose, civic_cstr(purpose),
                    (civic_str_t) { bytes, (size_t) len }, &plain);

    if (rc == CIVIC_INVALID
        || (rc == CIVIC_OK && (shared_words(r, plain, all, count + 1) != 0
                               || shared_number(all[0], 0) <= civic_now(r))))
    {
        return CIVIC_NOT_FOUND;
    }

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        words[i] = all[i + 1];
    }

    return rc;
}
