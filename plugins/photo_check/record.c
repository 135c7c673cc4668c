/*
 * record.c - a photo in Redis: one hash of the person, so that every step is
 * one script.
 *
 * What scripts compare and decide by is plain text: "<state> <version>
 * <profile> <blob> <since ms> <due ms> <until ms> <tries>", where "-" is no
 * blob.  The report and what was compared are sealed for this person and id.
 */

#include "photo_check.h"
#include "values.h"

#define STATE_WORDS  8
#define MARGIN       2592000            /* s that Redis keeps it longer */
#define FIELDS       400                /* of a person's hash, at most read */

/* What is sealed. */
static const shared_member_t  members[] = {
    SHARED_TEXT(photo_t, report),
    SHARED_TEXT(photo_t, changes),
    SHARED_TEXT(photo_t, comparison),
    SHARED_TEXT(photo_t, reason),
    SHARED_TEXT(photo_t, note),
    SHARED_TEXT(photo_t, reviewer),
    CIVIC_END
};


/* ---- small things ------------------------------------------------------ */

int
photo_is(const photo_t *photo, const char *state)
{
    return civic_str_eq(photo->state, civic_cstr(state));
}


int
photo_is_settled(const photo_t *photo)
{
    return photo_is(photo, "passed") || photo_is(photo, "finished")
           || photo_is(photo, "refused");
}


civic_str_t
photo_json_text(civic_request_t *r, const json_t *json)
{
    civic_str_t  text;

    return shared_json_text(r, json_incref((json_t *) json), &text) == CIVIC_OK
           ? text : CIVIC_STR("");
}


civic_str_t
photo_topic(civic_request_t *r, civic_str_t id)
{
    return civic_print(r, "civic:photo_check:%.*s", (int) id.len, id.data);
}


static civic_str_t
slot_of(civic_request_t *r, const char *slot, civic_str_t profile)
{
    return civic_print(r, "%s:%.*s", slot, (int) profile.len, profile.data);
}


/* ---- the state --------------------------------------------------------- */

/* 0, or -1. */
static int
take_state(civic_request_t *r, civic_str_t text, photo_t *photo)
{
    civic_str_t  words[STATE_WORDS];

    if (shared_words(r, text, words, STATE_WORDS) != 0) {
        return -1;
    }

    photo->text = shared_copy(r, text);
    photo->state = words[0];
    photo->version = shared_number(words[1], -1);
    photo->profile = words[2];
    photo->blob = civic_str_eq(words[3], CIVIC_STR("-")) ? CIVIC_STR("")
                                                         : words[3];
    photo->since = shared_number(words[4], -1);
    photo->due = shared_number(words[5], -1);
    photo->until = shared_number(words[6], -1);
    photo->tries = shared_number(words[7], -1);

    return photo->version < 0 || photo->since < 0 || photo->due < 0
           || photo->until < 0 || photo->tries < 0 ? -1 : 0;
}


/* What it is from now on. */
static civic_str_t
state_text(civic_request_t *r, const photo_t *photo, civic_str_t state,
    int64_t version, civic_str_t blob, civic_msec_t since)
{
    blob = blob.len > 0 ? blob : CIVIC_STR("-");

    return civic_print(r, "%.*s %lld %.*s %.*s %lld %lld %lld %lld",
                       (int) state.len, state.data, (long long) version,
                       (int) photo->profile.len, photo->profile.data,
                       (int) blob.len, blob.data, (long long) since,
                       (long long) photo->due, (long long) photo->until,
                       (long long) photo->tries);
}


static civic_result_t
seal_record(civic_request_t *r, const photo_t *photo, civic_str_t *sealed)
{
    return shared_record_seal(r, PHOTO_RECORD, photo->pid, photo->id, members,
                              photo, sealed);
}


/* ---- reading ----------------------------------------------------------- */

civic_result_t
photo_read(civic_request_t *r, civic_str_t pid, civic_str_t id,
    photo_t *photo)
{
    civic_str_t           argv[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(photo, 0, sizeof(photo_t));

    if (!shared_is_id(id)) {
        return CIVIC_NOT_FOUND;
    }

    photo->pid = shared_copy(r, pid);
    photo->id = shared_copy(r, id);

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, PHOTO_FAMILY);
    argv[2] = civic_print(r, "s:%s", photo->id.data);
    argv[3] = civic_print(r, "r:%s", photo->id.data);

    rc = civic_redis(r, argv, 4, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (shared_item(value, 0).len == 0 || shared_item(value, 1).len == 0) {
        return CIVIC_NOT_FOUND;
    }

    rc = CIVIC_INVALID;

    if (take_state(r, shared_item(value, 0), photo) == 0) {
        rc = shared_record_open(r, PHOTO_RECORD, photo->pid, photo->id,
                                shared_item(value, 1), members, photo);
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "photo \"%.*s\" cannot be read",
                  (int) id.len, id.data);
    }

    return rc;
}


civic_result_t
photo_slot_read(civic_request_t *r, civic_str_t pid, const char *slot,
    civic_str_t profile, photo_t *photo)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(photo, 0, sizeof(photo_t));

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid, PHOTO_FAMILY),
                                   slot_of(r, slot, profile)), &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_STRING) {
        rc = photo_read(r, pid, value->str, photo);
    }

    if (rc == CIVIC_NOT_FOUND) {
        memset(photo, 0, sizeof(photo_t));
        rc = CIVIC_OK;
    }

    return rc;
}


/* A field "s:<id>" and its value. */
static int
take_listed(civic_request_t *r, civic_str_t pid, civic_str_t name,
    civic_str_t value, photo_t *photo)
{
    if (name.len != SHARED_ID + 2 || memcmp(name.data, "s:", 2) != 0) {
        return 0;
    }

    memset(photo, 0, sizeof(photo_t));
    photo->pid = shared_copy(r, pid);
    photo->id = shared_copy(r, (civic_str_t) { name.data + 2, SHARED_ID });

    if (take_state(r, value, photo) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the state of photo \"%s\" cannot be "
                  "read", photo->id.data);
        return 0;
    }

    return 1;
}


civic_result_t
photo_list(civic_request_t *r, civic_str_t pid, photo_t *photos, size_t max,
    size_t *count)
{
    size_t                i;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"),
                                   civic_person_key(r, pid, PHOTO_FAMILY)),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i + 1 < value->count && i < FIELDS && *count < max; i += 2) {
        *count += take_listed(r, pid, shared_item(value, i),
                              shared_item(value, i + 1), &photos[*count]);
    }

    return CIVIC_OK;
}


/* ---- the picture before ------------------------------------------------ */

/* The script has told the outbox; at once is better. */
static civic_result_t
delete_replaced(civic_request_t *r, civic_str_t pid, civic_str_t blob)
{
    civic_result_t  rc;

    if (blob.len == 0) {
        return CIVIC_OK;
    }

    blob = shared_copy(r, blob);
    rc = civic_blob_delete(r, pid, &blob, 1);

    if (rc == CIVIC_OK) {
        civic_count(r, PHOTO_DELETED, 1);
    }

    return rc == CIVIC_ABORTED ? rc : CIVIC_OK;
}


/* "<pid> <photo> <ms> <until ms>", for the day on which its time ends. */
static civic_str_t
kept_entry(civic_request_t *r, const photo_t *photo)
{
    return civic_print(r, "%.*s %.*s %lld %lld", (int) photo->pid.len,
                       photo->pid.data, (int) photo->id.len, photo->id.data,
                       (long long) civic_now(r), (long long) photo->until);
}


/* "<pid> <photo>", for whoever goes on with it. */
static civic_str_t
work_entry(civic_request_t *r, const photo_t *photo)
{
    return civic_print(r, "%.*s %.*s", (int) photo->pid.len, photo->pid.data,
                       (int) photo->id.len, photo->id.data);
}


/* ---- putting ----------------------------------------------------------- */

static civic_result_t
put_args(civic_request_t *r, const photo_t *photo, const photo_put_t *put,
    civic_str_t *args)
{
    civic_msec_t  now = civic_now(r);

    args[0] = slot_of(r, put->slot, photo->profile);
    args[1] = slot_of(r, strcmp(put->slot, "photo") == 0 ? "last" : put->slot,
                      photo->profile);
    args[2] = photo->id;
    args[3] = state_text(r, photo, photo->state, 1,
                         put->blob == NULL ? CIVIC_STR("") : put->blob->id,
                         now);
    args[5] = photo->pid;
    args[6] = put->blob == NULL ? CIVIC_STR("") : put->blob->id;
    args[7] = put->blob == NULL ? CIVIC_STR("") : put->blob->record;
    args[8] = kept_entry(r, photo);
    args[9] = put->work ? work_entry(r, photo) : CIVIC_STR("");
    args[10] = shared_decimal(r, (photo->until - now) / 1000 + MARGIN);

    return seal_record(r, photo, &args[4]);
}


civic_result_t
photo_put(civic_request_t *r, photo_t *photo, const photo_put_t *put)
{
    civic_str_t           keys[5], args[11], id;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = shared_id_new(r, &photo->id);

    if (rc == CIVIC_OK) {
        rc = put_args(r, photo, put, args);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, photo->pid, PHOTO_FAMILY);
    keys[1] = civic_person_key(r, photo->pid, "blobs");
    keys[2] = civic_outbox(r, strcmp(put->slot, "draft") == 0
                              ? PHOTO_DRAFTS : PHOTO_KEPT, keys[0]);
    keys[3] = civic_outbox(r, PHOTO_GONE, keys[0]);
    keys[4] = civic_outbox(r, PHOTO_WORK, keys[0]);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "photo_check_put",
                             .keys = keys, .nkeys = 5,
                             .args = args, .nargs = 11,
                             .flags = CIVIC_SCRIPT_DURABLE
                                      | (put->once ? CIVIC_SCRIPT_ONCE : 0) },
                      &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    id = shared_copy(r, shared_item(value, 0));
    rc = delete_replaced(r, photo->pid, shared_item(value, 1));

    if (rc == CIVIC_OK) {
        rc = delete_replaced(r, photo->pid, shared_item(value, 2));
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (civic_str_eq(id, photo->id)) {
        return take_state(r, args[3], photo) == 0 ? CIVIC_OK : CIVIC_ERROR;
    }

    /* this request came before, and it may have gone on since then */
    return photo_read(r, photo->pid, id, photo);
}


/* ---- moving ------------------------------------------------------------ */

static civic_str_t
blob_of(const photo_t *photo, const photo_move_t *move)
{
    if (move->blob != NULL) {
        return move->blob->id;
    }

    return move->drop ? CIVIC_STR("") : photo->blob;
}


static civic_result_t
move_keys(civic_request_t *r, const photo_t *photo, const photo_move_t *move,
    civic_str_t *keys, civic_str_t *audit)
{
    *audit = CIVIC_STR("");

    keys[0] = civic_person_key(r, photo->pid, PHOTO_FAMILY);
    keys[1] = civic_person_key(r, photo->pid, "blobs");
    keys[2] = civic_person_key(r, photo->pid, "consents");
    keys[3] = civic_outbox(r, PHOTO_WORK, keys[0]);
    keys[4] = civic_outbox(r, PHOTO_GONE, keys[0]);
    keys[5] = civic_outbox(r, PHOTO_KEPT, keys[0]);
    keys[6] = keys[0];

    return move->audit == NULL ? CIVIC_OK
           : civic_audit(r, move->audit, keys[0], &keys[6], audit);
}


static civic_result_t
move_args(civic_request_t *r, const photo_t *photo, const photo_move_t *move,
    civic_str_t *args)
{
    civic_str_t   state;
    civic_msec_t  now = civic_now(r);

    state = move->state == NULL ? photo->state : civic_cstr(move->state);

    args[0] = photo->id;
    args[1] = photo->text;
    args[2] = state_text(r, photo, state, photo->version + 1,
                         blob_of(photo, move),
                         move->state == NULL ? photo->since : now);
    args[3] = CIVIC_STR("");
    args[4] = photo->pid;
    args[5] = move->blob == NULL ? CIVIC_STR("") : move->blob->id;
    args[6] = move->blob == NULL ? CIVIC_STR("") : move->blob->record;
    args[7] = move->work ? work_entry(r, photo) : CIVIC_STR("");
    args[8] = move->slot == NULL ? CIVIC_STR("")
              : slot_of(r, move->slot, photo->profile);
    args[9] = kept_entry(r, photo);
    args[10] = shared_decimal(r, (photo->until - now) / 1000 + MARGIN);
    args[11] = move->consent == NULL ? CIVIC_STR("") : move->consent->purpose;
    args[12] = move->consent == NULL ? CIVIC_STR("") : move->consent->id;

    return move->sealed ? seal_record(r, photo, &args[3]) : CIVIC_OK;
}


civic_result_t
photo_move(civic_request_t *r, photo_t *photo, const photo_move_t *move,
    int *moved)
{
    civic_str_t           keys[7], args[14], found;
    civic_result_t        rc;
    const civic_value_t  *value;

    *moved = 0;

    rc = move_keys(r, photo, move, keys, &args[13]);

    if (rc == CIVIC_OK) {
        rc = move_args(r, photo, move, args);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "photo_check_move",
                                 .keys = keys, .nkeys = 7,
                                 .args = args, .nargs = 14,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 4) {
        return CIVIC_ERROR;
    }

    *moved = value->items[0].integer == 1;
    found = shared_item(value, 1);

    rc = delete_replaced(r, photo->pid, shared_item(value, 2));

    if (rc == CIVIC_OK) {
        rc = delete_replaced(r, photo->pid, shared_item(value, 3));
    }

    if (rc == CIVIC_OK && *moved) {
        rc = civic_notify(r, photo_topic(r, photo->id));
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (found.len == 0) {
        photo->id = CIVIC_STR("");
        return CIVIC_OK;
    }

    return take_state(r, found, photo) == 0 ? CIVIC_OK : CIVIC_INVALID;
}


/* ---- forgetting -------------------------------------------------------- */

civic_result_t
photo_forget(civic_request_t *r, const photo_t *photo)
{
    civic_str_t           keys[2], args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, photo->pid, PHOTO_FAMILY);
    keys[1] = civic_outbox(r, PHOTO_GONE, keys[0]);
    args[0] = photo->id;
    args[1] = photo->text;
    args[2] = photo->pid;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "photo_check_forget",
                             .keys = keys, .nkeys = 2,
                             .args = args, .nargs = 3 }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return value->type == CIVIC_VALUE_STRING
           ? delete_replaced(r, photo->pid, value->str) : CIVIC_OK;
}
