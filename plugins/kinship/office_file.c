/*
 * office_file.c - POST /office/measures/file: many measures at once.
 *
 * One line after the other, each answered for itself: what is wrong with one
 * does not keep the others from being set, and the whole file may be sent
 * again.  A person's script suspends, so a file holds no loop up.
 */

#include "china_time.h"
#include "csv.h"
#include "office.h"
#include "values.h"

#define LINES    500
#define COLUMNS  6
#define REASON   100                    /* bytes */

/* id_number,kind,since,until,reason,id_kind: the last three may be empty. */
enum { NUMBER, KIND, SINCE, UNTIL, WHY, ID_KIND };

typedef struct {
    civic_csv_t  csv;
    int64_t      set;
    int64_t      same;
    int64_t      refused;
} file_t;

/* A line as it was read; columns that it has not are empty. */
typedef struct {
    civic_csv_status_t  status;
    civic_str_t         columns[COLUMNS];
} line_t;


/* ---- text -------------------------------------------------------------- */

static civic_str_t
trimmed(civic_csv_field_t field)
{
    civic_str_t  text = { field.s, field.len };

    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && strchr(" \t", text.data[text.len - 1]) != NULL) {
        text.len--;
    }

    return text;
}


/* The next line that has something; 0: none is left. */
static int
next_line(civic_request_t *r, file_t *file, line_t *line)
{
    size_t             i, count;
    civic_csv_field_t  fields[COLUMNS];

    do {
        line->status = civic_csv_next(&file->csv, fields, COLUMNS, &count);

        if (line->status != CIVIC_CSV_ROW) {
            return line->status != CIVIC_CSV_END;
        }

        for (i = 0; i < COLUMNS; i++) {
            line->columns[i] = i < count ? shared_copy(r, trimmed(fields[i]))
                                         : CIVIC_STR("");
        }
    } while (count == 1 && line->columns[0].len == 0);

    return 1;
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
    civic_write_int(r, w, "line", file->csv.line);
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
    const line_t *line)
{
    civic_result_t     rc = CIVIC_OK;
    kinship_measure_t  measure = { .line = file->csv.line };

    if (line->status == CIVIC_CSV_MANY) {
        refuse(&measure, "", "kinship_columns");

    } else if (line->status != CIVIC_CSV_ROW) {
        refuse(&measure, "", "kinship_line");

    } else if (file->csv.line == 1 && is_heading(line->columns)) {
        return CIVIC_OK;

    } else {
        rc = take_line(r, line->columns, &measure);
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


static civic_result_t
refuse_file(civic_request_t *r)
{
    json_t          *params = json_pack("{s:i}", "lines", LINES);
    civic_result_t   rc;

    rc = civic_problem_with(r, &(civic_problem_t) {
                                   .code = "kinship_file_long",
                                   .params = params });
    json_decref(params);

    return rc;
}


civic_result_t
kinship_office_file(civic_request_t *r)
{
    file_t           file = { .set = 0 };
    line_t           line;
    civic_str_t      body = shared_copy(r, civic_raw_body(r));
    civic_result_t   rc = CIVIC_OK;
    civic_writer_t  *w;

    if (count_lines(body) > LINES + 2) {
        return refuse_file(r);
    }

    civic_csv_begin(&file.csv, (char *) body.data, body.len);
    w = civic_reply(r, 200);
    civic_write_array(r, w, "lines");

    while (rc == CIVIC_OK && next_line(r, &file, &line)) {
        rc = do_line(r, w, &file, &line);
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
