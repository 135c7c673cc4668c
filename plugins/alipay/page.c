/*
 * page.c - "alipay.page": URLs that a browser or the Alipay app opens, signed
 * on a thread; and "alipay.app": what callers must know of the app.
 *
 * A page's URL carries its business by protocol.  It is given to the client
 * and written into no log.
 */

#include "app.h"

typedef struct {
    const alipay_keys_t  *keys;
    const app_input_t    *input;
    const char           *gateway;
    alipay_text_t         url;
    alipay_failure_t      failure;
    int                   rc;
} page_t;


/* On a thread. */
static void
sign_page(void *data)
{
    page_t            *page = data;
    alipay_text_t      business = { .data = NULL };
    alipay_request_t   request = page->input->request;

    page->rc = 0;

    if (page->input->business != NULL) {
        page->rc = alipay_business(page->input->business, &business);
        request.business = business.data;
        request.business_len = business.len;
    }

    if (page->rc == 0) {
        page->rc = alipay_request_url(page->keys, page->gateway, &request,
                                      &page->url, &page->failure);
    }

    alipay_text_free(&business);
}


civic_result_t
app_page(civic_request_t *r, json_t *in, json_t **out)
{
    page_t           page = { .rc = -1 };
    app_keys_t      *keys;
    app_input_t      input;
    civic_result_t   rc = app_input_page(r, in, &input);

    if (rc != CIVIC_OK) {
        return rc;
    }

    keys = app_keys_hold(civic_state(r));
    page.keys = keys->keys;
    page.input = &input;
    page.gateway = json_string_value(civic_option(r, "gateway"));

    rc = civic_offload(r, CIVIC_THREADS_WORK, sign_page, &page);

    if (rc == CIVIC_OK && page.rc != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "a page of alipay cannot be signed: %s",
                  page.failure.text);
        rc = CIVIC_ERROR;
    }

    if (rc == CIVIC_OK) {
        civic_count(r, APP_PAGES, 1);
        *out = json_pack("{s:s%}", "url", page.url.data, page.url.len);
        rc = *out == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    alipay_text_free(&page.url);
    app_keys_let_go(keys);

    return rc;
}


civic_result_t
app_settings(civic_request_t *r, json_t *in, json_t **out)
{
    const char  *app_id = json_string_value(civic_option(r, "app_id"));
    const char  *mini = json_string_value(civic_option(r, "mini_app_id"));

    (void) in;

    *out = json_pack("{s:s, s:s, s:b, s:b}", "app_id", app_id,
                     "mini_app_id", mini != NULL && *mini != '\0' ? mini
                                                                  : app_id,
                     "face_picture",
                     json_is_true(civic_option(r, "face_picture")),
                     "user_info", json_is_true(civic_option(r, "user_info")));

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
