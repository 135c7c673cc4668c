/*
 * device.h - devices that logged in before.
 *
 * After a login the client keeps a sealed id.  The person's slot remembers
 * which ids logged in as that person; guesses from such a device are counted
 * apart, so that guesses from elsewhere never keep the owner out.  An id is
 * not bound to one person: a family shares a phone.  It proves nothing but
 * "was here before", and cannot be made up.
 *
 * The plugin's table of purposes has SHARED_DEVICE_PURPOSE.
 */

#ifndef CIVIC_SHARED_DEVICE_H
#define CIVIC_SHARED_DEVICE_H

#include "civic_plugin.h"

#define SHARED_DEVICE_BYTES    16
#define SHARED_DEVICE_ID       22           /* base64url of them */
#define SHARED_DEVICE_PURPOSE  "device"

typedef struct {
    char  id[SHARED_DEVICE_ID + 1];
    int   given;                            /* the client sent a real one */
} shared_device_t;

/* The device that the client says it is, or a new one. */
civic_result_t shared_device_read(civic_request_t *r, shared_device_t *device);

/* What the client keeps: the sealed id, base64url. */
civic_result_t shared_device_token(civic_request_t *r,
    const shared_device_t *device, civic_str_t *token);

/* Gives it to a browser as a cookie. */
civic_result_t shared_device_cookie(civic_request_t *r, civic_str_t token,
    int64_t life);

#endif
