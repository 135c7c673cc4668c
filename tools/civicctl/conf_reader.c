/*
 * conf_reader.c - a small reader of nginx's configuration language.
 *
 * The grammar is nginx's own: words end at white space,
 * ";" or "{"; a word that begins with a quote ends with it; a backslash keeps
 * the next character from meaning anything; "#" begins a comment where a
 * word could begin; "${" inside a word does not open a block.  The text of a
 * "..._by_lua_block" is not nginx's language and is skipped.
 */

#define _GNU_SOURCE

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conf_reader.h"

#define CTL_CONF_MAX_FILE   (8 * 1024 * 1024)
#define CTL_CONF_MAX_WORDS  256
#define CTL_LUA_BLOCK       "_by_lua_block"

struct ctl_conf_s {
    ctl_directive_t  *items;
    size_t            count;
    size_t            size;
    char             *folder;
};

/* One file while it is read. */
typedef struct {
    ctl_conf_t       *conf;
    civic_failure_t  *failure;
    const char       *path;
    const char       *p;
    const char       *end;
    unsigned          line;
    unsigned          blocks;           /* open ones of this file */
    unsigned          depth;            /* of blocks outside of it */
    unsigned          nested;           /* includes */
    char             *words[CTL_CONF_MAX_WORDS];
    size_t            count;
} ctl_reader_t;

static int ctl_read_file(ctl_conf_t *conf, const char *path, unsigned depth,
    unsigned nested, civic_failure_t *failure);


__attribute__((format(printf, 2, 3)))
static int
ctl_reader_fail(ctl_reader_t *reader, const char *fmt, ...)
{
    int      used;
    char    *text = reader->failure->text;
    size_t   size = sizeof(reader->failure->text);
    va_list  args;

    used = snprintf(text, size, "%.150s:%u: ", reader->path, reader->line);

    if (used < 0 || (size_t) used >= size) {
        return -1;
    }

    va_start(args, fmt);
    (void) vsnprintf(text + used, size - (size_t) used, fmt, args);
    va_end(args);

    return -1;
}


static void
ctl_reader_forget(ctl_reader_t *reader)
{
    size_t  i;

    for (i = 0; i < reader->count; i++) {
        free(reader->words[i]);
    }

    reader->count = 0;
}


static void
ctl_reader_skip_space(ctl_reader_t *reader)
{
    while (reader->p < reader->end) {
        if (*reader->p == '\n') {
            reader->line++;

        } else if (*reader->p == '#') {
            while (reader->p < reader->end && *reader->p != '\n') {
                reader->p++;
            }

            continue;

        } else if (!isspace((unsigned char) *reader->p)) {
            return;
        }

        reader->p++;
    }
}


/* What "\x" stands for: nginx knows t, r, n; other pairs stay as they are
   unless the second one is a quote, a space or a backslash. */
static char *
ctl_reader_escape(char *out, char c)
{
    switch (c) {
    case 't':
        *out++ = '\t';
        break;
    case 'r':
        *out++ = '\r';
        break;
    case 'n':
        *out++ = '\n';
        break;
    case '"':
    case '\'':
    case '\\':
        *out++ = c;
        break;
    default:
        *out++ = '\\';
        *out++ = c;
    }

    return out;
}


static int
ctl_reader_ends_word(const char *p, const char *start)
{
    if (isspace((unsigned char) *p) || *p == ';') {
        return 1;
    }

    return *p == '{' && (p == start || p[-1] != '$');
}


/* One word, which p stands at the beginning of; malloc'ed, or NULL. */
static char *
ctl_reader_word(ctl_reader_t *reader)
{
    char         quote = '\0', *word, *out;
    const char  *start;

    word = malloc((size_t) (reader->end - reader->p) + 1);

    if (word == NULL) {
        (void) ctl_reader_fail(reader, "no memory");
        return NULL;
    }

    out = word;

    if (*reader->p == '"' || *reader->p == '\'') {
        quote = *reader->p++;
    }

    for (start = reader->p; reader->p < reader->end; reader->p++) {
        if (quote != '\0' ? *reader->p == quote
                          : ctl_reader_ends_word(reader->p, start))
        {
            break;
        }

        if (*reader->p == '\n') {
            reader->line++;
        }

        if (*reader->p == '\\' && reader->p + 1 < reader->end) {
            out = ctl_reader_escape(out, *++reader->p);
        } else {
            *out++ = *reader->p;
        }
    }

    if (quote != '\0') {
        if (reader->p == reader->end) {
            (void) ctl_reader_fail(reader, "a quote is not closed");
            free(word);
            return NULL;
        }

        reader->p++;
    }

    *out = '\0';

    return word;
}


static int
ctl_reader_grow(ctl_conf_t *conf)
{
    size_t            size;
    ctl_directive_t  *items;

    if (conf->count < conf->size) {
        return 0;
    }

    size = conf->size == 0 ? 64 : conf->size * 2;
    items = realloc(conf->items, size * sizeof(*items));

    if (items == NULL) {
        return -1;
    }

    conf->items = items;
    conf->size = size;

    return 0;
}


/* The words become a directive. */
static int
ctl_reader_keep(ctl_reader_t *reader)
{
    size_t            i;
    ctl_conf_t       *conf = reader->conf;
    ctl_directive_t  *directive;

    if (ctl_reader_grow(conf) != 0) {
        return ctl_reader_fail(reader, "no memory");
    }

    directive = &conf->items[conf->count];
    memset(directive, 0, sizeof(*directive));
    directive->file = strdup(reader->path);
    directive->words = calloc(reader->count, sizeof(char *));

    if (directive->file == NULL || directive->words == NULL) {
        free(directive->file);
        free(directive->words);
        return ctl_reader_fail(reader, "no memory");
    }

    conf->count++;
    directive->line = reader->line;
    directive->depth = reader->depth + reader->blocks;
    directive->name = reader->words[0];
    directive->count = reader->count - 1;

    for (i = 1; i < reader->count; i++) {
        directive->words[i - 1] = reader->words[i];
    }

    reader->count = 0;

    return 0;
}


static int
ctl_reader_include_all(ctl_reader_t *reader, const char *pattern)
{
    int     rc = 0;
    size_t  i;
    glob_t  found;

    switch (glob(pattern, 0, NULL, &found)) {
    case 0:
        break;
    case GLOB_NOMATCH:
        return 0;
    default:
        return ctl_reader_fail(reader, "cannot look for \"%s\"", pattern);
    }

    for (i = 0; i < found.gl_pathc && rc == 0; i++) {
        rc = ctl_read_file(reader->conf, found.gl_pathv[i],
                           reader->depth + reader->blocks,
                           reader->nested + 1, reader->failure);
    }

    globfree(&found);

    return rc;
}


static int
ctl_reader_include(ctl_reader_t *reader, const char *name)
{
    int    rc;
    char  *path;

    if (reader->nested + 1 == CTL_CONF_DEPTH) {
        return ctl_reader_fail(reader, "over %d includes within each other",
                               CTL_CONF_DEPTH);
    }

    if (name[0] == '/') {
        path = strdup(name);

    } else if (asprintf(&path, "%s/%s", reader->conf->folder, name) < 0) {
        path = NULL;
    }

    if (path == NULL) {
        return ctl_reader_fail(reader, "no memory");
    }

    if (strpbrk(path, "*?[") != NULL) {
        rc = ctl_reader_include_all(reader, path);
    } else {
        rc = ctl_read_file(reader->conf, path,
                           reader->depth + reader->blocks,
                           reader->nested + 1, reader->failure);
    }

    free(path);

    return rc;
}


/* ";" ended the words. */
static int
ctl_reader_simple(ctl_reader_t *reader)
{
    int  rc;

    if (reader->count == 0) {
        return ctl_reader_fail(reader, "unexpected \";\"");
    }

    if (reader->count == 2 && strcmp(reader->words[0], "include") == 0) {
        rc = ctl_reader_include(reader, reader->words[1]);
        ctl_reader_forget(reader);
        return rc;
    }

    return ctl_reader_keep(reader);
}


/* A quoted text of Lua, from its quote to behind the closing one. */
static void
ctl_reader_skip_quoted(ctl_reader_t *reader)
{
    char  quote = *reader->p++;

    while (reader->p < reader->end && *reader->p != quote
           && *reader->p != '\n')
    {
        reader->p += *reader->p == '\\' && reader->p + 1 < reader->end ? 2 : 1;
    }
}


/* From behind the opening brace to behind the closing one. */
static int
ctl_reader_skip_lua(ctl_reader_t *reader)
{
    unsigned  open = 1;

    for (; reader->p < reader->end; reader->p++) {
        if (*reader->p == '"' || *reader->p == '\'') {
            ctl_reader_skip_quoted(reader);

        } else if (reader->end - reader->p > 1
                   && reader->p[0] == '-' && reader->p[1] == '-')
        {
            while (reader->p < reader->end && *reader->p != '\n') {
                reader->p++;
            }
        }

        if (reader->p >= reader->end) {
            break;
        }

        if (*reader->p == '\n') {
            reader->line++;

        } else if (*reader->p == '{') {
            open++;

        } else if (*reader->p == '}' && --open == 0) {
            reader->p++;
            return 0;
        }
    }

    return ctl_reader_fail(reader, "a block of Lua is not closed");
}


static int
ctl_reader_is_lua(const char *name)
{
    size_t  len = strlen(name), end = sizeof(CTL_LUA_BLOCK) - 1;

    return len > end && strcmp(name + len - end, CTL_LUA_BLOCK) == 0;
}


/* "{" ended the words. */
static int
ctl_reader_open(ctl_reader_t *reader)
{
    int  lua;

    if (reader->count == 0) {
        return ctl_reader_fail(reader, "unexpected \"{\"");
    }

    lua = ctl_reader_is_lua(reader->words[0]);

    if (ctl_reader_keep(reader) != 0) {
        return -1;
    }

    if (lua) {
        return ctl_reader_skip_lua(reader);
    }

    reader->blocks++;

    return 0;
}


static int
ctl_reader_close(ctl_reader_t *reader)
{
    if (reader->count != 0 || reader->blocks == 0) {
        return ctl_reader_fail(reader, "unexpected \"}\"");
    }

    reader->blocks--;

    return 0;
}


static int
ctl_reader_next(ctl_reader_t *reader)
{
    char  *word;

    switch (*reader->p) {
    case ';':
        reader->p++;
        return ctl_reader_simple(reader);
    case '{':
        reader->p++;
        return ctl_reader_open(reader);
    case '}':
        reader->p++;
        return ctl_reader_close(reader);
    }

    if (reader->count == CTL_CONF_MAX_WORDS) {
        return ctl_reader_fail(reader, "over %d words; is a \";\" missing?",
                               CTL_CONF_MAX_WORDS);
    }

    word = ctl_reader_word(reader);

    if (word == NULL) {
        return -1;
    }

    reader->words[reader->count++] = word;

    return 0;
}


static int
ctl_reader_all(ctl_reader_t *reader)
{
    for ( ;; ) {
        ctl_reader_skip_space(reader);

        if (reader->p == reader->end) {
            break;
        }

        if (ctl_reader_next(reader) != 0) {
            return -1;
        }
    }

    if (reader->count != 0) {
        return ctl_reader_fail(reader,
                               "the file ends within \"%s\"; is a \";\" "
                               "missing?", reader->words[0]);
    }

    if (reader->blocks != 0) {
        return ctl_reader_fail(reader, "the file ends within a block; is a "
                               "\"}\" missing?");
    }

    return 0;
}


/* All bytes; malloc'ed; NULL with failure. */
static char *
ctl_read_bytes(const char *path, size_t *len, civic_failure_t *failure)
{
    char         *bytes = NULL;
    FILE         *file = fopen(path, "re");
    struct stat   st;

    if (file == NULL || fstat(fileno(file), &st) != 0) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "%.150s: cannot be read: %s", path, strerror(errno));

    } else if (!S_ISREG(st.st_mode) || st.st_size > CTL_CONF_MAX_FILE) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "%.150s: is no regular file, or over %d bytes", path,
                        CTL_CONF_MAX_FILE);

    } else if ((bytes = malloc((size_t) st.st_size + 1)) == NULL) {
        (void) snprintf(failure->text, sizeof(failure->text), "no memory");

    } else {
        *len = fread(bytes, 1, (size_t) st.st_size, file);
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    return bytes;
}


static int
ctl_read_file(ctl_conf_t *conf, const char *path, unsigned depth,
    unsigned nested, civic_failure_t *failure)
{
    int           rc;
    char         *bytes;
    size_t        len;
    ctl_reader_t  reader;

    bytes = ctl_read_bytes(path, &len, failure);

    if (bytes == NULL) {
        return -1;
    }

    memset(&reader, 0, sizeof(reader));
    reader.conf = conf;
    reader.failure = failure;
    reader.path = path;
    reader.p = bytes;
    reader.end = bytes + len;
    reader.line = 1;
    reader.depth = depth;
    reader.nested = nested;

    rc = ctl_reader_all(&reader);
    ctl_reader_forget(&reader);
    free(bytes);

    return rc;
}


static char *
ctl_folder_of(const char *path)
{
    const char  *slash = strrchr(path, '/');

    if (slash == NULL) {
        return strdup(".");
    }

    return strndup(path, slash == path ? 1 : (size_t) (slash - path));
}


ctl_conf_t *
ctl_conf_read(const char *path, civic_failure_t *failure)
{
    ctl_conf_t  *conf = calloc(1, sizeof(*conf));

    if (conf == NULL || (conf->folder = ctl_folder_of(path)) == NULL) {
        (void) snprintf(failure->text, sizeof(failure->text), "no memory");
        ctl_conf_free(conf);
        return NULL;
    }

    if (ctl_read_file(conf, path, 0, 0, failure) != 0) {
        ctl_conf_free(conf);
        return NULL;
    }

    return conf;
}


void
ctl_conf_free(ctl_conf_t *conf)
{
    size_t            i, j;
    ctl_directive_t  *directive;

    if (conf == NULL) {
        return;
    }

    for (i = 0; i < conf->count; i++) {
        directive = &conf->items[i];

        for (j = 0; j < directive->count; j++) {
            free(directive->words[j]);
        }

        free(directive->words);
        free(directive->name);
        free(directive->file);
    }

    free(conf->items);
    free(conf->folder);
    free(conf);
}


const ctl_directive_t *
ctl_conf_next(const ctl_conf_t *conf, const char *name,
    const ctl_directive_t *previous)
{
    size_t  i;

    i = previous == NULL ? 0 : (size_t) (previous - conf->items) + 1;

    for (; i < conf->count; i++) {
        if (name == NULL || strcmp(conf->items[i].name, name) == 0) {
            return &conf->items[i];
        }
    }

    return NULL;
}


const char *
ctl_conf_word(const ctl_conf_t *conf, const char *name, const char *fallback)
{
    const ctl_directive_t  *directive = ctl_conf_next(conf, name, NULL);

    return directive == NULL || directive->count == 0 ? fallback
                                                      : directive->words[0];
}


const char *
ctl_directive_value(const ctl_directive_t *directive, const char *name,
    const char *fallback)
{
    size_t  i, len = strlen(name);

    for (i = 0; i < directive->count; i++) {
        if (strncmp(directive->words[i], name, len) == 0
            && directive->words[i][len] == '=')
        {
            return directive->words[i] + len + 1;
        }
    }

    return fallback;
}


const char *
ctl_conf_folder(const ctl_conf_t *conf)
{
    return conf->folder;
}
