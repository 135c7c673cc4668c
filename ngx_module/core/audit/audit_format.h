/*
 * audit_format.h - the lines of the audit trail's files.
 *
 *   <folder>/name                      the folder's own name
 *   <folder>/<writer>/<6 digits>.audit segments of a writer's chain
 *
 * Names are 8 random characters.  A segment is text, so that it can be
 * looked at.  Its first line is
 *
 *   civic-audit 1 <folder> <writer> <number> <ms> <mac of the line before>
 *
 * ("-" in the very first segment), then
 *
 *   <seq> <kind> <payload> <mac>
 *
 * seq rises by one over all segments of a writer.  payload is base64url: of
 * what is sealed for an entry, of JSON for the other kinds.  mac is base64url
 * of a key's id and HMAC-SHA256 (civic_purpose_sign()) over the mac before, or
 * the first line in front of a segment's first, a newline, and the line up to
 * the mac; so nobody without the keyring changes, moves or takes out a line
 * without a trace, but from the end.  The ends of all chains ("heads") stand
 * in each other's chains, in Redis and, if wanted, in syslog.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_AUDIT_FORMAT_H
#define CIVIC_AUDIT_FORMAT_H

#include "keyring.h"

#define CIVIC_AUDIT_NAME      8
#define CIVIC_AUDIT_MAC       48        /* base64url of a signature */
#define CIVIC_AUDIT_FIRST     128       /* room for a first line */
#define CIVIC_AUDIT_FILE      24        /* room for "000001.audit" */
#define CIVIC_AUDIT_PLACE     256
#define CIVIC_AUDIT_SEGMENTS  999999

/* Kinds of lines. */
#define CIVIC_AUDIT_ENTRY    "entry"    /* what somebody did, sealed */
#define CIVIC_AUDIT_HEAD     "head"     /* how far another writer is */
#define CIVIC_AUDIT_REMOVED  "removed"  /* {"first","last","mac"}: old ones */
#define CIVIC_AUDIT_CUT      "cut"      /* {"bytes"}: a torn line, which was
                                           never acknowledged, was cut off */
#define CIVIC_AUDIT_END      "end"      /* the next segment follows */

typedef struct {
    char          folder[CIVIC_AUDIT_NAME + 1];
    char          writer[CIVIC_AUDIT_NAME + 1];
    unsigned      number;
    civic_msec_t  at;
    char          mac[CIVIC_AUDIT_MAC + 1];     /* or "-" */
} civic_audit_first_t;

/* Into out (CIVIC_AUDIT_FIRST), without the newline; its length. */
size_t civic_audit_first_format(const civic_audit_first_t *first, char *out);
/* 0, or -1.  Only what format() makes. */
int civic_audit_first_parse(civic_str_t text, civic_audit_first_t *first);

typedef struct {
    uint64_t     seq;
    civic_str_t  kind;
    civic_str_t  payload;               /* base64url */
    civic_str_t  mac;
    civic_str_t  signed_text;           /* the line up to its mac */
} civic_audit_line_t;

/* Parts of text, which has no newline.  0, or -1. */
int civic_audit_line_parse(civic_str_t text, civic_audit_line_t *line);

/* before: the mac before, or the segment's first line.  0 and the mac with a
   NUL; -1: no memory. */
int civic_audit_line_sign(const civic_purpose_t *chain, civic_str_t before,
    civic_str_t signed_text, char mac[CIVIC_AUDIT_MAC + 1]);
/* As civic_purpose_verify(). */
int civic_audit_line_verify(const civic_purpose_t *chain, civic_str_t before,
    const civic_audit_line_t *line);

/* What is behind a payload; NULL: no JSON object.  A new reference. */
json_t *civic_audit_payload_json(civic_str_t payload);

/* Whether a name is one of a writer, and the number of a segment's file name
   (0: it is none). */
int civic_audit_name_valid(const char *name);
unsigned civic_audit_file_number(const char *name);
void civic_audit_file_name(unsigned number, char out[CIVIC_AUDIT_FILE]);
/* 0, or -1 without random bytes. */
int civic_audit_name_make(char out[CIVIC_AUDIT_NAME + 1]);

/* How far a chain is. */
typedef struct {
    char          folder[CIVIC_AUDIT_NAME + 1];
    char          writer[CIVIC_AUDIT_NAME + 1];
    unsigned      segment;
    uint64_t      seq;
    uint64_t      last_entry;           /* the seq of its last entry */
    char          mac[CIVIC_AUDIT_MAC + 1];
    civic_msec_t  at;
    char          place[CIVIC_AUDIT_PLACE];     /* "<host>:<folder>" */
} civic_audit_head_t;

/* malloc'ed JSON, or NULL. */
char *civic_audit_head_format(const civic_audit_head_t *head);
/* 0, or -1. */
int civic_audit_head_parse(const json_t *json, civic_audit_head_t *head);

#endif
