/*
 * listener.h - the unix socket: made once by the parent, accepted from by the
 * workers, removed at the end.
 */

#ifndef MEDIA_LISTENER_H
#define MEDIA_LISTENER_H

#include <sys/stat.h>

#include "options.h"

#define LISTENER_WHY  256

typedef struct {
    const char  *path;
    int          fd;
    dev_t        dev;                   /* what we made, and may remove */
    ino_t        ino;
} listener_t;

/*
 * A socket file that nobody listens on any more is replaced; anything else
 * that is there stays, and is an error.  0, or -1 with a reason in why.
 */
int listener_open(listener_t *listener, const options_t *options,
    char why[LISTENER_WHY]);

/* Removes the file, if it still is the one that was made. */
void listener_close(listener_t *listener);

#endif
