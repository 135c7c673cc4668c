/*
 * fake_redis.c - the services that talk to Redis.
 *
 * hiredis is synchronous here and needs a deep stack, so a command runs on
 * the main stack; then the fiber suspends with the answer in hand.  A race
 * between two requests is thus the nasty kind: what was read is already old
 * when the handler sees it.
 */

#include <stdio.h>

#include "fake_internal.h"
#include "slots.h"

typedef struct {
    fake_run_t            *run;
    const civic_str_t     *argv;
    size_t                 argc;
    int                    writes;
    civic_result_t         result;
    const civic_value_t   *value;
} fake_command_t;


static void
fake_command_on_main(void *data)
{
    fake_command_t  *c = data;

    c->result = fake_server_command(c->run->host, c->run->arena, c->argv,
                                    c->argc, c->writes, &c->value);
}


civic_result_t
fake_command(fake_run_t *run, const civic_str_t *argv, size_t argc,
    int writes, const civic_value_t **value)
{
    fake_command_t  c = {
        .run = run, .argv = argv, .argc = argc, .writes = writes
    };

    civic_fiber_on_main(fake_command_on_main, &c);
    *value = c.value;

    return c.result;
}


/* An answer of type error is CIVIC_ERROR, and the log has it. */
static civic_result_t
fake_judge(fake_run_t *run, const char *what, civic_result_t rc,
    const civic_value_t *value)
{
    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_ERROR) {
        fake_line(run->host, CIVIC_LOG_ERROR, run->plugin->plugin->name,
                  "redis answered \"%s\" with \"%.200s\"", what,
                  value->str.data);
        return CIVIC_ERROR;
    }

    return rc;
}


/* Whether the test asked for a fault at this call, and which. */
static fake_redis_fault_t
fake_fault(fake_run_t *run)
{
    unsigned  n, first, count;

    n = ++run->reply->redis_calls;
    first = run->input.redis_fault_at;
    count = run->input.redis_fault_count;

    if (first == 0 || n < first || n >= first + (count > 0 ? count : 1)) {
        return FAKE_REDIS_WELL;
    }

    return run->input.redis_fault;
}


static civic_result_t
fake_fault_result(fake_run_t *run, fake_redis_fault_t fault, int writes,
    const civic_value_t **value)
{
    civic_value_t  *error;

    *value = NULL;

    if (fault == FAKE_REDIS_ANSWERS_ERROR) {
        error = civic_arena_zalloc(run->arena, sizeof(*error));
        error->type = CIVIC_VALUE_ERROR;
        error->str = CIVIC_STR("ERR fault asked for by the test");
        *value = error;

        return fake_judge(run, "a call", CIVIC_OK, error);
    }

    /* What only reads is sent again, in vain: nothing is unknown then. */

    return fault == FAKE_REDIS_NOT_SENT || !writes ? CIVIC_NOT_SENT
                                                   : CIVIC_UNKNOWN;
}


/* For the host's own writes, sessions: as a script would fail. */
civic_result_t
fake_redis_fault(fake_run_t *run, int writes, const civic_value_t **value)
{
    fake_redis_fault_t  fault;

    fault = fake_fault(run);
    if (fault == FAKE_REDIS_WELL) {
        return CIVIC_OK;
    }

    return fake_fault_result(run, fault, writes, value);
}


civic_result_t
fake_write(fake_run_t *run, const char *what, const civic_str_t *argv,
    size_t argc, const civic_value_t **value)
{
    civic_result_t      rc;
    fake_redis_fault_t  fault;

    run->wrote = 1;
    fault = fake_fault(run);

    if (fault == FAKE_REDIS_WELL) {
        rc = fake_command(run, argv, argc, 1, value);

        return fake_judge(run, what, rc, *value);
    }

    if (fault == FAKE_REDIS_LOST_AFTER) {
        (void) fake_command(run, argv, argc, 1, value);
    }

    return fake_fault_result(run, fault, 1, value);
}


/* ---- reads ------------------------------------------------------------- */

static int
fake_same_slot(const civic_str_t *keys, size_t count)
{
    size_t  i;

    for (i = 1; i < count; i++) {
        if (civic_slot(keys[i]) != civic_slot(keys[0])) {
            return 0;
        }
    }

    return 1;
}


static int
fake_is(civic_str_t command, const char *name)
{
    return command.len == strlen(name)
           && strncasecmp(command.data, name, command.len) == 0;
}


static civic_result_t
fake_read_allowed(fake_run_t *run, const civic_str_t *argv, size_t argc)
{
    if (argc < 2) {
        return fake_misuse(run, "civic_redis() needs a command and a key");
    }

    if (!civic_redis_reads_only(argv[0])) {
        return fake_misuse(run, "civic_redis() only reads: \"%.*s\"",
                           (int) argv[0].len, argv[0].data);
    }

    /* One Redis would not mind; a cluster answers CROSSSLOT. */

    if ((fake_is(argv[0], "MGET") || fake_is(argv[0], "EXISTS"))
        && !fake_same_slot(argv + 1, argc - 1))
    {
        return fake_misuse(run, "the keys of \"%.*s\" are in several slots",
                           (int) argv[0].len, argv[0].data);
    }

    return CIVIC_OK;
}


static civic_result_t
fake_read(fake_run_t *run, const civic_str_t *argv, size_t argc,
    fake_redis_fault_t fault, const civic_value_t **value)
{
    char            name[32];
    civic_result_t  rc;

    if (fault != FAKE_REDIS_WELL) {
        return fake_fault_result(run, fault, 0, value);
    }

    rc = fake_command(run, argv, argc, 0, value);
    snprintf(name, sizeof(name), "%.*s", (int) argv[0].len, argv[0].data);

    return fake_judge(run, name, rc, *value);
}


civic_result_t
fake_redis_read(civic_request_t *r, const civic_str_t *argv, size_t argc,
    const civic_value_t **value)
{
    fake_run_t      *run = fake_run(r);
    civic_result_t   rc;

    *value = NULL;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    rc = fake_read_allowed(run, argv, argc);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = fake_read(run, argv, argc, fake_fault(run), value);

    if (fake_suspend(run) != CIVIC_OK) {
        *value = NULL;
        return CIVIC_ABORTED;
    }

    return rc;
}


civic_result_t
fake_redis_pipeline(civic_request_t *r, civic_command_t *commands,
    size_t count)
{
    size_t               i;
    fake_run_t          *run = fake_run(r);
    civic_result_t       rc;
    fake_redis_fault_t   fault;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    for (i = 0; i < count; i++) {
        commands[i].value = NULL;
        commands[i].result = CIVIC_ERROR;

        rc = fake_read_allowed(run, commands[i].argv, commands[i].argc);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    if (count == 0) {
        return CIVIC_OK;
    }

    rc = CIVIC_OK;
    fault = fake_fault(run);

    for (i = 0; i < count; i++) {
        commands[i].result = fake_read(run, commands[i].argv,
                                       commands[i].argc, fault,
                                       &commands[i].value);
        if (rc == CIVIC_OK) {
            rc = commands[i].result;
        }
    }

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


/* ---- scripts ----------------------------------------------------------- */

static const civic_redis_script_t *
fake_script_find(fake_run_t *run, const char *name)
{
    uint32_t             i;
    fake_plugin_t       *p = run->plugin;
    civic_script_def_t   def;

    for (i = 0; i < p->plugin->scripts.count; i++) {
        civic_table_get(&p->plugin->scripts, i, &def, sizeof(def));

        if (strcmp(def.name, name) == 0) {
            return p->scripts[i];
        }
    }

    return NULL;
}


static civic_result_t
fake_script_run(fake_run_t *run, const civic_redis_script_t *file,
    const civic_script_t *script, const civic_value_t **value)
{
    char             nkeys[24];
    size_t           argc;
    civic_str_t     *argv;
    civic_result_t   rc;

    argc = 3 + script->nkeys + script->nargs;
    argv = civic_arena_alloc(run->arena, argc * sizeof(*argv));
    if (argv == NULL) {
        return CIVIC_ERROR;
    }

    snprintf(nkeys, sizeof(nkeys), "%zu", script->nkeys);

    argv[0] = CIVIC_STR("EVALSHA");
    argv[1] = civic_cstr(file->sha1);
    argv[2] = civic_cstr(nkeys);
    memcpy(argv + 3, script->keys, script->nkeys * sizeof(*argv));

    if (script->nargs > 0) {
        memcpy(argv + 3 + script->nkeys, script->args,
               script->nargs * sizeof(*argv));
    }

    rc = fake_command(run, argv, argc, 1, value);

    if (rc == CIVIC_OK && (*value)->type == CIVIC_VALUE_ERROR
        && strncmp((*value)->str.data, "NOSCRIPT", 8) == 0)
    {
        argv[0] = CIVIC_STR("EVAL");
        argv[1] = (civic_str_t) { file->text, file->len };
        rc = fake_command(run, argv, argc, 1, value);
    }

    return fake_judge(run, script->name, rc, *value);
}


static civic_result_t
fake_script_with_fault(fake_run_t *run, const civic_redis_script_t *file,
    const civic_script_t *script, const civic_value_t **value)
{
    fake_redis_fault_t  fault;

    fault = fake_fault(run);
    if (fault == FAKE_REDIS_WELL) {
        return fake_script_run(run, file, script, value);
    }

    if (fault == FAKE_REDIS_LOST_AFTER) {
        (void) fake_script_run(run, file, script, value);
    }

    return fake_fault_result(run, fault, 1, value);
}


civic_result_t
fake_redis_script(civic_request_t *r, const civic_script_t *script,
    const civic_value_t **value)
{
    fake_run_t                  *run = fake_run(r);
    civic_result_t               rc;
    const civic_redis_script_t  *file;

    *value = NULL;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    file = fake_script_find(run, script->name);
    if (file == NULL) {
        return fake_misuse(run, "script \"%s\" is not in the table",
                           script->name);
    }

    if (script->nkeys == 0 || !fake_same_slot(script->keys, script->nkeys)) {
        return fake_misuse(run, "script \"%s\" needs keys of one slot",
                           script->name);
    }

    run->wrote = 1;
    run->scripted = 1;
    rc = fake_script_with_fault(run, file, script, value);

    /* Only the deadline ends it here: the host answers outcome_unknown. */

    if (fake_suspend(run) != CIVIC_OK) {
        *value = NULL;
        return CIVIC_ABORTED;
    }

    return rc;
}
