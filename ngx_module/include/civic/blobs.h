/*
 * civic/blobs.h - files: what was uploaded, and what is kept of persons.
 */

#ifndef CIVIC_CONTRACT_BLOBS_H
#define CIVIC_CONTRACT_BLOBS_H

#include "civic/host.h"

/*
 * A blob is a file of a person, sealed in chunks under a key of its own, in
 * the folder of civic_blobs.  That key stands, sealed once more, in the
 * record: a field of the person's hash "blobs", whose name is the blob's id.
 * Who deletes the field has deleted the blob, for ever; the file goes later.
 *
 * A file is complete on the disk before anybody can refer to it.  The script
 * that begins to refer to it stores the record in the same step:
 *
 *     keys[1] = civic_person_key(r, pid, "blobs");
 *     args[1] = blob.id;  args[2] = blob.record;
 *
 *     redis.call("HSET", KEYS[2], ARGV[2], ARGV[3])      -- in the script
 *
 * A file whose record was not stored within an hour is removed.
 *
 * purpose is one of the plugin's table.  A blob is opened only for the pid,
 * purpose and id that it was kept with; CIVIC_NOT_FOUND: there is no such
 * record.  CIVIC_NOT_SENT: the folder cannot be used now (full, read-only,
 * gone, not this machine's), nothing was done.  CIVIC_INVALID: the file or
 * its record is damaged; logged, with an alarm.
 */

/* What the body of an upload is, as far as it was looked at. */
struct civic_upload_s {
    const char   *media_type;           /* of the route's list */
    uint64_t      size;                 /* bytes; at least 1 */
    civic_str_t   digest;               /* SHA-256, 32 bytes */
    civic_str_t   head;                 /* its first bytes, at most 512 */
};

/* A file that is kept.  record is what opens it: sealed, and to be stored in
   the person's hash of blobs, by the script that begins to refer to it. */
struct civic_blob_s {
    civic_str_t   id;                   /* 22 characters of base64url */
    civic_str_t   record;
    const char   *media_type;
    uint64_t      size;
    civic_str_t   digest;               /* SHA-256 of its bytes, 32 bytes */
    civic_msec_t  created_at;
};

/*
 * The body of a route with uploads: one file, raw or as the one part of a
 * multipart/form-data.  It was sealed into the folder as it arrived, and is
 * thrown away with the request unless civic_blob_keep() keeps it.  NULL on
 * other routes.
 */
static inline const civic_upload_t *
civic_upload(civic_request_t *r)
{
    return r->host->upload(r);
}

/* All of the upload in memory, before it is kept: at most 6 MB, else
   CIVIC_BUSY.  Wait for a turn first (civic_turn()): uploads are large and
   come together. */
static inline civic_result_t
civic_upload_read(civic_request_t *r, civic_str_t *bytes)
{
    return r->host->upload_read(r, bytes);
}

/* Keeps the upload as a blob of a person.  Once for each request. */
static inline civic_result_t
civic_blob_keep(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_blob_t *blob)
{
    return r->host->blob_keep(r, pid, purpose, blob);
}

/* Makes a blob of bytes that the plugin has: at least 1, at most 4 MB. */
static inline civic_result_t
civic_blob_write(civic_request_t *r, civic_str_t pid, const char *purpose,
    const char *media_type, civic_str_t bytes, civic_blob_t *blob)
{
    return r->host->blob_write(r, pid, purpose, media_type, bytes, blob);
}

/* All of a blob in memory: at most 6 MB, else CIVIC_BUSY.  blob->record is
   empty. */
static inline civic_result_t
civic_blob_read(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, civic_blob_t *blob, civic_str_t *bytes)
{
    return r->host->blob_read(r, pid, purpose, id, blob, bytes);
}

/* Makes a blob the reply (200), streamed as it is opened, never cached. */
static inline civic_result_t
civic_reply_blob(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id)
{
    return r->host->reply_blob(r, pid, purpose, id);
}

/*
 * A URL that anybody may load for lifetime seconds (1 to 300): for pictures
 * that a phone loads without headers.  It tells nothing of the person.
 * Neither the record nor the file is looked at.
 */
static inline civic_result_t
civic_blob_url(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, unsigned lifetime, civic_str_t *url)
{
    return r->host->blob_url(r, pid, purpose, id, lifetime, url);
}

/* What such a URL leads to: the plugin "civic" has the route.  ticket is its
   last part.  CIVIC_NOT_FOUND: forged, too old, or the blob is gone. */
static inline civic_result_t
civic_reply_blob_url(civic_request_t *r, civic_str_t ticket)
{
    return r->host->reply_blob_url(r, ticket);
}

/*
 * Deletes blobs of a person: the records, if a script has not done so, with
 * an entry in the audit trail for each that was there, then the files.  At
 * most 64.  Blobs that are gone are no error.
 */
static inline civic_result_t
civic_blob_delete(civic_request_t *r, civic_str_t pid, const civic_str_t *ids,
    size_t count)
{
    return r->host->blob_delete(r, pid, ids, count);
}

/* In a job: removes files without a record.  The plugin "civic" has it. */
static inline civic_result_t
civic_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed)
{
    return r->host->blobs_sweep(r, job, removed);
}

#endif /* CIVIC_CONTRACT_BLOBS_H */
