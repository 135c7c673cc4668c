/*
 * cmd_version.c - what this is: "civicctl version", and "--version".
 *
 * Reads nothing but itself, so that it answers where all else is broken.
 */

#include "ctl.h"
#include "version.h"


int
ctl_cmd_version(ctl_t *ctl, int argc, char **argv)
{
    (void) argv;

    if (argc > 1) {
        return ctl_usage(ctl, "version", "version");
    }

    ctl_say(ctl, "civicctl %s\n为 nginx %s 构建\n插件接口 %d.%d",
            "civicctl %s\nbuilt for nginx %s\nplugin contract %d.%d",
            CTL_VERSION, CTL_NGINX_VERSION, CIVIC_ABI_MAJOR,
            CIVIC_ABI_MINOR);

    return CTL_FINE;
}
