/*
 * main.c - civic-media, the process that decodes: options, models, the
 * socket, and then the supervisor.  See docs/media-engine.md.
 *
 * Exit codes: 0 ended when asked to, 1 could not begin, 2 wrongly called.
 */

#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "faces.h"
#include "fonts.h"
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


/* One without them still does all but documents. */
static void
open_fonts(const char *files)
{
    char  why[FONTS_WHY] = "";

    if (fonts_open(files, why) < 0) {
        media_log("no documents: %s", why);
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

    /* They read files, which a worker could not.  Where there is no TZ the
       machine's own is looked for each time that somebody asks; and a
       document is to be the same everywhere. */
    (void) setenv("TZ", "UTC0", 1);
    tzset();
    json_object_seed(0);
    load_models(options.models);
    open_fonts(options.fonts);

    if (listener_open(&listener, &options, why) != 0) {
        media_log("cannot listen: %s", why);
        return 1;
    }

    status = supervisor_run(&options, listener.fd);
    listener_close(&listener);

    return status;
}
