/*
 * keyring_test.c - keyring.c and base64url.c: what is refused at reading,
 * that nothing forged, moved or cut opens, and that keys rotate.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "keyring.h"

#define SECRET_1  "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET_2  "AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET_3  "AwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PERSON    "CQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

#define KEY(id, state, secret)                                                \
    "{\"id\":" id ",\"state\":\"" state "\",\"secret\":\"" secret "\"}"
#define RING(keys)                                                            \
    "{\"version\":1,\"person_key\":\"" PERSON "\",\"keys\":[" keys "]}"

#define ONE  RING(KEY("1", "active", SECRET_1))


static civic_keyring_t *
ring(const char *text)
{
    civic_failure_t   failure = { "" };
    civic_keyring_t  *keyring;

    keyring = civic_keyring_parse(text, strlen(text), &failure);
    if (keyring == NULL) {
        fail_msg("%s", failure.text);
    }

    return keyring;
}

static void
refused(const char *text, const char *why)
{
    civic_failure_t  failure = { "" };

    assert_null(civic_keyring_parse(text, strlen(text), &failure));
    if (strstr(failure.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, why);
    }
}

static void
reads_a_keyring(void **state)
{
    uint32_t          ids[CIVIC_KEYRING_KEYS];
    civic_keyring_t  *keyring;

    (void) state;

    keyring = ring(RING(KEY("7", "retired", SECRET_1) ","
                        KEY("4294967295", "active", SECRET_2) ","
                        KEY("9", "added", SECRET_3)));
    assert_int_equal(civic_keyring_active(keyring), 4294967295u);
    assert_int_equal(civic_keyring_ids(keyring, ids), 3);
    assert_int_equal(ids[0], 7);
    assert_int_equal(ids[1], 4294967295u);
    assert_int_equal(ids[2], 9);
    civic_keyring_free(keyring);
    civic_keyring_free(NULL);
}

static void
refuses_broken_keyrings(void **state)
{
    int     i;
    char    many[4096];
    size_t  n;

    (void) state;

    refused("", "not JSON");
    refused("{\"version\":1,\"version\":1}", "not JSON");
    refused("[]", "version");
    refused("{\"version\":2,\"person_key\":\"" PERSON "\",\"keys\":[]}",
            "version");
    refused("{\"version\":1,\"keys\":[]}", "person_key");
    refused("{\"version\":1,\"person_key\":\"AAAA\",\"keys\":[]}",
            "person_key");
    refused("{\"version\":1,\"person_key\":\"" PERSON "\"}", "keys");
    refused(RING(""), "0 keys are \"active\"");
    refused(RING(KEY("1", "added", SECRET_1)), "0 keys");
    refused(RING(KEY("1", "active", SECRET_1) ","
                 KEY("2", "active", SECRET_2)), "2 keys");
    refused(RING(KEY("1", "active", SECRET_1) ","
                 KEY("1", "added", SECRET_2)), "twice");
    refused(RING(KEY("0", "active", SECRET_1)), "\"id\"");
    refused(RING(KEY("4294967296", "active", SECRET_1)), "\"id\"");
    refused(RING(KEY("\"1\"", "active", SECRET_1)), "\"id\"");
    refused(RING(KEY("1", "live", SECRET_1)), "state");
    refused(RING("{\"id\":1,\"secret\":\"" SECRET_1 "\"}"), "state");
    refused(RING("{\"id\":1,\"state\":\"active\"}"), "secret");
    refused(RING(KEY("1", "active", "AQEC")), "secret");
    refused(RING(KEY("1", "active",
                     "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=")),
            "secret");
    refused(RING(KEY("1", "active",
                     "*QECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")),
            "secret");
    refused(RING(KEY("1", "active", PERSON)), "person key");

    n = (size_t) snprintf(many, sizeof(many), "{\"version\":1,\"person_key\":"
                          "\"" PERSON "\",\"keys\":[");
    for (i = 1; i <= CIVIC_KEYRING_KEYS + 1; i++) {
        n += (size_t) snprintf(many + n, sizeof(many) - n, "%s{\"id\":%d,"
                               "\"state\":\"%s\",\"secret\":\"" SECRET_1
                               "\"}", i == 1 ? "" : ",", i,
                               i == 1 ? "active" : "added");
    }

    snprintf(many + n, sizeof(many) - n, "]}");
    refused(many, "at most 16");
}

static void
tells_no_secret(void **state)
{
    civic_failure_t  failure;
    const char      *text = "{\"person_key\": \"geheim\" \"geheim\"";

    (void) state;

    assert_null(civic_keyring_parse(text, strlen(text), &failure));
    assert_null(strstr(failure.text, "geheim"));
}

static void
load_refused(const char *path, const char *why)
{
    civic_failure_t  failure = { "" };

    assert_null(civic_keyring_load(path, &failure));
    if (strstr(failure.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", failure.text, why);
    }
}

static void
loads_files_of_mode_0600_only(void **state)
{
    int               fd;
    char              path[] = "/tmp/civic-keyring-XXXXXX", big[65536 + 8];
    civic_failure_t   failure = { "" };
    civic_keyring_t  *keyring;

    (void) state;

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, ONE, strlen(ONE)), strlen(ONE));

    keyring = civic_keyring_load(path, &failure);
    assert_non_null(keyring);
    civic_keyring_free(keyring);

    assert_int_equal(fchmod(fd, 0640), 0);
    load_refused(path, "0640");
    assert_int_equal(fchmod(fd, 0604), 0);
    load_refused(path, "0604");
    assert_int_equal(fchmod(fd, 0600), 0);

    if (geteuid() == 0) {
        assert_int_equal(fchown(fd, 12345, 0), 0);
        load_refused(path, "12345");
        assert_int_equal(fchown(fd, 0, 0), 0);
    }

    memset(big, ' ', sizeof(big));
    assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
    load_refused(path, "too large");

    close(fd);
    unlink(path);
    load_refused(path, "cannot open");
    load_refused("/tmp", "regular");

    assert_int_equal(mkfifo(path, 0600), 0);
    load_refused(path, "regular");
    unlink(path);
}

static civic_str_t
str(const void *data, int64_t len)
{
    return (civic_str_t) { data, (size_t) len };
}

static void
seals_and_opens(void **state)
{
    char              plain[1000], out[1100];
    size_t            len;
    int64_t           n;
    unsigned char     sealed[1100];
    civic_keyring_t  *keyring = ring(ONE);
    civic_purpose_t  *purpose = civic_keyring_purpose(keyring, "profile");

    (void) state;

    for (len = 0; len < sizeof(plain); len++) {
        plain[len] = (char) len;
    }

    for (len = 0; len <= sizeof(plain); len += 37) {
        n = civic_purpose_seal(purpose, CIVIC_STR("who"), str(plain, len),
                               sealed);
        assert_int_equal(n, len + CIVIC_SEAL_OVERHEAD);
        assert_int_equal(sealed[0], 1);
        assert_memory_equal(sealed + 1, "\0\0\0\1", 4);
        assert_int_equal(civic_purpose_open(purpose, CIVIC_STR("who"),
                                            str(sealed, n),
                                            (unsigned char *) out), len);
        assert_memory_equal(out, plain, len);
    }

    civic_keyring_free(keyring);
}

static void
opens_nothing_forged(void **state)
{
    int64_t           n, i;
    unsigned char     sealed[64], out[64];
    civic_keyring_t  *keyring = ring(ONE);
    civic_purpose_t  *purpose = civic_keyring_purpose(keyring, "profile");

    (void) state;

    n = civic_purpose_seal(purpose, CIVIC_STR("who"), CIVIC_STR("plain"),
                           sealed);

    for (i = 0; i < n * 8; i++) {
        sealed[i / 8] ^= (unsigned char) (1u << (i % 8));
        assert_int_equal(civic_purpose_open(purpose, CIVIC_STR("who"),
                                            str(sealed, n), out), -1);
        sealed[i / 8] ^= (unsigned char) (1u << (i % 8));
    }

    for (i = 0; i < n; i++) {
        assert_int_equal(civic_purpose_open(purpose, CIVIC_STR("who"),
                                            str(sealed, i), out), -1);
    }

    /* What failed leaves no plain text, and the context usable. */
    memset(out, 0xff, sizeof(out));
    sealed[n - 1] ^= 1;
    assert_int_equal(civic_purpose_open(purpose, CIVIC_STR("who"),
                                        str(sealed, n), out), -1);
    assert_memory_equal(out, "\0\0\0\0\0", 5);
    sealed[n - 1] ^= 1;
    assert_int_equal(civic_purpose_open(purpose, CIVIC_STR("who"),
                                        str(sealed, n), out), 5);

    civic_keyring_free(keyring);
}

static void
keeps_purposes_and_contexts_apart(void **state)
{
    int64_t           n;
    unsigned char     sealed[64], out[64];
    civic_keyring_t  *keyring = ring(ONE);
    civic_purpose_t  *profile = civic_keyring_purpose(keyring, "profile");
    civic_purpose_t  *health = civic_keyring_purpose(keyring, "health");

    (void) state;

    assert_ptr_equal(civic_keyring_purpose(keyring, "profile"), profile);
    assert_ptr_not_equal(profile, health);
    assert_null(civic_keyring_purpose(keyring, ""));

    n = civic_purpose_seal(health, CIVIC_STR("who"), CIVIC_STR("plain"),
                           sealed);
    assert_int_equal(civic_purpose_open(profile, CIVIC_STR("who"),
                                        str(sealed, n), out), -1);
    assert_int_equal(civic_purpose_open(health, CIVIC_STR("whom"),
                                        str(sealed, n), out), -1);
    assert_int_equal(civic_purpose_open(health, CIVIC_STR(""),
                                        str(sealed, n), out), -1);
    assert_int_equal(civic_purpose_open(health, CIVIC_STR("who"),
                                        str(sealed, n), out), 5);

    n = civic_purpose_seal(health, CIVIC_STR(""), CIVIC_STR("plain"), sealed);
    assert_int_equal(civic_purpose_open(health, CIVIC_STR("who"),
                                        str(sealed, n), out), -1);
    assert_int_equal(civic_purpose_open(health, CIVIC_STR(""),
                                        str(sealed, n), out), 5);

    civic_keyring_free(keyring);
}

/* Sealed under one keyring, opened under another. */
static int64_t
across(const char *from, const char *to)
{
    int64_t           n;
    unsigned char     sealed[64], out[64];
    civic_keyring_t  *keyring = ring(from);

    n = civic_purpose_seal(civic_keyring_purpose(keyring, "p"),
                           CIVIC_STR("c"), CIVIC_STR("plain"), sealed);
    civic_keyring_free(keyring);

    keyring = ring(to);
    n = civic_purpose_open(civic_keyring_purpose(keyring, "p"),
                           CIVIC_STR("c"), str(sealed, n), out);
    civic_keyring_free(keyring);

    return n;
}

static void
rotates(void **state)
{
    const char *added = RING(KEY("1", "active", SECRET_1) ","
                             KEY("2", "added", SECRET_2));
    const char *rotated = RING(KEY("1", "retired", SECRET_1) ","
                               KEY("2", "active", SECRET_2));
    const char *alone = RING(KEY("2", "active", SECRET_2));
    const char *other = RING(KEY("1", "active", SECRET_3));

    (void) state;

    assert_int_equal(across(ONE, added), 5);
    assert_int_equal(across(added, ONE), 5);
    assert_int_equal(across(added, rotated), 5);
    assert_int_equal(across(rotated, added), 5);
    assert_int_equal(across(rotated, alone), 5);
    assert_int_equal(across(rotated, ONE), -1);
    assert_int_equal(across(ONE, alone), -1);
    assert_int_equal(across(ONE, other), -1);
}

static void
repeats_no_nonce(void **state)
{
    int               i, j, status, pipes[2];
    static unsigned char  seen[2000][12];
    unsigned char     sealed[64], child[64];
    civic_keyring_t  *keyring = ring(ONE);
    civic_purpose_t  *purpose = civic_keyring_purpose(keyring, "p");

    (void) state;

    for (i = 0; i < 2000; i++) {
        civic_purpose_seal(purpose, CIVIC_STR(""), CIVIC_STR(""), sealed);
        memcpy(seen[i], sealed + 5, 12);
    }

    for (i = 0; i < 2000; i++) {
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(seen[i], seen[j], 12);
        }
    }

    /* Nor do two workers, forked in the middle of a batch. */
    assert_int_equal(pipe(pipes), 0);

    if (fork() == 0) {
        civic_purpose_seal(purpose, CIVIC_STR(""), CIVIC_STR(""), sealed);
        _exit(write(pipes[1], sealed, 33) != 33);
    }

    assert_int_equal(read(pipes[0], child, 33), 33);
    wait(&status);
    assert_int_equal(status, 0);
    civic_purpose_seal(purpose, CIVIC_STR(""), CIVIC_STR(""), sealed);
    assert_memory_not_equal(sealed + 5, child + 5, 12);

    close(pipes[0]);
    close(pipes[1]);
    civic_keyring_free(keyring);
}

static void
makes_person_ids(void **state)
{
    char              a[CIVIC_PID_LEN + 1], b[CIVIC_PID_LEN + 1];
    civic_keyring_t  *keyring = ring(ONE);

    (void) state;

    assert_int_equal(civic_keyring_person_id(keyring,
                                  CIVIC_STR("11010519491231002X"), a), 0);
    assert_int_equal(strlen(a), CIVIC_PID_LEN);
    /* HMAC-SHA256, made once with another program. */
    assert_string_equal(a, "nM2GoX-2GAtQjCKXPat93g");

    assert_int_equal(civic_keyring_person_id(keyring,
                                  CIVIC_STR("110105194912310021"), b), 0);
    assert_string_not_equal(a, b);
    assert_int_equal(civic_keyring_person_id(keyring, CIVIC_STR(""), b), -1);
    civic_keyring_free(keyring);

    /* Rotation does not touch it. */
    keyring = ring(RING(KEY("2", "active", SECRET_2)));
    assert_int_equal(civic_keyring_person_id(keyring,
                                  CIVIC_STR("11010519491231002X"), b), 0);
    assert_string_equal(a, b);
    civic_keyring_free(keyring);
}

static int64_t
decoded(const char *text)
{
    unsigned char  out[64];

    return civic_base64url_decode(civic_cstr(text), out);
}

static void
takes_canonical_base64url_only(void **state)
{
    size_t         i, j;
    char           text[64];
    unsigned char  bytes[24], out[32];

    (void) state;

    /* RFC 4648, section 10. */
    assert_int_equal(civic_base64url_encode("foobar", 6, text), 8);
    assert_string_equal(text, "Zm9vYmFy");
    assert_int_equal(civic_base64url_encode("foob", 4, text), 6);
    assert_string_equal(text, "Zm9vYg");
    assert_int_equal(civic_base64url_encode("fooba", 5, text), 7);
    assert_string_equal(text, "Zm9vYmE");
    assert_int_equal(civic_base64url_encode("\xfb\xff", 2, text), 3);
    assert_string_equal(text, "-_8");

    for (i = 0; i <= sizeof(bytes); i++) {
        for (j = 0; j < i; j++) {
            bytes[j] = (unsigned char) (i * 37 + j * 101);
        }

        civic_base64url_encode(bytes, i, text);
        assert_int_equal(civic_base64url_decode(civic_cstr(text), out), i);
        assert_memory_equal(bytes, out, i);
    }

    assert_int_equal(decoded(""), 0);
    assert_int_equal(decoded("Zg"), 1);
    assert_int_equal(decoded("Zh"), -1);
    assert_int_equal(decoded("Zm8"), 2);
    assert_int_equal(decoded("Zm9"), -1);
    assert_int_equal(decoded("Z"), -1);
    assert_int_equal(decoded("Zm9vY"), -1);
    assert_int_equal(decoded("Zg=="), -1);
    assert_int_equal(decoded("Zm8="), -1);
    assert_int_equal(decoded("-_8"), 2);
    assert_int_equal(decoded("+/8"), -1);
    assert_int_equal(decoded("Zm 8"), -1);
    assert_int_equal(decoded("Zm8\n"), -1);
    assert_int_equal(decoded("Zm\xc3\xa9"), -1);
    assert_int_equal(civic_base64url_decode(str("Zg\0\0", 4), out), -1);
}

static void
tells_the_age_of_the_active_key(void **state)
{
    civic_keyring_t  *keyring;

    (void) state;

    keyring = ring(RING(
        "{\"id\":1,\"state\":\"retired\",\"secret\":\"" SECRET_1 "\","
        "\"created_at\":\"1970-01-01T08:00:01+08:00\"},"
        "{\"id\":2,\"state\":\"active\",\"secret\":\"" SECRET_2 "\","
        "\"created_at\":\"1970-01-01T08:00:02+08:00\"}"));
    assert_int_equal(civic_keyring_active_since(keyring), 2000);
    civic_keyring_free(keyring);

    keyring = ring(RING(
        "{\"id\":1,\"state\":\"active\",\"secret\":\"" SECRET_1 "\","
        "\"created_at\":\"long ago\"}"));
    assert_int_equal(civic_keyring_active_since(keyring), 0);
    civic_keyring_free(keyring);

    keyring = ring(ONE);
    assert_int_equal(civic_keyring_active_since(keyring), 0);
    civic_keyring_free(keyring);
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_a_keyring),
        cmocka_unit_test(tells_the_age_of_the_active_key),
        cmocka_unit_test(refuses_broken_keyrings),
        cmocka_unit_test(tells_no_secret),
        cmocka_unit_test(loads_files_of_mode_0600_only),
        cmocka_unit_test(seals_and_opens),
        cmocka_unit_test(opens_nothing_forged),
        cmocka_unit_test(keeps_purposes_and_contexts_apart),
        cmocka_unit_test(rotates),
        cmocka_unit_test(repeats_no_nonce),
        cmocka_unit_test(makes_person_ids),
        cmocka_unit_test(takes_canonical_base64url_only)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
