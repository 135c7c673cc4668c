/*
 * inbox.c - GET /civic/messages, and what marks messages as read.
 *
 * The index of an inbox is one field, so a page is two short trips: the
 * index, then the records of the page.
 */

#include "caller.h"
#include "civic.h"

#define LIMIT_FALLBACK  20
#define LIMIT_MAX       50

/* A message in the index. */
typedef struct {
    civic_str_t   id;
    civic_msec_t  at;
    int           read;
} entry_t;

/* The newest first. */
typedef struct {
    entry_t  *entries;
    size_t    count;
    size_t    unread;
} inbox_t;

/* What of it the answer has: places in entries. */
typedef struct {
    size_t  places[LIMIT_MAX];
    size_t  count;
    int     more;
} page_t;


/* ---- the index --------------------------------------------------------- */

/* "<id>:<ms>:<0 or 1>"; 0 if it is something else. */
static int
parse_entry(civic_str_t text, entry_t *entry)
{
    civic_str_t  at;

    if (text.len < SHARED_ID + 4 || text.data[SHARED_ID] != ':'
        || text.data[text.len - 2] != ':')
    {
        return 0;
    }

    at.data = text.data + SHARED_ID + 1;
    at.len = text.len - SHARED_ID - 3;

    entry->id = (civic_str_t) { text.data, SHARED_ID };
    entry->at = shared_number(at, -1);
    entry->read = text.data[text.len - 1] == '1';

    return entry->at >= 0;
}


/* Messages that are older than the rule says are none, before the next one
   that comes makes them go. */
static void
parse_index(civic_request_t *r, civic_str_t index, civic_msec_t oldest,
    inbox_t *inbox)
{
    size_t       end, begin;
    entry_t     *entry;
    civic_str_t  text;

    memset(inbox, 0, sizeof(*inbox));
    inbox->entries = civic_alloc(r, (index.len / (SHARED_ID + 4) + 1)
                                    * sizeof(entry_t));

    for (end = index.len; end > 0; end = begin == 0 ? 0 : begin - 1) {
        for (begin = end; begin > 0 && index.data[begin - 1] != ' '; begin--) {
            /* to where this entry begins */
        }

        text = (civic_str_t) { index.data + begin, end - begin };
        entry = &inbox->entries[inbox->count];

        if (parse_entry(text, entry) && entry->at >= oldest) {
            inbox->count++;
            inbox->unread += !entry->read;
        }
    }
}


static civic_result_t
read_index(civic_request_t *r, inbox_t *inbox)
{
    civic_str_t            key, none = { "", 0 };
    civic_result_t         rc;
    const civic_value_t   *value;
    civic_message_keep_t   keep;

    key = civic_person_key(r, civic_pid(r), CIVIC_MESSAGES);

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HGET"), key,
                                   CIVIC_STR("index")), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = civic_message_keep(r, NULL, &keep);
    if (rc != CIVIC_OK) {
        return rc;
    }

    parse_index(r, value->type == CIVIC_VALUE_STRING ? value->str : none,
                civic_now(r) - keep.days * CIVIC_DAY, inbox);

    return CIVIC_OK;
}


/* ---- a page ------------------------------------------------------------ */

/* Where the page begins: behind "before".  If that message is gone, all older
   ones are too. */
static size_t
first_place(civic_request_t *r, const inbox_t *inbox)
{
    size_t       i;
    civic_str_t  before = shared_json_str(civic_query(r), "before");

    if (before.len == 0) {
        return 0;
    }

    for (i = 0; i < inbox->count; i++) {
        if (civic_str_eq(inbox->entries[i].id, before)) {
            return i + 1;
        }
    }

    return inbox->count;
}


static void
choose_page(civic_request_t *r, const inbox_t *inbox, page_t *page)
{
    int      unread;
    size_t   i, limit = LIMIT_FALLBACK;
    json_t  *wanted = json_object_get(civic_query(r), "limit");

    if (json_is_integer(wanted)) {
        limit = (size_t) json_integer_value(wanted);
    }

    unread = json_is_true(json_object_get(civic_query(r), "unread"));
    page->count = 0;
    page->more = 0;

    for (i = first_place(r, inbox); i < inbox->count; i++) {
        if (unread && inbox->entries[i].read) {
            continue;
        }

        if (page->count == limit) {
            page->more = 1;
            return;
        }

        page->places[page->count++] = i;
    }
}


static civic_result_t
read_records(civic_request_t *r, const inbox_t *inbox, const page_t *page,
    const civic_value_t **records)
{
    size_t        i;
    civic_str_t  *argv;

    argv = civic_alloc(r, (page->count + 2) * sizeof(civic_str_t));
    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, civic_pid(r), CIVIC_MESSAGES);

    for (i = 0; i < page->count; i++) {
        argv[i + 2] = civic_print(r, "m:%.*s", SHARED_ID,
                                  inbox->entries[page->places[i]].id.data);
    }

    return civic_redis(r, argv, page->count + 2, records);
}


static civic_result_t
write_message(civic_request_t *r, civic_writer_t *w, const entry_t *entry,
    civic_str_t sealed, int english)
{
    json_t          *message;
    civic_result_t   rc;

    rc = civic_message_open(r, civic_pid(r), entry->id, sealed, &message);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "message_id", entry->id);
    civic_write_str(r, w, "kind", shared_json_str(message, "kind"));
    civic_write_str(r, w, "title", civic_message_text(message, "title_zh",
                                                      "title_en", english));
    civic_write_str(r, w, "text", civic_message_text(message, "text_zh",
                                                     "text_en", english));
    civic_write_instant(r, w, "sent_at", entry->at);
    civic_write_bool(r, w, "read", entry->read);
    civic_write_end(r, w);

    json_decref(message);

    return CIVIC_OK;
}


static civic_result_t
write_page(civic_request_t *r, const inbox_t *inbox, const page_t *page,
    const civic_value_t *records)
{
    int              english = shared_reads_english(r);
    size_t           i;
    civic_str_t      sealed;
    civic_result_t   rc;
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_int(r, w, "unread_count", (int64_t) inbox->unread);
    civic_write_array(r, w, "messages");

    for (i = 0; i < page->count; i++) {
        sealed = shared_item(records, i);

        /* it went between the two trips */
        if (sealed.len == 0) {
            continue;
        }

        rc = write_message(r, w, &inbox->entries[page->places[i]], sealed,
                           english);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    civic_write_end(r, w);

    if (page->more) {
        civic_write_str(r, w, "next",
                        inbox->entries[page->places[page->count - 1]].id);

    } else {
        civic_write_null(r, w, "next");
    }

    return CIVIC_OK;
}


civic_result_t
civic_inbox_list(civic_request_t *r)
{
    page_t                page;
    inbox_t               inbox;
    civic_result_t        rc;
    const civic_value_t  *records = NULL;

    rc = read_index(r, &inbox);
    if (rc != CIVIC_OK) {
        return rc;
    }

    choose_page(r, &inbox, &page);

    if (page.count > 0) {
        rc = read_records(r, &inbox, &page, &records);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return write_page(r, &inbox, &page, records);
}


/* ---- read marks -------------------------------------------------------- */

/* What staff change is told to the audit trail, even this. */
static civic_result_t
mark(civic_request_t *r, civic_str_t id, civic_str_t which)
{
    int                   staff;
    civic_str_t           keys[2], args[3];
    civic_result_t        rc;
    const civic_value_t  *value;

    staff = (civic_principal(r)->roles & CIVIC_STAFF) != 0;
    keys[0] = civic_person_key(r, civic_pid(r), CIVIC_MESSAGES);
    args[0] = id;
    args[1] = which;
    args[2] = CIVIC_STR("");

    if (staff) {
        rc = civic_audit(r, &(civic_audit_entry_t) {
                             .action = "civic.messages_read",
                             .subject = civic_pid(r),
                         }, keys[0], &keys[1], &args[2]);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "civic_message_read",
                          .keys = keys, .nkeys = staff ? 2 : 1,
                          .args = args, .nargs = 3,
                      }, &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return value->integer < 0 ? civic_problem(r, "not_found")
                              : civic_reply_empty(r);
}


civic_result_t
civic_inbox_read_one(civic_request_t *r)
{
    return mark(r, civic_path(r, "message_id"), CIVIC_STR("one"));
}


civic_result_t
civic_inbox_read_all(civic_request_t *r)
{
    return mark(r, civic_body_str(r, "newest"), CIVIC_STR("all"));
}
