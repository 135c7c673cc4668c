/*
 * device.c - see device.h.
 */

#include "base64.h"
#include "device.h"

#define DEVICE_COOKIE   "__Host-civic_device"
#define MAX_TOKEN       128


/* The value of a cookie in the header; empty if it is not there. */
static civic_str_t
find_cookie(civic_str_t header, civic_str_t name)
{
    size_t       at, end;
    civic_str_t  none = { "", 0 };

    for (at = 0; at < header.len; at = end + 1) {
        while (at < header.len && header.data[at] == ' ') {
            at++;
        }

        for (end = at; end < header.len && header.data[end] != ';'; end++) {
            /* to the end of this pair */
        }

        if (end - at > name.len && header.data[at + name.len] == '='
            && memcmp(header.data + at, name.data, name.len) == 0)
        {
            return (civic_str_t) { header.data + at + name.len + 1,
                                   end - at - name.len - 1 };
        }
    }

    return none;
}


static civic_str_t
token_of(civic_request_t *r)
{
    civic_str_t  token = civic_header(r, "civic-device");

    if (token.len > 0) {
        return token;
    }

    return find_cookie(civic_header(r, "cookie"), CIVIC_STR(DEVICE_COOKIE));
}


/* 1 if the client sent an id of ours; anything else is no device. */
static int
open_token(civic_request_t *r, civic_str_t token, shared_device_t *device)
{
    char         bytes[MAX_TOKEN];
    int64_t      len;
    civic_str_t  plain;

    if (token.len == 0 || token.len > MAX_TOKEN) {
        return 0;
    }

    len = civic_base64_decode_url(token.data, token.len, bytes);

    if (len <= 0
        || civic_open(r, SHARED_DEVICE_PURPOSE, CIVIC_STR(""),
                      (civic_str_t) { bytes, (size_t) len }, &plain)
           != CIVIC_OK
        || plain.len != SHARED_DEVICE_BYTES)
    {
        return 0;
    }

    civic_base64_encode_url(plain.data, plain.len, device->id);

    return 1;
}


civic_result_t
shared_device_read(civic_request_t *r, shared_device_t *device)
{
    civic_result_t  rc;
    unsigned char   bytes[SHARED_DEVICE_BYTES];

    device->given = open_token(r, token_of(r), device);

    if (device->given) {
        return CIVIC_OK;
    }

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_base64_encode_url(bytes, sizeof(bytes), device->id);

    return CIVIC_OK;
}


civic_result_t
shared_device_token(civic_request_t *r, const shared_device_t *device,
    civic_str_t *token)
{
    char           *text;
    civic_str_t     sealed;
    civic_result_t  rc;
    unsigned char   bytes[SHARED_DEVICE_BYTES + 3];

    if (civic_base64_decode_url(device->id, SHARED_DEVICE_ID, bytes)
        != SHARED_DEVICE_BYTES)
    {
        return CIVIC_INVALID;
    }

    rc = civic_seal(r, SHARED_DEVICE_PURPOSE, CIVIC_STR(""),
                    (civic_str_t) { (char *) bytes, SHARED_DEVICE_BYTES },
                    &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    text = civic_alloc(r, CIVIC_BASE64_ROOM(sealed.len));
    token->len = civic_base64_encode_url(sealed.data, sealed.len, text);
    token->data = text;

    return CIVIC_OK;
}


civic_result_t
shared_device_cookie(civic_request_t *r, civic_str_t token, int64_t life)
{
    return civic_reply_header(r, "Set-Cookie",
        civic_print(r, "%s=%.*s; Path=/; Max-Age=%lld; Secure; HttpOnly; "
                    "SameSite=Strict", DEVICE_COOKIE, (int) token.len,
                    token.data, (long long) life));
}
