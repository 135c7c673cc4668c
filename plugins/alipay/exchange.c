/*
 * exchange.c - one request to the gateway: written and signed on a thread,
 * sent by the host, read.
 *
 * The thread reads the caller's business as JSON, which waits with its fiber
 * meanwhile; and it makes a large answer's JSON, which nobody else has yet.
 * Both would hold the loop for milliseconds: a face's picture is a megabyte.
 *
 * A file of a call is a blob, read here and sent from where it was read to: a
 * caller names it, and its bytes never become JSON.
 */

#include "app.h"

#define READ_HERE  (16 * 1024)          /* bytes; 0.3 ms */

typedef struct {
    const app_exchange_t  *x;
    alipay_response_t     *response;
} reading_t;


/* ---- sending ----------------------------------------------------------- */

/* On a thread. */
static void
build(void *data)
{
    int                rc = 0;
    alipay_text_t      business = { .data = NULL };
    app_exchange_t    *x = data;
    alipay_request_t   request = x->input->request;

    if (x->input->business != NULL) {
        rc = alipay_business(x->input->business, &business);
        request.business = business.data;
        request.business_len = business.len;
    }

    x->built = rc == 0
               && alipay_request_build(x->keys, &request, &x->sent,
                                       &x->failure) == 0;

    alipay_text_free(&business);
}


/* What cannot be read now may be later; what is not there will not be. */
static civic_result_t
read_file(civic_request_t *r, app_exchange_t *x)
{
    civic_blob_t        blob;
    civic_result_t      rc;
    const app_input_t  *input = x->input;

    if (input->request.file == NULL) {
        return CIVIC_OK;
    }

    rc = civic_blob_read(r, input->pid, input->purpose, input->blob_id,
                         &blob, &x->file);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID || rc == CIVIC_BUSY) {
        x->gone = 1;
        civic_log(r, CIVIC_LOG_WARN, "%s is not called: its file cannot be "
                  "read, result %d", input->request.method, rc);
        return CIVIC_NOT_SENT;
    }

    return rc;
}


static civic_result_t
send_it(civic_request_t *r, app_exchange_t *x)
{
    int                  whole = x->input->request.file == NULL;
    civic_result_t       rc;
    const json_t        *upstream = civic_option(r, "upstream");
    const app_state_t   *state = civic_state(r);
    civic_str_t          body = { x->sent.body.data, x->sent.body.len };
    civic_str_t          parts[3] = {
        body, x->file, { x->sent.tail.data, x->sent.tail.len }
    };
    civic_http_header_t  header = { "Content-Type",
                                    civic_cstr(x->sent.type) };

    rc = civic_http(r, &(civic_http_request_t) {
                           .upstream = json_string_value(upstream),
                           .method = CIVIC_POST,
                           .path = civic_print(r, "%s?%s", state->path,
                                               x->sent.query.data),
                           .headers = &header, .nheaders = 1,
                           .body = whole ? body : CIVIC_STR(""),
                           .parts = whole ? NULL : parts,
                           .nparts = whole ? 0 : 3,
                           .timeout = x->input->timeout,
                           .max_reply = x->input->max_reply,
                           .flags = x->input->safe ? CIVIC_HTTP_SAFE : 0 },
                    &x->reply);

    /* may be a megabyte, and is not needed for the diagnosis */
    alipay_text_free(&x->sent.body);

    return rc;
}


civic_result_t
app_exchange(civic_request_t *r, app_exchange_t *x)
{
    civic_result_t  rc = read_file(r, x);

    if (rc == CIVIC_OK) {
        rc = civic_offload(r, CIVIC_THREADS_WORK, build, x);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!x->built) {
        civic_log(r, CIVIC_LOG_ERROR, "a request for alipay cannot be made: "
                  "%s", x->failure.text[0] != '\0' ? x->failure.text
                  : "its business is no JSON");
        return CIVIC_ERROR;
    }

    return send_it(r, x);
}


/* ---- reading ----------------------------------------------------------- */

/* Here or on a thread. */
static void
read_reply(void *data)
{
    reading_t          *reading = data;
    const app_input_t  *input = reading->x->input;
    alipay_expected_t   expected = {
        .method = input->request.method,
        .success_member = input->success_member,
        .http_status = reading->x->reply->status
    };

    alipay_response_read(reading->x->keys, &expected,
                         reading->x->reply->body.data,
                         reading->x->reply->body.len, reading->response);
}


civic_result_t
app_read(civic_request_t *r, const app_exchange_t *x,
    alipay_response_t *response)
{
    reading_t  reading = { .x = x, .response = response };

    if (x->reply->body.len > READ_HERE) {
        return civic_offload(r, CIVIC_THREADS_WORK, read_reply, &reading);
    }

    read_reply(&reading);

    return CIVIC_OK;
}
