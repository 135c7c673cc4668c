/*
 * person.c - the person's record, as kit/person_record.h describes it.
 *
 * All of it is read in one command; what is sealed is opened only when it is
 * used.
 */

#include "login.h"
#include "values.h"

#define PERSON_FIELDS  9


void
login_person_command(civic_request_t *r, civic_str_t pid, civic_str_t aid,
    civic_command_t *command)
{
    civic_str_t  *argv;

    argv = civic_alloc(r, (PERSON_FIELDS + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, CIVIC_PERSON_FAMILY);
    argv[2] = CIVIC_STR(CIVIC_IDENTITY);
    argv[3] = CIVIC_STR(CIVIC_PASSWORD);
    argv[4] = CIVIC_STR("created_at");
    argv[5] = CIVIC_STR("password_set_at");
    argv[6] = CIVIC_STR("proven");
    argv[7] = CIVIC_STR("locked");
    argv[8] = civic_print(r, LOGIN_LINK "%.*s", (int) aid.len, aid.data);
    argv[9] = CIVIC_STR("recovered_at");
    argv[10] = CIVIC_STR("ended_at");

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = PERSON_FIELDS + 2;
}


void
login_person_take(const civic_value_t *value, login_person_t *person)
{
    person->identity = shared_item(value, 0);
    person->password = shared_item(value, 1);
    person->created_at = shared_item(value, 2);
    person->password_set_at = shared_item(value, 3);
    person->proven = shared_item(value, 4);
    person->locked = shared_item(value, 5);
    person->linked = shared_item(value, 6);
    person->recovered_at = shared_item(value, 7);
    person->ended_at = shared_item(value, 8);
}


civic_result_t
login_identity_open(civic_request_t *r, civic_str_t owner, civic_str_t sealed,
    civic_person_identity_t *identity)
{
    civic_str_t     plain;
    civic_result_t  rc;

    rc = civic_open(r, CIVIC_IDENTITY, owner, sealed, &plain);

    if (rc == CIVIC_OK
        && civic_person_identity_decode(plain.data, plain.len, identity) != 0)
    {
        rc = CIVIC_INVALID;
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "the identity of person \"%.*s\" "
                  "cannot be read", (int) owner.len, owner.data);
    }

    return rc;
}


civic_result_t
login_identity_seal(civic_request_t *r, civic_str_t owner,
    const civic_person_identity_t *identity, civic_str_t *sealed)
{
    char         text[CIVIC_IDENTITY_TEXT];
    int64_t      len = civic_person_identity_encode(identity, text);
    civic_str_t  plain = { text, (size_t) len };

    return len < 0 ? CIVIC_ERROR
                   : civic_seal(r, CIVIC_IDENTITY, owner, plain, sealed);
}


civic_result_t
login_person_identity(civic_request_t *r, civic_str_t pid,
    const login_person_t *person, civic_person_identity_t *identity)
{
    return login_identity_open(r, pid, person->identity, identity);
}


civic_result_t
login_person_read(civic_request_t *r, civic_str_t pid, civic_str_t aid,
    login_person_t *person)
{
    civic_result_t        rc;
    civic_command_t       command;
    const civic_value_t  *value;

    login_person_command(r, pid, aid, &command);

    rc = civic_redis(r, command.argv, command.argc, &value);
    if (rc == CIVIC_OK) {
        login_person_take(value, person);
    }

    return rc;
}


void
login_person_write_masked(civic_request_t *r, civic_writer_t *w,
    const civic_person_identity_t *identity)
{
    char         name[CIVIC_NAME_BYTES], number[CIVIC_ID_TEXT];
    civic_str_t  text;

    text.data = name;
    text.len = civic_name_mask(identity->name, identity->name_len, name);
    civic_write_str(r, w, "name", text);

    text.data = number;
    text.len = civic_id_number_mask(identity->id.text, identity->id.len,
                                    number);
    civic_write_str(r, w, "id_number", text);
}
