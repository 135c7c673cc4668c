/*
 * photo_check.h - what the files of the plugin "photo_check" share.
 *
 *   photo_check.c  the tables, and nothing else
 *   upload.c       POST /photo-check/photos and /preview
 *   process.c      POST .../process, and .../submit of what it made
 *   photos.c       what a citizen sees of a photo: GET, wait, picture, finish
 *   engine.h       one picture, from its bytes to a report, and its files
 *   rules.c        what lua/rules/photo_check.lua is asked by all
 *   lock.c         whether another photo may take the place of one
 *   record.c       a photo in Redis: read, put, moved on, forgotten
 *   limits.c       how often a person may have a picture looked at
 *   follow.c       the jobs that empty outboxes
 *   retention.c    the end of a photo's time, and files that are to go
 *   calls.c        what other plugins may ask
 *   compare.h      what goes on with a photo afterwards, and its files
 *
 * A photo is one hash field of its state, in plain words that scripts compare,
 * and one that is sealed: lua/redis/photo_check_put.lua describes them.  All
 * that changes one is photo_put() or photo_move(): they say what is written
 * in one step, and tell whoever waits for it.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef PHOTO_CHECK_H
#define PHOTO_CHECK_H

#include "civic_plugin.h"
#include "jpeg_probe.h"
#include "outbox_run.h"
#include "record.h"
#include "words.h"

#define PHOTO_FAMILY    "photo_check"
#define PHOTO_RECORD    "photo_check"   /* purpose of what is sealed */
#define PHOTO_PICTURE   "photo"         /* purpose of blobs */
#define PHOTO_CONSENT   "face"
#define PHOTO_JPEG      "image/jpeg"

/* Outboxes.  Entries of one stand in the order of their times. */
#define PHOTO_WORK      "work"          /* "<pid> <photo>": go on with it */
#define PHOTO_GONE      "gone"          /* "<pid> <blob>": to be deleted */
#define PHOTO_KEPT      "kept"          /* "<pid> <photo> <ms> <until ms>": its
                                           time ends one day */
#define PHOTO_DRAFTS    "drafts"        /* the same of processed ones: soon */

#define PHOTO_PROFILE_PATTERN  "[a-z][a-z0-9_]{0,31}"
#define PHOTO_DEFAULT   "default"       /* the profile */

#define PHOTO_UPLOAD    (5 * 1024 * 1024 + 512 * 1024)  /* bytes taken; how
                                           many are allowed says the rule */
#define PHOTO_STORED    (2 * 1024 * 1024)   /* with an upload, a request
                                           still has what it may have */
#define PHOTO_TURN      "picture"       /* civic_turn(): somebody's in memory */

/* Counters, in the order of the metrics table. */
typedef enum {
    PHOTO_REPORTS = 0,
    PHOTO_REFUSED_BY_HEADER,
    PHOTO_REFUSED_BY_REPORT,
    PHOTO_ACCEPTED,
    PHOTO_WAITING,
    PHOTO_PROCESSED,
    PHOTO_FINISHED,
    PHOTO_LIMITED,
    PHOTO_ENGINE_DOWN,
    PHOTO_ENGINE_WRONG,
    PHOTO_DELETED,
    PHOTO_COMPARED_SAME,
    PHOTO_COMPARED_DIFFERENT,
    PHOTO_COMPARED_UNSURE,
    PHOTO_COMPARED_LATER,
    PHOTO_REVIEWS,
    PHOTO_REVIEW_APPROVED,
    PHOTO_REVIEW_REFUSED,
    PHOTO_SET_ASIDE
} photo_metric_t;

/* The fields of a report. */
extern const civic_field_t  photo_report[];

/* Handlers. */
civic_result_t photo_upload(civic_request_t *r);
civic_result_t photo_preview(civic_request_t *r);
civic_result_t photo_process(civic_request_t *r);
civic_result_t photo_submit(civic_request_t *r);
civic_result_t photo_show(civic_request_t *r);
civic_result_t photo_show_current(civic_request_t *r);
civic_result_t photo_wait(civic_request_t *r);
civic_result_t photo_picture(civic_request_t *r);
civic_result_t photo_finish(civic_request_t *r);

/* Calls. */
civic_result_t photo_call_state(civic_request_t *r, json_t *in, json_t **out);
civic_result_t photo_call_erase(civic_request_t *r, json_t *in, json_t **out);

/* Jobs. */
civic_result_t photo_follow_run(civic_request_t *r, const civic_job_t *job);


/* ---- record.c ---------------------------------------------------------- */

/*
 * A photo.  States: "processed", "checking", "comparing", "review", "passed",
 * "finished", "refused" (docs/adr/0019-photo-check.md).  Of a person and a
 * profile one counts, in the slot "photo"; what was processed and not
 * submitted stands in the slot "draft", and an upload that its report refused
 * in the slot "last", so that it takes nothing from the one that counts.
 */
typedef struct {
    civic_str_t   pid;
    civic_str_t   id;                   /* empty: there is none */
    civic_str_t   text;                 /* the state as Redis has it */
    civic_str_t   state;                /* its word */
    int64_t       version;
    civic_str_t   profile;
    civic_str_t   blob;                 /* the picture; empty: deleted */
    civic_msec_t  since;                /* of the state */
    civic_msec_t  due;                  /* next try, or end of a lease; 0 */
    civic_msec_t  until;                /* it is kept so long */
    int64_t       tries;                /* that failed, of this state */

    /* sealed */
    civic_str_t   report;               /* the rule's, JSON text; empty: none */
    civic_str_t   changes;              /* of process, JSON text */
    civic_str_t   comparison;           /* what was compared, JSON text */
    civic_str_t   reason;               /* codes, why it is refused; a space
                                           between */
    civic_str_t   note;                 /* of staff */
    civic_str_t   reviewer;             /* of staff, until due */
} photo_t;

int photo_is(const photo_t *photo, const char *state);

/* 1: none of "processed", "checking", "comparing", "review". */
int photo_is_settled(const photo_t *photo);

/* CIVIC_NOT_FOUND: there is no such photo. */
civic_result_t photo_read(civic_request_t *r, civic_str_t pid,
    civic_str_t id, photo_t *photo);

/* The one of a slot ("photo", "draft", "last"); photo->id is empty if there
   is none. */
civic_result_t photo_slot_read(civic_request_t *r, civic_str_t pid,
    const char *slot, civic_str_t profile, photo_t *photo);

/* All of a person's that count or once did, at most max; nothing that is
   sealed is opened. */
civic_result_t photo_list(civic_request_t *r, civic_str_t pid,
    photo_t *photos, size_t max, size_t *count);

/*
 * Puts a new photo (pid, profile, state, due, until, and what is sealed) into
 * a slot, in the place of what stands there, and empties the slot "last".
 * Once for the Idempotency-Key: photo is afterwards the one that the first
 * run put.  blob: NULL, or the picture, whose record is stored by the same
 * script.  work: somebody has to go on with it.
 */
typedef struct {
    const char          *slot;
    const civic_blob_t  *blob;
    int                  once;
    int                  work;
} photo_put_t;

civic_result_t photo_put(civic_request_t *r, photo_t *photo,
    const photo_put_t *put);

/*
 * Moves a photo on, if it still is as it was read: to a state, with photo's
 * due, until and tries.  *moved: 0, and photo has what is there by now (state
 * only; its id is empty if it is gone).
 */
typedef struct {
    const char                 *state;      /* NULL: the same one */
    int                         sealed;     /* also writes what is sealed */
    const civic_blob_t         *blob;       /* another picture; the one before
                                               is deleted */
    int                         drop;       /* the picture is deleted */
    int                         work;       /* an entry for the outbox */
    const char                 *slot;       /* NULL, or where it goes to */
    const civic_consent_t      *consent;    /* NULL, or what must hold */
    const civic_audit_entry_t  *audit;      /* NULL, or what the trail gets */
} photo_move_t;

civic_result_t photo_move(civic_request_t *r, photo_t *photo,
    const photo_move_t *move, int *moved);

/* Forgets a photo whose time is over; no error if it is gone. */
civic_result_t photo_forget(civic_request_t *r, const photo_t *photo);

/* What waits for the photo is told. */
civic_str_t photo_topic(civic_request_t *r, civic_str_t id);

/* JSON as a text of the request; empty without it. */
civic_str_t photo_json_text(civic_request_t *r, const json_t *json);


/* ---- rules.c ----------------------------------------------------------- */

/* By the rule "terms". */
typedef struct {
    int64_t  keep;                      /* s that a photo is kept */
    int64_t  draft;                     /* s of a processed one */
    int64_t  url;                       /* s of a picture's URL */
    int64_t  turns;                     /* pictures in memory, of a worker */
    int64_t  line;                      /* that wait for a turn */
    int64_t  timeout;                   /* ms of one question to an engine */
    int64_t  tries;                     /* then staff look at it */
    int64_t  first_pause;               /* s; doubles */
    int64_t  longest_pause;
} photo_terms_t;

civic_result_t photo_terms(civic_request_t *r, photo_terms_t *terms);


/* ---- follow.c ---------------------------------------------------------- */

/* What the steps of one run share. */
typedef struct {
    int            asked;               /* terms has what the rule says */
    photo_terms_t  terms;
    size_t         spent;               /* bytes of pictures */
    int            turn;                /* it holds one */
    int            stop;                /* no more pictures in this run */
} photo_run_t;

/* With its terms. */
civic_result_t photo_run(civic_request_t *r, const shared_entry_t *entry,
    photo_run_t **run);

/* Steps: of work.c, and of retention.c. */
civic_result_t photo_work_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t photo_gone_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t photo_draft_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t photo_kept_step(civic_request_t *r, shared_entry_t *entry);

/* ms until the next try, after so many. */
int64_t photo_pause(const photo_terms_t *terms, int64_t tries);

/* By the rule "limits": what the header may say at most, and the most bytes
   of a picture that is stored.  known: 0, there is no such profile. */
typedef struct {
    int                  known;
    civic_jpeg_limits_t  jpeg;
    int64_t              stored;
} photo_limits_t;

civic_result_t photo_limits(civic_request_t *r, civic_str_t profile,
    photo_limits_t *limits);

/* The profile of the query, by the rule; answers if there is none such. */
civic_result_t photo_profile(civic_request_t *r, civic_str_t *profile,
    photo_limits_t *limits, int *answered);

/* What the reader is told of a photo: the rule "messages". */
civic_result_t photo_messages(civic_request_t *r, const photo_t *photo,
    json_t **messages);


/* ---- photos.c ---------------------------------------------------------- */

/* Answers with all that is told of a photo. */
civic_result_t photo_reply(civic_request_t *r, int status,
    const photo_t *photo);
void photo_write_report(civic_request_t *r, civic_writer_t *w,
    json_t *report);
void photo_write_messages(civic_request_t *r, civic_writer_t *w,
    json_t *messages);

/* The caller's photo of the path; answers if there is none. */
civic_result_t photo_find(civic_request_t *r, photo_t *photo, int *answered);


/* ---- lock.c ------------------------------------------------------------ */

/* Answers if a plugin relies on the photo that counts: it is not to be
   replaced. */
civic_result_t photo_lock(civic_request_t *r, civic_str_t pid,
    civic_str_t profile, int *answered);


/* ---- limits.c ---------------------------------------------------------- */

/* Counts one picture of the caller's ("upload", "preview", "process"), if the
   rule "look" allows. */
civic_result_t photo_look_reserve(civic_request_t *r, const char *kind,
    int *answered);

#endif
