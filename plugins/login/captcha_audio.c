/*
 * captcha_audio.c - see captcha_audio.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "captcha_audio.h"
#include "captcha_image.h"
#include "captcha_random.h"

#define RATE            8000
#define LANGUAGES       2
#define DIGITS          10
#define MAX_FILE        (64 * 1024)
#define QUIET           400             /* of 32767: silence at the edges */
#define WAV_HEADER      44

#define PACE_FROM       0.88
#define PACE_TO         1.14
#define GAP_FROM        0.28            /* s */
#define GAP_TO          0.65
#define MURMUR          0.16            /* of full loudness */
#define HISS            900.0

typedef struct {
    int16_t  *samples;
    size_t    count;
} sound_t;

struct login_sounds_s {
    sound_t  digit[LANGUAGES][DIGITS];
};


static uint32_t
little(const unsigned char *p, unsigned bytes)
{
    uint32_t  value = 0;

    while (bytes-- > 0) {
        value = value << 8 | p[bytes];
    }

    return value;
}


/* The chunk of a name: its bytes and *len, or NULL. */
static const unsigned char *
find_chunk(const unsigned char *wav, size_t size, const char *name,
    size_t *len)
{
    size_t  at, length;

    for (at = 12; at + 8 <= size; at += 8 + length + (length & 1)) {
        length = little(wav + at + 4, 4);

        if (length > size - at - 8) {
            return NULL;
        }

        if (memcmp(wav + at, name, 4) == 0) {
            *len = length;
            return wav + at + 8;
        }
    }

    return NULL;
}


/* To samples of 16 bits.  NULL, or what is wrong. */
static const char *
decode(const unsigned char *wav, size_t size, sound_t *sound)
{
    size_t                i, len, format_len;
    unsigned              bytes;
    const unsigned char  *format, *data;

    if (size < 12 || memcmp(wav, "RIFF", 4) != 0
        || memcmp(wav + 8, "WAVE", 4) != 0)
    {
        return "is no WAV";
    }

    format = find_chunk(wav, size, "fmt ", &format_len);
    data = find_chunk(wav, size, "data", &len);

    if (format == NULL || format_len < 16 || data == NULL) {
        return "is damaged";
    }

    bytes = little(format + 14, 2) / 8;

    if (little(format, 2) != 1 || little(format + 2, 2) != 1
        || little(format + 4, 4) != RATE || (bytes != 1 && bytes != 2))
    {
        return "is not PCM, mono, 8000 Hz, 8 or 16 bit";
    }

    sound->count = len / bytes;
    sound->samples = malloc(sound->count * sizeof(int16_t) + 1);

    if (sound->samples == NULL) {
        return "takes more memory than there is";
    }

    for (i = 0; i < sound->count; i++) {
        sound->samples[i] = bytes == 1
                            ? (int16_t) ((data[i] - 128) * 256)
                            : (int16_t) little(data + 2 * i, 2);
    }

    return NULL;
}


static void
trim_silence(sound_t *sound)
{
    size_t  from = 0, to = sound->count;

    while (from < to && abs(sound->samples[from]) < QUIET) {
        from++;
    }

    while (to > from && abs(sound->samples[to - 1]) < QUIET) {
        to--;
    }

    memmove(sound->samples, sound->samples + from,
            (to - from) * sizeof(int16_t));
    sound->count = to - from;
}


static int
load_sound(const char *path, sound_t *sound, civic_failure_t *failure)
{
    FILE           *file;
    size_t          size = 0;
    const char     *wrong = NULL;
    unsigned char  *wav;

    wav = malloc(MAX_FILE);
    file = fopen(path, "re");

    if (wav == NULL || file == NULL) {
        wrong = strerror(file == NULL ? errno : ENOMEM);

    } else {
        size = fread(wav, 1, MAX_FILE, file);
        wrong = size == MAX_FILE ? "is too large" : decode(wav, size, sound);
    }

    if (wrong == NULL) {
        trim_silence(sound);
        wrong = sound->count == 0 ? "is silent" : NULL;
    }

    if (wrong != NULL) {
        snprintf(failure->text, sizeof(failure->text),
                 "captcha_sounds: \"%.140s\": %s", path, wrong);
    }

    if (file != NULL) {
        fclose(file);
    }

    free(wav);

    return wrong == NULL ? 0 : -1;
}


login_sounds_t *
login_sounds_load(const char *dir, civic_failure_t *failure)
{
    static const char *const  languages[LANGUAGES] = { "zh", "en" };

    int              language, digit;
    char             path[512];
    login_sounds_t  *sounds;

    sounds = calloc(1, sizeof(login_sounds_t));
    if (sounds == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return NULL;
    }

    for (language = 0; language < LANGUAGES; language++) {
        for (digit = 0; digit < DIGITS; digit++) {
            snprintf(path, sizeof(path), "%s/%s/%d.wav", dir,
                     languages[language], digit);

            if (load_sound(path, &sounds->digit[language][digit], failure)
                != 0)
            {
                login_sounds_free(sounds);
                return NULL;
            }
        }
    }

    return sounds;
}


void
login_sounds_free(login_sounds_t *sounds)
{
    int  language, digit;

    if (sounds == NULL) {
        return;
    }

    for (language = 0; language < LANGUAGES; language++) {
        for (digit = 0; digit < DIGITS; digit++) {
            free(sounds->digit[language][digit].samples);
        }
    }

    free(sounds);
}


/* One sample of a sound at a place between two. */
static double
sample_at(const sound_t *sound, double at)
{
    size_t  i = (size_t) at;
    double  part = at - (double) i;

    if (i + 1 >= sound->count) {
        return 0;
    }

    return sound->samples[i] * (1 - part) + sound->samples[i + 1] * part;
}


typedef struct {
    double  pace;
    double  loudness;
    size_t  start;
} spoken_t;


/* Where each digit begins; the length of the whole, in samples. */
static size_t
plan(const sound_t *voice, const char *digits, size_t count,
    spoken_t *spoken, captcha_random_t *random)
{
    size_t  i, at;

    at = (size_t) (RATE * captcha_random_between(random, GAP_FROM, GAP_TO));

    for (i = 0; i < count; i++) {
        spoken[i].pace = captcha_random_between(random, PACE_FROM, PACE_TO);
        spoken[i].loudness = captcha_random_between(random, 0.65, 0.85);
        spoken[i].start = at;
        at += (size_t) ((double) voice[digits[i] - '0'].count
                        / spoken[i].pace);
        at += (size_t) (RATE * captcha_random_between(random, GAP_FROM,
                                                      GAP_TO));
    }

    return at;
}


/* Hiss, and digits that nobody asked for, backwards and low. */
static void
lay_murmur(const sound_t *voice, double *mix, size_t count,
    captcha_random_t *random)
{
    size_t          i, j;
    const sound_t  *sound;

    for (i = 0; i < count; i++) {
        mix[i] = captcha_random_between(random, -HISS, HISS);
    }

    for (i = 0; i < count; i += RATE / 10) {
        sound = &voice[captcha_random(random) % DIGITS];

        for (j = 0; j < sound->count && i + j < count; j++) {
            mix[i + j] += sound->samples[sound->count - 1 - j] * MURMUR;
        }

        i += sound->count;
    }
}


static void
say(const sound_t *sound, const spoken_t *spoken, double *mix, size_t count)
{
    size_t  i;
    double  at;

    for (i = spoken->start, at = 0;
         i < count && at < (double) sound->count;
         i++, at += spoken->pace)
    {
        mix[i] += sample_at(sound, at) * spoken->loudness;
    }
}


static void
put_little(unsigned char *p, uint32_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        *p++ = (unsigned char) value;
        value >>= 8;
    }
}


static unsigned char *
to_wav(const double *mix, size_t count, size_t *len)
{
    double          value;
    size_t          i;
    unsigned char  *wav;

    wav = malloc(WAV_HEADER + count);
    if (wav == NULL) {
        return NULL;
    }

    memcpy(wav, "RIFF....WAVEfmt ", 16);
    put_little(wav + 4, (uint32_t) (WAV_HEADER - 8 + count), 4);
    put_little(wav + 16, 16, 4);
    put_little(wav + 20, 1, 2);                 /* PCM */
    put_little(wav + 22, 1, 2);                 /* mono */
    put_little(wav + 24, RATE, 4);
    put_little(wav + 28, RATE, 4);              /* bytes a second */
    put_little(wav + 32, 1, 2);                 /* bytes a sample */
    put_little(wav + 34, 8, 2);                 /* bits */
    memcpy(wav + 36, "data", 4);
    put_little(wav + 40, (uint32_t) count, 4);

    for (i = 0; i < count; i++) {
        value = mix[i] / 256 + 128;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        wav[WAV_HEADER + i] = (unsigned char) value;
    }

    *len = WAV_HEADER + count;

    return wav;
}


unsigned char *
login_audio_mix(const login_sounds_t *sounds, login_audio_language_t language,
    const char *digits, uint64_t seed, size_t *len)
{
    double            *mix;
    size_t             i, count, length;
    spoken_t           spoken[LOGIN_CAPTCHA_MAX];
    const sound_t     *voice = sounds->digit[language];
    unsigned char     *wav;
    captcha_random_t   random = { seed };

    count = strlen(digits);
    if (count > LOGIN_CAPTCHA_MAX) {
        return NULL;
    }

    length = plan(voice, digits, count, spoken, &random);

    mix = malloc(length * sizeof(double));
    if (mix == NULL) {
        return NULL;
    }

    lay_murmur(voice, mix, length, &random);

    for (i = 0; i < count; i++) {
        say(&voice[digits[i] - '0'], &spoken[i], mix, length);
    }

    wav = to_wav(mix, length, len);
    free(mix);

    return wav;
}
