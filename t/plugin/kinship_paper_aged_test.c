/*
 * kinship_paper_aged_test.c - the rule "keep", switched on: of who has grown
 * out of a family code nothing is printed any more.
 */

#define _GNU_SOURCE

#include <stdlib.h>

#define KINSHIP_RULES  folder

static char  folder[] = "/tmp/civic-aged.XXXXXX";

#include "kinship_paper_world.h"


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

    return paper_setup(state);
}


static int
teardown_aged(void **state)
{
    assert_int_equal(system(text("rm -r %s", folder)), 0);

    return paper_teardown(state);
}


static void
grown_up(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    family();
    has_kin_code(OTHER, "李四", "health");          /* 40 by now */
    (void) bound(3, NUMBER, OTHER, "child", "face", NOON - DAY);
    assert_int_equal(make_with(citizen(NUMBER), "k1", both())->status, 201);

    rep = make_with(citizen(NUMBER), "k2",
                    text("{\"bindings\":[\"%s\",\"%s\"]}", binding_id(1),
                         binding_id(3)));
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/bindings/1"),
                        "kinship_aged");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(grown_up, paper_reset),
    };

    return cmocka_run_group_tests(tests, setup_aged, teardown_aged);
}
