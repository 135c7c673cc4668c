/*
 * audit_verify.h - reads the audit trail of a folder, and holds it against
 * itself, the keyring and the heads that others know.
 *
 * Blocking; for tools and threads.  The folder may be written to meanwhile.
 */

#ifndef CIVIC_AUDIT_VERIFY_H
#define CIVIC_AUDIT_VERIFY_H

#include "audit_format.h"

typedef enum {
    CIVIC_AUDIT_UNREADABLE = 0,         /* a file; detail: why */
    CIVIC_AUDIT_BAD_FIRST,              /* no first line of this segment */
    CIVIC_AUDIT_BAD_LINE,               /* no line of the format */
    CIVIC_AUDIT_BAD_SEQ,                /* detail: "7, and not 6" */
    CIVIC_AUDIT_BAD_MAC,                /* something in it was changed */
    CIVIC_AUDIT_NO_KEY,                 /* its key is not in the keyring */
    CIVIC_AUDIT_BAD_LINK,               /* does not go on from the last */
    CIVIC_AUDIT_NO_END,                 /* a segment was cut off */
    CIVIC_AUDIT_AFTER_END,              /* lines behind the end */
    CIVIC_AUDIT_NO_SEGMENT,             /* missing in the middle */
    CIVIC_AUDIT_NO_BEGINNING,           /* missing, and none says by rule */
    CIVIC_AUDIT_NO_TAIL,                /* a head is further; detail: whose */
    CIVIC_AUDIT_BAD_HEAD,               /* a head has another mac there */
    CIVIC_AUDIT_NO_WRITER,              /* a head's, with all its files */
    CIVIC_AUDIT_BAD_ENTRY,              /* an entry that cannot be opened */
    CIVIC_AUDIT_TORN,                   /* a note: the last line of the last
                                           segment is being written, or never
                                           was acknowledged */
    CIVIC_AUDIT_FINDINGS
} civic_audit_finding_t;

/* Whether it is only a note. */
#define civic_audit_is_note(what)  ((what) == CIVIC_AUDIT_TORN)

typedef struct {
    const char         *file;           /* "<writer>/000001.audit" */
    unsigned            line;
    civic_audit_line_t  parts;
} civic_audit_record_t;

/* Each may be NULL.  line 0: the file as a whole. */
typedef struct {
    void  (*finding)(void *data, civic_audit_finding_t what,
              const char *file, unsigned line, const char *detail);
    void  (*record)(void *data, const civic_audit_record_t *record);
    void   *data;
} civic_audit_visitor_t;

typedef struct {
    unsigned  writers;
    unsigned  segments;
    uint64_t  lines;
    uint64_t  entries;
    uint64_t  heads;                    /* held against this folder */
    unsigned  elsewhere;                /* writers of other folders, known by
                                           their heads */
} civic_audit_totals_t;

/* Every line, in the order of writers and segments.  chain NULL: nothing is
   checked but the format.  0; -1 with failure: the folder cannot be read. */
int civic_audit_walk(const char *path, const civic_purpose_t *chain,
    const civic_audit_visitor_t *visitor, civic_failure_t *failure);

/*
 * The same with all checks.  heads: those that are known from elsewhere
 * (Redis).  place: "<host>:<folder>", so that heads of this folder count even
 * if nothing of it is left; or "".
 */
int civic_audit_verify(const char *path, const char *place,
    const civic_purpose_t *chain, const civic_audit_head_t *heads,
    size_t count, const civic_audit_visitor_t *visitor,
    civic_audit_totals_t *totals, civic_failure_t *failure);

#endif
