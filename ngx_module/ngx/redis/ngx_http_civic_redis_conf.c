/*
 * ngx_http_civic_redis_conf.c - the directives of the Redis transport.
 *
 * Read in the master, as root: names are resolved, the password is read and
 * the TLS context is made once, before the workers are.  Everything lives in
 * the configuration's pool and is const afterwards.
 */

#include "ngx_http_civic_redis_private.h"

#define NGX_HTTP_CIVIC_REDIS_PORT          6379
#define NGX_HTTP_CIVIC_REDIS_DEFAULT       "127.0.0.1:6379"
#define NGX_HTTP_CIVIC_REDIS_TIMEOUT       1000
#define NGX_HTTP_CIVIC_REDIS_WAIT_TIMEOUT  500
#define NGX_HTTP_CIVIC_REDIS_PASSWORD_MAX  512
#define NGX_HTTP_CIVIC_REDIS_VERIFY_DEPTH  5

static char *ngx_http_civic_redis_address(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_civic_redis_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The setters of nginx, one level deeper: conf begins with the pointer to
   ours. */
#define ngx_http_civic_redis_option(name, args, set, member)                  \
    { ngx_string(name),                                                       \
      NGX_HTTP_MAIN_CONF|args,                                                \
      ngx_http_civic_redis_set,                                               \
      NGX_HTTP_MAIN_CONF_OFFSET,                                              \
      offsetof(ngx_http_civic_redis_conf_t, member),                          \
      set }


ngx_command_t  ngx_http_civic_redis_commands[] = {

    { ngx_string("civic_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_civic_redis_address,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    ngx_http_civic_redis_option("civic_redis_cluster", NGX_CONF_FLAG,
                                ngx_conf_set_flag_slot, cluster),

    ngx_http_civic_redis_option("civic_redis_user", NGX_CONF_TAKE1,
                                ngx_conf_set_str_slot, user),

    ngx_http_civic_redis_option("civic_redis_password_file", NGX_CONF_TAKE1,
                                ngx_conf_set_str_slot, password_file),

    ngx_http_civic_redis_option("civic_redis_tls", NGX_CONF_FLAG,
                                ngx_conf_set_flag_slot, tls),

    ngx_http_civic_redis_option("civic_redis_tls_ca", NGX_CONF_TAKE1,
                                ngx_conf_set_str_slot, tls_ca),

    ngx_http_civic_redis_option("civic_redis_tls_name", NGX_CONF_TAKE1,
                                ngx_conf_set_str_slot, tls_name),

    ngx_http_civic_redis_option("civic_redis_timeout", NGX_CONF_TAKE1,
                                ngx_conf_set_msec_slot, timeout),

    ngx_http_civic_redis_option("civic_redis_wait", NGX_CONF_TAKE1,
                                ngx_conf_set_num_slot, wait),

    ngx_http_civic_redis_option("civic_redis_wait_timeout", NGX_CONF_TAKE1,
                                ngx_conf_set_msec_slot, wait_timeout),

      ngx_null_command
};


ngx_http_civic_redis_conf_t *
ngx_http_civic_redis_create_conf(ngx_conf_t *cf)
{
    ngx_http_civic_redis_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_civic_redis_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->cluster = NGX_CONF_UNSET;
    conf->tls = NGX_CONF_UNSET;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->wait = NGX_CONF_UNSET;
    conf->wait_timeout = NGX_CONF_UNSET_MSEC;

    return conf;
}


static char *
ngx_http_civic_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_command_t                  inner;
    ngx_http_civic_redis_conf_t  **slot = conf;

    char  *(*set)(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

    set = cmd->post;

    inner = *cmd;
    inner.post = NULL;

    return set(cf, &inner, *slot);
}


/* All addresses of one argument. */
static char *
ngx_http_civic_redis_add_seeds(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf, ngx_str_t *value)
{
    ngx_url_t    u;
    ngx_uint_t   i;
    ngx_addr_t  *seed;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = *value;
    u.default_port = NGX_HTTP_CIVIC_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.uri.len != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in civic_redis \"%V\"",
                           u.err ? u.err : "invalid address", value);
        return NGX_CONF_ERROR;
    }

    if (conf->seeds == NULL) {
        conf->seeds = ngx_array_create(cf->pool, 4, sizeof(ngx_addr_t));
        if (conf->seeds == NULL) {
            return NGX_CONF_ERROR;
        }

        conf->host = u.host;
    }

    for (i = 0; i < u.naddrs; i++) {
        seed = ngx_array_push(conf->seeds);
        if (seed == NULL) {
            return NGX_CONF_ERROR;
        }

        *seed = u.addrs[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_civic_redis_address(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_civic_redis_conf_t  **slot = conf;

    (void) cmd;

    if ((*slot)->seeds != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    (*slot)->addresses = cf->args->nelts - 1;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_civic_redis_add_seeds(cf, *slot, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* A cluster takes every address as a seed; otherwise there is one, though a
   name may have several that are tried in turn. */
static char *
ngx_http_civic_redis_check_seeds(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    ngx_str_t    fallback = ngx_string(NGX_HTTP_CIVIC_REDIS_DEFAULT);
    ngx_uint_t   i;
    ngx_addr_t  *seed;

    if (conf->seeds == NULL
        && ngx_http_civic_redis_add_seeds(cf, conf, &fallback) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!conf->cluster) {
        if (conf->addresses > 1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "several civic_redis addresses need "
                               "\"civic_redis_cluster on\"");
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    seed = conf->seeds->elts;

    if (conf->seeds->nelts > CIVIC_SLOT_NODES / 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis has %ui addresses, %d at most",
                           conf->seeds->nelts, CIVIC_SLOT_NODES / 2);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < conf->seeds->nelts; i++) {
        if (seed[i].name.len >= CIVIC_NODE_ADDRESS) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "civic_redis address \"%V\" is too long for "
                               "a cluster", &seed[i].name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* The file's bytes up to the end of its first line. */
static char *
ngx_http_civic_redis_parse_password(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf, u_char *text, size_t len)
{
    u_char  *end;

    end = ngx_strlchr(text, text + len, '\n');
    if (end != NULL) {
        len = end - text;
    }

    if (len > 0 && text[len - 1] == '\r') {
        len--;
    }

    if (len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis_password_file \"%V\" is empty",
                           &conf->password_file);
        return NGX_CONF_ERROR;
    }

    if (len > NGX_HTTP_CIVIC_REDIS_PASSWORD_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the password in \"%V\" is longer than %d bytes",
                           &conf->password_file,
                           NGX_HTTP_CIVIC_REDIS_PASSWORD_MAX);
        return NGX_CONF_ERROR;
    }

    conf->password.data = ngx_pnalloc(cf->pool, len);
    if (conf->password.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(conf->password.data, text, len);
    conf->password.len = len;

    return NGX_CONF_OK;
}


static char *
ngx_http_civic_redis_read_password(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    char             *rv;
    ssize_t           n;
    u_char            text[NGX_HTTP_CIVIC_REDIS_PASSWORD_MAX + 3];
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    if (ngx_conf_full_name(cf->cycle, &conf->password_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* nonblocking: opening a FIFO must not hang */
    fd = ngx_open_file(conf->password_file.data, NGX_FILE_RDONLY,
                       NGX_FILE_OPEN|NGX_FILE_NONBLOCK, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed",
                           &conf->password_file);
        return NGX_CONF_ERROR;
    }

    n = -1;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR) {
        if (fi.st_mode & S_IROTH) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "civic_redis_password_file \"%V\" can be read "
                               "by everybody", &conf->password_file);
        }

        n = ngx_read_fd(fd, text, sizeof(text));
    }

    if (n < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed",
                           &conf->password_file);
        rv = NGX_CONF_ERROR;

    } else {
        rv = ngx_http_civic_redis_parse_password(cf, conf, text, n);
    }

    ngx_explicit_memzero(text, sizeof(text));

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed",
                           &conf->password_file);
    }

    return rv;
}


#if (NGX_SSL)

static char *
ngx_http_civic_redis_create_ssl(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    if (conf->tls_ca.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis_tls needs civic_redis_tls_ca");
        return NGX_CONF_ERROR;
    }

    if (conf->tls_name.len == 0) {
        conf->tls_name = conf->host;
    }

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_CONF_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    if (ngx_ssl_trusted_certificate(cf, ssl, &conf->tls_ca,
                                    NGX_HTTP_CIVIC_REDIS_VERIFY_DEPTH)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->ssl = ssl;

    return NGX_CONF_OK;
}

#else

static char *
ngx_http_civic_redis_create_ssl(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    (void) conf;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "civic_redis_tls needs an nginx with SSL");
    return NGX_CONF_ERROR;
}

#endif


static char *
ngx_http_civic_redis_check_wait(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    if (conf->timeout == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis_timeout must not be 0");
        return NGX_CONF_ERROR;
    }

    if (conf->wait == 0) {
        return NGX_CONF_OK;
    }

    /* WAIT 0 0 waits for ever; a longer one outlives the call */
    if (conf->wait_timeout == 0 || conf->wait_timeout >= conf->timeout) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis_wait_timeout (%Mms) must be above 0 "
                           "and below civic_redis_timeout (%Mms)",
                           conf->wait_timeout, conf->timeout);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_civic_redis_init_conf(ngx_conf_t *cf,
    ngx_http_civic_redis_conf_t *conf)
{
    ngx_conf_init_value(conf->cluster, 0);
    ngx_conf_init_value(conf->tls, 0);
    ngx_conf_init_msec_value(conf->timeout, NGX_HTTP_CIVIC_REDIS_TIMEOUT);
    ngx_conf_init_value(conf->wait, 0);
    ngx_conf_init_msec_value(conf->wait_timeout,
                             ngx_min(NGX_HTTP_CIVIC_REDIS_WAIT_TIMEOUT,
                                     conf->timeout / 2));

    if (ngx_http_civic_redis_check_seeds(cf, conf) != NGX_CONF_OK
        || ngx_http_civic_redis_check_wait(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->user.len != 0 && conf->password_file.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "civic_redis_user \"%V\" needs "
                           "civic_redis_password_file", &conf->user);
        return NGX_CONF_ERROR;
    }

    if (conf->password_file.len != 0
        && ngx_http_civic_redis_read_password(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->tls) {
        return ngx_http_civic_redis_create_ssl(cf, conf);
    }

    return NGX_CONF_OK;
}
