/*
 * forget.c - what is kept of somebody's health ends: with the consent, or with
 * its time, by the rules "retention" and "look".
 */

#include "kinship.h"
#include "persons_walk.h"
#include "values.h"

#define TRIES   8
#define DAY     86400000
#define FACTS   "civic:{kinship:kept:%u}"
#define LOOKS   "civic:{kinship:looks:%u}"


/* ---- the consent ended ------------------------------------------------- */

/* Those of a list that the rule names, by their places from 1 on. */
static void
keep_named(json_t *kept, json_t *facts, json_t *answer, const char *name)
{
    size_t   i;
    json_t  *place, *one, *list = kinship_facts_list(facts, name);

    json_array_foreach(json_object_get(answer, name), i, place) {
        one = json_array_get(list, (size_t) json_integer_value(place) - 1);

        if (one != NULL) {
            json_array_append(kinship_facts_list(kept, name), one);
        }
    }
}


/* What the law orders stays whether somebody consents or not: all that makes
   a colour yet, by the rule "withdrawn". */
static civic_result_t
pick_kept(civic_request_t *r, const kinship_health_t *health, json_t *facts,
    json_t *kept)
{
    json_t          *in, *answer, *since;
    civic_result_t   rc;

    in = json_pack("{s:I, s:O}", "now", (json_int_t) civic_business_now(r),
                   "facts", facts);

    if (in != NULL && health->opened) {
        json_object_set_new(in, "since", json_integer(health->opened_at));
    }

    rc = civic_rule(r, "withdrawn", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keep_named(kept, facts, answer, "tests");
    keep_named(kept, facts, answer, "measures");

    if (json_is_true(json_object_get(answer, "override"))) {
        json_object_set(kept, "override", json_object_get(facts, "override"));
    }

    since = json_object_get(answer, "since");

    if (json_is_integer(since)) {
        json_object_set(kept, "since", since);
    }

    return CIVIC_OK;
}


/* *sealed: the facts that stay; empty for none. */
static civic_result_t
seal_kept(civic_request_t *r, const kinship_health_t *health,
    civic_str_t *sealed)
{
    json_t          *facts, *kept;
    civic_result_t   rc;

    *sealed = CIVIC_STR("");
    rc = kinship_facts_read(r, health, &facts);

    /* what cannot be read cannot be kept; the log has it */
    if (rc == CIVIC_INVALID) {
        return CIVIC_OK;
    }

    kept = json_object();
    rc = pick_kept(r, health, facts, kept);

    if (rc == CIVIC_OK && json_object_size(kept) > 0) {
        rc = shared_json_seal(r, KINSHIP_HEALTH,
                              kinship_facts_context(r, health->pid),
                              json_incref(kept), sealed);
    }

    json_decref(kept);
    json_decref(facts);

    return rc;
}


static civic_result_t
forget_once(civic_request_t *r, const kinship_health_t *health, int64_t *gone)
{
    civic_str_t           keys[3], args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, health->pid, KINSHIP_FAMILY_HEALTH);
    keys[1] = civic_person_key(r, health->pid, KINSHIP_FAMILY_LOOKS);
    args[0] = shared_decimal(r, health->version);

    rc = seal_kept(r, health, &args[1]);

    if (rc == CIVIC_OK) {
        rc = civic_audit(r, &(civic_audit_entry_t) {
                                .action = "kinship.health_erased",
                                .subject = health->pid },
                         keys[0], &keys[2], &args[2]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "kinship_forget", .keys = keys,
                              .nkeys = 3, .args = args, .nargs = 3,
                              .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    *gone = rc == CIVIC_OK ? value->integer : 0;

    return rc;
}


/* A record whose facts are damaged goes as well. */
static civic_result_t
read_for_forgetting(civic_request_t *r, civic_str_t pid,
    kinship_health_t *health)
{
    civic_result_t  rc = kinship_health_read(r, pid, health);

    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


civic_result_t
kinship_erase_health(civic_request_t *r, civic_str_t pid, civic_str_t purpose,
    int64_t *erased)
{
    int               i;
    int64_t           gone = -1;
    civic_str_t       under;
    civic_result_t    rc = CIVIC_OK;
    kinship_health_t  health;

    for (i = 0; i < TRIES && rc == CIVIC_OK && gone < 0; i++) {
        rc = read_for_forgetting(r, pid, &health);
        under = shared_word(health.consent, 0);

        /* a child that grew up: the code stands under the other consent */
        if (rc == CIVIC_OK && under.len > 0 && !civic_str_eq(under, purpose))
        {
            return CIVIC_OK;
        }

        if (rc == CIVIC_OK) {
            rc = forget_once(r, &health, &gone);
        }
    }

    if (rc == CIVIC_OK && gone < 0) {
        return CIVIC_BUSY;
    }

    *erased += gone > 0 ? gone : 0;

    return rc;
}


/* ---- its time is over -------------------------------------------------- */

static civic_result_t
keep_facts(civic_request_t *r, civic_str_t pid, void *data)
{
    civic_result_t    rc;
    kinship_change_t  change = { .pid = pid,
                                 .action = "kinship.facts_retention" };

    (void) data;
    rc = kinship_change(r, &change);

    if (rc == CIVIC_OK && change.pruned > 0) {
        civic_count(r, KINSHIP_FORGOTTEN, (uint64_t) change.pruned);
    }

    return rc == CIVIC_INVALID || rc == CIVIC_BUSY ? CIVIC_OK : rc;
}


civic_result_t
kinship_facts_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                   .family = KINSHIP_FAMILY_HEALTH,
                                   .cursor = civic_print(r, FACTS,
                                                         job->shard),
                                   .step = keep_facts });
}


static civic_result_t
trim(civic_request_t *r, civic_str_t pid, civic_str_t oldest)
{
    civic_str_t           keys[2], args[2] = { oldest, { NULL, 0 } };
    civic_result_t        rc;
    const civic_value_t  *value;

    keys[0] = civic_person_key(r, pid, KINSHIP_FAMILY_LOOKS);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.looks_retention",
                            .subject = pid }, keys[0], &keys[1], &args[1]);

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "kinship_trim", .keys = keys,
                              .nkeys = 2, .args = args, .nargs = 2,
                              .flags = CIVIC_SCRIPT_BULK }, &value);
    }

    if (rc == CIVIC_OK && value->integer > 0) {
        civic_count(r, KINSHIP_FORGOTTEN, (uint64_t) value->integer);
    }

    return rc;
}


/* Reads first: most people have nothing that is old. */
static civic_result_t
keep_looks(civic_request_t *r, civic_str_t pid, void *data)
{
    civic_str_t          *oldest = data;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("XRANGE"),
                         civic_person_key(r, pid, KINSHIP_FAMILY_LOOKS),
                         CIVIC_STR("-"),
                         civic_print(r, "(%.*s-0", (int) oldest->len,
                                     oldest->data),
                         CIVIC_STR("COUNT"), CIVIC_STR("1")), &value);

    return rc != CIVIC_OK || value->count == 0 ? rc : trim(r, pid, *oldest);
}


civic_result_t
kinship_looks_run(civic_request_t *r, const civic_job_t *job)
{
    json_t          *answer;
    civic_str_t      oldest;
    civic_result_t   rc;

    rc = civic_rule(r, "look", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    oldest = shared_decimal(r, civic_now(r)
                               - DAY * shared_rule_number(answer, "days", 180,
                                                          1, 3650));

    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
                                   .family = KINSHIP_FAMILY_LOOKS,
                                   .cursor = civic_print(r, LOOKS,
                                                         job->shard),
                                   .data = &oldest, .step = keep_looks });
}
