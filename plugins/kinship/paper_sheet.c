/*
 * paper_sheet.c - a sheet of printed codes as a PDF, or as a picture for a
 * phone's album; by session, or by a link for who sends no header.
 *
 * It is drawn anew each time, of what still counts: a code that was revoked
 * since is not drawn, and one that is over neither.
 */

#include "document.h"
#include "paper.h"
#include "paper_code.h"
#include "paper_labels.h"
#include "sealed_link.h"
#include "values.h"

#define SECOND  1000


/* ---- what counts -------------------------------------------------------- */

/* CIVIC_NOT_FOUND: nobody has such a sheet. */
static civic_result_t
read_sheet(civic_request_t *r, civic_str_t holder, civic_str_t id,
    kinship_sheet_t *sheet)
{
    size_t                skip;
    civic_str_t           text, made, ends;
    civic_result_t        rc;
    const civic_value_t  *value;

    if (!shared_is_id(id)) {
        return CIVIC_NOT_FOUND;
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                         civic_person_key(r, holder, KINSHIP_FAMILY_SHEETS),
                         id), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc != CIVIC_OK ? rc : CIVIC_NOT_FOUND;
    }

    text = value->str;
    made = shared_word(text, 0);
    ends = shared_word(text, 1);
    skip = made.len + ends.len + 2;

    /* forgotten, or damaged */
    if (shared_number(ends, 0) <= 0 || skip >= text.len) {
        return CIVIC_NOT_FOUND;
    }

    sheet->holder = shared_copy(r, holder);
    sheet->id = shared_copy(r, id);
    sheet->expires_at = shared_number(ends, 0);

    return kinship_sheet_open(r, (civic_str_t) { text.data + skip,
                                                 text.len - skip }, sheet);
}


static void
ask_code(civic_request_t *r, const kinship_printed_t *code,
    civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 4 * sizeof(civic_str_t));

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, code->pid, KINSHIP_FAMILY_CODES);
    argv[2] = code->cti;
    argv[3] = civic_print(r, "text:%.*s", (int) code->cti.len,
                          code->cti.data);

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 4;
}


static civic_result_t
take_code(civic_request_t *r, const civic_value_t *value,
    kinship_printed_t *code)
{
    civic_str_t          text;
    civic_result_t       rc;
    kinship_paper_row_t  row;

    code->valid = 0;

    if (kinship_paper_row(r, shared_item(value, 0), &row) != 0 || !row.valid
        || row.expires_at <= civic_business_now(r)
        || shared_item(value, 1).len == 0)
    {
        return CIVIC_OK;
    }

    rc = civic_open(r, KINSHIP_SEALED,
                    kinship_paper_context(r, code->pid, code->cti),
                    shared_item(value, 1), &text);

    if (rc == CIVIC_OK) {
        code->text = shared_copy(r, text);
        code->valid = 1;
    }

    /* damaged (logged): the others are good */
    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
read_codes(civic_request_t *r, kinship_sheet_t *sheet)
{
    size_t           i;
    civic_result_t   rc;
    civic_command_t  commands[KINSHIP_SHEET_MOST];

    for (i = 0; i < sheet->count; i++) {
        ask_code(r, &sheet->codes[i], &commands[i]);
    }

    rc = sheet->count == 0 ? CIVIC_OK
                           : civic_pipeline(r, commands, sheet->count);

    for (i = 0; i < sheet->count && rc == CIVIC_OK; i++) {
        rc = take_code(r, commands[i].value, &sheet->codes[i]);
    }

    return rc;
}


/* ---- what stands in them ------------------------------------------------ */

/* Work for a thread: nine signatures are a millisecond. */
typedef struct {
    const shared_paper_keys_t  *keys;
    const kinship_sheet_t      *sheet;
    int64_t                     now;
    int64_t                     leeway;
    int                         fine[KINSHIP_SHEET_MOST];
    civic_cwt_t                 tokens[KINSHIP_SHEET_MOST];
} verifying_t;


static void
verify(void *data)
{
    size_t                    i;
    verifying_t              *v = data;
    const kinship_printed_t  *code;

    for (i = 0; i < v->sheet->count; i++) {
        code = &v->sheet->codes[i];
        v->fine[i] = code->valid
                     && civic_cwt_verify_text(
                            shared_paper_keys_all(v->keys), v->keys->nkeys,
                            code->text.data, code->text.len, v->now,
                            v->leeway, &v->tokens[i])
                        == CIVIC_CWT_OK
                     && kinship_paper_is_ours(&v->tokens[i]);
    }
}


/* What is printed beside a code is what stands in it.  A code of a key that
   is believed no more would be refused by all who scan it. */
static civic_result_t
read_tokens(civic_request_t *r, const kinship_paper_terms_t *terms,
    kinship_sheet_t *sheet)
{
    size_t           i;
    verifying_t     *v = civic_alloc(r, sizeof(verifying_t));
    civic_result_t   rc;

    v->keys = kinship_paper_keys(r);
    v->sheet = sheet;
    v->now = civic_business_now(r) / SECOND;
    v->leeway = terms->leeway;
    rc = civic_offload(r, CIVIC_THREADS_WORK, verify, v);

    for (i = 0; i < sheet->count && rc == CIVIC_OK; i++) {
        sheet->codes[i].valid = v->fine[i];

        if (v->fine[i]) {
            sheet->codes[i].name = shared_paper_text(r, &v->tokens[i],
                                                     CIVIC_PAPER_NAME);
            sheet->codes[i].issued_at = v->tokens[i].issued_at * SECOND;
            sheet->codes[i].expires_at = v->tokens[i].expires_at * SECOND;
        }
    }

    return rc;
}


/* Those that do not count stand no more in the sheet. */
static void
keep_valid(kinship_sheet_t *sheet)
{
    size_t  i, kept = 0;

    for (i = 0; i < sheet->count; i++) {
        if (sheet->codes[i].valid) {
            sheet->codes[kept++] = sheet->codes[i];
        }
    }

    sheet->count = kept;
}


/* ---- drawing ------------------------------------------------------------ */

static civic_result_t
cannot_now(civic_request_t *r, const kinship_paper_terms_t *terms)
{
    civic_count(r, KINSHIP_DRAWING_DOWN, 1);

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "kinship_drawing_down",
                                     .retry_after = terms->retry });
}


static civic_result_t
answer(civic_request_t *r, const shared_drawn_t *drawn)
{
    static const shared_document_file_t  file = {
        .what = CIVIC_STR("a sheet of codes"),
        .file = CIVIC_STR("codes.pdf"),
        /* 离线码 */
        .file_utf8 = CIVIC_STR("%E7%A6%BB%E7%BA%BF%E7%A0%81.pdf"),
    };

    civic_count(r, KINSHIP_DRAWN, 1);

    return shared_document_reply(r, drawn, &file);
}


static civic_result_t
draw_pictures(civic_request_t *r, const kinship_sheet_t *sheet,
    kinship_drawing_t *drawing)
{
    size_t       i;
    civic_str_t  texts[KINSHIP_SHEET_MOST];

    for (i = 0; i < sheet->count; i++) {
        texts[i] = sheet->codes[i].text;
    }

    return shared_paper_draw(r, texts, drawing->pictures, sheet->count);
}


static civic_result_t
draw(civic_request_t *r, const kinship_sheet_t *sheet,
    const kinship_paper_terms_t *terms, int png)
{
    civic_result_t          rc;
    shared_drawn_t          drawn;
    kinship_drawing_t      *drawing;
    shared_document_want_t  want;

    rc = civic_turn(r, KINSHIP_TURN, (unsigned) terms->draws,
                    (unsigned) terms->line);

    if (rc == CIVIC_BUSY || rc == CIVIC_TIMEOUT) {
        return cannot_now(r, terms);
    }

    drawing = civic_alloc(r, sizeof(kinship_drawing_t));
    drawing->sheet = sheet;
    drawing->terms = terms;
    drawing->issuer = civic_cstr(kinship_paper_keys(r)->issuer);

    if (rc == CIVIC_OK) {
        rc = draw_pictures(r, sheet, drawing);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    memset(&want, 0, sizeof(want));
    want.png = png != 0;
    want.page = 1;
    want.dpi = (unsigned) terms->dpi;
    want.timeout = (unsigned) terms->timeout;
    rc = shared_document_draw(png ? kinship_paper_album(r, drawing)
                                  : kinship_paper_page(r, drawing),
                              &want, &drawn);

    if (rc == CIVIC_NOT_SENT) {
        return cannot_now(r, terms);
    }

    return rc != CIVIC_OK ? rc : answer(r, &drawn);
}


/* Who draws a relative's code sees it. */
static civic_result_t
note_looks(civic_request_t *r, const kinship_sheet_t *sheet)
{
    size_t          i;
    civic_result_t  rc = CIVIC_OK;

    for (i = 0; i < sheet->count && rc == CIVIC_OK; i++) {
        rc = kinship_paper_look(r, sheet->holder, &sheet->codes[i]);
    }

    return rc;
}


static civic_result_t
show(civic_request_t *r, civic_str_t holder, civic_str_t id, int png)
{
    civic_result_t          rc;
    kinship_sheet_t        *sheet = civic_alloc(r, sizeof(kinship_sheet_t));
    kinship_paper_terms_t  *terms;

    terms = civic_alloc(r, sizeof(kinship_paper_terms_t));
    rc = read_sheet(r, holder, id, sheet);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return civic_problem(r, "not_found");
    }

    if (rc == CIVIC_OK) {
        rc = kinship_paper_terms(r, terms);
    }

    if (rc == CIVIC_OK) {
        rc = read_codes(r, sheet);
    }

    if (rc == CIVIC_OK) {
        rc = read_tokens(r, terms, sheet);
    }

    if (rc == CIVIC_OK) {
        keep_valid(sheet);
        rc = note_looks(r, sheet);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return sheet->count == 0 ? civic_problem(r, "kinship_sheet_over")
                             : draw(r, sheet, terms, png);
}


civic_result_t
kinship_sheet_pdf(civic_request_t *r)
{
    return show(r, civic_pid(r), civic_path(r, "sheet_id"), 0);
}


civic_result_t
kinship_sheet_png(civic_request_t *r)
{
    return show(r, civic_pid(r), civic_path(r, "sheet_id"), 1);
}


/* ---- by a link ---------------------------------------------------------- */

civic_result_t
kinship_sheet_link(civic_request_t *r, const kinship_sheet_t *sheet,
    civic_str_t *link, civic_msec_t *expires)
{
    civic_result_t         rc;
    kinship_paper_terms_t  terms;

    rc = kinship_paper_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *expires = civic_now(r) + terms.link * SECOND;

    return shared_link_make(r, KINSHIP_LINK,
                            civic_print(r, "%.*s %.*s",
                                        (int) sheet->holder.len,
                                        sheet->holder.data,
                                        (int) sheet->id.len, sheet->id.data),
                            *expires, link);
}


civic_result_t
kinship_sheet_link_post(civic_request_t *r)
{
    civic_str_t       link;
    civic_msec_t      expires;
    civic_result_t    rc;
    civic_writer_t   *w;
    kinship_sheet_t  *sheet = civic_alloc(r, sizeof(kinship_sheet_t));

    rc = read_sheet(r, civic_pid(r), civic_path(r, "sheet_id"), sheet);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return civic_problem(r, "not_found");
    }

    if (rc == CIVIC_OK) {
        rc = kinship_sheet_link(r, sheet, &link, &expires);
    }

    if (rc == CIVIC_OK) {
        w = civic_reply(r, 200);
        civic_write_str(r, w, "link", link);
        civic_write_instant(r, w, "link_expires_at", expires);
    }

    return rc;
}


static civic_result_t
show_link(civic_request_t *r, int png)
{
    civic_str_t     words[2];
    civic_result_t  rc;

    rc = shared_link_read(r, KINSHIP_LINK, civic_path(r, "link"), words, 2);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "kinship_link_over");
    }

    return rc != CIVIC_OK ? rc : show(r, words[0], words[1], png);
}


civic_result_t
kinship_link_pdf(civic_request_t *r)
{
    return show_link(r, 0);
}


civic_result_t
kinship_link_png(civic_request_t *r)
{
    return show_link(r, 1);
}
