/*
 * session_test.c - session.c: tokens that nobody else can make, records
 * that mean one thing only, and when a session ends.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <limits.h>

#include <cmocka.h>

#include "session.h"

#define RING                                                                  \
    "{\"version\":1,"                                                         \
    "\"person_key\":\"CQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","        \
    "\"keys\":[{\"id\":1,\"state\":\"active\","                               \
    "\"secret\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}"

#define RECORD  "1 1700000000 1700000060 1700086400 1800 60 2 0 password " \
                "abcdefghijklmnopqrstuv"

static civic_keyring_t  *keyring;
static civic_purpose_t  *purpose;


static int
set_up(void **state)
{
    civic_failure_t  failure;

    (void) state;

    keyring = civic_keyring_parse(RING, strlen(RING), &failure);
    purpose = civic_keyring_purpose(keyring, "session");

    return purpose == NULL;
}

static int
tear_down(void **state)
{
    (void) state;
    civic_keyring_free(keyring);

    return 0;
}

/* A token of a citizen; its length. */
static size_t
make(civic_session_token_t *token, char *text)
{
    int  n;

    memset(token, 0, sizeof(*token));
    civic_keyring_person_id(keyring, CIVIC_STR("11010519491231002X"),
                            token->pid);
    n = civic_session_make(purpose, token, text);
    assert_true(n > 0 && n < CIVIC_SESSION_TOKEN);
    assert_int_equal(strlen(text), n);

    return (size_t) n;
}

static void
tokens_go_and_come(void **state)
{
    int                    staff;
    char                   text[CIVIC_SESSION_TOKEN];
    civic_session_token_t  made, other, opened;

    (void) state;

    for (staff = 0; staff <= 1; staff++) {
        make(&made, text);
        made.staff = staff;
        assert_true(civic_session_make(purpose, &made, text) > 0);
        assert_int_equal(civic_session_open(purpose, civic_cstr(text),
                                            &opened), 0);
        assert_int_equal(opened.staff, staff);
        assert_string_equal(opened.pid, made.pid);
        assert_string_equal(opened.field, made.field);
        assert_int_equal(strlen(opened.field), CIVIC_SESSION_FIELD);
    }

    make(&other, text);
    assert_string_not_equal(other.field, made.field);
}

static void
makes_no_token_without_a_pid(void **state)
{
    char                   text[CIVIC_SESSION_TOKEN];
    civic_session_token_t  token = { .staff = 0, .pid = "short" };

    (void) state;

    assert_int_equal(civic_session_make(purpose, &token, text), -1);
    strcpy(token.pid, "abcdefghijklmnopqrst+A");
    assert_int_equal(civic_session_make(purpose, &token, text), -1);
    /* Not canonical: bits are left over. */
    strcpy(token.pid, "abcdefghijklmnopqrstuv");
    assert_int_equal(civic_session_make(purpose, &token, text), -1);
}

static void
opens_no_forged_token(void **state)
{
    int                    opened;
    char                   text[CIVIC_SESSION_TOKEN + 8], keep;
    size_t                 i, len, bit;
    civic_str_t            cut;
    civic_session_token_t  token;

    (void) state;

    len = make(&token, text);

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            keep = text[i];
            text[i] = (char) (text[i] ^ (1 << bit));
            opened = civic_session_open(purpose, civic_cstr(text), &token);
            text[i] = keep;
            assert_int_equal(opened, -1);
        }
    }

    for (i = 0; i < len; i++) {
        cut = (civic_str_t) { text, i };
        assert_int_equal(civic_session_open(purpose, cut, &token), -1);
    }

    text[len] = 'A';
    cut = (civic_str_t) { text, len + 1 };
    assert_int_equal(civic_session_open(purpose, cut, &token), -1);
    text[len] = '=';
    assert_int_equal(civic_session_open(purpose, cut, &token), -1);
    cut.len = len;
    assert_int_equal(civic_session_open(purpose, cut, &token), 0);
}

static void
opens_only_what_was_sealed_as_a_token(void **state)
{
    int64_t                n;
    char                   text[CIVIC_SESSION_TOKEN], plain[33] = "";
    unsigned char          sealed[128];
    civic_str_t            bytes = { plain, sizeof(plain) };
    civic_session_token_t  token;

    (void) state;

    n = civic_purpose_seal(purpose, CIVIC_STR("token"), bytes, sealed);
    civic_base64url_encode(sealed, (size_t) n, text);
    assert_int_equal(civic_session_open(purpose, civic_cstr(text), &token),
                     0);

    n = civic_purpose_seal(purpose, CIVIC_STR("other"), bytes, sealed);
    civic_base64url_encode(sealed, (size_t) n, text);
    assert_int_equal(civic_session_open(purpose, civic_cstr(text), &token),
                     -1);

    n = civic_purpose_seal(civic_keyring_purpose(keyring, "profile"),
                           CIVIC_STR("token"), bytes, sealed);
    civic_base64url_encode(sealed, (size_t) n, text);
    assert_int_equal(civic_session_open(purpose, civic_cstr(text), &token),
                     -1);

    plain[0] = 2;                       /* no class of ours */
    n = civic_purpose_seal(purpose, CIVIC_STR("token"), bytes, sealed);
    civic_base64url_encode(sealed, (size_t) n, text);
    assert_int_equal(civic_session_open(purpose, civic_cstr(text), &token),
                     -1);
}

static void
records_go_and_come(void **state)
{
    char                    text[CIVIC_SESSION_RECORD];
    civic_session_record_t  record, back;

    (void) state;

    assert_int_equal(civic_session_decode(CIVIC_STR(RECORD), &record), 0);
    assert_int_equal(record.created, 1700000000);
    assert_int_equal(record.seen, 1700000060);
    assert_int_equal(record.expires, 1700086400);
    assert_int_equal(record.idle, 1800);
    assert_int_equal(record.refresh, 60);
    assert_int_equal(record.roles, 2);
    assert_int_equal(record.must_set_password, 0);
    assert_string_equal(record.method, "password");
    assert_string_equal(record.device, "abcdefghijklmnopqrstuv");
    assert_int_equal(civic_session_encode(&record, text), strlen(RECORD));
    assert_string_equal(text, RECORD);

    /* The longest that can be. */
    record.created = record.seen = record.expires = INT64_MAX;
    record.idle = record.refresh = INT64_MAX;
    record.roles = UINT_MAX;
    record.must_set_password = 1;
    memset(record.method, 'm', CIVIC_SESSION_WORD - 1);
    memset(record.device, '-', CIVIC_SESSION_WORD - 1);
    record.method[CIVIC_SESSION_WORD - 1] = '\0';
    record.device[CIVIC_SESSION_WORD - 1] = '\0';
    assert_in_range(civic_session_encode(&record, text), 1,
                    CIVIC_SESSION_RECORD - 1);
    assert_int_equal(civic_session_decode(civic_cstr(text), &back), 0);
    assert_int_equal(back.refresh, INT64_MAX);
    assert_int_equal(back.roles, UINT_MAX);
    assert_string_equal(back.method, record.method);
    assert_string_equal(back.device, record.device);

    record.device[0] = '\0';
    assert_true(civic_session_encode(&record, text) > 0);
    assert_int_equal(civic_session_decode(civic_cstr(text), &back), 0);
    assert_string_equal(back.device, "");
}

static void
encodes_no_strange_words(void **state)
{
    char                    text[CIVIC_SESSION_RECORD];
    civic_session_record_t  record, good;

    (void) state;

    assert_int_equal(civic_session_decode(CIVIC_STR(RECORD), &good), 0);

    record = good;
    strcpy(record.method, "pass word");
    assert_int_equal(civic_session_encode(&record, text), -1);
    strcpy(record.method, "Password");
    assert_int_equal(civic_session_encode(&record, text), -1);
    record.method[0] = '\0';
    assert_int_equal(civic_session_encode(&record, text), -1);
    memset(record.method, 'a', CIVIC_SESSION_WORD);
    assert_int_equal(civic_session_encode(&record, text), -1);

    record = good;
    strcpy(record.device, "-");
    assert_int_equal(civic_session_encode(&record, text), -1);
    strcpy(record.device, "a b");
    assert_int_equal(civic_session_encode(&record, text), -1);
    strcpy(record.device, "a\n");
    assert_int_equal(civic_session_encode(&record, text), -1);

    record = good;
    record.idle = -1;
    assert_int_equal(civic_session_encode(&record, text), -1);
}

static void
decodes_one_text_for_a_record(void **state)
{
    size_t                  i;
    char                    text[] = RECORD;
    civic_session_record_t  record;

    static const char *const  broken[] = {
        "", " ", "1", "2 1 1 1 1 1 1 0 a -", "01 1 1 1 1 1 1 0 a -",
        "1 1 1 1 1 1 1 0 a", "1 1 1 1 1 1 1 0 a ", "1 1 1 1 1 1 1 0 a - ",
        "1 1 1 1 1 1 1 0 a - -", "1  1 1 1 1 1 1 0 a -",
        "1 1 1 1 1 1 1 2 a -", "1 01 1 1 1 1 1 0 a -",
        "1 00 1 1 1 1 1 0 a -", "1 -1 1 1 1 1 1 0 a -",
        "1 +1 1 1 1 1 1 0 a -", "1 1 1 1 1 1 1 0 A -",
        "1 1 1 1 1 1 1 0 a +", "1 1 1 1 1 1 4294967296 0 a -",
        "1 9223372036854775808 1 1 1 1 1 0 a -",
        "1 99999999999999999999999 1 1 1 1 1 0 a -",
        "1 0x1 1 1 1 1 1 0 a -", " 1 1 1 1 1 1 1 0 a -",
        "1 1 1 1 1 1 1 0 a -\n", "1\t1 1 1 1 1 1 0 a -",
        "1 1 1 1 1 1 1 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -",
        "1 1 1 1 1 1 1 0 a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    assert_int_equal(civic_session_decode(
        CIVIC_STR("1 1 0 1 1 1 1 0 a -"), &record), 0);
    assert_int_equal(civic_session_decode(
        CIVIC_STR("1 9223372036854775807 1 1 1 1 4294967295 1 a -"),
        &record), 0);

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (civic_session_decode(civic_cstr(broken[i]), &record) != -1) {
            fail_msg("\"%s\" was decoded", broken[i]);
        }
    }

    /* Cut before the last word begins. */
    for (i = 0; i + 22 < sizeof(text); i++) {
        assert_int_equal(civic_session_decode((civic_str_t) { text, i },
                                              &record), -1);
    }

    assert_int_equal(civic_session_decode(
        (civic_str_t) { RECORD "\0", sizeof(RECORD) }, &record), -1);
}

static void
sessions_end(void **state)
{
    civic_session_record_t  record = {
        .created = 1000, .seen = 1000, .expires = 2000, .idle = 100,
        .refresh = 30
    };

    (void) state;

    assert_true(civic_session_valid(&record, 1000));
    assert_true(civic_session_valid(&record, 1099));
    assert_false(civic_session_valid(&record, 1100));
    assert_true(civic_session_valid(&record, 900));

    record.seen = 1990;
    assert_true(civic_session_valid(&record, 1999));
    assert_false(civic_session_valid(&record, 2000));

    record.seen = 1000;
    record.idle = 0;
    assert_true(civic_session_valid(&record, 1999));
    assert_false(civic_session_valid(&record, 2000));

    assert_false(civic_session_stale(&record, 1029));
    assert_true(civic_session_stale(&record, 1030));
    assert_false(civic_session_stale(&record, 900));
    record.refresh = 0;
    assert_false(civic_session_stale(&record, 1000));
    assert_true(civic_session_stale(&record, 1001));
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(tokens_go_and_come),
        cmocka_unit_test(makes_no_token_without_a_pid),
        cmocka_unit_test(opens_no_forged_token),
        cmocka_unit_test(opens_only_what_was_sealed_as_a_token),
        cmocka_unit_test(records_go_and_come),
        cmocka_unit_test(encodes_no_strange_words),
        cmocka_unit_test(decodes_one_text_for_a_record),
        cmocka_unit_test(sessions_end)
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
