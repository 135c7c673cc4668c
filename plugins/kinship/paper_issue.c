/*
 * paper_issue.c - a sheet of printed codes: for oneself and one's relatives,
 * newly issued.
 *
 * The sheet stands in the caller's slot with the ids of its codes before any
 * of them is issued: who repeats the request after a crash gets the same ones.
 * Each code is then issued in the slot of the person whose it is, where one
 * script looks whether the code and the binding are still there, and revokes
 * what the same holder had printed before.
 */

#include "paper.h"
#include "paper_code.h"
#include "paper_labels.h"
#include "values.h"

#define SECOND  1000
#define WHERE   (90 * 86400)            /* s: only for housekeeping */
#define BODY    8                       /* bindings, at most */

static const char  unknown[] = "kinship_no_binding";
static const char  damaged[] = "kinship_binding_damaged";


/* ---- what is sealed ----------------------------------------------------- */

civic_result_t
kinship_sheet_seal(civic_request_t *r, const kinship_sheet_t *sheet,
    civic_str_t *sealed)
{
    size_t                    i;
    json_t                   *codes = json_array();
    const kinship_printed_t  *code;

    for (i = 0; i < sheet->count; i++) {
        code = &sheet->codes[i];
        (void) json_array_append_new(codes, json_pack(
            "{s:s%, s:s%, s:s%, s:s%, s:I}", "pid", code->pid.data,
            code->pid.len, "binding", code->binding.data, code->binding.len,
            "relation", code->relation.data, code->relation.len,
            "cti", code->cti.data, code->cti.len,
            "issued_at", (json_int_t) code->issued_at));
    }

    return shared_json_seal(r, KINSHIP_SEALED,
                            shared_record_context(r, sheet->holder,
                                                  sheet->id),
                            json_pack("{s:o}", "codes", codes), sealed);
}


static void
take_code(civic_request_t *r, json_t *one, const kinship_sheet_t *sheet,
    kinship_printed_t *code)
{
    memset(code, 0, sizeof(kinship_printed_t));
    code->pid = shared_copy(r, shared_json_str(one, "pid"));
    code->binding = shared_copy(r, shared_json_str(one, "binding"));
    code->relation = shared_copy(r, shared_json_str(one, "relation"));
    code->cti = shared_copy(r, shared_json_str(one, "cti"));
    code->issued_at = json_integer_value(json_object_get(one, "issued_at"));
    code->expires_at = sheet->expires_at;
}


civic_result_t
kinship_sheet_open(civic_request_t *r, civic_str_t sealed,
    kinship_sheet_t *sheet)
{
    size_t           i;
    json_t          *tree, *one;
    civic_result_t   rc;

    rc = shared_json_open(r, KINSHIP_SEALED,
                          shared_record_context(r, sheet->holder, sheet->id),
                          sealed, &tree);
    sheet->count = 0;

    if (rc == CIVIC_OK) {
        json_array_foreach(json_object_get(tree, "codes"), i, one) {
            if (sheet->count < KINSHIP_SHEET_MOST) {
                take_code(r, one, sheet, &sheet->codes[sheet->count++]);
            }
        }
    }

    json_decref(tree);

    return rc;
}


/* ---- who is asked for --------------------------------------------------- */

typedef struct {
    civic_field_error_t  errors[BODY + 2];
    size_t               count;
} wrong_t;


static void
is_wrong(wrong_t *wrong, const char *pointer, const char *code)
{
    wrong->errors[wrong->count++] = (civic_field_error_t) {
        .pointer = pointer, .code = code };
}


static civic_result_t
add_binding(civic_request_t *r, size_t at, civic_str_t id,
    kinship_sheet_t *sheet, wrong_t *wrong)
{
    size_t               i;
    const char          *pointer = civic_print(r, "/bindings/%zu", at).data;
    civic_result_t       rc;
    kinship_held_t      *held = civic_alloc(r, sizeof(kinship_held_t));
    kinship_binding_t    binding;
    kinship_printed_t   *code = &sheet->codes[sheet->count];

    rc = kinship_binding_find(r, sheet->holder, id, &binding);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        is_wrong(wrong, pointer, rc == CIVIC_INVALID ? damaged : unknown);
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = kinship_held_read(r, &binding, held);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (held->refused != NULL) {
        is_wrong(wrong, pointer,
                 shared_json_str(held->refused, "reason").data);
        return CIVIC_OK;
    }

    for (i = 0; i < sheet->count; i++) {
        if (civic_str_eq(sheet->codes[i].binding, binding.id)) {
            is_wrong(wrong, pointer, "kinship_paper_twice");
            return CIVIC_OK;
        }
    }

    memset(code, 0, sizeof(kinship_printed_t));
    code->pid = binding.relative;
    code->binding = binding.id;
    code->relation = binding.relation;
    sheet->count++;

    return CIVIC_OK;
}


static civic_result_t
add_own(civic_request_t *r, kinship_sheet_t *sheet, wrong_t *wrong)
{
    civic_result_t      rc;
    civic_command_t     commands[2];
    kinship_health_t    health;
    kinship_printed_t  *code = &sheet->codes[sheet->count];

    kinship_health_command(r, sheet->holder, CIVIC_STR(""), &commands[0]);
    kinship_consent_command(r, sheet->holder, &commands[1]);
    rc = civic_pipeline(r, commands, 2);

    if (rc == CIVIC_OK) {
        rc = kinship_health_take(r, sheet->holder, commands[0].value,
                                 &health);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!health.opened || !health.own
        || !kinship_consent_holds(&health, commands[1].value))
    {
        is_wrong(wrong, "/own", "kinship_paper_no_own");
        return CIVIC_OK;
    }

    memset(code, 0, sizeof(kinship_printed_t));
    code->pid = sheet->holder;
    code->binding = CIVIC_STR("");
    code->relation = CIVIC_STR("");
    sheet->count++;

    return CIVIC_OK;
}


/* Everything that is wrong is told at once. */
static civic_result_t
read_body(civic_request_t *r, kinship_sheet_t *sheet, int *answered)
{
    size_t           i;
    json_t          *ids = json_object_get(civic_body(r), "bindings"), *id;
    wrong_t         *wrong = civic_alloc(r, sizeof(wrong_t));
    civic_result_t   rc = CIVIC_OK;

    wrong->count = 0;

    if (civic_body_bool(r, "own")) {
        rc = add_own(r, sheet, wrong);
    }

    json_array_foreach(ids, i, id) {
        if (rc == CIVIC_OK && i < BODY) {
            rc = add_binding(r, i, (civic_str_t) { json_string_value(id),
                                                   json_string_length(id) },
                             sheet, wrong);
        }
    }

    if (rc == CIVIC_OK && sheet->count == 0 && wrong->count == 0) {
        is_wrong(wrong, "/bindings", "kinship_paper_nobody");
    }

    if (rc == CIVIC_OK && wrong->count > 0) {
        *answered = 1;
        return civic_problem_with(r, &(civic_problem_t) {
                                         .code = "invalid_fields",
                                         .errors = wrong->errors,
                                         .nerrors = wrong->count });
    }

    return rc;
}


/* ---- the sheet ---------------------------------------------------------- */

/* Random ids, and the same times for all: whole seconds, as a token has. */
static civic_result_t
number_codes(civic_request_t *r, const kinship_paper_terms_t *terms,
    kinship_sheet_t *sheet)
{
    size_t          i;
    unsigned char   id[CIVIC_CWT_ID];
    civic_msec_t    now = civic_business_now(r) / SECOND * SECOND;
    civic_result_t  rc = shared_id_new(r, &sheet->id);

    sheet->expires_at = now + terms->valid * SECOND;

    for (i = 0; i < sheet->count && rc == CIVIC_OK; i++) {
        rc = civic_random(r, id, sizeof(id));
        sheet->codes[i].cti = shared_hex(r, id, sizeof(id));
        sheet->codes[i].issued_at = now;
        sheet->codes[i].expires_at = sheet->expires_at;
    }

    return rc;
}


static civic_result_t
too_many(civic_request_t *r, const kinship_paper_terms_t *terms,
    civic_msec_t first)
{
    int64_t  wait = (first + terms->window * SECOND - civic_now(r)) / SECOND;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "kinship_paper_too_many",
                                     .retry_after = wait < 1 ? 1 : wait });
}


/* The sheet as an earlier attempt noted it, or as it is noted now. */
static civic_result_t
note_sheet(civic_request_t *r, const kinship_paper_terms_t *terms,
    kinship_sheet_t *sheet, int *answered)
{
    civic_str_t           key, args[7];
    civic_result_t        rc;
    const civic_value_t  *value;

    key = civic_person_key(r, sheet->holder, KINSHIP_FAMILY_SHEETS);
    args[0] = sheet->id;
    args[1] = shared_decimal(r, civic_now(r));
    args[2] = shared_decimal(r, civic_business_now(r));
    args[3] = shared_decimal(r, sheet->expires_at);
    args[4] = shared_decimal(r, terms->window * SECOND);
    args[5] = shared_decimal(r, terms->most);
    rc = kinship_sheet_seal(r, sheet, &args[6]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_sheet", .keys = &key,
                                 .nkeys = 1, .args = args, .nargs = 7,
                                 .flags = CIVIC_SCRIPT_DURABLE
                                          | CIVIC_SCRIPT_ONCE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->count == 2) {
        *answered = 1;
        return too_many(r, terms, value->items[1].integer);
    }

    if (value->count != 4) {
        return CIVIC_ERROR;
    }

    sheet->id = shared_copy(r, shared_item(value, 1));
    sheet->expires_at = shared_number(shared_item(value, 2), 0);

    return kinship_sheet_open(r, shared_item(value, 3), sheet);
}


/* ---- a code ------------------------------------------------------------- */

static civic_result_t
fill(civic_request_t *r, const kinship_printed_t *code, civic_cwt_t *token)
{
    const shared_paper_keys_t  *keys = kinship_paper_keys(r);

    memset(token, 0, sizeof(civic_cwt_t));
    token->issuer_len = strlen(keys->issuer);
    memcpy(token->issuer, keys->issuer, token->issuer_len);
    token->issued_at = code->issued_at / SECOND;
    token->expires_at = code->expires_at / SECOND;

    return shared_unhex(code->cti, token->id, CIVIC_CWT_ID) == 0
           && shared_paper_add(token, CIVIC_PAPER_KIND,
                            civic_cstr(code->binding.len == 0
                                       ? CIVIC_PAPER_OWN : CIVIC_PAPER_KIN))
           == 0
           && shared_paper_add(token, CIVIC_PAPER_NAME, code->name) == 0
           ? CIVIC_OK : CIVIC_ERROR;
}


static civic_result_t
sign(civic_request_t *r, kinship_printed_t *code)
{
    civic_cwt_t              *token = civic_alloc(r, sizeof(civic_cwt_t));
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = kinship_identity(r, code->pid, &identity);

    if (rc == CIVIC_NOT_FOUND) {
        return CIVIC_OK;                /* erased meanwhile: not issued */
    }

    if (rc == CIVIC_OK) {
        code->name = kinship_masked(r, &identity);
        rc = fill(r, code, token);
    }

    return rc != CIVIC_OK ? rc
           : shared_paper_sign(r, kinship_paper_keys(r)->keys[0], token,
                               &code->text);
}


static civic_result_t
note_where(civic_request_t *r, const kinship_printed_t *code)
{
    civic_str_t           key = kinship_paper_where(r, code->cti), args[2];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[1] = shared_decimal(r, WHERE);
    rc = civic_seal(r, KINSHIP_SEALED, code->cti, code->pid, &args[0]);

    return rc != CIVIC_OK ? rc
           : civic_script(r, &(civic_script_t) {
                                 .name = "kinship_paper_where", .keys = &key,
                                 .nkeys = 1, .args = args, .nargs = 2,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


static civic_result_t
audit_issue(civic_request_t *r, const kinship_printed_t *code,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s, s:I}", "kind",
                        code->binding.len == 0 ? CIVIC_PAPER_OWN
                                               : CIVIC_PAPER_KIN,
                        "expires_at", (json_int_t) code->expires_at);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.paper_issued",
                            .subject = code->pid, .details = details },
                     near, outbox, sealed);
    json_decref(details);

    return rc;
}


static civic_result_t
issue(civic_request_t *r, civic_str_t holder, kinship_printed_t *code)
{
    civic_str_t           keys[6], args[7];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, code->pid, KINSHIP_FAMILY_HEALTH);
    keys[1] = civic_person_key(r, code->pid, KINSHIP_FAMILY_GUARDIANS);
    keys[2] = civic_person_key(r, code->pid, KINSHIP_FAMILY_CODES);
    keys[3] = civic_outbox(r, KINSHIP_REVOKED, keys[0]);
    keys[5] = civic_person_key(r, code->pid, "consents");
    args[0] = holder;
    args[1] = code->binding;
    args[2] = code->cti;
    args[3] = shared_decimal(r, code->issued_at);
    args[4] = shared_decimal(r, code->expires_at);
    rc = civic_seal(r, KINSHIP_SEALED,
                    kinship_paper_context(r, code->pid, code->cti),
                    code->text, &args[5]);

    if (rc == CIVIC_OK) {
        rc = audit_issue(r, code, keys[0], &keys[4], &args[6]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_paper_issue",
                                 .keys = keys, .nkeys = 6,
                                 .args = args, .nargs = 7,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        code->valid = value->integer == 1;
        civic_count(r, KINSHIP_PRINTED, (uint64_t) code->valid);
    }

    return rc;
}


civic_result_t
kinship_paper_look(civic_request_t *r, civic_str_t holder,
    const kinship_printed_t *code)
{
    return code->binding.len == 0 || !code->valid ? CIVIC_OK
           : kinship_look(r, &(kinship_look_t) {
                                 .subject = code->pid, .by = holder,
                                 .purpose = "epidemic_control",
                                 .what = "paper" });
}


static civic_result_t
issue_all(civic_request_t *r, kinship_sheet_t *sheet)
{
    size_t              i;
    civic_result_t      rc = CIVIC_OK;
    kinship_printed_t  *code;

    for (i = 0; i < sheet->count && rc == CIVIC_OK; i++) {
        code = &sheet->codes[i];
        rc = sign(r, code);

        if (rc != CIVIC_OK || code->text.len == 0) {
            continue;
        }

        rc = note_where(r, code);

        if (rc == CIVIC_OK) {
            rc = issue(r, sheet->holder, code);
        }

        if (rc == CIVIC_OK) {
            rc = kinship_paper_look(r, sheet->holder, code);
        }
    }

    return rc;
}


/* ---- the answer --------------------------------------------------------- */

static void
write_code(civic_request_t *r, civic_writer_t *w,
    const kinship_printed_t *code)
{
    civic_write_object(r, w, NULL);

    if (code->binding.len > 0) {
        civic_write_str(r, w, "binding_id", code->binding);
    }

    civic_write_str(r, w, "kind", civic_cstr(code->binding.len == 0
                                             ? CIVIC_PAPER_OWN
                                             : CIVIC_PAPER_KIN));
    civic_write_str(r, w, "name", code->name);
    civic_write_bool(r, w, "issued", code->valid);
    civic_write_end(r, w);
}


static civic_result_t
answer(civic_request_t *r, const kinship_sheet_t *sheet)
{
    size_t           i;
    civic_str_t      link;
    civic_msec_t     ends;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = kinship_sheet_link(r, sheet, &link, &ends);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, KINSHIP_SHEETS, 1);
    w = civic_reply(r, 201);
    civic_write_str(r, w, "sheet_id", sheet->id);
    civic_write_instant(r, w, "issued_at", sheet->codes[0].issued_at);
    civic_write_instant(r, w, "expires_at", sheet->expires_at);
    civic_write_array(r, w, "codes");

    for (i = 0; i < sheet->count; i++) {
        write_code(r, w, &sheet->codes[i]);
    }

    civic_write_end(r, w);
    civic_write_str(r, w, "link", link);
    civic_write_instant(r, w, "link_expires_at", ends);

    return CIVIC_OK;
}


civic_result_t
kinship_sheet_post(civic_request_t *r)
{
    int                     answered = 0;
    civic_result_t          rc;
    kinship_sheet_t        *sheet = civic_alloc(r, sizeof(kinship_sheet_t));
    kinship_paper_terms_t   terms;

    memset(sheet, 0, sizeof(kinship_sheet_t));
    sheet->holder = shared_copy(r, civic_pid(r));

    if (kinship_paper_keys(r)->nkeys == 0) {
        return civic_problem(r, "kinship_paper_off");
    }

    rc = kinship_paper_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = read_body(r, sheet, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = number_codes(r, &terms, sheet);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = note_sheet(r, &terms, sheet, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = issue_all(r, sheet);

    return rc != CIVIC_OK ? rc : answer(r, sheet);
}
