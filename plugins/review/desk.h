/*
 * desk.h - the reviewers' side of applications.
 *
 *   queues.c       which queues there are, and who holds what
 *   waiting.c      how many wait
 *   desk.c         the next one, taking one, letting go
 *   item.c         what staff see of the one they hold; its photo
 *   decide.c       approved, or refused for reasons
 *   again.c        a decision that is sent again
 *   reversal.c     a decision turned round: proposed by one, confirmed or
 *                  rejected by another
 *   look_up.c      a person's applications, by the identity number
 *   desk_rules.c   what lua/rules/review.lua is asked for all of it
 *   desk_tables.c  bodies and answers of these routes
 *   clock.h        when something is due
 *
 * What waits is in the queue of its exam, sorted by when it is due.  What was
 * decided and is looked at again is in another queue, "opened", for as long as
 * somebody holds it: so all that staff see is held by them, and nobody else
 * sees it meanwhile.  A decision compares the version that was looked at.
 */

#ifndef REVIEW_DESK_H
#define REVIEW_DESK_H

#include "review.h"
#include "staff_queue.h"

#define REVIEW_PHOTO      "photo"       /* photo_check's purpose of blobs */
#define REVIEW_PROPOSED   "proposed"    /* an application's reversal */

#define REVIEW_REASONS    8             /* of one decision, at most */
#define REVIEW_NOTE       1000          /* characters, at most */


/* ---- queues.c ---------------------------------------------------------- */

/* Those beside review_queue(). */
civic_str_t review_opened(civic_request_t *r, civic_str_t exam);
civic_str_t review_reversals(civic_request_t *r, civic_str_t exam);

/* Whether a reversal is proposed that another may confirm. */
int review_is_proposed(const review_application_t *application);

/* What somebody of the staff holds. */
typedef struct {
    review_application_t  application;
    int                   opened;       /* it was decided before */
    civic_msec_t          until;        /* of the lease */
} review_item_t;

/*
 * The one of the path and of the query's exam, if the caller holds it; the
 * lease begins anew.  Else it is answered why not.
 */
civic_result_t review_item_find(civic_request_t *r, review_item_t *item,
    int *answered);

/* Takes it out of the caller's hands: it was decided, or turned out to be
   over. */
civic_result_t review_item_end(civic_request_t *r, const review_item_t *item);

/* An entry of the trail that somebody looked, or did something that changes
   no record. */
civic_result_t review_item_note(civic_request_t *r, const review_item_t *item,
    const char *action);

/* The details that an entry of the trail has; a new reference. */
json_t *review_item_details(const review_application_t *application);

/* The exam of the query. */
civic_str_t review_exam_asked(civic_request_t *r);


/* ---- desk_rules.c ------------------------------------------------------ */

typedef struct {
    int64_t  lease;                     /* s */
    int64_t  soon;                      /* s */
    json_t  *answer;                    /* and how numbers are read */
} review_desk_rule_t;

civic_result_t review_desk_rule(civic_request_t *r, review_desk_rule_t *rule);

/* Whether reviewers may decide now; answers if not. */
civic_result_t review_may_review(civic_request_t *r, int *answered);

/* Reasons and a remark of the body, all that is wrong at once.  needed: there
   must be a reason.  *reasons is JSON text for the record. */
civic_result_t review_read_reasons(civic_request_t *r, int needed,
    civic_str_t *reasons, civic_str_t *note, int *answered);

/* What staff may choose from, in the reader's language. */
civic_result_t review_write_library(civic_request_t *r, civic_writer_t *w);


/* ---- item.c ------------------------------------------------------------ */

/* The reply: all that staff see of it. */
civic_result_t review_item_write(civic_request_t *r,
    const review_item_t *item);

/* Texts of reasons that a record has, in the reader's language. */
void review_write_reasons(civic_request_t *r, civic_writer_t *w,
    json_t *reasons);


/* ---- again.c ----------------------------------------------------------- */

/* What is to be decided, by the name that it leaves in the past ("approved",
   "reversal_rejected" ...; "reversed_to_" is either) or "reversal_proposed".
   reasoned: with the body's reasons and remark. */
typedef struct {
    const char  *what;
    int          reasoned;
} review_wish_t;

/* Whether the caller has decided on the body's version before: answers with
   the same outcome, or refuses what is another decision. */
civic_result_t review_decided_before(civic_request_t *r,
    const review_wish_t *wish, int *answered);


/* ---- decide.c ---------------------------------------------------------- */

/* Moves what is decided on, counts it, tells the queue, and replies. */
civic_result_t review_settle_item(civic_request_t *r, review_item_t *item,
    const review_move_t *move, review_metric_t metric);

/* What the wish is about: held by the caller, of the version that the body
   names, and waiting for a decision or (decided) with one.  Answers for
   whatever is not so. */
civic_result_t review_item_for(civic_request_t *r, int decided,
    const review_wish_t *wish, review_item_t *item, int *answered);


/* ---- handlers ---------------------------------------------------------- */

civic_result_t review_desk_queue(civic_request_t *r);
civic_result_t review_desk_next(civic_request_t *r);
civic_result_t review_desk_take(civic_request_t *r);
civic_result_t review_desk_show(civic_request_t *r);
civic_result_t review_desk_photo(civic_request_t *r);
civic_result_t review_desk_release(civic_request_t *r);
civic_result_t review_desk_approve(civic_request_t *r);
civic_result_t review_desk_refuse(civic_request_t *r);
civic_result_t review_desk_look_up(civic_request_t *r);
civic_result_t review_desk_reversals(civic_request_t *r);
civic_result_t review_desk_propose(civic_request_t *r);
civic_result_t review_desk_confirm(civic_request_t *r);
civic_result_t review_desk_reject(civic_request_t *r);


/* ---- desk_tables.c ----------------------------------------------------- */

extern const civic_field_t  review_exam_query[];
extern const civic_field_t  review_queue_query[];
extern const civic_field_t  review_queue_reply[];
extern const civic_field_t  review_item_reply[];
extern const civic_field_t  review_version_body[];
extern const civic_field_t  review_refuse_body[];
extern const civic_field_t  review_decided_reply[];
extern const civic_field_t  review_look_up_body[];
extern const civic_field_t  review_look_up_reply[];
extern const civic_field_t  review_reversals_reply[];
extern const civic_field_t  review_propose_body[];
extern const civic_field_t  review_reject_body[];

#endif
