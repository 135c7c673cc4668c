/*
 * person.c - who somebody is, and how old.
 *
 * Who has a code stands in the own record of health, sealed: for children and
 * elders have no account, and showing a code is to take one trip.
 */

#include "age.h"
#include "kinship.h"
#include "values.h"

#define FIELD  "identity"


/* ---- as it stands in "health" ------------------------------------------ */

civic_result_t
kinship_identity_seal(civic_request_t *r, civic_str_t pid,
    const civic_person_identity_t *identity, civic_str_t *sealed)
{
    char         text[CIVIC_IDENTITY_TEXT];
    int64_t      len = civic_person_identity_encode(identity, text);
    civic_str_t  plain = { text, (size_t) len };

    return len < 0 ? CIVIC_ERROR
                   : civic_seal(r, KINSHIP_SEALED,
                                shared_record_context(r, pid,
                                                      CIVIC_STR(FIELD)),
                                plain, sealed);
}


civic_result_t
kinship_identity_open(civic_request_t *r, civic_str_t pid, civic_str_t sealed,
    civic_person_identity_t *identity)
{
    civic_str_t     plain;
    civic_result_t  rc;

    rc = civic_open(r, KINSHIP_SEALED,
                    shared_record_context(r, pid, CIVIC_STR(FIELD)), sealed,
                    &plain);

    if (rc == CIVIC_OK
        && civic_person_identity_decode(plain.data, plain.len, identity) != 0)
    {
        rc = CIVIC_INVALID;
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "who has the code of person \"%.*s\" "
                  "cannot be read", (int) pid.len, pid.data);
    }

    return rc;
}


/* ---- as login has it --------------------------------------------------- */

static int
take_login(civic_request_t *r, json_t *out, civic_person_identity_t *identity)
{
    civic_str_t        name = shared_json_str(out, "name");
    civic_str_t        number = shared_json_str(out, "id_number");
    civic_id_kind_t    kind;
    civic_id_rules_t   rules = { .today = { 9999, 12, 31 },
                                 .minimum_year = 1 };

    memset(identity, 0, sizeof(civic_person_identity_t));

    if (civic_id_kind_parse(shared_json_str(out, "kind").data, &kind) != 0
        || name.len == 0 || name.len >= sizeof(identity->name))
    {
        return -1;
    }

    rules.flags = kind == CIVIC_ID_FOREIGN_OLD ? CIVIC_ID_OLD_CARD : 0;

    if (civic_id_number_parse(number.data, number.len, &rules, &identity->id)
        != CIVIC_ID_OK)
    {
        civic_log(r, CIVIC_LOG_ERROR, "login.identity tells no identity "
                  "number");
        return -1;
    }

    memcpy(identity->name, name.data, name.len);
    identity->name[name.len] = '\0';
    identity->name_len = name.len;

    return 0;
}


civic_result_t
kinship_login_person(civic_request_t *r, civic_str_t pid, json_t **who,
    civic_person_identity_t *identity)
{
    civic_result_t  rc;

    rc = civic_call(r, "login.identity",
                    json_pack("{s:s%}", "pid", pid.data, pid.len), who);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!civic_str_eq(shared_json_str(*who, "state"), CIVIC_STR("person"))
        || !civic_str_eq(shared_json_str(*who, "person"), pid))
    {
        return CIVIC_NOT_FOUND;
    }

    return take_login(r, *who, identity) == 0 ? CIVIC_OK : CIVIC_INVALID;
}


civic_result_t
kinship_identity(civic_request_t *r, civic_str_t pid,
    civic_person_identity_t *identity)
{
    json_t               *who;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, pid,
                                                    KINSHIP_FAMILY_HEALTH),
                                   CIVIC_STR(FIELD)), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return value->type == CIVIC_VALUE_STRING
           ? kinship_identity_open(r, pid, value->str, identity)
           : kinship_login_person(r, pid, &who, identity);
}


civic_result_t
kinship_health_identity(civic_request_t *r, const kinship_health_t *health,
    civic_person_identity_t *identity)
{
    return health->identity.len == 0
           ? kinship_identity(r, health->pid, identity)
           : kinship_identity_open(r, health->pid, health->identity,
                                   identity);
}


/* ---- age --------------------------------------------------------------- */

civic_date_t
kinship_today(civic_request_t *r)
{
    return civic_date_in_china(civic_business_now(r));
}


civic_result_t
kinship_age(civic_request_t *r, const civic_person_identity_t *identity,
    int64_t *age)
{
    json_t            *answer;
    civic_str_t        name;
    civic_date_t       today = kinship_today(r);
    civic_result_t     rc;
    civic_age_rule_t   reading;

    if (!identity->id.has_birth) {
        *age = KINSHIP_AGE_UNKNOWN;
        return CIVIC_OK;
    }

    *age = civic_age(identity->id.birth, today, CIVIC_AGE_BIRTHDAY);

    /* the readings of the law differ on a few days of a life */
    if (*age == civic_age(identity->id.birth, today, CIVIC_AGE_FEBRUARY_28)
        && *age == civic_age(identity->id.birth, today, CIVIC_AGE_NEXT_DAY))
    {
        return CIVIC_OK;
    }

    rc = civic_rule(r, "age", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    name = shared_json_str(answer, "reading");

    if (civic_age_rule(name.data, &reading) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "the rule \"age\" names no reading of "
                  "the law: \"%.*s\"", (int) name.len, name.data);
        return CIVIC_ERROR;
    }

    *age = civic_age(identity->id.birth, today, reading);

    return CIVIC_OK;
}


/* ---- for people -------------------------------------------------------- */

civic_str_t
kinship_masked(civic_request_t *r, const civic_person_identity_t *identity)
{
    char         name[CIVIC_NAME_BYTES];
    civic_str_t  text = { name, 0 };

    text.len = civic_name_mask(identity->name, identity->name_len, name);

    return shared_copy(r, text);
}


civic_result_t
kinship_name_of(civic_request_t *r, civic_str_t pid, civic_str_t *name)
{
    civic_result_t            rc;
    civic_person_identity_t   identity;

    *name = CIVIC_STR("*");
    rc = kinship_identity(r, pid, &identity);

    /* who has gone since, or whose record is damaged */
    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        *name = kinship_masked(r, &identity);
    }

    return rc;
}
