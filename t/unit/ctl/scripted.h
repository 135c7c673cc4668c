/*
 * scripted.h - a Redis that says what a test tells it to.
 *
 * A child process listens on 127.0.0.1, takes one connection, and for each
 * command that arrives (told by its first line) sends the next text of its
 * script, in two halves; at the script's end it closes.
 */

#ifndef SCRIPTED_H
#define SCRIPTED_H

#include <sys/types.h>

typedef struct {
    pid_t  pid;
    char   address[32];                 /* "127.0.0.1:41234" */
    int    fd;                          /* until scripted_start() */
} scripted_t;

/* Takes a port, so that another server's script can name it. */
int scripted_listen(scripted_t *server);

/* script: texts, NULL-terminated. */
int scripted_start(scripted_t *server, const char *const *script);
void scripted_stop(scripted_t *server);

#endif
