/*
 * options.c - see options.h.
 */

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "fonts.h"
#include "options.h"

#define OPTIONS_NAME  "civic-media: "

enum {
    OPTION_HELP = 'h',
    OPTION_SOCKET = 256,
    OPTION_GROUP,
    OPTION_MODE,
    OPTION_USER,
    OPTION_MODELS,
    OPTION_FONTS,
    OPTION_NUMBER                       /* and those after it */
};

typedef struct {
    const char  *name;
    size_t       at;                    /* an unsigned of options_t */
    unsigned     least;
    unsigned     most;
    unsigned     is;                    /* when nobody says it; 0: the cores */
    const char  *help;
} options_number_t;

#define AT(field)  offsetof(options_t, field)

static const options_number_t  numbers[] = {
    { "workers", AT(workers), 1, 256, 0,
      "how many; default: one a core" },
    { "requests", AT(requests), 1, 1000000, 1000,
      "of one worker, then a fresh one takes its place; default 1000" },
    { "memory", AT(memory), 64, 65536, 512,
      "MB that one request may take; default 512" },
    { "time", AT(time), 100, 600000, 10000,
      "ms to answer in, else the worker is ended; default 10000" },
    { "client-time", AT(client_time), 100, 600000, 5000,
      "ms to send a request in, and to read its answer in; default 5000" },
    { "max-side", AT(side), 1, 65535, 8192,
      "pixels of a picture's side; default 8192" },
    { "max-pixels", AT(megapixels), 1, 5000, 25,
      "millions of a picture's pixels; default 25" },
    { "max-scans", AT(scans), 1, 100000, 32,
      "scans of a progressive picture; default 32" },
};

#define NUMBERS  (sizeof(numbers) / sizeof(numbers[0]))


static options_status_t wrong(FILE *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


static options_status_t
wrong(FILE *err, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) fputs(OPTIONS_NAME, err);
    (void) vfprintf(err, format, args);
    (void) fputc('\n', err);
    va_end(args);

    return OPTIONS_WRONG;
}


static options_status_t
help(FILE *out)
{
    size_t  i;

    (void) fputs(
        "usage: civic-media --socket PATH [option ...]\n\n"
        "Decodes, measures and changes photos for those who can open the\n"
        "socket; see docs/media-engine.md.  Logs to stderr, runs until\n"
        "SIGTERM; SIGHUP gives all workers' places to fresh ones.\n\n"
        "  --socket PATH       where it listens\n"
        "  --group NAME        of the socket, so that nginx may open it\n"
        "  --mode OCTAL        of the socket; default 0660\n"
        "  --user NAME         whom workers are to be; root must say it\n"
        "  --models FOLDER     the face models; without: no faces\n"
        "  --fonts FILE:...    of documents, the preferred one first;\n"
        "                      default: Debian's, those that are there\n",
        out);

    for (i = 0; i < NUMBERS; i++) {
        (void) fprintf(out, "  --%-12s N    %s\n", numbers[i].name,
                       numbers[i].help);
    }

    return OPTIONS_DONE;
}


static unsigned *
number_of(options_t *options, const options_number_t *number)
{
    return (unsigned *) (void *) ((char *) options + number->at);
}


static options_status_t
read_number(options_t *options, const options_number_t *number,
    const char *text, FILE *err)
{
    char           *end;
    unsigned long   value;

    errno = 0;
    value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0
        || value < number->least || value > number->most)
    {
        return wrong(err, "--%s is a number from %u to %u, not \"%s\"",
                     number->name, number->least, number->most, text);
    }

    *number_of(options, number) = (unsigned) value;

    return OPTIONS_RUN;
}


static options_status_t
read_mode(options_t *options, const char *text, FILE *err)
{
    char           *end;
    unsigned long   value = strtoul(text, &end, 8);

    if (text[0] < '0' || text[0] > '7' || *end != '\0' || value > 0777) {
        return wrong(err, "--mode is octal, 0 to 0777, not \"%s\"", text);
    }

    options->mode = (mode_t) value;

    return OPTIONS_RUN;
}


static options_status_t
read_socket(options_t *options, const char *path, FILE *err)
{
    struct sockaddr_un  address;

    if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path)) {
        return wrong(err, "--socket is a whole path, of %zu bytes at most, "
                     "not \"%s\"", sizeof(address.sun_path) - 1, path);
    }

    options->socket = path;

    return OPTIONS_RUN;
}


static options_status_t
read_group(options_t *options, const char *name, FILE *err)
{
    struct group  *group = getgrnam(name);

    if (group == NULL) {
        return wrong(err, "--group: there is no group \"%s\"", name);
    }

    options->group = group->gr_gid;

    return OPTIONS_RUN;
}


static options_status_t
read_user(options_t *options, const char *name, FILE *err)
{
    struct passwd  *user = getpwnam(name);

    if (user == NULL) {
        return wrong(err, "--user: there is no user \"%s\"", name);
    }

    if (user->pw_uid == 0) {
        return wrong(err, "--user: workers are not to be root");
    }

    if (geteuid() != 0 && user->pw_uid != geteuid()) {
        return wrong(err, "--user: only root can make workers \"%s\"", name);
    }

    options->user = user->pw_uid;
    options->user_group = user->pw_gid;

    return OPTIONS_RUN;
}


static options_status_t
read_option(options_t *options, int option, char *value, FILE *out, FILE *err)
{
    switch (option) {

    case OPTION_HELP:
        return help(out);

    case OPTION_SOCKET:
        return read_socket(options, value, err);

    case OPTION_GROUP:
        return read_group(options, value, err);

    case OPTION_MODE:
        return read_mode(options, value, err);

    case OPTION_USER:
        return read_user(options, value, err);

    case OPTION_MODELS:
        options->models = value;
        return OPTIONS_RUN;

    case OPTION_FONTS:
        options->fonts = value;
        return OPTIONS_RUN;

    default:
        return read_number(options, &numbers[option - OPTION_NUMBER], value,
                           err);
    }
}


static options_status_t
refuse_option(int argc, char **argv, FILE *err)
{
    const char  *word = optind > 0 && optind <= argc ? argv[optind - 1] : "?";

    return wrong(err, "\"%s\" is no option, or lacks its value, or has one "
                 "too many; --help tells them", word);
}


static void
options_list(struct option list[])
{
    size_t                      i, count = 0;
    static const struct option  words[] = {
        { "help", no_argument, NULL, OPTION_HELP },
        { "socket", required_argument, NULL, OPTION_SOCKET },
        { "group", required_argument, NULL, OPTION_GROUP },
        { "mode", required_argument, NULL, OPTION_MODE },
        { "user", required_argument, NULL, OPTION_USER },
        { "models", required_argument, NULL, OPTION_MODELS },
        { "fonts", required_argument, NULL, OPTION_FONTS },
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        list[count++] = words[i];
    }

    for (i = 0; i < NUMBERS; i++) {
        list[count++] = (struct option) { numbers[i].name, required_argument,
                                          NULL, OPTION_NUMBER + (int) i };
    }

    list[count] = (struct option) { NULL, 0, NULL, 0 };
}


static void
options_default(options_t *options)
{
    long    cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t  i;

    *options = (options_t) {
        .mode = 0660, .group = (gid_t) -1, .user = (uid_t) -1,
        .user_group = (gid_t) -1, .fonts = fonts_usual
    };
    options->limits = jpeg_limits;

    for (i = 0; i < NUMBERS; i++) {
        *number_of(options, &numbers[i]) = numbers[i].is;
    }

    options->workers = cores < 1 ? 1 : cores > 256 ? 256 : (unsigned) cores;
}


static void
options_limits(options_t *options)
{
    civic_jpeg_limits_t  *header = &options->limits.header;

    header->width = options->side;
    header->height = options->side;
    header->pixels = (uint64_t) options->megapixels * 1000000;
    header->scans = options->scans;
}


options_status_t
options_parse(options_t *options, int argc, char **argv, FILE *out, FILE *err)
{
    int                option;
    struct option      list[9 + NUMBERS];
    options_status_t   status;

    options_default(options);
    options_list(list);
    opterr = 0;
    optind = 0;

    while ((option = getopt_long(argc, argv, "h", list, NULL)) != -1) {
        if (option == '?') {
            return refuse_option(argc, argv, err);
        }

        status = read_option(options, option, optarg, out, err);

        if (status != OPTIONS_RUN) {
            return status;
        }
    }

    if (optind < argc) {
        return wrong(err, "\"%s\" is no option; --help tells them",
                     argv[optind]);
    }

    if (options->socket == NULL) {
        return wrong(err, "--socket says where to listen; --help tells more");
    }

    if (geteuid() == 0 && options->user == (uid_t) -1) {
        return wrong(err, "--user must say whom workers are to be: started "
                     "as root, they would be root");
    }

    options_limits(options);

    return OPTIONS_RUN;
}
