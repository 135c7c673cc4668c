/*
 * civic_world.h - what the tests of the plugin "civic" stand on: it and
 * another plugin (CIVIC_WORLD_OTHER, or the neighbour), a citizen, somebody
 * of the staff; scripts and rules in a folder of their own.
 */

#ifndef CIVIC_WORLD_H
#define CIVIC_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define NOON     1773028800000LL        /* 2026-03-09T12:00:00+08:00 */
#define CITIZEN  "630105199003079996"
#define OTHER    "63280119850601000X"
#define WORKER   "staff:desk"

#define UNUSED  __attribute__((unused))

#ifndef CIVIC_WORLD_OTHER
#define CIVIC_WORLD_OTHER  "t/plugin/fixtures/neighbour.so"
#endif

static fake_host_t  *h;
static const char   *citizen;           /* a token */
static char          scripts[64];


static void
run(const char *command, const char *folder)
{
    char  line[256];

    snprintf(line, sizeof(line), "%s %s", command, folder);
    assert_int_equal(system(line), 0);
}


/* The scripts of both plugins, and the rules. */
UNUSED static void
make_folder(void)
{
    strcpy(scripts, "/tmp/civic-scripts.XXXXXX");
    assert_non_null(mkdtemp(scripts));
    run("cp lua/redis/*.lua t/plugin/fixtures/redis/*.lua", scripts);
    run("cp lua/rules/civic.lua", scripts);
}


UNUSED static int
start(const char *first_option, const char *second_option)
{
    if (scripts[0] == '\0') {
        make_folder();
    }

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/civic.so"),
        .others = { built(CIVIC_WORLD_OTHER) },
        .rules_dir = scripts, .scripts_dir = scripts,
        .options = { first_option, second_option },
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    run("rm -r", scripts);

    return 0;
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    citizen = fake_session(h, CITIZEN, CIVIC_CITIZEN);

    return 0;
}


UNUSED static const char *
key_of(const char *person, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s",
             fake_person_id(h, person), family);

    return key;
}


/* ---- requests ---------------------------------------------------------- */

/* Whatever is answered is what the tables say. */
static fake_reply_t *
checked(fake_reply_t *rep)
{
    if (rep->undocumented != NULL) {
        fail_msg("%s: %s", rep->undocumented, rep->body);
    }

    return rep;
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path, &(fake_request_t) {
        .token = token
    }));
}


UNUSED static fake_reply_t *
get_english(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path, &(fake_request_t) {
        .token = token, .headers = { "Accept-Language: en" }
    }));
}


UNUSED static fake_reply_t *
send_to(civic_method_t method, const char *path, const char *token,
    const char *body)
{
    static char      key[64];
    static unsigned  n;

    snprintf(key, sizeof(key), "Idempotency-Key: k%u", n++);

    return checked(fake_request(h, method, path, &(fake_request_t) {
        .token = token, .body = body, .headers = { key }
    }));
}


UNUSED static int64_t
number(const fake_reply_t *rep, const char *name)
{
    json_t  *value = json_object_get(rep->json, name);

    assert_true(json_is_integer(value));

    return json_integer_value(value);
}


UNUSED static int
is_true(const json_t *object, const char *name)
{
    json_t  *value = json_object_get(object, name);

    assert_true(json_is_boolean(value));

    return json_is_true(value);
}


UNUSED static const char *
text_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    assert_non_null(text);

    return text;
}

#endif
