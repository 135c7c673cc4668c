/*
 * bind_form.c - what somebody types of a relative, and what the rules say of
 * it before anybody else's record is looked at.
 */

#include "bind.h"
#include "caller.h"
#include "channel.h"
#include "id_form.h"
#include "values.h"

#define RELATION_MAX  32
#define OLDEST        150               /* years */
#define DAY           86400             /* s */


/* ---- the rules --------------------------------------------------------- */

civic_result_t
kinship_terms(civic_request_t *r, kinship_terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &answer);

    if (rc == CIVIC_OK) {
        terms->relatives = shared_rule_number(answer, "relatives", 8, 1,
                                              KINSHIP_MOST);
        terms->guardians = shared_rule_number(answer, "guardians", 3, 1,
                                              KINSHIP_MOST);
        terms->asked_life = shared_rule_number(answer, "asked_life", 900, 60,
                                               3600);
        terms->patience = 1000 * shared_rule_number(answer, "settle_after",
                                                    60, 15, 600);
        terms->withdraw = json_is_true(json_object_get(answer, "withdraw"));
        terms->young_until = shared_rule_number(answer, "young_until", 16, 0,
                                                OLDEST);
        terms->old_from = shared_rule_number(answer, "old_from", 60, 0,
                                             OLDEST);
        terms->pledge_until = shared_rule_number(answer, "pledge_until", 6,
                                                 -1, OLDEST);
        terms->unbind_after = shared_rule_number(answer, "unbind_after",
                                                 DAY, 0, 3650 * DAY);
        terms->paper_valid = shared_rule_number(answer, "paper_valid", 7 * DAY,
                                                1, 3650 * DAY);
    }

    return rc;
}


civic_result_t
kinship_problem(civic_request_t *r, const civic_problem_t *problem)
{
    json_t           *params;
    civic_result_t    rc;
    civic_problem_t   filled = *problem;
    kinship_terms_t   terms;

    rc = kinship_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    params = json_pack("{s:I, s:I, s:I, s:I, s:I}",
                       "relatives", (json_int_t) terms.relatives,
                       "guardians", (json_int_t) terms.guardians,
                       "young", (json_int_t) terms.young_until,
                       "old", (json_int_t) terms.old_from,
                       "pledge", (json_int_t) terms.pledge_until);
    filled.params = params;
    rc = civic_problem_with(r, &filled);
    json_decref(params);

    return rc;
}


civic_result_t
kinship_channel_check(civic_request_t *r, int *answered)
{
    json_t          *decision;
    civic_str_t      channel = shared_channel(r);
    civic_str_t      method = civic_principal(r)->method;
    civic_result_t   rc;

    rc = civic_rule(r, "channel",
                    json_pack("{s:s%, s:s%}", "channel", channel.data,
                              channel.len, "method",
                              method.data == NULL ? "" : method.data,
                              method.len), &decision);
    if (rc != CIVIC_OK || json_is_true(json_object_get(decision, "allow"))) {
        return rc;
    }

    *answered = 1;

    return civic_refuse(r, decision);
}


/* ---- fields ------------------------------------------------------------ */

static void
add(civic_request_t *r, kinship_wrong_t *wrong, const char *field,
    const char *code)
{
    if (code == NULL || wrong->count == KINSHIP_WRONG) {
        return;
    }

    wrong->errors[wrong->count].pointer = civic_print(r, "/%s", field).data;
    wrong->errors[wrong->count].code = code;
    wrong->errors[wrong->count].params = NULL;
    wrong->count++;
}


civic_result_t
kinship_wrong_answer(civic_request_t *r, const kinship_wrong_t *wrong,
    int *answered)
{
    if (wrong->count == 0) {
        return CIVIC_OK;
    }

    *answered = 1;

    return kinship_problem(r, &(civic_problem_t) {
                                  .code = "invalid_fields",
                                  .errors = wrong->errors,
                                  .nerrors = wrong->count });
}


static int
is_relation(json_t *relations, civic_str_t code)
{
    size_t   i;
    json_t  *relation;

    json_array_foreach(relations, i, relation) {
        if (civic_str_eq(shared_json_str(relation, "code"), code)) {
            break;
        }
    }

    /* it becomes a word of a record */
    return code.len > 0 && code.len <= RELATION_MAX
           && i < json_array_size(relations)
           && strspn(code.data, "abcdefghijklmnopqrstuvwxyz_") == code.len;
}


static void
read_name(civic_request_t *r, const kinship_form_t *form,
    kinship_relative_t *relative, kinship_wrong_t *wrong)
{
    const char  *error;

    if (form->name == NULL) {
        return;
    }

    error = shared_name_read(civic_body_str(r, form->name),
                             relative->identity.name,
                             &relative->identity.name_len);

    if (error != NULL) {
        add(r, wrong, form->name, error);
    }
}


/* ---- the number, and the age ------------------------------------------- */

static civic_result_t
ask_proof(civic_request_t *r, kinship_relative_t *relative, const char **error)
{
    json_t          *in = json_object(), *decision;
    civic_str_t      reason;
    civic_result_t   rc;

    if (relative->age != KINSHIP_AGE_UNKNOWN) {
        json_object_set_new(in, "age", json_integer(relative->age));
    }

    rc = civic_rule(r, "proof", in, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (json_is_true(json_object_get(decision, "allow"))) {
        relative->proof = civic_str_eq(shared_json_str(decision, "proof"),
                                       CIVIC_STR(KINSHIP_BY_PLEDGE))
                          ? CIVIC_STR(KINSHIP_BY_PLEDGE)
                          : CIVIC_STR(KINSHIP_BY_FACE);
        relative->purpose = civic_str_eq(shared_json_str(decision, "consent"),
                                         CIVIC_STR(KINSHIP_CONSENT_CHILD))
                            ? CIVIC_STR(KINSHIP_CONSENT_CHILD)
                            : CIVIC_STR(KINSHIP_CONSENT_OWN);
        return CIVIC_OK;
    }

    reason = shared_json_str(decision, "reason");
    *error = civic_str_eq(reason, CIVIC_STR("kinship_age_unknown"))
             ? "kinship_age_unknown" : "kinship_age";

    return CIVIC_OK;
}


static civic_result_t
judge_number(civic_request_t *r, const kinship_form_t *form,
    kinship_relative_t *relative, const char **error)
{
    civic_str_t     canonical;
    civic_result_t  rc;

    canonical.data = relative->identity.id.text;
    canonical.len = relative->identity.id.len;

    rc = civic_person_id(r, canonical, &relative->pid);

    if (rc == CIVIC_OK) {
        relative->pid = shared_copy(r, relative->pid);
        rc = kinship_age(r, &relative->identity, &relative->age);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (form->guardian.len > 0 && civic_str_eq(form->guardian, relative->pid)) {
        *error = "kinship_oneself";
        return CIVIC_OK;
    }

    return form->relation == NULL ? CIVIC_OK : ask_proof(r, relative, error);
}


civic_result_t
kinship_form_read(civic_request_t *r, const kinship_form_t *form,
    kinship_relative_t *relative, kinship_wrong_t *wrong)
{
    json_t             *answer;
    const char         *error;
    civic_str_t         number = civic_body_str(r, form->number);
    civic_result_t      rc;
    civic_id_rules_t    rules;

    memset(relative, 0, sizeof(kinship_relative_t));
    relative->age = KINSHIP_AGE_UNKNOWN;

    rc = civic_rule(r, "form", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    read_name(r, form, relative, wrong);

    shared_id_rules(r, answer, &rules);
    error = number.len == 0 ? "required"
            : shared_id_error(shared_id_read(number,
                                             civic_body_str(r, form->kind),
                                             &rules, &relative->identity.id));

    if (form->relation != NULL) {
        relative->relation = civic_body_str(r, form->relation);

        if (!is_relation(json_object_get(answer, "relations"),
                                 relative->relation))
        {
            add(r, wrong, form->relation, relative->relation.len == 0
                                          ? "required"
                                          : "kinship_relation_unknown");
        }
    }

    rc = error != NULL ? CIVIC_OK : judge_number(r, form, relative, &error);
    add(r, wrong, form->number, error);

    return rc;
}


/* ---- GET /kinship/relations -------------------------------------------- */

/* What a page says in its own texts. */
static void
write_terms(civic_request_t *r, civic_writer_t *w,
    const kinship_terms_t *terms)
{
    civic_write_object(r, w, "terms");
    civic_write_int(r, w, "relatives", terms->relatives);
    civic_write_int(r, w, "guardians", terms->guardians);
    civic_write_int(r, w, "young_until", terms->young_until);
    civic_write_int(r, w, "old_from", terms->old_from);
    civic_write_int(r, w, "pledge_until", terms->pledge_until);
    civic_write_int(r, w, "unbind_after", terms->unbind_after);
    civic_write_int(r, w, "paper_valid", terms->paper_valid);
    civic_write_end(r, w);
}


civic_result_t
kinship_relations_show(civic_request_t *r)
{
    size_t           i;
    json_t          *answer, *relation, *relations;
    const char      *language = shared_language(r);
    civic_result_t   rc;
    civic_writer_t  *w;
    kinship_terms_t  terms;

    rc = kinship_terms(r, &terms);

    if (rc == CIVIC_OK) {
        rc = civic_rule(r, "form", NULL, &answer);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    relations = json_object_get(answer, "relations");
    w = civic_reply(r, 200);
    civic_write_array(r, w, "relations");

    json_array_foreach(relations, i, relation) {
        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "code", shared_json_str(relation, "code"));
        civic_write_str(r, w, "label", shared_json_str(relation, language));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);
    write_terms(r, w, &terms);

    return CIVIC_OK;
}
