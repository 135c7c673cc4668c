/*
 * ngx_http_civic_session.c - who calls, proven by token and record.
 *
 * The token alone proves the pid (it is sealed); the record in Redis proves
 * that the session still holds.  Its read is started before the handler, so
 * a handler that only reads pays no trip for it; nothing leaves before the
 * record was seen.
 */

#include "ngx_http_civic.h"


#define NGX_HTTP_CIVIC_COOKIE          "__Host-civic_session"
#define NGX_HTTP_CIVIC_SESSION_SPARE   86400    /* s: garbage lives so long
                                                   after its expiry */

static void ngx_http_civic_session_done(ngx_http_civic_redis_call_t *call);
static void ngx_http_civic_session_cancel(ngx_http_civic_request_t *cr);
static const char *ngx_http_civic_session_judge(ngx_http_civic_request_t *cr);


static civic_str_t
ngx_http_civic_bearer(ngx_http_request_t *r)
{
    ngx_str_t    value;
    civic_str_t  token = { "", 0 };

    if (r->headers_in.authorization == NULL) {
        return token;
    }

    value = r->headers_in.authorization->value;

    if (value.len > 7
        && ngx_strncasecmp(value.data, (u_char *) "Bearer ", 7) == 0)
    {
        token.data = (char *) value.data + 7;
        token.len = value.len - 7;
    }

    return token;
}


/* One cookie out of all Cookie lines (HTTP/2 may send several). */

civic_str_t
ngx_http_civic_cookie(ngx_http_request_t *r, civic_str_t name)
{
    u_char           *p, *last, *end;
    ngx_uint_t        i;
    civic_str_t       value = { "", 0 };
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != sizeof("cookie") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "cookie",
                                   sizeof("cookie") - 1)
                   != 0)
            {
                continue;
            }

            p = h[i].value.data;
            last = p + h[i].value.len;

            while (p < last) {

                while (p < last && (*p == ' ' || *p == ';')) {
                    p++;
                }

                end = ngx_strlchr(p, last, ';');
                if (end == NULL) {
                    end = last;
                }

                if ((size_t) (end - p) > name.len && p[name.len] == '='
                    && ngx_strncmp(p, name.data, name.len) == 0)
                {
                    value.data = (char *) p + name.len + 1;
                    value.len = (char *) end - value.data;
                    return value;
                }

                p = end;
            }
        }
    }

    return value;
}


/* Whether the request's Origin is one that nginx.conf lists. */

static ngx_uint_t
ngx_http_civic_origin_listed(ngx_http_request_t *r)
{
    ngx_str_t                   *origin;
    ngx_uint_t                   i;
    ngx_table_elt_t             *header;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    header = ngx_http_civic_find_header(r, "origin", sizeof("origin") - 1);

    if (header == NULL || cmcf->origins == NULL) {
        return 0;
    }

    origin = cmcf->origins->elts;

    for (i = 0; i < cmcf->origins->nelts; i++) {
        if (origin[i].len == header->value.len
            && ngx_strncasecmp(origin[i].data, header->value.data,
                               origin[i].len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Whether a session that begins here is to be the browser's. */

static ngx_uint_t
ngx_http_civic_wants_cookie(ngx_http_request_t *r)
{
    ngx_table_elt_t  *header;

    header = ngx_http_civic_find_header(r, "civic-session",
                                        sizeof("civic-session") - 1);

    return header != NULL
           && civic_str_eq(ngx_http_civic_str(&header->value),
                           CIVIC_STR("cookie"));
}


/*
 * Looks at the token: whose it says it is.  The code of the problem to answer
 * with, or NULL; the pid stays empty for anyone.
 */

const char *
ngx_http_civic_session_identify(ngx_http_civic_request_t *cr)
{
    civic_str_t                  text;
    ngx_http_request_t          *r = cr->http;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    /* before a password is hashed for a page that gets no cookie */
    if (cr->route->table.method != CIVIC_GET
        && ngx_http_civic_wants_cookie(r)
        && !ngx_http_civic_origin_listed(r))
    {
        return "origin_refused";
    }

    if (cr->route->table.roles == CIVIC_ANYONE) {
        return NULL;
    }

    text = ngx_http_civic_bearer(r);

    if (text.len == 0) {
        text = ngx_http_civic_cookie(r, CIVIC_STR(NGX_HTTP_CIVIC_COOKIE));
        cr->by_cookie = text.len != 0;
    }

    if (text.len == 0) {
        return cr->route->table.roles & CIVIC_ANYONE ? NULL : "unauthorized";
    }

    /* a page of a stranger can make the browser send the cookie along */
    if (cr->by_cookie && (cr->route->table.flags & CIVIC_CHANGES)
        && !ngx_http_civic_origin_listed(r))
    {
        return "origin_refused";
    }

    if (civic_session_open(cmcf->session_purpose, text, &cr->token) != 0) {
        return "session_expired";
    }

    cr->staff = cr->token.staff;
    cr->principal.pid.data = cr->token.pid;
    cr->principal.pid.len = CIVIC_PID_LEN;

    return NULL;
}


/* Starts the read of the session's record, if there is a session. */

const char *
ngx_http_civic_session_start(ngx_http_civic_request_t *cr)
{
    civic_str_t                  *argv;
    ngx_http_civic_redis_call_t  *call = &cr->session_call;

    if (cr->principal.pid.len == 0) {
        return NULL;
    }

    argv = civic_arena_alloc(cr->arena, 3 * sizeof(civic_str_t));
    if (argv == NULL) {
        return "internal_error";
    }

    argv[0] = CIVIC_STR("HGET");
    argv[1] = ngx_http_civic_person_key(&cr->public, cr->principal.pid,
                                        "sessions");
    argv[2] = civic_cstr(cr->token.field);

    call->arena = cr->arena;
    call->argv = argv;
    call->argc = 3;
    call->lane = NGX_HTTP_CIVIC_LANE_NORMAL;
    call->done = ngx_http_civic_session_done;
    call->data = cr;

    cr->session = NGX_HTTP_CIVIC_SESSION_PENDING;

    ngx_http_civic_redis_start(call);

    return NULL;
}


static void
ngx_http_civic_session_done(ngx_http_civic_redis_call_t *call)
{
    const char                *problem;
    ngx_http_civic_request_t  *cr = call->data;

    problem = ngx_http_civic_session_judge(cr);

    cr->session = problem == NULL ? NGX_HTTP_CIVIC_SESSION_VALID
                                  : NGX_HTTP_CIVIC_SESSION_REFUSED;
    cr->session_problem = problem;

    if (cr->suspended && cr->cancel == ngx_http_civic_session_cancel) {
        ngx_http_civic_resume(cr);
    }
}


/* The problem that the record leads to, or NULL. */

static const char *
ngx_http_civic_session_judge(ngx_http_civic_request_t *cr)
{
    const civic_value_t  *value = cr->session_call.value;
    civic_route_t        *route = &cr->route->table;

    if (cr->session_call.result != CIVIC_OK) {
        return "store_unavailable";
    }

    if (value->type != CIVIC_VALUE_STRING
        || civic_session_decode(value->str, &cr->record) != 0
        || !civic_session_valid(&cr->record, ngx_time()))
    {
        return "session_expired";
    }

    if ((route->roles & (cr->record.roles | CIVIC_ANYONE)) == 0) {
        return "forbidden";
    }

    if (cr->record.must_set_password
        && !(route->flags & CIVIC_BEFORE_PASSWORD))
    {
        return "password_required";
    }

    cr->principal.roles = cr->record.roles;
    cr->principal.method = civic_cstr(cr->record.method);
    cr->principal.device = civic_cstr(cr->record.device);
    cr->principal.created_at = cr->record.created * 1000;
    cr->principal.expires_at = cr->record.expires * 1000;
    cr->principal.must_set_password = cr->record.must_set_password;

    return NULL;
}


static void
ngx_http_civic_session_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_redis_cancel(&cr->session_call);
    cr->session = NGX_HTTP_CIVIC_SESSION_NONE;
}


/* On the fiber: waits until the record was seen. */

civic_result_t
ngx_http_civic_session_settle(ngx_http_civic_request_t *cr)
{
    if (cr->decided != NULL || cr->aborted) {
        return CIVIC_ABORTED;
    }

    if (cr->session == NGX_HTTP_CIVIC_SESSION_PENDING
        && ngx_http_civic_suspend(cr, NULL, ngx_http_civic_session_cancel)
           != CIVIC_OK)
    {
        return CIVIC_ABORTED;
    }

    if (cr->session == NGX_HTTP_CIVIC_SESSION_REFUSED) {
        ngx_http_civic_decide(cr, cr->session_problem);
        return CIVIC_ABORTED;
    }

    return CIVIC_OK;
}


const civic_principal_t *
ngx_http_civic_principal(civic_request_t *r)
{
    static const civic_principal_t  nobody = { .roles = 0 };

    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return &nobody;
    }

    return &cr->principal;
}


/*
 * Notes that the session is in use, so rarely that reading does not write.
 * Its failure is nobody's problem: the next request tries again.
 */

void
ngx_http_civic_session_note_use(ngx_http_civic_request_t *cr)
{
    char                  record[CIVIC_SESSION_RECORD];
    int                   len;
    civic_str_t           key, args[2];
    civic_script_t        call;
    const civic_value_t  *value;

    if (cr->session != NGX_HTTP_CIVIC_SESSION_VALID || cr->session_ended
        || !civic_session_stale(&cr->record, ngx_time()))
    {
        return;
    }

    cr->record.seen = ngx_time();

    len = civic_session_encode(&cr->record, record);
    if (len < 0) {
        return;
    }

    key = ngx_http_civic_person_key(&cr->public, cr->principal.pid,
                                    "sessions");
    args[0] = civic_cstr(cr->token.field);
    args[1].data = record;
    args[1].len = len;

    ngx_memzero(&call, sizeof(civic_script_t));
    call.keys = &key;
    call.nkeys = 1;
    call.args = args;
    call.nargs = 2;

    (void) ngx_http_civic_run_script(cr,
                                     ngx_http_civic_worker.conf->session_touch,
                                     &call, &value);
}


static civic_result_t
ngx_http_civic_set_cookie(ngx_http_civic_request_t *cr, const char *token,
    int64_t lifetime)
{
    civic_str_t  value;

    value = civic_print(&cr->public,
                        NGX_HTTP_CIVIC_COOKIE "=%s; Path=/; Max-Age=%lld; "
                        "Secure; HttpOnly; SameSite=Strict",
                        token, (long long) lifetime);

    return civic_reply_header(&cr->public, "Set-Cookie", value);
}


civic_result_t
ngx_http_civic_session_begin(civic_request_t *r,
    const civic_session_spec_t *spec, civic_str_t *token)
{
    char                        *text, record[CIVIC_SESSION_RECORD];
    int                          len;
    int64_t                      now = ngx_time();
    civic_str_t                  key, args[5];
    civic_script_t               call;
    civic_result_t               rc;
    const civic_value_t         *value;
    civic_session_token_t        made;
    civic_session_record_t       begun;
    ngx_http_civic_request_t    *cr = (ngx_http_civic_request_t *) r;
    ngx_http_civic_main_conf_t  *cmcf = ngx_http_civic_worker.conf;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    ngx_memzero(&made, sizeof(civic_session_token_t));
    ngx_memzero(&begun, sizeof(civic_session_record_t));

    if (spec->pid.len != CIVIC_PID_LEN || spec->lifetime <= 0
        || spec->method == NULL
        || ngx_strlen(spec->method) >= CIVIC_SESSION_WORD
        || spec->device.len >= CIVIC_SESSION_WORD)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a session cannot begin like this: "
                  "its pid, lifetime, method or device is out of bounds");
        return CIVIC_ERROR;
    }

    made.staff = (spec->roles & CIVIC_STAFF) != 0;
    ngx_memcpy(made.pid, spec->pid.data, CIVIC_PID_LEN);

    begun.created = now;
    begun.seen = now;
    begun.expires = now + spec->lifetime;
    begun.idle = spec->idle;
    begun.refresh = spec->refresh;
    begun.roles = spec->roles;
    begun.must_set_password = spec->must_set_password;
    ngx_memcpy(begun.method, spec->method, ngx_strlen(spec->method));

    if (spec->device.len != 0) {
        ngx_memcpy(begun.device, spec->device.data, spec->device.len);
    }

    text = ngx_http_civic_alloc(r, CIVIC_SESSION_TOKEN);
    len = civic_session_encode(&begun, record);

    if (len < 0
        || civic_session_make(cmcf->session_purpose, &made, text) < 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "a session token cannot be made");
        return CIVIC_ERROR;
    }

    key = ngx_http_civic_person_key(r, spec->pid, "sessions");
    args[0] = civic_print(r, "%s", made.field);
    args[1].data = record;
    args[1].len = len;
    args[2] = civic_print(r, "%lld", (long long) now);
    args[3] = civic_print(r, "%d", spec->keep == 0 ? 20 : spec->keep);
    args[4] = civic_print(r, "%lld", (long long) spec->lifetime
                                     + NGX_HTTP_CIVIC_SESSION_SPARE);

    ngx_memzero(&call, sizeof(civic_script_t));
    call.keys = &key;
    call.nkeys = 1;
    call.args = args;
    call.nargs = 5;

    rc = ngx_http_civic_run_script(cr, cmcf->session_begin, &call, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *token = civic_cstr(text);

    if (cr->http != NULL && ngx_http_civic_wants_cookie(cr->http)) {
        token->len = 0;
        return ngx_http_civic_set_cookie(cr, text, spec->lifetime);
    }

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_session_end(civic_request_t *r, civic_session_scope_t scope)
{
    static const char  *const words[] = { "this", "others", "all" };

    civic_str_t                key, args[2];
    civic_script_t             call;
    civic_result_t             rc;
    const civic_value_t       *value;
    ngx_http_civic_request_t  *cr = (ngx_http_civic_request_t *) r;

    if (ngx_http_civic_session_settle(cr) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (cr->session != NGX_HTTP_CIVIC_SESSION_VALID) {
        return CIVIC_OK;
    }

    key = ngx_http_civic_person_key(r, cr->principal.pid, "sessions");
    args[0] = civic_cstr(words[scope]);
    args[1] = civic_cstr(cr->token.field);

    ngx_memzero(&call, sizeof(civic_script_t));
    call.keys = &key;
    call.nkeys = 1;
    call.args = args;
    call.nargs = 2;

    rc = ngx_http_civic_run_script(cr,
                                   ngx_http_civic_worker.conf->session_end,
                                   &call, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (scope == CIVIC_SESSION_OTHERS) {
        return CIVIC_OK;
    }

    cr->session_ended = 1;

    return cr->by_cookie ? ngx_http_civic_set_cookie(cr, "", 0) : CIVIC_OK;
}
