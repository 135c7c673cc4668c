/*
 * bind.h - what the files about bindings share.
 *
 *   bind_tables.c  fields of bodies, replies and rules, and their problems
 *   bind_form.c    what somebody asks for: read, and judged without a look at
 *                  anybody else
 *   bind_match.c   name and number, compared by an upstream
 *   asked.c        the one binding that a guardian asks for: kept, sealed
 *   bind_ask.c     确认绑定
 *   bind_consent.c  civic.consent_give, and what its states mean here
 *   bind_agree.c   同意协议并认证, and the pledge
 *   bind_finish.c  the proof, the relative's consent, and the binding
 *   bind_steps.c   reserve, commit, confirm; and what follows if that stops in
 *                  the middle
 *   unbind.c       how a binding ends
 *   holders.c      what a relative sees: who holds the code, and the objection
 *   bind_counter.c the counter: looks, ends, proves
 *   bind_tell.c    the job that tells the others
 *   bind_mend.c    the jobs that settle what was interrupted, and walk through
 *                  everybody now and then
 *
 * docs/adr/0025-family-codes.md has the steps and why they stand so.
 */

#ifndef KINSHIP_BIND_H
#define KINSHIP_BIND_H

#include "kinship.h"
#include "outbox_run.h"

#define KINSHIP_SETTLE   "settle"       /* outbox and job: "<guardian>
                                           <relative> <binding>" */
#define KINSHIP_TELL     "tell"         /* outbox and job: "<what> <guardian>
                                           <relative> <binding> <how>" */
#define KINSHIP_REVOKED  "revoked"      /* outbox: "<cti> <expires ms>" */

#define KINSHIP_JOB       10000         /* ms: where its worker dies, others
                                           wait so long */
#define KINSHIP_SHARDS    16            /* of the jobs */

/* How a guardian was believed. */
#define KINSHIP_BY_FACE     "face"
#define KINSHIP_BY_PLEDGE   "pledge"    /* provisional */
#define KINSHIP_BY_COUNTER  "counter"


/* ---- routes, jobs ------------------------------------------------------ */

civic_result_t kinship_bind_ask(civic_request_t *r);
civic_result_t kinship_bind_agree(civic_request_t *r);
civic_result_t kinship_bind_finish(civic_request_t *r);
civic_result_t kinship_bind_withdraw(civic_request_t *r);
civic_result_t kinship_bind_delete(civic_request_t *r);
civic_result_t kinship_relations_show(civic_request_t *r);
civic_result_t kinship_holders(civic_request_t *r);
civic_result_t kinship_objection(civic_request_t *r);
civic_result_t kinship_counter_look_up(civic_request_t *r);
civic_result_t kinship_counter_unbind(civic_request_t *r);
civic_result_t kinship_counter_prove(civic_request_t *r);

civic_result_t kinship_follow_run(civic_request_t *r, const civic_job_t *job);
civic_result_t kinship_mend_run(civic_request_t *r, const civic_job_t *job);
civic_result_t kinship_mend_relatives_run(civic_request_t *r,
    const civic_job_t *job);


/* ---- follow.c: steps of outboxes, of bind_mend.c and bind_tell.c -------- */

civic_result_t kinship_settle_step(civic_request_t *r, shared_entry_t *entry);
civic_result_t kinship_tell_step(civic_request_t *r, shared_entry_t *entry);


/* ---- bind_form.c ------------------------------------------------------- */

/* By the rule "terms". */
typedef struct {
    int64_t  relatives;                 /* of a guardian */
    int64_t  guardians;                 /* of a relative */
    int64_t  asked_life;                /* s */
    int64_t  patience;                  /* ms that a reservation may take */
    int      withdraw;                  /* with the last binding, the consent
                                           of who has no account */
    int64_t  young_until;               /* years of age that are bound */
    int64_t  old_from;
    int64_t  pledge_until;              /* -1: none without a face */
    int64_t  unbind_after;              /* s */
    int64_t  paper_valid;               /* s */
} kinship_terms_t;

civic_result_t kinship_terms(civic_request_t *r, kinship_terms_t *terms);

/* Answers with a problem whose texts, or those of its fields, have numbers of
   these terms: {relatives}, {guardians}, {young}, {old}, {pledge}. */
civic_result_t kinship_problem(civic_request_t *r,
    const civic_problem_t *problem);

/* A relative as somebody typed them, and what the rule "proof" says. */
typedef struct {
    civic_person_identity_t  identity;
    civic_str_t              pid;
    civic_str_t              relation;  /* of the rule's list */
    int64_t                  age;
    civic_str_t              proof;     /* KINSHIP_BY_FACE or _PLEDGE */
    civic_str_t              purpose;   /* of the relative's consent */
} kinship_relative_t;

/* Which fields of the body have it. */
typedef struct {
    const char   *number;               /* "id_number" */
    const char   *kind;                 /* "id_kind" */
    const char   *name;                 /* NULL: not asked for */
    const char   *relation;             /* NULL: not asked for, and neither is
                                           the age */
    civic_str_t   guardian;             /* who must be another; or empty */
} kinship_form_t;

#define KINSHIP_WRONG  8                /* fields of a form */

typedef struct {
    civic_field_error_t  errors[KINSHIP_WRONG];
    size_t               count;
} kinship_wrong_t;

/* Reads one; what is wrong with it is added.  relative has what can be read. */
civic_result_t kinship_form_read(civic_request_t *r,
    const kinship_form_t *form, kinship_relative_t *relative,
    kinship_wrong_t *wrong);

/* Answers with all that is wrong, if anything is. */
civic_result_t kinship_wrong_answer(civic_request_t *r,
    const kinship_wrong_t *wrong, int *answered);

/* Whether the rules let somebody bind from here; answers if not. */
civic_result_t kinship_channel_check(civic_request_t *r, int *answered);


/* ---- bind_match.c ------------------------------------------------------ */

/* Counts one in a field of the guardian's, if the rule allows, which is asked
   as "match" is; answers if not. */
civic_result_t kinship_count(civic_request_t *r, civic_str_t guardian,
    const char *field, const char *rule, int *answered);

/* Whether that number has that name, if an upstream is there to tell.  Counted
   before it is asked; answers if not, or if it cannot be told now. */
civic_result_t kinship_match(civic_request_t *r, civic_str_t guardian,
    const civic_person_identity_t *identity, int *answered);


/* ---- asked.c ----------------------------------------------------------- */

typedef struct {
    civic_str_t  guardian;              /* pid */
    civic_str_t  text;                  /* as Redis has it; empty: none */

    /* sealed */
    civic_str_t  id;                    /* of the binding to be */
    civic_str_t  relative;              /* pid */
    civic_str_t  name;
    civic_str_t  number;
    civic_str_t  kind;
    civic_str_t  relation;
    civic_str_t  proof;
    civic_str_t  purpose;               /* of the relative's consent */
    int64_t      expires;               /* ms */
    int64_t      version;               /* of the agreement; 0: not agreed */
    int64_t      health_version;
    civic_str_t  flags;                 /* that were ticked, with spaces */
    civic_str_t  language;
    int          pledged;
    civic_str_t  attempt;               /* of face_auth, since when */
    int64_t      attempt_at;            /* ms */
    int          proven;
    int          renews;                /* id is of a binding that stands */
} kinship_asked_t;

/* CIVIC_NOT_FOUND: nothing is asked for, or not any more; text is set. */
civic_result_t kinship_asked_read(civic_request_t *r, civic_str_t guardian,
    kinship_asked_t *asked);

/* In the place of the one that was read; *done: 0 if that is another by now.
   once: of the request's Idempotency-Key; then asked is what was kept. */
civic_result_t kinship_asked_write(civic_request_t *r, kinship_asked_t *asked,
    int once, int *done);

/* Takes it away, if it is as it was read: *done. */
civic_result_t kinship_asked_drop(civic_request_t *r,
    const kinship_asked_t *asked, int *done);

/* Who the relative is. */
civic_result_t kinship_asked_identity(civic_request_t *r,
    const kinship_asked_t *asked, civic_person_identity_t *identity);

/* The script "kinship_note" on a field; *now is what is there then. */
civic_result_t kinship_note(civic_request_t *r, civic_str_t guardian,
    const char *field, civic_str_t before, civic_str_t after, unsigned flags,
    civic_str_t *now, int *done);


/* ---- bind_consent.c ---------------------------------------------------- */

typedef struct {
    civic_str_t   pid;                  /* whose */
    civic_str_t   purpose;
    const char   *method;
    int64_t       version;              /* that was shown; 0: not said */
    civic_str_t   language;             /* the others: empty, not said */
    civic_str_t   channel;
    json_t       *flags;                /* borrowed; or NULL */
    civic_str_t   actor;                /* who gives it for somebody else */
    civic_str_t   relation;
    civic_str_t   evidence;
    int           ticks_here;           /* /flags is a field of this body */
    const char   *changed;              /* the problem where the text is another
                                           by now; NULL: /flags is wrong */
} kinship_consent_t;

/* Gives one: *id; or answers why it is not given. */
civic_result_t kinship_consent_give(civic_request_t *r,
    const kinship_consent_t *given, civic_str_t *id, int *answered);


/* ---- bind_steps.c ------------------------------------------------------ */

typedef enum {
    KINSHIP_BOUND = 0,
    KINSHIP_IS_BOUND,                   /* by another binding of the two */
    KINSHIP_NO_CODE,                    /* the guardian has no own code */
    KINSHIP_NOT_AGREED,                 /* the guardian's consent */
    KINSHIP_NO_CONSENT,                 /* the relative's */
    KINSHIP_NO_PLACE,                   /* the guardian has none left */
    KINSHIP_NO_HOLDER,                  /* the relative has none left */
    KINSHIP_OVER                        /* this one can never be any more */
} kinship_outcome_t;

typedef struct {
    kinship_binding_t               binding;    /* what is to be; what is */
    const civic_person_identity_t  *identity;   /* of the relative */
    const char                     *purpose;    /* of the relative's consent */
    civic_str_t                     consent;    /* its id */
    civic_str_t                     asked;      /* goes with the binding */
} kinship_bind_t;

/* All three steps; may be repeated, and goes on where it stopped. */
civic_result_t kinship_bind(civic_request_t *r, kinship_bind_t *bind,
    kinship_outcome_t *outcome);

/*
 * What became of a place that is or was reserved: confirmed, or void and given
 * back.  *young: it was reserved less than patience ms ago; nothing was done.
 * binding is one that stands, if there is one: *stands.
 */
civic_result_t kinship_settle(civic_request_t *r, civic_str_t guardian,
    civic_str_t relative, civic_str_t id, int64_t patience, int *young,
    kinship_binding_t *binding, int *stands);

/* A binding that was asked for never comes to be, and its place is given back;
   *stands: it has come to be before. */
civic_result_t kinship_give_up(civic_request_t *r,
    const kinship_binding_t *binding, int *stands);

/* Gives a binding that the relative's record has its place in the guardian's;
   *said: 1, or 2 if another binding of the two has it; 0: none is left. */
#define KINSHIP_ENDED_SINCE  3          /* it has ended meanwhile */

civic_result_t kinship_restore(civic_request_t *r,
    const kinship_binding_t *binding, int64_t *said);

/* Gives the place of a binding back that has ended. */
civic_result_t kinship_release(civic_request_t *r,
    const kinship_binding_t *binding);

/* "<guardian> <relative> <binding>" */
civic_str_t kinship_settle_entry(civic_request_t *r, civic_str_t guardian,
    civic_str_t relative, civic_str_t id);

/* "<what> <guardian> <relative> <binding> <how>" */
civic_str_t kinship_tell_entry(civic_request_t *r, const char *what,
    const kinship_binding_t *binding);


/* ---- unbind.c ---------------------------------------------------------- */

/* Why a binding ends; what people are told follows from it. */
#define KINSHIP_ENDED      "ended"      /* by the guardian */
#define KINSHIP_OBJECTED   "objected"   /* by the relative */
#define KINSHIP_STAFF      "staff"      /* at the counter */
#define KINSHIP_AGED       "aged"       /* by the rule "keep" */
#define KINSHIP_UNPROVEN   "unproven"   /* the same, of a pledge */
#define KINSHIP_WITHDRAWN  "withdrawn"  /* with a consent */
#define KINSHIP_DISPLACED  "displaced"  /* by a proven one */
#define KINSHIP_LOST       "lost"       /* no place is left for it */

/* Ends it; *ended: 0 if it had ended before.  reason is for the audit trail,
   or NULL. */
civic_result_t kinship_end(civic_request_t *r,
    const kinship_binding_t *binding, const char *why, const char *reason,
    int *ended);

/* The same of a row of the relative's record that is damaged, as it was read:
   it goes, and with it the guardian's place. */
civic_result_t kinship_end_damaged(civic_request_t *r, civic_str_t guardian,
    civic_str_t relative, civic_str_t row, const char *why, int *ended);

/* Nobody may be left who could withdraw the consent of a relative without an
   account: then it ends, and with it what is kept. */
civic_result_t kinship_end_orphan(civic_request_t *r, civic_str_t relative);

/* From when on the guardian may end it, by the rule "unbind"; 0: now. */
civic_result_t kinship_unbind_at(civic_request_t *r,
    const kinship_binding_t *binding, json_t **decision, civic_msec_t *at);

/* Whether the rule "keep" still has it: *kept; decision names the reason if
   not. */
civic_result_t kinship_keep(civic_request_t *r,
    const kinship_binding_t *binding, int64_t age, json_t **decision,
    int *kept);

/* Ends one that it has no more, as decision says. */
civic_result_t kinship_end_overdue(civic_request_t *r,
    const kinship_binding_t *binding, json_t *decision);

/*
 * A consent was withdrawn: all bindings that stood on it end.  Of "health" and
 * "health_child" those of which pid is the relative; of "kinship" those of
 * which pid is the guardian, and what is being asked for.
 */
civic_result_t kinship_bindings_erase(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int64_t *erased);


/* ---- shown ------------------------------------------------------------- */

/* The same as replies have it: name of the relative, relation, proof ... */
civic_result_t kinship_binding_write(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *binding);


/* The same with the name that somebody typed, masked: until the binding is
   proven nobody is told another. */
civic_result_t kinship_binding_write_as(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *binding, civic_str_t name);


/* Tells a guardian that the pledge ends soon; once. */
civic_result_t kinship_tell_ending(civic_request_t *r,
    const kinship_binding_t *binding);


/* Guardians as their list is shown, and one of a relative's by its id. */
civic_result_t kinship_holders_write(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *bindings, size_t count);
civic_result_t kinship_holder_find(civic_request_t *r, civic_str_t relative,
    civic_str_t id, kinship_binding_t *binding);


/* ---- for the tables ---------------------------------------------------- */

extern const civic_field_t  kinship_ask_body[];
extern const civic_field_t  kinship_ask_reply[];
extern const civic_field_t  kinship_agree_body[];
extern const civic_field_t  kinship_agree_reply[];
extern const civic_field_t  kinship_finish_body[];
extern const civic_field_t  kinship_binding_reply[];
extern const civic_field_t  kinship_ended_reply[];
extern const civic_field_t  kinship_relations_reply[];
extern const civic_field_t  kinship_holders_reply[];
extern const civic_field_t  kinship_look_up_body[];
extern const civic_field_t  kinship_look_up_reply[];
extern const civic_field_t  kinship_unbinding_body[];
extern const civic_field_t  kinship_proof_body[];
extern const civic_field_t  kinship_proof_reply[];

extern const civic_field_t  kinship_channel_input[];
extern const civic_field_t  kinship_proof_input[];
extern const civic_field_t  kinship_match_input[];
extern const civic_field_t  kinship_unbind_input[];
extern const civic_field_t  kinship_keep_input[];
extern const civic_field_t  kinship_message_input[];

extern const char *const  kinship_ask_problems[];
extern const char *const  kinship_agree_problems[];
extern const char *const  kinship_finish_problems[];
extern const char *const  kinship_withdraw_problems[];
extern const char *const  kinship_delete_problems[];
extern const char *const  kinship_store_problems[];
extern const char *const  kinship_objection_problems[];
extern const char *const  kinship_look_up_problems[];
extern const char *const  kinship_unbinding_problems[];
extern const char *const  kinship_proof_problems[];

#endif
