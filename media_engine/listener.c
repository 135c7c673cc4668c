/*
 * listener.c - see listener.h.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "listener.h"

/* A full queue answers nginx with an error at once: all who may wait, may. */
#define LISTENER_QUEUE  4096


static void
listener_address(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path) + 1);
}


static int
listener_answers(const struct sockaddr_un *address)
{
    int  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int  refused;

    if (fd == -1) {
        return 1;
    }

    refused = connect(fd, (const struct sockaddr *) address, sizeof(*address))
              != 0 && errno == ECONNREFUSED;
    (void) close(fd);

    return !refused;
}


/* What an engine left behind that could not end gently. */
static int
listener_make_room(const struct sockaddr_un *address, char why[LISTENER_WHY])
{
    const char   *path = address->sun_path;
    struct stat   st;

    if (lstat(path, &st) != 0) {
        return 0;                       /* bind() tells what else is wrong */
    }

    if (!S_ISSOCK(st.st_mode)) {
        (void) snprintf(why, LISTENER_WHY, "%s is there and is no socket",
                        path);
        return -1;
    }

    if (listener_answers(address)) {
        (void) snprintf(why, LISTENER_WHY, "somebody listens on %s already",
                        path);
        return -1;
    }

    if (unlink(path) != 0) {
        (void) snprintf(why, LISTENER_WHY, "%s: %s", path, strerror(errno));
        return -1;
    }

    return 0;
}


/* Nobody may open it before it has its group and its mode. */
static int
listener_bind(int fd, const struct sockaddr_un *address,
    const options_t *options)
{
    int     status;
    mode_t  mask = umask(0777);

    status = bind(fd, (const struct sockaddr *) address, sizeof(*address));
    (void) umask(mask);

    if (status != 0) {
        return -1;
    }

    if (options->group != (gid_t) -1
        && chown(address->sun_path, (uid_t) -1, options->group) != 0)
    {
        return -1;
    }

    return chmod(address->sun_path, options->mode) != 0
           || listen(fd, LISTENER_QUEUE) != 0 ? -1 : 0;
}


int
listener_open(listener_t *listener, const options_t *options,
    char why[LISTENER_WHY])
{
    struct stat         st;
    struct sockaddr_un  address;

    listener->path = options->socket;
    listener_address(&address, options->socket);

    if (listener_make_room(&address, why) != 0) {
        return -1;
    }

    listener->fd = socket(AF_UNIX,
                          SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (listener->fd == -1 || listener_bind(listener->fd, &address, options)
        != 0 || stat(listener->path, &st) != 0)
    {
        (void) snprintf(why, LISTENER_WHY, "%s: %s", listener->path,
                        strerror(errno));
        return -1;
    }

    listener->dev = st.st_dev;
    listener->ino = st.st_ino;

    return 0;
}


void
listener_close(listener_t *listener)
{
    struct stat  st;

    if (stat(listener->path, &st) == 0 && st.st_dev == listener->dev
        && st.st_ino == listener->ino)
    {
        (void) unlink(listener->path);
    }

    (void) close(listener->fd);
}
