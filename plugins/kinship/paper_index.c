/*
 * paper_index.c - the index of revoked codes on paper, which the signed list
 * is made of.
 *
 * A revoked code goes through an outbox into the index, in the slot of the
 * index; a walk makes it anew of the persons' records.  The same walk takes
 * away rows of codes that are over, another one sheets.
 */

#include "paper.h"
#include "persons_walk.h"
#include "revocations.h"
#include "values.h"

#define SECOND  1000
#define CURSOR  "civic:{kinship}:reindex:%u"
#define SHEETS  "civic:{kinship}:sheets:%u"
#define TAKE    64                      /* entries of the outbox at once */
#define KEEP    86400                   /* s: rows of codes that are over */


/* ---- the index ---------------------------------------------------------- */

/* A member of the index, of a cti; empty: that is none. */
static civic_str_t
member_of(civic_request_t *r, civic_str_t cti, int64_t expires)
{
    unsigned char  id[CIVIC_CWT_ID], entry[CIVIC_REVOKED];

    if (shared_unhex(cti, id, CIVIC_CWT_ID) != 0 || expires <= 0) {
        return CIVIC_STR("");
    }

    civic_revoked_entry(id, entry);

    return civic_print(r, "%s %lld", shared_hex(r, entry, CIVIC_REVOKED).data,
                       (long long) (expires / SECOND));
}


static civic_result_t
put_members(civic_request_t *r, const civic_str_t *members, size_t count)
{
    civic_str_t           keys[2] = { KINSHIP_INDEX, KINSHIP_LIST };
    const civic_value_t  *value;

    return count == 0 ? CIVIC_OK
           : civic_script(r, &(civic_script_t) {
                                 .name = "kinship_revoked", .keys = keys,
                                 .nkeys = 2, .args = members,
                                 .nargs = count,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
}


civic_result_t
kinship_revoked_step(civic_request_t *r, shared_entry_t *entry)
{
    civic_str_t  cti, expires, member;

    cti = shared_copy(r, shared_word(entry->value, 0));
    expires = shared_word(entry->value, 1);
    member = member_of(r, cti, shared_number(expires, 0));

    return member.len > 0 ? put_members(r, &member, 1) : CIVIC_INVALID;
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


/* A verifier's clock may be behind ours: what is over stays as long. */
static civic_result_t
reindex(civic_request_t *r, civic_str_t pid, void *data)
{
    int                   over = 0;
    int64_t              *leeway = data;
    size_t                i, count = 0;
    civic_str_t           key, members[TAKE];
    civic_msec_t          now = civic_business_now(r);
    civic_result_t        rc;
    kinship_paper_row_t   row;
    const civic_value_t  *value;

    key = civic_person_key(r, pid, KINSHIP_FAMILY_CODES);
    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGETALL"), key), &value);

    for (i = 0; rc == CIVIC_OK && i + 1 < value->count; i += 2) {
        if (!shared_is_hex_id(shared_item(value, i))
            || kinship_paper_row(r, shared_item(value, i + 1), &row) != 0)
        {
            continue;
        }

        over |= row.expires_at + (int64_t) KEEP * SECOND <= now;

        if (row.valid || row.expires_at + *leeway * SECOND <= now) {
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
    civic_result_t          rc;
    kinship_paper_terms_t   terms;

    rc = kinship_paper_terms(r, &terms);

    return rc != CIVIC_OK ? rc
           : shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                        .family = KINSHIP_FAMILY_CODES,
                                        .cursor = civic_print(r, CURSOR,
                                                              job->shard),
                                        .data = &terms.leeway,
                                        .step = reindex });
}


/* ---- sheets that are over ----------------------------------------------- */

static civic_result_t
drop_sheets(civic_request_t *r, civic_str_t pid, void *data)
{
    int64_t  gone = 0;

    (void) data;

    return kinship_sheets_over(r, pid, 0, &gone);
}


civic_result_t
kinship_sheets_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                   .family = KINSHIP_FAMILY_SHEETS,
                                   .cursor = civic_print(r, SHEETS,
                                                         job->shard),
                                   .step = drop_sheets });
}
