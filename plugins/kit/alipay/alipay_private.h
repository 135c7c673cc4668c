/*
 * alipay_private.h - what the files of alipay_*.c share, and nobody else.
 */

#ifndef CIVIC_KIT_ALIPAY_PRIVATE_H
#define CIVIC_KIT_ALIPAY_PRIVATE_H

#include <stdarg.h>
#include <stdatomic.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "alipay.h"

#define ALIPAY_KEY_BITS      2048       /* sign is 344 characters: reference */
#define ALIPAY_KEY_BITS_MAX  4096       /* of the counterpart */
#define ALIPAY_SIGN_BYTES    (ALIPAY_KEY_BITS_MAX / 8)
#define ALIPAY_CONTENT_KEY   32         /* bytes at most */
#define ALIPAY_BUNDLE        16         /* certificates in one text */
#define ALIPAY_ROOT_SERIAL   (ALIPAY_BUNDLE * ALIPAY_SERIAL_TEXT)
#define ALIPAY_TEXT_MAX      (16 * 1024 * 1024)
#define ALIPAY_KEY_TEXT_MAX  (64 * 1024)

/* A counterpart's key; in key mode there is one, without a serial. */
typedef struct {
    EVP_PKEY  *key;
    char       serial[ALIPAY_SERIAL_TEXT];
    char       fingerprint[ALIPAY_FINGERPRINT];
    int64_t    expires;                 /* s since 1970 */
} alipay_peer_t;

struct alipay_keys_s {
    char                 app_id[ALIPAY_APP_ID + 1];
    EVP_PKEY            *own;
    char                 own_fingerprint[ALIPAY_FINGERPRINT];
    char                 own_serial[ALIPAY_SERIAL_TEXT];
    int64_t              own_expires;
    char                 root_serial[ALIPAY_ROOT_SERIAL];
    STACK_OF(X509)      *roots;
    alipay_peer_t        peers[ALIPAY_CERTIFICATES];
    atomic_size_t        npeers;
    int                  certificates;  /* certificate mode */
    unsigned char        content_key[ALIPAY_CONTENT_KEY];
    size_t               content_key_len;
    alipay_dialect_t     dialect;
    char                 sub_codes[ALIPAY_SUB_CODES][ALIPAY_SUB_CODE_TEXT];
    const char          *sub_code_list[ALIPAY_SUB_CODES + 1];
};

/* A piece of somebody else's text. */
typedef struct {
    const char  *data;
    size_t       len;
} alipay_span_t;


/* alipay_text.c */

/* Returns -1, for the caller to return. */
int alipay_fail(alipay_failure_t *failure, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* After a failure the text stays failed, and finish() says so: 0, or -1. */
void alipay_put(alipay_text_t *text, const void *data, size_t len);
void alipay_puts(alipay_text_t *text, const char *data);
void alipay_put_encoded(alipay_text_t *text, const char *data, size_t len);
void alipay_put_base64(alipay_text_t *text, const void *data, size_t len);
int alipay_text_finish(alipay_text_t *text);

/* A copy that alipay_wipe() frees. */
char *alipay_copy(const char *data, size_t len);
void alipay_wipe(char *data, size_t len);

/* Copies what consists of [A-Za-z0-9._-] and fits; "" otherwise. */
void alipay_code_copy(char *out, size_t size, const char *code);

/* Appends to a line of ALIPAY_WHY bytes as long as there is room. */
void alipay_say(char *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


/* alipay_key_text.c: "what" names the text in failures. */

EVP_PKEY *alipay_private_key(const char *text, const char *what,
    alipay_failure_t *failure);
EVP_PKEY *alipay_public_key(const char *text, const char *what,
    alipay_failure_t *failure);
int alipay_key_fits(const EVP_PKEY *key, int bits_max, const char *what,
    alipay_failure_t *failure);
int alipay_fingerprint(EVP_PKEY *key, char out[ALIPAY_FINGERPRINT]);


/* alipay_cert.c */

/* All certificates of a PEM text, or the one of base64 DER; at least one. */
STACK_OF(X509) *alipay_certificates(const char *text, const char *what,
    alipay_failure_t *failure);
int alipay_serial_of(const X509 *cert, char serial[ALIPAY_SERIAL_TEXT]);
int alipay_root_serial_of(STACK_OF(X509) *roots, alipay_text_t *serial);
int64_t alipay_cert_expires(const X509 *cert);
int alipay_cert_chains(STACK_OF(X509) *roots, STACK_OF(X509) *certs,
    int64_t now, alipay_failure_t *failure);
int alipay_peer_fill(alipay_peer_t *peer, X509 *cert,
    alipay_failure_t *failure);


/* alipay_json.c */

typedef struct {
    alipay_span_t  name;                /* between the quotes */
    alipay_span_t  value;               /* quotes and braces included */
} alipay_member_t;

#define ALIPAY_MEMBERS  16              /* of a response's top level */

/*
 * The members of the object that text is, values neither copied nor changed.
 * The count; -1 with a reason if it is no such object, has a name twice or
 * spelled with escapes, is nested too deep, or has too many members.
 */
int alipay_members(alipay_span_t text, alipay_member_t *members,
    const char **reason);
const alipay_member_t *alipay_member(const alipay_member_t *members,
    int count, const char *name);

/* Whether a text is one JSON value of no more than ALIPAY_DEPTH levels. */
int alipay_json_bounded(alipay_span_t text);

/* A JSON string's content, or NULL; alipay_wipe() frees it. */
char *alipay_json_text(alipay_span_t value, size_t *len);


/* alipay_sign.c */

/* base64 to the bytes of a signature; the length, or -1. */
int64_t alipay_sign_bytes(alipay_span_t sign,
    unsigned char out[ALIPAY_SIGN_BYTES]);
int alipay_matches(EVP_PKEY *key, const EVP_MD *digest, alipay_span_t text,
    const unsigned char *sign, size_t sign_len);

/* Whether a key made the signature at all, over whatever text: the digest's
   name, or NULL. */
const char *alipay_made_by(EVP_PKEY *key, const unsigned char *sign,
    size_t sign_len);


/* alipay_request.c */

int alipay_is_among(const char *const *names, const char *name);


/* alipay_multipart.c */

/* Writes body, tail and type of what is signed; parameters of in_query are
   left out. */
int alipay_multipart_put(const alipay_file_t *file, alipay_sent_t *sent,
    const char *const *in_query, alipay_failure_t *failure);

/* Adds to what parameters holds.  0, or -1. */
int alipay_multipart_parse(const char *type, const char *body, size_t len,
    alipay_parameters_t *parameters, alipay_part_t *file,
    alipay_failure_t *failure);


/* alipay_diagnosis.c */

/* The text with every \/ as /. */
int alipay_unescape_slashes(alipay_span_t text, alipay_text_t *out);

/* Why alipay_verify() said no, appended to why. */
void alipay_diagnose_response(const alipay_keys_t *keys, alipay_span_t text,
    alipay_span_t sign, const char *serial, alipay_signature_t status,
    char *why);
void alipay_diagnose_notify(const alipay_keys_t *keys,
    const alipay_parameters_t *parameters, unsigned flags,
    alipay_signature_t status, char *why);

#endif
