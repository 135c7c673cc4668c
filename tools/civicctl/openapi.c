/*
 * openapi.c - routes as OpenAPI 3.1 (schemas: openapi_schema.c).
 *
 * Texts: summary is Chinese, description English, as the tables have them.
 * Members keep the order of the tables; nothing depends on the
 * time or the machine, so the document changes only with the tables.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "openapi.h"
#include "plugin_file.h"
#include "problem.h"
#include "router.h"

#define CTL_BODY_MAX     (16 * 1024)
#define CTL_DEADLINE     10000
#define CTL_PATH_TEXT    512

#define CTL_PROBLEM_REF  "#/components/schemas/Problem"

static const char  problem_schema[] =
"{\"type\":\"object\","
 "\"description\":\"RFC 9457; code is stable, texts are for people\","
 "\"required\":[\"type\",\"title\",\"status\",\"code\"],"
 "\"properties\":{"
  "\"type\":{\"type\":\"string\"},"
  "\"title\":{\"type\":\"string\"},"
  "\"status\":{\"type\":\"integer\"},"
  "\"detail\":{\"type\":\"string\"},"
  "\"code\":{\"type\":\"string\"},"
  "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
   "\"required\":[\"pointer\",\"code\",\"detail\"],\"properties\":{"
    "\"pointer\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
    "\"detail\":{\"type\":\"string\"},"
    "\"example\":{\"type\":\"string\",\"description\":"
     "\"a right one, from the field's table\"}}}},"
  "\"retry_after\":{\"type\":\"integer\",\"description\":\"seconds\"},"
  "\"possible_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
  "\"rule\":{\"type\":\"object\",\"properties\":{"
   "\"name\":{\"type\":\"string\"},\"revision\":{\"type\":\"string\"}}},"
  "\"request_id\":{\"type\":\"string\"}}}";

static const char  document_start[] =
"{\"openapi\":\"3.1.0\","
 "\"info\":{\"title\":\"Civic\",\"version\":\"1\","
  "\"description\":\"Generated from the plugins' tables by civicctl openapi. "
  "Failures are application/problem+json. With the header Civic-Envelope: 1 "
  "the status is always 200 and the body is {ok, status, data | problem}. "
  "Texts are Chinese unless Accept-Language prefers English.\"},"
 "\"servers\":[{\"url\":\"/\"}],"
 "\"tags\":[],"
 "\"paths\":{},"
 "\"components\":{"
  "\"securitySchemes\":{"
   "\"session\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
   "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\","
    "\"name\":\"__Host-civic_session\"}},"
  "\"schemas\":{}}}";


json_t *
ctl_openapi_create(void)
{
    json_t  *document, *problem, *schemas;

    document = json_loads(document_start, 0, NULL);
    problem = json_loads(problem_schema, 0, NULL);
    schemas = json_object_get(json_object_get(document, "components"),
                              "schemas");

    if (json_object_set_new(schemas, "Problem", problem) != 0) {
        json_decref(document);
        return NULL;
    }

    return document;
}


/* "{captcha_id}" of the path. */
static void
ctl_openapi_path_parameters(json_t *parameters, const char *path)
{
    size_t       len;
    const char  *open = path;

    while ((open = strchr(open, '{')) != NULL) {
        open++;
        len = strcspn(open, "}");
        json_array_append_new(parameters,
            json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", open, len, "in",
                      "path", "required", 1, "schema", "type", "string"));
        open += len;
    }
}


static void
ctl_openapi_query_parameters(json_t *parameters, const civic_field_t *query)
{
    json_t  *parameter;

    for (; query != NULL && query->name != NULL; query++) {
        parameter = json_pack("{s:s, s:s}", "name", query->name, "in",
                              "query");

        if (query->flags & CIVIC_REQUIRED) {
            json_object_set_new(parameter, "required", json_true());
        }

        json_object_set_new(parameter, "schema", ctl_openapi_field(query, 1));
        json_array_append_new(parameters, parameter);
    }
}


static void
ctl_openapi_key_parameter(json_t *parameters, unsigned flags)
{
    if (flags & CIVIC_CREATES) {
        json_array_append_new(parameters,
            json_pack("{s:s, s:s, s:b, s:{s:s, s:i, s:i}}",
                      "name", "Idempotency-Key", "in", "header",
                      "required", 1,
                      "schema", "type", "string", "minLength", 1,
                      "maxLength", 255));
    }
}


/* What answers of this status have beside what every problem has. */
static void
ctl_openapi_problem_members(json_t *response, const civic_field_t *members)
{
    json_t  *schema, *properties;

    if (members == NULL) {
        return;
    }

    schema = json_object_get(json_object_get(json_object_get(response,
                 "content"), "application/problem+json"), "schema");
    properties = json_object_get(schema, "properties");

    if (properties == NULL) {
        properties = json_object();
        json_object_set_new(schema, "properties", properties);
    }

    for ( ; members->name != NULL; members++) {
        json_object_set_new(properties, members->name,
                            ctl_openapi_field(members, 0));
    }
}


/* Which of them are of this code. */
static json_t *
ctl_openapi_member_names(const civic_field_t *members)
{
    json_t  *names = json_array();

    for ( ; members->name != NULL; members++) {
        json_array_append_new(names, json_string(members->name));
    }

    return names;
}


/* One problem, under its status: its code, its text, its members. */
static void
ctl_openapi_problem(json_t *responses, const civic_table_t *table,
    const char *code)
{
    char                  status[16];
    json_t               *response, *codes, *entry;
    civic_problem_def_t   problem;

    if (civic_problem_find(table, code, &problem) != 0) {
        return;
    }

    (void) snprintf(status, sizeof(status), "%d", problem.status);
    response = json_object_get(responses, status);

    if (response == NULL) {
        response = json_pack("{s:s, s:{}, s:{s:{s:{s:s}}}}",
                             "description", "",
                             "x-civic-codes",
                             "content", "application/problem+json", "schema",
                             "$ref", CTL_PROBLEM_REF);
        json_object_set_new(responses, status, response);
    }

    codes = json_object_get(response, "x-civic-codes");

    if (json_object_get(codes, code) != NULL) {
        return;
    }

    json_object_set_new(response, "description",
        json_object_size(codes) == 0
        ? json_string(code)
        : json_sprintf("%s, %s",
                       json_string_value(json_object_get(response,
                                                         "description")),
                       code));

    entry = json_pack("{s:s, s:s}", "zh", problem.zh, "en", problem.en);

    if (problem.members != NULL) {
        json_object_set_new(entry, "members",
                            ctl_openapi_member_names(problem.members));
    }

    json_object_set_new(codes, code, entry);
    ctl_openapi_problem_members(response, problem.members);
}


/* What the host may answer before and after the handler. */
static void
ctl_openapi_host_problems(json_t *responses, const civic_route_t *route)
{
    size_t  i;
    static const char *const  body[] = {
        "json_malformed", "json_too_deep", "json_duplicate_key",
        "json_too_many_values", "request_timeout", "body_too_large",
        "unsupported_media_type"
    };
    static const char *const  raw[] = {
        "request_timeout", "body_too_large", "unsupported_media_type"
    };
    static const char *const  upload[] = {
        "upload_malformed", "request_timeout", "body_too_large",
        "unsupported_media_type"
    };
    static const char *const  session[] = {
        "unauthorized", "session_expired", "forbidden"
    };
    static const char *const  always[] = {
        "civic_now_refused", "invalid_fields", "internal_error", "overloaded",
        "store_unavailable", "plugin_unavailable", "gateway_timeout"
    };

    if (route->body != NULL) {
        for (i = 0; i < sizeof(body) / sizeof(body[0]); i++) {
            ctl_openapi_problem(responses, NULL, body[i]);
        }

    } else if (route->uploads != NULL) {
        for (i = 0; i < sizeof(upload) / sizeof(upload[0]); i++) {
            ctl_openapi_problem(responses, NULL, upload[i]);
        }

    } else if (route->raw != NULL) {
        for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
            ctl_openapi_problem(responses, NULL, raw[i]);
        }

    } else {
        ctl_openapi_problem(responses, NULL, "unexpected_body");
    }

    /* a parameter that is no text */
    if (strchr(route->path, '{') != NULL) {
        ctl_openapi_problem(responses, NULL, "bad_request");
    }

    if (!(route->roles & CIVIC_ANYONE)) {
        for (i = 0; i < sizeof(session) / sizeof(session[0]); i++) {
            ctl_openapi_problem(responses, NULL, session[i]);
        }

        if (!(route->flags & CIVIC_BEFORE_PASSWORD)) {
            ctl_openapi_problem(responses, NULL, "password_required");
        }
    }

    if (route->flags & CIVIC_CREATES) {
        ctl_openapi_problem(responses, NULL, "idempotency_key_required");
        ctl_openapi_problem(responses, NULL, "idempotency_key_reused");
        ctl_openapi_problem(responses, NULL, "in_progress");
    }

    if (route->method != CIVIC_GET) {
        ctl_openapi_problem(responses, NULL, "origin_refused");
    }

    if (route->flags & CIVIC_CHANGES) {
        ctl_openapi_problem(responses, NULL, "read_only");
        ctl_openapi_problem(responses, NULL, "outcome_unknown");
    }

    for (i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        ctl_openapi_problem(responses, NULL, always[i]);
    }
}


static json_t *
ctl_openapi_success(const civic_route_t *route)
{
    json_t  *response = json_pack("{s:s}", "description", route->en);

    if (route->reply != NULL) {
        json_object_set_new(response, "content",
            json_pack("{s:{s:o}}", "application/json", "schema",
                      ctl_openapi_schema(route->reply, 0)));
    }

    return response;
}


static int
ctl_openapi_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


/* Statuses in order, for people who read it. */
static json_t *
ctl_openapi_sorted(json_t *object)
{
    size_t        i = 0, count = json_object_size(object);
    json_t       *value, *sorted = json_object();
    const char   *key;
    const char  **keys = calloc(count + 1, sizeof(*keys));

    if (keys == NULL) {
        json_decref(sorted);
        return object;
    }

    json_object_foreach(object, key, value) {
        keys[i++] = key;
    }

    qsort(keys, count, sizeof(*keys), ctl_openapi_compare);

    for (i = 0; i < count; i++) {
        json_object_set(sorted, keys[i], json_object_get(object, keys[i]));
    }

    free(keys);
    json_decref(object);

    return sorted;
}


static json_t *
ctl_openapi_responses(const civic_plugin_t *plugin,
    const civic_route_t *route)
{
    char     status[16];
    size_t   i;
    json_t  *responses = json_object();

    (void) snprintf(status, sizeof(status), "%d",
                    route->status == 0 ? 200 : route->status);
    json_object_set_new(responses, status, ctl_openapi_success(route));

    for (i = 0; route->problems != NULL && route->problems[i] != NULL; i++) {
        ctl_openapi_problem(responses, &plugin->problems, route->problems[i]);
    }

    ctl_openapi_host_problems(responses, route);

    return ctl_openapi_sorted(responses);
}


static json_t *
ctl_openapi_roles(unsigned mask)
{
    size_t   i;
    json_t  *list = json_array();
    static const char *const  names[] = {
        "anyone", "citizen", "reviewer", "sampler", "laboratory", "door",
        "counter", "office", "administrator"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mask & 1u << i) {
            json_array_append_new(list, json_string(names[i]));
        }
    }

    return list;
}


/* "{}" among the alternatives means that none is needed. */
static json_t *
ctl_openapi_security(unsigned roles)
{
    if (roles == CIVIC_ANYONE) {
        return json_array();
    }

    if (roles & CIVIC_ANYONE) {
        return json_pack("[{}, {s:[]}, {s:[]}]", "session", "cookie");
    }

    return json_pack("[{s:[]}, {s:[]}]", "session", "cookie");
}


/* "post_login_captchas_captcha_id_audio" */
static json_t *
ctl_openapi_operation_id(civic_method_t method, const char *path)
{
    char    text[CTL_PATH_TEXT + 16];
    size_t  len = 0;

    len = (size_t) snprintf(text, sizeof(text), "%s",
                            civic_method_name(method));

    for (; *path != '\0' && len < sizeof(text) - 1; path++) {
        if (isalnum((unsigned char) *path)) {
            text[len++] = *path;

        } else if (text[len - 1] != '_' && path[1] != '\0') {
            text[len++] = '_';
        }
    }

    text[len] = '\0';

    for (len = 0; text[len] != '\0'; len++) {
        text[len] = (char) tolower((unsigned char) text[len]);
    }

    return json_string(text);
}


/* No body stands for an empty one: needed is it only for what is in it. */
static int
ctl_openapi_needs_body(const civic_field_t *fields)
{
    for ( ; fields->name != NULL; fields++) {
        if (fields->flags & CIVIC_REQUIRED) {
            return 1;
        }
    }

    return 0;
}


/* A file: as it is, or as the one part of a form.  OpenAPI 3.1 says binary by
   saying nothing of the type; a form's part has its media types. */
static json_t *
ctl_openapi_upload(const civic_route_t *route)
{
    size_t   i;
    json_t  *content = json_object(), *form, *encoding = json_object();

    for (i = 0; route->uploads[i] != NULL; i++) {
        json_object_set_new(content, route->uploads[i],
            json_pack("{s:{s:s}}", "schema", "contentMediaType",
                      route->uploads[i]));
        json_object_set_new(encoding, "contentType",
            i == 0 ? json_string(route->uploads[0])
                   : json_sprintf("%s, %s",
                         json_string_value(json_object_get(encoding,
                                                           "contentType")),
                         route->uploads[i]));
    }

    form = json_pack("{s:{s:s, s:s, s:{s:{}}, s:i, s:i}}",
                     "schema", "type", "object", "description",
                     "exactly one part, a file, of any name",
                     "properties", "file", "minProperties", 1,
                     "maxProperties", 1);
    json_object_set_new(form, "encoding", json_pack("{s:o}", "file",
                                                    encoding));
    json_object_set_new(content, "multipart/form-data", form);

    return content;
}


/* Bytes that only the handler understands. */
static json_t *
ctl_openapi_raw(const civic_route_t *route)
{
    size_t   i;
    json_t  *content = json_object();

    for (i = 0; route->raw[i] != NULL; i++) {
        json_object_set_new(content, route->raw[i],
            json_pack("{s:{s:s}}", "schema", "contentMediaType",
                      route->raw[i]));
    }

    return content;
}


static void
ctl_openapi_body(json_t *operation, const civic_route_t *route)
{
    json_t  *body;

    if (route->raw != NULL) {
        json_object_set_new(operation, "requestBody",
            json_pack("{s:b, s:o, s:I}", "required", 0, "content",
                      ctl_openapi_raw(route), "x-civic-max-bytes",
                      (json_int_t) (route->max_body == 0 ? 16 * 1024
                                                         : route->max_body)));
        return;
    }

    if (route->uploads != NULL) {
        json_object_set_new(operation, "requestBody",
            json_pack("{s:b, s:o, s:I}", "required", 1, "content",
                      ctl_openapi_upload(route), "x-civic-max-bytes",
                      (json_int_t) route->max_body));
        return;
    }

    if (route->body == NULL) {
        return;
    }

    body = json_pack("{s:b, s:{s:{s:o}}, s:I}",
                     "required", ctl_openapi_needs_body(route->body),
                     "content", "application/json", "schema",
                     ctl_openapi_schema(route->body, 1),
                     "x-civic-max-bytes",
                     (json_int_t) (route->max_body == 0 ? CTL_BODY_MAX
                                                        : route->max_body));
    json_object_set_new(operation, "requestBody", body);
}


static json_t *
ctl_openapi_operation(const civic_plugin_t *plugin, const char *path,
    const civic_route_t *route)
{
    json_t  *operation = json_object(), *parameters = json_array();

    json_object_set_new(operation, "tags", json_pack("[s]", plugin->name));
    ctl_openapi_text(operation, "summary", route->zh, "description",
                     route->en);
    json_object_set_new(operation, "operationId",
                        ctl_openapi_operation_id(route->method, path));
    json_object_set_new(operation, "x-civic-roles",
                        ctl_openapi_roles(route->roles));

    if (route->purpose != NULL) {
        json_object_set_new(operation, "x-civic-purpose",
                            json_string(route->purpose));
    }

    json_object_set_new(operation, "x-civic-deadline-ms",
                        json_integer(route->deadline == 0 ? CTL_DEADLINE
                                                          : route->deadline));
    json_object_set_new(operation, "security",
                        ctl_openapi_security(route->roles));

    ctl_openapi_path_parameters(parameters, path);
    ctl_openapi_query_parameters(parameters, route->query);
    ctl_openapi_key_parameter(parameters, route->flags);

    if (json_array_size(parameters) > 0) {
        json_object_set(operation, "parameters", parameters);
    }

    json_decref(parameters);
    ctl_openapi_body(operation, route);
    json_object_set_new(operation, "responses",
                        ctl_openapi_responses(plugin, route));

    return operation;
}


/* The object of a path, made at its first method. */
static json_t *
ctl_openapi_path(json_t *document, const char *path)
{
    json_t  *paths = json_object_get(document, "paths"), *item;

    item = json_object_get(paths, path);

    if (item == NULL) {
        item = json_object();
        json_object_set_new(paths, path, item);
    }

    return item;
}


static void
ctl_openapi_tag(json_t *document, const char *name, const char *zh,
    const char *en)
{
    json_array_append_new(json_object_get(document, "tags"),
                          json_pack("{s:s, s:s, s:s}", "name", name,
                                    "description", en, "x-civic-zh", zh));
}


int
ctl_openapi_add(json_t *document, const civic_plugin_t *plugin)
{
    char           path[CTL_PATH_TEXT], method[16], url_name[64];
    json_t        *item;
    size_t         j;
    uint32_t       i;
    civic_route_t  route;

    ctl_openapi_tag(document, plugin->name, plugin->zh, plugin->en);
    civic_plugin_url_name(plugin, url_name);

    for (i = 0; i < plugin->routes.count; i++) {
        civic_table_get(&plugin->routes, i, &route, sizeof(route));
        (void) snprintf(path, sizeof(path), "/%s%s", url_name, route.path);
        (void) snprintf(method, sizeof(method), "%s",
                        civic_method_name(route.method));

        for (j = 0; method[j] != '\0'; j++) {
            method[j] = (char) tolower((unsigned char) method[j]);
        }

        item = ctl_openapi_path(document, path);

        if (item == NULL
            || json_object_set_new(item, method,
                                   ctl_openapi_operation(plugin, path,
                                                         &route))
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
ctl_openapi_add_host(json_t *document)
{
    size_t   i;
    json_t  *operation, *responses;
    static const struct {
        const char  *path;
        const char  *type;
        const char  *zh;
        const char  *en;
        int          can_fail;
    } routes[] = {
        { "/civic/live", "application/json", "进程在应答",
          "This worker answers", 0 },
        { "/civic/ready", "application/json", "可以办理：Redis 与插件就绪",
          "It can serve: Redis is reachable, every plugin started", 1 },
        { "/civic/status", "application/json", "插件、规则修订、各进程",
          "Plugins, revisions of rules, workers", 0 },
        { "/civic/metrics", "text/plain", "Prometheus 指标",
          "The same numbers for Prometheus", 0 },
    };

    ctl_openapi_tag(document, "console", "主机：供运维使用",
                    "The host, for operators: served only where "
                    "\"civic_console on\" stands");

    for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        responses = json_pack("{s:{s:s, s:{s:{}}}}", "200", "description",
                              routes[i].en, "content", routes[i].type);

        if (routes[i].can_fail) {
            ctl_openapi_problem(responses, NULL, "store_unavailable");
            ctl_openapi_problem(responses, NULL, "plugin_unavailable");
        }

        operation = json_pack("{s:[s], s:s, s:s, s:o, s:[], s:o}",
                              "tags", "console", "summary", routes[i].zh,
                              "description", routes[i].en, "operationId",
                              ctl_openapi_operation_id(CIVIC_GET,
                                                       routes[i].path),
                              "security", "responses", responses);

        if (json_object_set_new(ctl_openapi_path(document, routes[i].path),
                                "get", operation)
            != 0)
        {
            return -1;
        }
    }

    return 0;
}
