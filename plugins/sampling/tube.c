/*
 * tube.c - a tube in Redis: what names it, and what stands there.
 *
 * Everything about a tube is in its own slot, so one script decides what a
 * scan, a sealing and a result do to each other.
 */

#include "sampling.h"
#include "values.h"
#include "words.h"


/* ---- names ------------------------------------------------------------- */

civic_str_t
sampling_key(civic_request_t *r, civic_str_t barcode, const char *part)
{
    return civic_print(r, "civic:{tube:%.*s}:%s", (int) barcode.len,
                       barcode.data, part);
}


static int
is_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z');
}


int
sampling_is_barcode(civic_str_t text)
{
    size_t  i;

    if (text.len < 4 || text.len > SAMPLING_BARCODE || !is_letter(*text.data))
    {
        return 0;
    }

    for (i = 1; i < text.len; i++) {
        if (!is_letter(text.data[i]) && text.data[i] != '-') {
            return 0;
        }
    }

    return 1;
}


int
sampling_is(civic_str_t text, const char *word)
{
    return civic_str_eq(text, civic_cstr(word));
}


/* The host's HMAC of a text that no identity number looks like. */
civic_result_t
sampling_mark(civic_request_t *r, const char *where,
    const sampling_tube_t *tube, civic_str_t pid, civic_str_t *mark)
{
    return civic_person_id(r, civic_print(r, "sampling:%s:%s:%s:%.*s", where,
                                          tube->barcode.data,
                                          tube->opened.data, (int) pid.len,
                                          pid.data), mark);
}


unsigned
sampling_shard_of(civic_str_t barcode)
{
    size_t    i;
    unsigned  hash = 5381;

    for (i = 0; i < barcode.len; i++) {
        hash = hash * 33 + (unsigned char) barcode.data[i];
    }

    return hash % SAMPLING_SHARDS;
}


civic_str_t
sampling_shard_list(civic_request_t *r, unsigned shard)
{
    return civic_print(r, "civic:{sampling:%u}:tubes", shard);
}


/* ---- reading ----------------------------------------------------------- */

static int
is_whole(const sampling_tube_t *tube)
{
    return (sampling_is(tube->state, "open")
            || sampling_is(tube->state, "sealed")
            || sampling_is(tube->state, "told"))
           && tube->version > 0 && tube->capacity > 0
           && tube->capacity <= SAMPLING_PEOPLE && tube->count >= 0
           && tube->count <= tube->capacity && tube->at > 0
           && tube->by.len > 0
           && sampling_is(tube->state, "told") == (tube->result.len > 0);
}


static civic_str_t
item(civic_request_t *r, const civic_value_t *value, size_t n)
{
    return shared_copy(r, shared_item(value, n));
}


static void
take(civic_request_t *r, const civic_value_t *value, sampling_tube_t *tube)
{
    sampling_correction_t  *next = &tube->correction;

    tube->state = item(r, value, 0);
    tube->version = shared_number(shared_item(value, 1), 0);
    tube->capacity = shared_number(shared_item(value, 2), 0);
    tube->count = shared_number(shared_item(value, 3), -1);
    tube->place = item(r, value, 4);
    tube->by = item(r, value, 5);
    tube->opened = item(r, value, 6);
    tube->at = shared_number(tube->opened, 0);
    tube->sealed_at = shared_number(shared_item(value, 7), 0);
    tube->result = item(r, value, 8);
    tube->result_at = shared_number(shared_item(value, 9), 0);
    tube->settled_by = item(r, value, 10);
    next->by = item(r, value, 11);
    next->result = item(r, value, 12);
    next->result_at = shared_number(shared_item(value, 13), 0);
    next->at = shared_number(shared_item(value, 14), 0);
    next->why = item(r, value, 15);
}


civic_result_t
sampling_tube_read(civic_request_t *r, civic_str_t barcode,
    sampling_tube_t *tube)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(tube, 0, sizeof(sampling_tube_t));
    tube->barcode = shared_copy(r, barcode);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"),
                                   sampling_key(r, barcode, "tube"),
                                   CIVIC_STR("state"), CIVIC_STR("version"),
                                   CIVIC_STR("capacity"), CIVIC_STR("count"),
                                   CIVIC_STR("place"), CIVIC_STR("by"),
                                   CIVIC_STR("at"), CIVIC_STR("sealed_at"),
                                   CIVIC_STR("result"),
                                   CIVIC_STR("result_at"),
                                   CIVIC_STR("settled_by"),
                                   CIVIC_STR("next_by"),
                                   CIVIC_STR("next_result"),
                                   CIVIC_STR("next_result_at"),
                                   CIVIC_STR("next_at"),
                                   CIVIC_STR("next_why")), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    take(r, value, tube);

    if (tube->state.len == 0) {
        return CIVIC_NOT_FOUND;
    }

    if (!is_whole(tube)) {
        civic_log(r, CIVIC_LOG_ERROR, "tube \"%s\" is damaged",
                  tube->barcode.data);
        return CIVIC_INVALID;
    }

    return CIVIC_OK;
}


civic_result_t
sampling_tube_find(civic_request_t *r, sampling_tube_t *tube, int *answered)
{
    civic_str_t     barcode = civic_path(r, "barcode");
    civic_result_t  rc = CIVIC_NOT_FOUND;

    if (sampling_is_barcode(barcode)) {
        rc = sampling_tube_read(r, barcode, tube);
    }

    if (rc == CIVIC_NOT_FOUND) {
        *answered = 1;
        return civic_problem(r, "sampling_tube_unknown");
    }

    return rc;
}


/* ---- who is in it ------------------------------------------------------- */

/* "<entry> <mark>", and what is sealed. */
static civic_result_t
take_seat(civic_request_t *r, const sampling_tube_t *tube, civic_str_t text,
    civic_str_t sealed, sampling_seat_t *seat)
{
    json_t          *tree;
    civic_result_t   rc;

    seat->entry = shared_copy(r, shared_word(text, 0));

    rc = shared_json_open(r, SAMPLING_HEALTH,
                          shared_record_context(r, tube->barcode,
                                                seat->entry), sealed, &tree);
    if (rc != CIVIC_OK) {
        return rc;
    }

    seat->pid = shared_copy(r, shared_json_str(tree, "pid"));
    seat->name = shared_copy(r, shared_json_str(tree, "name"));
    seat->kind = shared_copy(r, shared_json_str(tree, "kind"));
    seat->at = json_integer_value(json_object_get(tree, "at"));
    json_decref(tree);

    return seat->pid.len == SHARED_PID ? CIVIC_OK : CIVIC_INVALID;
}


civic_result_t
sampling_tube_people(civic_request_t *r, const sampling_tube_t *tube,
    sampling_seat_t *seats, size_t *count)
{
    size_t                n, i;
    civic_str_t          *argv;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;
    n = (size_t) tube->capacity;
    argv = civic_alloc(r, (2 * n + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = sampling_key(r, tube->barcode, "people");

    for (i = 0; i < n; i++) {
        argv[2 + 2 * i] = civic_print(r, "%zu", i + 1);
        argv[3 + 2 * i] = civic_print(r, "who:%zu", i + 1);
    }

    rc = civic_redis(r, argv, 2 * n + 2, &value);

    for (i = 0; i < n && rc == CIVIC_OK; i++) {
        if (shared_item(value, 2 * i).len == 0) {
            continue;
        }

        seats[*count].seat = (int64_t) i + 1;
        rc = take_seat(r, tube, shared_item(value, 2 * i),
                       shared_item(value, 2 * i + 1), &seats[*count]);
        *count += rc == CIVIC_OK ? 1 : 0;
        rc = rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    return rc;
}


/* ---- changing ------------------------------------------------------------ */

json_t *
sampling_details(civic_str_t barcode, const char *name, civic_str_t value)
{
    json_t  *details = json_pack("{s:s%}", "tube", barcode.data, barcode.len);

    if (name != NULL && value.len > 0) {
        json_object_set_new(details, name,
                            json_stringn(value.data, value.len));
    }

    return details;
}


civic_result_t
sampling_step(civic_request_t *r, sampling_step_t *step, civic_str_t *word)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = step->action,
                            .subject = step->subject,
                            .details = step->details }, step->keys[0],
                     &step->keys[step->nkeys], &step->args[step->nargs]);
    json_decref(step->details);
    step->details = NULL;

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = step->name, .keys = step->keys,
                              .nkeys = step->nkeys + 1, .args = step->args,
                              .nargs = step->nargs + 1,
                              .flags = step->flags }, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        civic_log(r, CIVIC_LOG_ERROR, "script \"%s\" answers no word",
                  step->name);
        return CIVIC_ERROR;
    }

    *word = shared_copy(r, value->str);

    return CIVIC_OK;
}


static civic_result_t
list_step(civic_request_t *r, civic_str_t list, const civic_str_t *args,
    size_t nargs)
{
    const civic_value_t  *value;

    return civic_script(r, &(civic_script_t) {
                            .name = "sampling_list", .keys = &list,
                            .nkeys = 1, .args = args, .nargs = nargs },
                        &value);
}


civic_result_t
sampling_list_put(civic_request_t *r, civic_str_t list, civic_str_t barcode,
    civic_msec_t at, int64_t keep)
{
    civic_str_t  args[4];

    args[0] = CIVIC_STR("put");
    args[1] = barcode;
    args[2] = shared_decimal(r, at);
    args[3] = shared_decimal(r, keep);

    return list_step(r, list, args, 4);
}


civic_result_t
sampling_list_drop(civic_request_t *r, civic_str_t list, civic_str_t barcode)
{
    civic_str_t  args[2];

    args[0] = CIVIC_STR("drop");
    args[1] = barcode;

    return list_step(r, list, args, 2);
}


/* ---- what is seen of it ------------------------------------------------- */

void
sampling_write_tube(civic_request_t *r, civic_writer_t *w,
    const sampling_tube_t *tube)
{
    civic_write_str(r, w, "barcode", tube->barcode);
    civic_write_str(r, w, "state", tube->state);
    civic_write_int(r, w, "capacity", tube->capacity);
    civic_write_int(r, w, "count", tube->count);
    civic_write_int(r, w, "room", sampling_is(tube->state, "open")
                                  ? tube->capacity - tube->count : 0);
    civic_write_str(r, w, "place", tube->place);
    civic_write_instant(r, w, "opened_at", tube->at);

    if (tube->sealed_at > 0) {
        civic_write_instant(r, w, "sealed_at", tube->sealed_at);
    }
}


civic_result_t
sampling_reply_tube(civic_request_t *r, civic_str_t barcode, int status)
{
    civic_result_t    rc;
    civic_writer_t   *w;
    sampling_tube_t   tube;

    rc = sampling_tube_read(r, barcode, &tube);

    if (rc == CIVIC_OK) {
        w = civic_reply(r, status);
        sampling_write_tube(r, w, &tube);
    }

    return rc;
}


civic_result_t
sampling_refuse(civic_request_t *r, civic_str_t word)
{
    size_t  i;

    static const struct {
        const char  *word;
        const char  *code;
    } problems[] = {
        { "unknown", "sampling_tube_unknown" },
        { "other", "sampling_tube_of_other" },
        { "used", "sampling_tube_used" },
        { "sealed", "sampling_tube_sealed" },
        { "full", "sampling_tube_full" },
        { "empty", "sampling_tube_empty" },
        { "untold", "sampling_no_result" },
        { "nothing", "sampling_nothing_to_correct" },
        { "pending", "sampling_correction_pending" },
        { "none", "sampling_no_correction" },
        { "changed", "sampling_correction_changed" },
        { "own", "sampling_correction_own" },
    };

    for (i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (sampling_is(word, problems[i].word)) {
            return civic_problem(r, problems[i].code);
        }
    }

    civic_log(r, CIVIC_LOG_ERROR, "a script answers \"%s\"", word.data);

    return CIVIC_ERROR;
}
