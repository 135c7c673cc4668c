/*
 * alipay.h - the wire of Alipay's OpenAPI (protocol v2, gateway.do): what is
 * sent, what came back, and whether it is genuine.
 *
 * Text in, text out: nothing here opens a connection.  A caller sends what
 * alipay_request_build() wrote and gives the answer to
 * alipay_response_read().  "The reference" below is Alipay's documentation
 * with its official SDKs; what neither confirms is a member of
 * alipay_dialect_t, see docs/adr/0013-alipay-wire.md.
 *
 * Keys are loaded once and only read afterwards, so every function but
 * alipay_keys_add_certificate() may run on any thread.  Signing takes about
 * 0.8 ms of one core (RSA with 2,048 bits): belongs off an event loop.
 * Reading an answer or a notification takes 0.05 ms; one with a picture in
 * it 20 ms for each megabyte, mostly jansson's: off the loop as well, where
 * the response with its node is then made by one thread and handed over.
 *
 * Whoever fills an object frees it with its own _free(), which may be called
 * twice and wipes what it held: requests carry names and identity numbers.
 * Texts for logs (alipay_failure_t, "why") are one line each, without
 * personal data, keys, tokens or signatures.
 */

#ifndef CIVIC_KIT_ALIPAY_H
#define CIVIC_KIT_ALIPAY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define ALIPAY_APP_ID         32            /* characters at most: reference */
#define ALIPAY_METHOD         128           /* characters at most: reference */
#define ALIPAY_PARAMETERS     100           /* of one request or notification */
#define ALIPAY_NAME           64            /* of a parameter */
#define ALIPAY_REQUEST_MAX    (4 * 1024 * 1024)
#define ALIPAY_RESPONSE_MAX   (4 * 1024 * 1024)
#define ALIPAY_NOTIFY_MAX     (64 * 1024)
#define ALIPAY_DEPTH          32            /* of JSON in a response */
#define ALIPAY_CERTIFICATES   8             /* of the counterpart, loaded */
#define ALIPAY_SUB_CODES      16            /* in a dialect */

#define ALIPAY_SERIAL_TEXT    33            /* MD5 in hex, with NUL */
#define ALIPAY_FINGERPRINT    64            /* see alipay_keys_describe() */
#define ALIPAY_TIME_TEXT      20            /* yyyy-MM-dd HH:mm:ss, with NUL */
#define ALIPAY_CODE_TEXT      16
#define ALIPAY_SUB_CODE_TEXT  96
#define ALIPAY_WHY            1024
#define ALIPAY_TYPE_TEXT      96            /* a Content-Type, with NUL */

typedef struct alipay_keys_s  alipay_keys_t;

/* Why something could not be done: for operators. */
typedef struct {
    char  text[256];
} alipay_failure_t;

/* Bytes that grow; data ends with a NUL that len does not count, and is NULL
   as long as nothing was written. */
typedef struct {
    char    *data;
    size_t   len;
    size_t   size;
    int      failed;
} alipay_text_t;

void alipay_text_free(alipay_text_t *text);


/* ---- keys -------------------------------------------------------------- */

/*
 * What the reference leaves open; all zero is what we believe.  sub_codes:
 * further sub_code values of code 40004 after which the outcome is unknown,
 * ended by NULL.
 */
typedef struct {
    unsigned            common_in_query:1;  /* as the Node SDK; else only
                                               charset and method stand there,
                                               as in the Go SDK */
    unsigned            strict_slashes:1;   /* no second try with \/ as / */
    unsigned            strict_empty:1;     /* notifications: no second try
                                               without empty values */
    const char *const  *unknown_sub_codes;
} alipay_dialect_t;

/*
 * Texts, as they stand in the files; each NULL if there is none.  Keys may be
 * PEM or the bare base64 of Alipay's console and key tool, PKCS#1 or PKCS#8
 * (private), SubjectPublicKeyInfo or PKCS#1 (public), with line breaks or
 * without.  For a gateway (a sandbox) "own" is the gateway and "peer" the app.
 *
 *   key mode           own_key, peer_key
 *   certificate mode   own_key, own_cert, peer_cert, roots; no peer_key
 */
typedef struct {
    const char        *app_id;
    const char        *own_key;         /* the app's private key */
    const char        *peer_key;        /* Alipay's public key, NOT the app's */
    const char        *own_cert;        /* appCertPublicKey_<app_id>.crt */
    const char        *peer_cert;       /* alipayCertPublicKey_RSA2.crt */
    const char        *roots;           /* alipayRootCert.crt, the bundle */
    const char        *content_key;     /* AES, base64, from the console */
    alipay_dialect_t   dialect;         /* is copied */
} alipay_config_t;

/*
 * NULL, with what is wrong in failure: which text, and what it seems to be
 * instead (a public key in place of a private one, the app's public key in
 * place of Alipay's, a certificate of another key...).  Takes some ms.
 */
alipay_keys_t *alipay_keys_load(const alipay_config_t *config,
    alipay_failure_t *failure);

void alipay_keys_free(alipay_keys_t *keys);

/* The same keys as another object, to change one while others read the other;
   NULL for want of memory.  Takes microseconds. */
alipay_keys_t *alipay_keys_copy(const alipay_keys_t *keys);

const char *alipay_keys_app_id(const alipay_keys_t *keys);

/* "" in key mode. */
const char *alipay_keys_own_serial(const alipay_keys_t *keys);
const char *alipay_keys_root_serial(const alipay_keys_t *keys);

/* Whether content can be encrypted: there is a content key. */
int alipay_keys_encrypts(const alipay_keys_t *keys);

/*
 * One line for the log at start: the mode, both keys' fingerprints as
 * "sha256:<16 hex digits> ends <8 characters>" (the last characters of the
 * base64 in the console that differ between keys), certificate serials.
 * Returns the length.
 */
size_t alipay_keys_describe(const alipay_keys_t *keys, char *out, size_t size);

/*
 * When the first of the loaded certificates ends, s since 1970; INT64_MAX in
 * key mode.  For an alarm in time.
 */
int64_t alipay_keys_expire_at(const alipay_keys_t *keys);

/*
 * Takes over a certificate that Alipay signs with now: `body` is the answer
 * to alipay.open.app.alipaycert.download, which nobody signed, so the
 * certificate must chain to the root bundle at `now` (s since 1970) and have
 * the serial that was asked for.  0, also if it was there already; -1 with
 * failure.  While it runs, nobody else may read with these keys.
 */
int alipay_keys_add_certificate(alipay_keys_t *keys, const char *body,
    size_t len, const char *serial, int64_t now, alipay_failure_t *failure);

/*
 * The serial of the first certificate in a text: the lower-case hex MD5 of
 * issuer (RFC 2253 order) and serial number (decimal).  0, or -1.
 */
int alipay_cert_serial(const char *text, char serial[ALIPAY_SERIAL_TEXT],
    alipay_failure_t *failure);

/* The serials of all certificates with an RSA signature, joined by "_". */
int alipay_root_serial(const char *bundle, alipay_text_t *serial,
    alipay_failure_t *failure);


/* ---- parameters -------------------------------------------------------- */

/* Both are NUL-terminated, and no value holds a NUL. */
typedef struct {
    char    *name;                      /* [A-Za-z0-9_.-]+ */
    char    *value;
    size_t   value_len;
} alipay_parameter_t;

typedef struct {
    alipay_parameter_t  *items;         /* in the order they came */
    size_t               count;
    size_t               size;
} alipay_parameters_t;

void alipay_parameters_free(alipay_parameters_t *parameters);

/* 0, or -1: the name is not one or is there already, there are too many,
   the value holds a NUL. */
int alipay_parameters_add(alipay_parameters_t *parameters, const char *name,
    const char *value, size_t value_len);

/* The value, or NULL. */
const char *alipay_parameters_get(const alipay_parameters_t *parameters,
    const char *name);

#define ALIPAY_SIGNED_SIGN_TYPE  0x01u  /* keep sign_type: requests do */
#define ALIPAY_SIGNED_EMPTY      0x02u  /* keep what is empty */
#define ALIPAY_SIGNED_CERT_SN    0x04u  /* keep alipay_cert_sn */

/*
 * The text that is signed: sorted by the bytes of the names, "name=value"
 * joined by "&", not encoded, never `sign`.  0, or -1 for want of memory.
 */
int alipay_parameters_text(const alipay_parameters_t *parameters,
    unsigned flags, alipay_text_t *out);

/* application/x-www-form-urlencoded, in the order held; everything but
   RFC 3986's unreserved characters is encoded. */
int alipay_parameters_form(const alipay_parameters_t *parameters,
    alipay_text_t *out);

/*
 * Reads such a form, decoding once, "+" being a space.  0; -1 for a broken
 * escape, a name that is none, a name twice, a NUL, too many: failure says
 * which.  Adds to what parameters holds.
 */
int alipay_form_parse(const char *form, size_t len,
    alipay_parameters_t *parameters, alipay_failure_t *failure);


/* ---- requests ---------------------------------------------------------- */

typedef struct {
    const char  *name;
    const char  *value;
} alipay_extra_t;

/* A file of a multipart call: its bytes are signed by nobody and stay where
   they are.  The three are words of letters, digits and "._-/+". */
typedef struct {
    const char  *name;                  /* "file_content" */
    const char  *filename;              /* "photo.jpg" */
    const char  *media_type;
} alipay_file_t;

/* What is NULL, or an extra with an empty value, is not sent. */
typedef struct {
    const char            *method;      /* "alipay.trade.query" */
    int64_t                now;         /* s since 1970: the real clock */
    const char            *business;    /* JSON for biz_content */
    size_t                 business_len;
    const alipay_extra_t  *extras;      /* top level: grant_type, code... */
    size_t                 nextras;
    const char            *auth_token;  /* the citizen's access_token */
    const char            *app_auth_token;
    const char            *notify_url;
    const char            *return_url;
    unsigned               encrypt:1;   /* business, with the content key */
    const alipay_file_t   *file;        /* a multipart call */
} alipay_request_t;

/*
 * A POST: append "?" and query to the gateway's path, and send body as type.
 * Of a multipart call the file's bytes stand between body and tail, and the
 * common parameters in the query, as both SDKs have them.  parameters stay,
 * for alipay_request_diagnose().
 */
typedef struct {
    alipay_text_t        query;         /* nothing secret, nothing personal */
    alipay_text_t        body;
    alipay_text_t        tail;          /* multipart: what follows the file */
    char                 type[ALIPAY_TYPE_TEXT];
    alipay_parameters_t  parameters;    /* sign included */
} alipay_sent_t;

#define ALIPAY_FORM  "application/x-www-form-urlencoded;charset=utf-8"

int alipay_request_build(const alipay_keys_t *keys,
    const alipay_request_t *request, alipay_sent_t *sent,
    alipay_failure_t *failure);

void alipay_sent_free(alipay_sent_t *sent);

/*
 * A page (user.certify.open.certify, trade.page.pay): the URL that a browser
 * or the Alipay app opens.  gateway is "https://.../gateway.do".
 */
int alipay_request_url(const alipay_keys_t *keys, const char *gateway,
    const alipay_request_t *request, alipay_text_t *url,
    alipay_failure_t *failure);

/* The parameters alone, signed. */
int alipay_request_sign(const alipay_keys_t *keys,
    const alipay_request_t *request, alipay_parameters_t *parameters,
    alipay_failure_t *failure);

/* s since 1970 as yyyy-MM-dd HH:mm:ss in GMT+8, whatever TZ is.  0, or -1
   outside of the years 1970 to 9999. */
int alipay_time(int64_t now, char out[ALIPAY_TIME_TEXT]);

/* JSON as one line of UTF-8, in the order it was built.  0, or -1. */
int alipay_business(const json_t *value, alipay_text_t *out);

/*
 * Why the gateway says isv.invalid-signature: sub_msg is its text, which
 * usually repeats what the gateway signed.  Writes which parameter differs
 * first, or that none does and the key in the console is another one; with
 * the key's fingerprint and the parameters' names.  Returns the length.
 */
size_t alipay_request_diagnose(const alipay_keys_t *keys,
    const alipay_sent_t *sent, const char *sub_msg, char why[ALIPAY_WHY]);


/* ---- signatures -------------------------------------------------------- */

typedef enum {
    ALIPAY_SIGNATURE_GOOD = 0,
    ALIPAY_SIGNATURE_MISSING,
    ALIPAY_SIGNATURE_MALFORMED,         /* not base64, not the key's length */
    ALIPAY_SIGNATURE_TYPE,              /* another sign_type than RSA2 */
    ALIPAY_SIGNATURE_CERT_UNKNOWN,      /* a certificate we have not loaded */
    ALIPAY_SIGNATURE_WRONG,
    ALIPAY_SIGNATURE_UNREADABLE,        /* nothing there that it could be of */
    ALIPAY_SIGNATURE_OTHER_APP          /* good, but for another app_id */
} alipay_signature_t;

/* "wrong", "missing"...: for metrics. */
const char *alipay_signature_name(alipay_signature_t signature);

/* RSA2 (SHA256withRSA, PKCS#1 v1.5) as base64 in one line.  0, or -1. */
int alipay_sign(const alipay_keys_t *keys, const char *text, size_t len,
    alipay_text_t *sign);

/*
 * Against the peer's key, or in certificate mode the certificate of that
 * serial; any loaded one for serial NULL.
 */
alipay_signature_t alipay_verify(const alipay_keys_t *keys, const char *text,
    size_t len, const char *sign, size_t sign_len, const char *serial);


/* ---- content ----------------------------------------------------------- */

/* AES-CBC with PKCS#7 padding, the IV of zeros that the protocol asks for,
   base64.  0, or -1: no content key, or it is not such a text. */
int alipay_content_encrypt(const alipay_keys_t *keys, const char *text,
    size_t len, alipay_text_t *out);
int alipay_content_decrypt(const alipay_keys_t *keys, const char *base64,
    size_t len, alipay_text_t *out);


/* ---- responses --------------------------------------------------------- */

typedef enum {
    ALIPAY_DONE = 0,
    ALIPAY_REFUSED,                     /* nothing happened, code says why */
    ALIPAY_UNKNOWN,                     /* it may have happened: ask, or send
                                           again under the same number */
    ALIPAY_NOT_OURS                     /* nobody vouches for this text: for a
                                           call that changes something, as
                                           UNKNOWN; in any case an alarm */
} alipay_outcome_t;

/* What helps next. */
typedef enum {
    ALIPAY_ADVICE_NONE = 0,
    ALIPAY_ADVICE_ASK,                  /* query, or repeat the same numbers */
    ALIPAY_ADVICE_AUTHORISE,            /* the citizen authorises anew */
    ALIPAY_ADVICE_WAIT,                 /* called too often */
    ALIPAY_ADVICE_REPAIR,               /* an operator: key, contract, bug */
    ALIPAY_ADVICE_CERTIFICATE           /* download cert_serial, read again */
} alipay_advice_t;

typedef struct {
    const char  *method;                /* that was called */
    const char  *success_member;        /* where success has no code:
                                           "access_token" of
                                           alipay.system.oauth.token */
    int          http_status;           /* 0: no answer came */
} alipay_expected_t;

/*
 * node is the object that was verified (and decrypted), parsed from exactly
 * those bytes, and NULL for everything that nobody signed.  code and
 * sub_code hold only [A-Za-z0-9._-], "" if there is none.  sub_msg is the
 * provider's text: may repeat a request's personal data, so not for logs.
 */
typedef struct {
    alipay_outcome_t    outcome;
    alipay_advice_t     advice;
    alipay_signature_t  signature;
    unsigned            encrypted:1;
    unsigned            error_node:1;   /* it was "error_response" */
    char                code[ALIPAY_CODE_TEXT];
    char                sub_code[ALIPAY_SUB_CODE_TEXT];
    char                cert_serial[ALIPAY_SERIAL_TEXT];
    char               *sub_msg;        /* or NULL */
    json_t             *node;
    char                why[ALIPAY_WHY]; /* "" when there is nothing to say */
} alipay_response_t;

/*
 * Reads an answer.  Never DONE without a good signature over the node of
 * this method.  A refusal without a signature is REFUSED only where the
 * gateway turned the request away before any business began.
 */
void alipay_response_read(const alipay_keys_t *keys,
    const alipay_expected_t *expected, const char *body, size_t len,
    alipay_response_t *response);

void alipay_response_free(alipay_response_t *response);

/* "done", "refused", "unknown", "not_ours": for metrics. */
const char *alipay_outcome_name(alipay_outcome_t outcome);

/*
 * What code and sub_code say.  `good`: the text was signed.  The dialect may
 * be NULL.
 */
alipay_outcome_t alipay_judge(const char *code, const char *sub_code,
    int good, const alipay_dialect_t *dialect, alipay_advice_t *advice);

/* A member's text, NULL if there is none or it is no string. */
const char *alipay_response_text(const alipay_response_t *response,
    const char *name);

/* A number, or a string of decimal digits (expires_in is sent as either);
   -1 if it is neither, or negative. */
int64_t alipay_response_number(const alipay_response_t *response,
    const char *name);

/* 1 for "T" or ["T"] (older SDKs), 0 for "F" or ["F"]; -1 for all else. */
int alipay_response_flag(const alipay_response_t *response, const char *name);


/* ---- notifications ----------------------------------------------------- */

/*
 * parameters is empty unless signature is GOOD: then they are UTF-8, decoded
 * once, each name once, all of them signed but sign, sign_type and
 * alipay_cert_sn, and app_id is ours.  out_trade_no, total_amount, seller_id
 * and trade_status are the caller's to compare.  The answer to Alipay is
 * ALIPAY_NOTIFY_TAKEN, exactly, also for what was known already.
 */
typedef struct {
    alipay_signature_t   signature;
    alipay_parameters_t  parameters;
    char                 why[ALIPAY_WHY];
} alipay_notify_t;

#define ALIPAY_NOTIFY_TAKEN  "success"

#define ALIPAY_NOTIFY_SERVICE  0x01u    /* service-window messages: sign_type
                                           is part of what they sign */

/* Reads the raw body of the POST.  0 if signature is GOOD, else -1. */
int alipay_notify_read(const alipay_keys_t *keys, unsigned flags,
    const char *body, size_t len, alipay_notify_t *notify);

void alipay_notify_free(alipay_notify_t *notify);


/* ---- the other side ---------------------------------------------------- */

/*
 * A gateway's part, for sandboxes and tests; own and peer change places.
 *
 * Merges the parameters of query and body, and verifies them.
 */
alipay_signature_t alipay_gateway_read(const alipay_keys_t *keys,
    const char *query, size_t query_len, const char *body, size_t len,
    alipay_parameters_t *parameters, alipay_failure_t *failure);

/* The file of a multipart body; data NULL: there is none. */
typedef struct {
    char         name[ALIPAY_NAME + 1];
    const char  *data;                  /* within the body */
    size_t       len;
} alipay_part_t;

/* The same for a body that is "multipart/form-data; boundary=...", its parts
   in any order. */
alipay_signature_t alipay_gateway_read_parts(const alipay_keys_t *keys,
    const char *query, size_t query_len, const char *type, const char *body,
    size_t len, alipay_parameters_t *parameters, alipay_part_t *file,
    alipay_failure_t *failure);

#define ALIPAY_ANSWER_UNSIGNED   0x01u
#define ALIPAY_ANSWER_ENCRYPTED  0x02u
#define ALIPAY_ANSWER_ERROR      0x04u  /* the node is "error_response" */

/* Wraps node, a JSON object's text, as the answer to method.  0, or -1. */
int alipay_gateway_answer(const alipay_keys_t *keys, const char *method,
    const char *node, size_t len, unsigned flags, alipay_text_t *out);

/* Adds sign_type and sign, and writes the form of a notification. */
int alipay_gateway_notify(const alipay_keys_t *keys,
    alipay_parameters_t *parameters, alipay_text_t *out);

#endif
