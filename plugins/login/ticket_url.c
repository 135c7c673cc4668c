/*
 * ticket_url.c - what the QR code of a ticket holds: the address that brings
 * a phone's Alipay to the page of our mini-program (reference: Alipay's
 * "三方APP&浏览器如何跳转小程序"), or whatever the option qr_url says.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "login.h"

#define PLACE  LOGIN_QR_PLACE


/* RFC 3986: all but the unreserved is escaped. */
static civic_str_t
escape(civic_request_t *r, civic_str_t text)
{
    char               *out, *p;
    size_t              i;
    unsigned char       c;
    static const char   digits[] = "0123456789ABCDEF";

    out = p = civic_alloc(r, 3 * text.len + 1);

    for (i = 0; i < text.len; i++) {
        c = (unsigned char) text.data[i];

        if (isalnum(c) || strchr("-._~", c) != NULL) {
            *p++ = (char) c;

        } else {
            *p++ = '%';
            *p++ = digits[c >> 4];
            *p++ = digits[c & 15];
        }
    }

    return (civic_str_t) { out, (size_t) (p - out) };
}


/* The option's own, with the ticket in its place. */
static civic_str_t
filled(civic_request_t *r, const char *pattern, civic_str_t ticket)
{
    const char  *place = strstr(pattern, PLACE);

    return civic_print(r, "%.*s%.*s%s", (int) (place - pattern), pattern,
                       (int) ticket.len, ticket.data,
                       place + sizeof(PLACE) - 1);
}


static civic_str_t
to_mini_program(civic_request_t *r, const char *app_id, civic_str_t ticket)
{
    civic_str_t  scheme, query;

    query = escape(r, civic_print(r, "ticket=%.*s", (int) ticket.len,
                                  ticket.data));
    scheme = civic_print(r, "alipays://platformapi/startapp?appId=%s&page=%s"
                         "&query=%.*s", app_id,
                         json_string_value(civic_option(r, "qr_page")),
                         (int) query.len, query.data);
    scheme = escape(r, scheme);

    return civic_print(r, "https://ds.alipay.com/?scheme=%.*s",
                       (int) scheme.len, scheme.data);
}


civic_result_t
ticket_url(civic_request_t *r, civic_str_t ticket, civic_str_t *url,
    int *answered)
{
    json_t          *app;
    const char      *pattern, *app_id;
    civic_result_t   rc;

    pattern = json_string_value(civic_option(r, "qr_url"));

    if (pattern != NULL && *pattern != '\0') {
        *url = filled(r, pattern, ticket);
        return CIVIC_OK;
    }

    rc = civic_call(r, "alipay.app", json_object(), &app);

    if (rc == CIVIC_NOT_FOUND) {
        civic_log(r, CIVIC_LOG_INFO, "a login by qr code needs the plugin "
                  "\"alipay\" or the option \"qr_url\"");
        *answered = 1;

        return civic_problem(r, "login_method_off");
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    app_id = json_string_value(json_object_get(app, "mini_app_id"));
    if (app_id == NULL) {
        return CIVIC_ERROR;
    }

    *url = to_mini_program(r, app_id, ticket);

    return CIVIC_OK;
}


/* ---- the option -------------------------------------------------------- */

int
login_ticket_check(json_t *options, civic_failure_t *failure)
{
    const char  *p, *url;

    url = json_string_value(json_object_get(options, "qr_url"));

    if (url == NULL || *url == '\0') {
        return 0;
    }

    for (p = url; *p > ' ' && *p < 0x7f; p++) {
        /* printable */
    }

    if ((strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0)
        && *p == '\0' && strstr(url, PLACE) != NULL)
    {
        return 0;
    }

    snprintf(failure->text, sizeof(failure->text), "qr_url \"%.150s\" is no "
             "address with %s in it", url, PLACE);

    return -1;
}
