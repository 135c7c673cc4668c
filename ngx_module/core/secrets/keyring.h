/*
 * keyring.h - the keys of an installation, and what is sealed under them.
 *
 * The keyring is a JSON file, root's, mode 0600, read by the master before
 * it forks:
 *
 *   {"version":1,
 *    "person_key":"<base64, 32 bytes>",       never rotated: it makes pids
 *    "keys":[{"id":1,"state":"active","secret":"<base64, 32 bytes>",
 *             "created_at":"2026-03-09T08:30:00+08:00"}]}
 *
 * States: "added" (opens, does not seal yet), "active" (exactly one),
 * "retired" (opens).  From a secret and a purpose HKDF-SHA256 derives the
 * key that AES-256-GCM uses, so what was sealed for one purpose cannot be
 * opened for another.
 *
 * A sealed value: suite (1 byte, 1 = AES-256-GCM), key id (4 bytes, network
 * order), nonce (12), ciphertext, tag (16).  The context is authenticated.
 * Cipher contexts are kept per purpose and key: one thread only.
 */

#ifndef CIVIC_KEYRING_H
#define CIVIC_KEYRING_H

#include "civic_plugin.h"

#define CIVIC_SEAL_OVERHEAD  (1 + 4 + 12 + 16)
#define CIVIC_PID_LEN        22         /* base64url of 16 bytes */
#define CIVIC_KEYRING_KEYS   16

typedef struct civic_keyring_s  civic_keyring_t;

civic_keyring_t *civic_keyring_load(const char *path,
    civic_failure_t *failure);
civic_keyring_t *civic_keyring_parse(const char *text, size_t len,
    civic_failure_t *failure);
void civic_keyring_free(civic_keyring_t *keyring);      /* wipes */

uint32_t civic_keyring_active(const civic_keyring_t *keyring);
/* When its secret was made; 0 if the file does not tell. */
civic_msec_t civic_keyring_active_since(const civic_keyring_t *keyring);
size_t civic_keyring_ids(const civic_keyring_t *keyring, uint32_t *ids);

/* A handle for a purpose, derived once; lives as long as the keyring.  NULL
   without memory.  The same name gives the same handle. */
typedef struct civic_purpose_s  civic_purpose_t;
civic_purpose_t *civic_keyring_purpose(civic_keyring_t *keyring,
    const char *name);

/* out has plain.len + CIVIC_SEAL_OVERHEAD bytes.  The length, or -1. */
int64_t civic_purpose_seal(civic_purpose_t *purpose, civic_str_t context,
    civic_str_t plain, unsigned char *out);

/* out has sealed.len bytes.  The length, or -1: forged, damaged, foreign. */
int64_t civic_purpose_open(civic_purpose_t *purpose, civic_str_t context,
    civic_str_t sealed, unsigned char *out);

/* The nonce of something sealed: random, so it tells apart whatever was
   sealed.  Only what opens has one. */
civic_str_t civic_sealed_nonce(civic_str_t sealed);

/*
 * A signature that only holders of the keyring can make or check: the active
 * key's id (4 bytes, network order) and HMAC-SHA256 under a key derived for
 * this, of this purpose.  May be used from any thread, by one at a time.
 */
#define CIVIC_SIGNATURE_LEN  (4 + 32)

/* 0, or -1. */
int civic_purpose_sign(const civic_purpose_t *purpose, civic_str_t text,
    unsigned char signature[CIVIC_SIGNATURE_LEN]);

/* 0; -1: it is not this text's.  Keys that are retired still verify; 1: the
   keyring has no key of that id any more. */
int civic_purpose_verify(const civic_purpose_t *purpose, civic_str_t text,
    const unsigned char signature[CIVIC_SIGNATURE_LEN]);

/* CIVIC_PID_LEN characters and a NUL.  0, or -1. */
int civic_keyring_person_id(const civic_keyring_t *keyring,
    civic_str_t canonical, char *pid);

/* Base64url without padding.  out: 4/3 of len + 4.  Returns the length. */
size_t civic_base64url_encode(const void *bytes, size_t len, char *out);
/* out: 3/4 of len + 3.  The length, or -1 for anything not canonical. */
int64_t civic_base64url_decode(civic_str_t text, void *out);

#endif
