/*
 * supervisor.h - the parent: keeps as many workers as there are to be, and
 * touches no picture.
 */

#ifndef MEDIA_SUPERVISOR_H
#define MEDIA_SUPERVISOR_H

#include "options.h"

/*
 * Until SIGTERM or SIGINT: 0; or 1 when no worker could begin, and the log
 * says why.  SIGHUP: each worker ends after its request, and a fresh one
 * takes its place.
 */
int supervisor_run(const options_t *options, int listener);

#endif
