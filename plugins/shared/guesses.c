/*
 * guesses.c - see guesses.h.
 */

#include "guesses.h"
#include "values.h"
#include "words.h"

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

    value = shared_number((civic_str_t) { text->data, len }, -1);
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
shared_guesses_command(civic_request_t *r, const shared_guessing_t *of,
    civic_str_t pid, const shared_device_t *device,
    shared_guesses_t *guesses, civic_command_t *command)
{
    civic_str_t  *argv;

    guesses->of = of;
    guesses->key = civic_person_key(r, pid, of->family);

    argv = civic_alloc(r, 5 * sizeof(civic_str_t));
    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 3;

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = guesses->key;

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
shared_guesses_take(civic_request_t *r, const civic_value_t *value,
    const shared_device_t *device, int64_t life, shared_guesses_t *guesses)
{
    int64_t  last_login;

    if (device == NULL) {
        guesses->change = 1;
        guesses->field = CIVIC_STR("guesses:change");
        guesses->seen = shared_item(value, 0);
        return;
    }

    last_login = shared_number(shared_item(value, 1), -1);
    guesses->known_device = device->given && last_login >= 0
                            && civic_now(r) / 1000 - last_login < life;

    if (guesses->known_device) {
        guesses->field = civic_print(r, "guesses:%s", device->id);
        guesses->seen = shared_item(value, 2);

    } else {
        guesses->field = CIVIC_STR("guesses");
        guesses->seen = shared_item(value, 0);
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
            return shared_copy(r, (civic_str_t) { address.data, i });
        }
    }

    return address;
}


civic_result_t
shared_guesses_address(civic_request_t *r, const shared_guessing_t *of,
    int64_t window, shared_guesses_t *guesses)
{
    int64_t               start, now = civic_now(r) / 1000;
    civic_str_t           key, address, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    address = network_of(r, civic_remote_addr(r));
    key = civic_print(r, "%s%.*s", of->addresses, (int) address.len,
                      address.data);
    args[0] = shared_decimal(r, now);
    args[1] = shared_decimal(r, window);
    args[2] = shared_decimal(r, window * WINDOWS_KEPT * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "guesses_address",
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
ask_rule(civic_request_t *r, const shared_guesses_t *guesses, row_t row,
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
exchange(civic_request_t *r, const shared_guesses_t *guesses,
    civic_str_t before, civic_str_t after, int64_t keep, int *done,
    civic_str_t *seen)
{
    civic_str_t           args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = guesses->field;
    args[1] = before;
    args[2] = after;
    args[3] = shared_decimal(r, keep * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "guesses_reserve",
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
    *seen = shared_item(value, 1);

    return CIVIC_OK;
}


/* One round: the rule, then the script.  *done: the attempt is counted. */
static civic_result_t
reserve_once(civic_request_t *r, shared_guesses_t *guesses, int *done,
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
        civic_count(r, guesses->of->refused, 1);
        *answered = 1;
        return civic_refuse(r, decision);
    }

    if (json_is_true(json_object_get(decision, "fresh")) || row.count == 0) {
        row.count = 0;
        row.first = now;
    }

    keep = shared_rule_number(decision, "keep", KEEP_FALLBACK, 60, KEEP_MAX);
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


static civic_result_t
reserve(civic_request_t *r, shared_guesses_t *guesses, int *answered)
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
    civic_count(r, guesses->of->refused, 1);
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "too_many_requests",
                                  .retry_after = 1,
                              });
}


/* Takes back what was reserved, for an attempt that was not made. */
static void
release(civic_request_t *r, shared_guesses_t *guesses)
{
    int          done;
    civic_str_t  seen, before = guesses->reserved;

    (void) exchange(r, guesses, before, guesses->seen, KEEP_FALLBACK, &done,
                    &seen);
}


/* ---- trying ------------------------------------------------------------ */

civic_result_t
shared_guesses_try(civic_request_t *r, const shared_passwords_t *passwords,
    shared_guesses_t *guesses, civic_str_t encoded, civic_str_t password,
    int *matches, int *answered)
{
    civic_result_t  rc;

    rc = reserve(r, guesses, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = shared_hash_verify(r, passwords, encoded, password, matches);

    if (rc == CIVIC_BUSY || rc == CIVIC_ERROR) {
        release(r, guesses);
    }

    return rc;
}


civic_result_t
shared_field_problem(civic_request_t *r, const char *pointer,
    const char *error, const char *code)
{
    civic_field_error_t  field = { .pointer = pointer, .code = error };

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = code,
                                  .errors = &field, .nerrors = 1,
                              });
}


civic_result_t
shared_guesses_prove(civic_request_t *r, const shared_passwords_t *passwords,
    shared_guesses_t *guesses, civic_str_t encoded, civic_str_t password,
    const char *pointer, const char *code, int *answered)
{
    int             matches;
    civic_result_t  rc;

    rc = shared_guesses_try(r, passwords, guesses, encoded, password,
                            &matches, answered);
    if (rc != CIVIC_OK || *answered || matches) {
        return rc;
    }

    civic_count(r, guesses->of->failed, 1);
    *answered = 1;

    return shared_field_problem(r, pointer, code, code);
}


civic_result_t
shared_guesses_succeed(civic_request_t *r, const shared_guesses_t *guesses,
    civic_str_t record, civic_str_t sealed, civic_str_t renewed,
    const shared_device_t *device, const shared_session_rule_t *rule,
    int *done)
{
    civic_str_t           keys[2], args[8];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = record;
    keys[1] = guesses->key;

    args[0] = sealed;
    args[1] = renewed;
    args[2] = guesses->field;
    args[3] = civic_cstr(device->id);
    args[4] = shared_decimal(r, civic_now(r) / 1000);
    args[5] = shared_decimal(r, rule->device_life);
    args[6] = shared_decimal(r, rule->devices);
    args[7] = shared_decimal(r, rule->device_life * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "guesses_succeed",
                          .keys = keys, .nkeys = 2, .args = args, .nargs = 8,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* ---- for tables -------------------------------------------------------- */

const civic_field_t  shared_attempt_input[] = {
    { .name = "known_device", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否为本人曾登录过的设备",
      .en = "whether this person logged in on this device before" },
    { .name = "change", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否为会话中修改密码",
      .en = "whether the password is being changed, in a session" },
    { .name = "guesses", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "此前连续错误次数",
      .en = "attempts in a row without success, before this one" },
    { .name = "since_first", .type = CIVIC_TYPE_INTEGER,
      .zh = "距第一次的秒数", .en = "seconds since the first of them" },
    { .name = "since_last", .type = CIVIC_TYPE_INTEGER,
      .zh = "距最近一次的秒数", .en = "seconds since the last of them" },
    { .name = "address_attempts", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "本时段内该网络地址的尝试次数（含本次）",
      .en = "attempts from this address in this window, with this one" },
    { .name = "address_resets_in", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "本时段剩余秒数", .en = "seconds until the window ends" },
    CIVIC_END
};
