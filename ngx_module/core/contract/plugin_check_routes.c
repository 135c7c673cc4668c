/*
 * plugin_check_routes.c - holds the table of routes against the contract.
 *
 * The largest of a plugin's tables, with the most that can be wrong; the
 * others are plugin_check.c's.
 */

#include <stdio.h>
#include <stdlib.h>

#include "multipart.h"
#include "plugin_check_private.h"
#include "problem.h"
#include "schema.h"

#define CIVIC_CHECK_PROBLEMS  64            /* of one route */
#define CIVIC_CHECK_TYPES     32            /* media types of one route */
#define CIVIC_CHECK_PATH      512
#define CIVIC_CHECK_BODY      (64 * 1024 * 1024)
#define CIVIC_CHECK_ROLES     (CIVIC_ANYONE | CIVIC_CITIZEN | CIVIC_STAFF  \
                               | CIVIC_VISITOR)
#define CIVIC_CHECK_FLAGS     (CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD          \
                               | CIVIC_CREATES)


/* The problems that a route names are defined, and are no field errors. */
static int
civic_check_route_problems(civic_check_t *check, const char *what,
    const civic_route_t *route)
{
    size_t               i;
    civic_problem_def_t  problem;

    if (route->problems == NULL) {
        return 0;
    }

    for (i = 0; route->problems[i] != NULL; i++) {
        if (i == CIVIC_CHECK_PROBLEMS) {
            return civic_check_fail(check,
                        "%s: over %d problems; is its list ended by NULL?",
                        what, CIVIC_CHECK_PROBLEMS);
        }

        if (civic_problem_find(&check->plugin->problems, route->problems[i],
                               &problem)
            != 0)
        {
            return civic_check_fail(check,
                        "%s: names the problem \"%s\", which nobody defines",
                        what, route->problems[i]);
        }

        if (problem.status == 0) {
            return civic_check_fail(check,
                        "%s: names \"%s\", which is the error of a field, not "
                        "a problem", what, route->problems[i]);
        }
    }

    return 0;
}


static int
civic_check_query(civic_check_t *check, const char *what,
    const civic_field_t *query)
{
    size_t  i;

    if (civic_check_schema(check, what, query) != 0 || query == NULL) {
        return query == NULL ? 0 : -1;
    }

    for (i = 0; query[i].name != NULL; i++) {
        if (query[i].type == CIVIC_TYPE_OBJECT
            || query[i].type == CIVIC_TYPE_ARRAY)
        {
            return civic_check_fail(check,
                        "%s: the argument \"%s\" of the query cannot be an "
                        "object or an array", what, query[i].name);
        }
    }

    return 0;
}


static int
civic_check_route_flags(civic_check_t *check, const char *what,
    const civic_route_t *route)
{
    if (route->roles == 0 || (route->roles & ~CIVIC_CHECK_ROLES) != 0) {
        return civic_check_fail(check,
                    "%s: roles are 0x%x, expected CIVIC_ANYONE, CIVIC_CITIZEN "
                    "or staff roles", what, route->roles);
    }

    if ((route->flags & ~CIVIC_CHECK_FLAGS) != 0) {
        return civic_check_fail(check, "%s: unknown flags 0x%x", what,
                                route->flags & ~CIVIC_CHECK_FLAGS);
    }

    if (route->method == CIVIC_GET && (route->flags & CIVIC_CHANGES)) {
        return civic_check_fail(check,
                    "%s: a GET cannot have CIVIC_CHANGES", what);
    }

    if ((route->flags & CIVIC_CREATES)
        && (route->method != CIVIC_POST || !(route->flags & CIVIC_CHANGES)
            || route->roles == CIVIC_ANYONE))
    {
        return civic_check_fail(check,
                    "%s: CIVIC_CREATES is for a POST with CIVIC_CHANGES that "
                    "people with a session call", what);
    }

    if ((int) route->cost < 0 || route->cost >= CIVIC_COST_CLASSES) {
        return civic_check_fail(check, "%s: unknown cost class %d", what,
                                (int) route->cost);
    }

    return 0;
}


static int
civic_check_route_shape(civic_check_t *check, const char *what,
    const civic_route_t *route)
{
    if (route->handler == NULL) {
        return civic_check_fail(check, "%s: has no handler", what);
    }

    if (!civic_check_has_text(route->zh) || !civic_check_has_text(route->en)) {
        return civic_check_fail(check,
                    "%s: lacks what it does, in zh or en", what);
    }

    if (route->status != 0 && (route->status < 200 || route->status > 299)) {
        return civic_check_fail(check,
                    "%s: status %d, expected 200 to 299", what,
                    route->status);
    }

    if (route->method == CIVIC_GET && route->body != NULL) {
        return civic_check_fail(check, "%s: a GET has no body", what);
    }

    if (route->max_body > CIVIC_CHECK_BODY
        || route->deadline > CIVIC_CHECK_DEADLINE)
    {
        return civic_check_fail(check,
                    "%s: max_body %zu or deadline %u is over %d or %d", what,
                    route->max_body, route->deadline, CIVIC_CHECK_BODY,
                    CIVIC_CHECK_DEADLINE);
    }

    return 0;
}


/* Parts of a form are the host's to read where a file is taken; where bytes
   are, a provider may post such a form. */
static int
civic_check_is_form(const char *list, const char *type)
{
    return strcmp(list, "raw") == 0
           && strcmp(type, "multipart/form-data") == 0;
}


/* Media types as a request's is compared with them.  list: their member of
   the route. */
static int
civic_check_media_types(civic_check_t *check, const char *what,
    const char *list, const char *const *types)
{
    char    type[CIVIC_MULTIPART_TYPE + 1];
    size_t  i;

    for (i = 0; types[i] != NULL; i++) {
        if (i == CIVIC_CHECK_TYPES) {
            return civic_check_fail(check,
                        "%s: over %d %s; is its list ended by NULL?",
                        what, CIVIC_CHECK_TYPES, list);
        }

        if (civic_media_type(civic_cstr(types[i]), type) != 0
            || strcmp(types[i], type) != 0 || strchr(type, '*') != NULL
            || (strncmp(type, "multipart/", sizeof("multipart/") - 1) == 0
                && !civic_check_is_form(list, type)))
        {
            return civic_check_fail(check,
                        "%s: %s \"%.80s\", expected a media type in "
                        "lower case, without parameters, not multipart/*",
                        what, list, types[i]);
        }
    }

    return i != 0 ? 0 : civic_check_fail(check, "%s: %s is an empty list",
                                         what, list);
}


/* A file is sealed while it arrives, before the handler starts: only for
   somebody with a session. */
static int
civic_check_uploads(civic_check_t *check, const char *what,
    const civic_route_t *route)
{
    if (route->uploads == NULL) {
        return 0;
    }

    if ((route->method != CIVIC_POST && route->method != CIVIC_PUT)
        || !(route->flags & CIVIC_CHANGES) || (route->roles & CIVIC_ANYONE))
    {
        return civic_check_fail(check,
                    "%s: uploads are for a POST or PUT with CIVIC_CHANGES "
                    "that only people with a session call", what);
    }

    if (route->body != NULL || route->max_body == 0) {
        return civic_check_fail(check,
                    "%s: with uploads it has no body, and says its max_body",
                    what);
    }

    return civic_check_media_types(check, what, "uploads", route->uploads);
}


/* Bytes that the handler reads itself. */
static int
civic_check_raw(civic_check_t *check, const char *what,
    const civic_route_t *route)
{
    if (route->raw == NULL) {
        return 0;
    }

    if (route->method == CIVIC_GET || route->body != NULL
        || route->uploads != NULL)
    {
        return civic_check_fail(check,
                    "%s: with raw it is no GET, and has no other body", what);
    }

    return civic_check_media_types(check, what, "raw", route->raw);
}


static int
civic_check_route(civic_check_t *check, const civic_route_t *route)
{
    int              n;
    char             path[CIVIC_CHECK_PATH], what[CIVIC_CHECK_PATH + 16];
    civic_failure_t  why;

    n = snprintf(path, sizeof(path), "/%s%s", check->url_name, route->path);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return civic_check_fail(check, "routes: the path \"%.80s...\" is too "
                                "long", route->path);
    }

    (void) snprintf(what, sizeof(what), "%s %s",
                    civic_method_name(route->method), path);

    if (civic_check_route_flags(check, what, route) != 0
        || civic_check_route_shape(check, what, route) != 0
        || civic_check_query(check, what, route->query) != 0
        || civic_check_schema(check, what, route->body) != 0
        || civic_check_uploads(check, what, route) != 0
        || civic_check_raw(check, what, route) != 0
        || civic_check_schema(check, what, route->reply) != 0
        || civic_check_route_problems(check, what, route) != 0)
    {
        return -1;
    }

    if (civic_router_add(check->router, route->method, path,
                         (void *) check->plugin, &why)
        != 0)
    {
        return civic_check_fail(check, "%s: %s", what, why.text);
    }

    return 0;
}


int
civic_check_routes(civic_check_t *check)
{
    uint32_t              i;
    civic_route_t         route;
    const civic_table_t  *table = &check->plugin->routes;

    if (civic_check_table(check, "routes", table) != 0) {
        return -1;
    }

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &route, sizeof(route));

        if (route.method < CIVIC_GET || route.method > CIVIC_DELETE) {
            return civic_check_fail(check,
                        "routes: element %u has the method %d", i,
                        (int) route.method);
        }

        if (route.path == NULL) {
            return civic_check_fail(check, "routes: element %u has no path",
                                    i);
        }

        /* Else "loans" would end up beside the plugin, as "/umbrellaloans". */
        if (route.path[0] != '/') {
            return civic_check_fail(check, "routes: the path \"%.80s\" does "
                                    "not begin with \"/\"", route.path);
        }

        if (civic_check_route(check, &route) != 0) {
            return -1;
        }
    }

    return 0;
}
