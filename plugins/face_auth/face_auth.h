/*
 * face_auth.h - what the files of the plugin "face_auth" share.
 *
 *   face_auth.c   the tables, and nothing else
 *   attempt.c     POST /face-auth/attempts
 *   person.c      whose face it is
 *   limits.c      how often: rows of counts, and the rules that see them
 *   record.c      an attempt in Redis: read, begun, moved on
 *   provider.c    what Alipay is asked, and what its answers mean
 *   page.c        the link to Alipay's page, and its QR code
 *   state.c       GET of an attempt, and the long poll
 *   result.c      POST .../result: what follows when it has passed
 *   picture.c     the picture that may come along: its life
 *   picture_read.c  and its bytes (on a work thread)
 *   counter.c     another way: a code for the counter, for citizens
 *   desk.c        the same, for staff
 *   decision.c    what follows from a decision, and the step that makes sure
 *   follow.c      the jobs that empty outboxes
 *   calls.c       what other plugins may ask
 *
 * All that is kept of a person stands in the hash "face_auth" of the person
 * or account that asks: lua/redis/face_auth_reserve.lua describes it.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef FACE_AUTH_H
#define FACE_AUTH_H

#include "alipay_call.h"
#include "civic_plugin.h"
#include "outbox_run.h"
#include "person_record.h"
#include "record.h"
#include "words.h"

#define FACE_FAMILY     "face_auth"
#define FACE_RECORD     "face_auth"     /* purpose of what is sealed */
#define FACE_PICTURE    "face"          /* purpose of blobs */
#define FACE_CONSENT    "face"          /* pictures stand under it */
#define FACE_COUNTER    "counter"       /* the slot of requests for it */
#define FACE_PICTURES   "pictures"      /* outbox and job */
#define FACE_DECISIONS  "decisions"     /* outbox and job */

#define FACE_CERTIFY    64              /* of certify_id, at most */
#define FACE_CODE       8

/* 32 letters and digits that nobody takes for each other: no 0, O, 1, I. */
#define FACE_CODE_LETTERS  "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

#define FACE_DAY        86400           /* s */

/* Counters, in the order of the metrics table. */
typedef enum {
    FACE_BEGUN = 0,
    FACE_RESUMED,
    FACE_LIMITED,
    FACE_PASSED,
    FACE_NOT_PASSED,
    FACE_FAILED,
    FACE_UNAVAILABLE,
    FACE_CLAIM_CHANGED,
    FACE_CODES,
    FACE_CODES_WRONG,
    FACE_COUNTER_PASSED,
    FACE_COUNTER_REFUSED,
    FACE_PICTURES_KEPT,
    FACE_PICTURES_DELETED,
    FACE_SET_ASIDE
} face_metric_t;

/* Handlers. */
civic_result_t face_attempt_create(civic_request_t *r);
civic_result_t face_attempt_show(civic_request_t *r);
civic_result_t face_attempt_wait(civic_request_t *r);
civic_result_t face_attempt_result(civic_request_t *r);
civic_result_t face_counter_create(civic_request_t *r);
civic_result_t face_counter_show(civic_request_t *r);
civic_result_t face_desk_look_up(civic_request_t *r);
civic_result_t face_desk_decide(civic_request_t *r);

/* Calls. */
civic_result_t face_call_state(civic_request_t *r, json_t *in, json_t **out);
civic_result_t face_call_result(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t face_call_reference(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t face_call_erase(civic_request_t *r, json_t *in, json_t **out);

/* Jobs. */
civic_result_t face_follow_run(civic_request_t *r, const civic_job_t *job);

/* Steps of outboxes. */
civic_result_t face_picture_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t face_decision_step(civic_request_t *r, shared_entry_t *entry);


/* ---- record.c ---------------------------------------------------------- */

/*
 * An attempt, or a request for the counter.  States: "starting" (the provider
 * may not know it yet), "open", "passed", "done" (what follows has been
 * done), "failed", "expired"; of a request "waiting", "passed", "done",
 * "refused", "expired".
 */
typedef struct {
    civic_str_t   pid;                  /* in whose slot it stands */
    civic_str_t   id;                   /* empty: there is none */
    civic_str_t   text;                 /* the state as Redis has it */
    civic_str_t   state;                /* its word */
    civic_str_t   slot;
    civic_msec_t  expires_at;
    civic_msec_t  since;                /* of the state */
    int64_t       told;                 /* asked by hand, and not passed */

    /* sealed; never a number */
    civic_str_t   purpose;
    civic_str_t   consent;              /* under which of the caller's;
                                           empty: FACE_CONSENT */
    civic_str_t   person;               /* whose face */
    civic_str_t   name;                 /* that is proven with it */
    int           name_changed;         /* says the counter */
    civic_str_t   session;              /* digest of the one that began it */
    int           recover;
    int           self;                 /* the caller's own face */
    civic_str_t   order;                /* outer_order_no */
    civic_str_t   certify_id;           /* empty while starting */
    civic_str_t   code;                 /* for the counter */
    civic_str_t   note;                 /* of the counter */
} face_attempt_t;

int face_is(const face_attempt_t *attempt, const char *state);

/* The same for all that one session does, and nothing that opens it. */
civic_result_t face_session_digest(civic_request_t *r, civic_str_t *digest);

/* CIVIC_NOT_FOUND: there is no such attempt. */
civic_result_t face_attempt_read(civic_request_t *r, civic_str_t pid,
    civic_str_t id, face_attempt_t *attempt);

/* The one of a slot; attempt->id is empty if there is none. */
civic_result_t face_slot_read(civic_request_t *r, civic_str_t pid,
    civic_str_t slot, face_attempt_t *attempt);

civic_str_t face_slot(civic_request_t *r, civic_str_t purpose,
    civic_str_t person);

/* "<state> <expires> <now> <slot>" */
civic_str_t face_state_text(civic_request_t *r, const face_attempt_t *attempt,
    const char *state, civic_msec_t expires_at);

/* The record, sealed. */
civic_result_t face_attempt_seal(civic_request_t *r,
    const face_attempt_t *attempt, civic_str_t *sealed);

/* Begins it in the state that is given, once for the Idempotency-Key; the
   attempt is afterwards what the slot has. */
civic_result_t face_attempt_begin(civic_request_t *r, const char *state,
    civic_str_t replaced, face_attempt_t *attempt);

/* Moves it on if it is as it was read; *moved: 0, attempt has the state that
   is there, "expired" if it is gone.  sealed: also writes the record. */
civic_result_t face_attempt_move(civic_request_t *r, face_attempt_t *attempt,
    const char *state, civic_msec_t expires_at, int sealed, int *moved);

/* Takes "<state> <expires> <since> <slot>" apart: 0, or -1. */
int face_state_take(civic_request_t *r, civic_str_t text,
    face_attempt_t *attempt);

/* What waits for the attempt is told. */
civic_str_t face_topic(civic_request_t *r, civic_str_t id);


/* ---- limits.c ---------------------------------------------------------- */

/* Counts of attempts, as the rule sees them. */
typedef struct {
    civic_str_t  row;                   /* as Redis has it */
    int64_t      tries;
    int64_t      last;                  /* ms; 0: none */
    int64_t      begun;
    int64_t      window;                /* ms; 0: none */
} face_tries_t;

civic_result_t face_tries_read(civic_request_t *r, civic_str_t pid,
    face_tries_t *tries);

/* Asks the rule "attempt" and counts one; *counter: the counter is
   offered. */
civic_result_t face_attempt_reserve(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int *counter, int *answered);

/* The same for codes; *life in s. */
civic_result_t face_code_reserve(civic_request_t *r, civic_str_t pid,
    int64_t *life, int *answered);

/* A code that staff typed, before and, if it was right, after a look. */
civic_result_t face_wrong_reserve(civic_request_t *r, civic_str_t staff,
    int *answered);
civic_result_t face_wrong_forgive(civic_request_t *r, civic_str_t staff);


/* ---- person.c ---------------------------------------------------------- */

/* By the rule "purpose", and who that is. */
typedef struct {
    civic_str_t        purpose;
    const char        *consent;         /* of the caller */
    int                self;
    int                recover;
    const char        *biz_code;
    const char        *reserve;
    civic_str_t        person;
    civic_str_t        name;
    civic_str_t        number;
    civic_id_kind_t    kind;
} face_whose_t;

/* What the body says. */
civic_result_t face_whose_read(civic_request_t *r, face_whose_t *whose,
    int *answered);

/* The caller's own identity; answers if there is none. */
civic_result_t face_own_identity(civic_request_t *r, civic_str_t pid,
    face_whose_t *whose, int *answered);

/* Reads an identity number that somebody typed; error is NULL if it is one. */
civic_result_t face_number_read(civic_request_t *r, civic_str_t text,
    civic_str_t kind, civic_id_number_t *id, const char **error);

/* Whether that number was proven before with another name. */
civic_result_t face_name_differs(civic_request_t *r, civic_str_t person,
    civic_str_t name, int *differs);

/* Whether that consent of the caller holds; answers if not. */
civic_result_t face_consent_check(civic_request_t *r, civic_str_t pid,
    civic_str_t consent, int *answered);


/* ---- provider.c -------------------------------------------------------- */

typedef enum {
    FACE_SAYS_PASSED = 0,
    FACE_SAYS_NOT_PASSED,               /* or not finished yet */
    FACE_SAYS_FAILED,                   /* and why */
    FACE_SAYS_GONE,                     /* knows no such attempt */
    FACE_SAYS_REFUSED,                  /* does not begin one */
    FACE_SAYS_NOTHING                   /* cannot be asked, or nobody vouches
                                           for its answer */
} face_verdict_t;

typedef struct {
    face_verdict_t   verdict;
    civic_str_t      reason;
    civic_str_t      material;          /* of a picture; empty if none */
} face_answer_t;

/* What this installation's app may do. */
civic_result_t face_app(civic_request_t *r, int *picture);

/* Begins the attempt at the provider: fills in certify_id (PASSED). */
civic_result_t face_initialize(civic_request_t *r, const face_whose_t *whose,
    face_attempt_t *attempt, face_verdict_t *verdict);

/* Asks what came of it; timeout in ms. */
civic_result_t face_query(civic_request_t *r, const face_attempt_t *attempt,
    unsigned timeout, int picture, face_answer_t *answer);


/* ---- page.c ------------------------------------------------------------ */

/* Answers 201 with all that the phone and the PC show. */
civic_result_t face_page_reply(civic_request_t *r,
    const face_attempt_t *attempt, int counter);

/* The rule "texts"; reason may be empty. */
civic_result_t face_texts(civic_request_t *r, int failed, civic_str_t reason,
    json_t **texts);


/* ---- state.c ----------------------------------------------------------- */

/* By the rule "terms". */
typedef struct {
    int64_t  life;                      /* s */
    int64_t  ask_every;                 /* s */
    int64_t  asks;
    int      same_session;
    int64_t  result_life;               /* s */
    int64_t  kept;                      /* attempts of a person */
    int64_t  kept_for;                  /* s that they stay in Redis */
} face_terms_t;

civic_result_t face_terms(civic_request_t *r, face_terms_t *terms);

/* The caller's attempt of the path; answers if there is none, or if it is
   another session's. */
civic_result_t face_attempt_find(civic_request_t *r,
    const face_terms_t *terms, face_attempt_t *attempt, int *answered);

/* The provider said something: what the attempt is now.  *moved: by us. */
civic_result_t face_attempt_settle(civic_request_t *r,
    face_attempt_t *attempt, face_verdict_t verdict, int *moved);

/* Takes the turn to ask; by_hand: at once, and counted in attempt->told. */
civic_result_t face_ask_turn(civic_request_t *r, face_attempt_t *attempt,
    const face_terms_t *terms, int by_hand, int *turn);


/* ---- result.c ---------------------------------------------------------- */

/* Hands a proof to login.  *refused: NULL, or the problem that says why it
   takes none. */
civic_result_t face_prove(civic_request_t *r, const face_attempt_t *attempt,
    const char *how, const char **refused);


/* ---- picture.c --------------------------------------------------------- */

/* Keeps what came along, if rules and consent allow; a picture that cannot
   be kept is logged, and nothing else fails. */
civic_result_t face_picture_keep(civic_request_t *r, civic_str_t person,
    civic_str_t material);

/* The reference; the id is empty if there is none. */
typedef struct {
    civic_str_t   id;
    civic_msec_t  since;
    civic_msec_t  until;
} face_reference_t;

civic_result_t face_reference_read(civic_request_t *r, civic_str_t pid,
    face_reference_t *reference);

/* Deletes the picture, and with "all" the attempts but those for these
   purposes; how many things.  Purposes have a space before and after each. */
civic_result_t face_forget(civic_request_t *r, civic_str_t pid,
    const char *what, civic_str_t purposes, int64_t *forgotten);

/* Only the attempts for these. */
civic_result_t face_forget_attempts(civic_request_t *r, civic_str_t pid,
    civic_str_t purposes, int64_t *forgotten);


/* ---- picture_read.c ---------------------------------------------------- */

typedef struct {
    const char  *material;              /* JSON text of the provider */
    size_t       len;
    size_t       least;
    size_t       most;
    char        *bytes;                 /* malloc's; NULL: there is none */
    size_t       size;
    const char  *wrong;                 /* why not */
} face_picture_t;

/* On a thread. */
void face_picture_read(void *data);


/* ---- counter.c --------------------------------------------------------- */

/* The key that a code leads through. */
civic_result_t face_code_key(civic_request_t *r, civic_str_t code,
    civic_str_t *key);


/* ---- decision.c -------------------------------------------------------- */

civic_result_t face_decision_entry(civic_request_t *r,
    const face_attempt_t *request, civic_str_t *entry);

/* Carries a decision out, if that is not done: proof, message.  *refused as
   in face_prove(). */
civic_result_t face_decision_finish(civic_request_t *r,
    face_attempt_t *request, const char **refused);

#endif
