/*
 * alipay_cert.c - certificates: the serials that requests and responses name
 * them by, and whether one chains to the bundle of roots.
 *
 * The serial is no X.509 serial number but the MD5 of issuer and number; MD5
 * names here and protects nothing.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "alipay_private.h"
#include "base64.h"

#define RSA_SIGNATURES  "1.2.840.113549.1.1."   /* PKCS#1, RFC 8017 */
#define OID_TEXT        80
#define MD5_BYTES       16

/* RFC 2253, but Chinese names as UTF-8 and not as escapes. */
#define ISSUER_FORM     (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB)


/* ---- reading ----------------------------------------------------------- */

static int
no_password(char *buffer, int size, int writing, void *data)
{
    (void) buffer;
    (void) size;
    (void) writing;
    (void) data;

    return -1;
}


static STACK_OF(X509) *
read_pem(const char *text, size_t len)
{
    BIO             *bio;
    X509            *cert;
    STACK_OF(X509)  *certs;

    bio = BIO_new_mem_buf(text, (int) len);
    certs = sk_X509_new_null();

    while (bio != NULL && certs != NULL
           && sk_X509_num(certs) < ALIPAY_BUNDLE)
    {
        cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);

        if (cert == NULL || sk_X509_push(certs, cert) <= 0) {
            X509_free(cert);
            break;
        }
    }

    BIO_free(bio);
    ERR_clear_error();

    return certs;
}


static STACK_OF(X509) *
read_der(const unsigned char *der, size_t len)
{
    X509                 *cert;
    STACK_OF(X509)       *certs = sk_X509_new_null();
    const unsigned char  *p = der;

    cert = d2i_X509(NULL, &p, (long) len);

    if (certs == NULL || cert == NULL || p != der + len
        || sk_X509_push(certs, cert) <= 0)
    {
        X509_free(cert);
    }

    ERR_clear_error();

    return certs;
}


/* base64, in one line, of DER or of a PEM text: as Alipay sends them. */
static STACK_OF(X509) *
read_base64(const char *text, size_t len)
{
    int64_t          bytes;
    unsigned char   *raw = malloc(len + 1);
    STACK_OF(X509)  *certs = NULL;

    if (raw == NULL) {
        return NULL;
    }

    bytes = civic_base64_decode(text, len, raw, len);

    if (bytes > 0) {
        raw[bytes] = '\0';
        certs = strstr((char *) raw, "-----BEGIN") != NULL
                ? read_pem((char *) raw, (size_t) bytes)
                : read_der(raw, (size_t) bytes);
    }

    free(raw);

    return certs;
}


STACK_OF(X509) *
alipay_certificates(const char *text, const char *what,
    alipay_failure_t *failure)
{
    size_t           len = strnlen(text, ALIPAY_KEY_TEXT_MAX);
    STACK_OF(X509)  *certs;

    if (len == ALIPAY_KEY_TEXT_MAX) {
        alipay_fail(failure, "%s: too long for certificates", what);
        return NULL;
    }

    certs = strstr(text, "-----BEGIN") != NULL ? read_pem(text, len)
                                               : read_base64(text, len);

    if (certs == NULL || sk_X509_num(certs) == 0) {
        sk_X509_pop_free(certs, X509_free);
        alipay_fail(failure, "%s: there is no certificate in it%s", what,
                    strstr(text, " KEY-----") == NULL ? "" : ", but a key");
        return NULL;
    }

    return certs;
}


/* ---- serials ----------------------------------------------------------- */

/* The number's octets, read as unsigned whatever their first bit. */
static char *
decimal(const X509 *cert)
{
    int             len;
    char           *text = NULL;
    BIGNUM         *number;
    unsigned char  *der = NULL;

    len = i2d_ASN1_INTEGER((ASN1_INTEGER *) X509_get0_serialNumber(cert),
                           &der);

    /* tag, one byte of length: RFC 5280 allows 20 octets */
    if (len > 2 && der[1] < 0x80) {
        number = BN_bin2bn(der + 2, len - 2, NULL);
        text = number == NULL ? NULL : BN_bn2dec(number);
        BN_free(number);
    }

    OPENSSL_free(der);

    return text;
}


static int
md5_hex(const BUF_MEM *issuer, const char *number,
    char serial[ALIPAY_SERIAL_TEXT])
{
    int             done;
    size_t          i;
    EVP_MD_CTX     *ctx = EVP_MD_CTX_new();
    unsigned char   hash[EVP_MAX_MD_SIZE];

    static const char  hex[] = "0123456789abcdef";

    done = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1
           && EVP_DigestUpdate(ctx, issuer->data, issuer->length) == 1
           && EVP_DigestUpdate(ctx, number, strlen(number)) == 1
           && EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);

    if (!done) {
        return -1;
    }

    for (i = 0; i < MD5_BYTES; i++) {
        serial[2 * i] = hex[hash[i] >> 4];
        serial[2 * i + 1] = hex[hash[i] & 15];
    }

    serial[2 * MD5_BYTES] = '\0';

    return 0;
}


int
alipay_serial_of(const X509 *cert, char serial[ALIPAY_SERIAL_TEXT])
{
    int       rc = -1;
    BIO      *bio = BIO_new(BIO_s_mem());
    char     *number = decimal(cert);
    BUF_MEM  *issuer = NULL;

    if (bio != NULL && number != NULL
        && X509_NAME_print_ex(bio, X509_get_issuer_name(cert), 0,
                              ISSUER_FORM) >= 0
        && BIO_get_mem_ptr(bio, &issuer) == 1)
    {
        rc = md5_hex(issuer, number, serial);
    }

    OPENSSL_free(number);
    BIO_free(bio);
    ERR_clear_error();

    return rc;
}


static int
is_rsa_signed(const X509 *cert)
{
    char                 oid[OID_TEXT];
    const X509_ALGOR    *algorithm;
    const ASN1_OBJECT   *object;

    X509_get0_signature(NULL, &algorithm, cert);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);

    return OBJ_obj2txt(oid, sizeof(oid), object, 1) > 0
           && strncmp(oid, RSA_SIGNATURES, sizeof(RSA_SIGNATURES) - 1) == 0;
}


int
alipay_root_serial_of(STACK_OF(X509) *roots, alipay_text_t *serial)
{
    int    i;
    char   one[ALIPAY_SERIAL_TEXT];
    X509  *cert;

    for (i = 0; i < sk_X509_num(roots); i++) {
        cert = sk_X509_value(roots, i);

        if (!is_rsa_signed(cert)) {
            continue;
        }

        if (alipay_serial_of(cert, one) != 0) {
            return -1;
        }

        alipay_puts(serial, serial->len == 0 ? "" : "_");
        alipay_puts(serial, one);
    }

    return alipay_text_finish(serial);
}


int
alipay_cert_serial(const char *text, char serial[ALIPAY_SERIAL_TEXT],
    alipay_failure_t *failure)
{
    int              rc;
    STACK_OF(X509)  *certs = alipay_certificates(text, "certificate",
                                                 failure);

    if (certs == NULL) {
        return -1;
    }

    rc = alipay_serial_of(sk_X509_value(certs, 0), serial);
    sk_X509_pop_free(certs, X509_free);

    return rc == 0 ? 0 : alipay_fail(failure, "certificate: has no serial");
}


int
alipay_root_serial(const char *bundle, alipay_text_t *serial,
    alipay_failure_t *failure)
{
    int              rc;
    STACK_OF(X509)  *roots = alipay_certificates(bundle, "root certificates",
                                                 failure);

    if (roots == NULL) {
        return -1;
    }

    rc = alipay_root_serial_of(roots, serial);
    sk_X509_pop_free(roots, X509_free);

    return rc == 0 ? 0 : alipay_fail(failure, "root certificates: none of "
                                     "them has an RSA signature");
}


/* ---- trust ------------------------------------------------------------- */

int64_t
alipay_cert_expires(const X509 *cert)
{
    struct tm  end;

    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) != 1) {
        ERR_clear_error();
        return 0;
    }

    return (int64_t) timegm(&end);
}


static int
prepare(X509_STORE_CTX *ctx, X509_STORE *store, STACK_OF(X509) *roots,
    STACK_OF(X509) *certs, int64_t now)
{
    int                 i;
    X509_VERIFY_PARAM  *param;

    for (i = 0; i < sk_X509_num(roots); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(roots, i)) != 1) {
            return -1;
        }
    }

    if (X509_STORE_CTX_init(ctx, store, sk_X509_value(certs, 0), certs) != 1) {
        return -1;
    }

    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t) now);

    /* the bundle holds issuers that another root signed: anchors as well */
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1
           ? 0 : -1;
}


int
alipay_cert_chains(STACK_OF(X509) *roots, STACK_OF(X509) *certs, int64_t now,
    alipay_failure_t *failure)
{
    int              good = 0, error = X509_V_ERR_UNSPECIFIED;
    X509_STORE      *store = X509_STORE_new();
    X509_STORE_CTX  *ctx = X509_STORE_CTX_new();

    if (store != NULL && ctx != NULL
        && prepare(ctx, store, roots, certs, now) == 0)
    {
        good = X509_verify_cert(ctx) == 1;
        error = X509_STORE_CTX_get_error(ctx);
    }

    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();

    return good ? 0 : alipay_fail(failure, "the certificate does not chain to "
                                  "the root bundle: %s",
                                  X509_verify_cert_error_string(error));
}


int
alipay_peer_fill(alipay_peer_t *peer, X509 *cert, alipay_failure_t *failure)
{
    memset(peer, 0, sizeof(*peer));
    peer->key = X509_get_pubkey(cert);

    if (peer->key == NULL) {
        ERR_clear_error();
        return alipay_fail(failure, "the certificate has no usable key");
    }

    if (alipay_key_fits(peer->key, ALIPAY_KEY_BITS_MAX, "certificate",
                        failure) == 0
        && alipay_serial_of(cert, peer->serial) == 0
        && alipay_fingerprint(peer->key, peer->fingerprint) == 0)
    {
        peer->expires = alipay_cert_expires(cert);
        return 0;
    }

    EVP_PKEY_free(peer->key);
    memset(peer, 0, sizeof(*peer));

    return -1;
}
