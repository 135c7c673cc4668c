/*
 * cmd_openapi.c - "civicctl openapi": the plugins' routes as OpenAPI 3.1.
 *
 * The order of the files does not matter: plugins stand by name.
 */

#include <stdlib.h>

#include "ctl.h"
#include "openapi.h"
#include "plugin_file.h"
#include "yaml.h"

static int
ctl_openapi_by_name(const void *a, const void *b)
{
    const civic_plugin_file_t *const  *x = a;
    const civic_plugin_file_t *const  *y = b;

    return strcmp((*x)->plugin->name, (*y)->plugin->name);
}


/* What stands for others in a sandbox is no part of the API. */
static int
ctl_openapi_write(ctl_t *ctl, civic_plugin_file_t **files, int count)
{
    int      i, rc = 0;
    json_t  *document = ctl_openapi_create();

    for (i = 0; i < count && rc == 0; i++) {
        if (!(files[i]->plugin->flags & CIVIC_SANDBOX_ONLY)) {
            rc = ctl_openapi_add(document, files[i]->plugin);
        }
    }

    if (document == NULL || rc != 0 || ctl_openapi_add_host(document) != 0
        || ctl_yaml_write(ctl->out, document) != 0)
    {
        ctl_complain(ctl, "无法写出文档", "cannot write the document");
        rc = -1;
    }

    json_decref(document);

    return rc == 0 ? CTL_FINE : CTL_PROBLEM;
}


int
ctl_cmd_openapi(ctl_t *ctl, int argc, char **argv)
{
    int                    i, rc = CTL_FINE, count = 0;
    civic_failure_t        failure;
    civic_plugin_file_t  **files;

    if (argc < 2 || argv[1][0] == '-') {
        return ctl_usage(ctl, "civicctl openapi 插件.so ...",
                         "civicctl openapi plugin.so ...");
    }

    files = calloc((size_t) argc, sizeof(*files));

    if (files == NULL) {
        return CTL_PROBLEM;
    }

    for (i = 1; i < argc; i++) {
        files[count] = civic_plugin_file_open(argv[i], &failure);

        if (files[count] == NULL) {
            ctl_complain(ctl, "%s", "%s", failure.text);
            rc = CTL_PROBLEM;
        } else {
            count++;
        }
    }

    if (rc == CTL_FINE) {
        qsort(files, (size_t) count, sizeof(*files), ctl_openapi_by_name);
        rc = ctl_openapi_write(ctl, files, count);
    }

    while (count > 0) {
        civic_plugin_file_close(files[--count]);
    }

    free(files);

    return rc;
}
