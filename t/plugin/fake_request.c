/*
 * fake_request.c - the life of a request.
 *
 * Checks first, in the real host's order: route, plugin, head, session,
 * body and query (all errors of both at once).  Then the handler on a fiber,
 * resumed by the test; then the answer, the handler's or the host's for it.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "idempotency.h"
#include "fake_internal.h"


void
fake_over(fake_run_t *run, const char *code)
{
    if (!run->over) {
        run->over = 1;
        run->over_code = code;
    }
}


civic_result_t
fake_enter(fake_run_t *run)
{
    return run->over ? CIVIC_ABORTED : CIVIC_OK;
}


civic_result_t
fake_settle(fake_run_t *run)
{
    if (run->session_late && !run->over) {
        return fake_suspend(run);
    }

    return fake_enter(run);
}


/* ---- waiting ----------------------------------------------------------- */

/* What became known or came to pass while the fiber waited. */
static void
fake_meanwhile(fake_run_t *run)
{
    unsigned  n = run->reply->suspensions;

    if (run->input.leave_at == n) {
        run->gone = 1;
    }

    if (run->session_late) {
        run->session_late = 0;

        if (run->session_problem != NULL) {
            fake_over(run, run->session_problem);
        }
    }

    if (fake_now(run->host) >= run->deadline) {
        fake_over(run, run->wrote ? "outcome_unknown" : "gateway_timeout");
    }

    /* Who has written runs to its end: phones lose their network in the
       middle of a payment. */

    if (run->gone && !run->wrote) {
        fake_over(run, NULL);
    }
}


civic_result_t
fake_suspend(fake_run_t *run)
{
    unsigned  n;

    n = ++run->reply->suspensions;

    if (run->input.delay_at == n) {
        fake_advance(run->host, run->input.delay_ms);
    }

    civic_fiber_suspend();
    fake_meanwhile(run);

    return fake_enter(run);
}


void
fake_leave(fake_run_t *run)
{
    run->gone = 1;
}


/* ---- what the client sent ---------------------------------------------- */

civic_str_t
fake_input_header(fake_run_t *run, const char *name)
{
    size_t       i, len;
    const char  *line;

    if (strcmp(name, "authorization") == 0 && run->input.token != NULL) {
        return civic_arena_print(run->spare, "Bearer %s", run->input.token);
    }

    if (strcmp(name, "content-type") == 0
        && (run->input.body != NULL || run->input.content_type != NULL))
    {
        return civic_cstr(run->input.content_type != NULL
                          ? run->input.content_type : "application/json");
    }

    len = strlen(name);

    for (i = 0; i < FAKE_HEADERS && run->input.headers[i] != NULL; i++) {
        line = run->input.headers[i];

        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            line += len + 1;
            return civic_cstr(line + strspn(line, " "));
        }
    }

    return CIVIC_STR("");
}


/* What is not UTF-8 after decoding is empty. */
static const char *
fake_read_path(fake_run_t *run)
{
    char     *out;
    size_t    i;
    int64_t   len;

    for (i = 0; i < run->match.count; i++) {
        out = civic_arena_alloc(run->spare, run->match.values[i].len + 1);
        if (out == NULL) {
            return "internal_error";
        }

        len = civic_percent_decode(run->match.values[i], out, 0);
        if (len < 0 || civic_utf8_length(out, (size_t) len) < 0) {
            len = 0;
        }

        out[len] = '\0';
        run->match.values[i] = (civic_str_t) { out, (size_t) len };
    }

    return NULL;
}


static int
fake_is_json(civic_str_t type)
{
    static const char  json[] = "application/json";

    size_t  len = sizeof(json) - 1;

    return type.len >= len && strncasecmp(type.data, json, len) == 0
           && (type.len == len || type.data[len] == ';'
               || type.data[len] == ' ');
}


/* What can be told from the request's head alone. */
static const char *
fake_body_refused(fake_run_t *run)
{
    size_t          len, max;
    civic_route_t  *route = &run->route->route;

    len = run->input.body != NULL ? strlen(run->input.body) : 0;
    max = route->max_body > 0 ? route->max_body : FAKE_MAX_BODY;

    if (route->uploads != NULL) {
        return fake_upload_refused(run);
    }

    if (route->body == NULL && route->raw == NULL) {
        return len > 0 || run->input.upload != NULL ? "unexpected_body" : NULL;
    }

    if (len > max) {
        return "body_too_large";
    }

    if (len == 0 && run->input.upload == NULL) {
        return NULL;                        /* no body is an empty one */
    }

    if (route->raw != NULL) {
        return fake_type_of(run, route->raw) != NULL
               ? NULL : "unsupported_media_type";
    }

    return fake_is_json(fake_input_header(run, "content-type"))
           ? NULL : "unsupported_media_type";
}


static const char *
fake_read_body(fake_run_t *run)
{
    size_t                len;
    json_t               *value;
    civic_json_status_t   status;

    if (run->route->route.uploads != NULL) {
        return fake_upload_read(run);
    }

    if (run->route->route.body == NULL) {
        return NULL;
    }

    len = run->input.body != NULL ? strlen(run->input.body) : 0;
    status = len > 0 ? civic_json_load(run->input.body, len, &value)
                     : civic_json_load("{}", 2, &value);
    if (status != CIVIC_JSON_OK) {
        return civic_json_problem(status);
    }

    run->body = civic_arena_own_json(run->spare, value);
    civic_schema_check(run->route->body, run->body, &run->errors);

    return NULL;
}


/*
 * A route that creates asks whoever has a session for an Idempotency-Key.
 * Replays are nginx's side's own: here each request runs.
 */
static const char *
fake_check_key(fake_run_t *run)
{
    civic_str_t  key;

    if (!(run->route->route.flags & CIVIC_CREATES)
        || run->principal.pid.len == 0)
    {
        return NULL;
    }

    key = civic_header(&run->base, "idempotency-key");

    return civic_idempotency_key_valid(key) ? NULL
                                            : "idempotency_key_required";
}


static const char *
fake_read_input(fake_run_t *run)
{
    const char  *code;

    code = fake_read_path(run);
    if (code != NULL) {
        return code;
    }

    civic_errors_init(&run->errors, run->spare);

    code = fake_read_body(run);
    if (code != NULL) {
        return code;
    }

    run->query = civic_arena_own_json(run->spare,
                     civic_schema_query(run->route->query, run->raw_query,
                                        &run->errors));
    if (run->query == NULL) {
        return "internal_error";
    }

    return run->errors.count > 0 ? "invalid_fields" : fake_check_key(run);
}


/* ---- before the handler ------------------------------------------------ */

static const char *
fake_find_route(fake_run_t *run)
{
    civic_str_t  path = civic_cstr(run->path);

    if (!civic_router_match(run->host->router, run->method, path,
                            &run->match))
    {
        return "not_found";
    }

    if (run->match.route == NULL) {
        return "method_not_allowed";
    }

    run->route = run->match.route;
    run->plugin = run->route->plugin;

    return run->plugin->failed ? "plugin_unavailable" : NULL;
}


/* The code of the problem that keeps the handler from starting, or NULL. */
static const char *
fake_before(fake_run_t *run)
{
    const char  *code;

    code = fake_find_route(run);
    if (code != NULL) {
        return code;
    }

    run->deadline = fake_now(run->host) + (run->route->route.deadline > 0
                                           ? run->route->route.deadline
                                           : FAKE_DEADLINE);

    code = fake_body_refused(run);
    if (code != NULL) {
        return code;
    }

    code = fake_session_check(run);
    if (code != NULL) {
        return code;
    }

    code = fake_read_input(run);

    return code != NULL && run->session_problem != NULL
           ? run->session_problem : code;
}


static void
fake_split(fake_run_t *run, const char *path)
{
    char  *mark;

    run->path = strdup(path);
    mark = strchr(run->path, '?');

    run->raw_query = CIVIC_STR("");

    if (mark != NULL) {
        *mark = '\0';
        run->raw_query = civic_cstr(mark + 1);
    }
}


fake_run_t *
fake_run_create(fake_host_t *h, civic_method_t method, const char *path,
    const fake_request_t *request)
{
    fake_run_t  *run;

    run = fake_grow(NULL, 0, sizeof(*run));
    memset(run, 0, sizeof(*run));

    run->reply = fake_grow(NULL, 0, sizeof(*run->reply));
    memset(run->reply, 0, sizeof(*run->reply));

    run->base.host = &fake_services;
    run->host = h;
    run->method = method;

    if (request != NULL) {
        run->input = *request;
    }

    run->arena = civic_arena_create(4096, FAKE_REQUEST_MEMORY);
    run->spare = civic_arena_create(4096, SIZE_MAX / 2);
    if (run->arena == NULL || run->spare == NULL) {
        abort();
    }

    snprintf(run->request_id, sizeof(run->request_id), "%032llx",
             (unsigned long long) ++h->requests);

    if (run->input.request_id != NULL) {
        snprintf(run->request_id, sizeof(run->request_id), "%s",
                 run->input.request_id);
    }

    fake_split(run, path);

    return run;
}


/* ---- the handler, and after it ----------------------------------------- */

void
fake_run_fiber(void *data)
{
    fake_run_t  *run = data;

    run->reply->started = 1;
    run->reply->result = run->job_run != NULL
                         ? run->job_run(&run->base, &run->job)
                         : run->route->route.handler(&run->base);
    run->reply->stack_used = civic_fiber_stack_used(run->fiber);
}


/* The problem that the host answers a result with; NULL: none is due. */
static const char *
fake_result_code(fake_run_t *run, civic_result_t rc)
{
    switch (rc) {

    case CIVIC_OK:
        if (run->kind == FAKE_REPLY_NONE) {
            fake_misuse(run, "the handler of \"%s\" returned CIVIC_OK "
                        "without a reply", run->route->route.path);
            return "internal_error";
        }

        return NULL;

    case CIVIC_NOT_SENT:
        return "store_unavailable";

    case CIVIC_UNKNOWN:
        return "outcome_unknown";

    case CIVIC_BUSY:
        return "overloaded";

    case CIVIC_TIMEOUT:
        return "gateway_timeout";

    case CIVIC_ERROR:
    case CIVIC_INVALID:
    case CIVIC_NOT_FOUND:
        return "internal_error";

    case CIVIC_ABORTED:
        fake_misuse(run, "the handler of \"%s\" returned CIVIC_ABORTED, "
                    "and the request was not over", run->route->route.path);
        return "internal_error";
    }

    fake_misuse(run, "the handler of \"%s\" returned %d, which is no result",
                run->route->route.path, (int) rc);

    return "internal_error";
}


/* On the main stack, once the handler has returned. */
static void
fake_conclude(fake_run_t *run)
{
    const char       *code;
    civic_problem_t   problem = { .code = NULL };

    run->ended = 1;
    fake_turns_leave(run);

    if (run->job_run != NULL) {
        return;                 /* nobody waits for a reply */
    }

    run->plugin = run->route->plugin;
    fake_unwatch(run);

    if (run->session_late && run->session_problem != NULL) {
        fake_over(run, run->session_problem);
    }

    code = run->over ? run->over_code
                     : fake_result_code(run, run->reply->result);

    if (run->gone) {
        return;
    }

    /* When the handler fails, a problem that it made stands; another reply
       must not leave. */

    if (code != NULL && (run->over || run->kind != FAKE_REPLY_PROBLEM)) {
        problem.code = code;
        fake_answer(run, &problem);
    }

    fake_reply_send(run);
    fake_audit_check(run);
}


/* The methods that the path has. */
static void
fake_put_allow(fake_run_t *run)
{
    char    allow[64];
    size_t  len = civic_router_allow(run->match.allow, allow);

    fake_put_header(run, "Allow", (civic_str_t) { allow, len });
}


static void
fake_refuse(fake_run_t *run, const char *code)
{
    civic_problem_t  problem = {
        .code = code,
        .errors = run->errors.items,
        .nerrors = strcmp(code, "invalid_fields") == 0 ? run->errors.count
                                                       : 0,
    };

    run->ended = 1;
    fake_answer(run, &problem);

    if (strcmp(code, "method_not_allowed") == 0) {
        fake_put_allow(run);
    }

    fake_reply_send(run);
}


fake_run_t *
fake_begin(fake_host_t *h, civic_method_t method, const char *path,
    const fake_request_t *request)
{
    fake_run_t  *run;
    const char  *code;

    run = fake_run_create(h, method, path, request);

    code = fake_before(run);
    if (code != NULL) {
        fake_refuse(run, code);
        return run;
    }

    run->fiber = civic_fiber_create(h->fibers, fake_run_fiber, run);
    if (run->fiber == NULL) {
        fake_refuse(run, "overloaded");
    }

    return run;
}


int
fake_run_to(fake_run_t *run, unsigned n)
{
    while (!run->ended && run->reply->suspensions < n) {
        if (!civic_fiber_resume(run->fiber)) {
            fake_conclude(run);
        }
    }

    return !run->ended;
}


fake_reply_t *
fake_end(fake_run_t *run)
{
    fake_host_t   *h = run->host;
    fake_reply_t  *rep = run->reply;

    while (!run->ended) {
        fake_run_to(run, rep->suspensions + 1);
    }

    if (rep->body == NULL) {
        rep->body = strdup("");
        rep->content_type = strdup("");
        rep->code = strdup("");
    }

    h->replies = fake_grow(h->replies, h->nreplies, sizeof(*h->replies));
    h->replies[h->nreplies++] = rep;

    fake_upload_end(run);
    civic_arena_destroy(run->arena);
    civic_arena_destroy(run->spare);
    free(run->path);
    free(run);

    return rep;
}


fake_reply_t *
fake_request(fake_host_t *h, civic_method_t method, const char *path,
    const fake_request_t *request)
{
    return fake_end(fake_begin(h, method, path, request));
}
