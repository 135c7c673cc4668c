/*
 * locks.c - POST /login/locks and /login/locks/lift: staff keep everybody
 * from logging in as a person, and allow it again.
 *
 * The lock and the end of all sessions are one step.  The reason is one of a
 * list: it stands in Redis and in the audit trail, where no free text about
 * people belongs.
 */

#include "id_form.h"
#include "login.h"
#include "values.h"

typedef struct {
    civic_id_number_t   id;
    civic_str_t         pid;
    const char         *reason;             /* NULL: the lock is lifted */
} lock_t;


static civic_result_t
read_body(civic_request_t *r, lock_t *lock, int *answered)
{
    const char      *error;
    civic_str_t      canonical;
    civic_result_t   rc;

    rc = login_number_judge(r, civic_body_str(r, "id_number"),
                            civic_body_str(r, "id_kind"), &lock->id, &error);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (error != NULL) {
        *answered = 1;
        return shared_field_problem(r, "/id_number", error,
                                    "invalid_fields");
    }

    canonical.data = lock->id.text;
    canonical.len = lock->id.len;

    return civic_person_id(r, canonical, &lock->pid);
}


static civic_result_t
prepare_audit(civic_request_t *r, const lock_t *lock, civic_str_t near,
    civic_str_t *outbox, civic_str_t *sealed)
{
    civic_result_t       rc;
    civic_audit_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.action = lock->reason != NULL ? "login.person_locked"
                                        : "login.person_unlocked";
    entry.subject = lock->pid;
    entry.details = lock->reason != NULL
                    ? json_pack("{s:s}", "reason", lock->reason)
                    : json_object();

    rc = civic_audit(r, &entry, near, outbox, sealed);
    json_decref(entry.details);

    return rc;
}


static civic_result_t
write_lock(civic_request_t *r, const lock_t *lock, int64_t *found)
{
    civic_str_t           keys[3], args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, lock->pid, CIVIC_PERSON_FAMILY);
    keys[1] = civic_person_key(r, lock->pid, "sessions");
    args[0] = lock->reason == NULL
              ? CIVIC_STR("")
              : civic_print(r, "%lld %s", (long long) civic_now(r),
                            lock->reason);

    rc = prepare_audit(r, lock, keys[0], &keys[2], &args[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_lock",
                          .keys = keys, .nkeys = 3, .args = args, .nargs = 2,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    if (rc == CIVIC_OK) {
        *found = value->integer;
    }

    return rc;
}


static civic_result_t
change(civic_request_t *r, const char *reason)
{
    int              answered = 0;
    char             number[CIVIC_ID_TEXT];
    lock_t           lock = { .reason = reason };
    int64_t          found = 0;
    civic_str_t      masked = { number, 0 };
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = read_body(r, &lock, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = write_lock(r, &lock, &found);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (found != 1) {
        return civic_problem(r, found == 0 ? "not_found" : "not_locked");
    }

    masked.len = civic_id_number_mask(lock.id.text, lock.id.len, number);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "id_number", masked);
    civic_write_bool(r, w, "locked", reason != NULL);

    return CIVIC_OK;
}


civic_result_t
login_lock(civic_request_t *r)
{
    return change(r, civic_body_str(r, "reason").data);
}


civic_result_t
login_lock_lift(civic_request_t *r)
{
    return change(r, NULL);
}


/* ---- for the tables ---------------------------------------------------- */

static const char *const  reasons[] = {
    "asked_by_owner", "suspected_misuse", "deceased", "legal_order", "other",
    NULL
};

#define NUMBER_FIELDS                                                         \
    { .name = "id_number", .type = CIVIC_TYPE_STRING,                         \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 64,                      \
      .example = SHARED_NUMBER_EXAMPLE,                                       \
      .zh = "身份证号", .en = "the identity number" },                        \
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,                           \
      .choices = shared_id_kinds, .fallback = "\"resident\"",                  \
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",      \
      .en = "foreign_pr_old for the old foreign permanent resident's card" }

const civic_field_t  login_lock_body[] = {
    NUMBER_FIELDS,
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = reasons,
      .zh = "原因：本人要求、疑似冒用、已去世、法律文书、其他",
      .en = "why" },
    CIVIC_END
};

const civic_field_t  login_lift_body[] = {
    NUMBER_FIELDS,
    CIVIC_END
};

const civic_field_t  login_lock_reply[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "身份证号（脱敏）", .en = "the identity number, masked" },
    { .name = "locked", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否已暂停登录", .en = "whether nobody can log in" },
    CIVIC_END
};

const char *const  login_lock_problems[] = {
    "invalid_fields", "not_found", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const char *const  login_lift_problems[] = {
    "invalid_fields", "not_found", "not_locked", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};
