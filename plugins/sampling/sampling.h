/*
 * sampling.h - what the files of the plugin "sampling" share.
 *
 *   sampling.c    the tables, and nothing else
 *   fields.c      bodies and answers of the routes
 *   tube.c        a tube in Redis: named, read, shown
 *   open.c        POST /tubes, and what a sampler or a laboratory sees
 *   people.c      who is in a tube: scanned, removed; sealing
 *   results.c     the laboratory's results: one judged, many by JSON
 *   file.c        the same by CSV
 *   correction.c  a result is changed by two of the laboratory
 *   spread.c      the job that takes a result to whoever is in the tube
 *   tests.c       a person's results: kept, read, erased
 *   query.c       GET /tests: the caller's and the relatives'
 *   retention.c   the jobs that end what is kept
 *
 * docs/adr/0026-sampling.md says what stands where, and why.  Scripts of
 * lua/redis/sampling_*.lua describe each key.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef SAMPLING_H
#define SAMPLING_H

#include "civic_plugin.h"
#include "record.h"

#define SAMPLING_HEALTH   "health"      /* purpose; kinship has it, too */
#define SAMPLING_SPREAD   "spread"      /* outbox, job: "<barcode> <version>" */
#define SAMPLING_TESTS    "tests"       /* family of a person's results */
#define SAMPLING_TUBES    "tubes"       /* family of a sampler's tubes */

#define SAMPLING_BARCODE          32    /* characters */
#define SAMPLING_BARCODE_PATTERN  "[0-9A-Za-z][0-9A-Za-z-]{3,31}"
#define SAMPLING_PEOPLE           64    /* in a tube, whatever the rules say */
#define SAMPLING_MINE             100   /* tubes that a sampler sees */
#define SAMPLING_SHARDS           16    /* of jobs */
#define SAMPLING_JOB              30000 /* ms */
#define SAMPLING_LINES            1000  /* of a file, whatever the rules say */
#define SAMPLING_FILE             (256 * 1024)      /* bytes */

/* Counters, in the order of the metrics table. */
typedef enum {
    SAMPLING_OPENED = 0,
    SAMPLING_SEATED,
    SAMPLING_SCANS_REFUSED,
    SAMPLING_REMOVED,
    SAMPLING_SEALED,
    SAMPLING_TOLD,
    SAMPLING_LINES_REFUSED,
    SAMPLING_CONTRADICTIONS,
    SAMPLING_CORRECTED,
    SAMPLING_KEPT,
    SAMPLING_RECHECKS,
    SAMPLING_WITHOUT_CONSENT,
    SAMPLING_LOST,
    SAMPLING_TUBES_GONE,
    SAMPLING_TESTS_GONE,
    SAMPLING_SET_ASIDE
} sampling_metric_t;

/* Handlers. */
civic_result_t sampling_open(civic_request_t *r);
civic_result_t sampling_list(civic_request_t *r);
civic_result_t sampling_show(civic_request_t *r);
civic_result_t sampling_scan(civic_request_t *r);
civic_result_t sampling_remove(civic_request_t *r);
civic_result_t sampling_seal(civic_request_t *r);
civic_result_t sampling_results(civic_request_t *r);
civic_result_t sampling_results_file(civic_request_t *r);
civic_result_t sampling_propose(civic_request_t *r);
civic_result_t sampling_confirm(civic_request_t *r);
civic_result_t sampling_reject(civic_request_t *r);
civic_result_t sampling_query(civic_request_t *r);

/* Calls. */
civic_result_t sampling_call_erase(civic_request_t *r, json_t *in,
    json_t **out);

/* Jobs. */
civic_result_t sampling_spread_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t sampling_tubes_run(civic_request_t *r, const civic_job_t *job);
civic_result_t sampling_tests_run(civic_request_t *r, const civic_job_t *job);


/* ---- fields.c ---------------------------------------------------------- */

extern const civic_field_t  sampling_open_body[];
extern const civic_field_t  sampling_tube_reply[];
extern const civic_field_t  sampling_list_reply[];
extern const civic_field_t  sampling_show_reply[];
extern const civic_field_t  sampling_scan_body[];
extern const civic_field_t  sampling_scan_reply[];
extern const civic_field_t  sampling_results_body[];
extern const civic_field_t  sampling_results_reply[];
extern const civic_field_t  sampling_correction_body[];
extern const civic_field_t  sampling_settle_body[];
extern const civic_field_t  sampling_settled_reply[];
extern const civic_field_t  sampling_query_reply[];


/* ---- tube.c ------------------------------------------------------------ */

/* A correction that waits for another of the laboratory. */
typedef struct {
    civic_str_t   by;                   /* pid; empty: there is none */
    civic_str_t   result;
    civic_msec_t  result_at;
    civic_msec_t  at;
    civic_str_t   why;                  /* sealed */
} sampling_correction_t;

typedef struct {
    civic_str_t            barcode;
    civic_str_t            state;       /* open, sealed, told */
    int64_t                version;
    int64_t                capacity;
    int64_t                count;
    civic_str_t            place;
    civic_str_t            by;          /* the sampler's pid */
    civic_str_t            opened;      /* as it stands there, ms */
    civic_msec_t           at;
    civic_msec_t           sealed_at;   /* 0: not yet */
    civic_str_t            result;      /* empty: not yet */
    civic_msec_t           result_at;
    civic_str_t            settled_by;  /* of a correction; empty: none was */
    sampling_correction_t  correction;
} sampling_tube_t;

/* Somebody in a tube. */
typedef struct {
    int64_t       seat;
    civic_str_t   entry;                /* its id */
    civic_str_t   pid;
    civic_str_t   name;                 /* masked */
    civic_str_t   kind;                 /* of the code: own, kin */
    civic_msec_t  at;
} sampling_seat_t;

/* "civic:{tube:<barcode>}:<part>" */
civic_str_t sampling_key(civic_request_t *r, civic_str_t barcode,
    const char *part);

/* Whether it may be one: to be asked before it becomes part of a key. */
int sampling_is_barcode(civic_str_t text);

int sampling_is(civic_str_t text, const char *word);

/* CIVIC_NOT_FOUND: there is none.  CIVIC_INVALID: damaged, logged. */
civic_result_t sampling_tube_read(civic_request_t *r, civic_str_t barcode,
    sampling_tube_t *tube);

/* The tube of the path; answers if there is none. */
civic_result_t sampling_tube_find(civic_request_t *r, sampling_tube_t *tube,
    int *answered);

/* Who is in it, by seats; *count at most SAMPLING_PEOPLE.  One that is damaged
   is logged, and left out. */
civic_result_t sampling_tube_people(civic_request_t *r,
    const sampling_tube_t *tube, sampling_seat_t *seats, size_t *count);

/* What stands for a person in a tube, and for a tube with a person: nobody
   who reads Redis alone can tell the one from the other.  Of that very tube:
   barcodes are used anew, once a tube is gone. */
civic_result_t sampling_mark(civic_request_t *r, const char *where,
    const sampling_tube_t *tube, civic_str_t pid, civic_str_t *mark);

#define SAMPLING_IN_TUBE    "tube"
#define SAMPLING_OF_PERSON  "person"

/* {barcode, capacity, seats} of a tube for the audit trail; a new reference. */
json_t *sampling_details(civic_str_t barcode, const char *name,
    civic_str_t value);

/* The members of a tube that sampler and laboratory see alike. */
void sampling_write_tube(civic_request_t *r, civic_writer_t *w,
    const sampling_tube_t *tube);

/* Answers with a tube as it is now. */
civic_result_t sampling_reply_tube(civic_request_t *r, civic_str_t barcode,
    int status);

/* Runs a script on a tube's slot that answers with one word: keys[0] and
   keys[1] are given, behind them stands the audit trail, and the entry is
   the last argument. */
typedef struct {
    const char         *name;
    civic_str_t         keys[3];
    size_t              nkeys;
    civic_str_t         args[8];
    size_t              nargs;
    const char         *action;         /* of the audit trail */
    civic_str_t         subject;
    json_t             *details;        /* taken over */
    unsigned            flags;
} sampling_step_t;

civic_result_t sampling_step(civic_request_t *r, sampling_step_t *step,
    civic_str_t *word);

/* A problem for a word of a script ("unknown", "other" ...). */
civic_result_t sampling_refuse(civic_request_t *r, civic_str_t word);

/* Puts a tube into a list or takes it out: sampling_list.lua. */
civic_result_t sampling_list_put(civic_request_t *r, civic_str_t list,
    civic_str_t barcode, civic_msec_t at, int64_t keep);
civic_result_t sampling_list_drop(civic_request_t *r, civic_str_t list,
    civic_str_t barcode);

/* The list that the retention of a tube is ended by. */
civic_str_t sampling_shard_list(civic_request_t *r, unsigned shard);
unsigned sampling_shard_of(civic_str_t barcode);


/* ---- results.c --------------------------------------------------------- */

/* One result of the laboratory, and what came of it. */
typedef struct {
    int64_t       number;               /* of the line; 0: none */
    civic_str_t   barcode;              /* as they came */
    civic_str_t   result;
    civic_str_t   at;                   /* empty: now */
    const char   *outcome;              /* sampling_outcomes[] */
} sampling_line_t;

extern const char *const  sampling_outcomes[];

#define SAMPLING_BROKEN  "broken_line"

/* Takes each for itself, in their order, and replies.  terms: what the rule
   "terms" answered. */
civic_result_t sampling_lines_take(civic_request_t *r, json_t *terms,
    sampling_line_t *lines, size_t count);

/* When a result was found, as people and systems write it.  0, or -1. */
int sampling_time_read(civic_request_t *r, civic_str_t text,
    civic_msec_t *at);

/* A result as rules and scripts have it, of a word that the rule "terms"
   knows; NULL if it is none. */
const char *sampling_result_named(civic_request_t *r, json_t *terms,
    civic_str_t word);

/* A text without spaces at its edges, A to Z as a to z. */
civic_str_t sampling_folded(civic_request_t *r, civic_str_t text);

/* Whether the rule "result" lets it be: NULL, or the outcome that says what
   is wrong. */
civic_result_t sampling_time_judge(civic_request_t *r,
    const sampling_tube_t *tube, civic_msec_t at, const char **wrong);


/* ---- tests.c ----------------------------------------------------------- */

#define SAMPLING_SHOWN  50              /* of a person, at most */

/* What a person was told of a tube. */
typedef struct {
    civic_str_t   tube;                 /* sealed, as all of these */
    civic_str_t   result;               /* negative, positive, recheck,
                                           invalid */
    civic_msec_t  at;                   /* when it was found */
    civic_msec_t  sampled_at;
    civic_str_t   place;
    int64_t       people;               /* in the tube */
    int           corrected;
} sampling_test_t;

typedef enum {
    SAMPLING_TEST_KEPT = 0,             /* now, or before */
    SAMPLING_TEST_NEWER,                /* a correction came before */
    SAMPLING_TEST_OVER                  /* there is no consent */
} sampling_kept_t;

civic_result_t sampling_test_keep(civic_request_t *r, civic_str_t pid,
    const sampling_tube_t *tube, const sampling_test_t *test,
    sampling_kept_t *kept, int *now);

/* The newest, by sampling; *count at most SAMPLING_SHOWN.  Whether a consent
   holds who shows them asks before. */
civic_result_t sampling_tests_read(civic_request_t *r, civic_str_t pid,
    sampling_test_t *tests, size_t *count);

/* What results say of a person now. */
typedef struct {
    int           recheck;              /* is to be sampled again */
    int           positive;
    civic_msec_t  since;                /* the sampling that led to it; or 0 */
} sampling_standing_t;

/* By the rule "standing". */
civic_result_t sampling_standing(civic_request_t *r,
    const sampling_test_t *tests, size_t count,
    sampling_standing_t *standing);

/* Takes results of before an instant away; *gone counts them. */
civic_result_t sampling_tests_end(civic_request_t *r, civic_str_t pid,
    civic_msec_t before, int64_t *gone);

#endif
