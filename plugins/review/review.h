/*
 * review.h - what the files of the plugin "review" share.
 *
 *   review.c     the tables, and nothing else
 *   tables.c     bodies and answers of the citizen's routes
 *   record.c     an application in Redis: read, listed, moved on
 *   exam.c       the exam's facts, as the plugin "exam" tells them
 *   show.c       what a citizen sees of an application: list, one, wait
 *   draft.c      PATCH: saved field by field
 *   submit.c     POST .../submit, and POST .../withdraw
 *   check.c      all that is wrong with one that is to be submitted
 *   rules.c      what lua/rules/review.lua is asked by several
 *   follow.c     the job "work": index, queue, messages
 *   money.c      the job "money": orders, by what state it is in
 *   tell.c       the job "tell": who may sit the exam
 *   index.c      the index of an exam, and how many want what
 *   deadline.c   the job "deadlines": an exam's instants have moved
 *   rebuild.c    the job that makes indexes anew
 *   retention.c  what is kept long enough is erased
 *   calls.c      what other plugins ask
 *   desk.h       the reviewers' side, and its files
 *
 * An application is one hash field of plain words that scripts compare, and
 * two that are sealed: lua/redis/review_move.lua describes them.  All that
 * changes one is review_move(): it says what is written in one step, puts
 * what must follow into the outboxes, and tells whoever waits for it.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef REVIEW_H
#define REVIEW_H

#include "civic_plugin.h"
#include "exam_facts.h"
#include "outbox_run.h"

#define REVIEW_FAMILY  "review"
#define REVIEW_RECORD  "review"         /* purpose of what is sealed */

/* Outboxes.  An entry is "<pid> <exam> <state> <version>": that state was
   come to.  By the time it is read the application may be further, or gone.
   "<pid> <exam> erased <id>": the application of that id is gone. */
#define REVIEW_WORK    "work"           /* index, queue, messages */
#define REVIEW_MONEY   "money"          /* orders */
#define REVIEW_TELL    "tell"           /* who is told "entitlement" */

#define REVIEW_MOST              64     /* applications of a person, listed */
#define REVIEW_ALL               400    /* and read for other plugins */

#define REVIEW_SHARDS            16     /* of jobs */
#define REVIEW_ITEM              "exam:"    /* of orders, before the exam */

/* Counters, in the order of the metrics table. */
typedef enum {
    REVIEW_MOVES = 0,
    REVIEW_SAVED,
    REVIEW_SUBMITTED,
    REVIEW_NOT_SUBMITTED,
    REVIEW_WITHDRAWN,
    REVIEW_REMOVED,
    REVIEW_ORDERS,
    REVIEW_GIVEN_BACK,
    REVIEW_DEADLINES,
    REVIEW_REBUILT,
    REVIEW_APPROVED,
    REVIEW_REFUSED,
    REVIEW_PROPOSALS,
    REVIEW_REVERSED,
    REVIEW_CONFLICTS,
    REVIEW_UNDATED,
    REVIEW_SET_ASIDE,
    REVIEW_ERASED
} review_metric_t;

/* Handlers. */
civic_result_t review_applications_list(civic_request_t *r);
civic_result_t review_application_show(civic_request_t *r);
civic_result_t review_application_wait(civic_request_t *r);
civic_result_t review_application_save(civic_request_t *r);
civic_result_t review_application_submit(civic_request_t *r);
civic_result_t review_application_withdraw(civic_request_t *r);

/* Bodies and answers of these. */
extern const civic_field_t  review_list_reply[];
extern const civic_field_t  review_application_reply[];
extern const civic_field_t  review_wait_query[];
extern const civic_field_t  review_save_body[];
extern const civic_field_t  review_submit_body[];
extern const civic_field_t  review_withdraw_body[];

/* Calls. */
civic_result_t review_call_state(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_counts(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_paid(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_entitled(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_approved(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_photo_locked(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_payment(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_payment_needed(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t review_call_exam_changed(civic_request_t *r, json_t *in,
    json_t **out);

/* Jobs. */
civic_result_t review_follow_run(civic_request_t *r, const civic_job_t *job);
civic_result_t review_deadlines_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t review_rebuild_run(civic_request_t *r,
    const civic_job_t *job);


/* ---- record.c ---------------------------------------------------------- */

/*
 * A person's application to an exam.  States: "draft", "submitted",
 * "refused", "approved", "removed", "withdrawn"; "none": there is none
 * (docs/adr/0023-applications.md).
 */
typedef struct {
    civic_str_t   pid;
    civic_str_t   exam;
    civic_str_t   text;                 /* as Redis has it; empty: none */
    civic_str_t   state;
    int64_t       version;
    civic_msec_t  since;                /* of the state; real time */
    civic_str_t   id;                   /* names it for staff and in URLs */
    civic_str_t   position;             /* code; empty: not chosen yet */
    civic_msec_t  submitted_at;         /* business time, or 0 */
    civic_msec_t  due_at;               /* business time, or 0 */
    civic_str_t   reversal;             /* a word of whoever decides; empty */
    civic_str_t   reviewer;             /* a pid of staff; empty */

    /* sealed */
    civic_str_t   answers;              /* JSON text: field -> text, or an
                                           array of texts */
    civic_str_t   due_unknown;          /* why there is no due_at */
    civic_str_t   reasons;              /* JSON text, of the last decision:
                                           [{"code", "zh", "en"}, ...] */
    civic_str_t   note;                 /* to the applicant, with reasons */
    civic_str_t   decided_by;           /* a pid of staff */
    civic_msec_t  decided_at;           /* business time, or 0 */
    civic_str_t   proposal;             /* JSON text: of a reversal */

    civic_str_t   past;                 /* sealed still: review_past() */
} review_application_t;

int review_is(const review_application_t *application, const char *state);

/* The problem that tells the applicant why it stays as it is; NULL: it may be
   changed. */
const char *review_locked(const review_application_t *application);

/* In the struct: a reversal that was proposed is over.  What two of the staff
   agree on is what both have seen: it is not for an application that is
   another one by now. */
void review_end_proposal(review_application_t *application);

/* The same, and the decision before and whoever decided are over. */
void review_undecided(review_application_t *application);

/* state is "none" and id empty if there is none.  CIVIC_INVALID: damaged,
   logged. */
civic_result_t review_read(civic_request_t *r, civic_str_t pid,
    civic_str_t exam, review_application_t *application);

/* All of a person, at most max; nothing that is sealed is opened. */
civic_result_t review_list(civic_request_t *r, civic_str_t pid,
    review_application_t *applications, size_t max, size_t *count);

/* What was submitted and decided before: an array, the oldest first; a new
   reference.  {"what": "submitted", "version", "at", "position", "answers"}, or
   what a decision leaves; version is the one that was come to. */
civic_result_t review_past(civic_request_t *r,
    const review_application_t *application, json_t **past);

/*
 * Moves an application on, if it still is as it was read; or begins one (its
 * state is "none"), with a new id.  What comes is what stands in the struct
 * (position, submitted_at, due_at, reversal, reviewer, and with form what is
 * sealed).  *moved: 0, and application has what is there by now: its words
 * and what is sealed, read again.
 */
typedef struct {
    const char                 *state;  /* NULL: the same one; since stays */
    int                         form;   /* also writes what is sealed */
    json_t                     *past;   /* NULL, or what is added to the past;
                                           borrowed */
    int                         once;   /* once for the Idempotency-Key */
    const civic_audit_entry_t  *audit;  /* NULL, or what the trail gets */
} review_move_t;

civic_result_t review_move(civic_request_t *r,
    review_application_t *application, const review_move_t *move, int *moved);

/* What waits for the application is told. */
civic_str_t review_topic(civic_request_t *r, civic_str_t pid,
    civic_str_t exam);


/* ---- exam.c ------------------------------------------------------------ */

/* Business time, ms; from is in and until is out.  0: not told. */
typedef struct {
    civic_msec_t  from;
    civic_msec_t  until;
} review_window_t;

/* Trees are the host's. */
typedef struct {
    int              exists;
    civic_str_t      id;
    int64_t          revision;
    json_t          *title;             /* {zh, en?} */
    json_t          *form;
    review_window_t  registration;
    review_window_t  review;
    review_window_t  payment;
    review_window_t  printing;
    int64_t          fen;               /* 0: nothing is to be paid */
    json_t          *fee_title;
    civic_str_t      profile;           /* of the photo; empty: none needed */
    civic_msec_t     ends;              /* the last subject's end; 0: not
                                           told */
    civic_msec_t     over;              /* the last end of all; 0: not told */
} review_exam_t;

civic_result_t review_exam(civic_request_t *r, civic_str_t id,
    review_exam_t *exam);

/* NULL: there is no such position, or code is empty. */
civic_result_t review_position(civic_request_t *r, civic_str_t exam,
    civic_str_t code, json_t **position);


/* ---- rules.c ----------------------------------------------------------- */

/*
 * Whether something may be done now: "edit", "submit", "amend" (of what was
 * refused), "resubmit" or "withdraw".  *answer is the rule's decision: allow
 * with until, or reason and possible_at.
 */
civic_result_t review_window_rule(civic_request_t *r, const char *what,
    const review_exam_t *exam, civic_msec_t now, json_t **answer);

/* Refuses what may not be done now. */
civic_result_t review_window_check(civic_request_t *r, const char *what,
    const review_exam_t *exam, civic_msec_t now, int *answered);

/* The order as payment.state tells it; state "none" without it, also if there
   is no plugin "payment". */
typedef struct {
    civic_str_t   id;
    civic_str_t   state;
    int64_t       version;
    civic_msec_t  since;
    civic_msec_t  until;
    int64_t       fen;
    int64_t       returned;
    int           paying;               /* somebody pays it just now */
} review_order_t;

civic_result_t review_order(civic_request_t *r, civic_str_t pid,
    civic_str_t exam, review_order_t *order);

/* Whether somebody may sit the exam: approved, and paid or free. */
int review_is_entitled(const review_application_t *application,
    const review_exam_t *exam, const review_order_t *order);


/* ---- show.c ------------------------------------------------------------ */

/* Answers with all that an applicant is told. */
civic_result_t review_reply(civic_request_t *r,
    const review_application_t *application, const review_exam_t *exam);

/* The exam of the path, and the caller's application to it; answers if there
   is no such exam. */
civic_result_t review_find(civic_request_t *r,
    review_application_t *application, review_exam_t *exam, int *answered);


/* ---- check.c ----------------------------------------------------------- */

/* The answers of an application as a tree: a new reference. */
json_t *review_answers(const review_application_t *application);

/* login.identity's answer; NULL: nobody has proven to be this person. */
civic_result_t review_identity(civic_request_t *r, civic_str_t pid,
    json_t **identity);

/* photo_check.state's answer, for the exam's profile. */
civic_result_t review_photo(civic_request_t *r, civic_str_t pid,
    civic_str_t profile, json_t **photo);

/* A list of what is wrong, told at once. */
#define REVIEW_FAULTS  48

typedef struct {
    civic_field_error_t  items[REVIEW_FAULTS];
    size_t               count;
} review_faults_t;

/* Takes over the reference to params. */
void review_fault(review_faults_t *faults, const char *pointer,
    const char *code, json_t *params);

/* Answers "invalid_fields" with them. */
civic_result_t review_faults_answer(civic_request_t *r,
    const review_faults_t *faults);
void review_faults_end(review_faults_t *faults);

/* Held against the form; complete: what is missing, too. */
civic_result_t review_check_answers(civic_request_t *r, json_t *form,
    json_t *answers, int complete, review_faults_t *faults);

/* All that keeps an application from being submitted, but the window. */
civic_result_t review_check(civic_request_t *r,
    const review_application_t *application, const review_exam_t *exam,
    review_faults_t *faults);


/* ---- follow.c ---------------------------------------------------------- */

/* An entry of an outbox, with what it is about as it is by now. */
typedef struct {
    civic_str_t            state;       /* that was come to */
    int64_t                version;
    civic_str_t            erased;      /* an id; empty: nothing was erased */
    review_application_t   application;
    review_exam_t          exam;
} review_following_t;

/* What an entry of any outbox is about.  CIVIC_INVALID: nothing. */
civic_result_t review_following(civic_request_t *r,
    const shared_entry_t *entry, review_following_t *it);

/* Steps of the outboxes "money" and "tell". */
civic_result_t review_money_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t review_tell_step(civic_request_t *r, shared_entry_t *entry);

/* Something became of the order: all outboxes get an entry. */
civic_result_t review_note(civic_request_t *r, civic_str_t pid,
    civic_str_t exam, const char *state, int64_t version);


/* ---- retention.c ------------------------------------------------------- */

/* What keeps an application is read, of listed its words alone.  *erased: it
   was kept long enough, by the rule "retention", and is gone. */
civic_result_t review_erase_over(civic_request_t *r,
    const review_application_t *listed, const review_exam_t *exam,
    int *erased);

/* It is gone: out of the index and all queues. */
civic_result_t review_follow_erased(civic_request_t *r, civic_str_t pid,
    civic_str_t exam, civic_str_t id);


/* ---- queues.c, of the reviewers' side (desk.h) -------------------------- */

/* The name of an exam's queue (staff_queue.h). */
civic_str_t review_queue(civic_request_t *r, civic_str_t exam);

/* The queues of staff as the application says: put, or dropped. */
civic_result_t review_follow_queue(civic_request_t *r,
    const review_application_t *application);

/* Out of all of them, whatever they have of it. */
civic_result_t review_leave_queues(civic_request_t *r, civic_str_t exam,
    civic_str_t id);


/* ---- money.c ----------------------------------------------------------- */

/* Brings the order to what the application's state asks for. */
civic_result_t review_settle(civic_request_t *r,
    review_application_t *application, const review_exam_t *exam);


/* ---- index.c ----------------------------------------------------------- */

civic_result_t review_index(civic_request_t *r,
    const review_application_t *application, const review_exam_t *exam,
    const review_order_t *order);

/* Counts stay: they are of nobody. */
civic_result_t review_unindex(civic_request_t *r, civic_str_t pid,
    civic_str_t exam, civic_str_t id);

/* Whose an application is, by its id; empty: not known here. */
civic_result_t review_owner(civic_request_t *r, civic_str_t exam,
    civic_str_t id, civic_str_t *pid);

#endif
