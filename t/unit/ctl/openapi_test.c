/*
 * openapi_test.c - tables become OpenAPI, the same every time.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "openapi.h"
#include "yaml.h"

static const char *const  sexes[] = { "female", "male", NULL };

static const civic_field_t  item[] = {
    { .name = "item", .type = CIVIC_TYPE_INTEGER, .min = -5, .max = 9 },
    CIVIC_END
};

static const civic_field_t  inner[] = {
    { .name = "at", .type = CIVIC_TYPE_INSTANT },
    CIVIC_END
};

static const civic_field_t  body[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 2, .example = "张伟", .zh = "姓名", .en = "the name" },
    { .name = "password", .type = CIVIC_TYPE_STRING, .max = 64,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .pattern = "a|b" },
    { .name = "sex", .type = CIVIC_TYPE_STRING, .choices = sexes },
    { .name = "numbers", .type = CIVIC_TYPE_ARRAY, .min = 1, .fields = item },
    { .name = "when", .type = CIVIC_TYPE_OBJECT, .fields = inner,
      .flags = CIVIC_NULLABLE },
    CIVIC_END
};

static const civic_field_t  query[] = {
    { .name = "page", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED },
    CIVIC_END
};

static const char *const  named[] = { "too_late", "other", NULL };

static const civic_field_t  late_members[] = {
    { .name = "days", .type = CIVIC_TYPE_INTEGER, .zh = "天", .en = "days" },
    CIVIC_END
};

static const civic_problem_def_t  problems[] = {
    { "too_late", 409, "晚了。", "Late.", late_members },
    { "other", 409, "其他。", "Other." },
};


static const char *const  uploads[] = { "image/jpeg", "image/png", NULL };


static civic_result_t
handler(civic_request_t *r)
{
    (void) r;

    return CIVIC_OK;
}


static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/things/{thing_id}/parts",
      .handler = handler, .roles = CIVIC_CITIZEN | CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .body = body, .query = query, .status = 201,
      .purpose = "to test", .problems = named, .zh = "做", .en = "Does" },
    { .method = CIVIC_GET, .path = "/things/{thing_id}/parts",
      .handler = handler, .roles = CIVIC_ANYONE, .zh = "看", .en = "Looks" },
    { .method = CIVIC_PUT, .path = "/picture", .handler = handler,
      .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES, .uploads = uploads,
      .max_body = 3 * 1024 * 1024, .zh = "传", .en = "Takes a picture" },
};

static const civic_plugin_t  plugin = {
    .name = "test_plugin", .version = "1", .zh = "测试", .en = "a test",
    .routes = CIVIC_TABLE(routes), .problems = CIVIC_TABLE(problems)
};


static json_t *
at(json_t *value, const char *first, ...)
{
    va_list      keys;
    const char  *key;

    va_start(keys, first);

    for (key = first; key != NULL; key = va_arg(keys, const char *)) {
        value = json_object_get(value, key);
    }

    va_end(keys);

    return value;
}


static json_t *
make(void)
{
    json_t  *document = ctl_openapi_create();

    assert_non_null(document);
    assert_int_equal(ctl_openapi_add(document, &plugin), 0);
    assert_int_equal(ctl_openapi_add_host(document), 0);

    return document;
}


static void
test_schema(void **state)
{
    json_t  *schema = ctl_openapi_schema(body, 1), *p;

    (void) state;

    p = json_object_get(schema, "properties");
    assert_int_equal(json_array_size(at(schema, "required", NULL)), 2);
    assert_true(json_is_false(at(schema, "additionalProperties", NULL)));
    assert_int_equal(json_integer_value(at(p, "name", "minLength", NULL)), 2);
    assert_int_equal(json_integer_value(at(p, "name", "maxLength", NULL)),
                     256);
    assert_string_equal(json_string_value(at(p, "name", "title", NULL)),
                        "姓名");
    assert_string_equal(json_string_value(at(p, "password", "pattern", NULL)),
                        "^(a|b)$");
    assert_string_equal(json_string_value(json_array_get(
                            at(p, "name", "examples", NULL), 0)), "张伟");
    assert_null(json_object_get(json_object_get(p, "password"), "examples"));
    assert_true(json_is_true(at(p, "password", "writeOnly", NULL)));
    assert_int_equal(json_array_size(at(p, "sex", "enum", NULL)), 2);
    assert_int_equal(json_integer_value(at(p, "numbers", "minItems", NULL)),
                     1);
    assert_int_equal(json_integer_value(at(p, "numbers", "maxItems", NULL)),
                     100);
    assert_int_equal(json_integer_value(at(p, "numbers", "items", "minimum",
                                           NULL)), -5);
    assert_string_equal(json_string_value(
                            json_array_get(at(p, "when", "type", NULL), 1)),
                        "null");
    assert_string_equal(json_string_value(at(p, "when", "properties", "at",
                                             "format", NULL)), "date-time");
    json_decref(schema);

    schema = ctl_openapi_schema(body, 0);
    assert_null(json_object_get(schema, "additionalProperties"));
    json_decref(schema);
}


static void
test_operation(void **state)
{
    json_t  *document = make(), *post, *get, *parameters;

    (void) state;

    post = at(document, "paths", "/test-plugin/things/{thing_id}/parts",
              "post", NULL);
    get = at(document, "paths", "/test-plugin/things/{thing_id}/parts",
             "get", NULL);
    assert_non_null(post);
    assert_non_null(get);

    assert_string_equal(json_string_value(at(post, "operationId", NULL)),
                        "post_test_plugin_things_thing_id_parts");
    assert_string_equal(json_string_value(at(post, "x-civic-purpose", NULL)),
                        "to test");

    parameters = json_object_get(post, "parameters");
    assert_int_equal(json_array_size(parameters), 2);
    assert_string_equal(json_string_value(
                            at(json_array_get(parameters, 0), "name", NULL)),
                        "thing_id");
    assert_true(json_is_true(at(json_array_get(parameters, 1), "required",
                                NULL)));

    assert_int_equal(json_array_size(at(post, "security", NULL)), 2);
    assert_int_equal(json_array_size(at(get, "security", NULL)), 0);
    assert_int_equal(json_integer_value(at(post, "requestBody",
                                           "x-civic-max-bytes", NULL)),
                     16384);
    assert_null(json_object_get(get, "requestBody"));
    json_decref(document);
}


/* A file, as it is or in a form. */
static void
test_upload(void **state)
{
    json_t  *document = make(), *put, *content, *codes;

    (void) state;

    put = at(document, "paths", "/test-plugin/picture", "put", NULL);
    content = at(put, "requestBody", "content", NULL);

    assert_true(json_is_true(at(put, "requestBody", "required", NULL)));
    assert_int_equal(json_integer_value(at(put, "requestBody",
                                           "x-civic-max-bytes", NULL)),
                     3 * 1024 * 1024);
    assert_int_equal(json_object_size(content), 3);
    assert_string_equal(json_string_value(at(content, "image/png", "schema",
                                             "contentMediaType", NULL)),
                        "image/png");
    assert_string_equal(json_string_value(at(content, "multipart/form-data",
                                             "encoding", "file",
                                             "contentType", NULL)),
                        "image/jpeg, image/png");
    assert_int_equal(json_integer_value(at(content, "multipart/form-data",
                                           "schema", "maxProperties", NULL)),
                     1);

    codes = at(put, "responses", "400", "x-civic-codes", NULL);
    assert_non_null(at(codes, "upload_malformed", NULL));
    assert_null(at(codes, "unexpected_body", NULL));
    assert_null(at(codes, "json_malformed", NULL));
    assert_non_null(at(put, "responses", "408", NULL));
    assert_non_null(at(put, "responses", "413", NULL));
    assert_non_null(at(put, "responses", "415", NULL));
    assert_non_null(at(put, "responses", "422", NULL));
    json_decref(document);
}


/* What a problem has beside the usual stands with its status and its code. */
static void
test_members_of_a_problem(void **state)
{
    json_t  *document = make(), *response, *schema;

    (void) state;

    response = at(document, "paths", "/test-plugin/things/{thing_id}/parts",
                  "post", "responses", "409", NULL);
    schema = at(response, "content", "application/problem+json", "schema",
                NULL);
    assert_string_equal(json_string_value(at(schema, "$ref", NULL)),
                        "#/components/schemas/Problem");
    assert_int_equal(json_object_size(at(schema, "properties", NULL)), 1);
    assert_string_equal(json_string_value(at(schema, "properties", "days",
                                             "type", NULL)), "integer");
    assert_string_equal(json_string_value(json_array_get(
        at(response, "x-civic-codes", "too_late", "members", NULL), 0)),
        "days");
    assert_null(at(response, "x-civic-codes", "other", "members", NULL));
    json_decref(document);
}


static void
test_problems_of_a_route(void **state)
{
    json_t      *document = make(), *responses;
    const char  *key;

    (void) state;

    responses = at(document, "paths", "/test-plugin/things/{thing_id}/parts",
                   "post", "responses", NULL);
    assert_non_null(json_object_get(responses, "201"));
    assert_string_equal(json_string_value(at(responses, "409", "description",
                                             NULL)), "too_late, other");
    assert_string_equal(json_string_value(at(responses, "409",
                                             "x-civic-codes", "too_late",
                                             "zh", NULL)), "晚了。");

    /* What the host answers by itself. */
    assert_non_null(at(responses, "401", "x-civic-codes", "session_expired",
                       NULL));
    assert_non_null(at(responses, "403", "x-civic-codes", "origin_refused",
                       NULL));
    assert_non_null(at(responses, "415", NULL));
    assert_non_null(at(responses, "422", "x-civic-codes", "invalid_fields",
                       NULL));

    /* In the order of the statuses. */
    key = json_object_iter_key(json_object_iter(responses));
    assert_string_equal(key, "201");

    responses = at(document, "paths", "/test-plugin/things/{thing_id}/parts",
                   "get", "responses", NULL);
    assert_non_null(json_object_get(responses, "200"));
    assert_null(json_object_get(responses, "401"));
    assert_null(json_object_get(responses, "415"));
    json_decref(document);
}


static void
test_host_routes(void **state)
{
    json_t  *document = make();

    (void) state;

    assert_non_null(at(document, "paths", "/civic/live", "get", NULL));
    assert_non_null(at(document, "paths", "/civic/ready", "get", "responses",
                       "503", NULL));
    assert_non_null(at(document, "components", "schemas", "Problem", NULL));
    json_decref(document);
}


static void
test_the_same_every_time(void **state)
{
    int      i;
    char    *texts[2];
    FILE    *out;
    size_t   len;
    json_t  *document;

    (void) state;

    for (i = 0; i < 2; i++) {
        document = make();
        out = open_memstream(&texts[i], &len);
        assert_int_equal(ctl_yaml_write(out, document), 0);
        (void) fclose(out);
        json_decref(document);
    }

    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_operation),
        cmocka_unit_test(test_upload),
        cmocka_unit_test(test_members_of_a_problem),
        cmocka_unit_test(test_problems_of_a_route),
        cmocka_unit_test(test_host_routes),
        cmocka_unit_test(test_the_same_every_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
