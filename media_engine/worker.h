/*
 * worker.h - the process that touches pictures: one connection, one request,
 * the next one.
 */

#ifndef MEDIA_WORKER_H
#define MEDIA_WORKER_H

#include "options.h"

/* How a worker ends by itself: when it was asked to or has served its number
   of requests, before it could serve, and after it had not memory enough. */
#define WORKER_DONE       0
#define WORKER_NOT_READY  2
#define WORKER_EXHAUSTED  3

/*
 * In a child of parent, with SIGTERM blocked: gives up its rights, writes the
 * byte id to ready, serves until SIGTERM.  Ends the process.
 */
void worker_run(const options_t *options, pid_t parent, int listener,
    int ready, unsigned char id) __attribute__((noreturn));

#endif
