/*
 * office.h - measures, as the office sets them one by one (office.c) or by a
 * file (office_file.c).
 */

#ifndef KINSHIP_OFFICE_H
#define KINSHIP_OFFICE_H

#include "kinship.h"

typedef struct {
    civic_str_t   pid;
    civic_str_t   kind;
    civic_msec_t  given_since;          /* business time; 0: since now, or as
                                           one that is in force */
    civic_msec_t  given_until;          /* 0: as the rule says */
    civic_str_t   reason;
    int64_t       line;                 /* of a file; 0: alone */
    const char   *field;                /* what is wrong, or NULL */
    const char   *error;
    civic_str_t   id;                   /* set: of the measure */
    civic_msec_t  since;                /* set */
    civic_msec_t  until;                /* set */
    int           changed;              /* set: it is new, or ends otherwise */
    civic_result_t  asked;              /* set: how the rule was asked */
} kinship_measure_t;

/* Whose number it is.  *error: what is wrong with it, or NULL. */
civic_result_t kinship_office_person(civic_request_t *r, civic_str_t number,
    civic_str_t kind, civic_str_t *pid, const char **error);

/* Sets one, unless field and error say why not.  The same kind from the same
   instant on is the same measure, and so is one in force where no begin is
   given: again, it only gets another end. */
civic_result_t kinship_measure_set(civic_request_t *r,
    kinship_measure_t *measure);

#endif
