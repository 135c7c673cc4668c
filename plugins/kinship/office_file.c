/*
 * office_file.c - POST /office/measures/file: many measures at once.
 *
 * One line after the other, each answered for itself: what is wrong with one
 * does not keep the others from being set, and the whole file may be sent
 * again.  A person's script suspends, so a file holds no loop up.
 */

#include "china_time.h"
#include "office.h"
#include "values.h"

#define LINES    500
#define COLUMNS  6
#define REASON   100                    /* bytes */

/* id_number,kind,since,until,reason,id_kind: the last three may be empty. */
enum { NUMBER, KIND, SINCE, UNTIL, WHY, ID_KIND };

typedef struct {
    civic_str_t  rest;
    int64_t      line;
    int64_t      set;
    int64_t      same;
    int64_t      refused;
} file_t;


/* ---- text -------------------------------------------------------------- */

static civic_str_t
trimmed(civic_str_t text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL) {
        text.len--;
    }

    return text;
}


/* The next line that has something; 0: none is left. */
static int
next_line(file_t *file, civic_str_t *line)
{
    size_t       len;
    const char  *end;

    while (file->rest.len > 0) {
        end = memchr(file->rest.data, '\n', file->rest.len);
        len = end == NULL ? file->rest.len
                          : (size_t) (end - file->rest.data);
        *line = trimmed((civic_str_t) { file->rest.data, len });
        len += end != NULL;
        file->rest.data += len;
        file->rest.len -= len;
        file->line++;

        if (line->len > 0) {
            return 1;
        }
    }

    return 0;
}


/* No quotes: none of the columns needs one.  -1: too many. */
static int
split(civic_request_t *r, civic_str_t line, civic_str_t *columns)
{
    size_t       i, len;
    const char  *comma;

    for (i = 0; i < COLUMNS; i++) {
        comma = line.len == 0 ? NULL : memchr(line.data, ',', line.len);
        len = comma == NULL ? line.len : (size_t) (comma - line.data);
        columns[i] = shared_copy(r, trimmed((civic_str_t) { line.data,
                                                            len }));
        len += comma != NULL;
        line.data += len;
        line.len -= len;
    }

    return line.len > 0 ? -1 : 0;
}


static int
is_heading(const civic_str_t *columns)
{
    return civic_str_eq(columns[NUMBER], CIVIC_STR("id_number"));
}


/* 0 for none; "2026-03-09T12:00:00+08:00", or "2026-03-09 12:00:00" in
   China's time. */
static int
read_time(civic_str_t text, civic_msec_t *at)
{
    if (text.len == 0) {
        *at = 0;
        return 0;
    }

    return civic_instant_read(text.data, text.len, at) == 0 ? 0
           : civic_china_time_parse(text.data, text.len, at);
}


/* ---- a line ------------------------------------------------------------ */

static void
refuse(kinship_measure_t *measure, const char *field, const char *error)
{
    if (measure->error == NULL) {
        measure->field = field;
        measure->error = error;
    }
}


static civic_result_t
take_line(civic_request_t *r, const civic_str_t *columns,
    kinship_measure_t *measure)
{
    const char      *error = NULL;
    civic_result_t   rc;

    rc = kinship_office_person(r, columns[NUMBER], columns[ID_KIND],
                               &measure->pid, &error);

    if (error != NULL) {
        refuse(measure, "id_number", error);
    }

    measure->kind = columns[KIND];
    measure->reason = columns[WHY];

    if (columns[WHY].len > REASON) {
        refuse(measure, "reason", "too_long");
    }

    if (read_time(columns[SINCE], &measure->given_since) != 0) {
        refuse(measure, "since", "instant");
    }

    if (read_time(columns[UNTIL], &measure->given_until) != 0) {
        refuse(measure, "until", "instant");
    }

    return rc;
}


static void
write_line(civic_request_t *r, civic_writer_t *w, file_t *file,
    const kinship_measure_t *measure)
{
    const char  *outcome = measure->error != NULL ? "refused"
                           : measure->changed ? "set" : "same";

    file->refused += measure->error != NULL;
    file->set += measure->error == NULL && measure->changed;
    file->same += measure->error == NULL && !measure->changed;

    civic_write_object(r, w, NULL);
    civic_write_int(r, w, "line", file->line);
    civic_write_str(r, w, "outcome", civic_cstr(outcome));

    if (measure->error != NULL) {
        civic_write_str(r, w, "field", civic_cstr(measure->field));
        civic_write_str(r, w, "error", civic_cstr(measure->error));
    }

    civic_write_end(r, w);
}


/* One that Redis did not take may have been set: the line says so, and the
   next are tried. */
static civic_result_t
do_line(civic_request_t *r, civic_writer_t *w, file_t *file,
    civic_str_t line)
{
    civic_str_t        columns[COLUMNS];
    civic_result_t     rc = CIVIC_OK;
    kinship_measure_t  measure = { .line = file->line };

    if (split(r, line, columns) != 0) {
        refuse(&measure, "", "kinship_columns");

    } else if (file->line == 1 && is_heading(columns)) {
        return CIVIC_OK;

    } else {
        rc = take_line(r, columns, &measure);
    }

    if (rc == CIVIC_OK && measure.error == NULL) {
        rc = kinship_measure_set(r, &measure);
    }

    if (rc == CIVIC_ABORTED || rc == CIVIC_ERROR) {
        return rc;
    }

    if (rc != CIVIC_OK) {
        refuse(&measure, "", rc == CIVIC_UNKNOWN ? "outcome_unknown"
                                                 : "store_unavailable");
    }

    write_line(r, w, file, &measure);

    return CIVIC_OK;
}


/* ---- the route --------------------------------------------------------- */

static int64_t
count_lines(civic_str_t text)
{
    size_t   i;
    int64_t  lines = 1;

    for (i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
    }

    return lines;
}


static civic_result_t
note_file(civic_request_t *r, const file_t *file)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:I, s:I, s:I}", "set", (json_int_t) file->set,
                        "same", (json_int_t) file->same,
                        "refused", (json_int_t) file->refused);
    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "kinship.measures_file",
                                 .details = details });
    json_decref(details);

    return rc;
}


civic_result_t
kinship_office_file(civic_request_t *r)
{
    file_t           file = { .rest = civic_raw_body(r) };
    civic_str_t      line;
    json_t          *params;
    civic_result_t   rc = CIVIC_OK;
    civic_writer_t  *w;

    if (file.rest.len >= 3 && memcmp(file.rest.data, "\xef\xbb\xbf", 3) == 0)
    {
        file.rest.data += 3;
        file.rest.len -= 3;
    }

    if (count_lines(file.rest) > LINES + 2) {
        params = json_pack("{s:i}", "lines", LINES);
        rc = civic_problem_with(r, &(civic_problem_t) {
                                       .code = "kinship_file_long",
                                       .params = params });
        json_decref(params);
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_array(r, w, "lines");

    while (rc == CIVIC_OK && next_line(&file, &line)) {
        rc = do_line(r, w, &file, line);
    }

    if (rc == CIVIC_OK) {
        rc = note_file(r, &file);
    }

    civic_write_end(r, w);
    civic_write_int(r, w, "set", file.set);
    civic_write_int(r, w, "same", file.same);
    civic_write_int(r, w, "refused", file.refused);

    return rc;
}
