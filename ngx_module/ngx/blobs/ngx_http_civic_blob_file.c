/*
 * ngx_http_civic_blob_file.c - blobs for handlers: kept, written, read, given
 * a URL.
 *
 * The order is what makes it safe.  A file is complete and on the disk before
 * its record is handed out; a record is deleted, and the audit trail told,
 * before its file is.  Whatever happens in between leaves a file that nobody
 * can open, and the sweep takes it.
 *
 * All on the fiber of the request, but for what runs on a thread.
 */

#include "ngx_http_civic_blobs.h"


#define NGX_HTTP_CIVIC_BLOB_WRITE    (4 * 1024 * 1024)
#define NGX_HTTP_CIVIC_BLOB_READ     (6 * 1024 * 1024)
#define NGX_HTTP_CIVIC_BLOB_URL      300        /* s */
#define NGX_HTTP_CIVIC_TICKET        1          /* its version */
#define NGX_HTTP_CIVIC_TICKET_HEAD   (1 + 8 + 1)
#define NGX_HTTP_CIVIC_TICKET_MOST   512        /* characters of base64url */
#define NGX_HTTP_CIVIC_TICKET_FOR    CIVIC_STR("blob ticket")


/* Work for a thread. */
typedef struct {
    const char           *folder;
    civic_str_t           pid;
    civic_str_t           id;
    civic_str_t           bytes;
    char                 *out;
    civic_blob_writer_t  *writer;
    civic_blob_record_t  *record;
    char                  made[CIVIC_BLOB_ID + 1];
    int                   error;
} ngx_http_civic_blob_work_t;


civic_result_t
ngx_http_civic_blob_usable(civic_request_t *r)
{
    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (ngx_http_civic_worker.conf->blobs == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" uses blobs, and there is "
                  "no \"civic_blobs\" in the configuration",
                  ngx_http_civic_cast(r)->plugin->name.data);
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* The key of a purpose of the plugin's table, where blobs can be used. */

static civic_result_t
ngx_http_civic_blob_key(civic_request_t *r, const char *purpose,
    civic_purpose_t **key)
{
    civic_result_t  rc = ngx_http_civic_blob_usable(r);

    if (rc != CIVIC_OK) {
        return rc;
    }

    *key = ngx_http_civic_purpose(r, purpose);

    return *key == NULL ? CIVIC_ERROR : CIVIC_OK;
}


static const char *
ngx_http_civic_blob_folder(void)
{
    return (char *) ngx_http_civic_worker.conf->blobs->folder.data;
}


static civic_str_t
ngx_http_civic_blob_copy(civic_request_t *r, const void *bytes, size_t len)
{
    char         *p = ngx_http_civic_alloc(r, len + 1);
    civic_str_t   copy = { p, len };

    ngx_memcpy(p, bytes, len);
    p[len] = '\0';

    return copy;
}


/* What a record is bound to. */

static civic_str_t
ngx_http_civic_blob_context(civic_request_t *r, civic_str_t pid,
    civic_str_t id)
{
    return civic_print(r, "%.*s:%.*s", (int) pid.len, pid.data, (int) id.len,
                       id.data);
}


static void
ngx_http_civic_blob_describe(civic_request_t *r, civic_blob_t *blob,
    civic_str_t id, const civic_blob_record_t *record)
{
    ngx_memzero(blob, sizeof(civic_blob_t));

    blob->id = ngx_http_civic_blob_copy(r, id.data, id.len);
    blob->record = CIVIC_STR("");
    blob->media_type = ngx_http_civic_blob_copy(r, record->media_type,
                                           strlen(record->media_type)).data;
    blob->size = record->size;
    blob->digest = ngx_http_civic_blob_copy(r, record->digest,
                                            CIVIC_BLOB_DIGEST);
    blob->created_at = record->created_at;
}


/* ---- keeping and writing ------------------------------------------------ */

/* The file has its name: its record, sealed for whoever refers to it. */

static civic_result_t
ngx_http_civic_blob_seal(civic_request_t *r, civic_purpose_t *purpose,
    civic_str_t pid, civic_str_t id, const char *media_type,
    civic_blob_record_t *record, civic_blob_t *blob)
{
    int64_t        len;
    civic_str_t    plain;
    unsigned char  bytes[CIVIC_BLOB_RECORD], *out;

    record->created_at = ngx_http_civic_now();
    (void) snprintf(record->media_type, sizeof(record->media_type), "%s",
                    media_type);

    plain.data = (char *) bytes;
    plain.len = civic_blob_record_encode(record, bytes);

    out = ngx_http_civic_alloc(r, plain.len + CIVIC_SEAL_OVERHEAD);
    len = civic_purpose_seal(purpose,
                             ngx_http_civic_blob_context(r, pid, id), plain,
                             out);

    ngx_explicit_memzero(bytes, sizeof(bytes));

    if (len < 0) {
        civic_log(r, CIVIC_LOG_ERROR, "a blob's record cannot be sealed");
        return CIVIC_ERROR;
    }

    ngx_http_civic_blob_describe(r, blob, id, record);

    blob->record.data = (char *) out;
    blob->record.len = len;

    ngx_http_civic_blob_written();

    return CIVIC_OK;
}


static void
ngx_http_civic_blob_keep_work(void *data)
{
    ngx_http_civic_blob_work_t  *work = data;

    work->error = civic_blob_writer_keep(work->writer, work->pid,
                                         work->record) == 0 ? 0 : ngx_errno;
}


civic_result_t
ngx_http_civic_blob_keep(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_blob_t *blob)
{
    civic_str_t                  id;
    civic_result_t               rc;
    civic_purpose_t             *key;
    civic_blob_record_t          record;
    ngx_http_civic_request_t    *cr = ngx_http_civic_cast(r);
    ngx_http_civic_blob_work_t   work;

    rc = ngx_http_civic_blob_key(r, purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ngx_memzero(&work, sizeof(ngx_http_civic_blob_work_t));

    work.writer = ngx_http_civic_upload_writer(cr);

    if (work.writer == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" keeps an upload, and "
                  "there is none, or it was kept before",
                  cr->plugin->name.data);
        return CIVIC_ERROR;
    }

    work.pid = pid;
    work.record = &record;

    rc = ngx_http_civic_offload_disk(r, ngx_http_civic_blob_keep_work, &work);

    if (rc == CIVIC_OK && work.error == 0) {
        id = civic_cstr(civic_blob_writer_id(work.writer));
        rc = ngx_http_civic_blob_seal(r, key, pid, id,
                                      ngx_http_civic_upload_media_type(cr),
                                      &record, blob);
        ngx_http_civic_upload_taken(cr);

    } else if (rc == CIVIC_OK) {
        rc = ngx_http_civic_blob_failed(cr, "an upload cannot be kept",
                                        work.error);
    }

    ngx_explicit_memzero(&record, sizeof(record));

    return rc;
}


static void
ngx_http_civic_blob_write_work(void *data)
{
    civic_blob_writer_t         *writer;
    ngx_http_civic_blob_work_t  *work = data;

    writer = civic_blob_writer_open(work->folder);

    if (writer == NULL
        || civic_blob_writer_add(writer, work->bytes.data, work->bytes.len)
           != 0
        || civic_blob_writer_finish(writer) != 0
        || civic_blob_writer_keep(writer, work->pid, work->record) != 0)
    {
        work->error = ngx_errno;

    } else {
        work->error = 0;
        ngx_memcpy(work->made, civic_blob_writer_id(writer),
                   CIVIC_BLOB_ID + 1);
    }

    civic_blob_writer_close(writer);
}


civic_result_t
ngx_http_civic_blob_write(civic_request_t *r, civic_str_t pid,
    const char *purpose, const char *media_type, civic_str_t bytes,
    civic_blob_t *blob)
{
    size_t                       type;
    civic_result_t               rc;
    civic_purpose_t             *key;
    civic_blob_record_t          record;
    ngx_http_civic_blob_work_t   work;

    rc = ngx_http_civic_blob_key(r, purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    type = strlen(media_type);

    if (bytes.len == 0 || bytes.len > NGX_HTTP_CIVIC_BLOB_WRITE || type == 0
        || type > CIVIC_BLOB_TYPE)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a blob of %zu bytes and the type "
                  "\"%.80s\" cannot be written: 1 byte to 4 MB, and 1 to %d "
                  "characters", bytes.len, media_type, CIVIC_BLOB_TYPE);
        return CIVIC_ERROR;
    }

    ngx_memzero(&work, sizeof(ngx_http_civic_blob_work_t));

    work.folder = ngx_http_civic_blob_folder();
    work.pid = pid;
    work.bytes = bytes;
    work.record = &record;

    rc = ngx_http_civic_offload_disk(r, ngx_http_civic_blob_write_work, &work);

    if (rc == CIVIC_OK && work.error == 0) {
        rc = ngx_http_civic_blob_seal(r, key, pid, civic_cstr(work.made),
                                      media_type, &record, blob);

    } else if (rc == CIVIC_OK) {
        rc = ngx_http_civic_blob_failed(ngx_http_civic_cast(r),
                                        "a blob cannot be written",
                                        work.error);
    }

    ngx_explicit_memzero(&record, sizeof(record));

    return rc;
}


/* ---- records ------------------------------------------------------------ */

static int
ngx_http_civic_blob_open_record(civic_request_t *r, civic_purpose_t *purpose,
    civic_str_t pid, civic_str_t id, civic_str_t sealed,
    civic_blob_record_t *record)
{
    int            rc;
    int64_t        len;
    civic_str_t    plain;
    unsigned char  bytes[CIVIC_BLOB_RECORD + CIVIC_SEAL_OVERHEAD];

    if (sealed.len > sizeof(bytes)) {
        return -1;
    }

    len = civic_purpose_open(purpose, ngx_http_civic_blob_context(r, pid, id),
                             sealed, bytes);
    if (len < 0) {
        return -1;
    }

    plain.data = (char *) bytes;
    plain.len = len;

    rc = civic_blob_record_decode(plain, record);

    ngx_explicit_memzero(bytes, sizeof(bytes));

    return rc;
}


int
ngx_http_civic_blob_open_any(civic_request_t *r, civic_str_t pid,
    civic_str_t id, civic_str_t sealed, civic_blob_record_t *record)
{
    ngx_uint_t                    i, j;
    ngx_http_civic_plugin_t     **plugin;
    ngx_http_civic_main_conf_t   *cmcf = ngx_http_civic_worker.conf;

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        for (j = 0; j < plugin[i]->npurposes; j++) {
            if (ngx_http_civic_blob_open_record(r, plugin[i]->purposes[j],
                                                pid, id, sealed, record) == 0)
            {
                return 0;
            }
        }
    }

    return -1;
}


civic_result_t
ngx_http_civic_blob_record(ngx_http_civic_request_t *cr, civic_str_t pid,
    civic_purpose_t *purpose, civic_str_t id, civic_blob_record_t *record)
{
    civic_str_t           key;
    civic_result_t        rc;
    civic_request_t      *r = &cr->public;
    const civic_value_t  *value;

    if (!civic_blob_id_valid(id) || pid.len == 0) {
        return CIVIC_NOT_FOUND;
    }

    key = ngx_http_civic_person_key(r, pid, "blobs");

    rc = ngx_http_civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key, id),
                              &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    if (ngx_http_civic_blob_open_record(r, purpose, pid, id, value->str,
                                        record) == 0)
    {
        return CIVIC_OK;
    }

    /* an id of the same person's, kept for something else: nothing is
       damaged, and ids come from clients */
    if (ngx_http_civic_blob_open_any(r, pid, id, value->str, record) == 0) {
        ngx_explicit_memzero(record, sizeof(civic_blob_record_t));
        civic_log(r, CIVIC_LOG_WARN, "a blob was asked for under another "
                  "purpose than its own");
        return CIVIC_NOT_FOUND;
    }

    return ngx_http_civic_blob_failed(cr, "the record of a blob cannot be "
                                      "opened", EBADMSG);
}


/* ---- reading ------------------------------------------------------------ */

static void
ngx_http_civic_blob_read_work(void *data)
{
    char                        *p;
    int64_t                      n;
    civic_blob_reader_t         *reader;
    ngx_http_civic_blob_work_t  *work = data;

    reader = work->writer != NULL
             ? civic_blob_reader_of(work->writer)
             : civic_blob_reader_open(work->folder, work->pid, work->id,
                                      work->record);
    if (reader == NULL) {
        work->error = ngx_errno;
        return;
    }

    p = work->out;

    while ((n = civic_blob_reader_next(reader, p)) > 0) {
        p += n;
    }

    work->error = n < 0 ? ngx_errno : 0;

    civic_blob_reader_close(reader);
}


/* The reader is given whole chunks to write to. */

static char *
ngx_http_civic_blob_room(civic_request_t *r, uint64_t size)
{
    return ngx_http_civic_alloc(r, (size + CIVIC_BLOB_CHUNK - 1)
                                   / CIVIC_BLOB_CHUNK * CIVIC_BLOB_CHUNK);
}


static civic_result_t
ngx_http_civic_blob_read_file(civic_request_t *r, civic_str_t pid,
    civic_purpose_t *purpose, civic_str_t id, civic_blob_record_t *record,
    civic_str_t *bytes)
{
    civic_result_t               rc;
    ngx_http_civic_request_t    *cr = ngx_http_civic_cast(r);
    ngx_http_civic_blob_work_t   work;

    ngx_memzero(&work, sizeof(ngx_http_civic_blob_work_t));

    work.folder = ngx_http_civic_blob_folder();
    work.pid = pid;
    work.id = id;
    work.record = record;
    work.out = ngx_http_civic_blob_room(r, record->size);

    rc = ngx_http_civic_offload_disk(r, ngx_http_civic_blob_read_work, &work);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (work.error == ENOENT) {
        /* deleted since the record was read? */
        rc = ngx_http_civic_blob_record(cr, pid, purpose, id, record);
    }

    if (rc == CIVIC_OK && work.error != 0) {
        rc = ngx_http_civic_blob_failed(cr, "a blob cannot be read",
                                        work.error);
    }

    bytes->data = work.out;
    bytes->len = record->size;

    return rc;
}


civic_result_t
ngx_http_civic_blob_read(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, civic_blob_t *blob,
    civic_str_t *bytes)
{
    civic_result_t        rc;
    civic_purpose_t      *key;
    civic_blob_record_t   record;

    rc = ngx_http_civic_blob_key(r, purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = ngx_http_civic_blob_record(ngx_http_civic_cast(r), pid, key, id,
                                    &record);

    if (rc == CIVIC_OK && record.size > NGX_HTTP_CIVIC_BLOB_READ) {
        rc = CIVIC_BUSY;
    }

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_blob_read_file(r, pid, key, id, &record, bytes);
    }

    if (rc == CIVIC_OK) {
        ngx_http_civic_blob_describe(r, blob, id, &record);
    }

    ngx_explicit_memzero(&record, sizeof(record));

    return rc;
}


/* The file has no name yet, and no record: the writer knows its key. */

civic_result_t
ngx_http_civic_upload_bytes(civic_request_t *r, civic_str_t *bytes)
{
    uint64_t                     size;
    civic_result_t               rc;
    ngx_http_civic_request_t    *cr = ngx_http_civic_cast(r);
    ngx_http_civic_blob_work_t   work;

    rc = ngx_http_civic_blob_usable(r);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ngx_memzero(&work, sizeof(ngx_http_civic_blob_work_t));

    work.writer = ngx_http_civic_upload_writer(cr);

    if (work.writer == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" reads an upload, and "
                  "there is none, or it was kept before",
                  cr->plugin->name.data);
        return CIVIC_ERROR;
    }

    size = civic_blob_writer_size(work.writer);

    if (size > NGX_HTTP_CIVIC_BLOB_READ) {
        return CIVIC_BUSY;
    }

    work.out = ngx_http_civic_blob_room(r, size);

    rc = ngx_http_civic_offload_disk(r, ngx_http_civic_blob_read_work, &work);

    if (rc == CIVIC_OK && work.error != 0) {
        rc = ngx_http_civic_blob_failed(cr, "an upload cannot be read",
                                        work.error);
    }

    bytes->data = work.out;
    bytes->len = size;

    return rc;
}


/* ---- URLs --------------------------------------------------------------- */

static void
ngx_http_civic_ticket_put(unsigned char *p, uint64_t value)
{
    ngx_uint_t  i;

    for (i = 0; i < 8; i++) {
        p[i] = (unsigned char) (value >> 8 * (7 - i));
    }
}


static uint64_t
ngx_http_civic_ticket_get(const unsigned char *p)
{
    uint64_t    value = 0;
    ngx_uint_t  i;

    for (i = 0; i < 8; i++) {
        value = value << 8 | p[i];
    }

    return value;
}


/* Version, expiry, the pid with its length, the id, the purpose: sealed. */

static civic_str_t
ngx_http_civic_ticket_make(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, unsigned lifetime)
{
    char           *text;
    size_t          name = strlen(purpose);
    int64_t         len;
    civic_str_t     plain, ticket = { "", 0 };
    unsigned char  *p, *sealed;

    plain.len = NGX_HTTP_CIVIC_TICKET_HEAD + pid.len + id.len + name;
    p = ngx_http_civic_alloc(r, plain.len);
    plain.data = (char *) p;

    p[0] = NGX_HTTP_CIVIC_TICKET;
    ngx_http_civic_ticket_put(p + 1, (uint64_t) ngx_http_civic_now()
                                     + lifetime * UINT64_C(1000));
    p[9] = (unsigned char) pid.len;
    p = ngx_cpymem(p + NGX_HTTP_CIVIC_TICKET_HEAD, pid.data, pid.len);
    p = ngx_cpymem(p, id.data, id.len);
    ngx_memcpy(p, purpose, name);

    sealed = ngx_http_civic_alloc(r, plain.len + CIVIC_SEAL_OVERHEAD);
    len = civic_purpose_seal(ngx_http_civic_worker.conf->blobs->ticket,
                             NGX_HTTP_CIVIC_TICKET_FOR, plain, sealed);
    if (len < 0) {
        return ticket;
    }

    text = ngx_http_civic_alloc(r, len / 3 * 4 + 8);
    ticket.data = text;
    ticket.len = civic_base64url_encode(sealed, len, text);

    return ticket;
}


civic_result_t
ngx_http_civic_blob_url(civic_request_t *r, civic_str_t pid,
    const char *purpose, civic_str_t id, unsigned lifetime, civic_str_t *url)
{
    ngx_str_t                  prefix;
    civic_str_t                ticket;
    civic_result_t             rc;
    civic_purpose_t           *key;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    rc = ngx_http_civic_blob_key(r, purpose, &key);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (lifetime == 0 || lifetime > NGX_HTTP_CIVIC_BLOB_URL
        || cr->http == NULL || pid.len == 0 || pid.len > 63)
    {
        civic_log(r, CIVIC_LOG_ERROR, "there is no URL of a blob for %u s "
                  "here: 1 to %d, for a person, in a request", lifetime,
                  NGX_HTTP_CIVIC_BLOB_URL);
        return CIVIC_ERROR;
    }

    if (!civic_blob_id_valid(id)) {
        return CIVIC_NOT_FOUND;
    }

    ticket = ngx_http_civic_ticket_make(r, pid, purpose, id, lifetime);

    if (ticket.len == 0 || ticket.len > NGX_HTTP_CIVIC_TICKET_MOST) {
        civic_log(r, CIVIC_LOG_ERROR, "a blob's ticket cannot be sealed");
        return CIVIC_ERROR;
    }

    prefix = ngx_http_civic_location_prefix(cr->http);

    *url = civic_print(r, "%.*s/civic/blobs/%.*s", (int) prefix.len,
                       (char *) prefix.data, (int) ticket.len, ticket.data);

    return ngx_http_civic_is_over(r) ? CIVIC_ABORTED : CIVIC_OK;
}


/* The purpose of a ticket's name: one of some plugin's table. */

static civic_purpose_t *
ngx_http_civic_ticket_purpose(const char *name, size_t len)
{
    const char                   *known;
    ngx_uint_t                    i, j;
    ngx_http_civic_plugin_t     **plugin;
    ngx_http_civic_main_conf_t   *cmcf = ngx_http_civic_worker.conf;

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        for (j = 0; j < plugin[i]->npurposes; j++) {
            known = plugin[i]->purpose_names[j];

            if (strlen(known) == len && ngx_memcmp(known, name, len) == 0) {
                return plugin[i]->purposes[j];
            }
        }
    }

    return NULL;
}


civic_result_t
ngx_http_civic_blob_ticket(ngx_http_civic_request_t *cr, civic_str_t ticket,
    civic_str_t *pid, civic_purpose_t **purpose, civic_str_t *id)
{
    char           *p;
    int64_t         len;
    civic_str_t     sealed;
    civic_result_t  rc;
    unsigned char  *plain;

    rc = ngx_http_civic_blob_usable(&cr->public);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (ticket.len == 0 || ticket.len > NGX_HTTP_CIVIC_TICKET_MOST) {
        return CIVIC_NOT_FOUND;
    }

    p = ngx_http_civic_alloc(&cr->public, ticket.len + 4);
    plain = ngx_http_civic_alloc(&cr->public, ticket.len + 4);

    len = civic_base64url_decode(ticket, p);
    if (len < 0) {
        return CIVIC_NOT_FOUND;
    }

    sealed.data = p;
    sealed.len = len;

    len = civic_purpose_open(ngx_http_civic_worker.conf->blobs->ticket,
                             NGX_HTTP_CIVIC_TICKET_FOR, sealed, plain);

    if (len < NGX_HTTP_CIVIC_TICKET_HEAD + CIVIC_BLOB_ID
        || plain[0] != NGX_HTTP_CIVIC_TICKET
        || len < NGX_HTTP_CIVIC_TICKET_HEAD + plain[9] + CIVIC_BLOB_ID
        || (uint64_t) ngx_http_civic_now()
           >= ngx_http_civic_ticket_get(plain + 1))
    {
        return CIVIC_NOT_FOUND;
    }

    pid->data = (char *) plain + NGX_HTTP_CIVIC_TICKET_HEAD;
    pid->len = plain[9];
    id->data = pid->data + pid->len;
    id->len = CIVIC_BLOB_ID;

    p = (char *) id->data + CIVIC_BLOB_ID;
    *purpose = ngx_http_civic_ticket_purpose(p, (char *) plain + len - p);

    return *purpose == NULL ? CIVIC_NOT_FOUND : CIVIC_OK;
}
