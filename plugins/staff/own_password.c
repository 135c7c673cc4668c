/*
 * own_password.c - PUT /staff/password, and what it shares with own_totp.c.
 *
 * The old password is always asked for, and guesses at it are counted in a
 * row of their own: who stole a session can neither guess on nor keep the
 * owner from logging in.
 */

#include "password_text.h"
#include "staff.h"


civic_result_t
staff_owner_read(civic_request_t *r, staff_owner_t *owner)
{
    civic_result_t   rc;
    civic_command_t  commands[2];

    memset(owner, 0, sizeof(*owner));
    owner->who = civic_principal(r);
    staff_account_of(r, owner->who->pid, &owner->account);

    staff_account_command(r, &owner->account, &commands[0]);
    shared_guesses_command(r, &staff_guessing, owner->who->pid, NULL,
                           &owner->guesses, &commands[1]);

    rc = civic_pipeline(r, commands, 2);
    if (rc != CIVIC_OK) {
        return rc;
    }

    staff_account_take(commands[0].value, &owner->account);
    shared_guesses_take(r, commands[1].value, NULL, 0, &owner->guesses);

    return shared_hash_open(r, owner->who->pid, owner->account.password,
                            &owner->encoded);
}


civic_result_t
staff_owner_set(civic_request_t *r, const staff_owner_t *owner,
    const char *what, civic_str_t value, int64_t number, unsigned flags,
    int *done)
{
    civic_str_t           keys[3], args[5];
    civic_result_t        rc;
    const civic_value_t  *answer;

    *done = 0;

    if (owner->account.version.len == 0) {
        return CIVIC_OK;
    }

    keys[0] = owner->account.key;
    keys[1] = owner->guesses.key;

    args[0] = owner->account.version;
    args[1] = civic_cstr(what);
    args[2] = value;
    args[3] = shared_decimal(r, number);

    rc = staff_audit(r, civic_print(r, "staff.own_%s", what).data,
                     owner->account.pid, NULL, keys[0], &keys[2], &args[4]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "staff_secret",
                          .keys = keys, .nkeys = 3, .args = args, .nargs = 5,
                          .flags = flags,
                      }, &answer);

    *done = rc == CIVIC_OK && answer->integer == 1;

    return rc;
}


civic_result_t
staff_owner_finish(civic_request_t *r, const staff_owner_t *owner,
    int initial, int has_totp, int *again)
{
    *again = owner->who->must_set_password && !initial && has_totp;

    return shared_session_end(r, *again ? CIVIC_SESSION_ALL
                                        : CIVIC_SESSION_OTHERS);
}


/* Letters a-z of any case are one: "WangFang1" has the name wangfang. */
static int
has_name(civic_request_t *r, civic_str_t password, civic_str_t name)
{
    int     found;
    char   *lower = civic_alloc(r, password.len + 1);
    size_t  i;

    for (i = 0; i < password.len; i++) {
        lower[i] = password.data[i];

        if (lower[i] >= 'A' && lower[i] <= 'Z') {
            lower[i] = (char) (lower[i] + ('a' - 'A'));
        }
    }

    found = civic_password_has(lower, password.len, name.data, name.len);
    explicit_bzero(lower, password.len);

    return found;
}


/* The policy first: it costs no guess, and tells nothing. */
static civic_result_t
judge(civic_request_t *r, staff_owner_t *owner, int *answered)
{
    civic_str_t     name, old_password, new_password;
    staff_state_t  *state = civic_state(r);
    civic_result_t  rc;

    old_password = civic_body_str(r, "old_password");
    new_password = civic_body_str(r, "new_password");

    rc = staff_owner_read(r, owner);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = staff_account_name(r, &owner->account, &name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_password_judge(r, &state->passwords, new_password,
                               old_password,
                               json_pack("{s:b}", "has_name",
                                         has_name(r, new_password, name)),
                               answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    return shared_guesses_prove(r, &state->passwords, &owner->guesses,
                                owner->encoded, old_password,
                                "/old_password", "old_password_wrong",
                                answered);
}


static civic_result_t
finish(civic_request_t *r, const staff_owner_t *owner, civic_msec_t set_at)
{
    int              again, has_totp = owner->account.totp.len > 0;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = staff_owner_finish(r, owner, 0, has_totp, &again);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, STAFF_PASSWORDS_SET, 1);

    w = civic_reply(r, 200);
    civic_write_instant(r, w, "password_set_at", set_at);
    civic_write_bool(r, w, "must_set_totp", !has_totp);
    civic_write_bool(r, w, "log_in_again", again);

    return CIVIC_OK;
}


civic_result_t
staff_password(civic_request_t *r)
{
    int             done, answered = 0;
    civic_str_t     sealed;
    civic_msec_t    now;
    staff_owner_t   owner;
    staff_state_t  *state = civic_state(r);
    civic_result_t  rc;

    rc = judge(r, &owner, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = shared_hash_make(r, &state->passwords, owner.who->pid,
                          civic_body_str(r, "new_password"), &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    now = civic_now(r);

    rc = staff_owner_set(r, &owner, "password", sealed, now,
                         CIVIC_SCRIPT_DURABLE, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return done ? finish(r, &owner, now) : civic_problem(r, "conflict");
}
