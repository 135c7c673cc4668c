/*
 * audit_verify.c - holds the chains of a folder against the heads that they
 * and others know.
 *
 * Two walks: the first collects what the chains say of each other and of what
 * was removed, the second checks every line and ticks the heads off.  So a
 * folder that is being written to has no head without its line.
 */

#include <stdio.h>
#include <stdlib.h>

#include "audit_segment.h"
#include "audit_walk.h"

typedef struct {
    char      writer[CIVIC_AUDIT_NAME + 1];
    char      folder[CIVIC_AUDIT_NAME + 1];
    char      mac[CIVIC_AUDIT_MAC + 1];
    uint64_t  seq;
    unsigned  segment;
    int       here;                     /* of this folder */
} known_head_t;

typedef struct {
    char      writer[CIVIC_AUDIT_NAME + 1];
    char      mac[CIVIC_AUDIT_MAC + 1];
    unsigned  last;
} removal_t;

typedef struct {
    char      writer[CIVIC_AUDIT_NAME + 1];
    char      folder[CIVIC_AUDIT_NAME + 1];
    char      mac[CIVIC_AUDIT_MAC + 1];         /* before its oldest */
    unsigned  oldest;
    uint64_t  first_seq;
    uint64_t  last_seq;
} chain_seen_t;

/* Something that grows. */
typedef struct {
    void    *items;
    size_t   count;
    size_t   room;
} pile_t;

typedef struct {
    const civic_audit_visitor_t  *visitor;
    civic_audit_totals_t         *totals;
    pile_t                        heads;        /* known_head_t, sorted */
    pile_t                        removals;     /* removal_t */
    pile_t                        chains;       /* chain_seen_t */
    int                           second;       /* the second walk */
    int                           no_memory;
} verify_t;


/* ---- piles ------------------------------------------------------------- */

/* A zeroed item at its end; NULL without memory. */
static void *
pile_add(verify_t *verify, pile_t *pile, size_t size)
{
    void   *more;
    size_t  room = pile->room == 0 ? 64 : pile->room * 2;

    if (pile->count == pile->room) {
        more = realloc(pile->items, room * size);

        if (more == NULL) {
            verify->no_memory = 1;
            return NULL;
        }

        pile->items = more;
        pile->room = room;
    }

    more = (char *) pile->items + pile->count++ * size;

    return memset(more, 0, size);
}


static chain_seen_t *
chain_of(verify_t *verify, const char *writer)
{
    size_t         i;
    chain_seen_t  *chains = verify->chains.items;

    for (i = verify->chains.count; i-- > 0; ) {
        if (strcmp(chains[i].writer, writer) == 0) {
            return &chains[i];
        }
    }

    return NULL;
}


static int
by_writer_and_seq(const void *left, const void *right)
{
    int                  rc;
    const known_head_t  *one = left, *two = right;

    rc = strcmp(one->writer, two->writer);

    return rc != 0 ? rc : (one->seq > two->seq) - (one->seq < two->seq);
}


/* ---- what is collected ------------------------------------------------- */

static void
add_head(verify_t *verify, const civic_audit_head_t *head, int here)
{
    known_head_t  *known;

    known = pile_add(verify, &verify->heads, sizeof(known_head_t));

    if (known != NULL) {
        memcpy(known->writer, head->writer, sizeof(known->writer));
        memcpy(known->folder, head->folder, sizeof(known->folder));
        memcpy(known->mac, head->mac, sizeof(known->mac));
        known->seq = head->seq;
        known->segment = head->segment;
        known->here = here;
    }
}


static void
add_removal(verify_t *verify, const char *writer, const json_t *json)
{
    removal_t   *removal;
    const char  *mac = json_string_value(json_object_get(json, "mac"));

    if (mac == NULL || strlen(mac) != CIVIC_AUDIT_MAC) {
        return;
    }

    removal = pile_add(verify, &verify->removals, sizeof(removal_t));

    if (removal != NULL) {
        memcpy(removal->writer, writer, sizeof(removal->writer));
        memcpy(removal->mac, mac, sizeof(removal->mac));
        removal->last = (unsigned) json_integer_value(json_object_get(json,
                                                                  "last"));
    }
}


static void
collect_line(verify_t *verify, const char *writer,
    const civic_audit_line_t *parts)
{
    int                  is_head;
    json_t              *json;
    civic_audit_head_t   head;

    is_head = civic_str_eq(parts->kind, CIVIC_STR(CIVIC_AUDIT_HEAD));

    if (!is_head
        && !civic_str_eq(parts->kind, CIVIC_STR(CIVIC_AUDIT_REMOVED)))
    {
        return;
    }

    json = civic_audit_payload_json(parts->payload);

    if (json == NULL) {
        return;
    }

    if (!is_head) {
        add_removal(verify, writer, json);

    } else if (civic_audit_head_parse(json, &head) == 0) {
        add_head(verify, &head, 0);
    }

    json_decref(json);
}


/* ---- the walks --------------------------------------------------------- */

static void
see_first(void *data, const civic_audit_first_t *first, int is_oldest)
{
    verify_t      *verify = data;
    chain_seen_t  *seen;

    if (verify->second) {
        verify->totals->segments++;
        return;
    }

    if (!is_oldest) {
        return;
    }

    seen = pile_add(verify, &verify->chains, sizeof(chain_seen_t));

    if (seen != NULL) {
        memcpy(seen->writer, first->writer, sizeof(seen->writer));
        memcpy(seen->folder, first->folder, sizeof(seen->folder));
        memcpy(seen->mac, first->mac, sizeof(seen->mac));
        seen->oldest = first->number;
    }
}


static void
tell(verify_t *verify, civic_audit_finding_t what, const char *file,
    unsigned line, const char *detail)
{
    if (verify->visitor->finding != NULL) {
        verify->visitor->finding(verify->visitor->data, what, file, line,
                                 detail);
    }
}


/* Ticks off the heads that say where this line stands. */
static void
tick_off(verify_t *verify, const char *writer,
    const civic_audit_record_t *record)
{
    size_t         low = 0, high = verify->heads.count, middle;
    int            bad = 0;
    known_head_t   wanted, *heads = verify->heads.items;

    memcpy(wanted.writer, writer, CIVIC_AUDIT_NAME + 1);
    wanted.seq = record->parts.seq;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (by_writer_and_seq(&heads[middle], &wanted) < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    for ( /* void */ ; low < verify->heads.count
                       && by_writer_and_seq(&heads[low], &wanted) == 0; low++)
    {
        bad |= memcmp(heads[low].mac, record->parts.mac.data,
                      CIVIC_AUDIT_MAC) != 0;
    }

    if (bad) {
        tell(verify, CIVIC_AUDIT_BAD_HEAD, record->file, record->line, "");
    }
}


static void
see_line(void *data, const char *writer, const civic_audit_record_t *record)
{
    verify_t      *verify = data;
    chain_seen_t  *seen;

    if (!verify->second) {
        /* its first line is damaged, and the rest is there */
        if (chain_of(verify, writer) == NULL) {
            seen = pile_add(verify, &verify->chains, sizeof(chain_seen_t));

            if (seen != NULL) {
                memcpy(seen->writer, writer, sizeof(seen->writer));
                seen->oldest = 1;
            }
        }

        collect_line(verify, writer, &record->parts);
        return;
    }

    verify->totals->lines++;
    verify->totals->entries += civic_str_eq(record->parts.kind,
                                            CIVIC_STR(CIVIC_AUDIT_ENTRY));

    seen = chain_of(verify, writer);

    if (seen != NULL) {
        if (seen->first_seq == 0) {
            seen->first_seq = record->parts.seq;
        }

        if (record->parts.seq > seen->last_seq) {
            seen->last_seq = record->parts.seq;
        }
    }

    tick_off(verify, writer, record);
}


/* ---- what follows from them -------------------------------------------- */

static void
check_beginnings(verify_t *verify)
{
    char           file[CIVIC_AUDIT_NAME + 1 + CIVIC_AUDIT_FILE];
    char           name[CIVIC_AUDIT_FILE];
    size_t         i, k;
    removal_t     *removals = verify->removals.items;
    chain_seen_t  *chains = verify->chains.items;

    for (i = 0; i < verify->chains.count; i++) {
        for (k = 0; k < verify->removals.count; k++) {
            if (strcmp(removals[k].writer, chains[i].writer) == 0
                && removals[k].last + 1 == chains[i].oldest
                && strcmp(removals[k].mac, chains[i].mac) == 0)
            {
                break;
            }
        }

        if (chains[i].oldest == 1 || k < verify->removals.count) {
            continue;
        }

        civic_audit_file_name(chains[i].oldest, name);
        (void) snprintf(file, sizeof(file), "%s/%s", chains[i].writer, name);
        tell(verify, CIVIC_AUDIT_NO_BEGINNING, file, 0, "");
    }
}


/* Which heads are of this folder: by its name, which stands in each segment,
   or by its place. */
static void
place_heads(verify_t *verify)
{
    size_t         i, k;
    known_head_t  *heads = verify->heads.items;
    chain_seen_t  *chains = verify->chains.items;

    for (i = 0; i < verify->heads.count; i++) {
        for (k = 0; k < verify->chains.count && !heads[i].here; k++) {
            heads[i].here = strcmp(heads[i].folder, chains[k].folder) == 0;
        }
    }

    if (verify->heads.count != 0) {
        qsort(heads, verify->heads.count, sizeof(known_head_t),
              by_writer_and_seq);
    }
}


/* The furthest head of a writer, which is the last in the order. */
static void
check_furthest(verify_t *verify, const known_head_t *head)
{
    char           file[CIVIC_AUDIT_NAME + 1 + CIVIC_AUDIT_FILE];
    char           name[CIVIC_AUDIT_FILE], detail[64];
    chain_seen_t  *seen = chain_of(verify, head->writer);

    if (seen == NULL || seen->last_seq == 0) {
        tell(verify, CIVIC_AUDIT_NO_WRITER, head->writer, 0, "");
        return;
    }

    if (head->seq <= seen->last_seq) {
        return;
    }

    civic_audit_file_name(head->segment, name);
    (void) snprintf(file, sizeof(file), "%s/%s", head->writer, name);
    (void) snprintf(detail, sizeof(detail), "%llu, and not %llu",
                    (unsigned long long) seen->last_seq,
                    (unsigned long long) head->seq);
    tell(verify, CIVIC_AUDIT_NO_TAIL, file, 0, detail);
}


static void
check_heads(verify_t *verify)
{
    size_t         i;
    known_head_t  *heads = verify->heads.items;

    for (i = 0; i < verify->heads.count; i++) {
        verify->totals->heads += heads[i].here != 0;

        if (i + 1 < verify->heads.count
            && strcmp(heads[i].writer, heads[i + 1].writer) == 0)
        {
            heads[i + 1].here |= heads[i].here;
            continue;
        }

        if (heads[i].here) {
            check_furthest(verify, &heads[i]);

        } else {
            verify->totals->elsewhere++;
        }
    }
}


static int
verify_folder(verify_t *verify, const char *path,
    const civic_purpose_t *chain, civic_failure_t *failure)
{
    civic_audit_visitor_t  nobody = { NULL, NULL, NULL };
    civic_audit_watcher_t  watcher = { see_first, see_line, verify };

    if (civic_audit_walk_watched(path, NULL, &nobody, &watcher, failure)
        != 0)
    {
        return -1;
    }

    verify->totals->writers = (unsigned) verify->chains.count;
    place_heads(verify);
    verify->second = 1;

    if (civic_audit_walk_watched(path, chain, verify->visitor, &watcher,
                                 failure)
        != 0)
    {
        return -1;
    }

    if (verify->no_memory) {
        (void) snprintf(failure->text, sizeof(failure->text), "no memory");
        return -1;
    }

    check_beginnings(verify);
    check_heads(verify);

    return 0;
}


int
civic_audit_verify(const char *path, const char *place,
    const civic_purpose_t *chain, const civic_audit_head_t *heads,
    size_t count, const civic_audit_visitor_t *visitor,
    civic_audit_totals_t *totals, civic_failure_t *failure)
{
    int       rc;
    size_t    i;
    verify_t  verify;

    memset(&verify, 0, sizeof(verify));
    memset(totals, 0, sizeof(*totals));
    verify.visitor = visitor;
    verify.totals = totals;

    for (i = 0; i < count; i++) {
        add_head(&verify, &heads[i],
                 place[0] != '\0' && strcmp(heads[i].place, place) == 0);
    }

    rc = verify_folder(&verify, path, chain, failure);

    free(verify.heads.items);
    free(verify.removals.items);
    free(verify.chains.items);

    return rc;
}
