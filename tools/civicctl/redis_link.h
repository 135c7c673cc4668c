/*
 * redis_link.h - a blocking conversation with Redis for a command-line tool.
 *
 * The same addresses, user, TLS and cluster as the module's own directives
 * give.  hiredis is the codec; sockets and TLS are here, because hiredis
 * 0.14 has no TLS.  MOVED and ASK are followed.  One thread.
 */

#ifndef REDIS_LINK_H
#define REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "civic_plugin.h"

#define CTL_REDIS_ADDRESSES  16

typedef struct {
    const char  *addresses[CTL_REDIS_ADDRESSES];
    size_t       count;
    const char  *user;                  /* NULL: the default user */
    const char  *password;              /* NULL: none */
    int          tls;
    const char  *tls_ca;                /* NULL: the system's */
    const char  *tls_name;              /* NULL: the address's host */
    unsigned     timeout;               /* ms; 0: 3000 */
} ctl_redis_config_t;

typedef struct ctl_redis_s  ctl_redis_t;

/* The strings of config are kept, not copied (tls_ca is read here).  NULL with
   failure when no address answers; the last one's reason is told. */
ctl_redis_t *ctl_redis_connect(const ctl_redis_config_t *config,
    civic_failure_t *failure);
void ctl_redis_close(ctl_redis_t *redis);

/*
 * A command and its answer, which the caller frees (freeReplyObject); it is
 * never of type error: NULL with failure then, and when the connection is
 * lost.
 */
redisReply *ctl_redis_command(ctl_redis_t *redis, size_t argc,
    const civic_str_t *argv, civic_failure_t *failure);

/* Which address answered first. */
const char *ctl_redis_address(const ctl_redis_t *redis);

#endif
