/*
 * fake_session.c - who calls: tokens, records, and their end.
 *
 * The token and the record are the core's, so a token made here is one the
 * real host would take.  Sessions stand where it keeps them, too: the hash
 * "civic:{p:<pid>}:sessions".
 */

#include <stdio.h>
#include <stdlib.h>

#include "fake_internal.h"

typedef struct {
    fake_run_t                  *run;       /* NULL: for the test itself */
    fake_host_t                 *host;
    civic_arena_t               *arena;
    const civic_session_spec_t  *spec;
    civic_session_scope_t        scope;
    char                         text[CIVIC_SESSION_TOKEN];
    civic_result_t               result;
} fake_session_work_t;


static civic_str_t
fake_sessions_key(civic_arena_t *arena, const char *pid)
{
    return civic_arena_print(arena, "civic:{p:%s}:sessions", pid);
}


/* HSET and its like: CIVIC_OK only if Redis took it. */
static civic_result_t
fake_session_write(fake_host_t *h, civic_arena_t *arena,
    const civic_str_t *argv, size_t argc)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = fake_server_command(h, arena, argv, argc, 1, &value);

    if (rc == CIVIC_OK && value->type == CIVIC_VALUE_ERROR) {
        return CIVIC_ERROR;
    }

    return rc;
}


/* ---- the check before a handler ---------------------------------------- */

static civic_str_t
fake_bearer(fake_run_t *run)
{
    civic_str_t  header;

    header = fake_input_header(run, "authorization");

    if (header.len > 7 && strncasecmp(header.data, "Bearer ", 7) == 0) {
        header.data += 7;
        header.len -= 7;
        return header;
    }

    if (run->input.cookie != NULL) {
        run->by_cookie = 1;
        return civic_cstr(run->input.cookie);
    }

    return CIVIC_STR("");
}


static int
fake_origin_known(fake_run_t *run)
{
    size_t        i;
    civic_str_t   origin;
    const char  *const *known = run->host->config.origins;

    origin = fake_input_header(run, "origin");

    for (i = 0; i < 4 && known[i] != NULL; i++) {
        if (civic_str_eq(origin, civic_cstr(known[i]))) {
            return 1;
        }
    }

    return 0;
}


static void
fake_principal_fill(fake_run_t *run)
{
    civic_principal_t       *p = &run->principal;
    civic_session_record_t  *record = &run->record;

    p->roles = record->roles;
    p->method = civic_cstr(record->method);
    p->device = civic_cstr(record->device);
    p->created_at = record->created * 1000;
    p->expires_at = record->expires * 1000;
    p->must_set_password = record->must_set_password;
}


/* Notes the use, coarsely: reading does not write. */
static void
fake_session_touch(fake_run_t *run, civic_str_t key, int64_t now)
{
    int   len;
    char  text[CIVIC_SESSION_RECORD];

    if (!civic_session_stale(&run->record, now)) {
        return;
    }

    run->record.seen = now;

    len = civic_session_encode(&run->record, text);
    if (len > 0) {
        (void) fake_session_write(run->host, run->arena,
            CIVIC_ARGV(CIVIC_STR("HSET"), key, civic_cstr(run->token.field),
                       ((civic_str_t) { text, len })));
    }
}


static const char *
fake_session_read(fake_run_t *run)
{
    int64_t               now;
    civic_str_t           key;
    civic_result_t        rc;
    const civic_value_t  *value;
    const civic_str_t     get = CIVIC_STR("HGET");

    key = fake_sessions_key(run->arena, run->token.pid);

    rc = fake_server_command(run->host, run->arena,
        CIVIC_ARGV(get, key, civic_cstr(run->token.field)), 0, &value);

    if (rc != CIVIC_OK || value->type == CIVIC_VALUE_ERROR) {
        return "store_unavailable";
    }

    now = fake_now(run->host) / 1000;

    if (value->type != CIVIC_VALUE_STRING
        || civic_session_decode(value->str, &run->record) != 0
        || !civic_session_valid(&run->record, now))
    {
        return "session_expired";
    }

    if (((run->record.roles | CIVIC_ANYONE) & run->route->route.roles) == 0) {
        return "forbidden";
    }

    if (run->record.must_set_password
        && !(run->route->route.flags & CIVIC_BEFORE_PASSWORD))
    {
        return "password_required";
    }

    fake_principal_fill(run);
    fake_session_touch(run, key, now);

    return NULL;
}


/*
 * The code of the problem that refuses the request, or NULL.  On a route
 * that changes nothing and is not for staff the handler starts before the
 * record is there: what the record says waits in session_problem.
 */
const char *
fake_session_check(fake_run_t *run)
{
    civic_str_t     text;
    civic_route_t  *route = &run->route->route;
    const char     *problem;

    /* who asks for a cookie that it may not have */
    if (route->method != CIVIC_GET
        && civic_str_eq(fake_input_header(run, "civic-session"),
                        CIVIC_STR("cookie"))
        && !fake_origin_known(run))
    {
        return "origin_refused";
    }

    if (route->roles == CIVIC_ANYONE) {
        return NULL;
    }

    text = fake_bearer(run);

    if (text.len == 0) {
        return route->roles & CIVIC_ANYONE ? NULL : "unauthorized";
    }

    if (run->by_cookie && (route->flags & CIVIC_CHANGES)
        && !fake_origin_known(run))
    {
        return "origin_refused";
    }

    if (civic_session_open(run->host->session_purpose, text, &run->token)
        != 0)
    {
        return "session_expired";
    }

    run->principal.pid = civic_cstr(run->token.pid);
    problem = fake_session_read(run);

    if ((route->flags & CIVIC_CHANGES) || (route->roles & CIVIC_STAFF)) {
        return problem;
    }

    run->session_problem = problem;
    run->session_late = 1;

    return NULL;
}


/* ---- begin ------------------------------------------------------------- */

/* Of the sessions beyond the number to keep, the oldest go. */
static void
fake_session_prune(fake_session_work_t *w, civic_str_t key, int keep)
{
    int                      i, oldest, left;
    int64_t                  first;
    const civic_value_t     *all;
    civic_session_record_t   record;

    for ( ;; ) {
        if (fake_server_command(w->host, w->arena,
                CIVIC_ARGV(CIVIC_STR("HGETALL"), key), 0, &all) != CIVIC_OK
            || all->type != CIVIC_VALUE_ARRAY)
        {
            return;
        }

        left = (int) all->count / 2;
        if (left <= keep) {
            return;
        }

        oldest = 0;
        first = INT64_MAX;

        for (i = 0; i < left; i++) {
            if (civic_session_decode(all->items[2 * i + 1].str, &record) != 0
                || record.created < first)
            {
                oldest = i;
                first = record.created;
            }
        }

        if (fake_session_write(w->host, w->arena,
                CIVIC_ARGV(CIVIC_STR("HDEL"), key,
                           all->items[2 * oldest].str)) != CIVIC_OK)
        {
            return;
        }
    }
}


static int
fake_session_record(fake_session_work_t *w, civic_session_record_t *record)
{
    const civic_session_spec_t  *spec = w->spec;

    memset(record, 0, sizeof(*record));

    if (spec->method == NULL
        || strlen(spec->method) >= sizeof(record->method)
        || spec->device.len >= sizeof(record->device)
        || spec->pid.len != CIVIC_PID_LEN || spec->lifetime <= 0)
    {
        return -1;
    }

    record->created = fake_now(w->host) / 1000;
    record->seen = record->created;
    record->expires = record->created + spec->lifetime;
    record->idle = spec->idle;
    record->refresh = spec->refresh;
    record->roles = spec->roles;
    record->must_set_password = spec->must_set_password;
    strcpy(record->method, spec->method);

    if (spec->device.len > 0) {
        memcpy(record->device, spec->device.data, spec->device.len);
    }

    return 0;
}


static void
fake_session_begin_on_main(void *data)
{
    int                      len;
    char                     text[CIVIC_SESSION_RECORD];
    civic_str_t              key;
    fake_session_work_t     *w = data;
    civic_session_token_t    token;
    civic_session_record_t   record;

    memset(&token, 0, sizeof(token));
    w->result = CIVIC_ERROR;

    if (fake_session_record(w, &record) != 0) {
        return;
    }

    len = civic_session_encode(&record, text);
    if (len < 0) {
        return;
    }

    token.staff = (w->spec->roles & CIVIC_STAFF) != 0;
    memcpy(token.pid, w->spec->pid.data, CIVIC_PID_LEN);

    if (civic_session_make(w->host->session_purpose, &token, w->text) < 0) {
        return;
    }

    key = fake_sessions_key(w->arena, token.pid);

    w->result = fake_session_write(w->host, w->arena,
        CIVIC_ARGV(CIVIC_STR("HSET"), key, civic_cstr(token.field),
                   ((civic_str_t) { text, len })));

    if (w->result == CIVIC_OK) {
        fake_session_prune(w, key, w->spec->keep > 0 ? w->spec->keep
                                                     : FAKE_SESSIONS_KEPT);
    }
}


/* The cookie, if the client asked for one and may have it. */
static int
fake_session_cookie(fake_run_t *run, const char *text, int64_t lifetime)
{
    civic_str_t  cookie;

    if (!civic_str_eq(fake_input_header(run, "civic-session"),
                      CIVIC_STR("cookie"))
        || !fake_origin_known(run))
    {
        return 0;
    }

    cookie = civic_arena_print(run->spare, FAKE_COOKIE "=%s; Path=/; "
                               "Max-Age=%lld; Secure; HttpOnly; "
                               "SameSite=Strict", text,
                               (long long) lifetime);
    fake_put_header(run, "Set-Cookie", cookie);

    return 1;
}


civic_result_t
fake_session_begin(civic_request_t *r, const civic_session_spec_t *spec,
    civic_str_t *token)
{
    fake_run_t           *run = fake_run(r);
    civic_result_t        rc;
    const civic_value_t  *ignored;
    fake_session_work_t   w = {
        .run = run, .host = run->host, .arena = run->arena, .spec = spec
    };

    *token = CIVIC_STR("");

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    run->wrote = 1;

    rc = fake_redis_fault(run, 1, &ignored);
    if (rc == CIVIC_OK || run->input.redis_fault == FAKE_REDIS_LOST_AFTER) {
        civic_fiber_on_main(fake_session_begin_on_main, &w);
        rc = rc == CIVIC_OK ? w.result : rc;
    }

    if (fake_suspend(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (rc != CIVIC_OK) {
        return rc == CIVIC_ERROR
               ? fake_misuse(run, "civic_session_begin(): the specification "
                             "is not valid, or Redis refused it")
               : rc;
    }

    if (!fake_session_cookie(run, w.text, spec->lifetime)) {
        *token = civic_arena_copy(run->arena, civic_cstr(w.text));
    }

    return CIVIC_OK;
}


const char *
fake_session_with(fake_host_t *h, const civic_session_spec_t *spec)
{
    fake_session_work_t  w = {
        .host = h, .arena = h->texts, .spec = spec
    };

    fake_session_begin_on_main(&w);

    if (w.result != CIVIC_OK) {
        fputs("fake host: no session could be begun\n", stderr);
        abort();
    }

    return civic_arena_copy(h->texts, civic_cstr(w.text)).data;
}


/* ---- end --------------------------------------------------------------- */

static void
fake_session_end_on_main(void *data)
{
    size_t                i;
    civic_str_t           key, field;
    fake_session_work_t  *w = data;
    const civic_value_t  *all;

    key = fake_sessions_key(w->arena, w->run->token.pid);
    field = civic_cstr(w->run->token.field);

    if (w->scope == CIVIC_SESSION_ALL) {
        w->result = fake_session_write(w->host, w->arena,
                        CIVIC_ARGV(CIVIC_STR("DEL"), key));
        return;
    }

    if (w->scope == CIVIC_SESSION_THIS) {
        w->result = fake_session_write(w->host, w->arena,
                        CIVIC_ARGV(CIVIC_STR("HDEL"), key, field));
        return;
    }

    w->result = fake_server_command(w->host, w->arena,
                    CIVIC_ARGV(CIVIC_STR("HKEYS"), key), 0, &all);

    for (i = 0; w->result == CIVIC_OK && i < all->count; i++) {
        if (!civic_str_eq(all->items[i].str, field)) {
            w->result = fake_session_write(w->host, w->arena,
                            CIVIC_ARGV(CIVIC_STR("HDEL"), key,
                                       all->items[i].str));
        }
    }
}


civic_result_t
fake_session_end(civic_request_t *r, civic_session_scope_t scope)
{
    fake_run_t           *run = fake_run(r);
    civic_result_t        rc;
    const civic_value_t  *ignored;
    fake_session_work_t   w = {
        .run = run, .host = run->host, .arena = run->arena, .scope = scope
    };

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->principal.pid.len == 0) {
        return CIVIC_OK;
    }

    run->wrote = 1;

    rc = fake_redis_fault(run, 1, &ignored);
    if (rc == CIVIC_OK || run->input.redis_fault == FAKE_REDIS_LOST_AFTER) {
        civic_fiber_on_main(fake_session_end_on_main, &w);
        rc = rc == CIVIC_OK ? w.result : rc;
    }

    if (fake_suspend(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (rc == CIVIC_OK && run->by_cookie && scope != CIVIC_SESSION_OTHERS) {
        fake_put_header(run, "Set-Cookie", CIVIC_STR(FAKE_COOKIE
                        "=; Path=/; Max-Age=0; Secure; HttpOnly; "
                        "SameSite=Strict"));
    }

    return rc;
}
