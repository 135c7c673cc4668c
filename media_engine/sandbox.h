/*
 * sandbox.h - what a worker gives up before its first request.
 *
 * Afterwards it can take connections from the socket that it has, compute,
 * and end.  It can open nothing, connect to nobody and run nothing; any other
 * system call ends it.
 */

#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

#include "options.h"

#define SANDBOX_WHY  256

/* Of a child of parent, with whom it ends: 0, or -1 with a reason in why, and
   the process must then end. */
int sandbox_enter(const options_t *options, pid_t parent,
    char why[SANDBOX_WHY]);

#endif
