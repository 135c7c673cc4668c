/*
 * fake_reply.c - the services that make a reply, and what leaves.
 *
 * A reply is kept until the handler has returned; a later one replaces it.
 * What leaves is also held against what the route's tables say about it,
 * for docs/openapi.yaml is made from them.
 */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "fake_internal.h"


/* ---- headers ----------------------------------------------------------- */

void
fake_put_header(fake_run_t *run, const char *name, civic_str_t value)
{
    if (run->nheaders + 3 > FAKE_HEADERS * 2) {
        fake_misuse(run, "too many headers");
        return;
    }

    run->reply->headers[run->nheaders++] = strdup(name);
    run->reply->headers[run->nheaders++] = strndup(value.data, value.len);
}


static int
fake_header_valid(const char *name, civic_str_t value)
{
    size_t  i;

    if (*name == '\0') {
        return 0;
    }

    for (i = 0; name[i] != '\0'; i++) {
        if (!isalnum((unsigned char) name[i]) && name[i] != '-') {
            return 0;
        }
    }

    for (i = 0; i < value.len; i++) {
        if ((unsigned char) value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


civic_result_t
fake_reply_header(civic_request_t *r, const char *name, civic_str_t value)
{
    fake_run_t  *run = fake_run(r);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (!fake_header_valid(name, value)) {
        return fake_misuse(run, "a reply header that HTTP cannot carry");
    }

    fake_put_header(run, name, value);

    return CIVIC_OK;
}


/* ---- JSON and bytes ---------------------------------------------------- */

civic_writer_t *
fake_reply_begin(civic_request_t *r, int status)
{
    fake_run_t      *run = fake_run(r);
    civic_writer_t  *w;

    w = civic_arena_alloc(run->spare, sizeof(*w));
    if (w == NULL) {
        abort();
    }

    civic_writer_init(w, run->spare, 512);
    civic_writer_object(w, NULL);

    run->kind = FAKE_REPLY_JSON;
    run->status = status;
    run->retry_after = 0;
    run->writer = w;

    return w;
}


civic_result_t
fake_reply_bytes(civic_request_t *r, int status, const char *content_type,
    civic_str_t bytes)
{
    fake_run_t  *run = fake_run(r);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    run->kind = FAKE_REPLY_BYTES;
    run->status = status;
    run->retry_after = 0;
    run->content_type = content_type != NULL ? content_type : "";
    run->bytes = bytes;

    return CIVIC_OK;
}


static civic_str_t
fake_etag(fake_run_t *run)
{
    char           hex[33];
    size_t         i;
    unsigned char  hash[EVP_MAX_MD_SIZE];

    if (EVP_Digest(run->bytes.data, run->bytes.len, hash, NULL,
                   EVP_sha256(), NULL) != 1)
    {
        abort();
    }

    for (i = 0; i < 16; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }

    return civic_arena_print(run->spare, "\"%s\"", hex);
}


static void
fake_tag(fake_run_t *run)
{
    civic_str_t  tag;

    if (run->method != CIVIC_GET || run->status != 200) {
        return;
    }

    tag = fake_etag(run);
    fake_put_header(run, "ETag", tag);

    if (civic_str_eq(fake_input_header(run, "if-none-match"), tag)) {
        run->status = 304;
        run->bytes = CIVIC_STR("");
    }
}


/* ---- problems ---------------------------------------------------------- */

static civic_problem_context_t
fake_problem_context(fake_run_t *run, const civic_table_t *table)
{
    civic_problem_context_t  context = {
        .plugin = table,
        .language = civic_language(fake_input_header(run,
                                                     "accept-language")),
        .request_id = civic_cstr(run->request_id),
        .rule = run->rule,
        .revision = CIVIC_STR(""),
    };

    if (run->route != NULL) {
        context.query = run->route->route.query;
        context.body = run->route->route.body;
    }

    if (run->plugin != NULL && run->plugin->rules != NULL) {
        context.revision = civic_cstr(
                               civic_rules_revision(run->plugin->rules));
    }

    return context;
}


/* A cookie of a session that was not to be, say. */
static void
fake_drop_headers(fake_run_t *run)
{
    while (run->nheaders > 0) {
        free((char *) run->reply->headers[--run->nheaders]);
        run->reply->headers[run->nheaders] = NULL;
    }
}


/* Writes the problem; memory of the host's own, for it must never fail. */
void
fake_answer(fake_run_t *run, const civic_problem_t *problem)
{
    const civic_table_t      *table;
    civic_problem_def_t       def;
    civic_problem_context_t   context;

    table = run->plugin != NULL ? &run->plugin->plugin->problems : NULL;
    context = fake_problem_context(run, table);

    run->problem_code = problem->code;

    if (civic_problem_find(table, problem->code, &def) != 0
        || def.status == 0)
    {
        fake_misuse(run, "problem \"%s\" is in no table", problem->code);
        run->problem_code = "internal_error";
    }

    (void) fake_reply_begin(&run->base, 0);
    fake_drop_headers(run);
    run->kind = FAKE_REPLY_PROBLEM;
    run->retry_after = problem->retry_after;

    /* The writer stands before the outermost value here. */

    civic_writer_init(run->writer, run->spare, 512);
    run->status = civic_problem_write(run->writer, problem, &context);

}


civic_result_t
fake_reply_problem(civic_request_t *r, const civic_problem_t *problem)
{
    fake_run_t  *run = fake_run(r);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    fake_answer(run, problem);

    return CIVIC_OK;
}


civic_result_t
fake_reply_refuse(civic_request_t *r, json_t *decision)
{
    fake_run_t       *run = fake_run(r);
    civic_problem_t   problem = { .with_rule = 1 };

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    problem.code = json_string_value(json_object_get(decision, "reason"));
    problem.params = decision;
    problem.retry_after = (int64_t) json_number_value(
                              json_object_get(decision, "retry_after"));
    problem.possible_at = (civic_msec_t) json_number_value(
                              json_object_get(decision, "possible_at"));

    if (problem.code == NULL) {
        return fake_misuse(run, "civic_refuse(): rule \"%.*s\" gave no "
                           "reason", (int) run->rule.len,
                           run->rule.len > 0 ? run->rule.data : "");
    }

    fake_answer(run, &problem);

    return CIVIC_OK;
}


/* ---- what leaves, and whether the tables say so ------------------------ */

__attribute__((format(printf, 2, 3)))
static void
fake_undocumented(fake_run_t *run, const char *fmt, ...)
{
    char     text[256];
    va_list  args;

    if (run->reply->undocumented != NULL) {
        return;
    }

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    run->reply->undocumented = strdup(text);
}


static int
fake_is_own_problem(fake_run_t *run, const char *code)
{
    uint32_t              i;
    const civic_table_t  *table = &run->route->plugin->plugin->problems;
    civic_problem_def_t   def;

    for (i = 0; i < table->count; i++) {
        civic_table_get(table, i, &def, sizeof(def));

        if (strcmp(def.code, code) == 0) {
            return 1;
        }
    }

    return 0;
}


/* The next "{name}": JSON itself has none. */
static const char *
fake_placeholder(const char *text)
{
    size_t  len;

    while ((text = strchr(text, '{')) != NULL) {
        len = strspn(++text, "abcdefghijklmnopqrstuvwxyz_");

        if (len > 0 && text[len] == '}') {
            return text;
        }
    }

    return NULL;
}


static void
fake_compare_problem(fake_run_t *run)
{
    size_t              i;
    const char         *unfilled = fake_placeholder(run->reply->body);
    const char *const  *named = run->route->route.problems;

    if (unfilled != NULL) {
        fake_undocumented(run, "a text with a parameter that is not filled "
                          "in: \"%.40s\"", unfilled);
    }

    for (i = 0; named != NULL && named[i] != NULL; i++) {
        if (strcmp(named[i], run->problem_code) == 0) {
            return;
        }
    }

    if (fake_is_own_problem(run, run->problem_code)) {
        fake_undocumented(run, "the route does not name problem \"%s\"",
                          run->problem_code);
    }
}


static void
fake_compare_success(fake_run_t *run)
{
    int             expected;
    civic_errors_t  errors;

    expected = run->route->route.status > 0 ? run->route->route.status : 200;

    if (run->reply->status != expected && run->reply->status != 304) {
        fake_undocumented(run, "status %d, the route says %d",
                          run->reply->status, expected);
    }

    if (run->kind != FAKE_REPLY_JSON) {
        return;
    }

    if (run->route->reply == NULL) {
        fake_undocumented(run, "a JSON body, and the route has no reply "
                          "schema");
        return;
    }

    civic_errors_init(&errors, run->spare);
    civic_schema_check(run->route->reply, run->reply->json, &errors);

    if (errors.count > 0) {
        fake_undocumented(run, "reply \"%s\": %s", errors.items[0].pointer,
                          errors.items[0].code);
    }
}


static void
fake_finish_json(fake_run_t *run)
{
    if (run->kind == FAKE_REPLY_JSON && run->writer->depth == 0) {
        fake_misuse(run, "the writer's outermost object is the host's to "
                    "close");
        fake_answer(run, &(civic_problem_t) { .code = "internal_error" });
    }

    if (civic_writer_finish(run->writer) != 0) {
        fake_misuse(run, "the writer was used wrongly, or too deep");
        fake_answer(run, &(civic_problem_t) { .code = "internal_error" });
        (void) civic_writer_finish(run->writer);
    }

    run->content_type = run->kind == FAKE_REPLY_PROBLEM
                        ? "application/problem+json" : "application/json";
    run->bytes = (civic_str_t) { run->writer->data, run->writer->len };
}


static void
fake_retry_after(fake_run_t *run)
{
    char     text[24];
    int64_t  seconds = run->retry_after;

    if (seconds == 0 && run->status == 503) {
        seconds = FAKE_RETRY_AFTER;
    }

    if (seconds > 0) {
        snprintf(text, sizeof(text), "%lld", (long long) seconds);
        fake_put_header(run, "Retry-After", civic_cstr(text));
    }
}


void
fake_reply_send(fake_run_t *run)
{
    char          *body;
    fake_reply_t  *rep = run->reply;

    if (run->kind != FAKE_REPLY_PROBLEM
        && (run->status < 200 || run->status > 599))
    {
        fake_misuse(run, "%d is no status of a reply", run->status);
        fake_answer(run, &(civic_problem_t) { .code = "internal_error" });
    }

    if (run->kind == FAKE_REPLY_BLOB) {
        fake_put_header(run, "Cache-Control", CIVIC_STR("no-store"));

    } else if (run->kind == FAKE_REPLY_BYTES) {
        fake_tag(run);

    } else {
        fake_finish_json(run);
    }

    fake_retry_after(run);

    body = fake_grow(NULL, run->bytes.len, 1);
    if (run->bytes.len > 0) {
        memcpy(body, run->bytes.data, run->bytes.len);
    }
    body[run->bytes.len] = '\0';

    rep->status = run->status;
    rep->content_type = strdup(run->content_type);
    rep->body = body;
    rep->len = run->bytes.len;
    rep->code = strdup(run->kind == FAKE_REPLY_PROBLEM ? run->problem_code
                                                       : "");

    if ((run->kind != FAKE_REPLY_BYTES && run->kind != FAKE_REPLY_BLOB)
        || strncmp(run->content_type, "application/json", 16) == 0)
    {
        rep->json = json_loadb(body, rep->len, 0, NULL);
    }

    if (run->route == NULL) {
        return;
    }

    if (run->kind == FAKE_REPLY_PROBLEM) {
        fake_compare_problem(run);

    } else if (rep->status < 400) {
        fake_compare_success(run);
    }
}


/* ---- what the test reads ----------------------------------------------- */

const char *
fake_header(const fake_reply_t *rep, const char *name)
{
    size_t  i;

    for (i = 0; rep->headers[i] != NULL; i += 2) {
        if (strcasecmp(rep->headers[i], name) == 0) {
            return rep->headers[i + 1];
        }
    }

    return NULL;
}


const char *
fake_text(const fake_reply_t *rep, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(rep->json, name));

    return text != NULL ? text : "";
}


const char *
fake_field_error(const fake_reply_t *rep, const char *pointer)
{
    size_t       i;
    json_t      *errors, *error;
    const char  *at;

    errors = json_object_get(rep->json, "errors");

    json_array_foreach(errors, i, error) {
        at = json_string_value(json_object_get(error, "pointer"));

        if (at != NULL && strcmp(at, pointer) == 0) {
            at = json_string_value(json_object_get(error, "code"));
            return at != NULL ? at : "";
        }
    }

    return "";
}
