/*
 * fake_audit.c - the audit trail: entries are sealed, put into the host's
 * outbox by the plugin's scripts, and opened again for the test.
 */

#include <stdlib.h>

#include "fake_internal.h"
#include "instant.h"

#define FAKE_AUDIT       "civic.audit"
#define FAKE_KEEP_DAYS   183            /* at least: six months */
#define FAKE_COLLECT     256            /* entries in one run */


static civic_purpose_t *
fake_audit_purpose(fake_host_t *h)
{
    return civic_keyring_purpose(h->keyring, "audit");
}


/* ---- preparing an entry ------------------------------------------------ */

static json_t *
fake_audit_json(fake_run_t *run, const civic_audit_entry_t *entry)
{
    json_t  *json;

    json = json_pack("{s:I, s:s, s:s%, s:i, s:s, s:s, s:s%}",
                     "at", (json_int_t) fake_now(run->host),
                     "request_id", run->request_id,
                     "by", civic_text_or_empty(run->principal.pid),
                     run->principal.pid.len,
                     "roles", (int) run->principal.roles,
                     "plugin", run->plugin->plugin->name,
                     "action", entry->action,
                     "subject", civic_text_or_empty(entry->subject),
                     entry->subject.len);

    if (json != NULL && entry->details != NULL) {
        (void) json_object_set(json, "details", entry->details);
    }

    return civic_arena_own_json(run->spare, json);
}


static civic_result_t
fake_audit_seal(fake_run_t *run, const civic_audit_entry_t *entry,
    civic_str_t outbox, civic_str_t *sealed)
{
    char           *text;
    json_t         *json;
    int64_t         len;
    fake_host_t    *h = run->host;
    civic_str_t     plain;
    unsigned char  *out;

    if (entry->action == NULL || strchr(entry->action, '.') == NULL
        || (entry->details != NULL && !json_is_object(entry->details)))
    {
        return fake_misuse(run, "an audit entry needs an action like "
                           "\"plugin.what_was_done\", and an object");
    }

    json = fake_audit_json(run, entry);
    text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text == NULL) {
        return fake_misuse(run, "an audit entry that is no JSON");
    }

    plain = civic_cstr(text);
    out = fake_alloc(&run->base, plain.len + CIVIC_SEAL_OVERHEAD);
    len = civic_purpose_seal(fake_audit_purpose(h), outbox, plain, out);
    free(text);

    if (len < 0) {
        return fake_misuse(run, "an audit entry could not be sealed");
    }

    *sealed = (civic_str_t) { (char *) out, (size_t) len };

    h->prepared = fake_grow(h->prepared, h->nprepared, sizeof(*h->prepared));
    h->prepared[h->nprepared++] = civic_arena_copy(h->texts, *sealed);

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
    *outbox = fake_outbox_key(run->arena, FAKE_AUDIT, near);

    return fake_audit_seal(run, entry, *outbox, sealed);
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
                            : CIVIC_STR("civic:audit"),
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
        && run->wrote && !run->audited)
    {
        fake_misuse(run, "\"%s\" changed something for staff, and the audit "
                    "trail was not told", route->path);
    }
}


/* ---- collecting -------------------------------------------------------- */

static json_t *
fake_audit_open(fake_host_t *h, civic_str_t outbox, civic_str_t sealed)
{
    json_t         *json;
    int64_t         len;
    unsigned char  *plain;

    plain = fake_grow(NULL, sealed.len, 1);
    len = civic_purpose_open(fake_audit_purpose(h), outbox, sealed, plain);
    json = len < 0 ? NULL : json_loadb((char *) plain, (size_t) len, 0, NULL);
    free(plain);

    return json;
}


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

    if (run->job_run == NULL || keep_days < FAKE_KEEP_DAYS) {
        return fake_misuse(run, "civic_audit_collect() is for jobs, and keeps "
                           "at least %d days", FAKE_KEEP_DAYS);
    }

    entries = fake_alloc(r, FAKE_COLLECT * sizeof(*entries));

    rc = fake_outbox_read(run, FAKE_AUDIT, job, entries, FAKE_COLLECT,
                          &count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        fake_audit_keep(run->host, fake_audit_open(run->host,
                                                   entries[i].outbox,
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
                return fake_audit_open(h, civic_cstr(keys->element[i]->str),
                                       sealed);
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
    keys = fake_redis(h, "KEYS civic:outbox:" FAKE_AUDIT ":{*");

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
