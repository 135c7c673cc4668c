/*
 * multipart_test.c - the one file in a body, however the body arrives.
 *
 * Every message is given whole, in two pieces at every place, in single
 * bytes, and into buffers of one byte: always with the same end.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "multipart.h"

#define TYPE   "multipart/form-data; boundary=XX"
#define DISPO  "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n"
#define JPEG   "Content-Type: image/jpeg\r\n"
#define HEAD   "--XX\r\n" DISPO JPEG "\r\n"
#define END    "\r\n--XX--\r\n"

typedef struct {
    civic_multipart_state_t  state;
    size_t                   len;
    char                     bytes[16384];
    char                     type[CIVIC_MULTIPART_TYPE + 1];
} outcome_t;

static civic_multipart_t  parser;


static void
feed(outcome_t *out, const char *bytes, size_t len, size_t room)
{
    size_t                    written;
    civic_str_t               in = { bytes, len };
    civic_multipart_state_t   state;

    do {
        state = civic_multipart_feed(&parser, &in, out->bytes + out->len, room,
                                     &written);
        assert_true(written <= room);
        out->len += written;
        assert_true(out->len <= sizeof(out->bytes));

        if (state == CIVIC_MULTIPART_MORE && in.len != 0) {
            assert_int_equal(written, room);    /* it stops for nothing else */
        }

    } while (in.len != 0 && state == CIVIC_MULTIPART_MORE);
}


static void
finish(outcome_t *out)
{
    const char  *type = civic_multipart_type(&parser);

    out->state = civic_multipart_end(&parser);
    (void) snprintf(out->type, sizeof(out->type), "%s",
                    type == NULL ? "(none)" : type);
}


static void
same(const outcome_t *a, const outcome_t *b, const char *how, size_t at)
{
    if (a->state != b->state || a->len != b->len
        || memcmp(a->bytes, b->bytes, a->len) != 0
        || strcmp(a->type, b->type) != 0)
    {
        fail_msg("%s at %zu: \"%s\" with %zu bytes of %s, not \"%s\" with "
                 "%zu of %s", how, at, civic_multipart_text(b->state), b->len,
                 b->type, civic_multipart_text(a->state), a->len, a->type);
    }
}


/* Of all the ways that the message can come. */
static const outcome_t *
outcome_len(const char *type, const char *bytes, size_t len)
{
    size_t            i;
    static outcome_t  whole, other;

    memset(&whole, 0, sizeof(whole));
    (void) civic_multipart_init(&parser, civic_cstr(type));
    feed(&whole, bytes, len, sizeof(whole.bytes));
    finish(&whole);

    for (i = 0; i <= len; i++) {
        other.len = 0;
        (void) civic_multipart_init(&parser, civic_cstr(type));
        feed(&other, bytes, i, 4096);
        feed(&other, bytes + i, len - i, 4096);
        finish(&other);
        same(&whole, &other, "split", i);
    }

    other.len = 0;
    (void) civic_multipart_init(&parser, civic_cstr(type));

    for (i = 0; i < len; i++) {
        feed(&other, bytes + i, 1, 4096);
    }

    finish(&other);
    same(&whole, &other, "in single bytes", 0);

    for (i = 1; i < 9; i++) {
        other.len = 0;
        (void) civic_multipart_init(&parser, civic_cstr(type));
        feed(&other, bytes, len, i);
        finish(&other);
        same(&whole, &other, "into room of", i);
    }

    return &whole;
}


static const outcome_t *
outcome(const char *type, const char *bytes)
{
    return outcome_len(type, bytes, strlen(bytes));
}


static void
refused(const char *bytes, civic_multipart_state_t state)
{
    const outcome_t  *out = outcome(TYPE, bytes);

    if (out->state != state) {
        fail_msg("\"%s\": %s, expected: %s", bytes,
                 civic_multipart_text(out->state),
                 civic_multipart_text(state));
    }
}


static void
content_len(const char *bytes, size_t len)
{
    char              message[8192];
    size_t            n = sizeof(HEAD) - 1;
    const outcome_t  *out;

    memcpy(message, HEAD, n);
    memcpy(message + n, bytes, len);
    memcpy(message + n + len, END, sizeof(END) - 1);

    out = outcome_len(TYPE, message, n + len + sizeof(END) - 1);

    assert_int_equal(out->state, CIVIC_MULTIPART_DONE);
    assert_int_equal(out->len, len);
    assert_memory_equal(out->bytes, bytes, len);
    assert_string_equal(out->type, "image/jpeg");
}


static void
content(const char *bytes)
{
    content_len(bytes, strlen(bytes));
}


static void
test_content(void **state)
{
    char    bytes[512];
    size_t  i;

    (void) state;

    content("");
    content("x");
    content("hello, world");

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char) i;
    }

    content_len(bytes, sizeof(bytes));
    content_len("\0\0\0", 3);
}


/* Whatever looks like the end and is not. */
static void
test_near_boundaries(void **state)
{
    (void) state;

    content("\r");
    content("\n");
    content("\r\n");
    content("\r\n\r\n");
    content("\r\r\n");
    content("\r\r\r\r");
    content("-");
    content("--X");
    content("a--XX--\r\n");
    content("a--XX\r\n--X");
    content("\n--XX--\n");
    content("\r--XX--");
    content("\r\n-");
    content("\r\n--");
    content("\r\n--X");
    content("\r\n--XY");
    content("\r\n--X\r\n--X\r\n-");
    content("\r\n--\r\n--\r\n--X");
    content("\r\n --XX--");
    content("\r\n--xx--");
    content("\r\n-\r\n--X\r");
    content("a\r\nb\r\n--X \r\nc");
}


static void
test_around(void **state)
{
    const outcome_t  *out;

    (void) state;

    out = outcome(TYPE, "\r\n" HEAD "x" END);
    assert_int_equal(out->state, CIVIC_MULTIPART_DONE);
    out = outcome(TYPE, "a preamble\r\n--X\r\n\r" "\r\n" HEAD "x" END
                        "an epilogue\r\n--XX\r\n");
    assert_int_equal(out->state, CIVIC_MULTIPART_DONE);
    assert_int_equal(out->len, 1);
    /* the empty line may be the delimiter's too: RFC 2046, body-part */
    out = outcome(TYPE, HEAD "--XX--");
    assert_int_equal(out->state, CIVIC_MULTIPART_DONE);
    assert_int_equal(out->len, 0);
    out = outcome(TYPE, "--XX \t \r\n" DISPO "\r\nx\r\n--XX--");
    assert_int_equal(out->state, CIVIC_MULTIPART_DONE);
    assert_string_equal(out->type, "text/plain");
}


/* As wx.uploadFile and browsers write them. */
static void
test_heads(void **state)
{
    size_t             i;
    const outcome_t   *out;
    static const char  *const good[] = {
        "content-disposition:form-data;name=f;filename=a\r\n" JPEG,
        "CONTENT-DISPOSITION: FORM-DATA; NAME=\"f\"; FILENAME=\"a\"\r\n" JPEG,
        JPEG "Content-Disposition: form-data; filename=\"\"\r\n",
        JPEG "Content-Disposition: form-data; filename*=UTF-8''%e7%85%a7\r\n",
        JPEG "Content-Disposition: form-data; filename=\"a\\\"; b\\\\\"\r\n",
        JPEG "Content-Disposition: form-data; filename=\"a;name=b\";\r\n",
        DISPO "Content-Type:image/JPEG ; q=\"a\"\r\n",
        DISPO "Content-Transfer-Encoding: Binary\r\n" JPEG,
        DISPO "X-Other: \x01\xff whatever: \"\r\n" JPEG
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char  message[1024];

        (void) snprintf(message, sizeof(message), "--XX\r\n%s\r\nx%s",
                        good[i], END);
        out = outcome(TYPE, message);

        if (out->state != CIVIC_MULTIPART_DONE) {
            fail_msg("%s: %s", good[i], civic_multipart_text(out->state));
        }

        assert_string_equal(out->type, "image/jpeg");
        assert_int_equal(out->len, 1);
    }
}


static void
test_part_types(void **state)
{
    (void) state;

    assert_string_equal(
        outcome(TYPE, "--XX\r\n" DISPO "Content-Type: \r\n\r\nx" END)->type,
        "");
    assert_string_equal(
        outcome(TYPE, "--XX\r\n" DISPO "Content-Type: image\r\n\r\nx"
                      END)->type, "");
    assert_string_equal(
        outcome(TYPE, "--XX\r\n" DISPO "Content-Type: image/\r\n\r\nx"
                      END)->type, "");
    assert_string_equal(
        outcome(TYPE, "--XX\r\n" DISPO "Content-Type: a/b c\r\n\r\nx"
                      END)->type, "");
    assert_string_equal(
        outcome(TYPE, "--XX\r\n" DISPO "Content-Type: image/"
                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                      "aa\r\n\r\nx" END)->type, "");
}


static void
test_no_file(void **state)
{
    (void) state;

    refused("", CIVIC_MULTIPART_TRUNCATED);
    refused("--XX--\r\n", CIVIC_MULTIPART_NO_PART);
    refused("--XX\r\n\r\nx" END, CIVIC_MULTIPART_NO_FILENAME);
    refused("--XX\r\n" JPEG "\r\nx" END, CIVIC_MULTIPART_NO_FILENAME);
    refused("--XX\r\nContent-Disposition: form-data; name=\"filename\"\r\n"
            "\r\nx" END, CIVIC_MULTIPART_NO_FILENAME);
    refused("--XX\r\nContent-Disposition: form-data; xfilename=a\r\n\r\nx"
            END, CIVIC_MULTIPART_NO_FILENAME);
    refused("--XX\r\n" DISPO "Content-Type: multipart/mixed; boundary=Y\r\n"
            "\r\nx" END, CIVIC_MULTIPART_NESTED);
    refused("--XX\r\n" DISPO "Content-Transfer-Encoding: base64\r\n\r\nx" END,
            CIVIC_MULTIPART_ENCODED);
}


static void
test_second_part(void **state)
{
    (void) state;

    refused(HEAD "x\r\n--XX\r\n" DISPO "\r\ny" END,
            CIVIC_MULTIPART_SECOND_PART);
    refused(HEAD "x\r\n--XX\r\n" "Content-Disposition: form-data; "
            "name=\"b\"\r\n\r\ny" END, CIVIC_MULTIPART_SECOND_PART);
    refused(HEAD "\r\n--XX\r\n", CIVIC_MULTIPART_SECOND_PART);
}


static void
test_truncated(void **state)
{
    size_t      len;
    const char  message[] = HEAD "hello\r\n--XX--";

    (void) state;

    for (len = 0; len < sizeof(message) - 1; len++) {
        assert_int_equal(outcome_len(TYPE, message, len)->state,
                         CIVIC_MULTIPART_TRUNCATED);
    }

    assert_int_equal(outcome(TYPE, message)->state, CIVIC_MULTIPART_DONE);
}


static void
test_malformed(void **state)
{
    (void) state;

    refused("--XXa\r\n", CIVIC_MULTIPART_MALFORMED);
    refused("--XX\n" DISPO "\r\nx" END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\rx", CIVIC_MULTIPART_MALFORMED);
    refused("--XX-\r\n", CIVIC_MULTIPART_MALFORMED);
    refused("--XX --\r\n", CIVIC_MULTIPART_MALFORMED);
    refused(HEAD "a\r\n--XXb" END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nno header\r\n\r\nx" END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\n: b\r\n\r\nx" END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\n" DISPO " folded\r\n\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\n" DISPO "A: b\nC: d\n\r\n\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nContent-Disposition : form-data\r\n\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nContent-Disposition: attachment; filename=a\r\n\r\nx"
            END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nContent-Disposition: form-data; filename=\"a\r\n\r\nx"
            END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nContent-Disposition: form-data; filename\r\n\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\nContent-Disposition: form-data, filename=a\r\n\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\n" DISPO DISPO "\r\nx" END, CIVIC_MULTIPART_MALFORMED);
    refused("--XX\r\n" DISPO JPEG JPEG "\r\nx" END,
            CIVIC_MULTIPART_MALFORMED);
}


/* What can grow is bounded: headers, what stands before, what behind. */
static void
test_endless(void **state)
{
    static char  message[12288];
    const char  *head = "--XX\r\n" DISPO "X: ";
    size_t       len, most;

    (void) state;

    memset(message, 'a', sizeof(message));
    assert_int_equal(outcome_len(TYPE, message, 4097)->state,
                     CIVIC_MULTIPART_MALFORMED);

    memset(message, ' ', sizeof(message));
    memcpy(message, "--XX", 4);
    assert_int_equal(outcome_len(TYPE, message, 4200)->state,
                     CIVIC_MULTIPART_MALFORMED);

    len = strlen(HEAD "x" END);
    memset(message, 'e', sizeof(message));
    memcpy(message, HEAD "x" END, len);
    assert_int_equal(outcome_len(TYPE, message, len + 4000)->state,
                     CIVIC_MULTIPART_DONE);
    assert_int_equal(outcome_len(TYPE, message, len + 4100)->state,
                     CIVIC_MULTIPART_MALFORMED);

    /* headers of just 4096 bytes, and of one more */
    most = 6 + CIVIC_MULTIPART_HEADERS - 4;
    memset(message, 'h', sizeof(message));
    memcpy(message, head, strlen(head));
    memcpy(message + most, "\r\n\r\nx" END, strlen("\r\n\r\nx" END));
    assert_int_equal(outcome_len(TYPE, message,
                                 most + strlen("\r\n\r\nx" END))->state,
                     CIVIC_MULTIPART_DONE);
    memset(message + most, 'h', 16);
    memcpy(message + most + 1, "\r\n\r\nx" END, strlen("\r\n\r\nx" END));
    assert_int_equal(outcome_len(TYPE, message,
                                 most + 1 + strlen("\r\n\r\nx" END))->state,
                     CIVIC_MULTIPART_LARGE_HEADERS);
}


static void
begins(const char *type, civic_multipart_state_t state)
{
    civic_multipart_state_t  found;

    found = civic_multipart_init(&parser, civic_cstr(type));

    if (found != state) {
        fail_msg("\"%s\": %s", type, civic_multipart_text(found));
    }
}


static void
test_boundaries(void **state)
{
    char  type[256], message[1024], name[80];

    (void) state;

    begins("multipart/form-data; boundary=a", CIVIC_MULTIPART_MORE);
    begins("Multipart/Form-Data ;\tBOUNDARY=\"a b'()+_,-./:=?\"; charset=x",
           CIVIC_MULTIPART_MORE);
    begins("multipart/form-data", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data;", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=\"\"", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=\"a", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=\"a \"",
           CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=\"a\\b\"",
           CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=a; boundary=b",
           CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=a b", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/form-data; boundary=\"a\r\nb\"",
           CIVIC_MULTIPART_NO_BOUNDARY);
    begins("multipart/mixed; boundary=a", CIVIC_MULTIPART_NO_BOUNDARY);
    begins("", CIVIC_MULTIPART_NO_BOUNDARY);

    memset(name, 'b', sizeof(name));
    (void) snprintf(type, sizeof(type), "multipart/form-data; boundary=%.71s",
                    name);
    begins(type, CIVIC_MULTIPART_LONG_BOUNDARY);
    assert_int_equal(outcome(type, HEAD "x" END)->state,
                     CIVIC_MULTIPART_LONG_BOUNDARY);

    (void) snprintf(type, sizeof(type), "multipart/form-data; boundary=%.70s",
                    name);
    (void) snprintf(message, sizeof(message), "--%.70s\r\n" DISPO JPEG
                    "\r\nx\r\n--%.69s\r\n--%.70s--\r\n", name, name, name);
    assert_int_equal(outcome(type, message)->state, CIVIC_MULTIPART_DONE);
    assert_int_equal(outcome(type, message)->len, 1 + 4 + 69);

    /* one that looks like lines of its own */
    assert_int_equal(
        outcome("multipart/form-data; boundary=--",
                "----\r\n" DISPO "\r\n--\r\n---\r\n------\r\n")->state,
        CIVIC_MULTIPART_DONE);
}


static void
test_media_types(void **state)
{
    char  type[CIVIC_MULTIPART_TYPE + 1];

    (void) state;

    assert_int_equal(civic_media_type(CIVIC_STR("Image/JPEG"), type), 0);
    assert_string_equal(type, "image/jpeg");
    assert_int_equal(civic_media_type(CIVIC_STR(" a/b+c.d ; x=y"), type), 0);
    assert_string_equal(type, "a/b+c.d");
    assert_int_equal(civic_media_type(CIVIC_STR("a/b, c/d"), type), -1);
    assert_string_equal(type, "");
    assert_int_equal(civic_media_type(CIVIC_STR("a"), type), -1);
    assert_int_equal(civic_media_type(CIVIC_STR("/b"), type), -1);
    assert_int_equal(civic_media_type(CIVIC_STR(""), type), -1);

    assert_true(civic_multipart_is(CIVIC_STR("multipart/FORM-data;boundary=")));
    assert_false(civic_multipart_is(CIVIC_STR("multipart/form-datax")));
    assert_false(civic_multipart_is(CIVIC_STR("image/png")));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_near_boundaries),
        cmocka_unit_test(test_around),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_part_types),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_second_part),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_media_types)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
