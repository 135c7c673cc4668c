/*
 * doctor_audit.c - the folder of civic_audit, and the plugin that fills it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"

#define DOCTOR_PATH  1024

static const doctor_name_t  doctor_audit_name = { "审计记录", "audit trail" };


/* In the child: what a worker does for a chain of its own.  0, or an errno. */
static int
doctor_audit_try(const char *folder)
{
    int    error = 0;
    char   path[DOCTOR_PATH], name[DOCTOR_PATH + 16];
    FILE  *file;

    if (snprintf(path, sizeof(path), "%s/.probe-XXXXXX", folder)
        >= (int) sizeof(path))
    {
        return ENAMETOOLONG;
    }

    if (mkdtemp(path) == NULL) {
        return errno;
    }

    (void) snprintf(name, sizeof(name), "%s/probe", path);
    file = fopen(name, "wxe");

    if (file == NULL) {
        error = errno;

    } else {
        error = fputs("doctor", file) < 0 || fflush(file) != 0
                || fsync(fileno(file)) != 0
                ? errno : 0;
        (void) fclose(file);
        (void) unlink(name);
    }

    (void) rmdir(path);

    return error;
}


/* The jobs that move entries, and that remove lost blobs, are a plugin's. */
static void
doctor_audit_plugin(doctor_t *doctor, ctl_conf_t *conf)
{
    const char  *why;

    if (doctor->has_civic || ctl_conf_next(conf, "civic_plugin", NULL) == NULL)
    {
        return;
    }

    why = ctl_conf_next(conf, "civic_audit", NULL) != NULL ? "civic_audit"
          : ctl_conf_next(conf, "civic_blobs", NULL) != NULL ? "civic_blobs"
          : doctor->needs_civic;

    if (why[0] != '\0') {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "没有加载插件 \"civic\"，而有 %s：没有任务转存审计记录、"
                    "清理无主文件，/civic/messages 等页面也不存在",
                    "the plugin \"civic\" is not loaded, and there is %s: no "
                    "job moves the audit trail or removes lost blobs, and "
                    "/civic/messages and its like are missing", why);
    }
}


void
doctor_audit(doctor_t *doctor, ctl_conf_t *conf)
{
    char                   *folder;
    const ctl_directive_t  *d = ctl_conf_next(conf, "civic_audit", NULL);

    doctor_audit_plugin(doctor, conf);

    if (d == NULL || d->count == 0) {
        if (doctor->needs_civic[0] != '\0') {
            doctor_tell(doctor, DOCTOR_WARNING,
                        "审计记录：没有 civic_audit，记录留在 Redis 中",
                        "audit trail: no civic_audit, entries stay in Redis");
        }

        return;
    }

    folder = ctl_path(doctor->ctl, d->words[0], 0);

    if (folder != NULL) {
        (void) doctor_folder(doctor, &doctor_audit_name, folder,
                             doctor_audit_try);
        free(folder);
    }
}
