/*
 * plugin_check_private.h - what the two files that hold a plugin's tables
 * against the contract share.
 */

#ifndef CIVIC_PLUGIN_CHECK_PRIVATE_H
#define CIVIC_PLUGIN_CHECK_PRIVATE_H

#include "plugin_file.h"
#include "router.h"

#define CIVIC_CHECK_DEADLINE  (10 * 60 * 1000)

/* What is looked at now: for the text, and to add routes to. */
typedef struct {
    const civic_plugin_t  *plugin;
    civic_failure_t       *failure;
    civic_router_t        *router;
    char                   url_name[64];
} civic_check_t;

/* The fault's text.  Always -1. */
__attribute__((format(printf, 2, 3)))
int civic_check_fail(civic_check_t *check, const char *fmt, ...);

int civic_check_has_text(const char *text);

/* Whether the table can be walked at all. */
int civic_check_table(civic_check_t *check, const char *what,
    const civic_table_t *table);
int civic_check_schema(civic_check_t *check, const char *what,
    const civic_field_t *fields);

/* plugin_check_routes.c */
int civic_check_routes(civic_check_t *check);

#endif
