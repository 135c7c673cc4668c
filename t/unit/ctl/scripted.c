/*
 * scripted.c - see scripted.h.
 */

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scripted.h"

#define SCRIPTED_LIFE  20               /* s: no child outlives its test */


int
scripted_listen(scripted_t *server)
{
    socklen_t           len = sizeof(struct sockaddr_in);
    struct sockaddr_in  address = { .sin_family = AF_INET };

    server->pid = -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (server->fd < 0
        || bind(server->fd, (struct sockaddr *) &address, len) != 0
        || listen(server->fd, 4) != 0
        || getsockname(server->fd, (struct sockaddr *) &address, &len) != 0)
    {
        return -1;
    }

    (void) snprintf(server->address, sizeof(server->address), "127.0.0.1:%u",
                    ntohs(address.sin_port));

    return 0;
}


/* Clients of these tests send one command and wait: one read has it whole,
   as long as it is small. */
static void
scripted_run(int listening, const char *const *script)
{
    int     fd = accept(listening, NULL, NULL);
    char    buffer[65536];
    size_t  len;

    for (; *script != NULL && read(fd, buffer, sizeof(buffer)) > 0; script++) {
        len = strlen(*script);
        (void) !write(fd, *script, len / 2);
        (void) usleep(2000);
        (void) !write(fd, *script + len / 2, len - len / 2);
    }

    (void) close(fd);
}


int
scripted_start(scripted_t *server, const char *const *script)
{
    server->pid = fork();

    if (server->pid == 0) {
        (void) alarm(SCRIPTED_LIFE);
        (void) signal(SIGPIPE, SIG_IGN);
        scripted_run(server->fd, script);
        _exit(0);
    }

    (void) close(server->fd);

    return server->pid < 0 ? -1 : 0;
}


void
scripted_stop(scripted_t *server)
{
    if (server->pid > 0) {
        (void) kill(server->pid, SIGKILL);
        (void) waitpid(server->pid, NULL, 0);
        server->pid = -1;
    }
}
