/*
 * paper_list.c - what whoever verifies without a network takes along: the
 * public keys, and the signed list of what was revoked, which
 * paper_list_make.c makes.
 *
 * A hundred thousand entries are a megabyte.  So the list stands in Redis in
 * pieces, each of which a worker fetches in a turn of the event loop of its
 * own; and who is answered is sent the bytes that the worker keeps.
 */

#include <stdlib.h>

#include "etag.h"
#include "paper.h"
#include "record.h"
#include "values.h"
#include "words.h"

#define RETRY   30                      /* s, while there is no list yet */
#define TURN    "list"                  /* civic_turn(): it is fetched */
#define LINE    1000                    /* of those who wait for it */
#define MOST    (4 * 1024 * 1024)       /* bytes: more than any list has */


struct kinship_list_s {
    unsigned  holders;                  /* the worker, and who is answered */
    char      id[KINSHIP_CTI + 1];
    size_t    len;
    char      bytes[];
};


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


/* ---- the list ----------------------------------------------------------- */

void
kinship_list_release(void *data)
{
    kinship_list_t  *list = data;

    if (list != NULL && --list->holders == 0) {
        free(list);
    }
}


static int
keeps(const kinship_worker_t *worker, civic_str_t id)
{
    return worker->list != NULL
           && civic_str_eq(civic_cstr(worker->list->id), id);
}


/* Which list stands in Redis.  CIVIC_NOT_FOUND: none does. */
static civic_result_t
standing(civic_request_t *r, civic_str_t *id, size_t *len)
{
    int64_t               bytes;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HMGET"), KINSHIP_LIST,
                                   CIVIC_STR("id"), CIVIC_STR("bytes")),
                     &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    bytes = shared_number(shared_item(value, 1), 0);
    *id = shared_copy(r, shared_item(value, 0));
    *len = (size_t) bytes;

    return shared_is_hex_id(*id) && bytes > 0 && bytes <= MOST
           ? CIVIC_OK : CIVIC_NOT_FOUND;
}


/* CIVIC_NOT_FOUND: newer ones have taken its place meanwhile. */
static civic_result_t
read_pieces(civic_request_t *r, kinship_list_t *list)
{
    size_t                at = 0;
    unsigned              number;
    civic_result_t        rc = CIVIC_OK;
    const civic_value_t  *value;

    for (number = 0; rc == CIVIC_OK && at < list->len; number++) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), KINSHIP_LIST,
                                       civic_print(r, "piece:%s:%u", list->id,
                                                   number)), &value);

        if (rc == CIVIC_OK && (value->type != CIVIC_VALUE_STRING
                               || value->str.len == 0
                               || value->str.len > list->len - at))
        {
            rc = CIVIC_NOT_FOUND;
        }

        if (rc == CIVIC_OK) {
            memcpy(list->bytes + at, value->str.data, value->str.len);
            at += value->str.len;
        }
    }

    return rc;
}


static civic_result_t
fetch(civic_request_t *r, kinship_worker_t *worker, civic_str_t id,
    size_t len)
{
    civic_result_t   rc;
    kinship_list_t  *list = malloc(sizeof(kinship_list_t) + len);

    if (list == NULL) {
        return CIVIC_ERROR;
    }

    list->holders = 1;
    list->len = len;
    memcpy(list->id, id.data, id.len);
    list->id[id.len] = '\0';

    rc = read_pieces(r, list);

    if (rc != CIVIC_OK) {
        free(list);
        return rc;
    }

    kinship_list_release(worker->list);
    worker->list = list;

    return CIVIC_OK;
}


/* One fetches, the others wait until it is there. */
static civic_result_t
fetch_once(civic_request_t *r, kinship_worker_t *worker, civic_str_t id,
    size_t len)
{
    civic_result_t  rc = civic_turn(r, TURN, 1, LINE);

    if (rc == CIVIC_OK) {
        rc = keeps(worker, id) ? CIVIC_OK : fetch(r, worker, id, len);
        civic_turn_end(r, TURN);
    }

    return rc;
}


static civic_result_t
send(civic_request_t *r, kinship_list_t *list)
{
    civic_result_t  rc = civic_defer(r, kinship_list_release, list);

    if (rc != CIVIC_OK) {
        return rc;
    }

    list->holders++;

    return civic_reply_bytes(r, 200, "application/json",
                             (civic_str_t) { list->bytes, list->len });
}


/* Its id is also the tag: nobody is sent a megabyte twice, and none has to be
   hashed. */
civic_result_t
kinship_revocations_get(civic_request_t *r)
{
    size_t             len;
    civic_str_t        id;
    civic_result_t     rc;
    kinship_worker_t  *worker = civic_state(r);

    rc = standing(r, &id, &len);

    if (rc == CIVIC_OK && !keeps(worker, id)) {
        rc = fetch_once(r, worker, id, len);
    }

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem_with(r, &(civic_problem_t) {
                                         .code = "kinship_list_missing",
                                         .retry_after = RETRY });
    }

    if (rc != CIVIC_OK || shared_unchanged(r, civic_cstr(worker->list->id))) {
        return rc;
    }

    return send(r, worker->list);
}
