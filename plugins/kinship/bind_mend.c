/*
 * bind_mend.c - the jobs that leave nothing half done: the outbox "settle" for
 * what was interrupted or has ended, and a walk through all guardians and all
 * relatives now and then, for what a store may have lost.
 *
 * The relative's record is the authority: what it does not have is taken out of
 * the guardian's list, what it has gets its place there.
 */

#include "bind.h"
#include "persons_walk.h"
#include "values.h"

#define WEEK        604800000           /* ms */
#define VOID_KEPT   86400000            /* ms */

#define KIN_CURSOR       "civic:{kinship:kin:%u}"
#define RELATIVE_CURSOR  "civic:{kinship:guardians:%u}"


/* ---- the outbox -------------------------------------------------------- */

/* An entry that is too young waits.  A damaged record is logged, and the
   walk's. */
civic_result_t
kinship_settle_step(civic_request_t *r, shared_entry_t *entry)
{
    int                stands;
    civic_str_t        words[3];
    civic_result_t     rc;
    kinship_terms_t    terms;
    kinship_binding_t  binding;

    if (shared_words(r, entry->value, words, 3) != 0
        || !shared_is_id(words[0]) || !shared_is_id(words[1])
        || !shared_is_id(words[2]))
    {
        return CIVIC_INVALID;
    }

    rc = kinship_terms(r, &terms);

    return rc != CIVIC_OK ? rc
           : kinship_settle(r, words[0], words[1], words[2], terms.patience,
                            &entry->wait, &binding, &stands);
}


/* ---- a guardian -------------------------------------------------------- */

static civic_result_t
drop_count(civic_request_t *r, civic_str_t guardian, const char *field)
{
    int                   done;
    civic_str_t           now;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   civic_cstr(field)), &value);

    if (rc != CIVIC_OK || value->type != CIVIC_VALUE_STRING
        || civic_now(r) - shared_number(shared_word(value->str, 2), 0) < WEEK)
    {
        return rc;
    }

    return kinship_note(r, guardian, field, value->str, CIVIC_STR(""), 0,
                        &now, &done);
}


/* What nobody waits for any more: who was asked for, how often was compared and
   pledged. */
static civic_result_t
drop_notes(civic_request_t *r, civic_str_t guardian)
{
    int              done;
    civic_result_t   rc;
    kinship_asked_t  asked;

    rc = kinship_asked_read(r, guardian, &asked);

    if (rc == CIVIC_NOT_FOUND) {
        rc = asked.text.len > 0 ? kinship_asked_drop(r, &asked, &done)
                                : CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        rc = drop_count(r, guardian, "tries");
    }

    return rc == CIVIC_OK ? drop_count(r, guardian, "pledges") : rc;
}


/* Whether the relative's record has it, without a write. */
static civic_result_t
stands(civic_request_t *r, civic_str_t guardian, const kinship_place_t *place,
    int *there)
{
    civic_result_t      rc;
    civic_command_t     command;
    kinship_binding_t   binding;

    kinship_place_command(r, place, guardian, &command);
    rc = civic_pipeline(r, &command, 1);

    if (rc == CIVIC_OK) {
        rc = kinship_place_take(r, place, guardian, command.value, &binding);
    }

    *there = rc == CIVIC_OK
             && civic_str_eq(place->state, CIVIC_STR("bound"));

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}


static civic_result_t
mend_guardian(civic_request_t *r, civic_str_t guardian, void *data)
{
    int                 young, there;
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_terms_t     terms;
    kinship_place_t    *places = data;
    kinship_binding_t   binding;

    rc = kinship_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = kinship_places_of(r, guardian, places, KINSHIP_MOST, &count);
    }

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = stands(r, guardian, &places[i], &there);

        if (rc == CIVIC_OK && !there) {
            rc = kinship_settle(r, guardian, places[i].relative, places[i].id,
                                terms.patience, &young, &binding, &there);
        }

        /* damaged (logged): not to keep the others */
        rc = rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    return rc == CIVIC_OK ? drop_notes(r, guardian) : rc;
}


/* ---- a relative -------------------------------------------------------- */

/* The guardian has no place for it: given one, or it ends. */
static civic_result_t
give_place(civic_request_t *r, const kinship_binding_t *binding)
{
    int             ended;
    int64_t         said;
    civic_result_t  rc;

    rc = kinship_restore(r, binding, &said);

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, KINSHIP_COUNT_MENDED, 1);

    return said != 0 ? CIVIC_OK
           : kinship_end(r, binding, KINSHIP_LOST, NULL, &ended);
}


static civic_result_t
mend_place(civic_request_t *r, const kinship_binding_t *binding)
{
    int                   young, there;
    civic_str_t           id;
    civic_result_t        rc;
    kinship_terms_t       terms;
    kinship_binding_t     other;
    const civic_value_t  *value;

    rc = kinship_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, binding->guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   binding->relative), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (value->type != CIVIC_VALUE_STRING) {
        return give_place(r, binding);
    }

    id = shared_copy(r, shared_word(value->str, 1));

    return civic_str_eq(id, binding->id) ? CIVIC_OK
           : kinship_settle(r, binding->guardian, binding->relative, id,
                            terms.patience, &young, &other, &there);
}


static civic_result_t
age_of(civic_request_t *r, civic_str_t relative, int64_t *age)
{
    civic_result_t           rc;
    civic_person_identity_t  identity;

    *age = KINSHIP_AGE_UNKNOWN;
    rc = kinship_identity(r, relative, &identity);

    if (rc == CIVIC_OK) {
        rc = kinship_age(r, &identity, age);
    }

    return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* By the rule "keep": who has grown out of it, where a city wants that; and a
   pledge that nobody has proven in time, which is told before. */
static civic_result_t
end_overdue(civic_request_t *r, const kinship_binding_t *bindings,
    size_t count, int *kept)
{
    size_t           i;
    int64_t          age;
    json_t          *decision;
    civic_result_t   rc;

    rc = age_of(r, bindings[0].relative, &age);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = kinship_keep(r, &bindings[i], age, &decision, &kept[i]);

        if (rc == CIVIC_OK && !kept[i]) {
            rc = kinship_end_overdue(r, &bindings[i], decision);

        } else if (rc == CIVIC_OK
                   && json_is_true(json_object_get(decision, "tell")))
        {
            rc = kinship_tell_ending(r, &bindings[i]);
        }
    }

    return rc;
}


static civic_result_t
tidy(civic_request_t *r, civic_str_t relative)
{
    civic_str_t           key, arg;
    const civic_value_t  *value;

    key = civic_person_key(r, relative, KINSHIP_FAMILY_GUARDIANS);
    arg = shared_decimal(r, civic_now(r) - VOID_KEPT);

    return civic_script(r, &(civic_script_t) {
                            .name = "kinship_tidy", .keys = &key, .nkeys = 1,
                            .args = &arg, .nargs = 1,
                            .flags = CIVIC_SCRIPT_BULK }, &value);
}


static civic_result_t
mend_relative(civic_request_t *r, civic_str_t relative, void *data)
{
    int                 kept[KINSHIP_MOST];
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_binding_t  *bindings = data;

    rc = kinship_guardians_of(r, relative, bindings, KINSHIP_MOST, &count);

    for (i = 0; i < count; i++) {
        kept[i] = 1;
    }

    if (rc == CIVIC_OK && count > 0) {
        rc = end_overdue(r, bindings, count, kept);
    }

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = kept[i] ? mend_place(r, &bindings[i]) : CIVIC_OK;
    }

    return rc == CIVIC_OK ? tidy(r, relative) : rc;
}


/* ---- the jobs ---------------------------------------------------------- */

civic_result_t
kinship_mend_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
        .family = KINSHIP_FAMILY_KIN,
        .cursor = civic_print(r, KIN_CURSOR, job->shard),
        .step = mend_guardian,
        .data = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t)) });
}


civic_result_t
kinship_mend_relatives_run(civic_request_t *r, const civic_job_t *job)
{
    return shared_persons_walk(r, job, &(shared_persons_walk_t) {
        .family = KINSHIP_FAMILY_GUARDIANS,
        .cursor = civic_print(r, RELATIVE_CURSOR, job->shard),
        .step = mend_relative,
        .data = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t)) });
}
