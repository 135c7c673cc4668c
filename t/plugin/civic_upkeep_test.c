/*
 * civic_upkeep_test.c - files by link, and the jobs that keep the folder of
 * blobs and the audit trail in order.
 */

#define CIVIC_WORLD_OTHER  "t/plugin/fixtures/archive.so"

#include "civic_world.h"


/* A rule that keeps the audit trail for less than the law allows. */
static int
setup(void **state)
{
    char  command[128];

    (void) state;
    make_folder();
    snprintf(command, sizeof(command),
             "sed -i 's/{ days = [a-z_.0-9]* }/{ days = 10 }/' %s/civic.lua",
             scripts);
    assert_int_equal(system(command), 0);

    return start(NULL, NULL);
}


static fake_reply_t *
upload(int keep)
{
    char  path[64];

    snprintf(path, sizeof(path), "/archive/files?keep=%d", keep);

    return fake_request(h, CIVIC_POST, path, &(fake_request_t) {
        .token = citizen, .upload = "hello", .upload_type = "text/plain" });
}


static fake_reply_t *
run_job(const char *name)
{
    unsigned         shard;
    static uint64_t  fence;
    fake_reply_t    *rep = NULL;

    fence++;

    for (shard = 0; shard < 16; shard++) {
        rep = fake_job(h, name, shard, fence, NULL);
        assert_int_equal(rep->result, CIVIC_OK);
    }

    return rep;
}


static void
test_link(void **state)
{
    char           path[128], url[512];
    fake_reply_t  *rep = upload(1);

    (void) state;

    assert_int_equal(rep->status, 201);
    snprintf(path, sizeof(path), "/archive/files/%s/url?lifetime=60",
             fake_text(rep, "id"));
    rep = fake_request(h, CIVIC_GET, path,
                       &(fake_request_t) { .token = citizen });
    snprintf(url, sizeof(url), "%s", fake_text(rep, "url"));

    rep = get(url, NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, "hello");

    url[strlen(url) - 1] ^= 1;
    assert_string_equal(get(url, NULL)->code, "not_found");
    url[strlen(url) - 1] ^= 1;
    fake_advance(h, 61000);
    assert_string_equal(get(url, NULL)->code, "not_found");
    assert_string_equal(get("/civic/blobs/x", NULL)->code, "not_found");
}


static void
test_sweep(void **state)
{
    (void) state;

    assert_int_equal(upload(1)->status, 201);
    assert_int_equal(upload(3)->status, 201);
    run_job("civic.blobs");
    assert_int_equal(fake_blob_files(h), 2);

    fake_age_blobs(h, 3700);
    run_job("civic.blobs");
    assert_int_equal(fake_blob_files(h), 1);
    assert_false(fake_logged(h, "without a record"));   /* the host tells */
}


/* Six months, whatever the rule says. */
static void
test_audit(void **state)
{
    (void) state;

    run_job("civic.audit");
    assert_false(fake_logged(h, "days"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_link, reset),
        cmocka_unit_test_setup(test_sweep, reset),
        cmocka_unit_test_setup(test_audit, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
