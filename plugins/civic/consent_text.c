/*
 * consent_text.c - the texts that people consent to: they stand in
 * lua/rules/civic.lua, and their digest is of the very bytes that are shown.
 */

#include "caller.h"
#include "civic.h"


civic_result_t
civic_consent_text(civic_request_t *r, civic_str_t purpose, int english,
    civic_consent_text_t *text)
{
    json_t          *answer;
    civic_result_t   rc;

    memset(text, 0, sizeof(*text));

    rc = civic_rule(r, "consent_text",
                    json_pack("{s:s%,s:s}", "purpose", purpose.data,
                              purpose.len, "language", english ? "en" : "zh"),
                    &answer);
    if (rc != CIVIC_OK || !json_is_true(json_object_get(answer, "found"))) {
        return rc;
    }

    text->found = 1;
    text->version = shared_rule_number(answer, "version", 0, 0, 1000000000);
    text->title = shared_json_str(answer, "title");
    text->text = shared_json_str(answer, "text");
    text->flags = json_object_get(answer, "flags");
    text->retention_days = shared_rule_number(answer, "retention_days", 0, 0,
                                              CIVIC_DAYS_MOST);
    text->handler = shared_json_str(answer, "handler");
    text->contact = shared_json_str(answer, "contact");
    text->alternative = shared_json_str(answer, "alternative");

    if (text->version == 0 || text->text.len == 0
        || text->retention_days == 0 || text->handler.len == 0)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the rules have no version, text, "
                  "retention_days or handler for the consent to \"%.*s\"",
                  (int) purpose.len, purpose.data);
        return CIVIC_ERROR;
    }

    return civic_sm3(r, text->text, &text->digest);
}


static void
write_flags(civic_request_t *r, civic_writer_t *w, json_t *flags)
{
    size_t   i;
    json_t  *flag;

    civic_write_array(r, w, "flags");

    /* an empty table of Lua is an object */
    json_array_foreach(flags, i, flag) {
        civic_write_json(r, w, NULL, flag);
    }

    civic_write_end(r, w);
}


civic_result_t
civic_consent_text_show(civic_request_t *r)
{
    int                    english = shared_reads_english(r);
    civic_str_t            purpose = civic_path(r, "purpose");
    civic_result_t         rc;
    civic_writer_t        *w;
    civic_consent_text_t   text;

    rc = civic_consent_text(r, purpose, english, &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!text.found) {
        return civic_problem(r, "not_found");
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "purpose", purpose);
    civic_write_int(r, w, "version", text.version);
    civic_write_str(r, w, "language", english ? CIVIC_STR("en")
                                              : CIVIC_STR("zh"));
    civic_write_str(r, w, "title", text.title);
    civic_write_str(r, w, "text", text.text);
    civic_write_str(r, w, "digest", text.digest);
    write_flags(r, w, text.flags);
    civic_write_int(r, w, "retention_days", text.retention_days);
    civic_write_str(r, w, "handler", text.handler);
    civic_write_str(r, w, "contact", text.contact);
    civic_write_str(r, w, "alternative", text.alternative);

    return CIVIC_OK;
}
