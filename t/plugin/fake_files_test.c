/*
 * fake_files_test.c - blobs of the fake host do what the contract says.
 */

#define _GNU_SOURCE

#include "archive.h"

#include <stdlib.h>
#include <unistd.h>


/* A path below the files: "/archive/files/<id><rest>". */
static const char *
of(const char *id, const char *rest)
{
    static char  path[256];

    snprintf(path, sizeof(path), "/archive/files/%s%s", id, rest);

    return path;
}


static fake_reply_t *
upload(const char *query, const char *bytes, const char *type)
{
    char  path[64];

    snprintf(path, sizeof(path), "/archive/files?keep=%s", query);

    return as_citizen(CIVIC_POST, path, (fake_request_t) {
                          .upload = bytes, .upload_type = type });
}


/* The id of a file that was kept; "" if it was not. */
static const char *
kept(const char *bytes)
{
    return fake_text(upload("1", bytes, "text/plain"), "id");
}


static void
test_upload_keep_read(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    rep = upload("1", "hello", "text/plain; charset=utf-8");
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "type"), "text/plain");
    assert_int_equal(json_integer_value(json_object_get(rep->json, "size")),
                     5);

    id = fake_text(rep, "id");
    assert_int_equal(strlen(id), 22);
    assert_non_null(fake_blob_path(h, pid, id));
    assert_int_equal(fake_blob_files(h), 1);

    rep = get(of(id, ""));
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->content_type, "text/plain");
    assert_string_equal(rep->body, "hello");
    assert_string_equal(fake_header(rep, "Cache-Control"), "no-store");
    assert_null(fake_header(rep, "ETag"));
    assert_null(rep->json);
    assert_int_equal(rep->suspensions, 2);

    rep = get(of(id, "/text"));
    assert_string_equal(fake_text(rep, "text"), "hello");
    assert_true(json_integer_value(json_object_get(rep->json, "created_at"))
                > 0);
}


static void
test_upload_is_sealed(void **state)
{
    char               buffer[4096];
    FILE              *file;
    size_t             len;
    const char        *id = kept("nobody reads this");
    const redisReply  *record;

    (void) state;

    record = fake_redis(h, "HGET civic:{p:%s}:blobs %s", pid, id);
    assert_int_equal(record->type, REDIS_REPLY_STRING);
    assert_null(memmem(record->str, record->len, "text/plain", 10));

    file = fopen(fake_blob_path(h, pid, id), "r");
    assert_non_null(file);
    len = fread(buffer, 1, sizeof(buffer), file);
    (void) fclose(file);
    assert_true(len > 17);
    assert_null(memmem(buffer, len, "nobody", 6));
}


static void
test_upload_large(void **state)
{
    char          *bytes = malloc(200001);
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    memset(bytes, 'x', 200000);
    bytes[200000] = '\0';
    bytes[70000] = 'y';

    id = kept(bytes);
    rep = get(of(id, ""));
    assert_int_equal(rep->len, 200000);
    assert_string_equal(rep->body, bytes);

    rep = as_citizen(CIVIC_POST, "/archive/files?keep=1", (fake_request_t) {
                         .upload = bytes, .upload_len = 200001,
                         .upload_type = "text/plain" });
    assert_problem(rep, 413, "body_too_large");
    assert_false(rep->started);
    free(bytes);
}


static void
test_upload_refused(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    assert_problem(upload("1", "<svg/>", "image/svg+xml"), 415,
                   "unsupported_media_type");
    assert_problem(upload("1", "hello", NULL), 415, "unsupported_media_type");
    assert_problem(upload("1", NULL, NULL), 400, "upload_malformed");

    rep = as_citizen(CIVIC_POST, "/archive/pushes", (fake_request_t) {
                         .upload = "hello", .upload_type = "text/plain" });
    assert_problem(rep, 415, "unsupported_media_type");
    assert_int_equal(fake_blob_files(h), 0);
}


/* What is not kept goes with the request; what no script knows, later. */
static void
test_upload_thrown_away(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = upload("0", "hello", "text/plain");
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "head"), "hello");
    assert_int_equal(fake_blob_files(h), 0);

    rep = as_citizen(CIVIC_POST, "/archive/files?keep=1", (fake_request_t) {
                         .upload = "hello", .upload_type = "text/plain",
                         .redis_fault_at = 1,
                         .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_problem(rep, 503, "store_unavailable");
    assert_int_equal(fake_blob_files(h), 1);
}


static void
test_misuse(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;

    rep = upload("2", "hello", "text/plain");
    assert_int_equal(rep->result, CIVIC_ERROR);
    assert_true(fake_logged(h, "it is kept already"));

    rep = as_citizen(CIVIC_POST, "/archive/texts", (fake_request_t) {
                         .body = "{\"text\":\"\"}" });
    assert_int_equal(rep->result, CIVIC_ERROR);
    assert_true(fake_logged(h, "civic_blob_write() takes 1 to"));

    id = kept("hello");
    rep = get(of(id, "/text?purpose=nobodys"));
    assert_int_equal(rep->result, CIVIC_ERROR);
    assert_true(fake_logged(h, "purpose \"nobodys\" is not in the table"));

    assert_int_equal(get(of(id, "/url?lifetime=0"))->result, CIVIC_ERROR);
    assert_int_equal(get(of(id, "/url?lifetime=301"))->result, CIVIC_ERROR);
}


static void
test_write_and_whose_it_is(void **state)
{
    char           id[32], other[32];
    const char    *theirs;
    fake_reply_t  *rep;

    (void) state;

    rep = as_citizen(CIVIC_POST, "/archive/texts", (fake_request_t) {
                         .body = "{\"text\":\"written\"}" });
    assert_int_equal(rep->status, 201);
    snprintf(id, sizeof(id), "%s", fake_text(rep, "id"));
    assert_string_equal(fake_text(get(of(id, "/text")), "text"), "written");

    /* another purpose, another person, another id, no id */

    rep = get(of(id, "/text?purpose=another"));
    assert_int_equal(rep->result, CIVIC_INVALID);
    assert_problem(rep, 500, "internal_error");

    theirs = fake_session(h, REVIEWER, CIVIC_CITIZEN);
    rep = fake_request(h, CIVIC_GET, of(id, ""),
                       &(fake_request_t) { .token = theirs });
    assert_problem(rep, 404, "not_found");

    assert_problem(get(of("AAAAAAAAAAAAAAAAAAAAAA", "")), 404, "not_found");
    assert_problem(get(of("..%2F..%2Fetc", "")), 404, "not_found");

    /* a record that was moved to another id opens nothing */

    snprintf(other, sizeof(other), "%s", kept("other"));
    (void) fake_redis(h, "HSET civic:{p:%s}:blobs %s %b", pid, other,
                      fake_redis(h, "HGET civic:{p:%s}:blobs %s", pid,
                                 id)->str,
                      fake_redis(h, "HGET civic:{p:%s}:blobs %s", pid,
                                 id)->len);
    assert_int_equal(get(of(other, ""))->result, CIVIC_INVALID);
}


static void
test_url(void **state)
{
    char           path[512], id[32];
    const char    *url;
    fake_reply_t  *rep;

    (void) state;

    fake_set_clock(h, NOON);
    token = fake_session(h, PERSON, CIVIC_CITIZEN);
    snprintf(id, sizeof(id), "%s", kept("hello"));

    url = fake_text(get(of(id, "/url?lifetime=60")), "url");
    assert_non_null(strstr(url, "/civic/blobs/"));
    assert_null(strstr(url, pid));
    assert_null(strstr(url, id));

    snprintf(path, sizeof(path), "/archive/tickets/%s",
             url + strlen("/civic/blobs/"));
    rep = fake_request(h, CIVIC_GET, path, NULL);
    assert_string_equal(rep->body, "hello");

    /* forged, too old, gone */

    path[strlen(path) - 3] ^= 1;
    assert_problem(fake_request(h, CIVIC_GET, path, NULL), 404, "not_found");
    path[strlen(path) - 3] ^= 1;

    (void) fake_redis(h, "DEL civic:{p:%s}:blobs", pid);
    assert_problem(fake_request(h, CIVIC_GET, path, NULL), 404, "not_found");

    fake_advance(h, 60000);
    assert_problem(fake_request(h, CIVIC_GET, path, NULL), 404, "not_found");
}


static void
test_url_grows_old(void **state)
{
    char         path[512];
    const char  *id;

    (void) state;

    fake_set_clock(h, NOON);
    token = fake_session(h, PERSON, CIVIC_CITIZEN);
    id = kept("hello");
    snprintf(path, sizeof(path), "/archive/tickets/%s",
             fake_text(get(of(id, "/url?lifetime=60")), "url")
             + strlen("/civic/blobs/"));

    fake_advance(h, 59999);
    assert_int_equal(fake_request(h, CIVIC_GET, path, NULL)->status, 200);
    fake_advance(h, 1);
    assert_problem(fake_request(h, CIVIC_GET, path, NULL), 404, "not_found");
}


static void
test_delete(void **state)
{
    char           id[32];
    json_t        *entry;
    fake_reply_t  *rep;

    (void) state;

    snprintf(id, sizeof(id), "%s", kept("hello"));
    rep = as_citizen(CIVIC_DELETE, of(id, ""), (fake_request_t) {
                         .blob_fault_at = 1,
                         .blob_fault = FAKE_BLOB_NO_FOLDER });
    assert_int_equal(rep->result, CIVIC_NOT_SENT);
    assert_string_equal(get(of(id, ""))->body, "hello");

    rep = as_citizen(CIVIC_DELETE, of(id, ""),
                     (fake_request_t) { .body = NULL });
    assert_int_equal(rep->status, 204);
    assert_int_equal(fake_blob_files(h), 0);
    assert_problem(get(of(id, "")), 404, "not_found");

    entry = fake_audit(h, 0);
    assert_non_null(entry);
    assert_string_equal(fake_audit_action(h, 0), "blob.deleted");
    assert_string_equal(json_string_value(json_object_get(entry, "subject")),
                        pid);

    assert_int_equal(as_citizen(CIVIC_DELETE, of("no-id", ""),
                                (fake_request_t) { .body = NULL })->result,
                     CIVIC_ERROR);

    /* again: no error, and no entry */

    rep = as_citizen(CIVIC_DELETE, of(id, ""),
                     (fake_request_t) { .body = NULL });
    assert_int_equal(rep->status, 204);
    assert_int_equal(rep->redis_calls, 1);
    assert_null(fake_audit(h, 1));
}


static void
test_sweep(void **state)
{
    char  id[32];

    (void) state;

    snprintf(id, sizeof(id), "%s", kept("hello"));
    assert_int_equal(upload("3", "orphan", "text/plain")->status, 201);
    assert_int_equal(fake_blob_files(h), 2);

    assert_int_equal(fake_job(h, "archive.sweep", 0, 1, NULL)->result,
                     CIVIC_OK);
    assert_true(fake_logged(h, "swept 0"));

    fake_age_blobs(h, 3700);
    assert_int_equal(fake_job(h, "archive.sweep", 0, 1, NULL)->result,
                     CIVIC_OK);
    assert_true(fake_logged(h, "swept 1"));
    assert_int_equal(fake_blob_files(h), 1);
    assert_string_equal(get(of(id, ""))->body, "hello");
}


static void
test_bad_days(void **state)
{
    char           id[32];
    FILE          *file;
    unsigned       at;
    fake_reply_t  *rep;

    (void) state;

    /* an upload that cannot arrive, one that cannot be kept */

    for (at = 1; at <= 2; at++) {
        rep = as_citizen(CIVIC_POST, "/archive/files?keep=1",
                         (fake_request_t) {
                             .upload = "hello", .upload_type = "text/plain",
                             .blob_fault_at = at,
                             .blob_fault = FAKE_BLOB_NO_FOLDER });
        assert_problem(rep, 503, "store_unavailable");
        assert_int_equal(rep->started, at == 2);
        assert_int_equal(fake_blob_files(h), 0);
    }

    snprintf(id, sizeof(id), "%s", kept("hello"));

    rep = as_citizen(CIVIC_GET, of(id, ""), (fake_request_t) {
                         .blob_fault_at = 1,
                         .blob_fault = FAKE_BLOB_NO_FOLDER });
    assert_int_equal(rep->result, CIVIC_NOT_SENT);

    rep = as_citizen(CIVIC_GET, of(id, ""), (fake_request_t) {
                         .blob_fault_at = 1,
                         .blob_fault = FAKE_BLOB_DAMAGED });
    assert_int_equal(rep->result, CIVIC_INVALID);

    rep = as_citizen(CIVIC_GET, of(id, ""), (fake_request_t) {
                         .leave_at = 2 });
    assert_int_equal(rep->result, CIVIC_ABORTED);

    /* one byte, and then the whole file */

    file = fopen(fake_blob_path(h, pid, id), "r+");
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    at = (unsigned) getc(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    (void) putc((int) (at ^ 1), file);
    (void) fclose(file);
    assert_int_equal(get(of(id, ""))->result, CIVIC_INVALID);

    assert_int_equal(unlink(fake_blob_path(h, pid, id)), 0);
    assert_int_equal(get(of(id, ""))->result, CIVIC_NOT_SENT);
    assert_null(fake_blob_path(h, pid, id));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_upload_keep_read, reset),
        cmocka_unit_test_setup(test_upload_is_sealed, reset),
        cmocka_unit_test_setup(test_upload_large, reset),
        cmocka_unit_test_setup(test_upload_refused, reset),
        cmocka_unit_test_setup(test_upload_thrown_away, reset),
        cmocka_unit_test_setup(test_misuse, reset),
        cmocka_unit_test_setup(test_write_and_whose_it_is, reset),
        cmocka_unit_test_setup(test_url, reset),
        cmocka_unit_test_setup(test_url_grows_old, reset),
        cmocka_unit_test_setup(test_delete, reset),
        cmocka_unit_test_setup(test_sweep, reset),
        cmocka_unit_test_setup(test_bad_days, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
