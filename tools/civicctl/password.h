/*
 * password.h - passwords that an operator gives to people, and what is sealed
 * for them.  Shared by the commands for citizens and for staff.
 */

#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include "ctl.h"

#define CTL_PASSWORD_CHARS  128             /* code points at most */
#define CTL_PASSWORD_ROOM   (CTL_PASSWORD_CHARS * 4 + 2)

/* Each complains, and returns 0 or -1.  password has CTL_PASSWORD_ROOM
   bytes. */

int ctl_password_generate(ctl_t *ctl, char *password);

/* One line of standard input; its end does not count. */
int ctl_password_read(ctl_t *ctl, char *password);

/* Whether it has 1 to 128 characters. */
int ctl_password_check(ctl_t *ctl, const char *password);

/* Its argon2id hash; encoded has CIVIC_ARGON2_TEXT bytes. */
int ctl_password_hash(ctl_t *ctl, const char *password, char *encoded);

/* plain sealed for a pid, into out, which has room for CIVIC_SEAL_OVERHEAD
   more. */
int ctl_seal(ctl_t *ctl, civic_purpose_t *purpose, const char *pid,
    civic_str_t plain, unsigned char *out, civic_str_t *sealed);

/* The real time. */
civic_msec_t ctl_now(void);

#endif
