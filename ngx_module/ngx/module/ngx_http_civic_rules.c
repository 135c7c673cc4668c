/*
 * ngx_http_civic_rules.c - the rule files in use, and on watch.
 *
 * The master loads each file while it reads the configuration, so nginx -t
 * names file and line of a mistake; workers inherit what it loaded.  Each
 * worker looks at the files, and at the parts that they use, once a second
 * and, when one changed, loads it on a thread, its examples included; only a
 * good one replaces the one in use.
 *
 * A machine must also come up after somebody left a broken file behind: what
 * was good is kept, by ngx_http_civic_rules_kept.c.
 */

#include "ngx_http_civic.h"


#define NGX_HTTP_CIVIC_WATCH  1000          /* ms */


/* A load on its way through a thread. */
typedef struct {
    civic_offload_task_t     task;
    ngx_http_civic_rules_t  *target;
    ngx_http_civic_rules_t   wanted;        /* path, names, what is kept */
    civic_rules_t           *rules;
    civic_rules_seen_t       seen;
    civic_failure_t          failure;       /* of the file */
    civic_failure_t          kept;          /* of what is kept */
    unsigned                 resumed:1;
} ngx_http_civic_rules_load_t;


static void ngx_http_civic_rules_tell(ngx_http_civic_rules_t *rules);
static void ngx_http_civic_rules_note(ngx_http_civic_rules_t *rules,
    ngx_uint_t index);

static ngx_event_t  ngx_http_civic_rules_timer;


static void
ngx_http_civic_rules_free(void *data)
{
    ngx_http_civic_rules_t  *rules = data;

    if (rules->rules != NULL) {
        civic_rules_free(rules->rules);
        rules->rules = NULL;
    }
}


/*
 * The file is broken.  nginx -t and a reload refuse it when there is nothing
 * to fall back to, and a reload always: the running revision stays then.
 */

static ngx_int_t
ngx_http_civic_rules_fall_back(ngx_conf_t *cf, ngx_http_civic_rules_t *rules,
    const char *why)
{
    if (!ngx_test_config && !ngx_is_init_cycle(cf->cycle->old_cycle)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", why);
        return NGX_ERROR;
    }

    rules->rules = ngx_http_civic_rules_kept_load(cf, rules);

    if (rules->rules == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", why);
        return NGX_ERROR;
    }

    rules->failed = 1;
    ngx_cpystrn((u_char *) rules->failure, (u_char *) why,
                sizeof(rules->failure));

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "%s; a start uses the last good revision %s instead, "
                       "or what workers took later, a reload is refused", why,
                       civic_rules_revision(rules->rules));

    return NGX_OK;
}


/* Names are found by halves: handlers ask by them. */

static int ngx_libc_cdecl
ngx_http_civic_rules_order(const void *one, const void *two)
{
    return ngx_strcmp(*(const char *const *) one, *(const char *const *) two);
}


const char *
ngx_http_civic_rules_name(const ngx_http_civic_rules_t *rules,
    const char *name)
{
    const char **found;

    found = bsearch(&name, rules->names, rules->count, sizeof(char *),
                    ngx_http_civic_rules_order);

    return found == NULL ? NULL : *found;
}


ngx_int_t
ngx_http_civic_rules_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf,
    ngx_http_civic_plugin_t *plugin)
{
    ngx_uint_t               i;
    civic_failure_t          failure;
    civic_rule_def_t         def;
    ngx_pool_cleanup_t      *cln;
    ngx_http_civic_rules_t  *rules;

    if (plugin->table->rules.count == 0) {
        return NGX_OK;
    }

    rules = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_rules_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (rules == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_civic_rules_free;
    cln->data = rules;

    rules->count = plugin->table->rules.count;
    rules->names = ngx_palloc(cf->pool, rules->count * sizeof(char *));
    rules->path = ngx_pnalloc(cf->pool, cmcf->rules_dir.len + 1
                                        + plugin->name.len + sizeof(".lua"));
    if (rules->names == NULL || rules->path == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < rules->count; i++) {
        civic_table_get(&plugin->table->rules, i, &def, sizeof(def));
        rules->names[i] = def.name;
    }

    ngx_qsort(rules->names, rules->count, sizeof(char *),
              ngx_http_civic_rules_order);

    (void) ngx_sprintf((u_char *) rules->path, "%V/%V.lua%Z",
                       &cmcf->rules_dir, &plugin->name);

    if (ngx_http_civic_rules_kept_init(cf, cmcf, plugin, rules) != NGX_OK) {
        return NGX_ERROR;
    }

    plugin->rules = rules;

    rules->rules = civic_rules_load_seen(rules->path, rules->names,
                                         rules->count, &rules->seen,
                                         &failure);
    if (rules->rules == NULL) {
        return ngx_http_civic_rules_fall_back(cf, rules, failure.text);
    }

    if (!ngx_test_config) {
        ngx_http_civic_rules_kept_store(cf, rules);
    }

    return NGX_OK;
}


/* ---- in a worker: the watch --------------------------------------------- */

/*
 * On a thread.  What this worker took itself is newer than anything that was
 * kept; until then, it goes on with what workers took before it.
 */

static void
ngx_http_civic_rules_work(void *data)
{
    ngx_http_civic_rules_load_t  *load = data;

    load->rules = civic_rules_load_seen(load->wanted.path, load->wanted.names,
                                        load->wanted.count, &load->seen,
                                        &load->failure);
    if (load->rules != NULL) {
        ngx_http_civic_rules_taken_store(&load->wanted, load->rules,
                                         &load->kept);

    } else if (!load->wanted.took) {
        load->rules = ngx_http_civic_rules_taken_load(&load->wanted,
                                                      &load->kept);
        load->resumed = load->rules != NULL;
    }
}


static void
ngx_http_civic_rules_fail(ngx_http_civic_rules_t *rules, const char *why)
{
    rules->failed = 1;
    ngx_cpystrn((u_char *) rules->failure, (u_char *) why,
                sizeof(rules->failure));

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "%s; revision %s stays in use", why,
                  rules->rules == NULL ? "(none)"
                  : civic_rules_revision(rules->rules));
}


static void
ngx_http_civic_rules_replace(ngx_http_civic_rules_t *rules,
    civic_rules_t *loaded)
{
    civic_rules_free(rules->rules);
    rules->rules = loaded;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "rules \"%s\" revision %s are in use", rules->path,
                  civic_rules_revision(loaded));
}


static void
ngx_http_civic_rules_complain(const ngx_http_civic_rules_t *rules,
    const civic_failure_t *kept)
{
    if (kept->text[0] != '\0') {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "the revision of \"%s\" that workers took cannot be "
                      "%s \"%s\": %s", rules->path,
                      rules->failed ? "used from" : "kept as", rules->taken,
                      kept->text);
    }
}


static void
ngx_http_civic_rules_loaded(civic_offload_task_t *task)
{
    ngx_http_civic_rules_t       *rules;
    ngx_http_civic_rules_load_t  *load = task->context;

    rules = load->target;
    rules->loading = 0;

    if (task->dropped) {
        /* the worker ends */
        free(load);
        return;
    }

    rules->seen = load->seen;

    if (load->rules != NULL) {
        ngx_http_civic_rules_replace(rules, load->rules);
    }

    if (load->rules == NULL || load->resumed) {
        ngx_http_civic_rules_fail(rules, load->failure.text);

    } else {
        rules->took = 1;
        rules->failed = 0;
        rules->failure[0] = '\0';
    }

    ngx_http_civic_rules_complain(rules, &load->kept);
    ngx_http_civic_rules_tell(rules);
    free(load);
}


/* The status page tells what is in use, not what was a look ago. */

static void
ngx_http_civic_rules_tell(ngx_http_civic_rules_t *rules)
{
    ngx_uint_t                  i;
    ngx_http_civic_plugin_t   **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        if (plugin[i]->rules == rules) {
            ngx_http_civic_rules_note(rules, i);
        }
    }
}


static void
ngx_http_civic_rules_reload(ngx_http_civic_rules_t *rules)
{
    ngx_http_civic_rules_load_t  *load;

    load = calloc(1, sizeof(ngx_http_civic_rules_load_t));
    if (load == NULL) {
        return;
    }

    load->target = rules;
    load->wanted = *rules;
    load->task.work = ngx_http_civic_rules_work;
    load->task.data = load;
    load->task.done = ngx_http_civic_rules_loaded;
    load->task.context = load;

    if (ngx_http_civic_threads_submit(CIVIC_THREADS_WORK, &load->task)
        != NGX_OK)
    {
        /* seen again at the next look */
        free(load);
        return;
    }

    rules->loading = 1;
}


static void
ngx_http_civic_rules_look(ngx_event_t *ev)
{
    ngx_uint_t                  i;
    ngx_http_civic_rules_t     *rules;
    ngx_http_civic_plugin_t   **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        rules = plugin[i]->rules;

        if (rules == NULL) {
            continue;
        }

        ngx_http_civic_rules_note(rules, i);

        if (!rules->loading
            && civic_rules_changed(rules->path, &rules->seen))
        {
            ngx_http_civic_rules_reload(rules);
        }
    }

    ngx_add_timer(ev, NGX_HTTP_CIVIC_WATCH);
}


/* For the status page. */

static void
ngx_http_civic_rules_note(ngx_http_civic_rules_t *rules, ngx_uint_t index)
{
    ngx_http_civic_plugin_t    **plugin;
    ngx_http_civic_rules_row_t  *row;

    plugin = ngx_http_civic_worker.conf->plugins.elts;
    row = &ngx_http_civic_worker.row->rules[index];

    ngx_cpystrn((u_char *) row->name, plugin[index]->name.data,
                sizeof(row->name));
    ngx_cpystrn((u_char *) row->revision,
                (u_char *) (rules->rules == NULL ? ""
                            : civic_rules_revision(rules->rules)),
                sizeof(row->revision));
    ngx_cpystrn((u_char *) row->failure, (u_char *) rules->failure,
                sizeof(row->failure));
}


/* After a start with a broken file the master has what it kept itself: workers
   may have taken a later one before the machine went down. */

static void
ngx_http_civic_rules_resume(ngx_http_civic_rules_t *rules)
{
    civic_rules_t    *loaded;
    civic_failure_t   failure;

    if (!rules->failed) {
        return;
    }

    loaded = ngx_http_civic_rules_taken_load(rules, &failure);

    if (loaded != NULL) {
        ngx_http_civic_rules_replace(rules, loaded);
    }

    ngx_http_civic_rules_complain(rules, &failure);
}


void
ngx_http_civic_rules_watch(ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if (plugin[i]->rules != NULL) {
            ngx_http_civic_rules_resume(plugin[i]->rules);
            ngx_http_civic_rules_note(plugin[i]->rules, i);
        }
    }

    ngx_http_civic_timer_init(&ngx_http_civic_rules_timer,
                              ngx_http_civic_rules_look,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);

    /* at once: who takes the place of another may be behind */
    ngx_add_timer(&ngx_http_civic_rules_timer, 1);
}
