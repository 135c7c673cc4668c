/*
 * ticket.h - what the files of the login by QR code share.
 *
 *   ticket.c         the record, its names, what is answered of its state
 *   ticket_begin.c   POST /login/qr-tickets: the PC asks for a ticket
 *   ticket_url.c     what the QR code holds
 *   ticket_wait.c    POST /login/qr-tickets/wait: the PC waits
 *   ticket_phone.c   .../scan, /confirm, /refuse: the phone
 *   ticket_consent.c the consent that goes with it
 *   ticket_redeem.c  POST /login/qr-tickets/redeem: the PC comes in
 *   ticket_tables.c  fields of bodies and replies
 *
 * A ticket is shown to everybody who sees the screen: it lets a phone say
 * "that is me", and nothing else.  Its secret stays with the browser that
 * began it, and only who has it comes in.  Each transition is one script's,
 * with the real time; a key's life only collects garbage.
 */

#ifndef CIVIC_LOGIN_TICKET_H
#define CIVIC_LOGIN_TICKET_H

#include "civic_plugin.h"

#define TICKET_BYTES   16
#define TICKET_TEXT    22                   /* base64url of them */
#define TICKET_DIGEST  43                   /* base64url of a SHA-256 */
#define TICKET_NUMBER  2                    /* digits */

#define LOGIN_QR_PLACE  "{ticket}"          /* in the option qr_url */

/* How long a record outlives its ticket, so that who comes late is told so
   and not that there is no such ticket. */
#define TICKET_SPARE   600                  /* s */

/* The record; see lua/redis/login_ticket_begin.lua.  Empty if absent. */
typedef struct {
    civic_str_t   state;                    /* "expired" once it is over */
    civic_str_t   secret;
    civic_str_t   reason;                   /* of a refusal by itself */
    civic_str_t   number;
    civic_str_t   scanner;
    civic_str_t   session;
    civic_str_t   role;
    civic_str_t   method;
    civic_msec_t  expires_at;
    civic_msec_t  confirmed_at;             /* 0: it is not */
} ticket_t;


/* ---- ticket.c ---------------------------------------------------------- */

/* Whether it has the form of a ticket or a secret of ours. */
int ticket_is_one(civic_str_t text);

civic_str_t ticket_key(civic_request_t *r, civic_str_t ticket);
civic_str_t ticket_topic(civic_request_t *r, civic_str_t ticket);

/* "<prefix><ticket>", the cookie with its secret: two tabs have two. */
const char *ticket_cookie(civic_request_t *r, civic_str_t ticket);

civic_result_t ticket_digest(civic_request_t *r, civic_str_t text,
    civic_str_t *digest);

/* Of the caller's session. */
civic_result_t ticket_session(civic_request_t *r, civic_str_t *digest);

/* As it is now.  *found: 0 if there is none. */
civic_result_t ticket_read(civic_request_t *r, civic_str_t ticket,
    ticket_t *record, int *found);

/* The same with state, secret and expires_at alone, for those who wait: what
   is read stays with them. */
civic_result_t ticket_look(civic_request_t *r, civic_str_t ticket,
    ticket_t *record, int *found);

/* Of the secret that the body or a cookie has; and whether that makes it the
   browser that began the ticket. */
civic_result_t ticket_browser_digest(civic_request_t *r, civic_str_t ticket,
    civic_str_t *digest);
int ticket_is_browsers(const ticket_t *record, civic_str_t digest);

/* Runs a script of these, and what it answered: word is empty if that was
   nothing of ours. */
civic_result_t ticket_script(civic_request_t *r, const char *name,
    civic_str_t ticket, const civic_str_t *args, size_t nargs,
    civic_str_t *word, const civic_value_t **value);

/* The problem of such a word. */
civic_result_t ticket_problem(civic_request_t *r, civic_str_t word);

/* Tells who waits; a hint that is lost is made good by their next read. */
void ticket_changed(civic_request_t *r, civic_str_t ticket);


/* ---- ticket_url.c ------------------------------------------------------ */

/* *answered: nobody said where it leads to. */
civic_result_t ticket_url(civic_request_t *r, civic_str_t ticket,
    civic_str_t *url, int *answered);


/* ---- ticket_consent.c -------------------------------------------------- */

/* Whether a pid consents; without a purpose it needs not to. */
civic_result_t ticket_consent_holds(civic_request_t *r, civic_str_t pid,
    civic_str_t purpose, int *holds);

/* Gives the consent of the body's "consent" for the caller.  *answered: it
   was not given. */
civic_result_t ticket_consent_give(civic_request_t *r, civic_str_t purpose,
    int *answered);


/* ---- the rule "ticket_phone" ------------------------------------------- */

typedef struct {
    civic_str_t  consent;                   /* a purpose, or empty */
    int64_t      wrong_numbers;
} ticket_phone_rule_t;

/* In ticket_phone.c.  *answered: sessions of that method may not. */
civic_result_t ticket_phone_rule(civic_request_t *r, civic_str_t method,
    ticket_phone_rule_t *rule, int *answered);


/* ---- for login.c ------------------------------------------------------- */

/* In ticket_url.c: looks at the option qr_url. */
int login_ticket_check(json_t *options, civic_failure_t *failure);

civic_result_t login_ticket_begin(civic_request_t *r);
civic_result_t login_ticket_wait(civic_request_t *r);
civic_result_t login_ticket_redeem(civic_request_t *r);
civic_result_t login_ticket_scan(civic_request_t *r);
civic_result_t login_ticket_confirm(civic_request_t *r);
civic_result_t login_ticket_refuse(civic_request_t *r);

/* In ticket_tables.c. */
extern const civic_field_t  login_ticket_begin_body[];
extern const civic_field_t  login_ticket_begin_reply[];
extern const civic_field_t  login_ticket_wait_body[];
extern const civic_field_t  login_ticket_wait_reply[];
extern const civic_field_t  login_ticket_redeem_body[];
extern const civic_field_t  login_ticket_body[];
extern const civic_field_t  login_ticket_scan_reply[];
extern const civic_field_t  login_ticket_confirm_body[];
extern const civic_field_t  login_ticket_decided_reply[];
extern const civic_field_t  login_ticket_phone_input[];

extern const char *const  login_ticket_begin_problems[];
extern const char *const  login_ticket_wait_problems[];
extern const char *const  login_ticket_redeem_problems[];
extern const char *const  login_ticket_scan_problems[];
extern const char *const  login_ticket_confirm_problems[];
extern const char *const  login_ticket_refuse_problems[];

#define LOGIN_TICKET_OPTIONS                                                  \
    { .name = "qr_url", .type = CIVIC_TYPE_STRING, .max = 1024,               \
      .fallback = "\"\"",                                                     \
      .zh = "扫码登录二维码的内容，其中 {ticket} 为登录票；空则打开支付宝"    \
            "小程序的 qr_page",                                               \
      .en = "what the QR code of a login holds, with {ticket} in it; empty: " \
            "what opens qr_page of the Alipay mini-program" },                \
    { .name = "qr_page", .type = CIVIC_TYPE_STRING, .max = 256,               \
      .pattern = "[A-Za-z0-9/_-]+", .fallback = "\"pages/login/ticket\"",     \
      .zh = "小程序中扫码登录的页面",                                         \
      .en = "the page of the mini-program that a login's QR code opens" }

#define TICKET_AGAIN     "请在电脑上刷新二维码，重新扫码。"
#define TICKET_AGAIN_EN  "Refresh the QR code on the PC and scan it again."

#define LOGIN_TICKET_PROBLEMS                                                 \
    { "ticket_unknown", 404,                                                  \
      "二维码无效，或不是在此浏览器中打开的。" TICKET_AGAIN,                  \
      "There is no such QR code, or it was begun in another browser. "        \
      TICKET_AGAIN_EN },                                                      \
    { "ticket_expired", 410,                                                  \
      "二维码已过期。" TICKET_AGAIN,                                          \
      "The QR code has expired. " TICKET_AGAIN_EN },                          \
    { "ticket_taken", 409,                                                    \
      "该二维码已在另一处扫描。" TICKET_AGAIN,                                \
      "This QR code was scanned elsewhere. " TICKET_AGAIN_EN },               \
    { "ticket_not_scanned", 409,                                              \
      "请先扫描电脑上的二维码。",                                             \
      "Scan the QR code on the PC first." },                                  \
    { "ticket_not_confirmed", 409,                                            \
      "尚未在手机上确认登录。请在手机上扫码，并点击“确认登录”。",             \
      "The phone has not confirmed yet. Scan the QR code and confirm the "    \
      "login there." },                                                       \
    { "ticket_refused", 409,                                                  \
      "本次登录已在手机上拒绝。如需登录，" TICKET_AGAIN,                      \
      "This login was refused on the phone. To log in: " TICKET_AGAIN_EN },   \
    { "ticket_number_exhausted", 409,                                         \
      "数字多次输入错误，二维码已失效。" TICKET_AGAIN,                        \
      "Too many wrong numbers: this QR code is void now. "                    \
      TICKET_AGAIN_EN },                                                      \
    { "ticket_used", 409,                                                     \
      "该二维码已使用过。如需再次登录，" TICKET_AGAIN,                        \
      "This QR code was used before. To log in once more: " TICKET_AGAIN_EN },\
    { "ticket_method_refused", 403,                                           \
      "请用支付宝扫描二维码，并在支付宝中确认登录。",                         \
      "Scan the QR code with Alipay and confirm the login there." },          \
    { "number_wrong", 422,                                                    \
      "数字与电脑屏幕上显示的不一致。还可以再试{tries_left}次。",             \
      "That is not the number on the PC's screen. Tries that are left: "      \
      "{tries_left}." }

#define LOGIN_TICKET_RULES                                                    \
    { .name = "ticket",                                                       \
      .en = "how long a QR code holds, when it is refreshed, and how many "   \
            "an address may ask for" },                                       \
    { .name = "ticket_phone", .input = login_ticket_phone_input,              \
      .en = "whether a phone's session may confirm a login on a PC; the "     \
            "consent that goes with it" }

#define LOGIN_TICKET_SCRIPTS                                                  \
    { "login_ticket_begin", "keeps a new ticket of a login by QR code" },     \
    { "login_ticket_scan", "binds a ticket to the session that scanned it" }, \
    { "login_ticket_confirm", "confirms the login, if the number is right" }, \
    { "login_ticket_refuse", "refuses the login" },                           \
    { "login_ticket_redeem", "lets the browser in, once" }

#endif
