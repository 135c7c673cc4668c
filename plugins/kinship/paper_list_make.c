/*
 * paper_list_make.c - the signed list of what was revoked, made
 * (kit/cwt/revocations.h says which bytes are signed).
 *
 * A job makes it of the index (paper_index.c).  That is read in pages of one
 * text each, the list is sorted and signed on a thread, and stored in pieces:
 * however many entries there are, the event loop moves a few at a time.
 */

#include <stdio.h>
#include <stdlib.h>

#include "paper.h"
#include "record.h"
#include "revocations.h"
#include "values.h"
#include "words.h"

#define SECOND   1000
#define PAGE     2000                   /* members of the index */
#define PIECE    32768                  /* bytes of a list: see
                                           kinship_list_piece.lua */

/* Of the index in memory: more than a list has, so that it is seldom cut. */
#define ROOM     (2 * CIVIC_REVOKED_MOST)

/* A list so full is told of in the log. */
#define FULL     (CIVIC_REVOKED_MOST / 10 * 7)


/* A member of the index, as a page has it, one behind the other. */
typedef struct {
    unsigned char  entry[CIVIC_REVOKED];
    unsigned char  ends[4];             /* s since 1970, big endian */
} member_t;

_Static_assert(sizeof(member_t) == CIVIC_REVOKED + 4, "as in a page");

/* Work for a thread. */
typedef struct {
    const civic_cwt_key_t  *key;
    civic_revocations_t     list;
    member_t               *members;    /* malloc's, of ROOM and a page */
    size_t                  count;
    size_t                  left_out;
    char                   *document;   /* malloc's */
    size_t                  len;
} making_t;


static int
by_end(const void *left, const void *right)
{
    const member_t  *one = left, *other = right;

    return memcmp(other->ends, one->ends, sizeof(one->ends));
}


/* What ends soonest is left out: it would be refused the soonest without any
   list. */
static void
cut(void *data)
{
    making_t  *making = data;

    if (making->count > CIVIC_REVOKED_MOST) {
        qsort(making->members, making->count, sizeof(member_t), by_end);
        making->left_out += making->count - CIVIC_REVOKED_MOST;
        making->count = CIVIC_REVOKED_MOST;
    }
}


static void
make(void *data)
{
    size_t     i;
    making_t  *making = data;

    cut(making);
    making->list.count = making->count;
    making->list.entries = malloc(making->count * CIVIC_REVOKED + 1);

    if (making->list.entries == NULL) {
        return;
    }

    for (i = 0; i < making->count; i++) {
        memcpy(making->list.entries + i * CIVIC_REVOKED,
               making->members[i].entry, CIVIC_REVOKED);
    }

    free(making->members);
    making->members = NULL;
    civic_revocations_sort(&making->list);
    making->document = civic_revocations_write(making->key, &making->list,
                                               &making->len);
}


/* A page's members behind those that are there. */
static civic_result_t
add_page(civic_request_t *r, making_t *making, civic_str_t page)
{
    size_t  count = page.len / sizeof(member_t);

    if (count > PAGE || page.len % sizeof(member_t) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "a page of the index of revoked codes "
                  "is damaged");
        return CIVIC_ERROR;
    }

    memcpy(making->members + making->count, page.data, page.len);
    making->count += count;

    return making->count < ROOM ? CIVIC_OK
           : civic_offload(r, CIVIC_THREADS_WORK, cut, making);
}


static civic_result_t
read_index(civic_request_t *r, int64_t leeway, making_t *making)
{
    civic_str_t           key = KINSHIP_INDEX, after = CIVIC_STR(""), args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    do {
        args[0] = after;
        /* a verifier's clock may be behind */
        args[1] = shared_decimal(r, making->list.made_at - leeway);
        args[2] = shared_decimal(r, PAGE);

        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_revoked_page",
                                 .keys = &key, .nkeys = 1, .args = args,
                                 .nargs = 3, .flags = CIVIC_SCRIPT_BULK },
                          &value);

        if (rc == CIVIC_OK) {
            after = shared_copy(r, shared_item(value, 0));
            rc = add_page(r, making, shared_item(value, 1));
        }
    } while (rc == CIVIC_OK && after.len > 0);

    return rc;
}


static void
tell_full(civic_request_t *r, const making_t *making)
{
    if (making->left_out > 0) {
        civic_count(r, KINSHIP_LISTS_CUT, 1);
        civic_log(r, CIVIC_LOG_ERROR, "more codes are revoked than a list may "
                  "have: %zu that end soonest are left out",
                  making->left_out);

    } else if (making->list.count >= FULL) {
        civic_log(r, CIVIC_LOG_WARN, "the list of revoked codes is nearly "
                  "full: %zu of %d", making->list.count, CIVIC_REVOKED_MOST);
    }
}


static civic_result_t
store_piece(civic_request_t *r, const making_t *making, civic_str_t id,
    size_t number)
{
    size_t                from = number * PIECE;
    civic_str_t           key = KINSHIP_LIST, args[3];
    const civic_value_t  *value;

    args[0] = id;
    args[1] = shared_decimal(r, (int64_t) number);
    args[2].data = making->document + from;
    args[2].len = making->len - from < PIECE ? making->len - from : PIECE;

    return civic_script(r, &(civic_script_t) {
                               .name = "kinship_list_piece", .keys = &key,
                               .nkeys = 1, .args = args, .nargs = 3,
                               .flags = CIVIC_SCRIPT_BULK }, &value);
}


/* From here on it is the list that stands. */
static civic_result_t
store_done(civic_request_t *r, const making_t *making, civic_str_t id,
    civic_str_t changes)
{
    civic_str_t           key = KINSHIP_LIST, args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    args[0] = shared_decimal(r, making->list.made_at);
    args[1] = changes;
    args[2] = id;
    args[3] = shared_decimal(r, (int64_t) making->len);

    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_list", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 4,
                             .flags = CIVIC_SCRIPT_DURABLE
                                      | CIVIC_SCRIPT_BULK }, &value);

    if (rc == CIVIC_OK && value->integer == 1) {
        civic_count(r, KINSHIP_LISTS, 1);
    }

    return rc;
}


static civic_result_t
store_list(civic_request_t *r, const making_t *making, civic_str_t changes)
{
    size_t          number;
    civic_str_t     id;
    civic_result_t  rc = shared_hex_id_new(r, &id);

    for (number = 0; rc == CIVIC_OK && number * PIECE < making->len;
         number++)
    {
        rc = store_piece(r, making, id, number);
    }

    return rc != CIVIC_OK ? rc : store_done(r, making, id, changes);
}


/* Sorted, signed, and kept in Redis. */
static civic_result_t
finish_list(civic_request_t *r, making_t *making, civic_str_t changes)
{
    civic_result_t  rc = civic_offload(r, CIVIC_THREADS_WORK, make, making);

    if (rc == CIVIC_OK && making->document == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "the list of revoked codes cannot be "
                  "made");
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        tell_full(r, making);
        rc = store_list(r, making, changes);
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
    making.members = malloc((ROOM + PAGE) * sizeof(member_t));

    rc = making.members == NULL ? CIVIC_ERROR
                                : read_index(r, terms->leeway, &making);

    if (rc == CIVIC_OK) {
        rc = finish_list(r, &making, changes);
    }

    free(making.members);
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
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), KINSHIP_LIST,
                             CIVIC_STR("changes"), CIVIC_STR("of"),
                             CIVIC_STR("made_at"), CIVIC_STR("id")), &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    changes = shared_item(value, 0).len == 0
              ? CIVIC_STR("0") : shared_copy(r, shared_item(value, 0));
    age = civic_business_now(r) / SECOND
          - shared_number(shared_item(value, 2), 0);

    /* one of an older version has no id */
    return civic_str_eq(changes, shared_item(value, 1)) && age >= 0
           && age < terms.list_every && shared_item(value, 3).len > 0
           ? CIVIC_OK : make_list(r, &terms, changes);
}
