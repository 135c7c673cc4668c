/*
 * login_world.h - what the tests of the login plugin stand on: its files,
 * people, captchas that are solved, logins.
 *
 * Files that the plugin reads are made here, in a folder of the test's own;
 * hashes are cheap ones (64 KiB, 1 pass), made beforehand.
 */

#ifndef LOGIN_WORLD_H
#define LOGIN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "built.h"
#include "fake_host.h"
#include "fake_internal.h"
#include "person_record.h"

#define NUMBER      "630102199001019990"
#define OTHER       "610113198506150004"
#define NOBODY      "63010319911201999X"
#define NAME        "欧阳娜娜"
#define PASSWORD    "gelbe-Ente-47"
#define NEW_ONE     "blaue-Gans-58"
#define NOON        1773028800000LL     /* 2026-03-09T12:00:00+08:00 */

/* argon2id of PASSWORD: with the options of the tests, and with two passes */
#define TODAYS_HASH                                                           \
    "$argon2id$v=19$m=64,t=1,p=1$Y2l2aWMgdGVzdCBzYWx0IQ$"                     \
    "OnzowPR+pQVWCy+jQBeGhoXBuQxD+KWbwAdlf3mRItI"
#define FORMER_HASH                                                           \
    "$argon2id$v=19$m=64,t=2,p=1$Y2l2aWMgdGVzdCBzYWx0IQ$"                     \
    "dZ78U1FPIuoXqdG8j/XSDM/HIcG/+lxPJ7e8PnWvCTw"

static fake_host_t  *h;
static char          folder[64];

/* For start(): further options, NULL-terminated; where the rules are. */
static const char *const  *more_options;
static const char         *rules_folder = "lua/rules";

#define UNUSED  __attribute__((unused))


/* ---- files ------------------------------------------------------------- */

UNUSED static void
put_file(const char *name, const void *bytes, size_t len)
{
    char   path[256];
    FILE  *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}


/* A tenth of a second of a tone, 8,000 Hz, 8 bit. */
UNUSED static void
put_sounds(void)
{
    int            digit, i;
    char           name[128];
    unsigned char  wav[44 + 800] =
        "RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0"
        "\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x20\x03\0\0";

    snprintf(name, sizeof(name), "%s/zh", folder);
    mkdir(name, 0755);
    snprintf(name, sizeof(name), "%s/en", folder);
    mkdir(name, 0755);

    for (digit = 0; digit < 10; digit++) {
        for (i = 0; i < 800; i++) {
            wav[44 + i] = (unsigned char) (i / (4 + digit) % 2 ? 200 : 50);
        }

        snprintf(name, sizeof(name), "zh/%d.wav", digit);
        put_file(name, wav, sizeof(wav));
        snprintf(name, sizeof(name), "en/%d.wav", digit);
        put_file(name, wav, sizeof(wav));
    }
}


UNUSED static void
make_folder(void)
{
    static const char  list[] = "#!comment: well known\nPassw0rd!\r\n"
                                "qwertzuiop\n\n123456789012\n";

    strcpy(folder, "/tmp/civic-login.XXXXXX");
    assert_non_null(mkdtemp(folder));
    put_sounds();
    put_file("list", list, sizeof(list) - 1);
}


static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    return remove(path);
}


UNUSED static void
remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}


/* option: one more, or one that stands for another; may be NULL. */
UNUSED static fake_host_t *
start(const char *option, int sandbox, civic_failure_t *failure)
{
    static char  sounds[128], list[128];

    fake_host_config_t  config = {
        .plugin = built("plugins/login.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = rules_folder,
        .scripts_dir = "lua/redis",
        .origins = { "https://exam.example" },
        .options = { "argon2_memory=64", "argon2_passes=1", sounds, list },
        .sandbox = sandbox,
        .failure = failure,
    };
    size_t  i, len, n;

    snprintf(sounds, sizeof(sounds), "captcha_sounds=%s", folder);
    snprintf(list, sizeof(list), "password_blocklist=%s/list", folder);

    for (n = 0; more_options != NULL && more_options[n] != NULL; n++) {
        config.options[4 + n] = more_options[n];
    }

    if (option != NULL) {
        len = strcspn(option, "=") + 1;

        for (i = 0; config.options[i] != NULL; i++) {
            if (strncmp(config.options[i], option, len) == 0) {
                break;
            }
        }

        config.options[i] = option;
    }

    return fake_host_start(&config);
}


/* ---- people ------------------------------------------------------------ */

UNUSED static const char *
key_of(const char *number, const char *family)
{
    static char      keys[8][96];
    static unsigned  turn;

    char  *key = keys[turn++ % 8];

    snprintf(key, sizeof(keys[0]), "civic:{p:%s}:%s",
             fake_person_id(h, number), family);

    return key;
}


/* What hosts put before a purpose's name: nothing, or the plugin's. */
static const char  *before_purposes = "";


/* A captcha's id tells which. */
UNUSED static void
learn_purposes(void)
{
    int64_t         len;
    civic_str_t     none = { "", 0 };
    const char     *id;
    unsigned char   bytes[256], plain[256];

    id = fake_text(fake_request(h, CIVIC_POST, "/login/captchas",
                                &(fake_request_t) { .body = "{}" }),
                   "captcha_id");
    len = civic_base64url_decode(civic_cstr(id), bytes);
    assert_true(len > 0);

    if (civic_purpose_open(civic_keyring_purpose(h->keyring, "captcha"), none,
                           (civic_str_t) { (char *) bytes, (size_t) len },
                           plain) <= 0)
    {
        before_purposes = "login.";
    }
}


static civic_purpose_t *
purpose_of(const char *name)
{
    char  full[64];

    snprintf(full, sizeof(full), "%s%s", before_purposes, name);

    return civic_keyring_purpose(h->keyring, full);
}


static civic_str_t
sealed(const char *purpose, const char *number, civic_str_t plain)
{
    static unsigned char  out[4][1024];
    static unsigned       turn;

    int64_t          len;
    unsigned char   *to = out[turn++ % 4];
    civic_str_t      pid = civic_cstr(fake_person_id(h, number));

    len = civic_purpose_seal(purpose_of(purpose), pid, plain, to);
    assert_true(len > 0);

    return (civic_str_t) { (char *) to, (size_t) len };
}


UNUSED static void
set_password_hash(const char *number, const char *hash)
{
    civic_str_t  password = sealed("password", number, civic_cstr(hash));

    fake_redis(h, "HSET %s password %b password_set_at 1700000000000",
               key_of(number, "person"), password.data, password.len);
}


/* hash may be NULL: no password yet. */
UNUSED static void
add_person(const char *number, const char *name, const char *hash)
{
    char                     text[CIVIC_IDENTITY_TEXT];
    int64_t                  len;
    civic_str_t              identity;
    civic_id_rules_t         rules = { { 2026, 3, 9 }, 1900, 0 };
    civic_person_identity_t  who;

    assert_int_equal(civic_id_number_parse(number, strlen(number), &rules,
                                           &who.id), CIVIC_ID_OK);
    strcpy(who.name, name);
    who.name_len = strlen(name);
    len = civic_person_identity_encode(&who, text);
    identity = sealed("identity", number,
                      (civic_str_t) { text, (size_t) len });

    fake_redis(h, "HSET %s identity %b created_at 1700000000000",
               key_of(number, "person"), identity.data, identity.len);

    if (hash != NULL) {
        set_password_hash(number, hash);
    }
}


UNUSED static int
setup(void **state)
{
    (void) state;
    make_folder();
    h = start(NULL, 1, NULL);

    if (h == NULL) {
        return -1;
    }

    learn_purposes();

    return 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    remove_folder();

    return 0;
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, NOON);
    add_person(NUMBER, NAME, TODAYS_HASH);

    return 0;
}


/* ---- requests ---------------------------------------------------------- */

typedef struct {
    char  id[256];
    char  answer[16];
} captcha_t;


UNUSED static captcha_t
captcha(void)
{
    captcha_t      made;
    fake_reply_t  *rep;

    rep = fake_request(h, CIVIC_POST, "/login/captchas",
                       &(fake_request_t) { .body = "{}" });
    assert_int_equal(rep->status, 200);
    snprintf(made.id, sizeof(made.id), "%s", fake_text(rep, "captcha_id"));
    snprintf(made.answer, sizeof(made.answer), "%s",
             fake_text(rep, "sandbox_answer"));

    return made;
}


UNUSED static const char *
body_with(const char *number, const char *password, const char *id,
    const char *answer)
{
    static char      bodies[16][1024];
    static unsigned  turn;

    char  *body = bodies[turn++ % 16];

    snprintf(body, sizeof(bodies[0]), "{\"id_number\":\"%s\","
             "\"password\":\"%s\",\"captcha_id\":\"%s\","
             "\"captcha_answer\":\"%s\"}", number, password, id, answer);

    return body;
}


/* A body with a solved captcha. */
UNUSED static const char *
body_of(const char *number, const char *password)
{
    captcha_t  made = captcha();

    return body_with(number, password, made.id, made.answer);
}


UNUSED static fake_reply_t *
post(const fake_request_t *request)
{
    return fake_request(h, CIVIC_POST, "/login/password", request);
}


UNUSED static fake_reply_t *
login(const char *number, const char *password)
{
    return post(&(fake_request_t) { .body = body_of(number, password) });
}


/* From a device: what a login gave back. */
UNUSED static fake_reply_t *
login_from(const char *number, const char *password, const char *device)
{
    char  header[256];

    snprintf(header, sizeof(header), "Civic-Device: %s", device);

    return post(&(fake_request_t) {
        .body = body_of(number, password), .headers = { header }
    });
}


UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return fake_request(h, CIVIC_GET, path,
                        &(fake_request_t) { .token = token });
}


UNUSED static int64_t
number_in(const fake_reply_t *rep, const char *name)
{
    return json_integer_value(json_object_get(rep->json, name));
}


/* What the plugin logged, for a test that fails. */
UNUSED static void
tell_log(void)
{
    size_t              i;
    const char *const  *lines = fake_log(h);

    for (i = 0; lines[i] != NULL; i++) {
        fprintf(stderr, "%s\n", lines[i]);
    }
}


/* Wrong passwords, each with a captcha of its own. */
UNUSED static void
guess(const char *number, unsigned times)
{
    while (times-- > 0) {
        assert_string_equal(login(number, "wrong one")->code, "login_failed");
    }
}

#endif
