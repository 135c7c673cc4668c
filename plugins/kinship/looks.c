/*
 * looks.c - GET /looks: who looked at the caller's data, or at a relative's.
 */

#include "caller.h"
#include "kinship.h"
#include "values.h"

#define PAGE    30
#define CONTROL  "epidemic_control"
#define NAMES   16                      /* guardians whose names are kept */

typedef struct {
    civic_str_t   subject;
    civic_msec_t  since;                /* lines of before are not shown */
    int           over;                 /* the rest is of before */
    civic_str_t   pids[NAMES];
    civic_str_t   names[NAMES];
    size_t        nnames;
} looks_t;


/* ---- a guardian's name ------------------------------------------------- */

static civic_result_t
name_of(civic_request_t *r, looks_t *looks, civic_str_t pid,
    civic_str_t *name)
{
    size_t          i;
    civic_result_t  rc;

    for (i = 0; i < looks->nnames; i++) {
        if (civic_str_eq(looks->pids[i], pid)) {
            *name = looks->names[i];
            return CIVIC_OK;
        }
    }

    rc = kinship_name_of(r, pid, name);

    if (rc == CIVIC_OK && looks->nnames < NAMES) {
        looks->pids[looks->nnames] = shared_copy(r, pid);
        looks->names[looks->nnames++] = *name;
    }

    return rc;
}


/* ---- lines ------------------------------------------------------------- */

static void
write_words(civic_request_t *r, civic_writer_t *w, json_t *line,
    json_t *words)
{
    static const char *const  names[] = { "role", "what", "purpose" };

    size_t  i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        civic_write_str(r, w, names[i], shared_json_str(line, names[i]));
        civic_write_str(r, w, civic_print(r, "%s_label", names[i]).data,
                        shared_json_str(words, names[i]));
    }
}


/* The kind of a place, in the rules' words, too; and its name. */
static void
write_place(civic_request_t *r, civic_writer_t *w, json_t *line,
    json_t *words)
{
    civic_str_t  place = shared_json_str(line, "place");
    civic_str_t  site = shared_json_str(line, "site");

    if (place.len > 0) {
        civic_write_str(r, w, "place", place);
        civic_write_str(r, w, "place_label",
                        shared_json_str(words, "place"));
    }

    if (site.len > 0) {
        civic_write_str(r, w, "site", site);
    }
}


static json_t *
words_input(civic_request_t *r, json_t *line)
{
    json_t  *in, *place = json_object_get(line, "place");

    in = json_pack("{s:O, s:O, s:O, s:s}",
                   "role", json_object_get(line, "role"),
                   "what", json_object_get(line, "what"),
                   "purpose", json_object_get(line, "purpose"),
                   "language", shared_language(r));

    if (in != NULL && json_string_length(place) > 0) {
        json_object_set(in, "place", place);
    }

    return in;
}


static civic_result_t
write_line(civic_request_t *r, civic_writer_t *w, looks_t *looks,
    json_t *line)
{
    json_t          *in, *words;
    civic_str_t      by = shared_json_str(line, "by"), name = { "", 0 };
    civic_result_t   rc = CIVIC_OK;

    if (by.len > 0) {
        rc = name_of(r, looks, by, &name);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    in = words_input(r, line);
    rc = in == NULL ? CIVIC_INVALID
                    : civic_rule(r, "look_words", in, &words);
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_object(r, w, NULL);
    civic_write_instant(r, w, "at", json_integer_value(
                                        json_object_get(line, "at")));
    write_words(r, w, line, words);

    if (name.len > 0) {
        civic_write_str(r, w, "name", name);
    }

    write_place(r, w, line, words);
    civic_write_end(r, w);

    return CIVIC_OK;
}


static civic_result_t
write_entry(civic_request_t *r, civic_writer_t *w, looks_t *looks,
    const civic_value_t *entry)
{
    json_t          *line;
    civic_result_t   rc;

    if (entry->type != CIVIC_VALUE_ARRAY || entry->count != 2) {
        return CIVIC_OK;
    }

    rc = shared_json_open(r, KINSHIP_SEALED,
                          shared_record_context(r, looks->subject,
                                                CIVIC_STR("looks")),
                          shared_item(&entry->items[1], 1), &line);

    if (rc == CIVIC_OK) {
        looks->over = kinship_fact_time(line, "at") < looks->since;
        rc = looks->over ? CIVIC_OK : write_line(r, w, looks, line);
        json_decref(line);
    }

    /* one that is damaged does not hide the others; the log has it */
    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


/* ---- the route --------------------------------------------------------- */

/* A guardian is shown what happened since the binding, for as long as the
   relative's data is shown at all, and that is a look itself. */
static civic_result_t
enter_relative(civic_request_t *r, looks_t *looks,
    const kinship_binding_t *binding, int *answered)
{
    civic_result_t       rc;
    kinship_held_t  *relative;

    relative = civic_alloc(r, sizeof(kinship_held_t));
    rc = kinship_held_read(r, binding, relative);

    if (rc == CIVIC_OK) {
        rc = kinship_held_refuse(r, relative, answered);
    }

    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    /* lines have the real time, a binding that of business */
    looks->subject = binding->relative;
    looks->since = binding->since - civic_business_now(r) + civic_now(r);

    return kinship_look(r, &(kinship_look_t) {
                               .subject = binding->relative,
                               .by = civic_pid(r), .purpose = CONTROL,
                               .what = "looks" });
}


/* Whose: the caller's, or a relative's. */
static civic_result_t
read_subject(civic_request_t *r, looks_t *looks, int *answered)
{
    civic_str_t         id = shared_json_str(civic_query(r), "binding_id");
    civic_result_t      rc;
    kinship_binding_t   binding;

    looks->subject = civic_pid(r);

    if (id.len == 0) {
        return CIVIC_OK;
    }

    rc = kinship_binding_find(r, civic_pid(r), id, &binding);

    if (rc != CIVIC_OK) {
        *answered = 1;
        return kinship_binding_missed(r, rc);
    }

    return enter_relative(r, looks, &binding, answered);
}


static civic_result_t
read_page(civic_request_t *r, civic_str_t subject,
    const civic_value_t **value)
{
    civic_str_t  before = shared_json_str(civic_query(r), "before");

    return civic_redis(r, CIVIC_ARGV(CIVIC_STR("XREVRANGE"),
                           civic_person_key(r, subject, KINSHIP_FAMILY_LOOKS),
                           before.len == 0
                           ? CIVIC_STR("+")
                           : civic_print(r, "(%.*s", (int) before.len,
                                         before.data),
                           CIVIC_STR("-"), CIVIC_STR("COUNT"),
                           shared_decimal(r, PAGE + 1)), value);
}


civic_result_t
kinship_looks(civic_request_t *r)
{
    int                   answered = 0;
    size_t                i;
    looks_t              *looks = civic_alloc(r, sizeof(looks_t));
    civic_result_t        rc;
    civic_writer_t       *w;
    const civic_value_t  *value;

    memset(looks, 0, sizeof(looks_t));
    rc = read_subject(r, looks, &answered);

    if (rc == CIVIC_OK && !answered) {
        rc = read_page(r, looks->subject, &value);
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "looks");

    for (i = 0; i < value->count && i < PAGE && !looks->over
                && rc == CIVIC_OK; i++)
    {
        rc = write_entry(r, w, looks, &value->items[i]);
    }

    civic_write_end(r, w);

    if (value->count > PAGE && !looks->over) {
        civic_write_str(r, w, "next",
                        shared_item(&value->items[PAGE - 1], 0));
    }

    return rc;
}
