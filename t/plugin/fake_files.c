/*
 * fake_files.c - blobs that are kept and read: real files, sealed as
 * core/blobs/blob.h does it, in the fake host's folder.
 *
 * Files are written and read at once, on the main stack; then the fiber
 * suspends, as it would for a thread.  An upload has arrived as a whole before
 * the handler starts: the pieces are nginx's side's own.
 */

#include <errno.h>
#include <stdio.h>

#include "fake_internal.h"

#define FAKE_WRITE_MAX  (4 * 1024 * 1024)
#define FAKE_READ_MAX   (6 * 1024 * 1024)


const char *
fake_blobs_folder(fake_host_t *h)
{
    static char  folder[128];

    snprintf(folder, sizeof(folder), "%s/blobs", h->folder);

    return folder;
}


fake_blob_fault_t
fake_blob_fault(fake_run_t *run)
{
    return ++run->blob_uses == run->input.blob_fault_at
           ? run->input.blob_fault : FAKE_BLOB_WELL;
}


civic_result_t
fake_file_failed(fake_run_t *run, const char *what, int error)
{
    if (error == 0) {
        return CIVIC_OK;
    }

    if (error == EINVAL) {
        return fake_misuse(run, "%s: no pid, or no id of a blob", what);
    }

    fake_misuse(run, "%s failed: %s", what, strerror(error));

    return error == EBADMSG ? CIVIC_INVALID : CIVIC_NOT_SENT;
}


civic_result_t
fake_file_work(fake_file_t *file, const char *what, void (*work)(void *data))
{
    civic_result_t      rc;
    fake_blob_fault_t   fault = fake_blob_fault(file->run);

    if (fault == FAKE_BLOB_NO_FOLDER) {
        file->error = ENOSPC;

    } else {
        civic_fiber_on_main(work, file);
    }

    if (fault == FAKE_BLOB_DAMAGED && file->error == 0) {
        file->error = EBADMSG;
    }

    rc = fake_file_failed(file->run, what, file->error);

    return fake_suspend(file->run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


/* The key of the plugin's purpose, for a fiber that has entered or settled. */
static civic_result_t
fake_blob_key(fake_run_t *run, civic_result_t entered, const char *purpose,
    civic_purpose_t **key)
{
    if (entered != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    *key = fake_purpose(run, purpose);

    return *key == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- uploads ----------------------------------------------------------- */

/* "image/jpeg; name=..." without what follows it. */
static int
fake_type_is(civic_str_t type, const char *name)
{
    size_t  len = strlen(name);

    return type.len >= len && strncasecmp(type.data, name, len) == 0
           && (type.len == len || type.data[len] == ';'
               || type.data[len] == ' ');
}


const char *
fake_type_of(fake_run_t *run, const char *const *types)
{
    size_t       i;
    civic_str_t  type;

    type = run->input.upload_type != NULL
           ? civic_cstr(run->input.upload_type)
           : fake_input_header(run, "content-type");

    for (i = 0; types[i] != NULL; i++) {
        if (fake_type_is(type, types[i])) {
            return types[i];
        }
    }

    return NULL;
}


static civic_str_t
fake_upload_bytes(fake_run_t *run)
{
    if (run->input.upload == NULL) {
        return civic_cstr(run->input.body);
    }

    return (civic_str_t) {
        run->input.upload,
        run->input.upload_len > 0 ? run->input.upload_len
                                  : strlen(run->input.upload)
    };
}


const char *
fake_upload_refused(fake_run_t *run)
{
    size_t  len = fake_upload_bytes(run).len;

    if (len > run->route->route.max_body) {
        return "body_too_large";
    }

    if (len == 0) {
        return "upload_malformed";
    }

    return fake_type_of(run, run->route->route.uploads) != NULL
           ? NULL : "unsupported_media_type";
}


/* A file that is complete, and nobody's yet. */
static int
fake_file_new(fake_run_t *run, civic_str_t bytes,
    civic_blob_writer_t **writer)
{
    int  error;

    *writer = civic_blob_writer_open(fake_blobs_folder(run->host));

    if (*writer == NULL) {
        return errno;
    }

    if (civic_blob_writer_add(*writer, bytes.data, bytes.len) == 0
        && civic_blob_writer_finish(*writer) == 0)
    {
        return 0;
    }

    error = errno;
    civic_blob_writer_close(*writer);
    *writer = NULL;

    return error;
}


const char *
fake_upload_read(fake_run_t *run)
{
    int          error;
    civic_str_t  bytes = fake_upload_bytes(run);

    error = fake_blob_fault(run) == FAKE_BLOB_WELL
            ? fake_file_new(run, bytes, &run->arriving) : ENOSPC;

    if (error != 0) {
        (void) fake_file_failed(run, "an upload", error);
        return "store_unavailable";
    }

    run->upload.media_type = fake_type_of(run, run->route->route.uploads);
    run->upload.size = civic_blob_writer_size(run->arriving);
    run->upload.digest = civic_blob_writer_digest(run->arriving);
    run->upload.head = civic_blob_writer_start(run->arriving);

    return NULL;
}


void
fake_upload_end(fake_run_t *run)
{
    if (run->arriving != NULL) {
        civic_blob_writer_close(run->arriving);
        run->arriving = NULL;
    }
}


const civic_upload_t *
fake_upload(civic_request_t *r)
{
    fake_run_t  *run = fake_run(r);

    return run->arriving != NULL ? &run->upload : NULL;
}


/* ---- keeping ----------------------------------------------------------- */

static void
fake_keep_on_main(void *data)
{
    fake_file_t  *file = data;

    file->error = civic_blob_writer_keep(file->writer, file->pid,
                                         &file->record) == 0 ? 0 : errno;
}


static void
fake_write_on_main(void *data)
{
    fake_file_t  *file = data;

    file->error = fake_file_new(file->run, file->bytes, &file->writer);

    if (file->error == 0) {
        fake_keep_on_main(file);
    }
}


static void
fake_blob_describe(fake_run_t *run, const civic_blob_record_t *record,
    civic_str_t id, civic_blob_t *blob)
{
    civic_str_t  digest = { (const char *) record->digest,
                            CIVIC_BLOB_DIGEST };

    blob->id = civic_arena_copy(run->spare, id);
    blob->record = CIVIC_STR("");
    blob->media_type = civic_arena_copy(run->spare,
                                        civic_cstr(record->media_type)).data;
    blob->size = record->size;
    blob->digest = civic_arena_copy(run->spare, digest);
    blob->created_at = record->created_at;
}


static civic_str_t
fake_blob_context(fake_run_t *run, civic_str_t pid, civic_str_t id)
{
    return civic_arena_print(run->spare, "%.*s:%.*s", (int) pid.len, pid.data,
                             (int) id.len, id.data);
}


static civic_result_t
fake_blob_seal(fake_run_t *run, fake_file_t *file, civic_purpose_t *purpose,
    const char *media_type, civic_blob_t *blob)
{
    int64_t        len;
    civic_str_t    id = civic_cstr(civic_blob_writer_id(file->writer));
    civic_str_t    plain;
    unsigned char  text[CIVIC_BLOB_RECORD], *out;

    file->record.created_at = fake_now(run->host);
    snprintf(file->record.media_type, sizeof(file->record.media_type), "%s",
             media_type);

    plain.data = (char *) text;
    plain.len = civic_blob_record_encode(&file->record, text);

    out = fake_alloc(&run->base, plain.len + CIVIC_SEAL_OVERHEAD);
    len = civic_purpose_seal(purpose, fake_blob_context(run, file->pid, id),
                             plain, out);
    if (len < 0) {
        return fake_misuse(run, "the record of a blob could not be sealed");
    }

    fake_blob_describe(run, &file->record, id, blob);
    blob->record = (civic_str_t) { (char *) out, (size_t) len };

    return CIVIC_OK;
}


civic_result_t
fake_blob_keep(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_blob_t *blob)
{
    fake_run_t       *run = fake_run(r);
    fake_file_t       file = { .run = run, .writer = run->arriving,
                               .pid = pid };
    civic_result_t    rc;
    civic_purpose_t  *key;

    memset(blob, 0, sizeof(*blob));

    rc = fake_blob_key(run, fake_settle(run), purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (run->arriving == NULL || run->upload_kept) {
        return fake_misuse(run, "civic_blob_keep(): there is no upload, or it "
                           "is kept already");
    }

    rc = fake_file_work(&file, "keeping a blob", fake_keep_on_main);
    if (rc != CIVIC_OK) {
        return rc;
    }

    run->upload_kept = 1;

    return fake_blob_seal(run, &file, key, run->upload.media_type, blob);
}


civic_result_t
fake_blob_write(civic_request_t *r, civic_str_t pid, const char *purpose,
    const char *media_type, civic_str_t bytes, civic_blob_t *blob)
{
    fake_run_t       *run = fake_run(r);
    fake_file_t       file = { .run = run, .pid = pid, .bytes = bytes };
    civic_result_t    rc;
    civic_purpose_t  *key;

    memset(blob, 0, sizeof(*blob));

    rc = fake_blob_key(run, fake_settle(run), purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (bytes.len == 0 || bytes.len > FAKE_WRITE_MAX || media_type == NULL
        || strlen(media_type) > CIVIC_BLOB_TYPE)
    {
        return fake_misuse(run, "civic_blob_write() takes 1 to %d bytes of a "
                           "named type", FAKE_WRITE_MAX);
    }

    rc = fake_file_work(&file, "writing a blob", fake_write_on_main);

    if (rc == CIVIC_OK) {
        rc = fake_blob_seal(run, &file, key, media_type, blob);
    }

    if (file.writer != NULL) {
        civic_blob_writer_close(file.writer);
    }

    return rc;
}


/* ---- reading ----------------------------------------------------------- */

/* The record from Redis, opened. */
static civic_result_t
fake_blob_record(fake_run_t *run, civic_purpose_t *purpose, fake_file_t *file)
{
    int64_t               len;
    civic_str_t           key, opened;
    civic_result_t        rc;
    unsigned char        *plain;
    const civic_value_t  *value;

    if (!civic_blob_id_valid(file->id)) {
        return CIVIC_NOT_FOUND;
    }

    key = fake_person_key(&run->base, file->pid, "blobs");
    rc = fake_redis_read(&run->base,
                         CIVIC_ARGV(CIVIC_STR("HGET"), key, file->id),
                         &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    plain = civic_arena_alloc(run->spare, value->str.len + 1);
    len = civic_purpose_open(purpose,
                             fake_blob_context(run, file->pid, file->id),
                             value->str, plain);
    opened = (civic_str_t) { (char *) plain, len < 0 ? 0 : (size_t) len };

    if (len < 0 || civic_blob_record_decode(opened, &file->record) != 0) {
        fake_misuse(run, "the record of a blob is damaged, or of another "
                    "purpose");
        return CIVIC_INVALID;
    }

    return CIVIC_OK;
}


static void
fake_read_on_main(void *data)
{
    char                 *out, chunk[CIVIC_BLOB_CHUNK];
    int64_t               n;
    fake_file_t          *file = data;
    civic_blob_reader_t  *reader;

    out = (char *) file->bytes.data;
    reader = file->writer != NULL
             ? civic_blob_reader_of(file->writer)
             : civic_blob_reader_open(fake_blobs_folder(file->run->host),
                                      file->pid, file->id, &file->record);
    if (reader == NULL) {
        file->error = errno;
        return;
    }

    while ((n = civic_blob_reader_next(reader, chunk)) > 0) {
        memcpy(out, chunk, (size_t) n);
        out += n;
    }

    file->error = n < 0 ? errno : 0;
    civic_blob_reader_close(reader);
}


/* file->record.size bytes, NUL-terminated; at most max. */
static civic_result_t
fake_load(fake_file_t *file, civic_arena_t *arena, uint64_t max)
{
    char  *bytes;

    if (file->record.size > max) {
        return CIVIC_BUSY;
    }

    bytes = civic_arena_alloc(arena, file->record.size + 1);
    if (bytes == NULL) {
        return CIVIC_BUSY;
    }

    bytes[file->record.size] = '\0';
    file->bytes = (civic_str_t) { bytes, file->record.size };

    return fake_file_work(file, "reading a blob", fake_read_on_main);
}


static civic_result_t
fake_blob_load(fake_run_t *run, civic_purpose_t *purpose, fake_file_t *file,
    civic_arena_t *arena, uint64_t max)
{
    civic_result_t  rc;

    rc = fake_blob_record(run, purpose, file);

    return rc == CIVIC_OK ? fake_load(file, arena, max) : rc;
}


civic_result_t
fake_read_upload(civic_request_t *r, civic_str_t *bytes)
{
    fake_run_t      *run = fake_run(r);
    fake_file_t      file = { .run = run, .writer = run->arriving };
    civic_result_t   rc;

    *bytes = CIVIC_STR("");

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->arriving == NULL || run->upload_kept) {
        return fake_misuse(run, "civic_upload_read(): there is no upload, or "
                           "it is kept already");
    }

    file.record.size = civic_blob_writer_size(run->arriving);
    rc = fake_load(&file, run->arena, FAKE_READ_MAX);

    if (rc == CIVIC_OK) {
        *bytes = file.bytes;
    }

    return rc;
}


civic_result_t
fake_blob_read(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, civic_blob_t *blob, civic_str_t *bytes)
{
    fake_run_t       *run = fake_run(r);
    fake_file_t       file = { .run = run, .pid = pid, .id = id };
    civic_result_t    rc;
    civic_purpose_t  *key;

    memset(blob, 0, sizeof(*blob));
    *bytes = CIVIC_STR("");

    rc = fake_blob_key(run, fake_enter(run), purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = fake_blob_load(run, key, &file, run->arena, FAKE_READ_MAX);

    if (rc == CIVIC_OK) {
        fake_blob_describe(run, &file.record, id, blob);
        *bytes = file.bytes;
    }

    return rc;
}


/* Read as a whole: that a damaged end cuts the answer off is nginx's side's
   own. */
civic_result_t
fake_reply_load(fake_run_t *run, civic_purpose_t *purpose, civic_str_t pid,
    civic_str_t id)
{
    fake_file_t     file = { .run = run, .pid = pid, .id = id };
    civic_result_t  rc;

    rc = fake_blob_load(run, purpose, &file, run->spare, UINT64_MAX);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = fake_reply_bytes(&run->base, 200,
                          civic_arena_copy(run->spare,
                              civic_cstr(file.record.media_type)).data,
                          file.bytes);
    run->kind = FAKE_REPLY_BLOB;

    return rc;
}


civic_result_t
fake_reply_blob(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id)
{
    fake_run_t       *run = fake_run(r);
    civic_result_t    rc;
    civic_purpose_t  *key;

    rc = fake_blob_key(run, fake_enter(run), purpose, &key);

    return rc == CIVIC_OK ? fake_reply_load(run, key, pid, id) : rc;
}
