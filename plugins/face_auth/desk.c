/*
 * desk.c - the counter: somebody of the staff types the code that a citizen
 * brings, sees who it is about, looks at the document and its owner, and
 * decides.
 *
 * To pass, name and number of the document in hand are typed too, and must be
 * those that are to be proven: a decision is about a document that was there.
 * The name is therefore shown as the citizen typed it.  A record that was
 * proven before keeps its name, unless the clerk says that it was changed.
 * Everything stands in the audit trail, also what was only looked at.
 */

#include "face_auth.h"
#include "id_form.h"
#include "values.h"

typedef struct {
    face_attempt_t  request;
    face_whose_t    whose;              /* who it is by now */
} desk_t;


/* ---- the code ---------------------------------------------------------- */

/* As people type it: in small letters, with spaces or dashes. */
static int
code_in(civic_request_t *r, civic_str_t *code)
{
    char         *out = civic_alloc(r, FACE_CODE + 1);
    size_t        i, used = 0;
    civic_str_t   text = civic_body_str(r, "code");

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == ' ' || text.data[i] == '-') {
            continue;
        }

        if (used == FACE_CODE) {
            return -1;
        }

        out[used++] = text.data[i] >= 'a' && text.data[i] <= 'z'
                      ? (char) (text.data[i] - 32) : text.data[i];
    }

    out[used] = '\0';
    *code = (civic_str_t) { out, used };

    return used == FACE_CODE && strspn(out, FACE_CODE_LETTERS) == FACE_CODE
           ? 0 : -1;
}


/* Where the code leads: "<pid> <id>", sealed for this code alone.  The
   account's own record may be gone: an interruption left the key. */
static civic_result_t
follow(civic_request_t *r, civic_str_t code, face_attempt_t *request)
{
    civic_str_t           key, plain;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = face_code_key(r, code, &key);

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"), key), &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return CIVIC_NOT_FOUND;
    }

    rc = civic_open(r, FACE_RECORD, key, value->str, &plain);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (plain.len != SHARED_PID + 1 + SHARED_ID) {
        return CIVIC_INVALID;
    }

    return face_attempt_read(r, shared_copy(r, (civic_str_t) {
                                 plain.data, SHARED_PID }),
                             (civic_str_t) { plain.data + SHARED_PID + 1,
                                             SHARED_ID }, request);
}


static civic_result_t
unknown_code(civic_request_t *r, int *answered)
{
    civic_result_t  rc;

    civic_count(r, FACE_CODES_WRONG, 1);
    *answered = 1;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "face_auth.counter_wrong_code" });

    return rc == CIVIC_OK ? civic_problem(r, "face_code_unknown") : rc;
}


/* Counted before it is looked at: nobody tries codes faster than the rule
   allows. */
static civic_result_t
find_request(civic_request_t *r, face_attempt_t *request, int *answered)
{
    civic_str_t     code, staff = shared_copy(r, civic_pid(r));
    civic_result_t  rc;

    rc = face_wrong_reserve(r, staff, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (code_in(r, &code) != 0) {
        return unknown_code(r, answered);
    }

    rc = follow(r, code, request);

    if (rc == CIVIC_NOT_FOUND) {
        return unknown_code(r, answered);
    }

    return rc == CIVIC_OK ? face_wrong_forgive(r, staff) : rc;
}


/* ---- what it is about -------------------------------------------------- */

/* The account's claim as it is now: it must be whom the code was given for. */
static civic_result_t
find_person(civic_request_t *r, desk_t *desk, int *answered)
{
    civic_result_t  rc;

    rc = face_own_identity(r, desk->request.pid, &desk->whose, answered);

    if (rc == CIVIC_OK && !*answered
        && !civic_str_eq(desk->whose.person, desk->request.person))
    {
        *answered = 1;
        return civic_problem(r, "face_claim_changed");
    }

    return rc;
}


static civic_result_t
find(civic_request_t *r, desk_t *desk, int *answered)
{
    civic_result_t  rc;

    memset(desk, 0, sizeof(desk_t));

    rc = find_request(r, &desk->request, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    if (face_is(&desk->request, "expired")
        || (face_is(&desk->request, "waiting")
            && desk->request.expires_at <= civic_now(r)))
    {
        *answered = 1;
        rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                     .action = "face_auth.counter_expired",
                                     .subject = desk->request.person });

        return rc == CIVIC_OK ? civic_problem(r, "face_code_expired") : rc;
    }

    return CIVIC_OK;
}


static void
write_person(civic_request_t *r, civic_writer_t *w, const face_whose_t *whose)
{
    char         number[CIVIC_ID_TEXT];
    civic_str_t  text;

    /* for to be compared with the document, letter by letter */
    civic_write_str(r, w, "name", whose->name);

    text.data = number;
    text.len = civic_id_number_mask(whose->number.data, whose->number.len,
                                    number);
    civic_write_str(r, w, "id_number", text);
    civic_write_str(r, w, "kind",
                    civic_cstr(civic_id_kind_name(whose->kind)));
}


civic_result_t
face_desk_look_up(civic_request_t *r)
{
    int              answered = 0;
    desk_t          *desk = civic_alloc(r, sizeof(desk_t));
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = find(r, desk, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                     .action = "face_auth.counter_looked_up",
                                     .subject = desk->request.person });
    }

    if (rc == CIVIC_OK && !answered) {
        rc = find_person(r, desk, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    w = civic_reply(r, 200);
    write_person(r, w, &desk->whose);
    civic_write_str(r, w, "purpose", desk->request.purpose);
    civic_write_bool(r, w, "recover", desk->request.recover);
    civic_write_str(r, w, "state", desk->request.state);
    civic_write_instant(r, w, "requested_at", desk->request.since);
    civic_write_instant(r, w, "expires_at", desk->request.expires_at);

    return CIVIC_OK;
}


/* ---- deciding ---------------------------------------------------------- */

static civic_result_t
field_error(civic_request_t *r, const char *pointer, const char *error,
    int *answered)
{
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
        .code = "invalid_fields",
        .errors = &(civic_field_error_t) { pointer, error, NULL },
        .nerrors = 1 });
}


/* Everything that is wrong with what was typed of the document, at once. */
static civic_result_t
read_document(civic_request_t *r, civic_id_number_t *id, int *answered)
{
    size_t                n = 0;
    const char           *error;
    civic_str_t           name = civic_body_str(r, "name");
    civic_str_t           text = civic_body_str(r, "document");
    civic_result_t        rc;
    civic_field_error_t   errors[2];

    error = name.len == 0 ? "required"
            : shared_name_error(civic_name_check(name.data, name.len));

    if (error != NULL) {
        errors[n++] = (civic_field_error_t) { "/name", error, NULL };
    }

    rc = face_number_read(r, text, civic_body_str(r, "id_kind"), id, &error);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (text.len == 0) {
        error = "required";
    }

    if (error != NULL) {
        errors[n++] = (civic_field_error_t) { "/document", error, NULL };
    }

    if (n == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = n });
}


/* The document in hand is this person's. */
static civic_result_t
check_document(civic_request_t *r, const desk_t *desk, int *answered)
{
    civic_str_t         pid;
    civic_result_t      rc;
    civic_id_number_t   id;

    rc = read_document(r, &id, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = civic_person_id(r, civic_cstr(id.text), &pid);

    if (rc != CIVIC_OK || civic_str_eq(pid, desk->request.person)) {
        return rc;
    }

    *answered = 1;
    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "face_auth.counter_other_document",
                                 .subject = desk->request.person });

    return rc == CIVIC_OK ? civic_problem(r, "face_document_other") : rc;
}


/*
 * The name on the document is the one that is to be proven.  A citizen who
 * is there already, and whose name has changed, cannot enter the new one: it
 * is the clerk who does.
 */
static civic_result_t
check_name(civic_request_t *r, desk_t *desk, int *answered)
{
    int              differs;
    civic_str_t      name = civic_body_str(r, "name");
    civic_result_t   rc;
    face_attempt_t  *request = &desk->request;

    request->name = name;
    request->name_changed = civic_body_bool(r, "name_changed");

    rc = face_name_differs(r, request->person, name, &differs);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (differs && !request->name_changed) {
        *answered = 1;
        return civic_problem(r, "face_name_recorded");
    }

    if (differs && civic_str_eq(request->pid, request->person)) {
        return CIVIC_OK;
    }

    return civic_name_same(name.data, name.len, desk->whose.name.data,
                           desk->whose.name.len)
           ? CIVIC_OK : field_error(r, "/name", "face_name_other", answered);
}


/* *moved: 0 if another decision was quicker, or its time is over. */
static civic_result_t
run_decide(civic_request_t *r, face_attempt_t *request, const char *state,
    int *moved)
{
    json_t               *details;
    civic_str_t           keys[3], args[7], found;
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, request->pid, FACE_FAMILY);
    keys[2] = civic_outbox(r, FACE_DECISIONS, keys[0]);
    args[0] = request->id;
    args[1] = request->text;
    args[2] = face_state_text(r, request, state, request->expires_at);
    args[6] = shared_decimal(r, civic_now(r));

    rc = face_attempt_seal(r, request, &args[3]);

    if (rc == CIVIC_OK) {
        rc = face_decision_entry(r, request, &args[5]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    details = json_pack("{s:s, s:s%, s:b, s:b}", "decision", state, "purpose",
                        request->purpose.data, request->purpose.len,
                        "recover", request->recover,
                        "name_changed", request->name_changed);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "face_auth.counter_decided",
                            .subject = request->person,
                            .details = details }, keys[0], &keys[1],
                     &args[4]);
    json_decref(details);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "face_auth_decide",
                                 .keys = keys, .nkeys = 3,
                                 .args = args, .nargs = 7,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *moved = value->items[0].integer == 1;
    found = shared_item(value, 1);

    return found.len > 0 && face_state_take(r, found, request) == 0
           ? CIVIC_OK : CIVIC_NOT_FOUND;
}


static civic_result_t
reply_decision(civic_request_t *r, const face_attempt_t *request)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "state", request->state);

    return CIVIC_OK;
}


/* A decision that stands, ours or (not carried out yet) an earlier one. */
static civic_result_t
carry_out(civic_request_t *r, face_attempt_t *request)
{
    const char     *refused;
    civic_result_t  rc;

    rc = face_decision_finish(r, request, &refused);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return refused == NULL ? reply_decision(r, request)
           : civic_problem(r, strcmp(refused, "face_name_differs") == 0
                              ? "face_name_recorded" : refused);
}


/* The same decision once more ends what was interrupted; another one comes
   too late. */
static civic_result_t
decided(civic_request_t *r, face_attempt_t *request, const char *state)
{
    civic_result_t  rc;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "face_auth.counter_decided_before",
                                 .subject = request->person });
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (face_is(request, state) && strcmp(state, "passed") == 0) {
        return carry_out(r, request);
    }

    return civic_problem(r, face_is(request, "waiting")
                            || face_is(request, "expired")
                            ? "face_code_expired" : "face_decided");
}


static civic_result_t
decide(civic_request_t *r, desk_t *desk, const char *state)
{
    int             moved;
    civic_result_t  rc;

    desk->request.note = civic_body_str(r, "note");

    rc = run_decide(r, &desk->request, state, &moved);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "face_code_expired");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!moved) {
        return decided(r, &desk->request, state);
    }

    civic_count(r, strcmp(state, "passed") == 0 ? FACE_COUNTER_PASSED
                                                : FACE_COUNTER_REFUSED, 1);

    return carry_out(r, &desk->request);
}


civic_result_t
face_desk_decide(civic_request_t *r)
{
    int              answered = 0, pass;
    desk_t          *desk = civic_alloc(r, sizeof(desk_t));
    const char      *state;
    civic_result_t   rc;

    pass = civic_str_eq(civic_body_str(r, "decision"), CIVIC_STR("pass"));
    state = pass ? "passed" : "refused";

    rc = find(r, desk, &answered);

    if (rc == CIVIC_OK && !answered && pass) {
        rc = check_document(r, desk, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!face_is(&desk->request, "waiting")) {
        return decided(r, &desk->request, state);
    }

    if (pass) {
        rc = find_person(r, desk, &answered);
    }

    if (pass && rc == CIVIC_OK && !answered) {
        rc = check_name(r, desk, &answered);
    }

    return rc != CIVIC_OK || answered ? rc : decide(r, desk, state);
}
