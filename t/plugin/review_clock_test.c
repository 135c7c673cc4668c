/*
 * review_clock_test.c - when an application is due, by the shipped rule: the
 * vectors, in each mode, through the call "review.due"; years that no calendar
 * knows; rules that are wrong.
 *
 * Each mode has a folder of rules of its own, made of lua/rules/review.lua:
 * without its examples, which are about the mode that ships.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "built.h"
#include "china_time.h"
#include "fake_host.h"

static char          folder[64];
static fake_host_t  *h;


/* ---- the world --------------------------------------------------------- */

/* A host whose rule was edited as sed says, without what would refuse the
   file: a function of its own may answer anything.  The shipped one without. */
static void
begin(const char *sed)
{
    char  line[512];

    strcpy(folder, "/tmp/civic-clock.XXXXXX");
    assert_non_null(mkdtemp(folder));

    snprintf(line, sizeof(line), "cp -r lua/rules/* %s && "
             "sed -e '%s' %s lua/rules/review.lua > %s/review.lua", folder,
             sed == NULL ? "" : sed,
             sed == NULL ? "" : "-e 's/^rules.examples = {/local _ = {/' "
                                "-e 's/^working_time.check/-- &/'",
             folder);
    assert_int_equal(system(line), 0);

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/review.so"),
        .others = { built("t/plugin/fixtures/asker.so") },
        .rules_dir = folder, .scripts_dir = "lua/redis", .sandbox = 1,
    });
    assert_non_null(h);
}


static void
end(void)
{
    char  line[128];

    fake_host_stop(h);
    snprintf(line, sizeof(line), "rm -r %s", folder);
    assert_int_equal(system(line), 0);
}


/* "2026-03-09 08:30", or RFC 3339 */
static int64_t
at(const char *text)
{
    char     whole[64];
    int64_t  ms;

    snprintf(whole, sizeof(whole), "%.10sT%.5s:00+08:00", text, text + 11);
    assert_int_equal(civic_instant_read(whole, strlen(whole), &ms), 0);

    return ms;
}


static json_t *
ask(int64_t submitted)
{
    char           body[64];
    json_t        *out;
    fake_reply_t  *rep;

    snprintf(body, sizeof(body), "{\"at\":%lld}", (long long) submitted);
    rep = fake_request(h, CIVIC_POST, "/asker/calls/review.due",
                       &(fake_request_t) { .body = body });
    assert_int_equal(json_integer_value(json_object_get(rep->json, "result")),
                     CIVIC_OK);
    out = json_object_get(rep->json, "out");
    assert_non_null(out);

    return out;
}


static void
expect_due(const char *submitted, const char *due)
{
    json_t   *out = ask(at(submitted));
    int64_t   found = json_integer_value(json_object_get(out, "due_at"));

    if (found != at(due)) {
        print_error("%s: %lld instead of %lld\n", submitted,
                    (long long) found, (long long) at(due));
    }

    assert_true(found == at(due));
    assert_null(json_object_get(out, "due_unknown"));
}


static void
expect_unknown(const char *submitted, const char *why)
{
    json_t  *out = ask(at(submitted));

    assert_null(json_object_get(out, "due_at"));
    assert_string_equal(json_string_value(json_object_get(out,
                                                          "due_unknown")),
                        why);
}


/* ---- the vectors ------------------------------------------------------- */

/* reading: of the file; with member: due_at stands in it. */
static void
expect_vectors(const char *reading, const char *member)
{
    size_t       i, seen = 0;
    json_t      *root, *vector, *due;
    const char  *dir = getenv("CIVIC_VECTORS");
    char         path[256];

    snprintf(path, sizeof(path), "%s/review-clock.json",
             dir == NULL ? "t/vectors" : dir);
    root = json_load_file(path, 0, NULL);
    assert_non_null(root);

    json_array_foreach(json_object_get(root, "vectors"), i, vector) {
        due = json_object_get(vector, reading);

        if (member != NULL) {
            due = json_object_get(due, member);
        }

        expect_due(json_string_value(json_object_get(vector,
                                                     "submitted_at")),
                   json_string_value(due));
        seen++;
    }

    assert_int_equal(seen, 6);
    json_decref(root);
}


/* submitted, every day, workdays: worked out by hand */
static const char *const  rows[][3] = {
    { "2026-03-09 10:30", "2026-03-10 18:00", "2026-03-10 18:00" },
    { "2026-03-11 13:17", "2026-03-13 10:00", "2026-03-13 10:00" },
    { "2026-03-14 09:00", "2026-03-15 16:30", "2026-03-17 16:00" },
    { "2022-04-29 16:00", "2022-05-01 11:30", "2022-05-06 11:30" },
    { "2024-02-29 18:00", "2024-03-02 16:00", "2024-03-04 16:00" },
    { "2025-01-27 15:00", "2025-01-29 10:30", "2025-02-06 10:30" },
    { "2025-09-28 09:30", "2025-09-29 17:00", "2025-09-29 17:00" },
    { "2025-12-31 17:00", "2026-01-02 15:00", "2026-01-05 15:00" },
    { "2026-04-30 23:45", "2026-05-02 16:00", "2026-05-07 16:00" },
};


static void
every_day(void **state)
{
    size_t  i;

    (void) state;
    begin(NULL);
    expect_vectors("every_day", "due_at");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_due(rows[i][0], rows[i][1]);
    }

    /* no calendar is needed */
    expect_due("2023-06-01 08:30", "2023-06-02 16:00");
    expect_due("2031-12-31 17:00", "2032-01-02 15:00");
    end();
}


static void
workdays(void **state)
{
    size_t           i;
    struct timespec  begun, ended;

    (void) state;
    begin("s/^rules.mode = .*/rules.mode = \"workdays\"/");
    expect_vectors("workday_only", "due_at");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_due(rows[i][0], rows[i][2]);
    }

    clock_gettime(CLOCK_MONOTONIC, &begun);

    for (i = 0; i < 200; i++) {
        ask(at("2024-03-09 08:30"));
    }

    clock_gettime(CLOCK_MONOTONIC, &ended);
    print_message("%ld us for a call with three years of calendar\n",
                  ((ended.tv_sec - begun.tv_sec) * 1000000000L
                   + ended.tv_nsec - begun.tv_nsec) / 200000);
    end();
}


static void
elapsed(void **state)
{
    (void) state;
    begin("s/^rules.mode = .*/rules.mode = \"elapsed\"/");
    expect_vectors("elapsed_12h_reading", NULL);
    end();
}


/* ---- what nobody can say ----------------------------------------------- */

static void
beyond(void **state)
{
    (void) state;
    begin("s/^rules.mode = .*/rules.mode = \"workdays\"/");

    expect_unknown("2023-06-01 08:30", "beyond_calendar");
    expect_unknown("2027-01-04 08:30", "beyond_calendar");

    /* the last that ends within the year, and the first that does not */
    expect_due("2026-12-30 10:30", "2026-12-31 18:00");
    expect_unknown("2026-12-30 10:31", "beyond_calendar");
    expect_unknown("2022-12-30 17:00", "beyond_calendar");

    assert_int_equal(fake_counter(h, "undated"), 4);
    assert_true(fake_logged(h, "[warn] review: the rule \"clock\" gives no "
                               "due time: \"beyond_calendar\""));
    end();
}


static void
wrong_rule(const char *sed, const char *why)
{
    begin(sed);
    expect_unknown("2026-03-09 08:30", why);
    assert_true(fake_logged(h, "[error] review: the rule \"clock\" gives no "
                               "due time"));
    end();
}


static void
wrong_rules(void **state)
{
    (void) state;
    wrong_rule("s/^rules.mode = .*/rules.mode = \"sometimes\"/", "bad_mode");
    wrong_rule("s/return \\(working_time.clock.*\\)/local is = \\1 "
               "is.need = 0 return is/", "bad_need");
    wrong_rule("s/return \\(working_time.clock.*\\)/local is = \\1 "
               "is.need = \"720\" return is/", "bad_need");
    wrong_rule("s/^rules.hours = .*/rules.hours = {}/", "bad_windows");
    wrong_rule("s/^rules.hours = .*/rules.hours = { \"8:30-12\" }/",
               "bad_windows");
    wrong_rule("s/^rules.hours = .*/rules.hours = { \"14:30-18:00\", "
               "\"08:30-12:00\" }/", "bad_windows");
    wrong_rule("s/^rules.mode = .*/rules.mode = \"workdays\"/;"
               "s/\"01-04\", \"02-14\"/\"02-30\"/", "bad_calendar");
    wrong_rule("s/^rules.mode = .*/rules.mode = \"workdays\"/;"
               "s/\"01-04\", \"02-14\"/\"01-02\"/", "bad_calendar");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_day),
        cmocka_unit_test(workdays),
        cmocka_unit_test(elapsed),
        cmocka_unit_test(beyond),
        cmocka_unit_test(wrong_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
