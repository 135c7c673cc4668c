/*
 * ngx_http_civic_folder.h - what civic_blobs and civic_audit share: a folder
 * named in the configuration is looked at before anything is changed in it.
 */

#ifndef NGX_HTTP_CIVIC_FOLDER_H
#define NGX_HTTP_CIVIC_FOLDER_H

#include "ngx_http_civic.h"
#include "own_folder.h"

typedef civic_folder_state_t (*ngx_http_civic_folder_look_pt)(
    const char *path, uid_t workers);

/*
 * While the directive is read: whether its folder can be used or made, and is
 * apart from the other one's (NULL: not read yet).  What is wrong is logged,
 * with what to do.
 */
char *ngx_http_civic_folder_check(ngx_conf_t *cf, ngx_str_t *directive,
    ngx_str_t *folder, ngx_http_civic_folder_look_pt look, ngx_str_t *other);

/* Who the workers are, as far as the configuration is read: (uid_t) -1 if
   that is not known yet. */
uid_t ngx_http_civic_folder_user(ngx_cycle_t *cycle);

#endif /* NGX_HTTP_CIVIC_FOLDER_H */
