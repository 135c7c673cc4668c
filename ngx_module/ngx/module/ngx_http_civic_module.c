/*
 * ngx_http_civic_module.c - directives, and where the worker starts and ends.
 *
 * Two nginx modules stand in one file of code: this one, and the one that
 * holds the directives of Redis.
 */

#include "ngx_http_civic.h"
#include "ngx_http_civic_lag.h"


static void *ngx_http_civic_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_civic_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_civic_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_civic_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_civic_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_civic_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_civic_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_civic_init_process(ngx_cycle_t *cycle);
static void ngx_http_civic_exit_process(ngx_cycle_t *cycle);
static char *ngx_http_civic_on(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_console_on(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_error_page(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_environment(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_bounds(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void *ngx_http_civic_redis_create_main_conf(ngx_conf_t *cf);


ngx_http_civic_worker_t  ngx_http_civic_worker;


static ngx_command_t  ngx_http_civic_commands[] = {

    { ngx_string("civic_plugin"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_civic_plugin,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic_rules"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, rules_dir),
      NULL },

    { ngx_string("civic_scripts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, scripts_dir),
      NULL },

    { ngx_string("civic_keyring"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, keyring_path),
      NULL },

    { ngx_string("civic_state"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, state_dir),
      NULL },

    { ngx_string("civic_environment"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_civic_environment,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic_origin"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_civic_origins,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic_fibers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_bounds,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, fibers),
      "reserve=" },

    { ngx_string("civic_waiters"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_bounds,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, waiters),
      "per_address=" },

    { ngx_string("civic_hash_threads"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_bounds,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, hash_threads),
      "queue=" },

    { ngx_string("civic_work_threads"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_bounds,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, work_threads),
      "queue=" },

    { ngx_string("civic_disk_threads"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_bounds,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_civic_main_conf_t, disk_threads),
      "queue=" },

    { ngx_string("civic_upstreams"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_civic_upstreams,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic_blobs"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_civic_blobs_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic_audit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_civic_audit_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("civic"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_civic_on,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_civic_loc_conf_t, enable),
      NULL },

    { ngx_string("civic_console"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_civic_console_on,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_civic_loc_conf_t, console),
      NULL },

    { ngx_string("civic_error_page"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_civic_error_page,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_civic_module_ctx = {
    ngx_http_civic_preconfiguration,    /* preconfiguration */
    ngx_http_civic_postconfiguration,   /* postconfiguration */

    ngx_http_civic_create_main_conf,    /* create main configuration */
    ngx_http_civic_init_main_conf,      /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    ngx_http_civic_create_loc_conf,     /* create location configuration */
    ngx_http_civic_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_civic_module = {
    NGX_MODULE_V1,
    &ngx_http_civic_module_ctx,         /* module context */
    ngx_http_civic_commands,            /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    ngx_http_civic_init_module,         /* init module */
    ngx_http_civic_init_process,        /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    ngx_http_civic_exit_process,        /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_module_t  ngx_http_civic_redis_module_ctx = {
    NULL,
    NULL,
    ngx_http_civic_redis_create_main_conf,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
};


ngx_module_t  ngx_http_civic_redis_module = {
    NGX_MODULE_V1,
    &ngx_http_civic_redis_module_ctx,   /* module context */
    ngx_http_civic_redis_commands,      /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_civic_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_civic_add_variables(cf);
}


static ngx_int_t
ngx_http_civic_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *handler;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handler = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = ngx_http_civic_lag_request;

    return NGX_OK;
}


/* The directives of Redis fill a conf that the main conf points to. */

static void *
ngx_http_civic_redis_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_civic_redis_conf_t  **slot;

    slot = ngx_palloc(cf->pool, sizeof(ngx_http_civic_redis_conf_t *));
    if (slot == NULL) {
        return NULL;
    }

    *slot = ngx_http_civic_redis_create_conf(cf);

    return *slot == NULL ? NULL : slot;
}


static void *
ngx_http_civic_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_civic_main_conf_t  *cmcf;

    cmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_main_conf_t));
    if (cmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&cmcf->plugins, cf->pool, 8,
                       sizeof(ngx_http_civic_plugin_t *))
        != NGX_OK)
    {
        return NULL;
    }

    cmcf->sandbox = NGX_CONF_UNSET_UINT;
    cmcf->origins = NGX_CONF_UNSET_PTR;
    cmcf->fibers = NGX_CONF_UNSET_UINT;
    cmcf->waiters = NGX_CONF_UNSET_UINT;
    cmcf->hash_threads = NGX_CONF_UNSET_UINT;
    cmcf->work_threads = NGX_CONF_UNSET_UINT;
    cmcf->disk_threads = NGX_CONF_UNSET_UINT;

    return cmcf;
}


static char *
ngx_http_civic_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_str_t                     name;
    ngx_http_civic_main_conf_t   *cmcf = conf;
    ngx_http_civic_redis_conf_t **redis;

    redis = ngx_http_conf_get_module_main_conf(cf,
                                               ngx_http_civic_redis_module);
    cmcf->redis = *redis;

    ngx_conf_init_uint_value(cmcf->sandbox, 0);
    ngx_conf_init_ptr_value(cmcf->origins, NULL);

    if (cmcf->fibers == NGX_CONF_UNSET_UINT) {
        cmcf->fibers = 1024;
        cmcf->reserve = 128;
    }

    if (cmcf->waiters == NGX_CONF_UNSET_UINT) {
        cmcf->waiters = 4096;
        cmcf->waiters_per_address = 64;
    }

    if (cmcf->hash_threads == NGX_CONF_UNSET_UINT) {
        cmcf->hash_threads = 1;
        cmcf->hash_queue = 32;
    }

    if (cmcf->work_threads == NGX_CONF_UNSET_UINT) {
        cmcf->work_threads = 1;
        cmcf->work_queue = 64;
    }

    if (cmcf->disk_threads == NGX_CONF_UNSET_UINT) {
        cmcf->disk_threads = 4;
        cmcf->disk_queue = 128;
    }

    if (cmcf->rules_dir.len == 0) {
        ngx_str_set(&cmcf->rules_dir, "/etc/civic/rules");
    }

    if (cmcf->scripts_dir.len == 0) {
        ngx_str_set(&cmcf->scripts_dir, "/usr/share/civic/redis");
    }

    if (cmcf->keyring_path.len == 0) {
        ngx_str_set(&cmcf->keyring_path, "/etc/civic/keyring.json");
    }

    if (ngx_conf_full_name(cf->cycle, &cmcf->rules_dir, 1) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &cmcf->scripts_dir, 1) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &cmcf->keyring_path, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cmcf->state_dir.len != 0
        && ngx_conf_full_name(cf->cycle, &cmcf->state_dir, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&name, "request_id");

    cmcf->request_id_index = ngx_http_get_variable_index(cf, &name);
    if (cmcf->request_id_index == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    if (cmcf->plugins.nelts == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_http_civic_redis_init_conf(cf, cmcf->redis) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_civic_plugins_init(cf, cmcf);
}


static void *
ngx_http_civic_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_civic_loc_conf_t  *clcf;

    clcf = ngx_palloc(cf->pool, sizeof(ngx_http_civic_loc_conf_t));
    if (clcf == NULL) {
        return NULL;
    }

    clcf->enable = NGX_CONF_UNSET;
    clcf->console = NGX_CONF_UNSET;

    return clcf;
}


/* Not inherited: a location says itself that it serves. */

static char *
ngx_http_civic_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_civic_loc_conf_t  *conf = child;

    ngx_conf_init_value(conf->enable, 0);
    ngx_conf_init_value(conf->console, 0);

    return NGX_CONF_OK;
}


static char *
ngx_http_civic_set_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" stands in a location that another "
                           "directive serves already", &cmd->name);
        return NGX_CONF_ERROR;
    }

    clcf->handler = handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_civic_on(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                       *rv;
    ngx_http_civic_loc_conf_t  *clcf = conf;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK || !clcf->enable) {
        return rv;
    }

    return ngx_http_civic_set_handler(cf, cmd,
                                      ngx_http_civic_content_handler);
}


static char *
ngx_http_civic_console_on(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                       *rv;
    ngx_http_civic_loc_conf_t  *clcf = conf;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK || !clcf->console) {
        return rv;
    }

    return ngx_http_civic_set_handler(cf, cmd,
                                      ngx_http_civic_console_handler);
}


static char *
ngx_http_civic_error_page(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_civic_set_handler(cf, cmd,
                                      ngx_http_civic_error_page_handler);
}


static char *
ngx_http_civic_environment(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value = cf->args->elts;
    ngx_http_civic_main_conf_t  *cmcf = conf;

    if (cmcf->sandbox != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "production") == 0) {
        cmcf->sandbox = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "sandbox") == 0) {
        cmcf->sandbox = 1;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid environment \"%V\", it is \"production\" "
                       "or \"sandbox\"", &value[1]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_civic_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value = cf->args->elts, *origin;
    ngx_uint_t                   i;
    ngx_http_civic_main_conf_t  *cmcf = conf;

    if (cmcf->origins == NGX_CONF_UNSET_PTR) {
        cmcf->origins = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (cmcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strncmp(value[i].data, "https://", 8) != 0
            && ngx_strncmp(value[i].data, "http://", 7) != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\", it looks like "
                               "\"https://example.org\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(cmcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];

        if (origin->data[origin->len - 1] == '/') {
            origin->len--;
        }
    }

    return NGX_CONF_OK;
}


/* "name number [word=number]": two neighbouring members of the conf. */

static char *
ngx_http_civic_bounds(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char        *word = cmd->post;
    size_t       len;
    ngx_int_t    n;
    ngx_str_t   *value = cf->args->elts;
    ngx_uint_t  *first;

    first = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*first != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    n = ngx_atoi(value[1].data, value[1].len);
    if (n == NGX_ERROR || n == 0 || n > 30000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number \"%V\", it is 1 to 30000",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    first[0] = n;
    first[1] = cmd->offset == offsetof(ngx_http_civic_main_conf_t, fibers)
               ? n / 8
               : cmd->offset == offsetof(ngx_http_civic_main_conf_t, waiters)
               ? 64 : 32 * n;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    len = ngx_strlen(word);

    if (value[2].len <= len || ngx_strncmp(value[2].data, word, len) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", only \"%snumber\" "
                           "is known", &value[2], word);
        return NGX_CONF_ERROR;
    }

    n = ngx_atoi(value[2].data + len, value[2].len - len);
    if (n == NGX_ERROR
        || (n == 0 && first == &((ngx_http_civic_main_conf_t *) conf)->waiters))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number in \"%V\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    first[1] = n;

    return NGX_CONF_OK;
}


/* In the master, and in nginx -t: the configuration is complete. */

static ngx_int_t
ngx_http_civic_init_module(ngx_cycle_t *cycle)
{
    ngx_http_civic_blobs_own(cycle);
    ngx_http_civic_rules_own(cycle);

    return NGX_OK;
}


/* A worker is useful without its plugins: it serves the rest of the site. */

static ngx_int_t
ngx_http_civic_init_process(ngx_cycle_t *cycle)
{
    ngx_http_civic_worker_t     *w = &ngx_http_civic_worker;
    ngx_http_civic_main_conf_t  *cmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_civic_module);

    if (cmcf == NULL || cmcf->plugins.nelts == 0) {
        return NGX_OK;
    }

    w->conf = cmcf;
    w->row = ngx_http_civic_zone_row(cmcf, ngx_worker);

    w->fibers = civic_fiber_pool_create(256);
    if (w->fibers == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_civic_threads_init(cycle, cmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_civic_plugins_start(cycle, cmcf);

    /* nginx's clock stands since the master read the configuration, and the
       plugins took their time: connecting would be out of time at once */
    ngx_time_update();

    if (ngx_http_civic_redis_init_worker(cycle, cmcf->redis) != NGX_OK
        || ngx_http_civic_wait_init(cycle, cmcf) != NGX_OK
        || ngx_http_civic_turns_init(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_civic_outbox_notes_start(cycle, cmcf) != NGX_OK
        || ngx_http_civic_jobs_start(cycle, cmcf) != NGX_OK
        || ngx_http_civic_blobs_start(cycle, cmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_civic_lag_init(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_civic_beat_init(cmcf);
}


static void
ngx_http_civic_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;

    if (w->conf == NULL) {
        return;
    }

    ngx_http_civic_lag_exit();
    ngx_http_civic_wait_exit();
    ngx_http_civic_turns_exit();
    ngx_http_civic_threads_exit();
    ngx_http_civic_blobs_exit();
    ngx_http_civic_audit_exit();
    ngx_http_civic_http_exit();
    ngx_http_civic_redis_exit_worker();
    ngx_http_civic_plugins_stop(w->conf);

    w->conf = NULL;
}
