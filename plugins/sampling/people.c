/*
 * people.c - who is in a tube: a code is scanned, a wrong one taken out, and
 * the tube sealed.
 *
 * Who a code is, the plugin kinship says; who already sits in the tube and
 * whether it has room, the tube's own script decides, whatever else happens to
 * it at that instant.
 */

#include "sampling.h"
#include "values.h"
#include "words.h"

#define PLACE  "sampling"               /* a kind of place of kinship's */

typedef struct {
    sampling_tube_t  tube;
    civic_str_t      pid;               /* of the code */
    civic_str_t      name;              /* masked */
    civic_str_t      kind;
    civic_str_t      entry;             /* its id */
    int64_t          seat;
    int64_t          count;
} scan_t;


/* ---- whose code it is --------------------------------------------------- */

/* What a scan is refused with, and what is to be done, by kinship's word. */
static civic_result_t
refuse_code(civic_request_t *r, civic_str_t verdict)
{
    size_t  i;

    static const char *const  codes[][2] = {
        { "expired", "sampling_code_expired" },
        { "forged", "sampling_code_forged" },
        { "revoked", "sampling_code_revoked" },
        { "early", "sampling_code_early" },
        { "other", "sampling_code_unreadable" },
        { "unreadable", "sampling_code_unreadable" },
        { "not_here", "sampling_code_not_here" },
    };

    civic_count(r, SAMPLING_SCANS_REFUSED, 1);

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (sampling_is(verdict, codes[i][0])) {
            return civic_problem(r, codes[i][1]);
        }
    }

    return civic_problem(r, "sampling_code_refused");
}


/* The look is noted by kinship. */
static civic_result_t
read_code(civic_request_t *r, scan_t *scan, int *answered)
{
    json_t          *in, *out;
    civic_str_t      code = civic_body_str(r, "code"), verdict;
    civic_result_t   rc;

    in = json_pack("{s:s%, s:s, s:s%, s:s}", "code", code.data, code.len,
                   "place", PLACE, "site", scan->tube.place.data,
                   scan->tube.place.len, "what", "sampling");
    rc = in == NULL ? CIVIC_ERROR
                    : civic_call(r, "kinship.scan", in, &out);

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "sampling_no_kinship");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    verdict = shared_json_str(out, "verdict");

    if (!sampling_is(verdict, "genuine")) {
        *answered = 1;
        return refuse_code(r, verdict);
    }

    scan->pid = shared_copy(r, shared_json_str(out, "pid"));
    scan->name = shared_copy(r, shared_json_str(out, "name"));
    scan->kind = shared_copy(r, shared_json_str(out, "kind"));

    if (scan->pid.len != SHARED_PID) {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.scan tells no pid of a "
                  "genuine code");
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* Who is positive, or to be sampled again, comes alone into a tube, if the rule
   says so. */
static civic_result_t
admit(civic_request_t *r, const scan_t *scan, int *answered)
{
    size_t                count;
    json_t               *answer;
    civic_result_t        rc;
    sampling_test_t      *tests;
    sampling_standing_t   standing;

    tests = civic_alloc(r, SAMPLING_SHOWN * sizeof(sampling_test_t));
    rc = sampling_tests_read(r, scan->pid, tests, &count);

    if (rc == CIVIC_OK) {
        rc = sampling_standing(r, tests, count, &standing);
    }

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "admit",
                        json_pack("{s:I, s:b, s:b}", "capacity",
                                  (json_int_t) scan->tube.capacity,
                                  "recheck", standing.recheck, "positive",
                                  standing.positive), &answer);
    }

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        civic_count(r, SAMPLING_SCANS_REFUSED, 1);
        return civic_refuse(r, answer);
    }

    return rc;
}


/* ---- the seat ----------------------------------------------------------- */

/* The same for a repeat of the same request, which finds its seat again. */
static civic_result_t
entry_of(civic_request_t *r, scan_t *scan)
{
    civic_str_t  key = civic_header(r, "idempotency-key");
    civic_str_t  staff = civic_pid(r);

    if (key.len == 0) {
        return shared_id_new(r, &scan->entry);
    }

    return civic_person_id(r, civic_print(r, "sampling:entry:%.*s:%.*s:%.*s",
                                          (int) staff.len, staff.data,
                                          (int) scan->tube.barcode.len,
                                          scan->tube.barcode.data,
                                          (int) key.len, key.data),
                           &scan->entry);
}


static civic_result_t
seal_who(civic_request_t *r, const scan_t *scan, civic_str_t *sealed)
{
    return shared_json_seal(r, SAMPLING_HEALTH,
                            shared_record_context(r, scan->tube.barcode,
                                                  scan->entry),
                            json_pack("{s:s, s:s, s:s, s:I}",
                                "pid", scan->pid.data, "name",
                                scan->name.data, "kind", scan->kind.data,
                                "at", (json_int_t) civic_business_now(r)),
                            sealed);
}


static civic_result_t
entry(civic_request_t *r, const scan_t *scan, const char *action,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_result_t   rc;

    details = sampling_details(scan->tube.barcode, "entry", scan->entry);
    rc = civic_audit(r, &(civic_audit_entry_t) { .action = action,
                            .subject = scan->pid, .details = details },
                     near, outbox, sealed);
    json_decref(details);

    return rc;
}


static civic_result_t
seal_when_full(civic_request_t *r, civic_str_t *flag)
{
    json_t          *terms;
    civic_result_t   rc = civic_rule(r, "terms", NULL, &terms);

    if (rc == CIVIC_OK) {
        *flag = json_is_true(json_object_get(terms, "seal_when_full"))
                ? CIVIC_STR("1") : CIVIC_STR("");
    }

    return rc;
}


static civic_result_t
make_script(civic_request_t *r, const scan_t *scan, civic_str_t *keys,
    civic_str_t *args)
{
    civic_result_t  rc;

    keys[0] = sampling_key(r, scan->tube.barcode, "tube");
    keys[1] = sampling_key(r, scan->tube.barcode, "people");
    args[0] = shared_copy(r, civic_pid(r));
    args[1] = scan->entry;
    args[4] = shared_decimal(r, civic_business_now(r));

    rc = sampling_mark(r, SAMPLING_IN_TUBE, &scan->tube, scan->pid, &args[2]);

    if (rc == CIVIC_OK) {
        rc = seal_who(r, scan, &args[3]);
    }

    if (rc == CIVIC_OK) {
        rc = seal_when_full(r, &args[5]);
    }

    if (rc == CIVIC_OK) {
        rc = entry(r, scan, "sampling.person_added", keys[0], &keys[2],
                   &args[6]);
    }

    return rc != CIVIC_OK ? rc
           : entry(r, scan, "sampling.tube_sealed", keys[0], &keys[2],
                   &args[7]);
}


/* {what, seat, count, capacity, state} */
static civic_result_t
take_seat(civic_request_t *r, scan_t *scan, civic_str_t *word)
{
    civic_str_t           keys[3], args[8];
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = make_script(r, scan, keys, args);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "sampling_add", .keys = keys,
                              .nkeys = 3, .args = args, .nargs = 8 },
                          &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 5
        || value->items[1].type != CIVIC_VALUE_INTEGER
        || value->items[2].type != CIVIC_VALUE_INTEGER)
    {
        return CIVIC_ERROR;
    }

    *word = shared_copy(r, shared_item(value, 0));
    scan->seat = value->items[1].integer;
    scan->count = value->items[2].integer;
    scan->tube.state = shared_copy(r, shared_item(value, 4));

    return CIVIC_OK;
}


/* ---- the route ---------------------------------------------------------- */

static civic_result_t
refuse_already(civic_request_t *r, const scan_t *scan)
{
    json_t          *params = json_pack("{s:I}", "seat",
                                        (json_int_t) scan->seat);
    civic_result_t   rc;

    rc = civic_problem_with(r, &(civic_problem_t) {
                                   .code = "sampling_already_in",
                                   .params = params });
    json_decref(params);

    return rc;
}


static civic_result_t
reply_seat(civic_request_t *r, const scan_t *scan)
{
    civic_writer_t  *w = civic_reply(r, 201);

    civic_count(r, SAMPLING_SEATED, 1);
    civic_write_str(r, w, "entry_id", scan->entry);
    civic_write_str(r, w, "name", scan->name);
    civic_write_str(r, w, "kind", scan->kind);
    civic_write_int(r, w, "seat", scan->seat);
    civic_write_int(r, w, "count", scan->count);
    civic_write_int(r, w, "capacity", scan->tube.capacity);
    civic_write_int(r, w, "room", sampling_is(scan->tube.state, "open")
                                  ? scan->tube.capacity - scan->count : 0);
    civic_write_str(r, w, "state", scan->tube.state);

    return CIVIC_OK;
}


/* Whether it is worth asking who the code is: the script decides again. */
static civic_result_t
may_scan(civic_request_t *r, const sampling_tube_t *tube, int *answered)
{
    *answered = 1;

    if (!civic_str_eq(tube->by, civic_pid(r))) {
        return sampling_refuse(r, CIVIC_STR("other"));
    }

    *answered = 0;

    return CIVIC_OK;
}


civic_result_t
sampling_scan(civic_request_t *r)
{
    int             answered = 0;
    scan_t         *scan = civic_alloc(r, sizeof(scan_t));
    civic_str_t     word;
    civic_result_t  rc;

    rc = sampling_tube_find(r, &scan->tube, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = may_scan(r, &scan->tube, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = read_code(r, scan, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = admit(r, scan, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = entry_of(r, scan);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = take_seat(r, scan, &word);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (sampling_is(word, "added")) {
        return reply_seat(r, scan);
    }

    civic_count(r, SAMPLING_SCANS_REFUSED, 1);

    return sampling_is(word, "already") ? refuse_already(r, scan)
                                        : sampling_refuse(r, word);
}


/* ---- the wrong one ------------------------------------------------------ */

/* Whose entry it is, for the trail; empty if it is gone. */
static civic_result_t
find_entry(civic_request_t *r, const sampling_tube_t *tube,
    civic_str_t id, civic_str_t *pid)
{
    size_t            i, count;
    civic_result_t    rc;
    sampling_seat_t  *seats;

    *pid = CIVIC_STR("");
    seats = civic_alloc(r, SAMPLING_PEOPLE * sizeof(sampling_seat_t));
    rc = sampling_tube_people(r, tube, seats, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (civic_str_eq(seats[i].entry, id)) {
            *pid = seats[i].pid;
        }
    }

    return rc;
}


static civic_result_t
remove_entry(civic_request_t *r, const sampling_tube_t *tube, civic_str_t id,
    civic_str_t *word)
{
    civic_result_t   rc;
    sampling_step_t  step = { .name = "sampling_remove", .nkeys = 2,
                              .nargs = 2,
                              .action = "sampling.person_removed" };

    rc = find_entry(r, tube, id, &step.subject);
    if (rc != CIVIC_OK) {
        return rc;
    }

    step.keys[0] = sampling_key(r, tube->barcode, "tube");
    step.keys[1] = sampling_key(r, tube->barcode, "people");
    step.args[0] = shared_copy(r, civic_pid(r));
    step.args[1] = id;
    step.details = sampling_details(tube->barcode, "entry", id);

    return sampling_step(r, &step, word);
}


/* A repeat finds it gone, which is what was wanted. */
civic_result_t
sampling_remove(civic_request_t *r)
{
    int              answered = 0;
    civic_str_t      id = civic_path(r, "entry_id"), word = CIVIC_STR("gone");
    civic_result_t   rc;
    sampling_tube_t  tube;

    rc = sampling_tube_find(r, &tube, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = may_scan(r, &tube, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    if (!shared_is_id(id)) {
        return civic_problem(r, "not_found");
    }

    rc = remove_entry(r, &tube, shared_copy(r, id), &word);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (sampling_is(word, "removed")) {
        civic_count(r, SAMPLING_REMOVED, 1);
        return sampling_reply_tube(r, tube.barcode, 200);
    }

    if (!sampling_is(word, "gone")) {
        return sampling_refuse(r, word);
    }

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "sampling.person_gone_before" });

    return rc == CIVIC_OK ? sampling_reply_tube(r, tube.barcode, 200) : rc;
}


/* ---- sealing ------------------------------------------------------------ */

static civic_result_t
may_seal(civic_request_t *r, const sampling_tube_t *tube, int *answered)
{
    json_t          *answer;
    int64_t          open = (civic_business_now(r) - tube->at) / 1000;
    civic_result_t   rc;

    rc = civic_rule(r, "seal",
                    json_pack("{s:b, s:I}", "own",
                              civic_str_eq(tube->by, civic_pid(r)), "open",
                              (json_int_t) (open < 0 ? 0 : open)), &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        *answered = 1;
        return sampling_refuse(r, CIVIC_STR("other"));
    }

    return rc;
}


civic_result_t
sampling_seal(civic_request_t *r)
{
    int              answered = 0;
    civic_str_t      word;
    civic_result_t   rc;
    sampling_tube_t  tube;
    sampling_step_t  step = { .name = "sampling_seal", .nkeys = 1,
                              .nargs = 3, .action = "sampling.tube_sealed" };

    rc = sampling_tube_find(r, &tube, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = may_seal(r, &tube, &answered);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    step.keys[0] = sampling_key(r, tube.barcode, "tube");
    step.args[0] = shared_copy(r, civic_pid(r));
    step.args[1] = CIVIC_STR("1");
    step.args[2] = shared_decimal(r, civic_business_now(r));
    step.details = sampling_details(tube.barcode, NULL, CIVIC_STR(""));

    rc = sampling_step(r, &step, &word);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!sampling_is(word, "sealed")) {
        return sampling_refuse(r, word);
    }

    civic_count(r, SAMPLING_SEALED, sampling_is(tube.state, "open") ? 1 : 0);

    return sampling_reply_tube(r, tube.barcode, 200);
}
