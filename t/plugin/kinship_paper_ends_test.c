/*
 * kinship_paper_ends_test.c - what ends of codes on paper: with a consent,
 * with its time, and when more are revoked than a list may have; and that
 * relatives see who printed their code.
 */

#define _GNU_SOURCE

#include "kinship_paper_world.h"


/* ---- tools -------------------------------------------------------------- */

static void
erase(const char *purpose)
{
    (void) asked(h, "kinship", "erase",
                 json_pack("{s:s, s:s}", "pid", pid_of(NUMBER), "purpose",
                           purpose));
}


static int64_t
ask(const char *what, const char *number, const char *of)
{
    return fake_redis(h, "%s civic:{p:%s}:%s", what, pid_of(number), of)
           ->integer;
}


static void
is_issued(fake_reply_t *rep, size_t at, int issued)
{
    json_t  *one = json_array_get(json_object_get(rep->json, "codes"), at);

    assert_int_equal(rep->status, 201);
    assert_int_equal(json_is_true(json_object_get(one, "issued")), issued);
}


static void
sheets_job(void)
{
    unsigned  shard;

    for (shard = 0; shard < 4; shard++) {
        assert_int_equal(fake_job(h, "kinship.sheets", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }
}


/* ---- consents ----------------------------------------------------------- */

/* Nothing is issued of who has withdrawn, also before it is erased. */
static void
test_consent_ended(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    family();
    consent_is(ELDER, "health", NULL);
    rep = make(both());
    is_issued(rep, 0, 1);
    is_issued(rep, 1, 0);
    is_issued(rep, 2, 1);
    assert_int_equal(ask("EXISTS", ELDER, "kincodes"), 0);

    /* another consent than that of the code */
    consent_is(NUMBER, "health", "a later one");
    rep = make("{\"own\":true}");
    assert_string_equal(fake_field_error(rep, "/own"),
                        "kinship_paper_no_own");
}


/* No token stays, whoever revoked it. */
static void
test_texts_go(void **state)
{
    const char  *key;

    (void) state;
    family();
    (void) made("{\"own\":true}");
    key = text("civic:{p:%s}:kincodes", pid_of(NUMBER));
    fake_redis(h, "HSET %s %s %s", key, "text:abababababababababababababababab",
               "sealed");
    assert_int_equal(ask("HLEN", NUMBER, "kincodes"), 3);
    erase("health");
    assert_int_equal(ask("HLEN", NUMBER, "kincodes"), 1);
}


/* What sheets have goes with either consent; that they were made counts. */
static void
test_sheets_forgotten(void **state)
{
    char      sheet[64];
    unsigned  i;

    (void) state;
    family();

    for (i = 0; i < 5; i++) {
        snprintf(sheet, sizeof(sheet), "%s", made("{\"own\":true}"));
    }

    erase("kinship");
    assert_string_equal(fake_redis(h, "HGET civic:{p:%s}:sheets %s",
                                   pid_of(NUMBER), sheet)->str,
                        text("%lld 0 -", (long long) NOON));
    assert_int_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
                                               sheet))->status, 404);
    assert_int_equal(make("{\"own\":true}")->status, 429);
    erase("health");
    assert_int_equal(ask("HLEN", NUMBER, "sheets"), 5);

    fake_advance(h, DAY);
    sheets_job();
    assert_int_equal(ask("EXISTS", NUMBER, "sheets"), 0);
}


static void
test_sheets_over(void **state)
{
    (void) state;
    family();
    (void) made("{\"own\":true}");
    fake_advance(h, VALID - 1);
    sheets_job();
    assert_int_equal(ask("HLEN", NUMBER, "sheets"), 1);
    fake_advance(h, DAY);
    sheets_job();
    assert_int_equal(ask("EXISTS", NUMBER, "sheets"), 0);
}


/* A verifier's clock may be behind: the index that is made anew has what is
   over since a moment, too. */
static void
test_clock_behind(void **state)
{
    unsigned  shard;

    (void) state;
    family();
    (void) made("{\"own\":true}");
    fake_advance(h, 1000);
    (void) made("{\"own\":true}");
    fake_advance(h, VALID - 1000 + 299000);

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "kinship.reindex", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }

    assert_int_equal(fake_redis(h, "ZCARD civic:{kinship}:revoked")->integer,
                     1);
}


/* ---- who looked --------------------------------------------------------- */

static void
test_looks(void **state)
{
    const char    *sheet, *link;
    fake_reply_t  *rep;

    (void) state;
    family();
    rep = make(both());
    sheet = text("%s", fake_text(rep, "sheet_id"));
    assert_int_equal(ask("XLEN", ELDER, "looks"), 1);
    (void) printed(sheet);
    assert_int_equal(ask("XLEN", ELDER, "looks"), 1);

    fake_advance(h, 600000);
    (void) printed(sheet);
    assert_int_equal(ask("XLEN", ELDER, "looks"), 2);
    assert_int_equal(ask("XLEN", CHILD, "looks"), 2);
    assert_int_equal(ask("EXISTS", NUMBER, "looks"), 0);

    rep = post(citizen(NUMBER), text("/kinship/sheets/%s/links", sheet),
               NULL);
    link = text("%s", fake_text(rep, "link"));
    fake_advance(h, 600000);
    rep = post(citizen(NUMBER), text("/kinship/sheets/%s/links", sheet),
               NULL);
    link = text("%s", fake_text(rep, "link"));
    assert_int_equal(get(NULL, text("/kinship/links/%s/png", link))->status,
                     200);
    assert_int_equal(ask("XLEN", ELDER, "looks"), 3);
}


/* ---- many --------------------------------------------------------------- */

/* So many thousand revoked codes, all with the same end. */
static void
add_thousands(unsigned thousands)
{
    unsigned  i;

    for (i = 0; i < thousands; i++) {
        fake_redis(h, "EVAL %s 1 civic:{kinship}:revoked %u",
                   "local all = {} for i = 1, 2000, 2 do all[i] = 0 "
                   "all[i + 1] = string.sub(redis.sha1hex(ARGV[1] .. ':' .. "
                   "i), 1, 16) .. ' 1773633600' end "
                   "redis.call('ZADD', KEYS[1], unpack(all))", i);
    }
}


/* And one of its own end; id: 16 bytes of that value. */
static void
add_one(unsigned char id, int64_t ends)
{
    unsigned        i;
    char            digits[2 * CIVIC_REVOKED + 1];
    unsigned char   bytes[CIVIC_CWT_ID], entry[CIVIC_REVOKED];

    memset(bytes, id, sizeof(bytes));
    civic_revoked_entry(bytes, entry);

    for (i = 0; i < CIVIC_REVOKED; i++) {
        snprintf(digits + 2 * i, 3, "%02x", entry[i]);
    }

    fake_redis(h, "ZADD civic:{kinship}:revoked 0 %s",
               text("%s %lld", digits, (long long) ends));
}


static int
has_one(const civic_revocations_t *list, unsigned char id)
{
    unsigned char  bytes[CIVIC_CWT_ID];

    memset(bytes, id, sizeof(bytes));

    return civic_revocations_has(list, bytes);
}


static fake_reply_t *
make_list(void)
{
    fake_reply_t     *rep;
    static unsigned   changes;          /* a worker keeps a list by these */

    fake_redis(h, "HSET civic:{kinship}:list changes %u", ++changes);
    rep = fake_job(h, "kinship.list", 0, 1, NULL);
    assert_int_equal(rep->result, CIVIC_OK);

    return rep;
}


/* A hundred thousand of them: what runs on the loop is short. */
static void
test_many(void **state)
{
    civic_revocations_t  list;

    (void) state;
    add_thousands(100);
    assert_int_equal(make_list()->offloads, 1);
    list = list_now();
    assert_int_equal(list.count, 100000);
    civic_revocations_free(&list);
    assert_false(fake_logged(h, "nearly full"));

    add_thousands(210);
    (void) make_list();
    assert_true(fake_logged(h, "nearly full: 210000 of 300000"));
}


/* More than a list may have: what ends soonest is left out, and the list is
   made all the same. */
static void
test_too_many(void **state)
{
    civic_revocations_t  list;

    (void) state;
    add_thousands(CIVIC_REVOKED_MOST / 1000);
    add_one(1, 1773633599);
    add_one(2, 1773633601);
    (void) make_list();
    assert_true(fake_logged(h, "2 that end soonest are left out"));
    list = list_now();
    assert_int_equal(list.count, CIVIC_REVOKED_MOST);
    assert_false(has_one(&list, 1));
    assert_true(has_one(&list, 2));
    civic_revocations_free(&list);
}


/* Whatever stands there, a list is made. */
static void
test_damaged_index(void **state)
{
    civic_revocations_t  list;

    (void) state;
    add_one(1, 1773633600);
    fake_redis(h, "ZADD civic:{kinship}:revoked 0 %s 0 %s 0 %s",
               "ABCDEFABCDEFABCD 1773633600", "what",
               "abcdefabcdefabcd 99999999999999999999");
    (void) make_list();
    list = list_now();
    assert_int_equal(list.count, 2);
    assert_true(has_one(&list, 1));
    civic_revocations_free(&list);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_consent_ended, paper_reset),
        cmocka_unit_test_setup(test_texts_go, paper_reset),
        cmocka_unit_test_setup(test_sheets_forgotten, paper_reset),
        cmocka_unit_test_setup(test_sheets_over, paper_reset),
        cmocka_unit_test_setup(test_clock_behind, paper_reset),
        cmocka_unit_test_setup(test_looks, paper_reset),
        cmocka_unit_test_setup(test_many, paper_reset),
        cmocka_unit_test_setup(test_too_many, paper_reset),
        cmocka_unit_test_setup(test_damaged_index, paper_reset),
    };

    return cmocka_run_group_tests(tests, paper_setup, paper_teardown);
}
