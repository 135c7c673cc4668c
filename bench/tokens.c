/*
 * tokens.c - sessions for a bench, without thousands of logins.
 *
 *     tokens <keyring.json> citizen|staff <count> <commands> < id-numbers
 *
 * Reads canonical identity numbers, a line each, and gives their persons
 * count sessions in turn, valid for a day: the tokens go to stdout, and what
 * must be in Redis to the file commands, for redis-cli.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"

#define PEOPLE  4096
#define DAY     86400


static void
fail(const char *what)
{
    fprintf(stderr, "tokens: %s\n", what);
    exit(1);
}


static size_t
read_people(civic_keyring_t *keyring, char (*pids)[CIVIC_PID_LEN + 1])
{
    char    line[64];
    size_t  n = 0;

    while (n < PEOPLE && fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';

        if (civic_keyring_person_id(keyring, civic_cstr(line), pids[n++])) {
            fail("cannot make a person's id");
        }
    }

    return n;
}


static void
session(civic_purpose_t *purpose, int staff, const char *pid, FILE *commands)
{
    char                    token[CIVIC_SESSION_TOKEN];
    char                    text[CIVIC_SESSION_RECORD];
    int64_t                 now = (int64_t) time(NULL);
    civic_session_token_t   parts = { .staff = staff };
    civic_session_record_t  record = {
        .created = now, .seen = now, .expires = now + DAY, .idle = DAY,
        .refresh = DAY, .method = "password", .device = "",
        .roles = staff ? CIVIC_OFFICE : CIVIC_CITIZEN
    };

    memcpy(parts.pid, pid, sizeof(parts.pid));

    if (civic_session_make(purpose, &parts, token) < 0
        || civic_session_encode(&record, text) < 0)
    {
        fail("cannot make a session");
    }

    printf("%s\n", token);
    fprintf(commands, "HSET civic:{p:%s}:sessions %s \"%s\"\n", pid,
            parts.field, text);
}


int
main(int argc, char **argv)
{
    int               i, count;
    FILE             *commands;
    size_t            people;
    static char       pids[PEOPLE][CIVIC_PID_LEN + 1];
    civic_purpose_t  *purpose;
    civic_keyring_t  *keyring;
    civic_failure_t   failure = { "" };

    if (argc != 5) {
        fail("usage: tokens keyring citizen|staff count commands < numbers");
    }

    keyring = civic_keyring_load(argv[1], &failure);
    if (keyring == NULL) {
        fail(failure.text);
    }

    purpose = civic_keyring_purpose(keyring, "session");
    commands = fopen(argv[4], "w");
    people = read_people(keyring, pids);
    count = atoi(argv[3]);

    if (purpose == NULL || commands == NULL || people == 0) {
        fail("no purpose, no commands file or nobody");
    }

    for (i = 0; i < count; i++) {
        session(purpose, strcmp(argv[2], "staff") == 0,
                pids[(size_t) i % people], commands);
    }

    civic_keyring_free(keyring);

    return fclose(commands) == 0 ? 0 : 1;
}
