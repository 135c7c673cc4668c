/*
 * ngx_http_civic_handler.c - from a location to a route.
 */

#include "ngx_http_civic.h"


/* A named or regex location has none. */

ngx_str_t
ngx_http_civic_location_prefix(ngx_http_request_t *r)
{
    ngx_str_t                  prefix;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    prefix = clcf->name;

    if (clcf->named) {
        prefix.len = 0;
    }

#if (NGX_PCRE)
    if (clcf->regex != NULL) {
        prefix.len = 0;
    }
#endif

    if (prefix.len != 0 && prefix.data[prefix.len - 1] == '/') {
        prefix.len--;
    }

    return prefix;
}


/*
 * The path below the location, as the client wrote it: a "%2F" inside a
 * parameter stays there.  A rewritten URI is escaped again.
 */

static ngx_int_t
ngx_http_civic_route_path(ngx_http_request_t *r, civic_str_t *path)
{
    u_char     *p, *args;
    size_t      escape;
    ngx_str_t   uri, prefix;

    if (r->valid_unparsed_uri) {
        uri = r->unparsed_uri;
        args = ngx_strlchr(uri.data, uri.data + uri.len, '?');

        if (args != NULL) {
            uri.len = args - uri.data;
        }

    } else {
        escape = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len,
                                    NGX_ESCAPE_URI);
        p = ngx_pnalloc(r->pool, r->uri.len + escape);
        if (p == NULL) {
            return NGX_ERROR;
        }

        uri.data = p;

        if (escape == 0) {
            uri.len = ngx_cpymem(p, r->uri.data, r->uri.len) - p;
        } else {
            uri.len = (u_char *) ngx_escape_uri(p, r->uri.data, r->uri.len,
                                                NGX_ESCAPE_URI)
                      - p;
        }
    }

    prefix = ngx_http_civic_location_prefix(r);

    if (uri.len < prefix.len
        || ngx_strncmp(uri.data, prefix.data, prefix.len) != 0)
    {
        /* written in another way than the location: no route has it */
        path->data = "";
        path->len = 0;
        return NGX_OK;
    }

    path->data = (char *) uri.data + prefix.len;
    path->len = uri.len - prefix.len;

    return NGX_OK;
}


/* The parameters are UTF-8 once they are decoded: handlers rely on it. */

static ngx_uint_t
ngx_http_civic_params_are_text(ngx_http_request_t *r,
    const civic_match_t *match)
{
    char         *p;
    size_t        i;
    int64_t       len;
    civic_str_t   value;

    for (i = 0; i < match->count; i++) {
        value = match->values[i];

        p = ngx_pnalloc(r->pool, value.len + 1);
        if (p == NULL) {
            return 0;
        }

        len = civic_percent_decode(value, p, 0);

        if (len < 0 || civic_utf8_length(p, len) < 0) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_http_civic_content_handler(ngx_http_request_t *r)
{
    char                         *p;
    civic_str_t                   path, allow, name;
    civic_match_t                 match;
    ngx_http_civic_ctx_t         *ctx;
    ngx_http_civic_main_conf_t   *cmcf = ngx_http_civic_worker.conf;

    ctx = ngx_http_civic_make_ctx(r);

    if (ctx == NULL || ngx_http_civic_route_path(r, &path) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (cmcf == NULL) {
        return ngx_http_civic_send_problem(r, ctx, "not_found",
                                           CIVIC_STR(""));
    }

    name = ngx_http_civic_str(&r->method_name);

    if (!civic_router_match(cmcf->router, civic_method_parse(name), path,
                            &match))
    {
        return ngx_http_civic_send_problem(r, ctx, "not_found",
                                           CIVIC_STR(""));
    }

    if (match.route == NULL) {
        p = ngx_pnalloc(r->pool, 64);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        allow.data = p;
        allow.len = civic_router_allow(match.allow, p);

        return ngx_http_civic_send_problem(r, ctx, "method_not_allowed",
                                           allow);
    }

    if (!ngx_http_civic_params_are_text(r, &match)) {
        return ngx_http_civic_send_problem(r, ctx, "bad_request",
                                           CIVIC_STR(""));
    }

    return ngx_http_civic_serve(r, ctx, match.route, &match);
}
