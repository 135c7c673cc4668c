/*
 * token.c - the code on a sheet: a token of docs/adr/0021-paper-tokens.md that
 * tells what is printed beside it, and nothing of the person.
 *
 * Its id is made of the seat's giving: who got the same seat after somebody
 * gave it back has another, so the older sheet does not pass at the door.
 */

#include "paper_code.h"
#include "paper_labels.h"
#include "ticket.h"

#define SECOND  1000


civic_result_t
ticket_token_id(civic_request_t *r, civic_str_t exam,
    const ticket_person_t *person, unsigned char id[CIVIC_CWT_ID])
{
    civic_str_t  seat = civic_print(r, "%s %s", person->number.data,
                                    person->version.data);

    if (civic_seating_digest(exam.data, exam.len, seat.data, seat.len,
                             person->pid.data, person->pid.len, id)
        != 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a code's id cannot be made");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


_Static_assert(CIVIC_SEATING_DIGEST == CIVIC_CWT_ID, "a token's id is one");


/* ---- making ------------------------------------------------------------ */

static civic_result_t
fill(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const civic_seating_seat_t *seat,
    civic_msec_t expires, civic_cwt_t *token)
{
    const shared_paper_keys_t  *keys = civic_state(r);

    memset(token, 0, sizeof(civic_cwt_t));
    token->issuer_len = strlen(keys->issuer);
    memcpy(token->issuer, keys->issuer, token->issuer_len);
    token->issued_at = civic_business_now(r) / SECOND;
    token->expires_at = expires / SECOND;

    if (shared_paper_add(token, CIVIC_PAPER_EXAM, exam->id) != 0
        || shared_paper_add(token, CIVIC_PAPER_NUMBER, person->number) != 0
        || shared_paper_add(token, CIVIC_PAPER_SITE,
                            civic_print(r, "%02u", seat->site)) != 0
        || shared_paper_add(token, CIVIC_PAPER_ROOM,
                            civic_print(r, "%03u", seat->room)) != 0
        || shared_paper_add(token, CIVIC_PAPER_SEAT,
                            civic_print(r, "%02u", seat->seat)) != 0)
    {
        return CIVIC_ERROR;
    }

    return ticket_token_id(r, exam->id, person, token->id);
}


civic_result_t
ticket_token_make(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const civic_seating_seat_t *seat,
    civic_msec_t expires, civic_str_t *picture)
{
    civic_cwt_t                *token;
    civic_str_t                 text;
    civic_result_t              rc;
    const shared_paper_keys_t  *keys = civic_state(r);

    token = civic_alloc(r, sizeof(civic_cwt_t));
    rc = fill(r, exam, person, seat, expires, token);

    if (rc == CIVIC_OK) {
        rc = shared_paper_sign(r, keys->keys[0], token, &text);
    }

    return rc != CIVIC_OK ? rc : shared_paper_draw(r, &text, picture, 1);
}


/* ---- reading ----------------------------------------------------------- */

/* A signature takes 0.1 ms to verify: not worth a thread. */
civic_cwt_status_t
ticket_token_read(civic_request_t *r, civic_str_t text, int64_t leeway,
    ticket_token_t *token)
{
    civic_cwt_t                *read;
    civic_cwt_status_t          status;
    const shared_paper_keys_t  *keys = civic_state(r);

    memset(token, 0, sizeof(ticket_token_t));
    read = civic_alloc(r, sizeof(civic_cwt_t));
    status = civic_cwt_verify_text(shared_paper_keys_all(keys), keys->nkeys,
                                   text.data, text.len,
                                   civic_business_now(r) / SECOND, leeway,
                                   read);

    if (status != CIVIC_CWT_OK && status != CIVIC_CWT_EXPIRED) {
        return status;
    }

    token->exam = shared_paper_text(r, read, CIVIC_PAPER_EXAM);
    token->number = shared_paper_text(r, read, CIVIC_PAPER_NUMBER);
    memcpy(token->id, read->id, CIVIC_CWT_ID);

    /* signed by us, and no ticket: another profile of the same keys */
    return shared_is_exam(token->exam) && token->number.len > 0
           ? status : CIVIC_CWT_OTHER;
}
