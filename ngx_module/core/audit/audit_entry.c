/*
 * audit_entry.c - makes and opens entries of the audit trail.
 *
 * What is sealed is short, for every change of staff's carries it to Redis,
 * into the append-only file and into a segment.  It is
 *
 *   1          version
 *   6, 2       at and roles, network order
 *   <fields>   request_id, actor, plugin, route, action, subject
 *   <rest>     details, JSON; nothing if there are none
 *
 * A field is a number (seven bits a byte, the lowest first) and its bytes.
 * The number is four times how many there are, plus 0 for text, 1 for what
 * is written as hexadecimal digits, 2 for what is written as base64url.
 *
 * Who calls owns what is made.  No thread of its own.
 */

#include <stdlib.h>

#include "audit_entry.h"
#include "writer.h"

#define VERSION   1
#define HEADER    (1 + 6 + 2)
#define FIELDS    6
#define PREFIX    3                     /* of a field, at most */
#define USUAL     512                   /* bytes of details, or of JSON */
#define ROOM      (256 * 1024)          /* to make an entry JSON in */

/* Raw bytes, where a pid and nginx's request ids are twice as long. */
#define RAW       16
#define HEX       (2 * RAW)

enum { FORM_TEXT, FORM_HEX, FORM_BASE64URL, FORMS = 4 };

/* Bound to what is sealed: an entry cannot stand for something else. */
#define CONTEXT   CIVIC_STR("entry")

static const char *const  role_names[] = {
    "anyone", "citizen", "reviewer", "sampler", "laboratory", "door",
    "counter", "office", "administrator", "visitor"
};

#define ROLES  (sizeof(role_names) / sizeof(role_names[0]))

/* What is left to read. */
typedef struct {
    const unsigned char  *at;
    const unsigned char  *end;
} rest_t;


/* ---- making ------------------------------------------------------------ */

static unsigned char *
put_number(unsigned char *p, size_t number)
{
    for ( /* void */ ; number > 0x7f; number >>= 7) {
        *p++ = (unsigned char) (number | 0x80);
    }

    *p++ = (unsigned char) number;

    return p;
}


static unsigned char *
put_bytes(unsigned char *p, unsigned form, const void *bytes, size_t len)
{
    p = put_number(p, len * FORMS + form);

    if (len > 0) {
        memcpy(p, bytes, len);
    }

    return p + len;
}


static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* 0, or -1: these are no lower-case digits. */
static int
hex_decode(civic_str_t text, unsigned char *out)
{
    int     high, low;
    size_t  i;

    for (i = 0; i < text.len; i += 2) {
        high = hex_value(text.data[i]);
        low = hex_value(text.data[i + 1]);

        if (high < 0 || low < 0) {
            return -1;
        }

        *out++ = (unsigned char) (high << 4 | low);
    }

    return 0;
}


/* What reads back as the same text. */
static unsigned char *
put_field(unsigned char *p, civic_str_t text)
{
    unsigned char  raw[RAW + PREFIX];

    if (text.len == HEX && hex_decode(text, raw) == 0) {
        return put_bytes(p, FORM_HEX, raw, RAW);
    }

    if (text.len == CIVIC_PID_LEN && civic_base64url_decode(text, raw) == RAW)
    {
        return put_bytes(p, FORM_BASE64URL, raw, RAW);
    }

    return put_bytes(p, FORM_TEXT, text.data, text.len);
}


static void
entry_fields(const civic_audit_facts_t *facts, civic_str_t fields[FIELDS])
{
    fields[0] = facts->request_id;
    fields[1] = facts->actor;
    fields[2] = facts->plugin;
    fields[3] = facts->route;
    fields[4] = facts->action;
    fields[5] = facts->subject;
}


static unsigned char *
entry_put(unsigned char *p, const civic_audit_facts_t *facts,
    const civic_str_t fields[FIELDS], civic_str_t details)
{
    int     shift;
    size_t  i;

    *p++ = VERSION;

    for (shift = 40; shift >= 0; shift -= 8) {
        *p++ = (unsigned char) ((uint64_t) facts->at >> shift);
    }

    *p++ = (unsigned char) (facts->roles >> 8);
    *p++ = (unsigned char) facts->roles;

    for (i = 0; i < FIELDS; i++) {
        p = put_field(p, fields[i]);
    }

    if (details.len > 0) {
        memcpy(p, details.data, details.len);
    }

    return p + details.len;
}


/* As JSON; empty if there are none.  0, or -1. */
static int
details_write(civic_arena_t *arena, const json_t *details, civic_str_t *text)
{
    civic_writer_t  w;

    *text = CIVIC_STR("");

    if (!json_is_object(details) || json_object_size(details) == 0) {
        return 0;
    }

    civic_writer_init(&w, arena, USUAL);
    civic_writer_json(&w, NULL, details);

    if (civic_writer_finish(&w) != 0) {
        return -1;
    }

    *text = (civic_str_t) { w.data, w.len };

    return 0;
}


civic_str_t
civic_audit_seal(civic_arena_t *arena, civic_purpose_t *purpose,
    const civic_audit_facts_t *facts)
{
    size_t          i, room = CIVIC_SEAL_OVERHEAD + HEADER;
    int64_t         n;
    civic_str_t     details, fields[FIELDS], sealed = { NULL, 0 };
    unsigned char  *plain, *end, *out;

    entry_fields(facts, fields);

    if (details_write(arena, facts->details, &details) != 0) {
        return sealed;
    }

    for (i = 0; i < FIELDS; i++) {
        room += PREFIX + fields[i].len;
    }

    room += details.len;

    if (room > CIVIC_AUDIT_MAX) {
        return sealed;
    }

    plain = civic_arena_alloc(arena, 2 * room);
    if (plain == NULL) {
        return sealed;
    }

    end = entry_put(plain, facts, fields, details);
    out = plain + room;
    n = civic_purpose_seal(purpose, CONTEXT,
                           (civic_str_t) { (char *) plain,
                                           (size_t) (end - plain) }, out);

    if (n >= 0) {
        sealed.data = (char *) out;
        sealed.len = (size_t) n;
    }

    return sealed;
}


/* ---- opening ----------------------------------------------------------- */

static int
take_number(rest_t *rest, size_t *number)
{
    unsigned  shift;

    *number = 0;

    for (shift = 0; shift < 7 * PREFIX && rest->at < rest->end; shift += 7) {
        *number |= (size_t) (*rest->at & 0x7f) << shift;

        if (!(*rest->at++ & 0x80)) {
            return 0;
        }
    }

    return -1;
}


static civic_str_t
hex_encode(civic_arena_t *arena, const unsigned char *bytes, size_t len)
{
    char         *out = civic_arena_alloc(arena, 2 * len + 1);
    size_t        i;
    civic_str_t   text = { out, 2 * len };

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; out != NULL && i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }

    return text;
}


static civic_str_t
base64url_encode(civic_arena_t *arena, const unsigned char *bytes, size_t len)
{
    char         *out = civic_arena_alloc(arena, len * 4 / 3 + 4);
    civic_str_t   text = { out, 0 };

    if (out != NULL) {
        text.len = civic_base64url_encode(bytes, len, out);
    }

    return text;
}


static int
take_field(civic_arena_t *arena, rest_t *rest, civic_str_t *text)
{
    size_t                number, len;
    const unsigned char  *bytes;

    if (take_number(rest, &number) != 0) {
        return -1;
    }

    len = number / FORMS;
    bytes = rest->at;

    if (len > (size_t) (rest->end - rest->at)) {
        return -1;
    }

    rest->at += len;

    switch (number % FORMS) {

    case FORM_TEXT:
        *text = (civic_str_t) { (const char *) bytes, len };
        return 0;

    case FORM_HEX:
        *text = hex_encode(arena, bytes, len);
        return text->data == NULL ? -1 : 0;

    case FORM_BASE64URL:
        *text = base64url_encode(arena, bytes, len);
        return text->data == NULL ? -1 : 0;

    default:
        return -1;
    }
}


static int
entry_take(civic_arena_t *arena, rest_t *rest, civic_audit_facts_t *facts)
{
    int           i;
    uint64_t      at = 0;
    civic_str_t  *fields[FIELDS] = {
        &facts->request_id, &facts->actor, &facts->plugin, &facts->route,
        &facts->action, &facts->subject
    };

    if (rest->end - rest->at < HEADER || *rest->at++ != VERSION) {
        return -1;
    }

    for (i = 0; i < 6; i++) {
        at = at << 8 | *rest->at++;
    }

    facts->at = (civic_msec_t) at;
    facts->roles = (unsigned) rest->at[0] << 8 | rest->at[1];
    rest->at += 2;

    for (i = 0; i < FIELDS; i++) {
        if (take_field(arena, rest, fields[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


static void
write_roles(civic_writer_t *w, unsigned roles)
{
    size_t  i;

    civic_writer_array(w, "roles");

    for (i = 0; i < ROLES; i++) {
        if (roles & 1u << i) {
            civic_writer_str(w, NULL, civic_cstr(role_names[i]));
        }
    }

    civic_writer_end(w);
}


/* Through the writer, which makes valid text of whatever the fields are. */
static json_t *
entry_json(civic_arena_t *arena, civic_str_t id,
    const civic_audit_facts_t *facts, civic_str_t details)
{
    civic_writer_t  w;

    civic_writer_init(&w, arena, USUAL);
    civic_writer_object(&w, NULL);
    civic_writer_str(&w, "id", id);
    civic_writer_int(&w, "at", facts->at);
    civic_writer_str(&w, "request_id", facts->request_id);
    civic_writer_str(&w, "actor", facts->actor);
    write_roles(&w, facts->roles);
    civic_writer_str(&w, "plugin", facts->plugin);
    civic_writer_str(&w, "route", facts->route);
    civic_writer_str(&w, "action", facts->action);
    civic_writer_str(&w, "subject", facts->subject);
    civic_writer_raw(&w, "details", details.len == 0 ? CIVIC_STR("{}")
                                                     : details);

    return civic_writer_finish(&w) != 0 ? NULL
           : json_loadb(w.data, w.len, JSON_REJECT_DUPLICATES, NULL);
}


/* What was sealed once has a nonce of its own, and the same one wherever it
   is found again. */
static json_t *
entry_read(civic_arena_t *arena, civic_str_t sealed, rest_t rest)
{
    civic_str_t          id, nonce = civic_sealed_nonce(sealed);
    civic_audit_facts_t  facts;

    id = base64url_encode(arena, (const unsigned char *) nonce.data,
                          nonce.len);

    if (id.data == NULL || entry_take(arena, &rest, &facts) != 0) {
        return NULL;
    }

    return entry_json(arena, id, &facts,
                      (civic_str_t) { (const char *) rest.at,
                                      (size_t) (rest.end - rest.at) });
}


json_t *
civic_audit_open(civic_purpose_t *purpose, civic_str_t sealed)
{
    json_t         *entry = NULL;
    int64_t         n = -1;
    civic_arena_t  *arena;
    unsigned char  *plain;

    arena = civic_arena_create(CIVIC_AUDIT_MAX, ROOM);
    if (arena == NULL) {
        return NULL;
    }

    plain = civic_arena_alloc(arena, sealed.len + 1);

    if (plain != NULL) {
        n = civic_purpose_open(purpose, CONTEXT, sealed, plain);
    }

    if (n >= 0) {
        entry = entry_read(arena, sealed, (rest_t) { plain, plain + n });
    }

    civic_arena_destroy(arena);

    return entry;
}
