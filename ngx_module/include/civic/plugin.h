/*
 * civic/plugin.h - the plugin itself: one const symbol, whose tables say what
 * the plugin offers and needs, and the stamp that is read from its file before
 * anything of it is loaded.
 *
 * What stands in a table is told where it is used: civic/routes.h,
 * civic/problems.h, civic/rules.h and so on.
 */

#ifndef CIVIC_CONTRACT_PLUGIN_H
#define CIVIC_CONTRACT_PLUGIN_H

#include "civic/basics.h"

#define CIVIC_ABI_MAJOR  1
#define CIVIC_ABI_MINOR  0

/*
 * A table of elements that may grow in later minors: the host reads
 * min(size, its own size) of each element and takes the rest as zero.
 */
typedef struct {
    const void  *items;
    uint32_t     count;
    uint32_t     size;
} civic_table_t;

#define CIVIC_TABLE(array)                                                    \
    { (array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0]) }

/* Why configuring or starting failed; the host prints it. */
typedef struct {
    char  text[256];
} civic_failure_t;

/* Plugin flags. */
#define CIVIC_SANDBOX_ONLY  0x01u       /* refused in production */

/* By address.  The one symbol of a plugin. */
typedef struct {
    const char     *name;               /* [a-z][a-z0-9_]*; in URLs "_" is
                                           "-" */
    const char     *version;
    const char     *zh;
    const char     *en;
    civic_table_t   options;            /* civic_option_t */
    civic_table_t   routes;             /* civic_route_t */
    civic_table_t   problems;           /* civic_problem_def_t */
    civic_table_t   rules;              /* civic_rule_def_t */
    civic_table_t   scripts;            /* civic_script_def_t */
    civic_table_t   calls;              /* civic_call_def_t */
    civic_table_t   metrics;            /* civic_metric_def_t */
    civic_table_t   purposes;           /* civic_purpose_def_t */

    /*
     * Looks at the options that the tables cannot check, in the master, as
     * root, and in nginx -t: it must be free of side effects.  Optional.
     * options is complete (fallbacks filled in) and the host's.
     */
    civic_result_t (*check)(json_t *options, civic_failure_t *failure);

    /*
     * Starts the plugin in a worker.  *state is what civic_state() gives
     * later.  Runs on the main stack before the first request; may read
     * files.  On failure the plugin answers 503 plugin_unavailable, the
     * worker lives on and the log has the text.  Optional.
     */
    civic_result_t (*init_worker)(civic_worker_t *w, void **state,
                                  civic_failure_t *failure);

    /* Ends it: the last call that the plugin sees in this worker. Optional. */
    void (*exit_worker)(void *state);

    civic_table_t   jobs;               /* civic_job_def_t */
    civic_table_t   outboxes;           /* civic_outbox_def_t */
    unsigned        flags;
} civic_plugin_t;

/*
 * An ELF note, so that the host can read the version from the file: dlopen
 * runs constructors, and a plugin that does not fit must not run at all.
 */
#define CIVIC_NOTE_NAME     "Civic"
#define CIVIC_NOTE_TYPE     1
#define CIVIC_NOTE_SECTION  ".note.civic"

typedef struct {
    uint32_t  name_size;                /* 6 */
    uint32_t  desc_size;                /* 16 */
    uint32_t  type;                     /* CIVIC_NOTE_TYPE */
    char      name[8];                  /* "Civic", padded */
    uint32_t  major;
    uint32_t  minor;
    uint32_t  pointer_size;
    uint32_t  jansson_major;
} civic_note_t;

#define CIVIC_EXPORT  __attribute__((visibility("default")))

#define CIVIC_STAMP(maj, min)                                                 \
    __attribute__((section(CIVIC_NOTE_SECTION), used, aligned(4)))            \
    static const civic_note_t  civic_stamp = {                                \
        6, 16, CIVIC_NOTE_TYPE, CIVIC_NOTE_NAME,                              \
        (maj), (min), sizeof(void *), JANSSON_MAJOR_VERSION                   \
    }

/*
 * Defines the plugin: CIVIC_PLUGIN = { .name = "hello", ... };
 */
#define CIVIC_PLUGIN                                                          \
    CIVIC_STAMP(CIVIC_ABI_MAJOR, CIVIC_ABI_MINOR);                            \
    CIVIC_EXPORT extern const civic_plugin_t  civic_plugin;                   \
    CIVIC_EXPORT const civic_plugin_t  civic_plugin

#endif /* CIVIC_CONTRACT_PLUGIN_H */
