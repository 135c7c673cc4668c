/*
 * ctl_code.h - what the files of "civicctl code" share.
 */

#ifndef CTL_CODE_H
#define CTL_CODE_H

#include "ctl.h"
#include "cwt.h"
#include "revocations.h"

/* Exit code: it cannot be told whether a code is genuine. */
#define CTL_CODE_UNTOLD  3

#define CTL_CODE_KEYS    8

/* What GET .../keys answered: times in s. */
typedef struct {
    civic_cwt_key_t  *keys[CTL_CODE_KEYS];
    size_t            count;
    int64_t           leeway;           /* the signing clock may be ahead */
    int64_t           list_warn;        /* a list that is older is warned of */
    int64_t           list_most;        /* one that is older tells nothing */
} ctl_code_keys_t;

typedef struct {
    ctl_code_keys_t  keys;
    int64_t          now;               /* s */
    char            *text;              /* of the code */
    size_t           len;
    char            *list;              /* or NULL */
    size_t           list_len;
    const char      *seen;              /* a file, or NULL */
    int64_t          newest;            /* what it has */
} ctl_code_t;

/* 0, or -1: told. */
int ctl_code_keys_read(ctl_t *ctl, const char *text, size_t len,
    ctl_code_keys_t *keys);
void ctl_code_keys_free(ctl_code_keys_t *keys);
const civic_cwt_key_t *const *ctl_code_all(const ctl_code_keys_t *keys);

/* When the newest list was made that this file knows of, s; 0: there is no
   such file yet.  0, or -1: told. */
int ctl_code_seen_read(ctl_t *ctl, const char *path, int64_t *newest);

/* Notes a newer one; what cannot be noted is told. */
void ctl_code_seen_write(ctl_t *ctl, const char *path, int64_t made_at);

/* Tells the verdict; the exit code. */
int ctl_code_judge(ctl_t *ctl, const ctl_code_t *code);

#endif
