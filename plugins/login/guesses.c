/*
 * guesses.c - how often a password was guessed, and what follows.
 *
 * A row of guesses is "<count> <first s> <last s>" in a field of the
 * person's hash "civic:{p:<pid>}:login": "guesses" for all devices that are
 * not known, "guesses:<device>" for a known one, "guesses:change" for
 * changing the password in a session.  An attempt is counted BEFORE the
 * password is looked at, by a script that writes only if the row is as the
 * rule saw it: however many workers guess at once, the rule sees each.
 *
 * Nothing here knows whether the person exists.  Times are real time.
 */

#include "login.h"

#define RESERVE_ROUNDS      16
#define KEEP_FALLBACK       86400           /* s */
#define KEEP_MAX            (400 * 86400)
#define WINDOWS_KEPT        2

typedef struct {
    int64_t  count;
    int64_t  first;
    int64_t  last;
} row_t;


/* The next number of a text; -1 if there is none. */
static int64_t
next_number(civic_str_t *text)
{
    size_t   len = 0;
    int64_t  value;

    while (len < text->len && text->data[len] != ' ') {
        len++;
    }

    value = login_number((civic_str_t) { text->data, len }, -1);
    len += len < text->len;
    text->data += len;
    text->len -= len;

    return value;
}


/* A row that cannot be read counts as none: only scripts of ours write. */
static row_t
read_row(civic_str_t text)
{
    row_t  row, none = { 0, 0, 0 };

    row.count = next_number(&text);
    row.first = next_number(&text);
    row.last = next_number(&text);

    return row.count > 0 && row.first >= 0 && row.last >= 0 ? row : none;
}


/* ---- reading ----------------------------------------------------------- */

void
login_guesses_command(civic_request_t *r, civic_str_t pid,
    const login_device_t *device, civic_command_t *command)
{
    civic_str_t  *argv;

    argv = civic_alloc(r, 5 * sizeof(civic_str_t));
    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 3;

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, LOGIN_FAMILY);

    if (device == NULL) {
        argv[2] = CIVIC_STR("guesses:change");
        return;
    }

    argv[2] = CIVIC_STR("guesses");
    argv[3] = civic_print(r, "device:%s", device->id);
    argv[4] = civic_print(r, "guesses:%s", device->id);
    command->argc = 5;
}


void
login_guesses_take(civic_request_t *r, const civic_value_t *value,
    const login_device_t *device, int64_t life, login_guesses_t *guesses)
{
    int64_t  last_login;

    if (device == NULL) {
        guesses->change = 1;
        guesses->field = CIVIC_STR("guesses:change");
        guesses->seen = login_item(value, 0);
        return;
    }

    last_login = login_number(login_item(value, 1), -1);
    guesses->known_device = device->given && last_login >= 0
                            && civic_now(r) / 1000 - last_login < life;

    if (guesses->known_device) {
        guesses->field = civic_print(r, "guesses:%s", device->id);
        guesses->seen = login_item(value, 2);

    } else {
        guesses->field = CIVIC_STR("guesses");
        guesses->seen = login_item(value, 0);
    }
}


/* ---- the address ------------------------------------------------------- */

/* An IPv6 customer has a /64 at least: its first four groups count. */
static civic_str_t
network_of(civic_request_t *r, civic_str_t address)
{
    size_t  i, groups = 0;

    if (memchr(address.data, '.', address.len) != NULL) {
        return address;
    }

    for (i = 0; i < address.len; i++) {
        groups += address.data[i] == ':';

        if (groups == 4
            || (i > 0 && address.data[i] == ':' && address.data[i - 1] == ':'))
        {
            return civic_print(r, "%.*s", (int) i, address.data);
        }
    }

    return address;
}


civic_result_t
login_guesses_address(civic_request_t *r, int64_t window,
    login_guesses_t *guesses)
{
    int64_t               start, now = civic_now(r) / 1000;
    civic_str_t           key, address, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    address = network_of(r, civic_remote_addr(r));
    key = civic_print(r, "civic:login:address:%.*s", (int) address.len,
                      address.data);
    args[0] = civic_print(r, "%lld", (long long) now);
    args[1] = civic_print(r, "%lld", (long long) window);
    args[2] = civic_print(r, "%lld", (long long) window * WINDOWS_KEPT * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_address",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 3,
                      }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    guesses->address_attempts = value->items[0].integer;
    start = value->items[1].integer;
    guesses->address_resets_in = start + window - now;

    if (guesses->address_resets_in < 1) {
        guesses->address_resets_in = 1;
    }

    return CIVIC_OK;
}


/* ---- reserving --------------------------------------------------------- */

static civic_result_t
ask_rule(civic_request_t *r, const login_guesses_t *guesses, row_t row,
    int64_t now, json_t **decision)
{
    json_t  *in;

    in = json_pack("{s:b, s:b, s:I, s:I, s:I, s:I, s:I}",
                   "known_device", guesses->known_device,
                   "change", guesses->change,
                   "guesses", (json_int_t) row.count,
                   "since_first", (json_int_t) (now - row.first),
                   "since_last", (json_int_t) (now - row.last),
                   "address_attempts",
                   (json_int_t) guesses->address_attempts,
                   "address_resets_in",
                   (json_int_t) guesses->address_resets_in);
    if (in == NULL) {
        return CIVIC_ERROR;
    }

    if (row.count == 0) {
        json_object_del(in, "since_first");
        json_object_del(in, "since_last");
    }

    return civic_rule(r, "attempt", in, decision);
}


/* Puts a row in the place of another.  *done: 1, or 0 if it had changed
   meanwhile; *seen is then what stands there. */
static civic_result_t
exchange(civic_request_t *r, const login_guesses_t *guesses,
    civic_str_t before, civic_str_t after, int64_t keep, int *done,
    civic_str_t *seen)
{
    civic_str_t           args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = guesses->field;
    args[1] = before;
    args[2] = after;
    args[3] = civic_print(r, "%lld", (long long) keep * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_reserve",
                          .keys = &guesses->key, .nkeys = 1,
                          .args = args, .nargs = 4,
                      }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *done = value->items[0].integer == 1;
    *seen = login_item(value, 1);

    return CIVIC_OK;
}


/* One round: the rule, then the script.  *done: the attempt is counted. */
static civic_result_t
reserve_once(civic_request_t *r, login_guesses_t *guesses, int *done,
    int *answered)
{
    row_t            row = read_row(guesses->seen);
    json_t          *decision;
    int64_t          keep, now = civic_now(r) / 1000;
    civic_str_t      found;
    civic_result_t   rc;

    rc = ask_rule(r, guesses, row, now, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(decision, "allow"))) {
        civic_count(r, LOGIN_REFUSED, 1);
        *answered = 1;
        return civic_refuse(r, decision);
    }

    if (json_is_true(json_object_get(decision, "fresh")) || row.count == 0) {
        row.count = 0;
        row.first = now;
    }

    keep = login_rule_number(decision, "keep", KEEP_FALLBACK, 60, KEEP_MAX);
    guesses->reserved = civic_print(r, "%lld %lld %lld",
                                    (long long) row.count + 1,
                                    (long long) row.first, (long long) now);

    rc = exchange(r, guesses, guesses->seen, guesses->reserved, keep, done,
                  &found);

    if (rc == CIVIC_OK && !*done) {
        guesses->seen = found;
    }

    return rc;
}


civic_result_t
login_guesses_reserve(civic_request_t *r, login_guesses_t *guesses,
    int *answered)
{
    int              i, done = 0;
    civic_result_t   rc;

    for (i = 0; i < RESERVE_ROUNDS; i++) {
        rc = reserve_once(r, guesses, &done, answered);

        if (rc != CIVIC_OK || *answered || done) {
            return rc;
        }
    }

    /* so many at once guess at one password that no turn came */
    civic_count(r, LOGIN_REFUSED, 1);
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "too_many_requests",
                                  .retry_after = 1,
                              });
}


void
login_guesses_release(civic_request_t *r, login_guesses_t *guesses)
{
    int          done;
    civic_str_t  seen, before = guesses->reserved;

    (void) exchange(r, guesses, before, guesses->seen, KEEP_FALLBACK, &done,
                    &seen);
}
