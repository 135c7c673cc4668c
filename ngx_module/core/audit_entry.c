/*
 * audit_entry.c - makes and opens entries of the audit trail.
 *
 * Who calls owns what is made.  No thread of its own.
 */

#include <stdlib.h>
#include <sys/random.h>

#include "audit_entry.h"
#include "writer.h"

#define ID_BYTES  16
#define USUAL     512                   /* bytes of an entry */

/* Bound to what is sealed: an entry cannot stand for something else. */
#define CONTEXT   CIVIC_STR("entry")

static const char *const  role_names[] = {
    "anyone", "citizen", "reviewer", "sampler", "laboratory", "door",
    "counter", "office", "administrator"
};

#define ROLES  (sizeof(role_names) / sizeof(role_names[0]))


static void
entry_roles(civic_writer_t *w, unsigned roles)
{
    size_t  i;

    civic_writer_array(w, "roles");

    for (i = 0; i < ROLES; i++) {
        if (roles & 1u << i) {
            civic_writer_str(w, NULL, civic_cstr(role_names[i]));
        }
    }

    civic_writer_end(w);
}


/* Written and not built as a tree, which would cost more than all the rest:
   every change of staff's passes here. */
static int
entry_write(civic_writer_t *w, const civic_audit_facts_t *facts)
{
    char           id[ID_BYTES * 2];
    size_t         len;
    unsigned char  bytes[ID_BYTES];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes)) {
        return -1;
    }

    len = civic_base64url_encode(bytes, sizeof(bytes), id);

    civic_writer_object(w, NULL);
    civic_writer_str(w, "id", (civic_str_t) { id, len });
    civic_writer_int(w, "at", facts->at);
    civic_writer_str(w, "request_id", facts->request_id);
    civic_writer_str(w, "actor", facts->actor);
    entry_roles(w, facts->roles);
    civic_writer_str(w, "plugin", facts->plugin);
    civic_writer_str(w, "route", facts->route);
    civic_writer_str(w, "action", facts->action);
    civic_writer_str(w, "subject", facts->subject);

    if (json_is_object(facts->details)) {
        civic_writer_json(w, "details", facts->details);

    } else {
        civic_writer_object(w, "details");
        civic_writer_end(w);
    }

    return civic_writer_finish(w);
}


civic_str_t
civic_audit_seal(civic_arena_t *arena, civic_purpose_t *purpose,
    const civic_audit_facts_t *facts)
{
    int64_t          n;
    civic_str_t      sealed = { NULL, 0 };
    unsigned char   *out;
    civic_writer_t   w;

    civic_writer_init(&w, arena, USUAL);

    if (entry_write(&w, facts) != 0
        || w.len + CIVIC_SEAL_OVERHEAD > CIVIC_AUDIT_MAX)
    {
        return sealed;
    }

    out = civic_arena_alloc(arena, w.len + CIVIC_SEAL_OVERHEAD);

    n = out == NULL ? -1
        : civic_purpose_seal(purpose, CONTEXT,
                             (civic_str_t) { w.data, w.len }, out);

    if (n >= 0) {
        sealed.data = (char *) out;
        sealed.len = (size_t) n;
    }

    return sealed;
}


json_t *
civic_audit_open(civic_purpose_t *purpose, civic_str_t sealed)
{
    json_t         *entry = NULL;
    int64_t         n;
    unsigned char  *plain;

    plain = malloc(sealed.len + 1);
    if (plain == NULL) {
        return NULL;
    }

    n = civic_purpose_open(purpose, CONTEXT, sealed, plain);

    if (n >= 0) {
        entry = json_loadb((char *) plain, (size_t) n,
                           JSON_REJECT_DUPLICATES, NULL);
    }

    free(plain);

    if (entry != NULL && !json_is_object(entry)) {
        json_decref(entry);
        return NULL;
    }

    return entry;
}
