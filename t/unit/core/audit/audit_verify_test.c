/*
 * audit_verify_test.c - whatever is done to the files of an audit trail is
 * found: bytes, lines, segments, writers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit_fixture.h"

/* Two chains: "one" has three segments of two entries, and knows how far
   "two" is; "two" has one. */
static char                one[CIVIC_AUDIT_NAME + 1];
static char                two[CIVIC_AUDIT_NAME + 1];
static civic_audit_head_t  head_one, head_two;


static int
set_up(void **state)
{
    int                   i;
    char                 *text;
    civic_failure_t       failure = { "" };
    civic_audit_item_t    item = { CIVIC_AUDIT_HEAD, { NULL, 0 } };
    civic_audit_chain_t  *first, *second;

    (void) audit_set_up(state);

    audit_options.segment_size = 500;
    first = audit_open(NOW);
    second = audit_open(NOW);

    audit_append(second, 2, 20, NOW);

    for (i = 0; i < 3; i++) {
        audit_append(first, 2, 200, NOW + i);
    }

    text = civic_audit_head_format(civic_audit_chain_head(second));
    item.payload = civic_cstr(text);
    audit_options.segment_size = 0;
    assert_int_equal(civic_audit_chain_append(first, &item, 1, NOW,
                                              &failure), 0);
    free(text);

    head_one = *civic_audit_chain_head(first);
    head_two = *civic_audit_chain_head(second);
    memcpy(one, head_one.writer, sizeof(one));
    memcpy(two, head_two.writer, sizeof(two));
    assert_int_equal(head_one.segment, 4);

    civic_audit_chain_close(first);
    civic_audit_chain_close(second);

    return 0;
}


static char *
file_of(const char *writer, unsigned number)
{
    static char  path[128];

    audit_file(path, sizeof(path), writer, number);

    return path;
}


static unsigned
verify(const civic_audit_head_t *heads, size_t count)
{
    civic_audit_totals_t  totals;

    return audit_verify("", heads, count, &totals);
}


static void
is_whole(void **state)
{
    civic_audit_head_t    heads[3] = { head_one, head_two, head_two };
    civic_audit_totals_t  totals;

    (void) state;

    /* and one of another machine */
    memcpy(heads[2].folder, "elsewher", sizeof(heads[2].folder));
    memcpy(heads[2].writer, "somebody", sizeof(heads[2].writer));

    assert_int_equal(audit_verify("", heads, 3, &totals), 0);
    assert_int_equal(totals.writers, 2);
    assert_int_equal(totals.segments, 5);
    assert_int_equal(totals.entries, 8);
    assert_int_equal(totals.lines, 8 + 3 + 1);
    assert_int_equal(totals.heads, 3);
    assert_int_equal(totals.elsewhere, 1);
}


/* Each byte of a segment in the middle, and of the last one but its end. */
static void
finds_each_byte(void **state)
{
    char    *text;
    size_t   i, len, step;

    (void) state;

    text = audit_slurp(file_of(one, 2), &len);

    for (i = 0; i < len; i++) {
        text[i] ^= 1;
        audit_spill(file_of(one, 2), text, len);

        if (verify(NULL, 0) == 0) {
            fail_msg("byte %zu of %zu was not missed", i, len);
        }

        text[i] ^= 1;
    }

    audit_spill(file_of(one, 2), text, len);
    free(text);
    text = audit_slurp(file_of(two, 1), &len);

    for (step = 0; step < len - 1; step += 3) {
        text[step] ^= 2;
        audit_spill(file_of(two, 1), text, len);
        assert_true(verify(NULL, 0) > 0);
        text[step] ^= 2;
    }

    audit_spill(file_of(two, 1), text, len);
    free(text);
    assert_int_equal(verify(NULL, 0), 0);
}


/* The n-th line (from 0) of text, with its newline. */
static char *
line_at(char *text, unsigned n, size_t *len)
{
    char  *end;

    while (n-- > 0) {
        text = strchr(text, '\n') + 1;
    }

    end = strchr(text, '\n');
    *len = (size_t) (end - text) + 1;

    return text;
}


static void
finds_a_missing_line(void **state)
{
    char    *text, *line;
    size_t   len, n;

    (void) state;

    text = audit_slurp(file_of(one, 2), &len);
    line = line_at(text, 1, &n);
    memmove(line, line + n, len - (size_t) (line - text) - n);
    audit_spill(file_of(one, 2), text, len - n);
    free(text);

    assert_int_equal(verify(NULL, 0), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_BAD_SEQ], 1);
}


static void
finds_swapped_lines(void **state)
{
    char    *text, *first, *second, copy[1024];
    size_t   len, n, m;

    (void) state;

    text = audit_slurp(file_of(one, 2), &len);
    first = line_at(text, 1, &n);
    second = line_at(text, 2, &m);
    memcpy(copy, first, n);
    memmove(first, second, m);
    memcpy(first + m, copy, n);
    audit_spill(file_of(one, 2), text, len);
    free(text);

    assert_true(verify(NULL, 0) > 0);
    assert_true(audit_found[CIVIC_AUDIT_BAD_SEQ] > 0);
}


/* A line of another chain, or of the same with another seq. */
static void
finds_a_line_put_in(void **state)
{
    char    *text, *line, *other, *more;
    size_t   len, n, m, k;

    (void) state;

    text = audit_slurp(file_of(one, 2), &len);
    other = audit_slurp(file_of(two, 1), &m);
    line = line_at(other, 2, &n);

    more = malloc(len + n);
    assert_non_null(more);
    k = (size_t) (line_at(text, 1, &m) - text);
    memcpy(more, text, k);
    memcpy(more + k, line, n);
    memcpy(more + k + n, text + k, len - k);
    audit_spill(file_of(one, 2), more, len + n);

    assert_true(verify(NULL, 0) > 0);
    free(more);
    free(other);
    free(text);
}


static void
finds_missing_segments(void **state)
{
    (void) state;

    assert_int_equal(unlink(file_of(one, 2)), 0);
    assert_int_equal(verify(&head_one, 1), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_SEGMENT], 1);

    /* the oldest: nobody says by rule */
    assert_int_equal(unlink(file_of(one, 1)), 0);
    assert_int_equal(verify(&head_one, 1), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_BEGINNING], 1);
}


static void
finds_a_missing_end(void **state)
{
    char    *text;
    size_t   len;

    (void) state;

    /* only heads from elsewhere know that there was more */
    text = audit_slurp(file_of(one, 4), &len);
    assert_int_equal(unlink(file_of(one, 4)), 0);
    assert_int_equal(verify(NULL, 0), 0);
    assert_int_equal(verify(&head_one, 1), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_TAIL], 1);
    audit_spill(file_of(one, 4), text, len);
    free(text);

    /* the other's chain knows how far this one was */
    text = audit_slurp(file_of(two, 1), &len);
    len = (size_t) (line_at(text, 2, &len) - text);
    audit_spill(file_of(two, 1), text, len);
    free(text);
    assert_int_equal(verify(NULL, 0), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_TAIL], 1);
}


static void
finds_a_missing_writer(void **state)
{
    char                  command[128], place[96];
    civic_audit_totals_t  totals;

    (void) state;

    (void) snprintf(command, sizeof(command), "rm -r %s/%s", audit_path, two);
    assert_int_equal(system(command), 0);
    assert_int_equal(verify(NULL, 0), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_WRITER], 1);

    /* all of them, and the folder's name: its place is known */
    (void) snprintf(command, sizeof(command), "rm -r %s/*", audit_path);
    assert_int_equal(system(command), 0);
    (void) snprintf(place, sizeof(place), "here:%s", audit_path);
    assert_int_equal(audit_verify("", &head_one, 1, &totals), 0);
    assert_int_equal(audit_verify(place, &head_one, 1, &totals), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_NO_WRITER], 1);
}


/* A chain that somebody with the files but not the keyring wrote anew. */
static void
finds_another_chain(void **state)
{
    civic_audit_head_t  head = head_two;

    (void) state;

    head.mac[10] ^= 1;
    assert_int_equal(verify(&head, 1), 1);
    assert_int_equal(audit_found[CIVIC_AUDIT_BAD_HEAD], 1);
}


static void
notes_a_torn_line(void **state)
{
    char    *text;
    size_t   len;

    (void) state;

    text = audit_slurp(file_of(one, 4), &len);
    text = realloc(text, len + 10);
    memcpy(text + len, "13 entry A", 10);
    audit_spill(file_of(one, 4), text, len + 10);
    free(text);

    assert_int_equal(verify(&head_one, 1), 0);
    assert_int_equal(audit_found[CIVIC_AUDIT_TORN], 1);
}


static void
misses_a_key(void **state)
{
    char              *other = strdup(audit_ring);
    civic_failure_t    failure;
    civic_keyring_t   *keyring;

    (void) state;

    strstr(other, "\"id\":1")[5] = '2';
    keyring = civic_keyring_parse(other, strlen(other), &failure);
    free(other);
    audit_options.chain = civic_keyring_purpose(keyring, CIVIC_AUDIT_CHAIN);

    assert_true(verify(NULL, 0) > 0);
    assert_true(audit_found[CIVIC_AUDIT_NO_KEY] > 0);
    assert_int_equal(audit_found[CIVIC_AUDIT_BAD_MAC], 0);
    civic_keyring_free(keyring);
}


static void
refuses_what_is_no_line(void **state)
{
    size_t               i;
    civic_audit_line_t   line;
    civic_audit_first_t  first;

    static const char *const  firsts[] = {
        "", "civic-audit 1 ", "civic-audit 2 aaaaaaaa bbbbbbbb 1 1 -",
        "civic-audit 1 aaaaaaaa bbbbbbbb 0 1 -",
        "civic-audit 1 aaaaaaaa bbbbbbbb 1000000 1 -",
        "civic-audit 1 aaaaaaaa bbbbbbbb 01 1 -",
        "civic-audit 1 aaaaaaaA bbbbbbbb 1 1 -",
        "civic-audit 1 aaaaaaaa bbbbbbbb 1 1 - ",
        "civic-audit 1 aaaaaaaa bbbbbbbb 1 1 -- x",
        "civic-audit 1 aaaaaaaaa bbbbbbbb 1 1 -"
    };
    static const char *const  lines[] = {
        "", "1", "1 entry", "1 entry YQ", "x entry YQ aaaa",
        "-1 entry YQ "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "1  YQ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "1 entry YQ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "99999999999999999999 entry YQ "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    assert_int_equal(civic_audit_first_parse(
        CIVIC_STR("civic-audit 1 aaaaaaaa bbbbbbbb 1 1 -"), &first), 0);

    for (i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        assert_int_equal(civic_audit_first_parse(civic_cstr(firsts[i]),
                                                 &first), -1);
    }

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(civic_audit_line_parse(civic_cstr(lines[i]), &line),
                         -1);
    }
}


#define TEST(name)                                                            \
    cmocka_unit_test_setup_teardown(name, set_up, audit_tear_down)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(is_whole),
        TEST(finds_each_byte),
        TEST(finds_a_missing_line),
        TEST(finds_swapped_lines),
        TEST(finds_a_line_put_in),
        TEST(finds_missing_segments),
        TEST(finds_a_missing_end),
        TEST(finds_a_missing_writer),
        TEST(finds_another_chain),
        TEST(notes_a_torn_line),
        TEST(misses_a_key),
        cmocka_unit_test(refuses_what_is_no_line)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
