/*
 * router.h - from a method and a path to a route.
 *
 * A trie of segments; a literal beats a parameter, for every method.  An
 * empty segment, "." and ".." match no parameter.  Built once, const
 * afterwards.  Paths are matched as they came, percent-encoding and all:
 * a literal never matches an encoded form of itself, and "%2F" stays inside
 * its parameter.
 */

#ifndef CIVIC_ROUTER_H
#define CIVIC_ROUTER_H

#include "civic_plugin.h"

#define CIVIC_ROUTER_PARAMS  8

typedef struct civic_router_s  civic_router_t;

typedef struct {
    void         *route;                /* what was added; NULL: see allow */
    unsigned      allow;                /* methods of the path: 1 << method */
    size_t        count;
    const char   *names[CIVIC_ROUTER_PARAMS];
    civic_str_t   values[CIVIC_ROUTER_PARAMS];  /* into the path, encoded */
} civic_match_t;

civic_router_t *civic_router_create(void);
void civic_router_free(civic_router_t *router);

/* path is "/login/captchas/{captcha_id}".  0; or -1 with failure set: no
   route, the same route twice (parameter names do not tell routes apart), a
   broken path, too many parameters, no memory. */
int civic_router_add(civic_router_t *router, civic_method_t method,
    const char *path, void *route, civic_failure_t *failure);

/* 1 when the path exists (match->route may be NULL: 405), else 0: 404. */
int civic_router_match(const civic_router_t *router, civic_method_t method,
    civic_str_t path, civic_match_t *match);

/* "GET, HEAD, POST" of the mask; out has 64 bytes.  GET implies HEAD. */
size_t civic_router_allow(unsigned allow, char *out);

/* 0 for an unknown name.  HEAD counts as GET. */
civic_method_t civic_method_parse(civic_str_t name);
const char *civic_method_name(civic_method_t method);

#endif
