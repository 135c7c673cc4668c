/*
 * blob_record.c - what is said of a blob: its record as bytes, its id, the
 * name of its file.
 *
 * A record's bytes: version (1), key (32), digest (32), size and time (8
 * each, network order), the length of the media type (1), the media type.
 * Buffers are the callers'.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "blob_internal.h"
#include "keyring.h"

#define BLOB_RECORD_VERSION  1
#define BLOB_RECORD_FIXED                                                     \
    (1 + CIVIC_BLOB_KEY + CIVIC_BLOB_DIGEST + 8 + 8 + 1)


/* ---- numbers as bytes, names ------------------------------------------- */

void
civic_blob_put(unsigned char *p, uint64_t value, size_t bytes)
{
    size_t  i;

    for (i = 0; i < bytes; i++) {
        p[i] = (unsigned char) (value >> 8 * (bytes - 1 - i));
    }
}


static uint64_t
blob_get(const unsigned char *p, size_t bytes)
{
    size_t    i;
    uint64_t  value = 0;

    for (i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }

    return value;
}


static int
blob_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_';
}


int
civic_blob_name_valid(civic_str_t name, size_t min, size_t max)
{
    size_t  i;

    if (name.len < min || name.len > max) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        if (!blob_name_char(name.data[i])) {
            return 0;
        }
    }

    return 1;
}


/* Only what is an encoding of 16 bytes: one text for one id. */

int
civic_blob_id_valid(civic_str_t id)
{
    unsigned char  bytes[CIVIC_BLOB_ID];

    return id.len == CIVIC_BLOB_ID && civic_base64url_decode(id, bytes) == 16;
}


int
civic_blob_path(char *path, size_t size, const char *folder, civic_str_t pid,
    civic_str_t id)
{
    int  len;

    if (!civic_blob_name_valid(pid, CIVIC_BLOB_PREFIX, CIVIC_BLOB_PID_MAX)
        || !civic_blob_id_valid(id))
    {
        errno = EINVAL;
        return -1;
    }

    len = snprintf(path, size, "%s/%.2s/%.*s.%.*s", folder, pid.data,
                   (int) pid.len, pid.data, (int) id.len, id.data);

    if (len < 0 || (size_t) len >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }

    return 0;
}


/* ---- records ----------------------------------------------------------- */

size_t
civic_blob_record_encode(const civic_blob_record_t *record, unsigned char *out)
{
    size_t          type = strnlen(record->media_type, CIVIC_BLOB_TYPE);
    unsigned char  *p = out;

    *p++ = BLOB_RECORD_VERSION;
    memcpy(p, record->key, CIVIC_BLOB_KEY);
    p += CIVIC_BLOB_KEY;
    memcpy(p, record->digest, CIVIC_BLOB_DIGEST);
    p += CIVIC_BLOB_DIGEST;
    civic_blob_put(p, record->size, 8);
    p += 8;
    civic_blob_put(p, (uint64_t) record->created_at, 8);
    p += 8;
    *p++ = (unsigned char) type;
    memcpy(p, record->media_type, type);

    return BLOB_RECORD_FIXED + type;
}


/* A media type becomes a header of an answer, hence no control characters. */

static int
blob_type_valid(const unsigned char *type, size_t len)
{
    size_t  i;

    if (len == 0 || len > CIVIC_BLOB_TYPE) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (type[i] < 0x20 || type[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


int
civic_blob_record_decode(civic_str_t bytes, civic_blob_record_t *record)
{
    size_t                type;
    const unsigned char  *p = (const unsigned char *) bytes.data;

    if (bytes.len < BLOB_RECORD_FIXED || p[0] != BLOB_RECORD_VERSION) {
        return -1;
    }

    type = p[BLOB_RECORD_FIXED - 1];

    if (bytes.len != BLOB_RECORD_FIXED + type
        || !blob_type_valid(p + BLOB_RECORD_FIXED, type))
    {
        return -1;
    }

    memset(record, 0, sizeof(civic_blob_record_t));
    p++;
    memcpy(record->key, p, CIVIC_BLOB_KEY);
    p += CIVIC_BLOB_KEY;
    memcpy(record->digest, p, CIVIC_BLOB_DIGEST);
    p += CIVIC_BLOB_DIGEST;
    record->size = blob_get(p, 8);
    p += 8;
    record->created_at = (civic_msec_t) blob_get(p, 8);
    p += 8;
    memcpy(record->media_type, p + 1, type);

    return record->size == 0 || record->size > CIVIC_BLOB_SIZE_MAX
           || record->created_at < 0 ? -1 : 0;
}
