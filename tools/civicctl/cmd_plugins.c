/*
 * cmd_plugins.c - "civicctl plugins": stamps and tables of plugin files.
 */

#include <stdlib.h>

#include "ctl.h"
#include "plugin_file.h"
#include "router.h"

typedef struct {
    unsigned     bit;
    const char  *name;
} ctl_role_t;

static const ctl_role_t  roles[] = {
    { CIVIC_ANYONE, "anyone" },
    { CIVIC_CITIZEN, "citizen" },
    { CIVIC_REVIEWER, "reviewer" },
    { CIVIC_SAMPLER, "sampler" },
    { CIVIC_LABORATORY, "laboratory" },
    { CIVIC_DOOR, "door" },
    { CIVIC_COUNTER, "counter" },
    { CIVIC_OFFICE, "office" },
    { CIVIC_ADMINISTRATOR, "administrator" },
    { CIVIC_VISITOR, "visitor" },
};


static void
ctl_plugins_roles(FILE *out, unsigned mask)
{
    size_t       i;
    const char  *comma = "";

    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (mask & roles[i].bit) {
            (void) fprintf(out, "%s%s", comma, roles[i].name);
            comma = ",";
        }
    }
}


static void
ctl_plugins_routes(ctl_t *ctl, const civic_plugin_t *plugin)
{
    char           url_name[64];
    uint32_t       i;
    civic_route_t  route;

    civic_plugin_url_name(plugin, url_name);

    for (i = 0; i < plugin->routes.count; i++) {
        civic_table_get(&plugin->routes, i, &route, sizeof(route));
        (void) fprintf(ctl->out, "    %-6s /%s%s  [",
                       civic_method_name(route.method), url_name, route.path);
        ctl_plugins_roles(ctl->out, route.roles);
        (void) fprintf(ctl->out, "]  %s\n", ctl->language == CIVIC_ZH
                                            ? route.zh : route.en);
    }
}


/* Every table's elements begin with their name. */
static void
ctl_plugins_names(ctl_t *ctl, const char *what, const civic_table_t *table)
{
    uint32_t     i;
    const char  *name;

    if (table->count == 0) {
        return;
    }

    (void) fprintf(ctl->out, "  %-9s", what);

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &name, sizeof(name));
        (void) fprintf(ctl->out, " %s", name);
    }

    (void) fputc('\n', ctl->out);
}


static int
ctl_plugins_show(ctl_t *ctl, const char *path)
{
    civic_failure_t        failure;
    civic_plugin_file_t   *file = civic_plugin_file_open(path, &failure);
    const civic_plugin_t  *plugin;

    if (file == NULL) {
        ctl_complain(ctl, "%s", "%s", failure.text);
        return CTL_PROBLEM;
    }

    plugin = file->plugin;
    (void) fprintf(ctl->out, "%s %s  %s\n", plugin->name, plugin->version,
                   ctl->language == CIVIC_ZH ? plugin->zh : plugin->en);
    ctl_say(ctl, "  文件      %s", "  file      %s", path);
    ctl_say(ctl, "  契约      %u.%u（本机 %d.%d）",
            "  contract  %u.%u (this host has %d.%d)", file->abi.major,
            file->abi.minor, CIVIC_ABI_MAJOR, CIVIC_ABI_MINOR);
    ctl_plugins_routes(ctl, plugin);
    ctl_plugins_names(ctl, "options", &plugin->options);
    ctl_plugins_names(ctl, "rules", &plugin->rules);
    ctl_plugins_names(ctl, "scripts", &plugin->scripts);
    ctl_plugins_names(ctl, "calls", &plugin->calls);
    ctl_plugins_names(ctl, "problems", &plugin->problems);
    ctl_plugins_names(ctl, "metrics", &plugin->metrics);
    ctl_plugins_names(ctl, "purposes", &plugin->purposes);
    ctl_plugins_names(ctl, "jobs", &plugin->jobs);
    civic_plugin_file_close(file);

    return CTL_FINE;
}


static int
ctl_plugins_configured(ctl_t *ctl)
{
    int                     rc = CTL_FINE;
    char                   *path;
    ctl_conf_t             *conf = ctl_conf(ctl);
    const ctl_directive_t  *directive = NULL;

    if (conf == NULL) {
        return CTL_PROBLEM;
    }

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        path = directive->count == 0
               ? NULL : ctl_path(ctl, directive->words[0], 1);

        if (path == NULL || ctl_plugins_show(ctl, path) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }

        free(path);
    }

    return rc;
}


int
ctl_cmd_plugins(ctl_t *ctl, int argc, char **argv)
{
    int  i, rc = CTL_FINE;

    if (argc == 1) {
        return ctl_plugins_configured(ctl);
    }

    if (argv[1][0] == '-') {
        return ctl_usage(ctl, "civicctl plugins [插件.so ...]",
                         "civicctl plugins [plugin.so ...]");
    }

    for (i = 1; i < argc; i++) {
        if (ctl_plugins_show(ctl, argv[i]) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}
