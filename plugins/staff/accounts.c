/*
 * accounts.c - GET and POST /staff/accounts, for administrators.
 *
 * Creating touches three slots, in an order in which every interruption
 * leaves something legal: the administrator's own (once for each
 * Idempotency-Key; its answer has the initial password, sealed, so that a
 * repeat hands out the same), the list of accounts (which may name one that
 * is not there), the account's.
 */

#include "record.h"
#include "staff.h"

#define LIMIT_FALLBACK  50


/* ---- the list ---------------------------------------------------------- */

static int64_t
query_number(civic_request_t *r, const char *name, int64_t fallback)
{
    json_t  *value = json_object_get(civic_query(r), name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}


/* The pids of a page, and how many there are in all. */
static civic_result_t
read_page(civic_request_t *r, const civic_value_t **page, int64_t *total)
{
    int64_t          offset, limit;
    civic_str_t      range[4], count[2];
    civic_result_t   rc;
    civic_command_t  commands[2];

    offset = query_number(r, "offset", 0);
    limit = query_number(r, "limit", LIMIT_FALLBACK);

    range[0] = CIVIC_STR("ZRANGE");
    range[1] = CIVIC_STR(CIVIC_STAFF_ACCOUNTS);
    range[2] = shared_decimal(r, offset);
    range[3] = shared_decimal(r, offset + limit - 1);
    count[0] = CIVIC_STR("ZCARD");
    count[1] = range[1];

    memset(commands, 0, sizeof(commands));
    commands[0].argv = range;
    commands[0].argc = 4;
    commands[1].argv = count;
    commands[1].argc = 2;

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *page = commands[0].value;
    *total = commands[1].value->integer;

    return CIVIC_OK;
}


/* All accounts of a page, in one trip over however many slots. */
static civic_result_t
read_accounts(civic_request_t *r, const civic_value_t *page,
    staff_account_t **accounts, size_t *count)
{
    size_t            i;
    civic_result_t    rc;
    civic_command_t  *commands;

    *count = page->type == CIVIC_VALUE_ARRAY ? page->count : 0;

    if (*count == 0) {
        return CIVIC_OK;
    }

    *accounts = civic_alloc(r, *count * sizeof(staff_account_t));
    commands = civic_alloc(r, *count * sizeof(civic_command_t));

    for (i = 0; i < *count; i++) {
        staff_account_of(r, shared_item(page, i), &(*accounts)[i]);
        staff_account_command(r, &(*accounts)[i], &commands[i]);
    }

    rc = civic_pipeline(r, commands, *count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < *count; i++) {
        staff_account_take(commands[i].value, &(*accounts)[i]);
    }

    return CIVIC_OK;
}


civic_result_t
staff_accounts_list(civic_request_t *r)
{
    size_t                i, count;
    int64_t               total;
    civic_result_t        rc;
    civic_writer_t       *w;
    staff_account_t      *accounts = NULL;
    const civic_value_t  *page;

    rc = read_page(r, &page, &total);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = read_accounts(r, page, &accounts, &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_int(r, w, "total", total);
    civic_write_array(r, w, "accounts");

    for (i = 0; i < count; i++) {
        if (accounts[i].version.len == 0) {
            continue;
        }

        civic_write_object(r, w, NULL);

        rc = staff_account_write(r, w, &accounts[i]);
        if (rc != CIVIC_OK) {
            return rc;
        }

        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


/* ---- creating ---------------------------------------------------------- */

typedef struct {
    staff_account_t  account;
    civic_str_t      name;
    char             roles[CIVIC_ROLES_TEXT];
    civic_str_t      creation;
    civic_str_t      password;              /* the initial one, in clear */
} creation_t;


/* What an initial password is sealed for, until the account has it. */
static civic_str_t
initial_context(civic_request_t *r, civic_str_t pid)
{
    return civic_print(r, "initial:%.*s", (int) pid.len, pid.data);
}


/* The first part, in the caller's slot: what a repeat must not do anew. */
static civic_result_t
begin(civic_request_t *r, creation_t *creation, int *answered)
{
    civic_str_t           args[2], key, made, context;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = staff_initial_password(r, &made);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_id_new(r, &args[0]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    context = initial_context(r, creation->account.pid);

    rc = civic_seal(r, CIVIC_PASSWORD, context, made, &args[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, civic_pid(r), CIVIC_STAFF_FAMILY);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_begin",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 2,
                          .flags = CIVIC_SCRIPT_ONCE,
                      }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    creation->creation = shared_item(value, 0);

    if (creation->creation.len == 0) {
        *answered = 1;
        return civic_problem(r, "forbidden");
    }

    return civic_open(r, CIVIC_PASSWORD, context, shared_item(value, 1),
                      &creation->password);
}


/* *done: 0 if the name is taken. */
static civic_result_t
create(civic_request_t *r, creation_t *creation, int *done)
{
    civic_str_t           keys[2], args[8];
    staff_state_t        *state = civic_state(r);
    civic_result_t        rc;
    staff_account_t      *account = &creation->account;
    const civic_value_t  *value;

    rc = shared_hash_make(r, &state->passwords, account->pid,
                          creation->password, &args[3]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_seal(r, CIVIC_STAFF_PURPOSE, account->pid, creation->name,
                    &account->sealed_name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    args[0] = creation->creation;
    args[1] = account->sealed_name;
    args[2] = civic_cstr(creation->roles);
    args[4] = account->created_at;
    args[5] = CIVIC_STR("1");
    args[6] = CIVIC_STR("");

    keys[0] = account->key;

    rc = staff_audit(r, "staff.account_created", account->pid,
                     json_pack("{s:o}", "roles",
                               staff_roles_json(account->roles)),
                     account->key, &keys[1], &args[7]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_create",
                          .keys = keys, .nkeys = 2,
                          .args = args, .nargs = 8,
                          .flags = CIVIC_SCRIPT_DURABLE,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer > 0;

    return rc;
}


static civic_result_t
write_created(civic_request_t *r, const creation_t *creation)
{
    civic_result_t   rc;
    civic_writer_t  *w;

    civic_count(r, STAFF_CREATED, 1);
    civic_log(r, CIVIC_LOG_INFO, "staff account \"%.*s\" was created, roles "
              "\"%s\"", (int) creation->account.pid.len,
              creation->account.pid.data, creation->roles);

    w = civic_reply(r, 201);

    rc = staff_account_write(r, w, &creation->account);

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "initial_password", creation->password);
    }

    return rc;
}


/* Into the lists before and, as an administrator, after. */
static civic_result_t
create_listed(civic_request_t *r, creation_t *creation, int *done)
{
    civic_result_t    rc;
    staff_account_t  *account = &creation->account;

    account->created_at = shared_decimal(r, civic_now(r));
    account->initial = 1;

    rc = staff_account_enlist(r, account, 0);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = create(r, creation, done);
    if (rc != CIVIC_OK || !*done) {
        return rc;
    }

    if (staff_is_administrator(account->roles, 0)) {
        return staff_account_enlist(r, account, 1);
    }

    return CIVIC_OK;
}


/* The name as it is kept: without case and width. */
static void
take_name(civic_request_t *r, creation_t *creation)
{
    char         canonical[CIVIC_STAFF_CANONICAL];
    civic_str_t  name = civic_body_str(r, "name");

    (void) civic_staff_canonical(name.data, name.len, canonical);
    creation->name = civic_print(r, "%s",
                                 canonical + sizeof(CIVIC_STAFF_PREFIX) - 1);
}


civic_result_t
staff_account_create(civic_request_t *r)
{
    int              done, answered = 0;
    creation_t       creation;
    civic_result_t   rc;

    memset(&creation, 0, sizeof(creation));

    rc = staff_account_named(r, civic_body_str(r, "name"), "/name",
                             &creation.account, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    take_name(r, &creation);
    creation.account.roles = staff_roles_of(json_object_get(civic_body(r),
                                                            "roles"));
    (void) civic_roles_format(creation.account.roles, creation.roles);

    rc = staff_roles_judge(r, creation.account.roles, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = begin(r, &creation, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = create_listed(r, &creation, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return done ? write_created(r, &creation)
                : civic_problem(r, "name_taken");
}
