/*
 * role.h - the names of roles, and sets of them as text.
 *
 * The bits are those of the plugins' contract, which the kit does not see;
 * plugins/shared/sessions.c proves that they agree.  Pure functions, for any
 * thread.
 */

#ifndef CIVIC_KIT_ROLE_H
#define CIVIC_KIT_ROLE_H

#include <stddef.h>

#define CIVIC_ROLE_CITIZEN        0x0002u
#define CIVIC_ROLE_ADMINISTRATOR  0x0100u
#define CIVIC_ROLE_STAFF          0x01fcu
#define CIVIC_ROLE_VISITOR        0x0200u

#define CIVIC_ROLES_TEXT          96        /* all names of staff, with NUL */

/* The i-th role and its bit; NULL after the last. */
const char *civic_role_at(size_t i, unsigned *role);

/* The bit of a name; 0 if there is none. */
unsigned civic_role_parse(const char *name, size_t len);

/* "reviewer,office": staff's roles, none twice.  0 for anything else. */
unsigned civic_roles_parse(const char *text, size_t len);

/* The same as text, in the contract's order.  Returns its length. */
size_t civic_roles_format(unsigned roles, char out[CIVIC_ROLES_TEXT]);

#endif
