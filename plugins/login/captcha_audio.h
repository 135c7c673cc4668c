/*
 * captcha_audio.h - the same captcha for who cannot see it.
 *
 * Spoken digits were made when the project was built (tools/captcha-
 * sounds.sh): <dir>/zh/0.wav to 9.wav and <dir>/en/..., 8,000 Hz, mono, 8 or
 * 16 bit.  At run time they are only mixed: order, pace, loudness, pauses
 * and the murmur behind them are chance.
 */

#ifndef CIVIC_LOGIN_CAPTCHA_AUDIO_H
#define CIVIC_LOGIN_CAPTCHA_AUDIO_H

#include "civic_plugin.h"

typedef struct login_sounds_s  login_sounds_t;

typedef enum { LOGIN_AUDIO_ZH = 0, LOGIN_AUDIO_EN } login_audio_language_t;

/* NULL with failure: the file, and what is wrong with it. */
login_sounds_t *login_sounds_load(const char *dir, civic_failure_t *failure);
void login_sounds_free(login_sounds_t *sounds);

/*
 * A WAV of the digits (8 bit, 8,000 Hz), in memory to be freed with free().
 * NULL without memory.  For any thread; sounds is only read.  seed: not 0.
 */
unsigned char *login_audio_mix(const login_sounds_t *sounds,
    login_audio_language_t language, const char *digits, uint64_t seed,
    size_t *len);

#endif
