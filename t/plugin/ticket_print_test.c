/*
 * ticket_print_test.c - the sheet: when there is one, what it is drawn of, and
 * what happens without an engine; and the door, which believes codes alone.
 */

#define _GNU_SOURCE

#include "exam_ticket_world.h"

#include <png.h>
#include <zbar.h>


/* ---- what the engine was asked ------------------------------------------ */

static const fake_http_seen_t *
last_asked(void)
{
    size_t                   n = 0;
    const fake_http_seen_t  *seen = NULL, *next;

    while ((next = fake_http_seen(h, n++)) != NULL) {
        seen = next;
    }

    assert_non_null(seen);

    return seen;
}


static int
is_in(const fake_http_seen_t *seen, const char *text)
{
    return memmem(seen->body, seen->len, text, strlen(text)) != NULL;
}


/* The text of the QR code among the parts. */
static const char *
code_of(const fake_http_seen_t *seen)
{
    static char           text[1024];
    png_image             image;
    const char           *png;
    unsigned char        *pixels;
    zbar_image_t         *picture;
    zbar_image_scanner_t *scanner;

    png = memmem(seen->body, seen->len, "\x89PNG\r\n\x1a\n", 8);
    assert_non_null(png);
    memset(&image, 0, sizeof(image));
    image.version = PNG_IMAGE_VERSION;
    assert_true(png_image_begin_read_from_memory(&image, png,
        seen->len - (size_t) (png - seen->body)));
    image.format = PNG_FORMAT_GRAY;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));

    scanner = zbar_image_scanner_create();
    /* QR codes alone: in the modules of some a bar code is found, too */
    zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    picture = zbar_image_create();
    zbar_image_set_format(picture, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(picture, image.width, image.height);
    zbar_image_set_data(picture, pixels, PNG_IMAGE_SIZE(image), NULL);
    assert_int_equal(zbar_scan_image(scanner, picture), 1);
    snprintf(text, sizeof(text), "%s",
             zbar_symbol_get_data(zbar_image_first_symbol(picture)));
    zbar_image_destroy(picture);
    zbar_image_scanner_destroy(scanner);
    free(pixels);

    return text;
}


/* Somebody who can print, and the code on the sheet. */
static const char *
printed(void)
{
    pays(0);
    seat_all();
    at(PRINTING);
    assert_int_equal(get("/ticket/tickets/" EXAM "/pdf", citizen)->status,
                     200);

    return code_of(last_asked());
}


/* ---- when ---------------------------------------------------------------- */

static void
test_not_before(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    pays(0);
    assert_string_equal(get("/ticket/tickets/" EXAM, citizen)->code,
                        "ticket_no_seat");
    seat_all();

    at(PRINTING - 1);
    rep = get("/ticket/tickets/" EXAM "/pdf", citizen);
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "ticket_not_yet");
    assert_string_equal(fake_text(rep, "possible_at"),
                        "2026-03-10T12:00:00+08:00");
    assert_string_equal(get("/ticket/tickets/" EXAM "/preview", citizen)
                        ->code, "ticket_not_yet");

    /* and the seat is nobody's to see yet */
    rep = get("/ticket/tickets/" EXAM, citizen);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "number"), "");
    assert_string_equal(fake_text(rep, "link"), "");
    assert_null(json_object_get(rep->json, "site"));

    at(PRINTING);
    rep = get("/ticket/tickets/" EXAM, citizen);
    assert_string_equal(fake_text(rep, "number"), number_of(0));
    assert_string_equal(fake_text(rep, "button"), "打印准考证");
    assert_true(strlen(fake_text(rep, "link")) > 40);

    at(OVER);
    assert_string_equal(get("/ticket/tickets/" EXAM "/pdf", citizen)->code,
                        "ticket_over");
}


static void
test_whose(void **state)
{
    json_t  *tickets;

    (void) state;
    pays(0);
    pays(1);
    seat_all();
    at(PRINTING);
    tickets = json_object_get(get("/ticket/tickets", citizen)->json,
                              "tickets");
    assert_int_equal(json_array_size(tickets), 1);

    /* who is entitled no more has no ticket, before anybody gave it back */
    leaves(0);
    assert_string_equal(get("/ticket/tickets/" EXAM "/pdf", citizen)->code,
                        "ticket_no_seat");
    tickets = json_object_get(get("/ticket/tickets", citizen)->json,
                              "tickets");
    assert_int_equal(json_array_size(tickets), 0);
    assert_string_equal(get("/ticket/tickets/no-such/pdf", citizen)->code,
                        "not_found");
    assert_string_equal(get("/ticket/tickets/No:Such/pdf", citizen)->code,
                        "not_found");
}


/* ---- what ---------------------------------------------------------------- */

static void
test_sheet(void **state)
{
    size_t                   i;
    fake_reply_t            *rep;
    const fake_http_seen_t  *seen;

    static const char *const  texts[] = {
        "青海省2026年公务员考试", "张伟", "男", NUMBER, "0101",
        "综合管理科员", "西宁市城东区人民政府", "西宁市第一中学",
        "西宁市城中区花园北街1号", "行政职业能力测验", "2026年3月12日",
        "09:00—11:00", "1. 凭证入场"
    };

    (void) state;
    pays(0);
    seat_all();
    at(PRINTING);
    rep = get("/ticket/tickets/" EXAM "/pdf", citizen);
    assert_int_equal(rep->status, 200);
    assert_string_equal(rep->content_type, "application/pdf");
    assert_string_equal(rep->body, PDF);
    assert_non_null(strstr(fake_header(rep, "Content-Disposition"),
                           "filename=\"ticket-" EXAM ".pdf\""));

    seen = last_asked();

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!is_in(seen, texts[i])) {
            fail_msg("\"%s\" is not on the sheet", texts[i]);
        }
    }

    assert_true(is_in(seen, number_of(0)));
    assert_false(is_in(seen, "法语"));  /* of another position */
    assert_true(fake_logged(h, "drawn without a photo"));
    assert_int_equal(fake_counter(h, "drawn"), 1);
}


static void
test_missing(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    pays(0);
    seat_all();
    at(PRINTING);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents",
        .content_type = "application/pdf", .body = PDF,
        .headers = { "Civic-Media: {\"pages\":1,\"missing\":[\"\\ud840"
                     "\\udc01\",\"\\u3400\"],\"cut\":[]}" } });
    rep = get("/ticket/tickets/" EXAM "/pdf", citizen);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_header(rep, "Civic-Missing"), "U+20001 U+3400");
    assert_true(fake_logged(h, "no font of the media engine has U+20001"));
}


/* ---- bad days ------------------------------------------------------------ */

static void
test_engine_down(void **state)
{
    size_t         i;
    fake_reply_t  *rep;

    const fake_http_answer_t  answers[] = {
        { .upstream = "media", .fault = FAKE_HTTP_NOT_SENT },
        { .upstream = "media", .fault = FAKE_HTTP_UNKNOWN },
        { .upstream = "media", .status = 503,
          .content_type = "application/problem+json", .body = "{}" },
        { .upstream = "media", .content_type = "text/html", .body = "hello" },
    };

    (void) state;
    pays(0);
    seat_all();
    at(PRINTING);

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        fake_answer_http(h, &answers[i]);
        rep = get("/ticket/tickets/" EXAM "/pdf", citizen);
        assert_int_equal(rep->status, 503);
        assert_string_equal(rep->code, "ticket_drawing_down");
        assert_int_equal(json_integer_value(json_object_get(rep->json,
                                                            "retry_after")),
                         10);
    }

    assert_int_equal(fake_counter(h, "drawing_down"), 4);
}


static void
test_turns(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    pays(0);
    seat_all();
    at(PRINTING);
    rep = checked(fake_request(h, CIVIC_GET, "/ticket/tickets/" EXAM "/pdf",
                               &(fake_request_t) { .token = citizen,
                                                   .no_turn = 1 }));
    assert_string_equal(rep->code, "ticket_drawing_down");
    assert_int_equal(fake_turns_held(h), 0);
}


/* ---- links --------------------------------------------------------------- */

static void
test_links(void **state)
{
    char  path[600], link[500];

    (void) state;
    pays(0);
    seat_all();
    at(PRINTING);
    snprintf(link, sizeof(link), "%s",
             fake_text(get("/ticket/tickets/" EXAM, citizen), "link"));
    snprintf(path, sizeof(path), "/ticket/links/%s/pdf", link);
    assert_int_equal(get(path, NULL)->status, 200);
    assert_true(is_in(last_asked(), "张伟"));

    /* nobody reads from it whose it is; one letter off is none */
    assert_null(strstr(link, fake_person_id(h, NUMBER)));
    path[sizeof("/ticket/links/") + 20] ^= 1;
    assert_string_equal(get(path, NULL)->code, "ticket_link_over");
    assert_string_equal(get("/ticket/links/a/pdf", NULL)->code,
                        "ticket_link_over");

    at(PRINTING + 301000);
    snprintf(path, sizeof(path), "/ticket/links/%s/preview", link);
    assert_string_equal(get(path, NULL)->code, "ticket_link_over");
}


/* ---- the door ------------------------------------------------------------ */

static fake_reply_t *
check_with(const char *code, const char *exam, const char *site)
{
    char  body[1400];

    snprintf(body, sizeof(body), "{\"token\":\"%s\",\"exam_id\":\"%s\"%s%s%s}",
             code, exam, site == NULL ? "" : ",\"site\":\"",
             site == NULL ? "" : site, site == NULL ? "" : "\"");

    return checked(fake_request(h, CIVIC_POST, "/ticket/checks",
                                &(fake_request_t) { .token = door,
                                                    .body = body }));
}


static fake_reply_t *
scan(const char *code)
{
    return check_with(code, EXAM, NULL);
}


static void
is_verdict(fake_reply_t *rep, const char *verdict)
{
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "verdict"), verdict);
    assert_true(strlen(fake_text(rep, "label")) > 0);
}


static void
test_genuine(void **state)
{
    char           code[1024];
    fake_reply_t  *rep;

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    assert_memory_equal(code, "CIVIC1:", 7);

    at(MORNING - HOUR);
    rep = scan(code);
    is_verdict(rep, "genuine");
    assert_string_equal(fake_text(rep, "number"), number_of(0));
    assert_string_equal(fake_text(rep, "name"), "张伟");
    assert_string_equal(fake_text(rep, "id_number"), "6301**********9996");
    assert_string_equal(fake_text(rep, "subject"), "xc");
    assert_string_equal(fake_text(rep, "already_at"), "");
    assert_string_equal(fake_audit_action(h, 0), "ticket.checked");

    /* with it somebody else, or the same one again */
    at(MORNING - HOUR + 60000);
    rep = scan(code);
    is_verdict(rep, "genuine");
    assert_string_equal(fake_text(rep, "already_at"),
                        "2026-03-12T08:00:00+08:00");
    assert_string_equal(fake_text(rep, "label"), "有效，但已有人入场");
    assert_int_equal(fake_counter(h, "checks_genuine"), 1);
    assert_int_equal(fake_counter(h, "checks_again"), 1);
}


/* A face that nobody has passed is nobody's to see. */
static void
test_photo(void **state)
{
    char  code[1024];

    static const char  blob[] = "AAAAAAAAAAAAAAAAAAAAAA";

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    at(MORNING);
    assert_string_equal(fake_text(scan(code), "photo_url"), "");
    photo_is("review", blob);
    assert_string_equal(fake_text(scan(code), "photo_url"), "");
    photo_is("passed", blob);
    assert_true(strlen(fake_text(scan(code), "photo_url")) > 40);
    photo_is("finished", blob);
    assert_true(strlen(fake_text(scan(code), "photo_url")) > 40);
}


static void
test_not_here_not_now(void **state)
{
    char           code[1024];
    fake_reply_t  *rep;

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());

    rep = scan(code);                   /* on the first day of printing */
    is_verdict(rep, "not_now");
    assert_string_equal(fake_text(rep, "possible_at"),
                        "2026-03-12T07:30:00+08:00");
    assert_string_equal(fake_text(rep, "name"), "张伟");

    at(MORNING);
    is_verdict(check_with(code, EXAM, "02"), "other_site");
    is_verdict(check_with(code, EXAM, "01"), "genuine");
    assert_string_equal(fake_text(scan(code), "already_at"),
                        "2026-03-12T09:00:00+08:00");
}


static void
test_forged(void **state)
{
    char           code[1024];
    size_t         i, len;
    unsigned       forged = 0;
    const char    *verdict;

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    len = strlen(code);
    at(MORNING);

    for (i = 7; i < len; i += 5) {
        char  was = code[i];

        code[i] = was == 'A' ? 'B' : 'A';
        verdict = fake_text(scan(code), "verdict");
        assert_true(strcmp(verdict, "forged") == 0
                    || strcmp(verdict, "unreadable") == 0);
        forged += strcmp(verdict, "forged") == 0;
        code[i] = was;
    }

    assert_true(forged > 5);
    is_verdict(scan("https://example.cn/"), "unreadable");
    is_verdict(scan("CIVIC1:"), "unreadable");
    assert_int_equal(fake_counter(h, "checks_genuine"), 0);
    is_verdict(scan(code), "genuine");
}


/* The same key signs other things, too; another key signs nothing. */
static civic_cwt_t
token_of(const char *exam, const char *number)
{
    civic_cwt_t  token = { .issuer_len = 1, .issuer = "x",
                           .issued_at = NOON / 1000,
                           .expires_at = OVER / 1000 };

    if (exam != NULL) {
        assert_int_equal(civic_cwt_add(&token, CIVIC_CWT_PRIVATE, exam,
                                       strlen(exam)), 0);
        assert_int_equal(civic_cwt_add(&token, CIVIC_CWT_PRIVATE - 1, number,
                                       strlen(number)), 0);
    }

    return token;
}


static void
signed_by(EVP_PKEY *pkey, const civic_cwt_t *token,
    char out[CIVIC_CWT_ROOM])
{
    BIO              *bio = BIO_new(BIO_s_mem());
    char             *pem, why[CIVIC_CWT_WHY];
    long              len;
    civic_cwt_key_t  *key;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL,
                                              NULL), 1);
    len = BIO_get_mem_data(bio, &pem);
    key = civic_cwt_key_read(pem, (size_t) len, why);
    assert_non_null(key);
    assert_int_equal(civic_cwt_sign_text(key, token, out), CIVIC_CWT_OK);
    civic_cwt_key_free(key);
    BIO_free(bio);
}


static void
test_other_keys(void **state)
{
    char         text[CIVIC_CWT_ROOM];
    EVP_PKEY    *stranger = EVP_EC_gen("P-256");
    civic_cwt_t  token;

    (void) state;
    (void) printed();
    at(MORNING);

    token = token_of(EXAM, number_of(0));
    signed_by(stranger, &token, text);
    is_verdict(scan(text), "forged");

    /* a key that signed before is believed; but the seat's giving is not the
       one that the code names */
    signed_by(old_key, &token, text);
    is_verdict(scan(text), "revoked");

    token = token_of(NULL, NULL);
    signed_by(old_key, &token, text);
    is_verdict(scan(text), "unreadable");

    token = token_of("other-exam", "63260100101");
    signed_by(old_key, &token, text);
    is_verdict(scan(text), "other_exam");
    EVP_PKEY_free(stranger);
}


static void
test_expired(void **state)
{
    char  code[1024];

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    at(MORNING + 2 * HOUR + DAY);
    is_verdict(scan(code), "expired");
    at(NOON);
    is_verdict(scan(code), "early");
    at(MORNING);
    assert_string_equal(check_with(code, "no-such", NULL)->code,
                        "ticket_exam_unknown");
}


/* Given back, and the seat somebody else's, or the same one's again. */
static void
test_revoked(void **state)
{
    char  code[1024], seat[32];

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    snprintf(seat, sizeof(seat), "%s", number_of(0));

    leaves(0);
    at(MORNING);
    is_verdict(scan(code), "revoked");  /* not given back yet */
    (void) entitlement(0, 0);
    is_verdict(scan(code), "revoked");

    pays(1);
    seat_all();
    assert_string_equal(number_of(1), seat);
    is_verdict(scan(code), "revoked");

    leaves(1);
    (void) entitlement(1, 0);
    pays(0);
    seat_all();
    assert_string_equal(number_of(0), seat);
    is_verdict(scan(code), "revoked");
    assert_int_equal(fake_counter(h, "checks_turned_away"), 4);
}


static void
test_roles(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    rep = fake_request(h, CIVIC_POST, "/ticket/checks", &(fake_request_t) {
                           .token = citizen, .body = "{\"token\":\"a\","
                           "\"exam_id\":\"" EXAM "\"}" });
    assert_int_equal(rep->status, 403);
}


static void
test_keys(void **state)
{
    json_t           *list, *one;
    char              code[1024], why[CIVIC_CWT_WHY];
    const char       *pem;
    civic_cwt_t       token;
    fake_reply_t     *rep;
    civic_cwt_key_t  *key;

    (void) state;
    snprintf(code, sizeof(code), "%s", printed());
    rep = get("/ticket/keys", NULL);
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "issuer"), "exam.example");
    list = json_object_get(rep->json, "keys");
    assert_int_equal(json_array_size(list), 2);
    one = json_array_get(list, 0);
    assert_true(json_is_true(json_object_get(one, "signs")));
    pem = json_string_value(json_object_get(one, "public_key"));

    /* who has only this verifies */
    key = civic_cwt_key_read(pem, strlen(pem), why);
    assert_non_null(key);
    assert_int_equal(civic_cwt_key_signs(key), 0);
    assert_int_equal(civic_cwt_verify_text(
                         (const civic_cwt_key_t *const *) &key, 1, code,
                         strlen(code), PRINTING / 1000, 60, &token),
                     CIVIC_CWT_OK);
    assert_int_equal(token.ntexts, 5);
    civic_cwt_key_free(key);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_not_before, reset),
        cmocka_unit_test_setup(test_whose, reset),
        cmocka_unit_test_setup(test_sheet, reset),
        cmocka_unit_test_setup(test_missing, reset),
        cmocka_unit_test_setup(test_engine_down, reset),
        cmocka_unit_test_setup(test_turns, reset),
        cmocka_unit_test_setup(test_links, reset),
        cmocka_unit_test_setup(test_genuine, reset),
        cmocka_unit_test_setup(test_photo, reset),
        cmocka_unit_test_setup(test_not_here_not_now, reset),
        cmocka_unit_test_setup(test_forged, reset),
        cmocka_unit_test_setup(test_other_keys, reset),
        cmocka_unit_test_setup(test_expired, reset),
        cmocka_unit_test_setup(test_revoked, reset),
        cmocka_unit_test_setup(test_roles, reset),
        cmocka_unit_test_setup(test_keys, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
