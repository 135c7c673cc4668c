/*
 * blob_internal.h - what the files of blobs share: names and paths.
 */

#ifndef CIVIC_BLOB_INTERNAL_H
#define CIVIC_BLOB_INTERNAL_H

#include "blob.h"

#define CIVIC_BLOB_PREFIX   2           /* characters of a pid: its folder */
#define CIVIC_BLOB_PID_MAX  63
#define CIVIC_BLOB_PATH     1024

/* A file of a person is no archive: what a record may say at most. */
#define CIVIC_BLOB_SIZE_MAX  (UINT64_C(1) << 40)

/* A number in network order. */
void civic_blob_put(unsigned char *p, uint64_t value, size_t bytes);

/* Characters of base64url alone: names become paths. */
int civic_blob_name_valid(civic_str_t name, size_t min, size_t max);

/* Where the file of a blob is: 0, or -1 with errno for what is no name. */
int civic_blob_path(char *path, size_t size, const char *folder,
    civic_str_t pid, civic_str_t id);

/* fsync of a folder: its names are on the disk.  0, or -1 with errno. */
int civic_blob_sync(const char *folder);

#endif
