/*
 * change.c - facts change: read, edited, sealed, and stored if nobody else
 * changed them meanwhile.
 *
 * Whoever edits also drops what is kept too long, by the rule "retention".
 */

#include "kinship.h"
#include "values.h"

#define TRIES  8
#define DAY    86400000
#define TESTS  200                      /* whatever the rule says */

typedef struct {
    int64_t  tests;
    int64_t  test_days;
    int64_t  measure_days;
} keep_t;


/* ---- members ----------------------------------------------------------- */

json_t *
kinship_facts_list(json_t *facts, const char *name)
{
    json_t  *list = json_object_get(facts, name);

    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(facts, name, list);
    }

    return list;
}


civic_msec_t
kinship_fact_time(json_t *fact, const char *name)
{
    return json_integer_value(json_object_get(fact, name));
}


/* ---- what is kept too long --------------------------------------------- */

static civic_result_t
ask_keep(civic_request_t *r, keep_t *keep)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "retention", NULL, &answer);

    if (rc == CIVIC_OK) {
        keep->tests = shared_rule_number(answer, "tests", 20, 1, TESTS);
        keep->test_days = shared_rule_number(answer, "test_days", 90, 1,
                                             3650);
        keep->measure_days = shared_rule_number(answer, "measure_days", 30, 0,
                                                3650);
    }

    return rc;
}


/* Without the oldest: tests stand in the order in which they came. */
static int
prune_tests(json_t *facts, const keep_t *keep, civic_msec_t now)
{
    int      pruned = 0;
    size_t   i;
    json_t  *tests = kinship_facts_list(facts, "tests");

    for (i = json_array_size(tests); i-- > 0; ) {
        if (kinship_fact_time(json_array_get(tests, i), "at")
            < now - keep->test_days * DAY)
        {
            json_array_remove(tests, i);
            pruned++;
        }
    }

    while (json_array_size(tests) > (size_t) keep->tests) {
        json_array_remove(tests, 0);
        pruned++;
    }

    if (json_object_get(facts, "since") != NULL
        && kinship_fact_time(facts, "since") < now - keep->test_days * DAY)
    {
        json_object_del(facts, "since");
        pruned++;
    }

    return pruned;
}


static int
is_over(json_t *fact, civic_msec_t before)
{
    return json_is_integer(json_object_get(fact, "until"))
           && kinship_fact_time(fact, "until") < before;
}


static int
prune_measures(json_t *facts, const keep_t *keep, civic_msec_t now)
{
    int           pruned = 0;
    size_t        i;
    json_t       *measures = kinship_facts_list(facts, "measures");
    civic_msec_t  before = now - keep->measure_days * DAY;

    for (i = json_array_size(measures); i-- > 0; ) {
        if (is_over(json_array_get(measures, i), before)) {
            json_array_remove(measures, i);
            pruned++;
        }
    }

    if (is_over(json_object_get(facts, "override"), before)) {
        json_object_del(facts, "override");
        pruned++;
    }

    return pruned;
}


/* ---- storing ----------------------------------------------------------- */

static civic_result_t
audit(civic_request_t *r, const kinship_change_t *change, civic_str_t near,
    civic_str_t *outbox, civic_str_t *sealed)
{
    return civic_audit(r, &(civic_audit_entry_t) {
                              .action = change->action,
                              .subject = change->pid,
                              .details = change->details },
                       near, outbox, sealed);
}


static int
is_nothing(json_t *facts)
{
    json_t      *value;
    const char  *name;

    json_object_foreach(facts, name, value) {
        if (!json_is_array(value) || json_array_size(value) > 0) {
            return 0;
        }
    }

    return 1;
}


/* Nothing at all is kept of who has no code and no facts. */
static civic_result_t
seal_facts(civic_request_t *r, const kinship_health_t *health, json_t *facts,
    civic_str_t *sealed)
{
    if (!health->opened && is_nothing(facts)) {
        *sealed = CIVIC_STR("");
        return CIVIC_OK;
    }

    return shared_json_seal(r, KINSHIP_HEALTH,
                            kinship_facts_context(r, health->pid),
                            json_incref(facts), sealed);
}


/* *stored 0: somebody else was faster. */
static civic_result_t
store(civic_request_t *r, const kinship_change_t *change,
    const kinship_health_t *health, json_t *facts, int *stored)
{
    civic_str_t           keys[2], args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    *stored = 0;
    keys[0] = civic_person_key(r, change->pid, KINSHIP_FAMILY_HEALTH);
    args[0] = shared_decimal(r, health->version);

    rc = seal_facts(r, health, facts, &args[1]);

    if (rc == CIVIC_OK) {
        rc = audit(r, change, keys[0], &keys[1], &args[2]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "kinship_facts", .keys = keys,
                              .nkeys = 2, .args = args, .nargs = 3,
                              .flags = CIVIC_SCRIPT_DURABLE }, &value);
    }

    if (rc == CIVIC_OK) {
        *stored = value->integer == 1;
    }

    return rc;
}


/* ---- a change ---------------------------------------------------------- */

/* One attempt; *done 0: another is to be made. */
static civic_result_t
attempt(civic_request_t *r, kinship_change_t *change, const keep_t *keep,
    int *done)
{
    json_t            *facts;
    civic_result_t     rc;
    kinship_health_t   health;

    rc = kinship_health_read(r, change->pid, &health);

    if (rc == CIVIC_OK) {
        rc = kinship_facts_read(r, &health, &facts);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    change->opened = health.opened;
    change->changed = change->edit == NULL
                      ? 0 : change->edit(r, facts, change);
    change->pruned = prune_tests(facts, keep, civic_business_now(r))
                     + prune_measures(facts, keep, civic_business_now(r));
    *done = change->changed < 0
            || (change->changed == 0 && (change->edit != NULL
                                         || change->pruned == 0));

    if (!*done) {
        rc = store(r, change, &health, facts, done);
    }

    json_decref(facts);

    return rc;
}


civic_result_t
kinship_change(civic_request_t *r, kinship_change_t *change)
{
    int             i, done = 0;
    keep_t          keep;
    civic_result_t  rc;

    rc = ask_keep(r, &keep);

    for (i = 0; i < TRIES && rc == CIVIC_OK && !done; i++) {
        rc = attempt(r, change, &keep, &done);
    }

    return rc == CIVIC_OK && !done ? CIVIC_BUSY : rc;
}
