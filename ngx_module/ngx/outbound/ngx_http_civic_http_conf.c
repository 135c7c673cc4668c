/*
 * ngx_http_civic_http_conf.c - "civic_upstreams unix:/path;".
 *
 * The server behind the socket is nginx's own (conf/civic-upstreams.conf).
 * Only a unix socket is taken: whoever reaches that server speaks to the
 * providers in the installation's name.
 */

#include "ngx_http_civic_http.h"


char *
ngx_http_civic_upstreams(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_url_t                    u;
    ngx_str_t                   *value = cf->args->elts;
    ngx_http_civic_main_conf_t  *cmcf = conf;

    if (cmcf->upstreams != NULL) {
        return "is duplicate";
    }

    if (value[1].len < 6 || ngx_strncmp(value[1].data, "unix:/", 6) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\", it looks like "
                           "\"unix:/run/civic/upstreams.sock\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = value[1];

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs != 1
        || u.uri.len != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "invalid address", &value[1]);
        return NGX_CONF_ERROR;
    }

    cmcf->upstreams = u.addrs;

    return NGX_CONF_OK;
}
