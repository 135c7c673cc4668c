/*
 * by_source.c - the photo with the authority's own picture of the person:
 * Alipay's datadigital.fincloud.generalsaas.face.source.certify, server to
 * server, contracted apart.
 *
 * Name and number go with it, so it is asked only if the rule "comparison"
 * says so, and under the consent.  A verified answer counts; all else is "not
 * now", or, where asking again helps nobody, another way.
 */

#include <stdlib.h>

#include "alipay_call.h"
#include "base64.h"
#include "compare.h"
#include "id_number.h"
#include "values.h"

#define METHOD      "datadigital.fincloud.generalsaas.face.source.certify"
#define FILE_MOST   (1024 * 1024)       /* bytes: reference */
#define SCORE       8                   /* characters */
#define REASON      64

typedef struct {
    int64_t      most;                  /* bytes of the photo */
    int64_t      timeout;               /* ms */
    civic_str_t  name;
    civic_str_t  number;
    const char  *type;
    civic_str_t  order;
} source_t;


/* ---- what is asked ----------------------------------------------------- */

/* *open: the rules allow it. */
static civic_result_t
ask_rule(civic_request_t *r, const photo_t *photo, source_t *source,
    int *open)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "comparison", json_pack("{s:s%}", "profile",
                                               photo->profile.data,
                                               photo->profile.len), &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *open = json_is_true(json_object_get(answer, "source"));
    source->most = shared_rule_number(answer, "most_bytes", FILE_MOST, 1024,
                                      FILE_MOST);
    source->timeout = shared_rule_number(answer, "timeout", 10000, 1000,
                                         30000);

    return CIVIC_OK;
}


/* This method's own names; NULL: it knows no such document. */
static const char *
cert_type(civic_str_t text)
{
    civic_id_kind_t  kind;

    if (civic_id_kind_parse(text.data, &kind) != 0) {
        return NULL;
    }

    switch (kind) {
    case CIVIC_ID_RESIDENT:
        return "IDENTITY_CARD";
    case CIVIC_ID_HONG_KONG:
    case CIVIC_ID_MACAO:
        return "RESIDENCE_HK_MC";
    case CIVIC_ID_TAIWAN:
        return "RESIDENCE_TAIWAN";
    case CIVIC_ID_FOREIGN:
    case CIVIC_ID_FOREIGN_OLD:
        break;
    }

    return NULL;
}


/* *open: who it is, is known, and of a kind that can be asked about. */
static civic_result_t
read_person(civic_request_t *r, const photo_t *photo, source_t *source,
    int *open)
{
    json_t          *out;
    civic_result_t   rc;

    *open = 0;

    rc = civic_call(r, "login.identity",
                    json_pack("{s:s%}", "pid", photo->pid.data,
                              photo->pid.len), &out);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_NOT_FOUND ? CIVIC_OK : rc;
    }

    source->name = shared_json_str(out, "name");
    source->number = shared_json_str(out, "id_number");
    source->type = cert_type(shared_json_str(out, "kind"));

    *open = civic_str_eq(shared_json_str(out, "state"), CIVIC_STR("person"))
            && source->name.len > 0 && source->number.len > 0
            && source->type != NULL;

    return CIVIC_OK;
}


/* The same number for the same photo: asked again, it is the same question. */
static int
make_order(civic_request_t *r, const photo_t *photo, source_t *source)
{
    unsigned char  bytes[SHARED_ID];

    if (civic_base64_decode_url(photo->id.data, photo->id.len, bytes)
        != SHARED_ID_BYTES)
    {
        return -1;
    }

    source->order = shared_hex(r, bytes, SHARED_ID_BYTES);

    return 0;
}


static json_t *
call_of(const photo_t *photo, const source_t *source)
{
    return json_pack("{s:s, s:{s:s, s:s, s:s%, s:s%}, s:b, s:i,"
                     " s:{s:s, s:s, s:s, s:s%, s:s, s:s%}}",
                     "method", METHOD,
                     "extras", "outer_biz_no", source->order.data,
                     "cert_type", source->type,
                     "cert_name", source->name.data, source->name.len,
                     "cert_no", source->number.data, source->number.len,
                     "safe", 0, "timeout", (int) source->timeout,
                     "file", "name", "file_content",
                     "filename", "photo.jpg", "media_type", PHOTO_JPEG,
                     "pid", photo->pid.data, photo->pid.len,
                     "purpose", PHOTO_PICTURE,
                     "blob_id", photo->blob.data, photo->blob.len);
}


/* ---- what is answered -------------------------------------------------- */

/* "T" or "F", as text or as the only element of an array; -1 for all else. */
static int
passed_in(json_t *node)
{
    json_t       *value = json_object_get(node, "passed");
    const char   *text;

    if (json_is_array(value) && json_array_size(value) == 1) {
        value = json_array_get(value, 0);
    }

    text = json_string_value(value);

    if (text == NULL || text[0] == '\0' || text[1] != '\0') {
        return -1;
    }

    return text[0] == 'T' ? 1 : text[0] == 'F' ? 0 : -1;
}


/* A number, or a text of one; its scale is the rule's to know. */
static void
add_score(json_t *node, json_t *facts)
{
    char         *end;
    double        score;
    json_t       *value = json_object_get(node, "score");
    const char   *text = json_string_value(value);

    if (json_is_number(value)) {
        json_object_set_new(facts, "score",
                            json_real(json_number_value(value)));
        return;
    }

    if (text == NULL || *text == '\0' || strlen(text) > SCORE
        || strspn(text, "0123456789.") != strlen(text))
    {
        return;
    }

    score = strtod(text, &end);

    if (*end == '\0') {
        json_object_set_new(facts, "score", json_real(score));
    }
}


static void
add_reason(json_t *node, json_t *facts)
{
    civic_str_t  reason = shared_json_str(node, "mismatch_reason");

    if (reason.len > 0 && reason.len <= REASON
        && strspn(reason.data, "0123456789_abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-") == reason.len)
    {
        json_object_set_new(facts, "mismatch",
                            json_stringn(reason.data, reason.len));
    }
}


static civic_result_t
take_node(civic_request_t *r, json_t *node, compared_t *compared)
{
    int      passed = passed_in(node);
    json_t  *facts;

    if (passed < 0) {
        civic_log(r, CIVIC_LOG_ERROR, "alipay compares a photo and says "
                  "neither T nor F");
        compared->result = COMPARED_UNSURE;
        compared->why = "source_unclear";

        return CIVIC_OK;
    }

    facts = json_pack("{s:s, s:b}", "method", "alipay_source", "passed",
                      passed);
    add_score(node, facts);
    add_reason(node, facts);

    return photo_compared(r, facts, compared);
}


/* A refusal of the business (40004), or for want of a contract (40006), stays
   one; others pass. */
static civic_result_t
take_answer(civic_request_t *r, const shared_alipay_answer_t *answer,
    compared_t *compared)
{
    if (answer->outcome == SHARED_ALIPAY_DONE) {
        return take_node(r, answer->node, compared);
    }

    if (answer->outcome == SHARED_ALIPAY_REFUSED
        && (strcmp(answer->code, "40004") == 0
            || strcmp(answer->code, "40006") == 0))
    {
        compared->why = "source_refused";
        return CIVIC_OK;
    }

    compared->result = COMPARED_LATER;

    return CIVIC_OK;
}


civic_result_t
photo_by_source(civic_request_t *r, const photo_t *photo,
    civic_str_t picture, compared_t *compared)
{
    int                     open = 0;
    source_t                source;
    civic_result_t          rc;
    shared_alipay_answer_t  answer;

    rc = ask_rule(r, photo, &source, &open);

    if (rc == CIVIC_OK && open) {
        rc = read_person(r, photo, &source, &open);
    }

    if (rc == CIVIC_OK && open && picture.len > (size_t) source.most) {
        compared->why = "source_too_large";
        return CIVIC_OK;
    }

    if (rc != CIVIC_OK || !open || make_order(r, photo, &source) != 0) {
        return rc;
    }

    rc = shared_alipay_call(r, call_of(photo, &source), &answer);

    if (rc == CIVIC_NOT_FOUND) {
        return CIVIC_OK;
    }

    return rc == CIVIC_OK ? take_answer(r, &answer, compared) : rc;
}
