/*
 * certify.c - the face: attempts that are begun by an app, decided by a
 * person on the sandbox' phone page, and asked about by the app.
 *
 * Three families of methods differ in names and shapes alone; an attempt
 * remembers which one it belongs to, and is unknown to the others.  Only
 * from the page comes a result: until then an attempt has not passed.
 */

#include <stdlib.h>

#include "sandbox.h"

#define ATTEMPT_LIFE  (23 * 3600 * 1000LL)  /* ms that it can be used */
#define ORDER_OPEN    32                /* characters of outer_order_no */
#define ORDER_FINCLOUD  64

static const char *const  cert_types[] = {
    "IDENTITY_CARD", "HOME_VISIT_PERMIT_HK_MC", "HOME_VISIT_PERMIT_TAIWAN",
    "RESIDENCE_PERMIT_HK_MC", "RESIDENCE_PERMIT_TAIWAN",
    "PERMANENT_RESIDENCE_FOREIGNER", NULL
};

static const char *const  verification_types[] = {
    "IDENTITY_CARD", "RESIDENCE_HK_MC", "RESIDENCE_TAIWAN", NULL
};

static const char *const  open_codes[] = {
    "FACE", "CERT_PHOTO", "CERT_PHOTO_FACE", "SMART_FACE", NULL
};

static const char *const  h5_codes[] = { "FUTURE_TECH_BIZ_FACE_SDK", NULL };

static const char *const  verification_codes[] = {
    "DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION", NULL
};

typedef struct {
    const char          *name;
    size_t               order;         /* characters of outer_order_no */
    const char *const   *codes;
    const char *const   *types;
} family_t;

static const family_t  open_family = {
    "open", ORDER_OPEN, open_codes, cert_types
};

static const family_t  h5_family = {
    "h5", ORDER_OPEN, h5_codes, cert_types
};

static const family_t  verification_family = {
    "verification", ORDER_FINCLOUD, verification_codes, verification_types
};


/* ---- beginning --------------------------------------------------------- */

static int
is_one_of(const char *text, const char *const *list)
{
    size_t  i;

    for (i = 0; text != NULL && list[i] != NULL; i++) {
        if (strcmp(text, list[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
is_order(const char *text, size_t most)
{
    return text != NULL && strlen(text) <= most
           && text[strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}


/* An object that older samples send as JSON within a string.  A new
   reference, or NULL. */
static json_t *
object_in(const sandbox_call_t *call, const char *name)
{
    json_t  *value = json_object_get(call->business, name);

    if (json_is_string(value)) {
        value = json_loads(json_string_value(value), 0, NULL);

        if (!json_is_object(value)) {
            json_decref(value);
            return NULL;
        }

        return value;
    }

    return json_is_object(value) ? json_incref(value) : NULL;
}


static civic_result_t
refuse_parameter(sandbox_call_t *call, const char *name)
{
    return sandbox_refuse(call, "40002", "isv.invalid-parameter",
                          civic_print(call->r, "参数有误：%s", name).data);
}


/* What is wrong with who is to be seen; NULL if nothing. */
static const char *
wrong_in(const json_t *who, const char *const *types)
{
    static const char *const  whose[] = {
        "CERT_INFO", "AGENT_CERT_INFO", NULL
    };

    if (!is_one_of(sandbox_text(who, "identity_type"), whose)) {
        return "identity_type";
    }

    if (!is_one_of(sandbox_text(who, "cert_type"), types)) {
        return "cert_type";
    }

    if (*sandbox_text(who, "cert_name") == '\0') {
        return "cert_name";
    }

    return *sandbox_text(who, "cert_no") == '\0' ? "cert_no" : NULL;
}


/* What is wrong with the order; NULL if nothing. */
static const char *
wrong_order(const sandbox_call_t *call, const family_t *family)
{
    if (!is_order(sandbox_business(call, "outer_order_no"), family->order)) {
        return "outer_order_no";
    }

    return !is_one_of(sandbox_business(call, "biz_code"), family->codes)
           ? "biz_code" : NULL;
}


static civic_result_t
begin(sandbox_call_t *call, const family_t *family, const json_t *who,
    const json_t *config, civic_str_t *id)
{
    json_t          *attempt;
    civic_result_t   rc;

    rc = sandbox_new_id(call->r, id);

    if (rc != CIVIC_OK) {
        return rc;
    }

    attempt = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
                        "family", family->name, "state", "waiting",
                        "reason", "",
                        "name", sandbox_text(who, "cert_name"),
                        "number", sandbox_text(who, "cert_no"),
                        "whose", sandbox_text(who, "identity_type"),
                        "return_url", sandbox_text(config, "return_url"),
                        "picture",
                        json_object_get(config, "out_put_facial_picture")
                        != NULL);

    return sandbox_keep(call->r, sandbox_key(call->r, "certify", id->data),
                        attempt, ATTEMPT_LIFE);
}


static civic_result_t
begin_with_config(sandbox_call_t *call, const family_t *family)
{
    json_t          *who, *config;
    civic_str_t      id;
    const char      *wrong = wrong_order(call, family);
    civic_result_t   rc;

    if (wrong != NULL) {
        return refuse_parameter(call, wrong);
    }

    who = object_in(call, "identity_param");
    config = object_in(call, "merchant_config");
    wrong = wrong_in(who, family->types);

    if (wrong == NULL
        && !json_is_string(json_object_get(config, "return_url")))
    {
        wrong = "merchant_config.return_url";
    }

    if (wrong != NULL) {
        rc = refuse_parameter(call, wrong);

    } else {
        rc = begin(call, family, who, config, &id);

        if (rc == CIVIC_OK) {
            rc = sandbox_done(call, json_pack("{s:s}", "certify_id",
                                              id.data));
        }
    }

    json_decref(who);
    json_decref(config);

    return rc;
}


civic_result_t
sandbox_open_initialize(sandbox_call_t *call)
{
    return begin_with_config(call, &open_family);
}


civic_result_t
sandbox_h5_initialize(sandbox_call_t *call)
{
    return begin_with_config(call, &h5_family);
}


/* ---- where the face is shown ------------------------------------------- */

/* For another device, hence absolute: as this one was addressed, unless the
   option says how people reach it. */
static civic_str_t
page_url(civic_request_t *r, const char *id)
{
    const char   *base = json_string_value(civic_option(r, "base_url"));
    civic_str_t   host = civic_header(r, "host");

    if (*base != '\0') {
        return civic_print(r, "%s/phone/certify/%s", base, id);
    }

    return civic_print(r, "http://%.*s/sandbox/phone/certify/%s",
                       (int) host.len, host.data, id);
}


civic_result_t
sandbox_verification_initialize(sandbox_call_t *call)
{
    civic_str_t      id;
    const char      *wrong;
    const family_t  *family = &verification_family;
    civic_result_t   rc;

    wrong = wrong_order(call, family);

    if (wrong == NULL) {
        wrong = wrong_in(call->business, family->types);
    }

    if (wrong != NULL) {
        return refuse_parameter(call, wrong);
    }

    rc = begin(call, family, call->business, NULL, &id);

    return rc != CIVIC_OK ? rc
           : sandbox_done(call, json_pack("{s:s, s:s}", "certify_id", id.data,
                                          "web_url",
                                          page_url(call->r, id.data).data));
}


/* The attempt of certify_id in this family; a new reference, or NULL. */
static civic_result_t
find(sandbox_call_t *call, const family_t *family, json_t **attempt)
{
    const char      *id = sandbox_business(call, "certify_id");
    civic_result_t   rc;

    *attempt = NULL;

    if (id == NULL) {
        return CIVIC_OK;
    }

    rc = sandbox_find(call->r, sandbox_key(call->r, "certify", id), attempt);

    if (rc == CIVIC_OK && *attempt != NULL
        && strcmp(sandbox_text(*attempt, "family"), family->name) != 0)
    {
        json_decref(*attempt);
        *attempt = NULL;
    }

    return rc;
}


static civic_result_t
refuse_unknown(sandbox_call_t *call)
{
    return sandbox_refuse(call, "40004", "OPEN_CERTIFY_BILL_NOT_EXIST",
                          "认证单据不存在");
}


civic_result_t
sandbox_certify_page(sandbox_call_t *call, civic_str_t *location)
{
    json_t          *attempt;
    civic_result_t   rc;

    *location = CIVIC_STR("");
    rc = find(call, &open_family, &attempt);

    if (attempt != NULL) {
        *location = civic_print(call->r, "../phone/certify/%s",
                                sandbox_business(call, "certify_id"));
        json_decref(attempt);
    }

    return rc;
}


civic_result_t
sandbox_h5_verify(sandbox_call_t *call)
{
    json_t          *attempt;
    civic_str_t      url;
    civic_result_t   rc;

    rc = find(call, &h5_family, &attempt);

    if (rc != CIVIC_OK || attempt == NULL) {
        return rc != CIVIC_OK ? rc : refuse_unknown(call);
    }

    json_decref(attempt);
    url = page_url(call->r, sandbox_business(call, "certify_id"));

    return sandbox_done(call, json_pack("{s:s}", "certify_url", url.data));
}


/* ---- what came of it --------------------------------------------------- */

static int
has_passed(const json_t *attempt)
{
    return strcmp(sandbox_text(attempt, "state"), "passed") == 0;
}


/* With permission the picture comes along: as JSON in a string. */
static void
add_picture(sandbox_call_t *call, const json_t *attempt, json_t *node)
{
    char             *text;
    json_t           *material;
    sandbox_state_t  *state = civic_state(call->r);

    if (state->picture == NULL || !has_passed(attempt)
        || !json_is_true(json_object_get(attempt, "picture")))
    {
        return;
    }

    material = json_pack("{s:s}", "FACE", state->picture);
    text = json_dumps(material, JSON_COMPACT);
    json_decref(material);

    json_object_set_new(node, "material_info",
                        json_string(text == NULL ? "" : text));
    free(text);
}


static civic_result_t
query(sandbox_call_t *call, const family_t *family,
    civic_result_t (*tell)(sandbox_call_t *, const json_t *))
{
    json_t          *attempt;
    civic_result_t   rc;

    rc = find(call, family, &attempt);

    if (rc == CIVIC_OK) {
        rc = attempt != NULL ? tell(call, attempt) : refuse_unknown(call);
    }

    json_decref(attempt);

    return rc;
}


static civic_result_t
tell_passed(sandbox_call_t *call, const json_t *attempt)
{
    json_t      *node;
    const char  *reason = sandbox_text(attempt, "reason");

    node = json_pack("{s:s}", "passed", has_passed(attempt) ? "T" : "F");

    if (*reason != '\0') {
        json_object_set_new(node, "fail_reason", json_string(reason));
    }

    add_picture(call, attempt, node);

    return sandbox_done(call, node);
}


static civic_result_t
tell_state(sandbox_call_t *call, const json_t *attempt)
{
    const char  *state = sandbox_text(attempt, "state");

    if (strcmp(state, "waiting") == 0) {
        return sandbox_done(call, json_pack("{s:s}", "certify_state",
                                            "PROCESSING"));
    }

    return sandbox_done(call,
                        json_pack("{s:s, s:s, s:s, s:s}", "certify_state",
                                  has_passed(attempt) ? "SUCCESS" : "FAIL",
                                  "score", has_passed(attempt) ? "98" : "12",
                                  "quality", "90", "attack_flag", "F"));
}


civic_result_t
sandbox_open_query(sandbox_call_t *call)
{
    return query(call, &open_family, tell_passed);
}


civic_result_t
sandbox_h5_query(sandbox_call_t *call)
{
    return query(call, &h5_family, tell_passed);
}


civic_result_t
sandbox_verification_query(sandbox_call_t *call)
{
    return query(call, &verification_family, tell_state);
}
