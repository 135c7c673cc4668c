/*
 * seen.c - what staff see of a photo that they hold: the report, why it came
 * to them, who it is (masked), the picture, and the picture of the face where
 * there is one.
 *
 * Pictures stream from their sealed files and are never cached; that somebody
 * looked stands in the audit trail before the first byte leaves.
 */

#include "caller.h"
#include "compare.h"
#include "id_number.h"
#include "name.h"
#include "values.h"

#define FACE_PICTURE  "face"            /* face_auth's purpose of blobs */


/* ---- who it is --------------------------------------------------------- */

static void
write_masked(civic_request_t *r, civic_writer_t *w, json_t *who)
{
    char         name[CIVIC_NAME_BYTES], number[CIVIC_ID_TEXT];
    civic_str_t  text;

    text = shared_json_str(who, "name");
    text.len = civic_name_mask(text.data, text.len, name);
    text.data = name;
    civic_write_str(r, w, "name", text);

    text = shared_json_str(who, "id_number");
    text.len = civic_id_number_mask(text.data, text.len, number);
    text.data = number;
    civic_write_str(r, w, "id_number", text);
}


static civic_result_t
read_person(civic_request_t *r, civic_str_t pid, json_t **who)
{
    civic_result_t  rc;

    *who = NULL;
    rc = civic_call(r, "login.identity",
                    json_pack("{s:s%}", "pid", pid.data, pid.len), who);

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


/* ---- the reply --------------------------------------------------------- */

/* Texts in the reader's language. */
static void
write_reasons(civic_request_t *r, civic_writer_t *w, json_t *reasons)
{
    size_t       i;
    json_t      *one;
    const char  *language = shared_language(r);

    civic_write_array(r, w, "reasons");

    json_array_foreach(reasons, i, one) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "code", shared_json_str(one, "code"));
        civic_write_str(r, w, "text", shared_json_str(one, language));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


/* Why it came to staff, and what a machine found. */
static void
write_comparison(civic_request_t *r, civic_writer_t *w, const photo_t *photo)
{
    json_t       *all = json_loadb(photo->comparison.data,
                                   photo->comparison.len, 0, NULL);
    json_t       *value;
    civic_str_t   method = shared_json_str(all, "method");
    civic_str_t   why = shared_json_str(all, "why");

    if (photo->report.len == 0) {
        why = CIVIC_STR("unchecked");
    }

    civic_write_str(r, w, "why", why.len > 0 ? why : CIVIC_STR("unmeasured"));

    if (method.len > 0) {
        civic_write_str(r, w, "method", method);
    }

    value = json_object_get(all, "similarity");

    if (!json_is_number(value)) {
        value = json_object_get(all, "score");
    }

    if (json_is_number(value)) {
        civic_write_str(r, w, "similarity",
                        civic_print(r, "%.3g", json_number_value(value)));
    }

    json_decref(all);
}


civic_result_t
photo_review_write(civic_request_t *r, const photo_t *photo)
{
    json_t               *who, *report;
    civic_str_t           reference;
    civic_writer_t       *w;
    civic_result_t        rc;
    photo_review_rule_t   rule;

    rc = photo_review_rule(r, &rule);

    if (rc == CIVIC_OK) {
        rc = read_person(r, photo->pid, &who);
    }

    if (rc == CIVIC_OK) {
        rc = photo_reference(r, photo->pid, &reference);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "review_id", photo->id);
    civic_write_instant(r, w, "since", photo->since);
    civic_write_instant(r, w, "lease_until", photo->due);
    civic_write_str(r, w, "profile", photo->profile);
    write_masked(r, w, who);
    write_comparison(r, w, photo);
    civic_write_bool(r, w, "has_reference", reference.len > 0);
    write_reasons(r, w, rule.reasons);
    report = json_loadb(photo->report.data, photo->report.len, 0, NULL);

    if (report != NULL) {
        photo_write_report(r, w, report);
    }

    json_decref(report);

    return CIVIC_OK;
}


civic_result_t
photo_review_show(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_review_find(r, &photo, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = photo_review_audit(r, &photo, "photo_check.review_seen");
    }

    return rc != CIVIC_OK || answered ? rc : photo_review_write(r, &photo);
}


/* ---- pictures ---------------------------------------------------------- */

civic_result_t
photo_review_picture(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_review_find(r, &photo, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = photo_review_audit(r, &photo, "photo_check.photo_seen");
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    /* what no engine ever decoded is shown to nobody */
    rc = photo.report.len == 0 ? CIVIC_NOT_FOUND
         : civic_reply_blob(r, photo.pid, PHOTO_PICTURE, photo.blob);

    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "photo_no_picture") : rc;
}


civic_result_t
photo_review_reference(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_str_t     id;
    civic_result_t  rc;

    rc = photo_review_find(r, &photo, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = photo_reference(r, photo.pid, &id);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (id.len == 0) {
        return civic_problem(r, "photo_no_reference");
    }

    rc = photo_review_audit(r, &photo, "photo_check.face_seen");

    if (rc == CIVIC_OK) {
        rc = civic_reply_blob(r, photo.pid, FACE_PICTURE, id);
    }

    return rc == CIVIC_NOT_FOUND ? civic_problem(r, "photo_no_reference")
                                 : rc;
}
