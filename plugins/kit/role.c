/*
 * role.c - see role.h.
 */

#include <string.h>

#include "role.h"

#define FIRST_BIT  CIVIC_ROLE_CITIZEN

/* In the order of their bits. */
static const char *const  names[] = {
    "citizen", "reviewer", "sampler", "laboratory", "door", "counter",
    "office", "administrator", "visitor"
};

#define COUNT  (sizeof(names) / sizeof(names[0]))


const char *
civic_role_at(size_t i, unsigned *role)
{
    if (i >= COUNT) {
        return NULL;
    }

    *role = FIRST_BIT << i;

    return names[i];
}


unsigned
civic_role_parse(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < COUNT; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
            return FIRST_BIT << i;
        }
    }

    return 0;
}


unsigned
civic_roles_parse(const char *text, size_t len)
{
    size_t       part;
    unsigned     role, roles = 0;
    const char  *comma, *s = text, *end = text + len;

    for ( ;; ) {
        comma = memchr(s, ',', (size_t) (end - s));
        part = (size_t) ((comma == NULL ? end : comma) - s);
        role = civic_role_parse(s, part);

        if ((role & CIVIC_ROLE_STAFF) == 0 || (roles & role)) {
            return 0;
        }

        roles |= role;

        if (comma == NULL) {
            return roles;
        }

        s = comma + 1;
    }
}


size_t
civic_roles_format(unsigned roles, char out[CIVIC_ROLES_TEXT])
{
    size_t  i, len, used = 0;

    for (i = 0; i < COUNT; i++) {
        if ((roles & CIVIC_ROLE_STAFF & (FIRST_BIT << i)) == 0) {
            continue;
        }

        if (used > 0) {
            out[used++] = ',';
        }

        len = strlen(names[i]);
        memcpy(out + used, names[i], len);
        used += len;
    }

    out[used] = '\0';

    return used;
}
