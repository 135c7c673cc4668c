/*
 * ngx_http_civic_services.c - the table of services that plugins are given.
 *
 * The small ones stand here; the others in files of their own (store,
 * session, threads, ask, secrets).  All run on the fiber of the request.
 */

#include "ngx_http_civic.h"

/* ---- memory ------------------------------------------------------------ */

/*
 * Over its bound a request still gets what it asked for, once, from the
 * heap, so that the handler can run on to its next host call and unwind.
 */

void *
ngx_http_civic_alloc(civic_request_t *r, size_t size)
{
    void                       *p;
    ngx_http_civic_request_t   *cr = ngx_http_civic_cast(r);
    ngx_http_civic_overflow_t  *overflow;

    p = civic_arena_alloc(cr->arena, size);
    if (p != NULL) {
        return p;
    }

    ngx_http_civic_decide(cr, "internal_error");
    civic_log(r, CIVIC_LOG_ERROR, "\"%s\" asked for %zu bytes over its bound",
              (char *) cr->route->pattern.data, size);

    overflow = malloc(sizeof(ngx_http_civic_overflow_t) + size);

    if (overflow == NULL) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "no memory for %uz bytes: the worker ends", size);
        abort();
    }

    overflow->next = cr->overflow;
    cr->overflow = overflow;

    return overflow->data;
}


static civic_str_t
ngx_http_civic_vprint(civic_request_t *r, const char *fmt, va_list args)
{
    civic_str_t                str;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    str = civic_arena_vprint(cr->arena, fmt, args);

    if (str.data == NULL) {
        ngx_http_civic_decide(cr, "internal_error");
        str.data = "";
        str.len = 0;
    }

    return str;
}


static civic_result_t
ngx_http_civic_defer(civic_request_t *r, void (*fn)(void *data), void *data)
{
    return civic_arena_defer(ngx_http_civic_cast(r)->arena, fn, data) == 0
           ? CIVIC_OK : CIVIC_ERROR;
}


/* ---- request ----------------------------------------------------------- */

static json_t *
ngx_http_civic_body(civic_request_t *r)
{
    return ngx_http_civic_cast(r)->body;
}


static civic_str_t
ngx_http_civic_raw_body(civic_request_t *r)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    return cr->route->table.raw == NULL ? CIVIC_STR("")
                                        : ngx_http_civic_str(&cr->raw_body);
}


static json_t *
ngx_http_civic_query(civic_request_t *r)
{
    return ngx_http_civic_cast(r)->query;
}


static civic_str_t
ngx_http_civic_path(civic_request_t *r, const char *name)
{
    char                      *p;
    size_t                     i;
    int64_t                    len;
    civic_str_t                value = { "", 0 };
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    for (i = 0; i < cr->match.count; i++) {

        if (ngx_strcmp(cr->match.names[i], name) != 0) {
            continue;
        }

        p = ngx_http_civic_alloc(r, cr->match.values[i].len + 1);
        len = civic_percent_decode(cr->match.values[i], p, 0);

        if (len < 0 || civic_utf8_length(p, len) < 0) {
            return value;
        }

        p[len] = '\0';
        value.data = p;
        value.len = len;

        return value;
    }

    return value;
}


static civic_str_t
ngx_http_civic_header(civic_request_t *r, const char *name)
{
    civic_str_t                value = { "", 0 };
    ngx_table_elt_t           *header;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (cr->http == NULL) {
        return value;
    }

    header = ngx_http_civic_find_header(cr->http, name, ngx_strlen(name));

    if (header == NULL) {
        return value;
    }

    /* nginx's memory may go before the handler does */
    value = civic_arena_copy(cr->arena, ngx_http_civic_str(&header->value));

    if (value.data == NULL) {
        value = CIVIC_STR("");
    }

    return value;
}


static civic_str_t
ngx_http_civic_remote_addr(civic_request_t *r)
{
    return ngx_http_civic_cast(r)->remote_addr;
}


static void
ngx_http_civic_evaluate_id(void *data)
{
    civic_str_t                id;
    ngx_http_civic_request_t  *cr = data;

    id = ngx_http_civic_request_id(cr->http);
    cr->request_id = civic_arena_copy(cr->arena, id);
}


civic_str_t
ngx_http_civic_service_request_id(civic_request_t *r)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (cr->request_id.data == NULL && cr->http != NULL) {
        civic_fiber_on_main(ngx_http_civic_evaluate_id, cr);
    }

    return cr->request_id.data == NULL ? CIVIC_STR("") : cr->request_id;
}


static civic_str_t
ngx_http_civic_pid(civic_request_t *r)
{
    civic_str_t  pid = ngx_http_civic_cast(r)->principal.pid;

    return pid.data == NULL ? CIVIC_STR("") : pid;
}


static json_t *
ngx_http_civic_option(civic_request_t *r, const char *name)
{
    return json_object_get(ngx_http_civic_cast(r)->plugin->options, name);
}


static void *
ngx_http_civic_state(civic_request_t *r)
{
    return ngx_http_civic_cast(r)->plugin->state;
}


static int
ngx_http_civic_sandbox(civic_request_t *r)
{
    return ngx_http_civic_worker.conf->sandbox == 1;
}


/* ---- reply ------------------------------------------------------------- */

static civic_writer_t *
ngx_http_civic_reply(civic_request_t *r, int status)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    cr->status = status;
    cr->is_problem = 0;
    cr->tagged = 0;
    cr->retry_after = 0;
    cr->content_type = "application/json";
    cr->writing = 1;

    civic_writer_init(&cr->writer, cr->arena, 1024);
    civic_writer_object(&cr->writer, NULL);

    return &cr->writer;
}


static civic_result_t
ngx_http_civic_reply_bytes(civic_request_t *r, int status,
    const char *content_type, civic_str_t bytes)
{
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    cr->status = status;
    cr->is_problem = 0;
    cr->tagged = status == 200;
    cr->retry_after = 0;
    cr->content_type = content_type;
    cr->reply_body = bytes;
    cr->writing = 0;

    return CIVIC_OK;
}


/* RFC 9110, 5.1: a header's name is a token. */

static ngx_uint_t
ngx_http_civic_is_token(const char *name)
{
    const char  *p;

    for (p = name; *p != '\0'; p++) {
        if (!(*p >= '0' && *p <= '9') && !((*p | 0x20) >= 'a'
                                           && (*p | 0x20) <= 'z')
            && strchr("!#$%&'*+-.^_`|~", *p) == NULL)
        {
            return 0;
        }
    }

    return p != name;
}


static civic_result_t
ngx_http_civic_reply_header(civic_request_t *r, const char *name,
    civic_str_t value)
{
    size_t                     i;
    ngx_http_civic_header_t   *h;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (!ngx_http_civic_is_token(name)) {
        civic_log(r, CIVIC_LOG_ERROR, "\"%s\" is no name of a header", name);
        return CIVIC_ERROR;
    }

    for (i = 0; i < value.len; i++) {
        if ((unsigned char) value.data[i] < 0x20 || value.data[i] == 0x7f) {
            civic_log(r, CIVIC_LOG_ERROR, "the value of the reply's header "
                      "\"%s\" has a control character", name);
            return CIVIC_ERROR;
        }
    }

    if (cr->nheaders == NGX_HTTP_CIVIC_MAX_HEADERS) {
        civic_log(r, CIVIC_LOG_ERROR, "the reply has too many headers for "
                  "\"%s\"", name);
        return CIVIC_ERROR;
    }

    value = civic_arena_copy(cr->arena, value);
    if (value.data == NULL) {
        return CIVIC_ERROR;
    }

    h = &cr->headers[cr->nheaders++];
    h->name.data = (u_char *) name;
    h->name.len = ngx_strlen(name);
    h->value.data = (u_char *) value.data;
    h->value.len = value.len;

    /* a tag that the plugin knows needs no hashing of the bytes */
    if (ngx_strcasecmp(h->name.data, (u_char *) "etag") == 0) {
        cr->own_tag = 1;
    }

    return CIVIC_OK;
}


static void
ngx_http_civic_problem_language(void *data)
{
    ngx_http_civic_request_t  *cr = data;

    cr->language = ngx_http_civic_request_language(cr->http);
}


static civic_result_t
ngx_http_civic_problem(civic_request_t *r, const civic_problem_t *problem)
{
    civic_problem_def_t         def;
    civic_problem_context_t     context;
    ngx_http_civic_request_t   *cr = ngx_http_civic_cast(r);

    ngx_memzero(&context, sizeof(civic_problem_context_t));

    context.plugin = &cr->plugin->table->problems;
    context.request_id = ngx_http_civic_service_request_id(r);
    context.retry_after = ngx_http_civic_retry_after(problem->code);
    context.query = cr->route->table.query;
    context.body = cr->route->table.body;

    if (cr->http != NULL) {
        civic_fiber_on_main(ngx_http_civic_problem_language, cr);
        context.language = cr->language;
    }

    if (problem->with_rule && cr->rule != NULL) {
        context.rule = civic_print(r, "%s.%s", cr->rule_plugin->name.data,
                                   cr->rule);
        context.revision = civic_cstr(cr->revision);
    }

    if (civic_problem_find(context.plugin, problem->code, &def) != 0
        || def.status == 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "plugin \"%s\" answers with the "
                  "problem \"%s\", which is in no table",
                  cr->plugin->name.data, problem->code);
        ngx_memzero(&def, sizeof(civic_problem_def_t));
        def.code = "internal_error";
    }

    civic_writer_init(&cr->writer, cr->arena, 1024);

    cr->status = civic_problem_write(&cr->writer, problem, &context);
    cr->is_problem = 1;
    cr->nheaders = 0;           /* a cookie of a session that was not to be */
    cr->tagged = 0;
    cr->writing = 1;
    cr->retry_after = problem->retry_after;
    cr->content_type = "application/problem+json";

    if (cr->ctx != NULL) {
        cr->ctx->problem = def.code;
    }

    return CIVIC_OK;
}


/* A rule's "no": its reason is the code, its other members parameters. */

static civic_result_t
ngx_http_civic_refuse(civic_request_t *r, json_t *decision)
{
    const char       *reason;
    civic_problem_t   problem;

    reason = json_string_value(json_object_get(decision, "reason"));

    if (reason == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "the rule \"%s\" refused without a "
                  "reason", ngx_http_civic_cast(r)->rule == NULL
                            ? "(none)" : ngx_http_civic_cast(r)->rule);
        return CIVIC_ERROR;
    }

    ngx_memzero(&problem, sizeof(civic_problem_t));

    problem.code = reason;
    problem.params = decision;
    problem.retry_after = json_integer_value(json_object_get(decision,
                                                             "retry_after"));
    problem.possible_at = json_integer_value(json_object_get(decision,
                                                             "possible_at"));
    problem.with_rule = 1;

    return ngx_http_civic_problem(r, &problem);
}


/* ---- clocks ------------------------------------------------------------ */

static civic_msec_t
ngx_http_civic_service_now(civic_request_t *r)
{
    return ngx_http_civic_now();
}


static civic_msec_t
ngx_http_civic_business_now(civic_request_t *r)
{
    ngx_http_civic_worker_t   *w = &ngx_http_civic_worker;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    if (cr->business_now != 0) {
        return cr->business_now;
    }

    if (w->clock_fixed != 0) {
        return w->clock_fixed;
    }

    return ngx_http_civic_now() + w->clock_offset;
}


/* ---- seen from outside ------------------------------------------------- */

static void
ngx_http_civic_count(civic_request_t *r, unsigned metric, uint64_t amount)
{
    ngx_http_civic_worker_t  *w = &ngx_http_civic_worker;
    ngx_http_civic_plugin_t  *plugin = ngx_http_civic_cast(r)->plugin;

    if (metric >= plugin->nmetrics) {
        return;
    }

    (void) ngx_atomic_fetch_add(
               ngx_http_civic_zone_metric(w->conf, w->row,
                                          plugin->first_metric + metric),
               (ngx_atomic_int_t) amount);
}


typedef struct {
    ngx_log_t   *log;
    ngx_uint_t   level;
    char         text[NGX_MAX_ERROR_STR / 2];
} ngx_http_civic_line_t;


static void
ngx_http_civic_write_line(void *data)
{
    ngx_http_civic_line_t  *line = data;

    ngx_log_error(line->level, line->log, 0, "civic: %s", line->text);
}


static ngx_uint_t
ngx_http_civic_log_level(civic_log_level_t level)
{
    switch (level) {
    case CIVIC_LOG_DEBUG:
        return NGX_LOG_DEBUG;
    case CIVIC_LOG_INFO:
        return NGX_LOG_INFO;
    case CIVIC_LOG_WARN:
        return NGX_LOG_WARN;
    case CIVIC_LOG_ERROR:
        break;
    }

    return NGX_LOG_ERR;
}


static void
ngx_http_civic_vlog(civic_request_t *r, civic_log_level_t level,
    const char *fmt, va_list args)
{
    ngx_http_civic_line_t      line;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    line.log = cr->http != NULL ? cr->http->connection->log
               : cr->log != NULL ? cr->log : ngx_cycle->log;
    line.level = ngx_http_civic_log_level(level);

    if (line.log->log_level < line.level) {
        return;
    }

    (void) vsnprintf(line.text, sizeof(line.text), fmt, args);

    civic_fiber_on_main(ngx_http_civic_write_line, &line);
}


/* ---- workers ----------------------------------------------------------- */

json_t *
ngx_http_civic_worker_option(civic_worker_t *w, const char *name)
{
    ngx_http_civic_plugin_worker_t  *worker;

    worker = (ngx_http_civic_plugin_worker_t *) w;

    return json_object_get(worker->plugin->options, name);
}


static int
ngx_http_civic_worker_sandbox(civic_worker_t *w)
{
    (void) w;

    return ngx_http_civic_worker.conf->sandbox == 1;
}


static void
ngx_http_civic_worker_vlog(civic_worker_t *w, civic_log_level_t level,
    const char *fmt, va_list args)
{
    ngx_http_civic_line_t            line;
    ngx_http_civic_plugin_worker_t  *worker;

    worker = (ngx_http_civic_plugin_worker_t *) w;

    line.log = worker->log;
    line.level = ngx_http_civic_log_level(level);

    (void) vsnprintf(line.text, sizeof(line.text), fmt, args);

    ngx_http_civic_write_line(&line);
}


const civic_host_t  ngx_http_civic_host = {
    .major = CIVIC_ABI_MAJOR,
    .minor = CIVIC_ABI_MINOR,

    .alloc = ngx_http_civic_alloc,
    .vprint = ngx_http_civic_vprint,

    .body = ngx_http_civic_body,
    .raw_body = ngx_http_civic_raw_body,
    .path = ngx_http_civic_path,
    .query = ngx_http_civic_query,
    .header = ngx_http_civic_header,
    .remote_addr = ngx_http_civic_remote_addr,
    .request_id = ngx_http_civic_service_request_id,
    .principal = ngx_http_civic_principal,
    .option = ngx_http_civic_option,
    .state = ngx_http_civic_state,
    .sandbox = ngx_http_civic_sandbox,

    .reply = ngx_http_civic_reply,
    .reply_bytes = ngx_http_civic_reply_bytes,
    .reply_header = ngx_http_civic_reply_header,
    .problem = ngx_http_civic_problem,
    .refuse = ngx_http_civic_refuse,

    .write_object = civic_writer_object,
    .write_array = civic_writer_array,
    .write_end = civic_writer_end,
    .write_str = civic_writer_str,
    .write_int = civic_writer_int,
    .write_bool = civic_writer_bool,
    .write_null = civic_writer_null,
    .write_instant = civic_writer_instant,
    .write_json = civic_writer_json,

    .redis = ngx_http_civic_redis,
    .pipeline = ngx_http_civic_pipeline,
    .script = ngx_http_civic_script,
    .person_key = ngx_http_civic_person_key,
    .person_id = ngx_http_civic_person_id,

    .rule = ngx_http_civic_rule,
    .call = ngx_http_civic_call,
    .call_all = ngx_http_civic_call_all,

    .offload = ngx_http_civic_offload,

    .random = ngx_http_civic_random,
    .seal = ngx_http_civic_seal,
    .open = ngx_http_civic_open,

    .upload = ngx_http_civic_upload,
    .blob_keep = ngx_http_civic_blob_keep,
    .blob_write = ngx_http_civic_blob_write,
    .blob_read = ngx_http_civic_blob_read,
    .upload_read = ngx_http_civic_upload_bytes,
    .reply_blob = ngx_http_civic_reply_blob,
    .blob_url = ngx_http_civic_blob_url,
    .reply_blob_url = ngx_http_civic_reply_blob_url,
    .blob_delete = ngx_http_civic_blob_delete,
    .blobs_sweep = ngx_http_civic_blobs_sweep,

    .outbox = ngx_http_civic_outbox,
    .outbox_take = ngx_http_civic_outbox_take,
    .outbox_done = ngx_http_civic_outbox_done,

    .audit = ngx_http_civic_audit,
    .audit_note = ngx_http_civic_audit_note,
    .audit_collect = ngx_http_civic_audit_collect,

    .now = ngx_http_civic_service_now,
    .business_now = ngx_http_civic_business_now,

    .session_begin = ngx_http_civic_session_begin,
    .session_end = ngx_http_civic_session_end,

    .count = ngx_http_civic_count,
    .vlog = ngx_http_civic_vlog,

    .pid = ngx_http_civic_pid,

    .http = ngx_http_civic_http,

    .worker_option = ngx_http_civic_worker_option,
    .watch = ngx_http_civic_watch,
    .wait = ngx_http_civic_wait,
    .notify = ngx_http_civic_notify,

    .persons = ngx_http_civic_persons,

    .job_rest = ngx_http_civic_job_rest,
    .job_call = ngx_http_civic_job_call,

    .turn = ngx_http_civic_turn,
    .turn_end = ngx_http_civic_turn_end,

    .defer = ngx_http_civic_defer,

    .worker_vlog = ngx_http_civic_worker_vlog,
    .worker_sandbox = ngx_http_civic_worker_sandbox
};
