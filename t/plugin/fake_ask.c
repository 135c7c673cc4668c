/*
 * fake_ask.c - rules, and calls of other plugins: of those that are loaded, or
 * answered as the test says.
 */

#include <stdlib.h>

#include "fake_internal.h"


static int
fake_rule_declared(fake_plugin_t *p, const char *name)
{
    uint32_t          i;
    civic_rule_def_t  def;

    for (i = 0; i < p->plugin->rules.count; i++) {
        civic_table_get(&p->plugin->rules, i, &def, sizeof(def));

        if (strcmp(def.name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


civic_result_t
fake_rule(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    int               rc;
    json_t           *answer;
    fake_run_t       *run = fake_run(r);
    civic_failure_t   failure;

    *out = NULL;
    in = civic_arena_own_json(run->spare, in);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (!fake_rule_declared(run->plugin, name)) {
        return fake_misuse(run, "rule \"%s\" is not in the table", name);
    }

    run->rule = civic_arena_print(run->spare, "%s.%s",
                                  run->plugin->plugin->name, name);

    rc = civic_rules_call(run->plugin->rules, name, in, &answer, &failure);
    if (rc != 0) {
        return fake_misuse(run, "rule \"%s\" failed: %s", name,
                           failure.text);
    }

    *out = civic_arena_own_json(run->spare, answer);

    return CIVIC_OK;
}


/* Whether it offers a call of that name, without the plugin's. */
static int
fake_offers(fake_plugin_t *p, const char *name, civic_call_def_t *def)
{
    uint32_t  i;

    for (i = 0; i < p->plugin->calls.count; i++) {
        civic_table_get(&p->plugin->calls, i, def, sizeof(*def));

        if (strcmp(def->name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


/* The plugin that offers "<plugin>.<name>", and the call. */
static fake_plugin_t *
fake_offered(fake_host_t *h, const char *name, civic_call_def_t *def)
{
    size_t          i, len;
    fake_plugin_t  *p;

    for (i = 0; i < h->nplugins; i++) {
        p = &h->plugins[i];
        len = strlen(p->plugin->name);

        if (strncmp(name, p->plugin->name, len) == 0 && name[len] == '.'
            && fake_offers(p, name + len + 1, def))
        {
            return p;
        }
    }

    return NULL;
}


/* The newest answer of the test for a call. */
static fake_call_t *
fake_canned(fake_host_t *h, const char *name)
{
    size_t  i;

    for (i = h->ncalls; i > 0; i--) {
        if (strcmp(h->calls[i - 1].name, name) == 0) {
            return &h->calls[i - 1];
        }
    }

    return NULL;
}


static civic_result_t
fake_call_canned(fake_run_t *run, fake_call_t *call, json_t *in,
    json_t **out)
{
    fake_host_t  *h = run->host;

    h->asked = fake_grow(h->asked, h->nasked, sizeof(*h->asked));
    h->asked[h->nasked++] = (fake_call_t) {
        .name = strdup(call->name), .out = json_deep_copy(in)
    };

    *out = call->out;

    return call->result;
}


/* Options, scripts, rules and the rest are the callee's meanwhile. */
static civic_result_t
fake_call_loaded(fake_run_t *run, fake_plugin_t *callee,
    const civic_call_def_t *def, json_t *in, json_t **out)
{
    json_t          *answer = NULL;
    fake_plugin_t   *caller = run->plugin;
    civic_result_t   rc;

    run->plugin = callee;
    rc = def->handler(&run->base, in, &answer);
    run->plugin = caller;

    *out = civic_arena_own_json(run->spare, answer);

    return run->over ? CIVIC_ABORTED : rc;
}


civic_result_t
fake_call(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    fake_run_t        *run = fake_run(r);
    fake_call_t       *canned;
    fake_plugin_t     *p;
    civic_call_def_t   def;

    *out = NULL;
    in = civic_arena_own_json(run->spare, in);

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    p = fake_offered(run->host, name, &def);
    if (p != NULL && p->failed) {
        fake_over(run, "plugin_unavailable");
        return CIVIC_ABORTED;
    }

    if (p != NULL) {
        return fake_call_loaded(run, p, &def, in, out);
    }

    canned = fake_canned(run->host, name);
    if (canned != NULL) {
        return fake_call_canned(run, canned, in, out);
    }

    fake_line(run->host, CIVIC_LOG_INFO, run->plugin->plugin->name,
              "no plugin of nginx.conf offers the call \"%s\"", name);

    return CIVIC_NOT_FOUND;
}


/* ---- calls of every plugin --------------------------------------------- */

static void
fake_call_collect(json_t *out, const char *plugin, civic_result_t rc,
    json_t *answer, civic_result_t *first)
{
    if (rc == CIVIC_OK) {
        (void) json_object_set_new(out, plugin, answer == NULL
                                                ? json_null()
                                                : json_incref(answer));

    } else if (*first == CIVIC_OK) {
        *first = rc;
    }
}


/* Those that the test answers for, after those that are loaded. */
static void
fake_call_all_canned(fake_run_t *run, const char *name, json_t *in,
    json_t *out, civic_result_t *first)
{
    size_t           i, len;
    json_t          *answer;
    civic_str_t      plugin;
    fake_call_t     *call;
    fake_host_t     *h = run->host;
    civic_result_t   rc;

    for (i = 0; i < h->ncalls; i++) {
        call = &h->calls[i];
        len = strcspn(call->name, ".");

        if (call != fake_canned(h, call->name) || call->name[len] != '.'
            || strcmp(call->name + len + 1, name) != 0)
        {
            continue;
        }

        plugin = civic_arena_print(run->spare, "%.*s", (int) len,
                                   call->name);
        rc = fake_call_canned(run, call, in, &answer);
        fake_call_collect(out, plugin.data, rc, answer, first);
    }
}


civic_result_t
fake_call_all(civic_request_t *r, const char *name, json_t *in, json_t **out)
{
    size_t             i;
    json_t            *answer;
    fake_run_t        *run = fake_run(r);
    fake_plugin_t     *p;
    civic_result_t     rc, first = CIVIC_OK;
    civic_call_def_t   def;

    *out = NULL;
    in = civic_arena_own_json(run->spare, in);

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    *out = civic_arena_own_json(run->spare, json_object());

    for (i = 0; i < run->host->nplugins; i++) {
        p = &run->host->plugins[i];

        if (!fake_offers(p, name, &def)) {
            continue;
        }

        answer = NULL;
        rc = p->failed ? CIVIC_NOT_SENT
                       : fake_call_loaded(run, p, &def, in, &answer);
        fake_call_collect(*out, p->plugin->name, rc, answer, &first);
    }

    fake_call_all_canned(run, name, in, *out, &first);

    return first;
}


/* ---- what the test says and reads -------------------------------------- */

void
fake_answer_call(fake_host_t *h, const char *name, civic_result_t result,
    json_t *out)
{
    h->calls = fake_grow(h->calls, h->ncalls, sizeof(*h->calls));
    h->calls[h->ncalls++] = (fake_call_t) {
        .name = strdup(name), .result = result, .out = out
    };
}


json_t *
fake_called(fake_host_t *h, const char *name, size_t n)
{
    size_t  i;

    for (i = 0; i < h->nasked; i++) {
        if (strcmp(h->asked[i].name, name) == 0 && n-- == 0) {
            return h->asked[i].out;
        }
    }

    return NULL;
}


void
fake_ask_forget(fake_host_t *h)
{
    size_t  i;

    for (i = 0; i < h->ncalls; i++) {
        free(h->calls[i].name);
        json_decref(h->calls[i].out);
    }

    for (i = 0; i < h->nasked; i++) {
        free(h->asked[i].name);
        json_decref(h->asked[i].out);
    }

    h->ncalls = 0;
    h->nasked = 0;
}
