/*
 * bill_file.c - the bytes of a bill, on a work thread: a zip of CSV files in
 * GBK, as alipay.data.dataservice.bill.downloadurl.query leads to.  libzip
 * unpacks, iconv converts.
 *
 * One of the files has a line for each movement, others sum them up.  Columns
 * are found by their names, for Alipay adds some now and then.  All that is
 * read is untrusted: a bill that is too large, or no bill, says so in why.
 */

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#include "payment.h"
#include "yuan.h"

#define FILES    8                          /* in the zip, at most */
#define UNPACKED (64 * 1024 * 1024)         /* bytes of one */
#define COLUMNS  64
#define GROWTH   4096

typedef enum {
    COLUMN_TRADE_NO = 0,
    COLUMN_OUT_TRADE_NO,
    COLUMN_KIND,
    COLUMN_AMOUNT,
    COLUMN_REQUEST,
    COLUMN_COUNT
} column_t;

/* How their names begin: what follows is a unit in brackets, of either
   width. */
static const char *const  names[COLUMN_COUNT] = {
    "支付宝交易号", "商户订单号", "业务类型", "订单金额", "退款批次号"
};

typedef struct {
    char    *at;
    size_t   len;
} cell_t;

typedef struct {
    payment_bill_t  *bill;
    int              where[COLUMN_COUNT];   /* -1: not found yet */
    size_t           room;
} reading_t;


static void
fail(payment_bill_t *bill, const char *why)
{
    if (bill->why[0] == '\0') {
        snprintf(bill->why, sizeof(bill->why), "%s", why);
    }
}


/* ---- lines ------------------------------------------------------------- */

static int
is_edge(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}


/* Cuts a line at its commas, in place; without quotes, spaces and tabs at the
   edges.  How many cells. */
static int
cut(char *line, cell_t cells[COLUMNS])
{
    int    count = 0, quoted;
    char  *out, *start;

    while (count < COLUMNS) {
        for (start = out = line, quoted = 0;
             *line != '\0' && (quoted || *line != ','); line++)
        {
            if (*line == '"') {
                quoted = !quoted;
            } else {
                *out++ = *line;
            }
        }

        while (start < out && is_edge(*start)) {
            start++;
        }

        while (out > start && is_edge(out[-1])) {
            out--;
        }

        cells[count++] = (cell_t) { start, (size_t) (out - start) };

        if (*line++ == '\0') {
            break;
        }

        /* not before: it may be where the comma stood */
        *out = '\0';
    }

    for (quoted = 0; quoted < count; quoted++) {
        cells[quoted].at[cells[quoted].len] = '\0';
    }

    return count;
}


/* Whether it is the line that names the columns. */
static int
take_head(reading_t *reading, const cell_t *cells, int count)
{
    int  i, column, where[COLUMN_COUNT];

    for (column = 0; column < COLUMN_COUNT; column++) {
        where[column] = -1;

        for (i = 0; i < count; i++) {
            if (strncmp(cells[i].at, names[column], strlen(names[column]))
                == 0)
            {
                where[column] = i;
                break;
            }
        }

        if (where[column] == -1) {
            return 0;
        }
    }

    memcpy(reading->where, where, sizeof(where));

    return 1;
}


static int
copy_name(const cell_t *cell, char out[PAYMENT_NAME + 1])
{
    if (cell->len > PAYMENT_NAME) {
        return -1;
    }

    memcpy(out, cell->at, cell->len);
    out[cell->len] = '\0';

    return 0;
}


static payment_movement_t *
add(reading_t *reading)
{
    payment_bill_t      *bill = reading->bill;
    payment_movement_t  *larger;

    if (bill->count == reading->room) {
        reading->room += GROWTH;
        larger = realloc(bill->movements,
                         reading->room * sizeof(payment_movement_t));

        if (larger == NULL) {
            fail(bill, "there is no memory for it");
            return NULL;
        }

        bill->movements = larger;
    }

    return memset(&bill->movements[bill->count], 0,
                  sizeof(payment_movement_t));
}


static void
take_row(reading_t *reading, const cell_t *cells)
{
    cell_t                amount = cells[reading->where[COLUMN_AMOUNT]];
    const cell_t         *kind = &cells[reading->where[COLUMN_KIND]];
    payment_movement_t   *movement = add(reading);

    if (movement == NULL) {
        return;
    }

    movement->in = strcmp(kind->at, "交易") == 0;

    if (!movement->in && strcmp(kind->at, "退款") != 0) {
        fail(reading->bill, "a line is neither a trade nor a refund");
        return;
    }

    /* a refund's is negative */
    if (amount.len > 0 && *amount.at == '-') {
        amount.at++;
        amount.len--;
    }

    if (civic_yuan_parse(amount.at, amount.len, &movement->fen) != 0
        || copy_name(&cells[reading->where[movement->in ? COLUMN_TRADE_NO
                                                        : COLUMN_REQUEST]],
                     movement->name) != 0
        || copy_name(&cells[reading->where[COLUMN_OUT_TRADE_NO]],
                     movement->trade) != 0)
    {
        fail(reading->bill, "a line cannot be read");
        return;
    }

    reading->bill->count++;
}


static void
read_line(reading_t *reading, char *line)
{
    int     column, count;
    cell_t  cells[COLUMNS];

    if (*line == '#' || *line == '\0' || *line == '\r') {
        return;
    }

    count = cut(line, cells);

    if (reading->where[0] == -1) {
        (void) take_head(reading, cells, count);
        return;
    }

    for (column = 0; column < COLUMN_COUNT; column++) {
        if (reading->where[column] >= count) {
            fail(reading->bill, "a line is too short");
            return;
        }
    }

    take_row(reading, cells);
}


/* ---- files ------------------------------------------------------------- */

/* A text in UTF-8, malloc's; NULL: it is no GBK. */
static char *
from_gbk(char *bytes, size_t len)
{
    char     *text, *out;
    size_t    room = 2 * len, rc;
    iconv_t   cd = iconv_open("UTF-8", "GB18030");

    if (cd == (iconv_t) -1) {
        return NULL;
    }

    text = malloc(room + 1);
    out = text;
    rc = text == NULL ? (size_t) -1
                      : iconv(cd, &bytes, &len, &out, &room);
    iconv_close(cd);

    if (rc == (size_t) -1 || len != 0) {
        free(text);
        return NULL;
    }

    *out = '\0';

    return text;
}


static void
read_text(payment_bill_t *bill, reading_t *reading, char *text)
{
    char  *line, *end;

    for (line = text; line != NULL && bill->why[0] == '\0'; line = end) {
        end = strchr(line, '\n');

        if (end != NULL) {
            *end++ = '\0';
        }

        read_line(reading, line);
    }
}


/* Its bytes, malloc's; NULL, and why. */
static char *
unpack(payment_bill_t *bill, zip_t *archive, zip_uint64_t index, size_t *len)
{
    char        *bytes = NULL;
    zip_stat_t   stat;
    zip_file_t  *file;

    if (zip_stat_index(archive, index, 0, &stat) != 0
        || (stat.valid & ZIP_STAT_SIZE) == 0 || stat.size > UNPACKED)
    {
        fail(bill, "a file of it is too large");
        return NULL;
    }

    file = zip_fopen_index(archive, index, 0);

    if (file != NULL) {
        bytes = malloc(stat.size + 1);
        *len = stat.size;

        if (bytes != NULL
            && zip_fread(file, bytes, stat.size) != (zip_int64_t) stat.size)
        {
            free(bytes);
            bytes = NULL;
        }

        zip_fclose(file);
    }

    if (bytes == NULL) {
        fail(bill, "a file of it cannot be unpacked");
    }

    return bytes;
}


/* 1 if it is the one with the movements. */
static int
read_file(payment_bill_t *bill, zip_t *archive, zip_uint64_t index)
{
    char       *bytes, *text;
    size_t      len;
    reading_t   reading = { bill, { -1, -1, -1, -1, -1 }, 0 };

    bytes = unpack(bill, archive, index, &len);

    if (bytes == NULL) {
        return 0;
    }

    text = from_gbk(bytes, len);
    free(bytes);

    if (text == NULL) {
        fail(bill, "a file of it is no GBK");
        return 0;
    }

    read_text(bill, &reading, text);
    free(text);

    return reading.where[0] != -1;
}


static int
by_name(const void *a, const void *b)
{
    const payment_movement_t  *x = a, *y = b;
    int                        order = strcmp(x->name, y->name);

    return order != 0 ? order : x->in - y->in;
}


static void
read_archive(payment_bill_t *bill, zip_t *archive)
{
    int           found = 0;
    zip_int64_t   i, count = zip_get_num_entries(archive, 0);

    if (count > FILES) {
        fail(bill, "it has too many files");
        return;
    }

    for (i = 0; i < count && !found && bill->why[0] == '\0'; i++) {
        found = read_file(bill, archive, (zip_uint64_t) i);
    }

    if (!found) {
        fail(bill, "none of its files has the columns of a bill");
    }

    if (bill->count > 0) {
        qsort(bill->movements, bill->count, sizeof(payment_movement_t),
              by_name);
    }
}


void
payment_bill_read(void *data)
{
    zip_t           *archive = NULL;
    zip_source_t    *source;
    payment_bill_t  *bill = data;

    source = zip_source_buffer_create(bill->zip, bill->len, 0, NULL);

    if (source != NULL) {
        archive = zip_open_from_source(source, ZIP_RDONLY, NULL);

        if (archive == NULL) {
            zip_source_free(source);
        }
    }

    if (archive == NULL) {
        fail(bill, "it is no zip");
        return;
    }

    read_archive(bill, archive);
    zip_discard(archive);
}


payment_movement_t *
payment_bill_find(const payment_bill_t *bill, const char *name, int in)
{
    payment_movement_t  wanted;

    if (bill->count == 0 || strlen(name) > PAYMENT_NAME) {
        return NULL;
    }

    memset(&wanted, 0, sizeof(payment_movement_t));
    strcpy(wanted.name, name);
    wanted.in = in;

    return bsearch(&wanted, bill->movements, bill->count,
                   sizeof(payment_movement_t), by_name);
}
