/*
 * asked.c - the one binding that a guardian asks for, from 确认绑定 until it is
 * bound: sealed, in the guardian's own slot, for some minutes.
 *
 * It is compared and replaced as a whole: two windows of the same user cannot
 * mix what they ask for.
 */

#include "bind.h"
#include "values.h"

#define FIELD  "asked"

static const shared_member_t  members[] = {
    SHARED_TEXT(kinship_asked_t, id),
    SHARED_TEXT(kinship_asked_t, relative),
    SHARED_TEXT(kinship_asked_t, name),
    SHARED_TEXT(kinship_asked_t, number),
    SHARED_TEXT(kinship_asked_t, kind),
    SHARED_TEXT(kinship_asked_t, relation),
    SHARED_TEXT(kinship_asked_t, proof),
    SHARED_TEXT(kinship_asked_t, purpose),
    SHARED_NUMBER(kinship_asked_t, expires),
    SHARED_NUMBER(kinship_asked_t, version),
    SHARED_NUMBER(kinship_asked_t, health_version),
    SHARED_TEXT(kinship_asked_t, flags),
    SHARED_TEXT(kinship_asked_t, language),
    SHARED_FLAG(kinship_asked_t, pledged),
    SHARED_TEXT(kinship_asked_t, attempt),
    SHARED_NUMBER(kinship_asked_t, attempt_at),
    SHARED_FLAG(kinship_asked_t, proven),
    SHARED_FLAG(kinship_asked_t, renews),
    CIVIC_END
};


/* ---- the slot ---------------------------------------------------------- */

civic_result_t
kinship_note(civic_request_t *r, civic_str_t guardian, const char *field,
    civic_str_t before, civic_str_t after, unsigned flags, civic_str_t *now,
    int *done)
{
    civic_str_t           key, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, guardian, KINSHIP_FAMILY_KIN);
    args[0] = civic_cstr(field);
    args[1] = before;
    args[2] = after;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_note", .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 3, .flags = flags },
                      &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *done = value->items[0].integer == 1;
    *now = shared_item(value, 1);

    return CIVIC_OK;
}


static civic_result_t
open_asked(civic_request_t *r, kinship_asked_t *asked)
{
    return shared_record_open(r, KINSHIP_SEALED, asked->guardian,
                              CIVIC_STR(FIELD), asked->text, members, asked);
}


/* ---- read -------------------------------------------------------------- */

civic_result_t
kinship_asked_read(civic_request_t *r, civic_str_t guardian,
    kinship_asked_t *asked)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(asked, 0, sizeof(kinship_asked_t));
    asked->guardian = guardian;
    asked->text = CIVIC_STR("");

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   CIVIC_STR(FIELD)), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    asked->text = shared_copy(r, value->str);
    rc = open_asked(r, asked);

    /* damaged, and logged: it is asked for anew */
    if (rc == CIVIC_INVALID) {
        return CIVIC_NOT_FOUND;
    }

    return rc == CIVIC_OK && asked->expires <= civic_now(r) ? CIVIC_NOT_FOUND
                                                            : rc;
}


civic_result_t
kinship_asked_identity(civic_request_t *r, const kinship_asked_t *asked,
    civic_person_identity_t *identity)
{
    civic_id_kind_t    kind;
    civic_id_rules_t   rules = { .today = { 9999, 12, 31 },
                                 .minimum_year = 1 };

    memset(identity, 0, sizeof(civic_person_identity_t));

    if (civic_id_kind_parse(asked->kind.data, &kind) != 0
        || asked->name.len >= sizeof(identity->name))
    {
        return CIVIC_ERROR;
    }

    rules.flags = kind == CIVIC_ID_FOREIGN_OLD ? CIVIC_ID_OLD_CARD : 0;

    if (civic_id_number_parse(asked->number.data, asked->number.len, &rules,
                              &identity->id)
        != CIVIC_ID_OK)
    {
        civic_log(r, CIVIC_LOG_ERROR, "what is asked for has no identity "
                  "number");
        return CIVIC_ERROR;
    }

    memcpy(identity->name, asked->name.data, asked->name.len);
    identity->name[asked->name.len] = '\0';
    identity->name_len = asked->name.len;

    return CIVIC_OK;
}


/* ---- written ----------------------------------------------------------- */

civic_result_t
kinship_asked_write(civic_request_t *r, kinship_asked_t *asked, int once,
    int *done)
{
    civic_str_t     sealed, now;
    civic_result_t  rc;

    rc = shared_record_seal(r, KINSHIP_SEALED, asked->guardian,
                            CIVIC_STR(FIELD), members, asked, &sealed);

    if (rc == CIVIC_OK) {
        rc = kinship_note(r, asked->guardian, FIELD, asked->text, sealed,
                          once ? CIVIC_SCRIPT_ONCE : 0, &now, done);
    }

    if (rc != CIVIC_OK || !*done) {
        return rc;
    }

    asked->text = shared_copy(r, now);

    return once ? open_asked(r, asked) : CIVIC_OK;
}


civic_result_t
kinship_asked_drop(civic_request_t *r, const kinship_asked_t *asked,
    int *done)
{
    civic_str_t  now;

    return kinship_note(r, asked->guardian, FIELD, asked->text, CIVIC_STR(""),
                        0, &now, done);
}
