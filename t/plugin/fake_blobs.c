/*
 * fake_blobs.c - URLs of blobs, deleting, sweeping, and the folder as the test
 * sees it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fake_internal.h"

#define FAKE_URL_MAX     300            /* s */
#define FAKE_DELETE_MAX  64
#define FAKE_SWEEP_AGE   3600           /* s */
#define FAKE_SWEEP       64             /* files in one look */


/* ---- URLs -------------------------------------------------------------- */

/* Sealed: "<until, ms> <pid> <id> <purpose>". */
civic_result_t
fake_blob_url(civic_request_t *r, civic_str_t pid, const char *purpose,
    civic_str_t id, unsigned lifetime, civic_str_t *url)
{
    char           *text;
    int64_t         len;
    fake_run_t     *run = fake_run(r);
    civic_str_t     plain;
    unsigned char  *sealed;

    *url = CIVIC_STR("");

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (fake_purpose(run, purpose) == NULL) {
        return CIVIC_ERROR;
    }

    if (lifetime == 0 || lifetime > FAKE_URL_MAX || pid.len == 0
        || run->job_run != NULL)
    {
        return fake_misuse(run, "civic_blob_url() is for a person's blob and "
                           "1 to %d seconds, in a request", FAKE_URL_MAX);
    }

    if (!civic_blob_id_valid(id)) {
        return CIVIC_NOT_FOUND;
    }

    plain = civic_arena_print(run->spare, "%lld %.*s %.*s %s",
                              (long long) fake_now(run->host)
                              + lifetime * 1000LL,
                              (int) pid.len, pid.data, (int) id.len, id.data,
                              purpose);

    sealed = civic_arena_alloc(run->spare, plain.len + CIVIC_SEAL_OVERHEAD);
    len = civic_purpose_seal(civic_keyring_purpose(run->host->keyring,
                                                   "blob url"),
                             CIVIC_STR(""), plain, sealed);
    if (len < 0) {
        return fake_misuse(run, "civic_blob_url() failed");
    }

    text = civic_arena_alloc(run->spare, (size_t) len * 2);
    text[civic_base64url_encode(sealed, (size_t) len, text)] = '\0';

    *url = civic_arena_print(run->arena, "/civic/blobs/%s", text);

    return CIVIC_OK;
}


/* 1: purpose has 128 bytes, pid and id 64. */
static int
fake_ticket_open(fake_run_t *run, civic_str_t ticket, char *pid, char *id,
    char *purpose)
{
    int64_t      len;
    long long    until;
    civic_str_t  sealed;
    char        *plain;

    plain = civic_arena_alloc(run->spare, ticket.len + 4);
    len = civic_base64url_decode(ticket, plain);
    if (len < 0) {
        return 0;
    }

    sealed = civic_arena_copy(run->spare,
                              (civic_str_t) { plain, (size_t) len });
    len = civic_purpose_open(civic_keyring_purpose(run->host->keyring,
                                                   "blob url"),
                             CIVIC_STR(""), sealed, (unsigned char *) plain);
    if (len < 0) {
        return 0;
    }

    plain[len] = '\0';

    return sscanf(plain, "%lld %63s %63s %127s", &until, pid, id, purpose) == 4
           && until > fake_now(run->host);
}


civic_result_t
fake_reply_blob_url(civic_request_t *r, civic_str_t ticket)
{
    char             pid[64], id[64], purpose[128];
    fake_run_t      *run = fake_run(r);
    civic_result_t   rc;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (!fake_ticket_open(run, ticket, pid, id, purpose)) {
        return CIVIC_NOT_FOUND;
    }

    rc = fake_reply_load(run, civic_keyring_purpose(run->host->keyring,
                                                    purpose),
                         civic_cstr(pid), civic_cstr(id));

    return rc;
}


/* ---- deleting and sweeping --------------------------------------------- */

/* A file that cannot be removed now is the sweep's. */
static void
fake_remove_on_main(void *data)
{
    size_t        i;
    fake_file_t  *file = data;

    for (i = 0; i < file->count; i++) {
        if (civic_blob_remove(fake_blobs_folder(file->run->host), file->pid,
                              file->ids[i]) != 0)
        {
            fake_misuse(file->run, "the file of a blob stays: %s",
                        strerror(errno));
        }
    }
}


/* KEYS: the person's blobs, the outbox.  ARGV: id, entry, id, entry ... */
static const char  fake_delete_script[] =
    "#!lua\n"
    "for i = 1, #ARGV, 2 do\n"
    "    if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then\n"
    "        redis.call('XADD', KEYS[2], '*', 'entry', ARGV[i + 1])\n"
    "        redis.call('HDEL', KEYS[1], ARGV[i])\n"
    "    end\n"
    "end\n"
    "return 1\n";


/* An id and its entry for each that is there: how many words, or -1. */
static int
fake_delete_entries(fake_run_t *run, fake_file_t *file,
    const civic_value_t *records, civic_str_t *keys, civic_str_t *args)
{
    int              n = 0;
    size_t           i;
    json_t          *details;
    civic_result_t   rc;

    for (i = 0; i < file->count; i++) {
        if (records->items[i].type != CIVIC_VALUE_STRING) {
            continue;
        }

        details = json_pack("{s:s%}", "blob", file->ids[i].data,
                            file->ids[i].len);
        rc = fake_audit_prepare(&run->base, &(civic_audit_entry_t) {
                                                .action = "blob.deleted",
                                                .subject = file->pid,
                                                .details = details },
                                keys[0], &keys[1], &args[n + 1]);
        json_decref(details);

        if (rc != CIVIC_OK) {
            return -1;
        }

        args[n] = file->ids[i];
        n += 2;
    }

    return n;
}


static civic_result_t
fake_delete_records(fake_run_t *run, fake_file_t *file)
{
    int                   n;
    civic_str_t          *argv, *read;
    civic_result_t        rc;
    const civic_value_t  *value;

    argv = civic_arena_alloc(run->spare, (5 + 2 * file->count)
                                         * sizeof(*argv));
    read = civic_arena_alloc(run->spare, (2 + file->count) * sizeof(*read));

    argv[0] = CIVIC_STR("EVAL");
    argv[1] = CIVIC_STR(fake_delete_script);
    argv[2] = CIVIC_STR("2");
    argv[3] = fake_person_key(&run->base, file->pid, "blobs");

    read[0] = CIVIC_STR("HMGET");
    read[1] = argv[3];
    memcpy(read + 2, file->ids, file->count * sizeof(*read));

    rc = fake_redis_read(&run->base, read, 2 + file->count, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    n = fake_delete_entries(run, file, value, argv + 3, argv + 5);
    if (n <= 0) {
        return n < 0 ? CIVIC_ERROR : CIVIC_OK;
    }

    rc = fake_write(run, "blob_delete", argv, 5 + (size_t) n, &value);

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


civic_result_t
fake_blob_delete(civic_request_t *r, civic_str_t pid, const civic_str_t *ids,
    size_t count)
{
    size_t           i;
    fake_run_t      *run = fake_run(r);
    fake_file_t      file = {
        .run = run, .pid = pid, .ids = ids, .count = count
    };
    civic_result_t   rc;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    for (i = 0; i < count; i++) {
        if (count > FAKE_DELETE_MAX || !civic_blob_id_valid(ids[i])) {
            return fake_misuse(run, "civic_blob_delete() takes at most %d "
                               "blobs, by their ids", FAKE_DELETE_MAX);
        }
    }

    if (count == 0) {
        return CIVIC_OK;
    }

    if (fake_blob_fault(run) == FAKE_BLOB_NO_FOLDER) {
        return fake_file_failed(run, "deleting blobs", ENOSPC);
    }

    rc = fake_delete_records(run, &file);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_fiber_on_main(fake_remove_on_main, &file);

    return fake_suspend(run);
}


/* 1 if the file was nobody's and is gone. */
static civic_result_t
fake_sweep_one(fake_run_t *run, const civic_blob_found_t *found,
    unsigned *removed)
{
    civic_str_t           key, id = civic_cstr(found->id);
    fake_file_t           file = { .run = run, .pid = civic_cstr(found->pid),
                                   .ids = &id, .count = 1 };
    civic_result_t        rc;
    const civic_value_t  *value;

    key = fake_person_key(&run->base, file.pid, "blobs");
    rc = fake_redis_read(&run->base,
                         CIVIC_ARGV(CIVIC_STR("HEXISTS"), key, id),
                         &value);

    if (rc != CIVIC_OK || value->integer == 1) {
        return rc;
    }

    rc = fake_file_work(&file, "sweeping a blob", fake_remove_on_main);
    *removed += rc == CIVIC_OK;

    return rc;
}


civic_result_t
fake_blobs_sweep(civic_request_t *r, const civic_job_t *job,
    unsigned *removed)
{
    int64_t              i, count;
    uint64_t             cursor = 0;
    fake_run_t          *run = fake_run(r);
    civic_result_t       rc = CIVIC_OK;
    civic_blob_found_t  *found;

    *removed = 0;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->job_run == NULL) {
        return fake_misuse(run, "civic_blobs_sweep() is for jobs");
    }

    found = civic_arena_alloc(run->spare, FAKE_SWEEP * sizeof(*found));

    do {
        count = civic_blob_list(fake_blobs_folder(run->host), job->shard,
                                job->shards, FAKE_SWEEP_AGE, &cursor, found,
                                FAKE_SWEEP);
        if (count < 0) {
            return fake_file_failed(run, "sweeping", errno);
        }

        for (i = 0; i < count && rc == CIVIC_OK; i++) {
            rc = fake_sweep_one(run, &found[i], removed);
        }

    } while (cursor != 0 && rc == CIVIC_OK);

    return rc;
}


/* ---- the folder, and what the test sees of it -------------------------- */

static unsigned         fake_walk_count;
static struct timespec  fake_walk_times[2];


static int
fake_walk_remove(const char *path, const struct stat *st, int type,
    struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;

    return remove(path);
}


static int
fake_walk_file(const char *path, const struct stat *st, int type,
    struct FTW *at)
{
    (void) st;
    (void) at;

    if (type != FTW_F) {
        return 0;
    }

    fake_walk_count++;

    return fake_walk_times[0].tv_sec == 0
           ? 0 : utimensat(AT_FDCWD, path, fake_walk_times, 0);
}


int
fake_files_start(fake_host_t *h)
{
    return civic_blob_folder_make(fake_blobs_folder(h));
}


void
fake_files_stop(fake_host_t *h)
{
    if (h->folder[0] != '\0') {
        (void) nftw(fake_blobs_folder(h), fake_walk_remove, 16,
                    FTW_DEPTH | FTW_PHYS);
    }
}


unsigned
fake_blob_files(fake_host_t *h)
{
    fake_walk_count = 0;
    memset(fake_walk_times, 0, sizeof(fake_walk_times));
    (void) nftw(fake_blobs_folder(h), fake_walk_file, 16, FTW_PHYS);

    return fake_walk_count;
}


void
fake_age_blobs(fake_host_t *h, unsigned seconds)
{
    fake_walk_times[0].tv_sec = time(NULL) - (time_t) seconds;
    fake_walk_times[1] = fake_walk_times[0];
    (void) nftw(fake_blobs_folder(h), fake_walk_file, 16, FTW_PHYS);
}


const char *
fake_blob_path(fake_host_t *h, const char *pid, const char *id)
{
    civic_str_t  path;

    path = civic_arena_print(h->texts, "%s/%.2s/%s.%s", fake_blobs_folder(h),
                             pid, pid, id);

    return access(path.data, F_OK) == 0 ? path.data : NULL;
}
