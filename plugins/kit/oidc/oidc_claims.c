/*
 * oidc_claims.c - userinfo, and what of it is a person; see oidc.h.
 */

#include <string.h>

#include "oidc_private.h"
#include "text.h"

#define CLAIM_MAX   512                 /* bytes of a value that we read */
#define TOKEN_MAX   128                 /* bytes of a pointer's part */
#define INDEX_MAX   1000


civic_oidc_status_t
civic_oidc_userinfo(const char *text, size_t len, const json_t *claims,
    json_t **userinfo)
{
    const char           *sub, *expected;
    civic_oidc_status_t   status;

    *userinfo = NULL;

    status = civic_oidc_object(text, len, CIVIC_OIDC_DOCUMENT, userinfo);
    if (status != CIVIC_OIDC_OK) {
        return status;
    }

    /* Core section 5.3.2: or it may be somebody else's, swapped in */
    sub = civic_oidc_string(*userinfo, "sub", CIVIC_OIDC_SUBJECT);
    expected = civic_oidc_string(claims, "sub", CIVIC_OIDC_SUBJECT);

    if (sub == NULL || expected == NULL || strcmp(sub, expected) != 0) {
        json_decref(*userinfo);
        *userinfo = NULL;
        return sub == NULL ? CIVIC_OIDC_MEMBER : CIVIC_OIDC_SUBJECT_DIFFERS;
    }

    return CIVIC_OIDC_OK;
}


/* ---- a place in the claims ---------------------------------------------- */

/* One part of a pointer, with ~1 as "/" and ~0 as "~"; where it ends, or
   NULL if it is none. */
static const char *
pointer_part(const char *s, char part[TOKEN_MAX])
{
    size_t  used = 0;

    for ( ; *s != '\0' && *s != '/'; s++) {
        if (used == TOKEN_MAX - 1) {
            return NULL;
        }

        if (*s != '~') {
            part[used++] = *s;
            continue;
        }

        s++;
        if (*s != '0' && *s != '1') {
            return NULL;
        }

        part[used++] = *s == '0' ? '~' : '/';
    }

    part[used] = '\0';

    return s;
}


/* RFC 6901 section 4: digits, without a zero before others. */
static const json_t *
element(const json_t *array, const char *part)
{
    size_t       i = 0;
    const char  *c;

    if (*part == '\0' || (part[0] == '0' && part[1] != '\0')) {
        return NULL;
    }

    for (c = part; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || i > INDEX_MAX) {
            return NULL;
        }

        i = i * 10 + (size_t) (*c - '0');
    }

    return json_array_get(array, i);
}


static const json_t *
follow(const json_t *value, const char *pointer)
{
    char  part[TOKEN_MAX];

    while (value != NULL && *pointer == '/') {
        pointer = pointer_part(pointer + 1, part);
        if (pointer == NULL) {
            return NULL;
        }

        value = json_is_array(value) ? element(value, part)
                                     : json_object_get(value, part);
    }

    return value;
}


const char *
civic_oidc_claim(const json_t *claims, const char *where)
{
    const json_t  *value;

    value = *where == '/' ? follow(claims, where)
                          : json_object_get(claims, where);

    if (!json_is_string(value) || json_string_length(value) == 0
        || json_string_length(value) > CLAIM_MAX)
    {
        return NULL;
    }

    return json_string_value(value);
}


/* ---- the person --------------------------------------------------------- */

/* The id_token is signed: what stands in it is not looked for elsewhere. */
static const char *
find(const json_t *claims, const json_t *userinfo, const char *where)
{
    const char  *value;

    if (where == NULL) {
        return NULL;
    }

    value = civic_oidc_claim(claims, where);

    return value != NULL || userinfo == NULL
           ? value : civic_oidc_claim(userinfo, where);
}


civic_oidc_status_t
civic_oidc_identity(const civic_oidc_map_t *map, const json_t *claims,
    const json_t *userinfo, const civic_id_rules_t *rules,
    civic_person_identity_t *identity, const char **level)
{
    size_t       len;
    const char  *number, *name;

    number = find(claims, userinfo, map->id_number);
    name = find(claims, userinfo, map->name);
    *level = find(claims, userinfo, map->level);

    if (number == NULL || name == NULL) {
        return CIVIC_OIDC_NO_IDENTITY;
    }

    if (civic_id_number_parse(number, strlen(number), rules, &identity->id)
        != CIVIC_ID_OK)
    {
        return CIVIC_OIDC_ID_NUMBER;
    }

    len = strlen(name);
    civic_text_trim(&name, &len);

    if (civic_name_check(name, len) != CIVIC_NAME_OK) {
        return CIVIC_OIDC_NAME;
    }

    memcpy(identity->name, name, len);
    identity->name[len] = '\0';
    identity->name_len = len;

    return CIVIC_OIDC_OK;
}
