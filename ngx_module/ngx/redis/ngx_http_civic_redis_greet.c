/*
 * ngx_http_civic_redis_greet.c - from a connected socket to a Redis that may
 * be given calls: TLS with the certificate's name, AUTH, PING.
 *
 * The greeting goes through the connection's queue like any command; calls
 * are only queued behind it once it was answered, so that a server which
 * refuses the user never gets to see one.
 */

#include "ngx_http_civic_redis_private.h"


/* The answer to AUTH. */
static void
ngx_http_civic_redis_auth_done(void *data, civic_result_t result,
    const civic_value_t *value)
{
    if (result == CIVIC_OK && value->type == CIVIC_VALUE_ERROR) {
        ngx_http_civic_redis_link_break(data, value->str);
    }
}


/* The answer to PING: the connection is there. */
static void
ngx_http_civic_redis_ping_done(void *data, civic_result_t result,
    const civic_value_t *value)
{
    unsigned                      slot;
    civic_str_t                   address;
    civic_redis_error_t           error;
    ngx_http_civic_redis_link_t  *link;

    link = data;

    if (result != CIVIC_OK || link->broken) {
        return;
    }

    error = value->type == CIVIC_VALUE_ERROR
            ? civic_redis_error(value->str, &slot, &address)
            : CIVIC_REDIS_PLAIN_ERROR;

    /* one that is loading its data says so to each call, too; one with a
       full disk refuses PING, and still reads */
    if (!(value->type == CIVIC_VALUE_STATUS
          && civic_str_eq(value->str, CIVIC_STR("PONG")))
        && error != CIVIC_REDIS_TRYAGAIN && error != CIVIC_REDIS_REFUSED)
    {
        ngx_http_civic_redis_link_break(link, value->str);
        return;
    }

    ngx_http_civic_redis_link_up(link);
}


static void
ngx_http_civic_redis_hello(ngx_http_civic_redis_link_t *link)
{
    size_t                        argc;
    civic_str_t                   argv[3], ping;
    civic_redis_entry_t          *entry;
    ngx_http_civic_redis_conf_t  *conf;

    conf = link->redis->conf;

    ngx_http_civic_redis_link_listen(link);

    link->arena = civic_arena_create(1024, NGX_HTTP_CIVIC_REDIS_BUFFER);
    if (link->arena == NULL) {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    entry = NULL;

    if (conf->password.len != 0) {
        argc = 0;
        argv[argc++] = CIVIC_STR("AUTH");

        if (conf->user.len != 0) {
            argv[argc].data = (char *) conf->user.data;
            argv[argc++].len = conf->user.len;
        }

        argv[argc].data = (char *) conf->password.data;
        argv[argc++].len = conf->password.len;

        entry = civic_redis_queue_push(link->queue, argv, argc, link->arena,
                                       ngx_http_civic_redis_auth_done, link,
                                       ngx_current_msec);
    }

    ping = CIVIC_STR("PING");

    if ((conf->password.len != 0 && entry == NULL)
        || civic_redis_queue_push(link->queue, &ping, 1, link->arena,
                                  ngx_http_civic_redis_ping_done, link,
                                  ngx_current_msec)
           == NULL)
    {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    ngx_http_civic_redis_link_flush_later(link);
}


#if (NGX_SSL)

/* An address is looked for among the certificate's addresses. */
static ngx_int_t
ngx_http_civic_redis_check_name(ngx_connection_t *c, ngx_str_t *name,
    ngx_uint_t is_address)
{
    X509       *cert;
    u_char      text[NGX_SOCKADDR_STRLEN];
    ngx_int_t   rc;

    if (!is_address) {
        return ngx_ssl_check_host(c, name);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL || name->len >= sizeof(text)) {
        X509_free(cert);
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(text, name->data, name->len + 1);
    rc = X509_check_ip_asc(cert, (char *) text, 0) == 1 ? NGX_OK : NGX_ERROR;
    X509_free(cert);

    return rc;
}


/* The name that the certificate must have; whether it is an address. */
static ngx_uint_t
ngx_http_civic_redis_tls_name(ngx_http_civic_redis_link_t *link,
    ngx_str_t *name)
{
    u_char   bytes[16], *colon;

    *name = link->redis->conf->tls_name;

    /* the nodes of a cluster go by their own addresses, unless all their
       certificates have one name */
    if (link->redis->conf->cluster
        && name->data == link->redis->conf->host.data)
    {
        *name = link->node->name;
        colon = (u_char *) strrchr((char *) name->data, ':');
        name->len = colon == NULL ? name->len : (size_t) (colon - name->data);
    }

    if (name->len > 2 && name->data[0] == '[') {
        name->data++;
        name->len -= 2;
    }

    return ngx_inet_addr(name->data, name->len) != INADDR_NONE
#if (NGX_HAVE_INET6)
           || ngx_inet6_addr(name->data, name->len, bytes) == NGX_OK
#endif
           ;
}


static void
ngx_http_civic_redis_handshake_handler(ngx_connection_t *c)
{
    long                          rc;
    ngx_str_t                     name;
    ngx_uint_t                    is_address;
    ngx_http_civic_redis_link_t  *link;

    link = c->data;

    if (!c->ssl->handshaked) {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        ngx_http_civic_redis_link_say(link,
                                      "its certificate is refused: (%l:%s)",
                                      rc, X509_verify_cert_error_string(rc));
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    is_address = ngx_http_civic_redis_tls_name(link, &name);

    if (ngx_http_civic_redis_check_name(c, &name, is_address) != NGX_OK) {
        ngx_http_civic_redis_link_say(link, "its certificate is not for \"%V\"",
                                      &name);
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    ngx_http_civic_redis_hello(link);
}


static void
ngx_http_civic_redis_handshake(ngx_http_civic_redis_link_t *link)
{
    u_char             text[256];
    ngx_int_t          rc;
    ngx_str_t          name;
    ngx_connection_t  *c;

    c = link->peer.connection;

    if (ngx_ssl_create_connection(link->redis->conf->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        ngx_http_civic_redis_link_drop(link, 0);
        return;
    }

    /* RFC 6066: no addresses in SNI */
    if (!ngx_http_civic_redis_tls_name(link, &name)
        && name.len < sizeof(text))
    {
        (void) ngx_cpystrn(text, name.data, name.len + 1);

        if (SSL_set_tlsext_host_name(c->ssl->connection, (char *) text) == 0) {
            ngx_http_civic_redis_link_drop(link, 0);
            return;
        }
    }

    ngx_http_civic_redis_link_say(link, "the TLS handshake failed");

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_http_civic_redis_handshake_handler;
        return;
    }

    ngx_http_civic_redis_handshake_handler(c);
}

#endif


/* The socket is connected. */
void
ngx_http_civic_redis_greet(ngx_http_civic_redis_link_t *link)
{
#if (NGX_SSL)
    if (link->redis->conf->ssl != NULL) {
        ngx_http_civic_redis_handshake(link);
        return;
    }
#endif

    ngx_http_civic_redis_hello(link);
}
