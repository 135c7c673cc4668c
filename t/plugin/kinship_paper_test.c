/*
 * kinship_paper_test.c - codes on paper: a sheet for oneself and relatives,
 * what is drawn, what revokes it, and the signed list of what was revoked.
 */

#define _GNU_SOURCE

#include "kinship_paper_world.h"


/* ---- tests -------------------------------------------------------------- */

static void
test_a_family(void **state)
{
    char           codes[9][1024];
    json_t        *all;
    civic_cwt_t    token;
    fake_reply_t  *rep;

    (void) state;
    family();
    rep = make(both());
    assert_int_equal(rep->status, 201);
    assert_string_equal(fake_text(rep, "expires_at"),
                        "2026-03-16T12:00:00+08:00");
    all = json_object_get(rep->json, "codes");
    assert_int_equal(json_array_size(all), 3);
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(all, 0), "kind")), "own");
    assert_string_equal(json_string_value(json_object_get(
        json_array_get(all, 1), "name")), "王*英");
    assert_null(strstr(rep->body, "秀英"));
    assert_null(strstr(rep->body, ELDER));

    assert_int_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
        fake_text(rep, "sheet_id")))->status, 200);
    assert_int_equal(codes_of(last_asked(), codes), 3);
    assert_true(is_in(last_asked(), "一码通"));
    assert_true(is_in(last_asked(), "王*英（父母）"));
    assert_true(is_in(last_asked(), "3月16日 12:00"));
    assert_true(is_in(last_asked(), "city.example"));
    assert_true(is_in(last_asked(), "7天内有效"));
    assert_false(is_in(last_asked(), "秀英"));
    assert_false(is_in(last_asked(), "绿码"));

    token = token_of(codes[1], CIVIC_CWT_OK);
    assert_int_equal(token.ntexts, 2);
    has_text(&token, CIVIC_PAPER_KIND, "kin");
    has_text(&token, CIVIC_PAPER_NAME, "王*英");
    assert_int_equal(token.issued_at, NOON / 1000);
    assert_int_equal(token.expires_at, (NOON + VALID) / 1000);
    token = token_of(codes[0], CIVIC_CWT_OK);
    has_text(&token, CIVIC_PAPER_KIND, "own");
    has_text(&token, CIVIC_PAPER_NAME, "张*");
}


static void
test_links_and_pictures(void **state)
{
    const char    *link;
    fake_reply_t  *rep;

    (void) state;
    family();
    rep = make("{\"own\":true}");
    link = text("%s", fake_text(rep, "link"));
    assert_true(strlen(link) > 40);
    assert_int_equal(get(NULL, text("/kinship/links/%s/png", link))->status,
                     200);
    assert_non_null(strstr(last_asked()->path, "format=png"));
    assert_int_equal(get(NULL, text("/kinship/links/%s/pdf", link))->status,
                     200);

    rep = post(citizen(NUMBER), text("/kinship/sheets/%s/links",
                                     fake_text(rep, "sheet_id")), NULL);
    assert_int_equal(rep->status, 200);

    fake_advance(h, 301000);
    assert_string_equal(get(NULL, text("/kinship/links/%s/png", link))->code,
                        "kinship_link_over");
    assert_string_equal(get(NULL, "/kinship/links/AAAA/png")->code,
                        "kinship_link_over");
}


static void
test_whose(void **state)
{
    const char  *sheet;

    (void) state;
    family();
    sheet = made("{\"own\":true}");
    has_code(OTHER, "李强");
    assert_int_equal(get(citizen(OTHER), text("/kinship/sheets/%s/pdf",
                                              sheet))->status, 404);
    assert_int_equal(get(citizen(NUMBER), "/kinship/sheets/x/pdf")->status,
                     404);
    assert_int_equal(get(NULL, text("/kinship/sheets/%s/pdf", sheet))->status,
                     401);
}


static void
test_what_is_wrong(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    has_kin_code(ELDER, "王秀英", "health");
    (void) bound(1, NUMBER, ELDER, "parent", "face", NOON - 2 * DAY);

    rep = make("{}");
    assert_string_equal(fake_field_error(rep, "/bindings"),
                        "kinship_paper_nobody");

    rep = make(text("{\"own\":true,\"bindings\":[\"%s\",\"%s\",\"%s\"]}",
                    binding_id(1), binding_id(7), binding_id(1)));
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/own"),
                        "kinship_paper_no_own");
    assert_string_equal(fake_field_error(rep, "/bindings/1"),
                        "kinship_no_binding");
    assert_string_equal(fake_field_error(rep, "/bindings/2"),
                        "kinship_paper_twice");

    /* a place that was reserved, and is not bound */
    fake_redis(h, "DEL civic:{p:%s}:guardians", pid_of(ELDER));
    rep = make(text("{\"bindings\":[\"%s\"]}", binding_id(1)));
    assert_string_equal(fake_field_error(rep, "/bindings/0"),
                        "kinship_no_binding");

    /* a row that cannot be read, beside one that is not there */
    fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged", pid_of(ELDER),
               pid_of(NUMBER));
    rep = make(text("{\"bindings\":[\"%s\",\"%s\"]}", binding_id(7),
                    binding_id(1)));
    assert_int_equal(rep->status, 422);
    assert_string_equal(fake_field_error(rep, "/bindings/0"),
                        "kinship_no_binding");
    assert_string_equal(fake_field_error(rep, "/bindings/1"),
                        "kinship_binding_damaged");
}


/* Scanned with a network. */
static void
verdict_is(const char *code, const char *verdict, const char *number)
{
    json_t      *out;
    const char  *pid;

    out = json_object_get(asked(h, "kinship", "scan",
                                json_pack("{s:s, s:s}", "code", code, "what",
                                          "scan")), "out");
    assert_string_equal(json_string_value(json_object_get(out, "verdict")),
                        verdict);
    pid = json_string_value(json_object_get(out, "pid"));
    assert_string_equal(pid == NULL ? "" : pid,
                        number == NULL ? "" : pid_of(number));
}


static void
test_scanned(void **state)
{
    char         codes[9][1024];
    const char  *sheet;

    (void) state;
    family();
    sheet = made(both());
    (void) printed(sheet);
    assert_int_equal(codes_of(last_asked(), codes), 3);
    consent_is(NUMBER, "health", text("c-%s", NUMBER));
    verdict_is(codes[0], "genuine", NUMBER);
    verdict_is(codes[1], "genuine", ELDER);
    verdict_is("CIVIC1:6BFOXN*TS0BI", "other", NULL);
    codes[2][100] = codes[2][100] == '0' ? '1' : '0';
    verdict_is(codes[2], "forged", NULL);

    /* the binding ends */
    assert_int_equal(checked(fake_request(h, CIVIC_DELETE,
        text("/kinship/bindings/%s", binding_id(1)), &(fake_request_t) {
            .token = citizen(NUMBER) }))->status, 200);
    verdict_is(codes[1], "revoked", NULL);
    assert_true(is_listed(codes[1]));
    assert_false(is_listed(codes[0]));

    /* 168 hours after it was made */
    fake_advance(h, VALID);
    verdict_is(codes[0], "expired", NULL);
}


static void
test_erased(void **state)
{
    const char  *code;

    (void) state;
    family();
    code = text("%s", printed(made("{\"own\":true}")));
    (void) asked(h, "kinship", "erase",
                 json_pack("{s:s, s:s}", "pid", pid_of(NUMBER), "purpose",
                           "health_child"));
    assert_false(is_listed(code));
    (void) asked(h, "kinship", "erase",
                 json_pack("{s:s, s:s}", "pid", pid_of(NUMBER), "purpose",
                           "health"));
    assert_true(is_listed(code));
    verdict_is(code, "revoked", NULL);
}


static void
test_made_again(void **state)
{
    const char  *first, *second, *code;

    (void) state;
    family();
    first = made("{\"own\":true}");
    code = text("%s", printed(first));
    assert_false(is_listed(code));

    fake_advance(h, 1000);
    second = made("{\"own\":true}");
    assert_string_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
                                                  first))->code,
                        "kinship_sheet_over");
    assert_true(is_listed(code));
    assert_false(is_listed(printed(second)));

    /* of another holder: both stay */
    fake_advance(h, 1000);
    has_code(OTHER, "李强");
    (void) bound(3, OTHER, NUMBER, "spouse", "face", NOON);
    assert_int_equal(make_with(citizen(OTHER), "another-key-abc",
        text("{\"bindings\":[\"%s\"]}", binding_id(3)))->status, 201);
    assert_false(is_listed(printed(second)));
}


/* Whatever Redis call is lost, the next sheet has all codes. */
static void
test_interrupted(void **state)
{
    unsigned       n;
    const char    *once, *id;
    fake_reply_t  *rep;
    char           codes[9][1024];

    (void) state;

    for (n = 1; n < 40; n++) {
        (void) paper_reset(state);
        family();
        once = text("interrupted-%u-abc", n);
        rep = fake_request(h, CIVIC_POST, "/kinship/sheets",
                           &(fake_request_t) {
                               .token = citizen(NUMBER), .body = both(),
                               .headers = { text("Idempotency-Key: %s",
                                                 once) },
                               .redis_fault_at = n,
                               .redis_fault = n % 2 ? FAKE_REDIS_LOST_AFTER
                                              : FAKE_REDIS_LOST_BEFORE });
        if (rep->status == 201) {
            break;
        }

        rep = make_with(citizen(NUMBER), once, both());
        assert_int_equal(rep->status, 201);
        id = text("%s", fake_text(rep, "sheet_id"));
        assert_int_equal(get(citizen(NUMBER),
            text("/kinship/sheets/%s/pdf", id))->status, 200);
        assert_int_equal(codes_of(last_asked(), codes), 3);
    }

    assert_true(n > 5 && n < 40);
}


static void
test_limit(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;
    family();

    for (i = 0; i < 5; i++) {
        fake_advance(h, 1000);
        assert_int_equal(make("{\"own\":true}")->status, 201);
    }

    rep = make("{\"own\":true}");
    assert_int_equal(rep->status, 429);
    assert_string_equal(rep->code, "kinship_paper_too_many");
    fake_advance(h, DAY - 4000);
    assert_int_equal(make("{\"own\":true}")->status, 201);
}


static void
test_over(void **state)
{
    const char  *sheet;

    (void) state;
    family();
    sheet = made("{\"own\":true}");
    fake_advance(h, VALID - 1);
    (void) printed(sheet);
    fake_advance(h, 1);
    assert_string_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
                                                  sheet))->code,
                        "kinship_sheet_over");
}


/* A binding that ends between the sheet and its codes is not printed. */
static void
test_unbound_meanwhile(void **state)
{
    const char    *sheet;
    fake_reply_t  *rep;
    char           codes[9][1024];

    (void) state;
    family();
    fake_redis(h, "DEL civic:{p:%s}:health", pid_of(ELDER));
    nobody_is();
    rep = make(text("{\"bindings\":[\"%s\",\"%s\"]}", binding_id(1),
                    binding_id(2)));
    assert_int_equal(rep->status, 201);
    sheet = text("%s", fake_text(rep, "sheet_id"));
    assert_true(json_is_false(json_object_get(json_array_get(
        json_object_get(rep->json, "codes"), 0), "issued")));
    assert_int_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
                                               sheet))->status, 200);
    assert_int_equal(codes_of(last_asked(), codes), 1);
}


static void
test_lost(void **state)
{
    const char    *code, *counter = staff(CIVIC_COUNTER);
    fake_reply_t  *rep;

    (void) state;
    family();
    code = text("%s", printed(made("{\"own\":true}")));
    rep = post(counter, "/kinship/counter/lost-sheets",
               "{\"id_number\":\"123\",\"reason\":\"lost\"}");
    assert_int_equal(rep->status, 422);
    rep = post(counter, "/kinship/counter/lost-sheets",
               "{\"id_number\":\"" NUMBER "\",\"reason\":\"lost\"}");
    assert_int_equal(rep->status, 200);
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "revoked")), 1);
    assert_true(is_listed(code));
    rep = post(counter, "/kinship/counter/lost-sheets",
               "{\"id_number\":\"" NUMBER "\",\"reason\":\"lost\"}");
    assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                        "revoked")), 0);
    assert_int_equal(post(citizen(NUMBER), "/kinship/counter/lost-sheets",
        "{\"id_number\":\"" NUMBER "\",\"reason\":\"lost\"}")->status, 403);
}


static void
test_keys(void **state)
{
    fake_reply_t  *rep = get(NULL, "/kinship/keys");
    json_t        *all = json_object_get(rep->json, "keys");

    (void) state;
    assert_int_equal(rep->status, 200);
    assert_int_equal(json_array_size(all), 2);
    assert_string_equal(fake_text(rep, "issuer"), "city.example");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(
        rep->json, "limits"), "list_warn")), 86400);
    assert_null(strstr(rep->body, "PRIVATE"));
}


static void
test_list(void **state)
{
    unsigned              shard;
    const char           *code, *tag;
    fake_reply_t         *rep;
    civic_revocations_t   list;

    (void) state;
    rep = get(NULL, "/kinship/revocations");
    assert_string_equal(rep->code, "kinship_list_missing");

    jobs();
    list = list_now();
    assert_int_equal(list.count, 0);
    assert_string_equal(list.issuer, "city.example");
    assert_int_equal(list.made_at, NOON / 1000);
    civic_revocations_free(&list);

    /* nothing changed: none is made, until it is old */
    tag = text("%s", fake_header(get(NULL, "/kinship/revocations"), "ETag"));
    fake_advance(h, 599000);
    jobs();
    assert_string_equal(fake_header(get(NULL, "/kinship/revocations"),
                                    "ETag"), tag);
    fake_advance(h, 1000);
    jobs();
    assert_string_not_equal(fake_header(get(NULL, "/kinship/revocations"),
                                        "ETag"), tag);

    /* the index is lost, and made anew of the persons' records */
    family();
    code = text("%s", printed(made("{\"own\":true}")));
    fake_advance(h, 1000);
    (void) made("{\"own\":true}");
    jobs();
    assert_true(is_listed(code));
    fake_redis(h, "DEL civic:{kinship}:revoked civic:{kinship}:list");
    jobs();
    assert_false(is_listed(code));

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "kinship.reindex", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }

    assert_true(is_listed(code));
}


/* What is over leaves the list. */
static void
test_list_forgets(void **state)
{
    civic_revocations_t  list;

    (void) state;
    family();
    (void) made("{\"own\":true}");
    fake_advance(h, 1000);
    (void) made("{\"own\":true}");
    jobs();
    list = list_now();
    assert_int_equal(list.count, 1);
    civic_revocations_free(&list);

    /* a verifier's clock may be behind by as much as is allowed */
    fake_advance(h, VALID - 1000 + 299000);
    jobs();
    list = list_now();
    assert_int_equal(list.count, 1);
    civic_revocations_free(&list);
    fake_advance(h, 1000);
    fake_redis(h, "HINCRBY civic:{kinship}:list changes 1");
    jobs();
    list = list_now();
    assert_int_equal(list.count, 0);
    civic_revocations_free(&list);
    assert_int_equal(fake_redis(h, "ZCARD civic:{kinship}:revoked")->integer,
                     0);
}


/* A rare character of a name is told by its number. */
static void
test_missing(void **state)
{
    const char    *sheet;
    fake_reply_t  *rep;

    (void) state;
    family();
    sheet = made("{\"own\":true}");
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents",
        .content_type = "application/pdf", .body = "%PDF-1.7 drawn",
        .headers = { "Civic-Media: {\"pages\":1,\"missing\":[\"\\u3400\"],"
                     "\"cut\":[\"/pages/0/items/3\"]}" } });
    rep = get(citizen(NUMBER), text("/kinship/sheets/%s/pdf", sheet));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_header(rep, "Civic-Missing"), "U+3400");
    assert_non_null(strstr(fake_header(rep, "Content-Disposition"),
                           "UTF-8''%E7%A6%BB%E7%BA%BF%E7%A0%81.pdf"));
    assert_true(fake_logged(h, "no font of the media engine has U+3400: a "
                            "sheet of codes was drawn without"));
    assert_true(fake_logged(h, "1 texts of a sheet of codes did not fit"));
}


static void
test_engine_down(void **state)
{
    const char    *sheet;
    fake_reply_t  *rep;

    (void) state;
    family();
    sheet = made("{\"own\":true}");
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents",
        .fault = FAKE_HTTP_NOT_SENT });
    rep = get(citizen(NUMBER), text("/kinship/sheets/%s/png", sheet));
    assert_int_equal(rep->status, 503);
    assert_string_equal(rep->code, "kinship_drawing_down");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_a_family, paper_reset),
        cmocka_unit_test_setup(test_links_and_pictures, paper_reset),
        cmocka_unit_test_setup(test_whose, paper_reset),
        cmocka_unit_test_setup(test_what_is_wrong, paper_reset),
        cmocka_unit_test_setup(test_scanned, paper_reset),
        cmocka_unit_test_setup(test_erased, paper_reset),
        cmocka_unit_test_setup(test_made_again, paper_reset),
        cmocka_unit_test_setup(test_interrupted, paper_reset),
        cmocka_unit_test_setup(test_limit, paper_reset),
        cmocka_unit_test_setup(test_over, paper_reset),
        cmocka_unit_test_setup(test_unbound_meanwhile, paper_reset),
        cmocka_unit_test_setup(test_lost, paper_reset),
        cmocka_unit_test_setup(test_keys, paper_reset),
        cmocka_unit_test_setup(test_list, paper_reset),
        cmocka_unit_test_setup(test_list_forgets, paper_reset),
        cmocka_unit_test_setup(test_missing, paper_reset),
        cmocka_unit_test_setup(test_engine_down, paper_reset),
    };

    return cmocka_run_group_tests(tests, paper_setup, paper_teardown);
}
