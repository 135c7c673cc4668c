/*
 * source.c - a photo against the authority's own picture
 * (datadigital.fincloud.generalsaas.face.source.certify): server to server,
 * multipart, answered at once.
 *
 * The sandbox has no pictures of its people and looks at no face.  What the
 * authority would say of a person's photos is said beforehand, by a route
 * that stands for it; without that a photo fits, unless the name is not the
 * number's.
 */

#include "id_form.h"
#include "sandbox.h"

#define OPINION_LIFE  SANDBOX_DAY
#define FILE_MOST     (1024 * 1024)     /* bytes: reference */
#define ORDER_MOST    64

static const char *const  says[] = { "same", "different", NULL };

static const char *const  cert_types[] = {
    "IDENTITY_CARD", "RESIDENCE_HK_MC", "RESIDENCE_TAIWAN", NULL
};

const civic_field_t  sandbox_source_body[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .min = 1, .max = 32,
      .example = SHARED_NUMBER_EXAMPLE,
      .zh = "证件号码", .en = "whose photos" },
    { .name = "says", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = says, .zh = "比对结果",
      .en = "what the authority says of every photo of theirs from now on" },
    { .name = "score", .type = CIVIC_TYPE_STRING, .max = 8,
      .pattern = "[0-9]{1,3}([.][0-9]{1,2})?", .example = "96.5",
      .zh = "分数",
      .en = "beside it; 96 or 21 if absent" },
    { .name = "reason", .type = CIVIC_TYPE_STRING, .max = 64,
      .pattern = "[A-Z_]*", .example = "NAME_NUMBER_MISMATCH",
      .zh = "不一致的原因代码",
      .en = "mismatch_reason of a photo that differs" },
    CIVIC_END
};

const civic_field_t  sandbox_source_reply[] = {
    { .name = "says", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = says, .zh = "比对结果", .en = "what it says from now on" },
    CIVIC_END
};


static const char *
text_or(const char *text, const char *fallback)
{
    return *text == '\0' ? fallback : text;
}


static json_t *
opinion(const char *what, const char *score, const char *reason)
{
    int  same = strcmp(what, "same") == 0;

    return json_pack("{s:s, s:s, s:s}", "says", what,
                     "score", text_or(score, same ? "96" : "21"),
                     "reason", same ? "" : text_or(reason,
                                                   "FACE_NOT_MATCH"));
}


civic_result_t
sandbox_source_say(civic_request_t *r)
{
    json_t          *body = civic_body(r);
    const char      *number = sandbox_text(body, "id_number");
    civic_result_t   rc;

    rc = sandbox_keep(r, sandbox_key(r, "source", number),
                      opinion(sandbox_text(body, "says"),
                              sandbox_text(body, "score"),
                              sandbox_text(body, "reason")), OPINION_LIFE);

    if (rc == CIVIC_OK) {
        civic_write_str(r, civic_reply(r, 200), "says",
                        civic_body_str(r, "says"));
    }

    return rc;
}


/* ---- the method -------------------------------------------------------- */

static int
is_cert_type(const char *type)
{
    size_t  i;

    for (i = 0; type != NULL && cert_types[i] != NULL; i++) {
        if (strcmp(cert_types[i], type) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What is wrong with the call; NULL if nothing. */
static const char *
wrong_in(const sandbox_call_t *call)
{
    const char  *order = sandbox_parameter(call, "outer_biz_no");

    if (order == NULL || strlen(order) > ORDER_MOST) {
        return "outer_biz_no";
    }

    if (!is_cert_type(sandbox_parameter(call, "cert_type"))) {
        return "cert_type";
    }

    if (sandbox_parameter(call, "cert_name") == NULL) {
        return "cert_name";
    }

    if (sandbox_parameter(call, "cert_no") == NULL) {
        return "cert_no";
    }

    return call->file.data == NULL
           || strcmp(call->file.name, "file_content") != 0
           || call->file.len < 4 || call->file.len > FILE_MOST
           || memcmp(call->file.data, "\xff\xd8\xff", 3) != 0
           ? "file_content" : NULL;
}


static civic_result_t
what_is_said(sandbox_call_t *call, json_t **said)
{
    civic_result_t  rc;

    if (sandbox_other_name(call->r, sandbox_parameter(call, "cert_name"),
                           sandbox_parameter(call, "cert_no")))
    {
        *said = opinion("different", "0", "NAME_NUMBER_MISMATCH");
        return CIVIC_OK;
    }

    rc = sandbox_find(call->r,
                      sandbox_key(call->r, "source",
                                  sandbox_parameter(call, "cert_no")), said);

    if (rc == CIVIC_OK && *said == NULL) {
        *said = opinion("same", "", "");
    }

    return rc;
}


civic_result_t
sandbox_source_certify(sandbox_call_t *call)
{
    int              same;
    json_t          *said, *node;
    civic_str_t      id;
    const char      *wrong = wrong_in(call);
    civic_result_t   rc;

    if (wrong != NULL) {
        return sandbox_refuse(call, "40002", "isv.invalid-parameter",
                              civic_print(call->r, "参数有误：%s",
                                          wrong).data);
    }

    rc = sandbox_new_id(call->r, &id);

    if (rc == CIVIC_OK) {
        rc = what_is_said(call, &said);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    same = strcmp(sandbox_text(said, "says"), "same") == 0;
    node = json_pack("{s:s, s:s, s:s, s:s}", "certify_no", id.data,
                     "passed", same ? "T" : "F",
                     "score", sandbox_text(said, "score"), "quality", "90");

    if (!same) {
        json_object_set_new(node, "mismatch_reason",
                            json_string(sandbox_text(said, "reason")));
    }

    json_decref(said);

    return sandbox_done(call, node);
}
