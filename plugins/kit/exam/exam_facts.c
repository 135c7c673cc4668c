/*
 * exam_facts.c - what an exam's file says beside form and positions: id,
 * title, windows, fee, subjects, sites, ticket.
 */

#include <stdlib.h>
#include <string.h>

#include "exam_private.h"

#define SMALL      "abcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define TITLE      100                  /* code points */
#define TEXT       500
#define LONG       1000
#define FIELDS     100
#define SUBJECTS   100
#define SITES      100
#define ROOMS      999                  /* of a site: three digits */
#define ALL_ROOMS  4000
#define SEATS      99                   /* of a room: two digits */
#define CHOSEN     10000                /* positions of a subject */
#define LINES      50
#define FEE_MAX    10000000             /* fen */

static const char *const  windows[] = {
    [CIVIC_EXAM_REGISTRATION] = "registration",
    [CIVIC_EXAM_REVIEW] = "review",
    [CIVIC_EXAM_PAYMENT] = "payment",
    [CIVIC_EXAM_PRINTING] = "printing",
    NULL
};


const char *
civic_exam_window_name(civic_exam_window_name_t window)
{
    return windows[window];
}


int
civic_exam_window_number(const char *name, size_t len)
{
    int  i;

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        if (strlen(windows[i]) == len && memcmp(windows[i], name, len) == 0) {
            return i;
        }
    }

    return -1;
}


int64_t
civic_exam_until(const civic_exam_window_t *spans)
{
    int      i;
    int64_t  until = 0;

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        if (spans[i].until > until) {
            until = spans[i].until;
        }
    }

    return until;
}


/* ---- windows and fee --------------------------------------------------- */

/* Nothing begins before the registration, and reviews end after it. */
static void
check_order(exam_walk_t *w, const civic_exam_window_t *all)
{
    int                         i;
    size_t                      mark;
    const civic_exam_window_t  *first = &all[CIVIC_EXAM_REGISTRATION];

    for (i = CIVIC_EXAM_REVIEW; i < CIVIC_EXAM_WINDOWS; i++) {
        if (all[i].from == 0 || all[i].until == 0) {
            continue;
        }

        mark = exam_down(w, windows[i]);

        if (first->from != 0 && all[i].from < first->from) {
            exam_fault_at(w, "from", EXAM_OUT_OF_ORDER, NULL);
        }

        if (first->until != 0 && all[i].until < first->until) {
            exam_fault_at(w, "until", EXAM_OUT_OF_ORDER, NULL);
        }

        exam_up(w, mark);
    }
}


static void
check_windows(exam_walk_t *w, json_t *facts, int free_of_charge,
    civic_exam_window_t *all)
{
    static const char *const  names[] = { "from", "until", NULL };

    int      i;
    size_t   mark, inner;
    json_t  *window, *object = exam_object(w, facts, "windows", 1);

    if (object == NULL) {
        return;
    }

    mark = exam_down(w, "windows");
    exam_only(w, object, windows);

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = exam_object(w, object, windows[i],
                             i != CIVIC_EXAM_PAYMENT || !free_of_charge);

        if (window != NULL) {
            inner = exam_down(w, windows[i]);
            exam_only(w, window, names);
            exam_span(w, window, &all[i]);
            exam_up(w, inner);
        }
    }

    check_order(w, all);
    exam_up(w, mark);
}


/* Whether there is nothing to be paid. */
static int
check_fee(exam_walk_t *w, json_t *facts)
{
    static const char *const  names[] = { "fen", "title", NULL };

    size_t    mark;
    json_t   *fee = exam_object(w, facts, "fee", 1);
    int64_t   fen = -1;

    if (fee == NULL) {
        return 0;
    }

    mark = exam_down(w, "fee");
    exam_only(w, fee, names);
    (void) exam_integer(w, fee, "fen", 0, FEE_MAX, 1, &fen);
    exam_pair(w, fee, "title", TITLE, fen != 0);
    exam_up(w, mark);

    return fen == 0;
}


/* ---- subjects ---------------------------------------------------------- */

static void
check_subject(exam_walk_t *w, json_t *subject)
{
    static const char *const  names[] = {
        "code", "name", "from", "until", "positions", NULL
    };

    size_t                mark;
    json_t               *positions;
    const char           *code;
    civic_exam_window_t   span = { 0, 0 };

    if (!exam_is_object(w, subject)) {
        return;
    }

    exam_only(w, subject, names);
    code = exam_string(w, subject, "code", TEXT, 1);

    if (code != NULL && !civic_exam_code_valid(code, strlen(code))) {
        exam_fault_at(w, "code", EXAM_BAD_CODE, code);
    }

    exam_pair(w, subject, "name", TITLE, 1);
    exam_span(w, subject, &span);

    if (json_object_get(subject, "positions") == NULL) {
        return;
    }

    positions = exam_array(w, subject, "positions", 1, CHOSEN);
    mark = exam_down(w, "positions");
    exam_unique(w, positions, NULL);
    exam_up(w, mark);
}


static void
check_subjects(exam_walk_t *w, json_t *facts)
{
    size_t   i, mark, item;
    json_t  *subject, *subjects = exam_array(w, facts, "subjects", 1,
                                             SUBJECTS);

    if (subjects == NULL) {
        return;
    }

    mark = exam_down(w, "subjects");

    json_array_foreach(subjects, i, subject) {
        item = exam_down_item(w, i);
        check_subject(w, subject);
        exam_up(w, item);
    }

    exam_unique(w, subjects, "code");
    exam_up(w, mark);
}


/* Positions are sorted by their codes. */
static int
has_position(json_t *positions, const char *code)
{
    int     order;
    size_t  low = 0, high = json_array_size(positions), middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strcmp(code, json_string_value(
                           json_object_get(json_array_get(positions, middle),
                                           "code")));

        if (order == 0) {
            return 1;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return 0;
}


static void
check_chosen(exam_walk_t *w, json_t *chosen, json_t *positions)
{
    size_t   i, item;
    json_t  *code;

    json_array_foreach(chosen, i, code) {
        item = exam_down_item(w, i);

        if (!json_is_string(code)) {
            exam_fault(w, EXAM_EXPECTED_STRING, NULL);

        } else if (!has_position(positions, json_string_value(code))) {
            exam_fault(w, EXAM_UNKNOWN_POSITION, json_string_value(code));
        }

        exam_up(w, item);
    }
}


void
exam_check_subject_positions(exam_walk_t *w, json_t *facts,
    json_t *positions)
{
    size_t   i, mark, item;
    json_t  *subject, *subjects = json_object_get(facts, "subjects");

    mark = exam_down(w, "subjects");

    json_array_foreach(subjects, i, subject) {
        item = exam_down_item(w, i);
        (void) exam_down(w, "positions");
        check_chosen(w, json_object_get(subject, "positions"), positions);
        exam_up(w, item);
    }

    exam_up(w, mark);
}


/* ---- sites ------------------------------------------------------------- */

static int
is_digits(const char *s, size_t count)
{
    return strlen(s) == count && exam_letters(s, count, DIGITS, count);
}


static void
check_room(exam_walk_t *w, json_t *room)
{
    static const char *const  names[] = { "code", "name", "seats", NULL };

    int64_t      seats;
    const char  *code;

    if (!exam_is_object(w, room)) {
        return;
    }

    exam_only(w, room, names);
    code = exam_string(w, room, "code", TEXT, 1);

    if (code != NULL && !is_digits(code, 3)) {
        exam_fault_at(w, "code", EXAM_BAD_ROOM, code);
    }

    exam_pair(w, room, "name", TITLE, 0);
    (void) exam_integer(w, room, "seats", 1, SEATS, 1, &seats);
}


static size_t
check_site(exam_walk_t *w, json_t *site)
{
    static const char *const  names[] = {
        "code", "name", "address", "rooms", NULL
    };

    size_t       i, mark, item;
    json_t      *room, *rooms;
    const char  *code;

    if (!exam_is_object(w, site)) {
        return 0;
    }

    exam_only(w, site, names);
    code = exam_string(w, site, "code", TEXT, 1);

    if (code != NULL && !is_digits(code, 2)) {
        exam_fault_at(w, "code", EXAM_BAD_SITE, code);
    }

    exam_pair(w, site, "name", TITLE, 1);
    exam_pair(w, site, "address", TEXT, 1);
    rooms = exam_array(w, site, "rooms", 1, ROOMS);
    mark = exam_down(w, "rooms");

    json_array_foreach(rooms, i, room) {
        item = exam_down_item(w, i);
        check_room(w, room);
        exam_up(w, item);
    }

    exam_unique(w, rooms, "code");
    exam_up(w, mark);

    return json_array_size(rooms);
}


static void
check_sites(exam_walk_t *w, json_t *facts)
{
    size_t   i, mark, item, rooms = 0;
    json_t  *site, *sites = exam_array(w, facts, "sites", 0, SITES);

    mark = exam_down(w, "sites");

    json_array_foreach(sites, i, site) {
        item = exam_down_item(w, i);
        rooms += check_site(w, site);
        exam_up(w, item);
    }

    exam_unique(w, sites, "code");

    if (rooms > ALL_ROOMS) {
        exam_fault(w, EXAM_TOO_MANY, "rooms");
    }

    exam_up(w, mark);
}


/* ---- ticket ------------------------------------------------------------ */

static void
check_ticket(exam_walk_t *w, json_t *facts)
{
    static const char *const  names[] = {
        "number_prefix", "instructions", NULL
    };

    size_t       i, mark, inner, item;
    json_t      *line, *lines, *ticket = exam_object(w, facts, "ticket", 1);
    const char  *prefix;

    if (ticket == NULL) {
        return;
    }

    mark = exam_down(w, "ticket");
    exam_only(w, ticket, names);
    prefix = exam_string(w, ticket, "number_prefix", TEXT, 1);

    if (prefix != NULL && !exam_letters(prefix, strlen(prefix), DIGITS, 8)) {
        exam_fault_at(w, "number_prefix", EXAM_BAD_PREFIX, prefix);
    }

    lines = exam_array(w, ticket, "instructions", 0, LINES);
    inner = exam_down(w, "instructions");

    json_array_foreach(lines, i, line) {
        item = exam_down_item(w, i);
        exam_pair_here(w, line, LONG);
        exam_up(w, item);
    }

    exam_up(w, inner);
    exam_up(w, mark);
}


/* ---- all --------------------------------------------------------------- */

static void
check_names(exam_walk_t *w, json_t *facts, civic_exam_t *exam)
{
    const char  *id = exam_string(w, facts, "exam_id", TEXT, 1);
    const char  *profile = exam_string(w, facts, "photo_profile", TEXT, 0);

    if (id != NULL) {
        if (civic_exam_id_valid(id, strlen(id))) {
            memcpy(exam->id, id, strlen(id) + 1);

        } else {
            exam_fault_at(w, "exam_id", EXAM_BAD_ID, id);
        }
    }

    if (profile != NULL
        && (profile[0] < 'a' || profile[0] > 'z'
            || !exam_letters(profile, strlen(profile), SMALL DIGITS "_", 32)))
    {
        exam_fault_at(w, "photo_profile", EXAM_BAD_NAME, profile);
    }
}


void
exam_check_facts(exam_walk_t *w, json_t *facts, civic_exam_t *exam)
{
    static const char *const  names[] = {
        "exam_id", "title", "windows", "fee", "photo_profile", "form",
        "positions", "subjects", "sites", "ticket", NULL
    };

    int      free_of_charge;
    size_t   mark;
    json_t  *form;

    exam_only(w, facts, names);
    check_names(w, facts, exam);
    exam_pair(w, facts, "title", TITLE, 1);
    free_of_charge = check_fee(w, facts);
    check_windows(w, facts, free_of_charge, exam->windows);

    form = exam_array(w, facts, "form", 1, FIELDS);
    w->form = json_array_size(form) == 0 ? NULL : form;
    mark = exam_down(w, "form");
    exam_check_form(w, form);
    exam_up(w, mark);

    check_subjects(w, facts);
    check_sites(w, facts);
    check_ticket(w, facts);
}
