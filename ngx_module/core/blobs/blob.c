/*
 * blob.c - files of persons, sealed chunk by chunk.
 *
 * A blob's key is made with its file and used for that file alone, so the
 * number of a chunk, and whether it is the last, make a nonce that never
 * comes twice.  The last chunk is known only when no more bytes come: a full
 * chunk therefore waits in the writer until there is a further byte.
 *
 * Everything here blocks and belongs to one thread at a time.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "blob_internal.h"
#include "keyring.h"

#define BLOB_NONCE  12

struct civic_blob_writer_s {
    int              fd;
    int              error;             /* errno of what went wrong */
    unsigned         made:1;            /* the file is there, and ours */
    unsigned         finished:1;
    unsigned         kept:1;
    EVP_CIPHER_CTX  *cipher;
    EVP_MD_CTX      *sha256;
    uint64_t         size;
    uint64_t         number;            /* of the next chunk */
    size_t           fill;
    size_t           started;
    unsigned char    head[CIVIC_BLOB_HEAD];
    unsigned char    key[CIVIC_BLOB_KEY];
    unsigned char    digest[CIVIC_BLOB_DIGEST];
    char             id[CIVIC_BLOB_ID + 1];
    char             start[CIVIC_BLOB_START];
    unsigned char    plain[CIVIC_BLOB_CHUNK];
    unsigned char    sealed[CIVIC_BLOB_CHUNK + CIVIC_BLOB_TAG];
    char            *incoming;          /* where the file is until it is kept */
    char             folder[];
};

struct civic_blob_reader_s {
    int              fd;
    EVP_CIPHER_CTX  *cipher;
    uint64_t         left;              /* plain bytes that are to come */
    uint64_t         number;
    unsigned char    head[CIVIC_BLOB_HEAD];
    char             id[CIVIC_BLOB_ID];
    unsigned char    sealed[CIVIC_BLOB_CHUNK + CIVIC_BLOB_TAG];
};


/* ---- bytes to and from the disk ---------------------------------------- */

/* What every file begins with. */

static void
blob_head(unsigned char *head)
{
    memset(head, 0, CIVIC_BLOB_HEAD);
    memcpy(head, "CIVICBL1", 8);
    civic_blob_put(head + 8, CIVIC_BLOB_CHUNK, 4);
}


static int
blob_write(int fd, const unsigned char *p, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = write(fd, p, len);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }

            return -1;
        }

        p += n;
        len -= (size_t) n;
    }

    return 0;
}


/* All of len, or EBADMSG: the file's length was right when it was opened. */

static int
blob_read(int fd, unsigned char *p, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = read(fd, p, len);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }

            return -1;
        }

        if (n == 0) {
            errno = EBADMSG;
            return -1;
        }

        p += n;
        len -= (size_t) n;
    }

    return 0;
}


static void
blob_nonce(unsigned char *nonce, uint64_t number, int last)
{
    civic_blob_put(nonce, number, 8);
    civic_blob_put(nonce + 8, last ? 1 : 0, 4);
}


/* What is authenticated with each chunk.  Sealing and opening differ in the
   direction alone, which the context knows. */

static int
blob_chunk_begin(EVP_CIPHER_CTX *cipher, uint64_t number, int last,
    const char *id, const unsigned char *head)
{
    int            len;
    unsigned char  nonce[BLOB_NONCE];

    blob_nonce(nonce, number, last);

    return EVP_CipherInit_ex(cipher, NULL, NULL, NULL, nonce, -1) == 1
           && EVP_CipherUpdate(cipher, NULL, &len,
                               (const unsigned char *) id, CIVIC_BLOB_ID) == 1
           && EVP_CipherUpdate(cipher, NULL, &len, head, CIVIC_BLOB_HEAD) == 1
           ? 0 : -1;
}


/* ---- writing ----------------------------------------------------------- */

static int
blob_writer_prepare(civic_blob_writer_t *writer)
{
    unsigned char  random[32];

    if (RAND_bytes(random, 32) != 1
        || RAND_bytes(writer->key, CIVIC_BLOB_KEY) != 1)
    {
        ERR_clear_error();
        errno = EAGAIN;
        return -1;
    }

    civic_base64url_encode(random, 16, writer->id);
    civic_base64url_encode(random + 16, 16,
                           writer->incoming + strlen(writer->incoming));
    blob_head(writer->head);

    writer->cipher = EVP_CIPHER_CTX_new();
    writer->sha256 = EVP_MD_CTX_new();

    if (writer->cipher == NULL || writer->sha256 == NULL
        || EVP_CipherInit_ex(writer->cipher, EVP_aes_256_gcm(), NULL,
                             writer->key, NULL, 1) != 1
        || EVP_DigestInit_ex(writer->sha256, EVP_sha256(), NULL) != 1)
    {
        ERR_clear_error();
        errno = ENOMEM;
        return -1;
    }

    return 0;
}


static civic_blob_writer_t *
blob_writer_alloc(const char *folder)
{
    size_t                len = strlen(folder);
    civic_blob_writer_t  *writer;

    /* "<folder>", "<folder>/incoming/<22 characters>" */
    writer = malloc(sizeof(civic_blob_writer_t) + 2 * len + 64);
    if (writer == NULL) {
        return NULL;
    }

    memset(writer, 0, offsetof(civic_blob_writer_t, plain));
    writer->fd = -1;
    memcpy(writer->folder, folder, len + 1);
    writer->incoming = writer->folder + len + 1;
    snprintf(writer->incoming, len + 16, "%s/incoming/", folder);

    return writer;
}


civic_blob_writer_t *
civic_blob_writer_open(const char *folder)
{
    int                   error;
    civic_blob_writer_t  *writer;

    writer = blob_writer_alloc(folder);
    if (writer == NULL) {
        return NULL;
    }

    if (blob_writer_prepare(writer) == 0) {
        writer->fd = open(writer->incoming,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                          0600);
        writer->made = writer->fd >= 0;

        if (writer->made
            && blob_write(writer->fd, writer->head, CIVIC_BLOB_HEAD) == 0)
        {
            return writer;
        }
    }

    error = errno;
    civic_blob_writer_close(writer);
    errno = error;

    return NULL;
}


static int
blob_writer_fail(civic_blob_writer_t *writer, int error)
{
    ERR_clear_error();
    writer->error = error;
    errno = error;

    return -1;
}


static int
blob_writer_chunk(civic_blob_writer_t *writer, const unsigned char *plain,
    size_t len, int last)
{
    int             n, rest;
    unsigned char  *out = writer->sealed;

    if (blob_chunk_begin(writer->cipher, writer->number, last, writer->id,
                         writer->head) != 0
        || EVP_CipherUpdate(writer->cipher, out, &n, plain, (int) len) != 1
        || EVP_CipherFinal_ex(writer->cipher, out + n, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(writer->cipher, EVP_CTRL_GCM_GET_TAG,
                               CIVIC_BLOB_TAG, out + len) != 1)
    {
        return blob_writer_fail(writer, ENOMEM);
    }

    writer->number++;

    if (blob_write(writer->fd, out, len + CIVIC_BLOB_TAG) != 0) {
        return blob_writer_fail(writer, errno);
    }

    return 0;
}


static int
blob_writer_fill(civic_blob_writer_t *writer, const unsigned char *p,
    size_t len)
{
    size_t  n;

    while (len > 0) {

        if (writer->fill == CIVIC_BLOB_CHUNK) {
            if (blob_writer_chunk(writer, writer->plain, CIVIC_BLOB_CHUNK, 0)
                != 0)
            {
                return -1;
            }

            writer->fill = 0;
        }

        if (writer->fill == 0 && len > CIVIC_BLOB_CHUNK) {
            if (blob_writer_chunk(writer, p, CIVIC_BLOB_CHUNK, 0) != 0) {
                return -1;
            }

            p += CIVIC_BLOB_CHUNK;
            len -= CIVIC_BLOB_CHUNK;
            continue;
        }

        n = CIVIC_BLOB_CHUNK - writer->fill;
        n = n < len ? n : len;

        memcpy(writer->plain + writer->fill, p, n);
        writer->fill += n;
        p += n;
        len -= n;
    }

    return 0;
}


int
civic_blob_writer_add(civic_blob_writer_t *writer, const void *bytes,
    size_t len)
{
    size_t  n;

    if (writer->error != 0 || writer->finished) {
        errno = writer->error != 0 ? writer->error : EINVAL;
        return -1;
    }

    if (len == 0) {
        return 0;
    }

    n = CIVIC_BLOB_START - writer->started;
    n = n < len ? n : len;
    memcpy(writer->start + writer->started, bytes, n);
    writer->started += n;

    if (EVP_DigestUpdate(writer->sha256, bytes, len) != 1) {
        return blob_writer_fail(writer, ENOMEM);
    }

    writer->size += len;

    return blob_writer_fill(writer, bytes, len);
}


int
civic_blob_writer_finish(civic_blob_writer_t *writer)
{
    if (writer->error != 0 || writer->finished) {
        errno = writer->error != 0 ? writer->error : EINVAL;
        return -1;
    }

    if (writer->size == 0) {
        return blob_writer_fail(writer, EINVAL);
    }

    if (blob_writer_chunk(writer, writer->plain, writer->fill, 1) != 0) {
        return -1;
    }

    if (EVP_DigestFinal_ex(writer->sha256, writer->digest, NULL) != 1) {
        return blob_writer_fail(writer, ENOMEM);
    }

    /* close() tells what a network's file system found out late */
    if (fsync(writer->fd) != 0) {
        return blob_writer_fail(writer, errno);
    }

    if (close(writer->fd) != 0) {
        writer->fd = -1;
        return blob_writer_fail(writer, errno);
    }

    writer->fd = -1;
    writer->finished = 1;

    return 0;
}


/*
 * The folder of the first two characters is synced in its own folder every
 * time: another writer may have made it a moment ago and not come so far.
 */

static int
blob_writer_place(civic_blob_writer_t *writer, civic_str_t pid)
{
    char  path[CIVIC_BLOB_PATH], folder[CIVIC_BLOB_PATH];

    if (civic_blob_path(path, sizeof(path), writer->folder, pid,
                        civic_cstr(writer->id)) != 0)
    {
        return -1;
    }

    snprintf(folder, sizeof(folder), "%s/%.2s", writer->folder, pid.data);

    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return -1;
    }

    if (civic_blob_sync(writer->folder) != 0
        || rename(writer->incoming, path) != 0)
    {
        return -1;
    }

    if (civic_blob_sync(folder) != 0) {
        int  error = errno;

        (void) unlink(path);
        errno = error;
        return -1;
    }

    return 0;
}


int
civic_blob_writer_keep(civic_blob_writer_t *writer, civic_str_t pid,
    civic_blob_record_t *record)
{
    if (writer->error != 0 || !writer->finished || writer->kept) {
        errno = writer->error != 0 ? writer->error : EINVAL;
        return -1;
    }

    if (blob_writer_place(writer, pid) != 0) {
        return blob_writer_fail(writer, errno);
    }

    writer->kept = 1;

    memset(record, 0, sizeof(civic_blob_record_t));
    memcpy(record->key, writer->key, CIVIC_BLOB_KEY);
    memcpy(record->digest, writer->digest, CIVIC_BLOB_DIGEST);
    record->size = writer->size;

    return 0;
}


const char *
civic_blob_writer_id(const civic_blob_writer_t *writer)
{
    return writer->id;
}


uint64_t
civic_blob_writer_size(const civic_blob_writer_t *writer)
{
    return writer->size;
}


civic_str_t
civic_blob_writer_start(const civic_blob_writer_t *writer)
{
    civic_str_t  start = { writer->start, writer->started };

    return start;
}


civic_str_t
civic_blob_writer_digest(const civic_blob_writer_t *writer)
{
    civic_str_t  digest = { (const char *) writer->digest,
                            CIVIC_BLOB_DIGEST };

    return digest;
}


void
civic_blob_writer_close(civic_blob_writer_t *writer)
{
    if (writer == NULL) {
        return;
    }

    if (writer->fd >= 0) {
        (void) close(writer->fd);
    }

    if (writer->made && !writer->kept) {
        (void) unlink(writer->incoming);
    }

    EVP_CIPHER_CTX_free(writer->cipher);
    EVP_MD_CTX_free(writer->sha256);
    OPENSSL_cleanse(writer, sizeof(civic_blob_writer_t));
    free(writer);
}


/* ---- reading ----------------------------------------------------------- */

/* How long the file of a record must be, to the byte. */

static uint64_t
blob_file_size(uint64_t size)
{
    uint64_t  chunks = (size + CIVIC_BLOB_CHUNK - 1) / CIVIC_BLOB_CHUNK;

    return CIVIC_BLOB_HEAD + size + chunks * CIVIC_BLOB_TAG;
}


static int
blob_reader_begin(civic_blob_reader_t *reader, const char *path,
    const civic_blob_record_t *record)
{
    struct stat    st;
    unsigned char  head[CIVIC_BLOB_HEAD];

    /* what is no file must not make a thread wait */
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (reader->fd < 0 || fstat(reader->fd, &st) != 0) {
        return -1;
    }

    if (!S_ISREG(st.st_mode) || record->size == 0
        || record->size > CIVIC_BLOB_SIZE_MAX
        || (uint64_t) st.st_size != blob_file_size(record->size))
    {
        errno = EBADMSG;
        return -1;
    }

    blob_head(head);

    if (blob_read(reader->fd, reader->head, CIVIC_BLOB_HEAD) != 0) {
        return -1;
    }

    if (memcmp(reader->head, head, CIVIC_BLOB_HEAD) != 0) {
        errno = EBADMSG;
        return -1;
    }

    reader->cipher = EVP_CIPHER_CTX_new();

    if (reader->cipher == NULL
        || EVP_CipherInit_ex(reader->cipher, EVP_aes_256_gcm(), NULL,
                             record->key, NULL, 0) != 1)
    {
        ERR_clear_error();
        errno = ENOMEM;
        return -1;
    }

    return 0;
}


static civic_blob_reader_t *
blob_reader_new(const char *path, const char *id,
    const civic_blob_record_t *record)
{
    int                   error;
    civic_blob_reader_t  *reader;

    reader = malloc(sizeof(civic_blob_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    memset(reader, 0, offsetof(civic_blob_reader_t, sealed));
    memcpy(reader->id, id, CIVIC_BLOB_ID);
    reader->left = record->size;

    if (blob_reader_begin(reader, path, record) != 0) {
        error = errno;
        civic_blob_reader_close(reader);
        errno = error;
        return NULL;
    }

    return reader;
}


civic_blob_reader_t *
civic_blob_reader_open(const char *folder, civic_str_t pid, civic_str_t id,
    const civic_blob_record_t *record)
{
    char  path[CIVIC_BLOB_PATH];

    return civic_blob_path(path, sizeof(path), folder, pid, id) == 0
           ? blob_reader_new(path, id.data, record) : NULL;
}


civic_blob_reader_t *
civic_blob_reader_of(const civic_blob_writer_t *writer)
{
    civic_blob_record_t   record;
    civic_blob_reader_t  *reader;

    if (!writer->finished || writer->kept) {
        errno = EINVAL;
        return NULL;
    }

    memset(&record, 0, sizeof(record));
    memcpy(record.key, writer->key, CIVIC_BLOB_KEY);
    record.size = writer->size;

    reader = blob_reader_new(writer->incoming, writer->id, &record);
    OPENSSL_cleanse(&record, sizeof(record));

    return reader;
}


static int
blob_reader_chunk(civic_blob_reader_t *reader, size_t len, unsigned char *out)
{
    int  n, rest;

    return blob_chunk_begin(reader->cipher, reader->number,
                            len == reader->left, reader->id, reader->head) == 0
           && EVP_CipherUpdate(reader->cipher, out, &n, reader->sealed,
                               (int) len) == 1
           && EVP_CIPHER_CTX_ctrl(reader->cipher, EVP_CTRL_GCM_SET_TAG,
                                  CIVIC_BLOB_TAG, reader->sealed + len) == 1
           && EVP_CipherFinal_ex(reader->cipher, out + n, &rest) == 1
           ? 0 : -1;
}


int64_t
civic_blob_reader_next(civic_blob_reader_t *reader, void *out)
{
    size_t  len;

    if (reader->left == 0) {
        return 0;
    }

    len = reader->left < CIVIC_BLOB_CHUNK ? (size_t) reader->left
                                          : CIVIC_BLOB_CHUNK;

    if (blob_read(reader->fd, reader->sealed, len + CIVIC_BLOB_TAG) != 0) {
        return -1;
    }

    if (blob_reader_chunk(reader, len, out) != 0) {
        /* what was opened before the tag was looked at leaves nobody */
        OPENSSL_cleanse(out, len);
        ERR_clear_error();
        errno = EBADMSG;
        return -1;
    }

    reader->number++;
    reader->left -= len;

    return (int64_t) len;
}


void
civic_blob_reader_close(civic_blob_reader_t *reader)
{
    if (reader == NULL) {
        return;
    }

    if (reader->fd >= 0) {
        (void) close(reader->fd);
    }

    EVP_CIPHER_CTX_free(reader->cipher);
    free(reader);
}
