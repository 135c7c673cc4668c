/*
 * file.c - the laboratory's results as a file: comma-separated values, as its
 * system writes them.
 *
 * Columns are found by their names, and no other column is taken: a file with
 * names or numbers of people is refused before anything of it is read.
 */

#include "csv.h"
#include "sampling.h"
#include "values.h"
#include "words.h"

#define COLUMNS  8                      /* that a line may have */

enum {
    BARCODE = 0,
    RESULT,
    AT,
    KNOWN
};

typedef struct {
    civic_csv_t        csv;
    civic_csv_field_t  fields[COLUMNS];
    size_t             columns;
    int                which[KNOWN];    /* column of each; -1: none */
    sampling_line_t   *lines;
    size_t             count;
    size_t             max;
} file_t;


static int
known(civic_str_t name)
{
    return sampling_is(name, "barcode") ? BARCODE
           : sampling_is(name, "result") ? RESULT
           : sampling_is(name, "at") ? AT : -1;
}


/* The names of the columns; -1: not all that are needed, one twice, or one
   that is not known. */
static int
read_header(civic_request_t *r, file_t *file, json_t *columns)
{
    int          column;
    size_t       i;
    civic_str_t  text;

    file->which[BARCODE] = file->which[RESULT] = file->which[AT] = -1;

    for (i = 0; i < file->columns; i++) {
        text = sampling_folded(r, (civic_str_t) { file->fields[i].s,
                                                  file->fields[i].len });
        column = known(shared_json_str(columns, text.data));

        if (column < 0 || file->which[column] >= 0) {
            return -1;
        }

        file->which[column] = (int) i;
    }

    return file->which[BARCODE] >= 0 && file->which[RESULT] >= 0 ? 0 : -1;
}


static civic_str_t
field(const file_t *file, int column)
{
    const civic_csv_field_t  *at;

    if (file->which[column] < 0) {
        return CIVIC_STR("");
    }

    at = &file->fields[file->which[column]];

    return (civic_str_t) { at->s, at->len };
}


/* -1: there are more lines than may be. */
static int
read_lines(file_t *file)
{
    size_t              count;
    sampling_line_t    *line;
    civic_csv_status_t  status;

    for ( ;; ) {
        status = civic_csv_next(&file->csv, file->fields, COLUMNS, &count);

        if (status == CIVIC_CSV_END) {
            return 0;
        }

        if (file->count == file->max) {
            return -1;
        }

        line = &file->lines[file->count++];
        *line = (sampling_line_t) { .number = file->csv.line,
                                    .barcode = CIVIC_STR("") };

        if (status != CIVIC_CSV_ROW || count != file->columns) {
            line->outcome = SAMPLING_BROKEN;
            continue;
        }

        line->barcode = field(file, BARCODE);
        line->result = field(file, RESULT);
        line->at = field(file, AT);
    }
}


static const char *
read_file(civic_request_t *r, file_t *file, json_t *terms)
{
    civic_str_t         body = shared_copy(r, civic_raw_body(r));
    civic_csv_status_t  status;

    civic_csv_begin(&file->csv, (char *) body.data, body.len);
    status = civic_csv_next(&file->csv, file->fields, COLUMNS,
                            &file->columns);

    if (status == CIVIC_CSV_BYTES) {
        return "sampling_file_encoding";
    }

    if (status != CIVIC_CSV_ROW
        || read_header(r, file, json_object_get(terms, "columns")) != 0)
    {
        return "sampling_file_columns";
    }

    return read_lines(file) != 0 ? "sampling_too_many" : NULL;
}


civic_result_t
sampling_results_file(civic_request_t *r)
{
    file_t          *file = civic_alloc(r, sizeof(file_t));
    json_t          *terms;
    const char      *problem;
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &terms);

    if (rc != CIVIC_OK) {
        return rc;
    }

    file->count = 0;
    file->max = (size_t) shared_rule_number(terms, "lines", SAMPLING_LINES,
                                            1, SAMPLING_LINES);
    file->lines = civic_alloc(r, file->max * sizeof(sampling_line_t));
    problem = read_file(r, file, terms);

    return problem != NULL ? civic_problem(r, problem)
                           : sampling_lines_take(r, terms, file->lines,
                                                 file->count);
}
