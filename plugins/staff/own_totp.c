/*
 * own_totp.c - POST and PUT /staff/totp: a fresh secret, and the code that
 * proves that the authenticator has it.
 *
 * The fresh secret waits beside the one in force, so that nobody is locked
 * out by a page that was closed half way.  The password is asked for: a
 * stolen session is not enough to put another authenticator in its place.
 */

#include "staff.h"
#include "words.h"

#define BEFORE_FALLBACK  1                  /* steps */
#define AFTER_FALLBACK   1
#define URI_BYTES        1024


civic_result_t
staff_totp_match(civic_request_t *r, civic_str_t secret, civic_str_t code,
    int64_t *step)
{
    json_t          *rule;
    unsigned         before, after;
    civic_result_t   rc;

    static const unsigned char  zeros[CIVIC_TOTP_SECRET];

    rc = civic_rule(r, "totp", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    before = (unsigned) shared_rule_number(rule, "before", BEFORE_FALLBACK, 0,
                                           CIVIC_TOTP_WINDOW);
    after = (unsigned) shared_rule_number(rule, "after", AFTER_FALLBACK, 0,
                                          CIVIC_TOTP_WINDOW);

    if (secret.len == 0) {
        secret = (civic_str_t) { (const char *) zeros, sizeof(zeros) };
    }

    *step = civic_totp_match(secret.data, secret.len, code.data, code.len,
                             civic_now(r) / 1000, before, after);

    return CIVIC_OK;
}


static civic_result_t
write_secret(civic_request_t *r, const staff_owner_t *owner,
    civic_str_t secret)
{
    int              len;
    char            *uri = civic_alloc(r, URI_BYTES);
    char            *base32 = civic_alloc(r, CIVIC_BASE32_ROOM(secret.len));
    civic_str_t      name;
    staff_state_t   *state = civic_state(r);
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = staff_account_name(r, &owner->account, &name);
    if (rc != CIVIC_OK) {
        return rc;
    }

    name = shared_copy(r, name);
    len = civic_totp_uri(state->issuer, name.data, secret.data, secret.len,
                         uri, URI_BYTES);
    if (len < 0) {
        return CIVIC_ERROR;
    }

    (void) civic_base32_encode(secret.data, secret.len, base32);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "uri", (civic_str_t) { uri, (size_t) len });
    civic_write_str(r, w, "secret", civic_cstr(base32));

    return CIVIC_OK;
}


civic_result_t
staff_totp_begin(civic_request_t *r)
{
    int              done, answered = 0;
    civic_str_t      secret, sealed;
    staff_owner_t    owner;
    staff_state_t   *state = civic_state(r);
    civic_result_t   rc;
    unsigned char    bytes[CIVIC_TOTP_SECRET];

    rc = staff_owner_read(r, &owner);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = shared_guesses_prove(r, &state->passwords, &owner.guesses,
                              owner.encoded, civic_body_str(r, "password"),
                              "/password", "password_wrong", &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    secret = (civic_str_t) { (const char *) bytes, sizeof(bytes) };

    rc = civic_seal(r, CIVIC_STAFF_PURPOSE, owner.who->pid, secret, &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = staff_owner_set(r, &owner, "pending", sealed, 0, 0, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return done ? write_secret(r, &owner, secret)
                : civic_problem(r, "conflict");
}


static civic_result_t
finish(civic_request_t *r, const staff_owner_t *owner)
{
    int              again;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = staff_owner_finish(r, owner, owner->account.initial, 1, &again);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, STAFF_TOTP_SET, 1);

    w = civic_reply(r, 200);
    civic_write_bool(r, w, "must_set_password", owner->account.initial);
    civic_write_bool(r, w, "log_in_again", again);

    return CIVIC_OK;
}


civic_result_t
staff_totp_confirm(civic_request_t *r)
{
    int             done;
    int64_t         step;
    civic_str_t     secret;
    staff_owner_t   owner;
    civic_result_t  rc;

    rc = staff_owner_read(r, &owner);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (owner.account.totp_pending.len == 0) {
        return civic_problem(r, "totp_not_begun");
    }

    rc = staff_account_secret(r, &owner.account, owner.account.totp_pending,
                              &secret);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = staff_totp_match(r, secret, civic_body_str(r, "totp"), &step);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (step < 0) {
        return shared_field_problem(r, "/totp", "totp_wrong", "totp_wrong");
    }

    rc = staff_owner_set(r, &owner, "totp", owner.account.totp_pending, step,
                         CIVIC_SCRIPT_DURABLE, &done);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return done ? finish(r, &owner) : civic_problem(r, "conflict");
}
