/*
 * ctl_exam.h - what the commands of "civicctl exam" share.
 *
 * Each is a function in a file of its own and a row in cmd_exam.c's table.
 */

#ifndef CTL_EXAM_H
#define CTL_EXAM_H

#include "ctl.h"
#include "exam.h"

#define CTL_EXAM_KEY     128
#define CTL_EXAM_REASON  200            /* bytes of --reason */

typedef struct {
    const char      *name;
    ctl_command_pt   run;               /* argv[0] is its name */
    const char      *zh;                /* how it is called */
    const char      *en;
} ctl_exam_command_t;

/* How the command is called: returns CTL_USAGE. */
int ctl_exam_usage(ctl_t *ctl, const char *name);

int ctl_exam_load(ctl_t *ctl, int argc, char **argv);
int ctl_exam_list(ctl_t *ctl, int argc, char **argv);
int ctl_exam_show(ctl_t *ctl, int argc, char **argv);
int ctl_exam_move(ctl_t *ctl, int argc, char **argv);
int ctl_exam_seat(ctl_t *ctl, int argc, char **argv);
int ctl_exam_export(ctl_t *ctl, int argc, char **argv);

/* "civic:{exam:<id>}:<name>" */
void ctl_exam_key(const char *id, const char *name, char key[CTL_EXAM_KEY]);

/* All of a hash, in no order; one may come twice.  0, or -1: it was complained,
   or a row has ended it. */
typedef int (*ctl_exam_row_pt)(void *data, const char *field,
    const char *value);

int ctl_exam_rows(ctl_t *ctl, const char *key, ctl_exam_row_pt take,
    void *data);

/* 0 if it can be an exam's id; else it was complained. */
int ctl_exam_check_id(ctl_t *ctl, const char *id);

/* What stands in Redis: the revision (0: there is no such exam) and, if that is
   asked for, the file as it was loaded (a new reference; NULL: it cannot be
   read).  0, or -1: it was complained. */
typedef struct {
    int64_t   revision;
    int64_t   before;
    json_t   *tree;
} ctl_exam_seen_t;

int ctl_exam_read(ctl_t *ctl, const char *id, int with_tree,
    ctl_exam_seen_t *seen);

/* Says that there is none, or that it is damaged. */
void ctl_exam_missing(ctl_t *ctl, const char *id,
    const ctl_exam_seen_t *seen);

/* --reason: at most CTL_EXAM_REASON bytes of text; NULL becomes "", unless it
   is required.  0, or -1: it was complained. */
int ctl_exam_check_reason(ctl_t *ctl, const char **reason, int required);

/* All faults of a file, to stderr. */
void ctl_exam_faults(ctl_t *ctl, const char *name,
    const civic_exam_faults_t *faults);

/* Whether the plugin photo_check is configured, and its rules do not know this
   photo_profile.  Rules that cannot be read are complained about: 0. */
int ctl_exam_photo_unknown(ctl_t *ctl, const char *profile);

/* An act to be told to the audit trail with a new revision; details is given
   away. */
typedef struct {
    const char  *command;               /* "civicctl exam load" */
    const char  *action;                /* "exam.loaded" */
    json_t      *details;
} ctl_exam_act_t;

/* Makes a checked exam the newest revision; its number, or -1: it was
   complained, and nothing has changed. */
int64_t ctl_exam_publish(ctl_t *ctl, const civic_exam_t *exam,
    const ctl_exam_seen_t *seen, const ctl_exam_act_t *act);

#endif
