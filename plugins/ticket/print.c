/*
 * print.c - the sheet as a PDF, or as a picture to look at first.  It is drawn
 * anew each time, by the media engine: nothing printed is stored.
 *
 * A picture (the photo, the sheet) takes memory and the engine time, so a
 * worker draws few at once; who comes beside them waits, or is told when to
 * come again.
 */

#include <stdio.h>

#include "document.h"
#include "ticket.h"
#include "values.h"
#include "words.h"

#define SHEET     1                     /* the page of the preview */

typedef struct {
    ticket_mine_t           mine;
    ticket_terms_t          terms;
    ticket_subjects_t       subjects;
    civic_seating_seat_t    seat;
    ticket_sheet_t          sheet;
} printing_t;


/* ---- what it needs ----------------------------------------------------- */

/* Whether it is the time, and the seat is one of the exam. */
static civic_result_t
may_print(civic_request_t *r, printing_t *printing, int *answered)
{
    civic_result_t         rc;
    ticket_mine_t         *mine = &printing->mine;
    ticket_printing_t      decision;

    rc = ticket_printing(r, &mine->exam, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!decision.allow) {
        *answered = 1;
        return civic_refuse(r, decision.decision);
    }

    if (civic_seating_find(&mine->exam.plan, mine->person.number.data,
                           mine->person.number.len, &printing->seat)
        != 0)
    {
        civic_log(r, CIVIC_LOG_WARN, "exam \"%s\" has a seat no more that "
                  "somebody has a ticket for", mine->exam.id.data);
        *answered = 1;
        return civic_problem(r, "ticket_seat_moved");
    }

    return CIVIC_OK;
}


/* Empty if the exam wants none, or it is gone: a sheet without a photo is
   better than none, for people look at it, and the log has it. */
static civic_result_t
read_photo(civic_request_t *r, const ticket_mine_t *mine, civic_str_t *photo)
{
    int             wanted;
    civic_str_t     id;
    civic_blob_t    blob;
    civic_result_t  rc;

    *photo = CIVIC_STR("");
    rc = ticket_photo(r, &mine->exam, mine->person.pid, &wanted, &id);

    if (rc == CIVIC_OK && id.len > 0) {
        rc = civic_blob_read(r, mine->person.pid, TICKET_PHOTO, id, &blob,
                             photo);
    }

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        *photo = CIVIC_STR("");
        rc = CIVIC_OK;
    }

    if (rc == CIVIC_OK && wanted && photo->len == 0) {
        civic_log(r, CIVIC_LOG_WARN, "a ticket of exam \"%s\" is drawn "
                  "without a photo", mine->exam.id.data);
    }

    return rc;
}


static civic_result_t
read_position(civic_request_t *r, const ticket_mine_t *mine,
    json_t **position)
{
    civic_result_t  rc;

    rc = civic_call(r, "exam.position",
                    json_pack("{s:s, s:s}", "exam_id", mine->exam.id.data,
                              "code", mine->entitled.position.data),
                    position);

    if (rc == CIVIC_OK && json_object_get(*position, "name") == NULL) {
        rc = CIVIC_NOT_FOUND;
    }

    if (rc == CIVIC_NOT_FOUND) {
        *position = NULL;
        rc = CIVIC_OK;
    }

    return rc;
}


/* The exam's own, else the rule's. */
static civic_result_t
read_instructions(civic_request_t *r, const ticket_mine_t *mine,
    json_t **instructions)
{
    json_t          *answer;
    civic_result_t   rc;

    *instructions = json_object_get(json_object_get(mine->exam.facts,
                                                    "ticket"),
                                    "instructions");

    if (json_array_size(*instructions) > 0) {
        return CIVIC_OK;
    }

    rc = civic_rule(r, "instructions", NULL, &answer);

    if (rc == CIVIC_OK) {
        *instructions = json_object_get(answer, "instructions");
    }

    return rc;
}


static civic_result_t
gather(civic_request_t *r, printing_t *printing)
{
    civic_msec_t     expires;
    civic_result_t   rc;
    ticket_mine_t   *mine = &printing->mine;
    ticket_sheet_t  *sheet = &printing->sheet;

    memset(sheet, 0, sizeof(ticket_sheet_t));
    ticket_subjects(&mine->exam, mine->entitled.position,
                    &printing->subjects);
    sheet->exam = &mine->exam;
    sheet->subjects = &printing->subjects;
    sheet->person = &mine->person;
    sheet->entitled = &mine->entitled;
    sheet->seat = &printing->seat;

    /* without subjects the code lives as long as it can be printed */
    expires = (printing->subjects.last > 0 ? printing->subjects.last
                                           : mine->exam.until)
              + 1000 * printing->terms.valid;

    rc = read_position(r, mine, &sheet->position);

    if (rc == CIVIC_OK) {
        rc = read_instructions(r, mine, &sheet->instructions);
    }

    if (rc == CIVIC_OK) {
        rc = read_photo(r, mine, &sheet->photo);
    }

    return rc != CIVIC_OK ? rc
           : ticket_token_make(r, &mine->exam, &mine->person,
                               &printing->seat, expires, &sheet->code);
}


/* ---- the answer -------------------------------------------------------- */

static civic_result_t
answer(civic_request_t *r, const printing_t *printing,
    const shared_drawn_t *drawn)
{
    const char              *exam = printing->mine.exam.id.data;
    shared_document_file_t   file;

    file.what = civic_print(r, "a ticket of exam \"%s\"", exam);
    file.file = civic_print(r, "ticket-%s.pdf", exam);
    /* 准考证 */
    file.file_utf8 = civic_print(r, "%%E5%%87%%86%%E8%%80%%83%%E8%%AF%%81"
                                 "-%s.pdf", exam);
    civic_count(r, TICKET_MISSING, drawn->missing.len > 0);
    civic_count(r, TICKET_DRAWN, 1);

    return shared_document_reply(r, drawn, &file);
}


/* ---- drawing ----------------------------------------------------------- */

static civic_result_t
cannot_now(civic_request_t *r, const ticket_terms_t *terms)
{
    civic_count(r, TICKET_DRAWING_DOWN, 1);

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "ticket_drawing_down",
                                     .retry_after = terms->retry });
}


static civic_result_t
ask_engine(civic_request_t *r, const printing_t *printing, int png,
    shared_drawn_t *drawn)
{
    const ticket_terms_t    *terms = &printing->terms;
    shared_document_want_t   want;

    memset(&want, 0, sizeof(want));
    want.png = png != 0;
    want.page = SHEET;
    want.dpi = (unsigned) terms->dpi;
    want.timeout = (unsigned) terms->timeout;

    return shared_document_draw(ticket_layout(r, &printing->sheet), &want,
                                drawn);
}


static civic_result_t
draw(civic_request_t *r, printing_t *printing, int png)
{
    civic_result_t  rc;
    shared_drawn_t  drawn;

    rc = gather(r, printing);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = ask_engine(r, printing, png, &drawn);

    if (rc == CIVIC_INVALID && printing->sheet.photo.len > 0) {
        /* the photo is none that the engine reads (logged) */
        printing->sheet.photo = CIVIC_STR("");
        rc = ask_engine(r, printing, png, &drawn);
    }

    if (rc == CIVIC_NOT_SENT) {
        return cannot_now(r, &printing->terms);
    }

    return rc != CIVIC_OK ? rc : answer(r, printing, &drawn);
}


static civic_result_t
print(civic_request_t *r, civic_str_t exam, civic_str_t pid, int png)
{
    int             answered = 0;
    printing_t     *printing = civic_alloc(r, sizeof(printing_t));
    civic_result_t  rc;

    rc = ticket_mine_read(r, exam, pid, &printing->mine, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = may_print(r, printing, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = ticket_terms(r, &printing->terms);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = civic_turn(r, TICKET_TURN, (unsigned) printing->terms.draws,
                    (unsigned) printing->terms.line);

    if (rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
        return cannot_now(r, &printing->terms);
    }

    return rc != CIVIC_OK ? rc : draw(r, printing, png);
}


civic_result_t
ticket_pdf(civic_request_t *r)
{
    return print(r, civic_path(r, "exam_id"), civic_pid(r), 0);
}


civic_result_t
ticket_preview(civic_request_t *r)
{
    return print(r, civic_path(r, "exam_id"), civic_pid(r), 1);
}


/* ---- by a link --------------------------------------------------------- */

static civic_result_t
print_link(civic_request_t *r, int png)
{
    civic_str_t     pid, exam;
    civic_result_t  rc;

    rc = ticket_link_read(r, civic_path(r, "link"), &pid, &exam);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "ticket_link_over");
    }

    return rc != CIVIC_OK ? rc : print(r, exam, pid, png);
}


civic_result_t
ticket_link_pdf(civic_request_t *r)
{
    return print_link(r, 0);
}


civic_result_t
ticket_link_preview(civic_request_t *r)
{
    return print_link(r, 1);
}
