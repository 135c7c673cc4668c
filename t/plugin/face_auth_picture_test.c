/*
 * face_auth_picture_test.c - the picture that may come along with a pass: what
 * is taken for one, kept under the consent, replaced, and deleted in time.
 */

#include <time.h>

#include "face_auth_world.h"

#define SIZE  2000

static char  jpeg[SIZE];


static const char *
base64_of(const char *bytes, size_t len)
{
    static char  text[CIVIC_BASE64_ROOM(2 * 1024 * 1024)];

    civic_base64_encode(bytes, len, text);

    return text;
}


/* It has passed, with that text beside it. */
static fake_reply_t *
pass_with(const char *material)
{
    const char  *id;

    alipay_begins();
    id = begun();
    alipay_says("done", "10000", "", json_pack("{s:s, s:s}", "passed", "T",
                                               "material_info", material));

    return result_of(id, visitor);
}


static const char *
material_of(const char *base64)
{
    static char  material[3 * 1024 * 1024];

    snprintf(material, sizeof(material), "{\"FACE\": \"%s\"}", base64);

    return material;
}


static fake_reply_t *
pass_with_face(const char *base64)
{
    return pass_with(material_of(base64));
}


static int
reset_picture(void **state)
{
    (void) reset(state);
    fake_set_clock(h, time(NULL) * 1000LL);
    later(0);
    consents(NUMBER);
    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:b}", "face_picture", 1));

    memset(jpeg, 0x55, SIZE);
    memcpy(jpeg, "\xff\xd8\xff\xe0", 4);
    memcpy(jpeg + SIZE - 2, "\xff\xd9", 2);

    return 0;
}


static const char *
reference(void)
{
    static char  id[32];
    char         in[64];
    json_t      *out;

    snprintf(in, sizeof(in), "{\"pid\":\"%s\"}", pid_of(NUMBER));
    out = call("face_auth.reference", in);
    snprintf(id, sizeof(id), "%s",
             json_object_get(out, "blob_id") == NULL ? ""
             : json_string_value(json_object_get(out, "blob_id")));

    return id;
}


static void
test_kept(void **state)
{
    json_t  *in;

    (void) state;

    assert_int_equal(pass_with_face(base64_of(jpeg, SIZE))->status, 200);
    assert_int_equal(strlen(reference()), 22);
    assert_int_equal(fake_blob_files(h), 1);
    assert_non_null(fake_blob_path(h, pid_of(NUMBER), reference()));
    assert_int_equal(fake_counter(h, "pictures_kept"), 1);

    in = json_object_get(json_object_get(fake_called(h, "alipay.call", 0),
                                         "business"), "merchant_config");
    assert_non_null(json_object_get(in, "out_put_facial_picture"));
    in = fake_called(h, "alipay.call", 1);
    assert_true(json_integer_value(json_object_get(in, "max_reply"))
                > 1024 * 1024);
}


/* JSON may write "/" as "\/", and break lines. */
static void
test_escapes(void **state)
{
    char         text[2 * CIVIC_BASE64_ROOM(SIZE)], *to = text;
    const char  *from;

    (void) state;

    for (from = base64_of(jpeg, SIZE); *from != '\0'; from++) {
        if (*from == '/') {
            *to++ = '\\';
        }

        *to++ = *from;
    }

    *to = '\0';
    assert_non_null(strstr(text, "\\/"));
    assert_int_equal(pass_with_face(text)->status, 200);
    assert_int_equal(strlen(reference()), 22);
}


/* None of these is kept; all have passed. */
static void
test_no_picture(void **state)
{
    size_t       i;
    char         wrong[SIZE];
    static char  large[1024 * 1024 + 1];
    const char  *materials[] = {
        "", "{}", "{\"FACE\":\"\"}", "{\"FACE\":\"!!!!\"}", "[", "{\"FACE\":1}",
        "{\"FACE\"", "{\"FACE\":\"abc", "{\"FACE\":\"abc\\", "{\"FACE\":",
        "{\"FACE\":\"/9j/\\u0041\"}",
    };

    (void) state;

    for (i = 0; i < sizeof(materials) / sizeof(materials[0]); i++) {
        assert_int_equal(pass_with(materials[i])->status, 200);
    }

    memcpy(wrong, jpeg, SIZE);
    memcpy(wrong, "\x89PNG", 4);
    assert_int_equal(pass_with_face(base64_of(wrong, SIZE))->status, 200);
    memcpy(wrong, jpeg, SIZE);
    wrong[SIZE - 1] = 0;
    assert_int_equal(pass_with_face(base64_of(wrong, SIZE))->status, 200);
    assert_int_equal(pass_with_face(base64_of(jpeg, 1000))->status, 200);
    memcpy(large, jpeg, SIZE);
    memcpy(large + sizeof(large) - 2, "\xff\xd9", 2);
    assert_int_equal(pass_with_face(base64_of(large, sizeof(large)))->status,
                     200);

    assert_string_equal(reference(), "");
    assert_int_equal(fake_blob_files(h), 0);
    assert_int_equal(fake_log_count(h, "is not kept"), 14);
}


/* The consent is withdrawn while the provider is asked: between the look at
   it and the script that would store. */
static void
test_withdrawn_meanwhile(void **state)
{
    (void) state;

    fake_redis(h, "DEL %s", key_of(NUMBER, "consents"));
    assert_int_equal(pass_with_face(base64_of(jpeg, SIZE))->status, 200);
    assert_string_equal(reference(), "");
    assert_int_equal(fake_counter(h, "pictures_kept"), 0);
    assert_int_equal(fake_redis(h, "EXISTS %s", key_of(NUMBER, "blobs"))
                     ->integer, 0);
}


static void
test_replaced(void **state)
{
    char  first[32];

    (void) state;

    (void) pass_with_face(base64_of(jpeg, SIZE));
    snprintf(first, sizeof(first), "%s", reference());
    jpeg[100]++;
    (void) pass_with_face(base64_of(jpeg, SIZE));
    assert_string_not_equal(reference(), first);
    assert_int_equal(fake_blob_files(h), 1);
    assert_int_equal(fake_redis(h, "HEXISTS %s %s",
                                key_of(NUMBER, "blobs"), first)->integer, 0);
}


/* The poll notes the pass; the result fetches the picture. */
static void
test_after_the_poll(void **state)
{
    const char  *id = begun();

    (void) state;

    alipay_says("done", "10000", "", json_pack("{s:s, s:s}", "passed", "T",
                                               "material_info",
                           material_of(base64_of(jpeg, SIZE))));
    assert_string_equal(fake_text(post(path_of(id, "/wait"), visitor, "{}"),
                                  "state"), "passed");
    assert_string_equal(reference(), "");
    assert_int_equal(result_of(id, visitor)->status, 200);
    assert_int_equal(strlen(reference()), 22);
}


/* A folder that is full takes nothing from who has passed. */
static void
test_no_folder(void **state)
{
    const char    *id = begun();
    fake_reply_t  *rep;

    (void) state;

    alipay_says("done", "10000", "", json_pack("{s:s, s:s}", "passed", "T",
                                               "material_info",
                           material_of(base64_of(jpeg, SIZE))));
    rep = post_with(path_of(id, "/result"), visitor, (fake_request_t) {
                        .blob_fault_at = 1,
                        .blob_fault = FAKE_BLOB_NO_FOLDER });
    assert_int_equal(rep->status, 200);
    assert_true(fake_logged(h, "could not be kept"));
    assert_string_equal(state_of(id), "done");
}


/* ---- its end ----------------------------------------------------------- */

static void
run_job(void)
{
    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "face_auth.pictures", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }
}


static void
test_retention(void **state)
{
    (void) state;

    (void) pass_with_face(base64_of(jpeg, SIZE));
    run_job();
    assert_int_equal(strlen(reference()), 22);

    later(180 * 86400000LL + 60000);
    assert_string_equal(reference(), "");
    assert_int_equal(fake_blob_files(h), 1);
    run_job();
    assert_int_equal(fake_blob_files(h), 0);
    assert_null(fake_waiting(h, "face_auth.pictures", 0));
    assert_string_equal(fake_audit_action(h, 0), "blob.deleted");
}


/* The entry of one that was replaced ends that one alone. */
static void
test_retention_of_a_replaced_one(void **state)
{
    (void) state;

    (void) pass_with_face(base64_of(jpeg, SIZE));
    later(100 * 86400000LL);
    (void) pass_with_face(base64_of(jpeg, SIZE));
    later(80 * 86400000LL + 60000);
    run_job();
    assert_int_equal(strlen(reference()), 22);
    assert_int_equal(fake_blob_files(h), 1);
}


static void
test_erase(void **state)
{
    char     in[128];
    json_t  *out;

    (void) state;

    (void) pass_with_face(base64_of(jpeg, SIZE));
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"photo\"}",
             pid_of(NUMBER));
    assert_int_equal(json_integer_value(json_object_get(
        call("face_auth.erase", in), "erased")), 0);
    assert_int_equal(fake_blob_files(h), 1);

    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"face\"}",
             pid_of(NUMBER));
    out = call("face_auth.erase", in);
    assert_int_equal(json_integer_value(json_object_get(out, "erased")), 1);
    assert_int_equal(fake_blob_files(h), 0);
    assert_string_equal(reference(), "");
    run_job();
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset_picture)
    const struct CMUnitTest  tests[] = {
        T(test_kept), T(test_escapes), T(test_no_picture),
        T(test_withdrawn_meanwhile), T(test_replaced),
        T(test_after_the_poll), T(test_no_folder), T(test_retention),
        T(test_retention_of_a_replaced_one), T(test_erase),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
