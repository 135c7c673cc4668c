/*
 * giving.c - how a consent is given: judged by the rules, sealed, stored.
 *
 * A citizen gives one by POST /civic/consents; other plugins give one on
 * behalf of a citizen who said so to them, by the call civic.consent_give.
 * What is recorded is the same, and tells how it was.
 */

#include "civic.h"

/* What the script is given, beside the person's key. */
typedef struct {
    const char   *action;               /* for the audit trail */
    civic_str_t   pid;
    civic_str_t   purpose;
    civic_str_t   id;
    civic_str_t   sealed;
    int64_t       version;
    civic_str_t   language;
    civic_str_t   digest;
    civic_str_t   how;                  /* "carry", "automatic" or empty */
    int64_t       given_at;             /* ms; of what is carried */
    civic_msec_t  until;
    civic_str_t   instead;              /* of one by somebody else */
    unsigned      flags;
} act_t;


civic_result_t
civic_giving_judge(civic_request_t *r, const civic_giving_t *giving,
    const civic_consent_text_t *text, json_t **decision, int *allowed)
{
    json_t          *in, *flags;
    civic_result_t   rc;

    flags = giving->flags == NULL ? json_object()
                                  : json_incref(giving->flags);

    in = json_pack("{s:s%,s:s%,s:I,s:s%,s:o,s:I,s:s%,s:s%,s:I}",
                   "purpose", giving->purpose.data, giving->purpose.len,
                   "language", giving->language.data, giving->language.len,
                   "version", (json_int_t) giving->version,
                   "digest", giving->digest.data, giving->digest.len,
                   "flags", flags,
                   "current_version", (json_int_t) text->version,
                   "current_digest", text->digest.data, text->digest.len,
                   "relation", giving->relation.data, giving->relation.len,
                   "now", (json_int_t) civic_business_now(r));

    rc = civic_rule(r, "consent_check", in, decision);

    *allowed = rc == CIVIC_OK
               && json_is_true(json_object_get(*decision, "allow"));

    return rc;
}


/* How many records are kept, and since when those that have ended. */
static civic_result_t
keep_args(civic_request_t *r, civic_msec_t now, civic_str_t args[2])
{
    json_t          *keep;
    int64_t          days;
    civic_result_t   rc;

    rc = civic_rule(r, "consent_keep", json_object(), &keep);
    if (rc != CIVIC_OK) {
        return rc;
    }

    days = shared_rule_number(keep, "days", 1095, 1, CIVIC_DAYS_MOST);
    args[0] = shared_decimal(r, shared_rule_number(keep, "records", 100, 1,
                                                   CIVIC_CONSENTS_MOST));
    args[1] = shared_decimal(r, now - CIVIC_DAY * days);

    return CIVIC_OK;
}


/* The person's slot: this consent, or the one that holds already. */
static civic_result_t
run(civic_request_t *r, const act_t *act, const civic_value_t **answer)
{
    civic_str_t     keys[4], args[15];
    civic_msec_t    now = civic_now(r);
    civic_result_t  rc;

    keys[0] = civic_person_key(r, act->pid, CIVIC_CONSENTS);
    keys[2] = civic_outbox(r, CIVIC_RETENTIONS, keys[0]);
    keys[3] = civic_retention_key(r, keys[2]);
    args[0] = act->purpose;
    args[1] = act->id;
    args[2] = act->sealed;
    args[3] = shared_decimal(r, act->version);
    args[4] = act->language;
    args[5] = act->digest;
    args[6] = shared_decimal(r, now);
    args[10] = act->how;
    args[11] = shared_decimal(r, act->given_at);
    args[12] = shared_decimal(r, act->until);
    args[14] = act->instead;

    rc = civic_retention_entry(r, act->pid, act->purpose, act->id, &args[13]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = keep_args(r, now, &args[7]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_consent_audit(r, act->action, act->pid, act->purpose, act->id,
                             NULL, keys[0], &keys[1], &args[9]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_script(r, &(civic_script_t) {
                            .name = "civic_consent_give",
                            .keys = keys, .nkeys = 4,
                            .args = args, .nargs = 15,
                            .flags = CIVIC_SCRIPT_DURABLE | act->flags,
                        }, answer);
}


/* By a rule, and nobody was asked. */
static int
is_automatic(const civic_giving_t *giving)
{
    return civic_str_eq(giving->method, CIVIC_STR("automatic"));
}


civic_result_t
civic_giving_store(civic_request_t *r, civic_giving_t *giving,
    const civic_consent_text_t *text, int once, const civic_value_t **answer)
{
    act_t           act;
    civic_result_t  rc;

    giving->until = civic_business_now(r) + text->retention_days * CIVIC_DAY;

    act = (act_t) {
        .action = "civic.consent_given", .until = giving->until,
        .pid = giving->pid,
        .purpose = giving->purpose, .version = text->version,
        .language = giving->language, .digest = text->digest,
        .how = is_automatic(giving) ? giving->method : CIVIC_STR(""),
        .instead = giving->instead,
        .flags = once ? CIVIC_SCRIPT_ONCE : 0,
    };

    rc = shared_id_new(r, &act.id);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_consent_seal(r, giving, act.id, text, &act.sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = run(r, &act, answer);

    if (rc == CIVIC_OK
        && civic_str_eq(shared_item(*answer, 0), CIVIC_STR("given")))
    {
        civic_count(r, CIVIC_CONSENT_GIVEN, 1);
    }

    return rc;
}


civic_result_t
civic_giving_carry(civic_request_t *r, const civic_carried_t *carried,
    const civic_value_t **answer)
{
    civic_result_t  rc;

    rc = civic_retention_end_last(r, carried->pid, carried->purpose);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return run(r, &(act_t) {
                      .action = "civic.consent_carried",
                      .pid = carried->pid, .purpose = carried->purpose,
                      .id = carried->id, .sealed = carried->sealed,
                      .version = carried->version,
                      .language = carried->language,
                      .digest = carried->digest,
                      .how = CIVIC_STR("carry"),
                      .given_at = carried->given_at,
                      .until = carried->until,
                  }, answer);
}
