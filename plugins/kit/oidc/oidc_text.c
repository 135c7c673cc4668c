/*
 * oidc_text.c - forms and addresses are written here, and what a log says of
 * a status; see oidc_private.h and oidc.h.
 */

#include <string.h>

#include "oidc_private.h"


void
civic_oidc_put(civic_oidc_out_t *out, const char *text, size_t len)
{
    if (len <= out->size && out->used <= out->size - len) {
        memcpy(out->out + out->used, text, len);
        out->used += len;
        return;
    }

    /* over: nothing fits any more, not even a NUL */
    out->used = out->size;
    out->size = 0;
}


static int
is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}


void
civic_oidc_put_encoded(civic_oidc_out_t *out, const char *text)
{
    char           code[3];
    unsigned char  c;

    static const char  digits[] = "0123456789ABCDEF";

    for ( ; *text != '\0'; text++) {
        if (is_unreserved(*text)) {
            civic_oidc_put(out, text, 1);
            continue;
        }

        c = (unsigned char) *text;
        code[0] = '%';
        code[1] = digits[c >> 4];
        code[2] = digits[c & 15];
        civic_oidc_put(out, code, sizeof(code));
    }
}


void
civic_oidc_put_field(civic_oidc_out_t *out, const char *name,
    const char *value)
{
    if (out->used > 0) {
        civic_oidc_put(out, "&", 1);
    }

    civic_oidc_put(out, name, strlen(name));
    civic_oidc_put(out, "=", 1);
    civic_oidc_put_encoded(out, value);
}


int64_t
civic_oidc_out_end(civic_oidc_out_t *out)
{
    if (out->used >= out->size) {
        return -1;
    }

    out->out[out->used] = '\0';

    return (int64_t) out->used;
}


const char *
civic_oidc_text(civic_oidc_status_t status)
{
    static const char *const  texts[] = {
        [CIVIC_OIDC_OK] = "ok",
        [CIVIC_OIDC_NO_MEMORY] = "out of memory",
        [CIVIC_OIDC_SETTING] = "the client's settings are wrong",
        [CIVIC_OIDC_TOO_LONG] = "the answer is too long",
        [CIVIC_OIDC_JSON] = "not an object of JSON without doubled members",
        [CIVIC_OIDC_MEMBER] = "a member is missing or of another type",
        [CIVIC_OIDC_ISSUER] = "the issuer is not the configured one",
        [CIVIC_OIDC_ENDPOINT] = "an endpoint is not an https address",
        [CIVIC_OIDC_UNSUPPORTED] =
            "flow, PKCE, authentication or algorithm is not offered",
        [CIVIC_OIDC_STATE] = "state is not of this browser's login",
        [CIVIC_OIDC_REFUSED] = "the provider refused",
        [CIVIC_OIDC_NO_KEY] = "the set has no key for signatures",
        [CIVIC_OIDC_KEY_UNKNOWN] = "no known key has signed the id_token",
        [CIVIC_OIDC_FORM] = "the id_token is no compact JWS",
        [CIVIC_OIDC_HEADER] = "the id_token's header asks for more",
        [CIVIC_OIDC_ALGORITHM] = "the id_token's alg is not allowed",
        [CIVIC_OIDC_SIGNATURE] = "the id_token's signature is wrong",
        [CIVIC_OIDC_AUDIENCE] = "the id_token is for another client",
        [CIVIC_OIDC_AUTHORIZED_PARTY] = "the id_token's azp is another client",
        [CIVIC_OIDC_EXPIRED] = "the id_token has expired",
        [CIVIC_OIDC_NOT_YET] = "the id_token is not valid yet",
        [CIVIC_OIDC_TOO_OLD] = "the id_token or its login is too old",
        [CIVIC_OIDC_NONCE] = "the id_token's nonce is of another login",
        [CIVIC_OIDC_ACCESS_TOKEN] = "at_hash is of another access token",
        [CIVIC_OIDC_SUBJECT_DIFFERS] = "userinfo is about another subject",
        [CIVIC_OIDC_NO_IDENTITY] = "the mapped claims are not there",
        [CIVIC_OIDC_ID_NUMBER] = "the claimed identity number is none",
        [CIVIC_OIDC_NAME] = "the claimed name is none",
    };

    return texts[status];
}
