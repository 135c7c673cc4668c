/*
 * plugin_file.c - loads a plugin's shared object.
 *
 * The caller owns what civic_plugin_file_open() returns; the tables live as
 * long as it.  Runs in the master while nginx reads its configuration, in
 * nginx -t and in civicctl, never in a request.
 *
 * Why the path gets a spelling of its own: glibc's loader looks for a loaded
 * object of the same name before it looks at the file.  At a reload the old
 * configuration still holds the old object, so a new file under the old name
 * would quietly keep the old code.  "dir/x.so" is therefore given as
 * "dir" TOKENS "/x.so", where the tokens are the bits of device and inode,
 * "/." for 1 and "/" for 0.  Each of them leads to the same directory, two
 * different files never get the same text, and one file always gets the same
 * (so loading it twice is one object).  An inode is not given to another file
 * while it is mapped, so a text cannot outlive its meaning.  Debuggers can
 * open the file under that name, which /proc/self/fd would not allow.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin_file.h"

#define CIVIC_PLUGIN_SYMBOL  "civic_plugin"
#define CIVIC_PLUGIN_URL     64

/* Two numbers of 64 bits, two characters a bit. */
#define CIVIC_SPELLING_BITS  64
#define CIVIC_SPELLING_LEN   (2 * 2 * CIVIC_SPELLING_BITS)


static char *
civic_spelling_bits(char *p, uint64_t number)
{
    unsigned  i;

    for (i = 0; i < CIVIC_SPELLING_BITS; i++) {
        *p++ = '/';

        if (number >> i & 1) {
            *p++ = '.';
        }
    }

    return p;
}


char *
civic_plugin_file_spelling(const char *path, const struct stat *st)
{
    char        *out, *p;
    size_t       dir_len;
    const char  *name, *dir;

    name = strrchr(path, '/');

    if (name == NULL) {
        /* Without a slash the loader would search its own directories. */
        dir = ".";
        dir_len = 1;
        name = path;

    } else {
        dir = path;
        dir_len = (size_t) (name - path);
        name++;
    }

    out = malloc(dir_len + CIVIC_SPELLING_LEN + 1 + strlen(name) + 1);

    if (out == NULL) {
        return NULL;
    }

    memcpy(out, dir, dir_len);
    p = civic_spelling_bits(out + dir_len, (uint64_t) st->st_dev);
    p = civic_spelling_bits(p, (uint64_t) st->st_ino);
    *p++ = '/';
    memcpy(p, name, strlen(name) + 1);

    return out;
}


void
civic_table_get(const civic_table_t *table, uint32_t i, void *out,
    size_t host_size)
{
    size_t  size = table->size < host_size ? table->size : host_size;

    memcpy(out, (const char *) table->items + (size_t) i * table->size, size);
    memset((char *) out + size, 0, host_size - size);
}


void
civic_plugin_url_name(const civic_plugin_t *plugin, char *out)
{
    size_t  i;

    for (i = 0; plugin->name[i] != '\0' && i < CIVIC_PLUGIN_URL - 1; i++) {
        out[i] = plugin->name[i] == '_' ? '-' : plugin->name[i];
    }

    out[i] = '\0';
}


civic_field_t *
civic_plugin_options(const civic_plugin_t *plugin)
{
    uint32_t        i;
    civic_field_t  *fields;

    fields = calloc((size_t) plugin->options.count + 1, sizeof(*fields));

    if (fields == NULL) {
        return NULL;
    }

    for (i = 0; i < plugin->options.count; i++) {
        civic_table_get(&plugin->options, i, &fields[i], sizeof(*fields));
    }

    return fields;
}


/* The loader's own text, without the spelling that it was given. */
static const char *
civic_plugin_loader_text(const char *spelling)
{
    size_t       len = strlen(spelling);
    const char  *text = dlerror();

    if (text == NULL) {
        return "the loader gives no reason";
    }

    if (strncmp(text, spelling, len) == 0) {
        text += len;

        while (*text == ':' || *text == ' ') {
            text++;
        }
    }

    return text;
}


/* The file under the path is still the one whose stamp was read. */
static int
civic_plugin_same_file(const civic_plugin_file_t *file, const struct stat *st,
    civic_failure_t *failure)
{
    struct stat  now;

    if (stat(file->path, &now) != 0 || now.st_dev != st->st_dev
        || now.st_ino != st->st_ino)
    {
        return civic_failure_set(failure, file->path,
                                 "was replaced while it was loaded; try again");
    }

    return 0;
}


static int
civic_plugin_load(civic_plugin_file_t *file, const struct stat *st,
    civic_failure_t *failure)
{
    char  *spelling = civic_plugin_file_spelling(file->path, st);

    if (spelling == NULL) {
        return civic_failure_set(failure, file->path, "no memory");
    }

    if (civic_plugin_same_file(file, st, failure) != 0) {
        free(spelling);
        return -1;
    }

    file->handle = dlopen(spelling, RTLD_NOW | RTLD_LOCAL);

    if (file->handle == NULL) {
        (void) civic_failure_set(failure, file->path, "cannot be loaded: %s",
                                 civic_plugin_loader_text(spelling));
        free(spelling);
        return -1;
    }

    free(spelling);

    if (civic_plugin_same_file(file, st, failure) != 0) {
        return -1;
    }

    file->plugin = dlsym(file->handle, CIVIC_PLUGIN_SYMBOL);

    if (file->plugin == NULL) {
        return civic_failure_set(failure, file->path,
                    "has a stamp, but exports no symbol \"%s\" (define it "
                    "with CIVIC_PLUGIN)", CIVIC_PLUGIN_SYMBOL);
    }

    return 0;
}


/* fd keeps the inode from being given to another file meanwhile. */
static int
civic_plugin_open_fd(civic_plugin_file_t *file, int fd,
    civic_failure_t *failure)
{
    struct stat      st;
    civic_failure_t  why;

    if (civic_abi_read_fd(fd, file->path, &file->abi, failure) != 0) {
        return -1;
    }

    if (civic_abi_check(&file->abi, &why) != 0) {
        return civic_failure_set(failure, file->path, "%s", why.text);
    }

    if (fstat(fd, &st) != 0) {
        return civic_failure_set(failure, file->path, "cannot be read: %s",
                                 strerror(errno));
    }

    if (civic_plugin_load(file, &st, failure) != 0) {
        return -1;
    }

    if (civic_plugin_check(file->plugin, &why) != 0) {
        return civic_failure_set(failure, file->path, "%s", why.text);
    }

    return 0;
}


civic_plugin_file_t *
civic_plugin_file_open(const char *path, civic_failure_t *failure)
{
    int                   fd, rc;
    civic_plugin_file_t  *file;

    file = calloc(1, sizeof(*file));

    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        (void) civic_failure_set(failure, path, "no memory");
        return NULL;
    }

    /* O_NONBLOCK: a FIFO must not hold nginx -t for ever. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        (void) civic_failure_set(failure, path, "cannot be opened: %s",
                                 strerror(errno));
        civic_plugin_file_close(file);
        return NULL;
    }

    rc = civic_plugin_open_fd(file, fd, failure);
    (void) close(fd);

    if (rc != 0) {
        civic_plugin_file_close(file);
        return NULL;
    }

    return file;
}


void
civic_plugin_file_close(civic_plugin_file_t *file)
{
    if (file == NULL) {
        return;
    }

    if (file->handle != NULL) {
        (void) dlclose(file->handle);
    }

    free(file->path);
    free(file);
}
