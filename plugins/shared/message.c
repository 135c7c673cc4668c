/*
 * message.c - see message.h.
 */

#include "china_time.h"
#include "message.h"
#include "values.h"

#define MINUTES  16                     /* "2026-03-09 12:00" */


civic_str_t
shared_minute(civic_request_t *r, civic_msec_t at)
{
    char  text[CIVIC_CHINA_TIME_TEXT];

    if (at <= 0) {
        return CIVIC_STR("");
    }

    civic_china_time_format(at, text);

    return civic_print(r, "%.*s", MINUTES, text);
}


civic_result_t
shared_message(civic_request_t *r, const char *rule, json_t *in,
    civic_message_t message, int *sent)
{
    json_t          *words;
    civic_result_t   rc;

    if (sent != NULL) {
        *sent = 0;
    }

    rc = civic_rule(r, rule, in, &words);

    if (rc != CIVIC_OK || !json_is_true(json_object_get(words, "send"))) {
        return rc;
    }

    message.title_zh = shared_json_str(words, "title_zh");
    message.title_en = shared_json_str(words, "title_en");
    message.text_zh = shared_json_str(words, "text_zh");
    message.text_en = shared_json_str(words, "text_en");

    rc = civic_message(r, &message);

    if (sent != NULL) {
        *sent = rc == CIVIC_OK;
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
}
