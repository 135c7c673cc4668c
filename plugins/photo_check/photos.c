/*
 * photos.c - what a citizen sees of a photo: its state with what to do next,
 * the report, the picture; the long poll; and 照片上传完成.
 */

#include "caller.h"
#include "photo_check.h"
#include "values.h"

#define LONGEST  10000                  /* ms of one poll */


/* ---- the reply --------------------------------------------------------- */

static void
write_text(civic_request_t *r, civic_writer_t *w, const char *name,
    json_t *of, const char *member)
{
    civic_str_t  text = shared_json_str(of, member);

    if (text.len > 0) {
        civic_write_str(r, w, name, text);
    }
}


static void
write_criterion(civic_request_t *r, civic_writer_t *w, json_t *of,
    const char *language)
{
    size_t  i;

    static const char *const  texts[] = {
        "title", "measured", "limit", "advice"
    };

    civic_write_object(r, w, NULL);
    write_text(r, w, "name", of, "name");
    write_text(r, w, "result", of, "result");

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(r, w, texts[i], json_object_get(of, texts[i]), language);
    }

    civic_write_end(r, w);
}


void
photo_write_report(civic_request_t *r, civic_writer_t *w, json_t *report)
{
    size_t       i;
    json_t      *one;
    const char  *language = shared_language(r);

    civic_write_object(r, w, "report");
    write_text(r, w, "verdict", report, "verdict");
    civic_write_array(r, w, "criteria");

    json_array_foreach(json_object_get(report, "criteria"), i, one) {
        write_criterion(r, w, one, language);
    }

    civic_write_end(r, w);
    civic_write_end(r, w);
}


/* What process has done, by numbers, and as a text of the rule. */
static civic_result_t
write_changes(civic_request_t *r, civic_writer_t *w, json_t *changes)
{
    size_t           i;
    json_t          *one, *answer, *texts;
    civic_result_t   rc;

    rc = civic_rule(r, "changes",
                    json_pack("{s:s, s:O}", "language", shared_language(r),
                              "changes", changes), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    texts = json_object_get(answer, "texts");
    civic_write_array(r, w, "changes");

    json_array_foreach(changes, i, one) {
        civic_write_object(r, w, NULL);
        write_text(r, w, "name", one, "name");
        civic_write_str(r, w, "text", civic_cstr(
            json_is_string(json_array_get(texts, i))
            ? json_string_value(json_array_get(texts, i)) : ""));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


/* A text of the record: JSON that this plugin wrote. */
static json_t *
load(civic_str_t text)
{
    return text.len == 0 ? NULL : json_loadb(text.data, text.len, 0, NULL);
}


/* The criterion of the report that has the name of one. */
static json_t *
same_criterion(json_t *report, json_t *one)
{
    size_t       i;
    json_t      *each;
    const char  *name, *wanted;

    wanted = json_string_value(json_object_get(one, "name"));

    json_array_foreach(json_object_get(report, "criteria"), i, each) {
        name = json_string_value(json_object_get(each, "name"));

        if (name != NULL && wanted != NULL && strcmp(name, wanted) == 0) {
            return each;
        }
    }

    return NULL;
}


/* What was found out since, by the rule: the comparison, a reviewer's ticks. */
static civic_result_t
add_found(civic_request_t *r, json_t *report, civic_str_t comparison)
{
    size_t           i;
    json_t          *in, *answer, *one, *criterion;
    civic_result_t   rc;

    in = load(comparison);
    if (in == NULL) {
        return CIVIC_OK;
    }

    rc = civic_rule(r, "found", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_array_foreach(json_object_get(answer, "criteria"), i, one) {
        criterion = same_criterion(report, one);

        if (criterion != NULL && json_object_update(criterion, one) != 0) {
            return CIVIC_ERROR;
        }
    }

    return CIVIC_OK;
}


static civic_result_t
write_sealed(civic_request_t *r, civic_writer_t *w, const photo_t *photo)
{
    json_t          *report = load(photo->report);
    json_t          *changes = load(photo->changes);
    civic_result_t   rc = CIVIC_OK;

    if (report != NULL) {
        rc = add_found(r, report, photo->comparison);
        photo_write_report(r, w, report);
    }

    if (rc == CIVIC_OK && json_is_array(changes)) {
        rc = write_changes(r, w, changes);
    }

    json_decref(report);
    json_decref(changes);

    return rc;
}


/* For a phone's picture element, which sends no headers.  What came in while
   the engine was down was never decoded: it is not shown. */
static civic_result_t
write_picture(civic_request_t *r, civic_writer_t *w, const photo_t *photo)
{
    civic_str_t      url;
    photo_terms_t    terms;
    civic_result_t   rc;

    if (photo->blob.len == 0 || photo_is(photo, "checking")) {
        return CIVIC_OK;
    }

    rc = photo_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_blob_url(r, photo->pid, PHOTO_PICTURE, photo->blob,
                            (unsigned) terms.url, &url);
    }

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "picture_url", url);
    }

    return rc;
}


void
photo_write_messages(civic_request_t *r, civic_writer_t *w, json_t *messages)
{
    size_t  i;

    static const char *const  texts[] = {
        "title", "title_pc", "text", "button", "button_pc", "reason"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(r, w, texts[i], messages, texts[i]);
    }
}


civic_result_t
photo_reply(civic_request_t *r, int status, const photo_t *photo)
{
    json_t          *messages;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = photo_messages(r, photo, &messages);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, status);
    civic_write_str(r, w, "photo_id", photo->id);
    civic_write_str(r, w, "profile", photo->profile);
    civic_write_str(r, w, "state", photo->state);
    civic_write_instant(r, w, "since", photo->since);

    if (photo->due > 0 && (photo_is(photo, "checking")
                           || photo_is(photo, "comparing")))
    {
        civic_write_instant(r, w, "next_at", photo->due);
    }

    if (photo_is(photo, "processed")) {
        civic_write_instant(r, w, "expires_at", photo->until);
    }

    photo_write_messages(r, w, messages);
    rc = write_sealed(r, w, photo);

    return rc != CIVIC_OK ? rc : write_picture(r, w, photo);
}


/* ---- finding ----------------------------------------------------------- */

/* A processed one that nobody has removed yet has its end all the same. */
static int
is_over(civic_request_t *r, const photo_t *photo)
{
    return photo_is(photo, "processed") && photo->until <= civic_now(r);
}


civic_result_t
photo_find(civic_request_t *r, photo_t *photo, int *answered)
{
    civic_result_t  rc;

    rc = photo_read(r, civic_pid(r), civic_path(r, "photo_id"), photo);

    if (rc == CIVIC_NOT_FOUND || (rc == CIVIC_OK && is_over(r, photo))) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    return rc;
}


civic_result_t
photo_show(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_find(r, &photo, &answered);

    return rc != CIVIC_OK || answered ? rc : photo_reply(r, 200, &photo);
}


/* The one that counts; without it an upload that was refused. */
civic_result_t
photo_show_current(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_str_t     profile, pid = shared_copy(r, civic_pid(r));
    photo_limits_t  limits;
    civic_result_t  rc;

    rc = photo_profile(r, &profile, &limits, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = photo_slot_read(r, pid, "photo", profile, &photo);

    if (rc == CIVIC_OK && photo.id.len == 0) {
        rc = photo_slot_read(r, pid, "last", profile, &photo);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return photo.id.len == 0 ? civic_problem(r, "not_found")
                             : photo_reply(r, 200, &photo);
}


civic_result_t
photo_picture(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_find(r, &photo, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (photo.blob.len == 0 || photo_is(&photo, "checking")) {
        return civic_problem(r, "not_found");
    }

    rc = civic_reply_blob(r, photo.pid, PHOTO_PICTURE, photo.blob);

    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "not_found") : rc;
}


/* ---- the long poll ----------------------------------------------------- */

/* Whether it is still what the page knows, or what nobody has decided. */
static int
is_old(const photo_t *photo, civic_str_t known)
{
    if (known.len > 0) {
        return civic_str_eq(photo->state, known);
    }

    return !photo_is_settled(photo) && !photo_is(photo, "processed");
}


civic_result_t
photo_wait(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_str_t     known;
    civic_result_t  rc;

    known = shared_copy(r, shared_json_str(civic_query(r), "state"));
    rc = civic_watch(r, photo_topic(r, civic_path(r, "photo_id")));

    while (rc == CIVIC_OK) {
        rc = photo_find(r, &photo, &answered);

        if (rc != CIVIC_OK || answered) {
            return rc;
        }

        if (!is_old(&photo, known)) {
            return photo_reply(r, 200, &photo);
        }

        rc = civic_wait(r, LONGEST);
    }

    return rc == CIVIC_TIMEOUT ? photo_reply(r, 200, &photo) : rc;
}


/* ---- 照片上传完成 ------------------------------------------------------ */

/* By the person's own button: it says that the person has seen it. */
civic_result_t
photo_finish(civic_request_t *r)
{
    int             moved = 0, answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_find(r, &photo, &answered);

    if (rc == CIVIC_OK && !answered && photo_is(&photo, "passed")) {
        rc = photo_move(r, &photo, &(photo_move_t) { .state = "finished" },
                        &moved);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (photo.id.len == 0) {
        return civic_problem(r, "not_found");
    }

    if (!photo_is(&photo, "finished")) {
        return civic_problem(r, "photo_not_passed");
    }

    civic_count(r, PHOTO_FINISHED, (uint64_t) moved);

    return photo_reply(r, 200, &photo);
}
