/*
 * doctor_conf.c - whether nginx itself takes the configuration.
 *
 * civicctl reads only the directives that it needs; "nginx -t" knows them
 * all, the plugins' options and rules among them.
 */

#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define DOCTOR_CONF_PATH  4096


/* Each complaint of nginx is a line of its own; others are left out. */
static unsigned
doctor_conf_complaints(doctor_t *doctor, char *text)
{
    char            *line, *rest = NULL;
    unsigned         count = 0;
    doctor_grade_t   grade;

    for (line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
    {
        if (strstr(line, "[emerg]") != NULL
            || strstr(line, "[alert]") != NULL)
        {
            grade = DOCTOR_PROBLEM;

        } else if (strstr(line, "[warn]") != NULL) {
            grade = DOCTOR_WARNING;

        } else {
            continue;
        }

        count += grade == DOCTOR_PROBLEM;
        doctor_tell(doctor, grade, "nginx -t：%s", "nginx -t: %s", line);
    }

    return count;
}


void
doctor_conf(doctor_t *doctor)
{
    int       status;
    char     *text, path[DOCTOR_CONF_PATH];
    ctl_t    *ctl = doctor->ctl;
    char     *argv[] = {
        (char *) ctl->nginx, (char *) "-t", (char *) "-c", path, NULL, NULL,
        NULL
    };
    unsigned  complaints;

    if (ctl_nginx_version(ctl) == NULL
        || ctl_conf_path(ctl, path, sizeof(path)) != 0)
    {
        return;                         /* told elsewhere */
    }

    if (ctl->prefix != NULL) {
        argv[4] = (char *) "-p";
        argv[5] = (char *) ctl->prefix;
    }

    text = ctl_run_nginx(ctl, argv, &status);
    complaints = text == NULL ? 0 : doctor_conf_complaints(doctor, text);
    free(text);

    if (status == 0) {
        doctor_tell(doctor, DOCTOR_FINE, "nginx 接受配置 \"%s\"",
                    "nginx takes the configuration \"%s\"", path);

    } else if (complaints == 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "nginx -t 失败：\"%s\"",
                    "nginx -t fails: \"%s\"", path);
    }
}
