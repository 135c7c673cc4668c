/*
 * doctor.h - what the parts of "civicctl doctor" share.
 *
 * Each part tells lines: fine, a warning, or a problem; a problem makes the
 * exit code 1.
 */

#ifndef DOCTOR_H
#define DOCTOR_H

#include <sys/types.h>

#include "ctl.h"

typedef enum {
    DOCTOR_FINE = 0,
    DOCTOR_WARNING,
    DOCTOR_PROBLEM
} doctor_grade_t;

typedef struct {
    ctl_t       *ctl;
    unsigned     warnings;
    unsigned     problems;

    /* who the workers are */
    const char  *user;
    uid_t        uid;
    gid_t        gid;
    int          can_switch;            /* we are root, and the user exists */

    /* of the plugins, by doctor_fit() */
    int          has_civic;
    char         needs_civic[96];       /* the first with staff or uploads */
    size_t       max_body;              /* the largest of all routes */
    char         max_body_route[160];
} doctor_t;

/* One line: "[ ok ] text". */
void doctor_tell(doctor_t *doctor, doctor_grade_t grade, const char *zh,
    const char *en, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));

/* doctor_fit.c: the module and the plugins fit the nginx of this machine. */
void doctor_fit(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_conf.c: nginx itself takes the configuration. */
void doctor_conf(doctor_t *doctor);

/* doctor_user.c: does a deed in a child that became the workers' user: 0, or
   an errno.  Only if can_switch. */
typedef int (*doctor_deed_pt)(void *data);

int doctor_as_user(const doctor_t *doctor, doctor_deed_pt deed, void *data);

/* doctor_rights.c: workers can read what they need, and no more. */
void doctor_rights(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_limits.c: descriptors, connections and mappings against fibers, and
   bodies.  After doctor_fit(). */
void doctor_limits(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_upstreams.c: the internal server of outbound HTTP: TLS with
   verification, names, and who can open its socket. */
void doctor_upstreams(doctor_t *doctor, ctl_conf_t *conf);

/* Whether its server has a location for that name. */
int doctor_upstream_served(const ctl_conf_t *conf, const char *name);

/* doctor_plugins.c: what plugins' options lead to: files that workers must
   read, and upstreams.  After doctor_rights(). */
void doctor_plugins(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_media.c: the engines of this machine behind the upstream of that
   name answer. */
void doctor_media(doctor_t *doctor, const ctl_conf_t *conf, const char *name);

/* doctor_calendar.c: how long the rules of "review" know the working days. */
void doctor_calendar(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_folder.c: a folder that workers write; try does, as their user, what
   they would do, and returns 0 or an errno.  -1: there is no such folder. */
typedef struct {
    const char  *zh;
    const char  *en;
} doctor_name_t;

typedef int (*doctor_try_pt)(const char *folder);

int doctor_folder(doctor_t *doctor, const doctor_name_t *name,
    const char *folder, doctor_try_pt try);

/* doctor_audit.c: the folder of the audit trail, and who fills it.  After
   doctor_fit(). */
void doctor_audit(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_blobs.c: the folder of blobs, and that machines share it.  After
   doctor_redis(). */
void doctor_blobs(doctor_t *doctor, ctl_conf_t *conf);

/* What the workers' heartbeats (HGETALL of them) say of it. */
void doctor_blobs_fleet(doctor_t *doctor, const char *folder, int shared,
    const char *here, const redisReply *hash, civic_msec_t now);

/* doctor_redis.c: reachable, safe settings, rights, what fsync costs. */
void doctor_redis(doctor_t *doctor, ctl_conf_t *conf);

/* doctor_records.c: the keyring opens what is in Redis. */
void doctor_records(doctor_t *doctor);

#endif
