/*
 * kinship.h - what the files of the plugin "kinship" share.
 *
 * docs/adr/0025-family-codes.md says what Redis holds, and why a relative's own
 * record decides who holds the code.
 *
 *   kinship.c   the tables of the plugin, and nothing else; fields of routes
 *               stand in the *_tables.c of their part
 *   person.c    who somebody is: by login, or as a guardian named them
 *   open.c      the own code is opened
 *   facts.c     what a colour is made of: read, judged
 *   change.c    the same is changed
 *   forget.c    the same, and who looked, ends
 *   live.c      what a code on a phone says
 *   show.c      codes on a phone are shown
 *   guardians.c who holds whose code: read
 *   relative.c  whether a guardian is shown a relative's data
 *   look.c, looks.c
 *               that somebody looked at somebody else's data: noted, shown
 *   scan.c, check.c
 *               what a scanned code is
 *   office.c, office_file.c
 *               what the office knows and sets, one by one or by a file
 *   calls.c     what other plugins ask
 *   follow.c    the jobs that empty outboxes, by steps of other files
 *   bind.h      the files about bindings
 *   paper.c     codes on paper: keys, bounds, scanned, revoked
 *   paper_issue.c, paper_sheet.c, paper_layout.c, paper_tables.c
 *               a sheet of them: issued, drawn
 *   paper_index.c, paper_list.c
 *               what of them is revoked, for who has no network
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef KINSHIP_H
#define KINSHIP_H

#include "civic_plugin.h"
#include "health_consent.h"
#include "paper_keys.h"
#include "person_record.h"
#include "record.h"
#include "words.h"

/* Purposes of what is sealed. */
#define KINSHIP_HEALTH  "health"        /* facts; plugin sampling has it, too */
#define KINSHIP_SEALED  "kin"           /* names, bindings, who looked */
#define KINSHIP_LIVE    "kin_live"      /* live codes */
#define KINSHIP_LINK    "kin_link"      /* links to sheets */

/* Purposes of consents. */
#define KINSHIP_CONSENT_OWN    SHARED_HEALTH_OWN
#define KINSHIP_CONSENT_CHILD  SHARED_HEALTH_CHILD
#define KINSHIP_CONSENT_BIND   "kinship"        /* of who binds */


/* ---- families of keys -------------------------------------------------- */

/* "civic:{p:<pid>}:<family>" */
#define KINSHIP_FAMILY_HEALTH     "health"
#define KINSHIP_FAMILY_GUARDIANS  "guardians"
#define KINSHIP_FAMILY_KIN        "kin"
#define KINSHIP_FAMILY_CODES      "kincodes"
#define KINSHIP_FAMILY_LOOKS      "looks"
#define KINSHIP_FAMILY_SHEETS     "sheets"


/* Metrics: the order of the table. */
typedef enum {
    /* codes */
    KINSHIP_OPENED = 0,
    KINSHIP_SHOWN,
    KINSHIP_UNCHANGED,
    KINSHIP_GENUINE,
    KINSHIP_REFUSED,
    KINSHIP_LOOKS,
    KINSHIP_FORGOTTEN,

    /* bindings */
    KINSHIP_COUNT_ASKED,
    KINSHIP_COUNT_BOUND,
    KINSHIP_COUNT_REFUSED,
    KINSHIP_COUNT_DISPLACED,
    KINSHIP_COUNT_ENDED,
    KINSHIP_COUNT_SETTLED,
    KINSHIP_COUNT_MENDED,
    KINSHIP_COUNT_TOLD,
    KINSHIP_NO_MATCH,
    KINSHIP_MATCH_LIMITED,
    KINSHIP_MATCH_DOWN,

    /* paper */
    KINSHIP_SHEETS,
    KINSHIP_PRINTED,
    KINSHIP_DRAWN,
    KINSHIP_DRAWING_DOWN,
    KINSHIP_PAPER_REVOKED,
    KINSHIP_LISTS,
    KINSHIP_LISTS_CUT,

    KINSHIP_SET_ASIDE,

    KINSHIP_METRICS
} kinship_metric_t;


/* ---- person.c ---------------------------------------------------------- */

/* Who somebody is: as "health" has it, else as login knows a person (a
   claim that nobody proved is none).  CIVIC_NOT_FOUND: neither does.
   CIVIC_INVALID: damaged, logged. */
civic_result_t kinship_identity(civic_request_t *r, civic_str_t pid,
    civic_person_identity_t *identity);

/* As login alone knows a person; *who is what login.identity told. */
civic_result_t kinship_login_person(civic_request_t *r, civic_str_t pid,
    json_t **who, civic_person_identity_t *identity);

/* The same as it is sealed in "health", for a script that stores it, and
   back. */
civic_result_t kinship_identity_seal(civic_request_t *r, civic_str_t pid,
    const civic_person_identity_t *identity, civic_str_t *sealed);
civic_result_t kinship_identity_open(civic_request_t *r, civic_str_t pid,
    civic_str_t sealed, civic_person_identity_t *identity);

/* Today in China, of the business clock, and the years of age then by the
   rule "age" (which of the law's readings holds); KINSHIP_AGE_UNKNOWN where
   the number does not say the day of birth (the old foreign card). */
#define KINSHIP_AGE_UNKNOWN  (-1)

civic_date_t kinship_today(civic_request_t *r);
civic_result_t kinship_age(civic_request_t *r,
    const civic_person_identity_t *identity, int64_t *age);

/* "张*"; "*" for whom nobody knows (any more). */
civic_str_t kinship_masked(civic_request_t *r,
    const civic_person_identity_t *identity);
civic_result_t kinship_name_of(civic_request_t *r, civic_str_t pid,
    civic_str_t *name);


/* ---- facts.c ----------------------------------------------------------- */

typedef struct {
    civic_str_t   pid;
    int           opened;               /* there is a code */
    int           own;                  /* an own one */
    civic_msec_t  opened_at;
    int64_t       version;              /* of the facts */
    civic_str_t   facts;                /* JSON, see the ADR; empty: none */
    civic_str_t   consent;              /* "<purpose> <id>" or empty */
    civic_str_t   identity;             /* sealed, or empty */
    civic_str_t   looked;               /* ms: the last look that was asked
                                           about, or empty */
} kinship_health_t;

civic_result_t kinship_health_read(civic_request_t *r, civic_str_t pid,
    kinship_health_t *health);

/* The same in two halves, for a pipeline.  look is empty, or the field of
   kinship_look_field(). */
void kinship_health_command(civic_request_t *r, civic_str_t pid,
    civic_str_t look, civic_command_t *command);
civic_result_t kinship_health_take(civic_request_t *r, civic_str_t pid,
    const civic_value_t *value, kinship_health_t *health);

/* Whether the consent under which the code is kept still holds; the command
   reads what the person consents to. */
void kinship_consent_command(civic_request_t *r, civic_str_t pid,
    civic_command_t *command);
int kinship_consent_holds(const kinship_health_t *health,
    const civic_value_t *consents);

/* What facts are sealed for, as shared_json_seal() wants it. */
civic_str_t kinship_facts_context(civic_request_t *r, civic_str_t pid);

/* What the rules "colour" and "code" are asked with; the caller's. */
civic_result_t kinship_colour_input(civic_request_t *r,
    const kinship_health_t *health, int64_t age, json_t **in);

/* The rule "colour" on the facts: {"colour", "reason", "label", "text",
   "until"?}; label and text in the caller's language. */
civic_result_t kinship_colour(civic_request_t *r,
    const kinship_health_t *health, int64_t age, json_t **colour);

/* As replies have it: colour, colour_label, reason, reason_text, until. */
void kinship_colour_write(civic_request_t *r, civic_writer_t *w,
    json_t *colour);

/* Who has the code: as the record has it, else as kinship_identity() does. */
civic_result_t kinship_health_identity(civic_request_t *r,
    const kinship_health_t *health, civic_person_identity_t *identity);


/* ---- change.c ---------------------------------------------------------- */

typedef struct kinship_change_s  kinship_change_t;

/* Edits facts.  1: they changed; 0: not; -1: not, and that is final.  May be
   called again, with what others changed meanwhile. */
typedef int (*kinship_edit_pt)(civic_request_t *r, json_t *facts,
    const kinship_change_t *change);

struct kinship_change_s {
    civic_str_t       pid;
    kinship_edit_pt   edit;             /* NULL: only what is kept too long
                                           goes */
    void             *data;
    const char       *action;           /* of the audit trail */
    json_t           *details;          /* borrowed, or NULL */
    int               opened;           /* set: there is a code */
    int               changed;          /* set: what edit() said */
    int               pruned;           /* set: what was kept too long */
};

/* CIVIC_BUSY: others changed them again and again. */
civic_result_t kinship_change(civic_request_t *r, kinship_change_t *change);

/* facts.c: the facts as a tree, for json_decref(). */
civic_result_t kinship_facts_read(civic_request_t *r,
    const kinship_health_t *health, json_t **facts);

/* A list of facts, made if there is none; a time of one, 0 if absent. */
json_t *kinship_facts_list(json_t *facts, const char *name);
civic_msec_t kinship_fact_time(json_t *fact, const char *name);


/* ---- forget.c ---------------------------------------------------------- */

/* What the codes' part keeps under a consent; adds to *erased. */
civic_result_t kinship_erase_health(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int64_t *erased);

civic_result_t kinship_facts_run(civic_request_t *r, const civic_job_t *job);
civic_result_t kinship_looks_run(civic_request_t *r, const civic_job_t *job);


/* ---- guardians.c: what a relative's record says ------------------------- */

typedef struct {
    civic_str_t   guardian;             /* pid */
    civic_str_t   relative;             /* pid */
    civic_str_t   id;                   /* of the binding */
    civic_msec_t  since;                /* business time */
    civic_str_t   how;                  /* face, counter, pledge */
    civic_str_t   relation;
} kinship_binding_t;

/* The guardian's binding of that id, as the relative's record has it.
   CIVIC_NOT_FOUND: none, or not any more. */
civic_result_t kinship_binding_find(civic_request_t *r, civic_str_t guardian,
    civic_str_t id, kinship_binding_t *binding);

/* What a guardian is answered whose binding was not found, or is damaged
   (CIVIC_INVALID: logged); any other result is handed on. */
civic_result_t kinship_binding_missed(civic_request_t *r, civic_result_t rc);

/* All of a guardian's that the relatives' records have, in the order in which
   they were bound; *count at most max. */
civic_result_t kinship_bindings_of(civic_request_t *r, civic_str_t guardian,
    kinship_binding_t *bindings, size_t max, size_t *count);

/* All guardians of a relative, in the order in which they bound. */
civic_result_t kinship_guardians_of(civic_request_t *r, civic_str_t relative,
    kinship_binding_t *bindings, size_t max, size_t *count);

/* One row of a guardian's own list, "kin": a place, which alone says nothing
   of whether it is bound. */
typedef struct {
    civic_str_t   relative;             /* pid */
    civic_str_t   state;                /* reserved, bound */
    civic_str_t   id;
    civic_msec_t  since;
    civic_str_t   relation;
} kinship_place_t;

/* The places of a guardian; damaged ones are left out, and logged. */
civic_result_t kinship_places_of(civic_request_t *r, civic_str_t guardian,
    kinship_place_t *places, size_t max, size_t *count);

/* The same in two halves, for a pipeline. */
void kinship_places_command(civic_request_t *r, civic_str_t guardian,
    civic_command_t *command);
void kinship_places_take(civic_request_t *r, civic_str_t guardian,
    const civic_value_t *value, kinship_place_t *places, size_t max,
    size_t *count);

/* A row of a relative's record, "<binding> <since> <how> <relation>"; whose it
   is stands in binding.  CIVIC_INVALID: damaged, and logged. */
civic_result_t kinship_binding_take(civic_request_t *r, civic_str_t text,
    kinship_binding_t *binding);

/* What the relative's record says of a place, in two halves for a pipeline:
   CIVIC_NOT_FOUND if it does not have it. */
void kinship_place_command(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian, civic_command_t *command);
civic_result_t kinship_place_take(civic_request_t *r,
    const kinship_place_t *place, civic_str_t guardian,
    const civic_value_t *value, kinship_binding_t *binding);

/* The same in two halves, for a pipeline. */
void kinship_guardians_command(civic_request_t *r, civic_str_t relative,
    civic_command_t *command);
void kinship_guardians_take(civic_request_t *r, civic_str_t relative,
    const civic_value_t *value, kinship_binding_t *bindings, size_t max,
    size_t *count);

#define KINSHIP_MOST  32                /* bindings of anybody, whatever the
                                           rules say */


/* ---- relative.c: whether a guardian is shown a relative's data ---------- */

typedef struct {
    kinship_health_t          health;
    int                       kept;     /* there is a code, and its consent
                                           holds */
    civic_person_identity_t   identity; /* if kept */
    json_t                   *refused;  /* by the rule "keep", or NULL */
} kinship_held_t;

/* CIVIC_INVALID: damaged, logged. */
civic_result_t kinship_held_read(civic_request_t *r,
    const kinship_binding_t *binding, kinship_held_t *relative);

/* Answers why not. */
civic_result_t kinship_held_refuse(civic_request_t *r,
    const kinship_held_t *relative, int *answered);

/* *refused: the rule "keep" has the binding no more; or NULL. */
civic_result_t kinship_stays(civic_request_t *r,
    const kinship_binding_t *binding,
    const civic_person_identity_t *identity, json_t **refused);


/* ---- live.c ------------------------------------------------------------ */

#define KINSHIP_TEXT  1024              /* characters of a code, at most: one
                                           on paper is longer than ours */

/* What a code on a phone says. */
typedef struct {
    civic_str_t   pid;
    civic_str_t   binding;              /* its id; empty: the own code */
    civic_msec_t  from;                 /* its window, real time */
    int64_t       length;               /* ms */
} kinship_live_t;

/* The window of this instant, of every ms: pid, from and length are set. */
void kinship_live_window(civic_request_t *r, civic_str_t pid, int64_t every,
    kinship_live_t *live);

civic_result_t kinship_live_make(civic_request_t *r,
    const kinship_live_t *live, civic_str_t *text);

/* Whether a text says that it is one. */
int kinship_live_is(civic_str_t text);

/* CIVIC_NOT_FOUND: it does not say so.  CIVIC_INVALID: forged or damaged.
   Whether its time is over is the caller's question. */
civic_result_t kinship_live_read(civic_request_t *r, civic_str_t text,
    kinship_live_t *live);


/* ---- look.c ------------------------------------------------------------ */

/*
 * Somebody looks at somebody else's data: a line of the person's list and an
 * entry of the audit trail, in one script.  A guardian's look is noted once in
 * the time of the rule "look", staff's each time.
 */
typedef struct {
    civic_str_t   subject;              /* whose data */
    civic_str_t   by;                   /* a guardian's pid; empty: staff, who
                                           are known to the trail */
    const char   *purpose;              /* "epidemic_control", "counter" ... */
    const char   *what;                 /* "code", "tests", "scan", "facts" */
    civic_str_t   place;                /* its kind, of the rules; or empty */
    civic_str_t   site;                 /* its name, as staff told it; or
                                           empty */
} kinship_look_t;

civic_result_t kinship_look(civic_request_t *r, const kinship_look_t *look);

/* The field of "health" that has when a guardian's last look was noted. */
civic_str_t kinship_look_field(civic_request_t *r, civic_str_t guardian,
    const char *what);

/* Whether a guardian's look is to be noted: the last one, as the field has
   it, is so many seconds ago ("every" of the rule "look"). */
int kinship_look_due(civic_request_t *r, civic_str_t looked, int64_t every);


/* ---- paper*.c: codes on paper ------------------------------------------ */

typedef struct kinship_list_s  kinship_list_t;

/* Of a worker: civic_state(). */
typedef struct {
    shared_paper_keys_t  *paper;
    kinship_list_t       *list;         /* the signed one, or NULL */
} kinship_worker_t;

civic_result_t kinship_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void kinship_exit_worker(void *state);

#define KINSHIP_PAPER  "CIVIC1:"        /* before the base45 of one */

/* What a code on paper says, and the person's record of it. */
typedef struct {
    const char   *verdict;              /* genuine, revoked, expired, early,
                                           forged, other (unreadable, or a
                                           token of another kind) */
    civic_str_t   pid;                  /* if genuine; perhaps if revoked */
    int           kin;                  /* a relative's code */
    civic_str_t   name;                 /* masked, as it is printed */
    civic_str_t   cti;                  /* hexadecimal digits */
    civic_str_t   issuer;
    civic_msec_t  issued;
    civic_msec_t  expires;
} kinship_paper_t;

/* text begins with KINSHIP_PAPER.  No verdict of a place, of the consent or
   of the colour: the caller asks for those. */
civic_result_t kinship_paper_read(civic_request_t *r, civic_str_t text,
    kinship_paper_t *paper);

/* Revokes the printed codes of a person: those of one holder, or (empty) all.
   why is of the audit trail: "erased", "unbound", "lost". */
civic_result_t kinship_paper_revoke(civic_request_t *r, civic_str_t pid,
    civic_str_t holder, const char *why, const char *reason,
    int64_t *revoked);

/* The same, and forgets what can be forgotten, if the code stands under that
   purpose: for kinship.erase; adds how many. */
civic_result_t kinship_paper_erase(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int64_t *erased);


/* ---- scan.c ------------------------------------------------------------ */

typedef struct {
    const char               *verdict;  /* genuine, expired, early, forged,
                                           other, revoked, not_here */
    int                       place_known;
    int                       paper;
    int                       kin;
    int64_t                   age;      /* s since it was shown; 0: of now */
    civic_str_t               pid;      /* as the code says */
    civic_str_t               binding;
    kinship_health_t          health;   /* if it is genuine */
    civic_person_identity_t   identity; /* the same */
} kinship_scan_t;

/* place is a kind of the rules, or empty: any.  Notes nothing. */
civic_result_t kinship_scan(civic_request_t *r, civic_str_t text,
    civic_str_t place, kinship_scan_t *scan);

/* check.c: a genuine one is a look at that person's "what", another an entry
   of the audit trail. */
civic_result_t kinship_scan_note(civic_request_t *r,
    const kinship_scan_t *scan, const char *what, civic_str_t place,
    civic_str_t site);


/* ---- routes: codes ----------------------------------------------------- */

civic_result_t kinship_open(civic_request_t *r);
civic_result_t kinship_show_own(civic_request_t *r);
civic_result_t kinship_show_relative(civic_request_t *r);
civic_result_t kinship_show_all(civic_request_t *r);
civic_result_t kinship_looks(civic_request_t *r);


/* ---- routes: staff ----------------------------------------------------- */

civic_result_t kinship_places(civic_request_t *r);
civic_result_t kinship_check(civic_request_t *r);
civic_result_t kinship_office_look_up(civic_request_t *r);
civic_result_t kinship_office_measure(civic_request_t *r);
civic_result_t kinship_office_measure_end(civic_request_t *r);
civic_result_t kinship_office_override(civic_request_t *r);
civic_result_t kinship_office_override_end(civic_request_t *r);
civic_result_t kinship_office_file(civic_request_t *r);


/* ---- calls.c ----------------------------------------------------------- */

civic_result_t kinship_call_scan(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t kinship_call_relatives(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t kinship_call_tested(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t kinship_call_look(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t kinship_call_tell_guardians(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t kinship_call_erase(civic_request_t *r, json_t *in,
    json_t **out);

#endif
