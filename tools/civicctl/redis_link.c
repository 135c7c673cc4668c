/*
 * redis_link.c - sockets, TLS and redirects for civicctl.
 *
 * Blocking, with a timeout on every read and write.  Connections to the
 * nodes of a cluster are kept by address.  A command whose connection is
 * lost is told as lost and never sent again: it may have been done.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "redis_link.h"
#include "slots.h"

#define CTL_REDIS_NODES      64
#define CTL_REDIS_REDIRECTS  16
#define CTL_REDIS_WORDS      64                 /* of one command */
#define CTL_REDIS_TIMEOUT    3000
#define CTL_REDIS_PAUSE      (50 * 1000)        /* us, before trying again */
#define CTL_REDIS_BUFFER     16384

typedef struct {
    char          *address;
    char          *host;                        /* for TLS; "" on a socket */
    int            fd;
    SSL           *tls;
    redisReader   *reader;
} ctl_node_t;

struct ctl_redis_s {
    ctl_redis_config_t   config;
    SSL_CTX             *tls;
    ctl_node_t          *nodes[CTL_REDIS_NODES];
    size_t               count;
};


__attribute__((format(printf, 2, 3)))
static int
ctl_redis_fail(civic_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);

    return -1;
}


static void
ctl_node_free(ctl_node_t *node)
{
    if (node == NULL) {
        return;
    }

    SSL_free(node->tls);

    if (node->fd >= 0) {
        (void) close(node->fd);
    }

    if (node->reader != NULL) {
        redisReaderFree(node->reader);
    }

    free(node->address);
    free(node->host);
    free(node);
}


static void
ctl_node_set_timeout(int fd, unsigned ms)
{
    struct timeval  tv = { ms / 1000, (suseconds_t) (ms % 1000) * 1000 };

    (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}


static int
ctl_node_connect_unix(ctl_node_t *node, const char *path, unsigned timeout,
    civic_failure_t *failure)
{
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(address.sun_path)) {
        return ctl_redis_fail(failure, "redis %.60s...: the path is too long",
                              node->address);
    }

    memcpy(address.sun_path, path, strlen(path) + 1);
    node->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (node->fd < 0) {
        return ctl_redis_fail(failure, "socket: %s", strerror(errno));
    }

    ctl_node_set_timeout(node->fd, timeout);

    if (connect(node->fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
        return ctl_redis_fail(failure, "redis %s: %s", node->address,
                              strerror(errno));
    }

    return 0;
}


/* "host:port", "[v6]:port": host is set in node, the port returned. */
static const char *
ctl_node_split(ctl_node_t *node)
{
    char        *host = node->address;
    char        *colon = strrchr(node->address, ':');
    size_t       len;

    if (colon == NULL) {
        node->host = strdup(host);
        return "6379";
    }

    len = (size_t) (colon - host);

    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }

    node->host = strndup(host, len);

    return colon + 1;
}


static int
ctl_node_connect_tcp(ctl_node_t *node, unsigned timeout,
    civic_failure_t *failure)
{
    int               rc;
    const char       *port = ctl_node_split(node);
    struct addrinfo   hints = { .ai_socktype = SOCK_STREAM }, *found, *ai;

    if (node->host == NULL) {
        return ctl_redis_fail(failure, "no memory");
    }

    rc = getaddrinfo(node->host, port, &hints, &found);

    if (rc != 0) {
        return ctl_redis_fail(failure, "redis %s: %s", node->address,
                              gai_strerror(rc));
    }

    for (ai = found; ai != NULL; ai = ai->ai_next) {
        node->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (node->fd < 0) {
            continue;
        }

        ctl_node_set_timeout(node->fd, timeout);

        if (connect(node->fd, ai->ai_addr, ai->ai_addrlen) == 0) {
            break;
        }

        (void) ctl_redis_fail(failure, "redis %s: %s", node->address,
                              strerror(errno));
        (void) close(node->fd);
        node->fd = -1;
    }

    freeaddrinfo(found);

    return node->fd < 0 ? -1 : 0;
}


/* Verified against the CA and the name, which may be an address. */
static int
ctl_node_start_tls(ctl_redis_t *redis, ctl_node_t *node,
    civic_failure_t *failure)
{
    long         verified;
    const char  *name = redis->config.tls_name;

    if (name == NULL) {
        name = node->host;
    }

    node->tls = SSL_new(redis->tls);

    if (node->tls == NULL || SSL_set_fd(node->tls, node->fd) != 1) {
        return ctl_redis_fail(failure, "no memory");
    }

    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(node->tls), name) != 1
        && (SSL_set1_host(node->tls, name) != 1
            || SSL_set_tlsext_host_name(node->tls, name) != 1))
    {
        return ctl_redis_fail(failure, "redis %s: \"%s\" is no name for TLS",
                              node->address, name);
    }

    if (SSL_connect(node->tls) == 1) {
        return 0;
    }

    verified = SSL_get_verify_result(node->tls);

    return ctl_redis_fail(failure, "redis %s: TLS failed: %s", node->address,
                          verified != X509_V_OK
                          ? X509_verify_cert_error_string(verified)
                          : ERR_peek_error() != 0
                            ? ERR_reason_error_string(ERR_peek_error())
                            : "the connection was closed");
}


static int
ctl_node_write(ctl_node_t *node, const char *data, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        if (node->tls != NULL) {
            n = SSL_write(node->tls, data, (int) len);
        } else {
            n = send(node->fd, data, len, MSG_NOSIGNAL);
        }

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return -1;
        }

        data += n;
        len -= (size_t) n;
    }

    return 0;
}


static ssize_t
ctl_node_read(ctl_node_t *node, char *buffer, size_t size)
{
    ssize_t  n;

    do {
        n = node->tls != NULL ? SSL_read(node->tls, buffer, (int) size)
                              : recv(node->fd, buffer, size, 0);
    } while (n < 0 && node->tls == NULL && errno == EINTR);

    return n;
}


static redisReply *
ctl_node_answer(ctl_node_t *node, civic_failure_t *failure)
{
    char      buffer[CTL_REDIS_BUFFER];
    void     *reply;
    ssize_t   n;

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(node->reader, &reply) != REDIS_OK) {
            (void) ctl_redis_fail(failure, "redis %s: answers garbage: %s",
                                  node->address, node->reader->errstr);
            return NULL;
        }

        if (reply != NULL) {
            return reply;
        }

        n = ctl_node_read(node, buffer, sizeof(buffer));

        if (n <= 0) {
            (void) ctl_redis_fail(failure, "redis %s: %s; the command may or "
                                  "may not have been done", node->address,
                                  n == 0 ? "closed the connection"
                                         : "does not answer");
            return NULL;
        }

        (void) redisReaderFeed(node->reader, buffer, (size_t) n);
    }
}


static redisReply *
ctl_node_command(ctl_node_t *node, size_t argc, const civic_str_t *argv,
    civic_failure_t *failure)
{
    int           rc, len;
    char         *text = NULL;
    size_t        i, lengths[CTL_REDIS_WORDS];
    const char   *words[CTL_REDIS_WORDS];

    if (argc > CTL_REDIS_WORDS) {
        (void) ctl_redis_fail(failure, "a command of %zu words is too long",
                              argc);
        return NULL;
    }

    for (i = 0; i < argc; i++) {
        words[i] = argv[i].data;
        lengths[i] = argv[i].len;
    }

    len = (int) redisFormatCommandArgv(&text, (int) argc, words, lengths);

    if (len < 0) {
        (void) ctl_redis_fail(failure, "no memory");
        return NULL;
    }

    rc = ctl_node_write(node, text, (size_t) len);
    redisFreeCommand(text);

    if (rc != 0) {
        (void) ctl_redis_fail(failure, "redis %s: cannot be written to",
                              node->address);
        return NULL;
    }

    return ctl_node_answer(node, failure);
}


static int
ctl_node_login(ctl_redis_t *redis, ctl_node_t *node, civic_failure_t *failure)
{
    int          rc = 0;
    size_t       argc = 0;
    redisReply  *reply;
    civic_str_t  argv[3];

    if (redis->config.password == NULL) {
        return 0;
    }

    argv[argc++] = CIVIC_STR("AUTH");

    if (redis->config.user != NULL) {
        argv[argc++] = civic_cstr(redis->config.user);
    }

    argv[argc++] = civic_cstr(redis->config.password);
    reply = ctl_node_command(node, argc, argv, failure);

    if (reply == NULL) {
        return -1;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        rc = ctl_redis_fail(failure, "redis %s: %s", node->address,
                            reply->str);
    }

    freeReplyObject(reply);

    return rc;
}


static int
ctl_node_open(ctl_redis_t *redis, ctl_node_t *node, civic_failure_t *failure)
{
    int       rc;
    unsigned  timeout = redis->config.timeout;

    if (timeout == 0) {
        timeout = CTL_REDIS_TIMEOUT;
    }

    if (strncmp(node->address, "unix:", 5) == 0) {
        return ctl_node_connect_unix(node, node->address + 5, timeout,
                                     failure) != 0
               ? -1 : ctl_node_login(redis, node, failure);
    }

    rc = ctl_node_connect_tcp(node, timeout, failure);

    if (rc == 0 && redis->tls != NULL) {
        rc = ctl_node_start_tls(redis, node, failure);
    }

    return rc != 0 ? -1 : ctl_node_login(redis, node, failure);
}


/* The node of an address: the one that is connected, or a new one. */
static ctl_node_t *
ctl_redis_node(ctl_redis_t *redis, const char *address,
    civic_failure_t *failure)
{
    size_t       i;
    ctl_node_t  *node;

    for (i = 0; i < redis->count; i++) {
        if (strcmp(redis->nodes[i]->address, address) == 0) {
            return redis->nodes[i];
        }
    }

    if (redis->count == CTL_REDIS_NODES
        || (node = calloc(1, sizeof(*node))) == NULL)
    {
        (void) ctl_redis_fail(failure, "too many redis nodes, or no memory");
        return NULL;
    }

    node->fd = -1;
    node->address = strdup(address);
    node->reader = redisReaderCreate();

    if (node->address == NULL || node->reader == NULL
        || ctl_node_open(redis, node, failure) != 0)
    {
        ctl_node_free(node);
        return NULL;
    }

    redis->nodes[redis->count++] = node;

    return node;
}


static int
ctl_redis_init_tls(ctl_redis_t *redis, civic_failure_t *failure)
{
    int  rc;

    if (!redis->config.tls) {
        return 0;
    }

    redis->tls = SSL_CTX_new(TLS_client_method());

    if (redis->tls == NULL) {
        return ctl_redis_fail(failure, "no memory");
    }

    (void) SSL_CTX_set_min_proto_version(redis->tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(redis->tls, SSL_VERIFY_PEER, NULL);

    if (redis->config.tls_ca != NULL) {
        rc = SSL_CTX_load_verify_locations(redis->tls, redis->config.tls_ca,
                                           NULL);
    } else {
        rc = SSL_CTX_set_default_verify_paths(redis->tls);
    }

    if (rc != 1) {
        return ctl_redis_fail(failure, "%s: cannot be read as certificates",
                              redis->config.tls_ca != NULL
                              ? redis->config.tls_ca : "the system's CAs");
    }

    return 0;
}


ctl_redis_t *
ctl_redis_connect(const ctl_redis_config_t *config, civic_failure_t *failure)
{
    size_t        i;
    ctl_redis_t  *redis = calloc(1, sizeof(*redis));

    if (redis == NULL) {
        (void) ctl_redis_fail(failure, "no memory");
        return NULL;
    }

    redis->config = *config;
    (void) ctl_redis_fail(failure, "no redis address is configured");

    if (ctl_redis_init_tls(redis, failure) != 0) {
        ctl_redis_close(redis);
        return NULL;
    }

    for (i = 0; i < config->count; i++) {
        if (ctl_redis_node(redis, config->addresses[i], failure) != NULL) {
            return redis;
        }
    }

    ctl_redis_close(redis);

    return NULL;
}


void
ctl_redis_close(ctl_redis_t *redis)
{
    size_t  i;

    if (redis == NULL) {
        return;
    }

    for (i = 0; i < redis->count; i++) {
        ctl_node_free(redis->nodes[i]);
    }

    SSL_CTX_free(redis->tls);
    free(redis);
}


const char *
ctl_redis_address(const ctl_redis_t *redis)
{
    return redis->nodes[0]->address;
}


/* Where an error sends the command: the node, node itself to try again, or
   NULL with failure. */
static ctl_node_t *
ctl_redis_redirect(ctl_redis_t *redis, ctl_node_t *node,
    const redisReply *error, int *asking, civic_failure_t *failure)
{
    char                 where[CIVIC_NODE_ADDRESS];
    unsigned             slot;
    civic_str_t          address, text = { error->str, (size_t) error->len };
    civic_redis_error_t  kind = civic_redis_error(text, &slot, &address);

    *asking = kind == CIVIC_REDIS_ASK;

    if (kind == CIVIC_REDIS_TRYAGAIN) {
        (void) usleep(CTL_REDIS_PAUSE);
        return node;
    }

    if ((kind != CIVIC_REDIS_MOVED && kind != CIVIC_REDIS_ASK)
        || address.len >= sizeof(where))
    {
        (void) ctl_redis_fail(failure, "redis %s: %s", node->address,
                              error->str);
        return NULL;
    }

    memcpy(where, address.data, address.len);
    where[address.len] = '\0';

    return ctl_redis_node(redis, where, failure);
}


redisReply *
ctl_redis_command(ctl_redis_t *redis, size_t argc, const civic_str_t *argv,
    civic_failure_t *failure)
{
    int           i, asking = 0;
    redisReply   *reply;
    ctl_node_t   *node = redis->nodes[0];
    civic_str_t   ask = CIVIC_STR("ASKING");

    for (i = 0; i < CTL_REDIS_REDIRECTS; i++) {
        if (asking) {
            reply = ctl_node_command(node, 1, &ask, failure);

            if (reply == NULL) {
                return NULL;
            }

            freeReplyObject(reply);
        }

        reply = ctl_node_command(node, argc, argv, failure);

        if (reply == NULL || reply->type != REDIS_REPLY_ERROR) {
            return reply;
        }

        node = ctl_redis_redirect(redis, node, reply, &asking, failure);
        freeReplyObject(reply);

        if (node == NULL) {
            return NULL;
        }
    }

    (void) ctl_redis_fail(failure, "redis: redirected over %d times",
                          CTL_REDIS_REDIRECTS);

    return NULL;
}
