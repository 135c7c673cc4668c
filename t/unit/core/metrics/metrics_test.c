/*
 * metrics_test.c - what Prometheus reads.
 */

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

static civic_arena_t    *arena;
static civic_metrics_t   m;


static int
setup(void **state)
{
    (void) state;

    arena = civic_arena_create(1024, 1024 * 1024);
    civic_metrics_init(&m, arena);

    return arena == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;

    civic_arena_destroy(arena);

    return 0;
}


static void
families_and_samples(void **state)
{
    (void) state;

    civic_metrics_family(&m, "civic_requests_total", "counter",
                         "Requests, \"all\" of them\\\nand more.");
    civic_metrics_count(&m, "civic_requests_total", "plugin=\"login\"", 7);
    civic_metrics_count(&m, "civic_requests_total", NULL, UINT64_MAX);
    civic_metrics_count(&m, "civic_requests_total", "", 0);
    civic_metrics_value(&m, "civic_load", "a=\"b\",c=\"d\"", 0.1);

    assert_string_equal(m.data,
        "# HELP civic_requests_total Requests, \"all\" of them\\\\\\nand "
        "more.\n"
        "# TYPE civic_requests_total counter\n"
        "civic_requests_total{plugin=\"login\"} 7\n"
        "civic_requests_total 18446744073709551615\n"
        "civic_requests_total 0\n"
        "civic_load{a=\"b\",c=\"d\"} 0.1\n");
    assert_int_equal(m.len, strlen(m.data));
}


static void
numbers_read_back(void **state)
{
    size_t               i;
    double               back;
    const char          *line;
    static const double  values[] = {
        0, 1, -1, 0.1, 1.0 / 3, 1e300, 1e-300, 123456789.123, 9007199254740993,
        DBL_MAX, DBL_MIN, -DBL_EPSILON
    };

    (void) state;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        civic_metrics_init(&m, arena);
        civic_metrics_value(&m, "x", NULL, values[i]);
        line = m.data;
        assert_memory_equal(line, "x ", 2);
        back = strtod(line + 2, NULL);
        assert_memory_equal(&back, &values[i], sizeof(double));
    }

    civic_metrics_init(&m, arena);
    civic_metrics_value(&m, "x", NULL, NAN);
    civic_metrics_value(&m, "x", NULL, -NAN);
    civic_metrics_value(&m, "x", NULL, INFINITY);
    civic_metrics_value(&m, "x", NULL, -INFINITY);
    assert_string_equal(m.data, "x NaN\nx NaN\nx +Inf\nx -Inf\n");
}


static void
durations_fall_into_their_buckets(void **state)
{
    size_t                  i;
    civic_histogram_t       h = { { 0 }, 0, 0 };
    static const uint64_t   us[] = {
        0, 100, 101, 250, 251, 500, 501, 1000, 10000000, 10000001, UINT32_MAX
    };
    static const unsigned   want[CIVIC_HISTOGRAM_BUCKETS] = {
        [0] = 2, [1] = 2, [2] = 2, [3] = 2, [15] = 1, [16] = 2
    };

    (void) state;

    for (i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
        civic_histogram_add(&h, us[i]);
    }

    for (i = 0; i < CIVIC_HISTOGRAM_BUCKETS; i++) {
        assert_int_equal(h.buckets[i], want[i]);
    }

    assert_int_equal(h.count, 11);
    assert_int_equal(h.sum_us, 0 + 100 + 101 + 250 + 251 + 500 + 501 + 1000
                     + 10000000 + 10000001 + (uint64_t) UINT32_MAX);
}


static void
histograms_add_up(void **state)
{
    civic_histogram_t  h = { { 0 }, 0, 0 };

    (void) state;

    civic_histogram_add(&h, 90);
    civic_histogram_add(&h, 2000);
    civic_histogram_add(&h, 2000);
    civic_histogram_add(&h, 30000000);
    civic_metrics_histogram(&m, "d", "r=\"x\"", &h);

    assert_string_equal(m.data,
        "d_bucket{r=\"x\",le=\"0.0001\"} 1\n"
        "d_bucket{r=\"x\",le=\"0.00025\"} 1\n"
        "d_bucket{r=\"x\",le=\"0.0005\"} 1\n"
        "d_bucket{r=\"x\",le=\"0.001\"} 1\n"
        "d_bucket{r=\"x\",le=\"0.0025\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.005\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.01\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.025\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.05\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.1\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.25\"} 3\n"
        "d_bucket{r=\"x\",le=\"0.5\"} 3\n"
        "d_bucket{r=\"x\",le=\"1\"} 3\n"
        "d_bucket{r=\"x\",le=\"2.5\"} 3\n"
        "d_bucket{r=\"x\",le=\"5\"} 3\n"
        "d_bucket{r=\"x\",le=\"10\"} 3\n"
        "d_bucket{r=\"x\",le=\"+Inf\"} 4\n"
        "d_count{r=\"x\"} 4\n"
        "d_sum{r=\"x\"} 30.004090\n");
}


static void
histograms_without_labels(void **state)
{
    civic_histogram_t  h = { { 0 }, 0, 0 };

    (void) state;

    civic_metrics_histogram(&m, "d", NULL, &h);
    assert_non_null(strstr(m.data, "d_bucket{le=\"0.0001\"} 0\n"));
    assert_non_null(strstr(m.data, "d_bucket{le=\"+Inf\"} 0\n"));
    assert_non_null(strstr(m.data, "d_count 0\n"));
    assert_non_null(strstr(m.data, "d_sum 0.000000\n"));
}


/* Another worker added between the buckets and the count. */
static void
the_count_is_that_of_the_buckets(void **state)
{
    civic_histogram_t  h = { { 1, 1 }, 300, 3 };

    (void) state;

    civic_metrics_histogram(&m, "d", NULL, &h);
    assert_non_null(strstr(m.data, "d_bucket{le=\"+Inf\"} 2\nd_count 2\n"));
}


static void
the_text_grows(void **state)
{
    int   i;
    char  want[32];

    (void) state;

    for (i = 0; i < 5000; i++) {
        civic_metrics_count(&m, "some_name", NULL, (uint64_t) i);
    }

    assert_int_equal(m.len, strlen(m.data));

    for (i = 0; i < 5000; i += 499) {
        snprintf(want, sizeof(want), "some_name %d\n", i);
        assert_non_null(strstr(m.data, want));
    }
}


static void
a_text_that_does_not_fit_is_given_up(void **state)
{
    int             i;
    civic_arena_t  *small;

    (void) state;

    small = civic_arena_create(1024, 20000);
    civic_metrics_init(&m, small);

    for (i = 0; i < 5000; i++) {
        civic_metrics_count(&m, "some_name", NULL, (uint64_t) i);
    }

    civic_metrics_family(&m, "f", "gauge", "h");
    assert_null(m.arena);
    assert_null(m.data);
    assert_int_equal(m.len, 0);

    civic_arena_destroy(small);
}


static void
check_escape(const char *value, size_t size, const char *want)
{
    char  out[64];

    memset(out, 'Z', sizeof(out));
    civic_metrics_escape(value, out, size);
    assert_string_equal(out, want);
    assert_int_equal(out[size], 'Z');
}


static void
label_values_are_escaped(void **state)
{
    (void) state;

    check_escape("", 10, "");
    check_escape("plain", 10, "plain");
    check_escape("a\"b\\c\nd", 20, "a\\\"b\\\\c\\nd");
    check_escape("\xe4\xb8\xad\xf0\x9f\x98\x80", 20,
                 "\xe4\xb8\xad\xf0\x9f\x98\x80");
}


static void
long_label_values_are_cut_between_characters(void **state)
{
    char  out[2] = "Z";

    (void) state;

    check_escape("abcdef", 4, "abc");
    check_escape("abc", 4, "abc");
    check_escape("ab\"", 4, "ab");
    check_escape("a\"", 4, "a\\\"");
    check_escape("a\xe4\xb8\xad", 4, "a");
    check_escape("\xe4\xb8\xad" "b", 4, "\xe4\xb8\xad");
    check_escape("x", 1, "");

    civic_metrics_escape("x", out, 0);
    assert_int_equal(out[0], 'Z');

    /* a character that the text's end cuts, or that is none */
    check_escape("a\xe4", 10, "a\xe4");
    check_escape("\xf0\x9f", 10, "\xf0\x9f");
    check_escape("\xc3\"", 10, "\xc3\\\"");
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(families_and_samples),
        TEST(numbers_read_back),
        TEST(durations_fall_into_their_buckets),
        TEST(histograms_add_up),
        TEST(histograms_without_labels),
        TEST(the_count_is_that_of_the_buckets),
        TEST(the_text_grows),
        TEST(a_text_that_does_not_fit_is_given_up),
        TEST(label_values_are_escaped),
        TEST(long_label_values_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
