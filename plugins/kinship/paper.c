/*
 * paper.c - codes on paper: the keys, the rule's bounds, what a scanned one
 * is, and revoking them.
 *
 * A token says whose it is to nobody: it has a random id, which leads to a
 * person's record here.  That record alone says whether it counts.
 */

#include <stdlib.h>

#include "paper.h"
#include "paper_code.h"
#include "paper_labels.h"
#include "values.h"

#define SECOND  1000
#define HOUR    3600
#define DAY     86400
#define WHERE   (90 * DAY)              /* s: only for housekeeping */


/* ---- the worker --------------------------------------------------------- */

civic_result_t
kinship_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    kinship_worker_t  *worker = calloc(1, sizeof(kinship_worker_t));

    if (worker == NULL) {
        return CIVIC_ERROR;
    }

    worker->paper = shared_paper_keys_read(w, failure);

    if (worker->paper == NULL) {
        free(worker);
        return CIVIC_ERROR;
    }

    *state = worker;

    return CIVIC_OK;
}


void
kinship_exit_worker(void *state)
{
    kinship_worker_t  *worker = state;

    if (worker != NULL) {
        shared_paper_keys_free(worker->paper);
        kinship_list_release(worker->list);
        free(worker);
    }
}


const shared_paper_keys_t *
kinship_paper_keys(civic_request_t *r)
{
    const kinship_worker_t  *worker = civic_state(r);

    return worker->paper;
}


/* ---- the rule ----------------------------------------------------------- */

civic_result_t
kinship_paper_terms(civic_request_t *r, kinship_paper_terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "paper", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    terms->valid = shared_rule_number(answer, "valid", 168 * HOUR, HOUR,
                                      30 * DAY);
    terms->window = shared_rule_number(answer, "window", DAY, 60, 30 * DAY);
    terms->most = shared_rule_number(answer, "most", 5, 1, 1000);
    terms->leeway = shared_rule_number(answer, "leeway", 300, 0, DAY);
    terms->link = shared_rule_number(answer, "link", 300, 10, HOUR);
    terms->draws = shared_rule_number(answer, "draws", 4, 1, 64);
    terms->line = shared_rule_number(answer, "line", 64, 0, 1000);
    terms->timeout = shared_rule_number(answer, "timeout", 10000, 1000,
                                        20000);
    terms->retry = shared_rule_number(answer, "retry", 10, 1, 600);
    terms->dpi = shared_rule_number(answer, "dpi", 200, 72, 300);
    terms->list_every = shared_rule_number(answer, "list_every", 600, 30,
                                           DAY);
    terms->list_life = shared_rule_number(answer, "list_life", 7 * DAY, HOUR,
                                          30 * DAY);
    terms->list_warn = shared_rule_number(answer, "list_warn", DAY, 60,
                                          30 * DAY);
    terms->list_most = shared_rule_number(answer, "list_most", 3 * DAY, 60,
                                          30 * DAY);
    terms->answer = answer;

    return CIVIC_OK;
}


/* ---- records ------------------------------------------------------------ */

civic_str_t
kinship_paper_where(civic_request_t *r, civic_str_t cti)
{
    return civic_print(r, "civic:{kincode:%.*s}:where", (int) cti.len,
                       cti.data);
}


civic_str_t
kinship_paper_context(civic_request_t *r, civic_str_t pid, civic_str_t cti)
{
    return shared_record_context(r, pid, civic_print(r, "paper:%.*s",
                                                     (int) cti.len,
                                                     cti.data));
}


int
kinship_paper_row(civic_request_t *r, civic_str_t text,
    kinship_paper_row_t *row)
{
    civic_str_t  words[4];

    if (shared_words(r, text, words, 4) != 0) {
        return -1;
    }

    row->valid = civic_str_eq(words[0], CIVIC_STR("valid"));
    row->holder = words[1];
    row->issued_at = shared_number(words[2], -1);
    row->expires_at = shared_number(words[3], -1);

    return row->issued_at < 0 || row->expires_at < 0 ? -1 : 0;
}


_Static_assert(sizeof(KINSHIP_PAPER) == sizeof(CIVIC_CWT_PREFIX),
               "both are the same prefix");


int
kinship_paper_is_ours(const civic_cwt_t *token)
{
    const civic_cwt_text_t  *kind = civic_cwt_find(token, CIVIC_PAPER_KIND);

    return kind != NULL && token->ntexts == 2
           && civic_cwt_find(token, CIVIC_PAPER_NAME) != NULL
           && kind->len == sizeof(CIVIC_PAPER_OWN) - 1
           && (memcmp(kind->data, CIVIC_PAPER_OWN, kind->len) == 0
               || memcmp(kind->data, CIVIC_PAPER_KIN, kind->len) == 0);
}


/* ---- scanned ------------------------------------------------------------ */

static const char *
verdict_of(civic_cwt_status_t status)
{
    switch (status) {

    case CIVIC_CWT_OK:
        return "genuine";

    case CIVIC_CWT_OTHER:
    case CIVIC_CWT_MALFORMED:
        return "other";

    case CIVIC_CWT_EXPIRED:
        return "expired";

    case CIVIC_CWT_EARLY:
        return "early";

    default:
        return "forged";
    }
}


/* What stands in it; *status is that of the token.  A signature takes 0.1 ms
   to verify: not worth a thread. */
static civic_result_t
read_token(civic_request_t *r, civic_str_t text, kinship_paper_t *paper,
    civic_cwt_status_t *status)
{
    civic_cwt_t                *token = civic_alloc(r, sizeof(civic_cwt_t));
    civic_result_t              rc;
    kinship_paper_terms_t       terms;
    const shared_paper_keys_t  *keys = kinship_paper_keys(r);

    rc = kinship_paper_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *status = civic_cwt_verify_text(shared_paper_keys_all(keys), keys->nkeys,
                                    text.data, text.len,
                                    civic_business_now(r) / SECOND,
                                    terms.leeway, token);

    if (*status != CIVIC_CWT_OK && *status != CIVIC_CWT_EXPIRED
        && *status != CIVIC_CWT_EARLY)
    {
        return *status == CIVIC_CWT_NO_MEMORY ? CIVIC_ERROR : CIVIC_OK;
    }

    if (!kinship_paper_is_ours(token)) {
        *status = CIVIC_CWT_OTHER;
        return CIVIC_OK;
    }

    paper->kin = civic_str_eq(shared_paper_text(r, token, CIVIC_PAPER_KIND),
                              CIVIC_STR(CIVIC_PAPER_KIN));
    paper->name = shared_paper_text(r, token, CIVIC_PAPER_NAME);
    paper->cti = shared_hex(r, token->id, CIVIC_CWT_ID);
    paper->issuer = shared_copy(r, (civic_str_t) { token->issuer,
                                                   token->issuer_len });
    paper->issued = token->issued_at * SECOND;
    paper->expires = token->expires_at * SECOND;

    return CIVIC_OK;
}


/* Whose it is.  CIVIC_NOT_FOUND: nobody's any more. */
static civic_result_t
read_where(civic_request_t *r, civic_str_t cti, civic_str_t *pid)
{
    civic_str_t           plain;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("GET"),
                                   kinship_paper_where(r, cti)), &value);

    if (rc == CIVIC_OK && value->type != CIVIC_VALUE_STRING) {
        rc = CIVIC_NOT_FOUND;
    }

    if (rc == CIVIC_OK) {
        rc = civic_open(r, KINSHIP_SEALED, cti, value->str, &plain);
    }

    if (rc == CIVIC_OK) {
        *pid = shared_copy(r, plain);
    }

    return rc;
}


static civic_result_t
read_state(civic_request_t *r, kinship_paper_t *paper)
{
    civic_str_t           pid;
    civic_result_t        rc;
    kinship_paper_row_t   row;
    const civic_value_t  *value;

    rc = read_where(r, paper->cti, &pid);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        /* signed by us, and forgotten: erased */
        paper->verdict = "revoked";
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                             civic_person_key(r, pid, KINSHIP_FAMILY_CODES),
                             paper->cti), &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    paper->pid = pid;

    if (value->type != CIVIC_VALUE_STRING
        || kinship_paper_row(r, value->str, &row) != 0 || !row.valid)
    {
        paper->verdict = "revoked";
    }

    return CIVIC_OK;
}


civic_result_t
kinship_paper_read(civic_request_t *r, civic_str_t text,
    kinship_paper_t *paper)
{
    civic_result_t      rc;
    civic_cwt_status_t  status;

    memset(paper, 0, sizeof(kinship_paper_t));
    paper->verdict = "forged";

    rc = read_token(r, text, paper, &status);
    if (rc != CIVIC_OK) {
        return rc;
    }

    paper->verdict = verdict_of(status);

    return status == CIVIC_CWT_OK ? read_state(r, paper) : CIVIC_OK;
}


/* ---- revoked ------------------------------------------------------------ */

static civic_result_t
revoke(civic_request_t *r, civic_str_t pid, civic_str_t holder,
    const char *why, const char *reason, int forget, int64_t *revoked)
{
    json_t               *details;
    civic_str_t           keys[3], args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    *revoked = 0;
    keys[0] = civic_person_key(r, pid, KINSHIP_FAMILY_CODES);
    keys[1] = civic_outbox(r, KINSHIP_REVOKED, keys[0]);
    args[0] = holder.len == 0 ? CIVIC_STR("") : holder;
    args[1] = shared_decimal(r, civic_business_now(r));
    args[3] = forget ? CIVIC_STR("forget") : CIVIC_STR("");

    details = json_pack("{s:s, s:s?}", "why", why, "reason", reason);
    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.paper_revoked",
                            .subject = pid, .details = details },
                     keys[0], &keys[2], &args[2]);
    json_decref(details);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "kinship_paper_revoke",
                                 .keys = keys, .nkeys = 3,
                                 .args = args, .nargs = 4,
                                 .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        *revoked = value->integer;
        civic_count(r, KINSHIP_PAPER_REVOKED, (uint64_t) *revoked);
    }

    return rc;
}


civic_result_t
kinship_paper_revoke(civic_request_t *r, civic_str_t pid, civic_str_t holder,
    const char *why, const char *reason, int64_t *revoked)
{
    return revoke(r, pid, holder, why, reason, 0, revoked);
}


static civic_result_t
forget_where(civic_request_t *r, civic_str_t cti)
{
    civic_str_t           key = kinship_paper_where(r, cti), args[2];
    const civic_value_t  *value;

    args[0] = CIVIC_STR("");
    args[1] = shared_decimal(r, WHERE);

    return civic_script(r, &(civic_script_t) {
                            .name = "kinship_paper_where", .keys = &key,
                            .nkeys = 1, .args = args, .nargs = 2 }, &value);
}


/* A child that grew up: the code stands under the other consent.  Damaged
   facts are no reason to keep what is printed. */
static civic_result_t
stands_under(civic_request_t *r, civic_str_t pid, civic_str_t purpose,
    int *stands)
{
    civic_str_t        under;
    civic_result_t     rc;
    kinship_health_t   health;

    rc = kinship_health_read(r, pid, &health);
    under = rc == CIVIC_OK ? shared_word(health.consent, 0) : CIVIC_STR("");
    *stands = under.len == 0 || civic_str_eq(under, purpose);

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


civic_result_t
kinship_sheets_over(civic_request_t *r, civic_str_t pid, int forget,
    int64_t *gone)
{
    civic_str_t             key, args[4];
    civic_result_t          rc;
    const civic_value_t    *value;
    kinship_paper_terms_t   terms;

    rc = kinship_paper_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    key = civic_person_key(r, pid, KINSHIP_FAMILY_SHEETS);
    args[0] = shared_decimal(r, civic_now(r));
    args[1] = shared_decimal(r, civic_business_now(r));
    args[2] = shared_decimal(r, terms.window * SECOND);
    args[3] = forget ? CIVIC_STR("forget") : CIVIC_STR("");
    rc = civic_script(r, &(civic_script_t) {
                             .name = "kinship_sheets_over", .keys = &key,
                             .nkeys = 1, .args = args, .nargs = 4,
                             .flags = forget ? CIVIC_SCRIPT_DURABLE
                                             : CIVIC_SCRIPT_BULK }, &value);

    *gone += rc == CIVIC_OK ? value->integer : 0;

    return rc;
}


/* What is printed of a person, and what led to it. */
static civic_result_t
erase_codes(civic_request_t *r, civic_str_t pid, int64_t *erased)
{
    size_t                i;
    int64_t               revoked = 0;
    civic_str_t           cti;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = revoke(r, pid, CIVIC_STR(""), "erased", NULL, 1, &revoked);
    *erased += revoked;

    if (rc == CIVIC_OK) {
        rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HKEYS"),
                             civic_person_key(r, pid, KINSHIP_FAMILY_CODES)),
                         &value);
    }

    for (i = 0; rc == CIVIC_OK && i < value->count; i++) {
        cti = shared_item(value, i);

        if (shared_is_hex_id(cti)) {
            rc = forget_where(r, cti);
        }
    }

    return rc;
}


/* A guardian's sheets say who the relatives are: they go with either consent,
   the agreement of guardians and the own code's. */
civic_result_t
kinship_paper_erase(civic_request_t *r, civic_str_t pid, civic_str_t purpose,
    int64_t *erased)
{
    int             stands;
    civic_result_t  rc;

    if (civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_BIND))) {
        return kinship_sheets_over(r, pid, 1, erased);
    }

    rc = stands_under(r, pid, purpose, &stands);
    if (rc != CIVIC_OK || !stands) {
        return rc;
    }

    rc = erase_codes(r, pid, erased);

    return rc != CIVIC_OK ? rc : kinship_sheets_over(r, pid, 1, erased);
}
