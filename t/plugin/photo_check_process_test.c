/*
 * photo_check_process_test.c - the photo tool, what it made until it is
 * submitted, and what its owner does with a photo.
 */

#include "photo_check_world.h"


static const char *
id_of(const fake_reply_t *rep)
{
    static char      ids[8][32];
    static unsigned  turn;

    char  *id = ids[turn++ % 8];

    snprintf(id, sizeof(ids[0]), "%s", fake_text(rep, "photo_id"));

    return id;
}


/* The engine's picture is what is looked at again: it must be one. */
static fake_reply_t *
process(const char *query)
{
    char         path[64];
    static char  made[8 * 1024 * 1024];

    snprintf(path, sizeof(path), "/photo-check/process%s", query);
    memcpy(made, photo, photo_len);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/photos/process", .body = made,
        .len = photo_len, .content_type = "image/jpeg",
        .headers = { "Civic-Media: " CHANGES } });

    return send_bytes(path, photo, photo_len);
}


static const char *
asked_for(size_t n)
{
    const fake_http_seen_t  *seen = fake_http_seen(h, n);

    assert_non_null(seen);

    return seen->path;
}


static void
test_processed(void **state)
{
    const char    *id;
    fake_reply_t  *rep = process("");

    (void) state;

    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "state"), "processed");
    assert_string_equal(verdict_of(rep), "passed");
    assert_string_not_equal(fake_text(rep, "picture_url"), "");
    assert_string_not_equal(fake_text(rep, "expires_at"), "");
    assert_non_null(strstr(rep->body, "裁剪为 500 × 700 像素"));
    id = id_of(rep);

    assert_string_equal(asked_for(0), "/v1/faces/find");
    assert_string_equal(asked_for(1), "/v1/photos/process?turn=0&ratio=5:7"
                        "&face=150,210,300,320&face_height=0.380"
                        "&max_width=1200&max_height=1680&min_bytes=20481"
                        "&max_bytes=1048576");

    /* it is nobody's photo yet */
    assert_int_equal(current()->status, 404);
    assert_null(fake_waiting(h, "photo_check.work", 0));
    assert_int_equal(get(path_of(id, ""))->status, 200);
}


/* The face is looked for in the picture as it is after the turn. */
static void
test_turned(void **state)
{
    fake_reply_t  *rep = process("?turn=90");

    (void) state;

    assert_int_equal(rep->status, 201);
    assert_string_equal(asked_for(0),
                        "/v1/photos/process?turn=90&max_bytes=2097152");
    assert_string_equal(asked_for(1), "/v1/faces/find");
    assert_true(strncmp(asked_for(2), "/v1/photos/process?turn=90&ratio", 32)
                == 0);

    rep = process("?turn=45");
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "?turn"), "photo_turn");
}


/* People see that it has to be turned. */
static void
test_no_face(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    engine_says("/v1/faces/find", 200, NO_FACE);
    rep = process("");
    assert_int_equal(rep->status, 201);
    assert_string_equal(result_of(rep, "faces"), "refuse");
    assert_null(strstr(asked_for(1), "face="));

    rep = post(path_of(id_of(rep), "/submit"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "photo_report_refused");
}


static void
test_cannot(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = send_bytes("/photo-check/process", "no picture at all", 17);
    assert_int_equal(rep->status, 422);
    assert_string_equal(rep->code, "photo_unusable");
    assert_null(fake_http_seen(h, 0));

    engine_says("/v1/photos/process", 422, "{\"code\":\"cannot_fit\"}");
    rep = send_bytes("/photo-check/process", photo, photo_len);
    assert_string_equal(rep->code, "photo_cannot_fit");

    engine_says("/v1/faces/find", 422, "{\"code\":\"damaged\"}");
    rep = send_bytes("/photo-check/process", photo, photo_len);
    assert_string_equal(rep->code, "photo_unusable");
    assert_int_equal(fake_blob_files(h), 0);
}


static void
test_submitted(void **state)
{
    const char    *id, *first;
    fake_reply_t  *rep;

    (void) state;

    first = id_of(upload());
    id = id_of(process(""));
    assert_string_equal(fake_text(current(), "photo_id"), first);

    rep = post(path_of(id, "/submit"));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "comparing");
    assert_string_equal(fake_text(current(), "photo_id"), id);
    assert_int_equal(get(path_of(first, ""))->status, 404);
    assert_int_equal(fake_blob_files(h), 1);

    /* twice is once */
    rep = post(path_of(id, "/submit"));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(current(), "photo_id"), id);

    /* its hour is over, but it is no draft any more */
    later(2 * HOUR);
    run_job("photo_check.drafts");
    assert_string_equal(fake_text(current(), "photo_id"), id);
}


static void
test_another_draft(void **state)
{
    const char  *first = id_of(process("")), *second = id_of(process(""));

    (void) state;

    assert_int_equal(get(path_of(first, ""))->status, 404);
    assert_int_equal(get(path_of(second, ""))->status, 200);
    assert_int_equal(fake_blob_files(h), 1);
}


static void
test_draft_ends(void **state)
{
    const char  *id = id_of(process(""));

    (void) state;

    later(HOUR);
    assert_int_equal(get(path_of(id, ""))->status, 404);
    assert_int_equal(get(path_of(id, "/picture"))->status, 404);
    assert_int_equal(post(path_of(id, "/submit"))->status, 404);
    assert_int_equal(fake_blob_files(h), 1);
    run_job("photo_check.drafts");
    assert_int_equal(fake_blob_files(h), 0);
    assert_null(fake_waiting(h, "photo_check.drafts", 0));
}


/* ---- its owner --------------------------------------------------------- */

/* As if it had been compared: the state's first word alone decides. */
static void
now_it_is(const char *id, const char *word)
{
    char               text[256], *rest;
    const redisReply  *found;

    found = fake_redis(h, "HGET %s s:%s", key_of("photo_check"), id);
    assert_int_equal(found->type, REDIS_REPLY_STRING);
    rest = strchr(found->str, ' ');
    assert_non_null(rest);
    snprintf(text, sizeof(text), "%s%s", word, rest);
    fake_redis(h, "HSET %s s:%s %s", key_of("photo_check"), id, text);
}


static void
test_finish(void **state)
{
    const char    *id = id_of(upload());
    fake_reply_t  *rep;

    (void) state;

    rep = post(path_of(id, "/finish"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "photo_not_passed");

    now_it_is(id, "passed");
    rep = get(path_of(id, ""));
    assert_string_equal(fake_text(rep, "title"), "照片上传成功");
    assert_string_equal(fake_text(rep, "title_pc"), "上传通过");
    assert_string_equal(fake_text(rep, "button"), "照片上传完成");

    rep = post(path_of(id, "/finish"));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "finished");
    assert_int_equal(post(path_of(id, "/finish"))->status, 200);
    assert_int_equal(fake_counter(h, "finished"), 1);

    assert_int_equal(post(path_of("AAAAAAAAAAAAAAAAAAAAAA", "/finish"))
                     ->status, 404);
    assert_int_equal(post(path_of("x", "/finish"))->status, 404);
}


/* Nobody sees another's. */
static void
test_of_another(void **state)
{
    const char  *id = id_of(upload());

    (void) state;

    citizen = fake_session(h, OTHER, CIVIC_CITIZEN);
    assert_int_equal(get(path_of(id, ""))->status, 404);
    assert_int_equal(get(path_of(id, "/picture"))->status, 404);
    assert_int_equal(get(path_of(id, "/wait"))->status, 404);
    assert_int_equal(post(path_of(id, "/finish"))->status, 404);
    assert_int_equal(post(path_of(id, "/submit"))->status, 404);
    assert_int_equal(current()->status, 404);
}


static void
test_wait(void **state)
{
    char           path[128];
    const char    *id = id_of(upload());
    fake_run_t    *run;
    fake_reply_t  *rep;

    (void) state;

    /* its time runs out */
    rep = get(path_of(id, "/wait"));
    assert_string_equal(fake_text(rep, "state"), "comparing");

    /* what the page knows is old */
    snprintf(path, sizeof(path), "%s?state=checking", path_of(id, "/wait"));
    rep = get(path);
    assert_string_equal(fake_text(rep, "state"), "comparing");

    run = fake_begin(h, CIVIC_GET, path_of(id, "/wait"),
                     &(fake_request_t) { .token = citizen });
    assert_true(fake_run_to(run, 2));
    now_it_is(id, "passed");
    fake_wake_waiters(h);
    rep = fake_end(run);
    assert_string_equal(fake_text(rep, "state"), "passed");
}


/* ---- the end of its time, and what others ask -------------------------- */

static void
test_retention(void **state)
{
    (void) state;

    (void) upload();
    later(364 * DAY);
    run_job("photo_check.kept");
    assert_int_equal(fake_blob_files(h), 1);

    later(1 * DAY);
    run_job("photo_check.kept");
    assert_int_equal(current()->status, 404);
    assert_int_equal(fake_blob_files(h), 0);
    assert_null(fake_waiting(h, "photo_check.kept", 0));
    assert_string_equal(fake_audit_action(h, 0), "blob.deleted");
}


/* The entry of one that was replaced ends that one alone. */
static void
test_retention_of_a_replaced_one(void **state)
{
    const char  *id;

    (void) state;

    (void) upload();
    later(200 * DAY);
    id = id_of(upload());
    later(170 * DAY);
    run_job("photo_check.kept");
    assert_string_equal(fake_text(current(), "photo_id"), id);
}


/* A worker that died between the script and the file leaves an entry. */
static void
test_gone(void **state)
{
    (void) state;

    (void) upload();
    (void) upload();
    assert_non_null(fake_waiting(h, "photo_check.gone", 0));
    run_job("photo_check.gone");
    assert_null(fake_waiting(h, "photo_check.gone", 0));
    assert_int_equal(current()->status, 200);
}


static const char *
member(json_t *out, const char *name)
{
    const char  *text = json_string_value(json_object_get(out, name));

    return text == NULL ? "" : text;
}


static void
test_calls(void **state)
{
    char         in[128];
    const char  *id;

    (void) state;

    snprintf(in, sizeof(in), "{\"pid\":\"%s\"}", pid_of(NUMBER));
    assert_string_equal(member(call("photo_check.state", in), "state"),
                        "none");
    assert_string_equal(member(call("photo_check.state", in), "progress"),
                        "none");
    id = id_of(upload());
    assert_string_equal(member(call("photo_check.state", in), "progress"),
                        "waiting");
    assert_string_equal(member(call("photo_check.state", in), "state"),
                        "comparing");
    assert_string_equal(member(call("photo_check.state", in), "photo_id"),
                        id);
    assert_int_equal(strlen(member(call("photo_check.state", in),
                                   "blob_id")), 22);

    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"profile\":\"white_small\"}",
             pid_of(NUMBER));
    assert_string_equal(member(call("photo_check.state", in), "state"),
                        "none");

    /* nothing was made of the face yet; the photo itself stays */
    snprintf(in, sizeof(in), "{\"pid\":\"%s\",\"purpose\":\"face\"}",
             pid_of(NUMBER));
    assert_int_equal(json_integer_value(json_object_get(
        call("photo_check.erase", in), "erased")), 0);
    assert_int_equal(current()->status, 200);
}


/* ---- locked ------------------------------------------------------------ */

/* What somebody who relies on the photo that counts says. */
static void
lock_is(int locked)
{
    fake_answer_call(h, "review.photo_locked", CIVIC_OK,
                     json_pack("{s:b}", "locked", locked));
}


static void
becomes(const char *id, const char *state)
{
    char        text[256], old[256];
    const char  *rest;

    snprintf(old, sizeof(old), "%s",
             fake_redis(h, "HGET %s s:%s", key_of("photo_check"), id)->str);
    rest = strchr(old, ' ');
    assert_non_null(rest);
    snprintf(text, sizeof(text), "%s%s", state, rest);
    fake_redis(h, "HSET %s s:%s %s", key_of("photo_check"), id, text);
}


static void
test_locked(void **state)
{
    const char    *id, *draft;
    fake_reply_t  *rep;

    (void) state;

    fake_answer_call(h, "other.photo_locked", CIVIC_OK, NULL);
    lock_is(1);
    draft = id_of(process(""));
    engine_is_well();
    id = id_of(upload());

    /* what waits is not asked about */
    assert_null(fake_called(h, "review.photo_locked", 0));
    becomes(id, "passed");

    rep = upload();
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "photo_locked");
    assert_non_null(strstr(rep->body, "报名审核期间和审核通过后不能更换照片"));
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "review.photo_locked", 0), "profile")), "default");
    assert_string_equal(json_string_value(json_object_get(
        fake_called(h, "review.photo_locked", 0), "pid")), pid_of(NUMBER));

    becomes(id, "finished");
    rep = post(path_of(draft, "/submit"));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "photo_locked");
    assert_string_equal(fake_text(get(path_of(draft, "")), "state"),
                        "processed");

    /* nor does one that the engine cannot look at, or that is none */
    engine_is_down(FAKE_HTTP_NOT_SENT);
    assert_string_equal(upload()->code, "photo_locked");
    assert_string_equal(send_bytes("/photo-check/photos", "none", 4)->code,
                        "photo_locked");
    engine_is_well();

    assert_string_equal(fake_text(current(), "photo_id"), id);
    assert_string_equal(fake_text(current(), "state"), "finished");

    /* looking and mending are free, and so is another exam's */
    assert_int_equal(send_bytes("/photo-check/preview", photo, photo_len)
                     ->status, 200);
    draft = id_of(process(""));
    engine_is_well();
    rep = send_bytes("/photo-check/photos?profile=white_small", photo,
                     photo_len);
    assert_int_equal(rep->status, 201);

    lock_is(0);
    rep = post(path_of(draft, "/submit"));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(current(), "photo_id"), draft);
}


/* A plugin that relies on it and does not answer: nothing is changed. */
static void
test_lock_unknown(void **state)
{
    const char  *id = id_of(upload());

    (void) state;

    becomes(id, "finished");
    fake_answer_call(h, "review.photo_locked", CIVIC_NOT_SENT, NULL);
    assert_string_equal(upload()->code, "store_unavailable");
    assert_string_equal(fake_text(current(), "photo_id"), id);
}


/* It is locked while the engine looks at another one. */
static void
test_locked_meanwhile(void **state)
{
    int            made;
    unsigned       at, locked = 0;
    fake_run_t    *run;
    fake_reply_t  *rep;
    const char    *id;

    (void) state;

    for (at = 1; at < 30; at++) {
        (void) reset(NULL);
        lock_is(0);
        id = id_of(upload());
        becomes(id, "finished");

        run = fake_begin(h, CIVIC_POST, "/photo-check/photos",
                         &(fake_request_t) {
                             .token = citizen, .upload = photo,
                             .upload_len = photo_len,
                             .upload_type = "image/jpeg",
                             .headers = { new_key() } });

        if (!fake_run_to(run, at)) {
            (void) fake_end(run);
            break;
        }

        /* three questions of each upload: the last makes the picture */
        made = fake_http_seen(h, 5) != NULL;
        lock_is(1);
        rep = checked(fake_end(run));

        if (rep->status == 409) {
            assert_string_equal(rep->code, "photo_locked");
            assert_string_equal(fake_text(current(), "photo_id"), id);
            locked += made;
        }
    }

    assert_true(locked > 0);
}


int
main(void)
{
#define T(name)  cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest  tests[] = {
        T(test_processed), T(test_turned), T(test_no_face), T(test_cannot),
        T(test_submitted), T(test_another_draft), T(test_draft_ends),
        T(test_finish), T(test_of_another), T(test_wait), T(test_retention),
        T(test_retention_of_a_replaced_one), T(test_gone), T(test_calls),
        T(test_locked), T(test_lock_unknown), T(test_locked_meanwhile),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
