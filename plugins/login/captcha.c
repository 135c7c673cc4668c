/*
 * captcha.c - a captcha that nobody has to remember.
 *
 * Its id is its state: the answer, its end and a nonce, sealed.  So issuing
 * one writes nothing to Redis, and a flood of them fills nothing.  It works
 * once: redeeming marks the nonce, whether the answer was right or wrong, so
 * that nobody can try ten thousand answers on one picture.
 *
 * Limits and life are real time.
 */

#include <stdlib.h>

#include "base64.h"
#include "captcha_image.h"
#include "login.h"
#include "text.h"
#include "values.h"

#define CAPTCHA_PURPOSE      "captcha"
#define NONCE                16
#define EXPIRES_AT           NONCE
#define EXPIRES              8
#define ANSWER_AT            (NONCE + EXPIRES)
#define MAX_PLAIN            (ANSWER_AT + LOGIN_CAPTCHA_MAX)
#define MAX_ID               256

#define LENGTH_FALLBACK      6
#define LENGTH_MIN           4
#define LIFE_FALLBACK        180            /* s */
#define LIFE_MIN             20
#define LIFE_MAX             1800

/* A mark outlives its captcha, for clocks that differ a little. */
#define MARK_MARGIN          60000          /* ms */

#define PNG_PREFIX           "data:image/png;base64,"
#define WAV_PREFIX           "data:audio/wav;base64,"

typedef struct {
    unsigned char  nonce[NONCE];
    civic_msec_t   expires_at;
    char           answer[LOGIN_CAPTCHA_MAX + 1];
} captcha_t;

/* Work for a thread; what it makes is malloc'ed and taken over. */
typedef struct {
    const char              *font;
    const login_sounds_t    *sounds;        /* NULL: no audio */
    login_audio_language_t   language;
    const char              *digits;
    uint64_t                 seed;
    char                    *image;
    char                    *audio;
} drawing_t;


/* ---- drawing, on a thread ---------------------------------------------- */

static char *
data_uri(const char *prefix, const void *bytes, size_t len)
{
    char    *text;
    size_t   prefix_len = strlen(prefix);

    text = malloc(prefix_len + CIVIC_BASE64_ROOM(len));
    if (text == NULL) {
        return NULL;
    }

    memcpy(text, prefix, prefix_len);
    (void) civic_base64_encode(bytes, len, text + prefix_len);

    return text;
}


static void
draw(void *data)
{
    void           *png;
    size_t          len;
    drawing_t      *drawing = data;
    unsigned char  *wav;

    png = login_image_draw(drawing->font, drawing->digits, drawing->seed,
                           &len);
    if (png != NULL) {
        drawing->image = data_uri(PNG_PREFIX, png, len);
        login_image_free(png);
    }

    if (drawing->sounds == NULL) {
        return;
    }

    wav = login_audio_mix(drawing->sounds, drawing->language, drawing->digits,
                          ~drawing->seed, &len);
    if (wav != NULL) {
        drawing->audio = data_uri(WAV_PREFIX, wav, len);
        free(wav);
    }
}


/* ---- making ------------------------------------------------------------ */

/* English digits for who prefers English: the first language named. */
static login_audio_language_t
audio_language(civic_request_t *r)
{
    civic_str_t  header = civic_header(r, "accept-language");

    if (header.len >= 2 && strncasecmp(header.data, "en", 2) == 0) {
        return LOGIN_AUDIO_EN;
    }

    return LOGIN_AUDIO_ZH;
}


/* Digits by chance, without a bias: bytes of 250 and more are not used. */
static civic_result_t
choose_answer(civic_request_t *r, char *answer, size_t length)
{
    size_t          i, used = 0;
    civic_result_t  rc;
    unsigned char   chance[32];

    while (used < length) {
        rc = civic_random(r, chance, sizeof(chance));
        if (rc != CIVIC_OK) {
            return rc;
        }

        for (i = 0; i < sizeof(chance) && used < length; i++) {
            if (chance[i] < 250) {
                answer[used++] = (char) ('0' + chance[i] % 10);
            }
        }
    }

    answer[length] = '\0';

    return CIVIC_OK;
}


static civic_result_t
make(civic_request_t *r, captcha_t *captcha)
{
    json_t          *rule;
    int64_t          length, life;
    civic_result_t   rc;

    rc = civic_rule(r, "captcha", NULL, &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    length = shared_rule_number(rule, "length", LENGTH_FALLBACK, LENGTH_MIN,
                               LOGIN_CAPTCHA_MAX);
    life = shared_rule_number(rule, "life", LIFE_FALLBACK, LIFE_MIN, LIFE_MAX);
    captcha->expires_at = civic_now(r) + life * 1000;

    rc = civic_random(r, captcha->nonce, NONCE);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return choose_answer(r, captcha->answer, (size_t) length);
}


static civic_result_t
seal(civic_request_t *r, const captcha_t *captcha, civic_str_t *id)
{
    int             i;
    char           *text;
    size_t          len = strlen(captcha->answer);
    civic_str_t     sealed;
    civic_result_t  rc;
    unsigned char   plain[MAX_PLAIN];

    memcpy(plain, captcha->nonce, NONCE);

    for (i = 0; i < EXPIRES; i++) {
        plain[EXPIRES_AT + i] =
            (unsigned char) (captcha->expires_at >> (8 * (EXPIRES - 1 - i)));
    }

    memcpy(plain + ANSWER_AT, captcha->answer, len);

    rc = civic_seal(r, CAPTCHA_PURPOSE, CIVIC_STR(""),
                    (civic_str_t) { (char *) plain, ANSWER_AT + len },
                    &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    text = civic_alloc(r, CIVIC_BASE64_ROOM(sealed.len));
    id->len = civic_base64_encode_url(sealed.data, sealed.len, text);
    id->data = text;

    return CIVIC_OK;
}


static void
write_captcha(civic_request_t *r, const captcha_t *captcha, civic_str_t id,
    const drawing_t *drawing)
{
    civic_writer_t  *w = civic_reply(r, 200);

    civic_write_str(r, w, "captcha_id", id);
    civic_write_str(r, w, "image", civic_cstr(drawing->image));

    if (drawing->audio != NULL) {
        civic_write_str(r, w, "audio", civic_cstr(drawing->audio));
    }

    civic_write_int(r, w, "length", (int64_t) strlen(captcha->answer));
    civic_write_instant(r, w, "expires_at", captcha->expires_at);

    if (civic_sandbox(r)) {
        civic_write_str(r, w, "sandbox_answer", civic_cstr(captcha->answer));
    }
}


static civic_result_t
draw_and_write(civic_request_t *r, const captcha_t *captcha, civic_str_t id,
    drawing_t *drawing)
{
    civic_result_t  rc;

    rc = civic_offload(r, CIVIC_THREADS_WORK, draw, drawing);
    if (rc != CIVIC_OK) {
        return rc;
    }

    if (drawing->image == NULL
        || (drawing->sounds != NULL && drawing->audio == NULL))
    {
        civic_log(r, CIVIC_LOG_ERROR, "a captcha could not be drawn with "
                  "\"%s\"", drawing->font);
        return CIVIC_ERROR;
    }

    write_captcha(r, captcha, id, drawing);
    civic_count(r, LOGIN_CAPTCHAS, 1);

    return CIVIC_OK;
}


civic_result_t
login_captcha_create(civic_request_t *r)
{
    captcha_t       captcha;
    drawing_t       drawing;
    civic_str_t     id;
    login_state_t  *state = civic_state(r);
    civic_result_t  rc;

    rc = make(r, &captcha);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rc = seal(r, &captcha, &id);
    if (rc != CIVIC_OK) {
        return rc;
    }

    memset(&drawing, 0, sizeof(drawing));
    drawing.font = state->font;
    drawing.sounds = civic_body_bool(r, "audio") ? state->sounds : NULL;
    drawing.language = audio_language(r);
    drawing.digits = captcha.answer;

    rc = civic_random(r, &drawing.seed, sizeof(drawing.seed));
    drawing.seed |= 1;

    if (rc == CIVIC_OK) {
        rc = draw_and_write(r, &captcha, id, &drawing);
    }

    free(drawing.image);
    free(drawing.audio);

    return rc;
}


/* ---- redeeming --------------------------------------------------------- */

/* 0, or -1: forged, damaged, sealed under a key that is gone. */
static int
open_id(civic_request_t *r, civic_str_t id, captcha_t *captcha)
{
    int             i;
    char            bytes[MAX_ID];
    size_t          len;
    int64_t         n;
    civic_str_t     plain;

    if (id.len > MAX_ID) {
        return -1;
    }

    n = civic_base64_decode_url(id.data, id.len, bytes);

    if (n <= 0
        || civic_open(r, CAPTCHA_PURPOSE, CIVIC_STR(""),
                      (civic_str_t) { bytes, (size_t) n }, &plain) != CIVIC_OK
        || plain.len <= ANSWER_AT || plain.len > MAX_PLAIN)
    {
        return -1;
    }

    memcpy(captcha->nonce, plain.data, NONCE);
    captcha->expires_at = 0;

    for (i = 0; i < EXPIRES; i++) {
        captcha->expires_at = captcha->expires_at << 8
                              | (unsigned char) plain.data[EXPIRES_AT + i];
    }

    len = plain.len - ANSWER_AT;
    memcpy(captcha->answer, plain.data + ANSWER_AT, len);
    captcha->answer[len] = '\0';

    return 0;
}


/* Whether the typed answer is right: edges trimmed, full-width folded. */
static int
is_right(const captcha_t *captcha, civic_str_t answer)
{
    size_t       len, size, at, expected = strlen(captcha->answer);
    int32_t      code;
    unsigned     wrong = 0;
    const char  *s = answer.data;

    len = answer.len;
    civic_text_trim(&s, &len);

    for (at = 0; len > 0; at++, s += size, len -= size) {
        code = civic_text_narrow(civic_text_code(s, len, &size));

        if (at >= expected) {
            return 0;
        }

        wrong |= (unsigned) (code ^ captcha->answer[at]);
    }

    return at == expected && wrong == 0;
}


/* 1 in *first, if nobody has redeemed it before. */
static civic_result_t
mark(civic_request_t *r, const captcha_t *captcha, int *first)
{
    char                  nonce[CIVIC_BASE64_ROOM(NONCE)];
    civic_str_t           key, args[1];
    civic_result_t        rc;
    const civic_value_t  *value;

    civic_base64_encode_url(captcha->nonce, NONCE, nonce);
    key = civic_print(r, "civic:login:captcha:%s", nonce);
    args[0] = civic_print(r, "%lld", (long long) (captcha->expires_at
                                                  - civic_now(r)
                                                  + MARK_MARGIN));

    rc = civic_script(r, &(civic_script_t) {
                          .name = "login_once",
                          .keys = &key, .nkeys = 1,
                          .args = args, .nargs = 1,
                      }, &value);

    *first = rc == CIVIC_OK && value->integer == 1;

    return rc;
}


login_captcha_t
login_captcha_peek(civic_request_t *r, civic_str_t id)
{
    captcha_t  captcha;

    if (open_id(r, id, &captcha) != 0 || captcha.expires_at <= civic_now(r)) {
        return LOGIN_CAPTCHA_EXPIRED;
    }

    return LOGIN_CAPTCHA_RIGHT;
}


civic_result_t
login_captcha_redeem(civic_request_t *r, civic_str_t id, civic_str_t answer,
    login_captcha_t *found)
{
    int             first;
    captcha_t       captcha;
    civic_result_t  rc;

    *found = LOGIN_CAPTCHA_EXPIRED;

    if (open_id(r, id, &captcha) != 0 || captcha.expires_at <= civic_now(r)) {
        return CIVIC_OK;
    }

    rc = mark(r, &captcha, &first);
    if (rc != CIVIC_OK || !first) {
        return rc;
    }

    *found = is_right(&captcha, answer) ? LOGIN_CAPTCHA_RIGHT
                                        : LOGIN_CAPTCHA_WRONG;

    return CIVIC_OK;
}


const char *
login_captcha_code(login_captcha_t found)
{
    return found == LOGIN_CAPTCHA_WRONG ? "captcha_wrong" : "captcha_expired";
}
