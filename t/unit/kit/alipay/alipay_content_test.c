/*
 * alipay_content_test.c - AES content: the vectors' own text, every length
 * around a block, every damage.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "alipay_fixture.h"

#define LENGTHS  50


static void
vector(void **state)
{
    json_t         *request = test_alipay_vector("request_aes_encrypted");
    const char     *plain = test_text(request, "plaintext_biz_content");
    const char     *sealed = test_text(json_object_get(request, "params"),
                                       "biz_content");
    alipay_keys_t  *keys = test_app_keys(NULL);
    alipay_text_t   out = { .data = NULL };

    (void) state;
    assert_int_equal(alipay_content_encrypt(keys, plain, strlen(plain), &out),
                     0);
    assert_string_equal(out.data, sealed);
    alipay_text_free(&out);

    assert_int_equal(alipay_content_decrypt(keys, sealed, strlen(sealed),
                                            &out), 0);
    assert_string_equal(out.data, plain);
    alipay_text_free(&out);
}


static void
every_length_and_key(void **state)
{
    char              text[LENGTHS];
    size_t            i, len;
    const char       *content_keys[] = {
        TEST_CONTENT_KEY, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
    };
    alipay_keys_t    *keys;
    alipay_text_t     sealed = { .data = NULL }, out = { .data = NULL };
    alipay_config_t   config = {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };

    (void) state;
    memset(text, 'x', sizeof(text));

    for (i = 0; i < 3; i++) {
        config.content_key = content_keys[i];
        keys = test_load(&config);

        for (len = 0; len < LENGTHS; len++) {
            assert_int_equal(alipay_content_encrypt(keys, text, len, &sealed),
                             0);
            assert_int_equal(alipay_content_decrypt(keys, sealed.data,
                                                    sealed.len, &out), 0);
            assert_int_equal(out.len, len);
            assert_memory_equal(out.data, text, len);
            alipay_text_free(&sealed);
            alipay_text_free(&out);
        }
    }
}


static void
damaged(void **state)
{
    size_t           i;
    alipay_keys_t   *keys = test_app_keys(NULL), *none;
    alipay_text_t    out = { .data = NULL };
    alipay_config_t  config = {
        .app_id = TEST_APP_ID,
        .own_key = test_bare(test_key(TEST_APP), TEST_PKCS8),
        .peer_key = test_bare(test_key(TEST_ALIPAY), TEST_SPKI)
    };
    const char      *wrong[] = {
        "", "A", "AAAA", "QUJDREVGR0hJSktMTU5PUA", "!!!!",
        "QUJDREVGR0hJSktMTU5PUA=\n", "QUJDREVGR0hJSktMTU5PUB==",
        "QUJDREVGR0hJSktMTU5PUA==",     /* a block without padding */
        "QUJDREVGR0hJSktMTU5PUEE="
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(alipay_content_decrypt(keys, wrong[i],
                                                strlen(wrong[i]), &out), -1);
        alipay_text_free(&out);
    }

    none = test_load(&config);
    assert_int_equal(alipay_content_encrypt(none, "x", 1, &out), -1);
    assert_int_equal(alipay_content_decrypt(none, wrong[7], 24, &out), -1);
    assert_int_equal(alipay_content_encrypt(keys, "x", ALIPAY_REQUEST_MAX + 1,
                                            &out), -1);
    alipay_text_free(&out);
}


int
main(void)
{
    int                      failed;
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(vector),
        cmocka_unit_test(every_length_and_key),
        cmocka_unit_test(damaged),
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_alipay_end();

    return failed;
}
