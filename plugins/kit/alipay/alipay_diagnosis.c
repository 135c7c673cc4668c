/*
 * alipay_diagnosis.c - WHY a signature was refused, in one line.
 *
 * Three questions, in the order in which they help: which key made it (a
 * signature tells, whatever it is over), would it match with the text read
 * in one of the ways that SDKs differ in, and what does the other side say
 * it signed.  Only names, lengths and public keys' fingerprints are written,
 * never a value.  Runs after a refusal, never instead of one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alipay_private.h"
#include "text.h"

#define NAMES_SHOWN  480                /* bytes of parameter names in a line */


/* ---- who made it ------------------------------------------------------- */

/* The key that made a signature, with its sign_type; NULL for none of ours. */
static EVP_PKEY *
say_maker(const alipay_keys_t *keys, const unsigned char *sign, size_t len,
    char *why)
{
    size_t       i;
    const char  *type;

    for (i = 0; i < keys->npeers; i++) {
        type = alipay_made_by(keys->peers[i].key, sign, len);

        if (type != NULL) {
            alipay_say(why, "; made with sign_type %s by the counterpart's "
                       "key %s%s%s, over another text", type,
                       keys->peers[i].fingerprint,
                       keys->peers[i].serial[0] != '\0' ? ", certificate "
                       : "", keys->peers[i].serial);
            return keys->peers[i].key;
        }
    }

    if (alipay_made_by(keys->own, sign, len) != NULL) {
        alipay_say(why, "; made by our OWN key %s: the two sides' keys are "
                   "exchanged", keys->own_fingerprint);
        return NULL;
    }

    alipay_say(why, "; not made by the key that we have of the counterpart, "
               "%s: is it Alipay's public key of this app_id (%s) and of "
               "this environment?", keys->peers[0].fingerprint, keys->app_id);

    return NULL;
}


/* Whether a text matches with either digest; says so. */
static int
say_match(EVP_PKEY *key, alipay_span_t text, const unsigned char *sign,
    size_t len, const char *reading, char *why)
{
    if (alipay_matches(key, EVP_sha256(), text, sign, len)) {
        alipay_say(why, "; it WOULD verify %s", reading);
        return 1;
    }

    if (alipay_matches(key, EVP_sha1(), text, sign, len)) {
        alipay_say(why, "; it WOULD verify %s with sign_type RSA (SHA-1): "
                   "set RSA2 in the console", reading);
        return 1;
    }

    return 0;
}


static void
say_serials(const alipay_keys_t *keys, char *why)
{
    size_t  i;

    for (i = 0; i < keys->npeers; i++) {
        alipay_say(why, "%s%s", i == 0 ? "; loaded: " : ", ",
                   keys->peers[i].serial);
    }
}


/* What needs no text to be said.  Nonzero if that is all. */
static int
say_status(const alipay_keys_t *keys, alipay_signature_t status,
    alipay_span_t sign, const char *serial, char *why)
{
    alipay_say(why, ": signature refused (%s)",
               alipay_signature_name(status));

    switch (status) {
    case ALIPAY_SIGNATURE_MALFORMED:
        alipay_say(why, "; sign has %zu characters, of RSA2 it has 344, in "
                   "base64 without line breaks", sign.len);
        return 1;

    case ALIPAY_SIGNATURE_CERT_UNKNOWN:
        alipay_say(why, "; it names certificate \"%s\"", serial);
        say_serials(keys, why);
        alipay_say(why, "; download it");
        return 1;

    case ALIPAY_SIGNATURE_WRONG:
        return 0;

    default:
        return 1;
    }
}


/* ---- responses --------------------------------------------------------- */

/* Replaces, as the Java SDK does, without looking at what stands before.
   The number of changes, or -1. */
static int
replace(alipay_span_t text, const char *from, const char *to,
    alipay_text_t *out)
{
    int     changes = 0;
    size_t  i, start = 0, len = strlen(from);

    for (i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, from, len) == 0) {
            alipay_put(out, text.data + start, i - start);
            alipay_puts(out, to);
            i += len - 1;
            start = i + 1;
            changes++;
        }
    }

    alipay_put(out, text.data + start, text.len - start);

    return alipay_text_finish(out) == 0 ? changes : -1;
}


int
alipay_unescape_slashes(alipay_span_t text, alipay_text_t *out)
{
    return replace(text, "\\/", "/", out);
}


static void
try_replaced(EVP_PKEY *key, alipay_span_t text, const unsigned char *sign,
    size_t len, const char *from, const char *to, char *why)
{
    char           reading[64];
    alipay_text_t  other = { .data = NULL };

    if (replace(text, from, to, &other) > 0) {
        snprintf(reading, sizeof(reading), "with %s as %s", from, to);
        say_match(key, (alipay_span_t) { other.data, other.len }, sign, len,
                  reading, why);
    }

    alipay_text_free(&other);
}


void
alipay_diagnose_response(const alipay_keys_t *keys, alipay_span_t text,
    alipay_span_t sign, const char *serial, alipay_signature_t status,
    char *why)
{
    int64_t         len;
    EVP_PKEY       *key;
    unsigned char   raw[ALIPAY_SIGN_BYTES];

    if (say_status(keys, status, sign, serial == NULL ? "" : serial, why)) {
        return;
    }

    alipay_say(why, "; %s mode, sign_type RSA2, signed are the %zu bytes of "
               "the node, UTF-8: %s", keys->certificates ? "certificate"
               : "key", text.len,
               civic_text_length(text.data, text.len) >= 0 ? "yes" : "NO");

    len = alipay_sign_bytes(sign, raw);
    key = say_maker(keys, raw, (size_t) len, why);

    if (key == NULL) {
        return;
    }

    say_match(key, text, raw, (size_t) len, "as it is", why);
    try_replaced(key, text, raw, (size_t) len, "\\/", "/", why);
    try_replaced(key, text, raw, (size_t) len, "/", "\\/", why);

    if (text.data[0] == '"' && text.len > 2) {
        say_match(key, (alipay_span_t) { text.data + 1, text.len - 2 }, raw,
                  (size_t) len, "without the quotes of the content", why);
    }
}


/* ---- notifications ----------------------------------------------------- */

static void
say_names(const alipay_parameters_t *parameters, char *why)
{
    size_t  i, start = strlen(why);

    alipay_say(why, "; parameters");

    for (i = 0; i < parameters->count; i++) {
        if (strlen(why) - start > NAMES_SHOWN) {
            alipay_say(why, " and %zu more", parameters->count - i);
            return;
        }

        alipay_say(why, "%c%s", i == 0 ? ' ' : ',',
                   parameters->items[i].name);
    }
}


static void
try_flags(EVP_PKEY *key, const alipay_parameters_t *parameters,
    unsigned flags, const unsigned char *sign, size_t len, char *why)
{
    char           reading[96];
    alipay_text_t  text = { .data = NULL };

    snprintf(reading, sizeof(reading), "%s sign_type, %s empty values, %s "
             "alipay_cert_sn", flags & ALIPAY_SIGNED_SIGN_TYPE ? "with"
             : "without", flags & ALIPAY_SIGNED_EMPTY ? "with" : "without",
             flags & ALIPAY_SIGNED_CERT_SN ? "with" : "without");

    if (alipay_parameters_text(parameters, flags, &text) == 0) {
        say_match(key, (alipay_span_t) { text.data, text.len }, sign, len,
                  reading, why);
    }

    alipay_text_free(&text);
}


/* Whoever handed the body on decoded or encoded it once too often. */
static void
try_recoded(EVP_PKEY *key, const alipay_parameters_t *parameters,
    const unsigned char *sign, size_t len, char *why)
{
    alipay_text_t        text = { .data = NULL }, form = { .data = NULL };
    alipay_parameters_t  again = { .items = NULL };

    if (alipay_parameters_text(parameters, ALIPAY_SIGNED_EMPTY, &text) == 0) {
        try_replaced(key, (alipay_span_t) { text.data, text.len }, sign, len,
                     " ", "+", why);
    }

    if (alipay_form_parse(text.data, text.len, &again, NULL) == 0
        && alipay_parameters_text(&again, ALIPAY_SIGNED_EMPTY, &form) == 0)
    {
        say_match(key, (alipay_span_t) { form.data, form.len }, sign, len,
                  "with its values decoded twice", why);
    }

    alipay_parameters_free(&again);
    alipay_text_free(&text);
    alipay_text_free(&form);
}


void
alipay_diagnose_notify(const alipay_keys_t *keys,
    const alipay_parameters_t *parameters, unsigned flags,
    alipay_signature_t status, char *why)
{
    int64_t         len;
    unsigned        other;
    EVP_PKEY       *key;
    const char     *sign = alipay_parameters_get(parameters, "sign");
    const char     *serial = alipay_parameters_get(parameters,
                                                   "alipay_cert_sn");
    char            shown[ALIPAY_SERIAL_TEXT];
    unsigned char   raw[ALIPAY_SIGN_BYTES];
    alipay_span_t   span = { sign, sign == NULL ? 0 : strlen(sign) };

    alipay_code_copy(shown, sizeof(shown), serial);

    if (!say_status(keys, status, span, shown, why)) {
        len = alipay_sign_bytes(span, raw);
        key = say_maker(keys, raw, (size_t) len, why);

        if (key != NULL) {
            for (other = 0; other < 8; other++) {
                try_flags(key, parameters, other, raw, (size_t) len, why);
            }

            try_recoded(key, parameters, raw, (size_t) len, why);
        }
    }

    alipay_say(why, "; read %s sign_type", flags & ALIPAY_SIGNED_SIGN_TYPE
               ? "with" : "without");
    say_names(parameters, why);
}


/* ---- requests that the gateway refused --------------------------------- */

/* Where the gateway's text says what it signed, NULL if it does not. */
static const char *
gateway_text(const char *sub_msg, const char *ours)
{
    char         first[ALIPAY_NAME + 2];
    size_t       len = strcspn(ours, "=");

    if (sub_msg == NULL || len > ALIPAY_NAME || ours[len] != '=') {
        return NULL;
    }

    memcpy(first, ours, len + 1);
    first[len + 1] = '\0';

    return strstr(sub_msg, first);
}


/* The gateway writes its text for HTML, as far as is known only quotes. */
static void
read_html(const char *text, alipay_text_t *out)
{
    size_t  i, len;

    static const char *const  entities[][2] = {
        { "&quot;", "\"" }, { "&amp;", "&" }, { "&lt;", "<" },
        { "&gt;", ">" }, { "&#39;", "'" }
    };

    while (*text != '\0') {
        for (i = 0; i < 5; i++) {
            len = strlen(entities[i][0]);

            if (strncmp(text, entities[i][0], len) == 0) {
                break;
            }
        }

        alipay_put(out, i < 5 ? entities[i][1] : text, 1);
        text += i < 5 ? len : 1;
    }

    (void) alipay_text_finish(out);
}


/* The parameter that byte `at` of a signed text belongs to. */
static const alipay_parameter_t *
parameter_at(const alipay_parameters_t *parameters, const char *text,
    size_t at)
{
    size_t                     i, len;
    const char                *start;
    const alipay_parameter_t  *item, *found = NULL;
    char                       key[ALIPAY_NAME + 3];

    /* the last of our own names that begins before it */
    for (i = 0; i < parameters->count; i++) {
        item = &parameters->items[i];
        len = (size_t) snprintf(key, sizeof(key), "&%s=", item->name);
        start = strncmp(text, key + 1, len - 1) == 0 ? text
                : strstr(text, key);

        if (start != NULL && (size_t) (start - text) <= at
            && (found == NULL || strcmp(item->name, found->name) > 0))
        {
            found = item;
        }
    }

    return found;
}


static void
say_difference(const alipay_sent_t *sent, const char *ours,
    const char *theirs, char *why)
{
    size_t                     at = 0;
    const alipay_parameter_t  *item;

    while (ours[at] != '\0' && ours[at] == theirs[at]) {
        at++;
    }

    if (ours[at] == '\0' && theirs[at] != '&') {
        alipay_say(why, "; the gateway signed the same text: the application "
                   "public key in Alipay's console is not this one");
        return;
    }

    item = parameter_at(&sent->parameters, ours, at);
    alipay_say(why, "; the gateway read another text: it differs first at "
               "byte %zu of %zu, in or after \"%s\"", at, strlen(ours),
               item == NULL ? "?" : item->name);
}


size_t
alipay_request_diagnose(const alipay_keys_t *keys, const alipay_sent_t *sent,
    const char *sub_msg, char why[ALIPAY_WHY])
{
    const char     *method, *theirs;
    alipay_text_t   ours = { .data = NULL }, plain = { .data = NULL };

    why[0] = '\0';
    method = alipay_parameters_get(&sent->parameters, "method");
    alipay_say(why, "alipay refused our signature of %s: %s mode, app_id %s, "
               "our key %s%s%s, sign_type RSA2, charset utf-8",
               method == NULL ? "?" : method,
               keys->certificates ? "certificate" : "key", keys->app_id,
               keys->own_fingerprint,
               keys->certificates ? ", app_cert_sn " : "", keys->own_serial);

    if (alipay_parameters_text(&sent->parameters, ALIPAY_SIGNED_SIGN_TYPE
                               | ALIPAY_SIGNED_CERT_SN, &ours) == 0)
    {
        if (sub_msg != NULL) {
            read_html(sub_msg, &plain);
        }

        theirs = gateway_text(plain.data, ours.data);

        if (theirs == NULL) {
            alipay_say(why, "; the gateway does not say what it signed");

        } else {
            say_difference(sent, ours.data, theirs, why);
        }
    }

    say_names(&sent->parameters, why);
    alipay_text_free(&ours);
    alipay_text_free(&plain);

    return strlen(why);
}
