/*
 * device.c - see device.h.
 */

#include "base64.h"
#include "cookie.h"
#include "device.h"

#define DEVICE_COOKIE   "__Host-civic_device"
#define MAX_TOKEN       128


static civic_str_t
token_of(civic_request_t *r)
{
    civic_str_t  token = civic_header(r, "civic-device");

    if (token.len > 0) {
        return token;
    }

    return shared_cookie_read(r, DEVICE_COOKIE);
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
    return shared_cookie_set(r, DEVICE_COOKIE, token, life);
}
