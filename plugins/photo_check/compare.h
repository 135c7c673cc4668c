/*
 * compare.h - what goes on with a photo after its upload: compared with the
 * face, tried again, given to staff.
 *
 *   compare.c   the order of the comparison, and what becomes of it
 *   by_face.c   with the picture of the face, by the media engine
 *   by_source.c with the authority's picture, by Alipay
 *   work.c      the outbox "work": goes on with what waits
 *   mend.c      rebuilds that index from the photos themselves
 *   review.c    staff: the queue, the oldest, letting go
 *   seen.c      staff: what they look at
 *   decide.c    staff: the decision
 *   review_tables.c  bodies and answers of their routes
 */

#ifndef PHOTO_COMPARE_H
#define PHOTO_COMPARE_H

#include "photo_check.h"
#include "staff_queue.h"

/* What one way of comparing says. */
typedef enum {
    COMPARED_NOT = 0,                   /* this way is not open: see why */
    COMPARED_SAME,
    COMPARED_DIFFERENT,
    COMPARED_UNSURE,
    COMPARED_LATER                      /* the service is down */
} compared_result_t;

typedef struct {
    compared_result_t   result;
    const char         *why;            /* a code, for who looks at it */
    json_t             *details;        /* of the caller: method and numbers */
} compared_t;

/* Each asks under the consent, which the caller has looked at just now; the
   picture is the photo's. */
civic_result_t photo_by_face(civic_request_t *r, const photo_t *photo,
    civic_str_t picture, const photo_terms_t *terms, compared_t *compared);
civic_result_t photo_by_source(civic_request_t *r, const photo_t *photo,
    civic_str_t picture, compared_t *compared);

/* What the rule "compared" says of facts, which it takes over. */
civic_result_t photo_compared(civic_request_t *r, json_t *facts,
    compared_t *compared);

/*
 * Goes on with a photo that is "comparing" and due.  *down: a service did not
 * answer, so asking again at once helps nobody.  *spent grows by what pictures
 * took of the request's memory.
 */
civic_result_t photo_compare(civic_request_t *r, photo_t *photo,
    const photo_terms_t *terms, size_t *spent, int *down);


/* ---- what waits for staff ---------------------------------------------- */

/* An index of photos that are in "review", sorted by since when they are. */
#define PHOTO_QUEUE  CIVIC_STR("civic:{photo_reviews}")

/* Puts it there, or takes it out, as its state says. */
civic_result_t photo_queue_follow(civic_request_t *r, const photo_t *photo);


/* ---- mend.c ------------------------------------------------------------ */

civic_result_t photo_mend_run(civic_request_t *r, const civic_job_t *job);


/* ---- review.c, seen.c, decide.c ---------------------------------------- */

typedef struct {
    int64_t   lease;                    /* s */
    json_t   *reasons;                  /* of staff: [{code, zh, en}] */
} photo_review_rule_t;

civic_result_t photo_review_rule(civic_request_t *r,
    photo_review_rule_t *rule);

/*
 * The photo of the path, if the caller holds it: waiting for staff, under a
 * lease that is not over.  Else it is answered why not.
 */
civic_result_t photo_review_find(civic_request_t *r, photo_t *photo,
    int *answered);

/* Answers for one that is not as it was read any more. */
civic_result_t photo_review_gone(civic_request_t *r, const photo_t *photo);

/* The reply: all that staff see of it. */
civic_result_t photo_review_write(civic_request_t *r, const photo_t *photo);

/* The picture of the face, if it may be looked at; id empty: there is none. */
civic_result_t photo_reference(civic_request_t *r, civic_str_t pid,
    civic_str_t *id);

civic_result_t photo_review_audit(civic_request_t *r, const photo_t *photo,
    const char *action);

civic_result_t photo_reviews(civic_request_t *r);
civic_result_t photo_review_next(civic_request_t *r);
civic_result_t photo_review_show(civic_request_t *r);
civic_result_t photo_review_picture(civic_request_t *r);
civic_result_t photo_review_reference(civic_request_t *r);
civic_result_t photo_review_release(civic_request_t *r);
civic_result_t photo_review_decide(civic_request_t *r);

/* review_tables.c */
extern const civic_field_t  photo_reviews_reply[];
extern const civic_field_t  photo_review_reply[];
extern const civic_field_t  photo_decision_body[];
extern const civic_field_t  photo_decision_reply[];

#endif
