/*
 * guide_test.c - docs/plugin-guide.md does what it says.
 *
 * The guide's files are taken out of it, word for word, into a folder outside
 * of the tree that has nothing of Civic but the contract; the guide's own
 * command builds them; the result answers requests.  Every example of a
 * service compiles without a warning.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "built.h"
#include "fake_host.h"

#define GUIDE     "docs/plugin-guide.md"
#define CONTRACT  "ngx_module/include"
#define HOUR      3600000LL
#define MIDNIGHT  1772985600000LL       /* 2026-03-09T00:00:00+08:00 */

/* What stands around the examples, as section 5 says. */
#define AROUND                                                                \
    "#include <stdlib.h>\n"                                                   \
    "#include <civic_plugin.h>\n"                                             \
    "enum { METRIC_LENT };\n"                                                 \
    "void heavy_work(void *data);\n"

static char  dir[] = "/tmp/civic-guide-XXXXXX";


/* In the folder, with the contract where the guide expects it. */
static void
run(const char *what)
{
    char  command[1024];

    (void) snprintf(command, sizeof(command), "cd %s && CPATH=%s && "
                    "export CPATH && %s", dir, dir, what);

    if (system(command) != 0) {
        fail_msg("failed: %s", what);
    }
}


static FILE *
create(const char *name)
{
    char   path[256];
    FILE  *file;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    assert_non_null(file);

    return file;
}


static void
copy_contract(void)
{
    char  command[256];

    (void) snprintf(command, sizeof(command), "cp -R " CONTRACT "/. %s", dir);
    assert_int_equal(system(command), 0);
}


/* Copies the rest of a block, which the next fence ends. */
static void
copy_block(FILE *guide, FILE *out)
{
    char  line[512];

    while (fgets(line, sizeof(line), guide) != NULL
           && strncmp(line, "```", 3) != 0)
    {
        (void) fputs(line, out);
    }
}


/* Every block whose fence reads "``` <info>" into out; how many there are.
   numbered: each as the body of a handler. */
static unsigned
extract(const char *info, FILE *out, int numbered)
{
    char      line[512];
    FILE     *guide = fopen(GUIDE, "r");
    unsigned  found = 0;

    assert_non_null(guide);

    while (fgets(line, sizeof(line), guide) != NULL) {
        if (strncmp(line, "```", 3) != 0) {
            continue;
        }

        line[strcspn(line, "\n")] = '\0';

        if (strcmp(line + 3, info) == 0) {
            if (numbered) {
                (void) fprintf(out, "static civic_result_t example_%u("
                               "civic_request_t *r)\n{\n", found);
            }

            found++;
            copy_block(guide, out);

            if (numbered) {
                (void) fputs("    return CIVIC_OK;\n}\n", out);
            }
        }
    }

    (void) fclose(guide);

    return found;
}


/* A file of the guide; parts: in so many blocks. */
static void
extract_file(const char *language, const char *name, unsigned parts)
{
    char   info[128];
    FILE  *out = create(name);

    (void) snprintf(info, sizeof(info), "%s %s", language, name);
    assert_int_equal(extract(info, out, 0), parts);
    assert_int_equal(fclose(out), 0);
}


static void
build(const char *info)
{
    FILE  *out = create("build.sh");

    assert_int_equal(extract(info, out, 0), 1);
    assert_int_equal(fclose(out), 0);
    run("sh ./build.sh");
}


static int
set_up(void **state)
{
    (void) state;

    return mkdtemp(dir) == NULL ? -1 : 0;
}


static int
tear_down(void **state)
{
    char  command[128];

    (void) state;
    (void) snprintf(command, sizeof(command), "rm -r %s", dir);

    return system(command);
}


static fake_reply_t *
lend(fake_host_t *h)
{
    return fake_request(h, CIVIC_POST, "/umbrella/loans", NULL);
}


static void
answers_as_the_guide_says(fake_host_t *h)
{
    int            i;
    fake_reply_t  *rep;

    fake_set_business_clock(h, MIDNIGHT + 9 * HOUR);
    rep = fake_request(h, CIVIC_GET, "/umbrella/loans", NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body, "{\"out\":0}");

    for (i = 1; i <= 3; i++) {
        rep = lend(h);
        assert_int_equal(rep->status, 201);
        assert_null(rep->undocumented);
        assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                            "out")), i);
    }

    rep = lend(h);
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "none_left");
    assert_null(rep->undocumented);
    assert_int_equal(fake_counter(h, "lent"), 3);

    fake_set_business_clock(h, MIDNIGHT + 20 * HOUR);
    rep = lend(h);
    assert_string_equal(rep->code, "hall_closed");
    assert_null(rep->undocumented);

    fake_set_business_clock(h, MIDNIGHT + 9 * HOUR);
    rep = fake_request(h, CIVIC_POST, "/umbrella/loans",
                       &(fake_request_t) {
                           .redis_fault_at = 1,
                           .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");
}


static void
test_the_plugin_of_the_guide(void **state)
{
    char          plugin[128];
    fake_host_t  *h;

    (void) state;

    copy_contract();
    extract_file("c", "umbrella.c", 1);
    extract_file("lua", "umbrella.lua", 1);
    extract_file("lua", "umbrella_lend.lua", 1);
    build("sh build");

    (void) snprintf(plugin, sizeof(plugin), "%s/umbrella.so", dir);
    h = fake_host_start(&(fake_host_config_t) {
        .plugin = plugin, .options = { "hall=east" },
        .rules_dir = dir, .scripts_dir = dir, .sandbox = 1,
    });
    assert_non_null(h);
    answers_as_the_guide_says(h);
    fake_host_stop(h);

    /* The option that the guide makes required. */
    {
        civic_failure_t  failure;

        assert_null(fake_host_start(&(fake_host_config_t) {
            .plugin = plugin, .rules_dir = dir, .scripts_dir = dir,
            .failure = &failure,
        }));
        assert_non_null(strstr(failure.text, "hall"));
    }
}


/* ---- the second plugin ------------------------------------------------- */

static fake_host_t  *portrait;
static const char   *owner;             /* a citizen's pid */
static const char   *owners_token;
static const char    jpeg[] = "\xff\xd8\xff\xe0 a picture";


static fake_reply_t *
ask(civic_method_t method, const char *path, fake_request_t request)
{
    request.token = owners_token;

    return fake_request(portrait, method, path, &request);
}


static fake_reply_t *
put(const char *bytes)
{
    return ask(CIVIC_PUT, "/portrait/picture", (fake_request_t) {
                   .upload = bytes, .upload_type = "image/jpeg" });
}


static fake_reply_t *
show(void)
{
    return ask(CIVIC_GET, "/portrait/picture",
               (fake_request_t) { .body = NULL });
}


/* As the plugin "civic" answers and leaves it; NULL: there is none. */
static void
consents(const char *id)
{
    fake_answer_call(portrait, "civic.consent", CIVIC_OK,
                     id == NULL ? json_pack("{s:n}", "id")
                                : json_pack("{s:s}", "id", id));
    (void) fake_redis(portrait, "HSET civic:{p:%s}:consents face %s", owner,
                      id != NULL ? id : "");
}


static int
start_portrait(void **state)
{
    unsigned     i;
    char         plugin[128];
    const char  *scripts[] = {
        "portrait_keep.lua", "portrait_forget.lua", "portrait_approve.lua"
    };

    (void) state;

    copy_contract();
    extract_file("c", "portrait.c", 8);

    for (i = 0; i < 3; i++) {
        extract_file("lua", scripts[i], 1);
    }

    build("sh build portrait");
    run("cp $OLDPWD/t/plugin/fixtures/redis/archive_store.lua .");

    (void) snprintf(plugin, sizeof(plugin), "%s/portrait.so", dir);
    portrait = fake_host_start(&(fake_host_config_t) {
        .plugin = plugin, .scripts_dir = dir,
        .others = { built("t/plugin/fixtures/archive.so") },
    });
    assert_non_null(portrait);

    owner = fake_person_id(portrait, "630102199001011234");
    owners_token = fake_session(portrait, "630102199001011234",
                                CIVIC_CITIZEN);

    return 0;
}


static int
stop_portrait(void **state)
{
    (void) state;
    fake_host_stop(portrait);

    return 0;
}


static void
test_a_picture_needs_a_consent(void **state)
{
    (void) state;

    consents(NULL);
    assert_string_equal(put(jpeg)->code, "consent_required");

    /* withdrawn in the middle: the script sees it, and the file is nobody's */

    consents("c1");
    (void) fake_redis(portrait, "HDEL civic:{p:%s}:consents face", owner);
    assert_string_equal(put(jpeg)->code, "consent_required");
    assert_string_equal(show()->code, "not_found");

    consents("c2");
    assert_string_equal(put("GIF89a, no JPEG")->code, "no_jpeg");
    assert_int_equal(put(jpeg)->status, 204);
    assert_string_equal(put(jpeg)->code, "has_picture");
    assert_string_equal(show()->body, jpeg);
}


static void
test_a_picture_is_shown_and_deleted(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = show();
    assert_string_equal(rep->content_type, "image/jpeg");
    assert_null(rep->undocumented);

    rep = ask(CIVIC_GET, "/portrait/picture/url",
              (fake_request_t) { .body = NULL });
    assert_null(rep->undocumented);
    assert_non_null(strstr(fake_text(rep, "url"), "/civic/blobs/"));

    /* cut off between the blob and the note of it: once more */

    rep = ask(CIVIC_DELETE, "/portrait/picture", (fake_request_t) {
                  .redis_fault_at = 4, .redis_fault = FAKE_REDIS_NOT_SENT });
    assert_string_equal(rep->code, "store_unavailable");
    assert_string_equal(show()->code, "not_found");

    rep = ask(CIVIC_DELETE, "/portrait/picture",
              (fake_request_t) { .body = NULL });
    assert_int_equal(rep->status, 204);
    assert_int_equal(put(jpeg)->status, 204);
}


static void
test_an_approval_is_told(void **state)
{
    char           body[64];
    json_t        *message;
    unsigned       shard;
    fake_reply_t  *rep;

    (void) state;

    (void) snprintf(body, sizeof(body), "{\"pid\":\"%s\"}", owner);

    rep = fake_request(portrait, CIVIC_POST, "/portrait/approvals",
                       &(fake_request_t) {
                           .token = fake_session(portrait,
                                                 "630102198001011234",
                                                 CIVIC_REVIEWER),
                           .body = body });
    assert_int_equal(rep->status, 204);
    assert_null(rep->undocumented);
    assert_string_equal(fake_audit_action(portrait, 1), "portrait.approved");
    assert_false(fake_logged(portrait, "without an entry in the audit trail"));

    fake_answer_call(portrait, "civic.message", CIVIC_OK, NULL);

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(portrait, "portrait.tell", shard, 1,
                                  NULL)->result, CIVIC_OK);
    }

    message = fake_called(portrait, "civic.message", 0);
    assert_non_null(message);
    assert_string_equal(json_string_value(json_object_get(message, "pid")),
                        owner);
    assert_null(fake_called(portrait, "civic.message", 1));
    assert_null(fake_waiting(portrait, "portrait.approved", 0));
}


/* The fixture makes the call as the plugin "civic" does. */
static void
test_a_withdrawn_consent_erases(void **state)
{
    unsigned       before = fake_blob_files(portrait);
    fake_reply_t  *rep;

    (void) state;

    rep = ask(CIVIC_POST, "/archive/erase", (fake_request_t) { .body = NULL });
    assert_non_null(strstr(rep->body, "\"portrait\":{\"erased\":1}"));
    assert_int_equal(fake_blob_files(portrait), before - 1);
    assert_string_equal(show()->code, "not_found");

    rep = ask(CIVIC_POST, "/archive/erase", (fake_request_t) { .body = NULL });
    assert_non_null(strstr(rep->body, "\"portrait\":{\"erased\":0}"));
}


/* ---- the examples ------------------------------------------------------ */

static void
test_every_example_compiles(void **state)
{
    FILE      *out = create("examples.c");
    unsigned   count;

    (void) state;

    copy_contract();
    (void) fputs(AROUND, out);
    assert_int_equal(extract("c fields", out, 0), 1);
    assert_int_equal(extract("c functions", out, 0), 6);
    count = extract("c example", out, 1);
    assert_true(count >= 20);
    assert_int_equal(fclose(out), 0);

    run("gcc -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-unused -c -o "
        "examples.o examples.c");
}


/* Whether a line begins the inline function of a service. */
static int
is_service(const char *line)
{
    return strncmp(line, "civic_", 6) == 0 && strchr(line, '(') != NULL
           && strncmp(line, "civic_cstr(", 11) != 0
           && strncmp(line, "civic_text_or_empty(", 20) != 0
           && strncmp(line, "civic_str_eq(", 13) != 0;
}


/* How many services a header has; each is shown in the guide's text. */
static unsigned
look_up(const char *path, const char *text)
{
    char      line[512];
    FILE     *header = fopen(path, "r");
    unsigned  services = 0;

    assert_non_null(header);

    while (fgets(line, sizeof(line), header) != NULL) {
        if (!is_service(line)) {
            continue;
        }

        services++;
        line[strcspn(line, "(") + 1] = '\0';

        if (strstr(text, line) == NULL) {
            fail_msg("the guide does not show %s)", line);
        }
    }

    (void) fclose(header);

    return services;
}


static void
test_every_service_is_shown(void **state)
{
    char      *text = NULL;
    FILE      *out;
    glob_t     headers;
    size_t     len = 0, i;
    unsigned   services = 0;

    (void) state;

    out = open_memstream(&text, &len);
    (void) extract("c example", out, 0);
    (void) extract("c functions", out, 0);
    (void) fclose(out);
    assert_int_equal(glob(CONTRACT "/civic/*.h", 0, NULL, &headers), 0);

    for (i = 0; i < headers.gl_pathc; i++) {
        services += look_up(headers.gl_pathv[i], text);
    }

    globfree(&headers);
    free(text);
    assert_true(services > 40);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_the_plugin_of_the_guide),
        cmocka_unit_test_setup(test_a_picture_needs_a_consent,
                               start_portrait),
        cmocka_unit_test(test_a_picture_is_shown_and_deleted),
        cmocka_unit_test(test_an_approval_is_told),
        cmocka_unit_test_teardown(test_a_withdrawn_consent_erases,
                                  stop_portrait),
        cmocka_unit_test(test_every_example_compiles),
        cmocka_unit_test(test_every_service_is_shown),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
