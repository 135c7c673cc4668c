/*
 * staff_world.h - what the tests of the staff plugin stand on: accounts that
 * are set up, codes, logins.
 *
 * Hashes are cheap ones (64 KiB, 1 pass), made beforehand.
 */

#ifndef STAFF_WORLD_H
#define STAFF_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "built.h"
#include "fake_host.h"
#include "fake_internal.h"
#include "staff_record.h"
#include "totp.h"

#define PASSWORD  "gelbe-Ente-47"
#define NEW_ONE   "Blaue-Gans-5858"
#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define SECRET    "12345678901234567890"
#define HASH      /* argon2id of PASSWORD */                                  \
    "$argon2id$v=19$m=64,t=1,p=1$Y2l2aWMgdGVzdCBzYWx0IQ$"                     \
    "OnzowPR+pQVWCy+jQBeGhoXBuQxD+KWbwAdlf3mRItI"

#define UNUSED  __attribute__((unused))

static fake_host_t  *h;
static char          list[64];


/* ---- the world --------------------------------------------------------- */

UNUSED static int
setup(void **state)
{
    int          file;
    static char  option[128];

    (void) state;

    strcpy(list, "/tmp/civic-staff.XXXXXX");
    file = mkstemp(list);
    assert_true(file >= 0);
    assert_int_equal(write(file, "Passw0rd-Passw0rd\n", 18), 18);
    close(file);
    snprintf(option, sizeof(option), "password_blocklist=%s", list);

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/staff.so"),
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .origins = { "https://office.example" },
        .options = { "argon2_memory=64", "argon2_passes=1", "issuer=省级",
                     option },
        .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    unlink(list);

    return 0;
}


UNUSED static const char *
pid_of(const char *name)
{
    char  canonical[CIVIC_STAFF_CANONICAL];

    assert_true(civic_staff_canonical(name, strlen(name), canonical) > 0);

    return fake_person_id(h, canonical);
}


UNUSED static const char *
key_of(const char *name, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s", pid_of(name), family);

    return key;
}


UNUSED static civic_str_t
sealed(const char *purpose, const char *name, const char *plain)
{
    static unsigned char  out[4][512];
    static unsigned       turn;

    int64_t         len;
    unsigned char  *to = out[turn++ % 4];

    len = civic_purpose_seal(civic_keyring_purpose(h->keyring, purpose),
                             civic_cstr(pid_of(name)), civic_cstr(plain), to);
    assert_true(len > 0);

    return (civic_str_t) { (char *) to, (size_t) len };
}


/* One that is set up: PASSWORD and SECRET. */
UNUSED static void
add(const char *name, const char *roles)
{
    civic_str_t  n = sealed("staff", name, name);
    civic_str_t  p = sealed("password", name, HASH);
    civic_str_t  t = sealed("staff", name, SECRET);

    fake_redis(h, "HSET %s name %b roles %s password %b totp %b version 1 "
               "password_set_at %lld created_at 1700000000000 creation x",
               key_of(name, "staff"), n.data, n.len, roles, p.data, p.len,
               t.data, t.len, (long long) fake_now(h));
    fake_redis(h, "ZADD civic:{staff}:accounts 1700000000000 %s",
               pid_of(name));

    if (strstr(roles, "administrator") != NULL) {
        fake_redis(h, "SADD civic:{staff}:administrators %s", pid_of(name));
    }
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    add("wang.fang", "reviewer,office");
    add("boss", "administrator");

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static const char *
code_of(const char *secret)
{
    static char  code[CIVIC_TOTP_DIGITS + 1];

    assert_int_equal(civic_totp_code(secret, strlen(secret),
                                     fake_now(h) / 1000, code), 0);

    return code;
}


UNUSED static const char *
body_of(const char *name, const char *password, const char *totp)
{
    static char      bodies[8][256];
    static unsigned  turn;

    char  *body = bodies[turn++ % 8];

    if (totp == NULL) {
        snprintf(body, sizeof(bodies[0]),
                 "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);

    } else {
        snprintf(body, sizeof(bodies[0]), "{\"name\":\"%s\","
                 "\"password\":\"%s\",\"totp\":\"%s\"}", name, password,
                 totp);
    }

    return body;
}


UNUSED static fake_reply_t *
login_as(const char *name, const char *password, const char *totp)
{
    return fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of(name, password, totp)
    });
}


/* With the right code. */
UNUSED static fake_reply_t *
login(const char *name, const char *password)
{
    return login_as(name, password, code_of(SECRET));
}


UNUSED static fake_reply_t *
login_from(const char *name, const char *password, const char *device)
{
    static char  header[512];

    snprintf(header, sizeof(header), "Civic-Device: %s", device);

    return fake_request(h, CIVIC_POST, "/staff/sessions", &(fake_request_t) {
        .body = body_of(name, password, code_of(SECRET)),
        .headers = { header }
    });
}


UNUSED static const char *
token_of(const char *name)
{
    fake_reply_t  *rep = login(name, PASSWORD);

    assert_int_equal(rep->status, 200);

    return fake_text(rep, "token");
}


UNUSED static fake_reply_t *
ask(civic_method_t method, const char *path, const char *token,
    const char *body)
{
    return fake_request(h, method, path, &(fake_request_t) {
        .token = token, .body = body, .headers = { "Idempotency-Key: k1" }
    });
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return fake_request(h, CIVIC_GET, path,
                        &(fake_request_t) { .token = token });
}


UNUSED static int
is_true(const fake_reply_t *rep, const char *name)
{
    json_t  *value = json_object_get(rep->json, name);

    assert_true(json_is_boolean(value));

    return json_is_true(value);
}


UNUSED static const char *
passwords(const char *old, const char *new)
{
    static char  body[256];

    snprintf(body, sizeof(body),
             "{\"old_password\":\"%s\",\"new_password\":\"%s\"}", old, new);

    return body;
}


/* The fresh secret, as bytes with a NUL. */
UNUSED static void
take_secret(const fake_reply_t *rep, char *secret)
{
    const char  *text = fake_text(rep, "secret");

    assert_int_equal(rep->status, 200);
    assert_null(rep->undocumented);
    assert_int_equal(civic_base32_decode(text, strlen(text), secret), 20);
    assert_non_null(strstr(fake_text(rep, "uri"), text));
    assert_ptr_equal(strstr(fake_text(rep, "uri"),
                            "otpauth://totp/%E7%9C%81%E7%BA%A7:"),
                     fake_text(rep, "uri"));
}


UNUSED static const char *
confirmation(const char *secret, int64_t offset)
{
    char         code[CIVIC_TOTP_DIGITS + 1];
    static char  body[64];

    assert_int_equal(civic_totp_code(secret, 20, fake_now(h) / 1000 + offset,
                                     code), 0);
    snprintf(body, sizeof(body), "{\"totp\":\"%s\"}", code);

    return body;
}

#endif
