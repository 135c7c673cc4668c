/*
 * open.c - a tube is opened by its barcode; what its sampler and the
 * laboratory see of tubes.
 *
 * The lists are indexes, written before the tube: one that was never opened
 * costs a line that whoever meets it takes out.
 */

#include "sampling.h"
#include "values.h"
#include "words.h"


static civic_str_t
own_list(civic_request_t *r)
{
    return civic_person_key(r, shared_copy(r, civic_pid(r)), SAMPLING_TUBES);
}


/* ---- opening ----------------------------------------------------------- */

/* All that is wrong with it at once, by the rule. */
static civic_result_t
check(civic_request_t *r, civic_str_t barcode, int64_t capacity,
    int *answered)
{
    size_t                n = 0, i;
    json_t               *answer;
    const char           *error;
    civic_result_t        rc;
    civic_field_error_t   errors[2];

    static const char *const  names[][2] = {
        { "barcode", "/barcode" }, { "capacity", "/capacity" }
    };

    rc = civic_rule(r, "tube", json_pack("{s:s%, s:I}", "barcode",
                                         barcode.data, barcode.len,
                                         "capacity", (json_int_t) capacity),
                    &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < 2; i++) {
        error = json_string_value(json_object_get(answer, names[i][0]));

        if (error != NULL) {
            errors[n++] = (civic_field_error_t) { names[i][1], error, NULL };
        }
    }

    /* a rule may be edited into more than a tube holds */
    if (n == 0 && json_is_true(json_object_get(answer, "allow"))
        && capacity <= SAMPLING_PEOPLE)
    {
        return CIVIC_OK;
    }

    if (n == 0) {
        errors[n++] = (civic_field_error_t) { "/capacity",
                                              "sampling_capacity", NULL };
    }

    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = errors, .nerrors = n,
                                     .with_rule = 1 });
}


static civic_result_t
put_into_lists(civic_request_t *r, civic_str_t barcode, civic_msec_t at)
{
    civic_result_t  rc;

    rc = sampling_list_put(r, sampling_shard_list(r,
                                                sampling_shard_of(barcode)),
                           barcode, at, 0);

    return rc != CIVIC_OK ? rc
           : sampling_list_put(r, own_list(r), barcode, at,
                               SAMPLING_MINE);
}


static civic_result_t
open_tube(civic_request_t *r, civic_str_t barcode, int64_t capacity,
    civic_str_t *word)
{
    json_t           *details;
    sampling_step_t   step = { .name = "sampling_open", .nkeys = 1,
                               .nargs = 4, .action = "sampling.tube_opened" };

    step.keys[0] = sampling_key(r, barcode, "tube");
    step.args[0] = shared_copy(r, civic_pid(r));
    step.args[1] = shared_decimal(r, capacity);
    step.args[2] = civic_body_str(r, "place");
    step.args[3] = shared_decimal(r, civic_business_now(r));

    details = sampling_details(barcode, "place", step.args[2]);
    json_object_set_new(details, "capacity", json_integer(capacity));
    step.details = details;

    return sampling_step(r, &step, word);
}


civic_result_t
sampling_open(civic_request_t *r)
{
    int             answered = 0;
    int64_t         capacity;
    civic_str_t     word, barcode = civic_body_str(r, "barcode");
    civic_result_t  rc;

    capacity = json_integer_value(json_object_get(civic_body(r),
                                                  "capacity"));
    rc = check(r, barcode, capacity, &answered);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = put_into_lists(r, barcode, civic_business_now(r));

    if (rc == CIVIC_OK) {
        rc = open_tube(r, barcode, capacity, &word);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (sampling_is(word, "used")) {
        return sampling_refuse(r, word);
    }

    if (sampling_is(word, "opened")) {
        civic_count(r, SAMPLING_OPENED, 1);
    }

    return sampling_reply_tube(r, barcode, 201);
}


/* ---- the caller's open ones -------------------------------------------- */

/* What is not open any more, or another's, is taken out of the list. */
static civic_result_t
list_one(civic_request_t *r, civic_str_t list, civic_str_t barcode,
    sampling_tube_t *tubes, size_t *count)
{
    civic_result_t    rc = CIVIC_NOT_FOUND;
    sampling_tube_t  *tube = &tubes[*count];

    if (sampling_is_barcode(barcode)) {
        rc = sampling_tube_read(r, barcode, tube);
    }

    if (rc == CIVIC_OK && sampling_is(tube->state, "open")
        && civic_str_eq(tube->by, civic_pid(r)))
    {
        (*count)++;
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK || rc == CIVIC_NOT_FOUND) {
        return sampling_list_drop(r, list, barcode);
    }

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
read_list(civic_request_t *r, sampling_tube_t *tubes, size_t *count)
{
    size_t                i;
    civic_str_t           list = own_list(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("ZRANGE"), list, CIVIC_STR("0"),
                                   shared_decimal(r, SAMPLING_MINE - 1),
                                   CIVIC_STR("REV")), &value);

    for (i = 0; rc == CIVIC_OK && i < value->count && i < SAMPLING_MINE; i++)
    {
        rc = list_one(r, list, shared_copy(r, shared_item(value, i)), tubes,
                      count);
    }

    return rc;
}


static civic_result_t
note_look(civic_request_t *r, const char *action, json_t *details)
{
    civic_result_t  rc;

    rc = civic_audit_note(r, &(civic_audit_entry_t) { .action = action,
                                                      .details = details });
    json_decref(details);

    return rc;
}


civic_result_t
sampling_list(civic_request_t *r)
{
    size_t            i, count;
    json_t           *terms;
    civic_result_t    rc;
    civic_writer_t   *w;
    sampling_tube_t  *tubes;

    tubes = civic_alloc(r, SAMPLING_MINE * sizeof(sampling_tube_t));
    rc = civic_rule(r, "terms", NULL, &terms);

    if (rc == CIVIC_OK) {
        rc = read_list(r, tubes, &count);
    }

    if (rc == CIVIC_OK) {
        rc = note_look(r, "sampling.tubes_seen",
                       json_pack("{s:I}", "count", (json_int_t) count));
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_json(r, w, "capacities", json_object_get(terms,
                                                         "capacities"));
    civic_write_array(r, w, "tubes");

    for (i = 0; i < count; i++) {
        civic_write_object(r, w, NULL);
        sampling_write_tube(r, w, &tubes[i]);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


/* ---- one --------------------------------------------------------------- */

static int
may(civic_request_t *r, unsigned role)
{
    return (civic_principal(r)->roles & role) != 0;
}


static civic_result_t
write_people(civic_request_t *r, civic_writer_t *w,
    const sampling_seat_t *seats, size_t count)
{
    size_t  i;

    civic_write_array(r, w, "people");

    for (i = 0; i < count; i++) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "entry_id", seats[i].entry);
        civic_write_int(r, w, "seat", seats[i].seat);
        civic_write_str(r, w, "name", seats[i].name);
        civic_write_str(r, w, "kind", seats[i].kind);
        civic_write_instant(r, w, "at", seats[i].at);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


static civic_result_t
write_correction(civic_request_t *r, civic_writer_t *w,
    const sampling_tube_t *tube)
{
    json_t                       *why;
    civic_result_t                rc;
    const sampling_correction_t  *next = &tube->correction;

    rc = shared_json_open(r, SAMPLING_HEALTH, tube->barcode, next->why, &why);

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, "correction");
    civic_write_str(r, w, "result", next->result);
    civic_write_instant(r, w, "at", next->result_at);
    civic_write_instant(r, w, "proposed_at", next->at);
    civic_write_bool(r, w, "own", civic_str_eq(next->by, civic_pid(r)));
    civic_write_str(r, w, "why", shared_json_str(why, "why"));
    civic_write_end(r, w);
    json_decref(why);

    return CIVIC_OK;
}


/* What the laboratory has told is for the laboratory, and for nobody who sees
   at once whose it is. */
static civic_result_t
write_result(civic_request_t *r, civic_writer_t *w,
    const sampling_tube_t *tube)
{
    civic_write_str(r, w, "result", tube->result);
    civic_write_instant(r, w, "result_at", tube->result_at);
    civic_write_bool(r, w, "corrected", tube->settled_by.len > 0);

    return tube->correction.by.len > 0 ? write_correction(r, w, tube)
                                       : CIVIC_OK;
}


civic_result_t
sampling_show(civic_request_t *r)
{
    int               answered = 0, own;
    size_t            count = 0;
    civic_result_t    rc;
    civic_writer_t   *w;
    sampling_tube_t   tube;
    sampling_seat_t  *seats;

    seats = civic_alloc(r, SAMPLING_PEOPLE * sizeof(sampling_seat_t));
    rc = sampling_tube_find(r, &tube, &answered);

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    own = may(r, CIVIC_SAMPLER) && civic_str_eq(tube.by, civic_pid(r));

    if (own) {
        rc = sampling_tube_people(r, &tube, seats, &count);
    }

    if (rc == CIVIC_OK) {
        rc = note_look(r, "sampling.tube_seen",
                       sampling_details(tube.barcode, "people",
                                        own ? CIVIC_STR("yes")
                                            : CIVIC_STR("no")));
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    sampling_write_tube(r, w, &tube);
    civic_write_bool(r, w, "own", own);

    if (own) {
        return write_people(r, w, seats, count);
    }

    return tube.result.len > 0 && may(r, CIVIC_LABORATORY)
           ? write_result(r, w, &tube) : CIVIC_OK;
}
