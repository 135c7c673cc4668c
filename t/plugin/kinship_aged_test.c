/*
 * kinship_aged_test.c - the rule "keep", switched on: who has grown out of a
 * family code is not shown any more, and a walk ends the binding.
 */

#include <stdlib.h>

#define KINSHIP_RULES  folder

static char  folder[] = "/tmp/civic-aged.XXXXXX";

#include "kinship_bind_world.h"

#define BOY  birth_number(2009, 3, 10, 3)       /* 17 a day after NOON */


static int
setup_aged(void **state)
{
    assert_non_null(mkdtemp(folder));
    assert_int_equal(system(text("cp -r lua/rules/* %s && "
                                 "sed -e 's/^rules.age_out = false/"
                                 "rules.age_out = true/' "
                                 "lua/rules/kinship.lua > %s/kinship.lua && "
                                 "grep -q 'age_out = true' %s/kinship.lua",
                                 folder, folder, folder)), 0);

    return setup(state);
}


static int
teardown_aged(void **state)
{
    assert_int_equal(system(text("rm -r %s", folder)), 0);

    return teardown(state);
}


static void
grown_up(void **state)
{
    char           code[256];
    const char    *id, *boy = BOY;
    fake_reply_t  *rep;

    (void) state;
    relative_consents(boy, "health");
    face_says("passed", NOON);
    id = agreed_by(NUMBER, boy);
    assert_int_equal(face_by(NUMBER, id)->status, 200);

    /* the last millisecond of the age of 16 */
    fake_set_clock(h, NOON + 12 * HOUR - 1);
    rep = get(citizen(NUMBER), text("/kinship/codes/%s", id));
    assert_int_equal(rep->status, 200);
    snprintf(code, sizeof(code), "%s", fake_text(rep, "code"));
    run_jobs("mend_relatives");
    is_whole(NUMBER, boy);

    fake_set_clock(h, NOON + 12 * HOUR);
    rep = get(citizen(NUMBER), text("/kinship/codes/%s", id));
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "kinship_aged");
    assert_string_equal(get(citizen(NUMBER),
                            text("/kinship/looks?binding_id=%s", id))->code,
                        "kinship_aged");
    assert_int_equal(json_array_size(json_object_get(json_object_get(
        asked(h, "kinship", "relatives", json_pack("{s:s}", "pid",
              pid_of(NUMBER))), "out"), "relatives")), 0);
    rep = post(staff(CIVIC_DOOR), "/kinship/checks",
               text("{\"code\":\"%s\",\"place\":\"public\"}", code));
    assert_string_equal(fake_text(rep, "verdict"), "revoked");
    rep = get(citizen(NUMBER), "/kinship/codes");
    assert_non_null(strstr(rep->body, "\"kept\":false"));

    /* the next walk */
    fake_advance(h, 6 * HOUR);
    run_jobs("mend_relatives");
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(boy, "guardians"), 0);
    run_jobs("tell");
    assert_string_equal(json_string_value(json_object_get(
                            fake_called(h, "civic.message", 0), "kind")),
                        "kinship.aged");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(grown_up),
    };

    return cmocka_run_group_tests(tests, setup_aged, teardown_aged);
}
