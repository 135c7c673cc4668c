/*
 * problem.c - problems as RFC 9457 has them, in Chinese and English.
 *
 * Texts are the tables' and const; what is filled into them is the arena's.
 * Nothing suspends.
 */

#include <stdio.h>
#include <strings.h>

#include "problem.h"
#include "schema.h"

#define CIVIC_TYPE_PREFIX   "/problems/"

/* Of a parameter's name, "possible_at" say. */
#define CIVIC_PARAM_NAME    64

/* nginx's own, seen by error_page only; the client gets a 400. */
#define NGINX_HEADERS_TOO_LARGE      494
#define NGINX_CERTIFICATE_REFUSED    495
#define NGINX_CERTIFICATE_REQUIRED   496
#define NGINX_HTTPS_REQUIRED         497

/* q-values in thousandths, as RFC 9110 writes them: three digits at most. */
#define CIVIC_Q_ONE  1000


/* ---- tables ------------------------------------------------------------ */

static const civic_problem_def_t *
civic_problem_host(const char *code)
{
    size_t  i;

    for (i = 0; i < civic_host_problem_count; i++) {
        if (strcmp(civic_host_problems[i].code, code) == 0) {
            return &civic_host_problems[i];
        }
    }

    return NULL;
}


static const civic_problem_def_t *
civic_problem_by_status(int status)
{
    size_t  i;

    for (i = 0; i < civic_host_problem_count; i++) {
        if (civic_host_problems[i].status == status) {
            return &civic_host_problems[i];
        }
    }

    return NULL;
}


/*
 * Never NULL: as RFC 9110 asks, a status that is not known is treated like
 * the first of its class.
 */
const civic_problem_def_t *
civic_problem_for_status(int status)
{
    const civic_problem_def_t  *def;

    switch (status) {

    case NGINX_HEADERS_TOO_LARGE:
        return civic_problem_host("headers_too_large");

    case NGINX_CERTIFICATE_REFUSED:
        return civic_problem_host("certificate_refused");

    case NGINX_CERTIFICATE_REQUIRED:
        return civic_problem_host("certificate_required");

    case NGINX_HTTPS_REQUIRED:
        return civic_problem_host("https_required");
    }

    def = status >= 400 ? civic_problem_by_status(status) : NULL;

    if (def == NULL) {
        def = civic_problem_by_status(status >= 400 && status < 500 ? 400
                                                                    : 500);
    }

    return def;
}


int
civic_problem_find(const civic_table_t *plugin, const char *code,
    civic_problem_def_t *out)
{
    size_t                      size;
    uint32_t                    i;
    const char                 *item;
    const civic_problem_def_t  *host;

    memset(out, 0, sizeof(*out));

    if (code == NULL) {
        return -1;
    }

    if (plugin != NULL) {
        size = plugin->size < sizeof(*out) ? plugin->size : sizeof(*out);

        for (i = 0; i < plugin->count; i++) {
            item = (const char *) plugin->items + (size_t) i * plugin->size;
            memcpy(out, item, size);

            if (out->code != NULL && strcmp(out->code, code) == 0) {
                return 0;
            }
        }
    }

    memset(out, 0, sizeof(*out));

    host = civic_problem_host(code);
    if (host == NULL) {
        return -1;
    }

    *out = *host;

    return 0;
}


/* ---- languages --------------------------------------------------------- */

static civic_str_t
civic_trim(civic_str_t s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len > 0
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}


/* What stands before the separator; rest is what stands behind it. */
static civic_str_t
civic_cut(civic_str_t *rest, char separator)
{
    const char   *end;
    civic_str_t   part;

    end = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);

    part = *rest;

    if (end == NULL) {
        rest->data += rest->len;
        rest->len = 0;

    } else {
        part.len = (size_t) (end - rest->data);
        rest->data = end + 1;
        rest->len -= part.len + 1;
    }

    return civic_trim(part);
}


/* "0.8": 800.  -1 if it is no q-value. */
static int
civic_q_value(civic_str_t text)
{
    int     q, weight;
    size_t  i;

    if (text.len == 0 || text.len > 5
        || (text.data[0] != '0' && text.data[0] != '1')
        || (text.len > 1 && text.data[1] != '.'))
    {
        return -1;
    }

    q = text.data[0] == '1' ? CIVIC_Q_ONE : 0;
    weight = CIVIC_Q_ONE / 10;

    for (i = 2; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }

        q += (text.data[i] - '0') * weight;
        weight /= 10;
    }

    return q > CIVIC_Q_ONE ? -1 : q;
}


/* The q of one language range with its parameters; -1 if it is broken. */
static int
civic_range_q(civic_str_t parameters)
{
    civic_str_t  name, parameter;

    while (parameters.len > 0) {
        parameter = civic_cut(&parameters, ';');
        name = civic_cut(&parameter, '=');

        if (name.len == 1 && (name.data[0] == 'q' || name.data[0] == 'Q')) {
            return civic_q_value(civic_trim(parameter));
        }
    }

    return CIVIC_Q_ONE;
}


/* "zh" is zh, zh-CN, ZH-Hans-CN, but not zha. */
static int
civic_range_is(civic_str_t range, const char *language)
{
    return range.len >= 2 && strncasecmp(range.data, language, 2) == 0
           && (range.len == 2 || range.data[2] == '-');
}


civic_language_t
civic_language(civic_str_t accept_language)
{
    int          q, zh, en, any;
    civic_str_t  item, range;

    zh = -1;
    en = -1;
    any = 0;

    while (accept_language.len > 0) {
        item = civic_cut(&accept_language, ',');
        range = civic_cut(&item, ';');
        q = civic_range_q(item);

        if (q < 0) {
            continue;
        }

        if (civic_range_is(range, "zh")) {
            zh = q > zh ? q : zh;

        } else if (civic_range_is(range, "en")) {
            en = q > en ? q : en;

        } else if (civic_str_eq(range, CIVIC_STR("*"))) {
            any = q;
        }
    }

    /* "*" speaks for whatever is not named */

    zh = zh < 0 ? any : zh;
    en = en < 0 ? any : en;

    return en > zh ? CIVIC_EN : CIVIC_ZH;
}


/* ---- texts ------------------------------------------------------------- */

/*
 * A text that is put together.  The first of two rounds only counts: texts
 * are short, and an arena cannot take back what was too small.
 */
typedef struct {
    char    *out;
    size_t   len;
} civic_text_t;


static void
civic_text_add(civic_text_t *text, const char *data, size_t len)
{
    if (text->out != NULL) {
        memcpy(text->out + text->len, data, len);
    }

    text->len += len;
}


/* A parameter; -1 if it is nothing that a sentence can hold. */
static int
civic_text_param(civic_text_t *text, const json_t *value)
{
    int   len;
    char  number[32];

    switch (value == NULL ? JSON_NULL : json_typeof(value)) {

    case JSON_STRING:
        civic_text_add(text, json_string_value(value),
                       json_string_length(value));
        return 0;

    case JSON_INTEGER:
        len = snprintf(number, sizeof(number), "%lld",
                       (long long) json_integer_value(value));
        civic_text_add(text, number, (size_t) len);
        return 0;

    case JSON_REAL:
        len = snprintf(number, sizeof(number), "%.15g",
                       json_real_value(value));
        civic_text_add(text, number, (size_t) len);
        return 0;

    case JSON_TRUE:
        civic_text_add(text, "true", 4);
        return 0;

    case JSON_FALSE:
        civic_text_add(text, "false", 5);
        return 0;

    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_NULL:
        break;
    }

    return -1;
}


/* An array is told as its items: "red, blue, white". */
static int
civic_text_value(civic_text_t *text, const json_t *value)
{
    size_t  i;

    if (!json_is_array(value)) {
        return civic_text_param(text, value);
    }

    for (i = 0; i < json_array_size(value); i++) {
        if (i > 0) {
            civic_text_add(text, ", ", 2);
        }

        civic_text_param(text, json_array_get(value, i));
    }

    return 0;
}


/* What stands between braces: "{days}", or with its noun, for there may be
   one: "{days|day|days}". */
typedef struct {
    char          name[CIVIC_PARAM_NAME];
    civic_str_t   nouns;        /* "day|days", or empty */
    const char   *end;          /* behind the brace */
} civic_text_reference_t;


/* The reference whose brace is at p; -1: it is none. */
static int
civic_text_reference(const char *p, const char *limit,
    civic_text_reference_t *reference)
{
    const char   *brace;
    civic_str_t   name;

    brace = memchr(p, '}', (size_t) (limit - p));
    if (brace == NULL) {
        return -1;
    }

    reference->nouns = (civic_str_t) { p + 1, (size_t) (brace - p) - 1 };
    reference->end = brace + 1;

    name = civic_cut(&reference->nouns, '|');
    if (name.len == 0 || name.len >= sizeof(reference->name)) {
        return -1;
    }

    memcpy(reference->name, name.data, name.len);
    reference->name[name.len] = '\0';

    return 0;
}


/* " day" behind 1, " days" behind any other number. */
static void
civic_text_noun(civic_text_t *out, const json_t *value, civic_str_t nouns)
{
    civic_str_t  noun = civic_cut(&nouns, '|');

    if (nouns.len > 0
        && !(json_is_integer(value) && json_integer_value(value) == 1))
    {
        noun = nouns;
    }

    if (noun.len > 0) {
        civic_text_add(out, " ", 1);
        civic_text_add(out, noun.data, noun.len);
    }
}


static void
civic_text_fill(civic_text_t *out, civic_str_t text, const json_t *params)
{
    const char              *p, *limit, *brace;
    const json_t            *value;
    civic_text_reference_t   reference;

    p = text.data;
    limit = text.data + text.len;

    while (p < limit) {
        brace = memchr(p, '{', (size_t) (limit - p));
        if (brace == NULL) {
            break;
        }

        civic_text_add(out, p, (size_t) (brace - p));

        value = civic_text_reference(brace, limit, &reference) != 0 ? NULL
                : json_object_get(params, reference.name);

        if (value == NULL || civic_text_value(out, value) != 0) {
            civic_text_add(out, "{", 1);
            p = brace + 1;
            continue;
        }

        civic_text_noun(out, value, reference.nouns);
        p = reference.end;
    }

    civic_text_add(out, p, (size_t) (limit - p));
}


static civic_str_t
civic_text_make(civic_arena_t *arena, civic_str_t text, const json_t *params)
{
    civic_text_t  out;

    /* most texts have nothing to fill in, and live for ever */

    if (memchr(text.data, '{', text.len) == NULL) {
        return text;
    }

    out.out = NULL;
    out.len = 0;
    civic_text_fill(&out, text, params);

    out.out = civic_arena_alloc(arena, out.len + 1);
    if (out.out == NULL) {
        return (civic_str_t) { NULL, 0 };
    }

    out.len = 0;
    civic_text_fill(&out, text, params);
    out.out[out.len] = '\0';

    return (civic_str_t) { out.out, out.len };
}


civic_str_t
civic_problem_text(civic_arena_t *arena, const char *text,
    const json_t *params)
{
    return civic_text_make(arena, civic_cstr(text == NULL ? "" : text),
                           params);
}


/*
 * The first sentence, without its full stop: a title has none.  Looked for
 * before parameters are filled in, which may have stops of their own.
 */
static civic_str_t
civic_first_sentence(const char *text)
{
    static const char  stop[] = "。";

    const char  *p;

    for (p = text; *p != '\0'; p++) {

        if (strncmp(p, stop, sizeof(stop) - 1) == 0) {
            break;
        }

        if (*p == '.' && (p[1] == ' ' || p[1] == '\0')) {
            break;
        }
    }

    return (civic_str_t) { text, (size_t) (p - text) };
}


/* ---- writing ----------------------------------------------------------- */

/* A plugin may have one language only. */
static const char *
civic_def_text(const civic_problem_def_t *def, civic_language_t language)
{
    const char  *wanted, *other;

    wanted = language == CIVIC_EN ? def->en : def->zh;
    other = language == CIVIC_EN ? def->zh : def->en;

    if (wanted != NULL) {
        return wanted;
    }

    return other == NULL ? def->code : other;
}


/* A text that lacked memory must not leave as an empty one. */
static void
civic_problem_str(civic_writer_t *w, const char *key, civic_str_t text)
{
    if (text.data == NULL) {
        w->failed = 1;
        return;
    }

    civic_writer_str(w, key, text);
}


/* A right value of the field, from its table or the error's parameters, never
   what was sent; NULL where it would help nobody. */
static const char *
civic_problem_example(const civic_field_error_t *error,
    const civic_problem_def_t *def, const civic_problem_context_t *context)
{
    const civic_field_t  *field;

    if (!def->example || error->pointer == NULL) {
        return NULL;
    }

    field = civic_field_of(error->pointer[0] == '?' ? context->query
                                                    : context->body,
                           error->pointer);

    return field != NULL && field->example != NULL ? field->example
           : json_string_value(json_object_get(error->params, "example"));
}


/* One without parameters of its own has the problem's. */
static void
civic_problem_write_error(civic_writer_t *w, const civic_field_error_t *error,
    const json_t *params, const civic_problem_context_t *context)
{
    const char           *text, *example;
    civic_problem_def_t   def;

    if (civic_problem_find(context->plugin, error->code, &def) != 0) {
        (void) civic_problem_find(NULL, "invalid", &def);
    }

    text = civic_def_text(&def, context->language);

    civic_writer_object(w, NULL);
    civic_writer_str(w, "pointer", civic_cstr(error->pointer));
    civic_writer_str(w, "code", civic_cstr(error->code));
    civic_problem_str(w, "detail",
                      civic_problem_text(w->arena, text,
                                         error->params != NULL
                                         ? error->params : params));

    example = civic_problem_example(error, &def, context);
    if (example != NULL) {
        civic_writer_str(w, "example", civic_cstr(example));
    }

    civic_writer_end(w);
}


static void
civic_problem_write_errors(civic_writer_t *w, const civic_problem_t *problem,
    const json_t *params, const civic_problem_context_t *context)
{
    size_t  i;

    if (problem->nerrors == 0) {
        return;
    }

    civic_writer_array(w, "errors");

    for (i = 0; i < problem->nerrors; i++) {
        civic_problem_write_error(w, &problem->errors[i], params, context);
    }

    civic_writer_end(w);
}


static void
civic_problem_write_rule(civic_writer_t *w,
    const civic_problem_context_t *context)
{
    if (context->rule.len == 0) {
        return;
    }

    civic_writer_object(w, "rule");
    civic_writer_str(w, "name", context->rule);

    if (context->revision.len != 0) {
        civic_writer_str(w, "revision", context->revision);
    }

    civic_writer_end(w);
}


static void
civic_problem_write_head(civic_writer_t *w, const civic_problem_def_t *def,
    const json_t *params, civic_language_t language)
{
    const char   *text;
    civic_str_t   type;

    text = civic_def_text(def, language);
    type = civic_arena_print(w->arena, CIVIC_TYPE_PREFIX "%s", def->code);

    civic_problem_str(w, "type", type);
    civic_problem_str(w, "title",
                      civic_text_make(w->arena, civic_first_sentence(text),
                                      params));
    civic_writer_int(w, "status", def->status);
    civic_problem_str(w, "detail",
                      civic_problem_text(w->arena, text, params));
    civic_writer_str(w, "code", civic_cstr(def->code));
}


/* What a program is told beside the text: who is to give which consent, say. */
static void
civic_problem_write_members(civic_writer_t *w, const civic_problem_def_t *def,
    const json_t *params)
{
    const json_t         *value;
    const civic_field_t  *member;

    if (def->members == NULL) {
        return;
    }

    for (member = def->members; member->name != NULL; member++) {
        value = json_object_get(params, member->name);

        if (value != NULL && !json_is_null(value)) {
            civic_writer_json(w, member->name, value);
        }
    }
}


/* A text may say for how long to wait, whoever gives the number.  A new
   reference, or NULL. */
static json_t *
civic_problem_params(const civic_problem_t *problem)
{
    json_t  *params;

    if (problem->retry_after <= 0
        || json_object_get(problem->params, "retry_after") != NULL)
    {
        return json_incref((json_t *) problem->params);
    }

    params = problem->params == NULL ? json_object()
                                     : json_copy((json_t *) problem->params);
    (void) json_object_set_new(params, "retry_after",
                               json_integer(problem->retry_after));

    return params;
}


int
civic_problem_write(civic_writer_t *w, const civic_problem_t *problem,
    const civic_problem_context_t *context)
{
    json_t                       *params;
    civic_problem_t               later;
    civic_problem_def_t           def;
    static const civic_problem_t  internal_error = { .code = "internal_error" };

    /* an unknown code, or a field error's, is a bug of whoever answers */

    if (civic_problem_find(context->plugin, problem->code, &def) != 0
        || def.status == 0)
    {
        problem = &internal_error;
        (void) civic_problem_find(NULL, problem->code, &def);
    }

    if (def.status == 503 && problem->retry_after <= 0) {
        later = *problem;
        later.retry_after = context->retry_after;
        problem = &later;
    }

    params = civic_problem_params(problem);

    civic_writer_object(w, NULL);
    civic_problem_write_head(w, &def, params, context->language);
    civic_problem_write_errors(w, problem, params, context);
    civic_problem_write_members(w, &def, params);
    json_decref(params);

    if (problem->retry_after > 0) {
        civic_writer_int(w, "retry_after", problem->retry_after);
    }

    if (problem->possible_at != 0) {
        civic_writer_instant(w, "possible_at", problem->possible_at);
    }

    if (problem->with_rule) {
        civic_problem_write_rule(w, context);
    }

    if (context->request_id.len != 0) {
        civic_writer_str(w, "request_id", context->request_id);
    }

    civic_writer_end(w);

    return def.status;
}
