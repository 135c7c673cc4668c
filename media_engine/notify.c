/*
 * notify.c - see notify.h.
 *
 * One datagram: libsystemd would be a library more in the process that
 * decodes.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"


void
media_notify(const char *state)
{
    int                 fd;
    size_t              len;
    const char         *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    if (path == NULL || (path[0] != '/' && path[0] != '@')
        || strlen(path) >= sizeof(address.sun_path))
    {
        return;
    }

    len = strlen(path);
    memcpy(address.sun_path, path, len);

    if (path[0] == '@') {
        address.sun_path[0] = '\0';     /* Linux's names without a file */
    }

    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd != -1) {
        (void) sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                      (struct sockaddr *) &address,
                      (socklen_t) (offsetof(struct sockaddr_un, sun_path)
                                   + len));
        (void) close(fd);
    }
}
