/*
 * ngx_http_civic_audit.c - who changed what: entries for the audit trail.
 *
 * An entry is made here and sealed; the script that makes the change puts it
 * into the outbox near its keys.  What becomes of it stands in
 * ngx_http_civic_audit_collect.c.
 */

#include "ngx_http_civic_audit.h"


char *
ngx_http_civic_audit_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    cmcf->audit_purpose = civic_keyring_purpose(cmcf->keyring,
                                                CIVIC_AUDIT_PURPOSE);
    cmcf->audit_note = ngx_http_civic_load_script(cf, cmcf, "audit_note");
    cmcf->audit_head = ngx_http_civic_load_script(cf, cmcf, "audit_head");

    if (cmcf->audit_purpose == NULL || cmcf->audit_note == NULL
        || cmcf->audit_head == NULL)
    {
        return NGX_CONF_ERROR;
    }

    if (cmcf->audit != NULL) {
        cmcf->audit->chain = civic_keyring_purpose(cmcf->keyring,
                                                   CIVIC_AUDIT_CHAIN);
        if (cmcf->audit->chain == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_civic_outbox_init(cf, cmcf);
}


/* A job is somebody, too; a route without a session is anyone's. */

static void
ngx_http_civic_audit_actor(ngx_http_civic_request_t *cr,
    civic_audit_facts_t *facts)
{
    if (cr->session == NGX_HTTP_CIVIC_SESSION_VALID) {
        facts->actor = cr->principal.pid;
        facts->roles = cr->principal.roles;

    } else if (cr->log != NULL) {
        facts->actor = civic_print(&cr->public, "job:%.*s",
                                   (int) cr->route->pattern.len,
                                   (char *) cr->route->pattern.data);

    } else {
        facts->actor = CIVIC_STR("anyone");
    }
}


/* What the plugin tells, and by which rule it was decided. */

static json_t *
ngx_http_civic_audit_details(ngx_http_civic_request_t *cr,
    const civic_audit_entry_t *entry)
{
    json_t       *details;
    civic_str_t   rule;

    if (!entry->with_rule || cr->rule == NULL) {
        return entry->details;
    }

    rule = civic_print(&cr->public, "%s.%s", cr->rule_plugin->name.data,
                       cr->rule);
    details = json_pack("{s:s%, s:s}", "rule", rule.data, rule.len,
                        "revision", cr->revision);

    if (entry->details != NULL) {
        (void) json_object_update(details, entry->details);
    }

    return civic_arena_own_json(cr->arena, details);
}


/* The sealed entry; .len == 0: it cannot be made, logged. */

static civic_str_t
ngx_http_civic_audit_make(ngx_http_civic_request_t *cr,
    const civic_audit_entry_t *entry)
{
    civic_str_t          sealed;
    civic_audit_facts_t  facts;

    ngx_memzero(&facts, sizeof(civic_audit_facts_t));

    ngx_http_civic_audit_actor(cr, &facts);

    facts.at = ngx_http_civic_now();
    facts.request_id = ngx_http_civic_service_request_id(&cr->public);
    facts.plugin = ngx_http_civic_str(&cr->plugin->name);
    facts.route = ngx_http_civic_str(&cr->route->pattern);
    facts.action = civic_cstr(entry->action);
    facts.subject = entry->subject;
    facts.details = ngx_http_civic_audit_details(cr, entry);

    sealed = civic_audit_seal(cr->arena,
                              ngx_http_civic_worker.conf->audit_purpose,
                              &facts);

    if (sealed.data == NULL) {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "no entry of the audit trail "
                  "can be made for \"%s\": it has over %d bytes, or there is "
                  "no memory", entry->action == NULL ? "" : entry->action,
                  CIVIC_AUDIT_MAX);
        return CIVIC_STR("");
    }

    return sealed;
}


civic_result_t
ngx_http_civic_audit(civic_request_t *r, const civic_audit_entry_t *entry,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    *sealed = ngx_http_civic_audit_make(cr, entry);

    if (sealed->len == 0) {
        return CIVIC_ERROR;
    }

    *outbox = ngx_http_civic_outbox_near(cr, CIVIC_AUDIT_OUTBOX, near);
    cr->audited = 1;

    return CIVIC_OK;
}


/* Near the actor, else near whom it is about: so that notes spread. */

static civic_str_t
ngx_http_civic_audit_near(ngx_http_civic_request_t *cr,
    const civic_audit_entry_t *entry)
{
    if (cr->session == NGX_HTTP_CIVIC_SESSION_VALID) {
        return ngx_http_civic_person_key(&cr->public, cr->principal.pid,
                                         "audit");
    }

    if (entry->subject.len != 0) {
        return ngx_http_civic_person_key(&cr->public, entry->subject,
                                         "audit");
    }

    return CIVIC_STR(CIVIC_AUDIT_NEAR);
}


civic_result_t
ngx_http_civic_audit_note(civic_request_t *r,
    const civic_audit_entry_t *entry)
{
    civic_str_t                outbox, sealed;
    civic_script_t             call;
    civic_result_t             rc;
    const civic_value_t       *value;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    rc = ngx_http_civic_audit(r, entry, ngx_http_civic_audit_near(cr, entry),
                              &outbox, &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ngx_memzero(&call, sizeof(civic_script_t));

    call.keys = &outbox;
    call.nkeys = 1;
    call.args = &sealed;
    call.nargs = 1;
    call.flags = CIVIC_SCRIPT_DURABLE;

    return ngx_http_civic_run_script(cr,
                                     ngx_http_civic_worker.conf->audit_note,
                                     &call, &value);
}


void
ngx_http_civic_audit_check(ngx_http_civic_request_t *cr)
{
    const civic_route_t  *route = &cr->route->table;

    if (!cr->scripted || cr->audited || cr->status >= 300
        || !(route->flags & CIVIC_CHANGES) || !(route->roles & CIVIC_STAFF)
        || !(cr->principal.roles & CIVIC_STAFF))
    {
        return;
    }

    civic_log(&cr->public, CIVIC_LOG_ERROR,
              "\"%s\" changed something without an entry in the audit trail",
              (char *) cr->route->pattern.data);
}
