/*
 * log.h - one line to stderr, with the time and the pid: the only output.
 *
 * Whole lines of one write each, for several processes share it.  No line has
 * anything of a picture, and nothing that a caller chose.
 */

#ifndef MEDIA_LOG_H
#define MEDIA_LOG_H

void media_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
