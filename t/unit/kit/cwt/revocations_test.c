/*
 * revocations_test.c - the list of what is withdrawn: there and back, and that
 * no byte of it can be changed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "revocations.h"

#define MADE     1700000000
#define EXPIRES  (MADE + 3 * 86400)

static civic_cwt_key_t  *key;


static int
setup(void **state)
{
    BIO       *bio = BIO_new(BIO_s_mem());
    char       why[CIVIC_CWT_WHY], *text;
    long       len;
    EVP_PKEY  *pkey = EVP_EC_gen("P-256");

    (void) state;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL,
                                              NULL), 1);
    len = BIO_get_mem_data(bio, &text);
    key = civic_cwt_key_read(text, (size_t) len, why);
    assert_non_null(key);
    BIO_free(bio);
    EVP_PKEY_free(pkey);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    civic_cwt_key_free(key);

    return 0;
}


static void
id_of(uint64_t n, unsigned char id[CIVIC_CWT_ID])
{
    memset(id, 0, CIVIC_CWT_ID);
    memcpy(id, &n, sizeof(n));
}


/* Of the ids 0, 2, 4, ...; not sorted yet. */
static civic_revocations_t
list_of(size_t count)
{
    size_t               i;
    unsigned char        id[CIVIC_CWT_ID];
    civic_revocations_t  list = { .issuer = "a \"city\" 市",
                                  .made_at = MADE, .expires_at = EXPIRES,
                                  .count = count };

    list.entries = malloc(count * CIVIC_REVOKED + 1);
    assert_non_null(list.entries);

    for (i = 0; i < count; i++) {
        id_of(2 * i, id);
        civic_revoked_entry(id, list.entries + i * CIVIC_REVOKED);
    }

    return list;
}


static char *
write_list(size_t count, size_t *len)
{
    char                 *text;
    civic_revocations_t   list = list_of(count);

    civic_revocations_sort(&list);
    text = civic_revocations_write(key, &list, len);
    assert_non_null(text);
    assert_int_equal(strlen(text), *len);
    civic_revocations_free(&list);

    return text;
}


static civic_cwt_status_t
read_at(const char *text, size_t len, int64_t now, civic_revocations_t *list)
{
    const civic_cwt_key_t  *keys[] = { key };

    return civic_revocations_read(keys, 1, text, len, now, 60, list);
}


static void
there_and_back(size_t count)
{
    char                 *text;
    size_t                i, len;
    unsigned char         id[CIVIC_CWT_ID];
    civic_revocations_t   list;

    text = write_list(count, &len);
    assert_int_equal(read_at(text, len, MADE, &list), CIVIC_CWT_OK);
    assert_int_equal(list.count, count);
    assert_string_equal(list.issuer, "a \"city\" 市");

    for (i = 0; i < 2 * count; i++) {
        id_of(i, id);
        assert_int_equal(civic_revocations_has(&list, id), i % 2 == 0);
    }

    civic_revocations_free(&list);
    civic_revocations_free(&list);
    free(text);
}


static void
test_there_and_back(void **state)
{
    (void) state;
    there_and_back(0);
    there_and_back(1);
    there_and_back(2);
    there_and_back(3);
    there_and_back(1000);
    there_and_back(CIVIC_REVOKED_MOST);
}


static void
test_each_once(void **state)
{
    civic_revocations_t  list = list_of(6);

    (void) state;
    memcpy(list.entries, list.entries + CIVIC_REVOKED, CIVIC_REVOKED);
    memcpy(list.entries + 4 * CIVIC_REVOKED,
           list.entries + 5 * CIVIC_REVOKED, CIVIC_REVOKED);
    civic_revocations_sort(&list);
    assert_int_equal(list.count, 4);
    civic_revocations_free(&list);

    list = list_of(0);
    civic_revocations_sort(&list);
    assert_int_equal(list.count, 0);
    civic_revocations_free(&list);
}


static void
test_times(void **state)
{
    size_t               len;
    char                *text = write_list(3, &len);
    civic_revocations_t  list;

    (void) state;
    assert_int_equal(read_at(text, len, MADE - 60, &list), CIVIC_CWT_OK);
    civic_revocations_free(&list);
    assert_int_equal(read_at(text, len, MADE - 61, &list), CIVIC_CWT_EARLY);
    civic_revocations_free(&list);
    assert_int_equal(read_at(text, len, EXPIRES - 1, &list), CIVIC_CWT_OK);
    civic_revocations_free(&list);
    assert_int_equal(read_at(text, len, EXPIRES, &list), CIVIC_CWT_EXPIRED);
    assert_int_equal(list.count, 3);
    civic_revocations_free(&list);
    free(text);
}


/* Whatever byte changes, it is refused, or reads as the same list. */
static void
test_no_byte_changes(void **state)
{
    size_t               i, len;
    char                *text = write_list(5, &len), kept;
    civic_cwt_status_t   status;
    civic_revocations_t  list, first;

    (void) state;
    assert_int_equal(read_at(text, len, MADE, &first), CIVIC_CWT_OK);

    for (i = 0; i < len; i++) {
        kept = text[i];
        text[i] = (char) (kept ^ 1);
        status = read_at(text, len, MADE, &list);
        text[i] = kept;

        if (status == CIVIC_CWT_OK) {
            fail_msg("byte %zu (%c) may change", i, kept);
        }

        assert_null(list.entries);
        assert_int_not_equal(read_at(text, i, MADE, &list), CIVIC_CWT_OK);
    }

    civic_revocations_free(&first);
    free(text);
}


static void
is_not_written(civic_revocations_t list)
{
    size_t  len;

    assert_null(civic_revocations_write(key, &list, &len));
    civic_revocations_free(&list);
}


static void
test_what_no_reader_takes(void **state)
{
    civic_revocations_t  list;

    (void) state;
    list = list_of(3);
    memset(list.entries, 0xff, CIVIC_REVOKED);
    is_not_written(list);

    list = list_of(1);
    list.expires_at = list.made_at;
    is_not_written(list);

    list = list_of(1);
    (void) snprintf(list.issuer, sizeof(list.issuer), "a\nb");
    is_not_written(list);

    list = list_of(CIVIC_REVOKED_MOST + 1);
    civic_revocations_sort(&list);
    is_not_written(list);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_no_byte_changes),
        cmocka_unit_test(test_what_no_reader_takes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
