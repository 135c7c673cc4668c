/*
 * civic.h - what the files of the plugin "civic" share.
 *
 *   civic.c            the tables, and nothing else
 *   message.c          a message's record; the call civic.message
 *   inbox.c            GET /civic/messages and the read marks
 *   pushes.c           the job that hands messages to a message service
 *   consent_text.c     the texts that people consent to
 *   consent.c          a consent's record; the call civic.consent
 *   consents.c         GET and POST /civic/consents
 *   giving.c           how a consent is given, judged and stored
 *   giving_calls.c     the calls civic.consent_give and civic.consents_carry
 *   withdrawal.c       DELETE /civic/consents/{purpose}; how a consent ends
 *   retention.c        consents whose time is over
 *   erasure.c          erasing what was kept under a consent that ended
 *   upkeep.c           blobs by ticket; jobs of blobs and the audit trail
 *   digest.c           SM3
 *
 * An int *answered tells a step's caller that it made a reply.
 */

#ifndef CIVIC_CIVIC_H
#define CIVIC_CIVIC_H

#include "civic_plugin.h"
#include "record.h"
#include "values.h"

#define CIVIC_MESSAGES        "messages"        /* family and purpose */
#define CIVIC_CONSENTS        "consents"        /* family and purpose */
#define CIVIC_PUSHES          "pushes"          /* outbox and job */
#define CIVIC_ERASURES        "erasures"        /* outbox and job */
#define CIVIC_RETENTIONS      "retentions"      /* outbox and job */

#define CIVIC_PURPOSE_MAX     32
#define CIVIC_DIGEST          64                /* SM3 in hexadecimal */
#define CIVIC_RELATION_MAX    32
#define CIVIC_EVIDENCE_MAX    128
#define CIVIC_SELF            "self"

#define CIVIC_MESSAGES_MOST   1000              /* whatever rules say */
#define CIVIC_CONSENTS_MOST   200
#define CIVIC_DAY             86400000LL        /* ms */
#define CIVIC_DAYS_MOST       36500             /* whatever rules say */

/* Counters, in the order of the metrics table. */
typedef enum {
    CIVIC_MESSAGE_STORED = 0,
    CIVIC_MESSAGE_REPEATED,
    CIVIC_PUSH_DONE,
    CIVIC_PUSH_REFUSED,
    CIVIC_PUSH_GIVEN_UP,
    CIVIC_CONSENT_GIVEN,
    CIVIC_CONSENT_WITHDRAWN,
    CIVIC_ERASURE_DONE,
    CIVIC_ERASURE_FAILED,
    CIVIC_CONSENT_OVER,
    CIVIC_SET_ASIDE
} civic_metric_t;

/* Handlers. */
civic_result_t civic_inbox_list(civic_request_t *r);
civic_result_t civic_inbox_read_one(civic_request_t *r);
civic_result_t civic_inbox_read_all(civic_request_t *r);
civic_result_t civic_consent_text_show(civic_request_t *r);
civic_result_t civic_consents_list(civic_request_t *r);
civic_result_t civic_consents_give(civic_request_t *r);
civic_result_t civic_consents_withdraw(civic_request_t *r);
civic_result_t civic_blob_show(civic_request_t *r);

/* Calls. */
civic_result_t civic_message_call(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t civic_consent_call(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t civic_consent_give_call(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t civic_consent_withdraw_call(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t civic_consents_carry_call(civic_request_t *r, json_t *in,
    json_t **out);

/* Jobs. */
civic_result_t civic_pushes_run(civic_request_t *r, const civic_job_t *job);
civic_result_t civic_erasures_run(civic_request_t *r, const civic_job_t *job);
civic_result_t civic_retentions_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t civic_audit_run(civic_request_t *r, const civic_job_t *job);
civic_result_t civic_blobs_run(civic_request_t *r, const civic_job_t *job);


/* ---- digest.c ---------------------------------------------------------- */

/* SM3 (GB/T 32905) in hexadecimal. */
civic_result_t civic_sm3(civic_request_t *r, civic_str_t text,
    civic_str_t *digest);


/* ---- message.c --------------------------------------------------------- */

/* A sealed record, opened: a new reference. */
civic_result_t civic_message_open(civic_request_t *r, civic_str_t pid,
    civic_str_t id, civic_str_t sealed, json_t **message);

/* Its text in a language; the Chinese one if there is no other. */
civic_str_t civic_message_text(json_t *message, const char *zh,
    const char *en, int english);

/* By the rule "message_keep". */
typedef struct {
    int64_t  messages;
    int64_t  days;
} civic_message_keep_t;

civic_result_t civic_message_keep(civic_request_t *r, const char *kind,
    civic_message_keep_t *keep);

/* What stands in the outbox of pushes is sealed for this. */
#define CIVIC_PUSH_CONTEXT  CIVIC_STR("push")


/* ---- consent_text.c ---------------------------------------------------- */

/* By the rule "consent_text".  Strings are the answer's. */
typedef struct {
    int          found;
    int64_t      version;
    civic_str_t  title;
    civic_str_t  text;
    civic_str_t  digest;
    json_t      *flags;
    int64_t      retention_days;
    civic_str_t  handler;
    civic_str_t  contact;
    civic_str_t  alternative;
} civic_consent_text_t;

civic_result_t civic_consent_text(civic_request_t *r, civic_str_t purpose,
    int english, civic_consent_text_t *text);


/* ---- consent.c --------------------------------------------------------- */

civic_result_t civic_consent_open(civic_request_t *r, civic_str_t pid,
    civic_str_t id, civic_str_t sealed, json_t **record);

/* A consent that is about to be given.  What is absent is empty or NULL. */
typedef struct {
    civic_str_t   pid;                  /* whose */
    civic_str_t   purpose;
    int64_t       version;              /* of the text that was shown, */
    civic_str_t   digest;               /* its digest */
    civic_str_t   language;             /* and language */
    json_t       *flags;                /* as ticked; borrowed */
    civic_str_t   method;               /* "tick_and_button", "automatic" */
    civic_str_t   channel;              /* "alipay", "web" ... */
    civic_str_t   app_version;
    civic_str_t   actor;                /* pid of who gave it: pid, or that
                                           of somebody who acts for them */
    civic_str_t   relation;             /* what the actor is: "self" ... */
    civic_str_t   evidence;             /* why the actor was believed */
    civic_msec_t  until;                /* when its time is over */
    civic_str_t   instead;              /* of one that somebody else gave for
                                           them; or empty */
} civic_giving_t;

/* Its record, sealed: given now. */
civic_result_t civic_consent_seal(civic_request_t *r,
    const civic_giving_t *giving, civic_str_t id,
    const civic_consent_text_t *text, civic_str_t *sealed);

/* The consent to a purpose that has not ended; its id is empty if there is
   none.  until: 0 if it was recorded before that was noted. */
typedef struct {
    civic_str_t   id;
    int64_t       version;
    civic_msec_t  until;
} civic_consent_active_t;

civic_result_t civic_consent_active(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, civic_consent_active_t *active);

/* *own: the person gave this one; not somebody for them. */
civic_result_t civic_consent_is_own(civic_request_t *r, civic_str_t pid,
    civic_str_t id, int *own);

/* By the rule "consent_holds": whether a consent to this version of a text
   still counts, or the text has changed since. */
civic_result_t civic_consent_holds(civic_request_t *r, civic_str_t purpose,
    int64_t version, int *holds);

/* An entry of the audit trail about a consent, as civic_audit().  reason:
   why it ended; NULL if it was withdrawn, or has not. */
civic_result_t civic_consent_audit(civic_request_t *r, const char *action,
    civic_str_t pid, civic_str_t purpose, civic_str_t id, const char *reason,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed);

/* The length of a pid, and a purpose that a hash's field can be named by. */
int civic_consent_names(civic_str_t pid, civic_str_t purpose);


/* ---- giving.c ---------------------------------------------------------- */

/* By the rule "consent_check".  *decision is the host's; *allowed: it may be
   stored. */
civic_result_t civic_giving_judge(civic_request_t *r,
    const civic_giving_t *giving, const civic_consent_text_t *text,
    json_t **decision, int *allowed);

/* Stores it; sets giving->until.  once: on a route that CIVIC_CREATES.
   answer is that of civic_consent_give.lua. */
civic_result_t civic_giving_store(civic_request_t *r,
    civic_giving_t *giving, const civic_consent_text_t *text, int once,
    const civic_value_t **answer);

/* One that was given before, under another pid; sealed is its record for this
   one. */
typedef struct {
    civic_str_t  pid;
    civic_str_t  purpose;
    civic_str_t  id;
    civic_str_t  sealed;
    int64_t      version;
    int64_t      given_at;              /* ms */
    civic_str_t  language;
    civic_str_t  digest;
    int64_t      until;
} civic_carried_t;

civic_result_t civic_giving_carry(civic_request_t *r,
    const civic_carried_t *carried, const civic_value_t **answer);


/* ---- erasure.c --------------------------------------------------------- */

/* Something to be erased. */
typedef struct {
    civic_str_t  pid;
    civic_str_t  purpose;
    civic_str_t  id;                    /* of the consent that ended */
    civic_str_t  entry;                 /* its id in the outbox of erasures */
    const char  *reason;                /* why; NULL: it was withdrawn */
} civic_erasure_t;

/* How long one attempt may take, and nobody else begins one: ms. */
#define CIVIC_ERASE_HANDLER  6000
#define CIVIC_ERASE_JOB      30000

/* What the outbox is given. */
civic_result_t civic_erasure_entry(civic_request_t *r,
    const civic_erasure_t *erasure, civic_str_t *sealed);

/*
 * Asks every plugin to erase, and keeps the proof.  The caller has begun it
 * (civic_erase_begin.lua, civic_consent_withdraw.lua).  CIVIC_OK: erased.
 */
civic_result_t civic_erase(civic_request_t *r,
    const civic_erasure_t *erasure);


/* ---- withdrawal.c ------------------------------------------------------ */

/* Ends a consent; the caller then has so many ms to erase.  Sets
   erasure->entry: empty if another consent holds by now, or none. */
civic_result_t civic_consent_end(civic_request_t *r,
    civic_erasure_t *erasure, civic_msec_t at, int64_t patience);


/* ---- retention.c ------------------------------------------------------- */

/* Why a consent ended: its status, and the reason in the audit trail. */
#define CIVIC_RETENTION_OVER  "retention_over"

/* The set of what is due sometime, beside an outbox of CIVIC_RETENTIONS. */
civic_str_t civic_retention_key(civic_request_t *r, civic_str_t outbox);

/* What that set is given. */
civic_result_t civic_retention_entry(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, civic_str_t id, civic_str_t *sealed);

/* By the business clock. */
int civic_retention_over(civic_request_t *r, civic_msec_t until);

/* Ends the consent to a purpose, tells the person and erases, if its time is
   over: before a new one is given, for else it would be the one that holds
   already. */
civic_result_t civic_retention_end_last(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose);

#endif
