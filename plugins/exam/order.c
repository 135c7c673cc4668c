/*
 * order.c - the list of all exams, as Redis has it: a hash, to which a load
 * adds and which the job mends, and beside it the exams' order by when they
 * end.
 *
 * An exam that the hash has and the order lacks (an older version entered it)
 * is given its place by whoever misses it first.
 */

#include <stdlib.h>

#include "exam.h"
#include "values.h"
#include "words.h"

#define ORDER  EXAM_LIST ":ends"
#define PART   "32"                     /* exams of a part of all, about: what
                                           is read of them takes a turn */
#define PARTS  64                       /* that a request mends, for memory */
#define FEW    4                        /* arguments of the script for each */
#define TURN   "order"                  /* civic_turn() */
#define LINE   4096


/* ---- an entry ---------------------------------------------------------- */

/* The listing of an entry, with its windows; NULL: it is none. */
static json_t *
read_listing(civic_str_t id, civic_str_t text, civic_exam_window_t *windows)
{
    json_t  *listing = json_loadb(text.data, text.len, 0, NULL);
    json_t  *own = json_object_get(listing, "exam_id");

    if (json_is_string(own)
        && civic_str_eq(civic_cstr(json_string_value(own)), id)
        && json_is_object(json_object_get(listing, "title"))
        && exam_spans(json_object_get(listing, "windows"), windows) == 0)
    {
        return listing;
    }

    json_decref(listing);

    return NULL;
}


/* "<revision> <listing>"; the revision is 0 and the listing the whole if it is
   damaged. */
static void
split(civic_str_t text, int64_t *revision, civic_str_t *listing)
{
    const char  *space = memchr(text.data, ' ', text.len);

    *revision = 0;
    *listing = text;

    if (space != NULL) {
        *revision = shared_number((civic_str_t) {
                                      text.data,
                                      (size_t) (space - text.data) }, 0);
    }

    if (*revision > 0) {
        listing->data = space + 1;
        listing->len = text.len - (size_t) (space + 1 - text.data);
    }
}


static civic_msec_t
until_of(civic_str_t id, civic_str_t listing)
{
    json_t               *tree;
    civic_exam_window_t   windows[CIVIC_EXAM_WINDOWS];

    tree = read_listing(id, listing, windows);

    if (tree == NULL) {
        return 0;
    }

    json_decref(tree);

    return civic_exam_until(windows);
}


/* ---- entering ---------------------------------------------------------- */

typedef struct {
    civic_str_t  *args;
    size_t        nargs;
} entries_t;


static void
add_entry(civic_request_t *r, entries_t *entries, civic_str_t id,
    int64_t revision, civic_str_t listing)
{
    civic_str_t  *args = entries->args + entries->nargs;

    args[0] = id;
    args[1] = shared_decimal(r, revision);
    args[2] = listing;
    args[3] = shared_decimal(r, until_of(id, listing));
    entries->nargs += FEW;
}


static civic_result_t
enter(civic_request_t *r, const entries_t *entries)
{
    civic_str_t           keys[2] = { CIVIC_STR(EXAM_LIST),
                                      CIVIC_STR(ORDER) };
    const civic_value_t  *value;

    return civic_script(r, &(civic_script_t) {
                            .name = "exam_list", .keys = keys, .nkeys = 2,
                            .args = entries->args,
                            .nargs = entries->nargs }, &value);
}


civic_result_t
exam_order_enter(civic_request_t *r, civic_str_t id, int64_t revision,
    civic_str_t listing)
{
    civic_str_t  args[FEW];
    entries_t    entries = { args, 0 };

    add_entry(r, &entries, id, revision, listing);

    return enter(r, &entries);
}


/* ---- all of them, in parts --------------------------------------------- */

/* Ids and entries, one behind the other, in whatever order. */
static civic_result_t
read_part(civic_request_t *r, civic_str_t cursor, civic_str_t *next,
    const civic_value_t **pairs)
{
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HSCAN"), CIVIC_STR(EXAM_LIST),
                                   cursor, CIVIC_STR("COUNT"),
                                   CIVIC_STR(PART)), &value);

    if (rc != CIVIC_OK || value->count != 2
        || value->items[1].type != CIVIC_VALUE_ARRAY)
    {
        return rc != CIVIC_OK ? rc : CIVIC_ERROR;
    }

    *next = shared_item(value, 0);
    *pairs = &value->items[1];

    return CIVIC_OK;
}


/* {exam_id, until}: until is 0 if it cannot be read. */
static json_t *
part_entry(civic_str_t id, civic_str_t text)
{
    int64_t      revision;
    civic_str_t  listing;

    split(text, &revision, &listing);

    return json_pack("{s:s%, s:I}", "exam_id", id.data, id.len, "until",
                     (json_int_t) until_of(id, listing));
}


civic_result_t
exam_part(civic_request_t *r, civic_str_t cursor, json_t **out)
{
    size_t                i;
    json_t               *exams;
    civic_str_t           next;
    civic_result_t        rc;
    const civic_value_t  *pairs;

    rc = read_part(r, cursor, &next, &pairs);
    if (rc != CIVIC_OK) {
        return rc;
    }

    exams = json_array();

    for (i = 0; i + 1 < pairs->count; i += 2) {
        (void) json_array_append_new(exams,
                                     part_entry(shared_item(pairs, i),
                                                shared_item(pairs, i + 1)));
    }

    *out = json_pack("{s:o, s:s%}", "exams", exams, "cursor", next.data,
                     next.len);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}


/* ---- some, in order ---------------------------------------------------- */

typedef struct {
    civic_msec_t  now;                  /* one for all that is decided by it */
    civic_str_t   after;
    size_t        most;
} asked_t;


static civic_result_t
read_page(civic_request_t *r, const asked_t *asked,
    const civic_value_t **value)
{
    civic_str_t     keys[2] = { CIVIC_STR(EXAM_LIST), CIVIC_STR(ORDER) };
    civic_str_t     args[3];
    civic_result_t  rc;

    args[0] = shared_decimal(r, asked->now);
    args[1] = shared_decimal(r, (int64_t) asked->most);
    args[2] = asked->after;

    rc = civic_script(r, &(civic_script_t) {
                             .name = "exam_page", .keys = keys, .nkeys = 2,
                             .args = args, .nargs = 3 }, value);

    /* it only reads: whether it ran is nobody's question */
    if (rc == CIVIC_UNKNOWN) {
        return CIVIC_NOT_SENT;
    }

    return rc == CIVIC_OK && (*value)->count == 0 ? CIVIC_ERROR : rc;
}


static int
is_whole(const civic_value_t *value)
{
    return value->items[0].integer <= 0;
}


static civic_result_t
mend_part(civic_request_t *r, civic_str_t *cursor)
{
    size_t                i;
    int64_t               revision;
    entries_t             entries = { NULL, 0 };
    civic_str_t           listing;
    civic_result_t        rc;
    const civic_value_t  *pairs;

    rc = read_part(r, *cursor, cursor, &pairs);
    if (rc != CIVIC_OK) {
        return rc;
    }

    entries.args = civic_alloc(r, (pairs->count / 2 + 1) * FEW
                                  * sizeof(civic_str_t));

    for (i = 0; i + 1 < pairs->count; i += 2) {
        split(shared_item(pairs, i + 1), &revision, &listing);
        add_entry(r, &entries, shared_item(pairs, i), revision, listing);
    }

    return entries.nargs == 0 ? CIVIC_OK : enter(r, &entries);
}


/* Each that is listed gets its place in the order.  Where there are very many
   the next request goes on. */
static civic_result_t
mend(civic_request_t *r)
{
    unsigned         parts = 0;
    civic_str_t      cursor;
    exam_worker_t   *w = civic_state(r);
    civic_result_t   rc = CIVIC_OK;

    do {
        cursor = civic_print(r, "%llu", (unsigned long long) w->mended);
        rc = mend_part(r, &cursor);

        if (rc == CIVIC_OK) {
            w->mended = strtoull(cursor.data, NULL, 10);
        }
    } while (rc == CIVIC_OK && w->mended != 0 && ++parts < PARTS);

    return rc;
}


/* One of a worker's requests at a time: who waited finds it done. */
static civic_result_t
read_mended(civic_request_t *r, const asked_t *asked,
    const civic_value_t **value)
{
    civic_result_t  rc = civic_turn(r, TURN, 1, LINE);

    if (rc != CIVIC_OK) {
        return rc == CIVIC_TIMEOUT ? CIVIC_BUSY : rc;
    }

    rc = read_page(r, asked, value);

    if (rc == CIVIC_OK && !is_whole(*value)) {
        rc = mend(r);

        if (rc == CIVIC_OK) {
            rc = read_page(r, asked, value);
        }
    }

    civic_turn_end(r, TURN);

    return rc;
}


/* id, end, entry. */
static void
take(civic_request_t *r, const civic_value_t *value, size_t at,
    exam_listed_t *listed)
{
    int64_t      revision;
    civic_str_t  listing;

    listed->id = shared_item(value, at);
    listed->until = shared_number(shared_item(value, at + 1), 0);
    split(shared_item(value, at + 2), &revision, &listing);
    listed->entry = read_listing(listed->id, listing, listed->windows);

    if (listed->entry == NULL) {
        civic_log(r, CIVIC_LOG_ERROR, "\"%.*s\" in " EXAM_LIST " is no entry "
                  "of an exam", (int) listed->id.len, listed->id.data);
        return;
    }

    (void) json_object_set_new(listed->entry, "revision",
                               json_integer(revision));
}


/* One more is read than is told of: to know whether there is one. */
civic_result_t
exam_list_read(civic_request_t *r, civic_str_t after, size_t limit,
    exam_list_t *list)
{
    size_t                i, found;
    asked_t               asked = { civic_business_now(r), after, limit + 1 };
    exam_listed_t        *last;
    civic_result_t        rc;
    const civic_value_t  *value;

    memset(list, 0, sizeof(exam_list_t));
    list->now = asked.now;
    rc = read_page(r, &asked, &value);

    if (rc == CIVIC_OK && !is_whole(value)) {
        rc = read_mended(r, &asked, &value);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    found = (value->count - 1) / 3;
    list->count = found < limit ? found : limit;
    list->exams = civic_alloc(r, (list->count + 1) * sizeof(exam_listed_t));

    for (i = 0; i < list->count; i++) {
        take(r, value, 1 + 3 * i, &list->exams[i]);
    }

    if (found > limit) {
        last = &list->exams[limit - 1];
        list->after = civic_print(r, "%s.%lld.%.*s",
                                  last->until > list->now ? "now" : "past",
                                  (long long) last->until,
                                  (int) last->id.len, last->id.data);
    }

    return CIVIC_OK;
}
