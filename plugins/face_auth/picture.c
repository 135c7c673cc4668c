/*
 * picture.c - the picture of a face that the provider may give along: what
 * the photo of an application is compared with later.
 *
 * It is kept under the person's consent and no longer than the rule says; a
 * newer one replaces it.  It is an extra: what goes wrong with it is logged
 * and takes nothing from who has passed.
 */

#define _GNU_SOURCE                 /* memmem(), memrchr() */

#include <stdlib.h>

#include "face_auth.h"
#include "values.h"

#define MARGIN  (30 * FACE_DAY)        /* s that Redis keeps it longer */

typedef struct {
    int      keep;
    int64_t  days;
    int64_t  least;
    int64_t  most;
} picture_rule_t;


static civic_result_t
ask_rule(civic_request_t *r, picture_rule_t *rule)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "picture", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rule->keep = json_is_true(json_object_get(answer, "keep"));
    rule->days = shared_rule_number(answer, "days", 1, 1, 36500);
    rule->least = shared_rule_number(answer, "least", 1024, 4, 1048576);
    rule->most = shared_rule_number(answer, "most", 1048576, 4, 1048576);

    return CIVIC_OK;
}


/* ---- the reference ----------------------------------------------------- */

/* "<blob id> <ms> <until ms>" */
static void
take_reference(civic_request_t *r, civic_str_t text,
    face_reference_t *reference)
{
    civic_str_t  words[3];

    memset(reference, 0, sizeof(face_reference_t));

    if (shared_words(r, text, words, 3) != 0) {
        return;
    }

    reference->id = words[0];
    reference->since = shared_number(words[1], 0);
    reference->until = shared_number(words[2], 0);
}


civic_result_t
face_reference_read(civic_request_t *r, civic_str_t pid,
    face_reference_t *reference)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(reference, 0, sizeof(face_reference_t));

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, FACE_FAMILY),
                                   CIVIC_STR("reference")), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        take_reference(r, value->str, reference);
    }

    return rc;
}


/* ---- keeping ----------------------------------------------------------- */

static civic_result_t
delete_blob(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    civic_result_t  rc;

    rc = civic_blob_delete(r, pid, &id, 1);

    if (rc == CIVIC_OK) {
        civic_count(r, FACE_PICTURES_DELETED, 1);
    }

    return rc;
}


/* The outbox is Redis' plain text: a pid and a blob's id tell nothing. */
static civic_str_t
entry_of(civic_request_t *r, civic_str_t pid, civic_str_t reference)
{
    return civic_print(r, "%.*s %.*s", (int) pid.len, pid.data,
                       (int) reference.len, reference.data);
}


/* *stored: 0 without the consent. */
static civic_result_t
store(civic_request_t *r, civic_str_t pid, const civic_blob_t *blob,
    const civic_consent_t *consent, int64_t days, civic_str_t *before,
    int *stored)
{
    civic_str_t           keys[4], args[7];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, pid, FACE_FAMILY);
    keys[1] = civic_person_key(r, pid, "blobs");
    keys[2] = consent->key;
    keys[3] = civic_outbox(r, FACE_PICTURES, keys[0]);

    args[0] = blob->id;
    args[1] = blob->record;
    args[2] = civic_print(r, "%.*s %lld %lld", (int) blob->id.len,
                          blob->id.data, (long long) now,
                          (long long) (now + days * FACE_DAY * 1000));
    args[3] = consent->purpose;
    args[4] = consent->id;
    args[5] = entry_of(r, pid, args[2]);
    args[6] = shared_decimal(r, days * FACE_DAY + MARGIN);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_keep",
                             .keys = keys, .nkeys = 4,
                             .args = args, .nargs = 7,
                             .flags = CIVIC_SCRIPT_DURABLE }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *stored = value->items[0].integer == 1;
    *before = shared_item(value, 1);

    return CIVIC_OK;
}


static civic_result_t
write_picture(civic_request_t *r, civic_str_t person,
    const face_picture_t *picture, int64_t days)
{
    int              stored;
    civic_str_t      before;
    civic_blob_t     blob;
    civic_result_t   rc;
    civic_consent_t  consent;

    /* the person's own by now: what an account consented to was carried */
    rc = civic_consent(r, person, FACE_CONSENT, &consent);

    if (rc != CIVIC_OK || consent.id.len == 0) {
        return rc;
    }

    rc = civic_blob_write(r, person, FACE_PICTURE, "image/jpeg",
                          (civic_str_t) { picture->bytes, picture->size },
                          &blob);

    if (rc == CIVIC_OK) {
        rc = store(r, person, &blob, &consent, days, &before, &stored);
    }

    if (rc != CIVIC_OK || !stored) {
        return rc;
    }

    civic_count(r, FACE_PICTURES_KEPT, 1);

    return before.len > 0 ? delete_blob(r, person, before) : CIVIC_OK;
}


static civic_result_t
read_and_write(civic_request_t *r, civic_str_t person,
    const picture_rule_t *rule, civic_str_t material)
{
    civic_result_t  rc;
    face_picture_t  picture = {
        .material = material.data, .len = material.len,
        .least = (size_t) rule->least, .most = (size_t) rule->most,
    };

    rc = civic_offload(r, CIVIC_THREADS_WORK, face_picture_read, &picture);

    if (rc == CIVIC_OK && picture.bytes == NULL) {
        civic_log(r, CIVIC_LOG_WARN, "alipay's picture of a face is not "
                  "kept: %s", picture.wrong);

    } else if (rc == CIVIC_OK) {
        rc = write_picture(r, person, &picture, rule->days);
    }

    free(picture.bytes);

    return rc;
}


civic_result_t
face_picture_keep(civic_request_t *r, civic_str_t person,
    civic_str_t material)
{
    civic_result_t  rc;
    picture_rule_t  rule;

    rc = ask_rule(r, &rule);

    if (rc == CIVIC_OK && rule.keep) {
        rc = read_and_write(r, person, &rule, material);
    }

    if (rc == CIVIC_OK || rc == CIVIC_ABORTED) {
        return rc;
    }

    civic_log(r, CIVIC_LOG_WARN, "a picture of a face could not be kept, "
              "result %d", rc);

    return CIVIC_OK;
}


/* ---- forgetting -------------------------------------------------------- */

static civic_result_t
forget(civic_request_t *r, civic_str_t pid, civic_str_t picture,
    const char *what, civic_str_t purposes, int64_t *gone)
{
    civic_str_t           args[3], key = civic_person_key(r, pid,
                                                          FACE_FAMILY);
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = picture;
    args[1] = civic_cstr(what);
    args[2] = purposes;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_forget",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 3 }, &value);
    if (rc == CIVIC_OK) {
        *gone = value->integer;
    }

    return rc;
}


civic_result_t
face_forget(civic_request_t *r, civic_str_t pid, const char *what,
    civic_str_t purposes, int64_t *forgotten)
{
    int               turn;
    int64_t           gone;
    civic_result_t    rc;
    face_reference_t  reference;

    /* a picture that comes in between is deleted in the next turn */
    for (turn = 0; turn < 4; turn++) {
        rc = face_reference_read(r, pid, &reference);

        if (rc == CIVIC_OK && reference.id.len > 0) {
            rc = delete_blob(r, pid, reference.id);
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        rc = forget(r, pid, reference.id, what, purposes, &gone);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (gone >= 0) {
            *forgotten = gone + (reference.id.len > 0);
            return CIVIC_OK;
        }
    }

    return CIVIC_NOT_SENT;
}


civic_result_t
face_forget_attempts(civic_request_t *r, civic_str_t pid,
    civic_str_t purposes, int64_t *forgotten)
{
    return forget(r, pid, CIVIC_STR(""), "attempts", purposes, forgotten);
}


/* ---- the end of its time ----------------------------------------------- */

/* A picture whose time has come, if it is still the one: a newer one has an
   entry of its own. */
static civic_result_t
end_picture(civic_request_t *r, civic_str_t pid, civic_str_t id)
{
    int64_t           forgotten;
    civic_result_t    rc;
    face_reference_t  reference;

    rc = face_reference_read(r, pid, &reference);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(reference.id, id)) {
        return face_forget(r, pid, "picture", CIVIC_STR(""), &forgotten);
    }

    /* replaced, and its deletion was interrupted */
    return civic_blob_delete(r, pid, &id, 1);
}


/* "<pid> <blob id> <ms> <until ms>": due as it was promised, or as the rule
   says by now, whichever is earlier. */
civic_result_t
face_picture_step(civic_request_t *r, shared_entry_t *entry)
{
    civic_str_t        pid, rest;
    civic_msec_t       now = civic_now(r);
    civic_result_t     rc;
    picture_rule_t     rule;
    face_reference_t   reference;

    if (entry->value.len <= SHARED_PID) {
        return CIVIC_INVALID;
    }

    rc = ask_rule(r, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    pid = (civic_str_t) { entry->value.data, SHARED_PID };
    rest = (civic_str_t) { entry->value.data + SHARED_PID + 1,
                           entry->value.len - SHARED_PID - 1 };
    take_reference(r, rest, &reference);

    entry->wait = now < reference.until
                  && now < reference.since + rule.days * FACE_DAY * 1000;

    return entry->wait || reference.id.len == 0
           ? CIVIC_OK : end_picture(r, pid, reference.id);
}
