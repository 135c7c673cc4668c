/*
 * ngx_http_civic_rules_kept.c - good revisions of rule files, to fall back to.
 *
 * In civic_state there are two of a file:
 *
 *     rules-login.kept          the master's, of the last start or reload
 *     workers/rules-login.kept  the workers', of what they took since then
 *
 * The second goes when the first is written: what is there is newer.  The
 * master runs as root and loads what it wrote itself alone, never what a
 * worker could have: after a start with a broken file a worker loads the
 * second, which it may, and so does one that takes the place of another.
 *
 * Each worker writes what it took, on its thread and by rename, all of them
 * the same: whoever is last wins, and none is ever half.
 */

#include "ngx_http_civic.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_HTTP_CIVIC_TAKEN  "workers"


/* Where: NULL without civic_state. */

ngx_int_t
ngx_http_civic_rules_kept_init(ngx_conf_t *cf,
    ngx_http_civic_main_conf_t *cmcf, ngx_http_civic_plugin_t *plugin,
    ngx_http_civic_rules_t *rules)
{
    size_t  len;

    if (cmcf->state_dir.len == 0) {
        return NGX_OK;
    }

    len = cmcf->state_dir.len + plugin->name.len
          + sizeof("/" NGX_HTTP_CIVIC_TAKEN "/rules-.kept");

    rules->kept = ngx_pnalloc(cf->pool, len);
    rules->taken = ngx_pnalloc(cf->pool, len);
    if (rules->kept == NULL || rules->taken == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf((u_char *) rules->kept, "%V/rules-%V.kept%Z",
                       &cmcf->state_dir, &plugin->name);
    (void) ngx_sprintf((u_char *) rules->taken,
                       "%V/" NGX_HTTP_CIVIC_TAKEN "/rules-%V.kept%Z",
                       &cmcf->state_dir, &plugin->name);

    return NGX_OK;
}


/* ---- in the master ------------------------------------------------------ */

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

static int
ngx_http_civic_rules_kept_is_ours(ngx_conf_t *cf, const char *kept)
{
    char         folder[NGX_MAX_PATH];
    struct stat  st;

    if (lstat(kept, &st) == -1) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                               "the kept revision \"%s\" cannot be used",
                               kept);
        }

        return 0;
    }

    ngx_cpystrn((u_char *) folder, (u_char *) kept, sizeof(folder));
    *strrchr(folder, '/') = '\0';

    if (S_ISREG(st.st_mode) && ngx_http_civic_rules_is_ours(&st)
        && stat(folder, &st) == 0 && ngx_http_civic_rules_is_ours(&st))
    {
        return 1;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "the kept revision \"%s\" is not used: others than "
                       "its owner can write to it, or it is neither root's "
                       "nor ours", kept);
    return 0;
}


civic_rules_t *
ngx_http_civic_rules_kept_load(ngx_conf_t *cf, ngx_http_civic_rules_t *rules)
{
    civic_rules_t    *loaded;
    civic_failure_t   failure;

    if (rules->kept == NULL
        || !ngx_http_civic_rules_kept_is_ours(cf, rules->kept))
    {
        return NULL;
    }

    loaded = civic_rules_load_kept(rules->kept, rules->names, rules->count,
                                   &failure);

    if (loaded == NULL) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the kept revision \"%s\" is not used: %s",
                           rules->kept, failure.text);
    }

    return loaded;
}


/* What workers took is older now; with parts that one left who was killed. */

static void
ngx_http_civic_rules_taken_forget(const char *taken)
{
    int             fd;
    DIR            *dir;
    char            folder[NGX_MAX_PATH];
    size_t          len;
    const char     *name = strrchr(taken, '/') + 1;
    struct dirent  *entry;

    ngx_cpystrn((u_char *) folder, (u_char *) taken,
                ngx_min((size_t) (name - taken), sizeof(folder)));

    fd = open(folder, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) close(fd);
        return;
    }

    len = ngx_strlen(name);

    while ((entry = readdir(dir)) != NULL) {
        if (ngx_strncmp(entry->d_name, name, len) == 0) {
            (void) unlinkat(fd, entry->d_name, 0);
        }
    }

    (void) closedir(dir);
}


void
ngx_http_civic_rules_kept_store(ngx_conf_t *cf, ngx_http_civic_rules_t *rules)
{
    char             part[NGX_MAX_PATH];
    civic_failure_t  failure;

    if (rules->kept == NULL
        || snprintf(part, sizeof(part), "%s.part", rules->kept)
           >= (int) sizeof(part))
    {
        return;
    }

    if (civic_rules_keep(rules->rules, rules->kept, part, &failure) == 0) {
        ngx_http_civic_rules_taken_forget(rules->taken);
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "the good revision of \"%s\" cannot be kept as \"%s\": "
                       "%s", rules->path, rules->kept, failure.text);
}


/* The workers' folder: only they, and root, can look into it. */

static ngx_int_t
ngx_http_civic_rules_taken_make(const char *folder, ngx_cycle_t *cycle)
{
    struct stat       st;
    ngx_core_conf_t  *ccf;

    if (mkdir(folder, 0700) == -1 && ngx_errno != NGX_EEXIST) {
        return NGX_ERROR;
    }

    if (lstat(folder, &st) == -1) {
        return NGX_ERROR;
    }

    if (!S_ISDIR(st.st_mode)) {
        ngx_set_errno(NGX_ENOTDIR);
        return NGX_ERROR;
    }

    if (geteuid() != 0) {
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    return lchown(folder, ccf->user, ccf->group) == 0 ? NGX_OK : NGX_ERROR;
}


void
ngx_http_civic_rules_own(ngx_cycle_t *cycle)
{
    char                         folder[NGX_MAX_PATH];
    ngx_http_civic_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_civic_module);

    if (cmcf == NULL || cmcf->state_dir.len == 0 || ngx_test_config) {
        return;
    }

    (void) snprintf(folder, sizeof(folder), "%s/" NGX_HTTP_CIVIC_TAKEN,
                    (char *) cmcf->state_dir.data);

    if (ngx_http_civic_rules_taken_make(folder, cycle) != NGX_OK) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "civic_state: \"%s\" cannot be made: rules that workers "
                      "take are not kept", folder);
    }
}


/* ---- in a worker, on a thread ------------------------------------------- */

void
ngx_http_civic_rules_taken_store(const ngx_http_civic_rules_t *rules,
    civic_rules_t *taken, civic_failure_t *failure)
{
    char  part[NGX_MAX_PATH];

    /* a worker that ends may be behind those that came after it */
    if (rules->taken == NULL || ngx_exiting
        || snprintf(part, sizeof(part), "%s.%ld", rules->taken,
                    (long) ngx_pid) >= (int) sizeof(part))
    {
        return;
    }

    (void) civic_rules_keep(taken, rules->taken, part, failure);
}


civic_rules_t *
ngx_http_civic_rules_taken_load(const ngx_http_civic_rules_t *rules,
    civic_failure_t *failure)
{
    failure->text[0] = '\0';

    if (rules->taken == NULL || access(rules->taken, F_OK) == -1) {
        return NULL;
    }

    return civic_rules_load_kept(rules->taken, rules->names, rules->count,
                                 failure);
}
