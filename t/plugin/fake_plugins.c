/*
 * fake_plugins.c - from a plugin's .so to routes, rules, scripts, options.
 *
 * The order is the real host's: the file, its tables, options, check(),
 * rules and scripts that exist, routes that do not collide; and only when
 * all plugins are good, init_worker().
 */

#include <stdio.h>
#include <stdlib.h>

#include "fake_internal.h"


static int
fake_fail(civic_failure_t *failure, fake_plugin_t *p, const char *what)
{
    char  text[sizeof(failure->text)];

    snprintf(text, sizeof(text), "%s", failure->text);
    snprintf(failure->text, sizeof(failure->text), "%.60s: %s%s%.150s",
             p->plugin->name, what, text[0] != '\0' ? ": " : "", text);

    return -1;
}


static int
fake_plugin_options(fake_plugin_t *p, const char *const *options,
    civic_failure_t *failure)
{
    size_t           count;
    civic_str_t      words[FAKE_OPTIONS];
    civic_field_t   *fields;
    civic_schema_t  *schema;

    for (count = 0; count < FAKE_OPTIONS && options[count] != NULL; count++) {
        words[count] = civic_cstr(options[count]);
    }

    fields = civic_plugin_options(p->plugin);
    if (fields == NULL) {
        abort();
    }

    schema = civic_schema_compile(fields, failure);

    if (schema != NULL) {
        p->options = civic_schema_options(schema, words, count, failure);
        civic_schema_free(schema);
    }

    free(fields);

    if (p->options == NULL) {
        return fake_fail(failure, p, "options");
    }

    if (p->plugin->check != NULL
        && p->plugin->check(p->options, failure) != CIVIC_OK)
    {
        return fake_fail(failure, p, "check");
    }

    return 0;
}


static int
fake_plugin_rules(fake_plugin_t *p, civic_failure_t *failure)
{
    char               path[512];
    uint32_t           i, count;
    const char       **names;
    civic_rule_def_t   def;

    count = p->plugin->rules.count;
    if (count == 0) {
        return 0;
    }

    if (p->host->config.rules_dir == NULL) {
        return fake_fail(failure, p, "asks rules, and there is no rules_dir");
    }

    names = calloc(count, sizeof(*names));
    if (names == NULL) {
        abort();
    }

    for (i = 0; i < count; i++) {
        civic_table_get(&p->plugin->rules, i, &def, sizeof(def));
        names[i] = def.name;
    }

    snprintf(path, sizeof(path), "%s/%s.lua", p->host->config.rules_dir,
             p->plugin->name);

    p->rules = civic_rules_load(path, names, count, failure);
    free(names);

    return p->rules != NULL ? 0 : fake_fail(failure, p, "rules");
}


static int
fake_plugin_scripts(fake_plugin_t *p, civic_failure_t *failure)
{
    uint32_t             i;
    const char          *dir;
    civic_script_def_t   def;

    dir = p->host->config.scripts_dir;

    p->scripts = calloc(p->plugin->scripts.count + 1, sizeof(*p->scripts));
    if (p->scripts == NULL) {
        abort();
    }

    for (i = 0; i < p->plugin->scripts.count; i++) {
        civic_table_get(&p->plugin->scripts, i, &def, sizeof(def));

        if (dir == NULL) {
            return fake_fail(failure, p, "runs scripts, and there is no "
                             "scripts_dir");
        }

        p->scripts[i] = civic_redis_script_load(dir, def.name, failure);
        if (p->scripts[i] == NULL) {
            return fake_fail(failure, p, "scripts");
        }
    }

    return 0;
}


static int
fake_route_open(fake_route_t *route, civic_failure_t *failure)
{
    char             path[256];
    fake_plugin_t   *p;
    civic_route_t   *table;

    p = route->plugin;
    table = &route->route;

    route->query = civic_schema_compile(table->query, failure);
    if (route->query == NULL) {
        return -1;
    }

    route->body = civic_schema_compile(table->body, failure);
    if (route->body == NULL) {
        return -1;
    }

    if (table->reply != NULL) {
        route->reply = civic_schema_compile(table->reply, failure);
        if (route->reply == NULL) {
            return -1;
        }
    }

    snprintf(path, sizeof(path), "/%s%s", p->url, table->path);

    return civic_router_add(p->host->router, table->method, path, route,
                            failure);
}


static int
fake_plugin_routes(fake_plugin_t *p, civic_failure_t *failure)
{
    uint32_t       i;
    fake_route_t  *route;

    p->routes = calloc(p->plugin->routes.count + 1, sizeof(*p->routes));
    if (p->routes == NULL) {
        abort();
    }

    for (i = 0; i < p->plugin->routes.count; i++) {
        route = &p->routes[i];
        route->plugin = p;
        civic_table_get(&p->plugin->routes, i, &route->route,
                        sizeof(route->route));

        if (fake_route_open(route, failure) != 0) {
            return fake_fail(failure, p, route->route.path);
        }
    }

    return 0;
}


int
fake_plugin_open(fake_host_t *h, const char *path,
    const char *const *options, civic_failure_t *failure)
{
    fake_plugin_t  *p;

    p = &h->plugins[h->nplugins];
    p->host = h;

    p->file = civic_plugin_file_open(path, failure);
    if (p->file == NULL) {
        return -1;
    }

    h->nplugins++;
    p->plugin = p->file->plugin;
    civic_plugin_url_name(p->plugin, p->url);

    p->counters = calloc(p->plugin->metrics.count + 1, sizeof(uint64_t));
    if (p->counters == NULL) {
        abort();
    }

    if (fake_plugin_options(p, options, failure) != 0
        || fake_plugin_rules(p, failure) != 0
        || fake_plugin_scripts(p, failure) != 0
        || fake_plugin_routes(p, failure) != 0)
    {
        return -1;
    }

    return 0;
}


void
fake_plugin_start(fake_plugin_t *p)
{
    civic_failure_t  failure;
    fake_worker_t    worker = {
        .worker = { .host = &fake_services }, .plugin = p
    };

    memset(&failure, 0, sizeof(failure));

    if (p->plugin->init_worker != NULL
        && p->plugin->init_worker(&worker.worker, &p->state, &failure)
           != CIVIC_OK)
    {
        p->failed = 1;
        fake_line(p->host, CIVIC_LOG_ERROR, p->plugin->name,
                  "could not be started: %s", failure.text);
        return;
    }

    p->started = 1;
}


void
fake_plugin_close(fake_plugin_t *p)
{
    uint32_t  i;

    if (p->started && p->plugin->exit_worker != NULL) {
        p->plugin->exit_worker(p->state);
    }

    for (i = 0; p->scripts != NULL && p->scripts[i] != NULL; i++) {
        civic_redis_script_free(p->scripts[i]);
    }

    for (i = 0; p->routes != NULL && i < p->plugin->routes.count; i++) {
        if (p->routes[i].query != NULL) {
            civic_schema_free(p->routes[i].query);
        }

        if (p->routes[i].body != NULL) {
            civic_schema_free(p->routes[i].body);
        }

        if (p->routes[i].reply != NULL) {
            civic_schema_free(p->routes[i].reply);
        }
    }

    if (p->rules != NULL) {
        civic_rules_free(p->rules);
    }

    json_decref(p->options);
    free(p->scripts);
    free(p->routes);
    free(p->counters);
    civic_plugin_file_close(p->file);
}
