/*
 * openapi.h - OpenAPI 3.1 from plugins' tables.
 *
 * The tables are what the host enforces, so the document cannot disagree
 * with the code.  The host's own routes stand beside them.
 */

#ifndef OPENAPI_H
#define OPENAPI_H

#include "civic_plugin.h"

/* An empty document; a new reference, NULL without memory. */
json_t *ctl_openapi_create(void);

/* A plugin's routes.  0, or -1 without memory. */
int ctl_openapi_add(json_t *document, const civic_plugin_t *plugin);

/* The host's routes. */
int ctl_openapi_add_host(json_t *document);

/* The JSON Schema of a table; strict: no other members. */
json_t *ctl_openapi_schema(const civic_field_t *fields, int strict);

/* The same of one field. */
json_t *ctl_openapi_field(const civic_field_t *field, int strict);

/* Texts of a table, in both languages, where it has them. */
void ctl_openapi_text(json_t *object, const char *zh_key, const char *zh,
    const char *en_key, const char *en);

#endif
