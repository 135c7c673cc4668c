/*
 * exam_ticket_world.h - what the tests of the plugin "ticket" stand on: it,
 * an exam with rooms, people who are entitled, the office that asks for seats,
 * and a media engine that says what a test wants.
 */

#ifndef EXAM_TICKET_WORLD_H
#define EXAM_TICKET_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "built.h"
#include "cwt.h"
#include "checked.h"
#include "fake_host.h"

#define NOON      1773028800000LL       /* 2026-03-09T12:00:00+08:00 */
#define HOUR      3600000LL
#define DAY       (24 * HOUR)
#define NUMBER    "630105199003079996"
#define OTHER     "63280119850601000X"
#define EXAM      "qh-2026"
#define UNUSED    __attribute__((unused))

/* Printing begins a day from NOON, the exam is two days later. */
#define PRINTING  (NOON + DAY)
#define MORNING   (NOON + 3 * DAY - 3 * HOUR)
#define OVER      (NOON + 3 * DAY + 5 * HOUR)

#define PDF    "%PDF-1.7 what the engine drew"
#define DRAWN  "Civic-Media: {\"pages\":1,\"missing\":[],\"cut\":[]}"

static fake_host_t  *h;
static const char   *citizen;           /* tokens */
static const char   *door;
static char          keys[2][64];       /* PEM files: signs, signed before */


/* ---- keys -------------------------------------------------------------- */

UNUSED static void
write_key(const char *path, EVP_PKEY *pkey, int private)
{
    FILE  *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(private ? PEM_write_PrivateKey(file, pkey, NULL, NULL,
                                                    0, NULL, NULL)
                             : PEM_write_PUBKEY(file, pkey), 1);
    (void) fclose(file);
}


static EVP_PKEY  *old_key;


UNUSED static void
make_keys(void)
{
    int        i, fd;
    EVP_PKEY  *pkey;

    for (i = 0; i < 2; i++) {
        snprintf(keys[i], sizeof(keys[i]), "/tmp/civic-ticket-XXXXXX");
        fd = mkstemp(keys[i]);
        assert_true(fd >= 0);
        (void) close(fd);
        pkey = EVP_EC_gen("P-256");
        write_key(keys[i], pkey, i == 0);

        if (i == 1) {
            old_key = pkey;
        } else {
            EVP_PKEY_free(pkey);
        }
    }
}


/* ---- the world --------------------------------------------------------- */

UNUSED static int
setup(void **state)
{
    static char  signing[96], old[96];

    (void) state;
    make_keys();
    snprintf(signing, sizeof(signing), "signing_key=%s", keys[0]);
    snprintf(old, sizeof(old), "old_keys=%s", keys[1]);

    h = fake_host_start(&(fake_host_config_t) {
        .plugin = built("plugins/ticket.so"),
        .others = { built("t/plugin/fixtures/asker.so"),
                    built("t/plugin/fixtures/exam_facts.so"),
                    built("t/plugin/fixtures/review_paid.so") },
        .rules_dir = "lua/rules", .scripts_dir = "lua/redis",
        .options = { signing, old, "issuer=exam.example" }, .sandbox = 1,
    });

    return h == NULL ? -1 : 0;
}


UNUSED static int
teardown(void **state)
{
    (void) state;
    fake_host_stop(h);
    (void) unlink(keys[0]);
    (void) unlink(keys[1]);
    EVP_PKEY_free(old_key);

    return 0;
}


UNUSED static void
at(int64_t when)
{
    fake_set_clock(h, when);
    citizen = fake_session(h, NUMBER, CIVIC_CITIZEN);
    door = fake_session(h, "staff:door", CIVIC_DOOR);
}


static civic_msec_t  print_from = PRINTING, print_until = OVER;

/* rooms: of the site 01, as JSON */
UNUSED static void
exam_has(const char *rooms)
{
    char  facts[4096];

    snprintf(facts, sizeof(facts),
        "{\"exam_id\":\"" EXAM "\",\"revision\":1,"
        "\"title\":{\"zh\":\"青海省2026年公务员考试\","
        "\"en\":\"Civil service exam\"},"
        "\"windows\":{\"printing\":{\"from_ms\":%lld,\"until_ms\":%lld}},"
        "\"photo_profile\":\"default\","
        "\"subjects\":[{\"code\":\"xc\",\"name\":{\"zh\":\"行政职业能力测验\"},"
        "\"from_ms\":%lld,\"until_ms\":%lld},"
        "{\"code\":\"fy\",\"name\":{\"zh\":\"法语\"},\"positions\":[\"0202\"],"
        "\"from_ms\":%lld,\"until_ms\":%lld}],"
        "\"positions\":[{\"code\":\"0101\",\"name\":{\"zh\":\"综合管理科员\"},"
        "\"unit\":{\"zh\":\"西宁市城东区人民政府\"}}],"
        "\"sites\":[{\"code\":\"01\",\"name\":{\"zh\":\"西宁市第一中学\"},"
        "\"address\":{\"zh\":\"西宁市城中区花园北街1号\"},\"rooms\":%s}],"
        "\"ticket\":{\"number_prefix\":\"6326\","
        "\"instructions\":[{\"zh\":\"凭证入场\"}]}}",
        (long long) print_from, (long long) print_until,
        (long long) MORNING,
        (long long) (MORNING + 2 * HOUR), (long long) (MORNING + 4 * HOUR),
        (long long) OVER, rooms);
    (void) fake_redis(h, "HSET civic:{exam:fixture} " EXAM " %s", facts);
}


UNUSED static void
photo_is(const char *photo_state, const char *blob)
{
    fake_answer_call(h, "photo_check.state", CIVIC_OK,
                     json_pack("{s:s, s:s}", "state", photo_state, "blob_id",
                               blob));
}


UNUSED static int
reset(void **state)
{
    (void) state;
    fake_host_reset(h);
    at(NOON);
    print_from = PRINTING;
    print_until = OVER;
    exam_has("[{\"code\":\"001\",\"seats\":3},{\"code\":\"002\","
             "\"seats\":2,\"name\":{\"zh\":\"二楼东\"}}]");
    (void) fake_redis(h, "SADD civic:{review:fixture}:exams " EXAM);
    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    photo_is("none", "");
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents",
        .content_type = "application/pdf", .body = PDF,
        .headers = { DRAWN } });

    return 0;
}


/* ---- people ------------------------------------------------------------ */

/* The pid of the n-th person: 0 is NUMBER's. */
UNUSED static const char *
pid_of(unsigned n)
{
    char  number[24];

    if (n == 0) {
        return fake_person_id(h, NUMBER);
    }

    snprintf(number, sizeof(number), "6301051990%08u", n);

    return fake_person_id(h, number);
}


UNUSED static void
pays(unsigned n)
{
    (void) fake_redis(h, "HSET civic:{review:" EXAM "}:who %s %s", pid_of(n),
                      "0101|" NUMBER "|张伟");
    (void) fake_redis(h, "SADD civic:{review:" EXAM "}:paid %s", pid_of(n));
}


UNUSED static void
leaves(unsigned n)
{
    (void) fake_redis(h, "HDEL civic:{review:" EXAM "}:who %s", pid_of(n));
    (void) fake_redis(h, "SREM civic:{review:" EXAM "}:paid %s", pid_of(n));
}


/* "" without a seat */
UNUSED static const char *
number_of(unsigned n)
{
    static char        numbers[8][32];
    static unsigned    turn;
    const redisReply  *reply;

    char  *number = numbers[turn++ % 8];

    reply = fake_redis(h, "HGET civic:{ticket:" EXAM "}:people %s",
                       pid_of(n));
    number[0] = '\0';

    if (reply->type == REDIS_REPLY_STRING && reply->str[0] != '-') {
        snprintf(number, sizeof(numbers[0]), "%.*s",
                 (int) strcspn(reply->str, " "), reply->str);
    }

    return number;
}


/* ---- rounds ------------------------------------------------------------ */

/* As "civicctl exam seat" does. */
UNUSED static void
ask_for_seats(void)
{
    long long  round;

    (void) fake_redis(h, "HSETNX civic:{ticket:" EXAM "}:order seed %s",
                      "0123456789abcdef");
    round = fake_redis(h, "HINCRBY civic:{ticket:" EXAM "}:order round 0")
            ->integer;
    (void) fake_redis(h, "HSET civic:{ticket:" EXAM "}:order wanted %lld",
                      round + 1);
}


UNUSED static void
run_seat(void)
{
    fake_reply_t  *rep = fake_job(h, "ticket.seat", 0, 1, NULL);

    if (rep->result != CIVIC_OK) {
        fail_msg("seat: %d %s", rep->result, rep->code);
    }

    assert_true(rep->stack_used < 64 * 1024);
}


UNUSED static const char *
report(void)
{
    static char        text[128];
    const redisReply  *reply;

    reply = fake_redis(h, "HGET civic:{ticket:" EXAM "}:order report");
    snprintf(text, sizeof(text), "%s", reply->str != NULL ? reply->str : "");

    if (strrchr(text, ' ') != NULL) {
        *strrchr(text, ' ') = '\0';     /* the time */
    }

    return text;
}


/* Each person one number, each number one person. */
UNUSED static void
seats_fit(void)
{
    size_t             i, seated = 0;
    const redisReply  *people, *seats;

    people = fake_redis(h, "HGETALL civic:{ticket:" EXAM "}:people");

    for (i = 0; i + 1 < people->elements; i += 2) {
        char  number[32], state[16];

        assert_int_equal(sscanf(people->element[i + 1]->str,
                                "%31s %*s %15s", number, state), 2);

        if (strcmp(state, "seated") != 0) {
            assert_string_equal(number, "-");
            continue;
        }

        seated++;
        seats = fake_redis(h, "HGET civic:{ticket:" EXAM "}:seats %s",
                           number);
        assert_int_equal(seats->type, REDIS_REPLY_STRING);
        assert_string_equal(seats->str, people->element[i]->str);
    }

    assert_int_equal(fake_redis(h, "HLEN civic:{ticket:" EXAM "}:seats")
                     ->integer, seated);
}


UNUSED static void
seat_all(void)
{
    ask_for_seats();
    run_seat();
    seats_fit();
}


/* ---- requests ---------------------------------------------------------- */

UNUSED static fake_reply_t *
get(const char *path, const char *token)
{
    return checked(fake_request(h, CIVIC_GET, path,
                                &(fake_request_t) { .token = token }));
}


UNUSED static json_t *
call(const char *name, json_t *in)
{
    return json_object_get(asked(h, "ticket", name, in), "out");
}


UNUSED static json_t *
entitlement(unsigned n, int entitled)
{
    return call("entitlement", json_pack("{s:s, s:s, s:b}", "pid", pid_of(n),
                                         "exam_id", EXAM, "entitled",
                                         entitled));
}


UNUSED static void
run_job(const char *name, unsigned shards)
{
    unsigned       shard;
    fake_reply_t  *rep;

    for (shard = 0; shard < shards; shard++) {
        rep = fake_job(h, name, shard, 1, NULL);

        if (rep->result != CIVIC_OK) {
            fail_msg("%s, shard %u: %d %s", name, shard, rep->result,
                     rep->code);
        }
    }
}


/* How many messages of that kind were sent. */
UNUSED static unsigned
told(const char *kind)
{
    size_t       i;
    json_t      *in;
    unsigned     n = 0;
    const char  *is;

    for (i = 0; (in = fake_called(h, "civic.message", i)) != NULL; i++) {
        is = json_string_value(json_object_get(in, "kind"));
        n += is != NULL && strcmp(is, kind) == 0;
    }

    return n;
}

#endif
