/*
 * fields.h - short forms for tables of fields: one that is always there, and
 * one that may be.  What is more than a name, a type and what it is for people
 * is written out (civic/fields.h).
 */

#ifndef CIVIC_SHARED_FIELDS_H
#define CIVIC_SHARED_FIELDS_H

#include "civic_plugin.h"

#define FIELD(n, t, z, e)                                                     \
    { .name = n, .type = t, .flags = CIVIC_REQUIRED, .zh = z, .en = e }
#define MAYBE(n, t, z, e)                                                     \
    { .name = n, .type = t, .zh = z, .en = e }

#endif
