/*
 * payment.h - what the files of the plugin "payment" share.
 *
 *   payment.c     the tables, and nothing else
 *   book.c        all that is kept of a person's money: read, sealed facts
 *   open.c        calls: other plugins open, read, move and close orders
 *   pay.c         POST .../pay: a trade in one of the channels
 *   channel.c     how Alipay makes a trade, by channel
 *   ask.c         what Alipay says of a trade: asked, closed
 *   news.c        the one function that takes news, whoever brought it
 *   notification.c  news that Alipay brings
 *   landing.c     news that a browser brings, which comes back
 *   show.c        a citizen's orders: list, one, check, wait
 *   desk.c        the exam office: looks up, opens by hand, gives back
 *   items.c       the exam office: all orders of an item
 *   refund.c      money that goes back: begun, carried out
 *   stuck.c       money that should go back and does not, for the office
 *   follow.c      what follows from a change: messages, indexes, openers
 *   message.c     what citizens are told
 *   due.c         indexes, and the job that chases
 *   deadline.c    the job that warns and removes
 *   rebuild.c     the job that makes indexes anew
 *   retention.c   orders that were kept long enough go
 *   old_bills.c   and what bills had otherwise
 *   bill.c        the job that fetches yesterday's bill and compares it
 *   bill_file.c   the bill's bytes (on a work thread)
 *   differences.c   the exam office: what the bill has otherwise
 *
 * All that is kept of a person stands in the hash "payment" of that person:
 * lua/redis/payment_open.lua describes it.  Money is integer fen; yuan stand
 * on Alipay's wire alone.
 *
 * A step that may have made a reply says so in an int *answered.
 */

#ifndef PAYMENT_H
#define PAYMENT_H

#include "alipay_call.h"
#include "civic_plugin.h"
#include "record.h"
#include "words.h"

#define PAYMENT_FAMILY  "payment"
#define PAYMENT_RECORD  "payment"       /* purpose of what is sealed */
#define PAYMENT_FOLLOW  "follow"        /* outbox and job */
#define PAYMENT_TELL    "tell"          /* outbox and job */

#define PAYMENT_NAME        64          /* Alipay's trade_no, at most */
#define PAYMENT_ITEM_PATTERN  "[a-z0-9][a-z0-9_.:-]{0,63}"
#define PAYMENT_TITLE       80          /* code points */
#define PAYMENT_REASON      200
#define PAYMENT_OTHER_DAY   86400000    /* ms */

#define PAYMENT_SHARDS  16              /* of indexes and jobs */
#define PAYMENT_LONG_AGO_YEARS  10

/* Counters, in the order of the metrics table. */
typedef enum {
    PAYMENT_OPENED = 0,
    PAYMENT_TRADES,
    PAYMENT_RESUMED,
    PAYMENT_PAID,
    PAYMENT_LATE,
    PAYMENT_REMOVED,
    PAYMENT_CLOSED,
    PAYMENT_NOTIFIED,
    PAYMENT_NOTIFIED_AGAIN,
    PAYMENT_FORGED,
    PAYMENT_MISFIT,
    PAYMENT_ASKED,
    PAYMENT_UNAVAILABLE,
    PAYMENT_REFUNDS,
    PAYMENT_REFUNDED,
    PAYMENT_REFUNDS_REFUSED,
    PAYMENT_WAITS,
    PAYMENT_WARNED,
    PAYMENT_BILLS,
    PAYMENT_DIFFERENCES,
    PAYMENT_REBUILT,
    PAYMENT_STUCK,
    PAYMENT_SET_ASIDE,
    PAYMENT_ERASED
} payment_metric_t;

/* Handlers. */
civic_result_t payment_orders_list(civic_request_t *r);
civic_result_t payment_order_show(civic_request_t *r);
civic_result_t payment_order_pay(civic_request_t *r);
civic_result_t payment_order_check(civic_request_t *r);
civic_result_t payment_order_wait(civic_request_t *r);
civic_result_t payment_notification(civic_request_t *r);
civic_result_t payment_landing(civic_request_t *r);
civic_result_t payment_desk_open(civic_request_t *r);
civic_result_t payment_desk_look_up(civic_request_t *r);
civic_result_t payment_desk_refund(civic_request_t *r);
civic_result_t payment_items_show(civic_request_t *r);
civic_result_t payment_stuck_show(civic_request_t *r);
civic_result_t payment_differences_list(civic_request_t *r);
civic_result_t payment_difference_settle(civic_request_t *r);

/* Calls. */
civic_result_t payment_call_open(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t payment_call_state(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t payment_call_close(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t payment_call_extend(civic_request_t *r, json_t *in,
    json_t **out);
civic_result_t payment_call_refund(civic_request_t *r, json_t *in,
    json_t **out);

/* Jobs. */
civic_result_t payment_follow_run(civic_request_t *r, const civic_job_t *job);
civic_result_t payment_due_run(civic_request_t *r, const civic_job_t *job);
civic_result_t payment_deadline_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t payment_rebuild_run(civic_request_t *r,
    const civic_job_t *job);
civic_result_t payment_bill_run(civic_request_t *r, const civic_job_t *job);
civic_result_t payment_retention_run(civic_request_t *r,
    const civic_job_t *job);


/* ---- book.c ------------------------------------------------------------ */

/* States: unpaid, paid, removed, closed, refunding, refunded. */
typedef struct {
    civic_str_t   id;                   /* empty: there is none */
    civic_str_t   text;                 /* as Redis has it */
    civic_str_t   sealed;
    civic_str_t   state;
    int64_t       version;
    civic_msec_t  since;
    civic_msec_t  from;                 /* business time */
    civic_msec_t  until;                /* business time */
    int64_t       fen;
    civic_str_t   paid_by;              /* a trade, or "-" */
    int64_t       back;                 /* fen that were or are given back */
    civic_str_t   opener;               /* a plugin, or "-" */

    /* sealed: see payment_order_open() */
    civic_str_t   item;
    civic_str_t   title;
} payment_order_t;

/* States: open, paid, closed, late, returned. */
typedef struct {
    civic_str_t   no;
    civic_str_t   text;
    civic_str_t   sealed;
    civic_str_t   state;
    int64_t       version;
    civic_msec_t  since;
    civic_msec_t  ends;                 /* business time, like all of
                                           Alipay's instants */
    int64_t       fen;
    civic_str_t   order;
    civic_str_t   lane;                 /* as Redis has it */
    civic_str_t   channel;              /* without what follows ":" */

    /* sealed: see payment_trade_open() */
    civic_str_t   title;
    civic_str_t   buyer;                /* whose phone: mini_program */
    civic_str_t   trade_no;             /* as Alipay made it, or empty */
    civic_str_t   qr_code;
    civic_msec_t  begun;
} payment_trade_t;

/* States: open, done. */
typedef struct {
    civic_str_t   no;
    civic_str_t   text;
    civic_str_t   sealed;
    civic_str_t   state;
    civic_msec_t  since;
    int64_t       fen;
    civic_str_t   trade;
    civic_str_t   kind;                 /* late, staff, opener */
} payment_refund_t;

typedef struct {
    civic_str_t   name;
    int           in;
    civic_str_t   trade;
    int64_t       fen;
    civic_msec_t  at;                   /* business time */
} payment_receipt_t;

/* What a day's bill has otherwise about a trade: the bill says whether it is
   settled. */
typedef struct {
    civic_str_t   date;
    civic_str_t   id;
    civic_str_t   trade;
} payment_difference_t;

/* All of a person. */
typedef struct {
    civic_str_t         pid;
    payment_order_t    *orders;
    size_t              norders;
    payment_trade_t    *trades;
    size_t              ntrades;
    payment_refund_t   *refunds;
    size_t              nrefunds;
    payment_receipt_t  *receipts;
    size_t              nreceipts;
    payment_difference_t  *differences;
    size_t                 ndifferences;
} payment_book_t;

civic_result_t payment_book_read(civic_request_t *r, civic_str_t pid,
    payment_book_t *book);

/* NULL if there is none. */
payment_order_t *payment_order_of(const payment_book_t *book, civic_str_t id);
payment_trade_t *payment_trade_of(const payment_book_t *book, civic_str_t no);
payment_refund_t *payment_refund_of(const payment_book_t *book,
    civic_str_t no);

/* Fills in what is sealed. */
civic_result_t payment_order_open(civic_request_t *r, civic_str_t pid,
    payment_order_t *order);
civic_result_t payment_trade_open(civic_request_t *r, civic_str_t pid,
    payment_trade_t *trade);

civic_result_t payment_order_seal(civic_request_t *r, civic_str_t pid,
    const payment_order_t *order, civic_str_t *sealed);
civic_result_t payment_trade_seal(civic_request_t *r, civic_str_t pid,
    const payment_trade_t *trade, civic_str_t *sealed);

/* Any JSON, for the context "<pid>:<id>".  Takes over the reference. */
civic_result_t payment_seal(civic_request_t *r, civic_str_t pid,
    civic_str_t id, json_t *record, civic_str_t *sealed);

/* The texts that scripts read; 0, or -1 for text that is none. */
int payment_order_take(civic_request_t *r, civic_str_t text,
    payment_order_t *order);
int payment_trade_take(civic_request_t *r, civic_str_t text,
    payment_trade_t *trade);
int payment_refund_take(civic_request_t *r, civic_str_t text,
    payment_refund_t *refund);

civic_str_t payment_order_text(civic_request_t *r,
    const payment_order_t *order);
civic_str_t payment_trade_text(civic_request_t *r,
    const payment_trade_t *trade);

int payment_is(civic_str_t state, const char *name);
civic_str_t payment_topic(civic_request_t *r, civic_str_t order);
civic_str_t payment_yuan(civic_request_t *r, int64_t fen);

/* ms that the business clock is ahead of the real one. */
int64_t payment_ahead(civic_request_t *r);


/* ---- open.c ------------------------------------------------------------ */

/* What an order is opened with. */
typedef struct {
    civic_str_t   pid;
    civic_str_t   item;
    civic_str_t   title;
    civic_str_t   opener;               /* "-" */
    int64_t       fen;
    civic_msec_t  from;
    civic_msec_t  until;
    int           again;
} payment_opening_t;

/* order is the one that counts for the item; *created: a new one. */
civic_result_t payment_open(civic_request_t *r,
    const payment_opening_t *opening, payment_order_t *order, int *created);

/* A script that moves an order: -1 a trade is open, 0 it is another by now
   (order is as it is there), 1 done. */
civic_result_t payment_move(civic_request_t *r, civic_str_t pid,
    payment_order_t *order, const char *state, civic_msec_t until,
    int settled, const char *action, int *moved);


/* ---- channel.c --------------------------------------------------------- */

/* What this installation's app is; from the plugin alipay. */
typedef struct {
    civic_str_t  app_id;
    civic_str_t  mini_app_id;
} payment_app_t;

civic_result_t payment_app(civic_request_t *r, payment_app_t *app);

/* Whose phone it is, by the code of my.getAuthCode(). */
civic_result_t payment_buyer(civic_request_t *r, civic_str_t code,
    civic_str_t *buyer, int *answered);

/* Has Alipay make the trade, if it needs to know it beforehand; fills in
   trade_no or qr_code.  *changed: it was not known before. */
civic_result_t payment_channel_make(civic_request_t *r,
    payment_trade_t *trade, int *changed, int *answered);

/* The signed link of the channel "page". */
civic_result_t payment_channel_page(civic_request_t *r,
    const payment_trade_t *trade, civic_str_t *url);

/* The channel, with a digest of whose phone it is. */
civic_result_t payment_lane(civic_request_t *r, payment_trade_t *trade);


/* ---- news.c ------------------------------------------------------------ */

typedef enum {
    PAYMENT_SAYS_NOTHING = 0,           /* cannot be asked, or did not say */
    PAYMENT_SAYS_WAITING,               /* known, and not paid */
    PAYMENT_SAYS_ABSENT,                /* Alipay does not know the trade */
    PAYMENT_SAYS_PAID,
    PAYMENT_SAYS_CLOSED
} payment_says_t;

/* A verified fact about a trade. */
typedef struct {
    payment_says_t   says;
    int64_t          fen;
    civic_str_t      trade_no;
    civic_msec_t     at;                /* paid, or closed */
} payment_fact_t;

typedef enum {
    PAYMENT_CHANGED = 0,
    PAYMENT_KNOWN,
    PAYMENT_DOES_NOT_FIT
} payment_change_t;

/* Takes a fact that is PAID or CLOSED; trade is afterwards as it is. */
civic_result_t payment_news(civic_request_t *r, civic_str_t pid,
    payment_trade_t *trade, const payment_fact_t *fact,
    payment_change_t *change);

/* Notes to whom a trade leads, and who that is: CIVIC_NOT_FOUND. */
civic_result_t payment_lead_keep(civic_request_t *r, civic_str_t no,
    civic_str_t pid);
civic_result_t payment_lead_read(civic_request_t *r, civic_str_t no,
    civic_str_t *pid);
civic_result_t payment_lead_end(civic_request_t *r, civic_str_t no);


/* ---- ask.c ------------------------------------------------------------- */

/* alipay.trade.query. */
civic_result_t payment_ask(civic_request_t *r, const payment_trade_t *trade,
    payment_fact_t *fact);

/* Asks about an open trade, takes the news, and closes it at Alipay when
   nobody should pay it any more (finish). */
civic_result_t payment_look(civic_request_t *r, civic_str_t pid,
    payment_trade_t *trade, int finish);

/* The same for all open trades of an order.  *open: how many still are. */
civic_result_t payment_look_all(civic_request_t *r, payment_book_t *book,
    civic_str_t order, int finish, unsigned *open);

/* The turn to ask for an order; *turn 0: somebody else has it. */
civic_result_t payment_turn(civic_request_t *r, civic_str_t pid,
    civic_str_t order, int *turn);

/* What Alipay writes of a trade in an answer or a notification. */
payment_says_t payment_status(const char *status);


/* ---- refund.c ---------------------------------------------------------- */

/* By the rule "refund"; *refused is its decision, or NULL. */
civic_result_t payment_refund_allowed(civic_request_t *r,
    const payment_order_t *order, const char *who, int64_t fen,
    json_t **refused);

/* 1: begun (or it was, by an equal request); 0: the order is another by
   now, and as it is there. */
civic_result_t payment_refund_begin(civic_request_t *r, civic_str_t pid,
    payment_order_t *order, int64_t version, int64_t fen, const char *kind,
    civic_str_t reason, payment_refund_t *refund, int *begun);

/* Carries one out; refund->state is "done" if the money is back.  *refused:
   why Alipay does not, or empty. */
civic_result_t payment_refund_try(civic_request_t *r, civic_str_t pid,
    payment_refund_t *refund, civic_str_t *refused);


/* ---- differences.c ----------------------------------------------------- */

extern const civic_field_t  payment_settle_body[];


/* ---- stuck.c ----------------------------------------------------------- */

extern const civic_field_t  payment_stuck_reply[];

/* A refund ('r') or a paid order ('o') that does not go back, and why; the
   office sees it, and a counter rises each time. */
civic_result_t payment_stuck(civic_request_t *r, civic_str_t pid, char kind,
    civic_str_t no, civic_msec_t since, civic_str_t why);

/* It went back, or is not to. */
civic_result_t payment_stuck_end(civic_request_t *r, civic_str_t pid,
    char kind, civic_str_t no);

civic_result_t payment_is_stuck(civic_request_t *r, civic_str_t pid,
    char kind, civic_str_t no, int *stuck);


/* ---- due.c ------------------------------------------------------------- */

civic_str_t payment_due_key(civic_request_t *r, civic_str_t pid);
civic_str_t payment_day_key(civic_request_t *r, civic_msec_t at);
civic_str_t payment_item_key(civic_request_t *r, civic_str_t item);

/* What the bill of a day ("2026-03-09") has otherwise. */
civic_str_t payment_bill_key(civic_request_t *r, civic_str_t date);

/* "soon", "new" or "gone": see lua/redis/payment_index.lua. */
civic_result_t payment_index(civic_request_t *r, civic_str_t key,
    const char *how, civic_str_t member, civic_msec_t score);

/* Moves a member as it was read; after 0: it goes. */
civic_result_t payment_index_moved(civic_request_t *r, civic_str_t key,
    civic_str_t member, civic_str_t was, civic_msec_t after);

/* A trade or refund is due at an instant. */
civic_result_t payment_due(civic_request_t *r, civic_str_t pid, char kind,
    civic_str_t no, civic_msec_t at, const char *how);

/* An order needs attention at an instant of the business clock. */
civic_result_t payment_deadline(civic_request_t *r, civic_str_t pid,
    civic_str_t member, civic_msec_t at, const char *how);

/* When what has failed on one entry is due again, so that the others do not
   wait for it; another result is passed on. */
civic_result_t payment_postpone(civic_request_t *r, civic_result_t rc,
    civic_msec_t now, civic_msec_t *next);

/* The rule "pause": ms until the next question; waits: too long. */
civic_result_t payment_pause(civic_request_t *r, const char *what,
    civic_msec_t since, int64_t *pause, int *waits);

/* A receipt stands in the index of its day. */
civic_result_t payment_day_note(civic_request_t *r,
    const payment_receipt_t *receipt);

/* What is due in a shard's index by now: members and scores in turn, count of
   both.  If nothing will be within a minute the job rests. */
civic_result_t payment_due_read(civic_request_t *r, civic_str_t key,
    civic_msec_t now, const civic_value_t **due, size_t *count);


/* ---- retention.c ------------------------------------------------------- */

/* Whether what changed last in that year (of China) was kept long enough;
   what: paid, unpaid or bill, for the rule. */
civic_result_t payment_kept_enough(civic_request_t *r, const char *what,
    int year, int *over);

/* Erases a person's orders that were kept long enough; *erased: the book is
   another one by now. */
civic_result_t payment_erase_over(civic_request_t *r, payment_book_t *book,
    int *erased);

/* An entry of the outbox "follow", "<pid> erased <order> <item> <trade> ...":
   what leads to the order goes, too. */
civic_result_t payment_follow_erased(civic_request_t *r, civic_str_t value);


/* ---- deadline.c -------------------------------------------------------- */

typedef struct {
    int64_t       grace;                /* ms */
    int64_t       tolerance;            /* ms */
    size_t        nwarnings;
    int64_t       warnings[8];          /* ms before the deadline */
} payment_terms_t;

civic_result_t payment_terms(civic_request_t *r, payment_terms_t *terms);

/* When an unpaid order needs attention next, business time. */
civic_msec_t payment_attention(const payment_terms_t *terms,
    const payment_order_t *order, civic_msec_t after);


/* ---- show.c ------------------------------------------------------------ */

/* The members of an order, for its owner or for staff. */
civic_result_t payment_order_write(civic_request_t *r, civic_writer_t *w,
    const payment_book_t *book, payment_order_t *order);

/* The order of the path, of the caller; answers if there is none. */
civic_result_t payment_order_find(civic_request_t *r, payment_book_t *book,
    payment_order_t **order, int *answered);


/* ---- message.c --------------------------------------------------------- */

/* Tells a citizen; what: see the rule "message". */
civic_result_t payment_tell(civic_request_t *r, civic_str_t pid,
    payment_order_t *order, const char *what, int64_t fen, civic_str_t once);


/* ---- bill_file.c ------------------------------------------------------- */

/* A movement of money as the bill has it. */
typedef struct {
    char     name[PAYMENT_NAME + 1];    /* trade_no, or out_request_no */
    char     trade[PAYMENT_NAME + 1];   /* out_trade_no */
    int      in;
    int64_t  fen;
    int      seen;
} payment_movement_t;

typedef struct {
    const void          *zip;
    size_t               len;
    payment_movement_t  *movements;     /* malloc's, sorted by name */
    size_t               count;
    char                 why[128];      /* empty: it could be read */
} payment_bill_t;

/* Work for a thread. */
void payment_bill_read(void *bill);
payment_movement_t *payment_bill_find(const payment_bill_t *bill,
    const char *name, int in);

#endif
