/*
 * session.h - what a session token holds, and what Redis holds of it.
 *
 * The token is base64url of a sealed (purpose "session") string: a class
 * byte (0 citizen, 1 staff), the pid, and 16 random bytes, the session's id.
 * So the worker knows the person's slot, and for admission whether it is
 * staff, before it asks Redis, and nobody can make tokens from a copy of
 * Redis.  All sessions of a person are fields of one hash,
 * "civic:{p:<pid>}:sessions", field = base64url(id): one HGET proves a
 * session, one DEL ends them all.
 *
 * A record is a short text of integers, cheap to read:
 * "1 <created s> <seen s> <expires s> <idle s> <refresh s> <roles>
 *  <must_set_password> <method> <device or ->".
 */

#ifndef CIVIC_SESSION_H
#define CIVIC_SESSION_H

#include "keyring.h"

#define CIVIC_SESSION_ID      16
#define CIVIC_SESSION_FIELD   22
#define CIVIC_SESSION_TOKEN   128       /* characters at most, with NUL */
#define CIVIC_SESSION_RECORD  192
#define CIVIC_SESSION_WORD    32        /* method, device: at most, with NUL */

typedef struct {
    int   staff;
    char  pid[CIVIC_PID_LEN + 1];
    char  field[CIVIC_SESSION_FIELD + 1];
} civic_session_token_t;

typedef struct {
    int64_t   created;
    int64_t   seen;
    int64_t   expires;
    int64_t   idle;
    int64_t   refresh;
    unsigned  roles;
    int       must_set_password;
    char      method[CIVIC_SESSION_WORD];
    char      device[CIVIC_SESSION_WORD];
} civic_session_record_t;

/* Makes a token with a fresh id; fills token->field.  The length, or -1. */
int civic_session_make(civic_purpose_t *purpose, civic_session_token_t *token,
    char *out);

/* 0, or -1: not a token of ours. */
int civic_session_open(civic_purpose_t *purpose, civic_str_t text,
    civic_session_token_t *token);

/* Into out (CIVIC_SESSION_RECORD); the length, or -1 if a word is not
   [a-z0-9_]+ (device: base64url) or too long. */
int civic_session_encode(const civic_session_record_t *record, char *out);
int civic_session_decode(civic_str_t text, civic_session_record_t *record);

/* now: s.  1 if it still holds. */
int civic_session_valid(const civic_session_record_t *record, int64_t now);

/* 1 when use should be noted: refresh seconds since seen have passed. */
int civic_session_stale(const civic_session_record_t *record, int64_t now);

#endif
