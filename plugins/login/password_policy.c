/*
 * password_policy.c - what a new password tells of its owner, for the rule.
 */

#include "login.h"
#include "password_text.h"

#define ID_TAIL  6                      /* digits that people use as a PIN */


static int
has(civic_str_t password, const char *part, size_t len)
{
    return civic_password_has(password.data, password.len, part, len);
}


/* "19900101" or "900101" anywhere in it. */
static int
has_birth_date(civic_str_t password, const civic_id_number_t *id)
{
    return id->has_birth && (has(password, id->text + 6, 8)
                             || has(password, id->text + 8, 6));
}


/* Whose name and number nobody knows yet tells nothing. */
static json_t *
facts_of(civic_str_t password, const civic_person_identity_t *identity)
{
    const civic_id_number_t  *id;

    if (identity == NULL) {
        return json_pack("{s:b, s:b, s:b, s:b}", "has_id_number", 0,
                         "has_id_tail", 0, "has_birth_date", 0,
                         "has_name", 0);
    }

    id = &identity->id;

    return json_pack(
        "{s:b, s:b, s:b, s:b}",
        "has_id_number", has(password, id->text, id->len),
        "has_id_tail", has(password, id->text + id->len - ID_TAIL, ID_TAIL),
        "has_birth_date", has_birth_date(password, id),
        "has_name", identity->name_len > 3
                    && has(password, identity->name, identity->name_len));
}


civic_result_t
login_policy_check(civic_request_t *r, civic_str_t password,
    civic_str_t old_password, const civic_person_identity_t *identity,
    int *answered)
{
    login_state_t  *state = civic_state(r);

    return shared_password_judge(r, &state->passwords, password, old_password,
                                 facts_of(password, identity), answered);
}
