/*
 * input.c - what a caller asks for, looked at before anything is done.
 *
 * A caller is a plugin: what does not fit is a bug there, and the line in the
 * log names the member and never its value.
 */

#include "app.h"

typedef struct {
    civic_request_t  *r;
    const json_t     *in;
    const char       *wrong;            /* the first member that is */
} reader_t;

/* By what is asked for. */
static const char *const  call_members[] = {
    "method", "business", "extras", "auth_token", "notify_url",
    "success_member", "encrypt", "safe", "optional", "timeout",
    "max_reply", "file", NULL
};

static const char *const  file_members[] = {
    "name", "filename", "media_type", "pid", "purpose", "blob_id", NULL
};

static const char *const  page_members[] = {
    "method", "business", "return_url", "notify_url", NULL
};


/* A member that is there and not null. */
static const json_t *
member(const reader_t *reader, const char *name)
{
    const json_t  *value = json_object_get(reader->in, name);

    return json_is_null(value) ? NULL : value;
}


static void
wrong(reader_t *reader, const char *name)
{
    if (reader->wrong == NULL) {
        reader->wrong = name;
    }
}


/* NULL if it is absent. */
static const char *
read_text(reader_t *reader, const char *name)
{
    const json_t  *value = member(reader, name);

    if (value != NULL && !json_is_string(value)) {
        wrong(reader, name);
    }

    return json_string_value(value);
}


static unsigned
read_flag(reader_t *reader, const char *name)
{
    const json_t  *value = member(reader, name);

    if (value != NULL && !json_is_boolean(value)) {
        wrong(reader, name);
    }

    return json_is_true(value);
}


static json_int_t
read_number(reader_t *reader, const char *name, json_int_t fallback,
    json_int_t most)
{
    json_int_t     number;
    const json_t  *value = member(reader, name);

    if (value == NULL) {
        return fallback;
    }

    number = json_integer_value(value);

    if (!json_is_integer(value) || number < 1 || number > most) {
        wrong(reader, name);
    }

    return number;
}


static const json_t *
read_object(reader_t *reader, const char *name)
{
    const json_t  *value = member(reader, name);

    if (value != NULL && !json_is_object(value)) {
        wrong(reader, name);
    }

    return value;
}


static void
read_extras(reader_t *reader, app_input_t *input)
{
    json_t      *value, *extras = (json_t *) read_object(reader, "extras");
    size_t       count = 0;
    const char  *name;

    if (json_object_size(extras) > APP_EXTRAS) {
        wrong(reader, "extras");
        return;
    }

    json_object_foreach(extras, name, value) {
        if (!json_is_string(value)) {
            wrong(reader, "extras");
            return;
        }

        input->extras[count++] = (alipay_extra_t) {
            .name = name, .value = json_string_value(value)
        };
    }

    input->request.extras = input->extras;
    input->request.nextras = count;
}


/* All six, texts. */
static void
read_file(reader_t *reader, app_input_t *input)
{
    const json_t       *file = read_object(reader, "file");
    const char *const  *one;

    if (file == NULL) {
        return;
    }

    for (one = file_members; *one != NULL; one++) {
        if (!json_is_string(json_object_get(file, *one))) {
            wrong(reader, "file");
            return;
        }
    }

    input->file.name = app_text(file, "name");
    input->file.filename = app_text(file, "filename");
    input->file.media_type = app_text(file, "media_type");
    input->pid = civic_cstr(app_text(file, "pid"));
    input->purpose = app_text(file, "purpose");
    input->blob_id = civic_cstr(app_text(file, "blob_id"));
    input->request.file = &input->file;
}


static void
read_known(reader_t *reader, const char *const *known)
{
    json_t             *value;
    const char         *name;
    const char *const  *one;

    json_object_foreach((json_t *) reader->in, name, value) {
        for (one = known; *one != NULL; one++) {
            if (strcmp(*one, name) == 0) {
                break;
            }
        }

        if (*one == NULL) {
            wrong(reader, name);
        }
    }
}


static void
read_common(reader_t *reader, const char *const *known, app_input_t *input)
{
    memset(input, 0, sizeof(*input));
    read_known(reader, known);

    input->request.now = civic_now(reader->r) / 1000;
    input->request.method = read_text(reader, "method");
    input->request.notify_url = read_text(reader, "notify_url");
    input->business = read_object(reader, "business");

    if (input->request.method == NULL || *input->request.method == '\0') {
        wrong(reader, "method");
    }
}


static civic_result_t
finish(const reader_t *reader, const char *call)
{
    if (reader->wrong == NULL) {
        return CIVIC_OK;
    }

    civic_log(reader->r, CIVIC_LOG_ERROR, "%s was asked for with a wrong "
              "\"%s\": a bug of the plugin that asks", call, reader->wrong);

    return CIVIC_ERROR;
}


civic_result_t
app_input_call(civic_request_t *r, const json_t *in, app_input_t *input)
{
    reader_t  reader = { .r = r, .in = in };

    read_common(&reader, call_members, input);
    read_extras(&reader, input);
    read_file(&reader, input);

    input->request.auth_token = read_text(&reader, "auth_token");
    input->request.encrypt = read_flag(&reader, "encrypt");
    input->success_member = read_text(&reader, "success_member");
    input->safe = read_flag(&reader, "safe");
    input->optional = read_flag(&reader, "optional");
    input->timeout = (unsigned) read_number(&reader, "timeout", APP_TIMEOUT,
                                            APP_TIMEOUT_MAX);
    input->max_reply = (size_t) read_number(&reader, "max_reply", 0,
                                            ALIPAY_RESPONSE_MAX);

    return finish(&reader, "alipay.call");
}


civic_result_t
app_input_page(civic_request_t *r, const json_t *in, app_input_t *input)
{
    reader_t  reader = { .r = r, .in = in };

    read_common(&reader, page_members, input);
    input->request.return_url = read_text(&reader, "return_url");

    return finish(&reader, "alipay.page");
}
