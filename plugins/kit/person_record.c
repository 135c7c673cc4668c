/*
 * person_record.c - see person_record.h.
 */

#include <string.h>

#include <jansson.h>

#include "person_record.h"

/* A record was judged when it was made; reading it must not depend on the
   day or on a rule that changed since. */
static const civic_id_rules_t  any_time = {
    .today = { 9999, 12, 31 },
    .minimum_year = 1,
};


int64_t
civic_person_identity_encode(const civic_person_identity_t *identity,
    char out[CIVIC_IDENTITY_TEXT])
{
    size_t   len;
    json_t  *json;

    json = json_pack("{s:s%, s:s%, s:s}",
                     "id_number", identity->id.text, identity->id.len,
                     "name", identity->name, identity->name_len,
                     "kind", civic_id_kind_name(identity->id.kind));
    if (json == NULL) {
        return -1;
    }

    len = json_dumpb(json, out, CIVIC_IDENTITY_TEXT - 1, JSON_COMPACT);
    json_decref(json);

    if (len == 0 || len >= CIVIC_IDENTITY_TEXT) {
        return -1;
    }

    out[len] = '\0';

    return (int64_t) len;
}


static int
take_members(json_t *json, civic_person_identity_t *identity)
{
    size_t            id_len, name_len;
    const char       *id, *name, *kind_name;
    civic_id_kind_t   kind;
    civic_id_rules_t  rules = any_time;

    if (json_unpack(json, "{s:s%, s:s%, s:s}", "id_number", &id, &id_len,
                    "name", &name, &name_len, "kind", &kind_name) != 0
        || name_len >= CIVIC_NAME_BYTES
        || civic_id_kind_parse(kind_name, &kind) != 0)
    {
        return -1;
    }

    if (kind == CIVIC_ID_FOREIGN_OLD) {
        rules.flags = CIVIC_ID_OLD_CARD;
    }

    if (civic_id_number_parse(id, id_len, &rules, &identity->id)
        != CIVIC_ID_OK
        || identity->id.kind != kind)
    {
        return -1;
    }

    memcpy(identity->name, name, name_len);
    identity->name[name_len] = '\0';
    identity->name_len = name_len;

    return 0;
}


int
civic_person_identity_decode(const char *text, size_t len,
    civic_person_identity_t *identity)
{
    int           rc;
    json_t       *json;
    json_error_t  error;

    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        return -1;
    }

    rc = take_members(json, identity);
    json_decref(json);

    return rc;
}


/* Takes "<prefix><number>" at *s; 0, or -1. */
static int
take_number(const char **s, const char *end, const char *prefix,
    uint32_t *value)
{
    size_t  len = strlen(prefix);

    if ((size_t) (end - *s) <= len || memcmp(*s, prefix, len) != 0) {
        return -1;
    }

    *s += len;
    *value = 0;

    if (*s == end || **s < '0' || **s > '9') {
        return -1;
    }

    while (*s < end && **s >= '0' && **s <= '9') {
        if (*value > UINT32_MAX / 10 - 1) {
            return -1;
        }

        *value = *value * 10 + (uint32_t) (*(*s)++ - '0');
    }

    return 0;
}


int
civic_argon2_parameters(const char *encoded, size_t len,
    civic_argon2_t *parameters)
{
    const char  *s = encoded, *end = encoded + len;
    uint32_t     version;

    if (take_number(&s, end, "$argon2id$v=", &version) != 0
        || take_number(&s, end, "$m=", &parameters->memory) != 0
        || take_number(&s, end, ",t=", &parameters->passes) != 0
        || take_number(&s, end, ",p=", &parameters->lanes) != 0)
    {
        return -1;
    }

    return s < end && *s == '$' ? 0 : -1;
}
