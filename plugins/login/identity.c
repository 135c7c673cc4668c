/*
 * identity.c - PUT and GET /login/identity: who a visitor says to be.
 *
 * Name and number stay a claim until a face proves both.  Nothing here looks
 * whether that number is registered, so the answers tell nothing of it; and
 * how often a claim may change is bounded by the rule "claim".
 */

#include "id_form.h"
#include "login.h"
#include "values.h"
#include "words.h"

typedef struct {
    civic_str_t               aid;
    login_account_t           account;
    civic_person_identity_t   identity;
} claim_t;


/* ---- what was typed ---------------------------------------------------- */

static civic_result_t
read_form(civic_request_t *r, civic_person_identity_t *identity,
    int *answered)
{
    size_t                nerrors = 0;
    const char           *error;
    civic_result_t        rc;
    civic_field_error_t   errors[2];

    error = shared_name_read(civic_body_str(r, "name"), identity->name,
                             &identity->name_len);
    if (error != NULL) {
        errors[nerrors++] = (civic_field_error_t) {
            .pointer = "/name", .code = error
        };
    }

    rc = login_number_judge(r, civic_body_str(r, "id_number"),
                            civic_body_str(r, "id_kind"), &identity->id,
                            &error);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (error != NULL) {
        errors[nerrors++] = (civic_field_error_t) {
            .pointer = "/id_number", .code = error
        };
    }

    if (nerrors > 0) {
        *answered = 1;
        return civic_problem_with(r, &(civic_problem_t) {
                                      .code = "invalid_fields",
                                      .errors = errors, .nerrors = nerrors,
                                  });
    }

    return CIVIC_OK;
}


/* ---- how often --------------------------------------------------------- */

static void
read_claims(civic_str_t text, json_int_t *count, json_int_t *first)
{
    *count = shared_number(shared_word(text, 0), 0);
    *first = shared_number(shared_word(text, 1), 0);
}


static civic_result_t
ask_rule(civic_request_t *r, const login_account_t *account,
    civic_str_t *claims, int *answered)
{
    json_t          *in, *decision;
    json_int_t       count, first, now = civic_now(r) / 1000;
    civic_result_t   rc;

    read_claims(account->claims, &count, &first);
    in = json_pack("{s:I}", "claims", count);

    if (in != NULL && count > 0) {
        json_object_set_new(in, "since_first", json_integer(now - first));
    }

    rc = civic_rule(r, "claim", in, &decision);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!json_is_true(json_object_get(decision, "allow"))) {
        civic_count(r, LOGIN_REFUSED, 1);
        *answered = 1;
        return civic_refuse(r, decision);
    }

    if (json_is_true(json_object_get(decision, "fresh"))) {
        count = 0;
        first = now;
    }

    *claims = civic_print(r, "%lld %lld", (long long) count + 1,
                          (long long) first);

    return CIVIC_OK;
}


/* ---- the claim --------------------------------------------------------- */

civic_result_t
login_claim_write(civic_request_t *r, civic_str_t aid,
    const login_account_t *account, const civic_person_identity_t *identity,
    civic_str_t claims, int *done)
{
    civic_str_t           key, canonical, args[6];
    civic_result_t        rc;
    const civic_value_t  *value;

    canonical.data = identity->id.text;
    canonical.len = identity->id.len;
    key = civic_person_key(r, aid, LOGIN_ACCOUNT_FAMILY);
    args[0] = account->person;
    args[1] = account->claims;
    args[2] = claims;
    args[5] = shared_decimal(r, civic_now(r));
    *done = 0;

    rc = login_identity_seal(r, aid, identity, &args[3]);

    if (rc == CIVIC_OK) {
        rc = civic_person_id(r, canonical, &args[4]);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_claim",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 6,
                      }, &value);

    *done = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


/* Whether that is what the account claims already. */
static civic_result_t
is_same(civic_request_t *r, const claim_t *claim, int *same)
{
    civic_result_t                  rc;
    civic_person_identity_t         before;
    const civic_person_identity_t  *now = &claim->identity;

    *same = 0;

    if (claim->account.claim.len == 0) {
        return CIVIC_OK;
    }

    rc = login_identity_open(r, claim->aid, claim->account.claim, &before);

    if (rc == CIVIC_OK) {
        *same = before.id.kind == now->id.kind
                && strcmp(before.id.text, now->id.text) == 0
                && strcmp(before.name, now->name) == 0;
    }

    return rc;
}


static civic_result_t
look_up(civic_request_t *r, claim_t *claim, int *answered)
{
    int             linked;
    login_person_t  person;
    civic_result_t  rc;

    rc = login_account_read(r, claim->aid, &claim->account);

    if (rc == CIVIC_OK) {
        rc = login_account_linked(r, claim->aid, &claim->account, &person,
                                  &linked);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (claim->account.subject.len == 0) {
        *answered = 1;
        return civic_problem(r, "not_found");
    }

    if (linked) {
        *answered = 1;
        return civic_problem(r, "already_proven");
    }

    return CIVIC_OK;
}


static civic_result_t
keep(civic_request_t *r, const claim_t *claim, int *answered)
{
    int             same, done;
    civic_str_t     claims;
    civic_result_t  rc;

    rc = is_same(r, claim, &same);
    if (rc != CIVIC_OK || same) {
        return rc;
    }

    rc = ask_rule(r, &claim->account, &claims, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = login_claim_write(r, claim->aid, &claim->account, &claim->identity,
                           claims, &done);

    if (rc == CIVIC_OK && !done) {
        *answered = 1;
        return civic_problem(r, "conflict");
    }

    return rc;
}


/* ---- the routes -------------------------------------------------------- */

static civic_result_t
reply(civic_request_t *r, const char *state,
    const civic_person_identity_t *identity)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "state", civic_cstr(state));

    if (identity != NULL) {
        login_person_write_masked(r, w, identity);
        civic_write_str(r, w, "kind",
                        civic_cstr(civic_id_kind_name(identity->id.kind)));
    }

    return CIVIC_OK;
}


civic_result_t
login_identity_put(civic_request_t *r)
{
    int             answered = 0;
    claim_t         claim;
    civic_result_t  rc;

    claim.aid = civic_pid(r);

    rc = read_form(r, &claim.identity, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = look_up(r, &claim, &answered);
    }

    if (rc == CIVIC_OK && !answered) {
        rc = keep(r, &claim, &answered);
    }

    return rc != CIVIC_OK || answered ? rc
           : reply(r, "claimed", &claim.identity);
}


static civic_result_t
show_account(civic_request_t *r, civic_str_t aid,
    const login_account_t *account)
{
    int                       linked;
    login_person_t            person;
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = login_account_linked(r, aid, account, &person, &linked);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!linked && account->claim.len == 0) {
        return reply(r, "none", NULL);
    }

    rc = linked ? login_person_identity(r, account->person, &person,
                                        &identity)
                : login_identity_open(r, aid, account->claim, &identity);

    return rc != CIVIC_OK ? rc
           : reply(r, linked ? "person" : "claimed", &identity);
}


civic_result_t
login_identity_get(civic_request_t *r)
{
    civic_str_t               pid = civic_pid(r);
    login_person_t            person;
    civic_result_t            rc;
    civic_command_t           commands[2];
    login_account_t           account;
    civic_person_identity_t   identity;

    login_person_command(r, pid, CIVIC_STR(""), &commands[0]);
    login_account_command(r, pid, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(commands[0].value, &person);
    login_account_take(commands[1].value, &account);

    if (person.identity.len == 0) {
        return show_account(r, pid, &account);
    }

    rc = login_person_identity(r, pid, &person, &identity);

    return rc != CIVIC_OK ? rc : reply(r, "person", &identity);
}


/* ---- for the tables ---------------------------------------------------- */

const civic_field_t  login_identity_body[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET,
      .example = SHARED_NAME_EXAMPLE,
      .zh = "姓名", .en = "the name" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 64,
      .example = SHARED_NUMBER_EXAMPLE,
      .zh = "身份证号", .en = "the identity number" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds, .fallback = "\"resident\"",
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",
      .en = "foreign_pr_old for the old foreign permanent resident's card; "
            "all others are told by their number" },
    CIVIC_END
};

static const char *const  states[] = { "none", "claimed", "person", NULL };

const civic_field_t  login_identity_reply[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "none 尚未填写，claimed 已填写未认证，person 已是本人",
      .en = "none: not entered yet; claimed: entered and not proven; person: "
            "it is who logged in" },
    { .name = "name", .type = CIVIC_TYPE_STRING,
      .zh = "姓名（脱敏）", .en = "the name, masked" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .zh = "身份证号（脱敏）", .en = "the identity number, masked" },
    { .name = "kind", .type = CIVIC_TYPE_STRING,
      .zh = "证件类型", .en = "the kind of document" },
    CIVIC_END
};

const char *const  login_identity_put_problems[] = {
    "invalid_fields", "already_proven", "too_many_claims", "conflict",
    "not_found", "overloaded", "store_unavailable", "outcome_unknown", NULL
};

const char *const  login_identity_get_problems[] = {
    "store_unavailable", NULL
};

const civic_field_t  login_claim_input[] = {
    { .name = "claims", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "本时段内已填写的次数",
      .en = "how often name and number were entered in this window" },
    { .name = "since_first", .type = CIVIC_TYPE_INTEGER,
      .zh = "距第一次的秒数", .en = "seconds since the first of them" },
    CIVIC_END
};
