/*
 * kinship_terms_test.c - an administrator changes the numbers of kinship.lua,
 * and every text that names one follows.
 */

#include <stdlib.h>

#define KINSHIP_RULES  folder

static char  folder[] = "/tmp/civic-terms.XXXXXX";

#include "kinship_bind_world.h"


static void
change(const char *from, const char *to)
{
    assert_int_equal(system(text("grep -q '^rules.%s' %s/kinship.lua && "
                                 "sed -i 's/^rules.%s.*/rules.%s/' "
                                 "%s/kinship.lua", from, folder, from, to,
                                 folder)), 0);
}


static int
setup_terms(void **state)
{
    assert_non_null(mkdtemp(folder));
    assert_int_equal(system(text("cp -r lua/rules/* %s", folder)), 0);
    change("most_relatives = 8", "most_relatives = 2");
    change("most_guardians = 3", "most_guardians = 1");
    change("young_until = 16", "young_until = 12");
    change("old_from = 60", "old_from = 70");
    change("pledge_until = 6", "pledge_until = 5");
    change("unbind_after = 86400", "unbind_after = 172800");
    change("paper_valid = 168 \\* 3600", "paper_valid = 36 * 3600");
    /* the examples are of the numbers that were */
    change("examples = examples", "examples = {}");

    return setup(state);
}


static int
teardown_terms(void **state)
{
    assert_int_equal(system(text("rm -r %s", folder)), 0);

    return teardown(state);
}


static void
says(const fake_reply_t *rep, const char *words)
{
    if (strstr(rep->body, words) == NULL) {
        fail_msg("no \"%s\" in %s", words, rep->body);
    }
}


static void
in_problems(void **state)
{
    const char  *id;

    (void) state;
    says(ask(birth_number(2010, 1, 1, 1)),
         "暂时只支持绑定12岁以下及70岁以上的亲属");

    relative_consents(CHILD5, "health_child");
    id = text("%s", fake_text(ask(CHILD5), "binding_id"));
    says(post(citizen(NUMBER), path_of(id, "/agree"),
              "{\"version\":1,\"health_version\":1,\"agreed\":true,"
              "\"flags\":{}}"), "0至5岁的小朋友不需要人脸识别");

    id = pledged(NUMBER, CHILD5);
    says(fake_request(h, CIVIC_DELETE, path_of(id, ""),
                      &(fake_request_t) { .token = citizen(NUMBER) }),
         "绑定亲情码成员48小时后");

    guardian_is(OTHER);
    id = agreed_by(OTHER, CHILD5);
    says(finish_by(OTHER, id), "已被1位用户绑定");

    (void) bound(1, NUMBER, CHILD9, "child", "face", NOON);
    says(ask(birth_number(2021, 1, 1, 7)), "最多可为2名家人");
}


static void
of_a_page(void **state)
{
    json_t        *terms;
    fake_reply_t  *rep = get(citizen(NUMBER), "/kinship/relations");

    (void) state;
    assert_int_equal(rep->status, 200);
    terms = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "relatives", 2,
                      "guardians", 1, "young_until", 12, "old_from", 70,
                      "pledge_until", 5, "unbind_after", 172800,
                      "paper_valid", 36 * 3600);
    assert_true(json_equal(terms, json_object_get(rep->json, "terms")));
    json_decref(terms);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(in_problems),
        BIND(of_a_page),
    };

    return cmocka_run_group_tests(tests, setup_terms, teardown_terms);
}
