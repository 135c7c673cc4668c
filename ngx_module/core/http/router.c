/*
 * router.c - from a method and a path to a route.
 *
 * Built while the configuration is read, then const and shared by every
 * request; the router owns its nodes and copies of the paths, the routes
 * stay their caller's.  Matching allocates nothing and visits each node of
 * the trie at most once, however the path looks.
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "router.h"

/* How deep the trie may be, and so how deep matching recurses. */
#define CIVIC_ROUTER_SEGMENTS  16

typedef struct civic_router_node_s  civic_router_node_t;

/* A route, with its own names for the parameters on the way to it. */
typedef struct {
    void        *route;
    char        *path;                  /* as added, for messages */
    char        *text;                  /* what names points into */
    size_t       count;
    const char  *names[CIVIC_ROUTER_PARAMS];
} civic_router_leaf_t;

typedef struct {
    civic_str_t           text;
    civic_router_node_t  *node;
} civic_router_edge_t;

struct civic_router_node_s {
    civic_router_edge_t  *edges;        /* sorted by length, then bytes */
    size_t                count;
    civic_router_node_t  *param;
    unsigned              allow;
    civic_router_leaf_t  *leaves[CIVIC_DELETE + 1];
};

struct civic_router_s {
    civic_router_node_t  root;
};

/* A path taken apart; names are those of the parameters. */
typedef struct {
    size_t       count;
    civic_str_t  segments[CIVIC_ROUTER_SEGMENTS];
    size_t       params;
    civic_str_t  names[CIVIC_ROUTER_PARAMS];
} civic_router_path_t;

static const char  *civic_method_names[] = {
    NULL, "GET", "POST", "PUT", "PATCH", "DELETE"
};

_Static_assert(sizeof(civic_method_names) / sizeof(civic_method_names[0])
               == CIVIC_DELETE + 1, "each method has a name");


/* ---- methods ----------------------------------------------------------- */

civic_method_t
civic_method_parse(civic_str_t name)
{
    unsigned  method;

    if (civic_str_eq(name, CIVIC_STR("HEAD"))) {
        return CIVIC_GET;
    }

    for (method = CIVIC_GET; method <= CIVIC_DELETE; method++) {
        if (civic_str_eq(name, civic_cstr(civic_method_names[method]))) {
            return method;
        }
    }

    return 0;
}


const char *
civic_method_name(civic_method_t method)
{
    unsigned  n = method;

    return n >= CIVIC_GET && n <= CIVIC_DELETE ? civic_method_names[n] : "?";
}


static size_t
civic_router_list(char *out, size_t len, const char *name)
{
    size_t  size = strlen(name);

    if (len != 0) {
        memcpy(out + len, ", ", 2);
        len += 2;
    }

    memcpy(out + len, name, size);

    return len + size;
}


size_t
civic_router_allow(unsigned allow, char *out)
{
    size_t    len = 0;
    unsigned  method;

    for (method = CIVIC_GET; method <= CIVIC_DELETE; method++) {
        if (!(allow & 1u << method)) {
            continue;
        }

        len = civic_router_list(out, len, civic_method_names[method]);

        if (method == CIVIC_GET) {
            len = civic_router_list(out, len, "HEAD");
        }
    }

    out[len] = '\0';

    return len;
}


/* ---- reading a route's path -------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static int
civic_router_fail(civic_failure_t *failure, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    vsnprintf(failure->text, sizeof(failure->text), fmt, args);
    va_end(args);

    return -1;
}


static int
civic_router_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}


static int
civic_router_is_digit(char c)
{
    return c >= '0' && c <= '9';
}


/* What RFC 3986 (3.3) allows in a segment without encoding it. */
static int
civic_router_is_literal(char c)
{
    return civic_router_is_lower(c) || (c >= 'A' && c <= 'Z')
           || civic_router_is_digit(c)
           || (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}


static int
civic_router_is_param(civic_str_t segment)
{
    return segment.len != 0 && segment.data[0] == '{';
}


/* The name within "{name}"; empty when it is none. */
static civic_str_t
civic_router_param_name(civic_str_t segment)
{
    size_t       i;
    civic_str_t  none = { NULL, 0 }, name;

    if (segment.len < 3 || segment.data[segment.len - 1] != '}') {
        return none;
    }

    name.data = segment.data + 1;
    name.len = segment.len - 2;

    if (!civic_router_is_lower(name.data[0])) {
        return none;
    }

    for (i = 1; i < name.len; i++) {
        if (!civic_router_is_lower(name.data[i])
            && !civic_router_is_digit(name.data[i]) && name.data[i] != '_')
        {
            return none;
        }
    }

    return name;
}


/* "." and "..", also as "%2e": never an identifier, always an attempt to
   be somewhere else (RFC 3986, 3.3 and 6.2.2.2). */
static int
civic_router_is_dots(civic_str_t segment)
{
    size_t  i, dots;

    if (segment.len > sizeof("%2e%2e") - 1) {
        return 0;
    }

    for (i = 0, dots = 0; i < segment.len; dots++) {
        if (segment.data[i] == '.') {
            i++;

        } else if (segment.len - i >= 3
                   && memcmp(segment.data + i, "%2", 2) == 0
                   && (segment.data[i + 2] | 0x20) == 'e')
        {
            i += 3;

        } else {
            return 0;
        }
    }

    return dots == 1 || dots == 2;
}


static int
civic_router_read_param(civic_router_path_t *parts, civic_str_t segment,
    const char *path, civic_failure_t *failure)
{
    size_t       i;
    civic_str_t  name;

    name = civic_router_param_name(segment);

    if (name.len == 0) {
        return civic_router_fail(failure, "route \"%.120s\": \"%.*s\" is not "
                                 "{name} of a-z, 0-9 and _", path,
                                 (int) (segment.len > 60 ? 60 : segment.len),
                                 segment.data);
    }

    if (parts->params == CIVIC_ROUTER_PARAMS) {
        return civic_router_fail(failure, "route \"%.120s\" has more than %d "
                                 "parameters", path, CIVIC_ROUTER_PARAMS);
    }

    for (i = 0; i < parts->params; i++) {
        if (civic_str_eq(parts->names[i], name)) {
            return civic_router_fail(failure, "route \"%.120s\" has two "
                                     "parameters with one name", path);
        }
    }

    parts->names[parts->params++] = name;

    return 0;
}


static int
civic_router_read_literal(civic_str_t segment, const char *path,
    civic_failure_t *failure)
{
    size_t  i;

    if (segment.len == 0) {
        return civic_router_fail(failure, "route \"%.120s\" has an empty "
                                 "segment", path);
    }

    if (civic_router_is_dots(segment)) {
        return civic_router_fail(failure, "route \"%.120s\" has a segment of "
                                 "dots", path);
    }

    for (i = 0; i < segment.len; i++) {
        if (!civic_router_is_literal(segment.data[i])) {
            return civic_router_fail(failure, "route \"%.120s\": byte 0x%02x "
                                     "cannot stand in a path", path,
                                     (unsigned char) segment.data[i]);
        }
    }

    return 0;
}


static int
civic_router_read(civic_router_path_t *parts, const char *path,
    civic_failure_t *failure)
{
    int          rc;
    const char  *p;
    civic_str_t  segment;

    parts->count = 0;
    parts->params = 0;

    if (path == NULL || path[0] != '/') {
        return civic_router_fail(failure, "route \"%.120s\" does not begin "
                                 "with \"/\"", path == NULL ? "" : path);
    }

    if (path[1] == '\0') {
        return 0;
    }

    for (p = path; *p == '/'; p += segment.len) {
        segment.data = ++p;
        segment.len = strcspn(p, "/");

        if (parts->count == CIVIC_ROUTER_SEGMENTS) {
            return civic_router_fail(failure, "route \"%.120s\" has more than "
                                     "%d segments", path,
                                     CIVIC_ROUTER_SEGMENTS);
        }

        rc = civic_router_is_param(segment)
             ? civic_router_read_param(parts, segment, path, failure)
             : civic_router_read_literal(segment, path, failure);

        if (rc != 0) {
            return -1;
        }

        parts->segments[parts->count++] = segment;
    }

    return 0;
}


/* ---- building ---------------------------------------------------------- */

civic_router_t *
civic_router_create(void)
{
    return calloc(1, sizeof(civic_router_t));
}


static void
civic_router_free_leaf(civic_router_leaf_t *leaf)
{
    if (leaf == NULL) {
        return;
    }

    free(leaf->path);
    free(leaf->text);
    free(leaf);
}


static void
civic_router_free_node(civic_router_node_t *node)
{
    size_t  i;

    for (i = 0; i < node->count; i++) {
        civic_router_free_node(node->edges[i].node);
        free(node->edges[i].node);
        free((char *) (uintptr_t) node->edges[i].text.data);
    }

    if (node->param != NULL) {
        civic_router_free_node(node->param);
        free(node->param);
    }

    for (i = CIVIC_GET; i <= CIVIC_DELETE; i++) {
        civic_router_free_leaf(node->leaves[i]);
    }

    free(node->edges);
}


void
civic_router_free(civic_router_t *router)
{
    if (router == NULL) {
        return;
    }

    civic_router_free_node(&router->root);
    free(router);
}


static int
civic_router_compare(civic_str_t a, civic_str_t b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }

    return memcmp(a.data, b.data, a.len);
}


/* Where the segment stands among the edges, or would; found tells which. */
static size_t
civic_router_place(const civic_router_node_t *node, civic_str_t segment,
    int *found)
{
    int     order;
    size_t  low = 0, high = node->count, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = civic_router_compare(segment, node->edges[middle].text);

        if (order == 0) {
            *found = 1;
            return middle;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    *found = 0;

    return low;
}


static civic_router_node_t *
civic_router_insert(civic_router_node_t *node, size_t place,
    civic_str_t segment)
{
    char                 *text;
    civic_router_edge_t  *edges;
    civic_router_node_t  *child;

    edges = realloc(node->edges, (node->count + 1) * sizeof(*edges));
    if (edges == NULL) {
        return NULL;
    }

    node->edges = edges;
    text = strndup(segment.data, segment.len);
    child = calloc(1, sizeof(civic_router_node_t));

    if (text == NULL || child == NULL) {
        free(text);
        free(child);
        return NULL;
    }

    memmove(edges + place + 1, edges + place,
            (node->count - place) * sizeof(*edges));

    edges[place].text.data = text;
    edges[place].text.len = segment.len;
    edges[place].node = child;
    node->count++;

    return child;
}


/* The child that the segment leads to, made if need be. */
static civic_router_node_t *
civic_router_step(civic_router_node_t *node, civic_str_t segment)
{
    int     found;
    size_t  place;

    if (civic_router_is_param(segment)) {
        if (node->param == NULL) {
            node->param = calloc(1, sizeof(civic_router_node_t));
        }

        return node->param;
    }

    place = civic_router_place(node, segment, &found);

    if (found) {
        return node->edges[place].node;
    }

    return civic_router_insert(node, place, segment);
}


static civic_router_leaf_t *
civic_router_make_leaf(const char *path, const civic_router_path_t *parts,
    void *route)
{
    char                 *name;
    size_t                i;
    civic_router_leaf_t  *leaf;

    leaf = calloc(1, sizeof(civic_router_leaf_t));
    if (leaf == NULL) {
        return NULL;
    }

    leaf->path = strdup(path);
    leaf->text = strdup(path);

    if (leaf->path == NULL || leaf->text == NULL) {
        civic_router_free_leaf(leaf);
        return NULL;
    }

    leaf->route = route;
    leaf->count = parts->params;

    for (i = 0; i < parts->params; i++) {
        name = leaf->text + (parts->names[i].data - path);
        name[parts->names[i].len] = '\0';
        leaf->names[i] = name;
    }

    return leaf;
}


int
civic_router_add(civic_router_t *router, civic_method_t method,
    const char *path, void *route, civic_failure_t *failure)
{
    size_t                i;
    unsigned              n = method;
    civic_router_leaf_t  *leaf;
    civic_router_node_t  *node;
    civic_router_path_t   parts;

    if (n < CIVIC_GET || n > CIVIC_DELETE || route == NULL) {
        return civic_router_fail(failure, "route \"%.120s\" has %s",
                                 path == NULL ? "" : path,
                                 route == NULL ? "no handler"
                                               : "an unknown method");
    }

    if (civic_router_read(&parts, path, failure) != 0) {
        return -1;
    }

    for (i = 0, node = &router->root; i < parts.count && node != NULL; i++) {
        node = civic_router_step(node, parts.segments[i]);
    }

    if (node != NULL && node->leaves[n] != NULL) {
        return civic_router_fail(failure, "route \"%s %.100s\" is there "
                                 "already, as \"%.100s\"",
                                 civic_method_names[n], path,
                                 node->leaves[n]->path);
    }

    leaf = node == NULL ? NULL : civic_router_make_leaf(path, &parts, route);
    if (leaf == NULL) {
        return civic_router_fail(failure, "no memory for route \"%.120s\"",
                                 path);
    }

    node->leaves[n] = leaf;
    node->allow |= 1u << n;

    return 0;
}


/* ---- matching ---------------------------------------------------------- */

/* p is at the "/" before the next segment, or at the end.  The values of
   the parameters so far are kept in match. */
static const civic_router_node_t *
civic_router_walk(const civic_router_node_t *node, const char *p,
    const char *end, civic_match_t *match)
{
    int                         found;
    size_t                      place;
    const char                 *slash;
    civic_str_t                 segment;
    const civic_router_node_t  *hit;

    if (p == end) {
        return node->allow != 0 ? node : NULL;
    }

    p++;
    slash = memchr(p, '/', (size_t) (end - p));
    segment.data = p;
    segment.len = (size_t) ((slash == NULL ? end : slash) - p);
    p += segment.len;

    place = civic_router_place(node, segment, &found);

    if (found) {
        hit = civic_router_walk(node->edges[place].node, p, end, match);

        if (hit != NULL) {
            return hit;
        }
    }

    if (node->param == NULL || segment.len == 0
        || civic_router_is_dots(segment))
    {
        return NULL;
    }

    match->values[match->count++] = segment;
    hit = civic_router_walk(node->param, p, end, match);

    if (hit == NULL) {
        match->count--;
    }

    return hit;
}


int
civic_router_match(const civic_router_t *router, civic_method_t method,
    civic_str_t path, civic_match_t *match)
{
    size_t                      i;
    unsigned                    n = method;
    const char                 *end = path.data + path.len;
    const civic_router_node_t  *node;
    const civic_router_leaf_t  *leaf;

    match->route = NULL;
    match->allow = 0;
    match->count = 0;

    if (path.len == 0 || path.data[0] != '/') {
        return 0;
    }

    node = civic_router_walk(&router->root, path.len == 1 ? end : path.data,
                             end, match);
    if (node == NULL) {
        return 0;
    }

    match->allow = node->allow;
    leaf = n <= CIVIC_DELETE ? node->leaves[n] : NULL;

    if (leaf == NULL) {
        match->count = 0;
        return 1;
    }

    match->route = leaf->route;

    for (i = 0; i < leaf->count; i++) {
        match->names[i] = leaf->names[i];
    }

    return 1;
}
