/*
 * engine.h - one picture, from its bytes to a report.
 *
 *   probe.c   its header, on the loop, and its scans, on a thread
 *   engine.c  what the media engine is asked, and what its answers mean
 *   check.c   both, and the rule that judges
 *   settle.c  what follows from a report: a photo that is put
 *   again.c   an upload that waited for the engine, looked at again
 *
 * Nothing of who somebody is goes to an engine, and nothing that comes from
 * one is believed before its shape was looked at.
 */

#ifndef PHOTO_ENGINE_H
#define PHOTO_ENGINE_H

#include "photo_check.h"

/* The file as it was sent.  wrong: NULL, or why it is no photo, a name of the
   rule's table "wrongs". */
typedef struct {
    const char  *wrong;
    uint64_t     bytes;
    unsigned     width;                 /* upright; 0: not known */
    unsigned     height;
} photo_file_t;

/* What one question to an engine came to. */
typedef enum {
    ENGINE_DONE = 0,
    ENGINE_REFUSES,                     /* the picture: see wrong */
    ENGINE_CANNOT,                      /* it has no models for faces */
    ENGINE_DOWN                         /* or answers what nobody can use */
} engine_verdict_t;

typedef struct {
    engine_verdict_t   verdict;
    const char        *wrong;
    json_t            *json;            /* the caller's; of what was looked at,
                                           and nothing else */
    civic_str_t        picture;         /* of process */
} engine_answer_t;

typedef struct {
    civic_str_t      profile;
    photo_limits_t   limits;
    photo_terms_t    terms;
    civic_str_t      bytes;             /* empty: not read yet */
    photo_file_t     file;
    json_t          *measures;          /* the caller's, as below; NULL */
    json_t          *faces;
    json_t          *report;            /* the host's */
    int              down;              /* an engine was not there */
    int              no_models;         /* and this is why there are no faces */
} photo_check_t;


/* ---- probe.c ----------------------------------------------------------- */

/* What the first bytes say; on the loop, at once. */
void photo_probe_head(const civic_upload_t *upload,
    const photo_limits_t *limits, photo_file_t *file);

/* All of it, on a thread. */
civic_result_t photo_probe(civic_request_t *r, civic_str_t bytes,
    const photo_limits_t *limits, photo_file_t *file);


/* ---- engine.c ---------------------------------------------------------- */

civic_result_t photo_engine_measure(civic_request_t *r,
    const photo_terms_t *terms, civic_str_t bytes, engine_answer_t *answer);
civic_result_t photo_engine_faces(civic_request_t *r,
    const photo_terms_t *terms, civic_str_t bytes, engine_answer_t *answer);

/* query as docs/media-engine.md has it; json are the changes. */
civic_result_t photo_engine_process(civic_request_t *r,
    const photo_terms_t *terms, civic_str_t bytes, civic_str_t query,
    engine_answer_t *answer);


/* ---- check.c ----------------------------------------------------------- */

/* What has to be known before anything is looked at: the profile of the query
   and the rules; and that the caller may.  Answers if not. */
civic_result_t photo_check_begin(civic_request_t *r, const char *kind,
    photo_check_t *check, int *answered);

/* The upload: its header at once; if that is good, its bytes, when it is its
   turn.  Answers if there are too many. */
civic_result_t photo_check_upload(civic_request_t *r, photo_check_t *check,
    int *answered);

/* Holds a turn from now on; answers if there are too many before it. */
civic_result_t photo_check_turn(civic_request_t *r,
    const photo_terms_t *terms, int *answered);

/* check->bytes: probed, measured, judged. */
civic_result_t photo_check_bytes(civic_request_t *r, photo_check_t *check);

/* Of the report: "passed", "refused" or "unmeasured". */
int photo_check_says(const photo_check_t *check, const char *verdict);

/* Releases what is the caller's. */
void photo_check_end(photo_check_t *check);

/* Answers 503: nothing was kept, the same again later. */
civic_result_t photo_engine_unavailable(civic_request_t *r,
    const photo_terms_t *terms);


/* ---- settle.c ---------------------------------------------------------- */

/* The picture as it is kept: decoded, upright, encoded anew; *blob.  When the
   engine is down or refuses, check says so. */
civic_result_t photo_make_stored(civic_request_t *r, photo_check_t *check,
    civic_str_t pid, civic_blob_t *blob, int *made);

/* Puts the upload's photo, as the report says; answers if the one that counts
   was locked meanwhile. */
civic_result_t photo_settle_upload(civic_request_t *r, photo_check_t *check,
    photo_t *photo, int *answered);


/* ---- again.c ----------------------------------------------------------- */

/* Goes on with a photo that is "checking" and due, while the caller holds a
   turn.  *spent grows by the bytes read, *down: the engine is not there. */
civic_result_t photo_check_again(civic_request_t *r, photo_t *photo,
    const photo_terms_t *terms, size_t *spent, int *down);

#endif
