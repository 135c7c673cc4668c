/*
 * ngx_http_civic_once.c - requests with an Idempotency-Key.
 *
 * People press a button twice, and their network repeats what they sent
 * once.  On a route that creates, the key names a record in the person's
 * slot.  The first request with it runs; a repeat is given the same reply, or
 * is told to wait, or that the key stands for something else.  What a script
 * answered is kept in the same step as what it wrote, so that a repeat after
 * a crash finds its way to the same reply without writing again.
 */

#include "ngx_http_civic.h"
#include "idempotency.h"


#define NGX_HTTP_CIVIC_ONCE_GRACE  5000         /* ms after the deadline */
#define NGX_HTTP_CIVIC_ONCE_KEEP   "86400"      /* s; a day is what is usual */


static civic_result_t ngx_http_civic_once_judge(ngx_http_civic_request_t *cr,
    const civic_value_t *value);
static civic_result_t ngx_http_civic_once_replay(ngx_http_civic_request_t *cr,
    civic_str_t sealed);


static civic_result_t
ngx_http_civic_once_script(ngx_http_civic_request_t *cr,
    const civic_redis_script_t *script, const civic_str_t *args, size_t nargs,
    const civic_value_t **value)
{
    civic_script_t  call;

    ngx_memzero(&call, sizeof(civic_script_t));

    call.keys = &cr->once_key;
    call.nkeys = 1;
    call.args = args;
    call.nargs = nargs;

    return ngx_http_civic_run_script(cr, script, &call, value);
}


/* What tells one body from another: of an upload its type and digest. */

static civic_str_t
ngx_http_civic_once_body(ngx_http_civic_request_t *cr)
{
    char                  *p;
    size_t                 len;
    const civic_upload_t  *upload = ngx_http_civic_upload(&cr->public);

    if (upload == NULL) {
        return ngx_http_civic_str(&cr->raw_body);
    }

    len = ngx_strlen(upload->media_type) + 1;
    p = ngx_http_civic_alloc(&cr->public, len + upload->digest.len);

    ngx_memcpy(p, upload->media_type, len);
    ngx_memcpy(p + len, upload->digest.data, upload->digest.len);

    return (civic_str_t) { p, len + upload->digest.len };
}


/* On the fiber, before the handler.  A reply made here is the answer. */

civic_result_t
ngx_http_civic_once_begin(ngx_http_civic_request_t *cr)
{
    char                  name[CIVIC_IDEMPOTENCY_NAME + 1];
    char                  digest[CIVIC_IDEMPOTENCY_DIGEST + 1];
    civic_str_t           key, path, body, args[4];
    civic_result_t        rc;
    const civic_value_t  *value;

    if (!(cr->route->table.flags & CIVIC_CREATES)
        || cr->session != NGX_HTTP_CIVIC_SESSION_VALID)
    {
        return CIVIC_OK;
    }

    key = civic_header(&cr->public, "idempotency-key");

    if (!civic_idempotency_key_valid(key)) {
        return civic_problem(&cr->public, "idempotency_key_required");
    }

    path.data = cr->match.count == 0 ? "" : cr->match.values[0].data;
    path.len = cr->match.count == 0 ? 0
               : (size_t) (cr->match.values[cr->match.count - 1].data
                           + cr->match.values[cr->match.count - 1].len
                           - path.data);

    body = ngx_http_civic_once_body(cr);

    if (civic_idempotency_name(key, name) != 0
        || civic_idempotency_digest(ngx_http_civic_str(&cr->route->pattern),
                                    path, body, digest)
           != 0)
    {
        return CIVIC_ERROR;
    }

    cr->once_key = civic_print(&cr->public, "civic:{p:%.*s}:once:%s",
                               (int) cr->principal.pid.len,
                               cr->principal.pid.data, name);
    cr->once_began = civic_print(&cr->public, "%lld",
                                 (long long) ngx_http_civic_now());

    args[0] = civic_print(&cr->public, "%s", digest);
    args[1] = cr->once_began;
    args[2] = civic_print(&cr->public, "%u", cr->route->table.deadline
                                             + NGX_HTTP_CIVIC_ONCE_GRACE);
    args[3] = CIVIC_STR(NGX_HTTP_CIVIC_ONCE_KEEP);

    rc = ngx_http_civic_once_script(cr,
                                    ngx_http_civic_worker.conf->once_begin,
                                    args, 4, &value);

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_once_judge(cr, value);
    }

    /* whatever was answered by now is not this request's to keep */
    if (rc != CIVIC_OK || cr->status != 0) {
        cr->once_key.len = 0;
    }

    return rc;
}


static civic_result_t
ngx_http_civic_once_judge(ngx_http_civic_request_t *cr,
    const civic_value_t *value)
{
    civic_str_t      word;
    civic_problem_t  problem;

    if (value->type != CIVIC_VALUE_ARRAY || value->count == 0
        || value->items[0].type != CIVIC_VALUE_STRING)
    {
        return CIVIC_ERROR;
    }

    word = value->items[0].str;

    if (civic_str_eq(word, CIVIC_STR("new"))) {
        return CIVIC_OK;
    }

    if (civic_str_eq(word, CIVIC_STR("other"))) {
        return civic_problem(&cr->public, "idempotency_key_reused");
    }

    if (value->count != 2) {
        return CIVIC_ERROR;
    }

    if (civic_str_eq(word, CIVIC_STR("done"))) {
        return ngx_http_civic_once_replay(cr, value->items[1].str);
    }

    ngx_memzero(&problem, sizeof(civic_problem_t));

    problem.code = "in_progress";
    problem.retry_after = value->items[1].integer > 2000 ? 2 : 1;

    return civic_problem_with(&cr->public, &problem);
}


static civic_result_t
ngx_http_civic_once_replay(ngx_http_civic_request_t *cr, civic_str_t sealed)
{
    int             status;
    int64_t         len;
    const char     *type;
    civic_str_t     text, body;
    unsigned char  *out;

    out = ngx_http_civic_alloc(&cr->public, sealed.len + 1);

    len = civic_purpose_open(ngx_http_civic_worker.conf->once_purpose,
                             cr->once_key, sealed, out);
    if (len < 0) {
        civic_log(&cr->public, CIVIC_LOG_ERROR,
                  "a kept reply cannot be opened");
        return CIVIC_ERROR;
    }

    out[len] = '\0';
    text.data = (char *) out;
    text.len = len;

    if (civic_idempotency_decode(cr->arena, text, &status, &type, &body)
        != 0)
    {
        return CIVIC_ERROR;
    }

    cr->status = status;
    cr->is_problem = status >= 400;
    cr->tagged = 0;
    cr->content_type = type;
    cr->reply_body = body;
    cr->writing = 0;

    return civic_reply_header(&cr->public, "Idempotent-Replay",
                              CIVIC_STR("true"));
}


/* The sealed reply; .len == 0 if it cannot be made. */

static civic_str_t
ngx_http_civic_once_seal(ngx_http_civic_request_t *cr)
{
    int64_t         len;
    civic_str_t     text, sealed = { "", 0 };
    unsigned char  *out;

    if (cr->writing) {
        if (civic_writer_finish(&cr->writer) != 0) {
            return sealed;
        }

        cr->reply_body.data = cr->writer.data;
        cr->reply_body.len = cr->writer.len;
        cr->writing = 0;
    }

    text = civic_idempotency_encode(cr->arena, cr->status, cr->content_type,
                                    cr->reply_body);
    if (text.data == NULL) {
        return sealed;
    }

    out = ngx_http_civic_alloc(&cr->public, text.len + CIVIC_SEAL_OVERHEAD);

    len = civic_purpose_seal(ngx_http_civic_worker.conf->once_purpose,
                             cr->once_key, text, out);
    if (len > 0) {
        sealed.data = (char *) out;
        sealed.len = len;
    }

    return sealed;
}


/*
 * After the handler.  A reply is kept once something was done; a failure on
 * our side leaves what the scripts answered, so that a repeat can finish it;
 * a refusal before anything was done leaves no trace.
 */

void
ngx_http_civic_once_end(ngx_http_civic_request_t *cr)
{
    civic_str_t           args[3];
    const civic_value_t  *value;

    if (cr->once_key.len == 0 || cr->aborted) {
        return;
    }

    args[0] = cr->once_began;
    args[1] = CIVIC_STR("forget");
    args[2] = CIVIC_STR("");

    if (cr->once_ran) {
        args[1] = CIVIC_STR("again");

        if (cr->status < 500) {
            args[2] = ngx_http_civic_once_seal(cr);
            args[1] = args[2].len == 0 ? CIVIC_STR("again")
                                       : CIVIC_STR("reply");
        }
    }

    (void) ngx_http_civic_once_script(cr,
                                      ngx_http_civic_worker.conf->once_end,
                                      args, 3, &value);
}
