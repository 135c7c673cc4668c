/*
 * show.c - GET /code, /codes, /codes/{binding_id}: codes on a phone.
 *
 * A phone that shows a code asks again every some seconds, so this is short:
 * one trip for the own code, two for a relative's (the guardian's list, then
 * the relative's record), and nothing is sealed for who has the code of this
 * window already.
 */

#include <stdlib.h>

#include "caller.h"
#include "etag.h"
#include "kinship.h"
#include "qr_code.h"
#include "values.h"

#define SECOND   1000
#define SCALE    4                      /* pixels of a module */
#define CONTROL  "epidemic_control"
#define CODE     "code"

/* A code, as it is shown. */
typedef struct {
    kinship_health_t          health;
    const kinship_binding_t  *binding;  /* NULL: the own one */
    civic_person_identity_t   identity;
    json_t                   *colour;   /* and all else that the rule "code"
                                           says */
    kinship_live_t            live;
    civic_msec_t              unbind_at;
    json_t                   *refused;  /* by the rule "keep"; or NULL */
} shown_t;


/* ---- what is shown ----------------------------------------------------- */

static int
is_provisional(const kinship_binding_t *binding)
{
    return civic_str_eq(binding->how, CIVIC_STR("pledge"));
}


static const char *
kind_of(const shown_t *shown)
{
    return shown->binding == NULL ? "own" : "kin";
}


/* All that is asked of the rules, at once: the colour, how it looks, whether a
   relative of that age is still bound, from when on it can be undone. */
static civic_result_t
ask_rule(civic_request_t *r, shown_t *shown, int64_t age)
{
    json_t          *in;
    civic_result_t   rc;

    rc = kinship_colour_input(r, &shown->health, age, &in);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_object_set_new(in, "kind", json_string(kind_of(shown)));

    if (shown->binding != NULL) {
        json_object_set_new(in, "bound", json_integer(shown->binding->since));
        json_object_set_new(in, "how",
                            json_stringn(shown->binding->how.data,
                                         shown->binding->how.len));
    }

    rc = civic_rule(r, "code", in, &shown->colour);

    if (rc == CIVIC_OK) {
        shown->refused = json_object_get(shown->colour, "refused");
        shown->unbind_at = json_integer_value(
                               json_object_get(shown->colour, "unbind_at"));
    }

    return rc;
}


/* Who it is, and the colour of this instant. */
static civic_result_t
judge(civic_request_t *r, shown_t *shown)
{
    int64_t         age;
    civic_result_t  rc;

    rc = kinship_health_identity(r, &shown->health, &shown->identity);

    if (rc == CIVIC_OK) {
        rc = kinship_age(r, &shown->identity, &age);
    }

    if (rc == CIVIC_OK) {
        rc = ask_rule(r, shown, age);
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_INVALID : rc;
}


static void
set_window(civic_request_t *r, shown_t *shown)
{
    int64_t  every = shared_rule_number(shown->colour, "every", 30, 5, 3600);

    kinship_live_window(r, shown->health.pid, every * SECOND, &shown->live);

    if (shown->binding != NULL) {
        shown->live.binding = shown->binding->id;
    }
}


/* ---- the answer -------------------------------------------------------- */

static void
write_colour(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    civic_write_str(r, w, "name", kinship_masked(r, &shown->identity));
    kinship_colour_write(r, w, shown->colour);
}


static void
write_binding(civic_request_t *r, civic_writer_t *w, const shown_t *shown)
{
    civic_write_str(r, w, "kind", civic_cstr(kind_of(shown)));

    if (shown->binding == NULL) {
        return;
    }

    civic_write_str(r, w, "binding_id", shown->binding->id);
    civic_write_str(r, w, "relation", shown->binding->relation);
    civic_write_bool(r, w, "provisional", is_provisional(shown->binding));

    if (shown->unbind_at > 0) {
        civic_write_instant(r, w, "unbind_possible_at", shown->unbind_at);
    }
}


/* ?picture= asks for the code as a data URI, too. */
static civic_result_t
write_picture(civic_request_t *r, civic_writer_t *w, civic_str_t text)
{
    civic_str_t        wanted = shared_json_str(civic_query(r), "picture");
    civic_result_t     rc;
    shared_qr_code_t   code;

    if (wanted.len == 0) {
        return CIVIC_OK;
    }

    rc = shared_qr_code(r, text, SCALE, &code);

    if (rc == CIVIC_OK) {
        civic_write_str(r, w, "picture",
                        civic_str_eq(wanted, CIVIC_STR("png")) ? code.png
                                                               : code.svg);
    }

    return rc;
}


static civic_result_t
write_code(civic_request_t *r, const shown_t *shown)
{
    civic_str_t      text;
    civic_msec_t     now = civic_now(r);
    civic_msec_t     until = shown->live.from + shown->live.length;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = kinship_live_make(r, &shown->live, &text);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    write_binding(r, w, shown);
    civic_write_str(r, w, "form", shared_json_str(shown->colour, "form"));
    civic_write_str(r, w, "label",
                    shared_json_str(shown->colour, "form_label"));
    civic_write_str(r, w, "band", shared_json_str(shown->colour, "band"));
    write_colour(r, w, shown);
    civic_write_str(r, w, "code", text);
    civic_write_instant(r, w, "issued_at", shown->live.from);
    civic_write_instant(r, w, "expires_at", until);
    civic_write_int(r, w, "refresh_in", (until - now + SECOND - 1) / SECOND);
    civic_write_instant(r, w, "shown_at", now);

    return write_picture(r, w, text);
}


/* All that the answer is made of, but for the code's own randomness. */
static civic_str_t
tag_of(civic_request_t *r, const shown_t *shown)
{
    civic_str_t  colour = shared_json_str(shown->colour, "colour");
    civic_str_t  picture = shared_json_str(civic_query(r), "picture");

    return civic_print(r, "%llx-%llx-%lld-%.1s%llx-%s%.1s%d",
                       (long long) shown->live.from,
                       (long long) shown->live.length,
                       (long long) shown->health.version, colour.data,
                       (long long) json_integer_value(
                           json_object_get(shown->colour, "until")),
                       shared_language(r), picture.data,
                       shown->binding != NULL
                       && is_provisional(shown->binding));
}


/* Of what was judged. */
static civic_result_t
reply(civic_request_t *r, shown_t *shown)
{
    set_window(r, shown);

    if (shared_unchanged(r, tag_of(r, shown))) {
        civic_count(r, KINSHIP_UNCHANGED, 1);
        return CIVIC_OK;
    }

    civic_count(r, KINSHIP_SHOWN, 1);

    return write_code(r, shown);
}


/* ---- the own code ------------------------------------------------------ */

civic_result_t
kinship_show_own(civic_request_t *r)
{
    shown_t          *shown = civic_alloc(r, sizeof(shown_t));
    civic_str_t       pid = civic_pid(r);
    civic_result_t    rc;
    civic_command_t   commands[2];

    memset(shown, 0, sizeof(shown_t));
    kinship_health_command(r, pid, CIVIC_STR(""), &commands[0]);
    kinship_consent_command(r, pid, &commands[1]);

    rc = civic_pipeline(r, commands, 2);

    if (rc == CIVIC_OK) {
        rc = kinship_health_take(r, pid, commands[0].value, &shown->health);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (!shown->health.opened || !shown->health.own) {
        return civic_problem(r, "kinship_no_code");
    }

    if (!kinship_consent_holds(&shown->health, commands[1].value)) {
        return civic_consent_required(r, CIVIC_STR(KINSHIP_CONSENT_OWN));
    }

    rc = judge(r, shown);

    return rc == CIVIC_OK ? reply(r, shown) : rc;
}


/* ---- a relative's ------------------------------------------------------ */

#define READS  3                        /* commands of one relative */

static void
read_commands(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian, civic_command_t *commands)
{
    kinship_place_command(r, place, guardian, &commands[0]);
    kinship_health_command(r, place->relative,
                           kinship_look_field(r, guardian, CODE),
                           &commands[1]);
    kinship_consent_command(r, place->relative, &commands[2]);
}


/* CIVIC_NOT_FOUND: not bound; CIVIC_INVALID: damaged, without a binding the
   binding is.  *kept: the relative's code is there, and may be shown. */
static civic_result_t
take_relative(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian, const civic_command_t *commands, shown_t *shown,
    int *kept)
{
    civic_result_t      rc;
    kinship_binding_t  *binding = civic_alloc(r, sizeof(kinship_binding_t));

    memset(shown, 0, sizeof(shown_t));
    rc = kinship_place_take(r, place, guardian, commands[0].value, binding);

    if (rc == CIVIC_OK) {
        shown->binding = binding;
        rc = kinship_health_take(r, place->relative, commands[1].value,
                                 &shown->health);
    }

    if (rc == CIVIC_OK) {
        *kept = shown->health.opened
                && kinship_consent_holds(&shown->health, commands[2].value);
    }

    return rc;
}


static civic_result_t
note_look(civic_request_t *r, civic_str_t guardian, const shown_t *shown)
{
    int64_t  every = shared_rule_number(shown->colour, "look_every", 600, 0,
                                        86400);

    return !kinship_look_due(r, shown->health.looked, every) ? CIVIC_OK
           : kinship_look(r, &(kinship_look_t) {
                                 .subject = shown->health.pid, .by = guardian,
                                 .purpose = CONTROL, .what = CODE });
}


static civic_result_t
show_relative(civic_request_t *r, const kinship_place_t *place,
    civic_str_t guardian)
{
    int               kept;
    shown_t          *shown = civic_alloc(r, sizeof(shown_t));
    civic_result_t    rc;
    civic_command_t   commands[READS];

    read_commands(r, place, guardian, commands);
    rc = civic_pipeline(r, commands, READS);

    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = take_relative(r, place, guardian, commands, shown, &kept);

    if (rc != CIVIC_OK && shown->binding == NULL) {
        return kinship_binding_missed(r, rc);
    }

    if (rc == CIVIC_OK && !kept) {
        return civic_problem(r, "kinship_code_ended");
    }

    if (rc == CIVIC_OK) {
        rc = judge(r, shown);
    }

    if (rc == CIVIC_OK && shown->refused != NULL) {
        return civic_refuse(r, shown->refused);
    }

    if (rc == CIVIC_OK) {
        rc = note_look(r, guardian, shown);
    }

    return rc == CIVIC_OK ? reply(r, shown) : rc;
}


civic_result_t
kinship_show_relative(civic_request_t *r)
{
    size_t            i, count = 0;
    civic_str_t       guardian = civic_pid(r);
    civic_str_t       id = civic_path(r, "binding_id");
    civic_result_t    rc;
    kinship_place_t  *places;

    places = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_place_t));
    rc = kinship_places_of(r, guardian, places, KINSHIP_MOST, &count);

    for (i = 0; i < count && !civic_str_eq(places[i].id, id); i++) {
        /* the one of that id */
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    return i == count ? civic_problem(r, "kinship_no_binding")
                      : show_relative(r, &places[i], guardian);
}


/* ---- all of them ------------------------------------------------------- */

typedef struct {
    civic_str_t       guardian;
    int               own;              /* there is an own code to list */
    shown_t           mine;
    kinship_place_t   places[KINSHIP_MOST];
    size_t            nplaces;
    civic_command_t   commands[KINSHIP_MOST * READS];
    shown_t          *shown[KINSHIP_MOST];
    int               kept[KINSHIP_MOST];
    size_t            count;
} list_t;


/* The own code and the guardian's list, in one trip. */
static civic_result_t
read_own(civic_request_t *r, list_t *list)
{
    civic_result_t    rc;
    civic_command_t   commands[3];

    kinship_health_command(r, list->guardian, CIVIC_STR(""), &commands[0]);
    kinship_consent_command(r, list->guardian, &commands[1]);
    kinship_places_command(r, list->guardian, &commands[2]);

    rc = civic_pipeline(r, commands, 3);

    if (rc == CIVIC_OK) {
        rc = kinship_health_take(r, list->guardian, commands[0].value,
                                 &list->mine.health);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    kinship_places_take(r, list->guardian, commands[2].value, list->places,
                        KINSHIP_MOST, &list->nplaces);
    list->own = list->mine.health.opened && list->mine.health.own
                && kinship_consent_holds(&list->mine.health,
                                         commands[1].value);

    return list->own ? judge(r, &list->mine) : CIVIC_OK;
}


static int
earlier(const void *a, const void *b)
{
    const kinship_place_t  *one = a, *two = b;

    return one->since < two->since ? -1 : one->since > two->since;
}


static civic_result_t
add_relative(civic_request_t *r, list_t *list, size_t i)
{
    shown_t         *shown = civic_alloc(r, sizeof(shown_t));
    civic_result_t   rc;

    rc = take_relative(r, &list->places[i], list->guardian,
                       &list->commands[i * READS], shown,
                       &list->kept[list->count]);

    if (rc == CIVIC_OK && list->kept[list->count]) {
        rc = judge(r, shown);
    }

    if (rc == CIVIC_OK && shown->refused != NULL) {
        list->kept[list->count] = 0;
    }

    if (rc == CIVIC_OK && list->kept[list->count]) {
        rc = note_look(r, list->guardian, shown);
    }

    if (rc == CIVIC_OK) {
        list->shown[list->count++] = shown;
    }

    /* one that is damaged does not hide the others; the log has it */
    return rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
read_relatives(civic_request_t *r, list_t *list)
{
    size_t          i;
    civic_result_t  rc;

    if (list->nplaces == 0) {
        return CIVIC_OK;
    }

    qsort(list->places, list->nplaces, sizeof(kinship_place_t), earlier);

    for (i = 0; i < list->nplaces; i++) {
        read_commands(r, &list->places[i], list->guardian,
                      &list->commands[i * READS]);
    }

    rc = civic_pipeline(r, list->commands, list->nplaces * READS);

    for (i = 0; i < list->nplaces && rc == CIVIC_OK; i++) {
        rc = add_relative(r, list, i);
    }

    return rc;
}


static void
write_one(civic_request_t *r, civic_writer_t *w, const shown_t *shown,
    int kept)
{
    civic_write_object(r, w, NULL);
    write_binding(r, w, shown);
    civic_write_bool(r, w, "kept", kept);

    if (kept) {
        write_colour(r, w, shown);
    }

    civic_write_end(r, w);
}


civic_result_t
kinship_show_all(civic_request_t *r)
{
    size_t           i;
    list_t          *list = civic_alloc(r, sizeof(list_t));
    civic_result_t   rc;
    civic_writer_t  *w;

    memset(list, 0, sizeof(list_t));
    list->guardian = civic_pid(r);
    rc = read_own(r, list);

    if (rc == CIVIC_OK) {
        rc = read_relatives(r, list);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "codes");

    if (list->own) {
        write_one(r, w, &list->mine, 1);
    }

    for (i = 0; i < list->count; i++) {
        write_one(r, w, list->shown[i], list->kept[i]);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
