/*
 * alipay_parameters.c - the names and values of a request or notification:
 * sorted for signing, encoded for transport, read from a form.
 *
 * Names are unique and have no character that means something in the signed
 * text, so that what was signed can be read in one way only where we write.
 */

#include <stdlib.h>
#include <string.h>

#include "alipay_private.h"

#define FIRST_ITEMS  16


static int
is_name(const char *name, size_t len)
{
    char    c;
    size_t  i;

    for (i = 0; i < len; i++) {
        c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
        {
            return 0;
        }
    }

    return len > 0 && len <= ALIPAY_NAME;
}


static const alipay_parameter_t *
find(const alipay_parameters_t *parameters, const char *name)
{
    size_t  i;

    for (i = 0; i < parameters->count; i++) {
        if (strcmp(parameters->items[i].name, name) == 0) {
            return &parameters->items[i];
        }
    }

    return NULL;
}


const char *
alipay_parameters_get(const alipay_parameters_t *parameters, const char *name)
{
    const alipay_parameter_t  *item = find(parameters, name);

    return item == NULL ? NULL : item->value;
}


static int
grow(alipay_parameters_t *parameters)
{
    size_t               size;
    alipay_parameter_t  *items;

    if (parameters->count < parameters->size) {
        return 0;
    }

    size = parameters->size == 0 ? FIRST_ITEMS : parameters->size * 2;
    items = realloc(parameters->items, size * sizeof(*items));
    if (items == NULL) {
        return -1;
    }

    parameters->items = items;
    parameters->size = size;

    return 0;
}


int
alipay_parameters_add(alipay_parameters_t *parameters, const char *name,
    const char *value, size_t value_len)
{
    alipay_parameter_t  *item;

    if (!is_name(name, strlen(name)) || find(parameters, name) != NULL
        || parameters->count == ALIPAY_PARAMETERS
        || memchr(value, '\0', value_len) != NULL || grow(parameters) != 0)
    {
        return -1;
    }

    item = &parameters->items[parameters->count];
    item->name = alipay_copy(name, strlen(name));
    item->value = alipay_copy(value, value_len);
    item->value_len = value_len;

    if (item->name == NULL || item->value == NULL) {
        free(item->name);
        free(item->value);
        return -1;
    }

    parameters->count++;

    return 0;
}


void
alipay_parameters_free(alipay_parameters_t *parameters)
{
    size_t  i;

    for (i = 0; i < parameters->count; i++) {
        free(parameters->items[i].name);
        alipay_wipe(parameters->items[i].value,
                    parameters->items[i].value_len);
    }

    free(parameters->items);
    memset(parameters, 0, sizeof(*parameters));
}


/* ---- writing ----------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
    const alipay_parameter_t *const  *one = a, *const  *other = b;

    return strcmp((*one)->name, (*other)->name);
}


static int
is_signed(const alipay_parameter_t *item, unsigned flags)
{
    if (strcmp(item->name, "sign") == 0) {
        return 0;
    }

    if (strcmp(item->name, "sign_type") == 0) {
        return (flags & ALIPAY_SIGNED_SIGN_TYPE) != 0;
    }

    if (strcmp(item->name, "alipay_cert_sn") == 0
        && !(flags & ALIPAY_SIGNED_CERT_SN))
    {
        return 0;
    }

    return item->value_len > 0 || (flags & ALIPAY_SIGNED_EMPTY) != 0;
}


int
alipay_parameters_text(const alipay_parameters_t *parameters, unsigned flags,
    alipay_text_t *out)
{
    size_t                     i, count = 0;
    const alipay_parameter_t  *sorted[ALIPAY_PARAMETERS] = { NULL };

    for (i = 0; i < parameters->count; i++) {
        if (is_signed(&parameters->items[i], flags)) {
            sorted[count++] = &parameters->items[i];
        }
    }

    qsort(sorted, count, sizeof(sorted[0]), by_name);
    alipay_puts(out, "");

    for (i = 0; i < count; i++) {
        alipay_puts(out, i == 0 ? "" : "&");
        alipay_puts(out, sorted[i]->name);
        alipay_puts(out, "=");
        alipay_put(out, sorted[i]->value, sorted[i]->value_len);
    }

    return alipay_text_finish(out);
}


int
alipay_parameters_form(const alipay_parameters_t *parameters,
    alipay_text_t *out)
{
    size_t  i;

    alipay_puts(out, "");

    for (i = 0; i < parameters->count; i++) {
        alipay_puts(out, i == 0 ? "" : "&");
        alipay_puts(out, parameters->items[i].name);
        alipay_puts(out, "=");
        alipay_put_encoded(out, parameters->items[i].value,
                           parameters->items[i].value_len);
    }

    return alipay_text_finish(out);
}


/* ---- reading ----------------------------------------------------------- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}


/* Decodes once; out has room for text.  The length, or -1. */
static int64_t
decode(alipay_span_t text, char *out)
{
    int     high, low;
    size_t  i, used = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '+') {
            out[used++] = ' ';
            continue;
        }

        if (text.data[i] != '%') {
            out[used++] = text.data[i];
            continue;
        }

        if (text.len - i < 3) {
            return -1;
        }

        high = hex_digit(text.data[i + 1]);
        low = hex_digit(text.data[i + 2]);

        if (high < 0 || low < 0) {
            return -1;
        }

        out[used++] = (char) (high << 4 | low);
        i += 2;
    }

    return (int64_t) used;
}


/* Names are never sent encoded, since none has a character that needs it. */
static int
add_pair(alipay_span_t pair, alipay_parameters_t *parameters, char *scratch,
    alipay_failure_t *failure)
{
    char         name[ALIPAY_NAME + 1];
    size_t       name_len;
    int64_t      len;
    const char  *equals = memchr(pair.data, '=', pair.len);

    name_len = equals == NULL ? pair.len : (size_t) (equals - pair.data);

    if (!is_name(pair.data, name_len)) {
        return alipay_fail(failure, "the name of parameter %zu is none",
                           parameters->count + 1);
    }

    memcpy(name, pair.data, name_len);
    name[name_len] = '\0';

    if (find(parameters, name) != NULL) {
        return alipay_fail(failure, "parameter \"%s\" stands twice", name);
    }

    pair.data += name_len + (equals != NULL);
    pair.len -= name_len + (equals != NULL);
    len = decode(pair, scratch);

    if (len < 0) {
        return alipay_fail(failure, "parameter \"%s\" has a broken escape",
                           name);
    }

    if (memchr(scratch, '\0', (size_t) len) != NULL) {
        return alipay_fail(failure, "parameter \"%s\" has a NUL", name);
    }

    if (alipay_parameters_add(parameters, name, scratch, (size_t) len) != 0) {
        return alipay_fail(failure, "more than %d parameters",
                           ALIPAY_PARAMETERS);
    }

    return 0;
}


int
alipay_form_parse(const char *form, size_t len,
    alipay_parameters_t *parameters, alipay_failure_t *failure)
{
    int             rc = 0;
    char           *scratch;
    const char     *end;
    alipay_span_t   pair, rest = { form, len };

    if (len > ALIPAY_REQUEST_MAX) {
        return alipay_fail(failure, "a form of %zu bytes", len);
    }

    scratch = malloc(len + 1);
    if (scratch == NULL) {
        return alipay_fail(failure, "no memory");
    }

    while (rest.len > 0 && rc == 0) {
        end = memchr(rest.data, '&', rest.len);
        pair.data = rest.data;
        pair.len = end == NULL ? rest.len : (size_t) (end - rest.data);
        rest.data += pair.len + (end != NULL);
        rest.len -= pair.len + (end != NULL);

        if (pair.len > 0) {
            rc = add_pair(pair, parameters, scratch, failure);
        }
    }

    alipay_wipe(scratch, len + 1);

    return rc;
}
