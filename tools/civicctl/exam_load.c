/*
 * exam_load.c - "civicctl exam load": an exam's file becomes its newest
 * revision.  Every fault of it is told at once, and then nothing was changed.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_exam.h"
#include "ctl_options.h"
#include "text.h"

#define COMMAND  "civicctl exam load"
#define ACTION   "exam.loaded"
#define PROFILE  "/photo_profile"
#define TOLD     5                      /* codes that are named */

typedef struct {
    const char  *file;
    const char  *positions;
    const char  *reason;
} asked_t;


static int
parse(int argc, char **argv, asked_t *asked)
{
    const ctl_option_t  options[] = {
        { NULL, &asked->file, NULL },
        { "--positions", &asked->positions, NULL },
        { "--reason", &asked->reason, NULL },
    };

    return CTL_OPTIONS(argc - 1, argv + 1, options) != 0
           || asked->file == NULL ? -1 : 0;
}


/* malloc'ed; NULL: it was complained. */
static char *
read_file(ctl_t *ctl, const char *name, size_t *len)
{
    char    *bytes = malloc(CIVIC_EXAM_FILE + 1);
    FILE    *file = fopen(name, "re");
    size_t   got = 0;

    if (file == NULL || bytes == NULL) {
        ctl_complain(ctl, "读取 \"%s\" 失败：%s", "cannot read \"%s\": %s",
                     name, strerror(errno));
        free(bytes);
        bytes = NULL;

    } else {
        got = fread(bytes, 1, CIVIC_EXAM_FILE + 1, file);

        if (ferror(file)) {
            ctl_complain(ctl, "读取 \"%s\" 失败：%s",
                         "cannot read \"%s\": %s", name, strerror(errno));
            free(bytes);
            bytes = NULL;
        }
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    *len = got;

    return bytes;
}


/* ---- what goes --------------------------------------------------------- */

static const char *
code_of(json_t *position)
{
    return json_string_value(json_object_get(position, "code"));
}


/* Positions that were there: who chose one must choose anew.  Both are sorted
   by code. */
static void
tell_gone(ctl_t *ctl, const civic_exam_t *exam, json_t *before)
{
    int     order;
    char    names[TOLD * (CIVIC_EXAM_CODE + 2) + 1] = "";
    size_t  i = 0, j = 0, gone = 0;

    while (i < json_array_size(before)) {
        order = j == json_array_size(exam->positions) ? -1
                : strcmp(code_of(json_array_get(before, i)),
                         code_of(json_array_get(exam->positions, j)));

        if (order < 0) {
            if (gone++ < TOLD) {
                strcat(strcat(names, " "), code_of(json_array_get(before,
                                                                  i)));
            }
            i++;
            continue;
        }

        i += order == 0;
        j++;
    }

    if (gone > 0) {
        ctl_say(ctl, "注意：与上一版相比，有 %zu 个职位不再存在：%s%s",
                "mind: %zu {position|positions} of the revision before "
                "{is|are} gone:%s%s", gone, names, gone > TOLD ? " ..." : "");
    }
}


/* An instant of a window in a tree, as its file has it. */
static const char *
instant_of(json_t *tree, int window, const char *edge)
{
    json_t  *all = json_object_get(tree, "windows");

    return json_string_value(json_object_get(
               json_object_get(all, civic_exam_window_name(window)), edge));
}


/* A file that is older than "exam move" takes the move back: told, and in the
   audit trail.  A list of "payment.until 2049-12-15T18:00:00+08:00 ->
   2049-12-14T18:00:00+08:00". */
static json_t *
moved_instants(const civic_exam_t *exam, json_t *before)
{
    int          i, j;
    json_t      *moved = json_array();
    const char  *was, *is;

    static const char *const  edges[] = { "from", "until" };

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        for (j = 0; j < 2; j++) {
            was = instant_of(before, i, edges[j]);
            is = instant_of(exam->facts, i, edges[j]);

            if (was != NULL && is != NULL && strcmp(was, is) != 0) {
                (void) json_array_append_new(moved,
                    json_sprintf("%s.%s %s -> %s", civic_exam_window_name(i),
                                 edges[j], was, is));
            }
        }
    }

    return moved;
}


static void
tell_moved(ctl_t *ctl, json_t *moved)
{
    size_t   i;
    json_t  *one;

    json_array_foreach(moved, i, one) {
        ctl_say(ctl, "注意：与上一版相比，时间改了：%s",
                "mind: an instant is another than before: %s",
                json_string_value(one));
    }
}


/* ---- loading ----------------------------------------------------------- */

static int
load(ctl_t *ctl, const civic_exam_t *exam, const char *reason)
{
    size_t            count = json_array_size(exam->positions);
    json_t           *details, *moved;
    int64_t           revision;
    ctl_exam_seen_t   seen;

    if (ctl_conf(ctl) == NULL || ctl_exam_read(ctl, exam->id, 1, &seen) != 0)
    {
        return CTL_PROBLEM;
    }

    moved = moved_instants(exam, seen.tree);
    details = json_pack("{s:s, s:I, s:I, s:s, s:O}", "exam_id", exam->id,
                        "before", (json_int_t) seen.revision, "positions",
                        (json_int_t) count, "reason", reason, "moved",
                        moved);
    revision = ctl_exam_publish(ctl, exam, &seen, &(ctl_exam_act_t) {
        .command = COMMAND, .action = ACTION, .details = details });

    if (revision > 0) {
        ctl_say(ctl, "已载入：%s，第 %lld 版，%zu 个职位",
                "loaded: %s, revision %lld, %zu {position|positions}",
                exam->id, (long long) revision, count);
        tell_gone(ctl, exam, json_object_get(seen.tree, "positions"));
        tell_moved(ctl, moved);
    }

    json_decref(moved);
    json_decref(seen.tree);

    return revision > 0 ? CTL_FINE : CTL_PROBLEM;
}


/* Whether a fault of the file is of photo_profile already. */
static int
is_faulty(const civic_exam_faults_t *faults)
{
    size_t  i;

    for (i = 0; i < faults->count && i < CIVIC_EXAM_FAULTS; i++) {
        if (strcmp(faults->list[i].pointer, PROFILE) == 0) {
            return 1;
        }
    }

    return 0;
}


/* A profile that the rules of photos do not know is one more fault. */
static int
check_profile(ctl_t *ctl, const char *profile, civic_exam_faults_t *faults)
{
    civic_exam_fault_t  *fault;

    if (profile == NULL || is_faulty(faults)
        || !ctl_exam_photo_unknown(ctl, profile))
    {
        return 0;
    }

    if (faults->count < CIVIC_EXAM_FAULTS) {
        fault = &faults->list[faults->count];
        *fault = (civic_exam_fault_t) {
            .pointer = PROFILE, .code = "unknown_profile",
            .zh = "photo_check.lua 的 profiles 中没有这个名称",
            .en = "is no name among the profiles of photo_check.lua" };
        (void) snprintf(fault->detail, sizeof(fault->detail), "%.70s",
                        profile);
    }

    faults->count++;

    return -1;
}


/* The tree is given away. */
static int
take(ctl_t *ctl, json_t *tree, civic_exam_t *exam,
    civic_exam_faults_t *faults)
{
    int      rc;
    json_t  *profile;

    profile = json_incref(json_object_get(tree, "photo_profile"));
    rc = civic_exam_take(tree, exam, faults);

    if (check_profile(ctl, json_string_value(profile), faults) != 0
        && rc == 0)
    {
        civic_exam_done(exam);
        rc = -1;
    }

    json_decref(profile);

    return rc;
}


/* The file, with positions from a table if there is one.  0, or -1: it was
   complained. */
static int
read_exam(ctl_t *ctl, const asked_t *asked, civic_exam_t *exam,
    civic_exam_faults_t *faults)
{
    int      rc = 0;
    char    *bytes, *table = NULL;
    size_t   len, table_len = 0;
    json_t  *tree = NULL;

    bytes = read_file(ctl, asked->file, &len);

    if (bytes != NULL && asked->positions != NULL) {
        table = read_file(ctl, asked->positions, &table_len);
    }

    if (bytes == NULL || (asked->positions != NULL && table == NULL)) {
        free(bytes);
        return -1;
    }

    tree = civic_exam_parse(bytes, len, faults);
    rc = tree == NULL ? -1 : 0;

    if (rc != 0) {
        ctl_exam_faults(ctl, asked->file, faults);

    } else if (table != NULL
               && civic_exam_table(tree, table, table_len, faults) != 0)
    {
        ctl_exam_faults(ctl, asked->positions, faults);
        json_decref(tree);
        rc = -1;

    } else if (take(ctl, tree, exam, faults) != 0) {
        ctl_exam_faults(ctl, asked->file, faults);
        rc = -1;

        if (table != NULL) {
            ctl_complain(ctl, "/positions/0 是 %s 的第 2 行，以此类推",
                         "/positions/0 is row 2 of %s, and so on",
                         asked->positions);
        }
    }

    free(bytes);
    free(table);

    return rc;
}


int
ctl_exam_load(ctl_t *ctl, int argc, char **argv)
{
    int                   rc = CTL_PROBLEM;
    asked_t               asked = { .reason = NULL };
    civic_exam_t          exam;
    civic_exam_faults_t  *faults;

    if (parse(argc, argv, &asked) != 0) {
        return ctl_exam_usage(ctl, "load");
    }

    if (ctl_exam_check_reason(ctl, &asked.reason, 0) != 0) {
        return CTL_USAGE;
    }

    faults = calloc(1, sizeof(civic_exam_faults_t));

    if (faults != NULL && read_exam(ctl, &asked, &exam, faults) == 0) {
        rc = load(ctl, &exam, asked.reason);
        civic_exam_done(&exam);
    }

    free(faults);

    return rc;
}
