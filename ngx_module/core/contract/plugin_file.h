/*
 * plugin_file.h - a plugin's shared object, from the file to checked tables.
 *
 * The order is: stamp (nothing of the plugin runs), dlopen, symbol, tables.
 * The loader is given a spelling of the path that is unique to the inode:
 * glibc matches by name, so a changed file under an unchanged name would
 * keep the old code over an nginx reload.  RTLD_NOW | RTLD_LOCAL.
 */

#ifndef CIVIC_PLUGIN_FILE_H
#define CIVIC_PLUGIN_FILE_H

#include "abi.h"

typedef struct {
    const civic_plugin_t  *plugin;
    void                  *handle;
    char                  *path;
    civic_abi_t            abi;
} civic_plugin_file_t;

/* NULL with failure: "<file>: ...". */
civic_plugin_file_t *civic_plugin_file_open(const char *path,
    civic_failure_t *failure);
void civic_plugin_file_close(civic_plugin_file_t *file);

/*
 * The tables: names, duplicates, routes that need a role and a summary,
 * schemas that compile, problems a route names, a script or rule twice ...
 * 0, or -1 with failure.  civic_plugin_file_open() calls it.
 */
int civic_plugin_check(const civic_plugin_t *plugin,
    civic_failure_t *failure);

/* Element i of a table into out (host_size bytes), zero-extended. */
void civic_table_get(const civic_table_t *table, uint32_t i, void *out,
    size_t host_size);

/*
 * The options as an array that ends with CIVIC_END, as civic_schema_compile()
 * takes it; the caller frees it, what it points to is the plugin's.  NULL
 * without memory.
 */
civic_field_t *civic_plugin_options(const civic_plugin_t *plugin);

/*
 * The spelling of a path that is unique to the inode: malloc'ed; NULL without
 * memory.  Exposed for tests.
 */
struct stat;
char *civic_plugin_file_spelling(const char *path, const struct stat *st);

/* The name in URLs: "face_auth" is "face-auth".  out has 64 bytes. */
void civic_plugin_url_name(const civic_plugin_t *plugin, char *out);

#endif
