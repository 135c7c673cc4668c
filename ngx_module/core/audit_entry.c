/*
 * audit_entry.c - makes and opens entries of the audit trail.
 *
 * Who calls owns what is made.  No thread of its own.
 */

#include <stdlib.h>
#include <sys/random.h>

#include "audit_entry.h"

#define ID_BYTES  16

/* Bound to what is sealed: an entry cannot stand for something else. */
#define CONTEXT   CIVIC_STR("entry")

static const char *const  role_names[] = {
    "anyone", "citizen", "reviewer", "sampler", "laboratory", "door",
    "counter", "office", "administrator"
};

#define ROLES  (sizeof(role_names) / sizeof(role_names[0]))


static json_t *
entry_roles(unsigned roles)
{
    size_t   i;
    json_t  *names = json_array();

    for (i = 0; i < ROLES; i++) {
        if (roles & 1u << i) {
            (void) json_array_append_new(names, json_string(role_names[i]));
        }
    }

    return names;
}


/* A text that is not UTF-8 would make no entry at all: it becomes "?". */
static json_t *
entry_text(civic_str_t text)
{
    json_t  *value;

    value = json_stringn(text.len == 0 ? "" : text.data, text.len);

    return value != NULL ? value : json_string("?");
}


static json_t *
entry_json(const civic_audit_facts_t *facts)
{
    char           id[ID_BYTES * 2];
    json_t        *entry;
    unsigned char  bytes[ID_BYTES];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes)) {
        return NULL;
    }

    entry = json_object();

    (void) json_object_set_new(entry, "id",
                               json_stringn(id, civic_base64url_encode(bytes,
                                                      sizeof(bytes), id)));
    (void) json_object_set_new(entry, "at", json_integer(facts->at));
    (void) json_object_set_new(entry, "request_id",
                               entry_text(facts->request_id));
    (void) json_object_set_new(entry, "actor", entry_text(facts->actor));
    (void) json_object_set_new(entry, "roles", entry_roles(facts->roles));
    (void) json_object_set_new(entry, "plugin", entry_text(facts->plugin));
    (void) json_object_set_new(entry, "route", entry_text(facts->route));
    (void) json_object_set_new(entry, "action", entry_text(facts->action));
    (void) json_object_set_new(entry, "subject", entry_text(facts->subject));

    /* a copy of its own, and not a reference to what others own */
    (void) json_object_set_new(entry, "details",
                               json_is_object(facts->details)
                               ? json_deep_copy(facts->details)
                               : json_object());

    if (json_object_size(entry) != 10) {
        json_decref(entry);
        return NULL;
    }

    return entry;
}


civic_str_t
civic_audit_seal(civic_purpose_t *purpose, const civic_audit_facts_t *facts)
{
    char           *text;
    json_t         *entry;
    size_t          len;
    int64_t         n = -1;
    civic_str_t     sealed = { NULL, 0 };
    unsigned char  *out = NULL;

    entry = entry_json(facts);
    text = entry == NULL ? NULL : json_dumps(entry, JSON_COMPACT);
    json_decref(entry);

    if (text == NULL) {
        return sealed;
    }

    len = strlen(text);

    if (len + CIVIC_SEAL_OVERHEAD <= CIVIC_AUDIT_MAX) {
        out = malloc(len + CIVIC_SEAL_OVERHEAD);
    }

    if (out != NULL) {
        n = civic_purpose_seal(purpose, CONTEXT, (civic_str_t) { text, len },
                               out);
    }

    free(text);

    if (n < 0) {
        free(out);
        return sealed;
    }

    sealed.data = (char *) out;
    sealed.len = (size_t) n;

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
