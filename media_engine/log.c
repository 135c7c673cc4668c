/*
 * log.c - see log.h.
 *
 * The time is UTC: a worker cannot open the files of time zones.
 */

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE  512


void
media_log(const char *format, ...)
{
    int        len, more;
    char       line[LOG_LINE];
    time_t     now = time(NULL);
    va_list    args;
    struct tm  tm;

    (void) gmtime_r(&now, &tm);
    len = (int) strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ", &tm);
    len += snprintf(line + len, sizeof(line) - (size_t) len,
                    " civic-media[%d]: ", (int) getpid());

    va_start(args, format);
    more = vsnprintf(line + len, sizeof(line) - (size_t) len, format, args);
    va_end(args);

    if (more < 0) {
        return;
    }

    len += more;

    if (len > LOG_LINE - 1) {
        len = LOG_LINE - 1;
    }

    line[len++] = '\n';

    if (write(STDERR_FILENO, line, (size_t) len) < 0) {
        return;                         /* there is nobody to tell */
    }
}
