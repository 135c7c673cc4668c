/*
 * keyring_sign_test.c - signatures: of this text, this purpose, this
 * keyring, and by keys that are retired too.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "keyring.h"

#define SECRET_1  "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET_2  "AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PERSON    "CQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

#define KEY(id, state, secret)                                                \
    "{\"id\":" id ",\"state\":\"" state "\",\"secret\":\"" secret "\"}"
#define RING(keys)                                                            \
    "{\"version\":1,\"person_key\":\"" PERSON "\",\"keys\":[" keys "]}"


static civic_keyring_t *
ring(const char *text)
{
    civic_failure_t   failure = { "" };
    civic_keyring_t  *keyring;

    keyring = civic_keyring_parse(text, strlen(text), &failure);
    assert_non_null(keyring);

    return keyring;
}


static void
signs_and_verifies(void **state)
{
    int               i;
    unsigned char     signature[CIVIC_SIGNATURE_LEN];
    civic_keyring_t  *keyring = ring(RING(KEY("258", "active", SECRET_1)));
    civic_purpose_t  *one = civic_keyring_purpose(keyring, "one");
    civic_purpose_t  *two = civic_keyring_purpose(keyring, "two");

    (void) state;

    assert_int_equal(civic_purpose_sign(one, CIVIC_STR("text"), signature),
                     0);
    assert_memory_equal(signature, "\0\0\1\2", 4);
    assert_int_equal(civic_purpose_verify(one, CIVIC_STR("text"), signature),
                     0);
    assert_int_equal(civic_purpose_verify(one, CIVIC_STR("texts"), signature),
                     -1);
    assert_int_equal(civic_purpose_verify(two, CIVIC_STR("text"), signature),
                     -1);

    for (i = 4; i < CIVIC_SIGNATURE_LEN; i++) {
        signature[i] ^= 1;
        assert_int_equal(civic_purpose_verify(one, CIVIC_STR("text"),
                                              signature), -1);
        signature[i] ^= 1;
    }

    signature[0] = 1;
    assert_int_equal(civic_purpose_verify(one, CIVIC_STR("text"), signature),
                     1);

    civic_keyring_free(keyring);
}


static void
outlives_rotation(void **state)
{
    unsigned char     signature[CIVIC_SIGNATURE_LEN];
    civic_keyring_t  *before = ring(RING(KEY("1", "active", SECRET_1)));
    civic_keyring_t  *after = ring(RING(KEY("1", "retired", SECRET_1) ","
                                        KEY("2", "active", SECRET_2)));
    civic_purpose_t  *purpose = civic_keyring_purpose(after, "one");

    (void) state;

    assert_int_equal(civic_purpose_sign(civic_keyring_purpose(before, "one"),
                                        CIVIC_STR("text"), signature), 0);
    assert_int_equal(civic_purpose_verify(purpose, CIVIC_STR("text"),
                                          signature), 0);
    assert_int_equal(civic_purpose_sign(purpose, CIVIC_STR("text"),
                                        signature), 0);
    assert_int_equal(signature[3], 2);
    assert_int_equal(civic_purpose_verify(purpose, CIVIC_STR("text"),
                                          signature), 0);

    civic_keyring_free(before);
    civic_keyring_free(after);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(signs_and_verifies),
        cmocka_unit_test(outlives_rotation)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
