/*
 * exam_table.c - positions from a table: CSV (RFC 4180), as spreadsheets
 * write it, with a header.
 *
 * The texts become positions as they stand there; whether they are good ones
 * is the file's check to say, so that all faults are told together.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exam_private.h"

#define COLUMNS  5
#define HEADER   "code,name,unit,places,note"
#define ROWS     (CIVIC_EXAM_POSITIONS + 1)

typedef struct {
    const char  *p;
    const char  *end;
    char        *text;                  /* a row's cells, one after another */
    size_t       len;
    size_t       cell[COLUMNS];         /* where they begin */
    size_t       cells;
    size_t       line;
} table_t;


/* Whether more of the row follows. */
static int
end_cell(table_t *t)
{
    t->text[t->len++] = '\0';
    t->cells++;

    if (t->p < t->end && *t->p == ',') {
        t->p++;
        return 1;
    }

    if (t->p < t->end && *t->p == '\r') {
        t->p++;
    }

    if (t->p < t->end && *t->p == '\n') {
        t->p++;
    }

    return 0;
}


/* Within quotes, "" is one. */
static void
read_quoted(table_t *t)
{
    t->p++;

    while (t->p < t->end) {
        if (*t->p == '"') {
            t->p++;

            if (t->p == t->end || *t->p != '"') {
                return;
            }
        }

        t->line += *t->p == '\n';
        t->text[t->len++] = *t->p++;
    }
}


static void
read_plain(table_t *t)
{
    while (t->p < t->end && *t->p != ',' && *t->p != '\n' && *t->p != '\r') {
        t->text[t->len++] = *t->p++;
    }
}


/* A row: how many cells it has; those behind the last column are counted. */
static size_t
read_row(table_t *t)
{
    t->len = 0;
    t->cells = 0;
    t->line++;

    do {
        if (t->cells < COLUMNS) {
            t->cell[t->cells] = t->len;
        }

        if (t->p < t->end && *t->p == '"') {
            read_quoted(t);
        }

        read_plain(t);                  /* also what stands behind quotes */
    } while (end_cell(t));

    return t->cells;
}


static const char *
cell(const table_t *t, size_t i)
{
    return i < t->cells ? t->text + t->cell[i] : "";
}


/* ---- positions --------------------------------------------------------- */

static json_t *
text_pair(const char *text)
{
    return json_pack("{s:s}", "zh", text);
}


/* A number, or the text, which the check will not take for one. */
static json_t *
number(const char *text)
{
    size_t  len = strlen(text);

    return exam_letters(text, len, "0123456789", 9)
           ? json_integer(strtoll(text, NULL, 10)) : json_string(text);
}


static json_t *
position_of(const table_t *t, json_t *known)
{
    json_t  *position, *old, *conditions;

    position = json_pack("{s:s, s:o, s:o, s:o}", "code", cell(t, 0),
                         "name", text_pair(cell(t, 1)),
                         "unit", text_pair(cell(t, 2)),
                         "places", number(cell(t, 3)));

    if (position == NULL) {
        return NULL;                    /* not UTF-8 */
    }

    if (cell(t, 4)[0] != '\0') {
        (void) json_object_set_new(position, "note", text_pair(cell(t, 4)));
    }

    old = json_object_get(known, cell(t, 0));
    conditions = json_object_get(old, "conditions");

    if (conditions != NULL) {
        (void) json_object_set(position, "conditions", conditions);
    }

    return position;
}


/* The file's own positions by their codes. */
static json_t *
by_code(json_t *positions)
{
    size_t   i;
    json_t  *known = json_object(), *position, *code;

    json_array_foreach(positions, i, position) {
        code = json_object_get(position, "code");

        if (json_is_string(code)) {
            (void) json_object_set(known, json_string_value(code), position);
        }
    }

    return known;
}


static void
bad_row(exam_walk_t *w, const table_t *t, size_t line)
{
    char  detail[CIVIC_EXAM_DETAIL];

    (void) snprintf(detail, sizeof(detail), "line %zu, %zu cells", line,
                    t->cells);
    exam_fault(w, EXAM_BAD_ROW, detail);
}


static void
take_rows(exam_walk_t *w, table_t *t, json_t *known, json_t *out)
{
    size_t   cells, line;
    json_t  *position;

    while (t->p < t->end && json_array_size(out) < ROWS) {
        line = t->line + 1;
        cells = read_row(t);

        if (cells == 1 && cell(t, 0)[0] == '\0') {
            continue;                   /* an empty line */
        }

        position = cells < COLUMNS - 1 || cells > COLUMNS
                   ? NULL : position_of(t, known);

        if (position == NULL) {
            bad_row(w, t, line);
            continue;
        }

        (void) json_array_append_new(out, position);
    }
}


static int
has_header(table_t *t)
{
    size_t  i, len = 0;
    char    all[sizeof(HEADER)];

    if (read_row(t) != COLUMNS) {
        return 0;
    }

    for (i = 0; i < COLUMNS; i++) {
        len += (size_t) snprintf(all + len, sizeof(all) - len, "%s%s",
                                 i == 0 ? "" : ",", cell(t, i));
        if (len >= sizeof(all)) {
            return 0;
        }
    }

    return strcmp(all, HEADER) == 0;
}


int
civic_exam_table(json_t *tree, const char *bytes, size_t len,
    civic_exam_faults_t *faults)
{
    json_t       *known, *out;
    table_t       t = { .p = bytes, .end = bytes + len };
    exam_walk_t   w = { .faults = faults };

    faults->count = 0;

    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        t.p += 3;
    }

    t.text = malloc(2 * len + 2);       /* each cell and its end */

    if (t.text == NULL) {
        exam_fault(&w, EXAM_NO_MEMORY, NULL);
        return -1;
    }

    out = json_array();
    known = by_code(json_object_get(tree, "positions"));

    if (has_header(&t)) {
        take_rows(&w, &t, known, out);

    } else {
        exam_fault(&w, EXAM_BAD_HEADER, NULL);
    }

    (void) json_object_set_new(tree, "positions", out);
    json_decref(known);
    free(t.text);

    return faults->count == 0 ? 0 : -1;
}
