/*
 * plugin_check.c - holds a plugin's tables against the contract.
 *
 * Whatever a request could trip over is found when the configuration is
 * read: a route without roles, a pattern that does not compile, a problem
 * that nobody defined.  The first fault is told, by the table's own names.
 * Keeps nothing; runs wherever plugin_file.c does.
 */

#include <stdio.h>
#include <stdlib.h>

#include "plugin_check_private.h"
#include "problem.h"
#include "schema.h"

#define CIVIC_CHECK_NAME      32
#define CIVIC_CHECK_ITEMS     4096
#define CIVIC_CHECK_SIZE      4096          /* bytes of one element */
#define CIVIC_CHECK_INTERVAL  86400         /* s */
#define CIVIC_CHECK_SHARDS    256


int
civic_check_fail(civic_check_t *check, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(check->failure->text, sizeof(check->failure->text), fmt,
                     args);
    va_end(args);

    return -1;
}


/* [a-z][a-z0-9_]*, CIVIC_CHECK_NAME characters at most. */
static int
civic_check_is_name(const char *name)
{
    size_t  i;

    if (name == NULL || name[0] < 'a' || name[0] > 'z') {
        return 0;
    }

    for (i = 1; name[i] != '\0'; i++) {
        if ((name[i] < 'a' || name[i] > 'z')
            && (name[i] < '0' || name[i] > '9') && name[i] != '_')
        {
            return 0;
        }
    }

    return i <= CIVIC_CHECK_NAME;
}


int
civic_check_has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}


/* Whether the table can be walked at all. */
int
civic_check_table(civic_check_t *check, const char *what,
    const civic_table_t *table)
{
    if (table->count == 0) {
        return 0;
    }

    if (table->items == NULL || table->size == 0
        || table->size > CIVIC_CHECK_SIZE || table->count > CIVIC_CHECK_ITEMS)
    {
        return civic_check_fail(check,
                    "%s: a broken table of %u elements of %u bytes (write "
                    "CIVIC_TABLE(array))", what, table->count, table->size);
    }

    return 0;
}


/*
 * Every element of every table but the routes begins with its name.  Their
 * names are valid and each stands once.
 */
static int
civic_check_names(civic_check_t *check, const char *what,
    const civic_table_t *table)
{
    uint32_t     i, j;
    const char  *name, *other;

    if (civic_check_table(check, what, table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &name, sizeof(name));

        if (!civic_check_is_name(name)) {
            return civic_check_fail(check,
                        "%s: element %u is named \"%s\", expected "
                        "[a-z][a-z0-9_]*, %d characters at most", what, i,
                        name == NULL ? "(none)" : name, CIVIC_CHECK_NAME);
        }

        for (j = 0; j < i; j++) {
            civic_table_get(table, j, &other, sizeof(other));

            if (strcmp(name, other) == 0) {
                return civic_check_fail(check, "%s: \"%s\" stands twice",
                                        what, name);
            }
        }
    }

    return 0;
}


int
civic_check_schema(civic_check_t *check, const char *what,
    const civic_field_t *fields)
{
    civic_schema_t   *schema;
    civic_failure_t   why;

    if (fields == NULL) {
        return 0;
    }

    schema = civic_schema_compile(fields, &why);

    if (schema == NULL) {
        return civic_check_fail(check, "%s: %s", what, why.text);
    }

    civic_schema_free(schema);

    return 0;
}


static int
civic_check_plugin(civic_check_t *check)
{
    const civic_plugin_t  *plugin = check->plugin;

    if (!civic_check_is_name(plugin->name)) {
        return civic_check_fail(check,
                    "the plugin is named \"%s\", expected [a-z][a-z0-9_]*, "
                    "%d characters at most",
                    plugin->name == NULL ? "(none)" : plugin->name,
                    CIVIC_CHECK_NAME);
    }

    if ((plugin->flags & ~CIVIC_SANDBOX_ONLY) != 0) {
        return civic_check_fail(check, "unknown flags 0x%x",
                                plugin->flags & ~CIVIC_SANDBOX_ONLY);
    }

    if (!civic_check_has_text(plugin->version)
        || !civic_check_has_text(plugin->zh)
        || !civic_check_has_text(plugin->en))
    {
        return civic_check_fail(check,
                    "plugin \"%s\" lacks its version, zh or en",
                    plugin->name);
    }

    return 0;
}


/* The fallbacks of the options are JSON, and valid by the options' schema. */
static int
civic_check_fallbacks(civic_check_t *check, const civic_field_t *fields,
    const civic_schema_t *schema, json_t *values, civic_errors_t *errors)
{
    size_t        i;
    json_t       *value;
    json_error_t  error;

    for (i = 0; fields[i].name != NULL; i++) {
        if (fields[i].fallback == NULL) {
            continue;
        }

        value = json_loads(fields[i].fallback, JSON_DECODE_ANY, &error);

        if (value == NULL || json_object_set_new(values, fields[i].name, value)
                             != 0)
        {
            return civic_check_fail(check,
                        "options: the fallback %s of \"%s\" is no JSON: %s",
                        fields[i].fallback, fields[i].name, error.text);
        }
    }

    civic_schema_check(schema, values, errors);

    for (i = 0; i < errors->count; i++) {
        if (strcmp(errors->items[i].code, "required") != 0) {
            return civic_check_fail(check,
                        "options: the fallback of \"%s\" is refused by its "
                        "own schema: %s", errors->items[i].pointer + 1,
                        errors->items[i].code);
        }
    }

    return 0;
}


static int
civic_check_option_schema(civic_check_t *check, const civic_field_t *fields)
{
    int               rc = -1;
    json_t           *values;
    civic_arena_t    *arena;
    civic_errors_t    errors;
    civic_schema_t   *schema;
    civic_failure_t   why;

    schema = civic_schema_compile(fields, &why);

    if (schema == NULL) {
        return civic_check_fail(check, "options: %s", why.text);
    }

    arena = civic_arena_create(4096, 1024 * 1024);
    values = json_object();

    if (arena == NULL || values == NULL) {
        (void) civic_check_fail(check, "no memory");

    } else {
        civic_errors_init(&errors, arena);
        rc = civic_check_fallbacks(check, fields, schema, values, &errors);
    }

    json_decref(values);

    if (arena != NULL) {
        civic_arena_destroy(arena);
    }

    civic_schema_free(schema);

    return rc;
}


static int
civic_check_options(civic_check_t *check)
{
    int             rc;
    civic_field_t  *fields;

    if (civic_check_names(check, "options", &check->plugin->options) != 0) {
        return -1;
    }

    fields = civic_plugin_options(check->plugin);

    if (fields == NULL) {
        return civic_check_fail(check, "no memory");
    }

    rc = civic_check_option_schema(check, fields);
    free(fields);

    return rc;
}


/* Members of the answer: fields, whose names are not the host's own. */
static int
civic_check_members(civic_check_t *check, const civic_problem_def_t *problem)
{
    char                  what[CIVIC_CHECK_NAME + 16];
    size_t                i;
    const civic_field_t  *member = problem->members;

    static const char *const  taken[] = {
        "type", "title", "status", "detail", "code", "errors", "retry_after",
        "possible_at", "rule", "request_id"
    };

    (void) snprintf(what, sizeof(what), "problem \"%s\"", problem->code);

    if (member != NULL && problem->status == 0) {
        return civic_check_fail(check, "%s: the error of a field has no "
                                "members", what);
    }

    if (civic_check_schema(check, what, member) != 0) {
        return -1;
    }

    for ( ; member != NULL && member->name != NULL; member++) {
        for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
            if (strcmp(member->name, taken[i]) == 0) {
                return civic_check_fail(check, "%s: the member \"%s\" is the "
                                        "host's", what, taken[i]);
            }
        }
    }

    return 0;
}


static int
civic_check_problems(civic_check_t *check)
{
    uint32_t              i;
    civic_problem_def_t   problem;
    const civic_table_t  *table = &check->plugin->problems;

    if (civic_check_names(check, "problems", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &problem, sizeof(problem));

        if (problem.status != 0
            && (problem.status < 400 || problem.status > 599))
        {
            return civic_check_fail(check,
                        "problems: \"%s\" has status %d, expected 400 to 599, "
                        "or 0 for a field error", problem.code,
                        problem.status);
        }

        if (!civic_check_has_text(problem.zh)
            || !civic_check_has_text(problem.en))
        {
            return civic_check_fail(check,
                        "problems: \"%s\" lacks its text in zh or en",
                        problem.code);
        }

        if (problem.example && problem.status != 0) {
            return civic_check_fail(check,
                        "problems: \"%s\" is no error of a field, which alone "
                        "has an example", problem.code);
        }

        if (civic_check_members(check, &problem) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
civic_check_rules(civic_check_t *check)
{
    char                  what[CIVIC_CHECK_NAME + 16];
    uint32_t              i;
    civic_rule_def_t      rule;
    const civic_table_t  *table = &check->plugin->rules;

    if (civic_check_names(check, "rules", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &rule, sizeof(rule));
        (void) snprintf(what, sizeof(what), "rule \"%s\"", rule.name);

        /* The examples of a rule file stand beside its functions. */
        if (strcmp(rule.name, "examples") == 0) {
            return civic_check_fail(check,
                        "rules: \"examples\" is not a rule's name");
        }

        if (civic_check_schema(check, what, rule.input) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
civic_check_calls(civic_check_t *check)
{
    uint32_t              i;
    civic_call_def_t      call;
    const civic_table_t  *table = &check->plugin->calls;

    if (civic_check_names(check, "calls", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &call, sizeof(call));

        if (call.handler == NULL) {
            return civic_check_fail(check, "calls: \"%s\" has no handler",
                                    call.name);
        }
    }

    return 0;
}


/* Whoever may open what is sealed as a session could make sessions. */
static int
civic_check_purposes(civic_check_t *check)
{
    uint32_t              i;
    civic_purpose_def_t   purpose;
    const civic_table_t  *table = &check->plugin->purposes;

    if (civic_check_names(check, "purposes", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &purpose, sizeof(purpose));

        /* who could seal these could make tokens and replies */
        if (strcmp(purpose.name, "session") == 0
            || strcmp(purpose.name, "idempotency") == 0)
        {
            return civic_check_fail(check,
                        "purposes: \"%s\" is the host's own", purpose.name);
        }
    }

    return 0;
}


/* The trail is the host's own outbox, and a plugin's job may empty it. */
static int
civic_check_has_outbox(const civic_check_t *check, const char *name)
{
    uint32_t             i;
    civic_outbox_def_t   outbox;
    const civic_table_t *table = &check->plugin->outboxes;

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &outbox, sizeof(outbox));

        if (strcmp(outbox.name, name) == 0) {
            return 1;
        }
    }

    return strcmp(name, "audit") == 0;
}


static int
civic_check_job(civic_check_t *check, const civic_job_def_t *job)
{
    if (job->run == NULL) {
        return civic_check_fail(check, "jobs: \"%s\" has no run", job->name);
    }

    if (job->interval == 0 || job->interval > CIVIC_CHECK_INTERVAL) {
        return civic_check_fail(check,
                    "jobs: \"%s\" has an interval of %u s, expected 1 to %d",
                    job->name, job->interval, CIVIC_CHECK_INTERVAL);
    }

    if (job->shards > CIVIC_CHECK_SHARDS) {
        return civic_check_fail(check,
                    "jobs: \"%s\" has %u shards, expected %d at most",
                    job->name, job->shards, CIVIC_CHECK_SHARDS);
    }

    if (job->deadline > CIVIC_CHECK_DEADLINE) {
        return civic_check_fail(check,
                    "jobs: \"%s\" has a deadline of %u ms, expected %d at "
                    "most", job->name, job->deadline, CIVIC_CHECK_DEADLINE);
    }

    if (!civic_check_has_text(job->en)) {
        return civic_check_fail(check,
                    "jobs: \"%s\" lacks what it does, in en", job->name);
    }

    if (job->outbox != NULL && !civic_check_has_outbox(check, job->outbox)) {
        return civic_check_fail(check,
                    "jobs: \"%s\" empties \"%s\", which is not in outboxes",
                    job->name, job->outbox);
    }

    return 0;
}


static int
civic_check_jobs(civic_check_t *check)
{
    uint32_t              i;
    civic_job_def_t       job;
    const civic_table_t  *table = &check->plugin->jobs;

    if (civic_check_names(check, "jobs", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &job, sizeof(job));

        if (civic_check_job(check, &job) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
civic_check_all(civic_check_t *check)
{
    if (civic_check_plugin(check) != 0) {
        return -1;
    }

    civic_plugin_url_name(check->plugin, check->url_name);

    if (civic_check_options(check) != 0
        || civic_check_problems(check) != 0
        || civic_check_routes(check) != 0
        || civic_check_rules(check) != 0
        || civic_check_names(check, "scripts", &check->plugin->scripts) != 0
        || civic_check_calls(check) != 0
        || civic_check_names(check, "metrics", &check->plugin->metrics) != 0
        || civic_check_names(check, "outboxes", &check->plugin->outboxes) != 0
        || civic_check_jobs(check) != 0)
    {
        return -1;
    }

    return civic_check_purposes(check);
}


int
civic_plugin_check(const civic_plugin_t *plugin, civic_failure_t *failure)
{
    int            rc;
    civic_check_t  check = { .plugin = plugin, .failure = failure };

    check.router = civic_router_create();

    if (check.router == NULL) {
        return civic_check_fail(&check, "no memory");
    }

    rc = civic_check_all(&check);
    civic_router_free(check.router);

    return rc;
}
