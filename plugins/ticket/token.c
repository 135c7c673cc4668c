/*
 * token.c - the code on a sheet: a token of docs/adr/0021-paper-tokens.md that
 * tells what is printed beside it, and nothing of the person.
 *
 * Its id is made of the seat's giving: who got the same seat after somebody
 * gave it back has another, so the older sheet does not pass at the door.
 */

#include <stdlib.h>

#include "qr_image.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

#define EXAM_LABEL    CIVIC_CWT_PRIVATE
#define NUMBER_LABEL  (CIVIC_CWT_PRIVATE - 1)
#define SITE_LABEL    (CIVIC_CWT_PRIVATE - 2)
#define ROOM_LABEL    (CIVIC_CWT_PRIVATE - 3)
#define SEAT_LABEL    (CIVIC_CWT_PRIVATE - 4)

#define SCALE         8                 /* pixels of a module: 300 dpi on 3 cm */
#define SECOND        1000

/* Work for a thread. */
typedef struct {
    const civic_cwt_key_t  *key;
    civic_cwt_t             token;
    civic_cwt_status_t      status;
    civic_qr_buffer_t       picture;
} making_t;


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

static int
add(civic_cwt_t *token, int64_t label, civic_str_t text)
{
    return civic_cwt_add(token, label, text.data, text.len);
}


static civic_result_t
fill(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const civic_seating_seat_t *seat,
    civic_msec_t expires, civic_cwt_t *token)
{
    const ticket_worker_t  *worker = civic_state(r);

    memset(token, 0, sizeof(civic_cwt_t));
    token->issuer_len = strlen(worker->issuer);
    memcpy(token->issuer, worker->issuer, token->issuer_len);
    token->issued_at = civic_business_now(r) / SECOND;
    token->expires_at = expires / SECOND;

    if (add(token, EXAM_LABEL, exam->id) != 0
        || add(token, NUMBER_LABEL, person->number) != 0
        || add(token, SITE_LABEL, civic_print(r, "%02u", seat->site)) != 0
        || add(token, ROOM_LABEL, civic_print(r, "%03u", seat->room)) != 0
        || add(token, SEAT_LABEL, civic_print(r, "%02u", seat->seat)) != 0)
    {
        return CIVIC_ERROR;
    }

    return ticket_token_id(r, exam->id, person, token->id);
}


static void
make(void *data)
{
    char       text[CIVIC_CWT_ROOM];
    making_t  *making = data;

    static const civic_qr_look_t  look = { SCALE, CIVIC_QR_MARGIN };

    making->status = civic_cwt_sign_text(making->key, &making->token, text);

    if (making->status == CIVIC_CWT_OK
        && civic_qr_png(text, strlen(text), &look, &making->picture)
           != CIVIC_QR_OK)
    {
        making->status = CIVIC_CWT_NO_MEMORY;
    }
}


civic_result_t
ticket_token_make(civic_request_t *r, const ticket_exam_t *exam,
    const ticket_person_t *person, const civic_seating_seat_t *seat,
    civic_msec_t expires, civic_str_t *picture)
{
    char                   *bytes;
    making_t               *making;
    civic_result_t          rc;
    const ticket_worker_t  *worker = civic_state(r);

    making = civic_alloc(r, sizeof(making_t));
    memset(making, 0, sizeof(making_t));
    making->key = worker->keys[0];
    rc = fill(r, exam, person, seat, expires, &making->token);

    if (rc == CIVIC_OK) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, make, making);
    }

    if (rc == CIVIC_OK && making->status != CIVIC_CWT_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "a ticket's code cannot be made: %s",
                  civic_cwt_status_name(making->status));
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        bytes = civic_alloc(r, making->picture.len);
        memcpy(bytes, making->picture.data, making->picture.len);
        *picture = (civic_str_t) { bytes, making->picture.len };
    }

    civic_qr_buffer_free(&making->picture);

    return rc;
}


/* ---- reading ----------------------------------------------------------- */

static civic_str_t
text_at(civic_request_t *r, const civic_cwt_t *token, int64_t label)
{
    const civic_cwt_text_t  *text = civic_cwt_find(token, label);

    return text == NULL ? CIVIC_STR("")
           : shared_copy(r, (civic_str_t) { text->data, text->len });
}


/* A signature takes 0.1 ms to verify: not worth a thread. */
civic_cwt_status_t
ticket_token_read(civic_request_t *r, civic_str_t text, int64_t leeway,
    ticket_token_t *token)
{
    civic_cwt_t            *read;
    civic_cwt_status_t      status;
    const ticket_worker_t  *worker = civic_state(r);

    memset(token, 0, sizeof(ticket_token_t));
    read = civic_alloc(r, sizeof(civic_cwt_t));
    status = civic_cwt_verify_text(
                 (const civic_cwt_key_t *const *) worker->keys,
                 worker->nkeys, text.data, text.len,
                 civic_business_now(r) / SECOND, leeway, read);

    if (status != CIVIC_CWT_OK && status != CIVIC_CWT_EXPIRED) {
        return status;
    }

    token->exam = text_at(r, read, EXAM_LABEL);
    token->number = text_at(r, read, NUMBER_LABEL);
    memcpy(token->id, read->id, CIVIC_CWT_ID);

    /* signed by us, and no ticket: another profile of the same keys */
    return shared_is_exam(token->exam) && token->number.len > 0
           ? status : CIVIC_CWT_OTHER;
}
