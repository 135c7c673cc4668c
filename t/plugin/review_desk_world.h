/*
 * review_desk_world.h - what the tests of the reviewers' desk stand on: an
 * exam, applications in any state, two reviewers.
 */

#ifndef REVIEW_DESK_WORLD_H
#define REVIEW_DESK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"
#include "fake_host.h"

#define UNUSED  __attribute__((unused))
#define TEN     1773021600000LL         /* 2026-03-09T10:00:00+08:00, Monday */
#define MINUTE  60000LL
#define HOUR    (60 * MINUTE)
#define NUMBER  "630105199003079996"
#define OTHER   "63280119850601000X"
#define THIRD   "110105199003070006"
#define ONE     "AAAAAAAAAAAAAAAAAAAAAA"
#define TWO     "BBBBBBBBBBBBBBBBBBBBBA"
#define THREE   "CCCCCCCCCCCCCCCCCCCCCA"
#define PHOTO   "\xff\xd8\xff\xe0 the photo"
#define EXAM    "clerk-2026"
#define QUEUE   "civic:{reviews:" EXAM "}"

static fake_host_t   *h;
static const char    *ann, *bob;        /* reviewers' tokens */
static fake_reply_t  *rep;
static char           folder[64];


/* ---- the world --------------------------------------------------------- */

UNUSED static void
run(const char *before, const char *after)
{
    char  line[512];

    snprintf(line, sizeof(line), "%s%s%s", before, folder, after);
    assert_int_equal(system(line), 0);
}


/* With the rule edited as sed says; "" as it ships. */
UNUSED static void
start(const char *sed)
{
    char  line[256];

    strcpy(folder, "/tmp/civic-desk.XXXXXX");
    assert_non_null(mkdtemp(folder));
    run("cp -r lua/redis/*.lua t/plugin/fixtures/redis/applicant*.lua "
        "lua/rules/* ", "");

    if (*sed != '\0') {
        snprintf(line, sizeof(line), "sed -i -e '%s' "
                 "-e 's/^rules.examples = {/local _ = {/' ", sed);
        run(line, "/review.lua");
    }

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/review.so"),
        .others = { built("t/plugin/fixtures/applicant.so") },
        .rules_dir = folder, .scripts_dir = folder, .sandbox = 1,
    });
    assert_non_null(h);
}


UNUSED static int
stop(void **state)
{
    (void) state;
    fake_host_stop(h);
    run("rm -r ", "");

    return 0;
}


UNUSED static int
setup(void **state)
{
    (void) state;
    start("");

    return 0;
}


static const char  facts[] =
    "{\"exam_id\":\"" EXAM "\",\"revision\":1,"
    "\"title\":{\"zh\":\"公务员录用考试\",\"en\":\"the clerks' exam\"},"
    "\"windows\":{\"registration\":{\"from_ms\":1,\"until_ms\":2}},"
    "\"subjects\":[{\"from_ms\":1,\"until_ms\":9999999999999}],"
    "\"fee\":{\"fen\":0},\"photo_profile\":\"default\","
    "\"form\":[{\"name\":\"school\",\"type\":\"text\","
    "\"label\":{\"zh\":\"毕业院校\",\"en\":\"school\"}},"
    "{\"name\":\"degree\",\"type\":\"choice\",\"label\":{\"zh\":\"学历\"},"
    "\"options\":[{\"value\":\"b\",\"label\":{\"zh\":\"本科\"}}]},"
    "{\"name\":\"party\",\"type\":\"yes_no\",\"label\":{\"zh\":\"党员\"}},"
    "{\"name\":\"skills\",\"type\":\"choices\",\"label\":{\"zh\":\"技能\"},"
    "\"options\":[{\"value\":\"x\",\"label\":{\"zh\":\"英语\"}}]},"
    "{\"name\":\"secret\",\"type\":\"text\",\"show_reviewer\":false,"
    "\"label\":{\"zh\":\"不给看\"}},"
    "{\"name\":\"empty\",\"type\":\"text\",\"label\":{\"zh\":\"空\"}}]}";


UNUSED static void
as_usual(void)
{
    fake_answer_call(h, "exam.facts", CIVIC_OK,
                     json_loads(facts, 0, NULL));
    fake_answer_call(h, "exam.list", CIVIC_OK,
                     json_pack("{s:[{s:s, s:{s:s}, s:I}]}", "exams",
                               "exam_id", EXAM, "title", "zh",
                               "公务员录用考试", "until",
                               (json_int_t) 9999999999999));
    fake_answer_call(h, "exam.position", CIVIC_OK,
                     json_pack("{s:s, s:{s:s}, s:[{s:{s:s}}]}", "code",
                               "1001", "name", "zh", "科员", "conditions",
                               "text", "zh", "本科及以上"));
    fake_answer_call(h, "login.identity", CIVIC_OK,
                     json_pack("{s:s, s:s, s:s, s:s}", "state", "person",
                               "name", "张小伟", "id_number", NUMBER, "kind",
                               "resident"));
    fake_answer_call(h, "photo_check.state", CIVIC_OK,
                     json_pack("{s:s}", "state", "none"));
}


UNUSED static void
log_in(void)
{
    ann = fake_session(h, "staff:ann", CIVIC_REVIEWER);
    bob = fake_session(h, "staff:bob", CIVIC_REVIEWER);
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    fake_set_clock(h, TEN);
    log_in();
    as_usual();

    return 0;
}


/* Reviewers have logged in again. */
UNUSED static void
later(int64_t ms)
{
    fake_advance(h, ms);
    log_in();
}


/* ---- applications ------------------------------------------------------ */

/* due: ms from now, 0: nobody knows. */
UNUSED static void
application(const char *number, const char *id, const char *state,
    int64_t due)
{
    char  path[256];

    snprintf(path, sizeof(path), "/applicant/applications?name=%s&exam=" EXAM
             "&id=%s&state=%s&due=%lld&submitted=%lld", number, id, state,
             due == 0 ? 0LL : (long long) (fake_now(h) + due),
             (long long) (fake_now(h) - HOUR));
    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = PHOTO, .content_type = "image/jpeg" });
    assert_int_equal(rep->status, 201);
}


/* As the fixture has put the photo of the one before. */
UNUSED static void
with_photo(void)
{
    fake_answer_call(h, "photo_check.state", CIVIC_OK,
                     json_pack("{s:s, s:s}", "state", "finished", "blob_id",
                               fake_text(rep, "blob_id")));
}


/* The field of a person's hash. */
UNUSED static const char *
record(const char *number)
{
    const redisReply  *found = fake_redis(h, "HGET civic:{p:%s}:review "
                                          "application:" EXAM,
                                          fake_person_id(h, number));

    return found->str == NULL ? "" : found->str;
}


UNUSED static int64_t
waiting(const char *queue)
{
    return fake_redis(h, "ZCARD " QUEUE "%s:waiting", queue)->integer;
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static int
ask(const char *token, civic_method_t method, const char *path,
    const char *body)
{
    char  whole[256];

    snprintf(whole, sizeof(whole), "/review%s%sexam_id=" EXAM, path,
             strchr(path, '?') == NULL ? "?" : "&");
    rep = fake_request(h, method, whole, &(fake_request_t) {
                           .token = token, .body = body });

    if (rep->undocumented != NULL) {
        print_error("%s: %s\n", path, rep->undocumented);
    }

    assert_null(rep->undocumented);

    return rep->status;
}


/* The id of what comes next; the code of a problem. */
UNUSED static const char *
next(const char *token)
{
    return ask(token, CIVIC_POST, "/items/next", NULL) == 200
           ? fake_text(rep, "application_id") : rep->code;
}


UNUSED static int
decide(const char *token, const char *id, const char *what, const char *body)
{
    char  path[128];

    snprintf(path, sizeof(path), "/items/%s/%s", id, what);

    return ask(token, CIVIC_POST, path, body);
}


UNUSED static int
look(const char *token, const char *id)
{
    char  path[128];

    snprintf(path, sizeof(path), "/items/%s", id);

    return ask(token, CIVIC_GET, path, NULL);
}


UNUSED static int64_t
member(const char *name)
{
    return json_integer_value(json_object_get(rep->json, name));
}


/* A text of the n-th object of an array of the reply. */
UNUSED static const char *
in_list(const char *array, size_t n, const char *name)
{
    const char  *text = json_string_value(json_object_get(
                            json_array_get(json_object_get(rep->json, array),
                                           n), name));

    return text == NULL ? "" : text;
}


/* Whether the trail has that action, and about whom. */
UNUSED static int
audited(const char *action)
{
    size_t  i;

    for (i = 0; fake_audit(h, i) != NULL; i++) {
        if (strcmp(fake_audit_action(h, i), action) == 0) {
            return 1;
        }
    }

    return 0;
}

#endif
