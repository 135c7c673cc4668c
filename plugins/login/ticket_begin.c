/*
 * ticket_begin.c - POST /login/qr-tickets: a PC asks for a ticket.
 *
 * It is drawn before it is kept: what cannot be shown leaves nothing behind.
 * The number is told to the PC alone.  Who looks over somebody's shoulder,
 * or sends somebody a picture of the code, has the ticket and not the
 * browser's secret.
 */

#include <stdlib.h>

#include "base64.h"
#include "browser.h"
#include "caller.h"
#include "cookie.h"
#include "login.h"
#include "qr_image.h"
#include "values.h"

#define LIFE_FALLBACK     120               /* s */
#define LIFE_MIN          1
#define LIFE_MAX          600
#define WINDOW_FALLBACK   600
#define TICKETS_FALLBACK  3000

#define SCALE             4                 /* pixels a module */

#define PNG_PREFIX        "data:image/png;base64,"

/* Only the counter of addresses is of use here. */
static const shared_guessing_t  counting = {
    .family = LOGIN_FAMILY,
    .addresses = "civic:login:tickets:",
    .refused = LOGIN_REFUSED,
    .failed = LOGIN_FAILED,
};

typedef struct {
    char           ticket[CIVIC_BASE64_ROOM(TICKET_BYTES)];
    char           secret[CIVIC_BASE64_ROOM(TICKET_BYTES)];
    char           number[TICKET_NUMBER + 1];
    civic_str_t    url;
    civic_msec_t   expires_at;
    int64_t        life;
    int64_t        refresh_in;
} begun_t;

/* What a thread draws; what it makes is taken over. */
typedef struct {
    civic_str_t         url;
    int                 wants_png;
    int                 wants_svg;
    civic_qr_status_t   status;
    char               *png;                /* a data URI */
    civic_qr_buffer_t   svg;
} drawing_t;


/* ---- drawing ----------------------------------------------------------- */

static char *
data_uri(const civic_qr_buffer_t *picture)
{
    char  *text;

    text = malloc(sizeof(PNG_PREFIX) - 1 + CIVIC_BASE64_ROOM(picture->len));

    if (text != NULL) {
        memcpy(text, PNG_PREFIX, sizeof(PNG_PREFIX) - 1);
        (void) civic_base64_encode(picture->data, picture->len,
                                   text + sizeof(PNG_PREFIX) - 1);
    }

    return text;
}


static void
draw_png(drawing_t *drawing, const civic_qr_look_t *look)
{
    civic_qr_buffer_t  picture = { NULL, 0, 0 };

    drawing->status = civic_qr_png(drawing->url.data, drawing->url.len, look,
                                   &picture);

    if (drawing->status == CIVIC_QR_OK) {
        drawing->png = data_uri(&picture);
    }

    if (drawing->status == CIVIC_QR_OK && drawing->png == NULL) {
        drawing->status = CIVIC_QR_NO_MEMORY;
    }

    civic_qr_buffer_free(&picture);
}


static void
draw(void *data)
{
    drawing_t        *drawing = data;
    civic_qr_look_t   look = { SCALE, CIVIC_QR_MARGIN };

    if (drawing->wants_png) {
        draw_png(drawing, &look);
    }

    if (drawing->status == CIVIC_QR_OK && drawing->wants_svg) {
        drawing->status = civic_qr_svg(drawing->url.data, drawing->url.len,
                                       &look, &drawing->svg);
    }
}


/* A short text is drawn here: to hand it to a thread would take longer. */
static civic_result_t
draw_somewhere(civic_request_t *r, drawing_t *drawing)
{
    civic_result_t  rc = CIVIC_OK;

    if (drawing->url.len <= CIVIC_QR_ON_LOOP) {
        draw(drawing);

    } else {
        rc = civic_offload(r, CIVIC_THREADS_WORK, draw, drawing);
    }

    if (rc == CIVIC_OK && drawing->status != CIVIC_QR_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "the qr code of a ticket cannot be "
                  "drawn: %s", civic_qr_status_name(drawing->status));
        rc = CIVIC_ERROR;
    }

    return rc;
}


/* ---- what it is made of ------------------------------------------------ */

/* Two digits, each pair as likely as any other. */
static civic_result_t
choose_number(civic_request_t *r, char number[TICKET_NUMBER + 1])
{
    civic_result_t  rc;
    unsigned char   chance;

    do {
        rc = civic_random(r, &chance, 1);
        if (rc != CIVIC_OK) {
            return rc;
        }
    } while (chance >= 200);

    number[0] = (char) ('0' + chance / 10 % 10);
    number[1] = (char) ('0' + chance % 10);
    number[2] = '\0';

    return CIVIC_OK;
}


static civic_result_t
choose(civic_request_t *r, begun_t *begun)
{
    civic_result_t  rc;
    unsigned char   bytes[2 * TICKET_BYTES];

    rc = civic_random(r, bytes, sizeof(bytes));
    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_base64_encode_url(bytes, TICKET_BYTES, begun->ticket);
    civic_base64_encode_url(bytes + TICKET_BYTES, TICKET_BYTES,
                            begun->secret);

    return choose_number(r, begun->number);
}


/* *answered: this address has begun too many. */
static civic_result_t
ask_rule(civic_request_t *r, begun_t *begun, int *answered)
{
    json_t            *rule;
    int64_t            window, most;
    civic_result_t     rc;
    shared_guesses_t   from = { .of = &counting };

    rc = civic_rule(r, "ticket", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    begun->life = shared_rule_number(rule, "life", LIFE_FALLBACK, LIFE_MIN,
                                     LIFE_MAX);
    begun->refresh_in = shared_rule_number(rule, "refresh_in", begun->life, 1,
                                           LIFE_MAX);
    window = shared_rule_number(rule, "window", WINDOW_FALLBACK, 1, 86400);
    most = shared_rule_number(rule, "tickets", TICKETS_FALLBACK, 1, INT32_MAX);

    rc = shared_guesses_address(r, &counting, window, &from);
    if (rc != CIVIC_OK || from.address_attempts <= most) {
        return rc;
    }

    civic_count(r, LOGIN_REFUSED, 1);
    *answered = 1;

    return civic_problem_with(r, &(civic_problem_t) {
                                  .code = "too_many_from_address",
                                  .retry_after = from.address_resets_in,
                                  .with_rule = 1,
                              });
}


/* ---- keeping and telling it -------------------------------------------- */

static civic_result_t
keep(civic_request_t *r, begun_t *begun)
{
    char                  browser[CIVIC_BROWSER_TEXT];
    civic_str_t           key, agent, args[7];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    begun->expires_at = now + begun->life * 1000;

    rc = ticket_digest(r, civic_cstr(begun->secret), &args[0]);
    if (rc != CIVIC_OK) {
        return rc;
    }

    agent = civic_header(r, "user-agent");
    key = ticket_key(r, civic_cstr(begun->ticket));

    args[1] = civic_cstr(begun->number);
    args[2] = shared_decimal(r, now);
    args[3] = shared_decimal(r, begun->expires_at);
    args[4] = shared_address_class(r, civic_remote_addr(r));
    args[5].len = civic_browser_summary(agent.data, agent.len, browser);
    args[5].data = browser;
    args[6] = shared_decimal(r, (begun->life + TICKET_SPARE) * 1000);

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_ticket_begin",
                          .keys = &key, .nkeys = 1, .args = args, .nargs = 7,
                      }, &value);

    return rc != CIVIC_OK || value->integer == 1 ? rc : CIVIC_ERROR;
}


static civic_result_t
tell(civic_request_t *r, const begun_t *begun, const drawing_t *drawing)
{
    int              cookie = shared_cookie_wanted(r);
    civic_str_t      ticket = civic_cstr(begun->ticket);
    civic_writer_t  *w = civic_reply(r, 201);

    civic_write_str(r, w, "ticket", ticket);

    if (!cookie) {
        civic_write_str(r, w, "secret", civic_cstr(begun->secret));
    }

    civic_write_str(r, w, "number", civic_cstr(begun->number));
    civic_write_str(r, w, "url", begun->url);

    if (drawing->png != NULL) {
        civic_write_str(r, w, "qr_png", civic_cstr(drawing->png));
    }

    if (drawing->svg.len > 0) {
        civic_write_str(r, w, "qr_svg",
                        (civic_str_t) { (char *) drawing->svg.data,
                                        drawing->svg.len });
    }

    civic_write_instant(r, w, "expires_at", begun->expires_at);
    civic_write_int(r, w, "refresh_in", begun->refresh_in);
    civic_count(r, LOGIN_TICKETS, 1);

    return cookie ? shared_cookie_set(r, ticket_cookie(r, ticket),
                                      civic_cstr(begun->secret),
                                      begun->life + TICKET_SPARE)
                  : CIVIC_OK;
}


static void
read_format(civic_request_t *r, drawing_t *drawing)
{
    civic_str_t  format = civic_body_str(r, "format");

    drawing->wants_svg = civic_str_eq(format, CIVIC_STR("svg"))
                         || civic_str_eq(format, CIVIC_STR("both"));
    drawing->wants_png = !civic_str_eq(format, CIVIC_STR("svg"));
}


civic_result_t
login_ticket_begin(civic_request_t *r)
{
    int             answered = 0;
    begun_t         begun;
    drawing_t       drawing;
    civic_result_t  rc;

    memset(&begun, 0, sizeof(begun));
    memset(&drawing, 0, sizeof(drawing));

    rc = login_channel_check(r, "alipay_qr", &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = ask_rule(r, &begun, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    rc = choose(r, &begun);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = ticket_url(r, civic_cstr(begun.ticket), &begun.url, &answered);
    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    drawing.url = begun.url;
    read_format(r, &drawing);
    rc = draw_somewhere(r, &drawing);

    if (rc == CIVIC_OK) {
        rc = keep(r, &begun);
    }

    if (rc == CIVIC_OK) {
        rc = tell(r, &begun, &drawing);
    }

    free(drawing.png);
    civic_qr_buffer_free(&drawing.svg);

    return rc;
}
