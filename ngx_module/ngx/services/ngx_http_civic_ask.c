/*
 * ngx_http_civic_ask.c - what a handler asks of others: its rule file, and
 * the calls that other plugins offer.
 *
 * Both run on the caller's fiber.  A rule never suspends, but for a session
 * whose record is still on its way.
 */

#include "ngx_http_civic.h"

#define NGX_HTTP_CIVIC_ABSENT  64       /* names of calls that are told */


civic_result_t
ngx_http_civic_rule(civic_request_t *r, const char *name, json_t *in,
    json_t **out)
{
    int                        rc;
    const char                *known;
    civic_failure_t            failure;
    ngx_http_civic_rules_t    *rules;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    *out = NULL;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        json_decref(in);
        return CIVIC_ABORTED;
    }

    rules = cr->plugin->rules;
    known = rules == NULL ? NULL : ngx_http_civic_rules_name(rules, name);

    if (known == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" asks the rule \"%s\", "
                  "which is not in its tables", cr->plugin->name.data, name);
        json_decref(in);
        return CIVIC_ERROR;
    }

    if (rules->rules == NULL) {
        json_decref(in);
        ngx_http_civic_decide(cr, "plugin_unavailable");
        return CIVIC_ABORTED;
    }

    rc = civic_rules_call(rules->rules, name, in, out, &failure);

    json_decref(in);

    if (rc != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "rule \"%s.%s\" failed: %s",
                  cr->plugin->name.data, name, failure.text);
        return CIVIC_ERROR;
    }

    *out = civic_arena_own_json(cr->arena, *out);

    cr->rule_plugin = cr->plugin;
    cr->rule = known;
    ngx_cpystrn((u_char *) cr->revision,
                (u_char *) civic_rules_revision(rules->rules),
                sizeof(cr->revision));

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* The call of that name, if the plugin offers one. */

static ngx_uint_t
ngx_http_civic_offers(ngx_http_civic_plugin_t *plugin, const char *name,
    civic_call_def_t *def)
{
    ngx_uint_t  i;

    for (i = 0; i < plugin->table->calls.count; i++) {
        civic_table_get(&plugin->table->calls, i, def,
                        sizeof(civic_call_def_t));

        if (ngx_strcmp(def->name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_http_civic_plugin_t *
ngx_http_civic_find_call(const char *name, civic_call_def_t *def)
{
    size_t                     len;
    ngx_uint_t                 i;
    ngx_http_civic_plugin_t  **plugin;

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {
        len = plugin[i]->name.len;

        if (ngx_strncmp(name, plugin[i]->name.data, len) == 0
            && name[len] == '.'
            && ngx_http_civic_offers(plugin[i], name + len + 1, def))
        {
            return plugin[i];
        }
    }

    return NULL;
}


/* On the caller's fiber, as the callee: options, state, scripts and problems
   are the callee's meanwhile. */

static civic_result_t
ngx_http_civic_run_call(ngx_http_civic_request_t *cr,
    ngx_http_civic_plugin_t *callee, const civic_call_def_t *def, json_t *in,
    json_t **out)
{
    const char               *problem;
    civic_result_t            rc;
    ngx_http_civic_plugin_t  *caller;

    problem = ngx_http_civic_switch_refuses(callee, cr->route->table.flags);

    if (problem != NULL) {
        /* what was written before cannot be called undone */
        ngx_http_civic_decide(cr, cr->committed || cr->once_ran
                                  ? "outcome_unknown" : problem);
        return CIVIC_ABORTED;
    }

    caller = cr->plugin;
    cr->plugin = callee;

    rc = def->handler(&cr->public, in, out);

    cr->plugin = caller;
    *out = civic_arena_own_json(cr->arena, *out);

    return rc;
}


/*
 * Nothing is wrong: a plugin may be left out, and whoever asks it knows what
 * to do without.  A wrong name would look the same, so each worker tells a
 * name once.
 */

static void
ngx_http_civic_tell_absent(civic_request_t *r, const char *name)
{
    uint32_t           hash;
    ngx_uint_t         i;
    static uint32_t    told[NGX_HTTP_CIVIC_ABSENT];
    static ngx_uint_t  ntold;

    hash = ngx_crc32_short((u_char *) name, ngx_strlen(name));

    for (i = 0; i < ntold; i++) {
        if (told[i] == hash) {
            return;
        }
    }

    if (ntold == NGX_HTTP_CIVIC_ABSENT) {
        return;
    }

    told[ntold++] = hash;
    civic_log(r, CIVIC_LOG_INFO, "no plugin of nginx.conf offers the call "
              "\"%s\"", name);
}


civic_result_t
ngx_http_civic_call(civic_request_t *r, const char *name, json_t *in,
    json_t **out)
{
    civic_call_def_t           def;
    ngx_http_civic_plugin_t   *callee;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    *out = NULL;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        json_decref(in);
        return CIVIC_ABORTED;
    }

    in = civic_arena_own_json(cr->arena, in);
    callee = ngx_http_civic_find_call(name, &def);

    if (callee == NULL) {
        ngx_http_civic_tell_absent(r, name);
        return CIVIC_NOT_FOUND;
    }

    return ngx_http_civic_run_call(cr, callee, &def, in, out);
}


civic_result_t
ngx_http_civic_call_all(civic_request_t *r, const char *name, json_t *in,
    json_t **out)
{
    json_t                     *answer;
    ngx_uint_t                  i;
    civic_result_t              rc, first = CIVIC_OK;
    civic_call_def_t            def;
    ngx_http_civic_plugin_t   **plugin;
    ngx_http_civic_request_t   *cr = ngx_http_civic_cast(r);

    *out = NULL;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        json_decref(in);
        return CIVIC_ABORTED;
    }

    in = civic_arena_own_json(cr->arena, in);
    *out = civic_arena_own_json(cr->arena, json_object());

    if (*out == NULL) {
        return CIVIC_ERROR;
    }

    plugin = ngx_http_civic_worker.conf->plugins.elts;

    for (i = 0; i < ngx_http_civic_worker.conf->plugins.nelts; i++) {

        if (!ngx_http_civic_offers(plugin[i], name, &def)) {
            continue;
        }

        answer = NULL;

        /* one that is switched off does not end the request: the others are
           asked, and it is asked again later */
        rc = ngx_http_civic_switch_refuses(plugin[i], cr->route->table.flags)
             == NULL
             ? ngx_http_civic_run_call(cr, plugin[i], &def, in, &answer)
             : CIVIC_NOT_SENT;

        if (rc == CIVIC_OK) {
            (void) json_object_set_new(*out, (char *) plugin[i]->name.data,
                                       answer == NULL ? json_null()
                                                      : json_incref(answer));

        } else if (first == CIVIC_OK) {
            first = rc;
        }
    }

    return first;
}
