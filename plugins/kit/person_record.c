/*
 * person_record.c - see person_record.h.
 */

#include <stdio.h>
#include <string.h>

#include "person_record.h"

/* A record was judged when it was made; reading it must not depend on the
   day or on a rule that changed since. */
static const civic_id_rules_t  any_time = {
    .today = { 9999, 12, 31 },
    .minimum_year = 1,
};


/* The version of the text, its first field. */
#define IDENTITY_VERSION  "1"

typedef struct {
    const char  *data;
    size_t       len;
} field_t;


int64_t
civic_person_identity_encode(const civic_person_identity_t *identity,
    char out[CIVIC_IDENTITY_TEXT])
{
    int     len;
    size_t  i;

    for (i = 0; i < identity->name_len; i++) {
        if ((unsigned char) identity->name[i] < 0x20) {
            return -1;
        }
    }

    len = snprintf(out, CIVIC_IDENTITY_TEXT, IDENTITY_VERSION "\t%s\t%s\t%.*s",
                   civic_id_kind_name(identity->id.kind), identity->id.text,
                   (int) identity->name_len, identity->name);

    return len < 0 || len >= CIVIC_IDENTITY_TEXT ? -1 : len;
}


/* What stands before the next tab, or the end; -1 when nothing is left. */
static int
take_field(const char **s, const char *end, field_t *field)
{
    const char  *tab;

    if (*s > end) {
        return -1;
    }

    tab = memchr(*s, '\t', (size_t) (end - *s));

    field->data = *s;
    field->len = (size_t) ((tab == NULL ? end : tab) - *s);
    *s += field->len + 1;

    return 0;
}


static int
field_is(const field_t *field, const char *word)
{
    return field->len == strlen(word)
           && memcmp(field->data, word, field->len) == 0;
}


int
civic_person_identity_decode(const char *text, size_t len,
    civic_person_identity_t *identity)
{
    field_t           version, kind, id, name;
    const char       *s = text, *end = text + len;
    civic_id_rules_t  rules = any_time;

    if (take_field(&s, end, &version) != 0
        || take_field(&s, end, &kind) != 0
        || take_field(&s, end, &id) != 0
        || take_field(&s, end, &name) != 0
        || s <= end
        || !field_is(&version, IDENTITY_VERSION)
        || name.len >= CIVIC_NAME_BYTES)
    {
        return -1;
    }

    if (field_is(&kind, civic_id_kind_name(CIVIC_ID_FOREIGN_OLD))) {
        rules.flags = CIVIC_ID_OLD_CARD;
    }

    if (civic_id_number_parse(id.data, id.len, &rules, &identity->id)
        != CIVIC_ID_OK
        || !field_is(&kind, civic_id_kind_name(identity->id.kind)))
    {
        return -1;
    }

    memcpy(identity->name, name.data, name.len);
    identity->name[name.len] = '\0';
    identity->name_len = name.len;

    return 0;
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
