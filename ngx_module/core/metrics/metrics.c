/*
 * metrics.c - Prometheus' text format (version 0.0.4), and histograms.
 *
 * The text lives in the caller's arena, for the request that asked for it.
 * A text that lost a line would look like a counter that went back, so
 * running out of memory empties it.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics.h"

#define CIVIC_METRICS_FIRST    8192
#define CIVIC_METRICS_NUMBER   40
#define CIVIC_METRICS_SECOND   UINT64_C(1000000)

/* The bound of each bucket but the last, and its name in seconds. */
static const struct {
    uint64_t     us;
    const char  *le;
} civic_histogram_bounds[] = {
    { 100, "0.0001" },    { 250, "0.00025" },   { 500, "0.0005" },
    { 1000, "0.001" },    { 2500, "0.0025" },   { 5000, "0.005" },
    { 10000, "0.01" },    { 25000, "0.025" },   { 50000, "0.05" },
    { 100000, "0.1" },    { 250000, "0.25" },   { 500000, "0.5" },
    { 1000000, "1" },     { 2500000, "2.5" },   { 5000000, "5" },
    { 10000000, "10" }
};

_Static_assert(sizeof(civic_histogram_bounds)
               / sizeof(civic_histogram_bounds[0])
               == CIVIC_HISTOGRAM_BUCKETS - 1,
               "each bucket but +Inf has a bound");


void
civic_histogram_add(civic_histogram_t *histogram, uint64_t us)
{
    size_t  i;

    for (i = 0; i < CIVIC_HISTOGRAM_BUCKETS - 1; i++) {
        if (us <= civic_histogram_bounds[i].us) {
            break;
        }
    }

    histogram->buckets[i]++;
    histogram->sum_us += us;
    histogram->count++;
}


/* ---- the text ---------------------------------------------------------- */

void
civic_metrics_init(civic_metrics_t *m, civic_arena_t *arena)
{
    m->arena = arena;
    m->data = NULL;
    m->len = 0;
    m->size = 0;
}


/* Room for more bytes and a NUL; 0 when the text is lost. */
static int
civic_metrics_reserve(civic_metrics_t *m, size_t more)
{
    char    *data;
    size_t   size;

    if (m->arena == NULL) {
        return 0;
    }

    if (more < m->size - m->len) {
        return 1;
    }

    size = m->size == 0 ? CIVIC_METRICS_FIRST : m->size * 2;

    if (size - m->len <= more) {
        size = m->len + more + 1;
    }

    data = civic_arena_alloc(m->arena, size);
    if (data == NULL) {
        civic_metrics_init(m, NULL);
        return 0;
    }

    if (m->len != 0) {
        memcpy(data, m->data, m->len);
    }

    m->data = data;
    m->size = size;

    return 1;
}


static void
civic_metrics_put(civic_metrics_t *m, const char *text)
{
    size_t  len = strlen(text);

    if (!civic_metrics_reserve(m, len)) {
        return;
    }

    memcpy(m->data + m->len, text, len + 1);
    m->len += len;
}


static void
civic_metrics_put_char(civic_metrics_t *m, char c)
{
    char  text[2] = { c, '\0' };

    civic_metrics_put(m, text);
}


/* A help text escapes less than a label value does: quotes stay. */
static void
civic_metrics_put_help(civic_metrics_t *m, const char *help)
{
    for ( /* void */ ; *help != '\0'; help++) {
        if (*help == '\\') {
            civic_metrics_put(m, "\\\\");

        } else if (*help == '\n') {
            civic_metrics_put(m, "\\n");

        } else {
            civic_metrics_put_char(m, *help);
        }
    }
}


/* "name_suffix{labels,le="x"} number". */
static void
civic_metrics_sample(civic_metrics_t *m, const char *name, const char *suffix,
    const char *labels, const char *le, const char *number)
{
    int  some = labels != NULL && labels[0] != '\0';

    civic_metrics_put(m, name);
    civic_metrics_put(m, suffix);

    if (some || le != NULL) {
        civic_metrics_put(m, "{");
        civic_metrics_put(m, some ? labels : "");

        if (le != NULL) {
            civic_metrics_put(m, some ? ",le=\"" : "le=\"");
            civic_metrics_put(m, le);
            civic_metrics_put(m, "\"");
        }

        civic_metrics_put(m, "}");
    }

    civic_metrics_put(m, " ");
    civic_metrics_put(m, number);
    civic_metrics_put(m, "\n");
}


void
civic_metrics_family(civic_metrics_t *m, const char *name, const char *type,
    const char *help)
{
    civic_metrics_put(m, "# HELP ");
    civic_metrics_put(m, name);
    civic_metrics_put(m, " ");
    civic_metrics_put_help(m, help);
    civic_metrics_put(m, "\n# TYPE ");
    civic_metrics_put(m, name);
    civic_metrics_put(m, " ");
    civic_metrics_put(m, type);
    civic_metrics_put(m, "\n");
}


/* The shortest of two forms that reads back the same; a point whatever the
   locale says. */
static void
civic_metrics_number(double value, char *out)
{
    char  *comma;

    if (isnan(value)) {
        memcpy(out, "NaN", sizeof("NaN"));
        return;
    }

    if (isinf(value)) {
        memcpy(out, value > 0 ? "+Inf" : "-Inf", sizeof("+Inf"));
        return;
    }

    snprintf(out, CIVIC_METRICS_NUMBER, "%.15g", value);

    if (strtod(out, NULL) < value || strtod(out, NULL) > value) {
        snprintf(out, CIVIC_METRICS_NUMBER, "%.17g", value);
    }

    comma = strchr(out, ',');

    if (comma != NULL) {
        *comma = '.';
    }
}


void
civic_metrics_value(civic_metrics_t *m, const char *name, const char *labels,
    double value)
{
    char  number[CIVIC_METRICS_NUMBER];

    civic_metrics_number(value, number);
    civic_metrics_sample(m, name, "", labels, NULL, number);
}


void
civic_metrics_count(civic_metrics_t *m, const char *name, const char *labels,
    uint64_t value)
{
    char  number[CIVIC_METRICS_NUMBER];

    snprintf(number, sizeof(number), "%" PRIu64, value);
    civic_metrics_sample(m, name, "", labels, NULL, number);
}


/* Another worker may be adding: _count is the sum of the buckets as they
   were read, for Prometheus wants it equal to the bucket of +Inf. */
void
civic_metrics_histogram(civic_metrics_t *m, const char *name,
    const char *labels, const civic_histogram_t *histogram)
{
    char      number[CIVIC_METRICS_NUMBER];
    size_t    i;
    uint64_t  added, total = 0, sum = histogram->sum_us;

    (void) strcpy(number, "0");

    for (i = 0; i < CIVIC_HISTOGRAM_BUCKETS; i++) {
        added = histogram->buckets[i];

        /* most are empty, and thousands of them are written in one turn */
        if (added != 0) {
            total += added;
            snprintf(number, sizeof(number), "%" PRIu64, total);
        }

        civic_metrics_sample(m, name, "_bucket", labels,
                             i == CIVIC_HISTOGRAM_BUCKETS - 1
                             ? "+Inf" : civic_histogram_bounds[i].le,
                             number);
    }

    civic_metrics_sample(m, name, "_count", labels, NULL, number);

    snprintf(number, sizeof(number), "%" PRIu64 ".%06" PRIu64,
             sum / CIVIC_METRICS_SECOND, sum % CIVIC_METRICS_SECOND);
    civic_metrics_sample(m, name, "_sum", labels, NULL, number);
}


/* ---- label values ------------------------------------------------------ */

static const char *
civic_metrics_escaped(char c)
{
    switch (c) {
    case '\\':
        return "\\\\";
    case '"':
        return "\\\"";
    case '\n':
        return "\\n";
    default:
        return NULL;
    }
}


/* Bytes of the character that begins here; a stray byte is one. */
static size_t
civic_metrics_character(const char *text)
{
    size_t         n, len;
    unsigned char  lead = (unsigned char) *text;

    len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

    for (n = 1; n < len; n++) {
        if (((unsigned char) text[n] & 0xc0) != 0x80) {
            return 1;
        }
    }

    return len;
}


/* What does not fit is cut off before an escape or a character, not in it. */
void
civic_metrics_escape(const char *value, char *out, size_t size)
{
    size_t       n, len = 0;
    const char  *text;

    if (size == 0) {
        return;
    }

    for ( /* void */ ; *value != '\0'; value += n) {
        n = civic_metrics_character(value);
        text = civic_metrics_escaped(*value);

        if (len + (text != NULL ? strlen(text) : n) >= size) {
            break;
        }

        if (text != NULL) {
            memcpy(out + len, text, strlen(text));
            len += strlen(text);

        } else {
            memcpy(out + len, value, n);
            len += n;
        }
    }

    out[len] = '\0';
}
