/*
 * bind_match.c - whether a number has that name, as an upstream of the city
 * knows it.
 *
 * Who could ask this as often as they like would find out names and numbers.
 * So it is counted before it is asked, whatever comes of it, in the row
 * "<count> <first ms> <last ms>" of who asks, and whether there is an upstream
 * or not: without one numbers could be tried as well.  The answer never says
 * which of the two is wrong, nor whether there is such a person.  What the
 * upstream said is not kept.
 */

#include "bind.h"
#include "values.h"

#define TURNS        4                  /* others count at the same time */
#define RETRY_AFTER  10                 /* s, when the upstream is down */
#define TIMEOUT      4000               /* ms */


/* ---- how often --------------------------------------------------------- */

static civic_result_t
ask_rule(civic_request_t *r, const char *rule, civic_str_t row,
    json_t **decision)
{
    json_t   *in;
    int64_t   now = civic_now(r);

    in = json_pack("{s:I}", "tries", (json_int_t)
                   shared_number(shared_word(row, 0), 0));

    if (in != NULL && row.len > 0) {
        json_object_set_new(in, "since_first", json_integer(
            (now - shared_number(shared_word(row, 1), 0)) / 1000));
        json_object_set_new(in, "since_last", json_integer(
            (now - shared_number(shared_word(row, 2), 0)) / 1000));
    }

    return civic_rule(r, rule, in, decision);
}


static civic_str_t
counted(civic_request_t *r, civic_str_t row, json_t *decision)
{
    long long  now = civic_now(r);

    if (row.len == 0 || json_is_true(json_object_get(decision, "fresh"))) {
        return civic_print(r, "1 %lld %lld", now, now);
    }

    return civic_print(r, "%lld %lld %lld",
                       (long long) shared_number(shared_word(row, 0), 0) + 1,
                       (long long) shared_number(shared_word(row, 1), now),
                       now);
}


civic_result_t
kinship_count(civic_request_t *r, civic_str_t guardian, const char *field,
    const char *rule, int *answered)
{
    int                   done = 0, turn;
    json_t               *decision;
    civic_str_t           row, now;
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"),
                                   civic_person_key(r, guardian,
                                                    KINSHIP_FAMILY_KIN),
                                   civic_cstr(field)), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    row = value->type == CIVIC_VALUE_STRING ? value->str : CIVIC_STR("");

    for (turn = 0; turn < TURNS; turn++) {
        rc = ask_rule(r, rule, row, &decision);
        if (rc != CIVIC_OK) {
            return rc;
        }

        if (!json_is_true(json_object_get(decision, "allow"))) {
            civic_count(r, KINSHIP_MATCH_LIMITED, 1);
            *answered = 1;
            return civic_refuse(r, decision);
        }

        rc = kinship_note(r, guardian, field, row, counted(r, row, decision),
                          0, &now, &done);
        if (rc != CIVIC_OK || done) {
            return rc;
        }

        row = now;
    }

    *answered = 1;

    return civic_problem(r, "conflict");
}


/* ---- the upstream ------------------------------------------------------ */

static civic_result_t
unavailable(civic_request_t *r, const char *why, int *answered)
{
    civic_log(r, CIVIC_LOG_ERROR, "name and number cannot be compared: the "
              "upstream %s", why);
    civic_count(r, KINSHIP_MATCH_DOWN, 1);
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
        .code = "kinship_match_unavailable", .retry_after = RETRY_AFTER });
}


/* {"match": true or false}; what else it says counts for nothing. */
static civic_result_t
take(civic_request_t *r, const civic_http_reply_t *reply, int *answered)
{
    int            no, yes;
    json_t        *json, *match;
    json_error_t   error;

    json = reply->status == 200
           ? json_loadb(reply->body.data, reply->body.len,
                        JSON_REJECT_DUPLICATES, &error)
           : NULL;
    match = json_object_get(json, "match");
    yes = json_is_true(match);
    no = json_is_false(match);
    json_decref(json);

    if (yes) {
        return CIVIC_OK;
    }

    if (!no) {
        return unavailable(r, "gave no answer of use", answered);
    }

    civic_count(r, KINSHIP_NO_MATCH, 1);
    *answered = 1;

    return civic_problem(r, "kinship_no_match");
}


static civic_result_t
ask(civic_request_t *r, const char *upstream,
    const civic_person_identity_t *identity, int *answered)
{
    civic_str_t                body;
    const char                *path;
    civic_result_t             rc;
    civic_http_header_t        type = { "Content-Type",
                                        CIVIC_STR("application/json") };
    const civic_http_reply_t  *reply;

    rc = shared_json_text(r, json_pack("{s:s%, s:s%, s:s}",
                              "name", identity->name, identity->name_len,
                              "id_number", identity->id.text,
                              identity->id.len, "id_kind",
                              civic_id_kind_name(identity->id.kind)), &body);
    if (rc != CIVIC_OK) {
        return rc;
    }

    path = json_string_value(civic_option(r, "match_path"));

    rc = civic_http(r, &(civic_http_request_t) {
                           .upstream = upstream, .method = CIVIC_POST,
                           .path = civic_cstr(path),
                           .headers = &type, .nheaders = 1, .body = body,
                           .timeout = TIMEOUT, .max_reply = 4096,
                           .flags = CIVIC_HTTP_SAFE }, &reply);

    if (rc == CIVIC_NOT_SENT || rc == CIVIC_UNKNOWN) {
        return unavailable(r, "does not answer", answered);
    }

    return rc != CIVIC_OK ? rc : take(r, reply, answered);
}


civic_result_t
kinship_match(civic_request_t *r, civic_str_t guardian,
    const civic_person_identity_t *identity, int *answered)
{
    const char      *upstream;
    civic_result_t   rc;

    rc = kinship_count(r, guardian, "tries", "match", answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    upstream = json_string_value(civic_option(r, "match_upstream"));

    return upstream == NULL || upstream[0] == '\0'
           ? CIVIC_OK : ask(r, upstream, identity, answered);
}
