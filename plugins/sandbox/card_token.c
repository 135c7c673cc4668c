/*
 * card_token.c - the token endpoint with PKCE (RFC 6749, 7636), and userinfo.
 *
 * A code is taken before anything of it is compared: one that was tried
 * wrongly is used up.  The id_token says who in the issuer's own terms; name
 * and identity number stand in userinfo alone.
 */

#include <stdlib.h>

#include <openssl/sha.h>

#include "base64.h"
#include "oidc.h"
#include "sandbox.h"

#define TOKEN_LIFE    600               /* s */
#define VERIFIER_MIN  43                /* characters: RFC 7636 */
#define VERIFIER_MAX  128
#define HASH_TEXT     CIVIC_BASE64_ROOM(SHA256_DIGEST_LENGTH)


static civic_result_t
refuse(civic_request_t *r, int status, const char *error,
    const sandbox_fault_t *fault)
{
    return sandbox_card_reply(r, status, json_pack("{s:s}", "error", error),
                              fault);
}


/* base64url of the first len bytes of a text's SHA-256. */
static void
hash(const char *text, size_t len, char out[HASH_TEXT])
{
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    (void) SHA256((const unsigned char *) text, strlen(text), digest);
    (void) civic_base64_encode_url(digest, len, out);
}


static const char *
field(const alipay_parameters_t *form, const char *name)
{
    const char  *value = alipay_parameters_get(form, name);

    return value == NULL ? "" : value;
}


/* client_secret_basic or client_secret_post. */
static int
is_client(civic_request_t *r, const alipay_parameters_t *form)
{
    char                 basic[1024];
    int64_t              len;
    civic_str_t          header = civic_header(r, "authorization");
    civic_oidc_client_t  client = {
        .client_id = sandbox_card_option(r, "card_client_id"),
        .client_secret = sandbox_card_option(r, "card_client_secret")
    };

    if (*client.client_secret == '\0') {
        return 0;
    }

    if (header.len != 0) {
        len = civic_oidc_basic(&client, basic, sizeof(basic));
        return len > 0 && civic_str_eq(header, (civic_str_t) { basic,
                                                        (size_t) len });
    }

    return strcmp(field(form, "client_id"), client.client_id) == 0
           && strcmp(field(form, "client_secret"), client.client_secret) == 0;
}


static int
fits(const json_t *grant, const alipay_parameters_t *form)
{
    char         challenge[HASH_TEXT];
    const char  *verifier = field(form, "code_verifier");

    if (grant == NULL || strlen(verifier) < VERIFIER_MIN
        || strlen(verifier) > VERIFIER_MAX)
    {
        return 0;
    }

    hash(verifier, SHA256_DIGEST_LENGTH, challenge);

    return strcmp(challenge, sandbox_text(grant, "code_challenge")) == 0
           && strcmp(field(form, "redirect_uri"),
                     sandbox_text(grant, "redirect_uri")) == 0;
}


/* ---- tokens ------------------------------------------------------------ */

static json_t *
claims_of(civic_request_t *r, const json_t *grant, const json_t *person,
    const char *access)
{
    char         at_hash[HASH_TEXT];
    json_t      *claims;
    const char  *nonce = sandbox_text(grant, "nonce");
    json_int_t   now = civic_now(r) / 1000;

    hash(access, SHA256_DIGEST_LENGTH / 2, at_hash);

    claims = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
                       "iss", sandbox_card_option(r, "card_issuer"),
                       "sub", sandbox_text(person, "user_id"),
                       "aud", sandbox_card_option(r, "card_client_id"),
                       "iat", now, "auth_time", now,
                       "exp", now + TOKEN_LIFE, "at_hash", at_hash);

    if (*nonce != '\0') {
        json_object_set_new(claims, "nonce", json_string(nonce));
    }

    return claims;
}


/* RFC 7515's "none": the claims of a token under a header of no algorithm. */
static const char *
without_signature(civic_request_t *r, const char *token)
{
    const char  *claims = strchr(token, '.') + 1;

    return civic_print(r, "eyJhbGciOiJub25lIn0.%.*s.",
                       (int) strcspn(claims, "."), claims).data;
}


static const char *
with_wrong_signature(civic_request_t *r, const char *token)
{
    const char  *last = strrchr(token, '.') + 1;

    return civic_print(r, "%.*s%c%s", (int) (last - token), token,
                       *last == 'A' ? 'B' : 'A', last + 1).data;
}


static civic_result_t
give_tokens(civic_request_t *r, const json_t *grant, const json_t *person,
    const sandbox_fault_t *fault)
{
    const char      *token;
    civic_str_t      access;
    civic_result_t   rc;

    rc = sandbox_new_id(r, &access);

    if (rc == CIVIC_OK) {
        rc = sandbox_keep(r, sandbox_key(r, "card-token", access.data),
                          json_pack("{s:s}", "user",
                                    sandbox_text(grant, "user")),
                          TOKEN_LIFE * 1000LL);
    }

    if (rc == CIVIC_OK) {
        rc = sandbox_card_sign(r, claims_of(r, grant, person, access.data),
                               &token);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (fault->kind == SANDBOX_UNSIGNED_SUCCESS) {
        token = without_signature(r, token);

    } else if (fault->kind == SANDBOX_WRONG_SIGNATURE) {
        token = with_wrong_signature(r, token);
    }

    return sandbox_card_reply(r, 200,
                              json_pack("{s:s, s:s, s:i, s:s}",
                                        "access_token", access.data,
                                        "token_type", "Bearer",
                                        "expires_in", TOKEN_LIFE,
                                        "id_token", token), fault);
}


static civic_result_t
exchange(civic_request_t *r, const alipay_parameters_t *form,
    const sandbox_fault_t *fault)
{
    json_t          *grant, *person;
    civic_result_t   rc;

    if (!is_client(r, form)) {
        return refuse(r, 401, "invalid_client", fault);
    }

    if (strcmp(field(form, "grant_type"), "authorization_code") != 0) {
        return refuse(r, 400, "unsupported_grant_type", fault);
    }

    rc = sandbox_take(r, sandbox_key(r, "card-code", field(form, "code")),
                      &grant);

    if (rc == CIVIC_OK) {
        person = sandbox_person(r, sandbox_text(grant, "user"));
        rc = fits(grant, form) && person != NULL
             ? give_tokens(r, grant, person, fault)
             : refuse(r, 400, "invalid_grant", fault);
    }

    json_decref(grant);

    return rc;
}


civic_result_t
sandbox_card_token(civic_request_t *r)
{
    int                   over;
    civic_str_t           body = civic_raw_body(r);
    civic_result_t        rc;
    sandbox_fault_t       fault;
    alipay_failure_t      failure;
    alipay_parameters_t   form = { .items = NULL };

    rc = sandbox_card_fault_of(r, "token", &fault, &over);

    if (rc == CIVIC_OK && !over) {
        rc = alipay_form_parse(body.data, body.len, &form, &failure) != 0
             ? refuse(r, 400, "invalid_request", &fault)
             : exchange(r, &form, &fault);
    }

    alipay_parameters_free(&form);

    return rc;
}


/* ---- userinfo ---------------------------------------------------------- */

civic_result_t
sandbox_card_userinfo(civic_request_t *r)
{
    int              over;
    json_t          *grant = NULL, *person;
    civic_str_t      header = civic_header(r, "authorization");
    civic_result_t   rc;
    sandbox_fault_t  fault;

    rc = sandbox_card_fault_of(r, "userinfo", &fault, &over);

    if (rc != CIVIC_OK || over) {
        return rc;
    }

    if (header.len > 7 && strncmp(header.data, "Bearer ", 7) == 0) {
        rc = sandbox_find(r, sandbox_key(r, "card-token",
                                         civic_print(r, "%.*s",
                                                     (int) header.len - 7,
                                                     header.data + 7).data),
                          &grant);
    }

    person = sandbox_person(r, sandbox_text(grant, "user"));
    json_decref(grant);

    if (rc != CIVIC_OK || person == NULL) {
        return rc != CIVIC_OK ? rc : refuse(r, 401, "invalid_token", &fault);
    }

    return sandbox_card_reply(r, 200,
                              json_pack("{s:s, s:s, s:s, s:s}",
                                        "sub", sandbox_text(person,
                                                            "user_id"),
                                        "name", sandbox_text(person, "name"),
                                        "id_number", sandbox_text(person,
                                                                "id_number"),
                                        "level", "real_name"), &fault);
}
