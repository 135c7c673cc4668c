/*
 * compare.c - whether the photo is the person's: with the picture of the
 * face, else with the authority's, else by staff.
 *
 * Only the rule "compared" and staff say that a photo passes.  The consent is
 * looked at before each question, and once more by the script that stores
 * what came of it: when it has ended meanwhile, the answer is thrown away and
 * the photo goes to staff, who need no machine.
 */

#include "compare.h"
#include "values.h"

typedef struct {
    civic_request_t      *r;
    photo_t              *photo;
    const photo_terms_t  *terms;
    civic_consent_t       consent;
    compared_t            compared;
    size_t               *spent;        /* bytes of the request's memory */
    int                   down;         /* a service did not answer */
} comparison_t;


/* ---- the rule ---------------------------------------------------------- */

static compared_result_t
result_of(civic_str_t word)
{
    if (civic_str_eq(word, CIVIC_STR("same"))) {
        return COMPARED_SAME;
    }

    return civic_str_eq(word, CIVIC_STR("different")) ? COMPARED_DIFFERENT
                                                      : COMPARED_UNSURE;
}


/* A new reference, which the next answer replaces. */
static void
keep_details(compared_t *compared, json_t *details)
{
    json_decref(compared->details);
    compared->details = details;
}


civic_result_t
photo_compared(civic_request_t *r, json_t *facts, compared_t *compared)
{
    json_t          *answer;
    civic_result_t   rc;

    keep_details(compared, json_copy(facts));

    rc = civic_rule(r, "compared", facts, &answer);

    if (rc == CIVIC_OK) {
        compared->result = result_of(shared_json_str(answer, "result"));
        compared->why = "unsure";
    }

    return rc;
}


/* ---- what was found, for the record ------------------------------------ */

static const char *
name_of(compared_result_t result)
{
    switch (result) {
    case COMPARED_SAME:
        return "same";
    case COMPARED_DIFFERENT:
        return "different";
    case COMPARED_UNSURE:
        return "unsure";
    case COMPARED_NOT:
    case COMPARED_LATER:
        break;
    }

    return "none";
}


/* Why staff have to look at it stands there too. */
static void
write_comparison(comparison_t *c)
{
    json_t  *all = json_object();

    if (c->compared.details != NULL) {
        json_object_update(all, c->compared.details);
    }

    json_object_set_new(all, "result",
                        json_string(name_of(c->compared.result)));
    json_object_set_new(all, "at", json_integer(civic_now(c->r)));

    if (c->compared.result != COMPARED_SAME
        && c->compared.result != COMPARED_DIFFERENT)
    {
        json_object_set_new(all, "why", json_string(c->compared.why));
    }

    c->photo->comparison = photo_json_text(c->r, all);
    json_decref(all);
}


/* ---- moving on --------------------------------------------------------- */

static civic_result_t
move(comparison_t *c, const char *state, int drop, int *moved)
{
    c->photo->due = 0;
    c->photo->tries = 0;
    write_comparison(c);

    return photo_move(c->r, c->photo,
                      &(photo_move_t) {
                          .state = state, .sealed = 1, .drop = drop,
                          .work = 1,
                          .consent = c->consent.id.len > 0 ? &c->consent
                                                           : NULL },
                      moved);
}


/* Nobody was there to answer: once more after a pause, or staff. */
static civic_result_t
later(comparison_t *c, int *moved)
{
    c->down = 1;

    if (c->photo->tries + 1 >= c->terms->tries) {
        c->compared.why = "tries";
        return move(c, "review", 0, moved);
    }

    c->photo->due = civic_now(c->r)
                    + photo_pause(c->terms, c->photo->tries);
    c->photo->tries++;

    return photo_move(c->r, c->photo, &(photo_move_t) { .work = 1 }, moved);
}


static civic_result_t
settle(comparison_t *c, int *moved)
{
    switch (c->compared.result) {

    case COMPARED_SAME:
        civic_count(c->r, PHOTO_COMPARED_SAME, 1);
        return move(c, "passed", 0, moved);

    case COMPARED_DIFFERENT:
        civic_count(c->r, PHOTO_COMPARED_DIFFERENT, 1);
        c->photo->reason = CIVIC_STR("face_differs");
        return move(c, "refused", 1, moved);

    case COMPARED_LATER:
        civic_count(c->r, PHOTO_COMPARED_LATER, 1);
        return later(c, moved);

    case COMPARED_UNSURE:
        civic_count(c->r, PHOTO_COMPARED_UNSURE, 1);
        break;

    case COMPARED_NOT:
        break;
    }

    civic_count(c->r, PHOTO_REVIEWS, 1);

    return move(c, "review", 0, moved);
}


/* ---- asking ------------------------------------------------------------ */

/* The one before may be over by now, or given anew. */
static civic_result_t
look_at_consent(comparison_t *c)
{
    return civic_consent(c->r, c->photo->pid, PHOTO_CONSENT, &c->consent);
}


/* What an answer was made of goes when the consent has ended. */
static void
without_consent(comparison_t *c)
{
    keep_details(&c->compared, NULL);
    c->compared.result = COMPARED_NOT;
    c->compared.why = "no_consent";
}


static civic_result_t
ask(comparison_t *c, civic_str_t picture)
{
    civic_result_t  rc = look_at_consent(c);

    if (rc != CIVIC_OK || c->consent.id.len == 0) {
        without_consent(c);
        return rc;
    }

    rc = photo_by_face(c->r, c->photo, picture, c->terms, &c->compared);

    if (rc != CIVIC_OK || c->compared.result != COMPARED_NOT) {
        return rc;
    }

    rc = look_at_consent(c);

    if (rc != CIVIC_OK || c->consent.id.len == 0) {
        without_consent(c);
        return rc;
    }

    return photo_by_source(c->r, c->photo, picture, &c->compared);
}


/* *moved: 0, the photo is another one, or the consent has ended. */
static civic_result_t
compare_once(comparison_t *c, int *moved)
{
    civic_str_t     picture = CIVIC_STR("");
    civic_blob_t    blob;
    civic_result_t  rc;

    c->compared = (compared_t) { .result = COMPARED_NOT, .why = "picture" };

    rc = civic_blob_read(c->r, c->photo->pid, PHOTO_PICTURE, c->photo->blob,
                         &blob, &picture);

    if (rc == CIVIC_OK) {
        rc = ask(c, picture);

    } else if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        /* staff are told that there is nothing to look at */
        rc = look_at_consent(c);
    }

    if (rc == CIVIC_ERROR || rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
        /* logged; it counts as a try, so that staff get it one day */
        c->compared.result = COMPARED_LATER;
        rc = CIVIC_OK;
    }

    *c->spent += 2 * picture.len;

    return rc == CIVIC_OK ? settle(c, moved) : rc;
}


civic_result_t
photo_compare(civic_request_t *r, photo_t *photo, const photo_terms_t *terms,
    size_t *spent, int *down)
{
    int             moved = 0;
    civic_str_t     text;
    civic_result_t  rc;
    comparison_t    c = { .r = r, .photo = photo, .terms = terms,
                          .spent = spent };

    text = photo->text;
    rc = compare_once(&c, &moved);

    if (rc == CIVIC_OK && !moved && civic_str_eq(photo->text, text)) {
        /* it is as it was: the consent is not */
        rc = photo_read(r, photo->pid, photo->id, photo);

        if (rc == CIVIC_OK && photo_is(photo, "comparing")) {
            without_consent(&c);
            c.consent = (civic_consent_t) { .id = CIVIC_STR("") };
            rc = settle(&c, &moved);
        }
    }

    json_decref(c.compared.details);
    *down = c.down;

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}
