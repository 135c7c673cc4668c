/*
 * ticket.h - what the files of the plugin "ticket" share.
 *
 *   ticket.c    the tables, and nothing else
 *   exam.c      an exam's facts, as far as tickets need them
 *   people.c    who has which seat, who may sit on it, and giving it back
 *   seat.c      the job that carries a round of seating out
 *   rounds.c    its steps, and how far one has come
 *   walk.c      all exams, for jobs
 *   tell.c      the jobs that tell people
 *   retention.c  the job that erases seats which were kept long enough
 *   calls.c     what other plugins ask and tell
 *   rules.c     what lua/rules/ticket.lua is asked by all
 *   tickets.c   what a citizen sees: list, one
 *   print.c     the sheet as a PDF or a picture, by session or by link
 *   layout.c    what stands where on the sheet
 *   token.c     the code on it: made, read
 *   door.c      the door: a code is looked at
 *   keys.c      what signs and verifies codes
 *
 * Seats are about all people of an exam at once, so all stands in the exam's
 * slot: lua/redis/ticket_order.lua, ticket_collect.lua and ticket_seat.lua
 * describe it (docs/adr/0024-tickets.md).  Nothing there tells who somebody
 * is.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef TICKET_H
#define TICKET_H

#include "civic_plugin.h"
#include "cwt.h"
#include "exam_facts.h"
#include "paper_keys.h"
#include "record.h"
#include "seating.h"

#define TICKET_PHOTO    "photo"         /* purpose of photo_check's blobs */
#define TICKET_LINK     "ticket_link"   /* purpose of links */
#define TICKET_TELL     "tell"          /* outbox and job: "<exam> <pid>
                                           <state> <version>" */
#define TICKET_TURN     "draw"          /* civic_turn() */
#define TICKET_SUBJECTS 64              /* of an exam */
#define TICKET_JOB      30000           /* ms */
#define TICKET_SEAT_JOB 10000           /* ms: when its worker dies the office
                                           waits so long */

/* Counters, in the order of the metrics table. */
typedef enum {
    TICKET_ROUNDS = 0,
    TICKET_SEATED,
    TICKET_GIVEN_BACK,
    TICKET_UNCLEAR,
    TICKET_TOLD,
    TICKET_SET_ASIDE,
    TICKET_DRAWN,
    TICKET_DRAWING_DOWN,
    TICKET_MISSING,
    TICKET_GENUINE,
    TICKET_AGAIN,
    TICKET_TURNED_AWAY,
    TICKET_ERASED
} ticket_metric_t;

/* Handlers. */
civic_result_t ticket_list(civic_request_t *r);
civic_result_t ticket_show(civic_request_t *r);
civic_result_t ticket_pdf(civic_request_t *r);
civic_result_t ticket_preview(civic_request_t *r);
civic_result_t ticket_link_pdf(civic_request_t *r);
civic_result_t ticket_link_preview(civic_request_t *r);
civic_result_t ticket_check(civic_request_t *r);
civic_result_t ticket_keys_show(civic_request_t *r);

/* Calls. */
civic_result_t ticket_call_state(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t ticket_call_entitlement(civic_request_t *r, json_t *in,
    json_t **out);

/* Jobs. */
civic_result_t ticket_seat_run(civic_request_t *r, const civic_job_t *job);
civic_result_t ticket_tell_run(civic_request_t *r, const civic_job_t *job);
civic_result_t ticket_opened_run(civic_request_t *r, const civic_job_t *job);
civic_result_t ticket_retention_run(civic_request_t *r,
    const civic_job_t *job);


/* ---- keys.c: civic_state() is a shared_paper_keys_t ---------------------- */

civic_result_t ticket_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void ticket_exit_worker(void *state);


/* ---- exam.c ------------------------------------------------------------ */

typedef struct {
    civic_str_t            id;
    json_t                *facts;       /* the host's */
    int64_t                revision;
    civic_seating_plan_t   plan;
    civic_msec_t           from;        /* of printing; 0: not said */
    civic_msec_t           until;
} ticket_exam_t;

/* CIVIC_NOT_FOUND: there is no such exam.  CIVIC_ERROR, logged: its rooms are
   none that people can be seated in. */
civic_result_t ticket_exam_read(civic_request_t *r, civic_str_t id,
    ticket_exam_t *exam);

/* The site and the room of a seat; NULL if the exam has it no more. */
json_t *ticket_site(const ticket_exam_t *exam,
    const civic_seating_seat_t *seat);
json_t *ticket_room(json_t *site, const civic_seating_seat_t *seat);

/* Subjects of a position, as they stand in the facts. */
typedef struct {
    json_t        *subjects[TICKET_SUBJECTS];
    size_t         count;
    civic_msec_t   first;               /* begin of the first; 0: none */
    civic_msec_t   last;                /* end of the last */
} ticket_subjects_t;

void ticket_subjects(const ticket_exam_t *exam, civic_str_t position,
    ticket_subjects_t *subjects);

/* An exam as the list has it; 0: it does not say. */
typedef struct {
    civic_str_t   id;
    civic_msec_t  until;                /* its windows' latest end */
    civic_msec_t  print_from;           /* not by a walk */
    civic_msec_t  print_until;
} ticket_listed_t;

/* Some of the list, those that are not over first, what ended last behind
   them; *after is moved on: empty for the first, and after the last. */
civic_result_t ticket_exams(civic_request_t *r, civic_str_t *after,
    ticket_listed_t **exams, size_t *count);

/* {from_ms} and the like of an object. */
civic_msec_t ticket_instant(json_t *object, const char *name);


/* ---- walk.c ------------------------------------------------------------ */

typedef struct ticket_walk_s  ticket_walk_t;

/* Some exams, at least one.  *left: not all of it was done, so they come
   again. */
typedef civic_result_t (*ticket_part_pt)(civic_request_t *r,
    ticket_walk_t *walk, const ticket_listed_t *exams, size_t count,
    int *left);

struct ticket_walk_s {
    const char      *key;               /* where it is kept how far it came */
    unsigned         parts;             /* of a run, about 32 exams each */
    ticket_part_pt   part;
    void            *data;
    int              whole;             /* out: this run has seen them all */
    civic_result_t   failed;            /* out: the first exam that did */
};

/* All exams, from where the run before has come to; failed at the end. */
civic_result_t ticket_walk(civic_request_t *r, ticket_walk_t *walk);

/* One exam that fails is not to keep others waiting: the first such rc is
   noted.  CIVIC_ABORTED ends the run. */
civic_result_t ticket_go_on(civic_result_t rc, civic_result_t *first);


/* ---- people.c ---------------------------------------------------------- */

/* "civic:{ticket:<exam>}:<family>": order, seats, people, waiting, door. */
civic_str_t ticket_key(civic_request_t *r, civic_str_t exam,
    const char *family);

/* What stands of somebody: none, waiting, seated, back. */
typedef struct {
    civic_str_t  pid;
    civic_str_t  text;                  /* as Redis has it; empty: none */
    civic_str_t  number;                /* empty without a seat */
    civic_str_t  position;
    civic_str_t  state;
    civic_str_t  version;
} ticket_person_t;

int ticket_is(civic_str_t state, const char *name);

/* A text of Redis; 0, or -1: damaged. */
int ticket_person_take(civic_request_t *r, civic_str_t pid, civic_str_t text,
    ticket_person_t *person);
civic_result_t ticket_person_read(civic_request_t *r, civic_str_t exam,
    civic_str_t pid, ticket_person_t *person);

/* What review says of somebody. */
typedef struct {
    int          entitled;
    civic_str_t  application;
    civic_str_t  position;
    civic_str_t  name;
    civic_str_t  id_number;
} ticket_entitled_t;

/* CIVIC_NOT_FOUND: there is no review.  CIVIC_INVALID: it does not tell. */
civic_result_t ticket_entitled(civic_request_t *r, civic_str_t exam,
    civic_str_t pid, ticket_entitled_t *entitled);

/* Somebody's photo for the exam, as photo_check has passed it: the id of its
   blob, empty without one.  *wanted: the exam wants one. */
civic_result_t ticket_photo(civic_request_t *r, const ticket_exam_t *exam,
    civic_str_t pid, int *wanted, civic_str_t *blob);

/* Takes a seat back, audited, or who waits out of the line.  *back: 2 a seat,
   1 from the line, 0 nothing. */
civic_result_t ticket_give_back(civic_request_t *r, civic_str_t exam,
    const ticket_person_t *person, const char *why, int64_t *back);

/* The digest that people are sorted by, in hexadecimal digits; seed as in
   the order. */
civic_result_t ticket_digest(civic_request_t *r, civic_str_t exam,
    civic_str_t seed, civic_str_t pid, civic_str_t *digest);


/* ---- rounds.c ---------------------------------------------------------- */

/* What was asked for of an exam: see lua/redis/ticket_order.lua. */
typedef struct {
    civic_str_t  exam;
    civic_str_t  seed;
    int64_t      wanted;
    int64_t      round;
    int64_t      done;
    int64_t      step;
    int64_t      revision;              /* of the exam's file, at least */
    civic_str_t  phase;
    civic_str_t  cursor;
    civic_str_t  opened;
    civic_str_t  window;                /* that people were told */
} ticket_order_t;

civic_result_t ticket_order_read(civic_request_t *r, civic_str_t exam,
    ticket_order_t *order);

/* Those of some exams, in one trip. */
civic_result_t ticket_orders_read(civic_request_t *r,
    const ticket_listed_t *exams, size_t count, ticket_order_t *orders);

/* 1: a round is asked for or runs. */
int ticket_order_is_open(const ticket_order_t *order);

/* Ends a round without looking at anybody, in two steps. */
civic_result_t ticket_round_skip(civic_request_t *r,
    const ticket_order_t *order);

/* One step of a round; order is then to be read again.  *people: how many
   were looked at. */
civic_result_t ticket_round_step(civic_request_t *r,
    const ticket_exam_t *exam, const ticket_order_t *order, size_t *people);


/* ---- retention.c -------------------------------------------------------- */

/* *over: the exam's seats were kept long enough, by the rule "retention". */
civic_result_t ticket_kept_enough(civic_request_t *r, json_t *facts,
    int *over);


/* ---- rules.c ----------------------------------------------------------- */

/* By the rule "terms". */
typedef struct {
    int64_t  draws;                     /* drawings at once, of a worker */
    int64_t  line;                      /* that wait for their turn */
    int64_t  timeout;                   /* ms of one drawing */
    int64_t  retry;                     /* s, when it cannot be drawn now */
    int64_t  link;                      /* s of a link */
    int64_t  photo;                     /* s of a photo's URL at the door */
    int64_t  dpi;                       /* of the preview */
    int64_t  valid;                     /* s that a code is valid after the
                                           last subject */
    int64_t  leeway;                    /* s that the signing clock may be
                                           ahead */
} ticket_terms_t;

civic_result_t ticket_terms(civic_request_t *r, ticket_terms_t *terms);

/* By the rule "printing": whether now, and what may be seen of the seat
   before.  *decision is the rule's, for civic_refuse(). */
typedef struct {
    int      allow;
    int      show;
    json_t  *decision;
} ticket_printing_t;

civic_result_t ticket_printing(civic_request_t *r, const ticket_exam_t *exam,
    ticket_printing_t *printing);


/* ---- tickets.c --------------------------------------------------------- */

/* Somebody with a seat. */
typedef struct {
    ticket_exam_t      exam;
    ticket_person_t    person;
    ticket_entitled_t  entitled;
} ticket_mine_t;

/* Answers for who has none, or may not sit on it. */
civic_result_t ticket_mine_read(civic_request_t *r, civic_str_t exam,
    civic_str_t pid, ticket_mine_t *mine, int *answered);

/* CIVIC_NOT_FOUND: forged, or too old. */
civic_result_t ticket_link_read(civic_request_t *r, civic_str_t link,
    civic_str_t *pid, civic_str_t *exam);


/* ---- token.c ----------------------------------------------------------- */

/* What a code tells: as it is printed beside it. */
typedef struct {
    civic_str_t    exam;
    civic_str_t    number;
    unsigned char  id[CIVIC_CWT_ID];
} ticket_token_t;

/* The id of the code of a person's seat; another for each giving of it. */
civic_result_t ticket_token_id(civic_request_t *r, civic_str_t exam,
    const ticket_person_t *person, unsigned char id[CIVIC_CWT_ID]);

/* The code's text and its picture (PNG), made on a work thread. */
civic_result_t ticket_token_make(civic_request_t *r,
    const ticket_exam_t *exam, const ticket_person_t *person,
    const civic_seating_seat_t *seat, civic_msec_t expires,
    civic_str_t *picture);

/* token is set with OK and EXPIRED. */
civic_cwt_status_t ticket_token_read(civic_request_t *r, civic_str_t text,
    int64_t leeway, ticket_token_t *token);


/* ---- layout.c ---------------------------------------------------------- */

/* All that stands on a sheet. */
typedef struct {
    const ticket_exam_t         *exam;
    const ticket_subjects_t     *subjects;
    const ticket_person_t       *person;
    const ticket_entitled_t     *entitled;
    const civic_seating_seat_t  *seat;
    json_t                      *position;      /* NULL: not known */
    json_t                      *instructions;  /* an array of pairs */
    civic_str_t                  photo;         /* JPEG; empty: none */
    civic_str_t                  code;          /* PNG */
} ticket_sheet_t;

struct shared_document_s *ticket_layout(civic_request_t *r,
    const ticket_sheet_t *sheet);

#endif
