/*
 * code.c - how long it takes to say without a network whether a printed code
 * is genuine: base45, CBOR, ES256, and a look into the list.
 *
 *     code <t/vectors/paper-codes.json> <seconds>
 *
 * The first code of the vectors, with its keys and list.  Prints "<verified a
 * second>".  "code list <entries>" prints how many ms it takes to make, and to
 * read, a list of so many.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "revocations.h"

#define ROUND   100
#define LEEWAY  300

static civic_cwt_key_t  *keys[8];
static size_t            nkeys;


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static const civic_cwt_key_t *const *
all_keys(void)
{
    return (const civic_cwt_key_t *const *) keys;
}


static int
failed(const char *why)
{
    fprintf(stderr, "code: %s\n", why);

    return 1;
}


/* ---- a code ------------------------------------------------------------- */

static int
read_keys(json_t *document)
{
    char         why[CIVIC_CWT_WHY];
    size_t       i;
    json_t      *one;
    const char  *pem;

    json_array_foreach(json_object_get(document, "keys"), i, one) {
        pem = json_string_value(json_object_get(one, "public_key"));
        keys[nkeys] = pem == NULL || nkeys == 8
                      ? NULL : civic_cwt_key_read(pem, strlen(pem), why);

        if (keys[nkeys++] == NULL) {
            return -1;
        }
    }

    return nkeys == 0 ? -1 : 0;
}


static int
verify(json_t *vectors, double seconds)
{
    int                   i;
    long                  n = 0;
    char                 *text;
    double                begin;
    json_t               *one, *list;
    int64_t               at;
    const char           *code;
    civic_cwt_t           token;
    civic_revocations_t   revoked;

    one = json_array_get(json_object_get(vectors, "cases"), 0);
    code = json_string_value(json_object_get(one, "text"));
    at = json_integer_value(json_object_get(one, "at"));
    list = json_object_get(json_object_get(vectors, "lists"), "fresh");
    text = json_dumps(list, 0);

    if (code == NULL || text == NULL
        || read_keys(json_object_get(vectors, "keys")) != 0
        || civic_revocations_read(all_keys(), nkeys, text, strlen(text), at,
                                  LEEWAY, &revoked)
           != CIVIC_CWT_OK)
    {
        return failed("no vectors");
    }

    begin = now();

    do {
        for (i = 0; i < ROUND; i++) {
            if (civic_cwt_verify_text(all_keys(), nkeys, code, strlen(code),
                                      at, LEEWAY, &token)
                != CIVIC_CWT_OK || civic_revocations_has(&revoked, token.id))
            {
                return failed("not genuine");
            }
        }

        n += ROUND;
    } while (now() - begin < seconds);

    printf("%.0f\n", (double) n / (now() - begin));
    civic_revocations_free(&revoked);
    free(text);

    return 0;
}


/* ---- a list ------------------------------------------------------------- */

static int
make_key(void)
{
    char       why[CIVIC_CWT_WHY], *pem;
    BIO       *bio = BIO_new(BIO_s_mem());
    long       len;
    EVP_PKEY  *pkey = EVP_EC_gen("P-256");

    if (PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        return -1;
    }

    len = BIO_get_mem_data(bio, &pem);
    keys[nkeys++] = civic_cwt_key_read(pem, (size_t) len, why);
    BIO_free(bio);
    EVP_PKEY_free(pkey);

    return keys[0] == NULL ? -1 : 0;
}


static int
measure_list(size_t count)
{
    char                 *text;
    size_t                i, len;
    double                begin, made, read;
    uint64_t              random = 88172645463325252u;
    civic_revocations_t   list = { .issuer = "city.example",
                                   .made_at = 1, .expires_at = 2,
                                   .count = count }, again;

    list.entries = malloc(count * CIVIC_REVOKED + 1);

    if (list.entries == NULL || make_key() != 0) {
        return failed("no memory");
    }

    for (i = 0; i < count; i++) {       /* xorshift64: order as of digests */
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memcpy(list.entries + i * CIVIC_REVOKED, &random, CIVIC_REVOKED);
    }

    begin = now();
    civic_revocations_sort(&list);
    text = civic_revocations_write(keys[0], &list, &len);
    made = now() - begin;

    begin = now();

    if (text == NULL
        || civic_revocations_read(all_keys(), nkeys, text, len, 1, 0, &again)
           != CIVIC_CWT_OK)
    {
        return failed("no list");
    }

    read = now() - begin;
    printf("%.2f %.2f %zu\n", made * 1e3, read * 1e3, len);
    civic_revocations_free(&again);
    civic_revocations_free(&list);
    free(text);

    return 0;
}


int
main(int argc, char **argv)
{
    int      rc;
    json_t  *vectors;

    if (argc != 3) {
        return failed("code <vectors> <seconds> | code list <entries>");
    }

    if (strcmp(argv[1], "list") == 0) {
        return measure_list((size_t) atol(argv[2]));
    }

    vectors = json_load_file(argv[1], 0, NULL);
    rc = vectors == NULL ? failed("no vectors")
                         : verify(vectors, atof(argv[2]));
    json_decref(vectors);

    return rc;
}
