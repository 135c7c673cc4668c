/*
 * blob.h - files of persons: sealed in chunks, complete or not there at all.
 *
 * A blob lies in "<folder>/<2 characters of the pid>/<pid>.<id>".  Before it
 * is complete it lies in "<folder>/incoming/<random>", from where it is
 * renamed once all of it is on the disk.
 *
 * The file: a head of 32 bytes (8 of magic, the chunk's size in network
 * order, zeros), then chunks of 64 KB, the last one shorter, each followed by
 * a tag of 16 bytes.  A chunk is sealed with AES-256-GCM under the blob's own
 * key; the nonce is its number and whether it is the last, so chunks can be
 * neither swapped nor cut off; the blob's id and the head are authenticated
 * with each.
 *
 * The record, which a purpose of the keyring seals with "<pid>:<id>" as its
 * context, has the key, the size, the digest, the type and the time.  Without
 * it the file is noise.
 *
 * Writers and readers block, so they are for threads, one at a time each.
 * They know no nginx and no Redis.
 */

#ifndef CIVIC_BLOB_H
#define CIVIC_BLOB_H

#include <sys/types.h>

#include "civic_plugin.h"

#define CIVIC_BLOB_CHUNK    65536
#define CIVIC_BLOB_TAG      16
#define CIVIC_BLOB_HEAD     32
#define CIVIC_BLOB_KEY      32
#define CIVIC_BLOB_DIGEST   32
#define CIVIC_BLOB_ID       22          /* base64url of 16 bytes */
#define CIVIC_BLOB_TYPE     63          /* characters of a media type */
#define CIVIC_BLOB_RECORD   256         /* bytes of a record, at most */
#define CIVIC_BLOB_START    512         /* bytes kept of the beginning */

/* What a record says. */
typedef struct {
    unsigned char  key[CIVIC_BLOB_KEY];
    unsigned char  digest[CIVIC_BLOB_DIGEST];   /* SHA-256 of the plain bytes */
    uint64_t       size;                        /* of the plain bytes */
    civic_msec_t   created_at;
    char           media_type[CIVIC_BLOB_TYPE + 1];
} civic_blob_record_t;

/* A record as bytes: the length; and back: 0, or -1 if it is none. */
size_t civic_blob_record_encode(const civic_blob_record_t *record,
    unsigned char *out);
int civic_blob_record_decode(civic_str_t bytes, civic_blob_record_t *record);

/* 22 characters of base64url. */
int civic_blob_id_valid(civic_str_t id);

/* The folders that a blob folder needs, made if they are missing: 0, or -1
   with errno. */
int civic_blob_folder_make(const char *folder);

/* The same by root for a user: what is made, or is root's and empty, becomes
   that user's (mode 0700); nothing else is changed. */
int civic_blob_folder_make_for(const char *folder, uid_t uid, gid_t gid);

/* Whether all that keeping a blob takes can be done in the folder: a file is
   written below it, a folder made in it, and both are removed again.  0, or
   an errno. */
int civic_blob_folder_try(const char *folder);


/* ---- writing ----------------------------------------------------------- */

typedef struct civic_blob_writer_s  civic_blob_writer_t;

/* A new file, key and id.  NULL with errno. */
civic_blob_writer_t *civic_blob_writer_open(const char *folder);

/* 0, or -1 with errno; after that only close() is left. */
int civic_blob_writer_add(civic_blob_writer_t *writer, const void *bytes,
    size_t len);

/* The last chunk, then fsync: all of it is on the disk.  A blob of no bytes
   is refused (EINVAL). */
int civic_blob_writer_finish(civic_blob_writer_t *writer);

/* After finish(): the file gets its name, and the folder is synced.  record
   is complete but for created_at and media_type, which are the caller's. */
int civic_blob_writer_keep(civic_blob_writer_t *writer, civic_str_t pid,
    civic_blob_record_t *record);

const char *civic_blob_writer_id(const civic_blob_writer_t *writer);
uint64_t civic_blob_writer_size(const civic_blob_writer_t *writer);
/* The first bytes, at most CIVIC_BLOB_START; and, after finish(), the
   digest.  Both are the writer's. */
civic_str_t civic_blob_writer_start(const civic_blob_writer_t *writer);
civic_str_t civic_blob_writer_digest(const civic_blob_writer_t *writer);

/* Frees it; the file goes unless it was kept. */
void civic_blob_writer_close(civic_blob_writer_t *writer);


/* ---- reading ----------------------------------------------------------- */

typedef struct civic_blob_reader_s  civic_blob_reader_t;

/* NULL with errno: ENOENT, or EBADMSG for a file that cannot be this one. */
civic_blob_reader_t *civic_blob_reader_open(const char *folder,
    civic_str_t pid, civic_str_t id, const civic_blob_record_t *record);

/* The same of a writer that has finished and not kept its file.  What is
   wrong with the file is EBADMSG. */
civic_blob_reader_t *civic_blob_reader_of(const civic_blob_writer_t *writer);

/* The next chunk, plain, into out (CIVIC_BLOB_CHUNK bytes): its length, 0 at
   the end, -1 with errno (EBADMSG: damaged). */
int64_t civic_blob_reader_next(civic_blob_reader_t *reader, void *out);

void civic_blob_reader_close(civic_blob_reader_t *reader);


/* ---- deleting and sweeping --------------------------------------------- */

/* The file of a blob goes, and the folder is synced.  0, also if there was
   none; -1 with errno. */
int civic_blob_remove(const char *folder, civic_str_t pid, civic_str_t id);

/* A file as a sweep finds it. */
typedef struct {
    char  pid[64];
    char  id[CIVIC_BLOB_ID + 1];
} civic_blob_found_t;

/*
 * Blobs of one part of the folder (part of parts: by the first two
 * characters of the pid) whose file is older than age seconds, from *cursor
 * on, which begins as 0 and is 0 again at the end.  The number found, at most
 * max, or -1 with errno; it may be 0 before the end.  The part 0 also removes
 * what was left in "incoming", and the proofs of workers that are gone, for
 * longer than that.
 */
int64_t civic_blob_list(const char *folder, unsigned part, unsigned parts,
    unsigned age, uint64_t *cursor, civic_blob_found_t *found, size_t max);


/* ---- proof that machines share a folder -------------------------------- */

/*
 * Each worker keeps a file "<folder>/workers/<name>" with a random text and
 * tells both in Redis: who finds the file with that text in the own folder
 * has the same folder.
 */
#define CIVIC_BLOB_NONCE  22            /* characters of base64url */
#define CIVIC_BLOB_PROOF  128           /* of a proof's name, with its NUL */

/* Makes the file, with a new text; name has the worker's own name and a random
   end.  0, or -1 with errno. */
int civic_blob_proof_write(const char *folder, const char *worker,
    char name[CIVIC_BLOB_PROOF], char nonce[CIVIC_BLOB_NONCE + 1]);

/* Says that the worker lives: a proof that nobody touches is swept. */
int civic_blob_proof_touch(const char *folder, const char *name);

/* 1: the folder has that proof; 0: it has not; -1 with errno. */
int civic_blob_proof_check(const char *folder, const char *name,
    const char *nonce);

void civic_blob_proof_remove(const char *folder, const char *name);

#endif
