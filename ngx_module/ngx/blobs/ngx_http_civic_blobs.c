/*
 * ngx_http_civic_blobs.c - the folder of blobs: how it comes to be, and
 * whether it can be used.
 *
 * The master makes the folder while it reads the configuration and gives it
 * to the workers' user once that is known.  Each worker keeps a small file
 * in it, the proof that machines share it, and touches that once a minute.
 * The first worker also tries then what keeping a blob takes: a folder that is
 * full or read-only is an alarm before a citizen meets it, and the alarm goes
 * when the folder can be used again.  All of that runs on a thread.
 */

#include "ngx_http_civic_audit.h"
#include "ngx_http_civic_blobs.h"
#include "ngx_http_civic_folder.h"

#include <sys/statvfs.h>


#define NGX_HTTP_CIVIC_BLOB_WATCH   60000       /* ms */
#define NGX_HTTP_CIVIC_BLOB_FORGET  86400       /* s: a damaged blob is an
                                                   alarm for a day */

/* What the thread works with belongs to it while busy is set. */
typedef struct {
    ngx_event_t           timer;                /* cancelable */
    civic_offload_task_t  task;
    ngx_uint_t            busy;
    ngx_uint_t            probes;               /* the first worker */
    const char           *folder;
    char                  worker[96];
    char                  proof[CIVIC_BLOB_PROOF];  /* empty: none yet */
    char                  nonce[CIVIC_BLOB_NONCE + 1];
    int                   error;
    uint64_t              size;                 /* of its file system */
    uint64_t              free;

    /* what is told of it, the loop's */
    char                  told_proof[CIVIC_BLOB_PROOF];
    char                  told_nonce[CIVIC_BLOB_NONCE + 1];
    uint64_t              told_size;
    uint64_t              told_free;
} ngx_http_civic_blob_watch_t;


static void ngx_http_civic_blob_watch(ngx_event_t *ev);

static ngx_http_civic_blob_watch_t  ngx_http_civic_blob_watcher;


/* ---- the configuration -------------------------------------------------- */

char *
ngx_http_civic_blobs_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value = cf->args->elts;
    ngx_http_civic_blobs_t      *blobs;
    ngx_http_civic_main_conf_t  *cmcf = conf;

    if (cmcf->blobs != NULL) {
        return "is duplicate";
    }

    blobs = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_blobs_t));
    if (blobs == NULL) {
        return NGX_CONF_ERROR;
    }

    blobs->folder = value[1];

    if (blobs->folder.len == 0) {
        return "has an empty folder";
    }

    if (ngx_conf_full_name(cf->cycle, &blobs->folder, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (blobs->folder.len > 1
           && blobs->folder.data[blobs->folder.len - 1] == '/')
    {
        blobs->folder.data[--blobs->folder.len] = '\0';
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "shared") == 0) {
            blobs->shared = 1;

        } else if (ngx_strcmp(value[2].data, "local") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", a folder is "
                               "\"local\" or \"shared\"", &value[2]);
            return NGX_CONF_ERROR;
        }
    }

    cmcf->blobs = blobs;

    return ngx_http_civic_folder_check(cf, &value[0], &blobs->folder,
                                       civic_folder_look_blobs,
                                       cmcf->audit == NULL
                                       ? NULL : &cmcf->audit->path);
}


/* Uploads need a folder: the route that has some, if there is none. */

static char *
ngx_http_civic_blobs_missing(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i, j;
    ngx_http_civic_route_t    *route;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        for (j = 0; j < plugin[i]->nroutes; j++) {
            route = &plugin[i]->routes[j];

            if (route->table.uploads != NULL) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "plugin \"%V\" takes uploads (\"%V\"), and "
                                   "\"civic_blobs\" names no folder for them",
                                   &plugin[i]->name, &route->pattern);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


/* Only the folder itself: who the workers are may not be known yet.  To test
   a configuration, that it can be made was enough. */

static char *
ngx_http_civic_blobs_make(ngx_conf_t *cf, ngx_str_t *folder)
{
    if (ngx_test_config) {
        return NGX_CONF_OK;
    }

    if (ngx_create_dir(folder->data, 0700) == NGX_FILE_ERROR
        && ngx_errno != NGX_EEXIST)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "civic_blobs: the folder \"%V\" cannot be made",
                           folder);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* After all plugins are read. */

char *
ngx_http_civic_blobs_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 row;
    ngx_http_civic_blobs_t    *blobs = cmcf->blobs;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    /* with a folder or without: the rows of the zone stay where they are */
    row = cmcf->nroutes++;

    if (blobs == NULL) {
        return ngx_http_civic_blobs_missing(cf, cmcf);
    }

    /* not the name of a plugin's purpose: those have no dots */
    blobs->ticket = civic_keyring_purpose(cmcf->keyring, "blob.ticket");
    blobs->remove = ngx_http_civic_load_script(cf, cmcf, "blob_delete");

    if (blobs->ticket == NULL || blobs->remove == NULL) {
        return NGX_CONF_ERROR;
    }

    /* a fiber is somebody's: this one only reads Redis */
    blobs->sweep.plugin = plugin[0];
    ngx_str_set(&blobs->sweep.pattern, "civic blobs sweep");
    blobs->sweep.index = row;
    blobs->sweep.table.method = CIVIC_POST;
    blobs->sweep.table.deadline = 60000;

    return ngx_http_civic_blobs_make(cf, &blobs->folder);
}


/*
 * In the master, once the configuration is complete.  A reload must not end
 * because of a folder: what is wrong here the workers make an alarm of.
 */

void
ngx_http_civic_blobs_own(ngx_cycle_t *cycle)
{
    int                          rc;
    char                        *folder;
    ngx_core_conf_t             *ccf;
    ngx_http_civic_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_civic_module);

    if (cmcf == NULL || cmcf->blobs == NULL || ngx_test_config) {
        return;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    folder = (char *) cmcf->blobs->folder.data;

    if (civic_folder_look_blobs(folder, ngx_http_civic_folder_user(cycle))
        != CIVIC_FOLDER_OURS)
    {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "civic_blobs: \"%s\" is somebody else's folder, and is "
                      "left alone", folder);
        return;
    }

    rc = geteuid() == 0
         ? civic_blob_folder_make_for(folder, ccf->user, ccf->group)
         : civic_blob_folder_make(folder);

    if (rc != 0) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "civic_blobs: what belongs into \"%s\" cannot be made",
                      folder);
    }
}


/* ---- the watch ---------------------------------------------------------- */

static void
ngx_http_civic_blob_measure(ngx_http_civic_blob_watch_t *w)
{
    struct statvfs  fs;

    if (statvfs(w->folder, &fs) == 0) {
        w->size = (uint64_t) fs.f_blocks * fs.f_frsize;
        w->free = (uint64_t) fs.f_bavail * fs.f_frsize;
    }
}


/* On a thread, or at the start: touches the proof, or makes it. */

static void
ngx_http_civic_blob_look(void *data)
{
    ngx_http_civic_blob_watch_t  *w = data;

    w->error = 0;

    if (w->proof[0] != '\0'
        && civic_blob_proof_touch(w->folder, w->proof) != 0)
    {
        w->proof[0] = '\0';
    }

    if (w->proof[0] == '\0'
        && civic_blob_proof_write(w->folder, w->worker, w->proof, w->nonce)
           != 0)
    {
        w->error = ngx_errno;
        w->proof[0] = '\0';
    }

    ngx_http_civic_blob_measure(w);

    if (w->error == 0 && w->probes) {
        w->error = civic_blob_folder_try(w->folder);
    }
}


/* A damaged blob stays damaged, the alarm does not stay for ever. */

static void
ngx_http_civic_blob_forget(void)
{
    ngx_http_civic_alarm_t  *alarm;

    alarm = &ngx_http_civic_zone_common(ngx_http_civic_worker.conf)
             ->alarms[NGX_HTTP_CIVIC_BLOB_DAMAGED];

    if (alarm->since != 0
        && ngx_time() - (time_t) alarm->since > NGX_HTTP_CIVIC_BLOB_FORGET)
    {
        ngx_http_civic_alarm_clear(NGX_HTTP_CIVIC_BLOB_DAMAGED);
    }
}


static void
ngx_http_civic_blob_judge(ngx_http_civic_blob_watch_t *w)
{
    ngx_memcpy(w->told_proof, w->proof, sizeof(w->proof));
    ngx_memcpy(w->told_nonce, w->nonce, sizeof(w->nonce));
    w->told_size = w->size;
    w->told_free = w->free;

    if (w->error != 0) {
        ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_BLOBS_FOLDER,
                                   "\"%s\" cannot be written: %s", w->folder,
                                   strerror(w->error));

    } else if (w->probes) {
        ngx_http_civic_alarm_clear(NGX_HTTP_CIVIC_BLOBS_FOLDER);
        ngx_http_civic_blob_forget();
    }
}


static void
ngx_http_civic_blob_looked(civic_offload_task_t *task)
{
    ngx_http_civic_blob_watch_t  *w = task->context;

    w->busy = 0;

    if (!task->dropped) {
        ngx_http_civic_blob_judge(w);
    }
}


static void
ngx_http_civic_blob_watch(ngx_event_t *ev)
{
    ngx_http_civic_blob_watch_t  *w = &ngx_http_civic_blob_watcher;

    if (!w->busy) {
        w->busy = 1;
        w->task.dropped = 0;

        if (ngx_http_civic_threads_submit(NGX_HTTP_CIVIC_DISK, &w->task)
            != NGX_OK)
        {
            w->busy = 0;
        }
    }

    ngx_add_timer(ev, NGX_HTTP_CIVIC_BLOB_WATCH);
}


ngx_int_t
ngx_http_civic_blobs_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    u_char                       *p;
    ngx_http_civic_blob_watch_t  *w = &ngx_http_civic_blob_watcher;

    if (cmcf->blobs == NULL) {
        return NGX_OK;
    }

    p = ngx_snprintf((u_char *) w->worker, sizeof(w->worker) - 1, "%*s-%P",
                     ngx_min(cycle->hostname.len, 64), cycle->hostname.data,
                     ngx_pid);
    *p = '\0';

    w->folder = (char *) cmcf->blobs->folder.data;
    w->probes = ngx_worker == 0;

    w->task.work = ngx_http_civic_blob_look;
    w->task.data = w;
    w->task.done = ngx_http_civic_blob_looked;
    w->task.context = w;

    ngx_http_civic_timer_init(&w->timer, ngx_http_civic_blob_watch,
                              NGX_HTTP_CIVIC_TIMER_CANCELABLE);

    ngx_http_civic_blob_look(w);
    ngx_http_civic_blob_judge(w);

    ngx_add_timer(&w->timer, NGX_HTTP_CIVIC_BLOB_WATCH);

    return ngx_http_civic_blob_sweep_start(cycle, cmcf);
}


/* The threads have gone. */

void
ngx_http_civic_blobs_exit(void)
{
    ngx_http_civic_blob_watch_t  *w = &ngx_http_civic_blob_watcher;

    if (w->proof[0] != '\0') {
        civic_blob_proof_remove(w->folder, w->proof);
        w->proof[0] = '\0';
    }
}


/* An object that its caller ends. */

static void
ngx_http_civic_blobs_begin(civic_writer_t *w,
    const ngx_http_civic_blobs_t *blobs)
{
    civic_writer_object(w, "blobs");
    civic_writer_str(w, "mode", blobs->shared ? CIVIC_STR("shared")
                                              : CIVIC_STR("local"));
}


/* For the heartbeat: which folder this worker has, and the proof of it. */

void
ngx_http_civic_blobs_describe(civic_writer_t *w)
{
    ngx_http_civic_blobs_t       *blobs = ngx_http_civic_worker.conf->blobs;
    ngx_http_civic_blob_watch_t  *watch = &ngx_http_civic_blob_watcher;

    if (blobs == NULL) {
        return;
    }

    ngx_http_civic_blobs_begin(w, blobs);

    if (watch->told_proof[0] != '\0') {
        civic_writer_str(w, "file", civic_cstr(watch->told_proof));
        civic_writer_str(w, "nonce", civic_cstr(watch->told_nonce));
    }

    civic_writer_end(w);
}


/* As it was at the last look, a minute ago at most. */

void
ngx_http_civic_blobs_write(civic_writer_t *w)
{
    ngx_http_civic_blobs_t       *blobs = ngx_http_civic_worker.conf->blobs;
    ngx_http_civic_blob_watch_t  *watch = &ngx_http_civic_blob_watcher;

    if (blobs == NULL) {
        return;
    }

    ngx_http_civic_blobs_begin(w, blobs);
    civic_writer_int(w, "bytes_size", watch->told_size);
    civic_writer_int(w, "bytes_free", watch->told_free);
    civic_writer_end(w);
}


void
ngx_http_civic_blobs_metrics(civic_metrics_t *m)
{
    ngx_http_civic_blob_watch_t  *watch = &ngx_http_civic_blob_watcher;

    if (ngx_http_civic_worker.conf->blobs == NULL) {
        return;
    }

    civic_metrics_family(m, "civic_blobs_size_bytes", "gauge",
                         "Size of the file system of the blobs");
    civic_metrics_value(m, "civic_blobs_size_bytes", NULL,
                        (double) watch->told_size);
    civic_metrics_family(m, "civic_blobs_free_bytes", "gauge",
                         "What is free of it");
    civic_metrics_value(m, "civic_blobs_free_bytes", NULL,
                        (double) watch->told_free);
}


/* ---- failures ----------------------------------------------------------- */

void
ngx_http_civic_blob_written(void)
{
    ngx_http_civic_alarm_clear(NGX_HTTP_CIVIC_BLOBS_FOLDER);
}


static civic_result_t
ngx_http_civic_blob_damaged(ngx_http_civic_request_t *cr, const char *what)
{
    civic_log(&cr->public, CIVIC_LOG_ERROR, "%s: it is damaged, or its "
              "record is another's", what);

    ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_BLOB_DAMAGED, "%s: it is "
                               "damaged; the log has the request", what);

    return CIVIC_INVALID;
}


/* A record without its file: in a folder of this machine's, the file is
   likely to be on another one. */

static const char *
ngx_http_civic_blob_cause(int error)
{
    if (error != NGX_ENOENT) {
        return strerror(error);
    }

    return ngx_http_civic_worker.conf->blobs->shared
           ? "the file is not in the folder"
           : "the file is not in the folder, which is this machine's: it may "
             "be another machine's (civic_blobs says \"local\")";
}


civic_result_t
ngx_http_civic_blob_failed(ngx_http_civic_request_t *cr, const char *what,
    int error)
{
    const char  *cause;

    if (error == EBADMSG) {
        return ngx_http_civic_blob_damaged(cr, what);
    }

    cause = ngx_http_civic_blob_cause(error);

    civic_log(&cr->public, CIVIC_LOG_ERROR, "%s: %s", what, cause);

    if (error == EINVAL || error == ENOMEM || error == EAGAIN) {
        return CIVIC_ERROR;
    }

    ngx_http_civic_alarm_raise(NGX_HTTP_CIVIC_BLOBS_FOLDER, "\"%V\": %s: %s",
                               &ngx_http_civic_worker.conf->blobs->folder,
                               what, cause);

    return CIVIC_NOT_SENT;
}
