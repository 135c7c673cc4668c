/*
 * exam.h - an exam's file (docs/exams.md): from bytes to what was checked.
 *
 * An exam office describes an exam in one JSON file.  It is checked as a
 * whole: every fault at once, each with its JSON pointer (RFC 6901), so that
 * it is mended in one go.  What passes is kept in Redis in two parts, the
 * facts (all but the positions) and the positions, sorted by code and packed
 * 256 at a time; a reader checks it again, for Redis is not to be trusted.
 *
 * Pure functions over bytes, for any thread; 20,000 positions take a tenth
 * of a second, so never on a loop.  What is made belongs to the caller.
 */

#ifndef CIVIC_KIT_EXAM_H
#define CIVIC_KIT_EXAM_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define CIVIC_EXAM_ID           40      /* bytes of an exam's id */
#define CIVIC_EXAM_CODE         20      /* bytes of a position's code */
#define CIVIC_EXAM_POSITIONS    50000
#define CIVIC_EXAM_CHUNK        256     /* positions packed together */
#define CIVIC_EXAM_CHUNKS       ((CIVIC_EXAM_POSITIONS + CIVIC_EXAM_CHUNK - 1) \
                                 / CIVIC_EXAM_CHUNK)
#define CIVIC_EXAM_FILE         (64 * 1024 * 1024)      /* bytes */
#define CIVIC_EXAM_FACTS        (512 * 1024)    /* bytes, without positions */
#define CIVIC_EXAM_POSITION     8192    /* bytes of a position as JSON */

/* All chunks of an exam, packed: what a request can read at once. */
#define CIVIC_EXAM_PACKED       (6 * 1024 * 1024)

#define CIVIC_EXAM_POINTER      160
#define CIVIC_EXAM_DETAIL       80
#define CIVIC_EXAM_FAULTS       100     /* that are kept */

typedef enum {
    CIVIC_EXAM_REGISTRATION = 0,
    CIVIC_EXAM_REVIEW,
    CIVIC_EXAM_PAYMENT,
    CIVIC_EXAM_PRINTING,
    CIVIC_EXAM_WINDOWS
} civic_exam_window_name_t;

/* Instants, ms; from is in, until is out.  Both 0: there is none. */
typedef struct {
    int64_t  from;
    int64_t  until;
} civic_exam_window_t;

/* Texts are constants; detail quotes what was found, and may be empty. */
typedef struct {
    char         pointer[CIVIC_EXAM_POINTER];
    const char  *code;                  /* "required", "bad_instant" ... */
    const char  *zh;
    const char  *en;
    char         detail[CIVIC_EXAM_DETAIL];
} civic_exam_fault_t;

typedef struct {
    size_t              count;          /* of all; the first are kept */
    civic_exam_fault_t  list[CIVIC_EXAM_FAULTS];
} civic_exam_faults_t;

typedef struct {
    char                  id[CIVIC_EXAM_ID + 1];
    civic_exam_window_t   windows[CIVIC_EXAM_WINDOWS];
    json_t               *facts;        /* the file without positions */
    json_t               *positions;    /* an array, sorted by code */
} civic_exam_t;

/* "registration" ...; and its number, or -1. */
const char *civic_exam_window_name(civic_exam_window_name_t window);
int civic_exam_window_number(const char *name, size_t len);

/* The latest end of all windows: from there on the exam is over. */
int64_t civic_exam_until(const civic_exam_window_t *windows);

#define CIVIC_EXAM_ID_PATTERN    "[a-z0-9][a-z0-9-]{0,39}"
#define CIVIC_EXAM_CODE_PATTERN  "[A-Za-z0-9-]{1,20}"

int civic_exam_id_valid(const char *s, size_t len);
int civic_exam_code_valid(const char *s, size_t len);

/* Reads a file.  0 with what civic_exam_done() ends, or -1 with faults. */
int civic_exam_read(const char *bytes, size_t len, civic_exam_t *exam,
    civic_exam_faults_t *faults);

/* In two steps: the tree (NULL with a fault), and its check.  The tree is
   given away. */
json_t *civic_exam_parse(const char *bytes, size_t len,
    civic_exam_faults_t *faults);
int civic_exam_take(json_t *tree, civic_exam_t *exam,
    civic_exam_faults_t *faults);

void civic_exam_done(civic_exam_t *exam);

/*
 * Between them: positions from a table instead, CSV with the header
 * "code,name,unit,places,note".  A position of the tree with the same code
 * gives its conditions.  0, or -1 with faults.
 */
int civic_exam_table(json_t *tree, const char *bytes, size_t len,
    civic_exam_faults_t *faults);


/* ---- as it is kept ----------------------------------------------------- */

typedef struct {
    char    *bytes;
    size_t   len;
} civic_exam_bytes_t;

/* How it stands in Redis. */
typedef struct {
    civic_exam_bytes_t  facts;          /* JSON */
    civic_exam_bytes_t  listing;        /* JSON: exam_id, title, windows */
    size_t              positions;
    size_t              chunks;
    civic_exam_bytes_t  chunk[CIVIC_EXAM_CHUNKS];   /* deflated JSON arrays */
} civic_exam_kept_t;

/* 0, or -1: no memory, or over CIVIC_EXAM_PACKED (faults say it). */
int civic_exam_pack(const civic_exam_t *exam, civic_exam_kept_t *kept,
    civic_exam_faults_t *faults);
void civic_exam_kept_done(civic_exam_kept_t *kept);

/* A chunk as an array of positions; NULL if it is none. */
json_t *civic_exam_unpack(const char *bytes, size_t len);

/* All of it back: the tree of the file; NULL if it is damaged. */
json_t *civic_exam_restore(const char *facts, size_t len,
    const civic_exam_bytes_t *chunks, size_t count);

#endif
