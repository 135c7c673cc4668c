/*
 * ngx_http_civic_variables.c - what access logs and alerts can name.
 *
 * $civic_plugin, $civic_route, $civic_status (the true status, also where
 * the envelope made it 200), $civic_problem, $civic_redis_time (seconds).
 */

#include "ngx_http_civic.h"


typedef enum {
    NGX_HTTP_CIVIC_VAR_PLUGIN = 0,
    NGX_HTTP_CIVIC_VAR_ROUTE,
    NGX_HTTP_CIVIC_VAR_STATUS,
    NGX_HTTP_CIVIC_VAR_PROBLEM,
    NGX_HTTP_CIVIC_VAR_REDIS_TIME
} ngx_http_civic_variable_e;


static ngx_int_t ngx_http_civic_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_civic_variables[] = {

    { ngx_string("civic_plugin"), NULL, ngx_http_civic_variable,
      NGX_HTTP_CIVIC_VAR_PLUGIN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("civic_route"), NULL, ngx_http_civic_variable,
      NGX_HTTP_CIVIC_VAR_ROUTE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("civic_status"), NULL, ngx_http_civic_variable,
      NGX_HTTP_CIVIC_VAR_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("civic_problem"), NULL, ngx_http_civic_variable,
      NGX_HTTP_CIVIC_VAR_PROBLEM, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("civic_redis_time"), NULL, ngx_http_civic_variable,
      NGX_HTTP_CIVIC_VAR_REDIS_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_http_civic_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char                *p;
    ngx_str_t              value = ngx_null_string;
    ngx_http_civic_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_civic_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch ((ngx_http_civic_variable_e) data) {

    case NGX_HTTP_CIVIC_VAR_PLUGIN:
        if (ctx->route != NULL && ctx->route->plugin != NULL) {
            value = ctx->route->plugin->name;
        }
        break;

    case NGX_HTTP_CIVIC_VAR_ROUTE:
        if (ctx->route != NULL) {
            value = ctx->route->pattern;
        }
        break;

    case NGX_HTTP_CIVIC_VAR_PROBLEM:
        if (ctx->problem != NULL) {
            value.data = (u_char *) ctx->problem;
            value.len = ngx_strlen(ctx->problem);
        }
        break;

    case NGX_HTTP_CIVIC_VAR_STATUS:
    case NGX_HTTP_CIVIC_VAR_REDIS_TIME:

        p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;

        if (data == NGX_HTTP_CIVIC_VAR_STATUS) {
            value.len = ngx_sprintf(p, "%ui", ctx->status != 0
                                    ? ctx->status : r->headers_out.status) - p;
        } else {
            value.len = ngx_sprintf(p, "%M.%03M", ctx->redis_time / 1000,
                                    ctx->redis_time % 1000) - p;
        }
    }

    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_civic_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_civic_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
