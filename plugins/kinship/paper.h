/*
 * paper.h - what the files about codes on paper share.
 */

#ifndef KINSHIP_PAPER_H
#define KINSHIP_PAPER_H

#include "bind.h"
#include "cwt.h"
#include "kinship.h"

#define KINSHIP_SHEET_MOST  9           /* codes of a sheet */
#define KINSHIP_CTI         32          /* hexadecimal digits */
#define KINSHIP_TURN        "draw"      /* civic_turn() */


/* ---- paper.c ------------------------------------------------------------ */

/* By the rule "paper"; s unless said otherwise. */
typedef struct {
    int64_t   valid;                    /* of a code */
    int64_t   window;                   /* in which sheets are counted */
    int64_t   most;                     /* of them */
    int64_t   leeway;                   /* the signing clock may be ahead */
    int64_t   link;                     /* of a link to a sheet */
    int64_t   draws;                    /* drawings at once, of a worker */
    int64_t   line;                     /* that wait for their turn */
    int64_t   timeout;                  /* ms of one drawing */
    int64_t   retry;                    /* when it cannot be drawn now */
    int64_t   dpi;                      /* of a picture */
    int64_t   list_every;               /* the list is made anew */
    int64_t   list_life;                /* of a list */
    int64_t   list_warn;                /* verifiers are told to fetch anew */
    int64_t   list_most;                /* verifiers believe none of that age */
    json_t   *answer;
} kinship_paper_terms_t;

civic_result_t kinship_paper_terms(civic_request_t *r,
    kinship_paper_terms_t *terms);

/* What signs, or answers for an installation that prints none. */
const shared_paper_keys_t *kinship_paper_keys(civic_request_t *r);

/* Where the pid of a code stands, for its cti. */
civic_str_t kinship_paper_where(civic_request_t *r, civic_str_t cti);

/* A text of a person's "kincodes"; 0, or -1: none. */
typedef struct {
    int           valid;                /* else revoked */
    civic_str_t   holder;
    civic_msec_t  issued_at;
    civic_msec_t  expires_at;
} kinship_paper_row_t;

int kinship_paper_row(civic_request_t *r, civic_str_t text,
    kinship_paper_row_t *row);

/* What a token's text is sealed for. */
civic_str_t kinship_paper_context(civic_request_t *r, civic_str_t pid,
    civic_str_t cti);

/* Takes sheets out of somebody's list that are over; forget: what all of them
   have, too.  Adds how many. */
civic_result_t kinship_sheets_over(civic_request_t *r, civic_str_t pid,
    int forget, int64_t *gone);

/* 1: the token is a code of a person, and of no other profile. */
int kinship_paper_is_ours(const civic_cwt_t *token);


/* ---- paper_issue.c ------------------------------------------------------ */

/* One code of a sheet. */
typedef struct {
    civic_str_t   pid;
    civic_str_t   binding;              /* empty: the holder's own */
    civic_str_t   relation;
    civic_str_t   cti;
    civic_str_t   text;                 /* the token */
    civic_str_t   name;                 /* masked */
    civic_msec_t  issued_at;
    civic_msec_t  expires_at;
    int           valid;                /* it stands so, now */
} kinship_printed_t;

typedef struct {
    civic_str_t        id;
    civic_str_t        holder;
    civic_msec_t       expires_at;
    size_t             count;
    kinship_printed_t  codes[KINSHIP_SHEET_MOST];
} kinship_sheet_t;

/* What is sealed of a sheet, and back. */
civic_result_t kinship_sheet_seal(civic_request_t *r,
    const kinship_sheet_t *sheet, civic_str_t *sealed);
civic_result_t kinship_sheet_open(civic_request_t *r, civic_str_t sealed,
    kinship_sheet_t *sheet);

/* A relative's list of who looked has it, if the code is valid. */
civic_result_t kinship_paper_look(civic_request_t *r, civic_str_t holder,
    const kinship_printed_t *code);

/* Handlers. */
civic_result_t kinship_sheet_post(civic_request_t *r);


/* ---- paper_sheet.c ------------------------------------------------------ */

/* A link for who sends no header: text, and when it ends. */
civic_result_t kinship_sheet_link(civic_request_t *r,
    const kinship_sheet_t *sheet, civic_str_t *link, civic_msec_t *expires);

civic_result_t kinship_sheet_pdf(civic_request_t *r);
civic_result_t kinship_sheet_png(civic_request_t *r);
civic_result_t kinship_sheet_link_post(civic_request_t *r);
civic_result_t kinship_link_pdf(civic_request_t *r);
civic_result_t kinship_link_png(civic_request_t *r);


/* ---- paper_layout.c ----------------------------------------------------- */

/* All that stands on it; pictures: PNG of each code that is valid. */
typedef struct {
    const kinship_sheet_t        *sheet;
    const kinship_paper_terms_t  *terms;
    civic_str_t                   issuer;
    civic_str_t                   pictures[KINSHIP_SHEET_MOST];
} kinship_drawing_t;

struct shared_document_s *kinship_paper_page(civic_request_t *r,
    const kinship_drawing_t *drawing);

/* For a phone's album: upright, the codes one below the other. */
struct shared_document_s *kinship_paper_album(civic_request_t *r,
    const kinship_drawing_t *drawing);


/* ---- paper_staff.c ------------------------------------------------------ */

civic_result_t kinship_paper_lost(civic_request_t *r);


/* ---- paper_index.c ------------------------------------------------------ */

#define KINSHIP_INDEX  CIVIC_STR("civic:{kinship}:revoked")
#define KINSHIP_LIST   CIVIC_STR("civic:{kinship}:list")

civic_result_t kinship_revoked_step(civic_request_t *r,
    shared_entry_t *entry);
civic_result_t kinship_reindex_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t kinship_sheets_run(civic_request_t *r, const civic_job_t *job);


/* ---- paper_list.c ------------------------------------------------------- */

civic_result_t kinship_paper_keys_get(civic_request_t *r);
civic_result_t kinship_revocations_get(civic_request_t *r);

/* The worker, or who was answered, needs it no more; NULL is none. */
void kinship_list_release(void *list);


/* ---- paper_list_make.c -------------------------------------------------- */

civic_result_t kinship_list_run(civic_request_t *r, const civic_job_t *job);


/* ---- paper_tables.c ----------------------------------------------------- */

extern const civic_field_t  kinship_sheet_body[];
extern const civic_field_t  kinship_sheet_reply[];
extern const civic_field_t  kinship_link_reply[];
extern const civic_field_t  kinship_paper_keys_reply[];
extern const civic_field_t  kinship_revocations_reply[];
extern const civic_field_t  kinship_lost_body[];
extern const civic_field_t  kinship_lost_reply[];
extern const char *const    kinship_sheet_problems[];
extern const char *const    kinship_draw_problems[];
extern const char *const    kinship_link_problems[];
extern const char *const    kinship_revocations_problems[];
extern const char *const    kinship_lost_problems[];
extern const char *const    kinship_no_problems[];

#endif
