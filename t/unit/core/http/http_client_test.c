/*
 * http_client_test.c - answers in pieces of every size, hostile ones, and
 * each way in which one can end too early.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "http_client.h"

#define MOST  100

#define OK_HEAD   "HTTP/1.1 200 OK\r\n"
#define CHUNKED   OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"

static civic_arena_t  *arena;


static int
set_up(void **state)
{
    (void) state;
    arena = civic_arena_create(4096, 1024 * 1024);

    return arena == NULL ? -1 : 0;
}


static int
tear_down(void **state)
{
    (void) state;
    civic_arena_destroy(arena);

    return 0;
}


/* The state after the text, given in two pieces, and the end if it asks. */
static civic_http_state_t
parse_split(civic_http_parser_t *p, civic_str_t text, size_t at, size_t *used)
{
    size_t              more = 0;
    civic_http_state_t  state;

    civic_http_parser_reset(p);
    state = civic_http_feed(p, text.data, at, used);

    if (state == CIVIC_HTTP_MORE) {
        assert_int_equal(*used, at);
        state = civic_http_feed(p, text.data + at, text.len - at, &more);
        *used += more;
    }

    return state;
}


/* One state, whatever the split; and byte by byte. */
static void
all_splits(civic_str_t text, int bodiless, civic_http_state_t expected,
    civic_http_state_t at_end)
{
    size_t                at, used;
    civic_http_state_t    state;
    civic_http_parser_t  *p = civic_http_parser_create(MOST, bodiless);

    assert_non_null(p);

    for (at = 0; at <= text.len; at++) {
        state = parse_split(p, text, at, &used);
        assert_int_equal(state, expected);

        if (state == CIVIC_HTTP_MORE) {
            assert_int_equal(used, text.len);
            assert_int_equal(civic_http_end(p), at_end);
        }

        /* final states stay */
        assert_int_equal(civic_http_feed(p, "x", 1, &used), at_end);
        assert_int_equal(used, 0);
        assert_int_equal(civic_http_end(p), at_end);
    }

    civic_http_parser_reset(p);

    for (at = 0, state = CIVIC_HTTP_MORE;
         at < text.len && state == CIVIC_HTTP_MORE; at++)
    {
        state = civic_http_feed(p, text.data + at, 1, &used);
    }

    assert_int_equal(state, expected);
    civic_http_parser_free(p);
}


static void
is_final(const char *text, civic_http_state_t state)
{
    all_splits(civic_cstr(text), 0, state, state);
}


/* Whole, in every split: the answer. */
static const civic_http_reply_t *
whole(const char *text, int *keeps)
{
    size_t                     used;
    civic_http_parser_t       *p = civic_http_parser_create(MOST, 0);
    const civic_http_reply_t  *reply;

    is_final(text, CIVIC_HTTP_DONE);
    assert_int_equal(civic_http_feed(p, text, strlen(text), &used),
                     CIVIC_HTTP_DONE);
    assert_int_equal(used, strlen(text));
    *keeps = civic_http_keeps(p);
    reply = civic_http_reply(p, arena);
    assert_non_null(reply);
    civic_http_parser_free(p);

    return reply;
}


static void
test_length(void **state)
{
    int                        keeps;
    const civic_http_reply_t  *rep;

    (void) state;

    rep = whole(OK_HEAD "Content-Type: text/plain \r\nX-A:\t1\r\nx-b:\r\n"
                "Content-Length: 5\r\n\r\nhello", &keeps);

    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->body.data, "hello");
    assert_string_equal(rep->content_type.data, "text/plain");
    assert_int_equal(rep->nheaders, 4);
    assert_string_equal(rep->headers[1].name, "x-a");
    assert_string_equal(rep->headers[1].value.data, "1");
    assert_string_equal(rep->headers[2].value.data, "");
    assert_true(keeps);

    rep = whole("HTTP/1.1 599\r\nContent-Length: 0\r\n\r\n", &keeps);
    assert_int_equal(rep->status, 599);
    assert_int_equal(rep->body.len, 0);
    assert_string_equal(rep->content_type.data, "");
}


static void
test_chunks(void **state)
{
    int                        keeps;
    const civic_http_reply_t  *rep;

    (void) state;

    rep = whole(CHUNKED "5\r\nhello\r\n1;a=\"b\"\r\n,\r\n00A\r\n 123456789"
                "\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", &keeps);

    assert_string_equal(rep->body.data, "hello, 123456789");
    assert_int_equal(rep->nheaders, 0);
    assert_true(keeps);

    rep = whole(CHUNKED "0\r\n\r\n", &keeps);
    assert_int_equal(rep->body.len, 0);
}


static void
test_no_body(void **state)
{
    int  keeps;

    (void) state;

    assert_int_equal(whole("HTTP/1.1 204 No Content\r\n\r\n", &keeps)->status,
                     204);
    assert_true(keeps);
    assert_int_equal(whole("HTTP/1.1 304 x\r\nContent-Length: 7\r\n\r\n",
                           &keeps)->body.len, 0);

    all_splits(CIVIC_STR(OK_HEAD "Content-Length: 7\r\n\r\n"), 1,
               CIVIC_HTTP_DONE, CIVIC_HTTP_DONE);
}


static void
test_until_close(void **state)
{
    size_t                used;
    civic_http_parser_t  *p = civic_http_parser_create(MOST, 0);

    (void) state;

    all_splits(CIVIC_STR(OK_HEAD "\r\nuntil the end"), 0, CIVIC_HTTP_MORE,
               CIVIC_HTTP_DONE);
    all_splits(CIVIC_STR(OK_HEAD "\r\n"), 0, CIVIC_HTTP_MORE,
               CIVIC_HTTP_DONE);

    civic_http_feed(p, OK_HEAD "\r\nabc", 22, &used);
    assert_int_equal(civic_http_end(p), CIVIC_HTTP_DONE);
    assert_false(civic_http_keeps(p));
    assert_string_equal(civic_http_reply(p, arena)->body.data, "abc");
    civic_http_parser_free(p);
}


static void
test_keeps(void **state)
{
    int  keeps;

    (void) state;

#define TELLS(version, connection, expected)                                  \
    (void) whole("HTTP/" version " 200 OK\r\n" connection                     \
                 "Content-Length: 0\r\n\r\n", &keeps);                        \
    assert_int_equal(keeps, expected)

    TELLS("1.1", "", 1);
    TELLS("1.1", "Connection: close\r\n", 0);
    TELLS("1.1", "Connection: x, Close \r\n", 0);
    TELLS("1.1", "Connection: closed\r\n", 1);
    TELLS("1.0", "", 0);
    TELLS("1.0", "Connection: Keep-Alive\r\n", 1);
    TELLS("1.1", "Connection: keep-alive,close\r\n", 0);
}


static void
test_interim(void **state)
{
    int                        i, keeps;
    char                       text[1024] = "";
    const civic_http_reply_t  *rep;

    (void) state;

    rep = whole("HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 103 Early\r\nConnection: close\r\nLink: x\r\n\r\n"
                OK_HEAD "Content-Length: 2\r\n\r\nok", &keeps);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rep->nheaders, 1);
    assert_true(keeps);

    for (i = 0; i < CIVIC_HTTP_MAX_INTERIM + 1; i++) {
        strcat(text, "HTTP/1.1 102 x\r\n\r\n");
    }

    is_final(text, CIVIC_HTTP_HEAD_TOO_LARGE);
    is_final("HTTP/1.1 101 Upgraded\r\n", CIVIC_HTTP_BAD_STATUS);
}


static void
test_cut(void **state)
{
    (void) state;

#define CUT(text, expected)                                                   \
    all_splits(CIVIC_STR(text), 0, CIVIC_HTTP_MORE, expected)

    CUT("", CIVIC_HTTP_CUT_BEFORE);
    CUT("H", CIVIC_HTTP_CUT_HEAD);
    CUT(OK_HEAD, CIVIC_HTTP_CUT_HEAD);
    CUT(OK_HEAD "Content-Length: 5\r\n", CIVIC_HTTP_CUT_HEAD);
    CUT(OK_HEAD "Content-Length: 5\r\n\r", CIVIC_HTTP_CUT_HEAD);
    CUT(OK_HEAD "Content-Length: 5\r\n\r\n", CIVIC_HTTP_CUT_BODY);
    CUT(OK_HEAD "Content-Length: 5\r\n\r\nhell", CIVIC_HTTP_CUT_BODY);
    CUT("HTTP/1.1 100 Continue\r\n\r\n", CIVIC_HTTP_CUT_HEAD);
    CUT(CHUNKED, CIVIC_HTTP_CUT_CHUNKS);
    CUT(CHUNKED "5", CIVIC_HTTP_CUT_CHUNKS);
    CUT(CHUNKED "5\r\nhello", CIVIC_HTTP_CUT_CHUNKS);
    CUT(CHUNKED "5\r\nhello\r\n", CIVIC_HTTP_CUT_CHUNKS);
    CUT(CHUNKED "5\r\nhello\r\n0\r\n", CIVIC_HTTP_CUT_CHUNKS);
    CUT(CHUNKED "5\r\nhello\r\n0\r\nX: y\r\n", CIVIC_HTTP_CUT_CHUNKS);
}


static void
test_bad_status(void **state)
{
    (void) state;

    is_final("HTTP/2.0 200 OK\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.2 200 OK\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1 099 OK\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1 600 OK\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1 20 OK\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1 2000\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1  200\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("\r\n", CIVIC_HTTP_BAD_STATUS);
    is_final("HTTP/1.1 200 OK\n", CIVIC_HTTP_BAD_STATUS);
    is_final("+PONG\r\n", CIVIC_HTTP_BAD_STATUS);
    all_splits(CIVIC_STR("HTTP/1.1 200 O\0K\r\n"), 0, CIVIC_HTTP_BAD_STATUS,
               CIVIC_HTTP_BAD_STATUS);
}


static void
test_bad_headers(void **state)
{
    (void) state;

    is_final(OK_HEAD "no colon\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD ": no name\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a b: c\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a : c\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a: b\r\n folded\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a: b\rc\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a: b\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a: \x01\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "a: \x7f\r\n", CIVIC_HTTP_BAD_HEADER);
    is_final(OK_HEAD "\xc3\xa4: b\r\n", CIVIC_HTTP_BAD_HEADER);
    all_splits(CIVIC_STR(OK_HEAD "a: b\0c\r\n"), 0, CIVIC_HTTP_BAD_HEADER,
               CIVIC_HTTP_BAD_HEADER);
}


static void
test_bad_lengths(void **state)
{
    (void) state;

#define LENGTH(value)  OK_HEAD "Content-Length: " value "\r\n"

    is_final(LENGTH(""), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("-1"), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("+1"), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("0x10"), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("5, 5"), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("18446744073709551617"), CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("5") "Content-Length: 5\r\n", CIVIC_HTTP_BAD_LENGTH);
    is_final(LENGTH("5") "Transfer-Encoding: chunked\r\n",
             CIVIC_HTTP_BAD_LENGTH);
    is_final(OK_HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
             CIVIC_HTTP_BAD_LENGTH);
    is_final(OK_HEAD "Transfer-Encoding: gzip, chunked\r\n",
             CIVIC_HTTP_BAD_LENGTH);
    is_final(OK_HEAD "Transfer-Encoding: identity\r\n",
             CIVIC_HTTP_BAD_LENGTH);
    is_final("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n",
             CIVIC_HTTP_BAD_LENGTH);
}


static void
test_bad_chunks(void **state)
{
    char  text[1024];

    (void) state;

    is_final(CHUNKED "\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "g\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "-1\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "1x\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "1\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "1000000000000000\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "1\r\nabc\r\n", CIVIC_HTTP_BAD_CHUNK);
    is_final(CHUNKED "0\r\nno trailer\r\n", CIVIC_HTTP_BAD_HEADER);

    (void) snprintf(text, sizeof(text), CHUNKED "1;%0300d\r\n", 0);
    is_final(text, CIVIC_HTTP_BAD_CHUNK);
}


static void
test_too_large(void **state)
{
    int          i;
    size_t       len;
    static char  text[16 * 1024];

    (void) state;

    is_final(LENGTH("101") "\r\n", CIVIC_HTTP_BODY_TOO_LARGE);
    is_final(LENGTH("999999999999999") "\r\n", CIVIC_HTTP_BODY_TOO_LARGE);
    is_final(CHUNKED "65\r\n", CIVIC_HTTP_BODY_TOO_LARGE);
    is_final(CHUNKED "fffffffffffffff\r\n", CIVIC_HTTP_BODY_TOO_LARGE);

    (void) sprintf(text, OK_HEAD "\r\n%0101d", 0);
    is_final(text, CIVIC_HTTP_BODY_TOO_LARGE);
    text[strlen(text) - 1] = '\0';
    all_splits(civic_cstr(text), 0, CIVIC_HTTP_MORE, CIVIC_HTTP_DONE);
    (void) sprintf(text, LENGTH("100") "\r\n%0100d", 0);
    is_final(text, CIVIC_HTTP_DONE);
    (void) sprintf(text, CHUNKED "32\r\n%050d\r\n32\r\n%050d\r\n1\r\n", 0, 0);
    is_final(text, CIVIC_HTTP_BODY_TOO_LARGE);

    len = (size_t) sprintf(text, OK_HEAD);
    for (i = 0; i <= CIVIC_HTTP_MAX_HEADERS; i++) {
        len += (size_t) sprintf(text + len, "h: %d\r\n", i);
    }
    is_final(text, CIVIC_HTTP_HEAD_TOO_LARGE);

    /* trailers are bounded too, and no line is endless */
    len = (size_t) sprintf(text, CHUNKED "0\r\n");
    for (i = 0; i < 100; i++) {
        len += (size_t) sprintf(text + len, "t: %050d\r\n", i);
    }
    is_final(text, CIVIC_HTTP_HEAD_TOO_LARGE);
}


/* Too long for every split: in pieces of one size. */
static void
test_endless_line(void **state)
{
    size_t                i, used;
    civic_http_state_t    rc = CIVIC_HTTP_MORE;
    civic_http_parser_t  *p = civic_http_parser_create(MOST, 0);

    (void) state;

    civic_http_feed(p, OK_HEAD "a: ", 20, &used);

    for (i = 0; i < 20000 && rc == CIVIC_HTTP_MORE; i++) {
        rc = civic_http_feed(p, "x", 1, &used);
    }

    assert_int_equal(rc, CIVIC_HTTP_HEAD_TOO_LARGE);
    assert_int_equal(i, CIVIC_HTTP_MAX_HEAD - 20 + 1);
    civic_http_parser_free(p);
}


/* What comes behind the answer is not taken: the connection is not kept. */
static void
test_more_than_asked(void **state)
{
    size_t                used;
    civic_str_t           text = CIVIC_STR(LENGTH("2") "\r\nokHTTP/1.1 200");
    civic_http_parser_t  *p = civic_http_parser_create(MOST, 0);

    (void) state;

    assert_int_equal(civic_http_feed(p, text.data, text.len, &used),
                     CIVIC_HTTP_DONE);
    assert_int_equal(used, text.len - 12);
    assert_string_equal(civic_http_reply(p, arena)->body.data, "ok");

    /* and a parser is as good as new */
    civic_http_parser_reset(p);
    assert_false(civic_http_began(p));
    assert_int_equal(civic_http_end(p), CIVIC_HTTP_CUT_BEFORE);
    civic_http_parser_free(p);
}


/* ---- the mark ------------------------------------------------------------ */

static void
test_judge(void **state)
{
    (void) state;

#define JUDGE(status, mark)  civic_http_judge(status, CIVIC_STR(mark))

    assert_int_equal(JUDGE(404, "unknown"), CIVIC_HTTP_NO_SUCH_NAME);
    assert_int_equal(JUDGE(200, ""), CIVIC_HTTP_FOREIGN);
    assert_int_equal(JUDGE(200, "sent=1"), CIVIC_HTTP_FOREIGN);
    assert_int_equal(JUDGE(200, "answered=1"), CIVIC_HTTP_FOREIGN);
    assert_int_equal(JUDGE(200, "unknown "), CIVIC_HTTP_FOREIGN);

    assert_int_equal(JUDGE(200, "sent=120 answered=0.004"),
                     CIVIC_HTTP_ANSWERED);
    assert_int_equal(JUDGE(502, "sent=120 answered=0.004"),
                     CIVIC_HTTP_ANSWERED);
    assert_int_equal(JUDGE(502, "sent=0, 120 answered=-, 0.004"),
                     CIVIC_HTTP_ANSWERED);

    assert_int_equal(JUDGE(502, "sent=0 answered=-"), CIVIC_HTTP_NOBODY);
    assert_int_equal(JUDGE(502, "sent=0, 0 answered=-, -"),
                     CIVIC_HTTP_NOBODY);
    assert_int_equal(JUDGE(502, "sent= answered="), CIVIC_HTTP_NOBODY);
    assert_int_equal(JUDGE(502, "sent=- answered=-"), CIVIC_HTTP_NOBODY);

    assert_int_equal(JUDGE(502, "sent=120 answered=-"), CIVIC_HTTP_LOST);
    assert_int_equal(JUDGE(504, "sent=120, 0 answered=-, -"),
                     CIVIC_HTTP_LOST);
    assert_int_equal(JUDGE(504, "sent=10, 120 answered=0.001, -"),
                     CIVIC_HTTP_LOST);
    assert_int_equal(JUDGE(502, "sent=x answered=-"), CIVIC_HTTP_LOST);

    assert_int_equal(JUDGE(400, "sent= answered="), CIVIC_HTTP_REFUSED);
    assert_int_equal(JUDGE(413, "sent= answered="), CIVIC_HTTP_REFUSED);
    assert_int_equal(JUDGE(500, "sent= answered="), CIVIC_HTTP_NOBODY);
}


static void
test_verdict(void **state)
{
    size_t                used;
    civic_str_t           text;
    civic_http_parser_t  *p = civic_http_parser_create(MOST, 0);

    (void) state;

    text = CIVIC_STR(LENGTH("0") "\r\n");
    civic_http_feed(p, text.data, text.len, &used);
    assert_int_equal(civic_http_verdict(p), CIVIC_HTTP_FOREIGN);

    civic_http_parser_reset(p);
    text = CIVIC_STR(LENGTH("0") "Civic-Upstream: sent=9 answered=0.000\r\n"
                     "\r\n");
    civic_http_feed(p, text.data, text.len, &used);
    assert_int_equal(civic_http_verdict(p), CIVIC_HTTP_ANSWERED);

    /* it is not shown to the plugin */
    assert_int_equal(civic_http_reply(p, arena)->nheaders, 1);
    civic_http_parser_free(p);
}


static void
test_texts(void **state)
{
    int  i, j;

    (void) state;

    for (i = CIVIC_HTTP_MORE; i <= CIVIC_HTTP_CUT_CHUNKS; i++) {
        for (j = CIVIC_HTTP_MORE; j < i; j++) {
            assert_string_not_equal(civic_http_text(i), civic_http_text(j));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_no_body),
        cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_interim),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_bad_status),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_lengths),
        cmocka_unit_test(test_bad_chunks),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_endless_line),
        cmocka_unit_test(test_more_than_asked),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
