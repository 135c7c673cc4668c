/*
 * ngx_http_civic_rules.c - the rule files in use, and on watch.
 *
 * The master loads each file while it reads the configuration, so nginx -t
 * names file and line of a mistake; workers inherit what it loaded.  Each
 * worker looks at the files once a second and, when one changed, loads it on
 * a thread, its examples included; only a good one replaces the one in use.
 *
 * A machine must also come up after somebody left a broken file behind: the
 * master keeps a copy of the last good revision in civic_state and falls
 * back to it at a cold start.
 */

#include "ngx_http_civic.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_HTTP_CIVIC_WATCH  1000          /* ms */


/* A load on its way through a thread. */
typedef struct {
    civic_offload_task_t     task;
    ngx_http_civic_rules_t  *target;
    char                    *path;
    const char             **names;
    size_t                   count;
    civic_rules_t           *rules;
    civic_failure_t          failure;
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


static void
ngx_http_civic_rules_stat(ngx_http_civic_rules_t *rules)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(rules->path, &fi) == NGX_FILE_ERROR) {
        rules->uniq = 0;
        ngx_memzero(&rules->mtime, sizeof(struct timespec));
        rules->size = -1;
        return;
    }

    rules->uniq = ngx_file_uniq(&fi);
    rules->mtime = fi.st_mtim;
    rules->size = ngx_file_size(&fi);
}


static char *
ngx_http_civic_rules_last_good(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin)
{
    u_char  *path;
    size_t   len;

    if (cmcf->state_dir.len == 0) {
        return NULL;
    }

    len = cmcf->state_dir.len + sizeof("/rules-.lua") + plugin->name.len;

    path = ngx_pnalloc(cf->pool, len);
    if (path != NULL) {
        (void) ngx_sprintf(path, "%V/rules-%V.lua%Z", &cmcf->state_dir,
                           &plugin->name);
    }

    return (char *) path;
}


/* All bytes of one into the other, and onto the disk. */

static int
ngx_http_civic_rules_copy(int from, int to)
{
    char     buf[4096], *p;
    ssize_t  n, written;

    while ((n = read(from, buf, sizeof(buf))) > 0) {

        for (p = buf; n > 0; p += written, n -= written) {
            written = write(to, p, (size_t) n);

            if (written < 0) {
                return -1;
            }
        }
    }

    /* nginx runs under umask 0 or, as some start it, 077 */
    return n == 0 && fchmod(to, 0644) == 0 ? fsync(to) : -1;
}


/*
 * Copies by rename, so that a crash leaves the old copy whole; and into a
 * file that is new for certain, for what stands at its place may be a link.
 */

static void
ngx_http_civic_rules_keep(ngx_conf_t *cf, const char *from, const char *to)
{
    int   in, out, rc;
    char  part[NGX_MAX_PATH];

    if (snprintf(part, sizeof(part), "%s.part", to) >= (int) sizeof(part)) {
        return;
    }

    /* a crash may have left one */
    (void) unlink(part);

    rc = -1;
    out = -1;

    in = open(from, O_RDONLY|O_CLOEXEC);
    if (in != -1) {
        out = open(part, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0644);
    }

    if (out != -1) {
        rc = ngx_http_civic_rules_copy(in, out);
        rc = close(out) == 0 && rc == 0 ? rename(part, to) : -1;
    }

    if (rc != 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           "the good revision of \"%s\" cannot be kept as "
                           "\"%s\"", from, to);
        if (out != -1) {
            (void) unlink(part);
        }
    }

    if (in != -1) {
        (void) close(in);
    }
}


/* Nobody but root and who runs nginx could have written it. */

static int
ngx_http_civic_rules_is_ours(const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return 0;
    }

    /* in a folder like /tmp a file is its owner's */
    return (st->st_mode & (S_IWGRP|S_IWOTH)) == 0
           || (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0);
}


/*
 * The master runs what it loads, as root: not what somebody else could have
 * put there, by the file or by its folder.
 */

static civic_rules_t *
ngx_http_civic_rules_load_kept(ngx_conf_t *cf, ngx_http_civic_rules_t *rules,
    const char *kept)
{
    char             folder[NGX_MAX_PATH];
    struct stat      st;
    civic_rules_t   *loaded;
    civic_failure_t  failure;

    if (lstat(kept, &st) == -1) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                               "the kept revision \"%s\" cannot be used",
                               kept);
        }

        return NULL;
    }

    ngx_cpystrn((u_char *) folder, (u_char *) kept, sizeof(folder));
    *strrchr(folder, '/') = '\0';

    if (!S_ISREG(st.st_mode) || !ngx_http_civic_rules_is_ours(&st)
        || stat(folder, &st) == -1 || !ngx_http_civic_rules_is_ours(&st))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the kept revision \"%s\" is not used: others "
                           "than its owner can write to it, or it is neither "
                           "root's nor ours", kept);
        return NULL;
    }

    loaded = civic_rules_load(kept, rules->names, rules->count, &failure);

    if (loaded == NULL) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the kept revision \"%s\" is not used: %s", kept,
                           failure.text);
    }

    return loaded;
}


/*
 * The file is broken.  nginx -t and a reload refuse it when there is nothing
 * to fall back to, and a reload always: the running revision stays then.
 */

static ngx_int_t
ngx_http_civic_rules_fall_back(ngx_conf_t *cf, ngx_http_civic_rules_t *rules,
    const char *kept, const char *why)
{
    if (!ngx_test_config && !ngx_is_init_cycle(cf->cycle->old_cycle)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", why);
        return NGX_ERROR;
    }

    if (kept != NULL) {
        rules->rules = ngx_http_civic_rules_load_kept(cf, rules, kept);
    }

    if (rules->rules == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", why);
        return NGX_ERROR;
    }

    rules->failed = 1;
    ngx_cpystrn((u_char *) rules->failure, (u_char *) why,
                sizeof(rules->failure));

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "%s; a start uses the last good revision %s instead, "
                       "a reload is refused", why,
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
    char                    *kept;
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

    kept = ngx_http_civic_rules_last_good(cf, cmcf, plugin);
    plugin->rules = rules;

    ngx_http_civic_rules_stat(rules);

    rules->rules = civic_rules_load(rules->path, rules->names, rules->count,
                                    &failure);
    if (rules->rules == NULL) {
        return ngx_http_civic_rules_fall_back(cf, rules, kept, failure.text);
    }

    if (kept != NULL && !ngx_test_config) {
        ngx_http_civic_rules_keep(cf, rules->path, kept);
    }

    return NGX_OK;
}


/* ---- in a worker: the watch --------------------------------------------- */

/* On a thread. */

static void
ngx_http_civic_rules_work(void *data)
{
    ngx_http_civic_rules_load_t  *load = data;

    load->rules = civic_rules_load(load->path, load->names, load->count,
                                   &load->failure);
}


static void
ngx_http_civic_rules_loaded(civic_offload_task_t *task)
{
    civic_rules_t                *old;
    ngx_http_civic_rules_t       *rules;
    ngx_http_civic_rules_load_t  *load = task->context;

    rules = load->target;
    rules->loading = 0;

    if (task->dropped) {
        /* the worker ends */
        free(load);
        return;
    }

    if (load->rules == NULL) {
        rules->failed = 1;
        ngx_cpystrn((u_char *) rules->failure, (u_char *) load->failure.text,
                    sizeof(rules->failure));

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "%s; revision %s stays in use", load->failure.text,
                      rules->rules == NULL ? "(none)"
                      : civic_rules_revision(rules->rules));

    } else {
        old = rules->rules;
        rules->rules = load->rules;
        rules->failed = 0;
        rules->failure[0] = '\0';

        if (old != NULL) {
            civic_rules_free(old);
        }

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "rules \"%s\" revision %s are in use", load->path,
                      civic_rules_revision(rules->rules));
    }

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
    load->path = rules->path;
    load->names = rules->names;
    load->count = rules->count;
    load->task.work = ngx_http_civic_rules_work;
    load->task.data = load;
    load->task.done = ngx_http_civic_rules_loaded;
    load->task.context = load;

    if (ngx_http_civic_threads_submit(CIVIC_THREADS_WORK, &load->task)
        != NGX_OK)
    {
        /* seen again at the next look */
        rules->size = -2;
        free(load);
        return;
    }

    rules->loading = 1;
}


static void
ngx_http_civic_rules_look(ngx_event_t *ev)
{
    ngx_uint_t                  i;
    ngx_http_civic_rules_t      seen, *rules;
    ngx_http_civic_plugin_t   **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        rules = plugin[i]->rules;

        if (rules == NULL) {
            continue;
        }

        ngx_http_civic_rules_note(rules, i);

        if (rules->loading) {
            continue;
        }

        seen = *rules;

        ngx_http_civic_rules_stat(rules);

        if (seen.uniq != rules->uniq || seen.size != rules->size
            || seen.mtime.tv_sec != rules->mtime.tv_sec
            || seen.mtime.tv_nsec != rules->mtime.tv_nsec)
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


void
ngx_http_civic_rules_watch(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    static ngx_connection_t  dumb;

    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if (plugin[i]->rules != NULL) {
            ngx_http_civic_rules_note(plugin[i]->rules, i);
        }
    }

    dumb.fd = (ngx_socket_t) -1;

    ngx_http_civic_rules_timer.handler = ngx_http_civic_rules_look;
    ngx_http_civic_rules_timer.data = &dumb;
    ngx_http_civic_rules_timer.log = cycle->log;
    ngx_http_civic_rules_timer.cancelable = 1;

    ngx_add_timer(&ngx_http_civic_rules_timer, NGX_HTTP_CIVIC_WATCH);
}
