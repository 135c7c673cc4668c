/*
 * record.h - records of people in Redis: what names them, and the part of
 * them that is sealed.
 *
 * A record has two parts, fields of a hash of the person: a text of words
 * that scripts compare and decide by (words.h), and a JSON object that is
 * sealed for this person and this id, so that nobody can read it and none
 * can be moved to somebody else.  A plugin says with a table which members
 * of its struct are the second:
 *
 *     typedef struct {
 *         civic_str_t  pid;
 *         civic_str_t  id;
 *         civic_str_t  title;                      sealed
 *         int64_t      score;
 *         int          urgent;
 *     } ticket_t;
 *
 *     static const shared_member_t  members[] = {
 *         SHARED_TEXT(ticket_t, title),
 *         SHARED_NUMBER(ticket_t, score),
 *         SHARED_FLAG(ticket_t, urgent),
 *         CIVIC_END
 *     };
 *
 *     rc = shared_id_new(r, &ticket->id);
 *     rc = shared_record_seal(r, "tickets", ticket->pid, ticket->id, members,
 *                             ticket, &args[1]);
 *     ...
 *     if (!shared_is_id(id)) {
 *         return CIVIC_NOT_FOUND;
 *     }
 *     ...
 *     rc = shared_record_open(r, "tickets", pid, id, shared_item(value, 1),
 *                             members, ticket);
 *
 * "purpose" is one of the plugin's table.  Whatever is handed out is the
 * request's; a civic_str_t has a NUL behind it.
 */

#ifndef CIVIC_SHARED_RECORD_H
#define CIVIC_SHARED_RECORD_H

#include "civic_plugin.h"

/* A person's or an account's pid: characters. */
#define SHARED_PID         22


/* ---- what names a record ----------------------------------------------- */

/* Base64url of 16 random bytes: nobody can guess it, and it may stand in a
   path.  The format is for a field of a body or a query. */
#define SHARED_ID          22           /* characters */
#define SHARED_ID_BYTES    16
#define SHARED_ID_PATTERN  "[A-Za-z0-9_-]{22}"
#define SHARED_ID_FORMAT                                                      \
    .pattern = SHARED_ID_PATTERN, .example = "AAECAwQFBgcICQoLDA0ODw"

/* A new one.  CIVIC_ERROR: no random bytes. */
civic_result_t shared_id_new(civic_request_t *r, civic_str_t *id);

/* The one that SHARED_ID_BYTES bytes make: of a digest, where the same thing
   must get the same id again. */
civic_str_t shared_id_of(civic_request_t *r, const unsigned char *bytes);

/* Whether it may be one: to be asked of what a path or Redis has, before it
   becomes part of a key or a field. */
int shared_is_id(civic_str_t text);

/* The same as 32 lower-case hexadecimal digits: for numbers that go to
   providers (out_trade_no, outer_order_no), who allow no "-". */
#define SHARED_HEX_ID          32
#define SHARED_HEX_ID_PATTERN  "[0-9a-f]{32}"
#define SHARED_HEX_ID_FORMAT                                                  \
    .pattern = SHARED_HEX_ID_PATTERN,                                         \
    .example = "000102030405060708090a0b0c0d0e0f"

civic_result_t shared_hex_id_new(civic_request_t *r, civic_str_t *id);
int shared_is_hex_id(civic_str_t text);

/* Bytes as lower-case hexadecimal digits. */
civic_str_t shared_hex(civic_request_t *r, const unsigned char *bytes,
    size_t len);

/* And back: exactly so many bytes.  -1: the text is none of that length, or
   has something else. */
int shared_unhex(civic_str_t text, unsigned char *bytes, size_t len);


/* ---- JSON as text, and sealed ------------------------------------------ */

/* A tree as text: compact, members in the order of their names.  Takes over
   the reference, also of NULL (a json_pack() that failed): CIVIC_ERROR. */
civic_result_t shared_json_text(civic_request_t *r, json_t *tree,
    civic_str_t *text);

/*
 * Seals an object (civic_seal()); *sealed is binary.  Takes over the
 * reference to tree, also of NULL: CIVIC_ERROR.  context is bound to it: of
 * a person's record shared_record_context(), so that one cannot be moved to
 * another person or id.
 */
civic_result_t shared_json_seal(civic_request_t *r, const char *purpose,
    civic_str_t context, json_t *tree, civic_str_t *sealed);

/* And back: *tree is a new reference to an object, or NULL unless it is
   CIVIC_OK.  CIVIC_INVALID: damaged, or somebody else's; the log says of
   which purpose, with the level ERROR. */
civic_result_t shared_json_open(civic_request_t *r, const char *purpose,
    civic_str_t context, civic_str_t sealed, json_t **tree);

/* "<pid>:<id>": what a record of a person is sealed for. */
civic_str_t shared_record_context(civic_request_t *r, civic_str_t pid,
    civic_str_t id);


/* ---- a struct's members ------------------------------------------------ */

typedef enum {
    SHARED_IS_TEXT = 0,         /* civic_str_t; absent in JSON if empty */
    SHARED_IS_NUMBER,           /* int64_t, so civic_msec_t too */
    SHARED_IS_FLAG              /* int: 0 or 1; a boolean in JSON */
} shared_kind_t;

/* One of a table that ends with CIVIC_END.  In JSON it has the name that it
   has in the struct: to rename it is to lose what was stored. */
typedef struct {
    const char     *name;
    shared_kind_t   kind;
    size_t          at;
} shared_member_t;

/* A member of another type does not compile (an array of size -1). */
#define SHARED_MEMBER(type, member, ctype, kind)                              \
    { #member, kind, offsetof(type, member)                                   \
                     + 0 * sizeof(char[__builtin_types_compatible_p(          \
                           __typeof__(((type *) 0)->member), ctype)           \
                           ? 1 : -1]) }

#define SHARED_TEXT(type, member)                                             \
    SHARED_MEMBER(type, member, civic_str_t, SHARED_IS_TEXT)
#define SHARED_NUMBER(type, member)                                           \
    SHARED_MEMBER(type, member, int64_t, SHARED_IS_NUMBER)
#define SHARED_FLAG(type, member)                                             \
    SHARED_MEMBER(type, member, int, SHARED_IS_FLAG)

/* The members of a struct as a new object, for shared_json_seal(). */
json_t *shared_members_json(const shared_member_t *members,
    const void *record);

/* And back, into the struct: what is absent or of another type is empty, 0.
   What members does not name stays as it is, on both sides. */
void shared_members_take(civic_request_t *r, const shared_member_t *members,
    json_t *tree, void *record);

/* The members, sealed for this person and id. */
civic_result_t shared_record_seal(civic_request_t *r, const char *purpose,
    civic_str_t pid, civic_str_t id, const shared_member_t *members,
    const void *record, civic_str_t *sealed);

/* And back, into the struct.  CIVIC_INVALID as shared_json_open(), logged;
   the struct is as it was then. */
civic_result_t shared_record_open(civic_request_t *r, const char *purpose,
    civic_str_t pid, civic_str_t id, civic_str_t sealed,
    const shared_member_t *members, void *record);

#endif
