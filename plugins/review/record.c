/*
 * record.c - an application in Redis: fields of one hash of the person, so
 * that every step is one script.
 *
 * What scripts compare and decide by is plain text (review_move.lua says how
 * it is built); the form and the past are sealed for this person and exam.
 */

#include "record.h"
#include "review.h"
#include "values.h"
#include "words.h"

#define STATE_WORDS  9
#define APPLICATION  "application:"

static const shared_member_t  members[] = {
    SHARED_TEXT(review_application_t, answers),
    SHARED_TEXT(review_application_t, due_unknown),
    SHARED_TEXT(review_application_t, reasons),
    SHARED_TEXT(review_application_t, note),
    SHARED_TEXT(review_application_t, decided_by),
    SHARED_NUMBER(review_application_t, decided_at),
    SHARED_TEXT(review_application_t, proposal),
    CIVIC_END
};


/* ---- small things ------------------------------------------------------ */

int
review_is(const review_application_t *application, const char *state)
{
    return civic_str_eq(application->state, civic_cstr(state));
}


const char *
review_locked(const review_application_t *application)
{
    if (review_is(application, "submitted")) {
        return "review_waiting";
    }

    if (review_is(application, "approved")) {
        return "review_approved";
    }

    return review_is(application, "removed") ? "review_removed" : NULL;
}


void
review_end_proposal(review_application_t *application)
{
    application->reversal = CIVIC_STR("");
    application->proposal = CIVIC_STR("");
}


void
review_undecided(review_application_t *application)
{
    review_end_proposal(application);
    application->reviewer = CIVIC_STR("");
    application->reasons = CIVIC_STR("");
    application->note = CIVIC_STR("");
    application->decided_by = CIVIC_STR("");
    application->decided_at = 0;
}


civic_str_t
review_topic(civic_request_t *r, civic_str_t pid, civic_str_t exam)
{
    return civic_print(r, "civic:review:%.*s:%.*s", (int) pid.len, pid.data,
                       (int) exam.len, exam.data);
}


static civic_str_t
field_of(civic_request_t *r, const char *name, civic_str_t exam)
{
    return civic_print(r, "%s:%.*s", name, (int) exam.len, exam.data);
}


/* What the form or the past is sealed for, besides the person. */
static civic_str_t
context_of(civic_request_t *r, const review_application_t *application,
    const char *name)
{
    return shared_record_context(r, application->pid,
                                 field_of(r, name, application->exam));
}


/* ---- the words --------------------------------------------------------- */

static civic_str_t
word_or_empty(civic_str_t word, const char *none)
{
    return civic_str_eq(word, civic_cstr(none)) ? CIVIC_STR("") : word;
}


static civic_str_t
word_or(civic_str_t word, const char *none)
{
    return word.len > 0 ? word : civic_cstr(none);
}


/* 0, or -1. */
static int
take_words(civic_request_t *r, civic_str_t text,
    review_application_t *application)
{
    civic_str_t  words[STATE_WORDS];

    if (shared_words(r, text, words, STATE_WORDS) != 0) {
        return -1;
    }

    application->text = shared_copy(r, text);
    application->state = words[0];
    application->version = shared_number(words[1], -1);
    application->since = shared_number(words[2], -1);
    application->id = words[3];
    application->position = word_or_empty(words[4], ".");
    application->submitted_at = shared_number(words[5], -1);
    application->due_at = shared_number(words[6], -1);
    application->reversal = word_or_empty(words[7], "-");
    application->reviewer = word_or_empty(words[8], "-");

    return application->version < 1 || application->since < 0
           || !shared_is_id(application->id)
           || application->submitted_at < 0 || application->due_at < 0
           ? -1 : 0;
}


/* What it is from now on. */
static civic_str_t
words_of(civic_request_t *r, const review_application_t *application,
    civic_str_t state, int64_t version, civic_msec_t since)
{
    civic_str_t  position = word_or(application->position, ".");
    civic_str_t  reversal = word_or(application->reversal, "-");
    civic_str_t  reviewer = word_or(application->reviewer, "-");

    return civic_print(r, "%.*s %lld %lld %.*s %.*s %lld %lld %.*s %.*s",
                       (int) state.len, state.data, (long long) version,
                       (long long) since, (int) application->id.len,
                       application->id.data, (int) position.len,
                       position.data, (long long) application->submitted_at,
                       (long long) application->due_at, (int) reversal.len,
                       reversal.data, (int) reviewer.len, reviewer.data);
}


/* ---- reading ----------------------------------------------------------- */

static void
clear(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    review_application_t *application)
{
    memset(application, 0, sizeof(review_application_t));

    application->pid = shared_copy(r, pid);
    application->exam = shared_copy(r, exam);
    application->state = CIVIC_STR("none");
}


static civic_result_t
open_form(civic_request_t *r, civic_str_t sealed,
    review_application_t *application)
{
    json_t          *form;
    civic_result_t   rc;

    rc = shared_json_open(r, REVIEW_RECORD,
                          context_of(r, application, "form"), sealed, &form);

    if (rc == CIVIC_OK) {
        shared_members_take(r, members, form, application);
        json_decref(form);
    }

    return rc;
}


civic_result_t
review_read(civic_request_t *r, civic_str_t pid, civic_str_t exam,
    review_application_t *application)
{
    civic_str_t           argv[5];
    civic_result_t        rc;
    const civic_value_t  *value;

    clear(r, pid, exam, application);

    if (!shared_is_exam(exam)) {
        return CIVIC_OK;
    }

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = civic_person_key(r, pid, REVIEW_FAMILY);
    argv[2] = field_of(r, "application", exam);
    argv[3] = field_of(r, "form", exam);
    argv[4] = field_of(r, "past", exam);

    rc = civic_redis(r, argv, 5, &value);

    if (rc != CIVIC_OK || shared_item(value, 0).len == 0) {
        return rc;
    }

    application->past = shared_item(value, 2);
    rc = CIVIC_INVALID;

    if (take_words(r, shared_item(value, 0), application) == 0) {
        rc = open_form(r, shared_item(value, 1), application);
    }

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "an application to exam \"%s\" cannot "
                  "be read", application->exam.data);
    }

    return rc;
}


/* A field "application:<exam>" and its value. */
static int
take_listed(civic_request_t *r, civic_str_t pid, civic_str_t name,
    civic_str_t text, review_application_t *application)
{
    size_t  len = sizeof(APPLICATION) - 1;

    clear(r, pid, (civic_str_t) { name.data + len, name.len - len },
          application);

    if (take_words(r, text, application) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "an application to exam \"%s\" cannot "
                  "be read", application->exam.data);
        return 0;
    }

    return 1;
}


/* The names of a person's applications, as arguments of HMGET. */
static size_t
names_of(civic_request_t *r, const civic_value_t *keys, civic_str_t *argv,
    size_t max)
{
    size_t       i, n = 0, len = sizeof(APPLICATION) - 1;
    civic_str_t  name;

    for (i = 0; i < keys->count && n < max; i++) {
        name = shared_item(keys, i);

        if (name.len > len && memcmp(name.data, APPLICATION, len) == 0
            && shared_is_exam((civic_str_t) { name.data + len,
                                              name.len - len }))
        {
            argv[n++] = shared_copy(r, name);
        }
    }

    return n;
}


civic_result_t
review_list(civic_request_t *r, civic_str_t pid,
    review_application_t *applications, size_t max, size_t *count)
{
    size_t                i, n;
    civic_str_t          *argv, key;
    civic_result_t        rc;
    const civic_value_t  *value;

    *count = 0;
    key = civic_person_key(r, pid, REVIEW_FAMILY);
    argv = civic_alloc(r, (max + 2) * sizeof(civic_str_t));

    rc = civic_redis(r, CIVIC_ARGV(CIVIC_STR("HKEYS"), key), &value);
    if (rc != CIVIC_OK) {
        return rc;
    }

    argv[0] = CIVIC_STR("HMGET");
    argv[1] = key;
    n = names_of(r, value, argv + 2, max);

    if (n == 0) {
        return CIVIC_OK;
    }

    rc = civic_redis(r, argv, n + 2, &value);

    for (i = 0; rc == CIVIC_OK && i < n; i++) {
        *count += take_listed(r, pid, argv[i + 2], shared_item(value, i),
                              &applications[*count]);
    }

    return rc;
}


/* ---- the past ---------------------------------------------------------- */

civic_result_t
review_past(civic_request_t *r, const review_application_t *application,
    json_t **past)
{
    json_t          *record;
    civic_result_t   rc;

    *past = NULL;

    if (application->past.len == 0) {
        *past = json_array();
        return CIVIC_OK;
    }

    rc = shared_json_open(r, REVIEW_RECORD,
                          context_of(r, application, "past"),
                          application->past, &record);
    if (rc != CIVIC_OK) {
        return rc;
    }

    *past = json_incref(json_object_get(record, "past"));
    json_decref(record);

    return json_is_array(*past) ? CIVIC_OK : CIVIC_INVALID;
}


/* With the version that is come to, so that who follows late finds it. */
static civic_result_t
add_past(civic_request_t *r, const review_application_t *application,
    json_t *added, civic_str_t *sealed)
{
    json_t          *past;
    civic_result_t   rc;

    rc = review_past(r, application, &past);

    if (rc == CIVIC_OK
        && (json_object_set_new(added, "version",
                                json_integer(application->version + 1)) != 0
            || json_array_append(past, added) != 0))
    {
        rc = CIVIC_ERROR;
    }

    if (rc != CIVIC_OK) {
        json_decref(past);
        return rc;
    }

    return shared_json_seal(r, REVIEW_RECORD,
                            context_of(r, application, "past"),
                            json_pack("{s:o}", "past", past), sealed);
}


/* ---- moving ------------------------------------------------------------ */

/* What is approved, or no longer, has to do with money and with who may sit
   the exam. */
static int
is_about_money(const review_application_t *application, civic_str_t next)
{
    return review_is(application, "approved")
           || civic_str_eq(next, CIVIC_STR("approved"));
}


static void
move_entries(civic_request_t *r, const review_application_t *application,
    civic_str_t next, civic_str_t *args)
{
    civic_str_t  entry;

    args[5] = CIVIC_STR("");
    args[6] = CIVIC_STR("");

    if (civic_str_eq(application->state, next)) {
        return;
    }

    entry = civic_print(r, "%s %s %.*s %lld", application->pid.data,
                        application->exam.data, (int) next.len, next.data,
                        (long long) application->version + 1);
    args[5] = entry;

    if (is_about_money(application, next)) {
        args[6] = entry;
    }
}


static civic_result_t
move_args(civic_request_t *r, review_application_t *application,
    const review_move_t *move, civic_str_t *args)
{
    civic_str_t     next;
    civic_result_t  rc = CIVIC_OK;

    if (application->text.len == 0) {
        rc = shared_id_new(r, &application->id);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    next = move->state == NULL ? application->state : civic_cstr(move->state);

    args[0] = application->exam;
    args[1] = application->text;
    args[2] = words_of(r, application, next, application->version + 1,
                       civic_str_eq(next, application->state)
                       ? application->since : civic_now(r));
    args[3] = CIVIC_STR("");
    args[4] = CIVIC_STR("");
    move_entries(r, application, next, args);

    if (move->form) {
        rc = shared_json_seal(r, REVIEW_RECORD,
                              context_of(r, application, "form"),
                              shared_members_json(members, application),
                              &args[3]);
    }

    if (rc == CIVIC_OK && move->past != NULL) {
        rc = add_past(r, application, move->past, &args[4]);
    }

    return rc;
}


static civic_result_t
move_keys(civic_request_t *r, const review_application_t *application,
    const review_move_t *move, civic_str_t *keys, civic_str_t *audit)
{
    *audit = CIVIC_STR("");

    keys[0] = civic_person_key(r, application->pid, REVIEW_FAMILY);
    keys[1] = civic_outbox(r, REVIEW_WORK, keys[0]);
    keys[2] = civic_outbox(r, REVIEW_MONEY, keys[0]);
    keys[3] = civic_outbox(r, REVIEW_TELL, keys[0]);
    keys[4] = keys[0];

    return move->audit == NULL ? CIVIC_OK
           : civic_audit(r, move->audit, keys[0], &keys[4], audit);
}


/* The script has answered: what is there now, and who waits is told. */
static civic_result_t
take_moved(civic_request_t *r, review_application_t *application,
    const civic_str_t *args, const civic_value_t *value, int *moved)
{
    if (value->type != CIVIC_VALUE_ARRAY || value->count != 2) {
        return CIVIC_ERROR;
    }

    *moved = value->items[0].integer == 1;

    /* also if an equal request moved it before this one */
    if (!*moved || !civic_str_eq(shared_item(value, 1), args[2])) {
        return review_read(r, application->pid, application->exam,
                           application);
    }

    if (take_words(r, args[2], application) != 0) {
        return CIVIC_ERROR;
    }

    if (args[4].len > 0) {
        application->past = args[4];
    }

    civic_count(r, REVIEW_MOVES, 1);

    return civic_notify(r, review_topic(r, application->pid,
                                        application->exam));
}


civic_result_t
review_move(civic_request_t *r, review_application_t *application,
    const review_move_t *move, int *moved)
{
    civic_str_t           keys[5], args[8];
    civic_result_t        rc;
    const civic_value_t  *value;

    *moved = 0;

    rc = move_keys(r, application, move, keys, &args[7]);

    if (rc == CIVIC_OK) {
        rc = move_args(r, application, move, args);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                                 .name = "review_move",
                                 .keys = keys, .nkeys = 5,
                                 .args = args, .nargs = 8,
                                 .flags = CIVIC_SCRIPT_DURABLE
                                          | (move->once ? CIVIC_SCRIPT_ONCE
                                                        : 0) }, &value);
    }

    return rc != CIVIC_OK ? rc : take_moved(r, application, args, value,
                                            moved);
}
