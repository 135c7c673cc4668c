/*
 * photo_check_test.c - uploads: the report, what is kept of them, what
 * replaces what, and engines that are down or lie.
 */

#include "photo_check_world.h"


/* ---- reports ----------------------------------------------------------- */

static void
test_good(void **state)
{
    char           id[32];
    fake_reply_t  *rep;

    (void) state;

    rep = upload();
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "comparing");
    assert_string_equal(fake_text(rep, "profile"), "default");
    assert_string_equal(verdict_of(rep), "passed");
    assert_string_equal(result_of(rep, "background"), "pass");
    assert_string_equal(result_of(rep, "faces"), "pass");
    assert_string_equal(result_of(rep, "recent"), "unmeasured");
    assert_string_equal(result_of(rep, "bareheaded"), "unmeasured");
    assert_string_equal(result_of(rep, "identity"), "unmeasured");
    assert_true(strncmp(fake_text(rep, "picture_url"), "/civic/blobs/", 13)
                == 0);
    snprintf(id, sizeof(id), "%s", fake_text(rep, "photo_id"));

    rep = get(path_of(id, "/picture"));
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->content_type, "image/jpeg");
    assert_memory_equal(rep->body, MADE, sizeof(MADE) - 1);

    assert_string_equal(fake_text(current(), "photo_id"), id);
    assert_string_equal(verdict_of(current()), "passed");
    assert_int_equal(fake_blob_files(h), 1);
    assert_non_null(fake_waiting(h, "photo_check.work", 0));
    assert_int_equal(fake_counter(h, "accepted"), 1);
}


/* Nothing of who it is goes out: the picture, and which request it is. */
static void
test_what_the_engine_sees(void **state)
{
    size_t                   i;
    const fake_http_seen_t  *seen;

    (void) state;

    (void) upload();

    for (i = 0; (seen = fake_http_seen(h, i)) != NULL; i++) {
        assert_true(seen->safe);
        assert_null(strstr(seen->head, pid_of(NUMBER)));
        assert_null(strstr(seen->head, citizen));
        assert_null(strstr(seen->path, "630105"));
        assert_int_equal(seen->len, photo_len);
    }

    assert_int_equal(i, 3);
}


/* All that is wrong is told at once, by the engine's numbers. */
static void
test_all_faults_at_once(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    engine_says("/v1/photos/measure", 200,
                "{\"width\":200,\"height\":200,"
                "\"grey\":{\"is_grey\":true,\"chroma\":0.1},"
                "\"background\":{\"colour\":\"other\",\"share\":0.4,"
                "\"uniformity\":60},\"sharpness\":1,"
                "\"brightness\":{\"mean\":5,\"dark_share\":1,"
                "\"bright_share\":0}}");
    engine_says("/v1/faces/find", 200,
                "{\"faces\":[{\"left\":0,\"top\":0,\"width\":190,"
                "\"height\":190,\"roll\":30},{\"left\":0,\"top\":0,"
                "\"width\":180,\"height\":180,\"roll\":0}]}");

    rep = upload();
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_string_equal(verdict_of(rep), "refused");
    assert_string_equal(result_of(rep, "format"), "pass");
    assert_string_equal(result_of(rep, "width"), "refuse");
    assert_string_equal(result_of(rep, "height"), "refuse");
    assert_string_equal(result_of(rep, "ratio"), "advise");
    assert_string_equal(result_of(rep, "colour"), "refuse");
    assert_string_equal(result_of(rep, "background"), "refuse");
    assert_string_equal(result_of(rep, "uniformity"), "advise");
    assert_string_equal(result_of(rep, "sharpness"), "advise");
    assert_string_equal(result_of(rep, "brightness"), "advise");
    assert_string_equal(result_of(rep, "faces"), "refuse");
    assert_string_equal(result_of(rep, "face_size"), "advise");
    assert_string_equal(result_of(rep, "roll"), "advise");
    assert_string_equal(fake_text(rep, "text"), "根据失败原因重新上传照片");
    assert_string_equal(fake_text(rep, "button_pc"), "重新认证");
    assert_string_equal(fake_text(rep, "picture_url"), "");
    assert_int_equal(fake_blob_files(h), 0);
}


/* Its first bytes say so: no engine is asked, all the rest is unmeasured. */
static void
test_not_a_jpeg(void **state)
{
    fake_reply_t  *rep;

    static const char  png[] = "\x89PNG\r\n\x1a\n 123456";

    (void) state;

    rep = send_bytes("/photo-check/photos", png, sizeof(png) - 1);
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_string_equal(result_of(rep, "format"), "refuse");
    assert_string_equal(result_of(rep, "bytes"), "refuse");
    assert_string_equal(result_of(rep, "width"), "unmeasured");
    assert_string_equal(result_of(rep, "background"), "unmeasured");
    assert_null(fake_http_seen(h, 0));
    assert_int_equal(fake_counter(h, "refused_by_header"), 1);

    /* whatever it is called */
    rep = send_with("/photo-check/photos", photo, photo_len,
                    (fake_request_t) {
                        .upload_type = "application/octet-stream" });
    assert_string_equal(fake_text(rep, "state"), "comparing");
}


/* Each is refused before an engine is asked, with what is known of it. */
static void
test_hostile(void **state)
{
    size_t         i, len;
    char          *bytes;
    fake_reply_t  *rep;

    static const char *const  names[] = {
        "hostile_flood.jpg", "hostile_scans.jpg", "hostile_cmyk.jpg",
        "hostile_ycck.jpg", "hostile_12_bits.jpg", "hostile_lossless.jpg",
        "hostile_arithmetic.jpg", "hostile_cut_1.jpg", "hostile_cut_3.jpg"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bytes = file_of(names[i], &len);
        rep = send_bytes("/photo-check/preview", bytes, len);

        if (rep->status != 200
            || strcmp(result_of(rep, "format"), "refuse") != 0)
        {
            fail_msg("%s: %d %s", names[i], rep->status, rep->body);
        }

        free(bytes);
    }

    assert_null(fake_http_seen(h, 0));
    assert_int_equal(fake_blob_files(h), 0);
}


static void
test_preview_keeps_nothing(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = send_bytes("/photo-check/preview", photo, photo_len);
    assert_int_equal(rep->status, 200);
    assert_string_equal(verdict_of(rep), "passed");
    assert_int_equal(fake_blob_files(h), 0);
    assert_int_equal(current()->status, 404);
    assert_null(fake_waiting(h, "photo_check.work", 0));
}


static void
test_profiles(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = send_bytes("/photo-check/preview?profile=white_small", photo,
                     photo_len);
    assert_string_equal(result_of(rep, "background"), "refuse");

    rep = send_bytes("/photo-check/photos?profile=dance", photo, photo_len);
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "?profile"), "photo_profile");
    assert_int_equal(get("/photo-check/photos/current?profile=dance")->status,
                     422);
}


static void
test_english(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = send_with("/photo-check/preview", photo, photo_len,
                    (fake_request_t) {
                        .headers = { "Idempotency-Key: e",
                                     "Accept-Language: en" } });
    assert_non_null(strstr(rep->body, "\"title\":\"Background\""));
    assert_null(strstr(rep->body, "背景"));
}


/* ---- what replaces what ------------------------------------------------ */

static void
test_replaced(void **state)
{
    char           first[32], second[32];
    fake_reply_t  *rep;

    (void) state;

    snprintf(first, sizeof(first), "%s", fake_text(upload(), "photo_id"));
    rep = upload();
    snprintf(second, sizeof(second), "%s", fake_text(rep, "photo_id"));
    assert_string_not_equal(first, second);

    assert_int_equal(fake_blob_files(h), 1);
    assert_int_equal(get(path_of(first, ""))->status, 404);
    assert_string_equal(fake_text(current(), "photo_id"), second);
    assert_string_equal(fake_audit_action(h, 0), "blob.deleted");

    /* another exam's is another photo */
    engine_says("/v1/photos/measure", 200,
                "{\"width\":600,\"height\":840,"
                "\"grey\":{\"is_grey\":false,\"chroma\":31.2},"
                "\"background\":{\"colour\":\"white\",\"share\":0.985,"
                "\"uniformity\":2.1},\"sharpness\":184.2,"
                "\"brightness\":{\"mean\":128.4,\"dark_share\":0.02,"
                "\"bright_share\":0.11}}");
    rep = send_bytes("/photo-check/photos?profile=white_small", photo,
                     photo_len);
    assert_string_equal(fake_text(rep, "state"), "comparing");
    assert_string_equal(fake_text(current(), "photo_id"), second);
    assert_int_equal(fake_blob_files(h), 2);
}


/* One that its report refuses takes nothing from the one that counts. */
static void
test_refused_replaces_nothing(void **state)
{
    char           good[32], bad[32];
    fake_reply_t  *rep;

    (void) state;

    snprintf(good, sizeof(good), "%s", fake_text(upload(), "photo_id"));
    engine_says("/v1/faces/find", 200, NO_FACE);
    rep = upload();
    snprintf(bad, sizeof(bad), "%s", fake_text(rep, "photo_id"));
    assert_string_equal(fake_text(rep, "state"), "refused");

    assert_string_equal(fake_text(current(), "photo_id"), good);
    assert_string_equal(fake_text(get(path_of(bad, "")), "state"), "refused");
    assert_int_equal(fake_blob_files(h), 1);

    engine_is_well();
    (void) upload();
    assert_int_equal(get(path_of(bad, ""))->status, 404);
}


/* ---- a bad engine ------------------------------------------------------ */

static void
waits(fake_reply_t *rep)
{
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "checking");
    assert_string_equal(fake_text(rep, "title"), "照片已收到，等待检测");
    assert_string_not_equal(fake_text(rep, "next_at"), "");
    assert_string_equal(verdict_of(rep), "");
    assert_string_equal(fake_text(rep, "picture_url"), "");
    assert_int_equal(get(path_of(fake_text(rep, "photo_id"), "/picture"))
                     ->status, 404);
    assert_non_null(fake_waiting(h, "photo_check.work", 0));
    assert_int_equal(fake_blob_files(h), 1);
}


static void
test_down(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    engine_is_down(FAKE_HTTP_NOT_SENT);
    waits(upload());

    rep = send_bytes("/photo-check/preview", photo, photo_len);
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "photo_engine_unavailable");
    assert_true(json_integer_value(json_object_get(rep->json, "retry_after"))
                > 0);

    rep = send_bytes("/photo-check/process", photo, photo_len);
    assert_int_equal(rep->status, 503);
    assert_int_equal(fake_blob_files(h), 1);
    assert_true(fake_counter(h, "engine_down") >= 3);
}


static void
test_down_halfway(void **state)
{
    (void) state;

    engine_says("/v1/faces/find", 502, "<html>");
    waits(upload());
    engine_is_well();
    (void) upload();
    engine_says("/v1/photos/process", 500, "");
    waits(upload());
}


/* What is not as described counts as down, and never as a good photo. */
static void
test_lies(void **state)
{
    size_t  i;

    static const struct {
        const char  *path;
        const char  *body;
    } lies[] = {
        { "/v1/photos/measure", "" },
        { "/v1/photos/measure", "[]" },
        { "/v1/photos/measure", "{}" },
        { "/v1/photos/measure", "{\"width\":600,\"height\":840,"
          "\"grey\":{\"is_grey\":false,\"chroma\":31},\"background\":"
          "{\"colour\":\"gold\",\"share\":0.9,\"uniformity\":2},"
          "\"sharpness\":1,\"brightness\":{\"mean\":1,\"dark_share\":0,"
          "\"bright_share\":0}}" },
        { "/v1/photos/measure", "{\"width\":-600,\"height\":840,"
          "\"grey\":{\"is_grey\":false,\"chroma\":31},\"background\":"
          "{\"colour\":\"blue\",\"share\":0.9,\"uniformity\":2},"
          "\"sharpness\":1,\"brightness\":{\"mean\":1,\"dark_share\":0,"
          "\"bright_share\":0}}" },
        { "/v1/photos/measure", "{\"width\":600,\"height\":840,"
          "\"grey\":{\"is_grey\":false,\"chroma\":31},\"background\":"
          "{\"colour\":\"blue\",\"share\":9,\"uniformity\":2},"
          "\"sharpness\":1,\"brightness\":{\"mean\":1,\"dark_share\":0,"
          "\"bright_share\":0}}" },
        { "/v1/faces/find", "{\"faces\":1}" },
        { "/v1/faces/find", "{\"faces\":[{}]}" },
        { "/v1/faces/find", "{\"faces\":[{\"left\":1,\"top\":1,"
          "\"width\":0,\"height\":5,\"roll\":0}]}" },
        { "/v1/photos/process", "<svg/>" },
    };

    (void) state;

    for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        (void) reset(NULL);
        engine_says(lies[i].path, 200, lies[i].body);
        waits(upload());
        assert_int_equal(fake_counter(h, "engine_wrong"), 1);
        assert_true(fake_logged(h, "the engine"));
    }
}


/* What it says of the picture is in the report. */
static void
test_engine_refuses(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    engine_says("/v1/photos/measure", 422,
                "{\"code\":\"damaged\",\"reason\":\"premature end\"}");
    rep = upload();
    assert_string_equal(fake_text(rep, "state"), "refused");
    assert_string_equal(result_of(rep, "format"), "refuse");
    assert_string_equal(result_of(rep, "background"), "unmeasured");
    assert_string_equal(result_of(rep, "width"), "pass");

    engine_says("/v1/photos/measure", 400, "{\"code\":\"bad_request\"}");
    waits(upload());
}


/* Staff look at it, for no machine can. */
static void
test_no_models(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    engine_says("/v1/faces/find", 501, "{\"code\":\"no_face_models\"}");
    rep = upload();
    assert_string_equal(fake_text(rep, "state"), "review");
    assert_string_equal(fake_text(rep, "title"), "待人工比对");
    assert_string_equal(verdict_of(rep), "unmeasured");
    assert_string_equal(result_of(rep, "faces"), "unmeasured");
}


/* ---- limits ------------------------------------------------------------ */

static void
test_limited(void **state)
{
    int            i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 60; i++) {
        rep = send_bytes("/photo-check/preview", photo, photo_len);
        assert_int_equal(rep->status, 200);
    }

    rep = send_bytes("/photo-check/preview", photo, photo_len);
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "photo_looks_limit");
    assert_int_equal(upload()->status, 429);

    later(HOUR);
    assert_int_equal(upload()->status, 201);
}


/* Redis and the folder may fail at each step: then nothing is half there. */
static void
test_bad_days(void **state)
{
    unsigned       at;
    fake_reply_t  *rep;

    (void) state;

    for (at = 1; at < 6; at++) {
        rep = send_with("/photo-check/photos", photo, photo_len,
                        (fake_request_t) { .redis_fault_at = at,
                                           .redis_fault =
                                               FAKE_REDIS_NOT_SENT });

        if (rep->status == 201) {
            break;
        }

        assert_string_equal(rep->code, "store_unavailable");
        assert_int_equal(current()->status, 404);
    }

    assert_true(at > 2);

    for (at = 1; at < 4; at++) {
        (void) reset(NULL);
        rep = send_with("/photo-check/photos", photo, photo_len,
                        (fake_request_t) { .blob_fault_at = at,
                                           .blob_fault =
                                               FAKE_BLOB_NO_FOLDER });
        assert_int_equal(rep->status, 503);
        assert_int_equal(current()->status, 404);
    }

    /* the client leaves */
    rep = send_with("/photo-check/photos", photo, photo_len,
                    (fake_request_t) { .leave_at = 4 });
    assert_true(rep->status == 0 || rep->status == 201);
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest  tests[] = {
        T(test_good), T(test_what_the_engine_sees),
        T(test_all_faults_at_once), T(test_not_a_jpeg), T(test_hostile),
        T(test_preview_keeps_nothing), T(test_profiles), T(test_english),
        T(test_replaced), T(test_refused_replaces_nothing),
        T(test_down), T(test_down_halfway), T(test_lies),
        T(test_engine_refuses), T(test_no_models), T(test_limited),
        T(test_bad_days),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
