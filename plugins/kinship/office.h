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
    civic_msec_t  since;                /* business time */
    civic_msec_t  until;                /* 0: as the rule says */
    civic_str_t   reason;
    int64_t       line;                 /* of a file; 0: alone */
    const char   *field;                /* what is wrong, or NULL */
    const char   *error;
    civic_str_t   id;                   /* set: of the measure */
    int           changed;              /* set: it is new, or ends otherwise */
    civic_result_t  asked;              /* set: how the rule was asked */
} kinship_measure_t;

/* Whose number it is.  *error: what is wrong with it, or NULL. */
civic_result_t kinship_office_person(civic_request_t *r, civic_str_t number,
    civic_str_t kind, civic_str_t *pid, const char **error);

/* Sets one, unless field and error say why not.  The same kind from the same
   instant on is the same measure: again, it only gets another end. */
civic_result_t kinship_measure_set(civic_request_t *r,
    kinship_measure_t *measure);

#endif
