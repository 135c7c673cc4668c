/*
 * counter.c - another way, for who cannot or will not show a face: a code
 * that the citizen takes to the counter, where a person looks at the document
 * and at its owner.
 *
 * The code leads to the account across slots: its key says where, sealed, and
 * the account's own hash says whether it still counts.  The key is written
 * first, so an interruption leaves a key that leads to nothing.
 */

#include "caller.h"
#include "face_auth.h"
#include "values.h"

#define TRIES  4                        /* codes that were there already */


/* ---- the code ---------------------------------------------------------- */

/* There are 32 of them, so each is as likely as the others. */
static civic_result_t
code_new(civic_request_t *r, civic_str_t *code)
{
    int                 i;
    char               *text = civic_alloc(r, FACE_CODE + 1);
    civic_result_t      rc;
    unsigned char       bytes[FACE_CODE];
    static const char   letters[] = FACE_CODE_LETTERS;

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < FACE_CODE; i++) {
        text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
    }

    text[FACE_CODE] = '\0';
    *code = (civic_str_t) { text, FACE_CODE };

    return CIVIC_OK;
}


/* A digest under the key of the pids: whoever reads Redis cannot try codes. */
civic_result_t
face_code_key(civic_request_t *r, civic_str_t code, civic_str_t *key)
{
    civic_str_t     digest;
    civic_result_t  rc;

    rc = civic_person_id(r, civic_print(r, "face_counter:%.*s",
                                        (int) code.len, code.data), &digest);

    if (rc == CIVIC_OK) {
        *key = civic_print(r, "civic:{face_counter:%.*s}", (int) digest.len,
                           digest.data);
    }

    return rc;
}


/* *done: 0 if somebody has that code. */
static civic_result_t
note_code(civic_request_t *r, const face_attempt_t *request, int *done)
{
    civic_str_t           key, args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = face_code_key(r, request->code, &key);

    if (rc == CIVIC_OK) {
        rc = civic_seal(r, FACE_RECORD, key,
                        civic_print(r, "%.*s %.*s", (int) request->pid.len,
                                    request->pid.data,
                                    (int) request->id.len, request->id.data),
                        &args[0]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    args[1] = shared_decimal(r, request->expires_at - civic_now(r)
                                + FACE_DAY * 1000);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "face_auth_code",
                             .keys = &key, .nkeys = 1,
                             .args = args, .nargs = 2 }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* ---- asking for one ---------------------------------------------------- */

static civic_result_t
fill_in(civic_request_t *r, const face_whose_t *whose, int64_t life,
    face_attempt_t *request)
{
    civic_result_t  rc;

    memset(request, 0, sizeof(face_attempt_t));

    request->pid = shared_copy(r, civic_pid(r));
    request->purpose = whose->purpose;
    request->person = whose->person;
    request->name = whose->name;
    request->recover = whose->recover;
    request->self = 1;
    request->slot = CIVIC_STR(FACE_COUNTER);
    request->expires_at = civic_now(r) + life * 1000;

    rc = shared_id_new(r, &request->id);

    return rc != CIVIC_OK ? rc : face_session_digest(r, &request->session);
}


static civic_result_t
give_code(civic_request_t *r, face_attempt_t *request)
{
    int             i, done = 0;
    civic_result_t  rc = CIVIC_OK;

    for (i = 0; i < TRIES && rc == CIVIC_OK && !done; i++) {
        rc = code_new(r, &request->code);

        if (rc == CIVIC_OK) {
            rc = note_code(r, request, &done);
        }
    }

    return rc == CIVIC_OK && !done ? CIVIC_BUSY : rc;
}


static civic_result_t
reply_code(civic_request_t *r, int status, const face_attempt_t *request)
{
    int              waiting = face_is(request, "waiting");
    civic_writer_t  *w = civic_reply(r, status);

    if (waiting && request->expires_at <= civic_now(r)) {
        civic_write_str(r, w, "state", CIVIC_STR("expired"));

    } else {
        civic_write_str(r, w, "state", request->state);
    }

    if (waiting) {
        civic_write_str(r, w, "code", request->code);
    }

    civic_write_instant(r, w, "expires_at", request->expires_at);

    if (waiting) {
        civic_write_str(r, w, "text", strcmp(shared_language(r), "en") == 0
            ? CIVIC_STR("Bring your identity document and this code to the "
                        "counter. Give the code to nobody else.")
            : CIVIC_STR("请携带身份证件原件和此编号到服务窗口，由工作人员核对"
                        "本人。请勿将编号告诉他人。"));
    }

    return CIVIC_OK;
}


/* Another request may be open; it gives way, whatever it is. */
static civic_result_t
begin(civic_request_t *r, face_attempt_t *request)
{
    civic_result_t  rc;
    face_attempt_t  before;

    rc = face_slot_read(r, request->pid, request->slot, &before);

    if (rc == CIVIC_OK) {
        rc = face_attempt_begin(r, "waiting", before.id, request);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, FACE_CODES, 1);
        rc = reply_code(r, 201, request);
    }

    return rc;
}


civic_result_t
face_counter_create(civic_request_t *r)
{
    int              answered = 0;
    int64_t          life = 0;
    face_whose_t    *whose = civic_alloc(r, sizeof(face_whose_t));
    civic_result_t   rc;
    face_attempt_t  *request = civic_alloc(r, sizeof(face_attempt_t));

    rc = face_whose_read(r, whose, &answered);

    if (rc == CIVIC_OK && !answered && !whose->self) {
        return civic_problem(r, "face_counter_self");
    }

    if (rc == CIVIC_OK && !answered) {
        rc = face_code_reserve(r, civic_pid(r), &life, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = fill_in(r, whose, life, request);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = give_code(r, request);

    return rc == CIVIC_OK ? begin(r, request) : rc;
}


civic_result_t
face_counter_show(civic_request_t *r)
{
    civic_result_t  rc;
    face_attempt_t  request;

    rc = face_slot_read(r, civic_pid(r), CIVIC_STR(FACE_COUNTER), &request);

    if (rc == CIVIC_OK && request.id.len == 0) {
        return civic_problem(r, "not_found");
    }

    return rc == CIVIC_OK ? reply_code(r, 200, &request) : rc;
}
