/*
 * kinship.h - what the files of the plugin "kinship" share.
 *
 * docs/adr/0025-family-codes.md says what Redis holds, and why a relative's own
 * record decides who holds the code.
 *
 *   kinship.c   the tables, and nothing else
 *   person.c    who somebody is: by login, or as a guardian named them
 *   facts.c     what a colour is made of: read, changed
 *   look.c      that somebody looked at somebody else's data
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef KINSHIP_H
#define KINSHIP_H

#include "civic_plugin.h"
#include "person_record.h"
#include "record.h"
#include "words.h"

/* Purposes of what is sealed. */
#define KINSHIP_HEALTH  "health"        /* facts; plugin sampling has it, too */
#define KINSHIP_SEALED  "kin"           /* names, bindings, who looked */
#define KINSHIP_LIVE    "kin_live"      /* live codes */

/* Purposes of consents. */
#define KINSHIP_CONSENT_OWN    "health"         /* of everybody from 14 on */
#define KINSHIP_CONSENT_CHILD  "health_child"   /* by a guardian */
#define KINSHIP_CONSENT_BIND   "kinship"        /* of who binds */


/* ---- families of keys -------------------------------------------------- */

/* "civic:{p:<pid>}:<family>" */
#define KINSHIP_FAMILY_HEALTH     "health"
#define KINSHIP_FAMILY_GUARDIANS  "guardians"
#define KINSHIP_FAMILY_KIN        "kin"
#define KINSHIP_FAMILY_CODES      "kincodes"
#define KINSHIP_FAMILY_LOOKS      "looks"


/* ---- person.c ---------------------------------------------------------- */

/* Who somebody is.  CIVIC_NOT_FOUND: neither login nor a guardian knows.
   CIVIC_INVALID: damaged, logged. */
civic_result_t kinship_identity(civic_request_t *r, civic_str_t pid,
    civic_person_identity_t *identity);

/* The same as it is sealed in "health", for a script that stores it. */
civic_result_t kinship_identity_seal(civic_request_t *r, civic_str_t pid,
    const civic_person_identity_t *identity, civic_str_t *sealed);

/* Today in China, of the business clock, and the years of age then by the
   rule "age" (which of the law's readings holds). */
civic_date_t kinship_today(civic_request_t *r);
civic_result_t kinship_age(civic_request_t *r,
    const civic_person_identity_t *identity, int64_t *age);

/* "张*" */
civic_str_t kinship_masked(civic_request_t *r,
    const civic_person_identity_t *identity);


/* ---- facts.c ----------------------------------------------------------- */

typedef struct {
    civic_str_t   pid;
    int           opened;               /* there is a code */
    int           own;                  /* an own one */
    civic_msec_t  opened_at;
    int64_t       version;              /* of the facts */
    json_t       *facts;                /* the host's: {"tests", "measures",
                                           "override"}; never NULL */
    civic_str_t   consent;              /* "<purpose> <id>" or empty */
} kinship_health_t;

civic_result_t kinship_health_read(civic_request_t *r, civic_str_t pid,
    kinship_health_t *health);

/* The rule "colour": {"colour", "reason", "text", "until"?}. */
civic_result_t kinship_colour(civic_request_t *r,
    const kinship_health_t *health, int64_t age, json_t **colour);


/* ---- guardians.c: what a relative's record says ------------------------- */

typedef struct {
    civic_str_t   guardian;             /* pid */
    civic_str_t   relative;             /* pid */
    civic_str_t   id;                   /* of the binding */
    civic_msec_t  since;                /* business time */
    civic_str_t   how;                  /* face, counter, pledge */
    civic_str_t   relation;
} kinship_binding_t;

/* The caller's binding of that id, as the relative's record has it.
   CIVIC_NOT_FOUND: none, or not any more. */
civic_result_t kinship_binding_find(civic_request_t *r, civic_str_t guardian,
    civic_str_t id, kinship_binding_t *binding);

/* All of a guardian's, in the order in which they were bound; *count at most
   max. */
civic_result_t kinship_bindings_of(civic_request_t *r, civic_str_t guardian,
    kinship_binding_t *bindings, size_t max, size_t *count);

/* All guardians of a relative. */
civic_result_t kinship_guardians_of(civic_request_t *r, civic_str_t relative,
    kinship_binding_t *bindings, size_t max, size_t *count);

#define KINSHIP_MOST  32                /* bindings of anybody, whatever the
                                           rules say */


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
    civic_str_t   place;                /* of a verifier, or empty */
} kinship_look_t;

civic_result_t kinship_look(civic_request_t *r, const kinship_look_t *look);

#endif
