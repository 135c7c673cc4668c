/*
 * results.c - what the laboratory tells of tubes: each result is judged for
 * itself, and what is wrong with one keeps no other back.
 *
 * The same may be sent again at any time: what was told before is answered as
 * such.  So a laboratory whose line broke down sends everything once more.
 */

#include <ctype.h>
#include <stdio.h>

#include "caller.h"
#include "china_time.h"
#include "sampling.h"
#include "text.h"
#include "values.h"
#include "words.h"

#define TIME  40                        /* bytes of a time */

const char *const  sampling_outcomes[] = {
    "told", "same", "unknown_tube", "not_sealed", "empty_tube",
    "contradicts", "bad_barcode", "bad_result", "bad_time", "future",
    "before_sealing", "damaged_tube", SAMPLING_BROKEN, NULL
};


/* ---- words, times ------------------------------------------------------- */

civic_str_t
sampling_folded(civic_request_t *r, civic_str_t text)
{
    char    *copy;
    size_t   i;

    civic_text_trim(&text.data, &text.len);
    text = shared_copy(r, text);
    copy = (char *) text.data;

    for (i = 0; i < text.len; i++) {
        copy[i] = (char) (copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + 32
                                                           : copy[i]);
    }

    return text;
}


const char *
sampling_result_named(civic_request_t *r, json_t *terms, civic_str_t word)
{
    size_t       i;
    const char  *name;

    static const char *const  results[] = {
        "negative", "positive", "invalid"
    };

    name = json_string_value(json_object_get(
               json_object_get(terms, "results"),
               sampling_folded(r, word).data));

    for (i = 0; name != NULL && i < 3; i++) {
        if (strcmp(name, results[i]) == 0) {
            return results[i];
        }
    }

    return NULL;
}


/* "2026/3/9 8:05" and "2026-03-09 08:05:00", in China's time: spreadsheets
   write a time anew when they save it. */
static int
local_time(civic_request_t *r, const char *text, civic_msec_t *at)
{
    int          year, month, day, hour, minute, second = 0, used = -1;
    civic_str_t  whole;

    if ((sscanf(text, "%4d-%2d-%2d %2d:%2d%n", &year, &month, &day, &hour,
                &minute, &used) != 5
         && sscanf(text, "%4d/%2d/%2d %2d:%2d%n", &year, &month, &day, &hour,
                   &minute, &used) != 5) || used < 0)
    {
        return -1;
    }

    text += used;
    used = 0;

    if (*text == ':' && (sscanf(text, ":%2d%n", &second, &used) != 1)) {
        return -1;
    }

    if (text[used] != '\0') {
        return -1;
    }

    whole = civic_print(r, "%04d-%02d-%02d %02d:%02d:%02d", year, month, day,
                        hour, minute, second);

    return civic_china_time_parse(whole.data, whole.len, at);
}


int
sampling_time_read(civic_request_t *r, civic_str_t text, civic_msec_t *at)
{
    size_t  i;

    civic_text_trim(&text.data, &text.len);

    if (text.len == 0 || text.len > TIME) {
        return -1;
    }

    for (i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char) text.data[i])
            && strchr("-/: TZtz+.", text.data[i]) == NULL)
        {
            return -1;
        }
    }

    return civic_instant_read(text.data, text.len, at) == 0
           ? 0 : local_time(r, shared_copy(r, text).data, at);
}


civic_result_t
sampling_time_judge(civic_request_t *r, const sampling_tube_t *tube,
    civic_msec_t at, const char **wrong)
{
    json_t          *answer;
    civic_str_t      reason;
    civic_result_t   rc;

    *wrong = NULL;
    rc = civic_rule(r, "result",
                    json_pack("{s:I, s:I, s:I}", "at", (json_int_t) at,
                              "now", (json_int_t) civic_business_now(r),
                              "sealed_at", (json_int_t) tube->sealed_at),
                    &answer);

    if (rc == CIVIC_OK && !json_is_true(json_object_get(answer, "allow"))) {
        reason = shared_json_str(answer, "reason");
        *wrong = sampling_is(reason, "before_sealing") ? "before_sealing"
                                                       : "future";
    }

    return rc;
}


/* ---- one ---------------------------------------------------------------- */

static const char *
outcome_of(civic_str_t word)
{
    size_t  i;

    static const char *const  words[][2] = {
        { "told", "told" }, { "same", "same" },
        { "contradicts", "contradicts" }, { "unknown", "unknown_tube" },
        { "empty", "empty_tube" }, { "unsealed", "not_sealed" }
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sampling_is(word, words[i][0])) {
            return words[i][1];
        }
    }

    return NULL;
}


static civic_result_t
tell(civic_request_t *r, sampling_line_t *line, const char *result,
    civic_msec_t at)
{
    civic_str_t      word;
    civic_result_t   rc;
    sampling_step_t  step = { .name = "sampling_result", .nkeys = 2,
                              .nargs = 4, .action = "sampling.result_told" };

    step.keys[0] = sampling_key(r, line->barcode, "tube");
    step.keys[1] = civic_outbox(r, SAMPLING_SPREAD, step.keys[0]);
    step.args[0] = civic_cstr(result);
    step.args[1] = shared_decimal(r, at);
    step.args[2] = shared_decimal(r, civic_business_now(r));
    step.args[3] = line->barcode;
    step.details = sampling_details(line->barcode, "result",
                                    civic_cstr(result));

    rc = sampling_step(r, &step, &word);

    if (rc == CIVIC_OK) {
        line->outcome = outcome_of(word);
        rc = line->outcome == NULL ? CIVIC_ERROR : CIVIC_OK;
    }

    return rc;
}


/* Only a tube that was sealed has a time to compare with; of all others the
   script says what they are. */
static civic_result_t
judge_time(civic_request_t *r, sampling_line_t *line, civic_msec_t at)
{
    civic_result_t   rc;
    sampling_tube_t  tube;

    rc = sampling_tube_read(r, line->barcode, &tube);

    if (rc == CIVIC_INVALID) {
        line->outcome = "damaged_tube";
        return CIVIC_OK;
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_OK
           : rc != CIVIC_OK ? rc
           : sampling_time_judge(r, &tube, at, &line->outcome);
}


static civic_result_t
take_line(civic_request_t *r, json_t *terms, sampling_line_t *line)
{
    const char      *result;
    civic_msec_t     at = civic_business_now(r);
    civic_result_t   rc;

    civic_text_trim(&line->barcode.data, &line->barcode.len);
    result = sampling_result_named(r, terms, line->result);

    if (!sampling_is_barcode(line->barcode)) {
        line->outcome = "bad_barcode";

    } else if (result == NULL) {
        line->outcome = "bad_result";

    } else if (line->at.len > 0
               && sampling_time_read(r, line->at, &at) != 0)
    {
        line->outcome = "bad_time";
    }

    if (line->outcome != NULL) {
        return CIVIC_OK;
    }

    rc = judge_time(r, line, at);

    return rc != CIVIC_OK || line->outcome != NULL
           ? rc : tell(r, line, result, at);
}


/* ---- all of them -------------------------------------------------------- */

static int
is_good(const sampling_line_t *line)
{
    return strcmp(line->outcome, "told") == 0
           || strcmp(line->outcome, "same") == 0;
}


static void
count_line(civic_request_t *r, const sampling_line_t *line)
{
    if (strcmp(line->outcome, "told") == 0) {
        civic_count(r, SAMPLING_TOLD, 1);

    } else if (strcmp(line->outcome, "contradicts") == 0) {
        civic_count(r, SAMPLING_CONTRADICTIONS, 1);

    } else if (!is_good(line)) {
        civic_count(r, SAMPLING_LINES_REFUSED, 1);
    }
}


/* A barcode that is none may be anything: it is not told again. */
static void
write_line(civic_request_t *r, civic_writer_t *w, json_t *words,
    const sampling_line_t *line)
{
    civic_write_object(r, w, NULL);

    if (line->number > 0) {
        civic_write_int(r, w, "line", line->number);
    }

    if (sampling_is_barcode(line->barcode)) {
        civic_write_str(r, w, "barcode", line->barcode);
    }

    civic_write_str(r, w, "outcome", civic_cstr(line->outcome));
    civic_write_str(r, w, "label", shared_json_str(words, line->outcome));
    civic_write_end(r, w);
}


static civic_result_t
reply_lines(civic_request_t *r, const sampling_line_t *lines, size_t count)
{
    size_t           i, good = 0;
    json_t          *words;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = civic_rule(r, "outcomes", json_pack("{s:s}", "language",
                                             shared_language(r)), &words);
    if (rc != CIVIC_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        good += is_good(&lines[i]) ? 1 : 0;
    }

    w = civic_reply(r, 200);
    civic_write_int(r, w, "accepted", (int64_t) good);
    civic_write_int(r, w, "refused", (int64_t) (count - good));
    civic_write_array(r, w, "results");

    for (i = 0; i < count; i++) {
        write_line(r, w, words, &lines[i]);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


/* One entry for the request, too: most of its lines may change nothing. */
static civic_result_t
note_request(civic_request_t *r, size_t count)
{
    json_t          *details = json_pack("{s:I}", "results",
                                         (json_int_t) count);
    civic_result_t   rc;

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "sampling.results_sent",
                                 .details = details });
    json_decref(details);

    return rc;
}


civic_result_t
sampling_lines_take(civic_request_t *r, json_t *terms,
    sampling_line_t *lines, size_t count)
{
    size_t          i;
    civic_result_t  rc;

    rc = note_request(r, count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (lines[i].outcome == NULL) {
            rc = take_line(r, terms, &lines[i]);
        }

        if (rc == CIVIC_OK) {
            count_line(r, &lines[i]);
        }
    }

    return rc == CIVIC_OK ? reply_lines(r, lines, count) : rc;
}


/* ---- by JSON ------------------------------------------------------------ */

civic_result_t
sampling_results(civic_request_t *r)
{
    size_t            i, count;
    json_t           *terms, *list, *one;
    civic_result_t    rc;
    sampling_line_t  *lines;

    list = json_object_get(civic_body(r), "results");
    count = json_array_size(list);
    rc = civic_rule(r, "terms", NULL, &terms);

    if (rc != CIVIC_OK) {
        return rc;
    }

    if ((int64_t) count > shared_rule_number(terms, "items", 200, 1,
                                             SAMPLING_LINES))
    {
        return civic_problem(r, "sampling_too_many");
    }

    lines = civic_alloc(r, (count + 1) * sizeof(sampling_line_t));

    for (i = 0; i < count; i++) {
        one = json_array_get(list, i);
        lines[i] = (sampling_line_t) {
            .barcode = shared_json_str(one, "barcode"),
            .result = shared_json_str(one, "result"),
            .at = shared_json_str(one, "at"),
        };
    }

    return sampling_lines_take(r, terms, lines, count);
}
