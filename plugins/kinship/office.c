/*
 * office.c - the office of epidemic control: what is known of somebody,
 * measures and overrides, by identity number.
 *
 * Whoever is measured need not have a code: the colour is there when it is
 * opened.  Reasons are for the audit trail.
 */

#include <openssl/sha.h>

#include "caller.h"
#include "china_time.h"
#include "id_form.h"
#include "office.h"
#include "values.h"

#define ERRORS  4


/* ---- whose it is ------------------------------------------------------- */

civic_result_t
kinship_office_person(civic_request_t *r, civic_str_t number,
    civic_str_t kind, civic_str_t *pid, const char **error)
{
    json_t             *answer;
    civic_result_t      rc;
    civic_id_rules_t    rules;
    civic_id_number_t   id;

    *pid = CIVIC_STR("");
    rc = civic_rule(r, "form", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    shared_id_rules(r, answer, &rules);
    *error = shared_id_error(shared_id_read(number, kind, &rules, &id));

    return *error != NULL ? CIVIC_OK
           : civic_person_id(r, (civic_str_t) { id.text, id.len }, pid);
}


/* What is wrong with a body, all of it. */
typedef struct {
    civic_field_error_t  errors[ERRORS];
    size_t               count;
} faults_t;


static void
add_fault(faults_t *faults, const char *pointer, const char *code)
{
    if (code != NULL && faults->count < ERRORS) {
        faults->errors[faults->count++] = (civic_field_error_t) {
                                              pointer, code, NULL };
    }
}


static civic_result_t
answer_faults(civic_request_t *r, const faults_t *faults)
{
    return civic_problem_with(r, &(civic_problem_t) {
                                     .code = "invalid_fields",
                                     .errors = faults->errors,
                                     .nerrors = faults->count });
}


static civic_result_t
read_person(civic_request_t *r, civic_str_t *pid, faults_t *faults)
{
    const char      *error = NULL;
    civic_result_t   rc;

    rc = kinship_office_person(r, civic_body_str(r, "id_number"),
                               civic_body_str(r, "id_kind"), pid, &error);
    add_fault(faults, "/id_number", error);

    return rc;
}


/* An instant of the body; fallback if it is absent. */
static civic_msec_t
read_time(civic_request_t *r, const char *name, civic_msec_t fallback)
{
    int64_t      at;
    civic_str_t  text = civic_body_str(r, name);

    return text.len > 0 && civic_instant_read(text.data, text.len, &at) == 0
           ? at : fallback;
}


/* ---- what is known ----------------------------------------------------- */

static void
write_tests(civic_request_t *r, civic_writer_t *w, json_t *facts)
{
    size_t   i;
    json_t  *test;

    civic_write_array(r, w, "tests");

    json_array_foreach(json_object_get(facts, "tests"), i, test) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "tube", shared_json_str(test, "tube"));
        civic_write_str(r, w, "result", shared_json_str(test, "result"));
        civic_write_instant(r, w, "at", kinship_fact_time(test, "at"));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


static void
write_measures(civic_request_t *r, civic_writer_t *w, json_t *facts)
{
    size_t   i;
    json_t  *measure;

    civic_write_array(r, w, "measures");

    json_array_foreach(json_object_get(facts, "measures"), i, measure) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "measure_id", shared_json_str(measure, "id"));
        civic_write_str(r, w, "kind", shared_json_str(measure, "kind"));
        civic_write_instant(r, w, "since",
                            kinship_fact_time(measure, "since"));
        civic_write_instant(r, w, "until",
                            kinship_fact_time(measure, "until"));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
}


static void
write_override(civic_request_t *r, civic_writer_t *w, json_t *facts)
{
    json_t  *override = json_object_get(facts, "override");

    if (override == NULL) {
        return;
    }

    civic_write_object(r, w, "override");
    civic_write_str(r, w, "colour", shared_json_str(override, "colour"));
    civic_write_str(r, w, "reason", shared_json_str(override, "reason"));
    civic_write_instant(r, w, "until", kinship_fact_time(override, "until"));
    civic_write_end(r, w);
}


/* Name and age, if anybody knows them. */
static civic_result_t
read_name(civic_request_t *r, const kinship_health_t *health,
    civic_str_t *name, int64_t *age)
{
    civic_result_t            rc;
    civic_person_identity_t   identity;

    *name = CIVIC_STR("*");
    *age = KINSHIP_AGE_UNKNOWN;
    rc = kinship_health_identity(r, health, &identity);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    *name = kinship_masked(r, &identity);

    return kinship_age(r, &identity, age);
}


static civic_result_t
write_known(civic_request_t *r, const kinship_health_t *health,
    json_t *facts)
{
    json_t          *colour;
    int64_t          age;
    civic_str_t      name;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = read_name(r, health, &name, &age);

    if (rc == CIVIC_OK) {
        rc = kinship_colour(r, health, age, &colour);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "kind",
                    civic_cstr(!health->opened ? "none"
                               : health->own ? "own" : "kin"));
    civic_write_str(r, w, "name", name);
    kinship_colour_write(r, w, colour);
    write_tests(r, w, facts);
    write_measures(r, w, facts);
    write_override(r, w, facts);

    return CIVIC_OK;
}


civic_result_t
kinship_office_look_up(civic_request_t *r)
{
    json_t            *facts;
    faults_t           faults = { .count = 0 };
    civic_str_t        pid;
    civic_result_t     rc;
    kinship_health_t   health;

    rc = read_person(r, &pid, &faults);

    if (rc != CIVIC_OK || faults.count > 0) {
        return rc != CIVIC_OK ? rc : answer_faults(r, &faults);
    }

    rc = kinship_health_read(r, pid, &health);

    if (rc == CIVIC_OK) {
        rc = kinship_look(r, &(kinship_look_t) {
                                 .subject = pid, .what = "facts",
                                 .purpose = civic_body_str(r,
                                                           "purpose").data });
    }

    if (rc == CIVIC_OK) {
        rc = kinship_facts_read(r, &health, &facts);
    }

    if (rc == CIVIC_OK) {
        rc = write_known(r, &health, facts);
        json_decref(facts);
    }

    return rc;
}


/* ---- a measure --------------------------------------------------------- */

/* The same kind from the same instant on has the same id, so that what is sent
   twice sets nothing twice. */
static civic_str_t
id_of(civic_request_t *r, const kinship_measure_t *measure)
{
    civic_str_t    text;
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    text = civic_print(r, "%.*s %.*s %lld", (int) measure->pid.len,
                       measure->pid.data, (int) measure->kind.len,
                       measure->kind.data, (long long) measure->since);
    (void) SHA256((const unsigned char *) text.data, text.len, digest);

    return shared_id_of(r, digest);
}


static int
is_over(json_t *measure, civic_msec_t now)
{
    return json_is_integer(json_object_get(measure, "until"))
           && kinship_fact_time(measure, "until") <= now;
}


/* One of that kind that is in force; NULL: none. */
static json_t *
find_in_force(json_t *list, civic_str_t kind, civic_msec_t now)
{
    size_t   i;
    json_t  *measure;

    json_array_foreach(list, i, measure) {
        if (civic_str_eq(shared_json_str(measure, "kind"), kind)
            && kinship_fact_time(measure, "since") <= now
            && !is_over(measure, now))
        {
            return measure;
        }
    }

    return NULL;
}


/* How many have not ended. */
static size_t
count_open(json_t *list, civic_msec_t now)
{
    size_t   i, count = 0;
    json_t  *measure;

    json_array_foreach(list, i, measure) {
        count += !is_over(measure, now);
    }

    return count;
}


static json_t *
find_measure(json_t *facts, civic_str_t id, size_t *at)
{
    size_t   i;
    json_t  *measure;

    json_array_foreach(kinship_facts_list(facts, "measures"), i, measure) {
        if (civic_str_eq(shared_json_str(measure, "id"), id)) {
            *at = i;
            return measure;
        }
    }

    return NULL;
}


/* The rule "measure": *until, or what is wrong. */
static civic_result_t
ask_measure(civic_request_t *r, kinship_measure_t *measure, size_t count)
{
    json_t          *in, *answer;
    civic_result_t   rc;

    in = json_pack("{s:s%, s:I, s:I}", "kind", measure->kind.data,
                   measure->kind.len, "since", (json_int_t) measure->since,
                   "count", (json_int_t) count);

    if (measure->until > 0) {
        json_object_set_new(in, "until", json_integer(measure->until));
    }

    rc = civic_rule(r, "measure", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (json_is_true(json_object_get(answer, "allow"))) {
        measure->until = json_integer_value(json_object_get(answer, "until"));
        return CIVIC_OK;
    }

    measure->field = shared_json_str(answer, "field").data;
    measure->error = shared_json_str(answer, "reason").data;

    return CIVIC_OK;
}


/* Which one is meant: that of the same begin, or, where none was said, the one
   of that kind that is in force.  NULL: it is to begin. */
static json_t *
find_meant(civic_request_t *r, json_t *facts, kinship_measure_t *measure)
{
    size_t         at;
    json_t        *found = NULL;
    civic_msec_t   now = civic_business_now(r);

    measure->since = measure->given_since > 0 ? measure->given_since : now;
    measure->until = measure->given_until;

    if (measure->given_since == 0) {
        found = find_in_force(kinship_facts_list(facts, "measures"),
                              measure->kind, now);
    }

    if (found != NULL) {
        measure->since = kinship_fact_time(found, "since");
        measure->id = shared_copy(r, shared_json_str(found, "id"));
        return found;
    }

    measure->id = id_of(r, measure);

    return find_measure(facts, measure->id, &at);
}


static int
edit_measure(civic_request_t *r, json_t *facts,
    const kinship_change_t *change)
{
    json_t             *found, *list;
    civic_str_t         by = civic_pid(r);
    kinship_measure_t  *measure = change->data;

    list = kinship_facts_list(facts, "measures");
    found = find_meant(r, facts, measure);
    measure->error = NULL;
    json_object_set_new(change->details, "measure",
                        json_stringn(measure->id.data, measure->id.len));

    /* no begin and no end is said of one that is in force */
    if (found != NULL && measure->given_since == 0
        && measure->given_until == 0)
    {
        measure->until = kinship_fact_time(found, "until");
        return 0;
    }

    measure->asked = ask_measure(r, measure, found == NULL
                                 ? count_open(list, civic_business_now(r))
                                 : 0);

    if (measure->asked != CIVIC_OK || measure->error != NULL) {
        return -1;
    }

    if (found != NULL && kinship_fact_time(found, "until") == measure->until)
    {
        return 0;
    }

    if (found != NULL) {
        json_object_set_new(found, "until", json_integer(measure->until));

    } else {
        json_array_append_new(list, json_pack(
            "{s:s%, s:s%, s:I, s:I, s:s%}",
            "id", measure->id.data, measure->id.len,
            "kind", measure->kind.data, measure->kind.len,
            "since", (json_int_t) measure->since,
            "until", (json_int_t) measure->until, "by", by.data, by.len));
    }

    return 1;
}


civic_result_t
kinship_measure_set(civic_request_t *r, kinship_measure_t *measure)
{
    json_t            *details;
    civic_result_t     rc;
    kinship_change_t   change = { .pid = measure->pid, .edit = edit_measure,
                                  .data = measure,
                                  .action = "kinship.measure_set" };

    measure->asked = CIVIC_OK;
    details = json_pack("{s:s%, s:I}", "reason", measure->reason.data,
                        measure->reason.len, "line",
                        (json_int_t) measure->line);
    change.details = details;
    rc = kinship_change(r, &change);
    json_decref(details);
    measure->changed = change.changed > 0;

    return rc == CIVIC_OK ? measure->asked : rc;
}


static civic_result_t
reply_measure(civic_request_t *r, const kinship_measure_t *measure)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "measure_id", measure->id);
    civic_write_instant(r, w, "since", measure->since);
    civic_write_instant(r, w, "until", measure->until);
    civic_write_bool(r, w, "changed", measure->changed);

    return CIVIC_OK;
}


/* A repeat changes nothing, and is told to the trail all the same. */
static civic_result_t
note_same(civic_request_t *r, civic_str_t pid, const char *action)
{
    return civic_audit_note(r, &(civic_audit_entry_t) {
                                   .action = action, .subject = pid });
}


civic_result_t
kinship_office_measure(civic_request_t *r)
{
    faults_t            faults = { .count = 0 };
    civic_result_t      rc;
    kinship_measure_t   measure = { .kind = civic_body_str(r, "kind"),
                                    .reason = civic_body_str(r, "reason") };

    measure.given_since = read_time(r, "since", 0);
    measure.given_until = read_time(r, "until", 0);
    rc = read_person(r, &measure.pid, &faults);

    if (rc == CIVIC_OK && faults.count > 0) {
        measure.since = read_time(r, "since", civic_business_now(r));
        measure.until = measure.given_until;
        rc = ask_measure(r, &measure, 0);
    } else if (rc == CIVIC_OK) {
        rc = kinship_measure_set(r, &measure);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (measure.error != NULL) {
        add_fault(&faults, civic_print(r, "/%s", measure.field).data,
                  measure.error);
    }

    if (faults.count > 0) {
        return answer_faults(r, &faults);
    }

    if (!measure.changed) {
        rc = note_same(r, measure.pid, "kinship.measure_same");
    }

    return rc == CIVIC_OK ? reply_measure(r, &measure) : rc;
}


/* ---- a measure's end --------------------------------------------------- */

typedef struct {
    civic_str_t   id;
    int           mistake;              /* it should not have been */
    civic_msec_t  now;
} end_t;


static int
edit_end(civic_request_t *r, json_t *facts, const kinship_change_t *change)
{
    size_t        at;
    end_t        *end = change->data;
    json_t       *found = find_measure(facts, end->id, &at);

    (void) r;

    if (found == NULL) {
        return -1;
    }

    if (end->mistake) {
        json_array_remove(kinship_facts_list(facts, "measures"), at);
        return 1;
    }

    if (kinship_fact_time(found, "until") <= end->now) {
        return 0;
    }

    json_object_set_new(found, "until", json_integer(end->now));

    return 1;
}


/* What a change said: it did something, had to do nothing, or found nothing. */
static civic_result_t
reply_ended(civic_request_t *r, const kinship_change_t *change)
{
    civic_result_t  rc = CIVIC_OK;

    if (change->changed < 0) {
        return civic_problem(r, "not_found");
    }

    if (change->changed == 0) {
        rc = note_same(r, change->pid, "kinship.measure_same");
    }

    if (rc == CIVIC_OK) {
        civic_write_bool(r, civic_reply(r, 200), "changed",
                         change->changed > 0);
    }

    return rc;
}


/* Reads whose it is, and changes it. */
static civic_result_t
change_of(civic_request_t *r, kinship_change_t *change, faults_t *faults)
{
    json_t          *details;
    civic_str_t      reason = civic_body_str(r, "reason");
    civic_str_t      id = civic_body_str(r, "measure_id");
    civic_result_t   rc;

    rc = read_person(r, &change->pid, faults);

    if (rc != CIVIC_OK || faults->count > 0) {
        return rc;
    }

    details = json_pack("{s:s%, s:s%}", "measure", id.data, id.len,
                        "reason", reason.data, reason.len);
    change->details = details;
    rc = kinship_change(r, change);
    json_decref(details);

    return rc;
}


civic_result_t
kinship_office_measure_end(civic_request_t *r)
{
    end_t             end = { civic_body_str(r, "measure_id"),
                              civic_body_bool(r, "mistake"),
                              civic_business_now(r) };
    faults_t          faults = { .count = 0 };
    civic_result_t    rc;
    kinship_change_t  change = { .edit = edit_end, .data = &end,
                                 .action = "kinship.measure_ended" };

    rc = change_of(r, &change, &faults);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return faults.count > 0 ? answer_faults(r, &faults)
                            : reply_ended(r, &change);
}


/* ---- an override ------------------------------------------------------- */

typedef struct {
    civic_str_t   colour;               /* empty: it ends */
    civic_str_t   reason;
    civic_msec_t  until;
} override_t;


static int
edit_override(civic_request_t *r, json_t *facts,
    const kinship_change_t *change)
{
    civic_str_t        by = civic_pid(r);
    const override_t  *override = change->data;

    if (override->colour.len == 0) {
        return json_object_del(facts, "override") == 0 ? 1 : -1;
    }

    json_object_set_new(facts, "override", json_pack(
        "{s:s%, s:s%, s:I, s:s%}",
        "colour", override->colour.data, override->colour.len,
        "reason", override->reason.data, override->reason.len,
        "until", (json_int_t) override->until, "by", by.data, by.len));

    return 1;
}


static civic_result_t
check_override(civic_request_t *r, const override_t *override,
    faults_t *faults)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "override",
                    json_pack("{s:I, s:I}", "now",
                              (json_int_t) civic_business_now(r), "until",
                              (json_int_t) override->until), &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        add_fault(faults,
                  civic_print(r, "/%s",
                              shared_json_str(answer, "field").data).data,
                  shared_json_str(answer, "reason").data);
    }

    return rc;
}


civic_result_t
kinship_office_override(civic_request_t *r)
{
    faults_t          faults = { .count = 0 }, wrong = { .count = 0 };
    override_t        override = { civic_body_str(r, "colour"),
                                   civic_body_str(r, "reason"),
                                   read_time(r, "until", 0) };
    civic_str_t       pid;
    civic_result_t    rc;
    kinship_change_t  change = { .edit = edit_override, .data = &override,
                                 .action = "kinship.override_set" };

    rc = check_override(r, &override, &faults);

    if (rc == CIVIC_OK && faults.count > 0) {
        rc = read_person(r, &pid, &faults);

    } else if (rc == CIVIC_OK) {
        rc = change_of(r, &change, &wrong);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (faults.count + wrong.count > 0) {
        return answer_faults(r, faults.count > 0 ? &faults : &wrong);
    }

    return reply_ended(r, &change);
}


civic_result_t
kinship_office_override_end(civic_request_t *r)
{
    faults_t          faults = { .count = 0 };
    override_t        override = { .colour = CIVIC_STR("") };
    civic_result_t    rc;
    kinship_change_t  change = { .edit = edit_override, .data = &override,
                                 .action = "kinship.override_ended" };

    rc = change_of(r, &change, &faults);

    if (rc != CIVIC_OK) {
        return rc;
    }

    return faults.count > 0 ? answer_faults(r, &faults)
                            : reply_ended(r, &change);
}
