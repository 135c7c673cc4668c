/*
 * profile.c - GET /login/profile: the citizen's own record, masked.
 *
 * The page that everybody opens after logging in, and the figure that the
 * benchmarks hold against other servers: the pid stands in the token, so
 * the one read of the person travels in the same trip as the session's.
 */

#include "login.h"
#include "values.h"


static void
write_birth(civic_request_t *r, civic_writer_t *w,
    const civic_id_number_t *id)
{
    char  day[CIVIC_DATE_TEXT];

    if (!id->has_birth) {
        civic_write_null(r, w, "birth_date");
        civic_write_null(r, w, "sex");
        return;
    }

    civic_date_format(id->birth, day);
    civic_write_str(r, w, "birth_date",
                    (civic_str_t) { day, CIVIC_DATE_TEXT - 1 });
    civic_write_str(r, w, "sex", id->sex == 'M' ? CIVIC_STR("male")
                                                : CIVIC_STR("female"));
}


civic_result_t
login_profile(civic_request_t *r)
{
    civic_str_t               pid = civic_pid(r);
    login_person_t            person;
    civic_result_t            rc;
    civic_writer_t           *w;
    civic_command_t           command;
    const civic_value_t      *value;
    civic_person_identity_t   identity;

    login_person_command(r, pid, CIVIC_STR(""), &command);

    rc = civic_redis(r, command.argv, command.argc, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    login_person_take(value, &person);

    if (person.identity.len == 0) {
        return civic_problem(r, "not_found");
    }

    rc = login_person_identity(r, pid, &person, &identity);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    login_person_write_masked(r, w, &identity);
    civic_write_str(r, w, "kind",
                    civic_cstr(civic_id_kind_name(identity.id.kind)));
    write_birth(r, w, &identity.id);
    civic_write_bool(r, w, "has_password", person.password.len > 0);
    shared_write_instant(r, w, "created_at", person.created_at);
    shared_write_instant(r, w, "password_set_at", person.password_set_at);

    return CIVIC_OK;
}
