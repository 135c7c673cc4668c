/*
 * exam_part_test.c - the call "exam.part": all exams, however many, in parts
 * that are small enough for one turn.
 */

#include "exam_world.h"

#define EXAMS    250
#define MOST     100                    /* of a part */
#define UNTIL    1773640800000LL        /* 2026-03-16T14:00:00+08:00 */
#define LISTING  "1 {\"exam_id\":\"%s\",\"title\":{\"zh\":\"考试\"}," \
                 "\"windows\":{\"registration\":%s,\"review\":%s," \
                 "\"payment\":%s,\"printing\":%s}}"
#define EARLY    "{\"from\":\"2026-03-01T09:00:00+08:00\"," \
                 "\"until\":\"2026-03-09T18:00:00+08:00\"}"
#define LATE     "{\"from\":\"2026-03-01T09:00:00+08:00\"," \
                 "\"until\":\"2026-03-16T14:00:00+08:00\"}"


/* As the job enters them into the list, and one that is damaged. */
static int
enter(void **state)
{
    size_t  i;
    char    name[16], entry[1024];

    (void) state;
    fake_host_reset(h);

    for (i = 0; i < EXAMS; i++) {
        snprintf(name, sizeof(name), "many-%03zu", i);
        snprintf(entry, sizeof(entry), LISTING, name, EARLY, LATE, EARLY,
                 EARLY);
        (void) fake_redis(h, "HSET civic:{exams} %s %s", name, entry);
    }

    (void) fake_redis(h, "HSET civic:{exams} broken nonsense");

    return 0;
}


/* Those of a part go into seen; the cursor of the next. */
static const char *
take_part(const char *cursor, json_t *seen)
{
    size_t        i;
    json_t       *out, *exams, *one;
    static char   next[32];

    out = answer_of("part", json_pack("{s:s}", "cursor", cursor));
    exams = json_object_get(out, "exams");
    assert_true(json_is_array(exams) && json_array_size(exams) <= MOST);

    json_array_foreach(exams, i, one) {
        json_object_set(seen, json_string_value(json_object_get(one,
                                                                "exam_id")),
                        json_object_get(one, "until"));
    }

    snprintf(next, sizeof(next), "%s",
             json_string_value(json_object_get(out, "cursor")));

    return next;
}


static void
all_in_parts(void **state)
{
    unsigned     parts = 0;
    json_t      *seen = json_object(), *until;
    const char  *cursor = "0", *name;

    (void) state;

    do {
        cursor = take_part(cursor, seen);
        parts++;
    } while (strcmp(cursor, "0") != 0);

    assert_true(parts > EXAMS / MOST);
    assert_int_equal(json_object_size(seen), EXAMS + 1);

    json_object_foreach(seen, name, until) {
        assert_int_equal(json_integer_value(until),
                         strcmp(name, "broken") == 0 ? 0 : UNTIL);
    }

    json_decref(seen);
}


/* Without exams, and without a cursor. */
static void
none(void **state)
{
    json_t  *out;

    (void) state;
    (void) fake_redis(h, "DEL civic:{exams}");
    out = answer_of("part", json_object());
    assert_int_equal(json_array_size(json_object_get(out, "exams")), 0);
    assert_string_equal(json_string_value(json_object_get(out, "cursor")),
                        "0");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(all_in_parts, enter),
        cmocka_unit_test_setup(none, enter),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
