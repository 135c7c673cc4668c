/*
 * staff_record.h - what Redis holds of a staff account.
 *
 * The account is somebody with a pid of the text "staff:<name>", which no
 * citizen can have.  The hash "civic:{p:<pid>}:staff":
 *
 *   name             sealed (purpose "staff", context the pid)
 *   roles            "reviewer,office": scripts read it
 *   password         sealed (purpose "password", context the pid)
 *   password_set_at  ms since 1970, decimal
 *   initial          "1" while somebody else knows the password
 *   totp             sealed (purpose "staff", context the pid): the secret's
 *                    bytes; absent until a code proved it
 *   totp_pending     the same, of one that no code has proved yet
 *   step             the last time step whose code was used
 *   disabled         "1"
 *   version          rises with every change of the above but step
 *   creation         what made it, so that a repeat is told from another
 *   created_at, last_login_at
 *
 * Guesses and devices are in "civic:{p:<pid>}:staff_guesses".  Across people
 * there are, in a slot of their own, CIVIC_STAFF_ACCOUNTS (sorted: pid by
 * created_at; may have a pid too many, never one too few) and
 * CIVIC_STAFF_ADMINISTRATORS (a set: the pids that count when the last
 * administrator is to be kept).
 *
 * The staff plugin and civicctl share this file.  Pure functions, for any
 * thread.
 */

#ifndef CIVIC_KIT_STAFF_RECORD_H
#define CIVIC_KIT_STAFF_RECORD_H

#include <stddef.h>

#define CIVIC_STAFF_FAMILY          "staff"
#define CIVIC_STAFF_GUESSES         "staff_guesses"
#define CIVIC_STAFF_PURPOSE         "staff"
#define CIVIC_STAFF_ACCOUNTS        "civic:{staff}:accounts"
#define CIVIC_STAFF_ADMINISTRATORS  "civic:{staff}:administrators"

#define CIVIC_STAFF_NAME_MIN        2
#define CIVIC_STAFF_NAME_MAX        32
#define CIVIC_STAFF_PREFIX          "staff:"
#define CIVIC_STAFF_CANONICAL                                                 \
    (sizeof(CIVIC_STAFF_PREFIX) + CIVIC_STAFF_NAME_MAX)

/*
 * An account's name as people type it (full-width letters too) becomes
 * "staff:<name>" of a-z 0-9 . _ -, which begins with a letter or a digit.
 * The length of it, or -1.  The name itself begins at
 * out + sizeof(CIVIC_STAFF_PREFIX) - 1.
 */
int civic_staff_canonical(const char *name, size_t len,
    char out[CIVIC_STAFF_CANONICAL]);

#endif
