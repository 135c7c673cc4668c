/*
 * ngx_http_civic_plugins.c - from "civic_plugin file ..." to tables that
 * requests can use.
 *
 * Everything here happens in the master while it reads its configuration,
 * and in nginx -t: files are read, nothing is changed.  What a cycle loaded
 * is given back when the cycle goes.  Only starting a plugin is the
 * worker's.
 */

#include "ngx_http_civic.h"


static char *ngx_http_civic_plugin_routes(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin);
static char *ngx_http_civic_plugin_scripts(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin);
static char *ngx_http_civic_plugin_purposes(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin);


static char *
ngx_http_civic_fail(ngx_conf_t *cf, civic_failure_t *failure)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", failure->text);

    return NGX_CONF_ERROR;
}


/* Whatever a failed or ended configuration leaves is given back. */

static ngx_int_t
ngx_http_civic_cleanup(ngx_conf_t *cf, void (*handler)(void *), void *data)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        handler(data);
        return NGX_ERROR;
    }

    cln->handler = handler;
    cln->data = data;

    return NGX_OK;
}


static void
ngx_http_civic_close_plugin(void *data)
{
    civic_plugin_file_close(data);
}


static void
ngx_http_civic_free_json(void *data)
{
    json_decref(data);
}


static void
ngx_http_civic_free_schema(void *data)
{
    civic_schema_free(data);
}


static void
ngx_http_civic_free_script(void *data)
{
    civic_redis_script_free(data);
}


static void
ngx_http_civic_free_keyring(void *data)
{
    civic_keyring_free(data);
}


static void
ngx_http_civic_free_router(void *data)
{
    civic_router_free(data);
}


/* What could have stood there: "a", "b" or "c". */

static ngx_str_t
ngx_http_civic_option_names(ngx_conf_t *cf, const civic_field_t *fields,
    size_t count)
{
    size_t     i, len = sizeof("none");
    u_char    *p;
    ngx_str_t  names = ngx_string("none");

    for (i = 0; i < count; i++) {
        len += ngx_strlen(fields[i].name) + sizeof("\"\" and ");
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL || count == 0) {
        return names;
    }

    names.data = p;

    for (i = 0; i < count; i++) {
        p = ngx_sprintf(p, "%s\"%s\"", i == 0 ? "" : i + 1 == count
                                        ? " and " : ", ", fields[i].name);
    }

    names.len = p - names.data;

    return names;
}


/* The words after the file are the plugin's options. */

static char *
ngx_http_civic_plugin_options(ngx_conf_t *cf, ngx_http_civic_plugin_t *plugin)
{
    size_t            i, count;
    ngx_str_t         names, *value = cf->args->elts;
    civic_str_t      *words;
    civic_field_t    *fields;
    civic_schema_t   *schema;
    civic_failure_t   failure;

    fields = ngx_pcalloc(cf->pool, (plugin->table->options.count + 1)
                                   * sizeof(civic_field_t));
    count = cf->args->nelts - 2;
    words = ngx_palloc(cf->pool, (count + 1) * sizeof(civic_str_t));

    if (fields == NULL || words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < plugin->table->options.count; i++) {
        civic_table_get(&plugin->table->options, i, &fields[i],
                        sizeof(civic_field_t));
    }

    for (i = 0; i < count; i++) {
        words[i] = ngx_http_civic_str(&value[i + 2]);
    }

    schema = civic_schema_compile(fields, &failure);
    if (schema == NULL) {
        return ngx_http_civic_fail(cf, &failure);
    }

    plugin->options = civic_schema_options(schema, words, count, &failure);

    civic_schema_free(schema);

    if (plugin->options == NULL) {
        names = ngx_http_civic_option_names(cf, fields,
                                            plugin->table->options.count);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s: %s; the plugin's options: %V",
                           plugin->file->path, failure.text, &names);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_free_json, plugin->options)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (plugin->table->check != NULL
        && plugin->table->check(plugin->options, &failure) != CIVIC_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s: %s",
                           plugin->file->path, failure.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_civic_plugin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     path, *value = cf->args->elts;
    ngx_uint_t                    i;
    civic_failure_t               failure;
    civic_plugin_file_t          *file;
    ngx_http_civic_plugin_t      *plugin, **slot;
    ngx_http_civic_main_conf_t   *cmcf = conf;

    path = value[1];

    if (ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    file = civic_plugin_file_open((char *) path.data, &failure);
    if (file == NULL) {
        return ngx_http_civic_fail(cf, &failure);
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_close_plugin, file)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    plugin = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_plugin_t));
    if (plugin == NULL) {
        return NGX_CONF_ERROR;
    }

    plugin->file = file;
    plugin->table = file->plugin;
    plugin->name.data = (u_char *) file->plugin->name;
    plugin->name.len = ngx_strlen(file->plugin->name);
    plugin->nmetrics = file->plugin->metrics.count;
    civic_plugin_url_name(plugin->table, plugin->url_name);

    slot = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if (slot[i]->name.len == plugin->name.len
            && ngx_strncmp(slot[i]->name.data, plugin->name.data,
                           plugin->name.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "plugin \"%V\" of \"%s\" is loaded already "
                               "from \"%s\"", &plugin->name, file->path,
                               slot[i]->file->path);
            return NGX_CONF_ERROR;
        }
    }

    if (cmcf->plugins.nelts == NGX_HTTP_CIVIC_MAX_PLUGINS) {
        return "names too many plugins";
    }

    slot = ngx_array_push(&cmcf->plugins);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = plugin;

    return ngx_http_civic_plugin_options(cf, plugin);
}


/* After the whole configuration is read. */

char *
ngx_http_civic_plugins_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i;
    civic_failure_t            failure;
    ngx_http_civic_plugin_t  **plugin;

    cmcf->keyring = civic_keyring_load((char *) cmcf->keyring_path.data,
                                       &failure);
    if (cmcf->keyring == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "civic_keyring \"%V\": %s",
                           &cmcf->keyring_path, failure.text);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_free_keyring, cmcf->keyring)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cmcf->session_purpose = civic_keyring_purpose(cmcf->keyring, "session");
    cmcf->once_purpose = civic_keyring_purpose(cmcf->keyring, "idempotency");
    cmcf->router = civic_router_create();

    if (cmcf->session_purpose == NULL || cmcf->once_purpose == NULL
        || cmcf->router == NULL)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_free_router, cmcf->router)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cmcf->session_begin = ngx_http_civic_load_script(cf, cmcf,
                                                     "session_begin");
    cmcf->session_end = ngx_http_civic_load_script(cf, cmcf, "session_end");
    cmcf->session_touch = ngx_http_civic_load_script(cf, cmcf,
                                                     "session_touch");
    cmcf->worker_beat = ngx_http_civic_load_script(cf, cmcf, "worker_beat");

    cmcf->once_begin = ngx_http_civic_load_script(cf, cmcf, "once_begin");
    cmcf->once_end = ngx_http_civic_load_script(cf, cmcf, "once_end");

    if (cmcf->session_begin == NULL || cmcf->session_end == NULL
        || cmcf->session_touch == NULL || cmcf->worker_beat == NULL
        || cmcf->once_begin == NULL || cmcf->once_end == NULL)
    {
        return NGX_CONF_ERROR;
    }

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if ((plugin[i]->table->flags & CIVIC_SANDBOX_ONLY) && !cmcf->sandbox) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "plugin \"%V\" is for \"civic_environment "
                               "sandbox\" alone", &plugin[i]->name);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_civic_plugin_routes(cf, cmcf, plugin[i])
            != NGX_CONF_OK
            || ngx_http_civic_plugin_scripts(cf, cmcf, plugin[i])
               != NGX_CONF_OK
            || ngx_http_civic_plugin_purposes(cf, cmcf, plugin[i])
               != NGX_CONF_OK
            || ngx_http_civic_rules_init(cf, cmcf, plugin[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        plugin[i]->first_metric = cmcf->nmetrics;
        cmcf->nmetrics += plugin[i]->nmetrics;
    }

    if (ngx_http_civic_jobs_init(cf, cmcf) != NGX_CONF_OK
        || ngx_http_civic_blobs_init(cf, cmcf) != NGX_CONF_OK
        || ngx_http_civic_audit_init(cf, cmcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_civic_zone_add(cf, cmcf);
}


static civic_schema_t *
ngx_http_civic_compile(ngx_conf_t *cf, const civic_field_t *fields)
{
    civic_schema_t   *schema;
    civic_failure_t   failure;

    schema = civic_schema_compile(fields, &failure);

    if (schema == NULL) {
        (void) ngx_http_civic_fail(cf, &failure);
        return NULL;
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_free_schema, schema)
        != NGX_OK)
    {
        return NULL;
    }

    return schema;
}


static char *
ngx_http_civic_plugin_routes(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_plugin_t *plugin)
{
    size_t                   len;
    u_char                  *pattern, *path;
    const char              *method;
    ngx_uint_t               i;
    civic_failure_t          failure;
    ngx_http_civic_route_t  *route;

    plugin->nroutes = plugin->table->routes.count;

    plugin->routes = ngx_pcalloc(cf->pool, (plugin->nroutes + 1)
                                           * sizeof(ngx_http_civic_route_t));
    if (plugin->routes == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < plugin->nroutes; i++) {
        route = &plugin->routes[i];

        civic_table_get(&plugin->table->routes, i, &route->table,
                        sizeof(civic_route_t));

        route->plugin = plugin;
        route->index = cmcf->nroutes++;
        method = civic_method_name(route->table.method);

        len = ngx_strlen(method) + 2 + ngx_strlen(plugin->url_name)
              + ngx_strlen(route->table.path) + 1;

        pattern = ngx_pnalloc(cf->pool, len);
        if (pattern == NULL) {
            return NGX_CONF_ERROR;
        }

        route->pattern.data = pattern;
        route->pattern.len = ngx_sprintf(pattern, "%s /%s%s%Z", method,
                                         plugin->url_name, route->table.path)
                             - pattern - 1;

        path = pattern + ngx_strlen(method) + 1;

        if (civic_router_add(cmcf->router, route->table.method,
                             (char *) path, route, &failure)
            != 0)
        {
            return ngx_http_civic_fail(cf, &failure);
        }

        route->body = ngx_http_civic_compile(cf, route->table.body);
        route->query = ngx_http_civic_compile(cf, route->table.query);

        if (route->body == NULL || route->query == NULL) {
            return NGX_CONF_ERROR;
        }

        if (route->table.max_body == 0) {
            route->table.max_body = 16 * 1024;
        }

        if (route->table.deadline == 0) {
            route->table.deadline = 10000;
        }

        if (route->table.status == 0) {
            route->table.status = 200;
        }
    }

    return NGX_CONF_OK;
}


civic_redis_script_t *
ngx_http_civic_load_script(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf,
    const char *name)
{
    civic_failure_t        failure;
    civic_redis_script_t  *script;

    script = civic_redis_script_load((char *) cmcf->scripts_dir.data, name,
                                     &failure);
    if (script == NULL) {
        (void) ngx_http_civic_fail(cf, &failure);
        return NULL;
    }

    if (ngx_http_civic_cleanup(cf, ngx_http_civic_free_script, script)
        != NGX_OK)
    {
        return NULL;
    }

    return script;
}


static char *
ngx_http_civic_plugin_scripts(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin)
{
    ngx_uint_t           i;
    civic_script_def_t   def;

    plugin->nscripts = plugin->table->scripts.count;

    plugin->scripts = ngx_palloc(cf->pool, (plugin->nscripts + 1)
                                           * sizeof(civic_redis_script_t *));
    plugin->once = ngx_palloc(cf->pool, (plugin->nscripts + 1)
                                        * sizeof(civic_redis_script_t *));
    if (plugin->scripts == NULL || plugin->once == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < plugin->nscripts; i++) {
        civic_table_get(&plugin->table->scripts, i, &def, sizeof(def));

        plugin->scripts[i] = ngx_http_civic_load_script(cf, cmcf, def.name);
        if (plugin->scripts[i] == NULL) {
            return NGX_CONF_ERROR;
        }

        plugin->once[i] = civic_redis_script_once(plugin->scripts[i]);
        if (plugin->once[i] == NULL
            || ngx_http_civic_cleanup(cf, ngx_http_civic_free_script,
                                      plugin->once[i])
               != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_civic_plugin_purposes(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin)
{
    ngx_uint_t            i;
    civic_purpose_def_t   def;

    plugin->npurposes = plugin->table->purposes.count;

    plugin->purposes = ngx_palloc(cf->pool, (plugin->npurposes + 1)
                                            * sizeof(civic_purpose_t *));
    plugin->purpose_names = ngx_palloc(cf->pool, (plugin->npurposes + 1)
                                                 * sizeof(char *));
    if (plugin->purposes == NULL || plugin->purpose_names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < plugin->npurposes; i++) {
        civic_table_get(&plugin->table->purposes, i, &def, sizeof(def));

        plugin->purpose_names[i] = def.name;
        plugin->purposes[i] = civic_keyring_purpose(cmcf->keyring, def.name);

        if (plugin->purposes[i] == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


void
ngx_http_civic_plugins_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                       i;
    civic_failure_t                  failure;
    ngx_http_civic_plugin_t        **slot, *plugin;
    ngx_http_civic_plugin_worker_t   worker;

    slot = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        plugin = slot[i];
        plugin->started = 1;

        if (plugin->table->init_worker == NULL) {
            continue;
        }

        worker.public.host = &ngx_http_civic_host;
        worker.plugin = plugin;
        worker.log = cycle->log;
        failure.text[0] = '\0';

        if (plugin->table->init_worker(&worker.public, &plugin->state,
                                       &failure)
            == CIVIC_OK)
        {
            continue;
        }

        plugin->started = 0;

        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "plugin \"%V\" did not start and answers 503: %s",
                      &plugin->name, failure.text);
    }
}


void
ngx_http_civic_plugins_stop(ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin;

    plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if (plugin[i]->started && plugin[i]->table->exit_worker != NULL) {
            plugin[i]->table->exit_worker(plugin[i]->state);
        }
    }
}
