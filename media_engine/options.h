/*
 * options.h - what the command line of civic-media says, checked and looked
 * up: names of users and groups are numbers before anybody forks.
 *
 * The texts are those of argv.
 */

#ifndef MEDIA_OPTIONS_H
#define MEDIA_OPTIONS_H

#include <stdio.h>
#include <sys/types.h>

#include "jpeg_read.h"

typedef struct {
    const char     *socket;
    mode_t          mode;               /* of the socket */
    gid_t           group;              /* of the socket; -1: as it comes */
    uid_t           user;               /* of workers; -1: as the parent */
    gid_t           user_group;
    const char     *models;             /* NULL: no faces */
    const char     *fonts;              /* files, ":" between */
    unsigned        workers;
    unsigned        requests;           /* of one worker, then a fresh one */
    unsigned        memory;             /* MB that a request may take */
    unsigned        time;               /* ms to answer in */
    unsigned        client_time;        /* ms for a client to send in, and to
                                           read the answer in */
    unsigned        side;               /* the most of a picture */
    unsigned        megapixels;
    unsigned        scans;
    jpeg_limits_t   limits;             /* of all three, and the reader's own */
} options_t;

typedef enum {
    OPTIONS_RUN = 0,
    OPTIONS_DONE,                       /* --help: was printed */
    OPTIONS_WRONG                       /* told in one line */
} options_status_t;

options_status_t options_parse(options_t *options, int argc, char **argv,
    FILE *out, FILE *err);

#endif
