/*
 * ticket_world.h - what the tests of the login by QR code stand on: tickets
 * that are begun, scanned, confirmed.
 */

#ifndef TICKET_WORLD_H
#define TICKET_WORLD_H

#include "login_world.h"

#define CHROME  "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) "      \
                "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "    \
                "Safari/537.36"
#define ORIGIN  "Origin: https://exam.example"
#define COOKIE  "Civic-Session: cookie"

#define BEGIN    "/login/qr-tickets"
#define WAIT     "/login/qr-tickets/wait"
#define REDEEM   "/login/qr-tickets/redeem"
#define SCAN     "/login/qr-tickets/scan"
#define CONFIRM  "/login/qr-tickets/confirm"
#define REFUSE   "/login/qr-tickets/refuse"

#define CONSENT  "{\"version\":1,\"language\":\"zh\",\"flags\":{},"           \
                 "\"method\":\"tick_and_button\",\"channel\":\"alipay\"}"

typedef struct {
    char  ticket[32];
    char  secret[32];
    char  number[4];
} begun_t;


/* ---- steps ------------------------------------------------------------- */

UNUSED static const char *
text(const char *fmt, ...)
{
    va_list          args;
    static char      texts[32][1024];
    static unsigned  turn;

    char  *out = texts[turn++ % 32];

    va_start(args, fmt);
    vsnprintf(out, sizeof(texts[0]), fmt, args);
    va_end(args);

    return out;
}


UNUSED static fake_reply_t *
say(const char *path, const char *token, const char *body)
{
    fake_reply_t  *rep;

    rep = fake_request(h, CIVIC_POST, path,
                       &(fake_request_t) { .token = token, .body = body });

    if (rep->undocumented != NULL) {
        tell_log();
    }

    assert_null(rep->undocumented);

    return rep;
}


UNUSED static begun_t
begin(void)
{
    begun_t        begun;
    fake_reply_t  *rep;

    rep = fake_request(h, CIVIC_POST, BEGIN,
                       &(fake_request_t) { .body = "{}",
                                           .headers = { CHROME } });
    assert_int_equal(rep->status, 201);
    assert_null(rep->undocumented);
    snprintf(begun.ticket, sizeof(begun.ticket), "%s",
             fake_text(rep, "ticket"));
    snprintf(begun.secret, sizeof(begun.secret), "%s",
             fake_text(rep, "secret"));
    snprintf(begun.number, sizeof(begun.number), "%s",
             fake_text(rep, "number"));

    return begun;
}


UNUSED static const char *
only(const begun_t *begun)
{
    return text("{\"ticket\":\"%s\"}", begun->ticket);
}


UNUSED static const char *
with_secret(const begun_t *begun)
{
    return text("{\"ticket\":\"%s\",\"secret\":\"%s\"}", begun->ticket,
                begun->secret);
}


UNUSED static const char *
with_number(const begun_t *begun, const char *number)
{
    return text("{\"ticket\":\"%s\",\"number\":\"%s\"}", begun->ticket,
                number);
}


UNUSED static const char *
knowing(const begun_t *begun, const char *state)
{
    return text("{\"ticket\":\"%s\",\"secret\":\"%s\",\"state\":\"%s\"}",
                begun->ticket, begun->secret, state);
}


/* A number that it is not. */
UNUSED static const char *
other_number(const begun_t *begun)
{
    return text("%c%c", begun->number[0] == '9' ? '0' : begun->number[0] + 1,
                begun->number[1]);
}


/* The state that is answered at once to who knows another. */
UNUSED static const char *
state_of(const begun_t *begun)
{
    fake_reply_t  *rep;

    rep = say(WAIT, NULL, knowing(begun, "new"));
    assert_int_equal(rep->status, 200);

    return fake_text(rep, "state");
}


/* Why it is refused. */
UNUSED static const char *
reason_of(const begun_t *begun)
{
    return fake_text(say(WAIT, NULL, knowing(begun, "new")), "reason");
}


/* A session of a citizen that began in Alipay. */
UNUSED static const char *
phone_of(const char *number)
{
    return fake_session_with(h, &(civic_session_spec_t) {
        .pid = civic_cstr(fake_person_id(h, number)),
        .roles = CIVIC_CITIZEN, .method = "alipay", .lifetime = 3600,
        .refresh = 60, .device = CIVIC_STR("phone"),
    });
}


UNUSED static const char *
phone(void)
{
    return phone_of(NUMBER);
}


UNUSED static void
consents(int given)
{
    fake_answer_call(h, "civic.consent", CIVIC_OK,
                     given ? json_pack("{s:s}", "id", "c1") : json_object());
}


UNUSED static int
reset_all(void **state)
{
    reset(state);
    fake_answer_call(h, "alipay.app", CIVIC_OK,
                     json_pack("{s:s, s:s}", "app_id", "2021000000000001",
                               "mini_app_id", "2021000000000002"));
    consents(1);

    return 0;
}


UNUSED static begun_t
scanned(const char *token)
{
    begun_t  begun = begin();

    assert_int_equal(say(SCAN, token, only(&begun))->status, 200);

    return begun;
}


UNUSED static begun_t
confirmed(const char *token)
{
    begun_t        begun = scanned(token);
    fake_reply_t  *rep;

    rep = say(CONFIRM, token, with_number(&begun, begun.number));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "state"), "confirmed");

    return begun;
}


UNUSED static void
is_refused(fake_reply_t *rep, int status, const char *code)
{
    assert_string_equal(rep->code, code);
    assert_int_equal(rep->status, status);
}


#define TEST(name)  cmocka_unit_test_setup(name, reset_all)

#endif
