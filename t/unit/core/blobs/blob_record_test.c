/*
 * blob_record_test.c - records of blobs as bytes and back: nothing that was
 * cut, lengthened or made up is taken for one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blob.h"


static void
test_records(void **state)
{
    size_t               i, len;
    unsigned char        bytes[CIVIC_BLOB_RECORD];
    civic_str_t          text = { (const char *) bytes, 0 };
    civic_blob_record_t  record, back;

    (void) state;

    memset(&record, 0, sizeof(record));
    memset(record.key, 0xa5, CIVIC_BLOB_KEY);
    memset(record.digest, 0x5a, CIVIC_BLOB_DIGEST);
    record.size = 123456789;
    record.created_at = INT64_C(1773014400123);
    strcpy(record.media_type, "image/jpeg");

    len = civic_blob_record_encode(&record, bytes);
    assert_true(len <= CIVIC_BLOB_RECORD);
    text.len = len;
    assert_int_equal(civic_blob_record_decode(text, &back), 0);
    assert_memory_equal(&back, &record, sizeof(record));

    for (i = 0; i < len; i++) {
        text.len = i;
        assert_int_equal(civic_blob_record_decode(text, &back), -1);
    }

    text.len = len + 1;
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    text.len = len;

    bytes[0] = 2;                                   /* another version */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[0] = 1;

    bytes[len - 1] = '\n';                          /* ends a header */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[len - 1] = 'g';

    bytes[len - 11] = 64;                           /* a type too long */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    bytes[len - 11] = 10;

    memset(bytes + 65, 0, 8);                       /* of no bytes */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);
    memset(bytes + 65, 0xff, 8);                    /* of too many */
    assert_int_equal(civic_blob_record_decode(text, &back), -1);

    memset(record.media_type, 'x', CIVIC_BLOB_TYPE);
    record.media_type[CIVIC_BLOB_TYPE] = '\0';
    text.len = civic_blob_record_encode(&record, bytes);
    assert_int_equal(civic_blob_record_decode(text, &back), 0);
    assert_int_equal(strlen(back.media_type), CIVIC_BLOB_TYPE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
