/*
 * id_number.h - the numbers that identify a person on a Chinese document.
 *
 * GB 11643-1999: 6 digits of address, 8 of birth, 3 of sequence (odd: male),
 * and a check character by ISO 7064 MOD 11-2.  The residence permits of Hong
 * Kong, Macao and Taiwan residents (81, 82, 83) and the foreign permanent
 * resident's card of 2023 (first digit 9) share the layout.  The old foreign
 * card, 3 letters and 12 digits without a check, is still valid, but only
 * where it is asked for by its own type.
 *
 * A number has one canonical form, or one citizen would get two accounts:
 * 18 ASCII characters, the check character X in upper case.  "x" and
 * full-width characters fold to it.  County codes are not looked up: codes
 * that were abolished stay on living people's cards.
 *
 * Pure functions, for any thread.
 */

#ifndef CIVIC_KIT_ID_NUMBER_H
#define CIVIC_KIT_ID_NUMBER_H

#include "civil_date.h"

#define CIVIC_ID_NUMBER_LEN    18
#define CIVIC_ID_OLD_CARD_LEN  15

/* "6301**********1234" and a NUL. */
#define CIVIC_ID_TEXT          (CIVIC_ID_NUMBER_LEN + 1)

typedef enum {
    CIVIC_ID_RESIDENT = 0,
    CIVIC_ID_HONG_KONG,                 /* residence permit, 81 */
    CIVIC_ID_MACAO,                     /* residence permit, 82 */
    CIVIC_ID_TAIWAN,                    /* residence permit, 83 */
    CIVIC_ID_FOREIGN,                   /* permanent resident, 2023 layout */
    CIVIC_ID_FOREIGN_OLD                /* permanent resident, 15 characters */
} civic_id_kind_t;

typedef enum {
    CIVIC_ID_OK = 0,
    CIVIC_ID_CHARSET,                   /* a character that is in no number,
                                           the stars of a mask among them */
    CIVIC_ID_LENGTH,
    CIVIC_ID_LEGACY_15,                 /* first-generation card, void since
                                           2013-01-01 */
    CIVIC_ID_LEGACY_PR_15,              /* old foreign card, wrong type */
    CIVIC_ID_REGION,
    CIVIC_ID_BIRTH_DATE,                /* no day of the calendar, or before
                                           the smallest year */
    CIVIC_ID_BIRTH_FUTURE,
    CIVIC_ID_CHECKSUM
} civic_id_reason_t;

/* The edges: spaces there are trimmed.  Spaces inside are always refused. */
#define CIVIC_ID_TRIM        0x01u

/* A 15-digit number of a first-generation card is brought to 18. */
#define CIVIC_ID_UPGRADE_15  0x02u

/* Only the old foreign card's number is looked for. */
#define CIVIC_ID_OLD_CARD    0x04u

typedef struct {
    civic_date_t  today;                /* in China; births after it are not */
    int           minimum_year;         /* of birth: 1900 in our services */
    unsigned      flags;
} civic_id_rules_t;

typedef struct {
    char             text[CIVIC_ID_TEXT];       /* canonical, with a NUL */
    size_t           len;
    civic_id_kind_t  kind;
    int              has_birth;         /* 0 for the old foreign card, whose
                                           layout nobody publishes: birth and
                                           sex are unset then */
    civic_date_t     birth;
    char             sex;               /* 'M' or 'F' */
} civic_id_number_t;

/* Reads what somebody typed.  id is only set with CIVIC_ID_OK. */
civic_id_reason_t civic_id_number_parse(const char *s, size_t len,
    const civic_id_rules_t *rules, civic_id_number_t *id);

/* "resident", "hk_residence_permit", "mo_residence_permit",
   "tw_residence_permit", "foreign_pr_2023", "foreign_pr_old". */
const char *civic_id_kind_name(civic_id_kind_t kind);
int civic_id_kind_parse(const char *name, civic_id_kind_t *kind);

/* "charset", "length", "legacy_15", "legacy_pr_15", "region", "birth_date",
   "birth_future", "checksum"; "ok". */
const char *civic_id_reason_name(civic_id_reason_t reason);

/*
 * First 4 + stars + last 4 of a canonical number of 18 or 15 characters.
 * out is NUL-terminated; another length gives stars only.  Returns the
 * length.
 */
size_t civic_id_number_mask(const char *s, size_t len,
    char out[CIVIC_ID_TEXT]);

#endif
