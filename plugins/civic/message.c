/*
 * message.c - a message's record, and the call that stores one.
 *
 * A message's id is a digest of its person, kind and name: storing the same
 * one again finds it there, whoever asks and however often.
 */

#include <openssl/evp.h>

#include "civic.h"
#include "text.h"

#define KIND_MAX    64                          /* bytes */
#define ONCE_MAX    256
#define TITLE_MAX   100                         /* code points */
#define TEXT_MAX    2000
#define DAYS_MAX    3650
#define GIVE_UP     86400                       /* s */
#define GIVE_UP_MAX (30 * 86400)


/* ---- rules ------------------------------------------------------------- */

civic_result_t
civic_message_keep(civic_request_t *r, const char *kind,
    civic_message_keep_t *keep)
{
    json_t          *answer, *in;
    civic_result_t   rc;

    in = kind == NULL ? json_object() : json_pack("{s:s}", "kind", kind);

    rc = civic_rule(r, "message_keep", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keep->messages = shared_rule_number(answer, "messages", 200, 1,
                                        CIVIC_MESSAGES_MOST);
    keep->days = shared_rule_number(answer, "days", 365, 1, DAYS_MAX);

    return CIVIC_OK;
}


/* *give_up: s after which a push is not tried any more; 0: no push. */
static civic_result_t
push_wanted(civic_request_t *r, const char *kind, int64_t *give_up)
{
    json_t          *answer;
    civic_str_t      upstream;
    civic_result_t   rc;

    *give_up = 0;
    upstream = civic_cstr(json_string_value(civic_option(r,
                                                         "push_upstream")));

    if (upstream.len == 0) {
        return CIVIC_OK;
    }

    rc = civic_rule(r, "message_push", json_pack("{s:s}", "kind", kind),
                    &answer);

    if (rc == CIVIC_OK && json_is_true(json_object_get(answer, "push"))) {
        *give_up = shared_rule_number(answer, "give_up_after", GIVE_UP, 1,
                                      GIVE_UP_MAX);
    }

    return rc;
}


/* ---- records ----------------------------------------------------------- */

civic_result_t
civic_message_open(civic_request_t *r, civic_str_t pid, civic_str_t id,
    civic_str_t sealed, json_t **message)
{
    return shared_json_open(r, CIVIC_MESSAGES,
                            shared_record_context(r, pid, id), sealed,
                            message);
}


civic_str_t
civic_message_text(json_t *message, const char *zh, const char *en,
    int english)
{
    civic_str_t  text = shared_json_str(message, en);

    return english && text.len > 0 ? text : shared_json_str(message, zh);
}


/* ---- the call ---------------------------------------------------------- */

static int
is_kind(civic_str_t kind)
{
    char    c;
    size_t  i;

    if (kind.len == 0 || kind.len > KIND_MAX) {
        return 0;
    }

    for (i = 0; i < kind.len; i++) {
        c = kind.data[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_'
            && c != '.')
        {
            return 0;
        }
    }

    return 1;
}


static int
is_text(json_t *in, const char *name, int64_t min, int64_t max)
{
    int64_t      length;
    civic_str_t  text = shared_json_str(in, name);

    length = civic_text_length(text.data, text.len);

    return length >= min && length <= max;
}


/* Whatever is wrong is the calling plugin's fault. */
static civic_result_t
check(civic_request_t *r, json_t *in)
{
    const char  *wrong = NULL;

    if (shared_json_str(in, "pid").len != SHARED_PID) {
        wrong = "pid";

    } else if (!is_kind(shared_json_str(in, "kind"))) {
        wrong = "kind";

    } else if (shared_json_str(in, "once").len > ONCE_MAX) {
        wrong = "once";

    } else if (!is_text(in, "title_zh", 1, TITLE_MAX)
               || !is_text(in, "title_en", 0, TITLE_MAX))
    {
        wrong = "title";

    } else if (!is_text(in, "text_zh", 1, TEXT_MAX)
               || !is_text(in, "text_en", 0, TEXT_MAX))
    {
        wrong = "text";
    }

    if (wrong == NULL) {
        return CIVIC_OK;
    }

    civic_log(r, CIVIC_LOG_ERROR, "a message was not stored: its %s is not "
              "as the contract says", wrong);

    return CIVIC_ERROR;
}


/* Without a name every message is one of its own. */
static civic_result_t
name_message(civic_request_t *r, json_t *in, civic_str_t *id)
{
    unsigned        len = 0;
    civic_str_t     name, pid, kind, once;
    unsigned char   digest[EVP_MAX_MD_SIZE];

    once = shared_json_str(in, "once");

    if (once.len == 0) {
        return shared_id_new(r, id);
    }

    pid = shared_json_str(in, "pid");
    kind = shared_json_str(in, "kind");
    name = civic_print(r, "%.*s %.*s %.*s", (int) pid.len, pid.data,
                       (int) kind.len, kind.data, (int) once.len, once.data);

    if (EVP_Digest(name.data, name.len, digest, &len, EVP_sha256(), NULL) != 1
        || len < SHARED_ID_BYTES)
    {
        return CIVIC_ERROR;
    }

    *id = shared_id_of(r, digest);

    return CIVIC_OK;
}


static civic_result_t
seal_message(civic_request_t *r, json_t *in, civic_str_t id, civic_msec_t now,
    civic_str_t *sealed)
{
    json_t       *record;
    civic_str_t   pid = shared_json_str(in, "pid");

    record = json_pack("{s:O,s:O,s:O,s:O,s:O,s:I}",
                       "kind", json_object_get(in, "kind"),
                       "title_zh", json_object_get(in, "title_zh"),
                       "title_en", json_object_get(in, "title_en"),
                       "text_zh", json_object_get(in, "text_zh"),
                       "text_en", json_object_get(in, "text_en"),
                       "sent_at", (json_int_t) now);

    return shared_json_seal(r, CIVIC_MESSAGES,
                            shared_record_context(r, pid, id), record, sealed);
}


/* What the outbox of pushes gets: where the message is, and until when. */
static civic_result_t
seal_push(civic_request_t *r, json_t *in, civic_str_t id, civic_msec_t until,
    civic_str_t *sealed)
{
    json_t  *entry;

    entry = json_pack("{s:O,s:s%,s:I}", "pid", json_object_get(in, "pid"),
                      "message_id", id.data, id.len,
                      "until", (json_int_t) until);

    return shared_json_seal(r, CIVIC_MESSAGES, CIVIC_PUSH_CONTEXT, entry,
                            sealed);
}


/* *stored: 0 if it was there. */
static civic_result_t
store(civic_request_t *r, json_t *in, civic_str_t id, int *stored)
{
    int64_t                give_up;
    const char            *kind = shared_json_str(in, "kind").data;
    civic_str_t            keys[2], args[7];
    civic_msec_t           now = civic_now(r);
    civic_result_t         rc;
    const civic_value_t   *value;
    civic_message_keep_t   keep;

    rc = civic_message_keep(r, kind, &keep);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = push_wanted(r, kind, &give_up);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, shared_json_str(in, "pid"), CIVIC_MESSAGES);
    args[0] = id;
    args[2] = shared_decimal(r, now);
    args[3] = shared_decimal(r, keep.messages);
    args[4] = shared_decimal(r, now - keep.days * CIVIC_DAY);
    args[5] = shared_decimal(r, keep.days * (CIVIC_DAY / 1000));
    args[6] = CIVIC_STR("");

    rc = seal_message(r, in, id, now, &args[1]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (give_up > 0) {
        keys[1] = civic_outbox(r, CIVIC_PUSHES, keys[0]);

        rc = seal_push(r, in, id, now + give_up * 1000, &args[6]);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    rc = civic_script(r, &(civic_script_t) {
                          .name = "civic_message",
                          .keys = keys, .nkeys = give_up > 0 ? 2 : 1,
                          .args = args, .nargs = 7,
                      }, &value);

    *stored = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


civic_result_t
civic_message_call(civic_request_t *r, json_t *in, json_t **out)
{
    int             stored;
    civic_str_t     id;
    civic_result_t  rc;

    rc = check(r, in);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = name_message(r, in, &id);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = store(r, in, id, &stored);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_count(r, stored ? CIVIC_MESSAGE_STORED : CIVIC_MESSAGE_REPEATED, 1);
    *out = json_pack("{s:s%,s:b}", "message_id", id.data, id.len,
                     "stored", stored);

    return *out == NULL ? CIVIC_ERROR : CIVIC_OK;
}
