/*
 * paper_labels.h - labels of the texts in printed codes: of tickets, and of
 * families' codes.  Which of them stand in a token tells what it is, so that
 * one signed for the one purpose never passes for the other, even under the
 * same key.
 */

#ifndef CIVIC_KIT_PAPER_LABELS_H
#define CIVIC_KIT_PAPER_LABELS_H

#include "cwt.h"

/* An admission ticket. */
#define CIVIC_PAPER_EXAM    CIVIC_CWT_PRIVATE
#define CIVIC_PAPER_NUMBER  (CIVIC_CWT_PRIVATE - 1)
#define CIVIC_PAPER_SITE    (CIVIC_CWT_PRIVATE - 2)
#define CIVIC_PAPER_ROOM    (CIVIC_CWT_PRIVATE - 3)
#define CIVIC_PAPER_SEAT    (CIVIC_CWT_PRIVATE - 4)

/* A code of oneself or of a relative: both of these, and no other text. */
#define CIVIC_PAPER_KIND    (CIVIC_CWT_PRIVATE - 16)
#define CIVIC_PAPER_NAME    (CIVIC_CWT_PRIVATE - 17)    /* masked: "张*" */

#define CIVIC_PAPER_OWN     "own"       /* values of KIND */
#define CIVIC_PAPER_KIN     "kin"

#endif
