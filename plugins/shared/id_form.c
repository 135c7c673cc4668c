/*
 * id_form.c - see id_form.h.
 */

#include "id_form.h"
#include "values.h"

#define MINIMUM_YEAR_FALLBACK  1900

const char *const  shared_id_kinds[] = {
    "resident", "foreign_pr_old", NULL
};


void
shared_id_rules(civic_request_t *r, json_t *answer, civic_id_rules_t *rules)
{
    memset(rules, 0, sizeof(civic_id_rules_t));

    rules->today = civic_date_in_china(civic_business_now(r));
    rules->minimum_year =
        (int) shared_rule_number(answer, "minimum_birth_year",
                                 MINIMUM_YEAR_FALLBACK, 1, 9999);

    if (json_is_true(json_object_get(answer, "trim_edges"))) {
        rules->flags |= CIVIC_ID_TRIM;
    }

    if (json_is_true(json_object_get(answer, "upgrade_15"))) {
        rules->flags |= CIVIC_ID_UPGRADE_15;
    }
}


civic_id_reason_t
shared_id_read(civic_str_t text, civic_str_t kind,
    const civic_id_rules_t *rules, civic_id_number_t *id)
{
    civic_id_rules_t  own = *rules;

    if (civic_str_eq(kind, CIVIC_STR("foreign_pr_old"))) {
        own.flags |= CIVIC_ID_OLD_CARD;
    }

    return civic_id_number_parse(text.data, text.len, &own, id);
}


const char *
shared_id_error(civic_id_reason_t reason)
{
    switch (reason) {
    case CIVIC_ID_OK:
        break;
    case CIVIC_ID_CHARSET:
        return "id_number_charset";
    case CIVIC_ID_LENGTH:
        return "id_number_length";
    case CIVIC_ID_LEGACY_15:
        return "id_number_legacy_15";
    case CIVIC_ID_LEGACY_PR_15:
        return "id_number_legacy_pr_15";
    case CIVIC_ID_REGION:
        return "id_number_region";
    case CIVIC_ID_BIRTH_DATE:
        return "id_number_birth_date";
    case CIVIC_ID_BIRTH_FUTURE:
        return "id_number_birth_future";
    case CIVIC_ID_CHECKSUM:
        return "id_number_checksum";
    }

    return NULL;
}


const char *
shared_name_error(civic_name_reason_t reason)
{
    switch (reason) {
    case CIVIC_NAME_OK:
        break;
    case CIVIC_NAME_EMPTY:
        return "required";
    case CIVIC_NAME_LENGTH:
        return "name_length";
    case CIVIC_NAME_CHARSET:
        return "name_charset";
    case CIVIC_NAME_SEPARATOR:
        return "name_separator";
    }

    return NULL;
}


const char *
shared_name_read(civic_str_t text, char name[CIVIC_NAME_BYTES], size_t *len)
{
    const char  *error;

    error = shared_name_error(civic_name_check(text.data, text.len));

    if (error == NULL) {
        *len = civic_name_write(text.data, text.len, name);
    }

    return error;
}
