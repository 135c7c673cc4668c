/*
 * phone.c - the page that stands for the face check in Alipay's app: shows
 * whose face is asked for, and lets a person decide what comes of it.  A
 * decision is made once; forms are posted without any script.
 */

#include <stdlib.h>
#include <strings.h>

#include "sandbox.h"

#define REASON  64                      /* characters */

#define MISMATCH  "NAME_NUMBER_MISMATCH"


static civic_result_t
find(civic_request_t *r, civic_str_t *key, json_t **attempt)
{
    civic_str_t  id = civic_path(r, "certify_id");

    *key = sandbox_key(r, "certify", civic_print(r, "%.*s", (int) id.len,
                                                 id.data).data);

    return sandbox_find(r, *key, attempt);
}


static civic_result_t
show_gone(civic_request_t *r)
{
    return sandbox_page_refuse(r, 404, "认证单不存在或已过期。",
                               "There is no such attempt any more.");
}


/* Whose identity number it is, as Alipay shows it: the first and the last. */
static civic_str_t
masked(civic_request_t *r, const char *number)
{
    size_t  len = strlen(number);

    return len < 2 ? CIVIC_STR("*")
           : civic_print(r, "%c****************%c", number[0],
                         number[len - 1]);
}


static civic_result_t
show_form(civic_request_t *r, const json_t *attempt)
{
    civic_str_t  number = masked(r, sandbox_text(attempt, "number"));
    const char  *whose = "本人 · the citizen's own";

    if (strcmp(sandbox_text(attempt, "whose"), "AGENT_CERT_INFO") == 0) {
        whose = "他人 · somebody else's";
    }

    return sandbox_page(r, 200, "人脸识别认证", "Face authentication",
        civic_print(r,
            "<p>姓名 · Name: <b>%s</b><br>身份证号 · Number: <b>%s</b><br>"
            "认证对象 · Whose face: %s</p>\n"
            "<form method=\"post\">\n"
            "<p><button name=\"result\" value=\"pass\">"
            "通过 · Pass</button></p>\n"
            "<label>原因 · Reason<br><input name=\"reason\" list=\"reasons\" "
            "maxlength=\"%d\" pattern=\"[A-Za-z0-9_]*\"></label>\n"
            "<datalist id=\"reasons\"><option value=\"Z1147\"></datalist>\n"
            "<p><small>通常不返回原因，请留空。<br>"
            "Usually none is told: leave it empty.</small></p>\n"
            "<p><button name=\"result\" value=\"fail\">"
            "不通过 · Fail</button></p>\n"
            "</form>\n",
            sandbox_escape(r, sandbox_text(attempt, "name")),
            sandbox_escape(r, number.data), whose, REASON));
}


/* Only addresses that a browser opens as a page, or the app itself. */
static int
is_address(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0
           || strncmp(url, "alipays://", 10) == 0;
}


static civic_result_t
show_result(civic_request_t *r, const json_t *attempt)
{
    int           passed;
    civic_str_t   link = CIVIC_STR("");
    const char   *url = sandbox_text(attempt, "return_url");

    if (is_address(url)) {
        link = civic_print(r, "<p><a href=\"%s\">返回 · Back</a></p>\n",
                           sandbox_escape(r, url));
    }

    passed = strcmp(sandbox_text(attempt, "state"), "passed") == 0;

    return sandbox_page(r, 200, passed ? "认证通过" : "认证未通过",
                        passed ? "It has passed" : "It has not passed",
                        link);
}


civic_result_t
sandbox_phone_show(civic_request_t *r)
{
    json_t          *attempt;
    civic_str_t      key;
    civic_result_t   rc;

    rc = find(r, &key, &attempt);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (attempt == NULL) {
        rc = show_gone(r);

    } else if (strcmp(sandbox_text(attempt, "state"), "waiting") == 0) {
        rc = show_form(r, attempt);

    } else {
        rc = show_result(r, attempt);
    }

    json_decref(attempt);

    return rc;
}


/* ---- deciding ---------------------------------------------------------- */

static int
is_reason(const char *reason)
{
    return strlen(reason) <= REASON
           && reason[strspn(reason, "0123456789_abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}


/* As Alipay compares them. */
static int
has_other_name(civic_request_t *r, const json_t *attempt)
{
    return sandbox_other_name(r, sandbox_text(attempt, "name"),
                              sandbox_text(attempt, "number"));
}


/* What the form says, as the attempt will be; NULL if it says nothing. */
static json_t *
decided(civic_request_t *r, const json_t *attempt,
    const alipay_parameters_t *form)
{
    json_t      *after;
    const char  *result = alipay_parameters_get(form, "result");
    const char  *reason = alipay_parameters_get(form, "reason");
    int          passed = result != NULL && strcmp(result, "pass") == 0;

    if (!passed && (result == NULL || strcmp(result, "fail") != 0)) {
        return NULL;
    }

    if (passed || reason == NULL) {
        reason = "";
    }

    if (passed && has_other_name(r, attempt)) {
        passed = 0;
        reason = MISMATCH;
    }

    if (!is_reason(reason)) {
        return NULL;
    }

    after = json_copy((json_t *) attempt);
    json_object_set_new(after, "state",
                        json_string(passed ? "passed" : "failed"));
    json_object_set_new(after, "reason", json_string(reason));

    return after;
}


static civic_result_t
decide(civic_request_t *r, civic_str_t key, const json_t *attempt,
    const alipay_parameters_t *form)
{
    int              done;
    json_t          *after = decided(r, attempt, form);
    civic_result_t   rc;

    if (after == NULL) {
        return sandbox_page_refuse(r, 400, "请选择通过或不通过。",
                                   "Please choose to pass or to fail.");
    }

    if (strcmp(sandbox_text(attempt, "state"), "waiting") != 0) {
        json_decref(after);
        return sandbox_page_refuse(r, 409, "此次认证已有结果。",
                                   "This attempt is decided already.");
    }

    json_incref(after);
    rc = sandbox_change(r, key, attempt, after, &done);

    if (rc == CIVIC_OK) {
        rc = done ? show_result(r, after)
                  : sandbox_page_refuse(r, 409, "此次认证已有结果。",
                                        "This attempt is decided already.");
    }

    json_decref(after);

    return rc;
}


civic_result_t
sandbox_phone_decide(civic_request_t *r)
{
    json_t               *attempt;
    civic_str_t           key, body = civic_raw_body(r);
    civic_result_t        rc;
    alipay_failure_t      failure;
    alipay_parameters_t   form = { .items = NULL };

    rc = find(r, &key, &attempt);

    if (rc == CIVIC_OK && attempt == NULL) {
        rc = show_gone(r);

    } else if (rc == CIVIC_OK) {
        /* one that cannot be read has no result */
        (void) alipay_form_parse(body.data, body.len, &form, &failure);
        rc = decide(r, key, attempt, &form);
    }

    alipay_parameters_free(&form);
    json_decref(attempt);

    return rc;
}
