/*
 * paper_keys.h - keys of what is printed (docs/adr/0021-paper-tokens.md), as a
 * plugin's options name them: read by nginx -t, and by each worker at its
 * start as its own user.
 *
 * One key signs; what another signed before its time is believed by the
 * public keys beside it, so that a key follows another without a day of its
 * own.  A plugin has three options: signing_key (the file of a private key),
 * old_keys (a file of public keys, one behind the other, or empty) and issuer.
 */

#ifndef CIVIC_SHARED_PAPER_KEYS_H
#define CIVIC_SHARED_PAPER_KEYS_H

#include "civic_plugin.h"
#include "cwt.h"

#define SHARED_PAPER_KEYS  8            /* that are believed */
#define SHARED_PAPER_FILE  1024         /* bytes of a path in an option */

/* keys[0] signs.  nkeys 0: signing_key is empty, nothing is printed. */
typedef struct {
    civic_cwt_key_t  *keys[SHARED_PAPER_KEYS];
    size_t            nkeys;
    char              issuer[CIVIC_CWT_TEXT + 1];
} shared_paper_keys_t;

/* For the plugin's check(): whether the files are such keys. */
civic_result_t shared_paper_keys_check(json_t *options,
    civic_failure_t *failure);

/* For init_worker() and exit_worker().  NULL with the failure; NULL is
   nothing to free. */
shared_paper_keys_t *shared_paper_keys_read(civic_worker_t *w,
    civic_failure_t *failure);
void shared_paper_keys_free(shared_paper_keys_t *keys);

/* The keys as cwt.h wants them. */
const civic_cwt_key_t *const *shared_paper_keys_all(
    const shared_paper_keys_t *keys);

/* What others verify codes with, without a network: members of a reply:
   issuer, prefix, algorithm, keys. */
civic_result_t shared_paper_keys_write(civic_request_t *r, civic_writer_t *w,
    const shared_paper_keys_t *keys);

/* The fields of that reply, for a plugin's table. */
extern const civic_field_t  shared_paper_key_item[];

#define SHARED_PAPER_KEYS_FIELDS                                              \
    { .name = "issuer", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,   \
      .zh = "签发单位", .en = "claim iss of a code" },                        \
    { .name = "prefix", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,   \
      .zh = "二维码内容的前缀", .en = "before the base45 of a code" },        \
    { .name = "algorithm", .type = CIVIC_TYPE_STRING,                         \
      .flags = CIVIC_REQUIRED, .zh = "签名算法", .en = "what signs" },        \
    { .name = "keys", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,      \
      .max = SHARED_PAPER_KEYS, .fields = shared_paper_key_item,              \
      .zh = "公钥", .en = "keys that are believed" }

#endif
