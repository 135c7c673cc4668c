/*
 * ngx_http_civic_folder.c - a folder named in the configuration is looked at
 * before anything is changed in it, and nothing is changed by nginx -t.
 *
 * nginx itself would make such a folder and give it to the workers' user
 * whatever it is: /etc with one wrong word.  It would also not say which
 * directive wanted it.
 */

#include "ngx_http_civic_folder.h"


uid_t
ngx_http_civic_folder_user(ngx_cycle_t *cycle)
{
    ngx_core_conf_t  *ccf;

    if (geteuid() != 0) {
        return geteuid();
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    return ccf->user;                   /* unset: -1 */
}


/* For a command that is to be copied. */

static const char *
ngx_http_civic_folder_user_name(ngx_cycle_t *cycle)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    return ccf->username == NULL ? "<the workers' user>" : ccf->username;
}


static void
ngx_http_civic_folder_refuse(ngx_conf_t *cf, ngx_str_t *directive,
    ngx_str_t *folder, civic_folder_state_t state)
{
    const char  *user = ngx_http_civic_folder_user_name(cf->cycle);

    switch (state) {

    case CIVIC_FOLDER_NO_PARENT:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, NGX_ENOENT,
                           "%V: the folder \"%V\" cannot be made, nor is "
                           "there what it would stand in: install -d -m 0700 "
                           "-o %s %V", directive, folder, user, folder);
        return;

    case CIVIC_FOLDER_NO_FOLDER:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, NGX_ENOTDIR,
                           "%V: \"%V\" cannot be used as a folder: name "
                           "another one", directive, folder);
        return;

    case CIVIC_FOLDER_FOREIGN:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%V: the folder \"%V\" has somebody else's files: "
                           "name a new or an empty one, if it is meant: "
                           "chown %s %V", directive, folder, user, folder);
        return;

    default:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "%V: the folder \"%V\" cannot be looked at",
                           directive, folder);
    }
}


char *
ngx_http_civic_folder_check(ngx_conf_t *cf, ngx_str_t *directive,
    ngx_str_t *folder, ngx_http_civic_folder_look_pt look, ngx_str_t *other)
{
    civic_folder_state_t  state;

    if (other != NULL
        && civic_folder_overlap((char *) folder->data, (char *) other->data))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%V: the folder \"%V\" is not apart from \"%V\": "
                           "\"civic_audit\" and \"civic_blobs\" need a folder "
                           "each, none below the other", directive, folder,
                           other);
        return NGX_CONF_ERROR;
    }

    state = look((char *) folder->data, ngx_http_civic_folder_user(cf->cycle));

    if (state == CIVIC_FOLDER_OURS || state == CIVIC_FOLDER_MISSING) {
        return NGX_CONF_OK;
    }

    ngx_http_civic_folder_refuse(cf, directive, folder, state);

    return NGX_CONF_ERROR;
}
