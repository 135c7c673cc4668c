/*
 * ngx_http_civic_blob_delete.c - blobs are deleted: the record with the key,
 * and for each an entry in the audit trail by the same script, then the file.
 *
 * With the record gone nobody can open the file: that is the deletion.  A
 * file that cannot be removed now is the sweep's.
 */

#include "ngx_http_civic_blobs.h"


#define NGX_HTTP_CIVIC_BLOB_DELETE  64


typedef struct {
    const char         *folder;
    civic_str_t         pid;
    const civic_str_t  *ids;
    size_t              count;
    size_t              failed;
    int                 error;
} ngx_http_civic_blob_removal_t;


/* What the trail is told of a blob: what it was, as far as its record can
   still be opened. */

static json_t *
ngx_http_civic_blob_details(civic_request_t *r, civic_str_t pid,
    civic_str_t id, civic_str_t sealed)
{
    char                  digest[2 * CIVIC_BLOB_DIGEST];
    json_t               *details;
    civic_blob_record_t   record;

    if (ngx_http_civic_blob_open_any(r, pid, id, sealed, &record) != 0) {
        return json_pack("{s:s%}", "blob", id.data, id.len);
    }

    (void) ngx_hex_dump((u_char *) digest, record.digest, CIVIC_BLOB_DIGEST);

    details = json_pack("{s:s%,s:I,s:s%}", "blob", id.data, id.len, "size",
                        (json_int_t) record.size, "digest", digest,
                        sizeof(digest));

    ngx_explicit_memzero(&record, sizeof(record));

    return details;
}


static civic_result_t
ngx_http_civic_blob_entry(civic_request_t *r, civic_str_t pid, civic_str_t id,
    civic_str_t sealed, civic_script_t *script)
{
    civic_str_t         *args = (civic_str_t *) script->args;
    civic_result_t       rc;
    civic_audit_entry_t  entry;

    ngx_memzero(&entry, sizeof(civic_audit_entry_t));

    entry.action = "blob.deleted";
    entry.subject = pid;
    entry.details = ngx_http_civic_blob_details(r, pid, id, sealed);

    if (entry.details == NULL) {
        return CIVIC_ERROR;
    }

    args[script->nargs] = id;

    rc = ngx_http_civic_audit(r, &entry, script->keys[0],
                              (civic_str_t *) &script->keys[1],
                              &args[script->nargs + 1]);
    script->nargs += 2;

    json_decref(entry.details);

    return rc;
}


/* The records that there are go, and the trail hears of each. */

static civic_result_t
ngx_http_civic_blob_forget_records(civic_request_t *r, civic_str_t pid,
    const civic_str_t *ids, size_t count)
{
    size_t                     i;
    civic_str_t               *words, *args, *keys;
    civic_result_t             rc;
    civic_script_t             script;
    const civic_value_t       *value;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    words = ngx_http_civic_alloc(r, (count + 2) * sizeof(civic_str_t));
    args = ngx_http_civic_alloc(r, 2 * count * sizeof(civic_str_t));
    keys = ngx_http_civic_alloc(r, 2 * sizeof(civic_str_t));

    keys[0] = ngx_http_civic_person_key(r, pid, "blobs");

    words[0] = CIVIC_STR("HMGET");
    words[1] = keys[0];
    ngx_memcpy(words + 2, ids, count * sizeof(civic_str_t));

    rc = ngx_http_civic_redis(r, words, count + 2, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != count) {
        return CIVIC_ERROR;
    }

    ngx_memzero(&script, sizeof(civic_script_t));

    script.keys = keys;
    script.nkeys = 2;
    script.args = args;
    script.flags = CIVIC_SCRIPT_DURABLE;

    for (i = 0; i < count; i++) {
        if (value->items[i].type != CIVIC_VALUE_STRING) {
            continue;
        }

        rc = ngx_http_civic_blob_entry(r, pid, ids[i], value->items[i].str,
                                       &script);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    if (script.nargs == 0) {
        return CIVIC_OK;                /* a script of the caller's did it */
    }

    return ngx_http_civic_run_script(cr,
                                     ngx_http_civic_worker.conf->blobs->remove,
                                     &script, &value);
}


static void
ngx_http_civic_blob_removal(void *data)
{
    size_t                          i;
    ngx_http_civic_blob_removal_t  *removal = data;

    for (i = 0; i < removal->count; i++) {
        if (civic_blob_remove(removal->folder, removal->pid, removal->ids[i])
            != 0)
        {
            removal->failed++;
            removal->error = ngx_errno;
        }
    }
}


civic_result_t
ngx_http_civic_blob_delete(civic_request_t *r, civic_str_t pid,
    const civic_str_t *ids, size_t count)
{
    size_t                          i;
    civic_result_t                  rc;
    ngx_http_civic_blob_removal_t   removal;

    rc = ngx_http_civic_blob_usable(r);
    if (rc != CIVIC_OK || count == 0) {
        return rc;
    }

    for (i = 0; i < count && count <= NGX_HTTP_CIVIC_BLOB_DELETE; i++) {
        if (!civic_blob_id_valid(ids[i])) {
            break;
        }
    }

    if (i != count || pid.len == 0) {
        civic_log(r, CIVIC_LOG_ERROR, "%zu blobs cannot be deleted: 1 to %d "
                  "of a person, by their ids", count,
                  NGX_HTTP_CIVIC_BLOB_DELETE);
        return CIVIC_ERROR;
    }

    rc = ngx_http_civic_blob_forget_records(r, pid, ids, count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ngx_memzero(&removal, sizeof(ngx_http_civic_blob_removal_t));

    removal.folder = (char *) ngx_http_civic_worker.conf->blobs->folder.data;
    removal.pid = pid;
    removal.ids = ids;
    removal.count = count;

    rc = ngx_http_civic_offload_disk(r, ngx_http_civic_blob_removal, &removal);
    if (rc == CIVIC_BUSY) {
        removal.failed = count;
        removal.error = EAGAIN;
    }

    if (removal.failed != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "%zu files of %zu deleted blobs cannot "
                  "be removed now, the sweep will: %s", removal.failed, count,
                  strerror(removal.error));
    }

    return rc == CIVIC_BUSY ? CIVIC_OK : rc;
}
