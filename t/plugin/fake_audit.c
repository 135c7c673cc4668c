/*
 * fake_audit.c - the audit trail: entries are sealed, put into the host's
 * outbox by the plugin's scripts, and opened again for the test.
 */

#include <stdlib.h>

#include "audit_entry.h"
#include "fake_internal.h"

#define FAKE_COLLECT    256             /* entries in one run */


static civic_purpose_t *
fake_audit_purpose(fake_host_t *h)
{
    return civic_keyring_purpose(h->keyring, CIVIC_AUDIT_PURPOSE);
}


/* ---- preparing an entry ------------------------------------------------ */

/* A job is somebody, too; a route without a session is anyone's. */
static void
fake_audit_actor(fake_run_t *run, civic_audit_facts_t *facts)
{
    if (run->principal.pid.len > 0) {
        facts->actor = run->principal.pid;
        facts->roles = run->principal.roles;

    } else if (run->job_run != NULL) {
        facts->actor = civic_arena_print(run->spare, "job:%s",
                                         run->route->route.path);

    } else {
        facts->actor = CIVIC_STR("anyone");
    }
}


/* "PUT /staff/password"; of a job "staff.tidy". */
static civic_str_t
fake_audit_route(fake_run_t *run)
{
    static const char *const  methods[] = {
        "", "GET", "POST", "PUT", "PATCH", "DELETE"
    };

    if (run->job_run != NULL) {
        return civic_cstr(run->route->route.path);
    }

    return civic_arena_print(run->spare, "%s /%s%s", methods[run->method],
                             run->route->plugin->url,
                             run->route->route.path);
}


/* What the plugin tells, and by which rule it was decided. */
static json_t *
fake_audit_details(fake_run_t *run, const civic_audit_entry_t *entry)
{
    json_t  *details;

    if (!entry->with_rule || run->rule.len == 0) {
        return entry->details;
    }

    details = json_pack("{s:s%, s:s}", "rule", run->rule.data, run->rule.len,
                        "revision",
                        civic_rules_revision(run->plugin->rules));

    if (entry->details != NULL) {
        json_object_update(details, entry->details);
    }

    return civic_arena_own_json(run->spare, details);
}


static civic_result_t
fake_audit_seal(fake_run_t *run, const civic_audit_entry_t *entry,
    civic_str_t *sealed)
{
    fake_host_t          *h = run->host;
    civic_audit_facts_t   facts;

    if (entry->action == NULL || strchr(entry->action, '.') == NULL
        || (entry->details != NULL && !json_is_object(entry->details)))
    {
        return fake_misuse(run, "an audit entry needs an action like "
                           "\"plugin.what_was_done\", and an object");
    }

    memset(&facts, 0, sizeof(facts));
    fake_audit_actor(run, &facts);

    facts.at = fake_now(h);
    facts.request_id = civic_cstr(run->request_id);
    facts.plugin = civic_cstr(run->plugin->plugin->name);
    facts.route = fake_audit_route(run);
    facts.action = civic_cstr(entry->action);
    facts.subject = entry->subject;
    facts.details = fake_audit_details(run, entry);

    *sealed = civic_audit_seal(h->texts, fake_audit_purpose(h), &facts);

    if (sealed->data == NULL) {
        return fake_misuse(run, "no audit entry can be made for \"%s\"",
                           entry->action);
    }

    h->prepared = fake_grow(h->prepared, h->nprepared, sizeof(*h->prepared));
    h->prepared[h->nprepared++] = *sealed;

    return CIVIC_OK;
}


civic_result_t
fake_audit_prepare(civic_request_t *r, const civic_audit_entry_t *entry,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    fake_run_t  *run = fake_run(r);

    *outbox = CIVIC_STR("");
    *sealed = CIVIC_STR("");

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    run->audited = 1;
    *outbox = fake_outbox_key(run->arena, CIVIC_AUDIT_OUTBOX, near);

    return fake_audit_seal(run, entry, sealed);
}


civic_result_t
fake_audit_note(civic_request_t *r, const civic_audit_entry_t *entry)
{
    fake_run_t           *run = fake_run(r);
    civic_str_t           outbox, sealed;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = fake_audit_prepare(r, entry,
                            run->principal.pid.len > 0
                            ? fake_person_key(r, run->principal.pid, "audit")
                            : CIVIC_STR(CIVIC_AUDIT_NEAR),
                            &outbox, &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = fake_write(run, "XADD",
                    CIVIC_ARGV(CIVIC_STR("XADD"), outbox, CIVIC_STR("*"),
                               CIVIC_STR("entry"), sealed), &value);

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}


void
fake_audit_check(fake_run_t *run)
{
    civic_route_t  *route = &run->route->route;

    if ((route->roles & CIVIC_STAFF) && (route->flags & CIVIC_CHANGES)
        && (run->principal.roles & CIVIC_STAFF)
        && run->status >= 200 && run->status < 300
        && run->scripted && !run->audited)
    {
        fake_misuse(run, "\"%s\" changed something without an entry in the "
                    "audit trail", route->path);
    }
}


/* ---- collecting -------------------------------------------------------- */

static void
fake_audit_keep(fake_host_t *h, json_t *entry)
{
    h->collected = fake_grow(h->collected, h->ncollected,
                             sizeof(*h->collected));
    h->collected[h->ncollected++] = entry;
}


civic_result_t
fake_audit_collect(civic_request_t *r, const civic_job_t *job,
    unsigned keep_days, unsigned *moved)
{
    size_t                 i, count;
    fake_run_t            *run = fake_run(r);
    civic_result_t         rc;
    civic_outbox_entry_t  *entries;

    *moved = 0;

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->job_run == NULL || keep_days < CIVIC_AUDIT_DAYS_MIN) {
        return fake_misuse(run, "civic_audit_collect() is for jobs, and keeps "
                           "at least %d days", CIVIC_AUDIT_DAYS_MIN);
    }

    entries = fake_alloc(r, FAKE_COLLECT * sizeof(*entries));

    rc = fake_outbox_read(run, CIVIC_AUDIT_OUTBOX, job, entries, FAKE_COLLECT,
                          &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        fake_audit_keep(run->host,
                        civic_audit_open(fake_audit_purpose(run->host),
                                         entries[i].value));
    }

    rc = fake_outbox_done(r, entries, count);
    *moved = rc == CIVIC_OK ? (unsigned) count : 0;

    return rc;
}


/* ---- what the test reads ----------------------------------------------- */

/* The prepared entry, if a script has put it into a stream: opened. */
static json_t *
fake_audit_find(fake_host_t *h, const redisReply *keys, civic_str_t sealed)
{
    size_t             i, k;
    civic_str_t        value;
    const redisReply  *range, *fields;

    for (i = 0; i < keys->elements; i++) {
        range = fake_redis(h, "XRANGE %s - +", keys->element[i]->str);

        for (k = 0; k < range->elements; k++) {
            fields = range->element[k]->element[1];
            value = (civic_str_t) { fields->element[1]->str,
                                    fields->element[1]->len };

            if (civic_str_eq(value, sealed)) {
                return civic_audit_open(fake_audit_purpose(h), sealed);
            }
        }
    }

    return NULL;
}


json_t *
fake_audit(fake_host_t *h, size_t n)
{
    size_t             i;
    json_t            *entry;
    const redisReply  *keys;

    if (n < h->ncollected) {
        return h->collected[n];
    }

    n -= h->ncollected;
    keys = fake_redis(h, "KEYS civic:outbox:" CIVIC_AUDIT_OUTBOX ":{*");

    for (i = 0; i < h->nprepared; i++) {
        entry = fake_audit_find(h, keys, h->prepared[i]);

        if (entry == NULL) {
            continue;
        }

        if (n-- == 0) {
            h->opened = fake_grow(h->opened, h->nopened, sizeof(*h->opened));
            h->opened[h->nopened++] = entry;
            return entry;
        }

        json_decref(entry);
    }

    return NULL;
}


const char *
fake_audit_action(fake_host_t *h, size_t n)
{
    const char  *action;

    action = json_string_value(json_object_get(fake_audit(h, n), "action"));

    return action != NULL ? action : "";
}


void
fake_audit_forget(fake_host_t *h)
{
    size_t  i;

    for (i = 0; i < h->ncollected; i++) {
        json_decref(h->collected[i]);
    }

    for (i = 0; i < h->nopened; i++) {
        json_decref(h->opened[i]);
    }

    h->ncollected = 0;
    h->nopened = 0;
    h->nprepared = 0;
}
