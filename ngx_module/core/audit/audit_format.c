/*
 * audit_format.c - the lines of the audit trail's files, made and taken
 * apart.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "audit_format.h"

#define MAGIC     "civic-audit 1 "
#define SUFFIX    ".audit"
#define DIGITS    6
#define SEQ_MAX   19                    /* digits */
#define KIND_MAX  16

static const char  letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";


/* ---- names ------------------------------------------------------------- */

int
civic_audit_name_valid(const char *name)
{
    return strlen(name) == CIVIC_AUDIT_NAME
           && strspn(name, letters) == CIVIC_AUDIT_NAME;
}


unsigned
civic_audit_file_number(const char *name)
{
    if (strspn(name, "0123456789") != DIGITS
        || strcmp(name + DIGITS, SUFFIX) != 0)
    {
        return 0;
    }

    return (unsigned) strtoul(name, NULL, 10);
}


void
civic_audit_file_name(unsigned number, char out[CIVIC_AUDIT_FILE])
{
    (void) snprintf(out, CIVIC_AUDIT_FILE, "%06u" SUFFIX, number);
}


int
civic_audit_name_make(char out[CIVIC_AUDIT_NAME + 1])
{
    size_t         i;
    unsigned char  bytes[CIVIC_AUDIT_NAME];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes)) {
        return -1;
    }

    for (i = 0; i < CIVIC_AUDIT_NAME; i++) {
        out[i] = letters[bytes[i] % (sizeof(letters) - 1)];
    }

    out[i] = '\0';

    return 0;
}


/* ---- words ------------------------------------------------------------- */

/* Cuts the next word off; words are parted by one space. */
static civic_str_t
next_word(civic_str_t *text)
{
    civic_str_t  word = *text;
    const char  *space;

    space = text->len == 0 ? NULL : memchr(text->data, ' ', text->len);

    if (space == NULL) {
        text->data += text->len;
        text->len = 0;
        return word;
    }

    word.len = (size_t) (space - word.data);
    text->data = space + 1;
    text->len -= word.len + 1;

    return word;
}


/* Decimal, as it is written: no sign, no zeros in front. */
static int
word_number(civic_str_t word, uint64_t *number)
{
    size_t  i;

    if (word.len == 0 || word.len > SEQ_MAX
        || (word.data[0] == '0' && word.len > 1))
    {
        return -1;
    }

    *number = 0;

    for (i = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return -1;
        }

        *number = *number * 10 + (uint64_t) (word.data[i] - '0');
    }

    return 0;
}


static int
word_copy(civic_str_t word, char *out, size_t room)
{
    if (word.len >= room || memchr(word.data, '\0', word.len) != NULL) {
        return -1;
    }

    memcpy(out, word.data, word.len);
    out[word.len] = '\0';

    return 0;
}


/* ---- the first line ---------------------------------------------------- */

size_t
civic_audit_first_format(const civic_audit_first_t *first, char *out)
{
    int  n;

    n = snprintf(out, CIVIC_AUDIT_FIRST, MAGIC "%s %s %u %lld %s",
                 first->folder, first->writer, first->number,
                 (long long) first->at, first->mac);

    return n < 0 || n >= CIVIC_AUDIT_FIRST ? 0 : (size_t) n;
}


int
civic_audit_first_parse(civic_str_t text, civic_audit_first_t *first)
{
    char         again[CIVIC_AUDIT_FIRST];
    size_t       len;
    uint64_t     number, at;
    civic_str_t  whole = text;
    const char  *mac = first->mac;

    if (text.len < sizeof(MAGIC) - 1
        || memcmp(text.data, MAGIC, sizeof(MAGIC) - 1) != 0)
    {
        return -1;
    }

    text.data += sizeof(MAGIC) - 1;
    text.len -= sizeof(MAGIC) - 1;

    if (word_copy(next_word(&text), first->folder, sizeof(first->folder)) != 0
        || word_copy(next_word(&text), first->writer, sizeof(first->writer))
           != 0
        || word_number(next_word(&text), &number) != 0
        || word_number(next_word(&text), &at) != 0
        || word_copy(next_word(&text), first->mac, sizeof(first->mac)) != 0
        || text.len != 0)
    {
        return -1;
    }

    if (!civic_audit_name_valid(first->folder)
        || !civic_audit_name_valid(first->writer)
        || number < 1 || number > CIVIC_AUDIT_SEGMENTS
        || (strcmp(mac, "-") != 0 && strlen(mac) != CIVIC_AUDIT_MAC))
    {
        return -1;
    }

    first->number = (unsigned) number;
    first->at = (civic_msec_t) at;

    len = civic_audit_first_format(first, again);

    return civic_str_eq(whole, (civic_str_t) { again, len }) ? 0 : -1;
}


/* ---- lines ------------------------------------------------------------- */

int
civic_audit_line_parse(civic_str_t text, civic_audit_line_t *line)
{
    civic_str_t  rest = text;

    if (word_number(next_word(&rest), &line->seq) != 0) {
        return -1;
    }

    line->kind = next_word(&rest);
    line->payload = next_word(&rest);
    line->mac = rest;

    if (line->kind.len == 0 || line->kind.len > KIND_MAX
        || line->payload.len == 0 || line->mac.len != CIVIC_AUDIT_MAC)
    {
        return -1;
    }

    line->signed_text.data = text.data;
    line->signed_text.len = text.len - CIVIC_AUDIT_MAC - 1;

    return 0;
}


/* What is signed: the line after what was before it.  malloc'ed. */
static civic_str_t
chained_text(civic_str_t before, civic_str_t signed_text)
{
    char         *p;
    civic_str_t   text = { NULL, before.len + 1 + signed_text.len };

    p = malloc(text.len);
    if (p != NULL) {
        memcpy(p, before.data, before.len);
        p[before.len] = '\n';
        memcpy(p + before.len + 1, signed_text.data, signed_text.len);
    }

    text.data = p;

    return text;
}


int
civic_audit_line_sign(const civic_purpose_t *chain, civic_str_t before,
    civic_str_t signed_text, char mac[CIVIC_AUDIT_MAC + 1])
{
    int            rc;
    size_t         n;
    civic_str_t    text = chained_text(before, signed_text);
    unsigned char  signature[CIVIC_SIGNATURE_LEN];
    char           out[CIVIC_SIGNATURE_LEN * 2];

    if (text.data == NULL) {
        return -1;
    }

    rc = civic_purpose_sign(chain, text, signature);
    free((void *) (uintptr_t) text.data);

    if (rc != 0) {
        return -1;
    }

    n = civic_base64url_encode(signature, sizeof(signature), out);
    memcpy(mac, out, n);
    mac[n] = '\0';

    return 0;
}


int
civic_audit_line_verify(const civic_purpose_t *chain, civic_str_t before,
    const civic_audit_line_t *line)
{
    int            rc;
    civic_str_t    text;
    unsigned char  signature[CIVIC_AUDIT_MAC];

    if (civic_base64url_decode(line->mac, signature) != CIVIC_SIGNATURE_LEN) {
        return -1;
    }

    text = chained_text(before, line->signed_text);
    if (text.data == NULL) {
        return -1;
    }

    rc = civic_purpose_verify(chain, text, signature);
    free((void *) (uintptr_t) text.data);

    return rc;
}


json_t *
civic_audit_payload_json(civic_str_t payload)
{
    char     *text = malloc(payload.len + 3);
    json_t   *json = NULL;
    int64_t   n;

    if (text == NULL) {
        return NULL;
    }

    n = civic_base64url_decode(payload, text);

    if (n > 0) {
        json = json_loadb(text, (size_t) n, JSON_REJECT_DUPLICATES, NULL);
    }

    free(text);

    if (json != NULL && !json_is_object(json)) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/* ---- heads ------------------------------------------------------------- */

char *
civic_audit_head_format(const civic_audit_head_t *head)
{
    char    *text;
    json_t  *json;

    json = json_pack("{s:s,s:s,s:i,s:I,s:I,s:s,s:I,s:s}",
                     "folder", head->folder, "writer", head->writer,
                     "segment", (int) head->segment,
                     "seq", (json_int_t) head->seq,
                     "last_entry", (json_int_t) head->last_entry,
                     "mac", head->mac, "at", (json_int_t) head->at,
                     "place", head->place);
    if (json == NULL) {
        return NULL;
    }

    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    return text;
}


static int
head_text(const json_t *json, const char *name, char *out, size_t room)
{
    const json_t  *value = json_object_get(json, name);

    if (!json_is_string(value) || json_string_length(value) >= room) {
        return -1;
    }

    memcpy(out, json_string_value(value), json_string_length(value) + 1);

    return 0;
}


static int64_t
head_number(const json_t *json, const char *name)
{
    const json_t  *value = json_object_get(json, name);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}


int
civic_audit_head_parse(const json_t *json, civic_audit_head_t *head)
{
    int64_t  segment, seq, last_entry, at;

    segment = head_number(json, "segment");
    seq = head_number(json, "seq");
    last_entry = head_number(json, "last_entry");
    at = head_number(json, "at");

    if (segment < 1 || segment > CIVIC_AUDIT_SEGMENTS || seq < 1
        || last_entry < 0 || at < 0
        || head_text(json, "folder", head->folder, sizeof(head->folder)) != 0
        || head_text(json, "writer", head->writer, sizeof(head->writer)) != 0
        || head_text(json, "mac", head->mac, sizeof(head->mac)) != 0
        || head_text(json, "place", head->place, sizeof(head->place)) != 0
        || !civic_audit_name_valid(head->folder)
        || !civic_audit_name_valid(head->writer)
        || strlen(head->mac) != CIVIC_AUDIT_MAC)
    {
        return -1;
    }

    head->segment = (unsigned) segment;
    head->seq = (uint64_t) seq;
    head->last_entry = (uint64_t) last_entry;
    head->at = at;

    return 0;
}
