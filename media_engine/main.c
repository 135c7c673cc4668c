/*
 * main.c - civic-media, the process that decodes: options, models, the
 * socket, and then the supervisor.  See docs/media-engine.md.
 *
 * Exit codes: 0 ended when asked to, 1 could not begin, 2 wrongly called.
 */

#include <time.h>

#include <jansson.h>

#include "faces.h"
#include "listener.h"
#include "log.h"
#include "supervisor.h"


/* An engine without them still measures. */
static void
load_models(const char *folder)
{
    char  why[LISTENER_WHY] = "";

    if (folder == NULL) {
        media_log("no faces: there is no --models");

    } else if (faces_load(folder, why) != 0) {
        media_log("no faces: %s", why);
    }
}


int
main(int argc, char **argv)
{
    int         status;
    char        why[LISTENER_WHY];
    options_t   options;
    listener_t  listener;

    switch (options_parse(&options, argc, argv, stdout, stderr)) {

    case OPTIONS_DONE:
        return 0;

    case OPTIONS_WRONG:
        return 2;

    default:
        break;
    }

    /* They read files, which a worker could not. */
    tzset();
    json_object_seed(0);
    load_models(options.models);

    if (listener_open(&listener, &options, why) != 0) {
        media_log("cannot listen: %s", why);
        return 1;
    }

    status = supervisor_run(&options, listener.fd);
    listener_close(&listener);

    return status;
}
