/*
 * page.c - plain HTML without scripts: what people see who play a citizen in
 * the sandbox.  All that is not ours is escaped on its way into a page.
 */

#include "sandbox.h"

#define STYLE                                                                 \
    "body{font-family:sans-serif;max-width:26em;margin:2em auto;"             \
    "padding:0 1em;line-height:1.6}label,p{display:block;margin:1em 0}"       \
    "button,select,input{font:inherit;padding:.5em;margin:.2em 0}"            \
    "small{color:#555}.bar{background:#fc6;padding:.3em .6em}"


static const char *
entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}


const char *
sandbox_escape(civic_request_t *r, const char *text)
{
    char        *out, *at;
    size_t       len = 0, i;
    const char  *replacement;

    for (i = 0; text[i] != '\0'; i++) {
        replacement = entity(text[i]);
        len += replacement == NULL ? 1 : strlen(replacement);
    }

    out = civic_alloc(r, len + 1);

    for (i = 0, at = out; text[i] != '\0'; i++) {
        replacement = entity(text[i]);

        if (replacement == NULL) {
            *at++ = text[i];
        } else {
            at = stpcpy(at, replacement);
        }
    }

    *at = '\0';

    return out;
}


civic_result_t
sandbox_page(civic_request_t *r, int status, const char *zh, const char *en,
    civic_str_t body)
{
    civic_str_t     html;
    civic_result_t  rc;

    html = civic_print(r, "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head>"
                       "<meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" "
                       "content=\"width=device-width\">"
                       "<title>%s · %s</title><style>" STYLE
                       "</style></head>\n<body>"
                       "<p class=\"bar\">沙箱，仅供开发 · "
                       "Sandbox, for development only</p>\n"
                       "<h1>%s<br><small lang=\"en\">%s</small></h1>\n"
                       "%.*s</body></html>\n",
                       zh, en, zh, en, (int) body.len, body.data);

    rc = civic_reply_header(r, "Content-Security-Policy",
                            CIVIC_STR("default-src 'none'; "
                                      "style-src 'unsafe-inline'; "
                                      "frame-ancestors 'none'"));

    return rc != CIVIC_OK ? rc
           : civic_reply_bytes(r, status, SANDBOX_HTML, html);
}


civic_result_t
sandbox_page_refuse(civic_request_t *r, int status, const char *zh,
    const char *en)
{
    return sandbox_page(r, status, zh, en, CIVIC_STR(""));
}


civic_result_t
sandbox_page_away(civic_request_t *r, int status, civic_str_t location)
{
    civic_result_t  rc = civic_reply_header(r, "Location", location);

    return rc != CIVIC_OK ? rc
           : civic_reply_bytes(r, status, SANDBOX_HTML, CIVIC_STR(""));
}
