/*
 * calls.c - what other plugins ask: docs/adr/0025-family-codes.md has the
 * inputs and answers.
 */

#include "bind.h"
#include "kinship.h"
#include "values.h"

#define TUBE    64                      /* characters */
#define PLACE   32                      /* bytes: a kind of the rules */
#define SITE    400                     /* 100 characters */


/* ---- kinship.scan ------------------------------------------------------ */

civic_result_t
kinship_call_scan(civic_request_t *r, json_t *in, json_t **out)
{
    civic_str_t      place = shared_json_str(in, "place");
    civic_str_t      site = shared_json_str(in, "site");
    civic_str_t      what = shared_json_str(in, "what");
    civic_result_t   rc;
    kinship_scan_t  *scan = civic_alloc(r, sizeof(kinship_scan_t));

    if (what.len == 0 || place.len > PLACE || site.len > SITE) {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.scan is told no scan");
        return CIVIC_ERROR;
    }

    rc = kinship_scan(r, shared_json_str(in, "code"), place, scan);

    if (rc == CIVIC_OK && !scan->place_known) {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.scan is told a place \"%.*s\" "
                  "that no rule knows", (int) place.len, place.data);
        return CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        rc = kinship_scan_note(r, scan, what.data, place, site);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:s}", "verdict", scan->verdict);

    if (strcmp(scan->verdict, "genuine") == 0) {
        json_object_set_new(*out, "pid",
                            json_stringn(scan->pid.data, scan->pid.len));
        json_object_set_new(*out, "kind",
                            json_string(scan->kin ? "kin" : "own"));
        json_object_set_new(*out, "name", json_string(
                                kinship_masked(r, &scan->identity).data));
    }

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- kinship.relatives ------------------------------------------------- */

/* One whose data the guardian is not shown is left out, and so is one that is
   damaged, which the log has. */
static civic_result_t
add_relative(civic_request_t *r, json_t *list,
    const kinship_binding_t *binding)
{
    civic_str_t          name;
    civic_result_t       rc;
    kinship_held_t  *relative;

    relative = civic_alloc(r, sizeof(kinship_held_t));
    rc = kinship_held_read(r, binding, relative);

    if (rc != CIVIC_OK || !relative->kept || relative->refused != NULL) {
        return rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    name = kinship_masked(r, &relative->identity);

    return json_array_append_new(list, json_pack(
               "{s:s%, s:s%, s:s%, s:s%}",
               "pid", binding->relative.data, binding->relative.len,
               "binding_id", binding->id.data, binding->id.len,
               "name", name.data, name.len,
               "relation", binding->relation.data, binding->relation.len))
           == 0 ? CIVIC_OK : CIVIC_ERROR;
}


civic_result_t
kinship_call_relatives(civic_request_t *r, json_t *in, json_t **out)
{
    size_t              i, count = 0;
    json_t             *list;
    civic_str_t         pid = shared_json_str(in, "pid");
    civic_result_t      rc;
    kinship_health_t    health;
    kinship_binding_t  *bindings;

    if (!shared_is_id(pid)) {
        return CIVIC_ERROR;
    }

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_health_read(r, pid, &health);

    if (rc == CIVIC_OK) {
        rc = kinship_bindings_of(r, pid, bindings, KINSHIP_MOST, &count);
    }

    list = json_array();

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = add_relative(r, list, &bindings[i]);
    }

    if (rc != CIVIC_OK) {
        json_decref(list);
        return rc;
    }

    *out = json_pack("{s:b, s:o}", "own", health.opened && health.own,
                     "relatives", list);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- kinship.tested ---------------------------------------------------- */

typedef struct {
    civic_str_t   tube;
    civic_str_t   result;
    civic_msec_t  at;                   /* when it was told */
    civic_msec_t  sampled;              /* when it was taken */
    int64_t       version;              /* rises with each correction */
    int64_t       people;               /* in the tube */
} tested_t;


static json_t *
test_json(const tested_t *tested)
{
    return json_pack("{s:s%, s:s%, s:I, s:I, s:I, s:I}",
                     "tube", tested->tube.data, tested->tube.len,
                     "result", tested->result.data, tested->result.len,
                     "at", (json_int_t) tested->at,
                     "sampled_at", (json_int_t) tested->sampled,
                     "version", (json_int_t) tested->version,
                     "people", (json_int_t) tested->people);
}


/* The place of the tube's test, or how many there are. */
static size_t
find_test(json_t *tests, civic_str_t tube)
{
    size_t  i;

    for (i = 0; i < json_array_size(tests); i++) {
        if (civic_str_eq(shared_json_str(json_array_get(tests, i), "tube"),
                         tube))
        {
            break;
        }
    }

    return i;
}


/* Without a consent: what the rule "withdrawn" can have kept. */
static int
stays(civic_str_t result)
{
    return civic_str_eq(result, CIVIC_STR("positive"))
           || civic_str_eq(result, CIVIC_STR("recheck"));
}


/* Once for each tube; a correction takes the place of what was told before,
   and an older one that comes late does not: so one that is invalid stays,
   too, and makes no colour.  Of who has no code (any more) nothing begins to
   be kept; what stayed is corrected, and goes if it is not to stay. */
static int
add_test(civic_request_t *r, json_t *facts, const kinship_change_t *change)
{
    int              changed;
    size_t           i;
    json_t          *tests = kinship_facts_list(facts, "tests"), *test, *now;
    const tested_t  *tested = change->data;

    (void) r;
    i = find_test(tests, tested->tube);
    test = json_array_get(tests, i);

    if (test == NULL && !change->opened) {
        return 0;
    }

    if (test != NULL
        && json_integer_value(json_object_get(test, "version"))
           > tested->version)
    {
        return 0;
    }

    if (!change->opened && !stays(tested->result)) {
        return json_array_remove(tests, i) == 0;
    }

    now = test_json(tested);
    changed = !json_equal(test, now);

    if (changed) {
        if (test != NULL) {
            json_array_remove(tests, i);
        }

        json_array_append(tests, now);
    }

    json_decref(now);

    return changed;
}


static int
is_result(civic_str_t text)
{
    return civic_str_eq(text, CIVIC_STR("negative"))
           || civic_str_eq(text, CIVIC_STR("positive"))
           || civic_str_eq(text, CIVIC_STR("recheck"))
           || civic_str_eq(text, CIVIC_STR("invalid"));
}


static int64_t
number_of(json_t *in, const char *name, int64_t fallback)
{
    json_t  *number = json_object_get(in, name);

    return json_is_integer(number) ? json_integer_value(number) : fallback;
}


static int
read_tested(json_t *in, tested_t *tested)
{
    tested->tube = shared_json_str(in, "tube");
    tested->result = shared_json_str(in, "result");
    tested->at = number_of(in, "at", 0);
    tested->sampled = number_of(in, "sampled_at", tested->at);
    tested->people = number_of(in, "people", 1);
    tested->version = number_of(in, "version", 0);

    return tested->tube.len > 0 && tested->tube.len <= TUBE
           && is_result(tested->result) && tested->at > 0
           && tested->sampled > 0 ? 0 : -1;
}


civic_result_t
kinship_call_tested(civic_request_t *r, json_t *in, json_t **out)
{
    json_t            *details;
    tested_t           tested;
    civic_result_t     rc;
    kinship_change_t   change = { .edit = add_test, .data = &tested,
                                  .action = "kinship.tested" };

    change.pid = shared_json_str(in, "pid");

    if (!shared_is_id(change.pid) || read_tested(in, &tested) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.tested is told no test");
        return CIVIC_ERROR;
    }

    details = json_pack("{s:s%}", "tube", tested.tube.data, tested.tube.len);
    change.details = details;
    rc = kinship_change(r, &change);
    json_decref(details);

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:b}", "changed", change.changed > 0);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- kinship.look ------------------------------------------------------ */

civic_result_t
kinship_call_look(civic_request_t *r, json_t *in, json_t **out)
{
    kinship_look_t  look = { .subject = shared_json_str(in, "pid"),
                             .by = shared_json_str(in, "by"),
                             .purpose = shared_json_str(in, "purpose").data,
                             .what = shared_json_str(in, "what").data,
                             .place = shared_json_str(in, "place"),
                             .site = shared_json_str(in, "site") };

    *out = NULL;

    if (!shared_is_id(look.subject) || *look.purpose == '\0'
        || *look.what == '\0' || strchr(look.what, ' ') != NULL
        || (look.by.len > 0 && !shared_is_id(look.by))
        || look.place.len > PLACE || look.site.len > SITE)
    {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.look is told no look");
        return CIVIC_ERROR;
    }

    return kinship_look(r, &look);
}


/* ---- kinship.erase ----------------------------------------------------- */

static int
is_of_health(civic_str_t purpose)
{
    return civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_OWN))
           || civic_str_eq(purpose, CIVIC_STR(KINSHIP_CONSENT_CHILD));
}


/* Each part erases its own, and adds how much that was.  Codes come last: the
   others ask what stands there. */
civic_result_t
kinship_call_erase(civic_request_t *r, json_t *in, json_t **out)
{
    int64_t         erased = 0;
    civic_str_t     pid = shared_json_str(in, "pid");
    civic_str_t     purpose = shared_json_str(in, "purpose");
    civic_result_t  rc;

    if (!shared_is_id(pid)) {
        return CIVIC_ERROR;
    }

    rc = kinship_bindings_erase(r, pid, purpose, &erased);

    if (rc == CIVIC_OK) {
        rc = kinship_paper_erase(r, pid, purpose, &erased);
    }

    if (rc == CIVIC_OK && is_of_health(purpose)) {
        rc = kinship_erase_health(r, pid, purpose, &erased);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    *out = json_pack("{s:I}", "erased", (json_int_t) erased);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
