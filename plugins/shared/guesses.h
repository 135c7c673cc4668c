/*
 * guesses.h - how often a password was guessed, and what follows.
 *
 * A row of guesses is "<count> <first s> <last s>" in a field of the
 * person's hash "civic:{p:<pid>}:<family>": "guesses" for all devices that
 * are not known, "guesses:<device>" for a known one, "guesses:change" for
 * proving the password in a session.  "device:<id>" says when a device last
 * logged in.  An attempt is counted BEFORE the password is looked at, by a
 * script that writes only if the row is as the rule saw it: however many
 * workers guess at once, the rule sees each.
 *
 * Nothing here knows whether the person exists.  Times are real time.
 *
 * A plugin that guesses are made at has a rule "attempt" with
 * shared_attempt_input, and SHARED_GUESSES_SCRIPTS and _PROBLEMS in its
 * tables.
 */

#ifndef CIVIC_SHARED_GUESSES_H
#define CIVIC_SHARED_GUESSES_H

#include "device.h"
#include "passwords.h"
#include "sessions.h"

/* Of a plugin. */
typedef struct {
    const char  *family;
    const char  *addresses;                 /* "civic:login:address:" */
    unsigned     refused;                   /* metrics */
    unsigned     failed;
} shared_guessing_t;

/* A row of guesses at one password, from one kind of place. */
typedef struct {
    const shared_guessing_t  *of;
    civic_str_t               key;
    civic_str_t               field;        /* "guesses", "guesses:<id>" ... */
    civic_str_t               seen;         /* as Redis has it, or empty */
    civic_str_t               reserved;     /* as we left it */
    int                       known_device;
    int                       change;       /* proof within a session */
    int64_t                   address_attempts;
    int64_t                   address_resets_in;    /* s */
} shared_guesses_t;

/* The command that reads a person's counters, and its answer taken apart:
   life is how long (s) a device is known.  device may be NULL: a change. */
void shared_guesses_command(civic_request_t *r, const shared_guessing_t *of,
    civic_str_t pid, const shared_device_t *device,
    shared_guesses_t *guesses, civic_command_t *command);
void shared_guesses_take(civic_request_t *r, const civic_value_t *value,
    const shared_device_t *device, int64_t life, shared_guesses_t *guesses);

/* Counts an attempt from this address; call it before the others. */
civic_result_t shared_guesses_address(civic_request_t *r,
    const shared_guessing_t *of, int64_t window, shared_guesses_t *guesses);

/*
 * Asks the rule, counts the attempt, then looks at the password (encoded
 * empty: as long, and never right).  What could not be looked at is not
 * counted.
 */
civic_result_t shared_guesses_try(civic_request_t *r,
    const shared_passwords_t *passwords, shared_guesses_t *guesses,
    civic_str_t encoded, civic_str_t password, int *matches, int *answered);

/* The same within a session, of the field at the pointer: answers with the
   code if it is wrong. */
civic_result_t shared_guesses_prove(civic_request_t *r,
    const shared_passwords_t *passwords, shared_guesses_t *guesses,
    civic_str_t encoded, civic_str_t password, const char *pointer,
    const char *code, int *answered);

/* "required", or another code, at that pointer. */
civic_result_t shared_field_problem(civic_request_t *r, const char *pointer,
    const char *error, const char *code);

/*
 * A login succeeded: forgets its row, remembers the device and, when renewed
 * is not empty, takes a new hash of the same password.  *done: 0 if the
 * field "password" of the record is no longer as it was read.
 */
civic_result_t shared_guesses_succeed(civic_request_t *r,
    const shared_guesses_t *guesses, civic_str_t record, civic_str_t sealed,
    civic_str_t renewed, const shared_device_t *device,
    const shared_session_rule_t *rule, int *done);


/* ---- for tables -------------------------------------------------------- */

extern const civic_field_t  shared_attempt_input[];

#define SHARED_GUESSES_SCRIPTS                                                \
    { "guesses_address", "counts an attempt from an address" },               \
    { "guesses_reserve", "counts an attempt at a password, if the counter "   \
      "is as it was read" },                                                  \
    { "guesses_succeed", "forgets the guesses and remembers the device, if "  \
      "the password is as it was read" }

#define SHARED_GUESSES_PROBLEMS                                               \
    { "too_many_guesses", 429,                                                \
      "密码错误次数过多。请在{retry_after}秒后再试，或从您曾登录过的设备登录。", \
      "Too many wrong passwords. Try again in "                               \
      "{retry_after|second|seconds}, or from a device on which you have "     \
      "logged in before." },                                                  \
    { "too_many_from_address", 429,                                           \
      "您所在网络的登录次数过多。请在{retry_after}秒后再试。",                \
      "Too many logins from your network. Try again in "                      \
      "{retry_after|second|seconds}." }

#endif
