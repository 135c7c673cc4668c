/*
 * alipay_response.c - from the bytes of an answer to what it means.
 *
 * The signature is over the value of one member, as it stands.  Only what
 * was verified is parsed, and only from those bytes: no second reader, no
 * second opinion about what was signed.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alipay_private.h"

#define ERROR_NODE  "error_response"
#define NODE_NAME   (ALIPAY_METHOD + sizeof("_response"))

/* Where the parts of an answer are. */
typedef struct {
    alipay_span_t  node;
    alipay_span_t  sign;                /* as it stands, in quotes */
    int            signed_by_somebody;
    int            names_cert;
} parts_t;


/* ---- finding the parts ------------------------------------------------- */

static void
node_name(const char *method, char out[NODE_NAME])
{
    char  *p;

    snprintf(out, NODE_NAME, "%s_response", method);

    for (p = out; *p != '\0'; p++) {
        if (*p == '.') {
            *p = '_';
        }
    }
}


static int
is_text(const alipay_member_t *member)
{
    return member != NULL && member->value.data[0] == '"';
}


/* The reference's guard: the name of the node again, behind the node. */
static int
comes_again(alipay_span_t body, alipay_span_t node, const char *name)
{
    const char  *rest = node.data + node.len;

    return memmem(rest, (size_t) (body.data + body.len - rest), name,
                  strlen(name)) != NULL;
}


/* NULL, or what is wrong with it. */
static const char *
find_node(alipay_span_t body, const alipay_member_t *members, int count,
    const char *method, parts_t *parts, alipay_response_t *response)
{
    char                    name[NODE_NAME];
    const alipay_member_t  *node, *error;

    node_name(method, name);
    node = alipay_member(members, count, name);
    error = alipay_member(members, count, ERROR_NODE);

    if (node == NULL && error == NULL) {
        return "it has no node of this method";
    }

    if (node != NULL && error != NULL) {
        return "it has a node and an error_response";
    }

    response->error_node = error != NULL;
    parts->node = node != NULL ? node->value : error->value;

    if (parts->node.data[0] != '{'
        && (parts->node.data[0] != '"' || response->error_node))
    {
        return "its node is neither an object nor encrypted content";
    }

    if (comes_again(body, parts->node, node != NULL ? name : ERROR_NODE)) {
        return "the name of its node comes again behind the node";
    }

    return NULL;
}


static const char *
find_parts(alipay_span_t body, const char *method, parts_t *parts,
    alipay_response_t *response)
{
    int                     count;
    char                   *serial;
    size_t                  len;
    const char             *reason;
    alipay_member_t         members[ALIPAY_MEMBERS];
    const alipay_member_t  *sign, *cert;

    count = alipay_members(body, members, &reason);
    if (count < 0) {
        return reason;
    }

    reason = find_node(body, members, count, method, parts, response);
    if (reason != NULL) {
        return reason;
    }

    sign = alipay_member(members, count, "sign");
    cert = alipay_member(members, count, "alipay_cert_sn");

    if (is_text(sign)) {
        parts->sign = sign->value;
        parts->signed_by_somebody = sign->value.len > 2;
    }

    parts->names_cert = cert != NULL;

    if (is_text(cert) && cert->value.len <= 2 * ALIPAY_SERIAL_TEXT) {
        serial = alipay_json_text(cert->value, &len);
        alipay_code_copy(response->cert_serial, ALIPAY_SERIAL_TEXT, serial);
        free(serial);
    }

    return NULL;
}


/* ---- the envelope ------------------------------------------------------ */

static void
read_code(const json_t *node, const char *name, char *out, size_t size)
{
    char           number[ALIPAY_CODE_TEXT + 8];
    const json_t  *value = json_object_get(node, name);

    if (json_is_integer(value)) {
        snprintf(number, sizeof(number), "%lld",
                 (long long) json_integer_value(value));
        alipay_code_copy(out, size, number);
        return;
    }

    alipay_code_copy(out, size, json_string_value(value));
}


static void
read_envelope(const json_t *node, alipay_response_t *response)
{
    const json_t  *text = json_object_get(node, "sub_msg");

    read_code(node, "code", response->code, sizeof(response->code));
    read_code(node, "sub_code", response->sub_code,
              sizeof(response->sub_code));

    if (json_is_string(text)) {
        response->sub_msg = alipay_copy(json_string_value(text),
                                        json_string_length(text));
    }
}


/* An object whose nesting is bounded, since jansson recurses. */
static json_t *
parse(alipay_span_t text)
{
    json_t  *node;

    if (!alipay_json_bounded(text)) {
        return NULL;
    }

    node = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);

    if (node != NULL && !json_is_object(node)) {
        json_decref(node);
        node = NULL;
    }

    return node;
}


static void
conclude(alipay_response_t *response, alipay_outcome_t outcome,
    alipay_advice_t advice)
{
    response->outcome = outcome;
    response->advice = advice;
}


/* Success is code 10000 or, where the API has no code, the member that its
   success has: named members must be there in either case. */
static int
succeeded(const alipay_expected_t *expected, const json_t *node,
    const char *code)
{
    const json_t  *member;

    if (expected->success_member == NULL) {
        return strcmp(code, "10000") == 0;
    }

    member = json_object_get(node, expected->success_member);

    return member != NULL && !json_is_null(member)
           && (code[0] == '\0' || strcmp(code, "10000") == 0);
}


static void
judge_verified(const alipay_keys_t *keys, const alipay_expected_t *expected,
    alipay_response_t *response)
{
    alipay_advice_t   advice;
    alipay_outcome_t  outcome;

    read_envelope(response->node, response);

    if (!response->error_node
        && succeeded(expected, response->node, response->code))
    {
        conclude(response, ALIPAY_DONE, ALIPAY_ADVICE_NONE);
        return;
    }

    outcome = alipay_judge(response->code, response->sub_code, 1,
                           &keys->dialect, &advice);

    if (outcome == ALIPAY_DONE) {
        alipay_say(response->why, ": code 10000 %s",
                   response->error_node ? "in an error_response"
                   : "without what a success has");
        conclude(response, ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK);
        return;
    }

    alipay_say(response->why, ": %s, code \"%s\", sub_code \"%s\"",
               alipay_outcome_name(outcome), response->code,
               response->sub_code);
    conclude(response, outcome, advice);
}


/* ---- with and without a signature -------------------------------------- */

/* Takes the bytes that were verified; decrypted if they are a string. */
static void
take_node(const alipay_keys_t *keys, alipay_span_t text,
    alipay_response_t *response)
{
    char           *sealed;
    size_t          len = 0;
    alipay_text_t   open = { .data = NULL };

    if (text.data[0] == '{') {
        response->node = parse(text);
        return;
    }

    response->encrypted = 1;
    sealed = alipay_json_text(text, &len);

    if (sealed != NULL
        && alipay_content_decrypt(keys, sealed, len, &open) == 0)
    {
        response->node = parse((alipay_span_t) { open.data, open.len });
    }

    free(sealed);
    alipay_text_free(&open);
}


static void
read_verified(const alipay_keys_t *keys, const alipay_expected_t *expected,
    alipay_span_t text, alipay_response_t *response)
{
    response->signature = ALIPAY_SIGNATURE_GOOD;
    take_node(keys, text, response);

    if (response->node == NULL) {
        alipay_say(response->why, ": well signed, but %s",
                   !response->encrypted ? "no JSON object"
                   : keys->content_key_len == 0 ? "encrypted, and there is "
                   "no content key" : "the content key does not open it");
        conclude(response, ALIPAY_UNKNOWN, ALIPAY_ADVICE_REPAIR);
        return;
    }

    judge_verified(keys, expected, response);

    if (response->outcome == ALIPAY_DONE) {
        response->why[0] = '\0';
    }
}


/* Nobody vouches for it: it can at most say no, and its node is dropped. */
static void
read_unsigned(const alipay_keys_t *keys, const parts_t *parts,
    alipay_response_t *response)
{
    json_t            *node = parse(parts->node);
    alipay_advice_t    advice = ALIPAY_ADVICE_ASK;
    alipay_outcome_t   outcome = ALIPAY_NOT_OURS;

    response->signature = ALIPAY_SIGNATURE_MISSING;
    read_envelope(node, response);
    json_decref(node);

    if (response->code[0] != '\0') {
        outcome = alipay_judge(response->code, response->sub_code, 0,
                               &keys->dialect, &advice);
    }

    alipay_say(response->why, ": not signed: %s, code \"%s\", sub_code \"%s\"",
               alipay_outcome_name(outcome), response->code,
               response->sub_code);
    conclude(response, outcome, advice);
}


static void
refuse(const alipay_keys_t *keys, const parts_t *parts, alipay_span_t sign,
    const char *serial, alipay_response_t *response)
{
    alipay_diagnose_response(keys, parts->node, sign, serial,
                             response->signature, response->why);
    conclude(response, ALIPAY_NOT_OURS,
             response->signature == ALIPAY_SIGNATURE_CERT_UNKNOWN
             && response->cert_serial[0] != '\0'
             ? ALIPAY_ADVICE_CERTIFICATE : ALIPAY_ADVICE_REPAIR);
}


/* The Java SDK's second try: some serialisers sign before they escape. */
static int
read_unescaped(const alipay_keys_t *keys, const alipay_expected_t *expected,
    const parts_t *parts, alipay_span_t sign, const char *serial,
    alipay_response_t *response)
{
    int            good;
    alipay_text_t  text = { .data = NULL };

    good = !keys->dialect.strict_slashes
           && alipay_unescape_slashes(parts->node, &text) > 0
           && alipay_verify(keys, text.data, text.len, sign.data, sign.len,
                            serial) == ALIPAY_SIGNATURE_GOOD;

    if (good) {
        read_verified(keys, expected, (alipay_span_t) { text.data, text.len },
                      response);
    }

    alipay_text_free(&text);

    return good;
}


static void
read_signed(const alipay_keys_t *keys, const alipay_expected_t *expected,
    const parts_t *parts, alipay_response_t *response)
{
    char           *sign_text;
    const char     *serial = NULL;
    alipay_span_t   sign = { "", 0 };

    if (keys->certificates && parts->names_cert) {
        serial = response->cert_serial;
    }

    sign_text = alipay_json_text(parts->sign, &sign.len);

    if (sign_text != NULL) {
        sign.data = sign_text;
    }

    response->signature = alipay_verify(keys, parts->node.data,
                                        parts->node.len, sign.data, sign.len,
                                        serial);

    /* there is a sign, though it cannot be read */
    if (response->signature == ALIPAY_SIGNATURE_MISSING) {
        response->signature = ALIPAY_SIGNATURE_MALFORMED;
    }

    if (response->signature == ALIPAY_SIGNATURE_GOOD) {
        read_verified(keys, expected, parts->node, response);

    } else if (response->signature != ALIPAY_SIGNATURE_WRONG
               || !read_unescaped(keys, expected, parts, sign, serial,
                                  response))
    {
        refuse(keys, parts, sign, serial, response);
    }

    free(sign_text);
}


/* ---- the whole --------------------------------------------------------- */

/* From a proxy, a captive portal, a broken line: a page, not an answer. */
static void
unreadable(const alipay_expected_t *expected, const char *reason,
    alipay_response_t *response)
{
    response->signature = ALIPAY_SIGNATURE_UNREADABLE;
    alipay_say(response->why, ": %s (HTTP status %d)", reason,
               expected->http_status);
    conclude(response, expected->http_status == 200 ? ALIPAY_NOT_OURS
             : ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK);
}


void
alipay_response_read(const alipay_keys_t *keys,
    const alipay_expected_t *expected, const char *body, size_t len,
    alipay_response_t *response)
{
    char         method[ALIPAY_METHOD + 1];
    parts_t      parts;
    const char  *reason;

    memset(response, 0, sizeof(*response));
    memset(&parts, 0, sizeof(parts));
    alipay_code_copy(method, sizeof(method), expected->method);
    alipay_say(response->why, "alipay's answer to %s", method);

    if (expected->http_status == 0 || body == NULL || len == 0) {
        response->signature = ALIPAY_SIGNATURE_UNREADABLE;
        alipay_say(response->why, ": none came (HTTP status %d)",
                   expected->http_status);
        conclude(response, ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK);
        return;
    }

    reason = len > ALIPAY_RESPONSE_MAX ? "it is too long"
             : find_parts((alipay_span_t) { body, len }, method, &parts,
                          response);

    if (reason != NULL) {
        unreadable(expected, reason, response);

    } else if (parts.signed_by_somebody) {
        read_signed(keys, expected, &parts, response);

    } else {
        read_unsigned(keys, &parts, response);
    }
}


void
alipay_response_free(alipay_response_t *response)
{
    json_decref(response->node);
    free(response->sub_msg);
    memset(response, 0, sizeof(*response));
    response->outcome = ALIPAY_UNKNOWN;
}


/* ---- members ----------------------------------------------------------- */

const char *
alipay_response_text(const alipay_response_t *response, const char *name)
{
    return json_string_value(json_object_get(response->node, name));
}


int64_t
alipay_response_number(const alipay_response_t *response, const char *name)
{
    int64_t        value = 0;
    const char    *text;
    const json_t  *member = json_object_get(response->node, name);

    if (json_is_integer(member)) {
        return json_integer_value(member) < 0 ? -1
               : json_integer_value(member);
    }

    text = json_string_value(member);

    if (text == NULL || text[0] == '\0' || strlen(text) > 18) {
        return -1;
    }

    for ( /* void */ ; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }

        value = value * 10 + (*text - '0');
    }

    return value;
}


int
alipay_response_flag(const alipay_response_t *response, const char *name)
{
    const char    *text;
    const json_t  *member = json_object_get(response->node, name);

    if (json_array_size(member) == 1) {
        member = json_array_get(member, 0);
    }

    text = json_string_value(member);

    if (text == NULL) {
        return -1;
    }

    return strcmp(text, "T") == 0 ? 1 : strcmp(text, "F") == 0 ? 0 : -1;
}
