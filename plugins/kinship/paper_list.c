/*
 * paper_list.c - what whoever verifies without a network takes along: the
 * public keys, and the signed list of what was revoked (kit/cwt/revocations.h
 * says which bytes are signed).
 *
 * A revoked code goes through an outbox into an index, in the slot of the
 * index.  A job makes the list of the index, another the index of the persons'
 * records.  The index is read in pages of one text each, the list is sorted
 * and signed on a thread and kept by each worker: a hundred thousand entries
 * are a megabyte, and no loop waits for it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "etag.h"
#include "paper.h"
#include "persons_walk.h"
#include "revocations.h"
#include "values.h"

#define SECOND   1000
#define INDEX    CIVIC_STR("civic:{kinship}:revoked")
#define LIST     CIVIC_STR("civic:{kinship}:list")
#define CURSOR   "civic:{kinship}:reindex:%u"
#define PAGE     2000                   /* members of the index */
#define TAKE     64                     /* entries of the outbox at once */
#define KEEP     86400                  /* s: rows of codes that are over */
#define RETRY    30                     /* s, while there is no list yet */

#define DIGITS   (2 * CIVIC_REVOKED)


/* ---- the keys ----------------------------------------------------------- */

civic_result_t
kinship_paper_keys_get(civic_request_t *r)
{
    civic_result_t          rc;
    civic_writer_t         *w;
    kinship_paper_terms_t   terms;

    rc = kinship_paper_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    rc = shared_paper_keys_write(r, w, kinship_paper_keys(r));
    civic_write_object(r, w, "limits");
    civic_write_int(r, w, "leeway", terms.leeway);
    civic_write_int(r, w, "list_warn", terms.list_warn);
    civic_write_int(r, w, "list_most", terms.list_most);
    civic_write_end(r, w);

    return rc;
}


/* ---- the list, told ----------------------------------------------------- */

static civic_result_t
keep_list(civic_request_t *r, kinship_worker_t *worker, civic_str_t version)
{
    char                 *copy;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), LIST,
                                   CIVIC_STR("document")), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING) {
        return rc;
    }

    copy = malloc(value->str.len);
    if (copy == NULL || version.len >= sizeof(worker->list_of)) {
        free(copy);
        return CIVIC_ERROR;
    }

    memcpy(copy, value->str.data, value->str.len);
    free(worker->list);
    worker->list = copy;
    worker->list_len = value->str.len;
    memcpy(worker->list_of, version.data, version.len);
    worker->list_of[version.len] = '\0';

    return CIVIC_OK;
}


/* The version is also the tag: nobody is sent a megabyte twice, and none has
   to be hashed. */
civic_result_t
kinship_revocations_get(civic_request_t *r)
{
    civic_str_t           version;
    civic_result_t        rc;
    kinship_worker_t     *worker = civic_state(r);
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), LIST,
                                   CIVIC_STR("made_at"), CIVIC_STR("of")),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (shared_item(value, 0).len == 0) {
        return civic_problem_with(r, &(civic_problem_t) {
                                         .code = "kinship_list_missing",
                                         .retry_after = RETRY });
    }

    version = civic_print(r, "%s-%s", shared_item(value, 0).data,
                          shared_item(value, 1).data);

    if (worker->list == NULL
        || !civic_str_eq(civic_cstr(worker->list_of), version))
    {
        rc = keep_list(r, worker, version);
    }

    if (rc != CIVIC_OK || worker->list == NULL
        || shared_unchanged(r, civic_print(r, "%s", worker->list_of)))
    {
        return rc;
    }

    return civic_reply_bytes(r, 200, "application/json",
                             shared_copy(r, (civic_str_t) {
                                             worker->list,
                                             worker->list_len }));
}


/* ---- the index ---------------------------------------------------------- */

/* A member of the index, of a cti; empty: that is none. */
static civic_str_t
member_of(civic_request_t *r, civic_str_t cti, int64_t expires)
{
    unsigned        i, byte;
    unsigned char   id[CIVIC_CWT_ID], entry[CIVIC_REVOKED];

    if (!shared_is_hex_id(cti) || expires <= 0) {
        return CIVIC_STR("");
    }

    for (i = 0; i < CIVIC_CWT_ID; i++) {
        if (sscanf(cti.data + 2 * i, "%2x", &byte) != 1) {
            return CIVIC_STR("");
        }

        id[i] = (unsigned char) byte;
    }

    civic_revoked_entry(id, entry);

    return civic_print(r, "%s %lld", shared_hex(r, entry, CIVIC_REVOKED).data,
                       (long long) (expires / SECOND));
}


static civic_result_t
put_members(civic_request_t *r, const civic_str_t *members, size_t count)
{
    civic_str_t           keys[2] = { INDEX, LIST };
    const civic_value_t  *value;

    return count == 0 ? CIVIC_OK
           : civic_script(r, &(civic_script_t) {
                                 .name = "kinship_revoked", .keys = keys,
                                 .nkeys = 2, .args = members,
                                 .nargs = count,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


civic_result_t
kinship_revoked_run(civic_request_t *r, const civic_job_t *job)
{
    size_t                 i, taken = 0, count = 0;
    civic_str_t            cti, members[TAKE];
    civic_result_t         rc;
    civic_outbox_entry_t   entries[TAKE];

    rc = civic_outbox_take(r, KINSHIP_REVOKED, job, entries, TAKE,
                           &taken);

    for (i = 0; rc == CIVIC_OK && i < taken; i++) {
        cti = shared_copy(r, shared_word(entries[i].value, 0));
        members[count] = member_of(r, cti, shared_number(
                                       shared_word(entries[i].value, 1), 0));

        if (members[count].len == 0) {
            civic_log(r, CIVIC_LOG_ERROR, "an entry of the outbox of revoked "
                      "codes is damaged");
            continue;
        }

        count++;
    }

    if (rc == CIVIC_OK) {
        rc = put_members(r, members, count);
    }

    return rc != CIVIC_OK || taken == 0 ? rc
           : civic_outbox_done(r, entries, taken);
}


/* ---- the index, made anew ----------------------------------------------- */

static civic_result_t
drop_over(civic_request_t *r, civic_str_t key, civic_msec_t now)
{
    civic_str_t           args[2];
    const civic_value_t  *value;

    args[0] = shared_decimal(r, now);
    args[1] = shared_decimal(r, (int64_t) KEEP * SECOND);

    return civic_script(r, &(civic_script_t) {
                            .name = "kinship_paper_over", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


static civic_result_t
reindex(civic_request_t *r, civic_str_t pid, void *data)
{
    int                   over = 0;
    size_t                i, count = 0;
    civic_str_t           key, members[TAKE];
    civic_msec_t          now = civic_business_now(r);
    civic_result_t        rc;
    kinship_paper_row_t   row;
    const civic_value_t  *value;

    (void) data;
    key = civic_person_key(r, pid, KINSHIP_FAMILY_CODES);
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), key), &value);

    for (i = 0; rc == CIVIC_OK && i + 1 < value->count; i += 2) {
        if (!shared_is_hex_id(shared_item(value, i))
            || kinship_paper_row(r, shared_item(value, i + 1), &row) != 0)
        {
            continue;
        }

        over |= row.expires_at + (int64_t) KEEP * SECOND <= now;

        if (row.valid || row.expires_at <= now) {
            continue;
        }

        members[count++] = member_of(r, shared_item(value, i),
                                     row.expires_at);

        if (count == TAKE) {
            rc = put_members(r, members, count);
            count = 0;
        }
    }

    if (rc == CIVIC_OK) {
        rc = put_members(r, members, count);
    }

    return rc != CIVIC_OK || !over ? rc : drop_over(r, key, now);
}


civic_result_t
kinship_reindex_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                   .family = KINSHIP_FAMILY_CODES,
                                   .cursor = civic_print(r, CURSOR,
                                                         job->shard),
                                   .step = reindex });
}


/* ---- the list, made ----------------------------------------------------- */

/* Work for a thread. */
typedef struct {
    const civic_cwt_key_t  *key;
    civic_revocations_t     list;
    size_t                  room;       /* entries */
    char                   *document;   /* malloc's */
    size_t                  len;
} making_t;


static void
make(void *data)
{
    making_t  *making = data;

    civic_revocations_sort(&making->list);
    making->document = civic_revocations_write(making->key, &making->list,
                                               &making->len);
}


/* The digits of a page, as entries behind those that are there. */
static int
add_page(making_t *making, civic_str_t digits)
{
    size_t          i, count = digits.len / DIGITS, room;
    unsigned        byte;
    unsigned char  *more, *at;

    if (making->list.count + count > making->room) {
        room = 2 * making->room + PAGE;
        more = realloc(making->list.entries, room * CIVIC_REVOKED);

        if (more == NULL) {
            return -1;
        }

        making->list.entries = more;
        making->room = room;
    }

    at = making->list.entries + making->list.count * CIVIC_REVOKED;

    for (i = 0; i < count * CIVIC_REVOKED; i++) {
        byte = (unsigned) ((digits.data[2 * i] & 15)
                           + (digits.data[2 * i] > '9' ? 9 : 0));
        at[i] = (unsigned char) (byte << 4
                                 | ((unsigned) ((digits.data[2 * i + 1] & 15)
                                    + (digits.data[2 * i + 1] > '9' ? 9 : 0))));
    }

    making->list.count += count;

    return 0;
}


static civic_result_t
read_index(civic_request_t *r, making_t *making)
{
    civic_str_t           key = INDEX, after = CIVIC_STR(""), args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    do {
        args[0] = after;
        args[1] = shared_decimal(r, making->list.made_at);
        args[2] = shared_decimal(r, PAGE);

        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_revoked_page",
                                 .keys = &key, .nkeys = 1, .args = args,
                                 .nargs = 3, .flags = CIVIC_SCRIPT_BULK },
                          &value);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (add_page(making, shared_item(value, 1)) != 0) {
            return CIVIC_ERROR;
        }

        if (making->list.count > CIVIC_REVOKED_MOST) {
            civic_log(r, CIVIC_LOG_ERROR, "more codes are revoked than a "
                      "list may have: verifiers keep an old one");
            return CIVIC_ERROR;
        }

        after = shared_copy(r, shared_item(value, 0));
    } while (after.len > 0);

    return CIVIC_OK;
}


static civic_result_t
store_list(civic_request_t *r, const making_t *making, civic_str_t changes)
{
    civic_str_t           key = LIST, args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = shared_decimal(r, making->list.made_at);
    args[1] = changes;
    args[2] = (civic_str_t) { making->document, making->len };

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_list", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 3,
                             .flags = CIVIC_SCRIPT_DURABLE
                                      | CIVIC_SCRIPT_BULK }, &value);

    if (rc == CIVIC_OK) {
        civic_count(r, KINSHIP_LISTS, 1);
    }

    return rc;
}


static civic_result_t
make_list(civic_request_t *r, const kinship_paper_terms_t *terms,
    civic_str_t changes)
{
    making_t                    making;
    civic_result_t              rc;
    const shared_paper_keys_t  *keys = kinship_paper_keys(r);

    memset(&making, 0, sizeof(making));
    making.key = keys->keys[0];
    (void) snprintf(making.list.issuer, sizeof(making.list.issuer), "%s",
                    keys->issuer);
    making.list.made_at = civic_business_now(r) / SECOND;
    making.list.expires_at = making.list.made_at + terms->list_life;

    rc = read_index(r, &making);

    if (rc == CIVIC_OK) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, make, &making);
    }

    if (rc == CIVIC_OK && making.document == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "the list of revoked codes cannot be "
                  "made");
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        rc = store_list(r, &making, changes);
    }

    free(making.document);
    civic_revocations_free(&making.list);

    return rc;
}


/* When something was revoked since, or the last one is old: how young a list
   is tells those who verify that nobody keeps a newer one from them. */
civic_result_t
kinship_list_run(civic_request_t *r, const civic_job_t *job)
{
    int64_t                 age;
    civic_str_t             changes;
    civic_result_t          rc;
    const civic_value_t    *value;
    kinship_paper_terms_t   terms;

    (void) job;

    if (kinship_paper_keys(r)->nkeys == 0) {
        return CIVIC_OK;
    }

    rc = kinship_paper_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), LIST,
                             CIVIC_STR("changes"), CIVIC_STR("of"),
                             CIVIC_STR("made_at")), &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    changes = shared_item(value, 0).len == 0
              ? CIVIC_STR("0") : shared_copy(r, shared_item(value, 0));
    age = civic_business_now(r) / SECOND
          - shared_number(shared_item(value, 2), 0);

    return civic_str_eq(changes, shared_item(value, 1)) && age >= 0
           && age < terms.list_every
           ? CIVIC_OK : make_list(r, &terms, changes);
}
