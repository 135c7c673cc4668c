/*
 * notify.h - tells systemd, if it started us (sd_notify(3), "Type=notify").
 */

#ifndef MEDIA_NOTIFY_H
#define MEDIA_NOTIFY_H

/* "READY=1", "STOPPING=1": nobody there, nothing done. */
void media_notify(const char *state);

#endif
