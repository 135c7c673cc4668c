/*
 * oidc_claims_test.c - userinfo, where claims stand, and the person in them.
 */

#include "oidc_fixture.h"

#define ID_NUMBER  "11010519491231002X"     /* GB 11643's example */

static const civic_id_rules_t  rules = {
    .today = { 2026, 11, 22 }, .minimum_year = 1900
};


static json_t *
parsed(const char *text)
{
    json_t  *json = json_loads(text, 0, NULL);

    assert_non_null(json);

    return json;
}


static void
test_userinfo(void **state)
{
    size_t   i;
    json_t  *claims = parsed("{\"sub\":\"s1\"}"), *userinfo;

    static const struct {
        const char           *text;
        civic_oidc_status_t   status;
    } rows[] = {
        { "{\"sub\":\"s1\",\"name\":\"张三\"}", CIVIC_OIDC_OK },
        { "{\"sub\":\"s2\"}", CIVIC_OIDC_SUBJECT_DIFFERS },
        { "{\"sub\":\"s1 \"}", CIVIC_OIDC_SUBJECT_DIFFERS },
        { "{\"name\":\"x\"}", CIVIC_OIDC_MEMBER },
        { "{\"sub\":1}", CIVIC_OIDC_MEMBER },
        { "{\"sub\":\"s1\",\"sub\":\"s1\"}", CIVIC_OIDC_JSON },
        { "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", CIVIC_OIDC_JSON },
        { "", CIVIC_OIDC_JSON },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(civic_oidc_userinfo(rows[i].text,
                             strlen(rows[i].text), claims, &userinfo),
                         rows[i].status);
        assert_int_equal(userinfo != NULL, rows[i].status == CIVIC_OIDC_OK);
        json_decref(userinfo);
    }

    json_decref(claims);
}


static void
test_places(void **state)
{
    size_t       i;
    const char  *found;
    json_t      *claims = parsed(
        "{\"name\":\"a\",\"a/b\":\"b\",\"m~n\":\"c\",\"\":\"d\","
        "\"card\":{\"holder\":[{\"name\":\"e\"},\"f\"],\"0\":\"g\"},"
        "\"empty\":\"\",\"number\":7,\"~1\":\"h\",\"https://x.cn/id\":\"i\"}");

    static const struct {
        const char  *where;
        const char  *value;
    } rows[] = {
        { "name", "a" }, { "/name", "a" }, { "a/b", "b" }, { "/a~1b", "b" },
        { "/m~0n", "c" }, { "/", "d" }, { "/card/holder/0/name", "e" },
        { "/card/holder/1", "f" }, { "/card/0", "g" }, { "/~01", "h" },
        { "https://x.cn/id", "i" },
        { "nobody", NULL }, { "/nobody", NULL }, { "empty", NULL },
        { "number", NULL }, { "card", NULL }, { "/card", NULL },
        { "/card/holder/2", NULL }, { "/card/holder/00/name", NULL },
        { "/card/holder/-", NULL }, { "/card/holder/", NULL },
        { "/card/holder/0x0/name", NULL }, { "/name/x", NULL },
        { "/m~n", NULL }, { "/m~2n", NULL }, { "/m~", NULL },
        { "/card/holder/99999999999999999999999999/name", NULL },
        { "/card/holder/18446744073709551616/name", NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        found = civic_oidc_claim(claims, rows[i].where);

        if (rows[i].value == NULL ? found != NULL
            : found == NULL || strcmp(found, rows[i].value) != 0)
        {
            fail_msg("%s: %s", rows[i].where, found ? found : "(null)");
        }
    }

    json_decref(claims);
}


static void
test_long_pointer(void **state)
{
    char     where[600];
    json_t  *claims = parsed("{\"a\":\"b\"}");

    (void) state;

    memset(where, 'a', sizeof(where));
    where[0] = '/';
    where[sizeof(where) - 1] = '\0';
    assert_null(civic_oidc_claim(claims, where));
    json_decref(claims);
}


static void
test_long_value(void **state)
{
    char     text[600];
    json_t  *claims = json_object();

    (void) state;

    memset(text, 'a', sizeof(text));
    text[512] = '\0';
    json_object_set_new(claims, "v", json_string(text));
    assert_non_null(civic_oidc_claim(claims, "v"));
    text[512] = 'a';
    text[513] = '\0';
    json_object_set_new(claims, "v", json_string(text));
    assert_null(civic_oidc_claim(claims, "v"));
    json_decref(claims);
}


static void
test_identity(void **state)
{
    size_t                    i;
    json_t                   *claims, *userinfo;
    const char               *level;
    civic_oidc_status_t       status;
    civic_person_identity_t   identity;

    static const civic_oidc_map_t  map = {
        .id_number = "/card/number", .name = "real_name", .level = "acr"
    };
    static const struct {
        const char           *claims;
        const char           *userinfo;
        civic_oidc_status_t   status;
        const char           *name;
        const char           *level;
    } rows[] = {
        { "{\"card\":{\"number\":\"" ID_NUMBER "\"},\"real_name\":\"张三\","
          "\"acr\":\"face\"}", NULL, CIVIC_OIDC_OK, "张三", "face" },
        { "{}", "{\"card\":{\"number\":\"11010519491231002x\"},"
          "\"real_name\":\" 张三　\"}", CIVIC_OIDC_OK, "张三", NULL },
        { "{\"real_name\":\"张三\"}", "{\"card\":{\"number\":\"" ID_NUMBER
          "\"},\"real_name\":\"李四\"}", CIVIC_OIDC_OK, "张三", NULL },
        { "{}", NULL, CIVIC_OIDC_NO_IDENTITY, NULL, NULL },
        { "{\"real_name\":\"张三\"}", "{}", CIVIC_OIDC_NO_IDENTITY, NULL,
          NULL },
        { "{\"card\":{\"number\":\"" ID_NUMBER "\"}}", "{}",
          CIVIC_OIDC_NO_IDENTITY, NULL, NULL },
        { "{\"card\":{\"number\":\"110105194912310021\"},"
          "\"real_name\":\"张三\"}", NULL, CIVIC_OIDC_ID_NUMBER, NULL, NULL },
        { "{\"card\":{\"number\":\"1101**********002X\"},"
          "\"real_name\":\"张三\"}", NULL, CIVIC_OIDC_ID_NUMBER, NULL, NULL },
        { "{\"card\":{\"number\":\"" ID_NUMBER "\"},\"real_name\":\"张*\"}",
          NULL, CIVIC_OIDC_NAME, NULL, NULL },
        { "{\"card\":{\"number\":\"" ID_NUMBER "\"},\"real_name\":\" \"}",
          NULL, CIVIC_OIDC_NAME, NULL, NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        claims = parsed(rows[i].claims);
        userinfo = rows[i].userinfo ? parsed(rows[i].userinfo) : NULL;

        status = civic_oidc_identity(&map, claims, userinfo, &rules,
                                     &identity, &level);
        assert_int_equal(status, rows[i].status);

        if (status == CIVIC_OIDC_OK) {
            assert_string_equal(identity.id.text, ID_NUMBER);
            assert_string_equal(identity.name, rows[i].name);
            assert_int_equal(identity.name_len, strlen(rows[i].name));

            if (rows[i].level != NULL) {
                assert_string_equal(level, rows[i].level);
            } else {
                assert_null(level);
            }
        }

        json_decref(claims);
        json_decref(userinfo);
    }
}


static void
test_no_mapping(void **state)
{
    json_t                   *claims = parsed("{\"name\":\"张三\"}");
    const char               *level;
    civic_oidc_map_t          map = { NULL, "name", NULL };
    civic_person_identity_t   identity;

    (void) state;

    assert_int_equal(civic_oidc_identity(&map, claims, NULL, &rules,
                                         &identity, &level),
                     CIVIC_OIDC_NO_IDENTITY);
    assert_null(level);
    json_decref(claims);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_userinfo),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_long_pointer),
        cmocka_unit_test(test_long_value),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_no_mapping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
