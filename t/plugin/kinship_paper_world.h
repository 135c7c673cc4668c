/*
 * kinship_paper_world.h - what the tests of codes on paper stand on: keys, a
 * family, a media engine that draws nothing, and a scanner.
 */

#ifndef KINSHIP_PAPER_WORLD_H
#define KINSHIP_PAPER_WORLD_H

static char  signing[96], old[96];

#define KINSHIP_OPTIONS  signing, old, "issuer=city.example"

#include "kinship_world.h"

#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <png.h>
#include <zbar.h>

#include "cwt.h"
#include "paper_labels.h"
#include "revocations.h"

#define PNG    "\x89PNG\r\n\x1a\n"
#define DRAWN  "Civic-Media: {\"pages\":1,\"missing\":[],\"cut\":[]}"
#define VALID  (168 * HOUR)

static char              keys[2][64];
static civic_cwt_key_t  *believed[1];


/* ---- the world ---------------------------------------------------------- */

UNUSED static void
make_key(unsigned n, const char *option, char *out, int private)
{
    int        fd;
    char       why[CIVIC_CWT_WHY], pem[1024] = "";
    FILE      *file;
    EVP_PKEY  *pkey = EVP_EC_gen("P-256");

    snprintf(keys[n], sizeof(keys[n]), "/tmp/civic-kinship-XXXXXX");
    fd = mkstemp(keys[n]);
    assert_true(fd >= 0);
    file = fdopen(fd, "w+");
    assert_int_equal(private ? PEM_write_PrivateKey(file, pkey, NULL, NULL,
                                                    0, NULL, NULL)
                             : PEM_write_PUBKEY(file, pkey), 1);
    rewind(file);

    if (private) {
        assert_true(fread(pem, 1, sizeof(pem) - 1, file) > 0);
        believed[0] = civic_cwt_key_read(pem, strlen(pem), why);
        assert_non_null(believed[0]);
    }

    (void) fclose(file);
    EVP_PKEY_free(pkey);
    snprintf(out, 96, "%s=%s", option, keys[n]);
}


UNUSED static int
paper_setup(void **state)
{
    make_key(0, "signing_key", signing, 1);
    make_key(1, "old_keys", old, 0);

    return setup(state);
}


UNUSED static int
paper_teardown(void **state)
{
    (void) unlink(keys[0]);
    (void) unlink(keys[1]);
    civic_cwt_key_free(believed[0]);

    return teardown(state);
}


UNUSED static int
paper_reset(void **state)
{
    (void) reset(state);
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents",
        .content_type = "application/pdf", .body = "%PDF-1.7 drawn",
        .headers = { DRAWN } });
    fake_answer_http(h, &(fake_http_answer_t) {
        .upstream = "media", .path = "/v1/documents?format=png",
        .content_type = "image/png", .body = PNG "drawn",
        .headers = { DRAWN } });

    return 0;
}


/* A guardian with an own code, an elder and a child bound to it. */
UNUSED static void
family(void)
{
    has_kin_code(ELDER, "王秀英", "health");
    has_kin_code(CHILD, "张小明", "health_child");
    (void) bound(1, NUMBER, ELDER, "parent", "face", NOON - 2 * DAY);
    (void) bound(2, NUMBER, CHILD, "child", "pledge", NOON - DAY);
    has_code(NUMBER, "张伟");
}


UNUSED static const char *
both(void)
{
    return text("{\"bindings\":[\"%s\",\"%s\"],\"own\":true}", binding_id(1),
                binding_id(2));
}


UNUSED static fake_reply_t *
make_with(const char *token, const char *once, const char *body)
{
    return checked(fake_request(h, CIVIC_POST, "/kinship/sheets",
                       &(fake_request_t) { .token = token, .body = body,
                           .headers = { text("Idempotency-Key: %s", once) }
                       }));
}


UNUSED static fake_reply_t *
make(const char *body)
{
    static unsigned  n;

    return make_with(citizen(NUMBER), text("key-%u-abcdefgh", ++n), body);
}


/* The sheet's id. */
UNUSED static const char *
made(const char *body)
{
    fake_reply_t  *rep = make(body);

    if (rep->status != 201) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return text("%s", fake_text(rep, "sheet_id"));
}


/* ---- what the engine was asked ------------------------------------------ */

UNUSED static const fake_http_seen_t *
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


UNUSED static int
is_in(const fake_http_seen_t *seen, const char *wanted)
{
    return memmem(seen->body, seen->len, wanted, strlen(wanted)) != NULL;
}


UNUSED static void
scan_png(const char *png, size_t len, char out[1024])
{
    png_image             image;
    unsigned char        *pixels;
    zbar_image_t         *picture;
    zbar_image_scanner_t *scanner;

    memset(&image, 0, sizeof(image));
    image.version = PNG_IMAGE_VERSION;
    assert_true(png_image_begin_read_from_memory(&image, png, len));
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
    snprintf(out, 1024, "%s",
             zbar_symbol_get_data(zbar_image_first_symbol(picture)));
    zbar_image_destroy(picture);
    zbar_image_scanner_destroy(scanner);
    free(pixels);
}


/* The texts of the codes among the parts; how many. */
UNUSED static size_t
codes_of(const fake_http_seen_t *seen, char codes[9][1024])
{
    size_t       count = 0;
    const char  *at = seen->body, *end = seen->body + seen->len;

    while ((at = memmem(at, (size_t) (end - at), PNG, 8)) != NULL) {
        assert_true(count < 9);
        scan_png(at, (size_t) (end - at), codes[count++]);
        at += 8;
    }

    return count;
}


UNUSED static civic_cwt_t
token_of(const char *code, civic_cwt_status_t expected)
{
    civic_cwt_t  token;

    memset(&token, 0, sizeof(token));
    assert_int_equal(civic_cwt_verify_text(
                         (const civic_cwt_key_t *const *) believed, 1, code,
                         strlen(code), fake_now(h) / 1000, 300, &token),
                     expected);

    return token;
}


UNUSED static void
has_text(const civic_cwt_t *token, int64_t label, const char *expected)
{
    const civic_cwt_text_t  *found = civic_cwt_find(token, label);

    assert_non_null(found);
    assert_int_equal(found->len, strlen(expected));
    assert_memory_equal(found->data, expected, found->len);
}


/* The first code of a sheet, as it is scanned from paper. */
UNUSED static const char *
printed(const char *sheet)
{
    static char  codes[9][1024];

    assert_int_equal(get(citizen(NUMBER), text("/kinship/sheets/%s/pdf",
                                               sheet))->status, 200);
    assert_true(codes_of(last_asked(), codes) > 0);

    return codes[0];
}


/* ---- the list ----------------------------------------------------------- */

UNUSED static void
jobs(void)
{
    unsigned  shard;

    for (shard = 0; shard < 16; shard++) {
        assert_int_equal(fake_job(h, "kinship.revoked", shard, 1, NULL)
                         ->result, CIVIC_OK);
    }

    assert_int_equal(fake_job(h, "kinship.list", 0, 1, NULL)->result,
                     CIVIC_OK);
}


UNUSED static civic_revocations_t
list_now(void)
{
    fake_reply_t         *rep = get(NULL, "/kinship/revocations");
    civic_revocations_t   list;

    assert_int_equal(rep->status, 200);
    assert_int_equal(civic_revocations_read(
                         (const civic_cwt_key_t *const *) believed, 1,
                         rep->body, rep->len, fake_now(h) / 1000, 300, &list),
                     CIVIC_CWT_OK);

    return list;
}


UNUSED static int
is_listed(const char *code)
{
    int                   found;
    civic_cwt_t           token = token_of(code, CIVIC_CWT_OK);
    civic_revocations_t   list;

    jobs();
    list = list_now();
    found = civic_revocations_has(&list, token.id);
    civic_revocations_free(&list);

    return found;
}

#endif
